//! Whether the process lives, whether calls may be sent to it, and what may be called.

use super::App;
use super::error::{READY, STARTING};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A state in one word, and nothing else.
#[derive(Serialize, ToSchema)]
pub struct Status {
    /// `alive`; `ready` or `starting`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Says that the process answers.
#[utoipa::path(get, path = "/livez", tag = "operations", security(()), responses((status = 200, body = Status)))]
pub async fn livez() -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Json(Status { status: "alive" })).into_response()
}

/// Says whether the index equals the content, so that calls may be sent here.
#[utoipa::path(get, path = "/readyz", tag = "operations", security(()),
    responses((status = 200, body = Status), (status = 503, body = Status)))]
pub async fn readyz(State(app): State<Arc<App>>) -> Response {
    let (code, status) = if app.is_ready() { (READY, "ready") } else { (STARTING, "starting") };
    (code, [(header::CACHE_CONTROL, "no-store")], Json(Status { status })).into_response()
}

/// The OpenAPI 3.1 document of everything under `/v1`.
pub async fn openapi(document: Arc<str>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document.to_string())
}
