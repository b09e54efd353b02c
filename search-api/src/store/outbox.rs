//! Tickets on their way to a help desk: noted with the ticket, tried until they are there or too old, then what was written is deleted.

use super::sources::{self, Reason};
use super::tickets::{self, Written};
use super::work::{Done, Work};
use super::{NewTicket, Stage, Store, StoreError};
use crate::deflection::log::{Hash, Millis};
use sqlx::{AnyConnection, Row, query};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How long a ticket is tried to be handed over: 7 d.
const PATIENCE: Millis = 7 * 24 * 60 * 60 * 1000;

/// How long whoever took a ticket to hand it over has it for themselves; longer than one attempt takes.
pub const LEASE: Millis = 15_000;

/// Longest time between two attempts: 1 h.
const LONGEST: Millis = 60 * 60 * 1000;

/// Taken at once.
pub const AT_ONCE: i64 = 8;

/// A ticket to be handed over.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Its portal.
    pub portal: String,
    /// Its id.
    pub id: String,
    /// When it was written.
    pub since: Millis,
    /// Attempts before this one.
    pub attempts: u32,
    /// What it says.
    pub ticket: NewTicket,
}

/// A ticket that was taken to be handed over.
pub struct Claimed {
    portal: String,
    id: String,
    since: Millis,
    attempts: u32,
    sealed: Option<Vec<u8>>,
}

/// A ticket that was handed over, ready to be stored.
pub struct HandedOver {
    /// Portal.
    pub portal: String,
    /// Our id.
    pub id: String,
    /// What stays in the place of what was written.
    sealed: Vec<u8>,
    /// The source that may tell of it, and the word by which it would.
    source: String,
    word: Option<Hash>,
    /// The fact that it may have told of already.
    theirs: Option<String>,
}

/// How many tickets of a portal are on their way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OnTheirWay {
    /// Those that are tried.
    pub waiting: u64,
    /// Those that were given up; they are kept, and never tried again.
    pub given_up: u64,
}

/// Notes that a ticket is to be handed over.
pub async fn insert(db: &mut AnyConnection, portal: &str, id: &str, at: Millis) -> Result<(), sqlx::Error> {
    let noted = query("INSERT INTO outbox (portal, id, since, attempts, due) VALUES ($1, $2, $3, 0, $3)");
    noted.bind(portal).bind(id).bind(at).execute(db).await.map(drop)
}

/// Takes tickets that are due, so that nobody else takes them meanwhile.
pub async fn claim(db: &mut AnyConnection, now: Millis) -> Result<Vec<Claimed>, sqlx::Error> {
    let due = query(
        "SELECT outbox.portal, outbox.id, since, attempts, sealed FROM outbox LEFT JOIN ticket \
         ON ticket.portal = outbox.portal AND ticket.id = outbox.id WHERE due <= $1 ORDER BY due LIMIT $2",
    );
    let mut claimed = Vec::new();
    for row in due.bind(now).bind(AT_ONCE).fetch_all(&mut *db).await? {
        let attempts = row.try_get::<i64, _>("attempts")?;
        claimed.push(Claimed {
            portal: row.try_get("portal")?,
            id: row.try_get("id")?,
            since: row.try_get("since")?,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            sealed: row.try_get("sealed")?,
        });
    }
    for Claimed { portal, id, .. } in &claimed {
        let taken = query("UPDATE outbox SET attempts = attempts + 1, due = $1 WHERE portal = $2 AND id = $3");
        taken.bind(now + LEASE).bind(portal).bind(id).execute(&mut *db).await?;
    }
    Ok(claimed)
}

/// Notes when a ticket is tried again; `None`: never.
pub async fn postpone(db: &mut AnyConnection, portal: &str, id: &str, due: Option<Millis>) -> Result<(), sqlx::Error> {
    let postponed = query("UPDATE outbox SET due = $1 WHERE portal = $2 AND id = $3");
    postponed.bind(due).bind(portal).bind(id).execute(db).await.map(drop)
}

/// Notes that a ticket was handed over, and deletes what was written.
pub async fn hand_over(db: &mut AnyConnection, over: &HandedOver, now: Millis) -> Result<(), StoreError> {
    let HandedOver { portal, id, sealed, source, word, theirs } = over;
    let gone = query("DELETE FROM outbox WHERE portal = $1 AND id = $2").bind(portal).bind(id);
    if gone.execute(&mut *db).await?.rows_affected() == 0 {
        // Another server handed it over as well.
        return Ok(());
    }
    let emptied = query("UPDATE ticket SET sealed = $1 WHERE portal = $2 AND id = $3");
    emptied.bind(&sealed[..]).bind(portal).bind(id).execute(&mut *db).await?;
    tickets::advance(db, portal, id, Stage::HandedOver, now).await?;
    if let Some(word) = word {
        sources::expect(db, portal, source, *word, Reason::Forwarded, now).await?;
    }
    if let Some(theirs) = theirs {
        sources::withdraw(db, portal, theirs, now).await?;
    }
    Ok(())
}

