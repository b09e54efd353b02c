//! Pages for a portal's staff: tickets of the form as written, and the buttons that move them on.

use super::frame::{Frame, Visit};
use super::page;
use super::words::{Words, fill};
use crate::deflection::log::Millis;
use crate::http::error::Problem;
use crate::http::fields::Fields;
use crate::http::inbox::{self, Inbox, InboxQuestion};
use crate::http::{App, address};
use crate::store::{Named, NewTicket, Stage};
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use indexer::portal::{Portal, TicketField};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "requests.html")]
struct Requests {
    frame: Frame,
    choices: Vec<Choice>,
    /// Whether only one stage is shown.
    narrowed: bool,
    rows: Vec<Row>,
    all: String,
    first: Option<String>,
    next: Option<String>,
}

/// A stage that may be chosen.
struct Choice {
    title: String,
    href: String,
    chosen: bool,
}

struct Row {
    subject: String,
    href: String,
    stage: String,
    since: String,
    reply: String,
}

#[derive(Template)]
#[template(path = "request.html")]
struct Request {
    frame: Frame,
    id: String,
    subject: String,
    body: String,
    reply: Option<Reply>,
    fields: Vec<Written>,
    stage: String,
    steps: Vec<Step>,
    moves: Vec<Move>,
    /// Whether it was moved a moment ago.
    moved: bool,
}

/// Where to answer.
struct Reply {
    address: String,
    href: String,
}

/// What was written into a field of the portal's own.
struct Written {
    label: String,
    value: String,
}

struct Step {
    title: String,
    since: String,
}

/// A stage into which the ticket can be moved.
struct Move {
    stage: &'static str,
    title: String,
}

/// What the address says beside the ticket's id.
#[derive(Deserialize)]
pub(super) struct Asked {
    moved: Option<String>,
}

/// A button.
#[derive(Deserialize)]
pub(super) struct Pressed {
    stage: String,
}

/// `GET /{portal}/requests`
pub(super) async fn list(
    State(app): State<Arc<App>>,
    visit: Visit,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    inbox::staff(&caller)?;
    let mut fields = fields?;
    // The language of the page, which was read with the frame.
    fields.language()?;
    let is_later = fields.has("cursor");
    let question = InboxQuestion::read(fields)?;
    let only = question.stage;
    let Inbox { tickets, next } = inbox::inbox(&app, &caller, question).await?;
    let all = format!("{}/requests", frame.base);
    let of_stage = |stage: Option<Stage>| match stage {
        Some(stage) => format!("{all}?{}", address::query(&[("stage", stage.name())])),
        None => all.clone(),
    };
    let choices = [None].into_iter().chain(inbox::LISTED.map(Some)).map(|stage| Choice {
        title: stage.map_or_else(|| frame.words.requests.all.clone(), |stage| name(frame.words, stage)),
        href: of_stage(stage),
        chosen: stage == only,
    });
    let next = next.map(|cursor| {
        let stage = only.map(|stage| ("stage", stage.name()));
        let pairs: Vec<_> = stage.into_iter().chain([("cursor", &*cursor)]).collect();
        format!("{all}?{}", address::query(&pairs))
    });
    let rows = tickets.into_iter().map(|ticket| Row {
        href: format!("{all}/{}", address::segment(&ticket.id)),
        subject: ticket.subject.unwrap_or_else(|| frame.words.requests.unreadable.clone()),
        stage: name(frame.words, ticket.stage),
        since: frame.words.minute(ticket.since, &frame.zone),
        reply: if ticket.has_address { &frame.words.requests.reply_yes } else { &frame.words.requests.reply_no }
            .clone(),
    });
    let requests = Requests {
        choices: choices.collect(),
        narrowed: only.is_some(),
        rows: rows.collect(),
        first: is_later.then(|| of_stage(only)),
        next,
        all: all.clone(),
        frame,
    };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&requests)?).into_response())
}

/// `GET /{portal}/requests/{id}`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    inbox::staff(&caller)?;
    let (ticket, stages) = inbox::read(&app, &caller, &id).await?;
    let NewTicket { subject, body, email, fields, .. } = ticket;
    let now = stages.last().map_or(Stage::Received, |(stage, _)| *stage);
    let moves = Stage::MOVES.into_iter().filter(|stage| *stage != now).map(|stage| Move {
        stage: stage.name(),
        title: frame.words.requests.moves.get(stage.name()).cloned().unwrap_or_default(),
    });
    let request = Request {
        reply: email.map(|address| Reply { href: mail_to(&address, &subject), address }),
        fields: written(&frame, &caller.portal, fields),
        stage: name(frame.words, now),
        steps: steps(&frame, &stages),
        moves: moves.collect(),
        moved: asked.moved.is_some(),
        id,
        subject,
        body,
        frame,
    };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&request)?).into_response())
}

/// `POST /{portal}/requests/{id}`: moves it on.
pub(super) async fn advance(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    pressed: Result<Form<Pressed>, FormRejection>,
) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    inbox::staff(&caller)?;
    let Form(Pressed { stage }) = pressed.map_err(|rejection| Problem::invalid("body", rejection.body_text()))?;
    inbox::advance(&app, &caller, &id, &stage).await?;
    let page = format!("{}/requests/{}?moved=yes", frame.base, address::segment(&id));
    Ok(Redirect::to(&page).into_response())
}

fn name(words: &Words, stage: Stage) -> String {
    words.requests.names.get(stage.name()).cloned().unwrap_or_default()
}

fn steps(frame: &Frame, stages: &[(Stage, Millis)]) -> Vec<Step> {
    let step = |(stage, since): &(Stage, Millis)| Step {
        title: name(frame.words, *stage),
        since: fill(&frame.words.status.since, &[("date", &frame.words.minute(*since, &frame.zone))]),
    };
    stages.iter().map(step).collect()
}

/// What was written into the portal's own fields, by the labels that they have now.
fn written(frame: &Frame, portal: &Portal, fields: BTreeMap<String, String>) -> Vec<Written> {
    let label = |name: &str| {
        let field: Option<&TicketField> = portal.ticket_fields.iter().find(|field| field.name == name);
        let label = field.and_then(|field| field.label.get(frame.language.as_str()).or(field.label.values().next()));
        label.cloned().unwrap_or_else(|| name.to_owned())
    };
    fields.into_iter().map(|(name, value)| Written { label: label(&name), value }).collect()
}

/// Begins an answer to an address in the reader's own program for mails.
fn mail_to(to: &str, subject: &str) -> String {
    let (user, host) = to.rsplit_once('@').unwrap_or((to, ""));
    let subject = address::query(&[("subject", &format!("Re: {subject}"))]);
    format!("mailto:{}@{}?{subject}", address::segment(user), address::segment(host))
}
