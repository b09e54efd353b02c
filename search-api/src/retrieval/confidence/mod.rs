//! How sure a list is: the probability that one of its first three answers is right.
//!
//! ```text
//! probability = 1 / (1 + e^−(intercept + Σ weight · signal))
//! ```
//!
//! Intercept and weights are fitted to judged queries by `make calibrate`, which also checks them on collections that the fit did
//! not see; the signals are in [`Signals`]. A cosine means something else with every model, so each model has weights of its
//! own, and others for lists whose query has a vector and no tokens. Of a list ranked with vectors of any other model only what its
//! words say is judged: a cosine that nobody has measured adds nothing.

mod fitted;

use super::Confidence;
use super::ranking::{Candidate, Ranked};
use super::signals::{LOOKED_AT, Signals};
use indexer::embedder::ModelDigest;

/// Weights of the signals, by their order.
#[derive(Debug)]
pub struct Calibration {
    /// Model whose vectors they hold for; `None`: for words alone, with [`Signals::BY_WORDS`] weights.
    pub model: Option<ModelDigest>,
    /// From here on a list is weak rather than nothing: few answerable queries fall below.
    pub weak_from: f32,
    /// From here on it is good: few unanswerable queries come so far.
    pub good_from: f32,
    /// Logarithm of the odds where every signal is 0.
    pub intercept: f32,
    /// What a unit of each signal adds to it.
    pub weights: &'static [f32],
}

/// No list is called surer or less sure than this: some hundred lists a collection cannot tell finer.
const LEAST_SURE: f32 = 0.02;
/// See [`LEAST_SURE`].
pub const SUREST: f32 = 0.98;

/// Judges a list by its first answers, those of each language by themselves: the surest counts. `model` is that of the vectors it
/// was ranked by.
pub fn judge(languages: &[Ranked], candidates: &[Candidate], model: Option<ModelDigest>) -> (Confidence, f32) {
    let by_words = found_by_words(languages, candidates);
    // What is grammar in one of the languages is a strange word to the others.
    let has_subject = languages.iter().all(Ranked::has_subject);
    let judged = Signals::of_list(languages, candidates).map(|(language, signals)| {
        let calibration = fitted::of(model, !language.tokens.is_empty());
        // Judged by words alone, what no word found is found by chance.
        if calibration.model.is_none() && !by_words {
            return (Confidence::None, 0.0);
        }
        let probability = calibration.probability(signals.values());
        // No judged collection has a query of function words alone: the best that is said of one is that it found something.
        let probability = if has_subject { probability } else { probability.min(calibration.weak_from) };
        (calibration.level(probability), probability)
    });
    judged.max_by(|(_, a), (_, b)| a.total_cmp(b)).unwrap_or((Confidence::None, 0.0))
}

/// Whether a word of the query stands in one of the first answers.
fn found_by_words(languages: &[Ranked], candidates: &[Candidate]) -> bool {
    let coverage = |candidate: &Candidate| languages[candidate.language].evidence.coverage[candidate.article as usize];
    candidates.iter().take(LOOKED_AT).any(|candidate| coverage(candidate) > 0.0)
}

impl Calibration {
    fn level(&self, probability: f32) -> Confidence {
        match probability {
            sure if sure >= self.good_from => Confidence::Good,
            sure if sure >= self.weak_from => Confidence::Weak,
            _ => Confidence::None,
        }
    }

    fn probability(&self, signals: &[f32]) -> f32 {
        let odds =
            self.intercept + self.weights.iter().zip(signals).map(|(weight, signal)| weight * signal).sum::<f32>();
        (1.0 / (1.0 + (-odds).exp())).clamp(LEAST_SURE, SUREST)
    }
}
