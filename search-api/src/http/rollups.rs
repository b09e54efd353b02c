//! Reports of large logs: added up from the facts of days, and from what was searched in weeks, which are worked out behind the
//! requests and kept.
//!
//! A day is *settled* once nothing in time can change what became of its needs; its facts are worked out once. Those of later days are
//! worked out again and again, all with the knowledge of one moment, and a report that asks for what is known now says that moment.
//! Whatever they cannot answer is folded from the rows, as all of a small log is.

mod waiting;

pub use waiting::{FOLDABLE, Waiting, admit, admit_weeks};

use super::App;
use super::error::Problem;
use crate::deflection::facts::{Facts, Unreadable};
use crate::deflection::groups::Week;
use crate::deflection::log::{Lost, Millis};
use crate::deflection::question::{DAY, HOUR, Question, REACH, Window, day_of, monday, start_of_day};
use crate::deflection::{Log, to_keep};
use crate::store::{Archive, DayFacts, Days, KeptWeek, StoreError, WeekGroups};
use indexer::portal::Portal;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Events from which on a log is large: to fold as many takes about half a second.
pub const LARGE: u32 = 50_000;

/// How long after a day it is settled: the longest window, a day in which events may arrive late, and a day of room.
const SETTLED: Millis = 9 * DAY;

/// How old the knowledge of days may be that stands for what is known now.
const FRESH: Millis = HOUR;

/// Days that can be asked for: the longest range, and what a question looks at around it.
const OLDEST: i64 = 430;

/// Rows that are read at once, about: what is in memory for a moment.
const ROWS: u64 = 500_000;

/// Fewest and most weeks that are worked out at once, of whatever many rows.
const RUN: (u64, u64) = (1, 13);

/// Days are looked through at most this often, and at least this often.
const PAUSE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(15 * 60));

/// Between the two, the pause is so many times as long as the work before it.
const SHARE: u32 = 20;

