//! Outcomes to figures: each with its formula, its counts and its interval, summed from the units that the ledger lists.

use super::episodes::{Episode, Opening};
use super::holdout::{Holdout, people};
use super::intervals::percentile;
use super::log::Millis;
use super::outcomes::{FormOutcome, Outcome};
use super::report::Selection;
use super::searches::Search;
use super::tickets::Attribution;
use super::units::{Unit, Units, What, tally};
use super::visitors::Visitor;
use std::collections::{BTreeMap, BTreeSet};

/// One number of a report, with all it takes to check it.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Its name in the API.
    pub name: &'static str,
    /// How it is computed.
    pub formula: &'static str,
    /// What `value` is counted in: `share` (0..=1), `seconds` or `visitors`.
    pub unit: &'static str,
    /// What was counted.
    pub numerator: Option<u64>,
    /// Of how many.
    pub denominator: Option<u64>,
    /// The number; `None` where there is nothing to compute it from.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval.
    pub high: Option<f64>,
    /// What must be known to read it.
    pub note: Option<&'static str>,
}

/// Share of visits ending in a ticket above which the content fails.
pub const VISIT_TO_TICKET_LIMIT: f64 = 0.30;

const UPPER_BOUND: &str =
    "An upper bound: without a holdout nobody knows how many of these would have opened no ticket anyway.";
const TOO_MANY_TICKETS: &str = "Above 30 %: the content fails for too many visits.";
const UNBALANCED: &str = "The sizes of the arms are not chance's (chi-square, p < 0.001): the experiment says nothing until it is known why.";
const NOT_YET: &str = "Nobody whose seven days are over is in one of the arms yet.";
const BEYOND_A_MONTH: &str =
    "Anonymous visitors cannot be told apart beyond a calendar month: ask for a range within one.";
const ANSWER_TIME: &str = "from the first search to the opening that solved it, nearest rank over solved episodes";

/// How a figure is computed from its units.
struct Definition {
    name: &'static str,
    formula: &'static str,
    measure: Measure,
    units: Units,
    /// What must be known to read a value of it.
    note: fn(&Selection<'_, '_>, Option<f64>) -> Option<&'static str>,
}

/// What is made of a figure's units.
#[derive(Clone, Copy)]
enum Measure {
    /// Numerator / denominator, with an interval.
    Share,
    /// A percentile of their times.
    Percentile(f64),
    /// Their number.
    Visitors,
    /// The difference that an experiment shows.
    Lift,
}

/// All figures of the definition that the log allows, in the order of deflection.md.
const DEFINITIONS: [Definition; 12] = [
    Definition {
        name: "ticket_rate",
        formula: "ticketed / closed",
        measure: Measure::Share,
        units: |selection| closed(selection, |outcome| outcome == Outcome::Ticketed),
        note: |_, _| None,
    },
    Definition {
        name: "confirmed_deflection",
        formula: "confirmed / closed",
        measure: Measure::Share,
        units: |selection| closed(selection, |outcome| outcome == Outcome::Confirmed),
        note: |_, _| Some(UPPER_BOUND),
    },
    Definition {
        name: "potential_deflection",
        formula: "(confirmed + form_left + assumed) / closed, people held out by an experiment left out",
        measure: Measure::Share,
        units: potential,
        note: |_, _| Some(UPPER_BOUND),
    },
    Definition {
        name: "form_deflection",
        formula: "forms left after help / forms closed, people held out by an experiment left out",
        measure: Measure::Share,
        units: forms,
        note: |_, _| Some(UPPER_BOUND),
    },
    Definition {
        name: "visit_to_ticket",
        formula: "visits with a ticketed episode, a sent form, or a ticket linked to the visit alone / visits",
        measure: Measure::Share,
        units: visits_to_tickets,
        note: |_, value| value.is_some_and(|value| value > VISIT_TO_TICKET_LIMIT).then_some(TOO_MANY_TICKETS),
    },
    Definition {
        name: "no_result_rate",
        formula: "searches with confidence none / searches",
        measure: Measure::Share,
        units: searches,
        note: |_, _| None,
    },
    Definition {
        name: "no_click_rate",
        formula: "searches not none without an opening / searches not none",
        measure: Measure::Share,
        units: unopened,
        note: |_, _| None,
    },
    Definition {
        name: "time_to_answer_p50",
        formula: ANSWER_TIME,
        measure: Measure::Percentile(0.5),
        units: answer_times,
        note: |_, _| None,
    },
    Definition {
        name: "time_to_answer_p90",
        formula: ANSWER_TIME,
        measure: Measure::Percentile(0.9),
        units: answer_times,
        note: |_, _| None,
    },
    Definition {
        name: "active_visitors",
        formula: "distinct visitors with a visit",
        measure: Measure::Visitors,
        units: |selection| first_visits(selection).map(|(what, _)| Unit::counted(what)).collect(),
        note: |selection, _| beyond_a_month(selection),
    },
    Definition {
        name: "signed_in_share",
        formula: "signed-in visitors / distinct visitors",
        measure: Measure::Share,
        units: |selection| {
            let signed_in = |visitor| matches!(visitor, Visitor::Subject(_));
            first_visits(selection).map(|(what, visitor)| Unit::judged(what, signed_in(visitor))).collect()
        },
        note: |selection, _| beyond_a_month(selection),
    },
    Definition {
        name: "incremental_deflection",
        formula: "p(ticket | held out) - p(ticket | shown), a person once, within 7 days of the first form",
        measure: Measure::Lift,
        units: |selection| {
            let over = people(selection).into_iter().flat_map(|(_, people)| people);
            over.filter_map(|person| Some(Unit::judged(What::Form(person.form), person.ticketed?))).collect()
        },
        note: |_, value| value.is_none().then_some(NOT_YET),
    },
];

