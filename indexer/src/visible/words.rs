//! The vocabulary of a viewer: whole words of living documents, and of the synonyms that hold for them, found by prefix and by typo.

use super::language_view::SegmentAt;
use super::unmarked::{Beginning, Unmarked};
use super::{LanguageView, ReadError, Work};
use crate::analysis::{fold, unmarked_term};
use crate::partition::WORDS;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use tantivy::query::FuzzyTermQuery;
use tantivy::termdict::{TermMerger, TermStreamer};
use tantivy::{TantivyError, Term};
use tantivy_fst::Automaton;

/// Beyond two edits nearly every short word is near every other, and the automaton grows out of bounds.
const MOST_EDITS: u8 = 2;

/// Words that begin alike from which on they are kept: there are few such beginnings, the first letters of every word that is typed,
/// and they take longest to read.
const MANY: u64 = 256;

/// From here on stand Kana, Han and Hangul. What is long enough to be misspelt in other letters is not an edit or two away from a word of
/// theirs, and each of their thousands is a way into the dictionary that an automaton of edits would go some steps.
const FIRST_OF_EAST_ASIA: &str = "\u{3000}";

/// By beginning and limit: the most frequent words.
pub(super) type Prefixes = RwLock<HashMap<(String, usize), Arc<[(String, u32)]>>>;

