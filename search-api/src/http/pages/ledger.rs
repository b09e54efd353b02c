//! The ledger's page: the rows behind a figure, narrowed and sorted by links.

use super::frame::{Frame, Visit};
use super::page;
use super::words::{Words, fill};
use crate::deflection::ledger::{Kind, Listed, Part};
use crate::deflection::outcomes::Outcome;
use crate::deflection::units::LINK_COVERAGE;
use crate::deflection::{Question, Wanted, formulas};
use crate::http::error::Problem;
use crate::http::fields::Fields;
use crate::http::reports::asking;
use crate::http::reports::episodes::LedgerQuestion;
use crate::http::reports::paging::{Page, Sort};
use crate::http::reports::replay::NO_TEXT;
use crate::http::reports::shown::{RowBody, View};
use crate::http::{App, Caller};
use crate::identity::ANALYST_RAW;
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use std::fmt::Display;
use std::sync::Arc;

/// Rows of a page.
const ROWS: usize = 50;

#[derive(Template)]
#[template(path = "ledger.html")]
struct Ledger {
    frame: Frame,
    title: String,
    formula: Option<&'static str>,
    range: String,
    known: String,
    groups: Vec<Group>,
    count: Option<String>,
    /// What is said of those among them of whom there are no rows any more.
    erased: Option<String>,
    rows: Vec<LedgerRow>,
    /// Whether a figure says where each row counts.
    counted: bool,
    /// Whether rows have a time to answer.
    timed: bool,
    /// Whether a row may hold several needs.
    several: bool,
    raw: bool,
    dashboard: String,
    all: String,
    first: Option<String>,
    next: Option<String>,
    csv: String,
    jsonl: String,
    other_view: Option<String>,
}

/// Links of which one is chosen.
struct Group {
    name: &'static str,
    title: String,
    choices: Vec<Choice>,
}

struct Choice {
    title: String,
    href: String,
    chosen: bool,
}

struct LedgerRow {
    id: String,
    at: String,
    href: Option<String>,
    outcome: String,
    counted: String,
    asked: String,
    searches: usize,
    opened: usize,
    tickets: usize,
    seconds: String,
    needs: Vec<Need>,
}

struct Need {
    title: String,
    href: String,
}

/// What the page's own address says.
#[derive(Clone)]
struct Address {
    question: Question,
    figure: Option<String>,
    part: Option<&'static str>,
    kind: Option<&'static str>,
    outcomes: Vec<String>,
    sort: Option<&'static str>,
    view: Option<&'static str>,
}

/// `GET /{portal}/dashboard/episodes`: for analysts; for others there is nothing here.
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, mut fields: Fields) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    let paged = fields.has("cursor");
    let asked = LedgerQuestion::read(&app, &caller, &mut fields)?;
    let (mut address, view, wanted) = (Address::of(&asked), asked.view, asked.wanted.clone());
    let found = asked.page(&app, &caller, ROWS).await?;
    address.question.as_of = found.as_of;
    let ledger = draw(frame, &caller, &address, view, &wanted, found, paged);
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&ledger)?).into_response())
}

