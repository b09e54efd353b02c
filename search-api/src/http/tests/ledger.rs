//! The ledger as analysts meet it: rows that add up, pages that stay, and nothing that is not for them.

use super::{Answer, NOW, Site, site};
use crate::deflection::queries::Asked;
use crate::deflection::{Row, Wanted, ledger};
use crate::http::reports::asking::question;
use crate::http::reports::stretches::MOST;
use crate::http::reports::typed::leave_common;
use crate::http::rollups::roll_up;
use crate::identity::{ANALYST, ANALYST_RAW, OPERATOR, Viewer};
use crate::store::{Notice, Sought, SourceTicket};
use axum::extract::Request;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

const EVENTS: &str = "/v1/portals/acme/events";
const REPORT: &str = "/v1/portals/acme/reports/deflection";
const LEDGER: &str = "/v1/portals/acme/reports/episodes";
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// Midnight of 1 January 2027, UTC; the tests play two weeks later.
const T0: i64 = 1_798_761_600_000;
const RANGE: &str = "from=2027-01-01&to=2027-01-02";

/// Backfills events of one browser, with all tickets of the days around.
async fn backfill(site: &Site, browser: &str, events: Value) {
    let covers = json!({"from": T0 - DAY, "to": NOW * 1000});
    let token = site.token(OPERATOR);
    let body = json!({"sent_at": NOW * 1000, "token": token, "visitor": browser, "events": events, "covers": covers});
    let receipt = site.post(EVENTS, &body.to_string()).await;
    assert_eq!((receipt.status.as_u16(), &receipt.json()["rejected"]), (202, &json!([])), "{}", receipt.text());
}

/// Twelve visitors: six asked one thing, six each their own; some opened articles, one of them hidden, voted, or wrote a ticket.
async fn visited() -> Site {
    let site = site(&["--address-rate", "0", "--visitor-rate", "0"]).await;
    for visitor in 0..12_i64 {
        let at = |minutes: i64| T0 + visitor * 20 * MINUTE + minutes * MINUTE + 7_000;
        let id = |name: &str| format!("{name}{visitor}");
        let query = if visitor % 2 == 0 { "Pay  invoice".to_owned() } else { format!("=my own {visitor}") };
        let slug = if visitor % 3 == 0 { "vault-key" } else { "pay-an-invoice" };
        let mut events = vec![
            json!({"id": id("s"), "type": "search", "at": at(0), "query": query, "results": 2, "search_id": id("q")}),
            json!({"id": id("i"), "type": "impression", "at": at(0), "slug": slug, "search_id": id("q"), "rank": 1}),
            json!({"id": id("c"), "type": "click", "at": at(1), "slug": slug, "search_id": id("q"), "rank": 1}),
            json!({"id": id("l"), "type": "leave", "at": at(2), "slug": slug, "search_id": id("q")}),
        ];
        match visitor % 4 {
            0 => events.push(
                json!({"id": id("t"), "type": "ticket", "at": at(5), "search_id": id("q"), "ticket_id": id("T")}),
            ),
            1 => events.push(json!({"id": id("v"), "type": "vote", "at": at(3), "slug": slug, "solved": true,
                                    "comment": "ask ana@example.org", "search_id": id("q")})),
            2 => events.push(json!({"id": id("f"), "type": "form_open", "at": at(3), "form_id": id("F")})),
            _ => {}
        }
        backfill(&site, &format!("b{visitor}"), json!(events)).await;
    }
    site
}

/// The same site, to which every log is large.
async fn visited_by_many() -> Site {
    let mut site = visited().await;
    Arc::get_mut(&mut site.app).unwrap().large_log = 1;
    site
}

/// All rows of a listing, five at a time, and the counts that the pages said.
async fn paged(site: &Site, path: &str) -> (Vec<Value>, BTreeSet<Option<u64>>) {
    let (mut seen, mut counts, mut next) = (Vec::new(), BTreeSet::new(), String::new());
    loop {
        let page = rows(site, &format!("{path}&limit=5{next}")).await;
        seen.extend(page["rows"].as_array().unwrap().iter().cloned());
        counts.insert(page["count"].as_u64());
        let Some(cursor) = page["next"].as_str() else { return (seen, counts) };
        next = format!("&cursor={cursor}");
    }
}

