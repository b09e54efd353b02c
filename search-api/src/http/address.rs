//! Addresses: how a name becomes a part of a path.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, percent_encode};

/// What must not stand bare in a segment of a path (RFC 3986, 3.3), and what a template could take for markup.
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// What may stand bare in a value of a query: what RFC 3986, 2.3 calls unreserved.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A name as one segment of a path.
pub fn segment(name: &str) -> String {
    percent_encode(name.as_bytes(), SEGMENT).to_string()
}

/// A relative path, each of its parts a segment.
pub fn path(path: &str) -> String {
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// A heading's anchor as the fragment of an address.
pub fn fragment(anchor: &str) -> String {
    segment(anchor)
}

/// Names and values as the query of an address, without its question mark.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let encode = |text: &str| percent_encode(text.as_bytes(), VALUE).to_string();
    pairs.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
}
