//! YAML and TOML read as one kind of tree, each key and value with its line.

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use toml::de::{DeTable, DeValue};

/// Largest front matter or `portal.toml`, in bytes.
const MAX_BYTES: usize = 64 * 1024;
/// Deepest nesting of lists and tables.
const MAX_DEPTH: usize = 8;

/// A value and the 1-based line on which it begins.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub line: u32,
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    /// A scalar, its text as written: `1.10` stays `1.10`. `plain` when it stood without quotes, so may be a number, a boolean or
    /// nothing at all.
    Scalar { text: String, plain: bool },
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the file. YAML may repeat a key; the reader says what that means.
    Table(Vec<(Key, Node)>),
}

/// A key and the 1-based line on which it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Key {
    pub name: String,
    pub line: u32,
}

/// Why a text could not be read as a tree.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SyntaxError {
    /// 1-based line within the text.
    pub line: Option<u32>,
    /// What is wrong, as a clause.
    pub what: String,
}

impl SyntaxError {
    fn at(line: u32, what: impl Into<String>) -> Self {
        Self { line: Some(line), what: what.into() }
    }
}

impl Default for Node {
    fn default() -> Self {
        Self { line: 1, value: Value::List(Vec::new()) }
    }
}

impl Node {
    /// Says whether nothing was written: no value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.value, Value::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// A scalar's text without surrounding space; `None` for a list, a table or nothing.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, .. } if !self.is_null() => Some(text.trim()),
            _ => None,
        }
    }

    /// A scalar read as yes or no, in the spellings of YAML 1.1.
    pub fn truth(&self) -> Option<bool> {
        match self.text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => None,
        }
    }

    /// A list's scalars, or one scalar; `None` if it holds anything else.
    pub fn scalars(&self) -> Option<Vec<&str>> {
        match &self.value {
            Value::List(nodes) => nodes.iter().map(Node::text).collect(),
            _ => self.text().map(|text| vec![text]),
        }
    }

    /// As [`Node::scalars`], a single scalar split at its commas; empty parts left out.
    pub fn words(&self) -> Option<Vec<String>> {
        let parts = match &self.value {
            Value::List(_) => self.scalars()?,
            _ if self.is_null() => Vec::new(),
            _ => self.text()?.split(',').collect(),
        };
        Some(parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    }

    /// A table's entries.
    pub fn table(&self) -> Option<&[(Key, Node)]> {
        match &self.value {
            Value::Table(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value as JSON; of a repeated key the first one.
    pub fn json(&self) -> serde_json::Value {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => serde_json::Value::Null,
            Value::Scalar { text, plain: true } => match text.as_str() {
                "true" | "True" | "TRUE" => true.into(),
                "false" | "False" | "FALSE" => false.into(),
                number => match (number.parse::<i64>(), number.parse::<f64>()) {
                    (Ok(integer), _) => integer.into(),
                    // `inf`, `nan` and what JSON would write otherwise (`1.10`) stay text.
                    (_, Ok(float)) if float.to_string() == number => float.into(),
                    _ => number.into(),
                },
            },
            Value::Scalar { text, .. } => text.as_str().into(),
            Value::List(nodes) => nodes.iter().map(Node::json).collect(),
            Value::Table(entries) => {
                let mut object = serde_json::Map::new();
                for (key, node) in entries {
                    object.entry(&key.name).or_insert_with(|| node.json());
                }
                object.into()
            }
        }
    }
}

/// Reads one YAML document within the budget: no anchors, aliases, custom tags or further documents. Nothing at all is an empty
/// table.
pub(crate) fn yaml(text: &str) -> Result<Node, SyntaxError> {
    yaml_within(text, MAX_BYTES)
}

/// The same with room for a longer text.
pub(crate) fn yaml_within(text: &str, max_bytes: usize) -> Result<Node, SyntaxError> {
    check_size(text, max_bytes)?;
    let mut parser = Parser::new(StrInput::new(text));
    let mut root = None;
    loop {
        let (event, span) = match parser.next_event() {
            None => break,
            Some(Ok(next)) => next,
            Some(Err(error)) => {
                return Err(SyntaxError::at(line_of(error.marker().line()), plain_words(&error.to_string())));
            }
        };
        match event {
            Event::StreamStart | Event::DocumentStart(..) | Event::DocumentEnd => {}
            Event::StreamEnd => break,
            _ if root.is_some() => {
                return Err(SyntaxError::at(line_of(span.start.line()), "a second document begins here"));
            }
            event => root = Some(yaml_node(&mut parser, event, span, 1)?),
        }
    }
    let root = root.unwrap_or(Node { line: 1, value: Value::Table(Vec::new()) });
    Ok(if root.is_null() { Node { line: 1, value: Value::Table(Vec::new()) } } else { root })
}

/// Reads one node; recursion is bounded by [`MAX_DEPTH`].
fn yaml_node<'a>(
    parser: &mut Parser<'a, StrInput<'a>>,
    event: Event<'a>,
    span: Span,
    depth: usize,
) -> Result<Node, SyntaxError> {
    let line = line_of(span.start.line());
    if depth > MAX_DEPTH {
        return Err(SyntaxError::at(line, format!("values are nested more than {MAX_DEPTH} deep")));
    }
    if event.anchor_id().is_some() || event.is_alias() {
        return Err(SyntaxError::at(
            line,
            "anchors and aliases (& and *) are not read; quote the value if it begins with one",
        ));
    }
    if event.tag().is_some_and(|tag| !tag.is_yaml_core_schema()) {
        return Err(SyntaxError::at(
            line,
            "tags (!) are not read; quote the value if it begins with an exclamation mark",
        ));
    }
    let next = |parser: &mut Parser<'a, StrInput<'a>>| match parser.next_event() {
        Some(Ok(next)) => Ok(next),
        Some(Err(error)) => Err(SyntaxError::at(line_of(error.marker().line()), plain_words(&error.to_string()))),
        None => Err(SyntaxError::at(line, "the text ends within a value")),
    };
    let value = match event {
        Event::Scalar(text, style, _, tag) => {
            Value::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain && tag.is_none() }
        }
        Event::SequenceStart(..) => {
            let mut nodes = Vec::new();
            loop {
                match next(parser)? {
                    (Event::SequenceEnd, _) => break Value::List(nodes),
                    (event, span) => nodes.push(yaml_node(parser, event, span, depth + 1)?),
                }
            }
        }
        Event::MappingStart(..) => {
            let mut entries = Vec::new();
            loop {
                let (event, span) = next(parser)?;
                if event == Event::MappingEnd {
                    break Value::Table(entries);
                }
                let key = yaml_node(parser, event, span, depth + 1)?;
                let Value::Scalar { text: name, .. } = key.value else {
                    return Err(SyntaxError::at(key.line, "a key is a list or a table"));
                };
                let (event, span) = next(parser)?;
                let node = yaml_node(parser, event, span, depth + 1)?;
                entries.push((Key { name, line: key.line }, node));
            }
        }
        _ => return Err(SyntaxError::at(line, "a value is missing")),
    };
    Ok(Node { line, value })
}

