//! A content root indexed into a temporary folder, to be searched as the server would search it.

use crate::retrieval::{Boosts, Mode, Query};
use anyhow::{Context, Result, bail};
use indexer::audience::{Attributes, ROLES};
use indexer::embedder::{Embedder, Embedding, Vector};
use indexer::language::Language;
use indexer::library::{Library, Snapshot};
use indexer::portal::Portal;
use indexer::problem::Problem;
use indexer::vector_cache::VectorCache;
use indexer::watch::{Source, Vectors, index_once};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// An index of a content root; gone when dropped.
pub struct Trial {
    /// The content root.
    pub content: PathBuf,
    /// Everything that was indexed.
    pub snapshot: Arc<Snapshot>,
    /// What was found wrong with the files.
    pub problems: Arc<Vec<Problem>>,
    embedder: Option<Arc<Embedder>>,
    now: i64,
    /// Temporary files, of the index and of whoever tries something with it.
    pub folder: TempDir,
}

/// Loads a model with the cache of its vectors.
pub fn vectors(model: &Path, cache: &Path) -> Result<Vectors> {
    let sessions = std::thread::available_parallelism().map_or(1, |cores| cores.get());
    let embedder = Embedder::load(model, sessions).with_context(|| format!("load the model in {}", model.display()))?;
    let cache = VectorCache::open(cache, indexer::clock::system())?;
    Ok(Vectors { embedder, cache: Arc::new(cache) })
}

impl Trial {
    /// Indexes a content root.
    pub fn of(content: &Path, vectors: Option<&Vectors>) -> Result<Self> {
        let folder = tempfile::tempdir().context("make a temporary folder for the index")?;
        let library = Arc::new(Library::open(&folder.path().join("index"))?);
        let clock = indexer::clock::system();
        let now = clock();
        let source = Source {
            content: content.to_owned(),
            library: Arc::clone(&library),
            vectors: vectors.cloned(),
            clock,
            poll: None,
        };
        let report = index_once(source, |progress| eprintln!("{} articles indexed", progress.articles))?;
        Ok(Self {
            content: content.to_owned(),
            snapshot: library.snapshot(),
            problems: report.progress.problems,
            embedder: vectors.map(|vectors| Arc::clone(&vectors.embedder)),
            now,
            folder,
        })
    }

    /// The portals, or the one wanted, by id.
    pub fn portals(&self, wanted: Option<&str>) -> Result<Vec<Arc<Portal>>> {
        let portals = self.snapshot.portals().filter(|portal| wanted.is_none_or(|wanted| portal.id == wanted));
        let mut portals: Vec<_> = portals.cloned().collect();
        portals.sort_by(|a, b| a.id.cmp(&b.id));
        match (wanted, portals.is_empty()) {
            (Some(wanted), true) => {
                bail!("{} has no portal {wanted:?} that can be read: see `signpost check`", self.content.display())
            }
            _ => Ok(portals),
        }
    }

    /// A query as the server would ask it of a portal, with its vector where there is a model.
    pub fn query(&self, portal: &Portal, text: &str, language: Option<&Language>) -> Result<(Query, Option<Vector>)> {
        let asked = self.asked(portal, text, language);
        let Some(embedder) = &self.embedder else { return Ok((asked, None)) };
        let Embedding { vector, tokens } = embedder.embed_query(text)?;
        Ok((Query { tokens, ..asked }, Some(vector)))
    }

    /// A query as the server would ask it of a portal, whose vector is known already.
    pub fn asked(&self, portal: &Portal, text: &str, language: Option<&Language>) -> Query {
        Query {
            text: text.to_owned(),
            language: language.cloned(),
            mode: if self.embedder.is_some() { Mode::Hybrid } else { Mode::Lexical },
            model_knows: self.embedder.as_ref().map(|embedder| embedder.languages().clone()).unwrap_or_default(),
            boosts: Boosts { weights: portal.boost.clone(), now: self.now, helped: None },
            limit: 10,
            ..Query::default()
        }
    }

    /// The model, if there is one.
    pub fn embedder(&self) -> Option<&Embedder> {
        self.embedder.as_deref()
    }
}

/// Roles and attributes of a viewer that the portal does not know: who holds them sees what nobody does.
pub fn unknown_to(portal: &Portal, held: &Attributes) -> Vec<String> {
    let mut findings = Vec::new();
    for (name, values) in held {
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
    findings
}

/// A viewer in words: what they hold, or that they are not signed in.
pub fn in_words(held: &Attributes) -> String {
    let held = held.iter().map(|(name, values)| {
        let values: Vec<&str> = values.iter().map(String::as_str).collect();
        format!("{name}={}", values.join(","))
    });
    let held: Vec<String> = held.collect();
    if held.is_empty() { "anonymous".to_owned() } else { held.join(" ") }
}
