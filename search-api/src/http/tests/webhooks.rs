//! What help desks send, as they meet the service: signed or refused, counted once, and what an operator sees of it.

use super::*;
use crate::config::{Provider, Secret, Webhook};
use crate::http::webhooks::signature::sign;
use crate::identity::OPERATOR;
use serde_json::json;

const SECRET: &str = "a secret of enough characters";
const NOW_MS: i64 = NOW * 1000;

async fn listening() -> Site {
    let mut site = site(&[]).await;
    let webhook = |provider| Webhook { provider, portal: "acme".into(), secret: Secret::new(SECRET).unwrap() };
    let app = Arc::get_mut(&mut site.app).unwrap();
    app.webhooks = Provider::ALL.map(webhook).into();
    site
}

impl Site {
    async fn webhook(&self, body: &str, signed_at: i64) -> Answer {
        let signature = sign(&Secret::new(SECRET).unwrap(), signed_at, body.as_bytes()).unwrap();
        self.send(Request::post("/webhooks/generic").header("signpost-signature", signature), body.to_owned()).await
    }

    async fn sources(&self) -> Value {
        let answer = self.get_as(OPERATOR, "/v1/portals/acme/admin/sources").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        answer.json()
    }

    fn source<'a>(&self, sources: &'a Value, name: &str) -> &'a Value {
        sources["sources"].as_array().unwrap().iter().find(|source| source["name"] == name).unwrap()
    }
}

#[tokio::test]
async fn a_signed_ticket_counts_once_however_often_it_is_delivered() {
    let site = listening().await;
    let ticket = json!({"id": 7, "subject": "Card lost, mail ana@example.org", "requester_email": "ana@example.org"});
    let first = site.webhook(&ticket.to_string(), NOW_MS).await;
    assert_eq!((first.status, first.json()["made"].clone()), (StatusCode::OK, json!(1)), "{}", first.text());
    for signed_at in [NOW_MS, NOW_MS - 60_000] {
        let again = site.webhook(&ticket.to_string(), signed_at).await;
        assert_eq!((again.json()["made"].clone(), again.json()["repeated"].clone()), (json!(0), json!(1)));
    }
    let log = site.app.store.log("acme", 0, NOW_MS).await.unwrap();
    assert_eq!(log.tickets.len(), 1);
    assert_eq!((log.tickets[0].id.as_str(), log.tickets[0].source.as_str()), ("generic:7", "generic"));
    assert!(log.tickets[0].subject.as_deref().is_some_and(|subject| !subject.contains("ana@")), "{:?}", log.tickets);
    assert!(log.tickets[0].email.is_some());
}

#[tokio::test]
async fn who_cannot_sign_is_told_the_same_whoever_is_expected() {
    let (listening, silent) = (listening().await, site(&[]).await);
    let mut said = Vec::new();
    for site in [&listening, &silent] {
        for provider in ["zendesk", "freshdesk", "hubspot", "generic"] {
            for header in ["x-signpost-secret", "signpost-signature", "x-zendesk-webhook-signature"] {
                let path = format!("/webhooks/{provider}");
                let answer = site.send(Request::post(path).header(header, "t=1,v1=00"), "{\"id\": 1}").await;
                assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
                said.push(answer.text());
            }
        }
        assert_eq!(site.send(Request::post("/webhooks/jira"), "{}").await.status, StatusCode::NOT_FOUND);
    }
    assert!(said.iter().all(|text| *text == said[0]), "{said:?}");
    let late = listening.webhook("{\"id\": 1}", NOW_MS - 301_000).await;
    assert_eq!((late.status, late.text()), (StatusCode::UNAUTHORIZED, said[0].clone()), "a replay");
    assert!(listening.app.store.log("acme", 0, NOW_MS).await.unwrap().tickets.is_empty());
}

