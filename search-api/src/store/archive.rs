//! The database as it is read: the rows of a portal.

use super::database::{Database, DatabaseUrl};
use super::writer::{CONFLICTS, DROPPED, FOREIGN_IDS};
use super::{FORM, StoreError, kin, rows};
use crate::deflection::Log;
use crate::deflection::log::{Address, Lost, Millis, Person, Stretch, Ticket};
use sqlx::{AnyConnection, AnyPool, AssertSqlSafe, Row, query};
use std::path::Path;

/// Longest time between two runs of the server that counts as a restart: in it no ticket could come by the built-in form, and
/// none is missed.
const RESTART: Millis = 5 * 60 * 1000;

/// Events of a portal as they are read.
macro_rules! event {
    () => {
        "SELECT id, at, sent_at, received_at, backfill, subject, browser, browser_before, roles, mark, surface, kind, search_id, form_id, \
         ticket_id, slug, rank, text, language, results, confidence, solved, model, vector, ties, experiment, per_mille, arm, task \
         FROM event WHERE portal = $1"
    };
}
pub(super) const EVENT: &str = event!();

/// What is read of a portal between two moments, and what is read of it whatever the time.
const EVENTS: &str = concat!(event!(), " AND t BETWEEN $2 AND $3");
const TICKETS: &str = "SELECT * FROM ticket_fact WHERE portal = $1 AND at BETWEEN $2 AND $3";
const ADDRESSES: &str = "SELECT * FROM address WHERE portal = $1";
const COVERAGE: &str =
    "SELECT source, start, until FROM coverage WHERE portal IS NULL OR portal = $1 ORDER BY source, start";
const OUTAGES: &str = "SELECT source, start, until FROM outage WHERE portal = $1 ORDER BY source, start, until";
const TYPED: &str = "SELECT subject, browser, browser_before, text FROM event \
                     WHERE portal = $1 AND t BETWEEN $2 AND $3 AND kind = 'search' AND text IS NOT NULL";
const LOST: &str = "SELECT reason, CAST(SUM(count) AS BIGINT) AS count FROM lost \
                    WHERE portal = $1 AND hour BETWEEN $2 AND $3 GROUP BY reason";

/// Whatever is asked of large tables, each with portal, first and last moment.
#[cfg(test)]
pub(super) const ASKED: [&str; 4] = [EVENTS, TICKETS, TYPED, LOST];

/// The event database, opened to be read.
#[derive(Clone)]
pub struct Archive {
    pool: AnyPool,
}

impl Archive {
    /// Opens a database that a server has made, to read it only: the one at the address, or else that of the data folder.
    pub async fn open(folder: &Path, database: Option<&DatabaseUrl>) -> Result<Self, StoreError> {
        Self::of(&Database::new(folder, database)?).await
    }

    /// Opens a database, to read it only.
    pub(super) async fn of(database: &Database) -> Result<Self, StoreError> {
        Ok(Self { pool: database.to_read().await? })
    }

    /// The connections.
    pub(super) fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// The rows of a portal that happened between two moments, inclusive, in no order; and the visits of long before in which somebody
    /// searched or began a form that a ticket among them names.
    pub async fn log(&self, portal: &str, from: Millis, to: Millis) -> Result<Log, StoreError> {
        // One transaction: all parts are of one moment.
        let mut db = self.pool.begin().await?;
        let mut log = beside_events(&mut db, portal, from, to).await?;
        for row in query(EVENTS).bind(portal).bind(from).bind(to).fetch_all(&mut *db).await? {
            log.events.push(rows::event(&row)?);
        }
        kin::add_named(&mut db, portal, from, &mut log).await?;
        Ok(log)
    }

    /// Who typed what in the searches of a portal between two moments, inclusive, as far as it is kept.
    pub async fn typed(&self, portal: &str, from: Millis, to: Millis) -> Result<Vec<(Person, String)>, StoreError> {
        let rows = query(TYPED).bind(portal).bind(from).bind(to).fetch_all(&self.pool).await?;
        rows.iter().map(|row| Ok((rows::person(row)?, row.try_get("text")?))).collect()
    }

