//! Who may read what: every call of reports and administration, as each role; and one person, for operators.

use super::{Answer, NOW, Site, site};
use crate::identity::{ANALYST, ANALYST_RAW, EDITOR, OPERATOR};
use axum::body::Body;
use axum::extract::Request;
use serde_json::{Value, json};

const PORTAL: &str = "/v1/portals/acme";
const MINUTE: i64 = 60_000;
/// Midnight of 1 January 2027, UTC; the tests play two weeks later.
const T0: i64 = 1_798_761_600_000;
const RANGE: &str = "from=2027-01-01&to=2027-01-08";
/// What one visitor typed, said and wrote.
const TYPED: [&str; 3] = ["quagga in the stairwell", "numbat said nothing", "axolotl ate my invoice"];

/// A site on which one visitor searched, voted with a comment and wrote a ticket, as a backfill and by the form.
async fn confided() -> Site {
    let site = site(&["--address-rate", "0", "--visitor-rate", "0"]).await;
    let at = |minutes: i64| T0 + minutes * MINUTE;
    let events = json!([
        {"id": "s", "type": "search", "at": at(0), "query": TYPED[0], "results": 1, "search_id": "q"},
        {"id": "c", "type": "click", "at": at(1), "slug": "pay-an-invoice", "search_id": "q"},
        {"id": "v", "type": "vote", "at": at(2), "slug": "pay-an-invoice", "solved": false, "comment": TYPED[1], "search_id": "q"},
        {"id": "t", "type": "ticket", "at": at(3), "search_id": "q", "ticket_id": "T"},
    ]);
    let covers = json!({"from": T0 - 86_400_000, "to": NOW * 1000});
    let body = json!({"sent_at": NOW * 1000, "token": site.token(OPERATOR), "visitor": "b1", "events": events, "covers": covers});
    assert_eq!(site.post(&format!("{PORTAL}/events"), &body.to_string()).await.json()["accepted"], 4);
    let ticket = json!({"subject": TYPED[2], "body": "Please help.", "email": "ana@example.org", "visitor": "b1"});
    assert_eq!(site.post(&format!("{PORTAL}/tickets"), &ticket.to_string()).await.status, 201);
    site
}

/// Calls of reports and administration, from the OpenAPI document, each with what makes it answer.
async fn calls(site: &Site) -> Vec<(String, String, Option<Value>)> {
    let document = site.get("/openapi.json").await.json();
    let episodes = site.get_as(ANALYST, &format!("{PORTAL}/reports/episodes?{RANGE}")).await.json();
    let episode = episodes["rows"][0]["id"].as_str().unwrap().to_owned();
    let mut calls = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if !path.contains("/reports/") && !path.contains("/admin/") {
            continue;
        }
        let address = path.replace("{portal}", "acme").replace("{id}", &episode);
        for method in item.as_object().unwrap().keys().filter(|method| ["get", "post"].contains(&method.as_str())) {
            if method == "post" {
                calls.push((method.clone(), address.clone(), Some(json!({"visitor": "nobody"}))));
                continue;
            }
            for query in [
                RANGE,
                &format!("{RANGE}&view=raw"),
                &format!("{RANGE}&format=csv&view=raw"),
                "q=invoice&slug=pay-an-invoice",
                "",
            ] {
                let query = if query.is_empty() { String::new() } else { format!("?{query}") };
                calls.push((method.clone(), format!("{address}{query}"), None));
            }
        }
    }
    for page in ["dashboard", "dashboard/episodes", &format!("dashboard/episodes/{episode}")] {
        for query in [RANGE, &format!("{RANGE}&view=raw")] {
            calls.push(("get".into(), format!("/acme/{page}?{query}"), None));
        }
    }
    calls
}

async fn call(site: &Site, roles: &[&str], (method, address, body): &(String, String, Option<Value>)) -> Answer {
    let request = if method == "post" { Request::post(address) } else { Request::get(address) };
    let request = match roles {
        [] => request,
        roles => request.header("authorization", format!("Bearer {}", site.token_of(roles))),
    };
    let body = body.as_ref().map_or_else(Body::empty, |body| Body::from(body.to_string()));
    site.send(request.header("content-type", "application/json"), body).await
}

/// Who may call it.
fn allowed(address: &str) -> &'static [&'static str] {
    match address.split(['?', '/']).skip_while(|part| !["reports", "admin", "dashboard"].contains(part)).nth(1) {
        Some("explain") => &[EDITOR, OPERATOR],
        Some("audit" | "erase" | "export") => &[OPERATOR],
        _ if address.contains("/admin/") => panic!("say who may call {address}"),
        _ => &[ANALYST],
    }
}

