//! `GET /reports/episodes/{id}`: one episode of the ledger, told in order.

use super::asking::{self, ReportQuestion, ask, fold};
use super::common::{common_on, day_of_row};
use super::episodes::view;
use super::readings::note_reading;
use super::shown::{EpisodeBody, View, id, parts, row_id};
use super::stretches::log_of;
use crate::deflection::ledger::Kind;
use crate::deflection::question::HOUR;
use crate::deflection::searches::normalise;
use crate::deflection::{Question, history};
use crate::http::error::{Problem, ProblemBody};
use crate::http::fields::Fields;
use crate::http::rollups::has;
use crate::http::{App, Caller};
use crate::store::Whose;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// One episode: its searches, what was shown, opened and voted, its tickets, and what that means under each window.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/episodes/{id}", operation_id = "report_episode", tag = "reports",
    params(("portal" = String, Path), ("id" = String, Path, description = "From a row of the ledger"), ReportQuestion,
        ("view" = Option<String>, Query, description = "`plain` (default) or `raw`: text as it was typed, redacted, and exact times; needs the role `signpost:analyst-raw` and leaves an audit row")),
    responses((status = 200, body = EpisodeBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((_, named)): Path<(String, String)>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let question = ask(&caller, &mut fields, app.now())?;
    let view = view(&caller, &mut fields)?;
    fields.finish()?;
    let body = tell(&app, &caller, &question, view, named).await?;
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// Tells the episode that an id of the ledger names, as far as the caller may know it.
pub async fn tell(
    app: &App,
    caller: &Caller,
    question: &Question,
    view: View,
    named: String,
) -> Result<EpisodeBody, Problem> {
    let portal = &caller.portal.id;
    let (made, hour) = parts(&named);
    let made = made.to_owned();
    let find = move |log: &_, question: &Question| history(log, question, |stored| id(Kind::Episode, stored) == made);
    let found = match (has(app, portal, question, app.large_log).await?, hour) {
        (false, _) => fold(app, portal, question, find).await?,
        (true, Some(hour)) => {
            let there = Whose::There(hour, hour.saturating_add(HOUR));
            let log = log_of(app, portal, question.reach(), there).await?;
            let asked = question.clone();
            match app.cores.run_behind(move || find(&log, &asked)).await? {
                Some(history) if view == View::Plain => {
                    let texts = history.texts().map(normalise).collect();
                    let common = common_on(app, portal, question, day_of_row(question, history.row.t), texts).await?;
                    Some(history.among(&common))
                }
                found => found,
            }
        }
        // No row of a large log has such an id.
        (true, None) => None,
    };
    let history = found.ok_or(Problem::NotFound)?;
    if view == View::Raw {
        let shown = row_id(&history.row);
        note_reading(app, caller, asking::query(question, &[("episode", &shown)]), 1).await?;
    }
    Ok(EpisodeBody::new(view, &caller.index, history))
}
