//! The file system's events as hints: whatever they name, and whatever they miss, the disk decides.

use super::inbox::Inbox;
use notify::event::{AccessKind, AccessMode};
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Watches over a content root that may vanish and come back.
pub(super) struct Events {
    root: PathBuf,
    inbox: Arc<Inbox>,
    armed: Option<Armed>,
    complained: bool,
}

/// A watcher and the folder that it watches.
struct Armed {
    _watcher: RecommendedWatcher,
    /// Device and inode of the root, if there was one.
    identity: Option<(u64, u64)>,
    canonical: PathBuf,
    /// Set when the root itself was moved or removed: its watches are gone.
    lost: Arc<AtomicBool>,
}

impl Events {
    /// Watches nothing yet: see [`Self::arm`].
    pub(super) fn new(root: &Path, inbox: Arc<Inbox>) -> Self {
        Self { root: root.into(), inbox, armed: None, complained: false }
    }

    /// Makes sure that the root that is there now is the one watched. Says whether events can be relied on as hints.
    pub(super) fn arm(&mut self) -> bool {
        let canonical = fs::canonicalize(&self.root).ok();
        let identity = canonical.as_deref().and_then(identity);
        let holds = |armed: &Armed| armed.identity == identity && !armed.lost.load(Ordering::Relaxed);
        if self.armed.as_ref().is_some_and(holds) {
            return true;
        }
        self.armed = None; // Its watches end before the new ones begin.
        match self.watch(canonical, identity) {
            Ok(armed) => {
                self.armed = Some(armed);
                self.complained = false;
                true
            }
            Err(error) => {
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::warn!(
                        root = %self.root.display(), %error,
                        "cannot watch the content root, so it is compared with the index every few seconds \
                         (for a network file system use --poll; for \"max files watch\" raise fs.inotify.max_user_watches)"
                    );
                }
                false
            }
        }
    }

    /// Path of a file under the root, relative to it, `/` between its parts.
    pub(super) fn relative(&self, path: &Path) -> Option<String> {
        let inner = path.strip_prefix(&self.armed.as_ref()?.canonical).ok()?;
        let parts: Option<Vec<&str>> = inner.iter().map(|part| part.to_str()).collect();
        Some(parts?.join("/"))
    }

    fn watch(&self, canonical: Option<PathBuf>, identity: Option<(u64, u64)>) -> notify::Result<Armed> {
        let absolute = std::path::absolute(&self.root)?;
        let canonical = canonical.unwrap_or_else(|| absolute.clone());
        let lost = Arc::new(AtomicBool::new(false));
        let callback = {
            let (inbox, lost) = (Arc::clone(&self.inbox), Arc::clone(&lost));
            let roots = [absolute.clone(), canonical.clone()];
            move |event: notify::Result<Event>| note(event, &roots, &lost, &inbox)
        };
        let mut watcher = RecommendedWatcher::new(callback, Config::default().with_follow_symlinks(false))?;
        // The folder above tells of a root that is moved, removed or put back.
        let above: BTreeSet<_> = [&absolute, &canonical].into_iter().filter_map(|path| path.parent()).collect();
        let above: Vec<_> = above.into_iter().filter(|folder| folder.is_dir()).collect();
        for folder in &above {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        if identity.is_some() {
            watcher.watch(&canonical, RecursiveMode::Recursive)?;
        } else if above.is_empty() {
            return Err(notify::Error::path_not_found());
        }
        Ok(Armed { _watcher: watcher, identity, canonical, lost })
    }
}

/// Notes one event: what reads only is passed over, and so is what happens beside the root.
fn note(event: notify::Result<Event>, roots: &[PathBuf; 2], lost: &AtomicBool, inbox: &Inbox) {
    let Ok(event) = event else {
        inbox.touch([]); // Watches may be missing now.
        return;
    };
    match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => {}
        EventKind::Access(_) => return,
        _ if event.paths.iter().any(|path| roots.contains(path)) => lost.store(true, Ordering::Relaxed),
        _ => {}
    }
    let inside = |path: &PathBuf| roots.iter().any(|root| path.starts_with(root));
    let paths: Vec<_> = event.paths.iter().filter(|path| inside(path)).cloned().collect();
    if !paths.is_empty() || event.need_rescan() {
        inbox.touch(paths);
    }
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    let folder = fs::metadata(path).ok().filter(fs::Metadata::is_dir)?;
    Some((folder.dev(), folder.ino()))
}
