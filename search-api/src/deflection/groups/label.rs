//! What a group is called: as those who asked would put it.

use super::meaning::Asked;
use crate::deflection::stems::words;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Digits from which a word is the number of somebody or of their order, and no label.
const DIGITS: usize = 5;
/// Words of a label that is not a query.
const WORDS: usize = 5;

/// The name of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// A query that enough people typed, the most central of those.
    Query(String),
    /// The most telling words, in the form in which each was typed most.
    Words(Vec<String>),
}

impl Label {
    /// The label as a line.
    pub fn text(&self) -> String {
        match self {
            Self::Query(query) => query.clone(),
            Self::Words(words) => words.join(", "),
        }
    }
}

/// How often each stem stands in all that was asked, to tell which ones tell a group from the others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vocabulary {
    queries: usize,
    having: BTreeMap<String, usize>,
}

impl Vocabulary {
    /// Counts the queries that have each stem.
    pub fn of<'a>(queries: impl Iterator<Item = &'a Asked<'a>>) -> Self {
        let mut vocabulary = Self::default();
        for query in queries {
            vocabulary.queries += 1;
            let stems: BTreeMap<String, String> = words(&query.language, query.text).into_iter().collect();
            stems.into_keys().for_each(|stem| *vocabulary.having.entry(stem).or_default() += 1);
        }
        vocabulary
    }

    /// The same of the stems of some queries alone: what else was said leaves no trace but its number.
    pub fn of_stems_in<'a>(mut self, queries: impl Iterator<Item = &'a Asked<'a>>) -> Self {
        let stems = queries.flat_map(|query| words(&query.language, query.text)).map(|(stem, _)| stem);
        let kept: BTreeSet<String> = stems.collect();
        self.having.retain(|stem, _| kept.contains(stem));
        self
    }

    /// Adds what another counted.
    pub fn absorb(&mut self, other: &Self) {
        self.queries += other.queries;
        for (stem, queries) in &other.having {
            *self.having.entry(stem.clone()).or_default() += queries;
        }
    }

    /// How telling it is that a stem stands in `within` of the queries of a group: by how many, and how rarely it stands elsewhere
    /// (tf-idf, the group taken for the document).
    fn telling(&self, stem: &str, within: usize) -> f64 {
        let everywhere = self.having.get(stem).copied().unwrap_or_default().max(within);
        within as f64 * (1.0 + (self.queries.max(1) as f64 / everywhere as f64).ln())
    }
}

/// Calls a group (its queries, the most central first) by a query that at least `enough` people typed, else by words. What a
/// single person typed names no group.
pub fn label(queries: &[&Asked<'_>], enough: usize, vocabulary: &Vocabulary) -> Label {
    if let Some(query) = queries.iter().find(|query| query.people >= enough) {
        return Label::Query(query.text.to_owned());
    }
    let mut stems: BTreeMap<String, (usize, usize, BTreeMap<String, usize>)> = BTreeMap::new();
    for query in queries {
        let mut own: BTreeMap<String, String> = BTreeMap::new();
        for (stem, word) in words(&query.language, query.text) {
            if word.chars().filter(char::is_ascii_digit).count() < DIGITS {
                own.entry(stem).or_insert(word);
            }
        }
        for (stem, word) in own {
            let (queries, people, forms) = stems.entry(stem).or_default();
            *queries += 1;
            *people += query.people;
            *forms.entry(word).or_default() += query.people;
        }
    }
    let shared = stems.into_iter().filter(|(_, (_, people, _))| *people > 1);
    let mut telling: Vec<(f64, String)> = shared
        .filter_map(|(stem, (queries, _, forms))| {
            let form = forms.into_iter().max_by(|a, b| a.1.cmp(&b.1).then_with(|| b.0.cmp(&a.0)))?;
            Some((vocabulary.telling(&stem, queries), form.0))
        })
        .collect();
    telling.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    Label::Words(telling.into_iter().take(WORDS).map(|(_, word)| word).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexer::language::Language;

    fn called(queries: &[(&'static str, usize)], others: &[&'static str]) -> String {
        let language = Language::parse("en").unwrap();
        let asked = |text, people| Asked { text, language: language.clone(), vector: None, people };
        let own: Vec<Asked> = queries.iter().map(|&(text, people)| asked(text, people)).collect();
        let others: Vec<Asked> = others.iter().map(|&text| asked(text, 1)).collect();
        let vocabulary = Vocabulary::of(own.iter().chain(&others));
        label(&own.iter().collect::<Vec<_>>(), 5, &vocabulary).text()
    }

    #[test]
    fn a_group_is_called_by_the_most_central_query_that_enough_people_typed() {
        assert_eq!(called(&[("card late", 4), ("where is my card", 5), ("card", 9)], &[]), "where is my card");
    }

    #[test]
    fn else_by_words_that_tell_it_from_the_others_as_they_were_typed() {
        let others = ["pay by card", "card fees", "new card", "card declined"];
        let queries = [("card not arrived", 2), ("my card has not arrived yet", 1), ("arrived late card", 1)];
        assert_eq!(called(&queries, &others), "arrived, card");
    }

    #[test]
    fn what_a_single_person_typed_names_no_group() {
        assert_eq!(called(&[("refund for jane", 1), ("refund order", 1), ("refunds", 1)], &[]), "refund");
        assert_eq!(called(&[("error e4224 in 70216451", 1), ("70216451 error e4224", 1)], &[]), "e4224, error");
    }
}
