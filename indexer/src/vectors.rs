//! Vectors as a component of tantivy's segments: written, merged and deleted with the text they belong to.
//!
//! ```text
//! "SPV2" │ model digest, 32 bytes │ dimensions, u32 │ documents, u32 │ one presence bit a document │ zeros │ records, i8 × dimensions
//! ```
//!
//! Numbers are little-endian. Records begin at a multiple of 64 bytes, so that none takes a cache line more than it must, and
//! stand in the order of their documents, without gaps for documents that have none. A segment holds the vectors of one model:
//! those of two never meet in one scan.

use crate::embedder::ModelDigest;
use crate::partition::Entry;
use std::any::Any;
use std::io::Write;
use std::ops::Range;
use tantivy::directory::{FileSlice, OwnedBytes, TerminatingWrite};
use tantivy::index::{Segment, SegmentComponent, SegmentReader};
use tantivy::indexer::doc_id_mapping::{DocIdMapping, MappingType};
use tantivy::plugin::{PluginMergeContext, PluginWriter, PluginWriterContext, SegmentPlugin};
use tantivy::schema::Schema;
use tantivy::schema::document::ErasedDocument;
use tantivy::{DocId, TantivyError};

const EXTENSION: &str = "vec";
const MAGIC: &[u8; 4] = b"SPV2";
const HEADER: usize = 4 + 32 + 4 + 4;
/// Bytes of a cache line; files are mapped at multiples of it.
const LINE: usize = 64;

/// A segment's vectors, memory-mapped.
pub(crate) struct Vectors {
    model: ModelDigest,
    dimensions: usize,
    documents: u32,
    /// Documents that follow one another and have vectors: most often those of one article's passages.
    runs: Vec<Range<DocId>>,
    bytes: OwnedBytes,
}

impl Vectors {
    /// Opens the component of a segment; its length must be exactly what its header says.
    pub(crate) fn open(segment: &SegmentReader) -> tantivy::Result<Self> {
        Self::read(segment.open_read(component())?)
    }

    fn read(file: FileSlice) -> tantivy::Result<Self> {
        let bytes = file.read_bytes()?;
        let number = |at: usize| bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes);
        let header = || {
            let model = ModelDigest(bytes.get(4..36)?.try_into().ok()?);
            Some((model, number(36)? as usize, number(40)?)).filter(|_| bytes.starts_with(MAGIC))
        };
        let (model, dimensions, documents) = header().ok_or_else(|| damaged("no header"))?;
        let mut read = Self { model, dimensions, documents, runs: Vec::new(), bytes };
        read.runs = runs_of(read.presence());
        let records = read.runs.iter().map(Range::len).sum::<usize>();
        if read.bytes.len() != read.records_start() + records * dimensions {
            return Err(damaged("its length is not what its header says"));
        }
        Ok(read)
    }

    /// Documents of the segment, with a vector or without.
    pub(crate) fn documents(&self) -> u32 {
        self.documents
    }

    /// The model of every vector here; `None` where there is none.
    pub(crate) fn model(&self) -> Option<ModelDigest> {
        (self.dimensions > 0).then_some(self.model)
    }

    /// Length of every vector here; 0 where there is none.
    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Says whether a document has a vector.
    pub(crate) fn has(&self, document: DocId) -> bool {
        self.presence().get(document as usize / 8).is_some_and(|byte| byte >> (document % 8) & 1 == 1)
    }

    /// All documents that have a vector, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (DocId, &[i8])> {
        self.runs().flat_map(|(first, records)| (first..).zip(records.chunks_exact(self.dimensions.max(1))))
    }

    /// The same by runs of documents that follow one another: the first, and the vectors of all one after another.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (DocId, &[i8])> {
        let mut rest = signed(self.bytes.get(self.records_start()..).unwrap_or_default());
        self.runs.iter().map_while(move |run| {
            let records = rest.split_off(..run.len() * self.dimensions)?;
            Some((run.start, records))
        })
    }

    fn presence(&self) -> &[u8] {
        self.bytes.get(HEADER..presence_end(self.documents)).unwrap_or_default()
    }

    fn records_start(&self) -> usize {
        presence_end(self.documents).next_multiple_of(LINE)
    }
}

fn presence_end(documents: u32) -> usize {
    HEADER + (documents as usize).div_ceil(8)
}

/// Runs of bits that are set.
fn runs_of(bits: &[u8]) -> Vec<Range<u32>> {
    let mut runs: Vec<Range<u32>> = Vec::new();
    let set = (0..)
        .zip(bits)
        .flat_map(|(at, byte)| (0..8).filter(move |bit| byte >> bit & 1 == 1).map(move |bit| at * 8 + bit));
    for bit in set {
        match runs.last_mut() {
            Some(run) if run.end == bit => run.end += 1,
            _ => runs.push(bit..bit + 1),
        }
    }
    runs
}

