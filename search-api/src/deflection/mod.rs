//! Events to figures; pure: the same rows, in any order, and the same question give the same report.
//!
//! ```text
//! rows ─▶ visits ─▶ episodes ─▶ outcomes ─▶ facts ─▶ units ─▶ figures ─▶ report
//!          │           ▲           ▲          │        └─▶ ledger
//!       visitors    searches    tickets       └─▶ facts of past days, kept
//!                                   └─▶ groups of searches and tickets by meaning, by week, kept
//! ```
//!
//! Names, rules and formulas are those of definition 1, number by number; [`question::Rules`] holds its constants.

pub mod articles;
mod book;
pub mod clock;
pub mod comparison;
pub mod episodes;
pub mod facts;
pub mod figures;
pub mod formulas;
pub mod groups;
pub mod helpfulness;
pub mod history;
pub mod holdout;
pub mod intervals;
pub mod kin;
pub mod ledger;
pub mod log;
pub mod occurrence;
pub mod outcomes;
pub mod queries;
pub mod question;
pub mod report;
pub mod revision;
pub mod searches;
pub mod series;
pub mod stems;
pub mod tasks;
pub mod tickets;
pub mod ties;
pub mod units;
pub mod visitors;
pub mod visits;
pub mod why;

#[cfg(test)]
mod generated;
#[cfg(test)]
mod ledger_properties;
#[cfg(test)]
pub(crate) mod properties;
#[cfg(test)]
pub(crate) mod story;
#[cfg(test)]
mod worked_cases;

pub use history::History;
pub use ledger::{Row, Sketch, Wanted};
pub use log::Log;
pub use question::{Question, Window};
pub use report::Report;
pub use revision::Revision;
pub use series::Series;

use episodes::Journeys;
use facts::{Aside, AsideFact, Facts, Selected};
use jiff::civil::Date;
use log::{Hash, Lost, Mark, Millis};
use occurrence::Occurrence;
use outcomes::{Coverage, Evidence};
use report::Selection;
use std::collections::BTreeSet;
use tickets::LinkedTicket;

/// Answers a question from a log that holds at least [`Question::reach`].
pub fn report(log: &Log, question: &Question) -> Report {
    sums(log, question, report::draw)
}

