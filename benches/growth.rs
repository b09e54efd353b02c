//! What a query costs as the content grows: criterion groups at 1,000, 10,000 and 100,000 passages.
//!
//! Measured, in one process and warm, on made-up help centres (`zipf.rs`) with vectors: `analysis` (a query, a passage), `lexical`,
//! `dense` and `fusion` (all articles ranked by words, by vectors, by both: fusing is what the last takes beyond the first two),
//! `snippet`, `query` (ten answers with passage, snippet and facets, by words and by both, the vector given) and `suggest`. Not
//! measured: HTTP (`naive_peer`, `http_load`), the embedding pass (`steps`), a cold disk.
//!
//! Run: `make growth`, or `cargo bench --workspace --bench growth`.

#[path = "../tests/contents.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod contents;
#[path = "../tests/service.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod service;
mod zipf;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use indexer::analysis::analyze;
use indexer::audience::Grants;
use indexer::embedder::ModelDigest;
use indexer::language::Language;
use indexer::shown::TermHash;
use search_api::retrieval::{Mode, Query, rank, search, snippet, suggest};
use std::hint::black_box;
use std::time::Duration;
use zipf::Zipf;

/// The service's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];
const MODEL: ModelDigest = ModelDigest([1; 32]);
/// Queries that take turns.
const QUERIES: usize = 256;

fn growth(criterion: &mut Criterion) {
    let mut zipf = Zipf::new(2);
    let titles: Vec<String> = (0..QUERIES).map(|_| zipf.title()).collect();
    let questions: Vec<String> = (0..QUERIES).map(|_| zipf.text(12)).collect();
    let (vector, tokens) = (zipf.vector(), zipf.tokens(12));
    let language = Language::parse("en").expect("a tag");
    let text = zipf.text(110);
    criterion.bench_function("analysis/question", |b| b.iter(|| analyze(&language, black_box(&questions[0]))));
    criterion.bench_function("analysis/passage", |b| b.iter(|| analyze(&language, black_box(&text))));
    for size in SIZES {
        let folder = tempfile::tempdir().expect("a folder");
        let library = zipf::library(folder.path(), size, MODEL);
        let index = library.snapshot().visible("zipf", &Grants::Everything).expect("the portal is served");
        let view = &index.languages()[0];
        let passages = u64::from(view.passages());
        println!("{passages} passages of {} articles", view.articles());
        let mut number = 0;
        let mut next = |texts: &[String], mode| {
            number += 1;
            let text = texts[number % texts.len()].clone();
            // As many tokens as such a text has; without a vector they have no part.
            let tokens = tokens.iter().take(text.split(' ').count() * 13 / 10).copied().collect();
            Query { text, tokens, limit: 10, mode, ..Query::default() }
        };
        let kinds = [("titles", &titles), ("questions", &questions)];

        let mut group = criterion.benchmark_group("lexical");
        for (kind, texts) in kinds {
            group.bench_function(BenchmarkId::new(kind, size), |b| {
                b.iter(|| rank(&index, &next(texts, Mode::Lexical), None).expect("read"));
            });
        }
        group.finish();
        let mut group = criterion.benchmark_group("dense");
        group.throughput(Throughput::Elements(passages));
        group.bench_function(BenchmarkId::from_parameter(size), |b| {
            b.iter(|| rank(&index, &next(&titles, Mode::Dense), Some(&vector)).expect("read"));
        });
        group.finish();
        let mut group = criterion.benchmark_group("fusion");
        for (kind, texts) in kinds {
            group.bench_function(BenchmarkId::new(kind, size), |b| {
                b.iter(|| rank(&index, &next(texts, Mode::Hybrid), Some(&vector)).expect("read"));
            });
        }
        group.finish();
        let mut terms: Vec<_> = analyze(&language, &titles[0]).iter().map(|token| TermHash::of(&token.term)).collect();
        terms.sort_unstable();
        let mut document = 0;
        criterion.bench_function(&format!("snippet/{size}"), |b| {
            b.iter(|| {
                document = (document + 1) % view.articles();
                let passage = view.passage(view.passages_of(document).start).expect("read");
                snippet(&passage, &terms, None)
            });
        });
        let mut group = criterion.benchmark_group("query");
        for (kind, texts) in kinds {
            for (name, mode, vector) in [("lexical", Mode::Lexical, None), ("hybrid", Mode::Hybrid, Some(&*vector))] {
                group.bench_function(BenchmarkId::new(format!("{name}, {kind}"), size), |b| {
                    b.iter(|| search(&index, &next(texts, mode), vector).expect("read"));
                });
            }
        }
        group.finish();
        let mut group = criterion.benchmark_group("suggest");
        for letters in [3, 6, 12] {
            group.bench_function(BenchmarkId::new(format!("{letters} letters"), size), |b| {
                b.iter(|| {
                    let text = next(&titles, Mode::Lexical).text;
                    suggest(&index, &text[..letters.min(text.len())], None, 8).expect("read")
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = sizes;
    config = Criterion::default().sample_size(20).measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    targets = growth
}
criterion_main!(sizes);
