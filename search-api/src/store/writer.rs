//! The one task that writes: what arrives while it commits is the next commit, and each sender hears of theirs after it.

use super::alerts;
use super::database::Database;
use super::days;
use super::erasure::{Erased, Traces};
use super::inbox;
use super::insert::Insert;
use super::intake::{BACKFILL, Rows};
use super::keys::Keys;
use super::mails;
use super::outbox;
use super::readings;
use super::rows::{Inserted, bytes, insert_events, insert_tickets};
use super::session::Session;
use super::sources;
use super::tickets::{self, Stored};
use super::votes::Votes;
use super::work::{Command, Done, Record, Work};
use super::{Clock, Receipt, Retention, StoreError, retention};
use crate::deflection::log::{Address, Event, Hash, Millis, Ticket};
use crate::deflection::question::HOUR;
use sqlx::{AnyConnection, Connection};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Most commands in one commit.
const GROUP: usize = 256;

/// How long a search may wait for others to share its commit: nobody waits for it, and a commit each costs more than most searches.
const GATHER: Duration = Duration::from_millis(200);

/// How long a commit may take: a server that was cut off says neither yes nor no.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long after a failed commit the searches that it held are tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// How often it is noted that the server runs.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Searches that found the queue full.
pub const DROPPED: &str = "dropped";
/// Events whose id was taken.
pub const CONFLICTS: &str = "conflicts";
/// Search ids that were not the sender's.
pub const FOREIGN_IDS: &str = "foreign_ids";

const ADDRESSES: Insert = Insert {
    table: "address",
    columns: "portal, email, person, subject, browser, browser_before, since",
    then: "ON CONFLICT (portal, email, person) DO UPDATE SET since = excluded.since WHERE excluded.since < address.since",
};

const LOST: Insert = Insert {
    table: "lost",
    columns: "portal, hour, reason, count",
    then: "ON CONFLICT (portal, hour, reason) DO UPDATE SET count = lost.count + excluded.count",
};

/// Searches that found the queue full, by portal.
pub type Dropped = Arc<Mutex<BTreeMap<String, u64>>>;

/// What the writer works with.
pub struct Writer {
    /// The database.
    pub database: Database,
    /// The only session of this server that writes; begun anew after a failure.
    pub session: Option<Session>,
    /// Keys.
    pub keys: Arc<Keys>,
    /// Now.
    pub clock: Clock,
    /// Searches that were dropped.
    pub dropped: Dropped,
    /// Searches to be recorded, of portals: kept until they are committed.
    pub searches: Vec<(String, Event)>,
    /// How long what is kept.
    pub retention: Retention,
}

