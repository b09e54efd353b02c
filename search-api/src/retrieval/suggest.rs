//! Completions while one types: titles, headings, tags and synonyms of visible articles, never what other people typed.

use super::reading::{self, QueryWord};
use super::{Suggestions, language};
use indexer::language::Language;
use indexer::shown::TermHash;
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
    let mut completions = Completions::new(words, text);
    for article in &matches.articles {
        completions.add_names(view, *article);
    }
    if completions.found.len() < limit {
        for document in &matches.headings {
            if let Some(heading) = view.passage(*document)?.trail.last() {
                // It was found by having every word.
                completions.offer(heading, Source::Heading);
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
        let content = words.iter().any(|word| !word.function && !word.supports);
        let words: Vec<_> = words.iter().filter(|word| !(word.supports || content && word.function)).collect();
        let mut matches = Self {
            articles: with_all_words(view, &words, &[Field::Title, Field::Tags])?,
            headings: with_all_words(view, &words, &[Field::Heading])?,
            named: 0,
        };
        matches.named = matches.articles.len();
        // Documents of one article stand together: of its headings the first counts.
        matches.headings.dedup_by_key(|document| view.article_of(*document));
        first_by_title(view, &mut matches.articles, MOST_NAMES);
        matches.articles.iter_mut().for_each(|document| *document = view.article_of(*document));
        // As many of them at most are articles that are there already.
        first_by_title(view, &mut matches.headings, 2 * MOST_NAMES);
        let with_heading = matches.headings.iter().map(|document| view.article_of(*document));
        let named: HashSet<u32> = matches.articles.iter().copied().collect();
        matches.articles.extend(with_heading.filter(|article| !named.contains(article)));
        matches.articles.truncate(MOST_NAMES);
        matches.headings.truncate(MOST_HEADINGS);
        Ok(matches)
    }
}

/// Leaves the first few documents, in the order of their articles: short titles first, then by id.
fn first_by_title(view: &LanguageView, documents: &mut Vec<u32>, few: usize) {
    let order = |document: &u32| {
        let article = view.article_of(*document);
        (view.article_length(Field::Title, article), view.article_id(article))
    };
    if documents.len() > few {
        documents.select_nth_unstable_by_key(few, order);
        documents.truncate(few);
    }
    documents.sort_by_cached_key(order);
}

/// Documents that have, in one of the fields, a term of every word, in order.
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
        // The unfinished word stands for fifty, whose lists are many and lie one upon another.
        let with_word = Set::of(view.documents(), postings.iter().map(|posting| posting.document));
        match &mut common {
            None => common = Some(with_word.iter().collect()),
            Some(common) => common.retain(|document| with_word.has(*document)),
        }
        if common.as_ref().is_some_and(Vec::is_empty) {
            break;
        }
    }
    Ok(common.unwrap_or_default())
}

/// A set of numbers, one bit each.
struct Set(Vec<u64>);

impl Set {
    /// Of numbers below `bound`, in any order.
    fn of(bound: u32, numbers: impl Iterator<Item = u32>) -> Self {
        let mut bits = vec![0; (bound as usize).div_ceil(64)];
        numbers.for_each(|number| bits[number as usize / 64] |= 1 << (number % 64));
        Self(bits)
    }

    fn has(&self, number: u32) -> bool {
        self.0[number as usize / 64] >> (number % 64) & 1 == 1
    }

    /// The numbers in their order.
    fn iter(&self) -> impl Iterator<Item = u32> {
        (0..).step_by(64).zip(&self.0).flat_map(|(first, bits)| {
            let mut rest = *bits;
            std::iter::from_fn(move || {
                let lowest = (rest != 0).then(|| rest.trailing_zeros())?;
                rest &= rest - 1;
                Some(first + lowest)
            })
        })
    }
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

struct Completions {
    words: Vec<Typed>,
    typed: String,
    seen: HashSet<String>,
    found: Vec<(bool, Source, usize, String)>,
}

/// A word as it is looked for in names.
struct Typed {
    /// Its terms, in order.
    terms: Vec<TermHash>,
    /// What it stands for besides: each a list of terms that a name must all have.
    synonyms: Vec<Vec<TermHash>>,
}

impl Typed {
    fn of(word: &QueryWord) -> Self {
        let hashes = |terms: &Vec<String>| terms.iter().map(|term| TermHash::of(term)).collect::<Vec<_>>();
        let mut terms = hashes(&word.terms);
        terms.sort_unstable();
        Self { terms, synonyms: word.synonyms.iter().map(hashes).collect() }
    }

    fn stands_in(&self, name: &[TermHash]) -> bool {
        let means = |together: &Vec<TermHash>| together.iter().all(|term| name.contains(term));
        name.iter().any(|term| self.terms.binary_search(term).is_ok()) || self.synonyms.iter().any(means)
    }
}

impl Completions {
    fn new(words: &[QueryWord], text: &str) -> Self {
        let content = words.iter().any(|word| !word.function && !word.supports);
        let words = words.iter().filter(|word| !(word.supports || content && word.function)).map(Typed::of).collect();
        Self { words, typed: text.trim_start().to_lowercase(), seen: HashSet::new(), found: Vec::new() }
    }

    /// Offers those of an article's names that have every word.
    fn add_names(&mut self, view: &LanguageView, article: u32) {
        let mut names = view.head(article).names();
        view.names(article, |place, terms| {
            let Some(name) = names.next() else { return };
            if self.words.iter().all(|word| word.stands_in(terms)) {
                self.offer(name, if place == 0 { Source::Title } else { Source::Tag });
            }
        });
    }

    fn offer(&mut self, name: &str, source: Source) {
        if self.seen.insert(name.to_lowercase()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn a_set_has_its_numbers_in_order_and_no_others(numbers in prop::collection::vec(0..200u32, 0..100)) {
            let (set, expected) = (Set::of(200, numbers.iter().copied()), BTreeSet::from_iter(numbers));
            prop_assert_eq!(set.iter().collect::<Vec<_>>(), expected.iter().copied().collect::<Vec<_>>());
            prop_assert!((0..200).all(|number| set.has(number) == expected.contains(&number)));
        }
    }
}
