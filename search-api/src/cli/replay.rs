//! `signpost replay`: asks the same queries of two states of the content and shows whose results moved.

mod questions;
mod shown;

use super::WrongUse;
use super::trial::{self, Trial};
use crate::retrieval::{self, Answers, Confidence};
use anyhow::{Context, Result};
use indexer::audience::Grants;
use indexer::portal::Portal;
use questions::Question;
use serde::Serialize;
use std::path::PathBuf;
use std::process::ExitCode;

/// Options of `signpost replay`.
#[derive(Debug, clap::Args)]
pub struct ReplayArgs {
    /// Queries: one a line, or a line each of {"query", "as"?, "language"?} as in search.tests.yaml
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Content root as it is now
    #[arg(long, value_name = "DIR")]
    before: PathBuf,
    /// Content root as it would be
    #[arg(long, value_name = "DIR")]
    after: PathBuf,
    /// Role of those who ask, or an attribute of theirs as NAME=VALUE; may be repeated. Without it nobody is signed in
    #[arg(long = "as", value_name = "ROLE")]
    viewer: Vec<String>,
    /// The portal that is asked; needed where the content roots hold several
    #[arg(long, value_name = "PORTAL")]
    portal: Option<String>,
    /// Form of what is shown
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: super::check::Format,
    /// Folder of the embedding model; without it searches are lexical
    #[arg(long, env = "SIGNPOST_MODEL", value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder that keeps vectors for the next run
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// What `--help` says beyond the options.
pub const HELP: &str = "\
Shows each query whose first ten answers differ, and what moved, appeared and vanished among them. Both roots are indexed into
temporary folders; nothing is changed. Tie-breakers by age are left out: copies of a folder differ in the ages of their files.

