//! Small articles, portals and vectors to test with.

use crate::article::{Article, Body, Head};
use crate::audience::{Attributes, Audience, Grants, ROLES};
use crate::embedder::{Embedding, ModelDigest, Vector};
use crate::language::Language;
use crate::library::Change;
use crate::markdown::{Block, Section};
use crate::passage::passages;
use crate::portal::{Boost, Mapping, Portal, Theme};
use rand::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tempfile::TempDir;

/// The portal of every test here.
pub const PORTAL: &str = "shop";
/// The model of every vector here, but where a test says otherwise.
pub const MODEL: ModelDigest = ModelDigest([7; 32]);
/// All words of random articles; some are one or two edits apart.
pub const WORDS: [&str; 16] = [
    "invoice", "invoices", "invioce", "voice", "card", "cards", "cart", "refund", "refunds", "login", "logins",
    "Zürich", "token", "tokens", "teams", "plan",
];
/// All slugs and aliases of random articles.
pub const SLUGS: [&str; 6] = ["pay", "pay-2", "refund", "login", "start", "refund-2"];
/// All assets of random articles.
pub const ASSETS: [&str; 3] = ["images/a.png", "images/b.png", "files/c.pdf"];

/// A folder of its own for an index. In memory where the system has such a place: a commit waits for the disk fifty times.
pub fn folder() -> TempDir {
    TempDir::new_in("/dev/shm").or_else(|_| TempDir::new()).expect("a temporary folder")
}

/// A portal that names nothing.
pub fn portal(id: &str) -> Arc<Portal> {
    Arc::new(Portal {
        id: id.to_owned(),
        name: id.to_owned(),
        languages: vec![language("en")],
        roles: Vec::new(),
        attributes: BTreeMap::new(),
        tasks: Vec::new(),
        ticket_fields: Vec::new(),
        facets: Vec::new(),
        staff_roles: BTreeSet::new(),
        time_zone: "UTC".to_owned(),
        default_audience: None,
        keep_queries: true,
        allow_html: false,
        mapping: Mapping::default(),
        holdout: None,
        annotations: Vec::new(),
        ticket_cost: None,
        boost: Boost::default(),
        theme: Theme::default(),
        digest: [0; 32],
    })
}

/// A language by its tag.
pub fn language(tag: &str) -> Language {
    Language::parse(tag).expect("a tag")
}

/// The audience of one role.
pub fn role(name: &str) -> Audience {
    Audience::Restricted(roles(name))
}

/// What a viewer with one role holds.
pub fn holder(name: &str) -> Grants {
    Grants::Attributes(roles(name))
}

/// What a viewer who is not signed in holds.
pub fn anonymous() -> Grants {
    Grants::Attributes(Attributes::new())
}

fn roles(name: &str) -> Attributes {
    Attributes::from([(ROLES.to_owned(), BTreeSet::from([name.to_owned()]))])
}

/// A public English article of one section.
pub fn article(path: &str, title: &str, text: &str) -> Article {
    Article {
        head: Head {
            path: path.to_owned(),
            digest: *blake3::hash(format!("{path}{title}{text}").as_bytes()).as_bytes(),
            slug: path.trim_end_matches(".md").to_owned(),
            aliases: Vec::new(),
            title: title.to_owned(),
            description: String::new(),
            audience: Audience::Public,
            language: language("en"),
            kind: "article".to_owned(),
            tags: Vec::new(),
            category: Vec::new(),
            synonyms: Vec::new(),
            pins: Vec::new(),
            contexts: Vec::new(),
            updated_at: 0,
            publish_at: None,
            expires_at: None,
            review_by: None,
            draft: false,
            facets: BTreeMap::new(),
            extra: BTreeMap::new(),
            assets: Vec::new(),
        },
        body: Body { html: format!("<p>{text}</p>"), markdown: text.to_owned(), contents: Vec::new() },
        sections: vec![section("", text)],
        links: Vec::new(),
    }
}

/// A section under a heading.
pub fn section(heading: &str, text: &str) -> Section {
    let trail = if heading.is_empty() { Vec::new() } else { vec!["Guide".to_owned(), heading.to_owned()] };
    Section { trail, anchor: heading.to_lowercase(), blocks: vec![Block { text: text.to_owned(), code: false }] }
}

/// An article of words, slugs and audiences at random.
pub fn random_article(path: &str, rng: &mut StdRng) -> Article {
    let text = |rng: &mut StdRng, most: usize| {
        let words: Vec<_> = (0..rng.random_range(0..=most)).map(|_| WORDS[rng.random_range(0..WORDS.len())]).collect();
        words.join(" ")
    };
    let some =
        |rng: &mut StdRng, of: &[&str]| of.iter().filter(|_| rng.random_bool(0.2)).map(|s| s.to_string()).collect();
    let mut article = article(path, &text(rng, 4), &text(rng, 30));
    article.head.slug = SLUGS[rng.random_range(0..SLUGS.len())].to_owned();
    article.head.aliases = some(rng, &SLUGS);
    article.head.tags = some(rng, &WORDS);
    article.head.assets = some(rng, &ASSETS);
    article.head.language = language(if rng.random_bool(0.3) { "de" } else { "en" });
    article.head.audience = match rng.random_range(0..5) {
        0 => role("agent"),
        1 => role("admin"),
        2 => Audience::Hidden,
        _ => Audience::Public,
    };
    for _ in 0..rng.random_range(0..5) {
        article.sections.push(section(&text(rng, 3), &text(rng, 40)));
    }
    article
}

/// The change that puts an article with a vector for each passage.
pub fn put(article: &Article) -> Change {
    let embeddings = passages(article).iter().map(|passage| Some(embedding(&passage.text))).collect();
    Change::Put(Box::new(article.clone()), embeddings)
}

/// The change that puts an article of which nothing is embedded yet.
pub fn put_bare(article: &Article) -> Change {
    Change::Put(Box::new(article.clone()), passages(article).iter().map(|_| None).collect())
}

/// A vector of a text, and a code of each of its words: a pure function of it.
pub fn embedding(text: &str) -> Embedding {
    let code = |word: &str| u128::from_le_bytes(blake3::hash(word.as_bytes()).as_bytes()[..16].try_into().unwrap());
    Embedding { vector: vector(text), tokens: text.split_whitespace().map(code).collect() }
}

/// A vector of a text: a pure function of it.
pub fn vector(text: &str) -> Vector {
    blake3::hash(text.as_bytes()).as_bytes()[..16].iter().map(|byte| byte.cast_signed()).collect()
}
