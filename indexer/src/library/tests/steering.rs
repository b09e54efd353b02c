//! What editors write beside the articles reaches those whom it is for, and nobody learns of the rest.

use super::world::{MODEL, PORTAL, anonymous, article, folder, holder, language, portal, put, role};
use crate::article::Article;
use crate::audience::{Audience, Grants};
use crate::library::Library;
use crate::steering::{Pin, Steering, Synonym};
use crate::visible::VisibleIndex;
use std::sync::Arc;
use tempfile::TempDir;

fn library(articles: &[Article], steering: &Steering) -> (Library, TempDir) {
    let folder = folder();
    let library = Library::open(folder.path()).unwrap();
    library.serve_portal(portal(PORTAL));
    library.apply(PORTAL, articles.iter().map(put).collect(), Some(MODEL)).unwrap();
    library.steer(PORTAL, steering.sheets(0));
    (library, folder)
}

fn visible(library: &Library, viewer: &Grants) -> Arc<VisibleIndex> {
    library.snapshot().visible(PORTAL, viewer).unwrap()
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

fn synonym(audience: Audience, from: &[&str], to: &[&str]) -> Synonym {
    Synonym { line: 1, audience, language: None, from: texts(from), to: texts(to) }
}

fn pin(line: u32, audience: Audience, query: &str, articles: &[&str]) -> Pin {
    let (queries, articles) = (texts(&[query]), texts(articles));
    Pin { line, audience, language: None, queries, contains: Vec::new(), articles, from: None, until: None }
}

/// Paths of what a query pins.
fn pinned(index: &VisibleIndex, query: &str) -> Vec<String> {
    let pinned = index.pinned(query, &language("en"));
    pinned.into_iter().map(|(view, article)| view.head(article).path.clone()).collect()
}

fn articles() -> [Article; 3] {
    let mut hidden = article("a.md", "Card", "card");
    hidden.head.audience = role("agent");
    [hidden, article("b.md", "Plan", "plan"), article("c.md", "Team", "team")]
}

#[test]
fn entries_hold_for_their_audience_alone_in_the_order_of_the_file() {
    let steering = Steering {
        synonyms: vec![synonym(role("agent"), &["PTO"], &["vacation"])],
        pins: vec![
            pin(2, role("agent"), "pay", &["c"]),
            pin(3, Audience::Public, "Pay!", &["b", "c"]),
            pin(4, Audience::Hidden, "pay", &["a"]),
        ],
    };
    let (library, _folder) = library(&articles(), &steering);
    let (public, agent) = (visible(&library, &anonymous()), visible(&library, &holder("agent")));
    assert_eq!((pinned(&public, "pay"), pinned(&agent, "  PAY")), (texts(&["b.md", "c.md"]), texts(&["c.md", "b.md"])));
    assert_eq!(pinned(&visible(&library, &Grants::Everything), "pay"), texts(&["c.md", "b.md", "a.md"]));
    assert!(public.languages()[0].synonyms().is_empty() && !public.languages()[0].has_word("pto").unwrap());
    assert!(!agent.languages()[0].synonyms().is_empty() && agent.languages()[0].has_word("pto").unwrap());
    assert_eq!(*agent.languages()[0].words_with_prefix("pt", 9).unwrap(), [("pto".to_owned(), 0)]);
    assert_eq!(agent.languages()[0].words_near("ptos", 1, 9).unwrap(), [("pto".to_owned(), 0, 1)]);
}

#[test]
fn what_is_not_for_a_viewer_leaves_no_trace() {
    let own = Steering {
        synonyms: vec![synonym(Audience::Public, &["plan", "tariff"], &["plan", "tariff"])],
        pins: vec![pin(9, Audience::Public, "plan", &["c"])],
    };
    let mut all = own.clone();
    all.synonyms.insert(0, synonym(role("agent"), &["plan"], &["card"]));
    // Some are for others, one names an article that only others see, one names none.
    all.pins.insert(0, pin(1, role("agent"), "plan", &["b"]));
    all.pins.insert(1, pin(2, Audience::Public, "plan", &["a"]));
    all.pins.push(pin(12, Audience::Public, "plan", &["absent"]));
    let (with, _folder) = library(&articles(), &all);
    let (without, _other) = library(&articles()[1..], &own);
    let (with, without) = (visible(&with, &anonymous()), visible(&without, &anonymous()));
    assert_eq!(with.generation(), without.generation());
    assert_eq!((pinned(&with, "plan"), pinned(&without, "plan")), (texts(&["c.md"]), texts(&["c.md"])));
    assert_eq!(with.languages()[0].synonyms(), without.languages()[0].synonyms());
}

#[test]
fn a_generation_tells_steering_apart_only_where_there_is_some() {
    let generation = |steering: &Steering, viewer: &Grants| {
        let (library, _folder) = library(&articles(), steering);
        visible(&library, viewer).generation().to_owned()
    };
    let steering = Steering { synonyms: Vec::new(), pins: vec![pin(1, role("agent"), "plan", &["b"])] };
    let none = Steering::default();
    assert_eq!(generation(&steering, &anonymous()), generation(&none, &anonymous()));
    assert_ne!(generation(&steering, &holder("agent")), generation(&none, &holder("agent")));
}

#[test]
fn a_change_of_one_sheet_leaves_the_views_of_others_built() {
    let first = Steering { synonyms: vec![synonym(role("agent"), &["a"], &["b"])], ..Steering::default() };
    let (library, _folder) = library(&articles(), &first);
    let (public, agent) = (visible(&library, &anonymous()), visible(&library, &holder("agent")));
    library.steer(PORTAL, first.sheets(1));
    assert!(Arc::ptr_eq(&agent, &visible(&library, &holder("agent"))), "the same again");
    library.steer(PORTAL, Steering::default().sheets(1));
    assert!(Arc::ptr_eq(&public, &visible(&library, &anonymous())));
    assert!(!Arc::ptr_eq(&agent, &visible(&library, &holder("agent"))));
}

#[test]
fn articles_pin_themselves_and_editors_go_before_them() {
    let [mut a, mut b, c] = articles();
    (a.head.pins, b.head.pins) = (texts(&["find it"]), texts(&["Find it", "no"]));
    let steering = Steering { synonyms: Vec::new(), pins: vec![pin(1, Audience::Public, "find it", &["/c.md"])] };
    let (library, _folder) = library(&[a, b, c], &steering);
    assert_eq!(pinned(&visible(&library, &anonymous()), "find it?"), texts(&["c.md", "b.md"]));
    assert_eq!(pinned(&visible(&library, &holder("agent")), "find it"), texts(&["c.md", "a.md", "b.md"]));
    assert_eq!(pinned(&visible(&library, &anonymous()), "find it now"), texts(&[]));
}

#[test]
fn a_query_may_contain_words_and_a_slug_stands_for_the_article_of_the_queries_language() {
    let mut spanish = article("es/b.md", "Tarifa", "tarifa");
    (spanish.head.language, spanish.head.slug) = (language("es"), "b".to_owned());
    let mut anywhere = pin(1, Audience::Public, "unused", &["b"]);
    anywhere.contains = texts(&["chest pain"]);
    let mut german = pin(2, Audience::Public, "chest pain", &["c"]);
    german.language = Some(language("de"));
    let steering = Steering { synonyms: Vec::new(), pins: vec![anywhere, german] };
    let [_, b, c] = articles();
    let (library, _folder) = library(&[b, c, spanish], &steering);
    let index = visible(&library, &anonymous());
    assert_eq!(pinned(&index, "I have Chest-Pain, help"), texts(&[]), "a compound is one word");
    assert_eq!(pinned(&index, "I have chest  pain, help"), texts(&["b.md"]));
    assert_eq!(pinned(&index, "pain chest"), texts(&[]));
    let spanish = index.pinned("chest pain", &language("es"));
    assert_eq!(spanish[0].0.head(spanish[0].1).path, "es/b.md");
}
