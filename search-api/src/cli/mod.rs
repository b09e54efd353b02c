//! The command line: one file a subcommand, and the one reading of flags, environment and file.

mod check;
mod demo;
mod erase;
mod eval;
mod export;
mod index;
mod one_or_more;
mod person;
mod replay;
mod report;
mod serve;
mod test_searches;
mod tickets;
mod token;
mod trial;

use crate::config::{Config, with_file};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// Search and knowledge-base deflection for customer portals.
///
/// Point it at a folder of portals (each a portal.toml and Markdown articles): it indexes, watches and serves them, and counts which
/// searches still end in tickets.
#[derive(Debug, Parser)]
#[command(name = "signpost", version, after_help = EXAMPLES)]
pub struct Cli {
    /// File that sets the same options as flags and SIGNPOST_… variables do; flag goes before variable, variable before file
    #[arg(long, env = "SIGNPOST_CONFIG", value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXAMPLES: &str = "\
Examples:
  signpost serve                                    serve ./content on http://127.0.0.1:8080
  signpost check                                    find what is wrong in ./content, and how to mend it
  signpost token --portal acme --role admin         sign a token to try a portal as one of its roles
  signpost serve --help                             all options of the server, and signpost.toml

Exit status: 0 done, 1 problems found or failed, 2 wrong use.";

const SERVE_HELP: &str = "\
Every option may also stand in the file that --config names, by its name with underscores; lists as lists, KEY=VALUE options as a table:

  listen = \"0.0.0.0:8080\"
  issuers = [\"https://id.example.com\"]
  jwks = [\"/etc/signpost/jwks.json\"]
  trusted_proxies = [\"10.0.0.0/8\"]
  cors_origins = [\"https://app.example.com\"]
  [keys]
  \"2026-a\" = \"file:/etc/signpost/2026-a.key\"
  [hosts]
  \"help.example.com\" = \"acme\"
  [webhooks]
  \"zendesk/acme\" = \"env:ZENDESK_SECRET\"

Without keys, tokens are signed with a random key in the data folder (see `signpost token`), and the server listens on loopback only.";

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Index, watch and serve the portals
    #[command(after_long_help = SERVE_HELP)]
    Serve(Box<Config>),
    /// Build the index or bring it up to date once, report, exit
    Index(index::IndexArgs),
    /// Find what is wrong in the content: file and line, what, how to mend it
    Check(check::CheckArgs),
    /// Run every portal's search.tests.yaml; show the ranking that was found
    Test(test_searches::TestArgs),
    /// Show whose results a change of the content moves
    #[command(after_long_help = replay::HELP)]
    Replay(replay::ReplayArgs),
    /// Show a portal's deflection figures
    Report(report::ReportArgs),
    /// Read a file of tickets
    #[command(subcommand)]
    Tickets(tickets::TicketsCommand),
    /// Delete all that is held of one person
    #[command(after_long_help = erase::HELP)]
    Erase(erase::EraseArgs),
    /// Print all that is held of one person, as JSON
    #[command(after_long_help = person::HELP)]
    Export(person::PersonArgs),
    /// Measure ranking on a judged collection (BEIR form); prints JSON
    Eval(eval::EvalArgs),
    /// Sign a token with the dev key of a data folder, to try a portal as one of its roles
    Token(token::TokenArgs),
}

/// The command was used wrongly, in a way that its flags alone do not show.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct WrongUse(pub String);

/// Reads flags, environment and file.
///
/// # Errors
/// A [`clap::Error`] (which is also how help is asked for), or what is wrong with the file.
pub fn read(arguments: &[OsString]) -> anyhow::Result<Cli> {
    let command = with_file(Cli::command(), arguments)?;
    let mut matches = command.try_get_matches_from(arguments)?;
    Ok(Cli::from_arg_matches_mut(&mut matches)?)
}

/// Runs a subcommand.
pub fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Serve(config) => serve::run(*config),
        Command::Index(arguments) => index::run(arguments),
        Command::Check(arguments) => check::run(arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Report(arguments) => report::run(arguments),
        Command::Tickets(command) => tickets::run(&command),
        Command::Erase(arguments) => erase::run(&arguments),
        Command::Export(arguments) => export::run(&arguments),
        Command::Eval(arguments) => eval::run(arguments),
        Command::Test(arguments) => test_searches::run(arguments),
        Command::Token(arguments) => token::run(arguments),
    }
}
