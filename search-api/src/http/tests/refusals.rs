//! What is refused, how it is said, and what a refusal gives away.

use super::{Answer, site};
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode};

fn but_for_the_request_id(answer: &Answer) -> (StatusCode, HeaderMap, &[u8]) {
    let mut headers = answer.headers.clone();
    assert!(headers.remove("x-request-id").is_some());
    (answer.status, headers, &answer.body)
}

#[tokio::test]
async fn hidden_and_absent_things_of_every_kind_are_the_same_404() {
    let site = site(&[]).await;
    let absent = site.get("/v1/portals/acme/articles/no-such-article").await;
    assert_eq!(absent.status, StatusCode::NOT_FOUND);
    assert_eq!(absent.header("content-type"), "application/problem+json");
    for path in [
        "/v1/portals/acme/articles/vault-key",
        "/v1/portals/acme/articles/vault-key.md",
        "/v1/portals/acme/assets/articles/images/vault.png",
        "/v1/portals/acme/assets/articles/images/unlinked.png",
        "/v1/portals/acme/assets/articles/images/absent.png",
        "/v1/portals/acme/assets/portal.toml",
        "/v1/portals/acme/assets/articles/pay-an-invoice.md",
        "/v1/portals/acme/assets/articles/images/../../portal.toml",
        "/v1/portals/acme/assets/articles%2F..%2Fportal.toml",
        "/v1/portals/acme/assets/%ff",
        "/v1/portals/acme/articles/%ff",
        "/v1/portals/nobody/articles/pay-an-invoice",
        "/v1/portals/nobody/search?q=x",
        "/v1/portals/nobody/search",
        "/v1/portals/ACME/search?q=x",
        "/v1/no/such/route",
    ] {
        let answer = site.get(path).await;
        assert_eq!(but_for_the_request_id(&answer), but_for_the_request_id(&absent), "{path}");
    }
}

#[tokio::test]
async fn an_input_that_cannot_be_used_is_named_with_its_field() {
    let site = site(&[]).await;
    let long = "x".repeat(513);
    for (field, query) in [
        ("q", String::new()),
        ("q", "q=".into()),
        ("q", "q=%20".into()),
        ("q", format!("q={long}")),
        ("q", "q=a&q=b".into()),
        ("limit", "q=a&limit=0".into()),
        ("limit", "q=a&limit=51".into()),
        ("limit", "q=a&limit=ten".into()),
        ("limit", "q=a&limit=-1".into()),
        ("limit", "q=a&limit=99999999999999999999".into()),
        ("offset", "q=a&offset=1001".into()),
        ("mode", "q=a&mode=psychic".into()),
        ("surface", "q=a&surface=moon".into()),
        ("lang", "q=a&lang=klingon!".into()),
        ("filter", "q=a&filter=kind".into()),
        ("filter", "q=a&filter=:x".into()),
        ("visitor", "q=a&visitor=%3Cscript%3E".into()),
        ("limt", "q=a&limt=5".into()),
    ] {
        let answer = site.get(&format!("/v1/portals/acme/search?{query}")).await;
        let problem = answer.json();
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}: {problem}");
        assert_eq!(problem["field"], field, "{query}: {problem}");
        assert_eq!(problem["type"], "urn:signpost:problem:invalid");
        assert_eq!(problem["title"], "Invalid input");
        assert_eq!(problem["status"], 400);
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    let most = "ü".repeat(512);
    let body = format!("{{\"q\": \"{most}\"}}");
    assert_eq!(site.post("/v1/portals/acme/search", &body).await.status, StatusCode::OK, "512 characters, not bytes");
}

#[tokio::test]
async fn a_body_that_cannot_be_used_is_named() {
    let site = site(&[]).await;
    for (body, field) in [
        ("", "body"),
        ("{", "body"),
        ("[]", "body"),
        ("\"q\"", "body"),
        ("{\"q\": 5}", "q"),
        ("{\"q\": {}}", "q"),
        ("{\"q\": null}", "q"),
        ("{\"q\": \"a\", \"limit\": 1.5}", "limit"),
        ("{\"q\": \"a\", \"limit\": [1, 2]}", "limit"),
        ("{\"q\": \"a\", \"ofset\": 1}", "ofset"),
    ] {
        let answer = site.post("/v1/portals/acme/search", body).await;
        assert_eq!((answer.status, &answer.json()["field"]), (StatusCode::BAD_REQUEST, &field.into()), "{body}");
    }
    let form = Request::post("/v1/portals/acme/search").header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(site.send(form, "q=a").await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let large = format!("{{\"q\": \"{}\"}}", "x".repeat(super::super::BODY_LIMIT));
    assert_eq!(site.post("/v1/portals/acme/search", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let long = format!("/v1/portals/acme/search?q={}", "x".repeat(17_000));
    assert_eq!(site.get(&long).await.status, StatusCode::URI_TOO_LONG);
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_there_are() {
    let site = site(&[]).await;
    let answer = site.send(Request::delete("/v1/portals/acme/search"), Body::empty()).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(answer.json()["type"], "urn:signpost:problem:method-not-allowed");
    assert!(answer.header("allow").contains("GET") && answer.header("allow").contains("POST"), "{:?}", answer.headers);
}

#[tokio::test]
async fn a_token_that_is_refused_never_makes_its_bearer_anonymous() {
    let site = site(&[]).await;
    for authorization in ["Bearer nonsense", "Bearer ", "Basic YTpi", "nonsense", ""] {
        let request = Request::get("/v1/portals/acme/search?q=invoice").header("authorization", authorization);
        let answer = site.send(request, Body::empty()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let cookie = Request::get("/v1/portals/acme/search?q=invoice").header("cookie", "signpost_session=nonsense");
    assert_eq!(site.send(cookie, Body::empty()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_change_signed_in_by_cookie_comes_from_this_host_or_a_listed_one() {
    let site = site(&["--cors-origins", "https://app.example.com"]).await;
    let cookie = format!("theme=dark; signpost_session={}", site.token("admin"));
    let answer = async |origin: Option<&str>| {
        let request = Request::post("/v1/portals/acme/search")
            .header("host", "help.example.com")
            .header("content-type", "application/json")
            .header("cookie", &cookie);
        let request = match origin {
            Some(origin) => request.header("origin", origin),
            None => request,
        };
        site.send(request, "{\"q\": \"zanzibar\"}").await
    };
    for origin in ["https://help.example.com", "http://help.example.com", "https://app.example.com"] {
        let answer = answer(Some(origin)).await;
        assert_eq!(answer.json()["answers"][0]["slug"], "vault-key", "{origin}");
    }
    for origin in [
        None,
        Some("https://evil.test"),
        Some("null"),
        Some("https://help.example.com.evil.test"),
        Some("help.example.com"),
    ] {
        assert_eq!(answer(origin).await.status, StatusCode::FORBIDDEN, "{origin:?}");
    }
    let reading = Request::get("/v1/portals/acme/search?q=zanzibar").header("cookie", &cookie);
    assert_eq!(site.send(reading, Body::empty()).await.status, StatusCode::OK, "reading needs no Origin");
}
