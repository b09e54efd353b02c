//! Events to plain text: sections for the index, headings for the table of contents.

use super::{Block, Section, html};
use pulldown_cmark::{Event, HeadingLevel, Tag, TagEnd};
use std::mem::take;

/// Text of inline events.
pub(super) fn inline<'a, 'b: 'a>(events: impl Iterator<Item = &'a Event<'b>>) -> String {
    let mut text = String::new();
    for event in events {
        push_inline(&mut text, event);
    }
    one_space(&text)
}

/// Headings: level, text, anchor.
pub(super) fn contents(events: &[(Event<'_>, u32)]) -> Vec<(u8, String, String)> {
    let mut contents = Vec::new();
    for (at, (event, _)) in events.iter().enumerate() {
        if let Event::Start(Tag::Heading { level, id, .. }) = event {
            let inside = events[at + 1..].iter().map(|(event, _)| event);
            let text = inline(inside.take_while(|event| !super::is_heading_end(event)));
            contents.push((*level as u8, text, id.as_ref().map(ToString::to_string).unwrap_or_default()));
        }
    }
    contents
}

/// Sections in order; there is always one, and those without text stay, for their heading may be what is looked for.
pub(super) fn sections(events: &[(Event<'_>, u32)], allow_html: bool) -> Vec<Section> {
    let mut writer = Writer::default();
    for (event, _) in events {
        writer.take(event, allow_html);
    }
    writer.end_block();
    let Writer { section, mut sections, .. } = writer;
    sections.push(section);
    // The one before the first heading is only there if it says something.
    if sections.len() > 1 && sections[0].trail.is_empty() && sections[0].blocks.is_empty() {
        sections.remove(0);
    }
    sections
}

/// Visible text of raw HTML after cleaning, block by block.
pub(super) fn html_blocks(raw: &str) -> Vec<String> {
    let cleaned = html::clean_text(raw);
    let mut blocks = vec![String::new()];
    let mut rest = cleaned.as_str();
    while let Some(open) = rest.find('<') {
        let (text, tag) = rest.split_at(open);
        push_last(&mut blocks, text);
        let end = tag.find('>').map_or(tag.len(), |end| end + 1);
        let name: String =
            tag[1..end].trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        match name.as_str() {
            "td" | "th" if tag.starts_with("</") => push_last(&mut blocks, "; "),
            "a" | "abbr" | "b" | "bdi" | "bdo" | "cite" | "code" | "del" | "em" | "i" | "img" | "ins" | "kbd"
            | "mark" | "q" | "s" | "samp" | "small" | "span" | "strike" | "strong" | "sub" | "sup" | "time" | "tt"
            | "u" | "var" | "wbr" | "td" | "th" => {}
            _ => blocks.push(String::new()),
        }
        rest = &tag[end..];
    }
    push_last(&mut blocks, rest);
    blocks
        .into_iter()
        .map(|block| one_space(block.trim().trim_end_matches(';')).trim().to_owned())
        .filter(|block| block.chars().any(char::is_alphanumeric))
        .collect()
}

/// Words of raw HTML outside its tags and comments, counted roughly: for a warning only.
pub(super) fn html_words(raw: &str) -> usize {
    let mut words = 0;
    let mut rest = raw;
    while !rest.is_empty() {
        let (text, tag) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        words += text.split_whitespace().filter(|word| word.chars().any(char::is_alphanumeric)).count();
        let lower = tag.get(..7).unwrap_or(tag).to_ascii_lowercase();
        let end = match lower.as_str() {
            _ if lower.starts_with("<!--") => tag.find("-->").map(|end| end + 3),
            _ if lower.starts_with("<script") => tag.find("</").map(|end| end + 2),
            _ if lower.starts_with("<style") => tag.find("</").map(|end| end + 2),
            _ => tag.find('>').map(|end| end + 1),
        };
        rest = &tag[end.unwrap_or(tag.len())..];
    }
    words
}

fn push_last(blocks: &mut [String], text: &str) {
    if let Some(last) = blocks.last_mut() {
        let text = text.replace("&nbsp;", " ").replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        last.push_str(&text.replace("&amp;", "&"));
    }
}

fn one_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn push_inline(text: &mut String, event: &Event<'_>) {
    match event {
        Event::Text(part) | Event::Code(part) | Event::InlineMath(part) | Event::DisplayMath(part) => {
            text.push_str(part)
        }
        Event::SoftBreak | Event::HardBreak => text.push(' '),
        Event::InlineHtml(tag) if html::is_break(tag) => text.push(' '),
        _ => {}
    }
}

/// Elements whose text does not run on into that of their neighbours.
fn is_block(tag: TagEnd) -> bool {
    use TagEnd::{
        BlockQuote, DefinitionList, DefinitionListDefinition, DefinitionListTitle, FootnoteDefinition, HtmlBlock, Item,
        List, Paragraph,
    };
    matches!(
        tag,
        Paragraph
            | Item
            | List(_)
            | BlockQuote(_)
            | FootnoteDefinition
            | HtmlBlock
            | DefinitionList
            | DefinitionListTitle
            | DefinitionListDefinition
    )
}

#[derive(Default)]
struct Writer {
    sections: Vec<Section>,
    section: Section,
    /// Headings from the outermost to the latest, with their levels.
    path: Vec<(HeadingLevel, String)>,
    text: String,
    html: String,
    code: bool,
    columns: Vec<String>,
    cells: Vec<String>,
    has_rows: bool,
}

impl Writer {
    fn take(&mut self, event: &Event<'_>, allow_html: bool) {
        match event {
            Event::Start(Tag::Heading { level, id, .. }) => {
                self.end_block();
                self.path.retain(|(above, _)| above < level);
                let anchor = id.as_ref().map(ToString::to_string).unwrap_or_default();
                let begun = Section { trail: Vec::new(), anchor, blocks: Vec::new() };
                self.sections.push(std::mem::replace(&mut self.section, begun));
            }
            Event::End(TagEnd::Heading(level)) => {
                self.path.push((*level, one_space(&take(&mut self.text))));
                self.section.trail = self.path.iter().map(|(_, heading)| heading.clone()).collect();
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.end_block();
                self.code = true;
            }
            Event::End(TagEnd::CodeBlock) => {
                let text = take(&mut self.text).trim_end().trim_start_matches('\n').to_owned();
                self.push(text, true);
                self.code = false;
            }
            Event::Start(Tag::Table(_)) => {
                self.end_block();
                self.has_rows = false;
            }
            Event::End(TagEnd::TableCell) => self.cells.push(one_space(&take(&mut self.text))),
            Event::End(TagEnd::TableHead) => self.columns = take(&mut self.cells),
            Event::End(TagEnd::TableRow) => self.end_row(),
            Event::End(TagEnd::Table) if !self.has_rows => {
                let columns = take(&mut self.columns).join("; ");
                self.push(columns, false);
            }
            Event::Html(html) if allow_html => self.html.push_str(html),
            Event::End(TagEnd::HtmlBlock) => {
                for text in html_blocks(&take(&mut self.html)) {
                    self.push(text, false);
                }
            }
            Event::Text(text) if self.code => self.text.push_str(text),
            Event::Rule => self.end_block(),
            Event::Start(tag) if is_block(tag.to_end()) => self.end_block(),
            Event::End(tag) if is_block(*tag) => self.end_block(),
            event => push_inline(&mut self.text, event),
        }
    }

    /// A row as "column: cell; column: cell"; empty cells are left out.
    fn end_row(&mut self) {
        self.has_rows = true;
        let cells = take(&mut self.cells);
        let columns = self.columns.iter().map(String::as_str).chain(std::iter::repeat(""));
        let named = cells.iter().zip(columns).filter(|(cell, _)| !cell.is_empty()).map(|(cell, column)| match column {
            "" => cell.clone(),
            column => format!("{column}: {cell}"),
        });
        let row = named.collect::<Vec<_>>().join("; ");
        self.push(row, false);
    }

    fn end_block(&mut self) {
        let text = one_space(&take(&mut self.text));
        self.push(text, false);
    }

    fn push(&mut self, text: String, code: bool) {
        if !text.trim().is_empty() {
            self.section.blocks.push(Block { text, code });
        }
    }
}
