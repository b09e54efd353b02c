//! YAML (`---`) or TOML (`+++`) front matter, parted from the body and read with a tight budget.

use crate::tree::{self, Key, Node, SyntaxError};

/// A file parted into front matter and body.
#[derive(Debug, PartialEq)]
pub(crate) struct FrontMatter<'a> {
    /// Keys in the order of the file; every line counts from the top of the file.
    pub entries: Vec<(Key, Node)>,
    /// Why the front matter could not be read; `entries` is then empty and the article must stay hidden.
    pub error: Option<SyntaxError>,
    /// What follows the front matter.
    pub body: &'a str,
    /// 1-based line of the file on which `body` begins.
    pub body_line: u32,
}

/// How a block is read.
type Reading = fn(&str) -> Result<Node, SyntaxError>;

/// Parts a file (line ends are `\n`, no byte order mark). Blank lines before the front matter are passed over.
pub(crate) fn split(text: &str) -> FrontMatter<'_> {
    let none = |error| FrontMatter { entries: Vec::new(), error, body: text, body_line: 1 };
    let start = text.len() - text.trim_start().len();
    let start = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
    let opening_line = count_lines(&text[..start]) + 1;
    let opening = text[start..].split('\n').next().unwrap_or_default();
    let (closings, read): (&[&str], Reading) = match opening.trim_end() {
        "---" => (&["---", "..."], tree::yaml),
        "+++" => (&["+++"], tree::toml),
        _ => return none(None),
    };
    let block_start = (start + opening.len() + 1).min(text.len());
    let mut at = block_start;
    for line in text[block_start..].split_inclusive('\n') {
        let next = at + line.len();
        if closings.contains(&line.trim_end()) {
            let block = &text[block_start..at];
            let body_line = opening_line + count_lines(block) + 2;
            let (entries, error) = match read(block).map(|root| shifted(root, opening_line)) {
                Ok(Node { value: tree::Value::Table(entries), .. }) => (entries, None),
                Ok(_) => {
                    let what = "it is not a list of `key: value` lines".to_owned();
                    (Vec::new(), Some(SyntaxError { line: Some(opening_line), what }))
                }
                Err(error) => {
                    let line = error.line.map_or(opening_line, |line| line + opening_line);
                    (Vec::new(), Some(SyntaxError { line: Some(line), ..error }))
                }
            };
            return FrontMatter { entries, error, body: &text[next..], body_line };
        }
        at = next;
    }
    let what = format!("the block opened by `{}` is never closed", opening.trim_end());
    none(Some(SyntaxError { line: Some(opening_line), what }))
}

/// A tree with its lines counted from the top of the file.
fn shifted(mut node: Node, by: u32) -> Node {
    node.line += by;
    match &mut node.value {
        tree::Value::Scalar { .. } => {}
        tree::Value::List(nodes) => nodes.iter_mut().for_each(|inner| *inner = shifted(std::mem::take(inner), by)),
        tree::Value::Table(entries) => {
            for (key, inner) in entries {
                key.line += by;
                *inner = shifted(std::mem::take(inner), by);
            }
        }
    }
    node
}

fn count_lines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|byte| *byte == b'\n').count()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys<'a>(parted: &'a FrontMatter<'_>) -> Vec<(&'a str, u32)> {
        parted.entries.iter().map(|(key, _)| (key.name.as_str(), key.line)).collect()
    }

    #[test]
    fn yaml_and_toml_blocks_are_parted_from_the_body() {
        let yaml = split("---\ntitle: A\ntags: [b]\n---\n# A\n");
        assert_eq!((keys(&yaml), yaml.body, yaml.body_line), (vec![("title", 2), ("tags", 3)], "# A\n", 5));
        let toml = split("+++\ntitle = \"A\"\n+++\nText");
        assert_eq!((keys(&toml), toml.body, toml.body_line), (vec![("title", 2)], "Text", 4));
        let late = split("\n\n---\ntitle: A\n---\nText");
        assert_eq!((keys(&late), late.body, late.body_line), (vec![("title", 4)], "Text", 6));
        let empty = split("---\n---\nText");
        assert_eq!((keys(&empty), empty.body, &empty.error), (vec![], "Text", &None));
    }

    #[test]
    fn a_file_without_front_matter_is_all_body() {
        for text in ["", "# Title\n\n---\n", "----\ntext", "--- x\n", "+++ Expand\ntext\n+++\n"] {
            let parted = split(text);
            assert_eq!((parted.body, parted.body_line, parted.error), (text, 1, None), "{text:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_by_its_line_in_the_file() {
        let broken = split("\n---\ntitle: A\nnote: a: b\n---\nText");
        assert_eq!((broken.error.unwrap().line, broken.body), (Some(4), "Text"));
        assert_eq!(split("+++\na = 1\na = 2\n+++\n").error.unwrap().line, Some(3));
        let unclosed = split("---\ntitle: A\nText");
        assert_eq!((unclosed.error.unwrap().line, unclosed.body), (Some(1), "---\ntitle: A\nText"));
        assert!(split("---\n- a\n- b\n---\n").error.unwrap().what.contains("key: value"));
        assert!(split("---").error.is_some());
    }
}
