//! One person: found by each of their names, told and erased, and nobody else with them.

use super::*;
use crate::deflection::facts::Facts;
use crate::deflection::question::Window;
use crate::deflection::visitors::Visitor;
use crate::store::erasure::TABLES;
use crate::store::readings::Reading;
use jiff::civil::date;

on_both! {
    who_signed_in_is_found_with_what_they_did_before_in_that_visit_alone,
    a_browser_is_erased_with_its_rows_and_parted_from_those_of_whoever_signed_in,
    an_address_leads_to_its_tickets_and_to_who_is_known_by_it_alone,
    a_ticket_of_a_help_desk_is_theirs_by_any_link_and_does_not_come_back,
    an_erased_ticket_is_handed_over_to_nobody,
    the_facts_of_days_name_nobody_who_was_erased,
    what_is_held_is_told_whole_and_of_one_person,
    of_the_erased_nothing_is_left_and_the_audit_says_so_without_a_name,
    a_second_process_erases_beside_a_server,
    every_table_says_what_becomes_of_it,
    a_month_is_forgotten_to_the_millisecond,
}

/// Clicks of Ana's browser, some signed in: `before` and `in` in one visit, Bo the next day on the same browser, nobody the day after.
async fn shared_computer(bench: &Bench, store: &Store) -> Viewer {
    let (ana, bo) = (viewer(&bench.portal, "ana", &["admin"]), viewer(&bench.portal, "bo", &["admin"]));
    let nobody = Viewer::anonymous("acme");
    for (viewer, id, later) in [
        (&nobody, "before", 60_000),
        (&ana, "in", DAY),
        (&nobody, "of-bo", 60_000),
        (&bo, "bo", DAY),
        (&nobody, "alone", 60_000),
    ] {
        let sent = Batch {
            sent_at: bench.time(),
            events: vec![NewEvent { at: bench.time(), ..click(id, "a") }],
            covers: None,
        };
        store.append(&bench.portal, Origin::new(viewer, Some("b1")), sent).await.unwrap();
        bench.later(later);
    }
    ana
}

impl Bench {
    fn time(&self) -> Millis {
        self.now.load(Ordering::SeqCst)
    }

    /// Ids of the events that are left, sorted.
    async fn left(&self, store: &Store) -> Vec<String> {
        let mut left: Vec<_> = all(store).await.events.into_iter().map(|event| event.id).collect();
        left.sort();
        left
    }
}

fn operator(bench: &Bench) -> Viewer {
    viewer(&bench.portal, "olga", &[OPERATOR])
}

pub async fn erase(bench: &Bench, store: &Store, sought: Sought) -> Holding {
    store.erase(&bench.portal, &operator(bench), &sought).await.unwrap().rows
}

async fn who_signed_in_is_found_with_what_they_did_before_in_that_visit_alone(bench: Bench) {
    let store = bench.open().await;
    shared_computer(&bench, &store).await;
    assert_eq!(erase(&bench, &store, Sought::Subject("ana".into())).await.events, 2);
    assert_eq!(bench.left(&store).await, ["alone", "bo", "of-bo"]);
    assert_eq!(erase(&bench, &store, Sought::Subject("ana".into())).await, Holding::default());
    // In another portal she is somebody else.
    let other = Portal { id: "other".into(), ..bench.portal.clone() };
    store
        .append(&other, Origin::new(&viewer(&other, "bo", &[]), None), batch(vec![click("there", "a")]))
        .await
        .unwrap();
    assert_eq!(erase(&bench, &store, Sought::Subject("bo".into())).await.events, 2);
    assert_eq!(store.log("other", 0, i64::MAX).await.unwrap().events.len(), 1);
    store.shutdown().await;
}