fn signed(bytes: &[u8]) -> &[i8] {
    // SAFETY: `u8` and `i8` have the same size and alignment, every bit pattern is valid for both, and the lifetime is kept.
    unsafe { std::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
}

fn component() -> SegmentComponent {
    SegmentComponent::Custom(EXTENSION.to_owned())
}

fn damaged(what: &str) -> TantivyError {
    TantivyError::DataCorruption(tantivy::error::DataCorruption::comment_only(format!("vectors: {what}")))
}

/// Lets tantivy write and merge the component. Registered again at every open: tantivy does not keep plugins.
pub(crate) struct VectorPlugin {
    /// The model of the vectors that are added. A merge keeps the vectors of this model and drops those of any other; without a
    /// model it keeps those of the first segment that has any.
    pub(crate) model: Option<ModelDigest>,
}

impl SegmentPlugin for VectorPlugin {
    fn extensions(&self) -> &[&str] {
        &[EXTENSION]
    }

    fn create_writer(&self, _: &PluginWriterContext) -> tantivy::Result<Box<dyn PluginWriter>> {
        Ok(Box::new(VectorWriter::new(self.model)))
    }

    fn merge(&self, context: PluginMergeContext) -> tantivy::Result<()> {
        if matches!(context.doc_id_mapping.mapping_type(), MappingType::Shuffled) {
            return Err(TantivyError::InvalidArgument(
                "vectors cannot follow a merge that shuffles documents".to_owned(),
            ));
        }
        let sources = context.readers.iter().map(Vectors::open).collect::<tantivy::Result<Vec<_>>>()?;
        let model = self.model.or_else(|| sources.iter().find_map(Vectors::model));
        let mut merged = VectorWriter::new(model);
        for (reader, source) in context.readers.iter().zip(&sources) {
            let mut vectors = source.iter().filter(|_| source.model() == model).peekable();
            for document in reader.doc_ids_alive() {
                while vectors.next_if(|(earlier, _)| *earlier < document).is_some() {}
                let vector = vectors.next_if(|(owner, _)| *owner == document);
                merged.push(vector.map(|(_, vector)| vector))?;
            }
        }
        merged.write(context.target_segment)
    }
}

/// Collects the vectors of a segment in the order of its documents.
struct VectorWriter {
    model: Option<ModelDigest>,
    dimensions: usize,
    documents: u32,
    presence: Vec<u8>,
    records: Vec<u8>,
}

impl VectorWriter {
    fn new(model: Option<ModelDigest>) -> Self {
        Self { model, dimensions: 0, documents: 0, presence: Vec::new(), records: Vec::new() }
    }

    fn push(&mut self, vector: Option<&[i8]>) -> tantivy::Result<()> {
        let bit = self.documents % 8;
        if bit == 0 {
            self.presence.push(0);
        }
        self.documents += 1;
        let Some(vector) = vector.filter(|vector| !vector.is_empty() && self.model.is_some()) else { return Ok(()) };
        if self.records.is_empty() {
            self.dimensions = vector.len();
        } else if self.dimensions != vector.len() {
            let (got, want) = (vector.len(), self.dimensions);
            return Err(TantivyError::InvalidArgument(format!("a vector of {got} numbers among vectors of {want}")));
        }
        if let Some(last) = self.presence.last_mut() {
            *last |= 1 << bit;
        }
        self.records.extend(vector.iter().map(|number| number.cast_unsigned()));
        Ok(())
    }

    fn write(&self, segment: &Segment) -> tantivy::Result<()> {
        let model = self.model.filter(|_| self.dimensions > 0).unwrap_or(ModelDigest([0; 32]));
        let mut file = segment.open_write(component())?;
        file.write_all(MAGIC)?;
        file.write_all(&model.0)?;
        file.write_all(&(self.dimensions as u32).to_le_bytes())?;
        file.write_all(&self.documents.to_le_bytes())?;
        file.write_all(&self.presence)?;
        let end = presence_end(self.documents);
        file.write_all(&[0; LINE][..end.next_multiple_of(LINE) - end])?;
        file.write_all(&self.records)?;
        Ok(file.terminate()?)
    }
}

impl PluginWriter for VectorWriter {
    fn add_document(&mut self, _: DocId, document: &dyn ErasedDocument, _: &Schema) -> tantivy::Result<()> {
        self.push(document.as_any().downcast_ref::<Entry>().and_then(|entry| entry.vector.as_deref()))
    }

    fn serialize(self: Box<Self>, segment: &Segment, mapping: Option<&DocIdMapping>) -> tantivy::Result<()> {
        match mapping {
            None => self.write(segment),
            Some(_) => Err(TantivyError::InvalidArgument("vectors cannot follow a sorted segment".to_owned())),
        }
    }

    fn mem_usage(&self) -> usize {
        self.records.len() + self.presence.len()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}
