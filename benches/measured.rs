//! What a driver measures on: a content folder named on the command line or a seeded one, and queries drawn from its articles.

use crate::contents::{Seeded, shop};
use indexer::article::Article;
use indexer::audience::Audience;
use indexer::passage::passages;
use indexer::portal::Portal;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Queries of one kind at most.
const QUERIES: usize = 500;
/// Articles of the seeded portal.
const ARTICLES: usize = 2_000;

/// A portal's content on disk.
pub struct Measured {
    /// The content root.
    pub content: PathBuf,
    /// The portal.
    pub portal: String,
    _made: Option<TempDir>,
}

impl Measured {
    /// The folder after `--content` with the portal after `--portal`, else a seeded portal.
    pub fn from_arguments() -> Self {
        match argument("--content") {
            Some(content) => {
                let portal = argument("--portal").expect("--portal ID beside --content DIR");
                Self { content: content.into(), portal, _made: None }
            }
            None => {
                let made = tempfile::tempdir().expect("a folder");
                shop(made.path(), ARTICLES);
                Self { content: made.path().to_owned(), portal: "shop".to_owned(), _made: Some(made) }
            }
        }
    }

    /// The articles that anyone may read.
    pub fn articles(&self) -> Vec<Article> {
        let source =
            std::fs::read_to_string(self.content.join(&self.portal).join("portal.toml")).expect("a portal.toml");
        let described = Portal::parse(&self.portal, &source).0.expect("a portal");
        let prefix = format!("{}/articles/", self.portal);
        let files = indexer::files::walk(&self.content).expect("the content folder").files;
        let articles = files.iter().filter_map(|file| {
            let path = file.path.strip_prefix(&prefix).filter(|path| indexer::files::is_article(path))?;
            let bytes = indexer::files::read(&self.content, &file.path).expect("an article");
            Some(Article::parse(&described, path, &bytes, 0).0)
        });
        articles.filter(|article| article.head.audience == Audience::Public).collect()
    }
}

/// The word after a name on the command line.
pub fn argument(name: &str) -> Option<String> {
    let arguments: Vec<String> = std::env::args().collect();
    arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1)).cloned()
}

/// The folder of the model, if one was named.
pub fn model() -> Option<String> {
    argument("--model").or_else(|| std::env::var("SIGNPOST_TEST_MODEL").ok())
}

/// Different titles of 2 to 4 words, drawn at random with a seed.
pub fn titles(articles: &[Article]) -> Vec<String> {
    let mut titles: Vec<&str> = articles.iter().map(|article| article.head.title.as_str()).collect();
    titles.retain(|title| (2..=4).contains(&title.split_whitespace().count()));
    titles.sort_unstable();
    titles.dedup();
    draw(titles.into_iter().map(str::to_owned).collect())
}

/// The lines of the file after `--questions`, else sentences of 8 to 16 words from the articles.
pub fn questions(articles: &[Article]) -> Vec<String> {
    if let Some(file) = argument("--questions") {
        let text = std::fs::read_to_string(Path::new(&file)).expect("the file of questions");
        return draw(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect());
    }
    let texts = articles.iter().flat_map(|article| passages(article).into_iter().map(|passage| passage.text));
    let sentences =
        texts.flat_map(|text| text.split(['.', '\n']).map(|part| part.trim().to_owned()).collect::<Vec<_>>());
    draw(sentences.filter(|sentence| (8..=16).contains(&sentence.split_whitespace().count())).collect())
}

/// Texts as they stand while they are being typed: cut in the middle.
pub fn unfinished(texts: &[String]) -> Vec<String> {
    texts.iter().map(|text| text.chars().take(text.chars().count().div_ceil(2).max(3)).collect()).collect()
}

fn draw(mut from: Vec<String>) -> Vec<String> {
    let mut random = Seeded(11);
    let mut drawn = Vec::new();
    while drawn.len() < QUERIES && !from.is_empty() {
        drawn.push(from.swap_remove(random.below(from.len())));
    }
    assert!(!drawn.is_empty(), "the content has no such texts");
    drawn
}
