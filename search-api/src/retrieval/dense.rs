//! Vectors: the cosine of every visible passage, and of each article's best one.

use super::evidence::Evidence;
use indexer::visible::LanguageView;

/// Fills the arrays of cosines of `evidence`, which fits the view. A full scan: nothing is approximate.
pub fn scan(view: &LanguageView, vector: &[i8], evidence: &mut Evidence) {
    let Evidence { cosine, passage_cosine, .. } = evidence;
    passage_cosine.resize(view.documents() as usize, f32::MIN);
    view.scan_vectors(vector, &mut |document, found| {
        passage_cosine[document as usize] = found;
        let best = &mut cosine[view.article_of(document) as usize];
        *best = best.max(found);
    });
}
