//! Query text to query words: which terms each word stands for among the words that the viewer may see.

mod joints;
pub mod mending;

use super::{function_words, synonyms};
use indexer::analysis::{Kind, Token, analyze, is_hangul, term_of, unmarked_term};
use indexer::visible::{Field, LanguageView, Posting, ReadError};
use std::collections::HashSet;
use std::ops::Range;

/// Distinct words of a query that are looked up; further ones are not read. [`super::lexical`] scores the rarest 16 of them.
pub const MAX_WORDS: usize = 64;
/// Tokens of a query that are looked up: its words, the parts of its compounds and the pairs of its characters.
pub const MAX_TOKENS: usize = 256;
/// Known words that one word may stand for.
pub const MAX_EXPANSIONS: usize = 50;
/// Letters that the beginning of a word must have before it is completed in a full search.
const MIN_PREFIX: usize = 3;
/// Trust in a word that was read as the beginning of others.
const PREFIX_TRUST: f32 = 0.7;
/// What the parts of a known compound (`error-code`, `userName`) count together.
const PARTS_WEIGHT: f32 = 0.5;
/// What a function word counts.
const FUNCTION_WORD_WEIGHT: f32 = 0.3;
/// Digits from which on a number within a version or an address is looked for by itself.
const TELLING_DIGITS: usize = 3;

/// How a word of the query was found in the visible vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// As it stands, or by its stem.
    Exactly,
    /// As the beginning of known words.
    AsPrefix,
    /// As a misspelling of known words, of which this is the likeliest; or of two that were run together, or one cut in two.
    AsTypoOf(String),
    /// Not at all.
    Nowhere,
}

/// A word of the query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryWord {
    /// Bytes of the query that it was read from.
    pub span: Range<usize>,
    /// The word as typed, in the form of [`Token::word`].
    pub word: String,
    /// Terms that it stands for, its own first if it is known; they share one document frequency. Never empty.
    pub terms: Vec<String>,
    /// What it stands for besides, by the word of editors: each a list of terms that must stand together. See [`synonyms`].
    pub synonyms: Vec<Vec<String>>,
    /// What it counts beside a whole content word, in (0, 1].
    pub weight: f32,
    /// How far it is trusted to mean these terms, in (0, 1]; 1 when it was found as it stands.
    pub trust: f32,
    /// Whether it carries grammar alone: see [`function_words`].
    pub function: bool,
    /// Whether it names one thing rather than describing it (`E4224`, `max_retries`), or is a part of such a name.
    pub identifier: bool,
    /// Whether it only supports a known word that it is read from, as a pair of characters does: not asked for, not marked.
    pub supports: bool,
    /// How it was found.
    pub found: Found,
}

/// Reads a query in full: unknown words may be written together or apart, the last one may be the beginning of known ones,
/// others their misspellings.
pub fn read(view: &LanguageView, text: &str) -> Result<Vec<QueryWord>, ReadError> {
    let mut words = read_words(view, text)?;
    joints::join(view, text, &mut words)?;
    mending::mend(view, &mut words, MIN_PREFIX)?;
    synonyms::stand_in(view, text, &mut words);
    Ok(words)
}

/// Reads a query whose last word is being typed: it also stands for every known word that it begins.
pub fn read_as_typed(view: &LanguageView, text: &str) -> Result<Vec<QueryWord>, ReadError> {
    let mut words = read_words(view, text)?;
    joints::join(view, text, &mut words)?;
    mending::mend(view, &mut words, 1)?;
    if let Some(last) = words.last_mut().filter(|last| last.span.end == text.len() && last.found == Found::Exactly) {
        let mut own = last.terms.clone();
        if complete(view, last)?.is_some() {
            last.terms.append(&mut own);
            last.terms.sort_unstable();
            last.terms.dedup();
            last.function = false;
        }
    }
    synonyms::stand_in(view, text, &mut words);
    Ok(words)
}

