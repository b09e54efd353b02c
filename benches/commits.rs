//! Events acknowledged a second, each durable: batches of ten sent by so many clients at once, on SQLite and, where SIGNPOST_DATABASE
//! names one, on a PostgreSQL database. In-process: no HTTP.

use hdrhistogram::Histogram;
use indexer::portal::Portal;
use search_api::deflection::log::{Kind, Shown, Surface};
use search_api::identity::Viewer;
use search_api::store::{Batch, NewEvent, Origin, Store};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const BATCH: usize = 10;
const FOR: Duration = Duration::from_secs(5);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let server = std::env::var("SIGNPOST_DATABASE").ok();
    for (name, url) in [("SQLite", None), ("PostgreSQL", server)] {
        if name == "PostgreSQL" && url.is_none() {
            println!("PostgreSQL: set SIGNPOST_DATABASE to measure it");
            continue;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let url = url.map(|url| url.parse().expect("any text"));
        let opened = Store::open(folder.path(), url.as_ref(), indexer::clock::system());
        let store = runtime.block_on(opened).expect("the store opens");
        for clients in [1, 16, 128, 512] {
            let (events, waits) = runtime.block_on(drive(&store, clients));
            let millis = |quantile| waits.value_at_quantile(quantile) as f64 / 1000.0;
            println!(
                "{name}, {clients} clients: {:.0} events/s acknowledged, a batch p50 {:.1} ms, p99 {:.1} ms",
                events as f64 / FOR.as_secs_f64(),
                millis(0.5),
                millis(0.99)
            );
        }
        runtime.block_on(store.shutdown());
    }
}

/// Sends batches by so many clients for a while; events acknowledged, and microseconds from sending to the acknowledgement.
async fn drive(store: &Store, clients: usize) -> (usize, Histogram<u64>) {
    let (portal, _) = Portal::parse("acme", "name = \"Acme\"\nlanguages = [\"en\"]\n");
    let portal = Arc::new(portal.expect("a portal"));
    let waits = Arc::new(Mutex::new(Histogram::new(3).expect("three digits")));
    let end = Instant::now() + FOR;
    let sending: Vec<_> = (0..clients)
        .map(|client| {
            let (store, portal, waits) = (store.clone(), Arc::clone(&portal), Arc::clone(&waits));
            tokio::spawn(async move {
                let (viewer, browser, mut sent) = (Viewer::anonymous("acme"), format!("b{client}"), 0);
                while Instant::now() < end {
                    let at = indexer::clock::system()();
                    let events = (0..BATCH).map(|number| NewEvent {
                        id: format!("{clients}-{client}-{sent}-{number}"),
                        at,
                        surface: Surface::Help,
                        test: false,
                        kind: Kind::Click(Shown { slug: format!("article-{number}"), ..Shown::default() }),
                    });
                    let batch = Batch { sent_at: at, events: events.collect(), covers: None };
                    let start = Instant::now();
                    let receipt = store.append(&portal, Origin::new(&viewer, Some(&browser)), batch).await;
                    assert_eq!(receipt.expect("stored").accepted, BATCH);
                    let wait = start.elapsed().as_micros() as u64;
                    waits.lock().expect("nobody panicked").record(wait).expect("less than an age");
                    sent += 1;
                }
                sent * BATCH
            })
        })
        .collect();
    let mut events = 0;
    for client in sending {
        events += client.await.expect("a client");
    }
    let waits = waits.lock().expect("nobody panicked").clone();
    (events, waits)
}
