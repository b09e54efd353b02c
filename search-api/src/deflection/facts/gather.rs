//! Judged journeys to facts.

use super::{
    AsideFact, Belongs, EpisodeFact, Facts, FormFact, Need, ReadingFact, SearchFact, TaskFact, TicketFact, Traits,
    Trial, VisitFact, Who,
};
use crate::deflection::episodes::{Episode, Form, Opening};
use crate::deflection::holdout::{falls_within, is_over};
use crate::deflection::log::{Hash, Kind, Millis, Surface};
use crate::deflection::outcomes::{Evidence, FormOutcome, Outcome};
use crate::deflection::question::HOUR;
use crate::deflection::searches::Search;
use crate::deflection::tasks::tiles;
use crate::deflection::tickets::{Attribution, Filed};
use crate::deflection::visitors::Visitor;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash as Hashed;

/// Journeys and what was judged of them.
pub struct Judged<'e, 'a> {
    /// What they were judged by.
    pub evidence: &'e Evidence<'e, 'a>,
    /// The outcome of each episode.
    pub outcomes: &'e [Outcome],
    /// The outcome of each form.
    pub form_outcomes: &'e [FormOutcome],
}

/// Gathers the facts of all journeys; searches in the order of their episodes, each number the unit's own among the journeys.
pub fn gather(judged: &Judged<'_, '_>, asides: &[AsideFact], months: &[(Hash, Hash)]) -> Facts {
    let (evidence, journeys) = (judged.evidence, judged.evidence.journeys);
    let (mut visitors, mut traits, mut assignments) = (Distinct::default(), Distinct::default(), Distinct::default());
    let mut articles = Distinct::default();
    let mut facts = Facts { asides: asides.to_vec(), months: months.to_vec(), ..Facts::default() };
    let contacts = contacts(evidence);
    let tickets = Filed::new(evidence.tickets, evidence.attributions, journeys);
    let suggested = judged.last_suggestions();

    let mut needs_of_visit: BTreeMap<usize, BTreeSet<Need>> = BTreeMap::new();
    let mut traits_of_episode = Vec::with_capacity(journeys.episodes.len());
    for (number, (episode, &outcome)) in journeys.episodes.iter().zip(judged.outcomes).enumerate() {
        let need = Need::of(episode);
        needs_of_visit.entry(episode.visit).or_default().insert(need.clone());
        let (visitor, traits) =
            (visitors.place(episode.visitor), traits.place(Traits { roles: need.roles.clone(), needs: vec![need] }));
        traits_of_episode.push(traits);
        facts.episodes.push(EpisodeFact {
            t: episode.start,
            lasted: episode.end - episode.start,
            visitor,
            traits,
            outcome,
            ends_solved: episode.ends_solved,
            answered: judged.answered_after(episode, outcome, suggested.get(&number).copied()),
            resolved: judged.resolved(episode, outcome, &contacts),
            searches: episode.searches.len() as u32,
            tickets: tickets.of_episode(number).len() as u32,
        });
        let handled = Handled::of(episode);
        facts.readings.extend(handled.opened.iter().map(|slug| ReadingFact {
            episode: number as u32,
            article: articles.place((*slug).to_owned()),
            solved: handled.votes.get(slug).copied(),
        }));
        let opened = openings_by_search(episode);
        facts.searches.extend(episode.searches.iter().enumerate().map(|(place, search)| SearchFact {
            t: search.begins(),
            visitor,
            traits,
            nothing: search.found_nothing(),
            opened: opened.contains_key(&place),
        }));
    }

    let asking = asking_visits(judged);
    let mut searches_of_visits: BTreeMap<usize, u32> = BTreeMap::new();
    for episode in &journeys.episodes {
        *searches_of_visits.entry(episode.visit).or_default() += episode.searches.len() as u32;
    }
    let mut traits_of_visit = Vec::with_capacity(journeys.visits.len());
    for (number, visit) in journeys.visits.iter().enumerate() {
        let roles: BTreeSet<&String> = visit.events.iter().flat_map(|event| &event.event.roles).collect();
        let needs = needs_of_visit.remove(&number).unwrap_or_default();
        let roles: Vec<String> = roles.into_iter().cloned().collect();
        traits_of_visit.push(traits.place(Traits { roles: roles.clone(), needs: Vec::new() }));
        facts.visits.push(VisitFact {
            t: visit.start(),
            visitor: visitors.place(visit.visitor),
            traits: traits.place(Traits { roles, needs: needs.into_iter().collect() }),
            asked: asking.contains(&number),
            on_help: visit.events.iter().any(|event| event.event.surface == Surface::Help),
            searched: visit.has(|kind| matches!(kind, Kind::Search(_))),
            clicked: visit.has(|kind| matches!(kind, Kind::Click(_))),
            form: visit.has(|kind| matches!(kind, Kind::FormOpen { .. })),
            suggested: visit.has(|kind| matches!(kind, Kind::FormSuggest { .. })),
            searches: searches_of_visits.get(&number).copied().unwrap_or_default(),
            tickets: tickets.of_visit(number).len() as u32,
        });
    }

    let sent = sent_by(evidence);
    let ticketed = |form: &Form<'_>| {
        let within = |at: &Millis| falls_within(*at, form.start, evidence.rules);
        let asked = sent.get(&form.visitor).is_some_and(|tickets| tickets.iter().any(within));
        is_over(form.start, evidence.as_of, evidence.coverage).then_some(asked)
    };
    facts.forms.extend(journeys.forms.iter().zip(judged.form_outcomes).enumerate().map(
        |(number, (form, &outcome))| {
            FormFact {
                t: form.start,
                visitor: visitors.place(form.visitor),
                traits: form.episode.map_or_else(|| traits_of_visit[form.visit], |episode| traits_of_episode[episode]),
                outcome,
                trial: form.assigned.map(|assigned| Trial {
                    assignment: assignments.place(assigned.clone()),
                    ticketed: ticketed(form),
                }),
                tickets: tickets.of_form(number).len() as u32,
            }
        },
    ));
    facts.tickets.extend(evidence.tickets.iter().zip(evidence.attributions).map(|(linked, attribution)| TicketFact {
        t: linked.ticket.at,
        visitor: linked.visitors.first().map(|visitor| visitors.place(*visitor)),
        link: linked.link,
        belongs: match attribution {
            Attribution::Episode { .. } => Belongs::Episode,
            Attribution::Visit(_) => Belongs::Visit,
            Attribution::OutsideWindow => Belongs::OutsideWindow,
            Attribution::Unlinked => Belongs::Unlinked,
        },
    }));
    facts.tasks.extend(tiles(journeys).into_iter().map(|tile| TaskFact {
        t: tile.t(journeys),
        visitor: visitors.place(journeys.visits[tile.visit].visitor),
        traits: traits_of_visit[tile.visit],
        went_on: tile.went_on(journeys, evidence.as_of, evidence.rules),
    }));
    let articles = articles.all;
    Facts { visitors: visitors.all, traits: traits.all, assignments: assignments.all, articles, ..facts }
}

