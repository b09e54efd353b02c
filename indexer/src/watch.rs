//! Keeps a library equal to its content root: reconciles at start, on every change and periodically.
//!
//! One thread is the only writer. Each round lists the whole content root, compares every file with what is indexed, takes what was
//! narrowed or is gone out of the snapshot, and then commits what changed. Events of the file system only say when to look; they
//! are lost under load, so nothing is believed because an event said it or left it out. Vectors follow behind: see [`Vectors`].

mod comparison;
mod embedding;
mod events;
mod inbox;
mod progress;
mod reading;
mod round;

pub use embedding::Vectors;
pub use progress::Progress;

use crate::clock::Clock;
use crate::library::{Library, LibraryError};
use embedding::Embedding;
use events::Events;
use inbox::{Inbox, News};
use progress::Board;
use round::{Outcome, Writer};
use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// What an index is made from, and how to notice changes.
pub struct Source {
    /// The content root: a folder of portals.
    pub content: PathBuf,
    /// Where the articles go.
    pub library: Arc<Library>,
    /// The model; `None` = lexical only.
    pub vectors: Option<Vectors>,
    /// Tells when articles are published and expire.
    pub clock: Clock,
    /// Compare with the disk this often instead of waiting for events, for file systems that have none.
    pub poll: Option<Duration>,
}

/// A running writer. Dropping it stops it and waits for its end.
pub struct Indexer {
    inbox: Arc<Inbox>,
    board: Arc<Board>,
    thread: Option<JoinHandle<()>>,
}

/// What [`index_once`] did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Articles that were new or differed.
    pub put: usize,
    /// Articles that were removed.
    pub removed: usize,
    /// How the index is now.
    pub progress: Progress,
}

/// Everything is compared with the disk at least this often: events get lost.
const RECONCILE: Duration = Duration::from_secs(30);
/// The same where events cannot be had.
const WITHOUT_EVENTS: Duration = Duration::from_secs(2);
/// After a failed commit.
const AFTER_FAILURE: Duration = Duration::from_secs(2);
/// After a round that found something, and while something is in motion.
const SETTLE: Duration = Duration::from_secs(1);
const MOTION: Duration = Duration::from_millis(100);
/// [`index_once`] looks this often at files that keep being written to.
const LOOKS: usize = 20;
/// Vectors are committed at most this often …
const VECTOR_INTERVAL: Duration = Duration::from_millis(250);
/// … and so that the commits take at most one part in this many of the time.
const VECTOR_SHARE: u32 = 10;

impl Indexer {
    /// Starts the writer. Nothing is served before its first round has compared everything: see [`Indexer::wait_until`].
    ///
    /// # Errors
    /// When the thread cannot be made.
    pub fn start(source: Source) -> io::Result<Self> {
        let (inbox, board) = (Arc::<Inbox>::default(), Arc::<Board>::default());
        let thread = {
            let (inbox, board) = (Arc::clone(&inbox), Arc::clone(&board));
            std::thread::Builder::new().name("indexer".to_owned()).spawn(move || run(source, &inbox, &board))?
        };
        Ok(Self { inbox, board, thread: Some(thread) })
    }

    /// How far it is; lock-free.
    pub fn progress(&self) -> Arc<Progress> {
        self.board.read()
    }

    /// Waits until the progress is as wished; `false` if it is not when the time is over.
    pub fn wait_until(&self, time: Duration, wished: impl Fn(&Progress) -> bool) -> bool {
        self.board.wait_until(time, wished)
    }

    /// Says whether the writer lives; if it does not, what is served grows old, and the log says why.
    pub fn is_running(&self) -> bool {
        self.thread.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Asks for a comparison with the disk now.
    pub fn refresh(&self) {
        self.inbox.ask();
    }
}

impl Drop for Indexer {
    fn drop(&mut self) {
        self.inbox.stop();
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the indexer's thread panicked");
        }
    }
}

