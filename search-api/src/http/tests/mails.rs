//! What whoever wrote a ticket is told by e-mail, and what a relay's answers come to.

use super::smtp::{CERTIFICATE, Heard, converse, converse_in_private};
use super::{Site, site};
use crate::config::{Config, Mailing, Security, mailing};
use crate::http::mail::mail_due;
use crate::store::Way;
use axum::body::Body;
use axum::extract::Request;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::Certificate;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;

/// A site that mails to a relay, and what the relay listens to.
async fn mailing_site() -> (Site, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let relay = format!("smtp://{}", listener.local_addr().unwrap());
    let options =
        ["--smtp", &relay, "--mail-from", "acme=help@example.com", "--public-url", "https://help.example.com"];
    (site(&options).await, listener)
}

async fn ticket(site: &Site, more: Value) -> Value {
    let mut ticket =
        json!({"subject": "Cheap pills", "body": "Buy at evil.example", "email": "ana@example.org", "visitor": "b1"});
    ticket.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = site.post("/v1/portals/acme/tickets", &ticket.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    made.json()
}

fn sent_as(site: &Site) -> Option<Arc<Mailing>> {
    let config: &Config = &site.app.config;
    mailing(config).unwrap().map(Arc::new)
}

/// Sends what is due to a relay that answers so.
async fn tell(
    site: &Site,
    listener: TcpListener,
    answers: &'static [(&'static str, &'static str)],
) -> (Heard, TcpListener) {
    tell_as(site, sent_as(site), listener, answers).await
}

async fn tell_as(
    site: &Site,
    mailing: Option<Arc<Mailing>>,
    listener: TcpListener,
    answers: &'static [(&'static str, &'static str)],
) -> (Heard, TcpListener) {
    let relay = tokio::task::spawn_blocking(move || (converse(&listener, answers), listener));
    mail_due(&site.app, mailing.as_ref()).await.unwrap();
    relay.await.unwrap()
}

async fn waiting(site: &Site) -> u64 {
    site.app.store.on_their_way("acme", Way::Mail).await.unwrap().waiting
}

#[tokio::test]
async fn a_mail_leads_to_the_page_and_says_nothing_that_was_typed() {
    let (site, listener) = mailing_site().await;
    let made = ticket(&site, json!({})).await;
    let id = made["id"].as_str().unwrap();
    let (heard, listener) = tell(&site, listener, &[]).await;
    assert_eq!(heard.said("EHLO"), Some("help.example.com"));
    assert_eq!(
        (heard.said("MAIL"), heard.said("RCPT")),
        (Some("FROM:<help@example.com>"), Some("TO:<ana@example.org>"))
    );
    let (mail, text) = (heard.mail.as_deref().unwrap(), heard.text());
    assert!(
        mail.contains("From: Acme <help@example.com>\r\n") && mail.contains(&format!("Subject: Your request {id}:")),
        "{mail}"
    );
    for word in ["pills", "evil", "ana@"] {
        assert!(!text.contains(word), "{word}: {text}");
    }
    let page = text.lines().find(|line| line.starts_with("https://")).unwrap();
    let page = page.strip_prefix("https://help.example.com").unwrap();
    let shown = site.get(page).await;
    assert_eq!(shown.status, 200, "{page}");
    assert!(shown.text().contains("Received") && !shown.text().contains("pills"), "nor does its page");
    let (_, secret) = page.split_once("?secret=").unwrap();
    assert_ne!(made["secret"], secret);
    let status = site.get(&format!("/v1/portals/acme/tickets/{id}?secret={secret}")).await.json();
    assert_eq!((&status["stage"], &status["subject"]), (&json!("received"), &json!("")));
    assert_eq!(site.get(&format!("/v1/portals/acme/tickets/{id}?secret={secret}x")).await.status, 404);
    // The next stage is told once it is reached, and each once.
    assert_eq!(waiting(&site).await, 0);
    let moved =
        Request::post(format!("/v1/portals/acme/admin/tickets/{id}")).header("content-type", "application/json");
    let moved = moved.header("authorization", format!("Bearer {}", site.token("agent")));
    assert_eq!(site.send(moved, r#"{"stage": "waiting"}"#).await.status, 200);
    let (heard, _) = tell(&site, listener, &[]).await;
    assert!(heard.text().contains("Who acts next: You\n"), "{}", heard.text());
    assert_eq!(waiting(&site).await, 0);
}

#[tokio::test]
async fn without_an_address_or_without_mails_nobody_is_told() {
    let (site, _listener) = mailing_site().await;
    ticket(&site, json!({"email": null})).await;
    assert_eq!(waiting(&site).await, 0);
    let site = super::site(&[]).await;
    ticket(&site, json!({})).await;
    assert_eq!(waiting(&site).await, 0);
}

#[tokio::test]
async fn a_server_that_sends_no_mails_leaves_them_to_one_that_does() {
    let (site, _listener) = mailing_site().await;
    ticket(&site, json!({})).await;
    mail_due(&site.app, None).await.unwrap();
    assert_eq!(waiting(&site).await, 1);
}

#[tokio::test]
async fn a_mail_is_written_in_the_language_of_the_form() {
    let (site, listener) = mailing_site().await;
    ticket(&site, json!({"lang": "es"})).await;
    let (heard, listener) = tell(&site, listener, &[]).await;
    assert!(heard.text().starts_with("Se trata de su solicitud"), "{}", heard.text());
    assert!(heard.mail.unwrap().contains("Content-Language: es\r\n"));
    let refused = json!({"subject": "a", "body": "b", "lang": "not a tag"});
    assert_eq!(site.post("/v1/portals/acme/tickets", &refused.to_string()).await.status, 400);
    let written = "subject=a&body=b&email=bo%40example.org";
    let form = Request::post("/acme/ticket?lang=en").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(site.send(form, Body::from(written)).await.status, 303);
    let (heard, _) = tell(&site, listener, &[]).await;
    assert_eq!((heard.said("RCPT"), heard.text().starts_with("This is about")), (Some("TO:<bo@example.org>"), true));
}

#[tokio::test]
async fn a_mail_that_is_put_off_waits_and_one_that_is_refused_does_not() {
    for (answers, left) in [
        (&[("RCPT", "451 4.7.1 Greylisted, ana@example.org")][..], 1),
        (&[("DATA", "421 4.3.2 Shutting down")], 1),
        (&[(".", "452 4.3.1 Full")], 1),
        (&[("connect", "554 5.3.2 No service")], 1),
        (&[("MAIL", "553 5.7.1 Sender unknown")], 1),
        (&[("EHLO", "gibberish")], 1),
        (&[("RCPT", "550 5.1.1 <ana@example.org>: no such user")], 0),
        (&[(".", "554 5.7.1 Spam")], 0),
        (&[("QUIT", "500 what?")], 0),
    ] {
        let (site, listener) = mailing_site().await;
        ticket(&site, json!({})).await;
        tell(&site, listener, answers).await;
        assert_eq!(waiting(&site).await, left, "{answers:?}");
    }
    let (site, listener) = mailing_site().await;
    ticket(&site, json!({})).await;
    drop(listener);
    mail_due(&site.app, sent_as(&site).as_ref()).await.unwrap();
    assert_eq!(waiting(&site).await, 1, "nobody listens");
}

#[tokio::test]
async fn a_relay_that_cannot_be_spoken_to_in_private_is_told_nothing() {
    for (security, answers) in [(Security::StartTls, &[][..]), (Security::StartTls, &[("EHLO", "250 STARTTLS")])] {
        let (site, listener) = mailing_site().await;
        ticket(&site, json!({})).await;
        let mut mailing = Mailing::clone(&sent_as(&site).unwrap());
        mailing.relay.security = security;
        let (heard, _) = tell_as(&site, Some(Arc::new(mailing)), listener, answers).await;
        assert!(heard.said("MAIL").is_none() && heard.mail.is_none(), "{:?}", heard.commands);
        assert_eq!(waiting(&site).await, 1);
    }
}

#[tokio::test]
async fn a_relay_is_logged_in_to_behind_tls_that_the_operator_trusts() {
    let greeting = &[("EHLO", "250-relay.test\r\n250-STARTTLS\r\n250 AUTH PLAIN"), ("AUTH", "235 welcome")];
    for security in [Security::StartTls, Security::Tls] {
        let (site, listener) = mailing_site().await;
        ticket(&site, json!({})).await;
        let credentials = Some(Credentials::new("bo".into(), "hunter2".into()));
        let mut mailing = Mailing { credentials, ..Mailing::clone(&sent_as(&site).unwrap()) };
        mailing.relay.security = security;
        let talk = move |listener: &TcpListener| match security {
            Security::Tls => converse_in_private(listener, greeting),
            _ => converse(listener, greeting),
        };
        // Whoever cannot show that it is the relay hears neither password nor mail.
        let stranger = tokio::task::spawn_blocking(move || (talk(&listener), listener));
        mail_due(&site.app, Some(&Arc::new(mailing.clone()))).await.unwrap();
        let (heard, listener) = stranger.await.unwrap();
        assert!(heard.said("AUTH").is_none() && heard.mail.is_none(), "{:?}", heard.commands);
        assert_eq!(waiting(&site).await, 1);

        mailing.authority = Some(Certificate::from_pem(CERTIFICATE.as_bytes()).unwrap());
        ticket(&site, json!({"email": "bo@example.org"})).await;
        let relay = tokio::task::spawn_blocking(move || talk(&listener));
        mail_due(&site.app, Some(&Arc::new(mailing))).await.unwrap();
        let heard = relay.await.unwrap();
        assert_eq!(heard.said("AUTH PLAIN"), Some("AGJvAGh1bnRlcjI="), "{:?}", heard.commands);
        assert_eq!((heard.said("RCPT"), waiting(&site).await), (Some("TO:<bo@example.org>"), 1));
    }
}

#[tokio::test]
async fn letters_beyond_ascii_in_an_address_need_a_relay_that_knows_them() {
    let (site, listener) = mailing_site().await;
    ticket(&site, json!({"email": "jörg@example.org"})).await;
    let (heard, listener) = tell(&site, listener, &[("EHLO", "250-relay.test\r\n250-8BITMIME\r\n250 SMTPUTF8")]).await;
    assert_eq!(heard.said("RCPT"), Some("TO:<jörg@example.org>"));
    assert!(heard.said("MAIL").unwrap().contains("SMTPUTF8"), "{:?}", heard.commands);
    ticket(&site, json!({"email": "jürg@example.org"})).await;
    let (heard, _) = tell(&site, listener, &[]).await;
    assert_eq!((heard.said("MAIL"), waiting(&site).await), (None, 0));
}

#[tokio::test]
async fn no_address_that_the_form_takes_says_more_to_the_relay() {
    let (site, listener) = mailing_site().await;
    for email in ["ana@example.org\r\nBcc: bo@example.org", "ana@example.org>\nDATA", "a b@example.org", "a@b.c,d@e.f"]
    {
        let sent = json!({"subject": "a", "body": "b", "email": email});
        assert_eq!(site.post("/v1/portals/acme/tickets", &sent.to_string()).await.status, 400, "{email}");
    }
    // What the form takes and the library does not is told nobody.
    for email in ["ana<bo>@example.org", "ana@exa>mple.org"] {
        ticket(&site, json!({"email": email})).await;
    }
    listener.set_nonblocking(true).unwrap();
    mail_due(&site.app, sent_as(&site).as_ref()).await.unwrap();
    assert_eq!(waiting(&site).await, 0);
    assert!(listener.accept().is_err(), "nobody called");
}
