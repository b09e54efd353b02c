//! What a browser would never show, cut out before Markdown is parsed: comments, scripts and styles that Markdown does not see as
//! one piece, such as a comment with a blank line inside a `<div>`, whose second half would otherwise become a paragraph.

use pulldown_cmark::{Event, Parser, Tag};
use std::collections::BTreeMap;
use std::ops::Range;

/// How often the text is parsed again after a cut; beyond that, code is not spared.
const ROUNDS: usize = 32;

/// The text without such pieces (their line ends stay), and the 1-based line of a comment that is never closed: everything after
/// it is cut, as a browser would.
pub(super) fn cut(text: &str) -> (String, Option<u32>) {
    let mut text = text.to_owned();
    let mut unclosed = None;
    for round in 0.. {
        let Some(piece) = first_broken(&text, round < ROUNDS) else { break };
        if !piece.closed {
            let newlines = text[..piece.range.start].bytes().filter(|byte| *byte == b'\n').count();
            unclosed = Some(u32::try_from(newlines).unwrap_or(u32::MAX).saturating_add(1));
        }
        let newlines = "\n".repeat(text[piece.range.clone()].bytes().filter(|byte| *byte == b'\n').count());
        text.replace_range(piece.range, &newlines);
        if round >= ROUNDS {
            text = cut_all(&text);
        }
    }
    (text, unclosed)
}

struct Piece {
    range: Range<usize>,
    closed: bool,
}

/// The first piece that Markdown does not see whole.
fn first_broken(text: &str, spare_code: bool) -> Option<Piece> {
    openings(text).next()?;
    let mut seen: Vec<(Range<usize>, bool)> = Vec::new();
    for (event, range) in Parser::new_ext(text, super::OPTIONS).into_offset_iter() {
        match event {
            Event::Code(_) | Event::Start(Tag::CodeBlock(_)) if spare_code => seen.push((range, true)),
            Event::Start(Tag::HtmlBlock) | Event::InlineHtml(_) => seen.push((range, false)),
            _ => {}
        }
    }
    let mut skip_to = 0;
    let mut next_seen = 0;
    let mut ends = Ends::default();
    for (at, kind) in openings(text) {
        if at < skip_to {
            continue;
        }
        while seen.get(next_seen).is_some_and(|(range, _)| range.end <= at) {
            next_seen += 1;
        }
        let around = seen.get(next_seen).filter(|(range, _)| range.start <= at);
        if let Some((range, true)) = around {
            skip_to = range.end;
            continue;
        }
        let end = ends.after(text, at, kind);
        match (around, end) {
            (Some((range, false)), Some(end)) if end <= range.end => skip_to = end,
            // Markdown shows an escaped opening as it stands.
            (None, _) if text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 1 => {}
            (_, Some(end)) => return Some(Piece { range: at..end, closed: true }),
            (_, None) if kind == Kind::Comment => return Some(Piece { range: at..text.len(), closed: false }),
            // `<script>` named in a sentence: the tag alone is dropped with all raw HTML.
            (_, None) => {}
        }
    }
    None
}

/// Cuts every piece without asking Markdown.
fn cut_all(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    let mut ends = Ends::default();
    for (at, kind) in openings(text) {
        if at < from {
            continue;
        }
        let end = ends.after(text, at, kind).or((kind == Kind::Comment).then_some(text.len()));
        let Some(end) = end else { continue };
        kept.push_str(&text[from..at]);
        kept.extend(text[at..end].chars().filter(|c| *c == '\n'));
        from = end;
    }
    kept.push_str(&text[from..]);
    kept
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Comment,
    Script,
    Style,
}

/// The closing last found of each kind: asked for places in order, a text is searched once.
#[derive(Default)]
struct Ends(BTreeMap<Kind, Option<Range<usize>>>);

