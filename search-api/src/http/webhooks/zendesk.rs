//! Ticket events of Zendesk (<https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events>).

use super::{Told, made, other, text, time};
use crate::deflection::log::Millis;
use crate::store::{Notice, Reason, SourceTicket};
use serde_json::Value;

/// Before the names of events.
const EVENT: &str = "zen:event-type:";

/// Whether a body is one of Zendesk's own; that of a trigger is what its author wrote.
pub fn is_event(said: &Value) -> bool {
    said["type"].as_str().is_some_and(|kind| kind.starts_with(EVENT))
}

/// Reads an event.
pub fn read(said: &Value, at: Millis) -> Result<Told, String> {
    let kind = said["type"].as_str().unwrap_or_default().trim_start_matches(EVENT);
    let id = text(said, "detail.id").ok_or("`detail.id`: the ticket's id is missing")?;
    let happened = |reason| {
        let word = text(said, "id").ok_or("`id`: the event's id is missing")?;
        Ok(other(Notice::Other { reason, word }))
    };
    match kind {
        // An agent who writes in the agents' own interface for somebody else.
        "ticket.created" if by_staff(said) => Ok(other(Notice::Other { reason: Reason::Staff, word: id })),
        "ticket.created" => {
            let ticket = SourceTicket {
                id,
                at: time(said, "detail.created_at", at)?,
                subject: text(said, "detail.subject"),
                external_id: text(said, "detail.external_id"),
                ..SourceTicket::default()
            };
            made(ticket, text(said, "detail.description"), at)
        }
        "ticket.merged" => Ok(other(Notice::Withdrawn { id, reason: Reason::Merged })),
        "ticket.marked_as_spam" => Ok(other(Notice::Withdrawn { id, reason: Reason::Spam })),
        "ticket.status_changed" if is_closed(said, "event.previous") && !is_closed(said, "event.current") => {
            happened(Reason::Reopened)
        }
        _ => happened(Reason::Updated),
    }
}

fn by_staff(said: &Value) -> bool {
    let (submitter, requester) = (text(said, "detail.submitter_id"), text(said, "detail.requester_id"));
    submitter.is_some() && submitter != requester && text(said, "detail.via.channel").as_deref() == Some("web")
}

fn is_closed(said: &Value, path: &str) -> bool {
    text(said, path).is_some_and(|status| ["solved", "closed"].contains(&status.to_lowercase().as_str()))
}
