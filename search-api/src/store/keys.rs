//! Secrets of the store: keyed hashes of people, ids that only this server can issue, and the seal of tickets.

use super::names::Named;
use crate::deflection::log::{Arm, Hash, Millis};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hmac::{Hmac, KeyInit, Mac};
use indexer::portal::Experiment;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::Sha256;
use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

type Key = [u8; 32];

/// How long last month's key is kept into a month, so that what spans its turn can still be joined: 7 d + 30 min.
pub const OVERLAP: Millis = (7 * 24 * 60 + 30) * 60 * 1000;

/// All keys of a data folder. Each is a file of mode 0600, made at first use.
pub struct Keys {
    folder: PathBuf,
    subject: Key,
    search: Key,
    ticket: Key,
    holdout: Key,
    months: Mutex<HashMap<Month, Key>>,
}

/// A key cannot be read or made.
#[derive(Debug, thiserror::Error)]
#[error("read or make the key {path}: {source}")]
pub struct KeyError {
    path: PathBuf,
    source: io::Error,
}

/// A calendar month, UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Month {
    year: i16,
    month: i8,
}

impl Keys {
    /// Reads the keys under `folder`, making those that are missing.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
        made.map_err(|source| KeyError { path: folder.into(), source })?;
        let read = |name: &str| read_or_make(&folder.join(name));
        Ok(Self {
            subject: read("subject.key")?,
            search: read("search.key")?,
            ticket: read("ticket.key")?,
            holdout: read("holdout.key")?,
            months: Mutex::new(HashMap::new()),
            folder: folder.into(),
        })
    }

    /// What tells whether others have the same keys: of each that is in use at a moment its name, and what it gives for a fixed text.
    pub fn checks(&self, now: Millis) -> Result<[(String, Hash); 5], KeyError> {
        let month = Month::of(now);
        let check = |name: &str, key: &Key| (name.to_owned(), short(mac(key, &["check"])));
        Ok([
            check("subject", &self.subject),
            check("search", &self.search),
            check("ticket", &self.ticket),
            check("holdout", &self.holdout),
            check(&month.name(), &self.month(month)?),
        ])
    }

    /// File of a key.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.key"))
    }

    /// Hash of a signed-in subject.
    pub fn subject(&self, portal: &str, subject: &str) -> Hash {
        short(mac(&self.subject, &["subject", portal, subject]))
    }

    /// Hash of what a viewer holds, written out: tells who holds the same without keeping what.
    pub fn held(&self, portal: &str, held: &str) -> Hash {
        short(mac(&self.subject, &["held", portal, held]))
    }

    /// Hash of an e-mail address, white space and case aside.
    pub fn email(&self, portal: &str, address: &str) -> Hash {
        short(mac(&self.subject, &["email", portal, &address.trim().to_lowercase()]))
    }

    /// Hashes of a browser's id at a moment: under its month's key, and under the key of the month before while that is kept.
    pub fn browser(&self, portal: &str, id: &str, at: Millis) -> Result<(Hash, Option<Hash>), KeyError> {
        let month = Month::of(at);
        let hash = |key: Key| short(mac(&key, &["browser", portal, id]));
        let before = (at - month.start() <= OVERLAP).then(|| self.month(month.before()).map(hash)).transpose()?;
        Ok((hash(self.month(month)?), before))
    }

    /// Hashes of a browser's id under the key of each month that is not yet forgotten.
    pub fn browsers(&self, portal: &str, id: &str) -> Result<Vec<Hash>, KeyError> {
        let failed = |source| KeyError { path: self.folder.clone(), source };
        let mut hashes = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            if let Some(month) = entry.map_err(failed)?.file_name().to_str().and_then(Month::parse) {
                hashes.push(short(mac(&self.month(month)?, &["browser", portal, id])));
            }
        }
        Ok(hashes)
    }

    /// Hash under which a ticket's idempotency key is kept: of one person, in one portal.
    pub fn idempotency(&self, portal: &str, person: &str, key: &str) -> Hash {
        short(mac(&self.ticket, &["idempotency", portal, person, key]))
    }

    /// Hash that tells two tickets apart without keeping what they say.
    pub fn content(&self, parts: &[&str]) -> Hash {
        short(mac(&self.ticket, parts))
    }

    /// Issues an id for a search of a person in a portal.
    pub fn issue_search(&self, portal: &str, person: &str) -> String {
        let random: [u8; 12] = rand::random();
        let tag = self.search_tag(portal, person, &random);
        URL_SAFE_NO_PAD.encode([&random[..], &tag].concat())
    }

    /// Whether an id was issued here, for this person in this portal.
    pub fn issued_search(&self, portal: &str, person: &str, id: &str) -> bool {
        let Ok(id) = URL_SAFE_NO_PAD.decode(id) else { return false };
        let Some((random, tag)) = id.split_first_chunk::<12>() else { return false };
        equal(tag, &self.search_tag(portal, person, random))
    }

    /// What chance gives a person in an experiment, the same each time: its key does not turn with the month, and only the arm is kept.
    pub fn arm(&self, portal: &str, experiment: &Experiment, person: &str) -> Arm {
        let drawn = mac(&self.holdout, &["arm", portal, &experiment.name, person]);
        let drawn = drawn.first_chunk().map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes));
        // Of 2^64 numbers the first per_mille / 1000.
        let bound = u64::MAX / 1000 * u64::from(experiment.per_mille);
        if drawn < bound { Arm::Held } else { Arm::Shown }
    }

    /// Issues an id for a ticket form that says which arm its writer is in.
    pub fn issue_form(&self, portal: &str, experiment: &Experiment, arm: Arm) -> String {
        let random: [u8; 12] = rand::random();
        let tag = self.form_tag(portal, experiment, arm, &random);
        URL_SAFE_NO_PAD.encode([&random[..], &tag].concat())
    }

    /// The arm that a form's id says; `None` if it was not issued here under this experiment.
    pub fn issued_form(&self, portal: &str, experiment: &Experiment, id: &str) -> Option<Arm> {
        let id = URL_SAFE_NO_PAD.decode(id).ok()?;
        let (random, tag) = id.split_first_chunk::<12>()?;
        [Arm::Shown, Arm::Held].into_iter().find(|arm| equal(tag, &self.form_tag(portal, experiment, *arm, random)))
    }

    /// What lets somebody without a token see a ticket: 128 bits that follow from its id, so that a repeated request gives them again.
    pub fn ticket_secret(&self, portal: &str, id: &str) -> String {
        URL_SAFE_NO_PAD.encode(short(mac(&self.ticket, &["secret", portal, id])))
    }

    /// Whether a secret is a ticket's; compared in constant time.
    pub fn is_ticket_secret(&self, portal: &str, id: &str, secret: &str) -> bool {
        equal(self.ticket_secret(portal, id).as_bytes(), secret.as_bytes())
    }

    /// What lets whoever is told of a ticket see how far it is, and not what was written: the address that they were told by is what
    /// somebody typed.
    pub fn word_secret(&self, portal: &str, id: &str) -> String {
        URL_SAFE_NO_PAD.encode(short(mac(&self.ticket, &["word", portal, id])))
    }

    /// Whether a secret is that; compared in constant time.
    pub fn is_word_secret(&self, portal: &str, id: &str, secret: &str) -> bool {
        equal(self.word_secret(portal, id).as_bytes(), secret.as_bytes())
    }

    /// Seals what a ticket says (XChaCha20-Poly1305, bound to portal and id); the nonce comes first.
    pub fn seal(&self, portal: &str, id: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let nonce: [u8; 24] = rand::random();
        let payload = Payload { msg: plain, aad: &bound(portal, id) };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).ok()?;
        Some([&nonce[..], &sealed].concat())
    }

    /// Opens a seal; `None` if it is not this ticket's, or was touched.
    pub fn unseal(&self, portal: &str, id: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
        self.cipher().decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: &bound(portal, id) }).ok()
    }

    /// Deletes keys of months whose overlap is over. Whoever calls it also deletes the hashes that were made with them.
    pub fn forget_months(&self, now: Millis) -> Result<(), KeyError> {
        let current = Month::of(now);
        let oldest = if now - current.start() <= OVERLAP { current.before() } else { current };
        let failed = |source| KeyError { path: self.folder.clone(), source };
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let Some(month) = entry.file_name().to_str().and_then(Month::parse) else { continue };
            // A key made lately for a month long past serves a backfill that may still be under way.
            let made = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            let made = made.and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
            let fresh = made.is_some_and(|made| made.as_millis() as Millis + OVERLAP > now);
            if month < oldest && !fresh {
                let path = entry.path();
                fs::remove_file(&path).map_err(|source| KeyError { path, source })?;
                self.months.lock().unwrap_or_else(PoisonError::into_inner).remove(&month);
            }
        }
        Ok(())
    }

    fn month(&self, month: Month) -> Result<Key, KeyError> {
        let mut months = self.months.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = months.get(&month) {
            return Ok(*key);
        }
        let key = read_or_make(&self.path(&month.name()))?;
        months.insert(month, key);
        Ok(key)
    }

    fn search_tag(&self, portal: &str, person: &str, random: &[u8; 12]) -> [u8; 12] {
        let tag = mac(&self.search, &[portal, person, &URL_SAFE_NO_PAD.encode(random)]);
        std::array::from_fn(|place| tag[place])
    }

    fn form_tag(&self, portal: &str, experiment: &Experiment, arm: Arm, random: &[u8; 12]) -> [u8; 12] {
        let (share, arm) = (experiment.per_mille.to_string(), arm.name());
        let random = URL_SAFE_NO_PAD.encode(random);
        let tag = mac(&self.holdout, &["form", portal, &experiment.name, &share, arm, &random]);
        std::array::from_fn(|place| tag[place])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.ticket.into())
    }
}

