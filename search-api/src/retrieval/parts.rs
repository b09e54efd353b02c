//! What a hybrid ranking is made of, before it is weighed: for fitting the weight of the vectors to judged queries.

use super::asked::Asked;
use super::fusion::POOL;
use super::weight::Signals;
use super::{BUFFERS, Mode, Query, ranking};
use indexer::visible::{ReadError, VisibleIndex};

/// A ranking's parts.
#[derive(Clone, Debug)]
pub struct Parts {
    /// What the weight depends on.
    pub signals: Signals,
    /// The first hundred articles by words and by vectors, in no order.
    pub articles: Vec<Part>,
}

/// What speaks for one article.
#[derive(Clone, Debug)]
pub struct Part {
    /// Address slug.
    pub slug: String,
    /// Share of the highest score by words, 0..=1.
    pub lexical: f32,
    /// Share of the range of cosines, 0..=1.
    pub dense: f32,
    /// What the closeness of the query's words adds to both, weighed.
    pub closeness: f32,
    /// What late interaction adds if it is one of the first few, weighed.
    pub likeness: f32,
}

/// Takes the ranking of the query's own language apart; `None` if nothing is found or no vectors are there to be ranked.
///
/// # Errors
/// The index could not be read.
pub fn parts(index: &VisibleIndex, query: &Query, vector: &[i8]) -> Result<Option<Parts>, ReadError> {
    BUFFERS.with_borrow_mut(|buffers| {
        let ranking = ranking::rank(index, query, Some(vector), None, ranking::MOST_CANDIDATES, buffers)?;
        let first = ranking.languages.first().filter(|_| ranking.mode == Mode::Hybrid);
        let parts = first.map(|first| {
            let asked = Asked::new(&first.words, &first.tokens);
            let part = |article: u32| {
                let (lexical, dense) = first.scale.shares(&first.evidence, article);
                let closeness = asked.share_of_closeness() * asked.closeness(first.view, article, &first.evidence);
                let likeness = asked.likeness(first.view, article, &first.evidence, &first.scale);
                let likeness = first.scale.late_weight * likeness;
                Part { slug: index.slug(first.view, article).to_owned(), lexical, dense, closeness, likeness }
            };
            let articles = pool(&first.evidence.lexical, &first.evidence.cosine).into_iter().map(part).collect();
            Parts { signals: first.scale.signals, articles }
        });
        buffers.recycle(ranking);
        Ok(parts)
    })
}

/// The first [`POOL`] articles of each list.
fn pool(lexical: &[f32], cosine: &[f32]) -> Vec<u32> {
    let first = |scores: &[f32], nothing: f32| {
        let mut found: Vec<u32> = (0..).zip(scores).filter(|(_, score)| **score > nothing).map(|(a, _)| a).collect();
        found.sort_by(|a, b| scores[*b as usize].total_cmp(&scores[*a as usize]));
        found.truncate(POOL);
        found
    };
    let mut pool = [first(lexical, 0.0), first(cosine, f32::MIN)].concat();
    pool.sort_unstable();
    pool.dedup();
    pool
}
