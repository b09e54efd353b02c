//! Words that no article has: the beginnings of known ones, their misspellings, or two of them run together.

use super::joints::{self, Apart};
use super::{Found, MAX_EXPANSIONS, PREFIX_TRUST, QueryWord, complete, is_number, terms_of};
use indexer::visible::{LanguageView, ReadError};

/// Unknown words of one query that are read as known ones.
pub const MAX_FUZZY: usize = 6;
/// Letters from which on one edit is forgiven, and two.
const ONE_EDIT: usize = 4;
const TWO_EDITS: usize = 8;
/// Trust in a word that was read as another one an edit away, as two edits away.
const ONE_EDIT_TRUST: f32 = 0.7;
const TWO_EDITS_TRUST: f32 = 0.5;

/// Finds other readings of unknown words; the last one may be the beginning of others if it has `shortest_prefix` letters, or
/// fewer in a script whose letters are syllables or words. A number that is not being typed is none but itself.
pub(super) fn mend(view: &LanguageView, words: &mut Vec<QueryWord>, shortest_prefix: usize) -> Result<(), ReadError> {
    let mut mended = Vec::with_capacity(words.len());
    let unknown = words.len();
    let mut fuzzy = 0;
    for (place, mut word) in words.drain(..).enumerate() {
        if word.found != Found::Nowhere {
            mended.push(word);
            continue;
        }
        let last = place + 1 == unknown;
        let begins = last
            && word.word.chars().count() >= shortest_beginning(&word.word, shortest_prefix)
            && !(is_number(&word.word) && shortest_prefix > 1);
        let completed = if begins { complete(view, &mut word)? } else { None };
        if fuzzy == MAX_FUZZY {
            mended.push(word);
            continue;
        }
        fuzzy += 1;
        match reread(view, &mut word, completed, last)? {
            Some(apart) => mended.extend(apart.words(view, &word)),
            None => mended.push(word),
        }
    }
    *words = mended;
    Ok(())
}

/// Lets a word stand for the known ones that are the fewest edits away, unless it is likelier two of them run together: those
/// are returned. A word that was completed, into words of which the most frequent has so many documents, stands for a near one as
/// well if that has more.
fn reread(
    view: &LanguageView,
    word: &mut QueryWord,
    completed: Option<u32>,
    last: bool,
) -> Result<Option<Apart>, ReadError> {
    let forgiven = if word.word.contains(is_ideograph) { 0 } else { forgiven(&word.word) };
    // Two edits away from what is complete there is nothing better, and looking there takes longest.
    let edits = if completed.is_some() { forgiven.min(1) } else { forgiven };
    let mut near = if edits == 0 { Vec::new() } else { view.words_near(&word.word, edits, MAX_EXPANSIONS)? };
    near.retain(|(known, _, _)| digits(known).eq(digits(&word.word)));
    let (likeliest, frequency, nearest) = match near.first() {
        Some((likeliest, frequency, nearest)) => (Some(likeliest), *frequency, *nearest),
        None => (None, 0, u8::MAX),
    };
    if let Some(most) = completed {
        if nearest > 1 || frequency <= most {
            return Ok(None);
        }
    } else if let Some((apart, together)) = joints::cut(view, word)?
        && (nearest > 1 || together > frequency as usize)
    {
        return Ok(Some(apart));
    }
    if let Some(likeliest) = likeliest {
        let nearest_ones = near.iter().filter(|(_, _, edits)| *edits == nearest).map(|(known, _, _)| known.as_str());
        let mut own = if completed.is_some() { std::mem::take(&mut word.terms) } else { Vec::new() };
        word.terms = terms_of(view, nearest_ones);
        own.retain(|term| !word.terms.contains(term));
        word.terms.append(&mut own);
        word.trust = if nearest <= 1 { ONE_EDIT_TRUST } else { TWO_EDITS_TRUST };
        word.found = Found::AsTypoOf(likeliest.clone());
    } else if last && edits > 0 {
        let beginning = view.words_beginning_near(&word.word, MAX_EXPANSIONS)?;
        if !beginning.is_empty() {
            word.terms = terms_of(view, beginning.iter().map(|(known, _)| known.as_str()));
            word.trust = PREFIX_TRUST * ONE_EDIT_TRUST;
            word.found = Found::AsPrefix;
        }
    }
    Ok(None)
}

/// Edits that are forgiven in a word: by its letters, since a wrong digit makes another number.
fn forgiven(word: &str) -> u8 {
    match word.chars().filter(|c| c.is_alphabetic()).count() {
        ..ONE_EDIT => 0,
        ONE_EDIT..TWO_EDITS => 1,
        _ => 2,
    }
}

fn digits(word: &str) -> impl Iterator<Item = char> {
    word.chars().filter(|c| c.is_numeric())
}

fn shortest_beginning(word: &str, usual: usize) -> usize {
    match word.chars().next() {
        Some(c) if is_ideograph(c) => 1,
        Some('\u{3041}'..='\u{30FF}' | '\u{AC00}'..='\u{D7FF}') => usual.min(2),
        _ => usual,
    }
}

/// Han: a character is a word or a part of one, so that one edit makes another word.
fn is_ideograph(c: char) -> bool {
    matches!(c as u32, 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}
