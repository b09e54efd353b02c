//! `search.tests.yaml`: what editors expect of searches, read with the line of each.

use crate::cli::one_or_more::OneOrMore;
use indexer::audience::{Attributes, Grants};
use indexer::language::Language;
use serde::Deserialize;
use serde_saphyr::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// One entry of a portal's `search.tests.yaml`.
#[derive(Debug, PartialEq)]
pub struct Expectation {
    /// 1-based line of its query.
    pub line: u64,
    /// As typed.
    pub query: String,
    /// Who asks; nobody signed in unless stated.
    pub grants: Attributes,
    /// The viewer's language.
    pub language: Option<Language>,
    /// Slugs each of which must be found.
    pub expect: Vec<String>,
    /// Last rank at which they count as found.
    pub within: usize,
    /// Slugs that must not be found at any rank.
    pub never: Vec<String>,
}

impl Expectation {
    /// What the asking viewer holds.
    pub fn viewer(&self) -> Grants {
        Grants::Attributes(self.grants.clone())
    }
}

/// A file that cannot be used, with the line where one is known.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{what}", .line.map(|line| format!("{line}: ")).unwrap_or_default())]
pub struct Malformed {
    /// 1-based.
    pub line: Option<u64>,
    /// What is wrong, and what is expected.
    pub what: String,
}

/// Rank within which an expected article must stand unless the test says otherwise.
const WITHIN: usize = 3;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    query: Spanned<String>,
    #[serde(default, rename = "as")]
    viewer: BTreeMap<String, OneOrMore>,
    expect: Option<OneOrMore>,
    within: Option<usize>,
    never: Option<OneOrMore>,
    language: Option<String>,
}

/// Reads a file.
pub fn read(text: &str) -> Result<Vec<Expectation>, Malformed> {
    let entries: Vec<Entry> = serde_saphyr::from_str(text).map_err(|error| Malformed {
        line: error.location().map(|location| location.line()),
        what: format!(
            "expected a list of entries with query, as, expect, within, never, language: {}",
            first_line(&error)
        ),
    })?;
    entries.into_iter().map(check).collect()
}

fn check(entry: Entry) -> Result<Expectation, Malformed> {
    let line = entry.query.referenced.line();
    let malformed = |what: &str| Err(Malformed { line: Some(line), what: what.to_owned() });
    let language = match entry.language.map(|tag| Language::parse(&tag).ok_or(tag)) {
        None => None,
        Some(Ok(language)) => Some(language),
        Some(Err(tag)) => return malformed(&format!("{tag:?} is not a language tag such as \"en\"")),
    };
    let expect = entry.expect.map_or_else(Vec::new, OneOrMore::into_vec);
    let never = entry.never.map_or_else(Vec::new, OneOrMore::into_vec);
    if entry.query.value.trim().is_empty() {
        return malformed("the query is empty");
    }
    if expect.is_empty() && never.is_empty() {
        return malformed("the entry tests nothing: name slugs under expect or never");
    }
    if entry.within == Some(0) {
        return malformed("within counts from 1");
    }
    let grants =
        entry.viewer.into_iter().map(|(name, values)| (name, BTreeSet::from_iter(values.into_vec()))).collect();
    let within = entry.within.unwrap_or(WITHIN);
    Ok(Expectation { line, query: entry.query.value, grants, language, expect, within, never })
}

fn first_line(error: &serde_saphyr::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_with_its_line_and_defaults() {
        let read = read(
            "# tests\n- query: add a hire\n  as: { roles: [hr], tier: gold }\n  expect: add\n\n- query: pay\n  within: 1\n  language: es\n  never: [a, b]\n",
        );
        let [first, second] = &read.expect("entries")[..] else { panic!("two entries") };
        assert_eq!((first.line, first.within, first.expect.as_slice()), (2, 3, &["add".to_owned()][..]));
        assert_eq!(first.grants["tier"], BTreeSet::from(["gold".to_owned()]));
        assert_eq!((second.line, second.within, second.never.len()), (6, 1, 2));
        assert!(second.grants.is_empty() && second.language.is_some());
    }

    #[track_caller]
    fn check_malformed(text: &str, line: Option<u64>, part: &str) {
        let malformed = read(text).expect_err("a malformed file");
        assert_eq!(malformed.line, line, "{malformed}");
        assert!(malformed.what.contains(part), "{malformed}");
    }

    #[test]
    fn a_malformed_entry_is_named_by_its_line() {
        check_malformed("- query: a\n  expect: b\n- query: c\n", Some(3), "tests nothing");
        check_malformed("- query: a\n  expct: b\n", Some(2), "expct");
        check_malformed("- query: a\n  expect: b\n  within: 0\n", Some(1), "counts from 1");
        check_malformed("- query: a\n  expect: b\n  language: not a tag\n", Some(1), "language tag");
        check_malformed("- query: ' '\n  expect: b\n", Some(1), "empty");
    }
}
