//! The dashboard and what it is made of, as analysts ask: sums that hold, tables as files, and no article that is not for them.

use super::{NOW, PORTAL, Site, site};
use crate::identity::{ANALYST, OPERATOR};
use indexer::portal::Portal;
use serde_json::{Value, json};
use std::sync::Arc;

const DAY: i64 = 86_400_000;
/// Monday, 7 December 2026, 08:00 UTC; the tests play five weeks later.
const THEN: i64 = 1_796_630_400_000;
const RANGE: &str = "from=2026-12-07&to=2026-12-28";

/// Sixty visitors a week for three weeks: each opens one of two articles; of the first week 30 write a ticket, of the others 3.
async fn visited() -> Site {
    let site = site(&[]).await;
    for number in 0..180_i64 {
        let (week, visitor) = (number / 60, number % 60);
        let at = THEN + week * 7 * DAY + visitor * 60_000;
        let id = |name: &str| format!("{name}{number}");
        let slug = if visitor % 2 == 0 { "pay-an-invoice" } else { "vault-key" };
        let mut events = vec![
            json!({"id": id("s"), "type": "search", "at": at, "query": "=pay", "results": 1, "search_id": id("q")}),
            json!({"id": id("c"), "type": "click", "at": at + 1_000, "slug": slug, "search_id": id("q")}),
            json!({"id": id("v"), "type": "vote", "at": at + 20_000, "slug": slug, "solved": visitor >= 30, "search_id": id("q")}),
        ];
        if visitor < if week == 0 { 30 } else { 3 } {
            events.push(
                json!({"id": id("t"), "type": "ticket", "at": at + 60_000, "search_id": id("q"), "ticket_id": id("T")}),
            );
        }
        let covers = json!({"from": THEN - DAY, "to": THEN + 30 * DAY});
        let batch = json!({"sent_at": NOW * 1_000, "token": site.token(OPERATOR), "visitor": id("b"), "events": events, "covers": covers});
        let receipt = site.post("/v1/portals/acme/events", &batch.to_string()).await;
        assert_eq!(receipt.json()["accepted"], events.len(), "{}", receipt.text());
    }
    site
}

async fn text(site: &Site, roles: &[&str], path: &str) -> String {
    let answer = site.get_with(roles, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text()
}

async fn report(site: &Site, path: &str) -> Value {
    serde_json::from_str(&text(site, &[ANALYST], &format!("/v1/portals/acme/reports/{path}")).await).unwrap()
}

#[tokio::test]
async fn the_weeks_of_the_trend_add_up_and_a_fall_is_told_by_a_test() {
    let site = visited().await;
    let trend = report(&site, &format!("trend?{RANGE}")).await;
    assert_eq!((&trend["step"], &trend["rows"][1]["from"]), (&json!("week"), &json!("2026-12-14")));
    let weeks = trend["rows"].as_array().unwrap();
    let ticketed: Vec<&Value> = weeks.iter().map(|week| &week["figures"]["ticket_rate"]["numerator"]).collect();
    assert_eq!(ticketed, [&json!(30), &json!(3), &json!(3)]);
    let (month, whole) = (
        report(&site, &format!("trend?{RANGE}&step=month")).await,
        report(&site, &format!("deflection?{RANGE}")).await,
    );
    assert!(whole["visitors"].as_u64().unwrap() > 0, "{whole}");
    assert_eq!((&month["step"], &month["rows"][0]["visitors"]), (&json!("month"), &whole["visitors"]));
    assert_eq!(month["rows"][1], Value::Null);

    let compared = report(&site, "deflection?from=2026-12-14&to=2026-12-21&compare=before").await;
    let changes = compared["compared"]["figures"].as_array().unwrap();
    let change = changes.iter().find(|change| change["name"] == "ticket_rate").unwrap();
    assert_eq!((&change["before"], &change["verdict"]), (&json!(0.5), &json!("fell")));
    assert!(change["difference"]["high"].as_f64().unwrap() < -0.2, "{change}");
    let page = text(&site, &[ANALYST], "/acme/dashboard?from=2026-12-14&to=2026-12-21").await;
    assert!(page.contains("Fell by 45.0 points") && page.contains("from 50.0 % in the 7 days before"), "{page}");
    let page = text(&site, &[ANALYST], "/acme/dashboard?from=2026-12-21&to=2026-12-28").await;
    assert!(page.contains("5.0 % in the 7 days before: no change that chance does not explain"), "{page}");
}

#[tokio::test]
async fn articles_are_named_to_whoever_may_see_them_and_are_one_row_to_others() {
    let site = visited().await;
    let path = format!("/v1/portals/acme/reports/articles?{RANGE}");
    let rows = |roles: &'static [&'static str]| {
        let (site, path) = (&site, &path);
        async move {
            let told: Value = serde_json::from_str(&text(site, roles, path).await).unwrap();
            let row = |row: &Value| {
                let counts = ["opened", "solved", "ticketed"].map(|count| row[count].as_u64().unwrap());
                (row["title"].as_str().unwrap().to_owned(), counts, row["unread"].as_bool().unwrap())
            };
            told["rows"].as_array().unwrap().iter().map(row).collect::<Vec<_>>()
        }
    };
    let paid = ("Pay an invoice".to_owned(), [90, 45, 19], false);
    let long = ("A long article".to_owned(), [0, 0, 0], true);
    let hidden = |title: &str| (title.to_owned(), [90, 45, 17], false);
    assert_eq!(rows(&[ANALYST]).await, [paid.clone(), hidden("an article you may not see"), long.clone()]);
    assert_eq!(rows(&[ANALYST, "admin"]).await, [paid, hidden("Rotate the vault key"), long]);
    let csv = text(&site, &[ANALYST], &format!("{path}&format=csv&sort=unread")).await;
    assert!(csv.starts_with("slug,title,opened,") && csv.contains("long,A long article,0,0,0,0,,"), "{csv}");
}

