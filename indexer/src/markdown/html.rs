//! Events to safe HTML: what Markdown writes, cleaned as if it came from a stranger.

use super::anchors::Anchors;
use super::{LINK_CLOSE, LINK_OPEN, kind_name, links, plain};
use crate::language::Language;
use ammonia::Builder;
use pulldown_cmark::{BlockQuoteKind, CodeBlockKind, CowStr, Event, Tag, TagEnd};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::LazyLock;

/// Writes a document's events. Links within the portal stand between the marks, to be resolved for each viewer.
pub(super) fn write(
    events: &[(Event<'_>, u32)],
    folder: &str,
    allow_html: bool,
    language: &Language,
    title: &str,
) -> String {
    let mut ids: BTreeSet<String> = BTreeSet::new();
    let mut anchors = Anchors::default();
    for (event, _) in events {
        if let Event::Start(Tag::Heading { id: Some(id), .. }) = event {
            ids.insert(anchors.name(id));
        }
    }
    let mut notes: BTreeMap<String, String> = BTreeMap::new();
    for (event, _) in events {
        if let Event::Start(Tag::FootnoteDefinition(label)) = event {
            let id = anchors.name(&format!("footnote-{label}"));
            ids.insert(id.clone());
            notes.insert(label.to_string(), id);
        }
    }
    let writer = Writer { notes, allow_html, language, heading: title.to_owned(), code: None, in_heading: None };
    let mut html = String::new();
    pulldown_cmark::html::push_html(&mut html, writer.rewritten(events).into_iter());
    // Only the cleaner's filter may write the marks.
    let html = without_marks(&html);
    // A heading without a word would be announced for every cell beneath it.
    cleaner(folder, ids).clean(&html).to_string().replace("<th></th>", "<td></td>")
}

/// Raw HTML with nothing but harmless elements, for its text.
pub(super) fn clean_text(raw: &str) -> String {
    static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(Builder::default);
    CLEANER.clean(&without_marks(raw)).to_string()
}

/// Says whether raw HTML opens elements within elements deeper than it can be cleaned in good time (the cost of a tag grows with
/// its depth). Elements that need not be closed are not counted.
pub(super) fn is_too_deep<'a>(raw: impl Iterator<Item = &'a str>) -> bool {
    const DEEPEST: usize = 256;
    const UNCLOSED: [&str; 22] = [
        "area", "base", "br", "col", "dd", "dt", "embed", "hr", "img", "input", "li", "link", "meta", "p", "source",
        "tbody", "td", "tfoot", "th", "thead", "tr", "wbr",
    ];
    let mut depth = 0_usize;
    for tag in raw.flat_map(|html| html.split('<').skip(1)) {
        let name =
            |tag: &str| tag.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        if let Some(closed) = tag.strip_prefix('/') {
            depth = depth.saturating_sub(usize::from(!UNCLOSED.contains(&name(closed).as_str())));
        } else if tag.starts_with(|c: char| c.is_ascii_alphabetic()) && !UNCLOSED.contains(&name(tag).as_str()) {
            depth += 1;
            if depth > DEEPEST {
                return true;
            }
        }
    }
    false
}

/// Says whether a raw tag is a line break, the one that is understood even where raw HTML is left out.
pub(super) fn is_break(tag: &str) -> bool {
    tag.strip_prefix('<').is_some_and(|tag| tag.to_ascii_lowercase().trim_end_matches(['>', '/', ' ']) == "br")
}

struct Writer<'a> {
    /// Label of a footnote → its id.
    notes: BTreeMap<String, String>,
    allow_html: bool,
    language: &'a Language,
    /// The latest heading: what a table that is scrolled by keyboard is called.
    heading: String,
    in_heading: Option<Vec<Event<'a>>>,
    /// Class and text of the code block that is open.
    code: Option<(String, String)>,
}

