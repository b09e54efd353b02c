//! Answers depend on what a viewer may see and on nothing else: properties over random small shelves.

use super::super::{search, suggest};
use super::world::{Shelf, article, bare, in_language, only_for, query};
use indexer::article::Article;
use indexer::visible::VisibleIndex;
use proptest::prelude::*;
use proptest::sample::subsequence;

const WORDS: [&str; 14] = [
    "invoice",
    "invoices",
    "voice",
    "card",
    "cart",
    "refund",
    "login",
    "token",
    "tokens",
    "plan",
    "the",
    "how",
    "Zürich",
    "user_name",
];
const QUERIES: [&str; 10] = [
    "invoice",
    "the refund",
    "how card",
    "tokne plan",
    "zurich",
    "invoi",
    "username login",
    "cart card token plan voice",
    "refnd",
    "",
];

fn text(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..=most).prop_map(|words| words.join(" "))
}

/// Distinct articles in two languages with headings, with the role that each is for when they are spread.
fn articles() -> impl Strategy<Value = Vec<(Article, usize)>> {
    let one = (text(3), text(20), text(2), text(20), prop::bool::weighted(0.2), 0..3usize);
    prop::collection::vec(one, 1..8).prop_map(|drawn| {
        let build = |(place, (title, intro, heading, body, spanish, role)): (
            usize,
            (String, String, String, String, bool, usize),
        )| {
            let markdown = format!("{intro}\n\n## About {heading}\n\n{body}");
            let article = article(&format!("a{place}.md"), &format!("T{place} {title}"), &markdown);
            (if spanish { in_language("es", article) } else { article }, role)
        };
        drawn.into_iter().enumerate().map(build).collect()
    })
}

/// All that these queries bring forth, as text.
fn everything(index: &VisibleIndex) -> String {
    let answers = QUERIES.iter().map(|text| format!("{:?}\n", search(index, &query(text), None).expect("answers")));
    let suggestions = QUERIES.iter().map(|text| format!("{:?}\n", suggest(index, text, None, 8).expect("suggestions")));
    answers.chain(suggestions).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn answers_are_equal_in_whatever_order_and_partitions_articles_are_stored(articles in articles(), seed in 0..1000usize) {
        let plain: Vec<Article> = articles.iter().map(|(article, _)| article.clone()).collect();
        let together = Shelf::of(&plain);
        let spread = Shelf::empty();
        let mut order: Vec<usize> = (0..articles.len()).collect();
        order.rotate_left(seed % articles.len());
        order.reverse();
        for place in order {
            let (article, role) = &articles[place];
            let article = match role {
                0 => article.clone(),
                1 => only_for("one", article.clone()),
                _ => only_for("two", article.clone()),
            };
            spread.put(vec![bare(&article)], None);
        }
        prop_assert_eq!(everything(&together.visible_to(&[])), everything(&spread.visible_to(&["one", "two"])));
    }

    #[test]
    fn articles_that_a_viewer_may_not_see_change_nothing(
        (articles, seen) in articles().prop_flat_map(|articles| {
            let places: Vec<usize> = (0..articles.len()).collect();
            let seen = subsequence(places, 0..=articles.len());
            (Just(articles), seen)
        })
    ) {
        let visible: Vec<Article> = seen.iter().map(|place| articles[*place].0.clone()).collect();
        let hidden = |(place, (article, _)): (usize, &(Article, usize))| {
            if seen.contains(&place) { article.clone() } else { only_for("agent", article.clone()) }
        };
        let all: Vec<Article> = articles.iter().enumerate().map(hidden).collect();
        prop_assert_eq!(everything(&Shelf::of(&visible).visible_to(&[])), everything(&Shelf::of(&all).visible_to(&[])));
    }
}
