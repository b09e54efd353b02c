//! `GET /reports/changes`: why a figure of one range is another now than it was at an earlier moment.

use super::asking::{ReportQuestion, ask, fold};
use super::lines;
use super::paging::Sort;
use super::shown::View;
use super::stretches::walk;
use crate::deflection::facts::Selected;
use crate::deflection::log::Millis;
use crate::deflection::outcomes::Outcome;
use crate::deflection::question::start_of_day;
use crate::deflection::revision::{Cause, Move};
use crate::deflection::{Question, Revision, Wanted, revision, revision_beside, revision_within};
use crate::http::error::{Problem, ProblemBody};
use crate::http::fields::Fields;
use crate::http::{App, Caller, rollups};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

const COLUMNS: [&str; 4] = ["cause", "old", "new", "episodes"];

/// What changed between two moments.
#[derive(Serialize, ToSchema)]
pub struct ChangesBody {
    /// The earlier moment.
    since: String,
    /// The later one.
    as_of: String,
    /// Episodes by outcome, as it was known at the earlier moment.
    old: BTreeMap<&'static str, u64>,
    /// And at the later one: `old` and the rows' episodes add up to it.
    new: BTreeMap<&'static str, u64>,
    rows: Vec<ChangeRow>,
}

/// Episodes whose outcome changed in the same way.
#[derive(Serialize, ToSchema)]
struct ChangeRow {
    /// `begun`, `window_passed`, `late_ticket`, `reopened`, `coverage`, `went_on`, `later_sign` or `gone`.
    #[schema(value_type = String)]
    cause: &'static str,
    /// Their outcome then; null: they had not begun.
    #[schema(value_type = Option<String>)]
    old: Option<&'static str>,
    /// Their outcome now; null: they are no longer in this range.
    #[schema(value_type = Option<String>)]
    new: Option<&'static str>,
    episodes: u64,
    /// By how much they changed the number of ticketed episodes: the numerator of the ticket rate.
    ticketed: i64,
    /// Of confirmed, form_left and assumed ones: the numerator of potential deflection, people held out included.
    deflected: i64,
    /// Of closed ones: the denominator.
    closed: i64,
}

/// What moved the figures of a range from one moment to another. The log says when things happened, not when they arrived: what was
/// imported late or erased since counts, or is missing, at both moments.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/changes", operation_id = "report_changes", tag = "reports",
    params(("portal" = String, Path), ReportQuestion,
        ("since" = String, Query, description = "The earlier moment (RFC 3339) or day, such as 2026-05-01: its end"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`")),
    responses((status = 200, content((ChangesBody = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    let mut question = ask(&caller, &mut fields, app.now())?;
    let format = lines::Format::read(&mut fields)?;
    let since = since(&mut fields, &question)?;
    fields.finish()?;
    let since = since.ok_or_else(|| Problem::invalid("since", "`since` must say the earlier moment."))?;
    let told = compare(&app, &caller.portal.id, &mut question, since).await?;
    if format == lines::Format::Csv {
        return Ok(lines::table("changes.csv", COLUMNS, told.moves.into_iter().map(|moved| cells(&moved))));
    }
    let moment = |at| Timestamp::from_millisecond(at).map_err(Problem::internal);
    let body = ChangesBody::new(moment(since)?, moment(question.as_of)?, &told);
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// What changed between two moments: of a large log the rows of those days alone are folded twice whose needs may have gone on, and of the
/// others the facts are added up, as of whose moment it is then asked.
///
/// # Errors
/// There are too many rows to wait for it; or the database cannot be read.
pub async fn compare(
    app: &Arc<App>,
    portal: &str,
    question: &mut Question,
    since: Millis,
) -> Result<Revision, Problem> {
    let Some((facts, _)) = rollups::facts_for(app, portal, question).await? else {
        return fold(app, portal, question, move |log, question| revision(log, question, since)).await;
    };
    let asked = question.clone();
    let beside = move || revision_beside(&Selected::new(&asked, &facts), since);
    let mut told = app.cores.run_behind(beside).await?;
    let (from, to) = revision::unended(question, since);
    if from == to {
        return Ok(told);
    }
    let unended = Question { from, to, ..question.clone() };
    let (walk, _) = walk(app, portal, unended.clone(), Wanted::default(), Sort::Newest, View::Plain);
    let mut stretches = walk.by_days().ahead();
    while let Some(stretch) = stretches.recv().await {
        let (stretch, unended) = (stretch?, unended.clone());
        let moved = move || revision_within(&stretch.log, &unended, since, stretch.within);
        told.absorb(app.cores.run_behind(moved).await?);
    }
    Ok(told)
}

/// Reads `since`: a moment, or the end of a day of the portal. It lies before the question's own moment.
pub fn since(fields: &mut Fields, question: &Question) -> Result<Option<Millis>, Problem> {
    let Some(text) = fields.text("since", 64)? else { return Ok(None) };
    // Of the last day, as far as it is known.
    let day = || -> Option<Millis> {
        let day = text.parse::<Date>().ok()?;
        let start = |day: Date| start_of_day(day, &question.zone).ok();
        (start(day)? <= question.as_of).then_some(start(day.tomorrow().ok()?)?.min(question.as_of + 1) - 1)
    };
    let moment = text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond).or_else(day);
    let earlier = moment.filter(|moment| *moment <= question.as_of);
    let refused = "`since` must be a moment before `as_of`, such as 2026-05-01T10:00:00Z, or a day such as 2026-05-01.";
    earlier.map(Some).ok_or_else(|| Problem::invalid("since", refused))
}

/// By how much episodes that moved changed the counts of ticketed, deflected and closed ones.
pub fn effects(moved: &Move) -> [i64; 3] {
    let deflected = |outcome| matches!(outcome, Outcome::Confirmed | Outcome::FormLeft | Outcome::Assumed);
    [moved.effect(|outcome| outcome == Outcome::Ticketed), moved.effect(deflected), moved.effect(Outcome::is_closed)]
}

impl ChangesBody {
    fn new(since: Timestamp, as_of: Timestamp, told: &Revision) -> Self {
        let counts = |counts: &BTreeMap<Outcome, u64>| counts.iter().map(|(o, count)| (o.name(), *count)).collect();
        Self {
            since: since.to_string(),
            as_of: as_of.to_string(),
            old: counts(&told.old),
            new: counts(&told.new),
            rows: told.moves.iter().map(ChangeRow::new).collect(),
        }
    }
}

impl ChangeRow {
    fn new(moved: &Move) -> Self {
        let [ticketed, deflected, closed] = effects(moved);
        Self {
            cause: Cause::name(moved.cause),
            old: moved.old.map(Outcome::name),
            new: moved.new.map(Outcome::name),
            episodes: moved.episodes,
            ticketed,
            deflected,
            closed,
        }
    }
}

fn cells(moved: &Move) -> [String; 4] {
    let name = |outcome: Option<Outcome>| outcome.map_or_else(String::new, |outcome| outcome.name().to_owned());
    [moved.cause.name().to_owned(), name(moved.old), name(moved.new), moved.episodes.to_string()]
}
