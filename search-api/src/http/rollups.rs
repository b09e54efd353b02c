//! Reports of large logs: added up from the facts of days, which are worked out behind the requests and kept.
//!
//! A day is *settled* once nothing in time can change what became of its needs; its facts are worked out once. Those of later days are
//! worked out again and again, all with the knowledge of one moment, and a report that asks for what is known now says that moment.
//! Whatever they cannot answer is folded from the rows, as all of a small log is.

use super::App;
use super::error::Problem;
use crate::deflection::facts::{Facts, Selected, Unreadable};
use crate::deflection::log::{Lost, Millis};
use crate::deflection::question::{DAY, HOUR, Question, Window};
use crate::deflection::{Log, facts};
use crate::store::{Archive, DayFacts, Days, StoreError};
use indexer::portal::Portal;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Events from which on a log is large: to fold as many takes about half a second.
pub const LARGE: u32 = 50_000;

/// How long after a day it is settled: the longest window, a day in which events may arrive late, and a day of room.
const SETTLED: Millis = 9 * DAY;

/// How far beyond their own days the facts of days look for rows: visits, windows, and tickets attributed back.
const REACH: Millis = 9 * DAY;

/// How old the knowledge of days may be that stands for what is known now.
const FRESH: Millis = HOUR;

/// Days that can be asked for: the longest range, and what a question looks at around it.
const OLDEST: i64 = 430;

/// Most days whose rows are read at once.
const RUN: usize = 7;

/// Days are looked through at most this often.
const PAUSE: Duration = Duration::from_secs(60);

/// Longest share of the time that is spent on it: one part in so many.
const SHARE: u32 = 20;

