//! What surrounds every page: headers that keep it safe, the language remembered, and problems told as pages.

use super::frame::Frame;
use super::preference::{LANGUAGE_COOKIE, parameter};
use super::session;
use super::words::{Words, words};
use crate::http::App;
use crate::http::client::Client;
use crate::http::error::Problem;
use crate::http::rollups::Waiting;
use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use indexer::language::Language;
use jiff::civil::Date;
use std::sync::Arc;

/// Nothing but our own files runs, styles or is sent to. Browsers send an Origin with forms and beacons only under a referrer policy
/// that lets them name the page to its own site.
const SAFE: [(HeaderName, &str); 2] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
    ),
    (header::REFERRER_POLICY, "same-origin"),
];

#[derive(Template)]
#[template(path = "message.html")]
struct Message {
    frame: Frame,
    title: String,
    text: String,
    query: String,
    /// Where less can be had at once.
    sooner: Option<String>,
}

#[derive(Template)]
#[template(path = "nowhere.html")]
struct Nowhere {
    words: &'static Words,
}

/// Gives a page its headers, remembers a chosen language, and puts a problem into words for people.
pub(super) async fn wrap(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let asked = Asked {
        uri: request.uri().clone(),
        headers: request.headers().clone(),
        client: request.extensions().get::<Client>().cloned().unwrap_or_default(),
    };
    let mut response = next.run(request).await;
    let is = |kind: &str| {
        response.headers().get(header::CONTENT_TYPE).is_some_and(|is| is.as_bytes().starts_with(kind.as_bytes()))
    };
    if is("application/problem+json") {
        response = asked.tell(&app, response);
    }
    for (name, value) in SAFE {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Some(cookie) = asked.chosen_language() {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// What is kept of a request to answer it should its handler fail.
struct Asked {
    uri: Uri,
    headers: HeaderMap,
    client: Client,
}

impl Asked {
    /// The page for a problem; status and headers stay.
    fn tell(&self, app: &App, problem: Response) -> Response {
        let (mut parts, _) = problem.into_parts();
        let portal = self.uri.path().split('/').nth(1).unwrap_or_default();
        let snapshot = app.library.snapshot();
        let rendered = match snapshot.portal(portal) {
            Some(portal) => {
                let mut frame = Frame::new(app, portal, &self.client, self.uri.query(), &self.headers);
                if parts.status == Problem::Unauthorized(String::new()).status() {
                    session::forget(&mut parts.headers, &frame.base, &app.config.base_path, &portal.id);
                    frame.signed_in = false;
                }
                let (title, text) = frame.words.problem(&parts, &self.client.request_id);
                let waiting = parts.extensions.get::<Waiting>();
                let sooner = waiting.and_then(|waiting| waiting.from).map(|from| self.sooner(from));
                Message { frame, title, text, query: String::new(), sooner }.render()
            }
            None => Nowhere { words: words(&[]) }.render(),
        };
        let Ok(rendered) = rendered else { return parts.into_response() };
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        (parts, Html(rendered)).into_response()
    }

    /// The same address for a range that begins on a later day.
    fn sooner(&self, from: Date) -> String {
        let asked = self.uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let kept = asked.filter(|pair| !pair.starts_with("from=") && !pair.starts_with("cursor="));
        format!("?{}", kept.map(str::to_owned).chain([format!("from={from}")]).collect::<Vec<_>>().join("&"))
    }

    fn chosen_language(&self) -> Option<HeaderValue> {
        let language = Language::parse(parameter(self.uri.query(), "lang")?)?;
        HeaderValue::try_from(format!(
            "{LANGUAGE_COOKIE}={}; Path=/; SameSite=Lax; Max-Age=31536000",
            language.as_str()
        ))
        .ok()
    }
}
