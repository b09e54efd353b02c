//! The visible articles of one language, numbered anew over all segments that they stand in.

use super::words::Prefixes;
use super::{Facets, Field, Living, ReadError, Synonyms, Work};
use crate::article::{Body, Head};
use crate::embedder::{Embedding, ModelDigest, cosines};
use crate::language::Language;
use crate::partition::{IndexedArticle, Segment};
use crate::shown::{ShownPassage, TermHash, read_names};
use crate::token_codes;
use std::any::Any;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use tantivy::postings::TermInfo;
use tantivy::schema::IndexRecordOption;
use tantivy::{TantivyError, Term};

/// In [`LanguageView::article_of`]: the document belongs to no living article.
const DEAD: u32 = u32::MAX;

/// The visible articles written in one language. Numbers of articles and passages are dense, start at 0, and mean nothing
/// outside this value: order answers by score, then [`LanguageView::article_id`].
pub struct LanguageView {
    language: Language,
    synonyms: Synonyms,
    pub(super) segments: Vec<SegmentAt>,
    /// By document; [`DEAD`] marks the dead, and is the only mark that there is.
    article_of: Vec<u32>,
    /// By article: segment, article in it.
    places: Vec<(u32, u32)>,
    /// By article.
    ids: Vec<u64>,
    /// By article: its passages' documents.
    passages_of: Vec<Range<u32>>,
    /// By field and article.
    lengths: [Vec<u32>; Field::ALL.len()],
    /// By article.
    slugs: Vec<Arc<str>>,
    passages: u32,
    totals: [u64; Field::ALL.len()],
    facets: OnceLock<Facets>,
    derived: OnceLock<Box<dyn Any + Send + Sync>>,
    pub(super) prefixes: Prefixes,
}

/// A segment and where its documents begin in the view.
pub(super) struct SegmentAt {
    first: u32,
    pub(super) segment: Arc<Segment>,
    /// Whether all its documents are alive: then the engine's own counts are right.
    pub(super) whole: bool,
}

/// One occurrence list entry: a living document (passage or head) with a term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Document within the view: see [`LanguageView::article_of`].
    pub document: u32,
    /// How often the term stands in the field.
    pub frequency: u32,
}

impl LanguageView {
    pub(crate) fn new(language: Language, livings: &[&Living]) -> Self {
        let mut view = Self {
            language,
            synonyms: Synonyms::default(),
            segments: Vec::new(),
            article_of: Vec::new(),
            places: Vec::new(),
            ids: Vec::new(),
            passages_of: Vec::new(),
            lengths: Default::default(),
            slugs: Vec::new(),
            passages: 0,
            totals: [0; Field::ALL.len()],
            facets: OnceLock::new(),
            derived: OnceLock::new(),
            prefixes: Prefixes::default(),
        };
        for living in livings {
            for (s, segment) in living.partition().segments.iter().enumerate() {
                view.add(segment, living.alive(s));
            }
        }
        view.slugs = vec![Arc::default(); view.places.len()];
        view
    }

    fn add(&mut self, segment: &Arc<Segment>, alive: &[bool]) {
        let first = self.documents();
        self.article_of.resize(self.article_of.len() + segment.documents as usize, DEAD);
        for (a, article) in segment.articles.iter().enumerate().filter(|(a, _)| alive[*a]) {
            for document in article.documents() {
                self.article_of[(first + document) as usize] = self.articles();
            }
            self.places.push((self.segments.len() as u32, a as u32));
            self.ids.push(article.id);
            let passages = first + article.first + 1;
            self.passages_of.push(passages..passages + u32::from(article.passages));
            self.passages += u32::from(article.passages);
            for ((total, lengths), length) in self.totals.iter_mut().zip(&mut self.lengths).zip(article.lengths) {
                *total += u64::from(length);
                lengths.push(length);
            }
        }
        let whole = alive.iter().all(|alive| *alive);
        self.segments.push(SegmentAt { first, segment: Arc::clone(segment), whole });
    }

    /// The language.
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// What editors let words of a query in this language stand for.
    pub fn synonyms(&self) -> &Synonyms {
        &self.synonyms
    }

    /// Gives the view its synonyms.
    pub(super) fn steer(&mut self, synonyms: Synonyms) {
        self.synonyms = synonyms;
    }

    /// Living articles: numbered `0..articles()`.
    pub fn articles(&self) -> u32 {
        self.places.len() as u32
    }

    /// Living passages.
    pub fn passages(&self) -> u32 {
        self.passages
    }

    /// Documents are numbered `0..documents()`; some of them may be dead and never appear in a posting.
    pub fn documents(&self) -> u32 {
        self.article_of.len() as u32
    }

    /// Article that a document belongs to; `u32::MAX` for a dead one.
    pub fn article_of(&self, document: u32) -> u32 {
        self.article_of[document as usize]
    }

    /// Stable number of an article, from its path: the last tie-break of every order.
    pub fn article_id(&self, article: u32) -> u64 {
        self.ids[article as usize]
    }

