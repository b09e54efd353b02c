//! The language that a query is read in, and the order in which languages are answered.

use indexer::analysis::{Kind, analyze};
use indexer::language::Language;
use indexer::visible::{Field, LanguageView, ReadError, VisibleIndex};
use std::sync::Arc;

/// Words of a query that are looked up to tell its language.
pub const MAX_WORDS: usize = 16;
/// What a word counts whose own form no article has.
const FORM_KNOWN: f32 = 0.5;
/// Articles from which on a mean of their cosines says what is typical.
const FEW: i64 = 30;

/// The visible languages in the order in which their articles are answered: the wanted one where it is visible (`pt` also
/// stands for `pt-br` and the other way round), else the one whose visible articles know most of the query's words, the
/// largest of equals; then the others, largest first. Lexical scores of different languages are never compared.
///
/// A word that stands there in another form alone (`facture`, `factures`) counts half: in the wrong language, stems meet by chance.
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

/// What was found in one language.
pub struct Found<T> {
    /// Articles, best first, with their cosines (`f32::MIN` = no vector).
    pub articles: Vec<(T, f32)>,
    /// Mean cosine of the language's articles to the query; `None` if they are too few for it to mean something.
    pub typical: Option<f32>,
}

/// Brings the languages' articles into one order: the first language's, then the others', but before all of them those that
/// stand out in meaning among their language's articles more than each article of the first does among its own. Under a model
/// that crosses languages the viewer's own has no such answer then.
///
/// Texts of one language are near to each other, whatever they say; so cosines are compared by how far they lie above those
/// that are typical of their language. With multilingual-e5-small and the same 2,403 pages in German and English, an English
/// page comes before the German ones for 3 % of German titles; without its German version the right one does for 28 %, and for 3 %
/// by bare cosines.
pub fn in_order<T>(found: Vec<Found<T>>) -> Vec<T> {
    let mut found = found.into_iter();
    let Some(own) = found.next() else { return Vec::new() };
    let nearest = own.articles.iter().map(|(_, cosine)| *cosine).fold(f32::MIN, f32::max);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for other in found {
        let shift = own.typical.zip(other.typical).map_or(0.0, |(own, other)| own - other);
        for (article, cosine) in other.articles {
            let stands_out = nearest > f32::MIN && cosine > f32::MIN && cosine + shift > nearest;
            if stands_out { before.push(article) } else { after.push(article) }
        }
    }
    before.into_iter().chain(own.articles.into_iter().map(|(article, _)| article)).chain(after).collect()
}

/// The mean of cosines that are there, at least [`FEW`]. Counted in whole numbers: the same in whatever order they come.
pub fn typical(cosines: &[f32]) -> Option<f32> {
    let (mut sum, mut count) = (0_i64, 0_i64);
    for cosine in cosines.iter().filter(|cosine| **cosine > f32::MIN) {
        sum += (f64::from(*cosine) * 1e9).round() as i64;
        count += 1;
    }
    (count >= FEW).then(|| (sum as f64 / count as f64 / 1e9) as f32)
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
        let mut known = 0.0;
        for word in &words {
            known += if view.has_word(&word.word)? {
                1.0
            } else if has_term(view, &word.term)? {
                FORM_KNOWN
            } else {
                0.0
            };
        }
        let share = known / words.len().max(1) as f32;
        if share > best.1 {
            best = (place, share);
        }
    }
    Ok(best.0)
}

fn has_term(view: &LanguageView, term: &str) -> Result<bool, ReadError> {
    let mut postings = Vec::new();
    for field in Field::ALL {
        view.postings(field, term, &mut postings)?;
        if !postings.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: f32 = f32::MIN;

    type Articles<'a> = &'a [(&'static str, f32)];

    #[track_caller]
    fn check(found: &[(Option<f32>, Articles)], expected: &[&str]) {
        let found = found.iter().map(|(typical, articles)| Found { articles: articles.to_vec(), typical: *typical });
        assert_eq!(in_order(found.collect()), expected);
    }

    #[test]
    fn another_languages_articles_come_after_unless_nearer_in_meaning_than_all_of_the_first() {
        let english: (_, &[_]) = (None, &[("a", 0.2), ("b", 0.5), ("c", NONE)]);
        check(&[english, (None, &[("x", 0.4), ("y", NONE)])], &["a", "b", "c", "x", "y"]);
        check(&[english, (None, &[("x", 0.6), ("y", 0.1)]), (None, &[("z", 0.7)])], &["x", "z", "a", "b", "c", "y"]);
        check(&[(None, &[]), (None, &[("x", NONE), ("y", 0.1)])], &["x", "y"]);
        check(&[(None, &[("a", NONE)]), (None, &[("x", 0.9)])], &["a", "x"]); // words alone: nothing to compare
        check(&[], &[]);
    }

    #[test]
    fn cosines_are_compared_above_what_is_typical_of_their_language() {
        let german: (_, &[_]) = (Some(0.4), &[("a", 0.6)]);
        check(&[german, (Some(0.1), &[("x", 0.4), ("y", 0.2)])], &["x", "a", "y"]);
        check(&[german, (None, &[("x", 0.4)])], &["a", "x"]); // too few to know: bare cosines
    }

    #[test]
    fn what_is_typical_depends_on_no_order_and_on_enough_articles() {
        let mut cosines: Vec<f32> = (0..40).map(|n| (n as f32 * 0.37).sin() / 3.0).collect();
        let mean = typical(&cosines).expect("enough");
        assert!((mean - cosines.iter().sum::<f32>() / 40.0).abs() < 1e-6);
        cosines.reverse();
        cosines.extend([NONE; 5]);
        assert_eq!(typical(&cosines), Some(mean));
        assert_eq!(typical(&cosines[..29]), None);
    }
}