/// First moment of the calendar month (UTC) that holds a moment.
pub fn month_start(at: Millis) -> Millis {
    Month::of(at).start()
}

/// Name of the key of the month that holds a moment; a later month's name is a greater text.
pub fn month_name(at: Millis) -> String {
    Month::of(at).name()
}

impl Month {
    fn of(at: Millis) -> Self {
        let day = Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(TimeZone::UTC).date();
        Self { year: day.year(), month: day.month() }
    }

    fn first(self) -> Date {
        Date::constant(self.year, self.month, 1)
    }

    fn start(self) -> Millis {
        self.first().to_zoned(TimeZone::UTC).map_or(Millis::MIN, |at| at.timestamp().as_millisecond())
    }

    fn before(self) -> Self {
        if self.month > 1 { Self { month: self.month - 1, ..self } } else { Self { year: self.year - 1, month: 12 } }
    }

    fn name(self) -> String {
        format!("month-{:04}-{:02}", self.year, self.month)
    }

    fn parse(file: &str) -> Option<Self> {
        let (year, month) = file.strip_prefix("month-")?.strip_suffix(".key")?.split_once('-')?;
        let day = Date::new(year.parse().ok()?, month.parse().ok()?, 1).ok()?;
        Some(Self { year: day.year(), month: day.month() })
    }
}

