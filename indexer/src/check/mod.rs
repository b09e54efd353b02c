//! Lints a content root: every problem of every file, and those that only show between files.

mod between;
mod steered;

use crate::article::Article;
use crate::audience::Audience;
use crate::files::{self, ReadError, is_article};
use crate::portal::Portal;
use crate::problem::{Problem, Severity};
use crate::steering::{PINS, SYNONYMS, Steering};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What a check found.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Portals, served or not.
    pub portals: usize,
    /// Articles read, hidden ones included.
    pub articles: usize,
    /// Articles that somebody but editors can see.
    pub visible: usize,
    /// Passages that the articles are cut into.
    pub passages: usize,
    /// Every problem, by file and line.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Says whether nothing but warnings was found.
    pub fn passed(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity == Severity::Warning)
    }
}

/// Reads every portal under a content root as the indexer would, and compares the articles of each with one another. `now` (ms UTC)
/// decides what has expired or is due for review.
///
/// # Errors
/// Only when the root itself cannot be opened.
pub fn check(root: &Path, now: i64) -> io::Result<Report> {
    let walk = files::walk(root)?;
    let mut report = Report { portals: 0, articles: 0, visible: 0, passages: 0, problems: walk.problems };
    let mut folders: BTreeMap<&str, Vec<(&str, i64)>> = BTreeMap::new();
    for file in &walk.files {
        if let Some((portal, path)) = file.path.split_once('/') {
            folders.entry(portal).or_default().push((path, file.modified_ms()));
        }
    }
    for (id, paths) in folders {
        if !paths.iter().any(|(path, _)| *path == "portal.toml") {
            if paths.iter().any(|(path, _)| is_article(path)) {
                let mend = "Add a portal.toml with at least `name = \"…\"`.";
                let what = "this folder holds articles and no portal.toml, so it is not served";
                report.problems.push(Problem::error(id, None, "no-portal", what, mend));
            }
            continue;
        }
        report.portals += 1;
        check_portal(root, id, &paths, now, &mut report);
    }
    report.problems.sort();
    Ok(report)
}