async fn rows(site: &Site, path: &str) -> Value {
    let answer = site.get_as(ANALYST, path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.json()
}

/// Somebody who holds both roles of an analyst.
async fn read_raw(site: &Site, path: &str) -> Answer {
    let token = site.token_of(&[ANALYST, ANALYST_RAW]);
    let request = Request::get(path).header("authorization", format!("Bearer {token}"));
    site.send(request, axum::body::Body::empty()).await
}

#[tokio::test]
async fn every_figure_of_the_report_leads_to_rows_that_add_up_to_it() {
    let site = visited().await;
    let report = rows(&site, &format!("{REPORT}?{RANGE}&window=72h")).await;
    assert_eq!((&report["closed"], &report["outcomes"]["ticketed"]), (&json!(12), &json!(3)));
    let mut followed = 0;
    let fractions = ["figures", "formulas"].into_iter().flat_map(|list| report[list].as_array().unwrap());
    for figure in fractions.chain([&json!({"name": "link_coverage", "numerator": report["link_coverage"]["linked"],
        "denominator": report["link_coverage"]["tickets"], "numerator_rows": report["link_coverage"]["numerator_rows"],
        "denominator_rows": report["link_coverage"]["denominator_rows"]})])
    {
        for part in ["numerator", "denominator"] {
            let link = &figure[format!("{part}_rows")];
            assert_eq!(link.is_null(), figure[part].is_null(), "{figure}");
            if let Some(link) = link.as_str() {
                let listed = rows(&site, &format!("{link}&limit=200")).await;
                assert_eq!(listed["count"], figure[part], "{link}");
                assert_eq!(listed["rows"].as_array().unwrap().len() as u64, figure[part].as_u64().unwrap());
                assert!(listed["rows"].as_array().unwrap().iter().all(|row| row[part] == true), "{link}");
                followed += 1;
            }
        }
    }
    assert_eq!(followed, 2 * (9 + 7 + 1) + 3);
    for (outcome, episodes) in report["outcomes"].as_object().unwrap() {
        let link = report["outcome_rows"][outcome].as_str().unwrap();
        assert_eq!(&rows(&site, link).await["count"], episodes, "{outcome}");
    }
}

#[tokio::test]
async fn pages_hold_each_row_once_in_every_order_whatever_comes_meanwhile() {
    let site = visited().await;
    for (sort, kind) in [("newest", "episode"), ("oldest", "visit"), ("tickets", "episode"), ("searches", "search")] {
        let mut seen: Vec<String> = Vec::new();
        let mut path = format!("{LEDGER}?{RANGE}&kind={kind}&sort={sort}&limit=5");
        loop {
            let page = rows(&site, &path).await;
            assert_eq!(page["count"], 12);
            seen.extend(page["rows"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{LEDGER}?{RANGE}&kind={kind}&sort={sort}&limit=5&cursor={next}");
        }
        assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (12, 12), "{sort}");
    }
    // What happens after the first page was read is in none of the following.
    let path = format!("{LEDGER}?from=2027-01-01&to=2027-01-16&limit=5&sort=oldest");
    let first = rows(&site, &path).await;
    site.get("/v1/portals/acme/search?q=invoice&visitor=late").await;
    let second = rows(&site, &format!("{path}&cursor={}", first["next"].as_str().unwrap())).await;
    assert_eq!((&first["count"], &second["count"], &first["as_of"]), (&json!(12), &json!(12), &second["as_of"]));
}

#[tokio::test]
async fn rows_say_the_hour_and_no_words_of_a_single_person() {
    let site = visited().await;
    let listed = rows(&site, &format!("{LEDGER}?{RANGE}&sort=oldest")).await;
    for row in listed["rows"].as_array().unwrap() {
        assert!(row["at"].as_str().unwrap().ends_with(":00:00Z"), "{row}");
        let common = row["query"] == "pay invoice" && row["instead"].is_null();
        assert!(common || (row["query"].is_null() && row["instead"] == "too small to show"), "{row}");
    }
    let text = site.get_as(ANALYST, &format!("{LEDGER}?{RANGE}")).await.text();
    for hidden in ["my own", "\"b1\"", "\"T0\"", "\"s0\""] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    assert_eq!(listed["rows"].as_array().unwrap().iter().filter(|row| row["query"] == "pay invoice").count(), 6);
}

#[tokio::test]
async fn an_episode_is_told_with_its_ticket_its_rule_and_the_four_windows() {
    let site = visited().await;
    let listed = rows(&site, &format!("{LEDGER}?{RANGE}&outcome=ticketed&sort=oldest")).await;
    let id = listed["rows"][0]["id"].as_str().unwrap().to_owned();
    let told = rows(&site, &format!("{LEDGER}/{id}?{RANGE}")).await;
    let steps: Vec<_> = told["steps"].as_array().unwrap().iter().map(|step| step["type"].as_str().unwrap()).collect();
    assert_eq!(steps, ["search", "impression", "click", "ticket"]);
    let step = |place: usize| &told["steps"][place];
    assert_eq!((&step(0)["query"], &step(0)["results"]), (&json!("pay invoice"), &json!(2)));
    // The reader may not see the vault: not its slug, not its title.
    assert_eq!((&step(2)["title"], step(2).get("slug")), (&json!("an article you may not see"), None));
    assert_eq!((&step(2)["dwell"], &step(2)["after"]), (&json!(60.0), &json!(60.0)));
    let ticket = &step(3)["ticket"];
    assert_eq!(
        (&ticket["link"], &ticket["rule"], &step(3)["source"]),
        (&json!("search"), &json!("named"), &json!("backfill"))
    );
    assert_eq!((step(3).get("subject"), step(3).get("at")), (None, None));
    let windows: Vec<_> =
        told["windows"].as_array().unwrap().iter().map(|w| (&w["window"], &w["outcome"], &w["why"])).collect();
    assert_eq!(windows.len(), 4);
    assert!(windows.iter().all(|(_, outcome, why)| (*outcome, *why) == (&json!("ticketed"), &json!("ticket"))));
    assert!(told["windows"][0]["because"].as_str().unwrap().starts_with("A ticket that came within the window"));
    let editor = site.get_as("admin", &format!("{LEDGER}/{id}?{RANGE}")).await;
    assert_eq!(editor.body, site.get("/v1/portals/acme/articles/none").await.body);
    assert_eq!(site.get_as(ANALYST, &format!("{LEDGER}/absent?{RANGE}")).await.status, 404);
}

#[tokio::test]
async fn raw_text_and_exact_times_need_a_further_role_and_leave_an_audit_row() {
    let site = visited().await;
    let path = format!("{LEDGER}?{RANGE}&outcome=confirmed&sort=oldest&view=raw");
    let refused = site.get_as(ANALYST, &path).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["field"]), (400, &json!("view")));
    assert_eq!(site.app.store.readings("acme").await.unwrap(), []);

    let listed = read_raw(&site, &path).await.json();
    let row = &listed["rows"][0];
    assert_eq!((&row["query"], &row["at"]), (&json!("=my own 1"), &json!("2027-01-01T00:20:07Z")));
    let told = read_raw(&site, &format!("{LEDGER}/{}?{RANGE}&view=raw", row["id"].as_str().unwrap())).await.json();
    let vote = told["steps"].as_array().unwrap().iter().find(|step| step["type"] == "vote").unwrap();
    assert!(vote["comment"].as_str().unwrap().starts_with("ask ") && !vote.to_string().contains("ana@"), "{vote}");
    let readings = site.app.store.readings("acme").await.unwrap();
    assert_eq!(readings.iter().map(|reading| reading.rows).collect::<Vec<_>>(), [3, 1]);
    assert!(readings.iter().all(|reading| reading.reader.is_some() && reading.at == NOW * 1000));
    assert!(readings[0].what.starts_with("from=2027-01-01&to=2027-01-02&window=24h"), "{}", readings[0].what);
    // The same analyst without asking for it reads as all do, and leaves none.
    let plain = read_raw(&site, &format!("{LEDGER}?{RANGE}")).await.text();
    assert!(!plain.contains("my own"));
    assert_eq!(site.app.store.readings("acme").await.unwrap().len(), 2);
}

