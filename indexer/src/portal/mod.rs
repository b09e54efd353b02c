//! `portal.toml`: what a portal is called, who uses it, and how its files are to be read.

mod beside_figures;
mod read;
mod values;

pub use beside_figures::{Annotation, TicketCost};

use crate::audience::{Audience, Vocabulary};
use crate::language::Language;
use crate::problem::Problem;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A portal as its `portal.toml` describes it. Holds no secret and no host: those are the operator's.
///
/// ```toml
#[doc = include_str!("example.toml")]
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Portal {
    /// Name of its folder under the content root; the `{portal}` of every address.
    pub id: String,
    /// Name shown to people.
    pub name: String,
    /// Languages it is written in; the first is the default.
    pub languages: Vec<Language>,
    /// Roles that its viewers may hold and audiences may name.
    pub roles: Vec<Role>,
    /// Attributes that audiences may name → the values allowed, empty = any.
    pub attributes: BTreeMap<String, BTreeSet<String>>,
    /// Tasks in the order in which they are shown; [`Task::audience`] says to whom.
    pub tasks: Vec<Task>,
    /// Extra fields of the ticket form.
    pub ticket_fields: Vec<TicketField>,
    /// Front-matter keys that may be filtered on and are shown (`kind`, `tags` and `category` need no naming here).
    pub facets: Vec<String>,
    /// Roles whose visits are left out of every figure.
    pub staff_roles: BTreeSet<String>,
    /// IANA name; days of reports are days there. `UTC` by default.
    pub time_zone: String,
    /// Audience of articles that name none; without it they are hidden.
    pub default_audience: Option<Audience>,
    /// Whether what people typed may be stored (`queries = "keep"`, the default, or `"none"`).
    pub keep_queries: bool,
    /// A site's own front-matter keys read as ours.
    pub mapping: Mapping,
    /// Whether raw HTML in articles is shown (cleaned) and searched; otherwise it is left out.
    pub allow_html: bool,
    /// What breaks ties between answers.
    pub boost: Boost,
    /// The experiment that holds suggestions back from some people who write tickets.
    pub holdout: Option<Experiment>,
    /// Days that may explain changes of figures, in order of time.
    pub annotations: Vec<Annotation>,
    /// What it costs to answer a ticket.
    pub ticket_cost: Option<TicketCost>,
    /// `#rrggbb` of the accent colour, and the colour scheme.
    pub theme: Theme,
    /// blake3 of the file's bytes: a change of it re-reads every article.
    pub digest: [u8; 32],
}

/// A role of a portal, with the words shown to people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Role {
    /// Name in tokens and audiences.
    pub name: String,
    /// Name shown.
    pub title: String,
}

/// One of the tasks on a portal's first page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Task {
    /// The customer's words, by language.
    pub title: BTreeMap<String, String>,
    /// Where it leads.
    pub target: TaskTarget,
    /// Who sees it.
    #[serde(skip)]
    pub audience: Audience,
    /// Pages on whose contextual help it stands: path prefixes; empty = only the first page.
    pub contexts: Vec<String>,
}

/// Where a task leads.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskTarget {
    /// An article, by slug; the task is not shown to a viewer who may not see that article.
    Article(String),
    /// A search.
    Search(String),
    /// The ticket form.
    Ticket,
    /// A path on the portal's own site, such as `/billing`.
    Path(String),
}

/// An extra field of the ticket form.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TicketField {
    /// Name in the API.
    pub name: String,
    /// Label, by language.
    pub label: BTreeMap<String, String>,
    /// Choices; empty = free text.
    pub options: Vec<String>,
    /// Whether a ticket needs it.
    pub required: bool,
}

/// How a site's own front-matter keys are read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mapping {
    /// Their key → ours, such as `content_type` → `kind`.
    pub keys: BTreeMap<String, String>,
    /// Their key → value → audience, such as `role` → `Admin` → roles: admin. Several values of a key widen (any of them).
    pub audiences: BTreeMap<String, BTreeMap<String, Audience>>,
}

/// Weights of what breaks ties between articles that answer a query about equally well.
#[derive(Clone, Debug, PartialEq)]
pub struct Boost {
    /// Kind of article → factor, 0.5 to 2; others have 1.
    pub kinds: BTreeMap<String, f32>,
    /// What newness adds at most, as a share of the score: 0 to 0.2.
    pub recency: f32,
    /// What visitors' votes add or take at most, as a share of the score: 0 to 0.2.
    pub helpfulness: f32,
}

/// An experiment on the ticket form. With another name or share it is another experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Experiment {
    /// Its name: ASCII letters, digits and hyphens.
    pub name: String,
    /// People in a thousand who get no suggestions, 1 to 500.
    pub per_mille: u16,
}

/// How the pages look.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Theme {
    /// Accent colour, `#rrggbb`.
    pub accent: Option<String>,
    /// `light`, `dark` or `auto`.
    pub scheme: Option<String>,
}

