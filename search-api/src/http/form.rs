//! `GET /form`: a ticket form to be filled in, with the id that ties what follows to it.

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::visitor::{Visitor, browser_id};
use super::{App, Caller};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// What may be said when a form is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the inputs that Fields reads")]
pub struct FormQuestion {
    /// The browser's random id.
    visitor: Option<String>,
    /// Id of the first form that this browser began, if it kept one: whoever signs in stays in their arm of an experiment.
    first: Option<String>,
    /// Language of the labels; else the portal's first.
    lang: Option<String>,
}

/// A ticket form.
#[derive(Serialize, ToSchema)]
pub struct FormBody {
    /// Id that its events and its ticket name.
    form_id: String,
    /// Fields of this portal, after `subject`, `body` and `email`.
    fields: Vec<FormField>,
    /// Whether articles are to be suggested while it is filled in.
    suggestions: bool,
}

/// A field of the form.
#[derive(Serialize, ToSchema)]
struct FormField {
    /// Its name under `fields` of a ticket.
    name: String,
    label: String,
    /// Choices; empty = free text.
    options: Vec<String>,
    required: bool,
}

/// Begins a ticket form.
#[utoipa::path(get, path = "/v1/portals/{portal}/form", operation_id = "begin_form", tag = "tickets",
    params(("portal" = String, Path), FormQuestion),
    responses((status = 200, body = FormBody), (status = "4XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    visitor: Visitor,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let browser = browser_id(&mut fields)?;
    let first = fields.text("first", 64)?;
    let wanted = fields.language()?.or_else(|| caller.portal.languages.first().cloned());
    fields.finish()?;
    let wanted = wanted.as_ref().map_or("", |language| language.as_str());
    let field = |field: &indexer::portal::TicketField| FormField {
        name: field.name.clone(),
        label: field.label.get(wanted).or_else(|| field.label.values().next()).unwrap_or(&field.name).clone(),
        options: field.options.clone(),
        required: field.required,
    };
    let fields = caller.portal.ticket_fields.iter().map(field).collect();
    let origin = visitor.origin(&caller.viewer, browser.as_deref());
    let (form_id, suggestions) = app.store.begin_form(&caller.portal, origin, first.as_deref());
    let form = FormBody { form_id, fields, suggestions };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(form)).into_response())
}
