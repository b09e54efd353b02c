//! What figures count, one by one: each figure is the sum of its units, and the ledger lists the same units.

use super::intervals::Tally;
use super::log::Millis;
use super::report::Selection;
use super::tickets::Link;
use super::visitors::Visitor;

/// Something that a figure counts, by its place among the journeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// An episode, by number.
    Episode(usize),
    /// A visit, by number.
    Visit(usize),
    /// A form, by number.
    Form(usize),
    /// A search, by the number of its episode and its place in that.
    Search(usize, usize),
    /// A ticket, by number.
    Ticket(usize),
}

/// One thing that a figure counts, and where it counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What.
    pub what: What,
    /// Whether it stands in the numerator.
    pub numerator: bool,
    /// Whether it stands in the denominator.
    pub denominator: bool,
    /// What it contributes to a percentile, in milliseconds.
    pub millis: Option<Millis>,
}

/// Finds the units of a figure.
pub type Units = fn(&Selection<'_, '_>) -> Vec<Unit>;

/// Name under which the ledger lists the tickets of link coverage, which the report states beside its figures.
pub const LINK_COVERAGE: &str = "link_coverage";

impl Unit {
    /// One of those of whom a share is taken; `hit`: one of the share.
    pub fn judged(what: What, hit: bool) -> Self {
        Self { what, numerator: hit, denominator: true, millis: None }
    }

    /// One that is counted, of nothing.
    pub fn counted(what: What) -> Self {
        Self { what, numerator: true, denominator: false, millis: None }
    }

    /// One of those over which a percentile is taken.
    pub fn timed(what: What, millis: Millis) -> Self {
        Self { what, numerator: false, denominator: true, millis: Some(millis) }
    }
}

/// Sums the units of a share by visitor.
pub fn tally(selection: &Selection<'_, '_>, units: &[Unit]) -> Tally<Visitor> {
    let mut tally = Tally::default();
    for unit in units.iter().filter(|unit| unit.denominator) {
        if let Some(visitor) = visitor(selection, unit.what) {
            if unit.numerator { tally.hit(visitor) } else { tally.miss(visitor) }
        }
    }
    tally
}

/// The tickets of the range; in the numerator, those that are linked to a visitor.
pub fn link_coverage(selection: &Selection<'_, '_>) -> Vec<Unit> {
    let all = selection.all_tickets.iter().enumerate();
    let here = all.filter(|(_, ticket)| selection.in_range(ticket.ticket.at));
    here.map(|(number, ticket)| Unit::judged(What::Ticket(number), ticket.link != Link::None)).collect()
}

/// Whose a unit is; a ticket may be of several or of nobody.
fn visitor(selection: &Selection<'_, '_>, what: What) -> Option<Visitor> {
    let journeys = selection.journeys;
    match what {
        What::Episode(number) | What::Search(number, _) => Some(journeys.episodes[number].visitor),
        What::Visit(number) => Some(journeys.visits[number].visitor),
        What::Form(number) => Some(journeys.forms[number].visitor),
        What::Ticket(number) => selection.all_tickets[number].visitors.first().copied(),
    }
}
