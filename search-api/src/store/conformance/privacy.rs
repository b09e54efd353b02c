//! What is never stored, what is forgotten, and the keys that see to it.

use super::*;
use crate::deflection::log::Searched;
use crate::deflection::outcomes::Outcome;
use crate::deflection::{Question, Report, report};

on_both! {
    a_portal_that_keeps_no_queries_has_none_on_disk,
    neither_people_nor_tickets_can_be_read_on_disk,
    what_is_due_is_forgotten_and_nothing_else,
    nothing_that_was_told_changes_when_texts_go,
    a_text_goes_whatever_is_damaged_beside_it,
    a_reading_that_goes_on_is_one_row_and_ends_with_it,
}

async fn a_portal_that_keeps_no_queries_has_none_on_disk(bench: Bench) {
    let bench = Bench { portal: portal("queries = \"none\""), ..bench };
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    let search = answered(&store, &bench.portal, origin, "chemotherapy side effects");
    store.record(&bench.portal, origin, search);
    let kind = Kind::Vote { slug: "a".into(), solved: true, comment: Some("my chemotherapy".into()), search_id: None };
    store.append(&bench.portal, origin, batch(vec![NewEvent { kind, ..click("v", "a") }])).await.unwrap();
    let written = NewTicket { subject: "chemotherapy".into(), body: "chemotherapy".into(), ..NewTicket::default() };
    store.create_ticket(&bench.portal, origin, written, None).await.unwrap();
    store.shutdown().await;
    assert!(!bench.holds("chemotherapy").await);
}

