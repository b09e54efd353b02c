//! The rules of ARCHITECTURE.md that a compiler does not check: who may know whom, and how files begin.

use crate::service::root;
use std::path::{Path, PathBuf};

/// Every file below the folders that ends in `.rs`, with its text.
fn sources(folders: &[&str]) -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                into.push(path);
            }
        }
    }
    let mut paths = Vec::new();
    folders.iter().for_each(|folder| walk(&root().join(folder), &mut paths));
    paths.sort();
    assert!(!paths.is_empty(), "no sources in {folders:?}");
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

/// The code of a file without its comments and its test modules.
fn code(text: &str) -> String {
    let body = text.split("#[cfg(test)]").next().unwrap();
    body.lines().map(|line| line.split("//").next().unwrap()).collect::<Vec<_>>().join("\n")
}

/// Fails naming every file of the folders, except those allowed, whose code has one of the words.
fn never(folders: &[&str], allowed: &[&str], words: &[&str], because: &str) {
    let broken: Vec<String> = sources(folders)
        .iter()
        .filter(|(name, _)| !allowed.iter().any(|allowed| name.starts_with(allowed)))
        .flat_map(|(name, text)| {
            let code = code(text);
            let found = words.iter().filter(|word| code.contains(**word)).collect::<Vec<_>>();
            found.iter().map(|word| format!("{name}: {word}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(broken.is_empty(), "{because}:\n{}", broken.join("\n"));
}

#[test]
fn every_file_says_its_one_job_in_its_first_line() {
    let silent: Vec<_> = sources(&["indexer", "search-api", "tests", "benches", "fuzz/src", "fuzz/fuzz_targets"])
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//! "))
        .map(|(name, _)| name)
        .collect();
    assert!(silent.is_empty(), "these files do not open with `//! …`: {silent:?}");
}

#[test]
fn the_write_path_knows_nothing_of_the_read_path() {
    never(&["indexer/src"], &[], &["search_api", "axum", "sqlx"], "indexer stands below search-api");
}

#[test]
fn the_read_path_knows_nothing_of_the_engines() {
    never(
        &["search-api/src"],
        &[],
        &["tantivy::", "pulldown_cmark::", "fastembed::", "redb::"],
        "the index format, written and read, is indexer's",
    );
}

#[test]
fn retrieval_and_deflection_are_pure_and_apart() {
    let outer = [
        "axum",
        "crate::config",
        "crate::http",
        "crate::store",
        "crate::cli",
        "sqlx",
        "SystemTime::now",
        "Timestamp::now",
    ];
    never(&["search-api/src/retrieval"], &[], &outer, "retrieval is pure given a VisibleIndex");
    never(&["search-api/src/deflection"], &[], &outer, "deflection is pure; time is an argument");
    never(&["search-api/src/retrieval"], &[], &["crate::deflection"], "retrieval and deflection never see each other");
    never(&["search-api/src/deflection"], &[], &["crate::retrieval"], "retrieval and deflection never see each other");
}

#[test]
fn http_is_known_only_to_its_folder() {
    let allowed = ["search-api/src/http/", "search-api/src/server"];
    never(&["search-api/src", "indexer/src"], &allowed, &["axum::", "StatusCode"], "only http/ knows HTTP");
    never(
        &["search-api/src/http"],
        &["search-api/src/http/error.rs", "search-api/src/http/tests/"],
        &["StatusCode::"],
        "status codes stand in http/error.rs",
    );
}

#[test]
fn anyhow_stays_at_the_command_line() {
    let allowed = ["search-api/src/main.rs", "search-api/src/cli/"];
    never(&["search-api/src", "indexer/src"], &allowed, &["anyhow"], "libraries name their errors");
}

#[test]
fn no_room_is_a_drawer() {
    let drawers = ["core", "common", "util", "utils", "helper", "helpers", "misc", "manager", "shared", "new", "v2"];
    let found: Vec<_> = sources(&["indexer/src", "search-api/src", "tests", "benches", "fuzz/src"])
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.trim_end_matches(".rs").split('/').any(|part| drawers.contains(&part)))
        .collect();
    assert!(found.is_empty(), "name the room after what stands in it: {found:?}");
}
