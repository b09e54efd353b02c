//! What is on its way out: noted with what it speaks of, tried until it is there or too old. A ticket to a help desk, after which what was
//! written is deleted.

use super::names::Named;
use super::sources::{self, Reason};
use super::tickets::{self, Told, Written};
use super::work::{Done, Work};
use super::{NewTicket, Stage, Store, StoreError};
use crate::deflection::log::{Hash, Millis};
use sqlx::{AnyConnection, Row, query};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How long a ticket is tried to be handed over: 7 d.
const PATIENCE: Millis = 7 * 24 * 60 * 60 * 1000;

/// How long a mail is tried to be sent: a relay that is away over a weekend comes back, and an older word of a ticket helps nobody.
const PATIENCE_WITH_MAIL: Millis = 3 * 24 * 60 * 60 * 1000;

/// How long whoever took something to send it has it for themselves; longer than one attempt takes.
pub const LEASE: Millis = 15_000;

/// The same of a mail: whoever takes one may look at it for long before saying so.
const LEASE_OF_MAIL: Millis = 90_000;

/// Longest time between two attempts: 1 h.
const LONGEST: Millis = 60 * 60 * 1000;

/// Taken at once.
pub const AT_ONCE: i64 = 8;

/// Where something is on its way to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// A ticket to a help desk.
    Desk,
    /// Word of a ticket's stage to whoever wrote it.
    Mail,
}

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

/// Something that was taken to be sent.
pub struct Claimed {
    /// Portal.
    pub portal: String,
    /// The ticket that it speaks of.
    pub id: String,
    /// Number of the stage that a mail tells of.
    pub stage: i64,
    /// Since when it is on its way.
    pub since: Millis,
    /// Attempts before this one.
    pub attempts: u32,
    /// What the ticket says, as long as there is one.
    pub sealed: Option<Vec<u8>>,
}

/// A ticket that was handed over, ready to be stored.
pub struct HandedOver {
    /// Portal.
    pub portal: String,
    /// Our id.
    pub id: String,
    /// What stays in the place of what was written.
    sealed: Vec<u8>,
    /// Whether whoever wrote it is told.
    told: Told,
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
    let noted =
        query("INSERT INTO outbox (portal, id, way, stage, since, attempts, due) VALUES ($1, $2, $3, 0, $4, 0, $4)");
    noted.bind(portal).bind(id).bind(Way::Desk.name()).bind(at).execute(db).await.map(drop)
}

/// Notes that whoever wrote a ticket is to be told of its latest stage, instead of an earlier one of which they were not told yet.
pub async fn insert_mail(db: &mut AnyConnection, portal: &str, id: &str, at: Millis) -> Result<(), sqlx::Error> {
    let noted = query(
        "INSERT INTO outbox (portal, id, way, stage, since, attempts, due) \
         SELECT $1, $2, $3, MAX(number), $4, 0, $4 FROM ticket_stage WHERE portal = $1 AND id = $2 \
         ON CONFLICT (portal, id, way) DO UPDATE SET stage = excluded.stage, since = excluded.since, attempts = 0, \
         due = excluded.due",
    );
    noted.bind(portal).bind(id).bind(Way::Mail.name()).bind(at).execute(db).await.map(drop)
}

/// Takes what is due, so that nobody else takes it meanwhile.
pub async fn claim(db: &mut AnyConnection, way: Way, now: Millis) -> Result<Vec<Claimed>, sqlx::Error> {
    let due = query(
        "SELECT outbox.portal, outbox.id, stage, since, attempts, sealed FROM outbox LEFT JOIN ticket \
         ON ticket.portal = outbox.portal AND ticket.id = outbox.id WHERE way = $1 AND due <= $2 ORDER BY due LIMIT $3",
    );
    let mut claimed = Vec::new();
    for row in due.bind(way.name()).bind(now).bind(AT_ONCE).fetch_all(&mut *db).await? {
        let attempts = row.try_get::<i64, _>("attempts")?;
        claimed.push(Claimed {
            portal: row.try_get("portal")?,
            id: row.try_get("id")?,
            stage: row.try_get("stage")?,
            since: row.try_get("since")?,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            sealed: row.try_get("sealed")?,
        });
    }
    for Claimed { portal, id, .. } in &claimed {
        let taken =
            query("UPDATE outbox SET attempts = attempts + 1, due = $1 WHERE portal = $2 AND id = $3 AND way = $4");
        taken.bind(now + way.lease()).bind(portal).bind(id).bind(way.name()).execute(&mut *db).await?;
    }
    Ok(claimed)
}

/// Notes when a ticket, or a mail of one of its stages, is tried again; `None`: never.
pub async fn postpone(
    db: &mut AnyConnection,
    (portal, id, way, stage): (&str, &str, Way, i64),
    due: Option<Millis>,
) -> Result<(), sqlx::Error> {
    let postponed = query("UPDATE outbox SET due = $1 WHERE portal = $2 AND id = $3 AND way = $4 AND stage = $5");
    postponed.bind(due).bind(portal).bind(id).bind(way.name()).bind(stage).execute(db).await.map(drop)
}

