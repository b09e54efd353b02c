//! Groups as an analyst meets them: what is one, what it is called, what may be told of it, and what is wrong with it.

use super::cells::Place;
use super::rows::{Row, Table};
use super::topics::of_log;
use super::{Diagnosis, Findings, Label, Name, Week, Written, diagnose, effect, topics};
use crate::deflection::facts::Need;
use crate::deflection::log::{Event, Kind as EventKind};
use crate::deflection::question::{DAY, MINUTE, Stratum};
use crate::deflection::story::{Story, angle, browser, may};
use crate::deflection::visitors::Visitor;
use crate::deflection::{Question, Window, searches, weeks};
use indexer::language::Language;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const MINUTES_A_DAY: f64 = 24.0 * 60.0;

/// Visitors numbered from `first` who each ask a query on a day; the first `ticketed` of them then write a ticket.
pub fn ask(mut story: Story, day: f64, first: u8, texts: &[&str], ticketed: usize) -> Story {
    for (place, text) in texts.iter().enumerate() {
        let visitor = first + place as u8;
        let id = format!("d{day}v{visitor}");
        story = story.of(browser(visitor)).search(day * MINUTES_A_DAY, &id, text);
        if place < ticketed {
            story = story.ticket(&id, (day * DAY as f64) as i64 + MINUTE);
        }
    }
    story
}

fn vector(degrees: f64) -> impl Fn(&mut Event) {
    move |event| {
        if let EventKind::Search(searched) = &mut event.kind {
            searched.vector = angle(degrees);
        }
    }
}

fn table(story: &Story) -> Table {
    searches(&story.log, &may(Window::Day))
}

fn named(row: &Row) -> String {
    match &row.name {
        Name::Label(label) => label.text(),
        other => format!("{other:?}"),
    }
}

/// Name, ticketed, episodes and visitors of each row.
pub fn rows(table: &Table) -> Vec<(String, u64, u64, u64)> {
    table.rows.iter().map(|row| (named(row), row.ticketed(), row.episodes, row.visitors)).collect()
}

#[test]
fn wordings_of_one_need_are_one_row_and_what_too_few_asked_comes_last() {
    let story = ask(Story::new(), 0.0, 1, &["Refund  status"; 5], 5);
    let story = ask(story, 0.0, 11, &["status of refund", "refund status?"], 1);
    let story = ask(story, 0.0, 21, &["quokka", "zanzibar", "holiday calendar", "invoice pdf"], 4);
    let story = ask(story, 0.0, 31, &["opening hours"; 6], 0);
    let found = table(&story);
    assert_eq!(rows(&found), [("refund status".into(), 6, 7, 7), ("TooSmall".into(), 4, 4, 4)]);
    assert_eq!(found.rows[0].queries, [("refund status".to_owned(), 5)]);
    // Rates 0 of 6 and 6 of 7: the median, by nearest rank, is the lower.
    assert_eq!(found.median, Some(0.0));
    assert!((found.rows[0].avoidable - 6.0 * 6.0 / 7.0).abs() < 1e-9 && found.rows[1].avoidable == 0.0);
}

#[test]
fn wordings_that_share_no_word_are_one_group_by_their_vectors_and_called_by_words_that_two_typed() {
    let mut story = Story::new();
    let texts = ["card missing", "plastic never came", "card lost in post", "bank card", "where is it"];
    for (visitor, text) in (1..).zip(texts) {
        let id = format!("s{visitor}");
        story = story.of(browser(visitor)).search(0.0, &id, text).but(vector(f64::from(visitor) * 3.0));
        story = story.ticket(&id, MINUTE);
    }
    let found = table(&story);
    assert_eq!(rows(&found), [("card".into(), 5, 5, 5)]);
    assert!(found.rows[0].queries.is_empty());
    assert_eq!(found.rows[0].asked.len(), 5);
}

#[test]
fn weeks_of_one_meaning_are_one_group_and_a_range_takes_whole_weeks() {
    let story = ask(Story::new(), 0.0, 1, &["refund status"; 5], 5);
    let story = ask(story, 8.0, 1, &["status of the refund"; 6], 3);
    let found = table(&story);
    assert_eq!(rows(&found), [("refund status".into(), 8, 11, 11)]);
    let days = |from, to| Question { from, to, ..may(Window::Day) };
    let tuesday = searches(&story.log, &days(date(2026, 5, 5), date(2026, 5, 6)));
    assert_eq!((tuesday.from, tuesday.to), (date(2026, 5, 4), date(2026, 5, 11)));
    assert_eq!(rows(&tuesday), [("refund status".into(), 5, 5, 5)]);
    assert_eq!(tuesday.rows[0].id, found.rows[0].id);
}

