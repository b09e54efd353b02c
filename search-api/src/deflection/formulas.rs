//! The same log under the formulas of others, each as we read it, so that figures can be compared.

use super::facts::Selected;
use super::outcomes::Outcome;
use super::units::{Unit, Units, What};

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
        units: |selected, each| service_now(selected, |outcome, _| outcome == Outcome::Ticketed, each),
    },
    Definition {
        figure: "servicenow_confirmed_deflection",
        name: "ServiceNow, confirmed deflection",
        reading: "closed episodes without a ticket whose last event is a vote solved / closed episodes",
        source: SERVICE_NOW,
        units: |selected, each| service_now(selected, |outcome, solved| outcome != Outcome::Ticketed && solved, each),
    },
    Definition {
        figure: "servicenow_potential_deflection",
        name: "ServiceNow, potential deflection",
        reading: "all other closed episodes / closed episodes",
        source: SERVICE_NOW,
        units: |selected, each| service_now(selected, |outcome, solved| outcome != Outcome::Ticketed && !solved, each),
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
pub fn formulas(selected: &Selected<'_>) -> Vec<Formula> {
    let formula = |&Definition { figure, name, reading, source, units }: &Definition| {
        let (mut numerator, mut denominator) = (0, 0);
        units(selected, &mut |unit| {
            numerator += u64::from(unit.numerator);
            denominator += u64::from(unit.denominator);
        });
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
fn zendesk(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    let mut readers = vec![false; selected.facts.visitors.len()];
    let mut askers = readers.clone();
    for (number, visit) in selected.visits().filter(|(_, visit)| visit.on_help) {
        if !std::mem::replace(&mut readers[visit.visitor as usize], true) {
            each(Unit::counted(What::Visit(number), visit.t, visit.visitor));
        }
    }
    for (number, ticket) in selected.tickets() {
        let Some(asker) = ticket.author() else { continue };
        if !std::mem::replace(&mut askers[asker as usize], true) {
            each(Unit::judged(What::Ticket(number), ticket.t, asker, false));
        }
    }
}

/// Closed episodes; in the numerator, those meant by their outcome and whether they end in a vote that says solved.
fn service_now(selected: &Selected<'_>, meant: impl Fn(Outcome, bool) -> bool, each: &mut dyn FnMut(Unit)) {
    for (number, episode) in selected.episodes().filter(|(_, episode)| episode.outcome.is_closed()) {
        let hit = meant(episode.outcome, episode.ends_solved);
        each(Unit::judged(What::Episode(number), episode.t, episode.visitor, hit));
    }
}

fn stage_one(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, visit) in selected.visits().filter(|(_, visit)| visit.searched) {
        let hit = visit.clicked && !visit.form && visit.tickets == 0;
        each(Unit::judged(What::Visit(number), visit.t, visit.visitor, hit));
    }
}

fn stage_two(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, visit) in selected.visits().filter(|(_, visit)| visit.form) {
        let hit = visit.suggested && visit.tickets == 0;
        each(Unit::judged(What::Visit(number), visit.t, visit.visitor, hit));
    }
}

fn intercom(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, episode) in selected.episodes() {
        if let Some(resolved) = episode.resolved {
            each(Unit::judged(What::Episode(number), episode.t, episode.visitor, resolved));
        }
    }
}
