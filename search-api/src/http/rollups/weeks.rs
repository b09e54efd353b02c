//! What was searched in the weeks of a large log, as it was worked out behind the requests.

use super::waiting::admit_weeks;
use super::{has, moment, name, oldest, sunday};
use crate::deflection::Question;
use crate::deflection::facts::Unreadable;
use crate::deflection::groups::Week;
use crate::deflection::question::monday;
use crate::http::App;
use crate::http::error::Problem;
use crate::store::{KeptWeek, StoreError};
use jiff::ToSpan;

/// What was searched in the weeks of a question under its window, as [`super::facts_for`] gives facts.
///
/// # Errors
/// As of [`super::facts_for`].
pub async fn weeks_for(app: &App, portal: &str, question: &Question) -> Result<Option<Vec<Week>>, Problem> {
    if let Some(kept) = kept(app, portal, question).await? {
        let read = move || kept.into_iter().map(|kept| read(&kept)).collect::<Result<Vec<_>, _>>();
        match app.cores.run_behind(read).await? {
            Ok(read) => return Ok(Some(read)),
            Err(error) => {
                tracing::error!(portal, %error, "weeks cannot be read, so rows are; empty the table week_groups");
            }
        }
    }
    admit_weeks(app, portal, question).await?;
    Ok(None)
}

fn read(kept: &KeptWeek) -> Result<Week, Unreadable> {
    let week = Week::read(&kept.said, &kept.cells)?;
    if week.said.monday == kept.monday { Ok(week) } else { Err(Unreadable::Unsound) }
}

async fn kept(app: &App, portal: &str, question: &Question) -> Result<Option<Vec<KeptWeek>>, StoreError> {
    if !has(app, portal, question, app.large_log).await? {
        return Ok(None);
    }
    let (archive, zone) = (app.store.archive(), name(&question.zone));
    let (first, after) = question.weeks();
    let first = first.max(monday(oldest(app)));
    let known = archive.known_weeks(portal, &zone).await?;
    // A week is known when its last day is.
    let known_days = known.iter().map(|(monday, known_at)| (sunday(*monday), *known_at)).collect();
    let last = after.saturating_sub(1.day());
    if moment(app, portal, question, &known_days, (sunday(first), last), 7).await?.is_none() {
        return Ok(None);
    }
    let weeks = archive.kept_weeks(portal, &zone, question.window, (first, last)).await?;
    let same = weeks.iter().all(|kept| known.get(&kept.monday) == Some(&kept.known_at));
    Ok((same && weeks.len() == known.range(first..=last).count()).then_some(weeks))
}
