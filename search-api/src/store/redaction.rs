//! Takes out of a text what could name a person or open an account, before it is written anywhere.

use regex::{Captures, Regex};
use std::sync::LazyLock;

/// Replaces e-mail addresses, phone and card numbers, IBANs, tokens and secrets, and the queries of URLs. Error codes, versions,
/// dates and identifiers of products stay: without them a search says nothing.
pub fn redact(text: &str) -> String {
    let text = URL.replace_all(text, |found: &Captures<'_>| format!("{}?[query]", &found[1]));
    let text = SECRET.replace_all(&text, |found: &Captures<'_>| format!("{}{}[secret]", &found[1], &found[2]));
    let text = TOKEN.replace_all(&text, "[token]");
    let text = EMAIL.replace_all(&text, "[email]");
    let text = IBAN.replace_all(
        &text,
        |found: &Captures<'_>| if is_iban(&found[0]) { "[iban]".into() } else { found[0].to_owned() },
    );
    let text = LONG.replace_all(
        &text,
        |found: &Captures<'_>| if is_random(&found[0]) { "[token]".into() } else { found[0].to_owned() },
    );
    let text = DIGITS.replace_all(&text, |found: &Captures<'_>| digits(found));
    text.into_owned()
}

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        // A constant pattern: each is compiled by the tests below.
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

// A URL up to its query, then the query or fragment.
pattern!(URL, r"(?i)\b((?:https?://|www\.)[^\s?#]+)[?#]\S*");
// A word for a secret, a joint, and what follows it.
pattern!(
    SECRET,
    r#"(?i)\b(password|passwort|contraseña|passwd|pwd|secret|api[_-]?key|access[_-]?token|token|bearer|authorization|pin)(\s*[:=]\s*|\s+is\s+)["']?[^\s"',;]{3,}["']?"#
);
// Tokens that show their kind: JSON web tokens, keys of well-known services, private key blocks.
pattern!(
    TOKEN,
    r"(?x)
      \b eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)? |
      \b (?: sk | pk | rk ) _ (?: live | test ) _ \w{8,} | \b sk-[\w-]{16,} |
      \b gh[pousr]_\w{16,} | \b github_pat_\w{20,} | \b glpat-[\w-]{16,} | \b xox[abpros]-[\w-]{8,} |
      \b AKIA[0-9A-Z]{12,} | \b AIza[\w-]{20,} |
      -----BEGIN[\ A-Z]*PRIVATE\ KEY-----[\s\S]*?(?:-----END[\ A-Z]*PRIVATE\ KEY-----|\z)
    "
);
pattern!(EMAIL, r"(?i)[\p{L}\p{N}._%+'-]+\s?(?:@|\(at\)|\[at\])\s?(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}");
pattern!(IBAN, r"(?i)\b[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?\b");
pattern!(LONG, r"[A-Za-z0-9_+/=-]{24,}");
// A run of digits and the marks that people write between them.
pattern!(DIGITS, r"(?:\+|\b00|\()?\d(?:[ \u{a0}./()-]{0,2}\d){6,}");

/// Says what a run of digits is: a card (Luhn), a phone number, or neither.
fn digits(found: &Captures<'_>) -> String {
    let run = &found[0];
    let bare: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
    let marks = run.chars().filter(|c| !c.is_ascii_digit()).count();
    if (13..=19).contains(&bare.len()) && luhn(&bare) && !run.contains('.') {
        return "[card]".into();
    }
    let groups = run.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).count();
    let marked = run.starts_with(['+', '(']) || run.starts_with("00");
    let dotted = run.contains('.') && !run.contains([' ', '(', '+']);
    // 10.0.19045, 2024-05-01, 192.168.0.1 have the form of versions, dates and addresses of machines.
    let is_date = DATE.is_match(run);
    let grouped = groups >= 3 && bare.len() >= 9 && marks >= 2 && (!dotted || PHONE_DOTTED.is_match(run));
    // A national number in one run begins with 0.
    let national = marks == 0 && run.starts_with('0') && (9..=12).contains(&bare.len());
    if !is_date && (7..=15).contains(&bare.len()) && (marked || grouped || national) {
        return "[phone]".into();
    }
    run.to_owned()
}

pattern!(DATE, r"^\d{4}[-./]\d{1,2}[-./]\d{1,2}\b|^\d{1,2}[-./]\d{1,2}[-./]\d{4}\b");
pattern!(PHONE_DOTTED, r"^\d{3}\.\d{3}\.\d{4}$");

/// Luhn's check digit (ISO/IEC 7812-1), and more than one digit: a row of zeros is no card.
fn luhn(digits: &[u32]) -> bool {
    let double = |digit: u32| if digit > 4 { 2 * digit - 9 } else { 2 * digit };
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(place, &d)| if !place.is_multiple_of(2) { double(d) } else { d }).sum();
    sum.is_multiple_of(10) && digits.iter().any(|digit| *digit != digits[0])
}

