//! Charts as SVG, drawn on the server: no script is needed, and colours are those of the style sheet, in light, dark and print.

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::Shift;
use plotters::coord::types::{RangedCoordf64, RangedCoordi32};
use plotters::prelude::{
    Cartesian2d, Circle, DrawingArea, EmptyElement, IntoDrawingArea, IntoFont, PathElement, Polygon, RGBColor,
    Rectangle, SVGBackend, Text,
};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, ShapeStyle, TextStyle};
use std::fmt::Write;

/// A value with its interval, all shares.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// A share over time.
pub(super) struct Trend<'a> {
    /// What each step is called on the axis.
    pub labels: &'a [String],
    /// One a step; `None` where there is nothing to take a share of.
    pub points: &'a [Option<Point>],
    /// A share above which something is wrong.
    pub limit: Option<f64>,
    /// Steps in which something happened that may explain a change, with its number.
    pub notes: &'a [(usize, usize)],
}

/// Numbers that add up, over time; the lowest part of a bar first.
pub(super) struct Bars<'a> {
    /// What each step is called on the axis.
    pub labels: &'a [String],
    /// The parts of each step's bar.
    pub parts: &'a [Vec<u64>],
}

/// One chart in the sizes of a desk and of a phone; the style sheet shows one of them.
pub(super) struct Chart {
    pub desk: String,
    pub phone: String,
}

/// Pixels of a drawing.
const DESK: (u32, u32) = (520, 250);
const PHONE: (u32, u32) = (300, 220);
const FONT: f64 = 15.0;

/// Colours that stand for a class of the style sheet.
const INK: RGBColor = RGBColor(1, 0, 0);
const GRID: RGBColor = RGBColor(1, 0, 1);
const LINE: RGBColor = RGBColor(1, 0, 2);
const BAND: RGBColor = RGBColor(1, 0, 3);
const LIMIT: RGBColor = RGBColor(1, 0, 4);
const NOTE: RGBColor = RGBColor(1, 0, 5);
/// The parts of bars, lowest first.
const PARTS: [RGBColor; 4] = [RGBColor(1, 1, 0), RGBColor(1, 1, 1), RGBColor(1, 1, 2), RGBColor(1, 1, 3)];
const CLASSES: [(RGBColor, &str); 10] = [
    (INK, "ink"),
    (GRID, "grid"),
    (LINE, "line"),
    (BAND, "band"),
    (LIMIT, "limit"),
    (NOTE, "note"),
    (PARTS[0], "part-0"),
    (PARTS[1], "part-1"),
    (PARTS[2], "part-2"),
    (PARTS[3], "part-3"),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Axes<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordi32, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A chart that the library could not draw.
#[derive(Debug, thiserror::Error)]
#[error("draw a chart: {0}")]
pub(super) struct ChartError(Box<dyn std::error::Error + Send + Sync>);

impl Trend<'_> {
    /// Draws it; `told` says in words what it shows.
    pub fn chart(&self, told: &str) -> Result<Chart, ChartError> {
        Chart::of(told, |area| self.draw(area))
    }

    fn draw(&self, area: &Area) -> Drawn {
        let reached = self.points.iter().flatten().map(|point| point.high).chain(self.limit).fold(0.1, f64::max);
        // A step of ten beyond what is reached, so that no line touches the edge.
        let top = ((reached * 10.0 + 0.2).ceil() / 10.0).min(1.0);
        let last = (self.points.len().max(2) - 1) as i32;
        let mut axes = axes(area, last, top, self.labels, |share| format!("{:.0} %", share * 100.0))?;
        let at = |place: usize, share: f64| (place as i32, share);
        for &(place, number) in self.notes {
            let line = [at(place, 0.0), at(place, top)];
            axes.draw_series([PathElement::new(line, NOTE.stroke_width(1))])?;
            let label = Text::new(number.to_string(), (4, 0), text(NOTE, HPos::Left, VPos::Top));
            axes.draw_series([EmptyElement::at(at(place, top)) + label])?;
        }
        let mut first = 0;
        for run in self.points.chunk_by(|a, b| a.is_some() && b.is_some()) {
            let told: Vec<(usize, Point)> =
                run.iter().enumerate().filter_map(|(place, point)| Some((first + place, (*point)?))).collect();
            first += run.len();
            if told.is_empty() {
                continue;
            }
            let highs = told.iter().map(|(place, point)| at(*place, point.high));
            let lows = told.iter().rev().map(|(place, point)| at(*place, point.low));
            if let [(place, point)] = told[..] {
                let line = [at(place, point.low), at(place, point.high)];
                axes.draw_series([PathElement::new(line, BAND.stroke_width(6))])?;
            } else {
                axes.draw_series([Polygon::new(highs.chain(lows).collect::<Vec<_>>(), BAND.filled())])?;
            }
            let values = told.iter().map(|(place, point)| at(*place, point.value));
            axes.draw_series([PathElement::new(values.clone().collect::<Vec<_>>(), LINE.stroke_width(2))])?;
            axes.draw_series(values.map(|value| Circle::new(value, 3, LINE.filled())))?;
        }
        if let Some(limit) = self.limit {
            axes.draw_series([PathElement::new([at(0, limit), (last, limit)], LIMIT.stroke_width(2))])?;
        }
        Ok(())
    }
}

