//! Reports of large logs: added up from the facts of days, and from what was searched in weeks, which are worked out behind the
//! requests and kept.
//!
//! A day is *settled* once nothing in time can change what became of its needs; its facts are worked out once. Those of later days are
//! worked out again and again, all with the knowledge of one moment, and a report that asks for what is known now says that moment.
//! Whatever they cannot answer is folded from the rows, as all of a small log is.

mod waiting;
mod weeks;
mod working;

pub use waiting::{FOLDABLE, Waiting, admit};
pub use weeks::weeks_for;
pub use working::{RollUpError, keep_rolling_up, roll_up};

use super::App;
use super::error::Problem;
use crate::deflection::facts::{Facts, Unreadable};
use crate::deflection::log::{Lost, Millis};
use crate::deflection::question::{DAY, HOUR, Question, day_of, start_of_day};
use crate::store::{DayFacts, StoreError};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Events from which on a log is large: to fold as many takes about half a second.
pub const LARGE: u32 = 50_000;

/// How long after a day it is settled: the longest window, a day in which events may arrive late, and a day of room.
const SETTLED: Millis = 9 * DAY;

/// How far from the moment that is asked for the knowledge of days may be that stands for it.
const FRESH: Millis = HOUR;

/// Facts of the days of a question's reach, and what else its report says.
pub struct Kept {
    days: Vec<DayFacts>,
    lost: Lost,
}

/// Facts that answer a question, if its log is large and they are kept; its moment is then that whose knowledge they are of, if it was
/// about now. `None`: its rows are to be folded, and are not too many.
///
/// # Errors
/// Neither is there an answer in days nor in time in rows; or the database cannot be read.
pub async fn facts_for(app: &App, portal: &str, question: &mut Question) -> Result<Option<(Facts, Lost)>, Problem> {
    let found = kept_facts(app, portal, question).await?;
    if found.is_none() {
        admit(app, portal, question).await?;
    }
    Ok(found)
}

/// The same if they are kept, however many rows there are. What cannot be read counts as not kept.
///
/// # Errors
/// The database cannot be read.
pub async fn kept_facts(app: &App, portal: &str, question: &mut Question) -> Result<Option<(Facts, Lost)>, Problem> {
    let asked = question.clone();
    if let Some(kept) = kept(app, portal, question).await? {
        match app.cores.run_behind(move || kept.read()).await? {
            Ok(read) => return Ok(Some(read)),
            Err(error) => {
                tracing::error!(portal, %error, "days cannot be read, so rows are; empty the table day_facts");
                *question = asked;
            }
        }
    }
    Ok(None)
}

/// Whether the reach of a question has at least so many events.
///
/// # Errors
/// The database cannot be read.
pub async fn has(app: &App, portal: &str, question: &Question, events: u32) -> Result<bool, StoreError> {
    let (from, to) = question.reach();
    Ok(app.store.archive().count_events(portal, from, to, events).await? >= u64::from(events))
}

/// The facts that answer a question, if its log is large and all of them are kept; its moment is then that whose knowledge they are
/// of, if it was about now.
///
/// # Errors
/// The database cannot be read.
async fn kept(app: &App, portal: &str, question: &mut Question) -> Result<Option<Kept>, StoreError> {
    if !has(app, portal, question, app.large_log).await? {
        return Ok(None);
    }
    let ((from, to), archive) = (question.reach(), app.store.archive());
    let (zone, first, last) = (name(&question.zone), day_of(from, &question.zone), day_of(to, &question.zone));
    let first = first.max(oldest(app));
    let known = archive.known_days(portal, &zone).await?;
    let Some(as_of) = moment(app, portal, question, &known, (first, last), 1).await? else { return Ok(None) };
    let days = archive.kept_days(portal, &zone, question.window, (first, last)).await?;
    let same = days.len() == known.range(first..=last).count()
        && days.iter().all(|kept| known.get(&kept.day) == Some(&kept.known_at));
    if !same {
        // Worked out anew at this very moment.
        return Ok(None);
    }
    question.as_of = as_of;
    let lost = archive.lost(portal, from, to).await?;
    Ok(Some(Kept { days, lost }))
}

/// As [`answers`]. Where nobody would wait for a fold of the rows, the knowledge may be of a moment a little later than is asked for, so that
/// a link of a while ago still leads somewhere: the answer says which it is.
async fn moment(
    app: &App,
    portal: &str,
    question: &Question,
    known: &BTreeMap<Date, Millis>,
    range: (Date, Date),
    step: i64,
) -> Result<Option<Millis>, StoreError> {
    let exact = answers(known, range, step, question, 0);
    if exact.is_some() || !has(app, portal, question, app.foldable).await? {
        return Ok(exact);
    }
    Ok(answers(known, range, step, question, FRESH))
}

