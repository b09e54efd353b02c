//! Tickets on their way to a help desk: tried until they are there, counted once, and forgotten here once they are there.

use super::*;

on_both! {
    a_ticket_is_handed_over_and_what_was_written_is_gone,
    a_ticket_that_was_handed_over_counts_once_whoever_tells_of_it_first,
    a_ticket_that_cannot_be_handed_over_is_tried_again_for_a_week,
}

async fn forwarding(bench: &Bench) -> Store {
    bench.open().await.forwarding(["acme".to_owned()].into())
}

async fn make(bench: &Bench, store: &Store) -> Created {
    let nobody = Viewer::anonymous("acme");
    let written = ticket(None, "a secret that only the help desk is told");
    store.create_ticket(&bench.portal, Origin::new(&nobody, Some("b1")), written, None).await.unwrap()
}

async fn a_ticket_is_handed_over_and_what_was_written_is_gone(bench: Bench) {
    let store = forwarding(&bench).await;
    let made = make(&bench, &store).await;
    let elsewhere = Portal { id: "other".into(), ..bench.portal.clone() };
    let nobody = Viewer::anonymous("other");
    store.create_ticket(&elsewhere, Origin::new(&nobody, None), ticket(None, "x"), None).await.unwrap();
    let due = store.outgoing().await.unwrap();
    assert_eq!(due.len(), 1, "only of the portal that forwards");
    let sent = &due[0];
    assert_eq!((sent.id.as_str(), sent.attempts, sent.since), (made.ticket.id.as_str(), 0, T0));
    assert_eq!(sent.ticket.body, "a secret that only the help desk is told");
    assert_eq!(sent.ticket.email.as_deref(), Some("ana@example.org"));
    assert!(store.outgoing().await.unwrap().is_empty(), "nobody else takes it meanwhile");
    assert_eq!(store.on_their_way("acme", Way::Desk).await.unwrap(), OnTheirWay { waiting: 1, given_up: 0 });
    store.handed_over(sent, "zendesk", Some("77")).await.unwrap();
    store.handed_over(sent, "zendesk", Some("77")).await.unwrap();
    assert_eq!(store.on_their_way("acme", Way::Desk).await.unwrap(), OnTheirWay::default());
    let status = store.ticket(&bench.portal, &made.ticket.id, &Viewer::anonymous("acme"), Some(&made.secret)).await;
    let status = status.unwrap().unwrap();
    assert_eq!((status.subject.as_str(), status.stages.last().unwrap().0), ("", Stage::HandedOver));
    assert_eq!(status.stages.len(), 2, "it is handed over once");
    let nothing = crate::store::tickets::seal(&store.keys, "acme", "x", &NewTicket::default()).unwrap().len();
    let mut db = bench.database().to_write().await.unwrap();
    let kept = query("SELECT sealed FROM ticket WHERE portal = 'acme'").fetch_one(&mut db).await.unwrap();
    assert_eq!(kept.get::<&[u8], _>("sealed").len(), nothing);
    store.shutdown().await;
}

async fn a_ticket_that_was_handed_over_counts_once_whoever_tells_of_it_first(bench: Bench) {
    let store = forwarding(&bench).await;
    make(&bench, &store).await;
    make(&bench, &store).await;
    let due = store.outgoing().await.unwrap();
    let told = |id: &str| vec![Notice::Made(SourceTicket { id: id.into(), at: T0, ..SourceTicket::default() })];
    // The help desk's webhook may be faster than its answer.
    assert_eq!(store.hear(&bench.portal, "hubspot", told("1"), T0).await.unwrap().made, 1);
    store.handed_over(&due[0], "hubspot", Some("1")).await.unwrap();
    store.handed_over(&due[1], "hubspot", Some("2")).await.unwrap();
    assert_eq!(store.hear(&bench.portal, "hubspot", told("2"), T0).await.unwrap().repeated, 1);
    assert_eq!(store.hear(&bench.portal, "hubspot", told("1"), T0).await.unwrap().repeated, 1);
    let log = all(&store).await;
    assert_eq!(log.tickets.iter().map(|ticket| ticket.source.as_str()).collect::<Vec<_>>(), [FORM, FORM]);
    let sources = store.sources("acme").await.unwrap();
    let hubspot = sources.iter().find(|source| source.name == "hubspot").unwrap();
    assert_eq!(hubspot.counts, [(Reason::Forwarded, 2)].into());
    store.shutdown().await;
}

async fn a_ticket_that_cannot_be_handed_over_is_tried_again_for_a_week(bench: Bench) {
    let store = forwarding(&bench).await;
    let made = make(&bench, &store).await;
    let sent = store.outgoing().await.unwrap().remove(0);
    assert_eq!(store.postpone(&sent).await.unwrap(), Some(T0 + 1_000));
    store.shutdown().await;
    let store = forwarding(&bench).await;
    assert!(store.outgoing().await.unwrap().is_empty());
    bench.later(1_000);
    let again = store.outgoing().await.unwrap().remove(0);
    assert_eq!((again.id.as_str(), again.attempts), (made.ticket.id.as_str(), 1));
    // Whoever took it ended without a word.
    bench.later(15_000);
    assert_eq!(store.outgoing().await.unwrap()[0].attempts, 2);
    bench.later(7 * DAY);
    let last = store.outgoing().await.unwrap().remove(0);
    assert_eq!(store.postpone(&last).await.unwrap(), None);
    bench.later(DAY);
    assert!(store.outgoing().await.unwrap().is_empty());
    assert_eq!(store.on_their_way("acme", Way::Desk).await.unwrap(), OnTheirWay { waiting: 0, given_up: 1 });
    store.shutdown().await;
}