impl Bars<'_> {
    /// Draws them; `told` says in words what they show.
    pub fn chart(&self, told: &str) -> Result<Chart, ChartError> {
        Chart::of(told, |area| self.draw(area))
    }

    fn draw(&self, area: &Area) -> Drawn {
        let most = self.parts.iter().map(|parts| parts.iter().sum::<u64>()).max().unwrap_or_default();
        let steps = self.parts.len().max(1) as i32;
        let mut axes = axes(area, steps, (most as f64 * 1.05).max(1.0), self.labels, |count| format!("{count:.0}"))?;
        for (place, parts) in self.parts.iter().enumerate() {
            let mut below = 0.0;
            for (part, count) in parts.iter().enumerate().filter(|(_, count)| **count > 0) {
                let above = below + *count as f64;
                let corners = [(place as i32, below), (place as i32 + 1, above)];
                let mut bar = Rectangle::new(corners, PARTS[part % PARTS.len()].filled());
                bar.set_margin(0, 0, 3, 3);
                axes.draw_series([bar])?;
                below = above;
            }
        }
        Ok(())
    }
}

impl Chart {
    fn of(told: &str, draw: impl Fn(&Area) -> Drawn) -> Result<Self, ChartError> {
        let one = |size, name| svg(size, name, told, &draw).map_err(ChartError);
        Ok(Self { desk: one(DESK, "desk")?, phone: one(PHONE, "phone")? })
    }
}

/// Axes with few, faint lines; the steps from 0 to `last`, named by `labels`.
fn axes<'a, 'b>(
    area: &'a Area<'b>,
    last: i32,
    top: f64,
    labels: &[String],
    value: impl Fn(&f64) -> String,
) -> Result<Axes<'a, 'b>, Box<dyn std::error::Error + Send + Sync>> {
    let narrow = area.dim_in_pixel().0 < DESK.0;
    let mut axes = ChartBuilder::on(area)
        .margin_top(14)
        .margin_right(22)
        .x_label_area_size(26)
        .y_label_area_size(46)
        .build_cartesian_2d(0..last, 0.0..top)?;
    let label =
        |place: &i32| usize::try_from(*place).ok().and_then(|place| labels.get(place)).cloned().unwrap_or_default();
    let faint = ShapeStyle::from(&GRID).stroke_width(1);
    axes.configure_mesh()
        .disable_x_mesh()
        .x_labels(if narrow { 4 } else { 7 })
        .y_labels(5)
        .x_label_formatter(&label)
        .y_label_formatter(&value)
        .label_style(text(INK, HPos::Center, VPos::Center))
        .axis_style(faint)
        .bold_line_style(faint)
        .light_line_style(RGBColor(0, 0, 0).mix(0.0))
        .draw()?;
    Ok(axes)
}