/// Things that many facts name, each kept once.
#[derive(Debug)]
pub struct Distinct<T> {
    /// They, in the order in which they were first named.
    pub all: Vec<T>,
    places: HashMap<T, u32>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { all: Vec::new(), places: HashMap::new() }
    }
}

impl<T: Clone + Eq + Hashed> Distinct<T> {
    /// Where it is kept.
    pub fn place(&mut self, one: T) -> Who {
        if let Some(&place) = self.places.get(&one) {
            return place;
        }
        // A log of four milliard visitors does not fit into memory.
        let place = self.all.len() as u32;
        self.all.push(one.clone());
        self.places.insert(one, place);
        place
    }
}

impl Judged<'_, '_> {
    /// Of each episode with a form left after help: when the last suggestion of such a form was opened.
    fn last_suggestions(&self) -> BTreeMap<usize, Millis> {
        let mut suggested: BTreeMap<usize, Millis> = BTreeMap::new();
        for (form, outcome) in self.evidence.journeys.forms.iter().zip(self.form_outcomes) {
            if let (FormOutcome::LeftAfterHelp, Some(episode), Some(&at)) =
                (outcome, form.episode, form.suggestions.last())
            {
                let latest = suggested.entry(episode).or_insert(at);
                *latest = at.max(*latest);
            }
        }
        suggested
    }