#[tokio::test]
async fn every_call_of_reports_and_administration_is_nothing_to_those_without_its_role() {
    let site = confided().await;
    let absent = site.get(&format!("{PORTAL}/articles/none")).await;
    let calls = calls(&site).await;
    assert!(calls.iter().filter(|(_, address, _)| address.starts_with("/v1/")).count() > 20);
    let mut answered = std::collections::BTreeSet::new();
    for asked in &calls {
        for roles in [&[][..], &["admin"], &[ANALYST], &[ANALYST_RAW], &[EDITOR], &[OPERATOR]] {
            let answer = call(&site, roles, asked).await;
            let may = roles.iter().any(|role| allowed(&asked.1).contains(role));
            if may {
                assert_ne!(answer.status, 404, "{roles:?} {asked:?}");
                answered.insert((
                    asked.0.clone(),
                    asked.1.split('?').next().unwrap().to_owned(),
                    answer.status.as_u16(),
                ));
            } else {
                assert_eq!(answer.status, 404, "{roles:?} {asked:?}: {}", answer.text());
                let page = asked.1.starts_with("/acme/");
                assert!(page || answer.body == absent.body, "{roles:?} {asked:?}");
            }
        }
    }
    // Without this the above could hold of calls that nobody can make.
    let all: std::collections::BTreeSet<_> =
        calls.iter().map(|(method, address, _)| (method, address.split('?').next().unwrap())).collect();
    for (method, address) in all {
        assert!(
            answered.contains(&(method.clone(), address.to_owned(), 200)),
            "{method} {address} is answered to somebody"
        );
    }
}

#[tokio::test]
async fn what_a_single_person_typed_is_read_by_those_who_may_and_each_time_leaves_a_row() {
    let site = confided().await;
    let calls = calls(&site).await;
    let mut read = 0;
    for asked in calls.iter().chain([
        &("post".into(), format!("{PORTAL}/admin/export"), Some(json!({"visitor": "b1"}))),
        &("post".into(), format!("{PORTAL}/admin/export"), Some(json!({"email": "ana@example.org"}))),
    ]) {
        for roles in [
            &[ANALYST][..],
            &[ANALYST, EDITOR],
            &[ANALYST, ANALYST_RAW],
            &[OPERATOR],
            &[ANALYST, ANALYST_RAW, EDITOR, OPERATOR],
        ] {
            let before = site.app.store.readings("acme").await.unwrap().len();
            let answer = call(&site, roles, asked).await.text();
            let after = site.app.store.readings("acme").await.unwrap().len();
            if TYPED.iter().any(|typed| answer.contains(typed)) {
                assert!(roles.contains(&ANALYST_RAW) || asked.1.contains("/admin/"), "{roles:?} {asked:?}");
                assert_eq!(after, before + 1, "{roles:?} {asked:?}");
                read += 1;
            }
        }
    }
    assert!(read >= 12, "{read} answers with raw text");
}

#[tokio::test]
async fn a_person_is_named_in_the_body_in_one_way() {
    let site = site(&[]).await;
    for body in [json!({}), json!({"subject": "a", "email": "b"}), json!({"subject": " "}), json!({"subject": null})] {
        for path in ["erase", "export"] {
            let refused =
                call(&site, &[OPERATOR], &("post".into(), format!("{PORTAL}/admin/{path}"), Some(body.clone()))).await;
            assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (400, Some("subject")), "{body}");
        }
    }
    let body = json!({"subject": "a", "everything": true});
    let refused = call(&site, &[OPERATOR], &("post".into(), format!("{PORTAL}/admin/erase"), Some(body))).await;
    assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (400, Some("everything")));
    assert_eq!(site.app.store.readings("acme").await.unwrap(), []);
}

#[tokio::test]
async fn a_person_is_exported_then_erased_then_gone_and_the_audit_pages_through_it() {
    let site = confided().await;
    let ask = async |path: &str, body: Value| {
        let answer = call(&site, &[OPERATOR], &("post".into(), format!("{PORTAL}/admin/{path}"), Some(body))).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let held = ask("export", json!({"visitor": "b1"})).await;
    assert_eq!(held["events"].as_array().unwrap().len(), 4);
    assert_eq!((&held["events"][0]["type"], &held["events"][0]["query"]), (&json!("search"), &json!(TYPED[0])));
    let written = held["tickets"].as_array().unwrap().iter().find(|ticket| !ticket["written"].is_null()).unwrap();
    assert_eq!(
        (&written["written"]["subject"], &written["written"]["email"]),
        (&json!(TYPED[2]), &json!("ana@example.org"))
    );
    assert_eq!(
        (&written["written"]["stages"][0]["stage"], &written["fact"]["source"]),
        (&json!("received"), &json!("form"))
    );

    let erased = ask("erase", json!({"visitor": "b1"})).await;
    assert_eq!(
        (&erased["events"], &erased["ticket_facts"], &erased["tickets"], &erased["remains"]),
        (&json!(4), &json!(2), &json!(1), &Value::Null)
    );
    let nothing = ask("export", json!({"visitor": "b1"})).await;
    assert_eq!(
        (&nothing["events"], &nothing["tickets"], &nothing["addresses_known_since"]),
        (&json!([]), &json!([]), &json!([]))
    );
    let report = site.get_as(ANALYST, &format!("{PORTAL}/reports/deflection?{RANGE}")).await.json();
    assert_eq!(report["visits"], 0);

    let first = site.get_as(OPERATOR, &format!("{PORTAL}/admin/audit?limit=2")).await.json();
    let rest =
        site.get_as(OPERATOR, &format!("{PORTAL}/admin/audit?cursor={}", first["next"].as_str().unwrap())).await.json();
    let rows: Vec<&Value> = first["rows"].as_array().unwrap().iter().chain(rest["rows"].as_array().unwrap()).collect();
    let what: Vec<_> = rows.iter().map(|row| row["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["export?by=visitor", "erase?by=visitor", "export?by=visitor"]);
    assert!(rows.iter().all(|row| row["reader"] == rows[0]["reader"] && row["reader"].is_string()));
    assert_eq!((&rest["next"], rows.iter().any(|row| row.to_string().contains("b1"))), (&Value::Null, false));
}
