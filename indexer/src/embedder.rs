//! Text to vectors: a sentence-embedding model loaded from a folder, its digest checked, a pool of sessions.

pub(crate) mod files;
pub(crate) mod pool;

use crate::language::KnownLanguages;
use crate::products::products;
use crate::static_table::StaticTable;
use crate::token_codes::{self, TokenCodes};
use fastembed::{
    InitOptionsUserDefined, OutputKey, Pooling, SingleBatchOutput, TextEmbedding, UserDefinedEmbeddingModel,
};
use files::{ModelFiles, Settings};
use pool::Pool;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::thread::ScopedJoinHandle;

/// blake3 over the model's files (weights, tokenizer, configuration): equal digest and text, equal vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ModelDigest(pub [u8; 32]);

/// A text's vector: unit length times a fixed scale, rounded to `i8`, so that it depends on model and text alone.
pub type Vector = Box<[i8]>;

/// What a model makes of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embedding {
    /// Of the whole.
    pub vector: Vector,
    /// Of each token; none where nobody compares them.
    pub tokens: TokenCodes,
}

impl From<Vector> for Embedding {
    fn from(vector: Vector) -> Self {
        Self { vector, tokens: TokenCodes::default() }
    }
}

/// A model. Cheap to share; each call borrows one of its sessions (one intra-op thread each) and blocks while none is free.
/// Queries have sessions of their own and never wait behind passages.
pub struct Embedder {
    digest: ModelDigest,
    settings: Settings,
    languages: KnownLanguages,
    table: Option<StaticTable>,
    passage_sessions: usize,
    /// Opened at first use; holds the model's bytes only until then.
    sessions: LazyLock<Opened, Box<dyn FnOnce() -> Opened + Send>>,
}

/// Sessions, or why there are none.
type Opened = Result<Sessions, Arc<EmbedderError>>;

struct Sessions {
    dimensions: usize,
    queries: Pool<TextEmbedding>,
    passages: Pool<TextEmbedding>,
}

/// Why there is no model, or no vector; every message says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum EmbedderError {
    /// A file of the model is missing or cannot be read.
    #[error("read the model's file {path}: {source} (run `make models`, or name another folder)")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not the one that `SHA256SUMS` names.
    #[error("{path} does not match SHA256SUMS: fetch it again, or mend the sums if the change is meant")]
    Digest {
        /// The file.
        path: PathBuf,
    },
    /// `SHA256SUMS` or `signpost.json` is not of its form.
    #[error("read {path}: {what}")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what belongs there.
        what: String,
    },
    /// No ONNX Runtime library stands where it is looked for.
    #[error(
        "find libonnxruntime.so in {folder}, in its parent or at ORT_DYLIB_PATH: run `make models`, or set ORT_DYLIB_PATH"
    )]
    NoRuntime {
        /// The model's folder.
        folder: PathBuf,
    },
    /// The ONNX Runtime library cannot be loaded or is too old.
    #[error(
        "load the ONNX Runtime library: {source} (version 1.{} or newer is needed: run `make models`)",
        ort::MINOR_VERSION
    )]
    Runtime {
        /// What the loader said.
        source: ort::LoadDynamicError,
    },
    /// The model does not load, or refused a text.
    #[error("run the model: {0}")]
    Model(#[from] fastembed::Error),
    /// The model answers with something that is no vector of its length.
    #[error(
        "use the model's answer: it is empty, not finite or of another length than before; is the model's file damaged?"
    )]
    NoVector,
    /// A reranker answers with something that is no score for each passage.
    #[error("use the reranker's answer: its output must be finite `logits` of shape (pairs, 1)")]
    NoScores,
    /// Its sessions could not be opened; the same for every call.
    #[error(transparent)]
    Sessions(Arc<EmbedderError>),
}

