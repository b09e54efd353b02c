//! Tickets of a file, beside a server that may be writing: batches, each a transaction of its own, and what the whole file covers.

use super::database::Database;
use super::keys::Keys;
use super::rows::hash;
use super::session::check_keys;
use super::sources::{cover, heard, take};
use super::{DatabaseUrl, Notice, SourceTicket, StoreError};
use crate::deflection::log::{Hash, Millis};
use indexer::portal::Portal;
use sqlx::{AnyConnection, Connection, Row, query};
use std::collections::{HashMap, HashSet};
use std::path::Path;

/// A session that brings tickets of a file into a database that a server has made.
pub struct Importer {
    db: AnyConnection,
    database: Database,
    keys: Keys,
    portal: Portal,
    source: String,
    /// Known addresses, and since when.
    addresses: HashMap<Hash, Millis>,
    /// Who is known to have been here; read when a ticket names somebody.
    people: Option<HashSet<Hash>>,
}

/// What became of tickets of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Tickets that were not there.
    pub new: usize,
    /// Tickets that were there, or stand in the file twice.
    pub duplicate: usize,
    /// Tickets, new or not, whose address was known when they were written, whose subject is, or that name a search or form.
    pub linked: usize,
}

impl Importer {
    /// Opens the database of a data folder, or that at an address, to bring in tickets of one source.
    ///
    /// # Errors
    /// There is no database, it is of another version, or was written with other keys than the folder's.
    pub async fn open(
        folder: &Path,
        database: Option<&DatabaseUrl>,
        portal: Portal,
        source: &str,
        now: Millis,
    ) -> Result<Self, StoreError> {
        let database = Database::new(folder, database)?;
        // A server that is running must not find its database changed to a later form.
        database.to_read().await?.close().await;
        let keys = Keys::open(&folder.join("keys"))?;
        let mut db = database.to_write().await?;
        check_keys(&mut db, &keys, now).await?;
        let known = query("SELECT email, MIN(since) AS since FROM address WHERE portal = $1 GROUP BY email");
        let mut addresses = HashMap::new();
        for row in known.bind(&portal.id).fetch_all(&mut db).await? {
            addresses.insert(hash(&row, "email")?.ok_or(StoreError::Damaged("email"))?, row.try_get("since")?);
        }
        Ok(Self { db, database, keys, portal, source: source.into(), addresses, people: None })
    }

    /// Brings in tickets, all or none. Durable when it returns.
    pub async fn take(&mut self, tickets: Vec<SourceTicket>, now: Millis) -> Result<Imported, StoreError> {
        let mut linked = 0;
        for ticket in &tickets {
            linked += usize::from(self.knows(ticket).await?);
        }
        let rows = heard(&self.keys, &self.portal, &self.source, tickets.into_iter().map(Notice::Made).collect());
        let mut transaction = self.db.begin_with(self.database.begin()).await?;
        let taken = take(&mut transaction, &self.portal.id, &self.source, &rows, now).await?;
        transaction.commit().await?;
        Ok(Imported { new: taken.made, duplicate: taken.repeated + taken.passed, linked })
    }

    /// Declares for which time the file holds all tickets. Durable when it returns.
    pub async fn cover(mut self, time: (Millis, Millis), now: Millis) -> Result<(), StoreError> {
        let mut transaction = self.db.begin_with(self.database.begin()).await?;
        cover(&mut transaction, &self.portal.id, &self.source, time, now).await?;
        transaction.commit().await?;
        Ok(self.db.close().await?)
    }

    async fn knows(&mut self, ticket: &SourceTicket) -> Result<bool, StoreError> {
        let since = |email: &str| self.addresses.get(&self.keys.email(&self.portal.id, email));
        let known = |email: &str| since(email).is_some_and(|since| *since <= ticket.at);
        if ticket.search_id.is_some() || ticket.form_id.is_some() || ticket.email.as_deref().is_some_and(known) {
            return Ok(true);
        }
        let Some(subject) = &ticket.person else { return Ok(false) };
        let subject = self.keys.subject(&self.portal.id, subject);
        let people = match &mut self.people {
            Some(people) => people,
            none => none.insert(people(&mut self.db, &self.portal.id).await?),
        };
        Ok(people.contains(&subject))
    }
}

/// Hashes of the subjects of a portal's events.
async fn people(db: &mut AnyConnection, portal: &str) -> Result<HashSet<Hash>, StoreError> {
    let found = query("SELECT DISTINCT subject FROM event WHERE portal = $1 AND subject IS NOT NULL").bind(portal);
    let found = found.fetch_all(db).await?;
    found.iter().filter_map(|row| hash(row, "subject").transpose()).collect()
}
