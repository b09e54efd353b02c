//! Before texts go: what their searches were to one another is worked out and kept, so that no need is told otherwise afterwards.

use super::StoreError;
use super::archive::beside_events;
use super::kin::{Whose, of};
use crate::deflection::log::Millis;
use crate::deflection::question::{DAY, HOUR, MINUTE, Question, REACH};
use crate::deflection::ties::{Tie, ties};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sqlx::{AnyConnection, Row, query};
use std::collections::BTreeMap;

/// Searches whose text is about to go, and of which it is not known yet what they were to others.
pub const UNTIED: &str = "SELECT seq, portal, id, t FROM event \
                          WHERE t < $1 AND text IS NOT NULL AND kind = 'search' AND ties IS NULL ORDER BY t LIMIT $2";

/// Searches of one step: their visitors' events of eighteen days are read.
const STEP: i64 = 500;
/// How much sooner than texts go: a ticket, whose text goes by its own time, may be a little older than what it is compared with.
const SOONER: Millis = 10 * MINUTE;
/// What is due within this time is done at once: what is read beside the events is the same for all.
const AHEAD: Millis = 6 * HOUR;
/// Events that are read for one step at most; of more, whoever they are of, nothing is kept.
const MOST: usize = 200_000;

/// A search of which it is to be worked out.
struct Untied {
    seq: i64,
    id: String,
    t: Millis,
}

/// Works out the ties of searches before their texts go, which they do from a moment back; whether there is no more to do.
pub async fn keep(db: &mut AnyConnection, before: Millis, now: Millis) -> Result<bool, StoreError> {
    let rows = query(UNTIED).bind(before.saturating_add(AHEAD)).bind(STEP).fetch_all(&mut *db).await?;
    match rows.first().map(|oldest| oldest.try_get::<Millis, _>("t")).transpose()? {
        Some(oldest) if oldest < before.saturating_add(SOONER) => {}
        _ => return Ok(true),
    }
    let is_all = rows.len() < STEP as usize;
    let mut portals = BTreeMap::<String, Vec<Untied>>::new();
    for row in rows {
        let untied = Untied { seq: row.try_get("seq")?, id: row.try_get("id")?, t: row.try_get("t")? };
        portals.entry(row.try_get("portal")?).or_default().push(untied);
    }
    for (portal, untied) in portals {
        keep_of(db, &portal, untied, now).await?;
    }
    Ok(is_all)
}

async fn keep_of(db: &mut AnyConnection, portal: &str, untied: Vec<Untied>, now: Millis) -> Result<(), StoreError> {
    let found = match work_out(db, portal, &untied, now).await {
        Ok(found) => found,
        // A text goes when its time is over, whatever becomes of its figures.
        Err(StoreError::Damaged(what)) => {
            tracing::error!(what, portal, "how like searches were is not kept of texts that go now: a row is damaged");
            BTreeMap::new()
        }
        Err(error) => return Err(error),
    };
    for Untied { seq, .. } in &untied {
        let ties = found.get(seq).map(Vec::as_slice).unwrap_or_default();
        let ties = postcard::to_allocvec(ties).map_err(|_| StoreError::Damaged("ties"))?;
        query("UPDATE event SET ties = $1 WHERE seq = $2").bind(ties).bind(seq).execute(&mut *db).await?;
    }
    Ok(())
}

/// The ties of searches in the order of their times, by their numbers.
async fn work_out(
    db: &mut AnyConnection,
    portal: &str,
    untied: &[Untied],
    now: Millis,
) -> Result<BTreeMap<i64, Vec<Tie>>, StoreError> {
    let (Some(first), Some(last)) = (untied.first().map(|one| one.t), untied.last().map(|one| one.t)) else {
        return Ok(BTreeMap::new());
    };
    let reach = (first.saturating_sub(REACH + DAY), last.saturating_add(REACH + DAY));
    let beside = beside_events(db, portal, reach.0, reach.1).await?;
    let there = Whose::There(first, last.saturating_add(1));
    let log = of(db, portal, reach, there, &beside, MOST).await?;
    let log = log.ok_or(StoreError::Damaged("too many events of a few people"))?;
    // The rules are asked of a question; its range and its time zone have no part in this.
    let day = Date::constant(1970, 1, 1);
    let question = Question::new(day, day.saturating_add(jiff::ToSpan::day(1)), TimeZone::UTC, now);
    let mut found = ties(&log, &question.map_err(|_| StoreError::Damaged("rules"))?, last);
    Ok(untied.iter().filter_map(|one| Some((one.seq, found.remove(one.id.as_str())?))).collect())
}
