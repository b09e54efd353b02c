//! A table of one vector a word piece, distilled from a model: a rough vector of a text for the price of a few lookups.

use std::collections::HashMap;
use std::ops::Range;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

/// Vectors of word pieces. A text's is their sum, so that no model runs: good enough to tell which of a few sentences is nearest
/// to a query, not to search with.
#[derive(Debug)]
pub struct StaticTable {
    dimensions: usize,
    rows: HashMap<Box<str>, usize>,
    scales: Vec<f32>,
    values: Vec<i8>,
    longest_piece: usize,
}

/// A text's direction; of unit length.
#[derive(Clone, Debug, PartialEq)]
pub struct Direction(Vec<f32>);

/// First line of the file; `scripts/models/static_table.py` says what follows.
const FORM: &[u8] = b"signpost static table 1\n";
/// What stands before a piece that continues a word.
const CONTINUED: &str = "##";
/// Words of a text that are read; a passage has fewer.
const MAX_WORDS: usize = 1_000;

impl StaticTable {
    /// Reads a table. `None` if it is not of its form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (sizes, rest) = bytes.strip_prefix(FORM)?.split_at_checked(8)?;
        let size = |range: Range<usize>| Some(u32::from_le_bytes(sizes[range].try_into().ok()?) as usize);
        let (pieces, dimensions) = (size(0..4)?, size(4..8)?);
        let (scales, rest) = rest.split_at_checked(pieces.checked_mul(4)?)?;
        let (values, names) = rest.split_at_checked(pieces.checked_mul(dimensions)?)?;
        let names = std::str::from_utf8(names).ok()?.strip_suffix('\n')?;
        let rows: HashMap<Box<str>, usize> = names.lines().enumerate().map(|(row, name)| (name.into(), row)).collect();
        let scales: Vec<f32> = scales.as_chunks().0.iter().map(|scale| f32::from_le_bytes(*scale)).collect();
        let sound = dimensions > 0 && rows.len() == pieces && scales.iter().all(|scale| scale.is_finite());
        let longest_piece = rows.keys().map(|name| name.len()).max()?;
        let values = values.iter().map(|value| value.cast_signed()).collect();
        sound.then_some(Self { dimensions, rows, scales, values, longest_piece })
    }

    /// Where a text points; `None` if it has no piece that the table knows.
    pub fn direction(&self, text: &str) -> Option<Direction> {
        let mut sum = vec![0.0_f32; self.dimensions];
        let mut folded = String::new();
        for word in text.unicode_words().take(MAX_WORDS) {
            folded.clear();
            folded.extend(word.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase));
            self.add_word(&folded, &mut sum);
        }
        let norm = sum.iter().map(|x| x * x).sum::<f32>().sqrt();
        (norm > 0.0 && norm.is_finite()).then(|| Direction(sum.into_iter().map(|x| x / norm).collect()))
    }

    /// Adds the pieces of a word, the longest that fits first, as WordPiece cuts it; nothing if a part of it is no piece.
    fn add_word(&self, word: &str, sum: &mut [f32]) {
        let mut pieces = Vec::new();
        let mut name = String::new();
        let mut rest = word;
        while !rest.is_empty() {
            name.clear();
            name.push_str(if pieces.is_empty() { "" } else { CONTINUED });
            let before = name.len();
            name.push_str(&rest[..rest.floor_char_boundary(self.longest_piece)]);
            let found = loop {
                match self.rows.get(name.as_str()) {
                    Some(row) if name.len() > before => break Some((*row, name.len() - before)),
                    _ if name.len() <= before || name.pop().is_none() => break None,
                    _ => {}
                }
            };
            let Some((row, end)) = found else { return };
            pieces.push(row);
            rest = &rest[end..];
        }
        for row in pieces {
            let scale = self.scales[row];
            let values = &self.values[row * self.dimensions..][..self.dimensions];
            for (sum, value) in sum.iter_mut().zip(values) {
                *sum += scale * f32::from(*value);
            }
        }
    }
}

impl Direction {
    /// Cosine of two texts.
    pub fn cosine(&self, other: &Self) -> f32 {
        self.0.iter().zip(&other.0).map(|(x, y)| x * y).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A table of four pieces in two dimensions.
    fn bytes() -> Vec<u8> {
        let mut bytes = FORM.to_vec();
        bytes.extend([4_u32, 2].iter().flat_map(|size| size.to_le_bytes()));
        bytes.extend([1.0_f32, 0.5, 0.5, 1.0].iter().flat_map(|scale| scale.to_le_bytes()));
        bytes.extend([3_i8, 0, 0, 8, 0, -8, 1, 1].iter().map(|value| value.cast_unsigned()));
        bytes.extend(b"card\npay\n##ment\nment\n");
        bytes
    }

    #[test]
    fn a_text_points_where_the_sum_of_its_pieces_does() {
        let table = StaticTable::read(&bytes()).expect("a table");
        let direction = |text| table.direction(text).map(|direction| direction.0);
        assert_eq!(direction("Card"), Some(vec![1.0, 0.0]));
        assert_eq!(direction("card pay"), Some(vec![0.6, 0.8]));
        assert_eq!(direction("Çard, páy!"), Some(vec![0.6, 0.8]), "case, marks and signs say nothing");
        assert_eq!(direction("card payment"), Some(vec![1.0, 0.0]), "##ment takes back what pay says");
        assert_eq!(direction("card unknown"), direction("card"));
        assert_eq!((direction("unknown"), direction(""), direction("payment")), (None, None, None));
        let [card, both] = ["card", "card pay"].map(|text| table.direction(text).expect("known words"));
        assert!((card.cosine(&both) - 0.6).abs() < 1e-6);
    }

    #[test]
    fn a_damaged_table_is_refused() {
        let whole = bytes();
        assert!((0..whole.len()).all(|end| StaticTable::read(&whole[..end]).is_none()));
        let mut huge = whole.clone();
        huge[FORM.len()..][..8].fill(0xff);
        assert!(StaticTable::read(&huge).is_none());
    }

    proptest! {
        #[test]
        fn any_text_has_a_direction_or_none(text in "(\\PC|card|pay| ){0,60}") {
            let table = StaticTable::read(&bytes()).expect("a table");
            if let Some(direction) = table.direction(&text) {
                prop_assert!((direction.cosine(&direction) - 1.0).abs() < 1e-5);
            }
        }
    }
}
