//! Second stage: the first articles in the order in which a cross-encoder puts their best passages.

use super::evidence::Evidence;
use super::fusion::{Scale, Scored, best_passage};
use indexer::embedder::EmbedderError;
use indexer::passage::embedded_text;
use indexer::reranker::Reranker;
use indexer::visible::{LanguageView, ReadError};

/// Articles that are read again.
const REREAD: usize = 20;

/// Orders the first articles of a sorted list anew; the others stay behind them, and all scores are the first stage's. A reranker
/// that fails leaves the list as it is, and the log says so.
pub fn reorder(
    reranker: &Reranker,
    query: &str,
    view: &LanguageView,
    evidence: &Evidence,
    scale: &Scale,
    found: &mut [Scored],
) -> Result<(), ReadError> {
    let first = found.len().min(REREAD);
    let found = &mut found[..first];
    let mut texts = Vec::with_capacity(found.len());
    for scored in &*found {
        let title = &view.head(scored.article).title;
        texts.push(match best_passage(view, scored.article, evidence, scale) {
            Some(document) => embedded_text(title, &view.passage(document)?.to_passage()),
            None => title.clone(),
        });
    }
    arrange(found, reranker.scores(query, &texts));
    Ok(())
}

fn arrange(found: &mut [Scored], scores: Result<Vec<f32>, EmbedderError>) {
    match scores {
        Ok(scores) => {
            let mut ordered: Vec<(f32, Scored)> = scores.into_iter().zip(found.iter().copied()).collect();
            // Stable: equals stay in the order of the first stage.
            ordered.sort_by(|(a, _), (b, _)| b.total_cmp(a));
            found.iter_mut().zip(ordered).for_each(|(slot, (_, scored))| *slot = scored);
        }
        Err(error) => tracing::error!(%error, "the reranker failed: the order is the first stage's"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_is_that_of_the_scores_and_a_failure_leaves_it() {
        let mut found = [1, 2, 3].map(|id| Scored { article: 0, id, score: 1.0 });
        let ids = |found: &[Scored]| found.iter().map(|scored| scored.id).collect::<Vec<_>>();
        arrange(&mut found, Ok(vec![0.5, -2.0, 7.0]));
        assert_eq!(ids(&found), [3, 1, 2]);
        arrange(&mut found, Ok(vec![1.0; 3]));
        assert_eq!(ids(&found), [3, 1, 2], "equals stay");
        arrange(&mut found, Err(EmbedderError::NoScores));
        assert_eq!(ids(&found), [3, 1, 2]);
    }
}