impl Embedder {
    /// Reads and verifies the model in `folder`, for this many sessions for passages and half as many (at least one) for queries;
    /// they are opened by [`Self::wait`] or by the first text, which takes some tenths of a second.
    ///
    /// The folder holds `model.onnx`, `tokenizer.json`, `config.json`, `special_tokens_map.json` and `tokenizer_config.json`, and
    /// may hold `SHA256SUMS` (then every file it names is verified) and `signpost.json` (`{"pooling": "mean" | "cls",
    /// "query_prefix": "…", "passage_prefix": "…", "languages": ["en"]}`; by default mean pooling, no prefixes and any language) and `static.bin` (a
    /// [`StaticTable`]). `libonnxruntime.so*` is taken from `ORT_DYLIB_PATH` if that is set, else from the folder, else from its
    /// parent. The first library that a process loads stays.
    pub fn open(folder: &Path, sessions: usize) -> Result<Arc<Self>, EmbedderError> {
        let ModelFiles { digest, settings, languages, onnx, tokenizer, table } = ModelFiles::read(folder)?;
        init_runtime(files::runtime_library(folder)?)?;

        let model = UserDefinedEmbeddingModel::new(onnx, tokenizer);
        let pooling = settings.pooling();
        let passage_sessions = sessions.max(1);
        let open = move || Sessions::open(&model, passage_sessions, pooling.clone()).map_err(Arc::new);
        Ok(Arc::new(Self {
            digest,
            settings,
            languages,
            table,
            passage_sessions,
            sessions: LazyLock::new(Box::new(open)),
        }))
    }

    /// [`Self::open`] and [`Self::wait`].
    pub fn load(folder: &Path, sessions: usize) -> Result<Arc<Self>, EmbedderError> {
        let embedder = Self::open(folder, sessions)?;
        embedder.wait()?;
        Ok(embedder)
    }

    /// Waits until the sessions are open.
    pub fn wait(&self) -> Result<(), EmbedderError> {
        self.sessions().map(drop)
    }

    /// Whether the sessions are open; `None` while nobody knows. Never waits.
    pub fn is_loaded(&self) -> Option<bool> {
        LazyLock::get(&self.sessions).map(Result::is_ok)
    }

    /// Digest of the model's files.
    pub fn digest(&self) -> ModelDigest {
        self.digest
    }

    /// The languages that it knows.
    pub fn languages(&self) -> &KnownLanguages {
        &self.languages
    }

    /// The static table distilled from it, if its folder has one.
    pub fn table(&self) -> Option<&StaticTable> {
        self.table.as_ref()
    }

    /// Length of its vectors; `None` if it does not load. Waits for that.
    pub fn dimensions(&self) -> Option<usize> {
        self.sessions().ok().map(|sessions| sessions.dimensions)
    }

    /// Number of passages that can be embedded at the same time.
    pub fn passage_sessions(&self) -> usize {
        self.passage_sessions
    }

    /// Embeds a query. Blocks: call it on a blocking thread. What is longer than the model reads is cut off.
    pub fn embed_query(&self, text: &str) -> Result<Embedding, EmbedderError> {
        let sessions = self.sessions()?;
        let text = format!("{}{text}", self.settings.query_prefix);
        sessions.checked(embed(&sessions.queries, &text, self.settings.pooling())?)
    }

    /// Embeds one passage, alone. Blocks. What is longer than the model reads is cut off.
    pub fn embed_passage(&self, text: &str) -> Result<Embedding, EmbedderError> {
        let sessions = self.sessions()?;
        let text = format!("{}{text}", self.settings.passage_prefix);
        sessions.checked(embed(&sessions.passages, &text, self.settings.pooling())?)
    }

    fn sessions(&self) -> Result<&Sessions, EmbedderError> {
        self.sessions.as_ref().map_err(|error| EmbedderError::Sessions(Arc::clone(error)))
    }
}

impl Sessions {
    /// Opens them side by side: each takes the time of reading the whole model.
    fn open(model: &UserDefinedEmbeddingModel, passages: usize, pooling: Pooling) -> Result<Self, EmbedderError> {
        let open = || {
            let options = InitOptionsUserDefined::new().with_intra_threads(1);
            TextEmbedding::try_new_from_user_defined(model.clone(), options)
        };
        let queries = passages.div_ceil(2);
        let mut opened = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..passages + queries).map(|_| scope.spawn(open)).collect();
            let join =
                |thread: ScopedJoinHandle<_>| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            threads.into_iter().map(join).collect::<Result<Vec<_>, _>>()
        })?;
        let queries = Pool::new(opened.split_off(passages));
        let dimensions = embed(&queries, "dimensions", pooling)?.vector.len();
        Ok(Self { dimensions, queries, passages: Pool::new(opened) })
    }

    fn checked(&self, embedding: Embedding) -> Result<Embedding, EmbedderError> {
        if embedding.vector.len() == self.dimensions { Ok(embedding) } else { Err(EmbedderError::NoVector) }
    }
}

