//! Markdown to safe HTML, to Markdown written anew, and to sections of plain text.

mod anchors;
mod dialect;
mod html;
mod invisible;
mod links;
mod plain;
mod rewrite;

pub(crate) use dialect::unmark;
pub use links::{Target, article_paths, article_slugs, resolve_links, resolve_markdown_links, targets};

use crate::language::Language;
use crate::problem::Findings;
use crate::tree::Lines;
use anchors::Anchors;
use pulldown_cmark::{
    BlockQuoteKind, CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, TextMergeWithOffset,
};
use std::ops::Range;

/// Opens a link to another article inside rendered text; a private-use character that is stripped from sources.
pub const LINK_OPEN: char = '\u{E000}';
/// Closes it.
pub const LINK_CLOSE: char = '\u{E001}';

/// The text under one heading (the first section has none).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Section {
    /// Headings from the article's outermost to this one's own.
    pub trail: Vec<String>,
    /// Anchor of this heading in the page; empty for the text before the first heading.
    pub anchor: String,
    /// Blocks of plain text in order: paragraphs, list items, table rows ("column: cell"), code blocks.
    pub blocks: Vec<Block>,
}

/// A block of plain text that is not cut if it can be helped.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Plain text.
    pub text: String,
    /// Whether it is code.
    pub code: bool,
}

/// A link or an image of an article that leads to another file of the portal.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// 1-based line in the file.
    pub line: u32,
    /// Where it leads.
    pub target: Target,
}

/// The Markdown that is understood: GitHub's, with heading attributes and definition lists.
const OPTIONS: Options = Options::ENABLE_TABLES
    .union(Options::ENABLE_STRIKETHROUGH)
    .union(Options::ENABLE_TASKLISTS)
    .union(Options::ENABLE_FOOTNOTES)
    .union(Options::ENABLE_HEADING_ATTRIBUTES)
    .union(Options::ENABLE_DEFINITION_LIST)
    .union(Options::ENABLE_GFM);

/// A parsed body: what the four forms of an article are made from. Every heading has its anchor as id.
pub(crate) struct Document<'a> {
    events: Vec<(Event<'a>, u32)>,
    folder: &'a str,
    allow_html: bool,
}

/// The body of a file as Markdown understands it: other systems' block syntax translated, and what no reader may see cut out.
/// Lines keep their numbers.
pub(crate) fn prepare(body: &str, first_line: u32, findings: &mut Findings) -> String {
    let translated = dialect::translate(body);
    let (text, unclosed) = invisible::cut(&translated);
    if let Some(line) = unclosed {
        findings.error(
            Some(line + first_line - 1),
            "unclosed-comment",
            "a comment begins here and is never closed, so everything after it is left out",
            "Close it with `-->`, or write `\\<!--` for the characters themselves.",
        );
    }
    text
}

impl<'a> Document<'a> {
    /// Parses a prepared body. `path` is the file's, relative to `articles/`.
    pub fn parse(text: &'a str, first_line: u32, path: &'a str, allow_html: bool, findings: &mut Findings) -> Self {
        let lines = Lines::of(text);
        let line = |range: Range<usize>| lines.line(range.start) + first_line - 1;
        let parser = TextMergeWithOffset::new(Parser::new_ext(text, OPTIONS).into_offset_iter());
        let mut nesting = Nesting::default();
        let shallow = parser.filter(|(event, _)| nesting.keeps(event));
        let events: Vec<_> = shallow.map(|(event, range)| (clean(event), line(range))).collect();
        let allow_html = allow_html && is_reasonable(&events, findings);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let mut document = Self { events, folder, allow_html };
        if !allow_html {
            document.report_raw_html(findings);
        }
        document.drop_empty_headings();
        document.name_admonitions();
        document.number_headings();
        document
    }

    /// Text of the first heading, and whether it is of level 1.
    pub fn first_heading(&self) -> Option<(String, bool)> {
        let start = self.events.iter().position(|(event, _)| matches!(event, Event::Start(Tag::Heading { .. })))?;
        let Event::Start(Tag::Heading { level, .. }) = self.events[start].0 else { return None };
        let text = plain::inline(
            self.events[start + 1..].iter().map(|(event, _)| event).take_while(|event| !is_heading_end(event)),
        );
        Some((text, level == HeadingLevel::H1))
    }

