//! The page of answers that was asked for: articles with their best passages, read from the index only for that page.

use super::fusion::best_passage;
use super::ranking::{Ranked, Ranking};
use super::snippet::{Sense, snippet};
use super::{Answer, Answers, Query, facets};
use indexer::shown::TermHash;
use indexer::visible::{LanguageView, ReadError, VisibleIndex};

/// Reads the answers from the query's `offset` on, at most its `limit`.
pub fn page(
    index: &VisibleIndex,
    ranking: &Ranking,
    query: &Query,
    sense: Option<&Sense>,
) -> Result<Answers, ReadError> {
    let (limit, offset) = (query.limit, query.offset);
    let found = ranking.candidates.iter();
    let facets = facets::count(found.map(|candidate| (ranking.languages[candidate.language].view, candidate.article)));
    let mut answers = Vec::with_capacity(limit.min(ranking.candidates.len()));
    let marks: Vec<Vec<TermHash>> = ranking.languages.iter().map(marks).collect();
    for (place, candidate) in ranking.candidates.iter().enumerate().skip(offset).take(limit) {
        let language = &ranking.languages[candidate.language];
        let view: &LanguageView = language.view;
        let head = view.head(candidate.article);
        let passage = match best_passage(view, candidate.article, &language.evidence, &language.scale) {
            Some(document) => Some(view.passage(document)?),
            None => None,
        };
        let snippet = passage.as_ref().map(|passage| snippet(passage, &marks[candidate.language], sense));
        let (heading, anchor, text) = passage
            .map(|passage| (passage.trail.last().copied().unwrap_or_default(), passage.anchor, passage.text))
            .unwrap_or_default();
        answers.push(Answer {
            slug: index.slug(view, candidate.article).to_owned(),
            title: head.title.clone(),
            language: head.language.clone(),
            kind: head.kind.clone(),
            breadcrumb: head.category.clone(),
            rank: place + 1,
            snippet: snippet.unwrap_or_default(),
            heading: heading.to_owned(),
            anchor: anchor.to_owned(),
            text: text.to_owned(),
            score: candidate.score,
            pinned: place < ranking.pinned,
        });
    }
    Ok(Answers {
        mode: ranking.mode,
        confidence: ranking.confidence,
        probability: ranking.probability,
        language: ranking.language.clone(),
        total: ranking.candidates.len(),
        answers,
        facets,
        suggestion: ranking.suggestion.clone(),
    })
}

/// What is marked in snippets of a language, in order.
fn marks(language: &Ranked) -> Vec<TermHash> {
    let mut marks: Vec<_> = language.marks().into_iter().map(TermHash::of).collect();
    marks.sort_unstable();
    marks
}
