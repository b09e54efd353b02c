//! The stored rows that every figure is computed from: events, tickets, and for which time tickets are known.

use super::ties::Tie;
use indexer::embedder::ModelDigest;
use indexer::language::Language;
use serde::{Deserialize, Serialize};

/// A keyed hash (HMAC-SHA256, first 128 bits) of a subject, a browser id or an e-mail address.
pub type Hash = [u8; 16];

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = i64;

/// Who an event or a ticket comes from, as far as it said; all absent = not identified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Person {
    /// The token's subject.
    pub subject: Option<Hash>,
    /// The browser's random id under the key of the calendar month.
    pub browser: Option<Hash>,
    /// The same id under the key of the month before; carried only in the first 7 d + 30 min of a month.
    pub browser_before: Option<Hash>,
}

/// The three clocks of an event, and whether an operator vouches for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// When it happened, by the sender's clock.
    pub at: Millis,
    /// When its batch was sent, by the sender's clock.
    pub sent_at: Millis,
    /// When its batch arrived, by ours.
    pub received_at: Millis,
    /// Whether an operator sent it as a backfill: it is not clamped.
    pub backfill: bool,
}

/// Why an event counts in no figure, known when it arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Mark {
    /// The sender marked it as a test.
    Test,
    /// A browser fetched the page ahead of its visitor.
    Prefetch,
    /// The user agent names a bot.
    Bot,
    /// The viewer holds one of the portal's staff roles.
    Staff,
}

/// Where an event happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Surface {
    /// The help centre.
    #[default]
    Help,
    /// The search box on another page.
    Widget,
    /// The ticket form.
    Form,
    /// Contextual help.
    Context,
    /// A program.
    Api,
}

/// How sure a search was of its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Very likely one of the first three answers it.
    Good,
    /// Perhaps.
    Weak,
    /// Most likely nothing answers it.
    None,
}

/// A query's vector and the model it is of; vectors of different models are never compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryVector {
    /// Digest of the model.
    pub model: ModelDigest,
    /// The vector, as [`indexer::embedder::cosine`] compares it.
    pub values: Box<[i8]>,
}

/// Which half of an experiment on the ticket form somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Arm {
    /// Articles are suggested.
    Shown,
    /// None are.
    Held,
}

/// What chance gave somebody in an experiment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Assignment {
    /// Name of the experiment.
    pub experiment: String,
    /// People in a thousand that it holds out.
    pub per_mille: u16,
    /// The half.
    pub arm: Arm,
}

/// One stored event. Its id is unique within the portal.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Id given by the sender.
    pub id: String,
    /// Its clocks.
    pub stamp: Stamp,
    /// Who sent it.
    pub person: Person,
    /// Their roles in the portal, sorted; reserved ones aside.
    pub roles: Vec<String>,
    /// Why it is left out, if it is.
    pub mark: Option<Mark>,
    /// Where it happened.
    pub surface: Surface,
    /// What happened.
    pub kind: Kind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A search was answered.
    Search(Searched),
    /// An article was shown.
    Impression(Shown),
    /// An article was opened.
    Click(Shown),
    /// An article was left.
    Leave {
        /// The article.
        slug: String,
        /// The search it was found by.
        search_id: Option<String>,
    },
    /// A visitor said whether an article helped.
    Vote {
        /// The article.
        slug: String,
        /// Whether it solved the need.
        solved: bool,
        /// In the visitor's words, redacted.
        comment: Option<String>,
        /// The search it was found by.
        search_id: Option<String>,
    },
    /// A ticket form was begun.
    FormOpen {
        /// The form.
        form_id: String,
        /// The search it followed.
        search_id: Option<String>,
        /// What chance gave its writer, where an experiment ran.
        assigned: Option<Assignment>,
    },
    /// A suggestion of a form was opened.
    FormSuggest {
        /// The form.
        form_id: String,
        /// The article.
        slug: String,
    },
    /// A form was left unsent.
    FormLeft {
        /// The form.
        form_id: String,
    },
    /// A hint that a ticket was made elsewhere. Makes none.
    Ticket {
        /// The form.
        form_id: Option<String>,
        /// The search it followed.
        search_id: Option<String>,
        /// The ticket's id at its source.
        ticket_id: Option<String>,
    },
}

