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
fn saved_synonyms_and_pins_take_effect_and_check_names_what_is_wrong_with_them() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 20);
    save(&content.path().join("shop/articles/quokka.md"), ARTICLE);
    let service = Service::start(content.path(), data.path(), &[]).settled();
    assert!(!searched(&service, "marsupial").contains(&"quokka".to_owned()));

    save(&content.path().join("shop/synonyms.yaml"), "- words: [marsupial, quokka]\n- words: [alone]\n");
    service.wait("the synonym", |service| searched(service, "marsupial") == ["quokka"]);
    save(&content.path().join("shop/pins.yaml"), "- contains: [invoice]\n  articles: [quokka, gone]\n");
    service.wait("the pin", |service| searched(service, "invoice").first().is_some_and(|first| first == "quokka"));
    let answers = service.get("/v1/portals/shop/search?q=invoice&mode=lexical", None).json();
    assert_eq!((&answers["answers"][0]["pinned"], &answers["answers"][1]["pinned"]), (&json!(true), &json!(false)));
    let (code, report, _) = signpost(&["check", "--content", content.path().to_str().unwrap()]);
    assert_eq!(code, 1);
    for place in ["shop/synonyms.yaml:2: error", "shop/pins.yaml:1: error"] {
        assert!(report.contains(place), "check names {place}:\n{report}");
    }
}

#[test]
fn a_replay_shows_whose_results_a_change_moves() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for content in [&before, &after] {
        shop(content.path(), 6);
        save(&content.path().join("shop/articles/quokka.md"), ARTICLE);
    }
    save(&after.path().join("shop/pins.yaml"), "- query: quokka filter\n  articles: a0001\n");
    std::fs::remove_file(after.path().join("shop/articles/a0002.md")).unwrap();
    save(&after.path().join("shop/articles/quokka.md"), &ARTICLE.replace("Replacing", "Changing"));
    let queries = before.path().join("queries.txt");
    std::fs::write(&queries, "quokka filter\n{\"query\": \"lid\", \"as\": {\"roles\": \"member\"}}\nreplacing\n")
        .unwrap();
    let (queries, old, new) =
        (queries.to_str().unwrap(), before.path().to_str().unwrap(), after.path().to_str().unwrap());
    let replay = |after: &str, more: &[&str]| {
        signpost(&[&["replay", "--queries", queries, "--before", old, "--after", after], more].concat())
    };
    let (code, text, _) = replay(old, &[]);
    assert_eq!(
        (code, text.as_str()),
        (0, "shop: 3 queries, 3 as before, 0 moved; another first answer in 0, lost in 0\n")
    );
    let (code, text, _) = replay(new, &[]);
    assert_eq!(code, 1, "the first answer of a query is lost:\n{text}");
    assert!(text.contains("\"quokka filter\" as anonymous\n    a0001  4 → 1\n"), "{text}");
    assert!(text.contains("\"replacing\" as anonymous  LOST\n    quokka  was at 1"), "{text}");
    assert!(text.ends_with("shop: 3 queries, 1 as before, 2 moved; another first answer in 2, lost in 1\n"), "{text}");
    let (_, json, _) = replay(new, &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!((&json["same"], &json["changes"][0]["after"][0]), (&json!(1), &json!("a0001")));
    for wrong in [&["--as", "nobody"][..], &["--as", "="], &["--portal", "absent"], &["--format", "xml"]] {
        let (code, _, error) = replay(new, wrong);
        assert!((code == 2 || wrong[0] == "--portal") && !error.is_empty(), "{wrong:?}: {code} {error}");
    }
}

#[test]
fn a_failing_search_test_says_why_and_what_would_move_it() {
    let content = tempfile::tempdir().unwrap();
    shop(content.path(), 12);
    save(&content.path().join("shop/articles/quokka.md"), ARTICLE);
    let tests = "- query: filter lid\n  expect: quokka\n- query: invoice quokka\n  expect: a0003\n  within: 1\n";
    std::fs::write(content.path().join("shop/search.tests.yaml"), tests).unwrap();
    let (code, text, _) = signpost(&["test", "--content", content.path().to_str().unwrap()]);
    assert_eq!(code, 1, "{text}");
    assert!(
        text.contains("search.tests.yaml:3: \"invoice quokka\" as anonymous\n    expected a0003 within 1"),
        "{text}"
    );
    assert!(text.contains("It lacks “quokka”"), "{text}");
    assert!(text.contains("(tried, everything else being the same)") || text.contains("No one word"), "{text}");
    assert!(text.ends_with("1 passed, 1 failed (words alone)\n"), "{text}");
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