/// What a group of commands says beside its events: each once, however many of them say it.
#[derive(Default)]
struct Beside<'a> {
    tickets: Vec<(&'a str, &'a Ticket)>,
    votes: Votes,
    addresses: BTreeMap<(&'a str, Hash, Option<Hash>), &'a Address>,
    lost: BTreeMap<(&'a str, &'static str), u64>,
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
            let (mut group, mut tidy) = (Vec::new(), false);
            tokio::select! {
                biased;
                count = commands.recv_many(&mut group, GROUP), if open => open = count > 0,
                count = records.recv_many(&mut searches, GROUP), if recording && searches.is_empty() && self.searches.is_empty() => {
                    recording = count > 0;
                    if open && recording && searches.len() < GROUP {
                        gathered.as_mut().reset(Instant::now() + GATHER);
                        continue;
                    }
                }
                () = &mut gathered, if !searches.is_empty() || !self.searches.is_empty() => {}
                _ = heartbeat.tick() => tidy = true,
            }
            // Whatever else has come shares the commit.
            while group.len() < GROUP
                && let Ok(command) = commands.try_recv()
            {
                group.push(command);
            }
            while searches.len() < GROUP
                && self.searches.is_empty()
                && let Ok(record) = records.try_recv()
            {
                searches.push(record);
            }
            std::mem::take(&mut searches).into_iter().for_each(|record| self.note_search(record));
            match self.commit(group).await {
                true if tidy => self.tidy().await,
                true => {}
                false if open => gathered.as_mut().reset(Instant::now() + AGAIN),
                false => {
                    tracing::error!(searches = self.searches.len(), "searches could not be recorded before the end");
                    break;
                }
            }
        }
        // Nothing can be lost here: a database that is not closed is recovered when it is opened.
        if let Some(session) = self.session {
            let _ = session.db.close().await;
        }
    }

    fn note_search(&mut self, Record { sender, search, at }: Record) {
        match sender.searched(&self.keys, search, at) {
            Ok(event) => self.searches.push((sender.portal, event)),
            Err(cause) => {
                tracing::error!(%cause, "a search cannot be recorded");
                let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
                *dropped.entry(sender.portal).or_default() += 1;
            }
        }
    }

    /// Commits a group and tells its senders; whether that went well.
    async fn commit(&mut self, group: Vec<Command>) -> bool {
        let dropped = std::mem::take(&mut *self.dropped.lock().unwrap_or_else(PoisonError::into_inner));
        let written = tokio::time::timeout(PATIENCE, self.write(&group, &dropped)).await;
        let cause = match written.unwrap_or_else(|late| Err(sqlx::Error::Io(late.into()).into())) {
            Ok(done) => {
                self.searches.clear();
                for (command, done) in group.into_iter().zip(done) {
                    // Who no longer waits will ask again, and hear of a duplicate.
                    let _ = command.done.send(Ok(done));
                }
                return true;
            }
            Err(cause) => cause,
        };
        tracing::error!(%cause, "a commit to the event database failed");
        // What the session is in the middle of is not known.
        self.session = None;
        let mut counts = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        dropped.into_iter().for_each(|(portal, count)| *counts.entry(portal).or_default() += count);
        if cause.is_of_rows() {
            // They would be refused again, and whatever shares their commit.
            self.searches.drain(..).for_each(|(portal, _)| *counts.entry(portal).or_default() += 1);
        }
        let cause = Arc::new(cause);
        for command in group {
            let _ = command.done.send(Err(StoreError::Commit(Arc::clone(&cause))));
        }
        false
    }

    /// Writes all or nothing.
    async fn write(&mut self, group: &[Command], dropped: &BTreeMap<String, u64>) -> Result<Vec<Done>, StoreError> {
        let now = (self.clock)();
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(Session::begin(&self.database, &self.keys, now).await?),
        };
        let mut transaction = session.db.begin_with(self.database.begin()).await?;
        let db = &mut *transaction;
        let mut beside = Beside::default();
        let searches = self.searches.iter().map(|(portal, event)| (portal.as_str(), event));
        let events: Vec<_> = group.iter().flat_map(|command| command.work.events()).chain(searches).collect();
        let mut inserted = insert_events(db, &events).await?.into_iter();
        let mut done = Vec::with_capacity(group.len());
        for command in group {
            done.push(match &command.work {
                Work::Append { portal, rows, covers } => {
                    if let Some(covers) = covers {
                        sources::cover(db, portal, BACKFILL, *covers, now).await?;
                    }
                    days::note_change(db, portal, rows.times(), now).await?;
                    Done::Appended(beside.append(portal, rows, inserted.by_ref().take(rows.events.len())))
                }
                Work::Ticket { sealed, fact, address } => {
                    let stored = tickets::insert(db, sealed).await?;
                    if let Stored::New = stored {
                        beside.tickets.push((&sealed.portal, fact));
                        beside.know(&sealed.portal, address.as_ref());
                    }
                    Done::Ticket(stored)
                }
                Work::Advance { portal, id, stage, told } => {
                    Done::Advanced(inbox::move_on(db, (portal, id), *stage, *told, now).await?)
                }
                Work::Read(reading) => Done::Read(readings::insert(db, reading).await?),
                Work::ReadMore { number, rows } => Done::ReadMore(readings::add(db, *number, *rows).await?),
                Work::Erase(erasure) => {
                    Done::Erased(Erased { rows: erasure.perform(db, now).await?, traces: Traces::InLog })
                }
                Work::Hear { portal, source, rows, at } => {
                    sources::beat(db, portal, source, *at, now).await?;
                    Done::Heard(sources::take(db, portal, source, rows, now).await?)
                }
                Work::Claim(way) => Done::Claimed(outbox::claim(db, *way, now).await?),
                Work::Postpone { portal, id, way, stage, due } => {
                    outbox::postpone(db, (portal, id, *way, *stage), *due).await?;
                    Done::Noted
                }
                Work::Admit(mailing, address) => Done::Admitted(mails::admit(db, mailing, address, now).await?),
                Work::EndMail(mailing) => {
                    mails::end(db, mailing).await?;
                    Done::Noted
                }
                Work::HandOver(over) => {
                    outbox::hand_over(db, over, now).await?;
                    Done::Noted
                }
                Work::NoteAlerts { portal, alerts: noted } => {
                    alerts::note(db, portal, noted, now).await?;
                    Done::Noted
                }
                Work::ClaimAlerts => Done::ClaimedAlerts(alerts::claim(db, now).await?),
                Work::SettleAlert { portal, id, due } => {
                    alerts::settle(db, portal, id, *due).await?;
                    Done::Noted
                }
                Work::Keep(days) => Done::Kept(days::keep(db, days).await?),
                Work::Outage { portal, outage } => {
                    sources::break_off(db, portal, outage, now).await?;
                    Done::Noted
                }
            });
        }
        dropped.iter().for_each(|(portal, count)| beside.lose(portal, DROPPED, *count));
        beside.insert(db, now).await?;
        session.running.beat(db, now).await?;
        transaction.commit().await?;
        if done.iter().any(|done| matches!(done, Done::Erased(_))) {
            // What is committed is erased, whether or not its copies could be overwritten.
            let left = self.database.overwrite(&mut session.db).await.unwrap_or(Traces::InLog);
            for done in &mut done {
                if let Done::Erased(erased) = done {
                    erased.traces = left;
                }
            }
        }
        Ok(done)
    }

    async fn tidy(&mut self) {
        let Some(session) = &mut self.session else { return };
        let tidied =
            retention::tidy(&mut session.db, self.database.begin(), &self.keys, self.retention, (self.clock)());
        if let Err(cause) = tidied.await {
            tracing::error!(%cause, "what is due could not be forgotten");
            self.session = None;
        }
    }
}

