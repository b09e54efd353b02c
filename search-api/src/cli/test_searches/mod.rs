//! `signpost test`: runs every portal's `search.tests.yaml` against its content and shows what was found instead.

mod expectations;

use crate::retrieval::{self, Mode, Query};
use anyhow::{Context, Result, bail};
use clap::Args;
use expectations::Expectation;
use indexer::audience::{Grants, ROLES};
use indexer::embedder::{Embedder, Vector};
use indexer::library::{Library, Snapshot};
use indexer::portal::Portal;
use indexer::vector_cache::VectorCache;
use indexer::visible::VisibleIndex;
use indexer::watch::{Source, Vectors, index_once};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

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
    let folder = tempfile::tempdir().context("make a temporary folder for the index")?;
    let vectors =
        args.model.as_deref().map(|model| load(model, args.cache.as_deref().unwrap_or(folder.path()))).transpose()?;
    let library = Arc::new(Library::open(&folder.path().join("index"))?);
    let source = Source {
        content: args.content.clone(),
        library: Arc::clone(&library),
        vectors: vectors.clone(),
        clock: indexer::clock::system(),
        poll: None,
    };
    let report = index_once(source, |progress| eprintln!("{} articles indexed", progress.articles))?;
    for problem in report.progress.problems.iter() {
        eprintln!("{}: {} ({})", problem.path, problem.what, problem.mend);
    }
    let snapshot = library.snapshot();
    let mut tally = Tally::default();
    for portal in portals(&snapshot, args.portal.as_deref(), &args.content)? {
        test_portal(&args.content, &snapshot, &portal, vectors.as_ref().map(|vectors| &*vectors.embedder), &mut tally)?;
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

fn load(model: &Path, cache: &Path) -> Result<Vectors> {
    let sessions = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let embedder = Embedder::load(model, sessions).with_context(|| format!("load the model in {}", model.display()))?;
    let cache = VectorCache::open(cache, indexer::clock::system())?;
    Ok(Vectors { embedder, cache: Arc::new(cache) })
}

fn portals(snapshot: &Snapshot, wanted: Option<&str>, content: &Path) -> Result<Vec<Arc<Portal>>> {
    let mut portals: Vec<_> =
        snapshot.portals().filter(|portal| wanted.is_none_or(|wanted| portal.id == wanted)).cloned().collect();
    portals.sort_by(|a, b| a.id.cmp(&b.id));
    match (wanted, portals.is_empty()) {
        (Some(wanted), true) => {
            bail!("{} has no portal {wanted:?} that can be read: see `signpost check`", content.display())
        }
        _ => Ok(portals),
    }
}

fn test_portal(
    content: &Path,
    snapshot: &Snapshot,
    portal: &Portal,
    embedder: Option<&Embedder>,
    tally: &mut Tally,
) -> Result<()> {
    let file = content.join(&portal.id).join(TESTS);
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
    let all =
        snapshot.visible(&portal.id, &Grants::Everything).with_context(|| format!("open the portal {}", portal.id))?;
    for expectation in expectations {
        let visible = snapshot
            .visible(&portal.id, &expectation.viewer())
            .with_context(|| format!("open the portal {}", portal.id))?;
        let vector = embedder.map(|embedder| embedder.embed_query(&expectation.query)).transpose()?;
        let ranked = rank(&visible, &expectation, vector)?;
        let mut failures = void(portal, &all, &expectation);
        failures.extend(unmet(&expectation, &ranked));
        if failures.is_empty() {
            tally.passed += 1;
        } else {
            tally.failed += 1;
            print!("{}", describe(&file, &expectation, &failures, &ranked));
        }
    }
    Ok(())
}

fn rank(visible: &VisibleIndex, expectation: &Expectation, vector: Option<Vector>) -> Result<Vec<(String, f32)>> {
    let query = Query {
        text: expectation.query.clone(),
        language: expectation.language.clone(),
        mode: if vector.is_some() { Mode::Hybrid } else { Mode::Lexical },
        ..Query::default()
    };
    Ok(retrieval::rank(visible, &query, vector.as_deref())?)
}

/// What makes a test pass or fail for no good reason: roles and attributes that the portal does not know, slugs that nothing has.
fn void(portal: &Portal, all: &VisibleIndex, expectation: &Expectation) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, values) in &expectation.grants {
        let known: Option<BTreeSet<&str>> = if name == ROLES {
            Some(portal.roles.iter().map(|role| role.name.as_str()).collect())
        } else {
            portal.attributes.get(name).map(|values| values.iter().map(String::as_str).collect())
        };
        match known {
            None => findings.push(format!("portal.toml names no attribute {name:?}")),
            Some(known) if known.is_empty() && name != ROLES => {}
            Some(known) => {
                let unknown = values.iter().filter(|value| !known.contains(value.as_str()));
                findings.extend(unknown.map(|value| format!("portal.toml names no {value:?} among its {name}")));
            }
        }
    }
    let absent = expectation.expect.iter().chain(&expectation.never).filter(|slug| all.article(slug).is_none());
    findings.extend(absent.map(|slug| format!("no article has the slug {slug}")));
    findings
}

