//! Whole-process latency over HTTP, in an open loop, beside a bare axum endpoint in the same run.
//!
//! Measured: latency from the *intended* start of each request, at fixed rates, on a seeded portal of 2,000 articles, one
//! process serving, one asking, on one machine. Not measured: a network, TLS, more than one machine. The driver checks itself
//! first on an endpoint that freezes one second in five: a driver that does not see the freeze is refused.
//!
//! Run: `make bench`, or `cargo bench --workspace --bench http_load -- --model DIR`; without a model no hybrid query is asked.

#[path = "../tests/contents.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod contents;
#[allow(dead_code, reason = "shared between the drivers")]
mod http_client;
#[path = "../tests/service.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod service;

use axum::{Router, routing::get};
use contents::{Seeded, WORDS, shop, words};
use hdrhistogram::Histogram;
use http_client::Connection;
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

fn print(name: &str, rate: u64, outcome: &Outcome) {
    let at = |quantile| outcome.latency.value_at_quantile(quantile) as f64 / 1000.0;
    println!(
        "{name:<28} {rate:>6}/s  achieved {:>7.0}/s  p50 {:>8.2} ms  p90 {:>8.2}  p99 {:>8.2}  p99.9 {:>8.2}  refused {}",
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
    let arguments: Vec<String> = std::env::args().collect();
    if arguments.iter().any(|argument| argument == "--serve-bare") {
        println!("{}", serve_bare(false).await);
        return std::future::pending().await;
    }
    let model =
        arguments.iter().position(|argument| argument == "--model").and_then(|at| arguments.get(at + 1)).cloned();
    let model = model.or_else(|| std::env::var("SIGNPOST_TEST_MODEL").ok());

    let freezing = serve_bare(true).await;
    let seen = load(&freezing, Arc::new(vec!["/".into()]), 200, SECONDS).await;
    print("freezes 1 s in 5 (self-check)", 200, &seen);
    let p99 = seen.latency.value_at_quantile(0.99);
    assert!(p99 > 700_000, "the driver does not see a frozen server: p99 {p99} µs; its figures would flatter");

    let (mut child, bare) = bare_process();
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 2_000);
    let mut options = Vec::new();
    if let Some(model) = &model {
        options.extend(["--model", model]);
    }
    let service = Service::start(content.path(), data.path(), &options).settled();
    let address = service.base.trim_start_matches("http://").to_owned();
    let mut random = Seeded(1);
    let mut paths = |mode: &str| -> Arc<Vec<String>> {
        let path = |_| format!("/v1/portals/shop/search?mode={mode}&q={}", encode(&words(&mut random, 3)));
        Arc::new((0..2_000).map(path).collect())
    };
    let lexical = paths("lexical");
    let hybrid = model.as_ref().map(|_| paths("hybrid"));
    let suggest: Arc<Vec<String>> =
        Arc::new(WORDS.iter().map(|word| format!("/v1/portals/shop/suggest?q={}", &word[..3])).collect());
    for rate in [100, 500, 1_000, 2_000] {
        print("bare axum", rate, &load(&bare, Arc::new(vec!["/".into()]), rate, SECONDS).await);
        print("signpost search, lexical", rate, &load(&address, lexical.clone(), rate, SECONDS).await);
        print("signpost suggest", rate, &load(&address, suggest.clone(), rate, SECONDS).await);
    }
    for rate in [25, 50, 100] {
        if let Some(hybrid) = &hybrid {
            print("signpost search, hybrid", rate, &load(&address, hybrid.clone(), rate, SECONDS).await);
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
