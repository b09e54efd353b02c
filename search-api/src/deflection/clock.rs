//! Three clocks to one time: the sender's skew taken out, what cannot be true clamped.

use super::log::{Millis, Stamp};
use super::question::{DAY, SECOND};

/// Skew up to which the sender's clock is believed.
const TOLERANCE: Millis = 2 * SECOND;

/// When an event happened, as every rule uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The time.
    pub t: Millis,
    /// Whether it had to be moved into the day before its arrival; such an event gives no dwell.
    pub clamped: bool,
}

/// Works out when an event happened: `t = at`, plus the skew `received_at − sent_at` where that exceeds 2 s, clamped to the 24 h
/// before it arrived unless it is a backfill.
pub fn moment(stamp: &Stamp) -> Moment {
    let skew = stamp.received_at.saturating_sub(stamp.sent_at);
    let believed = skew.saturating_abs() <= TOLERANCE;
    let t = if believed { stamp.at } else { stamp.at.saturating_add(skew) };
    if stamp.backfill {
        return Moment { t, clamped: false };
    }
    let possible = t.clamp(stamp.received_at.saturating_sub(DAY), stamp.received_at);
    Moment { t: possible, clamped: possible != t }
}
