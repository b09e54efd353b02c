//! The ticket as written, and sealed; and what its owner may see of it.

use super::StoreError;
use super::keys::Keys;
use super::names::Named;
use super::rows::bytes;
use crate::deflection::log::{Hash, Millis};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyExecutor, AnyPool, Row, query};
use std::collections::BTreeMap;

/// A ticket as its writer sends it.
#[derive(Clone, Debug, Default)]
pub struct NewTicket {
    /// One line.
    pub subject: String,
    /// The rest.
    pub body: String,
    /// Where to answer; the viewer's own when absent.
    pub email: Option<String>,
    /// Extra fields of the portal's form.
    pub fields: BTreeMap<String, String>,
    /// The search it followed.
    pub search_id: Option<String>,
    /// The form it was written in.
    pub form_id: Option<String>,
    /// A key under which a repetition gives the same ticket for 24 h.
    pub idempotency_key: Option<String>,
    /// Tag of the language in which its writer is told of it; kept only if they are.
    pub language: Option<String>,
}

/// Whether the writer of a ticket is told of its stages by e-mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The portal sends mails, and they gave an address.
    Yes,
    /// One of both is missing.
    No,
}

/// How far a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is here; nobody has taken it yet.
    Received,
    /// Somebody works on it.
    Working,
    /// The customer was asked something.
    Waiting,
    /// It is answered.
    Solved,
    /// A help desk has it; nothing that was written is left here.
    HandedOver,
}

/// What a ticket's owner may see of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketStatus {
    /// Its id.
    pub id: String,
    /// Its subject, as written; empty once it was handed over.
    pub subject: String,
    /// Each stage it reached and since when, oldest first; never empty.
    pub stages: Vec<(Stage, Millis)>,
}

/// A ticket that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Created {
    /// The ticket.
    pub ticket: TicketStatus,
    /// What lets an anonymous owner see it (128 bits, URL-safe); the same at each repetition.
    pub secret: String,
}

/// Why no ticket was made.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// The idempotency key was used for another ticket within 24 h.
    #[error("the idempotency key was used for another ticket: send a new key")]
    KeyReused,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is sealed. Later versions add variants.
#[derive(Serialize, Deserialize)]
#[serde(tag = "version")]
pub enum Written {
    /// The first. All empty: it was handed over.
    #[serde(rename = "1")]
    V1 {
        /// One line.
        subject: String,
        /// The rest.
        body: String,
        /// Where to answer.
        email: Option<String>,
        /// The portal's own fields.
        fields: BTreeMap<String, String>,
        /// Tag of the language for mails.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<String>,
    },
}

impl From<Written> for NewTicket {
    fn from(written: Written) -> Self {
        let Written::V1 { subject, body, email, fields, language } = written;
        Self { subject, body, email, fields, language, ..Self::default() }
    }
}

/// How long a repeated idempotency key gives the same ticket: 24 h.
pub const REPEATABLE: Millis = 24 * 60 * 60 * 1000;

/// A ticket ready to be stored.
pub struct SealedTicket {
    /// Portal.
    pub portal: String,
    /// Id: 128 random bits.
    pub id: String,
    /// Hash of the subject who wrote it.
    pub owner: Option<Hash>,
    /// What it says.
    pub sealed: Vec<u8>,
    /// The idempotency key and the digest of what was sent.
    pub repeatable: Option<(Hash, Hash)>,
    /// When it was made.
    pub at: Millis,
    /// Whether it is to be handed over to a help desk.
    pub forwarded: bool,
    /// Whether its writer is told of it.
    pub told: Told,
}

/// What became of it.
#[derive(Debug)]
pub enum Stored {
    /// It is new.
    New,
    /// The same was sent before, under this id.
    Repeated(String),
    /// The idempotency key was used for another.
    KeyReused,
}

/// Seals what a ticket says.
pub fn seal(keys: &Keys, portal: &str, id: &str, ticket: &NewTicket) -> Result<Vec<u8>, StoreError> {
    let written = Written::V1 {
        subject: ticket.subject.clone(),
        body: ticket.body.clone(),
        email: ticket.email.clone(),
        fields: ticket.fields.clone(),
        language: ticket.language.clone(),
    };
    let plain = serde_json::to_vec(&written).map_err(|_| StoreError::Seal)?;
    keys.seal(portal, id, &plain).ok_or(StoreError::Seal)
}

/// Digest of what was sent, under a key.
pub fn digest(keys: &Keys, ticket: &NewTicket) -> Hash {
    let optional = |text: &Option<String>| text.as_ref().map_or_else(String::new, |text| format!("+{text}"));
    let (email, search, form) = (optional(&ticket.email), optional(&ticket.search_id), optional(&ticket.form_id));
    let mut parts = vec![ticket.subject.as_str(), &ticket.body, &email, &search, &form];
    parts.extend(ticket.fields.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]));
    keys.content(&parts)
}