    /// What the log of a portal between two moments has beside its events.
    pub async fn beside_events(&self, portal: &str, from: Millis, to: Millis) -> Result<Log, StoreError> {
        beside_events(&mut *self.pool.begin().await?, portal, from, to).await
    }

    /// The tickets of a portal that were made between two moments, inclusive, in no order.
    pub async fn tickets(&self, portal: &str, from: Millis, to: Millis) -> Result<Vec<Ticket>, StoreError> {
        let rows = query(TICKETS).bind(portal).bind(from).bind(to).fetch_all(&self.pool).await?;
        rows.iter().map(rows::ticket).collect()
    }

    /// The moment of the event that stands so many places from the end of a stretch of time, inclusive, or from its beginning; `None`:
    /// it has fewer.
    pub async fn moment_of(
        &self,
        portal: &str,
        (from, to): (Millis, Millis),
        place: u32,
        end: End,
    ) -> Result<Option<Millis>, StoreError> {
        let order = match end {
            End::First => "ASC",
            End::Last => "DESC",
        };
        let statement = format!(
            "SELECT t FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3 ORDER BY t {order} LIMIT 1 OFFSET $4"
        );
        let asked = query(AssertSqlSafe(statement)).bind(portal).bind(from).bind(to).bind(i64::from(place));
        Ok(asked.fetch_optional(&self.pool).await?.map(|row| row.try_get("t")).transpose()?)
    }

    /// What was lost of a portal between two moments, by hours.
    pub async fn lost(&self, portal: &str, from: Millis, to: Millis) -> Result<Lost, StoreError> {
        lost(&mut *self.pool.acquire().await?, portal, from, to).await
    }
}

/// From which end of a stretch of time something is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The earliest.
    First,
    /// The latest.
    Last,
}

/// What the log of a portal between two moments has beside its events.
pub(super) async fn beside_events(
    db: &mut AnyConnection,
    portal: &str,
    from: Millis,
    to: Millis,
) -> Result<Log, StoreError> {
    let mut log = Log::default();
    for row in query(TICKETS).bind(portal).bind(from).bind(to).fetch_all(&mut *db).await? {
        log.tickets.push(rows::ticket(&row)?);
    }
    for row in query(ADDRESSES).bind(portal).fetch_all(&mut *db).await? {
        let email = rows::hash(&row, "email")?.ok_or(StoreError::Damaged("email"))?;
        log.addresses.push(Address { email, person: rows::person(&row)?, since: row.try_get("since")? });
    }
    for row in query(COVERAGE).bind(portal).fetch_all(&mut *db).await? {
        let stretch =
            Stretch { source: row.try_get("source")?, from: row.try_get("start")?, to: row.try_get("until")? };
        match log.coverage.last_mut() {
            Some(last) if stretch.source == FORM && last.source == FORM && stretch.from - last.to <= RESTART => {
                last.to = last.to.max(stretch.to);
            }
            _ => log.coverage.push(stretch),
        }
    }
    for row in query(OUTAGES).bind(portal).fetch_all(&mut *db).await? {
        log.outages.push(Stretch {
            source: row.try_get("source")?,
            from: row.try_get("start")?,
            to: row.try_get("until")?,
        });
    }
    log.lost = lost(&mut *db, portal, from, to).await?;
    Ok(log)
}

async fn lost(db: &mut AnyConnection, portal: &str, from: Millis, to: Millis) -> Result<Lost, StoreError> {
    let mut lost = Lost::default();
    for row in query(LOST).bind(portal).bind(from).bind(to).fetch_all(db).await? {
        let count = u64::try_from(row.try_get::<i64, _>("count")?).unwrap_or_default();
        match row.try_get("reason")? {
            DROPPED => lost.dropped = count,
            CONFLICTS => lost.conflicts = count,
            FOREIGN_IDS => lost.foreign_ids = count,
            _ => {}
        }
    }
    Ok(lost)
}
