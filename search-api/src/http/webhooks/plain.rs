//! The JSON that any sender may use, and that the templates of Zendesk's triggers, Freshdesk's rules and HubSpot's workflows are given.

use super::{Told, made, other, text, time};
use crate::deflection::log::Millis;
use crate::store::{Notice, Reason, SourceTicket};
use serde_json::Value;
use utoipa::ToSchema;

/// What happened to a ticket.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what read() reads")]
pub struct SentNotice {
    /// `created` (default), `updated`, `reopened`, `merged`, `spam`, `staff` (opened by staff unasked) or `ping`.
    event: Option<String>,
    /// The ticket's id at its source.
    id: String,
    /// Id of this event; without it events of one ticket and kind are told apart by their time.
    event_id: Option<String>,
    /// When the ticket was made at its source: RFC 3339 or milliseconds since 1970; now when absent.
    created_at: Option<String>,
    /// One line.
    subject: Option<String>,
    /// The rest; its first 200 words are compared with searches and forgotten.
    description: Option<String>,
    /// Address of whoever wrote it; a keyed hash is kept.
    requester_email: Option<String>,
    /// The `sub` of their token; a keyed hash is kept.
    subject_id: Option<String>,
    /// The search that it follows.
    search_id: Option<String>,
    /// The form that it was begun in.
    form_id: Option<String>,
    /// Its id elsewhere; of one that was forwarded from here, the one that was given then.
    external_id: Option<String>,
}

/// Reads a notice.
pub fn read(said: &Value, at: Millis) -> Result<Told, String> {
    if !said.is_object() {
        return Err("the body must be a JSON object".into());
    }
    let id = text(said, "id").ok_or("`id`: the ticket's id is missing")?;
    let event = text(said, "event").unwrap_or_else(|| "created".into());
    let word = text(said, "event_id").unwrap_or_else(|| format!("{id} {}", at / 1000));
    Ok(other(match event.as_str() {
        "created" => {
            let ticket = SourceTicket {
                id,
                at: time(said, "created_at", at)?,
                subject: text(said, "subject"),
                email: text(said, "requester_email"),
                person: text(said, "subject_id"),
                search_id: text(said, "search_id"),
                form_id: text(said, "form_id"),
                external_id: text(said, "external_id"),
                vector: None,
            };
            return made(ticket, text(said, "description"), at);
        }
        "updated" => Notice::Other { reason: Reason::Updated, word },
        "reopened" => Notice::Other { reason: Reason::Reopened, word },
        "staff" => Notice::Other { reason: Reason::Staff, word: id },
        "merged" => Notice::Withdrawn { id, reason: Reason::Merged },
        "spam" => Notice::Withdrawn { id, reason: Reason::Spam },
        other => {
            return Err(format!("`event`: {other:?} is none of created, updated, reopened, merged, spam, staff, ping"));
        }
    }))
}
