//! Tickets as written, for those who answer them: listed by stage, read, and moved on.

use super::names::Named;
use super::tickets::{self, Told, Written};
use super::work::{Done, Work};
use super::{NewTicket, Stage, Store, StoreError};
use crate::deflection::log::Millis;
use indexer::portal::Portal;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query};

/// A ticket in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedTicket {
    /// Its id.
    pub id: String,
    /// Its subject, as written; `None`: it cannot be opened.
    pub subject: Option<String>,
    /// Whether it says where to answer.
    pub has_address: bool,
    /// How far it is.
    pub stage: Stage,
    /// Since when.
    pub since: Millis,
}

/// Where a list goes on: below the ticket that reached its stage at this moment, of this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Below(pub Millis, pub String);

impl Stage {
    /// Those into which a ticket can be moved.
    pub const MOVES: [Self; 3] = [Self::Working, Self::Waiting, Self::Solved];
    /// Those of tickets for which something is to be done, by whomever.
    pub const OPEN: [Self; 3] = [Self::Received, Self::Working, Self::Waiting];
}

/// Tickets in a stage, the latest to reach it first; with portal, moment, id, and how many at most.
pub fn in_stage(stage: Stage) -> String {
    format!(
        "SELECT reached.id AS id, reached.stage AS stage, reached.at AS at, ticket.sealed AS sealed \
         FROM ticket_stage AS reached JOIN ticket ON ticket.portal = reached.portal AND ticket.id = reached.id \
         WHERE reached.portal = $1 AND reached.stage = '{}' AND (reached.at, reached.id) < ($2, $3) AND NOT EXISTS \
         (SELECT 1 FROM ticket_stage AS later WHERE later.portal = reached.portal AND later.id = reached.id \
         AND later.number > reached.number) ORDER BY reached.at DESC, reached.id DESC LIMIT $4",
        stage.name()
    )
}

/// Notes that a ticket was moved into a stage, unless it is in it; whether there is such a ticket, and none that was handed over.
pub async fn move_on(
    db: &mut AnyConnection,
    (portal, id): (&str, &str),
    stage: Stage,
    told: Told,
    at: Millis,
) -> Result<bool, StoreError> {
    let found = query("SELECT 1 AS one FROM ticket WHERE portal = $1 AND id = $2").bind(portal).bind(id);
    if found.fetch_optional(&mut *db).await?.is_none() {
        return Ok(false);
    }
    match tickets::stages(&mut *db, portal, id).await?.last() {
        None | Some((Stage::HandedOver, _)) => Ok(false),
        Some((reached, _)) if *reached == stage => Ok(true),
        Some(_) => {
            tickets::advance(db, (portal, id), stage, told, at).await?;
            Ok(true)
        }
    }
}

impl Store {
    /// At most `limit` tickets of a portal that are in one of these stages, the latest to reach it first.
    pub async fn inbox(
        &self,
        portal: &Portal,
        stages: &[Stage],
        below: Option<&Below>,
        limit: usize,
    ) -> Result<Vec<ListedTicket>, StoreError> {
        // Each stage by its index, and no more of it than is asked for.
        let parts = stages.iter().map(|stage| format!("SELECT * FROM ({}) AS {}", in_stage(*stage), stage.name()));
        let parts = parts.collect::<Vec<_>>().join(" UNION ALL ");
        let listed = query(AssertSqlSafe(format!("{parts} ORDER BY at DESC, id DESC LIMIT $4")));
        let (at, id) = below.map_or((Millis::MAX, ""), |Below(at, id)| (*at, id));
        let listed = listed.bind(&portal.id).bind(at).bind(id).bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let mut tickets = Vec::new();
        for row in listed.fetch_all(self.archive.pool()).await? {
            let id: String = row.try_get("id")?;
            let plain = self.keys.unseal(&portal.id, &id, row.try_get("sealed")?);
            let written = plain.and_then(|plain| serde_json::from_slice::<Written>(&plain).ok()).map(NewTicket::from);
            if written.is_none() {
                // The others are still to be answered.
                tracing::error!(
                    portal = portal.id,
                    id,
                    "a ticket cannot be opened: it is damaged, or its key is another"
                );
            }
            let stage = super::rows::named(&row, "stage")?.ok_or(StoreError::Damaged("stage"))?;
            let (subject, email) = written.map(|written| (written.subject, written.email)).unzip();
            let has_address = email.flatten().is_some();
            tickets.push(ListedTicket { id, subject, has_address, stage, since: row.try_get("at")? });
        }
        Ok(tickets)
    }

    /// A ticket as it was written, and each stage since when, oldest first; `None`: there is none, or it was handed over.
    pub async fn written(
        &self,
        portal: &Portal,
        id: &str,
    ) -> Result<Option<(NewTicket, Vec<(Stage, Millis)>)>, StoreError> {
        let mut db = self.archive.pool().acquire().await?;
        let written = tickets::written(&mut db, &self.keys, &portal.id, id).await?;
        Ok(written.filter(|(_, stages)| stages.last().is_some_and(|(stage, _)| *stage != Stage::HandedOver)))
    }

    /// Moves a ticket into a stage, and has its writer told; nothing happens if it is in it. Durable when it returns: each stage since
    /// when, oldest first. `None`: there is no such ticket, or it was handed over.
    pub async fn advance(
        &self,
        portal: &Portal,
        id: &str,
        stage: Stage,
    ) -> Result<Option<Vec<(Stage, Millis)>>, StoreError> {
        let Some((ticket, _)) = self.written(portal, id).await? else { return Ok(None) };
        let told = self.tells(&portal.id, &ticket);
        match self.write(Work::Advance { portal: portal.id.clone(), id: id.into(), stage, told }).await? {
            Done::Advanced(true) => Ok(Some(tickets::stages(self.archive.pool(), &portal.id, id).await?)),
            Done::Advanced(false) => Ok(None),
            _ => Err(StoreError::Stopped),
        }
    }
}
