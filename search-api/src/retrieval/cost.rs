//! The most that a question may take, from the limits of reading it: what tests and fuzzing hold every question to.

use super::{language, reading, suggest};
use indexer::visible::{Field, LanguageView, VisibleIndex, Work};

/// Letters of a word: the longest has 64 bytes.
const LETTERS: u64 = indexer::analysis::LONGEST_TERM as u64;
/// Distances that a misspelt word is looked for at: none, one edit, two.
const DISTANCES: u64 = 3;
/// What is looked up of each word: itself, and its term in each field.
const PLACES: u64 = 1 + Field::ALL.len() as u64;

/// The most that one search for at most `limit` answers, or one suggestion, takes in an index: linear in what was written, whatever
/// is asked.
pub fn most_work(index: &VisibleIndex, limit: usize) -> Work {
    let mut most = Work { texts: limit.max(suggest::MOST_HEADINGS) as u64, ..Work::default() };
    for view in index.languages() {
        add(view, &mut most);
    }
    most
}

fn add(view: &LanguageView, most: &mut Work) {
    let (words, corrected) = (reading::MAX_WORDS as u64, reading::mending::MAX_FUZZY as u64);
    // A token is looked up as it is and without its marks; neighbours together; an unknown word cut between any two letters.
    let looked_up = reading::MAX_TOKENS as u64 * 2 + words + corrected * LETTERS * 2;
    let terms = words + (corrected + 1) * reading::MAX_EXPANSIONS as u64;
    // An article's lengths are rounded down, by at most a ninth; its words stand in one more field, whole.
    let written: u64 = Field::ALL.into_iter().map(|field| view.total_length(field)).sum::<u64>() * 9 / 4;
    most.lookups +=
        language::MAX_WORDS as u64 * PLACES + looked_up * (PLACES + 1) + corrected * DISTANCES + 3 + terms * PLACES;
    // A list is read to know its word, to weigh it, to tell the language by it or by its stem, for each word that is completed or corrected to it, and
    // for each cut of an unknown word that it is a half of.
    most.postings += written * (5 + words + corrected * (1 + DISTANCES + 2 * LETTERS));
    // The dictionary is gone through for each word typed without marks, completed, or corrected.
    most.words += written * (words + 1 + corrected * (2 + DISTANCES));
    most.letters += (words + 1 + corrected * DISTANCES) * LETTERS;
    most.vectors += u64::from(view.documents());
}