#[tokio::test]
async fn all_rows_go_out_as_lines_for_spreadsheets_and_warehouses() {
    let site = visited().await;
    let csv = site.get_as(ANALYST, &format!("{LEDGER}?{RANGE}&figure=ticket_rate&format=csv")).await;
    assert_eq!(csv.headers["content-type"], "text/csv; charset=utf-8; header=present");
    let text = csv.text();
    let lines: Vec<_> = text.split_terminator("\r\n").collect();
    assert_eq!((lines.len(), lines[0].split(',').count()), (13, 14));
    assert_eq!(lines.iter().filter(|line| line.contains(",ticketed,1,1,")).count(), 3);
    let raw = read_raw(&site, &format!("{LEDGER}?{RANGE}&format=csv&view=raw")).await.text();
    assert!(raw.contains("\"'=my own 1\"") && !raw.contains(",=my"), "{raw}");
    let jsonl = site.get_as(ANALYST, &format!("{LEDGER}?{RANGE}&kind=ticket&format=jsonl")).await;
    let tickets: Vec<Value> = jsonl.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(tickets.len(), 3);
    assert!(tickets.iter().all(|ticket| ticket["outcome"] == "attributed"));
    let token = site.token(ANALYST);
    let accepted = Request::get(format!("{LEDGER}?{RANGE}"))
        .header("authorization", format!("Bearer {token}"))
        .header("accept", "text/csv");
    assert!(site.send(accepted, axum::body::Body::empty()).await.text().starts_with("kind,id,at,"));
}

