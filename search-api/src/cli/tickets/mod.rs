//! `signpost tickets`: what is done with a file of tickets.

pub mod file;
mod import;
mod judge;
mod topics;

use anyhow::Result;
use clap::Subcommand;
use std::process::ExitCode;

/// What to do with tickets.
#[derive(Debug, Subcommand)]
pub enum TicketsCommand {
    /// Bring the tickets of a file into the log, each once, with the time that they cover
    #[command(after_long_help = import::HELP)]
    Import(import::ImportArgs),
    /// Name the top topics of a file of tickets, each with its best article for each role or "no article"
    #[command(after_long_help = topics::HELP)]
    Topics(topics::TopicsArgs),
}

/// Does it.
pub fn run(command: &TicketsCommand) -> Result<ExitCode> {
    match command {
        TicketsCommand::Import(arguments) => import::run(arguments),
        TicketsCommand::Topics(arguments) => topics::run(arguments),
    }
}
