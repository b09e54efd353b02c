//! Events of HubSpot (<https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide>): a list, each with little more than an id.

use super::{Told, made, other, text, time};
use crate::deflection::log::Millis;
use crate::store::{Notice, Reason, SourceTicket};
use serde_json::Value;

/// The type of object that a ticket is, in events of every type of object.
const TICKET: &str = "0-5";

/// Reads an event; a merge is of several tickets. What was written is not said: a ticket's fields come by a workflow's webhook.
pub fn read(event: &Value, at: Millis) -> Vec<Result<Told, String>> {
    let kind = event["subscriptionType"].as_str().unwrap_or_default();
    let what = match kind.split_once('.') {
        Some(("ticket", what)) => what,
        Some(("object", what)) if text(event, "objectTypeId").as_deref() == Some(TICKET) => what,
        _ => return vec![Err(format!("`subscriptionType`: {kind:?} is nothing that happens to a ticket"))],
    };
    let id = || text(event, "objectId").ok_or_else(|| "`objectId`: the ticket's id is missing".to_owned());
    let one = match what {
        // By hand in HubSpot's own interface.
        "creation" if text(event, "changeSource").as_deref() == Some("CRM_UI") => {
            id().map(|word| other(Notice::Other { reason: Reason::Staff, word }))
        }
        "creation" => id().and_then(|id| {
            made(SourceTicket { id, at: time(event, "occurredAt", at)?, ..SourceTicket::default() }, None, at)
        }),
        "merge" => {
            let merged = event["mergedObjectIds"].as_array().into_iter().flatten();
            return merged
                .map(|id| Ok(other(Notice::Withdrawn { id: id.to_string(), reason: Reason::Merged })))
                .collect();
        }
        _ => text(event, "eventId")
            .map(|word| other(Notice::Other { reason: Reason::Updated, word }))
            .ok_or_else(|| "`eventId`: the event's id is missing".to_owned()),
    };
    vec![one]
}
