//! What stands before the routes: fair shares, overload, time, other sites, hosts.

use super::super::{client, protect};
use super::{Site, site};
use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{Response, StatusCode};
use axum::routing::get;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tower::ServiceExt;

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let site = site(&["--address-rate", "1"]).await;
    let from = async |peer: &str| {
        let peer: SocketAddr = peer.parse().unwrap();
        site.send(Request::get("/livez").extension(ConnectInfo(peer)), Body::empty()).await
    };
    for _ in 0..5 {
        assert_eq!(from("192.0.2.1:1000").await.status, StatusCode::OK);
    }
    let refused = from("192.0.2.1:2000").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=2).contains(&seconds)));
    assert_eq!(from("192.0.2.2:1000").await.status, StatusCode::OK, "another address has its own share");
    for end in 0..5 {
        assert_eq!(from(&format!("[2001:db8::{end}]:1")).await.status, StatusCode::OK);
    }
    assert_eq!(from("[2001:db8::99]:1").await.status, StatusCode::TOO_MANY_REQUESTS, "a /64 counts as one");
    assert_eq!(from("[2001:db8:0:1::1]:1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_visitor_has_one_share_from_every_address() {
    let site = site(&["--visitor-rate", "1", "--address-rate", "0"]).await;
    let search = async |visitor: &str| site.get(&format!("/v1/portals/acme/search?q=a&visitor={visitor}")).await.status;
    for _ in 0..5 {
        assert_eq!(search("b-1").await, StatusCode::OK);
    }
    assert_eq!(search("b-1").await, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(search("b-2").await, StatusCode::OK);
}

/// The guards of a site around routes that hang, panic, or answer.
async fn guarded(site: &Site, path: &str) -> Response<Body> {
    let routes = Router::new()
        .route("/hangs", get(async || std::future::pending::<&str>().await))
        .route("/panics", get(async || -> &'static str { panic!("as it was told to") }))
        .route("/answers", get(async || "an answer"));
    let router = protect::guard(routes, &site.app).with_state(Arc::clone(&site.app));
    router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_full_server_says_so_at_once() {
    let site = site(&["--max-requests", "1"]).await;
    let seat = site.app.limits.seat().unwrap();
    let refused = guarded(&site, "/answers").await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.headers()["content-type"], "application/problem+json");
    drop(seat);
    assert_eq!(guarded(&site, "/answers").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_ended() {
    let site = site(&["--request-timeout", "0.05", "--max-requests", "1"]).await;
    let ended = guarded(&site, "/hangs").await;
    assert_eq!(ended.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ended.headers()["retry-after"], "1");
    assert_eq!(guarded(&site, "/answers").await.status(), StatusCode::OK, "its place is free again");
}

#[tokio::test]
async fn a_panic_is_one_failed_request() {
    let site = site(&["--max-requests", "1"]).await;
    assert_eq!(guarded(&site, "/panics").await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(guarded(&site, "/answers").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn only_listed_sites_read_answers() {
    let site = site(&["--cors-origins", "https://app.example.com"]).await;
    let ask = async |origin: &str| {
        site.send(Request::get("/v1/portals/acme/suggest?q=a").header("origin", origin), Body::empty()).await
    };
    let listed = ask("https://app.example.com").await;
    assert_eq!(listed.header("access-control-allow-origin"), "https://app.example.com");
    assert_eq!(listed.header("access-control-allow-credentials"), "true");
    for origin in ["https://evil.test", "https://app.example.com.evil.test", "http://app.example.com", "null"] {
        assert!(!ask(origin).await.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let preflight = Request::options("/v1/portals/acme/search")
        .header("origin", "https://app.example.com")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type");
    let allowed = site.send(preflight, Body::empty()).await;
    assert_eq!(allowed.status, StatusCode::OK);
    assert!(allowed.header("access-control-allow-headers").contains("authorization"));
}

#[tokio::test]
async fn every_answer_is_safe_in_a_browser() {
    let site = site(&[]).await;
    for path in ["/v1/portals/acme/search?q=a", "/v1/nowhere", "/openapi.json"] {
        let answer = site.get(path).await;
        assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{path}");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}

#[tokio::test]
async fn a_host_of_its_own_shows_one_portal_and_the_api_stays() {
    let site = site(&["--hosts", "help.example.com=acme", "--base-path", "/support"]).await;
    let url = async |host: &str, path: &str| {
        let answer = site.send(Request::get(path).header("host", host), Body::empty()).await;
        answer.json()["answers"][0]["url"].as_str().unwrap().to_owned()
    };
    let search = "/v1/portals/acme/search?q=invoice";
    assert_eq!(url("help.example.com:443", search).await, "/support/articles/pay-an-invoice");
    assert_eq!(url("other.example.com", search).await, "/support/acme/articles/pay-an-invoice");
    assert_eq!(url("HELP.example.com", &format!("/support{search}")).await, "/support/articles/pay-an-invoice");

    let arrived = |host: &str, path: &str| {
        let request = Request::get(path).header("host", host).body(Body::empty()).unwrap();
        client::arrive(&site.app, request).uri().to_string()
    };
    assert_eq!(arrived("help.example.com", "/articles/a?b=c"), "/acme/articles/a?b=c");
    assert_eq!(arrived("help.example.com", "/"), "/acme/");
    assert_eq!(arrived("help.example.com", "/support"), "/acme/");
    assert_eq!(arrived("help.example.com", "/support/articles/a"), "/acme/articles/a");
    assert_eq!(arrived("help.example.com", "/supporters"), "/acme/supporters");
    assert_eq!(arrived("help.example.com", "/static/a.js"), "/static/a.js");
    assert_eq!(arrived("help.example.com", "/livez"), "/livez");
    assert_eq!(arrived("other.example.com", "/acme/"), "/acme/");
}

#[tokio::test]
async fn headers_about_the_client_are_believed_from_trusted_proxies_alone() {
    let site = site(&["--trusted-proxies", "10.0.0.0/8"]).await;
    let arrived = |peer: &str, forwarded: &[&str]| {
        let mut request =
            Request::get("/").header("x-request-id", "an-id-from-outside").header("x-forwarded-host", "a.test");
        for line in forwarded {
            request = request.header("x-forwarded-for", *line);
        }
        let peer: SocketAddr = peer.parse().unwrap();
        let request = request.extension(ConnectInfo(peer)).body(Body::empty()).unwrap();
        client::arrive(&site.app, request).extensions().get::<client::Client>().unwrap().clone()
    };
    let stranger = arrived("192.0.2.1:80", &["203.0.113.9"]);
    assert_eq!(stranger.address.to_string(), "192.0.2.1");
    assert_eq!(stranger.request_id.len(), 32);
    assert_eq!(stranger.host, None);
    let proxied = arrived("10.0.0.1:80", &["203.0.113.9"]);
    assert_eq!(proxied.address.to_string(), "203.0.113.9");
    assert_eq!(proxied.request_id, "an-id-from-outside");
    assert_eq!(proxied.host.as_deref(), Some("a.test"));
    for (lines, address) in [
        (&["1.1.1.1, 203.0.113.9, 10.0.0.2"][..], "203.0.113.9"),
        (&["1.1.1.1", "203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (&["203.0.113.9:4711"], "203.0.113.9"),
        (&["[2001:db8::1]:4711"], "2001:db8::1"),
        (&["203.0.113.9, unknown"], "10.0.0.1"),
        (&["203.0.113.9, unknown, 10.0.0.2"], "10.0.0.2"),
        (&[""], "10.0.0.1"),
        (&[], "10.0.0.1"),
    ] {
        assert_eq!(arrived("10.0.0.1:80", lines).address.to_string(), address, "{lines:?}");
    }
}

#[tokio::test]
async fn a_request_id_that_is_not_well_formed_is_replaced() {
    let site = site(&["--trusted-proxies", "10.0.0.0/8"]).await;
    let peer: SocketAddr = "10.0.0.1:80".parse().unwrap();
    let name = async |id: &str| {
        let request = Request::get("/livez").header("x-request-id", id).extension(ConnectInfo(peer));
        site.send(request, Body::empty()).await.header("x-request-id").to_owned()
    };
    assert_eq!(name("0af7651916cd43dd").await, "0af7651916cd43dd");
    for id in ["short", "with space in it", "x\"y<z>12345", &"a".repeat(65)] {
        assert_ne!(name(id).await, id);
    }
}

/// Collects what is logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_routes_and_nothing_that_a_caller_wrote() {
    let site = site(&[]).await;
    // While a process has one collector, what other threads log decides whether an event is ever logged; so there are two.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    site.get("/livez").await;
    let lines = Lines::default();
    let writer = lines.clone();
    let collector = tracing_subscriber::fmt().with_writer(move || writer.clone()).with_ansi(false).finish();
    let collecting = tracing::subscriber::set_default(collector);
    site.get("/v1/portals/acme/search?q=zanzibar&visitor=b-1").await;
    site.post("/v1/portals/acme/help", r#"{"url": "/zanzibar"}"#).await;
    site.get_as("admin", "/v1/portals/acme/articles/vault-key").await;
    site.get("/v1/portals/zanzibar/search?q=zanzibar").await;
    site.get("/zanzibar").await;
    drop(collecting);
    let log = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    let requests: Vec<_> = log.lines().filter(|line| line.contains("request")).collect();
    assert_eq!(requests.len(), 5, "{log}");
    assert!(requests[0].contains("route=\"/v1/portals/{portal}/search\" status=200"), "{log}");
    assert!(requests[0].contains("portal=\"acme\"") && requests[3].contains("portal=\"-\""), "{log}");
    // Its id is made at random, and may well hold `ada`.
    let told = |line: &str| line.split(' ').any(|field| !field.starts_with("request=") && field.contains("ada"));
    assert!(!requests.iter().any(|line| told(line)), "{log}");
    for secret in ["zanzibar", "vault-key", "b-1", "ey"] {
        assert!(!requests.iter().any(|line| line.contains(secret)), "{secret}: {log}");
    }
}