impl LanguageView {
    /// Says whether a word (not a term: see [`crate::analysis::Token`]) stands in any living document, or in a synonym.
    pub fn has_word(&self, word: &str) -> Result<bool, ReadError> {
        if self.synonyms().has_word(word) {
            return Ok(true);
        }
        let term = Term::from_field_text(WORDS, word);
        Work { lookups: 1, ..Work::default() }.count();
        for at in &self.segments {
            let found = at.segment.words().get_term_info(&term).map_err(TantivyError::from)?;
            if let Some(found) = found
                && self.living_documents(at, &found, 1)? > 0
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Words of living documents that begin with `prefix`, with the number of documents that have each, most frequent first, then by
    /// word; after them those of synonyms that no document has.
    pub fn words_with_prefix(&self, prefix: &str, limit: usize) -> Result<Arc<[(String, u32)]>, ReadError> {
        let known =
            self.prefixes.read().unwrap_or_else(PoisonError::into_inner).get(&(prefix.to_owned(), limit)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let (words, looked_at) = self.read_words_with_prefix(prefix, limit)?;
        Work { lookups: 1, words: looked_at, ..Work::default() }.count();
        let words: Arc<[_]> = words.into();
        if looked_at > MANY {
            let mut prefixes = self.prefixes.write().unwrap_or_else(PoisonError::into_inner);
            prefixes.insert((prefix.to_owned(), limit), Arc::clone(&words));
        }
        Ok(words)
    }

    /// The words, and how many begin so.
    fn read_words_with_prefix(&self, prefix: &str, limit: usize) -> Result<(Vec<(String, u32)>, u64), ReadError> {
        let mut best = Vec::<(String, u32)>::new();
        let looked_at = self.each_word_with_prefix(prefix, |word, documents| {
            // Words come in order: of equally frequent ones the earlier stays in front.
            let place = best.partition_point(|(_, others)| *others >= documents);
            if documents > 0 && place < limit {
                best.truncate(limit - 1);
                best.insert(place, (String::from_utf8_lossy(word).into_owned(), documents));
            }
            best.last().filter(|_| best.len() == limit).map_or(0, |(_, documents)| *documents)
        })?;
        for word in self.synonyms().words_with_prefix(prefix) {
            if best.len() < limit && !best.iter().any(|(known, _)| known == word) {
                best.push((word.to_owned(), 0));
            }
        }
        Ok((best, looked_at))
    }

    /// Calls `each(word, living documents)` for the words of the dictionaries that begin with `prefix`, in order, and returns how many
    /// there are. Words in no more documents than it returned last, the dead included, are passed over: the living ones of most need
    /// not be counted.
    fn each_word_with_prefix(&self, prefix: &str, mut each: impl FnMut(&[u8], u32) -> u32) -> Result<u64, ReadError> {
        let begins = |word: &[u8]| word.starts_with(prefix.as_bytes());
        let stream = |at| SegmentAt::words_from(at, prefix);
        let (mut looked_at, mut floor) = (0, 0);
        if let [at] = &*self.segments {
            // Merging takes longer than reading.
            let mut words = stream(at)?;
            while words.advance() && begins(words.key()) {
                looked_at += 1;
                if words.value().doc_freq > floor {
                    floor = each(words.key(), self.living_documents(at, words.value(), u32::MAX)?);
                }
            }
            return Ok(looked_at);
        }
        let mut words = TermMerger::new(self.segments.iter().map(stream).collect::<Result<_, _>>()?);
        while words.advance() && begins(words.key()) {
            looked_at += 1;
            let found = || words.current_segment_ords_and_term_infos();
            if found().map(|(_, found)| found.doc_freq).sum::<u32>() > floor {
                let counts =
                    found().map(|(segment, found)| self.living_documents(&self.segments[segment], &found, u32::MAX));
                floor = each(words.key(), counts.sum::<Result<_, _>>()?);
            }
        }
        Ok(looked_at)
    }

    /// Words of living documents and of synonyms within `edits` (1 or 2, a transposition is one) of `word`, marks on either left out:
    /// who mistypes a word often leaves its accents out as well. (word, documents, edits), nearest first, then most frequent, then by word.
    pub fn words_near(&self, word: &str, edits: u8, limit: usize) -> Result<Vec<(String, u32, u8)>, ReadError> {
        let edits = edits.min(MOST_EDITS);
        let plain = Term::from_field_text(WORDS, &fold(word));
        let within = |edits| FuzzyTermQuery::new(plain.clone(), edits, true).automaton().map(Unmarked);
        // An automaton says that a word is within its distance, not how far: the first that accepts it does. The dictionary is gone
        // through with the last alone, which accepts what the others do, and a few words more.
        let nearer = (0..edits).map(within).collect::<Result<Vec<_>, _>>()?;
        let distance = |word: &str| (0..edits).zip(&nearer).find(|(_, automaton)| automaton.accepts(word));
        let mut near = BTreeMap::<String, (u8, u32)>::new();
        for (word, documents) in self.words_accepted(word, || within(edits), |_| true)? {
            let edits = distance(&word).map_or(edits, |(edits, _)| edits);
            near.insert(word, (edits, documents));
        }
        for (word, edits) in self.synonyms().words_near(word, edits) {
            near.entry(word.to_owned()).or_insert((edits, 0));
        }
        let mut near: Vec<_> = near.into_iter().map(|(word, (edits, documents))| (word, documents, edits)).collect();
        near.sort_by_key(|(_, documents, edits)| (*edits, Reverse(*documents))); // stable: then by word
        near.truncate(limit);
        Ok(near)
    }

    /// Words of living documents that begin with one within one edit of `prefix`, with the number of documents that have each,
    /// most frequent first, then by word.
    pub fn words_beginning_near(&self, prefix: &str, limit: usize) -> Result<Vec<(String, u32)>, ReadError> {
        let query = FuzzyTermQuery::new_prefix(Term::from_field_text(WORDS, &fold(prefix)), 1, true);
        let words = self.words_accepted(prefix, || query.automaton().map(Unmarked), |_| true)?;
        Ok(most_frequent(words, limit))
    }

    /// Words of living documents that begin with `prefix`, marks on either left out, with the number of documents that have each, most
    /// frequent first, then by word. Dearer than [`Self::words_with_prefix`].
    pub fn words_beginning_alike(&self, prefix: &str, limit: usize) -> Result<Vec<(String, u32)>, ReadError> {
        let stem = fold(prefix);
        let words = self.words_accepted(prefix, || Ok(Unmarked(Beginning(&stem))), |_| true)?;
        Ok(most_frequent(words, limit))
    }

    /// Words of living documents that are written with marks and have `unmarked` as their
    /// [`unmarked_term`], with the number of documents that have each, most frequent first, then by
    /// word.
    pub fn words_with_marks(&self, unmarked: &str, limit: usize) -> Result<Vec<(String, u32)>, ReadError> {
        // A stem begins its word. Words without marks are under this term in the index.
        let words = self.words_accepted(
            unmarked,
            || Ok(Unmarked(Beginning(unmarked))),
            |word| !word.is_ascii() && unmarked_term(self.language(), word).is_some_and(|term| term == unmarked),
        );
        Ok(most_frequent(words?, limit))
    }

    /// `typed`: what the automaton was built of, as typed.
    fn words_accepted<A: Automaton<State: Clone>>(
        &self,
        typed: &str,
        automaton: impl Fn() -> Result<A, TantivyError>,
        admits: impl Fn(&str) -> bool,
    ) -> Result<BTreeMap<String, u32>, ReadError> {
        let mut near = 0;
        let mut words = BTreeMap::new();
        for at in &self.segments {
            let terms = at.segment.words().terms().search(automaton()?);
            let terms = if typed < FIRST_OF_EAST_ASIA { terms.lt(FIRST_OF_EAST_ASIA) } else { terms };
            let mut terms = terms.into_stream().map_err(TantivyError::from)?;
            while let Some((word, found)) = terms.next() {
                near += 1;
                if std::str::from_utf8(word).is_ok_and(&admits) {
                    count(&mut words, word, self.living_documents(at, found, u32::MAX)?);
                }
            }
        }
        Work { lookups: 1, letters: typed.chars().count() as u64, words: near, ..Work::default() }.count();
        Ok(words)
    }
}

impl SegmentAt {
    /// The words of its dictionary from one on.
    fn words_from(&self, first: &str) -> Result<TermStreamer<'_>, ReadError> {
        Ok(self.segment.words().terms().range().ge(first).into_stream().map_err(TantivyError::from)?)
    }
}

fn most_frequent(words: BTreeMap<String, u32>, limit: usize) -> Vec<(String, u32)> {
    let mut words: Vec<_> = words.into_iter().collect();
    words.sort_by_key(|(_, documents)| Reverse(*documents)); // stable: then by word
    words.truncate(limit);
    words
}

/// Adds the documents of one segment to a word's; a word that no living document has does not exist.
fn count(words: &mut BTreeMap<String, u32>, word: &[u8], documents: u32) {
    if let (Ok(word), 1..) = (std::str::from_utf8(word), documents) {
        *words.entry(word.to_owned()).or_default() += documents;
    }
}
