//! What is held of one person, told: their rows as they are, their tickets as they were written.

use super::keys::Keys;
use super::person::{Theirs, Whose};
use super::readings::{self, Reading};
use super::rows::{self, is_set};
use super::{NewTicket, Stage, StoreError, tickets};
use crate::deflection::log::{Event, Millis, Ticket};
use sqlx::{AnyConnection, Row, query};

/// All that is held of a person.
#[derive(Debug, Default)]
pub struct Held {
    /// What they did, in order; texts as they are stored, redacted.
    pub events: Vec<Event>,
    /// Their last words on articles.
    pub votes: Vec<HeldVote>,
    /// Their tickets.
    pub tickets: Vec<HeldTicket>,
    /// Since when they are known by addresses, each of which is held as a keyed hash alone.
    pub addresses: Vec<Millis>,
    /// What they read that is audited.
    pub readings: Vec<Reading>,
}

/// A last word on an article.
#[derive(Debug)]
pub struct HeldVote {
    /// The article.
    pub slug: String,
    /// When.
    pub t: Millis,
    /// Whether it solved the need.
    pub solved: bool,
}

/// A ticket: as written, as long as that is kept, and what is kept of it for analysis.
#[derive(Debug)]
pub struct HeldTicket {
    /// Its id.
    pub id: String,
    /// As written, and each stage since when.
    pub written: Option<(NewTicket, Vec<(Stage, Millis)>)>,
    /// For analysis.
    pub fact: Option<Ticket>,
}

/// Reads it, all of one moment within a transaction of `db`.
pub async fn of(db: &mut AnyConnection, keys: &Keys, whose: &Whose) -> Result<Held, StoreError> {
    let theirs = whose.find(&mut *db).await?;
    let mut held = Held::default();
    for seq in &theirs.events {
        let row = query("SELECT * FROM event WHERE seq = $1").bind(*seq).fetch_one(&mut *db).await?;
        held.events.push(rows::event(&row)?);
    }
    held.events.sort_by(|a, b| (a.stamp.at, &a.id).cmp(&(b.stamp.at, &b.id)));
    let Theirs { votes, facts, tickets, addresses, subjects, .. } = &theirs;
    for (slug, visitor, t) in votes {
        let vote = query("SELECT solved FROM vote WHERE portal = $1 AND slug = $2 AND visitor = $3 AND t = $4");
        let vote = vote.bind(&whose.portal).bind(slug).bind(&visitor[..]).bind(t);
        if let Some(row) = vote.fetch_optional(&mut *db).await? {
            let solved = is_set(&row, "solved")?.ok_or(StoreError::Damaged("solved"))?;
            held.votes.push(HeldVote { slug: slug.clone(), t: *t, solved });
        }
    }
    for id in facts.union(tickets) {
        let fact = query("SELECT * FROM ticket_fact WHERE portal = $1 AND id = $2").bind(&whose.portal).bind(id);
        let fact = fact.fetch_optional(&mut *db).await?.map(|row| rows::ticket(&row)).transpose()?;
        let written = tickets::written(db, keys, &whose.portal, id).await?;
        held.tickets.push(HeldTicket { id: id.clone(), written, fact });
    }
    for (email, person) in addresses {
        let since = query("SELECT since FROM address WHERE portal = $1 AND email = $2 AND person = $3");
        let since = since.bind(&whose.portal).bind(&email[..]).bind(&person[..]).fetch_one(&mut *db).await?;
        held.addresses.push(since.try_get("since")?);
    }
    for subject in subjects {
        let read = query("SELECT * FROM reading WHERE portal = $1 AND reader = $2 ORDER BY seq");
        for row in read.bind(&whose.portal).bind(&subject[..]).fetch_all(&mut *db).await? {
            held.readings.push(readings::read(&row)?);
        }
    }
    Ok(held)
}

impl Held {
    /// How many rows it is.
    pub fn rows(&self) -> u64 {
        let Self { events, votes, tickets, addresses, readings } = self;
        (events.len() + votes.len() + tickets.len() + addresses.len() + readings.len()) as u64
    }
}
