//! `admin/tickets`: tickets as written, for the portal's own staff, who answer them; for others nothing is here.

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::person::time;
use super::reports::readings::note_reading;
use super::tickets::StageBody;
use super::{App, Caller, address};
use crate::deflection::log::Millis;
use crate::store::{Below, ListedTicket, Named, NewTicket, Stage, is_ticket_id};
use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Stages of tickets that are here as they were written.
pub const LISTED: [Stage; 4] = [Stage::Received, Stage::Working, Stage::Waiting, Stage::Solved];

/// Most characters of a cursor.
const CURSOR_LIMIT: usize = 100;

/// Tickets that are here as they were written.
#[derive(Serialize, ToSchema)]
struct InboxBody {
    tickets: Vec<ListedBody>,
    /// `cursor` of the next page.
    next: Option<String>,
}

/// A ticket in the list.
#[derive(Serialize, ToSchema)]
struct ListedBody {
    id: String,
    /// Null: the ticket cannot be opened, since it is damaged or its key is another.
    subject: Option<String>,
    /// `received`, `working`, `waiting` or `solved`.
    #[schema(value_type = String)]
    stage: &'static str,
    /// Since when it is so (RFC 3339).
    since: String,
    /// Whether it says where to answer.
    has_email: bool,
}

/// A ticket as it was written.
#[derive(Serialize, ToSchema)]
struct WrittenBody {
    subject: String,
    body: String,
    /// Where to answer; null: nothing was given.
    email: Option<String>,
    /// The portal's own fields, by name.
    fields: BTreeMap<String, String>,
    #[serde(flatten)]
    progress: ProgressBody,
}

/// How far a ticket is.
#[derive(Serialize, ToSchema)]
struct ProgressBody {
    id: String,
    /// `received`, `working`, `waiting` or `solved`.
    #[schema(value_type = String)]
    stage: &'static str,
    /// Since when it is so (RFC 3339).
    since: String,
    /// Each stage it reached, oldest first.
    stages: Vec<StageBody>,
}

/// Where a ticket is moved to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentStage {
    /// `working`, `waiting` or `solved`.
    stage: String,
}

/// Which tickets are wanted.
pub struct InboxQuestion {
    /// Their stage; `None`: any.
    pub stage: Option<Stage>,
    limit: usize,
    place: Option<Place>,
}

