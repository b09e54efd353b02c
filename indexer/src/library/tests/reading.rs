//! Single answers of the reading API, on articles small enough to work the answers out by hand.

use super::world::{
    MODEL, PORTAL, anonymous, article, folder, holder, language, portal, put, random_article, role, section, vector,
};
use crate::analysis::analyze;
use crate::article::Article;
use crate::audience::Grants;
use crate::embedder::Embedding;
use crate::library::{Change, Library};
use crate::passage::passages;
use crate::visible::{Field, Living, MOST_PARTITIONS, VisibleIndex};
use crate::word_order::hash;
use rand::prelude::*;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tempfile::TempDir;

fn library(articles: &[Article]) -> (Library, TempDir) {
    let folder = folder();
    let library = Library::open(folder.path()).unwrap();
    library.serve_portal(portal(PORTAL));
    library.apply(PORTAL, articles.iter().map(put).collect(), Some(MODEL)).unwrap();
    (library, folder)
}

fn index(articles: &[Article]) -> Arc<VisibleIndex> {
    library(articles).0.snapshot().visible(PORTAL, &Grants::Everything).unwrap()
}

fn found<'a>(index: &'a VisibleIndex, slug: &str) -> Option<&'a str> {
    index.article(slug).map(|(view, article)| view.head(article).path.as_str())
}

#[test]
fn a_slug_clash_is_decided_by_path_among_what_is_visible() {
    let with_slug = |path: &str, slug: &str| {
        let mut article = article(path, "Card", "refund");
        article.head.slug = slug.to_owned();
        article
    };
    let mut first = with_slug("a.md", "pay");
    first.head.audience = role("agent");
    let mut last = with_slug("d.md", "start");
    last.head.aliases = ["pay-2", "pay-3", "begin"].map(str::to_owned).into();
    let articles = [first, with_slug("b.md", "pay"), with_slug("c.md", "pay"), with_slug("e.md", "pay-2"), last];
    let (library, _folder) = library(&articles);
    let slugs = ["pay", "pay-2", "pay-3", "pay-4", "start", "begin"];
    let all = library.snapshot().visible(PORTAL, &holder("agent")).unwrap();
    assert_eq!(
        slugs.map(|slug| found(&all, slug)),
        [Some("a.md"), Some("e.md"), Some("b.md"), Some("c.md"), Some("d.md"), Some("d.md")]
    );
    let public = library.snapshot().visible(PORTAL, &anonymous()).unwrap();
    assert_eq!(
        slugs.map(|slug| found(&public, slug)),
        [Some("b.md"), Some("e.md"), Some("c.md"), None, Some("d.md"), Some("d.md")]
    );
    let (view, article) = public.article("pay-3").unwrap();
    assert_eq!(public.slug(view, article), "pay-3");
}

#[test]
fn fields_are_searched_where_they_stand() {
    let mut article = article("a.md", "Refund a card", "The invoice and another invoice");
    article.head.tags = vec!["money".to_owned()];
    article.head.synonyms = vec!["cash".to_owned()];
    article.head.category = vec!["Billing".to_owned()];
    article.sections.push(section("Token", "A plan"));
    let index = index(&[article]);
    let view = &index.languages()[0];
    let postings = |field, term: &str| {
        let mut postings = Vec::new();
        view.postings(field, &crate::analysis::analyze(view.language(), term)[0].term, &mut postings).unwrap();
        postings.iter().map(|posting| (view.ordinal(posting.document), posting.frequency)).collect::<Vec<_>>()
    };
    assert_eq!(postings(Field::Title, "card"), [(None, 1)]);
    assert_eq!(["money", "cash", "billing"].map(|tag| postings(Field::Tags, tag)), [const { &[(None, 1)] }; 3]);
    assert_eq!(postings(Field::Body, "invoices"), [(Some(0), 2)]);
    assert_eq!(postings(Field::Heading, "token"), [(Some(1), 1)]);
    assert_eq!(postings(Field::Heading, "guide"), [], "an outer heading");
    assert_eq!(postings(Field::Body, "token"), []);
    let lengths = [Field::Title, Field::Tags, Field::Heading, Field::Body].map(|field| view.article_length(field, 0));
    assert_eq!(lengths, [3, 3, 1, 7]);
    assert_eq!((view.passages(), view.document(0, 2), view.body(0).unwrap().markdown.len()), (2, None, 31));
    assert!(view.has_word("invoice").unwrap() && view.has_word("guide").is_ok_and(|there| !there));
}

