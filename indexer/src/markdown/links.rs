//! Where links and images lead, and their resolution for each viewer.

use super::{LINK_CLOSE, LINK_OPEN, OPTIONS};
use percent_encoding::percent_decode_str;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};
use std::ops::Range;

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Another article, or this one when only a heading was named in full.
    Article {
        /// Path relative to `articles/`, as written: with or without `.md`, or a slug. See [`article_paths`].
        path: String,
        /// Anchor of a heading, or empty.
        anchor: String,
    },
    /// Another file of the portal: path relative to the portal's folder.
    Asset(String),
    /// Outside the portal, a heading of the same article, or a path of the portal's own site: an address as it is.
    Elsewhere(String),
    /// Nowhere that is safe; the reason as a clause.
    Refused(&'static str),
}

impl Target {
    /// What stands in rendered text until the link is resolved; `None` if nothing may.
    pub(super) fn written(&self) -> Option<String> {
        match self {
            Self::Article { path, anchor } if anchor.is_empty() => Some(format!("{LINK_OPEN}{path}{LINK_CLOSE}")),
            Self::Article { path, anchor } => Some(format!("{LINK_OPEN}{path}#{anchor}{LINK_CLOSE}")),
            Self::Asset(path) => Some(format!("{LINK_OPEN}{ASSET}{path}{LINK_CLOSE}")),
            Self::Elsewhere(address) => Some(address.clone()),
            Self::Refused(_) => None,
        }
    }

    /// Reads what stands between the marks.
    fn read(written: &str) -> Self {
        if let Some(path) = written.strip_prefix(ASSET) {
            return Self::Asset(path.to_owned());
        }
        let (path, anchor) = written.split_once('#').unwrap_or((written, ""));
        Self::Article { path: path.to_owned(), anchor: anchor.to_owned() }
    }
}

const ASSET: &str = "asset:";

/// Schemes of addresses that a reader may be sent to.
const SCHEMES: [&str; 4] = ["http", "https", "mailto", "tel"];

/// Slugs by which the article of a [`Target::Article`] may be known where none of [`article_paths`] exists, best first: other
/// systems write slugs where paths stand, and a slug may hold slashes there.
pub fn article_slugs(path: &str) -> Vec<String> {
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    let mut slugs: Vec<String> = starts.filter_map(|start| crate::slug::written(&path[start..])).collect();
    slugs.dedup();
    slugs
}

/// Paths under `articles/` at which the article of a [`Target::Article`] may stand, best first.
pub fn article_paths(path: &str) -> Vec<String> {
    let bare = path.strip_suffix(".html").or(path.strip_suffix(".htm")).unwrap_or(path).trim_end_matches('/');
    if crate::files::is_article(path) {
        return vec![path.to_owned()];
    }
    if bare.is_empty() {
        return ["index.md", "README.md", "_index.md"].map(str::to_owned).to_vec();
    }
    ["{}.md", "{}/index.md", "{}/README.md", "{}/_index.md", "{}.markdown"]
        .map(|form| form.replace("{}", bare))
        .to_vec()
}

/// Where a link of a file in `folder` (relative to `articles/`, empty at its top) leads.
pub(super) fn target(folder: &str, destination: &str) -> Target {
    let destination: String = destination.chars().filter(|c| !c.is_control()).collect();
    let destination = destination.trim();
    if let Some(address) = elsewhere(destination) {
        return address;
    }
    let (path, anchor) = split_anchor(destination);
    let path = decoded(path);
    let anchor = decoded(anchor);
    let extension = extension(&path);
    let is_article =
        extension.as_deref().is_none_or(|extension| ["md", "markdown", "html", "htm"].contains(&extension));
    // `/billing` is a page of the customer's own portal.
    if path.starts_with('/') && extension.is_none() {
        return Target::Elsewhere(destination.to_owned());
    }
    let Some(path) = within_portal(folder, &path) else {
        return Target::Refused("it leads out of the portal's folder");
    };
    if !is_article {
        return Target::Asset(path);
    }
    match path.strip_prefix("articles/").or((path == "articles").then_some("")) {
        Some(path) if !path.contains(['#', ':']) => Target::Article { path: path.to_owned(), anchor },
        _ => Target::Refused("it leads out of the portal's articles"),
    }
}

