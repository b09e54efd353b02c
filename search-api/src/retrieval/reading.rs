//! Query text to query words: which terms each word stands for among the words that the viewer may see.

use super::function_words;
use indexer::analysis::{Token, analyze};
use indexer::visible::{Field, LanguageView, Posting, ReadError};
use std::collections::HashSet;
use std::ops::Range;

/// Distinct words of a query that are looked up; further ones are not read. [`super::lexical`] scores the rarest 16 of them.
const MAX_WORDS: usize = 64;
/// Unknown words of one query that are read as known ones.
const MAX_FUZZY: usize = 6;
/// Known words that one unknown word may stand for.
const MAX_EXPANSIONS: usize = 50;
/// Letters from which on one edit is forgiven, and two.
const ONE_EDIT: usize = 4;
const TWO_EDITS: usize = 8;
/// Letters that the beginning of a word must have before it is completed in a full search.
const MIN_PREFIX: usize = 3;
/// Trust in a word that was read as another one an edit away, as two edits away, or as the beginning of others.
const ONE_EDIT_TRUST: f32 = 0.7;
const TWO_EDITS_TRUST: f32 = 0.5;
const PREFIX_TRUST: f32 = 0.7;
/// What the parts of a known compound (`error-code`, `userName`) count together.
const PARTS_WEIGHT: f32 = 0.5;
/// What a function word counts.
const FUNCTION_WORD_WEIGHT: f32 = 0.3;

/// How a word of the query was found in the visible vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// As it stands, or by its stem.
    Exactly,
    /// As the beginning of known words.
    AsPrefix,
    /// As a misspelling of known words, of which this is the likeliest.
    AsTypoOf(String),
    /// Not at all.
    Nowhere,
}

/// A word of the query.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryWord {
    /// Bytes of the query that it was read from.
    pub span: Range<usize>,
    /// Terms that it stands for; they share one document frequency. Never empty.
    pub terms: Vec<String>,
    /// What it counts beside a whole content word, in (0, 1].
    pub weight: f32,
    /// How far it is trusted to mean these terms, in (0, 1]; 1 when it was found as it stands.
    pub trust: f32,
    /// Whether it carries grammar alone: see [`function_words`].
    pub function: bool,
    /// Whether it names one thing rather than describing it (`E4224`, `max_retries`), or is a part of such a name.
    pub identifier: bool,
    /// How it was found.
    pub found: Found,
}

/// Reads a query in full: an unknown last word may be the beginning of known ones, other unknown words their misspellings.
pub fn read(view: &LanguageView, text: &str) -> Result<Vec<QueryWord>, ReadError> {
    let mut words = read_exactly(view, text)?;
    mend(view, text, &mut words, MIN_PREFIX)?;
    Ok(words)
}

/// Reads a query whose last word is being typed: it also stands for every known word that it begins.
pub fn read_as_typed(view: &LanguageView, text: &str) -> Result<Vec<QueryWord>, ReadError> {
    let mut words = read_exactly(view, text)?;
    mend(view, text, &mut words, 1)?;
    if let Some(last) = words.last_mut().filter(|last| last.span.end == text.len() && last.found == Found::Exactly) {
        let mut own = last.terms.clone();
        let typed = typed_word(view, &text[last.span.clone()]);
        if complete(view, last, &typed)? {
            last.terms.append(&mut own);
            last.terms.sort_unstable();
            last.terms.dedup();
            last.function = false;
        }
    }
    Ok(words)
}

/// Finds other readings of unknown words; the last one may be the beginning of others if it has `shortest_prefix` letters.
fn mend(view: &LanguageView, text: &str, words: &mut [QueryWord], shortest_prefix: usize) -> Result<(), ReadError> {
    let last = words.len().saturating_sub(1);
    let mut fuzzy = 0;
    for (place, word) in words.iter_mut().enumerate().filter(|(_, word)| word.found == Found::Nowhere) {
        let typed = typed_word(view, &text[word.span.clone()]);
        if place == last && typed.chars().count() >= shortest_prefix && complete(view, word, &typed)? {
            continue;
        }
        if fuzzy < MAX_FUZZY {
            fuzzy += 1;
            correct(view, word, &typed)?;
        }
    }
    Ok(())
}

