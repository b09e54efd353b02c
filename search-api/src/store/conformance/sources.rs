//! Sources of tickets beside the form: each ticket once, what is withdrawn counts no more, and what is covered.

use super::*;

on_both! {
    a_ticket_of_a_source_is_kept_once_without_what_names_people,
    a_ticket_that_was_forwarded_from_here_counts_once,
    what_is_withdrawn_counts_no_more_whichever_is_heard_first,
    a_source_covers_the_time_from_its_first_word_to_its_last_less_its_outages,
}

fn made(id: &str) -> SourceTicket {
    SourceTicket {
        id: id.into(),
        at: T0 - HOUR,
        subject: Some("Refund to ana@example.org".into()),
        email: Some("Ana@Example.org ".into()),
        person: Some("ana-subject".into()),
        ..SourceTicket::default()
    }
}

async fn a_ticket_of_a_source_is_kept_once_without_what_names_people(bench: Bench) {
    let store = bench.open().await;
    let hear = async |notices: Vec<Notice>| store.hear(&bench.portal, "zendesk", notices, T0).await.unwrap();
    let both = vec![Notice::Made(made("1")), Notice::Made(made("1")), Notice::Made(made("2"))];
    assert_eq!(hear(both).await, Taken { made: 2, repeated: 1, passed: 0 });
    assert_eq!(hear(vec![Notice::Made(made("1"))]).await, Taken { made: 0, repeated: 1, passed: 0 });
    let elsewhere = store.hear(&bench.portal, "hubspot", vec![Notice::Made(made("1"))], T0).await.unwrap();
    assert_eq!(elsewhere.made, 1, "another source has ids of its own");
    let log = all(&store).await;
    assert_eq!(log.tickets.len(), 3);
    let kept = log.tickets.iter().find(|ticket| ticket.id == "zendesk:1").unwrap();
    assert_eq!((kept.at, kept.source.as_str()), (T0 - HOUR, "zendesk"));
    assert_eq!(
        (kept.email, kept.person.subject),
        (Some(store.keys.email("acme", "ana@example.org")), Some(store.keys.subject("acme", "ana-subject")))
    );
    let silent = Portal { keep_queries: false, id: "silent".into(), ..bench.portal.clone() };
    store.hear(&silent, "zendesk", vec![Notice::Made(made("1"))], T0).await.unwrap();
    let log = store.log("silent", 0, T0).await.unwrap();
    assert_eq!((log.tickets.len(), log.tickets[0].subject.clone()), (1, None));
    store.shutdown().await;
    for text in ["ana@example.org", "Ana@Example.org", "ana-subject"] {
        assert!(!bench.holds(text).await, "{text}");
    }
}

async fn a_ticket_that_was_forwarded_from_here_counts_once(bench: Bench) {
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let ours = store.create_ticket(&bench.portal, Origin::new(&nobody, None), ticket(None, "x"), None).await.unwrap();
    let external = |id: &str| Some(format!("{OURS}{id}"));
    let back = SourceTicket { external_id: external(&ours.ticket.id), ..made("1") };
    let forged = SourceTicket { external_id: external("nothing"), ..made("2") };
    let hear = async |notices: Vec<Notice>| store.hear(&bench.portal, "zendesk", notices, T0).await.unwrap();
    let taken = hear(vec![Notice::Made(back.clone()), Notice::Made(forged)]).await;
    assert_eq!(taken, Taken { made: 1, repeated: 0, passed: 1 });
    assert_eq!(hear(vec![Notice::Made(back)]).await.repeated, 1);
    let mut ids: Vec<_> = all(&store).await.tickets.into_iter().map(|ticket| ticket.id).collect();
    ids.sort();
    let mut expected = [ours.ticket.id, "zendesk:2".into()];
    expected.sort();
    assert_eq!(ids, expected);
    store.shutdown().await;
}

async fn what_is_withdrawn_counts_no_more_whichever_is_heard_first(bench: Bench) {
    let store = bench.open().await;
    let spam = |id: &str| Notice::Withdrawn { id: id.into(), reason: Reason::Spam };
    let hear = async |notices: Vec<Notice>| store.hear(&bench.portal, "zendesk", notices, T0).await.unwrap();
    hear(vec![Notice::Made(made("1")), spam("2")]).await;
    hear(vec![spam("1"), Notice::Made(made("2")), Notice::Made(made("3")), spam("3")]).await;
    hear(vec![spam("1"), Notice::Made(made("1"))]).await;
    assert!(all(&store).await.tickets.is_empty());
    let sources = store.sources("acme").await.unwrap();
    let zendesk = sources.iter().find(|source| source.name == "zendesk").unwrap();
    assert_eq!(zendesk.counts, [(Reason::Made, 2), (Reason::Spam, 3)].into());
    store.shutdown().await;
}

async fn a_source_covers_the_time_from_its_first_word_to_its_last_less_its_outages(bench: Bench) {
    let store = bench.open().await;
    for at in [T0, T0 + HOUR, T0 - HOUR] {
        store.hear(&bench.portal, "zendesk", Vec::new(), at).await.unwrap();
    }
    let outage = Stretch { source: "zendesk".into(), from: T0, to: T0 + 5 };
    for _ in 0..2 {
        store.note_outage(&bench.portal, outage.clone()).await.unwrap();
    }
    let log = all(&store).await;
    let covered: Vec<_> = log.coverage.iter().filter(|stretch| stretch.source == "zendesk").collect();
    assert_eq!(covered, [&Stretch { source: "zendesk".into(), from: T0 - HOUR, to: T0 + HOUR }]);
    assert_eq!(log.outages, [outage]);
    assert!(store.log("other", 0, T0).await.unwrap().outages.is_empty());
    store.shutdown().await;
}