/// Builds an index or brings it up to date, vectors included, and returns. `on_progress` is called after each commit.
///
/// # Errors
/// When a commit fails; what was committed before stays.
pub fn index_once(mut source: Source, mut on_progress: impl FnMut(&Progress)) -> Result<Report, LibraryError> {
    if let Some(Err(error)) = source.vectors.as_ref().map(|vectors| vectors.embedder.wait()) {
        tracing::error!(%error, "no model: articles are indexed by their words alone");
        source.vectors = None;
    }
    let inbox = Arc::<Inbox>::default();
    let (mut writer, embedding) = begin(source, &inbox);
    let (mut put, mut removed) = (0, 0);
    for _ in 0..LOOKS {
        let outcome = writer.round(&HashSet::new(), embedding.as_ref());
        outcome.failed.map_or(Ok(()), Err)?;
        (put, removed) = (put + outcome.put, removed + outcome.removed);
        on_progress(writer.progress());
        if !outcome.unsettled {
            break;
        }
        inbox.wait(Instant::now() + MOTION, Instant::now() + MOTION);
    }
    let mut pause = VECTOR_INTERVAL;
    loop {
        // Asked before the inbox is emptied: an article is handed over before it stops waiting.
        let waiting = embedding.as_ref().is_some_and(|embedding| embedding.waiting() > 0);
        let from = if waiting { Instant::now() + pause } else { Instant::now() };
        let embedded = inbox.wait(from, from).embedded;
        let began = Instant::now();
        writer.commit_vectors(embedded)?;
        pause = VECTOR_INTERVAL.max(began.elapsed() * VECTOR_SHARE);
        on_progress(writer.progress());
        if !waiting {
            break;
        }
    }
    Ok(Report { put, removed, progress: writer.progress().clone() })
}

/// The writer's life.
fn run(source: Source, inbox: &Arc<Inbox>, board: &Board) {
    let mut events = source.poll.is_none().then(|| Events::new(&source.content, Arc::clone(inbox)));
    let every = source.poll.unwrap_or(RECONCILE);
    let clock = Arc::clone(&source.clock);
    let (mut writer, embedding) = begin(source, inbox);

    let mut touched = HashSet::new();
    let mut vectors_from = Instant::now();
    let mut look = true;
    let mut next_look = Instant::now();
    loop {
        if look {
            let hears = events.as_mut().is_none_or(Events::arm); // Before the walk, so that nothing falls between.
            let outcome = writer.round(&touched, embedding.as_ref());
            board.write(writer.progress().clone());
            outcome.failed.iter().for_each(log_failure);
            let pause = match outcome {
                Outcome { failed: Some(_), .. } => AFTER_FAILURE,
                Outcome { unsettled: true, .. } => MOTION,
                Outcome { put: 0, removed: 0, .. } if hears => every,
                Outcome { put: 0, removed: 0, .. } => WITHOUT_EVENTS,
                _ => SETTLE,
            };
            next_look = Instant::now() + pause.min(every);
        }
        let boundary = writer.next_change().map(|at| Instant::now() + millis(at.saturating_sub(clock())));
        let latest = boundary.map_or(next_look, |boundary| boundary.min(next_look));
        let News { touched: named, look: asked, embedded, stop, .. } = inbox.wait(latest, vectors_from);
        if stop {
            return;
        }
        touched = named.iter().filter_map(|path| events.as_ref()?.relative(path)).collect();
        look = asked || Instant::now() >= latest;
        if !embedded.is_empty() {
            let began = Instant::now();
            if let Err(error) = writer.commit_vectors(embedded) {
                log_failure(&error);
            }
            board.write(writer.progress().clone());
            vectors_from = Instant::now() + VECTOR_INTERVAL.max(began.elapsed() * VECTOR_SHARE);
        }
    }
}

fn begin(mut source: Source, inbox: &Arc<Inbox>) -> (Writer, Option<Embedding>) {
    let vectors = source.vectors.take();
    let model = vectors.as_ref().map(Vectors::model);
    let embedding = vectors.map(|vectors| Embedding::start(vectors, source.content.clone(), &source.clock, inbox));
    (Writer::new(source, model, inbox), embedding)
}

fn log_failure(error: &LibraryError) {
    tracing::error!(%error, "commit changes; they will be committed again");
}

fn millis(time: i64) -> Duration {
    Duration::from_millis(u64::try_from(time).unwrap_or(0).min(RECONCILE.as_millis() as u64))
}

#[cfg(test)]
mod tests;