/// Reads a query as it stands: for languages other than its own, where most of its words are unknown for good reason.
pub fn read_exactly(view: &LanguageView, text: &str) -> Result<Vec<QueryWord>, ReadError> {
    let tokens = analyze(view.language(), text);
    let mut seen = HashSet::new();
    let mut postings = Vec::new();
    let mut words = Vec::new();
    for group in tokens.chunk_by(|a, b| a.position == b.position) {
        let mut known = Vec::with_capacity(group.len());
        for token in group {
            known.push(is_known(view, token, &mut postings)?);
        }
        // A compound that is written so somewhere is one word; its parts only help. One that is not is read as its parts.
        let parts_found = known.iter().skip(1).any(|known| *known);
        let part_share = if known[0] { PARTS_WEIGHT / (group.len() - 1).max(1) as f32 } else { 1.0 };
        let identifier = is_identifier(&group[0].word);
        for (place, (token, known)) in group.iter().zip(known).enumerate() {
            if (place == 0 && !known && parts_found) || !seen.insert(token.term.clone()) {
                continue;
            }
            let share = if place == 0 { 1.0 } else { part_share };
            let function = function_words::contains(view.language(), &token.word);
            words.push(QueryWord {
                span: token.span.clone(),
                terms: vec![token.term.clone()],
                weight: if function { share * FUNCTION_WORD_WEIGHT } else { share },
                trust: 1.0,
                function,
                identifier,
                found: if known { Found::Exactly } else { Found::Nowhere },
            });
            if words.len() == MAX_WORDS {
                return Ok(words);
            }
        }
    }
    Ok(words)
}

fn is_identifier(word: &str) -> bool {
    word.contains('_') || (word.contains(char::is_numeric) && word.contains(char::is_alphabetic))
}

fn is_known(view: &LanguageView, token: &Token, postings: &mut Vec<Posting>) -> Result<bool, ReadError> {
    if view.has_word(&token.word)? {
        return Ok(true);
    }
    for field in [Field::Title, Field::Tags, Field::Heading, Field::Body] {
        postings.clear();
        view.postings(field, &token.term, postings)?;
        if !postings.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn typed_word(view: &LanguageView, typed: &str) -> String {
    analyze(view.language(), typed).into_iter().next().map(|token| token.word).unwrap_or_default()
}

/// Lets a word stand for those that it begins; `false` and nothing changed if there are none.
fn complete(view: &LanguageView, word: &mut QueryWord, typed: &str) -> Result<bool, ReadError> {
    let longer = view.words_with_prefix(typed, MAX_EXPANSIONS)?;
    if longer.is_empty() {
        return Ok(false);
    }
    word.terms = terms_of(view, longer.iter().map(|(known, _)| known.as_str()));
    word.trust = PREFIX_TRUST;
    word.found = Found::AsPrefix;
    Ok(true)
}

/// Lets a word stand for the known ones that are the fewest edits away.
fn correct(view: &LanguageView, word: &mut QueryWord, typed: &str) -> Result<(), ReadError> {
    let letters = typed.chars().filter(|c| c.is_alphabetic()).count();
    let edits = match letters {
        ..ONE_EDIT => return Ok(()),
        ONE_EDIT..TWO_EDITS => 1,
        _ => 2,
    };
    // Only the nearest count, and to look one edit further takes many times as long.
    let mut near = view.words_near(typed, 1, MAX_EXPANSIONS)?;
    if near.is_empty() && edits > 1 {
        near = view.words_near(typed, edits, MAX_EXPANSIONS)?;
    }
    let Some((likeliest, _, nearest)) = near.first() else { return Ok(()) };
    word.terms =
        terms_of(view, near.iter().filter(|(_, _, edits)| edits == nearest).map(|(known, _, _)| known.as_str()));
    word.trust = if *nearest <= 1 { ONE_EDIT_TRUST } else { TWO_EDITS_TRUST };
    word.found = Found::AsTypoOf(likeliest.clone());
    Ok(())
}

fn terms_of<'a>(view: &LanguageView, words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut terms: Vec<String> =
        words.filter_map(|word| analyze(view.language(), word).into_iter().next().map(|token| token.term)).collect();
    terms.sort_unstable();
    terms.dedup();
    terms
}
