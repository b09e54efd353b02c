//! The page of answers that was asked for: articles with their best passages, read from the index only for that page.

use super::fusion::best_passage;
use super::ranking::Ranking;
use super::snippet::snippet;
use super::{Answer, Answers, facets};
use indexer::visible::{LanguageView, ReadError, VisibleIndex};
use std::collections::HashSet;

/// Reads the answers from `offset` on, at most `limit`.
pub fn page(index: &VisibleIndex, ranking: &Ranking, limit: usize, offset: usize) -> Result<Answers, ReadError> {
    let heads =
        ranking.candidates.iter().map(|candidate| ranking.languages[candidate.language].view.head(candidate.article));
    let facets = facets::count(heads);
    let mut answers = Vec::with_capacity(limit.min(ranking.candidates.len()));
    let marks: Vec<HashSet<&str>> = ranking.languages.iter().map(|language| language.marks()).collect();
    for (place, candidate) in ranking.candidates.iter().enumerate().skip(offset).take(limit) {
        let language = &ranking.languages[candidate.language];
        let view: &LanguageView = language.view;
        let head = view.head(candidate.article);
        let passage = match best_passage(view, candidate.article, &language.evidence, &language.scale) {
            Some(document) => Some(view.passage(document)?),
            None => None,
        };
        let (heading, anchor, text) = passage
            .map(|passage| (passage.trail.last().cloned().unwrap_or_default(), passage.anchor, passage.text))
            .unwrap_or_default();
        answers.push(Answer {
            slug: index.slug(view, candidate.article).to_owned(),
            title: head.title.clone(),
            language: head.language.clone(),
            kind: head.kind.clone(),
            breadcrumb: head.category.clone(),
            rank: place + 1,
            snippet: snippet(view.language(), &text, &marks[candidate.language]),
            heading,
            anchor,
            text,
            score: candidate.score,
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
