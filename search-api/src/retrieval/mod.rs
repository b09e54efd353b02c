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
mod asked;
mod boost;
mod closeness;
mod common_answer;
mod confidence;
mod cost;
mod dense;
mod evidence;
pub mod explain;
mod facets;
mod function_words;
mod fusion;
mod language;
mod late_interaction;
mod lexical;
mod parts;
mod pins;
mod ranking;
mod reading;
mod rerank;
mod signals;
mod snippet;
mod spelling;
mod suggest;
mod synonyms;
mod terms;
#[cfg(test)]
mod tests;
mod weight;

pub use boost::{Boosts, Helped};
pub use common_answer::{CommonAnswer, common_answer};
pub use cost::most_work;
pub use parts::{Part, Parts, parts};
pub use ranking::MOST_CANDIDATES;
pub use signals::Signals;
pub use snippet::{Sense, snippet};
pub use suggest::suggest;
pub use weight::Signals as WeightSignals;

use indexer::language::{KnownLanguages, Language};
use indexer::reranker::Reranker;
use indexer::static_table::StaticTable;
use indexer::token_codes::TokenCodes;
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
    /// Languages that the model of its vector knows.
    pub model_knows: KnownLanguages,
    /// What that model makes of its tokens; none where nobody knows.
    pub tokens: TokenCodes,
    /// Tie-breakers.
    pub boosts: Boosts,
}

impl Query {
    /// Whether there is anything to look for in it: punctuation and emoji alone name nothing, and what a model makes of them is
    /// chance.
    pub fn has_words(&self) -> bool {
        self.text.contains(char::is_alphanumeric)
    }
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
    /// What the first stage ordered it by.
    pub score: f32,
    /// Whether it stands where it does because editors pinned it to the query.
    pub pinned: bool,
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
    /// Facet key → value → articles among those found; of each key at most the 100 most frequent values.
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

/// Models that a search may use beside the query's vector.
#[derive(Clone, Copy, Default)]
pub struct Models<'a> {
    /// Says which sentence is nearest to the query where none of its words stands in a passage.
    pub table: Option<&'a StaticTable>,
    /// Reads the query and the best passages together, and orders them anew.
    pub reranker: Option<&'a Reranker>,
}

thread_local! {
    static BUFFERS: RefCell<Buffers> = RefCell::default();
}

/// [`search_with`] no further models.
///
/// # Errors
/// The index could not be read.
pub fn search(index: &VisibleIndex, query: &Query, vector: Option<&[i8]>) -> Result<Answers, ReadError> {
    search_with(index, query, vector, Models::default())
}

/// Ranks the articles that answer a query and reads the page asked for. `vector` is the query's, of the model `index.model()`.
///
/// # Errors
/// The index could not be read.
pub fn search_with(
    index: &VisibleIndex,
    query: &Query,
    vector: Option<&[i8]>,
    models: Models,
) -> Result<Answers, ReadError> {
    BUFFERS.with_borrow_mut(|buffers| {
        let ranking = ranking::rank(index, query, vector, models.reranker, query.offset + query.limit, buffers)?;
        let sense = models.table.and_then(|table| Sense::of(table, &query.text));
        let answers = answers::page(index, &ranking, query, sense.as_ref());
        buffers.recycle(ranking);
        answers
    })
}

/// Ranks the articles that answer a query, all of them and without their texts: (address slug, score of the first stage), best
/// first, at most [`MOST_CANDIDATES`]. [`search`] gives pages of this list.
///
/// # Errors
/// The index could not be read.
pub fn rank(index: &VisibleIndex, query: &Query, vector: Option<&[i8]>) -> Result<Vec<(String, f32)>, ReadError> {
    rank_with(index, query, vector, Models::default())
}

/// [`rank`] with further models; [`search_with`] gives pages of this list.
///
/// # Errors
/// The index could not be read.
pub fn rank_with(
    index: &VisibleIndex,
    query: &Query,
    vector: Option<&[i8]>,
    models: Models,
) -> Result<Vec<(String, f32)>, ReadError> {
    BUFFERS.with_borrow_mut(|buffers| {
        let ranking = ranking::rank(index, query, vector, models.reranker, MOST_CANDIDATES, buffers)?;
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
        let ranking = ranking::rank(index, query, vector, None, MOST_CANDIDATES, buffers)?;
        let signals = Signals::of_list(&ranking.languages, &ranking.candidates).next().map(|(_, signals)| signals);
        buffers.recycle(ranking);
        Ok(signals)
    })
}
