//! The tree of a `portal.toml` to a portal: what cannot be read is left out and named.

use super::values::{Entries, Reader, get};
use super::{
    Annotation, Boost, Experiment, Mapping, Portal, Role, Task, TaskTarget, Theme, TicketCost, TicketField,
    beside_figures,
};
use crate::audience::{Audience, ROLES, Vocabulary};
use crate::language::Language;
use crate::problem::{Findings, Problem};
use crate::tree::{self, Node};
use std::collections::{BTreeMap, BTreeSet};

/// Prefix of roles that belong to Signpost itself: no portal may define one.
const RESERVED: &str = "signpost:";

/// See [`Portal::parse`].
pub(super) fn portal(id: &str, text: &str) -> (Option<Portal>, Vec<Problem>) {
    let mut reader = Reader(Findings::of(format!("{id}/portal.toml")));
    let portal = reader.portal(id, text);
    (portal, reader.0.list)
}

impl Reader {
    fn portal(&mut self, id: &str, text: &str) -> Option<Portal> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if id.is_empty() || id.len() > 64 || id.starts_with('-') || !id.bytes().all(plain) {
            self.error(
                None,
                "portal-name",
                format!("`{id}` cannot be a portal: its folder's name stands in every address"),
                "Name the folder with lower-case letters, digits and hyphens.",
            );
            return None;
        }
        let root = match tree::toml(text) {
            Ok(root) => root,
            Err(error) => {
                let what = format!("this is not TOML: {}", error.what);
                self.error(error.line, "portal-syntax", what, "Mend the line; until then this portal is not served.");
                return None;
            }
        };
        let entries = root.table().unwrap_or_default();
        let name = get(entries, "name").and_then(Node::text).filter(|name| !name.is_empty()).map(str::to_owned);
        let Some(name) = name else {
            self.error(
                None,
                "portal-name",
                "the portal has no `name`",
                "Add `name = \"…\"`; until then it is not served.",
            );
            return None;
        };
        self.known(entries, &KEYS);

