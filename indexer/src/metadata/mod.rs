//! Front-matter keys to an article's metadata, in the spellings of Docusaurus, MkDocs, Hugo and Jekyll too.

mod dotted;

use crate::audience::Audience;
use crate::front_matter::FrontMatter;
use crate::language::Language;
use crate::portal::Portal;
use crate::problem::Findings;
use crate::spelling::nearest;
use crate::time::{self, Edge};
use crate::tree::{Key, Node, Value};
use dotted::{facet_values, values_at};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

/// The keys that mean something to Signpost.
pub(crate) const KNOWN: [&str; 19] = [
    "title",
    "description",
    "slug",
    "audience",
    "language",
    "kind",
    "tags",
    "category",
    "contexts",
    "aliases",
    "synonyms",
    "pin",
    "tasks",
    "publish_at",
    "expires_at",
    "review_by",
    "updated_at",
    "draft",
    "roles",
];

/// Other systems' keys, in lower case → ours; where several are present, ours goes first, then the order of this list.
const SPELLINGS: [(&str, &str); 16] = [
    ("summary", "description"),
    ("id", "slug"),
    ("lang", "language"),
    ("locale", "language"),
    ("categories", "category"),
    ("redirect_from", "aliases"),
    ("keywords", "synonyms"),
    ("publishdate", "publish_at"),
    ("expirydate", "expires_at"),
    ("lastmod", "updated_at"),
    ("last_update", "updated_at"),
    ("last_updated", "updated_at"),
    ("last-update", "updated_at"),
    ("date", "updated_at"),
    ("published", "published"),
    ("unlisted", "unlisted"),
];

/// Keys whose unreadable value hides the article.
const GUARDING: [&str; 6] = ["audience", "draft", "published", "unlisted", "publish_at", "expires_at"];

/// What an article's front matter says; see [`crate::article::Head`] for the fields.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub title: Option<String>,
    pub description: String,
    pub slug: Option<String>,
    pub aliases: Vec<String>,
    pub audience: Audience,
    pub language: Option<Language>,
    pub kind: String,
    pub tags: Vec<String>,
    pub category: Vec<String>,
    pub synonyms: Vec<String>,
    pub pins: Vec<String>,
    pub contexts: Vec<String>,
    pub updated_at: Option<i64>,
    pub publish_at: Option<i64>,
    pub expires_at: Option<i64>,
    pub review_by: Option<i64>,
    pub draft: bool,
    pub facets: BTreeMap<String, Vec<String>>,
    pub extra: BTreeMap<String, serde_json::Value>,
}

/// Reads the front matter of one article. Whatever guards who may see it and cannot be read hides it.
pub(crate) fn read(portal: &Portal, front_matter: &FrontMatter<'_>, findings: &mut Findings) -> Metadata {
    let mut reader = Reader::of(portal, front_matter, findings);
    let time_zone = TimeZone::get(&portal.time_zone).unwrap_or(TimeZone::UTC);
    let audience = reader.audience();
    let draft = reader.draft();
    let publish_at = reader.time("publish_at", &time_zone, Edge::Start);
    let expires_at = reader.time("expires_at", &time_zone, Edge::End);
    Metadata {
        title: reader.text("title"),
        description: reader.text("description").unwrap_or_default(),
        slug: reader.text("slug"),
        aliases: reader.words("aliases"),
        language: reader.language(),
        kind: reader.text("kind").unwrap_or_else(|| "article".to_owned()),
        tags: reader.words("tags"),
        category: reader.category(),
        synonyms: reader.words("synonyms"),
        pins: reader.words("pin"),
        contexts: reader.contexts(),
        updated_at: reader.time("updated_at", &time_zone, Edge::Start),
        publish_at,
        expires_at,
        review_by: reader.time("review_by", &time_zone, Edge::Start),
        draft,
        facets: reader.facets(),
        extra: reader.extra(),
        audience: if reader.hidden || draft { Audience::Hidden } else { audience },
    }
}

