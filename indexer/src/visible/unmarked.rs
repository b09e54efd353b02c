//! An automaton over a dictionary: accepts the words that begin with a given one, their marks left out.

use crate::analysis::fold_letter;
use tantivy_fst::Automaton;

/// Accepts every word whose folded form begins with a stem: `regle` begins `réglée` and `règle`.
pub(super) struct BeginsAlike<'a> {
    stem: &'a str,
}

/// How far a word was read.
#[derive(Clone, Copy)]
pub(super) struct Read {
    /// Bytes of the stem that were met.
    met: usize,
    /// The letter at hand, as far as its bytes have come.
    letter: u32,
    /// Bytes of it that are still to come.
    missing: u8,
}

impl<'a> BeginsAlike<'a> {
    /// Looks for words that begin with a stem, which has no marks.
    pub(super) fn new(stem: &'a str) -> Self {
        Self { stem }
    }

    fn after_letter(&self, met: usize, letter: u32) -> Option<Read> {
        let mut plain = String::new();
        fold_letter(char::from_u32(letter)?, &mut plain);
        let rest = &self.stem[met..];
        // The last letter of a stem may be half of one: `stras` begins `straße`.
        let met = if plain.starts_with(rest) {
            self.stem.len()
        } else {
            met + rest.starts_with(&plain).then_some(plain.len())?
        };
        Some(Read { met, letter: 0, missing: 0 })
    }
}

impl Automaton for BeginsAlike<'_> {
    type State = Option<Read>;

    fn start(&self) -> Self::State {
        Some(Read { met: 0, letter: 0, missing: 0 })
    }

    fn is_match(&self, state: &Self::State) -> bool {
        state.is_some_and(|read| read.met == self.stem.len())
    }

    fn can_match(&self, state: &Self::State) -> bool {
        state.is_some()
    }

    /// Reads UTF-8: the first byte of a letter says how many follow, each of those brings six bits.
    fn accept(&self, state: &Self::State, byte: u8) -> Self::State {
        let Read { met, letter, missing } = (*state)?;
        if met == self.stem.len() {
            return *state;
        }
        let byte = u32::from(byte);
        match (missing, byte) {
            (0, 0x00..=0x7F) => self.after_letter(met, byte),
            (0, 0xC0..=0xDF) => Some(Read { met, letter: byte & 0x1F, missing: 1 }),
            (0, 0xE0..=0xEF) => Some(Read { met, letter: byte & 0x0F, missing: 2 }),
            (0, 0xF0..=0xF7) => Some(Read { met, letter: byte & 0x07, missing: 3 }),
            (1, 0x80..=0xBF) => self.after_letter(met, letter << 6 | byte & 0x3F),
            (2.., 0x80..=0xBF) => Some(Read { met, letter: letter << 6 | byte & 0x3F, missing: missing - 1 }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(stem: &str, word: &str) -> bool {
        let automaton = BeginsAlike::new(stem);
        let end = word.bytes().fold(automaton.start(), |state, byte| automaton.accept(&state, byte));
        automaton.is_match(&end)
    }

    #[test]
    fn words_begin_alike_whatever_their_marks() {
        for (stem, word) in [
            ("regle", "réglée"),
            ("regle", "règle"),
            ("regle", "regle"),
            ("facturacion", "facturación"),
            ("strass", "straße"),
            ("stras", "straße"),
            ("coeur", "cœurs"),
            ("елк", "ёлка"),
            ("日", "日本"),
            ("", "été"),
        ] {
            assert!(accepts(stem, word), "{stem} {word}");
        }
    }

    #[test]
    fn other_words_do_not() {
        for (stem, word) in [("regle", "régl"), ("иод", "йод"), ("a", ""), ("strat", "straße"), ("été", "ete")]
        {
            assert!(!accepts(stem, word), "{stem} {word}");
        }
    }
}
