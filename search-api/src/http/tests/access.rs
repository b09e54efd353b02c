//! Who may read what: every call of reports and administration, as each role; and one person, for operators.

use super::{Answer, NOW, Site, site};
use crate::identity::{ANALYST, ANALYST_RAW, EDITOR, OPERATOR};
use axum::body::Body;
use axum::extract::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;

const PORTAL: &str = "/v1/portals/acme";
/// The role of the portal's own staff.
const AGENT: &str = "agent";
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

/// A call, and who may make it.
struct Asked {
    method: &'static str,
    address: String,
    body: Option<Value>,
    may: May,
}

/// Who may make a call.
#[derive(Clone, Copy)]
enum May {
    /// Visitors, whoever they are.
    Everybody,
    /// Those with one of these roles; for others nothing is there.
    Roles(&'static [&'static str]),
    /// Whoever can sign it: no role helps.
    Signer,
}

/// Who may call a route. A new one fails here until it is said.
fn may(route: &str) -> May {
    let below = route.strip_prefix("/v1/portals/{portal}").or(route.strip_prefix("/{portal}")).unwrap_or(route);
    match below {
        ""
        | "/"
        | "/search"
        | "/suggest"
        | "/articles/{slug}"
        | "/articles/{slug}/vote"
        | "/assets/{path}"
        | "/help"
        | "/form"
        | "/events"
        | "/ticket"
        | "/tickets"
        | "/tickets/{id}"
        | "/session"
        | "/session/end"
        | "/theme.css"
        | "/{*rest}"
        | "/static/{file}"
        | "/static/{version}/{file}"
        | "/livez"
        | "/readyz" => May::Everybody,
        "/reports/deflection"
        | "/reports/trend"
        | "/reports/searches"
        | "/reports/topics"
        | "/reports/articles"
        | "/reports/changes"
        | "/reports/episodes"
        | "/reports/episodes/{id}" => May::Roles(&[ANALYST]),
        "/dashboard" | "/dashboard/episodes" | "/dashboard/episodes/{id}" => May::Roles(&[ANALYST]),
        "/admin/explain" => May::Roles(&[EDITOR, OPERATOR]),
        "/admin/audit" | "/admin/erase" | "/admin/export" | "/admin/sources" => May::Roles(&[OPERATOR]),
        "/admin/tickets" | "/admin/tickets/{id}" | "/requests" | "/requests/{id}" => May::Roles(&[AGENT]),
        "/webhooks/{provider}" => May::Signer,
        _ => panic!("say who may call {route}"),
    }
}

/// Every route, as `get` or `post`: those of the OpenAPI document, and those of the pages, which are in no document.
async fn routes(site: &Site) -> Vec<(&'static str, String)> {
    let document = site.get("/openapi.json").await.json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let methods = ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| !item[method].is_null());
        routes.extend(methods.map(|method| (method, path.clone())));
    }
    let written = include_str!("../pages/mod.rs").lines().filter_map(|line| line.trim().strip_prefix(".route(\""));
    for (path, answered_by) in written.filter_map(|line| line.split_once('"')) {
        let methods = ["get", "post"].into_iter().filter(|method| answered_by.contains(&format!("{method}(")));
        routes.extend(methods.map(|method| (method, path.to_owned())));
    }
    routes
}

/// Calls of every route, each with what makes it answer.
async fn calls(site: &Site) -> Vec<Asked> {
    let episodes = site.get_as(ANALYST, &format!("{PORTAL}/reports/episodes?{RANGE}")).await.json();
    let episode = episodes["rows"][0]["id"].as_str().unwrap().to_owned();
    let tickets = site.get_as(AGENT, &format!("{PORTAL}/admin/tickets")).await.json();
    let ticket = tickets["tickets"][0]["id"].as_str().unwrap().to_owned();
    let mut calls = Vec::new();
    for (method, route) in routes(site).await {
        let id = match &route {
            route if route.contains("/episodes/") => &episode,
            route if route.contains("/admin/tickets/") || route.contains("/requests/") => &ticket,
            _ => "none",
        };
        let address = [("{portal}", "acme"), ("{id}", id), ("{slug}", "pay-an-invoice"), ("{provider}", "generic")]
            .iter()
            .fold(route.clone(), |address, (name, value)| address.replace(name, value));
        let call = |address: String, body: Option<Value>| Asked { method, address, body, may: may(&route) };
        if method == "post" {
            let outage = json!({"source": "backfill", "from": T0 - 2, "to": T0 - 1});
            let body = match &route {
                route if route.ends_with("/sources") => outage,
                route if route.ends_with("/{id}") => json!({"stage": "working"}),
                _ => json!({"visitor": "nobody"}),
            };
            calls.push(call(address, Some(body)));
            continue;
        }
        for query in [
            RANGE,
            &format!("{RANGE}&view=raw"),
            &format!("{RANGE}&format=csv&view=raw"),
            &format!("{RANGE}&format=csv"),
            &format!("{RANGE}&since=2027-01-02"),
            "q=invoice&slug=pay-an-invoice",
            "",
        ] {
            let query = if query.is_empty() { String::new() } else { format!("?{query}") };
            calls.push(call(format!("{address}{query}"), None));
        }
    }
    calls
}

