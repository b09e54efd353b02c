//! `POST /events`: what happened in browsers, each event checked by itself, acknowledged when durable.

mod reading;

use super::error::{ACCEPTED, Problem, ProblemBody};
use super::visitor::{self, Visitor};
use super::{App, Caller};
use crate::deflection::log::{Kind, Shown};
use crate::identity::OPERATOR;
use crate::store::{Batch, NewEvent, redact};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use indexer::audience::Grants;
use reading::{Fault, Reader};
pub(super) use reading::{TIME_FORM, time};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;
use utoipa::ToSchema;

/// Most events of a batch.
const BATCH_LIMIT: usize = 100;

/// Events sent together, as `application/json`, or as `text/plain` by `navigator.sendBeacon`.
#[derive(Deserialize, ToSchema)]
pub struct EventBatch {
    /// When the batch was sent, by the sender's clock: milliseconds since 1970 or RFC 3339.
    #[schema(value_type = i64)]
    sent_at: Value,
    /// A token, where no header can be set; it decides the visitor.
    token: Option<String>,
    /// The browser's random id.
    visitor: Option<String>,
    /// 1 to 100 events.
    #[schema(value_type = Vec<SentEvent>)]
    events: Vec<Value>,
    /// An operator's backfill: the time for which it holds all tickets.
    covers: Option<Covers>,
}

/// A stretch of time.
#[derive(Deserialize, ToSchema)]
pub struct Covers {
    /// First moment: milliseconds since 1970 or RFC 3339.
    #[schema(value_type = i64)]
    from: Value,
    /// Last moment.
    #[schema(value_type = i64)]
    to: Value,
}

/// One event. Which fields a type needs: `search` query, results; `impression`, `click`, `leave` slug; `vote` slug, solved;
/// `form_open`, `form_left` form_id; `form_suggest` form_id, slug; `ticket` nothing more.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents what Reader reads")]
pub struct SentEvent {
    /// Unique within the portal, such as a UUID: letters, digits and `-_.:`, at most 64. The same event sent twice counts once.
    id: String,
    /// `search`, `impression`, `click`, `leave`, `vote`, `form_open`, `form_suggest`, `form_left` or `ticket`.
    r#type: String,
    /// When it happened, by the sender's clock: milliseconds since 1970 or RFC 3339.
    at: i64,
    /// `help` (default), `widget`, `form`, `context` or `api`.
    surface: Option<String>,
    /// Left out of every figure.
    test: Option<bool>,
    search_id: Option<String>,
    form_id: Option<String>,
    ticket_id: Option<String>,
    slug: Option<String>,
    /// 1-based place.
    rank: Option<u32>,
    /// Of a `click`: whether it opened the tile of a task, on the first page or from `/help`.
    task: Option<bool>,
    query: Option<String>,
    /// Language of the query.
    language: Option<String>,
    results: Option<u32>,
    /// `good`, `weak` or `none`.
    confidence: Option<String>,
    solved: Option<bool>,
    comment: Option<String>,
}

/// What became of a batch.
#[derive(Serialize, ToSchema)]
pub struct EventReceipt {
    /// Events now stored, durably.
    accepted: usize,
    /// Events that were stored before.
    duplicate: usize,
    /// Events whose id is taken by other content; dropped.
    conflict: usize,
    /// Events that cannot be read; the others are stored.
    rejected: Vec<Rejected>,
}

/// An event that cannot be read.
#[derive(Serialize, ToSchema)]
struct Rejected {
    /// Its 0-based place in the batch.
    index: usize,
    field: &'static str,
    detail: String,
}

