//! What is held of one person, removed: their rows deleted, their browser taken out of the rows of others.

use super::StoreError;
use super::database::rows_at_once;
use super::days;
use super::insert::{places, portions};
use super::person::{Theirs, Whose};
use super::readings::{self, Reading};
use crate::deflection::log::{Hash, Millis};
use sqlx::{AnyConnection, AssertSqlSafe, Row, query};
use std::collections::BTreeMap;

/// How many rows of a person are held, or were erased.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holding {
    /// Events.
    pub events: u64,
    /// Last words on articles.
    pub votes: u64,
    /// Addresses that they are known by.
    pub addresses: u64,
    /// What is kept of tickets for analysis.
    pub facts: u64,
    /// Tickets as written, sealed.
    pub tickets: u64,
}

/// What is left of erased rows in the database's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traces {
    /// Nothing: they are overwritten.
    None,
    /// SQLite, a file too large to be written anew meanwhile: perhaps copies in unused parts of pages.
    InPages,
    /// SQLite: copies in the write-ahead log, since somebody was reading; the next checkpoint takes them.
    InLog,
    /// PostgreSQL: their bytes stay in pages until VACUUM and new rows take their place.
    UntilVacuum,
}

/// What was erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erased {
    /// How many rows.
    pub rows: Holding,
    /// What is left of them.
    pub traces: Traces,
}

/// Someone to be erased, and who says so.
#[derive(Debug)]
pub struct Erasure {
    /// Who.
    pub whose: Whose,
    /// Keyed hash of the operator's subject; `None`: the command line.
    pub operator: Option<Hash>,
}

/// Each table, and what becomes of it when a person is erased; a test compares it with the tables that there are.
#[cfg(test)]
pub const TABLES: [(&str, &str); 20] = [
    ("event", "deleted; of others' rows, the browser"),
    ("ticket_fact", "deleted; of others' rows, the browser"),
    ("ticket", "deleted"),
    ("ticket_stage", "deleted"),
    ("idempotency", "deleted"),
    ("outbox", "deleted: a ticket that is on its way to a help desk is not sent any more, nor a mail"),
    ("mailed", "deleted"),
    ("address", "deleted; of others' rows, the browser"),
    ("vote", "deleted"),
    ("reading", "kept: an audit that its reader could erase would be none; it holds a keyed hash"),
    (
        "ticket_notice",
        "kept: keyed hashes of numbers of tickets, without which a ticket that is delivered again would come back",
    ),
    ("day_facts", "kept; of the days around what they did, with a stranger in their place"),
    ("week_groups", "deleted, of the weeks around what they did; worked out anew without them"),
    ("changed_past", "of nobody"),
    ("alert", "of nobody: cells of at least five visitors"),
    ("coverage", "of nobody"),
    ("outage", "of nobody"),
    ("lost", "of nobody"),
    ("key_check", "of nobody"),
    ("_sqlx_migrations", "of nobody"),
];

impl Erasure {
    /// Erases within a transaction of `db`, and notes that it was done.
    pub async fn perform(&self, db: &mut AnyConnection, now: Millis) -> Result<Holding, StoreError> {
        let theirs = self.whose.find(&mut *db).await?;
        let holding = theirs.count();
        let portal = self.whose.portal.as_str();
        for events in portions(&Vec::from_iter(theirs.events), rows_at_once(db)) {
            let statement = format!("DELETE FROM event WHERE seq IN (VALUES {})", places(events.len(), 1));
            events
                .iter()
                .fold(query(AssertSqlSafe(statement)), |bound, seq| bound.bind(*seq))
                .execute(&mut *db)
                .await?;
        }
        if let Some(span) = theirs.span {
            let persons = theirs.subjects.iter().chain(&theirs.browsers).copied();
            let mut tickets = BTreeMap::new();
            for id in &theirs.facts {
                let made = query("SELECT at FROM ticket_fact WHERE portal = $1 AND id = $2 AND mark IS NULL");
                for row in made.bind(portal).bind(id).fetch_all(&mut *db).await? {
                    *tickets.entry(row.try_get("at")?).or_default() += 1;
                }
            }
            days::disguise(db, portal, persons, tickets, span).await?;
        }
        for (slug, visitor, t) in &theirs.votes {
            let vote = query("DELETE FROM vote WHERE portal = $1 AND slug = $2 AND visitor = $3 AND t = $4");
            vote.bind(portal).bind(slug).bind(&visitor[..]).bind(t).execute(&mut *db).await?;
        }
        for (email, person) in &theirs.addresses {
            let address = query("DELETE FROM address WHERE portal = $1 AND email = $2 AND person = $3");
            address.bind(portal).bind(&email[..]).bind(&person[..]).execute(&mut *db).await?;
        }
        for id in theirs.facts.union(&theirs.tickets) {
            for statement in [
                "DELETE FROM ticket_fact WHERE portal = $1 AND id = $2",
                "DELETE FROM ticket WHERE portal = $1 AND id = $2",
                "DELETE FROM ticket_stage WHERE portal = $1 AND id = $2",
                "DELETE FROM outbox WHERE portal = $1 AND id = $2",
                "DELETE FROM mailed WHERE portal = $1 AND id = $2",
            ] {
                query(statement).bind(portal).bind(id).execute(&mut *db).await?;
            }
            // Ids are random: no other portal has the same.
            query("DELETE FROM idempotency WHERE ticket_id = $1").bind(id).execute(&mut *db).await?;
        }
        for browser in &theirs.browsers {
            for statement in [
                "UPDATE event SET browser = NULL, browser_before = NULL WHERE portal = $1 AND browser = $2",
                "UPDATE event SET browser_before = NULL WHERE portal = $1 AND browser_before = $2",
                "UPDATE ticket_fact SET browser = NULL, browser_before = NULL WHERE portal = $1 AND browser = $2",
                "UPDATE ticket_fact SET browser_before = NULL WHERE portal = $1 AND browser_before = $2",
                "UPDATE address SET browser = NULL, browser_before = NULL WHERE portal = $1 AND browser = $2",
                "UPDATE address SET browser_before = NULL WHERE portal = $1 AND browser_before = $2",
            ] {
                query(statement).bind(portal).bind(&browser[..]).execute(&mut *db).await?;
            }
        }
        let what = format!("erase?by={}", self.whose.by);
        let done = Reading { portal: portal.into(), at: now, reader: self.operator, what, rows: holding.rows() };
        readings::insert(db, &done).await?;
        Ok(holding)
    }
}

impl Theirs {
    /// How many rows they are.
    pub fn count(&self) -> Holding {
        let number = |length: usize| length as u64;
        Holding {
            events: number(self.events.len()),
            votes: number(self.votes.len()),
            addresses: number(self.addresses.len()),
            facts: number(self.facts.len()),
            tickets: number(self.tickets.len()),
        }
    }
}

impl Holding {
    /// All of them.
    pub fn rows(&self) -> u64 {
        self.events + self.votes + self.addresses + self.facts + self.tickets
    }
}
