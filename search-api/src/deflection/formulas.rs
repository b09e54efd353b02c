//! The same log under the formulas of others, each as we read it, so that figures can be compared.

use super::log::{Kind, Millis, Surface};
use super::outcomes::Outcome;
use super::question::HOUR;
use super::report::Selection;
use super::units::{Unit, Units, What};
use super::visitors::Visitor;
use std::collections::{BTreeMap, BTreeSet};

/// A figure of another system, computed from this log.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// Its name in the API.
    pub figure: &'static str,
    /// Whose figure it is, and what they call it.
    pub name: &'static str,
    /// As we read it.
    pub reading: &'static str,
    /// Where it is published.
    pub source: &'static str,
    /// What was counted.
    pub numerator: u64,
    /// Over what.
    pub denominator: u64,
}

impl Formula {
    /// The quotient; `None` over nothing. Some of these are ratios, not shares: they may exceed 1.
    pub fn value(&self) -> Option<f64> {
        (self.denominator > 0).then(|| self.numerator as f64 / self.denominator as f64)
    }
}

struct Definition {
    figure: &'static str,
    name: &'static str,
    reading: &'static str,
    source: &'static str,
    units: Units,
}

const SERVICE_NOW: &str =
    "https://www.servicenow.com/docs/r/xanadu/servicenow-platform/knowledge-management/ssa-concepts.html";
const SEARCH_UNIFY: &str = "https://docs.searchunify.com/Content/Search-Analytics/Case-Deflection.htm";

const DEFINITIONS: [Definition; 7] = [
    Definition {
        figure: "zendesk_self_service_score",
        name: "Zendesk, self-service score",
        reading: "visitors of any help page / distinct visitors with a ticket (a ratio)",
        source: "https://support.zendesk.com/hc/en-us/articles/4408894139930",
        units: zendesk,
    },
    Definition {
        figure: "servicenow_no_deflection",
        name: "ServiceNow, no deflection",
        reading: "ticketed episodes / closed episodes",
        source: SERVICE_NOW,
        units: |selection| service_now(selection, |outcome, _| outcome == Outcome::Ticketed),
    },
    Definition {
        figure: "servicenow_confirmed_deflection",
        name: "ServiceNow, confirmed deflection",
        reading: "closed episodes without a ticket whose last event is a vote solved / closed episodes",
        source: SERVICE_NOW,
        units: |selection| service_now(selection, |outcome, solved| outcome != Outcome::Ticketed && solved),
    },
    Definition {
        figure: "servicenow_potential_deflection",
        name: "ServiceNow, potential deflection",
        reading: "all other closed episodes / closed episodes",
        source: SERVICE_NOW,
        units: |selection| service_now(selection, |outcome, solved| outcome != Outcome::Ticketed && !solved),
    },
    Definition {
        figure: "searchunify_stage_one",
        name: "SearchUnify, stage one",
        reading: "visits with a search and a click and neither form nor ticket / visits with a search",
        source: SEARCH_UNIFY,
        units: stage_one,
    },
    Definition {
        figure: "searchunify_stage_two",
        name: "SearchUnify, stage two",
        reading: "visits with a form and a suggestion opened and no ticket / visits with a form",
        source: SEARCH_UNIFY,
        units: stage_two,
    },
    Definition {
        figure: "intercom_resolution_rate",
        name: "Intercom, resolution rate",
        reading: "episodes confirmed, or not followed by a search, form or ticket within 24 h, not reopened / closed episodes with \
                  an answer shown",
        source: "https://www.intercom.com/help/en/articles/8205718-fin-ai-agent-resolutions",
        units: intercom,
    },
];

/// Computes all of them.
pub fn formulas(selection: &Selection<'_, '_>) -> Vec<Formula> {
    let formula = |&Definition { figure, name, reading, source, units }: &Definition| {
        let units = units(selection);
        let count = |counts: fn(&Unit) -> bool| units.iter().filter(|unit| counts(unit)).count() as u64;
        let (numerator, denominator) = (count(|unit| unit.numerator), count(|unit| unit.denominator));
        Formula { figure, name, reading, source, numerator, denominator }
    };
    DEFINITIONS.iter().map(formula).collect()
}

