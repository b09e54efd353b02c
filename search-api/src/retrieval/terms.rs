//! What a word says of the articles and passages of one view: its part of BM25F but for its weight, kept for frequent terms.
//!
//! A term that half of all articles have takes longer to read than to score, and stands in every other query. What is kept
//! depends on the view alone, is a function of it, and goes with it: it changes when an answer comes, not which.

use super::reading::QueryWord;
use super::synonyms::SYNONYM_TRUST;
use indexer::visible::{Field, LanguageView, Posting, ReadError};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Saturation: a word that stands somewhere endlessly often counts K1 + 1 times its weight.
const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Fields with what a word in them counts beside one in the body.
const FIELDS: [(Field, f32); 4] = [(Field::Title, 6.0), (Field::Tags, 2.0), (Field::Heading, 2.0), (Field::Body, 1.0)];
/// Articles that a term must stand in to be kept: rarer ones are read as fast.
const FREQUENT: usize = 32;
/// One in so many must have a score for them to be kept by number.
const MOST: usize = 4;
/// Between the terms of a word that stands for several: in none of them.
const BETWEEN: &str = "\0";
/// Bytes kept a document at most: a small part of what the index takes.
const BYTES_A_DOCUMENT: usize = 256;

/// Where a word stands, with its saturated weighted frequencies.
#[derive(Clone, Debug, PartialEq)]
pub struct Hits {
    /// By article.
    pub articles: Scores,
    /// By document. None for function words: a passage is not the better one for more articles and prepositions, and they are most
    /// of all postings.
    pub documents: Scores,
    /// Articles with the word in their title; each once.
    pub titles: Vec<u32>,
}

/// Numbers with scores above 0.
#[derive(Clone, Debug, PartialEq)]
pub enum Scores {
    /// Each once.
    Some(Vec<(u32, f32)>),
    /// By number, with how many are not 0: of many, this is added faster than a list.
    Most(Vec<f32>, usize),
}

/// Buffers of one thread, kept so that a query allocates nothing once they have grown.
#[derive(Debug, Default)]
pub struct Reader {
    postings: Vec<Posting>,
    /// (article, frequency) of the postings at hand.
    frequencies: Vec<(u32, u32)>,
    articles: Sums,
    documents: Sums,
    titles: Vec<u32>,
}

/// Sums by number; all 0 between two words.
#[derive(Debug, Default)]
struct Sums {
    sums: Vec<f32>,
    /// Which are not 0.
    touched: Vec<u32>,
}

impl Reader {
    /// Fits the buffers to a view.
    pub fn fit(&mut self, view: &LanguageView) {
        self.articles.fit(view.articles());
        self.documents.fit(view.documents());
        self.titles.clear();
    }

    /// Reads a word from what is kept, or from its postings; one with synonyms always from these.
    pub fn hits(&mut self, view: &LanguageView, word: &QueryWord) -> Result<Arc<Hits>, ReadError> {
        let kept = if word.synonyms.is_empty() { view.derived(|| Kept::of(view)) } else { None };
        let Some(kept) = kept else { return self.read(view, word).map(Arc::new) };
        let key = match &*word.terms {
            [term] => Cow::Borrowed(term.as_str()),
            terms => Cow::Owned(terms.join(BETWEEN)),
        };
        if let Some(hits) = kept.get(&key, word.function) {
            return Ok(hits);
        }
        let hits = Arc::new(self.read(view, word)?);
        if hits.articles.count() >= FREQUENT {
            kept.put(&key, word.function, &hits);
        }
        Ok(hits)
    }

    /// Adds up the postings of all terms and fields: frequencies as whole numbers, weights in the order of terms and fields.
    fn read(&mut self, view: &LanguageView, word: &QueryWord) -> Result<Hits, ReadError> {
        for term in &word.terms {
            for (field, weight) in FIELDS {
                self.postings.clear();
                view.postings(field, term, &mut self.postings)?;
                self.weigh(view, word, field, weight);
            }
        }
        for together in &word.synonyms {
            for (field, weight) in FIELDS {
                self.postings.clear();
                view.postings_together(field, together, &mut self.postings)?;
                self.weigh(view, word, field, weight * SYNONYM_TRUST);
            }
        }
        self.titles.sort_unstable();
        self.titles.dedup();
        let titles = self.titles.drain(..).collect();
        Ok(Hits { articles: self.articles.take(), documents: self.documents.take(), titles })
    }

