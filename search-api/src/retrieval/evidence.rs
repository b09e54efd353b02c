//! What the words and the vectors say for each article and passage of one language: the arrays that ranking fills and reads.

use indexer::visible::LanguageView;

/// Scores by article and by document number of one [`LanguageView`], reused from query to query.
#[derive(Debug, Default)]
pub struct Evidence {
    /// Share of the query's weight that known identifiers have, 0..=1.
    pub identifiers: f32,
    /// Share of the query's weight that known words have, misread ones by the trust in them, 0..=1: little in another language.
    pub known: f32,
    /// Lexical score by article; 0 = no word of the query stands in it.
    pub lexical: Vec<f32>,
    /// Share of the query's weight whose words stand in the article, by article, 0..=1.
    pub coverage: Vec<f32>,
    /// Lexical score by document; 0 for head documents.
    pub passage_lexical: Vec<f32>,
    /// Highest cosine of a passage, by article; `f32::MIN` = no vector.
    pub cosine: Vec<f32>,
    /// Cosine by document; `f32::MIN` = no vector.
    pub passage_cosine: Vec<f32>,
}

impl Evidence {
    /// Forgets everything and fits the arrays to a view.
    pub fn reset(&mut self, view: &LanguageView) {
        self.identifiers = 0.0;
        self.known = 0.0;
        let (articles, documents) = (view.articles() as usize, view.documents() as usize);
        for (array, len, nothing) in [
            (&mut self.lexical, articles, 0.0),
            (&mut self.coverage, articles, 0.0),
            (&mut self.passage_lexical, documents, 0.0),
            (&mut self.cosine, articles, f32::MIN),
            (&mut self.passage_cosine, documents, f32::MIN),
        ] {
            array.clear();
            array.resize(len, nothing);
        }
    }
}