/// Reads a query as it stands: for languages other than its own, where most of its words are unknown for good reason.
pub fn read_exactly(view: &LanguageView, text: &str) -> Result<Vec<QueryWord>, ReadError> {
    let mut words = read_words(view, text)?;
    synonyms::stand_in(view, text, &mut words);
    Ok(words)
}

fn read_words(view: &LanguageView, text: &str) -> Result<Vec<QueryWord>, ReadError> {
    let tokens = analyze(view.language(), text);
    let mut vocabulary = Vocabulary { view, postings: Vec::new() };
    let (mut read, mut seen) = (HashSet::new(), HashSet::new());
    let mut words = Vec::new();
    let mut looked_up = 0;
    for group in tokens.chunk_by(|a, b| a.position == b.position) {
        // The same word again says nothing new, and a query may be made of nothing else.
        if !read.insert(&group[0].word) || group.iter().all(|token| seen.contains(&token.term)) {
            continue;
        }
        looked_up += group.len();
        if looked_up > MAX_TOKENS {
            break;
        }
        for word in vocabulary.read(group)? {
            if !seen.insert(word.terms[0].clone()) {
                continue;
            }
            words.push(word);
            if words.len() == MAX_WORDS {
                return Ok(words);
            }
        }
    }
    Ok(words)
}

/// What the viewer's articles know of words.
struct Vocabulary<'a> {
    view: &'a LanguageView,
    postings: Vec<Posting>,
}

