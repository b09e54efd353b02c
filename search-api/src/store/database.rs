//! Which database holds events and tickets, and how its sessions begin: the one place that tells SQLite from PostgreSQL.

use super::StoreError;
use super::erasure::Traces;
use super::migrations;
use percent_encoding::{NON_ALPHANUMERIC, percent_encode};
use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Row, query, raw_sql};
use std::convert::Infallible;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// Connections that read at once.
const READERS: u32 = 4;

/// Bytes up to which a file is written anew after an erasure: nobody can write to it meanwhile, and others wait ten seconds at most.
const REWRITTEN: u64 = 1 << 28;

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a PostgreSQL database is, as the operator gave it: with its password, which is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

/// A database of events and tickets. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    kind: Kind,
    options: AnyConnectOptions,
    name: Arc<str>,
}

#[derive(Clone)]
enum Kind {
    /// A file.
    Sqlite(PathBuf),
    /// A server.
    Postgres,
}

impl FromStr for DatabaseUrl {
    /// What is wrong with it is found when it is used: who reads options would repeat the password in a complaint.
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.into()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DatabaseUrl")
    }
}

impl Database {
    /// The PostgreSQL database at an address; without one, the SQLite file of a data folder. Nothing is opened yet.
    pub fn new(folder: &Path, url: Option<&DatabaseUrl>) -> Result<Self, StoreError> {
        install_default_drivers();
        let Some(DatabaseUrl(url)) = url else {
            let path = folder.join("events.sqlite");
            let url = format!("sqlite:{}", percent_encode(path.as_os_str().as_bytes(), NON_ALPHANUMERIC));
            let name = path.display().to_string().into();
            return Ok(Self { options: url.parse()?, kind: Kind::Sqlite(path), name });
        };
        let options: AnyConnectOptions = url.parse().map_err(|_| StoreError::Url)?;
        let mut shown = options.database_url.clone();
        // A password may stand in either place; where there is no host there is none.
        let _ = shown.set_password(None);
        shown.set_query(None);
        let is_server = matches!(shown.scheme(), "postgres" | "postgresql") && !shown.cannot_be_a_base();
        if !is_server || shown.password().is_some() {
            return Err(StoreError::Url);
        }
        Ok(Self { options, kind: Kind::Postgres, name: shown.as_str().into() })
    }

    /// The one session of this server that writes, after bringing the database to this version's form.
    pub async fn to_write(&self) -> Result<AnyConnection, StoreError> {
        if let Kind::Sqlite(path) = &self.kind {
            // Made here, so that nobody else can read it for a moment; its companions inherit the mode.
            let made = fs::OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
            made.map_err(|source| StoreError::Folder { path: path.clone(), source })?;
        }
        let mut db = self.connect(&self.options).await?;
        if let Kind::Sqlite(_) = self.kind {
            raw_sql("PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL").execute(&mut db).await?;
        }
        self.migrations().run_direct(None, &mut db, false).await.map_err(|error| match error {
            MigrateError::VersionMissing(_) => StoreError::Newer(self.name.to_string()),
            other => StoreError::Migrate(other),
        })?;
        let session = match self.kind {
            // What is deleted is overwritten.
            Kind::Sqlite(_) => "PRAGMA synchronous = FULL; PRAGMA secure_delete = ON",
            // A commit is acknowledged when it is on disk; who is away does not keep others from writing.
            Kind::Postgres => {
                "SELECT set_config('synchronous_commit', 'on', false) \
                     WHERE current_setting('synchronous_commit') IN ('off', 'local'); \
                 SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '30s'"
            }
        };
        raw_sql(session).execute(&mut db).await?;
        Ok(db)
    }

    /// Sessions that only read, of a database that a server of this version has made.
    pub async fn to_read(&self) -> Result<AnyPool, StoreError> {
        let mut options = self.options.clone();
        let session = match &self.kind {
            Kind::Sqlite(path) if !path.is_file() => return Err(StoreError::Absent(self.name.to_string())),
            Kind::Sqlite(_) => {
                options.database_url.set_query(Some("mode=ro"));
                "PRAGMA busy_timeout = 10000"
            }
            // As in SQLite, whatever a transaction reads is of one moment.
            Kind::Postgres => {
                "SET default_transaction_read_only = on; SET default_transaction_isolation = 'repeatable read'"
            }
        };
        // Once by itself: what is wrong is said better than by a pool that tries again.
        self.check_version(self.connect(&options).await?).await?;
        let sessions = AnyPoolOptions::new().max_connections(READERS).acquire_timeout(PATIENCE);
        let sessions =
            sessions.after_connect(move |db, _| Box::pin(async move { raw_sql(session).execute(db).await.map(drop) }));
        Ok(sessions.connect_lazy_with(options))
    }

