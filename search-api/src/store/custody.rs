//! Answering for one person: by the server, and by the command line beside a server that may be running.

use super::database::{Database, DatabaseUrl};
use super::erasure::{Erased, Erasure, Holding, Traces};
use super::export::{self, Held};
use super::keys::Keys;
use super::person::Sought;
use super::readings::{self, Reading};
use super::session::check_keys;
use super::work::{Done, Work};
use super::{Archive, Store, StoreError};
use crate::deflection::log::Millis;
use crate::identity::Viewer;
use indexer::portal::Portal;
use sqlx::{AnyConnection, Connection};
use std::path::Path;

/// Keys and database, to look somebody up.
pub struct Custody {
    keys: Keys,
    database: Database,
    db: AnyConnection,
}

impl Custody {
    /// Opens what a server has made: the database at the address or in `folder`, and the keys in `folder`.
    ///
    /// # Errors
    /// There is none, it is of another version, or was written with other keys.
    pub async fn open(folder: &Path, database: Option<&DatabaseUrl>, now: Millis) -> Result<Self, StoreError> {
        let database = Database::new(folder, database)?;
        // A database that is not there, or of another version, is neither made nor changed.
        Archive::of(&database).await?.pool().close().await;
        let keys = folder.join("keys");
        if !keys.join("subject.key").is_file() {
            return Err(StoreError::NoKeys(keys));
        }
        let keys = Keys::open(&keys)?;
        let mut db = database.to_write().await?;
        check_keys(&mut db, &keys, now).await?;
        Ok(Self { keys, database, db })
    }

    /// How much is held of a person.
    pub async fn count(&mut self, portal: &str, sought: &Sought) -> Result<Holding, StoreError> {
        let whose = sought.hashed(&self.keys, portal)?;
        let mut transaction = self.db.begin().await?;
        Ok(whose.find(&mut transaction).await?.count())
    }

    /// All that is held of a person. That it was read is noted before it is returned.
    pub async fn export(&mut self, portal: &str, sought: &Sought, now: Millis) -> Result<Held, StoreError> {
        let whose = sought.hashed(&self.keys, portal)?;
        let mut transaction = self.db.begin_with(self.database.begin()).await?;
        let held = export::of(&mut transaction, &self.keys, &whose).await?;
        let what = format!("export?by={}", whose.by);
        let reading = Reading { portal: portal.into(), at: now, reader: None, what, rows: held.rows() };
        readings::insert(&mut transaction, &reading).await?;
        transaction.commit().await?;
        Ok(held)
    }

    /// Deletes what is held of a person, and notes that it was done.
    pub async fn erase(&mut self, portal: &str, sought: &Sought, now: Millis) -> Result<Erased, StoreError> {
        let erasure = Erasure { whose: sought.hashed(&self.keys, portal)?, operator: None };
        let mut transaction = self.db.begin_with(self.database.begin()).await?;
        let rows = erasure.perform(&mut transaction, now).await?;
        transaction.commit().await?;
        let traces = self.database.overwrite(&mut self.db).await.unwrap_or(Traces::InLog);
        Ok(Erased { rows, traces })
    }
}

impl Store {
    /// At most `limit` readings of a portal, each with its number, the latest first: those with numbers below `before`.
    pub async fn audit(&self, portal: &str, before: i64, limit: i64) -> Result<Vec<(i64, Reading)>, StoreError> {
        readings::latest(self.archive.pool(), portal, before, limit).await
    }

    /// Deletes what is held of a person, and notes that an operator did. Durable when it returns.
    pub async fn erase(&self, portal: &Portal, operator: &Viewer, sought: &Sought) -> Result<Erased, StoreError> {
        let operator = operator.subject().map(|subject| self.keys.subject(&portal.id, subject));
        let whose = sought.hashed(&self.keys, &portal.id)?;
        match self.write(Work::Erase(Erasure { whose, operator })).await? {
            Done::Erased(erased) => Ok(erased),
            _ => Err(StoreError::Stopped),
        }
    }

    /// All that is held of a person, and of nobody else. That an operator read it is noted before it is returned.
    pub async fn export(&self, portal: &Portal, operator: &Viewer, sought: &Sought) -> Result<Held, StoreError> {
        let whose = sought.hashed(&self.keys, &portal.id)?;
        let mut db = self.archive.pool().begin().await?;
        let held = export::of(&mut db, &self.keys, &whose).await?;
        drop(db);
        self.note_reading(portal, operator, format!("export?by={}", whose.by), held.rows()).await?;
        Ok(held)
    }
}
