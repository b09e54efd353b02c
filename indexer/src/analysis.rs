//! Text to terms: the one way in which articles, queries and snippets are cut into words, per language.

mod normal;
mod scan;

use crate::language::Language;
use normal::Normalizer;
use scan::{Run, Script};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Longest word or term in bytes. A longer word is cut; of a longer compound only the parts are kept.
pub const LONGEST_TERM: usize = 64;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word as searched by prefix and typo: lower case, NFKC, marks kept.
    pub word: String,
    /// The term it is indexed under: the word's stem in its language, without the marks of Latin letters.
    pub term: String,
    /// Bytes of the text that it was read from.
    pub span: Range<usize>,
    /// Position, counted in words; the parts of a compound (`camelCase`, `error-code`) share the position of the whole.
    pub position: u32,
}

/// Cuts a text into words, in the order of the text. The same function serves indexing, queries and highlighting.
///
/// - A *word* is a run of letters, digits and their marks; an apostrophe inside belongs to it (`don't`), except in languages
///   with elision (`l'article`), where it separates.
/// - A *compound* (`ERR_CONN`, `e-mail`, `2.4.1`, `node.js`, `v1/users`, `getUserById`, `SHA256`) gives the whole first, then
///   each part, all at one position. The term of a whole leaves out hyphens, underscores and case, so that `e-mail` meets
///   `email` and `user_name` meets `userName`; other joints, and hyphens between digits, stay.
/// - Marks of Latin letters are left out of terms in every language (`résumé` meets `resume`), because people leave them out
///   when they type: before stemming in English, after it in languages whose stemmers need them. Other scripts keep theirs.
/// - Scripts written without spaces (Han, Kana, Hangul, Thai, …) give pairs of neighbouring characters, a lone one itself.
/// - Stop words and numbers are words like others; punctuation and emoji are none. `C++`, `C#` are kept whole.
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
            Script::Unspaced => position = push_pairs(&normalizer, text, run.span, position, &mut tokens),
        }
    }
    tokens
}

/// Pushes a run of a spaced script: the whole, and its parts if it is a compound.
fn push_run(normalizer: &Normalizer, text: &str, run: &Run, position: u32, tokens: &mut Vec<Token>) {
    let source = &text[run.span.clone()];
    let parts = scan::parts(source, normalizer.has_elision());
    let token = |(word, term): (String, String), span: Range<usize>| Token { word, term, span, position };
    if parts.len() < 2 {
        tokens.extend(normalizer.word(source).map(|normal| token(normal, run.span.clone())));
        return;
    }
    tokens.extend(normalizer.compound(source).map(|normal| token(normal, run.span.clone())));
    tokens.extend(parts.into_iter().filter_map(|part| {
        let span = run.span.start + part.start..run.span.start + part.end;
        Some(token(normalizer.word(&text[span.clone()])?, span))
    }));
}

/// Pushes the pairs of neighbouring characters of a run without spaces; returns the next position.
fn push_pairs(n: &Normalizer, text: &str, span: Range<usize>, mut position: u32, tokens: &mut Vec<Token>) -> u32 {
    let mut push = |span: Range<usize>| {
        if let Some((word, term)) = n.word(&text[span.clone()]) {
            tokens.push(Token { word, term, span, position });
            position += 1;
        }
    };
    let mut previous: Option<Range<usize>> = None;
    let mut paired = false;
    for (offset, character) in text[span.clone()].grapheme_indices(true) {
        let this = span.start + offset..span.start + offset + character.len();
        if let Some(previous) = previous {
            push(previous.start..this.end);
            paired = true;
        }
        previous = Some(this);
    }
    if !paired {
        push(span);
    }
    position
}

#[cfg(test)]
mod tests;
