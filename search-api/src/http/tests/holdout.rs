//! An experiment on the ticket form, as the people in it and the analyst meet it.

use super::{NOW, PORTAL, Site, site};
use crate::http::rollups::roll_up;
use crate::identity::{ANALYST, OPERATOR};
use axum::extract::Request;
use indexer::portal::Portal;
use serde_json::json;
use std::sync::Arc;

const FORM: &str = "/v1/portals/acme/form";
const EVENTS: &str = "/v1/portals/acme/events";
const REPORT: &str = "/v1/portals/acme/reports/deflection?from=2027-01-15&to=2027-01-16";
const PEOPLE: usize = 40;
const DAY: i64 = 24 * 60 * 60 * 1000;

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

#[tokio::test]
async fn the_people_of_an_experiment_are_listed_in_a_log_that_is_too_large_to_be_folded() {
    let mut site = site(&[]).await;
    hold_out(&site, 0.5);
    let at = NOW * 1000 - 10 * DAY;
    for (visitor, (form, _)) in begin(&site).await.iter().enumerate() {
        let id = |name: &str| format!("{name}{visitor}");
        let mut events = vec![json!({"id": form, "type": "form_open", "at": at, "form_id": form})];
        if visitor % 4 == 0 {
            events.push(
                json!({"id": id("t"), "type": "ticket", "at": at + 60_000, "form_id": form, "ticket_id": id("T")}),
            );
        }
        let batch = json!({"sent_at": NOW * 1000, "token": site.token(OPERATOR), "visitor": id("b"), "events": events,
            "covers": {"from": at - DAY, "to": NOW * 1000}});
        assert_eq!(site.post(EVENTS, &batch.to_string()).await.json()["rejected"], json!([]));
    }
    const ROWS: &str = "/v1/portals/acme/reports/episodes?from=2027-01-01&to=2027-01-16&figure=incremental_deflection";
    let told = async |site: &Site, path: &str| site.get_as(ANALYST, path).await.json();
    let small = told(&site, &format!("{ROWS}&limit=200")).await;
    let held = small["rows"].as_array().unwrap().iter().filter(|row| row["numerator"] == true).count();
    assert_eq!((&small["count"], held), (&json!(PEOPLE), PEOPLE / 4));
    let app = Arc::get_mut(&mut site.app).unwrap();
    (app.large_log, app.foldable) = (1, 10);
    assert_eq!(site.get_as(ANALYST, ROWS).await.status, 503, "its days are not worked out");
    let portal = Arc::clone(site.app.library.snapshot().portal("acme").unwrap());
    roll_up(&site.app, &portal).await.unwrap();
    let large = told(&site, &format!("{ROWS}&limit=200")).await;
    assert_eq!((&large["rows"], &large["count"]), (&small["rows"], &small["count"]));
    let lines = site.get_as(ANALYST, &format!("{ROWS}&format=csv")).await.text();
    assert_eq!(lines.lines().count(), 1 + PEOPLE);
}