#[tokio::test]
async fn a_large_log_lists_the_same_rows_a_stretch_at_a_time() {
    let (small, large) = (visited().await, visited_by_many().await);
    let portal = Arc::clone(large.app.library.snapshot().portal("acme").unwrap());
    let mut large = large;
    let range = "from=2026-12-20&to=2027-01-16";
    for (rolled_up, stretch) in [(false, 1), (false, MOST), (true, 1), (true, MOST)] {
        if rolled_up {
            roll_up(&large.app, &portal).await.unwrap();
        }
        Arc::get_mut(&mut large.app).unwrap().stretch = stretch;
        for asked in [
            "kind=episode",
            "kind=episode&sort=oldest",
            "kind=visit",
            "kind=form&sort=oldest",
            "kind=search",
            "kind=ticket",
            "outcome=ticketed&sort=oldest",
            "outcome=confirmed&window=7d",
            "figure=ticket_rate&part=numerator",
            "figure=active_visitors",
            "figure=link_coverage",
            "figure=zendesk_self_service_score",
            "kind=episode&stratum=with_intent",
            "kind=search&language=en",
        ] {
            let path = format!("{LEDGER}?{range}&{asked}");
            let whole: Vec<Value> =
                rows(&small, &format!("{path}&limit=200")).await["rows"].as_array().unwrap().clone();
            let (pages, counts) = paged(&large, &path).await;
            assert_eq!(pages, whole, "{asked}");
            assert_eq!(counts, [rolled_up.then_some(whole.len() as u64)].into(), "{asked}");
            let lines = large.get_as(ANALYST, &format!("{path}&format=jsonl")).await.text();
            assert_eq!(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>(), whole);
            let table = format!("{path}&format=csv");
            let [small, large] = [&small, &large].map(|site| site.get_as(ANALYST, &table));
            assert_eq!(large.await.text(), small.await.text(), "{asked}");
        }
    }
    assert_eq!(paged(&large, &format!("{LEDGER}?{range}&sort=tickets")).await.0.len(), 12);
    let page = large.get_as(ANALYST, &format!("/acme/dashboard/episodes?{range}")).await.text();
    assert!(page.contains("<strong>12 rows</strong>"), "{page}");
}

