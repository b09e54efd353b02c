//! Reads the operator's keys from files and environment variables; never from a place that editors write to.

use super::{Config, KeyRule, KeySource};
use crate::identity::{KeyError, Keys};
use std::path::{Path, PathBuf};

/// Why the keys cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read.
    #[error("read the key file {0}: {1}")]
    Read(PathBuf, #[source] std::io::Error),
    /// Content is written and published by other people than keys are.
    #[error("the key file {0} lies under the content folder: keep keys apart from what editors write")]
    UnderContent(PathBuf),
    /// The variable is not set, or is not text.
    #[error("the key of `{0}` is to be in the environment variable {1}, which is not set")]
    Variable(String, String),
    /// Tokens that any issuer could have made.
    #[error("keys need --issuers: the `iss` of the tokens that are believed")]
    Issuers,
    /// The key itself.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A key of a file.
    #[error("{0}: {1}")]
    InFile(PathBuf, #[source] KeyError),
}

/// The keys that the options name.
pub fn keys(config: &Config) -> Result<Keys, KeyFileError> {
    if config.issuers.is_empty() {
        return Err(KeyFileError::Issuers);
    }
    let content = &config.folders.content;
    let mut keys = Keys::new(config.issuers.iter().cloned());
    for KeyRule { id, source } in &config.keys {
        let secret = match source {
            KeySource::File(path) => read(path, content)?,
            KeySource::Environment(name) => {
                std::env::var(name).map_err(|_| KeyFileError::Variable(id.clone(), name.clone()))?
            }
        };
        keys.add_secret(id, secret.trim_end().as_bytes())?;
    }
    for path in &config.jwks {
        keys.add_jwks(&read(path, content)?).map_err(|error| KeyFileError::InFile(path.clone(), error))?;
    }
    Ok(keys)
}

fn read(path: &Path, content: &Path) -> Result<String, KeyFileError> {
    let failed = |error| KeyFileError::Read(path.into(), error);
    let real = path.canonicalize().map_err(failed)?;
    // A content folder that does not exist yet holds no key.
    if content.canonicalize().is_ok_and(|content| real.starts_with(content)) {
        return Err(KeyFileError::UnderContent(path.into()));
    }
    std::fs::read_to_string(&real).map_err(failed)
}
