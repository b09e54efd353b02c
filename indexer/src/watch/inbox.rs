//! What the writer is told: files touched, articles embedded, wishes to look again or to stop.

use super::embedding::Embedded;
use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Saves come in flocks: a round begins when nothing was touched for this long …
const QUIET: Duration = Duration::from_millis(100);
/// … or at the latest this long after the first touch.
const PATIENCE: Duration = Duration::from_millis(250);
/// More touched files than this are looked for by the walk alone.
const MANY: usize = 10_000;

/// Filled by the file system's events, the embedding threads and callers; emptied by the writer.
#[derive(Default)]
pub(super) struct Inbox {
    news: Mutex<News>,
    arrived: Condvar,
}

/// What has come in since the writer last looked.
#[derive(Default)]
pub(super) struct News {
    /// Files that an event named, absolute: they are read again even if they look unchanged.
    pub(super) touched: HashSet<PathBuf>,
    /// Whether to compare everything with the disk: something was touched, or somebody asks for it.
    pub(super) look: bool,
    /// Articles whose passages all have vectors.
    pub(super) embedded: Vec<Embedded>,
    /// Whether to end.
    pub(super) stop: bool,
    first_touch: Option<Instant>,
    last_touch: Option<Instant>,
    asked: bool,
}

impl Inbox {
    /// Notes touched files. Cheap: the file system's events are lost when this is slow.
    pub(super) fn touch(&self, paths: impl IntoIterator<Item = PathBuf>) {
        let now = Instant::now();
        let mut news = self.lock();
        news.look = true;
        news.first_touch.get_or_insert(now);
        news.last_touch = Some(now);
        if news.touched.len() < MANY {
            news.touched.extend(paths);
        }
        self.arrived.notify_one();
    }

    /// Asks for a comparison with the disk at once.
    pub(super) fn ask(&self) {
        let mut news = self.lock();
        (news.look, news.asked) = (true, true);
        self.arrived.notify_one();
    }

    /// Hands over an article whose passages all have vectors.
    pub(super) fn embedded(&self, article: Embedded) {
        self.lock().embedded.push(article);
        self.arrived.notify_one();
    }

    /// Asks the writer to end.
    pub(super) fn stop(&self) {
        self.lock().stop = true;
        self.arrived.notify_one();
    }

    /// Says whether the writer was asked to end.
    pub(super) fn is_stopping(&self) -> bool {
        self.lock().stop
    }

    /// Waits for news, at most until `latest`. Touches are news once they pause; articles that were embedded, from `vectors_from`.
    pub(super) fn wait(&self, latest: Instant, vectors_from: Instant) -> News {
        let mut news = self.lock();
        loop {
            let now = Instant::now();
            let touches = news.first_touch.zip(news.last_touch);
            let look_at = touches.map_or(latest, |(first, last)| latest.min(last + QUIET).min(first + PATIENCE));
            if news.stop || news.asked || look_at <= now {
                let stop = news.stop;
                return std::mem::replace(&mut news, News { stop, ..News::default() });
            }
            if !news.embedded.is_empty() && vectors_from <= now {
                return News { embedded: std::mem::take(&mut news.embedded), ..News::default() };
            }
            let due = if news.embedded.is_empty() { look_at } else { look_at.min(vectors_from) };
            news = self.arrived.wait_timeout(news, due - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
