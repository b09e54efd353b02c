//! When articles were last opened, by anybody who counts.

use super::StoreError;
use crate::deflection::log::Millis;
use sqlx::{AnyPool, Row, query};
use std::collections::BTreeMap;

const OPENINGS: &str = "SELECT slug, MAX(t) AS t FROM event WHERE portal = $1 AND +t BETWEEN $2 AND $3 \
                        AND kind IN ('click', 'form_suggest') AND mark IS NULL AND slug IS NOT NULL GROUP BY slug";

/// By slug: when an article of a portal was last opened between two moments, inclusive.
pub async fn last(
    pool: &AnyPool,
    portal: &str,
    from: Millis,
    to: Millis,
) -> Result<BTreeMap<String, Millis>, StoreError> {
    let rows = query(OPENINGS).bind(portal).bind(from).bind(to).fetch_all(pool).await?;
    rows.iter().map(|row| Ok((row.try_get("slug")?, row.try_get("t")?))).collect()
}
