//! Words: BM25F over whole articles, plus a share of the best passage's own BM25, plus what a title says that is the query.
//!
//! For a query word that stands for the terms T, over the fields f of an article a:
//!
//! ```text
//! tf(a)    = Σ_t Σ_f weight_f · frequency(t, f, a) / (1 − b + b · length(f, a) / average length of f)
//! score(a) = Σ_words weight · ln(1 + (N − df + ½) / (df + ½)) · tf(a) · (k1 + 1) / (k1 + tf(a))
//! ```
//!
//! BM25F saturates: an article that has the words often outdoes the one that is called by them. So an article gets
//! [`TITLE_SHARE`] of the weight (times inverse frequency) of the words in its title, times the square of the share of the title
//! that they are: all of it where the title is the query, little where it says much else.
//!
//! N and df count living articles of one language that the viewer may see, and df those with any of T in any field
//! (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009, section 3.6). Frequencies are added as whole numbers
//! and scores in the order of the query's words, so their bits do not depend on how articles are spread over partitions.

use super::evidence::Evidence;
use super::reading::QueryWord;
use super::terms::{Hits, Reader};
use indexer::visible::{Field, LanguageView, ReadError};
use std::sync::Arc;

/// What the best passage's own score adds to its article's.
const PASSAGE_SHARE: f32 = 0.5;
/// What words in the title add, at most, of their weight. nDCG@10 at 0 and 1 by words: telerik-kb-tickets 0.765, 0.805;
/// anchors-workfront-en 0.852, 0.927; stackfaq 0.829, 0.852; smart-remote-qa 0.777, 0.776; best mean of the hybrid at 1.
const TITLE_SHARE: f32 = 1.0;
/// Words of a query that are scored: the rarest, since they tell most; of equally rare ones the first.
const MAX_SCORED: usize = 16;

/// Buffers, kept so that a query allocates little once they have grown.
#[derive(Debug, Default)]
pub struct Scratch {
    reader: Reader,
    words: Vec<Weighed>,
    /// By article: weight of the query's words in its title, and their number; all 0 between two queries.
    titles: Vec<(f32, f32)>,
    /// Articles that have one of them in their title.
    titled: Vec<u32>,
    /// By article: score of its best passage.
    best: Vec<f32>,
}

#[derive(Debug)]
struct Weighed {
    place: usize,
    /// Importance times inverse frequency.
    weight: f32,
    trust: f32,
    hits: Arc<Hits>,
}

/// Fills the lexical arrays of `evidence`, which fits the view.
pub fn weigh(
    view: &LanguageView,
    words: &[QueryWord],
    scratch: &mut Scratch,
    evidence: &mut Evidence,
) -> Result<(), ReadError> {
    scratch.collect(view, words)?;
    let unknown: f32 = scratch.words.iter().filter(|word| word.is_unknown()).map(|word| word.weight).sum();
    scratch.words.retain(|word| !word.is_unknown());
    scratch.words.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then(a.place.cmp(&b.place)));
    scratch.words.truncate(MAX_SCORED);
    scratch.words.sort_unstable_by_key(|word| word.place);
    let whole = scratch.words.iter().map(|word| word.weight).sum::<f32>() + unknown;
    evidence.whole = whole;
    evidence.weights.resize(words.len(), 0.0);
    for word in &scratch.words {
        let weight = word.weight * word.trust;
        let share = weight / whole;
        evidence.known += share;
        evidence.weights[word.place] = word.weight;
        if words[word.place].identifier {
            evidence.identifiers += share;
        }
        word.hits.articles.add(weight, &mut evidence.lexical);
        word.hits.articles.count_in(share, &mut evidence.coverage);
        word.hits.documents.add(weight, &mut evidence.passage_lexical);
        for article in &word.hits.titles {
            let (in_title, words) = &mut scratch.titles[*article as usize];
            if *words == 0.0 {
                scratch.titled.push(*article);
            }
            *in_title += weight;
            *words += 1.0;
        }
    }
    scratch.add_best_passages(view, evidence);
    scratch.add_titles(view, evidence);
    evidence.highest = highest(&evidence.lexical);
    scratch.words.clear();
    Ok(())
}

/// The highest of scores that are not negative: their bits stand in the same order, and as whole numbers are compared many at once.
fn highest(scores: &[f32]) -> f32 {
    f32::from_bits(scores.iter().map(|score| score.to_bits()).max().unwrap_or(0))
}

/// Weight of a word that this many articles have.
pub fn inverse_frequency(articles: u32, with_word: usize) -> f32 {
    (1.0 + (articles as f32 - with_word as f32 + 0.5) / (with_word as f32 + 0.5)).ln()
}

impl Weighed {
    fn is_unknown(&self) -> bool {
        self.hits.articles.count() == 0
    }
}

impl Scratch {
    /// First pass: reads where each word stands; only then is its df known.
    fn collect(&mut self, view: &LanguageView, words: &[QueryWord]) -> Result<(), ReadError> {
        self.words.clear();
        self.titles.resize(view.articles() as usize, (0.0, 0.0));
        self.best.clear();
        self.best.resize(view.articles() as usize, 0.0);
        self.reader.fit(view);
        for (place, word) in words.iter().enumerate() {
            let hits = self.reader.hits(view, word)?;
            let weight = word.weight * inverse_frequency(view.articles(), hits.articles.count());
            self.words.push(Weighed { place, weight, trust: word.trust, hits });
        }
        Ok(())
    }

    /// Second part of the formula.
    fn add_best_passages(&mut self, view: &LanguageView, evidence: &mut Evidence) {
        let scores = &evidence.passage_lexical;
        let best = &mut self.best;
        let mut raise = |document: usize| {
            // Without a branch: whether a passage is its article's best cannot be foretold. A dead one has no article.
            if let Some(best) = best.get_mut(view.article_of(document as u32) as usize) {
                *best = if scores[document] > *best { scores[document] } else { *best };
            }
        };
        let lists: Option<Vec<_>> = self.words.iter().map(|word| word.hits.documents.listed()).collect();
        match lists {
            Some(lists) => lists.into_iter().flatten().for_each(|(document, _)| raise(*document as usize)),
            None => (0..scores.len()).for_each(raise),
        }
        evidence.highest_passage = highest(best);
        evidence.lexical.iter_mut().zip(best).for_each(|(score, best)| *score += PASSAGE_SHARE * *best);
    }

    /// Third part of the formula.
    fn add_titles(&mut self, view: &LanguageView, evidence: &mut Evidence) {
        for article in self.titled.drain(..) {
            let (weight, words) = std::mem::take(&mut self.titles[article as usize]);
            let share = (words / view.article_length(Field::Title, article).max(1) as f32).min(1.0);
            evidence.lexical[article as usize] += TITLE_SHARE * weight * share * share;
        }
    }
}
