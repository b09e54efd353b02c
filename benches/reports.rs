//! How long a report takes over 10⁴ to 10⁷ events of 400 days, on SQLite and, where SIGNPOST_DATABASE names one, on PostgreSQL.
//!
//! A seeded log is backfilled through the store as an operator would, rolled up as the server does behind the requests, then asked for
//! as an analyst does, from the request to the last byte of the answer, all but the network. `--events N` (10,000,000) is the last size;
//! those before it are tenths of it, and grow in the same database. `--rows N` folds from rows below so many events; `--data DIR` keeps what
//! was filled, and fills only what is missing there.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use clap::Parser;
use indexer::embedder::ModelDigest;
use indexer::language::Language;
use indexer::library::Library;
use indexer::portal::Portal;
use jiff::{Timestamp, ToSpan};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use search_api::cli::{Cli, Command};
use search_api::deflection::log::{Confidence, Kind, Millis, QueryVector, Searched, Shown, Surface};
use search_api::http::{App, rollups, service};
use search_api::identity::{ANALYST, DevKey, Grant, Viewer};
use search_api::store::{Batch, NewEvent, Origin, Store};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use tower::ServiceExt;

const DAY: Millis = 24 * 60 * 60 * 1000;
const DAYS: i64 = 400;
const SMALLEST: usize = 10_000;
const CLIENTS: usize = 256;
/// What an analyst asks for: its name, its address without the range, and for how many days.
const ASKED: [(&str, &str, i64); 8] = [
    ("report", "/v1/portals/acme/reports/deflection?", 28),
    ("report", "/v1/portals/acme/reports/deflection?", DAYS),
    ("trend", "/v1/portals/acme/reports/trend?", DAYS),
    ("articles", "/v1/portals/acme/reports/articles?", 28),
    ("articles", "/v1/portals/acme/reports/articles?", DAYS),
    ("ledger", "/v1/portals/acme/reports/episodes?", 28),
    ("ledger as JSONL", "/v1/portals/acme/reports/episodes?format=jsonl&", 28),
    ("dashboard", "/acme/dashboard?", 28),
];
const PORTAL: &str = "name = \"Acme\"\nlanguages = [\"en\"]\n";

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let most = number_after("--events").unwrap_or(10_000_000);
    let server = std::env::var("SIGNPOST_DATABASE").ok();
    let asked: Vec<String> = ASKED.iter().map(|(name, _, days)| format!("{name} of {days} days, s")).collect();
    println!("| database | events | roll up all, s | again, s | {} |", asked.join(" | "));
    println!("|---|---|{}", "---|".repeat(2 + ASKED.len()));
    for (name, url) in [("SQLite", None), ("PostgreSQL", server)] {
        if (name == "PostgreSQL" && url.is_none()) || std::env::var("ONLY").is_ok_and(|only| only != name) {
            continue;
        }
        let made = tempfile::tempdir().expect("a folder");
        let folder = word_after("--data").map_or(made.path().to_owned(), |data| Path::new(&data).join(name));
        runtime.block_on(async {
            let (app, key, portal) = site(&folder, url.as_deref()).await;
            let all = app.store.archive().count_events("acme", 0, Millis::MAX, u32::MAX).await.expect("counted");
            let (mut filled, mut size) = (all as usize, SMALLEST);
            while size <= most {
                if size < filled {
                    size *= 10;
                    continue;
                }
                fill(&app.store, &portal, filled, size).await;
                filled = size;
                let mut times = Vec::new();
                for _ in 0..2 {
                    let start = Instant::now();
                    rollups::roll_up(&app, &portal).await.expect("rolled up");
                    times.push(start.elapsed().as_secs_f64());
                }
                for (_, path, days) in ASKED {
                    let mut rounds = Vec::new();
                    for _ in 0..3 {
                        rounds.push(ask(&app, &key, path, days).await);
                    }
                    rounds.sort_by(f64::total_cmp);
                    times.push(rounds[1]);
                }
                let times: Vec<String> = times.iter().map(|time| format!("{time:.2}")).collect();
                println!("| {name} | {size} | {} |", times.join(" | "));
                size *= 10;
            }
            app.store.shutdown().await;
        });
    }
}

fn word_after(name: &str) -> Option<String> {
    std::env::args().skip_while(|word| word != name).nth(1)
}

fn number_after(name: &str) -> Option<usize> {
    word_after(name).map(|word| word.parse().expect("a number"))
}

/// A service without articles, whose log is in a folder or on a server.
async fn site(folder: &Path, url: Option<&str>) -> (Arc<App>, DevKey, Arc<Portal>) {
    let data = folder.to_str().expect("a path");
    let Command::Serve(config) = Cli::parse_from(["signpost", "serve", "--content", data, "--data", data]).command
    else {
        panic!("serve is serve")
    };
    let library = Library::open(&folder.join("index")).expect("an index");
    let portal = Arc::new(Portal::parse("acme", PORTAL).0.expect("a portal"));
    library.serve_portal(Arc::clone(&portal));
    let clock = indexer::clock::system();
    let url = url.map(|url| url.parse().expect("any text"));
    let store = Store::open(folder, url.as_ref(), Arc::clone(&clock)).await.expect("the store opens");
    let key = DevKey::open(folder).expect("a key");
    let mut app = App::new(Arc::new(*config), Arc::new(library), None, None, store, key.keys(), clock);
    app.large_log = number_after("--rows").map_or(app.large_log, |rows| rows as u32);
    app.set_ready();
    (Arc::new(app), key, portal)
}

