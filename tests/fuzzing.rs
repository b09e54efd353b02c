//! The fuzz targets over their committed corpus: what was once found stays mended, without a fuzzer.

use crate::service::root;

#[path = "../fuzz/src/lib.rs"]
mod targets;

fn replay(target: &str, run: fn(&[u8])) {
    let folder = root().join("fuzz/corpus").join(target);
    let mut seeds: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    assert!(seeds.len() >= 5, "{} holds the seeds", folder.display());
    for seed in seeds {
        println!("{}", seed.display());
        run(&std::fs::read(&seed).unwrap());
    }
}

#[test]
fn whatever_is_asked_has_sound_answers_at_a_bounded_cost() {
    replay("ask", targets::ask);
}

#[test]
fn whatever_is_written_becomes_a_sound_article() {
    replay("parse", targets::parse);
}

#[test]
fn whatever_is_written_is_found_by_whom_it_is_for() {
    replay("shelf", targets::shelf);
}
