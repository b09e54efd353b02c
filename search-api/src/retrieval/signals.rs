//! How far the first answers stand out from those that come next: what a list's confidence is judged by.
//!
//! A list whose right article is missing is still headed by something, and every kind of evidence still has a highest value; what
//! it lacks is a head that stands out. So each kind says by how much the best of the first three articles exceeds the best of the
//! next ones, up to the twentieth; where cosines tell something, the first one counts as well, since with a right answer gone
//! nothing is really near.
//!
//! The signals depend on the query, the first answers and the visible articles of one language, and on no other answer: which articles
//! come next is said without filters, so a filter that leaves the first answers where they were leaves the signals as they were.

use super::asked::Asked;
use super::evidence::Evidence;
use super::ranking::{Candidate, Ranked};
use super::reading::QueryWord;
use super::weight::at_home;
use indexer::visible::LanguageView;
use indexer::word_order;

/// Answers that are looked at: a list is as good as the best of them.
pub const LOOKED_AT: usize = 3;

/// The signals of one list, in the order of [`Signals::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signals([f32; COUNT]);

const COUNT: usize = 10;
impl Signals {
    /// Names of the signals, first those that a list ranked by words alone is judged by.
    pub const NAMES: [&str; COUNT] = [
        // In lexical score, beside the highest, times the coverage of the query; and in what closeness adds to it.
        "lead",
        // In the share of the query's weight that a title has, times the share of the title that the query has.
        "title lead",
        // In how near each other the words stand.
        "closeness lead",
        // Logarithm of the number of articles that cover as much of the query as the first three: of all where these cover nothing.
        "rivals",
        // In the share of the query's weight that an article has. By words alone the lead says it already.
        "coverage lead",
        // That of the first answer.
        "first cosine",
        "cosine lead",
        // How far the query is of another language than the articles: then words that do not stand out tell nothing, and cosines
        // are others.
        "abroad",
        // How near the query's tokens come to those of the first answer.
        "first likeness",
        "likeness lead",
    ];

    /// How many of them judge a list ranked by words alone: the first.
    pub const BY_WORDS: usize = 4;

    /// The signals of a list's first answers, language by language.
    pub fn of_list<'a>(
        languages: &'a [Ranked<'a>],
        candidates: &'a [Candidate],
    ) -> impl Iterator<Item = (&'a Ranked<'a>, Self)> {
        let first = &candidates[..candidates.len().min(LOOKED_AT)];
        first.chunk_by(|a, b| a.language == b.language).map(|first| {
            let language = &languages[first[0].language];
            (language, Self::of(language, first))
        })
    }

    /// Reads the signals of answers of one language; at least one.
    fn of(language: &Ranked, first: &[Candidate]) -> Self {
        let Ranked { view, words, tokens, evidence, scale, head } = language;
        let first: Vec<u32> = first.iter().map(|candidate| candidate.article).collect();
        let next: Vec<u32> = head.articles().filter(|article| !first.contains(article)).collect();
        let highest = |articles: &[u32], score: &dyn Fn(u32) -> f32| {
            articles.iter().map(|article| score(*article)).fold(0.0, f32::max)
        };
        let lead = |score: &dyn Fn(u32) -> f32| highest(&first, score) - highest(&next, score);
        let coverage = |article: u32| evidence.coverage[article as usize];
        let (asked, titles) = (Asked::new(words, tokens), Titles::of(words, evidence));
        // Only what a filter or a tie-breaker brought forward is not in the head.
        let closeness =
            |article: u32| head.closeness(article).unwrap_or_else(|| asked.closeness(view, article, evidence));
        let likeness =
            |article| head.likeness(article).unwrap_or_else(|| asked.likeness(view, article, evidence, scale));
        let lexical = |article: u32| {
            let share = evidence.lexical[article as usize] / positive(evidence.highest);
            share * coverage(article) + asked.share_of_closeness() * closeness(article)
        };
        let covered = highest(&first, &coverage);
        let rivals = evidence.coverage.iter().filter(|other| **other >= covered).count();
        let cosine = |article: u32| evidence.cosine[article as usize].max(0.0);
        Self([
            lead(&lexical),
            lead(&|article| titles.share(view, article)),
            lead(&closeness),
            (rivals as f32).ln_1p(),
            lead(&coverage),
            cosine(first[0]),
            lead(&cosine),
            1.0 - at_home(evidence.said(evidence.meant.by_function_words)),
            likeness(first[0]),
            // Tokens find something near in any text: where no article comes next it is unknown how much that would be.
            if next.is_empty() { 0.0 } else { lead(&likeness) },
        ])
    }

    /// The signals, by their order.
    pub fn values(&self) -> &[f32] {
        &self.0
    }
}