async fn a_browser_is_erased_with_its_rows_and_parted_from_those_of_whoever_signed_in(bench: Bench) {
    let store = bench.open().await;
    shared_computer(&bench, &store).await;
    assert_eq!(erase(&bench, &store, Sought::Visitor("b1".into())).await.events, 3);
    let log = all(&store).await;
    assert_eq!(bench.left(&store).await, ["bo", "in"]);
    let parted = |person: crate::deflection::log::Person| {
        person.subject.is_some() && person.browser.is_none() && person.browser_before.is_none()
    };
    assert!(log.events.iter().all(|event| parted(event.person)), "{:?}", log.events);
    // A later month has another key; while the former is kept, both are found.
    let nobody = Viewer::anonymous("acme");
    for by in [0, 40 * DAY] {
        bench.later(by);
        let sent = Batch {
            sent_at: bench.time(),
            events: vec![NewEvent { at: bench.time(), ..click(&format!("m{by}"), "a") }],
            covers: None,
        };
        store.append(&bench.portal, Origin::new(&nobody, Some("b1")), sent).await.unwrap();
    }
    assert_eq!(erase(&bench, &store, Sought::Visitor("b1".into())).await.events, 2);
    store.shutdown().await;
}

async fn an_address_leads_to_its_tickets_and_to_who_is_known_by_it_alone(bench: Bench) {
    let store = bench.open().await;
    let nobody = Viewer::anonymous("acme");
    let write = async |viewer: &Viewer, browser: &str, email: &str| {
        let ticket = NewTicket { email: Some(email.into()), ..ticket(None, "x") };
        store.create_ticket(&bench.portal, Origin::new(viewer, Some(browser)), ticket, None).await.unwrap().ticket.id
    };
    let (ana, bo) = (viewer(&bench.portal, "ana", &[]), viewer(&bench.portal, "bo", &[]));
    for (viewer, browser, id) in
        [(&ana, "b1", "ana"), (&bo, "b2", "bo"), (&nobody, "b3", "other"), (&nobody, "b4", "guest")]
    {
        store.append(&bench.portal, Origin::new(viewer, Some(browser)), batch(vec![click(id, "a")])).await.unwrap();
    }
    write(&ana, "b1", "ana@example.org").await;
    // An address of a firm: two subjects.
    write(&ana, "b1", "office@example.org").await;
    write(&bo, "b2", "office@example.org").await;
    // Somebody who typed another's address too.
    write(&nobody, "b3", "other@example.org").await;
    write(&nobody, "b3", " Guest@Example.org ").await;
    write(&nobody, "b4", "guest@example.org").await;

    let office = erase(&bench, &store, Sought::Email("office@example.org".into())).await;
    assert_eq!((office.events, office.tickets, office.facts, office.addresses), (0, 2, 2, 2));
    let guest = erase(&bench, &store, Sought::Email("guest@example.org".into())).await;
    assert_eq!((guest.events, guest.tickets, guest.addresses), (1, 2, 2));
    assert_eq!(bench.left(&store).await, ["ana", "bo", "other"]);
    // Now she is known by one alone.
    let of_ana = erase(&bench, &store, Sought::Email("ana@example.org".into())).await;
    assert_eq!((of_ana.events, of_ana.tickets, of_ana.addresses), (1, 1, 1));
    assert_eq!(bench.left(&store).await, ["bo", "other"]);
    store.shutdown().await;
}

