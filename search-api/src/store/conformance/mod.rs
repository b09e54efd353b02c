//! What every store keeps, whichever database it is in: each test runs on SQLite and on PostgreSQL.

/// Makes of each function a test on SQLite and one on PostgreSQL.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        mod on_sqlite {
            $(#[tokio::test] async fn $test() { super::$test(super::Bench::sqlite()).await })+
        }
        mod on_postgres {
            $(#[tokio::test] async fn $test() { super::$test(super::Bench::postgres()).await })+
        }
    };
}

mod alerts;
mod days;
mod events;
mod figures;
mod mails;
mod outbox;
mod persons;
mod plans;
mod privacy;
mod servers;
mod sources;
mod tickets;
mod versions;
mod weeks;

use super::*;
use crate::deflection::log::{Confidence, Kind, Mark, Shown, Stretch, Surface};
use crate::identity::{DevKey, Grant, OPERATOR};
use indexer::language::Language;
use sqlx::{AssertSqlSafe, Connection, Row, query};
use std::collections::{BTreeMap as Map, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

const T0: Millis = 1_777_888_800_000;
const HOUR: Millis = 3_600_000;
const DAY: Millis = 24 * HOUR;

/// A folder, a database, a clock that stands still until it is moved, and a portal.
struct Bench {
    folder: TempDir,
    url: Option<DatabaseUrl>,
    now: Arc<AtomicI64>,
    portal: Portal,
}

impl Bench {
    fn sqlite() -> Self {
        Self { folder: TempDir::new().unwrap(), url: None, now: Arc::new(AtomicI64::new(T0)), portal: portal("") }
    }

    fn postgres() -> Self {
        Self { url: Some(postgres::database().parse().unwrap()), ..Self::sqlite() }
    }

    async fn try_open(&self) -> Result<Store, StoreError> {
        let now = Arc::clone(&self.now);
        Store::open(self.folder.path(), self.url.as_ref(), Arc::new(move || now.load(Ordering::SeqCst))).await
    }

    async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    fn database(&self) -> Database {
        Database::new(self.folder.path(), self.url.as_ref()).unwrap()
    }

    async fn log(&self) -> Log {
        let archive = Archive::open(self.folder.path(), self.url.as_ref()).await.unwrap();
        archive.log("acme", T0 - 60 * DAY, T0 + 60 * DAY).await.unwrap()
    }

    fn later(&self, by: Millis) {
        self.now.fetch_add(by, Ordering::SeqCst);
    }

    /// The same with its files as they lie, as after a kill. A server of its own has no part in the kill.
    fn killed(&self) -> Self {
        let folder = TempDir::new().unwrap();
        copy_folder(self.folder.path(), folder.path());
        Self { folder, url: self.url.clone(), now: Arc::clone(&self.now), portal: self.portal.clone() }
    }

    /// Whether a text stands in any file, or in any table of a server.
    async fn holds(&self, text: &str) -> bool {
        self.holds_bytes(text.as_bytes()).await
    }

    /// The same of bytes.
    async fn holds_bytes(&self, bytes: &[u8]) -> bool {
        self.stored().await.holds(bytes)
    }

    /// Every file, and every row of a server, as they are now.
    async fn stored(&self) -> Stored {
        let (mut files, mut rows) = (Vec::new(), String::new());
        read_folder(self.folder.path(), &mut files);
        if self.url.is_some() {
            let mut db = self.database().to_write().await.unwrap();
            let tables =
                "SELECT CAST(table_name AS TEXT) AS name FROM information_schema.tables WHERE table_schema = 'public'";
            for table in query(tables).fetch_all(&mut db).await.unwrap() {
                let all = format!("SELECT CAST(held AS TEXT) AS held FROM {} AS held", table.get::<&str, _>("name"));
                for row in query(AssertSqlSafe(all)).fetch_all(&mut db).await.unwrap() {
                    rows.push_str(row.get("held"));
                    rows.push('\n');
                }
            }
        }
        Stored { files, rows }
    }
}

/// What is stored: bytes of files, and rows of a server as text with bytes as hexadecimal digits.
struct Stored {
    files: Vec<u8>,
    rows: String,
}

impl Stored {
    fn holds(&self, bytes: &[u8]) -> bool {
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let is_text = std::str::from_utf8(bytes).is_ok_and(|text| self.rows.contains(text));
        is_text || self.rows.contains(&hex) || self.files.windows(bytes.len()).any(|window| window == bytes)
    }
}

fn portal(more: &str) -> Portal {
    let text = format!(
        "name = \"Acme\"\nlanguages = [\"en\"]\nstaff_roles = [\"agent\"]\n{more}\n[[roles]]\nname = \"agent\"\n[[roles]]\nname = \"admin\"\n"
    );
    let (portal, problems) = Portal::parse("acme", &text);
    assert!(problems.is_empty(), "{problems:?}");
    portal.unwrap()
}

/// A viewer with a token.
fn viewer(portal: &Portal, subject: &str, roles: &[&str]) -> Viewer {
    let folder = TempDir::new().unwrap();
    let grant = Grant {
        portal: portal.id.clone(),
        subject: subject.into(),
        roles: roles.iter().map(|role| role.to_string()).collect::<BTreeSet<_>>(),
        attributes: Map::new(),
        expires: T0 / 1000 + 1_000_000,
    };
    let key = DevKey::open(folder.path()).unwrap();
    let token = key.sign(&grant).unwrap();
    key.keys().verify(&token, portal, T0).unwrap()
}

fn click(id: &str, slug: &str) -> NewEvent {
    let kind = Kind::Click(Shown { slug: slug.into(), ..Shown::default() });
    NewEvent { id: id.into(), at: T0, surface: Surface::Help, test: false, kind }
}

fn batch(events: Vec<NewEvent>) -> Batch {
    Batch { sent_at: T0, events, covers: None }
}

fn answered(store: &Store, portal: &Portal, origin: Origin<'_>, text: &str) -> AnsweredSearch {
    AnsweredSearch {
        search_id: store.search_id(portal, origin),
        text: text.into(),
        language: Language::parse("en").unwrap(),
        surface: Surface::Help,
        results: 2,
        confidence: Confidence::Good,
        vector: None,
    }
}

fn ticket(key: Option<&str>, body: &str) -> NewTicket {
    NewTicket {
        subject: "Refund for ana@example.org".into(),
        body: body.into(),
        email: Some("ana@example.org".into()),
        idempotency_key: key.map(Into::into),
        ..NewTicket::default()
    }
}

async fn all(store: &Store) -> Log {
    store.log("acme", T0 - 60 * DAY, T0 + 60 * DAY).await.unwrap()
}

/// Drives futures together on this thread.
async fn futures_of<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut waiting: Vec<_> = futures.map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = waiting.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, output) in waiting.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let std::task::Poll::Ready(done) = future.as_mut().poll(context)
            {
                *output = Some(done);
            }
        }
        if outputs.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn read_folder(folder: &Path, into: &mut Vec<u8>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_folder(&path, into);
        } else {
            into.extend(fs::read(path).unwrap());
        }
    }
}
