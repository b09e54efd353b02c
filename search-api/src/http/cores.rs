//! Work that takes a core for a while: as much at once as there are cores, so that some of the threads that talk to the network are
//! always free to answer and to refuse.

use super::error::Problem;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Threads beside those at work: enough to take connections, refuse what is too much, and write.
const FREE: usize = 2;

/// Turns at the cores. Whoever waits for one still holds their seat ([`super::limits::Limits::seat`]): the queue is as long as the
/// seats are many, and what comes on top is refused at once.
pub struct Cores {
    /// Of what customers ask.
    turns: Semaphore,
    /// Of what analysts and editors ask, which takes seconds.
    behind: Semaphore,
    /// Of what nobody waits for.
    last: Semaphore,
}

impl Default for Cores {
    /// As many turns as the machine has cores; behind them, half as many, and last one.
    fn default() -> Self {
        Self { turns: Semaphore::new(cores()), behind: Semaphore::new(cores().div_ceil(2)), last: Semaphore::new(1) }
    }
}

impl Cores {
    /// Threads that the runtime needs so that work in turn never takes the last.
    pub fn threads() -> usize {
        cores() + FREE
    }

    /// Does a piece of work of some milliseconds when it is its turn, first come first served, on the thread that asks: to hand it to
    /// another and wait for the answer costs as much as a short search. Dropped before its turn, it is not done.
    pub async fn run<T>(&self, work: impl FnOnce() -> T) -> Result<T, Problem> {
        let _turn = turn(&self.turns).await?;
        Ok(work())
    }

    /// The same for work that may take longer, on a thread of its own.
    pub async fn run_aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _turn = turn(&self.turns).await?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }

    /// The same for reports and the like: they wait for one another, and no customer for them.
    pub async fn run_behind<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _turn = turn(&self.behind).await?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }

    /// The same for what nobody waits for and takes many seconds: no report waits for it either.
    pub async fn run_last<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _turn = turn(&self.last).await?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }
}

async fn turn(turns: &Semaphore) -> Result<SemaphorePermit<'_>, Problem> {
    // No semaphore here is ever closed.
    turns.acquire().await.map_err(Problem::internal)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex, mpsc};

    #[tokio::test]
    async fn no_search_waits_for_reports_however_many_there_are() {
        let shared = Arc::new(Cores::default());
        let (release, held) = mpsc::channel::<()>();
        let (begin, mut begun) = tokio::sync::mpsc::unbounded_channel();
        let held = Arc::new(Mutex::new(held));
        let report = |_| {
            let (shared, held, begin) = (Arc::clone(&shared), Arc::clone(&held), begin.clone());
            // Worked out until nobody can release it any more.
            let work = move || begin.send(()).is_ok() && held.lock().is_ok_and(|held| held.recv().is_err());
            tokio::spawn(async move { shared.run_behind(work).await })
        };
        let reports: Vec<_> = (0..4 * cores()).map(report).collect();
        begun.recv().await.expect("one has begun");
        assert_eq!(shared.run(|| 1).await.ok(), Some(1));
        assert_eq!(shared.run_aside(|| 2).await.ok(), Some(2));
        drop(release);
        for report in reports {
            assert_eq!(report.await.expect("not stopped").ok(), Some(true));
        }
    }
}
