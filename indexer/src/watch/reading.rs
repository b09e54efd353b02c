//! One file to one article as it is to be shown now: read whole, and hidden outside its times.

use crate::article::{Article, Head};
use crate::audience::Audience;
use crate::files::{self, Found, MAX_TEXT, ReadError};
use crate::portal::Portal;
use crate::problem::Problem;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// A file's bytes, with what the system said of the file when they were read.
pub(super) struct Content {
    pub(super) bytes: Vec<u8>,
    pub(super) stamp: Stamp,
}

/// What tells a file from an earlier state of it without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    modified_ns: i64,
    inode: u64,
}

/// Why a file has no content now.
pub(super) enum Unread {
    /// It was being written, or has gone since it was listed: look again soon.
    Unsettled,
    /// It cannot be read.
    Refused(ReadError),
}

/// Within this time of a modification a file may change again without a new stamp: clocks of file systems are coarse.
const COARSE_NS: i64 = 2_000_000_000;

impl Stamp {
    pub(super) fn of(found: &Found) -> Self {
        Self { size: found.size, modified_ns: found.modified_ns, inode: found.inode }
    }

    pub(super) fn modified_ms(&self) -> i64 {
        self.modified_ns.div_euclid(1_000_000)
    }

    /// Says whether a file with this stamp, read now, can be taken as unchanged while the stamp stays.
    pub(super) fn settles(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_nanos()).unwrap_or(i64::MAX).saturating_sub(self.modified_ns) > COARSE_NS
    }
}

/// Reads a file; content that changed meanwhile is not trusted.
pub(super) fn read(root: &Path, path: &str) -> Result<Content, Unread> {
    let refused = |source| Unread::Refused(ReadError::Open { path: path.to_owned(), source });
    let file = files::open(root, path).map_err(|error| match error {
        ReadError::Open { ref source, .. } if source.kind() == std::io::ErrorKind::NotFound => Unread::Unsettled,
        error => Unread::Refused(error),
    })?;
    let stamp = |file: &std::fs::File| {
        let metadata = file.metadata().map_err(refused)?;
        let modified_ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
        Ok(Stamp { size: metadata.size(), modified_ns, inode: metadata.ino() })
    };
    let before = stamp(&file)?;
    if before.size > MAX_TEXT {
        return Err(Unread::Refused(ReadError::TooLarge(path.to_owned())));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.size).unwrap_or_default());
    (&file).take(MAX_TEXT + 1).read_to_end(&mut bytes).map_err(refused)?;
    if stamp(&file)? != before || bytes.len() as u64 != before.size {
        return Err(Unread::Unsettled);
    }
    Ok(Content { bytes, stamp: before })
}

/// Reads an article as it is to be shown at `now` (ms UTC): outside its times it is hidden. Its digest is the [`fingerprint`].
/// `None` if the reader itself fails on it: one file must not end the indexing of all others.
pub(super) fn article(portal: &Portal, path: &str, content: &Content, now: i64) -> Option<(Article, Vec<Problem>)> {
    let parse = || Article::parse(portal, path, &content.bytes, content.stamp.modified_ms());
    let (mut article, problems) = catch_unwind(AssertUnwindSafe(parse)).ok()?;
    let shown = is_in_time(&article.head, now);
    if !shown {
        article.head.audience = Audience::Hidden;
    }
    article.head.digest = fingerprint(blake3::hash(&content.bytes).as_bytes(), &portal.reading_digest(), shown);
    Some((article, problems))
}

/// Digest over all that an indexed article depends on: its file's bytes (their blake3), how its portal reads files, and whether
/// it is within its times. Equal fingerprints: nothing to do.
pub(super) fn fingerprint(bytes: &[u8; 32], reading: &[u8; 32], in_time: bool) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes).update(reading).update(&[u8::from(in_time)]);
    *hasher.finalize().as_bytes()
}

/// Says whether an article is published and not expired at `now` (ms UTC).
pub(super) fn is_in_time(head: &Head, now: i64) -> bool {
    head.publish_at.is_none_or(|from| from <= now) && head.expires_at.is_none_or(|until| now < until)
}

/// The next moment (ms UTC) after `now` at which [`is_in_time`] changes.
pub(super) fn next_change(head: &Head, now: i64) -> Option<i64> {
    [head.publish_at, head.expires_at].into_iter().flatten().filter(|at| *at > now).min()
}
