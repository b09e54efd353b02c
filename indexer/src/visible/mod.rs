//! What one viewer may see: the only thing that retrieval can touch. It holds no other partition.
//!
//! Everything that can be learnt from a [`VisibleIndex`] is a function of the articles in it, byte for byte the same however
//! they are spread over partitions, segments and commits, and whatever else exists or existed (ARCHITECTURE.md, "twin
//! property"). Only the numbering of articles and documents is not: it must not reach an answer.

mod facets;
mod language_view;
mod living;
mod names;
mod pins;
mod synonyms;
mod unmarked;
mod words;
mod work;

pub use crate::partition::{Field, ReadError};
pub use facets::Facets;
pub use language_view::{LanguageView, Posting};
pub(crate) use living::Living;
pub use pins::pattern_words;
pub use synonyms::{Rule, Synonyms};
pub use work::Work;

use crate::article::Head;
use crate::audience::Grants;
use crate::embedder::ModelDigest;
use crate::language::Language;
use crate::steering::{Pin, Sheet, Synonym};
use names::Names;
use pins::Pins;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Partitions that one viewer may see at most: every one of them is visited by every query. The first ones in the order of
/// their audiences (public first) and languages are kept, the rest is left out and reported. Audiences on an attribute with
/// many values need one partition for all of them, addressed by value ("ledger partition"): to come.
pub const MOST_PARTITIONS: usize = 100;

/// What a viewer must hold to get a `VisibleIndex`: see [`crate::library::Snapshot::visible`].
pub type Viewer<'a> = &'a Grants;

/// The articles and passages of one portal that one viewer may see, frozen at one generation.
pub struct VisibleIndex {
    languages: Vec<Arc<LanguageView>>,
    names: Names,
    pins: Pins,
    assets: HashSet<String>,
    model: Option<ModelDigest>,
    generation: String,
    left_out: usize,
}

impl VisibleIndex {
    /// Builds the view of these partitions, which are in order, each with at least one living article, steered by what editors
    /// wrote for this viewer.
    pub(crate) fn new(partitions: &[Arc<Living>], sheets: &[&Sheet]) -> Self {
        let (seen, left_out) = partitions.split_at(partitions.len().min(MOST_PARTITIONS));
        let mut by_language = BTreeMap::<_, Vec<&Living>>::new();
        for living in seen {
            by_language.entry(&living.partition().key.language).or_default().push(living);
        }
        let views = by_language.into_iter().map(|(language, livings)| LanguageView::new(language.clone(), &livings));
        let mut languages: Vec<_> = views.collect();
        languages.sort_by_key(|view| std::cmp::Reverse(view.articles()));
        let mut synonyms: Vec<&Synonym> = sheets.iter().flat_map(|sheet| &sheet.synonyms).collect();
        synonyms.sort_by_key(|synonym| synonym.line);
        languages.iter_mut().for_each(|view| view.steer(Synonyms::of(view.language(), &synonyms)));
        let names = Names::decide(&mut languages);
        let find = names.finder(&languages);
        let mut entries: Vec<&Pin> = sheets.iter().flat_map(|sheet| &sheet.pins).collect();
        entries.sort_by_key(|pin| pin.line);
        entries.retain(|pin| pin.articles.iter().any(|name| !find(name).is_empty()));
        let pins = Pins::of(&languages, names.by_path_order(), &entries, &find);
        drop(find);
        let articles = || languages.iter().flat_map(|view| (0..view.articles()).map(move |article| (view, article)));
        Self {
            model: one_model(&languages),
            generation: generation(
                articles().map(|(view, article)| view.version(article)).collect(),
                &synonyms,
                &entries,
            ),
            assets: articles().flat_map(|(view, article)| view.head(article).assets.iter().cloned()).collect(),
            names,
            pins,
            left_out: left_out.len(),
            languages: languages.into_iter().map(Arc::new).collect(),
        }
    }

    /// Hash over (slug, content digest, model digest or `lexical`) of the visible articles, hexadecimal: equal content, equal value.
    pub fn generation(&self) -> &str {
        &self.generation
    }

    /// Languages with visible articles, most articles first, then by tag.
    pub fn languages(&self) -> &[Arc<LanguageView>] {
        &self.languages
    }

    /// Digest of the model whose vectors all visible passages have; `None` while any has none.
    pub fn model(&self) -> Option<ModelDigest> {
        self.model
    }

    /// Finds an article by slug or alias: slugs before aliases, clashes decided by path.
    pub fn article(&self, slug: &str) -> Option<(&Arc<LanguageView>, u32)> {
        let (language, article) = self.names.by_slug(slug)?;
        Some((self.languages.get(language)?, article))
    }

    /// Finds an article by the path of its file under `articles/`; how links are resolved.
    pub fn article_at(&self, path: &str) -> Option<(&Arc<LanguageView>, u32)> {
        let path_of = |(language, article): (usize, u32)| self.languages[language].head(article).path.as_str();
        let (language, article) = self.names.by_path(path, path_of)?;
        Some((self.languages.get(language)?, article))
    }

    /// Address slug of an article within this visible set: its own unless another article of the same slug comes first by path.
    pub fn slug<'a>(&self, language: &'a LanguageView, article: u32) -> &'a str {
        language.slug(article)
    }

    /// Whether a visible article links to this file of the portal (path relative to the portal's folder).
    pub fn links_to_asset(&self, path: &str) -> bool {
        self.assets.contains(path)
    }

    /// The visible articles that editors want on top of what a query finds that was read in a language, in order.
    pub fn pinned(&self, text: &str, read_in: &Language) -> Vec<(&Arc<LanguageView>, u32)> {
        let pinned = self.pins.pinned(&self.languages, text, read_in);
        pinned.into_iter().map(|(language, article)| (&self.languages[language], article)).collect()
    }

    /// Partitions that the viewer may see but that are left out, being more than [`MOST_PARTITIONS`].
    pub fn partitions_left_out(&self) -> usize {
        self.left_out
    }
}

/// The model of every passage's vector, if there is one such model.
fn one_model(languages: &[LanguageView]) -> Option<ModelDigest> {
    let mut models = languages.iter().flat_map(LanguageView::models);
    let first = models.next()??;
    models.all(|model| model == Some(first)).then_some(first)
}

/// Hash over the articles' versions in the order of their slugs, and over what editors wrote that has an effect on them, if
/// anything. The slug's length comes first: no two lists run together.
fn generation(mut versions: Vec<(&str, &Head, Option<ModelDigest>)>, synonyms: &[&Synonym], pins: &[&Pin]) -> String {
    versions.sort_unstable_by_key(|(slug, _, _)| *slug);
    let mut hash = blake3::Hasher::new();
    for (slug, head, model) in versions {
        hash.update(&(slug.len() as u64).to_le_bytes());
        hash.update(slug.as_bytes());
        hash.update(&head.digest);
        match model {
            Some(ModelDigest(digest)) => hash.update(&digest),
            None => hash.update(b"lexical"),
        };
    }
    for Synonym { language, from, to, .. } in synonyms {
        hash.update(format!("synonym {language:?} {from:?} {to:?}").as_bytes());
    }
    for Pin { language, queries, contains, articles, .. } in pins {
        hash.update(format!("pin {language:?} {queries:?} {contains:?} {articles:?}").as_bytes());
    }
    hash.finalize().to_hex().to_string()
}
