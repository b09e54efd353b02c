//! Tickets to visitors and episodes: who wrote each, and which need led to it.

use super::episodes::{Episode, Journeys};
use super::log::{Address, Millis, Ticket};
use super::question::{Rules, Window};
use super::ties::cosine_of;
use super::visitors::{Visitor, Visitors};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// How a ticket is tied to a visitor, most trusted first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Link {
    /// It names a search or a form.
    Search,
    /// It comes from a known visitor.
    Visitor,
    /// Its address is known from a token or an earlier form.
    Email,
    /// Not at all.
    None,
}

impl Link {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Visitor => "visitor",
            Self::Email => "email",
            Self::None => "none",
        }
    }
}

/// A ticket and who wrote it.
#[derive(Debug)]
pub struct LinkedTicket<'a> {
    /// The ticket.
    pub ticket: &'a Ticket,
    /// How it is linked.
    pub link: Link,
    /// To whom.
    pub visitors: BTreeSet<Visitor>,
    /// Number of the episode that it names.
    pub named: Option<usize>,
    /// Number of the form that it was sent with.
    pub form: Option<usize>,
}

/// Why a ticket belongs to an episode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    /// It names it.
    Named,
    /// Of the possible ones it is the most alike.
    Similar {
        /// How alike.
        cosine: f32,
    },
    /// Of the possible ones it is the latest.
    Latest,
}

impl Rule {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Similar { .. } => "similar",
            Self::Latest => "latest",
        }
    }

    /// How alike, where that decided.
    pub fn cosine(self) -> Option<f32> {
        match self {
            Self::Similar { cosine } => Some(cosine),
            Self::Named | Self::Latest => None,
        }
    }
}

/// Where a ticket belongs under a window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Attribution {
    /// To an episode.
    Episode {
        /// Its number.
        episode: usize,
        /// Why.
        rule: Rule,
    },
    /// To a visit (by number) without an episode that could have led to it.
    Visit(usize),
    /// To a visitor, but outside the window.
    OutsideWindow,
    /// To nobody.
    Unlinked,
}

/// Links each ticket, in order of time and id.
pub fn link<'a>(
    tickets: impl Iterator<Item = &'a Ticket>,
    addresses: &[Address],
    visitors: &Visitors,
    journeys: &Journeys<'_>,
) -> Vec<LinkedTicket<'a>> {
    let mut by_search: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, episode) in journeys.episodes.iter().enumerate() {
        for id in episode.searches.iter().flat_map(|search| search.ids()) {
            by_search.entry(id).or_default().push(number);
        }
    }
    let mut by_form: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, form) in journeys.forms.iter().enumerate() {
        by_form.entry(form.id).or_default().push(number);
    }

    let link_one = |ticket: &'a Ticket| {
        let known = visitors.of(&ticket.person, ticket.at);
        // An id names one visitor's search or form; should two hold it, the ticket's own is meant.
        let pick = |found: Option<&Vec<usize>>, of: &dyn Fn(usize) -> Visitor| {
            let found = found?;
            found.iter().find(|&&number| known.contains(&of(number))).or(found.first()).copied()
        };
        let searched = ticket.search_id.as_deref().and_then(|id| by_search.get(id));
        let named = pick(searched, &|number| journeys.episodes[number].visitor);
        let form =
            pick(ticket.form_id.as_deref().and_then(|id| by_form.get(id)), &|number| journeys.forms[number].visitor);
        let named = named.or_else(|| journeys.forms[form?].episode);
        let author = named.map(|number| journeys.episodes[number].visitor);
        let author = author.or_else(|| form.map(|number| journeys.forms[number].visitor));
        let (link, visitors) = match author {
            Some(author) => (Link::Search, BTreeSet::from([author])),
            None if !known.is_empty() => (Link::Visitor, known),
            None => {
                let earlier = addresses.iter().filter(|address| Some(address.email) == ticket.email);
                let earlier = earlier.filter(|address| address.since <= ticket.at);
                let known: BTreeSet<Visitor> =
                    earlier.flat_map(|known| visitors.of(&known.person, ticket.at)).collect();
                (if known.is_empty() { Link::None } else { Link::Email }, known)
            }
        };
        LinkedTicket { ticket, link, visitors, named, form }
    };
    let mut linked: Vec<_> = tickets.map(link_one).collect();
    linked.sort_by(|a, b| (a.ticket.at, &a.ticket.id).cmp(&(b.ticket.at, &b.ticket.id)));
    linked
}

/// Tickets by what they belong to under a window, each by its number.
#[derive(Debug, Default)]
pub struct Filed {
    of_episodes: BTreeMap<usize, Vec<usize>>,
    of_visits: BTreeMap<usize, Vec<usize>>,
    of_forms: BTreeMap<usize, Vec<usize>>,
}

