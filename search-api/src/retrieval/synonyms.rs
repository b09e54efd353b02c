//! Words and phrases of a query with what editors let them stand for.
//!
//! Each word of a phrase also stands for each of the phrase's synonyms: an article that has `PTO` has both words of `paid leave`.
//! A synonym shares its word's document frequency, so a rare one does not outweigh the word, and counts [`SYNONYM_TRUST`] of an
//! occurrence of the word itself: of two articles that say the same, the one that says it in the asker's words comes first.

use super::reading::QueryWord;
use indexer::analysis::analyze;
use indexer::visible::LanguageView;
use std::ops::Range;

/// What an occurrence of a synonym counts beside one of the word itself. Near 1, since an editor vouches for it.
pub const SYNONYM_TRUST: f32 = 0.9;

/// Lets words stand for their synonyms. Phrases are looked for in the query as typed, misspelt words read as the known ones.
pub fn stand_in(view: &LanguageView, text: &str, words: &mut [QueryWord]) {
    if view.synonyms().is_empty() {
        return;
    }
    let places = places(view, text, words);
    for (at, place) in places.iter().enumerate() {
        for rule in place.terms.iter().flat_map(|term| view.synonyms().beginning_with(term)) {
            let Some(said) = places.get(at..at + rule.phrase.len()) else { continue };
            if rule.phrase.iter().zip(said).all(|(term, place)| place.terms.contains(term)) {
                for word in words.iter_mut().filter(|word| said.iter().any(|place| contains(&place.span, &word.span))) {
                    word.synonyms.extend(rule.meanings.iter().cloned());
                }
            }
        }
    }
    for word in words {
        word.synonyms.sort_unstable();
        word.synonyms.dedup();
    }
}

/// A word of the text with the terms that it is read as.
struct Place {
    span: Range<usize>,
    terms: Vec<String>,
}

fn places(view: &LanguageView, text: &str, words: &[QueryWord]) -> Vec<Place> {
    let tokens = analyze(view.language(), text);
    let groups = tokens.chunk_by(|a, b| a.position == b.position);
    let place = |group: &[indexer::analysis::Token]| {
        let span = group[0].span.clone();
        let read = words.iter().filter(|word| contains(&span, &word.span)).flat_map(|word| &word.terms).cloned();
        let mut terms: Vec<String> = group.iter().map(|token| token.term.clone()).chain(read).collect();
        terms.sort_unstable();
        terms.dedup();
        Place { span, terms }
    };
    groups.map(place).collect()
}

fn contains(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
