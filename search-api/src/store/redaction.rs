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
    let text = LONG.replace_all(
        &text,
        |found: &Captures<'_>| if is_random(&found[0]) { "[token]".into() } else { found[0].to_owned() },
    );
    let text = IBAN.replace_all(&text, |found: &Captures<'_>| iban(&found[0]));
    let text = DIGITS.replace_all(&text, |found: &Captures<'_>| digits(found));
    text.into_owned()
}

macro_rules! pattern {
    ($name:ident, $pattern:expr) => {
        // A constant pattern: each is compiled by the tests below.
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("a valid pattern"));
    };
}

// Borders of words are those of ASCII: between a Japanese particle and a number there is none of Unicode's.
// A URL up to its query, then the query or fragment.
pattern!(URL, r"(?i)(?-u:\b)((?:https?://|www\.)[^\s?#]+)[?#]\S*");
// A word for a secret, a joint, and what follows it.
pattern!(
    SECRET,
    r#"(?i)(?-u:\b)(password|passwort|contraseña|passwd|pwd|secret|api[_-]?key|access[_-]?token|token|bearer|authorization|pin)(\s*[:=]\s*|\s+is\s+)["']?[^\s"',;]{3,}["']?"#
);
// Tokens that show their kind: JSON web tokens, keys of well-known services, private key blocks.
pattern!(
    TOKEN,
    r"(?x)
      (?-u:\b) eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)? |
      (?-u:\b) (?: sk | pk | rk ) _ (?: live | test ) _ \w{8,} | (?-u:\b) sk-[\w-]{16,} |
      (?-u:\b) gh[pousr]_\w{16,} | (?-u:\b) github_pat_\w{20,} | (?-u:\b) glpat-[\w-]{16,} | (?-u:\b) xox[abpros]-[\w-]{8,} |
      (?-u:\b) AKIA[0-9A-Z]{12,} | (?-u:\b) AIza[\w-]{20,} |
      -----BEGIN[\ A-Z]*PRIVATE\ KEY-----[\s\S]*?(?:-----END[\ A-Z]*PRIVATE\ KEY-----|\z)
    "
);
pattern!(EMAIL, r"(?i)[\p{L}\p{N}._%+'-]+\s?(?:@|\(at\)|\[at\])\s?(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}");
pattern!(IBAN, r"(?i)(?-u:\b)[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?(?-u:\b)");
pattern!(LONG, r"[A-Za-z0-9_+/=-]{24,}");
// A run of digits and the marks that people write between them, also those of full width that Japanese keyboards give; with the
// extension of a telephone.
pattern!(
    DIGITS,
    r"(?ix)
      ( (?: [+＋] | [(（] [+＋]? )? [0-9０-９] (?: [\ \u{a0}\u{3000}./()（）－-]{0,2} [0-9０-９] ){6,} )
      (?: \ ? (?: x | ext\.? | \# ) \ ? [0-9]{1,6} (?-u:\b) )?
    "
);

/// Says what a run of digits is: a card (Luhn), a phone number, or neither.
fn digits(found: &Captures<'_>) -> String {
    let run: String = found[1].chars().map(of_half_width).collect();
    let bare: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
    if is_card(&run, &bare) {
        return "[card]".into();
    }
    if is_phone(&run, &bare) {
        return "[phone]".into();
    }
    found[0].to_owned()
}

/// The ASCII character of which a character is the full-width form (Unicode: Halfwidth and Fullwidth Forms), else itself.
fn of_half_width(c: char) -> char {
    match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// Cards have 13 to 19 digits; Maestro's may have 12.
fn is_card(run: &str, bare: &[u32]) -> bool {
    let maestro = matches!(bare, [5, 0 | 6..=8, ..] | [6, ..]) && bare.len() == 12;
    (maestro || (13..=19).contains(&bare.len())) && luhn(bare) && !run.contains('.')
}

fn is_phone(run: &str, bare: &[u32]) -> bool {
    let groups: Vec<&str> = run.split(|c: char| !c.is_ascii_digit()).filter(|group| !group.is_empty()).collect();
    let marks = run.chars().filter(|c| !c.is_ascii_digit()).count();
    let marked = run.starts_with(['+', '(']) || run.starts_with("00");
    let dotted = run.contains('.') && !run.starts_with(['+', '(', '0']);
    // 10.0.19045, 2024-05-01, 192.168.0.1 have the form of versions, dates and addresses of machines.
    let is_date = DATE.is_match(run);
    let grouped = groups.len() >= 3 && bare.len() >= 9 && marks >= 2 && (!dotted || PHONE_DOTTED.is_match(run));
    // A national number begins with 0, in one run or after an area code.
    let with_area = groups.len() == 2 && (3..=6).contains(&groups[0].len()) && run.contains(' ');
    let national = run.starts_with('0') && (9..=12).contains(&bare.len()) && (marks == 0 || with_area);
    // North American ones have neither area nor exchange beginning with 0 or 1.
    let american = marks == 0 && matches!(bare, [2..=9, _, _, 2..=9, ..]) && bare.len() == 10;
    !is_date && (7..=15).contains(&bare.len()) && (marked || grouped || national || american)
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

/// Takes out the longest beginning that is one: a short word after it looks like its last group.
fn iban(found: &str) -> String {
    let ends = found.match_indices([' ', '-']).map(|(end, _)| end).chain([found.len()]);
    let longest = ends.filter(|end| is_iban(&found[..*end])).max();
    longest.map_or_else(|| found.to_owned(), |end| format!("[iban]{}", &found[end..]))
}

/// Whether a word has the length of its country's IBANs, or their check digits (ISO 13616: moved, letters as numbers, remainder 1 by
/// 97): one that was mistyped names an account nearly as well.
fn is_iban(text: &str) -> bool {
    let bare: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if !(15..=34).contains(&bare.len()) {
        return false;
    }
    let (head, rest) = bare.split_at(4);
    let country = head[..2].to_ascii_uppercase();
    if IBAN_LENGTHS.iter().any(|(length, countries)| *length == bare.len() && countries.contains(&&*country)) {
        return rest.bytes().filter(u8::is_ascii_digit).count() * 2 >= rest.len();
    }
    let values = rest.chars().chain(head.chars()).filter_map(|c| c.to_digit(36));
    values.fold(0, |remainder, value| (remainder * if value > 9 { 100 } else { 10 } + value) % 97) == 1
}

/// Lengths of IBANs by country: the euro area, its neighbours, and others of the registry with many customers (ISO 13616 registry).
const IBAN_LENGTHS: [(usize, &[&str]); 12] = [
    (15, &["NO"]),
    (16, &["BE"]),
    (18, &["DK", "FI", "FO", "GL", "NL"]),
    (20, &["AT", "BA", "EE", "LT", "LU", "XK"]),
    (21, &["CH", "HR", "LI", "LV"]),
    (22, &["BG", "DE", "GB", "GE", "IE", "ME", "RS"]),
    (23, &["AE", "GI", "IL"]),
    (24, &["AD", "CZ", "ES", "MD", "RO", "SA", "SE", "SK"]),
    (25, &["PT"]),
    (26, &["IS", "TR"]),
    (27, &["FR", "GR", "IT", "MC", "SM"]),
    (28, &["AL", "CY", "HU", "LB", "PL"]),
];

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
    // A capital that begins a word of small letters belongs to it.
    let changes = |pair: &&[char]| {
        kind(pair[0]) != kind(pair[1]) && !(pair[0].is_ascii_uppercase() && pair[1].is_ascii_lowercase())
    };
    let changes = bare.windows(2).filter(changes).count();
    let is_uuid = word.len() == 36
        && word.bytes().enumerate().all(|(place, b)| match place {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        });
    let is_digest = bare.len() >= 32 && bare.iter().all(char::is_ascii_hexdigit);
    // Where nothing joins them, words of at most three characters on average are nobody's, with digits or without (`HSKN Bhr Q N Pvi 8`).
    let capitals_before_words = bare
        .windows(3)
        .filter(|c| c[0].is_ascii_uppercase() && c[1].is_ascii_uppercase() && c[2].is_ascii_lowercase())
        .count();
    let is_jumble = bare.len() == word.len() && (1 + changes + capitals_before_words) * 3 >= bare.len();
    is_jumble || has_digit && has_letter && (is_uuid || is_digest || changes * 4 >= bare.len())
}

#[cfg(test)]
mod measured;

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
        check("por qué ES9121000418450200051332 no funciona", "por qué [iban] no funciona");
        check("番号はGB82WEST12345698765432です", "番号は[iban]です");
        check("番号はAKIAIOSFODNN7EXAMPLEです", "番号は[token]です");
        check("my iban DE89370400440532013099 is mistyped", "my iban [iban] is mistyped");
        check("call 641-729-9251x7882 or 020 7946 0123 ext. 12", "call [phone] or [phone]");
        check("ring 0117 4960570", "ring [phone]");
        check("ring 9219656987", "ring [phone]");
        check("maestro 503826266135", "maestro [card]");
        check("電話は０９０－１２３４－５６７８です", "電話は[phone]です");
        check("４１１１１１１１１１１１１１１１", "[card]");
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
        check("HSKNBhrQNPvi8OCfvbNNyAEFRVAHdcP5", "[token]");
        check("key QnDkWqLmZeXoRvBtYuHsJaPg", "key [token]");
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
            "WHvX64RegisterKernelGsBase",
            "IPsecSaDbGetSecurityInfo0",
            "FindNextUrlCacheEntryExW",
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
            "HTML5-Video-Preview-Player öffnen",
            "web.dll >= 2026.2.512 2026",
            "after 2026.1.211 (2026 Q1)",
            "3.5.1 12.0.0 crashes",
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
