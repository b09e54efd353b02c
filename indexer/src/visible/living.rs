//! A partition less the articles that must not be seen: deleted by a later commit, or denied before one.

use crate::partition::Partition;
use std::collections::HashMap;
use std::sync::Arc;

/// A partition and which of its articles are alive. There is no other place where an article's life is decided: whatever is
/// counted or shown is counted over these.
pub(crate) struct Living {
    partition: Arc<Partition>,
    /// By segment and article in it.
    alive: Vec<Vec<bool>>,
    /// Distinguishes it from every other one of its library.
    version: u64,
}

impl Living {
    /// The articles of a partition that are not deleted, less those at the paths of `denied`.
    pub(crate) fn new(partition: Arc<Partition>, denied: &HashMap<String, u64>, version: u64) -> Self {
        let mut alive = partition.alive.clone();
        for (segment, article) in denied.keys().filter_map(|path| partition.find(path)) {
            alive[segment][article] = false;
        }
        Self { partition, alive, version }
    }

    /// The same less one article, as a version that stands in no cache.
    pub(crate) fn without(&self, path: &str) -> Self {
        let mut alive = self.alive.clone();
        if let Some((segment, article)) = self.partition.find(path) {
            alive[segment][article] = false;
        }
        Self { partition: Arc::clone(&self.partition), alive, version: 0 }
    }

    /// Whether an article is in it and alive.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.partition.find(path).is_some_and(|(segment, article)| self.alive[segment][article])
    }

    /// The partition, dead articles included.
    pub(crate) fn partition(&self) -> &Arc<Partition> {
        &self.partition
    }

    /// Which articles of a segment are alive, by their place in it.
    pub(crate) fn alive(&self, segment: usize) -> &[bool] {
        &self.alive[segment]
    }

    /// Whether any article is alive.
    pub(crate) fn any(&self) -> bool {
        self.alive.iter().flatten().any(|alive| *alive)
    }

    /// Distinguishes it from every other one of its library.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }
}
