//! The articles of one portal beside each other: clashes, dead links, what nobody can see.

use crate::article::{Article, Head};
use crate::audience::Audience;
use crate::language::Language;
use crate::markdown::{Link, Target, article_paths, article_slugs};
use crate::portal::{Portal, TaskTarget};
use crate::problem::Problem;
use std::collections::{BTreeMap, BTreeSet};

/// What is compared of an article.
pub(super) struct Checked {
    head: Head,
    links: Vec<Link>,
    anchors: BTreeSet<String>,
}

impl Checked {
    /// Keeps of an article what is compared.
    pub fn of(article: Article) -> Self {
        let anchors = article.body.contents.into_iter().map(|(_, _, anchor)| anchor).collect();
        Self { head: article.head, links: article.links, anchors }
    }

    /// Its metadata.
    pub fn head(&self) -> &Head {
        &self.head
    }
}

/// Problems that only show between the articles of one portal. `files` are its files, relative to its folder.
pub(super) fn problems(portal: &Portal, articles: &[Checked], files: BTreeSet<&str>, now: i64) -> Vec<Problem> {
    let mut between = Between::of(portal, articles, files);
    between.clashes();
    between.links();
    between.titles();
    between.tasks();
    between.dates(now);
    between.absences();
    between.problems
}

/// The articles of one portal beside each other.
struct Between<'a> {
    portal: &'a Portal,
    articles: &'a [Checked],
    files: BTreeSet<&'a str>,
    by_path: BTreeMap<&'a str, usize>,
    by_slug: BTreeMap<&'a str, Vec<usize>>,
    by_alias: BTreeMap<&'a str, Vec<usize>>,
    problems: Vec<Problem>,
}

impl<'a> Between<'a> {
    fn of(portal: &'a Portal, articles: &'a [Checked], files: BTreeSet<&'a str>) -> Self {
        let mut between = Self {
            portal,
            articles,
            files,
            by_path: BTreeMap::new(),
            by_slug: BTreeMap::new(),
            by_alias: BTreeMap::new(),
            problems: Vec::new(),
        };
        for (number, Checked { head, .. }) in articles.iter().enumerate() {
            between.by_path.insert(&head.path, number);
            between.by_slug.entry(&head.slug).or_default().push(number);
            for alias in &head.aliases {
                between.by_alias.entry(alias).or_default().push(number);
            }
        }
        between
    }

    /// Addresses that two articles claim before one reader.
    fn clashes(&mut self) {
        let slugs: Vec<(&str, Vec<usize>)> =
            self.by_slug.iter().map(|(slug, numbers)| (*slug, numbers.clone())).collect();
        for (slug, numbers) in slugs {
            self.clash(&format!("the slug `{slug}`"), "slug-clash", &numbers, &numbers);
        }
        let aliases: Vec<(&str, Vec<usize>)> =
            self.by_alias.iter().map(|(alias, numbers)| (*alias, numbers.clone())).collect();
        for (alias, numbers) in aliases {
            let holders = self.by_slug.get(alias).cloned().unwrap_or_default();
            self.clash(&format!("the alias `{alias}`"), "alias-clash", &holders, &numbers);
            self.clash(&format!("the alias `{alias}`"), "alias-clash", &numbers, &numbers);
        }
    }

    /// Names each of `later` that one of `earlier` comes before, in its language and before its readers.
    fn clash(&mut self, name: &str, rule: &'static str, earlier: &[usize], later: &[usize]) {
        for number in later {
            let head = &self.articles[*number].head;
            let first = earlier.iter().map(|other| &self.articles[*other].head).find(|other| {
                other.path != head.path
                    && (rule == "alias-clash" && !std::ptr::eq(earlier, later) || other.path < head.path)
                    && other.language == head.language
                    && (other.audience.includes(&head.audience) || head.audience.includes(&other.audience))
                    && other.audience != Audience::Hidden
                    && head.audience != Audience::Hidden
            });
            if let Some(first) = first {
                let what = format!("{name} is taken by {}, which comes first", first.path);
                // A slug that nobody chose takes nothing from anybody: each article has an address all the same.
                let chosen =
                    rule == "slug-clash" && crate::slug::of(None, &head.path, &self.portal.languages) != head.slug;
                let problem = if chosen { Problem::error } else { Problem::warning };
                self.problems.push(problem(&self.file(head), None, rule, &what, "Give one of them another `slug`."));
            }
        }
    }

    /// Links and images that lead nowhere, or where not every reader may follow.
    fn links(&mut self) {
        for Checked { head, links, anchors } in self.articles {
            for link in links {
                let found = match &link.target {
                    Target::Asset(path) if self.files.contains(path.as_str()) => None,
                    Target::Asset(path) => {
                        let mend = "Put the file there, or correct the link.".to_owned();
                        Some(("missing-file", format!("the file {path} does not exist"), mend))
                    }
                    Target::Article { path, anchor } => self.follow(head, anchors, path, anchor),
                    _ => None,
                };
                if let Some((rule, what, mend)) = found {
                    let file = self.file(head);
                    let problem =
                        if matches!(rule, "narrower-link" | "dead-anchor") { Problem::warning } else { Problem::error };
                    self.problems.push(problem(&file, Some(link.line), rule, &what, &mend));
                }
            }
        }
    }