async fn a_ticket_of_a_help_desk_is_theirs_by_any_link_and_does_not_come_back(bench: Bench) {
    let store = bench.open().await;
    let (ana, nobody) = (viewer(&bench.portal, "ana", &[]), Viewer::anonymous("acme"));
    let origin = Origin::new(&ana, Some("b1"));
    let mut searches = Vec::new();
    for origin in [origin, Origin::new(&nobody, Some("b2"))] {
        let search = answered(&store, &bench.portal, origin, "x");
        searches.push(search.search_id.clone());
        store.record(&bench.portal, origin, search);
    }
    let by_form = NewTicket { email: Some("ana@example.org".into()), ..ticket(None, "x") };
    store.create_ticket(&bench.portal, origin, by_form, None).await.unwrap();
    store.shutdown().await;
    let store = bench.open().await;
    let made = |id: &str| SourceTicket { id: id.into(), at: bench.time(), ..SourceTicket::default() };
    let notices = [
        SourceTicket { search_id: Some(searches[0].clone()), ..made("named") },
        SourceTicket { person: Some("ana".into()), ..made("subject") },
        SourceTicket { email: Some("ana@example.org".into()), ..made("address") },
        SourceTicket { search_id: Some(searches[1].clone()), ..made("another's") },
        SourceTicket { search_id: Some(searches[0].clone()), person: Some("bo".into()), ..made("bo's") },
        made("nobody's"),
    ];
    let notices: Vec<Notice> = notices.into_iter().map(Notice::Made).collect();
    assert_eq!(store.hear(&bench.portal, "zendesk", notices.clone(), bench.time()).await.unwrap().made, 6);

    let sought = || Sought::Subject("ana".into());
    let held = store.export(&bench.portal, &operator(&bench), &sought()).await.unwrap();
    let mut told: Vec<&str> = held.tickets.iter().filter(|it| it.written.is_none()).map(|it| it.id.as_str()).collect();
    told.sort_unstable();
    assert_eq!(told, ["zendesk:address", "zendesk:named", "zendesk:subject"]);
    assert_eq!(erase(&bench, &store, sought()).await.facts, 4);
    let left = async || all(&store).await.tickets.into_iter().map(|ticket| ticket.id).collect::<BTreeSet<_>>();
    let others = ["zendesk:another's", "zendesk:bo's", "zendesk:nobody's"].map(str::to_owned);
    assert_eq!(left().await, BTreeSet::from(others.clone()));
    assert_eq!(store.hear(&bench.portal, "zendesk", notices, bench.time()).await.unwrap().repeated, 6);
    assert_eq!(left().await, BTreeSet::from(others));
    store.shutdown().await;
}

async fn an_erased_ticket_is_handed_over_to_nobody(bench: Bench) {
    let store = bench.open().await.forwarding(["acme".to_owned()].into());
    let nobody = Viewer::anonymous("acme");
    for browser in ["b1", "b2", "b3"] {
        let written = NewTicket { email: None, ..ticket(None, browser) };
        store.create_ticket(&bench.portal, Origin::new(&nobody, Some(browser)), written, None).await.unwrap();
    }
    let taken = store.outgoing().await.unwrap();
    let of = |browser: &str| taken.iter().find(|sent| sent.ticket.body == browser).unwrap();
    for browser in ["b1", "b2"] {
        let rows = erase(&bench, &store, Sought::Visitor(browser.into())).await;
        assert_eq!((rows.tickets, rows.facts), (1, 1));
    }
    // They were on their way when they were erased: one arrives, one does not.
    store.handed_over(of("b1"), "zendesk", Some("77")).await.unwrap();
    store.postpone(of("b2")).await.unwrap();
    bench.later(DAY);
    let due: Vec<String> = store.outgoing().await.unwrap().into_iter().map(|sent| sent.ticket.body).collect();
    assert_eq!(due, ["b3"]);
    assert_eq!(store.on_their_way("acme", Way::Desk).await.unwrap(), OnTheirWay { waiting: 1, given_up: 0 });
    let mut db = bench.database().to_write().await.unwrap();
    for table in ["ticket", "ticket_fact", "ticket_stage", "outbox"] {
        let rows = query(AssertSqlSafe(format!("SELECT id FROM {table}"))).fetch_all(&mut db).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.get("id")).collect::<Vec<String>>(), [of("b3").id.clone()], "{table}");
    }
    db.close().await.unwrap();
    store.shutdown().await;
}

