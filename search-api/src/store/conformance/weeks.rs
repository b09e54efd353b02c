//! What was searched in weeks: kept and replaced, forgotten with the past that it tells of and with the texts in it.

use super::persons::erase;
use super::*;
use crate::deflection::question::Window;
use jiff::civil::{Date, date};

on_both! {
    weeks_are_kept_and_replaced,
    late_rows_forget_the_weeks_around_them,
    weeks_with_texts_whose_time_is_over_are_forgotten,
    the_weeks_of_who_was_erased_are_forgotten,
}

const FIRST: Date = date(2026, 1, 5);
const LAST: Date = date(2026, 5, 4);

fn week(monday: Date, known_at: Millis) -> WeekGroups {
    let cells = Window::ALL.map(|window| format!("{monday} {window}").into_bytes());
    WeekGroups { monday, known_at, has_text: false, said: monday.to_string().into_bytes(), cells }
}

fn mondays() -> impl Iterator<Item = Date> {
    FIRST.series(jiff::ToSpan::days(7)).take_while(|monday| *monday <= LAST)
}

async fn keep(store: &Store, zone: &str, known_at: Millis) -> bool {
    keep_weeks(store, zone, mondays().map(|monday| week(monday, known_at)).collect()).await
}

async fn keep_weeks(store: &Store, zone: &str, weeks: Vec<WeekGroups>) -> bool {
    let changes = store.archive().changes_of_past("acme").await.unwrap();
    store.keep_days(Days { portal: "acme".into(), zone: zone.into(), changes, days: Vec::new(), weeks }).await.unwrap()
}

async fn known(store: &Store) -> Vec<Date> {
    store.archive().known_weeks("acme", "UTC").await.unwrap().into_keys().collect()
}

async fn weeks_are_kept_and_replaced(bench: Bench) {
    let store = bench.open().await;
    assert!(keep(&store, "UTC", T0).await && keep(&store, "UTC", T0 + 1).await);
    for window in Window::ALL {
        let kept = store.archive().kept_weeks("acme", "UTC", window, (FIRST, LAST)).await.unwrap();
        let expected = mondays().map(|monday| KeptWeek {
            monday,
            known_at: T0 + 1,
            said: monday.to_string().into_bytes(),
            cells: format!("{monday} {window}").into_bytes(),
        });
        assert_eq!(kept, expected.collect::<Vec<_>>());
    }
    assert!(store.archive().known_weeks("acme", "Europe/Madrid").await.unwrap().is_empty());
    assert!(store.archive().known_weeks("other", "UTC").await.unwrap().is_empty());
    store.shutdown().await;
}

async fn late_rows_forget_the_weeks_around_them(bench: Bench) {
    let store = bench.open().await;
    assert!(keep(&store, "UTC", T0).await);
    let outage = Stretch { source: "zendesk".into(), from: T0 - 40 * DAY, to: T0 - 40 * DAY + HOUR };
    store.note_outage(&bench.portal, outage).await.unwrap();
    // 25 March, and what lies within ten days of it.
    let forgotten = [date(2026, 3, 9), date(2026, 3, 16), date(2026, 3, 23), date(2026, 3, 30)];
    assert_eq!(known(&store).await, mondays().filter(|monday| !forgotten.contains(monday)).collect::<Vec<_>>());
    store.shutdown().await;
}

async fn weeks_with_texts_whose_time_is_over_are_forgotten(bench: Bench) {
    let store = bench.open().await;
    let weeks = mondays().map(|monday| WeekGroups { has_text: monday > FIRST, ..week(monday, T0) });
    assert!(keep_weeks(&store, "UTC", weeks.collect()).await);
    store.shutdown().await;
    let keys = Keys::open(&bench.folder.path().join("keys")).unwrap();
    let mut db = bench.database().to_write().await.unwrap();
    // 90 days before is 3 February: nothing that was typed until then may be left.
    retention::tidy(&mut db, bench.database().begin(), &keys, Retention::DEFAULT, T0).await.unwrap();
    db.close().await.unwrap();
    let store = bench.open().await;
    let left = known(&store).await;
    assert_eq!((left[0], left[1]), (FIRST, date(2026, 2, 9)), "the first has no text");
    store.shutdown().await;
}

async fn the_weeks_of_who_was_erased_are_forgotten(bench: Bench) {
    let store = bench.open().await;
    let ana = viewer(&bench.portal, "ana", &[]);
    store.append(&bench.portal, Origin::new(&ana, Some("b1")), batch(vec![click("e", "a")])).await.unwrap();
    assert!(keep(&store, "UTC", T0).await);
    erase(&bench, &store, Sought::Subject("ana".into())).await;
    let left = known(&store).await;
    assert!(!left.contains(&LAST) && left.contains(&FIRST), "{left:?}");
    store.shutdown().await;
}