#[test]
fn of_a_portal_that_keeps_no_queries_it_is_said_that_none_are_available() {
    let mut story = ask(Story::new(), 0.0, 1, &["refund status"; 5], 5);
    for event in &mut story.log.events {
        if let EventKind::Search(searched) = &mut event.kind {
            searched.text = None;
        }
    }
    assert_eq!(rows(&table(&story)), [("NotKept".into(), 5, 5, 5)]);
}

#[test]
fn a_row_says_what_was_shown_and_opened_and_what_its_tickets_are_about() {
    let mut story = Story::new();
    for visitor in 1..=6 {
        let id = format!("s{visitor}");
        story = story.of(browser(visitor)).search(0.0, &id, "refund status").click(1.0, "refunds", Some(&id));
        story = story.vote(2.0, "refunds", visitor > 5);
        story = story.any_ticket(&id, 3 * MINUTE, |ticket| {
            ticket.person = browser(visitor);
            ticket.subject = Some("Where is my refund?".into());
        });
    }
    let row = &table(&story).rows[0];
    let (slug, used) = &row.articles[0];
    assert_eq!((slug.as_str(), used.opened, used.ticketed, used.solved, used.unsolved), ("refunds", 6, 6, 1, 5));
    assert_eq!(row.ticketed_after_opening, 6);
    let about = Name::Label(Label::Query("where is my refund?".into()));
    assert_eq!(row.topics(&may(Window::Day)), [(about, 6)]);
}

fn changed(story: &Story, week: Date) -> Option<(u64, u64, u64, u64, bool)> {
    let found = effect(&table(story).rows[0], week)?;
    Some((found.before.0, found.before.1, found.after.0, found.after.1, found.worsened()))
}

#[test]
fn before_and_after_a_change_whole_weeks_are_compared_without_its_own() {
    let five = ["refund status"; 20];
    let story = ask(Story::new(), 0.0, 1, &five, 2);
    let story = ask(story, 7.0, 101, &five, 20);
    let story = ask(story, 14.0, 1, &five, 15);
    assert_eq!(changed(&story, date(2026, 5, 11)), Some((2, 20, 15, 20, true)));
    assert_eq!(changed(&story, date(2026, 5, 4)), None);
    let better = ask(ask(Story::new(), 0.0, 1, &five, 15), 14.0, 1, &five, 2);
    let found = effect(&table(&better).rows[0], date(2026, 5, 11)).unwrap();
    assert!(found.improved() && !found.worsened());
}

#[track_caller]
fn check(opened: u64, found: u64, findings: Findings, expected: Diagnosis) {
    let story = ask(Story::new(), 0.0, 1, &["refund status"; 8], 8);
    let mut row = table(&story).rows.remove(0);
    (row.ticketed_after_opening, row.found) = (opened, found);
    assert_eq!(diagnose(&row, &findings), expected);
}

#[test]
fn each_diagnosis_is_made_from_its_facts() {
    let near = Findings { near_queries: true, ..Findings::default() };
    let by_tickets = Findings { near_tickets: true, ..Findings::default() };
    let elsewhere = Findings { near_elsewhere: true, ..Findings::default() };
    check(0, 0, Findings::default(), Diagnosis::Missing);
    check(0, 0, elsewhere, Diagnosis::Hidden);
    check(3, 8, near.clone(), Diagnosis::Unseen);
    check(0, 0, by_tickets, Diagnosis::Unseen);
    check(4, 8, near.clone(), Diagnosis::Unhelpful);
    // Opened by those who could see it, though the reader cannot.
    check(8, 8, Findings::default(), Diagnosis::Unhelpful);
    // Opened for want of anything better.
    check(8, 0, Findings::default(), Diagnosis::Missing);
    let story = ask(ask(Story::new(), 0.0, 1, &["a b"; 20], 1), 14.0, 1, &["a b"; 20], 19);
    let rose = effect(&table(&story).rows[0], date(2026, 5, 11));
    check(8, 8, Findings { effect: rose, ..near }, Diagnosis::Worsened);
}

#[test]
fn tickets_of_a_log_are_told_in_cells_and_those_of_a_file_whole() {
    let mut story = Story::new();
    for number in 0..9_u8 {
        story = story.any_ticket(&format!("t{number}"), i64::from(number) * MINUTE, |ticket| {
            ticket.subject = Some(if number < 6 { "Card not arrived".into() } else { "Quokka".into() });
            // Three tickets of one person.
            ticket.person = if number >= 6 { browser(1) } else { ticket.person };
        });
    }
    let english = Language::parse("en").unwrap();
    let (found, tickets) = of_log(&story.log.tickets, &may(Window::Day), &english);
    let told: Vec<_> = found.iter().map(|topic| (&topic.name, topic.tickets.len(), topic.people)).collect();
    let card = Name::Label(Label::Query("card not arrived".into()));
    assert_eq!((told, tickets.len()), (vec![(&card, 6, 6), (&Name::TooSmall, 3, 1)], 9));

    let written = |subject: &str| Written { subject: subject.into(), language: english.clone(), vector: None };
    let file =
        ["Card lost", "lost my card", "Invoice PDF", "pdf of the invoice", "invoice as pdf", "Quokka"].map(written);
    let found = topics(&file, 0.5, 5);
    let told: Vec<_> =
        found.iter().map(|topic| (super::topics::title(&topic.name).unwrap(), topic.tickets.len())).collect();
    assert_eq!(told, [("invoice, pdf".to_owned(), 3), ("card, lost".to_owned(), 2)]);
}