fn draw(
    frame: Frame,
    caller: &Caller,
    address: &Address,
    view: View,
    wanted: &Wanted,
    found: Page,
    paged: bool,
) -> Ledger {
    let Page { rows, count, erased, next, .. } = found;
    let (words, question, base) = (frame.words, &address.question, frame.base.clone());
    let at = |address: &Address, more: &[(&str, &str)]| format!("{base}/dashboard/episodes?{}", address.query(more));
    let export = |format: &str| {
        let query = address.query(&[("format", format)]);
        format!("{}/v1/portals/{}/reports/episodes?{query}", caller.root, caller.portal.id)
    };
    let raw = view == View::Raw;
    let same_view: &[(&str, &str)] = if raw { &[("view", "raw")] } else { &[] };
    let need = |id: &str| format!("{base}/dashboard/episodes/{id}?{}", asking::query(question, same_view));
    let window = words.dashboard.windows.get(question.window.name()).map_or(question.window.name(), String::as_str);
    let range = [("from", &question.from as &dyn Display), ("to", &question.to), ("window", &window)];
    let shown = |row| LedgerRow::new(&frame, RowBody::new(view, wanted, row), &need);
    let rows: Vec<LedgerRow> = rows.into_iter().map(shown).collect();
    let other = Address { view: (!raw).then_some("raw"), ..address.clone() };
    let figure = wanted.counts();
    Ledger {
        title: match figure {
            Some(counted) => fill(&words.ledger.of_figure, &[("figure", &figure_title(words, &counted.figure))]),
            None => words.ledger.title.clone(),
        },
        formula: figure.map(|counted| counted.formula),
        range: fill(&words.ledger.range, &range),
        known: fill(&words.ledger.known, &[("as_of", &words.minute(question.as_of, &frame.zone))]),
        groups: groups(words, address, &|changed| at(changed, &[])),
        count: count.map(|count| match count {
            1 => words.ledger.count_one.clone(),
            _ => fill(&words.ledger.count_other, &[("count", &count)]),
        }),
        erased: erased.filter(|erased| *erased > 0).map(|erased| match erased {
            1 => words.ledger.erased_one.clone(),
            _ => fill(&words.ledger.erased_other, &[("count", &erased)]),
        }),
        counted: figure.is_some(),
        timed: rows.iter().any(|row| !row.seconds.is_empty()),
        several: rows.iter().any(|row| !row.needs.is_empty()),
        raw,
        dashboard: format!("{base}/dashboard?{}", asking::query(question, &[])),
        all: at(&address.unfiltered(), &[]),
        first: paged.then(|| at(address, &[])),
        next: next.map(|cursor| at(address, &[("cursor", &cursor)])),
        csv: export("csv"),
        jsonl: export("jsonl"),
        other_view: caller.viewer.has(ANALYST_RAW).then(|| at(&other, &[])),
        rows,
        frame,
    }
}

impl Address {
    fn of(asked: &LedgerQuestion) -> Self {
        let (figure, part, kind) = match &asked.wanted.listed {
            Listed::Figure(counted, part) => (Some(counted.figure.clone()), *part, None),
            Listed::All(kind) => (None, Part::Both, Some(kind.name())),
        };
        Self {
            question: asked.question.clone(),
            figure,
            part: match part {
                Part::Both => None,
                Part::Numerator => Some("numerator"),
                Part::Denominator => Some("denominator"),
            },
            kind,
            outcomes: asked.wanted.outcomes.iter().cloned().collect(),
            sort: (asked.sort != Sort::default()).then(|| asked.sort.name()),
            view: (asked.view == View::Raw).then_some("raw"),
        }
    }

    /// The same without what narrows and sorts the rows.
    fn unfiltered(&self) -> Self {
        Self { part: None, outcomes: Vec::new(), sort: None, ..self.clone() }
    }

    /// The query of an address that says the same, and more.
    fn query(&self, more: &[(&str, &str)]) -> String {
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        pairs.extend(self.figure.as_deref().map(|figure| ("figure", figure)));
        pairs.extend(self.part.map(|part| ("part", part)));
        pairs.extend(self.kind.map(|kind| ("kind", kind)));
        pairs.extend(self.outcomes.iter().map(|outcome| ("outcome", outcome.as_str())));
        pairs.extend(self.sort.map(|sort| ("sort", sort)));
        pairs.extend(self.view.map(|view| ("view", view)));
        pairs.extend(more);
        asking::query(&self.question, &pairs)
    }
}

impl LedgerRow {
    fn new(frame: &Frame, row: RowBody, need: &dyn Fn(&str) -> String) -> Self {
        let words = frame.words;
        let counted =
            [(row.numerator, &words.ledger.part_numerator), (row.denominator, &words.ledger.part_denominator)];
        let counted = counted.into_iter().filter(|(counts, _)| *counts == Some(true)).map(|(_, name)| name.as_str());
        let one = if let [episode] = &row.episodes[..] { Some(need(episode)) } else { None };
        let several = if one.is_some() { &[][..] } else { &row.episodes };
        let needs = several.iter().enumerate().map(|(place, episode)| Need {
            title: fill(&words.ledger.need, &[("number", &(place + 1))]),
            href: need(episode),
        });
        Self {
            id: row.id,
            at: moment(frame, &row.at),
            href: one,
            outcome: ending(words, row.outcome),
            counted: counted.collect::<Vec<_>>().join(", "),
            asked: asked(words, row.query, row.instead),
            searches: row.searches,
            opened: row.opened,
            tickets: row.tickets.len(),
            seconds: row.seconds.map_or_else(String::new, |seconds| words.lapse(seconds)),
            needs: needs.collect(),
        }
    }
}

