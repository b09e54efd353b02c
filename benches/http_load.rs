//! Whole-process latency over HTTP, in a closed and in an open loop, beside a bare axum endpoint in the same run.
//!
//! Measured: latency at 1, 4 and 16 connections that each ask one request after the other; then, from the *intended* start of
//! each request, at fixed rates. One process serving, one asking, on one machine: the asking one takes its share of the cores.
//! Not measured: a network, TLS, more than one machine. The open loop checks itself first on an endpoint that freezes one
//! second in five: a driver that does not see the freeze is refused.
//!
//! Run: `make bench`, or `cargo bench --workspace --bench http_load -- [--content DIR --portal ID] [--questions FILE]
//! [--model DIR] [--data DIR] [--only closed|open]`; without a model no hybrid query is asked, without `--content` a seeded portal of
//! 2,000 articles is made. What `signpost index` made in the folder after `--data` is used: embedding many articles takes long.

#[path = "../tests/contents.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod contents;
#[allow(dead_code, reason = "shared between the drivers")]
mod http_client;
mod measured;
#[path = "../tests/service.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod service;

use axum::{Router, routing::get};
use hdrhistogram::Histogram;
use http_client::Connection;
use measured::{Measured, argument, model, questions, titles, unfinished};
use service::{Service, encode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;

/// Connections kept open: more than the server takes requests at once, so that an overloaded one has to refuse some.
const CONNECTIONS: usize = 256;
const SECONDS: u64 = 10;

/// What a run at one rate gave.
struct Outcome {
    /// Of answers; a refusal is quick and would flatter.
    latency: Histogram<u64>,
    refused: usize,
    achieved: f64,
}

/// Sends `rate` requests a second for some seconds; each is timed from when it should have started.
async fn load(address: &str, paths: Arc<Vec<String>>, rate: u64, seconds: u64) -> Outcome {
    let total = (rate * seconds) as usize;
    let next = Arc::new(AtomicUsize::new(0));
    let start = Instant::now() + Duration::from_millis(50);
    let worker = |_| {
        let (paths, next, address) = (paths.clone(), next.clone(), address.to_owned());
        tokio::spawn(async move {
            let mut latency = Histogram::<u64>::new(3).unwrap();
            let mut refused = 0;
            let mut connection = Connection::open(&address).await;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= total {
                    return (latency, refused);
                }
                let intended = start + Duration::from_nanos(1_000_000_000 / rate * number as u64);
                tokio::time::sleep_until(intended.into()).await;
                match connection.get(&paths[number % paths.len()]).await {
                    Ok(200) => latency.record(intended.elapsed().as_micros() as u64).expect("a histogram that grows"),
                    Ok(_) => refused += 1,
                    Err(_) => {
                        refused += 1;
                        connection.reopen().await;
                    }
                }
            }
        })
    };
    let workers: Vec<_> = (0..CONNECTIONS).map(worker).collect();
    let (mut latency, mut refused) = (Histogram::new(3).unwrap(), 0);
    for worker in workers {
        let (part, failed) = worker.await.unwrap();
        latency.add(part).unwrap();
        refused += failed;
    }
    Outcome { latency, refused, achieved: (total - refused) as f64 / start.elapsed().as_secs_f64() }
}

/// Asks on some connections, each one request after the other, for some seconds; each is timed from when it was sent.
async fn loop_closed(address: &str, paths: &Arc<Vec<String>>, connections: usize, seconds: u64) -> Outcome {
    let (next, start) = (Arc::new(AtomicUsize::new(0)), Instant::now());
    let worker = |_| {
        let (paths, next, address) = (paths.clone(), next.clone(), address.to_owned());
        tokio::spawn(async move {
            let mut latency = Histogram::<u64>::new(3).unwrap();
            let mut connection = Connection::open(&address).await;
            while start.elapsed() < Duration::from_secs(seconds) {
                let (number, sent) = (next.fetch_add(1, Ordering::Relaxed), Instant::now());
                let status = connection.get(&paths[number % paths.len()]).await.expect("an answer");
                assert_eq!(status, 200, "{}", paths[number % paths.len()]);
                latency.record(sent.elapsed().as_micros() as u64).expect("a histogram that grows");
            }
            latency
        })
    };
    let workers: Vec<_> = (0..connections).map(worker).collect();
    let mut latency = Histogram::new(3).unwrap();
    for worker in workers {
        latency.add(worker.await.unwrap()).unwrap();
    }
    let achieved = latency.len() as f64 / start.elapsed().as_secs_f64();
    Outcome { latency, refused: 0, achieved }
}

