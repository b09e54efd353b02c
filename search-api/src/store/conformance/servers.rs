//! Several servers on one database, and databases that come and go.

use super::*;

on_both! {
    the_form_covers_the_time_in_which_the_server_ran,
    servers_of_one_database_keep_each_event_and_ticket_once,
    servers_with_other_keys_are_refused,
}

async fn the_form_covers_the_time_in_which_the_server_ran(bench: Bench) {
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

async fn servers_of_one_database_keep_each_event_and_ticket_once(bench: Bench) {
    let (one, two) = (bench.open().await, bench.open().await);
    let nobody = Viewer::anonymous("acme");
    let origin = Origin::new(&nobody, Some("b1"));
    let (portal, one, two) = (&bench.portal, &one, &two);
    // Both are sent the same, in opposite orders, at the same time.
    let sent =
        futures_of((0..30).flat_map(|number| [(one, number), (two, 29 - number)]).map(|(store, number)| async move {
            let events = (0..3).map(|event| click(&format!("e{}", number * 2 + event), "a")).collect();
            store.append(portal, origin, batch(events)).await.unwrap()
        }));
    let made = futures_of((0..8).map(|number| async move {
        let (store, key) = (if number % 2 == 0 { one } else { two }, format!("k{}", number / 4));
        store.create_ticket(portal, origin, ticket(Some(&key), "x"), None).await.unwrap().ticket.id
    }));
    let (sent, made) = tokio::join!(sent, made);
    assert_eq!(sent.iter().map(|receipt| receipt.accepted).sum::<usize>(), 61);
    assert_eq!(sent.iter().map(|receipt| receipt.conflict).sum::<usize>(), 0);
    assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), 2, "one a key");
    let advanced = (0..6).map(|number| {
        let (store, id) = (if number % 2 == 0 { one } else { two }, &made[0]);
        async move { store.advance(portal, id, Stage::Working).await.unwrap() }
    });
    futures_of(advanced).await;
    let tidied = [one, two].map(|_| async {
        let (database, keys) = (bench.database(), Keys::open(&bench.folder.path().join("keys")).unwrap());
        retention::tidy(&mut database.to_write().await.unwrap(), database.begin(), &keys, Retention::DEFAULT, T0)
            .await
            .unwrap();
    });
    futures_of(tidied.into_iter()).await;
    one.shutdown().await;
    two.shutdown().await;
    let log = bench.log().await;
    assert_eq!((log.events.len(), log.tickets.len(), log.coverage.len()), (61, 2, 1));
}

async fn servers_with_other_keys_are_refused(bench: Bench) {
    bench.open().await.shutdown().await;
    for name in ["subject", "search", "ticket", "month-2026-05"] {
        let other = bench.killed();
        let key = other.folder.path().join(format!("keys/{name}.key"));
        fs::remove_file(&key).unwrap();
        let refused = other.try_open().await.err().unwrap();
        assert!(matches!(&refused, StoreError::OtherKeys { key: named } if *named == key), "{refused}");
    }
    bench.killed().open().await.shutdown().await;
}

#[tokio::test]
async fn a_server_that_goes_away_stores_nothing_meanwhile_and_is_found_again() {
    let server = postgres::Server::start();
    let bench = Bench { url: Some(server.database().parse().unwrap()), ..Bench::sqlite() };
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    let origin = Origin::new(&nobody, Some("b1"));
    let send = async |id: &str| store.append(&bench.portal, origin, batch(vec![click(id, "a")])).await;
    send("before").await.unwrap();
    server.stop();
    let search = answered(&store, &bench.portal, origin, "asked meanwhile");
    store.record(&bench.portal, origin, search);
    for _ in 0..2 {
        let away = send("meanwhile").await.unwrap_err();
        assert!(matches!(away, StoreError::Commit(_)) && away.is_passing(), "{away}");
    }
    assert!(store.votes().await.unwrap_err().is_passing());
    server.start_again();
    assert_eq!(send("after").await.unwrap().accepted, 1);
    assert!(store.votes().await.unwrap().is_empty());
    store.shutdown().await;
    let mut kept: Vec<_> = bench.log().await.events.into_iter().map(|event| event.id.replace(RECORDED, "~")).collect();
    kept.sort();
    assert_eq!((kept.len(), &kept[0][..], &kept[1][..], kept[2].starts_with('~')), (3, "after", "before", true));
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_a_server_that_is_away() {
    let server = postgres::Server::start();
    let bench = Bench { url: Some(server.database().parse().unwrap()), ..Bench::sqlite() };
    let (store, nobody) = (bench.open().await, Viewer::anonymous("acme"));
    server.stop();
    let search = answered(&store, &bench.portal, Origin::new(&nobody, None), "lost");
    store.record(&bench.portal, Origin::new(&nobody, None), search);
    store.shutdown().await;
}

#[tokio::test]
async fn a_server_that_is_away_is_named_without_its_password() {
    let folder = TempDir::new().unwrap();
    for url in ["postgres://ana:hunter2@127.0.0.1:1/acme", "postgresql://ana@127.0.0.1:1/acme?password=hunter2"] {
        let refused = Store::open(folder.path(), Some(&url.parse().unwrap()), Arc::new(|| T0)).await.err().unwrap();
        assert!(matches!(refused, StoreError::Open { .. }), "{refused}");
        let said = format!("{refused} {refused:?}");
        assert!(said.contains("ana@127.0.0.1:1/acme") && !said.contains("hunter2"), "{said}");
    }
    for url in ["hunter2", "mysql://ana:hunter2@127.0.0.1/acme", "sqlite:hunter2", "postgres:hunter2", ""] {
        let url: DatabaseUrl = url.parse().unwrap();
        let refused = Store::open(folder.path(), Some(&url), Arc::new(|| T0)).await.err().unwrap();
        let said = format!("{refused} {refused:?} {url:?}");
        assert!(matches!(refused, StoreError::Url) && !said.contains("hunter2"), "{said}");
    }
}

#[tokio::test]
async fn sessions_that_write_wait_for_the_disk_however_the_server_is_set() {
    let bench = Bench::postgres();
    let mut db = bench.database().to_write().await.unwrap();
    let set = query(
        "SELECT current_setting('synchronous_commit') AS here, reset_val AS elsewhere \
                     FROM pg_settings WHERE name = 'synchronous_commit'",
    );
    let set = set.fetch_one(&mut db).await.unwrap();
    assert_eq!((set.get::<&str, _>("here"), set.get::<&str, _>("elsewhere")), ("on", "off"));
    let bench = Bench::sqlite();
    let mut db = bench.database().to_write().await.unwrap();
    for (pragma, value) in [("synchronous", 2), ("secure_delete", 1), ("busy_timeout", 10_000)] {
        let row = query(AssertSqlSafe(format!("PRAGMA {pragma}"))).fetch_one(&mut db).await.unwrap();
        assert_eq!(row.get::<i64, _>(0), value, "{pragma}");
    }
}
