//! Every judged query searched under each mode: figures, times, scores query by query, and whether hybrid beats its better half.

use super::bootstrap::{self, Difference};
use super::collection::JudgedQuery;
use super::metrics::{Quality, mean, quality};
use crate::retrieval::{self, Mode, Models, Query};
use anyhow::{Context, Result};
use indexer::embedder::Embedding;
use indexer::language::KnownLanguages;
use indexer::visible::VisibleIndex;
use serde::Serialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::Instant;

/// What is asked of one index.
pub struct Asked<'a> {
    /// Everything visible.
    pub index: &'a VisibleIndex,
    /// Page ids by the paths of their articles.
    pub ids: &'a HashMap<String, String>,
    /// Queries with judgments.
    pub queries: &'a [JudgedQuery],
    /// What snippets and the second stage take.
    pub models: Models<'a>,
    /// Languages that the vectors' model knows.
    pub model_knows: &'a KnownLanguages,
    /// What the model makes of them, in the same order.
    pub embeddings: &'a [Option<Embedding>],
}

/// One mode's ranking of all queries.
pub struct Measured {
    /// Which mode.
    pub mode: Mode,
    /// By query, in their order.
    qualities: Vec<Quality>,
    /// Microseconds a query took, sorted.
    times: Vec<u128>,
}

/// A mode's figures as they are printed.
#[derive(Serialize)]
pub struct Figures {
    #[serde(flatten)]
    quality: Shape,
    /// Microseconds from query (and vector, which takes the model some milliseconds more) to ten answers with snippets.
    mean_us: u128,
    p50_us: u128,
    p99_us: u128,
}

/// How much better hybrid is than the better of its halves, in nDCG@10.
#[derive(Serialize)]
pub struct Gain {
    /// The half: lexical or dense.
    of: &'static str,
    #[serde(flatten)]
    difference: Difference,
}

#[derive(Serialize)]
struct Shape {
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
}

#[derive(Serialize)]
struct Line<'a> {
    query: &'a str,
    mode: &'static str,
    #[serde(flatten)]
    quality: Shape,
}

/// Pages that are retrieved for scoring; the deepest figure is recall at 100.
const DEPTH: usize = 100;
/// Answers that are read when a query is timed: the API's default page.
const TIMED_ANSWERS: usize = 10;

impl Asked<'_> {
    /// A judged query as it is asked.
    pub fn query(&self, judged: &JudgedQuery, embedding: Option<&Embedding>, mode: Mode) -> Query {
        let tokens = embedding.map(|embedding| embedding.tokens.clone()).unwrap_or_default();
        Query { text: judged.text.clone(), mode, model_knows: self.model_knows.clone(), tokens, ..Query::default() }
    }
}

impl Measured {
    /// Searches all queries under a mode.
    pub fn new(asked: &Asked, mode: Mode) -> Result<Self> {
        let mut qualities = Vec::with_capacity(asked.queries.len());
        let mut times = Vec::with_capacity(asked.queries.len());
        for (judged, embedding) in asked.queries.iter().zip(asked.embeddings) {
            let query = Query { limit: TIMED_ANSWERS, ..asked.query(judged, embedding.as_ref(), mode) };
            let vector = embedding.as_ref().map(|embedding| &*embedding.vector);
            let began = Instant::now();
            retrieval::search_with(asked.index, &query, vector, asked.models)?;
            times.push(began.elapsed().as_micros());
            let ranked = retrieval::rank_with(asked.index, &query, vector, asked.models)?;
            let ranking = ids_of(asked.index, asked.ids, &ranked).filter(|id| !judged.excluded.contains(*id));
            let ranking: Vec<&str> = ranking.take(DEPTH).collect();
            let found = quality(&ranking, &judged.judgments);
            qualities.push(found.with_context(|| format!("the query {} has no relevant page", judged.id))?);
        }
        times.sort_unstable();
        Ok(Self { mode, qualities, times })
    }

    /// Means and times.
    pub fn figures(&self) -> Figures {
        let times = &self.times;
        let nearest_rank = |share: f64| times[((share * times.len() as f64).ceil() as usize).clamp(1, times.len()) - 1];
        Figures {
            quality: Shape::of(&mean(&self.qualities)),
            mean_us: times.iter().sum::<u128>() / times.len() as u128,
            p50_us: nearest_rank(0.5),
            p99_us: nearest_rank(0.99),
        }
    }
}

/// Compares hybrid with the better of its halves, if all three were measured.
pub fn gain(measured: &[Measured]) -> Option<Gain> {
    let of = |mode| measured.iter().find(|measured| measured.mode == mode);
    let (lexical, dense, hybrid) = (of(Mode::Lexical)?, of(Mode::Dense)?, of(Mode::Hybrid)?);
    let better = mean(&dense.qualities).ndcg_10 > mean(&lexical.qualities).ndcg_10;
    let half = if better { dense } else { lexical };
    let pairs = hybrid.qualities.iter().zip(&half.qualities);
    let differences: Vec<f64> = pairs.map(|(hybrid, half)| hybrid.ndcg_10 - half.ndcg_10).collect();
    Some(Gain { of: name(half.mode), difference: bootstrap::paired(&differences) })
}

/// Writes one line a query and mode.
pub fn write_per_query(file: &Path, queries: &[JudgedQuery], measured: &[Measured]) -> Result<()> {
    let failed = || format!("write {}", file.display());
    let mut out = BufWriter::new(File::create(file).with_context(failed)?);
    for Measured { mode, qualities, .. } in measured {
        for (judged, quality) in queries.iter().zip(qualities) {
            let line = Line { query: &judged.id, mode: name(*mode), quality: Shape::of(quality) };
            serde_json::to_writer(&mut out, &line).with_context(failed)?;
            out.write_all(b"\n").with_context(failed)?;
        }
    }
    out.flush().with_context(failed)
}

/// A mode's name in what is printed.
pub fn name(mode: Mode) -> &'static str {
    match mode {
        Mode::Lexical => "lexical",
        Mode::Dense => "dense",
        Mode::Hybrid => "hybrid",
    }
}

/// Page ids of ranked articles, in their order.
pub fn ids_of<'a>(
    index: &'a VisibleIndex,
    ids: &'a HashMap<String, String>,
    ranked: &'a [(String, f32)],
) -> impl Iterator<Item = &'a str> {
    let articles = ranked.iter().filter_map(|(slug, _)| index.article(slug));
    articles.filter_map(|(view, article)| ids.get(&view.head(article).path)).map(String::as_str)
}

impl Shape {
    fn of(quality: &Quality) -> Self {
        let rounded = |figure: f64| (figure * 1e4).round() / 1e4;
        Self {
            ndcg_10: rounded(quality.ndcg_10),
            mrr_10: rounded(quality.mrr_10),
            recall_10: rounded(quality.recall_10),
            recall_100: rounded(quality.recall_100),
            success_1: rounded(quality.success_1),
        }
    }
}
