//! What the words and the vectors say for each article and passage of one language: the arrays that ranking fills and reads.

use super::language::Meant;
use indexer::visible::LanguageView;

/// Scores by article and by document number of one [`LanguageView`], reused from query to query.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Share of the query's weight that known identifiers have, 0..=1.
    pub identifiers: f32,
    /// Share of the query's weight that known words have, misread ones by the trust in them, 0..=1: little in another language.
    pub known: f32,
    /// In which language its words are meant.
    pub meant: Meant,
    /// Weight of the whole query: of the words that are scored and of those that no visible article has.
    pub whole: f32,
    /// Weight of each word of the query, by its place; 0 = not scored.
    pub weights: Vec<f32>,
    /// Highest lexical score of an article.
    pub highest: f32,
    /// Highest lexical score of a passage.
    pub highest_passage: f32,
    /// Lexical score by article; 0 = no word of the query stands in it.
    pub lexical: Vec<f32>,
    /// Share of the query's weight whose words stand in the article, by article, 0..=1.
    pub coverage: Vec<f32>,
    /// Lexical score by document; 0 for head documents.
    pub passage_lexical: Vec<f32>,
    /// Highest cosine of a passage, by article; `f32::MIN` = no vector.
    pub cosine: Vec<f32>,
    /// Cosine by document; `f32::MIN` = no vector. Empty unless vectors were scanned.
    pub passage_cosine: Vec<f32>,
    /// Score under the mode at hand, by article; `f32::MIN` = not found. Empty until both are fused.
    pub fused: Vec<f32>,
}

impl Evidence {
    /// Forgets everything and fits the arrays to a view.
    pub fn reset(&mut self, view: &LanguageView) {
        (self.identifiers, self.known, self.whole) = (0.0, 0.0, 0.0);
        self.meant = Meant::HERE;
        (self.highest, self.highest_passage) = (0.0, 0.0);
        self.weights.clear();
        self.passage_cosine.clear();
        self.fused.clear();
        let (articles, documents) = (view.articles() as usize, view.documents() as usize);
        for (array, len, nothing) in [
            (&mut self.lexical, articles, 0.0),
            (&mut self.coverage, articles, 0.0),
            (&mut self.passage_lexical, documents, 0.0),
            (&mut self.cosine, articles, f32::MIN),
        ] {
            array.clear();
            array.resize(len, nothing);
        }
    }

    /// Share of the query's weight that known words have if they are so far meant in this language, 0..=1. Identifiers are of none.
    pub fn said(&self, meant: f32) -> f32 {
        self.identifiers + meant * (self.known - self.identifiers)
    }

    /// Cosine of a document; `f32::MIN` = no vector.
    pub fn cosine_of(&self, document: u32) -> f32 {
        self.passage_cosine.get(document as usize).copied().unwrap_or(f32::MIN)
    }
}
