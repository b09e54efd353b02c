//! Which searches still end in tickets, as an analyst asks: what is wrong with each group, and for whom.

use super::{NOW, PORTAL, Site, site};
use crate::identity::{ANALYST, EDITOR, OPERATOR};
use indexer::portal::Portal;
use serde_json::{Value, json};
use std::sync::Arc;

const EVENTS: &str = "/v1/portals/acme/events";
const SEARCHES: &str = "/v1/portals/acme/reports/searches?from=2026-12-07&to=2026-12-14";
/// Monday, 7 December 2026, 08:00 UTC: less than 90 days before all these tests play, so that texts are still kept.
const THEN: i64 = 1_796_630_400_000;

/// A site whose log says that each of these was asked by so many visitors, of whom all wrote a ticket; some opened an article first.
async fn asked(queries: &[(&str, usize, Option<&str>)]) -> Site {
    let site = site(&[]).await;
    for (number, (query, visitors, opened)) in queries.iter().enumerate() {
        for visitor in 0..*visitors {
            let id = format!("s{number}-{visitor}");
            let mut events = vec![
                json!({"id": id, "type": "search", "at": THEN, "query": query, "results": 1, "search_id": id,
                    "confidence": if opened.is_some() { "good" } else { "none" }}),
                json!({"id": format!("t{id}"), "type": "ticket", "at": THEN + 60_000, "search_id": id, "ticket_id": id}),
            ];
            if let Some(slug) = opened {
                events.push(
                    json!({"id": format!("c{id}"), "type": "click", "at": THEN + 1_000, "slug": slug, "search_id": id}),
                );
            }
            let covers = json!({"from": THEN - 1_000, "to": THEN + 20 * 86_400_000_i64});
            let batch = json!({"sent_at": NOW * 1_000, "token": site.token(OPERATOR), "visitor": format!("b{number}-{visitor}"),
                "events": events, "covers": covers});
            let receipt = site.post(EVENTS, &batch.to_string()).await;
            assert_eq!(receipt.json()["accepted"], events.len(), "{}", receipt.text());
        }
    }
    site
}

async fn rows(site: &Site, roles: &[&str]) -> Vec<Value> {
    let answer = site.get_with(roles, SEARCHES).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["rows"].as_array().unwrap().clone()
}

#[tokio::test]
async fn a_group_that_no_article_answers_is_missing_and_one_that_another_audience_has_is_hidden_from_editors_eyes_only()
{
    let site = asked(&[("rotate the vault key", 6, None), ("quokka zugzwang", 5, None), ("few", 4, None)]).await;
    let told = |rows: &[Value]| -> Vec<(Value, Value, Value)> {
        rows.iter().map(|row| (row["label"].clone(), row["diagnosis"].clone(), row["instead"].clone())).collect()
    };
    let vault = |diagnosis: &str| (json!("rotate the vault key"), json!(diagnosis), Value::Null);
    let quokka = (json!("quokka zugzwang"), json!("missing"), Value::Null);
    let rest = (Value::Null, Value::Null, json!("too small to show"));
    assert_eq!(told(&rows(&site, &[ANALYST]).await), [vault("missing"), quokka.clone(), rest.clone()]);
    // The admin's role opens the article to them, not to those who asked.
    assert_eq!(told(&rows(&site, &[ANALYST, "admin"]).await)[0], vault("missing"));
    assert_eq!(told(&rows(&site, &[ANALYST, EDITOR]).await), [vault("hidden"), quokka, rest]);
}

#[tokio::test]
async fn an_article_that_is_opened_before_the_ticket_is_unhelpful_and_one_that_is_not_is_unseen() {
    let site = asked(&[("pay an invoice", 6, Some("pay-an-invoice")), ("invoice paid by card", 5, None)]).await;
    let rows = rows(&site, &[ANALYST]).await;
    let by =
        |query: &str| rows.iter().find(|row| row["query"] == query).cloned().unwrap_or_else(|| panic!("{rows:#?}"));
    let opened = by("pay an invoice");
    assert_eq!((&opened["diagnosis"], &opened["next_step"]), (&json!("unhelpful"), &json!("Rewrite the article.")));
    let article = &opened["articles"][0];
    assert_eq!(
        (&article["title"], &article["opened"], &article["ticketed"]),
        (&json!("Pay an invoice"), &json!(6), &json!(6))
    );
    assert_eq!(opened["nearest"]["slug"], "pay-an-invoice");
    assert_eq!((&opened["queries"][0]["visitors"], &opened["outcomes"]), (&json!(6), &json!({"ticketed": 6})));
    assert_eq!(by("invoice paid by card")["diagnosis"], "unseen");
}

