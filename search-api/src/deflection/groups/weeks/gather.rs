//! Judged journeys to weeks: what was said in each, and what became of it by cell.

use super::{Cell, Cells, REPLAYED, Use, Week, WrittenTicket};
use crate::deflection::episodes::{Episode, Journeys};
use crate::deflection::facts::Need;
use crate::deflection::facts::gather::{Distinct, Handled};
use crate::deflection::groups::cells::Place;
use crate::deflection::groups::said::{Item, Spoken};
use crate::deflection::groups::topics::Subject;
use crate::deflection::intervals::Tally;
use crate::deflection::outcomes::Outcome;
use crate::deflection::question::{Question, Rules};
use crate::deflection::report::Selection;
use crate::deflection::tickets::Attribution;
use crate::deflection::visitors::Visitor;
use jiff::ToSpan;
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What was said in each whole week that a question's range touches, by Monday; of weeks up to that of `texts_after` it is not kept. The
/// same under every window.
pub fn spoken<'a>(journeys: &'a Journeys<'_>, question: &Question, texts_after: Date) -> BTreeMap<Date, Spoken<'a>> {
    let (from, to) = question.weeks_range();
    let (first, after) = question.weeks();
    let mondays = first.series(7.days()).take_while(|monday| *monday < after);
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
        let kind = week.kinds.place(Need::of(episode));
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
        let handled = Handled::of(episode);
        let articles = &mut self.articles;
        handled.shown.into_iter().for_each(|slug| articles.entry(slug).or_default().shown += 1);
        for slug in handled.opened {
            let used = articles.entry(slug).or_default();
            used.opened += 1;
            used.ticketed += u64::from(ticketed);
        }
        for (slug, solved) in handled.votes {
            let used = articles.entry(slug).or_default();
            *if solved { &mut used.solved } else { &mut used.unsolved } += 1;
        }
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
    kinds: Distinct<Need>,
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
