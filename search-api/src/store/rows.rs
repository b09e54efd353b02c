//! Events as rows of the database, and rows as events: the one place that knows the columns.

use super::StoreError;
use super::database::rows_at_once;
use super::insert::{Insert, places, portions};
use super::names::Named;
use crate::deflection::clock::moment;
use crate::deflection::log::{Assignment, Event, Hash, Kind, Person, QueryVector, Searched, Shown, Stamp, Ticket};
use crate::deflection::ties::Tie;
use indexer::embedder::ModelDigest;
use indexer::language::Language;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query};
use std::collections::HashMap;

/// Columns that only some kinds of event fill.
#[derive(Default)]
struct Columns<'a> {
    kind: &'static str,
    search_id: Option<&'a str>,
    form_id: Option<&'a str>,
    ticket_id: Option<&'a str>,
    slug: Option<&'a str>,
    rank: Option<u32>,
    text: Option<&'a str>,
    language: Option<&'a str>,
    results: Option<u32>,
    confidence: Option<&'static str>,
    solved: Option<bool>,
    vector: Option<&'a QueryVector>,
    assigned: Option<&'a Assignment>,
    task: bool,
}

const EVENTS: Insert = Insert {
    table: "event",
    columns: "portal, id, digest, t, at, sent_at, received_at, backfill, subject, browser, browser_before, roles, mark, \
              surface, kind, search_id, form_id, ticket_id, slug, rank, text, language, results, confidence, solved, \
              model, vector, experiment, per_mille, arm, task",
    then: "ON CONFLICT (portal, id) DO NOTHING RETURNING portal, id",
};

const TICKETS: Insert = Insert {
    table: "ticket_fact",
    columns: "portal, id, at, source, subject, browser, browser_before, email, mark, search_id, form_id, text, model, \
              vector",
    then: "ON CONFLICT (portal, id) DO NOTHING",
};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored.
    New,
    /// It was stored before.
    Duplicate,
    /// Its id is taken by other content.
    Conflict,
}

/// Digest of an event's content: what was sent, as it is stored; not when or with what it was sent.
pub fn digest(event: &Event) -> [u8; 16] {
    let columns = columns(&event.kind);
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: Option<&[u8]>| {
        hasher.update(&bytes.map_or(u64::MAX, |bytes| bytes.len() as u64).to_le_bytes());
        hasher.update(bytes.unwrap_or_default());
    };
    let text = |text: Option<&'static str>| text.map(str::as_bytes);
    part(Some(columns.kind.as_bytes()));
    part(Some(&event.stamp.at.to_le_bytes()));
    part(Some(event.surface.name().as_bytes()));
    for column in [columns.search_id, columns.form_id, columns.ticket_id, columns.slug, columns.text, columns.language]
    {
        part(column.map(str::as_bytes));
    }
    part(columns.rank.map(u32::to_le_bytes).as_ref().map(|bytes| &bytes[..]));
    part(columns.results.map(u32::to_le_bytes).as_ref().map(|bytes| &bytes[..]));
    part(text(columns.confidence));
    part(columns.solved.map(|solved| [u8::from(solved)]).as_ref().map(|bytes| &bytes[..]));
    if columns.task {
        // Of all others the digest is what it was before there was the column.
        part(Some(b"task"));
    }
    std::array::from_fn(|place| hasher.finalize().as_bytes()[place])
}

