//! Late interaction: how near the query's tokens come to those of an article's best passage, each in its context.
//!
//! One vector says what a passage is about on the whole. Here each token of the query looks for the token of the passage that
//! means most nearly the same (Khattab, Zaharia: ColBERT, 2020), by their codes ([`indexer::token_codes`]): what is asked must be
//! said there, word by word, though in other words. No model is run for it: the codes come from the pass that made the vectors.

use super::evidence::Evidence;
use super::fusion::{NOTHING, Scale, best_passage};
use indexer::token_codes;
use indexer::visible::LanguageView;

/// What likeness 1 adds to a score. Mean nDCG@10 of seven English collections at 0, 0.5, 1, 1.5, 2, 3: 0.836, 0.842, 0.844, 0.844,
/// 0.844, 0.844; with whole vectors in place of codes 0.845 at best.
pub const SHARE: f32 = 1.0;
/// Articles of which the likeness is looked at.
pub const CANDIDATES: usize = 20;

/// Likeness of a query's tokens to an article's best passage, 0..=1; 0 where either has no codes.
pub fn likeness(query: &[u128], view: &LanguageView, article: u32, evidence: &Evidence, scale: &Scale) -> f32 {
    let passage = best_passage(view, article, evidence, scale);
    // Codes belong to the model of the vector that stands beside them.
    let passage = passage.filter(|passage| evidence.cosine_of(*passage) > NOTHING);
    let likeness = passage.and_then(|passage| token_codes::likeness(query, view.token_codes(passage)));
    likeness.unwrap_or(0.0).max(0.0)
}

#[cfg(test)]
mod tests {
    use crate::retrieval::explain::explain;
    use crate::retrieval::tests::world::{Shelf, along, article, language, titles};
    use crate::retrieval::{Mode, Query, search};
    use indexer::language::KnownLanguages;

    /// Signs that have nothing in common but by chance.
    const CANCEL: u128 = 0x0123_4567_89AB_CDEF_FEDC_BA98_7654_3210;
    const ORDER: u128 = !CANCEL ^ (u128::MAX >> 64);

    #[test]
    fn of_articles_with_the_same_words_and_vectors_the_one_that_says_what_is_asked_comes_first() {
        let shelf = Shelf::with_codes(&[
            (article("a.md", "Cancel an order", "How."), &[ORDER]),
            (article("b.md", "Cancel an order again", "How."), &[ORDER, CANCEL]),
        ]);
        let index = shelf.visible_to(&[]);
        let asked =
            Query { text: "cancel order".into(), tokens: [CANCEL, ORDER].into(), limit: 10, ..Query::default() };
        let first =
            |query: &Query, vector: Option<&[i8]>| titles(&search(&index, query, vector).expect("answers"))[0].clone();
        let vector = along(0);
        assert_eq!(first(&asked, Some(&vector)), "Cancel an order again");
        for (what, other) in [
            ("no codes", Query { tokens: [].into(), ..asked.clone() }),
            ("by words", Query { mode: Mode::Lexical, ..asked.clone() }),
            (
                "a language that the model does not know",
                Query { model_knows: KnownLanguages::Only([language("fr")].into()), ..asked.clone() },
            ),
        ] {
            let without = Query { tokens: [].into(), ..other.clone() };
            let scores = |query: &Query| {
                let found = search(&index, query, Some(&vector)).expect("answers");
                found.answers.into_iter().map(|answer| (answer.slug, answer.score)).collect::<Vec<_>>()
            };
            assert_eq!(scores(&other), scores(&without), "{what}");
        }
        assert_eq!(first(&asked, None), "Cancel an order", "without a vector codes say nothing");

        let explained = |slug| explain(&index, &asked, Some(&vector), slug).expect("a read").expect("it is visible");
        assert_eq!(explained("b").likeness.late_interaction, Some(1.0));
        let second = explained("a").sentences.join(" ");
        assert!(second.contains("more nearly, word by word, what is asked"), "{second}");
    }
}
