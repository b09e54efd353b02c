//! `signpost token`: a token of the dev key, to try a portal as one of its roles.

use super::WrongUse;
use crate::identity::{DevKey, Grant};
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `signpost token`.
#[derive(Debug, clap::Args)]
pub struct TokenArgs {
    /// Folder with the dev key; made if missing
    #[arg(long, env = "SIGNPOST_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Portal that the token is for
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    /// Who holds it
    #[arg(long, value_name = "SUBJECT", default_value = "someone")]
    pub subject: String,
    /// Role; repeat for several. signpost:analyst may read reports, signpost:editor sees every article
    #[arg(long = "role", value_name = "ROLE")]
    pub roles: Vec<String>,
    /// Attribute as NAME=VALUE; repeat for several
    #[arg(long = "attribute", value_name = "NAME=VALUE")]
    pub attributes: Vec<String>,
    /// How long it is good for, such as 30m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h")]
    pub ttl: SignedDuration,
}

/// Prints the token.
pub fn run(arguments: TokenArgs) -> anyhow::Result<ExitCode> {
    let grant = grant(&arguments, Timestamp::now())?;
    println!("{}", DevKey::open(&arguments.data)?.sign(&grant)?);
    Ok(ExitCode::SUCCESS)
}

fn grant(arguments: &TokenArgs, now: Timestamp) -> Result<Grant, WrongUse> {
    let mut attributes = BTreeMap::<String, BTreeSet<String>>::new();
    for attribute in &arguments.attributes {
        let (name, value) = attribute
            .split_once('=')
            .ok_or_else(|| WrongUse(format!("--attribute {attribute}: expected NAME=VALUE")))?;
        attributes.entry(name.into()).or_default().insert(value.into());
    }
    if arguments.ttl <= SignedDuration::ZERO {
        return Err(WrongUse("--ttl must be more than nothing".into()));
    }
    let expires = now.checked_add(arguments.ttl).map_err(|_| WrongUse("--ttl is too long".into()))?;
    Ok(Grant {
        portal: arguments.portal.clone(),
        subject: arguments.subject.clone(),
        roles: arguments.roles.iter().cloned().collect(),
        attributes,
        expires: expires.as_second(),
    })
}
