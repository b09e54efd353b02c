//! Explanations say what is so, and what they promise is what a save would do.

use super::super::explain::moves::{Move, Rewritten, in_words, moves};
use super::super::explain::{Explanation, Spot, explain};
use super::super::{Query, rank};
use super::shop;
use super::world::{Shelf, along, article, bare, query};
use indexer::library::Rewrite;
use indexer::visible::ReadError;

fn explained(shelf: &Shelf, query: &Query, slug: &str) -> Explanation {
    explain(&shelf.visible_to(&[]), query, None, slug).expect("the index is read").expect("an article")
}

#[test]
fn it_says_where_the_words_stand_and_what_the_one_above_has_more() {
    let shelf = Shelf::of(&shop());
    let card = explained(&shelf, &query("invoice card"), "invoice");
    assert_eq!((card.rank, card.total), (Some(3), 3));
    assert_eq!(card.likeness.words[0].places.iter().copied().collect::<Vec<_>>(), [Spot::Title, Spot::Text]);
    assert!(card.likeness.words[1].places.is_empty());
    assert_eq!(card.missing, ["card"]);
    let said = card.sentences.join(" ");
    assert!(said.contains("“Download an invoice” stands at 3 of 3"), "{said}");
    assert!(said.contains("“invoice” in its title, text") && said.contains("It lacks “card”"), "{said}");
    assert!(said.contains("“Gift cards” stands above it: it has “card” in its title"), "{said}");
    let weights: f32 = card.likeness.words.iter().map(|word| word.weight).sum();
    assert!((weights - 1.0).abs() < 1e-5);
}

#[test]
fn it_says_what_is_not_found_misspelt_unknown_pinned_or_a_synonym() {
    let shelf = Shelf::of(&shop());
    shelf.steer("- from: [tab]\n  to: [invoice]\n", "- query: gift\n  articles: [contact]\n");
    let said = |text: &str, slug: &str| explained(&shelf, &query(text), slug).sentences.join(" ");
    assert!(said("parcel", "gift").contains("is not among the 2 articles found"), "{}", said("parcel", "gift"));
    assert!(said("invioce", "invoice").contains("“invioce” (read as “invoice”)"), "{}", said("invioce", "invoice"));
    assert!(said("card zugzwang", "card").contains("No article that this viewer may see has “zugzwang”"));
    assert!(said("tab", "invoice").contains("a synonym of “tab” in its title"), "{}", said("tab", "invoice"));
    assert!(said("gift", "contact").contains("because editors pinned it"), "{}", said("gift", "contact"));
    let gift = said("gift", "gift");
    assert!(
        gift.contains("after one pinned article") && gift.contains("“Contact us” stands above it because"),
        "{gift}"
    );
    assert!(explain(&shelf.visible_to(&[]), &query("gift"), None, "absent").expect("read").is_none());
}

/// What the tries say of an article, and whether a save of each would give the very same.
fn proven(articles: &[indexer::article::Article], text: &str, slug: &str) -> Vec<Move> {
    let shelf = Shelf::of(articles);
    let question = query(text);
    let explanation = explained(&shelf, &question, slug);
    let path = format!("{slug}.md");
    let tried = moves::<ReadError>(&explanation, &question, None, |rewrite| {
        Ok(Some(Rewritten { index: shelf.rewritten(&path, rewrite), slug: slug.to_owned() }))
    });
    let tried = tried.expect("tries");
    for one in &tried {
        let saved = Shelf::of(articles);
        let mut changed = articles.iter().find(|article| article.head.path == path).expect("the article").clone();
        match &one.heading {
            None => changed.head.title = format!("{} {}", changed.head.title, one.word),
            Some(heading) => {
                for section in changed.sections.iter_mut().filter(|section| section.trail.last() == Some(heading)) {
                    *section.trail.last_mut().expect("a heading") = format!("{heading} {}", one.word);
                }
            }
        }
        saved.put(vec![bare(&changed)], None);
        let ranked = rank(&saved.visible_to(&[]), &question, None).expect("a ranking");
        let place = ranked.iter().position(|(found, _)| found == slug).map(|place| place + 1);
        assert_eq!(place, one.after, "{one:?}");
    }
    tried
}

#[test]
fn what_a_word_in_a_heading_would_do_is_what_saving_it_does() {
    let articles = [
        article(
            "pay.md",
            "Settle what is owed",
            "## By bank\n\nSend the money to our account.\n\n## In cash\n\nCome by.",
        ),
        article("bank.md", "Our bank", "The bank is closed on Sundays."),
        article("dates.md", "Dates", "An invoice is sent monthly."),
        article("room.md", "Rooms", "Nothing of the kind."),
    ];
    let tried = proven(&articles, "invoice bank", "pay");
    assert!(tried[0].helps() && tried[0].word == "invoice", "{tried:?}");
    assert!(tried.iter().any(|tried| tried.heading.as_deref() == Some("By bank")), "{tried:?}");
    let said = in_words(&tried).expect("words");
    assert!(said.contains("“invoice” in") && said.contains("would move it from"), "{said}");

    let mut led = articles;
    led[0] = article("pay.md", "Settle what is owed", "The bank takes it.\n\n## In cash\n\nCome by.");
    let tried = proven(&led, "invoice bank", "pay");
    let tells = tried.iter().any(|tried| tried.heading.as_deref() == Some("In cash"));
    assert!(tells, "where the text before the first heading answers best: {tried:?}");
}

#[test]
fn an_article_that_is_not_found_may_be_by_one_word_and_the_first_needs_none() {
    let tried = proven(&shop(), "zugzwang", "gift");
    assert_eq!((tried[0].before, tried[0].after), (None, Some(1)), "{tried:?}");
    assert!(in_words(&tried).expect("words").contains("from not found to 1"));
    assert_eq!(proven(&shop(), "gift cards", "gift"), []);
}

#[test]
fn a_try_changes_nothing_that_is_served_and_embeds_what_it_changes() {
    let shelf = Shelf::with_vectors(&shop());
    let before = shelf.visible_to(&[]).generation().to_owned();
    let index = shelf.rewritten("gift.md", &Rewrite::Title("Gift vouchers".to_owned()));
    assert_eq!(index.model(), shelf.visible_to(&[]).model(), "every passage has a vector");
    let (view, gift) = index.article("gift").expect("the article");
    assert_eq!(view.head(gift).title, "Gift vouchers");
    let mut nearest = Vec::new();
    view.scan_vectors(&along(3), &mut |document, cosine| {
        nearest.extend((cosine > 0.9).then(|| view.head(view.article_of(document)).path.clone()));
    });
    nearest.sort();
    assert_eq!(nearest, ["card.md", "gift.md"], "the changed one along the embedder's axis, all others as they were");
    assert_eq!(shelf.visible_to(&[]).generation(), before);
}
