//! Where words begin and end in a text: runs of word characters, and the parts of a compound.

use std::ops::Range;
use unicode_normalization::char::is_combining_mark;

/// How the script of a run marks its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// With spaces between them.
    Spaced,
    /// Not at all: Han, Kana, Thai, …; Hangul is read like them, since its particles are written onto the word.
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
        let mut previous = first;
        let mut rest = text[start..].char_indices().peekable();
        while let Some((offset, c)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            let inside = if c.is_alphanumeric() {
                script_of(c) == script
            } else if is_extender(c) {
                true
            } else if script == Script::Unspaced {
                is_long_sound(c) && is_katakana(previous) && next.is_some_and(is_katakana)
            } else {
                is_joint(c) && next.is_some_and(|next| next.is_alphanumeric() && script_of(next) == script)
            };
            if !inside {
                break;
            }
            previous = c;
            end = start + offset + c.len_utf8();
        }
        if script == Script::Spaced {
            end += language_name_suffix(&text[start..end], &text[end..]);
        }
        let dot = usize::from(script == Script::Spaced && has_leading_dot(&text[at..start], first));
        at = end;
        Some(Run { span: start - dot..end, script })
    })
}

/// Cuts a run of a spaced script at its joints, at changes of case and between letters and digits; none if it is no compound.
/// Of a piece that a digit or two keep whole (`E4224`, `OAuth2`), the long side is a part as well.
pub(super) fn parts(run: &str) -> Vec<Range<usize>> {
    // Most words, and this is asked of each.
    let mut letters = run.bytes();
    if letters.next().is_some_and(|first| first.is_ascii_alphabetic()) && letters.all(|b| b.is_ascii_lowercase()) {
        return Vec::new();
    }
    parts_of_any(run)
}

fn parts_of_any(run: &str) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = 0;
    let version = usize::from(is_version(run));
    for (offset, c) in run.char_indices().filter(|(_, c)| is_separator(*c)) {
        push_cased_parts(run, start.max(version)..offset, &mut parts);
        start = offset + c.len_utf8();
    }
    push_cased_parts(run, start..run.len(), &mut parts);
    parts.retain(|part| part.len() < run.len());
    parts
}

/// Says whether a run is a version with its letter before it: `v2.10.3`.
pub(super) fn is_version(run: &str) -> bool {
    run.strip_prefix(['v', 'V']).is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.contains('.')
            && rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
    })
}

/// A hyphen, in any of its shapes.
pub(super) fn is_hyphen(c: char) -> bool {
    matches!(c, '-' | '\u{2010}' | '\u{2011}' | '\u{05BE}' | '\u{FE63}' | '\u{FF0D}')
}

/// An apostrophe, in any of its shapes.
pub(super) fn is_apostrophe(c: char) -> bool {
    matches!(c, '\'' | '\u{2019}' | '\u{2018}' | '\u{02BC}' | '\u{00B4}' | '\u{05F3}' | '\u{FF07}')
}

/// Characters that belong to the word they stand in and mean nothing there: soft hyphen, zero-width joints and marks of direction.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}')
        || matches!(c, '\u{E0100}'..='\u{E01EF}')
}

/// Hiragana.
pub(super) fn is_hiragana(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{309F}')
}

/// Han.
pub(super) fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Katakana of half the usual width, its marks included.
pub(super) fn is_half_width_kana(c: char) -> bool {
    matches!(c, '\u{FF66}'..='\u{FF9F}')
}

/// Katakana, its mark of a long sound included.
pub(super) fn is_katakana(c: char) -> bool {
    matches!(c, '\u{30A1}'..='\u{30FA}' | '\u{30FC}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}') || is_half_width_kana(c)
}

/// A dash that is written for the mark of a long sound (`ユ―ザ―`).
pub(super) fn is_long_sound(c: char) -> bool {
    matches!(c, '\u{2014}' | '\u{2015}' | '\u{2212}' | '\u{2500}' | '\u{2501}' | '\u{FF0D}' | '\u{FF70}')
}

/// Pushes the parts of one piece between joints. A change of case or kind separates only where both sides have two
/// characters: `iPhone` and `B2B` stay whole.
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
            let part = piece.start + start..piece.start + offset;
            parts.push(part.clone());
            parts.extend(long_side(run, part));
            (start, start_count) = (offset, at);
        }
    }
}

