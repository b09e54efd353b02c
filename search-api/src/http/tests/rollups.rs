//! Reports of a large log are the same from the facts of its days as from its rows.

use super::{NOW, Site, site};
use crate::deflection::groups::Week;
use crate::deflection::log::{Confidence, Kind, Searched, Shown, Surface};
use crate::deflection::question::{DAY, Window};
use crate::http::reports::asking::question;
use crate::http::rollups::{facts_for, roll_up, weeks_for};
use crate::identity::{ANALYST, Viewer};
use crate::store::{Batch, DayFacts, Days, NewEvent, Origin, Sought};
use indexer::portal::Portal;
use serde_json::Value;
use std::sync::Arc;

const REPORTS: &str = "/v1/portals/acme/reports";
const NOW_MS: i64 = NOW * 1000;
const HOUR: i64 = DAY / 24;

/// A site to which every log is large.
async fn with_large_logs() -> (Site, Arc<Portal>) {
    let mut site = site(&[]).await;
    Arc::get_mut(&mut site.app).unwrap().large_log = 1;
    let portal = Arc::clone(site.app.library.snapshot().portal("acme").unwrap());
    (site, portal)
}

async fn backfill(site: &Site, portal: &Portal, browser: &str, events: Vec<(i64, Kind)>) {
    let id = |place: usize, at: i64| format!("{browser}-{at}-{place}");
    let event = |(place, (at, kind)): (usize, (i64, Kind))| NewEvent {
        id: id(place, at),
        at,
        surface: Surface::Help,
        test: false,
        kind,
    };
    let events = events.into_iter().enumerate().map(event).collect();
    let batch = Batch { sent_at: NOW_MS, events, covers: Some((NOW_MS - 90 * DAY, NOW_MS)) };
    site.app.store.append(portal, Origin::new(&Viewer::operator("acme"), Some(browser)), batch).await.unwrap();
}

fn searched(id: &str, confidence: Confidence) -> Kind {
    Kind::Search(Searched {
        search_id: Some(id.into()),
        // Two needs, so that enough visitors have each in a week.
        text: Some(format!(
            "how do I mend {}",
            ["an invoice", "the heater"][usize::from(id.ends_with(['1', '5', '9']))]
        )),
        language: indexer::language::Language::parse("en"),
        results: 3,
        confidence: Some(confidence),
        vector: None,
        ties: Vec::new(),
    })
}

/// Two months of visits, some with a vote, some with a ticket a day later.
async fn two_months(site: &Site, portal: &Portal) {
    for number in 0..120 {
        let (at, id) = (NOW_MS - 60 * DAY + number * 12 * HOUR, format!("s{number}"));
        let slug = "pay-an-invoice".to_owned();
        let sure = if number % 7 == 0 { Confidence::None } else { Confidence::Good };
        let mut events = vec![(at, searched(&id, sure))];
        if number % 3 == 0 {
            let shown = Shown {
                slug: slug.clone(),
                search_id: Some(id.clone()),
                rank: Some(1),
                task: number % 2 == 0,
                ..Shown::default()
            };
            events.push((at + 9_000, Kind::Click(shown)));
            events.push((at + 90_000, Kind::Vote { slug, solved: true, comment: None, search_id: Some(id.clone()) }));
        }
        if number % 5 == 0 {
            let ticket =
                Kind::Ticket { form_id: None, search_id: Some(id.clone()), ticket_id: Some(format!("t{number}")) };
            events.push((at + 23 * HOUR, ticket));
        }
        backfill(site, portal, &format!("b{}", number % 17), events).await;
    }
}

/// Everything that is a sum, as it is told.
async fn told(site: &Site) -> Vec<Value> {
    let mut told = Vec::new();
    // Of one month: until a month's overlap is over, rows know a browser under both of its keys, and days do not.
    for asked in ["", "&window=7d", "&window=1h&stratum=without_intent", "&language=en", "&role=admin"] {
        for report in ["deflection", "trend", "articles", "searches"] {
            // Settled, and not.
            for range in ["from=2026-12-09&to=2026-12-27", "from=2027-01-09&to=2027-01-16"] {
                told.push(site.get_as(ANALYST, &format!("{REPORTS}/{report}?{range}{asked}")).await.json());
            }
        }
    }
    told
}

/// Whether reports of the last 28 days are added up from days, and tables of groups from weeks.
async fn is_kept(site: &Site, portal: &Portal) -> bool {
    let mut question = question(Some(portal), None, None, NOW_MS).unwrap();
    let days = facts_for(&site.app, "acme", &mut question).await.ok().unwrap().is_some();
    let weeks = weeks_for(&site.app, "acme", &question).await.ok().unwrap().is_some();
    days && weeks
}

