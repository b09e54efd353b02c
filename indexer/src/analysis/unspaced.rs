//! Scripts written without spaces: words by dictionary, and pairs of neighbouring characters.

use super::normal::Normalizer;
use super::scan::{Script, is_extender, is_half_width_kana, is_hiragana, is_long_sound, script_of};
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

/// Whether a character makes terms with its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paired {
    /// Always: Han, Katakana, Hangul.
    Across,
    /// Within a word only: Hiragana, whose pairs across words join endings and particles.
    Within,
    /// Never: an alphabet of few letters, whose pairs stand everywhere.
    Never,
}

/// Pushes the words of a run, each followed by its pairs and the one that leads over to the next word, all at one position;
/// returns the next position. A word of two characters is its own pair.
pub(super) fn push(n: &Normalizer, text: &str, span: Range<usize>, mut position: u32, tokens: &mut Vec<Token>) -> u32 {
    let (form, characters) = read(text, span);
    for Range { start, end } in words(&form, &characters) {
        let mut push = |range: Range<usize>, kind| {
            let end = characters.get(range.end).map_or(form.len(), |character| character.form);
            let normal = n.word(&form[characters[range.start].form..end]);
            let span = characters[range.start].source.start..characters[range.end - 1].source.end;
            let pushed = normal.is_some();
            tokens.extend(normal.map(|(word, term)| Token { word, term, span, position, kind }));
            pushed
        };
        let pushed = push(start..end, Kind::Whole);
        let inner = if end - start > 2 { start..end - 1 } else { start..start };
        for at in inner.filter(|at| characters[*at].paired() != Paired::Never) {
            push(at..at + 2, Kind::Pair);
        }
        if let Some(following) = characters.get(end)
            && (characters[end - 1].paired(), following.paired()) == (Paired::Across, Paired::Across)
        {
            push(end - 1..end + 1, Kind::Pair);
        }
        position += u32::from(pushed);
    }
    position
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

impl Character {
    fn paired(&self) -> Paired {
        match self.letter {
            c if is_hiragana(c) => Paired::Within,
            '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' => Paired::Never,
            _ => Paired::Across,
        }
    }
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
