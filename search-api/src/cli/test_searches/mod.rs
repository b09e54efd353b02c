//! `signpost test`: runs every portal's `search.tests.yaml` against its content and shows what was found instead.

mod expectations;

use super::trial::{self, Trial};
use crate::retrieval::explain::moves::{self, Rewritten};
use crate::retrieval::{self, Query};
use anyhow::{Context, Result, bail};
use clap::Args;
use expectations::Expectation;
use indexer::audience::Grants;
use indexer::embedder::Vector;
use indexer::library::{EmbedPassage, Rewrite};
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Runs every portal's search.tests.yaml against the content as it stands and shows the ranking found where one fails.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Folder of the portals.
    #[arg(long, env = "SIGNPOST_CONTENT", default_value = "content", value_name = "DIR")]
    content: PathBuf,
    /// Test this portal alone.
    #[arg(long, value_name = "PORTAL")]
    portal: Option<String>,
    /// Folder of the embedding model; without it searches are lexical.
    #[arg(long, env = "SIGNPOST_MODEL", value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder that keeps vectors for the next run.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

/// Name of the file beside a portal's `portal.toml`.
const TESTS: &str = "search.tests.yaml";
/// Ranks that are shown where a test fails.
const SHOWN: usize = 5;

/// Runs the subcommand: 0 if all tests pass, else 1.
pub fn run(args: TestArgs) -> Result<ExitCode> {
    let folder = tempfile::tempdir().context("make a temporary folder for the vectors")?;
    let cache = args.cache.as_deref().unwrap_or(folder.path());
    let vectors = args.model.as_deref().map(|model| trial::vectors(model, cache)).transpose()?;
    let trial = Trial::of(&args.content, vectors.as_ref())?;
    for problem in trial.problems.iter() {
        eprintln!("{}: {} ({})", problem.path, problem.what, problem.mend);
    }
    let mut tally = Tally::default();
    for portal in trial.portals(args.portal.as_deref())? {
        test_portal(&trial, &portal, &mut tally)?;
    }
    let mode = if vectors.is_some() { "words and vectors" } else { "words alone" };
    println!("{} passed, {} failed ({mode})", tally.passed, tally.failed);
    if tally.passed + tally.failed == 0 {
        bail!("no {TESTS} found under {}: put one beside a portal.toml", args.content.display());
    }
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
}

fn test_portal(trial: &Trial, portal: &Portal, tally: &mut Tally) -> Result<()> {
    let file = trial.content.join(&portal.id).join(TESTS);
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("read {}", file.display())),
    };
    let expectations = match expectations::read(&text) {
        Ok(expectations) => expectations,
        Err(malformed) => {
            println!("{}:{malformed}", file.display());
            tally.failed += 1;
            return Ok(());
        }
    };
    let visible = |grants: &Grants| {
        let visible = trial.snapshot.visible(&portal.id, grants);
        visible.with_context(|| format!("open the portal {}", portal.id))
    };
    let all = visible(&Grants::Everything)?;
    for expectation in expectations {
        let index = visible(&expectation.viewer())?;
        let (query, vector) = trial.query(portal, &expectation.query, expectation.language.as_ref())?;
        let ranked = retrieval::rank(&index, &query, vector.as_deref())?;
        let mut failures: Vec<Failure> = void(portal, &all, &expectation).into_iter().map(Failure::from).collect();
        failures.extend(unmet(&expectation, &ranked));
        if failures.is_empty() {
            tally.passed += 1;
            continue;
        }
        tally.failed += 1;
        for failure in &mut failures {
            failure.why = why(trial, portal, &expectation, &index, &query, vector.as_ref(), failure)?;
        }
        print!("{}", describe(&file, &expectation, &failures, &ranked));
    }
    Ok(())
}

/// What is wrong with a ranking or a test, and why it is so.
#[derive(Debug, PartialEq)]
struct Failure {
    what: String,
    /// The article that it is about.
    slug: Option<String>,
    why: Vec<String>,
}

impl From<String> for Failure {
    fn from(what: String) -> Self {
        Self { what, slug: None, why: Vec::new() }
    }
}

impl Failure {
    fn of(slug: &str, what: String) -> Self {
        Self { slug: Some(slug.to_owned()), ..what.into() }
    }
}

