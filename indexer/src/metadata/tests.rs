//! Front matter in every spelling: what is read, what hides, what is named.

use super::*;
use crate::audience::Attributes;
use crate::front_matter;
use crate::problem::Problem;

const PORTAL: &str = r#"
name = "A"
languages = ["en", "de"]
default_audience = "public"
facets = ["product", "area.label"]
[[roles]]
name = "admin"
[[roles]]
name = "member"
[attributes]
tier = []
[mapping.keys]
content_type = "kind"
hide = "draft"
[mapping.audiences.role]
Admin = { roles = ["admin"] }
User = { roles = ["member"] }
Everybody = "public"
Gold = { tier = ["gold"] }
[mapping.audiences."role_v2.label"]
Admin = { roles = ["admin"] }
User = { roles = ["admin", "member"] }
"#;

fn portal(text: &str) -> Portal {
    let (portal, problems) = Portal::parse("p", text);
    assert_eq!(problems, []);
    portal.unwrap()
}

fn read_in(portal: &Portal, yaml: &str) -> (Metadata, Vec<Problem>) {
    let text = format!("---\n{yaml}\n---\n");
    let mut findings = Findings::of("p/articles/a.md".to_owned());
    let metadata = read(portal, &front_matter::split(&text), &mut findings);
    (metadata, findings.list)
}

fn read_one(yaml: &str) -> (Metadata, Vec<Problem>) {
    read_in(&portal(PORTAL), yaml)
}

fn roles(names: &[&str]) -> Audience {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Audience::Restricted(Attributes::from([("roles".to_owned(), names)]))
}

/// The audience, and the rule and line of the one problem there may be.
fn check(yaml: &str, audience: Audience, problem: Option<(&str, u32)>) {
    let (metadata, problems) = read_one(yaml);
    assert_eq!(metadata.audience, audience, "{yaml}");
    let found: Vec<_> = problems.iter().map(|found| (found.rule, found.line.unwrap_or(0))).collect();
    assert_eq!(found, problem.into_iter().collect::<Vec<_>>(), "{yaml}: {problems:?}");
}

#[test]
fn audiences_are_read_mapped_or_the_portals_default() {
    check("audience: {roles: [admin]}", roles(&["admin"]), None);
    check("audience: hidden", Audience::Hidden, None);
    check("title: A", Audience::Public, None);
    check("role: Admin", roles(&["admin"]), None);
    check("Role: Admin, User", roles(&["admin", "member"]), None);
    check("role: [User, Everybody]", Audience::Public, None);
    check("audience: public\nrole: Admin", Audience::Public, None);
    check("role_v2:\n  - id: 1\n    label: Admin\n  - label: User", roles(&["admin", "member"]), None);
    check("role: Admin\nrole_v2: [{label: User}]", roles(&["admin"]), None);
}

#[test]
fn whatever_guards_and_cannot_be_read_hides() {
    let error = |line| Some(("audience", line));
    for (yaml, line) in [
        ("audience: {role: admin}", 2),
        ("audience:", 2),
        ("role: Admin, Root", 2),
        ("role:", 2),
        ("role: [Admin, Gold]", 2),
        ("role_v2: [{id: 7}]", 2),
        ("title: A\naudeince: public", 3),
        ("audiences: public", 2),
        ("roles: [admin]", 2),
        ("draft: perhaps", 2),
        ("hide: perhaps", 2),
        ("publish_at: soon", 2),
        ("expires_at: 31.12.2026", 2),
    ] {
        check(yaml, Audience::Hidden, error(line));
    }
    check("audience: public\naudience: hidden", Audience::Hidden, Some(("duplicate-key", 3)));
    check("title: A: b", Audience::Hidden, Some(("front-matter-syntax", 2)));
}

#[test]
fn an_article_without_audience_in_a_portal_without_default_is_hidden() {
    let (metadata, problems) = read_in(&portal("name = \"A\""), "title: A");
    assert_eq!((metadata.audience, problems[0].rule), (Audience::Hidden, "no-audience"));
    let (metadata, problems) = read_in(&portal("name = \"A\""), "audience: public");
    assert_eq!((metadata.audience, problems), (Audience::Public, vec![]));
}

