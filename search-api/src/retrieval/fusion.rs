//! Words and vectors to one order: a convex combination of both scores, each made comparable within the query.
//!
//! ```text
//! fused(a) = (1 − w) · lexical(a) / highest lexical + w · (cosine(a) − lowest) / (highest − lowest)
//! ```
//!
//! w is the query's own: see [`super::weight`]. To it comes what [`super::closeness`] and
//! [`super::late_interaction`] say of the first candidates.
//!
//! Lowest and highest cosine are those of the articles that stand among the first [`POOL`] of either list; below it counts 0.
//! A convex combination keeps how far apart scores are, which the fusion of ranks throws away, and is told by one number how far
//! to trust either list (Bruch, Gai, Ingber: An Analysis of Fusion Functions for Hybrid Retrieval, 2023). Everything depends on
//! the visible articles of one language alone.

use super::Mode;
use super::asked::Asked;
use super::closeness::Pairs;
use super::evidence::Evidence;
use super::late_interaction;
use super::reading::Found;
use super::weight::{self, Signals};
use indexer::visible::LanguageView;

/// Articles of each list within which the cosines' range is taken.
pub const POOL: usize = 100;
/// Articles of each list that are compared with one another for the lists' agreement.
const AGREEING: usize = 5;
/// Articles that vectors alone can bring in.
const DENSE_CANDIDATES: usize = 200;
/// Score by words of an article that has none of them.
const NO_WORD: f32 = 0.0;
/// Cosine of an article without vectors, and fused score of one that is not found.
pub const NOTHING: f32 = f32::MIN;
/// Scores that are looked at together.
const BLOCK: usize = 32;

/// How far vectors are trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// The model knows the query's language and that of the articles.
    Full,
    /// It does not: they count half as much, and bring in nothing where words found something. Under an English model nDCG@10 at 0,
    /// ½ and 1 of their weight: 0.918, 0.925, 0.925 for 421 German queries and 450 pages, 0.826, 0.842, 0.820 for 199 Spanish ones
    /// and 380 pages.
    Half,
}

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

/// The first [`POOL`] articles by words and by vectors, in no order.
type Pools = [Vec<Scored>; 2];

/// How the two kinds of evidence are brought to one scale for one query and view.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    mode: Mode,
    /// What the weight was worked out from.
    pub signals: Signals,
    lexical_weight: f32,
    dense_weight: f32,
    /// What late interaction 1 adds to a score.
    pub late_weight: f32,
    highest_lexical: f32,
    highest_passage: f32,
    cosines: Cosines,
}

/// The range of the cosines of the first articles of both lists.
#[derive(Clone, Copy, Debug)]
struct Cosines {
    lowest: f32,
    highest: f32,
}

/// Orders scored articles.
pub fn best_first(a: &Scored, b: &Scored) -> std::cmp::Ordering {
    b.score.total_cmp(&a.score).then(a.id.cmp(&b.id))
}

/// Fills the fused scores of `evidence`: of the articles with a word of the query and of the first [`DENSE_CANDIDATES`] of the
/// vectors.
pub fn fuse(view: &LanguageView, asked: &Asked, evidence: &mut Evidence, mode: Mode, trust: Trust) -> Scale {
    let id = |article| Some(view.article_id(article));
    let dense = match mode {
        Mode::Lexical => Vec::new(),
        Mode::Dense | Mode::Hybrid => best(&evidence.cosine, NOTHING, DENSE_CANDIDATES, id),
    };
    // Without vectors there is no range to take.
    let pools = match mode {
        Mode::Lexical => Pools::default(),
        Mode::Dense => [Vec::new(), best_of(dense.clone(), POOL)],
        Mode::Hybrid => [best(&evidence.lexical, NO_WORD, POOL, id), best_of(dense.clone(), POOL)],
    };
    let cosines = Cosines::of(evidence, &pools);
    let signals = match mode {
        Mode::Lexical | Mode::Dense => Signals::default(),
        Mode::Hybrid => signals(view, asked, evidence, &pools, cosines),
    };
    let scale = Scale::of(mode, trust, signals, evidence, cosines);
    let Evidence { lexical, cosine, fused, .. } = evidence;
    let score = |lexical, cosine| match mode {
        Mode::Lexical => lexical,
        Mode::Dense => cosine,
        Mode::Hybrid => scale.fused(lexical / scale.highest_lexical, cosine),
    };
    // Of articles without a word the score is worked out as well, and thrown away: many at once, that costs nothing.
    let with_word = |lexical: f32, score: f32| if lexical > NO_WORD { score } else { NOTHING };
    match mode {
        Mode::Dense => fused.resize(lexical.len(), NOTHING),
        Mode::Lexical => fused.extend(lexical.iter().map(|&lexical| with_word(lexical, lexical))),
        Mode::Hybrid => {
            fused.extend(lexical.iter().zip(&*cosine).map(move |(&lexical, &cosine)| {
                with_word(lexical, scale.fused(lexical / scale.highest_lexical, cosine))
            }))
        }
    }
    let words_have_it = mode == Mode::Hybrid && trust == Trust::Half && evidence.highest > NO_WORD;
    for Scored { article, .. } in dense.into_iter().filter(|_| !words_have_it) {
        let article = article as usize;
        fused[article] = score(lexical[article], cosine[article]);
    }
    scale
}

