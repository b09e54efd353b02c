//! The facts of days as they are kept, with the weeks worked out beside them, and forgotten when rows come that change them.

use super::archive::Archive;
use super::weeks::{self, WeekGroups};
use super::work::{Done, Work};
use super::{Store, StoreError};
use crate::deflection::facts::Facts;
use crate::deflection::facts::days::{FORMAT, Strangers};
use crate::deflection::log::{Hash, Millis};
use crate::deflection::question::{DAY, HOUR, REACH, Window};
use crate::deflection::visitors::stranger;
use jiff::Span;
use jiff::civil::Date;
use sqlx::{AnyConnection, Row, query};
use std::collections::BTreeMap;

/// How late a row may come without changing what is kept: no event is believed to be older than a day when it arrives, and no day
/// counts as settled before two more days have passed than its windows take.
const IN_TIME: Millis = 36 * HOUR;

const KEPT: &str = "SELECT day, known_at, facts FROM day_facts \
                    WHERE portal = $1 AND span = $2 AND zone = $3 AND format = $4 AND day BETWEEN $5 AND $6 ORDER BY day";
const KNOWN: &str = "SELECT day, known_at FROM day_facts WHERE portal = $1 AND span = $2 AND zone = $3 AND format = $4";

/// Facts of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayFacts {
    /// The day, in the portal's time zone.
    pub day: Date,
    /// Under which window.
    pub window: Window,
    /// The moment whose knowledge was used.
    pub known_at: Millis,
    /// They, as bytes of [`crate::deflection::facts::Facts::write`].
    pub facts: Vec<u8>,
}

/// Facts of days of one portal, to be kept together or not at all.
pub struct Days {
    /// Portal.
    pub portal: String,
    /// Name of the time zone whose days they are.
    pub zone: String,
    /// What [`Archive::changes_of_past`] said before the rows were read that they were worked out from.
    pub changes: i64,
    /// They.
    pub days: Vec<DayFacts>,
    /// What was searched in weeks, worked out from the same rows.
    pub weeks: Vec<WeekGroups>,
}

impl Archive {
    /// The facts under a window that are kept of days of a portal, from the first to the last, in order.
    pub async fn kept_days(
        &self,
        portal: &str,
        zone: &str,
        window: Window,
        (first, last): (Date, Date),
    ) -> Result<Vec<DayFacts>, StoreError> {
        let asked = query(KEPT).bind(portal).bind(window.name()).bind(zone).bind(i64::from(FORMAT));
        let rows = asked.bind(number(first)).bind(number(last)).fetch_all(self.pool()).await?;
        let read = |row: &sqlx::any::AnyRow| {
            let (day, known_at) = (date(row.try_get("day")?)?, row.try_get("known_at")?);
            Ok(DayFacts { day, window, known_at, facts: row.try_get("facts")? })
        };
        rows.iter().map(read).collect()
    }

    /// The days of a portal of which facts are kept, and what was known when they were worked out.
    pub async fn known_days(&self, portal: &str, zone: &str) -> Result<BTreeMap<Date, Millis>, StoreError> {
        // Of all windows or of none.
        let asked = query(KNOWN).bind(portal).bind(Window::default().name()).bind(zone).bind(i64::from(FORMAT));
        let rows = asked.fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((date(row.try_get("day")?)?, row.try_get("known_at")?))).collect()
    }

    /// How many events a portal has between two moments, inclusive; no more are counted than `most`.
    pub async fn count_events(&self, portal: &str, from: Millis, to: Millis, most: u32) -> Result<u64, StoreError> {
        let counted = "SELECT COUNT(*) AS count FROM \
                       (SELECT 1 FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3 LIMIT $4) AS counted";
        let row = query(counted).bind(portal).bind(from).bind(to).bind(i64::from(most)).fetch_one(self.pool()).await?;
        Ok(u64::try_from(row.try_get::<i64, _>("count")?).unwrap_or_default())
    }

    /// How often rows came that changed the past of a portal.
    pub async fn changes_of_past(&self, portal: &str) -> Result<i64, StoreError> {
        let asked = query("SELECT times FROM changed_past WHERE portal = $1").bind(portal);
        Ok(asked.fetch_optional(self.pool()).await?.map(|row| row.try_get("times")).transpose()?.unwrap_or_default())
    }
}

impl Store {
    /// Keeps facts of days in the place of those that were kept of them, unless the past has changed meanwhile; whether they are kept.
    pub async fn keep_days(&self, days: Days) -> Result<bool, StoreError> {
        match self.write(Work::Keep(days)).await? {
            Done::Kept(kept) => Ok(kept),
            _ => Err(StoreError::Stopped),
        }
    }
}

