//! One partition: the articles of exactly one (audience, language) as a tantivy index with vectors.
//!
//! A partition is a folder. What stands in it is derived from the content and can be built again: it is opened whole or not at
//! all. [`Partition::open`] reads one after a start, verifying it; [`commit()`] changes one and gives it as it is afterwards. A
//! [`Partition`] itself never changes: readers keep the one they have.

mod commit;
mod schema;
mod segment;

#[cfg(test)]
pub(crate) use commit::commit_unmerged;
pub(crate) use commit::{Batch, Put, commit, remove};
pub use schema::Field;
pub(crate) use schema::{Entry, WORDS};
pub use segment::ReadError;
pub(crate) use segment::{IndexedArticle, Segment};

use crate::article::Head;
use crate::audience::Audience;
use crate::embedder::ModelDigest;
use crate::language::Language;
use crate::vectors::VectorPlugin;
use crate::{shown, token_codes, word_order};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use tantivy::Index;
use tantivy::index::{SegmentComponent, SegmentReader};
use tantivy::plugin::SegmentPlugin;

/// Name of the file that says what a partition holds.
const LABEL: &str = "partition.json";
/// Bytes of a file's footer without its payload: the engine panics on a shorter file.
const SHORTEST_FILE: u64 = 8;

/// What all articles of a partition have in common. Ordered: public first, hidden last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(crate) struct Key {
    /// Who may read them.
    pub(crate) audience: Audience,
    /// Language that they are written in.
    pub(crate) language: Language,
}

impl Key {
    /// Name of the partition's folder: its language, then a hash of both.
    pub(crate) fn folder_name(&self) -> Result<String, PartitionError> {
        let digest = blake3::hash(&serde_json::to_vec(self)?).to_hex();
        Ok(format!("{}-{}", self.language.as_str(), &digest[..32]))
    }
}

/// The contents of `partition.json`.
#[derive(Serialize, Deserialize)]
struct Label {
    format: u32,
    #[serde(flatten)]
    key: Key,
}

/// A partition as one commit left it.
pub(crate) struct Partition {
    /// What its articles have in common.
    pub(crate) key: Key,
    /// Its segments: at most two, but for a moment between a commit and a merge that a crash may have kept apart.
    pub(crate) segments: Vec<Arc<Segment>>,
    /// By segment and article in it: whether no later commit deleted it.
    pub(crate) alive: Vec<Vec<bool>>,
    /// Articles that are not deleted, by path: segment, article in it.
    by_path: Vec<(usize, usize)>,
}