#[tokio::test]
async fn a_ticket_that_names_a_search_of_weeks_ago_is_linked_in_logs_of_every_size_and_in_kept_days() {
    let (small, large) = (visited().await, visited_by_many().await);
    let mut told = Vec::new();
    for (site, rolls_up) in [(&small, false), (&large, false), (&large, true)] {
        let portal = Arc::clone(site.app.library.snapshot().portal("acme").unwrap());
        let named =
            SourceTicket { id: "9".into(), at: T0 + 13 * DAY, search_id: Some("q3".into()), ..SourceTicket::default() };
        site.app.store.hear(&portal, "zendesk", vec![Notice::Made(named)], NOW * 1000).await.unwrap();
        if rolls_up {
            roll_up(&site.app, &portal).await.unwrap();
        }
        // A range that reaches that search, and one that does not.
        for from in ["01", "14"] {
            let asked = format!("from=2027-01-{from}&to=2027-01-16");
            let listed = rows(site, &format!("{LEDGER}?{asked}&kind=ticket&limit=1")).await["rows"].clone();
            let report = rows(site, &format!("{REPORT}?{asked}")).await;
            let linked = &report["link_coverage"];
            told.push((from, listed, linked["by_search"].clone(), linked["tickets"].clone()));
        }
    }
    let row = &told[0].1[0];
    assert_eq!((&row["outcome"], &row["tickets"][0]["link"]), (&json!("outside_window"), &json!("search")));
    assert_eq!((&told[1].2, &told[1].3), (&json!(1), &json!(1)));
    assert_eq!((&told[2..4], &told[4..6]), (&told[0..2], &told[0..2]));
}

#[tokio::test]
async fn rows_and_what_is_said_of_people_who_were_erased_add_up_to_what_is_counted() {
    let site = visited_by_many().await;
    let portal = Arc::clone(site.app.library.snapshot().portal("acme").unwrap());
    // Nobody is known by that address, so that no visitor is linked to the ticket.
    let email = Some("ana@example.org".to_owned());
    let unlinked = SourceTicket { id: "7".into(), at: T0 + 60 * MINUTE, email, ..SourceTicket::default() };
    site.app.store.hear(&portal, "zendesk", vec![Notice::Made(unlinked)], NOW * 1000).await.unwrap();
    roll_up(&site.app, &portal).await.unwrap();
    let before = rows(&site, &format!("{REPORT}?{RANGE}")).await;
    let persons = [Sought::Visitor("b0".into()), Sought::Visitor("b5".into()), Sought::Email("ana@example.org".into())];
    for person in persons {
        site.app.store.erase(&portal, &Viewer::operator("acme"), &person).await.unwrap();
    }
    let report = rows(&site, &format!("{REPORT}?{RANGE}")).await;
    assert_eq!(report, before, "no figure moves");

    let add_up = async |path: &str, expected: Option<(u64, u64)>| {
        let listed = rows(&site, &format!("{path}&limit=200")).await;
        let said = |name: &str| listed[name].as_u64().unwrap();
        let there = listed["rows"].as_array().unwrap().len() as u64;
        assert_eq!(said("count"), there + said("erased"), "{path}");
        assert_eq!(expected.unwrap_or((said("count"), said("erased"))), (said("count"), said("erased")), "{path}");
        said("erased")
    };
    for (asked, expected) in [
        ("kind=episode", (12, 2)),
        ("kind=episode&sort=tickets", (12, 2)),
        ("kind=visit", (12, 2)),
        ("kind=search&sort=oldest", (12, 2)),
        ("kind=form", (3, 0)),
        ("kind=ticket", (4, 2)),
        ("outcome=ticketed", (3, 1)),
        ("outcome=confirmed&language=en", (3, 1)),
        ("figure=link_coverage", (4, 2)),
        ("figure=link_coverage&part=numerator", (3, 1)),
        ("figure=zendesk_self_service_score", (15, 3)),
    ] {
        add_up(&format!("{LEDGER}?{RANGE}&{asked}"), Some(expected)).await;
    }
    let mut erased = 0;
    for figure in ["figures", "formulas"].into_iter().flat_map(|list| report[list].as_array().unwrap()) {
        for part in ["numerator_rows", "denominator_rows"] {
            if let Some(link) = figure[part].as_str() {
                erased += add_up(link, None).await;
            }
        }
    }
    assert!(erased > 10, "{erased}");
    let lines = site.get_as(ANALYST, &format!("{LEDGER}?{RANGE}&format=jsonl")).await.text();
    assert_eq!(lines.lines().count(), 10);
    let page = site.get_as(ANALYST, &format!("/acme/dashboard/episodes?{RANGE}")).await.text();
    assert!(page.contains("<strong>12 rows</strong> 2 of them are of people who were erased since"), "{page}");
    let page = site.get_as(ANALYST, &format!("/acme/dashboard/episodes?{RANGE}&kind=form")).await.text();
    assert!(page.contains("<strong>3 rows</strong></p>"), "{page}");
}

