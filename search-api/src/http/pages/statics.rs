//! Style sheets and scripts, compiled into the binary: under an address of their digest for ever, under their name for embedding.

use super::words;
use crate::http::error::Problem;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::borrow::Cow;
use std::sync::LazyLock;

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

/// A file that is the same for every portal and every viewer.
struct Static {
    name: &'static str,
    kind: &'static str,
    bytes: Cow<'static, [u8]>,
}

/// Names files under widgets/ by folder, name and type.
macro_rules! files {
    ($($folder:literal / $name:literal: $kind:expr),+ $(,)?) => {
        vec![$(Static {
            name: $name,
            kind: $kind,
            bytes: Cow::Borrowed(include_bytes!(concat!("../../../../widgets/", $folder, "/", $name))),
        }),+]
    };
}

static FILES: LazyLock<Vec<Static>> = LazyLock::new(|| {
    let mut files = files![
        "styles" / "pages.css": STYLE,
        "styles" / "icon.svg": "image/svg+xml",
        "src" / "pages.js": SCRIPT,
        "src" / "signpost-search.js": SCRIPT,
        "src" / "search-style.js": SCRIPT,
        "src" / "combobox.js": SCRIPT,
        "src" / "api.js": SCRIPT,
        "src" / "visitor.js": SCRIPT,
        "src" / "recorder.js": SCRIPT,
        "src" / "article-page.js": SCRIPT,
        "src" / "ticket-page.js": SCRIPT,
    ];
    files.push(Static { name: "words.js", kind: SCRIPT, bytes: Cow::Owned(words::module().into_bytes()) });
    files
});

/// Digest of all files: an address with it never changes its meaning.
pub(super) static VERSION: LazyLock<String> = LazyLock::new(|| {
    let mut digest = blake3::Hasher::new();
    for file in FILES.iter() {
        digest.update(file.name.as_bytes()).update(&(file.bytes.len() as u64).to_le_bytes()).update(&file.bytes);
    }
    digest.finalize().to_hex()[..16].to_owned()
});

/// `GET /static/{file}`: for pages of other origins; asked about again at each use, answered by 304 while nothing changed.
pub(super) async fn named(Path(name): Path<String>) -> Result<Response, Problem> {
    answer(&name, "public, no-cache")
}

/// `GET /static/{version}/{file}`: kept for ever; an address of another version gets today's file, which may not be kept.
pub(super) async fn versioned(Path((version, name)): Path<(String, String)>) -> Result<Response, Problem> {
    answer(&name, if version == *VERSION { "public, max-age=31536000, immutable" } else { "public, no-cache" })
}

/// A module script of another origin needs both permissions; nothing in these files depends on who asks.
fn answer(name: &str, kept: &'static str) -> Result<Response, Problem> {
    let file = FILES.iter().find(|file| file.name == name).ok_or(Problem::NotFound)?;
    let headers = [
        (header::CONTENT_TYPE.as_str(), file.kind),
        (header::CACHE_CONTROL.as_str(), kept),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN.as_str(), "*"),
        ("cross-origin-resource-policy", "cross-origin"),
    ];
    Ok((headers, &*file.bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    #[test]
    fn every_script_and_style_of_the_folder_is_served() {
        let widgets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../widgets");
        let on_disk: BTreeSet<_> = ["src", "styles"]
            .iter()
            .flat_map(|folder| std::fs::read_dir(widgets.join(folder)).unwrap())
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let served: BTreeSet<_> =
            FILES.iter().map(|file| file.name.to_owned()).filter(|name| name != "words.js").collect();
        assert_eq!(served, on_disk);
    }

    #[test]
    fn every_module_that_a_script_imports_is_served() {
        for file in FILES.iter().filter(|file| file.kind == SCRIPT) {
            let text = std::str::from_utf8(&file.bytes).unwrap();
            let imported = text.lines().filter_map(|line| line.strip_prefix("import ")?.split('"').nth(1));
            for name in imported {
                let name = name.strip_prefix("./").expect("modules stand in one folder");
                assert!(FILES.iter().any(|file| file.name == name), "{} imports {name}", file.name);
            }
        }
    }

    #[tokio::test]
    async fn only_todays_version_is_kept_for_ever() {
        let kept = async |version: &str| {
            let response = versioned(axum::extract::Path((version.into(), "pages.css".into()))).await.into_response();
            response.headers()[header::CACHE_CONTROL].to_str().unwrap().to_owned()
        };
        assert!(kept(&VERSION).await.ends_with("immutable"));
        assert_eq!(kept("another").await, "public, no-cache");
    }
}
