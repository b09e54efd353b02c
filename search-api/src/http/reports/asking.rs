//! What a report is asked for: read from a call, written into the links that lead to its rows, and answered from the log.

use crate::deflection::facts::Selected;
use crate::deflection::groups::Week;
use crate::deflection::log::Lost;
use crate::deflection::question::{RangeError, Stratum, day_of};
use crate::deflection::{self, Log, Question, Window};
use crate::http::address;
use crate::http::error::Problem;
use crate::http::fields::Fields;
use crate::http::{App, Caller, rollups};
use crate::identity::ANALYST;
use indexer::language::Language;
use indexer::portal::Portal;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use utoipa::IntoParams;

/// Days of a report whose `from` is not said.
const DAYS: i32 = 28;

/// Names of the strata and none.
pub const STRATA: [(&str, Option<Stratum>); 3] =
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
    /// The moment whose knowledge is used (RFC 3339); else now. Of half a million events and more, one within an hour of it, which the
    /// answer names.
    as_of: Option<String>,
    /// Only visitors with this role.
    role: Option<String>,
    /// Only episodes whose first search was read in this language.
    language: Option<String>,
    /// `all` (default), `with_intent` or `without_intent`.
    #[param(default = "all")]
    stratum: Option<String>,
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
    let zone = portal.map_or(TimeZone::UTC, Portal::zone);
    let to = to.unwrap_or_else(|| day_of(as_of, &zone).saturating_add(1.day()));
    let from = from.unwrap_or_else(|| to.saturating_sub(DAYS.days()));
    Question::new(from, to, zone, as_of)
}

/// Reads what is asked, of an analyst; for anybody else there is nothing here. `now` is the moment whose knowledge is used where none
/// is named.
pub fn ask(caller: &Caller, fields: &mut Fields, now: i64) -> Result<Question, Problem> {
    analyst(caller)?;
    let as_of = fields.text("as_of", 64)?.map(|text| text.parse::<Timestamp>().map(Timestamp::as_millisecond));
    let as_of = as_of
        .transpose()
        .map_err(|_| Problem::invalid("as_of", "`as_of` must be RFC 3339, such as 2026-05-01T10:00:00Z."))?;
    let (from, to) = (day(fields, "from")?, day(fields, "to")?);
    let asked = question(Some(&caller.portal), from, to, as_of.unwrap_or(now));
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

/// Lets an analyst through; for anybody else there is nothing here.
pub fn analyst(caller: &Caller) -> Result<(), Problem> {
    if caller.viewer.has(ANALYST) { Ok(()) } else { Err(Problem::NotFound) }
}

fn day(fields: &mut Fields, name: &'static str) -> Result<Option<Date>, Problem> {
    let read = |text: String| {
        text.parse::<Date>().map_err(|_| Problem::invalid(name, format!("`{name}` must be a day such as 2026-05-01.")))
    };
    fields.text(name, 10)?.map(read).transpose()
}

/// Reads the part of the log that an answer depends on and folds it, off the request threads.
pub async fn fold<T: Send + 'static>(
    app: &App,
    portal: &str,
    question: &Question,
    fold: impl FnOnce(&Log, &Question) -> T + Send + 'static,
) -> Result<T, Problem> {
    let (from, to) = question.reach();
    let log = app.store.log(portal, from, to).await?;
    let question = question.clone();
    app.cores.run_behind(move || fold(&log, &question)).await
}

/// Draws what is a sum over a range, from the facts of its days if those are kept; the question is then asked of the moment of which
/// they know.
pub async fn sum<T: Send + 'static>(
    app: &App,
    portal: &str,
    question: &mut Question,
    draw: impl FnOnce(&Selected<'_>, Lost) -> T + Send + 'static,
) -> Result<T, Problem> {
    let Some((facts, lost)) = rollups::facts_for(app, portal, question).await? else {
        return fold(app, portal, question, |log, question| deflection::sums(log, question, draw)).await;
    };
    let question = question.clone();
    app.cores.run_behind(move || draw(&Selected::new(&question, &facts), lost)).await
}

/// Draws what is told of groups of searches, from what is kept of weeks if it is.
pub async fn weeks<T: Send + 'static>(
    app: &App,
    portal: &str,
    question: &Question,
    draw: impl FnOnce(&[Week], &Question) -> T + Send + 'static,
) -> Result<T, Problem> {
    let Some(weeks) = rollups::weeks_for(app, portal, question).await? else {
        return fold(app, portal, question, |log, question| draw(&deflection::weeks(log, question), question)).await;
    };
    let question = question.clone();
    app.cores.run_behind(move || draw(&weeks, &question)).await
}

/// Draws what is a sum and what is told of groups of searches; see [`sum`]. Sums do not wait for weeks that are being worked out.
pub async fn sum_and_weeks<T: Send + 'static>(
    app: &App,
    portal: &str,
    question: &mut Question,
    draw: impl FnOnce(&Selected<'_>, Lost, Option<&[Week]>) -> T + Send + 'static,
) -> Result<T, Problem> {
    let Some((facts, lost)) = rollups::facts_for(app, portal, question).await? else {
        let fold_both = |log: &Log, question: &Question| {
            deflection::sums_and_weeks(log, question, |selected, lost, weeks| draw(selected, lost, Some(weeks)))
        };
        return fold(app, portal, question, fold_both).await;
    };
    let weeks = match rollups::weeks_for(app, portal, question).await {
        Ok(Some(weeks)) => Some(weeks),
        Ok(None) => Some(fold(app, portal, question, deflection::weeks).await?),
        Err(Problem::WorkingOut(_)) => None,
        Err(problem) => return Err(problem),
    };
    let question = question.clone();
    app.cores.run_behind(move || draw(&Selected::new(&question, &facts), lost, weeks.as_deref())).await
}

/// What a question says by name, but for the moment whose knowledge is used.
pub fn pairs(question: &Question) -> Vec<(&'static str, String)> {
    let range = [("from", question.from.to_string()), ("to", question.to.to_string())];
    let stratum = STRATA.iter().find(|(_, stratum)| *stratum == question.stratum && stratum.is_some());
    let filters = [
        ("role", question.role.clone()),
        ("language", question.language.as_ref().map(|language| language.as_str().to_owned())),
        ("stratum", stratum.map(|(name, _)| (*name).to_owned())),
    ];
    let filters = filters.into_iter().filter_map(|(name, value)| Some((name, value?)));
    range.into_iter().chain([("window", question.window.name().to_owned())]).chain(filters).collect()
}

/// The question as the query of an address that asks it again, whenever that is followed, with more to ask after it.
pub fn query(question: &Question, more: &[(&str, &str)]) -> String {
    let as_of = Timestamp::from_millisecond(question.as_of).unwrap_or_default().to_string();
    let said = pairs(question);
    let said = said.iter().map(|(name, value)| (*name, value.as_str()));
    let pairs: Vec<(&str, &str)> = said.chain([("as_of", &*as_of)]).chain(more.iter().copied()).collect();
    address::query(&pairs)
}
