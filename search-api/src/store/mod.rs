//! Events and tickets on disk: what is acknowledged is durable, what is written is redacted.

mod alerts;
mod archive;
mod custody;
mod database;
mod days;
mod erasure;
mod error;
mod export;
mod imports;
mod inbox;
mod insert;
mod intake;
mod keys;
mod kin;
mod mails;
mod migrations;
mod names;
mod openings;
mod origin;
mod outbox;
mod person;
mod readings;
mod redaction;
mod retention;
mod rows;
mod session;
mod sources;
mod tickets;
mod ties;
mod votes;
mod weeks;
mod work;
mod writer;

#[cfg(test)]
mod conformance;
#[cfg(test)]
#[path = "../../../tests/postgres.rs"]
mod postgres;

pub use alerts::OutgoingAlert;
pub use archive::{Archive, End};
pub use custody::Custody;
pub use database::DatabaseUrl;
pub use days::{DayFacts, Days};
pub use erasure::{Erased, Holding, Traces};
pub use error::StoreError;
pub use export::{Held, HeldTicket, HeldVote};
pub use imports::{Imported, Importer};
pub use inbox::{Below, ListedTicket};
pub use intake::RECORDED;
pub use kin::Whose;
pub use mails::OutgoingMail;
pub use names::Named;
pub use origin::{AnsweredSearch, Batch, NewEvent, Origin, Receipt};
pub use outbox::{OnTheirWay, Outgoing, Way};
pub use person::Sought;
pub use readings::Reading;
pub use redaction::redact;
pub use retention::Retention;
pub use sources::{Notice, OURS, Reason, Source, SourceTicket, Taken};
pub use tickets::{Created, NewTicket, Stage, TicketError, TicketStatus, is_ticket_id};
pub use weeks::{KeptWeek, WeekGroups};

use crate::deflection::helpfulness::Vote;
use crate::deflection::log::{Arm, Hash, Log, Millis, QueryVector};
use crate::identity::{OPERATOR, Viewer};
use database::Database;
use indexer::audience::Grants;
use indexer::portal::Portal;
use intake::Sender;
use keys::Keys;
use session::Session;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tickets::{SealedTicket, Stored, Told};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use work::{Command, Done, Record, Work};
use writer::{Dropped, Writer};

/// Now, in milliseconds since 1970 UTC.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// Events and tickets of all portals in one folder. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    keys: Arc<Keys>,
    clock: Clock,
    archive: Archive,
    queues: Arc<Mutex<Option<Queues>>>,
    dropped: Dropped,
    /// Portals whose tickets are to be handed over to a help desk.
    forwarded: Arc<BTreeSet<String>>,
    /// Portals whose writers of tickets are told of them by e-mail.
    mailed: Arc<BTreeSet<String>>,
}

/// What leads to the writer; gone once the store is shut down.
struct Queues {
    commands: mpsc::Sender<Command>,
    records: mpsc::Sender<Record>,
    writer: JoinHandle<()>,
}

/// Batches and tickets that may wait for a commit; beyond that their senders wait.
const WAITING: usize = 1_024;

/// Searches that may wait to be recorded; beyond that they are dropped and counted.
const RECORDS: usize = 4_096;

/// Name of the built-in form as a source of tickets.
pub const FORM: &str = "form";

impl Store {
    /// Opens (or makes) the keys in `folder` and the database at the address, or else that in `folder`; starts the writer. Call it
    /// within a tokio runtime.
    pub async fn open(folder: &Path, database: Option<&DatabaseUrl>, clock: Clock) -> Result<Self, StoreError> {
        Self::open_keeping(folder, database, clock, Retention::DEFAULT).await
    }