    /// Adds the postings at hand, of one field, to whatever they count for.
    fn weigh(&mut self, view: &LanguageView, word: &QueryWord, field: Field, weight: f32) {
        self.weigh_articles(view, field, weight);
        if field == Field::Title {
            self.titles.extend(self.postings.iter().map(|posting| view.article_of(posting.document)));
        }
        if !word.function && matches!(field, Field::Heading | Field::Body) {
            self.weigh_passages(view, field, weight);
        }
    }

    /// Documents of one article stand together, so each is weighed once. Step by step over all postings, each step without a branch that
    /// depends on what is read: where that is far away the processor waits for many at once.
    fn weigh_articles(&mut self, view: &LanguageView, field: Field, weight: f32) {
        let average = view.total_length(field) as f32 / view.articles() as f32;
        let articles = self.postings.iter().map(|posting| (view.article_of(posting.document), posting.frequency));
        self.frequencies.clear();
        self.frequencies.extend(articles);
        let (mut last, mut count, mut sum) = (None, 0, 0);
        for place in 0..self.frequencies.len() {
            let (article, frequency) = self.frequencies[place];
            let again = last == Some(article);
            count += usize::from(!again);
            sum = frequency + if again { sum } else { 0 };
            self.frequencies[count - 1] = (article, sum);
            last = Some(article);
        }
        self.frequencies.truncate(count);
        self.articles.add(self.frequencies.iter().map(|&(article, frequency)| {
            let length = view.article_length(field, article);
            (article, weight * frequency as f32 / normalised(length, average))
        }));
    }

    fn weigh_passages(&mut self, view: &LanguageView, field: Field, weight: f32) {
        let average = view.total_length(field) as f32 / view.passages() as f32;
        let lengths = view.lengths(field, self.postings.iter().map(|posting| posting.document));
        self.documents.add(self.postings.iter().zip(lengths).map(|(posting, length)| {
            (posting.document, weight * posting.frequency as f32 / normalised(length, average))
        }));
    }
}

impl Sums {
    fn fit(&mut self, numbers: u32) {
        // Something is left only of a word whose reading failed.
        let Self { sums, touched } = self;
        touched.drain(..).for_each(|number| sums[number as usize] = 0.0);
        self.sums.resize(numbers as usize, 0.0);
    }

    /// Adds weights above 0 to the sums of their numbers.
    fn add(&mut self, weights: impl ExactSizeIterator<Item = (u32, f32)>) {
        let Self { sums, touched } = self;
        let mut count = touched.len();
        touched.resize(count + weights.len(), 0);
        for (number, weight) in weights {
            let sum = &mut sums[number as usize];
            // Noted in any case, and kept if it was 0: which are met for the first time cannot be foretold.
            touched[count] = number;
            count += usize::from(*sum == 0.0);
            *sum += weight;
        }
        touched.truncate(count);
    }

    /// Takes the sums, saturated, and leaves all at 0.
    fn take(&mut self) -> Scores {
        let Self { sums, touched } = self;
        if touched.len() * MOST > sums.len() {
            let scores = sums.iter_mut().map(|sum| saturated(std::mem::take(sum))).collect();
            let count = touched.len();
            touched.clear();
            return Scores::Most(scores, count);
        }
        let score = |number: u32| (number, saturated(std::mem::take(&mut sums[number as usize])));
        Scores::Some(touched.drain(..).map(score).collect())
    }
}

impl Scores {
    /// How many are above 0.
    pub fn count(&self) -> usize {
        match self {
            Self::Some(scores) => scores.len(),
            Self::Most(_, count) => *count,
        }
    }

