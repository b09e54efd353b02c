//! Batches of events at their borders: how large, how late, of what articles, and what was lost.

use super::{Answer, NOW, Site, site};
use crate::deflection::log::{Confidence, Kind, Shown, Surface};
use crate::identity::{ANALYST, Viewer};
use crate::store::{AnsweredSearch, Origin};
use indexer::language::Language;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const EVENTS: &str = "/v1/portals/acme/events";
const NOW_MS: i64 = NOW * 1000;
const HOUR: i64 = 3_600_000;

fn click(id: &str, at: i64, slug: &str) -> Value {
    json!({"id": id, "type": "click", "at": at, "slug": slug})
}

async fn send(site: &Site, sent_at: i64, events: Value) -> Answer {
    site.post(EVENTS, &json!({"sent_at": sent_at, "visitor": "b1", "events": events}).to_string()).await
}

async fn report(site: &Site) -> Value {
    site.get_as(ANALYST, "/v1/portals/acme/reports/deflection?from=2027-01-10&to=2027-01-20").await.json()
}

#[tokio::test]
async fn a_batch_holds_a_hundred_events_in_64_kib_and_is_kept_once() {
    let site = site(&[]).await;
    let events: Vec<Value> = (0..100).map(|number| click(&format!("e{number}"), NOW_MS, "pay-an-invoice")).collect();
    let body = json!({"sent_at": NOW_MS, "visitor": "b1", "events": events}).to_string();
    let padded = |length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    assert_eq!(site.post(EVENTS, &padded(65_537)).await.status, 413);
    let taken = site.post(EVENTS, &padded(65_536)).await;
    assert_eq!((taken.status.as_u16(), &taken.json()["accepted"]), (202, &json!(100)));
    let again = site.post(EVENTS, &body).await.json();
    assert_eq!((&again["accepted"], &again["duplicate"], &again["conflict"]), (&json!(0), &json!(100), &json!(0)));
    let other = send(&site, NOW_MS, json!([click("e0", NOW_MS, "long")])).await.json();
    assert_eq!((&other["accepted"], &other["conflict"]), (&json!(0), &json!(1)));
    assert_eq!(report(&site).await["conflicts"], 1);
}

#[tokio::test]
async fn a_wrong_clock_is_recorded_and_set_right_within_a_day() {
    let site = site(&[]).await;
    // Three hours ahead; then a clock that is right, and an event of two days ago.
    send(&site, NOW_MS + 3 * HOUR, json!([click("ahead", NOW_MS + 2 * HOUR, "a")])).await;
    send(&site, NOW_MS, json!([click("old", NOW_MS - 48 * HOUR, "a"), click("future", NOW_MS + HOUR, "a")])).await;
    let log = site.app.store.log("acme", 0, i64::MAX).await.unwrap();
    let clocks = |id: &str| {
        let stamp = log.events.iter().find(|event| event.id == id).unwrap().stamp;
        let hours = |at: i64| (at - NOW_MS) / HOUR;
        let t = crate::deflection::clock::moment(&stamp);
        (hours(stamp.at), hours(stamp.sent_at), hours(stamp.received_at), hours(t.t), t.clamped)
    };
    assert_eq!(clocks("ahead"), (2, 3, 0, -1, false));
    assert_eq!(clocks("old"), (-48, 0, 0, -24, true));
    assert_eq!(clocks("future"), (1, 0, 0, 0, true));
    assert_eq!(report(&site).await["clamped"], 2);
}

#[tokio::test]
async fn events_of_hidden_and_unknown_articles_are_answered_like_others() {
    let site = site(&[]).await;
    let slugs = ["pay-an-invoice", "vault-key", "never-written", "ana@example.org", "4111 1111 1111 1111"];
    let mut answers = BTreeSet::new();
    for (number, slug) in slugs.iter().enumerate() {
        for _ in 0..2 {
            let answer = send(&site, NOW_MS, json!([click(&format!("e{number}"), NOW_MS, slug)])).await;
            answers.insert((answer.status.as_u16(), answer.text()));
        }
    }
    assert_eq!(answers.len(), 2, "one for what is new, one for what is there: {answers:?}");
    let log = site.app.store.log("acme", 0, i64::MAX).await.unwrap();
    let mut kept: Vec<_> = log
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Click(Shown { slug, .. }) => Some(slug.as_str()),
            _ => None,
        })
        .collect();
    kept.sort_unstable();
    // What somebody typed is no article.
    assert_eq!(kept, ["[card]", "[email]", "never-written", "pay-an-invoice", "vault-key"]);
}

#[tokio::test]
async fn searches_that_found_the_queue_full_are_a_figure_of_the_report() {
    let site = site(&[]).await;
    let portal = std::sync::Arc::clone(site.app.library.snapshot().portal("acme").unwrap());
    let nobody = Viewer::anonymous("acme");
    let origin = Origin::new(&nobody, Some("b1"));
    // This runtime has one thread: the writer cannot run between these calls.
    for _ in 0..4_096 + 5 {
        let search = AnsweredSearch {
            search_id: site.app.store.search_id(&portal, origin),
            text: "invoice".into(),
            language: Language::parse("en").unwrap(),
            surface: Surface::Help,
            results: 1,
            confidence: Confidence::Good,
            vector: None,
        };
        site.app.store.record(&portal, origin, search);
    }
    send(&site, NOW_MS, json!([click("e", NOW_MS, "a")])).await;
    assert_eq!(report(&site).await["dropped_events"], 5);
}
