//! The simple content of Freshdesk's automation rules (<https://support.freshdesk.com/support/solutions/articles/132589>): the fields that
//! were ticked, under one name.

use super::{Told, made, other, text, time};
use crate::deflection::log::Millis;
use crate::store::{Notice, Reason, SourceTicket};
use serde_json::Value;

const FIELDS: &str = "freshdesk_webhook";

/// Whether a body is of the simple content; the advanced one is what its author wrote.
pub fn is_simple(said: &Value) -> bool {
    said.get(FIELDS).is_some()
}

/// Reads what a rule sends: of one on ticket creation a ticket, of one on updates, which names what triggered it, none.
pub fn read(said: &Value, at: Millis) -> Result<Told, String> {
    let field = |name: &str| text(said, &format!("{FIELDS}.{name}"));
    let id = field("ticket_id").ok_or("`ticket_id`: tick the ticket's id among the content of the rule")?;
    match field("triggered_event") {
        Some(event) if !event.contains("ticket_action:created") => {
            Ok(other(Notice::Other { reason: Reason::Updated, word: format!("{id} {event} {}", at / 1000) }))
        }
        _ => {
            let ticket = SourceTicket {
                id,
                // Rules on creation run at once; the simple content has no time of its own.
                at: time(said, &format!("{FIELDS}.ticket_created_at"), at)?,
                subject: field("ticket_subject"),
                // Who asks was called the requester, and is called the contact now; whoever made the rule then has the old names.
                email: field("ticket_contact_email").or_else(|| field("ticket_requester_email")),
                person: field("ticket_contact_unique_external_id"),
                search_id: field("ticket_cf_signpost_search_id"),
                form_id: field("ticket_cf_signpost_form_id"),
                external_id: field("ticket_cf_signpost_id"),
                ..SourceTicket::default()
            };
            made(ticket, field("ticket_description"), at)
        }
    }
}
