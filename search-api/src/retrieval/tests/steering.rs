//! What synonyms and pins do to answers, and that they do nothing for those whom they are not for.

use super::super::{Boosts, Confidence, Query, search, suggest};
use super::shop;
use super::world::{Shelf, article, only_for, query, titles};
use indexer::portal::Boost;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

fn steered(synonyms: &str, pins: &str) -> Shelf {
    let shelf = Shelf::of(&shop());
    shelf.steer(synonyms, pins);
    shelf
}

#[test]
fn a_word_finds_what_its_synonyms_find_and_one_way_is_one_way() {
    let shelf = steered("- words: [bill, invoice]\n- from: [bicycle courier]\n  to: [parcel]\n", "");
    let found = shelf.search("bill");
    assert_eq!(found.answers[0].title, "Download an invoice");
    assert_eq!((found.confidence, found.suggestion), (Confidence::Good, None));
    assert!(found.answers[0].snippet.iter().any(|stretch| stretch.marked && stretch.text == "invoice"), "marked");
    assert_eq!(shelf.titles("bicycle couriers")[0], "Track a parcel", "a phrase, by its stems");
    assert_eq!(shelf.titles("courier"), [""; 0], "part of a phrase is not the phrase");
    let other = Shelf::of(&[article("a.md", "Courier", "x"), article("b.md", "Parcel", "x")]);
    other.steer("- from: [parcel]\n  to: [courier]\n", "");
    assert_eq!(other.titles("courier"), ["Courier"]);
    assert_eq!(other.titles("parcel"), ["Parcel", "Courier"], "the asker's own word comes first");
}

#[test]
fn a_synonym_of_several_words_means_them_together() {
    let shelf = Shelf::of(&[
        article("leave.md", "Paid leave", "Ask for paid leave in time."),
        article("room.md", "Leave the room", "Leave the room tidy."),
        article("bill.md", "What is paid when", "Bills are paid at the end of the month."),
    ]);
    shelf.steer("- words: [PTO, paid leave]\n", "");
    assert_eq!(shelf.titles("pto"), ["Paid leave"]);
    let other = Shelf::of(&[article("pto.md", "PTO", "Ask for it."), article("room.md", "Leave the room", "Tidy.")]);
    other.steer("- words: [PTO, paid leave]\n", "");
    assert_eq!(other.titles("paid leave")[0], "PTO");
}

#[test]
fn a_misspelt_or_unfinished_synonym_is_read_as_one() {
    let shelf = steered("- from: [reimbursement]\n  to: [refund]\n", "");
    let found = shelf.search("reimbursment please");
    assert_eq!(
        (found.answers[0].title.as_str(), found.suggestion.as_deref()),
        ("Get a refund", Some("reimbursement please"))
    );
    assert_eq!(shelf.titles("reimburse")[0], "Get a refund");
    let suggested = suggest(&shelf.visible_to(&[]), "reimb", None, 8).expect("suggestions");
    assert_eq!(suggested.articles[0].1, "Get a refund");
    assert_eq!(suggested.completions[0], "Get a refund");
}

#[test]
fn steering_for_others_changes_nothing() {
    let plain = Shelf::of(&shop());
    let shelf = steered(
        "- words: [bill, invoice]\n  audience: {roles: agent}\n",
        "- query: invoice\n  articles: contact\n  audience: {roles: agent}\n- query: card\n  articles: absent\n",
    );
    for text in ["bill", "invoice", "card", "bil"] {
        assert_eq!(format!("{:?}", shelf.search(text)), format!("{:?}", plain.search(text)), "{text}");
    }
    let agent = |text: &str| titles(&search(&shelf.visible_to(&["agent"]), &query(text), None).expect("answers"));
    assert_eq!(agent("bill")[0], "Download an invoice");
    assert_eq!(agent("invoice")[0], "Contact us");
}

#[test]
fn pinned_articles_come_first_in_the_editors_order_found_or_not() {
    let shelf = steered("", "- query: [invoice]\n  articles: [contact, card]\n");
    let found = shelf.search("Invoice?");
    assert_eq!(titles(&found), ["Contact us", "Pay by card", "Download an invoice"]);
    assert_eq!(
        found.answers.iter().map(|answer| (answer.rank, answer.pinned)).collect::<Vec<_>>(),
        [(1, true), (2, true), (3, false)]
    );
    assert_eq!(found.total, 3);
    assert!(!found.answers[0].text.is_empty(), "it is shown with a passage");
    assert_eq!(shelf.search("invoice please").answers[0].title, "Download an invoice", "not the whole query");
    let nothing = steered("", "- contains: [xyzzy]\n  articles: contact\n").search("please xyzzy");
    assert_eq!((titles(&nothing), nothing.confidence), (vec!["Contact us".to_owned()], Confidence::Good));
}