#[tokio::test]
async fn an_episode_of_a_large_log_is_found_by_the_hour_that_its_id_says() {
    let (small, large) = (visited().await, visited_by_many().await);
    let listed = rows(&small, &format!("{LEDGER}?{RANGE}")).await;
    for row in listed["rows"].as_array().unwrap() {
        let path = format!("{LEDGER}/{}?{RANGE}", row["id"].as_str().unwrap());
        assert_eq!(rows(&large, &path).await, rows(&small, &path).await);
        for raw in [&small, &large] {
            let told = read_raw(raw, &format!("{path}&view=raw")).await.json();
            assert_eq!(told["id"], row["id"]);
        }
        let page =
            large.get_as(ANALYST, &format!("/acme/dashboard/episodes/{}?{RANGE}", row["id"].as_str().unwrap())).await;
        assert_eq!(page.status, 200);
    }
    for absent in ["absent", "absent.7a100", "absent.zzz", "absent.7fffffffffffffff"] {
        assert_eq!(large.get_as(ANALYST, &format!("{LEDGER}/{absent}?{RANGE}")).await.status, 404, "{absent}");
    }
    let audits = large.app.store.readings("acme").await.unwrap();
    assert_eq!(audits.len(), 12);
}

#[tokio::test]
async fn a_raw_export_leaves_one_audit_row_however_many_portions_it_is_sent_in() {
    let mut site = visited_by_many().await;
    // An hour at a time.
    Arc::get_mut(&mut site.app).unwrap().stretch = 1;
    let lines = read_raw(&site, &format!("{LEDGER}?from=2026-12-20&to=2027-01-16&format=jsonl&view=raw")).await.text();
    assert!(lines.lines().count() == 12 && lines.contains("my own 1"), "{lines}");
    let page = read_raw(&site, &format!("{LEDGER}?{RANGE}&view=raw&limit=5")).await.json();
    assert_eq!((page["rows"].as_array().unwrap().len(), &page["rows"][0]["at"]), (5, &json!("2027-01-01T03:40:07Z")));
    let nothing = read_raw(&site, &format!("{LEDGER}?{RANGE}&kind=task&format=csv&view=raw")).await.text();
    assert_eq!(nothing.lines().count(), 1);
    let audits = site.app.store.readings("acme").await.unwrap();
    assert_eq!(audits.iter().map(|audit| audit.rows).collect::<Vec<_>>(), [12, 5, 0]);
    assert!(audits[0].what.starts_with("from=2026-12-20&to=2027-01-16&window=24h"), "{}", audits[0].what);
}