    /// Adds the scores, times a weight, to sums by number.
    pub fn add(&self, weight: f32, sums: &mut [f32]) {
        match self {
            Self::Some(scores) => scores.iter().for_each(|(number, score)| sums[*number as usize] += weight * score),
            Self::Most(scores, _) => sums.iter_mut().zip(scores).for_each(|(sum, score)| *sum += weight * score),
        }
    }

    /// Adds the same to the sum of every number that has a score.
    pub fn count_in(&self, share: f32, sums: &mut [f32]) {
        match self {
            Self::Some(scores) => scores.iter().for_each(|(number, _)| sums[*number as usize] += share),
            Self::Most(scores, _) => {
                let counted = |(sum, score): (&mut f32, &f32)| *sum += if *score > 0.0 { share } else { 0.0 };
                sums.iter_mut().zip(scores).for_each(counted);
            }
        }
    }

    /// The scores as a list, if they are kept so.
    pub fn listed(&self) -> Option<&[(u32, f32)]> {
        match self {
            Self::Some(scores) => Some(scores),
            Self::Most(..) => None,
        }
    }

    /// Bytes on the heap.
    fn size(&self) -> usize {
        match self {
            Self::Some(scores) => scores.capacity() * size_of::<(u32, f32)>(),
            Self::Most(scores, _) => scores.capacity() * size_of::<f32>(),
        }
    }
}

fn saturated(tf: f32) -> f32 {
    tf * (K1 + 1.0) / (K1 + tf)
}

fn normalised(length: u32, average: f32) -> f32 {
    1.0 - B + B * length as f32 / average
}

/// The frequent words of a view that were asked for, by their terms. Where there is no room the one that is worth least is
/// forgotten, the first of equals by its terms: what it is worth is how often it was asked for, beginning with the worth of what
/// was forgotten last, so that nothing stays for what it was worth long ago (Arlitt et al., Evaluating Content Management
/// Techniques for Web Proxy Caches, 2000: LFU with dynamic aging). The least recently used would be the wrong one: of words asked
/// for in turn, a few more than there is room for, it keeps none until it is asked for again.
struct Kept {
    terms: RwLock<Terms>,
    room: usize,
}

#[derive(Default)]
struct Terms {
    /// By terms, for content words and for function words.
    entries: [HashMap<String, Entry>; 2],
    taken: usize,
    /// What the last one that was forgotten was worth.
    age: u64,
}

struct Entry {
    hits: Arc<Hits>,
    worth: AtomicU64,
}

impl Kept {
    fn of(view: &LanguageView) -> Self {
        Self { terms: RwLock::default(), room: view.documents() as usize * BYTES_A_DOCUMENT }
    }

    fn get(&self, term: &str, function: bool) -> Option<Arc<Hits>> {
        let terms = self.terms.read().unwrap_or_else(PoisonError::into_inner);
        let entry = terms.entries[usize::from(function)].get(term)?;
        entry.worth.fetch_add(1, Ordering::Relaxed);
        Some(Arc::clone(&entry.hits))
    }

    fn put(&self, term: &str, function: bool, hits: &Arc<Hits>) {
        let size = hits.size();
        if size > self.room / 4 {
            return;
        }
        let mut terms = self.terms.write().unwrap_or_else(PoisonError::into_inner);
        while terms.taken + size > self.room && terms.forget_one() {}
        let entry = Entry { hits: Arc::clone(hits), worth: AtomicU64::new(terms.age + 1) };
        // Another thread may have put the same in the meantime.
        if terms.entries[usize::from(function)].insert(term.to_owned(), entry).is_none() {
            terms.taken += size;
        }
    }
}

impl Terms {
    /// Forgets the one that is worth least, if there is any.
    fn forget_one(&mut self) -> bool {
        let entries = self.entries.iter().enumerate();
        let entries = entries.flat_map(|(map, entries)| entries.iter().map(move |(term, entry)| (map, term, entry)));
        let worth = |(map, term, entry): (usize, _, &Entry)| (entry.worth.load(Ordering::Relaxed), map, term);
        let Some((worth, map, term)) = entries.map(worth).min() else { return false };
        let term: String = String::clone(term);
        self.age = worth;
        self.taken -= self.entries[map].remove(&term).map_or(0, |entry| entry.hits.size());
        true
    }
}