impl Filed {
    /// Sorts tickets by their attributions.
    pub fn new(tickets: &[LinkedTicket<'_>], attributions: &[Attribution], journeys: &Journeys<'_>) -> Self {
        let mut filed = Self::default();
        for (number, (ticket, attribution)) in tickets.iter().zip(attributions).enumerate() {
            if let Some(form) = ticket.form {
                filed.of_forms.entry(form).or_default().push(number);
            }
            let visit = match attribution {
                Attribution::Episode { episode, .. } => {
                    filed.of_episodes.entry(*episode).or_default().push(number);
                    journeys.episodes[*episode].visit
                }
                Attribution::Visit(visit) => *visit,
                Attribution::OutsideWindow | Attribution::Unlinked => continue,
            };
            filed.of_visits.entry(visit).or_default().push(number);
        }
        filed
    }

    /// Those attributed to an episode.
    pub fn of_episode(&self, number: usize) -> &[usize] {
        self.of_episodes.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Those attributed to a visit or to one of its episodes.
    pub fn of_visit(&self, number: usize) -> &[usize] {
        self.of_visits.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Those sent with a form.
    pub fn of_form(&self, number: usize) -> &[usize] {
        self.of_forms.get(&number).map_or(&[], Vec::as_slice)
    }
}

/// Attributes each ticket under a window. Candidates are the linked visitor's episodes in whose window it lies; of them the
/// named one; else the one most alike, if alike enough; else the latest.
pub fn attribute(
    tickets: &[LinkedTicket<'_>],
    journeys: &Journeys<'_>,
    window: Window,
    rules: &Rules,
) -> Vec<Attribution> {
    let mut episodes_of: BTreeMap<Visitor, Vec<usize>> = BTreeMap::new();
    for (number, episode) in journeys.episodes.iter().enumerate() {
        episodes_of.entry(episode.visitor).or_default().push(number);
    }
    let mut visits_of: BTreeMap<Visitor, Vec<usize>> = BTreeMap::new();
    for (number, visit) in journeys.visits.iter().enumerate() {
        visits_of.entry(visit.visitor).or_default().push(number);
    }

    let attribute_one = |linked: &LinkedTicket<'_>| {
        if linked.link == Link::None {
            return Attribution::Unlinked;
        }
        let at = linked.ticket.at;
        let theirs = linked.visitors.iter().filter_map(|visitor| episodes_of.get(visitor)).flatten().copied();
        let candidates: Vec<usize> = theirs
            .filter(|&number| {
                let episode = &journeys.episodes[number];
                in_window(at, episode.start, episode.end, window, rules)
            })
            .collect();
        if let Some(episode) = linked.named.filter(|named| candidates.contains(named)) {
            return Attribution::Episode { episode, rule: Rule::Named };
        }
        let recency = |number: usize| (journeys.episodes[number].start, journeys.episodes[number].id);
        let alike = candidates.iter().filter_map(|&number| {
            let cosine = likeness(&journeys.episodes[number], linked.ticket)?;
            (cosine >= rules.match_similarity).then_some((cosine, number))
        });
        let alike = alike.max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| recency(a.1).cmp(&recency(b.1))));
        if let Some((cosine, episode)) = alike {
            return Attribution::Episode { episode, rule: Rule::Similar { cosine } };
        }
        if let Some(episode) = candidates.into_iter().max_by_key(|&number| recency(number)) {
            return Attribution::Episode { episode, rule: Rule::Latest };
        }
        let alone = linked.form.filter(|&form| journeys.forms[form].episode.is_none());
        let begun_in = alone.map(|form| journeys.forms[form].visit);
        let theirs = linked.visitors.iter().filter_map(|visitor| visits_of.get(visitor)).flatten().copied();
        let visits = begun_in.map_or_else(|| theirs.collect(), |visit| vec![visit]);
        let near = visits.into_iter().filter(|&number| {
            let visit = &journeys.visits[number];
            in_window(at, visit.start(), visit.end(), window, rules)
        });
        let latest = near.max_by_key(|&number| (journeys.visits[number].start(), number));
        latest.map_or(Attribution::OutsideWindow, Attribution::Visit)
    };
    tickets.iter().map(attribute_one).collect()
}

/// Whether a ticket lies in the window of something that began at `start` and ended at `end`.
pub fn in_window(ticket: Millis, start: Millis, end: Millis, window: Window, rules: &Rules) -> bool {
    start <= ticket.saturating_add(rules.ticket_slack) && ticket <= end.saturating_add(window.length())
}

/// Cosine of a ticket and the search of an episode that is most like it.
fn likeness(episode: &Episode<'_>, ticket: &Ticket) -> Option<f32> {
    episode.searches.iter().filter_map(|search| cosine_of(search, ticket)).reduce(f32::max)
}
