//! What visitors said of articles, counted behind the requests and read by them without waiting.

use super::App;
use crate::deflection::helpfulness::{Vote, count};
use crate::deflection::log::Hash;
use crate::deflection::question::Rules;
use crate::retrieval::Helped;
use crate::store::StoreError;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Notify;

/// Votes are counted again at most this often.
const PAUSE: Duration = Duration::from_secs(1);
/// And at least this often, since they are forgotten after a while.
const AGAIN: Duration = Duration::from_secs(3_600);

/// What was counted last, and the word that there is more.
#[derive(Default)]
pub struct Helpfulness {
    counted: RwLock<Arc<Counted>>,
    voted: Notify,
}

/// By portal and what a viewer holds.
type Counted = HashMap<String, HashMap<Hash, Arc<Helped>>>;

impl Helpfulness {
    /// What visitors said who hold what the viewer holds; that is asked for only where anybody said anything.
    pub fn of(&self, portal: &str, held: impl FnOnce() -> Hash) -> Option<Arc<Helped>> {
        let counted = Arc::clone(&self.counted.read().unwrap_or_else(PoisonError::into_inner));
        let groups = counted.get(portal).filter(|groups| !groups.is_empty())?;
        groups.get(&held()).cloned()
    }

    /// Notes that somebody has voted.
    pub fn note_vote(&self) {
        self.voted.notify_one();
    }
}

/// Counts votes now and whenever there are more, until it is dropped.
pub async fn keep_counting(app: Arc<App>) {
    loop {
        if let Err(error) = recount(&app).await {
            tracing::error!(%error, "count votes; answers go by the last count until the next try");
        }
        tokio::time::sleep(PAUSE).await;
        // Time over is as good a reason as a vote.
        let _ = tokio::time::timeout(AGAIN, app.helpfulness.voted.notified()).await;
    }
}

/// Counts votes once.
///
/// # Errors
/// They could not be read; what was counted before stays.
pub async fn recount(app: &App) -> Result<(), StoreError> {
    let groups = |votes: Vec<Vote>| {
        let counted = count(&votes, Rules::default().min_group).into_iter();
        counted.map(|(held, helped)| (held, Arc::new(helped))).collect()
    };
    let votes = app.store.votes().await?.into_iter();
    let counted = Arc::new(votes.map(|(portal, votes)| (portal, groups(votes))).collect());
    *app.helpfulness.counted.write().unwrap_or_else(PoisonError::into_inner) = counted;
    Ok(())
}
