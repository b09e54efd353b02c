//! What analysis promises: searchers and authors meet, and any text can be read.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn language(tag: &str) -> Language {
    Language::parse(tag).expect("a tag")
}

fn words(tag: &str, text: &str) -> Vec<String> {
    analyze(&language(tag), text).into_iter().map(|token| token.word).collect()
}

fn terms(tag: &str, text: &str) -> Vec<String> {
    analyze(&language(tag), text).into_iter().map(|token| token.term).collect()
}

fn meet(tag: &str, query: &str, text: &str) -> bool {
    let text: BTreeSet<_> = terms(tag, text).into_iter().collect();
    terms(tag, query).iter().any(|term| text.contains(term))
}

#[test]
fn prose_gives_its_words_with_spans_and_positions() {
    let text = "Don’t reset  the API key!";
    let tokens = analyze(&language("en"), text);
    assert_eq!(words("en", text), ["don't", "reset", "the", "api", "key"]);
    assert_eq!(
        tokens.iter().map(|token| &text[token.span.clone()]).collect::<Vec<_>>(),
        ["Don’t", "reset", "the", "API", "key"]
    );
    assert_eq!(tokens.iter().map(|token| token.position).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
}

#[test]
fn words_meet_by_stem_in_their_language() {
    assert!(meet("en", "invoice", "Invoices"));
    assert!(meet("en", "cancelling", "cancel"));
    assert!(meet("en", "customers", "the customer’s"));
    assert!(meet("en", "dont", "don't"));
    assert!(meet("de", "Rechnung", "Rechnungen"));
    assert!(meet("es", "factura", "facturas"));
    assert!(meet("fr", "article", "l’article"));
    assert!(meet("nb", "regning", "regningene"));
    assert!(!meet("und", "invoice", "invoices"), "an unknown language has no stems");
}

#[test]
fn marks_may_be_left_out_of_latin_words_only() {
    assert!(meet("en", "resume", "résumé"));
    assert!(meet("es", "anadir", "añadir"));
    assert!(meet("de", "moeglich", "möglich"));
    assert!(meet("de", "moglich", "möglich"));
    assert!(meet("de", "strasse", "Straße"));
    assert!(meet("tr", "istanbul", "İstanbul"));
    assert!(!meet("ru", "иод", "йод"), "in Cyrillic a mark makes another letter");
    assert_eq!(words("en", "re\u{301}sume\u{301}"), ["résumé"], "the word keeps its marks, composed");
}

#[test]
fn a_compound_gives_the_whole_and_its_parts_at_one_position() {
    let check = |text: &str, expected: &[&str]| {
        assert_eq!(words("en", text), expected, "{text}");
        assert!(analyze(&language("en"), text).iter().all(|token| token.position == 0), "{text}");
    };
    check("getUserById", &["getuserbyid", "get", "user", "by", "id"]);
    check("HTTPServer", &["httpserver", "http", "server"]);
    check("ERR_CONN", &["err_conn", "err", "conn"]);
    check("error-code", &["error-code", "error", "code"]);
    check("node.js", &["node.js", "node", "js"]);
    check("2.4.1", &["2.4.1", "2", "4", "1"]);
    check("/v1/users/", &["v1/users", "v1", "users"]);
    check("SHA256", &["sha256", "sha", "256"]);
    check("help@example.com", &["help@example.com", "help", "example", "com"]);
    for whole in ["iPhone", "OAuth2", "E1234", "B2B", "IPv6", "1,234", "C++", "F#"] {
        check(whole, &[&whole.to_lowercase()]);
    }
}

#[test]
fn compounds_meet_however_they_are_joined() {
    assert!(meet("en", "email", "e-mail"));
    assert!(meet("en", "userName", "user_names"));
    assert!(meet("en", "AB1234", "AB-1234"));
    assert!(meet("en", "c#", "Use C#."));
    assert!(!meet("en", "23", "2-3"), "a range is not a number");
    assert!(!meet("en", "c", "C++"));
}

#[test]
fn scripts_without_spaces_give_pairs() {
    assert_eq!(words("ja", "検索API設定"), ["検索", "api", "設定"]);
    assert_eq!(words("zh", "所得税"), ["所得", "得税"]);
    assert_eq!(words("zh", "税"), ["税"]);
    assert!(meet("th", "เชียงใหม่", "ไปเชียงใหม่"));
    assert!(meet("ko", "청구서", "청구서를"));
    assert!(meet("ja", "ｱｶｳﾝﾄ", "アカウント"), "half-width forms are the same");
}

#[test]
fn long_words_are_cut_and_long_compounds_keep_their_parts() {
    let long = "é".repeat(1000);
    let tokens = analyze(&language("en"), &long);
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].word.len() <= LONGEST_TERM && tokens[0].span == (0..long.len()));
    let compound = vec!["part"; 100].join("-");
    assert_eq!(words("en", &compound).len(), 100);
}

#[test]
fn text_without_words_gives_none() {
    for text in ["", "  \n", "?!…", "🎉👩‍👩‍👧", "---", "\u{301}\u{200d}"] {
        assert!(words("en", text).is_empty(), "{text:?}");
    }
}

const TAGS: [&str; 20] = [
    "en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "nb", "fi", "ru", "tr", "ar", "el", "hu", "ro", "ta", "ja",
    "und",
];

proptest! {
    #[test]
    fn any_text_can_be_read(text in "\\PC{0,80}|(?s).{0,60}|[a-zA-Z0-9._'/\u{e9}-]{0,40}|[\u{600}-\u{6ff}]{0,20}|[\u{b80}-\u{bff}]{0,20}", tag in 0..TAGS.len()) {
        let language = language(TAGS[tag]);
        let tokens = analyze(&language, &text);
        prop_assert_eq!(&tokens, &analyze(&language, &text));
        for token in &tokens {
            prop_assert!(text.get(token.span.clone()).is_some_and(|source| !source.is_empty()));
            prop_assert!(!token.word.is_empty() && token.word.len() <= LONGEST_TERM);
            prop_assert!(!token.term.is_empty() && token.term.len() <= LONGEST_TERM);
            prop_assert!(!token.word.contains(char::is_whitespace));
        }
        prop_assert!(tokens.windows(2).all(|pair| pair[0].position <= pair[1].position));
        prop_assert!(tokens.windows(2).all(|pair| pair[0].span.start <= pair[1].span.start));
    }

    #[test]
    fn a_word_typed_in_any_case_meets_the_text_it_was_taken_from(text in "[a-zA-Zà-ÿ ,.]{1,60}", tag in 0..TAGS.len()) {
        let language = language(TAGS[tag]);
        for token in analyze(&language, &text) {
            let typed = text[token.span.clone()].to_lowercase();
            let again = analyze(&language, &typed);
            if TAGS[tag] != "tr" {
                prop_assert_eq!(&again[0].word, &token.word);
                prop_assert_eq!(&again[0].term, &token.term);
            }
        }
    }
}
