//! What the head of a list looks like beside the query and all that is visible: what its confidence is judged by.
//!
//! Each signal depends on the query, the first answers and the visible articles of one language, and on no other answer: a filter
//! that leaves the first answers where they were leaves the signals as they were. Coverage, lexical scores, rarity and the distance of
//! cosines from their mean were signals too: without them lists that no collection has (of words that nothing knows) are judged
//! more sensibly, and all others as well.

use super::closeness::Pairs;
use super::evidence::Evidence;
use super::ranking::{Candidate, Ranked};
use super::reading::QueryWord;
use indexer::visible::LanguageView;
use indexer::word_order;

/// Answers that are looked at: a list is as good as the best of them.
pub const LOOKED_AT: usize = 3;

/// The signals of one list, in the order of [`Signals::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Signals([f32; COUNT]);

const COUNT: usize = 11;
impl Signals {
    /// Names of the signals, those of words first, then those of vectors.
    pub const NAMES: [&str; COUNT] = [
        // Words. Shares are of the query's weight (importance times inverse frequency).
        "title words",   // highest share whose words a title has
        "title",         // the same, times the share of the title that the query has
        "closeness",     // highest, of how near each other the words stand in an answer; of a single word its coverage
        "doubt",         // share that rests on reading words as others
        "content words", // logarithm of their number
        "lead", // how far the best lexical score stands above that of the fourth best article, beside the best of all, times coverage
        "rivals", // logarithm of the number of articles that cover as much of the query
        // Vectors.
        "first cosine", // that of the first answer
        "near lead",    // how far the highest stands above that of the fourth nearest article
        "far lead",     // how far above that of the tenth
        "agreement",    // share of the answers that are among the first three by words and by vectors
    ];

    /// How many of them say something of words alone: the first.
    pub const BY_WORDS: usize = 7;

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
        let Ranked { view, words, evidence, .. } = language;
        let highest_of = |score: &dyn Fn(u32) -> f32| {
            first.iter().map(|candidate| score(candidate.article)).fold(f32::MIN, f32::max)
        };
        let doubt: f32 = words.iter().zip(&evidence.weights).map(|(word, weight)| weight * (1.0 - word.trust)).sum();
        let share = |weight: f32| if evidence.whole > 0.0 { weight / evidence.whole } else { 0.0 };
        let content = words.iter().filter(|word| !word.function && !word.supports).count();
        let titles: Vec<(f32, f32)> =
            first.iter().map(|candidate| title_shares(view, words, evidence, candidate.article)).collect();
        let coverage = highest_of(&|article| evidence.coverage[article as usize]);
        let rivals = evidence.coverage.iter().filter(|other| **other > 0.0 && **other >= coverage).count();
        let lexical = highest::<4>(&evidence.lexical, 0.0);
        let best_lexical = highest_of(&|article| evidence.lexical[article as usize]);
        let nearest = highest::<10>(&evidence.cosine, NO_COSINE);
        let cosine = |article: u32| evidence.cosine[article as usize].max(NO_COSINE);
        let best_cosine = highest_of(&cosine);
        let agreeing = first.iter().map(|candidate| candidate.article as usize).filter(|article| {
            evidence.lexical[*article] > 0.0
                && evidence.lexical[*article] >= lexical[LOOKED_AT - 1]
                && evidence.cosine[*article] >= nearest[LOOKED_AT - 1]
        });
        Self([
            titles.iter().map(|(of_query, _)| *of_query).fold(0.0, f32::max),
            titles.iter().map(|(of_query, of_title)| of_query * of_title).fold(0.0, f32::max),
            Pairs::of(words).map_or(coverage, |pairs| highest_of(&|article| pairs.closeness(view, article, evidence))),
            share(doubt),
            (1.0 + content as f32).ln(),
            if lexical[0] > 0.0 { coverage * (best_lexical - lexical[3]) / lexical[0] } else { 0.0 },
            (1.0 + rivals as f32).ln(),
            cosine(first[0].article),
            best_cosine - nearest[3],
            best_cosine - nearest[9],
            agreeing.count() as f32 / LOOKED_AT as f32,
        ])
    }

    /// The signals, by their order.
    pub fn values(&self) -> &[f32] {
        &self.0
    }
}

/// Share of the query's weight that an article's title has, and share of the title that the query has.
fn title_shares(view: &LanguageView, words: &[QueryWord], evidence: &Evidence, article: u32) -> (f32, f32) {
    let title: Vec<(u32, u32)> = view.order(view.head_document(article)).collect();
    let is = |word: &QueryWord, hash: u32| word.terms.iter().any(|term| word_order::hash(term) == hash);
    let in_title = |word: &QueryWord| title.iter().any(|(_, hash)| is(word, *hash));
    let weighed = words.iter().zip(&evidence.weights).filter(|(word, _)| in_title(word));
    let of_query: f32 = weighed.map(|(word, weight)| weight * word.trust).sum();
    let asked = |(_, hash): &(u32, u32)| words.iter().any(|word| is(word, *hash));
    let (mut all, mut found) = (0, 0);
    for word in title.chunk_by(|(a, _), (b, _)| a == b) {
        (all, found) = (all + 1, found + usize::from(word.iter().any(asked)));
    }
    if all == 0 || evidence.whole <= 0.0 { (0.0, 0.0) } else { (of_query / evidence.whole, found as f32 / all as f32) }
}

/// Taken for the cosine of an article without vectors: as far away as can be.
const NO_COSINE: f32 = -1.0;

/// The highest scores, highest first; `nothing` where there are fewer above it.
fn highest<const FEW: usize>(scores: &[f32], nothing: f32) -> [f32; FEW] {
    let mut highest = [nothing; FEW];
    for score in scores {
        if *score > highest[FEW - 1] {
            let place = highest.partition_point(|other| other >= score);
            highest[place..].rotate_right(1);
            highest[place] = *score;
        }
    }
    highest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_scores_come_in_order_and_the_rest_is_nothing() {
        assert_eq!(highest::<3>(&[0.1, 0.5, 0.2, 0.5, f32::MIN], 0.0), [0.5, 0.5, 0.2]);
        assert_eq!(highest::<3>(&[0.1, f32::MIN], -1.0), [0.1, -1.0, -1.0]);
    }
}
