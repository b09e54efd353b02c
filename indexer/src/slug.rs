//! Names in addresses, from front matter or a file's name.

use crate::language::Language;
use unicode_normalization::UnicodeNormalization;

/// Most characters of a slug.
const LONGEST: usize = 120;
/// Files that stand for their folder.
const INDEXES: [&str; 3] = ["index", "readme", "_index"];

/// The slug of an article: as written in its front matter, else from its file's name (of `index.md` and `README.md`, their
/// folder's). A language's folder (`de/`) or suffix (`.de.md`) is no part of it.
pub(crate) fn of(front_matter: Option<&str>, path: &str, languages: &[Language]) -> String {
    if let Some(slug) = front_matter.and_then(written) {
        return slug;
    }
    let parts = name_parts(path, languages);
    let name = parts.iter().rev().find(|part| !INDEXES.contains(&part.to_lowercase().as_str()));
    name.and_then(|name| written(name)).unwrap_or_else(|| match parts.last() {
        Some(last) if written(last).is_some() => "index".to_owned(),
        _ => format!("article-{}", &blake3::hash(path.as_bytes()).to_hex()[..8]),
    })
}

/// A slug from a text or a path: `/docs/Reset password/` is `docs-reset-password`. Lower case, letters and digits of any script,
/// all else hyphens; `None` if nothing is left.
pub(crate) fn written(text: &str) -> Option<String> {
    let path = text.split(['?', '#']).next()?;
    let path = path.strip_suffix(".html").or(path.strip_suffix(".md")).unwrap_or(path);
    let mut slug = String::new();
    for c in path.nfkc().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c) {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    let slug: String = slug.chars().take(LONGEST).collect();
    let slug = slug.trim_end_matches('-').to_owned();
    (!slug.is_empty()).then_some(slug)
}

/// The language that a path names: its first folder (also under Docusaurus' `i18n/`) or the suffix of its file, where the portal
/// lists it.
pub(crate) fn language_of_path(path: &str, languages: &[Language]) -> Option<Language> {
    let listed = |tag: &str| Language::parse(tag).filter(|language| languages.contains(language));
    let (stem, folders) = split(path);
    let folder = folders.iter().find(|folder| **folder != "i18n").and_then(|folder| listed(folder));
    folder.or_else(|| listed(stem.rsplit_once('.')?.1))
}

/// A title from a file's name: `reset-your_password.md` is "Reset your password".
pub(crate) fn title_of_file(path: &str) -> String {
    let parts = name_parts(path, &[]);
    let name = parts.iter().rev().find(|part| !INDEXES.contains(&part.to_lowercase().as_str())).or(parts.last());
    let words = name.map(|name| crate::metadata::one_line(&name.replace(['-', '_'], " "))).unwrap_or_default();
    let mut letters = words.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => path.to_owned(),
    }
}

/// Folders and file name without extension, language folder and language suffix.
fn name_parts<'a>(path: &'a str, languages: &[Language]) -> Vec<&'a str> {
    let listed = |tag: &str| Language::parse(tag).is_some_and(|language| languages.contains(&language));
    let (stem, mut parts) = split(path);
    if parts.first() == Some(&"i18n") {
        parts.remove(0);
    }
    if parts.first().is_some_and(|first| listed(first)) {
        parts.remove(0);
    }
    parts.push(stem.rsplit_once('.').filter(|(_, suffix)| listed(suffix)).map_or(stem, |(stem, _)| stem));
    parts
}

fn split(path: &str) -> (&str, Vec<&str>) {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    (stem, folders.split('/').filter(|folder| !folder.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn languages() -> Vec<Language> {
        ["en", "de", "zh-cn"].iter().filter_map(|tag| Language::parse(tag)).collect()
    }

    #[test]
    fn slugs_come_from_front_matter_or_the_file() {
        for (written, path, slug) in [
            (Some("Reset Password"), "x.md", "reset-password"),
            (Some("/docs/reset/"), "x.md", "docs-reset"),
            (Some("/"), "guides/x.md", "x"),
            (None, "guides/Reset_Password (2).md", "reset-password-2"),
            (None, "guides/index.md", "guides"),
            (None, "de/guides/README.md", "guides"),
            (None, "de/index.md", "index"),
            (None, "i18n/de/docs/login.md", "login"),
            (None, "index.md", "index"),
            (None, "login.de.md", "login"),
            (None, "v1.2.md", "v1-2"),
            (None, "zh-cn/重置密码.md", "重置密码"),
            (None, "Straße ÄÖ.md", "straße-äö"),
        ] {
            assert_eq!(of(written, path, &languages()), slug, "{path}");
        }
        assert!(of(None, "!!!.md", &languages()).starts_with("article-"));
        assert!(of(None, &format!("{}.md", "a".repeat(300)), &[]).len() <= LONGEST);
    }

    #[test]
    fn a_language_folder_or_suffix_counts_where_the_portal_lists_it() {
        let found = |path| language_of_path(path, &languages()).map(|language| language.as_str().to_owned());
        assert_eq!(found("de/a.md").as_deref(), Some("de"));
        assert_eq!(found("i18n/zh-CN/a.md").as_deref(), Some("zh-cn"));
        assert_eq!(found("guides/a.de.md").as_deref(), Some("de"));
        assert_eq!(found("it/a.md"), None);
        assert_eq!(found("guides/de/a.md"), None);
    }

    #[test]
    fn a_files_name_makes_a_title() {
        assert_eq!(title_of_file("a/reset-your_password.md"), "Reset your password");
        assert_eq!(title_of_file("billing/index.md"), "Billing");
        assert_eq!(title_of_file("index.md"), "Index");
    }
}
