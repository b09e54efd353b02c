//! Who calls, and what they may see: the one extractor through which a handler reaches a portal.

use super::App;
use super::client::Client;
use super::error::Problem;
use crate::identity::{TokenError, Viewer};
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use std::sync::Arc;
use utoipa::Modify;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

/// Cookie that holds a token on the portal's own pages.
pub const SESSION_COOKIE: &str = "signpost_session";

/// A verified caller of one portal. Extracting it is the only way from a request to an index; for an unknown portal it is the same
/// [`Problem::NotFound`] as for a hidden article, for a token that cannot be verified [`Problem::Unauthorized`].
///
/// Pages that answer in HTML extract `Result<Caller, Problem>`.
pub struct Caller {
    /// The portal of the address.
    pub portal: Arc<Portal>,
    /// Who asks.
    pub viewer: Viewer,
    /// Everything that they may see, frozen for this request.
    pub index: Arc<VisibleIndex>,
    /// Where the call came from.
    pub client: Client,
    /// What stands before the path of each page of this portal, without a slash at its end: empty on a host of its own, else `/{portal}`,
    /// after the base path.
    pub base: String,
    /// What stands before the path of everything else (`/v1/…`, `/static/…`): the base path, often empty.
    pub root: String,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let parameters = RawPathParams::from_request_parts(parts, app).await.map_err(|_| Problem::NotFound)?;
        let id =
            parameters.iter().find_map(|(name, value)| (name == "portal").then_some(value)).ok_or(Problem::NotFound)?;
        let snapshot = app.library.snapshot();
        let portal = Arc::clone(snapshot.portal(id).ok_or(Problem::NotFound)?);
        let client = parts.extensions.get::<Client>().cloned().unwrap_or_default();
        let viewer = match credential(&parts.headers)? {
            None => Viewer::anonymous(&portal.id),
            Some(Credential::Bearer(token)) => app.keys.verify(token, &portal, app.now())?,
            Some(Credential::Cookie(token)) => {
                if !parts.method.is_safe() && !app.is_own_origin(&parts.headers, &client) {
                    return Err(Problem::CrossOrigin);
                }
                app.keys.verify(token, &portal, app.now())?
            }
        };
        if let Some(subject) = viewer.subject() {
            app.limits.admit_visitor(&portal.id, subject)?;
        }
        let index = snapshot.visible(&portal.id, viewer.grants()).ok_or(Problem::NotFound)?;
        let base = client.page_base(&portal.id, &app.config.base_path);
        let root = app.config.base_path.clone();
        Ok(Self { portal, viewer, index, client, base, root })
    }
}

impl Caller {
    /// The same caller, signed in by a token that came in the body (`navigator.sendBeacon` cannot set headers).
    pub fn with_token(self, app: &App, token: &str) -> Result<Self, Problem> {
        let viewer = app.keys.verify(token, &self.portal, app.now())?;
        let index = app.library.snapshot().visible(&self.portal.id, viewer.grants()).ok_or(Problem::NotFound)?;
        Ok(Self { viewer, index, ..self })
    }

    /// Address of an article's page, from the root of the host.
    pub fn article_url(&self, slug: &str) -> String {
        format!("{}/articles/{}", self.base, super::address::segment(slug))
    }

    /// The same, at one of its headings; an empty anchor is the top.
    pub fn article_url_at(&self, slug: &str, anchor: &str) -> String {
        let mut url = self.article_url(slug);
        if !anchor.is_empty() {
            url.push('#');
            url.push_str(&super::address::fragment(anchor));
        }
        url
    }

    /// Address of an asset of the portal (its path relative to the portal's folder), from the root of the host.
    pub fn asset_url(&self, path: &str) -> String {
        format!("{}/v1/portals/{}/assets/{}", self.root, self.portal.id, super::address::path(path))
    }
}

/// How callers prove who they are, for the OpenAPI document.
pub(super) struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
        components
            .add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(SESSION_COOKIE))));
    }
}

impl From<TokenError> for Problem {
    fn from(error: TokenError) -> Self {
        Self::Unauthorized(format!("The token was refused: {error}."))
    }
}

enum Credential<'a> {
    Bearer(&'a str),
    Cookie(&'a str),
}

/// Finds the token of a request: the Authorization header, else the session cookie.
fn credential(headers: &HeaderMap) -> Result<Option<Credential<'_>>, Problem> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(|value| value.split_once(' '));
        return match token {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                Ok(Some(Credential::Bearer(token.trim())))
            }
            _ => Err(Problem::Unauthorized("The Authorization header must read: Bearer, a space, the token.".into())),
        };
    }
    // Browsers send the cookie with the most specific path first.
    let cookie = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == SESSION_COOKIE).then_some(value));
    Ok(cookie.filter(|token| !token.is_empty()).map(Credential::Cookie))
}
