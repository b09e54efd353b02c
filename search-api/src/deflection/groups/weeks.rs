//! What became of what was said in whole ISO weeks, by cell: all that tables of groups are sums of, as it is kept.

mod gather;
#[cfg(test)]
mod tests;

pub use gather::{cells, judged, spoken};

use super::cells::Place;
use super::said::Said;
use super::topics::Subject;
use crate::deflection::facts::{Need, Unreadable};
use crate::deflection::outcomes::Outcome;
use crate::deflection::visitors::Visitor;
use indexer::language::Language;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Number of the form in which weeks are written; a change of any of their types, or of how groups are formed, raises it.
pub const FORMAT: u32 = 2;

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
    pub kinds: Vec<Need>,
    /// Articles that a cell names, once.
    pub slugs: Vec<String>,
    /// Tickets that cells with enough people ended in.
    pub tickets: Vec<WrittenTicket>,
    /// The cells.
    pub cells: Vec<Cell>,
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
    pub shown: u64,
    /// It was opened.
    pub opened: u64,
    /// It was opened and a ticket followed.
    pub ticketed: u64,
    /// The last word on it says that it solved the need.
    pub solved: u64,
    /// It says that it did not.
    pub unsolved: u64,
}

impl Use {
    /// Adds the counts of another.
    pub fn absorb(&mut self, other: Self) {
        self.shown += other.shown;
        self.opened += other.opened;
        self.ticketed += other.ticketed;
        self.solved += other.solved;
        self.unsolved += other.unsolved;
    }
}

/// A ticket that an episode ended in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenTicket {
    /// What it says, as a topic has it.
    pub subject: Subject,
    /// Language of the episode's first search.
    pub language: Option<Language>,
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