    /// Place of a passage in its article (0-based), or `None` for a head document.
    pub fn ordinal(&self, document: u32) -> Option<u16> {
        let passages = self.passages_of(self.article_of(document));
        passages.contains(&document).then(|| u16::try_from(document - passages.start).ok()).flatten()
    }

    /// Terms of a field in some documents, one after another, as its field norm has them (quantised). The documents come in
    /// their order, as those of postings do.
    pub fn lengths(
        &self,
        field: Field,
        documents: impl ExactSizeIterator<Item = u32>,
    ) -> impl ExactSizeIterator<Item = u32> {
        let mut segments = self.segments.as_slice();
        documents.map(move |document| {
            while segments.get(1).is_some_and(|next| next.first <= document) {
                segments = &segments[1..];
            }
            segments.first().map_or(0, |at| at.segment.length(field, document - at.first))
        })
    }

    /// Terms of a field in all living documents of one article.
    pub fn article_length(&self, field: Field, article: u32) -> u32 {
        self.lengths[field as usize][article as usize]
    }

    /// Terms of a field in all living documents.
    pub fn total_length(&self, field: Field) -> u64 {
        self.totals[field as usize]
    }

    /// Appends the living documents that have a term in a field. Documents of one article stand together.
    pub fn postings(&self, field: Field, term: &str, into: &mut Vec<Posting>) -> Result<(), ReadError> {
        let term = Term::from_field_text(field.terms(), term);
        let mut read = 0;
        for at in &self.segments {
            let index = at.segment.terms(field);
            let Some(found) = index.get_term_info(&term).map_err(TantivyError::from)? else { continue };
            let block = index.read_block_postings_from_terminfo(&found, IndexRecordOption::WithFreqs);
            let mut block = block.map_err(TantivyError::from)?;
            while !block.docs().is_empty() {
                read += block.docs().len();
                let postings = block.docs().iter().zip(block.freqs());
                let postings = postings
                    .map(|(document, frequency)| Posting { document: at.first + document, frequency: *frequency });
                if at.whole {
                    into.extend(postings);
                } else {
                    into.extend(postings.filter(|posting| self.is_alive(posting.document)));
                }
                block.advance();
            }
        }
        Work { lookups: 1, postings: read as u64, ..Work::default() }.count();
        Ok(())
    }

    /// Appends the living documents that have all of some terms in a field, with the frequency of the rarest one in each: how often
    /// the terms can stand there together at most. Documents of one article stand together.
    pub fn postings_together(&self, field: Field, terms: &[String], into: &mut Vec<Posting>) -> Result<(), ReadError> {
        let Some((first, others)) = terms.split_first() else { return Ok(()) };
        let start = into.len();
        self.postings(field, first, into)?;
        let mut postings = Vec::new();
        for term in others {
            postings.clear();
            self.postings(field, term, &mut postings)?;
            let mut kept = start;
            for at in start..into.len() {
                // Both lists are in the order of the documents.
                if let Ok(place) = postings.binary_search_by_key(&into[at].document, |posting| posting.document) {
                    let frequency = into[at].frequency.min(postings[place].frequency);
                    into[kept] = Posting { document: into[at].document, frequency };
                    kept += 1;
                }
            }
            into.truncate(kept);
        }
        Ok(())
    }

    /// Calls `each(document, cosine)` for every living passage that has a vector of this length.
    pub fn scan_vectors(&self, query: &[i8], each: &mut impl FnMut(u32, f32)) {
        for at in self.segments.iter().filter(|at| at.segment.vectors.dimensions() == query.len()) {
            Work { vectors: at.segment.documents.into(), ..Work::default() }.count();
            let runs = at.segment.vectors.runs().map(|(document, vectors)| (at.first + document, vectors));
            // A run lies within one article: no head and no body has a vector, which was made sure of at opening.
            let living = runs.filter(|(document, _)| at.whole || self.is_alive(*document));
            cosines(query, living, &mut *each);
        }
    }

    /// Terms of a document in their order, as (position, [`crate::word_order::hash`]): those of a head document's title, or of a
    /// passage's heading and text, which lie far apart. Positions never fall; the parts of a compound share one.
    pub fn order(&self, document: u32) -> impl Iterator<Item = (u32, u32)> {
        let at = self.segment_of(document);
        at.segment.order(document - at.first)
    }

    /// Record of a passage's token codes ([`crate::token_codes`]), of the model that its vector is of; empty if it has no vector.
    pub fn token_codes(&self, document: u32) -> &[u8] {
        let at = self.segment_of(document);
        at.segment.codes(document - at.first)
    }

    /// Head document of an article, which has its title and tags.
    pub fn head_document(&self, article: u32) -> u32 {
        self.segment_at(article).first + self.indexed(article).first
    }

    /// Metadata of an article; in memory.
    pub fn head(&self, article: u32) -> &Head {
        &self.indexed(article).head
    }