    fn follow(
        &self,
        head: &Head,
        own: &BTreeSet<String>,
        path: &str,
        anchor: &str,
    ) -> Option<(&'static str, String, String)> {
        let Some(number) = self.resolve(path, &head.language) else {
            let mend = "Correct the link, or write the article.".to_owned();
            let path = if path.is_empty() { "the top of the articles" } else { path };
            return Some(("dead-link", format!("the link leads to {path}, where there is no article"), mend));
        };
        let Checked { head: target, anchors, .. } = &self.articles[number];
        if !target.audience.includes(&head.audience) {
            let what = format!(
                "not everybody who may read this article may read {}, so for some the link is dead",
                target.path
            );
            return Some((
                "narrower-link",
                what,
                "Widen that article's audience, or say the same without the link.".to_owned(),
            ));
        }
        let anchors = if target.path == head.path { own } else { anchors };
        if !anchor.is_empty() && !anchors.contains(anchor) {
            let known = crate::spelling::nearest(anchor, anchors.iter().map(String::as_str));
            let mend = known
                .map_or_else(|| "Correct the part after `#`.".to_owned(), |known| format!("Did you mean `#{known}`?"));
            return Some(("dead-anchor", format!("{} has no heading `#{anchor}`", target.path), mend));
        }
        None
    }

    /// The article that a link leads to: by path, else by slug or alias, in the linking article's language first.
    fn resolve(&self, path: &str, language: &Language) -> Option<usize> {
        if let Some(number) = article_paths(path).iter().find_map(|path| self.by_path.get(path.as_str())) {
            return Some(*number);
        }
        article_slugs(path).iter().find_map(|slug| {
            let named = [&self.by_slug, &self.by_alias].into_iter().filter_map(|by| by.get(slug.as_str())).flatten();
            let named: Vec<usize> = named.copied().collect();
            let same = named.iter().find(|number| self.articles[**number].head.language == *language);
            same.or(named.first()).copied()
        })
    }

    /// Titles that a reader cannot tell apart.
    fn titles(&mut self) {
        let mut titles: BTreeMap<(&Language, String), Vec<&Head>> = BTreeMap::new();
        for head in self.heads().filter(|head| head.audience != Audience::Hidden) {
            titles.entry((&head.language, head.title.to_lowercase())).or_default().push(head);
        }
        for heads in titles.values().filter(|heads| heads.len() > 1) {
            for head in &heads[1..] {
                let what = format!("{} has the same title, \"{}\"", heads[0].path, head.title);
                let mend = "Say in the title what is different: results look alike.";
                self.problems.push(Problem::warning(self.file(head), None, "duplicate-title", what, mend));
            }
        }
    }

    fn tasks(&mut self) {
        for task in &self.portal.tasks {
            let TaskTarget::Article(slug) = &task.target else { continue };
            let named = [&self.by_slug, &self.by_alias].into_iter().filter_map(|by| by.get(slug.as_str())).flatten();
            let heads: Vec<&Head> = named.map(|number| &self.articles[*number].head).collect();
            let title = task.title.values().next().map_or("", String::as_str);
            let file = format!("{}/portal.toml", self.portal.id);
            if heads.is_empty() {
                let what = format!("the task \"{title}\" leads to the article `{slug}`, which does not exist");
                let mend = "Correct the slug, or write the article.";
                self.problems.push(Problem::error(file, None, "task-target", what, mend));
            } else if !heads.iter().any(|head| head.audience.includes(&task.audience)) {
                let what = format!("not everybody who is shown the task \"{title}\" may read its article `{slug}`");
                let mend = "Give the article the audience of the task, or the task that of the article.";
                self.problems.push(Problem::warning(file, None, "task-target", what, mend));
            }
        }
    }

    fn dates(&mut self, now: i64) {
        for head in self.heads() {
            let mut warn = |rule, what: &str, mend: &str| {
                self.problems.push(Problem::warning(
                    format!("{}/articles/{}", self.portal.id, head.path),
                    None,
                    rule,
                    what,
                    mend,
                ));
            };
            if head.expires_at.is_some_and(|at| at <= now) {
                warn("expired", "the article has expired and is not served", "Remove it, or set a later `expires_at`.");
            }
            if head.review_by.is_some_and(|at| at <= now) {
                warn(
                    "review-due",
                    "the article should have been reviewed by now",
                    "Review it and set a later `review_by`.",
                );
            }
            if let (Some(from), Some(to)) = (head.publish_at, head.expires_at)
                && from >= to
            {
                warn(
                    "never-served",
                    "the article expires before it is published",
                    "Correct `publish_at` or `expires_at`.",
                );
            }
        }
    }

    /// Portals that show nobody anything.
    fn absences(&mut self) {
        if self.heads().all(|head| head.audience == Audience::Hidden) {
            let what = format!("no article of this portal can be seen by anybody ({} are hidden)", self.articles.len());
            let mend = "Set `default_audience = \"public\"` in portal.toml, or give articles an `audience`.";
            self.problems.push(Problem::warning(
                format!("{}/portal.toml", self.portal.id),
                None,
                "nothing-visible",
                what,
                mend,
            ));
        }
    }

    fn heads(&self) -> impl Iterator<Item = &'a Head> + use<'a> {
        self.articles.iter().map(|article| &article.head)
    }

    fn file(&self, head: &Head) -> String {
        format!("{}/articles/{}", self.portal.id, head.path)
    }
}