/// Stores events of portals, each unless its id is taken: the first committed wins, and of one call the first in order.
pub async fn insert_events(db: &mut AnyConnection, events: &[(&str, &Event)]) -> Result<Vec<Inserted>, sqlx::Error> {
    let digests: Vec<_> = events.iter().map(|(_, event)| digest(event)).collect();
    let mut holders = HashMap::new();
    for (place, (portal, event)) in events.iter().enumerate() {
        holders.entry((*portal, text(&event.id))).or_insert(place);
    }
    let mut firsts: Vec<usize> = holders.values().copied().collect();
    firsts.sort_unstable();
    let mut new = vec![false; events.len()];
    let inserted = EVENTS.rows(db, &firsts, |bound, &place| {
        let (portal, event) = events[place];
        let columns = columns(&event.kind);
        bound
            .bind(portal)
            .bind(text(&event.id))
            .bind(digests[place].to_vec())
            .bind(moment(&event.stamp).t)
            .bind(event.stamp.at)
            .bind(event.stamp.sent_at)
            .bind(event.stamp.received_at)
            .bind(flag(event.stamp.backfill))
            .bind(bytes(&event.person.subject))
            .bind(bytes(&event.person.browser))
            .bind(bytes(&event.person.browser_before))
            .bind(text(&event.roles.join(",")))
            .bind(event.mark.map(Named::name))
            .bind(event.surface.name())
            .bind(columns.kind)
            .bind(columns.search_id.map(text))
            .bind(columns.form_id.map(text))
            .bind(columns.ticket_id.map(text))
            .bind(columns.slug.map(text))
            .bind(columns.rank.map(i64::from))
            .bind(columns.text.map(text))
            .bind(columns.language.map(text))
            .bind(columns.results.map(i64::from))
            .bind(columns.confidence)
            .bind(columns.solved.map(flag))
            .bind(columns.vector.map(|vector| vector.model.0.to_vec()))
            .bind(columns.vector.map(pack))
            .bind(columns.assigned.map(|assigned| assigned.experiment.clone()))
            .bind(columns.assigned.map(|assigned| i64::from(assigned.per_mille)))
            .bind(columns.assigned.map(|assigned| assigned.arm.name()))
            .bind(columns.task.then(|| flag(true)))
    });
    let mut stored = HashMap::new();
    for row in inserted.await? {
        let key: (String, String) = (row.try_get("portal")?, row.try_get("id")?);
        if let Some(&place) = holders.get(&(key.0.as_str(), key.1.clone())) {
            new[place] = true;
            stored.insert(key, digests[place].to_vec());
        }
    }
    let taken: Vec<_> = holders.iter().filter(|(_, place)| !new[**place]).map(|(key, _)| key).collect();
    for taken in portions(&taken, rows_at_once(db)) {
        let statement =
            format!("SELECT portal, id, digest FROM event WHERE (portal, id) IN (VALUES {})", places(taken.len(), 2));
        let bound =
            taken.iter().fold(query(AssertSqlSafe(statement)), |bound, (portal, id)| bound.bind(*portal).bind(id));
        for row in bound.fetch_all(&mut *db).await? {
            stored.insert((row.try_get("portal")?, row.try_get("id")?), row.try_get("digest")?);
        }
    }
    let outcome = |(place, (portal, event)): (usize, &(&str, &Event))| {
        let same = stored.get(&((*portal).to_owned(), text(&event.id))).map(Vec::as_slice);
        match (new[place], same == Some(&digests[place])) {
            (true, _) => Inserted::New,
            (false, true) => Inserted::Duplicate,
            (false, false) => Inserted::Conflict,
        }
    };
    Ok(events.iter().enumerate().map(outcome).collect())
}

/// Stores what is kept of tickets for analysis, each unless it is there.
pub async fn insert_tickets(db: &mut AnyConnection, tickets: &[(&str, &Ticket)]) -> Result<(), sqlx::Error> {
    let inserted = TICKETS.rows(db, tickets, |bound, (portal, ticket)| {
        bound
            .bind(*portal)
            .bind(text(&ticket.id))
            .bind(ticket.at)
            .bind(text(&ticket.source))
            .bind(bytes(&ticket.person.subject))
            .bind(bytes(&ticket.person.browser))
            .bind(bytes(&ticket.person.browser_before))
            .bind(bytes(&ticket.email))
            .bind(ticket.mark.map(Named::name))
            .bind(ticket.search_id.as_deref().map(text))
            .bind(ticket.form_id.as_deref().map(text))
            .bind(ticket.subject.as_deref().map(text))
            .bind(ticket.vector.as_ref().map(|vector| vector.model.0.to_vec()))
            .bind(ticket.vector.as_ref().map(pack))
    });
    inserted.await.map(drop)
}

