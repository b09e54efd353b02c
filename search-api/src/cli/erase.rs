//! `signpost erase`: deletes all that is held of one person, after saying how much it is.

use super::person::{PersonArgs, block_on, now};
use crate::http::person::remains;
use crate::store::Holding;
use anyhow::Context;
use std::io::{self, BufRead, IsTerminal, Write};
use std::process::ExitCode;

pub const HELP: &str = "\
A person is named as in `signpost export --help`; run that first to see what there is.

Counts are shown before anything is erased; without --yes you are asked, and without a terminal nothing is erased (exit status 1). What
others wrote with the same browser, signed in, stays theirs and loses the browser. Sums over many people, which hold no
person, stay; so does what a help desk has: erase it there. In SQLite deleted rows are overwritten, the file is written anew (up to 256
MiB; nobody can write to it meanwhile) and its write-ahead log emptied. In PostgreSQL their bytes stay in pages until VACUUM; backups
keep them.
A row of the audit stays: when, by what the person was named, and how many rows.";

/// Options of `signpost erase`.
#[derive(Debug, clap::Args)]
pub struct EraseArgs {
    /// Who.
    #[command(flatten)]
    pub person: PersonArgs,
    /// Erase without asking
    #[arg(long)]
    pub yes: bool,
}

/// Erases.
pub fn run(arguments: &EraseArgs) -> anyhow::Result<ExitCode> {
    let (person, sought) = (&arguments.person, arguments.person.sought()?);
    block_on(async {
        let mut custody = person.open().await?;
        let held = custody.count(&person.portal, &sought).await?;
        println!("held: {}", in_words(held));
        if held.rows() == 0 {
            println!(
                "nothing to erase; whoever was never identified, or whose month's key is forgotten, cannot be found"
            );
            return Ok(ExitCode::SUCCESS);
        }
        if !arguments.yes && !confirmed()? {
            println!("nothing was erased");
            return Ok(ExitCode::FAILURE);
        }
        let erased = custody.erase(&person.portal, &sought, now()).await?;
        println!("erased: {}", in_words(erased.rows));
        println!("{}", remains(erased.traces).unwrap_or("Nothing is left of it in the database's files."));
        Ok(ExitCode::SUCCESS)
    })
}

fn confirmed() -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        eprintln!("signpost erase: no terminal to ask at; add --yes to erase this");
        return Ok(false);
    }
    print!("erase it for good? [y/N] ");
    io::stdout().flush().context("ask")?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).context("read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn in_words(held: Holding) -> String {
    let Holding { events, votes, addresses, facts, tickets } = held;
    format!(
        "{events} events, {votes} votes, {addresses} addresses, {facts} facts of tickets, {tickets} tickets as written"
    )
}
