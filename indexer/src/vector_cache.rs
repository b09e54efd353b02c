//! Embeddings that need not be computed again: a file of (model, text) → vector and token codes, kept while in use.

use crate::clock::Clock;
use crate::embedder::{Embedder, EmbedderError, Embedding, ModelDigest};
use crate::token_codes;
use redb::backends::FileBackend;
use redb::{Database, ReadableDatabase, TableDefinition};
use std::collections::HashMap;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Embeddings by model and text, in `vectors.redb` of one folder. The file is private (mode 0600), for texts can be guessed from
/// their vectors. Everything in it can be computed again: a read or write that fails costs time, and nothing else.
pub struct VectorCache {
    database: Database,
    clock: Clock,
    unwritten: Mutex<HashMap<Key, Record>>,
}

/// Why there is no cache.
#[derive(Debug, thiserror::Error)]
pub enum VectorCacheError {
    /// Another process has it open.
    #[error("open {path}: another process uses it (stop that one, or name another folder)")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The folder or file cannot be made, read or moved.
    #[error("open {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The engine failed on a file that it had just made.
    #[error("open {path}: {source}")]
    Engine {
        /// The file.
        path: PathBuf,
        /// What the engine said.
        source: Box<redb::Error>,
    },
}

/// Model digest, then blake3 of the text.
type Key = [u8; 64];

/// An embedding and the day (since 1970) on which it was last asked for.
struct Record {
    day: u32,
    embedding: Embedding,
}

const TABLE: TableDefinition<&Key, &[u8]> = TableDefinition::new("embeddings 1");
/// What an earlier version kept: vectors alone.
const EARLIER: TableDefinition<&Key, &[u8]> = TableDefinition::new("vectors 1");
/// Days without use after which an embedding is dropped.
const KEPT_DAYS: u32 = 7;
/// Records gathered before they are written together: a write costs the same for one as for many.
const BATCH: usize = 256;
/// Memory for the engine's pages.
const PAGES: usize = 16 << 20;
const DAY: i64 = 24 * 60 * 60 * 1000;

impl VectorCache {
    /// Opens or makes the cache in `folder` and drops what nobody asked for in 7 days. A damaged file is moved aside (to
    /// `vectors.redb.damaged`) and begun anew.
    pub fn open(folder: &Path, clock: Clock) -> Result<Self, VectorCacheError> {
        let path = folder.join("vectors.redb");
        let file_error = |source| VectorCacheError::File { path: path.clone(), source };
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(file_error)?;
        let today = day(&clock);
        let database = match open_database(&path, today) {
            Ok(database) => database,
            Err(redb::Error::DatabaseAlreadyOpen) => return Err(VectorCacheError::InUse { path }),
            Err(redb::Error::Io(error)) if !is_damage(&error) => return Err(file_error(error)),
            Err(error) => {
                let aside = path.with_extension("redb.damaged");
                tracing::warn!(path = %path.display(), %error, "the vector cache is damaged; moved aside, begun anew");
                fs::rename(&path, &aside).map_err(file_error)?;
                open_database(&path, today)
                    .map_err(|source| VectorCacheError::Engine { path, source: Box::new(source) })?
            }
        };
        Ok(Self { database, clock, unwritten: Mutex::default() })
    }

    /// The embedding of a passage's text, if it is known.
    pub fn get(&self, model: ModelDigest, text: &str) -> Option<Embedding> {
        let key = key(model, text);
        if let Some(record) = self.unwritten().get(&key) {
            return Some(record.embedding.clone());
        }
        let record = self.read(&key).unwrap_or_else(|error| {
            tracing::warn!(%error, "read the vector cache");
            None
        })?;
        let today = day(&self.clock);
        let embedding = record.embedding.clone();
        if record.day != today {
            self.remember(key, Record { day: today, ..record });
        }
        Some(embedding)
    }

    /// Keeps the embedding of a passage's text. It is on disk after [`Self::flush`], or when many have gathered.
    pub fn put(&self, model: ModelDigest, text: &str, embedding: Embedding) {
        self.remember(key(model, text), Record { day: day(&self.clock), embedding });
    }

