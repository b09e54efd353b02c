//! A ticket's page for its owner: how far it is, since when, who acts next, and what to expect.

use super::frame::{Frame, Visit};
use super::page;
use super::words::{self, Words, fill};
use crate::http::App;
use crate::http::error::Problem;
use crate::store::{Stage, TicketStatus};
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "status.html")]
struct Status {
    frame: Frame,
    /// Whether it was sent a moment ago.
    fresh: bool,
    /// Whether its address is the only way back.
    keep: bool,
    steps: Vec<Step>,
    who: String,
    expected: String,
    subject: String,
    id: String,
}

struct Step {
    title: String,
    since: Option<String>,
    state: StepState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StepState {
    Done,
    Now,
    Later,
}

/// What the address says beside the ticket's id.
#[derive(Deserialize)]
pub(super) struct Asked {
    secret: Option<String>,
    fresh: Option<String>,
}

/// `GET /{portal}/tickets/{id}`: for whoever holds its secret or wrote it; for others the same 404.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    let found = app.store.ticket(&caller.portal, &id, &caller.viewer, asked.secret.as_deref()).await;
    let ticket = found?.ok_or(Problem::NotFound)?;
    let now = ticket.stages.last().map_or(Stage::Received, |(stage, _)| *stage);
    let words::Stage { who, expected, .. } = stage_words(frame.words, now);
    let status = Status {
        fresh: asked.fresh.is_some(),
        keep: caller.viewer.subject().is_none(),
        steps: steps(&frame, &ticket),
        who: who.clone(),
        expected: expected.clone(),
        subject: ticket.subject,
        id: ticket.id,
        frame,
    };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&status)?).into_response())
}

/// The stages that a ticket has been through, and those that are still to come.
fn steps(frame: &Frame, ticket: &TicketStatus) -> Vec<Step> {
    let reached = ticket.stages.len();
    let past = ticket.stages.iter().enumerate().map(|(place, (stage, since))| Step {
        title: stage_words(frame.words, *stage).name.clone(),
        since: Some(fill(&frame.words.status.since, &[("date", &frame.words.minute(*since, &frame.zone))])),
        state: if place + 1 == reached { StepState::Now } else { StepState::Done },
    });
    let ahead = ahead(ticket.stages.last().map(|(stage, _)| *stage)).iter().map(|stage| Step {
        title: stage_words(frame.words, *stage).name.clone(),
        since: None,
        state: StepState::Later,
    });
    past.chain(ahead).collect()
}

/// The stages that follow if all goes well.
fn ahead(now: Option<Stage>) -> &'static [Stage] {
    match now {
        None => &[Stage::Received, Stage::Working, Stage::Solved],
        Some(Stage::Received) => &[Stage::Working, Stage::Solved],
        Some(Stage::Working | Stage::Waiting) => &[Stage::Solved],
        Some(Stage::Solved | Stage::HandedOver) => &[],
    }
}

pub(super) fn stage_words(words: &'static Words, stage: Stage) -> &'static words::Stage {
    match stage {
        Stage::Received => &words.status.received,
        Stage::Working => &words.status.working,
        Stage::Waiting => &words.status.waiting,
        Stage::Solved => &words.status.solved,
        Stage::HandedOver => &words.status.handed_over,
    }
}
