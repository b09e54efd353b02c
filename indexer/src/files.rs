//! The content root as it is on disk: a walk and a read that never leave it, block, or follow a link.

use crate::problem::Problem;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;

/// Largest text (`.md`, `.markdown`, `.toml`, `.yaml`) that is read, in bytes.
pub const MAX_TEXT: u64 = 8 * 1024 * 1024;

/// Deepest folder that is entered, counted from the content root.
const MAX_DEPTH: usize = 24;

/// A regular file under the content root.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// Path relative to the content root, `/` between its parts.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Time of the last modification, nanoseconds since 1970 (UTC).
    pub modified_ns: i64,
    /// Number of the inode: an editor that saves by renaming changes it.
    pub inode: u64,
}

impl Found {
    /// Time of the last modification, milliseconds since 1970 (UTC): what [`crate::article::Article::parse`] takes.
    pub fn modified_ms(&self) -> i64 {
        self.modified_ns.div_euclid(1_000_000)
    }
}

/// What a walk found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Walk {
    /// Regular files, ordered by path.
    pub files: Vec<Found>,
    /// One for each entry that was refused (a link, a pipe, a name that cannot be served, a text too large, a folder that cannot
    /// be read), ordered by path. Names that begin with a dot are passed over in silence.
    pub problems: Vec<Problem>,
}

/// Why a file was not read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No such file, or one that may not be read; also a link in place of the file or of a folder above it.
    #[error("open {path}: {source}")]
    Open {
        /// Path relative to the content root.
        path: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The path has a part that is empty, `.`, `..` or hidden, or the file is a pipe, a device or a folder.
    #[error("{0} is not a regular file under the content root")]
    Refused(String),
    /// The file is larger than [`MAX_TEXT`].
    #[error("{0} is larger than {limit} MiB", limit = MAX_TEXT / 1024 / 1024)]
    TooLarge(String),
}

/// Lists every regular file under a content root. Links are not followed, hidden entries are passed over, nothing is opened but
/// folders.
///
/// # Errors
/// Only when the root itself cannot be opened: a root that is absent is not an empty one.
pub fn walk(root: &Path) -> io::Result<Walk> {
    let folder = open_root(root)?;
    let mut found = Walk::default();
    let mut pending = vec![(String::new(), 0, folder)];
    while let Some((prefix, depth, folder)) = pending.pop() {
        if let Err(error) = list(&prefix, depth, folder, &mut found, &mut pending) {
            found.problems.push(Problem::error(
                prefix.trim_end_matches('/'),
                None,
                "unreadable-folder",
                format!("this folder cannot be read: {error}"),
                "Let the account that Signpost runs under read it.",
            ));
        }
    }
    found.files.sort();
    found.problems.sort();
    Ok(found)
}

/// Reads a text of at most [`MAX_TEXT`] bytes by its path relative to the content root. Never blocks on a pipe or a device, and
/// refuses a link in place of the file or of any folder above it.
pub fn read(root: &Path, path: &str) -> Result<Vec<u8>, ReadError> {
    let file = open(root, path)?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_TEXT + 1).read_to_end(&mut bytes);
    read.map_err(|source| ReadError::Open { path: path.to_owned(), source })?;
    if bytes.len() as u64 > MAX_TEXT { Err(ReadError::TooLarge(path.to_owned())) } else { Ok(bytes) }
}

/// Opens a regular file of any size by its path relative to the content root, as safely as [`read`].
pub fn open(root: &Path, path: &str) -> Result<File, ReadError> {
    let refused = || ReadError::Refused(path.to_owned());
    let failed = |source: io::Error| ReadError::Open { path: path.to_owned(), source };
    if path.split('/').any(|part| part.is_empty() || part.starts_with('.')) || !is_clean(path) {
        return Err(refused());
    }
    let mut folder = open_root(root).map_err(failed)?;
    let (folders, name) = path.rsplit_once('/').map_or(("", path), |(folders, name)| (folders, name));
    for part in folders.split('/').filter(|part| !part.is_empty()) {
        folder = open_folder(&folder, part).map_err(failed)?;
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let file = rustix::fs::openat(&folder, name, flags, Mode::empty()).map_err(|error| failed(error.into()))?;
    let stat = rustix::fs::fstat(&file).map_err(|error| failed(error.into()))?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile { Ok(file.into()) } else { Err(refused()) }
}

/// Whether a file is one of those that are read whole: articles, `portal.toml`, `*.yaml`.
fn is_text(path: &str) -> bool {
    is_article(path) || [".toml", ".yaml", ".yml"].iter().any(|end| path.ends_with(end))
}

/// Says whether a path names a Markdown file.
pub fn is_article(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    name.ends_with(".md") || name.ends_with(".markdown")
}

/// Adds the entries of one folder: files to `found`, folders to `pending`.
fn list(
    prefix: &str,
    depth: usize,
    folder: OwnedFd,
    found: &mut Walk,
    pending: &mut Vec<(String, usize, OwnedFd)>,
) -> io::Result<()> {
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let raw = entry.file_name();
        if raw.to_bytes().starts_with(b".") {
            continue;
        }
        let path = format!("{prefix}{}", raw.to_string_lossy());
        let mut refuse = |rule, what: &str, mend: &str| {
            let shown: String = path.chars().map(|c| if is_plain(c) { c } else { '\u{FFFD}' }).collect();
            found.problems.push(Problem::error(shown, None, rule, what, mend));
        };
        if raw.to_str().is_err() || !is_clean(&path) {
            refuse(
                "unservable-name",
                "this name holds characters that cannot stand in an address (control characters, or bytes that are not UTF-8)",
                "Rename it.",
            );
            continue;
        }
        // An entry that vanished since the folder was listed is simply not there.
        let Ok(stat) = rustix::fs::statat(&folder, raw, AtFlags::SYMLINK_NOFOLLOW) else { continue };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory if depth >= MAX_DEPTH => {
                refuse("too-deep", "this folder lies too deep and is not read", "Move it nearer to the content root.");
            }
            FileType::Directory => match open_folder(&folder, raw) {
                Ok(inner) => pending.push((format!("{path}/"), depth + 1, inner)),
                Err(error) => refuse(
                    "unreadable-folder",
                    &format!("this folder cannot be read: {error}"),
                    "Let the account that Signpost runs under read it.",
                ),
            },
            FileType::RegularFile if is_text(&path) && size(&stat) > MAX_TEXT => refuse(
                "too-large",
                &format!("this file has {} MiB; {} are the limit", size(&stat) >> 20, MAX_TEXT >> 20),
                "Split it into several articles.",
            ),
            FileType::RegularFile => {
                found.files.push(Found { size: size(&stat), modified_ns: modified_ns(&stat), inode: stat.st_ino, path })
            }
            FileType::Symlink => refuse(
                "symbolic-link",
                "this is a symbolic link; links are not followed, so that nothing outside the content root is published",
                "Put the file itself here.",
            ),
            _ => refuse("not-a-file", "this is a pipe, a socket or a device and is not opened", "Remove it."),
        }
    }
    Ok(())
}

