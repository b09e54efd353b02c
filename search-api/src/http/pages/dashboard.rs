//! The analyst's dashboard: the deflection figures of a range of days, each with what it takes to check it.

use super::frame::{Frame, Visit};
use super::page;
use super::words::{Words, fill};
use crate::deflection::figures::{Figure, VISIT_TO_TICKET_LIMIT};
use crate::deflection::groups::rows::Row;
use crate::deflection::groups::{Diagnosis, Name};
use crate::deflection::outcomes::Outcome;
use crate::deflection::{Question, Report, Window};
use crate::http::App;
use crate::http::error::Problem;
use crate::http::reports::asking;
use crate::http::reports::replay::Reader;
use crate::http::reports::searches::diagnosis;
use crate::identity::ANALYST;
use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Days shown when the address names none, today included.
const DAYS: i32 = 28;
/// Groups of searches that are shown.
const SEARCHES: usize = 25;
const HEADLINE: &str = "potential_deflection";
const RATIO: &str = "visit_to_ticket";

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    frame: Frame,
    from: String,
    to: String,
    windows: Vec<Choice>,
    summary: String,
    standing: String,
    empty: bool,
    cards: Vec<Card>,
    outcomes: Vec<OutcomeRow>,
    searches: Vec<SearchRow>,
    weeks: String,
    figures: Vec<FigureRow>,
    formulas: Vec<FormulaRow>,
    left_out: String,
}

struct Choice {
    value: &'static str,
    title: String,
    chosen: bool,
}

/// A figure in large.
struct Card {
    id: &'static str,
    title: String,
    value: String,
    bar: Option<Bar>,
    /// Whether the bar marks the share above which content fails.
    limit: bool,
    lines: Vec<String>,
    /// Address of the rows that it is the sum of.
    rows: String,
}

/// A share and its interval in hundredths, as an SVG draws them.
struct Bar {
    width: String,
    low: String,
    spread: String,
}

struct OutcomeRow {
    name: &'static str,
    title: String,
    count: u64,
    share: String,
    width: String,
    rows: String,
}

struct SearchRow {
    label: String,
    episodes: u64,
    tickets: u64,
    visitors: u64,
    avoidable: String,
    diagnosis: Option<String>,
    next_step: Option<String>,
    nearest: Option<String>,
}

struct FigureRow {
    name: &'static str,
    title: String,
    value: String,
    of: Option<String>,
    formula: &'static str,
    interval: Option<String>,
    note: Option<&'static str>,
    rows: String,
}

struct FormulaRow {
    name: &'static str,
    reading: &'static str,
    source: &'static str,
    rows: String,
    value: String,
    of: String,
}

/// What the address says: days such as 2026-11-01, `to` not included, and a window's name.
#[derive(Deserialize)]
pub(super) struct Wanted {
    from: Option<String>,
    to: Option<String>,
    window: Option<String>,
}

/// `GET /{portal}/dashboard`: for analysts; for others there is nothing here.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    if !caller.viewer.has(ANALYST) {
        return Err(Problem::NotFound);
    }
    let question = wanted.question(&frame, app.now())?;
    let (from, to) = question.reach();
    let log = app.store.log(&caller.portal.id, from, to).await?;
    let asked = question.clone();
    let reader = Reader::new(&app, &caller);
    let words = frame.words;
    let work = move || {
        let (report, table) = (crate::deflection::report(&log, &asked), crate::deflection::searches(&log, &asked));
        let rows = table.rows.iter().take(SEARCHES).map(|row| search_row(words, &reader, row, &asked));
        let (first, last) = (table.from.to_string(), table.to.yesterday().unwrap_or(table.to).to_string());
        let weeks = fill(&words.dashboard.searches_weeks, &[("from", &first), ("to", &last)]);
        Ok::<_, Problem>((report, rows.collect::<Result<Vec<_>, _>>()?, weeks))
    };
    let (report, searches, weeks) = tokio::task::spawn_blocking(work).await.map_err(Problem::internal)??;
    let dashboard = draw(frame, &question, report, searches, weeks);
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&dashboard)?).into_response())
}

impl Wanted {
    fn question(&self, frame: &Frame, now: i64) -> Result<Question, Problem> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let day = |name: &'static str, text: Option<String>, otherwise: Date| {
            let range = || Problem::invalid(name, frame.words.dashboard.range.clone());
            text.map_or(Ok(otherwise), |text| text.parse().map_err(|_| range()))
        };
        let today = Timestamp::from_millisecond(now).map_err(Problem::internal)?.to_zoned(frame.zone.clone()).date();
        let to = day("to", given(&self.to), today.saturating_add(1.day()))?;
        let from = day("from", given(&self.from), to.saturating_sub(DAYS.days()))?;
        let mut question = Question::new(from, to, frame.zone.clone(), now)
            .map_err(|_| Problem::invalid("from", frame.words.dashboard.range.clone()))?;
        if let Some(window) = given(&self.window) {
            question.window =
                window.parse::<Window>().map_err(|error| Problem::invalid("window", error.to_string()))?;
        }
        Ok(question)
    }
}

