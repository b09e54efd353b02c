//! A made-up help centre of any size whose words are as uneven as those of a language: a few everywhere, most of them rare.

use crate::contents::Seeded;
use indexer::article::Article;
use indexer::embedder::Embedding;
use indexer::library::{Change, Library};
use indexer::passage::{Passage, passages};
use indexer::portal::Portal;
use std::path::Path;
use std::sync::Arc;

const PORTAL: &str = "name = \"Zipf\"\nlanguages = [\"en\"]\ndefault_audience = \"public\"\n";
/// Different words; the real vocabulary of a help centre of 40,000 passages is about as large.
const WORDS: usize = 30_000;
/// The most frequent words of English text, in about their order: nearly half of all that is written.
const FUNCTION_WORDS: [&str; 40] = [
    "the", "to", "a", "and", "of", "in", "is", "you", "for", "on", "this", "that", "with", "your", "can", "be", "it",
    "are", "as", "or", "if", "from", "when", "not", "by", "an", "will", "all", "which", "have", "has", "do", "at",
    "we", "was", "use", "no", "how", "but", "one",
];
const SYLLABLES: [&str; 24] = [
    "ra", "den", "to", "mi", "sal", "ver", "con", "pli", "gra", "no", "fer", "ti", "lum", "ka", "ster", "bo", "chi",
    "pe", "dra", "un", "so", "gel", "wi", "ma",
];
/// Length of made-up vectors, MiniLM's.
pub const DIMENSIONS: usize = 384;
/// Articles that are committed at once.
const BATCH: usize = 5_000;

/// Words with their frequencies: that of the n-th is in proportion to 1/n (Zipf).
pub struct Zipf {
    random: Seeded,
    /// Sums of 1/n, in millionths.
    sums: Vec<u64>,
}

impl Zipf {
    /// The language of a seed.
    pub fn new(seed: u64) -> Self {
        let mut sum = 0;
        let sums = (1..=WORDS as u64).map(|rank| {
            sum += 1_000_000_000 / rank;
            sum
        });
        Self { random: Seeded(seed), sums: sums.collect() }
    }

    /// Some words of running text.
    pub fn text(&mut self, words: usize) -> String {
        let whole = *self.sums.last().expect("words");
        let word = |random: &mut Seeded| {
            let at = random.below(whole as usize) as u64;
            word(self.sums.partition_point(|sum| *sum <= at))
        };
        let words: Vec<_> = (0..words).map(|_| word(&mut self.random)).collect();
        words.join(" ")
    }

    /// Some words that say something: no function words, none of the rarest.
    pub fn title(&mut self) -> String {
        let words = 2 + self.random.below(3);
        let word = |random: &mut Seeded| word(FUNCTION_WORDS.len() + random.below(40) * random.below(40));
        (0..words).map(|_| word(&mut self.random)).collect::<Vec<_>>().join(" ")
    }

    /// A made-up vector; its values do not change what a scan costs.
    pub fn vector(&mut self) -> Box<[i8]> {
        (0..DIMENSIONS).map(|_| self.random.below(96) as i8 - 48).collect()
    }

    /// Made-up codes of as many tokens as so many words have: MiniLM cuts English into 1.3 a word.
    pub fn tokens(&mut self, words: usize) -> Box<[u128]> {
        let mut code = || (0..16).fold(0, |code, _| code << 8 | self.random.below(256) as u128);
        (0..words * 13 / 10).map(|_| code()).collect()
    }

    /// An article of sections that are one passage each, with their vectors and codes.
    fn article(&mut self, portal: &Portal, number: usize) -> Change {
        let title = self.title();
        let sections = 1 + self.random.below(8);
        let section = |zipf: &mut Self| {
            // A capital letter, or the next sentence would not be one.
            let sentences: Vec<_> = (0..8).map(|_| format!("So {}.", zipf.text(13))).collect();
            format!("## {}\n\n{}\n\n", zipf.title(), sentences.join(" "))
        };
        let body: String = (0..sections).map(|_| section(self)).collect();
        let source =
            format!("---\ntitle: {title}\nlanguage: en\ntags: [{}, {}]\n---\n\n{body}", self.title(), self.title());
        let article = Article::parse(portal, &format!("a{number:06}.md"), source.as_bytes(), 0).0;
        let mut embedding = |passage: &Passage| {
            let words = passage.text.split_whitespace().count();
            Some(Embedding { vector: self.vector(), tokens: self.tokens(words) })
        };
        let embeddings = passages(&article).iter().map(&mut embedding).collect();
        Change::Put(Box::new(article), embeddings)
    }
}

/// The n-th word, most frequent first.
fn word(rank: usize) -> String {
    let Some(rank) = rank.checked_sub(FUNCTION_WORDS.len()) else { return FUNCTION_WORDS[rank].to_owned() };
    let (mut rest, mut word) = (rank, String::new());
    loop {
        word.push_str(SYLLABLES[rest % SYLLABLES.len()]);
        rest /= SYLLABLES.len();
        if rest == 0 {
            return word;
        }
    }
}

/// A library of at least this many passages in the portal `zipf`, with vectors of `model`.
pub fn library(folder: &Path, wanted: usize, model: indexer::embedder::ModelDigest) -> Library {
    let (portal, library) =
        (Portal::parse("zipf", PORTAL).0.expect("a portal"), Library::open(folder).expect("a folder"));
    library.serve_portal(Arc::new(portal.clone()));
    let (mut zipf, mut made, mut number) = (Zipf::new(1), 0, 0);
    while made < wanted {
        let mut batch = Vec::new();
        while made < wanted && batch.len() < BATCH {
            let change = zipf.article(&portal, number);
            if let Change::Put(_, embeddings) = &change {
                made += embeddings.len();
            }
            batch.push(change);
            number += 1;
        }
        library.apply("zipf", batch, Some(model)).expect("an empty folder");
    }
    library
}
