//! The article that answers most of several queries of one need, if any does.

use super::super::common_answer;
use super::shop;
use super::world::{Shelf, only_for, query};

/// Slug of what is near these queries, each asked by this many.
fn near(shelf: &Shelf, roles: &[&str], asked: &[(&str, usize)]) -> Option<String> {
    let queries: Vec<_> = asked.iter().map(|&(text, count)| (query(text), None, count)).collect();
    let found = common_answer(&shelf.visible_to(roles), &queries).expect("answers");
    found.filter(super::super::CommonAnswer::is_near).map(|found| found.slug)
}

#[test]
fn it_is_the_one_that_most_of_those_who_asked_find() {
    let shelf = Shelf::of(&shop());
    assert_eq!(near(&shelf, &[], &[("download an invoice", 5), ("zugzwang quokka", 2)]).as_deref(), Some("invoice"));
}

#[test]
fn there_is_none_where_most_of_them_find_nothing_good_or_nothing_was_asked() {
    let shelf = Shelf::of(&shop());
    assert_eq!(near(&shelf, &[], &[("download an invoice", 2), ("zugzwang quokka", 5)]), None);
    assert_eq!(near(&shelf, &[], &[]), None);
}

#[test]
fn an_article_that_the_viewer_may_not_see_answers_nothing() {
    let hidden: Vec<_> = shop()
        .into_iter()
        .map(|article| if article.head.slug == "invoice" { only_for("agent", article) } else { article })
        .collect();
    let shelf = Shelf::of(&hidden);
    let asked = [("download an invoice", 5)];
    assert_eq!(near(&shelf, &["agent"], &asked).as_deref(), Some("invoice"));
    assert_ne!(near(&shelf, &[], &asked).as_deref(), Some("invoice"));
}
