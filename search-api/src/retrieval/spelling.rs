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
            corrected.push_str(known);
            at = word.span.end;
        }
    }
    (at > 0).then(|| corrected + &text[at..])
}
