//! The audit: who read text as people typed it, or exact times, and what of it; who was erased or exported is told by number alone.

use super::StoreError;
use super::rows::{bytes, hash};
use crate::deflection::log::{Hash, Millis};
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
    /// How many rows were shown, or erased.
    pub rows: u64,
}

/// Notes a reading.
pub async fn insert(db: &mut AnyConnection, reading: &Reading) -> Result<(), sqlx::Error> {
    query("INSERT INTO reading (portal, at, reader, what, rows) VALUES ($1, $2, $3, $4, $5)")
        .bind(&reading.portal)
        .bind(reading.at)
        .bind(bytes(&reading.reader))
        .bind(&reading.what)
        .bind(i64::try_from(reading.rows).unwrap_or(i64::MAX))
        .execute(db)
        .await?;
    Ok(())
}

/// The readings of a portal, oldest first.
pub async fn all(pool: &AnyPool, portal: &str) -> Result<Vec<Reading>, StoreError> {
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
