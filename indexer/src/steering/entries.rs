//! A YAML list whose entries are read one by one, so that a broken one costs none of the others.

use crate::audience::Audience;
use crate::language::Language;
use crate::portal::Portal;
use crate::problem::Findings;
use crate::spelling::nearest;
use crate::tree::{self, Key, Node, SyntaxError, Value};

/// Largest file, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

/// One entry of a file, its keys known and each written once.
pub(super) struct Entry<'a> {
    /// 1-based line on which it begins.
    pub line: u32,
    rule: &'static str,
    fields: &'a [(Key, Node)],
}

/// Reads the entries of a file that can be read; names the others. If the file as a whole is not YAML, each entry is tried alone:
/// an entry begins where a line begins with a hyphen.
pub(super) fn read(text: &str, rule: &'static str, findings: &mut Findings) -> Vec<Node> {
    if text.len() > MAX_BYTES {
        let what = format!("the file is larger than {} KiB and is not read", MAX_BYTES / 1024);
        findings.error(None, rule, what, "Remove what is not needed.");
        return Vec::new();
    }
    match tree::yaml_within(text, MAX_BYTES) {
        Ok(root) => list(root, 0, rule, findings),
        Err(_) => pieces(text).flat_map(|(above, piece)| alone(piece, above, rule, findings)).collect(),
    }
}

fn alone(piece: &str, above: u32, rule: &'static str, findings: &mut Findings) -> Vec<Node> {
    match tree::yaml_within(piece, MAX_BYTES) {
        Ok(root) => list(root, above, rule, findings),
        Err(SyntaxError { line, what }) => {
            let mend = "Mend the line (quote a text that holds `: ` or begins with a sign); until then the entry has no \
                        effect, and all others keep theirs.";
            findings.error(line.map(|line| line + above), rule, format!("the entry cannot be read: {what}"), mend);
            Vec::new()
        }
    }
}

/// The nodes of a list, their lines counted from the file's top.
fn list(root: Node, above: u32, rule: &'static str, findings: &mut Findings) -> Vec<Node> {
    match root.value {
        Value::List(mut nodes) => {
            nodes.iter_mut().for_each(|node| lower(node, above));
            nodes
        }
        Value::Table(entries) if entries.is_empty() => Vec::new(),
        _ => {
            findings.error(Some(root.line + above), rule, "this is not a list", "Begin each entry with a hyphen.");
            Vec::new()
        }
    }
}

/// Cuts a text before each line that begins with a hyphen; with the number of lines above each piece.
fn pieces(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let mut starts = vec![(0, 0)];
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if line.starts_with('-') && !line.starts_with("---") {
            starts.push((number as u32, at));
        }
        at += line.len();
    }
    let ends: Vec<usize> = starts.iter().skip(1).map(|(_, start)| *start).chain([text.len()]).collect();
    starts.into_iter().zip(ends).map(|((above, start), end)| (above, &text[start..end]))
}

fn lower(node: &mut Node, by: u32) {
    node.line += by;
    match &mut node.value {
        Value::Scalar { .. } => {}
        Value::List(nodes) => nodes.iter_mut().for_each(|node| lower(node, by)),
        Value::Table(entries) => entries.iter_mut().for_each(|(key, node)| {
            key.line += by;
            lower(node, by);
        }),
    }
}

impl<'a> Entry<'a> {
    /// Takes a node as an entry. An unknown or repeated key may have been meant to narrow it, so such an entry has no effect.
    pub fn of(node: &'a Node, known: &[&str], rule: &'static str, findings: &mut Findings) -> Option<Self> {
        let Some(fields) = node.table() else {
            let mend = format!("Write its keys: {}.", known.join(", "));
            findings.error(Some(node.line), rule, "the entry holds no keys", mend);
            return None;
        };
        for (place, (key, _)) in fields.iter().enumerate() {
            let name = key.name.as_str();
            if !known.contains(&name) {
                let mend = match nearest(name, known.iter().copied()) {
                    Some(meant) => format!("Did you mean `{meant}`? Until then the entry has no effect."),
                    None => format!("Known here: {}. Until then the entry has no effect.", known.join(", ")),
                };
                findings.error(Some(key.line), rule, format!("`{name}` is not a key that Signpost knows"), mend);
                return None;
            }
            if fields[..place].iter().any(|(earlier, _)| earlier.name == name) {
                let mend = "Keep one of them; until then the entry has no effect.";
                findings.error(Some(key.line), rule, format!("`{name}` is written twice"), mend);
                return None;
            }
        }
        Some(Self { line: node.line, rule, fields })
    }

    /// The value of a key.
    pub fn node(&self, key: &str) -> Option<&'a Node> {
        self.fields.iter().find(|(name, _)| name.name == key).map(|(_, node)| node)
    }

    /// A list of texts, or one; absent = empty. `None`: something else, which is named.
    pub fn texts(&self, key: &str, findings: &mut Findings) -> Option<Vec<String>> {
        let Some(node) = self.node(key) else { return Some(Vec::new()) };
        let texts = node.scalars().filter(|texts| texts.iter().all(|text| !text.is_empty()));
        if texts.is_none() {
            let what = format!("`{key}` is not a list of text");
            findings.error(Some(node.line), self.rule, what, format!("Write it as `{key}: [one, two]`."));
        }
        Some(texts?.into_iter().map(str::to_owned).collect())
    }

    /// Whom it is for: everybody, unless it says so; editors alone if what it says cannot be read.
    pub fn audience(&self, portal: &Portal, findings: &mut Findings) -> Audience {
        let Some(node) = self.node("audience") else { return Audience::Public };
        portal.vocabulary().read(node).unwrap_or_else(|error| {
            let mend = format!("{} Until then the entry is hidden.", error.mend);
            findings.error(Some(error.line), "audience", error.what, mend);
            Audience::Hidden
        })
    }

    /// Its language, if it names one. `None`: it cannot be read, which is named.
    pub fn language(&self, findings: &mut Findings) -> Option<Option<Language>> {
        let Some(node) = self.node("language") else { return Some(None) };
        let language = node.text().and_then(Language::parse);
        if language.is_none() {
            findings.error(Some(node.line), self.rule, "`language` is not a language", "Write a tag such as `en`.");
        }
        language.map(Some)
    }

    /// Names a fault of the whole entry.
    pub fn fault(&self, what: impl Into<String>, mend: &str, findings: &mut Findings) {
        findings.error(Some(self.line), self.rule, what, mend);
    }
}
