//! What a search promises, on indexes built as the server builds them.

mod common_answer;
mod confidence;
mod cost;
mod explained;
mod invariance;
mod languages;
mod second_stage;
mod steering;
mod words;
pub(super) mod world;

use super::{Confidence, Mode, Query, facets, rank, search, suggest};
use indexer::article::Article;
use world::{Shelf, along, article, in_language, language, query, titles};

/// Nine articles of a small shop.
fn shop() -> Vec<Article> {
    vec![
        article(
            "invoice.md",
            "Download an invoice",
            "Open Billing and choose the month. Then download the invoice as a PDF file.",
        ),
        article(
            "refund.md",
            "Get a refund",
            "## When\n\nWithin 30 days of delivery.\n\n## How\n\nPack the goods and ask for a refund on the order's page.",
        ),
        article("password.md", "Reset your password", "Choose *Forgot password* and follow the link in the message."),
        article(
            "card.md",
            "Pay by card",
            "We take every common card. The invoice names the last four digits of the card.",
        ),
        article("track.md", "Track a parcel", "Every parcel has a number. Follow it on the carrier's page."),
        article("error.md", "Error E1042", "The message `E1042` means that the cart is empty."),
        article(
            "address.md",
            "Change your address",
            "Open your account and change the address before the parcel leaves.",
        ),
        article("gift.md", "Gift cards", "A gift card is valid for three years."),
        article("contact.md", "Contact us", "Write to us at any time, or call between 9 and 17 o'clock."),
    ]
}

#[test]
fn the_article_whose_title_was_typed_comes_first_and_is_good() {
    let shelf = Shelf::of(&shop());
    for article in shop() {
        let found = shelf.search(&article.head.title);
        assert_eq!(found.answers[0].title, article.head.title);
        assert_eq!(found.answers[0].slug, article.head.slug);
        if article.head.slug != "contact" {
            assert_eq!(found.confidence, Confidence::Good, "{}", article.head.title);
        }
    }
}

#[test]
fn an_article_that_is_called_by_the_query_comes_before_those_that_have_its_words_often() {
    let often = "Cards, invoices and plans: pay the invoice by card. The card pays the invoice. Invoice, card, plan.";
    let mut articles = vec![article("pay.md", "Pay invoices", "Choose the month.")];
    for number in 0..5 {
        let title = format!("How to pay all kinds of invoices in time, part {number}");
        articles.push(article(&format!("often{number}.md"), &title, &format!("{often} To pay invoices, pay. {often}")));
    }
    let shelf = Shelf::of(&articles);
    assert_eq!(shelf.titles("pay invoices")[0], "Pay invoices");
    assert_eq!(shelf.titles("pay invoces")[0], "Pay invoices", "with a typo too");
}

#[test]
fn an_answer_shows_its_best_passage_with_heading_anchor_and_marked_words() {
    let found = Shelf::of(&shop()).search("ask for a refund");
    let answer = &found.answers[0];
    assert_eq!((answer.slug.as_str(), answer.heading.as_str(), answer.anchor.as_str()), ("refund", "How", "how"));
    let marked: Vec<&str> =
        answer.snippet.iter().filter(|stretch| stretch.marked).map(|stretch| stretch.text.as_str()).collect();
    assert_eq!(marked, ["ask", "refund"]);
}

#[test]
fn a_misspelt_word_is_read_as_the_known_one_and_named_in_the_suggestion() {
    let found = Shelf::of(&shop()).search("downlod invioce");
    assert_eq!(titles(&found)[0], "Download an invoice");
    assert_eq!(found.suggestion.as_deref(), Some("download invoice"));
}

#[test]
fn a_suggestion_finds_what_it_promises_where_a_part_of_a_compound_was_misspelt() {
    let shelf = Shelf::of(&shop());
    for (typed, meant) in [("ourPasswrod", "our password"), ("gift_crad", "gift_card")] {
        let suggestion = shelf.search(typed).suggestion.expect(typed);
        assert_eq!(suggestion, meant);
        assert!(shelf.search(&suggestion).total > 0, "{suggestion}");
    }
}