/// Where an image of a file in `folder` stands.
pub(super) fn image(folder: &str, destination: &str) -> Target {
    let destination: String = destination.chars().filter(|c| !c.is_control()).collect();
    match elsewhere(destination.trim()) {
        Some(Target::Elsewhere(address)) if !address.starts_with("http") => Target::Refused("it is no image's address"),
        Some(target) => target,
        None => match within_portal(folder, &decoded(split_anchor(destination.trim()).0)) {
            Some(path) => Target::Asset(path),
            None => Target::Refused("it leads out of the portal's folder"),
        },
    }
}

/// The destinations within the portal of rendered HTML, in order.
pub fn targets(html: &str) -> impl Iterator<Item = Target> + '_ {
    html.split(LINK_OPEN).skip(1).filter_map(|rest| Some(Target::read(&unescaped(rest.split_once(LINK_CLOSE)?.0))))
}

/// Replaces links that stand between the marks in rendered HTML: by the address that `resolve` gives, else the attribute goes and
/// the link is inert, as a dead one is. One pass, linear.
pub fn resolve_links(html: &str, mut resolve: impl FnMut(&Target) -> Option<String>) -> String {
    let mut resolved = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(open) = rest.find(LINK_OPEN) {
        let before = &rest[..open];
        let inside = &rest[open + LINK_OPEN.len_utf8()..];
        let Some((written, after)) = inside.split_once(LINK_CLOSE) else { break };
        let target = Target::read(&unescaped(written));
        let attribute = before.rfind(' ').filter(|at| matches!(&before[*at..], " href=\"" | " src=\""));
        match (attribute, after.strip_prefix('"')) {
            (Some(at), Some(after)) => {
                match resolve(&target) {
                    Some(address) => {
                        resolved.push_str(before);
                        resolved.push_str(&escaped(&address));
                        resolved.push('"');
                    }
                    None => resolved.push_str(&before[..at]),
                }
                rest = after;
            }
            // Marks are written into attributes only.
            _ => {
                resolved.push_str(before);
                rest = after;
            }
        }
    }
    resolved.push_str(rest);
    resolved
}

/// As [`resolve_links`] for the rewritten Markdown: of a link that `resolve` does not know its text stays, of an image its
/// description.
pub fn resolve_markdown_links(markdown: &str, mut resolve: impl FnMut(&Target) -> Option<String>) -> String {
    if !markdown.contains(LINK_OPEN) {
        return markdown.to_owned();
    }
    // What to write instead of which bytes.
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    let mut open: Vec<OpenLink> = Vec::new();
    for (event, range) in Parser::new_ext(markdown, OPTIONS).into_offset_iter() {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                let written = dest_url.strip_prefix(LINK_OPEN).and_then(|inside| inside.strip_suffix(LINK_CLOSE));
                let dead = match written.map(|written| (written, resolve(&Target::read(written)))) {
                    None => false,
                    Some((_, Some(address))) => {
                        let source = &markdown[range.clone()];
                        if let (Some(start), Some(end)) = (source.rfind(LINK_OPEN), source.rfind(LINK_CLOSE)) {
                            let place = range.start + start..range.start + end + LINK_CLOSE.len_utf8();
                            edits.push((place, address.replace(['<', '>', '(', ')', ' '], "")));
                        }
                        false
                    }
                    Some((_, None)) => true,
                };
                widen(&mut open, &range);
                open.push(OpenLink { range, dead, text: None });
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if let Some(OpenLink { range, dead: true, text }) = open.pop() {
                    let text = text.unwrap_or(range.start..range.start);
                    edits.push((range.start..text.start, String::new()));
                    edits.push((text.end..range.end, String::new()));
                }
            }
            _ => widen(&mut open, &range),
        }
    }
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let mut resolved = String::with_capacity(markdown.len());
    let mut from = 0;
    for (range, text) in edits {
        if range.start >= from {
            resolved.push_str(&markdown[from..range.start]);
            resolved.push_str(&text);
            from = range.end;
        }
    }
    resolved.push_str(&markdown[from..]);
    resolved.replace([LINK_OPEN, LINK_CLOSE], "")
}