    /// The embedding of a passage's text: the one kept, else computed and kept. Blocks.
    pub fn embed_passage(&self, embedder: &Embedder, text: &str) -> Result<Embedding, EmbedderError> {
        if let Some(embedding) = self.get(embedder.digest(), text) {
            return Ok(embedding);
        }
        let embedding = embedder.embed_passage(text)?;
        self.put(embedder.digest(), text, embedding.clone());
        Ok(embedding)
    }

    /// Writes what has gathered. Also done when the cache is dropped.
    pub fn flush(&self) {
        let records = std::mem::take(&mut *self.unwritten());
        if records.is_empty() {
            return;
        }
        if let Err(error) = self.write(&records) {
            tracing::warn!(%error, records = records.len(), "write the vector cache; these will be computed again");
        }
    }

    fn remember(&self, key: Key, record: Record) {
        let full = {
            let mut unwritten = self.unwritten();
            unwritten.insert(key, record);
            unwritten.len() >= BATCH
        };
        if full {
            self.flush();
        }
    }

    fn read(&self, key: &Key) -> Result<Option<Record>, redb::Error> {
        let table = self.database.begin_read()?.open_table(TABLE)?;
        Ok(table.get(key)?.and_then(|bytes| Record::decode(bytes.value())))
    }

    fn write(&self, records: &HashMap<Key, Record>) -> Result<(), redb::Error> {
        let transaction = self.database.begin_write()?;
        {
            let mut table = transaction.open_table(TABLE)?;
            for (key, record) in records {
                table.insert(key, record.encode().as_slice())?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn unwritten(&self) -> std::sync::MutexGuard<'_, HashMap<Key, Record>> {
        self.unwritten.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for VectorCache {
    fn drop(&mut self) {
        self.flush();
    }
}

impl Record {
    /// Day, checksum of what follows, length of the vector, vector, token codes: a flipped bit on disk must not become an answer.
    fn encode(&self) -> Vec<u8> {
        let Embedding { vector, tokens } = &self.embedding;
        let length = (vector.len() as u32).to_le_bytes();
        let vector: Vec<u8> = vector.iter().map(|step| step.cast_unsigned()).collect();
        let checked = [&length[..], &vector, &token_codes::to_record(tokens)].concat();
        [&self.day.to_le_bytes()[..], &checksum(&checked), &checked].concat()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (day, rest) = bytes.split_first_chunk::<4>()?;
        let (sum, checked) = rest.split_first_chunk::<4>()?;
        let (length, rest) = checked.split_first_chunk::<4>().filter(|_| *sum == checksum(checked))?;
        let (vector, tokens) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        let vector = vector.iter().map(|byte| byte.cast_signed()).collect();
        let embedding = Embedding { vector, tokens: token_codes::from_record(tokens).collect() };
        Some(Self { day: u32::from_le_bytes(*day), embedding })
    }
}

fn open_database(path: &Path, today: u32) -> Result<Database, redb::Error> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    // Without the check a damaged file may panic later, in the middle of a read.
    let mut builder = Database::builder();
    let database =
        builder.set_cache_size(PAGES).set_check_integrity_on_open(true).create_with_backend(FileBackend::new(file)?)?;
    let transaction = database.begin_write()?;
    transaction.delete_table(EARLIER)?;
    transaction
        .open_table(TABLE)?
        .retain(|_, bytes| Record::decode(bytes).is_some_and(|record| today.saturating_sub(record.day) <= KEPT_DAYS))?;
    transaction.commit()?;
    Ok(database)
}

/// Whether an error of the system speaks of the file's content, not of access to it.
fn is_damage(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidInput)
}

fn key(model: ModelDigest, text: &str) -> Key {
    let mut key = [0; 64];
    key[..32].copy_from_slice(&model.0);
    key[32..].copy_from_slice(blake3::hash(text.as_bytes()).as_bytes());
    key
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let [a, b, c, d, ..] = *blake3::hash(bytes).as_bytes();
    [a, b, c, d]
}

fn day(clock: &Clock) -> u32 {
    u32::try_from(clock().div_euclid(DAY)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    const MODEL: ModelDigest = ModelDigest([7; 32]);

    fn on_day(day: i64) -> Clock {
        Arc::new(move || day * DAY + 5)
    }

    fn embedding(seed: i8) -> Embedding {
        let vector = (0..384).map(|i: i32| seed.wrapping_add(i as i8)).collect();
        Embedding { vector, tokens: [u128::MAX - 5, seed.unsigned_abs().into()].into() }
    }

    #[test]
    fn a_vector_is_found_again_for_the_same_model_and_text_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = VectorCache::open(folder.path(), on_day(100)).unwrap();
        cache.put(MODEL, "text", embedding(-128));
        assert_eq!(cache.get(MODEL, "text"), Some(embedding(-128)), "before it is written");
        drop(cache);
        let cache = VectorCache::open(folder.path(), on_day(100)).unwrap();
        assert_eq!(cache.get(MODEL, "text"), Some(embedding(-128)), "after it was written");
        assert_eq!(cache.get(MODEL, "other text"), None);
        assert_eq!(cache.get(ModelDigest([8; 32]), "text"), None);
    }

    #[test]
    fn vectors_unused_for_a_week_are_dropped_and_used_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(100 * DAY));
        let clock = {
            let now = Arc::clone(&now);
            Arc::new(move || now.load(Ordering::Relaxed)) as Clock
        };
        let cache = VectorCache::open(folder.path(), clock).unwrap();
        cache.put(MODEL, "used", embedding(1));
        cache.put(MODEL, "unused", embedding(2));
        cache.flush();
        now.store(105 * DAY, Ordering::Relaxed);
        assert!(cache.get(MODEL, "used").is_some());
        drop(cache);
        let cache = VectorCache::open(folder.path(), on_day(108)).unwrap();
        assert_eq!(cache.get(MODEL, "used"), Some(embedding(1)));
        assert_eq!(cache.get(MODEL, "unused"), None);
    }

