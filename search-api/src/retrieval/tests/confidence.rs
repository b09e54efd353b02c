//! How sure a list is depends on the query, its first answers and what is visible, and on nothing else.

use super::super::{Confidence, Query, Signals, search, signals};
use super::shop;
use super::world::{Shelf, along, article, language, query};
use indexer::article::Article;
use indexer::language::KnownLanguages;
use proptest::prelude::*;

/// Articles of two kinds over a few words, so that filters cut lists everywhere.
fn mixed() -> impl Strategy<Value = Vec<Article>> {
    let words = prop::collection::vec(prop::sample::select(vec!["invoice", "card", "refund", "plan", "the"]), 1..12);
    prop::collection::vec((words, prop::bool::ANY), 4..12).prop_map(|drawn| {
        let build = |(place, (words, guide)): (usize, (Vec<&str>, bool))| {
            let mut article = article(&format!("a{place}.md"), words[0], &words.join(" "));
            article.head.kind = if guide { "guide" } else { "note" }.into();
            article
        };
        drawn.into_iter().enumerate().map(build).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_list_is_as_sure_on_every_page_and_under_every_filter_that_keeps_its_first_answers(
        articles in mixed(), asked in prop::sample::select(vec!["invoice card", "refund the plan", "crad", "plan zugzwang"]),
        axis in 0..12usize, offset in 0..4usize, limit in 1..4usize,
    ) {
        let codes: Vec<_> = (0..articles.len()).map(|place| [(1_u128 << (8 * place)) - 1]).collect();
        let said = codes.iter().map(|codes| &codes[..]);
        let (by_axis, by_codes) =
            (Shelf::with_vectors(&articles), Shelf::with_codes(&articles.iter().cloned().zip(said).collect::<Vec<_>>()));
        let tokens = vec![codes[axis % codes.len()][0]];
        for (shelf, vector, tokens) in
            [(&by_axis, None, vec![]), (&by_axis, Some(along(axis)), vec![]), (&by_codes, Some(along(0)), tokens)]
        {
            let index = shelf.visible_to(&[]);
            let vector = vector.as_deref();
            let query = |text| Query { tokens: tokens.clone().into(), ..query(text) };
            let whole = search(&index, &query(asked), vector).expect("answers");
            let page = search(&index, &Query { limit, offset, ..query(asked) }, vector).expect("answers");
            prop_assert_eq!((page.confidence, page.probability), (whole.confidence, whole.probability));
            for kind in ["guide", "note"] {
                let filters = [("kind".to_owned(), vec![kind.to_owned()])].into();
                let filtered = Query { filters, ..query(asked) };
                let found = search(&index, &filtered, vector).expect("answers");
                let first = |answers: &[super::super::Answer]| {
                    answers.iter().take(3).map(|answer| answer.slug.clone()).collect::<Vec<_>>()
                };
                if first(&found.answers) == first(&whole.answers) {
                    prop_assert_eq!((found.confidence, found.probability), (whole.confidence, whole.probability));
                    let of = |query: &Query| signals(&index, query, vector).expect("signals");
                    prop_assert_eq!(of(&filtered), of(&query(asked)), "the signals of vectors as well");
                }
            }
        }
    }
}

#[test]
fn a_misspelt_question_that_finds_its_article_is_not_called_nothing() {
    let found = Shelf::of(&shop()).search("how do i downlod an invioce");
    assert_eq!(found.answers[0].slug, "invoice");
    assert_ne!(found.confidence, Confidence::None, "{}", found.probability);
}

#[test]
fn a_list_whose_right_article_is_gone_is_less_sure_by_words_and_by_vectors() {
    let all = shop();
    for vector in [None, Some(along(0))] {
        let sure = |shelf: &Shelf| {
            let found =
                search(&shelf.visible_to(&[]), &query("download an invoice"), vector.as_deref()).expect("answers");
            found.probability
        };
        let shelf = Shelf::with_vectors(&all);
        let whole = sure(&shelf);
        shelf.deny(&all[0].head.path);
        assert!(sure(&shelf) < whole, "{} {whole}", sure(&shelf));
    }
}

#[test]
fn what_the_first_answer_says_of_what_is_asked_is_among_the_signals_and_gone_where_no_tokens_are() {
    const ASKED: u128 = 0x0123_4567_89AB_CDEF_FEDC_BA98_7654_3210;
    const LIKE_IT: u128 = ASKED ^ (u128::MAX >> 96);
    let first = (article("a.md", "Download an invoice", "How."), &[ASKED][..]);
    let others = ["Change a card", "Close an account", "Track a parcel"];
    let others = others.map(|title| (article(&format!("{title}.md"), title, "How."), &[LIKE_IT][..]));
    let shelf = Shelf::with_codes(&[&[first], &others[..]].concat());
    let index = shelf.visible_to(&[]);
    let of = |tokens: &[u128]| {
        let asked = Query { tokens: tokens.into(), ..query("download an invoice") };
        let signals = signals(&index, &asked, Some(&along(0))).expect("signals").expect("answers");
        signals.values()[signals.values().len() - 2..].to_vec()
    };
    assert_eq!(of(&[ASKED]), [1.0, 0.5]);
    assert_eq!(of(&[ASKED, !ASKED]), [0.0, 0.0], "half of what is asked is the opposite of all that is said");
    assert_eq!(of(&[]), [0.0, 0.0]);
}

#[test]
fn a_question_is_known_to_be_of_another_language_by_words_that_no_article_has_and_by_its_function_words() {
    let shelf = Shelf::with_vectors(&shop());
    let abroad = |text, model_knows: &KnownLanguages| {
        let asked = Query { model_knows: model_knows.clone(), ..query(text) };
        let signals = signals(&shelf.visible_to(&[]), &asked, Some(&along(0))).expect("signals").expect("answers");
        let named = Signals::NAMES.iter().zip(signals.values()).find(|(name, _)| **name == "abroad");
        *named.expect("the signal").1
    };
    let (all, english) = (KnownLanguages::All, KnownLanguages::Only([language("en")].into()));
    for model_knows in [&all, &english] {
        assert_eq!(abroad("rechnung herunterladen", model_knows), 1.0);
        assert_eq!(abroad("download an invoice", model_knows), 0.0);
    }
    let mixed = |model_knows| abroad("wie geht download invoice", model_knows);
    assert!(mixed(&all) > mixed(&english), "{} {}", mixed(&all), mixed(&english));
}

#[test]
fn an_article_among_its_likes_is_less_sure_than_one_that_stands_alone() {
    let alone = shop();
    let likes = ["Download an invoice again", "Download an invoice twice", "Download an invoice here"];
    let likes = likes.map(|title| article(&format!("{title}.md"), title, "Download the invoice."));
    let among = [alone.clone(), likes.to_vec()].concat();
    let sure = |articles: &[Article]| Shelf::of(articles).search("download invoice").probability;
    assert!(sure(&among) < sure(&alone), "{} {}", sure(&among), sure(&alone));
}

#[test]
fn a_filter_that_takes_the_right_answer_away_takes_the_confidence_with_it() {
    let mut articles = shop();
    articles[0].head.kind = "guide".into();
    let shelf = Shelf::of(&articles);
    let index = shelf.visible_to(&[]);
    let asked = query("download an invoice");
    let filters = [("kind".to_owned(), vec![articles[1].head.kind.clone()])].into();
    let whole = search(&index, &asked, None).expect("answers");
    let without = search(&index, &Query { filters, ..asked }, None).expect("answers");
    assert!(without.probability < whole.probability, "{} {}", without.probability, whole.probability);
}

#[test]
fn a_list_ranked_by_a_model_that_nobody_has_measured_is_judged_by_its_words() {
    let shelf = Shelf::with_vectors(&shop());
    let index = shelf.visible_to(&[]);
    let by_meaning = search(&index, &query("zugzwang"), Some(&along(4))).expect("answers");
    assert_eq!((by_meaning.answers[0].slug.as_str(), by_meaning.confidence), ("track", Confidence::None));
    let by_both = search(&index, &query("track a parcel"), Some(&along(4))).expect("answers");
    assert_eq!(by_both.confidence, Confidence::Good);
}