    /// How a transaction that writes begins. No two run at once in a database, whoever runs them: what is read in it stays true until
    /// it ends.
    pub fn begin(&self) -> &'static str {
        match self.kind {
            Kind::Sqlite(_) => "BEGIN IMMEDIATE",
            // The first number is this lock's name among those of others ("sign" in ASCII).
            Kind::Postgres => {
                "BEGIN ISOLATION LEVEL READ COMMITTED; SELECT pg_advisory_xact_lock(1936287598, hashtext(current_schema()))"
            }
        }
    }

    /// Overwrites what was deleted, as far as that is in our hands; what is left of it.
    pub async fn overwrite(&self, db: &mut AnyConnection) -> Result<Traces, sqlx::Error> {
        match self.kind {
            // A row is overwritten when it is deleted (`secure_delete`), but not the copies in unused parts of pages that splitting and
            // joining pages has left: those go when the file is written anew. The log still has the pages as they were.
            Kind::Sqlite(ref path) => {
                let is_small = fs::metadata(path).is_ok_and(|file| file.len() <= REWRITTEN);
                if is_small {
                    raw_sql("VACUUM").execute(&mut *db).await?;
                }
                let row = query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(db).await?;
                Ok(match row.try_get::<i64, _>(0)? {
                    0 if is_small => Traces::None,
                    0 => Traces::InPages,
                    _ => Traces::InLog,
                })
            }
            Kind::Postgres => Ok(Traces::UntilVacuum),
        }
    }

    async fn connect(&self, options: &AnyConnectOptions) -> Result<AnyConnection, StoreError> {
        let failed = |cause| StoreError::Open { database: self.name.to_string(), cause };
        match tokio::time::timeout(PATIENCE, options.connect()).await {
            Ok(connected) => connected.map_err(failed),
            Err(late) => Err(failed(sqlx::Error::Io(late.into()))),
        }
    }

    async fn check_version(&self, mut db: AnyConnection) -> Result<(), StoreError> {
        let found = query("SELECT MAX(version) AS version FROM _sqlx_migrations").fetch_one(&mut db).await;
        let found: Option<i64> = match found {
            Ok(row) => row.try_get("version")?,
            Err(sqlx::Error::Database(refused)) if is_no_table(&*refused) => None,
            Err(error) => return Err(error.into()),
        };
        let ours = self.newest();
        match found {
            None => Err(StoreError::Absent(self.name.to_string())),
            Some(version) if version > ours => Err(StoreError::Newer(self.name.to_string())),
            Some(version) if version < ours => Err(StoreError::Older(self.name.to_string())),
            Some(_) => Ok(()),
        }
    }

    /// This version of the database's form.
    pub fn newest(&self) -> i64 {
        self.migrations().iter().map(|step| step.version).max().unwrap_or_default()
    }

    /// The versions before it.
    #[cfg(test)]
    pub fn earlier(&self) -> Vec<i64> {
        let newest = self.newest();
        self.migrations().iter().map(|step| step.version).filter(|version| *version < newest).collect()
    }

    /// A session of a new database that is brought to an earlier version's form only.
    #[cfg(test)]
    pub async fn at_version(&self, version: i64) -> AnyConnection {
        if let Kind::Sqlite(path) = &self.kind {
            fs::File::create(path).unwrap();
        }
        let mut db = self.connect(&self.options).await.unwrap();
        self.migrations().run_direct(Some(version), &mut db, false).await.unwrap();
        db
    }

    fn migrations(&self) -> &'static Migrator {
        match self.kind {
            Kind::Sqlite(_) => &migrations::SQLITE,
            Kind::Postgres => &migrations::POSTGRES,
        }
    }
}

/// Most rows that one statement should have. A round trip to PostgreSQL costs more than many rows; SQLite has none, but looks each
/// parameter up by its name among all of the statement, so that a long one costs the square of its rows.
pub fn rows_at_once(db: &AnyConnection) -> usize {
    if db.backend_name() == <sqlx::Sqlite as sqlx::Database>::NAME { 8 } else { 128 }
}

fn is_no_table(refused: &dyn sqlx::error::DatabaseError) -> bool {
    refused.code().as_deref() == Some("42P01") || refused.message().starts_with("no such table")
}
