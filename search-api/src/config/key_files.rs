//! Reads the operator's keys from files and environment variables; never from a place that editors write to.

use super::{AlertRule, Config, ForwardRule, KeyRule, KeySource, Provider, WebhookRule};
use crate::identity::{KeyError, Keys};
use std::fmt;
use std::path::{Path, PathBuf};

/// Fewest bytes of a secret that signs.
const SHORTEST_SECRET: usize = 16;

/// A secret shared with a help desk. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Vec<u8>);

/// Who may send tickets of a portal, and the secret by which they are known.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Who.
    pub provider: Provider,
    /// Portal that the tickets are of.
    pub portal: String,
    /// The secret.
    pub secret: Secret,
}

/// Where tickets of a portal are handed over to, and the secret that it takes.
#[derive(Clone, Debug)]
pub struct Forward {
    /// Whose API it is.
    pub provider: Provider,
    /// Portal whose tickets are handed over.
    pub portal: String,
    /// The secret.
    pub secret: Secret,
    /// Address: whole of a generic webhook, else without the path.
    pub url: String,
}

/// Where it is told that ticket rates of a portal rose, and the secret that signs it.
#[derive(Clone, Debug)]
pub struct AlertHook {
    /// Portal that is told of.
    pub portal: String,
    /// The secret.
    pub secret: Secret,
    /// Address of the webhook.
    pub url: String,
}

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
    /// A secret that could be guessed.
    #[error("the secret of `{0}` has fewer than {SHORTEST_SECRET} bytes")]
    Short(String),
    /// A ticket would be handed over to one of two.
    #[error("--forward names two places for the tickets of {0}: name one")]
    TwoForwards(String),
    /// An alert would be sent to one of two.
    #[error("--alert names two places for the alerts of {0}: name one")]
    TwoAlerts(String),
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
        keys.add_secret(id, text(source, id, content)?.trim_end().as_bytes())?;
    }
    for path in &config.jwks {
        keys.add_jwks(&read(path, content)?).map_err(|error| KeyFileError::InFile(path.clone(), error))?;
    }
    Ok(keys)
}

/// The webhooks that the options name, with their secrets.
pub fn webhooks(config: &Config) -> Result<Vec<Webhook>, KeyFileError> {
    let read = |rule: &WebhookRule| {
        let name = format!("{}/{}", rule.provider, rule.portal);
        let secret = Secret::read(&rule.secret, &name, &config.folders.content)?;
        Ok(Webhook { provider: rule.provider, portal: rule.portal.clone(), secret })
    };
    config.webhooks.iter().map(read).collect()
}

/// Where the options have tickets handed over to, with the secrets. One place a portal.
pub fn forwards(config: &Config) -> Result<Vec<Forward>, KeyFileError> {
    let read = |ForwardRule { provider, portal, secret, url }: &ForwardRule| {
        let name = format!("{provider}/{portal}");
        if config.forward.iter().filter(|other| other.portal == *portal).nth(1).is_some() {
            return Err(KeyFileError::TwoForwards(portal.clone()));
        }
        let secret = Secret::read(secret, &name, &config.folders.content)?;
        Ok(Forward { provider: *provider, portal: portal.clone(), secret, url: url.clone() })
    };
    config.forward.iter().map(read).collect()
}

/// Where the options have alerts sent to, with the secrets. One place a portal.
pub fn alerts(config: &Config) -> Result<Vec<AlertHook>, KeyFileError> {
    let read = |AlertRule { portal, secret, url }: &AlertRule| {
        if config.alert.iter().filter(|other| other.portal == *portal).nth(1).is_some() {
            return Err(KeyFileError::TwoAlerts(portal.clone()));
        }
        let secret = Secret::read(secret, portal, &config.folders.content)?;
        Ok(AlertHook { portal: portal.clone(), secret, url: url.clone() })
    };
    config.alert.iter().map(read).collect()
}

impl Secret {
    /// Reads a secret; white space at its end does not count.
    fn read(source: &KeySource, name: &str, content: &Path) -> Result<Self, KeyFileError> {
        Self::new(text(source, name, content)?.trim_end()).ok_or_else(|| KeyFileError::Short(name.into()))
    }

    /// A secret, if it is too long to be guessed.
    pub fn new(text: &str) -> Option<Self> {
        (text.len() >= SHORTEST_SECRET).then(|| Self(text.into()))
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

pub(super) fn text(source: &KeySource, name: &str, content: &Path) -> Result<String, KeyFileError> {
    match source {
        KeySource::File(path) => read(path, content),
        KeySource::Environment(variable) => {
            std::env::var(variable).map_err(|_| KeyFileError::Variable(name.into(), variable.clone()))
        }
    }
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
