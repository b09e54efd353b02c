//! Criterion groups named after the steps of ARCHITECTURE.md: parse, passages, embed, index, lexical, dense, query, report.
//!
//! Measured: one step at a time, in one process, on a seeded portal (`tests/contents.rs`) of 2,000 articles in memory-mapped
//! partitions, warm. Not measured: HTTP (see `http_load`), a cold disk, real help-centre text. `embed` and `query/hybrid` need
//! the model that `make models` fetches and are left out, with a line that says so, where there is none.

#[path = "../tests/contents.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod contents;
#[path = "../tests/service.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod service;

use contents::{Seeded, article, words};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use indexer::article::Article;
use indexer::audience::Grants;
use indexer::embedder::{Embedder, Embedding};
use indexer::library::{Change, Library};
use indexer::passage::{embedded_text, passages};
use indexer::portal::Portal;
use indexer::visible::VisibleIndex;
use search_api::deflection::log::{Event, Kind, Log, Person, Searched, Shown, Stamp, Stretch, Surface, Ticket};
use search_api::deflection::{Question, report};
use search_api::retrieval::{Mode, Query, search, suggest};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

const ARTICLES: usize = 2_000;
const PORTAL: &str = "name = \"Shop\"\nlanguages = [\"en\"]\ndefault_audience = \"public\"\n";

fn portal() -> Portal {
    Portal::parse("shop", PORTAL).0.expect("the portal of the bench")
}

fn text(number: usize) -> String {
    let mut random = Seeded(number as u64);
    let title = format!("{} {number}", words(&mut random, 3));
    article(&title, "language: en\n", &mut random)
}

fn parsed(portal: &Portal, number: usize) -> Article {
    Article::parse(portal, &format!("a{number:04}.md"), text(number).as_bytes(), 0).0
}

/// A model, if one was fetched.
fn model() -> Option<Arc<Embedder>> {
    let folder = std::env::var_os("SIGNPOST_TEST_MODEL").unwrap_or_else(|| "../models/all-MiniLM-L6-v2".into());
    Embedder::load(Path::new(&folder), 1).inspect_err(|error| println!("without a model: {error}")).ok()
}

/// A library of all articles; with made-up vectors, since their values do not change what a scan costs.
fn library(folder: &Path, model: Option<&Embedder>) -> Library {
    let (portal, library) = (portal(), Library::open(folder).expect("an empty folder"));
    library.serve_portal(Arc::new(portal.clone()));
    let mut random = Seeded(7);
    let mut vector =
        |dimensions| -> Box<[i8]> { (0..dimensions).map(|_| (random.below(60) as i16 - 30) as i8).collect() };
    let changes = (0..ARTICLES)
        .map(|number| {
            let article = parsed(&portal, number);
            let vectors = passages(&article)
                .iter()
                .map(|_| model.map(|model| vector(model.dimensions().expect("it is loaded")).into()))
                .collect();
            Change::Put(Box::new(article), vectors)
        })
        .collect();
    library.apply("shop", changes, model.map(Embedder::digest)).expect("commit");
    library
}

fn visible(library: &Library) -> Arc<VisibleIndex> {
    library.snapshot().visible("shop", &Grants::Everything).expect("the portal is served")
}

fn write_path(criterion: &mut Criterion) {
    let portal = portal();
    let source = text(1);
    let one = parsed(&portal, 1);
    criterion
        .bench_function("parse", |b| b.iter(|| Article::parse(&portal, "a0001.md", black_box(source.as_bytes()), 0)));
    criterion.bench_function("passages", |b| b.iter(|| passages(black_box(&one))));
    if let Some(model) = model() {
        let passage = embedded_text(&one.head.title, &passages(&one)[0]);
        let mut group = criterion.benchmark_group("embed");
        group.sample_size(20);
        group.bench_function("query", |b| b.iter(|| model.embed_query(black_box("reset my password")).expect("embed")));
        group.bench_function("passage", |b| b.iter(|| model.embed_passage(black_box(&passage)).expect("embed")));
        group.finish();
    }
    let folder = tempfile::tempdir().expect("a folder");
    let library = library(folder.path(), None);
    let mut group = criterion.benchmark_group("index");
    group.sample_size(20);
    let mut number = 0;
    group.bench_function("one saved article of 2,000", |b| {
        b.iter_batched(
            || {
                number = (number + 1) % ARTICLES;
                let article = parsed(&portal, number);
                let vectors = passages(&article).iter().map(|_| None).collect();
                vec![Change::Put(Box::new(article), vectors)]
            },
            |changes| library.apply("shop", changes, None).expect("commit"),
            BatchSize::PerIteration,
        );
    });
    group.finish();
}