impl<'a> Beside<'a> {
    fn append(&mut self, portal: &'a str, rows: &'a Rows, inserted: impl Iterator<Item = Inserted>) -> Receipt {
        let mut receipt = Receipt::default();
        for (event, inserted) in rows.events.iter().zip(inserted) {
            match inserted {
                Inserted::New => {
                    receipt.accepted += 1;
                    if let Some(held) = rows.held {
                        self.votes.note(portal, event, held);
                    }
                }
                Inserted::Duplicate => receipt.duplicate += 1,
                Inserted::Conflict => receipt.conflict += 1,
            }
        }
        self.tickets.extend(rows.tickets.iter().map(|ticket| (portal, ticket)));
        self.know(portal, rows.address.as_ref());
        self.lose(portal, CONFLICTS, receipt.conflict as u64);
        // A repeated batch names the same ids again; they are counted once, with the rows.
        self.lose(portal, FOREIGN_IDS, if receipt.accepted > 0 { rows.foreign_ids } else { 0 });
        receipt
    }

    fn know(&mut self, portal: &'a str, address: Option<&'a Address>) {
        let Some(address) = address else { return };
        let known = (portal, address.email, address.person.subject.or(address.person.browser));
        let first = self.addresses.entry(known).or_insert(address);
        if address.since < first.since {
            *first = address;
        }
    }

    fn lose(&mut self, portal: &'a str, reason: &'static str, count: u64) {
        if count > 0 {
            *self.lost.entry((portal, reason)).or_default() += count;
        }
    }

    async fn insert(self, db: &mut AnyConnection, now: Millis) -> Result<(), sqlx::Error> {
        insert_tickets(db, &self.tickets).await?;
        self.votes.insert(db).await?;
        let addresses: Vec<_> = self.addresses.into_iter().collect();
        let known = ADDRESSES.rows(db, &addresses, |bound, ((portal, email, person), address)| {
            bound
                .bind(*portal)
                .bind(&email[..])
                .bind(bytes(person))
                .bind(bytes(&address.person.subject))
                .bind(bytes(&address.person.browser))
                .bind(bytes(&address.person.browser_before))
                .bind(address.since)
        });
        known.await?;
        let lost: Vec<_> = self.lost.into_iter().collect();
        let counted = LOST.rows(db, &lost, |bound, ((portal, reason), count)| {
            bound
                .bind(*portal)
                .bind(now - now.rem_euclid(HOUR))
                .bind(*reason)
                .bind(i64::try_from(*count).unwrap_or(i64::MAX))
        });
        counted.await.map(drop)
    }
}
