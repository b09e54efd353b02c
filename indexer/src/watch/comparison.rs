//! One portal's folder compared with what is indexed for it, and the index brought up to date.

use super::embedding::{Embedding, Vectors};
use super::inbox::Inbox;
use super::reading::{self, Stamp, Unread};
use super::round::Outcome;
use crate::article::{Article, Head};
use crate::embedder::{self, ModelDigest};
use crate::files::{self, Found};
use crate::library::{Change, Library};
use crate::passage::passages;
use crate::portal::Portal;
use crate::problem::Problem;
use crate::steering::{PINS, SYNONYMS, Sheet, Steering};
use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// What is known of one portal.
pub(super) struct Shelf {
    /// Its configuration, once one could be read in this run; kept when a later one cannot.
    portal: Option<Arc<Portal>>,
    /// Whether the library serves it.
    pub(super) served: bool,
    /// What is indexed, by path under `articles/`.
    pub(super) indexed: HashMap<String, Indexed>,
    /// blake3 of files by path under `articles/`, while their stamps stay.
    hashes: HashMap<String, (Stamp, [u8; 32])>,
    /// What editors wrote beside the articles, and what of it the library was given last.
    steering: Steering,
    /// Digest of the files, and of how the portal reads them, that the above was read from.
    steered_by: [u8; 32],
    sheets: Vec<Sheet>,
    /// Problems of `portal.toml`, of the files beside it, and of articles by path.
    configuration: Vec<Problem>,
    beside: Vec<Problem>,
    problems: HashMap<String, Vec<Problem>>,
}

/// What must be known of an indexed article to tell whether its file says something else now.
pub(super) struct Indexed {
    pub(super) head: Arc<Head>,
    pub(super) embedded: bool,
}

/// New articles committed together: bounds the memory of a first indexing.
const MOST_AT_ONCE: usize = 1000;

impl Shelf {
    pub(super) fn new(library: &Library, id: &str, model: Option<ModelDigest>) -> Self {
        let mut shelf = Self {
            portal: None,
            served: false,
            indexed: HashMap::new(),
            hashes: HashMap::new(),
            steering: Steering::default(),
            steered_by: [0; 32],
            sheets: Vec::new(),
            configuration: Vec::new(),
            beside: Vec::new(),
            problems: HashMap::new(),
        };
        shelf.recall(library, id, model);
        shelf
    }

    /// Problems of its `portal.toml`, of the files beside it and of the articles read in this run.
    pub(super) fn problems(&self) -> impl Iterator<Item = &Problem> {
        self.configuration.iter().chain(&self.beside).chain(self.problems.values().flatten())
    }

    /// The next moment (ms UTC) after `now` at which something begins or ends to be shown.
    pub(super) fn next_change(&self, now: i64) -> Option<i64> {
        let articles = self.indexed.values().filter_map(|indexed| reading::next_change(&indexed.head, now));
        articles.chain(self.steering.next_change(now)).min()
    }

    /// Takes what is indexed from the library itself.
    pub(super) fn recall(&mut self, library: &Library, id: &str, model: Option<ModelDigest>) {
        let articles = library.indexed(id, model).into_iter();
        self.indexed = articles.map(|(head, embedded)| (head.path.clone(), Indexed { head, embedded })).collect();
    }
}

/// Work on one portal in one round.
pub(super) struct Comparison<'a> {
    pub(super) content: &'a Path,
    pub(super) library: &'a Library,
    /// Milliseconds since 1970 (UTC).
    pub(super) now: i64,
    /// The portal's id, the name of its folder.
    pub(super) id: &'a str,
    /// Paths relative to the content root that are read even if they look unchanged.
    pub(super) touched: &'a HashSet<String>,
    pub(super) embedding: Option<&'a Embedding>,
    pub(super) inbox: &'a Inbox,
}

/// What is to be committed together.
#[derive(Default)]
struct Differences {
    put: Vec<Article>,
    /// Paths of articles that are no more, or cannot be read.
    gone: Vec<String>,
}

