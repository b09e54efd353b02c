//! "Did you mean": the query with its unknown words read as those that the visible articles know.

use super::reading::{Found, QueryWord};

/// Rewrites the words that were read as misspellings and leaves all else as typed; `None` if there are none.
pub fn suggestion(text: &str, words: &[QueryWord]) -> Option<String> {
    let mut corrected = String::with_capacity(text.len());
    let mut at = 0;
    for word in words {
        if let Found::AsTypoOf(known) = &word.found
            && word.span.start >= at
        {
            corrected.push_str(&text[at..word.span.start]);
            // A part of `myPasswrod` is told from its neighbours by its capital alone, which the known word does not have.
            if corrected.ends_with(char::is_alphanumeric) {
                corrected.push(' ');
            }
            corrected.push_str(known);
            at = word.span.end;
            if text[at..].starts_with(char::is_alphanumeric) {
                corrected.push(' ');
            }
        }
    }
    (at > 0).then(|| corrected + &text[at..])
}