    /// From the first search of a solved episode to the opening that solved it.
    fn answered_after(&self, episode: &Episode<'_>, outcome: Outcome, suggested: Option<Millis>) -> Option<Millis> {
        let opened = episode.openings.iter();
        let at = match outcome {
            Outcome::Confirmed => {
                let vote = self.evidence.verdict(episode)?;
                opened.filter(|opening| opening.t <= vote.t).map(|opening| opening.t).max()
            }
            Outcome::FormLeft => suggested,
            Outcome::Assumed => {
                let min_dwell = self.evidence.rules.min_dwell;
                let looked = opened.filter(|opening| opening.dwell.is_some_and(|dwell| dwell >= min_dwell));
                looked.map(|opening| opening.t).max()
            }
            _ => None,
        };
        at.map(|at| (at - episode.first_search()).max(0))
    }

    /// Whether an episode with an answer shown is resolved as Intercom counts it; `None`: they would not count it.
    fn resolved(
        &self,
        episode: &Episode<'_>,
        outcome: Outcome,
        contacts: &BTreeMap<Visitor, Vec<Millis>>,
    ) -> Option<bool> {
        let over = episode.end + 24 * HOUR <= self.evidence.as_of;
        (episode.shown && outcome.is_closed() && over).then(|| {
            let mut times = contacts.get(&episode.visitor).into_iter().flatten();
            let came_back = times.any(|&t| episode.end < t && t <= episode.end + 24 * HOUR);
            outcome != Outcome::Reopened && (outcome == Outcome::Confirmed || !came_back)
        })
    }
}

/// What was done with articles in an episode, by slug.
#[derive(Debug, Default)]
pub struct Handled<'a> {
    /// Those that were shown.
    pub shown: BTreeSet<&'a str>,
    /// Those that were opened.
    pub opened: BTreeSet<&'a str>,
    /// The last word on each whether it solved the need.
    pub votes: BTreeMap<&'a str, bool>,
}

impl<'a> Handled<'a> {
    /// In an episode.
    pub fn of(episode: &Episode<'a>) -> Self {
        let mut handled = Self::default();
        for event in &episode.events {
            match &event.event.kind {
                Kind::Impression(article) => _ = handled.shown.insert(article.slug.as_str()),
                Kind::Click(article) => _ = handled.opened.insert(article.slug.as_str()),
                Kind::FormSuggest { slug, .. } => _ = handled.opened.insert(slug.as_str()),
                Kind::Vote { slug, solved, .. } => _ = handled.votes.insert(slug.as_str(), *solved),
                _ => {}
            }
        }
        handled
    }
}

/// When each visitor searched, began a form or sent a ticket.
fn contacts(evidence: &Evidence<'_, '_>) -> BTreeMap<Visitor, Vec<Millis>> {
    let mut contacts = sent_by(evidence);
    for visit in &evidence.journeys.visits {
        let asked = |kind: &Kind| matches!(kind, Kind::Search(_) | Kind::FormOpen { .. });
        let times = visit.events.iter().filter(|event| asked(&event.event.kind)).map(|event| event.t);
        contacts.entry(visit.visitor).or_default().extend(times);
    }
    contacts
}

/// When each visitor sent a ticket.
fn sent_by(evidence: &Evidence<'_, '_>) -> BTreeMap<Visitor, Vec<Millis>> {
    let mut sent: BTreeMap<Visitor, Vec<Millis>> = BTreeMap::new();
    for ticket in evidence.tickets {
        ticket.visitors.iter().for_each(|visitor| sent.entry(*visitor).or_default().push(ticket.ticket.at));
    }
    sent
}

/// Numbers of the visits with a ticketed episode, a sent form, or a ticket linked to the visit alone.
fn asking_visits(judged: &Judged<'_, '_>) -> BTreeSet<usize> {
    let (evidence, journeys) = (judged.evidence, judged.evidence.journeys);
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    let outcomes = journeys.episodes.iter().zip(judged.outcomes);
    asked.extend(outcomes.filter(|(_, outcome)| **outcome == Outcome::Ticketed).map(|(episode, _)| episode.visit));
    let forms = journeys.forms.iter().zip(judged.form_outcomes);
    asked.extend(forms.filter(|(_, outcome)| **outcome == FormOutcome::Sent).map(|(form, _)| form.visit));
    asked.extend(evidence.attributions.iter().filter_map(|attribution| match attribution {
        Attribution::Visit(visit) => Some(*visit),
        _ => None,
    }));
    asked
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
