//! How sure a list is: a first, uncalibrated rule from what the best answers cover of the query and how near they are in meaning.
//!
//! The thresholds are round numbers read off a few collections, not probabilities; calibrating them against judged
//! searches is work of its own.

use super::Confidence;

/// What is known of one of the first answers.
#[derive(Clone, Copy, Debug)]
pub struct Grounds {
    /// Share of the query's weight whose words it has, 0..=1.
    pub coverage: f32,
    /// Cosine of its best passage, if vectors were scanned.
    pub cosine: Option<f32>,
}

/// Judges a list by its first answers. `content` says whether the query has a word that is not a function word.
pub fn judge(first: &[Grounds], content: Content) -> Confidence {
    let sure = first.iter().any(|grounds| match grounds.cosine {
        Some(cosine) => (grounds.coverage >= 0.75 && cosine >= 0.45) || cosine >= 0.65,
        None => grounds.coverage >= 0.85,
    });
    let likely =
        first.iter().any(|grounds| grounds.coverage >= 0.4 || grounds.cosine.is_some_and(|cosine| cosine >= 0.35));
    match (content, sure, likely) {
        (Content::Some, true, _) => Confidence::Good,
        (Content::Some, false, true) | (Content::None, true, _) => Confidence::Weak,
        _ => Confidence::None,
    }
}

/// Whether a query says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// At least one word that is not a function word.
    Some,
    /// Function words alone, or nothing.
    None,
}
