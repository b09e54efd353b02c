//! Anchors of headings, made as GitHub makes them, each once in an article.

use std::collections::{BTreeMap, BTreeSet};

/// The anchors given so far.
#[derive(Default)]
pub(super) struct Anchors {
    given: BTreeSet<String>,
    /// The number last tried for a name that is asked for again.
    last: BTreeMap<String, u32>,
}

impl Anchors {
    /// An anchor for a text: letters and digits of any script, hyphens and underscores; `-1`, `-2`, … if it is taken.
    pub fn name(&mut self, text: &str) -> String {
        let mut name = String::new();
        for c in text.trim().chars().flat_map(char::to_lowercase) {
            match c {
                c if c.is_whitespace() => name.push('-'),
                c if c.is_alphanumeric()
                    || matches!(c, '-' | '_')
                    || unicode_normalization::char::is_combining_mark(c) =>
                {
                    name.push(c)
                }
                _ => {}
            }
        }
        if name.is_empty() {
            name.push_str("section");
        }
        if self.given.insert(name.clone()) {
            return name;
        }
        let last = self.last.entry(name.clone()).or_insert(0);
        loop {
            *last += 1;
            let unique = format!("{name}-{last}");
            if self.given.insert(unique.clone()) {
                return unique;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_githubs_and_each_is_given_once() {
        let mut anchors = Anchors::default();
        for (text, anchor) in [
            ("Reset your password", "reset-your-password"),
            ("What's new in 2.0?", "whats-new-in-20"),
            ("Reset your password", "reset-your-password-1"),
            ("Über die Größe", "über-die-größe"),
            ("重置密码", "重置密码"),
            ("`code_name()`", "code_name"),
            ("!!!", "section"),
            ("?", "section-1"),
            ("Reset your password 1", "reset-your-password-1-1"),
            ("\"><script>", "script"),
        ] {
            assert_eq!(anchors.name(text), anchor, "{text}");
        }
    }
}
