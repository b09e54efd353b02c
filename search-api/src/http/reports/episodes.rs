//! `GET /reports/episodes`: the ledger, the rows that each figure of the report is the sum of.

use super::asking::{ReportQuestion, analyst, ask};
use super::lines;
use super::paging::{Cursor, Sort};
use super::shown::{RowBody, View};
use crate::deflection::ledger::{Counted, ENDINGS, Kind, Listed, Part};
use crate::deflection::outcomes::Outcome;
use crate::deflection::{Question, Wanted};
use crate::http::error::{Problem, ProblemBody};
use crate::http::fields::Fields;
use crate::http::{App, Caller};
use crate::identity::ANALYST_RAW;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use utoipa::ToSchema;

/// Rows of the ledger.
#[derive(Serialize, ToSchema)]
pub struct EpisodesBody {
    /// The moment whose knowledge is used; `next` keeps it.
    pub as_of: String,
    /// Rows in all pages: what the figure's numerator or denominator says, where one was asked for. Null in a large log whose days are
    /// not worked out for that moment.
    pub count: Option<usize>,
    /// How many of these are of people who were erased since: figures of days long past still count them, and they can be opened no
    /// more. Null where `count` is.
    pub erased: Option<usize>,
    /// The rows of this page; none of people who were erased. Of a large log there may be fewer than `limit`, or none, although there is a `next`.
    pub rows: Vec<RowBody>,
    /// `cursor` of the next page.
    pub next: Option<String>,
}

/// What is asked of the ledger, read from a call.
pub struct LedgerQuestion {
    /// The question of the report.
    pub question: Question,
    /// Which of its rows.
    pub wanted: Wanted,
    /// In which order.
    pub sort: Sort,
    /// How much is shown of them.
    pub view: View,
    /// After which row a page of them begins.
    pub cursor: Option<Cursor>,
}

/// How rows are sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    Lines,
}

const PARTS: [(&str, Part); 2] = [("numerator", Part::Numerator), ("denominator", Part::Denominator)];

/// Names of the columns of a spreadsheet.
const COLUMNS: [&str; 14] = [
    "kind",
    "id",
    "at",
    "outcome",
    "numerator",
    "denominator",
    "query",
    "searches",
    "opened",
    "tickets",
    "links",
    "rules",
    "seconds",
    "episodes",
];

