//! A segment of a partition, opened: everything that a query needs resolved once.

use super::schema::{BODY, Field, HEAD, ORDINAL_NAME, RECORD, WORDS};
use super::{Key, PartitionError};
use crate::article::Head;
use crate::records::Records;
use crate::shown::{self, ShownPassage};
use crate::vectors::Vectors;
use crate::{token_codes, word_order};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use tantivy::fieldnorm::FieldNormReader;
use tantivy::index::{InvertedIndexReader, SegmentId, SegmentReader};
use tantivy::schema::Value;
use tantivy::store::StoreReader;
use tantivy::{DocId, TantivyDocument};

/// A read of the index failed (a damaged or vanished file).
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The engine's own error.
    #[error("read the index: {0}")]
    Engine(#[from] tantivy::TantivyError),
    /// A stored record that is not of this version's form.
    #[error("decode a stored record: {0}")]
    Record(#[from] serde_json::Error),
    /// A stored passage that is not of this version's form.
    #[error("decode a stored passage")]
    Passage,
}

/// An opened segment. Nothing in it changes: which of its articles later commits deleted is known to the [`super::Partition`].
pub(crate) struct Segment {
    /// Its name among the engine's segments.
    pub(crate) id: SegmentId,
    /// Documents, the deleted ones included.
    pub(crate) documents: u32,
    /// Its articles in the order of their documents, the deleted ones included.
    pub(crate) articles: Vec<IndexedArticle>,
    /// Its passages' vectors.
    pub(crate) vectors: Vectors,
    orders: Records,
    codes: Records,
    shown: Records,
    terms: Vec<Arc<InvertedIndexReader>>,
    words: Arc<InvertedIndexReader>,
    norms: Vec<FieldNormReader>,
    records: StoreReader,
}

/// An article of a segment: its documents stand together, the head first, then its passages, its body last.
pub(crate) struct IndexedArticle {
    /// Its metadata.
    pub(crate) head: Arc<Head>,
    /// Stable number of its path.
    pub(crate) id: u64,
    /// Its head document.
    pub(crate) first: DocId,
    /// Number of its passages.
    pub(crate) passages: u16,
    /// Terms of each field in all its documents, as field norms have them.
    pub(crate) lengths: [u32; Field::ALL.len()],
    /// Whether every passage has a vector of the segment's model.
    pub(crate) embedded: bool,
}

impl IndexedArticle {
    /// Its documents: head, passages, body.
    pub(crate) fn documents(&self) -> std::ops::Range<DocId> {
        self.first..self.first + u32::from(self.passages) + 2
    }

    /// Document of one of its passages.
    pub(crate) fn passage(&self, ordinal: u16) -> Option<DocId> {
        (ordinal < self.passages).then(|| self.first + 1 + u32::from(ordinal))
    }

    /// Its body document.
    pub(crate) fn body(&self) -> DocId {
        self.documents().end - 1
    }
}

impl Segment {
    /// Opens a segment of the partition `key`. Every article in it must be of that partition, and whole.
    pub(crate) fn open(reader: &SegmentReader, key: &Key) -> Result<Self, PartitionError> {
        let fields = || Field::ALL.into_iter().map(Field::terms);
        let mut opened = Self {
            id: reader.segment_id(),
            documents: reader.max_doc(),
            articles: Vec::new(),
            vectors: Vectors::open(reader)?,
            orders: Records::open(reader, &word_order::COMPONENT)?,
            codes: Records::open(reader, &token_codes::COMPONENT)?,
            shown: Records::open(reader, &shown::COMPONENT)?,
            terms: fields().map(|field| reader.inverted_index(field)).collect::<Result<_, _>>()?,
            words: reader.inverted_index(WORDS)?,
            norms: fields().map(|field| reader.get_fieldnorms_reader(field)).collect::<Result<_, _>>()?,
            records: reader.get_store_reader(0)?,
        };
        let whole = |count: u32| count == opened.documents;
        let records = [&opened.shown, &opened.orders, &opened.codes].map(Records::documents);
        if !records.into_iter().chain([opened.vectors.documents()]).all(whole)
            || !opened.norms.iter().all(|norms| whole(norms.num_docs()))
        {
            return Err(PartitionError::Damaged("components of one segment differ in length".to_owned()));
        }
        opened.articles = opened.read_articles(reader, key)?;
        Ok(opened)
    }

    /// Terms of a field.
    pub(crate) fn terms(&self, field: Field) -> &InvertedIndexReader {
        &self.terms[field as usize]
    }

    /// Unstemmed words.
    pub(crate) fn words(&self) -> &InvertedIndexReader {
        &self.words
    }

    /// Terms of a field in one document, as its field norm has them.
    #[inline]
    pub(crate) fn length(&self, field: Field, document: DocId) -> u32 {
        self.norms[field as usize].fieldnorm(document)
    }

    /// What is shown of a passage.
    pub(crate) fn passage(&self, document: DocId) -> Result<ShownPassage<'_>, ReadError> {
        ShownPassage::read(self.shown.get(document)).ok_or(ReadError::Passage)
    }

    /// Terms of a document with their positions: see [`word_order::terms`].
    pub(crate) fn order(&self, document: DocId) -> impl Iterator<Item = (u32, u32)> {
        word_order::terms(self.orders.get(document))
    }

    /// Token codes of a document: see [`token_codes`]. Empty without a vector: a merge that drops those of another model leaves codes.
    pub(crate) fn codes(&self, document: DocId) -> &[u8] {
        if self.vectors.has(document) { self.codes.get(document) } else { &[] }
    }

    /// Terms of an article's names: see [`crate::shown::read_names`].
    pub(crate) fn names(&self, article: &IndexedArticle) -> &[u8] {
        self.shown.get(article.first)
    }

    /// What is stored with a document.
    pub(crate) fn record<T: DeserializeOwned>(&self, document: DocId) -> Result<T, ReadError> {
        let stored: TantivyDocument = self.records.get(document)?;
        let record = stored.get_first(RECORD).and_then(|value| value.as_bytes());
        Ok(serde_json::from_slice(record.unwrap_or_default())?)
    }

    fn read_articles(&self, reader: &SegmentReader, key: &Key) -> Result<Vec<IndexedArticle>, PartitionError> {
        let torn = || PartitionError::Damaged("an article is torn".to_owned());
        let ordinals = reader.fast_fields().u64(ORDINAL_NAME)?;
        let ordinal = |document: DocId| (document < self.documents).then(|| ordinals.first(document)).flatten();
        let mut articles = Vec::new();
        let mut first = 0;
        while first < self.documents {
            let passages =
                (0..u16::MAX).take_while(|n| ordinal(first + 1 + u32::from(*n)) == Some(u64::from(*n))).count();
            let head: Head = self.record(first).map_err(|_| torn())?;
            if (&head.audience, &head.language) != (&key.audience, &key.language) {
                return Err(PartitionError::Damaged(format!("{} belongs to another partition", head.path)));
            }
            let mut article = IndexedArticle {
                id: article_id(&head.path),
                head: Arc::new(head),
                first,
                passages: u16::try_from(passages).map_err(|_| torn())?,
                lengths: [0; Field::ALL.len()],
                embedded: false,
            };
            if ordinal(first) != Some(HEAD) || ordinal(article.body()) != Some(BODY) {
                return Err(torn());
            }
            if self.vectors.has(first) || self.vectors.has(article.body()) {
                return Err(PartitionError::Damaged("a vector belongs to no passage".to_owned()));
            }
            article.lengths =
                Field::ALL.map(|field| article.documents().map(|document| self.length(field, document)).sum());
            article.embedded =
                (0..article.passages).filter_map(|n| article.passage(n)).all(|passage| self.vectors.has(passage));
            first = article.documents().end;
            articles.push(article);
        }
        Ok(articles)
    }
}

/// The first 8 bytes of blake3 over an article's path.
fn article_id(path: &str) -> u64 {
    let digest = blake3::hash(path.as_bytes());
    digest.as_bytes().iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))
}
