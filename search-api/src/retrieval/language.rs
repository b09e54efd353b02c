//! The language that a query is read in, and the order in which languages are answered.

use indexer::analysis::{Kind, analyze};
use indexer::language::Language;
use indexer::visible::{LanguageView, ReadError, VisibleIndex};
use std::sync::Arc;

/// Words of a query that are looked up to tell its language.
pub const MAX_WORDS: usize = 16;

/// The visible languages in the order in which their articles are answered: the wanted one where it is visible (`pt` also
/// stands for `pt-br` and the other way round), else the one whose visible articles know most of the query's words, the
/// largest of equals; then the others, largest first. Scores of different languages are never compared.
///
/// Statistics of letters would need more text than people type into a search box; the articles' own words do not.
pub fn order<'a>(
    index: &'a VisibleIndex,
    wanted: Option<&Language>,
    text: &str,
) -> Result<Vec<&'a Arc<LanguageView>>, ReadError> {
    let mut views: Vec<_> = index.languages().iter().collect();
    if views.len() > 1 {
        let first = match wanted.and_then(|wanted| place_of(&views, wanted)) {
            Some(place) => place,
            None => most_at_home(&views, text)?,
        };
        views[..=first].rotate_right(1);
    }
    Ok(views)
}

fn place_of(views: &[&Arc<LanguageView>], wanted: &Language) -> Option<usize> {
    let exact = views.iter().position(|view| view.language() == wanted);
    exact.or_else(|| views.iter().position(|view| view.language().primary() == wanted.primary()))
}

fn most_at_home(views: &[&Arc<LanguageView>], text: &str) -> Result<usize, ReadError> {
    let mut best = (0, 0.0);
    for (place, view) in views.iter().enumerate() {
        let mut words = analyze(view.language(), text);
        words.retain(|token| token.kind != Kind::Pair);
        words.truncate(MAX_WORDS);
        let mut known = 0;
        for word in &words {
            known += usize::from(view.has_word(&word.word)?);
        }
        let share = known as f32 / words.len().max(1) as f32;
        if share > best.1 {
            best = (place, share);
        }
    }
    Ok(best.0)
}
