//! A judged collection in the BEIR form, read from files: pages, queries, grades and exclusions.

use super::metrics::Judgments;
use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

/// A page of the corpus before it is parsed.
#[derive(Debug, PartialEq, Eq)]
pub struct Page {
    /// Name in the judgments.
    pub id: String,
    /// Its path as an article: the id, with `.md` at its end.
    pub path: String,
    /// Title given beside the text, if any.
    pub title: Option<String>,
    /// Markdown.
    pub markdown: Vec<u8>,
}

/// A query with what is known of its answers.
#[derive(Debug)]
pub struct JudgedQuery {
    /// Its name in the judgments.
    pub id: String,
    /// As typed.
    pub text: String,
    /// Grades by page id.
    pub judgments: Judgments,
    /// Pages that are taken out of the ranking before it is scored.
    pub excluded: HashSet<String>,
}

#[derive(Deserialize)]
struct CorpusLine {
    #[serde(rename = "_id")]
    id: String,
    #[serde(default)]
    title: String,
    text: String,
}

#[derive(Deserialize)]
struct QueryLine {
    #[serde(rename = "_id")]
    id: String,
    text: String,
}

const QUERY_FORM: &str = r#"{"_id": "…", "text": "…"}"#;

/// Reads the corpus: a JSON Lines file, or every `.md` and `.markdown` file under a folder, named by its path from there.
pub fn read_corpus(corpus: &Path) -> Result<Vec<Page>> {
    let mut pages = if corpus.is_dir() { read_folder(corpus)? } else { read_corpus_lines(corpus)? };
    ensure!(!pages.is_empty(), "{}: no pages", corpus.display());
    pages.sort_by(|a, b| a.path.cmp(&b.path));
    if let Some(pair) = pages.windows(2).find(|pair| pair[0].path == pair[1].path) {
        bail!("{}: the ids {:?} and {:?} name the same page", corpus.display(), pair[0].id, pair[1].id);
    }
    Ok(pages)
}

/// Reads the queries that have a relevant page, in the order of their file.
pub fn read_queries(queries: &Path, judgments: &Path, exclude: Option<&Path>) -> Result<Vec<JudgedQuery>> {
    let mut grades = read_judgments(judgments)?;
    let mut excluded = exclude.map(read_exclusions).transpose()?.unwrap_or_default();
    let mut judged = Vec::new();
    for QueryLine { id, text } in read_json_lines(queries, QUERY_FORM)? {
        let judgments = grades.remove(&id).unwrap_or_default();
        if judgments.values().any(|grade| *grade > 0) {
            let excluded = excluded.remove(&id).unwrap_or_default();
            judged.push(JudgedQuery { id, text, judgments, excluded });
        }
    }
    ensure!(!judged.is_empty(), "{}: no query has a relevant page in {}", queries.display(), judgments.display());
    Ok(judged)
}

/// Reads queries on other matters, which no page answers.
pub fn read_off_topic(queries: &Path) -> Result<Vec<JudgedQuery>> {
    let lines: Vec<QueryLine> = read_json_lines(queries, QUERY_FORM)?;
    let unanswered = |QueryLine { id, text }| JudgedQuery {
        id,
        text,
        judgments: Judgments::default(),
        excluded: HashSet::default(),
    };
    Ok(lines.into_iter().map(unanswered).collect())
}

fn read_corpus_lines(file: &Path) -> Result<Vec<Page>> {
    let lines: Vec<CorpusLine> = read_json_lines(file, r#"{"_id": "…", "title": "…", "text": "…"}"#)?;
    let page = |CorpusLine { id, title, text }| {
        let path = if id.ends_with(".md") { id.clone() } else { format!("{id}.md") };
        Page { path, title: Some(title).filter(|title| !title.is_empty()), markdown: text.into_bytes(), id }
    };
    Ok(lines.into_iter().map(page).collect())
}

fn read_folder(root: &Path) -> Result<Vec<Page>> {
    let mut pages = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry.with_context(|| folder.display().to_string())?;
            let (kind, path) = (entry.file_type()?, entry.path());
            let markdown = path.extension().is_some_and(|extension| extension == "md" || extension == "markdown");
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && markdown {
                let id = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                let markdown = fs::read(&path).with_context(|| path.display().to_string())?;
                pages.push(Page { path: id.clone(), id, title: None, markdown });
            }
        }
    }
    Ok(pages)
}