/// What was expected of a ranking and is not so.
fn unmet(expectation: &Expectation, ranked: &[(String, f32)]) -> Vec<String> {
    let rank_of = |slug: &String| ranked.iter().position(|(found, _)| found == slug).map(|place| place + 1);
    let missed = expectation.expect.iter().filter_map(|slug| match rank_of(slug) {
        Some(rank) if rank <= expectation.within => None,
        Some(rank) => Some(format!("expected {slug} within {}, found at {rank}", expectation.within)),
        None => Some(format!("expected {slug} within {}, not found", expectation.within)),
    });
    let leaked = expectation
        .never
        .iter()
        .filter_map(|slug| rank_of(slug).map(|rank| format!("must never find {slug}, found at {rank}")));
    missed.chain(leaked).collect()
}

fn describe(file: &Path, expectation: &Expectation, failures: &[String], ranked: &[(String, f32)]) -> String {
    let mut text =
        format!("{}:{}: {:?} as {}\n", file.display(), expectation.line, expectation.query, viewer(expectation));
    for failure in failures {
        _ = writeln!(text, "    {failure}");
    }
    if ranked.is_empty() {
        text.push_str("    found nothing\n");
    }
    for (place, (slug, score)) in ranked.iter().take(SHOWN).enumerate() {
        _ = writeln!(text, "    {:>3}. {slug}  {score:.3}", place + 1);
    }
    text
}

fn viewer(expectation: &Expectation) -> String {
    let held = expectation.grants.iter().map(|(name, values)| {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        format!("{name}={}", values.join(","))
    });
    let held: Vec<String> = held.collect();
    if held.is_empty() { "anonymous".to_owned() } else { held.join(" ") }
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

    #[test]
    fn a_test_passes_when_each_article_is_within_its_rank_and_none_that_must_never_be_found() {
        let ranked = [("pay".to_owned(), 2.0), ("bill".to_owned(), 1.0)];
        assert!(unmet(&expectation(&["pay", "bill"], 2, &["payroll"]), &ranked).is_empty());
        assert_eq!(unmet(&expectation(&["bill"], 1, &[]), &ranked), ["expected bill within 1, found at 2"]);
        assert_eq!(
            unmet(&expectation(&["card"], 3, &["bill"]), &ranked),
            ["expected card within 3, not found", "must never find bill, found at 2"]
        );
    }

    #[test]
    fn a_failure_shows_the_query_who_asked_and_the_ranking_found() {
        let described = describe(
            Path::new("p/search.tests.yaml"),
            &expectation(&["card"], 3, &[]),
            &["wrong".into()],
            &[("pay".into(), 2.0)],
        );
        assert_eq!(described, "p/search.tests.yaml:7: \"pay\" as anonymous\n    wrong\n      1. pay  2.000\n");
    }
}
