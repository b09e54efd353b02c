//! Figures and outcomes over time: charts, and the tables that say the same.

use super::tables::of;
use crate::deflection::Series;
use crate::deflection::figures::VISIT_TO_TICKET_LIMIT;
use crate::deflection::outcomes::Outcome;
use crate::deflection::series::{Bucket, FOLLOWED, Step};
use crate::http::error::Problem;
use crate::http::pages::charts::{self, Bars, Chart, Point};
use crate::http::pages::words::{Words, fill};
use indexer::portal;

/// Figures whose trend is drawn: deflection, and what it is for.
const DRAWN: [&str; 2] = ["potential_deflection", "visit_to_ticket"];

/// A figure over time.
pub(super) struct Trend {
    pub id: &'static str,
    pub title: String,
    pub chart: Chart,
    pub limit: bool,
    pub rows: Vec<TrendRow>,
}

pub(super) struct TrendRow {
    pub when: String,
    pub value: String,
    pub interval: String,
    pub of: String,
    pub notes: String,
}

/// Something that happened, by its number on the charts.
pub(super) struct Annotation {
    pub number: usize,
    pub when: String,
    pub text: String,
    place: usize,
}

/// How needs ended over time.
pub(super) struct OverTime {
    pub chart: Chart,
    pub parts: Vec<String>,
    pub rows: Vec<OverTimeRow>,
}

pub(super) struct OverTimeRow {
    pub when: String,
    pub counts: Vec<u64>,
    pub visitors: u64,
}

/// How outcomes are put together in the chart, the lowest part first.
const PARTS: [(&str, &[Outcome]); 4] = [
    ("deflected", &[Outcome::Confirmed, Outcome::FormLeft, Outcome::Assumed]),
    ("unanswered", &[Outcome::Reopened, Outcome::NoResult, Outcome::Abandoned]),
    ("ticketed", &[Outcome::Ticketed]),
    ("open", &[Outcome::Provisional, Outcome::Unknown]),
];

/// What the portal says happened in the range, numbered.
pub(super) fn annotations(words: &Words, series: &Series, said: &[portal::Annotation]) -> Vec<Annotation> {
    let placed = said.iter().filter_map(|said| {
        let within = |bucket: &Bucket| bucket.from <= said.date && said.date < bucket.to;
        Some((series.buckets.iter().position(within)?, said))
    });
    let annotation = |(number, (place, said)): (usize, (usize, &portal::Annotation))| Annotation {
        number: number + 1,
        when: words.short_day(said.date),
        text: said.text.clone(),
        place,
    };
    placed.enumerate().map(annotation).collect()
}

/// The trends.
pub(super) fn trends(words: &Words, series: &Series, annotations: &[Annotation]) -> Result<Vec<Trend>, Problem> {
    let notes: Vec<(usize, usize)> = annotations.iter().map(|note| (note.place, note.number)).collect();
    let draw = |name: &'static str| {
        let place = FOLLOWED.iter().position(|followed| *followed == name).unwrap_or_default();
        let title = words.dashboard.figure_names.get(name).map_or(name, String::as_str).to_owned();
        let point = |bucket: &Bucket| {
            let rate = bucket.shares[place].rate?;
            Some(Point { value: rate.value, low: rate.low, high: rate.high })
        };
        let points: Vec<Option<Point>> = series.buckets.iter().map(point).collect();
        let limit = (name == "visit_to_ticket").then_some(VISIT_TO_TICKET_LIMIT);
        let trend = charts::Trend { labels: &labels(words, series), points: &points, limit, notes: &notes };
        let told = told(words, &title, &points);
        Ok(Trend {
            id: name,
            title,
            chart: trend.chart(&told).map_err(Problem::internal)?,
            limit: limit.is_some(),
            rows: rows(words, series, place, annotations),
        })
    };
    DRAWN.into_iter().map(draw).collect()
}

/// How needs ended over time.
pub(super) fn over_time(words: &Words, series: &Series) -> Result<OverTime, Problem> {
    let count = |bucket: &Bucket, outcomes: &[Outcome]| outcomes.iter().map(|outcome| bucket.outcomes[outcome]).sum();
    let parts = |bucket: &Bucket| PARTS.iter().map(|(_, outcomes)| count(bucket, outcomes)).collect::<Vec<u64>>();
    let counts: Vec<Vec<u64>> = series.buckets.iter().map(parts).collect();
    let bars = Bars { labels: &labels(words, series), parts: &counts };
    let name = |name: &str| words.dashboard.parts.get(name).map_or(name, String::as_str).to_owned();
    let chart = bars.chart(&words.dashboard.over_time_told).map_err(Problem::internal)?;
    let row = |(bucket, counts): (&Bucket, Vec<u64>)| OverTimeRow {
        when: when(words, series.step, bucket),
        counts,
        visitors: bucket.visitors,
    };
    Ok(OverTime {
        chart,
        parts: PARTS.iter().map(|(part, _)| name(part)).collect(),
        rows: series.buckets.iter().zip(counts).map(row).collect(),
    })
}

fn rows(words: &Words, series: &Series, place: usize, annotations: &[Annotation]) -> Vec<TrendRow> {
    let row = |(number, bucket): (usize, &Bucket)| {
        let share = &bucket.shares[place];
        let bounds = share.rate.map(|rate| (words.percent(rate.low), words.percent(rate.high)));
        let notes = annotations.iter().filter(|note| note.place == number);
        let notes = notes.map(|note| format!("{}. {}", note.number, note.text)).collect::<Vec<_>>();
        TrendRow {
            when: when(words, series.step, bucket),
            value: share.rate.map_or_else(|| "–".to_owned(), |rate| words.percent(rate.value)),
            interval: bounds.map_or_else(String::new, |(low, high)| {
                fill(&words.dashboard.bounds, &[("low", &low), ("high", &high)])
            }),
            of: of(words, share.numerator, share.denominator),
            notes: notes.join("; "),
        }
    };
    series.buckets.iter().enumerate().map(row).collect()
}

/// What a chart of a share shows, in a sentence.
fn told(words: &Words, title: &str, points: &[Option<Point>]) -> String {
    let values = || points.iter().flatten().map(|point| point.value);
    let (Some(first), Some(last)) = (values().next(), values().next_back()) else {
        return fill(&words.dashboard.trend_none, &[("figure", &title)]);
    };
    let (least, most) = values().fold((first, first), |(least, most), value| (value.min(least), value.max(most)));
    let [first, last, least, most] = [first, last, least, most].map(|share| words.percent(share));
    let values: [(&str, &dyn std::fmt::Display); 5] =
        [("figure", &title), ("first", &first), ("last", &last), ("least", &least), ("most", &most)];
    fill(&words.dashboard.trend_told, &values)
}

fn labels(words: &Words, series: &Series) -> Vec<String> {
    series.buckets.iter().map(|bucket| words.short_day(bucket.from)).collect()
}

fn when(words: &Words, step: Step, bucket: &Bucket) -> String {
    let last = bucket.to.yesterday().unwrap_or(bucket.to);
    match step {
        Step::Day => words.short_day(bucket.from),
        Step::Week | Step::Month if last == bucket.from => words.short_day(bucket.from),
        Step::Week | Step::Month => format!("{} – {}", words.short_day(bucket.from), words.short_day(last)),
    }
}
