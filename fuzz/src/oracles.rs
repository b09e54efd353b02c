//! What holds of every article, answer and suggestion, whatever was written and asked.

use indexer::article::Article;
use indexer::language::Language;
use indexer::passage::Passage;
use indexer::problem::Problem;
use indexer::visible::{VisibleIndex, Work};
use search_api::retrieval::{
    Answer, Answers, Confidence, MOST_CANDIDATES, Mode, Query, Suggestions, most_work, rank, search, suggest,
};
use std::collections::HashSet;

/// Completions asked for.
pub const COMPLETIONS: usize = 8;
const ARTICLES: usize = 5;

/// Checks a parsed file: it has a title, its passages hold its text and nothing else, its HTML runs nothing.
pub fn article_is_sound(article: &Article, passages: &[Passage], problems: &[Problem]) {
    assert!(!article.head.title.is_empty() && !article.head.slug.is_empty(), "{:?}", article.head);
    assert!(!passages.is_empty());
    let squeezed = |text: &mut dyn Iterator<Item = &str>| -> String {
        text.flat_map(str::chars).filter(|c| !c.is_whitespace()).collect()
    };
    let written = squeezed(&mut article.sections.iter().flat_map(|section| &section.blocks).map(|block| &*block.text));
    assert_eq!(squeezed(&mut passages.iter().map(|passage| &*passage.text)), written, "text lost or doubled");
    let anchors: HashSet<&str> = article.body.contents.iter().map(|(_, _, anchor)| &**anchor).collect();
    for passage in passages {
        assert!(passage.anchor.is_empty() || anchors.contains(&*passage.anchor), "{:?} leads nowhere", passage.anchor);
    }
    // In cleaned HTML a `<` begins a tag, and nothing else does.
    let html = article.body.html.to_ascii_lowercase();
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let runs = ["script", "style", "iframe", "object", "embed"].iter().any(|name| tag.starts_with(name));
        let leads =
            ["=\"javascript:", "=\"data:text", " onerror=\"", " onload=\""].iter().any(|part| tag.contains(part));
        assert!(!runs && !leads, "<{tag}> in {html}");
    }
    assert!(problems.iter().all(|problem| !problem.what.is_empty() && !problem.mend.is_empty()), "{problems:?}");
}

/// Searches and checks the answers: counted, ordered, whole, and the same part of one list whichever page of it is asked for.
pub fn search_is_sound(index: &VisibleIndex, query: &Query, vector: Option<&[i8]>) -> Answers {
    let ask = |query: &Query| {
        let (found, work) = Work::of(|| search(index, query, vector).expect("the index can be read"));
        let most = most_work(index, query.limit);
        assert!(work.is_within(&most), "{:?} costs {work:?}, more than {most:?}", query.text);
        found
    };
    let found = ask(query);
    assert!(found.total <= MOST_CANDIDATES);
    assert_eq!(found.answers.len(), query.limit.min(found.total.saturating_sub(query.offset)));
    assert!(found.total > 0 || found.confidence == Confidence::None, "sure of nothing");
    assert!(query.has_words() || found.total == 0, "an answer to nothing");
    for (place, answer) in found.answers.iter().enumerate() {
        assert_eq!(answer.rank, query.offset + place + 1);
        answer_is_sound(index, answer);
    }
    for pair in found.answers.windows(2) {
        assert!(pair[0].language != pair[1].language || pair[0].score >= pair[1].score, "out of order: {pair:?}");
    }
    for counts in found.facets.values() {
        assert!(counts.values().all(|count| (1..=found.total).contains(count)), "{counts:?} of {}", found.total);
    }
    let ranked = rank(index, query, vector).expect("the index can be read");
    let slugs = |answers: &[Answer]| answers.iter().map(|answer| answer.slug.clone()).collect::<Vec<_>>();
    let page = ranked.iter().skip(query.offset).take(query.limit).map(|(slug, _)| slug.clone());
    assert_eq!((ranked.len(), page.collect::<Vec<_>>()), (found.total, slugs(&found.answers)));
    assert_eq!(ranked.iter().map(|(slug, _)| slug).collect::<HashSet<_>>().len(), ranked.len(), "an article twice");

    let first = ask(&Query { limit: 1, offset: 0, ..query.clone() });
    let whole =
        |found: &Answers| (found.total, found.confidence, found.facets.clone(), found.suggestion.clone(), found.mode);
    assert_eq!(whole(&first), whole(&found), "a part of the list says other things of the whole");
    if let Some(suggestion) = &found.suggestion {
        assert_ne!(suggestion, &query.text);
        let mended =
            Query { text: suggestion.clone(), filters: Default::default(), mode: Mode::Lexical, ..query.clone() };
        assert!(ask(&mended).total > 0, "{suggestion:?} is suggested for {:?} and finds nothing", query.text);
    }
    found
}

/// Checks one answer: it can be opened, and its snippet is a part of its passage.
fn answer_is_sound(index: &VisibleIndex, answer: &Answer) {
    let (view, article) = index.article(&answer.slug).expect("an answer can be opened");
    assert_eq!(view.head(article).title, answer.title);
    assert!(answer.score.is_finite(), "{}", answer.score);
    let shown: String = answer.snippet.iter().map(|stretch| stretch.text.as_str()).collect();
    let collapsed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = collapsed(&answer.text);
    for part in shown.split('…') {
        assert!(text.contains(&collapsed(part)), "{part:?} does not stand in {text:?}");
    }
    for stretch in &answer.snippet {
        assert!(!stretch.text.is_empty());
        assert!(!stretch.marked || text.contains(&collapsed(&stretch.text)), "{stretch:?} does not stand in {text:?}");
    }
}

/// Completes what is typed and checks what is offered: counted, few, distinct, and there.
pub fn suggestions_are_sound(index: &VisibleIndex, text: &str, language: Option<&Language>) -> Suggestions {
    let (offered, work) = Work::of(|| suggest(index, text, language, COMPLETIONS).expect("the index can be read"));
    let most = most_work(index, COMPLETIONS);
    assert!(work.is_within(&most), "to complete {text:?} costs {work:?}, more than {most:?}");
    assert!(offered.completions.len() <= COMPLETIONS && offered.articles.len() <= ARTICLES);
    let distinct: HashSet<String> = offered.completions.iter().map(|completion| completion.to_lowercase()).collect();
    assert_eq!(distinct.len(), offered.completions.len(), "{:?}", offered.completions);
    assert!(!distinct.contains(""));
    for (slug, title) in &offered.articles {
        let (view, article) = index.article(slug).expect("a suggested article can be opened");
        assert_eq!(view.head(article).title, *title);
    }
    offered
}
