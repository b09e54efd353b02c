//! Work that takes a core for a while: as much at once as there are cores, so that some of the threads that talk to the network are
//! always free to answer and to refuse.

use super::error::Problem;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Threads beside those at work: enough to take connections, refuse what is too much, and write.
const FREE: usize = 2;

/// Turns at the cores. Whoever waits for one still holds their seat ([`super::limits::Limits::seat`]): the queue is as long as the
/// seats are many, and what comes on top is refused at once.
pub struct Cores(Semaphore);

impl Default for Cores {
    /// As many turns as the machine has cores.
    fn default() -> Self {
        Self(Semaphore::new(cores()))
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
        let _turn = self.turn().await?;
        Ok(work())
    }

    /// The same for work that may take longer, on a thread of its own.
    pub async fn run_aside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        let _turn = self.turn().await?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }

    async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        // The semaphore is never closed.
        self.0.acquire().await.map_err(Problem::internal)
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
