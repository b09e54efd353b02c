//! Outcomes to figures: each with its formula, its counts and its interval.

use super::episodes::{Episode, Opening};
use super::holdout::Holdout;
use super::intervals::{Rate, Tally, percentile};
use super::log::Millis;
use super::outcomes::{FormOutcome, Outcome};
use super::report::Selection;
use super::searches::Search;
use super::tickets::Attribution;
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
const POTENTIAL: &str = "(confirmed + form_left + assumed) / closed, people held out by an experiment left out";
const FORM: &str = "forms left after help / forms closed, people held out by an experiment left out";
const UNBALANCED: &str = "The sizes of the arms are not chance's (chi-square, p < 0.001): the experiment says nothing until it is known why.";
const NOT_YET: &str = "Nobody whose seven days are over is in one of the arms yet.";
const BEYOND_A_MONTH: &str =
    "Anonymous visitors cannot be told apart beyond a calendar month: ask for a range within one.";

/// All figures of the definition that the log allows, in the order of deflection.md.
pub fn figures(selection: &Selection<'_, '_>, holdout: Option<&Holdout>) -> Vec<Figure> {
    let (potential, seconds) = (potential(selection), answer_times(selection));
    let bound = holdout.and_then(|holdout| holdout.lift).is_none().then_some(UPPER_BOUND);
    let mut figures = vec![
        share("ticket_rate", "ticketed / closed", &outcome_share(selection, |o| o == Outcome::Ticketed), None),
        share(
            "confirmed_deflection",
            "confirmed / closed",
            &outcome_share(selection, |o| o == Outcome::Confirmed),
            bound,
        ),
        share("potential_deflection", POTENTIAL, &potential, bound),
        share("form_deflection", FORM, &form_share(selection), bound),
        visit_to_ticket(selection),
    ];
    figures.extend(search_shares(selection));
    figures.extend(
        [("time_to_answer_p50", 0.5), ("time_to_answer_p90", 0.9)]
            .map(|(name, q)| answer_time(name, q, seconds.clone())),
    );
    figures.extend(active_visitors(selection));
    figures.extend(holdout.map(incremental));
    figures
}

fn share(name: &'static str, formula: &'static str, tally: &Tally<Visitor>, note: Option<&'static str>) -> Figure {
    let rate: Option<Rate> = tally.rate();
    Figure {
        name,
        formula,
        unit: "share",
        numerator: Some(tally.numerator()),
        denominator: Some(tally.denominator()),
        value: rate.map(|rate| rate.value),
        low: rate.map(|rate| rate.low),
        high: rate.map(|rate| rate.high),
        note,
    }
}

fn count(tally: &mut Tally<Visitor>, visitor: Visitor, hit: impl Into<bool>) {
    if hit.into() { tally.hit(visitor) } else { tally.miss(visitor) }
}

/// Share of the closed episodes whose outcome is meant.
pub fn outcome_share(selection: &Selection<'_, '_>, meant: impl Fn(Outcome) -> bool) -> Tally<Visitor> {
    let mut tally = Tally::default();
    for (episode, outcome) in selection.episodes().filter(|(_, outcome)| outcome.is_closed()) {
        count(&mut tally, episode.visitor, meant(outcome));
    }
    tally
}

fn potential(selection: &Selection<'_, '_>) -> Tally<Visitor> {
    let mut tally = Tally::default();
    let closed = selection.episodes().filter(|(_, outcome)| outcome.is_closed());
    for (episode, outcome) in closed.filter(|(episode, _)| !selection.held_out.contains(&episode.visitor)) {
        let meant = matches!(outcome, Outcome::Confirmed | Outcome::FormLeft | Outcome::Assumed);
        count(&mut tally, episode.visitor, meant);
    }
    tally
}

fn form_share(selection: &Selection<'_, '_>) -> Tally<Visitor> {
    let mut tally = Tally::default();
    let closed = selection.forms().filter(|(_, outcome)| *outcome != FormOutcome::Open);
    for (form, outcome) in closed.filter(|(form, _)| !selection.held_out.contains(&form.visitor)) {
        count(&mut tally, form.visitor, outcome == FormOutcome::LeftAfterHelp);
    }
    tally
}

fn visit_to_ticket(selection: &Selection<'_, '_>) -> Figure {
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    let judged = selection.journeys.episodes.iter().zip(selection.outcomes);
    asked.extend(judged.filter(|(_, outcome)| **outcome == Outcome::Ticketed).map(|(episode, _)| episode.visit));
    let forms = selection.journeys.forms.iter().zip(selection.form_outcomes);
    asked.extend(forms.filter(|(_, outcome)| **outcome == FormOutcome::Sent).map(|(form, _)| form.visit));
    asked.extend(selection.attributions.iter().filter_map(|attribution| match attribution {
        Attribution::Visit(visit) => Some(*visit),
        _ => None,
    }));
    let mut tally = Tally::default();
    for (number, visit) in selection.visits() {
        count(&mut tally, visit.visitor, asked.contains(&number));
    }
    let above = tally.rate().is_some_and(|rate| rate.value > VISIT_TO_TICKET_LIMIT);
    let note = above.then_some("Above 30 %: the content fails for too many visits.");
    let formula = "visits with a ticketed episode, a sent form, or a ticket linked to the visit alone / visits";
    share("visit_to_ticket", formula, &tally, note)
}

