//! What is kept of a text when its time is over: how like it was to what its visitor searched and wrote around it.
//!
//! Which searches are one need, what came again and which need a ticket belongs to depends on texts and vectors by comparison alone,
//! and only with those of the same visitor within [`REACH`]. So the comparisons are worked out before the words go, and what was told
//! of a need stays what it was.

use super::follow;
use super::log::{Event, Kind, Log, Millis, Searched, Ticket};
use super::question::{Question, REACH};
use super::searches::{Likeness, Search, compare, is_grown, normalise};
use super::stems::stems;
use super::visitors::Visitor;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Searches that one is compared with at most, the nearest in time: a visitor has a few.
const MOST: usize = 256;

/// How alike a search and another one are, or a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tie {
    /// The other: see [`of_search`] and [`of_ticket`].
    pub other: u64,
    /// How alike; stems of tickets are not compared.
    pub likeness: Likeness,
    /// Whether one of the normalised texts begins with the other.
    pub grown: bool,
}

/// What stands for a search in a tie, by the id of its event; nothing of an id that a sender made of anything is kept in it.
pub fn of_search(id: &str) -> u64 {
    number(b"search\0", id)
}

/// What stands for a ticket, by its id.
pub fn of_ticket(id: &str) -> u64 {
    number(b"ticket\0", id)
}

fn number(kind: &[u8], id: &str) -> u64 {
    let hash = blake3::hash(&[kind, id.as_bytes()].concat());
    hash.as_bytes().iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The tie between two searches, each with the id of its event, if one was worked out.
pub fn between<'a>(a: (&str, &'a Searched), b: (&str, &'a Searched)) -> Option<&'a Tie> {
    let tie = |(_, searched): (&str, &'a Searched), (other, _): (&str, &Searched)| {
        // Most have none, and need no number of the other.
        let ties = Some(&searched.ties).filter(|ties| !ties.is_empty())?;
        let other = of_search(other);
        ties.iter().find(|tie| tie.other == other)
    };
    tie(a, b).or_else(|| tie(b, a))
}

/// Cosine of a search and a ticket: worked out now, or while both still had vectors.
pub fn cosine_of(search: &Search<'_>, ticket: &Ticket) -> Option<f32> {
    let kept = || {
        let ties = Some(&search.last.ties).filter(|ties| !ties.is_empty())?;
        let other = of_ticket(&ticket.id);
        ties.iter().find(|tie| tie.other == other)?.likeness.cosine
    };
    search.vector().zip(ticket.vector.as_ref()).and_then(|(a, b)| compare(a, b)).or_else(kept)
}

/// The ties of the searches of a log that happened up to a moment, by the ids of their events. Nobody asks for one of a search that is
/// not named.
pub fn ties<'a>(log: &'a Log, question: &Question, until: Millis) -> HashMap<&'a str, Vec<Tie>> {
    let followed = follow(log, question);
    let mut searches = BTreeMap::<Visitor, Vec<Worded<'a>>>::new();
    for episode in &followed.journeys.episodes {
        let keystrokes = episode.searches.iter().flat_map(|search| &search.keystrokes);
        let worded = keystrokes.filter_map(|keystroke| Worded::of(keystroke.event, keystroke.t));
        searches.entry(episode.visitor).or_default().extend(worded);
    }
    let mut tickets = BTreeMap::<Visitor, Vec<&Ticket>>::new();
    for linked in followed.tickets.iter().filter(|linked| linked.ticket.vector.is_some()) {
        for visitor in &linked.visitors {
            tickets.entry(*visitor).or_default().push(linked.ticket);
        }
    }
    let mut found = HashMap::new();
    for (visitor, searches) in &searches {
        for search in searches.iter().filter(|search| search.t <= until) {
            let mut others: Vec<_> = searches.iter().filter(|other| other.id != search.id).collect();
            others.sort_by_key(|other| (other.t.abs_diff(search.t), other.id));
            let others = others.into_iter().take(MOST).filter(|other| other.t.abs_diff(search.t) <= REACH as u64);
            let theirs = tickets.get(visitor).into_iter().flatten();
            let theirs = theirs.filter(|ticket| ticket.at.abs_diff(search.t) <= REACH as u64);
            let ties = others.map(|other| search.tie(other)).chain(theirs.map(|ticket| search.tie_to(ticket)));
            found.insert(search.id, ties.filter(Tie::says_something).collect());
        }
    }
    found
}

impl Tie {
    /// Whether they are not as unlike as two that were never compared.
    fn says_something(&self) -> bool {
        self.grown || self.likeness.shared > 0 || self.likeness.cosine.is_some()
    }
}

