//! Kills the server at random moments: nothing acknowledged is lost or doubled, and what was narrowed stays out.
//!
//! `make test` kills a few times; `make crash` a hundred times, with embeddings, and prints what it measured.

use crate::contents::{Seeded, article, shop, words};
use crate::postgres;
use crate::service::{Service, encode, model, save, signpost};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::{Duration, Instant};

fn kills() -> usize {
    std::env::var("SIGNPOST_KILLS").map_or(4, |kills| kills.parse().expect("SIGNPOST_KILLS is a number"))
}

/// What a client sent and keeps sending, with the same ids, until it is acknowledged.
#[derive(Default)]
struct Client {
    events: Vec<Value>,
    tickets: Vec<(String, Value)>,
    acknowledged_events: usize,
    acknowledged_tickets: Vec<String>,
}

impl Client {
    /// Sends what is not acknowledged, then something new, until the server is gone.
    fn drive(&mut self, service: &Service, random: &mut Seeded, stop: &AtomicBool) {
        while !stop.load(Relaxed) {
            if self.acknowledged_events == self.events.len() {
                self.events.push(batch(self.events.len(), random));
            }
            let event = &self.events[self.acknowledged_events];
            match service.try_post("/v1/portals/shop/events", event, None, &[]) {
                Some(reply) => {
                    assert_eq!(reply.status, 202, "{}", String::from_utf8_lossy(&reply.body));
                    let answer = reply.json();
                    let known = answer["accepted"].as_u64().unwrap() + answer["duplicate"].as_u64().unwrap();
                    assert_eq!(known, 1, "every event is new or known: {answer}");
                    self.acknowledged_events += 1;
                }
                None => return,
            }
            if random.below(4) == 0 || self.acknowledged_tickets.len() < self.tickets.len() {
                if self.acknowledged_tickets.len() == self.tickets.len() {
                    let number = self.tickets.len();
                    let body = json!({"subject": format!("Ticket {number}"), "body": words(random, 12), "visitor": format!("v{number}")});
                    self.tickets.push((format!("key-{number:06}-0123456789"), body));
                }
                let (key, body) = &self.tickets[self.acknowledged_tickets.len()];
                match service.try_post("/v1/portals/shop/tickets", body, None, &[("idempotency-key", key)]) {
                    Some(reply) => {
                        assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.body));
                        self.acknowledged_tickets.push(reply.json()["status_url"].as_str().unwrap().to_owned());
                    }
                    None => return,
                }
            }
        }
    }
}

/// One search, recorded by a client, of a visitor of its own.
fn batch(number: usize, random: &mut Seeded) -> Value {
    let now = jiff::Timestamp::now().to_string();
    json!({"sent_at": now, "visitor": format!("w{number}"), "events": [{
        "id": format!("event-{number:08}"), "type": "search", "at": now, "surface": "api",
        "query": words(random, 2), "results": 3, "search_id": format!("own-{number}"),
    }]})
}

/// Saves random articles until told to stop.
fn edit(root: &Path, articles: usize, random: &mut Seeded, stop: &AtomicBool) {
    while !stop.load(Relaxed) {
        let number = random.below(articles);
        let path = root.join(format!("shop/articles/a{number:04}.md"));
        let title = format!("{} {number}", words(random, 3));
        save(&path, &article(&title, "language: en\n", random));
        std::thread::sleep(Duration::from_millis(20)); // an editor's pace, not a wait for anything
    }
}

#[test]
fn crash_loses_and_doubles_nothing() {
    kill_at_random_moments(None);
}

#[test]
fn crash_loses_and_doubles_nothing_on_postgres() {
    kill_at_random_moments(Some(&postgres::database()));
}