async fn call(site: &Site, roles: &[&str], Asked { method, address, body, .. }: &Asked) -> Answer {
    let request = if *method == "post" { Request::post(address) } else { Request::get(address) };
    let request = match roles {
        [] => request,
        roles => request.header("authorization", format!("Bearer {}", site.token_of(roles))),
    };
    let (kind, body) = match body {
        Some(body) if address.starts_with("/acme/requests/") => {
            ("application/x-www-form-urlencoded", format!("stage={}", body["stage"].as_str().unwrap()))
        }
        body => ("application/json", body.as_ref().map(Value::to_string).unwrap_or_default()),
    };
    site.send(request.header("content-type", kind), Body::from(body)).await
}

/// A call for operators about one person.
fn of_person(what: &str, body: Value) -> Asked {
    let may = May::Roles(&[OPERATOR]);
    Asked { method: "post", address: format!("{PORTAL}/admin/{what}"), body: Some(body), may }
}

#[tokio::test]
async fn every_call_of_reports_and_administration_is_nothing_to_those_without_its_role() {
    let site = confided().await;
    let absent = site.get(&format!("{PORTAL}/articles/none")).await;
    let calls = calls(&site).await;
    let mut answered = BTreeSet::new();
    for asked in &calls {
        let route = (asked.method, asked.address.split('?').next().unwrap().to_owned());
        let told = format!("{} {}", asked.method, asked.address);
        for roles in [&[][..], &["admin"], &[AGENT], &[ANALYST], &[ANALYST_RAW], &[EDITOR], &[OPERATOR]] {
            let answer = call(&site, roles, asked).await;
            match asked.may {
                May::Roles(named) if roles.iter().any(|role| named.contains(role)) => {
                    assert_ne!(answer.status, 404, "{roles:?} {told}");
                    if answer.status == 200 || answer.status == 303 {
                        answered.insert(route.clone());
                    }
                }
                May::Roles(_) => {
                    assert_eq!(answer.status, 404, "{roles:?} {told}: {}", answer.text());
                    let page = asked.address.starts_with("/acme/");
                    assert!(page || answer.body == absent.body, "{roles:?} {told}");
                }
                May::Signer => assert_eq!(answer.status, 401, "{roles:?} {told}"),
                May::Everybody => {
                    let text = answer.text();
                    assert!(!TYPED.iter().any(|typed| text.contains(typed)), "{roles:?} {told}: {text}");
                }
            }
        }
    }
    // Without this the above could hold of calls that nobody can make.
    for asked in calls.iter().filter(|asked| matches!(asked.may, May::Roles(_))) {
        let route = (asked.method, asked.address.split('?').next().unwrap().to_owned());
        assert!(answered.contains(&route), "{route:?} is answered to somebody");
    }
    assert!(answered.len() >= 21, "{answered:?}");
}

#[tokio::test]
async fn what_a_single_person_typed_is_read_by_those_who_may_and_each_time_leaves_a_row() {
    let site = confided().await;
    let exports = [json!({"visitor": "b1"}), json!({"email": "ana@example.org"})].map(|body| of_person("export", body));
    let mut read = 0;
    for asked in calls(&site).await.iter().chain(&exports) {
        for roles in [
            &[ANALYST][..],
            &[ANALYST, EDITOR],
            &[ANALYST, ANALYST_RAW],
            &[AGENT],
            &[OPERATOR],
            &[ANALYST, ANALYST_RAW, EDITOR, OPERATOR],
        ] {
            let before = site.app.store.readings("acme").await.unwrap().len();
            let answer = call(&site, roles, asked).await.text();
            let after = site.app.store.readings("acme").await.unwrap().len();
            if TYPED.iter().any(|typed| answer.contains(typed)) {
                let told = format!("{roles:?} {} {}", asked.method, asked.address);
                let of_person = asked.address.contains("/admin/") || asked.address.contains("/requests");
                assert!(roles.contains(&ANALYST_RAW) || of_person, "{told}");
                assert_eq!(after, before + 1, "{told}");
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
            let refused = call(&site, &[OPERATOR], &of_person(path, body.clone())).await;
            assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (400, Some("subject")), "{body}");
        }
    }
    let body = json!({"subject": "a", "everything": true});
    let refused = call(&site, &[OPERATOR], &of_person("erase", body)).await;
    assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (400, Some("everything")));
    assert_eq!(site.app.store.readings("acme").await.unwrap(), []);
}

#[tokio::test]
async fn a_person_is_exported_then_erased_then_gone_and_the_audit_pages_through_it() {
    let site = confided().await;
    let ask = async |path: &str, body: Value| {
        let answer = call(&site, &[OPERATOR], &of_person(path, body)).await;
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
