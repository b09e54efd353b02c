//! What a partition's documents look like to the engine: fields, settings, and an article cut into documents.

use super::Put;
use crate::analysis::{Kind, Token, analyze};
use crate::article::Article;
use crate::embedder::Vector;
use crate::language::Language;
use crate::word_order::Order;
use tantivy::index::IndexSettings;
use tantivy::schema::document::Document;
use tantivy::schema::{
    FAST, Field as EngineField, IndexRecordOption, OwnedValue, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::store::Compressor;
use tantivy::tokenizer::PreTokenizedString;

/// Version of everything a partition keeps on disk: fields, records, vectors, and the terms that [`crate::analysis`] makes.
/// Raise it when any of them changes: partitions of another version are built again.
pub(crate) const FORMAT: u32 = 2;

/// Ordinal of an article's head document; its passages are `0..`, in order, right after it: at most 65,000 ([`crate::passage`]).
pub(crate) const HEAD: u64 = 0xFFFE;
/// Ordinal of an article's body document, right after its passages.
pub(crate) const BODY: u64 = 0xFFFF;

/// Searched fields. Lengths and frequencies are counted in terms of [`crate::analysis`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// The article's title; on its head document alone.
    Title,
    /// Tags, synonyms, category; on its head document alone.
    Tags,
    /// The passage's own heading.
    Heading,
    /// The passage's text.
    Body,
}

impl Field {
    /// All of them, in the order of their discriminants.
    pub const ALL: [Self; 4] = [Self::Title, Self::Tags, Self::Heading, Self::Body];

    /// The engine's field of its terms.
    pub(crate) fn terms(self) -> EngineField {
        EngineField::from_field_id(self as u32)
    }
}

// Field ids follow the order of declaration in `schema`; the searched fields come first.
/// Unstemmed words of a document, for prefixes and typos.
pub(crate) const WORDS: EngineField = EngineField::from_field_id(4);
/// Path of the article that a document belongs to: what is deleted by.
pub(crate) const PATH: EngineField = EngineField::from_field_id(5);
/// Place of a document in its article: [`HEAD`], a passage's place, or [`BODY`].
pub(crate) const ORDINAL: EngineField = EngineField::from_field_id(6);
/// Name of [`ORDINAL`], by which fast fields are found.
pub(crate) const ORDINAL_NAME: &str = "ordinal";
/// `Head`, `Passage` or `Body` as JSON.
pub(crate) const RECORD: EngineField = EngineField::from_field_id(7);

/// The fields of every partition.
pub(crate) fn schema() -> Schema {
    // Text comes cut into tokens already: `raw` is never run but on paths.
    let text = |index, norms| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(index).set_fieldnorms(norms);
        TextOptions::default().set_indexing_options(indexing)
    };
    let mut schema = Schema::builder();
    for name in ["title", "tags", "heading", "body"] {
        schema.add_text_field(name, text(IndexRecordOption::WithFreqs, true));
    }
    schema.add_text_field("words", text(IndexRecordOption::Basic, false));
    schema.add_text_field("path", text(IndexRecordOption::Basic, false));
    schema.add_u64_field(ORDINAL_NAME, FAST);
    schema.add_bytes_field("record", STORED);
    schema.build()
}

/// Uncompressed records in small blocks: a passage is read with one short copy.
pub(crate) fn settings() -> IndexSettings {
    IndexSettings {
        docstore_compression: Compressor::None,
        docstore_compress_dedicated_thread: false,
        docstore_blocksize: 4_096,
        ..IndexSettings::default()
    }
}

/// One document on its way into a partition, its text cut into tokens.
pub(crate) struct Entry {
    values: Vec<(EngineField, OwnedValue)>,
    /// A passage's vector, for [`crate::vectors`].
    pub(crate) vector: Option<Vector>,
    /// How its words follow one another, for [`crate::word_order`].
    pub(crate) order: Order,
}

impl Document for Entry {
    type Value<'a> = &'a OwnedValue;
    type FieldsValuesIter<'a> = std::iter::Map<
        std::slice::Iter<'a, (EngineField, OwnedValue)>,
        fn(&'a (EngineField, OwnedValue)) -> (EngineField, &'a OwnedValue),
    >;

    fn iter_fields_and_values(&self) -> Self::FieldsValuesIter<'_> {
        self.values.iter().map(|(field, value)| (*field, value))
    }
}

/// An article as documents, in their order: head, passages, body.
pub(crate) fn entries(put: &Put) -> Result<Vec<Entry>, serde_json::Error> {
    let Article { head, body, .. } = &*put.article;
    let language = &head.language;
    let entry = |ordinal: u64, texts: &[(Field, Vec<&str>)], record: Vec<u8>, vector| {
        let (mut values, order) = text_values(language, texts);
        values.push((PATH, OwnedValue::Str(head.path.clone())));
        values.push((ORDINAL, OwnedValue::U64(ordinal)));
        values.push((RECORD, OwnedValue::Bytes(record)));
        Entry { values, vector, order }
    };
    let tags = [&head.tags, &head.synonyms, &head.category].into_iter().flatten().map(String::as_str).collect();
    let texts = [(Field::Title, vec![head.title.as_str()]), (Field::Tags, tags)];
    let mut entries = vec![entry(HEAD, &texts, serde_json::to_vec(head)?, None)];
    let vectors = put.vectors.iter().cloned();
    for (ordinal, (passage, vector)) in (0_u64..).zip(put.passages.iter().zip(vectors)) {
        let heading = passage.trail.last().map(String::as_str).into_iter().collect();
        let texts = [(Field::Heading, heading), (Field::Body, vec![passage.text.as_str()])];
        entries.push(entry(ordinal, &texts, serde_json::to_vec(passage)?, vector));
    }
    entries.push(entry(BODY, &[], serde_json::to_vec(body)?, None));
    Ok(entries)
}

/// Texts as terms of their fields, the words of all of them together, and their order.
fn text_values(language: &Language, texts: &[(Field, Vec<&str>)]) -> (Vec<(EngineField, OwnedValue)>, Order) {
    let (mut values, mut words, mut order) = (Vec::new(), Vec::new(), Order::default());
    for (field, texts) in texts {
        let mut terms = Vec::new();
        for text in texts {
            order.begin_text();
            let mut last = None;
            for Token { word, term, position, kind, .. } in analyze(language, text) {
                match last.replace(position) == Some(position) {
                    true => order.push_beside(&term),
                    false => order.push(&term),
                }
                terms.push(term);
                words.extend((kind != Kind::Pair).then_some(word));
            }
        }
        values.push((field.terms(), tokens(terms)));
    }
    words.sort_unstable();
    words.dedup();
    values.extend((!words.is_empty()).then(|| (WORDS, tokens(words))));
    (values, order)
}

/// Positions and offsets are not indexed: the order of the tokens says nothing to the engine.
fn tokens(texts: Vec<String>) -> OwnedValue {
    let token = |text| tantivy::tokenizer::Token { text, position: 0, ..tantivy::tokenizer::Token::default() };
    OwnedValue::PreTokStr(PreTokenizedString { text: String::new(), tokens: texts.into_iter().map(token).collect() })
}
