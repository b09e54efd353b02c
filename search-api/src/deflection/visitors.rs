//! Who each event belongs to: browser ids joined over the turn of a month, and sign-in within a visit.

use super::log::{Hash, Mark, Millis, Person};
use super::occurrence::Occurrence;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// One person, as far as they can be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Visitor {
    /// Signed in.
    Subject(Hash),
    /// A browser.
    Browser(Hash),
}

/// What the hash of a stranger begins with, and that of a person only by a chance of 2^-64.
const STRANGE: [u8; 8] = [0; 8];

/// The hash of a stranger, who takes the place of somebody erased in what is kept: of nobody else, and known as such.
pub fn stranger(number: u64) -> Hash {
    let mut hash = Hash::default();
    let (strange, own) = hash.split_at_mut(STRANGE.len());
    strange.copy_from_slice(&STRANGE);
    own.copy_from_slice(&number.to_be_bytes());
    hash
}

impl Visitor {
    /// Whether they took the place of somebody erased.
    pub fn is_stranger(&self) -> bool {
        let (Self::Subject(hash) | Self::Browser(hash)) = self;
        hash.starts_with(&STRANGE)
    }
}

/// Which browser ids are one browser, and who was signed in on it when.
#[derive(Debug, Default)]
pub struct Visitors {
    months: Months,
    chains: HashMap<Hash, Vec<Chain>>,
    gap: Millis,
}

/// A maximal run of events of one browser without a longer silence.
#[derive(Debug)]
struct Chain {
    from: Millis,
    to: Millis,
    subjects: BTreeSet<Hash>,
}

/// Gives each event its visitor. Visits are built on the browser id first: where one subject signed in during one, all its events
/// are the subject's; where two or more did (a shared computer), each event follows its own token. Events of a staff member's visit
/// are marked so. Returns the events by visitor, each sorted.
pub fn assign<'a>(
    occurrences: Vec<Occurrence<'a>>,
    people: impl Iterator<Item = Person>,
    gap: Millis,
) -> (Visitors, BTreeMap<Visitor, Vec<Occurrence<'a>>>, Vec<Occurrence<'a>>) {
    let mut visitors = Visitors { gap, ..Visitors::default() };
    let events = occurrences.iter().map(|occurrence| occurrence.event.person);
    for person in events.chain(people) {
        if let (Some(now), Some(before)) = (person.browser, person.browser_before) {
            visitors.months.join(now, before);
        }
    }

    let mut browsers: BTreeMap<Visitor, Vec<Occurrence<'a>>> = BTreeMap::new();
    for occurrence in occurrences {
        let person = occurrence.event.person;
        let key = person.browser.map(|browser| Visitor::Browser(visitors.months.first(browser)));
        if let Some(key) = key.or(person.subject.map(Visitor::Subject)) {
            browsers.entry(key).or_default().push(occurrence);
        }
    }

    let mut assigned: BTreeMap<Visitor, Vec<Occurrence<'a>>> = BTreeMap::new();
    let mut staff = Vec::new();
    for (key, mut events) in browsers {
        events.sort_unstable_by_key(Occurrence::order);
        for chain in events.chunk_by(|a, b| b.t - a.t <= gap) {
            let subjects: BTreeSet<Hash> = chain.iter().filter_map(|event| event.event.person.subject).collect();
            let whole = (subjects.len() == 1).then(|| subjects.first().copied()).flatten();
            let of = |event: &Occurrence<'_>| whole.or(event.event.person.subject).map_or(key, Visitor::Subject);
            let is_staff = |event: &&Occurrence<'_>| event.event.mark == Some(Mark::Staff);
            let colleagues: BTreeSet<Visitor> = chain.iter().filter(is_staff).map(of).collect();
            for event in chain {
                let visitor = of(event);
                if colleagues.contains(&visitor) {
                    staff.push(*event);
                } else {
                    assigned.entry(visitor).or_default().push(*event);
                }
            }
            if let (Visitor::Browser(browser), [first, .., last] | [first @ last]) = (key, chain) {
                let chain = Chain { from: first.t, to: last.t, subjects };
                visitors.chains.entry(browser).or_default().push(chain);
            }
        }
    }
    assigned.values_mut().for_each(|events| events.sort_unstable_by_key(Occurrence::order));
    (visitors, assigned, staff)
}

impl Visitors {
    /// Everybody whom a person at a moment may be: the subject; and the browser as it was resolved in the visit of that moment.
    pub fn of(&self, person: &Person, at: Millis) -> BTreeSet<Visitor> {
        let mut found: BTreeSet<Visitor> = person.subject.map(Visitor::Subject).into_iter().collect();
        let Some(browser) = person.browser.map(|browser| self.months.first(browser)) else {
            return found;
        };
        let mut chains = self.chains.get(&browser).into_iter().flatten();
        let chain = chains.find(|chain| chain.from - self.gap <= at && at <= chain.to + self.gap);
        match (person.subject, chain.map(|chain| &chain.subjects)) {
            // Signed in only now: what came before in this visit was the same person's.
            (Some(_), Some(subjects)) if subjects.is_empty() => {
                found.insert(Visitor::Browser(browser));
            }
            (Some(_), _) => {}
            (None, Some(subjects)) if subjects.len() == 1 => {
                found.extend(subjects.iter().copied().map(Visitor::Subject))
            }
            (None, _) => {
                found.insert(Visitor::Browser(browser));
            }
        }
        found
    }

    /// Which hashes are one browser's: under the key of a month, and of the month before it.
    pub fn months(&self) -> Vec<(Hash, Hash)> {
        let mut months: Vec<_> = self.months.before.iter().map(|(now, before)| (*now, *before)).collect();
        months.sort_unstable();
        months
    }
}

/// Hashes of browsers, joined over the turn of a month.
#[derive(Debug, Default)]
pub struct Months {
    before: HashMap<Hash, Hash>,
}

impl FromIterator<(Hash, Hash)> for Months {
    fn from_iter<T: IntoIterator<Item = (Hash, Hash)>>(joined: T) -> Self {
        Self { before: joined.into_iter().collect() }
    }
}

impl Months {
    /// Notes that a browser's hash was another one under the key of the month before.
    pub fn join(&mut self, now: Hash, before: Hash) {
        self.before.insert(now, before);
    }

    /// A browser's hash under the earliest month key that is joined to it.
    pub fn first(&self, mut browser: Hash) -> Hash {
        // Months only lead back; the bound keeps a forged loop from turning for ever.
        for _ in 0..self.before.len() {
            match self.before.get(&browser) {
                Some(before) => browser = *before,
                None => break,
            }
        }
        browser
    }
}