    /// Text of an article.
    pub fn body(&self, article: u32) -> Result<Body, ReadError> {
        Work { texts: 1, ..Work::default() }.count();
        self.segment_at(article).segment.record(self.indexed(article).body())
    }

    /// Text of a passage.
    pub fn passage(&self, document: u32) -> Result<ShownPassage<'_>, ReadError> {
        Work { texts: 1, ..Work::default() }.count();
        let at = self.segment_of(document);
        at.segment.passage(document - at.first)
    }

    /// Calls `each(place, terms)` for every name of an article ([`Head::names`]), with the terms of its words.
    pub fn names(&self, article: u32, each: impl FnMut(usize, &[TermHash])) {
        read_names(self.segment_at(article).segment.names(self.indexed(article)), each);
    }

    /// Documents of an article's passages, in their order.
    pub fn passages_of(&self, article: u32) -> Range<u32> {
        self.passages_of[article as usize].clone()
    }

    /// Facet values of the articles; worked out at first use.
    pub fn facets(&self) -> &Facets {
        self.facets.get_or_init(|| Facets::of((0..self.articles()).map(|article| self.head(article))))
    }

    /// What retrieval derives from this view alone and keeps as long as the view lives; made at first use. `None`: something of another
    /// type was derived before.
    pub fn derived<T: Any + Send + Sync>(&self, make: impl FnOnce() -> T) -> Option<&T> {
        self.derived.get_or_init(|| Box::new(make())).downcast_ref()
    }

    /// Document of an article's passage by its place, if there is one.
    pub fn document(&self, article: u32, ordinal: u16) -> Option<u32> {
        let passages = self.passages_of(article);
        let document = passages.start + u32::from(ordinal);
        passages.contains(&document).then_some(document)
    }

    /// What the model made of an article's passages, place by place.
    pub(crate) fn embeddings_of(&self, article: u32) -> Vec<Option<Embedding>> {
        let (segment, indexed) = (self.segment_at(article), self.indexed(article));
        let mut embeddings = vec![None; usize::from(indexed.passages)];
        for (document, vector) in segment.segment.vectors.iter() {
            let place = indexed.documents().contains(&document).then(|| document - indexed.documents().start);
            if let Some(slot) = place.and_then(|place| embeddings.get_mut((place as usize).checked_sub(1)?)) {
                let tokens = token_codes::from_record(segment.segment.codes(document)).collect();
                *slot = Some(Embedding { vector: vector.into(), tokens });
            }
        }
        embeddings
    }

    /// The model of the vectors of an article, if every passage has one.
    pub(crate) fn vector_model(&self, article: u32) -> Option<ModelDigest> {
        self.model(article)
    }

    /// Address slug of an article.
    pub(super) fn slug(&self, article: u32) -> &str {
        &self.slugs[article as usize]
    }

    /// Gives an article its address slug.
    pub(super) fn name(&mut self, article: u32, slug: Arc<str>) {
        self.slugs[article as usize] = slug;
    }

    /// The model of each living article's vectors; `None` where a passage has none.
    pub(super) fn models(&self) -> impl Iterator<Item = Option<ModelDigest>> {
        (0..self.articles()).map(|article| self.model(article))
    }

    /// What an article's share of the generation depends on.
    pub(super) fn version(&self, article: u32) -> (&str, &Head, Option<ModelDigest>) {
        (self.slug(article), self.head(article), self.model(article))
    }

    /// How many living documents of a segment have a word. Where some are dead, no more are counted than are `enough`, and a block.
    pub(super) fn living_documents(&self, at: &SegmentAt, word: &TermInfo, enough: u32) -> Result<u32, ReadError> {
        if at.whole {
            return Ok(word.doc_freq);
        }
        let block = at.segment.words().read_block_postings_from_terminfo(word, IndexRecordOption::Basic);
        let mut block = block.map_err(TantivyError::from)?;
        let (mut living, mut read) = (0, 0);
        while !block.docs().is_empty() && living < enough {
            read += block.docs().len();
            living += block.docs().iter().filter(|document| self.is_alive(at.first + **document)).count() as u32;
            block.advance();
        }
        Work { postings: read as u64, ..Work::default() }.count();
        Ok(living)
    }

    fn model(&self, article: u32) -> Option<ModelDigest> {
        self.segment_at(article).segment.vectors.model().filter(|_| self.indexed(article).embedded)
    }

    fn is_alive(&self, document: u32) -> bool {
        self.article_of[document as usize] != DEAD
    }

    fn indexed(&self, article: u32) -> &IndexedArticle {
        let (segment, article) = self.places[article as usize];
        &self.segments[segment as usize].segment.articles[article as usize]
    }

    fn segment_at(&self, article: u32) -> &SegmentAt {
        &self.segments[self.places[article as usize].0 as usize]
    }

    fn segment_of(&self, document: u32) -> &SegmentAt {
        &self.segments[self.segments.partition_point(|at| at.first <= document) - 1]
    }
}
