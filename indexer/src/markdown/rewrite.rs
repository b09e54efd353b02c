//! Events to Markdown written anew: what the article says, without comments, raw HTML or links that lead nowhere safe.

use super::{html, links, plain};
use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

/// Writes a document's events. Links within the portal stand between the marks, to be resolved for each viewer.
pub(super) fn write(events: &[(Event<'_>, u32)], folder: &str, allow_html: bool) -> String {
    let events = rewritten(events, folder, allow_html);
    let mut markdown = String::new();
    if pulldown_cmark_to_cmark::cmark(events.iter(), &mut markdown, super::OPTIONS).is_ok() {
        return markdown.trim_matches('\n').to_owned();
    }
    // No spelling was found for some block (emphasis inside a word, say): write each block by itself, that one as plain text.
    blocks(&events).map(block).collect::<Vec<_>>().join("\n\n")
}

fn rewritten<'a>(events: &'a [(Event<'a>, u32)], folder: &str, allow_html: bool) -> Vec<Event<'a>> {
    let mut written = Vec::with_capacity(events.len());
    let mut raw = String::new();
    // Whether each link or image that is open is written.
    let mut open = Vec::new();
    for (event, _) in events {
        match event {
            Event::Html(text) if allow_html => raw.push_str(text),
            Event::End(TagEnd::HtmlBlock) => {
                for text in plain::html_blocks(&std::mem::take(&mut raw)) {
                    written.extend([
                        Event::Start(Tag::Paragraph),
                        Event::Text(text.into()),
                        Event::End(TagEnd::Paragraph),
                    ]);
                }
            }
            Event::Html(_) | Event::Start(Tag::HtmlBlock) => {}
            Event::InlineHtml(tag) if html::is_break(tag) => written.push(Event::Text(" ".into())),
            Event::InlineHtml(_) => {}
            Event::Start(Tag::Heading { level, .. }) => {
                written.push(Event::Start(Tag::Heading {
                    level: *level,
                    id: None,
                    classes: Vec::new(),
                    attrs: Vec::new(),
                }));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, .. }) => {
                let dest_url = links::target(folder, dest_url).written();
                open.push(dest_url.is_some());
                written.extend(dest_url.map(|dest_url| {
                    let (title, id) = (title.clone(), CowStr::Borrowed(""));
                    Event::Start(Tag::Link { link_type: *link_type, dest_url: dest_url.into(), title, id })
                }));
            }
            Event::Start(Tag::Image { link_type, dest_url, title, .. }) => {
                let dest_url = links::image(folder, dest_url).written();
                open.push(dest_url.is_some());
                written.extend(dest_url.map(|dest_url| {
                    let (title, id) = (title.clone(), CowStr::Borrowed(""));
                    Event::Start(Tag::Image { link_type: *link_type, dest_url: dest_url.into(), title, id })
                }));
            }
            Event::End(TagEnd::Link | TagEnd::Image) if open.pop() != Some(true) => {}
            event => written.push(event.clone()),
        }
    }
    merged(written)
}

/// Text that stands together as one event, as a parser would give it.
fn merged(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    pulldown_cmark::TextMergeStream::new(events.into_iter()).collect()
}

/// The outermost blocks.
fn blocks<'a, 'b>(events: &'a [Event<'b>]) -> impl Iterator<Item = &'a [Event<'b>]> {
    let mut depth = 0_usize;
    events.split_inclusive(move |event| {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0
    })
}

fn block(events: &[Event<'_>]) -> String {
    let mut markdown = String::new();
    if pulldown_cmark_to_cmark::cmark(events.iter(), &mut markdown, super::OPTIONS).is_ok() {
        return markdown.trim_matches('\n').to_owned();
    }
    let text = Event::Text(plain::inline(events.iter()).into());
    let paragraph = [Event::Start(Tag::Paragraph), text, Event::End(TagEnd::Paragraph)];
    let mut markdown = String::new();
    match pulldown_cmark_to_cmark::cmark(paragraph.iter(), &mut markdown, super::OPTIONS) {
        Ok(_) => markdown.trim_matches('\n').to_owned(),
        Err(_) => String::new(),
    }
}
