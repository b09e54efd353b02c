//! Everything that can be learnt from a `VisibleIndex`, as text: what must not depend on how articles are stored.

use super::world::{ASSETS, SLUGS, WORDS, vector};
use crate::analysis::analyze;
use crate::visible::{Field, LanguageView, VisibleIndex};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::iter::once;

const FIELDS: [Field; 4] = [Field::Title, Field::Tags, Field::Heading, Field::Body];

/// Asks every question, about the articles at `paths` (visible or not) and all words, slugs and assets of the test world.
pub fn dump(index: &VisibleIndex, paths: &BTreeSet<String>) -> String {
    let mut out = String::new();
    let languages: Vec<_> = index.languages().iter().map(|view| (view.language().as_str(), view.articles())).collect();
    writeln!(out, "{} {:?} {languages:?} -{}", index.generation(), index.model(), index.partitions_left_out()).unwrap();
    for path in paths {
        let Some((view, article)) = index.article_at(path) else { continue };
        assert_eq!(&view.head(article).path, path);
        writeln!(out, "{path} /{} {}", index.slug(view, article), dump_article(view, article)).unwrap();
    }
    for slug in SLUGS.iter().flat_map(|slug| [slug.to_string(), format!("{slug}-2"), format!("{slug}-3")]) {
        writeln!(out, "/{slug} {:?}", index.article(&slug).map(|(view, article)| &view.head(article).path)).unwrap();
    }
    writeln!(out, "{:?}", ASSETS.map(|asset| index.links_to_asset(asset))).unwrap();
    index.languages().iter().for_each(|view| dump_language(view, &mut out));
    out
}

fn dump_article(view: &LanguageView, article: u32) -> String {
    let lengths = FIELDS.map(|field| view.article_length(field, article));
    let mut out =
        format!("{} {lengths:?} {:?} {:?}", view.article_id(article), view.head(article), view.body(article).unwrap());
    let facets = view.facets();
    let values: Vec<_> = facets.of_article(article).iter().map(|value| &facets.names()[*value as usize]).collect();
    let number = |(key, value): &&(String, String)| facets.number(key, value);
    assert!(values.iter().map(number).eq(facets.of_article(article).iter().copied().map(Some)));
    write!(out, "\n  {values:?}").unwrap();
    view.names(article, |place, terms| write!(out, "\n  {place} {terms:?}").unwrap());
    assert!((0..).map_while(|ordinal| view.document(article, ordinal)).eq(view.passages_of(article)));
    for (place, document) in (0..).map_while(|ordinal| view.document(article, ordinal)).enumerate() {
        assert_eq!((view.article_of(document), view.ordinal(document)), (article, Some(place as u16)));
        let lengths = FIELDS.map(|field| view.lengths(field, once(document)).collect::<Vec<_>>());
        write!(out, "\n  {lengths:?} {:?}", view.passage(document).unwrap()).unwrap();
        write!(out, " {:?}", view.order(document).collect::<Vec<_>>()).unwrap();
    }
    write!(out, "\n  {:?}", view.order(view.head_document(article)).collect::<Vec<_>>()).unwrap();
    out
}

fn dump_language(view: &LanguageView, out: &mut String) {
    let totals = FIELDS.map(|field| view.total_length(field));
    writeln!(out, "{:?} {} {} {totals:?}", view.language(), view.articles(), view.passages()).unwrap();
    let place = |document: u32| (&view.head(view.article_of(document)).path, view.ordinal(document));
    for word in WORDS {
        let token = analyze(view.language(), word).remove(0);
        for field in FIELDS {
            let mut postings = Vec::new();
            view.postings(field, &token.term, &mut postings).unwrap();
            let runs = postings.chunk_by(|a, b| view.article_of(a.document) == view.article_of(b.document));
            let distinct: BTreeSet<_> = postings.iter().map(|posting| view.article_of(posting.document)).collect();
            assert_eq!(runs.count(), distinct.len(), "documents of one article stand together");
            let found: BTreeSet<_> =
                postings.iter().map(|posting| (place(posting.document), posting.frequency)).collect();
            writeln!(out, "{word} {field:?} {found:?}").unwrap();
        }
        for near in [1, 2].map(|edits| view.words_near(&token.word, edits, 3).unwrap()) {
            writeln!(out, "{word} {} ~ {near:?}", view.has_word(&token.word).unwrap()).unwrap();
        }
        for prefix in token.word.char_indices().map(|(end, _)| &token.word[..end]) {
            writeln!(out, "{prefix}* {:?}", view.words_with_prefix(prefix, 4).unwrap()).unwrap();
        }
    }
    let mut scanned = BTreeSet::new();
    view.scan_vectors(&vector("a query"), &mut |document, cosine| {
        _ = scanned.insert((place(document), cosine.to_bits()))
    });
    writeln!(out, "{scanned:?}").unwrap();
    let passages = (0..view.articles()).flat_map(|article| view.passages_of(article));
    let codes: BTreeSet<_> = passages.map(|document| (place(document), view.token_codes(document))).collect();
    writeln!(out, "{codes:x?}").unwrap();
    view.scan_vectors(&[1; 3], &mut |_, _| panic!("a vector of another length"));
}