async fn the_facts_of_days_name_nobody_who_was_erased(bench: Bench) {
    let store = bench.open().await;
    let ana = viewer(&bench.portal, "ana", &[]);
    store.append(&bench.portal, Origin::new(&ana, Some("b1")), batch(vec![click("e", "a")])).await.unwrap();
    let hash = store.keys.subject("acme", "ana");
    let (long_before, then) = (date(2026, 1, 1), date(2026, 5, 4));
    let before = store.archive().changes_of_past("acme").await.unwrap();
    let days = |changes| {
        let named = Facts { visitors: vec![Visitor::Subject(hash)], ..Facts::default() };
        let facts = |day| DayFacts { day, window: Window::Week, known_at: T0, facts: named.write().unwrap() };
        let days = [long_before, then].map(facts).into();
        Days { portal: "acme".into(), zone: "UTC".into(), changes, days, weeks: Vec::new() }
    };
    assert!(store.keep_days(days(before)).await.unwrap());
    erase(&bench, &store, Sought::Subject("ana".into())).await;
    let kept = store.archive().kept_days("acme", "UTC", Window::Week, (long_before, then)).await.unwrap();
    assert_eq!(kept.iter().map(|kept| kept.day).collect::<Vec<_>>(), [long_before, then]);
    let stranger = Facts::read(&kept[1].facts).unwrap().visitors;
    assert!(matches!(stranger[..], [Visitor::Subject(other)] if other != hash), "still one, and somebody else");
    assert!(stranger[0].is_stranger() && !Visitor::Subject(hash).is_stranger());
    // What was worked out of rows that are erased meanwhile comes too late.
    assert!(!store.keep_days(days(before)).await.unwrap());
    store.shutdown().await;
    // Of days whose rows are gone nobody could be taken out.
    let keys = Keys::open(&bench.folder.path().join("keys")).unwrap();
    let mut db = bench.database().to_write().await.unwrap();
    let day_after = T0 - (31 + 28 + 31 + 30 + 2) * DAY;
    retention::tidy(&mut db, bench.database().begin(), &keys, Retention::DEFAULT, day_after + 400 * DAY).await.unwrap();
    db.close().await.unwrap();
    assert!(!bench.holds_bytes(&hash).await);
}

async fn what_is_held_is_told_whole_and_of_one_person(bench: Bench) {
    let store = bench.open().await;
    let ana = shared_computer(&bench, &store).await;
    bench.later(DAY);
    let origin = Origin::new(&ana, Some("b1"));
    let search = AnsweredSearch { text: "who is bo@example.org".into(), ..answered(&store, &bench.portal, origin, "") };
    store.record(&bench.portal, origin, search);
    let kind = Kind::Vote { slug: "a".into(), solved: false, comment: Some("no".into()), search_id: None };
    store.append(&bench.portal, origin, batch(vec![NewEvent { kind, ..click("v", "a") }])).await.unwrap();
    let made = store.create_ticket(&bench.portal, origin, ticket(None, "As written."), None).await.unwrap().ticket;
    store.advance(&bench.portal, &made.id, Stage::Working).await.unwrap();
    // From the help desk, by the address that is hers alone; and of Bo.
    let bo = viewer(&bench.portal, "bo", &[]);
    let of_bo = NewTicket { email: Some("bo@example.org".into()), ..ticket(None, "Of Bo.") };
    store.create_ticket(&bench.portal, Origin::new(&bo, None), of_bo, None).await.unwrap();
    store.note_reading(&bench.portal, &ana, "from=2026-05-01".into(), 3).await.unwrap();
    store.shutdown().await;
    let store = bench.open().await;

    let held = store.export(&bench.portal, &operator(&bench), &Sought::Subject("ana".into())).await.unwrap();
    let kinds = |kind: fn(&Kind) -> bool| held.events.iter().filter(|event| kind(&event.kind)).count();
    assert_eq!((held.events.len(), kinds(|kind| matches!(kind, Kind::Click(_)))), (4, 2));
    let query = held.events.iter().find_map(|event| match &event.kind {
        Kind::Search(searched) => searched.text.as_deref(),
        _ => None,
    });
    assert_eq!(query, Some("who is [email]"));
    assert_eq!((held.votes.len(), held.votes[0].solved, held.addresses.len()), (1, false, 1));
    let (written, stages) = held.tickets[0].written.as_ref().unwrap();
    assert_eq!((&*written.body, written.email.as_deref(), stages.len()), ("As written.", Some("ana@example.org"), 2));
    assert_eq!(held.tickets[0].fact.as_ref().unwrap().subject.as_deref(), Some("Refund for [email]"));
    assert_eq!((held.tickets.len(), held.readings.len(), held.readings[0].rows), (1, 1, 3));
    let audited = store.audit("acme", i64::MAX, 10).await.unwrap();
    let [(_, told), (_, read)] = &audited[..] else { panic!("{audited:?}") };
    assert_eq!(
        (&*told.what, told.rows, told.reader),
        ("export?by=subject", held.rows(), Some(store.keys.subject("acme", "olga")))
    );
    assert_eq!((&*read.what, read.rows), ("from=2026-05-01", 3));
    assert_eq!(store.audit("acme", audited[0].0, 10).await.unwrap(), audited[1..]);
    store.shutdown().await;
}

