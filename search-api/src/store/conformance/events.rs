//! Events: kept once, read as they were sent, and counted where they are lost.

use super::*;
use crate::deflection::log::{Assignment, Event, Searched};

on_both! {
    what_is_acknowledged_is_there_after_a_crash_once,
    the_first_of_an_id_wins_and_other_content_is_a_conflict,
    every_kind_of_event_is_read_as_it_was_sent,
    a_search_is_recorded_redacted_and_its_id_is_its_visitors_alone,
    a_form_says_what_chance_gave_its_writer,
    staff_are_marked_and_the_untracked_are_nobody,
    the_last_word_of_each_visitor_is_kept_with_what_they_hold_and_that_of_staff_is_not,
    a_full_queue_drops_searches_and_counts_them,
    after_shutdown_nothing_is_taken_in,
    a_text_that_a_database_cannot_hold_takes_nothing_with_it,
}

async fn what_is_acknowledged_is_there_after_a_crash_once(bench: Bench) {
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
    let killed = bench.killed();
    let after = killed.open().await;
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

async fn the_first_of_an_id_wins_and_other_content_is_a_conflict(bench: Bench) {
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

async fn every_kind_of_event_is_read_as_it_was_sent(bench: Bench) {
    let store = bench.open().await;
    let operator = viewer(&bench.portal, "op", &[OPERATOR]);
    let some = |text: &str| Some(text.to_owned());
    let shown = Shown { slug: "a".into(), search_id: some("s"), form_id: some("f"), rank: Some(3), task: false };
    let vector = QueryVector { model: indexer::embedder::ModelDigest([9; 32]), values: [1, -128, 127].into() };
    let searched = Searched {
        search_id: some("s"),
        text: some("reset"),
        language: Language::parse("pt-br"),
        results: 7,
        confidence: Some(Confidence::Weak),
        vector: Some(vector),
        ties: Vec::new(),
    };
    let kinds = [
        Kind::Search(searched),
        Kind::Impression(shown.clone()),
        Kind::Click(Shown { task: true, ..shown.clone() }),
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

async fn a_form_says_what_chance_gave_its_writer(bench: Bench) {
    // In TOML a table takes all that follows.
    let text = "name = \"Acme\"\nlanguages = [\"en\"]\n[holdout]\nexperiment = \"spring\"\nshare = 0.5\n";
    let portal = Portal::parse("acme", text).0.unwrap();
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let mut suggested = Vec::new();
    for visitor in 0..8 {
        let browser = format!("b{visitor}");
        let origin = Origin::new(&nobody, Some(&browser));
        let (form_id, suggests) = store.begin_form(&portal, origin, None);
        assert_eq!(store.suggests(&portal, origin, &form_id), suggests);
        let kind = Kind::FormOpen { form_id, search_id: None, assigned: None };
        let event = NewEvent { kind, ..click(&format!("e{visitor}"), "a") };
        store.append(&portal, origin, batch(vec![event])).await.unwrap();
        suggested.push(suggests);
    }
    let mut log = all(&store).await;
    log.events.sort_by(|a, b| a.id.cmp(&b.id));
    let arm = |event: &Event| match &event.kind {
        Kind::FormOpen { assigned: Some(Assignment { experiment, per_mille: 500, arm }), .. } => {
            assert_eq!(experiment, "spring");
            *arm == Arm::Shown
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(log.events.iter().map(arm).collect::<Vec<_>>(), suggested);
    store.shutdown().await;
}

async fn a_search_is_recorded_redacted_and_its_id_is_its_visitors_alone(bench: Bench) {
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

    let log = bench.log().await;
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

async fn staff_are_marked_and_the_untracked_are_nobody(bench: Bench) {
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

async fn the_last_word_of_each_visitor_is_kept_with_what_they_hold_and_that_of_staff_is_not(bench: Bench) {
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

async fn a_full_queue_drops_searches_and_counts_them(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    // This runtime has one thread: the writer cannot run between these calls.
    for number in 0..RECORDS + 3 {
        let search = answered(&store, &bench.portal, origin, &format!("query {number}"));
        store.record(&bench.portal, origin, search);
    }
    store.append(&bench.portal, origin, batch(vec![click("e", "a")])).await.unwrap();
    store.shutdown().await;
    let log = bench.log().await;
    assert_eq!((log.events.len(), log.lost.dropped), (RECORDS + 1, 3));
}

async fn after_shutdown_nothing_is_taken_in(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    store.shutdown().await;
    let refused = store.append(&bench.portal, Origin::new(&nobody, None), batch(vec![click("e", "a")])).await;
    assert!(matches!(refused, Err(StoreError::Stopped)));
}

async fn a_text_that_a_database_cannot_hold_takes_nothing_with_it(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    let comment = Kind::Vote { slug: "nul\0".into(), solved: true, comment: Some("\0 is NUL".into()), search_id: None };
    let sent = batch(vec![click("whole", "a"), NewEvent { kind: comment, ..click("v", "a") }]);
    let first = store.append(&bench.portal, origin, sent.clone()).await.unwrap();
    let again = store.append(&bench.portal, origin, sent).await.unwrap();
    assert_eq!((first.accepted, again.duplicate), (2, 2));
    assert_eq!(store.votes().await.unwrap()["acme"][0].slug, "nul\u{fffd}");
    store.shutdown().await;
}