#[tokio::test]
async fn hubspot_signs_the_address_that_it_knows() {
    let site = listening().await;
    let body = include_str!("../webhooks/fixtures/hubspot_events.json");
    let tag = |address: &str| {
        use base64::Engine;
        use hmac::{KeyInit, Mac};
        let mut mac = hmac::Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
        mac.update(format!("POST{address}{body}{NOW_MS}").as_bytes());
        base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes())
    };
    let call = |tag: String| {
        let request = Request::post("/webhooks/hubspot").header("host", "help.example.com");
        request.header("x-hubspot-signature-v3", tag).header("x-hubspot-request-timestamp", NOW_MS.to_string())
    };
    let elsewhere = site.send(call(tag("https://other.example.com/webhooks/hubspot")), body).await;
    assert_eq!(elsewhere.status, StatusCode::UNAUTHORIZED);
    let taken = site.send(call(tag("https://help.example.com/webhooks/hubspot")), body).await;
    let receipt = taken.json();
    assert_eq!((receipt["made"].clone(), receipt["passed"].clone()), (json!(1), json!(4)), "{receipt}");
    assert_eq!(receipt["rejected"][0]["index"], 5);
}

#[tokio::test]
async fn what_is_spam_after_all_counts_no_more_and_never_again() {
    let site = listening().await;
    let post = async |body: Value| site.webhook(&body.to_string(), NOW_MS).await.json();
    assert_eq!(post(json!({"id": 1})).await["made"], 1);
    assert_eq!(post(json!({"id": 1, "event": "spam"})).await["passed"], 1);
    assert_eq!(post(json!({"id": 1})).await["repeated"], 1);
    assert_eq!(post(json!({"id": 2, "event": "merged"})).await["passed"], 1);
    assert_eq!(post(json!({"id": 2})).await["repeated"], 1, "it was withdrawn before it was made");
    assert!(site.app.store.log("acme", 0, NOW_MS).await.unwrap().tickets.is_empty());
    let sources = site.sources().await;
    assert_eq!(site.source(&sources, "generic")["counts"], json!({"made": 1, "spam": 1, "merged": 1}));
}

#[tokio::test]
async fn a_heartbeat_extends_what_a_source_covers_and_an_outage_is_noted_by_an_operator() {
    let site = listening().await;
    assert_eq!(site.webhook("", NOW_MS - 240_000).await.status, StatusCode::OK);
    assert_eq!(site.webhook("{\"event\": \"ping\"}", NOW_MS + 60_000).await.status, StatusCode::OK);
    let sources = site.sources().await;
    let generic = site.source(&sources, "generic");
    assert_eq!(
        (generic["first"].clone(), generic["last"].clone()),
        (json!("2027-01-15T07:56:00Z"), json!("2027-01-15T08:00:00Z"))
    );
    let (path, operator) = ("/v1/portals/acme/admin/sources", site.token(OPERATOR));
    let note = async |body: Value| {
        let request = Request::post(path).header("content-type", "application/json");
        site.send(request.header("authorization", format!("Bearer {operator}")), body.to_string()).await
    };
    let noted = note(json!({"source": "generic", "from": "2027-01-15T07:57:00Z", "to": "2027-01-15T07:58:00Z"})).await;
    let outages = &site.source(&noted.json(), "generic")["outages"].clone();
    assert_eq!(outages, &json!([{"from": "2027-01-15T07:57:00Z", "to": "2027-01-15T07:58:00Z"}]));
    assert_eq!(site.app.store.log("acme", 0, NOW_MS).await.unwrap().outages.len(), 1);
    for wrong in
        [json!({"source": "jira", "from": 1, "to": 2}), json!({"source": "generic", "from": NOW_MS, "to": NOW_MS - 1})]
    {
        assert_eq!(note(wrong).await.status, StatusCode::BAD_REQUEST);
    }
    for role in ["admin", crate::identity::ANALYST] {
        assert_eq!(site.get_as(role, path).await.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_call_may_be_longer_than_others_and_no_longer_than_a_ticket() {
    let site = listening().await;
    let body = |length: usize| json!({"id": 1, "description": "x".repeat(length)}).to_string();
    assert_eq!(site.webhook(&body(200 * 1024), NOW_MS).await.status, StatusCode::OK);
    let answer = site.webhook(&body(1024 * 1024), NOW_MS).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(answer.text().contains("1048576"), "{}", answer.text());
}