impl Comparison<'_> {
    /// What is narrowed or gone leaves the snapshot before anything is written, and the portal is served only once everything that
    /// is indexed for it has been compared. Articles that are new to the index can wait until then.
    pub(super) fn bring_up_to_date(&self, shelf: &mut Shelf, found: &[Found]) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(portal) = self.configuration(shelf, found, &mut outcome) else {
            self.withdraw(shelf);
            return outcome;
        };
        let prefix = format!("{}/articles/", self.id);
        let articles = found.iter().filter(|file| files::is_article(&file.path));
        let articles: Vec<_> = articles.filter_map(|file| Some((file.path.strip_prefix(&prefix)?, file))).collect();
        let present: HashSet<&str> = articles.iter().map(|(path, _)| *path).collect();
        shelf.hashes.retain(|path, _| present.contains(path.as_str()));
        shelf.problems.retain(|path, _| present.contains(path.as_str()));
        let gone = shelf.indexed.keys().filter(|path| !present.contains(path.as_str())).cloned().collect();
        let (known, new): (Vec<_>, Vec<_>) =
            articles.into_iter().partition(|(path, _)| shelf.indexed.contains_key(*path));

        let mut differences = Differences { put: Vec::new(), gone };
        self.compare(shelf, &portal, &known, &mut differences, &mut outcome);
        self.deny(shelf, &differences);
        self.steer(shelf, &portal, found, &mut outcome);
        self.serve(shelf, &portal);

        // The first group goes with the rest, so that a renamed article is never absent.
        for group in new.chunks(MOST_AT_ONCE) {
            if self.inbox.is_stopping() {
                return outcome;
            }
            self.compare(shelf, &portal, group, &mut differences, &mut outcome);
            self.commit(shelf, &portal, std::mem::take(&mut differences), &mut outcome);
        }
        self.commit(shelf, &portal, differences, &mut outcome);
        self.push_unembedded(shelf, &portal);
        outcome
    }

    /// The portal's configuration as it is to be used now: the one on disk, else the last good one of this run; `None` if there is
    /// none, or no file any more.
    fn configuration(&self, shelf: &mut Shelf, found: &[Found], outcome: &mut Outcome) -> Option<Arc<Portal>> {
        let path = format!("{}/portal.toml", self.id);
        if !found.iter().any(|file| file.path == path) {
            shelf.portal = None;
            shelf.configuration.clear();
            if found.iter().any(|file| files::is_article(&file.path)) {
                let what = "this folder holds articles but no portal.toml, so nobody can reach them";
                let mend = "Give it a portal.toml, or move the articles into a portal's `articles` folder.";
                shelf.configuration.push(Problem::error(self.id, None, "no-portal", what, mend));
            }
            return None;
        }
        let (read, problems) = match reading::read(self.content, &path) {
            Ok(content) => match str::from_utf8(&content.bytes) {
                Ok(text) => Portal::parse(self.id, text),
                Err(error) => (None, vec![unreadable(&path, &error.to_string())]),
            },
            Err(Unread::Refused(error)) => (None, vec![unreadable(&path, &error.to_string())]),
            Err(Unread::Unsettled) => {
                outcome.unsettled = true;
                return shelf.portal.clone();
            }
        };
        shelf.configuration = problems;
        let last_good = shelf.portal.clone();
        match read {
            Some(portal) if last_good.as_ref().is_none_or(|last| last.digest != portal.digest) => {
                Some(Arc::new(portal))
            }
            _ => last_good,
        }
    }

    /// Gives the library what editors wrote beside the articles, as it holds now. A file in motion leaves everything as it was.
    fn steer(&self, shelf: &mut Shelf, portal: &Portal, found: &[Found], outcome: &mut Outcome) {
        let mut unread = Vec::new();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&portal.reading_digest());
        let mut text = |name: &str| {
            let path = format!("{}/{name}", self.id);
            if !found.iter().any(|file| file.path == path) {
                return Ok(None);
            }
            match reading::read(self.content, &path) {
                Err(Unread::Unsettled) => return Err(()),
                Err(Unread::Refused(error)) => unread.push(unreadable(&path, &error.to_string())),
                Ok(content) => match String::from_utf8(content.bytes) {
                    Ok(text) => {
                        hasher
                            .update(name.as_bytes())
                            .update(&(text.len() as u64).to_le_bytes())
                            .update(text.as_bytes());
                        return Ok(Some(text));
                    }
                    Err(error) => unread.push(unreadable(&path, &error.to_string())),
                },
            }
            Ok(None)
        };
        let (Ok(synonyms), Ok(pins)) = (text(SYNONYMS), text(PINS)) else {
            outcome.unsettled = true;
            return;
        };
        let digest = *hasher.finalize().as_bytes();
        if digest != shelf.steered_by || !unread.is_empty() {
            let (steering, problems) = Steering::parse(portal, synonyms.as_deref(), pins.as_deref());
            shelf.beside = unread.into_iter().chain(problems).collect();
            (shelf.steering, shelf.steered_by) = (steering, digest);
        }
        let sheets = shelf.steering.sheets(self.now);
        if sheets != shelf.sheets {
            self.library.steer(self.id, sheets.clone());
            shelf.sheets = sheets;
            outcome.steered = true;
        }
    }

    fn withdraw(&self, shelf: &mut Shelf) {
        if std::mem::take(&mut shelf.served) {
            self.library.withdraw_portal(self.id);
            tracing::warn!(portal = self.id, "the portal's folder or portal.toml is gone; it cannot be reached");
        }
        shelf.hashes.clear();
        shelf.problems.clear();
        shelf.beside.clear();
        shelf.steered_by = [0; 32];
    }

    fn serve(&self, shelf: &mut Shelf, portal: &Arc<Portal>) {
        let current = shelf.portal.as_ref().is_some_and(|last| Arc::ptr_eq(last, portal));
        if !(shelf.served && current) {
            self.library.serve_portal(Arc::clone(portal));
            shelf.served = true;
            shelf.portal = Some(Arc::clone(portal));
        }
    }

    /// Takes what is gone or changes its audience out of the snapshot.
    fn deny(&self, shelf: &Shelf, differences: &Differences) {
        let moved =
            differences.put.iter().map(|article| &article.head).filter(|head| {
                shelf.indexed.get(&head.path).is_some_and(|indexed| indexed.head.audience != head.audience)
            });
        let denied: Vec<String> = differences.gone.iter().cloned().chain(moved.map(|head| head.path.clone())).collect();
        if !denied.is_empty() {
            self.library.deny(self.id, &denied);
        }
    }

    /// Looks at files and notes those that say something else than the index.
    fn compare(
        &self,
        shelf: &mut Shelf,
        portal: &Portal,
        articles: &[(&str, &Found)],
        differences: &mut Differences,
        outcome: &mut Outcome,
    ) {
        let rules = portal.reading_digest();
        for (path, file) in articles {
            let same = |hash: &[u8; 32]| {
                shelf.indexed.get(*path).is_some_and(|indexed| {
                    let in_time = reading::is_in_time(&indexed.head, self.now);
                    indexed.head.digest == reading::fingerprint(hash, &rules, in_time)
                })
            };
            let untouched = !self.touched.contains(&file.path);
            let known = shelf.hashes.get(*path).filter(|(stamp, _)| untouched && *stamp == Stamp::of(file));
            if known.is_some_and(|(_, hash)| same(hash)) {
                continue;
            }
            let problem = match reading::read(self.content, &file.path) {
                Err(Unread::Unsettled) => {
                    outcome.unsettled = true;
                    continue;
                }
                Err(Unread::Refused(error)) => unreadable(&file.path, &error.to_string()),
                Ok(content) => {
                    let hash = *blake3::hash(&content.bytes).as_bytes();
                    if content.stamp.settles() {
                        shelf.hashes.insert((*path).to_owned(), (content.stamp, hash));
                    } else {
                        shelf.hashes.remove(*path);
                    }
                    if same(&hash) {
                        continue;
                    }
                    if let Some((article, problems)) = reading::article(portal, path, &content, self.now) {
                        shelf.problems.insert((*path).to_owned(), problems);
                        differences.put.push(article);
                        continue;
                    }
                    let mend = "Report this file to those who make Signpost; until then nobody is shown it.";
                    Problem::error(
                        &file.path,
                        None,
                        "reader-failed",
                        "reading this file ended in a fault of Signpost",
                        mend,
                    )
                }
            };
            shelf.problems.insert((*path).to_owned(), vec![problem]);
            differences.gone.extend(shelf.indexed.contains_key(*path).then(|| (*path).to_owned()));
        }
    }

    /// Commits differences with the vectors that are known already, and pushes articles that lack some.
    fn commit(&self, shelf: &mut Shelf, portal: &Arc<Portal>, differences: Differences, outcome: &mut Outcome) {
        let Differences { put, gone } = differences;
        if put.is_empty() && gone.is_empty() {
            return;
        }
        let vectors = self.embedding.map(Embedding::vectors);
        let mut indexed = Vec::with_capacity(put.len());
        let mut changes: Vec<_> = gone.iter().cloned().map(Change::Remove).collect();
        for article in put {
            let known = known_vectors(&article, vectors);
            let embedded = vectors.is_none() || known.iter().all(Option::is_some);
            indexed.push(Indexed { head: Arc::new(article.head.clone()), embedded });
            changes.push(Change::Put(Box::new(article), known));
        }
        let model = vectors.map(Vectors::model);
        if let Err(error) = self.library.apply(self.id, changes, model) {
            shelf.recall(self.library, self.id, model);
            outcome.failed.get_or_insert(error);
            return;
        }
        outcome.put += indexed.len();
        outcome.removed += gone.len();
        for path in gone {
            shelf.indexed.remove(&path);
            if let Some(embedding) = self.embedding {
                embedding.forget(self.id, &path);
            }
        }
        for indexed in indexed {
            if let (Some(embedding), false) = (self.embedding, indexed.embedded) {
                embedding.push(portal, &indexed.head.path, indexed.head.digest);
            }
            shelf.indexed.insert(indexed.head.path.clone(), indexed);
        }
    }

    /// Pushes what an earlier run, or a failure, left without vectors.
    fn push_unembedded(&self, shelf: &Shelf, portal: &Arc<Portal>) {
        let Some(embedding) = self.embedding else { return };
        for indexed in shelf.indexed.values().filter(|indexed| !indexed.embedded) {
            embedding.push_if_absent(portal, &indexed.head.path, indexed.head.digest);
        }
    }
}

fn unreadable(path: &str, what: &str) -> Problem {
    let what = format!("this file cannot be read: {what}");
    Problem::error(
        path,
        None,
        "unreadable-file",
        what,
        "Let the account that Signpost runs under read it; save it as UTF-8.",
    )
}

fn known_vectors(article: &Article, vectors: Option<&Vectors>) -> Vec<Option<embedder::Embedding>> {
    match vectors {
        Some(vectors) => vectors.cached(article),
        None => passages(article).iter().map(|_| None).collect(),
    }
}