#[test]
fn a_beginning_of_very_many_words_says_the_same_when_it_was_kept_and_is_read_anew_after_a_change() {
    let letter = |number: u8| char::from(b'a' + number);
    let words: String =
        (0..12).flat_map(|a| (0..25).map(move |b| format!("card{}{} ", letter(a), letter(b)))).collect();
    let articles = [article("a.md", "", &words), article("b.md", "", "cardly cart")];
    let (library, _folder) = library(&articles);
    let index = library.snapshot().visible(PORTAL, &anonymous()).unwrap();
    let prefixed = |limit| index.languages()[0].words_with_prefix("car", limit).unwrap();
    assert!(Arc::ptr_eq(&prefixed(2), &prefixed(2)), "not kept");
    assert_eq!(*prefixed(2), [("cardly".to_owned(), 2), ("cardaa".to_owned(), 1)]);
    assert_eq!(prefixed(3).len(), 3);
    library.deny(PORTAL, &["a.md".to_owned()]);
    let index = library.snapshot().visible(PORTAL, &anonymous()).unwrap();
    let left = index.languages()[0].words_with_prefix("car", 2).unwrap();
    assert_eq!(*left, [("cardly".to_owned(), 1), ("cart".to_owned(), 1)]);
}

#[test]
fn words_are_found_by_prefix_and_by_typo_most_frequent_first() {
    let texts = ["card cart carton", "card care", "card cart zebra"];
    let articles: Vec<_> = texts.iter().enumerate().map(|(n, text)| article(&format!("{n}.md"), "", text)).collect();
    let (library, _folder) = library(&articles);
    let index = || library.snapshot().visible(PORTAL, &anonymous()).unwrap();
    let prefixed = |prefix, limit| index().languages()[0].words_with_prefix(prefix, limit).unwrap().to_vec();
    let near = |word, edits| index().languages()[0].words_near(word, edits, 9).unwrap();
    let owned = |words: &[(&str, u32)]| words.iter().map(|(word, n)| (word.to_string(), *n)).collect::<Vec<_>>();
    assert_eq!(prefixed("car", 3), owned(&[("card", 3), ("cart", 2), ("care", 1)]));
    assert_eq!(prefixed("x", 3), []);
    assert_eq!(near("crad", 1), [("card".to_owned(), 3, 1)], "a transposition is one edit");
    let two: Vec<_> = near("cxrt", 2).into_iter().map(|(word, _, edits)| (word, edits)).collect();
    assert_eq!(two, ["cart", "card", "care"].map(|word| (word.to_owned(), if word == "cart" { 1 } else { 2 })));
    library.deny(PORTAL, &["0.md".to_owned()]);
    assert_eq!(prefixed("car", 9), owned(&[("card", 2), ("care", 1), ("cart", 1)]), "counted over the living");
    assert!(!index().languages()[0].has_word("carton").unwrap());
}

