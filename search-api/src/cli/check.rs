//! `signpost check`: lints the content, each problem with its place and its mend.

use super::index::line;
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `signpost check`.
#[derive(Debug, clap::Args)]
pub struct CheckArgs {
    /// Folder of portals
    #[arg(long, env = "SIGNPOST_CONTENT", value_name = "DIR", default_value = "content")]
    pub content: PathBuf,
    /// Form of the findings: text (path:line: severity: what (rule). mend) or json
    #[arg(long, value_name = "FORM", default_value = "text")]
    pub format: Format,
}

/// Form of the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line each, as compilers write them, so that editors can jump to the place.
    Text,
    /// One JSON object.
    Json,
}

/// Checks and reports.
pub fn run(arguments: CheckArgs) -> anyhow::Result<ExitCode> {
    let now = indexer::clock::system()();
    let content = &arguments.content;
    let report = indexer::check::check(content, now).with_context(|| format!("read {}", content.display()))?;
    match arguments.format {
        Format::Json => println!("{}", serde_json::to_string_pretty(&report)?),
        Format::Text => {
            report.problems.iter().for_each(|problem| println!("{}", line(problem)));
            println!(
                "{} portals, {} articles, {} of them visible to somebody, {} passages: {} problems",
                report.portals,
                report.articles,
                report.visible,
                report.passages,
                report.problems.len()
            );
        }
    }
    Ok(if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
