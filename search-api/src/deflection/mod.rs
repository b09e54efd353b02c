//! Events to figures; pure: the same rows, in any order, and the same question give the same report.
//!
//! ```text
//! rows ─▶ visits ─▶ episodes ─▶ outcomes ─▶ figures ─▶ report
//!          │           ▲           ▲
//!       visitors    searches    tickets ─▶ attribution
//!                                   └────▶ groups of searches and tickets by meaning
//! ```
//!
//! Names, rules and formulas are those of definition 1, number by number; [`question::Rules`] holds its constants.

pub mod clock;
pub mod episodes;
pub mod figures;
pub mod formulas;
pub mod groups;
pub mod helpfulness;
pub mod intervals;
pub mod log;
pub mod occurrence;
pub mod outcomes;
pub mod question;
pub mod report;
pub mod searches;
pub mod stems;
pub mod tickets;
pub mod visitors;
pub mod visits;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod story;
#[cfg(test)]
mod worked_cases;

pub use log::Log;
pub use question::{Question, Window};
pub use report::Report;

use episodes::Journeys;
use log::{Mark, Millis};
use occurrence::Occurrence;
use outcomes::{Coverage, Evidence, Outcome};
use report::{LeftOut, Selection};
use tickets::{Attribution, Rule};

/// What became of one episode: a line of the ledger that figures are summed from.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Id of the event that opened it.
    pub episode: String,
    /// Its first event.
    pub start: Millis,
    /// Its last search, click, form_open or form_suggest.
    pub end: Millis,
    /// What became of it.
    pub outcome: Outcome,
    /// Tickets attributed to it, and why.
    pub tickets: Vec<(String, Rule)>,
}

/// Answers a question from a log that holds at least [`Question::reach`].
pub fn report(log: &Log, question: &Question) -> Report {
    judged(log, question, |selection, counts| report::draw(selection, counts, log.lost))
}

/// Which searches still end in tickets, over the whole weeks that the question's range touches.
pub fn searches(log: &Log, question: &Question) -> groups::Table {
    judged(log, question, |selection, _| groups::rows::draw(selection))
}

/// The episodes that a report counts, in order of time.
pub fn ledger(log: &Log, question: &Question) -> Vec<Entry> {
    let mut entries = judged(log, question, |selection, _| {
        let entry = |(number, outcome): (usize, Outcome)| {
            let episode = &selection.journeys.episodes[number];
            let tickets = selection.all_tickets.iter().zip(selection.attributions);
            let theirs = tickets.filter_map(|(ticket, attribution)| match attribution {
                Attribution::Episode { episode, rule } if *episode == number => Some((ticket.ticket.id.clone(), *rule)),
                _ => None,
            });
            let (start, end) = (episode.start, episode.end);
            Entry { episode: episode.id.into(), start, end, outcome, tickets: theirs.collect() }
        };
        selection.numbered().map(entry).collect::<Vec<_>>()
    });
    entries.sort_by(|a, b| (a.start, &a.episode).cmp(&(b.start, &b.episode)));
    entries
}

/// What was set aside before anything was judged.
#[derive(Clone, Copy, Debug, Default)]
struct SetAside {
    events: LeftOut,
    clamped: u64,
    tickets: u64,
}

/// Follows the rows to judged episodes, and hands over what the question selects of them.
fn judged<T>(log: &Log, question: &Question, draw: impl FnOnce(&Selection<'_, '_>, SetAside) -> T) -> T {
    let range = question.range();
    let in_range = |t| range.0 <= t && t < range.1;
    let mut aside = SetAside::default();
    let mut counted = Vec::with_capacity(log.events.len());
    for occurrence in log.events.iter().map(Occurrence::new).filter(|occurrence| occurrence.t <= question.as_of) {
        let person = occurrence.event.person;
        let nobody = person.subject.is_none() && person.browser.is_none();
        let here = u64::from(in_range(occurrence.t));
        aside.clamped += if occurrence.clamped { here } else { 0 };
        match occurrence.event.mark {
            Some(mark) if mark != Mark::Staff || nobody => *aside.events.count(mark) += here,
            None if nobody => aside.events.not_identified += here,
            _ => counted.push(occurrence),
        }
    }

    let (known, marked): (Vec<_>, Vec<_>) =
        log.tickets.iter().filter(|ticket| ticket.at <= question.as_of).partition(|ticket| ticket.mark.is_none());
    aside.tickets = marked.iter().filter(|ticket| in_range(ticket.at)).count() as u64;
    let people = log.tickets.iter().map(|ticket| ticket.person).chain(log.addresses.iter().map(|known| known.person));
    let (visitors, events, staff) = visitors::assign(counted, people, question.rules.visit_gap);
    aside.events.staff += staff.iter().filter(|event| in_range(event.t)).count() as u64;

    let mut journeys = Journeys::default();
    for (visitor, events) in events {
        let (visits, bots) = visits::visits(visitor, &events, &question.rules);
        aside.events.bots += bots.iter().filter(|event| in_range(event.t)).count() as u64;
        journeys.add(visits, &question.rules);
    }

    let tickets = tickets::link(known.into_iter(), &log.addresses, &visitors, &journeys);
    let attributions = tickets::attribute(&tickets, &journeys, question.window, &question.rules);
    let evidence = Evidence {
        journeys: &journeys,
        tickets: &tickets,
        attributions: &attributions,
        coverage: &Coverage::new(log),
        window: question.window,
        as_of: question.as_of,
        rules: &question.rules,
    };
    let form_outcomes = evidence.forms();
    let outcomes = evidence.episodes(&form_outcomes);
    let selection = Selection {
        question,
        journeys: &journeys,
        outcomes: &outcomes,
        form_outcomes: &form_outcomes,
        all_tickets: &tickets,
        attributions: &attributions,
        evidence: &evidence,
        range,
    };
    draw(&selection, aside)
}
