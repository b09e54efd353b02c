//! What became of what was said in whole ISO weeks, by cell: all that tables of groups are sums of, gathered from journeys and kept.

use super::cells::Place;
use super::said::{Item, Said, Spoken};
use super::topics::Subject;
use crate::deflection::episodes::{Episode, Journeys};
use crate::deflection::facts::Unreadable;
use crate::deflection::facts::gather::Distinct;
use crate::deflection::intervals::Tally;
use crate::deflection::log::Kind as EventKind;
use crate::deflection::outcomes::Outcome;
use crate::deflection::question::{Question, Rules, Stratum};
use crate::deflection::report::Selection;
use crate::deflection::tickets::Attribution;
use crate::deflection::visitors::Visitor;
use indexer::language::Language;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Number of the form in which weeks are written; a change of any of their types, or of how groups are formed, raises it.
pub const FORMAT: u32 = 1;

/// Queries of a cell that are kept to be replayed: the most frequent.
pub const REPLAYED: usize = 50;

/// A week under one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Week {
    /// What was said in it.
    pub said: Said,
    /// What became of it.
    pub cells: Cells,
}

/// What became of what was said in a week, under one window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cells {
    /// Everybody whom a cell names, once.
    pub visitors: Vec<Visitor>,
    /// What filters go by, once.
    pub kinds: Vec<Kind>,
    /// Articles that a cell names, once.
    pub slugs: Vec<String>,
    /// Tickets that cells with enough people ended in.
    pub tickets: Vec<WrittenTicket>,
    /// The cells.
    pub cells: Vec<Cell>,
}

/// What filters go by.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Kind {
    /// All roles held.
    pub roles: BTreeSet<String>,
    /// Language of the first search.
    pub language: Option<Language>,
    /// Whether a form was in play.
    pub stratum: Option<Stratum>,
}

/// Episodes of one meaning, week and kind; or of all cells of a week and kind that are too small to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// What it belongs to.
    pub place: Place,
    /// Place among the kinds.
    pub kind: u32,
    /// Its visitors; of several small cells counted in each.
    pub people: u32,
    /// Visitors by place, their ticketed episodes, and all of them.
    pub visitors: Vec<(u32, u32, u32)>,
    /// Closed episodes by outcome.
    pub outcomes: BTreeMap<Outcome, u32>,
    /// Tickets attributed to them.
    pub tickets: u32,
    /// Ticketed episodes in which an article was opened.
    pub ticketed_after_opening: u32,
    /// Episodes whose last search was sure to have found something, as was said then.
    pub found: u32,
    /// Articles shown or opened, by place. None of a cell that is too small.
    pub articles: Vec<(u32, Use)>,
    /// What was typed, by place among the texts, and by how many.
    pub typed: Vec<(u32, u32)>,
    /// The same, and in how many episodes: at most [`REPLAYED`], the most frequent first.
    pub asked: Vec<(u32, u32)>,
    /// Places of its tickets.
    pub written: Vec<u32>,
}

/// In how many episodes what became of an article.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// It was shown.
    pub shown: u32,
    /// It was opened.
    pub opened: u32,
    /// It was opened and a ticket followed.
    pub ticketed: u32,
    /// The last word on it says that it solved the need.
    pub solved: u32,
    /// It says that it did not.
    pub unsolved: u32,
}

/// A ticket that an episode ended in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenTicket {
    /// What it says, as a topic has it.
    pub subject: Subject,
    /// Language of the episode's first search.
    pub language: Option<Language>,
}

