//! Where words begin and end in a text: runs of word characters, and the parts of a compound.

use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// How the script of a run marks its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// With spaces between them.
    Spaced,
    /// Not at all: Han, Kana, Thai, …; Hangul too, whose particles are written onto the word.
    Unspaced,
}

/// A stretch of one script without a break in it.
pub(super) struct Run {
    pub(super) span: Range<usize>,
    pub(super) script: Script,
}

/// Finds the runs of a text in order. A run of a spaced script may hold single joints between word characters.
pub(super) fn runs(text: &str) -> impl Iterator<Item = Run> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        let (offset, first) = text[at..].char_indices().find(|(_, c)| c.is_alphanumeric())?;
        let start = at + offset;
        let script = script_of(first);
        let mut end = start;
        let mut rest = text[start..].char_indices().peekable();
        while let Some((offset, c)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            let inside = if c.is_alphanumeric() {
                script_of(c) == script
            } else if is_extender(c) {
                true
            } else {
                script == Script::Spaced
                    && is_joint(c)
                    && next.is_some_and(|next| next.is_alphanumeric() && script_of(next) == Script::Spaced)
            };
            if !inside {
                break;
            }
            end = start + offset + c.len_utf8();
        }
        if script == Script::Spaced {
            end += language_name_suffix(&text[start..end], &text[end..]);
        }
        at = end;
        Some(Run { span: start..end, script })
    })
}

/// Cuts a run of a spaced script at its joints, at changes of case and between letters and digits. One part: no compound.
pub(super) fn parts(run: &str, apostrophe_separates: bool) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (offset, c) in run.char_indices() {
        if is_separator(c) || (apostrophe_separates && is_apostrophe(c)) {
            push_cased_parts(run, start..offset, &mut parts);
            start = offset + c.len_utf8();
        }
    }
    push_cased_parts(run, start..run.len(), &mut parts);
    parts
}

/// A hyphen, in any of its shapes.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{FE63}' | '\u{FF0D}')
}

/// An apostrophe, in any of its shapes.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{02BC}' | '\u{FF07}')
}

/// Characters that belong to the word they stand in and mean nothing there: soft hyphen, zero-width joints and marks of direction.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
}

/// Pushes the parts of one piece between joints. A change of case or kind separates only where both sides have two
/// characters: `iPhone`, `OAuth2`, `E1234` and `B2B` stay whole.
fn push_cased_parts(run: &str, piece: Range<usize>, parts: &mut Vec<Range<usize>>) {
    let text = &run[piece.clone()];
    if text.is_empty() {
        return;
    }
    let mut borders = Vec::new();
    let mut previous: Option<char> = None;
    let mut characters = text.char_indices().filter(|(_, c)| !is_extender(*c)).peekable();
    let mut count = 0;
    while let Some((offset, c)) = characters.next() {
        let next = characters.peek().map(|(_, next)| *next);
        if previous.is_some_and(|previous| is_border(previous, c, next)) {
            borders.push((offset, count));
        }
        previous = Some(c);
        count += 1;
    }
    borders.push((text.len(), count));
    let (mut start, mut start_count) = (0, 0);
    for (i, &(offset, at)) in borders.iter().enumerate() {
        let last = i + 1 == borders.len();
        if last || (at - start_count >= 2 && borders[i + 1].1 - at >= 2) {
            parts.push(piece.start + start..piece.start + offset);
            (start, start_count) = (offset, at);
        }
    }
}

/// Says whether a part begins at `c`: `aB`, the `S` of `HTTPServer`, and between letters and digits.
fn is_border(previous: char, c: char, next: Option<char>) -> bool {
    if !previous.is_alphanumeric() || !c.is_alphanumeric() {
        return false; // Beside a joint that separates nothing: an apostrophe, the comma of `1,234`.
    }
    let acronym_ends = previous.is_uppercase() && c.is_uppercase() && next.is_some_and(char::is_lowercase);
    (previous.is_lowercase() && c.is_uppercase()) || acronym_ends || previous.is_numeric() != c.is_numeric()
}

/// Bytes of the `++` or `#` that belong to a single letter before it, as in `C++` and `F#`.
fn language_name_suffix(run: &str, rest: &str) -> usize {
    let letter = run.len() == 1 && run.as_bytes()[0].is_ascii_alphabetic();
    let suffix = ["++", "#"].into_iter().find(|suffix| rest.starts_with(suffix));
    match suffix {
        Some(suffix) if letter && !rest[suffix.len()..].starts_with(char::is_alphanumeric) => suffix.len(),
        _ => 0,
    }
}

fn is_separator(c: char) -> bool {
    is_hyphen(c) || matches!(c, '_' | '.' | '/' | '\\' | ':' | '@' | '&')
}

fn is_joint(c: char) -> bool {
    is_separator(c) || is_apostrophe(c) || matches!(c, ',' | '\u{00B7}')
}

fn is_extender(c: char) -> bool {
    !c.is_ascii() && (is_combining_mark(c) || is_ignorable(c))
}

fn script_of(c: char) -> Script {
    match c as u32 {
        0x0E00..=0x0EFF | 0x0F00..=0x0FFF | 0x1000..=0x109F | 0x1780..=0x17FF => Script::Unspaced, // Thai to Khmer
        0x1100..=0x11FF | 0xA960..=0xA97F | 0xAC00..=0xD7FF => Script::Unspaced,                   // Hangul
        0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x318F | 0x31A0..=0x31BF => Script::Unspaced, // Kana, Bopomofo
        0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF => Script::Unspaced, // Han
        0xFF66..=0xFFDC | 0x1B000..=0x1B16F | 0x20000..=0x3FFFF => Script::Unspaced, // their half-width and rare forms
        _ => Script::Spaced,
    }
}
