//! All portals at one moment, and what each distinct viewer sees of them.

use crate::audience::Grants;
use crate::portal::Portal;
use crate::visible::{Living, VisibleIndex};
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Distinct visible sets of one portal that are kept built.
const MOST_VISIBLE_SETS: usize = 256;

/// All portals at one moment. A request keeps the one it began with.
#[derive(Default)]
pub struct Snapshot {
    portals: BTreeMap<String, ServedPortal>,
}

/// A portal that is served.
struct ServedPortal {
    portal: Arc<Portal>,
    /// In the order of their keys, each with at least one living article.
    partitions: Vec<Arc<Living>>,
    built: Mutex<Built>,
}

/// Indexes of visible sets, by the versions of their partitions.
#[derive(Default)]
struct Built {
    sets: HashMap<Vec<u64>, (u64, Cell)>,
    uses: u64,
}

/// Filled by the first request that needs it; concurrent ones wait for that.
type Cell = Arc<OnceLock<Arc<VisibleIndex>>>;

impl Snapshot {
    /// Portals that are served, by id.
    pub fn portals(&self) -> impl Iterator<Item = &Arc<Portal>> {
        self.portals.values().map(|served| &served.portal)
    }

    /// A portal by id.
    pub fn portal(&self, id: &str) -> Option<&Arc<Portal>> {
        self.portals.get(id).map(|served| &served.portal)
    }

    /// What a viewer of a portal may see: built at first use for each distinct visible set, then shared. `None`: no such portal.
    pub fn visible(&self, portal: &str, grants: &Grants) -> Option<Arc<VisibleIndex>> {
        let served = self.portals.get(portal)?;
        let admits = |living: &&Arc<Living>| living.partition().key.audience.admits(grants);
        let visible: Vec<Arc<Living>> = served.partitions.iter().filter(admits).cloned().collect();
        let cell = served.cell(visible.iter().map(|living| living.version()).collect());
        let index = cell.get_or_init(|| {
            let index = VisibleIndex::new(&visible);
            if index.partitions_left_out() > 0 {
                tracing::error!(
                    portal,
                    visible = visible.len(),
                    left_out = index.partitions_left_out(),
                    "a viewer may see more partitions than are searched; the last ones by audience are left out: use fewer \
                     distinct audiences and languages"
                );
            }
            Arc::new(index)
        });
        Some(Arc::clone(index))
    }

    /// The same snapshot with one portal put in, replaced or, without `served`, taken out. Visible sets that are not touched by
    /// the change stay built.
    pub(super) fn with(&self, id: &str, served: Option<(Arc<Portal>, Vec<Arc<Living>>)>) -> Self {
        let keep = |(id, served): (&String, &ServedPortal)| (id.clone(), served.share());
        let mut portals: BTreeMap<_, _> = self.portals.iter().filter(|(other, _)| *other != id).map(keep).collect();
        if let Some((portal, partitions)) = served {
            let built = self.portals.get(id).map(|before| before.still_right(&partitions)).unwrap_or_default();
            portals.insert(id.to_owned(), ServedPortal { portal, partitions, built: Mutex::new(built) });
        }
        Self { portals }
    }
}

impl ServedPortal {
    fn cell(&self, versions: Vec<u64>) -> Cell {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        built.uses += 1;
        let now = built.uses;
        if let Some((last_used, cell)) = built.sets.get_mut(&versions) {
            *last_used = now;
            return Arc::clone(cell);
        }
        if built.sets.len() >= MOST_VISIBLE_SETS {
            let oldest =
                built.sets.iter().min_by_key(|(_, (last_used, _))| *last_used).map(|(versions, _)| versions.clone());
            oldest.map(|versions| built.sets.remove(&versions));
        }
        let cell = Cell::default();
        built.sets.insert(versions, (now, Arc::clone(&cell)));
        cell
    }

    /// What is built of partitions that are all still there, unchanged.
    fn still_right(&self, partitions: &[Arc<Living>]) -> Built {
        let built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let there = |version: &u64| partitions.iter().any(|living| living.version() == *version);
        let sets = built.sets.iter().filter(|(versions, _)| versions.iter().all(there));
        Built { sets: sets.map(|(versions, set)| (versions.clone(), set.clone())).collect(), uses: built.uses }
    }

    fn share(&self) -> Self {
        let built = Mutex::new(self.still_right(&self.partitions));
        Self { portal: Arc::clone(&self.portal), partitions: self.partitions.clone(), built }
    }
}
