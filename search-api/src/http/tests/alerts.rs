//! Who is told that a group's ticket rate rose: what the message says, that it says nothing of few people, and that it is one.

use super::{NOW, Site, site};
use crate::http::alerts::look;
use crate::identity::{ANALYST, OPERATOR};
use crate::store::OutgoingAlert;
use serde_json::{Value, json};

const DAY: i64 = 86_400_000;
/// Wednesday, 6 January 2027, in the last whole week before these tests play.
const THEN: i64 = NOW * 1_000 - 9 * DAY;

/// Visitors who ask a query at a moment, the first of whom then write a ticket.
async fn asked(site: &Site, query: &str, at: i64, visitors: usize, ticketed: usize) {
    for visitor in 0..visitors {
        let id = format!("{}-{at}-{visitor}", query.replace(' ', "-"));
        let mut events = vec![
            json!({"id": id, "type": "search", "at": at, "query": query, "results": 1, "search_id": id}),
            json!({"id": format!("c{id}"), "type": "click", "at": at + 1_000, "slug": "vault-key", "search_id": id}),
        ];
        if visitor < ticketed {
            let id = format!("t{id}");
            events.push(
                json!({"id": id, "type": "ticket", "at": at + 60_000, "search_id": events[0]["id"], "ticket_id": id}),
            );
        }
        let covers = json!({"from": NOW * 1_000 - 80 * DAY, "to": NOW * 1_000});
        let batch = json!({"sent_at": NOW * 1_000, "token": site.token(OPERATOR), "visitor": format!("b{visitor}"),
            "events": events, "covers": covers});
        let receipt = site.post("/v1/portals/acme/events", &batch.to_string()).await;
        assert_eq!(receipt.json()["accepted"], events.len(), "{}", receipt.text());
    }
}

/// A site at which one group's rate rose, another's did not, and few asked something else.
async fn with_a_rise(options: &[&str]) -> Site {
    let site = site(options).await;
    for (query, visitors, before, now) in
        [("rotate the vault key", 20, 1, 12), ("pay an invoice", 20, 4, 4), ("quokka", 4, 0, 4)]
    {
        asked(&site, query, THEN - 14 * DAY, visitors, before).await;
        asked(&site, query, THEN, visitors, now).await;
    }
    site
}

async fn due(site: &Site) -> Vec<OutgoingAlert> {
    let portal = site.app.library.snapshot().portal("acme").unwrap().clone();
    look(&site.app, &portal).await.unwrap();
    site.app.store.outgoing_alerts().await.unwrap()
}

#[tokio::test]
async fn a_rise_is_told_once_with_what_a_table_of_groups_may_show() {
    let site = with_a_rise(&[]).await;
    let alerts = due(&site).await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    let said: Value = serde_json::from_str(&alerts[0].body).unwrap();
    assert_eq!((&said["event"], &said["portal"]), (&json!("ticket_rate_rose"), &json!("acme")));
    assert_eq!((&said["label"], &said["instead"]), (&json!("rotate the vault key"), &Value::Null));
    let side = |side: &str| ["from", "to", "ticketed", "episodes", "rate"].map(|name| said[side][name].clone());
    assert_eq!(side("week"), [json!("2027-01-04"), json!("2027-01-11"), json!(12), json!(20), json!(0.6)]);
    assert_eq!(side("before"), [json!("2026-11-09"), json!("2027-01-04"), json!(1), json!(20), json!(0.05)]);
    assert!(said["difference"]["low"].as_f64().unwrap() > 0.0 && said["week"]["low"].as_f64() < Some(0.6), "{said}");
    assert_eq!(said["id"], format!("signpost:{}", alerts[0].id));
    for word in ["quokka", "invoice", "Rotate", "vault-key"] {
        assert!(!alerts[0].body.contains(word), "neither articles, nor other groups, nor what few asked: {word}");
    }
    // The report that it leads to says the same.
    let report = site.get_as(ANALYST, said["report"].as_str().unwrap()).await.json();
    let row = &report["rows"][0];
    assert_eq!((&row["group"], &row["label"], &row["tickets"]), (&said["group"], &said["label"], &said["tickets"]));
    assert_eq!((&row["avoidable"], &row["ticketed"]), (&said["avoidable"], &json!(13)));
    assert_eq!(site.get_as(ANALYST, said["dashboard"].as_str().unwrap()).await.status, 200);
    assert_eq!(
        (&said["report_url"], &said["dashboard_url"]),
        (&Value::Null, &Value::Null),
        "no public address is known"
    );
    // Sent or not, it is not told again.
    assert!(due(&site).await.is_empty());
    site.app.store.sent_alert(&alerts[0]).await.unwrap();
    assert!(due(&site).await.is_empty());
}

#[tokio::test]
async fn tickets_that_come_to_be_known_late_raise_an_alert_when_they_do() {
    let site = site(&[]).await;
    asked(&site, "pay an invoice", THEN - 14 * DAY, 20, 1).await;
    asked(&site, "pay an invoice", THEN, 20, 0).await;
    assert!(due(&site).await.is_empty());
    for visitor in 0..15 {
        let of = format!("pay-an-invoice-{THEN}-{visitor}");
        let ticket = json!({"id": format!("late{visitor}"), "type": "ticket", "at": THEN + DAY / 2, "search_id": of, "ticket_id": of});
        let batch = json!({"sent_at": NOW * 1_000, "token": site.token(OPERATOR), "visitor": format!("b{visitor}"), "events": [ticket]});
        assert_eq!(site.post("/v1/portals/acme/events", &batch.to_string()).await.json()["accepted"], 1);
    }
    let alerts = due(&site).await;
    assert!(alerts.len() == 1 && alerts[0].body.contains("\"label\":\"pay an invoice\""), "{alerts:?}");
}

#[tokio::test]
async fn whole_addresses_are_told_beside_paths_where_the_public_one_is_known() {
    let known = ["--public-url", "https://help.example.com", "--base-path", "/kb", "--hosts", "acme.example.com=acme"];
    let site = with_a_rise(&known).await;
    let said: Value = serde_json::from_str(&due(&site).await[0].body).unwrap();
    let [report, dashboard] = ["report", "dashboard"].map(|name| said[name].as_str().unwrap().to_owned());
    assert!(
        report.starts_with("/kb/v1/portals/acme/reports/") && dashboard.starts_with("/kb/acme/dashboard?"),
        "{said}"
    );
    assert_eq!(said["report_url"], format!("https://help.example.com{report}"));
    assert_eq!(said["dashboard_url"], format!("https://acme.example.com{}", dashboard.replace("/kb/acme", "/kb")));
}
