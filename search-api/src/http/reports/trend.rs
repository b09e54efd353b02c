//! `GET /reports/trend`: the figures and outcomes of a range by day or week, beside the days that may explain them.

use super::asking::{ReportQuestion, ask, sum};
use super::lines;
use crate::deflection::facts::Selected;
use crate::deflection::outcomes::Outcome;
use crate::deflection::series;
use crate::deflection::series::{Bucket, FOLLOWED, Share, Step};
use crate::http::error::{Problem, ProblemBody};
use crate::http::fields::Fields;
use crate::http::{App, Caller};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::portal::Annotation;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Figures over time.
#[derive(Serialize, ToSchema)]
pub struct TrendBody {
    /// `day`, `week` (ISO weeks) or `month`, cut at the ends of the range.
    #[schema(value_type = String)]
    step: &'static str,
    rows: Vec<TrendRow>,
    /// What the portal says happened on days of the range.
    annotations: Vec<AnnotationBody>,
}

/// A day, week or month.
#[derive(Serialize, ToSchema)]
struct TrendRow {
    /// Its first day within the range.
    from: String,
    /// The day after its last within the range.
    to: String,
    /// `potential_deflection`, `visit_to_ticket` and `ticket_rate`; over all rows they add up to the report's.
    #[schema(value_type = BTreeMap<String, ShareBody>)]
    figures: BTreeMap<&'static str, ShareBody>,
    /// Episodes that began in it, by outcome.
    outcomes: BTreeMap<&'static str, u64>,
    /// Distinct visitors of visits that began in it.
    visitors: u64,
}

/// A share and its 95 % interval.
#[derive(Serialize, ToSchema)]
struct ShareBody {
    numerator: u64,
    denominator: u64,
    value: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// Something that happened on a day.
#[derive(Serialize, ToSchema)]
struct AnnotationBody {
    date: String,
    text: String,
}

/// The figures of a range by day (up to a fortnight), ISO week or month.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/trend", operation_id = "report_trend", tag = "reports",
    params(("portal" = String, Path), ReportQuestion,
        ("step" = Option<String>, Query, description = "`day`, `week` or `month`; else days for a fortnight, weeks for more"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`, which leaves the annotations out")),
    responses((status = 200, content((TrendBody = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    let mut question = ask(&caller, &mut fields, app.now())?;
    let steps = [Step::Day, Step::Week, Step::Month].map(|step| (step.name(), Some(step)));
    let step = fields.choice("step", &steps, None)?;
    let format = lines::Format::read(&mut fields)?;
    fields.finish()?;
    let draw =
        move |selected: &Selected<'_>, _| series::draw(selected, step.unwrap_or_else(|| Step::of(selected.question)));
    let told = sum(&app, &caller.portal.id, &mut question, draw).await?;
    if format == lines::Format::Csv {
        return Ok(lines::table("trend.csv", columns(), told.buckets.into_iter().map(|bucket| cells(&bucket))));
    }
    let within = |annotation: &&Annotation| question.from <= annotation.date && annotation.date < question.to;
    let annotation = |told: &Annotation| AnnotationBody { date: told.date.to_string(), text: told.text.clone() };
    let body = TrendBody {
        step: told.step.name(),
        rows: told.buckets.iter().map(TrendRow::new).collect(),
        annotations: caller.portal.annotations.iter().filter(within).map(annotation).collect(),
    };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

impl TrendRow {
    fn new(bucket: &Bucket) -> Self {
        let share = |share: &Share| ShareBody {
            numerator: share.numerator,
            denominator: share.denominator,
            value: share.rate.map(|rate| rate.value),
            low: share.rate.map(|rate| rate.low),
            high: share.rate.map(|rate| rate.high),
        };
        Self {
            from: bucket.from.to_string(),
            to: bucket.to.to_string(),
            figures: FOLLOWED.into_iter().zip(bucket.shares.iter().map(share)).collect(),
            outcomes: bucket.outcomes.iter().map(|(outcome, count)| (outcome.name(), *count)).collect(),
            visitors: bucket.visitors,
        }
    }
}

/// First and last day, five numbers of each figure, outcomes, visitors.
const WIDTH: usize = 2 + 5 * FOLLOWED.len() + Outcome::ALL.len() + 1;

fn columns() -> [String; WIDTH] {
    let parts = ["numerator", "denominator", "value", "low", "high"];
    let figures = FOLLOWED.iter().flat_map(|name| parts.map(|part| format!("{name}_{part}")));
    let outcomes = Outcome::ALL.iter().map(|outcome| outcome.name().to_owned());
    let visitors = "visitors".to_owned();
    row(["from", "to"].map(str::to_owned).into_iter().chain(figures).chain(outcomes).chain([visitors]))
}

fn cells(bucket: &Bucket) -> [String; WIDTH] {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let figures = bucket.shares.iter().flat_map(|share| {
        let rate = share.rate;
        let bounds = [rate.map(|rate| rate.value), rate.map(|rate| rate.low), rate.map(|rate| rate.high)].map(number);
        [share.numerator.to_string(), share.denominator.to_string()].into_iter().chain(bounds)
    });
    let outcomes = bucket.outcomes.values().map(u64::to_string);
    let days = [bucket.from.to_string(), bucket.to.to_string()];
    row(days.into_iter().chain(figures).chain(outcomes).chain([bucket.visitors.to_string()]))
}

fn row(mut cells: impl Iterator<Item = String>) -> [String; WIDTH] {
    std::array::from_fn(|_| cells.next().unwrap_or_default())
}
