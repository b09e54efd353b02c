//! Facts of days: kept together, forgotten when the past changes.

use super::*;
use crate::deflection::question::Window;
use jiff::ToSpan;
use jiff::civil::{Date, date};

on_both! {
    days_are_kept_and_replaced_together,
    what_is_worked_out_from_rows_that_changed_meanwhile_is_not_kept,
    late_rows_of_every_kind_forget_the_days_around_them,
}

const FIRST: Date = date(2026, 3, 1);
const LAST: Date = date(2026, 4, 30);

fn days(zone: &str, changes: i64, known_at: Millis) -> Days {
    let days = FIRST.series(1.day()).take_while(|day| *day <= LAST);
    let facts = |day: Date| {
        Window::ALL.map(|window| DayFacts { day, window, known_at, facts: format!("{day} {window}").into_bytes() })
    };
    Days { portal: "acme".into(), zone: zone.into(), changes, days: days.flat_map(facts).collect(), weeks: Vec::new() }
}

async fn kept(store: &Store, zone: &str) -> Vec<DayFacts> {
    store.archive().kept_days("acme", zone, Window::Week, (FIRST, LAST)).await.unwrap()
}

async fn days_are_kept_and_replaced_together(bench: Bench) {
    let store = bench.open().await;
    assert!(store.keep_days(days("UTC", 0, T0)).await.unwrap());
    assert!(store.keep_days(days("UTC", 0, T0 + 1)).await.unwrap());
    let expected: Vec<_> = days("UTC", 0, T0 + 1).days.into_iter().filter(|kept| kept.window == Window::Week).collect();
    assert_eq!(kept(&store, "UTC").await, expected);
    assert_eq!(kept(&store, "Europe/Madrid").await, [], "days of another calendar are others");
    let known = store.archive().known_days("acme", "UTC").await.unwrap();
    assert_eq!((known.len(), known[&LAST]), (61, T0 + 1));
    assert!(store.keep_days(days("Europe/Madrid", 0, T0)).await.unwrap());
    assert_eq!((kept(&store, "UTC").await.len(), kept(&store, "Europe/Madrid").await.len()), (0, 61));
    store.shutdown().await;
}

async fn what_is_worked_out_from_rows_that_changed_meanwhile_is_not_kept(bench: Bench) {
    let store = bench.open().await;
    let before = store.archive().changes_of_past("acme").await.unwrap();
    let outage = Stretch { source: "zendesk".into(), from: T0 - 40 * DAY, to: T0 - 39 * DAY };
    store.note_outage(&bench.portal, outage).await.unwrap();
    assert!(!store.keep_days(days("UTC", before, T0)).await.unwrap());
    assert_eq!(kept(&store, "UTC").await, []);
    let now = store.archive().changes_of_past("acme").await.unwrap();
    assert!(now > before && store.keep_days(days("UTC", now, T0)).await.unwrap());
    store.shutdown().await;
}

async fn late_rows_of_every_kind_forget_the_days_around_them(bench: Bench) {
    let store = bench.open().await;
    let operator = Viewer::operator("acme");
    let (long_ago, portal) = (T0 - 40 * DAY, &bench.portal);
    let forgets = async |what: &str, forgotten: bool| {
        let left: Vec<Date> = kept(&store, "UTC").await.iter().map(|kept| kept.day).collect();
        let of_long_ago = date(2026, 3, 25);
        assert_eq!(left.contains(&of_long_ago), !forgotten, "{what}");
        assert!(left.contains(&FIRST) && left.contains(&LAST), "{what}: the others stay");
        let changes = store.archive().changes_of_past("acme").await.unwrap();
        assert!(store.keep_days(days("UTC", changes, T0)).await.unwrap());
    };
    let changes = store.archive().changes_of_past("acme").await.unwrap();
    assert!(store.keep_days(days("UTC", changes, T0)).await.unwrap());

    let nobody = Viewer::anonymous("acme");
    store.append(portal, Origin::new(&nobody, Some("b")), batch(vec![click("now", "a")])).await.unwrap();
    forgets("an event in time", false).await;
    let mut late = click("late", "a");
    late.at = long_ago;
    store.append(portal, Origin::new(&operator, Some("b")), batch(vec![late])).await.unwrap();
    forgets("a backfilled event", true).await;
    let covered = Batch { sent_at: T0, events: vec![], covers: Some((long_ago, long_ago + DAY)) };
    store.append(portal, Origin::new(&operator, None), covered.clone()).await.unwrap();
    forgets("a stretch that is known now", true).await;
    store.append(portal, Origin::new(&operator, None), covered).await.unwrap();
    forgets("the same again", false).await;

    let notice = || SourceTicket { id: "7".into(), at: long_ago, ..SourceTicket::default() };
    store.hear(portal, "zendesk", vec![Notice::Made(notice())], T0).await.unwrap();
    forgets("a ticket of a source", true).await;
    store.hear(portal, "zendesk", vec![Notice::Made(notice())], T0).await.unwrap();
    forgets("the same ticket again", false).await;
    let spam = Notice::Withdrawn { id: "7".into(), reason: Reason::Spam };
    store.hear(portal, "zendesk", vec![spam], T0).await.unwrap();
    forgets("a ticket taken back", true).await;
    store.note_outage(portal, Stretch { source: "zendesk".into(), from: long_ago, to: long_ago }).await.unwrap();
    forgets("an outage", true).await;
    store.shutdown().await;
}