impl Default for Boost {
    /// What a portal has that says nothing of it.
    fn default() -> Self {
        Self { kinds: BTreeMap::new(), recency: 0.02, helpfulness: 0.05 }
    }
}

impl Boost {
    /// No tie-breaker at all.
    pub fn none() -> Self {
        Self { kinds: BTreeMap::new(), recency: 0.0, helpfulness: 0.0 }
    }
}

impl Portal {
    /// Reads a `portal.toml`. What cannot be read is left out (never widened) and named in the problems; `None` only when the
    /// file is not TOML or lacks a name: such a portal is not served.
    pub fn parse(id: &str, text: &str) -> (Option<Self>, Vec<Problem>) {
        read::portal(id, text)
    }

    /// The time zone whose days are the portal's.
    pub fn zone(&self) -> TimeZone {
        // The name was looked up when the portal was read.
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Digest over what changes how articles are read (roles, attributes, languages, facets, default audience, mapping, raw HTML,
    /// time zone): while it stays the same, a change of `portal.toml` re-reads nothing.
    pub fn reading_digest(&self) -> [u8; 32] {
        let roles: BTreeSet<&str> = self.roles.iter().map(|role| role.name.as_str()).collect();
        let reading = (
            (roles, &self.attributes, &self.languages, &self.facets),
            (&self.default_audience, &self.mapping.keys, &self.mapping.audiences, self.allow_html, &self.time_zone),
        );
        let mut hasher = blake3::Hasher::new();
        serde_json::to_writer(&mut hasher, &reading)
            .expect("sets and maps of strings are JSON, and a hasher takes every byte");
        *hasher.finalize().as_bytes()
    }

    /// The names that audiences of this portal may use.
    pub(crate) fn vocabulary(&self) -> Vocabulary<'_> {
        Vocabulary { roles: self.roles.iter().map(|role| role.name.as_str()).collect(), attributes: &self.attributes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXAMPLE: &str = include_str!("example.toml");

    fn roles(names: &[&str]) -> Audience {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Audience::Restricted(BTreeMap::from([("roles".to_owned(), names)]))
    }

    fn what(text: &str) -> Vec<(Option<u32>, String)> {
        let (_, problems) = Portal::parse("acme", text);
        problems.into_iter().map(|problem| (problem.line, problem.what)).collect()
    }

    #[test]
    fn the_documented_example_is_read_in_full() {
        let (portal, problems) = Portal::parse("acme", EXAMPLE);
        assert_eq!(problems, []);
        let portal = portal.unwrap();
        assert_eq!((portal.id.as_str(), portal.name.as_str()), ("acme", "Acme Benefits"));
        assert_eq!(portal.languages.iter().map(Language::as_str).collect::<Vec<_>>(), ["en", "es"]);
        assert_eq!(portal.time_zone, "America/Chicago");
        assert_eq!(portal.default_audience, Some(Audience::Public));
        assert!(portal.keep_queries && !portal.allow_html);
        assert_eq!(portal.holdout, Some(Experiment { name: "spring-2026".into(), per_mille: 100 }));
        assert_eq!((portal.annotations.len(), portal.ticket_cost.map(|cost| cost.amount)), (1, Some(12.5)));
        assert_eq!(portal.staff_roles, BTreeSet::from(["support".to_owned()]));
        assert_eq!(portal.facets, ["product", "version"]);
        assert_eq!(portal.theme, Theme { accent: Some("#0b5fff".into()), scheme: Some("auto".into()) });
        assert_eq!((portal.boost.recency, portal.boost.helpfulness, portal.boost.kinds["tutorial"]), (0.02, 0.05, 1.1));
        assert_eq!(portal.roles[0], Role { name: "hr-admin".into(), title: "HR administrator".into() });
        assert_eq!(portal.attributes["tier"], BTreeSet::from(["gold".to_owned(), "silver".to_owned()]));
        assert_eq!(portal.attributes["account"], BTreeSet::new());
        assert_eq!(portal.tasks[0].title["es"], "Añadir a un empleado");
        assert_eq!(portal.tasks[0].target, TaskTarget::Article("add-employee".into()));
        assert_eq!((&portal.tasks[0].audience, &portal.tasks[1].audience), (&roles(&["hr-admin"]), &Audience::Public));
        assert_eq!(portal.tasks[1].title["en"], "Ask us");
        assert_eq!((&portal.tasks[1].target, portal.tasks.len()), (&TaskTarget::Ticket, 2));
        assert_eq!(portal.ticket_fields[0].options, ["Payroll", "Benefits"]);
        assert_eq!(portal.mapping.keys["content_type"], "kind");
        assert_eq!(portal.mapping.audiences["role"]["Admin"], roles(&["hr-admin"]));
        assert_eq!(portal.mapping.audiences["role"]["User"], Audience::Public);
    }

    #[test]
    fn a_portal_without_a_name_or_of_broken_toml_is_not_served() {
        for text in ["languages = [\"en\"]", "name = \"\"", "name = [", "name = 1\nname = 2"] {
            let (portal, problems) = Portal::parse("acme", text);
            assert_eq!((portal, problems.len()), (None, 1), "{text}");
        }
        assert_eq!(Portal::parse("Not An Id", "name = \"A\"").0, None);
    }

    #[test]
    fn unknown_keys_are_warned_about_with_the_nearest_known_one() {
        let (portal, problems) = Portal::parse("acme", "name = \"A\"\n\nlangauges = [\"de\"]\n[theme]\ncolour = 1\n");
        assert!(portal.is_some());
        assert_eq!((problems[0].line, problems[0].severity), (Some(3), crate::problem::Severity::Warning));
        assert!(problems[0].mend.contains("`languages`"), "{}", problems[0].mend);
        assert_eq!(problems[1].line, Some(5));
    }

    #[test]
    fn what_cannot_be_read_narrows_and_never_widens() {
        let text = "name = \"A\"\ndefault_audience = { role = \"x\" }\nqueries = \"nothing\"\nallow_html = \"yes please\"\n\
            [[tasks]]\ntitle = \"T\"\nticket = true\naudience = { roles = [\"x\"] }\n\
            [mapping.audiences.role]\nAdmin = { roles = [\"x\"] }\n";
        let (portal, problems) = Portal::parse("acme", text);
        let portal = portal.unwrap();
        assert_eq!((portal.default_audience, portal.keep_queries, portal.allow_html), (None, false, false));
        assert_eq!(portal.tasks, []);
        assert_eq!(portal.mapping.audiences["role"]["Admin"], Audience::Hidden);
        assert_eq!(problems.len(), 5, "{problems:?}");
    }

    #[test]
    fn a_holdout_without_a_valid_share_or_name_holds_nobody_out() {
        let read = |table: &str| Portal::parse("a", &format!("name = \"A\"\n[holdout]\n{table}\n"));
        assert_eq!(read("experiment = \"e\"\nshare = 0").0.unwrap().holdout, None);
        for wrong in ["share = 0.1", "experiment = \"e\"\nshare = 0.9", "experiment = \"a b\"\nshare = 0.1"] {
            let (portal, problems) = read(wrong);
            assert_eq!((portal.unwrap().holdout, problems.len()), (None, 1), "{wrong}: {problems:?}");
        }
    }

    #[test]
    fn a_boost_beyond_its_bounds_has_no_effect() {
        let text = "name = \"A\"\n[boost]\nrecency = 3\nhelpfulness = \"much\"\n[boost.kind]\nfaq = 0.1\nguide = 1.5\n";
        let (portal, problems) = Portal::parse("acme", text);
        let kinds = BTreeMap::from([("guide".to_owned(), 1.5)]);
        assert_eq!(portal.unwrap().boost, Boost { kinds, ..Boost::default() });
        assert_eq!(problems.iter().map(|problem| problem.line).collect::<Vec<_>>(), [Some(3), Some(4), Some(6)]);
    }

    #[test]
    fn reserved_and_repeated_names_are_refused() {
        let text = "name = \"A\"\nfacets = [\"audience\"]\n[[roles]]\nname = \"signpost:editor\"\n[[roles]]\nname = \"a\"\n\
            [[roles]]\nname = \"a\"\n[attributes]\nroles = [\"a\"]\n";
        let (portal, problems) = Portal::parse("acme", text);
        let portal = portal.unwrap();
        assert_eq!((portal.roles.len(), portal.attributes.len(), portal.facets.len()), (1, 0, 0));
        assert_eq!(problems.len(), 4, "{problems:?}");
    }

    #[test]
    fn a_task_leads_to_exactly_one_place() {
        let task = |target: &str| what(&format!("name = \"A\"\n[[tasks]]\ntitle = \"T\"\n{target}\n")).len();
        assert_eq!(task("article = \"a\"\nsearch = \"b\""), 1);
        assert_eq!(task(""), 1);
        assert_eq!(task("path = \"//evil.example\""), 1);
        assert_eq!(task("path = \"javascript:alert(1)\""), 1);
        assert_eq!(task("path = \"/billing\""), 0);
    }

    #[test]
    fn cosmetic_changes_keep_the_reading_digest() {
        let digest = |text: &str| Portal::parse("acme", text).0.unwrap().reading_digest();
        let example = digest(EXAMPLE);
        assert_eq!(example, digest(&EXAMPLE.replace("#0b5fff", "#ff0000").replace("Acme Benefits", "Other")));
        for (from, to) in [
            ("facets = [\"product\", \"version\"]", "facets = [\"product\"]"),
            ("default_audience = \"public\"", "default_audience = \"hidden\""),
            ("allow_html = false", "allow_html = true"),
            ("\"User\" = \"public\"", "\"User\" = \"hidden\""),
            ("[\"gold\", \"silver\"]", "[\"gold\"]"),
            ("America/Chicago", "Europe/Berlin"),
        ] {
            assert!(EXAMPLE.contains(from), "{from}");
            assert_ne!(example, digest(&EXAMPLE.replace(from, to)), "{from}");
        }
    }
}
