//! Work that takes a core for a while: as much at once as there are cores, on threads of its own, so that those that talk to the
//! network stay free to answer and to refuse.

use super::error::Problem;
use tokio::sync::Semaphore;

/// Turns at the cores. Whoever waits for one still holds their seat ([`super::limits::Limits::seat`]): the queue is as long as the
/// seats are many, and what comes on top is refused at once.
pub struct Cores(Semaphore);

impl Default for Cores {
    /// As many turns as the machine has cores.
    fn default() -> Self {
        Self(Semaphore::new(std::thread::available_parallelism().map_or(1, usize::from)))
    }
}

impl Cores {
    /// Does a piece of work when it is its turn, first come first served. Dropped before its turn, it is not done.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
        // The semaphore is never closed.
        let _turn = self.0.acquire().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)
    }
}
