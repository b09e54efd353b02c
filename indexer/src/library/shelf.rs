//! One portal's partitions, which of their articles are denied, and what editors wrote beside them.

use crate::article::Head;
use crate::audience::Grants;
use crate::partition::{Batch, Key, Partition, Put};
use crate::portal::Portal;
use crate::steering::Sheet;
use crate::visible::Living;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Changes by path: the article, or nothing where it is removed.
pub(super) type Prepared = BTreeMap<String, Option<Put>>;

/// A sheet with its version, which no partition has.
pub(super) type Versioned = (u64, Arc<Sheet>);

/// One portal's partitions.
#[derive(Default)]
pub(super) struct Shelf {
    /// `None` while it is not served.
    pub(super) portal: Option<Arc<Portal>>,
    partitions: BTreeMap<Key, Arc<Living>>,
    /// Each with its version.
    sheets: Vec<Versioned>,
    /// Paths of denied articles, with the time of their denial.
    denied: HashMap<String, u64>,
    /// Times of denials and versions of partitions and sheets, in the order in which they came about.
    clock: u64,
}

/// What a snapshot shows of a portal.
#[derive(Clone)]
pub(super) struct Served {
    /// Its configuration.
    pub(super) portal: Arc<Portal>,
    /// In the order of their keys, each with at least one living article.
    pub(super) partitions: Vec<Arc<Living>>,
    /// What editors wrote, by audience; each with its version, which no partition has.
    pub(super) sheets: Vec<Versioned>,
}

impl Served {
    /// The partitions and sheets that a viewer may see, in order.
    pub(super) fn seen(&self, grants: &Grants) -> (Vec<Arc<Living>>, Vec<&Versioned>) {
        let partitions = self.partitions.iter().filter(|living| living.partition().key.audience.admits(grants));
        let sheets = self.sheets.iter().filter(|(_, sheet)| sheet.audience.admits(grants));
        (partitions.cloned().collect(), sheets.collect())
    }
}

/// Changes sorted by the partitions that they touch.
pub(super) struct Planned {
    /// Each partition once.
    pub(super) partitions: Vec<Touched>,
    paths: BTreeSet<String>,
    /// A denial after this time is not lifted by these changes.
    time: u64,
}

/// A partition and what changes in it.
pub(super) struct Touched {
    pub(super) key: Key,
    /// As it is now, if it exists.
    pub(super) current: Option<Arc<Partition>>,
    pub(super) batch: Batch,
}

impl Touched {
    /// Says of which paths the partition, as it is after the commit, does not hold what the batch asks for.
    fn wrong(&self, after: Option<&Partition>) -> Vec<&str> {
        let head = |path: &str| after.and_then(|partition| partition.head(path));
        let missing =
            self.batch.put.iter().filter(|(path, put)| head(path) != Some(&put.article.head)).map(|(path, _)| path);
        let still_there = self.batch.remove.iter().filter(|path| head(path).is_some());
        missing.chain(still_there).map(String::as_str).collect()
    }
}

impl Shelf {
    /// Its partitions, whatever is denied in them.
    pub(super) fn partitions(&self) -> impl Iterator<Item = &Partition> {
        self.partitions.values().map(|living| &**living.partition())
    }

    /// What a snapshot shows of it: nothing unless it is served, and no partition in which nothing is alive.
    pub(super) fn served(&self) -> Option<Served> {
        let living = self.partitions.values().filter(|living| living.any()).cloned();
        let portal = Arc::clone(self.portal.as_ref()?);
        Some(Served { portal, partitions: living.collect(), sheets: self.sheets.clone() })
    }

    /// Replaces what editors wrote; a sheet that says what it said keeps its version.
    pub(super) fn steer(&mut self, sheets: Vec<Sheet>) {
        let sheets = sheets.into_iter().map(|sheet| match self.sheets.iter().find(|(_, old)| **old == sheet) {
            Some(same) => same.clone(),
            None => {
                self.clock += 1;
                (self.clock, Arc::new(sheet))
            }
        });
        self.sheets = sheets.collect();
    }

    /// Puts a partition in its place.
    pub(super) fn add(&mut self, partition: Partition) {
        self.clock += 1;
        let living = Living::new(Arc::new(partition), &self.denied, self.clock);
        self.partitions.insert(living.partition().key.clone(), Arc::new(living));
    }

    /// Denies articles.
    pub(super) fn deny(&mut self, paths: &[String]) {
        self.clock += 1;
        self.denied.extend(paths.iter().map(|path| (path.clone(), self.clock)));
        for living in self.partitions.values_mut() {
            if paths.iter().any(|path| living.partition().head(path).is_some()) {
                self.clock += 1;
                *living = Arc::new(Living::new(Arc::clone(living.partition()), &self.denied, self.clock));
            }
        }
    }

    /// Sorts changes by partitions, and denies what leaves one.
    pub(super) fn plan(&mut self, changes: Prepared) -> Planned {
        let paths = changes.keys().cloned().collect();
        let mut batches = BTreeMap::<Key, Batch>::new();
        let mut leaving = Vec::new();
        for (path, put) in changes {
            let target = put.as_ref().map(|put| key_of(&put.article.head));
            let holders = self.partitions.iter().filter(|(_, living)| living.partition().head(&path).is_some());
            for (left, _) in holders.filter(|(key, _)| target.as_ref() != Some(key)) {
                batches.entry(left.clone()).or_default().remove.insert(path.clone());
                leaving.push(path.clone());
            }
            if let (Some(key), Some(put)) = (target, put) {
                batches.entry(key).or_default().put.insert(path, put);
            }
        }
        self.deny(&leaving);
        let current = |key: &Key| self.partitions.get(key).map(|living| Arc::clone(living.partition()));
        let partitions =
            batches.into_iter().map(|(key, batch)| Touched { current: current(&key), key, batch }).collect();
        Planned { partitions, paths, time: self.clock }
    }

    /// Puts the partitions in their places as they are `after` the commits, and lifts the denials of all articles of which the
    /// index now holds what their changes asked for.
    pub(super) fn install(&mut self, planned: &Planned, after: Vec<Option<Partition>>) {
        let outcomes = || planned.partitions.iter().zip(&after);
        let wrong: HashSet<&str> = outcomes().flat_map(|(touched, after)| touched.wrong(after.as_ref())).collect();
        let right = |path: &str| planned.paths.contains(path) && !wrong.contains(path);
        self.denied.retain(|path, time| *time > planned.time || !right(path));
        for (touched, partition) in planned.partitions.iter().zip(after) {
            match partition {
                Some(partition) => self.add(partition),
                None => drop(self.partitions.remove(&touched.key)),
            }
        }
    }
}

/// The partition that an article belongs to.
pub(super) fn key_of(head: &Head) -> Key {
    Key { audience: head.audience.clone(), language: head.language.clone() }
}
