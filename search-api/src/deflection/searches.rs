//! Keystrokes to searches: what one typed in one go is one search.

use super::log::{Confidence, Kind, QueryVector, Searched, Surface};
use super::occurrence::Occurrence;
use super::question::{MINUTE, Rules};
use super::stems::stems;
use super::ties;
use indexer::embedder::cosine;
use indexer::language::Language;
use serde::{Deserialize, Serialize};
use std::cell::OnceCell;
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization;

/// One question, as it was finally put.
#[derive(Debug)]
pub struct Search<'a> {
    /// The event of each keystroke that was answered, in order; never empty.
    pub keystrokes: Vec<Occurrence<'a>>,
    /// Text, answers and confidence of the last.
    pub last: &'a Searched,
    /// Text of the last, normalised; `None` where it is not kept.
    pub text: Option<String>,
    stems: OnceCell<BTreeSet<String>>,
}

/// Normalises a query: NFKC, lower case, white space collapsed.
pub fn normalise(text: &str) -> String {
    let lower = text.nfkc().flat_map(char::to_lowercase).collect::<String>();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Gathers the searches of a visit from its sorted events: neighbours on one surface, no click between, at most 2 s apart, one
/// text a prefix of the other.
pub fn searches<'a>(events: &[Occurrence<'a>], rules: &Rules) -> Vec<Search<'a>> {
    let mut found: Vec<Search<'a>> = Vec::new();
    let mut clicked = true;
    for event in events {
        match &event.event.kind {
            Kind::Click(_) => clicked = true,
            Kind::Search(searched) => {
                let text = searched.text.as_deref().map(normalise);
                match found
                    .last_mut()
                    .filter(|open| !clicked && open.continues(event, searched, text.as_deref(), rules))
                {
                    Some(open) => open.extend(*event, searched, text),
                    None => found.push(Search::new(*event, searched, text)),
                }
                clicked = false;
            }
            _ => {}
        }
    }
    found
}

/// Whether a visit is no person's: too many searches in some minute, or too many events.
pub fn is_bot(events: &[Occurrence<'_>], searches: &[Search<'_>], rules: &Rules) -> bool {
    let limit = rules.bot_searches_a_minute;
    let too_fast = |run: &[Search<'_>]| run[limit].begins() - run[0].begins() <= MINUTE;
    events.len() > rules.bot_events_a_visit || searches.windows(limit + 1).any(too_fast)
}

impl<'a> Search<'a> {
    fn new(event: Occurrence<'a>, last: &'a Searched, text: Option<String>) -> Self {
        Self { keystrokes: vec![event], last, text, stems: OnceCell::new() }
    }

    fn extend(&mut self, event: Occurrence<'a>, last: &'a Searched, text: Option<String>) {
        self.keystrokes.push(event);
        self.last = last;
        self.text = text;
    }

    fn continues(&self, event: &Occurrence<'_>, searched: &Searched, text: Option<&str>, rules: &Rules) -> bool {
        let Some(previous) = self.keystrokes.last() else { return false };
        let near = event.t - previous.t <= rules.keystroke_gap && event.event.surface == previous.event.surface;
        near && match (self.text.as_deref(), text) {
            (Some(previous), Some(text)) => is_grown(previous, text),
            _ => {
                ties::between((&previous.event.id, self.last), (&event.event.id, searched)).is_some_and(|tie| tie.grown)
            }
        }
    }

    /// The event of its last keystroke, by its id, and what it says.
    fn named(&self) -> (&'a str, &'a Searched) {
        (self.keystrokes.last().map_or("", |event| &event.event.id), self.last)
    }

    /// When its first keystroke was answered.
    pub fn begins(&self) -> i64 {
        self.keystrokes.first().map_or(0, |event| event.t)
    }

    /// When its last keystroke was answered.
    pub fn ends(&self) -> i64 {
        self.keystrokes.last().map_or(0, |event| event.t)
    }

    /// Where it was asked.
    pub fn surface(&self) -> Surface {
        self.keystrokes.last().map_or_else(Surface::default, |event| event.event.surface)
    }

    /// Ids of all its keystrokes.
    pub fn ids(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.keystrokes.iter().filter_map(|event| match &event.event.kind {
            Kind::Search(searched) => searched.search_id.as_deref(),
            _ => None,
        })
    }

    /// Language of the last.
    pub fn language(&self) -> Option<&'a Language> {
        self.last.language.as_ref()
    }

    /// Vector of the last.
    pub fn vector(&self) -> Option<&'a QueryVector> {
        self.last.vector.as_ref()
    }

    /// Whether nothing good was found: so said, or, where nothing was said, no result.
    pub fn found_nothing(&self) -> bool {
        self.last.confidence.map_or(self.last.results == 0, |confidence| confidence == Confidence::None)
    }

    /// Stems of the last text; computed when first asked for.
    pub fn stems(&self) -> &BTreeSet<String> {
        self.stems.get_or_init(|| match (self.language(), &self.text) {
            (Some(language), Some(text)) => stems(language, text),
            _ => BTreeSet::new(),
        })
    }

    /// How alike two searches are, or were when one of them lost its text.
    pub fn likeness(&self, other: &Self) -> Likeness {
        if let Some(tie) = ties::between(self.named(), other.named()) {
            return tie.likeness;
        }
        let shared =
            if self.language() == other.language() { self.stems().intersection(other.stems()).count() } else { 0 };
        Likeness { cosine: self.vector().zip(other.vector()).and_then(|(a, b)| compare(a, b)), shared }
    }
}

/// Whether one of two normalised texts begins with the other.
pub fn is_grown(a: &str, b: &str) -> bool {
    a.starts_with(b) || b.starts_with(a)
}

/// Cosine of two vectors of one model; vectors of different models are not compared.
pub fn compare(a: &QueryVector, b: &QueryVector) -> Option<f32> {
    (a.model == b.model && a.values.len() == b.values.len()).then(|| cosine(&a.values, &b.values))
}

/// How alike two searches are; the greater, the more: by cosine first (an incomparable pair is below any), then by shared stems.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// Cosine, of vectors of one model.
    pub cosine: Option<f32>,
    /// Stems in common, in one language.
    pub shared: usize,
}

impl Likeness {
    /// Whether two such searches are one need.
    pub fn is_one_need(&self, rules: &Rules) -> bool {
        self.shared > 0 || self.cosine.is_some_and(|cosine| cosine >= rules.refine_similarity)
    }

    /// The best of each of two comparisons.
    pub fn or_better(self, other: Self) -> Self {
        let cosine = match (self.cosine, other.cosine) {
            (Some(a), Some(b)) => Some(a.max(b)),
            (a, b) => a.or(b),
        };
        Self { cosine, shared: self.shared.max(other.shared) }
    }

    /// Orders by cosine, then by shared stems.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let cosine = |likeness: &Self| likeness.cosine.unwrap_or(f32::NEG_INFINITY);
        cosine(self).total_cmp(&cosine(other)).then(self.shared.cmp(&other.shared))
    }
}
