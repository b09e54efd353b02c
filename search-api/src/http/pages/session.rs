//! Signing in for a trial by pasting a token, and out: the token is sent in a body, kept in a cookie, and stands in no address.

use super::frame::{Frame, Visit};
use super::page;
use crate::http::App;
use crate::http::client::Client;
use crate::http::error::Problem;
use crate::http::viewer::SESSION_COOKIE;
use askama::Template;
use axum::Extension;
use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "session.html")]
struct Session {
    frame: Frame,
    wrong: bool,
}

/// A token as the form sends it.
#[derive(Deserialize)]
pub(super) struct Pasted {
    #[serde(default)]
    token: String,
}

/// `GET /{portal}/session`
pub(super) async fn show(visit: Visit) -> Result<Response, Problem> {
    page(&Session { frame: visit.frame, wrong: false })
}

/// `POST /{portal}/session`: signs in. Only from our own pages, or another site could sign a person in as somebody else.
pub(super) async fn begin(
    State(app): State<Arc<App>>,
    Path(portal): Path<String>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    pasted: Result<Form<Pasted>, axum::extract::rejection::FormRejection>,
) -> Result<Response, Problem> {
    let Form(pasted) = pasted.map_err(|rejection| Problem::invalid("body", rejection.body_text()))?;
    let snapshot = app.library.snapshot();
    let portal = snapshot.portal(&portal).ok_or(Problem::NotFound)?;
    if !app.is_own_origin(&headers, &client) {
        return Err(Problem::CrossOrigin);
    }
    let frame = Frame::new(&app, portal, &client, None, &headers);
    let token = pasted.token.trim();
    // A token that verifies is made of the characters of base64url and dots: it cannot break out of the cookie.
    if app.keys.verify(token, portal, app.now()).is_err() {
        return page(&Session { frame, wrong: true });
    }
    let mut response = Redirect::to(&format!("{}/", frame.base)).into_response();
    remember(
        response.headers_mut(),
        token,
        &places(&frame.base, &app.config.base_path, &portal.id),
        is_loopback(&client),
    );
    Ok(response)
}

/// `POST /{portal}/session/end`: signs out, also with a token that has expired.
pub(super) async fn end(
    State(app): State<Arc<App>>,
    Path(portal): Path<String>,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let snapshot = app.library.snapshot();
    let portal = snapshot.portal(&portal).ok_or(Problem::NotFound)?;
    if !app.is_own_origin(&headers, &client) {
        return Err(Problem::CrossOrigin);
    }
    let base = client.page_base(&portal.id, &app.config.base_path);
    let mut response = Redirect::to(&format!("{base}/")).into_response();
    forget(response.headers_mut(), &base, &app.config.base_path, &portal.id);
    Ok(response)
}

/// Takes the session back from the browser.
pub(super) fn forget(headers: &mut HeaderMap, base: &str, root: &str, portal: &str) {
    for path in places(base, root, portal) {
        set(headers, format!("{SESSION_COOKIE}=; Path={path}; HttpOnly; SameSite=Lax; Max-Age=0"));
    }
}

/// The paths of one portal, pages and API: a session of one portal is never shown to another.
fn places(base: &str, root: &str, portal: &str) -> [String; 2] {
    [format!("{base}/"), format!("{root}/v1/portals/{portal}/")]
}

fn remember(headers: &mut HeaderMap, token: &str, places: &[String], loopback: bool) {
    // Browsers differ on whether `Secure` cookies may be set over plain HTTP on this machine.
    let secure = if loopback { "" } else { "; Secure" };
    for path in places {
        set(headers, format!("{SESSION_COOKIE}={token}; Path={path}; HttpOnly; SameSite=Lax{secure}"));
    }
}

fn set(headers: &mut HeaderMap, cookie: String) {
    if let Ok(cookie) = HeaderValue::try_from(cookie) {
        headers.append(header::SET_COOKIE, cookie);
    }
}

/// Whether the browser reached us by a name of its own machine.
fn is_loopback(client: &Client) -> bool {
    let host = client.host.as_deref().unwrap_or_default();
    let name = host
        .rsplit_once(':')
        .filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit()))
        .map_or(host, |(name, _)| name);
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(headers: &HeaderMap) -> Vec<&str> {
        headers.get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn a_session_is_shown_to_its_own_portal_alone() {
        let mut headers = HeaderMap::new();
        remember(&mut headers, "a.b.c", &places("/acme", "", "acme"), false);
        assert_eq!(
            cookies(&headers),
            [
                "signpost_session=a.b.c; Path=/acme/; HttpOnly; SameSite=Lax; Secure",
                "signpost_session=a.b.c; Path=/v1/portals/acme/; HttpOnly; SameSite=Lax; Secure",
            ]
        );
    }

    #[test]
    fn signing_out_takes_back_every_cookie_that_signing_in_gave() {
        let (mut given, mut taken) = (HeaderMap::new(), HeaderMap::new());
        remember(&mut given, "a.b.c", &places("", "/support", "acme"), true);
        forget(&mut taken, "", "/support", "acme");
        let path = |cookie: &str| cookie.split("; ").nth(1).map(str::to_owned);
        let paths = |headers| cookies(headers).into_iter().map(path).collect::<Vec<_>>();
        assert_eq!(paths(&given), paths(&taken));
        assert!(cookies(&taken).iter().all(|cookie| cookie.contains("Max-Age=0")));
    }

    #[test]
    fn only_this_machine_is_loopback() {
        let client = |host: &str| Client { host: Some(host.into()), ..Client::default() };
        for host in ["localhost:8080", "127.0.0.1", "[::1]:8080"] {
            assert!(is_loopback(&client(host)), "{host}");
        }
        for host in ["localhost.example.com", "127.0.0.1.example.com:80", "example.com"] {
            assert!(!is_loopback(&client(host)), "{host}");
        }
    }
}
