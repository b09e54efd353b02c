//! `GET /reports/…`: the deflection report, for analysts; for others there is nothing here.

pub mod replay;
pub mod searches;
pub mod topics;

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::{App, Caller};
use crate::deflection::question::{DEFINITION, RangeError, Stratum};
use crate::deflection::{Question, Report, Window, report};
use crate::identity::ANALYST;
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::language::Language;
use indexer::portal::Portal;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Days of a report whose `from` is not said.
const DAYS: i32 = 28;

const STRATA: [(&str, Option<Stratum>); 3] =
    [("all", None), ("with_intent", Some(Stratum::WithIntent)), ("without_intent", Some(Stratum::WithoutIntent))];

/// What a report may be asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the inputs that Fields reads")]
pub struct ReportQuestion {
    /// First day, in the portal's time zone; else 28 days before `to`.
    #[param(value_type = Option<String>, format = Date)]
    from: Option<String>,
    /// The day after the last; else tomorrow.
    #[param(value_type = Option<String>, format = Date)]
    to: Option<String>,
    /// How long after an episode a ticket counts: `1h`, `24h` (default), `72h` or `7d`.
    #[param(default = "24h")]
    window: Option<String>,
    /// The moment whose knowledge is used (RFC 3339); else now.
    as_of: Option<String>,
    /// Only visitors with this role.
    role: Option<String>,
    /// Only episodes whose first search was read in this language.
    language: Option<String>,
    /// `all` (default), `with_intent` or `without_intent`.
    #[param(default = "all")]
    stratum: Option<String>,
}

/// A deflection report.
#[derive(Serialize, ToSchema)]
pub struct ReportBody {
    /// Number of the definition that it follows.
    definition: u32,
    portal: String,
    from: String,
    to: String,
    #[schema(value_type = String)]
    window: &'static str,
    as_of: String,
    /// Whether nothing can move it any more.
    r#final: bool,
    visits: u64,
    /// Distinct visitors; null beyond a calendar month.
    visitors: Option<u64>,
    /// Episodes in the denominator of rates.
    closed: u64,
    /// Episodes by outcome.
    outcomes: BTreeMap<&'static str, u64>,
    figures: Vec<FigureBody>,
    link_coverage: LinkCoverage,
    unattributed: Unattributed,
    excluded: Excluded,
    /// Events of nobody: the visitor asked not to be followed, or could not be told.
    not_identified: u64,
    /// Searches that were not recorded because the server was too busy.
    dropped_events: u64,
    /// Events whose id was taken by other content.
    conflicts: u64,
    /// Search ids that belonged to another visitor or to nobody.
    foreign_ids: u64,
    /// Events whose clock had to be clamped.
    clamped: u64,
    /// Cosines from which two searches are one need, and a ticket is about a search; provisional until fitted to the model.
    similarity: Similarity,
    /// The same log under other formulas.
    formulas: Vec<FormulaBody>,
    /// Without a holdout every deflection figure is an upper bound.
    #[schema(value_type = Option<Object>)]
    holdout: Option<()>,
}

/// One figure.
#[derive(Serialize, ToSchema)]
struct FigureBody {
    #[schema(value_type = String)]
    name: &'static str,
    #[schema(value_type = String)]
    formula: &'static str,
    /// `share` (0 to 1), `seconds` or `visitors`.
    #[schema(value_type = String)]
    unit: &'static str,
    numerator: Option<u64>,
    denominator: Option<u64>,
    value: Option<f64>,
    /// Lower end of the 95 % interval.
    low: Option<f64>,
    /// Upper end of the 95 % interval.
    high: Option<f64>,
    #[schema(value_type = Option<String>)]
    note: Option<&'static str>,
}

/// How many tickets of the range can be tied to a visitor.
#[derive(Serialize, ToSchema)]
struct LinkCoverage {
    linked: u64,
    tickets: u64,
    /// linked / tickets.
    value: Option<f64>,
    /// Tickets that name a search or a form.
    by_search: u64,
    /// Tickets of a known visitor.
    by_visitor: u64,
    /// Tickets of a known address.
    by_email: u64,
    /// Tickets of staff or tests, which count nowhere.
    left_out: u64,
}

/// Tickets of the range that belong to no episode.
#[derive(Serialize, ToSchema)]
struct Unattributed {
    /// Tied to nobody.
    unlinked: u64,
    /// Tied to a visitor whose last need was too long ago.
    outside_window: u64,
    /// Tied to a visit without a search that could have led to them.
    visit_alone: u64,
}

/// Events that count in no figure.
#[derive(Serialize, ToSchema)]
struct Excluded {
    staff: u64,
    bots: u64,
    test: u64,
    prefetch: u64,
    holdout: u64,
}

/// Thresholds of likeness.
#[derive(Serialize, ToSchema)]
struct Similarity {
    refine: f32,
    r#match: f32,
}

/// A figure of another system.
#[derive(Serialize, ToSchema)]
struct FormulaBody {
    #[schema(value_type = String)]
    name: &'static str,
    #[schema(value_type = String)]
    reading: &'static str,
    numerator: u64,
    denominator: u64,
    value: Option<f64>,
}

