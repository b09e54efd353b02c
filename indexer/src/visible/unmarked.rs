//! Automata over a dictionary that read its words without their marks.

use crate::analysis::fold_letter;
use tantivy_fst::Automaton;

/// Gives another automaton each word as it is without marks: accepts `réglée` and `reglee` where that accepts `reglee`.
pub(super) struct Unmarked<A>(pub(super) A);

/// Accepts the words that begin with a stem.
pub(super) struct Beginning<'a>(pub(super) &'a str);

/// How far a word was read; `None` where it can no longer be accepted.
pub(super) type Read<S> = Option<Reading<S>>;

/// A word up to some byte of it.
#[derive(Clone, Copy)]
pub(super) struct Reading<S> {
    /// What the other automaton makes of its whole letters.
    inner: S,
    /// The letter at hand, as far as its bytes have come.
    letter: u32,
    /// Bytes of it that are still to come.
    missing: u8,
}

impl<A: Automaton<State: Clone>> Unmarked<A> {
    /// Says whether it accepts a word.
    pub(super) fn accepts(&self, word: &str) -> bool {
        let mut state = self.start();
        for byte in word.bytes() {
            state = self.accept(&state, byte);
        }
        self.is_match(&state)
    }

    fn after_letter(&self, inner: &A::State, letter: u32) -> Read<A::State> {
        let mut plain = String::new();
        fold_letter(char::from_u32(letter)?, &mut plain);
        let inner = plain.bytes().fold(inner.clone(), |inner, byte| self.0.accept(&inner, byte));
        Some(Reading { inner, letter: 0, missing: 0 })
    }
}

impl<A: Automaton<State: Clone>> Automaton for Unmarked<A> {
    type State = Read<A::State>;

    fn start(&self) -> Self::State {
        Some(Reading { inner: self.0.start(), letter: 0, missing: 0 })
    }

    fn is_match(&self, state: &Self::State) -> bool {
        state.as_ref().is_some_and(|read| read.missing == 0 && self.0.is_match(&read.inner))
    }

    fn can_match(&self, state: &Self::State) -> bool {
        state.as_ref().is_some_and(|read| self.0.can_match(&read.inner))
    }

    /// Reads UTF-8: the first byte of a letter says how many follow, each of those brings six bits.
    fn accept(&self, state: &Self::State, byte: u8) -> Self::State {
        let Reading { inner, letter, missing } = state.as_ref()?;
        let begun = |letter, missing| Some(Reading { inner: inner.clone(), letter, missing });
        let bits = u32::from(byte);
        match (*missing, byte) {
            (0, 0x00..=0x7F) => Some(Reading { inner: self.0.accept(inner, byte), letter: 0, missing: 0 }),
            (0, 0xC0..=0xDF) => begun(bits & 0x1F, 1),
            (0, 0xE0..=0xEF) => begun(bits & 0x0F, 2),
            (0, 0xF0..=0xF7) => begun(bits & 0x07, 3),
            (1, 0x80..=0xBF) => self.after_letter(inner, letter << 6 | bits & 0x3F),
            (2.., 0x80..=0xBF) => begun(letter << 6 | bits & 0x3F, missing - 1),
            _ => None,
        }
    }
}

impl Automaton for Beginning<'_> {
    /// Bytes of the stem that were met.
    type State = Option<usize>;

    fn start(&self) -> Self::State {
        Some(0)
    }

    fn is_match(&self, state: &Self::State) -> bool {
        *state == Some(self.0.len())
    }

    fn can_match(&self, state: &Self::State) -> bool {
        state.is_some()
    }

    fn accept(&self, state: &Self::State, byte: u8) -> Self::State {
        let met = (*state)?;
        match self.0.as_bytes().get(met) {
            None => Some(met),
            Some(next) => (*next == byte).then_some(met + 1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::fold;
    use crate::partition::WORDS;
    use proptest::prelude::*;
    use tantivy::Term;
    use tantivy::query::FuzzyTermQuery;

    fn accepts(stem: &str, word: &str) -> bool {
        Unmarked(Beginning(stem)).accepts(word)
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

    proptest! {
        #[test]
        fn who_is_within_some_edits_is_within_more(word in "[abéß]{0,6}", other in "[abéß]{0,6}") {
            let term = Term::from_field_text(WORDS, &fold(&word));
            let within = |edits| Unmarked(FuzzyTermQuery::new(term.clone(), edits, true).automaton().unwrap()).accepts(&other);
            prop_assert_eq!(within(0), fold(&word) == fold(&other));
            prop_assert!(within(0) <= within(1) && within(1) <= within(2));
        }
    }
}
