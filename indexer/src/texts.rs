//! What is shown of passages, as a component of tantivy's segments: written, merged and deleted with them, read in place.
//!
//! ```text
//! "SPT1" │ documents, u32 │ end of each document's record, u64 × documents │ records
//! ```
//!
//! Numbers are little-endian. The engine's own store would copy and decode a block of several records for each that is read.

use crate::partition::Entry;
use std::any::Any;
use std::io::Write;
use tantivy::directory::{OwnedBytes, TerminatingWrite};
use tantivy::index::{Segment, SegmentComponent, SegmentReader};
use tantivy::indexer::doc_id_mapping::{DocIdMapping, MappingType};
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::Schema;
use tantivy::schema::document::ErasedDocument;
use tantivy::{DocId, TantivyError};

const EXTENSION: &str = "txt";
const MAGIC: &[u8; 4] = b"SPT1";
const HEADER: usize = 4 + 4;

/// A segment's records, memory-mapped.
pub(crate) struct Texts {
    documents: u32,
    bytes: OwnedBytes,
}

impl Texts {
    /// Opens the component of a segment; its length must be exactly what it says.
    pub(crate) fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        let bytes = segment.open_read(component())?.read_bytes()?;
        let documents = bytes.get(4..HEADER).filter(|_| bytes.starts_with(MAGIC)).and_then(|n| n.try_into().ok());
        let read = Self { documents: u32::from_le_bytes(documents.ok_or_else(|| damaged("no header"))?), bytes };
        let ends = (0..read.documents).map(|document| read.end(document)).collect::<Option<Vec<_>>>();
        let whole = ends.is_some_and(|ends| {
            ends.is_sorted() && ends.last().copied().unwrap_or(0) == (read.bytes.len() - read.records_start()) as u64
        });
        if whole { Ok(read) } else { Err(damaged("its length is not what it says")) }
    }

    /// Documents of the segment, with a record or without.
    pub(crate) fn documents(&self) -> u32 {
        self.documents
    }

    /// The record of a document; empty where there is none.
    pub(crate) fn get(&self, document: DocId) -> &[u8] {
        let start = document.checked_sub(1).map_or(Some(0), |before| self.end(before));
        let span = start.zip(self.end(document)).map(|(start, end)| start as usize..end as usize);
        let records = self.bytes.get(self.records_start()..);
        span.and_then(|span| records?.get(span)).unwrap_or_default()
    }

    fn end(&self, document: DocId) -> Option<u64> {
        let at = HEADER + document as usize * 8;
        (document < self.documents)
            .then(|| self.bytes.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes))
            .flatten()
    }

    fn records_start(&self) -> usize {
        HEADER + self.documents as usize * 8
    }
}

fn component() -> SegmentComponent {
    SegmentComponent::Custom(EXTENSION.to_owned())
}

fn damaged(what: &str) -> TantivyError {
    TantivyError::DataCorruption(tantivy::error::DataCorruption::comment_only(format!("texts: {what}")))
}

/// Lets tantivy write and merge the component. Registered again at every open: tantivy does not keep plugins.
pub(crate) struct TextPlugin;

impl SegmentPlugin for TextPlugin {
    fn extensions(&self) -> &[&str] {
        &[EXTENSION]
    }

    fn create_writer(&self, _: &PluginWriterContext) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(TextWriter::default()))
    }

    fn merge(&self, context: PluginMergeContext) -> tantivy::Result<()> {
        if matches!(context.doc_id_mapping.mapping_type(), MappingType::Shuffled) {
            return Err(TantivyError::InvalidArgument(
                "texts cannot follow a merge that shuffles documents".to_owned(),
            ));
        }
        let mut merged = TextWriter::default();
        for reader in context.readers {
            let source = Texts::open(reader)?;
            reader.doc_ids_alive().for_each(|document| merged.push(source.get(document)));
        }
        merged.write(context.target_segment)
    }
}

/// Collects the records of a segment in the order of its documents.
#[derive(Default)]
struct TextWriter {
    ends: Vec<u64>,
    records: Vec<u8>,
}

impl TextWriter {
    fn push(&mut self, record: &[u8]) {
        self.records.extend_from_slice(record);
        self.ends.push(self.records.len() as u64);
    }

    fn write(&self, segment: &Segment) -> tantivy::Result<()> {
        let mut file = segment.open_write(component())?;
        file.write_all(MAGIC)?;
        file.write_all(&(self.ends.len() as u32).to_le_bytes())?;
        for end in &self.ends {
            file.write_all(&end.to_le_bytes())?;
        }
        file.write_all(&self.records)?;
        Ok(file.terminate()?)
    }
}

impl PluginWriter for TextWriter {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        self.push(document.as_any().downcast_ref::<Entry>().map_or(&[], |entry| &entry.shown));
        Ok(())
    }

    fn serialize(self: Box<Self>, segment: &Segment, mapping: Option<&DocIdMapping>) -> tantivy::Result<()> {
        match mapping {
            None => self.write(segment),
            Some(_) => Err(TantivyError::InvalidArgument("texts cannot follow a sorted segment".to_owned())),
        }
    }

    fn mem_usage(&self) -> usize {
        self.records.len() + self.ends.len() * 8
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
