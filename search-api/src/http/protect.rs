//! What stands between the network and every handler: limits, time, compression, and headers that keep browsers safe.

use super::client::Client;
use super::error::Problem;
use super::{App, etag, observe};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tower_http::CompressionLevel;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::CorsLayer;

/// Longest address, in bytes: room for what people paste into a search box, which is then told that it is too long for one.
const ADDRESS_LIMIT: usize = 16 * 1024;
/// Answers of fewer bytes are not worth compressing.
const COMPRESSED_FROM: u64 = 1024;
/// Answered before the index is known to equal the content.
const OPEN_WHILE_STARTING: [&str; 3] = ["/livez", "/readyz", "/openapi.json"];
/// Everything that an answer can depend on beside its address.
const VARY: &str = "Authorization, Cookie, Accept, Accept-Encoding, Accept-Language, Origin";
/// Set on every answer that does not say otherwise (pages and assets do).
const SAFE: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Puts the guards around all routes. The last layer here is the first that a request meets.
pub fn guard(router: Router<Arc<App>>, app: &Arc<App>) -> Router<Arc<App>> {
    let compressed = SizeAbove::new(COMPRESSED_FROM)
        .and(NotForContentType::IMAGES)
        .and(NotForContentType::const_new("application/zip"))
        .and(NotForContentType::const_new("application/pdf"));
    router
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(Arc::clone(app), admit))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest).compress_when(compressed))
        .layer(map_response(async |response: Response| etag::weaken(response)))
        .layer(cors(app))
        .layer(map_response(async |response: Response| safe(response)))
        .layer(from_fn_with_state(Arc::clone(app), observe::observe))
}

/// Lets a request through if its address is short, its caller not too busy and the server not too full; and bounds its time.
async fn admit(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|address| address.as_str().len() > ADDRESS_LIMIT) {
        return Problem::AddressTooLong(ADDRESS_LIMIT).into_response();
    }
    let path = request.uri().path();
    if !app.is_ready() && !OPEN_WHILE_STARTING.contains(&path) {
        // Nothing is known to be absent yet: a 404 would be believed, and cached, by whoever asks.
        return Problem::Starting.into_response();
    }
    let client = request.extensions().get::<Client>().cloned().unwrap_or_default();
    let seat = match app.limits.admit_address(client.address).and_then(|()| app.limits.seat()) {
        Ok(seat) => seat,
        Err(problem) => return problem.into_response(),
    };
    let answered = tokio::time::timeout(app.config.request_timeout, next.run(request)).await;
    drop(seat);
    answered.unwrap_or_else(|_| Problem::TimedOut.into_response())
}

/// Sites that the operator names may call with a viewer's credentials; no other site reads an answer.
fn cors(app: &App) -> CorsLayer {
    let origins: Vec<HeaderValue> =
        app.config.cors_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    if origins.is_empty() {
        return CorsLayer::new();
    }
    CorsLayer::new()
        .allow_origin(origins)
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, HeaderName::from_static("idempotency-key")])
        .expose_headers([header::ETAG, header::RETRY_AFTER, HeaderName::from_static(super::client::REQUEST_ID)])
        .max_age(Duration::from_secs(600))
}

fn safe(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in SAFE {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // An answer that is refused before the routes may depend on the moment.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::VARY, HeaderValue::from_static(VARY));
    response
}

fn panicked(panic: Box<dyn Any + Send>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    Problem::internal(format!("a handler panicked: {}", words.unwrap_or("without words"))).into_response()
}

impl App {
    /// Whether the Origin of a request is the host that it calls, or one that the operator lists. Without an Origin it is not.
    pub(super) fn is_own_origin(&self, headers: &HeaderMap, client: &Client) -> bool {
        let Some(origin) =
            headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok()).map(str::to_ascii_lowercase)
        else {
            return false;
        };
        // TLS ends at a proxy: the scheme is not ours to compare.
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        (authority.is_some() && authority == client.host.as_deref()) || self.config.cors_origins.contains(&origin)
    }
}