impl Vocabulary<'_> {
    /// Reads the tokens of one position: a word, a compound with its parts, a word without spaces with its pairs.
    ///
    /// A compound that is written so somewhere is one word; its parts only help. One that is not is read as its parts.
    fn read(&mut self, group: &[Token]) -> Result<Vec<QueryWord>, ReadError> {
        let mut words = group.iter().map(|token| self.look_up(token)).collect::<Result<Vec<_>, _>>()?;
        let identifier = is_identifier(&group[0].word);
        words.iter_mut().for_each(|word| word.identifier = identifier);
        if words.len() == 1 || group[0].kind != Kind::Whole {
            return Ok(words);
        }
        let numeric = is_number(&group[0].word);
        let mut parts = words.split_off(1);
        let Some(mut whole) = words.pop() else { return Ok(parts) };
        let pairs = group[1].kind == Kind::Pair;
        if pairs {
            parts.retain(|part| part.found != Found::Nowhere);
        }
        if pairs && whole.function {
            // Grammar, and how it is joined to its neighbours: of a phrase that is quoted, or cut in the middle of a word.
            for pair in &mut parts {
                (pair.weight, pair.supports, pair.function) = (PARTS_WEIGHT * FUNCTION_WORD_WEIGHT, true, false);
            }
            parts.push(whole);
            return Ok(parts);
        }
        if whole.function || (!pairs && parts.iter().all(|part| part.function)) {
            if !whole.function {
                whole.function = true;
                whole.weight = FUNCTION_WORD_WEIGHT;
            }
            return Ok(vec![whole]);
        }
        parts.retain(|part| !numeric || part.word.len() >= TELLING_DIGITS);
        // Particles are written onto words of Hangul: as typed, one stands in few of the articles that it is about, and its pairs in all.
        let inflected = pairs && is_hangul(&whole.word) && !parts.is_empty();
        let known = !inflected && (whole.found == Found::Exactly || (!pairs && self.complete_compound(&mut whole)?));
        let shared = match (known, pairs) {
            (true, _) => PARTS_WEIGHT / parts.len().max(2) as f32,
            (false, true) => 1.0 / parts.len().max(1) as f32,
            (false, false) => 1.0,
        };
        let apart = !known && parts.iter().any(|part| part.found != Found::Nowhere);
        for part in &mut parts {
            part.weight *= shared;
            part.supports = pairs && known;
        }
        // What is typed on is the last word: the last part of a compound, but no pair.
        match (apart, pairs) {
            (true, _) => {}
            (false, true) => parts.push(whole),
            (false, false) => parts.insert(0, whole),
        }
        Ok(parts)
    }

    /// A token as a word by itself: known if an article has it, or its stem, with marks or without.
    fn look_up(&mut self, token: &Token) -> Result<QueryWord, ReadError> {
        let mut terms = vec![token.term.clone()];
        let mut function = function_words::contains(self.view.language(), &token.word);
        let mut known = self.is_known(token)?;
        if token.kind != Kind::Pair
            && let Some(unmarked) = unmarked_term(self.view.language(), &token.word)
        {
            let marked = match unmarked.len() {
                ..MIN_PREFIX => Vec::new(),
                _ => self.view.words_with_marks(&unmarked, MAX_EXPANSIONS)?,
            };
            function |= marked.first().is_some_and(|(word, _)| function_words::contains(self.view.language(), word));
            known |= !marked.is_empty() || (unmarked != token.term && self.is_term(&unmarked)?);
            let others = terms_of(self.view, marked.iter().map(|(word, _)| word.as_str()));
            for term in others.into_iter().chain([unmarked]) {
                if !terms.contains(&term) {
                    terms.push(term);
                }
            }
        }
        Ok(QueryWord {
            span: token.span.clone(),
            word: token.word.clone(),
            found: if known { Found::Exactly } else { Found::Nowhere },
            terms,
            synonyms: Vec::new(),
            weight: if function { FUNCTION_WORD_WEIGHT } else { 1.0 },
            trust: 1.0,
            function,
            identifier: false,
            supports: false,
        })
    }

    fn is_known(&mut self, token: &Token) -> Result<bool, ReadError> {
        if token.kind != Kind::Pair && self.view.has_word(&token.word)? {
            return Ok(true);
        }
        self.is_term(&token.term)
    }

    fn is_term(&mut self, term: &str) -> Result<bool, ReadError> {
        for field in [Field::Title, Field::Tags, Field::Heading, Field::Body] {
            self.postings.clear();
            self.view.postings(field, term, &mut self.postings)?;
            if !self.postings.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Lets a compound stand for the longer ones that it begins, but no number for a longer number: `2.1` is not `2.10`.
    fn complete_compound(&self, whole: &mut QueryWord) -> Result<bool, ReadError> {
        let mut longer = self.view.words_with_prefix(&whole.word, MAX_EXPANSIONS)?.to_vec();
        if whole.word.ends_with(char::is_numeric) {
            longer.retain(|(known, _)| !known[whole.word.len()..].starts_with(char::is_numeric));
        }
        Ok(stand_for_longer(self.view, whole, &longer).is_some())
    }
}

/// Says whether a word is a number, a version or an address: no letters but the `v` of a version.
fn is_number(word: &str) -> bool {
    !word.strip_prefix('v').unwrap_or(word).contains(char::is_alphabetic)
}

fn is_identifier(word: &str) -> bool {
    word.contains('_') || (word.contains(char::is_numeric) && word.contains(char::is_alphabetic))
}

/// Lets a word stand for those that it begins, if there are none for those that it begins but for marks; the number of documents of
/// the most frequent, `None` and nothing changed if there are none.
fn complete(view: &LanguageView, word: &mut QueryWord) -> Result<Option<u32>, ReadError> {
    let mut longer = view.words_with_prefix(&word.word, MAX_EXPANSIONS)?;
    if longer.is_empty() {
        longer = view.words_beginning_alike(&word.word, MAX_EXPANSIONS)?.into();
    }
    Ok(stand_for_longer(view, word, &longer))
}

fn stand_for_longer(view: &LanguageView, word: &mut QueryWord, longer: &[(String, u32)]) -> Option<u32> {
    let (_, most) = longer.first()?;
    word.terms = terms_of(view, longer.iter().map(|(known, _)| known.as_str()));
    word.trust = PREFIX_TRUST;
    word.found = Found::AsPrefix;
    Some(*most)
}

fn terms_of<'a>(view: &LanguageView, words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut terms: Vec<String> = words.filter_map(|word| term_of(view.language(), word)).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}