#[test]
fn drafts_of_every_system_are_hidden_without_a_problem() {
    for yaml in ["draft: true", "published: False", "unlisted: true", "hide: yes"] {
        check(yaml, Audience::Hidden, None);
        assert!(read_one(yaml).0.draft);
    }
    check("draft: false\npublished: true", Audience::Public, None);
}

#[test]
fn every_known_key_is_read() {
    let (metadata, problems) = read_one(
        "title: ' A  b '\ndescription: c\nslug: d\nlanguage: de\nkind: faq\ntags: [x, y, x]\ncategory: A / B\ncontexts: [/billing]\n\
         aliases: old, older\nsynonyms: [s]\npin: [p q]\npublish_at: 2026-01-01\nexpires_at: 2026-01-02\nreview_by: 2026-01-03\n\
         updated_at: 2026-01-04T00:00:00Z\nproduct: [One, Two]\narea: [{label: L, id: 1}]\nauthor: {name: Z}",
    );
    assert_eq!(problems, []);
    let day = 86_400_000;
    let first = metadata.publish_at.unwrap();
    let times =
        [metadata.expires_at, metadata.review_by, metadata.updated_at].map(|time| (time.unwrap() - first) / day);
    assert_eq!((first, times), (1_767_225_600_000, [2, 2, 3]));
    assert_eq!((metadata.title.as_deref(), metadata.description.as_str()), (Some("A b"), "c"));
    assert_eq!((metadata.slug.as_deref(), metadata.kind.as_str()), (Some("d"), "faq"));
    assert_eq!(metadata.language.unwrap().as_str(), "de");
    assert_eq!((metadata.tags, metadata.category), (vec!["x".into(), "y".into()], vec!["A".into(), "B".into()]));
    assert_eq!((metadata.contexts, metadata.aliases), (vec!["/billing".into()], vec!["old".into(), "older".into()]));
    assert_eq!((metadata.synonyms, metadata.pins), (vec!["s".into()], vec!["p q".into()]));
    assert_eq!(metadata.facets["product"], ["One", "Two"]);
    assert_eq!(metadata.facets["area.label"], ["L"]);
    assert_eq!(metadata.extra["author"], serde_json::json!({"name": "Z"}));
}

#[test]
fn other_systems_spellings_are_read_and_ours_go_first() {
    let (metadata, problems) = read_one(
        "id: doc-id\nlastmod: 2026-01-02\ndate: 2026-01-01\nkeywords: a, b\ncategories: [X, Y]\ncontent_type: reference\n\
         publishDate: 2026-01-01\nsidebar_label: S\nweight: 3\nredirect_from: /old/page/",
    );
    assert_eq!(problems, []);
    assert_eq!((metadata.slug.as_deref(), metadata.kind.as_str()), (Some("doc-id"), "reference"));
    assert_eq!(metadata.updated_at, Some(1_767_312_000_000));
    assert!(metadata.publish_at.is_some());
    assert_eq!((metadata.synonyms, metadata.category), (vec!["a".into(), "b".into()], vec!["X".into()]));
    assert_eq!(metadata.extra["weight"], 3);
    assert_eq!(read_one("kind: faq\ncontent_type: reference").0.kind, "faq");
    assert_eq!(read_one("last_update: {date: 2026-01-01, author: a}").0.updated_at, Some(1_767_225_600_000));
}

#[test]
fn values_of_the_wrong_form_are_named_and_left_out() {
    let (metadata, problems) = read_one(
        "title: [a]\ntags: {a: b}\ncontexts: [billing]\nlanguage: '??'\nreview_by: x\nproduct: {a: b}\ntitel: x",
    );
    let lines: Vec<_> = problems.iter().map(|problem| problem.line.unwrap()).collect();
    assert_eq!(BTreeSet::from_iter(lines), BTreeSet::from([2, 3, 4, 5, 6, 7, 8]), "{problems:?}");
    assert_eq!((metadata.title, metadata.language, metadata.review_by), (None, None, None));
    assert!(metadata.tags.is_empty() && metadata.contexts.is_empty() && metadata.facets.is_empty());
    assert_eq!(metadata.audience, Audience::Public);
}
