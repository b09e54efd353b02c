//! The one task that writes: what arrives while it commits is the next commit, and each sender hears of theirs after it.

use super::intake::{BACKFILL, Rows, Sender};
use super::keys::Keys;
use super::readings::{self, Reading};
use super::retention;
use super::rows::{Inserted, bytes, insert_event, insert_ticket};
use super::tickets::{self, SealedTicket, Stored};
use super::{AnsweredSearch, Clock, Receipt, Stage, StoreError, votes};
use crate::deflection::log::{Address, Millis, Ticket};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Connection, query};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Most commands in one commit.
const GROUP: usize = 256;

/// How long a search may wait for others to share its commit: nobody waits for it, and a commit each costs more than most searches.
const GATHER: Duration = Duration::from_millis(200);

/// How often it is noted that the server runs.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Searches that found the queue full.
pub const DROPPED: &str = "dropped";
/// Events whose id was taken.
pub const CONFLICTS: &str = "conflicts";
/// Search ids that were not the sender's.
pub const FOREIGN_IDS: &str = "foreign_ids";

const HOUR: Millis = 60 * 60 * 1000;

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
    /// A ticket's next stage.
    Advance {
        /// Portal.
        portal: String,
        /// Ticket.
        id: String,
        /// Stage.
        stage: Stage,
    },
    /// A reading of what most analysts may not see.
    Read(Reading),
}

/// What was written.
pub enum Done {
    /// A batch.
    Appended(Receipt),
    /// A ticket.
    Ticket(Stored),
    /// A stage.
    Advanced,
    /// A reading.
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

/// Searches that found the queue full, by portal.
pub type Dropped = Arc<Mutex<BTreeMap<String, u64>>>;

/// What the writer works with.
pub struct Writer {
    /// The only connection that writes.
    pub db: SqliteConnection,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Now.
    pub clock: Clock,
    /// Row of the time in which this server runs.
    pub running: i64,
    /// Searches that were dropped.
    pub dropped: Dropped,
}

impl Writer {
    /// Writes until both queues are closed and empty.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>, mut records: mpsc::Receiver<Record>) {
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let (mut open, mut recording) = (true, true);
        let mut searches = Vec::new();
        let gathered = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(gathered);
        while open || recording {
            let mut group = Vec::new();
            tokio::select! {
                biased;
                count = commands.recv_many(&mut group, GROUP), if open => open = count > 0,
                count = records.recv_many(&mut searches, GROUP), if recording && searches.is_empty() => {
                    recording = count > 0;
                    if open && recording && searches.len() < GROUP {
                        gathered.as_mut().reset(tokio::time::Instant::now() + GATHER);
                        continue;
                    }
                }
                () = &mut gathered, if !searches.is_empty() => {}
                _ = heartbeat.tick() => {
                    if let Err(cause) = retention::tidy(&mut self.db, &self.keys, (self.clock)()).await {
                        tracing::error!(%cause, "what is due could not be forgotten");
                    }
                }
            }
            // Whatever else has come shares the commit.
            while group.len() < GROUP
                && let Ok(command) = commands.try_recv()
            {
                group.push(command);
            }
            while searches.len() < GROUP
                && let Ok(record) = records.try_recv()
            {
                searches.push(record);
            }
            self.commit(group, std::mem::take(&mut searches)).await;
        }
        // Nothing can be lost here: a database that is not closed is recovered when it is opened.
        let _ = self.db.close().await;
    }

