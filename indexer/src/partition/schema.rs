//! What a partition's documents look like to the engine: fields, settings, and an article cut into documents.

use super::Put;
use crate::analysis::{Kind, Token, analyze};
use crate::article::Article;
use crate::embedder::{Embedding, Vector};
use crate::{shown, token_codes, word_order};
use tantivy::index::IndexSettings;
use tantivy::schema::document::Document;
use tantivy::schema::{
    FAST, Field as EngineField, IndexRecordOption, OwnedValue, STORED, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::store::Compressor;
use tantivy::tokenizer::PreTokenizedString;

/// Version of everything a partition keeps on disk: fields, records, vectors, and the terms that [`crate::analysis`] makes.
/// Raise it when any of them changes: partitions of another version are built again.
pub(crate) const FORMAT: u32 = 6;

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
/// `Head` or `Body` as JSON; what is kept of a passage is a component of its own ([`shown`]).
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
    /// What is shown of it, for [`shown::COMPONENT`].
    pub(crate) shown: Vec<u8>,
    /// A passage's vector, for [`crate::vectors`].
    pub(crate) vector: Option<Vector>,
    /// What its model makes of each of its tokens, for [`token_codes::COMPONENT`].
    pub(crate) codes: Vec<u8>,
    /// How its words follow one another, for [`word_order::COMPONENT`].
    pub(crate) order: Vec<u8>,
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
    let cut = |text: &str| analyze(&head.language, text);
    let entry = |ordinal: u64, mut values: Vec<(EngineField, OwnedValue)>| {
        values.push((PATH, OwnedValue::Str(head.path.clone())));
        values.push((ORDINAL, OwnedValue::U64(ordinal)));
        Entry { values, shown: Vec::new(), vector: None, codes: Vec::new(), order: Vec::new() }
    };
    let recorded = |mut entry: Entry, record: Vec<u8>| {
        entry.values.push((RECORD, OwnedValue::Bytes(record)));
        entry
    };
    let names: Vec<Vec<Token>> = head.names().map(cut).collect();
    let shown = shown::store_names(names.iter().map(Vec::as_slice));
    let mut names = names.into_iter();
    let title = names.next().unwrap_or_default();
    let order = word_order::record(&[&title]);
    let tags = names.flatten().chain(head.category.iter().flat_map(|category| cut(category))).collect();
    let values = text_values([(Field::Title, title), (Field::Tags, tags)]);
    let mut entries = vec![Entry { shown, order, ..recorded(entry(HEAD, values), serde_json::to_vec(head)?) }];
    for (ordinal, (passage, embedding)) in (0_u64..).zip(put.passages.iter().zip(&put.embeddings)) {
        let heading = passage.trail.last().map(|heading| cut(heading)).unwrap_or_default();
        let text = cut(&passage.text);
        let shown = shown::store(passage, &text);
        let order = word_order::record(&[&heading, &text]);
        let values = text_values([(Field::Heading, heading), (Field::Body, text)]);
        let codes =
            embedding.as_ref().map(|Embedding { tokens, .. }| token_codes::to_record(tokens)).unwrap_or_default();
        let vector = embedding.as_ref().map(|embedding| embedding.vector.clone());
        entries.push(Entry { shown, vector, codes, order, ..entry(ordinal, values) });
    }
    entries.push(recorded(entry(BODY, Vec::new()), serde_json::to_vec(body)?));
    Ok(entries)
}

/// Words as terms of their fields, and the words of all fields together.
fn text_values(fields: [(Field, Vec<Token>); 2]) -> Vec<(EngineField, OwnedValue)> {
    let (mut values, mut words) = (Vec::new(), Vec::new());
    for (field, found) in fields {
        let mut terms = Vec::with_capacity(found.len());
        for Token { word, term, kind, .. } in found {
            terms.push(term);
            words.extend((kind != Kind::Pair).then_some(word));
        }
        values.push((field.terms(), tokens(terms)));
    }
    words.sort_unstable();
    words.dedup();
    values.extend((!words.is_empty()).then(|| (WORDS, tokens(words))));
    values
}

/// Positions and offsets are not indexed: the order of the tokens says nothing to the engine.
fn tokens(texts: Vec<String>) -> OwnedValue {
    let token = |text| tantivy::tokenizer::Token { text, position: 0, ..tantivy::tokenizer::Token::default() };
    OwnedValue::PreTokStr(PreTokenizedString { text: String::new(), tokens: texts.into_iter().map(token).collect() })
}