fn check_portal(root: &Path, id: &str, paths: &[(&str, i64)], now: i64, report: &mut Report) {
    let Some(bytes) = read(root, &format!("{id}/portal.toml"), report) else { return };
    let (portal, problems) = Portal::parse(id, &String::from_utf8_lossy(&bytes));
    report.problems.extend(problems);
    let Some(portal) = portal else { return };
    let mut articles = Vec::new();
    for (path, modified) in paths {
        let Some(within) = path.strip_prefix("articles/").filter(|_| is_article(path)) else { continue };
        let Some(bytes) = read(root, &format!("{id}/{path}"), report) else { continue };
        let (article, problems) = Article::parse(&portal, within, &bytes, *modified);
        report.problems.extend(problems);
        report.articles += 1;
        report.visible += usize::from(article.head.audience != Audience::Hidden);
        report.passages += crate::passage::passages(&article).len();
        articles.push(between::Checked::of(article));
    }
    let mut beside = |name: &str| {
        let bytes =
            paths.iter().any(|(path, _)| *path == name).then(|| read(root, &format!("{id}/{name}"), report))??;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    let (synonyms, pins) = (beside(SYNONYMS), beside(PINS));
    let (steering, problems) = Steering::parse(&portal, synonyms.as_deref(), pins.as_deref());
    report.problems.extend(problems);
    let heads: Vec<_> = articles.iter().map(between::Checked::head).collect();
    report.problems.extend(steered::problems(&portal, &heads, &steering, now));
    let files = paths.iter().map(|(path, _)| *path).collect();
    report.problems.extend(between::problems(&portal, &articles, files, now));
}

fn read(root: &Path, path: &str, report: &mut Report) -> Option<Vec<u8>> {
    match files::read(root, path) {
        Ok(bytes) => Some(bytes),
        // It went since the walk: no problem of the content.
        Err(ReadError::Open { source, .. }) if source.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            let mend = "Let the account that Signpost runs under read it.";
            report.problems.push(Problem::error(path, None, "unreadable-file", error.to_string(), mend));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Rules and places of what is found in a portal of these files.
    fn check_files(files: &[(&str, &str)]) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let report = check(root.path(), 1_800_000_000_000).unwrap();
        let place = |problem: &Problem| match problem.line {
            Some(line) => format!("{} {}:{line}", problem.rule, problem.path),
            None => format!("{} {}", problem.rule, problem.path),
        };
        report.problems.iter().map(place).collect()
    }

    const PORTAL: (&str, &str) =
        ("p/portal.toml", "name = \"P\"\ndefault_audience = \"public\"\n[[roles]]\nname = \"admin\"\n");

    #[test]
    fn sound_content_has_no_problem() {
        let a = "---\ntitle: A\n---\n[b](b.md#part) ![x](x.png) [top](#part) [slug](bee)\n";
        let b = "---\ntitle: B\nslug: bee\n---\n## Part\n";
        assert_eq!(
            check_files(&[PORTAL, ("p/articles/a.md", a), ("p/articles/b.md", b), ("p/articles/x.png", "")]),
            [""; 0]
        );
    }

    #[test]
    fn pins_that_cannot_do_what_they_say_are_named_with_their_line() {
        let a = "---\ntitle: A\naudience: {roles: [admin]}\n---\nText\n";
        let pins = "- query: one\n  articles: [a]\n  audience: {roles: admin}\n- query: two\n  articles: [b]\n\
                    - contains: three\n  articles: a\n  until: 2001-01-01\n- query: One!\n  articles: articles/a.md\n";
        let files = [PORTAL, ("p/articles/a.md", a), ("p/pins.yaml", pins), ("p/synonyms.yaml", "- words: [x]\n")];
        assert_eq!(
            check_files(&files),
            [
                "pins p/pins.yaml:4",
                "pins p/pins.yaml:6",
                "pins p/pins.yaml:9",
                "pins p/pins.yaml:9",
                "synonyms p/synonyms.yaml:1"
            ]
        );
    }

    #[test]
    fn dead_and_narrower_links_are_named_with_their_line() {
        let a = "[gone](gone.md)\n\n![x](x.png)\n\n[admins](b.md)\n\n[heading](a.md#none)\n";
        let b = "---\naudience: {roles: [admin]}\n---\n[back](a.md)\n";
        let c = "---\naudience: hidden\n---\n[a](a.md)\n";
        assert_eq!(
            check_files(&[PORTAL, ("p/articles/a.md", a), ("p/articles/b.md", b), ("p/articles/c.md", c)]),
            [
                "dead-link p/articles/a.md:1",
                "missing-file p/articles/a.md:3",
                "narrower-link p/articles/a.md:5",
                "dead-anchor p/articles/a.md:7"
            ]
        );
    }

    #[test]
    fn clashes_are_named_where_the_same_reader_meets_both() {
        let slug = |slug: &str, more: &str| format!("---\ntitle: {slug}\nslug: same\n{more}\n---\n");
        let admin = slug("three", "audience: {roles: [admin]}");
        let files = [
            PORTAL,
            ("p/articles/1.md", &slug("one", "")),
            ("p/articles/2.md", &slug("two", "language: de")),
            ("p/articles/3.md", admin.as_str()),
            ("p/articles/4.md", &slug("four", "audience: hidden")),
            ("p/articles/5.md", "---\naliases: [same]\n---\n"),
        ];
        let found = check_files(&files);
        assert!(found.contains(&"slug-clash p/articles/3.md".to_owned()), "{found:?}");
        assert!(found.contains(&"alias-clash p/articles/5.md".to_owned()), "{found:?}");
        assert_eq!(found.iter().filter(|problem| problem.contains("clash")).count(), 2, "{found:?}");
    }

    #[test]
    fn tasks_titles_dates_and_emptiness_are_looked_at() {
        let portal = "name = \"P\"\ndefault_audience = \"public\"\n[[tasks]]\ntitle = \"T\"\narticle = \"none\"\n";
        let a = "---\ntitle: Same\nexpires_at: 2020-01-01\nreview_by: 2020-01-01\n---\n";
        let found = check_files(&[
            ("p/portal.toml", portal),
            ("p/articles/a.md", a),
            ("p/articles/b.md", "---\ntitle: same\n---\n"),
        ]);
        assert_eq!(
            found,
            [
                "expired p/articles/a.md",
                "review-due p/articles/a.md",
                "duplicate-title p/articles/b.md",
                "task-target p/portal.toml"
            ]
        );
        assert_eq!(check_files(&[("p/portal.toml", "name = \"P\"")]), ["nothing-visible p/portal.toml"]);
        assert_eq!(check_files(&[("q/a.md", "text")]), ["no-portal q"]);
    }

    #[test]
    fn every_article_is_counted_whatever_is_wrong_with_it() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("p/articles")).unwrap();
        fs::write(root.path().join(PORTAL.0), PORTAL.1).unwrap();
        for (name, bytes) in
            [("a", &b"\xff\xfe"[..]), ("b", b"---\n: [\n---\n"), ("c", b""), ("d", b"---\nx"), ("e", b"text\0")]
        {
            fs::write(root.path().join(format!("p/articles/{name}.md")), bytes).unwrap();
        }
        let report = check(root.path(), 0).unwrap();
        assert_eq!((report.articles, report.visible, report.passed()), (5, 2, false));
    }
}
