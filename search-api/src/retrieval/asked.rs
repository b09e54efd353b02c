//! A query as one language reads it, and what is seen of the first articles only by looking into them.

use super::closeness::Pairs;
use super::evidence::Evidence;
use super::fusion::{Scale, Scored};
use super::late_interaction;
use super::reading::QueryWord;
use indexer::visible::LanguageView;

/// Articles from which the first answers must stand out.
pub const HEAD: usize = 20;

/// A query as one language reads it.
pub struct Asked<'a> {
    /// Its words.
    pub words: &'a [QueryWord],
    /// What its model makes of its tokens; none where the model does not know the language.
    tokens: &'a [u128],
    /// Its pairs of neighbouring content words; `None` if it has less than two of these.
    pub pairs: Option<Pairs>,
}

/// The first articles of a list before anything is filtered from it, at most [`HEAD`].
#[derive(Clone, Debug)]
pub struct Head(Vec<Looked>);

/// What is seen of an article only by looking into it.
#[derive(Clone, Copy, Debug)]
struct Looked {
    article: u32,
    closeness: f32,
    likeness: f32,
}

impl<'a> Asked<'a> {
    /// Of a query's words and tokens.
    pub fn new(words: &'a [QueryWord], tokens: &'a [u128]) -> Self {
        Self { words, tokens, pairs: Pairs::of(words) }
    }

    /// How near each other the words stand in an article, 0..=1.
    pub fn closeness(&self, view: &LanguageView, article: u32, evidence: &Evidence) -> f32 {
        self.pairs.as_ref().map_or(0.0, |pairs| pairs.closeness(view, article, evidence))
    }

    /// How near its tokens come to those of an article's best passage, 0..=1; 0 where there are none.
    pub fn likeness(&self, view: &LanguageView, article: u32, evidence: &Evidence, scale: &Scale) -> f32 {
        if self.tokens.is_empty() {
            0.0
        } else {
            late_interaction::likeness(self.tokens, view, article, evidence, scale)
        }
    }

    /// What closeness 1 adds to a score, of the highest score by words.
    pub fn share_of_closeness(&self) -> f32 {
        self.pairs.as_ref().map_or(0.0, Pairs::share)
    }
}

impl Head {
    /// `first`: the articles, in any order.
    pub fn of(view: &LanguageView, asked: &Asked, evidence: &Evidence, scale: &Scale, first: &[Scored]) -> Self {
        let look = |&Scored { article, .. }: &Scored| Looked {
            article,
            closeness: asked.closeness(view, article, evidence),
            likeness: asked.likeness(view, article, evidence, scale),
        };
        Self(first.iter().map(look).collect())
    }

    /// The articles.
    pub fn articles(&self) -> impl Iterator<Item = u32> {
        self.0.iter().map(|looked| looked.article)
    }

    /// [`Asked::closeness`] of one of them.
    pub fn closeness(&self, article: u32) -> Option<f32> {
        self.looked(article).map(|looked| looked.closeness)
    }

    /// [`Asked::likeness`] of one of them.
    pub fn likeness(&self, article: u32) -> Option<f32> {
        self.looked(article).map(|looked| looked.likeness)
    }

    fn looked(&self, article: u32) -> Option<&Looked> {
        self.0.iter().find(|looked| looked.article == article)
    }
}
