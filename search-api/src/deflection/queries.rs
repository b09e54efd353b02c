//! What may be shown of the words of one search, so that nobody is singled out.

use super::report::Selection;
use super::searches::normalise;
use super::visitors::Visitor;
use std::collections::{BTreeMap, BTreeSet};

/// What is shown of what was asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A normalised query that enough visitors typed.
    Query(String),
    /// Too few visitors typed it.
    TooSmall,
    /// The portal keeps no queries.
    NotKept,
}

impl Asked {
    /// The same of a text as it was typed, where other texts may be shown.
    pub fn among(self, text: Option<&str>, common: &BTreeSet<String>) -> Self {
        match (self, text.map(normalise)) {
            (Self::NotKept, _) | (_, None) => Self::NotKept,
            (_, Some(text)) if common.contains(&text) => Self::Query(text),
            _ => Self::TooSmall,
        }
    }
}

/// The normalised texts that at least `min_group` visitors typed in what the question selects: those that may be shown beside what
/// one visitor did.
pub fn common<'e>(selection: &Selection<'e, '_>) -> BTreeSet<&'e str> {
    let mut typed: BTreeMap<&str, BTreeSet<Visitor>> = BTreeMap::new();
    for (episode, search) in selection.searches() {
        if let Some(text) = search.text.as_deref() {
            typed.entry(text).or_default().insert(episode.visitor);
        }
    }
    typed.retain(|_, visitors| visitors.len() >= selection.question.rules.min_group);
    typed.into_keys().collect()
}
