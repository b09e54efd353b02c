//! Who a call counts for in the figures, and who it does not: bots, prefetches, and people who asked not to be tracked.

use super::error::Problem;
use super::fields::Fields;
use crate::deflection::log::Mark;
use crate::identity::Viewer;
use crate::store::Origin;
use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use std::convert::Infallible;
use std::sync::LazyLock;

/// Known crawlers; putting the list together takes longer than a search.
static BOTS: LazyLock<isbot::Bots> = LazyLock::new(isbot::Bots::default);

/// Most characters of a browser's id.
const BROWSER_ID_LIMIT: usize = 64;

/// What the headers say about being counted. The user agent and all else is forgotten with the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visitor {
    mark: Option<Mark>,
    tracked: bool,
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let prefetched = [text("sec-purpose"), text("purpose")].iter().any(|purpose| purpose.contains("prefetch"));
        let mark = if prefetched {
            Some(Mark::Prefetch)
        } else {
            BOTS.is_bot(text(header::USER_AGENT.as_str())).then_some(Mark::Bot)
        };
        Ok(Self { mark, tracked: text("dnt") != "1" && text("sec-gpc") != "1" })
    }
}

impl Visitor {
    /// The origin of events and tickets of this call.
    pub fn origin<'a>(self, viewer: &'a Viewer, browser: Option<&'a str>) -> Origin<'a> {
        let origin = Origin::new(viewer, browser);
        let origin = self.mark.map_or(origin, |mark| origin.marked(mark));
        if self.tracked { origin } else { origin.unidentified() }
    }
}

/// Takes the browser's random id from the inputs of a call.
pub fn browser_id(fields: &mut Fields) -> Result<Option<String>, Problem> {
    checked(fields.text("visitor", BROWSER_ID_LIMIT)?)
}

/// Checks a browser's random id.
pub fn checked(id: Option<String>) -> Result<Option<String>, Problem> {
    let plain = |id: &String| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    match id {
        Some(id) if id.is_empty() => Ok(None),
        Some(id) if id.len() > BROWSER_ID_LIMIT || !plain(&id) => {
            let detail = format!("`visitor` may hold letters, digits, - and _ only, at most {BROWSER_ID_LIMIT}.");
            Err(Problem::invalid("visitor", detail))
        }
        id => Ok(id),
    }
}