async fn of_the_erased_nothing_is_left_and_the_audit_says_so_without_a_name(bench: Bench) {
    let store = bench.open().await;
    // Enough people for pages to be split and merged, each with texts of their own.
    let (mut hashes, mut sealed) = (Vec::new(), Vec::new());
    for number in 0..120 {
        let subject = format!("person-{number}");
        let person = viewer(&bench.portal, &subject, &[]);
        let browser = format!("browser-{number}");
        let origin = Origin::new(&person, Some(&browser));
        store.record(
            &bench.portal,
            origin,
            answered(&store, &bench.portal, origin, &format!("query of {subject} end")),
        );
        let comment = Some(format!("comment of {subject} end"));
        let kind = Kind::Vote { slug: "a".into(), solved: true, comment, search_id: None };
        let events = vec![NewEvent { kind, ..click(&format!("v{number}"), "a") }, click(&format!("c{number}"), "a")];
        store.append(&bench.portal, origin, batch(events)).await.unwrap();
        let email = format!("{subject}@example.org");
        let written = NewTicket {
            subject: format!("ticket of {subject} end"),
            email: Some(email.clone()),
            ..ticket(Some("k"), "x")
        };
        let id = store.create_ticket(&bench.portal, origin, written, None).await.unwrap().ticket.id;
        if number % 6 == 0 {
            let row = query("SELECT sealed FROM ticket WHERE id = $1")
                .bind(&id)
                .fetch_one(store.archive.pool())
                .await
                .unwrap();
            sealed.push(row.get::<Vec<u8>, _>("sealed"));
            hashes.push(store.keys.subject("acme", &subject));
            hashes.push(store.keys.browser("acme", &browser, T0).unwrap().0);
            hashes.push(store.keys.email("acme", &email));
        }
    }
    // The last searches wait to share a commit.
    store.shutdown().await;
    let store = bench.open().await;
    let stored = bench.stored().await;
    assert!(hashes.iter().all(|hash| stored.holds(hash)), "this test can see what is there");
    let mut traces = Vec::new();
    for number in (0..120).step_by(6) {
        let sought = Sought::Subject(format!("person-{number}"));
        let erased = store.erase(&bench.portal, &operator(&bench), &sought).await.unwrap();
        assert_eq!(erased.rows, Holding { events: 3, votes: 1, addresses: 1, facts: 1, tickets: 1 });
        traces.push(erased.traces);
    }
    let expected = if bench.url.is_some() { Traces::UntilVacuum } else { Traces::None };
    assert!(traces.iter().all(|left| *left == expected), "{traces:?}");
    let stored = bench.stored().await;
    for number in 0..120 {
        for what in ["query", "comment", "ticket"] {
            let kept = number % 6 != 0;
            let text = format!("{what} of person-{number} end");
            assert_eq!(stored.holds(text.as_bytes()), kept, "{text}");
        }
    }
    for (place, left) in hashes.iter().map(|hash| &hash[..]).chain(sealed.iter().map(|sealed| &sealed[..])).enumerate()
    {
        assert!(!stored.holds(left), "{place}");
    }
    let audit = store.readings("acme").await.unwrap();
    let said = |reading: &Reading| (reading.what == "erase?by=subject", reading.rows);
    assert_eq!(audit.iter().map(said).collect::<Vec<_>>(), [(true, 7); 20]);
    store.shutdown().await;
}

/// Which copies page splits leave is chance; that no page is left which was not written anew is not.
#[tokio::test]
async fn a_file_is_written_anew_after_an_erasure() {
    let bench = Bench::sqlite();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    for many in 0..4 {
        let events = (0..100).map(|number| click(&format!("event-{many}-{number}"), "an-article")).collect();
        store.append(&bench.portal, Origin::new(&nobody, Some("b1")), batch(events)).await.unwrap();
    }
    let erased = store.erase(&bench.portal, &operator(&bench), &Sought::Visitor("b1".into())).await.unwrap();
    assert_eq!((erased.rows.events, erased.traces), (400, Traces::None));
    let free = query("PRAGMA freelist_count").fetch_one(store.archive.pool()).await.unwrap();
    assert_eq!(free.get::<i64, _>(0), 0);
    assert_eq!(fs::metadata(bench.folder.path().join("events.sqlite-wal")).unwrap().len(), 0);
    store.shutdown().await;
}

