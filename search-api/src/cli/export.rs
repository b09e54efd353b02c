//! `signpost export`: all that is held of one person, as JSON.

use super::person::{PersonArgs, block_on, now};
use crate::http::person::ExportBody;
use anyhow::Context;
use std::io::{self, Write};
use std::process::ExitCode;

/// Prints it.
pub fn run(arguments: &PersonArgs) -> anyhow::Result<ExitCode> {
    let sought = arguments.sought()?;
    let held = block_on(async { Ok(arguments.open().await?.export(&arguments.portal, &sought, now()).await?) })?;
    let rows = held.rows();
    let body = ExportBody::new(&arguments.portal, held);
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, &body).context("print what is held")?;
    writeln!(out).context("print what is held")?;
    eprintln!("{rows} rows; the export is noted in the audit");
    Ok(ExitCode::SUCCESS)
}
