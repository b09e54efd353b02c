//! Word order: which terms follow one another in a title, heading or passage, as a record of each document.
//!
//! A record is entries of four bytes, little-endian. An entry is a term's hash in the lower 31 bits; its highest bit says that the
//! term stands at the position of the one before it (the parts of a compound do). [`BREAK`] stands between two texts of one
//! document. Reading the twenty best passages so takes a few microseconds; positions in the postings would have to be sought for,
//! term by term.

use crate::analysis::Token;
use crate::records::Component;
use crate::shown::TermHash;

/// Where the records stand.
pub(crate) static COMPONENT: Component = Component { name: "order", magic: b"SPO2", record: |entry| &entry.order };

/// The entry between two texts of one document.
const BREAK: u32 = HASH;
const HASH: u32 = 0x7FFF_FFFF;
const SAME_POSITION: u32 = 0x8000_0000;
/// Positions that a break counts: farther apart than words that are called near.
const BREAK_WIDTH: u32 = 1_000;

/// What is kept of a term: the lower 31 bits of its [`TermHash`].
pub fn hash(term: &str) -> u32 {
    match TermHash::of(term).number() & HASH {
        BREAK => 0,
        hash => hash,
    }
}

/// The record of a document: the order of words in its texts.
pub(crate) fn record(texts: &[&[Token]]) -> Vec<u8> {
    let mut entries = Vec::new();
    for text in texts.iter().filter(|text| !text.is_empty()) {
        entries.extend((!entries.is_empty()).then_some(BREAK));
        let mut last = None;
        for Token { term, position, .. } in *text {
            let beside = last.replace(*position) == Some(*position);
            entries.push(hash(term) | if beside { SAME_POSITION } else { 0 });
        }
    }
    entries.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// Terms of a record with their positions, which never fall; texts lie far apart.
pub(crate) fn terms(record: &[u8]) -> impl Iterator<Item = (u32, u32)> {
    let mut position = 0_u32;
    let entries = record.as_chunks().0.iter().map(|entry| u32::from_le_bytes(*entry));
    entries.filter_map(move |entry| {
        if entry == BREAK {
            position = position.saturating_add(BREAK_WIDTH);
            return None;
        }
        position = position.saturating_add(u32::from(entry & SAME_POSITION == 0));
        Some((position, entry & HASH))
    })
}