        let languages = self.languages(entries);
        let roles = self.roles(entries);
        let attributes = self.attributes(entries);
        let vocabulary =
            Vocabulary { roles: roles.iter().map(|role| role.name.as_str()).collect(), attributes: &attributes };
        let default_audience = get(entries, "default_audience").and_then(|node| self.audience(&vocabulary, node));
        let tasks = self.tasks(entries, &vocabulary, &languages[0]);
        let mapping = self.mapping(entries, &vocabulary);
        let staff_roles = self.strings(entries, "staff_roles").into_iter().collect();
        self.undefined_staff(&staff_roles, &vocabulary, entries);
        Some(Portal {
            id: id.to_owned(),
            name,
            default_audience,
            tasks,
            mapping,
            staff_roles,
            ticket_fields: self.ticket_fields(entries, &languages[0]),
            facets: self.facets(entries),
            time_zone: self.time_zone(entries),
            keep_queries: self.keep_queries(entries),
            allow_html: self.truth(entries, "allow_html").unwrap_or(false),
            boost: self.boost(entries),
            holdout: self.holdout(entries),
            annotations: self.annotations(entries),
            ticket_cost: self.ticket_cost(entries),
            theme: self.theme(entries),
            languages,
            roles,
            attributes,
            digest: *blake3::hash(text.as_bytes()).as_bytes(),
        })
    }

    fn languages(&mut self, entries: Entries) -> Vec<Language> {
        let mut languages = Vec::new();
        for tag in self.strings(entries, "languages") {
            match Language::parse(&tag) {
                Some(language) if languages.contains(&language) => {}
                Some(language) => languages.push(language),
                None => self.invalid(
                    entries,
                    "languages",
                    format!("`{tag}` is not a language"),
                    "Write tags such as `en` or `pt-br`.",
                ),
            }
        }
        if languages.is_empty() {
            languages.extend(Language::parse("en"));
        }
        languages
    }

    fn roles(&mut self, entries: Entries) -> Vec<Role> {
        let mut roles: Vec<Role> = Vec::new();
        for (line, table) in self.tables(entries, "roles") {
            self.known(table, &["name", "title"]);
            let name = get(table, "name").and_then(Node::text).unwrap_or_default();
            let problem = if name.is_empty() {
                Some(("a role has no `name`".to_owned(), "Add one."))
            } else if name.starts_with(RESERVED) {
                Some((
                    format!("`{name}` is a role of Signpost itself"),
                    "Choose a name without the prefix `signpost:`.",
                ))
            } else if roles.iter().any(|role| role.name == name) {
                Some((format!("the role `{name}` is defined twice"), "Remove one of them."))
            } else {
                None
            };
            match problem {
                Some((what, mend)) => self.error(Some(line), "portal-role", what, mend),
                None => {
                    let title = get(table, "title").and_then(Node::text).unwrap_or(name);
                    roles.push(Role { name: name.to_owned(), title: title.to_owned() });
                }
            }
        }
        roles
    }

    fn attributes(&mut self, entries: Entries) -> BTreeMap<String, BTreeSet<String>> {
        let mut attributes = BTreeMap::new();
        for (key, node) in self.table(entries, "attributes") {
            match node.scalars() {
                _ if key.name == ROLES || key.name.starts_with(RESERVED) => {
                    let what = format!("`{}` cannot be an attribute", key.name);
                    self.error(
                        Some(key.line),
                        "portal-attribute",
                        what,
                        "Roles are defined by [[roles]]; choose another name.",
                    );
                }
                Some(values) => {
                    attributes.insert(key.name.clone(), values.into_iter().map(str::to_owned).collect());
                }
                None => {
                    let what = format!("the values of `{}` are not a list of text", key.name);
                    self.error(
                        Some(key.line),
                        "portal-attribute",
                        what,
                        "Write a list; an empty one allows any value.",
                    );
                }
            }
        }
        attributes
    }

    fn audience(&mut self, vocabulary: &Vocabulary, node: &Node) -> Option<Audience> {
        vocabulary.read(node).map_err(|error| self.error(Some(error.line), "audience", error.what, error.mend)).ok()
    }

    fn tasks(&mut self, entries: Entries, vocabulary: &Vocabulary, language: &Language) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (line, table) in self.tables(entries, "tasks") {
            self.known(table, &["title", "article", "search", "ticket", "path", "audience", "contexts"]);
            let title = self.by_language(get(table, "title"), language);
            let target = self.target(line, table);
            let audience = match get(table, "audience") {
                Some(node) => self.audience(vocabulary, node),
                None => Some(Audience::Public),
            };
            let contexts = self.strings(table, "contexts");
            if title.is_empty() {
                self.error(
                    Some(line),
                    "portal-task",
                    "a task has no `title`",
                    "Add one, such as `title = \"Pay a bill\"`.",
                );
            } else if let (Some(target), Some(audience)) = (target, audience) {
                tasks.push(Task { title, target, audience, contexts });
            }
        }
        tasks
    }

    fn target(&mut self, line: u32, table: Entries) -> Option<TaskTarget> {
        let text = |key| get(table, key).and_then(Node::text).filter(|text| !text.is_empty()).map(str::to_owned);
        let mut targets: Vec<TaskTarget> = text("article").map(TaskTarget::Article).into_iter().collect();
        targets.extend(text("search").map(TaskTarget::Search));
        targets.extend(get(table, "ticket").and_then(Node::truth).unwrap_or(false).then_some(TaskTarget::Ticket));
        targets.extend(text("path").map(TaskTarget::Path));
        match <[TaskTarget; 1]>::try_from(targets) {
            Ok([TaskTarget::Path(path)]) if !is_local_path(&path) => {
                let mend = "Begin it with one slash, such as `/billing`.";
                self.error(Some(line), "portal-task", format!("`{path}` is not a path of the portal's own site"), mend);
                None
            }
            Ok([target]) => Some(target),
            Err(_) => {
                let mend = "Give it exactly one of `article`, `search`, `ticket = true` and `path`.";
                self.error(Some(line), "portal-task", "a task must lead to one place", mend);
                None
            }
        }
    }

    fn ticket_fields(&mut self, entries: Entries, language: &Language) -> Vec<TicketField> {
        let mut fields: Vec<TicketField> = Vec::new();
        for (line, table) in self.tables(entries, "ticket_fields") {
            self.known(table, &["name", "label", "options", "required"]);
            let name = get(table, "name").and_then(Node::text).unwrap_or_default();
            let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
            if name.is_empty() || !name.bytes().all(plain) || fields.iter().any(|field| field.name == name) {
                let mend = "Give each field a `name` of its own: letters, digits, hyphens and underscores.";
                self.error(Some(line), "portal-ticket-field", format!("`{name}` cannot name a ticket field"), mend);
                continue;
            }
            let mut label = self.by_language(get(table, "label"), language);
            if label.is_empty() {
                label.insert(language.as_str().to_owned(), name.to_owned());
            }
            let required = self.truth(table, "required").unwrap_or(false);
            fields.push(TicketField {
                name: name.to_owned(),
                label,
                options: self.strings(table, "options"),
                required,
            });
        }
        fields
    }

    fn facets(&mut self, entries: Entries) -> Vec<String> {
        let mut facets = self.strings(entries, "facets");
        facets.retain(|facet| {
            let refused = crate::metadata::KNOWN.contains(&facet.as_str());
            if refused {
                let what = format!("`{facet}` is one of Signpost's own keys and cannot be a facet");
                self.invalid(
                    entries,
                    "facets",
                    what,
                    "Remove it: kind, tags, category and language need no naming here.",
                );
            }
            !refused
        });
        facets
    }

    fn mapping(&mut self, entries: Entries, vocabulary: &Vocabulary) -> Mapping {
        let table = self.table(entries, "mapping");
        self.known(table, &["keys", "audiences"]);
        let mut mapping = Mapping::default();
        for (key, node) in self.table(table, "keys") {
            match node.text().filter(|ours| crate::metadata::KNOWN.contains(ours)) {
                Some(ours) => drop(mapping.keys.insert(key.name.clone(), ours.to_owned())),
                None => {
                    let what = format!("`{}` is mapped to a key that Signpost does not know", key.name);
                    let mend = format!("Map it to one of {}.", crate::metadata::KNOWN.join(", "));
                    self.error(Some(key.line), "portal-mapping", what, mend);
                }
            }
        }
        for (key, node) in self.table(table, "audiences") {
            let mut values = BTreeMap::new();
            for (value, node) in node.table().unwrap_or_default() {
                // A value whose audience cannot be read must not fall to a wider one.
                let audience = self.audience(vocabulary, node).unwrap_or(Audience::Hidden);
                values.insert(value.name.clone(), audience);
            }
            if values.is_empty() {
                let what = format!("the mapping of `{}` names no value", key.name);
                self.error(
                    Some(key.line),
                    "portal-mapping",
                    what,
                    "Give it entries such as `\"Admin\" = { roles = [\"admin\"] }`.",
                );
            }
            mapping.audiences.insert(key.name.clone(), values);
        }
        mapping
    }

    fn time_zone(&mut self, entries: Entries) -> String {
        let name = get(entries, "time_zone").map_or(Some("UTC"), Node::text).unwrap_or_default();
        if name == "UTC" || jiff::tz::TimeZone::get(name).is_ok() {
            return name.to_owned();
        }
        let what = format!("`{name}` is not a time zone known here; UTC is used");
        self.invalid(
            entries,
            "time_zone",
            what,
            "Write an IANA name such as `Europe/Berlin`, and install the system's tzdata.",
        );
        "UTC".to_owned()
    }

    fn keep_queries(&mut self, entries: Entries) -> bool {
        match get(entries, "queries").map(Node::text) {
            None | Some(Some("keep")) => true,
            Some(Some("none")) => false,
            Some(_) => {
                let what = "`queries` is neither \"keep\" nor \"none\"; nothing that people type is stored";
                self.invalid(entries, "queries", what, "Write one of the two.");
                false
            }
        }
    }

    fn boost(&mut self, entries: Entries) -> Boost {
        let table = self.table(entries, "boost");
        self.known(table, &["kind", "recency", "helpfulness"]);
        let mut boost = Boost::default();
        for (key, weight) in [("recency", &mut boost.recency), ("helpfulness", &mut boost.helpfulness)] {
            if let Some(node) = get(table, key) {
                *weight = self.number(key, node, 0.0..=0.2).unwrap_or(*weight);
            }
        }
        for (kind, node) in self.table(table, "kind") {
            let factor = self.number(&kind.name, node, 0.5..=2.0);
            boost.kinds.extend(factor.map(|factor| (kind.name.clone(), factor)));
        }
        boost
    }

    /// Without a valid name and share above 0 nobody is held out: that is also how an experiment is stopped.
    fn holdout(&mut self, entries: Entries) -> Option<Experiment> {
        let table = self.table(entries, "holdout");
        self.known(table, &["experiment", "share"]);
        let share = get(table, "share").and_then(|node| self.number("share", node, 0.0..=0.5))?;
        let is_name = |name: &&str| {
            (1..=64).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let Some(name) = get(table, "experiment").and_then(Node::text).filter(is_name) else {
            let what = "the holdout has no experiment of a valid name";
            self.invalid(table, "experiment", what, "Name it with letters, digits and hyphens, such as `spring-2026`.");
            return None;
        };
        let per_mille = (share * 1000.0).round() as u16;
        (per_mille > 0).then(|| Experiment { name: name.to_owned(), per_mille })
    }

    fn annotations(&mut self, entries: Entries) -> Vec<Annotation> {
        let mut annotations = Vec::new();
        for (line, table) in self.tables(entries, "annotations") {
            self.known(table, &["date", "text"]);
            annotations.extend(beside_figures::annotation(line, table, &mut self.0));
        }
        annotations.sort();
        annotations
    }

    fn ticket_cost(&mut self, entries: Entries) -> Option<TicketCost> {
        let table = self.table(entries, "ticket_cost");
        self.known(table, &["amount", "currency"]);
        beside_figures::ticket_cost(table, &mut self.0)
    }

    fn theme(&mut self, entries: Entries) -> Theme {
        let table = self.table(entries, "theme");
        self.known(table, &["accent", "scheme"]);
        let is_colour =
            |text: &&str| text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit());
        let accent = get(table, "accent").and_then(Node::text).filter(is_colour).map(str::to_owned);
        let scheme = get(table, "scheme").and_then(Node::text).filter(|text| ["light", "dark", "auto"].contains(text));
        let scheme = scheme.map(str::to_owned);
        if accent.is_none() && get(table, "accent").is_some() {
            self.invalid(table, "accent", "the accent is not a colour", "Write it as `#rrggbb`.");
        }
        if scheme.is_none() && get(table, "scheme").is_some() {
            self.invalid(table, "scheme", "there is no such colour scheme", "Write `light`, `dark` or `auto`.");
        }
        Theme { accent, scheme }
    }

    fn undefined_staff(&mut self, staff: &BTreeSet<String>, vocabulary: &Vocabulary, entries: Entries) {
        for role in staff.iter().filter(|role| !vocabulary.roles.contains(role.as_str())) {
            let what = format!("the staff role `{role}` is not defined");
            self.invalid(entries, "staff_roles", what, "Define it under [[roles]], or remove it.");
        }
    }
}

/// Keys of the file's root.
const KEYS: [&str; 18] = [
    "name",
    "languages",
    "time_zone",
    "default_audience",
    "queries",
    "staff_roles",
    "facets",
    "allow_html",
    "boost",
    "holdout",
    "annotations",
    "ticket_cost",
    "theme",
    "roles",
    "attributes",
    "tasks",
    "ticket_fields",
    "mapping",
];

/// Says whether a browser would stay on the portal's own site.
fn is_local_path(path: &str) -> bool {
    path.starts_with('/') && !path.starts_with("//") && !path.contains('\\') && !path.chars().any(char::is_control)
}
