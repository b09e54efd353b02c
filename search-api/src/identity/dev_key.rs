//! The key of a trial: random, one for each data folder, so that a first start needs no set-up and no default secret exists.

use super::Keys;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Issuer of tokens that are signed with the dev key.
pub const DEV_ISSUER: &str = "signpost-dev";
const KEY_ID: &str = "dev";
const KEY_BYTES: usize = 32;

/// A key that signs and verifies. While it is in use the server listens on loopback only.
pub struct DevKey {
    secret: [u8; KEY_BYTES],
}

/// Why there is no dev key.
#[derive(Debug, thiserror::Error)]
pub enum DevKeyError {
    /// The file cannot be read or made.
    #[error("read or make the dev key {0}: {1}")]
    File(PathBuf, #[source] io::Error),
    /// Others may read it.
    #[error("the dev key {0} may be read by others: chmod 600 it, or delete it to get a new one")]
    Exposed(PathBuf),
    /// Not what was written.
    #[error("the dev key {0} is damaged: delete it to get a new one")]
    Damaged(PathBuf),
    /// The token could not be signed.
    #[error("sign a token: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
}

/// What a token of the dev key says.
#[derive(Clone, Debug, Serialize)]
pub struct Grant {
    /// Portal that it is for.
    #[serde(rename = "aud")]
    pub portal: String,
    /// Who holds it.
    #[serde(rename = "sub")]
    pub subject: String,
    /// Roles.
    pub roles: BTreeSet<String>,
    /// Attributes → values.
    pub attributes: BTreeMap<String, BTreeSet<String>>,
    /// Seconds since 1970 after which it is refused.
    #[serde(rename = "exp")]
    pub expires: i64,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    #[serde(flatten)]
    grant: &'a Grant,
}

impl DevKey {
    /// Reads the key of a data folder, or makes it: readable by its owner alone, whole or not there.
    pub fn open(data: &Path) -> Result<Self, DevKeyError> {
        let path = data.join("dev.key");
        let failed = |error| DevKeyError::File(path.clone(), error);
        match read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(data, &path).map_err(failed)?,
            Err(error) => return Err(failed(error)),
            Ok(_) => {}
        }
        let (text, mode) = read(&path).map_err(failed)?;
        if mode & 0o077 != 0 {
            return Err(DevKeyError::Exposed(path));
        }
        let secret = decode(text.trim()).ok_or(DevKeyError::Damaged(path))?;
        Ok(Self { secret })
    }

    /// Keys that believe this one alone.
    pub fn keys(&self) -> Keys {
        let mut keys = Keys::new([DEV_ISSUER.to_owned()]);
        let added = keys.add_secret(KEY_ID, &self.secret);
        debug_assert!(added.is_ok(), "the dev key is long enough and the only one");
        keys
    }

    /// Signs a token.
    pub fn sign(&self, grant: &Grant) -> Result<String, DevKeyError> {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(KEY_ID.into());
        let claims = Claims { iss: DEV_ISSUER, grant };
        Ok(jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&self.secret))?)
    }
}

fn read(path: &Path) -> io::Result<(String, u32)> {
    let mode = fs::symlink_metadata(path)?.mode();
    Ok((fs::read_to_string(path)?, mode))
}

/// Writes a new key beside its place and links it there, so that of two starts at once one wins and both read the same key.
fn make(data: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(data)?;
    let secret: [u8; KEY_BYTES] = rand::random();
    let draft = data.join(format!("dev.key.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft)?;
    writeln!(file, "{}", encode(&secret))?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn encode(secret: &[u8; KEY_BYTES]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(text: &str) -> Option<[u8; KEY_BYTES]> {
    if text.len() != 2 * KEY_BYTES || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let bytes: Option<Vec<u8>> =
        (0..KEY_BYTES).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect();
    bytes?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn grant() -> Grant {
        Grant {
            portal: "acme".into(),
            subject: "ada".into(),
            roles: BTreeSet::from(["admin".into()]),
            attributes: BTreeMap::new(),
            expires: 1_800_000_060,
        }
    }

    #[test]
    fn a_folder_has_one_key_which_only_its_owner_may_read() {
        let data = tempfile::tempdir().unwrap();
        let first = DevKey::open(data.path()).unwrap();
        let again = DevKey::open(data.path()).unwrap();
        assert_eq!(first.secret, again.secret);
        let mode = fs::metadata(data.path().join("dev.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(data.path()).unwrap().count(), 1, "no draft is left behind");
    }

    #[test]
    fn two_folders_have_two_keys() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert_ne!(DevKey::open(one.path()).unwrap().secret, DevKey::open(two.path()).unwrap().secret);
    }

    #[test]
    fn a_key_that_others_may_read_is_refused() {
        let data = tempfile::tempdir().unwrap();
        DevKey::open(data.path()).unwrap();
        fs::set_permissions(data.path().join("dev.key"), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(DevKey::open(data.path()), Err(DevKeyError::Exposed(_))));
    }

    #[test]
    fn a_damaged_key_is_named_not_replaced() {
        let data = tempfile::tempdir().unwrap();
        DevKey::open(data.path()).unwrap();
        for damaged in ["", "abc", &"é".repeat(32), &"0".repeat(63)] {
            fs::write(data.path().join("dev.key"), damaged).unwrap();
            assert!(matches!(DevKey::open(data.path()), Err(DevKeyError::Damaged(_))), "{damaged}");
        }
    }

    #[test]
    fn what_it_signs_its_keys_believe() {
        let data = tempfile::tempdir().unwrap();
        let key = DevKey::open(data.path()).unwrap();
        let token = key.sign(&grant()).unwrap();
        let (portal, _) = indexer::portal::Portal::parse("acme", "name = \"Acme\"\nlanguages = [\"en\"]\n");
        let viewer = key.keys().verify(&token, &portal.unwrap(), 1_800_000_000_000).unwrap();
        assert_eq!(viewer.subject(), Some("ada"));
    }
}