/// Why days could not be rolled up.
#[derive(Debug, thiserror::Error)]
pub enum RollUpError {
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The fold did not end.
    #[error("the fold of the rows did not end: {0:?}")]
    Fold(Problem),
}

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
    if let Some(kept) = kept(app.store.archive(), portal, question, app.large_log).await? {
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

/// What was searched in the weeks of a question under its window, as [`facts_for`] gives facts.
///
/// # Errors
/// As of [`facts_for`].
pub async fn weeks_for(app: &App, portal: &str, question: &Question) -> Result<Option<Vec<Week>>, Problem> {
    if let Some(kept) = kept_weeks(app.store.archive(), portal, question, app.large_log).await? {
        let read = move || kept.iter().map(|week| Week::read(&week.said, &week.cells)).collect::<Result<Vec<_>, _>>();
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

async fn kept_weeks(
    archive: &Archive,
    portal: &str,
    question: &Question,
    large: u32,
) -> Result<Option<Vec<KeptWeek>>, StoreError> {
    let (from, to) = question.reach();
    if archive.count_events(portal, from, to, large).await? < u64::from(large) {
        return Ok(None);
    }
    let zone = name(&question.zone);
    let (first, after) = question.weeks();
    let known = archive.known_weeks(portal, &zone).await?;
    // A week is known when its last day is.
    let known_days = known.iter().map(|(monday, known_at)| (sunday(*monday), *known_at)).collect();
    let (first_day, last_day) = (sunday(first), after.saturating_sub(1.day()));
    if answers(&known_days, (first_day, last_day), 7, question).is_none() {
        return Ok(None);
    }
    let weeks = archive.kept_weeks(portal, &zone, question.window, (first, last_day)).await?;
    let same = weeks.iter().all(|kept| known.get(&kept.monday) == Some(&kept.known_at));
    Ok((same && weeks.len() == known.range(first..=last_day).count()).then_some(weeks))
}

/// Whether the reach of a question has at least so many events.
///
/// # Errors
/// The database cannot be read.
pub async fn has(app: &App, portal: &str, question: &Question, events: u32) -> Result<bool, StoreError> {
    let (from, to) = question.reach();
    Ok(app.store.archive().count_events(portal, from, to, events).await? >= u64::from(events))
}

/// The facts that answer a question, if its reach has at least `large` events and all of them are kept; its moment is then that whose knowledge they are of,
/// if it was about now.
///
/// # Errors
/// The database cannot be read.
async fn kept(
    archive: &Archive,
    portal: &str,
    question: &mut Question,
    large: u32,
) -> Result<Option<Kept>, StoreError> {
    let (from, to) = question.reach();
    if archive.count_events(portal, from, to, large).await? < u64::from(large) {
        return Ok(None);
    }
    let (zone, first, last) = (name(&question.zone), day_of(from, &question.zone), day_of(to, &question.zone));
    let known = archive.known_days(portal, &zone).await?;
    let Some(as_of) = answers(&known, (first, last), 1, question) else { return Ok(None) };
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

/// The moment whose knowledge days answer a question by that needs each from the first to the last; `None`: they do not.
///
/// Of weeks each is known by its last day, so that `step` is 7 days.
fn answers(
    known: &BTreeMap<Date, Millis>,
    (first, last): (Date, Date),
    step: i64,
    question: &Question,
) -> Option<Millis> {
    let zone = &question.zone;
    let is_settled = |day: Date, known_at: Millis| settles(day, zone).is_some_and(|settles| known_at >= settles);
    let moving = known.range(first..=last).filter(|(day, known_at)| !is_settled(**day, **known_at));
    let as_of = match moving.map(|(_, known_at)| *known_at).max() {
        Some(moving) if moving > question.as_of || question.as_of - moving > FRESH => return None,
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

/// Works out what is missing of every portal, now and then, until it is dropped.
pub async fn keep_rolling_up(app: Arc<App>) {
    loop {
        let start = Instant::now();
        let portals: Vec<Arc<Portal>> = app.library.snapshot().portals().cloned().collect();
        for portal in portals {
            if let Err(error) = roll_up(&app, &portal).await {
                tracing::error!(portal = portal.id, %error, "days could not be rolled up; reports are folded from rows until the next try");
            }
        }
        tokio::time::sleep((start.elapsed() * SHARE).clamp(PAUSE.0, PAUSE.1)).await;
    }
}

/// Works out and keeps what is missing of the facts of a portal's days, if its log is large.
///
/// # Errors
/// The database cannot be read or written.
pub async fn roll_up(app: &App, portal: &Portal) -> Result<(), RollUpError> {
    let now = app.now();
    let zone = portal.zone();
    let (today, archive) = (day_of(now, &zone), app.store.archive());
    let oldest = today.saturating_sub(OLDEST.days());
    let all = archive.count_events(&portal.id, now.saturating_sub(OLDEST * DAY), now, app.large_log);
    if all.await? < u64::from(app.large_log) {
        return Ok(());
    }
    let known_days = archive.known_days(&portal.id, &name(&zone)).await?;
    let known_weeks = archive.known_weeks(&portal.id, &name(&zone)).await?;
    let is_known = |known: Option<&Millis>, last: Date| {
        known.zip(settles(last, &zone)).is_some_and(|(known_at, settles)| *known_at >= settles)
    };
    // A settled day is kept as it is, though its week may be worked out anew: who was erased is still counted in it.
    let missing = |monday: Date| Missing {
        monday,
        days: days_of(monday).filter(|day| *day <= today && !is_known(known_days.get(day), *day)).collect(),
        week: !is_known(known_weeks.get(&monday), sunday(monday)),
    };
    let weeks = monday(oldest).series(7.days()).take_while(|monday| *monday <= today).map(missing);
    let (moving, settled): (Vec<Missing>, Vec<Missing>) =
        weeks.filter(Missing::any).partition(|week| settles(sunday(week.monday), &zone).is_none_or(|at| at > now));
    let run = if settled.len() > 1 { run(archive, &portal.id, now).await? } else { 1 };
    let follows =
        |a: &Missing, b: &Missing| days_of(a.monday).last().and_then(|day| day.tomorrow().ok()) == Some(b.monday);
    // The latest first: they are asked for most.
    let settled = settled.chunk_by(follows).rev().flat_map(|weeks| weeks.rchunks(run));
    for run in std::iter::once(&moving[..]).chain(settled) {
        if !work_out(app, portal, &zone, run, now).await? {
            break;
        }
    }
    Ok(())
}

/// What is not known yet of a week.
#[derive(Clone, Debug)]
struct Missing {
    monday: Date,
    days: Vec<Date>,
    week: bool,
}

impl Missing {
    fn any(&self) -> bool {
        self.week || !self.days.is_empty()
    }
}

/// How many weeks to work out at once, so that not too many rows are read with what lies around them.
async fn run(archive: &Archive, portal: &str, now: Millis) -> Result<usize, StoreError> {
    let all = archive.count_events(portal, now.saturating_sub(OLDEST * DAY), now, u32::MAX).await?;
    let a_day = (all / OLDEST.unsigned_abs()).max(1);
    let around = (2 * REACH / DAY).unsigned_abs();
    Ok(((ROWS / a_day).saturating_sub(around) / 7).clamp(RUN.0, RUN.1) as usize)
}

/// Works out what is missing of weeks that follow one another from their rows, and keeps it; `false`: the past changed meanwhile.
async fn work_out(
    app: &App,
    portal: &Portal,
    zone: &TimeZone,
    weeks: &[Missing],
    now: Millis,
) -> Result<bool, RollUpError> {
    let (Some(first), Some(last)) = (weeks.first(), weeks.last()) else { return Ok(true) };
    let after = last.monday.saturating_add(7.days());
    let Ok(question) = Question::new(first.monday, after, zone.clone(), now) else { return Ok(true) };
    let changes = app.store.archive().changes_of_past(&portal.id).await?;
    let (from, to) = question.range();
    let mut log = app.store.log(&portal.id, from.saturating_sub(REACH), to.saturating_add(REACH).min(now)).await?;
    if to.saturating_add(SETTLED) <= now {
        // Rows forget soon which browsers of two months are one, so what is kept does not say it either.
        log.part_months();
    }
    let missing = weeks.to_vec();
    let worked_out = app.cores.run_last(move || fold(&log, &question, &missing)).await.map_err(RollUpError::Fold)?;
    let (days, weeks) = worked_out.map_err(StoreError::from)?;
    Ok(app.store.keep_days(Days { portal: portal.id.clone(), zone: name(zone), changes, days, weeks }).await?)
}

/// What is missing of the weeks of a question's range: the facts of days, under each window, and what was searched in weeks.
fn fold(log: &Log, question: &Question, missing: &[Missing]) -> Result<(Vec<DayFacts>, Vec<WeekGroups>), Unreadable> {
    let known_at = question.as_of;
    let worked_out = to_keep(log, question);
    let mut days = Vec::new();
    for (window, whole) in Window::ALL.into_iter().zip(worked_out.facts) {
        for &day in missing.iter().flat_map(|week| &week.days) {
            let tomorrow = day.saturating_add(1.day());
            let facts = whole.between(question.start_of(day), question.start_of(tomorrow)).write()?;
            days.push(DayFacts { day, window, known_at, facts });
        }
    }
    let is_missing = |monday: Date| missing.iter().any(|week| week.monday == monday && week.week);
    let mut weeks = Vec::new();
    for (said, [hour, day, three_days, week]) in worked_out.weeks {
        if is_missing(said.monday) {
            weeks.push(WeekGroups {
                monday: said.monday,
                known_at,
                has_text: said.has_text(),
                said: said.write()?,
                cells: [hour.write()?, day.write()?, three_days.write()?, week.write()?],
            });
        }
    }
    Ok((days, weeks))
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
        let question = Question::new(day(2026, 3, 20), day(2026, 5, 5), TimeZone::UTC, as_of).unwrap();
        let (from, to) = question.reach();
        answers(known, (day_of(from, &TimeZone::UTC), day_of(to, &TimeZone::UTC)), 1, &question)
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
