//! `--demo` shows a newcomer every kind of figure, and never adds to a log that is there already.

use crate::contents::shop;
use crate::service::Service;
use serde_json::json;

#[test]
fn a_demo_fills_an_empty_log_with_every_outcome_and_leaves_a_log_alone_that_is_there() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 60);
    let service = Service::start(content.path(), data.path(), &["--demo"]).settled();
    let analyst = service.token("shop", &["signpost:analyst"], &[]);
    let told = service.get("/v1/portals/shop/reports/deflection?window=1h", Some(&analyst)).json();
    assert!(told["visits"].as_u64() > Some(700), "{told}");
    for outcome in ["ticketed", "confirmed", "assumed", "abandoned", "no_result"] {
        assert!(told["outcomes"][outcome].as_u64() > Some(0), "no {outcome}: {told}");
    }
    let tasks = told["figures"].as_array().unwrap().iter().find(|figure| figure["name"] == "task_completion");
    assert!(tasks.is_some_and(|tasks| tasks["value"].as_f64() > Some(0.0)), "{told}");
    assert!(told["link_coverage"]["value"].as_f64() > Some(0.9), "{told}");
    drop(service);

    let kept = tempfile::tempdir().unwrap();
    let service = Service::start(content.path(), kept.path(), &[]).settled();
    let event = json!({"id": "a", "type": "click", "at": 1_700_000_000_000_i64, "slug": "a0001"});
    let batch = json!({"sent_at": 1_700_000_000_000_i64, "visitor": "anna", "events": [event]});
    assert_eq!(service.post("/v1/portals/shop/events", &batch, None).status, 202);
    drop(service);
    let service = Service::start(content.path(), kept.path(), &["--demo"]).settled();
    let analyst = service.token("shop", &["signpost:analyst"], &[]);
    let visits = service.get("/v1/portals/shop/reports/deflection", Some(&analyst)).json()["visits"].clone();
    assert_eq!(visits, 1, "nothing was added");
}
