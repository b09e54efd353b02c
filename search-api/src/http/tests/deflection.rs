//! From a question to a ticket to the analyst's figure, as callers meet it.

use super::{NOW, site};
use crate::identity::{ANALYST, OPERATOR};
use axum::extract::Request;
use serde_json::{Value, json};

const EVENTS: &str = "/v1/portals/acme/events";
const TICKETS: &str = "/v1/portals/acme/tickets";
const REPORT: &str = "/v1/portals/acme/reports/deflection";
const SEARCHES: &str = "/v1/portals/acme/reports/searches";
const TOPICS: &str = "/v1/portals/acme/reports/topics";
const NOW_MS: i64 = NOW * 1000;

fn batch(events: Value) -> String {
    json!({"sent_at": NOW_MS, "visitor": "b1", "events": events}).to_string()
}

#[tokio::test]
async fn a_visit_moves_the_analysts_figures() {
    let site = site(&[]).await;
    let found = site.get("/v1/portals/acme/search?q=invoice&visitor=b1").await.json();
    let search = found["search_id"].as_str().unwrap();
    let events = json!([
        {"id": "i", "type": "impression", "at": NOW_MS, "slug": "pay-an-invoice", "search_id": search, "rank": 1},
        {"id": "c", "type": "click", "at": NOW_MS, "slug": "pay-an-invoice", "search_id": search, "rank": 1},
        {"id": "v", "type": "vote", "at": NOW_MS, "slug": "pay-an-invoice", "solved": true, "search_id": search},
        {"id": "x", "type": "click", "at": NOW_MS, "slug": "pay-an-invoice", "search_id": "made-up"},
    ]);
    let receipt = site.post(EVENTS, &batch(events)).await;
    assert_eq!(receipt.status, 202, "{}", receipt.text());
    assert_eq!(receipt.json(), json!({"accepted": 4, "duplicate": 0, "conflict": 0, "rejected": []}));

    let report = site.get_as(ANALYST, &format!("{REPORT}?from=2027-01-15&to=2027-01-16")).await.json();
    assert_eq!((&report["visits"], &report["visitors"], &report["closed"]), (&json!(1), &json!(1), &json!(0)));
    assert_eq!((&report["outcomes"]["provisional"], &report["foreign_ids"]), (&json!(1), &json!(1)));
    assert_eq!((&report["final"], &report["definition"], &report["window"]), (&json!(false), &json!(1), &json!("24h")));

    let ticket =
        json!({"subject": "Still not paid", "body": "It says declined.", "search_id": search, "visitor": "b1"});
    let made = site.post(TICKETS, &ticket.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    // A day on, the ticket counts against the search, whatever the vote said.
    let later = format!("{REPORT}?from=2027-01-15&to=2027-01-16&as_of=2027-01-16T08:00:01Z");
    let report = site.get_as(ANALYST, &later).await.json();
    assert_eq!(report["outcomes"]["ticketed"], 1);
    let figure = |name: &str| {
        report["figures"].as_array().unwrap().iter().find(|figure| figure["name"] == name).unwrap().clone()
    };
    assert_eq!((&figure("ticket_rate")["numerator"], &figure("ticket_rate")["denominator"]), (&json!(1), &json!(1)));
    assert_eq!(report["link_coverage"]["by_search"], 1);

    let rows = site
        .get_as(ANALYST, "/v1/portals/acme/reports/searches?from=2027-01-15&to=2027-01-16&as_of=2027-01-17T00:00:00Z");
    let rows = rows.await.json();
    assert_eq!(rows["rows"][0]["query"], Value::Null);
    assert_eq!((&rows["rows"][0]["instead"], &rows["rows"][0]["ticketed"]), (&json!("too small to show"), &json!(1)));
    assert_eq!(rows["next"], Value::Null);
}

#[tokio::test]
async fn one_bad_event_does_not_lose_the_others() {
    let site = site(&[]).await;
    let events = json!([
        {"id": "a", "type": "click", "at": NOW_MS, "slug": "pay-an-invoice"},
        {"id": "b", "type": "click", "at": NOW_MS},
        {"id": "c", "type": "dance", "at": NOW_MS},
        "no event",
        {"id": "a", "type": "click", "at": NOW_MS, "slug": "other"},
    ]);
    // As navigator.sendBeacon sends it.
    let request = Request::post(EVENTS).header("content-type", "text/plain;charset=UTF-8");
    let receipt = site.send(request, batch(events)).await.json();
    assert_eq!((&receipt["accepted"], &receipt["conflict"]), (&json!(1), &json!(1)));
    let rejected: Vec<_> =
        receipt["rejected"].as_array().unwrap().iter().map(|r| (r["index"].clone(), r["field"].clone())).collect();
    assert_eq!(rejected, [(json!(1), json!("slug")), (json!(2), json!("type")), (json!(3), json!("event"))]);
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_is_refused_by_name() {
    let site = site(&[]).await;
    let event = json!({"id": "a", "type": "ticket", "at": NOW_MS});
    let field = async |body: String| site.post(EVENTS, &body).await.json()["field"].clone();
    assert_eq!(field("{".into()).await, "body");
    assert_eq!(field(batch(json!([]))).await, "events");
    assert_eq!(field(batch(json!(vec![event.clone(); 101]))).await, "events");
    assert_eq!(field(json!({"sent_at": 5, "events": [event]}).to_string()).await, "sent_at");
    assert_eq!(field(json!({"sent_at": NOW_MS, "visitor": "a b", "events": [event]}).to_string()).await, "visitor");
    let covers = json!({"from": NOW_MS - 1, "to": NOW_MS});
    assert_eq!(field(json!({"sent_at": NOW_MS, "covers": covers, "events": [event]}).to_string()).await, "covers");
    let request = Request::post(EVENTS).header("content-type", "image/png");
    assert_eq!(site.send(request, "x").await.status, 415);
    let large = format!("{{\"sent_at\": {NOW_MS}, \"events\": [\"{}\"]}}", "x".repeat(65_536));
    assert_eq!(site.post(EVENTS, &large).await.status, 413);
    let forged = json!({"sent_at": NOW_MS, "token": "a.b.c", "events": [event]}).to_string();
    assert_eq!(site.post(EVENTS, &forged).await.status, 401);
}

#[tokio::test]
async fn an_operator_backfills_history_with_its_tickets() {
    let site = site(&[]).await;
    let at = NOW_MS - 100 * 86_400_000;
    let events = json!([
        {"id": "s", "type": "search", "at": at, "query": "invoice", "results": 2, "search_id": "elsewhere-1"},
        {"id": "t", "type": "ticket", "at": at + 60_000, "search_id": "elsewhere-1", "ticket_id": "T-1"},
    ]);
    let covers = json!({"from": at - 1000, "to": at + 5 * 86_400_000_i64});
    let body =
        json!({"sent_at": NOW_MS, "token": site.token(OPERATOR), "visitor": "b9", "events": events, "covers": covers});
    assert_eq!(site.post(EVENTS, &body.to_string()).await.json()["accepted"], 2);
    let report = site.get_as(ANALYST, &format!("{REPORT}?from=2026-10-01&to=2026-11-01&window=72h")).await.json();
    assert_eq!((&report["outcomes"]["ticketed"], &report["final"]), (&json!(1), &json!(true)));
    assert_eq!(report["clamped"], 0);
}

#[tokio::test]
async fn a_report_is_there_for_analysts_alone() {
    let site = site(&[]).await;
    let absent = site.get("/v1/portals/acme/articles/none").await;
    for path in [REPORT, SEARCHES, TOPICS, "/v1/portals/acme/reports/episodes"] {
        let hidden = site.get_as("admin", path).await;
        assert_eq!((hidden.status, &hidden.body), (absent.status, &absent.body));
        assert_eq!(site.get(path).await.body, absent.body);
        assert_eq!(site.get_as(ANALYST, path).await.status, 200);
    }
    for (query, field) in [
        ("window=2h", "window"),
        ("from=yesterday", "from"),
        ("from=2027-01-02&to=2027-01-01", "to"),
        ("from=2020-01-01&to=2027-01-01", "to"),
        ("as_of=now", "as_of"),
        ("stratum=some", "stratum"),
        ("nonsense=1", "nonsense"),
    ] {
        let refused = site.get_as(ANALYST, &format!("{REPORT}?{query}")).await;
        assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (400, Some(field)), "{query}");
    }
}

#[tokio::test]
async fn a_ticket_is_made_once_and_seen_with_its_secret() {
    let site = site(&[]).await;
    let form = site.get("/v1/portals/acme/form?visitor=b1").await.json();
    assert_eq!((&form["suggestions"], &form["fields"]), (&json!(true), &json!([])));
    let ticket = json!({"subject": " Broken \n thing ", "body": "It broke.", "email": "ana@example.org", "form_id": form["form_id"]});
    let send = async |ticket: &Value| {
        let request = Request::post(TICKETS).header("content-type", "application/json").header("idempotency-key", "k1");
        site.send(request, ticket.to_string()).await
    };
    let made = send(&ticket).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    assert_eq!(
        (&made["stage"], &made["next"], &made["subject"]),
        (&json!("received"), &json!("support"), &json!("Broken thing"))
    );
    assert_eq!(made["since"], "2027-01-15T08:00:00Z");
    assert_eq!(send(&ticket).await.json(), made);
    let other = json!({"subject": "Another", "body": "It broke."});
    assert_eq!(send(&other).await.status, 409);

    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    assert_eq!(made["status_url"], format!("/acme/tickets/{id}?secret={secret}"));
    let absent = site.get(&format!("{TICKETS}/none")).await;
    assert_eq!(site.get(&format!("{TICKETS}/{id}?secret={secret}")).await.json()["id"], id);
    for path in [format!("{TICKETS}/{id}"), format!("{TICKETS}/{id}?secret=guess")] {
        let hidden = site.get(&path).await;
        assert_eq!((hidden.status.as_u16(), &hidden.body), (404, &absent.body));
    }
}

#[tokio::test]
async fn a_ticket_that_cannot_be_taken_names_its_field() {
    let site = site(&[]).await;
    for (ticket, field) in [
        (json!({"subject": "", "body": "x"}), "subject"),
        (json!({"subject": "x".repeat(201), "body": "x"}), "subject"),
        (json!({"subject": "x", "body": " "}), "body"),
        (json!({"subject": "x", "body": "x", "email": "nowhere"}), "email"),
        (json!({"subject": "x", "body": "x", "fields": {"severity": "1"}}), "fields"),
        (json!({"subject": "x", "body": "x", "form_id": "<script>"}), "form_id"),
        (json!({"subject": "x", "body": "x", "visitor": "a b"}), "visitor"),
        (json!({"subject": "x", "body": "x", "priority": 1}), "body"),
    ] {
        let refused = site.post(TICKETS, &ticket.to_string()).await;
        assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (400, Some(field)), "{ticket}");
    }
}

#[tokio::test]
async fn a_signed_in_owner_needs_no_secret() {
    let site = site(&[]).await;
    let request = Request::post(TICKETS)
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {}", site.token("admin")));
    let made = site.send(request, json!({"subject": "x", "body": "x"}).to_string()).await.json();
    assert_eq!(made.get("secret"), None);
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["status_url"], format!("/acme/tickets/{id}"));
    assert_eq!(site.get_as("admin", &format!("{TICKETS}/{id}")).await.json()["stage"], "received");
    assert_eq!(site.get(&format!("{TICKETS}/{id}")).await.status, 404);
}
