//! What a reranker does to the order, with one that counts equal words.

use super::super::{Mode, Models, Query, rank_with, search_with};
use super::world::{Shelf, along, article, query, titles};
use indexer::reranker::Reranker;
use std::path::{Path, PathBuf};

#[test]
fn a_reranker_orders_the_answers_of_a_hybrid_search_and_of_no_other() {
    let model = std::env::var_os("SIGNPOST_TEST_MODEL").expect("run make models, then set SIGNPOST_TEST_MODEL");
    let (model, folder) = (PathBuf::from(model), tempfile::tempdir().expect("a folder"));
    for name in ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"] {
        std::fs::copy(model.join(name), folder.path().join(name)).expect("a file of the model");
    }
    let overlap = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/overlap_reranker.onnx");
    std::fs::copy(overlap, folder.path().join("model.onnx")).expect("the reranker of the tests");
    let library = model.parent().expect("a parent").join("libonnxruntime.so");
    std::os::unix::fs::symlink(library, folder.path().join("libonnxruntime.so")).expect("a link");
    let reranker = Reranker::load(folder.path(), 1).expect("a reranker");

    let shelf = Shelf::with_vectors(&[
        article("a.md", "Refunds", "A refund is paid within a week."),
        article("b.md", "Cards", "Your card is charged when the parcel is sent."),
        article("c.md", "Parcels", "Where the parcel is. When it is sent, the parcel has a number."),
    ]);
    let index = shelf.visible_to(&[]);
    let models = Models { reranker: Some(&reranker), ..Models::default() };
    let asked = |mode| Query { mode, ..query("when is the parcel sent") };
    let order = |mode, models| titles(&search_with(&index, &asked(mode), Some(&along(0)), models).expect("answers"));
    assert_eq!(order(Mode::Dense, models), order(Mode::Dense, Models::default()));
    assert_eq!(order(Mode::Lexical, models), order(Mode::Lexical, Models::default()));
    let hybrid = order(Mode::Hybrid, models);
    assert_eq!(hybrid, ["Parcels", "Cards", "Refunds"]);
    assert_ne!(hybrid, order(Mode::Hybrid, Models::default()));
    let ranked = rank_with(&index, &asked(Mode::Hybrid), Some(&along(0)), models).expect("a ranking");
    assert_eq!(ranked.iter().map(|(slug, _)| slug.as_str()).collect::<Vec<_>>(), ["c", "b", "a"]);
}
