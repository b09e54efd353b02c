//! Alerts on their way to a webhook: each is noted once, tried until it is there or too old, and then only that it was remains.

use super::outbox::{AT_ONCE, LEASE, next_attempt};
use super::work::{Done, Work};
use super::{Store, StoreError, hex};
use crate::deflection::log::Millis;
use sqlx::{AnyConnection, Row, query};

/// How long it is remembered that there was an alert: 400 d, as long as the rows that it was worked out of.
const KEPT: Millis = 400 * 24 * 60 * 60 * 1000;

/// An alert to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingAlert {
    /// Its portal.
    pub portal: String,
    /// Its id.
    pub id: String,
    /// When it was noted.
    pub since: Millis,
    /// Attempts before this one.
    pub attempts: u32,
    /// JSON.
    pub body: String,
}

/// Notes alerts, each an id and a body; those that were noted before stay as they are.
pub async fn note(
    db: &mut AnyConnection,
    portal: &str,
    alerts: &[(String, String)],
    now: Millis,
) -> Result<(), sqlx::Error> {
    query("DELETE FROM alert WHERE since < $1").bind(now - KEPT).execute(&mut *db).await?;
    for (id, body) in alerts {
        let noted = query(
            "INSERT INTO alert (portal, id, since, attempts, due, body) VALUES ($1, $2, $3, 0, $3, $4) \
             ON CONFLICT (portal, id) DO NOTHING",
        );
        noted.bind(portal).bind(id).bind(now).bind(body).execute(&mut *db).await?;
    }
    Ok(())
}

/// Takes alerts that are due, so that nobody else takes them meanwhile.
pub async fn claim(db: &mut AnyConnection, now: Millis) -> Result<Vec<OutgoingAlert>, sqlx::Error> {
    let due = query("SELECT portal, id, since, attempts, body FROM alert WHERE due <= $1 ORDER BY due LIMIT $2");
    let mut claimed = Vec::new();
    for row in due.bind(now).bind(AT_ONCE).fetch_all(&mut *db).await? {
        let attempts = row.try_get::<i64, _>("attempts")?;
        claimed.push(OutgoingAlert {
            portal: row.try_get("portal")?,
            id: row.try_get("id")?,
            since: row.try_get("since")?,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            body: row.try_get("body")?,
        });
    }
    for OutgoingAlert { portal, id, .. } in &claimed {
        let taken = query("UPDATE alert SET attempts = attempts + 1, due = $1 WHERE portal = $2 AND id = $3");
        taken.bind(now + LEASE).bind(portal).bind(id).execute(&mut *db).await?;
    }
    Ok(claimed)
}

/// Notes when an alert is tried again; `None`: it was sent or given up, and what it says is deleted.
pub async fn settle(db: &mut AnyConnection, portal: &str, id: &str, due: Option<Millis>) -> Result<(), sqlx::Error> {
    let settled = match due {
        Some(due) => query("UPDATE alert SET due = $3 WHERE portal = $1 AND id = $2 AND due IS NOT NULL")
            .bind(portal)
            .bind(id)
            .bind(due),
        None => query("UPDATE alert SET due = NULL, body = NULL WHERE portal = $1 AND id = $2").bind(portal).bind(id),
    };
    settled.execute(db).await.map(drop)
}

impl Store {
    /// The id of an alert: the same for the same thing, on every server of a database, and telling nothing of it.
    pub fn alert_id(&self, portal: &str, about: &str) -> String {
        hex(&self.keys.content(&["alert", portal, about]))
    }

    /// Notes alerts of a portal, each an id and what it says as JSON; each is sent once. Durable when it returns.
    pub async fn note_alerts(&self, portal: &str, alerts: Vec<(String, String)>) -> Result<(), StoreError> {
        self.write(Work::NoteAlerts { portal: portal.into(), alerts }).await.map(drop)
    }

    /// Takes alerts that are to be sent now, for a quarter of a minute.
    pub async fn outgoing_alerts(&self) -> Result<Vec<OutgoingAlert>, StoreError> {
        let due = query("SELECT 1 AS due FROM alert WHERE due <= $1 LIMIT 1").bind((self.clock)());
        if due.fetch_optional(self.archive.pool()).await?.is_none() {
            return Ok(Vec::new());
        }
        let Done::ClaimedAlerts(claimed) = self.write(Work::ClaimAlerts).await? else {
            return Err(StoreError::Stopped);
        };
        Ok(claimed)
    }

    /// Notes that an alert was sent; what it says is deleted here. Durable when it returns.
    pub async fn sent_alert(&self, sent: &OutgoingAlert) -> Result<(), StoreError> {
        self.settle_alert(sent, None).await
    }

    /// Notes that an alert could not be sent: when it is tried again, or `None` if it is given up.
    pub async fn postpone_alert(&self, sent: &OutgoingAlert) -> Result<Option<Millis>, StoreError> {
        let due = next_attempt((self.clock)(), sent.since, sent.attempts);
        self.settle_alert(sent, due).await?;
        Ok(due)
    }

    async fn settle_alert(&self, sent: &OutgoingAlert, due: Option<Millis>) -> Result<(), StoreError> {
        let OutgoingAlert { portal, id, .. } = sent.clone();
        self.write(Work::SettleAlert { portal, id, due }).await.map(drop)
    }
}