/// A page of tickets.
pub struct Inbox {
    /// Tickets for which something is to be done, then solved ones; the latest to reach its stage first.
    pub tickets: Vec<ListedTicket>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// Where a page of the list begins.
struct Place {
    is_solved: bool,
    below: Below,
}

/// Lists tickets, those that are not solved first.
#[utoipa::path(get, path = "/v1/portals/{portal}/admin/tickets", operation_id = "list_tickets", tag = "tickets",
    params(("portal" = String, Path),
        ("stage" = Option<String>, Query, description = "`received`, `working`, `waiting` or `solved`; all without it"),
        ("limit" = Option<usize>, Query, description = "Tickets of a page, 1 to 200; 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before")),
    responses((status = 200, body = InboxBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    staff(&caller)?;
    let Inbox { tickets, next } = inbox(&app, &caller, InboxQuestion::read(fields?)?).await?;
    let tickets = tickets.into_iter().map(|ticket| ListedBody {
        id: ticket.id,
        subject: ticket.subject,
        stage: ticket.stage.name(),
        since: time(ticket.since),
        has_email: ticket.has_address,
    });
    let body = InboxBody { tickets: tickets.collect(), next };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// A ticket as it was written.
#[utoipa::path(get, path = "/v1/portals/{portal}/admin/tickets/{id}", operation_id = "read_ticket", tag = "tickets",
    params(("portal" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = WrittenBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    staff(&caller)?;
    let (NewTicket { subject, body, email, fields, .. }, stages) = read(&app, &caller, &id).await?;
    let body = WrittenBody { subject, body, email, fields, progress: ProgressBody::new(id, &stages)? };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// Moves a ticket into a stage, which its writer sees at once; the same again changes nothing.
#[utoipa::path(post, path = "/v1/portals/{portal}/admin/tickets/{id}", operation_id = "move_ticket", tag = "tickets",
    params(("portal" = String, Path), ("id" = String, Path)), request_body = SentStage,
    responses((status = 200, body = ProgressBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    sent: Result<Json<SentStage>, JsonRejection>,
) -> Result<Response, Problem> {
    staff(&caller)?;
    let Json(SentStage { stage }) = sent?;
    let stages = advance(&app, &caller, &id, &stage).await?;
    let body = ProgressBody::new(id, &stages)?;
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// Lets the portal's own staff through; for anybody else there is nothing here. An operator is nobody's correspondent.
pub fn staff(caller: &Caller) -> Result<(), Problem> {
    if caller.viewer.is_staff(&caller.portal) { Ok(()) } else { Err(Problem::NotFound) }
}

/// A page of tickets. Their subjects are what customers wrote: that they are read is noted.
pub async fn inbox(app: &App, caller: &Caller, question: InboxQuestion) -> Result<Inbox, Problem> {
    let one_more = question.limit + 1;
    let mut tickets = Vec::new();
    for (stages, is_solved) in [(&Stage::OPEN[..], false), (&[Stage::Solved], true)] {
        let asked = |stage: &&Stage| question.stage.is_none_or(|only| only == **stage);
        let wanted: Vec<Stage> = stages.iter().filter(asked).copied().collect();
        let below = question.place.as_ref().filter(|place| place.is_solved == is_solved).map(|place| &place.below);
        let is_behind = question.place.as_ref().is_some_and(|place| place.is_solved && !is_solved);
        if !wanted.is_empty() && !is_behind && tickets.len() < one_more {
            tickets.extend(app.store.inbox(&caller.portal, &wanted, below, one_more - tickets.len()).await?);
        }
    }
    let has_more = tickets.len() == one_more;
    tickets.truncate(question.limit);
    let next = tickets.last().filter(|_| has_more).map(Place::after);
    if !tickets.is_empty() {
        let stage = question.stage.map_or("all", |stage| stage.name());
        note_reading(app, caller, address::query(&[("tickets", stage)]), tickets.len()).await?;
    }
    Ok(Inbox { tickets, next })
}

/// A ticket as written, and each stage since when. That it is read is noted.
pub async fn read(app: &App, caller: &Caller, id: &str) -> Result<(NewTicket, Vec<(Stage, Millis)>), Problem> {
    let written = app.store.written(&caller.portal, id).await?.ok_or(Problem::NotFound)?;
    note_reading(app, caller, address::query(&[("ticket", id)]), 1).await?;
    Ok(written)
}

/// Moves a ticket into the stage of a name: each stage since when.
pub async fn advance(app: &App, caller: &Caller, id: &str, stage: &str) -> Result<Vec<(Stage, Millis)>, Problem> {
    let Some(stage) = Stage::of(stage).filter(|stage| Stage::MOVES.contains(stage)) else {
        let names = Stage::MOVES.map(Named::name).join(", ");
        return Err(Problem::invalid("stage", format!("`stage` must be one of: {names}.")));
    };
    app.store.advance(&caller.portal, id, stage).await?.ok_or(Problem::NotFound)
}

impl InboxQuestion {
    /// Reads it from the query of an address.
    pub fn read(mut fields: Fields) -> Result<Self, Problem> {
        let stages = LISTED.map(|stage| (stage.name(), Some(stage)));
        let stage = fields.choice("stage", &stages, None)?;
        let limit = fields.whole("limit", 1..=200, 50)?;
        let place = fields.text("cursor", CURSOR_LIMIT)?.map(|cursor| {
            Place::read(&cursor).ok_or_else(|| Problem::invalid("cursor", "`cursor` must be `next` of a page before."))
        });
        let place = place.transpose()?;
        fields.finish()?;
        Ok(Self { stage, limit, place })
    }
}

impl Place {
    fn after(ticket: &ListedTicket) -> String {
        let part = if ticket.stage == Stage::Solved { "solved" } else { "open" };
        format!("{part}.{}.{}", ticket.since, ticket.id)
    }

    fn read(cursor: &str) -> Option<Self> {
        let (part, place) = cursor.split_once('.')?;
        let (at, id) = place.split_once('.').filter(|(_, id)| is_ticket_id(id))?;
        let is_solved = match part {
            "open" => false,
            "solved" => true,
            _ => return None,
        };
        Some(Self { is_solved, below: Below(at.parse().ok()?, id.to_owned()) })
    }
}

impl ProgressBody {
    fn new(id: String, stages: &[(Stage, Millis)]) -> Result<Self, Problem> {
        let (stage, since) = *stages.last().ok_or_else(|| Problem::internal("a ticket without a stage"))?;
        let all = stages.iter().map(|(stage, at)| StageBody::new(*stage, *at)).collect::<Result<_, _>>()?;
        Ok(Self { id, stage: stage.name(), since: time(since), stages: all })
    }
}
