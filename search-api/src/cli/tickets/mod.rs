//! `signpost tickets`: what is done with a file of tickets.

pub mod file;
mod import;

use anyhow::Result;
use clap::Subcommand;
use std::process::ExitCode;

/// What to do with tickets.
#[derive(Debug, Subcommand)]
pub enum TicketsCommand {
    /// Bring the tickets of a file into the log, each once, with the time that they cover
    #[command(after_long_help = import::HELP)]
    Import(import::ImportArgs),
}

/// Does it.
pub fn run(command: &TicketsCommand) -> Result<ExitCode> {
    match command {
        TicketsCommand::Import(arguments) => import::run(arguments),
    }
}
