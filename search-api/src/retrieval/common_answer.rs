//! Several queries of one need to the article that answers most of them, if any does.

use super::{Confidence, Query, search};
use indexer::embedder::Vector;
use indexer::visible::{ReadError, VisibleIndex};
use std::collections::BTreeMap;

/// Answers of a query that count: those that [`Confidence`] speaks of.
const FIRST: usize = 3;
/// Share of the queries that an article must be expected to answer to be near them.
const NEAR: f64 = 0.5;

/// The article that answers most of several queries.
#[derive(Clone, Debug, PartialEq)]
pub struct CommonAnswer {
    /// Address slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Share of the queries, by weight, that it can be expected to answer: the mean probability of the lists that have it among their
    /// first three answers. Many lists that are a little sure of it make it no answer.
    pub share: f64,
}

impl CommonAnswer {
    /// Whether it can be said to answer them.
    pub fn is_near(&self) -> bool {
        self.share >= NEAR
    }
}

/// Asks queries, each with its vector and weight, and finds the article that answers most of them, higher ranks counting more; ties
/// by slug. `None`: no query found anything that may be right.
///
/// # Errors
/// The index could not be read.
pub fn common_answer(
    index: &VisibleIndex,
    queries: &[(Query, Option<Vector>, usize)],
) -> Result<Option<CommonAnswer>, ReadError> {
    /// Expected answers, the same by rank, title.
    type Sum = (f64, f64, String);
    let mut found: BTreeMap<String, Sum> = BTreeMap::new();
    for (query, vector, weight) in queries {
        let asked = Query { limit: FIRST, offset: 0, ..query.clone() };
        let answers = search(index, &asked, vector.as_deref())?;
        if answers.confidence == Confidence::None {
            continue;
        }
        for answer in answers.answers {
            let (answered, by_rank, _) = found.entry(answer.slug).or_insert((0.0, 0.0, answer.title));
            let expected = *weight as f64 * f64::from(answers.probability);
            *answered += expected;
            *by_rank += expected / answer.rank as f64;
        }
    }
    let all: usize = queries.iter().map(|(_, _, weight)| weight).sum();
    let best =
        found.into_iter().max_by(|(a, (_, of_a, _)), (b, (_, of_b, _))| of_a.total_cmp(of_b).then_with(|| b.cmp(a)));
    Ok(best.map(|(slug, (answered, _, title))| CommonAnswer { slug, title, share: answered / all as f64 }))
}
