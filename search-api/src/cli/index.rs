//! `signpost index`: builds the index or brings it up to date once, and says what it did.

use super::serve::vectors;
use crate::config::Folders;
use anyhow::Context;
use indexer::library::Library;
use indexer::problem::{Problem, Severity};
use indexer::watch::{Source, index_once};
use std::process::ExitCode;
use std::sync::Arc;

/// Options of `signpost index`.
#[derive(Debug, clap::Args)]
pub struct IndexArgs {
    /// Where content, data and model are.
    #[command(flatten)]
    pub folders: Folders,
}

/// Indexes and reports; an article that is not shown as its author meant it is a problem.
pub fn run(arguments: IndexArgs) -> anyhow::Result<ExitCode> {
    let folders = arguments.folders;
    let clock = indexer::clock::system();
    let library = Arc::new(Library::open(&folders.data.join("index")).context("open the index")?);
    let vectors = vectors(&folders, &clock)?;
    let source = Source { content: folders.content, library, vectors, clock, poll: None };
    let report = index_once(source, |progress| {
        eprintln!("{} articles, {} without vectors", progress.articles, progress.awaiting_vectors);
    })?;
    report.progress.problems.iter().for_each(|problem| println!("{}", line(problem)));
    println!(
        "{} portals, {} articles: {} written, {} removed, {} problems",
        report.progress.portals,
        report.progress.articles,
        report.put,
        report.removed,
        report.progress.problems.len()
    );
    let failed = report.progress.problems.iter().any(|problem| problem.severity == Severity::Error);
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// A problem as editors and their tools read it: `path:line: severity: what (rule). Mend.`
pub(super) fn line(problem: &Problem) -> String {
    let line = problem.line.map(|line| format!(":{line}")).unwrap_or_default();
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{}{line}: {severity}: {} ({}). {}", problem.path, problem.what, problem.rule, problem.mend)
}
