//! Outcomes to figures: each with its formula, its counts and its interval, summed from the units that the ledger lists.

use super::facts::{Selected, Who};
use super::holdout::{Holdout, people};
use super::intervals::percentile;
use super::log::Millis;
use super::outcomes::{FormOutcome, Outcome};
use super::units::{ByVisitor, Unit, Units, What};
use super::visitors::Visitor;

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
    note: fn(&Selected<'_>, Option<f64>) -> Option<&'static str>,
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
        units: |selected, each| closed(selected, |outcome| outcome == Outcome::Ticketed, each),
        note: |_, _| None,
    },
    Definition {
        name: "confirmed_deflection",
        formula: "confirmed / closed",
        measure: Measure::Share,
        units: |selected, each| closed(selected, |outcome| outcome == Outcome::Confirmed, each),
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
        units: |selected, each| {
            first_visits(selected, |number, t, visitor| each(Unit::counted(What::Visit(number), t, visitor)));
        },
        note: |selected, _| beyond_a_month(selected),
    },
    Definition {
        name: "signed_in_share",
        formula: "signed-in visitors / distinct visitors",
        measure: Measure::Share,
        units: |selected, each| {
            let signed_in = |visitor: Who| matches!(selected.facts.visitors[visitor as usize], Visitor::Subject(_));
            first_visits(selected, |number, t, visitor| {
                each(Unit::judged(What::Visit(number), t, visitor, signed_in(visitor)));
            });
        },
        note: |selected, _| beyond_a_month(selected),
    },
    Definition {
        name: "incremental_deflection",
        formula: "p(ticket | held out) - p(ticket | shown), a person once, within 7 days of the first form",
        measure: Measure::Lift,
        units: |selected, each| {
            for person in people(selected).into_iter().flat_map(|(_, people)| people) {
                let form = &selected.facts.forms[person.form];
                if let Some(ticketed) = person.ticketed {
                    each(Unit::judged(What::Form(person.form), form.t, form.visitor, ticketed));
                }
            }
        },
        note: |_, value| value.is_none().then_some(NOT_YET),
    },
];

/// Computes all figures; what an experiment shows only where there is one.
pub fn figures(selected: &Selected<'_>, holdout: Option<&Holdout>) -> Vec<Figure> {
    let mut sums = ByVisitor::new(selected);
    let is_asked = |definition: &&Definition| holdout.is_some() || !matches!(definition.measure, Measure::Lift);
    let measured = holdout.is_some_and(|holdout| holdout.lift.is_some());
    let figure = |definition: &Definition| {
        let figure = definition.figure(selected, &mut sums, holdout);
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
    fn figure(&self, selected: &Selected<'_>, sums: &mut ByVisitor, holdout: Option<&Holdout>) -> Figure {
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
                (self.units)(selected, &mut |unit| sums.add(unit));
                let sums = sums.take();
                let rate = sums.rate();
                Figure {
                    numerator: Some(sums.numerator()),
                    denominator: Some(sums.denominator()),
                    value: rate.map(|rate| rate.value),
                    low: rate.map(|rate| rate.low),
                    high: rate.map(|rate| rate.high),
                    ..empty
                }
            }
            Measure::Percentile(q) => {
                let mut times: Vec<Millis> = Vec::new();
                (self.units)(selected, &mut |unit| times.extend(unit.millis));
                let value = percentile(&mut times, q).map(|millis| millis as f64 / 1000.0);
                Figure { unit: "seconds", denominator: Some(times.len() as u64), value, ..empty }
            }
            Measure::Visitors => {
                let mut count = 0;
                (self.units)(selected, &mut |_| count += 1);
                let number = selected.question.within_one_month().then_some(count);
                Figure { unit: "visitors", numerator: number, value: number.map(|n| n as f64), ..empty }
            }
            Measure::Lift => {
                (self.units)(selected, &mut |unit| sums.add(unit));
                let (sums, lift) = (sums.take(), holdout.and_then(|holdout| holdout.lift));
                let unbalanced = holdout.is_some_and(|holdout| !holdout.is_balanced());
                Figure {
                    numerator: Some(sums.numerator()),
                    denominator: Some(sums.denominator()),
                    value: lift.map(|lift| lift.value),
                    low: lift.map(|lift| lift.low),
                    high: lift.map(|lift| lift.high),
                    note: unbalanced.then_some(UNBALANCED),
                    ..empty
                }
            }
        };
        Figure { note: figure.note.or((self.note)(selected, figure.value)), ..figure }
    }
}

/// Closed episodes; in the numerator, those whose outcome is meant.
fn closed(selected: &Selected<'_>, meant: impl Fn(Outcome) -> bool, each: &mut dyn FnMut(Unit)) {
    for (number, episode) in selected.episodes().filter(|(_, episode)| episode.outcome.is_closed()) {
        each(Unit::judged(What::Episode(number), episode.t, episode.visitor, meant(episode.outcome)));
    }
}

/// Closed episodes of people whom no experiment held out; in the numerator, those that may have been deflected.
fn potential(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    let deflected = |outcome| matches!(outcome, Outcome::Confirmed | Outcome::FormLeft | Outcome::Assumed);
    let mut unless_held = |unit: Unit| {
        if !unit.visitor.is_some_and(|visitor| selected.is_held_out(visitor)) {
            each(unit);
        }
    };
    closed(selected, deflected, &mut unless_held);
}

/// Closed forms of the same people; in the numerator, those left after help.
fn forms(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, form) in selected.forms().filter(|(_, form)| form.outcome != FormOutcome::Open) {
        if !selected.is_held_out(form.visitor) {
            let left_after_help = form.outcome == FormOutcome::LeftAfterHelp;
            each(Unit::judged(What::Form(number), form.t, form.visitor, left_after_help));
        }
    }
}

/// Visits; in the numerator, those that led to a ticket.
fn visits_to_tickets(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, visit) in selected.visits() {
        each(Unit::judged(What::Visit(number), visit.t, visit.visitor, visit.asked));
    }
}

/// Searches; in the numerator, those that found nothing good.
fn searches(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, search) in selected.searches() {
        each(Unit::judged(What::Search(number), search.t, search.visitor, search.nothing));
    }
}

/// Searches that found something; in the numerator, those that led to no opening.
fn unopened(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, search) in selected.searches().filter(|(_, search)| !search.nothing) {
        each(Unit::judged(What::Search(number), search.t, search.visitor, !search.opened));
    }
}

/// Solved episodes, each with the time from its first search to the opening that solved it.
fn answer_times(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, episode) in selected.episodes() {
        if let Some(millis) = episode.answered {
            each(Unit::timed(What::Episode(number), episode.t, episode.visitor, millis));
        }
    }
}

/// The first visit of each visitor, who cannot be told apart beyond a calendar month: its number, time and visitor.
fn first_visits(selected: &Selected<'_>, mut each: impl FnMut(usize, Millis, Who)) {
    if !selected.question.within_one_month() {
        return;
    }
    let mut seen = vec![false; selected.facts.visitors.len()];
    // Visits of one visitor stand in order of time.
    for (number, visit) in selected.visits() {
        if !std::mem::replace(&mut seen[visit.visitor as usize], true) {
            each(number, visit.t, visit.visitor);
        }
    }
}

fn beyond_a_month(selected: &Selected<'_>) -> Option<&'static str> {
    (!selected.question.within_one_month()).then_some(BEYOND_A_MONTH)
}