/// Computes all figures; what an experiment shows only where there is one.
pub fn figures(selection: &Selection<'_, '_>, holdout: Option<&Holdout>) -> Vec<Figure> {
    let is_asked = |definition: &&Definition| holdout.is_some() || !matches!(definition.measure, Measure::Lift);
    let measured = holdout.is_some_and(|holdout| holdout.lift.is_some());
    let figure = |definition: &Definition| {
        let figure = definition.figure(selection, holdout);
        // With an experiment it is known how many would have opened no ticket anyway.
        if measured && figure.note == Some(UPPER_BOUND) { Figure { note: None, ..figure } } else { figure }
    };
    DEFINITIONS.iter().filter(is_asked).map(figure).collect()
}

/// How a figure is computed and what it counts, by its name.
pub fn counted(name: &str) -> Option<(&'static str, Units)> {
    let definition = DEFINITIONS.iter().find(|definition| definition.name == name)?;
    Some((definition.formula, definition.units))
}

impl Definition {
    fn figure(&self, selection: &Selection<'_, '_>, holdout: Option<&Holdout>) -> Figure {
        let units = (self.units)(selection);
        let empty = Figure {
            name: self.name,
            formula: self.formula,
            unit: "share",
            numerator: None,
            denominator: None,
            value: None,
            low: None,
            high: None,
            note: None,
        };
        let figure = match self.measure {
            Measure::Share => {
                let tally = tally(selection, &units);
                let rate = tally.rate();
                Figure {
                    numerator: Some(tally.numerator()),
                    denominator: Some(tally.denominator()),
                    value: rate.map(|rate| rate.value),
                    low: rate.map(|rate| rate.low),
                    high: rate.map(|rate| rate.high),
                    ..empty
                }
            }
            Measure::Percentile(q) => {
                let mut times: Vec<Millis> = units.iter().filter_map(|unit| unit.millis).collect();
                let value = percentile(&mut times, q).map(|millis| millis as f64 / 1000.0);
                Figure { unit: "seconds", denominator: Some(times.len() as u64), value, ..empty }
            }
            Measure::Visitors => {
                let number = selection.question.within_one_month().then_some(units.len() as u64);
                Figure { unit: "visitors", numerator: number, value: number.map(|n| n as f64), ..empty }
            }
            Measure::Lift => {
                let (tally, lift) = (tally(selection, &units), holdout.and_then(|holdout| holdout.lift));
                let unbalanced = holdout.is_some_and(|holdout| !holdout.is_balanced());
                Figure {
                    numerator: Some(tally.numerator()),
                    denominator: Some(tally.denominator()),
                    value: lift.map(|lift| lift.value),
                    low: lift.map(|lift| lift.low),
                    high: lift.map(|lift| lift.high),
                    note: unbalanced.then_some(UNBALANCED),
                    ..empty
                }
            }
        };
        Figure { note: figure.note.or((self.note)(selection, figure.value)), ..figure }
    }
}

/// Closed episodes; in the numerator, those whose outcome is meant.
fn closed(selection: &Selection<'_, '_>, meant: impl Fn(Outcome) -> bool) -> Vec<Unit> {
    let closed = selection.numbered().filter(|(_, outcome)| outcome.is_closed());
    closed.map(|(number, outcome)| Unit::judged(What::Episode(number), meant(outcome))).collect()
}

/// Closed episodes of people whom no experiment held out; in the numerator, those that may have been deflected.
fn potential(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let held_out = |number: usize| selection.held_out.contains(&selection.journeys.episodes[number].visitor);
    let closed = selection.numbered().filter(|(number, outcome)| outcome.is_closed() && !held_out(*number));
    let deflected = |outcome| matches!(outcome, Outcome::Confirmed | Outcome::FormLeft | Outcome::Assumed);
    closed.map(|(number, outcome)| Unit::judged(What::Episode(number), deflected(outcome))).collect()
}

