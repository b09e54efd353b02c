//! Before and after: a group's ticket rate in some weeks beside that in others.

use super::rows::Row;
use crate::deflection::intervals::{Rate, Tally, newcombe};
use crate::deflection::visitors::Visitor;
use jiff::ToSpan;
use jiff::civil::Date;

/// How a ticket rate moved when something changed. Observational: other things may have changed with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Ticketed / episodes of the weeks before, and the rate.
    pub before: (u64, u64, Rate),
    /// The same of the weeks after.
    pub after: (u64, u64, Rate),
    /// After − before, and its 95 % interval (Newcombe 1998b, method 10, on rates widened for repeated visitors).
    pub change: (f64, f64, f64),
}

impl Effect {
    /// Whether the rate rose by more than chance explains.
    pub fn worsened(&self) -> bool {
        self.change.1 > 0.0
    }

    /// Whether it fell by more than chance explains.
    pub fn improved(&self) -> bool {
        self.change.2 < 0.0
    }
}

/// Compares the weeks before that of `changed` (its Monday) with those after. The week itself is left out: a cell is not cut.
/// `None` where either side has no episode.
pub fn effect(row: &Row, changed: Date) -> Option<Effect> {
    let next = changed.saturating_add(7.days());
    between(row, |week| week < changed, |week| week >= next)
}

/// Compares the weeks of a group that belong to one side with those that belong to the other; `None` where either has no episode.
pub fn between(row: &Row, before: impl Fn(Date) -> bool, after: impl Fn(Date) -> bool) -> Option<Effect> {
    let side = |belongs: &dyn Fn(Date) -> bool| {
        let mut tally = Tally::<Visitor>::default();
        let weeks = row.weeks.iter().filter(|(week, _)| belongs(*week));
        weeks.for_each(|(_, counts)| tally.absorb(counts.clone()));
        Some((tally.numerator(), tally.denominator(), tally.rate()?))
    };
    let (before, after) = (side(&before)?, side(&after)?);
    Some(Effect { before, after, change: newcombe(after.2, before.2) })
}
