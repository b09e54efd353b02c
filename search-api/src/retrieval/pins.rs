//! Articles that editors want on top of what a query finds.

use super::facets;
use super::ranking::{Candidate, Ranked};
use indexer::language::Language;
use indexer::visible::VisibleIndex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Puts the pinned articles that the filters admit before all others, in the editors' order, whether the query finds them or not;
/// says how many.
pub fn lift(
    index: &VisibleIndex,
    text: &str,
    read_in: &Language,
    filters: &BTreeMap<String, Vec<String>>,
    languages: &[Ranked],
    candidates: &mut Vec<Candidate>,
) -> usize {
    let place_of =
        |view: &indexer::visible::LanguageView| languages.iter().position(|language| std::ptr::eq(language.view, view));
    let mut pinned = Vec::new();
    for (view, article) in index.pinned(text, read_in) {
        if let Some(language) = place_of(Arc::as_ref(view))
            && (filters.is_empty() || facets::Filter::of(filters, view).admits(view, article))
        {
            let is_it = |candidate: &Candidate| (candidate.language, candidate.article) == (language, article);
            let found = candidates.iter().position(is_it).map(|place| candidates.remove(place));
            pinned.push(found.unwrap_or(Candidate { language, article, score: 0.0 }));
        }
    }
    let count = pinned.len();
    candidates.splice(0..0, pinned);
    count
}
