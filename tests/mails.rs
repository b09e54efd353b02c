//! Mails of the real server: one for a ticket, although the relay put it off and the server was killed, and one for its next stage.

use crate::contents::shop;
use crate::service::{Service, signpost};
use crate::smtp::{CERTIFICATE, converse, converse_in_private};
use crate::tickets::take;
use serde_json::json;
use std::net::TcpListener;

#[test]
fn a_ticket_is_told_of_once_although_the_relay_put_it_off_and_the_server_was_killed() {
    let (content, data, logs) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let [relay, desk] = [(), ()].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let secret = data.path().join("secret");
    std::fs::write(&secret, "a secret of enough characters\n").unwrap();
    let smtp = format!("smtp://{}", relay.local_addr().unwrap());
    let told = ["--mail-from", "shop=help@example.com", "--public-url", "https://help.example.com"];
    let mails = [&["--smtp", &smtp][..], &told].concat();
    let log = logs.path().join("log");
    let service = Service::start_talkative(content.path(), data.path(), &mails, &log).settled();
    let ticket = json!({"subject": "Card lost", "body": "Since Monday.", "email": "ana@example.org", "visitor": "b1"});
    let made = service.post("/v1/portals/shop/tickets", &ticket, None).json();
    let first = converse(&relay, &[("RCPT", "451 4.7.1 Later, ana@example.org")]);
    assert_eq!((first.said("RCPT"), first.mail.is_none()), (Some("TO:<ana@example.org>"), true));
    let logged = || String::from_utf8_lossy(&std::fs::read(&log).unwrap()).into_owned();
    service.wait("the mail to be put off", |_| logged().contains("it will be tried again"));
    assert!(logged().contains("put it off with 451") && !logged().contains("ana@example.org"));
    service.kill();
    drop(service);

    // Now the relay is spoken to in private, and tickets are handed over: the next stage comes as soon as the help desk has one.
    let [password, authority] = [("password", "hunter2\n"), ("ca.pem", CERTIFICATE)].map(|(name, text)| {
        let path = data.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    });
    let (smtp, password) = (format!("smtps://bo@{}", relay.local_addr().unwrap()), format!("file:{password}"));
    let private = ["--smtp", &smtp, "--smtp-password", &password, "--smtp-ca", &authority];
    let answers = [("EHLO", "250-relay.test\r\n250 AUTH PLAIN LOGIN")];
    let forward = format!("generic/shop=file:{}@http://{}/tickets", secret.display(), desk.local_addr().unwrap());
    let options = [&private[..], &told, &["--forward", &forward]].concat();
    let service = Service::start(content.path(), data.path(), &options).settled();
    let again = converse_in_private(&relay, &answers);
    assert_eq!(again.said("AUTH PLAIN"), Some("AGJvAGh1bnRlcjI="));
    let id = made["id"].as_str().unwrap();
    let text = again.text();
    assert!(text.starts_with(&format!("This is about your request {id} to ")), "{text}");
    assert!(!text.contains("Card") && !text.contains("Monday"), "{text}");
    let page = text.lines().find_map(|line| line.strip_prefix("https://help.example.com")).unwrap();
    let shown = service.get(page, None);
    assert_eq!(shown.status, 200);
    assert!(!String::from_utf8_lossy(&shown.body).contains("Card lost"));

    let next = json!({"subject": "Card found", "body": "Thanks.", "email": "ana@example.org", "visitor": "b1"});
    service.post("/v1/portals/shop/tickets", &next, None);
    take(&desk, "201 Created", "{\"id\": 78}");
    // What it has reached until the relay has time: one mail or two, the last of which tells of the help desk.
    let told = std::iter::repeat_with(|| converse_in_private(&relay, &answers).text());
    assert!(told.take(2).any(|text| text.contains("Handed over to our support team")));
    let operator = service.token("shop", &["signpost:operator"], &[]);
    let waiting =
        |service: &Service| service.get("/v1/portals/shop/admin/sources", Some(&operator)).json()["mails_waiting"] == 0;
    service.wait("all mails to be sent", waiting);
}

#[test]
fn a_server_that_cannot_say_where_pages_are_sends_no_mails() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folders = ["--content", content.path().to_str().unwrap(), "--data", data.path().to_str().unwrap()];
    let mails = ["--smtp", "smtp://127.0.0.1:1", "--mail-from", "shop=help@example.com"];
    let (code, _, said) = signpost(&[&["serve"], &folders[..], &mails].concat());
    assert_eq!(code, 2);
    assert!(said.contains("--public-url https://help.example.com"), "{said}");
}