/// The moment whose knowledge days answer a question by that needs each from the first to the last; `None`: they do not. It lies at most
/// `leeway` after the moment that is asked for.
///
/// Of weeks each is known by its last day, so that `step` is 7 days.
fn answers(
    known: &BTreeMap<Date, Millis>,
    (first, last): (Date, Date),
    step: i64,
    question: &Question,
    leeway: Millis,
) -> Option<Millis> {
    let zone = &question.zone;
    let is_settled = |day: Date, known_at: Millis| settles(day, zone).is_some_and(|settles| known_at >= settles);
    let moving = known.range(first..=last).filter(|(day, known_at)| !is_settled(**day, **known_at));
    let as_of = match moving.map(|(_, known_at)| *known_at).max() {
        Some(moving) if moving - question.as_of > leeway || question.as_of - moving > FRESH => return None,
        moving => moving.unwrap_or(question.as_of),
    };
    // Later days hold nothing that was known then.
    let last = last.min(day_of(as_of, zone).saturating_add((step - 1).days()));
    let answers = |day: Date| {
        let known_at = *known.get(&day)?;
        let in_time = if is_settled(day, known_at) { settles(day, zone)? <= as_of } else { known_at == as_of };
        in_time.then_some(())
    };
    first.series(step.days()).take_while(|day| *day <= last).map(answers).collect::<Option<()>>()?;
    Some(as_of)
}

impl Kept {
    /// The facts of all days as those of one stretch, and what was lost meanwhile.
    ///
    /// # Errors
    /// What is kept is damaged.
    pub fn read(self) -> Result<(Facts, Lost), Unreadable> {
        let parts = self.days.into_iter().map(|day| Facts::read(&day.facts)).collect::<Result<Vec<_>, _>>()?;
        Ok((Facts::join(parts), self.lost))
    }
}

fn days_of(monday: Date) -> impl Iterator<Item = Date> {
    monday.series(1.day()).take(7)
}

fn sunday(monday: Date) -> Date {
    monday.saturating_add(6.days())
}

/// The moment from which on a day is settled.
fn settles(day: Date, zone: &TimeZone) -> Option<Millis> {
    Some(start_of_day(day.tomorrow().ok()?, zone).ok()?.saturating_add(SETTLED))
}

/// The first day of which all rows are kept, in whatever time zone; nothing is kept of those before it.
fn oldest(app: &App) -> Date {
    day_of(app.now() - Millis::from(app.config.keep_rows) * DAY, &TimeZone::UTC)
}

fn name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date as day;

    const NOW: Millis = 1_777_888_800_000; // 4 May 2026, 10:00 UTC

    fn known(settled_until: Date, moving: &[(Date, Millis)]) -> BTreeMap<Date, Millis> {
        let settled = day(2026, 3, 1).series(1.day()).take_while(|day| *day < settled_until);
        settled.map(|day| (day, NOW - HOUR)).chain(moving.iter().copied()).collect()
    }

    fn ask(known: &BTreeMap<Date, Millis>, as_of: Millis) -> Option<Millis> {
        ask_late(known, as_of, 0)
    }

    fn ask_late(known: &BTreeMap<Date, Millis>, as_of: Millis, leeway: Millis) -> Option<Millis> {
        let question = Question::new(day(2026, 3, 20), day(2026, 5, 5), TimeZone::UTC, as_of).unwrap();
        let (from, to) = question.reach();
        answers(known, (day_of(from, &TimeZone::UTC), day_of(to, &TimeZone::UTC)), 1, &question, leeway)
    }

    fn moving(known_at: Millis) -> Vec<(Date, Millis)> {
        day(2026, 4, 25)
            .series(1.day())
            .take_while(|day| *day <= day_of(known_at, &TimeZone::UTC))
            .map(|day| (day, known_at))
            .collect()
    }

    #[test]
    fn days_answer_as_of_the_moment_that_the_last_of_them_know() {
        let (known_at, begin) = (NOW - 10 * 60_000, day(2026, 4, 25));
        let all = known(begin, &moving(known_at));
        assert_eq!(ask(&all, NOW), Some(known_at));
        assert_eq!(ask(&all, known_at), Some(known_at), "as a link says it");
        assert_eq!(ask(&all, known_at - 1), None, "what was known before");
        assert_eq!(ask_late(&all, known_at - FRESH, FRESH), Some(known_at), "as a link of a while ago says it");
        assert_eq!(ask_late(&all, known_at - FRESH - 1, FRESH), None, "what was known long before");
        assert_eq!(ask(&all, known_at + FRESH + 1), None, "too long ago for now");
        // Ten past midnight, and nothing was worked out since yesterday.
        let midnight = 1_777_939_200_000;
        assert_eq!(ask(&known(begin, &moving(midnight - 60_000)), midnight + 600_000), Some(midnight - 60_000));
    }

    #[test]
    fn a_day_that_is_missing_or_known_otherwise_answers_nothing() {
        let (known_at, begin) = (NOW - 10 * 60_000, day(2026, 4, 25));
        for without in [day(2026, 3, 12), day(2026, 4, 10), day(2026, 4, 30)] {
            let mut all = known(begin, &moving(known_at));
            all.remove(&without).unwrap();
            assert_eq!(ask(&all, NOW), None, "{without}");
        }
        let mut all = known(begin, &moving(known_at));
        all.insert(day(2026, 4, 28), known_at - 60_000);
        assert_eq!(ask(&all, NOW), None, "days of two moments");
        assert_eq!(ask(&known(day(2026, 4, 20), &[]), NOW), None);
    }
}
