//! The same log under the formulas of others, each as we read it, so that figures can be compared.

use super::log::{Kind, Millis, Surface};
use super::outcomes::Outcome;
use super::question::HOUR;
use super::report::Selection;
use super::visitors::Visitor;
use std::collections::{BTreeMap, BTreeSet};

/// A figure of another system, computed from this log.
#[derive(Clone, Debug, PartialEq)]
pub struct Formula {
    /// Whose figure it is, and what they call it.
    pub name: &'static str,
    /// As we read it.
    pub reading: &'static str,
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

/// All of them.
pub fn formulas(selection: &Selection<'_, '_>) -> Vec<Formula> {
    let mut formulas = vec![zendesk(selection)];
    formulas.extend(service_now(selection));
    formulas.extend(search_unify(selection));
    formulas.push(intercom(selection));
    formulas
}

fn zendesk(selection: &Selection<'_, '_>) -> Formula {
    let on_help =
        |kind: &super::visits::Visit<'_>| kind.events.iter().any(|event| event.event.surface == Surface::Help);
    let readers: BTreeSet<Visitor> =
        selection.visits().filter(|(_, visit)| on_help(visit)).map(|(_, visit)| visit.visitor).collect();
    let askers: BTreeSet<Visitor> =
        selection.tickets().filter_map(|(ticket, _)| ticket.visitors.first().copied()).collect();
    Formula {
        name: "Zendesk, self-service score",
        reading: "visitors of any help page / distinct visitors with a ticket (a ratio)",
        numerator: readers.len() as u64,
        denominator: askers.len() as u64,
    }
}

fn service_now(selection: &Selection<'_, '_>) -> [Formula; 3] {
    let (mut none, mut confirmed, mut potential) = (0, 0, 0);
    for (episode, outcome) in selection.episodes().filter(|(_, outcome)| outcome.is_closed()) {
        match outcome {
            Outcome::Ticketed => none += 1,
            _ if episode.ends_solved => confirmed += 1,
            _ => potential += 1,
        }
    }
    let denominator = none + confirmed + potential;
    let formula = |name, reading, numerator| Formula { name, reading, numerator, denominator };
    [
        formula("ServiceNow, no deflection", "ticketed episodes / closed episodes", none),
        formula(
            "ServiceNow, confirmed deflection",
            "closed episodes without a ticket whose last event is a vote solved / closed episodes",
            confirmed,
        ),
        formula("ServiceNow, potential deflection", "all other closed episodes / closed episodes", potential),
    ]
}

fn search_unify(selection: &Selection<'_, '_>) -> [Formula; 2] {
    let ticketed = selection.visits_with_tickets();
    let (mut searched, mut self_solved, mut with_form, mut deflected) = (0, 0, 0, 0);
    for (number, visit) in selection.visits() {
        let form = visit.has(|kind| matches!(kind, Kind::FormOpen { .. }));
        let ticket = ticketed.contains(&number);
        if visit.has(|kind| matches!(kind, Kind::Search(_))) {
            searched += 1;
            self_solved += u64::from(visit.has(|kind| matches!(kind, Kind::Click(_))) && !form && !ticket);
        }
        if form {
            with_form += 1;
            deflected += u64::from(visit.has(|kind| matches!(kind, Kind::FormSuggest { .. })) && !ticket);
        }
    }
    [
        Formula {
            name: "SearchUnify, level one",
            reading: "visits with a search and a click and neither form nor ticket / visits with a search",
            numerator: self_solved,
            denominator: searched,
        },
        Formula {
            name: "SearchUnify, level two",
            reading: "visits with a form and a suggestion opened and no ticket / visits with a form",
            numerator: deflected,
            denominator: with_form,
        },
    ]
}

fn intercom(selection: &Selection<'_, '_>) -> Formula {
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
    let closed = |end: Millis, outcome: Outcome| outcome.is_closed() && end + 24 * HOUR <= as_of;
    let (mut answered, mut resolved) = (0, 0);
    for (episode, outcome) in
        selection.episodes().filter(|(episode, outcome)| episode.shown && closed(episode.end, *outcome))
    {
        answered += 1;
        let silent = !came_back(episode.visitor, episode.end);
        resolved += u64::from(outcome != Outcome::Reopened && (outcome == Outcome::Confirmed || silent));
    }
    Formula {
        name: "Intercom, resolution rate",
        reading: "episodes confirmed, or not followed by a search, form or ticket within 24 h, not reopened / closed episodes with \
                  an answer shown",
        numerator: resolved,
        denominator: answered,
    }
}
