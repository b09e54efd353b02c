//! Tickets: made once, and seen by their owners.

use super::*;

on_both! {
    a_ticket_is_seen_by_its_owner_and_the_holder_of_its_secret,
    an_idempotency_key_gives_one_ticket_for_a_day,
    an_id_that_was_never_issued_is_nobodys,
    tickets_are_listed_by_stage_and_paged_through,
    a_ticket_is_moved_once_and_deleted_a_month_after_it_was_last_solved,
    a_ticket_that_was_handed_over_or_erased_is_neither_listed_nor_read_nor_moved,
}

async fn a_ticket_is_seen_by_its_owner_and_the_holder_of_its_secret(bench: Bench) {
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
    let reached = store.advance(&bench.portal, id, Stage::Working).await.unwrap().unwrap();
    assert_eq!(reached, [(Stage::Received, T0), (Stage::Working, T0 + HOUR)]);
    assert_eq!(store.advance(&bench.portal, "none", Stage::Working).await.unwrap(), None);
    let status = store.ticket(&bench.portal, id, &ana, None).await.unwrap().unwrap();
    assert_eq!(status.stages, [(Stage::Received, T0), (Stage::Working, T0 + HOUR)]);
    store.shutdown().await;
}

async fn an_idempotency_key_gives_one_ticket_for_a_day(bench: Bench) {
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

async fn an_id_that_was_never_issued_is_nobodys(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    for id in ["none", "", "\0", "a\0b", "ä", &"a".repeat(100)] {
        assert!(store.ticket(&bench.portal, id, &nobody, Some("guess")).await.unwrap().is_none(), "{id:?}");
        assert!(store.written(&bench.portal, id).await.unwrap().is_none(), "{id:?}");
        assert!(store.advance(&bench.portal, id, Stage::Solved).await.unwrap().is_none(), "{id:?}");
    }
    store.shutdown().await;
}

/// Ids of the tickets of a portal in these stages, read in pages of two.
async fn listed(store: &Store, portal: &Portal, stages: &[Stage]) -> Vec<String> {
    let mut ids = Vec::new();
    let mut below = None;
    loop {
        let page = store.inbox(portal, stages, below.as_ref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { return ids };
        below = Some(Below(last.since, last.id.clone()));
        ids.extend(page.into_iter().map(|ticket| ticket.id));
    }
}

async fn tickets_are_listed_by_stage_and_paged_through(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, None);
    let mut made = Vec::new();
    for number in 0..7 {
        // Two a moment: ids decide between them.
        bench.later(Millis::from(number % 2 == 0));
        let email = (number == 0).then(|| "ana@example.org".to_owned());
        let ticket = NewTicket { subject: format!("s{number}"), body: "b".into(), email, ..NewTicket::default() };
        made.push(store.create_ticket(&bench.portal, origin, ticket, None).await.unwrap().ticket.id);
    }
    let elsewhere = Portal { id: "other".into(), ..bench.portal.clone() };
    assert_eq!(listed(&store, &elsewhere, &Stage::OPEN).await, [""; 0]);
    let all = listed(&store, &bench.portal, &Stage::OPEN).await;
    assert_eq!(all.iter().collect::<BTreeSet<_>>(), made.iter().collect::<BTreeSet<_>>());
    assert_eq!((all.len(), &all[0]), (7, &made[6]), "each once, the latest first");
    bench.later(HOUR);
    for (number, stage) in [(0, Stage::Working), (1, Stage::Solved), (2, Stage::Waiting)] {
        store.advance(&bench.portal, &made[number], stage).await.unwrap().unwrap();
        assert_eq!(listed(&store, &bench.portal, &[stage]).await, [made[number].clone()]);
    }
    let open = listed(&store, &bench.portal, &Stage::OPEN).await;
    assert_eq!((open.len(), open.contains(&made[1])), (6, false));
    assert!(open[..2].contains(&made[0]) && open[..2].contains(&made[2]), "moved last");
    assert_eq!(listed(&store, &bench.portal, &[Stage::Received]).await.len(), 4);
    let first = store.inbox(&bench.portal, &[Stage::Working], None, 9).await.unwrap().remove(0);
    let expected = ListedTicket {
        id: made[0].clone(),
        subject: Some("s0".into()),
        has_address: true,
        stage: Stage::Working,
        since: T0 + 4 + HOUR,
    };
    assert_eq!(first, expected);
    assert!(!store.inbox(&bench.portal, &[Stage::Waiting], None, 9).await.unwrap()[0].has_address);
    // One that cannot be opened keeps nobody from the others.
    let mut db = bench.database().to_write().await.unwrap();
    let damaged = query("UPDATE ticket SET sealed = $1 WHERE id = $2").bind(vec![7_u8; 40]).bind(&made[6]);
    damaged.execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    let open = store.inbox(&bench.portal, &Stage::OPEN, None, 9).await.unwrap();
    let subjects: Vec<_> = open.iter().filter(|ticket| ticket.subject.is_none()).map(|ticket| &ticket.id).collect();
    assert_eq!((open.len(), subjects), (6, vec![&made[6]]));
    store.shutdown().await;
}

async fn a_ticket_is_moved_once_and_deleted_a_month_after_it_was_last_solved(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let made = store.create_ticket(&bench.portal, Origin::new(&nobody, None), ticket(None, "x"), None).await.unwrap();
    let id = &made.ticket.id;
    let elsewhere = Portal { id: "other".into(), ..bench.portal.clone() };
    assert_eq!(store.advance(&elsewhere, id, Stage::Solved).await.unwrap(), None);
    let mut expected = vec![(Stage::Received, T0)];
    for (days, stage) in [(1, Stage::Solved), (2, Stage::Solved), (3, Stage::Working), (40, Stage::Solved)] {
        bench.now.store(T0 + days * DAY, Ordering::SeqCst);
        if expected.last().unwrap().0 != stage {
            expected.push((stage, T0 + days * DAY));
        }
        assert_eq!(store.advance(&bench.portal, id, stage).await.unwrap().unwrap(), expected);
    }
    store.shutdown().await;
    for (days, is_there) in [(69, true), (70, true), (71, false)] {
        let (database, keys) = (bench.database(), Keys::open(&bench.folder.path().join("keys")).unwrap());
        let mut db = database.to_write().await.unwrap();
        retention::tidy(&mut db, database.begin(), &keys, Retention::DEFAULT, T0 + days * DAY).await.unwrap();
        db.close().await.unwrap();
        let store = bench.open().await;
        assert_eq!(store.written(&bench.portal, id).await.unwrap().is_some(), is_there, "{days}");
        assert_eq!(store.inbox(&bench.portal, &[Stage::Solved], None, 9).await.unwrap().len(), usize::from(is_there));
        store.shutdown().await;
    }
}

async fn a_ticket_that_was_handed_over_or_erased_is_neither_listed_nor_read_nor_moved(bench: Bench) {
    let store =
        bench.open().await.forwarding(BTreeSet::from(["acme".to_owned()])).mailing(BTreeSet::from(["acme".to_owned()]));
    let (ana, operator) = (viewer(&bench.portal, "ana", &[]), viewer(&bench.portal, "olga", &[OPERATOR]));
    let make = async || {
        let made = store.create_ticket(&bench.portal, Origin::new(&ana, None), ticket(None, "x"), None).await.unwrap();
        made.ticket.id
    };
    let is_there = async |id: &str| {
        let is_listed = listed(&store, &bench.portal, &[&Stage::OPEN[..], &[Stage::Solved]].concat())
            .await
            .contains(&id.to_owned());
        assert_eq!(store.written(&bench.portal, id).await.unwrap().is_some(), is_listed);
        assert_eq!(store.advance(&bench.portal, id, Stage::Working).await.unwrap().is_some(), is_listed);
        is_listed
    };
    let over = make().await;
    assert!(is_there(&over).await, "as long as no help desk has it");
    let outgoing = store.outgoing().await.unwrap().remove(0);
    store.handed_over(&outgoing, "zendesk", None).await.unwrap();
    assert!(!is_there(&over).await, "though its address waits for a mail");
    let erased = make().await;
    assert!(is_there(&erased).await);
    store.erase(&bench.portal, &operator, &Sought::Subject("ana".into())).await.unwrap();
    assert!(!is_there(&erased).await);
    store.shutdown().await;
}