/// Closed forms of the same people; in the numerator, those left after help.
fn forms(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let held_out = |number: usize| selection.held_out.contains(&selection.journeys.forms[number].visitor);
    let closed = selection.forms().filter(|(number, outcome)| *outcome != FormOutcome::Open && !held_out(*number));
    closed.map(|(number, outcome)| Unit::judged(What::Form(number), outcome == FormOutcome::LeftAfterHelp)).collect()
}

/// Visits; in the numerator, those that led to a ticket.
fn visits_to_tickets(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let asked = asking_visits(selection);
    selection.visits().map(|(number, _)| Unit::judged(What::Visit(number), asked.contains(&number))).collect()
}

/// Numbers of the visits with a ticketed episode, a sent form, or a ticket linked to the visit alone.
pub fn asking_visits(selection: &Selection<'_, '_>) -> BTreeSet<usize> {
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    let judged = selection.journeys.episodes.iter().zip(selection.outcomes);
    asked.extend(judged.filter(|(_, outcome)| **outcome == Outcome::Ticketed).map(|(episode, _)| episode.visit));
    let forms = selection.journeys.forms.iter().zip(selection.form_outcomes);
    asked.extend(forms.filter(|(_, outcome)| **outcome == FormOutcome::Sent).map(|(form, _)| form.visit));
    asked.extend(selection.attributions.iter().filter_map(|attribution| match attribution {
        Attribution::Visit(visit) => Some(*visit),
        _ => None,
    }));
    asked
}

/// Searches; in the numerator, those that found nothing good.
fn searches(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let all = selection.searches();
    all.map(|(number, place, search)| Unit::judged(What::Search(number, place), search.found_nothing())).collect()
}

/// Searches that found something; in the numerator, those that led to no opening.
fn unopened(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let mut opened: (Option<usize>, BTreeMap<usize, usize>) = (None, BTreeMap::new());
    let mut units = Vec::new();
    for (number, place, _) in selection.searches().filter(|(_, _, search)| !search.found_nothing()) {
        if opened.0 != Some(number) {
            opened = (Some(number), openings_by_search(&selection.journeys.episodes[number]));
        }
        units.push(Unit::judged(What::Search(number, place), !opened.1.contains_key(&place)));
    }
    units
}

/// How many openings each search of an episode led to, by its place; those without any are left out.
pub fn openings_by_search(episode: &Episode<'_>) -> BTreeMap<usize, usize> {
    let mut opened = BTreeMap::new();
    for place in episode.openings.iter().filter_map(|opening| answered(episode, opening)) {
        *opened.entry(place).or_default() += 1;
    }
    opened
}

/// Place of the search that an opening answers: the one it names, else the latest before it.
fn answered(episode: &Episode<'_>, opening: &Opening<'_>) -> Option<usize> {
    let named = |search: &Search<'_>| opening.search.is_some_and(|id| search.ids().any(|held| held == id));
    let named = episode.searches.iter().position(named);
    named.or_else(|| episode.searches.iter().rposition(|search| search.begins() <= opening.t))
}

/// Solved episodes, each with the time from its first search to the opening that solved it.
fn answer_times(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let mut suggested: BTreeMap<usize, Millis> = BTreeMap::new();
    for (form, outcome) in selection.journeys.forms.iter().zip(selection.form_outcomes) {
        if let (FormOutcome::LeftAfterHelp, Some(episode), Some(&at)) = (outcome, form.episode, form.suggestions.last())
        {
            let latest = suggested.entry(episode).or_insert(at);
            *latest = at.max(*latest);
        }
    }
    let rules = &selection.question.rules;
    let solved_by = |(number, outcome): (usize, Outcome)| {
        let episode = &selection.journeys.episodes[number];
        let opened = episode.openings.iter();
        let at = match outcome {
            Outcome::Confirmed => {
                let vote = selection.evidence.verdict(episode)?;
                opened.filter(|opening| opening.t <= vote.t).map(|opening| opening.t).max()
            }
            Outcome::FormLeft => suggested.get(&number).copied(),
            Outcome::Assumed => {
                let looked = opened.filter(|opening| opening.dwell.is_some_and(|dwell| dwell >= rules.min_dwell));
                looked.map(|opening| opening.t).max()
            }
            _ => None,
        };
        at.map(|at| Unit::timed(What::Episode(number), (at - episode.first_search()).max(0)))
    };
    selection.numbered().filter_map(solved_by).collect()
}

/// The first visit of each visitor, who cannot be told apart beyond a calendar month.
fn first_visits<'s>(selection: &'s Selection<'_, '_>) -> impl Iterator<Item = (What, Visitor)> + use<'s> {
    let countable = selection.question.within_one_month();
    let mut seen = None;
    // Visits stand by visitor, then by time.
    let visits = selection.visits().map(|(number, visit)| (What::Visit(number), visit.visitor));
    visits.filter(move |(_, visitor)| countable && seen.replace(*visitor) != Some(*visitor))
}

fn beyond_a_month(selection: &Selection<'_, '_>) -> Option<&'static str> {
    (!selection.question.within_one_month()).then_some(BEYOND_A_MONTH)
}
