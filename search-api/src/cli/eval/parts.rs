//! What each hybrid ranking is made of, as JSON Lines: what the weight of the vectors is fitted to.

use super::measure::Asked;
use crate::retrieval::{self, Mode, Part};
use anyhow::{Context, Result};
use serde::Serialize;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

/// One line of the file.
#[derive(Serialize)]
struct Line<'a> {
    query: &'a str,
    signals: Signals,
    /// (share by words, share by vectors, what closeness adds, what late interaction adds, grade) of each article.
    articles: Vec<(f32, f32, f32, f32, i32)>,
    /// Grades of all relevant pages, found or not, highest first.
    grades: Vec<i32>,
}

#[derive(Serialize)]
struct Signals {
    at_home: f32,
    identifiers: f32,
    unknown: f32,
    words: f32,
    closeness: f32,
    agreement: f32,
}

/// Writes one line a query that has a hybrid ranking.
pub fn write(file: &Path, asked: &Asked) -> Result<()> {
    let failed = || format!("write {}", file.display());
    let mut out = BufWriter::new(File::create(file).with_context(failed)?);
    for (judged, embedding) in asked.queries.iter().zip(asked.embeddings) {
        let Some(embedding) = embedding else { continue };
        let query = asked.query(judged, Some(embedding), Mode::Hybrid);
        let Some(parts) = retrieval::parts(asked.index, &query, &embedding.vector)? else { continue };
        let id = |slug: &str| asked.index.article(slug).and_then(|(view, a)| asked.ids.get(&view.head(a).path));
        let graded = |Part { slug, lexical, dense, closeness, likeness }: &Part| {
            let id = id(slug).filter(|id| !judged.excluded.contains(*id))?;
            Some((*lexical, *dense, *closeness, *likeness, judged.judgments.get(id).copied().unwrap_or(0).max(0)))
        };
        let mut grades: Vec<i32> = judged.judgments.values().copied().filter(|grade| *grade > 0).collect();
        grades.sort_unstable_by(|a, b| b.cmp(a));
        let retrieval::WeightSignals { at_home, identifiers, unknown, words, closeness, agreement } = parts.signals;
        let signals = Signals { at_home, identifiers, unknown, words, closeness, agreement };
        let articles = parts.articles.iter().filter_map(graded).collect();
        serde_json::to_writer(&mut out, &Line { query: &judged.text, signals, articles, grades })
            .with_context(failed)?;
        out.write_all(b"\n").with_context(failed)?;
    }
    out.flush().with_context(failed)
}
