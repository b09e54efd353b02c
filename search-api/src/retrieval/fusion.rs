//! Words and vectors to one order: a convex combination of both scores, each made comparable within the query.
//!
//! ```text
//! fused(a) = (1 − w) · lexical(a) / highest lexical + w · (cosine(a) − lowest) / (highest − lowest)
//! ```
//!
//! w is [`DENSE_WEIGHT`] times the share of the query's weight that does not lie on known identifiers (`E4224`, `max_retries`):
//! a sentence embedding knows next to nothing of them, and who types one wants the article that has it.
//!
//! Lowest and highest cosine are those of the articles that stand among the first [`POOL`] of either list; below it counts 0.
//! A convex combination keeps how far apart scores are, which the fusion of ranks throws away, and needs one weight for all
//! collections (Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, 2023). Everything depends on the
//! visible articles of one language alone.

use super::Mode;
use super::evidence::Evidence;
use indexer::visible::LanguageView;

/// Weight of the vectors, one for all collections. nDCG@10 by `signpost eval` with all-MiniLM-L6-v2 at 0.4, 0.5, 0.6: stackfaq
/// 0.922, 0.942, 0.958; smart-remote-qa 0.809, 0.813, 0.809; telerik-kb-tickets 0.865, 0.870, 0.884; anchors-telerik-ajax 0.762,
/// 0.753, 0.739. A weight fitted to a query's words and lists did no better on collections that the fit had not seen.
const DENSE_WEIGHT: f32 = 0.6;
/// Articles of each list within which the cosines' range is taken.
const POOL: usize = 100;
/// Articles that vectors alone can bring in.
const DENSE_CANDIDATES: usize = 200;

/// An article with its score; the order of answers is by score, highest first, then by id.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// Number within the view.
    pub article: u32,
    /// Stable number, the tie-break.
    pub id: u64,
    /// Score under the mode at hand.
    pub score: f32,
}

/// How the two kinds of evidence are brought to one scale for one query and view.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    lexical_weight: f32,
    dense_weight: f32,
    highest_lexical: f32,
    highest_passage: f32,
    lowest_cosine: f32,
    highest_cosine: f32,
}

/// Orders scored articles.
pub fn best_first(a: &Scored, b: &Scored) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.id.cmp(&b.id))
}

/// Scores the articles found under a mode: those with a word of the query and the first [`DENSE_CANDIDATES`] of the vectors.
/// In no order.
pub fn fuse(view: &LanguageView, evidence: &Evidence, mode: Mode) -> (Vec<Scored>, Scale) {
    let lexical = match mode {
        Mode::Dense => Vec::new(),
        Mode::Lexical | Mode::Hybrid => list(view, &evidence.lexical, 0.0),
    };
    let dense = match mode {
        Mode::Lexical => Vec::new(),
        Mode::Dense | Mode::Hybrid => best(list(view, &evidence.cosine, f32::MIN), DENSE_CANDIDATES),
    };
    let scale = Scale::of(mode, evidence, &lexical, &dense);
    let mut found = lexical;
    found.extend(
        dense.into_iter().filter(|dense| mode == Mode::Dense || evidence.lexical[dense.article as usize] <= 0.0),
    );
    for scored in &mut found {
        let article = scored.article as usize;
        scored.score = match mode {
            Mode::Lexical => evidence.lexical[article],
            Mode::Dense => evidence.cosine[article],
            Mode::Hybrid => scale.fused(evidence.lexical[article] / scale.highest_lexical, evidence.cosine[article]),
        };
    }
    (found, scale)
}

/// The passage of an article that speaks for it: best under the same combination, the first of equals.
pub fn best_passage(view: &LanguageView, article: u32, evidence: &Evidence, scale: &Scale) -> Option<u32> {
    let mut best: Option<(u32, f32)> = None;
    for document in view.passages_of(article) {
        let lexical = evidence.passage_lexical[document as usize] / scale.highest_passage;
        let score = scale.fused(lexical, evidence.cosine_of(document));
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((document, score));
        }
    }
    best.map(|(document, _)| document)
}

impl Scale {
    fn of(mode: Mode, evidence: &Evidence, lexical: &[Scored], dense: &[Scored]) -> Self {
        let dense_weight = match mode {
            Mode::Lexical => 0.0,
            Mode::Dense => 1.0,
            Mode::Hybrid => DENSE_WEIGHT * (1.0 - evidence.identifiers),
        };
        // Without vectors there is no range to take.
        let pool = |list: &[Scored]| if dense_weight > 0.0 { best(list.to_vec(), POOL) } else { Vec::new() };
        let pool = pool(lexical).into_iter().chain(pool(dense));
        let cosines =
            || pool.clone().map(|scored| evidence.cosine[scored.article as usize]).filter(|cosine| *cosine > f32::MIN);
        let positive = |highest: f32| if highest > 0.0 { highest } else { 1.0 };
        Self {
            lexical_weight: 1.0 - dense_weight,
            dense_weight,
            highest_lexical: positive(evidence.highest),
            highest_passage: positive(evidence.highest_passage),
            lowest_cosine: cosines().fold(1.0, f32::min),
            highest_cosine: cosines().fold(-1.0, f32::max),
        }
    }

