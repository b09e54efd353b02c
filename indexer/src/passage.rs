//! Articles to passages: pieces of one section, short enough to be read in a result and embedded whole.

use crate::article::Article;
use crate::markdown::{Block, Section};
use serde::{Deserialize, Serialize};
use unicode_segmentation::UnicodeSegmentation;

/// Words at which a passage is closed at the next border of a block.
const ENOUGH: usize = 120;
/// Words that a passage is not filled beyond by another block.
const FULL: usize = 180;
/// Most words and bytes of a passage: a block beyond is cut at its sentences, then words, then anywhere.
const MOST_WORDS: usize = 250;
const MOST_BYTES: usize = 1_800;
/// Most passages of an article: their places are counted in 16 bits.
const MOST_PASSAGES: usize = 65_000;

/// A piece of one section of an article.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Passage {
    /// Headings from outermost to its own.
    pub trail: Vec<String>,
    /// Anchor of its heading; empty before the first heading.
    pub anchor: String,
    /// Plain text.
    pub text: String,
}

/// Cuts an article into passages: at least one (an empty article has one of empty text), at most 65,000. No text is lost
/// or doubled: the passages' texts joined are the sections' texts joined.
pub fn passages(article: &Article) -> Vec<Passage> {
    let mut passages = Vec::new();
    for section in &article.sections {
        cut_section(section, &mut passages);
    }
    if passages.is_empty() {
        passages.push(Passage { trail: Vec::new(), anchor: String::new(), text: String::new() });
    }
    // A file of 8 MiB has fewer; should one not, its last passage holds the rest.
    if passages.len() > MOST_PASSAGES {
        let rest: Vec<String> = passages.drain(MOST_PASSAGES..).map(|passage| passage.text).collect();
        if let Some(last) = passages.last_mut() {
            last.text = format!("{}\n{}", last.text, rest.join("\n"));
        }
    }
    passages
}

/// The text that is embedded for a passage: title and trail, then its text.
pub fn embedded_text(title: &str, passage: &Passage) -> String {
    let repeats = passage.trail.first().is_some_and(|first| first == title);
    let mut heading = title.to_owned();
    for part in passage.trail.iter().skip(usize::from(repeats)) {
        heading.push_str(" – ");
        heading.push_str(part);
    }
    format!("{heading}\n{}", passage.text)
}

/// A section is at least one passage: its heading alone may be what is looked for.
fn cut_section(section: &Section, passages: &mut Vec<Passage>) {
    let mut texts: Vec<String> = Vec::new();
    let mut words = 0;
    for block in &section.blocks {
        for piece in pieces(block) {
            let more = count(piece);
            let last = texts
                .last_mut()
                .filter(|last| words < ENOUGH && words + more <= FULL && last.len() + 1 + piece.len() <= MOST_BYTES);
            match last {
                Some(last) => {
                    last.push('\n');
                    last.push_str(piece);
                    words += more;
                }
                None => {
                    texts.push(piece.to_owned());
                    words = more;
                }
            }
        }
    }
    if texts.is_empty() {
        texts.push(String::new());
    }
    let passage = |text| Passage { trail: section.trail.clone(), anchor: section.anchor.clone(), text };
    passages.extend(texts.into_iter().map(passage));
}

/// A block whole, or cut so that no piece is too long: code at line ends, text at sentences, then both at words, then between
/// characters. Surrounding space is dropped.
fn pieces(block: &Block) -> Vec<&str> {
    let text = block.text.as_str();
    if fits(text) {
        return vec![text];
    }
    let borders: Vec<&str> =
        if block.code { text.split_inclusive('\n').collect() } else { text.split_sentence_bounds().collect() };
    let mut pieces = Vec::new();
    let mut open = 0..0;
    let mut words = 0;
    for part in borders.into_iter().flat_map(small) {
        let more = count(part);
        let next = open.end + part.len();
        if !open.is_empty() && (words >= ENOUGH || words + more > MOST_WORDS || next - open.start > MOST_BYTES) {
            pieces.push(&text[open.clone()]);
            open.start = open.end;
            words = 0;
        }
        open.end = next;
        words += more;
    }
    pieces.push(&text[open]);
    pieces.into_iter().map(str::trim).filter(|piece| !piece.is_empty()).collect()
}

