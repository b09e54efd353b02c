//! Visits to episodes: a search, those that refine it, and what came of them; and the ticket forms begun.

use super::log::{Kind, Millis, Surface};
use super::occurrence::Occurrence;
use super::question::{Rules, Stratum};
use super::searches::{Likeness, Search};
use super::visitors::Visitor;
use super::visits::Visit;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// One need within a visit.
#[derive(Debug)]
pub struct Episode<'a> {
    /// Id of the event that opened it.
    pub id: &'a str,
    /// Whose.
    pub visitor: Visitor,
    /// Number of the visit in which it was opened.
    pub visit: usize,
    /// Its first event.
    pub start: Millis,
    /// Its last search, click, form_open or form_suggest.
    pub end: Millis,
    /// Its searches, in order; never empty.
    pub searches: Vec<Search<'a>>,
    /// Articles opened in it, in order.
    pub openings: Vec<Opening<'a>>,
    /// Its votes, in order.
    pub votes: Vec<Vote<'a>>,
    /// Forms it holds.
    pub forms: BTreeSet<&'a str>,
    /// Roles seen in it.
    pub roles: BTreeSet<&'a str>,
    /// Whether its last event is a vote that says solved.
    pub ends_solved: bool,
    /// Whether an article was shown in it.
    pub shown: bool,
    /// All that happened in it, in order.
    pub events: Vec<Occurrence<'a>>,
    last: Millis,
    order: (Millis, u8, &'a str),
}

/// An article opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// When.
    pub t: Millis,
    /// The search it names.
    pub search: Option<&'a str>,
    /// How long it was looked at; known for clicks alone.
    pub dwell: Option<Millis>,
}

/// A visitor's word on an article.
#[derive(Clone, Copy, Debug)]
pub struct Vote<'a> {
    /// When.
    pub t: Millis,
    /// On what.
    pub slug: &'a str,
    /// What.
    pub solved: bool,
}

/// A ticket form begun.
#[derive(Debug)]
pub struct Form<'a> {
    /// Its id.
    pub id: &'a str,
    /// Whose.
    pub visitor: Visitor,
    /// Number of the visit in which it was begun.
    pub visit: usize,
    /// Number of the episode that holds it; none: it belongs to the visit alone.
    pub episode: Option<usize>,
    /// When it was begun.
    pub start: Millis,
    /// When it was begun or one of its suggestions was opened, whatever came last.
    pub end: Millis,
    /// When it was last heard of.
    pub last: Millis,
    /// Whether the visitor left it.
    pub left: bool,
    /// When suggestions of it were opened, in order.
    pub suggestions: Vec<Millis>,
}

/// All that visitors did, in steps.
#[derive(Debug, Default)]
pub struct Journeys<'a> {
    /// Visits, by visitor, then by time.
    pub visits: Vec<Visit<'a>>,
    /// Episodes, by visitor.
    pub episodes: Vec<Episode<'a>>,
    /// Forms, by visitor.
    pub forms: Vec<Form<'a>>,
    /// Votes of each visitor, in order.
    pub votes: BTreeMap<Visitor, Vec<Vote<'a>>>,
}

impl<'a> Journeys<'a> {
    /// Adds the visits of one visitor, in order of time, and works out their episodes and forms.
    pub fn add(&mut self, visits: Vec<(Visit<'a>, Vec<Search<'a>>)>, rules: &Rules) {
        let mut path = Path::new(self.episodes.len(), &visits);
        for (visit, searches) in visits {
            path.walk(self.visits.len(), &visit, searches, rules);
            self.visits.push(visit);
        }
        path.settle();
        if let Some(episode) = path.episodes.first() {
            self.votes.entry(episode.visitor).or_default().append(&mut path.votes);
        }
        self.episodes.append(&mut path.episodes);
        self.forms.extend(path.forms.into_values());
    }
}

/// What is known of one visitor while their visits are walked through.
struct Path<'a> {
    /// Number of their first episode among all.
    first: usize,
    episodes: Vec<Episode<'a>>,
    forms: BTreeMap<&'a str, Form<'a>>,
    votes: Vec<Vote<'a>>,
    holds_search: HashMap<&'a str, usize>,
    holds_form: HashMap<&'a str, usize>,
    /// Ids of all their searches: an event may name one that, by a clock slightly ahead, only follows.
    expected: HashSet<&'a str>,
    waiting: Vec<(&'a str, Occurrence<'a>, Option<Opening<'a>>)>,
}

