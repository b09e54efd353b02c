//! Snippets: the sentences of a passage in which most words of the query stand, with those words marked; where none stands, those
//! from the one on that is nearest in meaning.

use super::Stretch;
use indexer::analysis::word_begin;
use indexer::shown::{ShownPassage, TermHash};
use indexer::static_table::{Direction, StaticTable};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// Characters of a snippet; a longer sentence is cut between words.
const LONGEST: usize = 240;
/// Sentences of a snippet.
const MOST_SENTENCES: usize = 3;

/// The rough sense of a query, to compare sentences with.
pub struct Sense<'a> {
    table: &'a StaticTable,
    query: Direction,
}

impl<'a> Sense<'a> {
    /// That of a query's text; `None` if the table knows nothing in it.
    pub fn of(table: &'a StaticTable, query: &str) -> Option<Self> {
        Some(Self { table, query: table.direction(query)? })
    }

    fn nearness(&self, sentence: &str) -> f32 {
        self.table.direction(sentence).map_or(f32::MIN, |direction| self.query.cosine(&direction))
    }
}

/// Cuts a snippet from a passage: up to three neighbouring sentences within 240 characters, those with most different `terms`,
/// then most occurrences, then the first; where no term stands in it, from the sentence nearest to `sense` on. `terms` are in order.
/// White space is collapsed; an ellipsis stands where a sentence was cut.
pub fn snippet(passage: &ShownPassage, terms: &[TermHash], sense: Option<&Sense>) -> Vec<Stretch> {
    let text = passage.text;
    let matches: Vec<Match> = passage.words().filter(|(_, term)| terms.binary_search(term).is_ok()).collect();
    let pieces = pieces(passage);
    let window = match sense.filter(|_| matches.is_empty()) {
        Some(sense) => nearest_window(text, &pieces, sense),
        None => best_window(text, &pieces, &matches),
    };
    let Some(window) = window else { return Vec::new() };
    let mut stretches = Vec::with_capacity(2 * matches.len() + 1);
    if window.cut_before {
        push(&mut stretches, "… ", Mark::Plain);
    }
    let (window, cut_after) = (window.span, window.cut_after);
    let mut at = window.start;
    for (span, _) in &matches {
        let span = span.start.max(at)..span.end.min(window.end);
        if span.start < span.end {
            push(&mut stretches, &text[at..span.start], Mark::Plain);
            push(&mut stretches, &text[span.clone()], Mark::Matched);
            at = span.end;
        }
    }
    push(&mut stretches, &text[at..window.end], Mark::Plain);
    if cut_after {
        push(&mut stretches, " …", Mark::Plain);
    }
    stretches
}

/// Where a word stands that is to be marked.
type Match = (Range<usize>, TermHash);

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Plain,
    Matched,
}

/// A sentence, a line, or, where that is too long, a part of it; without the white space around it.
#[derive(Clone)]
struct Piece {
    span: Range<usize>,
    cut_before: bool,
    cut_after: bool,
}

fn pieces(passage: &ShownPassage) -> Vec<Piece> {
    let text = passage.text;
    let mut pieces = Vec::new();
    for sentence in passage.sentences() {
        let end = sentence.start + text[sentence.clone()].trim_end().len();
        let mut start = after_space(text, sentence.start..end);
        let mut cut_before = false;
        while is_too_long(&text[start..end]) {
            let cut = start + cut_at(&text[start..end]);
            pieces.push(Piece { span: start..start + text[start..cut].trim_end().len(), cut_before, cut_after: true });
            start = after_space(text, cut..end);
            cut_before = true;
        }
        if start < end {
            pieces.push(Piece { span: start..end, cut_before, cut_after: false });
        }
    }
    pieces
}

/// Says whether a text has more characters than a snippet may have.
fn is_too_long(text: &str) -> bool {
    text.len() > LONGEST && text.chars().count() > LONGEST
}

fn after_space(text: &str, span: Range<usize>) -> usize {
    span.end - text[span.clone()].trim_start().len()
}

