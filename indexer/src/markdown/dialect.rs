//! Block syntax of other systems to GitHub's, line by line: admonitions of Docusaurus (`:::note`) and MkDocs (`!!! note`),
//! Microsoft's and Adobe's marks (`[!INFO]`, `[!UICONTROL Save]`), folding blocks, and template tags of Hugo and Jekyll.

use pulldown_cmark::BlockQuoteKind;
use std::borrow::Cow;

/// The text with every line in its place and number, other systems' block syntax translated outside code.
pub(super) fn translate(text: &str) -> String {
    let mut translated = String::with_capacity(text.len());
    let mut open: Vec<Block> = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        if fence.is_none() {
            close_unindented(&mut open, line);
        }
        let (prefix, rest) = quoted(&open, line);
        let written = match fence {
            Some((mark, length)) => {
                if closes_fence(rest, mark, length) {
                    fence = None;
                }
                Cow::Borrowed(rest)
            }
            None => {
                fence = opens_fence(rest);
                if fence.is_some() { Cow::Borrowed(rest) } else { block_line(rest, &mut open) }
            }
        };
        if written.is_empty() {
            // The line may have closed a block: it is blank in what is open now.
            translated.push_str(quoted(&open, "").0.trim_end());
        } else {
            translated.push_str(&prefix);
            translated.push_str(&written);
        }
        translated.push_str(end);
    }
    translated
}

/// The kind of admonition that a quotation's first text names, and the title that follows; `None` if it begins with no mark.
pub(super) fn mark(text: &str) -> Option<(Option<BlockQuoteKind>, String)> {
    let (name, title) = text.trim_start().strip_prefix("[!")?.split_once(']')?;
    let is_name = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphabetic());
    is_name.then(|| (kind(name), title.trim().to_owned()))
}

/// A text without Adobe's inline marks: `[!UICONTROL Save]` is `Save`.
pub(crate) fn unmark(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("[!") {
        let (before, marked) = rest.split_at(at);
        let close =
            marked[2..].find(['[', ']']).map(|close| close + 2).filter(|close| marked[*close..].starts_with(']'));
        let inside = close.and_then(|close| Some((marked[2..close].split_once(' ')?, &marked[close + 1..])));
        match inside {
            Some(((name, words), after)) if !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase()) => {
                plain.push_str(before);
                plain.push_str(words);
                rest = after;
            }
            _ => {
                plain.push_str(before);
                plain.push_str("[!");
                rest = &marked[2..];
            }
        }
    }
    plain + rest
}

/// A block that is open, and how its lines are written.
#[derive(Clone, Copy)]
struct Block {
    /// Spaces before its opening.
    indent: usize,
    form: Form,
}

#[derive(Clone, Copy, PartialEq)]
enum Form {
    /// `:::note` … `:::`, by the number of colons: a quotation.
    Fenced(usize),
    /// `:::row` … `:::`: its content stands as it is.
    Bare(usize),
    /// `!!! note` and what is indented under it: a quotation.
    Indented,
}

/// Blocks within blocks beyond which a line is left as it is.
const DEEPEST: usize = 32;

/// MkDocs' blocks end where a line is indented less.
fn close_unindented(open: &mut Vec<Block>, line: &str) {
    if line.trim().is_empty() {
        return;
    }
    let mut rest = line;
    for place in 0..open.len() {
        let block = open[place];
        if block.form == Form::Indented && indent_of(rest) < block.indent + 4 {
            open.truncate(place);
            return;
        }
        rest = inner(block, rest).1;
    }
}

/// The quotation marks that a line is written after, and the line without the indentation of the blocks that are open.
fn quoted<'a>(open: &[Block], line: &'a str) -> (String, &'a str) {
    let mut prefix = String::new();
    let mut rest = line;
    for block in open {
        let (spaces, inside) = inner(*block, rest);
        if !matches!(block.form, Form::Bare(_)) {
            prefix.push_str(spaces);
            prefix.push_str("> ");
            rest = inside;
        }
    }
    (prefix, rest)
}

/// The indentation of a block and what a line holds inside of it.
fn inner(block: Block, line: &str) -> (&str, &str) {
    let (spaces, rest) = line.split_at(indent_of(line).min(block.indent));
    match block.form {
        Form::Indented => (spaces, &rest[indent_of(rest).min(4)..]),
        Form::Fenced(_) => (spaces, rest),
        Form::Bare(_) => ("", line),
    }
}