    async fn commit(&mut self, group: Vec<Command>, searches: Vec<Record>) {
        let dropped = std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner));
        match self.write(&group, searches, &dropped).await {
            Ok(done) => {
                for (command, done) in group.into_iter().zip(done) {
                    // Who no longer waits will ask again, and hear of a duplicate.
                    let _ = command.done.send(Ok(done));
                }
            }
            Err(cause) => {
                tracing::error!(%cause, "a commit to the event database failed");
                let cause = Arc::new(cause);
                for command in group {
                    let _ = command.done.send(Err(StoreError::Commit(Arc::clone(&cause))));
                }
                let mut counts = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
                dropped.into_iter().for_each(|(portal, count)| *counts.entry(portal).or_default() += count);
            }
        }
    }

    /// Writes all or nothing.
    async fn write(
        &mut self,
        group: &[Command],
        searches: Vec<Record>,
        dropped: &BTreeMap<String, u64>,
    ) -> Result<Vec<Done>, sqlx::Error> {
        let now = (self.clock)();
        let mut transaction = self.db.begin_with("BEGIN IMMEDIATE").await?;
        let db = &mut *transaction;
        let mut done = Vec::with_capacity(group.len());
        for command in group {
            done.push(match &command.work {
                Work::Append { portal, rows, covers } => Done::Appended(append(db, portal, rows, *covers, now).await?),
                Work::Ticket { sealed, fact, address } => {
                    let stored = tickets::insert(db, sealed).await?;
                    if let Stored::New = stored {
                        insert_ticket(db, &sealed.portal, fact).await?;
                        note_address(db, &sealed.portal, address.as_ref()).await?;
                    }
                    Done::Ticket(stored)
                }
                Work::Advance { portal, id, stage } => {
                    tickets::advance(db, portal, id, *stage, now).await?;
                    Done::Advanced
                }
                Work::Read(reading) => {
                    readings::insert(db, reading).await?;
                    Done::Noted
                }
            });
        }
        for Record { sender, search, at } in searches {
            let portal = sender.portal.clone();
            match sender.searched(&self.keys, search, at) {
                Ok(event) => {
                    insert_event(db, &portal, &event).await?;
                }
                Err(cause) => {
                    tracing::error!(%cause, "a search cannot be recorded");
                    lose(db, &portal, now, DROPPED, 1).await?;
                }
            }
        }
        for (portal, count) in dropped {
            lose(db, portal, now, DROPPED, *count).await?;
        }
        let beat = query("UPDATE coverage SET until = MAX(until, ?) WHERE seq = ?");
        beat.bind(now).bind(self.running).execute(&mut *db).await?;
        transaction.commit().await?;
        Ok(done)
    }
}

async fn append(
    db: &mut SqliteConnection,
    portal: &str,
    rows: &Rows,
    covers: Option<(Millis, Millis)>,
    now: Millis,
) -> Result<Receipt, sqlx::Error> {
    let mut receipt = Receipt::default();
    for event in &rows.events {
        match insert_event(db, portal, event).await? {
            Inserted::New => {
                receipt.accepted += 1;
                if let Some(held) = rows.held {
                    votes::note(db, portal, event, held).await?;
                }
            }
            Inserted::Duplicate => receipt.duplicate += 1,
            Inserted::Conflict => receipt.conflict += 1,
        }
    }
    for ticket in &rows.tickets {
        insert_ticket(db, portal, ticket).await?;
    }
    note_address(db, portal, rows.address.as_ref()).await?;
    if let Some((start, until)) = covers {
        query(
            "INSERT INTO coverage (portal, source, start, until) SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS \
             (SELECT 1 FROM coverage WHERE portal = ?1 AND source = ?2 AND start <= ?3 AND until >= ?4)",
        )
        .bind(portal)
        .bind(BACKFILL)
        .bind(start)
        .bind(until)
        .execute(&mut *db)
        .await?;
    }
    lose(db, portal, now, CONFLICTS, receipt.conflict as u64).await?;
    // A repeated batch names the same ids again; they are counted once, with the rows.
    let foreign = if receipt.accepted > 0 { rows.foreign_ids } else { 0 };
    lose(db, portal, now, FOREIGN_IDS, foreign).await?;
    Ok(receipt)
}

async fn note_address(db: &mut SqliteConnection, portal: &str, address: Option<&Address>) -> Result<(), sqlx::Error> {
    let Some(Address { email, person, since }) = address else { return Ok(()) };
    query(
        "INSERT INTO address (portal, email, person, subject, browser, browser_before, since) VALUES (?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (portal, email, person) DO UPDATE SET since = MIN(since, excluded.since)",
    )
    .bind(portal)
    .bind(&email[..])
    .bind(bytes(&person.subject.or(person.browser)))
    .bind(bytes(&person.subject))
    .bind(bytes(&person.browser))
    .bind(bytes(&person.browser_before))
    .bind(since)
    .execute(db)
    .await?;
    Ok(())
}

async fn lose(
    db: &mut SqliteConnection,
    portal: &str,
    now: Millis,
    reason: &'static str,
    count: u64,
) -> Result<(), sqlx::Error> {
    if count == 0 {
        return Ok(());
    }
    query(
        "INSERT INTO lost (portal, hour, reason, count) VALUES (?, ?, ?, ?) \
         ON CONFLICT (portal, hour, reason) DO UPDATE SET count = count + excluded.count",
    )
    .bind(portal)
    .bind(now - now.rem_euclid(HOUR))
    .bind(reason)
    .bind(i64::try_from(count).unwrap_or(i64::MAX))
    .execute(db)
    .await?;
    Ok(())
}