/// Serves one route that answers at once, but for a second of silence in every five when told to freeze.
async fn serve_bare(freezes: bool) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let start = Instant::now();
    let answer = move || async move {
        let into = start.elapsed().as_millis() as u64 % 5_000;
        if freezes && into >= 4_000 {
            tokio::time::sleep(Duration::from_millis(5_000 - into)).await;
        }
        "{\"answers\":[]}"
    };
    let router = Router::new().route("/", get(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    address
}

fn print(name: &str, rate: Option<u64>, outcome: &Outcome) {
    let at = |quantile| outcome.latency.value_at_quantile(quantile) as f64 / 1000.0;
    let asked = rate.map_or_else(String::new, |rate| format!("{rate}/s asked"));
    println!(
        "{name:<28} {asked:>12}  achieved {:>7.0}/s  p50 {:>8.2} ms  p90 {:>8.2}  p99 {:>8.2}  p99.9 {:>8.2}  refused {}",
        outcome.achieved,
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        outcome.refused
    );
}

/// The bare endpoint in a process of its own, so that it shares nothing with the driver: this binary with one argument.
fn bare_process() -> (std::process::Child, String) {
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .arg("--serve-bare")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.take().unwrap()), &mut line).unwrap();
    (child, line.trim().to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    if std::env::args().any(|argument| argument == "--serve-bare") {
        println!("{}", serve_bare(false).await);
        return std::future::pending().await;
    }
    let (mut child, bare) = bare_process();
    let (measured, made) = (Measured::from_arguments(), tempfile::tempdir().unwrap());
    let data = argument("--data").map_or(made.path().to_owned(), Into::into);
    let model = model();
    let mut options = Vec::new();
    model.iter().for_each(|model| options.extend(["--model", model]));
    let service = Service::start(&measured.content, &data, &options).settled();
    let address = service.base.trim_start_matches("http://").to_owned();
    let articles = measured.articles();
    println!("{} articles", articles.len());
    let (titles, questions) = (titles(&articles), questions(&articles));
    let paths = |texts: &[String], of: &str| -> Arc<Vec<String>> {
        let path = |text: &String| format!("/v1/portals/{}/{of}q={}", measured.portal, encode(text));
        Arc::new(texts.iter().map(path).collect())
    };
    let mut kinds = vec![
        ("bare axum", &bare, Arc::new(vec!["/".into()])),
        ("search, lexical, titles", &address, paths(&titles, "search?mode=lexical&")),
        ("search, lexical, questions", &address, paths(&questions, "search?mode=lexical&")),
        ("suggest", &address, paths(&unfinished(&titles), "suggest?")),
    ];
    if model.is_some() {
        kinds.push(("search, hybrid, titles", &address, paths(&titles, "search?mode=hybrid&")));
        kinds.push(("search, hybrid, questions", &address, paths(&questions, "search?mode=hybrid&")));
    }
    if argument("--only").is_none_or(|only| only == "closed") {
        for connections in [1, 4, 16] {
            println!("closed loop, {connections} connections:");
            for (name, address, paths) in &kinds {
                loop_closed(address, paths, connections, 1).await;
                print(name, None, &loop_closed(address, paths, connections, SECONDS).await);
            }
        }
    }
    if argument("--only").is_none_or(|only| only == "open") {
        let freezing = serve_bare(true).await;
        let seen = load(&freezing, Arc::new(vec!["/".into()]), 200, SECONDS).await;
        print("freezes 1 s in 5 (self-check)", Some(200), &seen);
        let p99 = seen.latency.value_at_quantile(0.99);
        assert!(p99 > 700_000, "the driver does not see a frozen server: p99 {p99} µs; its figures would flatter");
        for rate in [25, 50, 100, 500, 1_000, 2_000] {
            // One core embeds some 200 queries a second: beyond, words alone answer.
            for (name, address, paths) in kinds.iter().filter(|(name, ..)| name.contains("hybrid") == (rate <= 100)) {
                print(name, Some(rate), &load(address, paths.clone(), rate, SECONDS).await);
            }
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
