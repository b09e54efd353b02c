//! The pins that hold for one viewer: queries to the articles of theirs that stand on top.

use super::LanguageView;
use crate::analysis::analyze;
use crate::language::Language;
use crate::steering::Pin;
use std::collections::HashMap;

/// Language (its place in the index), article.
type Place = (usize, u32);

/// Patterns of queries with their pinned articles.
#[derive(Debug, Default)]
pub(super) struct Pins {
    rules: Vec<Rule>,
    /// Whole queries → rules.
    exact: HashMap<Vec<String>, Vec<usize>>,
    /// First words of what a query may contain → what it may contain, rules.
    within: HashMap<String, Vec<(Vec<String>, usize)>>,
}

/// What a matching query pins.
#[derive(Debug)]
struct Rule {
    language: Option<Language>,
    /// For each article named: the visible ones of that name, one a language.
    targets: Vec<Vec<Place>>,
}

impl Pins {
    /// Brings together the viewer's entries, in their order, and then what articles say themselves (`pin`), in the order of their
    /// paths. `find` gives the visible articles that a slug or path names; an entry that names none has no effect.
    pub(super) fn of(
        languages: &[LanguageView],
        by_path: &[Place],
        entries: &[&Pin],
        find: impl Fn(&str) -> Vec<Place>,
    ) -> Self {
        let mut pins = Self::default();
        for entry in entries {
            let targets = entry.articles.iter().map(|name| find(name)).filter(|found| !found.is_empty()).collect();
            pins.add(&entry.queries, &entry.contains, Rule { language: entry.language.clone(), targets });
        }
        for (language, article) in by_path {
            let head = languages[*language].head(*article);
            pins.add(&head.pins, &[], Rule { language: None, targets: vec![vec![(*language, *article)]] });
        }
        pins
    }

    fn add(&mut self, queries: &[String], contains: &[String], rule: Rule) {
        if rule.targets.is_empty() || (queries.is_empty() && contains.is_empty()) {
            return;
        }
        let number = self.rules.len();
        self.rules.push(rule);
        for words in queries.iter().map(|query| pattern_words(query)).filter(|words| !words.is_empty()) {
            self.exact.entry(words).or_default().push(number);
        }
        for words in contains.iter().map(|pattern| pattern_words(pattern)) {
            if let Some(first) = words.first() {
                self.within.entry(first.clone()).or_default().push((words, number));
            }
        }
    }

    /// What a query pins that was read in a language, in order, each article once.
    pub(super) fn pinned(&self, languages: &[impl AsRef<LanguageView>], text: &str, read_in: &Language) -> Vec<Place> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let words = pattern_words(text);
        let mut matching: Vec<usize> = self.exact.get(&words).into_iter().flatten().copied().collect();
        for (place, word) in words.iter().enumerate() {
            let begins = self.within.get(word).into_iter().flatten();
            matching.extend(begins.filter(|(row, _)| words[place..].starts_with(row)).map(|(_, number)| *number));
        }
        matching.sort_unstable();
        matching.dedup();
        let in_language =
            |(language, _): &&Place| languages[*language].as_ref().language().primary() == read_in.primary();
        let mut pinned = Vec::new();
        for rule in matching.into_iter().map(|number| &self.rules[number]) {
            if rule.language.as_ref().is_some_and(|named| named.primary() != read_in.primary()) {
                continue;
            }
            for target in &rule.targets {
                let article = target.iter().find(in_language).or(target.first());
                pinned.extend(article.filter(|article| !pinned.contains(*article)).copied());
            }
        }
        pinned
    }
}

/// The words by which a query is compared with a pattern: whatever its case, accents and punctuation; in no language, so not by
/// their stems.
pub fn pattern_words(text: &str) -> Vec<String> {
    let tokens = analyze(&Language::unknown(), text);
    let words = tokens.chunk_by(|a, b| a.position == b.position);
    words.filter_map(|group| group.first().map(|token| token.term.clone())).collect()
}
