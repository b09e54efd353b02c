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
use indexer::visible::{Field, LanguageView, Posting, ReadError};

const K1: f32 = 1.2;
const B: f32 = 0.75;
/// Fields with what a word in them counts beside one in the body.
const FIELDS: [(Field, f32); 4] = [(Field::Title, 6.0), (Field::Tags, 2.0), (Field::Heading, 2.0), (Field::Body, 1.0)];
/// What the best passage's own score adds to its article's.
const PASSAGE_SHARE: f32 = 0.5;
/// What words in the title add, at most, of their weight. nDCG@10 at 0 and 1 by words: telerik-kb-tickets 0.765, 0.805;
/// anchors-workfront-en 0.852, 0.927; stackfaq 0.829, 0.852; smart-remote-qa 0.777, 0.776; best mean of the hybrid at 1.
const TITLE_SHARE: f32 = 1.0;
/// Words of a query that are scored: the rarest, since they tell most; of equally rare ones the first.
const MAX_SCORED: usize = 16;

/// Buffers, kept so that a query allocates nothing once they have grown.
#[derive(Debug, Default)]
pub struct Scratch {
    postings: Vec<Posting>,
    /// Weighted frequencies of the word at hand, by article and by document, and which are not 0.
    article_tf: Vec<f32>,
    document_tf: Vec<f32>,
    articles: Vec<u32>,
    documents: Vec<u32>,
    /// The same for all words of the query, one after the other.
    article_hits: Vec<(u32, f32)>,
    document_hits: Vec<(u32, f32)>,
    /// Articles that have the word in their title, for all words of the query, one after the other.
    title_hits: Vec<u32>,
    /// By article: weight of the query's words in its title, and their number.
    title_weight: Vec<f32>,
    title_words: Vec<f32>,
    words: Vec<Weighed>,
}

#[derive(Debug)]
struct Weighed {
    place: usize,
    /// Importance times inverse frequency.
    weight: f32,
    trust: f32,
    article_hits: std::ops::Range<usize>,
    document_hits: std::ops::Range<usize>,
    title_hits: std::ops::Range<usize>,
}

/// Fills the lexical arrays of `evidence`, which fits the view.
pub fn weigh(
    view: &LanguageView,
    words: &[QueryWord],
    scratch: &mut Scratch,
    evidence: &mut Evidence,
) -> Result<(), ReadError> {
    scratch.collect(view, words)?;
    let unknown: f32 = scratch.words.iter().filter(|word| word.article_hits.is_empty()).map(|word| word.weight).sum();
    scratch.words.retain(|word| !word.article_hits.is_empty());
    scratch.words.sort_unstable_by(|a, b| b.weight.total_cmp(&a.weight).then(a.place.cmp(&b.place)));
    scratch.words.truncate(MAX_SCORED);
    scratch.words.sort_unstable_by_key(|word| word.place);
    let whole = scratch.words.iter().map(|word| word.weight).sum::<f32>() + unknown;
    for word in &scratch.words {
        let weight = word.weight * word.trust;
        evidence.known += weight / whole;
        if words[word.place].identifier {
            evidence.identifiers += weight / whole;
        }
        for (article, tf) in &scratch.article_hits[word.article_hits.clone()] {
            evidence.lexical[*article as usize] += weight * saturated(*tf);
            evidence.coverage[*article as usize] += weight / whole;
        }
        for (document, tf) in &scratch.document_hits[word.document_hits.clone()] {
            evidence.passage_lexical[*document as usize] += weight * saturated(*tf);
        }
        for article in &scratch.title_hits[word.title_hits.clone()] {
            scratch.title_weight[*article as usize] += weight;
            scratch.title_words[*article as usize] += 1.0;
        }
    }
    scratch.add_best_passages(view, evidence);
    scratch.add_titles(view, evidence);
    Ok(())
}

fn saturated(tf: f32) -> f32 {
    tf * (K1 + 1.0) / (K1 + tf)
}

fn normalised(length: u32, average: f32) -> f32 {
    1.0 - B + B * length as f32 / average
}

fn inverse_frequency(articles: u32, with_word: usize) -> f32 {
    (1.0 + (articles as f32 - with_word as f32 + 0.5) / (with_word as f32 + 0.5)).ln()
}

