//! The audit of readings: who read text as people typed it, or exact times, and what of it.

use super::StoreError;
use super::rows::{bytes, hash};
use crate::deflection::log::{Hash, Millis};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row, query};

/// One reading of what most analysts may not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Of which portal.
    pub portal: String,
    /// When.
    pub at: Millis,
    /// Keyed hash of the reader's subject; `None`: their token named none.
    pub reader: Option<Hash>,
    /// What was asked, as the query of an address.
    pub what: String,
    /// How many rows were shown.
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
    let read = |row: &AnyRow| {
        Ok(Reading {
            portal: row.try_get("portal")?,
            at: row.try_get("at")?,
            reader: hash(row, "reader")?,
            what: row.try_get("what")?,
            rows: u64::try_from(row.try_get::<i64, _>("rows")?).unwrap_or_default(),
        })
    };
    rows.iter().map(read).collect()
}
