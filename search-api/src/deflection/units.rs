//! What figures count, one by one: each figure is the sum of its units, and the ledger lists the same units.

use super::facts::{Selected, Who};
use super::intervals::Clusters;
use super::log::Millis;
use super::tickets::Link;

/// Something that a figure counts, by its number among the facts of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// An episode.
    Episode(usize),
    /// A visit.
    Visit(usize),
    /// A form.
    Form(usize),
    /// A search.
    Search(usize),
    /// A ticket.
    Ticket(usize),
    /// A tile of a task that was opened.
    Task(usize),
}

/// One thing that a figure counts, and where it counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What.
    pub what: What,
    /// The time by which it falls into the range.
    pub t: Millis,
    /// Whose it is; a ticket may be nobody's.
    pub visitor: Option<Who>,
    /// Whether it stands in the numerator.
    pub numerator: bool,
    /// Whether it stands in the denominator.
    pub denominator: bool,
    /// What it contributes to a percentile, in milliseconds.
    pub millis: Option<Millis>,
}

/// Tells the units of a figure, one after the other.
pub type Units = fn(&Selected<'_>, &mut dyn FnMut(Unit));

/// Name under which the ledger lists the tickets of link coverage, which the report states beside its figures.
pub const LINK_COVERAGE: &str = "link_coverage";

impl Unit {
    /// One of those of whom a share is taken; `hit`: one of the share.
    pub fn judged(what: What, t: Millis, visitor: Who, hit: bool) -> Self {
        Self { what, t, visitor: Some(visitor), numerator: hit, denominator: true, millis: None }
    }

    /// One that is counted, of nothing.
    pub fn counted(what: What, t: Millis, visitor: Who) -> Self {
        Self { denominator: false, ..Self::judged(what, t, visitor, true) }
    }

    /// One of those over which a percentile is taken.
    pub fn timed(what: What, t: Millis, visitor: Who, millis: Millis) -> Self {
        Self { millis: Some(millis), ..Self::judged(what, t, visitor, false) }
    }
}

/// The sums of a share by visitor, taken over and over without making room again.
#[derive(Debug)]
pub struct ByVisitor {
    counts: Vec<(u32, u32)>,
    touched: Vec<Who>,
}

impl ByVisitor {
    /// Nothing yet of these visitors.
    pub fn new(selected: &Selected<'_>) -> Self {
        Self { counts: vec![(0, 0); selected.facts.visitors.len()], touched: Vec::new() }
    }

    /// Adds a unit, if it is one of those of whom a share is taken.
    pub fn add(&mut self, unit: Unit) {
        let Some(visitor) = unit.visitor.filter(|_| unit.denominator) else { return };
        let (hits, units) = &mut self.counts[visitor as usize];
        if *units == 0 {
            self.touched.push(visitor);
        }
        *hits += u32::from(unit.numerator);
        *units += 1;
    }

    /// The sums of what was added since they were last taken.
    pub fn take(&mut self) -> Clusters {
        let mut clusters = Clusters::default();
        for visitor in self.touched.drain(..) {
            let (hits, units) = std::mem::take(&mut self.counts[visitor as usize]);
            clusters.add(u64::from(hits), u64::from(units));
        }
        clusters
    }
}

/// The tickets of the range; in the numerator, those that are linked to a visitor.
pub fn link_coverage(selected: &Selected<'_>, each: &mut dyn FnMut(Unit)) {
    for (number, ticket) in selected.tickets() {
        let linked = ticket.link != Link::None;
        let unit = Unit::judged(What::Ticket(number), ticket.t, 0, linked);
        each(Unit { visitor: ticket.author(), ..unit });
    }
}
