//! Elision: the short words that lose their vowel before another and are written onto it with an apostrophe.

/// Says whether a language writes an elided word so, as `l` in `l'article`. `word` is in lower case.
pub(super) fn is_elided(language: &str, word: &str) -> bool {
    let words = match language {
        "fr" => FRENCH,
        "it" => ITALIAN,
        "ca" | "oc" => CATALAN,
        "ga" => IRISH,
        _ => return false,
    };
    words.contains(&word)
}

const FRENCH: &[&str] =
    &["l", "d", "j", "m", "n", "s", "t", "c", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu", "presqu", "quelqu"];
const ITALIAN: &[&str] = &[
    "l", "un", "d", "c", "m", "t", "s", "v", "all", "dall", "dell", "nell", "sull", "coll", "quell", "quest", "gl",
    "agl", "dagl", "degl", "negl", "sugl", "cos", "com", "dov", "quand", "anch", "senz",
];
const CATALAN: &[&str] = &["l", "d", "m", "n", "s", "t"];
const IRISH: &[&str] = &["b", "d", "m"];
