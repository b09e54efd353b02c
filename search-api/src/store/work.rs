//! What the writer is asked to write, and what it answers.

use super::alerts::OutgoingAlert;
use super::days::Days;
use super::erasure::{Erased, Erasure};
use super::intake::{Rows, Sender};
use super::mails::Mailing;
use super::outbox::{Claimed, HandedOver, Way};
use super::readings::Reading;
use super::sources::{Heard, Taken};
use super::tickets::{SealedTicket, Stored, Told};
use super::{AnsweredSearch, Receipt, Stage, StoreError};
use crate::deflection::log::{Address, Event, Hash, Millis, Stretch, Ticket};
use tokio::sync::oneshot;

/// Something to be written, and where to tell that it is durable.
pub struct Command {
    /// What.
    pub work: Work,
    /// Told after the commit.
    pub done: oneshot::Sender<Result<Done, StoreError>>,
}

/// What is to be written.
pub enum Work {
    /// A batch of events.
    Append {
        /// Portal.
        portal: String,
        /// The rows.
        rows: Rows,
        /// The time for which they hold all tickets.
        covers: Option<(Millis, Millis)>,
    },
    /// A ticket.
    Ticket {
        /// As written.
        sealed: SealedTicket,
        /// What is kept for analysis.
        fact: Box<Ticket>,
        /// By which address its writer is known.
        address: Option<Address>,
    },
    /// A ticket is moved into a stage.
    Advance {
        /// Portal.
        portal: String,
        /// Ticket.
        id: String,
        /// Stage.
        stage: Stage,
        /// Whether its writer is told of it.
        told: Told,
    },
    /// A reading of what most analysts may not see.
    Read(Reading),
    /// More rows of one.
    ReadMore {
        /// Its number.
        number: i64,
        /// How many.
        rows: u64,
    },
    /// Somebody to be erased.
    Erase(Erasure),
    /// What a source of tickets said.
    Hear {
        /// Portal.
        portal: String,
        /// Name of the source.
        source: String,
        /// What it said.
        rows: Vec<Heard>,
        /// When; it was alive then.
        at: Millis,
    },
    /// What is to be sent is taken.
    Claim(Way),
    /// When something is tried again to be sent.
    Postpone {
        /// Portal.
        portal: String,
        /// Ticket.
        id: String,
        /// Where to.
        way: Way,
        /// Of a mail the number of the stage that it tells of, else 0.
        stage: i64,
        /// When; `None`: never.
        due: Option<Millis>,
    },
    /// A ticket that was handed over.
    HandOver(HandedOver),
    /// A mail is about to be sent to an address, of which this is a keyed hash.
    Admit(Mailing, Hash),
    /// A mail was sent, or is not to be sent any more.
    EndMail(Mailing),
    /// Alerts, each an id and what it says.
    NoteAlerts {
        /// Portal.
        portal: String,
        /// The alerts.
        alerts: Vec<(String, String)>,
    },
    /// Alerts to be sent are taken.
    ClaimAlerts,
    /// When an alert is tried again to be sent.
    SettleAlert {
        /// Portal.
        portal: String,
        /// Alert.
        id: String,
        /// When; `None`: never.
        due: Option<Millis>,
    },
    /// Facts of days.
    Keep(Days),
    /// A time for which a source was broken.
    Outage {
        /// Portal.
        portal: String,
        /// Source and time.
        outage: Stretch,
    },
}

/// What was written.
pub enum Done {
    /// A batch.
    Appended(Receipt),
    /// A ticket.
    Ticket(Stored),
    /// Whether there is a ticket to be moved.
    Advanced(bool),
    /// A reading, and its number.
    Read(i64),
    /// More of a reading, if that is still there.
    ReadMore(bool),
    /// An erasure.
    Erased(Erased),
    /// What a source said.
    Heard(Taken),
    /// What is to be sent.
    Claimed(Vec<Claimed>),
    /// Whether a mail may be sent.
    Admitted(bool),
    /// Alerts to be sent.
    ClaimedAlerts(Vec<OutgoingAlert>),
    /// Whether facts of days are kept.
    Kept(bool),
    /// Whatever has nothing to answer.
    Noted,
}

/// A search to be recorded when there is time.
pub struct Record {
    /// Who asked.
    pub sender: Sender,
    /// What was answered.
    pub search: AnsweredSearch,
    /// When.
    pub at: Millis,
}

impl Work {
    /// The events among it, of portals.
    pub fn events(&self) -> impl Iterator<Item = (&str, &Event)> {
        let (portal, events) = match self {
            Self::Append { portal, rows, .. } => (portal.as_str(), &rows.events[..]),
            _ => ("", &[][..]),
        };
        events.iter().map(move |event| (portal, event))
    }
}
