//! `POST /webhooks/{provider}`: what a help desk says of its tickets, believed if it is signed, each ticket counted once.

mod freshdesk;
mod hubspot;
mod plain;
pub mod signature;
#[cfg(test)]
mod tests;
mod zendesk;

use super::App;
use super::client::Client;
use super::error::{Problem, ProblemBody};
use super::tickets::telling;
use crate::config::Provider;
use crate::deflection::log::Millis;
use crate::store::{Notice, SourceTicket};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Extension, Path, State};
use axum::http::{HeaderMap, Uri};
use serde::Serialize;
use serde_json::Value;
use signature::{Call, verified};
use std::sync::Arc;
use utoipa::ToSchema;

/// Most bytes of a call: a ticket's description alone may have 64 KiB.
pub const LIMIT: usize = 1024 * 1024;
/// Most characters of a subject that are looked at.
const SUBJECT_LIMIT: usize = 500;

/// A notice and what else its ticket says, which is read and forgotten.
struct Told {
    notice: Notice,
    description: String,
}

/// What became of a call.
#[derive(Serialize, ToSchema)]
pub struct WebhookReceipt {
    /// Tickets that are new.
    made: usize,
    /// What was heard before; it changed nothing.
    repeated: usize,
    /// What makes no ticket: updates, reopenings, merged ones, spam, those opened by staff, those that were forwarded from here.
    passed: usize,
    /// What cannot be read; the rest was taken.
    rejected: Vec<Unread>,
}

/// A part of a call that cannot be read.
#[derive(Serialize, ToSchema)]
struct Unread {
    /// Its 0-based place.
    index: usize,
    detail: String,
}

/// Takes in what a help desk says of its tickets. Its signature is verified over the bytes as they came, its time may lie five minutes
/// from ours. An empty body, or `{"event": "ping"}`, says that the sender is alive. Durable when it is answered.
///
/// Zendesk: a webhook subscribed to ticket events, or of a trigger whose body is the JSON below. HubSpot: an app's subscriptions to
/// tickets, or a workflow's webhook with that JSON. Freshdesk: a rule on ticket creation with its simple content or that JSON, and the
/// secret in the header `X-Signpost-Secret`. Generic: that JSON, signed in `Signpost-Signature`.
#[utoipa::path(post, path = "/webhooks/{provider}", operation_id = "webhook", tag = "tickets", security(()),
    params(("provider" = String, Path, description = "`zendesk`, `freshdesk`, `hubspot` or `generic`")),
    request_body(content = plain::SentNotice, description = "As the provider publishes it, or this"),
    responses((status = 200, body = WebhookReceipt), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn post(
    State(app): State<Arc<App>>,
    Path(provider): Path<String>,
    Extension(client): Extension<Client>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<WebhookReceipt>, Problem> {
    let provider: Provider = provider.parse().map_err(|_| Problem::NotFound)?;
    let body = body.map_err(|rejection| match rejection.into() {
        Problem::BodyTooLarge(_) => Problem::BodyTooLarge(LIMIT),
        other => other,
    })?;
    let addresses = addresses(&client, &app.config.base_path, &uri);
    let call = Call { addresses: &addresses, headers: &headers, body: &body, now: app.now() };
    let known = app.webhooks.iter().filter(|webhook| webhook.provider == provider);
    let signed = known.filter_map(|webhook| Some((webhook, verified(provider, &webhook.secret, &call)?))).next();
    let Some((webhook, at)) = signed else {
        // Whether one is expected here is told to nobody else.
        let detail = "No webhook of this provider that is known here signed this call within the last five minutes.";
        return Err(Problem::Unauthorized(detail.into()));
    };
    let portal = app.library.snapshot().portal(&webhook.portal).cloned().ok_or(Problem::NotFound)?;
    let (mut notices, mut rejected) = (Vec::new(), Vec::new());
    for (index, told) in read(provider, &body, at)?.into_iter().enumerate() {
        match told {
            Ok(Told { notice: Notice::Made(mut ticket), description }) => {
                if let (Some(embedder), true) = (&app.embedder, portal.keep_queries) {
                    let subject = ticket.subject.as_deref().unwrap_or_default();
                    ticket.vector = embedder.embed(&telling(subject, &description)).await;
                }
                notices.push(Notice::Made(ticket));
            }
            Ok(told) => notices.push(told.notice),
            Err(detail) => rejected.push(Unread { index, detail }),
        }
    }
    if let (true, Some(first)) = (notices.is_empty(), rejected.first()) {
        return Err(Problem::invalid("body", first.detail.clone()));
    }
    let taken = app.store.hear(&portal, provider.name(), notices, at).await?;
    Ok(Json(WebhookReceipt { made: taken.made, repeated: taken.repeated, passed: taken.passed, rejected }))
}

/// The addresses under which the sender may know us: TLS ends at a proxy, which may have taken the base path off.
fn addresses(client: &Client, base_path: &str, uri: &Uri) -> Vec<String> {
    let host = client.host.as_deref().unwrap_or_default();
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    ["https", "http"].map(|scheme| format!("{scheme}://{host}{base_path}{path}")).into()
}

/// Reads a call: each of its parts by itself.
fn read(provider: Provider, body: &[u8], at: Millis) -> Result<Vec<Result<Told, String>>, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Vec::new());
    }
    let said: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::invalid("body", format!("The body must be JSON, or empty: {error}.")))?;
    if said["event"] == "ping" {
        return Ok(Vec::new());
    }
    Ok(match provider {
        Provider::Zendesk if zendesk::is_event(&said) => vec![zendesk::read(&said, at)],
        Provider::HubSpot if said.is_array() => {
            said.as_array().into_iter().flatten().flat_map(|event| hubspot::read(event, at)).collect()
        }
        Provider::Freshdesk if freshdesk::is_simple(&said) => vec![freshdesk::read(&said, at)],
        _ => vec![plain::read(&said, at)],
    })
}

/// A ticket of a call: its fields checked, its time not after the call's.
fn made(ticket: SourceTicket, description: Option<String>, at: Millis) -> Result<Told, String> {
    let plain = |id: &String| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
    if !(1..=100).contains(&ticket.id.len()) {
        return Err("the ticket's id must have 1 to 100 bytes".into());
    }
    let ticket = SourceTicket {
        at: ticket.at.min(at),
        subject: ticket.subject.map(|subject| subject.chars().take(SUBJECT_LIMIT).collect()),
        // A field that customers can fill in holds whatever they like.
        search_id: ticket.search_id.filter(plain),
        form_id: ticket.form_id.filter(plain),
        ..ticket
    };
    Ok(Told { notice: Notice::Made(ticket), description: description.unwrap_or_default() })
}

/// What makes no ticket.
fn other(notice: Notice) -> Told {
    Told { notice, description: String::new() }
}

/// A text or number at a path of keys; `None` if it is absent, null or empty.
fn text(of: &Value, path: &str) -> Option<String> {
    let found = path.split('.').try_fold(of, |value, key| value.get(key))?;
    let text = match found {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

/// A time at a path of keys: RFC 3339, or milliseconds; if there is none, that of the call.
fn time(of: &Value, path: &str, at: Millis) -> Result<Millis, String> {
    let Some(said) = text(of, path) else { return Ok(at) };
    let value = said.parse::<i64>().map_or_else(|_| Value::from(said), Value::from);
    super::events::time(&value).ok_or_else(|| format!("`{path}`: {}", super::events::TIME_FORM))
}
