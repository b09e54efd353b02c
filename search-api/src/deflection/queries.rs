//! Which searches still end in tickets: episodes by what was last asked in them, none that singles a person out.

use super::intervals::{Rate, Tally};
use super::outcomes::Outcome;
use super::report::Selection;
use super::tickets::Attribution;
use super::visitors::Visitor;
use std::collections::{BTreeMap, BTreeSet};

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// A normalised query, last asked by enough visitors.
    Query(String),
    /// All queries that too few visitors asked.
    TooSmall,
    /// The portal keeps no queries.
    NotKept,
}

/// Episodes that ended in tickets, by what was last asked.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryRow {
    /// The query.
    pub asked: Asked,
    /// Closed episodes in which it was asked last.
    pub episodes: u64,
    /// How many of them are ticketed.
    pub ticketed: u64,
    /// Tickets attributed to those.
    pub tickets: u64,
    /// Distinct visitors of the episodes.
    pub visitors: u64,
    /// Ticketed / episodes.
    pub rate: Option<Rate>,
}

#[derive(Default)]
struct Group {
    tally: Tally<Visitor>,
    visitors: BTreeSet<Visitor>,
    tickets: u64,
}

/// Rows with at least one ticket, most ticketed episodes first, then the higher rate, then by text; what fewer than `min_group`
/// visitors asked is one row at the end.
pub fn queries(selection: &Selection<'_, '_>) -> Vec<QueryRow> {
    let mut tickets_of: BTreeMap<usize, u64> = BTreeMap::new();
    for attribution in selection.attributions {
        if let Attribution::Episode { episode, .. } = attribution {
            *tickets_of.entry(*episode).or_default() += 1;
        }
    }
    let mut groups: BTreeMap<Option<&str>, Group> = BTreeMap::new();
    for (number, outcome) in selection.numbered().filter(|(_, outcome)| outcome.is_closed()) {
        let episode = &selection.journeys.episodes[number];
        let group = groups.entry(episode.searches.last().and_then(|search| search.text.as_deref())).or_default();
        group.visitors.insert(episode.visitor);
        if outcome == Outcome::Ticketed {
            group.tally.hit(episode.visitor);
            group.tickets += tickets_of.get(&number).copied().unwrap_or_default();
        } else {
            group.tally.miss(episode.visitor);
        }
    }

    let mut rows = Vec::new();
    let mut small = Group::default();
    for (query, group) in groups.into_iter().filter(|(_, group)| group.tally.numerator() > 0) {
        let asked = query.map_or(Asked::NotKept, |query| Asked::Query(query.into()));
        if group.visitors.len() >= selection.question.rules.min_group {
            rows.push(group.row(asked));
        } else {
            small.absorb(group);
        }
    }
    let rate = |row: &QueryRow| row.rate.map_or(0.0, |rate| rate.value);
    rows.sort_by(|a: &QueryRow, b| {
        b.ticketed.cmp(&a.ticketed).then(rate(b).total_cmp(&rate(a))).then_with(|| a.asked.cmp(&b.asked))
    });
    if small.tally.denominator() > 0 {
        rows.push(small.row(Asked::TooSmall));
    }
    rows
}

/// The normalised texts that at least `min_group` visitors typed in what the question selects: those that may be shown beside what
/// one visitor did.
pub fn common<'e>(selection: &Selection<'e, '_>) -> BTreeSet<&'e str> {
    let mut typed: BTreeMap<&str, BTreeSet<Visitor>> = BTreeMap::new();
    for (number, _, search) in selection.searches() {
        if let Some(text) = search.text.as_deref() {
            typed.entry(text).or_default().insert(selection.journeys.episodes[number].visitor);
        }
    }
    typed.retain(|_, visitors| visitors.len() >= selection.question.rules.min_group);
    typed.into_keys().collect()
}

impl Group {
    fn row(self, asked: Asked) -> QueryRow {
        QueryRow {
            asked,
            episodes: self.tally.denominator(),
            ticketed: self.tally.numerator(),
            tickets: self.tickets,
            visitors: self.visitors.len() as u64,
            rate: self.tally.rate(),
        }
    }

    fn absorb(&mut self, other: Self) {
        self.tally.absorb(other.tally);
        self.visitors.extend(other.visitors);
        self.tickets += other.tickets;
    }
}