/// What a formula is called, by its name in the API.
pub fn name(figure: &str) -> Option<&'static str> {
    DEFINITIONS.iter().find(|definition| definition.figure == figure).map(|definition| definition.name)
}

/// How a formula reads and what it counts, by its name in the API.
pub fn counted(figure: &str) -> Option<(&'static str, Units)> {
    let definition = DEFINITIONS.iter().find(|definition| definition.figure == figure)?;
    Some((definition.reading, definition.units))
}

/// Above the line the first help visit of each visitor, below it the first ticket of each.
fn zendesk(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let (mut readers, mut askers): (BTreeSet<Visitor>, BTreeSet<Visitor>) = Default::default();
    let mut units = Vec::new();
    for (number, visit) in selection.visits() {
        let on_help = visit.events.iter().any(|event| event.event.surface == Surface::Help);
        if on_help && readers.insert(visit.visitor) {
            units.push(Unit::counted(What::Visit(number)));
        }
    }
    for (number, ticket) in selection.all_tickets.iter().enumerate() {
        let asker = ticket.visitors.first().filter(|_| selection.in_range(ticket.ticket.at));
        if asker.is_some_and(|asker| askers.insert(*asker)) {
            units.push(Unit::judged(What::Ticket(number), false));
        }
    }
    units
}

/// Closed episodes; in the numerator, those meant by their outcome and whether they end in a vote that says solved.
fn service_now(selection: &Selection<'_, '_>, meant: impl Fn(Outcome, bool) -> bool) -> Vec<Unit> {
    let closed = selection.numbered().filter(|(_, outcome)| outcome.is_closed());
    let judge = |(number, outcome): (usize, Outcome)| {
        let solved = selection.journeys.episodes[number].ends_solved;
        Unit::judged(What::Episode(number), meant(outcome, solved))
    };
    closed.map(judge).collect()
}

fn stage_one(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let ticketed = selection.visits_with_tickets();
    let searched = selection.visits().filter(|(_, visit)| visit.has(|kind| matches!(kind, Kind::Search(_))));
    let judge = |(number, visit): (usize, &super::visits::Visit<'_>)| {
        let clicked = visit.has(|kind| matches!(kind, Kind::Click(_)));
        let form = visit.has(|kind| matches!(kind, Kind::FormOpen { .. }));
        Unit::judged(What::Visit(number), clicked && !form && !ticketed.contains(&number))
    };
    searched.map(judge).collect()
}

fn stage_two(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let ticketed = selection.visits_with_tickets();
    let formed = selection.visits().filter(|(_, visit)| visit.has(|kind| matches!(kind, Kind::FormOpen { .. })));
    let judge = |(number, visit): (usize, &super::visits::Visit<'_>)| {
        let suggested = visit.has(|kind| matches!(kind, Kind::FormSuggest { .. }));
        Unit::judged(What::Visit(number), suggested && !ticketed.contains(&number))
    };
    formed.map(judge).collect()
}

fn intercom(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let mut contacts: BTreeMap<Visitor, Vec<Millis>> = BTreeMap::new();
    for visit in &selection.journeys.visits {
        let asked = |kind: &Kind| matches!(kind, Kind::Search(_) | Kind::FormOpen { .. });
        let times = visit.events.iter().filter(|event| asked(&event.event.kind)).map(|event| event.t);
        contacts.entry(visit.visitor).or_default().extend(times);
    }
    for ticket in selection.all_tickets {
        ticket.visitors.iter().for_each(|visitor| contacts.entry(*visitor).or_default().push(ticket.ticket.at));
    }
    let came_back = |visitor: Visitor, end: Millis| {
        let mut times = contacts.get(&visitor).into_iter().flatten();
        times.any(|&t| end < t && t <= end + 24 * HOUR)
    };
    let as_of = selection.question.as_of;
    let judge = |(number, outcome): (usize, Outcome)| {
        let episode = &selection.journeys.episodes[number];
        let answered = episode.shown && outcome.is_closed() && episode.end + 24 * HOUR <= as_of;
        answered.then(|| {
            let silent = !came_back(episode.visitor, episode.end);
            let resolved = outcome != Outcome::Reopened && (outcome == Outcome::Confirmed || silent);
            Unit::judged(What::Episode(number), resolved)
        })
    };
    selection.numbered().filter_map(judge).collect()
}