/// Why an article stands where it does; of one that stands too low also which word would move it, by trying.
fn why(
    trial: &Trial,
    portal: &Portal,
    expectation: &Expectation,
    index: &VisibleIndex,
    query: &Query,
    vector: Option<&Vector>,
    failure: &Failure,
) -> Result<Vec<String>> {
    let vector = vector.map(|vector| &**vector);
    let Some(slug) = &failure.slug else { return Ok(Vec::new()) };
    let Some((view, article)) = index.article(slug) else {
        return Ok(vec!["Who asks may not see it.".to_owned()]);
    };
    let path = &view.head(article).path;
    let Some(explanation) = retrieval::explain::explain(index, query, vector, slug)? else { return Ok(Vec::new()) };
    let mut why = explanation.sentences.clone();
    if expectation.expect.contains(slug) {
        let embed = trial.embedder().map(|embedder| |text: &str| embedder.embed_passage(text));
        let rewritten = |rewrite: &Rewrite| -> Result<Option<Rewritten>> {
            let embed = embed.as_ref().map(|embed| embed as EmbedPassage);
            let grants = expectation.viewer();
            let index = trial.snapshot.rewritten(&portal.id, &grants, path, rewrite, embed, trial.folder.path())?;
            Ok(index.map(|index| Rewritten { index, slug: explanation.slug.clone() }))
        };
        why.extend(moves::in_words(&moves::moves(&explanation, query, vector, rewritten)?));
    }
    Ok(why)
}

/// What makes a test pass or fail for no good reason: roles and attributes that the portal does not know, slugs that nothing has.
fn void(portal: &Portal, all: &VisibleIndex, expectation: &Expectation) -> Vec<String> {
    let mut findings = trial::unknown_to(portal, &expectation.grants);
    let absent = expectation.expect.iter().chain(&expectation.never).filter(|slug| all.article(slug).is_none());
    findings.extend(absent.map(|slug| format!("no article has the slug {slug}")));
    findings
}

/// What was expected of a ranking and is not so.
fn unmet(expectation: &Expectation, ranked: &[(String, f32)]) -> Vec<Failure> {
    let rank_of = |slug: &String| ranked.iter().position(|(found, _)| found == slug).map(|place| place + 1);
    let missed = expectation.expect.iter().filter_map(|slug| match rank_of(slug) {
        Some(rank) if rank <= expectation.within => None,
        Some(rank) => {
            Some(Failure::of(slug, format!("expected {slug} within {}, found at {rank}", expectation.within)))
        }
        None => Some(Failure::of(slug, format!("expected {slug} within {}, not found", expectation.within))),
    });
    let leaked = expectation.never.iter().filter_map(|slug| {
        rank_of(slug).map(|rank| Failure::of(slug, format!("must never find {slug}, found at {rank}")))
    });
    missed.chain(leaked).collect()
}

fn describe(file: &Path, expectation: &Expectation, failures: &[Failure], ranked: &[(String, f32)]) -> String {
    let mut text = format!(
        "{}:{}: {:?} as {}\n",
        file.display(),
        expectation.line,
        expectation.query,
        trial::in_words(&expectation.grants)
    );
    for failure in failures {
        _ = writeln!(text, "    {}", failure.what);
        for why in &failure.why {
            _ = writeln!(text, "      {why}");
        }
    }
    if ranked.is_empty() {
        text.push_str("    found nothing\n");
    }
    for (place, (slug, score)) in ranked.iter().take(SHOWN).enumerate() {
        _ = writeln!(text, "    {:>3}. {slug}  {score:.3}", place + 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expectation(expect: &[&str], within: usize, never: &[&str]) -> Expectation {
        let slugs = |slugs: &[&str]| slugs.iter().map(|slug| slug.to_string()).collect();
        Expectation {
            line: 7,
            query: "pay".into(),
            grants: Default::default(),
            language: None,
            expect: slugs(expect),
            within,
            never: slugs(never),
        }
    }

    fn said(expectation: &Expectation, ranked: &[(String, f32)]) -> Vec<String> {
        unmet(expectation, ranked).into_iter().map(|failure| failure.what).collect()
    }

    #[test]
    fn a_test_passes_when_each_article_is_within_its_rank_and_none_that_must_never_be_found() {
        let ranked = [("pay".to_owned(), 2.0), ("bill".to_owned(), 1.0)];
        assert!(said(&expectation(&["pay", "bill"], 2, &["payroll"]), &ranked).is_empty());
        assert_eq!(said(&expectation(&["bill"], 1, &[]), &ranked), ["expected bill within 1, found at 2"]);
        assert_eq!(
            said(&expectation(&["card"], 3, &["bill"]), &ranked),
            ["expected card within 3, not found", "must never find bill, found at 2"]
        );
    }

    #[test]
    fn a_failure_shows_the_query_who_asked_why_and_the_ranking_found() {
        let failure = Failure { why: vec!["It lacks “pay”.".into()], ..Failure::of("card", "wrong".into()) };
        let described = describe(
            Path::new("p/search.tests.yaml"),
            &expectation(&["card"], 3, &[]),
            &[failure],
            &[("pay".into(), 2.0)],
        );
        assert_eq!(
            described,
            "p/search.tests.yaml:7: \"pay\" as anonymous\n    wrong\n      It lacks “pay”.\n      1. pay  2.000\n"
        );
    }
}
