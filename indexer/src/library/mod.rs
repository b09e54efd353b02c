//! All partitions of all portals on disk, and the snapshot that requests read.
//!
//! ```text
//! <folder>/<portal>/<language>-<hash of audience and language>/   one partition
//! ```
//!
//! What is narrowed or removed is taken out of the snapshot before anything is written; everything else shows when it is durable.

mod rewrite;
mod shelf;
mod snapshot;
#[cfg(test)]
mod tests;

pub use rewrite::{EmbedPassage, Rewrite, RewriteError};
pub use snapshot::Snapshot;

use crate::article::{Article, Head};
use crate::embedder::{Embedding, ModelDigest};
use crate::partition::{self, Partition, PartitionError, Put};
use crate::passage::passages;
use crate::portal::Portal;
use crate::steering::Sheet;
use arc_swap::ArcSwap;
use shelf::{Prepared, Shelf};
use std::collections::{BTreeMap, HashSet};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fs, io};

/// The partitions on disk under one folder, and the only writer to them. Each method that changes something ends by swapping
/// the snapshot; what it removes is gone from the snapshot before anything is written.
pub struct Library {
    folder: PathBuf,
    snapshot: ArcSwap<Snapshot>,
    /// What is known of every portal that was ever named, by its id.
    shelves: Mutex<BTreeMap<String, Shelf>>,
    /// Held over a whole [`Library::apply`], while `shelves` stays free for [`Library::deny`].
    writing: Mutex<()>,
    dropped: Vec<Dropped>,
}

/// A change of one article's file. What the model makes of its passages stands in the order of [`crate::passage::passages`]; `None` = not embedded yet.
pub enum Change {
    /// The article is new or differs.
    Put(Box<Article>, Vec<Option<Embedding>>),
    /// No article stands at this path any more.
    Remove(String),
}

impl Change {
    fn path(&self) -> &str {
        match self {
            Self::Put(article, _) => &article.head.path,
            Self::Remove(path) => path,
        }
    }
}

/// A partition that [`Library::open`] found unusable and removed, to be built again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Its folder.
    pub folder: PathBuf,
    /// What is wrong with it; a fragment that reads after "because".
    pub reason: String,
}

