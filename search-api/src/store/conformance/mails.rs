//! Word to those who wrote tickets: each stage once, few to one address, and the address no longer than its ticket.

use super::*;

on_both! {
    each_stage_is_told_once_and_the_latest_instead_of_those_before,
    a_mail_waits_across_restarts_and_not_for_ever,
    one_address_gets_few_mails_a_day_whoever_types_it,
    whoever_is_erased_is_told_nothing_any_more,
    of_a_ticket_that_was_handed_over_the_address_stays_until_its_writer_was_told,
}

async fn mailing(bench: &Bench) -> Store {
    bench.open().await.mailing(["acme".to_owned()].into())
}

async fn make(bench: &Bench, store: &Store, email: Option<&str>) -> Created {
    let nobody = Viewer::anonymous("acme");
    let written = NewTicket { email: email.map(Into::into), language: Some("es".into()), ..ticket(None, "x") };
    store.create_ticket(&bench.portal, Origin::new(&nobody, Some("b1")), written, None).await.unwrap()
}

async fn each_stage_is_told_once_and_the_latest_instead_of_those_before(bench: Bench) {
    let store = mailing(&bench).await;
    make(&bench, &store, None).await;
    let made = make(&bench, &store, Some("ana@example.org")).await;
    let elsewhere = Portal { id: "other".into(), ..bench.portal.clone() };
    let nobody = Viewer::anonymous("other");
    store.create_ticket(&elsewhere, Origin::new(&nobody, None), ticket(None, "x"), None).await.unwrap();
    let due = store.outgoing_mails().await.unwrap();
    assert_eq!(due.len(), 1, "of those with an address, in the portal that mails");
    let first = &due[0];
    assert_eq!((first.id.as_str(), first.address.as_str()), (made.ticket.id.as_str(), "ana@example.org"));
    assert_eq!((first.language.as_deref(), &first.stages[..]), (Some("es"), &[(Stage::Received, T0)][..]));
    assert!(store.outgoing_mails().await.unwrap().is_empty(), "nobody else takes it meanwhile");
    // While it is sent, two more stages come.
    bench.later(HOUR);
    for stage in [Stage::Working, Stage::Solved] {
        store.advance(&bench.portal, &made.ticket.id, stage).await.unwrap().unwrap();
    }
    store.end_mail(first).await.unwrap();
    let due = store.outgoing_mails().await.unwrap();
    assert_eq!(due.len(), 1);
    let stages = [(Stage::Received, T0), (Stage::Working, T0 + HOUR), (Stage::Solved, T0 + HOUR)];
    assert_eq!((due[0].number, &due[0].stages[..]), (3, &stages[..]));
    assert_ne!(due[0].message, first.message);
    // What came of the one before is of no concern to it.
    store.postpone_mail(first).await.unwrap();
    store.end_mail(first).await.unwrap();
    assert_eq!(store.on_their_way("acme", Way::Mail).await.unwrap().waiting, 1);
    store.end_mail(&due[0]).await.unwrap();
    assert_eq!(store.on_their_way("acme", Way::Mail).await.unwrap(), OnTheirWay::default());
    store.shutdown().await;
}

async fn a_mail_waits_across_restarts_and_not_for_ever(bench: Bench) {
    let store = mailing(&bench).await;
    make(&bench, &store, Some("ana@example.org")).await;
    let sent = store.outgoing_mails().await.unwrap().remove(0);
    assert_eq!(store.postpone_mail(&sent).await.unwrap(), Some(T0 + 1_000));
    store.shutdown().await;
    let store = mailing(&bench).await;
    assert!(store.outgoing_mails().await.unwrap().is_empty());
    bench.later(1_000);
    let again = store.outgoing_mails().await.unwrap().remove(0);
    assert_eq!((again.attempts, again.message == sent.message), (1, true), "a retry is known as such");
    // Whoever took it ended without a word.
    bench.later(90_000);
    assert_eq!(store.outgoing_mails().await.unwrap()[0].attempts, 2);
    bench.later(3 * DAY);
    let last = store.outgoing_mails().await.unwrap().remove(0);
    assert_eq!(store.postpone_mail(&last).await.unwrap(), None);
    assert_eq!(store.on_their_way("acme", Way::Mail).await.unwrap(), OnTheirWay::default());
    store.shutdown().await;
}

