//! What no input may do, as one function a fuzz target; `cargo test` runs each over its committed corpus.
//!
//! | target | bytes | on |
//! |---|---|---|
//! | `ask` | how (see [`Asked`]), then what is typed | a fixed index of a small portal |
//! | `parse` | a Markdown file | nothing |
//! | `shelf` | Markdown files, then a question as for `ask`, each behind a form feed | an index of those files |

mod oracles;
mod world;

use indexer::article::Article;
use indexer::embedder::Embedding;
use indexer::language::Language;
use indexer::passage::passages;
use indexer::visible::VisibleIndex;
use oracles::{COMPLETIONS, article_is_sound, search_is_sound, suggestions_are_sound};
use search_api::retrieval::{Mode, Query, search, suggest};
use std::sync::LazyLock;
use world::{World, embedding_of, portal};

/// Files of an input for `shelf` that are read.
const MOST_FILES: usize = 6;

/// Asks the fixed portal a question.
pub fn ask(bytes: &[u8]) {
    static WORLD: LazyLock<World> = LazyLock::new(|| World::of(world::articles()));
    compare(&WORLD, &Asked::read(bytes));
}

/// Reads a file as an article and cuts it into passages.
pub fn parse(bytes: &[u8]) {
    let portal = portal();
    let (article, problems) = Article::parse(&portal, "guides/a.md", bytes, 0);
    article_is_sound(&article, &passages(&article), &problems);
    assert_eq!((&article, &problems), (&Article::parse(&portal, "guides/a.md", bytes, 0).0, &problems));
}

/// Indexes files and asks them a question.
pub fn shelf(bytes: &[u8]) {
    let mut pieces: Vec<&[u8]> = bytes.split(|byte| *byte == b'\x0c').collect();
    let question = pieces.pop().unwrap_or_default();
    let portal = portal();
    let read = |(place, bytes): (usize, &&[u8])| Article::parse(&portal, &format!("a{place}.md"), bytes, 0).0;
    let articles = pieces.iter().take(MOST_FILES).enumerate().map(read).collect();
    compare(&World::of(articles), &Asked::read(question));
}

/// Checks what an anonymous viewer gets, that it is what they would get if there were nothing else, and what an agent gets.
fn compare(world: &World, asked: &Asked) {
    let seen = asked.sound_answers(&world.seen_by_anybody());
    assert_eq!(seen, asked.answers(&world.alone()), "what a viewer may not see changes what they get");
    if asked.by_an_agent {
        asked.sound_answers(&world.seen_by_an_agent());
    }
}

/// A question of an input: a byte that says how it is asked, and what is typed, in UTF-8 or nearly.
struct Asked {
    query: Query,
    vector: Option<Box<[i8]>>,
    by_an_agent: bool,
}

impl Asked {
    fn read(bytes: &[u8]) -> Self {
        let (how, typed) = bytes.split_first().unwrap_or((&0, &[]));
        let text = String::from_utf8_lossy(typed).into_owned();
        let mode = [Mode::Hybrid, Mode::Lexical, Mode::Dense, Mode::Hybrid][usize::from(how & 3)];
        let language = [None, Some("en"), Some("zh"), Some("es-mx")][usize::from(how >> 2 & 3)];
        let mut query = Query { text, mode, limit: 10, ..Query::default() };
        query.language = language.and_then(Language::parse);
        if how & 16 != 0 {
            query.filters.insert("kind".into(), vec!["faq".into(), "article".into()]);
        }
        query.offset = if how & 32 != 0 { 2 } else { 0 };
        let Embedding { vector, tokens } = embedding_of(&query.text);
        let vector = (how & 3 != 3).then_some(vector);
        query.tokens = tokens;
        Self { query, vector, by_an_agent: how & 64 != 0 }
    }

    /// All that is brought forth, as text.
    fn answers(&self, index: &VisibleIndex) -> String {
        let found = search(index, &self.query, self.vector.as_deref()).expect("the index can be read");
        let suggestions = suggest(index, &self.query.text, self.query.language.as_ref(), COMPLETIONS);
        format!("{found:?}\n{:?}", suggestions.expect("the index can be read"))
    }

    /// The same, after it was checked by every oracle.
    fn sound_answers(&self, index: &VisibleIndex) -> String {
        let found = search_is_sound(index, &self.query, self.vector.as_deref());
        let suggestions = suggestions_are_sound(index, &self.query.text, self.query.language.as_ref());
        format!("{found:?}\n{suggestions:?}")
    }
}
