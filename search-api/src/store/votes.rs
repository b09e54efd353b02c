//! What visitors said of articles, by what they hold: the rows that helpfulness is counted from.

use super::StoreError;
use super::insert::Insert;
use super::rows::{flag, hash, is_set, text};
use crate::deflection::clock::moment;
use crate::deflection::helpfulness::Vote;
use crate::deflection::log::{Event, Hash, Kind, Millis};
use sqlx::{AnyConnection, AnyPool, Row, query};
use std::collections::BTreeMap;

const VOTES: Insert = Insert {
    table: "vote",
    columns: "portal, slug, visitor, held, t, solved",
    then: "ON CONFLICT (portal, slug, visitor, held) DO UPDATE SET t = excluded.t, solved = excluded.solved \
           WHERE excluded.t > vote.t OR (excluded.t = vote.t AND excluded.solved < vote.solved)",
};

/// The last word of each visitor among some events: by portal, article, visitor and what they held, when and what.
#[derive(Default)]
pub struct Votes(BTreeMap<(String, String, Hash, Hash), (Millis, bool)>);

impl Votes {
    /// Notes a vote, if the event is one that counts: of a visitor who can be told from others, and not of staff, bots or tests. The
    /// later word of a visitor takes the place of the earlier, whichever arrives first.
    pub fn note(&mut self, portal: &str, event: &Event, held: Hash) {
        let visitor = event.person.subject.or(event.person.browser);
        let (Kind::Vote { slug, solved, .. }, Some(visitor), None) = (&event.kind, visitor, event.mark) else { return };
        let said = (moment(&event.stamp).t, *solved);
        let last = self.0.entry((portal.into(), text(slug), visitor, held)).or_insert(said);
        if said.0 > last.0 || (said.0 == last.0 && !said.1) {
            *last = said;
        }
    }

    /// Stores them.
    pub async fn insert(self, db: &mut AnyConnection) -> Result<(), sqlx::Error> {
        let votes: Vec<_> = self.0.into_iter().collect();
        let inserted = VOTES.rows(db, &votes, |bound, ((portal, slug, visitor, held), (t, solved))| {
            bound.bind(portal).bind(slug).bind(&visitor[..]).bind(&held[..]).bind(t).bind(flag(*solved))
        });
        inserted.await.map(drop)
    }
}

/// All votes, by portal, in no order.
pub async fn all(pool: &AnyPool) -> Result<BTreeMap<String, Vec<Vote>>, StoreError> {
    let mut votes = BTreeMap::<String, Vec<Vote>>::new();
    for row in query("SELECT portal, slug, visitor, held, solved FROM vote").fetch_all(pool).await? {
        let vote = Vote {
            slug: row.try_get("slug")?,
            visitor: hash(&row, "visitor")?.ok_or(StoreError::Damaged("visitor"))?,
            held: hash(&row, "held")?.ok_or(StoreError::Damaged("held"))?,
            solved: is_set(&row, "solved")?.ok_or(StoreError::Damaged("solved"))?,
        };
        votes.entry(row.try_get("portal")?).or_default().push(vote);
    }
    Ok(votes)
}