/// Translates one line that is not code.
fn block_line<'a>(line: &'a str, open: &mut Vec<Block>) -> Cow<'a, str> {
    let indent = indent_of(line);
    let trimmed = line.trim();
    if open.len() >= DEEPEST {
        return line.into();
    }
    if trimmed.starts_with(":::") {
        return colons(line, indent, trimmed, open);
    }
    if let Some((kind, title)) = exclamation(trimmed) {
        open.push(Block { indent, form: Form::Indented });
        return opening(indent, kind, title).into();
    }
    // Adobe's folding blocks.
    if trimmed == "+++" {
        return "".into();
    }
    if let Some(title) = trimmed.strip_prefix("+++ ").filter(|_| indent < 4) {
        return format!("**{}**", title.trim()).into();
    }
    tags(line)
}

fn colons<'a>(line: &'a str, indent: usize, trimmed: &str, open: &mut Vec<Block>) -> Cow<'a, str> {
    let rest = trimmed.trim_start_matches(':');
    let count = trimmed.len() - rest.len();
    let rest = rest.trim();
    if rest.is_empty() {
        let closed = open.iter().rposition(|block| matches!(block.form, Form::Fenced(n) | Form::Bare(n) if n <= count));
        return match closed {
            Some(place) => {
                open.truncate(place);
                "".into()
            }
            None => line.into(),
        };
    }
    // Microsoft's directives that open and close in one line.
    if rest.ends_with(":::") {
        return "".into();
    }
    let name_end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(rest.len());
    let (name, title) = rest.split_at(name_end);
    let name =
        if name.is_empty() { rest.trim_start_matches('{').split(['}', ' ']).next().unwrap_or_default() } else { name };
    match kind(name) {
        Some(kind) => {
            open.push(Block { indent, form: Form::Fenced(count) });
            let title = title.trim().trim_start_matches('[').split([']', '{']).next().unwrap_or_default();
            opening(indent, kind, title).into()
        }
        None if !name.is_empty() => {
            open.push(Block { indent, form: Form::Bare(count) });
            "".into()
        }
        None => line.into(),
    }
}

/// MkDocs: `!!! warning "Title"`, and its folding forms `???` and `???+`.
fn exclamation(trimmed: &str) -> Option<(BlockQuoteKind, &str)> {
    let rest = trimmed.strip_prefix("!!!").or(trimmed.strip_prefix("???+")).or(trimmed.strip_prefix("???"))?;
    let rest = rest.strip_prefix(' ')?.trim();
    let name = rest.split([' ', '"']).next().unwrap_or_default();
    let title = rest.split_once('"').and_then(|(_, title)| title.strip_suffix('"'));
    match (kind(name), title) {
        (Some(kind), title) => Some((kind, title.unwrap_or_default())),
        (None, Some(title)) => Some((BlockQuoteKind::Note, title)),
        (None, None) => None,
    }
}

fn opening(indent: usize, kind: BlockQuoteKind, title: &str) -> String {
    let name = super::kind_name(kind).to_uppercase();
    format!("{}> [!{name}] {}", " ".repeat(indent), title.trim()).trim_end().to_owned()
}

/// The five kinds that GitHub knows, under the names that other systems give them.
fn kind(name: &str) -> Option<BlockQuoteKind> {
    match name.to_ascii_lowercase().as_str() {
        "note" | "info" | "abstract" | "summary" | "example" | "quote" | "seealso" | "prerequisites"
        | "availability" => Some(BlockQuoteKind::Note),
        "tip" | "hint" | "success" | "check" | "question" | "help" | "faq" => Some(BlockQuoteKind::Tip),
        "important" => Some(BlockQuoteKind::Important),
        "warning" | "attention" => Some(BlockQuoteKind::Warning),
        "caution" | "danger" | "error" | "failure" | "bug" => Some(BlockQuoteKind::Caution),
        _ => None,
    }
}

/// Takes template tags out of a line; those that name a link's destination leave it.
fn tags(line: &str) -> Cow<'_, str> {
    if !line.contains("{%") && !line.contains("{{") {
        return line.into();
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    let mut in_code = false;
    // A closing that is not found once is not found later in the line either.
    let mut forms = vec![("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}")];
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        plain.push_str(before);
        in_code ^= before.bytes().filter(|byte| *byte == b'`').count() % 2 == 1;
        // Inside code it is an example.
        let form = forms.iter().position(|(open, _)| from.starts_with(open)).filter(|_| !in_code);
        let tag = form.and_then(|form| from[forms[form].0.len()..].split_once(forms[form].1));
        if let Some((inside, after)) = tag {
            plain.push_str(&tag_text(inside.trim(), plain.ends_with("](")));
            rest = after;
        } else {
            if let Some(form) = form {
                forms.remove(form);
            }
            plain.push('{');
            rest = &from[1..];
        }
    }
    (plain + rest).into()
}

