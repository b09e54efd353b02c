//! Changing a partition: one commit, merged as far as it pays, made durable, read again and counted.

use super::schema::{Entry, FORMAT, PATH, entries, schema, settings};
use super::{Key, LABEL, Label, Partition, PartitionError, Segment, open_index, plugins};
use crate::article::Article;
use crate::embedder::{Embedding, ModelDigest};
use crate::passage::Passage;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use tantivy::index::{SegmentId, SegmentMeta};
use tantivy::indexer::{IndexWriterOptions, UserOperation};
use tantivy::merge_policy::NoMergePolicy;
use tantivy::{Index, IndexBuilder, IndexWriter, Term};

/// What a partition may waste, in documents that are dead or stand beside its largest segment: one of so many living ones in that.
/// A save then writes an eighth of the partition at most until the one that merges it whole, and a query finds two segments at most.
const WASTE: u32 = 8;

/// Changes of one partition, each article at most once.
#[derive(Default)]
pub(crate) struct Batch {
    /// Paths of articles that leave it.
    pub(crate) remove: BTreeSet<String>,
    /// Articles that enter it or stay with other content, by path.
    pub(crate) put: BTreeMap<String, Put>,
}

/// An article ready to be indexed.
pub(crate) struct Put {
    /// The article.
    pub(crate) article: Box<Article>,
    /// What [`crate::passage::passages`] cuts it into.
    pub(crate) passages: Vec<Passage>,
    /// What the model makes of them, place by place.
    pub(crate) embeddings: Vec<Option<Embedding>>,
}

/// Applies a batch to the partition in `folder`, which is `current`, or absent. `None`: nothing is left in it, and the folder is
/// gone. When this returns, the result is durable; when it fails, the folder holds some earlier or later state or none.
pub(crate) fn commit(
    folder: &Path,
    key: &Key,
    current: Option<&Partition>,
    batch: &Batch,
    model: Option<ModelDigest>,
) -> Result<Option<Partition>, PartitionError> {
    let leaves = |path: &str| batch.remove.contains(path) || batch.put.contains_key(path);
    let stays = current.into_iter().flat_map(Partition::articles).filter(|(_, article)| !leaves(&article.head.path));
    let stays: usize = stays.map(|(_, article)| article.documents().len()).sum();
    if stays == 0 && batch.put.is_empty() {
        remove(folder)?;
        return Ok(None);
    }
    let expected = stays + batch.put.values().map(|put| put.passages.len() + 2).sum::<usize>();
    let index = match current {
        Some(_) => open_index(folder, model)?,
        None => create(folder, key, model)?,
    };
    // Whoever leaves a partition leaves its files, and vectors of two models never meet in it.
    let other_model =
        |segment: &Segment| segment.vectors.model().is_some_and(|other| model.is_some_and(|m| m != other));
    let whole = !batch.remove.is_empty() || current.is_some_and(|it| it.segments.iter().any(|it| other_model(it)));
    write(&index, batch, whole)?;
    sync(folder)?;
    let partition = Partition::read(&index, key.clone(), current.map_or(&[], |it| &it.segments))?;
    // The engine can return Ok from a commit whose worker died, with its documents lost.
    match partition.living_documents() {
        found if found == expected => Ok(Some(partition)),
        found => Err(PartitionError::Damaged(format!("{found} documents after a commit that should leave {expected}"))),
    }
}

/// Removes a partition. The label goes first: what a crash leaves behind does not open.
pub(crate) fn remove(folder: &Path) -> Result<(), PartitionError> {
    if !folder.exists() {
        return Ok(());
    }
    match fs::remove_file(folder.join(LABEL)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => sync(folder)?,
    }
    fs::remove_dir_all(folder)?;
    folder.parent().map_or(Ok(()), sync)
}

fn create(folder: &Path, key: &Key, model: Option<ModelDigest>) -> Result<Index, PartitionError> {
    remove(folder)?;
    fs::create_dir_all(folder)?;
    let mut label = File::create(folder.join(LABEL))?;
    label.write_all(&serde_json::to_vec_pretty(&Label { format: FORMAT, key: key.clone() })?)?;
    label.sync_all()?;
    folder.parent().map_or(Ok(()), sync)?;
    let index = Index::builder().schema(schema()).settings(settings());
    Ok(plugins(model).into_iter().fold(index, IndexBuilder::register_plugin).create_in_dir(folder)?)
}

/// Commits a batch and merges `whole` the partition, or what [`to_merge`] says.
fn write(index: &Index, batch: &Batch, whole: bool) -> Result<(), PartitionError> {
    let mut writer = append(index, batch)?;
    // Nothing of them is held on to: held files are not collected.
    let segments = to_merge(&index.searchable_segment_metas()?, whole);
    if !segments.is_empty() {
        writer.merge(&segments).wait()?;
        // The files of what was merged away: whoever still reads them has them open.
        writer.garbage_collect_files().wait()?;
    }
    Ok(writer.wait_merging_threads()?)
}

/// The segments to be merged into one: none, all but the largest, or all, if `whole` or too much were wasted otherwise.
fn to_merge(segments: &[SegmentMeta], whole: bool) -> Vec<SegmentId> {
    let Some(largest) = segments.iter().max_by_key(|segment| segment.num_docs()) else { return Vec::new() };
    let beside = segments.iter().filter(|segment| segment.id() != largest.id());
    let wasted = largest.num_deleted_docs() + beside.clone().map(|segment| segment.num_docs()).sum::<u32>();
    let merged: Vec<_> = match whole || wasted > largest.num_docs() / WASTE {
        true => segments.iter().collect(),
        false => beside.collect(),
    };
    match &merged[..] {
        [one] if !one.has_deletes() => Vec::new(),
        _ => merged.into_iter().map(SegmentMeta::id).collect(),
    }
}

/// Commits a batch as a segment of its own. An idle writer holds threads and memory, so each commit opens one.
fn append(index: &Index, batch: &Batch) -> Result<IndexWriter<Entry>, PartitionError> {
    let options =
        IndexWriterOptions::builder().num_merge_threads(1).memory_budget_per_thread(memory_budget(batch)).build();
    let mut writer: IndexWriter<Entry> = index.writer_with_options(options)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    for path in &batch.remove {
        writer.delete_term(Term::from_field_text(PATH, path));
    }
    for (path, put) in &batch.put {
        // One group: the article's documents stand together in one segment.
        let delete = UserOperation::Delete(Term::from_field_text(PATH, path));
        let adds = entries(put)?.into_iter().map(UserOperation::Add);
        writer.run(std::iter::once(delete).chain(adds).collect::<Vec<_>>())?;
    }
    writer.commit()?;
    Ok(writer)
}

/// Leaves the partition in `folder` as a crash between a commit and its merge does.
#[cfg(test)]
pub(crate) fn commit_unmerged(folder: &Path, batch: &Batch, model: Option<ModelDigest>) -> Result<(), PartitionError> {
    append(&open_index(folder, model)?, batch).map(drop)
}

/// Bytes that the writer may hold before it starts another segment: about what the batch needs, so that most commits write one.
fn memory_budget(batch: &Batch) -> usize {
    let text = batch.put.values().flat_map(|put| &put.passages).map(|passage| passage.text.len()).sum::<usize>();
    (text * 8).clamp(16 << 20, 256 << 20)
}

fn sync(folder: &Path) -> Result<(), PartitionError> {
    Ok(File::open(folder)?.sync_all()?)
}