/// Why the library could not be opened or changed.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The folder could not be made, read or changed.
    #[error("use the index folder {}: {source}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// The system's word on it.
        source: io::Error,
    },
    /// A portal's id is not the plain name of a folder.
    #[error("index the portal {0:?}: its id is not a plain folder name")]
    PortalId(String),
    /// An article's vectors are not those of its passages.
    #[error("index {path}: {vectors} vectors for {passages} passages")]
    Vectors {
        /// The article.
        path: String,
        /// Vectors or gaps that came with it.
        vectors: usize,
        /// Passages that it has.
        passages: usize,
    },
    /// A partition could not be written; its articles are to be put again.
    #[error("commit the partition {}: {source}", folder.display())]
    Commit {
        /// Its folder.
        folder: PathBuf,
        /// Why not.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl Library {
    /// Opens (or makes) the folder. A partition that is damaged or of another format version is dropped, to be built again:
    /// the index is derived state. No portal is served until `serve_portal`.
    pub fn open(folder: &Path) -> Result<Self, LibraryError> {
        let failed = |source| LibraryError::Folder { folder: folder.to_owned(), source };
        fs::create_dir_all(folder).map_err(failed)?;
        let (mut shelves, mut dropped) = (BTreeMap::<String, Shelf>::new(), Vec::new());
        for portal in subfolders(folder).map_err(failed)? {
            let Some(id) = portal.file_name().and_then(|name| name.to_str()) else { continue };
            for folder in
                subfolders(&portal).map_err(failed)?.into_iter().filter(|folder| partition::is_partition(folder))
            {
                match Partition::open(&folder) {
                    Ok(partition) => shelves.entry(id.to_owned()).or_default().add(partition),
                    Err(error) => {
                        tracing::warn!(folder = %folder.display(), %error, "dropped a partition; it will be built again");
                        partition::remove(&folder).map_err(|source| commit_failed(&folder, source))?;
                        dropped.push(Dropped { folder, reason: error.to_string() });
                    }
                }
            }
        }
        let library = Self {
            folder: folder.to_owned(),
            snapshot: ArcSwap::default(),
            shelves: Mutex::new(shelves),
            writing: Mutex::new(()),
            dropped,
        };
        library.remove_doubles()?;
        Ok(library)
    }

    /// Partitions that were dropped when the library was opened.
    pub fn dropped(&self) -> &[Dropped] {
        &self.dropped
    }

    /// The current snapshot; lock-free.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Heads of everything indexed for a portal (denied or not), in no order; with whether all its passages have vectors of
    /// `model` (without a model: whether nothing is left to embed, so `true`).
    pub fn indexed(&self, portal: &str, model: Option<ModelDigest>) -> Vec<(Arc<Head>, bool)> {
        let shelves = self.shelves();
        let partitions = shelves.get(portal).into_iter().flat_map(Shelf::partitions);
        let articles = partitions.flat_map(Partition::articles);
        let complete = articles.map(|(segment, article)| {
            let embedded = article.embedded && segment.vectors.model() == model;
            (Arc::clone(&article.head), model.is_none() || embedded)
        });
        complete.collect()
    }

    /// Serves a portal (or its changed configuration) with what is indexed for it, less what is denied.
    pub fn serve_portal(&self, portal: Arc<Portal>) {
        let id = portal.id.clone();
        self.change(&id, |shelf| shelf.portal = Some(portal));
    }

    /// Replaces what editors wrote beside a portal's articles: see [`crate::steering::Steering::sheets`].
    pub fn steer(&self, portal: &str, sheets: Vec<Sheet>) {
        self.change(portal, |shelf| shelf.steer(sheets));
    }

    /// Makes a portal unreachable; its index stays on disk.
    pub fn withdraw_portal(&self, portal: &str) {
        self.change(portal, |shelf| shelf.portal = None);
    }

    /// Takes articles (by path) out of the snapshot at once; each stays out until a `Change` of it is applied.
    pub fn deny(&self, portal: &str, paths: &[String]) {
        self.change(portal, |shelf| shelf.deny(paths));
    }

    /// Commits changes: an article leaves the partition it was in and enters that of its (audience, language). Articles whose
    /// audience changes or that are removed are denied first. One commit a partition touched, merged as far as it pays,
    /// fsynced, then swapped.
    /// Of several changes of one article the last counts. Vectors without a `model` are dropped.
    ///
    /// When a partition cannot be written the others still are, and the error names the first that could not. An article of which
    /// the index does not hold what its change asked for stays denied where it was; [`Library::indexed`] tells what to put again.
    pub fn apply(&self, portal: &str, changes: Vec<Change>, model: Option<ModelDigest>) -> Result<(), LibraryError> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let shelf_folder = self.shelf_folder(portal)?;
        let changes = prepare(changes)?;
        let planned = self.change(portal, |shelf| shelf.plan(changes));
        let mut failed = None;
        let mut committed = Vec::new();
        for touched in &planned.partitions {
            let name = touched.key.folder_name().map_err(|error| commit_failed(&shelf_folder, error))?;
            let folder = shelf_folder.join(name);
            let partition = partition::commit(&folder, &touched.key, touched.current.as_deref(), &touched.batch, model);
            committed.push(partition.unwrap_or_else(|error| {
                failed.get_or_insert(commit_failed(&folder, error));
                reopened(&folder)
            }));
        }
        self.change(portal, |shelf| shelf.install(&planned, committed));
        failed.map_or(Ok(()), Err)
    }

    /// An article found in two partitions is taken out of both, to be put again: a crash fell between two commits, and which
    /// of the two is right only its file says.
    fn remove_doubles(&self) -> Result<(), LibraryError> {
        let portals: Vec<String> = self.shelves().keys().cloned().collect();
        for portal in portals {
            let mut seen = HashSet::new();
            let paths = self.indexed(&portal, None).into_iter().map(|(head, _)| head.path.clone());
            let doubles: Vec<_> = paths.filter(|path| !seen.insert(path.clone())).map(Change::Remove).collect();
            if !doubles.is_empty() {
                self.apply(&portal, doubles, None)?;
            }
        }
        Ok(())
    }

    /// Changes what is known of a portal and swaps a snapshot in that shows it. The shelves stay locked meanwhile: snapshots
    /// follow one another.
    fn change<T>(&self, portal: &str, change: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut shelves = self.shelves();
        let shelf = shelves.entry(portal.to_owned()).or_default();
        let changed = change(shelf);
        self.snapshot.store(Arc::new(self.snapshot.load().with(portal, shelf.served())));
        changed
    }

    fn shelves(&self) -> MutexGuard<'_, BTreeMap<String, Shelf>> {
        self.shelves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf_folder(&self, portal: &str) -> Result<PathBuf, LibraryError> {
        let mut parts = Path::new(portal).components();
        match (parts.next(), parts.next()) {
            (Some(Component::Normal(name)), None) if name == portal => Ok(self.folder.join(name)),
            _ => Err(LibraryError::PortalId(portal.to_owned())),
        }
    }
}

/// Cuts articles into passages; the last change of each path counts.
fn prepare(changes: Vec<Change>) -> Result<Prepared, LibraryError> {
    let last: BTreeMap<String, Change> = changes.into_iter().map(|change| (change.path().to_owned(), change)).collect();
    let prepared = last.into_iter().map(|(path, change)| {
        let Change::Put(article, embeddings) = change else { return Ok((path, None)) };
        let passages = passages(&article);
        if passages.len() != embeddings.len() {
            return Err(LibraryError::Vectors { path, vectors: embeddings.len(), passages: passages.len() });
        }
        Ok((path, Some(Put { article, passages, embeddings })))
    });
    prepared.collect()
}

/// What a failed commit left on disk, if it is a whole partition; else the folder is cleared.
fn reopened(folder: &Path) -> Option<Partition> {
    let unusable = |error: PartitionError| {
        tracing::warn!(folder = %folder.display(), %error, "dropped a partition; it will be built again");
        // If even that fails, the folder is found damaged at the next start.
        partition::remove(folder)
            .unwrap_or_else(|error| tracing::error!(folder = %folder.display(), %error, "cannot remove it"));
    };
    Partition::open(folder).map_err(unusable).ok()
}

fn commit_failed(folder: &Path, source: PartitionError) -> LibraryError {
    LibraryError::Commit { folder: folder.to_owned(), source: Box::new(source) }
}

fn subfolders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries: Vec<_> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    let mut folders: Vec<_> = entries.into_iter().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    Ok(folders)
}
