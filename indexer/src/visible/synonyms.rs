//! The synonyms that hold for one viewer, as the terms of one language.

use crate::analysis::analyze;
use crate::language::Language;
use crate::spelling;
use crate::steering::Synonym;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a word or phrase of a query stands for besides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Synonyms {
    /// By the first term of what is typed.
    rules: HashMap<String, Vec<Rule>>,
    /// Every word of what is typed: known words, although no article may have them. With a bit for each letter, so that most words
    /// far from another one are told so without counting edits.
    words: BTreeMap<String, u64>,
}

/// A phrase and what it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Terms in a row.
    pub phrase: Vec<String>,
    /// Each a list of terms that mean it together.
    pub meanings: Vec<Vec<String>>,
}

impl Synonyms {
    /// Reads the entries that hold for a language; their order means nothing.
    pub(super) fn of(language: &Language, entries: &[&Synonym]) -> Self {
        let mut meanings = BTreeMap::<Vec<String>, BTreeSet<Vec<String>>>::new();
        let mut words = BTreeMap::new();
        let holds =
            |entry: &&&Synonym| entry.language.as_ref().is_none_or(|named| named.primary() == language.primary());
        for entry in entries.iter().filter(holds) {
            for from in &entry.from {
                let phrase = terms(language, from);
                words.extend(
                    analyze(language, from).into_iter().map(|token| (token.word.clone(), letters(&token.word))),
                );
                let others = entry.to.iter().map(|to| terms(language, to));
                let others = others.filter(|to| !to.is_empty() && *to != phrase);
                meanings.entry(phrase.clone()).or_default().extend(others);
            }
        }
        let mut rules = HashMap::<String, Vec<Rule>>::new();
        for (phrase, meanings) in meanings {
            if let (Some(first), false) = (phrase.first(), meanings.is_empty()) {
                let rule = Rule { meanings: meanings.into_iter().collect(), phrase: phrase.clone() };
                rules.entry(first.clone()).or_default().push(rule);
            }
        }
        Self { rules, words }
    }

    /// Says whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rules whose phrase begins with a term.
    pub fn beginning_with(&self, term: &str) -> &[Rule] {
        self.rules.get(term).map_or(&[], Vec::as_slice)
    }

    /// Says whether a word stands in what is typed.
    pub(super) fn has_word(&self, word: &str) -> bool {
        self.words.contains_key(word)
    }

    /// Words of what is typed that begin so, in order.
    pub(super) fn words_with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        let words = self.words.range(prefix.to_owned()..).map(|(word, _)| word.as_str());
        words.take_while(move |word| word.starts_with(prefix))
    }

    /// Words of what is typed within some edits of a word, with their number.
    pub(super) fn words_near<'a>(&'a self, word: &'a str, edits: u8) -> impl Iterator<Item = (&'a str, u8)> {
        let typed = letters(word);
        // An edit brings in one letter at most, and takes one away.
        let far = move |known: u64| (typed & !known).count_ones().max((known & !typed).count_ones()) > u32::from(edits);
        let near = self.words.iter().filter(move |(_, known)| !far(**known));
        let near = near.map(move |(known, _)| (known.as_str(), spelling::edits(word, known)));
        near.filter_map(move |(known, found)| Some((known, u8::try_from(found).ok()?)).filter(|near| near.1 <= edits))
    }
}

/// The term of each word of a text; of a compound that of the whole.
fn terms(language: &Language, text: &str) -> Vec<String> {
    let tokens = analyze(language, text);
    let words = tokens.chunk_by(|a, b| a.position == b.position);
    words.filter_map(|group| group.first().map(|token| token.term.clone())).collect()
}

/// A bit for each letter of a word; several letters share one where there are more than bits.
fn letters(word: &str) -> u64 {
    word.chars().fold(0, |bits, letter| bits | 1 << (u32::from(letter) % 64))
}
