//! Alerts of the real server: signed, tried again after a kill, the same each time.

use crate::contents::shop;
use crate::service::Service;
use crate::tickets::take;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use sha2::Sha256;
use std::net::TcpListener;

const SECRET: &str = "a secret of enough characters";
const DAY: i64 = 86_400_000;

/// A moment in the last whole week of which windows and late events have passed, at a server whose days are those of UTC.
fn last_week() -> i64 {
    let known = (Timestamp::now() - 48.hours()).to_zoned(jiff::tz::TimeZone::UTC).date();
    let back = i64::from(known.weekday().to_monday_zero_offset()) + 4;
    let then = known.saturating_sub(back.days()).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    then.timestamp().as_millisecond() + DAY / 2
}

fn asked(service: &Service, token: &str, at: i64, visitors: usize, ticketed: usize) {
    for visitor in 0..visitors {
        let id = format!("{at}-{visitor}");
        let mut events = vec![
            json!({"id": id, "type": "search", "at": at, "query": "quokka refund", "results": 1, "search_id": id}),
        ];
        if visitor < ticketed {
            let ticket =
                json!({"id": format!("t{id}"), "type": "ticket", "at": at + 60_000, "search_id": id, "ticket_id": id});
            events.push(ticket);
        }
        let now = Timestamp::now().as_millisecond();
        let batch = json!({"sent_at": now, "visitor": format!("b{visitor}"), "events": events,
            "covers": {"from": now - 60 * DAY, "to": now}});
        let receipt = service.post("/v1/portals/shop/events", &batch, Some(token)).json();
        assert_eq!(receipt["accepted"], events.len(), "{receipt}");
    }
}

#[test]
fn a_rise_is_told_to_a_webhook_signed_and_again_after_a_kill_until_it_is_taken() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let service = Service::start(content.path(), data.path(), &[]).settled();
    let token = service.token("shop", &["signpost:operator"], &[]);
    asked(&service, &token, last_week() - 14 * DAY, 12, 0);
    asked(&service, &token, last_week(), 12, 9);
    drop(service);

    let hook = TcpListener::bind("127.0.0.1:0").unwrap();
    let secret = data.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let alert = format!("shop=file:{}@http://{}/alerts", secret.display(), hook.local_addr().unwrap());
    let options = ["--alert", alert.as_str()];
    let service = Service::start(content.path(), data.path(), &options);
    let (_, first) = take(&hook, "503 Service Unavailable", "{}");
    service.kill();
    drop(service);
    let service = Service::start(content.path(), data.path(), &options);
    let (headers, second) = take(&hook, "200 OK", "{}");
    assert_eq!(first, second);
    let said: Value = serde_json::from_slice(&second).unwrap();
    assert_eq!((&said["label"], &said["week"]["ticketed"]), (&json!("quokka refund"), &json!(9)));
    let header =
        |name: &str| headers.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    assert_eq!(header("idempotency-key: "), said["id"].as_str().unwrap());
    // As the README says: HMAC-SHA256(secret, t + "." + body).
    let signature = header("signpost-signature: ");
    let (time, tag) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(&second);
    let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(tag, hex);
    service.wait("the alert to be done with", |service| {
        let figures = service.get_from(&service.admin, "/metrics", None);
        String::from_utf8_lossy(&figures.body).contains("signpost_alerts_sent_total 1")
    });
}
