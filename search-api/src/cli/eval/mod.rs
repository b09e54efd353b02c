//! `signpost eval`: how well a judged collection is searched, along the way that articles and queries take in the server.

mod bootstrap;
mod collection;
mod corpus_index;
mod measure;
mod metrics;
mod misspelling;
mod parts;
mod signals;

use crate::retrieval::{Mode, Models};
use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use collection::{JudgedQuery, Page};
use corpus_index::PORTAL;
use indexer::audience::Grants;
use indexer::embedder::{Embedder, Embedding};
use indexer::library::Library;
use indexer::reranker::Reranker;
use indexer::vector_cache::VectorCache;
use measure::{Asked, Measured};
use misspelling::Slips;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

/// Measures ranking on a judged collection (BEIR form); prints JSON.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// Pages: JSON Lines of {"_id", "title", "text"} with Markdown as text, or a folder of Markdown files.
    #[arg(long, value_name = "FILE|DIR")]
    corpus: PathBuf,
    /// Queries: JSON Lines of {"_id", "text"}.
    #[arg(long, value_name = "FILE")]
    queries: PathBuf,
    /// Grades: query-id, corpus-id, grade, tab-separated; a header line is allowed.
    #[arg(long, value_name = "FILE")]
    judgments: PathBuf,
    /// Pages to take out of a query's ranking before it is scored: query-id, corpus-id, tab-separated.
    #[arg(long, value_name = "FILE")]
    exclude: Option<PathBuf>,
    /// What to measure; `all` leaves out what needs a model if none is given.
    #[arg(long, value_enum, default_value_t = Modes::All)]
    mode: Modes,
    /// Misspell the longest word of every query: one slip, the same for the same seed.
    #[arg(long, value_name = "SEED")]
    misspell: Option<u64>,
    /// Folder of the embedding model.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder of a cross-encoder that orders the first answers of hybrid searches anew.
    #[arg(long, value_name = "DIR")]
    reranker: Option<PathBuf>,
    /// Folder that keeps vectors for the next run.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// File to write each query's scores to, as JSON Lines.
    #[arg(long, value_name = "FILE")]
    per_query: Option<PathBuf>,
    /// File to write what each hybrid ranking is made of to, as JSON Lines, for `scripts/fit_weight.py`.
    #[arg(long, value_name = "FILE", requires = "model")]
    parts: Option<PathBuf>,
    /// File to write what confidence is fitted to, as JSON Lines, for `scripts/fit_confidence.py`.
    #[arg(long, value_name = "FILE")]
    signals: Option<PathBuf>,
    /// Queries on other matters, in the same form, whose signals are written as well.
    #[arg(long, value_name = "FILE", requires = "signals")]
    off_topic: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Modes {
    Lexical,
    Dense,
    Hybrid,
    All,
}

#[derive(Serialize)]
struct Report {
    collection: String,
    articles: usize,
    queries: usize,
    /// Seed of the slips in the queries, if they were misspelt.
    #[serde(skip_serializing_if = "Option::is_none")]
    misspelt: Option<u64>,
    modes: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_p50_us: Option<u128>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hybrid_minus_best_half: Option<measure::Gain>,
}