#[test]
fn a_known_word_is_never_read_as_another_one() {
    let shelf = Shelf::of(&shop());
    let found = shelf.search("cart");
    assert_eq!(titles(&found), ["Error E1042"], "`card` is one edit from `cart`, which is known");
    assert_eq!(found.suggestion, None);
}

#[test]
fn short_words_are_taken_as_typed() {
    let found = Shelf::of(&shop()).search("pdx");
    assert_eq!((found.total, found.suggestion), (0, None));
}

#[test]
fn a_compound_is_found_as_one_word_first_and_by_its_parts_where_it_is_written_apart() {
    let shelf = Shelf::of(&[
        article("apart.md", "Codes", "The first code and the error."),
        article("whole.md", "Labels", "Then error_code is set."),
        article("words.md", "Hosts", "A web-hook is called."),
    ]);
    assert_eq!(shelf.titles("error_code"), ["Labels", "Codes"]);
    assert_eq!(shelf.titles("first-code"), ["Codes", "Labels"], "nobody wrote it as one word");
    assert_eq!(shelf.titles("webhook"), ["Hosts"]);
}

#[test]
fn an_unknown_last_word_may_be_the_beginning_of_known_ones() {
    let shelf = Shelf::of(&shop());
    assert_eq!(shelf.titles("reset passw")[0], "Reset your password");
    assert_eq!(shelf.search("reset passw").suggestion, None);
    assert!(shelf.titles("passw zugzwang").is_empty(), "only the last word is unfinished");
}

#[test]
fn a_word_counts_as_it_stands_before_longer_ones_that_it_begins() {
    let shelf = Shelf::of(&[article("a.md", "Plan", "One plan."), article("b.md", "Planets", "All planets.")]);
    assert_eq!(shelf.titles("plan"), ["Plan"]);
}

#[test]
fn nonsense_finds_nothing_and_says_so() {
    let found = Shelf::of(&shop()).search("xylophone quixotic zugzwang");
    assert_eq!((found.total, found.confidence), (0, Confidence::None));
}

#[test]
fn words_that_carry_no_subject_never_make_a_list_good() {
    let shelf = Shelf::of(&shop());
    assert_ne!(shelf.search("how do I").confidence, Confidence::Good);
    assert_ne!(shelf.search("how do I get the zugzwang").confidence, Confidence::Good);
    let bilingual = Shelf::of(&bilingual());
    for text in ["the", "how do I", "la", "de la"] {
        assert_ne!(bilingual.search(text).confidence, Confidence::Good, "{text:?}, which other languages do not know");
    }
}

#[test]
fn an_empty_query_finds_nothing_by_words() {
    for text in ["", "  ", "?!…", "\u{0}"] {
        let found = Shelf::of(&shop()).search(text);
        assert_eq!((found.total, found.confidence), (0, Confidence::None), "{text:?}");
    }
}

#[test]
fn a_query_far_beyond_the_apis_limit_is_still_answered() {
    let long = "invoice zugzwang card ".repeat(10_000 / 22);
    assert_eq!(Shelf::of(&shop()).titles(&long)[0], "Pay by card");
}

#[test]
fn an_index_without_articles_answers_nothing() {
    let found = Shelf::empty().search("invoice");
    assert_eq!((found.total, found.language.as_str()), (0, "und"));
}

#[test]
fn pages_are_cut_from_one_list() {
    let shelf = Shelf::of(&shop());
    let index = shelf.visible_to(&[]);
    let page = |offset, limit| {
        search(&index, &Query { offset, limit, ..query("card parcel invoice") }, None).expect("answers")
    };
    let whole = page(0, 10);
    assert!(whole.total >= 4);
    let mut paged = Vec::new();
    for offset in 0..whole.total {
        let one = page(offset, 1);
        assert_eq!((one.total, &one.facets, one.confidence), (whole.total, &whole.facets, whole.confidence));
        paged.extend(one.answers.into_iter().map(|answer| (answer.rank, answer.slug)));
    }
    assert_eq!(paged, whole.answers.into_iter().map(|answer| (answer.rank, answer.slug)).collect::<Vec<_>>());
    assert!(page(whole.total, 10).answers.is_empty());
}

