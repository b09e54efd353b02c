//! Tickets in and out of the real server: a file imported beside it, and a help desk that is away when a ticket comes.

use crate::contents::shop;
use crate::postgres;
use crate::service::{Service, signpost};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;

const REPORT: &str = "/v1/portals/shop/reports/deflection?from=2026-01-01&to=2026-02-01";

fn import(content: &Path, data: &Path, database: &[&str], file: &str, options: &[&str]) -> (i32, String, String) {
    let folders = ["--content", content.to_str().unwrap(), "--data", data.to_str().unwrap()];
    let named = ["tickets", "import", file, "--portal", "shop"];
    signpost(&[&named[..], &folders, database, options].concat())
}

fn tickets_are_imported_once_beside_a_running_server(database: &[&str]) {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let file = data.path().join("tickets.csv");
    let (path, file) = (file.clone(), file.to_str().unwrap().to_owned());
    let many: String = (0..600).map(|n| format!("n{n},2026-01-15T10:00:{:02}Z,Card {n},\n", n % 60)).collect();
    let text = |at: &str| {
        let ana = format!("a,{at},Card lost,ana@example.org\n");
        std::fs::write(&path, format!("id,created_at,subject,requester_email\n{ana}{ana}b,soon,x,\n{many}")).unwrap();
    };
    text("2026-01-10T10:00:00Z");
    let (code, _, said) = import(content.path(), data.path(), database, &file, &[]);
    assert_eq!(code, 1);
    assert!(said.contains("name the data folder or the database of a server that has run"), "{said}");

    let service = Service::start(content.path(), data.path(), database).settled();
    // From here on Ana is known by her address, which she gave in a ticket.
    let ticket = json!({"subject": "Hello", "body": "x", "email": "Ana@example.org", "visitor": "b1"});
    assert_eq!(service.post("/v1/portals/shop/tickets", &ticket, None).status, 201);
    let now = jiff::Timestamp::now().to_string();
    text(&now);
    let (code, printed, said) = import(content.path(), data.path(), database, &file, &[]);
    assert_eq!(code, 1, "{said}");
    assert!(printed.contains("603 read: 601 new, 1 duplicate, 1 rejected; 2 linked"), "{printed}");
    assert!(printed.contains("covered: 2026-01-15T10:00:00Z to "), "{printed}");
    assert!(said.contains("tickets.csv:4: created_at \"soon\" is no time"), "{said}");
    assert!(!said.contains('\r') && !said.contains("left"), "no progress bar where nobody looks: {said}");
    let declared = ["--from", "2026-01-01", "--to", "2026-02-01"];
    let (_, printed, _) = import(content.path(), data.path(), database, &file, &declared);
    assert!(printed.contains("603 read: 0 new, 602 duplicate, 1 rejected"), "{printed}");
    assert!(printed.contains("covered: 2026-01-01T00:00:00Z to 2026-01-31T23:59:59.999Z"), "{printed}");

    let token = |role: &str| service.token("shop", &[role], &[]);
    let report = service.get(REPORT, Some(&token("signpost:analyst"))).json();
    assert_eq!(report["unattributed"]["unlinked"], 600, "{report}");
    let sources = service.get("/v1/portals/shop/admin/sources", Some(&token("signpost:operator"))).json();
    let of = |name: &str| sources["sources"].as_array().unwrap().iter().find(|source| source["name"] == name).cloned();
    let imported: Value = of("import").unwrap();
    assert_eq!(
        (imported["counts"]["made"].clone(), imported["first"].clone()),
        (json!(601), json!("2026-01-01T00:00:00Z"))
    );
    assert_eq!(service.post("/v1/portals/shop/tickets", &ticket, None).status, 201, "the server still writes");
}

#[test]
fn tickets_are_imported_once_beside_a_running_server_into_its_file() {
    tickets_are_imported_once_beside_a_running_server(&[]);
}

#[test]
fn tickets_are_imported_once_beside_a_running_server_into_its_database() {
    let url = postgres::database();
    tickets_are_imported_once_beside_a_running_server(&["--database", &url]);
}

/// Answers the next call with a status and JSON: its headers in lower case, and its body.
fn answer(listener: &TcpListener, status: &str, json: &str) -> (String, Value) {
    let (headers, body) = take(listener, status, json);
    (headers, serde_json::from_slice(&body).unwrap())
}

