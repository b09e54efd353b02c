//! What may be shown of the words of one search, so that nobody is singled out.

use super::log::Millis;
use super::question::day_of;
use super::report::Selection;
use super::searches::normalise;
use super::visitors::Visitor;
use jiff::civil::Date;
use std::borrow::Borrow;
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
    pub fn among<T: Borrow<str> + Ord>(self, text: Option<&str>, common: &BTreeSet<T>) -> Self {
        match (self, text.map(normalise)) {
            (Self::NotKept, _) | (_, None) => Self::NotKept,
            (_, Some(text)) if common.contains(text.as_str()) => Self::Query(text),
            _ => Self::TooSmall,
        }
    }
}

/// The normalised texts that at least `min_group` visitors typed in what the question selects: those that may be shown beside what
/// one visitor did.
pub fn common<'e>(selection: &Selection<'e, '_>) -> BTreeSet<&'e str> {
    common_by(selection, |_| ()).remove(&()).unwrap_or_default()
}

/// The same of each day of the question's time zone.
pub fn common_by_day<'e>(selection: &Selection<'e, '_>) -> BTreeMap<Date, BTreeSet<&'e str>> {
    common_by(selection, |t| day_of(t, &selection.question.zone))
}

/// The same of each part of the time.
fn common_by<'e, K: Ord>(selection: &Selection<'e, '_>, part: impl Fn(Millis) -> K) -> BTreeMap<K, BTreeSet<&'e str>> {
    let mut typed: BTreeMap<K, BTreeMap<&str, BTreeSet<Visitor>>> = BTreeMap::new();
    for (episode, search) in selection.searches() {
        if let Some(text) = search.text.as_deref() {
            typed.entry(part(search.begins())).or_default().entry(text).or_default().insert(episode.visitor);
        }
    }
    let enough = |(text, visitors): (&'e str, BTreeSet<Visitor>)| {
        (visitors.len() >= selection.question.rules.min_group).then_some(text)
    };
    typed.into_iter().map(|(part, typed)| (part, typed.into_iter().filter_map(enough).collect())).collect()
}
