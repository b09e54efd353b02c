//! A figure beside that of the period before: by a test, not by two bare numbers.

use super::figures::Figure;
use super::intervals::{Rate, newcombe};
use super::question::{Question, RangeError};
use super::report::Report;
use jiff::ToSpan;

/// A figure that is a difference itself.
const EFFECT: &str = "incremental_deflection";

/// How a share changed from one period to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The share before.
    pub before: f64,
    /// Now − before.
    pub difference: f64,
    /// Lower end of the difference's 95 % interval (Newcombe's score method, each rate corrected for visitors who count often).
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// What may be said of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It rose by more than chance explains.
    Rose,
    /// It fell by more than chance explains.
    Fell,
    /// Chance alone may have moved it so.
    Chance,
}

impl Change {
    /// Compares two figures that are shares. `None` where one has no value.
    pub fn between(before: &Figure, now: &Figure) -> Option<Self> {
        let before = rate(before)?;
        let (difference, low, high) = newcombe(rate(now)?, before);
        Some(Self { before: before.value, difference, low, high })
    }

    /// Whether its interval leaves out no change at all.
    pub fn verdict(&self) -> Verdict {
        if self.low > 0.0 {
            Verdict::Rose
        } else if self.high < 0.0 {
            Verdict::Fell
        } else {
            Verdict::Chance
        }
    }
}

impl Verdict {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rose => "rose",
            Self::Fell => "fell",
            Self::Chance => "chance",
        }
    }
}

/// The same question of as many days before.
///
/// # Errors
/// There are no such days.
pub fn before(question: &Question) -> Result<Question, RangeError> {
    let days = i64::from((question.to - question.from).get_days());
    let (from, to) = (question.from.saturating_sub(days.days()), question.from);
    let range = Question::new(from, to, question.zone.clone(), question.as_of)?;
    Ok(Question { from: range.from, to: range.to, ..question.clone() })
}

/// Each share of a report beside the same of the period before, by name.
pub fn changes(before: &Report, now: &Report) -> Vec<(&'static str, Change)> {
    let earlier = |name: &str| before.figures.iter().find(|figure| figure.name == name);
    let compared = now.figures.iter().filter(|figure| figure.denominator.is_some() && figure.name != EFFECT);
    compared.filter_map(|figure| Some((figure.name, Change::between(earlier(figure.name)?, figure)?))).collect()
}

fn rate(figure: &Figure) -> Option<Rate> {
    Some(Rate { value: figure.value?, low: figure.low?, high: figure.high? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::intervals::wilson;
    use crate::deflection::question::Window;
    use crate::deflection::story::may;
    use jiff::civil::date;

    fn figure(hits: u32, units: u32) -> Figure {
        let value = f64::from(hits) / f64::from(units);
        let (low, high) = wilson(value, f64::from(units));
        let (numerator, denominator) = (Some(u64::from(hits)), Some(u64::from(units)));
        let (value, low, high) = (Some(value), Some(low), Some(high));
        Figure { name: "f", formula: "", unit: "share", numerator, denominator, value, low, high, note: None }
    }

    #[test]
    fn a_change_is_one_only_where_its_interval_leaves_out_none() {
        // Newcombe 1998, table II, (a): 56/70 − 48/80 = 0.20 (0.0524 to 0.3339).
        let rose = Change::between(&figure(48, 80), &figure(56, 70)).unwrap();
        assert!((rose.difference - 0.2).abs() < 1e-12 && (rose.low - 0.0524).abs() < 0.0001, "{rose:?}");
        assert_eq!(rose.verdict(), Verdict::Rose);
        let fell = Change::between(&figure(56, 70), &figure(48, 80)).unwrap();
        assert_eq!((fell.verdict(), fell.high), (Verdict::Fell, -rose.low));
        assert_eq!(Change::between(&figure(5, 56), &figure(2, 29)).unwrap().verdict(), Verdict::Chance);
        assert_eq!(Change::between(&Figure { value: None, ..figure(1, 2) }, &figure(1, 2)), None);
    }

    #[test]
    fn the_period_before_is_as_long_and_ends_where_the_other_begins() {
        let earlier = before(&may(Window::Week)).unwrap();
        assert_eq!((earlier.from, earlier.to), (date(2026, 3, 31), date(2026, 5, 1)));
        assert_eq!((earlier.window, earlier.as_of), (Window::Week, may(Window::Week).as_of));
    }
}
