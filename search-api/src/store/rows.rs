//! Events as rows of the database, and rows as events: the one place that knows the columns.

use super::StoreError;
use super::names::Named;
use crate::deflection::clock::moment;
use crate::deflection::log::{Event, Hash, Kind, Person, QueryVector, Searched, Shown, Stamp, Ticket};
use indexer::embedder::ModelDigest;
use indexer::language::Language;
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{Row, query};

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
}

/// What became of an event.
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
    std::array::from_fn(|place| hasher.finalize().as_bytes()[place])
}

/// Stores an event, unless its id is taken: the first committed wins.
pub async fn insert_event(db: &mut SqliteConnection, portal: &str, event: &Event) -> Result<Inserted, sqlx::Error> {
    let digest = digest(event);
    let columns = columns(&event.kind);
    let inserted = query(
        "INSERT INTO event (portal, id, digest, t, at, sent_at, received_at, backfill, subject, browser, browser_before, \
         roles, mark, surface, kind, search_id, form_id, ticket_id, slug, rank, text, language, results, confidence, \
         solved, model, vector) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) \
         ON CONFLICT (portal, id) DO NOTHING",
    )
    .bind(portal)
    .bind(&event.id)
    .bind(&digest[..])
    .bind(moment(&event.stamp).t)
    .bind(event.stamp.at)
    .bind(event.stamp.sent_at)
    .bind(event.stamp.received_at)
    .bind(event.stamp.backfill)
    .bind(bytes(&event.person.subject))
    .bind(bytes(&event.person.browser))
    .bind(bytes(&event.person.browser_before))
    .bind(event.roles.join(","))
    .bind(event.mark.map(Named::name))
    .bind(event.surface.name())
    .bind(columns.kind)
    .bind(columns.search_id)
    .bind(columns.form_id)
    .bind(columns.ticket_id)
    .bind(columns.slug)
    .bind(columns.rank)
    .bind(columns.text)
    .bind(columns.language)
    .bind(columns.results)
    .bind(columns.confidence)
    .bind(columns.solved)
    .bind(columns.vector.map(|vector| vector.model.0.to_vec()))
    .bind(columns.vector.map(pack))
    .execute(&mut *db)
    .await?;
    if inserted.rows_affected() == 1 {
        return Ok(Inserted::New);
    }
    let stored: Vec<u8> = query("SELECT digest FROM event WHERE portal = ? AND id = ?")
        .bind(portal)
        .bind(&event.id)
        .fetch_one(db)
        .await?
        .try_get("digest")?;
    Ok(if stored == digest { Inserted::Duplicate } else { Inserted::Conflict })
}

/// Stores what is kept of a ticket for analysis, unless it is there.
pub async fn insert_ticket(db: &mut SqliteConnection, portal: &str, ticket: &Ticket) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO ticket_fact (portal, id, at, source, subject, browser, browser_before, email, mark, search_id, form_id, \
         text, model, vector) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (portal, id) DO NOTHING",
    )
    .bind(portal)
    .bind(&ticket.id)
    .bind(ticket.at)
    .bind(&ticket.source)
    .bind(bytes(&ticket.person.subject))
    .bind(bytes(&ticket.person.browser))
    .bind(bytes(&ticket.person.browser_before))
    .bind(bytes(&ticket.email))
    .bind(ticket.mark.map(Named::name))
    .bind(&ticket.search_id)
    .bind(&ticket.form_id)
    .bind(&ticket.subject)
    .bind(ticket.vector.as_ref().map(|vector| vector.model.0.to_vec()))
    .bind(ticket.vector.as_ref().map(pack))
    .execute(db)
    .await?;
    Ok(())
}

/// Reads an event.
pub fn event(row: &SqliteRow) -> Result<Event, StoreError> {
    let kind = kind(row)?;
    let roles: &str = row.try_get("roles")?;
    Ok(Event {
        id: row.try_get("id")?,
        stamp: Stamp {
            at: row.try_get("at")?,
            sent_at: row.try_get("sent_at")?,
            received_at: row.try_get("received_at")?,
            backfill: row.try_get("backfill")?,
        },
        person: person(row)?,
        roles: roles.split(',').filter(|role| !role.is_empty()).map(str::to_owned).collect(),
        mark: named(row, "mark")?,
        surface: named(row, "surface")?.ok_or(StoreError::Damaged("surface"))?,
        kind,
    })
}