impl<'a> Path<'a> {
    fn new(first: usize, visits: &[(Visit<'a>, Vec<Search<'a>>)]) -> Self {
        let expected = visits.iter().flat_map(|(_, searches)| searches).flat_map(Search::ids).collect();
        Self {
            first,
            episodes: Vec::new(),
            forms: BTreeMap::new(),
            votes: Vec::new(),
            holds_search: HashMap::new(),
            holds_form: HashMap::new(),
            expected,
            waiting: Vec::new(),
        }
    }

    fn walk(&mut self, number: usize, visit: &Visit<'a>, searches: Vec<Search<'a>>, rules: &Rules) {
        let here = self.episodes.len();
        let mut searches = searches.into_iter().peekable();
        for (place, event) in visit.events.iter().enumerate() {
            if let Kind::Search(_) = event.event.kind {
                // Its later keystrokes come with the first.
                if let Some(search) = searches.next_if(|search| search.keystrokes[0].event.id == event.event.id) {
                    self.join_search(number, visit.visitor, here, search, rules);
                }
                continue;
            }
            self.note_form(number, visit.visitor, event);
            if let Kind::Vote { slug, solved, .. } = &event.event.kind {
                self.votes.push(Vote { t: event.t, slug, solved: *solved });
            }
            let opening = opening(visit, place);
            match self.holder(event) {
                Holder::Episode(episode) => self.join(episode, event, opening),
                Holder::Later(search) => self.waiting.push((search, *event, opening)),
                Holder::Nobody => {
                    if let Some(episode) = self.latest(here, event.t, rules) {
                        self.join(episode, event, opening);
                    }
                }
            }
        }
    }

    /// Puts the events that were ahead of their search where they belong.
    fn settle(&mut self) {
        for (search, event, opening) in std::mem::take(&mut self.waiting) {
            if let Some(&episode) = self.holds_search.get(search) {
                self.join(episode, &event, opening);
            }
        }
        for episode in &mut self.episodes {
            episode.openings.sort_by_key(|opening| opening.t);
            episode.votes.sort_by_key(|vote| vote.t);
            episode.events.sort_unstable_by_key(Occurrence::order);
        }
        for form in self.forms.values_mut() {
            form.episode = self.holds_form.get(form.id).map(|episode| self.first + episode);
        }
    }

    /// Joins the episode of this visit that the search refines, or opens one.
    fn join_search(&mut self, visit: usize, visitor: Visitor, here: usize, search: Search<'a>, rules: &Rules) {
        let likeness = |episode: &Episode<'a>| {
            let each = episode.searches.iter().map(|earlier| earlier.likeness(&search));
            each.reduce(Likeness::or_better).unwrap_or(Likeness { cosine: None, shared: 0 })
        };
        let refined = (here..self.episodes.len())
            .filter(|&episode| search.begins() - self.episodes[episode].last <= rules.episode_gap)
            .map(|episode| (likeness(&self.episodes[episode]), episode))
            .filter(|(likeness, _)| likeness.is_one_need(rules))
            .max_by(|(a, one), (b, other)| a.order(b).then_with(|| self.recency(*one).cmp(&self.recency(*other))));
        let episode = refined.map_or(self.episodes.len(), |(_, episode)| episode);
        if episode == self.episodes.len() {
            self.episodes.push(Episode::open(visit, visitor, &search));
        }
        self.holds_search.extend(search.ids().map(|id| (id, episode)));
        self.episodes[episode].push(search);
    }

    fn join(&mut self, number: usize, event: &Occurrence<'a>, opening: Option<Opening<'a>>) {
        let episode = &mut self.episodes[number];
        episode.touch(event);
        episode.openings.extend(opening);
        match &event.event.kind {
            Kind::Vote { slug, solved, .. } => episode.votes.push(Vote { t: event.t, slug, solved: *solved }),
            Kind::Impression(_) => episode.shown = true,
            _ => {}
        }
        if let Some(form) = event.named_form() {
            self.holds_form.entry(form).or_insert(number);
            episode.forms.insert(form);
        }
    }

    fn holder(&self, event: &Occurrence<'a>) -> Holder<'a> {
        let (search, form) = (event.named_search(), event.named_form());
        let held = search.and_then(|id| self.holds_search.get(id));
        match held.or_else(|| form.and_then(|id| self.holds_form.get(id))) {
            Some(&episode) => Holder::Episode(episode),
            None => search.filter(|id| self.expected.contains(id)).map_or(Holder::Nobody, Holder::Later),
        }
    }

    /// The visit's latest episode, if it is not too long ago.
    fn latest(&self, here: usize, t: Millis, rules: &Rules) -> Option<usize> {
        let latest = (here..self.episodes.len()).max_by_key(|&episode| self.recency(episode))?;
        (t - self.episodes[latest].last <= rules.episode_gap).then_some(latest)
    }

    fn recency(&self, episode: usize) -> (Millis, Millis, &'a str) {
        let episode = &self.episodes[episode];
        (episode.last, episode.start, episode.id)
    }

    fn note_form(&mut self, visit: usize, visitor: Visitor, event: &Occurrence<'a>) {
        let begins =
            matches!(event.event.kind, Kind::FormOpen { .. } | Kind::FormSuggest { .. } | Kind::FormLeft { .. });
        let Some(id) = event.named_form().filter(|id| begins || self.forms.contains_key(id)) else { return };
        let new = Form {
            id,
            visitor,
            visit,
            episode: None,
            start: event.t,
            end: event.t,
            last: event.t,
            left: false,
            suggestions: Vec::new(),
        };
        let form = self.forms.entry(id).or_insert(new);
        form.last = event.t;
        match event.event.kind {
            Kind::FormOpen { .. } => form.end = event.t,
            Kind::FormSuggest { .. } => {
                form.end = event.t;
                form.suggestions.push(event.t);
            }
            Kind::FormLeft { .. } => form.left = true,
            _ => {}
        }
    }
}

