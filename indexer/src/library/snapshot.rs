//! All portals at one moment, and what each distinct viewer sees of them.

use super::shelf::Served;
use crate::audience::Grants;
use crate::portal::Portal;
use crate::steering::Sheet;
use crate::visible::{Living, VisibleIndex};
use std::collections::{BTreeMap, HashMap, HashSet};
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
    served: Served,
    built: Mutex<Built>,
}

/// Indexes of visible sets, by the versions of their partitions and sheets.
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
        self.portals.values().map(|portal| &portal.served.portal)
    }

    /// A portal by id.
    pub fn portal(&self, id: &str) -> Option<&Arc<Portal>> {
        self.portals.get(id).map(|portal| &portal.served.portal)
    }

    /// What a viewer of a portal may see: built at first use for each distinct visible set, then shared. `None`: no such portal.
    pub fn visible(&self, portal: &str, grants: &Grants) -> Option<Arc<VisibleIndex>> {
        let shown = self.portals.get(portal)?;
        let (visible, sheets) = shown.served.seen(grants);
        let versions = visible.iter().map(|living| living.version()).chain(sheets.iter().map(|(version, _)| *version));
        let cell = shown.cell(versions.collect());
        let index = cell.get_or_init(|| {
            let sheets: Vec<&Sheet> = sheets.iter().map(|(_, sheet)| &**sheet).collect();
            let index = VisibleIndex::new(&visible, &sheets);
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

    /// The partitions and sheets that a viewer of a portal may see, in order. `None`: no such portal.
    pub(super) fn seen(&self, portal: &str, grants: &Grants) -> Option<(Vec<Arc<Living>>, Vec<&Sheet>)> {
        let (visible, sheets) = self.portals.get(portal)?.served.seen(grants);
        Some((visible, sheets.into_iter().map(|(_, sheet)| &**sheet).collect()))
    }

    /// The same snapshot with one portal put in, replaced or, without `served`, taken out. Visible sets that are not touched by
    /// the change stay built.
    pub(super) fn with(&self, id: &str, served: Option<Served>) -> Self {
        let keep = |(id, portal): (&String, &ServedPortal)| (id.clone(), portal.share());
        let mut portals: BTreeMap<_, _> = self.portals.iter().filter(|(other, _)| *other != id).map(keep).collect();
        if let Some(served) = served {
            let built = self.portals.get(id).map(|before| before.still_right(&served)).unwrap_or_default();
            portals.insert(id.to_owned(), ServedPortal { served, built: Mutex::new(built) });
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

    /// What is built of partitions and sheets that are all still there, unchanged.
    fn still_right(&self, served: &Served) -> Built {
        let built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let versions = served.partitions.iter().map(|living| living.version());
        let versions: HashSet<u64> = versions.chain(served.sheets.iter().map(|(version, _)| *version)).collect();
        let there = |version: &u64| versions.contains(version);
        let sets = built.sets.iter().filter(|(versions, _)| versions.iter().all(there));
        Built { sets: sets.map(|(versions, set)| (versions.clone(), set.clone())).collect(), uses: built.uses }
    }

    fn share(&self) -> Self {
        let built = Mutex::new(self.still_right(&self.served));
        Self { served: self.served.clone(), built }
    }
}
