//! Misspellings to measure with: one slip of the finger in the longest word of a query, the same for the same seed.

use std::ops::Range;

/// Letters that a word must have to be misspelt.
const SHORTEST: usize = 4;

/// SplitMix64 (Steele, Lea, Flood 2014): small, and the same figures on every machine and version.
pub struct Slips(u64);

impl Slips {
    /// Slips that follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Leaves out, doubles with another, replaces or exchanges a letter of the longest word, the first of equals; a text without
    /// a word of four letters stays.
    pub fn misspell(&mut self, text: &str) -> String {
        let letters: Vec<char> = text.chars().collect();
        let Some(word) = longest_word(&letters) else { return text.to_owned() };
        let at = word.start + self.below(word.len());
        let mut typed = letters;
        match self.below(4) {
            0 => drop(typed.remove(at)),
            1 => typed.insert(at, self.letter(&typed[word], None)),
            2 => typed[at] = self.letter(&typed[word], Some(typed[at])),
            _ => {
                let first = at.min(word.end - 2);
                match typed[first] == typed[first + 1] {
                    true => drop(typed.remove(first)),
                    false => typed.swap(first, first + 1),
                }
            }
        }
        typed.into_iter().collect()
    }

    /// A letter of the Latin alphabet, or of a word in another script; not `but`.
    fn letter(&mut self, word: &[char], but: Option<char>) -> char {
        let latin = word.iter().any(char::is_ascii_alphabetic);
        let mut alphabet: Vec<char> = if latin { ('a'..='z').collect() } else { word.to_vec() };
        alphabet
            .retain(|letter| Some(*letter) != but.and_then(|but| but.to_lowercase().next()) && Some(*letter) != but);
        if alphabet.is_empty() { 'x' } else { alphabet[self.below(alphabet.len())] }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % limit.max(1) as u64) as usize
    }
}

fn longest_word(letters: &[char]) -> Option<Range<usize>> {
    let mut longest: Option<Range<usize>> = None;
    let mut at = 0;
    for word in letters.chunk_by(|a, b| a.is_alphabetic() == b.is_alphabetic()) {
        let span = at..at + word.len();
        at = span.end;
        if word[0].is_alphabetic()
            && word.len() >= SHORTEST
            && longest.as_ref().is_none_or(|long| span.len() > long.len())
        {
            longest = Some(span);
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_letter_of_the_longest_word_is_wrong_and_nothing_else() {
        let mut slips = Slips::new(1);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..1000 {
            let typed = slips.misspell("Where is my invoice?");
            let word = typed.strip_prefix("Where is my ").and_then(|rest| rest.strip_suffix('?')).expect("the rest");
            assert_ne!(word, "invoice");
            assert!((6..=8).contains(&word.len()), "{word}");
            seen.insert(word.to_owned());
        }
        assert!(seen.len() > 100 && seen.contains("nivoice") && seen.contains("nvoice"), "{}", seen.len());
    }

    #[test]
    fn the_same_seed_makes_the_same_slips() {
        let typed = |seed| {
            let mut slips = Slips::new(seed);
            ["reset password", "Rechnung", "請求書の発行"].map(|text| slips.misspell(text))
        };
        assert_eq!(typed(7), typed(7));
        assert_ne!(typed(7), typed(8));
    }

    #[test]
    fn a_text_without_a_long_word_stays() {
        for text in ["", "how do I", "E42", "aaa"] {
            assert_eq!(Slips::new(3).misspell(text), text);
        }
    }
}
