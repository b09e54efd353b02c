//! What reading takes, counted rather than timed: a bound on the cost of a query can be checked on any machine, busy or not.

use std::cell::Cell;

/// Work that reading visible articles took. It is counted by thread and a list at a time, so that counting costs nothing
/// beside what is counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Words and terms looked for in the dictionaries of a language.
    pub lookups: u64,
    /// Entries of occurrence lists read, those of dead documents included.
    pub postings: u64,
    /// Words of dictionaries that were looked at, as completions or corrections of another.
    pub words: u64,
    /// Letters that automata, which accept the misspellings of a word, were built for.
    pub letters: u64,
    /// Vectors compared.
    pub vectors: u64,
    /// Stored texts read.
    pub texts: u64,
}

thread_local! {
    static DONE: Cell<Work> = Cell::default();
}

impl Work {
    /// Does something on this thread and says what reading it took.
    pub fn of<T>(something: impl FnOnce() -> T) -> (T, Self) {
        let before = DONE.replace(Self::default());
        let done = something();
        let work = DONE.get();
        DONE.set(before.and(work));
        (done, work)
    }

    /// Whether no part of it is greater than in `most`.
    pub fn is_within(&self, most: &Self) -> bool {
        let parts = |work: &Self| [work.lookups, work.postings, work.words, work.letters, work.vectors, work.texts];
        parts(self).iter().zip(parts(most)).all(|(part, most)| *part <= most)
    }

    /// The sum of both.
    fn and(self, other: Self) -> Self {
        Self {
            lookups: self.lookups + other.lookups,
            postings: self.postings + other.postings,
            words: self.words + other.words,
            letters: self.letters + other.letters,
            vectors: self.vectors + other.vectors,
            texts: self.texts + other.texts,
        }
    }

    /// Counts this as done by this thread.
    pub(super) fn count(self) {
        DONE.set(DONE.get().and(self));
    }
}