impl<'a> Writer<'a> {
    /// The events that pulldown-cmark writes as we want them.
    fn rewritten(mut self, events: &'a [(Event<'a>, u32)]) -> Vec<Event<'a>> {
        let mut written = Vec::with_capacity(events.len());
        for (event, _) in events {
            self.note_heading(event);
            if let Some((_, text)) = &mut self.code
                && let Event::Text(part) = event
            {
                text.push_str(part);
                continue;
            }
            if matches!(event, Event::Start(Tag::Table(_))) {
                written.push(raw(format!(
                    "<div class=\"table-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"{}\">",
                    escaped(&self.heading)
                )));
            }
            written.extend(self.rewrite(event));
            if matches!(event, Event::End(TagEnd::Table)) {
                written.push(raw("</div>\n".to_owned()));
            }
        }
        written
    }

    fn rewrite(&mut self, event: &'a Event<'a>) -> Option<Event<'a>> {
        Some(match event {
            Event::Html(_) | Event::Start(Tag::HtmlBlock) | Event::End(TagEnd::HtmlBlock) if !self.allow_html => {
                return None;
            }
            Event::InlineHtml(tag) if is_break(tag) => Event::HardBreak,
            Event::InlineHtml(_) if !self.allow_html => return None,
            Event::Start(Tag::CodeBlock(kind)) => {
                self.code = Some((code_class(kind), String::new()));
                return None;
            }
            Event::End(TagEnd::CodeBlock) => {
                let (class, text) = self.code.take().unwrap_or_default();
                let class = if class.is_empty() { class } else { format!(" class=\"language-{class}\"") };
                raw(format!("<pre tabindex=\"0\"><code{class}>{}</code></pre>\n", escaped(&text)))
            }
            Event::Start(Tag::BlockQuote(Some(kind))) => {
                let (name, label) = (kind_name(*kind), label(*kind, self.language));
                raw(format!("<div class=\"alert alert-{name}\" role=\"note\"><p class=\"alert-label\">{label}</p>\n"))
            }
            Event::End(TagEnd::BlockQuote(Some(_))) => raw("</div>\n".to_owned()),
            Event::Start(Tag::FootnoteDefinition(label)) => Event::Start(Tag::FootnoteDefinition(self.note(label))),
            Event::FootnoteReference(label) => Event::FootnoteReference(self.note(label)),
            // A check box that cannot be checked says nothing to a screen reader.
            Event::TaskListMarker(done) => Event::Text(if *done { "☑ " } else { "☐ " }.into()),
            event => event.clone(),
        })
    }

    fn note(&self, label: &str) -> CowStr<'a> {
        self.notes.get(label).cloned().unwrap_or_else(|| "footnote".to_owned()).into()
    }

    fn note_heading(&mut self, event: &Event<'a>) {
        match event {
            Event::Start(Tag::Heading { .. }) => self.in_heading = Some(Vec::new()),
            Event::End(TagEnd::Heading(_)) => {
                self.heading = plain::inline(self.in_heading.take().unwrap_or_default().iter());
            }
            event => {
                if let Some(heading) = &mut self.in_heading {
                    heading.push(event.clone());
                }
            }
        }
    }
}

fn raw<'a>(html: String) -> Event<'a> {
    Event::Html(html.into())
}

/// The language of a code block as a class name; of `js title="x"` and `js{1,3}` it is `js`.
fn code_class(kind: &CodeBlockKind<'_>) -> String {
    let CodeBlockKind::Fenced(info) = kind else { return String::new() };
    let name =
        info.trim_start_matches(['{', '.', ' ']).split([' ', ',', '{', '}', ':', '\t']).next().unwrap_or_default();
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '#' | '-' | '_'))
        .take(32)
        .collect::<String>()
        .to_lowercase()
}

