//! Works out the facts of days, and what was searched in weeks, of large logs, behind the requests.

use super::{FRESH, SETTLED, days_of, name, oldest, settles, sunday};
use crate::deflection::facts::Unreadable;
use crate::deflection::groups::Cells;
use crate::deflection::log::Millis;
use crate::deflection::question::{DAY, Question, REACH, Window, day_of, monday};
use crate::deflection::{Log, to_keep};
use crate::http::App;
use crate::http::error::Problem;
use crate::store::{Archive, DayFacts, Days, StoreError, WeekGroups};
use indexer::portal::Portal;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use std::sync::Arc;
use std::time::{Duration, Instant};

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

/// Works out what is missing of every portal, now and then, until it is dropped.
pub async fn keep_rolling_up(app: Arc<App>) {
    loop {
        let (start, mut is_done) = (Instant::now(), true);
        let portals: Vec<Arc<Portal>> = app.library.snapshot().portals().cloned().collect();
        for portal in portals {
            match roll_up(&app, &portal).await {
                Ok(done) => is_done &= done,
                Err(error) => {
                    tracing::error!(portal = portal.id, %error, "days could not be rolled up; reports are folded from rows until the next try");
                }
            }
        }
        if is_done {
            tokio::time::sleep((start.elapsed() * SHARE).clamp(PAUSE.0, PAUSE.1)).await;
        }
    }
}

/// Works out and keeps what is missing of the facts of a portal's days and of its weeks, if its log is large; whether all of it: where
/// much is missing, the last days are looked at again before the rest.
///
/// # Errors
/// The database cannot be read or written.
pub async fn roll_up(app: &App, portal: &Portal) -> Result<bool, RollUpError> {
    let now = app.now();
    let zone = portal.zone();
    let (today, archive) = (day_of(now, &zone), app.store.archive());
    let oldest = today.saturating_sub(OLDEST.days()).max(oldest(app));
    let all = archive.count_events(&portal.id, now.saturating_sub(OLDEST * DAY), now, app.large_log);
    if all.await? < u64::from(app.large_log) {
        return Ok(true);
    }
    let known_days = archive.known_days(&portal.id, &name(&zone)).await?;
    let known_weeks = archive.known_weeks(&portal.id, &name(&zone)).await?;
    let is_known = |known: Option<&Millis>, last: Date| {
        known.zip(settles(last, &zone)).is_some_and(|(known_at, settles)| *known_at >= settles)
    };
    // A settled day is kept as it is, though its week may be worked out anew: who was erased is still counted in it.
    let missing = |monday: Date| Missing {
        monday,
        days: days_of(monday)
            .filter(|day| oldest <= *day && *day <= today && !is_known(known_days.get(day), *day))
            .collect(),
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
            return Ok(true);
        }
        if app.now() - now > FRESH / 2 {
            return Ok(false);
        }
    }
    Ok(true)
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
    let (missing, texts_after) = (weeks.to_vec(), texts_after(app));
    let worked_out =
        app.cores.run_last(move || fold(&log, &question, &missing, texts_after)).await.map_err(RollUpError::Fold)?;
    let (days, weeks) = worked_out.map_err(StoreError::from)?;
    Ok(app.store.keep_days(Days { portal: portal.id.clone(), zone: name(zone), changes, days, weeks }).await?)
}

/// What is missing of the weeks of a question's range: the facts of days, under each window, and what was searched in weeks.
fn fold(
    log: &Log,
    question: &Question,
    missing: &[Missing],
    texts_after: Date,
) -> Result<(Vec<DayFacts>, Vec<WeekGroups>), Unreadable> {
    let known_at = question.as_of;
    let worked_out = to_keep(log, question, texts_after);
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
    for (said, cells) in worked_out.weeks {
        if is_missing(said.monday) {
            let has_text = said.has_text() || cells.iter().any(Cells::has_text);
            let [hour, day, three_days, week] = cells;
            weeks.push(WeekGroups {
                monday: said.monday,
                known_at,
                has_text,
                said: said.write()?,
                cells: [hour.write()?, day.write()?, three_days.write()?, week.write()?],
            });
        }
    }
    Ok((days, weeks))
}

/// The Monday after which weeks may be kept with their texts: as the rows' retention forgets them.
fn texts_after(app: &App) -> Date {
    day_of(app.now() - Millis::from(app.config.keep_texts) * DAY, &TimeZone::UTC).saturating_add(1.day())
}
