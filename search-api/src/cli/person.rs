//! Options that name one person of a portal, and where what is held of them is.

use super::WrongUse;
use crate::store::{Custody, DatabaseUrl, Sought};
use anyhow::Context;
use jiff::Timestamp;
use std::path::PathBuf;

pub const HELP: &str = "\
A person is named in one of three ways. --subject finds what was done with their token, and what they did in the same visit before they
signed in. --visitor finds what their browser did without a token, in the months whose keys are not yet forgotten. --email finds the
tickets that name the address, and what is known by it and by no other address. Who was never identified, or whose month's key is
forgotten, cannot be found by anybody, and so not by this.

A server may be running. Each use leaves a row in the audit, which says by what the person was named, never whom.";

/// Whose rows, and where they are.
#[derive(Debug, clap::Args)]
pub struct PersonArgs {
    /// Folder with the keys and the event database; a server may be using it
    #[arg(long, env = "SIGNPOST_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// PostgreSQL database of the servers, if they were given one: postgres://user@host:5432/signpost
    #[arg(long, env = "SIGNPOST_DATABASE", value_name = "URL", hide_env_values = true, hide_default_value = true)]
    pub database: Option<DatabaseUrl>,
    /// Portal; a person is known in each by another hash
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    /// Who.
    #[command(flatten)]
    pub name: Name,
}

/// What a person is called by.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
pub struct Name {
    /// The subject of their tokens
    #[arg(long, value_name = "SUBJECT")]
    pub subject: Option<String>,
    /// The random id that their browser keeps
    #[arg(long, value_name = "ID")]
    pub visitor: Option<String>,
    /// Their e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
}

impl PersonArgs {
    /// The person.
    pub fn sought(&self) -> Result<Sought, WrongUse> {
        let Name { subject, visitor, email } = &self.name;
        let subject = subject.clone().map(Sought::Subject);
        let sought =
            subject.or_else(|| visitor.clone().map(Sought::Visitor)).or_else(|| email.clone().map(Sought::Email));
        sought.ok_or_else(|| WrongUse("name a person by --subject, --visitor or --email".into()))
    }

    /// Opens what holds their rows.
    pub async fn open(&self) -> anyhow::Result<Custody> {
        Ok(Custody::open(&self.data, self.database.as_ref(), now()).await?)
    }
}

/// Now, in milliseconds since 1970 UTC.
pub fn now() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Runs what waits for a database.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
    runtime.block_on(work)
}
