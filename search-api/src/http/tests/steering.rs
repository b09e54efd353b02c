//! What editors are told of a ranking, and what visitors' votes do to it.

use super::super::helpfulness::recount;
use super::site;
use axum::http::StatusCode;
use serde_json::json;

const EXPLAIN: &str = "/v1/portals/acme/admin/explain";

#[tokio::test]
async fn an_explanation_is_for_editors_and_for_others_there_is_nothing() {
    let site = site(&[]).await;
    let nowhere = site.get("/v1/portals/acme/admin/never").await;
    for path in [format!("{EXPLAIN}?q=card&slug=pay-an-invoice"), format!("{EXPLAIN}?nonsense=1"), EXPLAIN.to_owned()] {
        for answer in
            [site.get(&path).await, site.get_as("admin", &path).await, site.get_as("signpost:analyst", &path).await]
        {
            assert_eq!((answer.status, strip(answer.json())), (StatusCode::NOT_FOUND, strip(nowhere.json())), "{path}");
        }
    }
    let answer = site.get_as("signpost:editor", &format!("{EXPLAIN}?q=charged+card&slug=pay-an-invoice")).await;
    let explained = answer.json();
    assert_eq!((explained["rank"].as_u64(), explained["total"].as_u64()), (Some(1), Some(1)), "{explained}");
    assert_eq!(explained["likeness"]["words"][1]["places"], json!(["heading", "text"]));
    assert!(
        explained["sentences"][0].as_str().unwrap().starts_with("“Pay an invoice” stands at 1 of 1"),
        "{explained}"
    );
    assert_eq!(explained["tried"], json!([]), "nothing is above it");
}

fn strip(mut problem: serde_json::Value) -> serde_json::Value {
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

#[tokio::test]
async fn an_explanation_is_given_for_a_viewer_in_the_portals_own_words() {
    let site = site(&[]).await;
    let ask = |rest: &str| format!("{EXPLAIN}?q=zanzibar&slug=vault-key{rest}");
    let editor = async |path: String| site.get_as("signpost:editor", &path).await;
    let unseen = editor(ask("&as=anonymous")).await.json();
    assert_eq!(unseen["sentences"][0], "This viewer may not see “Rotate the vault key”; its audience is roles: admin.");
    assert_eq!((unseen["rank"].is_null(), unseen["likeness"].is_null()), (true, true));
    assert_eq!(editor(ask("&as=roles:admin")).await.json()["rank"], 1);
    for wrong in ["&as=admin", "&as=roles:root", "&as=tier:gold"] {
        let answer = editor(ask(wrong)).await;
        assert_eq!((answer.status, answer.json()["field"].clone()), (StatusCode::BAD_REQUEST, json!("as")), "{wrong}");
    }
    assert_eq!(editor(format!("{EXPLAIN}?q=card&slug=absent")).await.status, StatusCode::NOT_FOUND);
    let operator = site.get_as("signpost:operator", &ask("&as=roles:admin")).await;
    assert_eq!(operator.json()["field"], "as", "who sees less than the viewer may not look through their eyes");
}

#[tokio::test]
async fn the_contract_names_every_input_of_an_explanation() {
    let document = site(&[]).await.get("/openapi.json").await.json();
    let parameters = &document["paths"]["/v1/portals/{portal}/admin/explain"]["get"]["parameters"];
    let names: Vec<&str> = parameters.as_array().unwrap().iter().map(|input| input["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["portal", "q", "slug", "as", "lang", "mode"]);
}

#[tokio::test]
async fn a_word_is_tried_where_it_is_missing() {
    let site = site(&[]).await;
    let path = format!("{EXPLAIN}?q=the+same+words+vault&slug=pay-an-invoice&as=anonymous");
    let explained = site.get_as("signpost:editor", &path).await.json();
    let tried = explained["tried"].as_array().unwrap();
    assert!(!tried.is_empty() && tried.iter().any(|tried| tried["rank_after"].is_u64()), "{explained}");
    let last = explained["sentences"].as_array().unwrap().last().unwrap().as_str().unwrap();
    assert!(last.contains("would move it") || last.contains("No one word"), "{explained}");
}

#[tokio::test]
async fn votes_count_for_those_who_hold_the_same_once_there_are_enough() {
    let site = site(&[]).await;
    let factor = async |role: &str| {
        let path = format!("{EXPLAIN}?q=card&slug=pay-an-invoice&as={role}");
        site.get_as("signpost:editor", &path).await.json()["likeness"]["helpfulness"].as_f64().unwrap()
    };
    let vote = async |visitor: usize| {
        let at = super::NOW * 1000;
        let event =
            json!({"id": format!("v{visitor}"), "type": "vote", "slug": "pay-an-invoice", "solved": true, "at": at});
        let batch = json!({"sent_at": at, "visitor": format!("b-{visitor}"), "events": [event]});
        assert_eq!(site.post("/v1/portals/acme/events", &batch.to_string()).await.status, StatusCode::ACCEPTED);
    };
    for visitor in 0..4 {
        vote(visitor).await;
    }
    recount(&site.app).await.unwrap();
    assert_eq!(factor("anonymous").await, 1.0, "four are too few");
    vote(4).await;
    recount(&site.app).await.unwrap();
    assert!((factor("anonymous").await - (1.0 + 0.05 * (2.0 * 6.0 / 7.0 - 1.0))).abs() < 1e-6);
    assert_eq!(factor("roles:admin").await, 1.0, "others said it");
}
