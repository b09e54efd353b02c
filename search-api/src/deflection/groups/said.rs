//! What was said in one ISO week, by meaning: of everybody, before any window or filter is asked about.

use super::label::Vocabulary;
use super::meaning::{Asked, Meaning, by_meaning};
use crate::deflection::log::QueryVector;
use crate::deflection::question::Rules;
use indexer::language::Language;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What was said in a week.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Its Monday.
    pub monday: Date,
    /// Texts of the meanings, each once.
    pub texts: Vec<Text>,
    /// Meanings that enough people may have had, most people first; their queries are places among the texts. The place of a meaning
    /// is its number within the week.
    pub meanings: Vec<Meaning>,
    /// Stems of all that was said.
    pub vocabulary: Vocabulary,
}

/// Something said in a week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Normalised and redacted.
    pub text: String,
    /// Language that it was read in.
    pub language: Language,
    /// Its vector, where one is known.
    pub vector: Option<QueryVector>,
}

/// Something said once: what was last asked in an episode, or the subject of a ticket.
#[derive(Clone, Copy, Debug)]
pub struct Item<'a> {
    /// What was said, normalised.
    pub text: &'a str,
    /// Language that it was read in.
    pub language: Option<&'a Language>,
    /// Its vector.
    pub vector: Option<&'a QueryVector>,
    /// Who said it: equal numbers, one person.
    pub person: usize,
}

/// What was said in a week, and where everything that was said in it belongs.
#[derive(Debug)]
pub struct Spoken<'a> {
    /// What is kept of it.
    pub said: Said,
    /// By text: number of its meaning. Those from the number of meanings on are of too few people to be kept.
    pub meaning: HashMap<&'a str, usize>,
    /// By text: its place among those kept.
    pub text: HashMap<&'a str, u32>,
}

impl<'a> Spoken<'a> {
    /// Gathers what was said in the week of a Monday; the same whatever the order.
    pub fn of(monday: Date, items: &[Item<'a>], rules: &Rules) -> Self {
        let mut by_text: BTreeMap<&'a str, Vec<&Item<'a>>> = BTreeMap::new();
        for item in items {
            by_text.entry(item.text).or_default().push(item);
        }
        let asked = |(text, items): (&'a str, Vec<&Item<'a>>)| Asked {
            text,
            language: items.iter().filter_map(|item| item.language).min().cloned().unwrap_or_else(Language::unknown),
            // One text has one vector of a model, but for its letters' case: any of them, always the same.
            vector: items.iter().filter_map(|item| item.vector).min_by_key(|vector| (&vector.model.0, &vector.values)),
            people: items.iter().map(|item| item.person).collect::<BTreeSet<_>>().len(),
        };
        let asked: Vec<Asked<'a>> = by_text.into_iter().map(asked).collect();
        let mut meanings = by_meaning(&asked, rules.group_similarity);
        let numbered = meanings.iter().enumerate();
        let meaning = numbered.flat_map(|(number, meaning)| meaning.queries.iter().map(move |&query| (query, number)));
        let meaning = meaning.map(|(query, number)| (asked[query].text, number)).collect();
        // They stand in the order of their people, some of whom may be counted twice.
        let people = |meaning: &Meaning| meaning.queries.iter().map(|&query| asked[query].people).sum::<usize>();
        meanings.truncate(meanings.partition_point(|meaning| people(meaning) >= rules.min_group));
        let (mut texts, mut text) = (Vec::new(), HashMap::new());
        for query in meanings.iter_mut().flat_map(|meaning| &mut meaning.queries) {
            let Asked { text: own, language, vector, .. } = &asked[*query];
            // More different texts than fit into 32 bits do not fit into memory.
            text.insert(*own, texts.len() as u32);
            *query = texts.len();
            texts.push(Text { text: (*own).to_owned(), language: language.clone(), vector: vector.cloned() });
        }
        let vocabulary = Vocabulary::of(asked.iter());
        Self { said: Said { monday, texts, meanings, vocabulary }, meaning, text }
    }

    /// Number of the meaning of a text, if it is one that enough people may have had; else that of one too small to be shown.
    pub fn meaning_of(&self, text: &str) -> usize {
        self.meaning.get(text).copied().unwrap_or(usize::MAX)
    }
}