/// Searches that found nothing, and others that led to no opening.
fn search_shares(selection: &Selection<'_, '_>) -> [Figure; 2] {
    let (mut nothing, mut unopened) = (Tally::default(), Tally::default());
    for episode in selection.admitted() {
        let opened: BTreeSet<usize> =
            episode.openings.iter().filter_map(|opening| answered(episode, opening)).collect();
        for (place, search) in episode.searches.iter().enumerate() {
            if !selection.in_range(search.begins()) {
                continue;
            }
            count(&mut nothing, episode.visitor, search.found_nothing());
            if !search.found_nothing() {
                count(&mut unopened, episode.visitor, !opened.contains(&place));
            }
        }
    }
    [
        share("no_result_rate", "searches with confidence none / searches", &nothing, None),
        share("no_click_rate", "searches not none without an opening / searches not none", &unopened, None),
    ]
}

/// Place of the search that an opening answers: the one it names, else the latest before it.
fn answered(episode: &Episode<'_>, opening: &Opening<'_>) -> Option<usize> {
    let named = |search: &Search<'_>| opening.search.is_some_and(|id| search.ids().any(|held| held == id));
    let named = episode.searches.iter().position(named);
    named.or_else(|| episode.searches.iter().rposition(|search| search.begins() <= opening.t))
}

/// Milliseconds from the first search of each solved episode to the opening that solved it.
fn answer_times(selection: &Selection<'_, '_>) -> Vec<Millis> {
    let suggestion = |episode: &Episode<'_>| {
        let forms = selection.journeys.forms.iter().zip(selection.form_outcomes);
        let left = forms.filter(|(form, outcome)| {
            form.visitor == episode.visitor
                && **outcome == FormOutcome::LeftAfterHelp
                && episode.forms.contains(form.id)
        });
        left.filter_map(|(form, _)| form.suggestions.last().copied()).max()
    };
    let rules = &selection.question.rules;
    let solved_by = |(episode, outcome): (&Episode<'_>, Outcome)| {
        let opened = episode.openings.iter();
        let at = match outcome {
            Outcome::Confirmed => {
                let vote = selection.evidence.verdict(episode)?;
                opened.filter(|opening| opening.t <= vote.t).map(|opening| opening.t).max()
            }
            Outcome::FormLeft => suggestion(episode),
            Outcome::Assumed => {
                let looked = opened.filter(|opening| opening.dwell.is_some_and(|dwell| dwell >= rules.min_dwell));
                looked.map(|opening| opening.t).max()
            }
            _ => None,
        };
        at.map(|at| (at - episode.first_search()).max(0))
    };
    selection.episodes().filter_map(solved_by).collect()
}

/// What suggestions on the form cause.
fn incremental(holdout: &Holdout) -> Figure {
    let lift = holdout.lift;
    let note = if !holdout.is_balanced() { Some(UNBALANCED) } else { lift.is_none().then_some(NOT_YET) };
    Figure {
        name: "incremental_deflection",
        formula: "p(ticket | held out) - p(ticket | shown), a person once, within 7 days of the first form",
        unit: "share",
        numerator: None,
        denominator: Some(holdout.shown.all + holdout.held.all),
        value: lift.map(|lift| lift.value),
        low: lift.map(|lift| lift.low),
        high: lift.map(|lift| lift.high),
        note,
    }
}

fn answer_time(name: &'static str, q: f64, mut times: Vec<Millis>) -> Figure {
    Figure {
        name,
        formula: "from the first search to the opening that solved it, nearest rank over solved episodes",
        unit: "seconds",
        numerator: None,
        denominator: Some(times.len() as u64),
        value: percentile(&mut times, q).map(|millis| millis as f64 / 1000.0),
        low: None,
        high: None,
        note: None,
    }
}

fn active_visitors(selection: &Selection<'_, '_>) -> [Figure; 2] {
    let mut seen: BTreeMap<Visitor, ()> = BTreeMap::new();
    seen.extend(selection.visits().map(|(_, visit)| (visit.visitor, ())));
    let countable = selection.question.within_one_month();
    let note = (!countable).then_some(BEYOND_A_MONTH);
    let visitors = countable.then_some(seen.len() as u64);
    let mut signed_in = Tally::default();
    if countable {
        seen.keys().for_each(|visitor| count(&mut signed_in, *visitor, matches!(visitor, Visitor::Subject(_))));
    }
    let active = Figure {
        name: "active_visitors",
        formula: "distinct visitors with a visit",
        unit: "visitors",
        numerator: visitors,
        denominator: None,
        value: visitors.map(|visitors| visitors as f64),
        low: None,
        high: None,
        note,
    };
    [active, share("signed_in_share", "signed-in visitors / distinct visitors", &signed_in, note)]
}