    #[test]
    fn many_vectors_are_written_without_being_asked() {
        let folder = tempfile::tempdir().unwrap();
        let cache = VectorCache::open(folder.path(), on_day(100)).unwrap();
        (0..BATCH).for_each(|i| cache.put(MODEL, &i.to_string(), embedding(3)));
        assert!(cache.unwritten().is_empty());
        assert_eq!(cache.get(MODEL, "0"), Some(embedding(3)));
    }

    #[test]
    fn a_damaged_file_is_moved_aside_and_begun_anew() {
        let damages: [fn(&mut Vec<u8>); 4] = [
            Vec::clear,
            |bytes| bytes.truncate(100),
            |bytes| bytes[..64].fill(0xA5),
            |bytes| *bytes = b"not a cache".repeat(999),
        ];
        for damage in damages {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("vectors.redb");
            VectorCache::open(folder.path(), on_day(100)).unwrap().put(MODEL, "text", embedding(4));
            let mut bytes = fs::read(&path).unwrap();
            damage(&mut bytes);
            fs::write(&path, &bytes).unwrap();
            let cache = VectorCache::open(folder.path(), on_day(100)).unwrap();
            assert_eq!(cache.get(MODEL, "text"), None);
            cache.put(MODEL, "text", embedding(5));
            drop(cache);
            let cache = VectorCache::open(folder.path(), on_day(100)).unwrap();
            assert_eq!(cache.get(MODEL, "text"), Some(embedding(5)));
        }
    }

    #[test]
    fn a_flipped_bit_of_a_vector_is_a_miss() {
        let record = Record { day: 1, embedding: embedding(6) };
        let bytes = record.encode();
        for at in 4..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(Record::decode(&flipped).is_none());
        }
        assert!((0..bytes.len()).all(|end| Record::decode(&bytes[..end]).is_none()));
    }

    #[test]
    fn the_file_is_private_and_used_by_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vectors.redb");
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o644)).unwrap();
        let _cache = VectorCache::open(folder.path(), on_day(100)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(VectorCache::open(folder.path(), on_day(100)), Err(VectorCacheError::InUse { .. })));
    }
}
