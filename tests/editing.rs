//! An editor saves a file and it is found; a bad save hides, a deletion removes, and a search that ends in a ticket is counted.

use crate::contents::shop;
use crate::service::{Service, save, signpost};
use serde_json::json;

const ARTICLE: &str =
    "---\ntitle: Replacing the quokka filter\nlanguage: en\n---\n\nTurn the lid and lift the filter out.\n";

fn searched(service: &Service, query: &str) -> Vec<String> {
    service.get(&format!("/v1/portals/shop/search?q={query}&mode=lexical"), None).slugs()
}

#[test]
fn a_saved_file_is_found_a_broken_one_hidden_a_deleted_one_gone() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 20);
    let service = Service::start(content.path(), data.path(), &[]).settled();
    let path = content.path().join("shop/articles/filters/quokka.md");
    let found = |service: &Service| searched(service, "quokka").contains(&"quokka".to_owned());
    assert!(!found(&service));

    save(&path, ARTICLE);
    service.wait("the saved article to be found", found);
    let article = service.get("/v1/portals/shop/articles/quokka", None).json();
    assert_eq!(article["title"], "Replacing the quokka filter");

    save(&path, &ARTICLE.replace("title: Replacing", "title: [Replacing"));
    service.wait("an article that cannot be read to be hidden", |service| !found(service));
    let (code, report, _) = signpost(&["check", "--content", content.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    assert!(report.contains("shop/articles/filters/quokka.md:3"), "check names file and line:\n{report}");

    save(&path, ARTICLE);
    service.wait("the mended article", found);
    let renamed = path.with_file_name("wombat.md");
    std::fs::rename(&path, &renamed).unwrap();
    service.wait("the renamed article", |service| searched(service, "quokka") == ["wombat"]);
    std::fs::remove_dir_all(renamed.parent().unwrap()).unwrap();
    service.wait("the deleted article to be gone", |service| searched(service, "quokka").is_empty());
    assert_eq!(service.get("/v1/portals/shop/articles/wombat", None).status, 404);
}

#[test]
fn a_search_that_ends_in_a_ticket_moves_the_analysts_figure() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 20);
    let service = Service::start(content.path(), data.path(), &[]).settled();
    let analyst = service.token("shop", &["signpost:analyst"], &[]);
    let report = || service.get("/v1/portals/shop/reports/deflection", Some(&analyst)).json();
    assert_eq!(service.get("/v1/portals/shop/reports/deflection", None).status, 404, "reports need the analyst's role");
    let before = report();

    let search = service.get("/v1/portals/shop/search?q=refund%20card&visitor=anna", None).json();
    let ticket =
        json!({"subject": "Refund", "body": "Where is it?", "visitor": "anna", "search_id": search["search_id"]});
    let made = service.post("/v1/portals/shop/tickets", &ticket, None);
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let status = service.get(made.json()["status_url"].as_str().unwrap().trim_start_matches(&service.base), None);
    assert_eq!(status.status, 200);

    service.wait("the ticket to be counted", |_| report()["visits"] == before["visits"].as_u64().unwrap() + 1);
    let after = report();
    assert_eq!(after["link_coverage"]["linked"], 1, "{after}");
    let (code, text, error) =
        signpost(&["report", "--data", data.path().to_str().unwrap(), "--portal", "shop", "--format", "json"]);
    assert_eq!(code, 0, "{error}");
    let printed: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(printed["visits"], after["visits"], "the command line counts what the API counts");
}
