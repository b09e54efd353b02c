//! What is shown of articles, as it is stored: a passage's texts with where its sentences and words stand, the terms of an article's
//! names; worked out once, when it is indexed.
//!
//! ```text
//! passage:
//! headings: number, each: length, bytes │ anchor │ text │ sentences: number, each: bytes since the last one's end
//! │ words: number, each: start less the last one's start (zigzag), length, hash of the term (u32)
//! names, each: number of terms, hashes of the terms
//! ```
//!
//! Numbers are LEB128 but for the hash, which is little-endian. An answer needs no analysis of its text: that costs more than
//! finding it did. Two terms of one hash would be marked for each other: among 100,000 terms one pair, once in 20,000 queries.

use crate::analysis::Token;
use crate::passage::Passage;
use crate::records::Component;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Where they stand: of a head document its names, of a passage what is shown of it.
pub(crate) static COMPONENT: Component = Component { name: "txt", magic: b"SPT1", record: |entry| &entry.shown };

/// A stored passage, read in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownPassage<'a> {
    /// Headings from outermost to its own.
    pub trail: Vec<&'a str>,
    /// Anchor of its heading; empty before the first heading.
    pub anchor: &'a str,
    /// Plain text.
    pub text: &'a str,
    sentences: Reader<'a>,
    words: Reader<'a>,
}

/// What is kept of a term where only its likeness matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TermHash(u32);

impl TermHash {
    /// The hash of a term of [`crate::analysis`]: FNV-1a of 64 bits, both halves folded into one.
    pub fn of(term: &str) -> Self {
        let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        let hash = term.bytes().fold(0xcbf2_9ce4_8422_2325, step);
        Self((hash >> 32) as u32 ^ hash as u32)
    }

    /// Its bits.
    pub(crate) fn number(self) -> u32 {
        self.0
    }
}

impl<'a> ShownPassage<'a> {
    /// Reads what [`store`] wrote; `None` if it is not of its form.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let headings = reader.number()?;
        let trail = (0..headings).map(|_| reader.text()).collect::<Option<_>>()?;
        let (anchor, text) = (reader.text()?, reader.text()?);
        let (sentences, words) = (Reader(reader.bytes()?), Reader(reader.bytes()?));
        Some(Self { trail, anchor, text, sentences, words })
    }

    /// The passage as it was before it was stored.
    pub fn to_passage(&self) -> Passage {
        let trail = self.trail.iter().map(|heading| (*heading).to_owned()).collect();
        Passage { trail, anchor: self.anchor.to_owned(), text: self.text.to_owned() }
    }

    /// Its sentences in order, with the white space after each: together they are the text.
    pub fn sentences(&self) -> impl Iterator<Item = Range<usize>> {
        let (mut rest, mut start) = (self.sentences.clone(), 0);
        std::iter::from_fn(move || {
            let end = start + rest.number()?;
            let sentence = start..end;
            start = end;
            Some(sentence)
        })
    }

    /// Its words as [`crate::analysis::analyze`] gave them, in that order: bytes of the text, and the term.
    pub fn words(&self) -> impl Iterator<Item = (Range<usize>, TermHash)> {
        let (mut rest, mut start) = (self.words.clone(), 0_usize);
        std::iter::from_fn(move || {
            start = start.checked_add_signed(unzigzag(rest.number()?))?;
            let end = start + rest.number()?;
            Some((start..end, rest.hash()?))
        })
    }
}

/// Writes a passage whose text was cut into `words`.
pub fn store(passage: &Passage, words: &[Token]) -> Vec<u8> {
    let mut record = Vec::with_capacity(2 * passage.text.len());
    push_number(&mut record, passage.trail.len());
    let texts = passage.trail.iter().chain([&passage.anchor, &passage.text]);
    texts.for_each(|text| push_bytes(&mut record, text.as_bytes()));
    let (mut sentences, mut found) = (Vec::new(), Vec::new());
    passage.text.split_sentence_bounds().for_each(|sentence| push_number(&mut sentences, sentence.len()));
    let mut last = 0;
    for Token { span, term, .. } in words {
        push_number(&mut found, zigzag(span.start as isize - last as isize));
        push_number(&mut found, span.len());
        found.extend(TermHash::of(term).0.to_le_bytes());
        last = span.start;
    }
    push_bytes(&mut record, &sentences);
    push_bytes(&mut record, &found);
    record
}

