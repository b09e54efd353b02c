//! `GET /assets/{path}`: images and attachments, for whoever may see an article that links to them.

use super::error::{Problem, ProblemBody};
use super::{App, Caller};
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::files;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

/// Largest file that is served, in bytes.
const SIZE_LIMIT: u64 = 32 * 1024 * 1024;
/// An asset is somebody's content: should a browser show it as a document, it can do nothing there.
const SANDBOX: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox";
/// Extensions of files that a page shows, and their types; all others are saved as files.
const SHOWN: [(&str, &str); 11] = [
    ("avif", "image/avif"),
    ("gif", "image/gif"),
    ("ico", "image/x-icon"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("mp4", "video/mp4"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("vtt", "text/vtt; charset=utf-8"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
];
/// Types of files that are saved.
const SAVED: [(&str, &str); 6] = [
    ("csv", "text/csv; charset=utf-8"),
    ("json", "application/json"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain; charset=utf-8"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// Gives a file of the portal that an article links to which this viewer may see; any other is not there.
#[utoipa::path(get, path = "/v1/portals/{portal}/assets/{*path}", operation_id = "asset", tag = "articles",
    params(("portal" = String, Path), ("path" = String, Path, description = "Path relative to the portal's folder")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream"),
        (status = "4XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((_, path)): Path<(String, String)>,
) -> Result<Response, Problem> {
    if is_source(&path) || !caller.index.links_to_asset(&path) {
        return Err(Problem::NotFound);
    }
    let (root, file) = (app.config.folders.content.clone(), format!("{}/{path}", caller.portal.id));
    let read = tokio::task::spawn_blocking(move || read(root, &file)).await.map_err(Problem::internal)?;
    let bytes = read.map_err(|error| {
        tracing::warn!(%error, "a linked asset cannot be served");
        Problem::NotFound
    })?;
    let (kind, disposition) = kind(&path);
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_DISPOSITION, disposition),
        (header::CONTENT_SECURITY_POLICY, SANDBOX),
    ];
    Ok((headers, bytes).into_response())
}

/// Whether a path names what portals are written in, which is shown as articles or not at all.
fn is_source(path: &str) -> bool {
    let configures = |end: &str| path.ends_with(end) && !path.contains('/');
    files::is_article(path) || [".toml", ".yaml", ".yml"].into_iter().any(configures)
}

fn read(root: PathBuf, path: &str) -> Result<Vec<u8>, files::ReadError> {
    let mut bytes = Vec::new();
    let opened = files::open(&root, path)?.take(SIZE_LIMIT + 1).read_to_end(&mut bytes);
    opened.map_err(|source| files::ReadError::Open { path: path.into(), source })?;
    if bytes.len() as u64 > SIZE_LIMIT { Err(files::ReadError::TooLarge(path.into())) } else { Ok(bytes) }
}

/// Media type and disposition of a file, by its extension.
fn kind(path: &str) -> (&'static str, &'static str) {
    let extension =
        path.rsplit('/').next().and_then(|name| name.rsplit_once('.')).map(|(_, end)| end.to_ascii_lowercase());
    let of = |known: &[(&str, &'static str)]| {
        known.iter().find_map(|&(end, kind)| (extension.as_deref() == Some(end)).then_some(kind))
    };
    match of(&SHOWN) {
        Some(kind) => (kind, "inline"),
        None => (of(&SAVED).unwrap_or("application/octet-stream"), "attachment"),
    }
}
