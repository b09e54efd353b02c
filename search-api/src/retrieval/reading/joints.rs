//! Words written apart that articles write together (`log in`, `login`), and the other way round.

use super::{FUNCTION_WORD_WEIGHT, Found, QueryWord, Vocabulary};
use crate::retrieval::function_words;
use indexer::analysis::{Kind, LONGEST_TERM, Token, analyze, term_of};
use indexer::visible::{Field, LanguageView, Posting, ReadError};

/// Letters that a word must have to be two, and each of the two.
const SHORTEST: usize = 5;
const SHORTEST_PART: usize = 2;
/// Trust in two words that were typed as one.
const APART_TRUST: f32 = 0.8;

/// Two words that one stands for.
pub(super) struct Apart {
    pub(super) left: Token,
    pub(super) right: Token,
}

/// Lets two neighbouring words also stand for the one that they make together, if it is known; they become it where one of them
/// is not. A function word begins none: `in form` is not `inform`.
pub(super) fn join(view: &LanguageView, text: &str, words: &mut Vec<QueryWord>) -> Result<(), ReadError> {
    let mut vocabulary = Vocabulary { view, postings: Vec::new() };
    let mut place = 0;
    while place + 1 < words.len() {
        let (left, right) = (&words[place], &words[place + 1]);
        let both = left.span.start..right.span.end;
        let joinable = text.get(left.span.end..right.span.start).is_some_and(|between| between.trim().is_empty())
            && !(left.supports || right.supports)
            && (!left.function || right.found == Found::Nowhere)
            && left.word.len() + right.word.len() <= LONGEST_TERM
            && is_wordlike(&left.word)
            && is_wordlike(&right.word);
        place += 1;
        if !joinable {
            continue;
        }
        let joined = format!("{}{}", left.word, right.word);
        if [left, right].iter().all(|word| word.found != Found::Nowhere) {
            // Two known words are seldom one: a single look at the words as they are written has to do.
            if view.has_word(&joined)?
                && let Some(term) = term_of(view.language(), &joined)
            {
                let parts = words[place - 1..=place].iter_mut();
                let parts = parts.filter(|word| !word.function && !word.terms.contains(&term));
                parts.for_each(|word| word.terms.push(term.clone()));
            }
        } else if let Some(joined) = one_token(view, &joined) {
            let joined = vocabulary.look_up(&joined)?;
            if joined.found != Found::Nowhere {
                let known = Found::AsTypoOf(joined.word.clone());
                words.splice(place - 1..=place, [QueryWord { span: both, found: known, ..joined }]);
            }
        }
    }
    Ok(())
}

/// Cuts an unknown word into two known ones that stand in one passage or title; with the number of those, the most there are.
pub(super) fn cut(view: &LanguageView, word: &QueryWord) -> Result<Option<(Apart, usize)>, ReadError> {
    let typed = word.word.as_str();
    let mut best: Option<(Apart, usize)> = None;
    if !is_wordlike(typed) || typed.chars().count() < SHORTEST {
        return Ok(best);
    }
    let mut vocabulary = Vocabulary { view, postings: Vec::new() };
    let borders: Vec<usize> = typed.char_indices().map(|(at, _)| at).collect();
    for at in &borders[SHORTEST_PART..=borders.len() - SHORTEST_PART] {
        let (left, right) = typed.split_at(*at);
        if function_words::contains(view.language(), left) {
            continue;
        }
        let (Some(right), Some(left)) = (one_token(view, right), one_token(view, left)) else { continue };
        if !vocabulary.is_known(&right)? || !vocabulary.is_known(&left)? {
            continue;
        }
        let together = documents_with_both(view, &left.term, &right.term)?;
        if together > best.as_ref().map_or(0, |(_, most)| *most) {
            best = Some((Apart { left, right }, together));
        }
    }
    Ok(best)
}

impl Apart {
    /// The two words that one stands for; the correction of the query is told by the first.
    pub(super) fn words(self, view: &LanguageView, whole: &QueryWord) -> [QueryWord; 2] {
        let written = format!("{} {}", self.left.word, self.right.word);
        [self.left, self.right].map(|token| {
            let function = function_words::contains(view.language(), &token.word);
            QueryWord {
                word: token.word,
                terms: vec![token.term],
                weight: if function { whole.weight * FUNCTION_WORD_WEIGHT } else { whole.weight },
                trust: APART_TRUST,
                function,
                found: Found::AsTypoOf(written.clone()),
                ..whole.clone()
            }
        })
    }
}

/// A word of letters alone, which can be a half of another.
fn is_wordlike(word: &str) -> bool {
    !word.contains(|c: char| c.is_numeric() || c.is_ascii_punctuation())
}

/// The token of a text that is one word.
fn one_token(view: &LanguageView, text: &str) -> Option<Token> {
    let mut tokens = analyze(view.language(), text).into_iter().filter(|token| token.kind == Kind::Whole);
    tokens.next().filter(|token| token.span == (0..text.len()))
}

fn documents_with_both(view: &LanguageView, left: &str, right: &str) -> Result<usize, ReadError> {
    let mut postings: Vec<Posting> = Vec::new();
    let mut documents = |term: &str| -> Result<Vec<u32>, ReadError> {
        postings.clear();
        for field in [Field::Title, Field::Heading, Field::Body] {
            view.postings(field, term, &mut postings)?;
        }
        let mut documents: Vec<u32> = postings.iter().map(|posting| posting.document).collect();
        documents.sort_unstable();
        documents.dedup();
        Ok(documents)
    };
    let (left, right) = (documents(left)?, documents(right)?);
    Ok(left.iter().filter(|document| right.binary_search(document).is_ok()).count())
}