/// Draws something from the facts that a question selects of a log that holds at least [`Question::reach`].
pub fn sums<T>(log: &Log, question: &Question, draw: impl FnOnce(&Selected<'_>, Lost) -> T) -> T {
    follow(log, question).judge(question, |selection| draw(&selection.selected, log.lost))
}

/// What is kept of the days and weeks of a question's range.
pub struct ToKeep {
    /// The facts of all that a log holds under each window, shortest first.
    pub facts: [Facts; 4],
    /// What was said in each week, and what became of it under each window.
    pub weeks: Vec<(groups::Said, [groups::Cells; 4])>,
}

/// Works out what is kept, under every window at once; of weeks up to a Monday without what anybody said or wrote in them.
pub fn to_keep(log: &Log, question: &Question, texts_after: Date) -> ToKeep {
    let followed = follow(log, question);
    let spoken = groups::weeks::spoken(&followed.journeys, question, texts_after);
    let mut cells = Vec::new();
    let facts = Window::ALL.map(|window| {
        let question = Question { window, ..question.clone() };
        followed.judge(&question, |selection| {
            cells.push(groups::weeks::cells(&spoken, selection).into_iter());
            selection.selected.facts.clone()
        })
    });
    let mut of_week = || std::array::from_fn(|window| cells[window].next().unwrap_or_default());
    let weeks = spoken.into_values().map(|spoken| (spoken.said, of_week())).collect();
    ToKeep { facts, weeks }
}

/// The facts under each window of all that a log holds, shortest first.
#[cfg(test)]
pub fn facts(log: &Log, question: &Question) -> [Facts; 4] {
    to_keep(log, question, Date::MIN).facts
}

/// What was searched in the whole weeks that the question's range touches, and what became of it.
pub fn weeks(log: &Log, question: &Question) -> Vec<groups::Week> {
    let followed = follow(log, question);
    let spoken = groups::weeks::spoken(&followed.journeys, question, Date::MIN);
    followed.judge(question, |selection| groups::weeks::judged(spoken, selection))
}

/// Which searches still end in tickets, over the whole weeks that the question's range touches.
pub fn searches(log: &Log, question: &Question) -> groups::Table {
    groups::rows::draw(&weeks(log, question), question)
}

/// Draws something from the facts that a question selects, and from what was searched in its weeks, followed once.
pub fn sums_and_weeks<T>(
    log: &Log,
    question: &Question,
    draw: impl FnOnce(&Selected<'_>, Lost, &[groups::Week]) -> T,
) -> T {
    let followed = follow(log, question);
    let spoken = groups::weeks::spoken(&followed.journeys, question, Date::MIN);
    followed.judge(question, |selection| draw(&selection.selected, log.lost, &groups::weeks::judged(spoken, selection)))
}

/// The same figures and outcomes by day or week.
#[cfg(test)]
pub fn series(log: &Log, question: &Question) -> Series {
    sums(log, question, |selected, _| series::draw(selected, series::Step::of(question)))
}

/// What became of each article that was opened, by slug.
#[cfg(test)]
pub fn articles(log: &Log, question: &Question) -> std::collections::BTreeMap<String, articles::Reading> {
    sums(log, question, |selected, _| articles::draw(selected))
}

/// What changed in the outcomes of a question's range from what was known at `since` to what is known at its own moment.
pub fn revision(log: &Log, question: &Question, since: Millis) -> Revision {
    revision_within(log, question, since, question.range())
}

/// The same of the episodes that began within a stretch of time, its end excluded.
pub fn revision_within(log: &Log, question: &Question, since: Millis, within: (Millis, Millis)) -> Revision {
    let known =
        |question: &Question| follow(log, question).judge(question, |selection| revision::outcomes(selection, within));
    revision::compare(&known(&Question { as_of: since, ..question.clone() }), &known(question))
}

/// What changed since a moment of the episodes that had ended or not begun then, told by facts: of all but those of [`revision::unended`].
pub fn revision_beside(selected: &Selected<'_>, since: Millis) -> Revision {
    let (first, after) = revision::unended(selected.question, since);
    Revision::around(selected, since, (selected.question.start_of(first), selected.question.start_of(after)))
}

/// The rows that a report's figures are the sums of, in order of time.
pub fn ledger(log: &Log, question: &Question, wanted: &Wanted) -> Vec<Row> {
    follow(log, question).judge(question, |selection| ledger::draw(selection, wanted))
}

/// The same of a log that holds all of whoever did something on the days of the rows' hours: beside a row it is shown what enough
/// visitors typed on that day.
pub fn ledger_of_days(log: &Log, question: &Question, wanted: &Wanted) -> Vec<Row> {
    follow(log, question).judge(question, |selection| {
        let (common, nothing) = (queries::common_by_day(selection), BTreeSet::new());
        let mut rows = ledger::draw(selection, wanted);
        for row in &mut rows {
            let day = question::day_of(row.t - row.t.rem_euclid(question::HOUR), &question.zone);
            let common = common.get(&day).unwrap_or(&nothing);
            row.asked = row.asked.take().map(|asked| asked.among(row.text.as_deref(), common));
        }
        rows
    })
}

/// Tells those rows one by one as far as facts know them, in the same order at every telling; returns how many are counted in them of
/// whom there are none any more.
pub fn sketch(selected: &Selected<'_>, wanted: &Wanted, mut each: impl FnMut(Sketch)) -> usize {
    ledger::sketch(selected, wanted, &mut each)
}

/// The rows that were sketched, in no order, from a log that holds all of whoever they are of.
pub fn complete(log: &Log, question: &Question, sketches: &[Sketch]) -> Vec<Row> {
    follow(log, question).judge(question, |selection| ledger::complete(selection, sketches))
}

/// The normalised texts that enough visitors typed in what a question selects of a log: those that may be shown.
pub fn common(log: &Log, question: &Question) -> BTreeSet<String> {
    follow(log, question)
        .judge(question, |selection| queries::common(selection).into_iter().map(str::to_owned).collect())
}

/// Tells one episode that a report counts: the one whose id is meant. `None`: there is none.
pub fn history(log: &Log, question: &Question, is_it: impl Fn(&str) -> bool) -> Option<History> {
    let followed = follow(log, question);
    let under = |window| {
        let question = Question { window, ..question.clone() };
        followed.judge(&question, |selection| history::account(selection, &is_it))
    };
    history::join(Window::ALL.into_iter().map(under).collect::<Option<_>>()?, question.window)
}

/// What visitors did and the tickets that were made, before any window is asked about.
struct Followed<'a> {
    journeys: Journeys<'a>,
    tickets: Vec<LinkedTicket<'a>>,
    coverage: Coverage,
    asides: Vec<AsideFact>,
    months: Vec<(Hash, Hash)>,
}

/// Follows the rows to visits, episodes and linked tickets.
fn follow<'a>(log: &'a Log, question: &Question) -> Followed<'a> {
    let mut asides = Vec::new();
    let mut aside = |t, why| asides.push(AsideFact { t, why, count: 1 });
    let mut counted = Vec::with_capacity(log.events.len());
    for occurrence in log.events.iter().map(Occurrence::new).filter(|occurrence| occurrence.t <= question.as_of) {
        let person = occurrence.event.person;
        let nobody = person.subject.is_none() && person.browser.is_none();
        if occurrence.clamped {
            aside(occurrence.t, Aside::Clamped);
        }
        match occurrence.event.mark {
            Some(mark) if mark != Mark::Staff || nobody => aside(occurrence.t, Aside::Event(mark)),
            None if nobody => aside(occurrence.t, Aside::NotIdentified),
            _ => counted.push(occurrence),
        }
    }

    let (known, marked): (Vec<_>, Vec<_>) =
        log.tickets.iter().filter(|ticket| ticket.at <= question.as_of).partition(|ticket| ticket.mark.is_none());
    marked.iter().for_each(|ticket| aside(ticket.at, Aside::Ticket));
    let people = log.tickets.iter().map(|ticket| ticket.person).chain(log.addresses.iter().map(|known| known.person));
    let (visitors, events, staff) = visitors::assign(counted, people, question.rules.visit_gap);
    staff.iter().for_each(|event| aside(event.t, Aside::Event(Mark::Staff)));

    let mut journeys = Journeys::default();
    for (visitor, events) in events {
        let (visits, bots) = visits::visits(visitor, &events, &question.rules);
        bots.iter().for_each(|event| aside(event.t, Aside::Event(Mark::Bot)));
        journeys.add(visits, &question.rules);
    }
    let tickets = tickets::link(known.into_iter(), &log.addresses, &visitors, &journeys);
    Followed { journeys, tickets, coverage: Coverage::new(log), asides, months: visitors.months() }
}

