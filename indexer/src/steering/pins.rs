//! `pins.yaml`: queries and the articles that stand on top of what they find.

use super::entries::{self, Entry};
use super::{PINS, Pin};
use crate::portal::Portal;
use crate::problem::{Findings, Problem};
use crate::time::{self, Edge};
use crate::tree::Node;
use crate::visible::pattern_words;
use jiff::tz::TimeZone;

const RULE: &str = "pins";
const KEYS: [&str; 7] = ["query", "contains", "articles", "language", "audience", "from", "until"];

/// Reads the file's text.
pub(super) fn read(portal: &Portal, text: &str) -> (Vec<Pin>, Vec<Problem>) {
    let mut findings = Findings::of(format!("{}/{PINS}", portal.id));
    let nodes = entries::read(text, RULE, &mut findings);
    let pins = nodes.iter().filter_map(|node| pin(portal, node, &mut findings)).collect();
    (pins, findings.list)
}

fn pin(portal: &Portal, node: &Node, findings: &mut Findings) -> Option<Pin> {
    let entry = Entry::of(node, &KEYS, RULE, findings)?;
    let (queries, contains) = (entry.texts("query", findings)?, entry.texts("contains", findings)?);
    let articles = entry.texts("articles", findings)?;
    if queries.iter().chain(&contains).any(|pattern| pattern_words(pattern).is_empty()) {
        entry.fault("a pattern holds no word", "Write words of a query; punctuation alone matches nothing.", findings);
        return None;
    }
    if queries.is_empty() && contains.is_empty() {
        let mend = "Add `query: [whole query]` or `contains: [words of one]`; until then the entry has no effect.";
        entry.fault("the entry does not say for which queries", mend, findings);
        return None;
    }
    if articles.is_empty() {
        let mend = "Add `articles: [slug]`; until then the entry has no effect.";
        entry.fault("the entry names no article", mend, findings);
        return None;
    }
    let time_zone = TimeZone::get(&portal.time_zone).unwrap_or(TimeZone::UTC);
    let from = moment(&entry, "from", &time_zone, Edge::Start, findings)?;
    let until = moment(&entry, "until", &time_zone, Edge::End, findings)?;
    let language = entry.language(findings)?;
    let audience = entry.audience(portal, findings);
    Some(Pin { line: entry.line, audience, language, queries, contains, articles, from, until })
}

/// A date, if the entry names one. `None`: it cannot be read, which is named.
fn moment(entry: &Entry, key: &str, zone: &TimeZone, edge: Edge, findings: &mut Findings) -> Option<Option<i64>> {
    let Some(node) = entry.node(key) else { return Some(None) };
    let read = node.text().and_then(|text| time::read(text, zone, edge));
    if read.is_none() {
        let mend = "Write it as 2026-05-31 or 2026-05-31T09:00:00Z; until then the entry has no effect.";
        findings.error(Some(node.line), RULE, format!("`{key}` is not a date"), mend);
    }
    read.map(Some)
}
