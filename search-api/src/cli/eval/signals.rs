//! What confidence is fitted to: the signals of judged queries, with and without their right articles in the index, and of queries
//! on other matters.
//!
//! Pages that are excluded from a query's ranking are taken out of its index, and where its answers are to be missing all relevant
//! pages too, one query at a time: the index is opened anew, and they are denied as if they had been removed.

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
const REMOVED: usize = 200;
const SEED: u64 = 5;
/// A right article among so many first ones makes a list right.
const RIGHT_WITHIN: usize = 3;

/// What the index has for a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// An article that answers it.
    Answerable,
    /// None: those that answered it were removed.
    Removed,
    /// None and never had: it was asked of articles on something else.
    OffTopic,
}

/// One query with its list, under one mode.
#[derive(Serialize)]
struct Line<'a> {
    query: &'a str,
    mode: &'static str,
    /// Digest of the model whose vectors it was ranked by.
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<String>,
    kind: Kind,
    /// Whether one of the first three articles answers it.
    right: bool,
    /// By name, in the order of their weights; empty where nothing was found.
    signals: Vec<(&'static str, f32)>,
}

/// Writes the signals of a seeded choice of queries, one line a query and mode: with their answer in the index, then without; then
/// those of the queries on other matters, all of them.
pub fn write(file: &Path, folder: &Path, portal: &Arc<Portal>, asked: &Asked, off_topic: &Asked) -> Result<()> {
    let failed = || format!("write {}", file.display());
    let mut out = BufWriter::new(File::create(file).with_context(failed)?);
    let mut order: Vec<usize> = (0..asked.queries.len()).collect();
    order.shuffle(&mut StdRng::seed_from_u64(SEED));
    let off_topic_order: Vec<usize> = (0..off_topic.queries.len()).collect();
    let paths: HashMap<&str, &str> = asked.ids.iter().map(|(path, id)| (id.as_str(), path.as_str())).collect();
    for (asked, kind, order, what) in [
        (asked, Kind::Answerable, &order[..order.len().min(ANSWERABLE)], "with their answers"),
        (asked, Kind::Removed, &order[..order.len().min(REMOVED)], "without their answers"),
        (off_topic, Kind::OffTopic, &off_topic_order, "on other matters"),
    ] {
        eprintln!("reading the signals of {} queries {what}", order.len());
        for place in order {
            let judged = &asked.queries[*place];
            let relevant = judged.judgments.iter().filter(|(_, grade)| kind == Kind::Removed && **grade > 0);
            let removed = judged.excluded.iter().chain(relevant.map(|(id, _)| id));
            let removed = removed.filter_map(|id| paths.get(id.as_str()));
            let removed: Vec<String> = removed.map(|path| (*path).to_owned()).collect();
            let reduced = if removed.is_empty() { None } else { Some(without(folder, portal, &removed)?) };
            let index = reduced.as_deref().unwrap_or(asked.index);
            let embedding = asked.embeddings[*place].as_ref();
            for mode in [Some(Mode::Lexical), embedding.map(|_| Mode::Hybrid)].into_iter().flatten() {
                let line = read(index, asked, judged, mode, embedding, kind)?;
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
    kind: Kind,
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
        kind,
        right: first.any(|id| judged.judgments.get(id).is_some_and(|grade| *grade > 0)),
        signals: signals.map(named).unwrap_or_default(),
    })
}

fn hexadecimal(model: ModelDigest) -> String {
    model.0.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{collection, corpus_index};
    use super::*;
    use crate::retrieval::Models;
    use indexer::language::KnownLanguages;
    use serde_json::Value;
    use std::fs;

    #[test]
    fn a_query_is_asked_with_its_answers_then_without_them_and_one_on_another_matter_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).expect("a file");
            path
        };
        let corpus = r#"{"_id": "card", "title": "Change a card", "text": "How to change the card that pays."}
            {"_id": "parcel", "title": "Track a parcel", "text": "Where the parcel is."}"#;
        let asked = file("queries", r#"{"_id": "1", "text": "how to change the card"}"#);
        let pages = collection::read_corpus(&file("corpus", corpus)).expect("pages");
        let queries = collection::read_queries(&asked, &file("grades", "1\tcard\t1\n"), None).expect("queries");
        let others = file("others", r#"{"_id": "2", "text": "is the weather here nice"}"#);
        let others = collection::read_off_topic(&others).expect("queries on other matters");

        let shelf = folder.path().join("shelf");
        let (library, portal) = (Library::open(&shelf).expect("a library"), corpus_index::portal().expect("a portal"));
        let ids = pages.iter().map(|page| (page.path.clone(), page.id.clone())).collect();
        corpus_index::build(&library, &portal, pages, None, None).expect("an index");
        let index = library.snapshot().visible(PORTAL, &Grants::Everything).expect("the index");
        let model_knows = KnownLanguages::default();
        let asked = Asked {
            index: &index,
            ids: &ids,
            queries: &queries,
            embeddings: &[None],
            models: Models::default(),
            model_knows: &model_knows,
        };
        let off_topic = Asked { queries: &others, ..asked };
        let written = folder.path().join("signals");
        write(&written, &shelf, &portal, &asked, &off_topic).expect("signals");

        let lines = fs::read_to_string(&written).expect("lines");
        let told = lines.lines().map(|line| {
            let line: Value = serde_json::from_str(line).expect("JSON");
            let found = !line["signals"].as_array().expect("signals").is_empty();
            format!("{} {} {} {found}", line["query"], line["kind"], line["right"])
        });
        let expected =
            [r#""1" "answerable" true true"#, r#""1" "removed" false true"#, r#""2" "off-topic" false true"#];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
}
