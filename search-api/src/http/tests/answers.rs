//! What is answered, to whom, and how it may be kept.

use super::{site, starting};
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use indexer::library::Change;
use serde_json::json;

#[tokio::test]
async fn a_search_gives_passages_with_their_place() {
    let site = site(&[]).await;
    let answer = site.get("/v1/portals/acme/search?q=charged+card&visitor=b-1").await;
    let found = answer.json();
    let first = &found["answers"][0];
    assert_eq!(first["slug"], "pay-an-invoice");
    assert_eq!(first["passage"]["heading"], "By card");
    let anchor = first["passage"]["anchor"].as_str().unwrap();
    assert_eq!(first["url"], format!("/acme/articles/pay-an-invoice#{anchor}"));
    let stretches = first["passage"]["highlights"].as_array().unwrap();
    let joined: String = stretches.iter().map(|stretch| stretch["text"].as_str().unwrap()).collect();
    assert_eq!(first["passage"]["snippet"], joined);
    assert!(stretches.iter().any(|stretch| stretch["marked"] == json!(true)));
    assert_eq!(found["mode"], "lexical");
    assert_eq!(found["query"], "charged card");
    assert!(found["search_id"].as_str().is_some_and(|id| !id.is_empty()));
    assert!(found["took_us"].is_u64());
    assert_eq!(answer.header("cache-control"), "private, no-store");
    assert!(!answer.headers.contains_key("etag"), "no two searches are the same");
}

#[tokio::test]
async fn get_and_post_give_the_same_answers() {
    let site = site(&[]).await;
    let strip = |mut found: serde_json::Value| {
        for name in ["search_id", "took_us"] {
            found.as_object_mut().unwrap().remove(name).unwrap();
        }
        found
    };
    let get = site.get("/v1/portals/acme/search?q=invoice&limit=1&offset=0&filter=kind:article&lang=en").await;
    let body = r#"{"q": "invoice", "limit": 1, "offset": 0, "filter": ["kind:article"], "lang": "en"}"#;
    let post = site.post("/v1/portals/acme/search", body).await;
    assert_eq!(strip(get.json()), strip(post.json()));
}

#[tokio::test]
async fn between_the_save_and_the_commit_of_a_narrowing_nothing_shows_the_article() {
    let site = site(&[]).await;
    let paths = [
        "search?q=invoice",
        "search?q=vault+key+card",
        "suggest?q=pay",
        "help?url=/billing",
        "articles/pay-an-invoice",
        "articles/pay-an-invoice.md",
        "articles/vault-key",
        "assets/articles/images/card.svg",
        "articles/never-written",
    ];
    let ask = async || {
        let mut answers = Vec::new();
        for path in paths {
            let answer = site.get_as("admin", &format!("/v1/portals/acme/{path}")).await;
            let mut json = serde_json::from_slice(&answer.body).unwrap_or_default();
            if let serde_json::Value::Object(found) = &mut json {
                found.retain(|name, _| !["search_id", "took_us", "request_id"].contains(&name.as_str()));
            }
            answers.push((answer.status, json));
        }
        answers
    };
    assert_eq!(ask().await[4].0, StatusCode::OK);
    site.app.library.deny("acme", &["pay-an-invoice.md".to_owned()]);
    let between = ask().await;
    assert_eq!(between[0].1["total"], 0);
    assert_eq!((between[4].0, between[7].0), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert_eq!(between[4].1["detail"], between[8].1["detail"], "hidden and absent look the same");
    site.app.library.apply("acme", vec![Change::Remove("pay-an-invoice.md".to_owned())], None).unwrap();
    assert_eq!(between, ask().await, "denied is as good as gone, scores and counts included");
}

#[tokio::test]
async fn a_role_sees_its_articles_and_nobody_else_a_trace_of_them() {
    let site = site(&[]).await;
    let search = "/v1/portals/acme/search?q=zanzibar+vault";
    assert_eq!(site.get_as("admin", search).await.json()["answers"][0]["slug"], "vault-key");
    assert!(!site.get(search).await.text().contains("vault-key"));
    for path in ["suggest?q=rotate", "help?url=/billing/open", "articles/pay-an-invoice", "articles/pay-an-invoice.md"]
    {
        let path = format!("/v1/portals/acme/{path}");
        let (hidden, shown) = (site.get(&path).await, site.get_as("admin", &path).await);
        assert_eq!((hidden.status, shown.status), (StatusCode::OK, StatusCode::OK), "{path}");
        assert!(shown.text().contains("vault-key"), "{path}: {}", shown.text());
        assert!(!hidden.text().contains("vault-key"), "{path}: {}", hidden.text());
    }
    let asset = "/v1/portals/acme/assets/articles/images/vault.png";
    assert_eq!(site.get(asset).await.status, StatusCode::NOT_FOUND);
    assert_eq!(site.get_as("admin", asset).await.body, b"PNG");
}

#[tokio::test]
async fn an_asset_is_shown_where_it_can_do_nothing() {
    let site = site(&[]).await;
    let answer = site.get("/v1/portals/acme/assets/articles/images/card.svg").await;
    assert_eq!(answer.header("content-type"), "image/svg+xml");
    assert!(answer.header("content-security-policy").contains("sandbox"));
    assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    let article = site.get("/v1/portals/acme/articles/pay-an-invoice").await.json();
    let html = article["html"].as_str().unwrap();
    assert!(html.contains("/v1/portals/acme/assets/articles/images/card.svg"), "{html}");
}

#[tokio::test]
async fn help_is_for_the_page_whatever_its_query_and_host() {
    let site = site(&[]).await;
    for url in ["/billing", "/billing/", "/billing/open?invoice=7#top", "https://app.example.com/billing/open"] {
        let body = json!({ "url": url }).to_string();
        let help = site.post("/v1/portals/acme/help", &body).await.json();
        assert_eq!(help["articles"][0]["slug"], "pay-an-invoice", "{url}");
        assert_eq!(
            help["tasks"],
            json!([{"title": "Pay an invoice", "kind": "article", "target": "pay-an-invoice"}]),
            "{url}"
        );
    }
    for url in ["/billing-old", "/", "", "https://app.example.com", "/Billing"] {
        let body = json!({ "url": url }).to_string();
        let help = site.post("/v1/portals/acme/help", &body).await.json();
        assert_eq!(help, json!({"articles": [], "tasks": []}), "{url}");
    }
}

#[tokio::test]
async fn what_one_has_already_is_not_sent_again() {
    let site = site(&[]).await;
    let path = "/v1/portals/acme/articles/pay-an-invoice";
    let first = site.get(path).await;
    let tag = first.header("etag").to_owned();
    assert!(tag.starts_with('"'), "{tag}");
    assert_eq!(first.header("cache-control"), "private, no-cache");
    for known in [tag.clone(), format!("\"other\", {tag}"), format!("W/{tag}"), "*".into()] {
        let again = site.send(Request::get(path).header("if-none-match", &known), Body::empty()).await;
        assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0), "{known}");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(again.header("vary"), first.header("vary"));
    }
    let other = site.send(Request::get(path).header("if-none-match", "\"other\""), Body::empty()).await;
    assert_eq!(other.body, first.body);
    let admin = site.get_as("admin", path).await;
    assert_ne!(admin.header("etag"), tag, "another viewer reads other links");
}