async fn neither_people_nor_tickets_can_be_read_on_disk(bench: Bench) {
    let (store, ana) = (bench.open().await, viewer(&bench.portal, "subject-of-ana", &["admin"]));
    let origin = Origin::new(&ana, Some("browser-of-ana"));
    store.append(&bench.portal, origin, batch(vec![click("e", "a")])).await.unwrap();
    store.create_ticket(&bench.portal, origin, ticket(None, "The secret body."), None).await.unwrap();
    store.shutdown().await;
    for text in ["subject-of-ana", "browser-of-ana", "ana@example.org", "The secret body"] {
        assert!(!bench.holds(text).await, "{text}");
    }
    let mode = |name: &str| fs::metadata(bench.folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert!(bench.url.is_some() || mode("events.sqlite") == 0o600);
    for name in ["keys/subject.key", "keys/search.key", "keys/ticket.key", "keys/month-2026-05.key"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
    assert_eq!(mode("keys"), 0o700);
}

async fn what_is_due_is_forgotten_and_nothing_else(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    let search = answered(&store, &bench.portal, origin, "some words of a person");
    store.record(&bench.portal, origin, search);
    let made = store.create_ticket(&bench.portal, origin, ticket(Some("k"), "x"), None).await.unwrap().ticket;
    store.advance(&bench.portal, &made.id, Stage::Solved).await.unwrap();
    store.note_reading(&bench.portal, &nobody, "from=2026-05-01".into(), 1).await.unwrap();
    store.shutdown().await;
    let tidied = async |by: Millis| {
        let (database, keys) = (bench.database(), Keys::open(&bench.folder.path().join("keys")).unwrap());
        let mut db = database.to_write().await.unwrap();
        retention::tidy(&mut db, database.begin(), &keys, Retention::DEFAULT, T0 + by).await.unwrap();
        db.close().await.unwrap();
        let log = bench.log().await;
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
    assert!(!bench.holds("some words of a person").await);
    assert_eq!(tidied(400 * DAY).await, (0, 1, 0));
    assert_eq!(tidied(400 * DAY + 1).await, (0, 0, 0));
    // Who read it is kept for longer than what was read.
    let audited = async || bench.open().await.readings("acme").await.unwrap().len();
    tidied(1_095 * DAY).await;
    assert_eq!(audited().await, 1);
    tidied(1_095 * DAY + 1).await;
    assert_eq!(audited().await, 0);
    let store = bench.open().await;
    let secret = store.keys.ticket_secret("acme", &made.id);
    assert_eq!(store.ticket(&bench.portal, &made.id, &nobody, Some(&secret)).await.unwrap(), None);
    store.shutdown().await;
}

async fn nothing_that_was_told_changes_when_texts_go(bench: Bench) {
    let (store, operator) = (bench.open().await, viewer(&bench.portal, "op", &[OPERATOR]));
    let minute = 60 * 1000;
    let search = |id: &str, minutes: Millis, text: &str| {
        let searched = Searched {
            search_id: Some(id.into()),
            text: Some(text.into()),
            language: Language::parse("en"),
            results: 2,
            confidence: Some(Confidence::Good),
            vector: None,
            ties: Vec::new(),
        };
        NewEvent { kind: Kind::Search(searched), at: T0 + minutes * minute, ..click(id, "") }
    };
    // One need in two searches that seemed solved, another one, and the first again on the next day.
    let opened = Kind::Click(Shown { slug: "a".into(), search_id: Some("s2".into()), ..Shown::default() });
    let events = vec![
        search("s1", 0, "refund"),
        search("s2", 5, "refund status"),
        NewEvent { at: T0 + 6 * minute, kind: opened, ..click("c", "a") },
        search("s3", 7, "calendar"),
        search("s4", 20 * 60, "the refund"),
    ];
    bench.later(2 * DAY);
    let sent = Batch { sent_at: T0 + 2 * DAY, events, covers: Some((T0 - DAY, T0 + 2 * DAY)) };
    store.append(&bench.portal, Origin::new(&operator, Some("b1")), sent).await.unwrap();
    store.shutdown().await;
    let told = async || {
        let (log, from) = (bench.log().await, jiff::civil::date(2026, 5, 4));
        let question = Question::new(from, from.tomorrow().unwrap(), jiff::tz::TimeZone::UTC, T0 + 50 * DAY).unwrap();
        let report = report(&log, &question);
        (log, report)
    };
    let (_, before) = told().await;
    let count = |report: &Report| (report.visits, report.closed, report.outcomes.clone());
    assert_eq!((before.visits, before.closed, before.outcomes[&Outcome::Reopened]), (1, 2, 1));
    let (database, keys) = (bench.database(), Keys::open(&bench.folder.path().join("keys")).unwrap());
    // The text of the first search goes a day before that of the last one.
    for days in [91, 92] {
        let (mut db, now) = (database.to_write().await.unwrap(), T0 + days * DAY - 22 * 60 * minute);
        retention::tidy(&mut db, database.begin(), &keys, Retention::DEFAULT, now).await.unwrap();
        db.close().await.unwrap();
        let (log, after) = told().await;
        assert_eq!(count(&after), count(&before), "after {days} days");
        let searched = log.events.iter().filter_map(|event| match &event.kind {
            Kind::Search(searched) => Some(searched),
            _ => None,
        });
        let left = searched.clone().filter(|searched| searched.text.is_some()).count();
        assert_eq!(left, if days == 91 { 1 } else { 0 });
        assert!(searched.filter(|searched| searched.text.is_none()).any(|searched| searched.ties.len() > 1));
    }
}

async fn a_text_goes_whatever_is_damaged_beside_it(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    for text in ["some words of a person", "more words"] {
        store.record(&bench.portal, origin, answered(&store, &bench.portal, origin, text));
    }
    store.shutdown().await;
    let (database, keys) = (bench.database(), Keys::open(&bench.folder.path().join("keys")).unwrap());
    let mut db = database.to_write().await.unwrap();
    query("UPDATE event SET surface = 'nowhere' WHERE text = 'more words'").execute(&mut db).await.unwrap();
    retention::tidy(&mut db, database.begin(), &keys, Retention::DEFAULT, T0 + 91 * DAY).await.unwrap();
    let left = query("SELECT id FROM event WHERE text IS NOT NULL").fetch_all(&mut db).await.unwrap();
    assert_eq!(left.len(), 0);
    db.close().await.unwrap();
}

async fn a_reading_that_goes_on_is_one_row_and_ends_with_it(bench: Bench) {
    let (store, ana) = (bench.open().await, viewer(&bench.portal, "ana", &[]));
    let first = store.note_reading(&bench.portal, &ana, "from=2026-05-01".into(), 3).await.unwrap();
    let second = store.note_reading(&bench.portal, &ana, "from=2026-05-02".into(), 0).await.unwrap();
    store.note_more_read(first, 4).await.unwrap();
    store.note_more_read(second, 1).await.unwrap();
    store.note_more_read(first, 2).await.unwrap();
    let audit = store.readings("acme").await.unwrap();
    let said: Vec<_> = audit.iter().map(|reading| (reading.what.as_str(), reading.rows)).collect();
    assert_eq!(said, [("from=2026-05-01", 9), ("from=2026-05-02", 1)]);
    // What cannot be noted is not shown.
    assert!(matches!(store.note_more_read(second + 1, 1).await, Err(StoreError::Unnoted)));
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