/// The same, with the body as it came.
pub fn take(listener: &TcpListener, status: &str, json: &str) -> (String, Vec<u8>) {
    let (mut stream, _) = listener.accept().unwrap();
    let mut from = BufReader::new(stream.try_clone().unwrap());
    let (mut headers, mut line) = (String::new(), String::new());
    while from.read_line(&mut line).unwrap() > 2 {
        headers.push_str(&std::mem::take(&mut line).to_lowercase());
    }
    let length = headers.lines().find_map(|header| header.strip_prefix("content-length: ")).unwrap();
    let mut body = vec![0; length.trim().parse().unwrap()];
    from.read_exact(&mut body).unwrap();
    let head = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", json.len());
    stream.write_all(format!("{head}{json}").as_bytes()).unwrap();
    (headers, body)
}

#[test]
fn a_ticket_is_handed_over_once_the_help_desk_is_back_although_the_server_was_killed_meanwhile() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let desk = TcpListener::bind("127.0.0.1:0").unwrap();
    let secret = data.path().join("secret");
    std::fs::write(&secret, "a secret of enough characters\n").unwrap();
    let forward = format!("generic/shop=file:{}@http://{}/tickets", secret.display(), desk.local_addr().unwrap());
    let options = ["--forward", forward.as_str()];
    let service = Service::start(content.path(), data.path(), &options).settled();
    let ticket = json!({"subject": "Card lost", "body": "Since Monday.", "email": "ana@example.org", "visitor": "b1"});
    let made = service.post("/v1/portals/shop/tickets", &ticket, None).json();
    let (first, said) = answer(&desk, "503 Service Unavailable", "{}");
    assert_eq!((said["subject"].clone(), said["description"].clone()), (json!("Card lost"), json!("Since Monday.")));
    service.kill();
    drop(service);
    let service = Service::start(content.path(), data.path(), &options).settled();
    let (second, again) = answer(&desk, "201 Created", "{\"id\": 77}");
    assert_eq!(said, again);
    let of = |headers: &str, name: &str| headers.lines().find(|line| line.starts_with(name)).map(str::to_owned);
    assert!(of(&first, "signpost-signature: t=").is_some() && of(&second, "signpost-signature: t=").is_some());
    let key = of(&first, "idempotency-key: signpost:");
    assert!(key.is_some() && key == of(&second, "idempotency-key: "), "{first}\n{second}");
    let status = format!(
        "/v1/portals/shop/tickets/{}?secret={}",
        made["id"].as_str().unwrap(),
        made["secret"].as_str().unwrap()
    );
    service.wait("the ticket to be handed over", |service| service.get(&status, None).json()["stage"] == "handed_over");
    assert_eq!(service.get(&status, None).json()["subject"], "");
    let operator = service.token("shop", &["signpost:operator"], &[]);
    let sources = service.get("/v1/portals/shop/admin/sources", Some(&operator)).json();
    assert_eq!(sources["forwarding"], json!({"waiting": 0, "given_up": 0}));
    // The page for people says so too.
    let page = service.get(&status.replace("/v1/portals", ""), None);
    assert!(String::from_utf8_lossy(&page.body).contains("Handed over to our support team"));
}

#[test]
fn the_topics_of_a_file_are_named_with_an_example_and_their_best_article() {
    let (content, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 5);
    let file = folder.path().join("tickets.jsonl");
    let asked =
        ["Where is my parcel?", "my parcel where is it", "parcel where", "Cancel the order", "cancel order please"];
    let lines: Vec<String> = asked.iter().map(|subject| json!({"subject": subject}).to_string()).collect();
    std::fs::write(&file, format!("{}\nno json\n", lines.join("\n"))).unwrap();
    let content = content.path().to_str().unwrap();
    let named = ["tickets", "topics", file.to_str().unwrap(), "--portal", "shop", "--content", content];
    let (code, printed, said) = signpost(&named);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("tickets.jsonl:6: "), "{said}");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], "shop: 5 tickets, 2 of 2 topics; 1 line holds no ticket", "{printed}");
    assert!(lines[2].starts_with("1. ") && lines[2].ends_with("(3 tickets, 60.0 %)"), "{printed}");
    assert!(lines[3].starts_with("   such as: ") && lines[3].contains("parcel"), "{printed}");
    assert!(lines[4].starts_with("   not signed in  ") && lines[4].ends_with("no article"), "{printed}");
    let (_, printed, _) = signpost(&[&named[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(&printed).unwrap();
    assert!(told["topics"][1]["example"].as_str().unwrap().to_lowercase().contains("cancel"), "{told}");
}