/// Where an event belongs by the ids it names.
enum Holder<'a> {
    Episode(usize),
    Later(&'a str),
    Nobody,
}

fn opening<'a>(visit: &Visit<'a>, place: usize) -> Option<Opening<'a>> {
    let event = visit.events.get(place)?;
    match &event.event.kind {
        Kind::Click(shown) => {
            Some(Opening { t: event.t, search: shown.search_id.as_deref(), dwell: visit.dwell(place, &shown.slug) })
        }
        Kind::FormSuggest { .. } => Some(Opening { t: event.t, search: None, dwell: None }),
        _ => None,
    }
}

impl<'a> Episode<'a> {
    fn open(visit: usize, visitor: Visitor, search: &Search<'a>) -> Self {
        let first = search.keystrokes[0];
        Self {
            id: &first.event.id,
            visitor,
            visit,
            start: first.t,
            end: first.t,
            searches: Vec::new(),
            openings: Vec::new(),
            votes: Vec::new(),
            forms: BTreeSet::new(),
            roles: BTreeSet::new(),
            ends_solved: false,
            shown: false,
            events: Vec::new(),
            last: first.t,
            order: first.order(),
        }
    }

    fn push(&mut self, search: Search<'a>) {
        search.keystrokes.iter().for_each(|event| self.touch(event));
        self.shown |= search.last.results > 0;
        self.searches.push(search);
    }

    fn touch(&mut self, event: &Occurrence<'a>) {
        self.events.push(*event);
        self.start = self.start.min(event.t);
        let kind = &event.event.kind;
        if matches!(kind, Kind::Search(_) | Kind::Click(_) | Kind::FormOpen { .. } | Kind::FormSuggest { .. }) {
            self.end = self.end.max(event.t);
        }
        if !matches!(kind, Kind::Impression(_) | Kind::Vote { .. }) {
            self.last = self.last.max(event.t);
        }
        if event.order() >= self.order {
            self.order = event.order();
            self.ends_solved = matches!(kind, Kind::Vote { solved: true, .. });
        }
        self.roles.extend(event.event.roles.iter().map(String::as_str));
    }

    /// Its stratum.
    pub fn stratum(&self) -> Stratum {
        let from_form = self.searches.iter().any(|search| search.surface() == Surface::Form);
        if from_form || !self.forms.is_empty() { Stratum::WithIntent } else { Stratum::WithoutIntent }
    }

    /// Whether another episode is about the same need.
    pub fn resembles(&self, other: &Self, rules: &Rules) -> bool {
        let pairs = |search: &Search<'a>| other.searches.iter().any(|later| search.likeness(later).is_one_need(rules));
        self.searches.iter().any(pairs)
    }

    /// When its first search was asked.
    pub fn first_search(&self) -> Millis {
        self.searches.iter().map(Search::begins).min().unwrap_or(self.start)
    }
}
