//! A shelf of small articles to search, indexed as the server does it.

use super::super::{Answers, Query, search};
use indexer::article::Article;
use indexer::audience::{Attributes, Audience, Grants, ROLES};
use indexer::embedder::{Embedding, ModelDigest, Vector};
use indexer::language::Language;
use indexer::library::{Change, Library, Rewrite};
use indexer::passage::passages;
use indexer::portal::Portal;
use indexer::steering::Steering;
use indexer::visible::VisibleIndex;
use std::collections::BTreeSet;
use std::sync::Arc;
use tempfile::TempDir;

const PORTAL: &str = "shop";
const MODEL: ModelDigest = ModelDigest([7; 32]);
/// Length of the vectors here; articles point along one axis each.
const DIMENSIONS: usize = 16;

/// An index of its own.
pub struct Shelf {
    _folder: TempDir,
    library: Library,
}

impl Shelf {
    /// Indexes articles, in one commit, without vectors.
    pub fn of(articles: &[Article]) -> Self {
        let shelf = Self::empty();
        shelf.put(articles.iter().map(bare).collect(), None);
        shelf
    }

    /// Indexes articles with vectors: every passage of the n-th points along axis n.
    pub fn with_vectors(articles: &[Article]) -> Self {
        let shelf = Self::empty();
        let put = |(axis, article): (usize, &Article)| {
            let vectors = passages(article).iter().map(|_| Some(along(axis).into())).collect();
            Change::Put(Box::new(article.clone()), vectors)
        };
        shelf.put(articles.iter().enumerate().map(put).collect(), Some(MODEL));
        shelf
    }

    /// Indexes articles whose vectors are all the same, with these codes for the tokens of every passage.
    pub fn with_codes(articles: &[(Article, &[u128])]) -> Self {
        let shelf = Self::empty();
        let put = |(article, codes): &(Article, &[u128])| {
            let embedding = |_| Some(Embedding { vector: along(0), tokens: (*codes).into() });
            Change::Put(Box::new(article.clone()), passages(article).iter().map(embedding).collect())
        };
        shelf.put(articles.iter().map(put).collect(), Some(MODEL));
        shelf
    }

    /// Indexes nothing.
    pub fn empty() -> Self {
        let folder = TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temporary folder");
        let library = Library::open(folder.path()).expect("a library");
        library.serve_portal(Arc::new(portal()));
        Self { _folder: folder, library }
    }

    /// Commits changes.
    pub fn put(&self, changes: Vec<Change>, model: Option<ModelDigest>) {
        self.library.apply(PORTAL, changes, model).expect("a commit");
    }

    /// Steers searches by these files.
    pub fn steer(&self, synonyms: &str, pins: &str) {
        let (steering, problems) = Steering::parse(&portal(), Some(synonyms), Some(pins));
        assert_eq!(problems, []);
        self.library.steer(PORTAL, steering.sheets(0));
    }

    /// Takes an article out of sight, without a commit.
    pub fn deny(&self, path: &str) {
        self.library.deny(PORTAL, &[path.to_owned()]);
    }

    /// What a viewer with some roles may see.
    pub fn visible_to(&self, roles: &[&str]) -> Arc<VisibleIndex> {
        let roles: BTreeSet<String> = roles.iter().map(|role| role.to_string()).collect();
        let held = if roles.is_empty() { Attributes::new() } else { Attributes::from([(ROLES.to_owned(), roles)]) };
        self.library.snapshot().visible(PORTAL, &Grants::Attributes(held)).expect("a portal")
    }

    /// What nobody in particular would see if an article were changed.
    pub fn rewritten(&self, path: &str, rewrite: &Rewrite) -> VisibleIndex {
        let grants = Grants::Attributes(Attributes::new());
        let scratch = self._folder.path().join("scratch");
        let embed = |_: &str| Ok(along(3).into());
        let snapshot = self.library.snapshot();
        snapshot.rewritten(PORTAL, &grants, path, rewrite, Some(&embed), &scratch).expect("a try").expect("an article")
    }

    /// Searches as nobody in particular, first ten answers.
    pub fn search(&self, text: &str) -> Answers {
        search(&self.visible_to(&[]), &query(text), None).expect("answers")
    }

    /// Titles found, in order.
    pub fn titles(&self, text: &str) -> Vec<String> {
        titles(&self.search(text))
    }
}

/// A query with the API's defaults.
pub fn query(text: &str) -> Query {
    Query { text: text.to_owned(), limit: 10, ..Query::default() }
}

/// Titles of answers, in order.
pub fn titles(answers: &Answers) -> Vec<String> {
    answers.answers.iter().map(|answer| answer.title.clone()).collect()
}

/// A public English article of this Markdown, called after its file.
pub fn article(path: &str, title: &str, markdown: &str) -> Article {
    let source = format!("---\ntitle: {title:?}\nlanguage: en\n---\n{markdown}\n");
    let (article, problems) = Article::parse(&portal(), path, source.as_bytes(), 0);
    assert!(problems.is_empty(), "{problems:?}");
    article
}

/// The same article for one role alone.
pub fn only_for(role: &str, mut article: Article) -> Article {
    article.head.audience =
        Audience::Restricted(Attributes::from([(ROLES.to_owned(), BTreeSet::from([role.to_owned()]))]));
    article
}

/// The same article in another language.
pub fn in_language(tag: &str, mut article: Article) -> Article {
    article.head.language = language(tag);
    article
}

/// A language by its tag.
pub fn language(tag: &str) -> Language {
    Language::parse(tag).expect("a tag")
}

/// The change that puts an article without vectors.
pub fn bare(article: &Article) -> Change {
    Change::Put(Box::new(article.clone()), passages(article).iter().map(|_| None).collect())
}

/// A vector along one axis, of about the length that the embedder's have.
pub fn along(axis: usize) -> Vector {
    let mut vector = vec![0; DIMENSIONS];
    vector[axis % DIMENSIONS] = 96;
    vector.into()
}

fn portal() -> Portal {
    let text = "name = \"Shop\"\nlanguages = [\"en\", \"es\"]\ndefault_audience = \"public\"\nfacets = [\"product\"]\n\n[[roles]]\nname = \"agent\"\ntitle = \"Agent\"\n";
    Portal::parse(PORTAL, text).0.expect("a portal")
}