/// Reads what is kept of a ticket.
pub fn ticket(row: &SqliteRow) -> Result<Ticket, StoreError> {
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
pub fn person(row: &SqliteRow) -> Result<Person, StoreError> {
    Ok(Person {
        subject: hash(row, "subject")?,
        browser: hash(row, "browser")?,
        browser_before: hash(row, "browser_before")?,
    })
}

/// Reads a hash.
pub fn hash(row: &SqliteRow, column: &'static str) -> Result<Option<Hash>, StoreError> {
    let stored: Option<&[u8]> = row.try_get(column)?;
    stored.map(|bytes| bytes.try_into().map_err(|_| StoreError::Damaged(column))).transpose()
}

/// A hash as it is bound.
pub fn bytes(hash: &Option<Hash>) -> Option<Vec<u8>> {
    hash.map(Vec::from)
}

/// Reads a choice by its name.
pub fn named<T: Named>(row: &SqliteRow, column: &'static str) -> Result<Option<T>, StoreError> {
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
        Kind::FormOpen { form_id, search_id, .. } => {
            Columns { form_id: Some(form_id), search_id: search_id.as_deref(), ..named("form_open") }
        }
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
        ..Columns::default()
    }
}

fn kind(row: &SqliteRow) -> Result<Kind, StoreError> {
    let (search_id, form_id) = (row.try_get("search_id")?, row.try_get("form_id")?);
    let slug = || row.try_get::<Option<String>, _>("slug")?.ok_or(StoreError::Damaged("slug"));
    let form = |id: Option<String>| id.ok_or(StoreError::Damaged("form_id"));
    Ok(match row.try_get("kind")? {
        "search" => Kind::Search(Searched {
            search_id,
            text: row.try_get("text")?,
            language: row.try_get::<Option<&str>, _>("language")?.and_then(Language::parse),
            results: row.try_get::<Option<u32>, _>("results")?.unwrap_or_default(),
            confidence: named(row, "confidence")?,
            vector: vector(row)?,
        }),
        "impression" => Kind::Impression(Shown { slug: slug()?, search_id, form_id, rank: row.try_get("rank")? }),
        "click" => Kind::Click(Shown { slug: slug()?, search_id, form_id, rank: row.try_get("rank")? }),
        "leave" => Kind::Leave { slug: slug()?, search_id },
        "vote" => Kind::Vote {
            slug: slug()?,
            solved: row.try_get::<Option<bool>, _>("solved")?.ok_or(StoreError::Damaged("solved"))?,
            comment: row.try_get("text")?,
            search_id,
        },
        "form_open" => Kind::FormOpen { form_id: form(form_id)?, search_id, assigned: None },
        "form_suggest" => Kind::FormSuggest { form_id: form(form_id)?, slug: slug()? },
        "form_left" => Kind::FormLeft { form_id: form(form_id)? },
        "ticket" => Kind::Ticket { form_id, search_id, ticket_id: row.try_get("ticket_id")? },
        _ => return Err(StoreError::Damaged("kind")),
    })
}

fn vector(row: &SqliteRow) -> Result<Option<QueryVector>, StoreError> {
    let (model, values): (Option<&[u8]>, Option<&[u8]>) = (row.try_get("model")?, row.try_get("vector")?);
    let Some((model, values)) = model.zip(values) else { return Ok(None) };
    let model = ModelDigest(model.try_into().map_err(|_| StoreError::Damaged("model"))?);
    Ok(Some(QueryVector { model, values: values.iter().map(|byte| byte.cast_signed()).collect() }))
}

fn pack(vector: &QueryVector) -> Vec<u8> {
    vector.values.iter().map(|value| value.cast_unsigned()).collect()
}