#[tokio::test]
async fn what_changed_between_two_moments_adds_up_and_says_why() {
    let site = visited().await;
    let told = report(&site, &format!("changes?{RANGE}&since=2026-12-14")).await;
    let sum = |counts: &Value| counts.as_object().unwrap().values().filter_map(Value::as_i64).sum::<i64>();
    assert_eq!((sum(&told["old"]), sum(&told["new"])), (120, 180));
    let moved =
        |what: &str| told["rows"].as_array().unwrap().iter().map(|row| row[what].as_i64().unwrap()).sum::<i64>();
    let ticketed = |counts: &Value| counts["ticketed"].as_i64().unwrap();
    assert_eq!(ticketed(&told["old"]) + moved("ticketed"), ticketed(&told["new"]));
    assert_eq!((ticketed(&told["old"]), ticketed(&told["new"]), moved("closed")), (30, 36, 120));
    let causes: Vec<&str> = told["rows"].as_array().unwrap().iter().map(|row| row["cause"].as_str().unwrap()).collect();
    assert!(causes.contains(&"begun") && causes.contains(&"window_passed"), "{causes:?}");
    let page = text(&site, &[ANALYST], &format!("/acme/dashboard?{RANGE}&since=2026-12-14")).await;
    assert!(page.contains("Begun since") && page.contains("data-sum"), "{page}");
    let late = site.get_with(&[ANALYST], "/v1/portals/acme/reports/changes?since=2099-01-01").await;
    assert_eq!(late.status, 400, "{}", late.text());
}

#[tokio::test]
async fn every_table_is_a_file_too_in_which_no_cell_is_computed() {
    let site = visited().await;
    for (table, begins) in [
        ("deflection", "table,name,unit,"),
        ("trend", "from,to,potential_deflection_numerator,"),
        ("searches", "search,episodes,"),
        ("topics", "topic,tickets,"),
        ("articles", "slug,title,"),
        ("changes", "cause,old,new,"),
        ("episodes", "kind,id,"),
    ] {
        let since = if table == "changes" { "&since=2026-12-10" } else { "" };
        let path = format!("/v1/portals/acme/reports/{table}?{RANGE}&format=csv{since}");
        let file = text(&site, &[ANALYST], &path).await;
        assert!(file.starts_with(begins), "{table}: {file}");
        assert_eq!(site.get(&path).await.status, 404, "{table} is for analysts");
        let cells = file.lines().flat_map(|line| line.split(','));
        assert!(cells.clone().all(|cell| !cell.starts_with(['=', '+', '@'])), "{table}: {file}");
    }
    let file = text(&site, &[ANALYST], &format!("/v1/portals/acme/reports/searches?{RANGE}&format=csv")).await;
    assert!(file.contains("\"'=pay\""), "{file}");
}

#[tokio::test]
async fn the_page_draws_charts_keeps_filters_and_says_what_tickets_cost() {
    let site = visited().await;
    let asked = format!("/acme/dashboard?{RANGE}&window=72h&role=&stratum=without_intent&cost=12,5");
    let page = text(&site, &[ANALYST], &asked).await;
    assert_eq!(page.matches("<svg class=\"chart desk\" role=\"img\"").count(), 3, "two trends and the outcomes");
    assert!(
        page.contains("window=72h&#38;stratum=without_intent")
            || page.contains("window=72h&amp;stratum=without_intent")
    );
    assert!(page.contains("<option value=\"without_intent\" selected>"), "{page}");
    // 90 of 180 needs were solved, as their visitors said.
    assert!(page.contains("at most 1\u{202f}") && page.contains("closed needs × 12.5"), "{page}");
    assert!(page.contains("[holdout]") && page.contains("experiment = "), "how to begin an experiment");
    let wrong = site.get_with(&[ANALYST], "/acme/dashboard?cost=much").await;
    assert_eq!(wrong.status, 400);
    assert_eq!(site.get("/acme/dashboard").await.status, 404);
}

#[tokio::test]
async fn what_portal_toml_says_stands_beside_the_figures() {
    let site = visited().await;
    let said = "[[annotations]]\ndate = 2026-12-15\ntext = \"Release <2>\"\n[[annotations]]\ndate = 2025-01-01\ntext = \"Long ago\"\n\
                [ticket_cost]\namount = 20\ncurrency = \"EUR\"\n[holdout]\nexperiment = \"spring\"\nshare = 0.1\n";
    let portal = Portal::parse("acme", &format!("{PORTAL}\n{said}")).0.unwrap();
    site.app.library.serve_portal(Arc::new(portal));
    let trend = report(&site, &format!("trend?{RANGE}")).await;
    assert_eq!(trend["annotations"], json!([{"date": "2026-12-15", "text": "Release <2>"}]));
    let page = text(&site, &[ANALYST], &format!("/acme/dashboard?{RANGE}")).await;
    assert!(page.contains("Dec 15: Release &#60;2&#62;") && !page.contains("Long ago"), "{page}");
    assert_eq!(page.matches("class=\"fill note\"").count(), 4, "its number on two charts of two sizes");
    assert!(page.contains("\u{a0}EUR") && page.contains("The experiment spring runs"), "{page}");
}