impl Ends {
    /// Byte after the end of a piece that opens at `at`.
    fn after(&mut self, text: &str, at: usize, kind: Kind) -> Option<usize> {
        // `<!-->` is a whole comment.
        let from = at + 2;
        let known = self.0.get(&kind).filter(|closing| closing.as_ref().is_none_or(|closing| closing.start >= from));
        let closing = match known {
            Some(closing) => closing.clone(),
            None => kind.closing(text, from),
        };
        self.0.insert(kind, closing.clone());
        closing.map(|closing| closing.end)
    }
}

impl Kind {
    /// The first closing from a byte on.
    fn closing(self, text: &str, from: usize) -> Option<Range<usize>> {
        let tag = |name: &str| {
            let start = find_ignoring_case(&text[from..], name)? + from;
            Some(start..text[start..].find('>')? + start + 1)
        };
        match self {
            Self::Comment => text[from..].find("-->").map(|found| from + found..from + found + 3),
            Self::Script => tag("</script"),
            Self::Style => tag("</style"),
        }
    }
}

/// Where comments, scripts and styles open.
fn openings(text: &str) -> impl Iterator<Item = (usize, Kind)> + '_ {
    text.match_indices('<').filter_map(|(at, _)| {
        let rest = &text.as_bytes()[at + 1..];
        let named = |name: &str| {
            rest.len() > name.len()
                && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes())
                && matches!(rest[name.len()], b' ' | b'\t' | b'\n' | b'/' | b'>')
        };
        if rest.starts_with(b"!--") {
            Some((at, Kind::Comment))
        } else if named("script") {
            Some((at, Kind::Script))
        } else if named("style") {
            Some((at, Kind::Style))
        } else {
            None
        }
    })
}

fn find_ignoring_case(text: &str, name: &str) -> Option<usize> {
    text.as_bytes().windows(name.len()).position(|window| window.eq_ignore_ascii_case(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kept: &str) {
        assert_eq!(cut(text).0, kept, "{text:?}");
    }

    #[test]
    fn comments_that_markdown_sees_whole_are_left_to_it() {
        for text in ["a <!-- b --> c", "<!--\nb\n\nc\n-->\n", "- a\n\n  <!-- b\n\n  c -->\n", "<!-->"] {
            check(text, text);
        }
    }

    #[test]
    fn comments_broken_across_blocks_are_cut() {
        check("a <!-- b\n\nc --> d", "a \n\n d");
        check("<div>\n<!-- b\n\nc -->\n</div>\n", "<div>\n\n\n\n</div>\n");
        check("- <!-- a\n- b -->\n- c\n", "- \n\n- c\n");
        check("> <!-- a\n\nb --> c", "> \n\n c");
    }

    #[test]
    fn an_unclosed_comment_hides_the_rest_and_is_named() {
        assert_eq!(cut("a\n\nb <!-- c\n\nd\n"), ("a\n\nb \n\n\n".to_owned(), Some(3)));
        assert_eq!(cut("a\n\n<!-- c\n\nd").1, Some(3));
        assert_eq!(cut("a\n").1, None);
    }

    #[test]
    fn comments_in_code_are_code() {
        for text in
            ["`<!-- a`", "```\n<!-- a\n\n```\nb\n", "    <!-- a\n\nb", "a \\<!-- b", "~~~html\n<script>\n\n~~~\n"]
        {
            check(text, text);
        }
    }

    #[test]
    fn a_fence_inside_a_broken_comment_does_not_save_it() {
        check("<div>\n<!--\n\n```\nsecret -->\n</div>\n\nb <!-- x\n\ny --> z\n", "<div>\n\n\n\n\n</div>\n\nb \n\n z\n");
    }

    #[test]
    fn scripts_and_styles_broken_across_blocks_are_cut() {
        check("<div>\n<STYLE>\n\n.a {}\n</Style >\n</div>\n", "<div>\n\n\n\n\n</div>\n");
        check("a <script>x\n\ny</script> b", "a \n\n b");
        check("Put a <script> tag in the page.\n\nb", "Put a <script> tag in the page.\n\nb");
    }

    #[test]
    fn very_many_broken_comments_end() {
        let (text, _) = cut(&"a <!-- b\n\nsecret --> d\n\n".repeat(2_000));
        assert!(!text.contains("secret"));
    }
}