#[test]
fn a_filter_is_or_within_a_key_and_and_between_keys() {
    let mut articles = shop();
    for (place, article) in articles.iter_mut().enumerate() {
        article.head.category = vec!["Help".into(), if place % 2 == 0 { "Even" } else { "Odd" }.into()];
        article.head.facets.insert("product".into(), vec![format!("p{}", place % 3)]);
    }
    let shelf = Shelf::of(&articles);
    let index = shelf.visible_to(&[]);
    let total = |filters: &[(&str, &[&str])]| {
        let filters = filters
            .iter()
            .map(|(key, values)| (key.to_string(), values.iter().map(|value| value.to_string()).collect()));
        let query = Query {
            filters: filters.collect(),
            ..query("invoice refund password card parcel cart address gift write")
        };
        search(&index, &query, None).expect("answers").total
    };
    assert_eq!(total(&[]), 9);
    assert_eq!(total(&[("product", &["p0"])]), 3);
    assert_eq!(total(&[("product", &["p0", "p1"])]), 6);
    assert_eq!(total(&[("product", &["p0"]), ("category", &["Help / Even"])]), 2);
    assert_eq!(total(&[("category", &["Help"]), ("language", &["en"])]), 9);
    assert_eq!(total(&[("colour", &["red"])]), 0);
    assert_eq!(total(&[("product", &["p9"])]), 0);
    assert_eq!(total(&[("product", &[])]), 0);
}

#[test]
fn of_a_facet_with_many_values_the_most_frequent_are_counted() {
    let many = (0..2 * facets::MOST_VALUES).map(|place| {
        let mut article = article(&format!("a{place}.md"), "Card", "Text.");
        article.head.tags = vec![format!("t{place:03}"), format!("pair{:03}", place / 2)];
        article
    });
    let tags = &Shelf::of(&many.collect::<Vec<_>>()).search("card").facets["tags"];
    assert_eq!(tags.len(), facets::MOST_VALUES);
    assert!(tags.values().all(|count| *count == 2), "the pairs are more frequent: {tags:?}");
}

#[test]
fn facets_count_the_articles_found() {
    let mut articles = shop();
    articles[0].head.tags = vec!["billing".into(), "billing".into()];
    articles[3].head.tags = vec!["billing".into()];
    let found = Shelf::of(&articles).search("invoice");
    assert_eq!(found.total, 2);
    assert_eq!(found.facets["tags"]["billing"], 2);
    assert_eq!(found.facets["language"]["en"], 2);
}

/// The shop with two Spanish articles.
fn bilingual() -> Vec<Article> {
    let mut articles = shop();
    articles.push(in_language(
        "es",
        article("es/factura.md", "Descargar una factura", "Abra Facturación y descargue el PDF de la factura."),
    ));
    articles.push(in_language("es", article("es/pdf.md", "Abrir un PDF", "Elija un programa para el PDF.")));
    articles
}

#[test]
fn a_query_is_read_in_the_language_whose_articles_know_its_words() {
    let shelf = Shelf::of(&bilingual());
    let found = shelf.search("descargar la factura");
    assert_eq!((found.language.as_str(), titles(&found)[0].as_str()), ("es", "Descargar una factura"));
    assert_eq!(shelf.search("download the invoice").language.as_str(), "en");
    assert_eq!(shelf.search("zugzwang").language.as_str(), "en", "else the language of most articles");
}

#[test]
fn the_viewers_language_comes_first_and_others_after_it() {
    let shelf = Shelf::of(&bilingual());
    let index = shelf.visible_to(&[]);
    let languages = |tag: &str| -> Vec<String> {
        let found = search(&index, &Query { language: Some(language(tag)), ..query("pdf") }, None).expect("answers");
        found.answers.iter().map(|answer| answer.language.as_str().to_owned()).collect()
    };
    assert_eq!(languages("es"), ["es", "es", "en"]);
    assert_eq!(languages("es-mx"), ["es", "es", "en"]);
    assert_eq!(languages("en"), ["en", "es", "es"]);
}