/// The deflection figures of a range of days.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/deflection", operation_id = "report_deflection", tag = "reports",
    params(("portal" = String, Path), ReportQuestion),
    responses((status = 200, body = ReportBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn deflection(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    let question = ask(&app, &caller, &mut fields)?;
    fields.finish()?;
    let report = answer(&app, &caller.portal.id, &question).await?;
    let body = ReportBody::new(&caller.portal.id, &question, &report)?;
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// The days and time zone of a report whose range was not, or only in part, said; what pages, API and command line share.
///
/// # Errors
/// The range is empty or too long.
pub fn question(
    portal: Option<&Portal>,
    from: Option<Date>,
    to: Option<Date>,
    as_of: i64,
) -> Result<Question, RangeError> {
    let zone = portal.and_then(|portal| TimeZone::get(&portal.time_zone).ok()).unwrap_or(TimeZone::UTC);
    let today = Timestamp::from_millisecond(as_of).unwrap_or_default().to_zoned(zone.clone()).date();
    let to = to.unwrap_or_else(|| today.saturating_add(1.day()));
    let from = from.unwrap_or_else(|| to.saturating_sub(DAYS.days()));
    Question::new(from, to, zone, as_of)
}

/// Reads what is asked, of an analyst; for anybody else there is nothing here.
fn ask(app: &App, caller: &Caller, fields: &mut Fields) -> Result<Question, Problem> {
    if !caller.viewer.has(ANALYST) {
        return Err(Problem::NotFound);
    }
    let as_of = fields.text("as_of", 64)?.map(|text| text.parse::<Timestamp>().map(Timestamp::as_millisecond));
    let as_of = as_of
        .transpose()
        .map_err(|_| Problem::invalid("as_of", "`as_of` must be RFC 3339, such as 2026-05-01T10:00:00Z."))?;
    let (from, to) = (day(fields, "from")?, day(fields, "to")?);
    let asked = question(Some(&caller.portal), from, to, as_of.unwrap_or_else(|| app.now()));
    let mut question = asked.map_err(|error| Problem::invalid("to", format!("{error}.")))?;
    if let Some(name) = fields.text("window", 8)? {
        question.window = name.parse::<Window>().map_err(|error| Problem::invalid("window", format!("{error}.")))?;
    }
    question.role = fields.text("role", 64)?;
    let tag = fields.text("language", 35)?;
    let language = tag.map(|tag| {
        Language::parse(&tag).ok_or_else(|| Problem::invalid("language", "`language` must be a tag such as en."))
    });
    question.language = language.transpose()?;
    question.stratum = fields.choice("stratum", &STRATA, None)?;
    Ok(question)
}

fn day(fields: &mut Fields, name: &'static str) -> Result<Option<Date>, Problem> {
    let read = |text: String| {
        text.parse::<Date>().map_err(|_| Problem::invalid(name, format!("`{name}` must be a day such as 2026-05-01.")))
    };
    fields.text(name, 10)?.map(read).transpose()
}

/// Reads the log and folds it, off the request threads.
async fn answer(app: &App, portal: &str, question: &Question) -> Result<Report, Problem> {
    let (from, to) = question.reach();
    let log = app.store.log(portal, from, to).await.map_err(Problem::internal)?;
    let question = question.clone();
    tokio::task::spawn_blocking(move || report(&log, &question)).await.map_err(Problem::internal)
}

impl ReportBody {
    /// The report of a portal as JSON.
    pub fn new(portal: &str, question: &Question, report: &Report) -> Result<Self, Problem> {
        let tickets = report.tickets;
        let linked = tickets.by_search + tickets.by_visitor + tickets.by_email;
        let figures = report.figures.iter().map(|figure| FigureBody {
            name: figure.name,
            formula: figure.formula,
            unit: figure.unit,
            numerator: figure.numerator,
            denominator: figure.denominator,
            value: figure.value,
            low: figure.low,
            high: figure.high,
            note: figure.note,
        });
        let formulas = report.formulas.iter().map(|formula| FormulaBody {
            name: formula.name,
            reading: formula.reading,
            numerator: formula.numerator,
            denominator: formula.denominator,
            value: formula.value(),
        });
        Ok(Self {
            definition: DEFINITION,
            portal: portal.into(),
            from: question.from.to_string(),
            to: question.to.to_string(),
            window: question.window.name(),
            as_of: Timestamp::from_millisecond(question.as_of).map_err(Problem::internal)?.to_string(),
            r#final: report.is_final,
            visits: report.visits,
            visitors: report.visitors,
            closed: report.closed,
            outcomes: report.outcomes.iter().map(|(outcome, count)| (outcome.name(), *count)).collect(),
            figures: figures.collect(),
            link_coverage: LinkCoverage {
                linked,
                tickets: tickets.all,
                value: (tickets.all > 0).then(|| linked as f64 / tickets.all as f64),
                by_search: tickets.by_search,
                by_visitor: tickets.by_visitor,
                by_email: tickets.by_email,
                left_out: tickets.left_out,
            },
            unattributed: Unattributed {
                unlinked: tickets.unlinked,
                outside_window: tickets.outside_window,
                visit_alone: tickets.visit_alone,
            },
            excluded: Excluded {
                staff: report.left_out.staff,
                bots: report.left_out.bots,
                test: report.left_out.test,
                prefetch: report.left_out.prefetch,
                holdout: 0,
            },
            not_identified: report.left_out.not_identified,
            dropped_events: report.lost.dropped,
            conflicts: report.lost.conflicts,
            foreign_ids: report.lost.foreign_ids,
            clamped: report.clamped,
            similarity: Similarity {
                refine: question.rules.refine_similarity,
                r#match: question.rules.match_similarity,
            },
            formulas: formulas.collect(),
            holdout: None,
        })
    }
}
