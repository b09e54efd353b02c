//! What is forgotten, and when: little by little, so that nobody who writes has to wait.

use super::keys::{KeyError, Keys, OVERLAP, month_start};
use super::tickets::REPEATABLE;
use crate::deflection::log::Millis;
use sqlx::query;
use sqlx::sqlite::SqliteConnection;

const DAY: Millis = 24 * 60 * 60 * 1000;

/// How long what people typed is kept.
const TEXT: Millis = 90 * DAY;

/// How long rows are kept.
const ROWS: Millis = 400 * DAY;

/// How long a ticket is kept after it was solved.
const SOLVED: Millis = 30 * DAY;

/// Most rows that one statement changes.
const STEP: i64 = 1_000;

/// Deletes what is due, at most a step of each.
pub async fn tidy(db: &mut SqliteConnection, keys: &Keys, now: Millis) -> Result<(), TidyError> {
    let month = month_start(now);
    // Until the overlap is over, this month's events still carry last month's hash.
    let joined = if now - month <= OVERLAP { month } else { now };
    let due = [
        (
            "UPDATE event SET browser_before = NULL WHERE seq IN \
             (SELECT seq FROM event WHERE t < ? AND browser_before IS NOT NULL LIMIT ?)",
            joined,
        ),
        (
            "UPDATE ticket_fact SET browser_before = NULL WHERE (portal, id) IN \
             (SELECT portal, id FROM ticket_fact WHERE at < ? AND browser_before IS NOT NULL LIMIT ?)",
            joined,
        ),
        (
            "UPDATE address SET browser_before = NULL WHERE (portal, email, person) IN \
             (SELECT portal, email, person FROM address WHERE since < ? AND browser_before IS NOT NULL LIMIT ?)",
            joined,
        ),
        (
            "UPDATE event SET text = NULL, model = NULL, vector = NULL WHERE seq IN \
             (SELECT seq FROM event WHERE t < ? AND text IS NOT NULL LIMIT ?)",
            now - TEXT,
        ),
        (
            "UPDATE ticket_fact SET text = NULL, model = NULL, vector = NULL WHERE (portal, id) IN \
             (SELECT portal, id FROM ticket_fact WHERE at < ? AND text IS NOT NULL LIMIT ?)",
            now - TEXT,
        ),
        ("DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE t < ? LIMIT ?)", now - ROWS),
        (
            "DELETE FROM vote WHERE (portal, slug, visitor, held) IN \
             (SELECT portal, slug, visitor, held FROM vote WHERE t < ? LIMIT ?)",
            now - ROWS,
        ),
        (
            "DELETE FROM ticket_fact WHERE (portal, id) IN (SELECT portal, id FROM ticket_fact WHERE at < ? LIMIT ?)",
            now - ROWS,
        ),
        (
            "DELETE FROM address WHERE (portal, email, person) IN \
             (SELECT portal, email, person FROM address WHERE since < ? LIMIT ?)",
            now - ROWS,
        ),
        (
            "DELETE FROM ticket WHERE (portal, id) IN (SELECT portal, id FROM ticket_stage AS reached \
             WHERE stage = 'solved' AND at < ? AND number = \
             (SELECT MAX(number) FROM ticket_stage WHERE portal = reached.portal AND id = reached.id) LIMIT ?)",
            now - SOLVED,
        ),
        (
            "DELETE FROM ticket_stage WHERE (portal, id) IN (SELECT portal, id FROM ticket_stage AS reached \
             WHERE at < ? AND NOT EXISTS \
             (SELECT 1 FROM ticket WHERE portal = reached.portal AND id = reached.id) LIMIT ?)",
            now - SOLVED,
        ),
        ("DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE at < ? LIMIT ?)", now - REPEATABLE),
    ];
    for (statement, before) in due {
        query(statement).bind(before).bind(STEP).execute(&mut *db).await?;
    }
    Ok(keys.forget_months(now)?)
}

/// Why something could not be forgotten.
#[derive(Debug, thiserror::Error)]
pub enum TidyError {
    /// The database refused.
    #[error("forget what is due: {0}")]
    Database(#[from] sqlx::Error),
    /// A key could not be deleted.
    #[error(transparent)]
    Key(#[from] KeyError),
}