/// Reads a TOML document within the budget.
pub(crate) fn toml(text: &str) -> Result<Node, SyntaxError> {
    check_size(text, MAX_BYTES)?;
    let lines = Lines::of(text);
    let table = DeTable::parse(text).map_err(|error| SyntaxError {
        line: error.span().map(|span| lines.line(span.start)),
        what: error.message().lines().collect::<Vec<_>>().join(", "),
    })?;
    Ok(Node { line: 1, value: toml_table(table.get_ref(), &lines, 1)? })
}

fn toml_table(table: &DeTable<'_>, lines: &Lines, depth: usize) -> Result<Value, SyntaxError> {
    let mut entries = Vec::new();
    for (key, value) in table {
        let key = Key { name: key.get_ref().to_string(), line: lines.line(key.span().start) };
        let node = toml_node(value.get_ref(), lines.line(value.span().start), lines, depth + 1)?;
        entries.push((key, node));
    }
    entries.sort_by_key(|(key, _)| key.line);
    Ok(Value::Table(entries))
}

/// Reads one node; recursion is bounded by [`MAX_DEPTH`].
fn toml_node(value: &DeValue<'_>, line: u32, lines: &Lines, depth: usize) -> Result<Node, SyntaxError> {
    if depth > MAX_DEPTH {
        return Err(SyntaxError::at(line, format!("values are nested more than {MAX_DEPTH} deep")));
    }
    let plain = |text: String| Value::Scalar { text, plain: true };
    let value = match value {
        DeValue::String(text) => Value::Scalar { text: text.to_string(), plain: false },
        DeValue::Integer(integer) => plain(integer.to_string()),
        DeValue::Float(float) => plain(float.to_string()),
        DeValue::Boolean(truth) => plain(truth.to_string()),
        DeValue::Datetime(time) => plain(time.to_string()),
        DeValue::Array(values) => {
            let node = |value: &toml::Spanned<DeValue<'_>>| {
                toml_node(value.get_ref(), lines.line(value.span().start), lines, depth + 1)
            };
            Value::List(values.iter().map(node).collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => toml_table(table, lines, depth)?,
    };
    Ok(Node { line, value })
}

/// Byte offsets to 1-based lines.
pub(crate) struct Lines(Vec<usize>);

impl Lines {
    /// Notes where each line of a text begins.
    pub fn of(text: &str) -> Self {
        Self(text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1).collect())
    }

    /// The 1-based line that holds a byte.
    pub fn line(&self, byte: usize) -> u32 {
        line_of(self.0.partition_point(|start| *start <= byte) + 1)
    }
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX).max(1)
}