fn text(colour: RGBColor, across: HPos, down: VPos) -> TextStyle<'static> {
    ("sans-serif", FONT).into_font().color(&colour).pos(Pos::new(across, down))
}

/// Draws on a sheet of a size; what the library wrote in colours comes back in classes.
fn svg(
    size: (u32, u32),
    name: &str,
    told: &str,
    draw: impl Fn(&Area) -> Drawn,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut drawn = String::new();
    {
        let area = SVGBackend::with_string(&mut drawn, size).into_drawing_area();
        draw(&area)?;
        area.present()?;
    }
    let inside = drawn.split_once('>').map_or("", |(_, inside)| inside);
    let inside = CLASSES.iter().fold(inside.to_owned(), |svg, (RGBColor(r, g, b), class)| {
        let colour = format!("#{r:02X}{g:02X}{b:02X}");
        svg.replace(&format!("fill=\"{colour}\""), &format!("class=\"fill {class}\""))
            .replace(&format!("stroke=\"{colour}\""), &format!("class=\"stroke {class}\""))
    });
    let inside =
        inside.replace(" stroke=\"none\"", "").replace(" opacity=\"1\"", "").replace(" font-family=\"sans-serif\"", "");
    let mut whole = String::new();
    let (width, height) = size;
    write!(
        whole,
        "<svg class=\"chart {name}\" role=\"img\" viewBox=\"0 0 {width} {height}\" aria-label=\"{}\">",
        quoted(told)
    )?;
    whole.push_str(&inside);
    Ok(whole)
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(value: f64) -> Option<Point> {
        Some(Point { value, low: value - 0.05, high: value + 0.05 })
    }

    fn labels(count: usize) -> Vec<String> {
        (0..count).map(|place| format!("d{place}")).collect()
    }

    #[test]
    fn a_trend_is_a_line_with_a_band_a_limit_and_numbered_notes_and_no_colour_of_its_own() {
        let points = [point(0.2), point(0.25), None, point(0.4)];
        let trend = Trend { labels: &labels(4), points: &points, limit: Some(0.3), notes: &[(1, 1)] };
        let Chart { desk, phone } = trend.chart("a \"told\" <trend>").unwrap();
        for svg in [&desk, &phone] {
            assert!(svg.starts_with("<svg class=\"chart ") && svg.trim_end().ends_with("</svg>"), "{svg}");
            assert!(svg.contains("aria-label=\"a &quot;told&quot; &lt;trend&gt;\""), "{svg}");
            assert_eq!(svg.matches("<circle").count(), 3, "a point each step that has a value");
            assert_eq!(svg.matches("class=\"stroke line\"").count(), 2, "the line breaks where there is none");
            assert_eq!(svg.matches("class=\"stroke limit\"").count(), 1);
            assert_eq!(svg.matches("class=\"fill note\"").count(), 1, "the note's number");
            assert!(!svg.contains('#') && !svg.contains("style="), "colours and styles are the sheet's: {svg}");
        }
        assert!(desk.contains("40 %"), "{desk}");
    }

    #[test]
    fn bars_stack_their_parts_in_proportion() {
        let parts = [vec![10, 5, 0], vec![0, 0, 5]];
        let svg = Bars { labels: &labels(2), parts: &parts }.chart("bars").unwrap().desk;
        let heights: Vec<i32> = svg
            .split("<rect")
            .skip(1)
            .map(|rect| rect.split("height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap())
            .collect();
        let [ten, five, other] = heights[..] else { panic!("three parts, {heights:?}") };
        assert!((ten - 2 * five).abs() <= 2 && (five - other).abs() <= 1, "{heights:?}");
    }

    #[test]
    fn few_or_no_steps_are_drawn_too() {
        for count in 0..3 {
            let points = vec![point(0.5); count];
            Trend { labels: &labels(count), points: &points, limit: None, notes: &[] }.chart("few").unwrap();
            Bars { labels: &labels(count), parts: &vec![vec![0, 0]; count] }.chart("few").unwrap();
        }
    }
}
