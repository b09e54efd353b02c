//! Names of a viewer's articles: slugs, aliases and paths, clashes decided among what this viewer may see.

use super::LanguageView;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Language (its place in the index), article.
type Place = (usize, u32);

/// Tables from names to articles.
pub(super) struct Names {
    slugs: HashMap<Arc<str>, Place>,
    aliases: HashMap<String, Place>,
    /// All articles in the order of their paths.
    by_path: Vec<Place>,
}

impl Names {
    /// Gives every article its slug. The first by path of those that ask for the same one gets it; the others get it with `-2`,
    /// `-3`, …, skipping slugs that some article asks for itself.
    pub(super) fn decide(languages: &mut [LanguageView]) -> Self {
        let articles =
            languages.iter().enumerate().flat_map(|(l, view)| (0..view.articles()).map(move |article| (l, article)));
        let mut places: Vec<Place> = articles.collect();
        let head = |(language, article): Place| languages[language].head(article);
        places.sort_unstable_by_key(|place| head(*place).path.as_str());
        let wanted: HashSet<&str> = places.iter().map(|place| head(*place).slug.as_str()).collect();

        let mut slugs = HashMap::<Arc<str>, Place>::with_capacity(places.len());
        for place in &places {
            let own = head(*place).slug.as_str();
            let numbered =
                (2_u32..).map(|n| format!("{own}-{n}").into()).filter(|slug: &Arc<str>| !wanted.contains(&**slug));
            let free = std::iter::once(own.into()).chain(numbered).find(|slug| !slugs.contains_key(slug));
            slugs.extend(free.map(|slug| (slug, *place)));
        }
        let mut aliases = HashMap::new();
        for place in &places {
            for alias in head(*place).aliases.iter().filter(|alias| !slugs.contains_key(alias.as_str())) {
                aliases.entry(alias.clone()).or_insert(*place);
            }
        }
        for (slug, (language, article)) in &slugs {
            languages[*language].name(*article, Arc::clone(slug));
        }
        Self { slugs, aliases, by_path: places }
    }

    /// The article of a slug, else of an alias.
    pub(super) fn by_slug(&self, slug: &str) -> Option<Place> {
        self.slugs.get(slug).or_else(|| self.aliases.get(slug)).copied()
    }

    /// All articles in the order of their paths.
    pub(super) fn by_path_order(&self) -> &[Place] {
        &self.by_path
    }

    /// Finds the articles that an editor may mean by a name: the one at this path, else those that ask for this slug (one a
    /// language, the first by path), else the one of this slug or alias.
    pub(super) fn finder<'a>(&'a self, languages: &'a [LanguageView]) -> impl Fn(&str) -> Vec<Place> + 'a {
        let head = |(language, article): Place| languages[language].head(article);
        let mut wanted = HashMap::<&str, Vec<Place>>::new();
        for place in &self.by_path {
            let places = wanted.entry(head(*place).slug.as_str()).or_default();
            if !places.iter().any(|(language, _)| *language == place.0) {
                places.push(*place);
            }
        }
        move |name| {
            let path = self.by_path(name.trim_start_matches('/'), |place| head(place).path.as_str());
            let at = path.map(|place| vec![place]).or_else(|| wanted.get(name).cloned());
            at.unwrap_or_else(|| self.by_slug(name).into_iter().collect())
        }
    }

    /// The article of a path. `path_of` gives the path of an article.
    pub(super) fn by_path<'a>(&self, path: &str, path_of: impl Fn(Place) -> &'a str) -> Option<Place> {
        let found = self.by_path.binary_search_by_key(&path, |place| path_of(*place));
        found.ok().map(|at| self.by_path[at])
    }
}
