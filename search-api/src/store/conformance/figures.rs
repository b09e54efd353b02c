//! Figures of a log are those of its story, however its rows arrived.

use super::work::Work;
use super::*;
use crate::deflection::properties::{step, tell};
use crate::deflection::question::Window;
use crate::deflection::story::may;
use crate::deflection::{Wanted, ledger, report};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Stories told to one database, each in a portal of its own.
const STORIES: u32 = 24;

#[test]
fn any_order_and_batching_gives_the_same_figures_on_sqlite() {
    tell_all(&Bench::sqlite());
}

#[test]
fn any_order_and_batching_gives_the_same_figures_on_postgres() {
    tell_all(&Bench::postgres());
}

fn tell_all(bench: &Bench) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let store = runtime.block_on(bench.open());
    let mut runner = TestRunner::new_with_rng(
        Config { cases: STORIES, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let told = (proptest::collection::vec(step(), 0..120), any::<u64>(), 1..40_usize);
    let number = std::cell::Cell::new(0);
    let outcome = runner.run(&told, |(steps, seed, size)| {
        number.set(number.get() + 1);
        let (story, portal) = (tell(&steps), format!("portal{}", number.get()));
        let mut stored = runtime.block_on(arrive(&store, &portal, &story, seed, size));
        // Both are known by the tests of their own.
        (stored.coverage, stored.addresses) = (story.coverage.clone(), story.addresses.clone());
        for window in Window::ALL {
            prop_assert_eq!(report(&stored, &may(window)), report(&story, &may(window)));
            let every = Wanted::default();
            prop_assert_eq!(ledger(&stored, &may(window), &every), ledger(&story, &may(window), &every));
        }
        Ok(())
    });
    runtime.block_on(store.shutdown());
    outcome.unwrap();
}

/// Sends a story in an order that the seed gives, so many rows a batch, every other batch twice and all at the same time; what is
/// then stored.
async fn arrive(store: &Store, portal: &str, story: &Log, seed: u64, size: usize) -> Log {
    let key = |id: &str| blake3::hash(format!("{seed}{id}").as_bytes()).to_hex();
    let (mut events, mut tickets) = (story.events.clone(), story.tickets.clone());
    events.sort_by_key(|event| key(&event.id));
    tickets.sort_by_key(|ticket| key(&ticket.id));
    let events = events.chunks(size).map(|events| intake::Rows { events: events.to_vec(), ..Default::default() });
    let tickets = tickets.chunks(size).map(|tickets| intake::Rows { tickets: tickets.to_vec(), ..Default::default() });
    let sent = tickets.chain(events).enumerate().flat_map(|(number, rows)| {
        let send = |rows| Work::Append { portal: portal.to_owned(), rows, covers: None };
        let again = intake::Rows { events: rows.events.clone(), tickets: rows.tickets.clone(), ..Default::default() };
        let again = (number % 2 == 0).then(|| send(again));
        [Some(send(rows)), again].into_iter().flatten()
    });
    for done in futures_of(sent.map(|work| store.write(work))).await {
        assert!(matches!(done.unwrap(), Done::Appended(receipt) if receipt.conflict == 0));
    }
    let log = store.log(portal, Millis::MIN, Millis::MAX).await.unwrap();
    assert_eq!((log.events.len(), log.tickets.len()), (story.events.len(), story.tickets.len()));
    log
}
