//! The model's folder: its files, their sums and digest, its settings, and where the runtime library stands.

use super::{EmbedderError, ModelDigest};
use crate::language::{KnownLanguages, Language};
use crate::static_table::StaticTable;
use fastembed::{Pooling, TokenizerFiles};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// What is read from a model's folder.
pub(crate) struct ModelFiles {
    pub(crate) digest: ModelDigest,
    pub(crate) settings: Settings,
    pub(crate) languages: KnownLanguages,
    pub(crate) onnx: Vec<u8>,
    pub(crate) tokenizer: TokenizerFiles,
    pub(crate) table: Option<StaticTable>,
}

/// `signpost.json` of a model's folder: how it wants to be used.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) query_prefix: String,
    pub(crate) passage_prefix: String,
    pooling: PoolingName,
    languages: Option<Vec<String>>,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PoolingName {
    #[default]
    Mean,
    Cls,
}

/// Changes when the same files would give other vectors: the rounding, the longest text.
const VECTOR_FORM: &[u8] = b"signpost vectors 1";

const SETTINGS: &str = "signpost.json";
const TABLE: &str = "static.bin";

impl Settings {
    pub(crate) fn pooling(&self) -> Pooling {
        match self.pooling {
            PoolingName::Mean => Pooling::Mean,
            PoolingName::Cls => Pooling::Cls,
        }
    }

    /// The languages that the model knows; what is wrong with them else.
    fn languages(&self) -> Result<KnownLanguages, String> {
        let Some(tags) = &self.languages else { return Ok(KnownLanguages::All) };
        let read =
            |tag| Language::parse(tag).ok_or_else(|| format!("`languages` names {tag:?}: write tags such as \"en\""));
        tags.iter().map(|tag| read(tag)).collect::<Result<Vec<_>, _>>().map(|known| KnownLanguages::Only(known.into()))
    }

    /// Whether vectors depend on them.
    fn shape_vectors(&self) -> bool {
        !(self.query_prefix.is_empty() && self.passage_prefix.is_empty() && self.pooling == PoolingName::Mean)
    }
}

impl ModelFiles {
    pub(crate) fn read(folder: &Path) -> Result<Self, EmbedderError> {
        let sums = sums(folder)?;
        let mut hasher = blake3::Hasher::new();
        hasher.update(VECTOR_FORM);
        let verified = |name: &str| {
            let (path, bytes) = (folder.join(name), read(&folder.join(name))?);
            match sums.iter().any(|(file, sum)| file == name && *sum != sha256(&bytes)) {
                true => Err(EmbedderError::Digest { path }),
                false => Ok(bytes),
            }
        };
        let mut file = |name: &str| {
            let bytes = verified(name)?;
            hash(&mut hasher, name, &bytes);
            Ok::<_, EmbedderError>(bytes)
        };
        let onnx = file("model.onnx")?;
        let tokenizer = TokenizerFiles {
            tokenizer_file: file("tokenizer.json")?,
            config_file: file("config.json")?,
            special_tokens_map_file: file("special_tokens_map.json")?,
            tokenizer_config_file: file("tokenizer_config.json")?,
        };
        let settings_path = folder.join(SETTINGS);
        let written = if settings_path.exists() { verified(SETTINGS)? } else { b"{}".to_vec() };
        let form = |what| EmbedderError::Form { path: settings_path.clone(), what };
        let settings: Settings = serde_json::from_slice(&written).map_err(|error| form(error.to_string()))?;
        let languages = settings.languages().map_err(form)?;
        if settings.shape_vectors() {
            hash(&mut hasher, SETTINGS, &written);
        }
        // No part of the digest: vectors do not depend on it.
        let table = match folder.join(TABLE) {
            path if path.exists() => Some(StaticTable::read(&verified(TABLE)?).ok_or_else(|| EmbedderError::Form {
                path,
                what: "it is no table of this form: run `make models`".into(),
            })?),
            _ => None,
        };
        Ok(Self { digest: ModelDigest(*hasher.finalize().as_bytes()), settings, languages, onnx, tokenizer, table })
    }
}

/// Names and lengths keep the border between two files apart from their bytes.
fn hash(hasher: &mut blake3::Hasher, name: &str, bytes: &[u8]) {
    hasher.update(name.as_bytes()).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
}

/// Finds the ONNX Runtime library: `ORT_DYLIB_PATH`, the model's folder, its parent.
pub(crate) fn runtime_library(folder: &Path) -> Result<PathBuf, EmbedderError> {
    if let Some(path) = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from) {
        return match path.metadata() {
            Ok(_) => Ok(path),
            Err(source) => Err(EmbedderError::File { path, source }),
        };
    }
    let folder = std::path::absolute(folder).map_err(|source| EmbedderError::File { path: folder.into(), source })?;
    let places = [Some(folder.as_path()), folder.parent()];
    let mut found: Vec<PathBuf> = Vec::new();
    for place in places.into_iter().flatten() {
        let entries = place.read_dir().into_iter().flatten().flatten();
        let libraries = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(LIBRARY));
        found = libraries.map(|entry| entry.path()).collect();
        if !found.is_empty() {
            break;
        }
    }
    // Of several the plain name comes first: it is the one that a person put there.
    found.into_iter().min().ok_or(EmbedderError::NoRuntime { folder })
}

const LIBRARY: &str = if cfg!(target_os = "macos") { "libonnxruntime.dylib" } else { "libonnxruntime.so" };

/// File name → SHA-256 in lower-case hexadecimal, after `SHA256SUMS` in the form of `sha256sum`; empty without such a file.
fn sums(folder: &Path) -> Result<Vec<(String, String)>, EmbedderError> {
    let path = folder.join("SHA256SUMS");
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = String::from_utf8_lossy(&read(&path)?).into_owned();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            let (sum, name) = line.split_once([' ', '\t']).unwrap_or_default();
            let name = name.trim_start().trim_start_matches(['*']).trim_start_matches("./").trim_end();
            if sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit()) && !name.is_empty() {
                return Ok((name.to_owned(), sum.to_ascii_lowercase()));
            }
            let what =
                format!("line {} is not `<sha256 in hexadecimal>  <file>`, as `sha256sum` writes it", number + 1);
            Err(EmbedderError::Form { path: path.clone(), what })
        })
        .collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}"); // Writing to a string does not fail.
        text
    })
}

fn read(path: &Path) -> Result<Vec<u8>, EmbedderError> {
    std::fs::read(path).map_err(|source| EmbedderError::File { path: path.into(), source })
}
