//! Words that carry grammar, not a subject: they count little in a query, are not marked, and make no answer confident.

use indexer::language::Language;

/// Says whether a lower-case word is a function word of a language. Languages without a list here have none.
pub fn contains(language: &Language, word: &str) -> bool {
    let list = match language.primary() {
        "en" => ENGLISH,
        "de" => GERMAN,
        "es" => SPANISH,
        "fr" => FRENCH,
        _ => return false,
    };
    list.binary_search(&word).is_ok()
}

// Sorted, since they are searched by halving; a test checks it. Question words are among them: help centres are asked questions.
#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before", "being",
    "but", "by", "can", "can't", "could", "did", "do", "does", "doesn't", "doing", "don't", "for", "from", "get", "had", "has",
    "have", "having", "he", "her", "here", "his", "how", "i", "i'm", "i've", "if", "in", "into", "is", "isn't", "it", "it's", "its",
    "just", "me", "mean", "means", "my", "no", "not", "of", "on", "or", "our", "please", "she", "should", "so", "some", "such", "than", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "through", "to", "too", "us", "very", "was", "we", "were",
    "what", "what's", "when", "where", "which", "while", "who", "why", "will", "with", "would", "you", "your",
];
#[rustfmt::skip]
const GERMAN: &[&str] = &[
    "aber", "alle", "als", "am", "an", "auch", "auf", "aus", "bei", "bin", "bitte", "das", "dass", "dem", "den", "der", "des", "die",
    "dies", "diese", "diesem", "diesen", "dieser", "du", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es",
    "für", "haben", "hat", "hier", "ich", "ihr", "ihre", "im", "in", "ist", "kann", "man", "mein", "meine", "meinem", "meinen", "meiner", "mich",
    "mir", "mit", "nach", "nicht", "noch", "nur", "ob", "oder", "sein", "sich", "sie", "sind", "so", "um", "und", "uns", "unser", "unsere",
    "von", "vor", "wann", "warum", "was", "welche", "welcher", "welches", "wenn", "wer", "werden", "wie", "wir", "wird", "wo", "zu", "zum", "zur", "über",
];
#[rustfmt::skip]
const SPANISH: &[&str] = &[
    "a", "al", "algo", "como", "con", "cual", "cuando", "cuál", "cuándo", "cómo", "de", "del", "desde", "donde", "dónde", "el", "en",
    "entre", "es", "esta", "estas", "este", "esto", "estos", "está", "están", "fue", "ha", "hay", "la", "las", "le", "les", "lo", "los",
    "me", "mi", "mis", "más", "ni", "no", "nos", "o", "para", "pero", "por", "porque", "puede", "puedo", "que", "quién", "qué", "se",
    "ser", "si", "sin", "sobre", "son", "su", "sus", "sí", "también", "te", "tengo", "tiene", "tu", "un", "una", "unos", "y", "ya", "yo",
];
#[rustfmt::skip]
const FRENCH: &[&str] = &[
    "a", "ai", "au", "aux", "avec", "ce", "ces", "cette", "comme", "comment", "d'un", "d'une", "dans", "de", "des", "du", "elle", "en", "est", "et", "eu",
    "il", "ils", "je", "l", "la", "le", "les", "leur", "lui", "ma", "mais", "me", "mes", "mon", "ne", "nos", "notre", "nous", "on", "ou", "où",
    "par", "pas", "peut", "peux", "pour", "pourquoi", "puis", "qu", "quand", "que", "quel", "quelle", "qui", "sa", "se", "ses", "si", "son", "sont",
    "sur", "ta", "te", "tu", "un", "une", "vos", "votre", "vous", "y", "à", "été", "être",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_so_that_every_word_is_found() {
        for list in [ENGLISH, GERMAN, SPANISH, FRENCH] {
            assert!(list.is_sorted(), "{:?}", list.windows(2).find(|pair| pair[0] > pair[1]));
        }
    }

    #[test]
    fn a_regional_language_uses_the_list_of_its_language() {
        let tag = |tag| Language::parse(tag).expect("a tag");
        assert!(contains(&tag("en-gb"), "how"));
        assert!(!contains(&tag("en-gb"), "invoice"));
        assert!(!contains(&tag("xx"), "how"));
    }
}