/// Writes the terms of an article's names, in their order.
pub fn store_names<'a>(names: impl Iterator<Item = &'a [Token]>) -> Vec<u8> {
    let mut record = Vec::new();
    for name in names {
        push_number(&mut record, name.len());
        name.iter().for_each(|token| record.extend(TermHash::of(&token.term).0.to_le_bytes()));
    }
    record
}

/// Reads what [`store_names`] wrote, name by name. `each` gets its place and its terms.
pub fn read_names(record: &[u8], mut each: impl FnMut(usize, &[TermHash])) {
    let (mut reader, mut terms) = (Reader(record), Vec::new());
    for place in 0.. {
        let Some(count) = reader.number() else { return };
        terms.clear();
        terms.extend((0..count).map_while(|_| reader.hash()));
        each(place, &terms);
    }
}

/// What is left to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn number(&mut self) -> Option<usize> {
        let mut number = 0;
        for shift in (0..u32::BITS).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn hash(&mut self) -> Option<TermHash> {
        let (hash, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(TermHash(u32::from_le_bytes(*hash)))
    }
}

fn push_bytes(into: &mut Vec<u8>, bytes: &[u8]) {
    push_number(into, bytes.len());
    into.extend_from_slice(bytes);
}

fn push_number(into: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        into.push(number as u8 | 0x80);
        number >>= 7;
    }
    into.push(number as u8);
}

/// Small numbers of either sign as small numbers.
fn zigzag(number: isize) -> usize {
    ((number << 1) ^ (number >> (isize::BITS - 1))).cast_unsigned()
}

fn unzigzag(number: usize) -> isize {
    (number >> 1).cast_signed() ^ -((number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::analyze;
    use crate::language::Language;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_stored_is_read_again(
            trail in prop::collection::vec("\\PC{0,200}", 0..3),
            anchor in "[a-z-]{0,9}",
            text in "(\\PC|[ \n.!?]|user_name|日本語){0,300}",
        ) {
            let language = Language::parse("en").unwrap();
            let passage = Passage { trail, anchor, text };
            let words = analyze(&language, &passage.text);
            let record = store(&passage, &words);
            let read = ShownPassage::read(&record).unwrap();
            prop_assert_eq!((&read.trail, read.anchor, read.text), (
                &passage.trail.iter().map(String::as_str).collect::<Vec<_>>(), &*passage.anchor, &*passage.text));
            let sentences: Vec<_> = read.sentences().map(|sentence| &read.text[sentence]).collect();
            prop_assert_eq!(sentences, passage.text.split_sentence_bounds().collect::<Vec<_>>());
            let hashed: Vec<_> = words.iter().map(|word| (word.span.clone(), TermHash::of(&word.term))).collect();
            prop_assert_eq!(read.words().collect::<Vec<_>>(), hashed);
        }

        #[test]
        fn terms_of_names_are_read_again(names in prop::collection::vec("(\\PC|user_name| ){0,40}", 0..5)) {
            let language = Language::parse("en").unwrap();
            let cut: Vec<_> = names.iter().map(|name| analyze(&language, name)).collect();
            let mut found = Vec::new();
            read_names(&store_names(cut.iter().map(Vec::as_slice)), |place, terms| found.push((place, terms.to_vec())));
            let hashed = |words: &Vec<Token>| words.iter().map(|word| TermHash::of(&word.term)).collect::<Vec<_>>();
            prop_assert_eq!(found, cut.iter().map(hashed).enumerate().collect::<Vec<_>>());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(read) = ShownPassage::read(&bytes) {
                read.sentences().for_each(drop);
                read.words().for_each(drop);
            }
            read_names(&bytes, |_, _| {});
        }
    }
}