#[tokio::test]
async fn no_cache_between_may_keep_or_mix_answers() {
    let site = site(&[]).await;
    for path in [
        "/v1/portals/acme/search?q=a",
        "/v1/portals/acme/suggest?q=a",
        "/v1/portals/acme/articles/long",
        "/nowhere",
        "/livez",
    ] {
        let answer = site.get(path).await;
        assert!(!answer.header("cache-control").contains("public"), "{path}");
        assert!(
            ["private, no-cache", "private, no-store", "no-store"].contains(&answer.header("cache-control")),
            "{path}"
        );
        for name in ["Authorization", "Cookie", "Accept-Encoding", "Origin"] {
            assert!(answer.header("vary").contains(name), "{path}");
        }
        assert_eq!(answer.headers.get_all("vary").iter().count(), 1, "{path}");
    }
}

#[tokio::test]
async fn large_answers_are_compressed_and_their_tags_weak() {
    let site = site(&[]).await;
    let path = "/v1/portals/acme/articles/long";
    let plain = site.get(path).await;
    for encoding in ["gzip", "br"] {
        let packed = site.send(Request::get(path).header("accept-encoding", encoding), Body::empty()).await;
        assert_eq!(packed.header("content-encoding"), encoding);
        assert!(packed.body.len() < plain.body.len() / 2);
        assert_eq!(packed.header("etag"), format!("W/{}", plain.header("etag")));
    }
    let small = site.send(Request::get("/livez").header("accept-encoding", "gzip"), Body::empty()).await;
    assert!(!small.headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn the_document_names_every_call_of_the_contract() {
    let site = site(&[]).await;
    let document = site.get("/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    for (path, methods) in [
        ("/v1/portals/{portal}/search", ["get", "post"].as_slice()),
        ("/v1/portals/{portal}/suggest", &["get", "post"]),
        ("/v1/portals/{portal}/articles/{slug}", &["get"]),
        ("/v1/portals/{portal}/assets/{path}", &["get"]),
        ("/v1/portals/{portal}/help", &["get", "post"]),
        ("/livez", &["get"]),
        ("/readyz", &["get"]),
    ] {
        for method in methods {
            assert!(document["paths"][path][method].is_object(), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn readiness_is_one_word_and_nothing_is_absent_before() {
    let site = starting(&[]).await;
    let search = site.get("/v1/portals/acme/search?q=invoice").await;
    assert_eq!((search.status, search.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    let starting = site.get("/readyz").await;
    assert_eq!((starting.status, starting.json()), (StatusCode::SERVICE_UNAVAILABLE, json!({"status": "starting"})));
    site.app.set_ready();
    let ready = site.get("/readyz").await;
    assert_eq!((ready.status, ready.json()), (StatusCode::OK, json!({"status": "ready"})));
}
