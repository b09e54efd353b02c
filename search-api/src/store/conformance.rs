//! What every store keeps: written as functions over an opened store, so that a second kind is held to the same.

use super::*;
use crate::deflection::log::{Searched, Shown};
use crate::identity::{DevKey, Grant, OPERATOR};
use std::collections::{BTreeMap as Map, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

const T0: Millis = 1_777_888_800_000;
const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

/// A folder, a clock that stands still until it is moved, and a portal.
struct Bench {
    folder: TempDir,
    now: Arc<AtomicI64>,
    portal: Portal,
}

impl Bench {
    fn new() -> Self {
        Self { folder: TempDir::new().unwrap(), now: Arc::new(AtomicI64::new(T0)), portal: portal("") }
    }

    async fn open(&self) -> Store {
        let now = Arc::clone(&self.now);
        Store::open(self.folder.path(), Arc::new(move || now.load(Ordering::SeqCst))).await.unwrap()
    }

    fn later(&self, by: Millis) {
        self.now.fetch_add(by, Ordering::SeqCst);
    }
}

fn portal(more: &str) -> Portal {
    let text = format!(
        "name = \"Acme\"\nlanguages = [\"en\"]\nstaff_roles = [\"agent\"]\n{more}\n[[roles]]\nname = \"agent\"\n[[roles]]\nname = \"admin\"\n"
    );
    let (portal, problems) = Portal::parse("acme", &text);
    assert!(problems.is_empty(), "{problems:?}");
    portal.unwrap()
}

/// A viewer with a token.
fn viewer(portal: &Portal, subject: &str, roles: &[&str]) -> Viewer {
    let folder = TempDir::new().unwrap();
    let grant = Grant {
        portal: portal.id.clone(),
        subject: subject.into(),
        roles: roles.iter().map(|role| role.to_string()).collect::<BTreeSet<_>>(),
        attributes: Map::new(),
        expires: T0 / 1000 + 1_000_000,
    };
    let key = DevKey::open(folder.path()).unwrap();
    let token = key.sign(&grant).unwrap();
    key.keys().verify(&token, portal, T0).unwrap()
}

fn click(id: &str, slug: &str) -> NewEvent {
    let kind = Kind::Click(Shown { slug: slug.into(), ..Shown::default() });
    NewEvent { id: id.into(), at: T0, surface: Surface::Help, test: false, kind }
}

fn batch(events: Vec<NewEvent>) -> Batch {
    Batch { sent_at: T0, events, covers: None }
}

fn answered(store: &Store, portal: &Portal, origin: Origin<'_>, text: &str) -> AnsweredSearch {
    AnsweredSearch {
        search_id: store.search_id(portal, origin),
        text: text.into(),
        language: Language::parse("en").unwrap(),
        surface: Surface::Help,
        results: 2,
        confidence: Confidence::Good,
        vector: None,
    }
}

fn ticket(key: Option<&str>, body: &str) -> NewTicket {
    NewTicket {
        subject: "Refund for ana@example.org".into(),
        body: body.into(),
        email: Some("ana@example.org".into()),
        idempotency_key: key.map(Into::into),
        ..NewTicket::default()
    }
}

async fn all(store: &Store) -> Log {
    store.log("acme", T0 - 60 * DAY, T0 + 60 * DAY).await.unwrap()
}

#[tokio::test]
async fn what_is_acknowledged_is_there_after_a_crash_once() {
    let bench = Bench::new();
    let nobody = Viewer::anonymous("acme");
    let origin = Origin::new(&nobody, Some("b1"));
    let store = bench.open().await;
    let made = store.create_ticket(&bench.portal, origin, ticket(Some("k"), "Please."), None).await.unwrap();
    let batches = (0..40).map(|number| {
        let (store, portal) = (&store, &bench.portal);
        async move { store.append(portal, origin, batch(vec![click(&format!("e{number}"), "a")])).await.unwrap() }
    });
    for receipt in futures_of(batches).await {
        assert_eq!(receipt, Receipt { accepted: 1, ..Receipt::default() });
    }
    // No shutdown: the files are taken as they lie, as after a kill.
    let copy = TempDir::new().unwrap();
    copy_folder(bench.folder.path(), copy.path());
    let now = Arc::clone(&bench.now);
    let after = Store::open(copy.path(), Arc::new(move || now.load(Ordering::SeqCst))).await.unwrap();
    let log = all(&after).await;
    assert_eq!((log.events.len(), log.tickets.len()), (40, 1));
    let again = after.append(&bench.portal, origin, batch(vec![click("e7", "a"), click("e40", "a")])).await.unwrap();
    assert_eq!(again, Receipt { accepted: 1, duplicate: 1, conflict: 0 });
    let same = after.create_ticket(&bench.portal, origin, ticket(Some("k"), "Please."), None).await.unwrap();
    assert_eq!((&same.ticket.id, &same.secret), (&made.ticket.id, &made.secret));
    assert_eq!(all(&after).await.tickets.len(), 1);
    after.shutdown().await;
    store.shutdown().await;
}

#[tokio::test]
async fn the_first_of_an_id_wins_and_other_content_is_a_conflict() {
    let bench = Bench::new();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    let send = async |events| store.append(&bench.portal, origin, batch(events)).await.unwrap();
    assert_eq!(
        send(vec![click("e", "a"), click("e", "a"), click("e", "b")]).await,
        Receipt { accepted: 1, duplicate: 1, conflict: 1 }
    );
    bench.later(HOUR);
    assert_eq!(send(vec![click("e", "b"), click("f", "b")]).await, Receipt { accepted: 1, duplicate: 0, conflict: 1 });
    let log = all(&store).await;
    assert_eq!(log.lost.conflicts, 2);
    assert!(
        log.events
            .iter()
            .any(|event| event.id == "e" && matches!(&event.kind, Kind::Click(shown) if shown.slug == "a"))
    );
    // Another portal has ids of its own.
    let other = Portal { id: "other".into(), ..bench.portal.clone() };
    let receipt = store.append(&other, origin, batch(vec![click("e", "z")])).await.unwrap();
    assert_eq!(receipt.accepted, 1);
    assert_eq!(all(&store).await.events.len(), 2);
    store.shutdown().await;
}

#[tokio::test]
async fn every_kind_of_event_is_read_as_it_was_sent() {
    let bench = Bench::new();
    let store = bench.open().await;
    let operator = viewer(&bench.portal, "op", &[OPERATOR]);
    let some = |text: &str| Some(text.to_owned());
    let shown = Shown { slug: "a".into(), search_id: some("s"), form_id: some("f"), rank: Some(3) };
    let vector = QueryVector { model: indexer::embedder::ModelDigest([9; 32]), values: [1, -128, 127].into() };
    let searched = Searched {
        search_id: some("s"),
        text: some("reset"),
        language: Language::parse("pt-br"),
        results: 7,
        confidence: Some(Confidence::Weak),
        vector: Some(vector),
    };
    let kinds = [
        Kind::Search(searched),
        Kind::Impression(shown.clone()),
        Kind::Click(shown),
        Kind::Leave { slug: "a".into(), search_id: some("s") },
        Kind::Vote { slug: "a".into(), solved: false, comment: some("no"), search_id: None },
        Kind::FormOpen { form_id: "f".into(), search_id: some("s"), assigned: None },
        Kind::FormSuggest { form_id: "f".into(), slug: "a".into() },
        Kind::FormLeft { form_id: "f".into() },
        Kind::Ticket { form_id: some("f"), search_id: None, ticket_id: some("t") },
    ];
    let event = |(number, kind): (usize, &Kind)| NewEvent {
        id: format!("e{number}"),
        at: T0 - 40 * DAY,
        surface: Surface::Context,
        test: number == 2,
        kind: kind.clone(),
    };
    let events: Vec<_> = kinds.iter().enumerate().map(event).collect();
    let sent = Batch { sent_at: T0, events, covers: Some((T0 - 50 * DAY, T0)) };
    let receipt = store.append(&bench.portal, Origin::new(&operator, Some("b1")), sent).await.unwrap();
    assert_eq!(receipt.accepted, kinds.len());
    let mut log = all(&store).await;
    log.events.sort_by(|a, b| a.id.cmp(&b.id));
    let found: Vec<_> = log.events.iter().map(|event| event.kind.clone()).collect();
    assert_eq!(found, kinds);
    assert!(log.events.iter().all(|event| event.stamp.backfill && event.stamp.at == T0 - 40 * DAY));
    assert!(log.events.iter().all(|event| event.person.subject.is_none() && event.person.browser.is_some()));
    assert_eq!(log.events[2].mark, Some(Mark::Test));
    // A backfill's ticket is one, and it says for which time it holds all.
    assert_eq!((log.tickets.len(), log.tickets[0].at, &*log.tickets[0].source), (1, T0 - 40 * DAY, "backfill"));
    assert!(log.coverage.iter().any(|stretch| (stretch.from, stretch.to) == (T0 - 50 * DAY, T0)));
    store.shutdown().await;
}

#[tokio::test]
async fn a_search_is_recorded_redacted_and_its_id_is_its_visitors_alone() {
    let bench = Bench::new();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let (mine, theirs) = (Origin::new(&nobody, Some("b1")), Origin::new(&nobody, Some("b2")));
    let search = answered(&store, &bench.portal, mine, "refund for ana@example.org");
    let id = search.search_id.clone();
    store.record(&bench.portal, mine, search);
    let naming = |event: &str, search: &str| {
        let kind = Kind::Leave { slug: "a".into(), search_id: Some(search.into()) };
        NewEvent { kind, ..click(event, "a") }
    };
    store.append(&bench.portal, mine, batch(vec![naming("own", &id), naming("made-up", "c2VhcmNo")])).await.unwrap();
    store.append(&bench.portal, theirs, batch(vec![naming("stolen", &id)])).await.unwrap();
    // Signing in keeps the ids issued before, as long as the browser says who it was.
    let signed_in = viewer(&bench.portal, "ana", &["admin"]);
    store.append(&bench.portal, Origin::new(&signed_in, Some("b1")), batch(vec![naming("kept", &id)])).await.unwrap();
    let elsewhere = Portal { id: "other".into(), ..bench.portal.clone() };
    store.append(&elsewhere, mine, batch(vec![naming("elsewhere", &id)])).await.unwrap();
    store.shutdown().await;

    let log = bench.open().await.log("acme", T0 - DAY, T0 + DAY).await.unwrap();
    let named = |event: &str| {
        let found = log.events.iter().find(|found| found.id == event).unwrap();
        matches!(&found.kind, Kind::Leave { search_id: Some(found), .. } if *found == id)
    };
    assert_eq!(["own", "made-up", "stolen", "kept"].map(named), [true, false, false, true]);
    assert_eq!(log.lost.foreign_ids, 2);
    let recorded = log.events.iter().find_map(|event| match &event.kind {
        Kind::Search(searched) => searched.text.clone(),
        _ => None,
    });
    assert_eq!(recorded.as_deref(), Some("refund for [email]"));
}

#[tokio::test]
async fn a_portal_that_keeps_no_queries_has_none_on_disk() {
    let bench = Bench { portal: portal("queries = \"none\""), ..Bench::new() };
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    let search = answered(&store, &bench.portal, origin, "chemotherapy side effects");
    store.record(&bench.portal, origin, search);
    let kind = Kind::Vote { slug: "a".into(), solved: true, comment: Some("my chemotherapy".into()), search_id: None };
    store.append(&bench.portal, origin, batch(vec![NewEvent { kind, ..click("v", "a") }])).await.unwrap();
    let written = NewTicket { subject: "chemotherapy".into(), body: "chemotherapy".into(), ..NewTicket::default() };
    store.create_ticket(&bench.portal, origin, written, None).await.unwrap();
    store.shutdown().await;
    assert!(!on_disk(bench.folder.path(), b"chemotherapy"));
}

#[tokio::test]
async fn neither_people_nor_tickets_can_be_read_on_disk() {
    let bench = Bench::new();
    let (store, ana) = (bench.open().await, viewer(&bench.portal, "subject-of-ana", &["admin"]));
    let origin = Origin::new(&ana, Some("browser-of-ana"));
    store.append(&bench.portal, origin, batch(vec![click("e", "a")])).await.unwrap();
    store.create_ticket(&bench.portal, origin, ticket(None, "The secret body."), None).await.unwrap();
    store.shutdown().await;
    for text in ["subject-of-ana", "browser-of-ana", "ana@example.org", "The secret body"] {
        assert!(!on_disk(bench.folder.path(), text.as_bytes()), "{text}");
    }
    let mode = |name: &str| fs::metadata(bench.folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    for name in ["events.sqlite", "keys/subject.key", "keys/search.key", "keys/ticket.key", "keys/month-2026-05.key"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert_eq!(mode("keys"), 0o700);
}

#[tokio::test]
async fn staff_are_marked_and_the_untracked_are_nobody() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (agent, ana) = (viewer(&bench.portal, "agent", &["agent"]), viewer(&bench.portal, "ana", &["admin"]));
    store.append(&bench.portal, Origin::new(&agent, None), batch(vec![click("staff", "a")])).await.unwrap();
    store
        .append(&bench.portal, Origin::new(&ana, Some("b")).unidentified(), batch(vec![click("dnt", "a")]))
        .await
        .unwrap();
    store
        .append(&bench.portal, Origin::new(&ana, None).marked(Mark::Bot), batch(vec![click("bot", "a")]))
        .await
        .unwrap();
    let log = all(&store).await;
    let of = |id: &str| log.events.iter().find(|event| event.id == id).unwrap();
    assert_eq!(of("staff").mark, Some(Mark::Staff));
    assert_eq!(of("bot").mark, Some(Mark::Bot));
    assert_eq!((of("dnt").person, &of("dnt").roles[..]), (Default::default(), &["admin".to_owned()][..]));
    // Not followed, but the ticket is still theirs.
    let made = store
        .create_ticket(&bench.portal, Origin::new(&ana, None).unidentified(), ticket(None, "x"), None)
        .await
        .unwrap();
    assert!(store.ticket(&bench.portal, &made.ticket.id, &ana, None).await.unwrap().is_some());
    let fact = &all(&store).await.tickets[0];
    assert_eq!((fact.person, fact.email), (Default::default(), None));
    store.shutdown().await;
}

#[tokio::test]
async fn a_ticket_is_seen_by_its_owner_and_the_holder_of_its_secret() {
    let bench = Bench::new();
    let store = bench.open().await;
    let (ana, eve, nobody) =
        (viewer(&bench.portal, "ana", &[]), viewer(&bench.portal, "eve", &[]), Viewer::anonymous("acme"));
    let made = store.create_ticket(&bench.portal, Origin::new(&ana, None), ticket(None, "x"), None).await.unwrap();
    assert_eq!(made.ticket.stages, [(Stage::Received, T0)]);
    assert_eq!(made.ticket.subject, "Refund for ana@example.org");
    let id = &made.ticket.id;
    let seen = async |viewer: &Viewer, secret: Option<&str>| {
        store.ticket(&bench.portal, id, viewer, secret).await.unwrap().is_some()
    };
    assert!(seen(&ana, None).await);
    assert!(seen(&nobody, Some(&made.secret)).await);
    assert!(!seen(&eve, None).await && !seen(&nobody, None).await && !seen(&eve, Some("guess")).await);
    let elsewhere = Portal { id: "other".into(), ..bench.portal.clone() };
    assert!(store.ticket(&elsewhere, id, &ana, Some(&made.secret)).await.unwrap().is_none());
    bench.later(HOUR);
    assert_eq!(store.advance(&bench.portal, id, Stage::Working).await.unwrap(), Some(()));
    assert_eq!(store.advance(&bench.portal, "none", Stage::Working).await.unwrap(), None);
    let status = store.ticket(&bench.portal, id, &ana, None).await.unwrap().unwrap();
    assert_eq!(status.stages, [(Stage::Received, T0), (Stage::Working, T0 + HOUR)]);
    store.shutdown().await;
}

#[tokio::test]
async fn an_idempotency_key_gives_one_ticket_for_a_day() {
    let bench = Bench::new();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let make = async |browser: &str, key: &str, body: &str| {
        store.create_ticket(&bench.portal, Origin::new(&nobody, Some(browser)), ticket(Some(key), body), None).await
    };
    let first = make("b1", "k", "one").await.unwrap().ticket.id;
    assert_eq!(make("b1", "k", "one").await.unwrap().ticket.id, first);
    assert!(matches!(make("b1", "k", "two").await, Err(TicketError::KeyReused)));
    assert_ne!(make("b2", "k", "one").await.unwrap().ticket.id, first);
    assert_ne!(make("b1", "l", "one").await.unwrap().ticket.id, first);
    bench.later(DAY);
    assert_eq!(make("b1", "k", "one").await.unwrap().ticket.id, first);
    bench.later(1);
    assert_ne!(make("b1", "k", "one").await.unwrap().ticket.id, first);
    store.shutdown().await;
}

#[tokio::test]
async fn a_full_queue_drops_searches_and_counts_them() {
    let bench = Bench::new();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    // This runtime has one thread: the writer cannot run between these calls.
    for number in 0..RECORDS + 3 {
        let search = answered(&store, &bench.portal, origin, &format!("query {number}"));
        store.record(&bench.portal, origin, search);
    }
    store.append(&bench.portal, origin, batch(vec![click("e", "a")])).await.unwrap();
    store.shutdown().await;
    let log = bench.open().await.log("acme", T0 - DAY, T0 + DAY).await.unwrap();
    assert_eq!((log.events.len(), log.lost.dropped), (RECORDS + 1, 3));
}

#[tokio::test]
async fn the_form_covers_the_time_in_which_the_server_ran() {
    let bench = Bench::new();
    let covered = async || {
        let store = bench.open().await;
        let coverage = all(&store).await.coverage;
        store.shutdown().await;
        coverage.into_iter().map(|stretch| (stretch.from - T0, stretch.to - T0)).collect::<Vec<_>>()
    };
    let store = bench.open().await;
    bench.later(HOUR);
    assert_eq!(all(&store).await.coverage.last().map(|run| run.to), Some(T0 + HOUR));
    store
        .append(&bench.portal, Origin::new(&Viewer::anonymous("acme"), None), batch(vec![click("e", "a")]))
        .await
        .unwrap();
    store.shutdown().await;
    // A restart is no gap, a longer silence is one.
    bench.later(60_000);
    assert_eq!(covered().await, [(0, HOUR + 60_000)]);
    bench.later(2 * HOUR);
    assert_eq!(covered().await, [(0, HOUR + 60_000), (3 * HOUR + 60_000, 3 * HOUR + 60_000)]);
}

#[tokio::test]
async fn after_shutdown_nothing_is_taken_in() {
    let bench = Bench::new();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    store.shutdown().await;
    let refused = store.append(&bench.portal, Origin::new(&nobody, None), batch(vec![click("e", "a")])).await;
    assert!(matches!(refused, Err(StoreError::Stopped)));
}

#[tokio::test]
async fn the_last_word_of_each_visitor_is_kept_with_what_they_hold_and_that_of_staff_is_not() {
    let bench = Bench::new();
    let store = bench.open().await;
    let vote = |id: &str, at: Millis, solved: bool, test: bool| {
        let kind = Kind::Vote { slug: "a".into(), solved, comment: None, search_id: None };
        batch(vec![NewEvent { id: id.into(), at, surface: Surface::Help, test, kind }])
    };
    let nobody = Viewer::anonymous("acme");
    let (admin, other, agent) = (
        viewer(&bench.portal, "ana", &["admin"]),
        viewer(&bench.portal, "bo", &["admin", "of another system"]),
        viewer(&bench.portal, "cy", &["agent"]),
    );
    let (browser, operator) = (Origin::new(&nobody, Some("b1")), viewer(&bench.portal, "op", &[OPERATOR]));
    let send = async |origin: Origin<'_>, batch| store.append(&bench.portal, origin, batch).await.unwrap().accepted;
    assert_eq!(send(browser, vote("1", T0, true, false)).await, 1);
    assert_eq!(send(browser, vote("2", T0 - HOUR, false, false)).await, 1, "earlier, and late to arrive");
    assert_eq!(send(Origin::new(&admin, Some("b1")), vote("3", T0 - 2, true, false)).await, 1);
    assert_eq!(send(Origin::new(&admin, Some("b1")), vote("4", T0 - 1, false, false)).await, 1);
    assert_eq!(send(Origin::new(&other, None), vote("5", T0, true, false)).await, 1);
    // Of none of these is a vote counted.
    assert_eq!(send(Origin::new(&agent, None), vote("6", T0, true, false)).await, 1);
    assert_eq!(send(Origin::new(&nobody, None), vote("7", T0, true, false)).await, 1);
    assert_eq!(send(browser.marked(Mark::Bot), vote("8", T0, false, false)).await, 1);
    assert_eq!(send(browser, vote("9", T0, false, true)).await, 1);
    assert_eq!(send(Origin::new(&operator, None), vote("10", T0, false, false)).await, 1);

    let held = |viewer: &Viewer| store.held(&bench.portal, viewer.grants());
    assert_eq!(held(&admin), held(&other), "what the portal does not know opens nothing");
    assert_ne!(held(&admin), held(&nobody));
    let votes = store.votes().await.unwrap().remove("acme").unwrap();
    let mut said: Vec<_> = votes.iter().map(|vote| (vote.held == held(&admin), vote.solved)).collect();
    said.sort_unstable();
    assert_eq!(said, [(false, true), (true, false), (true, true)]);
    assert!(votes.iter().all(|vote| vote.slug == "a" && (vote.held == held(&nobody) || vote.held == held(&admin))));
    store.shutdown().await;
}

#[tokio::test]
async fn a_later_versions_database_is_refused_and_left_alone() {
    let bench = Bench::new();
    let store = bench.open().await;
    store.shutdown().await;
    let mut db = archive::open_to_write(bench.folder.path()).await.unwrap();
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) VALUES (9999, 'later', 1, x'00', 0)";
    sqlx::query(later).execute(&mut db).await.unwrap();
    sqlx::Connection::close(db).await.unwrap();
    let refused = Store::open(bench.folder.path(), Arc::new(|| T0)).await;
    assert!(matches!(refused, Err(StoreError::Newer(_))));
    assert!(matches!(Archive::open(Path::new("/nonexistent")).await, Err(StoreError::Absent(_))));
}

#[tokio::test]
async fn what_is_due_is_forgotten_and_nothing_else() {
    let bench = Bench::new();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    let search = answered(&store, &bench.portal, origin, "some words of a person");
    store.record(&bench.portal, origin, search);
    let made = store.create_ticket(&bench.portal, origin, ticket(Some("k"), "x"), None).await.unwrap().ticket;
    store.advance(&bench.portal, &made.id, Stage::Solved).await.unwrap();
    store.shutdown().await;
    let tidied = async |by: Millis| {
        let mut db = archive::open_to_write(bench.folder.path()).await.unwrap();
        retention::tidy(&mut db, &Keys::open(&bench.folder.path().join("keys")).unwrap(), T0 + by).await.unwrap();
        sqlx::Connection::close(db).await.unwrap();
        let log = Archive::open(bench.folder.path()).await.unwrap().log("acme", T0 - DAY, T0 + DAY).await.unwrap();
        let texts =
            log.events.iter().filter(|event| matches!(&event.kind, Kind::Search(found) if found.text.is_some()));
        (
            texts.count(),
            log.events.len(),
            log.events.iter().filter(|event| event.person.browser_before.is_some()).count(),
        )
    };
    // 4 May lies within the overlap: the event carries April's hash until 8 May, 00:30.
    assert_eq!(tidied(3 * DAY).await, (1, 1, 1));
    assert_eq!(tidied(4 * DAY).await, (1, 1, 0));
    assert_eq!(tidied(90 * DAY).await, (1, 1, 0));
    assert_eq!(tidied(90 * DAY + 1).await, (0, 1, 0));
    assert!(!on_disk(bench.folder.path(), b"some words of a person"));
    assert_eq!(tidied(400 * DAY).await, (0, 1, 0));
    assert_eq!(tidied(400 * DAY + 1).await, (0, 0, 0));
    let store = bench.open().await;
    let secret = store.keys.ticket_secret("acme", &made.id);
    assert_eq!(store.ticket(&bench.portal, &made.id, &nobody, Some(&secret)).await.unwrap(), None);
    store.shutdown().await;
}

#[tokio::test]
async fn months_have_keys_of_their_own_that_are_forgotten() {
    let folder = TempDir::new().unwrap();
    let keys = Keys::open(folder.path()).unwrap();
    let first_of_june = 1_780_272_000_000;
    let (may, april) = keys.browser("acme", "b", first_of_june - 1).unwrap();
    let (june, before) = keys.browser("acme", "b", first_of_june).unwrap();
    assert_eq!((april, before), (None, Some(may)));
    assert_ne!(june, may);
    assert_eq!(keys.browser("acme", "b", first_of_june + keys::OVERLAP).unwrap().1, Some(may));
    assert_eq!(keys.browser("acme", "b", first_of_june + keys::OVERLAP + 1).unwrap(), (june, None));
    // The files were made just now, by the clock of this machine.
    let made = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as Millis;
    keys.forget_months(made.max(first_of_june + 60 * DAY) + 90 * DAY).unwrap();
    assert!(!folder.path().join("month-2026-05.key").exists());
    assert_ne!(keys.browser("acme", "b", first_of_june - 1).unwrap().0, may);
    assert_eq!(Keys::open(folder.path()).unwrap().subject("acme", "s"), keys.subject("acme", "s"));
}

#[test]
fn a_damaged_key_is_named_and_not_replaced() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("subject.key"), b"short").unwrap();
    let refused = Keys::open(folder.path()).err().unwrap().to_string();
    assert!(refused.contains("subject.key") && refused.contains("not 32"), "{refused}");
    assert_eq!(fs::read(folder.path().join("subject.key")).unwrap(), b"short");
}

/// Drives futures together on this thread.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in waiting.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        if outputs.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn on_disk(folder: &Path, text: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return on_disk(&path, text);
        }
        fs::read(path).unwrap().windows(text.len()).any(|window| window == text)
    })
}
