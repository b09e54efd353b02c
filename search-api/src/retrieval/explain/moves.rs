//! Which word in which heading would move an article: proven by ranking anew with the word there, not guessed.

use super::Explanation;
use crate::retrieval::{self, Query};
use indexer::library::Rewrite;
use indexer::visible::{ReadError, VisibleIndex};

/// Words that are tried, the most important first, each in the heading and in the title.
const MOST_WORDS: usize = 3;

/// A word put into a place, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The word.
    pub word: String,
    /// The heading that it was put into; `None`: the title.
    pub heading: Option<String>,
    /// Rank without it; `None`: not found.
    pub before: Option<usize>,
    /// Rank with it.
    pub after: Option<usize>,
}

impl Move {
    /// Whether it moved the article up.
    pub fn helps(&self) -> bool {
        self.after.unwrap_or(usize::MAX) < self.before.unwrap_or(usize::MAX)
    }
}

/// Tries words that an article's title lacks, one at a time, unless it stands first. `rewritten` gives the index as it would be if
/// the article were changed so.
///
/// # Errors
/// Those of `rewritten`, and when an index could not be read.
pub fn moves<E: From<ReadError>>(
    explanation: &Explanation,
    query: &Query,
    vector: Option<&[i8]>,
    mut rewritten: impl FnMut(&Rewrite) -> Result<Option<Rewritten>, E>,
) -> Result<Vec<Move>, E> {
    let mut tried = Vec::new();
    if explanation.rank == Some(1) || explanation.pinned {
        return Ok(tried);
    }
    let (heading, anchor) = &explanation.heading;
    for word in explanation.missing.iter().take(MOST_WORDS) {
        let in_heading = (!heading.is_empty() && !has(heading, word)).then(|| {
            (Rewrite::Heading { anchor: anchor.clone(), text: format!("{heading} {word}") }, Some(heading.clone()))
        });
        let in_title = (Rewrite::Title(format!("{} {word}", explanation.title)), None);
        for (rewrite, heading) in in_heading.into_iter().chain([in_title]) {
            let Some(Rewritten { index, slug }) = rewritten(&rewrite)? else { continue };
            let ranked = retrieval::rank(&index, query, vector)?;
            let after = ranked.iter().position(|(found, _)| *found == slug).map(|place| place + 1);
            tried.push(Move { word: word.clone(), heading, before: explanation.rank, after });
        }
    }
    // The best first; of equally good ones a heading before the title, a heavier word before a lighter.
    tried.sort_by_key(|tried| tried.after.unwrap_or(usize::MAX));
    Ok(tried)
}

/// An index in which one article reads otherwise.
pub struct Rewritten {
    /// The index.
    pub index: VisibleIndex,
    /// The article's address slug in it.
    pub slug: String,
}

/// What came of the tries, in plain words; nothing where none was made.
pub fn in_words(tried: &[Move]) -> Option<String> {
    let place = |rank: Option<usize>| rank.map_or_else(|| "not found".to_owned(), |rank| rank.to_string());
    let spot = |tried: &Move| match &tried.heading {
        Some(heading) => format!("“{}” in the heading “{heading}”", tried.word),
        None => format!("“{}” in the title", tried.word),
    };
    match tried.first()? {
        best if best.helps() => Some(format!(
            "{} would move it from {} to {} (tried, everything else being the same).",
            spot(best),
            place(best.before),
            place(best.after)
        )),
        _ => {
            let all: Vec<String> = tried.iter().map(spot).collect();
            Some(format!("No one word would move it up; tried: {}.", all.join(", ")))
        }
    }
}

fn has(heading: &str, word: &str) -> bool {
    let word = word.to_lowercase();
    heading.to_lowercase().split(|c: char| !c.is_alphanumeric()).any(|own| own == word)
}