/// What the weight of the vectors depends on.
fn signals(view: &LanguageView, asked: &Asked, evidence: &Evidence, pools: &Pools, cosines: Cosines) -> Signals {
    let content = asked.words.iter().filter(|word| !word.function && !word.supports);
    let unknown = content.clone().filter(|word| word.found == Found::Nowhere).count() as f32;
    let content = content.count() as f32;
    let [first, nearest] = pools.clone().map(|pool| best_of(pool, AGREEING));
    let is_near = |scored: &&Scored| nearest.iter().any(|near| near.article == scored.article);
    let common = first.iter().filter(is_near).count() as f32;
    let best = first.iter().min_by(|a, b| best_first(a, b));
    let nearness = best.map_or(0.0, |scored| cosines.share(evidence.cosine[scored.article as usize]));
    let doubted = if evidence.meant.in_doubt { weight::doubted(nearness, evidence.identifiers) } else { 1.0 };
    Signals {
        at_home: weight::at_home(evidence.said(evidence.meant.here())) * doubted,
        identifiers: evidence.identifiers,
        unknown: unknown / content.max(1.0),
        words: content.ln_1p(),
        closeness: best.map_or(0.0, |scored| asked.closeness(view, scored.article, evidence)),
        agreement: common / AGREEING as f32,
    }
}

/// The passage of an article that speaks for it: best under the same combination, the first of equals.
pub fn best_passage(view: &LanguageView, article: u32, evidence: &Evidence, scale: &Scale) -> Option<u32> {
    best_among(view.passages_of(article), evidence, scale)
}

/// The best of some passages in the same way.
pub fn best_among(passages: impl IntoIterator<Item = u32>, evidence: &Evidence, scale: &Scale) -> Option<u32> {
    let mut best: Option<(u32, f32)> = None;
    for document in passages {
        let lexical = evidence.passage_lexical[document as usize] / scale.highest_passage;
        let score = scale.fused(lexical, evidence.cosine_of(document));
        if best.is_none_or(|(_, highest)| score > highest) {
            best = Some((document, score));
        }
    }
    best.map(|(document, _)| document)
}

impl Scale {
    fn of(mode: Mode, trust: Trust, signals: Signals, evidence: &Evidence, cosines: Cosines) -> Self {
        let dense_weight = match mode {
            Mode::Lexical => 0.0,
            Mode::Dense => 1.0,
            Mode::Hybrid => match trust {
                Trust::Full => weight::of_vectors(&signals),
                Trust::Half => weight::of_vectors(&signals) / 2.0,
            },
        };
        let positive = |highest: f32| if highest > 0.0 { highest } else { 1.0 };
        Self {
            mode,
            signals,
            lexical_weight: 1.0 - dense_weight,
            dense_weight,
            // What identifiers say is left to the words, as by the weight of the vectors.
            late_weight: match mode {
                Mode::Hybrid => (1.0 - signals.identifiers) * late_interaction::SHARE,
                Mode::Lexical | Mode::Dense => 0.0,
            },
            highest_lexical: positive(evidence.highest),
            highest_passage: positive(evidence.highest_passage),
            cosines,
        }
    }