fn read_path(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let model = model();
    let library = library(folder.path(), model.as_deref());
    let index = visible(&library);
    let mut random = Seeded(3);
    let queries: Vec<String> = (0..64).map(|_| words(&mut random, 3)).collect();
    let ask = |mode, number: usize| Query {
        text: queries[number % queries.len()].clone(),
        limit: 10,
        mode,
        ..Query::default()
    };
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    criterion
        .bench_function("lexical", |b| b.iter(|| search(&index, &ask(Mode::Lexical, next()), None).expect("read")));
    criterion.bench_function("suggest", |b| {
        b.iter(|| suggest(&index, &queries[next() % queries.len()], None, 8).expect("read"));
    });
    if let Some(model) = model {
        let Embedding { vector, tokens } = model.embed_query("reset my password").expect("embed");
        criterion.bench_function("dense", |b| {
            b.iter(|| search(&index, &ask(Mode::Dense, next()), Some(&vector)).expect("read"));
        });
        let mut group = criterion.benchmark_group("query");
        group.bench_function("hybrid, vector given", |b| {
            b.iter(|| {
                search(&index, &Query { tokens: tokens.clone(), ..ask(Mode::Hybrid, next()) }, Some(&vector))
                    .expect("read")
            });
        });
        group.sample_size(30);
        group.bench_function("hybrid, embedded", |b| {
            b.iter(|| {
                let query = ask(Mode::Hybrid, next());
                let Embedding { vector, tokens } = model.embed_query(&query.text).expect("embed");
                search(&index, &Query { tokens, ..query }, Some(&vector)).expect("read")
            });
        });
        group.finish();
    }
}

/// A log of this many visitors, each with two searches, one opening and, one time in ten, a ticket.
fn log(visitors: usize) -> Log {
    const DAY: i64 = 86_400_000;
    let mut random = Seeded(5);
    let mut log = Log { coverage: vec![Stretch { source: "form".into(), from: 0, to: 60 * DAY }], ..Log::default() };
    for number in 0..visitors {
        let mut hash = [0; 16];
        hash[..8].copy_from_slice(&(number as u64).to_be_bytes());
        let person = Person { browser: Some(hash), ..Person::default() };
        let start = DAY + random.below(28 * 86_400) as i64 * 1_000;
        let search = |turn: usize| Some(format!("{number}-{turn}"));
        let asked = |turn, text| {
            Kind::Search(Searched {
                search_id: search(turn),
                text: Some(text),
                language: None,
                results: 3,
                confidence: None,
                vector: None,
                ties: Vec::new(),
            })
        };
        let shown = Shown { slug: "a0001".into(), search_id: search(0), ..Shown::default() };
        let kinds = [asked(0, words(&mut random, 3)), Kind::Click(shown), asked(1, words(&mut random, 3))];
        log.events.extend(kinds.into_iter().enumerate().map(|(turn, kind)| {
            let at = start + 20_000 * turn as i64;
            let stamp = Stamp { at, sent_at: at, received_at: at, backfill: false };
            let id = format!("{number}/{turn}");
            Event { id, stamp, person, roles: Vec::new(), mark: None, surface: Surface::Help, kind }
        }));
        if number % 10 == 0 {
            log.tickets.push(Ticket {
                id: number.to_string(),
                at: start + 100_000,
                source: "form".into(),
                person,
                mark: None,
                email: None,
                search_id: search(1),
                form_id: None,
                subject: None,
                vector: None,
            });
        }
    }
    log
}

fn figures(criterion: &mut Criterion) {
    let log = log(10_000);
    let day = |days: i64| jiff::civil::date(1970, 1, 1) + jiff::Span::new().days(days);
    let question = Question::new(day(1), day(30), jiff::tz::TimeZone::UTC, 60 * 86_400_000).expect("a range");
    let mut group = criterion.benchmark_group("report");
    group.sample_size(10);
    group.bench_function("30,000 events of 10,000 visitors", |b| b.iter(|| report(black_box(&log), &question)));
    group.finish();
}

criterion_group!(steps, write_path, read_path, figures);
criterion_main!(steps);
