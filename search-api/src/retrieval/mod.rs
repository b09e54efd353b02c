//! Query to ranked answers; pure given a `VisibleIndex`: the same index, query and vector give the same bytes.
//!
//! ```text
//! Query ─▶ language ─▶ reading ─▶ lexical ┐
//!                                         ├─▶ fusion ─▶ facets ─▶ confidence ─▶ answers, snippet, spelling
//!                        vector ─▶ dense ─┘
//! ```
//!
//! Every number comes from the visible articles of one language; nothing here can reach others.

mod answers;
mod confidence;
mod dense;
mod evidence;
mod facets;
mod function_words;
mod fusion;
mod language;
mod lexical;
mod ranking;
mod reading;
mod signals;
mod snippet;
mod spelling;
mod suggest;
#[cfg(test)]
mod tests;

pub use ranking::MOST_CANDIDATES;
pub use signals::Signals;
pub use suggest::suggest;

use indexer::language::Language;
use indexer::visible::{ReadError, VisibleIndex};
use ranking::{Buffers, Candidate};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// Which lists are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Mode {
    /// Words alone.
    Lexical,
    /// Vectors alone.
    Dense,
    /// Both, fused.
    #[default]
    Hybrid,
}

/// What is asked. Limits are checked where it is built (`http/search.rs`).
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// As typed.
    pub text: String,
    /// The viewer's language; its articles come first.
    pub language: Option<Language>,
    /// Facet filters: key → values, or within a key, and between keys. An unknown key matches nothing.
    pub filters: BTreeMap<String, Vec<String>>,
    /// Answers wanted, 1..=50.
    pub limit: usize,
    /// Answers skipped, 0..=1000.
    pub offset: usize,
    /// Lists wanted.
    pub mode: Mode,
}

/// How sure the list is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confidence {
    /// Very likely one of the first three answers it.
    Good,
    /// Perhaps.
    Weak,
    /// Most likely nothing here answers it.
    None,
}

/// A stretch of a snippet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Plain text.
    pub text: String,
    /// Whether it is a word that matched.
    pub marked: bool,
}

/// One article with its best passage.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Address slug.
    pub slug: String,
    /// Title.
    pub title: String,
    /// Language of the article.
    pub language: Language,
    /// Kind of article.
    pub kind: String,
    /// Categories from the portal's root.
    pub breadcrumb: Vec<String>,
    /// 1-based place in the whole list.
    pub rank: usize,
    /// Heading of the passage, empty before the first heading.
    pub heading: String,
    /// Its anchor.
    pub anchor: String,
    /// One to three sentences of the passage.
    pub snippet: Vec<Stretch>,
    /// The whole passage.
    pub text: String,
    /// What it was ordered by.
    pub score: f32,
}

/// Ranked answers.
#[derive(Clone, Debug)]
pub struct Answers {
    /// Lists that were ranked (`Lexical` when there was no vector, or the visible passages have none).
    pub mode: Mode,
    /// How sure.
    pub confidence: Confidence,
    /// How probable it is that one of the first three answers is right, 0..=1: what `confidence` puts in a word.
    pub probability: f32,
    /// Language that the query was read in.
    pub language: Language,
    /// Articles found (api.md), at most 1,000.
    pub total: usize,
    /// The page asked for.
    pub answers: Vec<Answer>,
    /// Facet key → value → articles among those found.
    pub facets: BTreeMap<String, BTreeMap<String, usize>>,
    /// Corrected query, where words unknown to the visible vocabulary were read as known ones.
    pub suggestion: Option<String>,
}

/// What is offered while one types.
#[derive(Clone, Debug, Default)]
pub struct Suggestions {
    /// Completed queries: titles, headings, tags and synonyms of visible articles.
    pub completions: Vec<String>,
    /// Articles: (slug, title).
    pub articles: Vec<(String, String)>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// Ranks the articles that answer a query and reads the page asked for. `vector` is the query's, of the model `index.model()`.
///
/// # Errors
/// The index could not be read.
pub fn search(index: &VisibleIndex, query: &Query, vector: Option<&[i8]>) -> Result<Answers, ReadError> {
    BUFFERS.with_borrow_mut(|buffers| {
        let ranking = ranking::rank(index, query, vector, buffers)?;
        let answers = answers::page(index, &ranking, query.limit, query.offset);
        buffers.recycle(ranking);
        answers
    })
}

/// Ranks the articles that answer a query, all of them and without their texts: (address slug, score), best first, at most
/// [`MOST_CANDIDATES`]. [`search`] gives pages of this list.
///
/// # Errors
/// The index could not be read.
pub fn rank(index: &VisibleIndex, query: &Query, vector: Option<&[i8]>) -> Result<Vec<(String, f32)>, ReadError> {
    BUFFERS.with_borrow_mut(|buffers| {
        let ranking = ranking::rank(index, query, vector, buffers)?;
        let slug = |candidate: &Candidate| {
            index.slug(ranking.languages[candidate.language].view, candidate.article).to_owned()
        };
        let ranked = ranking.candidates.iter().map(|candidate| (slug(candidate), candidate.score)).collect();
        buffers.recycle(ranking);
        Ok(ranked)
    })
}

/// What tells how sure the list of [`rank`] is, for fitting [`Confidence`] to judged queries; `None` where nothing is found.
///
/// # Errors
/// The index could not be read.
pub fn signals(index: &VisibleIndex, query: &Query, vector: Option<&[i8]>) -> Result<Option<Signals>, ReadError> {
    BUFFERS.with_borrow_mut(|buffers| {
        let ranking = ranking::rank(index, query, vector, buffers)?;
        let signals = Signals::of_list(&ranking.languages, &ranking.candidates).next().map(|(_, signals)| signals);
        buffers.recycle(ranking);
        Ok(signals)
    })
}