#[test]
fn an_answer_in_another_language_comes_first_where_it_is_nearer_in_meaning_than_all_of_the_viewers() {
    let articles = bilingual();
    let index = Shelf::with_vectors(&articles).visible_to(&[]);
    let spanish = Query { language: Some(language("es")), ..query("pdf") };
    for (axis, expected) in articles.iter().enumerate() {
        let found = search(&index, &spanish, Some(&along(axis))).expect("answers");
        assert_eq!(found.answers[0].title, expected.head.title);
        assert_eq!(found.language.as_str(), "es", "the query is read as before");
        assert_eq!(found.answers[0].language, expected.head.language, "and the answer says what it is");
    }
    let lexical = Query { mode: Mode::Lexical, ..spanish };
    let found = search(&index, &lexical, Some(&along(0))).expect("answers");
    assert_eq!(found.answers[0].language.as_str(), "es", "words say nothing between languages");
}

#[test]
fn vectors_find_what_no_word_finds() {
    let shelf = Shelf::with_vectors(&shop());
    let index = shelf.visible_to(&[]);
    let found = search(&index, &query("zugzwang"), Some(&along(4))).expect("answers");
    assert_eq!((found.mode, titles(&found)[0].as_str()), (Mode::Hybrid, "Track a parcel"));
    let lexical =
        search(&index, &Query { mode: Mode::Lexical, ..query("zugzwang") }, Some(&along(4))).expect("answers");
    assert_eq!((lexical.mode, lexical.total), (Mode::Lexical, 0));
}

#[test]
fn words_and_vectors_together_outrank_either_alone() {
    let shelf = Shelf::with_vectors(&shop());
    let index = shelf.visible_to(&[]);
    // Both articles have the word; the vector points at the one that has it less often.
    assert_eq!(titles(&search(&index, &query("invoice"), None).expect("answers"))[0], "Download an invoice");
    let dense = Query { mode: Mode::Dense, ..query("invoice") };
    assert_eq!(rank(&index, &dense, Some(&along(3))).expect("a ranking")[0].0, "card");
    let hybrid = search(&index, &query("invoice"), Some(&along(3))).expect("answers");
    assert_eq!(hybrid.confidence, Confidence::Good);
    assert_eq!(
        titles(&hybrid)[..2].iter().filter(|title| title.contains("invoice") || title.contains("card")).count(),
        2
    );
}

#[test]
fn who_types_an_identifier_gets_the_article_that_has_it_wherever_the_vector_points() {
    let shelf = Shelf::with_vectors(&shop());
    let index = shelf.visible_to(&[]);
    for text in ["E1042", "what does E1042 mean"] {
        assert_eq!(
            titles(&search(&index, &query(text), Some(&along(4))).expect("answers"))[0],
            "Error E1042",
            "{text}"
        );
    }
}

#[test]
fn passages_without_vectors_are_searched_by_words_and_the_answer_says_so() {
    let shelf = Shelf::of(&shop());
    let found = search(&shelf.visible_to(&[]), &query("invoice"), Some(&along(0))).expect("answers");
    assert_eq!((found.mode, found.total), (Mode::Lexical, 2));
}

fn completions(shelf: &Shelf, text: &str) -> Vec<String> {
    suggest(&shelf.visible_to(&[]), text, None, 8).expect("suggestions").completions
}

#[test]
fn typing_is_completed_from_titles_tags_and_headings() {
    let mut articles = shop();
    articles[3].head.synonyms = vec!["credit card".into()];
    articles.push(article("late.md", "Late delivery", "## Parcel lost\n\nWrite to us."));
    let shelf = Shelf::of(&articles);
    assert_eq!(completions(&shelf, "ca"), ["Gift cards", "Pay by card", "credit card"]);
    assert_eq!(completions(&shelf, "parc"), ["Parcel lost", "Track a parcel"]);
    assert_eq!(completions(&shelf, "pay by ca"), ["Pay by card"]);
    assert_eq!(completions(&shelf, "reset pasword"), ["Reset your password"]);
    assert!(completions(&shelf, "zugzwang").is_empty() && completions(&shelf, "").is_empty());
    let articles = suggest(&shelf.visible_to(&[]), "parcel", None, 8).expect("suggestions").articles;
    assert_eq!(articles[0], ("track".to_owned(), "Track a parcel".to_owned()));
}
