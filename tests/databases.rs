//! `signpost serve --database postgres://…`: servers share it, it may go away and come back, and its password is never shown.

use crate::contents::shop;
use crate::postgres::{self, Server};
use crate::service::Service;
use serde_json::{Value, json};
use std::process::Command;

fn event(id: &str) -> Value {
    let now = jiff::Timestamp::now().to_string();
    let clicked = json!({"id": id, "type": "click", "at": now, "slug": "a0001", "surface": "api"});
    json!({"sent_at": now, "visitor": "v1", "events": [clicked]})
}

const EVENTS: &str = "/v1/portals/shop/events";

#[test]
fn two_servers_on_one_database_count_as_one() {
    let (content, data, other) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let url = postgres::database();
    let one = Service::start(content.path(), data.path(), &["--database", &url]).settled();
    // One folder of keys for both; the dev key too, so that a token of the one is good for the other.
    std::os::unix::fs::symlink(data.path().join("keys"), other.path().join("keys")).unwrap();
    let two = Service::start(content.path(), other.path(), &["--database", &url]).settled();
    assert_eq!(one.post(EVENTS, &event("e1"), None).json()["accepted"], 1);
    let sent = event("e2");
    assert_eq!(two.post(EVENTS, &sent, None).json()["accepted"], 1);
    assert_eq!(one.post(EVENTS, &sent, None).json()["duplicate"], 1);
    let report = |service: &Service| {
        let token = service.token("shop", &["signpost:analyst"], &[]);
        service.get("/v1/portals/shop/reports/deflection", Some(&token)).json()
    };
    assert_eq!(report(&one)["visits"], 1, "both events are of one visitor");
    assert_eq!(report(&one)["visits"], report(&two)["visits"]);
}

#[test]
fn while_the_database_is_away_search_answers_and_events_are_refused() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let server = Server::start();
    let service = Service::start(content.path(), data.path(), &["--database", &server.database()]).settled();
    assert_eq!(service.post(EVENTS, &event("before"), None).status, 202);
    server.stop();
    let refused = service.post(EVENTS, &event("meanwhile"), None);
    assert_eq!((refused.status, &refused.json()["type"]), (503, &json!("urn:signpost:problem:store-away")));
    assert!(refused.headers.iter().any(|(name, _)| name == "retry-after"));
    assert_eq!(service.get("/v1/portals/shop/search?q=invoice", None).status, 200);
    server.start_again();
    assert_eq!(service.post(EVENTS, &event("after"), None).status, 202);
    assert_eq!(service.post(EVENTS, &event("meanwhile"), None).json()["accepted"], 1, "it was not stored");
}

#[test]
fn the_password_is_shown_by_no_complaint_and_no_help() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("signpost.toml");
    std::fs::write(&file, "database = \"postgres://ana:hunter2@127.0.0.1:1/acme\"\n").unwrap();
    let run = |url: &str, arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_signpost"))
            .args(arguments)
            .arg("--data")
            .arg(data.path())
            .env("SIGNPOST_DATABASE", url)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(!said.contains("hunter2"), "{said}");
        said
    };
    let away = "postgres://ana:hunter2@127.0.0.1:1/acme";
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["report", "--portal", "shop"]] {
        let said = run(away, command);
        assert!(said.contains("postgres://ana@127.0.0.1:1/acme"), "{said}");
        assert!(run("hunter2://", command).contains("expected an address such as postgres://"));
        let with_file = [command, &["--config", file.to_str().unwrap(), "--help"]].concat();
        assert!(run(away, &with_file).contains("--database"));
    }
}
