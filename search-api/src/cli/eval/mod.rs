//! `signpost eval`: how well a judged collection is searched, along the way that articles and queries take in the server.

mod collection;
mod metrics;

use crate::retrieval::{self, Mode, Models, Query};
use anyhow::{Context, Result, bail, ensure};
use clap::{Args, ValueEnum};
use collection::{JudgedQuery, Page};
use indexer::article::Article;
use indexer::audience::{Audience, Grants};
use indexer::embedder::{Embedder, Vector};
use indexer::language::Language;
use indexer::library::{Change, Library};
use indexer::passage::{embedded_text, passages};
use indexer::portal::Portal;
use indexer::reranker::Reranker;
use indexer::vector_cache::VectorCache;
use indexer::visible::VisibleIndex;
use metrics::{Quality, mean, quality};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
    #[arg(long, value_enum, default_value_t = Measured::All)]
    mode: Measured,
    /// Folder of the embedding model.
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder of a cross-encoder that orders the first answers of hybrid searches anew.
    #[arg(long, value_name = "DIR")]
    reranker: Option<PathBuf>,
    /// Folder that keeps vectors for the next run.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Measured {
    Lexical,
    Dense,
    Hybrid,
    All,
}

/// Pages that are retrieved for scoring; the deepest figure is recall at 100.
const DEPTH: usize = 100;
/// Name of the portal that the pages become.
const PORTAL: &str = "eval";
/// Answers that are read when a query is timed: the API's default page.
const TIMED_ANSWERS: usize = 10;
/// A language of fewer than one page in so many is taken for a misreading of the collection's largest.
const RARE_LANGUAGE: usize = 20;

#[derive(Serialize)]
struct Report {
    collection: String,
    articles: usize,
    queries: usize,
    modes: Modes,
}

#[derive(Default, Serialize)]
struct Modes {
    #[serde(skip_serializing_if = "Option::is_none")]
    lexical: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dense: Option<Figures>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hybrid: Option<Figures>,
}

#[derive(Serialize)]
struct Figures {
    #[serde(rename = "ndcg@10")]
    ndcg_10: f64,
    #[serde(rename = "mrr@10")]
    mrr_10: f64,
    #[serde(rename = "recall@10")]
    recall_10: f64,
    #[serde(rename = "recall@100")]
    recall_100: f64,
    #[serde(rename = "success@1")]
    success_1: f64,
    /// Microseconds from query (and vector, which takes the model some milliseconds more) to ten answers with snippets.
    p50_us: u128,
    p99_us: u128,
}

/// Runs the subcommand.
pub fn run(args: EvalArgs) -> Result<ExitCode> {
    ensure!(
        args.model.is_some() || matches!(args.mode, Measured::Lexical | Measured::All),
        "--mode dense and --mode hybrid need a model: name its folder with --model"
    );
    let pages = collection::read_corpus(&args.corpus)?;
    let queries = collection::read_queries(&args.queries, &args.judgments, args.exclude.as_deref())?;
    warn_of_absent_pages(&pages, &queries);
    let sessions = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let embedder = match args.model.as_ref().filter(|_| args.mode != Measured::Lexical) {
        Some(folder) => {
            Some(Embedder::load(folder, sessions).with_context(|| format!("load the model in {}", folder.display()))?)
        }
        None => None,
    };
    if embedder.is_none() && args.mode == Measured::All {
        eprintln!("no --model: dense and hybrid are not measured");
    }
    let cache = args.cache.as_deref().map(open_cache).transpose()?;
    let folder = tempfile::tempdir().context("make a temporary folder for the index")?;
    let library = Library::open(folder.path())?;
    let ids: HashMap<String, String> = pages.iter().map(|page| (page.path.clone(), page.id.clone())).collect();
    let articles = build(&library, pages, embedder.as_deref(), cache.as_ref())?;
    let index = library.snapshot().visible(PORTAL, &Grants::Everything).context("open the index")?;
    let reranker = match &args.reranker {
        Some(folder) => {
            Some(Reranker::load(folder, 1).with_context(|| format!("load the reranker in {}", folder.display()))?)
        }
        None => None,
    };
    let modes = measure(&index, &queries, &ids, embedder.as_deref(), reranker.as_deref(), args.mode)?;
    let report = Report { collection: name_of(&args.queries), articles, queries: queries.len(), modes };
    println!("{}", serde_json::to_string_pretty(&report)?);
    Ok(ExitCode::SUCCESS)
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

/// Indexes the pages as articles that everybody may read; drafts and what cannot be read are left out. Returns their number.
fn build(
    library: &Library,
    pages: Vec<Page>,
    embedder: Option<&Embedder>,
    cache: Option<&VectorCache>,
) -> Result<usize> {
    let portal = portal()?;
    let mut articles: Vec<Article> = pages.into_iter().map(|page| parse(&portal, page)).collect();
    let read = articles.len();
    articles.retain(|article| article.head.audience != Audience::Hidden);
    if articles.len() < read {
        eprintln!("{} of {read} pages are drafts or unreadable and left out", read - articles.len());
    }
    settle_languages(&mut articles);
    let vectors = match embedder {
        Some(embedder) => embed(embedder, cache, &articles)?,
        None => articles.iter().map(|article| vec![None; passages(article).len()]).collect(),
    };
    let indexed = articles.len();
    eprintln!("indexing {indexed} articles");
    library.serve_portal(Arc::new(portal));
    let changes =
        articles.into_iter().zip(vectors).map(|(article, vectors)| Change::Put(Box::new(article), vectors)).collect();
    library.apply(PORTAL, changes, embedder.map(Embedder::digest))?;
    Ok(indexed)
}

/// A portal as it is without configuration, but for who may read.
fn portal() -> Result<Portal> {
    const LANGUAGES: &str =
        r#"["en", "de", "es", "fr", "it", "nl", "pt", "sv", "da", "fi", "pl", "ru", "tr", "ja", "zh"]"#;
    let text = format!("name = \"Evaluation\"\nlanguages = {LANGUAGES}\ndefault_audience = \"public\"\n");
    let (portal, problems) = Portal::parse(PORTAL, &text);
    portal.with_context(|| format!("the portal of the evaluation cannot be read: {problems:?}"))
}

fn parse(portal: &Portal, page: Page) -> Article {
    let (mut article, _) = Article::parse(portal, &page.path, &page.markdown, 0);
    if let Some(title) = page.title {
        article.head.title = title;
    }
    article
}

/// Short pages are easily read as another language than their collection's.
fn settle_languages(articles: &mut [Article]) {
    let mut counts: BTreeMap<Language, usize> = BTreeMap::new();
    for article in &*articles {
        *counts.entry(article.head.language.clone()).or_default() += 1;
    }
    let largest = counts.iter().max_by_key(|(_, count)| **count).map(|(language, _)| language.clone());
    let Some(largest) = largest else { return };
    let rare = articles.len() / RARE_LANGUAGE;
    for article in articles {
        if counts[&article.head.language] < rare {
            article.head.language = largest.clone();
        }
    }
}

/// Vectors of all passages, by article; as many threads as the model has sessions.
fn embed(embedder: &Embedder, cache: Option<&VectorCache>, articles: &[Article]) -> Result<Vec<Vec<Option<Vector>>>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Vec<Option<Vector>>)>> {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(article) = articles.get(place) else { return Ok(done) };
            if place.is_multiple_of(100) {
                eprintln!("embedding: {place} of {} articles", articles.len());
            }
            let vector = |passage| {
                let text = embedded_text(&article.head.title, passage);
                match cache {
                    Some(cache) => cache.embed_passage(embedder, &text),
                    None => embedder.embed_passage(&text),
                }
            };
            let vectors: Result<_, _> = passages(article).iter().map(|passage| vector(passage).map(Some)).collect();
            done.push((place, vectors.with_context(|| format!("embed {}", article.head.path))?));
        }
    };
    let mut all: Vec<Vec<Option<Vector>>> = vec![Vec::new(); articles.len()];
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..embedder.passage_sessions()).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            let Ok(done) = thread.join() else { bail!("a thread that embeds passages panicked") };
            done?.into_iter().for_each(|(place, vectors)| all[place] = vectors);
        }
        Ok(())
    })?;
    Ok(all)
}

