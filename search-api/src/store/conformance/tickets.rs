//! Tickets: made once, and seen by their owners.

use super::*;

on_both! {
    a_ticket_is_seen_by_its_owner_and_the_holder_of_its_secret,
    an_idempotency_key_gives_one_ticket_for_a_day,
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
    assert_eq!(store.advance(&bench.portal, id, Stage::Working).await.unwrap(), Some(()));
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
