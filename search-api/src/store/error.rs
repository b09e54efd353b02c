//! Why the store could not do what it was asked, and whether asking again may help.

use super::keys::KeyError;
use crate::deflection::facts::Unreadable;
use sqlx::error::ErrorKind;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder or the database's file cannot be made.
    #[error("make {path}: {source}")]
    Folder {
        /// What could not be made.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The address is none of a PostgreSQL database. It is not repeated, since it may hold a password.
    #[error(
        "read --database: expected an address such as postgres://user@host:5432/signpost, special characters of the password \
         percent-encoded"
    )]
    Url,
    /// The database cannot be reached or opened.
    #[error("open the event database {database}: {cause}")]
    Open {
        /// Its name, without a password.
        database: String,
        /// Why.
        cause: sqlx::Error,
    },
    /// There is no event database yet.
    #[error("find events and tickets in {0}: name the data folder or the database of a server that has run")]
    Absent(String),
    /// A later version made the database.
    #[error("open {0}: a later version of signpost made it; use that version, or restore a backup made by this one")]
    Newer(String),
    /// An earlier version made the database, and no server has brought it to this version's form.
    #[error("read {0}: an earlier version of signpost made it; start the server of this version once")]
    Older(String),
    /// The database was written with other keys.
    #[error(
        "use the key {key}: the event database was written with another one. Give all servers of a database one folder of keys, or \
         restore it from a backup; to go on without what the lost key joined and sealed, empty the table key_check"
    )]
    OtherKeys {
        /// File of the key.
        key: PathBuf,
    },
    /// The folder has no keys, so that nobody can be found in the database.
    #[error(
        "find the keys in {0}: name the data folder of a server of this database, since people are known by keyed hashes alone"
    )]
    NoKeys(PathBuf),
    /// Facts of a day cannot be written as bytes.
    #[error(transparent)]
    Facts(#[from] Unreadable),
    /// The database cannot be brought to this version's form.
    #[error("bring the event database to this version's form: {0}")]
    Migrate(sqlx::migrate::MigrateError),
    /// A key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The database refused.
    #[error("use the event database: {0}")]
    Database(#[from] sqlx::Error),
    /// A commit failed; nothing of it is stored.
    #[error("commit to the event database: {0}")]
    Commit(Arc<StoreError>),
    /// A column holds what this version never writes.
    #[error("read column {0} of the event database: it holds no known value")]
    Damaged(&'static str),
    /// A ticket cannot be sealed, or its seal opened (another key, or a damaged row).
    #[error(
        "open a ticket's seal: the key in the data folder is not the one that it was sealed with, or the row is damaged"
    )]
    Seal,
    /// A reading that goes on has no row in the audit any more.
    #[error("note more of a reading: its row of the audit is gone")]
    Unnoted,
    /// The store has been shut down, or its writer has failed.
    #[error("write to the event database: its writer has stopped")]
    Stopped,
}

impl StoreError {
    /// Whether it passes by itself: the database is away or busy, or the server ends.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Open { .. } | Self::Stopped => true,
            Self::Commit(cause) => !cause.is_of_rows(),
            Self::Database(sqlx::Error::ColumnDecode { .. } | sqlx::Error::ColumnNotFound(_)) => false,
            Self::Database(_) => !self.is_of_rows(),
            _ => false,
        }
    }

    /// Whether the database refuses what it was given, and would again.
    pub(super) fn is_of_rows(&self) -> bool {
        match self {
            Self::Commit(cause) => cause.is_of_rows(),
            Self::Database(sqlx::Error::Database(refused)) => {
                // Class 22 of SQL's states is "data exception".
                refused.kind() != ErrorKind::Other || refused.code().is_some_and(|code| code.starts_with("22"))
            }
            _ => false,
        }
    }
}
