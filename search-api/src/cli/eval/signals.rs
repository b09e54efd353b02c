//! What confidence is fitted to: the signals of judged queries, with and without their right articles in the index.
//!
//! Pages that are excluded from a query's ranking are taken out of its index, and for the unanswerable ones all relevant pages
//! too, one query at a time: the index is opened anew, and they are denied as if they had been removed.

use super::collection::JudgedQuery;
use super::corpus_index::PORTAL;
use super::measure::{Asked, ids_of, name};
use crate::retrieval::{self, Mode, Signals};
use anyhow::{Context, Result};
use indexer::audience::Grants;
use indexer::embedder::{Embedding, ModelDigest};
use indexer::library::Library;
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde::Serialize;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// Queries of a collection that are taken as they are, and with their articles removed; fewer where it has fewer.
const ANSWERABLE: usize = 400;
const UNANSWERABLE: usize = 200;
const SEED: u64 = 5;
/// A right article among so many first ones makes a list right.
const RIGHT_WITHIN: usize = 3;

/// One query with its list, under one mode.
#[derive(Serialize)]
struct Line<'a> {
    query: &'a str,
    mode: &'static str,
    /// Digest of the model whose vectors it was ranked by.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    /// Whether the index has an article that answers it.
    answerable: bool,
    /// Whether one of the first three does.
    right: bool,
    /// By name, in the order of their weights; empty where nothing was found.
    signals: Vec<(&'static str, f32)>,
}

/// Writes the signals of a seeded choice of queries, one line a query and mode: with their answer in the index, then without.
pub fn write(file: &Path, folder: &Path, portal: &Arc<Portal>, asked: &Asked) -> Result<()> {
    let failed = || format!("write {}", file.display());
    let mut out = BufWriter::new(File::create(file).with_context(failed)?);
    let mut order: Vec<usize> = (0..asked.queries.len()).collect();
    order.shuffle(&mut StdRng::seed_from_u64(SEED));
    let paths: HashMap<&str, &str> = asked.ids.iter().map(|(path, id)| (id.as_str(), path.as_str())).collect();
    for (answerable, count) in [(true, ANSWERABLE), (false, UNANSWERABLE)] {
        eprintln!("reading the signals of queries {} their answers", if answerable { "with" } else { "without" });
        for place in order.iter().take(count) {
            let judged = &asked.queries[*place];
            let relevant = judged.judgments.iter().filter(|(_, grade)| !answerable && **grade > 0).map(|(id, _)| id);
            let removed = judged.excluded.iter().chain(relevant).filter_map(|id| paths.get(id.as_str()));
            let removed: Vec<String> = removed.map(|path| (*path).to_owned()).collect();
            let reduced = if removed.is_empty() { None } else { Some(without(folder, portal, &removed)?) };
            let index = reduced.as_deref().unwrap_or(asked.index);
            let embedding = asked.embeddings[*place].as_ref();
            for mode in [Some(Mode::Lexical), embedding.map(|_| Mode::Hybrid)].into_iter().flatten() {
                let line = read(index, asked, judged, mode, embedding, answerable)?;
                serde_json::to_writer(&mut out, &line).with_context(failed)?;
                out.write_all(b"\n").with_context(failed)?;
            }
        }
    }
    out.flush().with_context(failed)
}

/// The index as it would be without some articles, by path.
fn without(folder: &Path, portal: &Arc<Portal>, removed: &[String]) -> Result<Arc<VisibleIndex>> {
    let library = Library::open(folder)?;
    library.serve_portal(Arc::clone(portal));
    library.deny(PORTAL, removed);
    library.snapshot().visible(PORTAL, &Grants::Everything).context("open the index")
}

fn read<'a>(
    index: &VisibleIndex,
    asked: &Asked,
    judged: &'a JudgedQuery,
    mode: Mode,
    embedding: Option<&Embedding>,
    answerable: bool,
) -> Result<Line<'a>> {
    let (query, vector) = (asked.query(judged, embedding, mode), embedding.map(|embedding| &*embedding.vector));
    let ranked = retrieval::rank(index, &query, vector)?;
    let mut first = ids_of(index, asked.ids, &ranked).take(RIGHT_WITHIN);
    let signals = retrieval::signals(index, &query, vector)?;
    let told = if mode == Mode::Lexical { Signals::BY_WORDS } else { Signals::NAMES.len() };
    let named =
        |signals: Signals| Signals::NAMES.into_iter().zip(signals.values().iter().copied()).take(told).collect();
    Ok(Line {
        query: &judged.id,
        mode: name(mode),
        model: index.model().filter(|_| mode != Mode::Lexical).map(hexadecimal),
        answerable,
        right: first.any(|id| judged.judgments.get(id).is_some_and(|grade| *grade > 0)),
        signals: signals.map(named).unwrap_or_default(),
    })
}

fn hexadecimal(model: ModelDigest) -> String {
    model.0.iter().map(|byte| format!("{byte:02x}")).collect()
}
