//! Several queries of one need to the article that answers most of them, if any does.

use super::{Confidence, Query, search};
use indexer::embedder::Vector;
use indexer::visible::{ReadError, VisibleIndex};
use std::collections::BTreeMap;

/// Answers of a query that count: those that [`Confidence`] speaks of.
const FIRST: usize = 3;
/// Share of the queries that an article must answer to be near them.
const NEAR: f64 = 0.5;

/// The article that answers most of several queries.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonAnswer {
    /// Address slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Share of the queries, by weight, that found it among the first three answers of a list that is not sure to hold nothing.
    pub share: f64,
}

impl CommonAnswer {
    /// Whether it can be said to answer them.
    pub fn is_near(&self) -> bool {
        self.share >= NEAR
    }
}

/// Asks queries, each with its vector and weight, and finds the article that answers most of them; ties by probability and rank,
/// then by slug. `None`: no query found anything that may be right.
///
/// # Errors
/// The index could not be read.
pub fn common_answer(
    index: &VisibleIndex,
    queries: &[(Query, Option<Vector>, usize)],
) -> Result<Option<CommonAnswer>, ReadError> {
    /// Weight answered, probability by rank, title.
    type Sum = (usize, f64, String);
    let mut found: BTreeMap<String, Sum> = BTreeMap::new();
    for (query, vector, weight) in queries {
        let asked = Query { limit: FIRST, offset: 0, ..query.clone() };
        let answers = search(index, &asked, vector.as_deref())?;
        if answers.confidence == Confidence::None {
            continue;
        }
        for answer in answers.answers {
            let (answered, likely, _) = found.entry(answer.slug).or_insert((0, 0.0, answer.title));
            *answered += weight;
            *likely += *weight as f64 * f64::from(answers.probability) / answer.rank as f64;
        }
    }
    let all: usize = queries.iter().map(|(_, _, weight)| weight).sum();
    let best = found.into_iter().max_by(|(a, (of_a, likely_a, _)), (b, (of_b, likely_b, _))| {
        likely_a.total_cmp(likely_b).then(of_a.cmp(of_b)).then_with(|| b.cmp(a))
    });
    Ok(best.map(|(slug, (answered, _, title))| CommonAnswer { slug, title, share: answered as f64 / all as f64 }))
}
