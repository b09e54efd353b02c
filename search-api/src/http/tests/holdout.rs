//! An experiment on the ticket form, as the people in it and the analyst meet it.

use super::{NOW, PORTAL, Site, site};
use crate::identity::ANALYST;
use axum::extract::Request;
use indexer::portal::Portal;
use serde_json::json;
use std::sync::Arc;

const FORM: &str = "/v1/portals/acme/form";
const EVENTS: &str = "/v1/portals/acme/events";
const REPORT: &str = "/v1/portals/acme/reports/deflection?from=2027-01-15&to=2027-01-16";
const PEOPLE: usize = 40;

/// What saving portal.toml with this share does.
fn hold_out(site: &Site, share: f32) {
    let text = format!("{PORTAL}\n[holdout]\nexperiment = \"spring\"\nshare = {share}\n");
    site.app.library.serve_portal(Arc::new(Portal::parse("acme", &text).0.unwrap()));
}

/// Begins a form as each visitor: ids, and whether articles are suggested.
async fn begin(site: &Site) -> Vec<(String, bool)> {
    let mut begun = Vec::new();
    for visitor in 0..PEOPLE {
        let form = site.get(&format!("{FORM}?visitor=b{visitor}")).await.json();
        begun.push((form["form_id"].as_str().unwrap().to_owned(), form["suggestions"].as_bool().unwrap()));
    }
    begun
}

fn arms(begun: &[(String, bool)]) -> Vec<bool> {
    begun.iter().map(|(_, suggests)| *suggests).collect()
}

#[tokio::test]
async fn suggestions_are_held_back_from_a_share_of_the_people_the_same_each_time_until_it_is_stopped() {
    let site = site(&[]).await;
    assert!(begin(&site).await.iter().all(|(_, suggests)| *suggests), "without an experiment all see them");
    hold_out(&site, 0.5);
    let begun = begin(&site).await;
    let held = arms(&begun).iter().filter(|suggests| !**suggests).count();
    assert!((5..=35).contains(&held), "{held} of {PEOPLE} held out");
    assert_eq!(arms(&begin(&site).await), arms(&begun));
    // Who signs in with the id of their first form stays in their arm.
    let (first, suggests) = &begun[0];
    for role in ["admin", "customer"] {
        let form = site.get_as(role, &format!("{FORM}?first={first}")).await.json();
        assert_eq!(form["suggestions"], *suggests);
    }
    assert_eq!(site.get(FORM).await.json()["suggestions"], true, "nobody in particular");
    let unfollowed = Request::get(format!("{FORM}?visitor=b0")).header("dnt", "1");
    assert_eq!(site.send(unfollowed, "").await.json()["suggestions"], true);
    hold_out(&site, 0.0);
    assert!(begin(&site).await.iter().all(|(_, suggests)| *suggests), "stopped");
}

#[tokio::test]
async fn the_report_counts_each_person_in_their_arm_and_no_forged_form() {
    let site = site(&[]).await;
    hold_out(&site, 0.5);
    let begun = begin(&site).await;
    let at = NOW * 1000;
    for (visitor, (form, _)) in begun.iter().enumerate() {
        let event = json!({"id": form, "type": "form_open", "at": at, "form_id": form});
        let batch = json!({"sent_at": at, "visitor": format!("b{visitor}"), "events": [event]});
        assert_eq!(site.post(EVENTS, &batch.to_string()).await.json()["accepted"], 1);
    }
    let forged = json!({"id": "x", "type": "form_open", "at": at, "form_id": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
    site.post(EVENTS, &json!({"sent_at": at, "visitor": "b99", "events": [forged]}).to_string()).await;

    let early = site.get_as(ANALYST, REPORT).await.json();
    assert_eq!((&early["holdout"]["open"], &early["holdout"]["lift"]), (&json!(PEOPLE), &json!(null)));
    assert_eq!((&early["holdout"]["experiment"], &early["holdout"]["share"]), (&json!("spring"), &json!(0.5)));
    let figures = early["figures"].as_array().unwrap();
    assert!(figures.iter().any(|figure| figure["name"] == "incremental_deflection" && !figure["note"].is_null()));
    hold_out(&site, 0.0);
    let stopped = site.get_as(ANALYST, REPORT).await.json();
    assert_eq!(stopped["holdout"], early["holdout"], "what was found stays");
}
