//! What visitors said of articles, by what they hold: the rows that helpfulness is counted from.

use super::StoreError;
use super::rows::hash;
use crate::deflection::clock::moment;
use crate::deflection::helpfulness::Vote;
use crate::deflection::log::{Event, Hash, Kind};
use sqlx::sqlite::SqliteConnection;
use sqlx::{Row, SqlitePool, query};
use std::collections::BTreeMap;

/// Notes a vote, if the event is one that counts: of a visitor who can be told from others, and not of staff, bots or tests. The
/// later word of a visitor takes the place of the earlier, whichever arrives first.
pub async fn note(db: &mut SqliteConnection, portal: &str, event: &Event, held: Hash) -> Result<(), sqlx::Error> {
    let visitor = event.person.subject.or(event.person.browser);
    let (Kind::Vote { slug, solved, .. }, Some(visitor), None) = (&event.kind, visitor, event.mark) else {
        return Ok(());
    };
    query(
        "INSERT INTO vote (portal, slug, visitor, held, t, solved) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (portal, slug, visitor, held) DO UPDATE SET t = excluded.t, solved = excluded.solved \
         WHERE excluded.t > t OR (excluded.t = t AND excluded.solved < solved)",
    )
    .bind(portal)
    .bind(slug)
    .bind(&visitor[..])
    .bind(&held[..])
    .bind(moment(&event.stamp).t)
    .bind(solved)
    .execute(db)
    .await?;
    Ok(())
}

/// All votes, by portal, in no order.
pub async fn all(pool: &SqlitePool) -> Result<BTreeMap<String, Vec<Vote>>, StoreError> {
    let mut votes = BTreeMap::<String, Vec<Vote>>::new();
    for row in query("SELECT portal, slug, visitor, held, solved FROM vote").fetch_all(pool).await? {
        let vote = Vote {
            slug: row.try_get("slug")?,
            visitor: hash(&row, "visitor")?.ok_or(StoreError::Damaged("visitor"))?,
            held: hash(&row, "held")?.ok_or(StoreError::Damaged("held"))?,
            solved: row.try_get("solved")?,
        };
        votes.entry(row.try_get("portal")?).or_default().push(vote);
    }
    Ok(votes)
}
