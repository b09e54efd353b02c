//! `admin/sources`: where a portal's tickets come from, what counted as none, and for which time a source was broken.

use super::error::{Problem, ProblemBody};
use super::person::operator;
use super::{App, Caller, events};
use crate::deflection::log::{Millis, Stretch};
use crate::store::{Named, OnTheirWay, Source, Way};
use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Sources of tickets.
#[derive(Serialize, ToSchema)]
pub struct SourcesBody {
    sources: Vec<SourceBody>,
    forwarding: ForwardingBody,
    /// Mails to writers of tickets that are tried.
    mails_waiting: u64,
}

/// Tickets of the form on their way to a help desk.
#[derive(Serialize, ToSchema)]
struct ForwardingBody {
    /// Those that are tried.
    waiting: u64,
    /// Those that could not be handed over for a week; they are kept, and never tried again.
    given_up: u64,
}

/// A source of tickets.
#[derive(Serialize, ToSchema)]
struct SourceBody {
    /// `form`, `backfill`, `import` or a provider of webhooks.
    name: String,
    /// First moment of which it knows all tickets: of a webhook, its first call.
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<String>,
    /// Last such moment: of a webhook, its last call.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// What it said, by what it counts as: `made` are tickets, all others none.
    counts: BTreeMap<&'static str, u64>,
    /// When it was broken.
    outages: Vec<OutageBody>,
}

/// A stretch of time.
#[derive(Serialize, ToSchema)]
struct OutageBody {
    from: String,
    to: String,
}

/// A time for which a source was broken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentOutage {
    /// Name of the source.
    source: String,
    /// First moment: milliseconds since 1970 or RFC 3339.
    #[schema(value_type = i64)]
    from: Value,
    /// Last moment.
    #[schema(value_type = i64)]
    to: Value,
}

/// Lists the sources of a portal's tickets, for an operator.
#[utoipa::path(get, path = "/v1/portals/{portal}/admin/sources", operation_id = "ticket_sources", tag = "operations",
    params(("portal" = String, Path)),
    responses((status = 200, body = SourcesBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<SourcesBody>, Problem> {
    operator(&caller)?;
    sources(&app, &caller).await
}

/// Notes that a source was broken for a time: episodes in it are of unknown outcome. Answers with all sources.
#[utoipa::path(post, path = "/v1/portals/{portal}/admin/sources", operation_id = "note_outage", tag = "operations",
    params(("portal" = String, Path)), request_body = SentOutage,
    responses((status = 200, body = SourcesBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    sent: Result<Json<SentOutage>, JsonRejection>,
) -> Result<Json<SourcesBody>, Problem> {
    operator(&caller)?;
    let Json(SentOutage { source, from, to }) = sent?;
    let moment = |field, value| events::time(value).ok_or_else(|| Problem::invalid(field, events::TIME_FORM));
    let (from, to) = (moment("from", &from)?, moment("to", &to)?);
    if to < from {
        return Err(Problem::invalid("to", "`to` must not lie before `from`."));
    }
    let known = app.store.sources(&caller.portal.id).await?;
    if !known.iter().any(|known| known.name == source) {
        let names = known.iter().map(|known| known.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(Problem::invalid("source", format!("`source` must be one of: {names}.")));
    }
    app.store.note_outage(&caller.portal, Stretch { source, from, to }).await?;
    sources(&app, &caller).await
}

async fn sources(app: &App, caller: &Caller) -> Result<Json<SourcesBody>, Problem> {
    let sources = app.store.sources(&caller.portal.id).await?.into_iter().map(shape);
    let OnTheirWay { waiting, given_up } = app.store.on_their_way(&caller.portal.id, Way::Desk).await?;
    let forwarding = ForwardingBody { waiting, given_up };
    let mails_waiting = app.store.on_their_way(&caller.portal.id, Way::Mail).await?.waiting;
    Ok(Json(SourcesBody { sources: sources.collect::<Result<_, _>>()?, forwarding, mails_waiting }))
}

fn shape(source: Source) -> Result<SourceBody, Problem> {
    let time = |at: Millis| Timestamp::from_millisecond(at).map(|at| at.to_string()).map_err(Problem::internal);
    let outage = |(from, to)| Ok(OutageBody { from: time(from)?, to: time(to)? });
    Ok(SourceBody {
        name: source.name,
        first: source.covered.map(|(first, _)| time(first)).transpose()?,
        last: source.covered.map(|(_, last)| time(last)).transpose()?,
        counts: source.counts.into_iter().map(|(reason, count)| (reason.name(), count)).collect(),
        outages: source.outages.into_iter().map(outage).collect::<Result<_, Problem>>()?,
    })
}