    /// Adds closeness to the scores of the first articles of a sorted list, and sorts them anew. No article behind them can
    /// come to stand before one of them, since nothing is taken away. Vectors alone stay as they are.
    pub fn add_closeness(&self, found: &mut [Scored], asked: &Asked, closeness: impl Fn(u32) -> f32) {
        let unit = match self.mode {
            Mode::Dense => return,
            Mode::Lexical => self.highest_lexical,
            Mode::Hybrid => 1.0,
        };
        let candidates = asked.pairs.as_ref().map_or(0, Pairs::candidates);
        raise(found, candidates, |article| unit * asked.share_of_closeness() * closeness(article));
    }

    /// The same with late interaction.
    pub fn add_late_interaction(&self, found: &mut [Scored], likeness: impl Fn(u32) -> f32) {
        raise(found, late_interaction::CANDIDATES, |article| self.late_weight * likeness(article));
    }

    /// An article's two shares, each in 0..=1: of the highest score by words, and of the range of cosines.
    pub fn shares(&self, evidence: &Evidence, article: u32) -> (f32, f32) {
        let article = article as usize;
        (evidence.lexical[article] / self.highest_lexical, self.cosines.share(evidence.cosine[article]))
    }

    /// Combines a lexical score in 0..=1 with a cosine.
    fn fused(&self, lexical: f32, cosine: f32) -> f32 {
        self.lexical_weight * lexical + self.dense_weight * self.cosines.share(cosine)
    }
}

impl Cosines {
    fn of(evidence: &Evidence, pools: &Pools) -> Self {
        let pooled = pools.iter().flatten();
        let cosines = || {
            pooled.clone().map(|scored| evidence.cosine[scored.article as usize]).filter(|cosine| *cosine > f32::MIN)
        };
        Self { lowest: cosines().fold(1.0, f32::min), highest: cosines().fold(-1.0, f32::max) }
    }

    /// Share of the range that a cosine has, 0..=1.
    fn share(&self, cosine: f32) -> f32 {
        let range = self.highest - self.lowest;
        if range > 0.0 {
            ((cosine - self.lowest) / range).clamp(0.0, 1.0)
        } else {
            f32::from(u8::from(cosine >= self.highest))
        }
    }
}

/// Raises the scores of the first few of a sorted list, each by what is not below 0, and sorts them anew.
fn raise(found: &mut [Scored], few: usize, by: impl Fn(u32) -> f32) {
    let few = few.min(found.len());
    found[..few].iter_mut().for_each(|scored| scored.score += by(scored.article));
    found[..few].sort_unstable_by(best_first);
}

/// Brings the best few to the front, in their order; the rest stays in none.
pub fn sort_first(scored: &mut [Scored], few: usize) {
    if scored.len() > few {
        scored.select_nth_unstable_by(few, best_first);
    }
    let few = few.min(scored.len());
    scored[..few].sort_unstable_by(best_first);
}

/// The best few of the articles whose score, by article, is above `nothing`, in no order. `admitted`: the stable number of an
/// article, `None` for one that is left out.
pub fn best(scores: &[f32], nothing: f32, few: usize, admitted: impl Fn(u32) -> Option<u64>) -> Vec<Scored> {
    let nothing = nothing.next_up();
    let likely = likely_bar(scores, few).max(nothing);
    let found = best_from(likely, scores, few, &admitted);
    if found.len() < few && likely > nothing { best_from(nothing, scores, few, admitted) } else { found }
}

/// A score that a few more than the wanted few reach most of the time, by one of many. Only what is found, and not what the best are,
/// depends on it.
fn likely_bar(scores: &[f32], few: usize) -> f32 {
    /// One in so many is looked at.
    const LOOKED_AT: usize = 16;
    let wanted = few / LOOKED_AT;
    let wanted = wanted + 3 * wanted.isqrt() + 1;
    let mut some: Vec<f32> = scores.iter().step_by(LOOKED_AT).copied().collect();
    if some.len() <= wanted {
        return NOTHING;
    }
    *some.select_nth_unstable_by(wanted, |a, b| b.total_cmp(a)).1
}

