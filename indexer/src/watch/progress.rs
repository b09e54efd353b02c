//! How far the index is, for those who wait for it and for the admin listener.

use crate::problem::Problem;
use arc_swap::ArcSwap;
use std::collections::BTreeSet;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The index at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Rounds of comparison with the disk so far; 0 = nothing is served yet.
    pub rounds: u64,
    /// Commits so far: grows whenever answers may have changed.
    pub commits: u64,
    /// Portals that are served.
    pub portals: usize,
    /// Articles indexed, hidden ones included.
    pub articles: usize,
    /// Of these, articles whose passages do not all have vectors; 0 without a model.
    pub awaiting_vectors: usize,
    /// Problems of the files read in this run, ordered by path; those of files unchanged since an earlier run are not known.
    pub problems: Arc<Vec<Problem>>,
}

/// The place where progress is written by the writer and read or awaited by anybody.
#[derive(Default)]
pub(super) struct Board {
    current: ArcSwap<Progress>,
    changed: Condvar,
    writing: Mutex<()>,
}

impl Board {
    pub(super) fn read(&self) -> Arc<Progress> {
        self.current.load_full()
    }

    /// Shows a new state and logs each problem that was not there before.
    pub(super) fn write(&self, progress: Progress) {
        let before = self.read();
        if !Arc::ptr_eq(&before.problems, &progress.problems) {
            let known: BTreeSet<&Problem> = before.problems.iter().collect();
            progress.problems.iter().filter(|problem| !known.contains(problem)).for_each(log);
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        self.current.store(Arc::new(progress));
        self.changed.notify_all();
    }

    /// Waits until the progress is as wished; `false` if it is not before the time is over.
    pub(super) fn wait_until(&self, time: Duration, wished: impl Fn(&Progress) -> bool) -> bool {
        let deadline = Instant::now() + time;
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if wished(&self.current.load()) {
                return true;
            }
            let Some(left) = deadline.checked_duration_since(Instant::now()) else { return false };
            writing = self.changed.wait_timeout(writing, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

fn log(problem: &Problem) {
    let Problem { path, line, severity, rule, what, mend } = problem;
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    tracing::warn!(rule, ?severity, "{path}{line} {what} — {mend}");
}