async fn one_address_gets_few_mails_a_day_whoever_types_it(bench: Bench) {
    let store = mailing(&bench).await;
    let mut told = 0;
    for number in 0..14 {
        make(&bench, &store, Some(&format!("Ana+{number}@example.org"))).await;
        let due = store.outgoing_mails().await.unwrap();
        told += due.len();
        // A retry is not counted again.
        for mail in due {
            store.postpone_mail(&mail).await.unwrap();
            bench.later(1_000);
            store.end_mail(&store.outgoing_mails().await.unwrap()[0]).await.unwrap();
        }
    }
    assert_eq!(told, 10);
    assert_eq!(
        store.on_their_way("acme", Way::Mail).await.unwrap(),
        OnTheirWay::default(),
        "the rest is not kept back"
    );
    make(&bench, &store, Some("bo@example.org")).await;
    let bo = store.outgoing_mails().await.unwrap();
    assert_eq!(bo.len(), 1, "others are told");
    store.end_mail(&bo[0]).await.unwrap();
    bench.later(DAY);
    make(&bench, &store, Some("ana@example.org")).await;
    assert_eq!(store.outgoing_mails().await.unwrap().len(), 1, "and she is the next day");
    store.shutdown().await;
    assert!(!bench.holds("ana@example.org").await && !bench.holds("Ana+1@example.org").await);
}

async fn whoever_is_erased_is_told_nothing_any_more(bench: Bench) {
    let store = mailing(&bench).await;
    let made = make(&bench, &store, Some("ana@example.org")).await;
    let tried = store.outgoing_mails().await.unwrap().remove(0);
    store.postpone_mail(&tried).await.unwrap();
    let operator = viewer(&bench.portal, "olga", &[OPERATOR]);
    let erased = store.erase(&bench.portal, &operator, &Sought::Email("ana@example.org".into())).await.unwrap();
    assert_eq!(erased.rows.tickets, 1);
    bench.later(HOUR);
    assert!(store.outgoing_mails().await.unwrap().is_empty());
    let mut db = bench.database().to_write().await.unwrap();
    for table in ["outbox", "mailed"] {
        let rows = query(AssertSqlSafe(format!("SELECT id FROM {table}"))).fetch_all(&mut db).await.unwrap();
        assert!(rows.is_empty(), "{table}");
    }
    assert!(store.ticket(&bench.portal, &made.ticket.id, &operator, Some(&tried.secret)).await.unwrap().is_none());
    store.shutdown().await;
}

async fn of_a_ticket_that_was_handed_over_the_address_stays_until_its_writer_was_told(bench: Bench) {
    let store = mailing(&bench).await.forwarding(["acme".to_owned()].into());
    make(&bench, &store, Some("ana@example.org")).await;
    let received = store.outgoing_mails().await.unwrap().remove(0);
    let desk = store.outgoing().await.unwrap().remove(0);
    assert_eq!(desk.ticket.email.as_deref(), Some("ana@example.org"));
    store.handed_over(&desk, "generic", None).await.unwrap();
    let email = Sought::Email("ana@example.org".into());
    let operator = viewer(&bench.portal, "olga", &[OPERATOR]);
    let written = async || {
        let held = store.export(&bench.portal, &operator, &email).await.unwrap();
        held.tickets.into_iter().next().unwrap().written.unwrap().0
    };
    let left = written().await;
    assert_eq!((left.subject.as_str(), left.body.as_str(), left.email.as_deref()), ("", "", Some("ana@example.org")));
    // The one that was on its way says nothing of the hand-over.
    store.end_mail(&received).await.unwrap();
    assert!(written().await.email.is_some());
    let due = store.outgoing_mails().await.unwrap();
    assert_eq!(due[0].stages.last(), Some(&(Stage::HandedOver, T0)));
    store.end_mail(&due[0]).await.unwrap();
    let left = written().await;
    assert_eq!((left.email, left.language), (None, None));
    store.shutdown().await;
}