    /// Leaves out the heading with which the text begins, if it is of level 1 and says the title again.
    pub fn drop_repeated_title(&mut self, title: &str) {
        let begins =
            matches!(self.events.first(), Some((Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }), _)));
        let repeats = self.first_heading().is_some_and(|(text, _)| text.to_lowercase() == title.to_lowercase());
        if begins
            && repeats
            && let Some(end) = self.events.iter().position(|(event, _)| is_heading_end(event))
        {
            self.events.drain(..=end);
        }
    }

    /// Sections of plain text.
    pub fn sections(&self) -> Vec<Section> {
        plain::sections(&self.events, self.allow_html)
    }

    /// Headings: level, text, anchor.
    pub fn contents(&self) -> Vec<(u8, String, String)> {
        plain::contents(&self.events)
    }

    /// Safe HTML, its own words (the labels of notes and warnings) in `language`.
    pub fn html(&self, language: &Language, title: &str) -> String {
        html::write(&self.events, self.folder, self.allow_html, language, title)
    }

    /// Markdown written anew.
    pub fn markdown(&self) -> String {
        rewrite::write(&self.events, self.folder, self.allow_html)
    }

    /// Links and images that lead to files of the portal, and problems of those that cannot.
    pub fn links(&self, findings: &mut Findings) -> Vec<Link> {
        let mut links = Vec::new();
        for (event, line) in &self.events {
            let (Event::Start(Tag::Link { dest_url, .. }) | Event::Start(Tag::Image { dest_url, .. })) = event else {
                continue;
            };
            match links::target(self.folder, dest_url) {
                Target::Article { .. } | Target::Asset(_) => {
                    links.push(Link { line: *line, target: links::target(self.folder, dest_url) });
                }
                Target::Elsewhere(_) => {}
                Target::Refused(why) => {
                    let mend = "Link to https:, mailto: or tel:, to a file of this portal, or to a heading.";
                    findings.warning(
                        Some(*line),
                        "unsafe-link",
                        format!("the link `{dest_url}` is left out: {why}"),
                        mend,
                    );
                }
            }
        }
        links
    }

    /// One warning if words inside raw HTML are left out.
    fn report_raw_html(&self, findings: &mut Findings) {
        let (mut words, mut first, mut block) = (0, None, String::new());
        for (event, line) in &self.events {
            match event {
                Event::Html(html) => block.push_str(html),
                Event::End(TagEnd::HtmlBlock) => {
                    let found = plain::html_words(&std::mem::take(&mut block));
                    words += found;
                    first = first.or((found > 0).then_some(*line));
                }
                _ => {}
            }
        }
        if words > 0 {
            findings.warning(
                first,
                "raw-html",
                format!("{words} words inside raw HTML are left out"),
                "Write them as Markdown, or set `allow_html = true` in portal.toml.",
            );
        }
    }

    /// Gives quotations that begin with a mark such as `[!INFO]` the kind that GitHub knows, and takes the mark away.
    fn name_admonitions(&mut self) {
        let mut open = Vec::new();
        let mut at = 0;
        while at < self.events.len() {
            match &self.events[at].0 {
                Event::Start(Tag::BlockQuote(kind)) => {
                    let mark = match self.events.get(at + 1..at + 3) {
                        Some([(Event::Start(Tag::Paragraph), _), (Event::Text(text), _)]) if kind.is_none() => {
                            dialect::mark(text)
                        }
                        _ => None,
                    };
                    let kind = mark.as_ref().map_or(*kind, |(kind, _)| *kind);
                    self.events[at].0 = Event::Start(Tag::BlockQuote(kind));
                    open.push(kind);
                    if let Some((_, title)) = mark {
                        self.replace_mark(at + 2, &title);
                    }
                }
                Event::End(TagEnd::BlockQuote(_)) => {
                    self.events[at].0 = Event::End(TagEnd::BlockQuote(open.pop().flatten()));
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Puts the admonition's own title, in bold, in the place of the text that holds its mark; nothing if it has none.
    fn replace_mark(&mut self, at: usize, title: &str) {
        let line = self.events[at].1;
        let breaks = matches!(self.events.get(at + 1), Some((Event::SoftBreak | Event::HardBreak, _)));
        let ends = matches!(self.events.get(at + 1), Some((Event::End(TagEnd::Paragraph), _)));
        let title = if title.is_empty() {
            Vec::new()
        } else {
            let text = Event::Text(CowStr::from(title.to_owned()));
            vec![(Event::Start(Tag::Strong), line), (text, line), (Event::End(TagEnd::Strong), line)]
        };
        let replaced = match (title.is_empty(), breaks, ends) {
            (true, true, _) => at..at + 2,
            (true, _, true) => at - 1..at + 2,
            _ => at..at + 1,
        };
        self.events.splice(replaced, title);
    }

    /// Leaves out headings that say nothing: a screen reader would stop at them.
    fn drop_empty_headings(&mut self) {
        let events = std::mem::take(&mut self.events);
        let mut heading: Option<Vec<_>> = None;
        for (event, line) in events {
            let ends = is_heading_end(&event);
            if matches!(event, Event::Start(Tag::Heading { .. })) {
                heading = Some(Vec::new());
            }
            match &mut heading {
                Some(events) => events.push((event, line)),
                None => self.events.push((event, line)),
            }
            if ends && let Some(events) = heading.take() {
                let is_empty = plain::inline(events.iter().map(|(event, _)| event)).is_empty();
                self.events.extend(events.into_iter().filter(|_| !is_empty));
            }
        }
    }

    /// Gives every heading its anchor as id: its own, else one made from its text, each once in the article.
    fn number_headings(&mut self) {
        let mut anchors = Anchors::default();
        for at in 0..self.events.len() {
            if let Event::Start(Tag::Heading { level, id, .. }) = &self.events[at].0 {
                let text = match id {
                    Some(id) => id.to_string(),
                    None => plain::inline(
                        self.events[at + 1..].iter().map(|(event, _)| event).take_while(|event| !is_heading_end(event)),
                    ),
                };
                let id = Some(CowStr::from(anchors.name(&text)));
                self.events[at].0 =
                    Event::Start(Tag::Heading { level: *level, id, classes: Vec::new(), attrs: Vec::new() });
            }
        }
    }
}

/// Says whether the raw HTML of a document can be cleaned in good time; names it if not.
fn is_reasonable(events: &[(Event<'_>, u32)], findings: &mut Findings) -> bool {
    let raw = events.iter().filter_map(|(event, _)| match event {
        Event::Html(html) | Event::InlineHtml(html) => Some(html.as_ref()),
        _ => None,
    });
    let reasonable = !html::is_too_deep(raw);
    if !reasonable {
        let what = "raw HTML is nested more than 256 elements deep and is left out";
        findings.error(None, "raw-html", what, "Close its elements, or write it as Markdown.");
    }
    reasonable
}

/// Drops quotations, lists and spans that are nested deeper than any reader follows, and keeps their text: what is written from
/// events costs more than their number at such depths.
#[derive(Default)]
struct Nesting {
    /// For each that is open, whether it is kept.
    open: Vec<bool>,
}

impl Nesting {
    const DEEPEST: usize = 32;

    fn keeps(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Start(Tag::BlockQuote(_) | Tag::List(_) | Tag::DefinitionList)
            | Event::Start(Tag::FootnoteDefinition(_) | Tag::Image { .. })
            | Event::Start(Tag::Emphasis | Tag::Strong | Tag::Strikethrough) => {
                let keeps = self.open.len() < Self::DEEPEST;
                self.open.push(keeps);
                keeps
            }
            Event::End(TagEnd::BlockQuote(_) | TagEnd::List(_) | TagEnd::DefinitionList)
            | Event::End(TagEnd::FootnoteDefinition | TagEnd::Image)
            | Event::End(TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough) => self.open.pop().unwrap_or(false),
            // An item stands directly in its list.
            Event::Start(Tag::Item | Tag::DefinitionListTitle | Tag::DefinitionListDefinition)
            | Event::End(TagEnd::Item | TagEnd::DefinitionListTitle | TagEnd::DefinitionListDefinition) => {
                self.open.last().copied().unwrap_or(true)
            }
            _ => true,
        }
    }
}

/// An event without the marks that enclose links, which only rendering may write, and without link definitions.
fn clean(event: Event<'_>) -> Event<'_> {
    let free = |text: CowStr<'_>| -> CowStr<'static> {
        text.chars().filter(|c| !matches!(*c, LINK_OPEN | LINK_CLOSE)).collect::<String>().into()
    };
    let is_marked = |text: &str| text.contains([LINK_OPEN, LINK_CLOSE]);
    match event {
        Event::Text(text) if is_marked(&text) || text.contains("[!") => {
            Event::Text(dialect::unmark(&free(text)).into())
        }
        Event::Code(text) if is_marked(&text) => Event::Code(free(text)),
        Event::Html(text) if is_marked(&text) => Event::Html(free(text)),
        Event::InlineHtml(text) if is_marked(&text) => Event::InlineHtml(free(text)),
        // Definitions would be written again at the end of the rewritten Markdown.
        Event::Start(Tag::Link { link_type, dest_url, title, .. }) => Event::Start(Tag::Link {
            link_type: inline(link_type),
            dest_url: free(dest_url),
            title: free(title),
            id: "".into(),
        }),
        Event::Start(Tag::Image { link_type, dest_url, title, .. }) => Event::Start(Tag::Image {
            link_type: inline(link_type),
            dest_url: free(dest_url),
            title: free(title),
            id: "".into(),
        }),
        event => event,
    }
}

fn inline(link_type: LinkType) -> LinkType {
    match link_type {
        LinkType::Email => LinkType::Email,
        _ => LinkType::Inline,
    }
}

fn is_heading_end(event: &Event<'_>) -> bool {
    matches!(event, Event::End(TagEnd::Heading(_)))
}

/// Class name of a kind of admonition.
fn kind_name(kind: BlockQuoteKind) -> &'static str {
    match kind {
        BlockQuoteKind::Note => "note",
        BlockQuoteKind::Tip => "tip",
        BlockQuoteKind::Important => "important",
        BlockQuoteKind::Warning => "warning",
        BlockQuoteKind::Caution => "caution",
    }
}

#[cfg(test)]
mod tests;
