//! All articles that answer a query, in their order; what `search` shows a page of and what `signpost eval` measures.

use super::asked::{Asked, HEAD, Head};
use super::confidence;
use super::evidence::Evidence;
use super::fusion::{self, NOTHING, Scale, Scored};
use super::language::{self, Found, Meant};
use super::lexical::{self, Scratch};
use super::reading::{self, QueryWord};
use super::{Confidence, Mode, Query, dense, facets, pins, rerank, spelling};
use indexer::language::Language;
use indexer::reranker::Reranker;
use indexer::token_codes::TokenCodes;
use indexer::visible::{LanguageView, ReadError, VisibleIndex};
use std::collections::HashSet;

/// Articles that a ranking holds at most.
pub const MOST_CANDIDATES: usize = 1_000;

/// Articles that are put in order even where fewer are asked for: closeness, tie-breakers, the second stage and confidence look at
/// them.
const LEAST_SORTED: usize = 100;

/// An article at its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Place in [`Ranking::languages`].
    pub language: usize,
    /// Number within that language's view.
    pub article: u32,
    /// What the first stage ordered it by; comparable within a language only.
    pub score: f32,
}

/// One language of a ranking, with the evidence that its articles were ordered by.
pub struct Ranked<'a> {
    /// The visible articles of the language.
    pub view: &'a LanguageView,
    /// The query as read in it.
    pub words: Vec<QueryWord>,
    /// What its tokens are compared by; none where they are not.
    pub tokens: TokenCodes,
    /// What words and vectors say.
    pub evidence: Evidence,
    /// How both were combined.
    pub scale: Scale,
    /// What comes first where nothing is filtered.
    pub head: Head,
}

/// Every article found, best first; in which order languages come is said at [`language::in_order`].
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
    /// How many of them stand first because editors pinned them.
    pub pinned: usize,
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

/// Ranks: the first `depth` candidates stand in their order, those after them in none. `query.limit` and `query.offset` have no part
/// in it.
pub fn rank<'a>(
    index: &'a VisibleIndex,
    query: &Query,
    vector: Option<&[i8]>,
    reranker: Option<&Reranker>,
    depth: usize,
    buffers: &mut Buffers,
) -> Result<Ranking<'a>, ReadError> {
    let depth = depth.max(LEAST_SORTED);
    let vector = vector.filter(|_| query.mode != Mode::Lexical && query.has_words() && index.model().is_some());
    let mode = if vector.is_some() { query.mode } else { Mode::Lexical };
    let views = language::order(index, query.language.as_ref(), &query.text)?;
    let several = views.len() > 1;
    let asked_in_known = views.first().is_some_and(|first| query.model_knows.has(first.language()));
    let mut languages = Vec::with_capacity(views.len());
    let mut lists = Vec::with_capacity(views.len());
    for (place, view) in views.into_iter().enumerate() {
        let words =
            if place == 0 { reading::read(view, &query.text)? } else { reading::read_exactly(view, &query.text)? };
        let mut evidence = buffers.spare.pop().unwrap_or_default();
        evidence.reset(view);
        lexical::weigh(view, &words, &mut buffers.scratch, &mut evidence)?;
        if let Some(vector) = vector {
            dense::scan(view, vector, &mut evidence);
        }
        let known = asked_in_known && query.model_knows.has(view.language());
        let tokens = if known && vector.is_some() { query.tokens.clone() } else { TokenCodes::default() };
        let asked = Asked::new(&words, &tokens);
        let trust = if known { fusion::Trust::Full } else { fusion::Trust::Half };
        if known && vector.is_some() {
            // Only a vector crosses to another language.
            evidence.meant = Meant::of(view.language(), &query.model_knows, &query.text);
        }
        let scale = fusion::fuse(view, &asked, &mut evidence, mode, trust);
        let id = |article| Some(view.article_id(article));
        let mut unfiltered = None;
        let mut found = if query.filters.is_empty() {
            fusion::best(&evidence.fused, NOTHING, MOST_CANDIDATES, id)
        } else {
            unfiltered = Some(fusion::best(&evidence.fused, NOTHING, HEAD, id));
            let filter = facets::Filter::of(&query.filters, view);
            let admitted = |article| id(article).filter(|_| filter.admits(view, article));
            fusion::best(&evidence.fused, NOTHING, MOST_CANDIDATES, admitted)
        };
        fusion::sort_first(&mut found, depth);
        let first = unfiltered.as_deref().unwrap_or(&found[..found.len().min(HEAD)]);
        let head = Head::of(view, &asked, &evidence, &scale, first);
        scale.add_closeness(&mut found, &asked, |article| {
            head.closeness(article).unwrap_or_else(|| asked.closeness(view, article, &evidence))
        });
        scale.add_late_interaction(&mut found, |article| {
            head.likeness(article).unwrap_or_else(|| asked.likeness(view, article, &evidence, &scale))
        });
        query.boosts.weigh(&mut found, |scored| (view.head(scored.article), index.slug(view, scored.article)));
        if let Some(reranker) = reranker.filter(|_| place == 0 && mode == Mode::Hybrid) {
            rerank::reorder(reranker, &query.text, view, &evidence, &scale, &mut found)?;
        }
        let candidate = |Scored { article, score, .. }| {
            // Of texts that the model does not understand no cosine says that one stands out.
            let cosine = if known { evidence.cosine[article as usize] } else { f32::MIN };
            (Candidate { language: place, article, score }, cosine)
        };
        lists.push(Found {
            articles: found.into_iter().map(candidate).collect(),
            typical: several.then(|| language::typical(&evidence.cosine)).flatten(),
        });
        languages.push(Ranked { view, words, tokens, evidence, scale, head });
    }
    let mut candidates = language::in_order(lists);
    let language = languages.first().map_or_else(Language::unknown, |first| first.view.language().clone());
    // What cosines say of a language that the model does not know was never measured.
    let model = index.model().filter(|_| mode != Mode::Lexical && asked_in_known);
    let judged = confidence::judge(&languages, &candidates, model);
    let pinned = pins::lift(index, &query.text, &language, &query.filters, &languages, &mut candidates);
    candidates.truncate(MOST_CANDIDATES);
    // Who pins an article says that it answers.
    let (confidence, probability) = if pinned > 0 { (Confidence::Good, confidence::SUREST) } else { judged };
    Ok(Ranking {
        mode,
        confidence,
        probability,
        language,
        suggestion: languages.first().and_then(|first| spelling::suggestion(&query.text, &first.words)),
        languages,
        candidates,
        pinned,
    })
}

impl Ranked<'_> {
    /// Whether the query says anything: has a word that is not a function word.
    pub fn has_subject(&self) -> bool {
        self.words.iter().any(|word| !word.function && !word.supports)
    }

    /// Terms to mark: those of content words, or of function words where there are no others.
    pub fn marks(&self) -> HashSet<&str> {
        let subject = self.has_subject();
        let words = self.words.iter().filter(|word| !(word.supports || subject && word.function));
        let terms = words.flat_map(|word| word.terms.iter().chain(word.synonyms.iter().flatten()));
        terms.map(String::as_str).collect()
    }
}