/// When a ticket is tried again after its last attempt: 1, 2, 4 … s later, at most an hour; `None`: it is too old.
pub fn next_attempt(now: Millis, since: Millis, attempts: u32) -> Option<Millis> {
    let wait = 1_000_i64.saturating_mul(1 << attempts.min(30)).min(LONGEST);
    (now.saturating_sub(since) < PATIENCE).then_some(now + wait)
}

impl Store {
    /// The same, whose tickets of these portals are to be handed over to a help desk.
    pub fn forwarding(self, portals: BTreeSet<String>) -> Self {
        Self { forwarded: Arc::new(portals), ..self }
    }

    /// Takes tickets that are to be handed over now, for a quarter of a minute; one whose words are gone is given up.
    pub async fn outgoing(&self) -> Result<Vec<Outgoing>, StoreError> {
        let now = (self.clock)();
        let due = query("SELECT 1 AS due FROM outbox WHERE due <= $1 LIMIT 1").bind(now);
        if due.fetch_optional(self.archive.pool()).await?.is_none() {
            return Ok(Vec::new());
        }
        let Done::Claimed(claimed) = self.write(Work::Claim).await? else { return Err(StoreError::Stopped) };
        let mut outgoing = Vec::new();
        for Claimed { portal, id, since, attempts, sealed } in claimed {
            let plain = sealed.and_then(|sealed| self.keys.unseal(&portal, &id, &sealed));
            let written = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
            let Some(Written::V1 { subject, body, email, fields }) = written else {
                tracing::error!(portal, id, "a ticket that is to be handed over cannot be read; it is given up");
                self.write(Work::Postpone { portal, id, due: None }).await?;
                continue;
            };
            let ticket = NewTicket { subject, body, email, fields, ..NewTicket::default() };
            outgoing.push(Outgoing { portal, id, since, attempts, ticket });
        }
        Ok(outgoing)
    }

    /// Notes that a ticket was handed over to a help desk, where it has an id of its own if that is known: the webhook of that source
    /// makes no second one of it. What was written is deleted here. Durable when it returns.
    pub async fn handed_over(&self, sent: &Outgoing, source: &str, theirs: Option<&str>) -> Result<(), StoreError> {
        let Outgoing { portal, id, .. } = sent;
        let over = HandedOver {
            portal: portal.clone(),
            id: id.clone(),
            sealed: tickets::seal(&self.keys, portal, id, &NewTicket::default())?,
            source: source.into(),
            word: theirs.map(|theirs| sources::word(&self.keys, portal, source, theirs)),
            theirs: theirs.map(|theirs| sources::fact_id(source, theirs)),
        };
        self.write(Work::HandOver(over)).await.map(drop)
    }

    /// Notes that a ticket could not be handed over: when it is tried again, or `None` if it is given up.
    pub async fn postpone(&self, sent: &Outgoing) -> Result<Option<Millis>, StoreError> {
        let due = next_attempt((self.clock)(), sent.since, sent.attempts);
        self.write(Work::Postpone { portal: sent.portal.clone(), id: sent.id.clone(), due }).await?;
        Ok(due)
    }

    /// How many tickets of a portal are on their way to a help desk.
    pub async fn on_their_way(&self, portal: &str) -> Result<OnTheirWay, StoreError> {
        let counted =
            query("SELECT COUNT(due) AS waiting, COUNT(*) - COUNT(due) AS given_up FROM outbox WHERE portal = $1");
        let row = counted.bind(portal).fetch_one(self.archive.pool()).await?;
        let count = |column| row.try_get::<i64, _>(column).map(|count| u64::try_from(count).unwrap_or_default());
        Ok(OnTheirWay { waiting: count("waiting")?, given_up: count("given_up")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_grow_rarer_and_end_after_a_week() {
        let waits: Vec<_> = (0..4).map(|attempts| next_attempt(5, 0, attempts).unwrap() - 5).collect();
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(next_attempt(0, 0, 12), Some(LONGEST));
        assert_eq!(next_attempt(0, 0, u32::MAX), Some(LONGEST));
        assert!(next_attempt(PATIENCE - 1, 0, 99).is_some());
        assert_eq!(next_attempt(PATIENCE, 0, 0), None);
    }
}