/// The best few of those whose score reaches the bar, which rises as they are found.
fn best_from(mut bar: f32, scores: &[f32], few: usize, admitted: impl Fn(u32) -> Option<u64>) -> Vec<Scored> {
    let mut best = Vec::with_capacity(2 * few + BLOCK);
    for (first, scores) in (0..).step_by(BLOCK).zip(scores.chunks(BLOCK)) {
        // Most blocks fall here, all scores at once, when the first have set the bar.
        if !scores.iter().fold(false, |any, score| any | (*score >= bar)) {
            continue;
        }
        for (article, score) in (first..).zip(scores.iter().copied()).filter(|(_, score)| *score >= bar) {
            best.extend(admitted(article).map(|id| Scored { article, id, score }));
        }
        if best.len() >= 2 * few {
            best = best_of(best, few);
            bar = best.iter().map(|scored| scored.score).min_by(f32::total_cmp).unwrap_or(bar);
        }
    }
    best_of(best, few)
}

/// The best few, in no order.
fn best_of(mut scored: Vec<Scored>, few: usize) -> Vec<Scored> {
    if scored.len() > few {
        scored.select_nth_unstable_by(few, best_first);
        scored.truncate(few);
    }
    scored
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_fused_score_lies_between_0_and_1_and_rises_with_each_part(
            (low, high) in (-1.0f32..1.0, -1.0f32..1.0).prop_map(|(a, b)| (a.min(b), a.max(b))),
            dense_weight in 0.0f32..=1.0, lexical in 0.0f32..=1.0, more_lexical in 0.0f32..=1.0,
            cosine in -1.0f32..1.0, more_cosine in -1.0f32..1.0,
        ) {
            let scale = Scale {
                mode: Mode::Hybrid,
                signals: Signals::default(),
                lexical_weight: 1.0 - dense_weight,
                dense_weight,
                late_weight: 0.0,
                highest_lexical: 1.0,
                highest_passage: 1.0,
                cosines: Cosines { lowest: low, highest: high },
            };
            let fused = scale.fused(lexical, cosine);
            prop_assert!((0.0..=1.0 + 1e-6).contains(&fused));
            prop_assert!(scale.fused(lexical.max(more_lexical), cosine) >= fused);
            prop_assert!(scale.fused(lexical, cosine.max(more_cosine)) >= fused);
            prop_assert!(scale.fused(lexical, f32::MIN) <= fused, "no vector is no help");
        }
    }

    proptest! {
        #[test]
        fn the_best_few_are_those_that_come_first_when_all_are_sorted(
            drawn in prop::collection::vec(
                (prop::sample::select(vec![-1.0, -0.0, 0.0, 0.5, 1.0, 2.0, NOTHING]), prop::option::weighted(0.9, 0..1000u64)),
                0..12 * BLOCK,
            ),
            few in 0..40usize,
        ) {
            let scores: Vec<f32> = drawn.iter().map(|(score, _)| *score).collect();
            let admitted = |article: u32| drawn[article as usize].1;
            for nothing in [NOTHING, NO_WORD] {
                let scored = (0..).zip(&scores).filter(|(_, score)| **score > nothing);
                let scored = scored.filter_map(|(article, score)| Some(Scored { article, id: admitted(article)?, score: *score }));
                let mut sorted: Vec<_> = scored.collect();
                sorted.sort_by(best_first);
                sorted.truncate(few);
                let mut found = best(&scores, nothing, few, admitted);
                found.sort_by(best_first);
                let order = |found: &[Scored]| found.iter().map(|scored| (scored.score, scored.id)).collect::<Vec<_>>();
                prop_assert_eq!(order(&found), order(&sorted));
            }
        }
    }

    #[test]
    fn the_order_is_by_score_then_by_id_and_the_cut_follows_it() {
        let (scores, ids) = ([1.0, 1.0, 2.0, 1.0], [3, 1, 2, 4]);
        let mut few = best(&scores, NOTHING, 2, |article| Some(ids[article as usize]));
        few.sort_by(best_first);
        assert_eq!(few.iter().map(|scored| scored.id).collect::<Vec<_>>(), [2, 1]);
    }
}
