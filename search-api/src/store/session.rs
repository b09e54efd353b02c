//! A session that writes: it has the keys of the database, and notes for which time this server took tickets in.

use super::database::Database;
use super::keys::Keys;
use super::rows::hash;
use super::{FORM, StoreError};
use crate::deflection::log::Millis;
use sqlx::{AnyConnection, Row, query};

/// A session that writes.
pub struct Session {
    /// Its connection.
    pub db: AnyConnection,
    /// The time in which it takes tickets in.
    pub running: Running,
}

/// Row of a time in which the built-in form took tickets in.
#[derive(Clone, Copy)]
pub struct Running(i64);

impl Session {
    /// Begins a session of a database.
    ///
    /// # Errors
    /// The database is away, of another version, or was written with other keys.
    pub async fn begin(database: &Database, keys: &Keys, now: Millis) -> Result<Self, StoreError> {
        let mut db = database.to_write().await?;
        check_keys(&mut db, keys, now).await?;
        let run = query("INSERT INTO coverage (portal, source, start, until) VALUES (NULL, $1, $2, $2) RETURNING seq");
        let run = run.bind(FORM).bind(now).fetch_one(&mut db).await?;
        Ok(Self { running: Running(run.try_get("seq")?), db })
    }
}

impl Running {
    /// Notes that it still does.
    pub async fn beat(self, db: &mut AnyConnection, now: Millis) -> Result<(), sqlx::Error> {
        let beat = query("UPDATE coverage SET until = $1 WHERE seq = $2 AND until < $1");
        beat.bind(now).bind(self.0).execute(db).await.map(drop)
    }
}

/// Compares the keys with those that the database was written with; whoever comes first says which these are.
pub async fn check_keys(db: &mut AnyConnection, keys: &Keys, now: Millis) -> Result<(), StoreError> {
    for (name, value) in keys.checks(now)? {
        let first = query("INSERT INTO key_check (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING");
        first.bind(&name).bind(&value[..]).execute(&mut *db).await?;
        let known = query("SELECT value FROM key_check WHERE name = $1").bind(&name).fetch_one(&mut *db).await?;
        if hash(&known, "value")? != Some(value) {
            return Err(StoreError::OtherKeys { key: keys.path(&name) });
        }
    }
    Ok(())
}