fn open_root(root: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(root, flags, Mode::empty())?)
}

fn open_folder<P: rustix::path::Arg>(parent: &OwnedFd, name: P) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::openat(parent, name, flags, Mode::empty())?)
}

fn is_clean(path: &str) -> bool {
    path.chars().all(is_plain)
}

/// Characters that a path may hold: no control characters, no backslash, and not the marks that enclose links in rendered text.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\\' | crate::markdown::LINK_OPEN | crate::markdown::LINK_CLOSE | '\u{FFFD}')
}

fn size(stat: &Stat) -> u64 {
    u64::try_from(stat.st_size).unwrap_or(0)
}

/// The fields' types differ between systems; what no 64 bits hold counts as the beginning of time.
fn modified_ns(stat: &Stat) -> i64 {
    let nanoseconds = i128::from(stat.st_mtime) * 1_000_000_000 + i128::from(stat.st_mtime_nsec);
    i64::try_from(nanoseconds).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn rules(walk: &Walk) -> Vec<(&str, &str)> {
        walk.problems.iter().map(|problem| (problem.path.as_str(), problem.rule)).collect()
    }

    #[test]
    fn a_walk_lists_regular_files_in_order_and_passes_hidden_ones_over() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("p/articles/.git")).unwrap();
        for name in
            ["p/portal.toml", "p/articles/b.md", "p/articles/a.md", "p/articles/.a.md.swp", "p/articles/.git/x.md"]
        {
            fs::write(root.path().join(name), "text").unwrap();
        }
        let walk = walk(root.path()).unwrap();
        let paths: Vec<_> = walk.files.iter().map(|file| (file.path.as_str(), file.size)).collect();
        assert_eq!(paths, [("p/articles/a.md", 4), ("p/articles/b.md", 4), ("p/portal.toml", 4)]);
        assert_eq!(walk.problems, []);
    }

    #[test]
    fn links_pipes_and_unservable_names_are_named_and_never_opened() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret.md"), "secret").unwrap();
        let root = tempfile::tempdir().unwrap();
        symlink(outside.path(), root.path().join("folder")).unwrap();
        symlink(outside.path().join("secret.md"), root.path().join("file.md")).unwrap();
        rustix::fs::mknodat(rustix::fs::CWD, root.path().join("pipe.md"), FileType::Fifo, Mode::RUSR | Mode::WUSR, 0)
            .unwrap();
        fs::write(root.path().join("bell\u{7}.md"), "").unwrap();
        let walk = walk(root.path()).unwrap();
        assert_eq!(walk.files, []);
        assert_eq!(
            rules(&walk),
            [
                ("bell\u{FFFD}.md", "unservable-name"),
                ("file.md", "symbolic-link"),
                ("folder", "symbolic-link"),
                ("pipe.md", "not-a-file")
            ]
        );
        for path in ["folder/secret.md", "file.md", "pipe.md"] {
            assert!(read(root.path(), path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_text_over_the_limit_is_named_while_a_large_asset_is_not() {
        let root = tempfile::tempdir().unwrap();
        for name in ["big.md", "film.mp4"] {
            File::create(root.path().join(name)).unwrap().set_len(MAX_TEXT + 1).unwrap();
        }
        let walk = walk(root.path()).unwrap();
        assert_eq!(rules(&walk), [("big.md", "too-large")]);
        assert_eq!(walk.files.len(), 1);
        assert!(matches!(read(root.path(), "big.md"), Err(ReadError::TooLarge(_))));
    }

    #[test]
    fn a_read_stays_under_the_root() {
        let parent = tempfile::tempdir().unwrap();
        let root = parent.path().join("content");
        fs::create_dir(&root).unwrap();
        fs::write(parent.path().join("secret.md"), "secret").unwrap();
        fs::write(root.join("a.md"), "text").unwrap();
        assert_eq!(read(&root, "a.md").unwrap(), b"text");
        for path in ["../secret.md", "/etc/hostname", "./a.md", "a.md/", "", "a.md/../a.md", ".hidden"] {
            assert!(matches!(read(&root, path), Err(ReadError::Refused(_))), "{path}");
        }
    }

    #[test]
    fn an_absent_root_is_an_error_and_not_an_empty_walk() {
        let root = tempfile::tempdir().unwrap();
        assert!(walk(&root.path().join("gone")).is_err());
    }
}