/// A search and how it was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Searched {
    /// Id that later events name.
    pub search_id: Option<String>,
    /// What was typed, redacted; `None` where the portal keeps no queries.
    pub text: Option<String>,
    /// Language that it was read in.
    pub language: Option<Language>,
    /// Articles found.
    pub results: u32,
    /// How sure the answers were; `None` when the sender did not say.
    pub confidence: Option<Confidence>,
    /// Its vector, where a model was loaded.
    pub vector: Option<QueryVector>,
    /// How like it was to others while it had its text; empty until that is about to go.
    pub ties: Vec<Tie>,
}

/// An article shown or opened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shown {
    /// The article.
    pub slug: String,
    /// The search it answers.
    pub search_id: Option<String>,
    /// The form it was suggested by.
    pub form_id: Option<String>,
    /// Its 1-based place.
    pub rank: Option<u32>,
    /// Whether it was the tile of a task; only of one that was opened.
    pub task: bool,
}

/// What is kept of a ticket for analysis; the ticket as written is elsewhere, encrypted.
#[derive(Clone, Debug, PartialEq)]
pub struct Ticket {
    /// Its id.
    pub id: String,
    /// When it was made at its source.
    pub at: Millis,
    /// Where it came from: `form`, `backfill`, a provider, an import.
    pub source: String,
    /// Whose it is.
    pub person: Person,
    /// Why it is left out, if it is.
    pub mark: Option<Mark>,
    /// Keyed hash of the normalised address.
    pub email: Option<Hash>,
    /// The search it names.
    pub search_id: Option<String>,
    /// The form it was sent with.
    pub form_id: Option<String>,
    /// Redacted subject; `None` where the portal keeps no text.
    pub subject: Option<String>,
    /// Vector of subject and first 200 words.
    pub vector: Option<QueryVector>,
}

/// An e-mail address that a person is known by.
#[derive(Clone, Debug, PartialEq)]
pub struct Address {
    /// Keyed hash of the normalised address.
    pub email: Hash,
    /// Who gave it, in a token or a form.
    pub person: Person,
    /// Since when.
    pub since: Millis,
}

/// A stretch of time, inclusive, for which a source's tickets are all known, or were lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Name of the source.
    pub source: String,
    /// First moment.
    pub from: Millis,
    /// Last moment.
    pub to: Millis,
}

/// What never became a row, counted where it was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Searches that were not recorded because the queue was full.
    pub dropped: u64,
    /// Events whose id was taken by other content.
    pub conflicts: u64,
    /// Search ids that belonged to another visitor or to nobody.
    pub foreign_ids: u64,
}

/// All rows of a portal that a question can touch, in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Log {
    /// Events.
    pub events: Vec<Event>,
    /// Tickets.
    pub tickets: Vec<Ticket>,
    /// Who is known by which address.
    pub addresses: Vec<Address>,
    /// For which time tickets are known.
    pub coverage: Vec<Stretch>,
    /// When a source was broken.
    pub outages: Vec<Stretch>,
    /// What was lost in the time asked for.
    pub lost: Lost,
}

impl Log {
    /// Forgets which browsers of one month and of the month before it are one.
    pub fn part_months(&mut self) {
        let events = self.events.iter_mut().map(|event| &mut event.person);
        let tickets = self.tickets.iter_mut().map(|ticket| &mut ticket.person);
        let addresses = self.addresses.iter_mut().map(|address| &mut address.person);
        events.chain(tickets).chain(addresses).for_each(|person| person.browser_before = None);
    }
}