/// Notes that a ticket was handed over, and deletes what was written.
pub async fn hand_over(db: &mut AnyConnection, over: &HandedOver, now: Millis) -> Result<(), StoreError> {
    let HandedOver { portal, id, sealed, told, source, word, theirs } = over;
    let gone = query("DELETE FROM outbox WHERE portal = $1 AND id = $2 AND way = $3");
    let gone = gone.bind(portal).bind(id).bind(Way::Desk.name());
    if gone.execute(&mut *db).await?.rows_affected() == 0 {
        // Another server handed it over as well.
        return Ok(());
    }
    let emptied = query("UPDATE ticket SET sealed = $1 WHERE portal = $2 AND id = $3");
    emptied.bind(&sealed[..]).bind(portal).bind(id).execute(&mut *db).await?;
    tickets::advance(db, (portal, id), Stage::HandedOver, *told, now).await?;
    if let Some(word) = word {
        sources::expect(db, portal, source, *word, Reason::Forwarded, now).await?;
    }
    if let Some(theirs) = theirs {
        sources::withdraw(db, portal, theirs, now).await?;
    }
    Ok(())
}

/// When something is tried again after its last attempt: 1, 2, 4 … s later, at most an hour; `None`: it is too old.
pub fn next_attempt(now: Millis, since: Millis, attempts: u32) -> Option<Millis> {
    next_within(PATIENCE, now, since, attempts)
}

/// The same of a mail.
pub fn next_mail(now: Millis, since: Millis, attempts: u32) -> Option<Millis> {
    next_within(PATIENCE_WITH_MAIL, now, since, attempts)
}

fn next_within(patience: Millis, now: Millis, since: Millis, attempts: u32) -> Option<Millis> {
    let wait = 1_000_i64.saturating_mul(1 << attempts.min(30)).min(LONGEST);
    (now.saturating_sub(since) < patience).then_some(now + wait)
}

impl Way {
    fn lease(self) -> Millis {
        match self {
            Self::Desk => LEASE,
            Self::Mail => LEASE_OF_MAIL,
        }
    }
}

impl Store {
    /// The same, whose tickets of these portals are to be handed over to a help desk.
    pub fn forwarding(self, portals: BTreeSet<String>) -> Self {
        Self { forwarded: Arc::new(portals), ..self }
    }

    /// Takes tickets that are to be handed over now, for a quarter of a minute; one whose words are gone is given up.
    pub async fn outgoing(&self) -> Result<Vec<Outgoing>, StoreError> {
        let mut outgoing = Vec::new();
        for Claimed { portal, id, stage, since, attempts, sealed } in self.claim(Way::Desk).await? {
            let plain = sealed.and_then(|sealed| self.keys.unseal(&portal, &id, &sealed));
            let written = plain.and_then(|plain| serde_json::from_slice::<Written>(&plain).ok());
            let Some(ticket) = written.map(NewTicket::from) else {
                tracing::error!(portal, id, "a ticket that is to be handed over cannot be read; it is given up");
                self.write(Work::Postpone { portal, id, way: Way::Desk, stage, due: None }).await?;
                continue;
            };
            outgoing.push(Outgoing { portal, id, since, attempts, ticket });
        }
        Ok(outgoing)
    }

    /// Takes what is to be sent now.
    pub(super) async fn claim(&self, way: Way) -> Result<Vec<Claimed>, StoreError> {
        let due = query("SELECT 1 AS due FROM outbox WHERE way = $1 AND due <= $2 LIMIT 1");
        let due = due.bind(way.name()).bind((self.clock)());
        if due.fetch_optional(self.archive.pool()).await?.is_none() {
            return Ok(Vec::new());
        }
        match self.write(Work::Claim(way)).await? {
            Done::Claimed(claimed) => Ok(claimed),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Notes that a ticket was handed over to a help desk, where it has an id of its own if that is known: the webhook of that source
    /// makes no second one of it. What was written is deleted here, but for the address as long as whoever gave it is still to be told.
    /// Durable when it returns.
    pub async fn handed_over(&self, sent: &Outgoing, source: &str, theirs: Option<&str>) -> Result<(), StoreError> {
        let Outgoing { portal, id, ticket, .. } = sent;
        let told = self.tells(portal, ticket);
        let left = match told {
            Told::Yes => {
                NewTicket { email: ticket.email.clone(), language: ticket.language.clone(), ..NewTicket::default() }
            }
            Told::No => NewTicket::default(),
        };
        let over = HandedOver {
            portal: portal.clone(),
            id: id.clone(),
            sealed: tickets::seal(&self.keys, portal, id, &left)?,
            told,
            source: source.into(),
            word: theirs.map(|theirs| sources::word(&self.keys, portal, source, theirs)),
            theirs: theirs.map(|theirs| sources::fact_id(source, theirs)),
        };
        self.write(Work::HandOver(over)).await.map(drop)
    }

    /// Notes that a ticket could not be handed over: when it is tried again, or `None` if it is given up.
    pub async fn postpone(&self, sent: &Outgoing) -> Result<Option<Millis>, StoreError> {
        let due = next_attempt((self.clock)(), sent.since, sent.attempts);
        let (portal, id) = (sent.portal.clone(), sent.id.clone());
        self.write(Work::Postpone { portal, id, way: Way::Desk, stage: 0, due }).await?;
        Ok(due)
    }

    /// How many tickets of a portal are on their way.
    pub async fn on_their_way(&self, portal: &str, way: Way) -> Result<OnTheirWay, StoreError> {
        let counted = query(
            "SELECT COUNT(due) AS waiting, COUNT(*) - COUNT(due) AS given_up FROM outbox WHERE portal = $1 AND way = $2",
        );
        let row = counted.bind(portal).bind(way.name()).fetch_one(self.archive.pool()).await?;
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
        assert_eq!(
            (next_mail(PATIENCE_WITH_MAIL - 1, 0, 0).is_some(), next_mail(PATIENCE_WITH_MAIL, 0, 0)),
            (true, None)
        );
    }
}