/// Why days could not be rolled up.
#[derive(Debug, thiserror::Error)]
pub enum RollUpError {
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Facts cannot be written as bytes.
    #[error(transparent)]
    Write(#[from] Unreadable),
    /// The fold did not end.
    #[error("the fold of the rows did not end: {0:?}")]
    Fold(Problem),
}

/// Facts of the days of a question's reach, and what else its report says.
pub struct Kept {
    days: Vec<DayFacts>,
    lost: Lost,
}

/// The facts that answer a question, if its reach has at least `large` events and all of them are kept; its moment is then that whose knowledge they are of,
/// if it was about now.
///
/// # Errors
/// The database cannot be read.
pub async fn kept(
    archive: &Archive,
    portal: &str,
    question: &mut Question,
    large: u32,
) -> Result<Option<Kept>, StoreError> {
    let (from, to) = question.reach();
    if archive.count_events(portal, from, to, large).await? < u64::from(large) {
        return Ok(None);
    }
    let (zone, first, last) = (name(&question.zone), date(from, &question.zone), date(to, &question.zone));
    let known = archive.known_days(portal, &zone).await?;
    let Some(as_of) = answers(&known, first, last, question) else { return Ok(None) };
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
fn answers(known: &BTreeMap<Date, Millis>, first: Date, last: Date, question: &Question) -> Option<Millis> {
    let mut moving: Option<Millis> = None;
    for day in first.series(1.day()).take_while(|day| *day <= last) {
        let known_at = *known.get(&day)?;
        let settles = settles(day, &question.zone)?;
        if known_at < settles {
            if moving.is_some_and(|other| other != known_at) {
                return None;
            }
            moving = Some(known_at);
        } else if question.as_of < settles {
            return None;
        }
    }
    let Some(moving) = moving else { return Some(question.as_of) };
    (moving <= question.as_of && question.as_of - moving <= FRESH).then_some(moving)
}

impl Kept {
    /// Draws something from the facts that the question selects.
    ///
    /// # Errors
    /// What is kept is damaged.
    pub fn draw<T>(self, question: &Question, draw: impl FnOnce(&Selected<'_>, Lost) -> T) -> Result<T, Unreadable> {
        let parts = self.days.into_iter().map(|day| Facts::read(&day.facts)).collect::<Result<Vec<_>, _>>()?;
        let facts = Facts::join(parts);
        Ok(draw(&Selected::new(question, &facts), self.lost))
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
        tokio::time::sleep(PAUSE.max(start.elapsed() * SHARE)).await;
    }
}

/// Works out and keeps what is missing of the facts of a portal's days, if its log is large.
///
/// # Errors
/// The database cannot be read or written.
pub async fn roll_up(app: &App, portal: &Portal) -> Result<(), RollUpError> {
    let now = app.now();
    let zone = TimeZone::get(&portal.time_zone).unwrap_or(TimeZone::UTC);
    let (today, archive) = (date(now, &zone), app.store.archive());
    let oldest = today.saturating_sub(OLDEST.days());
    let all = archive.count_events(&portal.id, now.saturating_sub(OLDEST * DAY), now, app.large_log);
    if all.await? < u64::from(app.large_log) {
        return Ok(());
    }
    let known = archive.known_days(&portal.id, &name(&zone)).await?;
    let is_known =
        |day: &Date| known.get(day).zip(settles(*day, &zone)).is_some_and(|(known, settles)| *known >= settles);
    let moving = date(now - SETTLED, &zone);
    let settled: Vec<Date> =
        oldest.series(1.day()).take_while(|day| *day < moving).filter(|day| !is_known(day)).collect();
    for run in settled.chunk_by(|a, b| a.tomorrow().ok() == Some(*b)).flat_map(|run| run.chunks(RUN)) {
        if !work_out(app, portal, &zone, run, now).await? {
            return Ok(());
        }
    }
    let moving: Vec<Date> = moving.series(1.day()).take_while(|day| *day <= today).collect();
    work_out(app, portal, &zone, &moving, now).await.map(drop)
}

/// Works out the facts of days that follow one another from their rows, and keeps them; `false`: the past changed meanwhile.
async fn work_out(
    app: &App,
    portal: &Portal,
    zone: &TimeZone,
    days: &[Date],
    now: Millis,
) -> Result<bool, RollUpError> {
    let (Some(&first), Some(&last)) = (days.first(), days.last()) else { return Ok(true) };
    let Ok(question) = Question::new(first, last.saturating_add(1.day()), zone.clone(), now) else { return Ok(true) };
    let changes = app.store.archive().changes_of_past(&portal.id).await?;
    let (from, to) = question.range();
    let log = app.store.log(&portal.id, from.saturating_sub(REACH), to.saturating_add(REACH).min(now)).await?;
    let days = app.cores.run_behind(move || fold(&log, &question)).await.map_err(RollUpError::Fold)??;
    Ok(app.store.keep_days(Days { portal: portal.id.clone(), zone: name(zone), changes, days }).await?)
}

/// The facts of each day of a question's range under each window.
fn fold(log: &Log, question: &Question) -> Result<Vec<DayFacts>, Unreadable> {
    let mut days = Vec::new();
    for (window, whole) in Window::ALL.into_iter().zip(facts(log, question)) {
        for day in question.from.series(1.day()).take_while(|day| *day < question.to) {
            let tomorrow = day.saturating_add(1.day());
            let facts = whole.between(question.start_of(day), question.start_of(tomorrow)).write()?;
            days.push(DayFacts { day, window, known_at: question.as_of, facts });
        }
    }
    Ok(days)
}

/// The moment from which on a day is settled.
fn settles(day: Date, zone: &TimeZone) -> Option<Millis> {
    let over = day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    Some(over.timestamp().as_millisecond().saturating_add(SETTLED))
}

fn date(t: Millis, zone: &TimeZone) -> Date {
    Timestamp::from_millisecond(t).unwrap_or_default().to_zoned(zone.clone()).date()
}

fn name(zone: &TimeZone) -> String {
    zone.iana_name().unwrap_or("UTC").to_owned()
}