impl Hits {
    /// Bytes on the heap.
    fn size(&self) -> usize {
        self.articles.size() + self.documents.size() + self.titles.capacity() * size_of::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::reading;
    use crate::retrieval::tests::world::{Shelf, article};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// More articles than make a term frequent, with two frequent words.
    fn shelf() -> Shelf {
        let texts = (0..FREQUENT + 8).map(|place| "invoice card ".repeat(1 + place % 5));
        let named =
            texts.enumerate().map(|(place, text)| article(&format!("a{place}.md"), &format!("The {place}"), &text));
        Shelf::of(&named.collect::<Vec<_>>())
    }

    #[test]
    fn a_frequent_term_says_the_same_when_it_was_kept() {
        let index = shelf().visible_to(&[]);
        let view = &index.languages()[0];
        let words = reading::read(view, "the invoice").expect("words");
        let mut reader = Reader::default();
        reader.fit(view);
        for word in &words {
            let (first, again) = (reader.hits(view, word).expect("hits"), reader.hits(view, word).expect("hits"));
            assert!(Arc::ptr_eq(&first, &again), "{word:?} was not kept");
            assert_eq!(*again, reader.read(view, word).expect("hits"));
            assert_eq!(again.documents.count() == 0, word.function);
        }
    }

    proptest! {
        #[test]
        fn sums_are_those_of_weights_one_by_one(
            fields in prop::collection::vec(prop::collection::vec((0..40u32, 0.1f32..3.0), 0..30), 0..4),
        ) {
            let mut expected = BTreeMap::<u32, f32>::new();
            let mut sums = Sums::default();
            // Of a second word nothing of the first is left.
            for _ in 0..2 {
                expected.clear();
                sums.fit(40);
                for weights in &fields {
                    sums.add(weights.iter().copied());
                    weights.iter().for_each(|(number, weight)| *expected.entry(*number).or_default() += weight);
                }
                let found: Vec<(u32, f32)> = match sums.take() {
                    Scores::Some(mut scores) => {
                        scores.sort_unstable_by_key(|(number, _)| *number);
                        scores
                    }
                    Scores::Most(scores, count) => {
                        let found: Vec<_> = (0..).zip(scores).filter(|(_, score)| *score > 0.0).collect();
                        prop_assert_eq!(found.len(), count);
                        found
                    }
                };
                prop_assert_eq!(found, expected.iter().map(|(n, sum)| (*n, saturated(*sum))).collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn what_is_kept_stays_within_its_room_and_what_is_worth_least_goes() {
        let index = shelf().visible_to(&[]);
        let kept = Kept::of(&index.languages()[0]);
        let taking = |bytes: usize| {
            let articles = Scores::Most(vec![1.0; bytes / size_of::<f32>()], 1);
            Arc::new(Hits { articles, documents: Scores::Some(Vec::new()), titles: Vec::new() })
        };
        let hits = taking(kept.room / 5);
        for term in ["a", "b", "c", "d", "e"] {
            kept.put(term, false, &hits);
        }
        assert!(kept.get("a", false).is_some());
        kept.put("f", false, &hits);
        assert!(kept.terms.read().expect("not poisoned").taken <= kept.room);
        assert!(kept.get("b", false).is_none() && kept.get("a", false).is_some() && kept.get("f", false).is_some());
        // What is asked for often, whatever passes in between, as long as it is asked for.
        for term in 0..100 {
            if term % 10 == 0 {
                (0..4).for_each(|_| assert!(kept.get("a", false).is_some(), "before {term}"));
            }
            kept.put(&term.to_string(), false, &hits);
        }
        (100..200).for_each(|term| kept.put(&term.to_string(), false, &hits));
        assert!(kept.get("a", false).is_none());
        kept.put("large", false, &taking(kept.room));
        assert!(kept.get("large", false).is_none() && kept.get("199", false).is_some());
    }
}
