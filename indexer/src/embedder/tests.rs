//! Vectors of the real model, and what a broken folder says.

use super::*;
use crate::language::Language;
use proptest::prelude::*;
use std::fs;

/// The model's folder; tests that need it fail, and do not skip, without it.
fn model() -> PathBuf {
    let folder = std::env::var_os("SIGNPOST_TEST_MODEL")
        .expect("run make models, then set SIGNPOST_TEST_MODEL to the model's folder");
    PathBuf::from(folder)
}

#[test]
fn meaning_brings_texts_together_and_each_vector_is_its_own() {
    let embedder = Embedder::open(&model(), 2).expect("the model's files are there");
    assert_eq!(embedder.is_loaded(), None);
    let query = embedder.embed_query("how do I get my money back").unwrap();
    let near = embedder.embed_passage("Refunds are paid to the card that was charged.").unwrap();
    let far = embedder.embed_passage("The radiator must be bled before winter.").unwrap();
    assert_eq!((embedder.is_loaded(), embedder.dimensions()), (Some(true), Some(query.vector.len())));
    assert!(cosine(&query.vector, &near.vector) > cosine(&query.vector, &far.vector) + 0.15);
    assert!((cosine(&query.vector, &query.vector) - 1.0).abs() < 0.01);
    assert_eq!(query.tokens.len(), 7, "a token a word, and none for where a text begins and ends");
    let likeness =
        |text: &Embedding| token_codes::likeness(&query.tokens, &token_codes::to_record(&text.tokens)).unwrap();
    assert!(likeness(&near) > likeness(&far) + 0.05, "{} {}", likeness(&near), likeness(&far));

    let again = std::thread::scope(|scope| {
        let calls: Vec<_> = ["a long neighbour ".repeat(200), "x".into(), String::new()]
            .into_iter()
            .map(|text| scope.spawn(|| embedder.embed_passage(&{ text })))
            .collect();
        let again = embedder.embed_passage("Refunds are paid to the card that was charged.").unwrap();
        calls.into_iter().for_each(|call| drop(call.join().expect("no panic").expect("any text has a vector")));
        again
    });
    assert_eq!(near, again, "other texts at the same time change nothing");
    let other_session_kind = embedder.embed_query("Refunds are paid to the card that was charged.").unwrap();
    assert_eq!(near, other_session_kind, "this model has no prefixes");
}

#[test]
fn the_static_table_tells_which_sentence_is_near_and_is_no_part_of_the_digest() {
    let embedder = Embedder::open(&model(), 1).expect("the model's files are there");
    let table = embedder.table().expect("make models builds one");
    let direction = |text| table.direction(text).expect("known words");
    let query = direction("how do I get my money back");
    let near = direction("Refunds are paid to the card that was charged.");
    let far = direction("The radiator must be bled before winter.");
    assert!(query.cosine(&near) > query.cosine(&far) + 0.1, "{} {}", query.cosine(&near), query.cosine(&far));

    let folder = tempfile::tempdir().unwrap();
    for name in ["model.onnx", "tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"] {
        fs::copy(model().join(name), folder.path().join(name)).unwrap();
    }
    let bare = ModelFiles::read(folder.path()).unwrap();
    assert!(bare.table.is_none());
    assert_eq!(bare.digest, embedder.digest());
    fs::write(folder.path().join("static.bin"), "no table").unwrap();
    assert!(matches!(ModelFiles::read(folder.path()), Err(EmbedderError::Form { .. })));
}

#[test]
fn rounding_errs_by_less_than_five_thousandths_of_cosine() {
    let (files, texts) = (
        ModelFiles::read(&model()).unwrap(),
        ["invoice", "Reset the API key of a team member.", "Öl nachfüllen", "E1234"],
    );
    ort::init_from(files::runtime_library(&model()).unwrap()).map(drop).unwrap();
    let definition = UserDefinedEmbeddingModel::new(files.onnx, files.tokenizer).with_pooling(files.settings.pooling());
    let mut session =
        TextEmbedding::try_new_from_user_defined(definition, InitOptionsUserDefined::new().with_intra_threads(1))
            .unwrap();
    let exact: Vec<_> = texts.iter().map(|text| session.embed([text], Some(1)).unwrap().remove(0)).collect();
    for a in &exact {
        for b in &exact {
            let truth: f32 = a.iter().zip(b).map(|(x, y)| x * y).sum();
            let rounded = cosine(&quantize(a).unwrap(), &quantize(b).unwrap());
            assert!((truth - rounded).abs() < 0.005, "{truth} {rounded}");
        }
    }
}

#[test]
fn a_missing_model_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let error = Embedder::open(folder.path(), 1).err().expect("there is no model");
    assert!(error.to_string().contains("model.onnx") && error.to_string().contains("make models"), "{error}");
}