/// The check of an IBAN (ISO 13616: moved, letters as numbers, remainder 1 by 97).
fn is_iban(text: &str) -> bool {
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if !(15..=34).contains(&bare.len()) {
        return false;
    }
    let (head, rest) = bare.split_at(4);
    let values = rest.chars().chain(head.chars()).filter_map(|c| c.to_digit(36));
    values.fold(0, |remainder, value| (remainder * if value > 9 { 100 } else { 10 } + value) % 97) == 1
}

/// Whether a long word looks drawn at random rather than named by a person: letters and digits well mixed.
fn is_random(word: &str) -> bool {
    let kind = |c: char| {
        if c.is_ascii_digit() {
            0
        } else if c.is_ascii_uppercase() {
            1
        } else {
            2
        }
    };
    let bare: Vec<char> = word.chars().filter(char::is_ascii_alphanumeric).collect();
    let has_digit = bare.iter().any(char::is_ascii_digit);
    let has_letter = bare.iter().any(char::is_ascii_alphabetic);
    // Words that people join (`ERR_CONNECTION_TIMED_OUT_2`, `getUserById2FromCache`) rarely change kind; random ones every second letter.
    let changes = bare.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1])).count();
    let is_uuid = word.len() == 36
        && word.bytes().enumerate().all(|(place, b)| match place {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    has_digit && has_letter && (is_uuid || changes * 4 >= bare.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, redacted: &str) {
        assert_eq!(redact(text), redacted);
    }

    #[test]
    fn what_names_a_person_is_taken_out() {
        check("I am ana.garcia+work@mail.example.co.uk, help", "I am [email], help");
        check("write to jörg@müller.example.", "write to [email].");
        check("call +49 (0)30 1234567 please", "call [phone] please");
        check("my number is (555) 010-9999", "my number is [phone]");
        check("my number is 555-010-9999 ok", "my number is [phone] ok");
        check("my number is 555.010.9999", "my number is [phone]");
        check("0151 2345 6789", "[phone]");
        check("tel 03012345678", "tel [phone]");
        check("card 4111 1111 1111 1111 declined", "card [card] declined");
        check("card 4111-1111-1111-1111", "card [card]");
        check("5500005555555559", "[card]");
        check("pay to DE89 3704 0044 0532 0130 00 now", "pay to [iban] now");
        check("gb82west12345698765432", "[iban]");
    }

    #[test]
    fn what_opens_an_account_is_taken_out() {
        check("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_123 fails", "token [token] fails");
        check("password: hunter2!", "password: [secret]");
        check("my password is hunter2", "my password is [secret]");
        check("api_key=abc123def", "api_key=[secret]");
        check("sk_live_abcdefgh12345678", "[token]");
        check("ghp_abcdefghijklmnopqrstuvwxyz012345", "[token]");
        check("key a8F3kQ09zXv2Lm4Pq7Rt1Yw6Bn5C", "key [token]");
        check("session 550e8400-e29b-41d4-a716-446655440000", "session [token]");
        check("open https://app.example/reset?code=s3cr3t&u=1 fails", "open https://app.example/reset?[query] fails");
        check("https://app.example/a#access_token=x", "https://app.example/a?[query]");
    }

    #[test]
    fn what_searches_are_about_stays() {
        for text in [
            "error 0x80070005 on Windows 10.0.19045.3803",
            "ERR_CONNECTION_TIMED_OUT after update 2.14.1",
            "upgrade from 1.2.3 to 1.10.0-beta.2",
            "invoice 2024-05-01 missing",
            "invoice 01.05.2024 missing",
            "order 10023345 not delivered",
            "HTTP 502 at 192.168.100.1:8080",
            "reset password",
            "forgot my password",
            "token expired",
            "pin code",
            "com.example.service.AuthenticationFailureHandler",
            "getConfigurationValueFromEnvironmentVariable2",
            "part 4711-0815",
            "SHA256 and RFC 7519",
            "1000000000000000000 rows",
            "0000 0000 0000 0000",
            "50,000 users in 2026",
            "kubernetes-dashboard-controller-manager",
            "error ORA-00942",
            "2024-05-01 10:22:33",
            "",
            "日本語の質問",
        ] {
            check(text, text);
        }
    }

    proptest::proptest! {
        #[test]
        fn redacting_twice_changes_nothing_more(text in "[ -~äé\u{a0}]{0,60}") {
            let once = redact(&text);
            proptest::prop_assert_eq!(redact(&once), once);
        }

        #[test]
        fn every_address_goes(user in "[a-z][a-z0-9.]{0,9}[a-z]", host in "[a-z]{2,8}\\.(com|example|org)") {
            let text = format!("from {user}@{host} today");
            proptest::prop_assert_eq!(redact(&text), "from [email] today");
        }
    }
}