fn check_size(text: &str, max_bytes: usize) -> Result<(), SyntaxError> {
    if text.len() > max_bytes {
        return Err(SyntaxError { line: None, what: format!("it is larger than {} KiB", max_bytes / 1024) });
    }
    Ok(())
}

/// The first line of a parser's message: the position that follows is ours to say.
fn plain_words(message: &str) -> String {
    let line = message.lines().next().unwrap_or("it is not YAML");
    line.split(" at byte ").next().unwrap_or(line).split(" at line ").next().unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yaml_and_toml_give_the_same_tree() {
        let from_yaml = yaml("title: \"A\"\nversion: 1.10\ndraft: true\ntags: [\"a\", \"b\"]\n").unwrap();
        let from_toml = toml("title = \"A\"\nversion = 1.10\ndraft = true\ntags = [\"a\", \"b\"]\n").unwrap();
        assert_eq!(from_yaml, from_toml);
        let entries = from_yaml.table().unwrap();
        assert_eq!(entries[1].1.text(), Some("1.10"));
        assert_eq!((entries[3].0.line, entries[3].1.line), (4, 4));
        let json = serde_json::json!({"title": "A", "version": "1.10", "draft": true, "tags": ["a", "b"]});
        assert_eq!(from_yaml.json(), json);
    }

    #[test]
    fn a_repeated_yaml_key_is_kept_for_the_reader_to_judge() {
        assert_eq!(yaml("a: 1\na: 2\n").unwrap().table().unwrap().len(), 2);
    }

    #[test]
    fn syntax_errors_name_their_line() {
        assert_eq!(yaml("a: 1\nb: [1, 2\nc: 3\n").unwrap_err().line, Some(3));
        assert_eq!(yaml("title: Note: this\n").unwrap_err().line, Some(1));
        assert_eq!(toml("a = 1\nb = \n").unwrap_err().line, Some(2));
    }

    #[test]
    fn bombs_are_refused_before_they_unfold() {
        let mut aliases = String::from("a0: &a0 [x, x]\n");
        for i in 1..40 {
            aliases += &format!("a{i}: &a{i} [*a{}, *a{}]\n", i - 1, i - 1);
        }
        assert!(yaml(&aliases).unwrap_err().what.contains("anchors"));
        assert!(yaml(&"[".repeat(60_000)).is_err());
        assert!(yaml(&format!("a: {}x", "- ".repeat(20))).is_err());
        assert!(yaml(&"a: 1\n".repeat(20_000)).unwrap_err().what.contains("KiB"));
        assert!(toml(&format!("a = {}{}", "[".repeat(9), "]".repeat(9))).is_err());
        assert!(yaml("a: !!python/object x\n").is_err() && yaml("a: !thing x\n").is_err());
    }

    #[test]
    fn a_second_document_is_refused() {
        assert!(yaml("a: 1\n---\nb: 2\n").is_err());
    }
}