#[test]
fn a_pin_obeys_filters_and_paging() {
    let mut gift = article("gift.md", "Gift cards", "x");
    gift.head.kind = "faq".to_owned();
    let shelf = Shelf::of(&[gift, article("card.md", "Card", "card"), article("bill.md", "Bill", "card")]);
    shelf.steer("", "- query: card\n  articles: [gift, bill]\n");
    let mut filtered = query("card");
    filtered.filters.insert("kind".to_owned(), vec!["article".to_owned()]);
    let found = search(&shelf.visible_to(&[]), &filtered, None).expect("answers");
    assert_eq!(titles(&found), ["Bill", "Card"]);
    let mut second = query("card");
    (second.offset, second.limit) = (1, 1);
    let found = search(&shelf.visible_to(&[]), &second, None).expect("answers");
    assert_eq!((found.answers[0].title.as_str(), found.answers[0].rank, found.total), ("Bill", 2, 3));
}

#[test]
fn a_pin_to_an_article_that_the_viewer_may_not_see_is_none() {
    let hidden = only_for("agent", article("secret.md", "Secret", "card"));
    let mut all = shop();
    all.push(hidden);
    let (with, without) = (Shelf::of(&all), Shelf::of(&shop()));
    with.steer("", "- query: card\n  articles: secret\n");
    assert_eq!(format!("{:?}", with.search("card")), format!("{:?}", without.search("card")));
    let agent = search(&with.visible_to(&["agent"]), &query("card"), None).expect("answers");
    assert_eq!(agent.answers[0].title, "Secret");
}

/// Titles found for `card` among three articles that answer it equally well, in the order of these boosts.
fn boosted(boosts: Boosts) -> Vec<String> {
    let of = |path: &str, kind: &str, updated_at: i64| {
        let mut article = article(path, &format!("Card {}", &path[..1]), "The card is here.");
        (article.head.kind, article.head.updated_at) = (kind.to_owned(), updated_at);
        article
    };
    let day = 86_400_000;
    let shelf = Shelf::of(&[of("a.md", "faq", 0), of("b.md", "guide", 400 * day), of("c.md", "faq", 300 * day)]);
    titles(&search(&shelf.visible_to(&[]), &Query { boosts, ..query("card") }, None).expect("answers"))
}

#[test]
fn ties_are_broken_by_newness_kind_and_what_helped() {
    let now = 400 * 86_400_000;
    let weights = |recency, helpfulness, kinds: &[(&str, f32)]| Boost {
        kinds: kinds.iter().map(|(kind, factor)| ((*kind).to_owned(), *factor)).collect::<BTreeMap<_, _>>(),
        recency,
        helpfulness,
    };
    let none = boosted(Boosts::default());
    assert_eq!(boosted(Boosts { weights: weights(0.02, 0.0, &[]), now, helped: None }), ["Card b", "Card c", "Card a"]);
    let kinds = boosted(Boosts { weights: weights(0.02, 0.0, &[("guide", 0.9)]), now, helped: None });
    assert_eq!(kinds, ["Card c", "Card a", "Card b"]);
    let helped = Some(Arc::new(HashMap::from([("a".to_owned(), 0.9), ("b".to_owned(), 0.1)])));
    let votes = boosted(Boosts { weights: weights(0.0, 0.05, &[]), now, helped: helped.clone() });
    assert_eq!(votes, ["Card a", "Card c", "Card b"]);
    assert_eq!(boosted(Boosts { weights: weights(0.0, 0.0, &[]), now, helped }), none, "switched off");
}

#[test]
fn a_tie_breaker_does_not_outweigh_the_words() {
    let mut old = article("old.md", "Refund a card", "How to refund a card.");
    let mut new = article("new.md", "Cards", "A refund is paid to the card.");
    (old.head.updated_at, new.head.updated_at) = (0, 86_400_000 * 4000);
    let shelf = Shelf::of(&[old, new]);
    let boosts = Boosts { weights: Boost::default(), now: 86_400_000 * 4000, helped: None };
    let found = search(&shelf.visible_to(&[]), &Query { boosts, ..query("refund a card") }, None).expect("answers");
    assert_eq!(titles(&found)[0], "Refund a card");
}