fn read_json_lines<T: DeserializeOwned>(file: &Path, form: &str) -> Result<Vec<T>> {
    let text = read(file)?;
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            serde_json::from_str(line).with_context(|| format!("{}:{}: expected {form}", file.display(), number + 1))
        })
        .collect()
}

fn read_judgments(file: &Path) -> Result<HashMap<String, Judgments>> {
    let mut grades: HashMap<String, Judgments> = HashMap::new();
    let text = read(file)?;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [query, page, grade] = fields[..] else {
            bail!("{}:{}: expected query-id, corpus-id, grade, tab-separated", file.display(), number + 1);
        };
        match grade.parse() {
            Ok(grade) => _ = grades.entry(query.into()).or_default().insert(page.into(), grade),
            Err(_) if number == 0 => {} // the header
            Err(_) => bail!("{}:{}: the grade {grade:?} is not a whole number", file.display(), number + 1),
        }
    }
    Ok(grades)
}

fn read_exclusions(file: &Path) -> Result<HashMap<String, HashSet<String>>> {
    let mut excluded: HashMap<String, HashSet<String>> = HashMap::new();
    let text = read(file)?;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Some((query, page)) = line.split_once('\t') else {
            bail!("{}:{}: expected query-id, corpus-id, tab-separated", file.display(), number + 1);
        };
        excluded.entry(query.trim().into()).or_default().insert(page.trim().into());
    }
    Ok(excluded)
}

fn read(file: &Path) -> Result<String> {
    fs::read_to_string(file).with_context(|| format!("read {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> std::path::PathBuf {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(&path, text).expect("a file");
        path
    }

    #[test]
    fn a_collection_is_read_with_its_header_line_and_exclusions() {
        let folder = tempfile::tempdir().expect("a folder");
        let queries =
            file(&folder, "q.jsonl", "{\"_id\":\"1\",\"text\":\"one\"}\n\n{\"_id\":\"2\",\"text\":\"two\"}\n");
        let grades = file(&folder, "g.tsv", "query-id\tcorpus-id\tscore\r\n1\ta\t2\r\n1\tb\t0\r\n2\ta\t0\r\n");
        let exclude = file(&folder, "e.tsv", "1\tc\n");
        let judged = read_queries(&queries, &grades, Some(&exclude)).expect("a collection");
        assert_eq!(judged.len(), 1, "query 2 has no relevant page");
        assert_eq!((judged[0].text.as_str(), judged[0].judgments["a"]), ("one", 2));
        assert!(judged[0].excluded.contains("c"));
    }

    #[test]
    fn a_broken_line_is_named_by_file_and_number() {
        let folder = tempfile::tempdir().expect("a folder");
        let corpus = file(&folder, "c.jsonl", "{\"_id\":\"1\",\"text\":\"one\"}\n{\"_id\":7}\n");
        let error = format!("{:#}", read_corpus(&corpus).expect_err("a broken line"));
        assert!(error.contains("c.jsonl:2: expected {\"_id\""), "{error}");
        let grades = file(&folder, "g.tsv", "q\td\tscore\n1\ta\tgood\n");
        let error = read_judgments(&grades).expect_err("a broken grade").to_string();
        assert!(error.contains("g.tsv:2: the grade \"good\""), "{error}");
        let grades = file(&folder, "h.tsv", "1\ta\t1\n1 b 1\n");
        assert!(read_judgments(&grades).expect_err("no tabs").to_string().contains("h.tsv:2: expected"));
    }

    #[test]
    fn pages_of_a_folder_are_named_by_their_path_and_ids_must_differ() {
        let folder = tempfile::tempdir().expect("a folder");
        file(&folder, "pages/b/two.md", "two");
        file(&folder, "pages/one.md", "one");
        file(&folder, "pages/picture.png", "");
        let pages = read_corpus(&folder.path().join("pages")).expect("pages");
        assert_eq!(pages.iter().map(|page| page.id.as_str()).collect::<Vec<_>>(), ["b/two.md", "one.md"]);
        let corpus = file(&folder, "c.jsonl", "{\"_id\":\"a\",\"text\":\"\"}\n{\"_id\":\"a.md\",\"text\":\"\"}\n");
        assert!(read_corpus(&corpus).expect_err("one page twice").to_string().contains("name the same page"));
    }
}