#[test]
fn a_model_that_does_not_load_says_so_to_every_caller() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"] {
        fs::copy(model().join(name), folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("model.onnx"), "no model").unwrap();
    std::os::unix::fs::symlink(files::runtime_library(&model()).unwrap(), folder.path().join("libonnxruntime.so"))
        .unwrap();
    let embedder = Embedder::open(folder.path(), 1).expect("the files are there");
    assert!(matches!(embedder.wait(), Err(EmbedderError::Sessions(_))));
    assert!(embedder.embed_query("a").is_err());
    assert_eq!(embedder.is_loaded(), Some(false));
}

#[test]
fn a_file_that_differs_from_its_sum_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["model.onnx", "tokenizer.json", "config.json", "special_tokens_map.json", "tokenizer_config.json"] {
        fs::write(folder.path().join(name), "{}").unwrap();
    }
    let before = ModelFiles::read(folder.path()).unwrap().digest;
    fs::write(folder.path().join("SHA256SUMS"), format!("{}  ./model.onnx\n", "0".repeat(64))).unwrap();
    assert!(
        matches!(ModelFiles::read(folder.path()), Err(EmbedderError::Digest { path }) if path.ends_with("model.onnx"))
    );
    fs::write(folder.path().join("SHA256SUMS"), "what is this\n").unwrap();
    assert!(
        matches!(ModelFiles::read(folder.path()), Err(EmbedderError::Form { what, .. }) if what.starts_with("line 1"))
    );
    fs::write(
        folder.path().join("SHA256SUMS"),
        "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a *model.onnx\n",
    )
    .unwrap();
    assert_eq!(ModelFiles::read(folder.path()).unwrap().digest, before, "sums change nothing about vectors");
    fs::write(folder.path().join("signpost.json"), r#"{"languages": ["en", "pt-BR"]}"#).unwrap();
    let files = ModelFiles::read(folder.path()).unwrap();
    assert_eq!(files.digest, before, "nor do the languages that it knows");
    assert!(
        files.languages.has(&Language::parse("pt").unwrap()) && !files.languages.has(&Language::parse("fr").unwrap())
    );
    fs::write(folder.path().join("signpost.json"), r#"{"languages": ["English"]}"#).unwrap();
    assert!(
        matches!(ModelFiles::read(folder.path()), Err(EmbedderError::Form { what, .. }) if what.contains("English"))
    );
    fs::write(folder.path().join("signpost.json"), r#"{"query_prefix": "query: ", "pooling": "cls"}"#).unwrap();
    let files = ModelFiles::read(folder.path()).unwrap();
    assert_ne!(files.digest, before);
    assert_eq!((files.settings.query_prefix.as_str(), files.settings.passage_prefix.as_str()), ("query: ", ""));
    fs::write(folder.path().join("signpost.json"), r#"{"querry_prefix": "query: "}"#).unwrap();
    assert!(matches!(ModelFiles::read(folder.path()), Err(EmbedderError::Form { .. })));
}

#[test]
fn the_runtime_library_is_found_in_the_folder_or_beside_it() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("a-model");
    fs::create_dir(&folder).unwrap();
    assert!(matches!(files::runtime_library(&folder), Err(EmbedderError::NoRuntime { .. })));
    fs::write(root.path().join("libonnxruntime.so.1.31.1"), "").unwrap();
    assert_eq!(files::runtime_library(&folder).unwrap(), root.path().join("libonnxruntime.so.1.31.1"));
    fs::write(folder.join("libonnxruntime.so"), "").unwrap();
    assert_eq!(files::runtime_library(&folder).unwrap(), folder.join("libonnxruntime.so"));
}

proptest! {
    #[test]
    fn cosine_is_near_the_exact_one(a in proptest::collection::vec(-1.0f32..1.0, 64), b in proptest::collection::vec(-1.0f32..1.0, 64)) {
        let norm = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
        let truth = a.iter().zip(&b).map(|(x, y)| x * y).sum::<f32>() / (norm(&a) * norm(&b));
        let rounded = cosine(&quantize(&a).unwrap(), &quantize(&b).unwrap());
        prop_assert!((truth - rounded).abs() < 0.02);
    }
}

#[test]
fn what_is_no_vector_is_refused() {
    assert!(quantize(&[]).is_err() && quantize(&[0.0; 4]).is_err() && quantize(&[f32::NAN, 1.0]).is_err());
}

#[test]
fn the_mean_cosine_of_two_sets_is_that_of_their_pairs() {
    let vectors = [[1.0, 0.0, 0.2], [0.9, 0.3, 0.0], [0.0, 1.0, 0.1]].map(|vector| direction(&vector).unwrap());
    let sum = |vectors: &[Vector]| {
        let mut sum = vec![0; 3];
        vectors.iter().for_each(|vector| sum.iter_mut().zip(vector).for_each(|(sum, part)| *sum += i32::from(*part)));
        sum
    };
    let [a, b, c] = &vectors;
    let found = mean_cosine((&sum(&[a.clone(), b.clone()]), 2), (&sum(std::slice::from_ref(c)), 1));
    assert!((found - f64::from(cosine(a, c) + cosine(b, c)) / 2.0).abs() < 1e-6);
    assert_eq!(mean_cosine((&[1, 2], 1), (&[1], 1)), 0.0);
    assert!(direction(&[0.0; 3]).is_none());
}