#[tokio::test]
async fn orders_by_amount_of_a_log_that_is_too_large_to_be_folded_wait_for_its_days_and_are_told_from_them() {
    let (small, mut large) = (visited().await, visited_by_many().await);
    Arc::get_mut(&mut large.app).unwrap().foldable = 10;
    for sort in ["tickets", "searches", "seconds"] {
        let refused = large.get_as(ANALYST, &format!("{LEDGER}?{RANGE}&sort={sort}")).await;
        assert_eq!(refused.status, 503, "{}", refused.text());
    }
    assert_eq!(paged(&large, &format!("{LEDGER}?{RANGE}&figure=ticket_rate")).await.0.len(), 12);
    let portal = Arc::clone(large.app.library.snapshot().portal("acme").unwrap());
    roll_up(&large.app, &portal).await.unwrap();
    for asked in [
        "sort=tickets",
        "kind=visit&sort=searches",
        "figure=time_to_answer_p50&sort=seconds",
        "kind=form&sort=tickets",
        "figure=link_coverage&sort=searches",
        "outcome=ticketed&outcome=confirmed&sort=seconds",
    ] {
        let path = format!("{LEDGER}?from=2026-12-20&to=2027-01-16&{asked}");
        let whole: Vec<Value> = rows(&small, &format!("{path}&limit=200")).await["rows"].as_array().unwrap().clone();
        assert!(whole.len() >= 3, "{asked}");
        let (pages, counts) = paged(&large, &path).await;
        assert_eq!((pages, counts), (whole.clone(), [Some(whole.len() as u64)].into()), "{asked}");
        let lines = large.get_as(ANALYST, &format!("{path}&format=jsonl")).await.text();
        assert_eq!(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>(), whole);
    }
}

#[tokio::test]
async fn after_a_moment_no_further_day_is_looked_at_for_what_may_be_shown() {
    let site = visited().await;
    let day = |day| jiff::civil::date(2027, 1, day);
    let question = question(None, Some(day(1)), Some(day(3)), NOW * 1000).unwrap();
    let (from, to) = question.reach();
    let log = site.app.store.log("acme", from, to).await.unwrap();
    let mut rows = ledger(&log, &question, &Wanted::default());
    rows.iter_mut().skip(5).for_each(|row| row.t += DAY);
    let queries = |rows: &[Row]| rows.iter().filter(|row| matches!(row.asked, Some(Asked::Query(_)))).count();
    let now = Some(Instant::now());
    assert_eq!(leave_common(&site.app, "acme", &question, &mut rows, now).await.ok(), Some(5), "of the first day");
    assert_eq!(queries(&rows[..5]), 3);
    assert_eq!(leave_common(&site.app, "acme", &question, &mut rows, None).await.ok(), Some(12));
    assert_eq!((queries(&rows[..5]), queries(&rows[5..])), (3, 0), "on the other day nobody typed anything");
}

#[tokio::test]
async fn what_cannot_be_asked_of_the_ledger_is_named() {
    let site = site(&[]).await;
    for (query, field) in [
        ("figure=nonsense", "figure"),
        ("part=numerator", "part"),
        ("figure=ticket_rate&part=some", "part"),
        ("figure=ticket_rate&kind=visit", "kind"),
        ("kind=people", "kind"),
        ("outcome=ticketed&outcome=lost", "outcome"),
        ("sort=random", "sort"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=5", "cursor"),
        ("cursor=1.-9223372036854775808.&as_of=2027-01-01T00:00:00Z", "cursor"),
        ("cursor=1.2.x&as_of=2027-01-01T00:00:00Z", "cursor"),
        ("format=xml", "format"),
        ("format=csv&limit=5", "limit"),
        ("format=csv&cursor=1800000000000.2.x", "cursor"),
        ("view=all", "view"),
        ("nonsense=1", "nonsense"),
    ] {
        let refused = site.get_as(ANALYST, &format!("{LEDGER}?{query}")).await;
        assert_eq!((refused.status.as_u16(), refused.json()["field"].as_str()), (400, Some(field)), "{query}");
        let hidden = site.get(&format!("{LEDGER}?{query}")).await;
        assert_eq!(hidden.status, 404, "{query}");
    }
}
