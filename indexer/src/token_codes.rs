//! Token codes: what a model makes of each token of a text, by the signs of its first 128 numbers, for late interaction.
//!
//! A text's one vector is the mean of its tokens' and forgets which of them says what. The codes keep that at 16 bytes a token, so
//! that each token of a query finds the one in a passage that is nearest to it in its context (late interaction: Khattab, Zaharia:
//! ColBERT, 2020; signs of vectors in place of vectors: Charikar: Similarity Estimation Techniques from Rounding Algorithms, 2002).
//!
//! A record is the codes of a document's tokens in their order, little-endian; empty where it has no vector.

use crate::records::Component;

/// The codes of a text's tokens, in their order, without those that mark its beginning and end.
pub type TokenCodes = Box<[u128]>;

/// Where the records stand.
pub(crate) static COMPONENT: Component = Component { name: "codes", magic: b"SPC1", record: |entry| &entry.codes };

/// The code of a token's vector: a bit for each of the first 128 numbers, set if it is above 0.
pub fn code(vector: &[f32]) -> u128 {
    let bits = vector.iter().take(u128::BITS as usize).enumerate();
    bits.fold(0, |code, (place, number)| code | u128::from(*number > 0.0) << place)
}

/// The record of a text's codes.
pub fn to_record(codes: &[u128]) -> Vec<u8> {
    codes.iter().flat_map(|code| code.to_le_bytes()).collect()
}

/// The codes of a record.
pub fn from_record(record: &[u8]) -> impl Iterator<Item = u128> {
    record.as_chunks().0.iter().map(|code| u128::from_le_bytes(*code))
}

/// Mean over the tokens of a query of how near the nearest token of a text's record comes: 1 = the same signs, 0 = half of them, as
/// by chance, −1 = none. `None` if either has no tokens. An exact count divided once: every processor gives the same bits.
pub fn likeness(query: &[u128], record: &[u8]) -> Option<f32> {
    let codes = record.as_chunks().0;
    if query.is_empty() || codes.is_empty() {
        return None;
    }
    let bits = u128::BITS as usize * query.len();
    Some(1.0 - 2.0 * apart_in_all(query, codes) as f32 / bits as f32)
}

/// [`apart`] by the processor's own instruction for counting bits, where it has one.
fn apart_in_all(query: &[u128], codes: &[[u8; 16]]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "popcnt")]
        fn counted(query: &[u128], codes: &[[u8; 16]]) -> u32 {
            apart(query, codes)
        }
        if is_x86_feature_detected!("popcnt") {
            // SAFETY: the processor has it.
            return unsafe { counted(query, codes) };
        }
    }
    apart(query, codes)
}

/// Sum over the query's tokens of the signs in which the nearest token of a text differs.
#[inline(always)]
fn apart(query: &[u128], codes: &[[u8; 16]]) -> u32 {
    let mut sum = 0;
    for token in query {
        let mut least = u128::BITS;
        for code in codes {
            least = least.min((token ^ u128::from_le_bytes(*code)).count_ones());
        }
        sum += least;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_code_is_the_signs_of_the_first_128_numbers() {
        assert_eq!(code(&[1.0, -1.0, 0.0, 2.0]), 0b1001);
        let long: Vec<f32> = (0..384).map(|place| if place < 128 { -1.0 } else { 1.0 }).collect();
        assert_eq!(code(&long), 0);
        assert_eq!(code(&[1.0; 384]), u128::MAX);
    }

    #[test]
    fn likeness_takes_the_nearest_token_of_each() {
        let check = |query: &[u128], text: &[u128], expected| {
            assert_eq!(likeness(query, &to_record(text)), expected, "{query:x?} {text:x?}");
        };
        let half = u128::MAX >> 64;
        check(&[7], &[u128::MAX, 7], Some(1.0));
        check(&[0], &[u128::MAX], Some(-1.0));
        check(&[0, 0], &[half], Some(0.0));
        check(&[0, u128::MAX], &[0], Some(0.0));
        check(&[], &[7], None);
        check(&[7], &[], None);
    }

    proptest! {
        #[test]
        fn a_record_gives_back_its_codes(codes: Vec<u128>) {
            prop_assert_eq!(from_record(&to_record(&codes)).collect::<Vec<_>>(), codes);
        }

        #[test]
        fn more_text_never_makes_a_query_less_like_it(query: [u128; 3], text: [u128; 4], more: u128) {
            let longer: Vec<u128> = text.into_iter().chain([more]).collect();
            prop_assert!(likeness(&query, &to_record(&longer)) >= likeness(&query, &to_record(&text)));
        }

        #[test]
        fn every_processor_counts_alike(query: Vec<u128>, text: Vec<u128>) {
            let record = to_record(&text);
            let codes = record.as_chunks().0;
            prop_assert_eq!(apart_in_all(&query, codes), apart(&query, codes));
        }
    }
}
