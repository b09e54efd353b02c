//! One line of log and one count for each request: what was asked of which route, never what was typed, by whom, or which article.

use super::App;
use super::client::{Client, REQUEST_ID};
use axum::extract::{MatchedPath, Request, State};
use axum::http::HeaderValue;
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::Instant;

/// Notes a request when it is answered, and names it in the answer.
pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let id = request.extensions().get::<Client>().map(|client| client.request_id.clone()).unwrap_or_default();
    let portal = portal(&app, route.as_ref(), request.uri().path());
    let mut response = next.run(request).await;
    let (micros, status) = (began.elapsed().as_micros(), response.status().as_u16());
    let route = route.as_ref().map_or("none", MatchedPath::as_str);
    tracing::info!(%method, route, status, micros, request = id, portal, "request");
    // Methods are whatever a client makes up: one name for the rest keeps the number of series bounded.
    let method =
        if ["GET", "HEAD", "POST", "OPTIONS"].contains(&method.as_str()) { method.to_string() } else { "other".into() };
    let labels = [("method", method), ("route", route.to_owned()), ("status", status.to_string())];
    metrics::counter!("signpost_requests_total", &labels).increment(1);
    metrics::histogram!("signpost_request_seconds", "route" => route.to_owned()).record(began.elapsed().as_secs_f64());
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    response
}

/// The portal that a request is for, if it is served: anything else is a stranger's text.
fn portal(app: &App, route: Option<&MatchedPath>, path: &str) -> String {
    let place = route.and_then(|route| route.as_str().split('/').position(|part| part == "{portal}"));
    let id = place.and_then(|place| path.split('/').nth(place));
    let served = id.and_then(|id| app.library.snapshot().portal(id).map(|portal| portal.id.clone()));
    served.unwrap_or_else(|| "-".into())
}
