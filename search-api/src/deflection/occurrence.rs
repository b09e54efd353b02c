//! An event at its true time: the order in which everything is counted.

use super::clock::moment;
use super::log::{Event, Kind, Millis};

/// A stored event and when it happened.
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    /// The event.
    pub event: &'a Event,
    /// When it happened.
    pub t: Millis,
    /// Whether that time was clamped.
    pub clamped: bool,
}

impl<'a> Occurrence<'a> {
    /// Places an event in time.
    pub fn new(event: &'a Event) -> Self {
        let moment = moment(&event.stamp);
        Self { event, t: moment.t, clamped: moment.clamped }
    }

    /// What it is sorted by: time, then kind, then id. Total, so that the order of arrival leaves no trace.
    pub fn order(&self) -> (Millis, u8, &'a str) {
        (self.t, rank(&self.event.kind), &self.event.id)
    }

    /// The search it names (none for a search itself).
    pub fn named_search(&self) -> Option<&'a str> {
        match &self.event.kind {
            Kind::Impression(shown) | Kind::Click(shown) => shown.search_id.as_deref(),
            Kind::Leave { search_id, .. }
            | Kind::Vote { search_id, .. }
            | Kind::FormOpen { search_id, .. }
            | Kind::Ticket { search_id, .. } => search_id.as_deref(),
            Kind::Search(_) | Kind::FormSuggest { .. } | Kind::FormLeft { .. } => None,
        }
    }

    /// The form it names.
    pub fn named_form(&self) -> Option<&'a str> {
        match &self.event.kind {
            Kind::Impression(shown) | Kind::Click(shown) => shown.form_id.as_deref(),
            Kind::FormOpen { form_id, .. } | Kind::FormSuggest { form_id, .. } | Kind::FormLeft { form_id } => {
                Some(form_id)
            }
            Kind::Ticket { form_id, .. } => form_id.as_deref(),
            Kind::Search(_) | Kind::Leave { .. } | Kind::Vote { .. } => None,
        }
    }
}

/// Order of kinds that happened in the same millisecond.
fn rank(kind: &Kind) -> u8 {
    match kind {
        Kind::Search(_) => 0,
        Kind::Impression(_) => 1,
        Kind::FormOpen { .. } => 2,
        Kind::FormSuggest { .. } => 3,
        Kind::Click(_) => 4,
        Kind::Leave { .. } => 5,
        Kind::Vote { .. } => 6,
        Kind::FormLeft { .. } => 7,
        Kind::Ticket { .. } => 8,
    }
}