/// Seconds from an analyst's request to the last byte of its answer.
async fn ask(app: &Arc<App>, key: &DevKey, path: &str, days: i64) -> f64 {
    let now = Timestamp::now();
    let grant = Grant {
        portal: "acme".into(),
        subject: "ada".into(),
        roles: [ANALYST.to_owned()].into(),
        attributes: Default::default(),
        expires: now.as_second() + 600,
    };
    let token = key.sign(&grant).expect("a token");
    let to = now.to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().expect("a day");
    let from = to.saturating_sub(days.days());
    let path = format!("{path}from={from}&to={to}");
    let request: Request =
        Request::get(path).header("authorization", format!("Bearer {token}")).body(Body::empty()).expect("a request");
    let start = Instant::now();
    let answer = service(Arc::clone(app)).oneshot(request).await.expect("an answer");
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await.expect("a body");
    let took = start.elapsed().as_secs_f64();
    assert!(status.is_success(), "{status}: {}", String::from_utf8_lossy(&body));
    took
}

/// Backfills the log from one size to a larger one.
async fn fill(store: &Store, portal: &Arc<Portal>, from: usize, to: usize) {
    if from >= to {
        return;
    }
    let begun = Arc::new(AtomicUsize::new(from));
    let now = indexer::clock::system()();
    let start = Instant::now();
    let covered = Batch { sent_at: now, events: Vec::new(), covers: Some((now - (DAYS + 30) * DAY, now)) };
    let operator = Viewer::operator("acme");
    store.append(portal, Origin::new(&operator, None), covered).await.expect("stored");
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let (store, portal, begun) = (store.clone(), Arc::clone(portal), Arc::clone(&begun));
            tokio::spawn(async move {
                let operator = Viewer::operator("acme");
                let mut random = SmallRng::seed_from_u64((from + client) as u64);
                loop {
                    let (browser, events) = visit(&mut random, now);
                    let number = begun.fetch_add(events.len(), Ordering::Relaxed);
                    if number >= to {
                        break;
                    }
                    let batch = Batch { sent_at: now, events, covers: None };
                    store.append(&portal, Origin::new(&operator, Some(&browser)), batch).await.expect("stored");
                }
            })
        })
        .collect();
    for client in clients {
        client.await.expect("a client");
    }
    eprintln!("{to} events filled, {:.0} a second", (to - from) as f64 / start.elapsed().as_secs_f64());
}

/// One visit of somebody, at a time of their own.
fn visit(random: &mut SmallRng, now: Millis) -> (String, Vec<NewEvent>) {
    let mut at = now - random.random_range(0..DAYS * DAY);
    let browser = format!("b{}-{}", at / (30 * DAY), random.random_range(0..60_000));
    let salt: u64 = random.random();
    let mut events = Vec::new();
    let mut tell = |at: Millis, kind: Kind| {
        events.push(NewEvent {
            id: format!("{salt:x}-{}", events.len()),
            at,
            surface: Surface::Help,
            test: false,
            kind,
        });
    };
    for need in 0..random.random_range(1..3) {
        let topic: u64 = random.random_range(0..200);
        for search in 0..random.random_range(1..3) {
            let id = format!("{salt:x}-{need}-{search}");
            let confidence = if random.random_bool(0.1) { Confidence::None } else { Confidence::Good };
            tell(at, Kind::Search(searched(random, &id, topic, confidence)));
            for rank in 1..=3 {
                tell(at + 50, Kind::Impression(shown(topic + rank, &id, rank)));
            }
            at += random.random_range(5_000..60_000);
            if random.random_bool(0.6) {
                tell(at, Kind::Click(shown(topic, &id, 1)));
                at += random.random_range(2_000..90_000);
                tell(at, Kind::Leave { slug: format!("article-{topic}"), search_id: Some(id.clone()) });
            }
        }
        if random.random_bool(0.15) {
            let form_id = format!("{salt:x}-{need}");
            tell(at, Kind::FormOpen { form_id: form_id.clone(), search_id: None, assigned: None });
            at += 30_000;
            if random.random_bool(0.5) {
                tell(
                    at,
                    Kind::Ticket {
                        form_id: Some(form_id),
                        search_id: None,
                        ticket_id: Some(format!("t{salt:x}-{need}")),
                    },
                );
            } else {
                tell(at, Kind::FormLeft { form_id });
            }
        }
        at += random.random_range(0..12 * 60_000);
    }
    (browser, events)
}

fn shown(topic: u64, search: &str, rank: u64) -> Shown {
    let slug = format!("article-{topic}");
    Shown { slug, search_id: Some(search.into()), rank: Some(rank as u32), ..Shown::default() }
}

fn searched(random: &mut SmallRng, id: &str, topic: u64, confidence: Confidence) -> Searched {
    let mut centre = SmallRng::seed_from_u64(topic);
    let values = (0..384).map(|_| centre.random_range(-60..60_i8) + random.random_range(-30..30_i8));
    Searched {
        search_id: Some(id.into()),
        text: Some(format!("how do i mend topic {topic}")),
        language: Language::parse("en"),
        results: 12,
        confidence: Some(confidence),
        vector: Some(QueryVector { model: ModelDigest([7; 32]), values: values.collect() }),
        ties: Vec::new(),
    }
}