/// The three or more digits after a letter or the four or more letters before a digit, where they are all of a part but that.
fn long_side(run: &str, part: Range<usize>) -> Option<Range<usize>> {
    let text = &run[part.clone()];
    let letters = text.trim_end_matches(char::is_numeric);
    let digits = text.trim_start_matches(char::is_alphabetic);
    if letters.len() < text.len() && letters.chars().count() >= 4 && letters.chars().all(char::is_alphabetic) {
        return Some(part.start..part.start + letters.len());
    }
    let of_letter = digits.len() < text.len() && digits.chars().count() >= 3 && digits.chars().all(char::is_numeric);
    of_letter.then(|| part.end - digits.len()..part.end)
}

/// Says whether a part begins at `c`: `aB`, the `S` of `HTTPServer`, and between letters and digits.
fn is_border(previous: char, c: char, next: Option<char>) -> bool {
    if !previous.is_alphanumeric() || !c.is_alphanumeric() {
        return false; // Beside a joint that separates nothing: an apostrophe, the comma of `1,234`.
    }
    let acronym_ends = previous.is_uppercase() && c.is_uppercase() && next.is_some_and(char::is_lowercase);
    (previous.is_lowercase() && c.is_uppercase()) || acronym_ends || previous.is_numeric() != c.is_numeric()
}

/// Bytes of the `++` or `#` that belong to a single letter before it, as in `C++`, `C/C++` and `F#`.
fn language_name_suffix(run: &str, rest: &str) -> usize {
    let name = run.rsplit(is_separator).next().unwrap_or(run);
    if name.len() != 1 || !name.as_bytes()[0].is_ascii_alphabetic() {
        return 0;
    }
    match rest.strip_prefix("++").or_else(|| rest.strip_prefix('#')) {
        Some(after) if after.starts_with(char::is_alphabetic) => 0,
        Some(after) if rest.starts_with('#') && after.starts_with(char::is_numeric) => 0,
        Some(after) => rest.len() - after.len(),
        None => 0,
    }
}

/// Says whether the dot right before a run belongs to it: `.NET`, `.env`, `~/.ssh`. `before` is what stands between it and the
/// run before it.
fn has_leading_dot(before: &str, first: char) -> bool {
    let Some(before) = before.strip_suffix('.') else { return false };
    let free =
        |c: char| c.is_whitespace() || matches!(c, '(' | '[' | '{' | '"' | '\'' | '`' | '*' | '/' | '\\' | ',' | '“');
    first.is_ascii_alphabetic() && before.chars().next_back().is_none_or(free)
}

fn is_separator(c: char) -> bool {
    is_hyphen(c) || matches!(c, '_' | '.' | '/' | '\\' | ':' | '@' | '&')
}

fn is_joint(c: char) -> bool {
    is_separator(c) || is_apostrophe(c) || matches!(c, ',' | '\u{00B7}' | '\u{05F4}')
}

/// A mark, or another character that belongs to the one before it.
pub(super) fn is_extender(c: char) -> bool {
    !c.is_ascii() && (is_combining_mark(c) || is_ignorable(c))
}

/// How the script of a character marks its words.
pub(super) fn script_of(c: char) -> Script {
    match c as u32 {
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF => Script::Unspaced, // Thai, Lao, Burmese, Khmer
        0x1100..=0x11FF | 0xA960..=0xA97F | 0xAC00..=0xD7FF => Script::Unspaced, // Hangul
        0x3005..=0x3007 | 0x3021..=0x3029 | 0x3031..=0x318F | 0x31A0..=0x31BF => Script::Unspaced, // Kana, Bopomofo
        0x31F0..=0x31FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF => Script::Unspaced, // Han
        0xFF66..=0xFFDC | 0x1B000..=0x1B16F | 0x20000..=0x3FFFF => Script::Unspaced, // their half-width and rare forms
        _ => Script::Spaced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_said_of_plain_words_at_once_is_what_looking_for_parts_says(run in "[A-Za-z]{0,3}[a-z]{0,9}|[A-Z]?[a-z]{1,9}") {
            prop_assert_eq!(parts(&run), parts_of_any(&run));
        }
    }
}
