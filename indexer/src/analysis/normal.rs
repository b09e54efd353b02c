//! One word to its two normal forms: the word as people know it, and the term it is indexed under.

use super::elision::is_elided;
use super::scan::{is_apostrophe, is_hyphen, is_ignorable, is_katakana, is_version};
use super::{LONGEST_TERM, fold};
use crate::language::Language;
use frostem::Stemmer;
use unicode_normalization::{UnicodeNormalization, is_nfkc};

/// What depends on the language.
pub(super) struct Normalizer<'a> {
    /// The language's primary subtag.
    language: &'a str,
    stemmer: Option<Stemmer>,
}

impl<'a> Normalizer<'a> {
    pub(super) fn new(language: &'a Language) -> Self {
        let language = language.primary();
        // The stemmers know Norwegian by its common name only.
        let name = if matches!(language, "nb" | "nn") { "no" } else { language };
        Self { language, stemmer: Stemmer::try_from_name(name).ok() }
    }

    /// Says whether the stemmer tells endings by their marks, as of `réglée`, `facturación` and `számlák`.
    pub(super) fn needs_marks(&self) -> bool {
        self.stemmer.is_some()
            && !matches!(self.language, "en" | "de" | "nl" | "da" | "sv" | "nb" | "nn" | "no" | "el" | "ru")
    }

    /// Bytes of the elided words at the beginning of a run, their apostrophes included: 2 of `l'article`.
    pub(super) fn elided(&self, run: &str) -> usize {
        let mut elided = 0;
        while let Some((at, apostrophe)) = run[elided..].char_indices().find(|(_, c)| is_apostrophe(*c)) {
            let end = elided + at + apostrophe.len_utf8();
            if end == run.len() || !is_elided(self.language, &run[elided..elided + at].to_lowercase()) {
                break;
            }
            elided = end;
        }
        elided
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
        let versionless = if is_version(&word) { &word[1..] } else { &word };
        let term = self.term(&closed_up(versionless));
        Some((word, term))
    }

    fn lower(&self, source: &str) -> String {
        let dotless = matches!(self.language, "tr" | "az");
        if source.is_ascii() && !dotless {
            return source.to_ascii_lowercase();
        }
        let composed: String = source.chars().filter(|c| !is_ignorable(*c)).nfkc().collect();
        let lowered = if dotless {
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
                western_digit(c).unwrap_or(c)
            }
        };
        lowered.chars().map(plain).filter(|c| !c.is_whitespace() && !c.is_control() && !is_ignorable(*c)).collect()
    }

    fn term(&self, word: &str) -> String {
        // The stemmers are made for words alone: identifiers and numbers stay as they are.
        let wordlike = word.chars().all(|c| !c.is_numeric() && (c == '\'' || c == '-' || !c.is_ascii_punctuation()));
        let bare = word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word);
        let mut term = match &self.stemmer {
            Some(stemmer) if wordlike && self.language == "en" => stemmer.stem(&fold(bare)).into_owned(),
            Some(stemmer) if wordlike => fold(&stemmer.stem(bare)),
            _ => fold(without_last_long_sound(bare)),
        };
        if term.is_empty() {
            term = fold(word);
        }
        if term.contains(['\'', '·', '״']) {
            term.retain(|c| !matches!(c, '\'' | '·' | '״'));
        }
        cut(&mut term, LONGEST_TERM);
        if term.is_empty() { word.to_owned() } else { term }
    }
}

/// The ASCII digit of a decimal digit of another script; their ten stand in order everywhere.
fn western_digit(c: char) -> Option<char> {
    const ZEROS: [char; 14] = ['٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '០'];
    if c.is_ascii() {
        return None;
    }
    let digit = ZEROS.iter().find_map(|zero| (c as u32).checked_sub(*zero as u32).filter(|digit| *digit < 10))?;
    char::from_digit(digit, 10)
}

/// Katakana words of four letters and more are written with and without a last long sound: `サーバー`, `サーバ`.
fn without_last_long_sound(word: &str) -> &str {
    match word.strip_suffix('ー') {
        Some(short) if short.chars().count() >= 3 && short.chars().all(is_katakana) => short,
        _ => word,
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

/// Cuts a string to at most this many bytes, at a border of characters.
fn cut(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
    }
}