const TEXTS: [&str; 2] = ["refund status", "quokka"];
const ROLES: [&[&str]; 2] = [&["admin"], &["admin", "member"]];

/// What is drawn of a search: person, week, text, roles, whether its language is known, whether a form was begun.
type Drawn = (u8, u8, usize, usize, bool, bool);

/// Searches of two weeks, each in a visit of its own.
fn searched(drawn: &[Drawn]) -> Story {
    let mut story = Story::new();
    for (number, &(person, week, text, roles, known, form)) in drawn.iter().enumerate() {
        let (id, at) = (format!("s{number}"), f64::from(week) * 7.0 * MINUTES_A_DAY + number as f64 * 35.0);
        story = story.of(browser(person + 1)).search(at, &id, TEXTS[text]).but(|event| {
            event.roles = ROLES[roles].iter().map(|role| (*role).to_owned()).collect();
            if let EventKind::Search(searched) = &mut event.kind {
                searched.language = Language::parse("en").filter(|_| known);
            }
        });
        if form {
            let roles = ROLES[roles].iter().map(|role| (*role).to_owned()).collect();
            story = story.form_open(at + 1.0, &format!("f{number}")).but(|event| event.roles = roles);
        }
    }
    story
}

/// Every range of the two weeks under every filter.
fn every_table() -> Vec<Question> {
    let mut asked = Vec::new();
    for (from, to) in [(4, 11), (11, 18), (4, 18)] {
        for role in [None, Some("admin"), Some("member")] {
            for language in [None, Language::parse("en")] {
                for stratum in [None, Some(Stratum::WithIntent), Some(Stratum::WithoutIntent)] {
                    asked.push(Question {
                        from: date(2026, 5, from),
                        to: date(2026, 5, to),
                        role: role.map(str::to_owned),
                        language: language.clone(),
                        stratum,
                        ..may(Window::Day)
                    });
                }
            }
        }
    }
    asked
}

/// What a table shows in groups: week, text, kind, visitor.
fn shown(story: &Story, question: &Question) -> BTreeSet<(Date, String, Need, Visitor)> {
    let mut shown = BTreeSet::new();
    for Week { said, cells } in weeks(&story.log, question) {
        for cell in cells.cells.iter().filter(|cell| cell.place != Place::TooSmall) {
            let kind = &cells.kinds[cell.kind as usize];
            let texts = cell.typed.iter().map(|(text, _)| said.texts[*text as usize].text.clone());
            for text in texts.filter(|_| kind.pass(question)) {
                let visitors = cell.visitors.iter().map(|(visitor, ..)| cells.visitors[*visitor as usize]);
                shown.extend(visitors.map(|visitor| (said.monday, text.clone(), kind.clone(), visitor)));
            }
        }
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_difference_of_no_two_tables_uncovers_less_than_a_cell(
        drawn in proptest::collection::vec((0..12_u8, 0..2_u8, 0..2_usize, 0..2_usize, any::<bool>(), any::<bool>()), 0..200),
    ) {
        let story = searched(&drawn);
        let tables: Vec<_> = every_table().iter().map(|question| shown(&story, question)).collect();
        for one in &tables {
            for other in tables.iter().chain([&BTreeSet::new()]) {
                let mut uncovered: BTreeMap<_, BTreeSet<Visitor>> = BTreeMap::new();
                for (week, text, kind, visitor) in one.difference(other) {
                    uncovered.entry((week, text, kind)).or_default().insert(*visitor);
                }
                prop_assert!(uncovered.values().all(|people| people.len() >= 5), "{uncovered:?}");
            }
        }
    }
}

#[test]
fn the_generator_shows_groups_and_hides_some() {
    // Without this the property above could hold of empty tables.
    let drawn: Vec<Drawn> = (0..12).map(|person| (person, 0, usize::from(person > 6), 0, true, false)).collect();
    let all = Question { from: date(2026, 5, 4), to: date(2026, 5, 18), ..may(Window::Day) };
    assert_eq!(shown(&searched(&drawn), &all).len(), 12);
    assert_eq!(shown(&searched(&drawn[..10]), &all).len(), 7);
    let german = Question { language: Language::parse("de"), ..all.clone() };
    assert!(shown(&searched(&drawn), &german).is_empty());
    assert_eq!(shown(&searched(&drawn), &Question { language: Language::parse("en"), ..all }).len(), 12);
}
