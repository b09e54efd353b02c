//! What is forgotten, and when: little by little, so that nobody who writes has to wait.

use super::StoreError;
use super::keys::{self, Keys, OVERLAP, month_start};
use super::session::check_keys;
use super::tickets::REPEATABLE;
use super::ties;
use crate::deflection::log::Millis;
use crate::deflection::question::DAY;
use sqlx::{AnyConnection, Connection, query};

/// How long what is kept, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// What people typed, redacted, and its vectors.
    pub texts: u16,
    /// Rows without it.
    pub rows: u16,
    /// A ticket as written, after it was solved.
    pub solved: u16,
    /// The audit: longer than the rows, since who objects to a reading may do so when what was read is long forgotten.
    pub audit: u16,
}

impl Retention {
    /// What is kept how long where the operator does not say.
    pub const DEFAULT: Self = Self { texts: 90, rows: 400, solved: 30, audit: 1_095 };
}

/// Most rows that one statement changes.
const STEP: i64 = 1_000;

/// Deletes what is due, at most a step of each.
pub async fn tidy(
    db: &mut AnyConnection,
    begin: &'static str,
    keys: &Keys,
    retention: Retention,
    now: Millis,
) -> Result<(), StoreError> {
    let mut transaction = db.begin_with(begin).await?;
    let texts = before(now, retention.texts);
    let tied = ties::keep(&mut transaction, texts, now).await?;
    for (statement, before) in due(retention, now) {
        // What tickets say is compared with searches as long as any of these is still to be.
        if tied || statement != TEXTS_OF_TICKETS {
            query(statement).bind(before).bind(STEP).execute(&mut *transaction).await?;
        }
    }
    // Another server may have made other keys since.
    check_keys(&mut transaction, keys, now).await?;
    let past = query("DELETE FROM key_check WHERE name LIKE 'month-%' AND name < $1");
    past.bind(keys::month_name(now)).execute(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(keys.forget_months(now)?)
}

/// The texts of tickets.
const TEXTS_OF_TICKETS: &str = "UPDATE ticket_fact SET text = NULL, model = NULL, vector = NULL WHERE (portal, id) IN \
    (SELECT portal, id FROM ticket_fact WHERE at < $1 AND text IS NOT NULL LIMIT $2)";

fn before(now: Millis, days: u16) -> Millis {
    now - Millis::from(days) * DAY
}

/// What is due at a moment: statements whose parameters are the moment before which, and how many rows at most.
pub fn due(retention: Retention, now: Millis) -> [(&'static str, Millis); 19] {
    let before = |days: u16| before(now, days);
    let month = month_start(now);
    // Until the overlap is over, this month's events still carry last month's hash.
    let joined = if now - month <= OVERLAP { month } else { now };
    [
        (
            "UPDATE event SET browser_before = NULL WHERE seq IN \
             (SELECT seq FROM event WHERE t < $1 AND browser_before IS NOT NULL LIMIT $2)",
            joined,
        ),
        (
            "UPDATE ticket_fact SET browser_before = NULL WHERE (portal, id) IN \
             (SELECT portal, id FROM ticket_fact WHERE at < $1 AND browser_before IS NOT NULL LIMIT $2)",
            joined,
        ),
        (
            "UPDATE address SET browser_before = NULL WHERE (portal, email, person) IN \
             (SELECT portal, email, person FROM address WHERE since < $1 AND browser_before IS NOT NULL LIMIT $2)",
            joined,
        ),
        (
            "UPDATE event SET text = NULL, model = NULL, vector = NULL WHERE seq IN (SELECT seq FROM event \
             WHERE t < $1 AND text IS NOT NULL AND (kind <> 'search' OR ties IS NOT NULL) LIMIT $2)",
            before(retention.texts),
        ),
        (TEXTS_OF_TICKETS, before(retention.texts)),
        ("DELETE FROM event WHERE seq IN (SELECT seq FROM event WHERE t < $1 LIMIT $2)", before(retention.rows)),
        (
            "DELETE FROM vote WHERE (portal, slug, visitor, held) IN \
             (SELECT portal, slug, visitor, held FROM vote WHERE t < $1 LIMIT $2)",
            before(retention.rows),
        ),
        (
            "DELETE FROM ticket_fact WHERE (portal, id) IN (SELECT portal, id FROM ticket_fact WHERE at < $1 LIMIT $2)",
            before(retention.rows),
        ),
        // They name people by the same hashes, and cannot be worked out anew without one whose rows are gone.
        (
            "DELETE FROM day_facts WHERE (portal, span, day) IN \
             (SELECT portal, span, day FROM day_facts WHERE day < $1 / 86400000 LIMIT $2)",
            before(retention.rows),
        ),
        // Worked out anew without them. A day of the portal's calendar lies within a day of that of UTC.
        (
            "DELETE FROM week_groups WHERE (portal, monday) IN \
             (SELECT portal, monday FROM week_groups WHERE monday <= $1 / 86400000 + 1 AND has_text = 1 LIMIT $2)",
            before(retention.texts),
        ),
        (
            "DELETE FROM week_groups WHERE (portal, monday) IN \
             (SELECT portal, monday FROM week_groups WHERE monday < $1 / 86400000 - 6 LIMIT $2)",
            before(retention.rows),
        ),
        (
            "DELETE FROM address WHERE (portal, email, person) IN \
             (SELECT portal, email, person FROM address WHERE since < $1 LIMIT $2)",
            before(retention.rows),
        ),
        (
            "DELETE FROM ticket WHERE (portal, id) IN (SELECT portal, id FROM ticket_stage AS reached \
             WHERE stage IN ('solved', 'handed_over') AND at < $1 AND number = \
             (SELECT MAX(number) FROM ticket_stage WHERE portal = reached.portal AND id = reached.id) LIMIT $2)",
            before(retention.solved),
        ),
        (
            "DELETE FROM ticket_stage WHERE (portal, id) IN (SELECT portal, id FROM ticket_stage AS reached \
             WHERE at < $1 AND NOT EXISTS \
             (SELECT 1 FROM ticket WHERE portal = reached.portal AND id = reached.id) LIMIT $2)",
            before(retention.solved),
        ),
        (
            "DELETE FROM ticket_notice WHERE (portal, source, word) IN \
             (SELECT portal, source, word FROM ticket_notice WHERE at < $1 LIMIT $2)",
            before(retention.rows),
        ),
        (
            "DELETE FROM outbox WHERE (portal, id) IN (SELECT portal, id FROM outbox WHERE since < $1 LIMIT $2)",
            before(retention.rows),
        ),
        (
            "DELETE FROM mailed WHERE (portal, id, stage) IN (SELECT portal, id, stage FROM mailed WHERE at < $1 LIMIT $2)",
            now - DAY,
        ),
        ("DELETE FROM idempotency WHERE key IN (SELECT key FROM idempotency WHERE at < $1 LIMIT $2)", now - REPEATABLE),
        ("DELETE FROM reading WHERE seq IN (SELECT seq FROM reading WHERE at < $1 LIMIT $2)", before(retention.audit)),
    ]
}