  signpost replay --queries queries.txt --before content --after ../branch/content --as hr-admin

Exit status: 0 done, whatever moved; 1 some query lost its first answer or finds nothing good any more; 2 wrong use.";

/// Answers that are compared.
const SHOWN: usize = 10;

/// What the change did.
#[derive(Debug, Serialize)]
struct Replayed {
    portal: String,
    /// Queries asked.
    queries: usize,
    /// Queries whose first ten answers are what they were.
    same: usize,
    /// Queries whose first answer is another one now.
    first_changed: usize,
    /// Queries whose first answer is not among the first ten any more, or of which nothing good is found any more.
    lost: usize,
    /// Queries that differ, in the order of the file.
    changes: Vec<Change>,
}

/// A query whose answers differ.
#[derive(Debug, PartialEq, Serialize)]
struct Change {
    query: String,
    /// Who asks, in words.
    r#as: String,
    /// Slugs before, best first.
    before: Vec<String>,
    /// Slugs after.
    after: Vec<String>,
    confidence_before: &'static str,
    confidence_after: &'static str,
    /// Whether it counts as lost.
    lost: bool,
}

/// Asks all queries of both and shows the differences.
pub fn run(arguments: &ReplayArgs) -> Result<ExitCode> {
    let text = std::fs::read_to_string(&arguments.queries);
    let text = text.with_context(|| format!("read {}", arguments.queries.display()))?;
    let viewer = questions::viewer(&arguments.viewer).map_err(WrongUse)?;
    let questions = questions::read(&text, &viewer)
        .map_err(|error| WrongUse(format!("{}:{error}", arguments.queries.display())))?;
    if let Some(folder) = [&arguments.before, &arguments.after].into_iter().find(|folder| !folder.is_dir()) {
        return Err(WrongUse(format!("{} is not a folder", folder.display())).into());
    }
    let scratch = tempfile::tempdir().context("make a temporary folder for the vectors")?;
    let cache = arguments.cache.as_deref().unwrap_or(scratch.path());
    let vectors = arguments.model.as_deref().map(|model| trial::vectors(model, cache)).transpose()?;
    let before = Trial::of(&arguments.before, vectors.as_ref())?;
    let after = Trial::of(&arguments.after, vectors.as_ref())?;
    let sides = [one_portal(&before, arguments.portal.as_deref())?, one_portal(&after, arguments.portal.as_deref())?];
    if sides[0].id != sides[1].id {
        let refusal = format!(
            "the roots hold the portals {} and {}: name the one to ask with --portal",
            sides[0].id, sides[1].id
        );
        return Err(WrongUse(refusal).into());
    }
    for question in &questions {
        // Known on either side: a change may bring a role.
        let unknown = trial::unknown_to(&sides[1], &question.held);
        if let (Some(unknown), false) = (unknown.first(), trial::unknown_to(&sides[0], &question.held).is_empty()) {
            return Err(WrongUse(format!("{:?} is asked by somebody who cannot be: {unknown}", question.text)).into());
        }
    }
    let replayed = replay(&questions, [(&before, &sides[0]), (&after, &sides[1])])?;
    match arguments.format {
        super::check::Format::Json => println!("{}", serde_json::to_string_pretty(&replayed)?),
        super::check::Format::Text => print!("{}", shown::text(&replayed)),
    }
    Ok(if replayed.lost == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The portal wanted, or the only one.
fn one_portal(trial: &Trial, wanted: Option<&str>) -> Result<std::sync::Arc<Portal>> {
    let mut portals = trial.portals(wanted)?;
    match (portals.pop(), portals.is_empty()) {
        (Some(portal), true) => Ok(portal),
        (None, _) => Err(WrongUse(format!("{} holds no portal that can be read", trial.content.display())).into()),
        (Some(last), false) => {
            let ids: Vec<&str> = portals.iter().chain([&last]).map(|portal| portal.id.as_str()).collect();
            let content = trial.content.display();
            Err(WrongUse(format!("{content} holds several portals; name one with --portal: {}", ids.join(", "))).into())
        }
    }
}

fn replay(questions: &[Question], sides: [(&Trial, &Portal); 2]) -> Result<Replayed> {
    let mut replayed = Replayed {
        portal: sides[1].1.id.clone(),
        queries: questions.len(),
        same: 0,
        first_changed: 0,
        lost: 0,
        changes: Vec::new(),
    };
    for question in questions {
        let [before, after] = [ask(sides[0], question)?, ask(sides[1], question)?];
        match compare(question, &before, &after) {
            None => replayed.same += 1,
            Some(change) => {
                replayed.first_changed += usize::from(change.before.first() != change.after.first());
                replayed.lost += usize::from(change.lost);
                replayed.changes.push(change);
            }
        }
    }
    Ok(replayed)
}

fn ask((trial, portal): (&Trial, &Portal), question: &Question) -> Result<Answers> {
    let grants = Grants::Attributes(question.held.clone());
    let index =
        trial.snapshot.visible(&portal.id, &grants).with_context(|| format!("open the portal {}", portal.id))?;
    let (mut query, vector) = trial.query(portal, &question.text, question.language.as_ref())?;
    (query.limit, query.boosts.weights.recency) = (SHOWN, 0.0);
    Ok(retrieval::search(&index, &query, vector.as_deref())?)
}

/// `None`: the answers are the same.
fn compare(question: &Question, before: &Answers, after: &Answers) -> Option<Change> {
    let slugs = |answers: &Answers| answers.answers.iter().map(|answer| answer.slug.clone()).collect::<Vec<_>>();
    let (old, new) = (slugs(before), slugs(after));
    let first_lost = old.first().is_some_and(|first| !new.contains(first));
    let nothing_good = before.confidence != Confidence::None && after.confidence == Confidence::None;
    (old != new || nothing_good).then(|| Change {
        query: question.text.clone(),
        r#as: trial::in_words(&question.held),
        confidence_before: name(before.confidence),
        confidence_after: name(after.confidence),
        lost: first_lost || nothing_good,
        before: old,
        after: new,
    })
}

fn name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Good => "good",
        Confidence::Weak => "weak",
        Confidence::None => "none",
    }
}