/// What was said in each whole week that a question's range touches, by Monday; of weeks up to that of `texts_after` it is not kept. The
/// same under every window.
pub fn spoken<'a>(journeys: &'a Journeys<'_>, question: &Question, texts_after: Date) -> BTreeMap<Date, Spoken<'a>> {
    let (from, to) = question.weeks_range();
    let (first, after) = question.weeks();
    let mondays = first.series(jiff::ToSpan::days(7)).take_while(|monday| *monday < after);
    let mut items: BTreeMap<Date, Vec<Item<'a>>> = mondays.map(|monday| (monday, Vec::new())).collect();
    let mut people: BTreeMap<Visitor, usize> = BTreeMap::new();
    for episode in journeys.episodes.iter().filter(|episode| (from..to).contains(&episode.start)) {
        let Some((search, text)) = episode.searches.last().and_then(|search| Some((search, search.text.as_deref()?)))
        else {
            continue;
        };
        let next = people.len();
        let person = *people.entry(episode.visitor).or_insert(next);
        let item = Item { text, language: search.language(), vector: search.vector(), person };
        items.entry(question.week_of(episode.start)).or_default().push(item);
    }
    let spoken = |(monday, items): (Date, Vec<Item<'a>>)| {
        let of_week =
            if monday > texts_after { Spoken::of(monday, &items, &question.rules) } else { Spoken::not_kept(monday) };
        (monday, of_week)
    };
    items.into_iter().map(spoken).collect()
}

/// Weeks with what became of what was said in them, under the window of a selection.
pub fn judged(spoken: BTreeMap<Date, Spoken<'_>>, selection: &Selection<'_, '_>) -> Vec<Week> {
    let cells = cells(&spoken, selection);
    spoken.into_values().zip(cells).map(|(spoken, cells)| Week { said: spoken.said, cells }).collect()
}

/// What became of what was said, by week, under the window of a selection.
pub fn cells(spoken: &BTreeMap<Date, Spoken<'_>>, selection: &Selection<'_, '_>) -> Vec<Cells> {
    let question = selection.question;
    let (from, to) = question.weeks_range();
    let mut tickets_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (ticket, attribution) in selection.attributions.iter().enumerate() {
        if let Attribution::Episode { episode, .. } = attribution {
            tickets_of.entry(*episode).or_default().push(ticket);
        }
    }
    let mut weeks: BTreeMap<Date, Building<'_>> = spoken.keys().map(|monday| (*monday, Building::default())).collect();
    for (number, (episode, outcome)) in selection.journeys.episodes.iter().zip(selection.outcomes).enumerate() {
        if !outcome.is_closed() || !(from..to).contains(&episode.start) {
            continue;
        }
        let monday = question.week_of(episode.start);
        let (Some(spoken), Some(week)) = (spoken.get(&monday), weeks.get_mut(&monday)) else { continue };
        let text = episode.searches.last().and_then(|search| search.text.as_deref()).filter(|_| spoken.is_kept);
        let tickets = tickets_of.get(&number).map_or(&[][..], Vec::as_slice);
        let kind = week.kinds.place(Kind {
            roles: episode.roles.iter().map(|role| (*role).to_owned()).collect(),
            language: episode.searches.first().and_then(|search| search.language()).cloned(),
            stratum: Some(episode.stratum()),
        });
        let meaning = text.map(|text| spoken.meaning_of(text));
        week.gathered.entry((meaning, kind)).or_default().count(episode, *outcome, number, tickets);
    }
    let done = weeks.into_iter().filter_map(|(monday, week)| Some(week.done(spoken.get(&monday)?, selection)));
    done.collect()
}

/// Episodes of one meaning, week and kind, while they are gathered.
#[derive(Default)]
struct Gathering<'a> {
    tally: Tally<Visitor>,
    outcomes: BTreeMap<Outcome, u32>,
    tickets: u32,
    ticketed_after_opening: u32,
    found: u32,
    articles: BTreeMap<&'a str, Use>,
    typed: BTreeMap<&'a str, (BTreeSet<Visitor>, u32)>,
    /// Ticket, episode.
    written: Vec<(usize, usize)>,
}

