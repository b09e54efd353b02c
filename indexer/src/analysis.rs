//! Text to terms: the one way in which articles, queries and snippets are cut into words, per language.

mod elision;
mod fold;
mod normal;
mod scan;
mod unspaced;

pub(crate) use fold::{fold, fold_letter};

use crate::language::Language;
use normal::Normalizer;
use scan::{Run, Script};
use std::ops::Range;

/// Longest word or term in bytes. A longer word is cut; of a longer compound only the parts are kept.
pub const LONGEST_TERM: usize = 64;

/// What a token is of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word, or a compound as a whole.
    Whole,
    /// A word within a compound.
    Part,
    /// Two neighbouring characters of a script without spaces, or the ideographs alone of a word that has endings within (`申込` of
    /// `申し込み`). A term only: nobody reads it as a word.
    Pair,
}

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word as searched by prefix and typo: lower case, NFKC, marks kept.
    pub word: String,
    /// The term it is indexed under: the word's stem in its language, without marks that people leave out.
    pub term: String,
    /// Bytes of the text that it was read from.
    pub span: Range<usize>,
    /// Position, counted in words; the parts of a compound (`camelCase`, `error-code`) share the position of the whole.
    pub position: u32,
    /// What it is of the text. The first token of a position is its whole, unless that is too long.
    pub kind: Kind,
}

/// Cuts a text into words, in the order of the text. The same function serves indexing, queries and highlighting.
///
/// - A *word* is a run of letters, digits and their marks; an apostrophe inside belongs to it (`don't`). In languages with
///   elision the elided word before it is left out (`l'article` is `article`, `aujourd'hui` stays).
/// - A *compound* (`ERR_CONN`, `e-mail`, `2.4.1`, `node.js`, `v1/users`, `getUserById`, `SHA256`) gives the whole first, then
///   each part, all at one position. The term of a whole leaves out hyphens, underscores and case, so that `e-mail` meets
///   `email` and `user_name` meets `userName`; other joints, and hyphens between digits, stay. The `v` of a version is left out.
/// - Marks are left out of terms where people leave them out when they type: of Latin and Greek letters (`résumé` meets
///   `resume`), of Hebrew and Arabic vowels; before stemming in English, after it in languages whose stemmers need them.
/// - Scripts written without spaces (Han, Kana, Thai, …) are cut by dictionary. In Han, Kana and Hangul, pairs of neighbouring
///   characters are terms too, so that a part of a word is found and no query depends on how the dictionary cut an article; and the
///   ideographs of a word alone, since its Hiragana are written or left out as one likes (`申し込み`, `申込み`, `申込`).
/// - Stop words and numbers are words like others; punctuation and emoji are none. `C++`, `C#`, `.NET` are kept whole.
pub fn analyze(language: &Language, text: &str) -> Vec<Token> {
    let normalizer = Normalizer::new(language);
    let mut tokens = Vec::with_capacity(text.len() / 5);
    let mut position = 0;
    for run in scan::runs(text) {
        match run.script {
            Script::Spaced => {
                push_run(&normalizer, text, &run, position, &mut tokens);
                position += 1;
            }
            Script::Unspaced => position = unspaced::push(&normalizer, text, run.span, position, &mut tokens),
        }
    }
    tokens
}

/// The term of a word (see [`Token::word`]) that stands alone, whatever a dictionary would cut it into; `None` if it is empty.
pub fn term_of(language: &Language, word: &str) -> Option<String> {
    let normalizer = Normalizer::new(language);
    let normal = if scan::parts(word).is_empty() { normalizer.word(word) } else { normalizer.compound(word) };
    normal.map(|(_, term)| term)
}

/// The term that a word would have if it had been written without its marks: `regle` of `réglée`, whose own is `regl`. `None` in
/// languages whose stemmers need no marks, so that a word meets its like whether they were typed or not.
pub fn unmarked_term(language: &Language, word: &str) -> Option<String> {
    let normalizer = Normalizer::new(language);
    let term = |word: &str| normalizer.word(word).map(|(_, term)| term);
    if normalizer.needs_marks() { term(&fold(word)) } else { None }
}

/// Whether a word is written in characters that are terms in pairs (Han, Kana, Hangul): what counts in it are its characters, since a
/// dictionary cuts the same characters now so, now otherwise.
pub fn is_paired(word: &str) -> bool {
    word.chars().next().is_some_and(unspaced::is_paired)
}

/// Whether a word is written in syllables of Hangul.
pub fn is_hangul(word: &str) -> bool {
    word.chars().all(|letter| matches!(letter, '\u{AC00}'..='\u{D7A3}'))
}

/// Where the word begins that a cut at `at`, a border of characters, would go through, if its script is written without spaces;
/// else `at`.
pub fn word_begin(text: &str, at: usize) -> usize {
    unspaced::word_begin(text, at)
}

/// Pushes a run of a spaced script: the whole, and its parts if it is a compound.
fn push_run(normalizer: &Normalizer, text: &str, run: &Run, position: u32, tokens: &mut Vec<Token>) {
    let start = run.span.start + normalizer.elided(&text[run.span.clone()]);
    let source = &text[start..run.span.end];
    let token = |(word, term): (String, String), span: Range<usize>, kind| Token { word, term, span, position, kind };
    let parts = scan::parts(source);
    if parts.is_empty() {
        tokens.extend(normalizer.word(source).map(|normal| token(normal, start..run.span.end, Kind::Whole)));
        return;
    }
    tokens.extend(normalizer.compound(source).map(|normal| token(normal, start..run.span.end, Kind::Whole)));
    tokens.extend(parts.into_iter().filter_map(|part| {
        let elided = normalizer.elided(&source[part.clone()]);
        let span = start + part.start + elided..start + part.end;
        Some(token(normalizer.word(&text[span.clone()])?, span, Kind::Part))
    }));
}

#[cfg(test)]
mod tests;