/// One line without control characters, runs of space, or the marks that enclose links in rendered text.
pub(crate) fn one_line(text: &str) -> String {
    let plain = |c: char| !matches!(c, crate::markdown::LINK_OPEN | crate::markdown::LINK_CLOSE);
    let text: String = text.chars().filter(|c| plain(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

struct Reader<'a> {
    portal: &'a Portal,
    entries: &'a [(Key, Node)],
    /// Our key → (its key, its value), the first of each.
    ours: BTreeMap<&'static str, (&'a Key, &'a Node)>,
    /// Entries that are nobody's.
    unknown: Vec<(&'a Key, &'a Node)>,
    hidden: bool,
    findings: &'a mut Findings,
}

impl<'a> Reader<'a> {
    /// Sorts the entries; names repeated and mistyped keys.
    fn of(portal: &'a Portal, front_matter: &'a FrontMatter<'_>, findings: &'a mut Findings) -> Self {
        let entries = &front_matter.entries;
        let mut reader = Self { portal, entries, ours: BTreeMap::new(), unknown: Vec::new(), hidden: false, findings };
        if let Some(error) = &front_matter.error {
            let what = format!("the front matter cannot be read: {}", error.what);
            let mend =
                "Mend the line (quote a text that holds `: ` or begins with a sign); until then the article is hidden.";
            reader.findings.error(error.line, "front-matter-syntax", what, mend);
            reader.hidden = true;
        }
        let mut seen = BTreeMap::new();
        let mut ranked: Vec<(usize, &'static str, &Key, &Node)> = Vec::new();
        for (key, node) in entries {
            let name = key.name.to_lowercase();
            if let Some(line) = seen.insert(name.clone(), key.line) {
                let what = format!("`{}` is written twice (first in line {line})", key.name);
                reader.findings.error(Some(key.line), "duplicate-key", what, "Keep one; until then the first counts.");
                reader.hidden |= reader.guards(&key.name);
                seen.insert(name, line);
                continue;
            }
            match reader.meaning(&name) {
                Some((rank, ours)) => ranked.push((rank, ours, key, node)),
                None => {
                    reader.warn_of_slip(key);
                    reader.unknown.push((key, node));
                }
            }
        }
        ranked.sort_by_key(|(rank, ..)| *rank);
        for (_, ours, key, node) in ranked {
            reader.ours.entry(ours).or_insert((key, node));
        }
        reader
    }

    /// Which of our keys a name (in lower case) stands for, and its rank among the names that do.
    fn meaning(&self, name: &str) -> Option<(usize, &'static str)> {
        let known = |name: &str| KNOWN.iter().find(|known| **known == name).copied();
        let mapped = || {
            let (_, ours) = self.portal.mapping.keys.iter().find(|(theirs, _)| theirs.to_lowercase() == name)?;
            known(ours).map(|ours| (1, ours))
        };
        let spelled = || {
            let place = SPELLINGS.iter().position(|(theirs, _)| *theirs == name)?;
            Some((2 + place, SPELLINGS[place].1))
        };
        if name == "roles" || self.portal.facets.iter().any(|facet| facet.to_lowercase() == name) {
            return mapped();
        }
        known(name).map(|ours| (0, ours)).or_else(mapped).or_else(spelled)
    }

    /// Says whether a key decides who may see the article.
    fn guards(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.meaning(&name).is_some_and(|(_, ours)| GUARDING.contains(&ours))
            || self.portal.mapping.audiences.keys().any(|key| root(key).to_lowercase() == name)
    }

    /// Names a key that is probably another one mistyped; one that may have been meant to narrow the audience hides.
    fn warn_of_slip(&mut self, key: &Key) {
        let mapped: Vec<&str> = self.portal.mapping.audiences.keys().map(|key| root(key)).collect();
        let name = key.name.to_lowercase();
        if mapped.iter().any(|key| key.to_lowercase() == name) || self.portal.facets.iter().any(|f| root(f) == key.name)
        {
            return;
        }
        if name == "roles" || nearest(&name, ["audience"]).is_some() {
            let what =
                format!("`{}` is not a key that Signpost knows, and may be meant to narrow the audience", key.name);
            let mend = "Write `audience: {roles: [...]}`; until then the article is hidden.";
            self.findings.error(Some(key.line), "audience", what, mend);
            self.hidden = true;
        } else if name.len() > 3
            && let Some(meant) = nearest(&name, KNOWN.into_iter().filter(|known| *known != "roles"))
        {
            let what = format!("`{}` is not a key that Signpost knows", key.name);
            self.findings.warning(Some(key.line), "unknown-key", what, format!("Did you mean `{meant}`?"));
        }
    }

    fn audience(&mut self) -> Audience {
        if let Some((_, node)) = self.ours.get("audience") {
            return match self.portal.vocabulary().read(node) {
                Ok(audience) => audience,
                Err(error) => self.hide(error.line, error.what, error.mend),
            };
        }
        let mut found: Option<Audience> = None;
        for (key, values) in &self.portal.mapping.audiences {
            if let Some((line, written)) = values_at(self.entries, key) {
                let audience = self.mapped(key, line, written, values);
                found = Some(found.map_or(audience.clone(), |found| found.and(&audience)));
            }
        }
        match found.or_else(|| self.portal.default_audience.clone()) {
            Some(audience) => audience,
            // The cause is named already.
            None if self.hidden => Audience::Hidden,
            None => {
                let mend = "Add `audience: public` or requirements, or set `default_audience` in portal.toml.";
                self.findings.error(None, "no-audience", "the article names no audience, so nobody can see it", mend);
                Audience::Hidden
            }
        }
    }

    /// The audience of a site's own key: its values widen each other.
    fn mapped(
        &mut self,
        key: &str,
        line: u32,
        written: Option<Vec<String>>,
        known: &BTreeMap<String, Audience>,
    ) -> Audience {
        let written = written.unwrap_or_default();
        if written.is_empty() {
            let what = format!("`{key}` decides who may see the article, and holds no value that can be read");
            return self.hide(
                line,
                what,
                format!("Write one of {}.", known.keys().cloned().collect::<Vec<_>>().join(", ")),
            );
        }
        let mut found = Audience::Hidden;
        for value in &written {
            let Some(audience) = known.get(value) else {
                let what = format!("`{value}` is a value of `{key}` that portal.toml maps to no audience");
                return self.hide(line, what, format!("Map it under [mapping.audiences.{key}], or correct it."));
            };
            match found.or(audience) {
                Some(either) => found = either,
                None => {
                    let what = format!("the values of `{key}` lead to audiences that no list of requirements can join");
                    return self.hide(line, what, "Give the article an `audience` of its own.".to_owned());
                }
            }
        }
        found
    }

    fn hide(&mut self, line: u32, what: String, mend: String) -> Audience {
        self.findings.error(Some(line), "audience", what, format!("{mend} Until then the article is hidden."));
        self.hidden = true;
        Audience::Hidden
    }

    /// Also Jekyll's `published: false` and Docusaurus' `unlisted: true`.
    fn draft(&mut self) -> bool {
        let mut draft = false;
        for (ours, draft_when) in [("draft", true), ("unlisted", true), ("published", false)] {
            let Some((key, node)) = self.ours.get(ours).copied() else { continue };
            match node.truth() {
                Some(truth) => draft |= truth == draft_when,
                None => {
                    self.hide(
                        key.line,
                        format!("`{}` is neither true nor false", key.name),
                        "Write one of the two.".to_owned(),
                    );
                }
            }
        }
        draft
    }

    fn time(&mut self, ours: &'static str, time_zone: &TimeZone, edge: Edge) -> Option<i64> {
        let (key, node) = *self.ours.get(ours)?;
        // Docusaurus: `last_update: {date: …, author: …}`.
        let node = node
            .table()
            .and_then(|inner| inner.iter().find(|(key, _)| key.name == "date"))
            .map_or(node, |(_, date)| date);
        if node.is_null() {
            return None;
        }
        let read = node.text().and_then(|text| time::read(text, time_zone, edge));
        if read.is_none() {
            let what = format!("`{}` is not a date", key.name);
            let mend = "Write it as 2026-05-31 or 2026-05-31T09:00:00Z.";
            if GUARDING.contains(&ours) {
                self.hide(key.line, what, mend.to_owned());
            } else if ours == "updated_at" {
                self.findings.warning(Some(key.line), "date", what, mend);
            } else {
                self.findings.error(Some(key.line), "date", what, mend);
            }
        }
        read
    }

    fn text(&mut self, ours: &'static str) -> Option<String> {
        let (key, node) = *self.ours.get(ours)?;
        if node.is_null() {
            return None;
        }
        let text = node.text().map(one_line);
        if text.is_none() {
            self.findings.error(
                Some(key.line),
                "front-matter-value",
                format!("`{}` is not a text", key.name),
                "Write one text.",
            );
        }
        text.filter(|text| !text.is_empty())
    }

    fn words(&mut self, ours: &'static str) -> Vec<String> {
        let Some((key, node)) = self.ours.get(ours).copied() else { return Vec::new() };
        let words = node.words();
        if words.is_none() {
            let what = format!("`{}` is not a list of text", key.name);
            self.findings.error(Some(key.line), "front-matter-value", what, "Write a list such as `[one, two]`.");
        }
        let mut seen = BTreeSet::new();
        let words = words.unwrap_or_default();
        words.iter().map(|word| one_line(word)).filter(|word| !word.is_empty() && seen.insert(word.clone())).collect()
    }

    fn language(&mut self) -> Option<Language> {
        let tag = self.text("language")?;
        let line = self.ours.get("language").map(|(key, _)| key.line);
        let language = Language::parse(&tag);
        match &language {
            None => self.findings.error(
                line,
                "language",
                format!("`{tag}` is not a language"),
                "Write a tag such as `en` or `pt-br`.",
            ),
            Some(language) if !self.portal.languages.contains(language) => {
                let what = format!("the portal does not list the language `{tag}`");
                self.findings.warning(line, "language", what, "Add it to `languages` in portal.toml.");
            }
            Some(_) => {}
        }
        language
    }

    /// `A / B` or a list from the root; of Hugo's and Jekyll's `categories`, which are labels and no path, the first.
    fn category(&mut self) -> Vec<String> {
        let Some((key, node)) = self.ours.get("category").copied() else { return Vec::new() };
        let mut path = match &node.value {
            Value::Scalar { text, .. } => text.split('/').map(one_line).filter(|part| !part.is_empty()).collect(),
            _ => self.words("category"),
        };
        if key.name.to_lowercase() == "categories" {
            path.truncate(1);
        }
        path
    }

    fn contexts(&mut self) -> Vec<String> {
        let line = self.ours.get("contexts").map(|(key, _)| key.line);
        let mut contexts = self.words("contexts");
        contexts.retain(|context| {
            let is_path = context.starts_with('/');
            if !is_path {
                let what = format!("`{context}` is not a path of the customer's portal");
                self.findings.error(line, "front-matter-value", what, "Begin it with a slash, such as `/billing`.");
            }
            is_path
        });
        contexts
    }

    fn facets(&mut self) -> BTreeMap<String, Vec<String>> {
        let mut facets = BTreeMap::new();
        for facet in &self.portal.facets {
            let Some((line, values)) = facet_values(self.entries, facet) else { continue };
            match values {
                Some(values) => {
                    let mut values: Vec<String> =
                        values.iter().map(|value| one_line(value)).filter(|value| !value.is_empty()).collect();
                    values.dedup();
                    if !values.is_empty() {
                        facets.insert(facet.clone(), values);
                    }
                }
                None => {
                    let what = format!("the facet `{facet}` is not a text or a list of text");
                    self.findings.error(
                        Some(line),
                        "front-matter-value",
                        what,
                        "Write a text or a list such as `[one, two]`.",
                    );
                }
            }
        }
        facets
    }

    fn extra(&self) -> BTreeMap<String, serde_json::Value> {
        self.unknown.iter().map(|(key, node)| (key.name.clone(), node.json())).collect()
    }
}

/// First part of a dotted key.
fn root(key: &str) -> &str {
    key.split('.').next().unwrap_or(key)
}

#[cfg(test)]
mod tests;