#[tokio::test]
async fn a_large_log_is_told_from_its_days_as_it_is_from_its_rows() {
    let (site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    assert!(!is_kept(&site, &portal).await);
    let from_rows = told(&site).await;
    assert!(from_rows[0]["closed"].as_u64().unwrap() > 30, "{}", from_rows[0]);
    let grouped = |told: &Value| told["rows"][0]["label"].is_string();
    assert!(from_rows.iter().any(grouped), "{}", from_rows[4]);
    roll_up(&site.app, &portal).await.unwrap();
    assert!(is_kept(&site, &portal).await);
    for (kept, rows) in told(&site).await.iter().zip(&from_rows) {
        assert_eq!(kept, rows);
    }
    // The rows are still where the figures say.
    let rows = from_rows[0]["figures"][0]["denominator_rows"].as_str().unwrap();
    assert_eq!(site.get_as(ANALYST, rows).await.status, 200);
}

#[tokio::test]
async fn what_comes_to_be_known_late_is_counted_at_once_and_rolled_up_again() {
    let (site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    roll_up(&site.app, &portal).await.unwrap();
    let before = told(&site).await;
    let late = Kind::Ticket { form_id: None, search_id: Some("s71".into()), ticket_id: Some("late".into()) };
    backfill(&site, &portal, "b3", vec![(NOW_MS - 60 * DAY + 71 * 12 * HOUR + HOUR, late)]).await;
    assert!(!is_kept(&site, &portal).await, "its days are worked out anew");
    let from_rows = told(&site).await;
    let ticketed = |told: &[Value]| told[0]["outcomes"]["ticketed"].as_u64().unwrap();
    assert_eq!(ticketed(&from_rows), ticketed(&before) + 1);
    roll_up(&site.app, &portal).await.unwrap();
    assert!(is_kept(&site, &portal).await);
    for (kept, rows) in told(&site).await.iter().zip(&from_rows) {
        assert_eq!(kept, rows);
    }
}

#[tokio::test]
async fn days_that_cannot_be_read_count_as_not_kept() {
    let (site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    let from_rows = told(&site).await;
    roll_up(&site.app, &portal).await.unwrap();
    let changes = site.app.store.archive().changes_of_past("acme").await.unwrap();
    let (day, known_at) = (jiff::civil::date(2026, 12, 20), NOW_MS);
    let damaged = Window::ALL.map(|window| DayFacts { day, window, known_at, facts: vec![0xff; 9] });
    let damaged = Days { portal: "acme".into(), zone: "UTC".into(), changes, days: damaged.into(), weeks: Vec::new() };
    assert!(site.app.store.keep_days(damaged).await.unwrap());
    assert!(!is_kept(&site, &portal).await);
    assert_eq!(told(&site).await, from_rows);
}

#[tokio::test]
async fn weeks_whose_texts_are_due_to_go_are_worked_out_without_them() {
    let (mut site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    let app = Arc::get_mut(&mut site.app).unwrap();
    Arc::get_mut(&mut app.config).unwrap().keep_texts = 30;
    assert!(roll_up(&site.app, &portal).await.unwrap());
    // Now is 15 January: texts of 16 December and before are due to be forgotten, and that week is not to be kept with them again.
    let range = (jiff::civil::date(2026, 11, 16), jiff::civil::date(2027, 1, 11));
    let kept = site.app.store.archive().kept_weeks("acme", "UTC", Window::Day, range).await.unwrap();
    let told = kept.iter().map(|kept| {
        let week = Week::read(&kept.said, &kept.cells).unwrap();
        (kept.monday, week.said.has_text() || week.cells.has_text(), week.cells.cells.is_empty())
    });
    let expected = kept.iter().map(|kept| (kept.monday, kept.monday > jiff::civil::date(2026, 12, 17), false));
    assert_eq!(told.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
    assert_eq!(kept.len(), 9);
}

#[tokio::test]
async fn figures_do_not_wait_for_weeks_that_are_forgotten_with_somebody() {
    let (mut site, portal) = with_large_logs().await;
    Arc::get_mut(&mut site.app).unwrap().foldable = 1;
    two_months(&site, &portal).await;
    roll_up(&site.app, &portal).await.unwrap();
    let page = async |site: &Site| site.get_as(ANALYST, "/acme/dashboard").await;
    let wait = "are being worked out";
    let before = page(&site).await;
    assert!(before.status == 200 && !before.text().contains(wait));
    site.app.store.erase(&portal, &Viewer::operator("acme"), &Sought::Visitor("b3".into())).await.unwrap();
    let after = page(&site).await;
    assert!(after.status == 200 && after.text().contains(wait), "{}", after.status);
    assert_eq!(site.get_as(ANALYST, &format!("{REPORTS}/deflection")).await.status, 200);
    assert_eq!(site.get_as(ANALYST, &format!("{REPORTS}/searches")).await.status, 503);
    roll_up(&site.app, &portal).await.unwrap();
    assert!(!page(&site).await.text().contains(wait));
}

#[tokio::test]
async fn a_link_of_a_while_ago_is_answered_to_the_moment_unless_nobody_would_wait_for_that() {
    let (mut site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    roll_up(&site.app, &portal).await.unwrap();
    let path = format!("{REPORTS}/deflection?from=2026-12-20&to=2027-01-16&as_of=2027-01-15T07:45:00Z");
    let as_of = async |site: &Site| site.get_as(ANALYST, &path).await.json()["as_of"].clone();
    assert_eq!(as_of(&site).await, "2027-01-15T07:45:00Z");
    Arc::get_mut(&mut site.app).unwrap().foldable = 1;
    assert_eq!(as_of(&site).await, "2027-01-15T08:00:00Z");
    let long_ago = site.get_as(ANALYST, &path.replace("T07:45", "T06:45")).await;
    assert_eq!((long_ago.status.as_u16(), long_ago.json()["field"].as_str()), (400, Some("as_of")));
}

#[tokio::test]
async fn what_was_known_at_a_moment_long_ago_is_folded_from_rows() {
    let (site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    let path = format!("{REPORTS}/deflection?from=2026-12-01&to=2027-01-01&as_of=2026-12-20T00:00:00Z");
    let from_rows = site.get_as(ANALYST, &path).await.json();
    roll_up(&site.app, &portal).await.unwrap();
    assert_eq!(site.get_as(ANALYST, &path).await.json(), from_rows);
    assert!(from_rows["outcomes"]["provisional"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn nobody_waits_for_days_that_are_not_worked_out_yet() {
    let (mut site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    Arc::get_mut(&mut site.app).unwrap().foldable = 100;
    let asked = "from=2026-12-09&to=2027-01-06&window=72h";
    for report in ["deflection", "trend", "articles"] {
        let answer = site.get_as(ANALYST, &format!("{REPORTS}/{report}?{asked}")).await;
        assert_eq!((answer.status.as_u16(), &answer.headers["retry-after"]), (503, &"98".parse().unwrap()));
        let told = answer.json();
        assert_eq!(told["type"], "urn:signpost:problem:working-out");
        let detail = told["detail"].as_str().unwrap();
        assert!(detail.starts_with("The days of this range are being worked out: 0 of 49 are done. Ask"), "{detail}");
    }
    // Few events are folded at once.
    assert_eq!(site.get_as(ANALYST, &format!("{REPORTS}/deflection?from=2026-10-20&to=2026-11-01")).await.status, 200);
    let page = site.get_as(ANALYST, &format!("/acme/dashboard?{asked}")).await;
    assert_eq!(
        (page.status.as_u16(), &page.headers["content-type"]),
        (503, &"text/html; charset=utf-8".parse().unwrap())
    );
    assert!(page.text().contains("0 of 49 are done") && !page.text().contains("Show the days"), "{}", page.text());

    roll_up(&site.app, &portal).await.unwrap();
    // One day is known anew.
    let late = Kind::Ticket { form_id: None, search_id: Some("s11".into()), ticket_id: Some("late".into()) };
    backfill(&site, &portal, "b11", vec![(NOW_MS - 60 * DAY + 11 * 12 * HOUR + HOUR, late)]).await;
    let page = site.get_as(ANALYST, &format!("/acme/dashboard?{asked}")).await.text();
    assert!(page.contains("from=2026-12-17\">Show the days that are done</a>"), "{page}");
    let fewer = format!("{REPORTS}/deflection?to=2027-01-06&window=72h&from=2026-12-17");
    assert_eq!(site.get_as(ANALYST, &fewer).await.status, 200);
    roll_up(&site.app, &portal).await.unwrap();
    for report in ["deflection", "trend", "articles"] {
        assert_eq!(site.get_as(ANALYST, &format!("{REPORTS}/{report}?{asked}")).await.status, 200);
    }
    // What was known long ago is in no day, and in too many rows.
    let long_ago = site.get_as(ANALYST, &format!("{REPORTS}/deflection?{asked}&as_of=2027-01-05T00:00:00Z")).await;
    assert_eq!((long_ago.status.as_u16(), &long_ago.json()["field"]), (400, &"as_of".into()));
}

#[tokio::test]
async fn what_changed_between_two_moments_is_told_of_a_log_that_is_too_large_to_be_folded() {
    let (mut site, portal) = with_large_logs().await;
    two_months(&site, &portal).await;
    let told = async |site: &Site| {
        let mut told = Vec::new();
        for range in ["from=2026-12-09&to=2026-12-27", "from=2027-01-02&to=2027-01-16"] {
            for window in ["1h", "24h", "7d"] {
                for since in ["2026-12-01", "2026-12-20", "2027-01-03T10:30:00Z", "2027-01-12"] {
                    let asked = format!("{REPORTS}/changes?{range}&window={window}&since={since}");
                    told.push(site.get_as(ANALYST, &asked).await.json());
                }
            }
        }
        told
    };
    let folded = told(&site).await;
    let moves = |told: &Value, cause: &str| told["rows"].as_array().unwrap().iter().any(|row| row["cause"] == cause);
    for cause in ["begun", "window_passed"] {
        assert!(folded.iter().any(|told| moves(told, cause)), "{cause}");
    }
    roll_up(&site.app, &portal).await.unwrap();
    let app = Arc::get_mut(&mut site.app).unwrap();
    (app.foldable, app.stretch) = (10, 3);
    assert_eq!(told(&site).await, folded);
}
