//! The audit: who read text as people typed it, or exact times, and what of it; who was erased or exported is told by number alone.

use super::rows::{bytes, hash};
use super::work::{Done, Work};
use super::{Store, StoreError};
use crate::deflection::log::{Hash, Millis};
use crate::identity::Viewer;
use indexer::portal::Portal;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row, query};

/// One reading of what most analysts may not see, or an erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Of which portal.
    pub portal: String,
    /// When.
    pub at: Millis,
    /// Keyed hash of the reader's subject; `None`: their token named none.
    pub reader: Option<Hash>,
    /// What was asked, as the query of an address; of a person `erase?by=…` or `export?by=…`, never whom.
    pub what: String,
    /// How many rows were shown, or erased. Of an export that broke off, how many were ready to be sent.
    pub rows: u64,
}

/// Notes a reading; its number.
pub async fn insert(db: &mut AnyConnection, reading: &Reading) -> Result<i64, sqlx::Error> {
    query("INSERT INTO reading (portal, at, reader, what, rows) VALUES ($1, $2, $3, $4, $5) RETURNING seq")
        .bind(&reading.portal)
        .bind(reading.at)
        .bind(bytes(&reading.reader))
        .bind(&reading.what)
        .bind(i64::try_from(reading.rows).unwrap_or(i64::MAX))
        .fetch_one(db)
        .await?
        .try_get("seq")
}

/// Notes that so many more rows of a reading are shown; whether it is still there.
pub async fn add(db: &mut AnyConnection, number: i64, rows: u64) -> Result<bool, sqlx::Error> {
    let added = query("UPDATE reading SET rows = rows + $1 WHERE seq = $2");
    let added = added.bind(i64::try_from(rows).unwrap_or(i64::MAX)).bind(number).execute(db).await?;
    Ok(added.rows_affected() == 1)
}

impl Store {
    /// Notes that a viewer reads what most analysts may not: what was asked, and how many rows are shown. Durable when it returns; the
    /// number under which more rows of it are noted.
    pub async fn note_reading(
        &self,
        portal: &Portal,
        viewer: &Viewer,
        what: String,
        rows: u64,
    ) -> Result<i64, StoreError> {
        let reader = viewer.subject().map(|subject| self.keys.subject(&portal.id, subject));
        let reading = Reading { portal: portal.id.clone(), at: (self.clock)(), reader, what, rows };
        match self.write(Work::Read(reading)).await? {
            Done::Read(number) => Ok(number),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Notes that so many more rows of a reading are shown. Durable when it returns.
    pub async fn note_more_read(&self, number: i64, rows: u64) -> Result<(), StoreError> {
        match self.write(Work::ReadMore { number, rows }).await? {
            Done::ReadMore(true) => Ok(()),
            Done::ReadMore(false) => Err(StoreError::Unnoted),
            _ => Err(StoreError::Stopped),
        }
    }

    /// The readings that were noted of a portal, oldest first.
    pub async fn readings(&self, portal: &str) -> Result<Vec<Reading>, StoreError> {
        all(self.archive.pool(), portal).await
    }
}

/// The readings of a portal, oldest first.
async fn all(pool: &AnyPool, portal: &str) -> Result<Vec<Reading>, StoreError> {
    let rows = query("SELECT * FROM reading WHERE portal = $1 ORDER BY at, seq").bind(portal).fetch_all(pool).await?;
    rows.iter().map(read).collect()
}

/// At most `limit` readings of a portal, each with its number, the latest first: those with numbers below `before`.
pub async fn latest(pool: &AnyPool, portal: &str, before: i64, limit: i64) -> Result<Vec<(i64, Reading)>, StoreError> {
    let rows = query("SELECT * FROM reading WHERE portal = $1 AND seq < $2 ORDER BY seq DESC LIMIT $3");
    let rows = rows.bind(portal).bind(before).bind(limit).fetch_all(pool).await?;
    rows.iter().map(|row| Ok((row.try_get("seq")?, read(row)?))).collect()
}

/// Reads a reading.
pub fn read(row: &AnyRow) -> Result<Reading, StoreError> {
    Ok(Reading {
        portal: row.try_get("portal")?,
        at: row.try_get("at")?,
        reader: hash(row, "reader")?,
        what: row.try_get("what")?,
        rows: u64::try_from(row.try_get::<i64, _>("rows")?).unwrap_or_default(),
    })
}
