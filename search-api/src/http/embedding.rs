//! A query's vector: computed off the request threads, behind a queue so short that a search never waits long for it.

use crate::deflection::log::QueryVector;
use indexer::embedder::{Embedder, EmbedderError, Embedding, ModelDigest};
use indexer::language::KnownLanguages;
use indexer::static_table::StaticTable;
use indexer::token_codes::TokenCodes;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Queries that may wait for or hold a session. At about 5 ms a query on one session the last waits about 80 ms.
const QUEUE: usize = 16;

/// Embeds queries while there is room; cheap to clone.
#[derive(Clone)]
pub struct QueryEmbedder {
    embedder: Arc<Embedder>,
    queue: Arc<Semaphore>,
}

/// What a model makes of a query.
pub struct EmbeddedQuery {
    /// Its vector, which the log keeps.
    pub vector: QueryVector,
    /// Its tokens' codes, which nobody keeps: they say nearly what was typed.
    pub tokens: TokenCodes,
}

impl QueryEmbedder {
    /// Embeds with a model.
    pub fn new(embedder: Arc<Embedder>) -> Self {
        Self { embedder, queue: Arc::new(Semaphore::new(QUEUE)) }
    }

    /// Digest of the model.
    pub fn digest(&self) -> ModelDigest {
        self.embedder.digest()
    }

    /// The languages that the model knows.
    pub fn languages(&self) -> &KnownLanguages {
        self.embedder.languages()
    }

    /// The model's static table, if it has one.
    pub fn table(&self) -> Option<&StaticTable> {
        self.embedder.table()
    }

    /// How the model is: `loading`, `ready` or `failed`.
    pub fn state(&self) -> &'static str {
        self.embedder.is_loaded().map_or("loading", |loaded| if loaded { "ready" } else { "failed" })
    }

    /// What the model makes of a passage's text; takes a session of the indexer's. Blocks.
    ///
    /// # Errors
    /// The model failed.
    pub fn embed_passage(&self, text: &str) -> Result<Embedding, EmbedderError> {
        self.embedder.embed_passage(text)
    }

    /// The vector of a text: [`Self::embed_query`] for who compares no tokens.
    pub async fn embed(&self, text: &str) -> Option<QueryVector> {
        self.embed_query(text).await.map(|embedded| embedded.vector)
    }

    /// What the model makes of a text. `None` while the model loads, when the queue is full and when the model fails: the search then goes
    /// by words, and says so.
    pub async fn embed_query(&self, text: &str) -> Option<EmbeddedQuery> {
        if self.embedder.is_loaded() != Some(true) {
            return None;
        }
        let Ok(place) = Arc::clone(&self.queue).try_acquire_owned() else {
            metrics::counter!("signpost_query_embeddings_shed_total").increment(1);
            return None;
        };
        let (embedder, text) = (Arc::clone(&self.embedder), text.to_owned());
        let embedded = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when the caller has gone.
            let _place = place;
            let Embedding { vector: values, tokens } = embedder.embed_query(&text)?;
            Ok::<_, EmbedderError>(EmbeddedQuery { vector: QueryVector { model: embedder.digest(), values }, tokens })
        });
        match embedded.await {
            Ok(Ok(embedded)) => Some(embedded),
            Ok(Err(error)) => {
                tracing::error!(%error, "a query could not be embedded");
                None
            }
            Err(error) => {
                tracing::error!(%error, "the embedding of a query broke off");
                None
            }
        }
    }
}