/// Runs the subcommand.
pub fn run(args: EvalArgs) -> Result<ExitCode> {
    ensure!(
        args.model.is_some() || matches!(args.mode, Modes::Lexical | Modes::All),
        "--mode dense and --mode hybrid need a model: name its folder with --model"
    );
    let pages = collection::read_corpus(&args.corpus)?;
    let mut queries = collection::read_queries(&args.queries, &args.judgments, args.exclude.as_deref())?;
    if let Some(mut slips) = args.misspell.map(Slips::new) {
        queries.iter_mut().for_each(|query| query.text = slips.misspell(&query.text));
    }
    warn_of_absent_pages(&pages, &queries);
    let sessions = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let embedder = match args.model.as_ref().filter(|_| args.mode != Modes::Lexical) {
        Some(folder) => {
            Some(Embedder::load(folder, sessions).with_context(|| format!("load the model in {}", folder.display()))?)
        }
        None => None,
    };
    if embedder.is_none() && args.mode == Modes::All {
        eprintln!("no --model: dense and hybrid are not measured");
    }
    let cache = args.cache.as_deref().map(open_cache).transpose()?;
    let folder = tempfile::tempdir().context("make a temporary folder for the index")?;
    let library = Library::open(folder.path())?;
    let ids: HashMap<String, String> = pages.iter().map(|page| (page.path.clone(), page.id.clone())).collect();
    let portal = corpus_index::portal()?;
    let articles = corpus_index::build(&library, &portal, pages, embedder.as_deref(), cache.as_ref())?;
    let index = library.snapshot().visible(PORTAL, &Grants::Everything).context("open the index")?;
    let reranker = match &args.reranker {
        Some(folder) => {
            Some(Reranker::load(folder, 1).with_context(|| format!("load the reranker in {}", folder.display()))?)
        }
        None => None,
    };
    let models = Models { table: embedder.as_deref().and_then(Embedder::table), reranker: reranker.as_deref() };
    let model_knows = embedder.as_ref().map(|embedder| embedder.languages().clone()).unwrap_or_default();
    let (embeddings, embedding_p50_us) = embed(&queries, embedder.as_deref())?;
    let asked = Asked {
        index: &index,
        ids: &ids,
        queries: &queries,
        embeddings: &embeddings,
        models,
        model_knows: &model_knows,
    };
    let measured = modes(args.mode, embedder.is_some())
        .map(|mode| {
            eprintln!("measuring {}", measure::name(mode));
            Measured::new(&asked, mode)
        })
        .collect::<Result<Vec<_>>>()?;
    if let Some(file) = &args.parts {
        parts::write(file, &asked)?;
    }
    if let Some(file) = &args.per_query {
        measure::write_per_query(file, &queries, &measured)?;
    }
    if let Some(file) = &args.signals {
        let queries = args.off_topic.as_deref().map(collection::read_off_topic).transpose()?.unwrap_or_default();
        let (embeddings, _) = embed(&queries, embedder.as_deref())?;
        let off_topic = Asked { queries: &queries, embeddings: &embeddings, ..asked };
        signals::write(file, folder.path(), &portal, &asked, &off_topic)?;
    }
    let figures =
        measured.iter().map(|mode| Ok((measure::name(mode.mode).into(), serde_json::to_value(mode.figures())?)));
    let report = Report {
        collection: name_of(&args.queries),
        articles,
        queries: queries.len(),
        misspelt: args.misspell,
        modes: figures.collect::<Result<_>>()?,
        embedding_p50_us,
        hybrid_minus_best_half: measure::gain(&measured),
    };
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(ExitCode::SUCCESS)
}

/// What the model makes of the queries, and the median of the microseconds that each took.
fn embed(queries: &[JudgedQuery], embedder: Option<&Embedder>) -> Result<(Vec<Option<Embedding>>, Option<u128>)> {
    let Some(embedder) = embedder else { return Ok((vec![None; queries.len()], None)) };
    let mut times = Vec::with_capacity(queries.len());
    let mut embeddings = Vec::with_capacity(queries.len());
    for query in queries {
        let began = Instant::now();
        embeddings.push(Some(embedder.embed_query(&query.text)?));
        times.push(began.elapsed().as_micros());
    }
    times.sort_unstable();
    Ok((embeddings, times.get(times.len() / 2).copied()))
}

/// Modes that are wanted and can be measured.
fn modes(wanted: Modes, with_vectors: bool) -> impl Iterator<Item = Mode> {
    let all = [(Mode::Lexical, Modes::Lexical), (Mode::Dense, Modes::Dense), (Mode::Hybrid, Modes::Hybrid)];
    all.into_iter()
        .filter(move |(mode, name)| {
            (*mode == Mode::Lexical || with_vectors) && (wanted == *name || wanted == Modes::All)
        })
        .map(|(mode, _)| mode)
}

fn open_cache(folder: &Path) -> Result<VectorCache> {
    VectorCache::open(folder, indexer::clock::system())
        .with_context(|| format!("open the vector cache in {}", folder.display()))
}

/// A collection is called after the folder that holds its queries.
fn name_of(queries: &Path) -> String {
    let absolute = std::path::absolute(queries).unwrap_or_else(|_| queries.to_owned());
    let folder = absolute.parent().and_then(Path::file_name);
    folder.map_or_else(|| "collection".into(), |name| name.to_string_lossy().into_owned())
}

fn warn_of_absent_pages(pages: &[Page], queries: &[JudgedQuery]) {
    let known: std::collections::HashSet<&str> = pages.iter().map(|page| page.id.as_str()).collect();
    let judged = queries.iter().flat_map(|query| query.judgments.keys());
    let absent = judged.filter(|id| !known.contains(id.as_str())).count();
    if absent > 0 {
        eprintln!("{absent} judged pages are not in the corpus; they count as not found");
    }
}
