//! Query and passage to a score: a cross-encoder loaded from a folder, read together instead of apart.

use crate::embedder::files::{self, ModelFiles};
use crate::embedder::pool::Pool;
use crate::embedder::{EmbedderError, init_runtime};
use fastembed::{OnnxSource, RerankInitOptionsUserDefined, TextRerank, UserDefinedRerankingModel};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

/// A cross-encoder. Cheap to share; each call borrows one of its sessions (one intra-op thread each) and blocks while none is free.
pub struct Reranker {
    sessions: Pool<TextRerank>,
}

impl Reranker {
    /// Loads the model in `folder`, for this many calls at a time, and tries it. The folder holds the files that
    /// [`crate::embedder::Embedder::open`] names; the model's output is `logits`, of shape (pairs, 1).
    pub fn load(folder: &Path, sessions: usize) -> Result<Arc<Self>, EmbedderError> {
        let ModelFiles { onnx, tokenizer, .. } = ModelFiles::read(folder)?;
        init_runtime(files::runtime_library(folder)?)?;
        let model = UserDefinedRerankingModel::new(OnnxSource::Memory(onnx), tokenizer);
        let open = || {
            let options = RerankInitOptionsUserDefined::new().with_intra_threads(1);
            TextRerank::try_new_from_user_defined(model.clone(), options)
        };
        let sessions = (0..sessions.max(1)).map(|_| open()).collect::<Result<_, _>>()?;
        let reranker = Self { sessions: Pool::new(sessions) };
        reranker.scores("query", &["passage".to_owned()])?;
        Ok(Arc::new(reranker))
    }

    /// How well each passage answers the query: higher is better, on a scale of the model's own. Blocks. What is longer than the
    /// model reads is cut off.
    pub fn scores(&self, query: &str, passages: &[String]) -> Result<Vec<f32>, EmbedderError> {
        let mut session = self.sessions.borrow();
        // fastembed panics at an output of another shape than it expects; the session itself is not hurt by it. One pair a
        // run: in a batch, a dynamically quantised model would let its neighbours change its score.
        let run = || session.rerank(query, passages.iter().map(String::as_str).collect::<Vec<_>>(), false, Some(1));
        let ranked = catch_unwind(AssertUnwindSafe(run)).map_err(|_| EmbedderError::NoScores)??;
        let mut scores = vec![f32::NAN; passages.len()];
        for result in ranked {
            *scores.get_mut(result.index).ok_or(EmbedderError::NoScores)? = result.score;
        }
        if scores.iter().all(|score| score.is_finite()) { Ok(scores) } else { Err(EmbedderError::NoScores) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;
    use tempfile::TempDir;

    fn model() -> PathBuf {
        PathBuf::from(std::env::var_os("SIGNPOST_TEST_MODEL").expect("run make models, then set SIGNPOST_TEST_MODEL"))
    }

    /// A folder with the tokenizer of the tests' model and this network.
    fn folder(onnx: &Path) -> TempDir {
        let folder = TempDir::new().unwrap();
        for name in ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"] {
            std::fs::copy(model().join(name), folder.path().join(name)).unwrap();
        }
        std::fs::copy(onnx, folder.path().join("model.onnx")).unwrap();
        std::os::unix::fs::symlink(files::runtime_library(&model()).unwrap(), folder.path().join("libonnxruntime.so"))
            .unwrap();
        folder
    }

    #[test]
    fn each_passage_has_the_score_that_the_network_gives_it_with_the_query() {
        // `scripts/models/overlap_reranker.py`: pairs of equal pieces, the separator that ends both texts among them.
        let overlap = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/overlap_reranker.onnx");
        let reranker = Reranker::load(folder(&overlap).path(), 1).expect("a reranker");
        let passages = ["my card", "nothing else", "reset my card, card", ""].map(str::to_owned);
        assert_eq!(reranker.scores("reset my card", &passages).unwrap(), [3.0, 1.0, 5.0, 1.0]);
        assert!(reranker.scores("reset my card", &[]).unwrap().is_empty());
    }

    #[test]
    fn a_network_that_scores_no_pairs_is_refused_when_it_is_loaded() {
        let embedder = Reranker::load(folder(&model().join("model.onnx")).path(), 1).err().expect("no reranker");
        assert!(matches!(embedder, EmbedderError::Model(_)), "{embedder}");
        assert!(Reranker::load(&model().join("nowhere"), 1).is_err());
    }
}
