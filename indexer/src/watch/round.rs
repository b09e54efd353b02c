//! One round: the content root compared with the library, and the library brought up to date.

use super::Source;
use super::comparison::{Comparison, Shelf};
use super::embedding::{Embedded, Embedding};
use super::inbox::Inbox;
use super::progress::Progress;
use crate::clock::Clock;
use crate::embedder::ModelDigest;
use crate::files::{self, Found};
use crate::library::{Change, Library, LibraryError};
use crate::problem::Problem;
use std::collections::{BTreeMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

/// The one writer to a library: it knows what is indexed and which state of each file that was.
pub(super) struct Writer {
    content: PathBuf,
    library: Arc<Library>,
    clock: Clock,
    model: Option<ModelDigest>,
    inbox: Arc<Inbox>,
    shelves: BTreeMap<String, Shelf>,
    progress: Progress,
}

/// What a round did.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// Articles put.
    pub(super) put: usize,
    /// Articles removed.
    pub(super) removed: usize,
    /// Whether what editors wrote beside the articles says something else now.
    pub(super) steered: bool,
    /// Whether a file was in motion, so that another look is due at once.
    pub(super) unsettled: bool,
    /// Why a commit failed, the first if several did; another try is due.
    pub(super) failed: Option<LibraryError>,
}

impl Writer {
    pub(super) fn new(source: Source, model: Option<ModelDigest>, inbox: &Arc<Inbox>) -> Self {
        let Source { content, library, clock, .. } = source;
        Self {
            content,
            library,
            clock,
            model,
            inbox: Arc::clone(inbox),
            shelves: BTreeMap::new(),
            progress: Progress::default(),
        }
    }

    /// Compares everything with the disk and brings the library up to date. Files named in `touched` (paths relative to the
    /// content root) are read even if they look unchanged. What is narrowed or gone leaves the snapshot before anything is written,
    /// and a portal is served only once everything that it would show has been compared.
    pub(super) fn round(&mut self, touched: &HashSet<String>, embedding: Option<&Embedding>) -> Outcome {
        let mut outcome = Outcome::default();
        let (mut folders, refused) = match files::walk(&self.content) {
            Ok(walk) => (by_portal(walk.files), walk.problems),
            Err(error) => {
                let what = format!("the content root cannot be read: {error}");
                let mend = "Put it back or name another one; until then no portal can be reached.";
                (BTreeMap::new(), vec![Problem::error("", None, "no-content-root", what, mend)])
            }
        };
        for id in self.shelves.keys() {
            folders.entry(id.clone()).or_default();
        }
        for (id, found) in folders {
            let shelf = self.shelves.entry(id.clone()).or_insert_with(|| Shelf::new(&self.library, &id, self.model));
            let comparison = Comparison {
                content: &self.content,
                library: &self.library,
                now: (self.clock)(),
                id: &id,
                touched,
                embedding,
                inbox: &self.inbox,
            };
            outcome.add(comparison.bring_up_to_date(shelf, &found));
        }
        self.show(refused, &outcome);
        outcome
    }

    /// Commits vectors of articles that are still what they were when they were embedded. After a failure the next round has them
    /// embedded again, which costs nothing: the cache has them.
    pub(super) fn commit_vectors(&mut self, embedded: Vec<Embedded>) -> Result<(), LibraryError> {
        let mut failed = None;
        let mut by_portal = BTreeMap::<String, Vec<Change>>::new();
        for Embedded { portal, article, embeddings } in embedded {
            let Some(indexed) =
                self.shelves.get_mut(&portal).and_then(|shelf| shelf.indexed.get_mut(&article.head.path))
            else {
                continue;
            };
            if indexed.head.digest == article.head.digest && !indexed.embedded {
                indexed.embedded = true;
                let embeddings = embeddings.into_iter().map(Some).collect();
                by_portal.entry(portal).or_default().push(Change::Put(article, embeddings));
            }
        }
        for (id, changes) in by_portal {
            if let Err(error) = self.library.apply(&id, changes, self.model) {
                failed.get_or_insert(error);
                if let Some(shelf) = self.shelves.get_mut(&id) {
                    shelf.recall(&self.library, &id, self.model);
                }
            }
            self.progress.commits += 1;
        }
        self.count();
        failed.map_or(Ok(()), Err)
    }

    /// The next moment (ms UTC) at which the time of an article or a pin begins or ends.
    pub(super) fn next_change(&self) -> Option<i64> {
        let now = (self.clock)();
        self.shelves.values().filter_map(|shelf| shelf.next_change(now)).min()
    }

    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }

    fn show(&mut self, refused: Vec<Problem>, outcome: &Outcome) {
        let of_portals = self.shelves.values().flat_map(Shelf::problems).cloned();
        let mut problems: Vec<_> = refused.into_iter().chain(of_portals).collect();
        problems.sort();
        if problems != *self.progress.problems {
            self.progress.problems = Arc::new(problems);
        }
        self.progress.rounds += 1;
        self.progress.commits += u64::from(outcome.put + outcome.removed > 0 || outcome.steered);
        self.count();
    }

    fn count(&mut self) {
        let served = || self.shelves.values().filter(|shelf| shelf.served);
        let articles = || served().flat_map(|shelf| shelf.indexed.values());
        self.progress.portals = served().count();
        self.progress.articles = articles().count();
        self.progress.awaiting_vectors = articles().filter(|indexed| !indexed.embedded).count();
    }
}

impl Outcome {
    fn add(&mut self, other: Self) {
        self.put += other.put;
        self.removed += other.removed;
        self.steered |= other.steered;
        self.unsettled |= other.unsettled;
        self.failed = self.failed.take().or(other.failed);
    }
}

/// Files by the portal that they belong to: the folder of the content root that they are in. A folder is a portal, or was one, if
/// it has a `portal.toml` or is known already.
fn by_portal(files: Vec<Found>) -> BTreeMap<String, Vec<Found>> {
    let mut folders = BTreeMap::<String, Vec<Found>>::new();
    for file in files {
        if let Some((id, _)) = file.path.split_once('/') {
            folders.entry(id.to_owned()).or_default().push(file);
        }
    }
    folders
}
