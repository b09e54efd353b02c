//! Staff read what the form brought and move it on; its writer sees how far it is, and nobody else sees anything.

use super::{Answer, NOW, Site, site};
use crate::identity::{Grant, OPERATOR};
use axum::body::Body;
use axum::extract::Request;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TICKETS: &str = "/v1/portals/acme/admin/tickets";
const FORM: &str = "application/x-www-form-urlencoded";

async fn sent(site: &Site, subject: &str, more: Value) -> Value {
    let mut ticket = json!({"subject": subject, "body": "It broke.\n<b>Twice</b>.", "visitor": "b1"});
    ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = site.post("/v1/portals/acme/tickets", &ticket.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

async fn move_to(site: &Site, role: &str, id: &str, body: &str) -> Answer {
    let request = Request::post(format!("{TICKETS}/{id}")).header("content-type", "application/json");
    let request = request.header("authorization", format!("Bearer {}", site.token(role)));
    site.send(request, body.to_owned()).await
}

/// A press of a button on a page, signed in by cookie.
async fn press(site: &Site, role: &str, id: &str, origin: &str) -> Answer {
    let request = Request::post(format!("/acme/requests/{id}")).header("content-type", FORM).header("origin", origin);
    let request =
        request.header("host", "help.example").header("cookie", format!("signpost_session={}", site.token(role)));
    site.send(request, "stage=solved").await
}

#[tokio::test]
async fn staff_read_a_ticket_and_move_it_and_its_writer_sees_how_far_it_is() {
    let site = site(&[]).await;
    assert_eq!(site.get_as("agent", TICKETS).await.json(), json!({"tickets": [], "next": null}));
    assert_eq!(site.app.store.readings("acme").await.unwrap().len(), 0, "nothing was read");
    let made = sent(&site, "Printer on fire", json!({"email": "ana@example.org"})).await;
    let (id, secret) = (made["id"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let since = &made["since"];
    let listed = site.get_as("agent", TICKETS).await;
    assert_eq!(listed.header("cache-control"), "private, no-store");
    let row = json!({"id": id, "subject": "Printer on fire", "stage": "received", "since": since, "has_email": true});
    assert_eq!(listed.json(), json!({"tickets": [row], "next": null}));
    let written = json!({
        "id": id, "subject": "Printer on fire", "body": "It broke.\n<b>Twice</b>.", "email": "ana@example.org", "fields": {},
        "stage": "received", "since": since, "stages": [{"stage": "received", "since": since}],
    });
    assert_eq!(site.get_as("agent", &format!("{TICKETS}/{id}")).await.json(), written);
    let status = format!("/v1/portals/acme/tickets/{id}?secret={secret}");
    for (stage, reached) in [("working", 2), ("working", 2), ("waiting", 3), ("solved", 4), ("working", 5)] {
        let moved = move_to(&site, "agent", id, &json!({ "stage": stage }).to_string()).await;
        assert_eq!(moved.status, 200, "{}", moved.text());
        let (moved, seen) = (moved.json(), site.get(&status).await.json());
        assert_eq!((&moved["stage"], moved["stages"].as_array().unwrap().len()), (&json!(stage), reached));
        assert_eq!((&moved["stage"], &moved["stages"]), (&seen["stage"], &seen["stages"]));
        assert!(!moved.to_string().contains("Printer"), "to move it is not to read it");
    }
    let readings = site.app.store.readings("acme").await.unwrap();
    let told: Vec<_> = readings.iter().map(|reading| (reading.what.as_str(), reading.rows)).collect();
    assert_eq!(told, [("tickets=all", 1), (&*format!("ticket={id}"), 1)]);
    assert!(readings.iter().all(|reading| reading.reader.is_some()));
    let audit = site.get_as(OPERATOR, "/v1/portals/acme/admin/audit").await.json();
    assert_eq!(audit["rows"][0]["what"], json!(format!("ticket={id}")));
}

#[tokio::test]
async fn a_stage_that_a_ticket_cannot_be_moved_into_is_refused_and_says_which_there_are() {
    let site = site(&[]).await;
    let made = sent(&site, "Printer", json!({})).await;
    let id = made["id"].as_str().unwrap();
    for stage in ["received", "handed_over", "Solved", "", "done"] {
        let refused = move_to(&site, "agent", id, &json!({ "stage": stage }).to_string()).await;
        let detail = "`stage` must be one of: working, waiting, solved.";
        assert_eq!((refused.status.as_u16(), &refused.json()["detail"]), (400, &json!(detail)), "{stage}");
        assert_eq!(refused.json()["field"], "stage");
    }
    for body in ["{}", "[]", "", r#"{"stage": "solved", "more": 1}"#, r#"{"stage": 7}"#] {
        assert_eq!(move_to(&site, "agent", id, body).await.status, 400, "{body}");
    }
    for id in ["none", "%00", "a%2Fb"] {
        assert_eq!(move_to(&site, "agent", id, r#"{"stage": "solved"}"#).await.status, 404, "{id}");
        assert_eq!(site.get_as("agent", &format!("{TICKETS}/{id}")).await.status, 404, "{id}");
    }
    for (query, field) in [
        ("stage=handed_over", "stage"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=x", "cursor"),
        ("cursor=open.1.%00", "cursor"),
        ("cursor=closed.1.a", "cursor"),
        ("state=open", "state"),
    ] {
        let refused = site.get_as("agent", &format!("{TICKETS}?{query}")).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["field"]), (400, &json!(field)), "{query}");
    }
    assert_eq!(site.get_as("agent", TICKETS).await.json()["tickets"][0]["stage"], "received");
}

#[tokio::test]
async fn the_list_pages_through_open_tickets_and_then_through_solved_ones() {
    let site = site(&[]).await;
    let mut made = Vec::new();
    for number in 0..7 {
        let ticket = sent(&site, &format!("Ticket {number}"), json!({})).await;
        made.push(ticket["id"].as_str().unwrap().to_owned());
    }
    for (id, stage) in made.iter().zip(["solved", "waiting", "solved", "working"]) {
        assert_eq!(move_to(&site, "agent", id, &json!({ "stage": stage }).to_string()).await.status, 200);
    }
    for (asked, expected) in [("", 7), ("stage=received&", 3), ("stage=solved&", 2), ("stage=waiting&", 1)] {
        for limit in [1, 2, 3, 5, 7] {
            let (mut rows, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = site.get_as("agent", &format!("{TICKETS}?{asked}limit={limit}{cursor}")).await.json();
                rows.extend(page["tickets"].as_array().unwrap().clone());
                match page["next"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let mut ids: Vec<_> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!((ids.len(), rows.len()), (expected, expected), "{asked} {limit}");
            assert!(rows.is_sorted_by_key(|row| row["stage"] == "solved"), "open ones first: {rows:?}");
        }
    }
}

#[tokio::test]
async fn staff_of_another_portal_and_operators_find_nothing() {
    let site = site(&[]).await;
    let made = sent(&site, "Printer", json!({})).await;
    let id = made["id"].as_str().unwrap();
    let absent = site.get("/v1/portals/acme/articles/none").await;
    for role in ["admin", OPERATOR] {
        for path in [TICKETS.to_owned(), format!("{TICKETS}/{id}"), format!("{TICKETS}?limit=x")] {
            let answer = site.get_as(role, &path).await;
            assert_eq!((answer.status.as_u16(), &answer.body), (404, &absent.body), "{role} {path}");
        }
        assert_eq!(move_to(&site, role, id, "not JSON").await.body, absent.body);
    }
    // A token of another portal is no token here, and here is not there.
    let grant = Grant {
        portal: "other".into(),
        subject: "eve".into(),
        roles: vec!["agent".to_owned()].into_iter().collect(),
        attributes: BTreeMap::new(),
        expires: NOW + 60,
    };
    let token = format!("Bearer {}", site.key.sign(&grant).unwrap());
    let ask = async |path: &str| {
        let request = Request::get(path).header("authorization", &token);
        site.send(request, Body::empty()).await.status.as_u16()
    };
    assert_eq!((ask(TICKETS).await, ask("/v1/portals/other/admin/tickets").await), (401, 404));
    assert_eq!(site.app.store.readings("acme").await.unwrap(), []);
}

#[tokio::test]
async fn the_pages_show_a_ticket_to_staff_and_its_buttons_move_it() {
    let site = site(&[]).await;
    let empty = site.get_as("agent", "/acme/requests").await;
    assert!(empty.status == 200 && empty.text().contains("No requests here"));
    let made = sent(&site, "Printer on fire", json!({"email": "a+b&c@example.org"})).await;
    let (id, status) = (made["id"].as_str().unwrap(), made["status_url"].as_str().unwrap());
    let list = site.get_as("agent", "/acme/requests").await.text();
    assert!(list.contains(&format!("href=\"/acme/requests/{id}\">Printer on fire</a>")), "{list}");
    assert!(list.contains("href=\"/acme/requests\">Requests</a>"), "the header leads here");
    assert!(!site.get_as("admin", "/acme/").await.text().contains("/acme/requests"), "for staff alone");
    let solved = site.get_as("agent", "/acme/requests?stage=solved&lang=en").await.text();
    assert!(!solved.contains(id) && solved.contains("Show all requests"), "{solved}");
    let shown = site.get_as("agent", &format!("/acme/requests/{id}")).await;
    assert_eq!(shown.header("cache-control"), "private, no-store");
    let shown = shown.text();
    assert!(shown.contains("It broke.\n&#60;b&#62;Twice&#60;/b&#62;."), "{shown}");
    assert!(shown.contains("mailto:a+b&#38;c@example.org?subject=Re%3A%20Printer%20on%20fire"), "{shown}");
    for stage in ["working", "waiting", "solved"] {
        assert!(shown.contains(&format!("name=\"stage\" value=\"{stage}\"")), "{stage}");
    }
    // From another site nothing is moved, and by others neither.
    assert_eq!(press(&site, "agent", id, "https://evil.example").await.status, 403);
    assert_eq!(press(&site, "admin", id, "http://help.example").await.status, 404);
    assert!(!site.get(status).await.text().contains("Solved</strong> <span class=\"hidden-text\">(now)"));
    let pressed = press(&site, "agent", id, "http://help.example").await;
    assert_eq!(
        (pressed.status.as_u16(), pressed.header("location")),
        (303, &*format!("/acme/requests/{id}?moved=yes"))
    );
    assert!(site.get(status).await.text().contains("Solved</strong> <span class=\"hidden-text\">(now)"));
    let moved = site.get_as("agent", pressed.header("location")).await.text();
    assert!(moved.contains("Noted. Stage: Solved") && !moved.contains("value=\"solved\""), "{moved}");
}
