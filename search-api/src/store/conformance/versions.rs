//! Databases of other versions.

use super::*;

on_both! {
    a_later_versions_database_is_refused_and_left_alone,
    databases_of_every_earlier_version_are_brought_to_this_one,
    a_database_without_tables_is_said_to_have_none,
}

async fn a_later_versions_database_is_refused_and_left_alone(bench: Bench) {
    let store = bench.open().await;
    store.shutdown().await;
    let mut db = bench.database().to_write().await.unwrap();
    let later = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                 VALUES (9999, 'later', $1, $2, 0)";
    query(later).bind(true).bind(vec![0_u8]).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    assert!(matches!(bench.try_open().await, Err(StoreError::Newer(_))));
    assert!(matches!(Archive::of(&bench.database()).await, Err(StoreError::Newer(_))));
}

async fn databases_of_every_earlier_version_are_brought_to_this_one(bench: Bench) {
    for version in bench.database().earlier() {
        let bench = if bench.url.is_some() { Bench::postgres() } else { Bench::sqlite() };
        let mut db = bench.database().at_version(version).await;
        let written = [
            "INSERT INTO event (portal, id, digest, t, at, sent_at, received_at, backfill, roles, surface, kind, slug, rank) \
             VALUES ('acme', 'e', $1, $2, $2, $2, $2, 0, 'admin', 'help', 'click', 'a', 3)",
            "INSERT INTO ticket_fact (portal, id, at, source, subject) VALUES ('acme', 't', $2, 'form', $1)",
            "INSERT INTO address (portal, email, person, since) VALUES ('acme', $1, $1, $2)",
        ];
        for statement in written {
            query(statement).bind(vec![7_u8; 16]).bind(T0).execute(&mut db).await.unwrap();
        }
        // Of what is on its way something is kept since the seventh; there was one way until the sixteenth.
        if version >= 7 {
            let (column, way) = if version < 16 { ("", "") } else { (", way, stage", ", 'desk', 0") };
            let sent = format!(
                "INSERT INTO outbox (portal, id, since, attempts, due{column}) VALUES ('acme', 't', $1, 2, $1{way})"
            );
            query(AssertSqlSafe(sent)).bind(T0).execute(&mut db).await.unwrap();
        }
        db.close().await.unwrap();
        assert!(matches!(Archive::of(&bench.database()).await, Err(StoreError::Older(_))), "from {version}");
        let store = bench.open().await;
        let nobody = Viewer::anonymous("acme");
        let sent = batch(vec![click("e", "b"), click("f", "b")]);
        let receipt = store.append(&bench.portal, Origin::new(&nobody, None), sent).await.unwrap();
        assert_eq!(receipt, Receipt { accepted: 1, conflict: 1, duplicate: 0 }, "from {version}");
        let desk = store.on_their_way("acme", Way::Desk).await.unwrap();
        assert_eq!(desk, OnTheirWay { waiting: u64::from(version >= 7), given_up: 0 }, "from {version}");
        store.shutdown().await;
        let log = bench.log().await;
        assert_eq!((log.events.len(), log.tickets.len(), log.addresses.len()), (2, 1, 1), "from {version}");
        let kept = log.events.iter().find(|event| event.id == "e").unwrap();
        assert!(matches!(&kept.kind, Kind::Click(shown) if shown.slug == "a" && shown.rank == Some(3)));
        assert_eq!(log.tickets[0].person.subject, Some([7; 16]));
    }
}

async fn a_database_without_tables_is_said_to_have_none(bench: Bench) {
    assert!(matches!(Archive::of(&bench.database()).await, Err(StoreError::Absent(_))));
}
