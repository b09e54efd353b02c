//! Letters without the marks that people leave out when they type.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// Leaves out the marks of Latin, Greek, Hebrew and Arabic letters, and writes special letters in plain ones: `é` as `e`, `ß` as
/// `ss`, `ё` as `е`, `ى` as `ي`. The marks of other scripts make other letters (`й` is not `и`) and stay.
pub(crate) fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut folded = String::with_capacity(word.len());
    let mut base = '\0';
    for c in word.nfd() {
        if !is_combining_mark(c) {
            base = c;
            push_plain(c, &mut folded);
        } else if !is_dropped(base, c) {
            folded.push(c);
        }
    }
    folded.nfc().collect()
}

/// Appends what [`fold`] makes of one letter that stands alone, with the marks that are composed with it.
pub(crate) fn fold_letter(letter: char, folded: &mut String) {
    if letter.is_ascii() {
        return folded.push(letter);
    }
    let mut plain = String::new();
    let mut base = '\0';
    decompose_canonical(letter, |c| {
        if !is_combining_mark(c) {
            base = c;
            push_plain(c, &mut plain);
        } else if !is_dropped(base, c) {
            plain.push(c);
        }
    });
    folded.extend(plain.nfc());
}

/// Says whether a mark on a letter is one that people leave out.
fn is_dropped(base: char, mark: char) -> bool {
    match base {
        'a'..='z' | 'A'..='Z' | '\u{00C0}'..='\u{024F}' => true,
        '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => true,
        '\u{0590}'..='\u{06FF}' => true,
        // Stress, and the points of `ё`.
        '\u{0400}'..='\u{04FF}' => matches!(mark, '\u{0300}' | '\u{0301}') || (base == 'е' && mark == '\u{0308}'),
        _ => false,
    }
}

fn push_plain(letter: char, folded: &mut String) {
    match letter {
        'ß' => folded.push_str("ss"),
        'æ' => folded.push_str("ae"),
        'œ' => folded.push_str("oe"),
        'þ' => folded.push_str("th"),
        'ø' => folded.push('o'),
        'ł' => folded.push('l'),
        'đ' | 'ð' => folded.push('d'),
        'ħ' => folded.push('h'),
        'ı' => folded.push('i'),
        'ς' => folded.push('σ'),
        'ى' | 'ی' => folded.push('ي'),
        'ک' => folded.push('ك'),
        'ة' => folded.push('ه'),
        'ٱ' => folded.push('ا'),
        '\u{0640}' => {} // Tatweel stretches a word and says nothing.
        other => folded.push(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_letter_alone_is_folded_as_in_a_word(letter in "[a-zà-ɏά-ώа-ӿא-ת؀-ۿァ-ヺ가-힣]") {
            let letter = letter.chars().next().expect("a letter");
            let mut folded = String::new();
            fold_letter(letter, &mut folded);
            prop_assert_eq!(folded, fold(&letter.to_string()));
        }
    }
}
