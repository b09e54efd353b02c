//! Strange questions, over every call that takes one: each has a sensible answer or a refusal that says what to mend, never a failure.

use super::{Answer, Site, site};
use axum::http::StatusCode;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

const CALLS: [&str; 2] = ["/v1/portals/acme/search", "/v1/portals/acme/suggest"];

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The answers to a question by GET and by POST.
async fn both(site: &Site, call: &str, text: &str) -> [Answer; 2] {
    let body = json!({ "q": text }).to_string();
    [site.get(&format!("{call}?q={}", encoded(text))).await, site.post(call, &body).await]
}

fn is_refused(answer: &Answer, status: StatusCode, field: &str, mend: &str, what: &str) {
    let problem = answer.json();
    assert_eq!(answer.status, status, "{what}: {problem}");
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}");
    assert_eq!((&problem["field"], &problem["status"]), (&json!(field), &json!(status.as_u16())), "{what}: {problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(mend)), "{what}: {problem}");
}

fn is_empty(found: &Value) -> bool {
    ["answers", "completions", "articles"].iter().all(|list| found[list].as_array().is_none_or(Vec::is_empty))
}

#[tokio::test]
async fn what_says_nothing_finds_nothing_and_is_no_error() {
    let site = site(&[]).await;
    for text in [
        "?",
        "?!…",
        "\"\"",
        "-- ; ' %",
        "/// \\",
        "🔥",
        "👩‍👩‍👧‍👦🏳️‍🌈",
        "\u{301}",
        "\u{FFFD}",
        "<>",
        "{}",
        "*",
        "\u{202E}",
        "()[]",
    ] {
        for call in CALLS {
            for answer in both(&site, call, text).await {
                let found = answer.json();
                assert_eq!(answer.status, StatusCode::OK, "{call} {text:?}: {found}");
                assert!(is_empty(&found), "{call} {text:?}: {found}");
                if call.ends_with("search") {
                    assert_eq!((&found["confidence"], &found["total"]), (&json!("none"), &json!(0)), "{text:?}");
                    assert_eq!(found["suggestion"], Value::Null, "{text:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn strange_questions_find_what_they_name_all_the_same() {
    let site = site(&[]).await;
    let most = format!("invoice {}", "x".repeat(504));
    let equal = "invoice ".repeat(64);
    let letters = format!("invoice {}", "a ".repeat(252));
    let marks = format!("i\u{301}nvoice{}", "\u{301}".repeat(500));
    for text in [
        "invoice",
        "🔥 invoice 🔥",
        "invoice?!?!",
        "\u{200B}in\u{AD}voice\u{FEFF}",
        "INVOICE счёт 請求書 ใบแจ้งหนี้",
        "\u{202B}חשבונית invoice\u{202C}",
        "فاتورة invoice",
        "ｉｎｖｏｉｃｅ",
        "how to the invoice",
        "pay\u{0}an\u{0}invoice",
        "invoice\r\n\tinvoice",
        "invoice\u{7F}\u{1B}[0m",
        "'; DROP TABLE events; -- invoice",
        "<script>alert(1)</script> invoice",
        "{{7*7}} ${invoice} %s %n",
        "../../invoice",
        "title:invoice AND (body:* OR \"",
        &equal,
        &most,
        &letters,
        &marks,
    ] {
        let [get, post] = both(&site, CALLS[0], text).await;
        for answer in [&get, &post] {
            let found = answer.json();
            assert_eq!(answer.status, StatusCode::OK, "{text:?}: {found}");
            assert_eq!(found["answers"][0]["slug"], "pay-an-invoice", "{text:?}: {found}");
            let query = found["query"].as_str().unwrap();
            assert!(!query.contains(char::is_control) && query.trim() == query, "{query:?}");
        }
        assert_eq!(get.json()["answers"], post.json()["answers"], "{text:?}");
        for answer in both(&site, CALLS[1], text).await {
            assert_eq!(answer.status, StatusCode::OK, "{text:?}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn words_without_a_subject_never_sound_sure() {
    let site = site(&[]).await;
    for text in ["how to", "the", "what is it", "and or not"] {
        for answer in both(&site, CALLS[0], text).await {
            let found = answer.json();
            assert_eq!(answer.status, StatusCode::OK, "{text}");
            assert_ne!(found["confidence"], "good", "{text}: {found}");
        }
    }
}

#[tokio::test]
async fn a_question_that_is_missing_or_too_long_is_refused_by_name() {
    let site = site(&[]).await;
    for call in CALLS {
        is_refused(&site.get(call).await, StatusCode::BAD_REQUEST, "q", "must hold", call);
        for body in ["{}", "{\"q\": null}", "{\"q\": []}"] {
            is_refused(&site.post(call, body).await, StatusCode::BAD_REQUEST, "q", "must hold", body);
        }
        let equal = "term ".repeat(500);
        for text in
            ["x".repeat(513), "é".repeat(513), "🔥".repeat(513), "a".repeat(10_000), equal, "an invoice ".repeat(910)]
        {
            for answer in both(&site, call, &text).await {
                is_refused(&answer, StatusCode::BAD_REQUEST, "q", "at most 512 characters", &text[..8]);
            }
        }
        let posted = site.post(call, &json!({"q": "🔥".repeat(10_000)}).to_string()).await;
        is_refused(&posted, StatusCode::BAD_REQUEST, "q", "at most 512 characters", "posted emoji");
        let address = site.get(&format!("{call}?q={}", encoded(&"🔥".repeat(2_000)))).await;
        assert_eq!(address.status, StatusCode::URI_TOO_LONG);
        assert!(address.json()["detail"].as_str().is_some_and(|detail| detail.contains("16384 bytes")));
    }
    for text in ["", " ", "\u{0}", "\r\n\t", "\u{3000}\u{85}"] {
        for answer in both(&site, CALLS[0], text).await {
            is_refused(&answer, StatusCode::BAD_REQUEST, "q", "must hold the question", text);
        }
        for answer in both(&site, CALLS[1], text).await {
            assert_eq!(
                (answer.status, is_empty(&answer.json())),
                (StatusCode::OK, true),
                "nothing typed yet: {text:?}"
            );
        }
    }
}

#[tokio::test]
async fn text_that_is_no_unicode_is_refused_where_it_stands() {
    let site = site(&[]).await;
    for call in CALLS {
        for bytes in ["%ff", "caf%e9", "%ED%A0%80", "%F0%9F%98", "a%C0%80"] {
            let answer = site.get(&format!("{call}?lang=en&q={bytes}")).await;
            is_refused(&answer, StatusCode::BAD_REQUEST, "q", "UTF-8", bytes);
        }
        // What is no escape at all stands for itself.
        for bytes in ["100%", "%zz", "a%2"] {
            assert_eq!(site.get(&format!("{call}?q={bytes}")).await.status, StatusCode::OK, "{bytes}");
        }
        for body in [r#"{"q": "\ud800"}"#, r#"{"q": "a\udc00b"}"#, r#"{"q": "\ud83d\u0041"}"#, r#"{"q": "\ud83d"#] {
            is_refused(&site.post(call, body).await, StatusCode::BAD_REQUEST, "body", "line 1 column", body);
        }
        let request = axum::extract::Request::post(call).header("content-type", "application/json");
        let answer = site.send(request, &b"{\"q\": \"caf\xe9\"}"[..]).await;
        is_refused(&answer, StatusCode::BAD_REQUEST, "body", "line 1 column", "Latin-1");
        let deep = format!("{{\"q\": {}1{}}}", "[".repeat(5_000), "]".repeat(5_000));
        is_refused(&site.post(call, &deep).await, StatusCode::BAD_REQUEST, "body", "recursion", "deep");
        let pair = site.post(call, r#"{"q": "\ud83d\udd25 \u0000invoice"}"#).await;
        assert_eq!(pair.status, StatusCode::OK, "a whole pair is a character");
    }
}

#[tokio::test]
async fn the_other_inputs_are_as_sturdy() {
    let site = site(&[]).await;
    for (field, query) in [
        ("filter", format!("q=a{}", "&filter=kind:x".repeat(33))),
        ("lang", format!("q=a&lang={}", "e".repeat(36))),
        ("lang", "q=a&lang=%00".into()),
        ("mode", format!("q=a&mode={}", "x".repeat(5_000))),
        ("limit", format!("q=a&limit={}", "9".repeat(400))),
        ("offset", "q=a&offset=%D9%A1".into()),
        ("visitor", format!("q=a&visitor={}", "v".repeat(65))),
    ] {
        let answer = site.get(&format!("{}?{query}", CALLS[0])).await;
        is_refused(&answer, StatusCode::BAD_REQUEST, field, "", field);
        assert!(answer.body.len() < 1_000, "a refusal does not repeat what was sent: {}", answer.text());
    }
    let unknown = site.get(&format!("{}?q=a&{}=1", CALLS[0], "n".repeat(5_000))).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.body.len() < 1_000, "{}", unknown.text());
    let filter = site.get(&format!("{}?q=invoice&filter=kind:%00&filter=%F0%9F%94%A5:x", CALLS[0])).await;
    assert_eq!((filter.status, &filter.json()["total"]), (StatusCode::OK, &json!(0)));

    let help = "/v1/portals/acme/help";
    for url in [
        "/billing\u{0}",
        "🔥",
        "https://",
        "//",
        "?",
        "#",
        "javascript:alert(1)",
        "../../etc",
        "שלום",
        &"/".repeat(2_048),
    ] {
        let body = json!({ "url": url }).to_string();
        for answer in [site.get(&format!("{help}?url={}", encoded(url))).await, site.post(help, &body).await] {
            assert_eq!(answer.status, StatusCode::OK, "{url:?}: {}", answer.text());
        }
    }
    for answer in [site.get(help).await, site.post(help, "{}").await] {
        is_refused(&answer, StatusCode::BAD_REQUEST, "url", "must hold", "no url");
    }
    let long = site.post(help, &json!({"url": "/".repeat(2_049)}).to_string()).await;
    is_refused(&long, StatusCode::BAD_REQUEST, "url", "at most 2048 characters", "long url");
    is_refused(&site.get(&format!("{help}?url=%ff")).await, StatusCode::BAD_REQUEST, "url", "UTF-8", "%ff");
}

#[tokio::test]
async fn the_results_page_answers_or_says_what_to_mend() {
    let site = site(&[]).await;
    for text in [
        "",
        " ",
        "\u{0}",
        "?!…",
        "🔥",
        "how to",
        "pay\u{0}an invoice",
        "<script>alert(1)</script>",
        "فاتورة invoice",
        "{query}",
    ] {
        let page = site.get(&format!("/acme/search?q={}", encoded(text))).await;
        assert_eq!(page.status, StatusCode::OK, "{text:?}: {}", page.text());
        assert!(page.header("content-type").starts_with("text/html"), "{text:?}");
        let html = page.text();
        assert!(!html.contains("<script>alert") && !html.contains('\u{0}'), "{text:?}");
    }
    let lossy = site.get("/acme/search?q=caf%e9+invoice").await;
    assert_eq!(lossy.status, StatusCode::OK, "whoever follows an old link is not told of encodings");
    assert!(lossy.text().contains("Pay an invoice"));
    for text in ["x".repeat(513), "a".repeat(10_000), "an invoice ".repeat(900)] {
        let page = site.get(&format!("/acme/search?q={}", text.replace(' ', "+"))).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert!(page.header("content-type").starts_with("text/html"));
        let html = page.text();
        assert!(html.contains("at most 512 characters"), "{html}");
        assert!(html.contains(&format!("value=\"{}", &text[..100])), "what was typed is still there to be shortened");
    }
    let spanish = site.get(&format!("/acme/search?lang=es&q={}", "x".repeat(513))).await;
    assert_eq!(spanish.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_people_write_is_kept_whatever_characters_it_has() {
    let site = site(&[]).await;
    let now = super::NOW * 1000;
    for (place, text) in
        ["a\u{0}b", "🔥", "\u{202E}שלום", "\u{1B}[0m", "\u{FFFF}", "'; DROP TABLE events; --"].into_iter().enumerate()
    {
        let ticket = json!({ "subject": text, "body": text.repeat(300), "visitor": "b1" });
        let made = site.post("/v1/portals/acme/tickets", &ticket.to_string()).await;
        assert_eq!(made.status, StatusCode::CREATED, "{text:?}: {}", made.text());
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let secret = made.json()["secret"].as_str().unwrap().to_owned();
        let kept = site.get(&format!("/v1/portals/acme/tickets/{id}?secret={secret}")).await;
        assert_eq!(kept.status, StatusCode::OK, "{text:?}: {}", kept.text());
        let events = json!([
            {"id": format!("s{place}"), "type": "search", "at": now, "query": text, "results": 0, "search_id": "x"},
            {"id": format!("v{place}"), "type": "vote", "at": now, "slug": "long", "solved": false, "comment": text},
        ]);
        let batch = json!({"sent_at": now, "visitor": "b1", "events": events}).to_string();
        let receipt = site.post("/v1/portals/acme/events", &batch).await;
        assert_eq!(
            (receipt.status, &receipt.json()["accepted"]),
            (StatusCode::ACCEPTED, &json!(2)),
            "{text:?}: {}",
            receipt.text()
        );
    }
    for body in [r#"{"subject": "\ud800", "body": "b"}"#, r#"{"subject": "s", "body": "\udc00"}"#] {
        is_refused(
            &site.post("/v1/portals/acme/tickets", body).await,
            StatusCode::BAD_REQUEST,
            "body",
            "line 1 column",
            body,
        );
    }
    let empty =
        site.post("/v1/portals/acme/tickets", &json!({"subject": "\u{0} \u{7}", "body": "b"}).to_string()).await;
    is_refused(&empty, StatusCode::BAD_REQUEST, "subject", "1 to", "a subject of control characters");
}