impl Scratch {
    /// First pass: reads each word's postings into one list by article and one by passage; only then is its df known.
    fn collect(&mut self, view: &LanguageView, words: &[QueryWord]) -> Result<(), ReadError> {
        self.words.clear();
        self.article_hits.clear();
        self.document_hits.clear();
        self.title_hits.clear();
        for by_article in [&mut self.title_weight, &mut self.title_words] {
            by_article.clear();
            by_article.resize(view.articles() as usize, 0.0);
        }
        self.article_tf.clear();
        self.article_tf.resize(view.articles() as usize, 0.0);
        self.document_tf.clear();
        self.document_tf.resize(view.documents() as usize, 0.0);
        for (place, word) in words.iter().enumerate() {
            let from_title = self.title_hits.len();
            for term in &word.terms {
                for (field, weight) in FIELDS {
                    self.add_postings(view, field, term)?;
                    self.weigh_articles(view, field, weight);
                    if field == Field::Title {
                        self.title_hits.extend(self.postings.iter().map(|posting| view.article_of(posting.document)));
                    }
                    // A passage is not the better one for more articles and prepositions, and they are most of all postings.
                    if !word.function && matches!(field, Field::Heading | Field::Body) {
                        self.weigh_passages(view, field, weight);
                    }
                }
            }
            let (from_article, from_document) = (self.article_hits.len(), self.document_hits.len());
            for article in self.articles.drain(..) {
                self.article_hits.push((article, std::mem::take(&mut self.article_tf[article as usize])));
            }
            for document in self.documents.drain(..) {
                self.document_hits.push((document, std::mem::take(&mut self.document_tf[document as usize])));
            }
            if word.terms.len() > 1 {
                let mut titles = self.title_hits.split_off(from_title);
                titles.sort_unstable();
                titles.dedup();
                self.title_hits.append(&mut titles);
            }
            let with_word = self.article_hits.len() - from_article;
            self.words.push(Weighed {
                place,
                weight: word.weight * inverse_frequency(view.articles(), with_word),
                trust: word.trust,
                article_hits: from_article..self.article_hits.len(),
                document_hits: from_document..self.document_hits.len(),
                title_hits: from_title..self.title_hits.len(),
            });
        }
        Ok(())
    }

    fn add_postings(&mut self, view: &LanguageView, field: Field, term: &str) -> Result<(), ReadError> {
        self.postings.clear();
        view.postings(field, term, &mut self.postings)
    }

    /// Adds the postings at hand to `article_tf`. Documents of one article stand together, so each is weighed once.
    fn weigh_articles(&mut self, view: &LanguageView, field: Field, weight: f32) {
        let average = view.total_length(field) as f32 / view.articles() as f32;
        let mut postings =
            self.postings.iter().map(|posting| (view.article_of(posting.document), posting.frequency)).peekable();
        while let Some((article, mut frequency)) = postings.next() {
            while let Some((_, more)) = postings.next_if(|(next, _)| *next == article) {
                frequency += more;
            }
            let slot = &mut self.article_tf[article as usize];
            if *slot == 0.0 {
                self.articles.push(article);
            }
            *slot += weight * frequency as f32 / normalised(view.article_length(field, article), average);
        }
    }

    /// Adds the postings at hand to `document_tf`.
    fn weigh_passages(&mut self, view: &LanguageView, field: Field, weight: f32) {
        let average = view.total_length(field) as f32 / view.passages() as f32;
        for posting in &self.postings {
            let slot = &mut self.document_tf[posting.document as usize];
            if *slot == 0.0 {
                self.documents.push(posting.document);
            }
            *slot += weight * posting.frequency as f32 / normalised(view.length(field, posting.document), average);
        }
    }

    /// Third part of the formula.
    fn add_titles(&mut self, view: &LanguageView, evidence: &mut Evidence) {
        let by_article = self.title_weight.iter().zip(&self.title_words).enumerate();
        for (article, (weight, words)) in by_article.filter(|(_, (_, words))| **words > 0.0) {
            let share = (words / view.article_length(Field::Title, article as u32).max(1) as f32).min(1.0);
            evidence.lexical[article] += TITLE_SHARE * weight * share * share;
        }
    }

    /// Second part of the formula; `article_tf` is all zero by now and serves as the list of maxima.
    fn add_best_passages(&mut self, view: &LanguageView, evidence: &mut Evidence) {
        for (document, score) in evidence.passage_lexical.iter().enumerate().filter(|(_, score)| **score > 0.0) {
            let best = &mut self.article_tf[view.article_of(document as u32) as usize];
            *best = best.max(*score);
        }
        for (score, best) in evidence.lexical.iter_mut().zip(&self.article_tf) {
            *score += PASSAGE_SHARE * best;
        }
    }
}
