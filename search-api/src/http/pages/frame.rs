//! What every page of a portal has around its content, and the visit that a page is rendered for.

use super::preference::{self, cookie};
use super::statics;
use super::words::{self, Words};
use crate::http::App;
use crate::http::client::Client;
use crate::http::error::Problem;
use crate::http::viewer::{Caller, SESSION_COOKIE};
use crate::http::visitor::Visitor;
use crate::identity::ANALYST;
use crate::store::Origin;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use indexer::language::Language;
use indexer::portal::Portal;
use jiff::tz::TimeZone;
use std::sync::Arc;

/// Cookie in which scripts of the pages name the browser, for searches, votes and tickets that the server records.
const VISITOR_COOKIE: &str = "signpost_visitor";

/// Cookie in which they keep the id of the first ticket form that the browser began: it says which arm of an experiment it is in.
const FORM_COOKIE: &str = "signpost_form";

/// Header, footer and head of a page.
pub(super) struct Frame {
    pub words: &'static Words,
    /// The language that the reader wants, of the portal's; the pages may not speak it.
    pub language: Language,
    pub portal: String,
    pub portal_name: String,
    /// What stands before the path of each page.
    pub base: String,
    /// What stands before the name of each style sheet and script.
    pub assets: String,
    pub scheme: &'static str,
    pub languages: Vec<LanguageLink>,
    pub signed_in: bool,
    pub analyst: bool,
    pub staff: bool,
    pub zone: TimeZone,
}

/// A language that the reader may choose.
pub(super) struct LanguageLink {
    pub tag: String,
    pub name: String,
    pub href: String,
    pub chosen: bool,
}

/// A verified caller who wants a page.
pub(super) struct Visit {
    pub caller: Caller,
    pub frame: Frame,
    pub visitor: Visitor,
    browser: Option<String>,
    earlier_form: Option<String>,
}

impl FromRequestParts<Arc<App>> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let mut frame = Frame::new(app, &caller.portal, &caller.client, parts.uri.query(), &parts.headers);
        frame.analyst = caller.viewer.has(ANALYST);
        frame.staff = caller.viewer.is_staff(&caller.portal);
        let Ok(visitor) = Visitor::from_request_parts(parts, app).await;
        let browser = cookie(&parts.headers, VISITOR_COOKIE).filter(|id| is_browser_id(id)).map(str::to_owned);
        let earlier_form = cookie(&parts.headers, FORM_COOKIE).filter(|id| id.len() <= 64).map(str::to_owned);
        Ok(Self { caller, frame, visitor, browser, earlier_form })
    }
}

impl Visit {
    /// Who this is, as far as events and tickets are concerned.
    pub fn origin(&self) -> Origin<'_> {
        self.visitor.origin(&self.caller.viewer, self.browser.as_deref())
    }

    /// Begins a ticket form: its id, and whether articles are to be suggested in it.
    pub fn begin_form(&self, app: &App) -> (String, bool) {
        app.store.begin_form(&self.caller.portal, self.origin(), self.earlier_form.as_deref())
    }

    /// The browser's random id, if its scripts have named it.
    pub fn browser(&self) -> Option<&str> {
        self.browser.as_deref()
    }
}

impl Frame {
    /// The frame of a portal's page for whoever sent these headers; who they are is not looked at, only whether they brought a session.
    pub fn new(app: &App, portal: &Portal, client: &Client, query: Option<&str>, headers: &HeaderMap) -> Self {
        let language = preference::language(&portal.languages, query, headers).cloned();
        let language = language.unwrap_or_else(words::fallback);
        let base_path = &app.config.base_path;
        let link = |other: &Language| LanguageLink {
            tag: other.as_str().to_owned(),
            name: words::spoken(other).map_or_else(|| other.as_str().to_owned(), |words| words.name.clone()),
            href: with_language(query, other),
            chosen: *other == language,
        };
        Self {
            words: words::words([&language]),
            portal: portal.id.clone(),
            portal_name: portal.name.clone(),
            base: client.page_base(&portal.id, base_path),
            assets: format!("{base_path}/static/{}", *statics::VERSION),
            scheme: match portal.theme.scheme.as_deref() {
                Some("light") => "light",
                Some("dark") => "dark",
                _ => "auto",
            },
            languages: portal.languages.iter().map(link).collect(),
            signed_in: cookie(headers, SESSION_COOKIE).is_some(),
            analyst: false,
            staff: false,
            zone: portal.zone(),
            language,
        }
    }
}

/// Whether a cookie holds what our scripts put there; anything else is nobody.
fn is_browser_id(id: &str) -> bool {
    id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// The same page in another language.
fn with_language(query: Option<&str>, language: &Language) -> String {
    let kept = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
    let chosen = format!("lang={}", language.as_str());
    format!("?{}", kept.chain([&*chosen]).collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choosing_a_language_keeps_the_rest_of_the_address() {
        let spanish = Language::parse("es").unwrap();
        assert_eq!(with_language(None, &spanish), "?lang=es");
        assert_eq!(with_language(Some("q=a%26b&lang=en&offset=10"), &spanish), "?q=a%26b&offset=10&lang=es");
    }
}
