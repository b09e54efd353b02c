//! `synonyms.yaml`: entries of two directions or one.

use super::entries::{self, Entry};
use super::{SYNONYMS, Synonym};
use crate::portal::Portal;
use crate::problem::{Findings, Problem};
use crate::tree::Node;

const RULE: &str = "synonyms";
const KEYS: [&str; 5] = ["words", "from", "to", "language", "audience"];

/// Reads the file's text.
pub(super) fn read(portal: &Portal, text: &str) -> (Vec<Synonym>, Vec<Problem>) {
    let mut findings = Findings::of(format!("{}/{SYNONYMS}", portal.id));
    let nodes = entries::read(text, RULE, &mut findings);
    let synonyms = nodes.iter().filter_map(|node| synonym(portal, node, &mut findings)).collect();
    (synonyms, findings.list)
}

fn synonym(portal: &Portal, node: &Node, findings: &mut Findings) -> Option<Synonym> {
    let entry = Entry::of(node, &KEYS, RULE, findings)?;
    let words = entry.texts("words", findings)?;
    let (from, to) = (entry.texts("from", findings)?, entry.texts("to", findings)?);
    let (from, to) = match (words.len(), from.len(), to.len()) {
        (2.., 0, 0) => (words.clone(), words),
        (0, 1.., 1..) => (from, to),
        _ => {
            let mend = "Write `words: [one, two]` for words that stand for each other, or `from: [one]` and `to: [two]` for one \
                        direction; until then the entry has no effect.";
            entry.fault("the entry does not say what stands for what", mend, findings);
            return None;
        }
    };
    let language = entry.language(findings)?;
    Some(Synonym { line: entry.line, audience: entry.audience(portal, findings), language, from, to })
}