fn draw(frame: Frame, question: &Question, report: Report, searches: Vec<SearchRow>, weeks: String) -> Dashboard {
    let words = frame.words;
    let named = |name: &str| report.figures.iter().find(|figure| figure.name == name);
    let base = frame.base.clone();
    let rows = |more: &[(&str, &str)]| format!("{base}/dashboard/episodes?{}", asking::query(question, more));
    let counts = [
        ("visits", &report.visits as &dyn std::fmt::Display),
        ("tickets", &report.tickets.all),
        ("closed", &report.closed),
    ];
    let left_out = [
        ("staff", &report.left_out.staff as &dyn std::fmt::Display),
        ("bots", &report.left_out.bots),
        ("test", &report.left_out.test),
        ("unidentified", &report.left_out.not_identified),
    ];
    Dashboard {
        from: question.from.to_string(),
        to: question.to.to_string(),
        windows: Window::ALL.map(|window| choice(words, window, question.window)).into(),
        summary: fill(&words.dashboard.summary, &counts),
        standing: if report.is_final { words.dashboard.settled.clone() } else { words.dashboard.moving.clone() },
        empty: report.visits == 0 && report.tickets.all == 0,
        cards: [named(HEADLINE).map(|figure| headline(words, figure)), named(RATIO).map(|figure| ratio(words, figure))]
            .into_iter()
            .flatten()
            .chain([coverage(words, &report)])
            .map(|card| Card { rows: rows(&[("figure", card.id)]), ..card })
            .collect(),
        outcomes: Outcome::ALL
            .map(|outcome| outcome_row(words, &report, outcome, rows(&[("outcome", outcome.name())])))
            .into(),
        searches,
        weeks,
        figures: report
            .figures
            .iter()
            .map(|figure| figure_row(words, figure, rows(&[("figure", figure.name)])))
            .collect(),
        formulas: report
            .formulas
            .iter()
            .map(|formula| formula_row(words, formula, rows(&[("figure", formula.figure)])))
            .collect(),
        left_out: fill(&words.dashboard.left_out, &left_out),
        frame,
    }
}

fn choice(words: &Words, window: Window, chosen: Window) -> Choice {
    let title = words.dashboard.windows.get(window.name()).cloned();
    Choice { value: window.name(), title: title.unwrap_or_else(|| window.to_string()), chosen: window == chosen }
}

fn headline(words: &Words, figure: &Figure) -> Card {
    let mut card = share_card(words, figure);
    card.lines.push(words.dashboard.upper.clone());
    card
}

fn ratio(words: &Words, figure: &Figure) -> Card {
    let mut card = Card { limit: true, ..share_card(words, figure) };
    card.lines.push(words.dashboard.ratio_limit.clone());
    if let Some(ratio) = figure.value {
        let above = ratio > VISIT_TO_TICKET_LIMIT;
        card.lines.push(if above { words.dashboard.ratio_over.clone() } else { words.dashboard.ratio_under.clone() });
    }
    card
}

fn share_card(words: &Words, figure: &Figure) -> Card {
    Card {
        id: figure.name,
        title: title(words, figure),
        value: value(words, figure),
        bar: bar(figure),
        limit: false,
        lines: evidence(words, figure),
        rows: String::new(),
    }
}

/// How many tickets could be linked to what their writer searched.
fn coverage(words: &Words, report: &Report) -> Card {
    let tickets = &report.tickets;
    let linked = tickets.all - tickets.unlinked;
    let share = (tickets.all > 0).then(|| linked as f64 / tickets.all as f64);
    Card {
        id: "link_coverage",
        title: words.dashboard.coverage.clone(),
        value: share.map_or_else(|| "–".to_owned(), |share| words.percent(share)),
        bar: share.map(|share| Bar::of(share, share, share)),
        limit: false,
        lines: vec![of(words, linked, tickets.all), words.dashboard.coverage_text.clone()],
        rows: String::new(),
    }
}