impl<'a> Gathering<'a> {
    fn count(&mut self, episode: &'a Episode<'a>, outcome: Outcome, number: usize, tickets: &[usize]) {
        let ticketed = outcome == Outcome::Ticketed;
        *self.outcomes.entry(outcome).or_default() += 1;
        self.tickets += tickets.len() as u32;
        self.ticketed_after_opening += u32::from(ticketed && !episode.openings.is_empty());
        self.found += u32::from(episode.searches.last().is_some_and(|search| !search.found_nothing()));
        if ticketed {
            self.tally.hit(episode.visitor)
        } else {
            self.tally.miss(episode.visitor)
        }
        let (mut shown, mut opened, mut votes) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for event in &episode.events {
            match &event.event.kind {
                EventKind::Impression(article) => _ = shown.insert(article.slug.as_str()),
                EventKind::Click(article) => _ = opened.insert(article.slug.as_str()),
                EventKind::FormSuggest { slug, .. } => _ = opened.insert(slug.as_str()),
                EventKind::Vote { slug, solved, .. } => _ = votes.insert(slug.as_str(), *solved),
                _ => {}
            }
        }
        let mut used = |slug: &'a str, change: &dyn Fn(&mut Use)| change(self.articles.entry(slug).or_default());
        shown.into_iter().for_each(|slug| used(slug, &|article| article.shown += 1));
        opened.into_iter().for_each(|slug| {
            used(slug, &|article| {
                article.opened += 1;
                article.ticketed += u32::from(ticketed);
            });
        });
        votes.into_iter().for_each(|(slug, solved)| {
            used(slug, &|article| if solved { article.solved += 1 } else { article.unsolved += 1 });
        });
        if let Some(text) = episode.searches.last().and_then(|search| search.text.as_deref()) {
            let (people, episodes) = self.typed.entry(text).or_default();
            people.insert(episode.visitor);
            *episodes += 1;
        }
        self.written.extend(tickets.iter().map(|&ticket| (ticket, number)));
    }

    fn people(&self) -> u32 {
        self.tally.clusters().1 as u32
    }

    /// Takes in another whose meaning does not matter any more.
    fn absorb(&mut self, other: Self) {
        self.tally.absorb(other.tally);
        for (outcome, count) in other.outcomes {
            *self.outcomes.entry(outcome).or_default() += count;
        }
        self.tickets += other.tickets;
        self.ticketed_after_opening += other.ticketed_after_opening;
        self.found += other.found;
    }
}

/// A week while its cells are gathered: by number of the meaning (`None`: no text is kept) and place of the kind.
#[derive(Default)]
struct Building<'a> {
    kinds: Distinct<Kind>,
    gathered: BTreeMap<(Option<usize>, u32), Gathering<'a>>,
}

impl Building<'_> {
    fn done(self, spoken: &Spoken<'_>, selection: &Selection<'_, '_>) -> Cells {
        let rules: &Rules = &selection.question.rules;
        let (mut visitors, mut slugs) = (Distinct::default(), Distinct::default());
        let mut cells = Cells { kinds: self.kinds.all, ..Cells::default() };
        let mut small: BTreeMap<u32, (u32, Gathering<'_>)> = BTreeMap::new();
        for ((meaning, kind), gathered) in self.gathered {
            let place = match meaning {
                _ if (gathered.people() as usize) < rules.min_group => Place::TooSmall,
                // More meanings than fit into 32 bits do not fit into memory.
                Some(meaning) => Place::Meaning(meaning as u32),
                None => Place::NotKept,
            };
            if place == Place::TooSmall {
                let (people, all) = small.entry(kind).or_default();
                *people += gathered.people();
                all.absorb(gathered);
                continue;
            }
            let people = gathered.people();
            let mut cell = Cell::new(place, kind, people, &gathered, &mut visitors);
            cell.articles =
                gathered.articles.iter().map(|(slug, used)| (slugs.place((*slug).to_owned()), *used)).collect();
            let typed = gathered.typed.iter().filter_map(|(text, said)| Some((*spoken.text.get(text)?, said)));
            cell.typed = typed.clone().map(|(text, (people, _))| (text, people.len() as u32)).collect();
            cell.asked = typed.map(|(text, (_, episodes))| (text, *episodes)).collect();
            // Texts in order where they are equally frequent.
            cell.asked.sort_by_key(|&(text, episodes)| (Reverse(episodes), &spoken.said.texts[text as usize].text));
            cell.asked.truncate(REPLAYED);
            for (ticket, episode) in gathered.written {
                let (ticket, episode) = (selection.all_tickets[ticket].ticket, &selection.journeys.episodes[episode]);
                cell.written.push(cells.tickets.len() as u32);
                let mut subject = Subject::of(ticket);
                if !spoken.is_kept {
                    (subject.text, subject.vector) = (None, None);
                }
                let language = episode.searches.first().and_then(|search| search.language()).cloned();
                cells.tickets.push(WrittenTicket { subject, language });
            }
            cells.cells.push(cell);
        }
        for (kind, (people, gathered)) in small {
            cells.cells.push(Cell::new(Place::TooSmall, kind, people, &gathered, &mut visitors));
        }
        Cells { visitors: visitors.all, slugs: slugs.all, ..cells }
    }
}

