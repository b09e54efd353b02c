//! The database as it is read: the rows of a portal, and who opens it how.

use super::writer::{CONFLICTS, DROPPED, FOREIGN_IDS};
use super::{FORM, StoreError, rows};
use crate::deflection::Log;
use crate::deflection::log::{Address, Lost, Millis, Stretch};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{ConnectOptions, Row, query};
use std::fs;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Forward-only steps of the database's form, built into the binary.
static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations");

/// Connections that read at once.
const READERS: u32 = 4;

/// Longest time between two runs of the server that counts as a restart: in it no ticket could come by the built-in form, and
/// none is missed.
const RESTART: Millis = 5 * 60 * 1000;

/// The event database, opened to be read.
#[derive(Clone)]
pub struct Archive {
    pool: SqlitePool,
}

impl Archive {
    /// Opens the database of a data folder that a server has made, to read it only.
    pub async fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = database(folder);
        if !path.is_file() {
            return Err(StoreError::Absent(folder.into()));
        }
        let options = options(&path).read_only(true);
        let pool = SqlitePoolOptions::new().max_connections(READERS).connect_with(options).await?;
        Ok(Self { pool })
    }

    /// The connections.
    pub(super) fn pool(&self) -> &SqlitePool {
        &self.pool
    }

    /// The rows of a portal that happened between two moments, inclusive, in no order.
    pub async fn log(&self, portal: &str, from: Millis, to: Millis) -> Result<Log, StoreError> {
        let mut log = Log::default();
        // One transaction: all parts are of one moment.
        let mut db = self.pool.begin().await?;
        let events =
            query("SELECT * FROM event WHERE portal = ? AND t BETWEEN ? AND ?").bind(portal).bind(from).bind(to);
        for row in events.fetch_all(&mut *db).await? {
            log.events.push(rows::event(&row)?);
        }
        let tickets = query("SELECT * FROM ticket_fact WHERE portal = ? AND at BETWEEN ? AND ?");
        for row in tickets.bind(portal).bind(from).bind(to).fetch_all(&mut *db).await? {
            log.tickets.push(rows::ticket(&row)?);
        }
        for row in query("SELECT * FROM address WHERE portal = ?").bind(portal).fetch_all(&mut *db).await? {
            let email = rows::hash(&row, "email")?.ok_or(StoreError::Damaged("email"))?;
            log.addresses.push(Address { email, person: rows::person(&row)?, since: row.try_get("since")? });
        }
        let known = query(
            "SELECT source, start, until FROM coverage WHERE portal IS NULL OR portal = ? ORDER BY source, start",
        );
        for row in known.bind(portal).fetch_all(&mut *db).await? {
            let stretch =
                Stretch { source: row.try_get("source")?, from: row.try_get("start")?, to: row.try_get("until")? };
            match log.coverage.last_mut() {
                Some(last) if stretch.source == FORM && last.source == FORM && stretch.from - last.to <= RESTART => {
                    last.to = last.to.max(stretch.to);
                }
                _ => log.coverage.push(stretch),
            }
        }
        let lost = query(
            "SELECT reason, SUM(count) AS count FROM lost WHERE portal = ? AND hour BETWEEN ? AND ? GROUP BY reason",
        );
        for row in lost.bind(portal).bind(from).bind(to).fetch_all(&mut *db).await? {
            let count = u64::try_from(row.try_get::<i64, _>("count")?).unwrap_or_default();
            let Lost { dropped, conflicts, foreign_ids } = &mut log.lost;
            match row.try_get("reason")? {
                DROPPED => *dropped = count,
                CONFLICTS => *conflicts = count,
                FOREIGN_IDS => *foreign_ids = count,
                _ => {}
            }
        }
        Ok(log)
    }
}

/// Opens the connection that writes, after bringing the database to this version's form.
pub async fn open_to_write(folder: &Path) -> Result<SqliteConnection, StoreError> {
    let path = database(folder);
    // Made here, so that nobody else can read it for a moment; its companions inherit the mode.
    let made = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
    made.map_err(|source| StoreError::Folder { path: path.clone(), source })?;
    let mut db = options(&path).connect().await?;
    MIGRATIONS.run_direct(None, &mut db, false).await.map_err(|error| match error {
        MigrateError::VersionMissing(_) => StoreError::Newer(path.clone()),
        other => StoreError::Migrate(other),
    })?;
    Ok(db)
}

fn database(folder: &Path) -> PathBuf {
    folder.join("events.sqlite")
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10))
        // What is deleted is overwritten.
        .pragma("secure_delete", "ON")
}
