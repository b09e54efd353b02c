//! What a search is about, for telling whether two are one need: its stems without stop words.

use indexer::analysis::{Kind, analyze};
use indexer::language::Language;
use std::collections::BTreeSet;

/// Stems of a text in its language, stop words removed.
pub fn stems(language: &Language, text: &str) -> BTreeSet<String> {
    let stop_words = stop_words(language);
    let tokens = analyze(language, text);
    tokens.into_iter().filter(|token| !stop_words.contains(&token.word.as_str())).map(|token| token.term).collect()
}

/// Each stem of a text as [`stems`] has it, with the word as it was typed; parts of compounds aside.
pub fn words(language: &Language, text: &str) -> Vec<(String, String)> {
    let stop_words = stop_words(language);
    let tokens = analyze(language, text).into_iter().filter(|token| token.kind == Kind::Whole);
    tokens.filter(|token| !stop_words.contains(&token.word.as_str())).map(|token| (token.term, token.word)).collect()
}

/// Words that say nothing of the need. Part of the definition: a change of a list raises its number.
fn stop_words(language: &Language) -> &'static [&'static str] {
    match language.as_str().split('-').next().unwrap_or_default() {
        "en" => ENGLISH,
        "es" => SPANISH,
        "de" => GERMAN,
        "fr" => FRENCH,
        "it" => ITALIAN,
        "pt" => PORTUGUESE,
        "nl" => DUTCH,
        _ => &[],
    }
}

#[rustfmt::skip]
const ENGLISH: &[&str] = &[
    "a", "about", "after", "again", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be", "because", "been", "before",
    "being", "but", "by", "can", "can't", "cannot", "could", "did", "do", "does", "doesn't", "doing", "don't", "for", "from", "get",
    "had", "has", "have", "help", "hello", "hi", "how", "i", "i'm", "if", "in", "into", "is", "isn't", "it", "its", "just", "me",
    "my", "need", "no", "not", "of", "on", "or", "our", "out", "please", "should", "so", "some", "than", "thanks", "that", "the",
    "their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "up", "us", "want", "was", "we", "were", "what",
    "when", "where", "which", "who", "why", "will", "with", "won't", "would", "you", "your",
];
#[rustfmt::skip]
const SPANISH: &[&str] = &[
    "a", "al", "algo", "ante", "aquí", "ayuda", "cada", "como", "con", "cuando", "cuál", "cuándo", "cómo", "de", "del", "desde",
    "donde", "dónde", "el", "ella", "en", "entre", "es", "esa", "ese", "eso", "esta", "estar", "este", "esto", "está", "están",
    "estoy", "favor", "fue", "ha", "hacer", "hago", "hasta", "hay", "he", "hola", "la", "las", "le", "les", "lo", "los", "me", "mi",
    "mis", "más", "necesito", "ni", "no", "nos", "o", "para", "pero", "por", "porque", "puedo", "que", "quiero", "qué", "se", "ser",
    "si", "sin", "sobre", "son", "soy", "su", "sus", "sí", "tengo", "tiene", "tu", "un", "una", "unas", "uno", "unos", "y", "ya", "yo",
];
#[rustfmt::skip]
const GERMAN: &[&str] = &[
    "aber", "als", "am", "an", "auch", "auf", "aus", "bei", "bin", "bis", "bitte", "da", "das", "dass", "dem", "den", "der", "des",
    "die", "dies", "diese", "dieser", "durch", "ein", "eine", "einem", "einen", "einer", "eines", "er", "es", "für", "gibt", "habe",
    "haben", "hallo", "hat", "hilfe", "ich", "ihr", "im", "in", "ist", "kann", "kein", "keine", "man", "mein", "meine", "meinem",
    "meinen", "meiner", "mich", "mir", "mit", "nach", "nicht", "noch", "nur", "oder", "sein", "sich", "sie", "sind", "so", "um",
    "und", "uns", "von", "vor", "wann", "warum", "was", "welche", "wenn", "wer", "werden", "wie", "wir", "wird", "wo", "zu", "zum",
    "zur", "über",
];
#[rustfmt::skip]
const FRENCH: &[&str] = &[
    "a", "ai", "aide", "au", "aux", "avec", "bonjour", "c", "ce", "ces", "cette", "comment", "d", "dans", "de", "des", "du", "elle",
    "en", "est", "et", "faire", "il", "j", "je", "l", "la", "le", "les", "leur", "ma", "mais", "mes", "moi", "mon", "m", "n", "ne",
    "nos", "notre", "nous", "on", "ont", "ou", "où", "par", "pas", "peux", "plus", "pour", "pourquoi", "puis", "qu", "quand", "que",
    "quel", "quelle", "qui", "quoi", "s", "sa", "se", "ses", "si", "son", "sont", "suis", "sur", "un", "une", "veux", "vos", "votre",
    "vous", "y", "à", "être",
];
#[rustfmt::skip]
const ITALIAN: &[&str] = &[
    "a", "ai", "aiuto", "al", "alla", "anche", "che", "chi", "ci", "come", "con", "cosa", "da", "dal", "dalla", "de", "dei", "del",
    "della", "delle", "di", "dove", "e", "fare", "gli", "ha", "ho", "i", "il", "in", "io", "l", "la", "le", "lo", "ma", "mi", "mia",
    "mio", "nel", "nella", "no", "non", "o", "per", "perché", "posso", "quale", "quando", "questa", "questo", "se", "si", "sono",
    "su", "sul", "un", "una", "uno", "voglio", "è",
];
#[rustfmt::skip]
const PORTUGUESE: &[&str] = &[
    "a", "ajuda", "ao", "aos", "as", "com", "como", "da", "das", "de", "do", "dos", "e", "ela", "ele", "em", "essa", "esse", "esta",
    "este", "estou", "está", "eu", "fazer", "foi", "isso", "já", "mais", "mas", "me", "meu", "meus", "minha", "minhas", "na", "nas",
    "no", "nos", "não", "o", "olá", "onde", "os", "ou", "para", "por", "porque", "posso", "quais", "qual", "quando", "que", "quem",
    "quero", "se", "sem", "ser", "seu", "sua", "são", "tem", "tenho", "um", "uma", "à", "é",
];
#[rustfmt::skip]
const DUTCH: &[&str] = &[
    "aan", "al", "als", "bij", "daar", "dan", "dat", "de", "der", "deze", "die", "dit", "doe", "door", "een", "en", "er", "geen",
    "haar", "heb", "heeft", "het", "hij", "hoe", "hulp", "ik", "in", "is", "je", "kan", "maar", "me", "met", "mij", "mijn", "moet",
    "na", "naar", "niet", "nog", "nu", "of", "om", "ons", "ook", "op", "over", "te", "tot", "u", "uit", "uw", "van", "voor", "waar",
    "waarom", "wanneer", "was", "wat", "we", "wel", "wie", "wij", "wil", "worden", "zich", "zijn", "zo",
];