    /// The same, keeping what is stored for as long as the operator says.
    pub async fn open_keeping(
        folder: &Path,
        database: Option<&DatabaseUrl>,
        clock: Clock,
        retention: Retention,
    ) -> Result<Self, StoreError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| StoreError::Folder { path: folder.into(), source })?;
        let database = Database::new(folder, database)?;
        let keys = Arc::new(Keys::open(&folder.join("keys"))?);
        let session = Some(Session::begin(&database, &keys, clock()).await?);
        let archive = Archive::of(&database).await?;
        let (commands, waiting) = mpsc::channel(WAITING);
        let (records, recorded) = mpsc::channel(RECORDS);
        let dropped = Dropped::default();
        let writer = Writer {
            database,
            session,
            keys: Arc::clone(&keys),
            clock: Arc::clone(&clock),
            dropped: Arc::clone(&dropped),
            searches: Vec::new(),
            retention,
        };
        let writer = tokio::spawn(writer.run(waiting, recorded));
        let queues = Arc::new(Mutex::new(Some(Queues { commands, records, writer })));
        Ok(Self { keys, clock, archive, queues, dropped, forwarded: Arc::default(), mailed: Arc::default() })
    }

    /// Issues an id for a search: authenticated, and bound to the portal and to who asks.
    pub fn search_id(&self, portal: &Portal, origin: Origin<'_>) -> String {
        Sender::new(portal, origin).issue(&self.keys)
    }

    /// Records a search that was answered. Never waits: when the queue is full the record is dropped and counted.
    pub fn record(&self, portal: &Portal, origin: Origin<'_>, search: AnsweredSearch) {
        let record = Record { sender: Sender::new(portal, origin), search, at: (self.clock)() };
        let queue = self.queue(|queues| queues.records.clone());
        if queue.is_none_or(|queue| queue.try_send(record).is_err()) {
            *self.dropped.lock().unwrap_or_else(PoisonError::into_inner).entry(portal.id.clone()).or_default() += 1;
        }
    }

    /// Stores a batch. Durable when it returns.
    pub async fn append(&self, portal: &Portal, origin: Origin<'_>, batch: Batch) -> Result<Receipt, StoreError> {
        let covers = batch.covers;
        let mut rows = Sender::new(portal, origin).rows(&self.keys, batch, (self.clock)())?;
        rows.held = (!origin.viewer.has(OPERATOR)).then(|| self.held(portal, origin.viewer.grants()));
        match self.write(Work::Append { portal: portal.id.clone(), rows, covers }).await? {
            Done::Appended(receipt) => Ok(receipt),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Begins a ticket form: its id, and whether articles are to be suggested in it. `earlier` is the id of a form that the same
    /// browser began before, if it kept one: it keeps whoever signs in in the arm of an experiment that they were in.
    pub fn begin_form(&self, portal: &Portal, origin: Origin<'_>, earlier: Option<&str>) -> (String, bool) {
        Sender::new(portal, origin).begin_form(&self.keys, earlier)
    }

    /// Whether articles are to be suggested in a form that was begun.
    pub fn suggests(&self, portal: &Portal, origin: Origin<'_>, form_id: &str) -> bool {
        let assigned = Sender::new(portal, origin).assigned(&self.keys, form_id);
        assigned.is_none_or(|assigned| assigned.arm == Arm::Shown)
    }

    /// Makes a ticket. Durable when it returns. `vector` is of its subject and first 200 words.
    pub async fn create_ticket(
        &self,
        portal: &Portal,
        origin: Origin<'_>,
        ticket: NewTicket,
        vector: Option<QueryVector>,
    ) -> Result<Created, TicketError> {
        let (sender, id, at) = (Sender::new(portal, origin), random_id(), (self.clock)());
        let own = origin.viewer.email().map(str::to_owned);
        let ticket = NewTicket { email: ticket.email.clone().or(own), ..ticket };
        let told = self.tells(&portal.id, &ticket);
        let language = ticket.language.clone().filter(|_| told == Told::Yes);
        let ticket = NewTicket { language, ..ticket };
        let (fact, address) = sender.ticket_fact(&self.keys, &id, &ticket, vector, at).map_err(StoreError::Key)?;
        let key = ticket.idempotency_key.as_deref().map(|key| sender.idempotency(&self.keys, key));
        let sealed = SealedTicket {
            sealed: tickets::seal(&self.keys, &portal.id, &id, &ticket)?,
            owner: sender.owner(&self.keys),
            repeatable: key.map(|key| (key, tickets::digest(&self.keys, &ticket))),
            portal: portal.id.clone(),
            id: id.clone(),
            at,
            forwarded: self.forwarded.contains(&portal.id),
            told,
        };
        let id = match self.write(Work::Ticket { sealed, fact: Box::new(fact), address }).await? {
            Done::Ticket(Stored::New) => id,
            Done::Ticket(Stored::Repeated(earlier)) => earlier,
            Done::Ticket(Stored::KeyReused) => return Err(TicketError::KeyReused),
            _ => return Err(StoreError::Stopped.into()),
        };
        let found = tickets::find(self.archive.pool(), &self.keys, &portal.id, &id).await?;
        let (ticket, _) = found.ok_or(StoreError::Damaged("ticket"))?;
        let secret = self.keys.ticket_secret(&portal.id, &ticket.id);
        Ok(Created { ticket, secret })
    }

    /// A ticket, for its owner: whoever holds its secret, or the subject who wrote it. Whoever was told of it by e-mail sees all but its
    /// subject. `None`: no such ticket, or not theirs.
    pub async fn ticket(
        &self,
        portal: &Portal,
        id: &str,
        viewer: &Viewer,
        secret: Option<&str>,
    ) -> Result<Option<TicketStatus>, StoreError> {
        let Some((ticket, owner)) = tickets::find(self.archive.pool(), &self.keys, &portal.id, id).await? else {
            return Ok(None);
        };
        let subject = viewer.subject().map(|subject| self.keys.subject(&portal.id, subject));
        let owns = subject.is_some() && subject == owner;
        let knows = secret.is_some_and(|secret| self.keys.is_ticket_secret(&portal.id, id, secret));
        let is_told = secret.is_some_and(|secret| self.keys.is_word_secret(&portal.id, id, secret));
        Ok(match owns || knows {
            true => Some(ticket),
            false => is_told.then_some(TicketStatus { subject: String::new(), ..ticket }),
        })
    }

    /// The rows of a portal that happened between two moments, inclusive.
    pub async fn log(&self, portal: &str, from: Millis, to: Millis) -> Result<Log, StoreError> {
        Ok(self.running(self.archive.log(portal, from, to).await?))
    }

    /// The same without events.
    pub async fn beside_events(&self, portal: &str, (from, to): (Millis, Millis)) -> Result<Log, StoreError> {
        Ok(self.running(self.archive.beside_events(portal, from, to).await?))
    }

    fn running(&self, mut log: Log) -> Log {
        // This server runs now; what is written of that lags by a heartbeat.
        let now = (self.clock)();
        if let Some(run) = log.coverage.iter_mut().filter(|stretch| stretch.source == FORM).max_by_key(|run| run.to) {
            run.to = run.to.max(now);
        }
        log
    }

    /// The database, to be read.
    pub fn archive(&self) -> &Archive {
        &self.archive
    }

    /// The last word of each visitor on each article, by portal.
    pub async fn votes(&self) -> Result<BTreeMap<String, Vec<Vote>>, StoreError> {
        votes::all(self.archive.pool()).await
    }

    /// By slug: when an article of a portal was last opened between two moments, inclusive.
    pub async fn last_openings(
        &self,
        portal: &str,
        from: Millis,
        to: Millis,
    ) -> Result<BTreeMap<String, Millis>, StoreError> {
        openings::last(self.archive.pool(), portal, from, to).await
    }

    /// Hash over what a viewer of a portal holds, as votes carry it.
    pub fn held(&self, portal: &Portal, grants: &Grants) -> Hash {
        self.keys.held(&portal.id, &intake::held(portal, grants))
    }

    /// Writes what is queued, then stops. Later calls fail with [`StoreError::Stopped`].
    pub async fn shutdown(&self) {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Queues { commands, records, writer }) = queues {
            drop((commands, records));
            if let Err(cause) = writer.await {
                tracing::error!(%cause, "the writer of the event database failed");
            }
        }
        self.archive.pool().close().await;
    }

    async fn write(&self, work: Work) -> Result<Done, StoreError> {
        let queue = self.queue(|queues| queues.commands.clone()).ok_or(StoreError::Stopped)?;
        let (done, committed) = oneshot::channel();
        queue.send(Command { work, done }).await.map_err(|_| StoreError::Stopped)?;
        committed.await.map_err(|_| StoreError::Stopped)?
    }

    fn queue<T>(&self, pick: impl FnOnce(&Queues) -> T) -> Option<T> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(pick)
    }
}

/// A hash as text.
fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 128 random bits, URL-safe.
fn random_id() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}
