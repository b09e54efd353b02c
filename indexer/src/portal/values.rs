//! The values of a `portal.toml`, read from its tree: one of another kind has no effect, and is named.

use crate::language::Language;
use crate::problem::Findings;
use crate::spelling::nearest;
use crate::tree::{Key, Node, Value};
use std::collections::BTreeMap;

/// Keys and values of a table.
pub(super) type Entries<'a> = &'a [(Key, Node)];

/// Collects problems while a file is read.
pub(super) struct Reader(pub(super) Findings);

impl Reader {
    /// A number within a range.
    pub(super) fn number(&mut self, key: &str, node: &Node, within: std::ops::RangeInclusive<f32>) -> Option<f32> {
        let number = node.text().and_then(|text| text.parse().ok()).filter(|number| within.contains(number));
        if number.is_none() {
            let what = format!("`{key}` is not a number from {} to {}", within.start(), within.end());
            self.error(Some(node.line), "portal-value", what, "Write one; until then it has no effect.");
        }
        number
    }

    /// A text by language: a table of languages, or one text in the portal's first language.
    pub(super) fn by_language(&mut self, node: Option<&Node>, first: &Language) -> BTreeMap<String, String> {
        let Some(node) = node else { return BTreeMap::new() };
        if let Some(text) = node.text().filter(|text| !text.is_empty()) {
            return BTreeMap::from([(first.as_str().to_owned(), text.to_owned())]);
        }
        let mut texts = BTreeMap::new();
        for (key, node) in node.table().unwrap_or_default() {
            match (Language::parse(&key.name), node.text().filter(|text| !text.is_empty())) {
                (Some(language), Some(text)) => drop(texts.insert(language.as_str().to_owned(), text.to_owned())),
                _ => {
                    let what = format!("`{}` is not a language with its text", key.name);
                    self.error(Some(key.line), "portal-value", what, "Write entries such as `en = \"Pay a bill\"`.");
                }
            }
        }
        texts
    }

    /// A list of texts, or one; empty where there is none.
    pub(super) fn strings(&mut self, entries: Entries, key: &str) -> Vec<String> {
        let Some(node) = get(entries, key) else { return Vec::new() };
        let values = node.scalars();
        if values.is_none() {
            self.invalid(entries, key, format!("`{key}` is not a list of text"), "Write it as `[\"one\", \"two\"]`.");
        }
        values.unwrap_or_default().into_iter().map(str::to_owned).collect()
    }

    /// `true` or `false`.
    pub(super) fn truth(&mut self, entries: Entries, key: &str) -> Option<bool> {
        let node = get(entries, key)?;
        let truth = node.truth();
        if truth.is_none() {
            self.invalid(entries, key, format!("`{key}` is neither true nor false"), "Write `true` or `false`.");
        }
        truth
    }

    /// A table; empty where there is none.
    pub(super) fn table<'a>(&mut self, entries: Entries<'a>, key: &str) -> Entries<'a> {
        let Some(node) = get(entries, key) else { return &[] };
        if node.table().is_none() {
            self.invalid(entries, key, format!("`{key}` is not a table"), &format!("Write it under a line `[{key}]`."));
        }
        node.table().unwrap_or_default()
    }

    /// A list of tables, each with the line that it begins in.
    pub(super) fn tables<'a>(&mut self, entries: Entries<'a>, key: &str) -> Vec<(u32, Entries<'a>)> {
        let Some(node) = get(entries, key) else { return Vec::new() };
        let tables = match &node.value {
            Value::List(nodes) => nodes.iter().map(|node| Some((node.line, node.table()?))).collect(),
            _ => None,
        };
        if tables.is_none() {
            self.invalid(
                entries,
                key,
                format!("`{key}` is not a list of tables"),
                &format!("Begin each with a line `[[{key}]]`."),
            );
        }
        tables.unwrap_or_default()
    }

    /// Warns of keys that mean nothing.
    pub(super) fn known(&mut self, entries: Entries, known: &[&str]) {
        for (key, _) in entries.iter().filter(|(key, _)| !known.contains(&key.name.as_str())) {
            let mend = match nearest(&key.name, known.iter().copied()) {
                Some(meant) => format!("Did you mean `{meant}`?"),
                None => format!("Known here: {}.", known.join(", ")),
            };
            let what = format!("`{}` is not a key that Signpost knows", key.name);
            self.0.warning(Some(key.line), "unknown-key", what, mend);
        }
    }

    /// Names a value that has no effect.
    pub(super) fn invalid(&mut self, entries: Entries, key: &str, what: impl Into<String>, mend: &str) {
        self.error(get(entries, key).map(|node| node.line), "portal-value", what, mend);
    }

    /// Names what cannot be read.
    pub(super) fn error(
        &mut self,
        line: Option<u32>,
        rule: &'static str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.0.error(line, rule, what, mend);
    }
}

/// The value of a key.
pub(super) fn get<'a>(entries: Entries<'a>, key: &str) -> Option<&'a Node> {
    entries.iter().find(|(name, _)| name.name == key).map(|(_, node)| node)
}
