//! Why an article stands where it does for a query, in numbers and in plain words, and which words might move it.
//!
//! Everything is read from the ranking itself: nothing here weighs anything anew but the words' document frequencies.

pub mod moves;
mod sentences;

use super::boost::Factors;
use super::closeness::Pairs;
use super::fusion::best_among;
use super::late_interaction;
use super::lexical::inverse_frequency;
use super::ranking::{self, Ranking};
use super::reading::{Found, QueryWord};
use super::weight::at_home;
use super::{BUFFERS, Confidence, Mode, Query};
use indexer::visible::{Field, LanguageView, ReadError, VisibleIndex};
use std::collections::BTreeSet;

/// Why an article stands where it does.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Address slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Lists that were ranked.
    pub mode: Mode,
    /// How sure the list is.
    pub confidence: Confidence,
    /// 1-based place in the list; `None`: it is not found.
    pub rank: Option<usize>,
    /// Articles found.
    pub total: usize,
    /// Whether editors pinned it to the query.
    pub pinned: bool,
    /// What it was ordered by; 0 when it is not found.
    pub score: f32,
    /// What it and the query have in common.
    pub likeness: Likeness,
    /// The article one place above, if there is one.
    pub above: Option<Above>,
    /// All of it in plain words, a sentence each.
    pub sentences: Vec<String>,
    /// Words of the query, most important first, that are not in its title.
    pub missing: Vec<String>,
    /// Heading and anchor of the passage under one that speaks most for it; empty if it has no headings.
    pub heading: (String, String),
}

/// The article one place above.
#[derive(Clone, Debug)]
pub struct Above {
    /// Address slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Why it stands there whatever it says, if that is so.
    pub first: Option<First>,
    /// What it and the query have in common.
    pub likeness: Likeness,
}

/// Why an article goes before another without being compared with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum First {
    /// Editors pinned it.
    Pinned,
    /// It is written in a language that goes before the other's.
    ByLanguage,
}

/// What an article and a query have in common.
#[derive(Clone, Debug)]
pub struct Likeness {
    /// The query's words, in its order.
    pub words: Vec<WordAt>,
    /// Share of the query's weight whose words it has, 0..=1.
    pub coverage: f32,
    /// Lexical score, and its place among all of the language by it.
    pub lexical: (f32, usize),
    /// Cosine of its best passage, and its place by it; `None` without vectors.
    pub dense: Option<(f32, usize)>,
    /// How far the query's words are those of its language's articles, 0..=1: see [`super::weight`].
    pub at_home: f32,
    /// The same, less where nothing says that they are and they find what is far in meaning; 0 but in a hybrid ranking.
    pub trusted: f32,
    /// How near the query's words stand to each other, 0..=1; `None` for fewer than two content words.
    pub closeness: Option<f32>,
    /// How near the query's tokens come to those of its best passage, 0..=1; `None` where that has no part in the ranking.
    pub late_interaction: Option<f32>,
    /// Tie-breakers.
    pub factors: Factors,
}

/// A word of the query and where the article has it.
#[derive(Clone, Debug)]
pub struct WordAt {
    /// As typed.
    pub word: String,
    /// How it was read.
    pub found: Found,
    /// Share of the query's weight, 0..=1.
    pub weight: f32,
    /// Articles of the language that have it.
    pub articles: usize,
    /// Where this one has it.
    pub places: BTreeSet<Spot>,
    /// Whether only by a synonym.
    pub by_synonym: bool,
}

/// A part of an article.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// Its title.
    Title,
    /// Its tags, category or front-matter synonyms.
    Tags,
    /// A heading.
    Heading,
    /// Its text.
    Text,
}

const SPOTS: [(Field, Spot); 4] = [
    (Field::Title, Spot::Title),
    (Field::Tags, Spot::Tags),
    (Field::Heading, Spot::Heading),
    (Field::Body, Spot::Text),
];

/// Explains the place of an article. `vector` is the query's, as for [`super::search`]. `None`: the viewer sees no such article.
///
/// # Errors
/// The index could not be read.
pub fn explain(
    index: &VisibleIndex,
    query: &Query,
    vector: Option<&[i8]>,
    slug: &str,
) -> Result<Option<Explanation>, ReadError> {
    let Some((view, article)) = index.article(slug) else { return Ok(None) };
    BUFFERS.with_borrow_mut(|buffers| {
        let ranking = ranking::rank(index, query, vector, None, ranking::MOST_CANDIDATES, buffers)?;
        let explanation = of(index, query, &ranking, view, article);
        buffers.recycle(ranking);
        explanation.map(Some)
    })
}

