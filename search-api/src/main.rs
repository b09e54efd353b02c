//! `signpost`: reads the command line and says how it ended.

use clap::error::ErrorKind;
use search_api::cli::{self, WrongUse};
use std::process::ExitCode;

/// An answer is some hundred small allocations, made by one thread and freed by another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit codes: 0 done, 1 found problems or failed, 2 wrong use.
fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match cli::read(&arguments) {
        Ok(cli) => cli,
        Err(error) => return wrong_use(&error),
    };
    match cli::run(cli) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("signpost: {error:#}");
            ExitCode::from(if error.is::<WrongUse>() { 2 } else { 1 })
        }
    }
}

fn wrong_use(error: &anyhow::Error) -> ExitCode {
    match error.downcast_ref::<clap::Error>() {
        Some(error) => {
            // Printing to a closed pipe fails; there is nobody left to tell.
            let _ = error.print();
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            if asked { ExitCode::SUCCESS } else { ExitCode::from(2) }
        }
        None => {
            eprintln!("signpost: {error:#}");
            ExitCode::from(2)
        }
    }
}