    /// Combines a lexical score in 0..=1 with a cosine.
    fn fused(&self, lexical: f32, cosine: f32) -> f32 {
        let range = self.highest_cosine - self.lowest_cosine;
        let dense = if range > 0.0 {
            ((cosine - self.lowest_cosine) / range).clamp(0.0, 1.0)
        } else {
            f32::from(u8::from(cosine >= self.highest_cosine))
        };
        self.lexical_weight * lexical + self.dense_weight * dense
    }
}

fn list(view: &LanguageView, scores: &[f32], nothing: f32) -> Vec<Scored> {
    let found = scores.iter().enumerate().filter(|(_, score)| **score > nothing);
    found
        .map(|(article, score)| (article as u32, *score))
        .map(|(article, score)| Scored { article, id: view.article_id(article), score })
        .collect()
}

/// Brings the best few to the front, in their order; the rest stays in none.
pub fn sort_first(scored: &mut [Scored], few: usize) {
    if scored.len() > few {
        scored.select_nth_unstable_by(few, best_first);
    }
    let few = few.min(scored.len());
    scored[..few].sort_unstable_by(best_first);
}

/// The best few, in no order.
pub fn best(mut scored: Vec<Scored>, few: usize) -> Vec<Scored> {
    if few > 0 && scored.len() > 2 * few {
        // Bare scores are sifted faster than articles; what is left is as good as the last of the few.
        let mut scores: Vec<Descending> = scored.iter().map(|scored| Descending::of(scored.score)).collect();
        let last = *scores.select_nth_unstable(few - 1).1;
        scored.retain(|scored| Descending::of(scored.score) <= last);
    }
    if scored.len() > few {
        scored.select_nth_unstable_by(few, best_first);
        scored.truncate(few);
    }
    scored
}

/// A score as a number that is less the higher the score is, in the order of `f32::total_cmp`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Descending(i32);

impl Descending {
    fn of(score: f32) -> Self {
        let bits = score.to_bits().cast_signed();
        Self(!(bits ^ ((bits >> 31).cast_unsigned() >> 1).cast_signed()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_fused_score_lies_between_0_and_1_and_rises_with_each_part(
            (low, high) in (-1.0f32..1.0, -1.0f32..1.0).prop_map(|(a, b)| (a.min(b), a.max(b))),
            lexical in 0.0f32..=1.0, more_lexical in 0.0f32..=1.0,
            cosine in -1.0f32..1.0, more_cosine in -1.0f32..1.0,
        ) {
            let scale = Scale {
                lexical_weight: 1.0 - DENSE_WEIGHT,
                dense_weight: DENSE_WEIGHT,
                highest_lexical: 1.0,
                highest_passage: 1.0,
                lowest_cosine: low,
                highest_cosine: high,
            };
            let fused = scale.fused(lexical, cosine);
            prop_assert!((0.0..=1.0).contains(&fused));
            prop_assert!(scale.fused(lexical.max(more_lexical), cosine) >= fused);
            prop_assert!(scale.fused(lexical, cosine.max(more_cosine)) >= fused);
            prop_assert!(scale.fused(lexical, f32::MIN) <= fused, "no vector is no help");
        }
    }

    proptest! {
        #[test]
        fn the_best_few_are_those_that_come_first_when_all_are_sorted(
            drawn in prop::collection::vec((prop::sample::select(vec![-1.0, -0.0, 0.0, 0.5, 1.0, 2.0, f32::MIN]), 0..1000u64), 0..40),
            few in 0..12usize,
        ) {
            let scored: Vec<_> = drawn.iter().map(|(score, id)| Scored { article: 0, id: *id, score: *score }).collect();
            let mut sorted = scored.clone();
            sorted.sort_by(best_first);
            sorted.truncate(few);
            let mut found = best(scored, few);
            found.sort_by(best_first);
            prop_assert_eq!(found, sorted);
        }
    }

    #[test]
    fn the_order_is_by_score_then_by_id_and_the_cut_follows_it() {
        let scored = |id, score| Scored { article: 0, id, score };
        let mut few = best(vec![scored(3, 1.0), scored(1, 1.0), scored(2, 2.0), scored(4, 1.0)], 2);
        few.sort_by(best_first);
        assert_eq!(few, [scored(2, 2.0), scored(1, 1.0)]);
    }
}