/// A link or image whose end is not reached yet.
struct OpenLink {
    range: Range<usize>,
    dead: bool,
    /// Bytes of what stands inside.
    text: Option<Range<usize>>,
}

/// Adds what stands inside a link to the bytes of its text.
fn widen(open: &mut [OpenLink], inner: &Range<usize>) {
    if let Some(link) = open.last_mut() {
        let text = link.text.take().unwrap_or_else(|| inner.clone());
        link.text = Some(text.start.min(inner.start)..text.end.max(inner.end));
    }
}

/// Addresses that are no path within the portal.
fn elsewhere(destination: &str) -> Option<Target> {
    if destination.is_empty() {
        return Some(Target::Refused("it is empty"));
    }
    if destination.starts_with('#') {
        return Some(Target::Elsewhere(destination.to_owned()));
    }
    if destination.starts_with("//") {
        return Some(Target::Elsewhere(format!("https:{destination}")));
    }
    let (scheme, _) = destination.split_once(':')?;
    if !scheme.starts_with(|c: char| c.is_ascii_alphabetic()) || scheme.contains(['/', '?', '#']) {
        return None;
    }
    if SCHEMES.contains(&scheme.to_ascii_lowercase().as_str()) {
        return Some(Target::Elsewhere(destination.to_owned()));
    }
    Some(Target::Refused("its scheme is not one that is safe"))
}

/// Parts a destination into path and anchor; a query is dropped.
fn split_anchor(destination: &str) -> (&str, &str) {
    let (path, anchor) = destination.split_once('#').unwrap_or((destination, ""));
    (path.split('?').next().unwrap_or(path), anchor)
}

fn decoded(text: &str) -> String {
    let text = percent_decode_str(text).decode_utf8_lossy();
    text.chars()
        .filter(|c| !c.is_control() && !matches!(*c, LINK_OPEN | LINK_CLOSE))
        .collect::<String>()
        .replace('\\', "/")
}

/// Lower-case extension of a path's last part: one to five letters and digits, not digits alone (`v2.0` has none).
fn extension(path: &str) -> Option<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.')?;
    let is_extension = !stem.is_empty()
        && (1..=8).contains(&extension.len())
        && extension.bytes().all(|b| b.is_ascii_alphanumeric())
        && !extension.bytes().all(|b| b.is_ascii_digit());
    is_extension.then(|| extension.to_ascii_lowercase())
}