fn kill_at_random_moments(database: Option<&str>) {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (kills, articles) = (kills(), if kills() >= 100 { 1000 } else { 100 });
    let model = model();
    let alone: &[&str] = if kills >= 100 { &["--model", model.to_str().unwrap()] } else { &[] };
    let options = &[alone, &database.map_or(vec![], |url| vec!["--database", url])].concat();
    shop(content.path(), articles);
    let (mut client, mut random) = (Client::default(), Seeded(11));
    let mut ready = Vec::new();
    for kill in 0..kills {
        let start = Instant::now();
        let service = Service::start(content.path(), data.path(), options);
        service.wait("readiness", |service| service.get("/readyz", None).status == 200);
        if kill > 0 {
            ready.push(start.elapsed());
        }
        let (stop, moment) = (AtomicBool::new(false), random.below(400) as u64);
        let (mut editor, mut typist) = (Seeded(100 + kill as u64), Seeded(200 + kill as u64));
        std::thread::scope(|scope| {
            scope.spawn(|| edit(content.path(), articles, &mut editor, &stop));
            scope.spawn(|| client.drive(&service, &mut typist, &stop));
            std::thread::sleep(Duration::from_millis(moment)); // the random moment of the kill
            service.kill();
            stop.store(true, Relaxed);
        });
        drop(service);
    }

    let service = Service::start(content.path(), data.path(), options).settled();
    let (stop, mut last) = (AtomicBool::new(false), Seeded(3));
    std::thread::scope(|scope| {
        // Whatever was sent but not acknowledged is sent again, once more, so that both sides know it.
        scope.spawn(|| client.drive(&service, &mut last, &stop));
        std::thread::sleep(Duration::from_millis(200));
        stop.store(true, Relaxed);
    });
    for (number, event) in client.events[..client.acknowledged_events].iter().enumerate() {
        let answer = service.post("/v1/portals/shop/events", event, None).json();
        assert_eq!(answer["duplicate"], 1, "event {number} was acknowledged and lost: {answer}");
    }
    for (number, status) in client.acknowledged_tickets.iter().enumerate() {
        let again = service.try_post(
            "/v1/portals/shop/tickets",
            &client.tickets[number].1,
            None,
            &[("idempotency-key", &client.tickets[number].0)],
        );
        let again = again.unwrap().json();
        assert_eq!(again["status_url"].as_str().unwrap(), status, "ticket {number} was doubled");
    }
    let token = service.token("shop", &["signpost:analyst"], &[]);
    let report = service.get("/v1/portals/shop/reports/deflection", Some(&token)).json();
    assert_eq!(report["visits"], client.acknowledged_events, "one visit an event: {report}");
    assert_eq!(report["link_coverage"]["tickets"], client.acknowledged_tickets.len(), "{report}");

    let mut arguments = vec!["report", "--portal", "shop", "--format", "json", "--data", data.path().to_str().unwrap()];
    arguments.extend(database.map_or(vec![], |url| vec!["--database", url]));
    let (code, printed, error) = signpost(&arguments);
    assert_eq!(code, 0, "{error}");
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!((&printed["visits"], &printed["tickets"]), (&report["visits"], &report["tickets"]));

    let fresh = tempfile::tempdir().unwrap();
    let built = Service::start(content.path(), fresh.path(), alone).settled();
    let generation =
        |service: &Service| service.get("/v1/portals/shop/search?q=invoice", None).json()["generation"].clone();
    assert_eq!(generation(&service), generation(&built), "the index equals the content");
    ready.sort();
    println!(
        "{kills} kills at {articles} articles: {} events and {} tickets acknowledged, none lost or doubled; ready p50 {:?}, max {:?}",
        client.acknowledged_events,
        client.acknowledged_tickets.len(),
        ready[ready.len() / 2],
        ready.last().unwrap()
    );
}

#[test]
fn crash_does_not_bring_back_what_was_narrowed_meanwhile() {
    let (content, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    shop(content.path(), 200);
    Service::start(content.path(), data.path(), &[]).settled().kill();
    let narrowed: Vec<usize> = (0..50).map(|number| number * 4).collect();
    for number in &narrowed {
        let path = content.path().join(format!("shop/articles/a{number:04}.md"));
        let text = std::fs::read_to_string(&path).unwrap();
        save(&path, &text.replace("language: en\n", "language: en\naudience: {roles: [member]}\n"));
    }
    let service = Service::start(content.path(), data.path(), &[]);
    let mut random = Seeded(5);
    let mut ask = |times: usize| {
        for _ in 0..times {
            let query = encode(&words(&mut random, 3));
            let reply = service.get(&format!("/v1/portals/shop/search?q={query}&limit=50"), None);
            let shown = if reply.status == 503 { Vec::new() } else { reply.slugs() };
            let leaked: Vec<_> = narrowed.iter().filter(|number| shown.contains(&format!("a{number:04}"))).collect();
            assert!(leaked.is_empty(), "shown after the restart: {leaked:?}");
        }
        for number in &narrowed {
            let status = service.get(&format!("/v1/portals/shop/articles/a{number:04}"), None).status;
            assert!(status == 404 || status == 503, "a{number:04} is fetchable after the restart");
        }
    };
    ask(100); // from the first moment on
    service.wait("the index to be up to date", |service| {
        let member = service.token("shop", &["member"], &[]);
        service.get("/v1/portals/shop/articles/a0000", Some(&member)).status == 200
    });
    ask(100);
}