fn measure(
    index: &VisibleIndex,
    queries: &[JudgedQuery],
    ids: &HashMap<String, String>,
    embedder: Option<&Embedder>,
    reranker: Option<&Reranker>,
    measured: Measured,
) -> Result<Modes> {
    let vectors: Vec<Option<Vector>> = match embedder {
        Some(embedder) => {
            queries.iter().map(|query| embedder.embed_query(&query.text).map(Some)).collect::<Result<_, _>>()?
        }
        None => vec![None; queries.len()],
    };
    let models = Models { table: embedder.and_then(Embedder::table), reranker };
    let figures = |mode: Mode, wanted: Measured| -> Result<Option<Figures>> {
        let possible = mode == Mode::Lexical || embedder.is_some();
        if !possible || (measured != wanted && measured != Measured::All) {
            return Ok(None);
        }
        eprintln!("measuring {mode:?}");
        let mut worth = Vec::with_capacity(queries.len());
        let mut times = Vec::with_capacity(queries.len());
        for (judged, vector) in queries.iter().zip(&vectors) {
            let query = Query { text: judged.text.clone(), mode, limit: TIMED_ANSWERS, ..Query::default() };
            let began = Instant::now();
            retrieval::search_with(index, &query, vector.as_deref(), models)?;
            times.push(began.elapsed().as_micros());
            worth.extend(worth_of(
                index,
                ids,
                judged,
                &retrieval::rank_with(index, &query, vector.as_deref(), models)?,
            ));
        }
        Ok(Some(shape(mean(&worth), times)))
    };
    Ok(Modes {
        lexical: figures(Mode::Lexical, Measured::Lexical)?,
        dense: figures(Mode::Dense, Measured::Dense)?,
        hybrid: figures(Mode::Hybrid, Measured::Hybrid)?,
    })
}

fn worth_of(
    index: &VisibleIndex,
    ids: &HashMap<String, String>,
    judged: &JudgedQuery,
    ranked: &[(String, f32)],
) -> Option<Quality> {
    let paths =
        ranked.iter().filter_map(|(slug, _)| index.article(slug)).map(|(view, article)| &view.head(article).path);
    let ranking = paths.filter_map(|path| ids.get(path)).filter(|id| !judged.excluded.contains(*id));
    quality(&ranking.take(DEPTH).map(String::as_str).collect::<Vec<_>>(), &judged.judgments)
}

fn shape(quality: Quality, mut times: Vec<u128>) -> Figures {
    times.sort_unstable();
    let nearest_rank = |share: f64| times[((share * times.len() as f64).ceil() as usize).clamp(1, times.len()) - 1];
    let rounded = |figure: f64| (figure * 1e4).round() / 1e4;
    Figures {
        ndcg_10: rounded(quality.ndcg_10),
        mrr_10: rounded(quality.mrr_10),
        recall_10: rounded(quality.recall_10),
        recall_100: rounded(quality.recall_100),
        success_1: rounded(quality.success_1),
        p50_us: nearest_rank(0.5),
        p99_us: nearest_rank(0.99),
    }
}
