//! Everything that can go wrong for a caller, and the only place that knows status codes: `application/problem+json` (RFC 9457).

use super::rollups::Waiting;
use crate::store::StoreError;
use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use indexer::visible::ReadError;
use serde::Serialize;
use std::borrow::Cow;
use std::error::Error;
use utoipa::ToSchema;

/// Status of an answer that the caller has already.
pub(super) const NOT_MODIFIED: StatusCode = StatusCode::NOT_MODIFIED;
/// Status of events that are durable.
pub(super) const ACCEPTED: StatusCode = StatusCode::ACCEPTED;
/// Status of a ticket that was made.
pub(super) const CREATED: StatusCode = StatusCode::CREATED;
/// Status of a server that calls may be sent to.
pub(super) const READY: StatusCode = StatusCode::OK;
/// Status of a server that is not yet to be called.
pub(super) const STARTING: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

/// Why a call is refused. What it says is for the caller; a cause is logged once, where this becomes a response.
#[derive(Debug)]
pub enum Problem {
    /// Nothing here, or nothing that this viewer may know of: the same bytes for both.
    NotFound,
    /// The address exists, but not for this method.
    MethodNotAllowed,
    /// An input cannot be used.
    Invalid {
        /// The parameter or JSON key.
        field: Cow<'static, str>,
        /// What is wrong with it and how to mend it.
        detail: String,
    },
    /// The token, cookie or scheme does not prove who is asking.
    Unauthorized(String),
    /// A state-changing call with a cookie came from another site.
    CrossOrigin,
    /// The same call was made before with other content (idempotency).
    Conflict(String),
    /// The body exceeds this many bytes.
    BodyTooLarge(usize),
    /// The address exceeds this many bytes.
    AddressTooLong(usize),
    /// The body is not of a type that is read here; these are.
    UnsupportedType(&'static str),
    /// Too many calls from one visitor or address.
    TooMany {
        /// Seconds after which the next call is accepted.
        retry_after: u64,
    },
    /// More calls at once than the server takes.
    Overloaded,
    /// The server has just started and compares what is indexed with what is on disk.
    Starting,
    /// Events and tickets can neither be stored nor read at the moment. The cause is logged, never told.
    StoreAway(StoreError),
    /// The call took longer than a call may.
    TimedOut,
    /// What a report of many events is the sum of is still being worked out.
    WorkingOut(Waiting),
    /// Our fault. The cause is logged, never told.
    Internal(Box<dyn Error + Send + Sync>),
}

/// The JSON of a problem.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Stable name of the kind of problem.
    #[schema(value_type = String, example = "urn:signpost:problem:invalid")]
    r#type: String,
    /// The kind in words; the same for every problem of the kind.
    #[schema(value_type = String)]
    title: &'static str,
    /// HTTP status.
    status: u16,
    /// What is wrong in this call, and how to mend it.
    detail: String,
    /// The parameter or JSON key that is to be mended.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

impl Problem {
    /// An input that cannot be used: its parameter or JSON key, what is wrong and how to mend it.
    pub fn invalid(field: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), detail: detail.into() }
    }

    /// A failure that is ours.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// Status, stable name and title of the kind: the one table of status codes.
    fn kind(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed"),
            Self::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid", "Invalid input"),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "unauthorized", "Not signed in"),
            Self::CrossOrigin => (StatusCode::FORBIDDEN, "cross-origin", "Refused from another site"),
            Self::Conflict(_) => (StatusCode::CONFLICT, "conflict", "Conflict"),
            Self::BodyTooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", "Body too large"),
            Self::AddressTooLong(_) => (StatusCode::URI_TOO_LONG, "address-too-long", "Address too long"),
            Self::UnsupportedType(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-type", "Unsupported type"),
            Self::TooMany { .. } => (StatusCode::TOO_MANY_REQUESTS, "too-many-requests", "Too many requests"),
            Self::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "overloaded", "Overloaded"),
            Self::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting", "Starting"),
            Self::StoreAway(_) => (StatusCode::SERVICE_UNAVAILABLE, "store-away", "Events and tickets are unavailable"),
            Self::TimedOut => (StatusCode::SERVICE_UNAVAILABLE, "timed-out", "Timed out"),
            Self::WorkingOut(_) => (StatusCode::SERVICE_UNAVAILABLE, "working-out", "Being worked out"),
            Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error"),
        }
    }

    /// HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        self.kind().0
    }

    /// The kind in words; the same for every problem of the kind.
    pub fn title(&self) -> &'static str {
        self.kind().2
    }

    /// What is wrong in this call, and how to mend it; never a cause that is ours.
    pub fn detail(&self) -> String {
        match self {
            Self::NotFound => "There is nothing here.".into(),
            Self::MethodNotAllowed => "This address does not answer that method; see the Allow header.".into(),
            Self::Invalid { detail, .. } | Self::Unauthorized(detail) | Self::Conflict(detail) => detail.clone(),
            Self::CrossOrigin => {
                "A call that changes something and is signed in by cookie needs an Origin header that names this host."
                    .into()
            }
            Self::BodyTooLarge(limit) => format!("The body may have at most {limit} bytes."),
            Self::AddressTooLong(limit) => format!("The address may have at most {limit} bytes; POST longer input."),
            Self::UnsupportedType(accepted) => format!("Send the body as {accepted}."),
            Self::TooMany { retry_after } => format!("Try again in {retry_after} s."),
            Self::Overloaded => "The server has more to do than it can; try again in a second.".into(),
            Self::Starting => "The server is starting; try again in a second.".into(),
            Self::StoreAway(_) => {
                "Events and tickets can neither be stored nor read at the moment; send the same again in a few seconds."
                    .into()
            }
            Self::TimedOut => "The call took too long; try again in a second.".into(),
            Self::WorkingOut(waiting) => waiting.sentence(),
            Self::Internal(_) => "Something failed on our side; it has been logged under the X-Request-Id.".into(),
        }
    }

    /// The parameter or JSON key that is to be mended.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::TooMany { retry_after } => Some(*retry_after),
            Self::Overloaded | Self::Starting | Self::TimedOut => Some(1),
            Self::StoreAway(_) => Some(5),
            Self::WorkingOut(waiting) => Some(waiting.seconds()),
            _ => None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        match &self {
            Self::Internal(cause) => tracing::error!(cause = %chain(cause.as_ref()), "a call failed"),
            Self::StoreAway(cause) => tracing::warn!(%cause, "a call needs the event database"),
            _ => {}
        }
        let (status, name, title) = self.kind();
        let body = ProblemBody {
            r#type: format!("urn:signpost:problem:{name}"),
            title,
            status: status.as_u16(),
            detail: self.detail(),
            field: self.field().map(str::to_owned),
        };
        // Strings and a number: serde_json cannot fail on them.
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::WorkingOut(waiting) = self {
            // For whoever says it in words.
            response.extensions_mut().insert(waiting);
        }
        if matches!(self, Self::Unauthorized(_)) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// An error and its sources in one line.
fn chain(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        line.push_str(": ");
        line.push_str(&cause.to_string());
        source = cause.source();
    }
    line
}

impl From<ReadError> for Problem {
    fn from(error: ReadError) -> Self {
        Self::internal(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        if error.is_passing() { Self::StoreAway(error) } else { Self::internal(error) }
    }
}

impl From<BytesRejection> for Problem {
    fn from(rejection: BytesRejection) -> Self {
        if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE {
            return Self::BodyTooLarge(super::BODY_LIMIT);
        }
        Self::invalid("body", "The body broke off before its end.")
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection {
            JsonRejection::MissingJsonContentType(_) => Self::UnsupportedType("application/json"),
            JsonRejection::BytesRejection(rejection) => rejection.into(),
            // The text names the place in the caller's own body.
            other => Self::invalid("body", other.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::invalid("query", rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    /// An address that cannot be read leads nowhere.
    fn from(_: PathRejection) -> Self {
        Self::NotFound
    }
}
