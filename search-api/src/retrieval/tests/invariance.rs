//! Answers depend on what a viewer may see and on nothing else: properties over random small shelves.

use super::super::{search, suggest};
use super::world::{Shelf, article, bare, in_language, only_for, query};
use indexer::article::Article;
use indexer::library::Change;
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

const SLUGS: [&str; 4] = ["a", "b", "c", "d"];

fn text(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..=most).prop_map(|words| words.join(" "))
}

/// Title, introduction, heading, text beneath it, whether it is Spanish, role; slug, alias and tag.
type Drawn = (String, String, String, String, bool, usize, (usize, usize, String));

/// Distinct articles in two languages with headings, some of which claim each other's slugs, with the role that each is for when
/// they are spread.
fn articles() -> impl Strategy<Value = Vec<(Article, usize)>> {
    let one =
        (text(3), text(20), text(2), text(20), prop::bool::weighted(0.2), 0..3usize, (0..4usize, 0..4usize, text(2)));
    prop::collection::vec(one, 1..8).prop_map(|drawn| {
        let build = |(place, (title, intro, heading, body, spanish, role, (slug, alias, tag))): (usize, Drawn)| {
            let markdown = format!("{intro}\n\n## About {heading}\n\n{body}");
            let mut article = article(&format!("a{place}.md"), &format!("T{place} {title}"), &markdown);
            article.head.slug = SLUGS[slug].into();
            article.head.aliases = vec![SLUGS[alias].into()];
            article.head.tags = vec![tag.clone()];
            article.head.synonyms = vec![tag];
            (if spanish { in_language("es", article) } else { article }, role)
        };
        drawn.into_iter().enumerate().map(build).collect()
    })
}

/// All that these queries bring forth, as text.
fn everything(index: &VisibleIndex) -> String {
    let answers = QUERIES.iter().map(|text| format!("{:?}\n", search(index, &query(text), None).expect("answers")));
    let suggestions = QUERIES.iter().map(|text| format!("{:?}\n", suggest(index, text, None, 8).expect("suggestions")));
    let fetched = SLUGS.iter().map(|slug| {
        let found = index.article(slug).map(|(view, article)| (&view.head(article).path, index.slug(view, article)));
        format!("{slug}: {found:?}\n")
    });
    let languages = index.languages().iter().map(|view| view.language().as_str().to_owned());
    let generation = std::iter::once(index.generation().to_owned());
    answers.chain(suggestions).chain(fetched).chain(languages).chain(generation).collect()
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
        let (alone, among) = (Shelf::of(&visible), Shelf::of(&all));
        prop_assert_eq!(everything(&alone.visible_to(&[])), everything(&among.visible_to(&[])));
        // Every other hidden article goes, the rest say something else.
        let unseen = all.iter().enumerate().filter(|(place, _)| !seen.contains(place));
        let later = unseen.map(|(place, old)| match place % 2 {
            0 => Change::Remove(old.head.path.clone()),
            _ => bare(&only_for("agent", article(&old.head.path, "Invoice invoice", "The card and the refund."))),
        });
        among.put(later.collect(), None);
        prop_assert_eq!(everything(&alone.visible_to(&[])), everything(&among.visible_to(&[])));
    }
}