/// Stores events.
#[utoipa::path(post, path = "/v1/portals/{portal}/events", operation_id = "send_events", tag = "events",
    params(("portal" = String, Path)), request_body(content((EventBatch = "application/json"), (EventBatch = "text/plain"))),
    responses((status = 202, body = EventReceipt), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    counted: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Result<(StatusCode, Json<EventReceipt>), Problem> {
    let sent = read(&headers, &body)?;
    let caller = match &sent.token {
        Some(token) => caller.with_token(&app, token)?,
        None => caller,
    };
    let browser = visitor::checked(sent.visitor)?;
    if let (None, Some(browser)) = (caller.viewer.subject(), &browser) {
        app.limits.admit_visitor(&caller.portal.id, browser)?;
    }
    let covers = sent.covers.map(|covers| covers_of(&caller, &covers)).transpose()?;
    let sent_at = reading::time(&sent.sent_at).ok_or_else(|| Problem::invalid("sent_at", reading::TIME_FORM))?;
    let (mut events, mut rejected) = (Vec::new(), Vec::new());
    for (index, event) in sent.events.iter().enumerate() {
        match Reader::event(event) {
            Ok(event) => events.push(event),
            Err(Fault { field, detail }) => rejected.push(Rejected { index, field, detail }),
        }
    }
    set_language(&caller, &mut events);
    redact_strange_slugs(&app, &caller, &mut events);
    let origin = counted.origin(&caller.viewer, browser.as_deref());
    let batch = Batch { sent_at, events, covers };
    let voted = batch.events.iter().any(|event| matches!(event.kind, Kind::Vote { .. }));
    let receipt = app.store.append(&caller.portal, origin, batch).await?;
    if voted {
        app.helpfulness.note_vote();
    }
    let (accepted, duplicate, conflict) = (receipt.accepted, receipt.duplicate, receipt.conflict);
    Ok((ACCEPTED, Json(EventReceipt { accepted, duplicate, conflict, rejected })))
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<EventBatch, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !matches!(kind.split(';').next().map(str::trim), Some("application/json" | "text/plain")) {
        return Err(Problem::UnsupportedType("application/json or text/plain"));
    }
    let sent: EventBatch = serde_json::from_slice(body)
        .map_err(|error| Problem::invalid("body", format!("The body must be a batch of events: {error}.")))?;
    if sent.events.is_empty() || sent.events.len() > BATCH_LIMIT {
        let detail = format!("A batch holds 1 to {BATCH_LIMIT} events, not {}.", sent.events.len());
        return Err(Problem::invalid("events", detail));
    }
    Ok(sent)
}

/// The time that a backfill covers; only an operator may say so.
fn covers_of(caller: &Caller, covers: &Covers) -> Result<(i64, i64), Problem> {
    if !caller.viewer.has(OPERATOR) {
        let detail = format!("Only a token with the role {OPERATOR} may declare what a batch covers.");
        return Err(Problem::invalid("covers", detail));
    }
    let moment = |field, value| reading::time(value).ok_or_else(|| Problem::invalid(field, reading::TIME_FORM));
    let (from, to) = (moment("covers.from", &covers.from)?, moment("covers.to", &covers.to)?);
    if to < from {
        return Err(Problem::invalid("covers.to", "`covers.to` must not lie before `covers.from`."));
    }
    Ok((from, to))
}

/// What no article's address slug is may be anything, such as what somebody typed: it is redacted, and answered like the others.
fn redact_strange_slugs(app: &App, caller: &Caller, events: &mut [NewEvent]) {
    let is_known = |slug: &str| {
        let everything = app.library.snapshot().visible(&caller.portal.id, &Grants::Everything);
        everything.is_some_and(|index| index.article(slug).is_some())
    };
    for event in events {
        let (Kind::Impression(Shown { slug, .. })
        | Kind::Click(Shown { slug, .. })
        | Kind::Leave { slug, .. }
        | Kind::Vote { slug, .. }
        | Kind::FormSuggest { slug, .. }) = &mut event.kind
        else {
            continue;
        };
        let redacted = redact(slug);
        if redacted != *slug && !is_known(slug) {
            *slug = redacted;
        }
    }
}

/// A search that says no language was most likely asked in the portal's.
fn set_language(caller: &Caller, events: &mut [NewEvent]) {
    for event in events {
        if let Kind::Search(searched) = &mut event.kind {
            searched.language = searched.language.take().or_else(|| caller.portal.languages.first().cloned());
        }
    }
}