/// Stores a ticket in its first stage, or finds the one that was sent before.
pub async fn insert(db: &mut AnyConnection, ticket: &SealedTicket) -> Result<Stored, sqlx::Error> {
    if let Some((key, digest)) = &ticket.repeatable {
        query("DELETE FROM idempotency WHERE key = $1 AND at < $2")
            .bind(&key[..])
            .bind(ticket.at - REPEATABLE)
            .execute(&mut *db)
            .await?;
        let earlier = query("SELECT digest, ticket_id FROM idempotency WHERE key = $1").bind(&key[..]);
        if let Some(row) = earlier.fetch_optional(&mut *db).await? {
            let same = row.try_get::<&[u8], _>("digest")? == digest;
            return Ok(if same { Stored::Repeated(row.try_get("ticket_id")?) } else { Stored::KeyReused });
        }
        query("INSERT INTO idempotency (key, digest, ticket_id, at) VALUES ($1, $2, $3, $4)")
            .bind(&key[..])
            .bind(&digest[..])
            .bind(&ticket.id)
            .bind(ticket.at)
            .execute(&mut *db)
            .await?;
    }
    query("INSERT INTO ticket (portal, id, owner, sealed) VALUES ($1, $2, $3, $4)")
        .bind(&ticket.portal)
        .bind(&ticket.id)
        .bind(bytes(&ticket.owner))
        .bind(&ticket.sealed)
        .execute(&mut *db)
        .await?;
    advance(db, (&ticket.portal, &ticket.id), Stage::Received, ticket.told, ticket.at).await?;
    if ticket.forwarded {
        super::outbox::insert(db, &ticket.portal, &ticket.id, ticket.at).await?;
    }
    Ok(Stored::New)
}

/// Notes that a ticket reached a stage, and that its writer is to be told of it.
pub async fn advance(
    db: &mut AnyConnection,
    (portal, id): (&str, &str),
    stage: Stage,
    told: Told,
    at: Millis,
) -> Result<(), sqlx::Error> {
    query(
        "INSERT INTO ticket_stage (portal, id, number, stage, at) \
         SELECT $1, $2, COALESCE(MAX(number), 0) + 1, $3, $4 FROM ticket_stage WHERE portal = $1 AND id = $2",
    )
    .bind(portal)
    .bind(id)
    .bind(stage.name())
    .bind(at)
    .execute(&mut *db)
    .await?;
    match told {
        Told::Yes => super::outbox::insert_mail(db, portal, id, at).await,
        Told::No => Ok(()),
    }
}

/// Whether an id could have been issued; PostgreSQL takes no other text either, such as one with a zero byte.
pub fn is_ticket_id(id: &str) -> bool {
    id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// A ticket and the hash of its owner; `None` if there is none.
pub async fn find(
    db: &AnyPool,
    keys: &Keys,
    portal: &str,
    id: &str,
) -> Result<Option<(TicketStatus, Option<Hash>)>, StoreError> {
    if !is_ticket_id(id) {
        return Ok(None);
    }
    let found = query("SELECT owner, sealed FROM ticket WHERE portal = $1 AND id = $2").bind(portal).bind(id);
    let Some(row) = found.fetch_optional(db).await? else { return Ok(None) };
    let plain = keys.unseal(portal, id, row.try_get("sealed")?).ok_or(StoreError::Seal)?;
    let Written::V1 { subject, .. } = serde_json::from_slice(&plain).map_err(|_| StoreError::Seal)?;
    let stages = stages(db, portal, id).await?;
    Ok(Some((TicketStatus { id: id.into(), subject, stages }, super::rows::hash(&row, "owner")?)))
}

/// A ticket as it was written, and its stages; `None` if there is none any more.
pub async fn written(
    db: &mut AnyConnection,
    keys: &Keys,
    portal: &str,
    id: &str,
) -> Result<Option<(NewTicket, Vec<(Stage, Millis)>)>, StoreError> {
    if !is_ticket_id(id) {
        return Ok(None);
    }
    let found = query("SELECT sealed FROM ticket WHERE portal = $1 AND id = $2").bind(portal).bind(id);
    let Some(row) = found.fetch_optional(&mut *db).await? else { return Ok(None) };
    let plain = keys.unseal(portal, id, row.try_get("sealed")?).ok_or(StoreError::Seal)?;
    let written: Written = serde_json::from_slice(&plain).map_err(|_| StoreError::Seal)?;
    Ok(Some((written.into(), stages(db, portal, id).await?)))
}

/// Each stage that a ticket reached and since when, oldest first.
pub async fn stages(db: impl AnyExecutor<'_>, portal: &str, id: &str) -> Result<Vec<(Stage, Millis)>, StoreError> {
    let reached = query("SELECT stage, at FROM ticket_stage WHERE portal = $1 AND id = $2 ORDER BY number");
    let mut stages = Vec::new();
    for row in reached.bind(portal).bind(id).fetch_all(db).await? {
        let stage = super::rows::named(&row, "stage")?.ok_or(StoreError::Damaged("stage"))?;
        stages.push((stage, row.try_get("at")?));
    }
    Ok(stages)
}