/// Where to cut a text that is too long: after the last word border that fits, else after the last character that fits. Unicode's
/// word borders know no words of scripts without spaces.
fn cut_at(text: &str) -> usize {
    let limit = text.char_indices().nth(LONGEST).map_or(text.len(), |(at, _)| at);
    // A space is a border on both its sides: what stands before the last one need not be looked at.
    let from = text[..limit].rfind(' ').map_or(0, |at| text[..at].trim_end_matches(' ').len());
    let words = text[from..].split_word_bound_indices().map(|(at, _)| from + at);
    let word = words.take_while(|at| *at <= limit).last().map(|at| word_begin(text, at)).filter(|at| *at > 0);
    let grapheme =
        || text.grapheme_indices(true).map(|(at, _)| at).take_while(|at| *at <= limit).last().filter(|at| *at > 0);
    word.or_else(grapheme).unwrap_or(limit)
}

fn best_window(text: &str, pieces: &[Piece], matches: &[Match]) -> Option<Piece> {
    let mut best: Option<((usize, usize), Piece)> = None;
    let mut distinct = Vec::new();
    for place in 0..pieces.len() {
        let window = window_from(text, &pieces[place..])?;
        distinct.clear();
        let mut count = 0;
        for (_, term) in
            matches.iter().filter(|(span, _)| window.span.start <= span.start && span.end <= window.span.end)
        {
            count += 1;
            if !distinct.contains(term) {
                distinct.push(*term);
            }
        }
        let worth = (distinct.len(), count);
        if best.as_ref().is_none_or(|(highest, _)| worth > *highest) {
            best = Some((worth, window));
        }
    }
    best.map(|(_, window)| window)
}

/// The window that begins with the piece nearest to the query, the first of equals.
fn nearest_window(text: &str, pieces: &[Piece], sense: &Sense) -> Option<Piece> {
    let mut nearest = (0, f32::MIN);
    for (place, piece) in pieces.iter().enumerate() {
        let nearness = sense.nearness(&text[piece.span.clone()]);
        if nearness > nearest.1 {
            nearest = (place, nearness);
        }
    }
    window_from(text, &pieces[nearest.0..])
}

/// The first pieces, as many as fit.
fn window_from(text: &str, pieces: &[Piece]) -> Option<Piece> {
    let first = pieces.first()?;
    let fits = |piece: &&Piece| !is_too_long(&text[first.span.start..piece.span.end]);
    let last = pieces.iter().take(MOST_SENTENCES).take_while(fits).last().unwrap_or(first);
    Some(Piece { span: first.span.start..last.span.end, cut_before: first.cut_before, cut_after: last.cut_after })
}

