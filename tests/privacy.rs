//! What people let slip, searched for where it must not be: a thousand seeded items are typed everywhere that a person can type, then
//! looked for in the database, its log, the server's log and PostgreSQL's dump. Tickets as written are left out by design: encrypted.

use crate::contents::shop;
use crate::postgres::Server;
use crate::service::{Service, encode, signpost};
use regex::bytes::Regex;
use serde_json::{Value, json};
use std::path::Path;

/// Kind, locale, item, text; see `scripts/redaction_items.py`.
const ITEMS: &str = include_str!("../search-api/src/store/redaction/items.tsv");

const PORTAL: &str = "/v1/portals/shop";
/// Asked last: once it is written, all is.
const LAST: &str = "quietly zebra";
/// Where a proxy says that everybody came from.
const ADDRESS: &str = "203.0.113.77";

struct Item {
    kind: &'static str,
    text: &'static str,
    item: &'static str,
}

/// Those that nobody hides on purpose: what redaction is to find all of.
fn items() -> Vec<Item> {
    let lines = ITEMS.lines().filter(|line| !line.starts_with("obfuscated"));
    let items = lines.map(|line| {
        let [kind, _, item, text] = line.split('\t').collect::<Vec<_>>()[..] else { panic!("{line}") };
        Item { kind, text, item }
    });
    items.collect()
}

/// What tells an item: itself, or of an address of the web what it was called with; of numbers also without what separates digits.
fn traces(item: &Item) -> Vec<String> {
    let whole = if item.kind == "url" { item.item.rsplit('=').next().unwrap() } else { item.item };
    let bare: String = item.item.chars().filter(|c| c.is_alphanumeric()).collect();
    let bare = ["phone", "card", "iban"].contains(&item.kind).then_some(bare);
    // Shorter runs stand by chance in ids and hashes.
    let is_telling = |trace: &String| {
        let least = if trace.chars().all(|c| c.is_ascii_digit()) { 10 } else { 8 };
        trace.chars().count() >= least
    };
    [Some(whole.to_owned()), bare].into_iter().flatten().filter(is_telling).collect()
}

/// Types every item as query, comment, subject, slug and user agent.
fn type_all(service: &Service, items: &[Item]) {
    let from = ("x-forwarded-for", ADDRESS);
    for (number, Item { kind, text, item }) in items.iter().enumerate() {
        let visitor = format!("v{number}");
        if number % 2 == 0 {
            let found = service.get(&format!("{PORTAL}/search?q={}&visitor={visitor}", encode(text)), None);
            assert_eq!(found.status, 200, "{text}");
        } else {
            let agent = format!("Mozilla/5.0 (X11; Linux x86_64) {item}");
            let agent =
                Some(("user-agent", &*agent)).filter(|(_, agent)| agent.bytes().all(|byte| (32..127).contains(&byte)));
            let headers: Vec<_> = [from].into_iter().chain(agent).collect();
            let found =
                service.try_post(&format!("{PORTAL}/search"), &json!({"q": text, "visitor": visitor}), None, &headers);
            assert_eq!(found.unwrap().status, 200, "{text}");
        }
        let ticket =
            json!({"subject": text, "body": text, "visitor": visitor, "email": (*kind == "email").then_some(item)});
        let made = service.try_post(&format!("{PORTAL}/tickets"), &ticket, None, &[from]).unwrap();
        assert!(made.status == 201 || text.chars().count() > 200, "{text}: {}", made.json());
    }
    let now = jiff::Timestamp::now().to_string();
    let events = items.iter().enumerate().flat_map(|(number, Item { text, item, .. })| {
        let event = |id: &str, rest: Value| {
            let mut event = json!({"id": format!("{id}{number}"), "at": now, "slug": item});
            event.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            event
        };
        [
            event("v", json!({"type": "vote", "slug": "a0001", "solved": true, "comment": text})),
            event("c", json!({"type": "click"})),
            event("l", json!({"type": "leave"})),
            event("f", json!({"type": "form_suggest", "form_id": "f"})),
            event("s", json!({"type": "search", "query": text, "results": 1})),
        ]
    });
    for events in events.collect::<Vec<_>>().chunks(60) {
        let batch = json!({"sent_at": now, "visitor": "v", "events": events});
        let receipt = service.try_post(&format!("{PORTAL}/events"), &batch, None, &[from]).unwrap();
        assert_eq!(receipt.status, 202);
        let rejected = receipt.json()["rejected"].as_array().unwrap().clone();
        assert!(rejected.iter().all(|fault| fault["detail"].as_str().unwrap().contains("at most")), "{rejected:?}");
    }
    service.get(&format!("{PORTAL}/search?q={}", encode(LAST)), None);
}

/// Every file below a folder.
fn read(folder: &Path, into: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, into);
        } else {
            // A file may go while it is looked at.
            into.extend(std::fs::read(&path).unwrap_or_default());
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    Regex::new(&regex::escape(text)).unwrap().is_match(bytes)
}