/// The rows that a figure of the report is the sum of.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/episodes", operation_id = "report_episodes", tag = "reports",
    params(("portal" = String, Path), ReportQuestion,
        ("figure" = Option<String>, Query, description = "Only what this figure, other formula or `link_coverage` counts"),
        ("part" = Option<String>, Query, description = "Of the figure, only its `numerator` or `denominator`"),
        ("kind" = Option<String>, Query, description = "Without a figure: `episode` (default), `visit`, `form`, `search` or `ticket`"),
        ("outcome" = Vec<String>, Query, description = "Only rows that ended so; repeat it for several"),
        ("sort" = Option<String>, Query, description = "`newest` (default), `oldest`, `tickets`, `searches` or `seconds`; most first"),
        ("limit" = Option<usize>, Query, description = "Rows of a page, 1 to 200; 50 by default"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before"),
        ("format" = Option<String>, Query, description = "`json` (default, or as Accept says); `csv` and `jsonl` hold all rows and take no `limit` and no `cursor`"),
        ("view" = Option<String>, Query, description = "`plain` (default) or `raw`: text as it was typed, redacted, and exact times; needs the role `signpost:analyst-raw` and leaves an audit row")),
    responses((status = 200, content((EpisodesBody = "application/json"), (String = "text/csv"), (RowBody = "application/jsonl"))),
        (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let asked = LedgerQuestion::read(&app, &caller, &mut fields)?;
    let format = format(&headers, &mut fields)?;
    let limit = if format == Format::Json { fields.whole("limit", 1..=200, 50)? } else { usize::MAX };
    fields.finish()?;
    let view = asked.view;
    if format != Format::Json && asked.cursor.is_some() {
        return Err(Problem::invalid("cursor", "`cursor` goes with `format=json`; the other formats hold all rows."));
    }
    let wanted = asked.wanted.clone();
    let shown = move |row| RowBody::new(view, &wanted, row);
    Ok(match format {
        Format::Lines => lines::json(asked.all(app, caller).await?, shown),
        Format::Csv => lines::csv(COLUMNS, asked.all(app, caller).await?, move |row| cells(shown(row))),
        Format::Json => {
            let page = asked.page(&app, &caller, limit).await?;
            let as_of = jiff::Timestamp::from_millisecond(page.as_of).map_err(Problem::internal)?.to_string();
            let rows = page.rows.into_iter().map(shown).collect();
            let body = EpisodesBody { as_of, count: page.count, erased: page.erased, rows, next: page.next };
            ([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response()
        }
    })
}

impl LedgerQuestion {
    /// Reads what is asked, of an analyst; for anybody else there is nothing here.
    pub fn read(app: &App, caller: &Caller, fields: &mut Fields) -> Result<Self, Problem> {
        analyst(caller)?;
        let cursor = fields.text("cursor", 80)?;
        let cursor = cursor.map(|text| Cursor::parse(&text).ok_or_else(Cursor::unknown)).transpose()?;
        let question = ask(caller, fields, cursor.as_ref().map_or_else(|| app.now(), |cursor| cursor.as_of))?;
        if cursor.as_ref().is_some_and(|cursor| cursor.as_of != question.as_of) {
            return Err(Cursor::unknown());
        }
        let figure = fields.text("figure", 64)?;
        let part = fields.choice("part", &PARTS, Part::Both)?;
        let kind = fields.choice("kind", &Kind::ALL.map(|kind| (kind.name(), Some(kind))), None)?;
        let listed = match (figure, kind) {
            (Some(_), Some(_)) => {
                return Err(Problem::invalid("kind", "`kind` goes without `figure`: a figure counts what it counts."));
            }
            (Some(name), None) => {
                let counted = Counted::named(&name);
                let counted = counted.ok_or_else(|| {
                    Problem::invalid("figure", "`figure` must be the name of a figure or formula of the report.")
                });
                Listed::Figure(counted?, part)
            }
            (None, _) if part != Part::Both => {
                return Err(Problem::invalid("part", "`part` goes with `figure`."));
            }
            (None, kind) => Listed::All(kind.unwrap_or_default()),
        };
        let outcomes: BTreeSet<String> = fields.texts("outcome")?.into_iter().collect();
        let known = |name: &str| Outcome::ALL.map(Outcome::name).contains(&name) || ENDINGS.contains(&name);
        if outcomes.iter().any(|name| !known(name)) {
            let known = Outcome::ALL.map(Outcome::name).into_iter().chain(ENDINGS).collect::<Vec<_>>().join(", ");
            return Err(Problem::invalid("outcome", format!("`outcome` must be one of: {known}.")));
        }
        let sort = fields.choice("sort", &Sort::NAMED, Sort::default())?;
        let view = view(caller, fields)?;
        Ok(Self { question, wanted: Wanted { listed, outcomes, within: None }, sort, view, cursor })
    }
}

/// Reads how much is to be shown.
pub fn view(caller: &Caller, fields: &mut Fields) -> Result<View, Problem> {
    let view = fields.choice("view", &[("plain", View::Plain), ("raw", View::Raw)], View::Plain)?;
    if view == View::Raw && !caller.viewer.has(ANALYST_RAW) {
        return Err(Problem::invalid("view", "`view=raw` needs the role signpost:analyst-raw."));
    }
    Ok(view)
}

/// Reads the format: `format`, else what Accept names.
fn format(headers: &HeaderMap, fields: &mut Fields) -> Result<Format, Problem> {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let accepts = |kind: &str| accept.split([',', ';']).any(|named| named.trim().eq_ignore_ascii_case(kind));
    let accepted = if accepts("text/csv") {
        Format::Csv
    } else if accepts("application/jsonl") || accepts("application/x-ndjson") {
        Format::Lines
    } else {
        Format::Json
    };
    fields.choice("format", &[("json", Format::Json), ("csv", Format::Csv), ("jsonl", Format::Lines)], accepted)
}

/// A row as cells of a spreadsheet.
fn cells(row: RowBody) -> [String; 14] {
    let yes = |counts: Option<bool>| counts.map_or_else(String::new, |counts| u8::from(counts).to_string());
    let listed = |parts: Vec<String>| parts.join(" ");
    [
        row.kind.into(),
        row.id,
        row.at,
        row.outcome.into(),
        yes(row.numerator),
        yes(row.denominator),
        row.query.unwrap_or_else(|| row.instead.map_or_else(String::new, |why| format!("({why})"))),
        row.searches.to_string(),
        row.opened.to_string(),
        row.tickets.len().to_string(),
        listed(row.tickets.iter().map(|ticket| ticket.link.to_owned()).collect()),
        listed(row.tickets.iter().map(|ticket| ticket.rule.unwrap_or("none").to_owned()).collect()),
        row.seconds.map_or_else(String::new, |seconds| seconds.to_string()),
        listed(row.episodes),
    ]
}
