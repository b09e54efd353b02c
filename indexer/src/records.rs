//! Records of bytes, one a document, as components of tantivy's segments: written, merged and deleted with them, read in place.
//!
//! ```text
//! magic │ documents, u32 │ end of each document's record, u64 × documents │ records
//! ```
//!
//! Numbers are little-endian. The engine's own store would copy and decode a block of several records for each that is read.

use crate::partition::Entry;
use std::any::Any;
use std::io::Write;
use std::sync::Arc;
use tantivy::directory::{OwnedBytes, TerminatingWrite};
use tantivy::index::{Segment, SegmentComponent, SegmentReader};
use tantivy::indexer::doc_id_mapping::{DocIdMapping, MappingType};
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::Schema;
use tantivy::schema::document::ErasedDocument;
use tantivy::{DocId, TantivyError};

const HEADER: usize = 4 + 4;

/// A component.
#[derive(Debug)]
pub(crate) struct Component {
    /// What its files are called by, and it in errors.
    pub(crate) name: &'static str,
    /// How its files begin.
    pub(crate) magic: &'static [u8; 4],
    /// What of a document stands in it.
    pub(crate) record: fn(&Entry) -> &[u8],
}

impl Component {
    /// Lets tantivy write and merge it. Registered again at every open: tantivy does not keep plugins.
    pub(crate) fn plugin(&'static self) -> Arc<dyn SegmentPlugin> {
        Arc::new(RecordPlugin(self))
    }

    fn file(&self) -> SegmentComponent {
        SegmentComponent::Custom(self.name.to_owned())
    }

    fn damaged(&self, what: &str) -> TantivyError {
        let what = format!("{}: {what}", self.name);
        TantivyError::DataCorruption(tantivy::error::DataCorruption::comment_only(what))
    }
}

/// A segment's records, memory-mapped.
pub(crate) struct Records {
    documents: u32,
    bytes: OwnedBytes,
}

impl Records {
    /// Opens the component of a segment; its length must be exactly what it says.
    pub(crate) fn open(segment: &SegmentReader, component: &Component) -> tantivy::Result<Self> {
        let bytes = segment.open_read(component.file())?.read_bytes()?;
        let documents = bytes.get(4..HEADER).filter(|_| bytes.starts_with(component.magic));
        let documents = documents.and_then(|number| number.try_into().ok()).map(u32::from_le_bytes);
        let read = Self { documents: documents.ok_or_else(|| component.damaged("no header"))?, bytes };
        let ends = (0..read.documents).map(|document| read.end(document)).collect::<Option<Vec<_>>>();
        let whole = ends.is_some_and(|ends| {
            ends.is_sorted() && ends.last().copied().unwrap_or(0) == (read.bytes.len() - read.records_start()) as u64
        });
        if whole { Ok(read) } else { Err(component.damaged("its length is not what it says")) }
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

struct RecordPlugin(&'static Component);

impl SegmentPlugin for RecordPlugin {
    fn extensions(&self) -> &[&str] {
        std::slice::from_ref(&self.0.name)
    }

    fn create_writer(&self, _: &PluginWriterContext) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(RecordWriter::of(self.0)))
    }

    fn merge(&self, context: PluginMergeContext) -> tantivy::Result<()> {
        if matches!(context.doc_id_mapping.mapping_type(), MappingType::Shuffled) {
            let what = "records cannot follow a merge that shuffles documents";
            return Err(TantivyError::InvalidArgument(what.to_owned()));
        }
        let mut merged = RecordWriter::of(self.0);
        for reader in context.readers {
            let source = Records::open(reader, self.0)?;
            reader.doc_ids_alive().for_each(|document| merged.push(source.get(document)));
        }
        merged.write(context.target_segment)
    }
}

/// Collects the records of a segment in the order of its documents.
struct RecordWriter {
    component: &'static Component,
    ends: Vec<u64>,
    records: Vec<u8>,
}

impl RecordWriter {
    fn of(component: &'static Component) -> Self {
        Self { component, ends: Vec::new(), records: Vec::new() }
    }

    fn push(&mut self, record: &[u8]) {
        self.records.extend_from_slice(record);
        self.ends.push(self.records.len() as u64);
    }

    fn write(&self, segment: &Segment) -> tantivy::Result<()> {
        let mut file = segment.open_write(self.component.file())?;
        file.write_all(self.component.magic)?;
        file.write_all(&(self.ends.len() as u32).to_le_bytes())?;
        for end in &self.ends {
            file.write_all(&end.to_le_bytes())?;
        }
        file.write_all(&self.records)?;
        Ok(file.terminate()?)
    }
}

impl PluginWriter for RecordWriter {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        self.push(document.as_any().downcast_ref::<Entry>().map_or(&[], self.component.record));
        Ok(())
    }

    fn serialize(self: Box<Self>, segment: &Segment, mapping: Option<&DocIdMapping>) -> tantivy::Result<()> {
        match mapping {
            None => self.write(segment),
            Some(_) => Err(TantivyError::InvalidArgument("records cannot follow a sorted segment".to_owned())),
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
