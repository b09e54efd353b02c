//! Pages of a judged collection to an index that everybody may read, vectors included.

use super::collection::Page;
use anyhow::{Context, Result, bail};
use indexer::article::Article;
use indexer::audience::Audience;
use indexer::embedder::{Embedder, Embedding};
use indexer::language::Language;
use indexer::library::{Change, Library};
use indexer::passage::{embedded_text, passages};
use indexer::portal::Portal;
use indexer::vector_cache::VectorCache;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Name of the portal that the pages become.
pub const PORTAL: &str = "eval";
/// A language of fewer than one page in so many is taken for a misreading of the collection's largest.
const RARE_LANGUAGE: usize = 20;

/// Indexes the pages as articles that everybody may read; drafts and what cannot be read are left out. Returns their number.
pub fn build(
    library: &Library,
    portal: &Arc<Portal>,
    pages: Vec<Page>,
    embedder: Option<&Embedder>,
    cache: Option<&VectorCache>,
) -> Result<usize> {
    let mut articles: Vec<Article> = pages.into_iter().map(|page| parse(portal, page)).collect();
    let read = articles.len();
    articles.retain(|article| article.head.audience != Audience::Hidden);
    if articles.len() < read {
        eprintln!("{} of {read} pages are drafts or unreadable and left out", read - articles.len());
    }
    settle_languages(&mut articles);
    let embeddings = match embedder {
        Some(embedder) => embed(embedder, cache, &articles)?,
        None => articles.iter().map(|article| vec![None; passages(article).len()]).collect(),
    };
    let indexed = articles.len();
    eprintln!("indexing {indexed} articles");
    library.serve_portal(Arc::clone(portal));
    let changes =
        articles.into_iter().zip(embeddings).map(|(article, made)| Change::Put(Box::new(article), made)).collect();
    library.apply(PORTAL, changes, embedder.map(Embedder::digest))?;
    Ok(indexed)
}

/// A portal as it is without configuration, but for who may read. Of a page whose language cannot be told it makes one of an unknown
/// language: see [`settle_languages`].
pub fn portal() -> Result<Arc<Portal>> {
    const LANGUAGES: &str = r#"["und", "en", "de", "es", "fr", "it", "nl", "pt", "sv", "da", "fi", "pl", "ru", "tr", "ja", "zh",
        "ko", "th", "ar", "he", "el", "hi"]"#;
    let text = format!("name = \"Evaluation\"\nlanguages = {LANGUAGES}\ndefault_audience = \"public\"\n");
    let (portal, problems) = Portal::parse(PORTAL, &text);
    portal.map(Arc::new).with_context(|| format!("the portal of the evaluation cannot be read: {problems:?}"))
}

fn parse(portal: &Portal, page: Page) -> Article {
    let (mut article, _) = Article::parse(portal, &page.path, &page.markdown, 0);
    if let Some(title) = page.title {
        article.head.title = title;
    }
    article
}

/// Short pages are easily read as another language than their collection's, or as none.
fn settle_languages(articles: &mut [Article]) {
    let mut counts: BTreeMap<Language, usize> = BTreeMap::new();
    for article in &*articles {
        *counts.entry(article.head.language.clone()).or_default() += 1;
    }
    counts.remove(&Language::unknown());
    let largest = counts.iter().max_by_key(|(_, count)| **count).map(|(language, _)| language.clone());
    let Some(largest) = largest else { return };
    let rare = articles.len() / RARE_LANGUAGE;
    for article in articles {
        if counts.get(&article.head.language).is_none_or(|count| *count < rare) {
            article.head.language = largest.clone();
        }
    }
}

/// What the model makes of all passages, by article; as many threads as the model has sessions.
fn embed(
    embedder: &Embedder,
    cache: Option<&VectorCache>,
    articles: &[Article],
) -> Result<Vec<Vec<Option<Embedding>>>> {
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Vec<Option<Embedding>>)>> {
        let mut done = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(article) = articles.get(place) else { return Ok(done) };
            if place.is_multiple_of(100) {
                eprintln!("embedding: {place} of {} articles", articles.len());
            }
            let embedding = |passage| {
                let text = embedded_text(&article.head.title, passage);
                match cache {
                    Some(cache) => cache.embed_passage(embedder, &text),
                    None => embedder.embed_passage(&text),
                }
            };
            let embeddings: Result<_, _> =
                passages(article).iter().map(|passage| embedding(passage).map(Some)).collect();
            done.push((place, embeddings.with_context(|| format!("embed {}", article.head.path))?));
        }
    };
    let mut all: Vec<Vec<Option<Embedding>>> = vec![Vec::new(); articles.len()];
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..embedder.passage_sessions()).map(|_| scope.spawn(work)).collect();
        for thread in threads {
            let Ok(done) = thread.join() else { bail!("a thread that embeds passages panicked") };
            done?.into_iter().for_each(|(place, embeddings)| all[place] = embeddings);
        }
        Ok(())
    })?;
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_whose_language_cannot_be_told_is_taken_for_one_of_the_collections_largest() {
        let portal = portal().expect("a portal");
        let languages = |texts: &[&str]| -> Vec<String> {
            let page = |(number, text): (usize, &&str)| {
                let path = format!("{number}.md");
                Page { id: path.clone(), path, title: None, markdown: text.as_bytes().to_vec() }
            };
            let mut articles: Vec<_> = texts.iter().enumerate().map(|text| parse(&portal, page(text))).collect();
            settle_languages(&mut articles);
            articles.iter().map(|article| article.head.language.as_str().to_owned()).collect()
        };
        let spanish = "Abra la configuración y elija qué empleados pueden ver sus recibos de nómina.";
        assert_eq!(languages(&[spanish, "SAP 404", spanish]), ["es", "es", "es"]);
        assert_eq!(languages(&["SAP 404"]), ["und"]);
    }
}
