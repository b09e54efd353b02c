//! Closeness: how near each other the query's words stand in an article's title or best passage, as they do in the query.
//!
//! ```text
//! closeness(a) = mean over neighbouring content words of the query of credit(least distance in title, heading or text)
//! credit       = 1 next to each other, in the query's order; ½ within five words, in any order; else 0
//! ```
//!
//! Bags of words do not tell "cancel an order" from an article on orders in which something else is cancelled. A pair counts
//! where it is written best: in the title, or in the heading or text of the passage with the highest score by words.
//! In Han, Kana and Hangul the neighbours are pairs of characters, in place of words: how a dictionary cuts a phrase depends on what
//! stands beside it, and a part of a word is no word at all.
//! (After Tao, Zhai: An Exploration of Proximity Measures in Information Retrieval, 2007, whose measure of least distance did
//! best; by pairs of neighbours, so that one word far off does not hide the others.)

use super::evidence::Evidence;
use super::reading::QueryWord;
use indexer::analysis::is_paired;
use indexer::visible::LanguageView;
use indexer::word_order;

/// Words between which a pair still counts.
const NEAR: u32 = 5;

/// What the highest closeness adds to a score, of the highest score by words. Mean nDCG@10 of five English collections at 0, 0.1,
/// 0.15, 0.2: 0.836, 0.847, 0.849, 0.848 fused.
const SHARE: f32 = 0.15;
/// Articles of which the closeness is looked at; at 20, 30 and 50 the figures are the same.
const CANDIDATES: usize = 20;
/// The same two for pairs of characters, which stand in many articles, but seldom next to each other.
const CHARACTERS_SHARE: f32 = 0.25;
const CHARACTERS_CANDIDATES: usize = 50;

/// The query's neighbouring content words, ready to be looked for.
pub struct Pairs {
    /// (hash of a term, place of its word), by hash.
    terms: Vec<(u32, usize)>,
    words: usize,
    /// Whether there are pairs of characters among them.
    characters: bool,
}

impl Pairs {
    /// `None` if the query has less than two content words.
    pub fn of(words: &[QueryWord]) -> Option<Self> {
        let content = || words.iter().filter(|word| is_neighbour(word));
        let hashes = |(place, word): (usize, &QueryWord)| {
            word.terms.iter().map(|term| (word_order::hash(term), place)).collect()
        };
        let mut terms: Vec<_> = content().enumerate().flat_map::<Vec<_>, _>(hashes).collect();
        terms.sort_unstable();
        let characters = content().any(|word| is_paired(&word.word));
        let words = content().count();
        (words > 1).then_some(Self { terms, words, characters })
    }

    /// What closeness 1 adds to a score, of the highest score by words.
    pub fn share(&self) -> f32 {
        if self.characters { CHARACTERS_SHARE } else { SHARE }
    }

    /// How many of the first articles it is worked out for.
    pub fn candidates(&self) -> usize {
        if self.characters { CHARACTERS_CANDIDATES } else { CANDIDATES }
    }

    /// Closeness in an article, 0..=1.
    pub fn closeness(&self, view: &LanguageView, article: u32, evidence: &Evidence) -> f32 {
        let mut credits = vec![0.0_f32; self.words - 1];
        self.credit(view.order(view.head_document(article)), &mut credits);
        if let Some(passage) = best_by_words(view, article, evidence) {
            self.credit(view.order(passage), &mut credits);
        }
        credits.iter().sum::<f32>() / credits.len() as f32
    }

    /// Raises each pair's credit to what it is worth in a text.
    fn credit(&self, text: impl Iterator<Item = (u32, u32)>, credits: &mut [f32]) {
        let mut last: Vec<Option<u32>> = vec![None; self.words];
        for (position, term) in text {
            let from = self.terms.partition_point(|(known, _)| *known < term);
            for (_, place) in self.terms[from..].iter().take_while(|(known, _)| *known == term) {
                last[*place] = Some(position);
                let (before, after) = (place.checked_sub(1), place + 1);
                if let Some((pair, first)) = before.and_then(|before| Some((before, last[before]?))) {
                    credits[pair] = credits[pair].max(credit_in_order(position - first));
                }
                if let Some(second) = last.get(after).copied().flatten() {
                    credits[*place] = credits[*place].max(credit_in_reverse(position - second));
                }
            }
        }
    }
}

/// Whether a word of the query is one of those whose neighbourhood counts: a content word, or a pair of characters, also one that
/// belongs to a function word (`の変` of `パスワードの変更`).
fn is_neighbour(word: &QueryWord) -> bool {
    if is_paired(&word.word) { word.word.chars().count() == 2 } else { !word.function && !word.supports }
}

/// The passage of an article with the highest score by words, the first of equals; `None` if none has any.
fn best_by_words(view: &LanguageView, article: u32, evidence: &Evidence) -> Option<u32> {
    let mut best = (0.0, None);
    for document in view.passages_of(article) {
        let score = evidence.passage_lexical[document as usize];
        if score > best.0 {
            best = (score, Some(document));
        }
    }
    best.1
}

fn credit_in_order(distance: u32) -> f32 {
    match distance {
        0..=1 => 1.0,
        2..=NEAR => 0.5,
        _ => 0.0,
    }
}

fn credit_in_reverse(distance: u32) -> f32 {
    credit_in_order(distance.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexer::analysis::analyze;
    use indexer::language::Language;

    /// Closeness of a query's words in one text.
    #[track_caller]
    fn check(query: &str, text: &str, expected: f32) {
        let english = Language::parse("en").expect("a tag");
        let word = |token: indexer::analysis::Token| QueryWord {
            span: token.span,
            word: token.word,
            terms: vec![token.term],
            synonyms: Vec::new(),
            weight: 1.0,
            trust: 1.0,
            function: false,
            identifier: false,
            supports: false,
            found: super::super::reading::Found::Exactly,
        };
        let words: Vec<QueryWord> = analyze(&english, query).into_iter().map(word).collect();
        let pairs = Pairs::of(&words).expect("two words");
        let mut credits = vec![0.0; words.len() - 1];
        let order = analyze(&english, text).into_iter().map(|token| (token.position, word_order::hash(&token.term)));
        pairs.credit(order, &mut credits);
        assert_eq!(credits.iter().sum::<f32>() / credits.len() as f32, expected);
    }

    #[test]
    fn words_next_to_each_other_count_whole_and_near_ones_half() {
        check("cancel order", "to cancel orders, write to us", 1.0);
        check("cancel order", "to cancel all of your orders, write to us", 0.5);
        check("cancel order", "order first, cancel later", 0.5);
        check("cancel order", "an order that somebody did not want to cancel", 0.0);
        check("cancel order", "cancel it", 0.0);
    }

    #[test]
    fn each_pair_counts_where_it_stands_nearest_and_one_far_word_hides_no_other_pair() {
        check("cancel my order", "cancel my order", 1.0);
        check(
            "cancel order refund",
            "cancel. order. cancel order. nothing else is said here on money or a refund",
            0.5,
        );
    }

    #[test]
    fn less_than_two_content_words_have_no_closeness() {
        assert!(Pairs::of(&[]).is_none());
    }
}