/// Writes facts of days, unless the past has changed since their rows were read; whether it had not.
pub async fn keep(db: &mut AnyConnection, days: &Days) -> Result<bool, sqlx::Error> {
    let changes = query("SELECT times FROM changed_past WHERE portal = $1").bind(&days.portal);
    let changes: Option<i64> = changes.fetch_optional(&mut *db).await?.map(|row| row.try_get("times")).transpose()?;
    if changes.unwrap_or_default() != days.changes {
        return Ok(false);
    }
    let statement = "INSERT INTO day_facts (portal, span, day, zone, format, known_at, facts) \
                     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (portal, span, day) DO UPDATE SET zone = excluded.zone, \
                     format = excluded.format, known_at = excluded.known_at, facts = excluded.facts";
    for DayFacts { day, window, known_at, facts } in &days.days {
        let insert = query(statement).bind(&days.portal).bind(window.name()).bind(number(*day)).bind(&days.zone);
        insert.bind(i64::from(FORMAT)).bind(*known_at).bind(&facts[..]).execute(&mut *db).await?;
    }
    weeks::keep(db, &days.portal, &days.zone, &days.weeks).await?;
    Ok(true)
}

/// Forgets the facts of days that depend on what happened at some times, if that comes to be known only now.
pub async fn note_change(
    db: &mut AnyConnection,
    portal: &str,
    times: impl IntoIterator<Item = Millis>,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let span = times.into_iter().fold(None, |span: Option<(Millis, Millis)>, t| {
        Some(span.map_or((t, t), |(from, to)| (from.min(t), to.max(t))))
    });
    match span {
        Some(span) if span.0 < now.saturating_sub(IN_TIME) => forget(db, portal, span).await,
        _ => Ok(()),
    }
}

/// Forgets the facts of days that depend on what happened between two moments, inclusive: they are worked out anew.
async fn forget(db: &mut AnyConnection, portal: &str, span: (Millis, Millis)) -> Result<(), sqlx::Error> {
    let (first, last) = around(span);
    for window in Window::ALL {
        let forgotten = query("DELETE FROM day_facts WHERE portal = $1 AND span = $2 AND day BETWEEN $3 AND $4");
        forgotten.bind(portal).bind(window.name()).bind(first).bind(last).execute(&mut *db).await?;
    }
    weeks::forget(db, portal, (first, last)).await?;
    refuse_what_is_worked_out(db, portal).await
}

/// Puts strangers in the place of persons in the facts of the days around what they did, and around when tickets of theirs were made: no
/// figure of those days changes, and it stays known how many are counted in it of whom there are no rows.
pub async fn disguise(
    db: &mut AnyConnection,
    portal: &str,
    persons: impl Iterator<Item = Hash>,
    tickets: BTreeMap<Millis, usize>,
    span: (Millis, Millis),
) -> Result<(), StoreError> {
    let visitors = persons.map(|person| (person, stranger(rand::random()))).collect();
    let strangers = Strangers { visitors, tickets, author: stranger(rand::random()) };
    let (first, last) = around(span);
    for window in Window::ALL {
        let kept = "SELECT day, format, facts FROM day_facts WHERE portal = $1 AND span = $2 AND day BETWEEN $3 AND $4";
        let kept = query(kept).bind(portal).bind(window.name()).bind(first).bind(last);
        for row in kept.fetch_all(&mut *db).await? {
            let (day, format): (i64, i64) = (row.try_get("day")?, row.try_get("format")?);
            let facts = Facts::read(row.try_get("facts")?).ok().filter(|_| format == i64::from(FORMAT));
            let disguised = facts.map(|mut facts| facts.replace(&strangers).then_some(facts));
            let statement = match disguised {
                Some(None) => continue,
                Some(Some(facts)) => {
                    let update = "UPDATE day_facts SET facts = $1 WHERE portal = $2 AND span = $3 AND day = $4";
                    query(update).bind(facts.write()?)
                }
                // Of another version, or damaged: worked out anew.
                None => query("DELETE FROM day_facts WHERE portal = $1 AND span = $2 AND day = $3"),
            };
            statement.bind(portal).bind(window.name()).bind(day).execute(&mut *db).await?;
        }
    }
    // What they typed may be in it.
    weeks::forget(db, portal, (first, last)).await?;
    Ok(refuse_what_is_worked_out(db, portal).await?)
}

/// Notes that rows have changed: what is being worked out of them now is not to be kept.
async fn refuse_what_is_worked_out(db: &mut AnyConnection, portal: &str) -> Result<(), sqlx::Error> {
    let noted = "INSERT INTO changed_past (portal, times) VALUES ($1, 1) \
                 ON CONFLICT (portal) DO UPDATE SET times = changed_past.times + 1";
    query(noted).bind(portal).execute(db).await.map(drop)
}

/// Numbers of the first and the last day, in whatever time zone, that may depend on what happened between two moments.
fn around((from, to): (Millis, Millis)) -> (i64, i64) {
    // Days of any time zone lie within a day of those of UTC.
    (from.saturating_sub(REACH + DAY).div_euclid(DAY), to.saturating_add(REACH + DAY).div_euclid(DAY))
}

/// Days since 1970-01-01.
pub fn number(day: Date) -> i64 {
    i64::from((day - Date::constant(1970, 1, 1)).get_days())
}

/// The day of such a number.
pub fn date(number: i64) -> Result<Date, StoreError> {
    let damaged = |_| StoreError::Damaged("day");
    let since = Span::new().try_days(number).map_err(damaged)?;
    Date::constant(1970, 1, 1).checked_add(since).map_err(damaged)
}
