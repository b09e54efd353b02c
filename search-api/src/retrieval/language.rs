//! The language that a query is read in, and the order in which languages are answered.

use super::function_words;
use indexer::analysis::{Kind, analyze};
use indexer::language::{KnownLanguages, Language, is_beyond_latin};
use indexer::visible::{Field, LanguageView, ReadError, VisibleIndex};
use std::sync::Arc;

/// Words of a query that are looked at to tell its language.
pub const MAX_WORDS: usize = 16;
/// What a word counts whose own form no article has.
const FORM_KNOWN: f32 = 0.5;
/// What speaks for a language without any word: one function word of another leaves a fifth, two a ninth.
const DOUBT: f32 = 0.25;
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

/// What a query says of the language that its words are meant in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meant {
    /// How far they are meant as words of the language at hand by the function words among them, 0..=1: less where more of these are
    /// another language's than its own. Articles in German name products and pages in English, so that a whole English title may be
    /// made of words that they know; but not by chance is it held together by `how`, `to` and `the`.
    ///
    /// Of 1,115 English titles 64 % have more function words of English than of German, of 2,059 German link texts 1.3 %, nearly all
    /// of these English names of pages; of English link texts 0.1 % seem to be of any other language. A detector by letters (whatlang)
    /// told 51 % and 1.4 %, and hears single names as English.
    pub by_function_words: f32,
    /// The same by letters: less where the language has letters of its own and the query none of them.
    pub by_letters: f32,
    /// Whether no function word or letter of the language is among them, though it has a list of these or letters of its own.
    pub in_doubt: bool,
}

impl Meant {
    /// Without a doubt.
    pub const HERE: Self = Self { by_function_words: 1.0, by_letters: 1.0, in_doubt: false };

    /// How far a query's words are meant as words of `own` and not of another one of `others`.
    pub fn of(own: &Language, others: &KnownLanguages, text: &str) -> Self {
        if !others.are_several() {
            return Self::HERE;
        }
        let words: Vec<String> = text.split_whitespace().take(MAX_WORDS).filter_map(plain_word).collect();
        let by_function_words = by_function_words(own, others, &words);
        if own.is_in_latin() {
            let told = words.iter().any(|word| function_words::contains(own, word));
            let can_tell = function_words::of(own).is_some();
            return Self { by_function_words, by_letters: 1.0, in_doubt: can_tell && !told };
        }
        let told = text.chars().any(is_beyond_latin);
        let by_letters = if told { 1.0 } else { share(0.0, words.len() as f32) };
        Self { by_function_words, by_letters, in_doubt: !told }
    }

    /// How far they are meant as words of the language, 0..=1.
    pub fn here(self) -> f32 {
        self.by_function_words.min(self.by_letters)
    }
}

impl Default for Meant {
    fn default() -> Self {
        Self::HERE
    }
}

/// How far words are meant as words of `own` by the function words among them.
fn by_function_words(own: &Language, others: &KnownLanguages, words: &[String]) -> f32 {
    let Some(own) = function_words::of(own) else { return 1.0 };
    let mut least = 1.0_f32;
    for other in function_words::ALL.iter().filter(|other| others.has_primary(other.language)) {
        let (mut ours, mut theirs) = (0.0, 0.0);
        for word in words {
            match (own.contains(word), other.contains(word)) {
                (true, false) => ours += 1.0,
                (false, true) => theirs += 1.0,
                _ => {}
            }
        }
        if theirs > ours {
            least = least.min(share(ours, theirs));
        }
    }
    least
}

/// Share of the words that are ours among all that are one or the other.
fn share(ours: f32, theirs: f32) -> f32 {
    (ours + DOUBT) / (ours + theirs + DOUBT)
}

/// A word in lower case, without what stands around it; none where it has no letter, or no small one, as abbreviations: `AI` is no
/// French verb.
fn plain_word(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let abbreviation = word.chars().nth(1).is_some() && !word.contains(char::is_lowercase);
    (word.contains(char::is_alphabetic) && !abbreviation).then(|| word.to_lowercase())
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
    fn function_words_and_letters_tell_in_which_language_a_query_is_meant() {
        let tag = |tag| Language::parse(tag).expect("a tag");
        for (own, text, here, in_doubt) in [
            ("de", "How to set up a dashboard", 1.0 / 13.0, true), // how, to, a
            ("de-at", "Create a project", 0.2, true),
            ("de", "Dashboard", 1.0, true),
            ("de", "Dashboard Widget Export", 1.0, true),
            ("de", "max_retries", 1.0, true),
            ("de", "E-Mail-Warnungen", 1.0, true), // in one piece: Italian `e` is not meant
            ("de", "Export im Dashboard", 1.0, false),
            ("de", "Wie richte ich das Dashboard for Teams ein?", 1.0, false),
            ("en", "¿Cómo cambio mi contraseña?", 1.0 / 9.0, true),
            ("en", "AI assistant", 1.0, true), // no French `ai`
            ("en", "how do I restore a page", 1.0, false),
            ("nb", "hvordan endrer jeg passordet", 1.0, false),
            ("ja", "how to export", 1.0 / 13.0, true), // none of these words has a letter of it
            ("ja", "Dashboard", 0.2, true),
            ("ja", "PDF", 1.0, true), // of every language
            ("ja", "PDF エクスポート", 1.0, false),
            ("ja", "Settings API の Webhook Endpoint", 1.0, false),
            ("ru", "сброс пароля", 1.0, false),
            ("ru", "reset password", 1.0 / 9.0, true),
            ("eo", "how to export", 1.0, false), // nothing is known of its own
            ("vi", "đổi mật khẩu", 1.0, false),
            ("de", "", 1.0, true),
            ("ja", "?! 404", 1.0, true),
        ] {
            let meant = Meant::of(&tag(own), &KnownLanguages::All, text);
            assert!((meant.here() - here).abs() < 1e-6, "{own}: {text}: {meant:?}");
            assert_eq!(meant.in_doubt, in_doubt, "{own}: {text}");
        }
        let export = Meant::of(&tag("ja"), &KnownLanguages::All, "how to export");
        assert!((export.by_function_words - 1.0 / 9.0).abs() < 1e-6, "{export:?}"); // confidence is calibrated to these
        for (own, text) in [("de", "how to export"), ("ja", "Dashboard")] {
            let known = KnownLanguages::Only([tag(own)].into());
            assert_eq!(Meant::of(&tag(own), &known, text), Meant::HERE, "the model knows no English");
        }
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
