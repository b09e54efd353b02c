//! What was searched in weeks as it is kept, and forgotten when rows come or go that change it.

use super::StoreError;
use super::archive::Archive;
use super::days::{date, number};
use crate::deflection::groups::weeks::FORMAT;
use crate::deflection::log::Millis;
use crate::deflection::question::Window;
use jiff::civil::Date;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query};
use std::collections::BTreeMap;

const KNOWN: &str = "SELECT monday, known_at FROM week_groups WHERE portal = $1 AND zone = $2 AND format = $3";

/// What was searched in one week, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WeekGroups {
    /// Its Monday, in the portal's time zone.
    pub monday: Date,
    /// The moment whose knowledge was used.
    pub known_at: Millis,
    /// Whether anything that anybody typed is in it.
    pub has_text: bool,
    /// What was said, as bytes of [`crate::deflection::groups::Said::write`].
    pub said: Vec<u8>,
    /// What became of it under each window, shortest first, as bytes of [`crate::deflection::groups::Cells::write`].
    pub cells: [Vec<u8>; 4],
}

/// One week under one window, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptWeek {
    /// Its Monday.
    pub monday: Date,
    /// The moment whose knowledge was used.
    pub known_at: Millis,
    /// As [`WeekGroups::said`].
    pub said: Vec<u8>,
    /// As one of [`WeekGroups::cells`].
    pub cells: Vec<u8>,
}

impl Archive {
    /// What is kept under a window of weeks of a portal, from the first Monday to the last, in order.
    pub async fn kept_weeks(
        &self,
        portal: &str,
        zone: &str,
        window: Window,
        (first, last): (Date, Date),
    ) -> Result<Vec<KeptWeek>, StoreError> {
        let statement = format!(
            "SELECT monday, known_at, said, cells_{window} AS cells FROM week_groups \
             WHERE portal = $1 AND zone = $2 AND format = $3 AND monday BETWEEN $4 AND $5 ORDER BY monday"
        );
        let asked = query(AssertSqlSafe(statement)).bind(portal).bind(zone).bind(i64::from(FORMAT));
        let rows = asked.bind(number(first)).bind(number(last)).fetch_all(self.pool()).await?;
        let read = |row: &AnyRow| {
            let (monday, known_at) = (date(row.try_get("monday")?)?, row.try_get("known_at")?);
            Ok(KeptWeek { monday, known_at, said: row.try_get("said")?, cells: row.try_get("cells")? })
        };
        rows.iter().map(read).collect()
    }

    /// The weeks of a portal that are kept, by Monday, and what was known when they were worked out.
    pub async fn known_weeks(&self, portal: &str, zone: &str) -> Result<BTreeMap<Date, Millis>, StoreError> {
        let rows = query(KNOWN).bind(portal).bind(zone).bind(i64::from(FORMAT)).fetch_all(self.pool()).await?;
        rows.iter().map(|row| Ok((date(row.try_get("monday")?)?, row.try_get("known_at")?))).collect()
    }
}

/// Writes what was searched in weeks in the place of what was kept of them.
pub async fn keep(db: &mut AnyConnection, portal: &str, zone: &str, weeks: &[WeekGroups]) -> Result<(), sqlx::Error> {
    let statement = "INSERT INTO week_groups (portal, monday, zone, format, known_at, has_text, said, cells_1h, \
                     cells_24h, cells_72h, cells_7d) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
                     ON CONFLICT (portal, monday) DO UPDATE SET zone = excluded.zone, format = excluded.format, \
                     known_at = excluded.known_at, has_text = excluded.has_text, said = excluded.said, \
                     cells_1h = excluded.cells_1h, cells_24h = excluded.cells_24h, cells_72h = excluded.cells_72h, \
                     cells_7d = excluded.cells_7d";
    for WeekGroups { monday, known_at, has_text, said, cells } in weeks {
        let insert = query(statement).bind(portal).bind(number(*monday)).bind(zone).bind(i64::from(FORMAT));
        let insert = insert.bind(*known_at).bind(i64::from(*has_text)).bind(&said[..]);
        cells.iter().fold(insert, |insert, cells| insert.bind(&cells[..])).execute(&mut *db).await?;
    }
    Ok(())
}

/// Forgets the weeks that have a day between two, given as numbers: they are worked out anew.
pub async fn forget(db: &mut AnyConnection, portal: &str, (first, last): (i64, i64)) -> Result<(), sqlx::Error> {
    let forgotten = query("DELETE FROM week_groups WHERE portal = $1 AND monday BETWEEN $2 AND $3");
    forgotten.bind(portal).bind(first - 6).bind(last).execute(db).await.map(drop)
}
