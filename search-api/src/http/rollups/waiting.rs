//! What is said while the days of a large log are still being worked out: how far that is, and from which day on it is done.

use super::{FRESH, days_of, has, name, oldest, settles};
use crate::deflection::Question;
use crate::deflection::log::Millis;
use crate::deflection::question::{DAY, REACH, day_of};
use crate::http::App;
use crate::http::error::Problem;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Events from which on nobody waits for a fold of their rows: it takes some seconds, and a gigabyte.
pub const FOLDABLE: u32 = 500_000;

/// What a question looks at around its range, in days: its reach, and the rest of a week.
const AROUND: i64 = REACH / DAY + 6;

/// Seconds that a day takes, about; and the bounds of what is asked to wait.
const SECONDS_A_DAY: usize = 2;
const WAIT: (usize, usize) = (10, 600);

/// How far the days of a question are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Days that are worked out.
    pub done: usize,
    /// Of how many.
    pub of: usize,
    /// First day of a shorter range that can be asked for already.
    pub from: Option<Date>,
}

impl Waiting {
    /// Seconds after which to ask again.
    pub fn seconds(&self) -> u64 {
        ((self.of - self.done) * SECONDS_A_DAY).clamp(WAIT.0, WAIT.1) as u64
    }

    /// What is said of it.
    pub fn sentence(&self) -> String {
        let sooner = match self.from {
            Some(from) => format!("for a range that begins on {from} or later"),
            None => "for a shorter range".to_owned(),
        };
        let Self { done, of, .. } = self;
        let seconds = self.seconds();
        format!(
            "The days of this range are being worked out: {done} of {of} are done. Ask again in {seconds} s, or {sooner}."
        )
    }
}

/// Lets a question that is answered by days through to its rows, if there are not too many to be folded while somebody waits.
///
/// # Errors
/// There are too many; or the database cannot be read.
pub async fn admit(app: &App, portal: &str, question: &Question) -> Result<(), Problem> {
    let known = app.store.archive().known_days(portal, &name(&question.zone)).await?;
    admit_without(app, portal, question, &known, question.reach()).await
}

/// The same of a question that is answered by weeks.
///
/// # Errors
/// As of [`admit`].
pub async fn admit_weeks(app: &App, portal: &str, question: &Question) -> Result<(), Problem> {
    let known = app.store.archive().known_weeks(portal, &name(&question.zone)).await?;
    let known = known.iter().flat_map(|(monday, known_at)| days_of(*monday).map(|day| (day, *known_at))).collect();
    let (from, after) = question.weeks_range();
    admit_without(app, portal, question, &known, (from, (after - 1).min(question.as_of))).await
}

/// `known` says which days were worked out, and what was known then, of those between two moments that the question is answered by.
async fn admit_without(
    app: &App,
    portal: &str,
    question: &Question,
    known: &BTreeMap<Date, Millis>,
    (from, to): (Millis, Millis),
) -> Result<(), Problem> {
    if !has(app, portal, question, app.foldable).await? {
        return Ok(());
    }
    let (zone, now) = (&question.zone, app.now());
    let days = day_of(from, zone).max(oldest(app)).series(1.day()).take_while(|day| *day <= day_of(to, zone));
    let is_done = |day: Date| {
        let settled = |known: i64| settles(day, zone).is_some_and(|settles| known >= settles);
        known.get(&day).is_some_and(|known| settled(*known) || now - known <= FRESH)
    };
    let days: Vec<(Date, bool)> = days.map(|day| (day, is_done(day))).collect();
    let (done, of) = (days.iter().filter(|(_, done)| *done).count(), days.len());
    if done == of && now - question.as_of > FRESH {
        return Err(Problem::invalid(
            "as_of",
            "There are too many events to tell from their rows what was known at that moment: leave `as_of` out, or ask for a shorter \
             range.",
        ));
    }
    let first = days.iter().rposition(|(_, done)| !done).and_then(|last| days.get(last + 1)).map(|(day, _)| *day);
    let from = first.map(|day| day.saturating_add(AROUND.days())).filter(|from| *from < question.to);
    Err(Problem::WorkingOut(Waiting { done, of, from }))
}
