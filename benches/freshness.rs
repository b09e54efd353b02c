//! Time from saving a file to finding it over HTTP: lexically, and with its vector.
//!
//! Measured: 1,000 saves, one after another, into a portal of `--articles` (1,000), each of a new text with a word that stands nowhere
//! else; the clock starts when the file is renamed into place and stops when it is the first answer of a search for that word
//! (for the vector: when the same search answers `mode: hybrid` again). The polling itself costs some of the machine.
//!
//! Run: `make freshness`, or `cargo bench --workspace --bench freshness -- [--model DIR] [--saves N] [--articles N]`.

#[path = "../tests/contents.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod contents;
#[path = "../tests/service.rs"]
#[allow(dead_code, reason = "shared with the tests, which use all of it")]
mod service;

use contents::{Seeded, article, shop, words};
use hdrhistogram::Histogram;
use service::{Service, save};
use std::time::{Duration, Instant};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after =
        |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1));
    let number = |name: &str| after(name).map_or(1_000, |number| number.parse::<usize>().expect(name));
    let (saves, articles) = (number("--saves"), number("--articles"));
    let model = after("--model").cloned().or_else(|| std::env::var("SIGNPOST_TEST_MODEL").ok());
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), articles);
    let mut options = Vec::new();
    if let Some(model) = &model {
        options.extend(["--model", model]);
    }
    let service = Service::start(content.path(), data.path(), &options).settled();
    let (mut lexical, mut hybrid) = (Histogram::<u64>::new(3).unwrap(), Histogram::<u64>::new(3).unwrap());
    let mut random = Seeded(2);
    for number in 0..saves {
        let target = random.below(articles);
        let path = content.path().join(format!("shop/articles/a{target:04}.md"));
        let marker = format!("zq{number}x");
        let text = article(&format!("{} {marker}", words(&mut random, 3)), "language: en\n", &mut random);
        save(&path, &text);
        let start = Instant::now();
        let url = format!("/v1/portals/shop/search?q={marker}");
        loop {
            let reply = service.get(&url, None).json();
            let found = reply["answers"][0]["title"].as_str().is_some_and(|title| title.contains(&marker));
            if found && lexical.len() == number as u64 {
                lexical.record(start.elapsed().as_micros() as u64).unwrap();
            }
            if found && (model.is_none() || reply["mode"] == "hybrid") {
                hybrid.record(start.elapsed().as_micros() as u64).unwrap();
                break;
            }
            assert!(start.elapsed() < Duration::from_secs(60), "save {number} is not found after a minute");
            std::thread::sleep(Duration::from_millis(2)); // leaves the machine to the server between two looks
        }
    }
    let print = |name: &str, histogram: &Histogram<u64>| {
        let at = |quantile| histogram.value_at_quantile(quantile) as f64 / 1000.0;
        println!("{name:<22} {saves} saves: p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms", at(0.5), at(0.99), at(1.0));
    };
    print("save to found", &lexical);
    if model.is_some() {
        print("save to vector", &hybrid);
    }
}
