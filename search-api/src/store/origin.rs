//! What is handed to the store, and by whom.

use crate::deflection::log::{Confidence, Kind, Mark, Millis, QueryVector, Surface};
use crate::identity::Viewer;
use indexer::language::Language;

/// Who a request comes from, as far as events and tickets are concerned. Nothing of it is stored but keyed hashes.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    pub(super) viewer: &'a Viewer,
    pub(super) browser: Option<&'a str>,
    pub(super) mark: Option<Mark>,
    pub(super) tracked: bool,
}

impl<'a> Origin<'a> {
    /// A viewer and the random id that the browser sent as `visitor`, if any.
    pub fn new(viewer: &'a Viewer, browser: Option<&'a str>) -> Self {
        Self { viewer, browser, mark: None, tracked: true }
    }

    /// The same, left out of every figure for a reason (a bot's user agent, a prefetch, a test).
    pub fn marked(self, mark: Mark) -> Self {
        Self { mark: Some(mark), ..self }
    }

    /// The same, who asked not to be followed: events without a visitor, in no rate. A ticket still has its owner.
    pub fn unidentified(self) -> Self {
        Self { tracked: false, ..self }
    }
}

/// A search that the server answered, to be recorded.
#[derive(Clone, Debug)]
pub struct AnsweredSearch {
    /// From [`super::Store::search_id`].
    pub search_id: String,
    /// As typed; redacted before it is written, and not written at all where the portal keeps no queries.
    pub text: String,
    /// Language that it was read in.
    pub language: Language,
    /// Where it was asked.
    pub surface: Surface,
    /// Articles found.
    pub results: u32,
    /// How sure.
    pub confidence: Confidence,
    /// The query's vector, if a model is loaded.
    pub vector: Option<QueryVector>,
}

/// Events sent together.
#[derive(Clone, Debug)]
pub struct Batch {
    /// When it was sent, by the sender's clock.
    pub sent_at: Millis,
    /// Its events, each checked for form.
    pub events: Vec<NewEvent>,
    /// The time for which an operator's backfill holds all tickets.
    pub covers: Option<(Millis, Millis)>,
}

/// An event as sent.
#[derive(Clone, Debug)]
pub struct NewEvent {
    /// Id given by the sender.
    pub id: String,
    /// When it happened, by the sender's clock.
    pub at: Millis,
    /// Where.
    pub surface: Surface,
    /// Whether the sender marked it as a test.
    pub test: bool,
    /// What.
    pub kind: Kind,
}

/// What became of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Receipt {
    /// Events now stored.
    pub accepted: usize,
    /// Events that were stored before.
    pub duplicate: usize,
    /// Events whose id is taken by other content; dropped.
    pub conflict: usize,
}