#[test]
fn the_generation_changes_with_content_and_vectors_alone() {
    let [a, b] = ["a.md", "b.md"].map(|path| article(path, "Card", "refund"));
    let generation = |articles: &[Article]| index(articles).generation().to_owned();
    let both = generation(&[a.clone(), b.clone()]);
    assert_eq!(both, generation(&[b.clone(), a.clone()]));
    assert_ne!(both, generation(std::slice::from_ref(&a)));
    let mut edited = b;
    edited.head.digest = [1; 32];
    assert_ne!(both, generation(&[a.clone(), edited]));
    let (library, _folder) = library(&[]);
    library.apply(PORTAL, vec![super::world::put_bare(&a)], Some(MODEL)).unwrap();
    let lexical = library.snapshot().visible(PORTAL, &anonymous()).unwrap();
    assert_ne!(lexical.generation(), generation(&[a]));
}

#[test]
fn words_keep_their_order_and_texts_of_one_document_lie_far_apart() {
    let mut card = article("a.md", "Cancel a card", "");
    card.sections = vec![section("Lost cards", "Open card-settings now")];
    let index = index(&[card]);
    let view = &index.languages()[0];
    let order = |document: u32| view.order(document).collect::<Vec<_>>();
    let term = |word: &str| hash(&analyze(view.language(), word).remove(0).term);
    assert_eq!(order(view.head_document(0)), [(1, term("cancel")), (2, term("a")), (3, term("card"))]);
    let passage = order(view.document(0, 0).unwrap());
    let words = ["lost", "cards", "open", "card-settings", "card", "settings", "now"].map(term);
    assert_eq!(passage.iter().map(|(_, term)| *term).collect::<Vec<_>>(), words);
    let steps: Vec<u32> = passage.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    assert_eq!(steps, [1, 1_001, 1, 0, 0, 1]);
}

#[test]
fn the_scan_gives_each_living_passage_its_cosine() {
    let (library, _folder) = library(&["one", "two", "three"].map(|text| article(&format!("{text}.md"), "", text)));
    library.deny(PORTAL, &["two.md".to_owned()]);
    let index = library.snapshot().visible(PORTAL, &anonymous()).unwrap();
    let (view, mut scanned) = (&index.languages()[0], HashMap::new());
    view.scan_vectors(&vector("q"), &mut |document, cosine| {
        assert!(scanned.insert(view.passage(document).unwrap().text.to_owned(), cosine).is_none());
    });
    let expected = ["one", "three"].map(|text| (text.to_owned(), crate::embedder::cosine(&vector("q"), &vector(text))));
    assert_eq!(scanned, HashMap::from(expected));
}

#[test]
fn the_scan_passes_over_the_denied_the_deleted_and_what_has_no_vector_wherever_they_stand() {
    let mut rng = StdRng::seed_from_u64(5);
    let paths: Vec<String> = (0..60).map(|n| format!("{n:02}.md")).collect();
    let articles: Vec<_> = paths.iter().map(|path| random_article(path, &mut rng)).collect();
    let (library, _folder) = library(&[]);
    let mut embedded = HashMap::new();
    let puts = articles.iter().map(|article| {
        let embeddings: Vec<Option<Embedding>> = passages(article)
            .iter()
            .map(|passage| {
                rng.random_bool(0.8).then(|| vector(&format!("{}{}", article.head.path, passage.text)).into())
            })
            .collect();
        embedded.insert(article.head.path.clone(), embeddings.clone());
        Change::Put(Box::new(article.clone()), embeddings)
    });
    let puts: Vec<_> = puts.collect();
    library.apply(PORTAL, puts, Some(MODEL)).unwrap();
    let mut gone = |share| paths.iter().filter(|_| rng.random_bool(share)).cloned().collect::<Vec<_>>();
    let (deleted, denied) = (gone(0.2), gone(0.3));
    library.apply(PORTAL, deleted.iter().cloned().map(Change::Remove).collect(), Some(MODEL)).unwrap();
    library.deny(PORTAL, &denied);

    let (query, index) = (vector("q"), library.snapshot().visible(PORTAL, &Grants::Everything).unwrap());
    let mut scanned = BTreeMap::new();
    for view in index.languages() {
        view.scan_vectors(&query, &mut |document, cosine| {
            let path = view.head(view.article_of(document)).path.clone();
            assert!(scanned.insert((path, view.ordinal(document)), cosine.to_bits()).is_none());
        });
    }
    let naive = |vector: &[i8]| {
        let product: i32 = query.iter().zip(vector).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum();
        (product as f32 / (24.0 * 24.0 * 16.0)).to_bits()
    };
    let mut expected = BTreeMap::new();
    for (path, embeddings) in embedded.into_iter().filter(|(path, _)| !deleted.contains(path) && !denied.contains(path))
    {
        let embeddings = (0..).zip(embeddings).filter_map(|(place, embedding)| Some((place, embedding?)));
        expected.extend(embeddings.map(|(place, embedding)| ((path.clone(), Some(place)), naive(&embedding.vector))));
    }
    assert!(expected.len() > 50 && !deleted.is_empty() && !denied.is_empty());
    assert_eq!(scanned, expected);
}

