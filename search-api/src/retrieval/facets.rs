//! Facets: which articles a filter lets through, and how many of those found have each value.

use indexer::article::Head;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// Joins the parts of a category's path.
const JOINT: &str = " / ";

/// Facets that every portal has.
const FIXED: [&str; 4] = ["category", "kind", "language", "tags"];

/// Says whether an article has, for each key, one of its values. A key that articles do not have lets none through.
pub fn admits(filters: &BTreeMap<String, Vec<String>>, head: &Head) -> bool {
    let mut held = Vec::new();
    filters.iter().all(|(key, wanted)| {
        held.clear();
        values(head, key, &mut held);
        held.iter().any(|value| wanted.iter().any(|wanted| wanted == value))
    })
}

/// Counts the articles that have each value of each facet: kind, tags, category, language and what the portal names.
pub fn count<'a>(heads: impl Iterator<Item = &'a Head>) -> BTreeMap<String, BTreeMap<String, usize>> {
    let mut counts: BTreeMap<&str, HashMap<Cow<str>, usize>> = BTreeMap::new();
    let mut held = Vec::new();
    for head in heads {
        for key in FIXED.into_iter().chain(head.facets.keys().map(String::as_str)) {
            values(head, key, &mut held);
            held.sort_unstable();
            held.dedup();
            let counts = counts.entry(key).or_default();
            for value in held.drain(..) {
                *counts.entry(value).or_default() += 1;
            }
        }
    }
    counts.retain(|_, values| !values.is_empty());
    let owned =
        |values: HashMap<Cow<str>, usize>| values.into_iter().map(|(value, n)| (value.into_owned(), n)).collect();
    counts.into_iter().map(|(key, values)| (key.to_owned(), owned(values))).collect()
}

/// Appends the values of one facet; a category counts for each of its ancestors as well.
fn values<'a>(head: &'a Head, key: &str, into: &mut Vec<Cow<'a, str>>) {
    match key {
        "kind" => into.push(head.kind.as_str().into()),
        "language" => into.push(head.language.as_str().into()),
        "tags" => into.extend(head.tags.iter().map(|tag| Cow::from(tag.as_str()))),
        "category" => into.extend((1..=head.category.len()).map(|depth| Cow::from(head.category[..depth].join(JOINT)))),
        _ => into.extend(head.facets.get(key).into_iter().flatten().map(|value| Cow::from(value.as_str()))),
    }
}
