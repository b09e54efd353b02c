//! What entries of both files mean, and that a bad one costs none of the others.

use super::*;
use crate::audience::{Attributes, ROLES};
use std::collections::BTreeSet;

fn portal() -> Portal {
    Portal::parse("p", "name = \"P\"\nlanguages = [\"en\", \"es\"]\n[[roles]]\nname = \"hr-admin\"\n").0.unwrap()
}

fn roles(name: &str) -> Audience {
    Audience::Restricted(Attributes::from([(ROLES.to_owned(), BTreeSet::from([name.to_owned()]))]))
}

/// Reads synonyms; (entries as `from > to`, problems as `line rule`).
fn synonyms(text: &str) -> (Vec<String>, Vec<String>) {
    let (steering, problems) = Steering::parse(&portal(), Some(text), None);
    let entry = |synonym: &Synonym| format!("{} > {}", synonym.from.join("|"), synonym.to.join("|"));
    (steering.synonyms.iter().map(entry).collect(), places(&problems))
}

/// Reads pins; (the first article of each, problems as `line rule`).
fn pins(text: &str) -> (Vec<String>, Vec<String>) {
    let (steering, problems) = Steering::parse(&portal(), None, Some(text));
    (steering.pins.iter().map(|pin| pin.articles[0].clone()).collect(), places(&problems))
}

fn places(problems: &[Problem]) -> Vec<String> {
    let line = |problem: &Problem| problem.line.map_or_else(|| "-".to_owned(), |line| line.to_string());
    problems.iter().map(|problem| format!("{} {}", line(problem), problem.rule)).collect()
}

#[test]
fn the_documented_examples_are_read_in_full() {
    let (synonyms, pins) = (include_str!("synonyms.example.yaml"), include_str!("pins.example.yaml"));
    let (steering, problems) = Steering::parse(&portal(), Some(synonyms), Some(pins));
    assert_eq!(problems, []);
    let [both, one] = &steering.synonyms[..] else { panic!("two entries") };
    assert_eq!((both.from.as_slice(), &both.from), (&["sign in", "log in", "login"].map(str::to_owned)[..], &both.to));
    assert_eq!((&one.from[..], one.to.len()), (&["PTO".to_owned()][..], 2));
    assert_eq!((one.language.as_ref().map(Language::as_str), &one.audience), (Some("en"), &roles("hr-admin")));
    let [whole, within] = &steering.pins[..] else { panic!("two entries") };
    assert_eq!((whole.queries.len(), whole.contains.len(), &whole.audience), (2, 0, &Audience::Public));
    assert_eq!((within.queries.len(), within.contains.len(), within.articles.len()), (0, 2, 2));
    let (from, until) = (within.from.unwrap(), within.until.unwrap());
    assert_eq!(until - from, 46 * 86_400_000, "the last day counts");
    assert!(!within.holds(from - 1) && within.holds(from) && within.holds(until - 1) && !within.holds(until));
}

#[test]
fn an_entry_that_is_no_yaml_is_named_by_its_line_and_the_others_keep_working() {
    let text = "# ours\n- words: [a, b]\n- words: [c, d\n- from: e\n  to: f\n\n- words: g: h\n- words: [i, j]\n";
    let (entries, problems) = synonyms(text);
    assert_eq!(entries, ["a|b > a|b", "e > f", "i|j > i|j"]);
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(problems[1].starts_with("7 "), "{problems:?}");
}

#[test]
fn an_entry_that_says_too_little_or_too_much_has_no_effect() {
    for (entry, line) in [
        ("words: [a]", 2),
        ("from: [a]", 2),
        ("words: [a, b]\n  to: c", 2),
        ("words: [a, b]\n  audince: public", 3),
        ("words: [a, b]\n  words: [c, d]", 3),
        ("words: [a, {b: c}]", 2),
        ("words: [a, b]\n  language: no language", 3),
        ("just text", 2),
    ] {
        let (entries, problems) = synonyms(&format!("- words: [x, y]\n- {entry}\n"));
        assert_eq!((entries.len(), problems), (1, vec![format!("{line} synonyms")]), "{entry}");
    }
    assert_eq!(synonyms("words: [a, b]\n").1, ["1 synonyms"]);
    assert_eq!(synonyms("").1, [""; 0]);
    assert_eq!(synonyms("# nothing yet\n").1, [""; 0]);
}

#[test]
fn a_pin_needs_queries_articles_and_dates_that_can_be_read() {
    for (entry, line) in [
        ("query: a", 3),
        ("articles: b", 3),
        ("query: '?!'\n  articles: b", 3),
        ("query: a\n  articles: b\n  from: soon", 5),
        ("query: a\n  articles: b\n  roles: [hr-admin]", 5),
    ] {
        let (entries, problems) = pins(&format!("- contains: x\n  articles: y\n- {entry}\n"));
        assert_eq!((entries, problems), (vec!["y".to_owned()], vec![format!("{line} pins")]), "{entry}");
    }
}

#[test]
fn an_audience_that_cannot_be_read_hides_the_entry() {
    let text = "- words: [a, b]\n  audience: {role: hr-admin}\n- words: [c, d]\n  audience: hr-admin\n";
    let (steering, problems) = Steering::parse(&portal(), Some(text), None);
    assert_eq!(places(&problems), ["2 audience", "4 audience"]);
    assert!(steering.synonyms.iter().all(|synonym| synonym.audience == Audience::Hidden));
}

#[test]
fn a_file_beyond_its_budget_is_refused_and_a_bomb_does_not_unfold() {
    let many = "- words: [a, b]\n".repeat(70_000);
    let (entries, problems) = synonyms(&many);
    assert_eq!((entries.len(), problems), (0, vec!["- synonyms".to_owned()]));
    assert_eq!(synonyms("- words: &a [x, y]\n- words: *a\n").0, [""; 0]);
    assert_eq!(synonyms(&"[".repeat(60_000)).0, [""; 0]);
}

#[test]
fn sheets_hold_what_is_in_time_by_audience() {
    let text = "- query: a\n  articles: one\n  until: 2026-05-31\n- query: b\n  articles: two\n  audience: {roles: hr-admin}\n\
                - query: c\n  articles: three\n  from: 2026-06-01\n";
    let (steering, problems) = Steering::parse(&portal(), None, Some(text));
    assert_eq!(problems, []);
    let border = 1_780_272_000_000; // 2026-06-01 00:00 UTC
    let held = |now| {
        let sheets = steering.sheets(now);
        let names = |sheet: &Sheet| sheet.pins.iter().map(|pin| pin.articles[0].clone()).collect::<Vec<_>>().join(" ");
        sheets.iter().map(|sheet| format!("{}: {}", sheet.audience.key(), names(sheet))).collect::<Vec<_>>()
    };
    assert!(held(border - 1)[0].ends_with("public: one"), "{:?}", held(border - 1));
    assert!(held(border)[0].ends_with("public: three"), "{:?}", held(border));
    assert_eq!((held(border).len(), steering.next_change(0), steering.next_change(border)), (2, Some(border), None));
}
