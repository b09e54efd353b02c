//! Word order as a component of tantivy's segments: which terms follow one another in a title, heading or passage.
//!
//! ```text
//! "SPO1" │ documents, u32 │ end of each document's entries, u32 × documents │ entries, u32 each
//! ```
//!
//! Numbers are little-endian. An entry is a term's hash in the lower 31 bits; its highest bit says that the term stands at the
//! position of the one before it (the parts of a compound do). [`BREAK`] stands between two texts of one document. Reading the
//! twenty best passages so takes a few microseconds; positions in the postings would have to be sought for, term by term.

use crate::analysis::Token;
use crate::partition::Entry;
use crate::shown::TermHash;
use std::any::Any;
use std::io::Write;
use tantivy::directory::{OwnedBytes, TerminatingWrite};
use tantivy::index::{Segment, SegmentComponent, SegmentReader};
use tantivy::indexer::doc_id_mapping::{DocIdMapping, MappingType};
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::Schema;
use tantivy::schema::document::ErasedDocument;
use tantivy::{DocId, TantivyError};

const EXTENSION: &str = "order";
const MAGIC: &[u8; 4] = b"SPO1";
const HEADER: usize = 4 + 4;
/// The entry between two texts of one document.
const BREAK: u32 = HASH;
const HASH: u32 = 0x7FFF_FFFF;
const SAME_POSITION: u32 = 0x8000_0000;
/// Positions that a break counts: farther apart than words that are called near.
const BREAK_WIDTH: u32 = 1_000;

/// What is kept of a term: the lower 31 bits of its [`TermHash`].
pub fn hash(term: &str) -> u32 {
    match TermHash::of(term).number() & HASH {
        BREAK => 0,
        hash => hash,
    }
}

/// Entries of one document on their way into a segment.
#[derive(Debug, Default)]
pub(crate) struct Order(Vec<u32>);

impl Order {
    /// The order of words in the texts of a document.
    pub(crate) fn of(texts: &[&[Token]]) -> Self {
        let mut entries = Vec::new();
        for text in texts.iter().filter(|text| !text.is_empty()) {
            entries.extend((!entries.is_empty()).then_some(BREAK));
            let mut last = None;
            for Token { term, position, .. } in *text {
                let beside = last.replace(*position) == Some(*position);
                entries.push(hash(term) | if beside { SAME_POSITION } else { 0 });
            }
        }
        Self(entries)
    }
}

/// The word order of a segment's documents, memory-mapped.
pub(crate) struct WordOrder {
    documents: u32,
    bytes: OwnedBytes,
}

impl WordOrder {
    /// Opens the component of a segment; its length must be exactly what its header says.
    pub(crate) fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let bytes = segment.open_read(component())?.read_bytes()?;
        let documents = number(&bytes, 4).filter(|_| bytes.starts_with(MAGIC)).ok_or_else(|| damaged("no header"))?;
        let order = Self { documents, bytes };
        let ends: Vec<u32> = (0..documents).map_while(|document| order.end(document)).collect();
        let entries = order.bytes.len().checked_sub(order.entries_start()).filter(|bytes| bytes % 4 == 0);
        let expected = ends.last().map_or(0, |end| *end as usize * 4);
        if ends.len() != documents as usize || !ends.is_sorted() || entries != Some(expected) {
            return Err(damaged("its length is not what its header says"));
        }
        Ok(order)
    }

    /// Documents of the segment, with entries or without.
    pub(crate) fn documents(&self) -> u32 {
        self.documents
    }

    /// Terms of a document with their positions, which never fall; texts lie far apart.
    pub(crate) fn terms(&self, document: DocId) -> impl Iterator<Item = (u32, u32)> {
        let mut position = 0_u32;
        let entries = self.entries(document).as_chunks().0.iter().map(|entry| u32::from_le_bytes(*entry));
        entries.filter_map(move |entry| {
            if entry == BREAK {
                position = position.saturating_add(BREAK_WIDTH);
                return None;
            }
            position = position.saturating_add(u32::from(entry & SAME_POSITION == 0));
            Some((position, entry & HASH))
        })
    }

    fn entries(&self, document: DocId) -> &[u8] {
        let first = document.checked_sub(1).map_or(Some(0), |before| self.end(before));
        let at = |entry: u32| self.entries_start() + entry as usize * 4;
        let range = first.zip(self.end(document)).map(|(first, end)| at(first)..at(end));
        range.and_then(|range| self.bytes.get(range)).unwrap_or_default()
    }

    fn end(&self, document: DocId) -> Option<u32> {
        number(&self.bytes, HEADER + document as usize * 4).filter(|_| document < self.documents)
    }

    fn entries_start(&self) -> usize {
        HEADER + self.documents as usize * 4
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn component() -> SegmentComponent {
    SegmentComponent::Custom(EXTENSION.to_owned())
}

fn damaged(what: &str) -> TantivyError {
    TantivyError::DataCorruption(tantivy::error::DataCorruption::comment_only(format!("word order: {what}")))
}

/// Lets tantivy write and merge the component. Registered again at every open: tantivy does not keep plugins.
pub(crate) struct WordOrderPlugin;

impl SegmentPlugin for WordOrderPlugin {
    fn extensions(&self) -> &[&str] {
        &[EXTENSION]
    }

    fn create_writer(&self, _: &PluginWriterContext) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(WordOrderWriter::default()))
    }

    fn merge(&self, context: PluginMergeContext) -> tantivy::Result<()> {
        if matches!(context.doc_id_mapping.mapping_type(), MappingType::Shuffled) {
            let what = "word order cannot follow a merge that shuffles documents";
            return Err(TantivyError::InvalidArgument(what.to_owned()));
        }
        let mut merged = WordOrderWriter::default();
        for reader in context.readers {
            let source = WordOrder::open(reader)?;
            reader.doc_ids_alive().for_each(|document| merged.push(source.entries(document)));
        }
        merged.write(context.target_segment)
    }
}

/// Collects the entries of a segment in the order of its documents.
#[derive(Default)]
struct WordOrderWriter {
    ends: Vec<u8>,
    entries: Vec<u8>,
}

impl WordOrderWriter {
    fn push(&mut self, entries: &[u8]) {
        self.entries.extend_from_slice(entries);
        self.ends.extend_from_slice(&((self.entries.len() / 4) as u32).to_le_bytes());
    }

    fn write(&self, segment: &Segment) -> tantivy::Result<()> {
        if u32::try_from(self.entries.len() / 4).is_err() {
            return Err(TantivyError::InvalidArgument("more words in a segment than 32 bits count".to_owned()));
        }
        let mut file = segment.open_write(component())?;
        file.write_all(MAGIC)?;
        file.write_all(&((self.ends.len() / 4) as u32).to_le_bytes())?;
        file.write_all(&self.ends)?;
        file.write_all(&self.entries)?;
        Ok(file.terminate()?)
    }
}

impl PluginWriter for WordOrderWriter {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        let order = document.as_any().downcast_ref::<Entry>().map(|entry| &entry.order);
        let entries = order.into_iter().flat_map(|order| &order.0).flat_map(|entry| entry.to_le_bytes());
        self.push(&entries.collect::<Vec<_>>());
        Ok(())
    }

    fn serialize(self: Box<Self>, segment: &Segment, mapping: Option<&DocIdMapping>) -> tantivy::Result<()> {
        match mapping {
            None => self.write(segment),
            Some(_) => Err(TantivyError::InvalidArgument("word order cannot follow a sorted segment".to_owned())),
        }
    }

    fn mem_usage(&self) -> usize {
        self.ends.len() + self.entries.len()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