/// The word before an admonition, in the article's language where it is one of those the pages speak, else in English.
fn label(kind: BlockQuoteKind, language: &Language) -> &'static str {
    use BlockQuoteKind::{Caution, Important, Note, Tip, Warning};
    match (language.primary(), kind) {
        ("es", Note) => "Nota",
        ("es", Tip) => "Consejo",
        ("es", Important) => "Importante",
        ("es", Warning) => "Advertencia",
        ("es", Caution) => "Precaución",
        ("de", Note) => "Hinweis",
        ("de", Tip) => "Tipp",
        ("de", Important) => "Wichtig",
        ("de", Warning) => "Warnung",
        ("de", Caution) => "Vorsicht",
        ("fr", Note) => "Remarque",
        ("fr", Tip) => "Conseil",
        ("fr", Important) => "Important",
        ("fr", Warning) => "Avertissement",
        ("fr", Caution) => "Attention",
        (_, Note) => "Note",
        (_, Tip) => "Tip",
        (_, Important) => "Important",
        (_, Warning) => "Warning",
        (_, Caution) => "Caution",
    }
}

/// A cleaner that lets through what Markdown writes, and rewrites destinations.
fn cleaner(folder: &str, ids: BTreeSet<String>) -> Builder<'static> {
    let folder = folder.to_owned();
    let mut cleaner = Builder::default();
    cleaner
        .link_rel(Some("noopener"))
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .add_tag_attributes("div", ["class", "role", "tabindex", "aria-label", "id"])
        .add_tag_attributes("pre", ["tabindex"])
        .add_tag_attributes("code", ["class"])
        .add_tag_attributes("p", ["class"])
        .add_tag_attributes("sup", ["class"])
        .add_tag_attributes("ol", ["start"])
        .add_tag_attributes("th", ["scope"])
        .set_tag_attribute_value("img", "loading", "lazy");
    for heading in ["h1", "h2", "h3", "h4", "h5", "h6"] {
        cleaner.add_tag_attributes(heading, ["id"]);
    }
    cleaner.attribute_filter(move |element, attribute, value| match (element, attribute) {
        ("a", "href") => links::target(&folder, value).written().map(Cow::Owned),
        ("img", "src") => links::image(&folder, value).written().map(Cow::Owned),
        (_, "href" | "src" | "cite") => None,
        (_, "id") => ids.contains(value).then_some(Cow::Borrowed(value)),
        ("code", "class") => value.starts_with("language-").then_some(Cow::Borrowed(value)),
        (_, "class") => CLASSES.contains(&value).then_some(Cow::Borrowed(value)),
        (_, "tabindex") => (value == "0").then_some(Cow::Borrowed(value)),
        (_, "role") => ["group", "note"].contains(&value).then_some(Cow::Borrowed(value)),
        _ => Some(Cow::Borrowed(value)),
    });
    cleaner
}

/// Class names that rendering writes; pages may style them.
const CLASSES: [&str; 10] = [
    "alert alert-note",
    "alert alert-tip",
    "alert alert-important",
    "alert alert-warning",
    "alert alert-caution",
    "alert-label",
    "table-scroll",
    "footnote-definition",
    "footnote-definition-label",
    "footnote-reference",
];

/// A text in which neither the marks nor references to them (`&#xE000;`) stand.
fn without_marks(html: &str) -> Cow<'_, str> {
    let has_mark = html.contains([LINK_OPEN, LINK_CLOSE]);
    if !has_mark && !html.contains("&#") {
        return html.into();
    }
    let mut clean = String::with_capacity(html.len());
    let mut rest = html;
    while let Some(at) = rest.find("&#") {
        let (before, reference) = rest.split_at(at);
        clean.push_str(before);
        let body = &reference[2..];
        let (digits, radix) = match body.strip_prefix(['x', 'X']) {
            Some(digits) => (digits, 16),
            None => (body, 10),
        };
        let length = digits.find(|c: char| !c.is_digit(radix)).unwrap_or(digits.len());
        let number = u32::from_str_radix(&digits[..length], radix).unwrap_or(0);
        rest = if number == LINK_OPEN as u32 || number == LINK_CLOSE as u32 {
            digits[length..].strip_prefix(';').unwrap_or(&digits[length..])
        } else {
            clean.push_str("&#");
            body
        };
    }
    clean.push_str(rest);
    clean.replace([LINK_OPEN, LINK_CLOSE], "").into()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