#[test]
fn an_empty_article_is_found_by_its_path_and_has_one_passage() {
    let mut empty = article("a.md", "", "");
    empty.sections.clear();
    let index = index(&[empty]);
    let (view, found) = index.article_at("a.md").unwrap();
    let passage = view.document(found, 0).unwrap();
    assert_eq!((view.passages(), view.passage(passage).unwrap().text, view.total_length(Field::Body)), (1, "", 0));
}

#[test]
fn languages_stand_by_number_of_articles_then_by_tag() {
    let tagged = |path: &str, tag: &str| {
        let mut article = article(path, "", "");
        article.head.language = language(tag);
        article
    };
    let index = index(&[tagged("a.md", "pl"), tagged("b.md", "de"), tagged("c.md", "en"), tagged("d.md", "en")]);
    assert_eq!(index.languages().iter().map(|view| view.language().as_str()).collect::<Vec<_>>(), ["en", "de", "pl"]);
}

#[test]
fn an_index_is_built_once_and_kept_until_one_of_its_partitions_changes() {
    let mut secret = article("s.md", "Card", "refund");
    secret.head.audience = role("agent");
    let (library, _folder) = library(&[article("a.md", "Card", "refund"), secret.clone()]);
    let visible = |viewer| library.snapshot().visible(PORTAL, &viewer).unwrap();
    let (public, agent) = (visible(anonymous()), visible(holder("agent")));
    assert!(Arc::ptr_eq(&public, &visible(holder("nobody"))), "an equal visible set");
    library.apply(PORTAL, vec![put(&secret)], None).unwrap();
    library.deny(PORTAL, &["s.md".to_owned()]);
    library.serve_portal(portal("other"));
    assert!(Arc::ptr_eq(&public, &visible(anonymous())));
    assert!(!Arc::ptr_eq(&agent, &visible(holder("agent"))));
    let snapshot = library.snapshot();
    library.deny(PORTAL, &["a.md".to_owned()]);
    let threads: Vec<_> = std::thread::scope(|scope| {
        let first_uses: Vec<_> =
            (0..8).map(|_| scope.spawn(|| snapshot.visible(PORTAL, &Grants::Everything).unwrap())).collect();
        first_uses.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(threads.iter().all(|index| Arc::ptr_eq(index, &threads[0])));
}

#[test]
fn partitions_beyond_the_limit_are_left_out_and_reported() {
    let (library, _folder) = library(&[article("a.md", "Card", "refund")]);
    let livings = library.shelves()[PORTAL].served().unwrap().partitions;
    let living = |version| Arc::new(Living::new(Arc::clone(livings[0].partition()), &HashMap::new(), version));
    let index = VisibleIndex::new(&(0..MOST_PARTITIONS as u64 + 3).map(living).collect::<Vec<_>>(), &[]);
    assert_eq!((index.partitions_left_out(), index.languages()[0].articles()), (3, MOST_PARTITIONS as u32));
}
