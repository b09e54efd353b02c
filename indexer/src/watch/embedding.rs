//! Passages to vectors behind the lexical index: a stack of articles, newest save first, and the threads that work it off.

use super::inbox::Inbox;
use super::reading;
use crate::article::Article;
use crate::clock::Clock;
use crate::embedder::{self, Embedder, EmbedderError, ModelDigest};
use crate::passage::{embedded_text, passages};
use crate::portal::Portal;
use crate::vector_cache::VectorCache;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// The model and the memory of what it said.
#[derive(Clone)]
pub struct Vectors {
    /// The model.
    pub embedder: Arc<Embedder>,
    /// Its vectors by text.
    pub cache: Arc<VectorCache>,
}

/// An article whose passages all have vectors, in their order.
pub(super) struct Embedded {
    pub(super) portal: String,
    pub(super) article: Box<Article>,
    pub(super) embeddings: Vec<embedder::Embedding>,
}

/// The threads and their stack. Dropping it ends them.
pub(super) struct Embedding {
    vectors: Vectors,
    stack: Arc<Stack>,
    threads: Vec<JoinHandle<()>>,
}

/// Articles that wait, by portal and path; the last pushed is taken first.
#[derive(Default)]
struct Stack {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    by_turn: BTreeMap<u64, Job>,
    /// Turn of the newest job for each article, waiting or being worked on: an older one is stale.
    turns: HashMap<(String, String), u64>,
    last_turn: u64,
    stop: bool,
}

/// An article to embed, if its file still has this fingerprint.
#[derive(Clone)]
struct Job {
    portal: Arc<Portal>,
    path: String,
    fingerprint: [u8; 32],
    turn: u64,
}

impl Vectors {
    pub(super) fn model(&self) -> ModelDigest {
        self.embedder.digest()
    }

    /// What the model makes of an article's passages, where it is known already.
    pub(super) fn cached(&self, article: &Article) -> Vec<Option<embedder::Embedding>> {
        let texts = passages(article).into_iter().map(|passage| embedded_text(&article.head.title, &passage));
        let fits = |known: &embedder::Embedding| self.embedder.dimensions() == Some(known.vector.len());
        texts.map(|text| self.cache.get(self.model(), &text).filter(fits)).collect()
    }
}

impl Embedding {
    /// Starts a thread for each of the model's sessions.
    pub(super) fn start(vectors: Vectors, content: PathBuf, clock: &Clock, inbox: &Arc<Inbox>) -> Self {
        let stack = Arc::new(Stack::default());
        let threads = (0..vectors.embedder.passage_sessions()).map(|_| {
            let worker = Worker {
                vectors: vectors.clone(),
                stack: Arc::clone(&stack),
                content: content.clone(),
                clock: Arc::clone(clock),
                inbox: Arc::clone(inbox),
            };
            std::thread::spawn(move || worker.run())
        });
        let threads = threads.collect();
        Self { vectors, stack, threads }
    }

    pub(super) fn vectors(&self) -> &Vectors {
        &self.vectors
    }

    /// Puts an article on top of the stack, in place of an older state of it.
    pub(super) fn push(&self, portal: &Arc<Portal>, path: &str, fingerprint: [u8; 32]) {
        let mut waiting = self.stack.lock();
        waiting.last_turn += 1;
        let turn = waiting.last_turn;
        let job = Job { portal: Arc::clone(portal), path: path.to_owned(), fingerprint, turn };
        if let Some(older) = waiting.turns.insert(job.key(), turn) {
            waiting.by_turn.remove(&older);
        }
        waiting.by_turn.insert(turn, job);
        self.stack.changed.notify_all();
    }

    /// Puts an article on top of the stack unless some state of it waits or is being worked on.
    pub(super) fn push_if_absent(&self, portal: &Arc<Portal>, path: &str, fingerprint: [u8; 32]) {
        let absent = !self.stack.lock().turns.contains_key(&(portal.id.clone(), path.to_owned()));
        if absent {
            self.push(portal, path, fingerprint);
        }
    }

    /// Takes an article off the stack: it is gone.
    pub(super) fn forget(&self, portal: &str, path: &str) {
        let mut waiting = self.stack.lock();
        if let Some(turn) = waiting.turns.remove(&(portal.to_owned(), path.to_owned())) {
            waiting.by_turn.remove(&turn);
        }
    }

    /// Number of articles that wait or are being worked on.
    pub(super) fn waiting(&self) -> usize {
        self.stack.lock().turns.len()
    }
}

impl Drop for Embedding {
    fn drop(&mut self) {
        self.stack.lock().stop = true;
        self.stack.changed.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("an embedding thread panicked");
            }
        }
        self.vectors.cache.flush();
    }
}

impl Job {
    fn key(&self) -> (String, String) {
        (self.portal.id.clone(), self.path.clone())
    }
}

impl Stack {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the newest job; `None` when it is time to end.
    fn take(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.stop {
                return None;
            }
            if let Some((_, job)) = waiting.by_turn.pop_last() {
                return Some(job);
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Says whether a job that was taken is still the newest state of its article.
    fn wants(&self, job: &Job) -> bool {
        let waiting = self.lock();
        !waiting.stop && waiting.turns.get(&job.key()) == Some(&job.turn)
    }

    fn done(&self, job: &Job) {
        let mut waiting = self.lock();
        if waiting.turns.get(&job.key()) == Some(&job.turn) {
            waiting.turns.remove(&job.key());
        }
    }
}

/// What one thread needs.
struct Worker {
    vectors: Vectors,
    stack: Arc<Stack>,
    content: PathBuf,
    clock: Clock,
    inbox: Arc<Inbox>,
}

impl Worker {
    fn run(self) {
        if let Err(error) = self.vectors.embedder.wait() {
            tracing::error!(%error, "no model: articles are found by their words alone");
            return;
        }
        while let Some(job) = self.stack.take() {
            match self.embed(&job) {
                Ok(Some(embedded)) => self.inbox.embedded(embedded),
                Ok(None) => {} // Its file has changed: the writer sees that too and pushes it anew.
                Err(error) => {
                    let path = format!("{}/articles/{}", job.portal.id, job.path);
                    tracing::error!(path, %error, "embed an article; it is found by its words alone");
                }
            }
            self.stack.done(&job);
        }
    }

    /// Reads the file again rather than hold thousands of parsed articles while they wait.
    fn embed(&self, job: &Job) -> Result<Option<Embedded>, EmbedderError> {
        let Ok(content) = reading::read(&self.content, &format!("{}/articles/{}", job.portal.id, job.path)) else {
            return Ok(None);
        };
        let Some((article, _)) = reading::article(&job.portal, &job.path, &content, (self.clock)()) else {
            return Ok(None);
        };
        if article.head.digest != job.fingerprint {
            return Ok(None);
        }
        let mut embeddings = Vec::new();
        for passage in passages(&article) {
            if !self.stack.wants(job) {
                return Ok(None);
            }
            let text = embedded_text(&article.head.title, &passage);
            embeddings.push(self.vectors.cache.embed_passage(&self.vectors.embedder, &text)?);
        }
        Ok(Some(Embedded { portal: job.portal.id.clone(), article: Box::new(article), embeddings }))
    }
}