/// Appends text to the last stretch of its kind, its white space collapsed.
fn push(stretches: &mut Vec<Stretch>, text: &str, mark: Mark) {
    let marked = mark == Mark::Matched;
    let mut collapsed = String::with_capacity(text.len());
    for character in text.chars() {
        if !character.is_whitespace() {
            collapsed.push(character);
        } else if !collapsed.ends_with(' ') {
            collapsed.push(' ');
        }
    }
    match stretches.last_mut().filter(|last| last.marked == marked) {
        _ if collapsed.is_empty() => {}
        Some(last) => last.text.push_str(&collapsed),
        None => stretches.push(Stretch { text: collapsed, marked }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use indexer::analysis::analyze;
    use indexer::language::Language;
    use indexer::passage::Passage;
    use indexer::shown::store;
    use proptest::prelude::*;

    /// The snippet of a text that was stored as a passage.
    fn snippet_of(text: &str, terms: &[&str], sense: Option<&Sense>) -> Vec<Stretch> {
        let language = Language::parse("en").expect("a tag");
        let passage = Passage { trail: Vec::new(), anchor: String::new(), text: text.to_owned() };
        let record = store(&passage, &analyze(&language, text));
        let mut terms: Vec<_> = terms.iter().map(|term| TermHash::of(term)).collect();
        terms.sort_unstable();
        snippet(&ShownPassage::read(&record).expect("what was stored"), &terms, sense)
    }

    #[track_caller]
    fn check(text: &str, terms: &[&str], expected: &str) {
        let stretches = snippet_of(text, terms, None);
        let shown: String =
            stretches.iter().map(|s| if s.marked { format!("[{}]", s.text) } else { s.text.clone() }).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn words_are_marked_by_their_stem_wherever_they_stand() {
        check("Invoices are sent. We invoice monthly!", &["invoic"], "[Invoices] are sent. We [invoice] monthly!");
    }

    #[test]
    fn a_compound_is_marked_once_where_its_whole_and_its_parts_match() {
        check("Set user_name now.", &["usernam", "user", "name"], "Set [user_name] now.");
        check("Set user_name now.", &["name"], "Set user_[name] now.");
    }

    #[test]
    fn the_sentences_with_most_different_words_are_chosen() {
        let filler = "Nothing of interest stands in this sentence, nor in any that is like it at all. ".repeat(4);
        let text = format!("{filler}A card is a card. {filler}Cards pay the bill. {filler}");
        let stretches = snippet_of(&text, &["card", "bill"], None);
        let shown: String = stretches.iter().map(|stretch| stretch.text.as_str()).collect();
        assert!(shown.contains("Cards pay the bill."), "{shown}");
        assert!(!shown.contains('…'), "cut between sentences: {shown}");
    }

    /// A table in which each word has a direction of its own, but for those that mean the same.
    fn table(meanings: &[&[&str]]) -> StaticTable {
        let words = meanings.concat();
        let mut bytes = b"signpost static table 1\n".to_vec();
        bytes.extend([words.len() as u32, meanings.len() as u32].iter().flat_map(|size| size.to_le_bytes()));
        bytes.extend(words.iter().flat_map(|_| 1.0_f32.to_le_bytes()));
        for (place, same) in meanings.iter().enumerate() {
            bytes.extend(same.iter().flat_map(|_| (0..meanings.len()).map(move |at| u8::from(at == place))));
        }
        bytes.extend(words.iter().flat_map(|word| format!("{word}\n").into_bytes()));
        StaticTable::read(&bytes).expect("a table")
    }

    #[test]
    fn where_no_word_stands_the_snippet_begins_with_the_sentence_nearest_in_meaning() {
        let table = table(&[&["money", "refund"], &["invoice", "bill"], &["sent", "paid"]]);
        let filler =
            "Each invoice is sent to the address that you gave us when you opened the account here. ".repeat(3);
        let text = format!("{filler}A refund is paid within a week.\n{filler}");
        let shown = |query: &str, terms: &[&str]| -> String {
            let sense = Sense::of(&table, query);
            let stretches = snippet_of(&text, terms, sense.as_ref());
            stretches.into_iter().map(|stretch| stretch.text).collect()
        };
        assert!(
            shown("money", &["money"]).starts_with("A refund is paid within a week. Each"),
            "{}",
            shown("money", &[])
        );
        assert!(shown("money", &["invoic"]).starts_with("Each invoice"), "words that stand there come first");
        assert!(shown("zugzwang", &["zugzwang"]).starts_with("Each invoice"), "a query that means nothing known");
    }

    #[test]
    fn lines_are_sentences_and_white_space_is_collapsed() {
        check("one\n\n  two\t card\nthree", &["card"], "one two [card] three");
    }

    #[test]
    fn a_sentence_that_is_too_long_is_cut_between_words() {
        let text = "word ".repeat(100) + "card " + &"word ".repeat(100);
        let shown: String = snippet_of(&text, &["card"], None).into_iter().map(|stretch| stretch.text).collect();
        assert!(shown.starts_with("… word") && shown.ends_with("word …") && shown.contains("card"), "{shown}");
    }

    #[test]
    fn an_empty_passage_has_an_empty_snippet() {
        check("", &["card"], "");
        check(" \n ", &["card"], "");
    }

    proptest! {
        #[test]
        fn a_snippet_is_a_short_part_of_its_text(text in "(\\PC|[ \n.!?]|card|\u{301}|日本){0,400}") {
            let stretches = snippet_of(&text, &["card"], None);
            let shown: String = stretches.iter().map(|stretch| stretch.text.as_str()).collect();
            let shown = shown.strip_prefix("… ").unwrap_or(&shown);
            let shown = shown.strip_suffix(" …").unwrap_or(shown);
            prop_assert!(shown.chars().count() <= LONGEST);
            let collapse = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            prop_assert!(collapse(&text).contains(collapse(shown).as_str()));
            prop_assert_eq!(shown.is_empty(), text.trim().is_empty());
            prop_assert!(stretches.windows(2).all(|pair| pair[0].marked != pair[1].marked));
            prop_assert!(stretches.iter().all(|stretch| !stretch.text.is_empty()));
        }
    }
}
