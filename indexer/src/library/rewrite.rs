//! One visible article with other words, tried beside the index: what a viewer would see if it were saved so. Nothing that is
//! served or stored changes.

use super::Snapshot;
use crate::article::Article;
use crate::audience::Grants;
use crate::embedder::{EmbedderError, Embedding};
use crate::partition::{self, Batch, Put, ReadError};
use crate::passage::{Passage, embedded_text};
use crate::visible::{LanguageView, Living, VisibleIndex};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// What is changed in an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewrite {
    /// Its title reads so.
    Title(String),
    /// A heading reads so, found by its anchor.
    Heading {
        /// Anchor of the heading.
        anchor: String,
        /// Its new text.
        text: String,
    },
}

/// Embeds the text of a passage.
pub type EmbedPassage<'a> = &'a dyn Fn(&str) -> Result<Embedding, EmbedderError>;

/// Why a change could not be tried.
#[derive(Debug, thiserror::Error)]
pub enum RewriteError {
    /// The article could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Its passages could not be embedded.
    #[error(transparent)]
    Embed(#[from] EmbedderError),
    /// The changed article could not be indexed.
    #[error("index the changed article: {0}")]
    Index(Box<dyn std::error::Error + Send + Sync>),
}

impl Rewrite {
    /// Changes a title and passages.
    fn apply(&self, title: &mut String, passages: &mut [Passage]) {
        match self {
            Self::Title(text) => title.clone_from(text),
            Self::Heading { anchor, text } => {
                let Some(trail) =
                    passages.iter().find(|passage| passage.anchor == *anchor).map(|passage| passage.trail.clone())
                else {
                    return;
                };
                // Headings below repeat it in their trails.
                for passage in passages.iter_mut().filter(|passage| passage.trail.starts_with(&trail)) {
                    if let Some(own) = trail.len().checked_sub(1).and_then(|depth| passage.trail.get_mut(depth)) {
                        own.clone_from(text);
                    }
                }
            }
        }
    }
}

impl Snapshot {
    /// What a viewer of a portal would see if the article at `path` were changed. Ranks are those of a saved change, since they
    /// do not depend on how articles are spread over partitions. `embed` is needed where passages have vectors; `scratch` is a
    /// folder of the caller's that must outlive the index. `None`: the viewer sees no such article.
    pub fn rewritten(
        &self,
        portal: &str,
        grants: &Grants,
        path: &str,
        rewrite: &Rewrite,
        embed: Option<EmbedPassage>,
        scratch: &Path,
    ) -> Result<Option<VisibleIndex>, RewriteError> {
        let Some((visible, sheets)) = self.seen(portal, grants) else { return Ok(None) };
        let Some(at) = visible.iter().position(|living| living.has(path)) else { return Ok(None) };
        let original = &visible[at];
        let view = LanguageView::new(original.partition().key.language.clone(), &[original]);
        let Some(article) = (0..view.articles()).find(|article| view.head(*article).path == path) else {
            return Ok(None);
        };
        let put = changed(&view, article, rewrite, embed)?;
        let model = view.vector_model(article).filter(|_| put.embeddings.iter().all(Option::is_some));
        let batch = Batch { put: BTreeMap::from([(path.to_owned(), put)]), ..Batch::default() };
        let failed = |error: partition::PartitionError| RewriteError::Index(Box::new(error));
        let key = &original.partition().key;
        let folder = scratch.join(key.folder_name().map_err(failed)?);
        let written = partition::commit(&folder, key, None, &batch, model).map_err(failed)?;

        let mut partitions = visible.clone();
        partitions[at] = Arc::new(original.without(path));
        // Versions tell views in a cache apart; this one is in none.
        partitions.extend(written.map(|written| Arc::new(Living::new(Arc::new(written), &Default::default(), 0))));
        partitions.retain(|living| living.any());
        partitions.sort_by(|a, b| a.partition().key.cmp(&b.partition().key));
        Ok(Some(VisibleIndex::new(&partitions, &sheets)))
    }
}

/// An article as indexed, with the change; vectors are kept where the text that was embedded is the same.
fn changed(
    view: &LanguageView,
    article: u32,
    rewrite: &Rewrite,
    embed: Option<EmbedPassage>,
) -> Result<Put, RewriteError> {
    let documents = || (0..u16::MAX).map_while(|ordinal| view.document(article, ordinal));
    let before: Vec<Passage> =
        documents().map(|document| Ok(view.passage(document)?.to_passage())).collect::<Result<_, ReadError>>()?;
    let mut embeddings = view.embeddings_of(article);
    let mut head = view.head(article).clone();
    let mut passages = before.clone();
    let title = head.title.clone();
    rewrite.apply(&mut head.title, &mut passages);
    for ((embedding, passage), before) in embeddings.iter_mut().zip(&passages).zip(&before) {
        let text = embedded_text(&head.title, passage);
        if embedding.is_some() && text != embedded_text(&title, before) {
            *embedding = embed.map(|embed| embed(&text)).transpose()?;
        }
    }
    let article = Article { head, body: view.body(article)?, sections: Vec::new(), links: Vec::new() };
    Ok(Put { article: Box::new(article), passages, embeddings })
}
