//! The documents keep their word: links lead somewhere, options are those of `--help`, examples run.

use crate::service::{Service, root, signpost};
use std::collections::BTreeSet;

const DOCUMENTS: [&str; 4] = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"];

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Anchors of a Markdown document as code hosts make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let slug = |heading: &str| {
        let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
        heading.trim().to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
    };
    text.lines().filter(|line| line.starts_with('#')).map(|line| slug(line.trim_start_matches('#'))).collect()
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for name in DOCUMENTS {
        let text = read(name);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if path.is_empty() { name } else { path };
            let exists = root().join(path).exists();
            if !exists || (!anchor.is_empty() && path.ends_with(".md") && !anchors(&read(path)).contains(anchor)) {
                dead.push(format!("{name}: {target}"));
            }
        }
    }
    assert!(dead.is_empty(), "dead links: {dead:#?}");
}

/// Long options that a subcommand's help names.
fn options(subcommand: &str) -> BTreeSet<String> {
    let (code, help, _) = signpost(&[subcommand, "--help"]);
    assert_eq!(code, 0);
    let option = |line: &str| {
        let line = line.trim_start();
        let start = if line.starts_with("--") { 0 } else { line.starts_with('-').then(|| line.find("--"))?? };
        let name: String = line[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        (name.len() > 2).then_some(name)
    };
    help.lines().filter_map(option).filter(|name| name != "--help" && name != "--version").collect()
}

#[test]
fn the_readme_names_exactly_the_options_of_serve() {
    let readme = read("README.md");
    let table = readme.split("<!-- options of serve -->").nth(1).expect("README marks its table of options");
    let named: BTreeSet<String> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `--"))
        .map(|rest| {
            format!("--{}", rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect::<String>())
        })
        .collect();
    assert_eq!(named, options("serve"), "left: README, right: signpost serve --help");
}

#[test]
fn every_subcommand_in_the_readme_exists_and_teaches() {
    let readme = read("README.md");
    let named: BTreeSet<&str> = readme
        .split("signpost ")
        .skip(1)
        .filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next())
        .filter(|word| {
            ["serve", "index", "check", "test", "replay", "eval", "report", "token", "erase", "export"].contains(word)
        })
        .collect();
    assert!(named.len() >= 8, "the README shows every subcommand, found {named:?}");
    for name in named {
        let (code, help, _) = signpost(&[name, "--help"]);
        assert!(
            code == 0 && help.contains("Usage:") && help.len() > 300,
            "{name} --help is too short to teach:\n{help}"
        );
    }
}

#[test]
fn the_readme_shows_the_examples_of_steering_that_are_tested() {
    let readme = read("README.md");
    for name in ["synonyms.example.yaml", "pins.example.yaml"] {
        let example = read(&format!("indexer/src/steering/{name}"));
        assert!(readme.contains(&format!("```yaml\n{example}```")), "README shows {name} as it is");
    }
}

#[test]
fn make_targets_in_documents_exist() {
    let makefile = read("Makefile");
    for name in DOCUMENTS {
        for target in read(name).split("`make ").skip(1).filter_map(|rest| rest.split(['`', ' ', '\n']).next()) {
            assert!(
                makefile.contains(&format!("\n{target}:")),
                "{name} names `make {target}`, which is not in the Makefile"
            );
        }
    }
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest: toml::Table = read("Cargo.toml").parse().unwrap();
    let reasons = read("ARCHITECTURE.md");
    let missing: Vec<_> = manifest["workspace"]["dependencies"]
        .as_table()
        .unwrap()
        .keys()
        .filter(|name| !reasons.contains(&format!("`{name}`")))
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md, Dependencies, has no line for {missing:?}");
}

#[test]
fn curl_examples_of_the_readme_run() {
    let data = tempfile::tempdir().unwrap();
    let service = Service::start(&root().join("content"), data.path(), &[]).settled();
    let readme = read("README.md");
    let examples: Vec<&str> = readme.lines().filter_map(|line| line.strip_prefix("curl ")).collect();
    assert!(examples.len() >= 3, "the README shows how the API is called");
    for example in examples {
        let url = example.split('\'').find(|part| part.starts_with("http://127.0.0.1:8080")).expect(example);
        let reply = service.get(&url["http://127.0.0.1:8080".len()..], None);
        assert_eq!(reply.status, 200, "{example}: {}", String::from_utf8_lossy(&reply.body));
        if url.contains("/search?") {
            assert!(!reply.slugs().is_empty(), "{example} finds something");
        }
    }
}