/// A search with its words.
struct Worded<'a> {
    id: &'a str,
    t: Millis,
    searched: &'a Searched,
    text: String,
    stems: BTreeSet<String>,
}

impl<'a> Worded<'a> {
    fn of(event: &'a Event, t: Millis) -> Option<Self> {
        let Kind::Search(searched) = &event.kind else { return None };
        let text = normalise(searched.text.as_deref()?);
        let stems = searched.language.as_ref().map(|language| stems(language, &text)).unwrap_or_default();
        Some(Self { id: &event.id, t, searched, text, stems })
    }

    fn tie(&self, other: &Self) -> Tie {
        let one_language = self.searched.language == other.searched.language;
        let shared = if one_language { self.stems.intersection(&other.stems).count() } else { 0 };
        let vectors = self.searched.vector.as_ref().zip(other.searched.vector.as_ref());
        let likeness = Likeness { cosine: vectors.and_then(|(a, b)| compare(a, b)), shared };
        Tie { other: of_search(other.id), likeness, grown: is_grown(&self.text, &other.text) }
    }

    fn tie_to(&self, ticket: &Ticket) -> Tie {
        let vectors = self.searched.vector.as_ref().zip(ticket.vector.as_ref());
        let likeness = Likeness { cosine: vectors.and_then(|(a, b)| compare(a, b)), shared: 0 };
        Tie { other: of_ticket(&ticket.id), likeness, grown: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::facts;
    use crate::deflection::properties::{step, tell};
    use crate::deflection::question::{MINUTE, Window};
    use crate::deflection::story::{Story, T0, angle, may};
    use proptest::prelude::*;

    /// The log when the texts and vectors of what happened up to a moment are gone, those of tickets a little later.
    fn forgotten(log: &Log, until: Millis) -> Log {
        let mut left = log.clone();
        let mut kept = ties(log, &may(Window::Week), until);
        for event in &mut left.events {
            let (t, Kind::Search(searched)) = (event.stamp.at, &mut event.kind) else { continue };
            if t <= until && searched.text.is_some() {
                searched.ties = kept.remove(event.id.as_str()).unwrap_or_default();
                (searched.text, searched.vector) = (None, None);
            }
        }
        for ticket in left.tickets.iter_mut().filter(|ticket| ticket.at <= until - 10 * MINUTE) {
            (ticket.subject, ticket.vector) = (None, None);
        }
        left
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

        #[test]
        fn nothing_that_was_told_changes_when_texts_go(
            steps in proptest::collection::vec(step(), 0..120),
            (first, second) in (0..300_i64, 0..300_i64).prop_map(|(a, b)| (a.min(b), a.max(b))),
        ) {
            let mut log = tell(&steps);
            for (number, ticket) in log.tickets.iter_mut().enumerate() {
                ticket.vector = angle(number as f64 * 20.0);
            }
            let before = facts(&log, &may(Window::Week));
            let once = forgotten(&log, T0 + first * MINUTE);
            prop_assert_eq!(&facts(&once, &may(Window::Week)), &before);
            let twice = forgotten(&once, T0 + second * MINUTE);
            prop_assert_eq!(&facts(&twice, &may(Window::Week)), &before);
        }
    }

    #[test]
    fn a_need_stays_one_when_its_words_are_gone() {
        let story =
            Story::new().search(0.0, "s1", "ref").search(0.01, "s2", "refund").search(5.0, "s3", "refund status");
        let log = story.search(6.0, "s4", "calendar").log;
        let episodes = |log: &Log| facts(log, &may(Window::Day))[1].episodes.len();
        assert_eq!(episodes(&log), 2);
        let gone = forgotten(&log, T0 + 60 * MINUTE);
        assert_eq!(episodes(&gone), 2);
        let searches: Vec<_> = gone
            .events
            .iter()
            .filter_map(|event| match &event.kind {
                Kind::Search(searched) => Some(searched),
                _ => None,
            })
            .collect();
        assert!(searches.iter().all(|searched| searched.text.is_none()));
        assert_eq!(
            searches[0].ties.iter().map(|tie| (tie.likeness.shared, tie.grown)).collect::<Vec<_>>(),
            [(0, true), (0, true)]
        );
        // Without what was kept they are told otherwise.
        let mut lost = gone.clone();
        for event in &mut lost.events {
            if let Kind::Search(searched) = &mut event.kind {
                searched.ties.clear();
            }
        }
        assert_eq!(episodes(&lost), 4);
    }
}
