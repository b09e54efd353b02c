//! What Markdown becomes: safe HTML, Markdown written anew, sections.

use super::*;
use proptest::prelude::*;

struct Rendered {
    html: String,
    markdown: String,
    sections: Vec<Section>,
    contents: Vec<(u8, String, String)>,
    problems: Vec<(Option<u32>, &'static str)>,
}

impl Rendered {
    fn text(&self) -> String {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.map(|block| block.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

fn render_as(body: &str, allow_html: bool) -> Rendered {
    let mut findings = Findings::of("p/articles/guides/a.md".to_owned());
    let source = prepare(body, 1, &mut findings);
    let document = Document::parse(&source, 1, "guides/a.md", allow_html, &mut findings);
    let language = Language::parse("en").unwrap();
    document.links(&mut findings);
    Rendered {
        html: document.html(&language, "Title"),
        markdown: document.markdown(),
        sections: document.sections(),
        contents: document.contents(),
        problems: findings.list.iter().map(|problem| (problem.line, problem.rule)).collect(),
    }
}

fn render(body: &str) -> Rendered {
    render_as(body, false)
}

/// Asserts that a word is in none of the forms.
fn absent(rendered: &Rendered, word: &str) {
    for form in [&rendered.html, &rendered.markdown, &rendered.text()] {
        assert!(!form.contains(word), "{word:?} stands in {form:?}");
    }
}

#[test]
fn headings_get_anchors_and_sections_their_trail() {
    let rendered = render("Intro.\n\n# A\n\n## B `c`\n\ntext\n\n## B `c`\n\n# D {#own}\n\nlast\n");
    assert_eq!(
        rendered.contents,
        [(1, "A", "a"), (2, "B c", "b-c"), (2, "B c", "b-c-1"), (1, "D", "own")].map(|(l, t, a)| (
            l,
            t.to_owned(),
            a.to_owned()
        ))
    );
    let trails: Vec<_> =
        rendered.sections.iter().map(|s| (s.trail.join("/"), s.anchor.as_str(), s.blocks.len())).collect();
    let expected = [("", "", 1), ("A", "a", 0), ("A/B c", "b-c", 1), ("A/B c", "b-c-1", 0), ("D", "own", 1)];
    assert_eq!(trails, expected.map(|(trail, anchor, blocks)| (trail.to_owned(), anchor, blocks)));
    assert!(rendered.html.contains("<h2 id=\"b-c-1\">B <code>c</code></h2>"), "{}", rendered.html);
}

#[test]
fn a_skipped_level_does_not_disturb_the_trail() {
    let rendered = render("### Deep\n\n# Top\n\n### Below\n\n## Beside\n");
    let trails: Vec<_> = rendered.sections.iter().map(|section| section.trail.join("/")).collect();
    assert_eq!(trails, ["Deep", "Top", "Top/Below", "Top/Beside"]);
}

#[test]
fn tables_are_rows_of_named_cells_in_a_box_that_scrolls() {
    let rendered = render("## Limits\n\n| Plan | Seats |\n|---|--:|\n| Free | 3 |\n| Team | |\n");
    assert_eq!(rendered.text(), "Plan: Free; Seats: 3\nPlan: Team");
    assert!(
        rendered
            .html
            .contains("<div class=\"table-scroll\" role=\"group\" tabindex=\"0\" aria-label=\"Limits\"><table>")
    );
    assert!(rendered.markdown.contains("|Free|3|"), "{}", rendered.markdown);
    let cornered = render("| | Free | Team |\n|:--|--:|---|\n| Seats | 3 | 9 |\n").html;
    assert!(cornered.contains("<tr><td></td><th>Free</th><th>Team</th></tr>"), "{cornered}");
}

#[test]
fn lists_tasks_footnotes_and_code_keep_their_text() {
    let rendered = render(
        "- a\n  - b\n\n    more\n- [x] c\n\n```js title=\"x\"\nlet a = 1 < 2;\n\n  b();\n```\n\nText[^n].\n\n[^n]: Note.\n",
    );
    assert_eq!(rendered.text(), "a\nb\nmore\nc\nlet a = 1 < 2;\n\n  b();\nText.\nNote.");
    assert!(
        rendered
            .html
            .contains("<pre tabindex=\"0\"><code class=\"language-js\">let a = 1 &lt; 2;\n\n  b();\n</code></pre>")
    );
    assert!(
        rendered.html.contains("href=\"#footnote-n\"") && rendered.html.contains("id=\"footnote-n\""),
        "{}",
        rendered.html
    );
    assert!(rendered.html.contains("☑ c") && !rendered.html.contains("<input"));
    assert!(rendered.sections[0].blocks.iter().any(|block| block.code));
}

#[test]
fn definitions_are_read_and_empty_headings_left_out() {
    let rendered = render("## {#x}\n\nterm\n: what it is\n\n## <b></b>\n");
    assert_eq!(rendered.text(), "term\nwhat it is");
    assert!(rendered.html.contains("<dt>term</dt>\n<dd>what it is</dd>"), "{}", rendered.html);
    assert_eq!(rendered.contents, []);
    assert!(!rendered.html.contains("<h2"));
    assert_eq!(render(&rendered.markdown).html, rendered.html, "{}", rendered.markdown);
}

#[test]
fn admonitions_of_every_system_look_alike() {
    for source in [
        "> [!WARNING]\n> Take care.\n",
        ">[!WARNING]\n>\n>Take care.\n",
        "> [!ATTENTION]\n> Take care.\n",
        ":::warning\n\nTake care.\n\n:::\n",
        "!!! warning\n    Take care.\n",
    ] {
        let rendered = render(source);
        let label = "<div class=\"alert alert-warning\" role=\"note\"><p class=\"alert-label\">Warning</p>";
        assert!(rendered.html.starts_with(label), "{source}: {}", rendered.html);
        assert_eq!(rendered.text(), "Take care.", "{source}");
        assert!(rendered.markdown.trim_start().starts_with("> [!WARNING]"), "{source}: {}", rendered.markdown);
    }
    let titled = render(":::tip Do it faster\nUse keys.\n:::\n");
    assert_eq!(titled.text(), "Do it faster Use keys.");
    assert!(titled.html.contains("<strong>Do it faster</strong>"), "{}", titled.html);
}

#[test]
fn links_within_the_portal_stand_between_the_marks() {
    let rendered =
        render("[b](../b.md#part) ![c](c.png) [d](https://example.com/?a=1&b=2) [e][r] <x@example.com>\n\n[r]: e.md\n");
    for html in [
        "href=\"\u{E000}b.md#part\u{E001}\"",
        "src=\"\u{E000}asset:articles/guides/c.png\u{E001}\"",
        "href=\"mailto:x@example.com\"",
    ] {
        assert!(rendered.html.contains(html), "{html} in {}", rendered.html);
    }
    assert!(rendered.html.contains("href=\"https://example.com/?a=1&amp;b=2\" rel=\"noopener\""));
    assert!(rendered.markdown.contains("[e](\u{E000}guides/e.md\u{E001})"), "{}", rendered.markdown);
    let resolved = resolve_markdown_links(&rendered.markdown, |_| None);
    assert!(resolved.starts_with("b c [d](https://example.com/?a=1&amp;b=2) e"), "{resolved}");
}

#[test]
fn unsafe_links_are_inert_and_named() {
    let rendered = render("a\n\n[x](javascript:alert(1)) ![y](data:text/html,z)\n");
    assert_eq!(rendered.problems, [(Some(3), "unsafe-link"), (Some(3), "unsafe-link")]);
    assert_eq!(rendered.html, "<p>a</p>\n<p><a rel=\"noopener\">x</a> <img alt=\"y\" loading=\"lazy\"></p>\n");
    assert_eq!(rendered.markdown, "a\n\nx y");
}

#[test]
fn comments_and_raw_html_are_in_no_form() {
    for source in [
        "a <!-- secret --> b\n",
        "<!--\nsecret\n\nsecret\n-->\n\nb\n",
        "a <!-- x\n\nsecret --> b\n",
        "<div>\n<!-- x\n\nsecret\n\n-->\n</div>\n",
        "<table><tr><td>secret</td></tr></table>\n\nb\n",
        "- a\n  <!-- secret\n\n  secret -->\n- b\n",
        "a <script>secret</script> b\n",
        "b\n\n<!-- secret\n\nsecret\n",
        "a <span data-x=\"secret\">b</span>\n",
        "!!! note\n\n    <!-- secret\n\n    secret -->\n    b\n",
    ] {
        let rendered = render(source);
        absent(&rendered, "secret");
        assert!(rendered.text().contains('b') || source.starts_with("<div>"), "{source:?}: {}", rendered.text());
        for form in [&rendered.html, &rendered.markdown] {
            assert!(!form.contains("<!--") && !form.contains("<div>") && !form.contains("<table>"), "{form}");
        }
    }
}

#[test]
fn what_is_left_out_is_named_with_its_line() {
    assert_eq!(render("a\n\n<p>two words</p>\n").problems, [(Some(3), "raw-html")]);
    assert_eq!(render("a\n\n<!-- two words -->\n").problems, []);
    assert_eq!(render("a\n\nb <!-- c\n").problems, [(Some(3), "unclosed-comment")]);
}

#[test]
fn raw_html_that_is_allowed_is_cleaned_shown_and_searched() {
    let source = "<table class=\"x\"><tr><th>Plan</th><td onclick=\"evil()\">Free &amp; easy</td></tr></table>\n\n\
        <p>See <a href=\"../b.md\">b</a><!-- secret --> <img src=\"c.png\" onerror=\"evil()\"></p>\n<script>evil()</script>\n";
    let rendered = render_as(source, true);
    absent(&rendered, "secret");
    absent(&rendered, "evil");
    assert_eq!(rendered.text(), "Plan; Free & easy\nSee b");
    assert!(
        rendered.html.contains("href=\"\u{E000}b.md\u{E001}\"")
            && rendered.html.contains("asset:articles/guides/c.png")
    );
    assert_eq!(rendered.markdown, "Plan; Free &amp; easy\n\nSee b");
}

#[test]
fn raw_html_nested_too_deep_is_left_out_and_named() {
    let rendered = render_as(&format!("a\n\n{}", "<div>\n\nb\n\n".repeat(300)), true);
    assert_eq!(rendered.problems[0].1, "raw-html");
    assert!(!rendered.html.contains("<div>") && rendered.text().starts_with("a\nb\nb"));
    assert_eq!(render_as(&"<ul>\n<li>a\n<li>b<br>\n</ul>\n\n".repeat(300), true).problems, []);
}

#[test]
fn the_marks_cannot_be_written_by_an_author() {
    for source in [
        "[x](\u{E000}a.md\u{E001}) \u{E000}",
        "href=\"&#xE000;a.md&#57345;\" `\u{E000}` [a](&#xE000;b.md&#xE001;)",
        "&#xE000;",
    ] {
        for allow_html in [false, true] {
            let rendered = render_as(source, allow_html);
            let inert = resolve_links(&rendered.html, |_| None) + &resolve_markdown_links(&rendered.markdown, |_| None);
            assert!(!inert.contains(['\u{E000}', '\u{E001}']), "{inert}");
            let outside = rendered
                .html
                .split("=\"\u{E000}")
                .map(|part| part.split_once('\u{E001}').map_or(part, |(_, rest)| rest));
            assert!(outside.skip(1).all(|part| !part.contains(['\u{E000}', '\u{E001}'])), "{}", rendered.html);
        }
    }
}

#[test]
fn markdown_is_written_anew() {
    let source =
        "Setext\n======\n\n* a\n* b\n\n1) one\n2) two\n\n**bold** _it_ `c` \\*no\\*\n\n---\n\n    code\n\n> q\n";
    let rendered = render(source);
    assert_eq!(render(&rendered.markdown).html, rendered.html, "{}", rendered.markdown);
    let dropped = render("a<b>*b*</b>c **d<i>e</i>** f<!-- x -->g\n");
    assert!(dropped.markdown.contains('b') && dropped.markdown.contains("fg"), "{}", dropped.markdown);
}

#[test]
fn what_is_nested_too_deep_is_flattened_and_keeps_its_text() {
    for source in
        [format!("{}end", "> ".repeat(20_000)), (0..300).map(|i| format!("{}- x{i}\n", "  ".repeat(i))).collect()]
    {
        let rendered = render(&source);
        assert!(rendered.html.matches("<blockquote>").count() + rendered.html.matches("<ul>").count() <= 32);
        assert!(rendered.text().ends_with("end") || (0..300).all(|i| rendered.text().contains(&format!("x{i}"))));
    }
}

/// Tags of an HTML text: what stands between `<` and `>`, quoted values included.
fn tags(html: &str) -> Vec<String> {
    let (mut tags, mut tag, mut quoted) = (Vec::new(), None::<String>, false);
    for c in html.chars() {
        match (&mut tag, c) {
            (None, '<') => tag = Some(String::new()),
            (Some(_), '>') if !quoted => tags.extend(tag.take()),
            (Some(text), c) => {
                quoted ^= c == '"';
                text.push(c);
            }
            _ => {}
        }
    }
    tags
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<script>",
        "</script>",
        "<img src=x onerror=alert(1)>",
        "[a](javascript:alert(1))",
        "![b](java\tscript:x)",
        "<a href='javascript:x'>",
        "<svg onload=x>",
        "<!--",
        "-->",
        "`",
        "```\n",
        "\n\n",
        "> ",
        "- ",
        "# h\n",
        "<div>\n",
        "</div>",
        "<style>",
        "[c]: data:text/html,x\n",
        "<https://x.example/\"onmouseover=\"y>",
        "{{< x >}}",
        ":::note\n",
        "!!! tip\n    ",
        "| a | b |\n|---|---|\n| c |\n",
        "&#106;avascript:x",
        "\"",
        "'",
        "\u{E000}",
        "&#xE001;",
        "[!NOTE]",
        "<iframe src=//x>",
        "text ",
        "[d](e.md)",
        "\\",
        "*",
        "_",
        "[^1]",
        "[^1]: x\n",
        "<math><mi>",
    ]);
    prop::collection::vec(prop_oneof![4 => piece.prop_map(str::to_owned), 1 => "\\PC{0,6}"], 0..24)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_is_written_the_html_is_harmless(source in hostile(), allow_html: bool) {
        let rendered = render_as(&source, allow_html);
        for tag in tags(&rendered.html) {
            let lower = tag.to_lowercase();
            for element in ["script", "style", "iframe", "svg", "math", "object", "form", "!--"] {
                prop_assert!(!lower.starts_with(element), "<{}> from {:?}", tag, source);
            }
            let names = lower.split('"').step_by(2).collect::<String>();
            prop_assert!(!names.split_whitespace().any(|name| name.starts_with("on") || name.starts_with("style=")), "<{}> from {:?}", tag, source);
            let value = |name: &str| lower.split_once(&format!(" {name}=\"")).map(|(_, value)| value.to_owned()).unwrap_or_default();
            for address in [value("href"), value("src")] {
                prop_assert!(!address.starts_with("javascript:") && !address.starts_with("data:"), "<{}> from {:?}", tag, source);
            }
        }
        // Rendering is deterministic, and the rewritten Markdown holds no HTML.
        prop_assert_eq!(&render_as(&source, allow_html).html, &rendered.html);
        let again = Parser::new_ext(&rendered.markdown, OPTIONS);
        for event in again {
            prop_assert!(!matches!(event, Event::Html(_) | Event::InlineHtml(_)), "{:?} from {:?}", rendered.markdown, source);
        }
    }
}