async fn a_second_process_erases_beside_a_server(bench: Bench) {
    let store = bench.open().await;
    shared_computer(&bench, &store).await;
    let sought = Sought::Subject("ana".into());
    let mut custody = Custody::open(bench.folder.path(), bench.url.as_ref(), T0).await.unwrap();
    assert_eq!(custody.count("acme", &sought).await.unwrap().events, 2);
    assert_eq!(bench.left(&store).await.len(), 5, "counting erases nothing");
    assert_eq!(custody.export("acme", &sought, T0).await.unwrap().events.len(), 2);
    let erased = custody.erase("acme", &sought, T0).await.unwrap();
    assert_eq!((erased.rows.events, erased.traces == Traces::None), (2, bench.url.is_none()));
    assert_eq!(bench.left(&store).await, ["alone", "bo", "of-bo"]);
    let audit = store.readings("acme").await.unwrap();
    assert_eq!(
        audit.iter().map(|reading| &*reading.what).collect::<Vec<_>>(),
        ["export?by=subject", "erase?by=subject"]
    );
    assert!(audit.iter().all(|reading| reading.reader.is_none()));
    // The server writes on.
    store
        .append(&bench.portal, Origin::new(&Viewer::anonymous("acme"), None), batch(vec![click("z", "a")]))
        .await
        .unwrap();
    store.shutdown().await;
    // Without the keys nobody is found, so nothing is said to be erased; and none are made.
    let elsewhere = TempDir::new().unwrap();
    let refused = Custody::open(elsewhere.path(), bench.url.as_ref(), T0).await.err().unwrap();
    assert!(matches!(refused, StoreError::NoKeys(_) | StoreError::Absent(_)), "{refused}");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    let other = bench.killed();
    fs::remove_file(other.folder.path().join("keys/subject.key")).unwrap();
    fs::write(other.folder.path().join("keys/subject.key"), [1; 32]).unwrap();
    let refused = Custody::open(other.folder.path(), bench.url.as_ref(), T0).await.err().unwrap();
    assert!(matches!(refused, StoreError::OtherKeys { .. }), "{refused}");
}

async fn every_table_says_what_becomes_of_it(bench: Bench) {
    let mut db = bench.database().to_write().await.unwrap();
    let tables = if bench.url.is_some() {
        "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'table'"
    };
    let tables = query(tables).fetch_all(&mut db).await.unwrap();
    let found: BTreeSet<String> = tables.iter().map(|row| row.get("name")).collect();
    assert_eq!(found, TABLES.iter().map(|(name, _)| (*name).to_owned()).collect());
}

async fn a_month_is_forgotten_to_the_millisecond(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    store.append(&bench.portal, origin, batch(vec![click("e", "a")])).await.unwrap();
    store.create_ticket(&bench.portal, origin, ticket(None, "x"), None).await.unwrap();
    store.shutdown().await;
    let key = bench.folder.path().join("keys/month-2026-04.key");
    // As if it had been made then, by the clock of the test.
    let april = std::time::UNIX_EPOCH + std::time::Duration::from_millis(T0 as u64 - 30 * DAY as u64);
    fs::File::options().write(true).open(&key).unwrap().set_modified(april).unwrap();
    let keys = Keys::open(&bench.folder.path().join("keys")).unwrap();
    let tidied = async |now: Millis| {
        let mut db = bench.database().to_write().await.unwrap();
        retention::tidy(&mut db, bench.database().begin(), &keys, Retention::DEFAULT, now).await.unwrap();
        db.close().await.unwrap();
        let log = bench.log().await;
        let carried = [log.events[0].person, log.tickets[0].person, log.addresses[0].person]
            .map(|it| it.browser_before.is_some());
        (carried, key.exists())
    };
    let end_of_overlap = 1_777_593_600_000 + keys::OVERLAP;
    assert_eq!(tidied(end_of_overlap).await, ([true; 3], true), "8 May, 00:30 UTC");
    assert_eq!(tidied(end_of_overlap + 1).await, ([false; 3], false));
}
