//! `GET /admin/audit`: who read raw text, exported or erased, and when; for operators, and for others nothing is here.

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::person::{operator, time};
use super::{App, Caller};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Rows of the audit, the latest first.
#[derive(Serialize, ToSchema)]
struct AuditBody {
    rows: Vec<AuditRow>,
    /// `cursor` of the next page.
    next: Option<String>,
}

/// One reading, export or erasure.
#[derive(Serialize, ToSchema)]
struct AuditRow {
    at: String,
    /// Keyed hash of who did it, the same in each of their rows; null: the command line, or a token without a subject.
    reader: Option<String>,
    /// What was asked, as the query of an address; `erase?by=…` and `export?by=…` say by what a person was named, never whom.
    what: String,
    /// How many rows were shown or erased.
    rows: u64,
}

/// Who read raw text, exported or erased.
#[utoipa::path(get, path = "/v1/portals/{portal}/admin/audit", operation_id = "read_audit", tag = "admin",
    params(("portal" = String, Path),
        ("limit" = Option<usize>, Query, description = "Rows of a page, 1 to 200; 50 by default"),
        ("cursor" = Option<usize>, Query, description = "`next` of the page before")),
    responses((status = 200, body = AuditBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    operator(&caller)?;
    let limit = fields.whole("limit", 1..=200, 50)?;
    let before = fields.whole("cursor", 1..=usize::MAX >> 1, usize::MAX >> 1)?;
    fields.finish()?;
    let (before, one_more) = (i64::try_from(before).unwrap_or(i64::MAX), limit as i64 + 1);
    let mut found = app.store.audit(&caller.portal.id, before, one_more).await?;
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|(number, _)| number.to_string());
    let rows = found.into_iter().map(|(_, reading)| AuditRow {
        at: time(reading.at),
        reader: reading.reader.map(|hash| URL_SAFE_NO_PAD.encode(hash)),
        what: reading.what,
        rows: reading.rows,
    });
    let body = AuditBody { rows: rows.collect(), next };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}