impl Cell {
    fn new(place: Place, kind: u32, people: u32, gathered: &Gathering<'_>, visitors: &mut Distinct<Visitor>) -> Self {
        let counts = gathered.tally.iter();
        Self {
            place,
            kind,
            people,
            visitors: counts.map(|(who, (hits, all))| (visitors.place(*who), hits as u32, all as u32)).collect(),
            outcomes: gathered.outcomes.clone(),
            tickets: gathered.tickets,
            ticketed_after_opening: gathered.ticketed_after_opening,
            found: gathered.found,
            articles: Vec::new(),
            typed: Vec::new(),
            asked: Vec::new(),
            written: Vec::new(),
        }
    }
}

impl Kind {
    /// Whether a question's filters let it through.
    pub fn passes(&self, question: &Question) -> bool {
        question.role.as_ref().is_none_or(|role| self.roles.contains(role))
            && question.language.as_ref().is_none_or(|language| self.language.as_ref() == Some(language))
            && question.stratum.is_none_or(|stratum| self.stratum == Some(stratum))
    }
}

impl Said {
    /// As bytes, in the form [`FORMAT`].
    ///
    /// # Errors
    /// None is known; a serializer may have some.
    pub fn write(&self) -> Result<Vec<u8>, Unreadable> {
        Ok(postcard::to_allocvec(self)?)
    }

    /// Whether it holds anything that anybody typed.
    pub fn has_text(&self) -> bool {
        !self.texts.is_empty()
    }
}

impl Cells {
    /// Whether it holds anything that anybody wrote.
    pub fn has_text(&self) -> bool {
        self.tickets.iter().any(|ticket| ticket.subject.text.is_some() || ticket.subject.vector.is_some())
    }

    /// As bytes, in the form [`FORMAT`].
    ///
    /// # Errors
    /// None is known; a serializer may have some.
    pub fn write(&self) -> Result<Vec<u8>, Unreadable> {
        Ok(postcard::to_allocvec(self)?)
    }
}

impl Week {
    /// Reads what [`Said::write`] and [`Cells::write`] wrote.
    ///
    /// # Errors
    /// The bytes are of no week, or of one that names what is not in it.
    pub fn read(said: &[u8], cells: &[u8]) -> Result<Self, Unreadable> {
        let (said, rest) = postcard::take_from_bytes(said)?;
        let (cells, left) = postcard::take_from_bytes(cells)?;
        let week = Self { said, cells };
        if rest.is_empty() && left.is_empty() && week.is_sound() { Ok(week) } else { Err(Unreadable::Unsound) }
    }

    fn is_sound(&self) -> bool {
        let Cells { visitors, kinds, slugs, tickets, cells } = &self.cells;
        let within = |place: u32, length: usize| (place as usize) < length;
        let texts = self.said.texts.len();
        let meanings = &self.said.meanings;
        // Points of one model are compared, so they must be as long.
        let lengths: BTreeSet<_> = meanings.iter().map(|meaning| (meaning.model, meaning.point.sum.len())).collect();
        let models: BTreeSet<_> = meanings.iter().map(|meaning| meaning.model).collect();
        lengths.len() == models.len()
            && meanings
                .iter()
                .all(|meaning| meaning.point.count > 0 && meaning.queries.iter().all(|text| *text < texts))
            && cells.iter().all(|cell| {
                let meaning =
                    if let Place::Meaning(meaning) = cell.place { within(meaning, meanings.len()) } else { true };
                meaning
                    && within(cell.kind, kinds.len())
                    && cell.visitors.iter().all(|(visitor, hits, all)| within(*visitor, visitors.len()) && hits <= all)
                    && cell.articles.iter().all(|(slug, _)| within(*slug, slugs.len()))
                    && cell.typed.iter().chain(&cell.asked).all(|(text, _)| within(*text, texts))
                    && cell.written.iter().all(|ticket| within(*ticket, tickets.len()))
            })
    }
}