/// Why a partition cannot be opened or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PartitionError {
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The engine's own error.
    #[error(transparent)]
    Engine(#[from] tantivy::TantivyError),
    /// A record or `partition.json` is not of its form.
    #[error("a record is not of its form: {0}")]
    Record(#[from] serde_json::Error),
    /// Written by another version of this program.
    #[error("it is of format {0}, not {format}", format = schema::FORMAT)]
    Format(u32),
    /// Its files contradict one another, or their checksums do.
    #[error("{0}")]
    Damaged(String),
}

impl Partition {
    /// Opens the partition in `folder` after verifying the checksum of every file. Reads every byte once.
    pub(crate) fn open(folder: &Path) -> Result<Self, PartitionError> {
        let key = read_label(folder)?;
        let index = open_index(folder, None)?;
        verify(folder, &index)?;
        Self::read(&index, key, &[])
    }

    /// Opens what was just written, but for those of its segments that are open.
    fn read(index: &Index, key: Key, open: &[Arc<Segment>]) -> Result<Self, PartitionError> {
        let mut read = Self { key, segments: Vec::new(), alive: Vec::new(), by_path: Vec::new() };
        for (s, segment) in index.searchable_segments()?.iter().enumerate() {
            let reader = SegmentReader::open(segment)?;
            let segment = match open.iter().find(|open| open.id == segment.id()) {
                Some(open) => Arc::clone(open),
                None => Arc::new(Segment::open(&reader, &read.key)?),
            };
            let alive: Vec<_> = segment.articles.iter().map(|article| !reader.is_deleted(article.first)).collect();
            read.by_path.extend(alive.iter().enumerate().filter(|(_, alive)| **alive).map(|(a, _)| (s, a)));
            read.segments.push(segment);
            read.alive.push(alive);
        }
        let segments = &read.segments;
        read.by_path.sort_unstable_by_key(|(s, a)| segments[*s].articles[*a].head.path.as_str());
        Ok(read)
    }

    /// Articles that are not deleted, in the order of their paths, each with its segment.
    pub(crate) fn articles(&self) -> impl Iterator<Item = (&Segment, &IndexedArticle)> {
        self.by_path.iter().map(|(s, a)| (&*self.segments[*s], &self.segments[*s].articles[*a]))
    }

    /// Finds an article by its path: segment, article in it.
    pub(crate) fn find(&self, path: &str) -> Option<(usize, usize)> {
        let found =
            self.by_path.binary_search_by_key(&path, |(s, a)| self.segments[*s].articles[*a].head.path.as_str());
        found.ok().map(|at| self.by_path[at])
    }

    /// The head of an article that is not deleted, by its path.
    pub(crate) fn head(&self, path: &str) -> Option<&Head> {
        self.find(path).map(|(segment, article)| &*self.segments[segment].articles[article].head)
    }

    /// Documents of articles that are not deleted.
    fn living_documents(&self) -> usize {
        self.articles().map(|(_, article)| article.documents().len()).sum()
    }
}

/// Says whether a folder holds a partition, whole or not, of this or another version.
pub(crate) fn is_partition(folder: &Path) -> bool {
    let name = folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.rsplit_once('-'));
    folder.is_dir()
        && name.is_some_and(|(_, hash)| hash.len() == 32 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn read_label(folder: &Path) -> Result<Key, PartitionError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let label = std::fs::read(folder.join(LABEL))?;
    let Version { format } = serde_json::from_slice(&label)?;
    if format != schema::FORMAT {
        return Err(PartitionError::Format(format));
    }
    let Label { key, .. } = serde_json::from_slice(&label)?;
    // A label that was changed by a flipped bit could widen the audience: the folder's name is its checksum.
    if folder.file_name() != Some(key.folder_name()?.as_ref()) {
        return Err(PartitionError::Damaged(format!("{LABEL} does not belong to its folder")));
    }
    Ok(key)
}

fn open_index(folder: &Path, model: Option<ModelDigest>) -> Result<Index, PartitionError> {
    let mut index = Index::open_in_dir(folder)?;
    if index.schema() != schema::schema() || *index.settings() != schema::settings() {
        return Err(PartitionError::Damaged("its fields are not those of this version".to_owned()));
    }
    plugins(model).into_iter().for_each(|plugin| index.register_plugin(plugin));
    Ok(index)
}

/// What tantivy keeps for us in its segments.
fn plugins(model: Option<ModelDigest>) -> [Arc<dyn SegmentPlugin>; 4] {
    let records = [&word_order::COMPONENT, &shown::COMPONENT, &token_codes::COMPONENT];
    let [order, shown, codes] = records.map(|component| component.plugin());
    [Arc::new(VectorPlugin { model }), order, shown, codes]
}

/// Checks the files of the committed segments; whatever else a crash left behind is the engine's to collect.
fn verify(folder: &Path, index: &Index) -> Result<(), PartitionError> {
    for segment in index.searchable_segments()? {
        let deletes = segment.meta().has_deletes().then_some("del");
        let kinds = ["idx", "term", "pos", "fast", "fieldnorm", "store", "vec", "txt", "order", "codes"];
        for extension in kinds.into_iter().chain(deletes) {
            let component = SegmentComponent::try_from(extension).map_err(PartitionError::Damaged)?;
            let file = segment.relative_path(component);
            let damaged = |what: &str| Err(PartitionError::Damaged(format!("{} {what}", file.display())));
            if std::fs::metadata(folder.join(&file))?.len() < SHORTEST_FILE {
                return damaged("is cut off");
            }
            if !index.directory().validate_checksum(&file).map_err(tantivy::TantivyError::from)? {
                return damaged("fails its checksum");
            }
        }
    }
    Ok(())
}
