//! Articles that help, that are read before a ticket all the same, and that nobody opens.

use crate::http::address;
use crate::http::pages::frame::Frame;
use crate::http::pages::words::fill;
use crate::http::reports::articles::ArticleRow;
use std::cmp::Reverse;

/// Articles of each list.
const SHOWN: usize = 8;

/// The lists.
pub(super) struct Articles {
    pub helped: Vec<Article>,
    pub ticketed: Vec<Article>,
    pub unread: Vec<Article>,
    /// How many more are unread.
    pub more_unread: Option<String>,
}

pub(super) struct Article {
    pub title: String,
    /// Where it stands, unless the reader may not see it.
    pub href: Option<String>,
    pub row: ArticleRow,
}

impl Articles {
    /// Chooses from all articles, which stand by title.
    pub fn new(frame: &Frame, rows: Vec<ArticleRow>) -> Self {
        let article = |row: &ArticleRow| Article {
            title: row.title.clone(),
            href: row.slug.as_ref().map(|slug| format!("{}/articles/{}", frame.base, address::segment(slug))),
            row: row.clone(),
        };
        let most = |count: fn(&ArticleRow) -> u64| {
            let mut chosen: Vec<&ArticleRow> = rows.iter().filter(|row| count(row) > 0).collect();
            chosen.sort_by_key(|row| Reverse(count(row)));
            chosen.into_iter().take(SHOWN).map(article).collect()
        };
        let unread: Vec<Article> = rows.iter().filter(|row| row.unread).map(article).collect();
        Self {
            helped: most(|row| row.solved),
            ticketed: most(|row| row.ticketed),
            more_unread: (unread.len() > SHOWN)
                .then(|| fill(&frame.words.dashboard.articles_more, &[("count", &(unread.len() - SHOWN))])),
            unread: unread.into_iter().take(SHOWN).collect(),
        }
    }
}