/// Loads the ONNX Runtime library, the first of a process: left to itself `ort` would panic at first use of a missing or old one.
pub(crate) fn init_runtime(library: PathBuf) -> Result<(), EmbedderError> {
    ort::init_from(library).map(drop).map_err(|source| EmbedderError::Runtime { source })
}

/// Cosine of two vectors of [`Embedder`] (the fixed scale divided out), within ±1 but for rounding; 0 if their lengths differ.
/// The sum of products is an exact integer, so that every processor gives the same bits.
pub fn cosine(a: &[i8], b: &[i8]) -> f32 {
    let mut found = 0.0;
    if a.len() == b.len() {
        cosines(a, std::iter::once((0, b)), |_, cosine| found = cosine);
    }
    found
}

/// Calls `each(place, cosine)` for the vectors of some runs: see [`products`].
pub(crate) fn cosines<'a>(query: &[i8], runs: impl Iterator<Item = (u32, &'a [i8])>, mut each: impl FnMut(u32, f32)) {
    let scale = STEPS * STEPS * query.len() as f32;
    products(query, runs, |place, product| each(place, product as f32 / scale));
}

/// Mean cosine of the pairs of two sets of such vectors, each set as its sum and its size; 0 if their lengths differ. Exact up to
/// the one division, so that the order of summing leaves no trace.
pub fn mean_cosine((a, of_a): (&[i32], u64), (b, of_b): (&[i32], u64)) -> f64 {
    if a.len() != b.len() || a.is_empty() {
        return 0.0;
    }
    let product: i64 = a.iter().zip(b).map(|(x, y)| i64::from(*x) * i64::from(*y)).sum();
    product as f64 / (f64::from(STEPS * STEPS) * a.len() as f64 * of_a as f64 * of_b as f64)
}

/// A direction at the scale of [`cosine`]; `None` of a vector without one.
pub fn direction(vector: &[f32]) -> Option<Vector> {
    quantize(vector).ok()
}

/// Steps of `i8` in the mean size of a unit vector's component, 1/√dimensions. Measured with all-MiniLM-L6-v2 on 1,250 passages
/// and queries: the largest component is 4.9 times the mean size, so that none is cut off; cosine errs by 0.0009 (root mean
/// square), 0.004 at most.
const STEPS: f32 = 24.0;

/// Unit vector times `STEPS · √dimensions`, rounded, and cut off at ±127.
fn quantize(vector: &[f32]) -> Result<Vector, EmbedderError> {
    let norm = vector.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt();
    if !norm.is_finite() || norm == 0.0 {
        return Err(EmbedderError::NoVector);
    }
    let scale = f64::from(STEPS) * (vector.len() as f64).sqrt() / norm;
    Ok(vector.iter().map(|x| (f64::from(*x) * scale).round().clamp(-127.0, 127.0) as i8).collect())
}

/// The tokens' vectors among a model's outputs: the first of these that there is.
const OUTPUT: &[OutputKey] =
    &[OutputKey::OnlyOne, OutputKey::ByName("last_hidden_state"), OutputKey::ByName("sentence_embedding")];

/// Embeds one text alone: in a batch, a dynamically quantised model would let its neighbours change its vector.
fn embed(sessions: &Pool<TextEmbedding>, text: &str, pooling: Pooling) -> Result<Embedding, EmbedderError> {
    let output = sessions.borrow().transform([text], Some(1))?.into_raw();
    let output = output.first().ok_or(EmbedderError::NoVector)?;
    let pooled = output.select_and_pool_output(&OUTPUT, Some(pooling))?;
    let vector = quantize(pooled.as_slice().ok_or(EmbedderError::NoVector)?)?;
    Ok(Embedding { vector, tokens: codes(output)? })
}

/// The codes of the tokens between the first and the last, which mark where a text begins and ends.
fn codes(output: &SingleBatchOutput) -> Result<TokenCodes, EmbedderError> {
    let tokens = output.select_output(&OUTPUT)?;
    let &[1, count, dimensions] = tokens.shape() else { return Ok(TokenCodes::default()) };
    let rows = tokens.as_slice().ok_or(EmbedderError::NoVector)?.chunks_exact(dimensions.max(1));
    Ok(rows.take(count.saturating_sub(1)).skip(1).map(token_codes::code).collect())
}

#[cfg(test)]
mod tests;
