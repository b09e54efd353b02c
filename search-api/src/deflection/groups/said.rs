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
    /// Meanings, most people first; their queries are places among the texts. The place of a meaning is its number within the week; of
    /// one that too few people had there is nothing else.
    pub meanings: Vec<Meaning>,
    /// How often the stems of the texts stand in all that was said.
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
    /// By text: number of its meaning.
    pub meaning: HashMap<&'a str, usize>,
    /// By text: its place among those kept.
    pub text: HashMap<&'a str, u32>,
    /// Whether anything may be kept of it.
    pub is_kept: bool,
}

impl<'a> Spoken<'a> {
    /// Nothing is kept of what was said in the week of a Monday.
    pub fn not_kept(monday: Date) -> Self {
        let said = Said { monday, texts: Vec::new(), meanings: Vec::new(), vocabulary: Vocabulary::default() };
        Self { said, meaning: HashMap::new(), text: HashMap::new(), is_kept: false }
    }

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
        let meaning: HashMap<&str, usize> = meaning.map(|(query, number)| (asked[query].text, number)).collect();
        // Of what too few said nothing is kept but that it has a number.
        let mut people: HashMap<usize, BTreeSet<usize>> = HashMap::new();
        items.iter().for_each(|item| _ = people.entry(meaning[item.text]).or_default().insert(item.person));
        let is_shown = |number: &usize| people.get(number).is_some_and(|people| people.len() >= rules.min_group);
        meanings.truncate((0..meanings.len()).rfind(is_shown).map_or(0, |last| last + 1));
        for few in (0..meanings.len()).filter(|number| !is_shown(number)) {
            meanings[few].queries.clear();
            meanings[few].point.sum.fill(0);
        }
        let (mut texts, mut text) = (Vec::new(), HashMap::new());
        for query in meanings.iter_mut().flat_map(|meaning| &mut meaning.queries) {
            let Asked { text: own, language, vector, .. } = &asked[*query];
            // More different texts than fit into 32 bits do not fit into memory.
            text.insert(*own, texts.len() as u32);
            *query = texts.len();
            texts.push(Text { text: (*own).to_owned(), language: language.clone(), vector: vector.cloned() });
        }
        let told = asked.iter().filter(|asked| text.contains_key(asked.text));
        let vocabulary = Vocabulary::of(asked.iter()).of_stems_in(told);
        Self { said: Said { monday, texts, meanings, vocabulary }, meaning, text, is_kept: true }
    }

    /// Number of the meaning of a text of the week.
    pub fn meaning_of(&self, text: &str) -> usize {
        self.meaning.get(text).copied().unwrap_or(usize::MAX)
    }
}