impl<'a> Followed<'a> {
    /// Judges what was followed under the window of a question, and hands over what it selects.
    fn judge<T>(&self, question: &Question, draw: impl FnOnce(&Selection<'_, 'a>) -> T) -> T {
        let Self { journeys, tickets, coverage, asides, months } = self;
        let attributions = tickets::attribute(tickets, journeys, question.window, &question.rules);
        let evidence = Evidence {
            journeys,
            tickets,
            attributions: &attributions,
            coverage,
            window: question.window,
            as_of: question.as_of,
            rules: &question.rules,
        };
        let form_outcomes = evidence.forms();
        let (outcomes, reopened_by) = evidence.episodes(&form_outcomes);
        let judged = facts::Judged { evidence: &evidence, outcomes: &outcomes, form_outcomes: &form_outcomes };
        let facts = facts::gather(&judged, asides, months);
        let episodes = journeys.episodes.iter().enumerate();
        draw(&Selection {
            question,
            journeys,
            outcomes: &outcomes,
            reopened_by: &reopened_by,
            form_outcomes: &form_outcomes,
            all_tickets: tickets,
            attributions: &attributions,
            evidence: &evidence,
            selected: Selected::new(question, &facts),
            tiles: tasks::tiles(journeys),
            places: episodes
                .flat_map(|(number, episode)| (0..episode.searches.len()).map(move |place| (number, place)))
                .collect(),
        })
    }
}
