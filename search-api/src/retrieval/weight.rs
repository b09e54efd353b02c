//! How much the vectors count in a hybrid ranking: a logistic function of what the query and its two lists look like.
//!
//! ```text
//! weight  = 1 − at_home · (1 − (1 − identifiers) · (LEAST + (MOST − LEAST) / (1 + exp(−(constant + Σ coefficient · signal)))))
//! at_home = min(1, 2 · known), in doubt times `doubted`
//! ```
//!
//! The coefficients come from judged collections (`scripts/fit_weight.py`, which also shows what they are worth on a collection
//! that the fit did not see). Read them so: vectors count more in long questions, where words are unknown to the articles, and
//! where both lists agree; less where the best article by words has the query's words next to each other. What a query says by
//! identifiers (`E4224`, `max_retries`) is not theirs at all: a sentence embedding knows next to nothing of them, and who types
//! one wants the article that has it. Where less than half of the query's weight lies on known words, or its function words
//! are another language's, it is most likely of another language than the articles, and what its words say counts the less, down to
//! nothing. Where no function word or letter says that it is of theirs, they count the less, down to a half, the farther in meaning
//! the article is that they find first: words of an English title that German articles borrow find by chance what it is not about.

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Signals {
    /// How far the query's words are those of the articles' language, 0..=1.
    pub at_home: f32,
    /// Share of the query's weight that known identifiers have, 0..=1.
    pub identifiers: f32,
    /// Share of its content words that no visible article has, 0..=1.
    pub unknown: f32,
    /// ln(1 + its content words).
    pub words: f32,
    /// Closeness of the first article by words, 0..=1.
    pub closeness: f32,
    /// Share of the first five by words that are also among the first five by vectors, 0..=1.
    pub agreement: f32,
}

const CONSTANT: f32 = -0.16;
const UNKNOWN: f32 = 7.63;
const WORDS: f32 = 0.21;
const CLOSENESS: f32 = -1.39;
const AGREEMENT: f32 = 0.76;
/// The weight's range where all words are known: neither half is ever left out.
const LEAST: f32 = 0.2;
const MOST: f32 = 0.9;

/// Weight of the vectors, 0..=1; that of the words is the rest of 1.
pub fn of_vectors(signals: &Signals) -> f32 {
    let sum = CONSTANT
        + UNKNOWN * signals.unknown
        + WORDS * signals.words
        + CLOSENESS * signals.closeness
        + AGREEMENT * signals.agreement;
    let fitted = LEAST + (MOST - LEAST) / (1.0 + (-sum).exp());
    1.0 - signals.at_home * (1.0 - (1.0 - signals.identifiers) * fitted)
}

/// How far a query's words are those of the articles' language, by the share of its weight that known words have.
pub fn at_home(known: f32) -> f32 {
    (2.0 * known).min(1.0)
}

/// How much of that remains where nothing says that the query is of the articles' language, by the share of the cosines' range that the
/// first article by words has. Identifiers are of no language: what they say remains.
///
/// With multilingual-e5-small the nDCG@10 of English titles that look for German pages becomes 0.689 instead of 0.675, of ones that
/// look for French pages 0.603 instead of 0.592; of German, English and French queries in the articles' language it falls by 0.0008 at
/// most. A least of 0, 0.35 or 0.6 gives the same within 0.002.
pub fn doubted(nearness: f32, identifiers: f32) -> f32 {
    /// From here on what words find first is taken for what is meant.
    const NEAR: f32 = 0.7;
    const DOUBTED: f32 = 0.5;
    let remains = (nearness / NEAR).clamp(DOUBTED, 1.0);
    remains + (1.0 - remains) * identifiers
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn all_known_neither_half_is_left_out_but_vectors_for_identifiers(
            identifiers in 0.0f32..=1.0, unknown in 0.0f32..=1.0, words in 0.0f32..5.0, closeness in 0.0f32..=1.0,
            agreement in 0.0f32..=1.0,
        ) {
            let weight = of_vectors(&Signals { at_home: 1.0, identifiers, unknown, words, closeness, agreement });
            let left = 1.0 - identifiers;
            prop_assert!((LEAST * left - 1e-6..=MOST * left + 1e-6).contains(&weight), "{weight}");
        }

        #[test]
        fn the_less_is_known_the_more_vectors_count(known in 0.0f32..=1.0, less in 0.0f32..=1.0) {
            let weight = |known| of_vectors(&Signals { at_home: at_home(known), words: 1.0, ..Signals::default() });
            prop_assert!(weight(known * less) >= weight(known));
            prop_assert_eq!(weight(0.0), 1.0);
        }

        #[test]
        fn in_doubt_words_count_the_less_the_farther_their_first_article_is_but_never_nothing(
            near in 0.0f32..=1.0, less in 0.0f32..=1.0,
        ) {
            prop_assert!(doubted(near * less, 0.0) <= doubted(near, 0.0));
            prop_assert!((0.5..=1.0).contains(&doubted(near, 0.0)));
            prop_assert_eq!(doubted(1.0, 0.0), 1.0);
            prop_assert_eq!(doubted(near, 1.0), 1.0, "who types an identifier wants the article that has it");
        }
    }
}
