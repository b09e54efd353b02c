//! Alerts on their way to a webhook: each once, whoever notes it, tried again for a week, and forgotten here once they are there.

use super::*;

on_both! {
    an_alert_is_sent_once_although_servers_and_restarts_note_it_again,
    an_alert_that_cannot_be_sent_is_tried_again_for_a_week,
}

const SAYS: &str = "{\"label\": \"quokka refund\"}";

async fn note(store: &Store, about: &str) {
    store.note_alerts("acme", vec![(store.alert_id("acme", about), SAYS.into())]).await.unwrap();
}

async fn an_alert_is_sent_once_although_servers_and_restarts_note_it_again(bench: Bench) {
    let (one, two) = (bench.open().await, bench.open().await);
    note(&one, "w1").await;
    note(&two, "w1").await;
    let due = one.outgoing_alerts().await.unwrap();
    assert_eq!((due.len(), due[0].body.as_str(), due[0].attempts), (1, SAYS, 0));
    assert!(two.outgoing_alerts().await.unwrap().is_empty(), "nobody else takes it meanwhile");
    one.sent_alert(&due[0]).await.unwrap();
    one.shutdown().await;
    two.shutdown().await;
    assert!(!bench.holds("quokka refund").await || bench.url.is_none(), "what it says is deleted");
    let again = bench.open().await;
    bench.later(DAY);
    note(&again, "w1").await;
    assert!(again.outgoing_alerts().await.unwrap().is_empty());
    note(&again, "w2").await;
    let next = again.outgoing_alerts().await.unwrap();
    assert_eq!(next.len(), 1);
    assert_ne!(next[0].id, due[0].id);
    assert_ne!(again.alert_id("acme", "w1"), again.alert_id("other", "w1"));
    again.shutdown().await;
}

async fn an_alert_that_cannot_be_sent_is_tried_again_for_a_week(bench: Bench) {
    let store = bench.open().await;
    note(&store, "w1").await;
    let first = store.outgoing_alerts().await.unwrap().remove(0);
    assert_eq!(store.postpone_alert(&first).await.unwrap(), Some(T0 + 1_000));
    assert!(store.outgoing_alerts().await.unwrap().is_empty());
    store.shutdown().await;
    let store = bench.open().await;
    bench.later(1_000);
    assert_eq!(store.outgoing_alerts().await.unwrap()[0].attempts, 1);
    // Whoever took it ended without a word.
    bench.later(15_000);
    assert_eq!(store.outgoing_alerts().await.unwrap()[0].attempts, 2);
    bench.later(7 * DAY);
    let last = store.outgoing_alerts().await.unwrap().remove(0);
    assert_eq!(store.postpone_alert(&last).await.unwrap(), None);
    bench.later(DAY);
    note(&store, "w1").await;
    assert!(store.outgoing_alerts().await.unwrap().is_empty());
    bench.later(400 * DAY);
    note(&store, "w1").await;
    assert_eq!(store.outgoing_alerts().await.unwrap().len(), 1, "by then it is something else");
    store.shutdown().await;
}
