//! All articles that answer a query, in their order; what `search` shows a page of and what `signpost eval` measures.

use super::confidence;
use super::evidence::Evidence;
use super::fusion::{self, Scale, Scored};
use super::lexical::{self, Scratch};
use super::reading::{self, QueryWord};
use super::{Confidence, Mode, Query, dense, facets, language, spelling};
use indexer::language::Language;
use indexer::visible::{LanguageView, ReadError, VisibleIndex};
use std::collections::HashSet;

/// Articles that a ranking holds at most.
pub const MOST_CANDIDATES: usize = 1_000;

/// An article at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Place in [`Ranking::languages`].
    pub language: usize,
    /// Number within that language's view.
    pub article: u32,
    /// What it was ordered by; comparable within a language only.
    pub score: f32,
}

/// One language of a ranking, with the evidence that its articles were ordered by.
pub struct Ranked<'a> {
    /// The visible articles of the language.
    pub view: &'a LanguageView,
    /// The query as read in it.
    pub words: Vec<QueryWord>,
    /// What words and vectors say.
    pub evidence: Evidence,
    /// How both were combined.
    pub scale: Scale,
}

/// Every article found, best first, those of the query's language before all others.
pub struct Ranking<'a> {
    /// Lists that were ranked.
    pub mode: Mode,
    /// How sure.
    pub confidence: Confidence,
    /// How probable it is that one of the first three answers is right, 0..=1.
    pub probability: f32,
    /// Language that the query was read in.
    pub language: Language,
    /// Corrected query.
    pub suggestion: Option<String>,
    /// The languages, in order.
    pub languages: Vec<Ranked<'a>>,
    /// At most [`MOST_CANDIDATES`].
    pub candidates: Vec<Candidate>,
}

/// Buffers of one thread, kept from query to query.
#[derive(Debug, Default)]
pub struct Buffers {
    scratch: Scratch,
    spare: Vec<Evidence>,
}

impl Buffers {
    /// Takes back what a ranking borrowed.
    pub fn recycle(&mut self, ranking: Ranking) {
        self.spare.extend(ranking.languages.into_iter().map(|language| language.evidence));
    }
}

/// Ranks. `query.limit` and `query.offset` have no part in it.
pub fn rank<'a>(
    index: &'a VisibleIndex,
    query: &Query,
    vector: Option<&[i8]>,
    buffers: &mut Buffers,
) -> Result<Ranking<'a>, ReadError> {
    let vector = vector.filter(|_| query.mode != Mode::Lexical && index.model().is_some());
    let mode = if vector.is_some() { query.mode } else { Mode::Lexical };
    let views = language::order(index, query.language.as_ref(), &query.text)?;
    let mut languages = Vec::with_capacity(views.len());
    let mut candidates = Vec::new();
    for (place, view) in views.into_iter().enumerate() {
        let words =
            if place == 0 { reading::read(view, &query.text)? } else { reading::read_exactly(view, &query.text)? };
        let mut evidence = buffers.spare.pop().unwrap_or_default();
        evidence.reset(view);
        lexical::weigh(view, &words, &mut buffers.scratch, &mut evidence)?;
        if let Some(vector) = vector {
            dense::scan(view, vector, &mut evidence);
        }
        let (mut found, scale) = fusion::fuse(view, &evidence, mode);
        if !query.filters.is_empty() {
            found.retain(|scored| facets::admits(&query.filters, view.head(scored.article)));
        }
        let mut found = fusion::best(found, MOST_CANDIDATES - candidates.len());
        found.sort_unstable_by(fusion::best_first);
        candidates.extend(found.into_iter().map(|Scored { article, score, .. }| Candidate {
            language: place,
            article,
            score,
        }));
        languages.push(Ranked { view, words, evidence, scale });
    }
    let model = index.model().filter(|_| mode != Mode::Lexical);
    let (confidence, probability) = confidence::judge(&languages, &candidates, model);
    Ok(Ranking {
        mode,
        confidence,
        probability,
        language: languages.first().map_or_else(Language::unknown, |first| first.view.language().clone()),
        suggestion: languages.first().and_then(|first| spelling::suggestion(&query.text, &first.words)),
        languages,
        candidates,
    })
}

impl Ranked<'_> {
    /// Whether the query says anything: has a word that is not a function word.
    pub fn has_subject(&self) -> bool {
        self.words.iter().any(|word| !word.function)
    }

    /// Terms to mark: those of content words, or of function words where there are no others.
    pub fn marks(&self) -> HashSet<&str> {
        let subject = self.has_subject();
        let words = self.words.iter().filter(|word| !(subject && word.function));
        words.flat_map(|word| word.terms.iter().map(String::as_str)).collect()
    }
}