/// What a template tag leaves: a destination where one is expected, a picture for Hugo's `figure`, else nothing.
fn tag_text(inside: &str, is_destination: bool) -> String {
    let (name, arguments) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let attribute = |key: &str| {
        let (_, value) = arguments.split_once(&format!("{key}=\""))?;
        value.split('"').next()
    };
    let bare = |text: &str| text.trim().trim_matches(['"', '\'', '`']).replace(['<', '>'], "");
    match name {
        "ref" | "relref" | "slug" | "link" | "post_url" if is_destination => format!("<{}>", bare(arguments)),
        "figure" => {
            let (source, description) =
                (attribute("src"), attribute("alt").or(attribute("caption")).or(attribute("title")));
            source.map_or_else(String::new, |source| {
                format!("![{}](<{}>)", description.unwrap_or_default().replace(['[', ']'], ""), bare(source))
            })
        }
        _ => String::new(),
    }
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// The mark and length of a code fence that a line opens, inside quotations and list items too.
fn opens_fence(line: &str) -> Option<(char, usize)> {
    let mut rest = line.trim_start();
    while let Some(inner) = container(rest) {
        rest = inner.trim_start();
    }
    let mark = rest.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let after = rest.trim_start_matches(mark);
    let length = rest.len() - after.len();
    (length >= 3 && (mark == '~' || !after.contains('`'))).then_some((mark, length))
}

fn closes_fence(line: &str, mark: char, length: usize) -> bool {
    let rest = line.trim_start_matches([' ', '\t', '>']).trim_end();
    rest.len() >= length && rest.chars().all(|c| c == mark)
}

/// What follows a quotation mark or a list marker.
fn container(rest: &str) -> Option<&str> {
    let marker =
        ["> ", "- ", "* ", "+ "].iter().find_map(|marker| rest.strip_prefix(marker)).or(rest.strip_prefix('>'));
    let after_digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = (after_digits.len() < rest.len())
        .then(|| after_digits.strip_prefix(". ").or(after_digits.strip_prefix(") ")))
        .flatten();
    marker.or(numbered)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(translate(text), expected, "{text:?}");
        assert_eq!(text.lines().count(), expected.lines().count());
    }

    #[test]
    fn docusaurus_admonitions_become_quotations() {
        check(":::tip\n\nText\n:::\nAfter\n", "> [!TIP]\n>\n> Text\n\nAfter\n");
        check(":::warning[Take care]\nText\n:::\n", "> [!WARNING] Take care\n> Text\n\n");
        check("::::info Title\n:::danger\nx\n:::\ny\n::::\n", "> [!NOTE] Title\n> > [!CAUTION]\n> > x\n>\n> y\n\n");
        check("- a\n  :::note\n  b\n  :::\n", "- a\n  > [!NOTE]\n  > b\n\n");
        check(":::image type=\"x\":::\n", "\n");
    }

    #[test]
    fn mkdocs_admonitions_become_quotations() {
        check(
            "!!! note \"Mind this\"\n    Text\n\n    More\n\nAfter\n",
            "> [!NOTE] Mind this\n> Text\n>\n> More\n>\nAfter\n",
        );
        check("??? question\n    ```\n    !!! note\n    ```\nx\n", "> [!TIP]\n> ```\n> !!! note\n> ```\nx\n");
        check("!!! wow\n", "!!! wow\n");
    }

    #[test]
    fn code_is_left_alone() {
        for text in [
            "```\n:::note\n{{< x >}}\n```\n",
            "- ~~~~\n  ~~~\n  !!! note\n  ~~~~\n",
            "`{{< ref \"a\" >}}`\n",
            "> ```\n> +++\n> ```\n",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn template_tags_go_and_their_destinations_stay() {
        check("[a]({{< relref \"b/c.md#d\" >}}) {{% hint %}}x{{% /hint %}}\n", "[a](<b/c.md#d>) x\n");
        check("[a]({%slug some-page%}) {{ value }} { x }\n", "[a](<some-page>) {{ value }} { x }\n");
        check("{{< figure src=\"a b.png\" alt=\"A [b]\" >}}\n", "![A b](<a b.png>)\n");
    }

    #[test]
    fn folding_blocks_keep_their_title() {
        check("+++ Expand to see\n\nText\n\n+++\n", "**Expand to see**\n\nText\n\n\n");
    }

    #[test]
    fn marks_are_read_and_taken_away() {
        assert_eq!(mark("[!INFO]"), Some((Some(BlockQuoteKind::Note), String::new())));
        assert_eq!(mark("[!TIP] Faster"), Some((Some(BlockQuoteKind::Tip), "Faster".to_owned())));
        assert_eq!(mark("[!BEGINSHADEBOX]"), Some((None, String::new())));
        assert_eq!(mark("text [!NOTE]"), None);
        assert_eq!(
            unmark("In [!DNL Acme], click [!UICONTROL Save as], not [!x y] [!NOTE]"),
            "In Acme, click Save as, not [!x y] [!NOTE]"
        );
    }
}