/// Reads an event.
pub fn event(row: &AnyRow) -> Result<Event, StoreError> {
    let kind = kind(row)?;
    let roles: &str = row.try_get("roles")?;
    Ok(Event {
        id: row.try_get("id")?,
        stamp: Stamp {
            at: row.try_get("at")?,
            sent_at: row.try_get("sent_at")?,
            received_at: row.try_get("received_at")?,
            backfill: is_set(row, "backfill")?.ok_or(StoreError::Damaged("backfill"))?,
        },
        person: person(row)?,
        roles: roles.split(',').filter(|role| !role.is_empty()).map(str::to_owned).collect(),
        mark: named(row, "mark")?,
        surface: named(row, "surface")?.ok_or(StoreError::Damaged("surface"))?,
        kind,
    })
}

/// Reads what is kept of a ticket.
pub fn ticket(row: &AnyRow) -> Result<Ticket, StoreError> {
    Ok(Ticket {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        source: row.try_get("source")?,
        person: person(row)?,
        mark: named(row, "mark")?,
        email: hash(row, "email")?,
        search_id: row.try_get("search_id")?,
        form_id: row.try_get("form_id")?,
        subject: row.try_get("text")?,
        vector: vector(row)?,
    })
}

/// Reads whose a row is.
pub fn person(row: &AnyRow) -> Result<Person, StoreError> {
    Ok(Person {
        subject: hash(row, "subject")?,
        browser: hash(row, "browser")?,
        browser_before: hash(row, "browser_before")?,
    })
}

/// Reads a hash.
pub fn hash(row: &AnyRow, column: &'static str) -> Result<Option<Hash>, StoreError> {
    let stored: Option<&[u8]> = row.try_get(column)?;
    stored.map(|bytes| bytes.try_into().map_err(|_| StoreError::Damaged(column))).transpose()
}

/// A hash as it is bound.
pub fn bytes(hash: &Option<Hash>) -> Option<Vec<u8>> {
    hash.map(Vec::from)
}

/// A flag as it is bound: the two kinds of database have no type of it in common.
pub fn flag(set: bool) -> i16 {
    i16::from(set)
}

/// A text as it is bound: PostgreSQL has none with a NUL in it.
pub fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Reads a flag.
pub fn is_set(row: &AnyRow, column: &'static str) -> Result<Option<bool>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(|flag| flag != 0))
}

fn count(row: &AnyRow, column: &'static str) -> Result<Option<u32>, StoreError> {
    let stored: Option<i64> = row.try_get(column)?;
    stored.map(|count| u32::try_from(count).map_err(|_| StoreError::Damaged(column))).transpose()
}

/// Reads a choice by its name.
pub fn named<T: Named>(row: &AnyRow, column: &'static str) -> Result<Option<T>, StoreError> {
    let name: Option<&str> = row.try_get(column)?;
    name.map(|name| T::of(name).ok_or(StoreError::Damaged(column))).transpose()
}

fn columns(kind: &Kind) -> Columns<'_> {
    let named = |kind| Columns { kind, ..Columns::default() };
    match kind {
        Kind::Search(searched) => Columns {
            search_id: searched.search_id.as_deref(),
            text: searched.text.as_deref(),
            language: searched.language.as_ref().map(Language::as_str),
            results: Some(searched.results),
            confidence: searched.confidence.map(Named::name),
            vector: searched.vector.as_ref(),
            ..named("search")
        },
        Kind::Impression(shown) => shown_columns("impression", shown),
        Kind::Click(shown) => shown_columns("click", shown),
        Kind::Leave { slug, search_id } => {
            Columns { slug: Some(slug), search_id: search_id.as_deref(), ..named("leave") }
        }
        Kind::Vote { slug, solved, comment, search_id } => Columns {
            slug: Some(slug),
            solved: Some(*solved),
            text: comment.as_deref(),
            search_id: search_id.as_deref(),
            ..named("vote")
        },
        Kind::FormOpen { form_id, search_id, assigned } => Columns {
            form_id: Some(form_id),
            search_id: search_id.as_deref(),
            assigned: assigned.as_ref(),
            ..named("form_open")
        },
        Kind::FormSuggest { form_id, slug } => {
            Columns { form_id: Some(form_id), slug: Some(slug), ..named("form_suggest") }
        }
        Kind::FormLeft { form_id } => Columns { form_id: Some(form_id), ..named("form_left") },
        Kind::Ticket { form_id, search_id, ticket_id } => Columns {
            form_id: form_id.as_deref(),
            search_id: search_id.as_deref(),
            ticket_id: ticket_id.as_deref(),
            ..named("ticket")
        },
    }
}