/// A part cut at spaces; a run without any between words (of scripts that write none), and a word that is too long between
/// characters.
fn small(part: &str) -> Vec<&str> {
    if fits(part) {
        return vec![part];
    }
    let mut parts = Vec::new();
    for run in part.split_inclusive(char::is_whitespace) {
        if fits(run) {
            parts.push(run);
            continue;
        }
        for mut word in run.split_word_bounds() {
            while word.len() > MOST_BYTES {
                let (head, tail) = word.split_at(word.floor_char_boundary(MOST_BYTES));
                parts.push(head);
                word = tail;
            }
            parts.push(word);
        }
    }
    parts
}

fn fits(text: &str) -> bool {
    text.len() <= MOST_BYTES && count(text) <= MOST_WORDS
}

/// Words; scripts without spaces (Chinese, Japanese, Thai) count two characters as one.
fn count(text: &str) -> usize {
    let spaced = text.split_whitespace().count();
    let dense = text
        .chars()
        .filter(|c| matches!(*c as u32, 0x0E00..=0x0E7F | 0x3040..=0x30FF | 0x3400..=0x9FFF | 0x20000..=0x2FFFF))
        .count();
    spaced + dense / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(text: &str) -> Block {
        Block { text: text.to_owned(), code: false }
    }

    fn section(blocks: Vec<Block>) -> Section {
        Section { trail: vec!["Part".to_owned()], anchor: "part".to_owned(), blocks }
    }

    fn cut(section: &Section) -> Vec<Passage> {
        let mut passages = Vec::new();
        cut_section(section, &mut passages);
        passages
    }

    fn squeezed<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
        texts.into_iter().collect::<Vec<_>>().concat().split_whitespace().collect()
    }

    #[test]
    fn short_blocks_share_a_passage_and_long_ones_are_cut_at_sentences() {
        let sentence = format!("The {}end. ", "word ".repeat(38));
        let passages =
            cut(&section(vec![text("Short."), text("Also short."), text(&sentence.repeat(10)), text("After.")]));
        let counts: Vec<_> = passages.iter().map(|passage| count(&passage.text)).collect();
        assert_eq!(counts, [123, 120, 120, 41], "{passages:#?}");
        assert!(passages[0].text.starts_with("Short.\nAlso short.\nThe word"));
        assert!(passages.iter().all(|passage| passage.text.ends_with('.')));
        assert!(passages.iter().all(|passage| passage.anchor == "part"));
    }

    #[test]
    fn a_heading_without_text_is_a_passage_of_its_own() {
        assert_eq!(
            cut(&section(vec![])),
            [Passage { trail: vec!["Part".into()], anchor: "part".into(), text: String::new() }]
        );
    }

    #[test]
    fn minified_code_and_endless_words_are_cut_at_the_limit() {
        for block in
            [Block { text: "x".repeat(100_000), code: true }, text(&"é".repeat(50_000)), text(&"字。".repeat(20_000))]
        {
            let section = section(vec![block]);
            let passages = cut(&section);
            assert!(passages.iter().all(|passage| passage.text.len() <= MOST_BYTES));
            assert!(passages.len() < 500);
            assert_eq!(squeezed(passages.iter().map(|p| p.text.as_str())), squeezed([section.blocks[0].text.as_str()]));
        }
    }

    #[test]
    fn the_title_is_embedded_once() {
        let passage =
            Passage { trail: vec!["Title".into(), "Part".into()], anchor: String::new(), text: "Text".into() };
        assert_eq!(embedded_text("Title", &passage), "Title – Part\nText");
        assert_eq!(embedded_text("Other", &passage), "Other – Title – Part\nText");
    }

    proptest! {
        #[test]
        fn no_text_is_lost_or_doubled(
            blocks in prop::collection::vec(("(?s)[a-z .\n\u{e9}\u{5b57}]{0,4000}", any::<bool>()), 0..8),
        ) {
            let blocks: Vec<Block> = blocks.into_iter().map(|(text, code)| Block { text, code }).collect();
            let section = section(blocks);
            let passages = cut(&section);
            prop_assert!(!passages.is_empty());
            prop_assert_eq!(
                squeezed(passages.iter().map(|passage| passage.text.as_str())),
                squeezed(section.blocks.iter().map(|block| block.text.as_str()))
            );
            for passage in &passages {
                prop_assert!(fits(&passage.text), "{} words, {} bytes", count(&passage.text), passage.text.len());
            }
        }
    }
}