fn of(
    index: &VisibleIndex,
    query: &Query,
    ranking: &Ranking,
    view: &LanguageView,
    article: u32,
) -> Result<Explanation, ReadError> {
    let language = ranking.languages.iter().position(|language| std::ptr::eq(language.view, view)).unwrap_or(0);
    let is_it = |candidate: &ranking::Candidate| (candidate.language, candidate.article) == (language, article);
    let place = ranking.candidates.iter().position(is_it);
    let likeness = likeness(index, query, ranking, language, article)?;
    let above = match place.and_then(|place| place.checked_sub(1)).map(|above| ranking.candidates[above]) {
        None => None,
        Some(above) => {
            let view = ranking.languages[above.language].view;
            let by_language = (above.language != language).then_some(First::ByLanguage);
            Some(Above {
                slug: index.slug(view, above.article).to_owned(),
                title: view.head(above.article).title.clone(),
                first: if place == Some(ranking.pinned) { Some(First::Pinned) } else { by_language },
                likeness: self::likeness(index, query, ranking, above.language, above.article)?,
            })
        }
    };
    let ranked = &ranking.languages[language];
    let mut under_headings = Vec::new();
    for document in view.passages_of(article) {
        if !view.passage(document)?.trail.is_empty() {
            under_headings.push(document);
        }
    }
    let passage = best_among(under_headings, &ranked.evidence, &ranked.scale).map(|document| view.passage(document));
    let passage = passage.transpose()?;
    let heading = passage
        .map(|passage| (passage.trail.last().copied().unwrap_or_default().to_owned(), passage.anchor.to_owned()));
    let mut explanation = Explanation {
        slug: index.slug(view, article).to_owned(),
        title: view.head(article).title.clone(),
        mode: ranking.mode,
        confidence: ranking.confidence,
        rank: place.map(|place| place + 1),
        total: ranking.candidates.len(),
        pinned: place.is_some_and(|place| place < ranking.pinned),
        score: place.map_or(0.0, |place| ranking.candidates[place].score),
        missing: missing(&ranked.words, &likeness, &query.text),
        likeness,
        above,
        sentences: Vec::new(),
        heading: heading.unwrap_or_default(),
    };
    explanation.sentences = sentences::about(&explanation, ranking.pinned);
    Ok(explanation)
}

fn likeness(
    index: &VisibleIndex,
    query: &Query,
    ranking: &Ranking,
    language: usize,
    article: u32,
) -> Result<Likeness, ReadError> {
    let ranked = &ranking.languages[language];
    let (view, evidence) = (ranked.view, &ranked.evidence);
    let mut words = Vec::with_capacity(ranked.words.len());
    for word in &ranked.words {
        words.push(word_at(view, &query.text, word, article)?);
    }
    let whole: f32 = words.iter().map(|word| word.weight).sum();
    words.iter_mut().for_each(|word| word.weight /= if whole > 0.0 { whole } else { 1.0 });
    let place = |scores: &[f32]| {
        let own = scores[article as usize];
        (own, 1 + scores.iter().filter(|score| **score > own).count())
    };
    Ok(Likeness {
        words,
        coverage: evidence.coverage[article as usize],
        lexical: place(&evidence.lexical),
        dense: Some(place(&evidence.cosine)).filter(|(cosine, _)| *cosine > f32::MIN),
        at_home: at_home(evidence.said(evidence.meant.here())),
        trusted: ranked.scale.signals.at_home,
        closeness: Pairs::of(&ranked.words).map(|pairs| pairs.closeness(view, article, evidence)),
        late_interaction: Some(&*ranked.tokens)
            .filter(|tokens| ranked.scale.late_weight > 0.0 && !tokens.is_empty())
            .map(|tokens| late_interaction::likeness(tokens, view, article, evidence, &ranked.scale)),
        factors: query.boosts.factors(view.head(article), index.slug(view, article)),
    })
}

fn word_at(view: &LanguageView, text: &str, word: &QueryWord, article: u32) -> Result<WordAt, ReadError> {
    let (mut articles, mut places) = (BTreeSet::new(), BTreeSet::new());
    let mut own = false;
    let mut postings = Vec::new();
    for (field, spot) in SPOTS {
        postings.clear();
        for term in &word.terms {
            view.postings(field, term, &mut postings)?;
        }
        own |= postings.iter().any(|posting| view.article_of(posting.document) == article);
        for together in &word.synonyms {
            view.postings_together(field, together, &mut postings)?;
        }
        let with_it: BTreeSet<u32> = postings.iter().map(|posting| view.article_of(posting.document)).collect();
        places.extend(with_it.contains(&article).then_some(spot));
        articles.extend(with_it);
    }
    Ok(WordAt {
        word: text[word.span.clone()].to_owned(),
        found: word.found.clone(),
        weight: word.weight * inverse_frequency(view.articles(), articles.len()),
        articles: articles.len(),
        by_synonym: !places.is_empty() && !own,
        places,
    })
}

/// Content words that are not in the title, the most important first; misspelt ones as they were read.
fn missing(words: &[QueryWord], likeness: &Likeness, text: &str) -> Vec<String> {
    let content = words.iter().zip(&likeness.words).filter(|(word, _)| !word.function && !word.supports);
    let mut missing: Vec<_> = content.filter(|(_, at)| !at.places.contains(&Spot::Title)).collect();
    // What it has nowhere first, then the heavier.
    missing.sort_by(|(_, a), (_, b)| {
        a.places.is_empty().cmp(&b.places.is_empty()).reverse().then(b.weight.total_cmp(&a.weight))
    });
    let mut said = Vec::<String>::new();
    for (word, _) in missing {
        let spelt = match &word.found {
            Found::AsTypoOf(known) => known.clone(),
            _ => text[word.span.clone()].to_owned(),
        };
        if !said.contains(&spelt) {
            said.push(spelt);
        }
    }
    said
}
