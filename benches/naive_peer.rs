//! CPU and latency of a query over HTTP, beside a naive tantivy service over the same passages (`naive_service.rs`).
//!
//! Measured: user and system time that the serving process spends on a request (everything in it counts: routing, limits, JSON,
//! for Signpost also recording the search), and the latency on one connection, one request after the other. The services take
//! turns in rounds; the figure is the median of the rounds. Titles are 2–4-word titles of the content's articles; questions are
//! the lines of `--questions FILE`, else sentences of the content. Not measured: a network, several connections (`http_load`).
//!
//! Run: `make peer`, or `cargo bench --workspace --bench naive_peer -- [--content DIR --portal ID] [--questions FILE]
//! [--rounds N] [--model DIR]`. Without `--content` a seeded portal of 2,000 articles is made. `SIGNPOST_BIN` names another
//! binary to measure.

#[path = "../tests/contents.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod contents;
#[allow(dead_code, reason = "shared between the drivers")]
mod http_client;
mod measured;
mod naive_service;
#[path = "../tests/service.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod service;

use hdrhistogram::Histogram;
use http_client::Connection;
use indexer::passage::passages;
use measured::{Measured, argument, model, questions, titles, unfinished};
use service::{Service, encode};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A process that answers, and where.
struct Peer {
    name: &'static str,
    process: u32,
    connection: Connection,
    /// What stands before a query's text.
    prefix: String,
}

/// What the rounds of one peer gave.
struct Figures {
    /// Microseconds of CPU a query, by round.
    cpu: Vec<f64>,
    latency: Histogram<u64>,
    /// Bytes of the answers of one round.
    bytes: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let measured = Measured::from_arguments();
    let data = tempfile::tempdir().expect("a folder");
    if std::env::args().any(|argument| argument == "--serve-naive") {
        println!("{}", naive_service::serve(&measured.articles(), data.path()).await);
        return std::future::pending().await;
    }
    let rounds: usize = argument("--rounds").map_or(9, |rounds| rounds.parse().expect("--rounds N"));
    let (mut naive, address) = naive_process(&measured);
    let model = model();
    let mut options = Vec::new();
    model.iter().for_each(|model| options.extend(["--model", model]));
    let signpost = Service::start(&measured.content, data.path(), &options).settled();
    let own = signpost.base.trim_start_matches("http://").to_owned();

    let articles = measured.articles();
    println!(
        "{} articles, {} passages",
        articles.len(),
        articles.iter().map(|article| passages(article).len()).sum::<usize>()
    );
    let (titles, questions) = (titles(&articles), questions(&articles));
    let typed = unfinished(&titles);
    let base = format!("/v1/portals/{}", measured.portal);
    let mut kinds = vec![
        ("titles, lexical", &titles, format!("{base}/search?mode=lexical&q=")),
        ("questions, lexical", &questions, format!("{base}/search?mode=lexical&q=")),
        ("titles, suggest", &titles, format!("{base}/suggest?q=")),
        ("half titles, suggest", &typed, format!("{base}/suggest?q=")),
    ];
    if model.is_some() {
        kinds.push(("titles, hybrid", &titles, format!("{base}/search?mode=hybrid&q=")));
        kinds.push(("questions, hybrid", &questions, format!("{base}/search?mode=hybrid&q=")));
    }
    for (kind, texts, prefix) in kinds {
        let mut peers = [
            Peer {
                name: "naive",
                process: naive.id(),
                connection: Connection::open(&address).await,
                prefix: "/search?q=".into(),
            },
            Peer { name: "signpost", process: signpost.process(), connection: Connection::open(&own).await, prefix },
        ];
        compare(kind, &mut peers, texts, rounds).await;
    }
    naive.kill().expect("kill");
    naive.wait().expect("wait");
}

/// Lets the peers take turns and prints what each took.
async fn compare(kind: &str, peers: &mut [Peer; 2], texts: &[String], rounds: usize) {
    let mut figures = [Figures::new(), Figures::new()];
    for round in 0..=rounds {
        for (peer, figures) in peers.iter_mut().zip(&mut figures) {
            let (mut taken, began) = (Figures::new(), cpu(peer.process));
            for text in texts {
                let start = Instant::now();
                let status = peer.connection.get(&format!("{}{}", peer.prefix, encode(text))).await.expect("an answer");
                assert_eq!(status, 200, "{} refuses {text:?}", peer.name);
                taken.latency.record(start.elapsed().as_nanos() as u64).expect("a histogram that grows");
                taken.bytes += peer.connection.answer().len();
            }
            // What is written behind the answers belongs to them.
            tokio::time::sleep(Duration::from_millis(300)).await;
            let spent = cpu(peer.process) - began;
            // The first round warms both up.
            if round > 0 {
                figures.cpu.push(spent.as_secs_f64() * 1e6 / texts.len() as f64);
                figures.latency.add(taken.latency).expect("histograms of one form");
                figures.bytes = taken.bytes;
            }
        }
    }
    let medians = figures.map(|mut figures| {
        figures.cpu.sort_by(f64::total_cmp);
        let at = |quantile| figures.latency.value_at_quantile(quantile) as f64 / 1e3;
        (figures.cpu[figures.cpu.len() / 2], figures.cpu[0], at(0.5), at(0.99), figures.bytes / texts.len())
    });
    for (peer, (median, least, p50, p99, bytes)) in peers.iter().zip(medians) {
        println!(
            "{kind:<20} {:<9} {median:>7.0} µs CPU a query (least {least:.0}), {:.2} × naive; p50 {p50:.0} µs, p99 {p99:.0} µs; {bytes} bytes",
            peer.name,
            median / medians[0].0,
        );
    }
}

impl Figures {
    fn new() -> Self {
        Self { cpu: Vec::new(), latency: Histogram::new(3).expect("3 digits"), bytes: 0 }
    }
}

/// User and system time of a process, all its threads, those that ended included.
fn cpu(process: u32) -> Duration {
    /// Ticks a second in which Linux states times to programs, whatever it counts in.
    const TICKS: u64 = 100;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a running process");
    // The name may hold spaces; it ends with the last bracket. What follows are fields 3, 4, …: times are fields 14 and 15.
    let fields = stat.rsplit_once(')').map(|(_, fields)| fields.split_whitespace()).expect("a name in brackets");
    let ticks: u64 = fields.skip(11).take(2).map(|field| field.parse::<u64>().expect("ticks")).sum();
    Duration::from_millis(ticks * 1_000 / TICKS)
}

/// The naive service in a process of its own: this binary with one argument more.
fn naive_process(Measured { content, portal, .. }: &Measured) -> (Child, String) {
    let mut child = Command::new(std::env::current_exe().expect("this binary"))
        .args([Path::new("--serve-naive"), Path::new("--content"), content, Path::new("--portal"), Path::new(portal)])
        .stdout(Stdio::piped())
        .spawn()
        .expect("start this binary again");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("an address");
    (child, line.trim().to_owned())
}
