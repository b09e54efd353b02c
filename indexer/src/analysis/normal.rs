//! One word to its two normal forms: the word as people know it, and the term it is indexed under.

use super::LONGEST_TERM;
use super::scan::{is_apostrophe, is_hyphen, is_ignorable};
use crate::language::Language;
use frostem::Stemmer;
use unicode_normalization::{UnicodeNormalization, is_nfkc};

/// What depends on the language.
pub(super) struct Normalizer {
    stemmer: Option<Stemmer>,
    elision: bool,
    foreign_marks: bool,
    dotless: bool,
}

impl Normalizer {
    pub(super) fn new(language: &Language) -> Self {
        let primary = language.as_str().split('-').next().unwrap_or_default();
        // The stemmers know Norwegian by its common name only.
        let name = if matches!(primary, "nb" | "nn") { "no" } else { primary };
        Self {
            stemmer: Stemmer::try_from_name(name).ok(),
            elision: matches!(primary, "fr" | "it" | "ca" | "oc"),
            foreign_marks: primary == "en",
            dotless: matches!(primary, "tr" | "az"),
        }
    }

    /// Says whether the language leaves out vowels before an apostrophe, so that two words meet there.
    pub(super) fn has_elision(&self) -> bool {
        self.elision
    }

    /// Word and term of a word or a part of a compound; `None` if nothing searchable is left of it.
    pub(super) fn word(&self, source: &str) -> Option<(String, String)> {
        let mut word = self.lower(source);
        cut(&mut word, LONGEST_TERM);
        if word.is_empty() {
            return None;
        }
        let term = self.term(&word);
        Some((word, term))
    }

    /// Word and term of a compound as a whole; `None` if it is too long to be looked for as a whole.
    pub(super) fn compound(&self, source: &str) -> Option<(String, String)> {
        if source.len() > LONGEST_TERM {
            return None;
        }
        let word = self.lower(source);
        if word.is_empty() || word.len() > LONGEST_TERM {
            return None;
        }
        let term = self.term(&closed_up(&word));
        Some((word, term))
    }

    fn lower(&self, source: &str) -> String {
        if source.is_ascii() && !self.dotless {
            return source.to_ascii_lowercase();
        }
        let composed: String = source.chars().filter(|c| !is_ignorable(*c)).nfkc().collect();
        let lowered = if self.dotless {
            composed.replace('İ', "i").replace('I', "ı").to_lowercase()
        } else {
            composed.to_lowercase()
        };
        let lowered = if is_nfkc(&lowered) { lowered } else { lowered.nfkc().collect() };
        let plain = |c: char| {
            if is_apostrophe(c) {
                '\''
            } else if is_hyphen(c) {
                '-'
            } else {
                c
            }
        };
        lowered.chars().map(plain).filter(|c| !c.is_whitespace() && !c.is_control() && !is_ignorable(*c)).collect()
    }

    fn term(&self, word: &str) -> String {
        // The stemmers are made for words alone: identifiers and numbers stay as they are.
        let wordlike = word.chars().all(|c| !c.is_numeric() && (c == '\'' || c == '-' || !c.is_ascii_punctuation()));
        let bare = word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word);
        let mut term = match &self.stemmer {
            Some(stemmer) if wordlike && self.foreign_marks => stemmer.stem(&fold(bare)).into_owned(),
            Some(stemmer) if wordlike => fold(&stemmer.stem(bare)),
            _ => fold(bare),
        };
        if term.is_empty() {
            term = fold(word);
        }
        if term.contains(['\'', '·']) {
            term.retain(|c| c != '\'' && c != '·');
        }
        cut(&mut term, LONGEST_TERM);
        if term.is_empty() { word.to_owned() } else { term }
    }
}

/// Leaves out hyphens and underscores, but for those between two digits: `2-3` is not `23`.
fn closed_up(word: &str) -> String {
    let mut closed = String::with_capacity(word.len());
    let mut characters = word.chars().peekable();
    while let Some(c) = characters.next() {
        let after_digit = closed.ends_with(char::is_numeric);
        let before_digit = characters.peek().is_some_and(|next| next.is_numeric());
        if !matches!(c, '-' | '_') || (after_digit && before_digit) {
            closed.push(c);
        }
    }
    closed
}

/// Leaves out the marks of Latin letters and writes its special letters in plain ones: `é` as `e`, `ß` as `ss`, `ø` as `o`.
fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut folded = String::with_capacity(word.len());
    let mut after_latin = false;
    for c in word.nfd() {
        if unicode_normalization::char::is_combining_mark(c) {
            if !after_latin {
                folded.push(c);
            }
            continue;
        }
        after_latin = c.is_ascii_alphabetic() || matches!(c, '\u{00C0}'..='\u{024F}');
        match c {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' => folded.push('d'),
            'ı' => folded.push('i'),
            other => folded.push(other),
        }
    }
    folded.nfc().collect()
}

/// Cuts a string to at most this many bytes, at a border of characters.
fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
    }
}