fn outcome_row(words: &Words, report: &Report, outcome: Outcome, rows: String) -> OutcomeRow {
    let count = report.outcomes.get(&outcome).copied().unwrap_or_default();
    let share = (outcome.is_closed() && report.closed > 0).then(|| count as f64 / report.closed as f64);
    let name = outcome.name();
    OutcomeRow {
        name,
        title: words.dashboard.outcome_names.get(name).map_or(name, String::as_str).to_owned(),
        count,
        share: share.map_or_else(|| "–".to_owned(), |share| words.percent(share)),
        width: hundredths(share.unwrap_or_default()),
        rows,
    }
}

fn search_row(words: &Words, reader: &Reader, row: &Row, question: &Question) -> Result<SearchRow, Problem> {
    let label = match &row.name {
        Name::Label(label) if label.text().is_empty() => words.dashboard.unnamed.clone(),
        Name::Label(label) => label.text(),
        Name::TooSmall => words.dashboard.small.clone(),
        Name::NotKept => words.dashboard.not_kept.clone(),
    };
    let diagnosed = diagnosis(reader, row, question)?;
    let said = |words: &BTreeMap<String, String>, diagnosis: Diagnosis| {
        words.get(diagnosis.name()).cloned().unwrap_or_else(|| diagnosis.name().to_owned())
    };
    let nearest = diagnosed.as_ref().and_then(|(_, replay)| replay.nearest.as_ref());
    Ok(SearchRow {
        label,
        episodes: row.episodes,
        tickets: row.tickets,
        visitors: row.visitors,
        avoidable: if row.is_rest() { "–".to_owned() } else { words.number(row.avoidable) },
        nearest: nearest.map(|(found, _)| found.title.clone()),
        diagnosis: diagnosed.as_ref().map(|(diagnosis, _)| said(&words.dashboard.diagnoses, *diagnosis)),
        next_step: diagnosed.as_ref().map(|(diagnosis, _)| said(&words.dashboard.next_steps, *diagnosis)),
    })
}

fn figure_row(words: &Words, figure: &Figure, rows: String) -> FigureRow {
    FigureRow {
        name: figure.name,
        title: title(words, figure),
        value: value(words, figure),
        of: figure.numerator.zip(figure.denominator).map(|(n, d)| of(words, n, d)),
        formula: figure.formula,
        interval: interval(words, figure),
        note: figure.note,
        rows,
    }
}

fn formula_row(words: &Words, formula: &crate::deflection::formulas::Formula, rows: String) -> FormulaRow {
    FormulaRow {
        name: formula.name,
        reading: formula.reading,
        source: formula.source,
        rows,
        value: formula.value().map_or_else(|| "–".to_owned(), |value| words.number(value)),
        of: of(words, formula.numerator, formula.denominator),
    }
}

fn title(words: &Words, figure: &Figure) -> String {
    words.dashboard.figure_names.get(figure.name).map_or(figure.name, String::as_str).to_owned()
}

fn value(words: &Words, figure: &Figure) -> String {
    match (figure.value, figure.unit) {
        (None, _) => "–".to_owned(),
        (Some(value), "share") => words.percent(value),
        (Some(value), "seconds") => format!("{} s", words.number(value)),
        (Some(value), _) => format!("{value}"),
    }
}

fn evidence(words: &Words, figure: &Figure) -> Vec<String> {
    let counts = figure.numerator.zip(figure.denominator);
    let counts = counts.map(|(n, d)| if d == 0 { words.dashboard.no_value.clone() } else { of(words, n, d) });
    counts.into_iter().chain(interval(words, figure)).collect()
}

fn of(words: &Words, numerator: u64, denominator: u64) -> String {
    fill(&words.dashboard.of, &[("numerator", &numerator), ("denominator", &denominator)])
}

fn interval(words: &Words, figure: &Figure) -> Option<String> {
    let (low, high) = (words.percent(figure.low?), words.percent(figure.high?));
    Some(fill(&words.dashboard.interval, &[("low", &low), ("high", &high)]))
}

fn bar(figure: &Figure) -> Option<Bar> {
    let value = figure.value.filter(|_| figure.unit == "share")?;
    Some(Bar::of(value, figure.low.unwrap_or(value), figure.high.unwrap_or(value)))
}

impl Bar {
    fn of(value: f64, low: f64, high: f64) -> Self {
        Self { width: hundredths(value), low: hundredths(low), spread: hundredths(high - low) }
    }
}

/// A share as a length of a drawing 100 wide; always a point between digits, whatever the language.
fn hundredths(share: f64) -> String {
    format!("{:.2}", share.clamp(0.0, 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_becomes_a_length_within_the_drawing() {
        assert_eq!(hundredths(0.305), "30.50");
        assert_eq!(hundredths(1.7), "100.00");
        assert_eq!(hundredths(f64::NAN.max(0.0)), "0.00");
    }
}