fn nothing_is_found(database: Option<&Server>) {
    let (content, data, logs) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let (items, log) = (items(), logs.path().join("log"));
    assert_eq!(items.len(), 1_000);
    let url = database.map(Server::database);
    let mut options = vec!["--trusted-proxies", "127.0.0.1"];
    options.extend(url.iter().flat_map(|url| ["--database", url]));
    let service = Service::start_talkative(content.path(), data.path(), &options, &log).settled();
    type_all(&service, &items);
    let stored = || {
        let mut stored = Vec::new();
        read(data.path(), &mut stored);
        stored.extend(database.zip(url.as_deref()).map(|(server, url)| server.dump(url)).unwrap_or_default());
        stored
    };
    service.wait("the last search to be written", |_| holds(&stored(), LAST));
    // While it runs, with its write-ahead log; and as it is left behind.
    let running = stored();
    service.kill();
    drop(service);
    let logged = std::fs::read(&log).unwrap();
    let traces: Vec<(usize, String)> = items
        .iter()
        .enumerate()
        .flat_map(|(number, item)| traces(item).into_iter().map(move |trace| (number, trace)))
        .collect();
    let any = traces.iter().map(|(_, trace)| regex::escape(trace)).collect::<Vec<_>>().join("|");
    let any = regex::bytes::RegexBuilder::new(&any).size_limit(1 << 28).build().unwrap();
    let told: std::collections::BTreeSet<usize> = traces.iter().map(|(number, _)| *number).collect();
    assert!(told.len() >= 900, "{} items can be told from chance", told.len());
    let mut left = std::collections::BTreeSet::new();
    for place in [&running, &stored(), &logged] {
        for found in any.find_iter(place) {
            let found = String::from_utf8_lossy(found.as_bytes()).into_owned();
            left.extend(traces.iter().filter(|(_, trace)| *trace == found).cloned());
        }
        assert!(!holds(place, ADDRESS), "an address");
        assert!(!holds(place, "Mozilla"), "a user agent");
    }
    println!("left of 1,000 items: {left:?}");
    assert!(left.len() <= 5, "{left:?}");
    // All of it was written, and the log was talkative: else nothing could have been found.
    for kind in ["[email]", "[phone]", "[card]", "[iban]", "[token]", "?[query]"] {
        let times = Regex::new(&regex::escape(kind)).unwrap().find_iter(&running).count();
        assert!(times >= 100, "{kind}: {times}");
    }
    assert!(holds(&logged, "DEBUG") && holds(&logged, "/search"));
}

#[test]
fn what_people_let_slip_is_nowhere_on_disk_or_in_the_log() {
    nothing_is_found(None);
}

#[test]
fn what_people_let_slip_is_nowhere_in_postgresql_or_in_the_log() {
    nothing_is_found(Some(&Server::start()));
}

#[test]
fn one_person_is_exported_and_erased_while_the_server_runs() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let service = Service::start(content.path(), data.path(), &[]).settled();
    let folder = data.path().to_str().unwrap();
    for visitor in ["mine", "theirs"] {
        let now = jiff::Timestamp::now().to_string();
        let asked =
            json!({"id": visitor, "type": "search", "at": now, "query": format!("words of {visitor}"), "results": 1});
        let batch = json!({"sent_at": now, "visitor": visitor, "events": [asked]});
        assert_eq!(service.post(&format!("{PORTAL}/events"), &batch, None).json()["accepted"], 1);
        let ticket = json!({"subject": visitor, "body": format!("ticket of {visitor}"), "visitor": visitor});
        assert_eq!(service.post(&format!("{PORTAL}/tickets"), &ticket, None).status, 201);
    }
    let run = |command: &str, more: &[&str]| {
        signpost(&[&[command, "--data", folder, "--portal", "shop", "--visitor", "mine"], more].concat())
    };
    let (code, told, said) = run("export", &[]);
    assert_eq!(code, 0, "{said}");
    let held: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&held["events"][0]["query"], &held["tickets"][0]["written"]["body"]),
        (&json!("words of mine"), &json!("ticket of mine"))
    );
    assert!(!told.contains("theirs"), "{told}");

    let (code, told, said) = run("erase", &[]);
    assert_eq!(
        (code, told.contains("held: 1 events, 0 votes, 0 addresses, 1 facts of tickets, 1 tickets")),
        (1, true),
        "{told}"
    );
    assert!(told.contains("nothing was erased") && said.contains("--yes"), "{told}{said}");
    let (code, told, said) = run("erase", &["--yes"]);
    assert_eq!(
        (code, told.contains("erased: 1 events"), told.contains("Nothing is left")),
        (0, true, true),
        "{told}{said}"
    );
    let mut stored = Vec::new();
    read(data.path(), &mut stored);
    assert!(!holds(&stored, "words of mine") && holds(&stored, "words of theirs"));
    assert!(run("erase", &["--yes"]).1.contains("nothing to erase"));

    let operator = service.token("shop", &["signpost:operator"], &[]);
    let audit = service.get(&format!("{PORTAL}/admin/audit"), Some(&operator)).json();
    let what: Vec<_> = audit["rows"].as_array().unwrap().iter().map(|row| row["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["erase?by=visitor", "export?by=visitor"]);
    let erased = service.post(&format!("{PORTAL}/admin/erase"), &json!({"visitor": "theirs"}), Some(&operator)).json();
    assert_eq!((&erased["events"], &erased["tickets"], &erased["remains"]), (&json!(1), &json!(1), &Value::Null));
    let (code, _, said) = signpost(&["erase", "--data", folder, "--portal", "shop"]);
    assert!(code == 2 && said.contains("--subject"), "{said}");
}