/// Reads a key, or makes it at random: whole and durable before its name appears, and never over another.
fn read_or_make(path: &Path) -> Result<Key, KeyError> {
    let failed = |source| KeyError { path: path.into(), source };
    match fs::read(path) {
        Ok(bytes) => Key::try_from(bytes).map_err(|bytes| {
            failed(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("it has {} bytes, not 32: restore it from a backup, or remove it (what it hashed is then no longer joined)", bytes.len()),
            ))
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key: Key = rand::random();
            let draft = path.with_extension(format!("draft-{:016x}", rand::random::<u64>()));
            let make = || {
                let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
                file.write_all(&key)?;
                file.sync_all()?;
                let linked = fs::hard_link(&draft, path);
                fs::remove_file(&draft)?;
                if let Some(folder) = path.parent() {
                    fs::File::open(folder)?.sync_all()?;
                }
                linked
            };
            match make() {
                Ok(()) => Ok(key),
                // Somebody else was faster.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => read_or_make(path),
                Err(error) => Err(failed(error)),
            }
        }
        Err(error) => Err(failed(error)),
    }
}

/// HMAC-SHA256 over parts, each preceded by its length, so that no two lists of parts give one input.
fn mac(key: &Key, parts: &[&str]) -> [u8; 32] {
    // Padded to a block with zeros, as RFC 2104 has it for a shorter key.
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mut mac = Hmac::<Sha256>::new(&block.into());
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part.as_bytes());
    }
    mac.finalize().into_bytes().into()
}

fn short(mac: [u8; 32]) -> Hash {
    std::array::from_fn(|place| mac[place])
}

fn bound(portal: &str, id: &str) -> Vec<u8> {
    [portal.as_bytes(), b"\0", id.as_bytes()].concat()
}

/// Compares in time that depends on the lengths alone.
fn equal(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