/// Links that narrow and sort the rows.
fn groups(words: &Words, address: &Address, at: &dyn Fn(&Address) -> String) -> Vec<Group> {
    let mut groups = Vec::new();
    let choice =
        |title: &str, changed: Address, chosen: bool| Choice { title: title.into(), href: at(&changed), chosen };
    if address.figure.is_some() {
        let parts = [
            (None, &words.ledger.part_all),
            (Some("numerator"), &words.ledger.part_numerator),
            (Some("denominator"), &words.ledger.part_denominator),
        ];
        let choices =
            parts.map(|(part, title)| choice(title, Address { part, ..address.clone() }, address.part == part));
        groups.push(Group { name: "part", title: words.ledger.part.clone(), choices: choices.into() });
    } else {
        let choices = Kind::ALL.map(|kind| {
            let title = words.ledger.kinds.get(kind.name()).map_or(kind.name(), String::as_str);
            let changed = Address { kind: Some(kind.name()), outcomes: Vec::new(), ..address.clone() };
            choice(title, changed, address.kind == Some(kind.name()))
        });
        groups.push(Group { name: "kind", title: words.ledger.kind.clone(), choices: choices.into() });
    }
    if address.kind == Some(Kind::Episode.name()) {
        let any = Address { outcomes: Vec::new(), ..address.clone() };
        let mut choices = vec![choice(&words.ledger.ended_all, any, address.outcomes.is_empty())];
        // Each link adds its outcome to those chosen, or takes it away.
        choices.extend(Outcome::ALL.map(|outcome| {
            let name = outcome.name();
            let chosen = address.outcomes.iter().any(|other| other == name);
            let mut changed = address.clone();
            if chosen {
                changed.outcomes.retain(|other| other != name);
            } else {
                changed.outcomes.push(name.into());
            }
            choice(&ending(words, name), changed, chosen)
        }));
        groups.push(Group { name: "ended", title: words.ledger.ended.clone(), choices });
    }
    let sorts = Sort::NAMED.iter().map(|&(name, sort)| {
        let title = words.ledger.sorts.get(name).map_or(name, String::as_str);
        let wanted = (sort != Sort::default()).then_some(name);
        choice(title, Address { sort: wanted, ..address.clone() }, address.sort == wanted)
    });
    groups.push(Group { name: "sort", title: words.ledger.sort.clone(), choices: sorts.collect() });
    groups
}

/// What a figure is called on pages; those of other systems have their own names.
fn figure_title(words: &Words, figure: &str) -> String {
    let ours = words.dashboard.figure_names.get(figure).cloned();
    let coverage = || (figure == LINK_COVERAGE).then(|| words.dashboard.coverage.clone());
    ours.or_else(coverage).or_else(|| formulas::name(figure).map(str::to_owned)).unwrap_or_else(|| figure.to_owned())
}

/// How something ended, in words.
pub(super) fn ending(words: &Words, outcome: &str) -> String {
    let named = words.dashboard.outcome_names.get(outcome).or_else(|| words.ledger.endings.get(outcome));
    named.map_or(outcome, String::as_str).to_owned()
}

/// What was asked, or why it is not said.
pub(super) fn asked(words: &Words, query: Option<String>, instead: Option<&str>) -> String {
    match (query, instead) {
        (Some(query), _) => query,
        (None, Some(NO_TEXT)) => words.ledger.not_kept.clone(),
        (None, Some(_)) => words.ledger.small.clone(),
        (None, None) => words.ledger.nothing.clone(),
    }
}

/// A time of the ledger in the portal's time zone.
pub(super) fn moment(frame: &Frame, at: &str) -> String {
    let at = at.parse::<Timestamp>().map(Timestamp::as_millisecond);
    at.map_or_else(|_| String::new(), |at| frame.words.minute(at, &frame.zone))
}

#[cfg(test)]
mod tests {
    use super::super::words::words;
    use super::*;
    use crate::deflection::ledger::{Counted, ENDINGS};

    #[test]
    fn how_rows_end_and_what_they_are_of_is_said_in_words() {
        let english = words([]);
        for name in Outcome::ALL.map(Outcome::name).into_iter().chain(ENDINGS) {
            assert_ne!(ending(english, name), name);
        }
        assert!(Kind::ALL.iter().all(|kind| english.ledger.kinds.contains_key(kind.name())));
        assert!(Sort::NAMED.iter().all(|(name, _)| english.ledger.sorts.contains_key(*name)));
        for figure in ["ticket_rate", "task_completion", "signed_in_share", LINK_COVERAGE, "intercom_resolution_rate"] {
            assert!(Counted::named(figure).is_some());
            assert_ne!(figure_title(english, figure), figure);
        }
    }
}