/// The query's words, ready to be looked for in titles.
struct Titles {
    /// (hash of a term, place of its word), by hash.
    terms: Vec<(u32, usize)>,
    /// Share of the query's weight that each word has, misread ones by the trust in them; by place.
    shares: Vec<f32>,
}

impl Titles {
    fn of(words: &[QueryWord], evidence: &Evidence) -> Self {
        let hashes = |(place, word): (usize, &QueryWord)| {
            word.terms.iter().map(move |term| (word_order::hash(term), place)).collect()
        };
        let mut terms: Vec<_> = words.iter().enumerate().flat_map::<Vec<_>, _>(hashes).collect();
        terms.sort_unstable();
        let share = |(word, weight): (&QueryWord, &f32)| weight * word.trust / positive(evidence.whole);
        Self { terms, shares: words.iter().zip(&evidence.weights).map(share).collect() }
    }

    /// Share of the query's weight that an article's title has, times the share of the title that the query has.
    fn share(&self, view: &LanguageView, article: u32) -> f32 {
        let title: Vec<(u32, u32)> = view.order(view.head_document(article)).collect();
        let mut found = vec![false; self.shares.len()];
        let (mut all, mut asked) = (0, 0);
        for word in title.chunk_by(|(a, _), (b, _)| a == b) {
            let mut is_asked = false;
            for place in word.iter().flat_map(|(_, hash)| self.places(*hash)) {
                found[place] = true;
                is_asked = true;
            }
            (all, asked) = (all + 1, asked + usize::from(is_asked));
        }
        let of_query: f32 = self.shares.iter().zip(found).filter(|(_, found)| *found).map(|(share, _)| share).sum();
        if all == 0 { 0.0 } else { of_query * asked as f32 / all as f32 }
    }

    /// Places of the words that stand for a term.
    fn places(&self, hash: u32) -> impl Iterator<Item = usize> {
        let from = self.terms.partition_point(|(known, _)| *known < hash);
        self.terms[from..].iter().take_while(move |(known, _)| *known == hash).map(|(_, place)| *place)
    }
}

/// What to divide by.
fn positive(most: f32) -> f32 {
    if most > 0.0 { most } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retrieval::lexical::{self, Scratch};
    use crate::retrieval::reading;
    use crate::retrieval::tests::world::{Shelf, article};

    #[track_caller]
    fn check(query: &str, expected: f32) {
        let index = Shelf::of(&[article("a.md", "Cancel an order", "How.")]).visible_to(&[]);
        let view = &index.languages()[0];
        let words = reading::read(view, query).expect("words");
        let mut evidence = Evidence::default();
        evidence.reset(view);
        lexical::weigh(view, &words, &mut Scratch::default(), &mut evidence).expect("weights");
        assert_eq!(Titles::of(&words, &evidence).share(view, 0), expected);
    }

    #[test]
    fn a_title_that_is_the_query_has_all_and_each_side_without_the_other_takes_its_share() {
        check("cancel an order", 1.0);
        check("Cancel", 1.0 / 3.0);
        check("how", 0.0);
    }
}