/// A path as written in a file of `articles/<folder>`, relative to the portal's folder; a leading slash is the top of
/// `articles/`. `None` if it leads out of the portal's folder or to a hidden file.
fn within_portal(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = vec!["articles"];
    if !path.starts_with('/') {
        parts.extend(folder.split('/').filter(|part| !part.is_empty()));
    }
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part if part.starts_with('.') => return None,
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&nbsp;", "\u{A0}")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn article(path: &str, anchor: &str) -> Target {
        Target::Article { path: path.to_owned(), anchor: anchor.to_owned() }
    }

    #[test]
    fn paths_are_read_relative_to_the_file() {
        for (destination, expected) in [
            ("b.md", article("guides/b.md", "")),
            ("./b.md#Top%20part", article("guides/b.md", "Top part")),
            ("../a%20b.md?x=1", article("a b.md", "")),
            ("/faq/c.md", article("faq/c.md", "")),
            ("reset-password", article("guides/reset-password", "")),
            ("v2.0", article("guides/v2.0", "")),
            ("old.html#x", article("guides/old.html", "x")),
            ("images\\x.png", Target::Asset("articles/guides/images/x.png".into())),
            ("../../logo.svg", Target::Asset("logo.svg".into())),
            ("/files/form.pdf", Target::Asset("articles/files/form.pdf".into())),
            ("#part", Target::Elsewhere("#part".into())),
            ("/billing", Target::Elsewhere("/billing".into())),
            ("//example.com/x", Target::Elsewhere("https://example.com/x".into())),
            ("HTTPS://example.com", Target::Elsewhere("HTTPS://example.com".into())),
            ("tel:+123", Target::Elsewhere("tel:+123".into())),
        ] {
            assert_eq!(target("guides", destination), expected, "{destination}");
        }
    }

    #[test]
    fn unsafe_and_outward_destinations_are_refused() {
        for destination in [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            "java\nscript:alert(1)",
            " data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "../../../secret.md",
            "../../notes.md",
            "../../../x.png",
            "..%2f..%2f..%2fx.png",
            ".git/config.png",
            "",
        ] {
            assert!(matches!(target("guides", destination), Target::Refused(_)), "{destination}");
        }
        assert!(matches!(image("", "mailto:a@example.com"), Target::Refused(_)));
        assert_eq!(image("", "x.png?raw=true"), Target::Asset("articles/x.png".into()));
    }

    #[test]
    fn html_links_are_resolved_or_made_inert() {
        let html = "<p><a href=\"\u{E000}a.md#x\u{E001}\" rel=\"noopener\">A</a> <img src=\"\u{E000}asset:b &amp; c.png\u{E001}\" alt=\"b\"> \
            <a href=\"\u{E000}gone.md\u{E001}\" title=\"t\">gone</a></p>";
        let resolved = resolve_links(html, |target| match target {
            Target::Article { path, anchor } if path == "a.md" => Some(format!("/a?x=1&y=\"2\"#{anchor}")),
            Target::Asset(path) => Some(format!("/assets/{path}")),
            _ => None,
        });
        assert_eq!(
            resolved,
            "<p><a href=\"/a?x=1&amp;y=&quot;2&quot;#x\" rel=\"noopener\">A</a> <img src=\"/assets/b &amp; c.png\" alt=\"b\"> \
             <a title=\"t\">gone</a></p>"
        );
    }

    #[test]
    fn markdown_links_are_resolved_or_reduced_to_their_text() {
        let markdown = "See [*a* `[x]`](\u{E000}a.md\u{E001}), [b](\u{E000}b.md#p\u{E001} \"title\") and \
            ![shot](\u{E000}asset:x.png\u{E001}), [![in](\u{E000}asset:y.png\u{E001})](\u{E000}a.md\u{E001}).";
        let resolve = |target: &Target| match target {
            Target::Article { path, .. } if path == "b.md" => Some("/b#p".to_owned()),
            _ => None,
        };
        let text = resolve_markdown_links(markdown, resolve);
        assert_eq!(text, "See *a* `[x]`, [b](/b#p \"title\") and shot, in.");
        assert_eq!(resolve_markdown_links("no links", |_| None), "no links");
    }

    #[test]
    fn an_article_is_looked_for_where_other_systems_would() {
        assert_eq!(article_paths("a/b.md"), ["a/b.md"]);
        assert_eq!(article_paths("a/b/")[..2], ["a/b.md", "a/b/index.md"]);
        assert_eq!(article_paths("a/b.html")[0], "a/b.md");
        assert_eq!(article_paths("")[0], "index.md");
        assert_eq!(article_slugs("guides/account/Reset.html"), ["guides-account-reset", "account-reset", "reset"]);
    }
}
