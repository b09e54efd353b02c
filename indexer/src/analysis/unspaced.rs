//! Scripts written without spaces: words by dictionary, and pairs of neighbouring characters.

use super::normal::Normalizer;
use super::scan::{Script, is_extender, is_half_width_kana, is_hiragana, is_ideograph, is_long_sound, script_of};
use super::{Kind, Token};
use icu_segmenter::options::WordBreakInvariantOptions;
use icu_segmenter::{WordSegmenter, WordSegmenterBorrowed};
use std::ops::Range;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;
use unicode_segmentation::UnicodeSegmentation;

/// Dictionaries for all of them, compiled in. The neural models for Thai, Lao, Khmer and Burmese take 20 µs a letter: a query of
/// 10,000 letters would take a fifth of a second each time that it is read.
static SEGMENTER: LazyLock<WordSegmenterBorrowed<'static>> =
    LazyLock::new(|| WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()));

/// A character as readers see it: one letter with its marks.
struct Character {
    /// Bytes of the text.
    source: Range<usize>,
    /// Where it begins in the form that is cut into words.
    form: usize,
    letter: char,
}

/// Pushes the words of a run, each followed by its ideographs alone, its pairs and the one that leads over to the next word, all at
/// one position; returns the next position. A word of two characters is its own pair.
pub(super) fn push(n: &Normalizer, text: &str, span: Range<usize>, mut position: u32, tokens: &mut Vec<Token>) -> u32 {
    let (form, characters) = read(text, span);
    for Range { start, end } in words(&form, &characters) {
        let token = |range: Range<usize>, kind| {
            let end = characters.get(range.end).map_or(form.len(), |character| character.form);
            let (word, term) = n.word(&form[characters[range.start].form..end])?;
            let span = characters[range.start].source.start..characters[range.end - 1].source.end;
            Some(Token { word, term, span, position, kind })
        };
        let whole = token(start..end, Kind::Whole);
        let pushed = u32::from(whole.is_some());
        let ideographs = whole.clone().zip(ideographs(&characters[start..end]));
        tokens.extend(whole);
        tokens.extend(ideographs.map(|(whole, ideographs)| Token {
            word: ideographs.clone(),
            term: ideographs,
            kind: Kind::Pair,
            ..whole
        }));
        let pairs = if end - start > 2 { start..end - 1 } else { start..start };
        let over = end - 1..end.min(characters.len() - 1);
        let paired = |at: &usize| is_paired(characters[*at].letter) && is_paired(characters[*at + 1].letter);
        tokens.extend(pairs.chain(over).filter(paired).filter_map(|at| token(at..at + 2, Kind::Pair)));
        position += pushed;
    }
    position
}

/// What is left of a word of Han and Hiragana without the latter, if two characters or more: `申込` of `申し込み`, which is also written
/// `申込み` and `申込`.
fn ideographs(word: &[Character]) -> Option<String> {
    let ideographs: String = word.iter().map(|c| c.letter).filter(|letter| !is_hiragana(*letter)).collect();
    let shorter = ideographs.chars().count();
    (2..word.len()).contains(&shorter).then_some(ideographs).filter(|left| left.chars().all(is_ideograph))
}

/// The words of a form, counted in characters, without gaps.
fn words(form: &str, characters: &[Character]) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut start = 0;
    for border in SEGMENTER.segment_str(form).chain([form.len()]) {
        let end = start + characters[start..].partition_point(|character| character.form < border);
        let inside_a_character = characters.get(end).is_some_and(|character| character.form != border);
        if end > start && !inside_a_character {
            words.push(start..end);
            start = end;
        }
    }
    words
}

/// Whether a letter of a run makes terms with its neighbours. Those of Thai, Lao, Khmer and Burmese do not: an alphabet has so few
/// letters that its pairs stand everywhere.
pub(super) fn is_paired(letter: char) -> bool {
    let alphabet = matches!(letter, '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}');
    !alphabet && script_of(letter) == Script::Unspaced
}

/// Bytes around a place within which the word is looked for that it stands in.
const LOOKED_AROUND: usize = 192;

/// Where the word begins that stands at a place of a text, if its script has no spaces; else the place itself.
pub(super) fn word_begin(text: &str, at: usize) -> usize {
    let unspaced = |c: &char| c.is_alphanumeric() && script_of(*c) == Script::Unspaced;
    let width = |letters: &mut dyn Iterator<Item = char>| -> usize {
        letters.take_while(|c| unspaced(c) || is_extender(*c)).map(char::len_utf8).take(LOOKED_AROUND / 3).sum()
    };
    let start = at - width(&mut text[..at].chars().rev());
    let end = at + width(&mut text[at..].chars());
    let borders = SEGMENTER.segment_str(&text[start..end]);
    borders.take_while(|border| start + border <= at).last().map_or(at, |border| start + border)
}

/// The form of a run that the dictionary knows (full-width, long sounds written as such), and its characters.
fn read(text: &str, span: Range<usize>) -> (String, Vec<Character>) {
    let mut form = String::with_capacity(span.len());
    let mut characters = Vec::with_capacity(span.len() / 3);
    for (offset, character) in text[span.clone()].grapheme_indices(true) {
        let source = span.start + offset..span.start + offset + character.len();
        let letter = character.chars().next().unwrap_or_default();
        characters.push(Character { source, form: form.len(), letter });
        if is_long_sound(letter) {
            form.push('ー');
        } else if is_half_width_kana(letter) {
            form.extend(character.nfkc());
        } else {
            form.push_str(character);
        }
    }
    (form, characters)
}