#[tokio::test]
async fn an_article_that_the_reader_may_not_see_has_no_title() {
    let site = asked(&[("rotate the vault key", 6, Some("vault-key"))]).await;
    let article = async |roles: &[&str]| rows(&site, roles).await[0]["articles"][0].clone();
    let hidden = article(&[ANALYST]).await;
    assert_eq!((&hidden["slug"], &hidden["title"]), (&Value::Null, &json!("an article you may not see")));
    assert_eq!(hidden["opened"], 6);
    assert_eq!(article(&[ANALYST, "admin"]).await["title"], "Rotate the vault key");
}

#[tokio::test]
async fn a_group_alone_shows_its_replay_and_its_tickets() {
    let site = asked(&[("pay an invoice", 6, None)]).await;
    let all = rows(&site, &[ANALYST]).await;
    assert_eq!(all[0].get("detail"), None);
    let id = all[0]["group"].as_str().unwrap();
    let one = site.get_as(ANALYST, &format!("{SEARCHES}&group={id}")).await.json();
    let detail = &one["rows"][0]["detail"];
    assert_eq!(one["rows"].as_array().unwrap().len(), 1);
    assert_eq!((&detail["replay"]["searches"], &detail["before_after"]), (&json!(1), &Value::Null));
    let query = &detail["replay"]["queries"][0];
    assert_eq!((&query["query"], &query["first"]["slug"]), (&json!("pay an invoice"), &json!("pay-an-invoice")));
    assert_eq!(site.get_as(ANALYST, &format!("{SEARCHES}&group=none")).await.status, 404);
    let sorted = site.get_as(ANALYST, &format!("{SEARCHES}&sort=rate")).await;
    assert_eq!(sorted.status, 200);
}

#[tokio::test]
async fn topics_of_tickets_name_their_article_for_each_audience_that_the_reader_may_speak_for() {
    let site = site(&[]).await;
    for number in 0..6 {
        let ticket = json!({"subject": "How to rotate the vault key", "body": "It does not turn.", "email": format!("a{number}@example.org")});
        assert_eq!(site.post("/v1/portals/acme/tickets", &ticket.to_string()).await.status, 201);
    }
    let topics = async |roles: &[&str]| site.get_with(roles, "/v1/portals/acme/reports/topics").await.json();
    let body = topics(&[ANALYST, "admin"]).await;
    let row = &body["rows"][0];
    assert_eq!((&row["label"], &row["tickets"]), (&json!("how to rotate the vault key"), &json!(6)), "{body}");
    assert_eq!(row["articles"][0], json!({"audience": "not signed in", "slug": null, "article": "no article"}));
    assert_eq!(row["articles"][1]["slug"], "vault-key");
    assert_eq!(topics(&[ANALYST]).await["rows"][0]["articles"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_has_no_text_is_told_apart_from_what_a_portal_keeps_none_of() {
    for (more, instead, page) in [
        ("", "no text is kept", "Came without text, or it is no longer kept"),
        ("queries = \"none\"\n", "not available by policy", "This portal keeps no search text"),
    ] {
        let site = site(&[]).await;
        let serve = |more: &str| {
            let portal = Portal::parse("acme", &format!("{more}{PORTAL}")).0.unwrap();
            site.app.library.serve_portal(Arc::new(portal));
        };
        serve("queries = \"none\"\n");
        for visitor in 0..6 {
            let id = format!("s{visitor}");
            let events = json!([
                {"id": id, "type": "search", "at": THEN, "results": 1, "search_id": id, "query": "rotate"},
                {"id": format!("t{visitor}"), "type": "ticket", "at": THEN + 60_000, "search_id": id, "ticket_id": id},
            ]);
            let covers = json!({"from": THEN - 1_000, "to": THEN + 20 * 86_400_000_i64});
            let batch = json!({"sent_at": NOW * 1_000, "token": site.token(OPERATOR), "visitor": id, "events": events, "covers": covers});
            let receipt = site.post(EVENTS, &batch.to_string()).await;
            assert_eq!(receipt.json()["accepted"], 2, "{}", receipt.text());
        }
        serve(more);
        let told = async |what: &str| {
            let path = format!("/v1/portals/acme/reports/{what}?from=2026-12-07&to=2026-12-14");
            site.get_as(ANALYST, &path).await.json()["rows"][0]["instead"].clone()
        };
        assert_eq!((told("searches").await, told("topics").await), (json!(instead), json!(instead)));
        let dashboard = site.get_as(ANALYST, "/acme/dashboard?from=2026-12-07&to=2026-12-14").await.text();
        assert_eq!(dashboard.matches(page).count(), 2, "of searches and of tickets: {dashboard}");
    }
}
