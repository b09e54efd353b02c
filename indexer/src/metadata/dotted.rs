//! Values of front matter by keys that may reach into tables: `owner.team`.

use crate::tree::{Key, Node, Value};

/// The values of a key, a text split at its commas. `a.b` reaches into tables and lists of tables where no key is called so.
/// `None`: no such key; `Some((line, None))`: it holds something else than text.
pub(super) fn values_at(entries: &[(Key, Node)], key: &str) -> Option<(u32, Option<Vec<String>>)> {
    find(entries, key, &|node| node.words())
}

/// As [`values_at`], a text kept whole.
pub(super) fn facet_values(entries: &[(Key, Node)], key: &str) -> Option<(u32, Option<Vec<String>>)> {
    let whole = |node: &Node| {
        if node.is_null() { Some(Vec::new()) } else { Some(node.scalars()?.into_iter().map(str::to_owned).collect()) }
    };
    find(entries, key, &whole)
}

type Values<'a> = &'a dyn Fn(&Node) -> Option<Vec<String>>;

fn find(entries: &[(Key, Node)], key: &str, values: Values<'_>) -> Option<(u32, Option<Vec<String>>)> {
    let named = |name: &str| entries.iter().find(|(key, _)| key.name.to_lowercase() == name.to_lowercase());
    if let Some((key, node)) = named(key) {
        return Some((key.line, values(node)));
    }
    let (first, rest) = key.split_once('.')?;
    let (key, node) = named(first)?;
    Some((key.line, reach(node, rest, values)))
}

fn reach(node: &Node, path: &str, values: Values<'_>) -> Option<Vec<String>> {
    match &node.value {
        Value::Scalar { .. } => None,
        Value::List(nodes) => {
            Some(nodes.iter().map(|node| reach(node, path, values)).collect::<Option<Vec<_>>>()?.concat())
        }
        Value::Table(entries) => find(entries, path, values)?.1,
    }
}