fn shown_columns<'a>(kind: &'static str, shown: &'a Shown) -> Columns<'a> {
    Columns {
        kind,
        slug: Some(&shown.slug),
        search_id: shown.search_id.as_deref(),
        form_id: shown.form_id.as_deref(),
        rank: shown.rank,
        task: shown.task,
        ..Columns::default()
    }
}

fn kind(row: &AnyRow) -> Result<Kind, StoreError> {
    let (search_id, form_id) = (row.try_get("search_id")?, row.try_get("form_id")?);
    let slug = || row.try_get::<Option<String>, _>("slug")?.ok_or(StoreError::Damaged("slug"));
    let form = |id: Option<String>| id.ok_or(StoreError::Damaged("form_id"));
    Ok(match row.try_get("kind")? {
        "search" => Kind::Search(Searched {
            search_id,
            text: row.try_get("text")?,
            language: row.try_get::<Option<&str>, _>("language")?.and_then(Language::parse),
            results: count(row, "results")?.unwrap_or_default(),
            confidence: named(row, "confidence")?,
            vector: vector(row)?,
            ties: ties(row)?,
        }),
        "impression" => {
            Kind::Impression(Shown { slug: slug()?, search_id, form_id, rank: count(row, "rank")?, task: false })
        }
        "click" => {
            let (rank, task) = (count(row, "rank")?, is_set(row, "task")?.unwrap_or_default());
            Kind::Click(Shown { slug: slug()?, search_id, form_id, rank, task })
        }
        "leave" => Kind::Leave { slug: slug()?, search_id },
        "vote" => Kind::Vote {
            slug: slug()?,
            solved: is_set(row, "solved")?.ok_or(StoreError::Damaged("solved"))?,
            comment: row.try_get("text")?,
            search_id,
        },
        "form_open" => Kind::FormOpen { form_id: form(form_id)?, search_id, assigned: assigned(row)? },
        "form_suggest" => Kind::FormSuggest { form_id: form(form_id)?, slug: slug()? },
        "form_left" => Kind::FormLeft { form_id: form(form_id)? },
        "ticket" => Kind::Ticket { form_id, search_id, ticket_id: row.try_get("ticket_id")? },
        _ => return Err(StoreError::Damaged("kind")),
    })
}

fn assigned(row: &AnyRow) -> Result<Option<Assignment>, StoreError> {
    let Some(arm) = named(row, "arm")? else { return Ok(None) };
    let per_mille = count(row, "per_mille")?.and_then(|number| u16::try_from(number).ok());
    let experiment: Option<String> = row.try_get("experiment")?;
    let (experiment, per_mille) = experiment.zip(per_mille).ok_or(StoreError::Damaged("experiment"))?;
    Ok(Some(Assignment { experiment, per_mille, arm }))
}

fn vector(row: &AnyRow) -> Result<Option<QueryVector>, StoreError> {
    let (model, values): (Option<&[u8]>, Option<&[u8]>) = (row.try_get("model")?, row.try_get("vector")?);
    let Some((model, values)) = model.zip(values) else { return Ok(None) };
    let model = ModelDigest(model.try_into().map_err(|_| StoreError::Damaged("model"))?);
    Ok(Some(QueryVector { model, values: values.iter().map(|byte| byte.cast_signed()).collect() }))
}

/// The ties of a search, none until its text is about to go.
fn ties(row: &AnyRow) -> Result<Vec<Tie>, StoreError> {
    let ties: Option<&[u8]> = row.try_get("ties")?;
    ties.map_or(Ok(Vec::new()), |ties| postcard::from_bytes(ties).map_err(|_| StoreError::Damaged("ties")))
}

fn pack(vector: &QueryVector) -> Vec<u8> {
    vector.values.iter().map(|value| value.cast_unsigned()).collect()
}
