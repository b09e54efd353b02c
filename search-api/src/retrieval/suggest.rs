//! Completions while one types: titles, headings, tags and synonyms of visible articles, never what other people typed.

use super::reading::{self, QueryWord};
use super::{Suggestions, language};
use indexer::analysis::analyze;
use indexer::language::Language;
use indexer::visible::{Field, LanguageView, Posting, ReadError, VisibleIndex};
use std::collections::HashSet;

/// Completions and articles offered at most.
const MOST_COMPLETIONS: usize = 8;
const MOST_ARTICLES: usize = 5;
/// Articles whose names are looked at, and headings that are read from the index.
const MOST_NAMES: usize = 64;
pub const MOST_HEADINGS: usize = 12;

/// Completes what is being typed: each completion holds every word typed, the last one perhaps unfinished, misspelt ones as known
/// ones. `limit` caps the completions, at most 8; at most 5 articles.
///
/// # Errors
/// The index could not be read.
pub fn suggest(
    index: &VisibleIndex,
    text: &str,
    language: Option<&Language>,
    limit: usize,
) -> Result<Suggestions, ReadError> {
    for view in language::order(index, language, text)? {
        let words = reading::read_as_typed(view, text)?;
        let matches = Matches::of(view, &words)?;
        if !matches.articles.is_empty() {
            return offer(index, view, &words, text, matches, limit.min(MOST_COMPLETIONS));
        }
    }
    Ok(Suggestions::default())
}

fn offer(
    index: &VisibleIndex,
    view: &LanguageView,
    words: &[QueryWord],
    text: &str,
    matches: Matches,
    limit: usize,
) -> Result<Suggestions, ReadError> {
    let mut completions = Completions::new(view, words, text);
    for article in &matches.articles {
        let head = view.head(*article);
        completions.add(&head.title, Source::Title);
        head.tags.iter().chain(&head.synonyms).for_each(|name| completions.add(name, Source::Tag));
    }
    if completions.found.len() < limit {
        for document in &matches.headings {
            if let Some(heading) = view.passage(*document)?.trail.last() {
                completions.add(heading, Source::Heading);
            }
        }
    }
    let key = |(place, article): (usize, &u32)| {
        (place >= matches.named, completions.rank(&view.head(*article).title), view.article_id(*article), *article)
    };
    let mut articles: Vec<_> = matches.articles.iter().enumerate().map(key).collect();
    articles.sort_unstable();
    let articles = articles
        .into_iter()
        .map(|(_, _, _, article)| (index.slug(view, article).to_owned(), view.head(article).title.clone()));
    Ok(Suggestions { articles: articles.take(MOST_ARTICLES).collect(), completions: completions.best(limit) })
}

/// Where all words of a query stand together.
#[derive(Default)]
struct Matches {
    /// Articles whose names (title, tags, synonyms, category) or one of whose headings have all words; names first, short titles
    /// first, then by id.
    articles: Vec<u32>,
    /// How many of the articles have all words in their names.
    named: usize,
    /// Passages whose heading has all words, in the order of their articles.
    headings: Vec<u32>,
}

impl Matches {
    fn of(view: &LanguageView, words: &[QueryWord]) -> Result<Self, ReadError> {
        let content = words.iter().any(|word| !word.function);
        let words: Vec<_> = words.iter().filter(|word| !(content && word.function) && !word.supports).collect();
        let mut matches = Self {
            articles: with_all_words(view, &words, &[Field::Title, Field::Tags])?,
            headings: with_all_words(view, &words, &[Field::Heading])?,
            named: 0,
        };
        matches.named = matches.articles.len();
        let order = |document: &u32| {
            let article = view.article_of(*document);
            (view.article_length(Field::Title, article), view.article_id(article), view.ordinal(*document))
        };
        matches.articles.sort_by_cached_key(order);
        matches.articles.iter_mut().for_each(|document| *document = view.article_of(*document));
        matches.headings.sort_by_cached_key(order);
        matches.headings.dedup_by_key(|document| view.article_of(*document));
        let with_heading = matches.headings.iter().map(|document| view.article_of(*document));
        let named: HashSet<u32> = matches.articles.iter().copied().collect();
        matches.articles.extend(with_heading.filter(|article| !named.contains(article)));
        matches.articles.truncate(MOST_NAMES);
        matches.headings.truncate(MOST_HEADINGS);
        Ok(matches)
    }
}

/// Documents that have, in one of the fields, a term of every word.
fn with_all_words(view: &LanguageView, words: &[&QueryWord], fields: &[Field]) -> Result<Vec<u32>, ReadError> {
    let mut common: Option<Vec<u32>> = None;
    let mut postings: Vec<Posting> = Vec::new();
    for word in words {
        postings.clear();
        for field in fields {
            for term in &word.terms {
                view.postings(*field, term, &mut postings)?;
            }
            for together in &word.synonyms {
                view.postings_together(*field, together, &mut postings)?;
            }
        }
        let mut documents: Vec<u32> = postings.iter().map(|posting| posting.document).collect();
        documents.sort_unstable();
        documents.dedup();
        if let Some(common) = &common {
            documents.retain(|document| common.binary_search(document).is_ok());
        }
        common = Some(documents);
    }
    Ok(common.unwrap_or_default())
}

/// Where a completion comes from, most telling first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Title,
    Tag,
    Heading,
}

/// Lower is better: whether it begins as typed, then its length in characters.
type Rank = (bool, usize);

struct Completions<'a> {
    view: &'a LanguageView,
    words: Vec<&'a QueryWord>,
    typed: String,
    seen: HashSet<String>,
    found: Vec<(bool, Source, usize, String)>,
}

impl<'a> Completions<'a> {
    fn new(view: &'a LanguageView, words: &'a [QueryWord], text: &str) -> Self {
        let content = words.iter().any(|word| !word.function);
        let words = words.iter().filter(|word| !(content && word.function) && !word.supports).collect();
        Self { view, words, typed: text.trim_start().to_lowercase(), seen: HashSet::new(), found: Vec::new() }
    }

    /// Takes a name if it has every word.
    fn add(&mut self, name: &str, source: Source) {
        let terms: HashSet<String> = analyze(self.view.language(), name).into_iter().map(|token| token.term).collect();
        let has = |word: &&QueryWord| {
            let means = |together: &Vec<String>| together.iter().all(|term| terms.contains(term));
            word.terms.iter().any(|term| terms.contains(term)) || word.synonyms.iter().any(means)
        };
        if self.words.iter().all(has) && self.seen.insert(name.to_lowercase()) {
            let (otherwise, length) = self.rank(name);
            self.found.push((otherwise, source, length, name.to_owned()));
        }
    }

    fn rank(&self, name: &str) -> Rank {
        (!name.to_lowercase().starts_with(&self.typed), name.chars().count())
    }

    fn best(mut self, limit: usize) -> Vec<String> {
        self.found.sort_unstable();
        self.found.into_iter().take(limit).map(|(_, _, _, name)| name).collect()
    }
}
