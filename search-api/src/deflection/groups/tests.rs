//! Groups as an analyst meets them: what is one, what it is called, what may be told of it, and what is wrong with it.

use super::cells::{Item, Kind, grouped};
use super::rows::{Row, Table};
use super::topics::of_log;
use super::{Diagnosis, Findings, Label, Name, Written, diagnose, effect, topics};
use crate::deflection::log::{Event, Kind as EventKind};
use crate::deflection::question::{DAY, MINUTE, Rules, Stratum};
use crate::deflection::story::{Story, angle, browser, may};
use crate::deflection::{Question, Window, searches};
use indexer::language::Language;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const MINUTES_A_DAY: f64 = 24.0 * 60.0;

/// Visitors numbered from `first` who each ask a query on a day; the first `ticketed` of them then write a ticket.
fn ask(mut story: Story, day: f64, first: u8, texts: &[&str], ticketed: usize) -> Story {
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
fn rows(table: &Table) -> Vec<(String, u64, u64, u64)> {
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
    let used = &row.articles[0];
    assert_eq!((used.slug.as_str(), used.opened, used.ticketed, used.solved, used.unsolved), ("refunds", 6, 6, 1, 5));
    assert_eq!(row.ticketed_after_opening, 6);
    let about = Name::Label(Label::Query("where is my refund?".into()));
    assert_eq!(row.topics, [(about, 6)]);
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
    let (found, tickets) = of_log(&story.log, &may(Window::Day), &english);
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

/// A range of weeks and a filter.
#[derive(Clone, Copy, Debug)]
struct Asked {
    from: i32,
    to: i32,
    role: Option<&'static str>,
    language: Option<usize>,
    stratum: Option<Stratum>,
}

const TEXTS: [&str; 3] = ["refund status", "holiday calendar", "quokka"];
const ROLES: [&[&str]; 3] = [&[], &["admin"], &["admin", "member"]];

/// Languages of first searches; the last stands for none, of a visit with tickets alone.
static LANGUAGES: LazyLock<[Option<Language>; 2]> = LazyLock::new(|| [Language::parse("en"), None]);

/// What is drawn of an item: person, week, text, roles, language, stratum.
type Drawn = (usize, i32, usize, usize, usize, bool);

fn items(drawn: &[Drawn]) -> Vec<Item<'static>> {
    let item = |&(person, week, text, roles, language, form): &Drawn| Item {
        text: Some(TEXTS[text]),
        language: None,
        vector: None,
        person,
        week: date(2026, 5, 4).saturating_add((week * 7).days()),
        kind: Kind {
            roles: ROLES[roles].iter().copied().collect(),
            language: LANGUAGES[language].as_ref(),
            stratum: Some(if form { Stratum::WithIntent } else { Stratum::WithoutIntent }),
        },
    };
    drawn.iter().map(item).collect()
}

/// Numbers of the items that a table shows in groups.
fn shown(drawn: &[Drawn], asked: Asked) -> BTreeSet<usize> {
    let inside: Vec<usize> =
        (0..drawn.len()).filter(|&number| (asked.from..asked.to).contains(&drawn[number].1)).collect();
    let taken: Vec<Drawn> = inside.iter().map(|&number| drawn[number]).collect();
    let admits = |kind: &Kind<'_>| {
        asked.role.is_none_or(|role| kind.roles.contains(role))
            && asked.language.is_none_or(|language| kind.language == LANGUAGES[language].as_ref())
            && asked.stratum.is_none_or(|stratum| kind.stratum == Some(stratum))
    };
    let groups = grouped(&items(&taken), &Rules::default(), admits);
    let groups = groups.into_iter().filter(|group| group.name != Name::TooSmall);
    groups.flat_map(|group| group.items).map(|place| inside[place]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_difference_of_no_two_tables_uncovers_less_than_a_cell(
        drawn in proptest::collection::vec((0..12_usize, 0..2, 0..2_usize, 1..3_usize, 0..2_usize, any::<bool>()), 0..260),
    ) {
        let ranges = [(0, 1), (1, 2), (0, 2)];
        let roles = [None, Some("admin"), Some("member")];
        let languages = [None, Some(0), Some(1)];
        let strata = [None, Some(Stratum::WithIntent), Some(Stratum::WithoutIntent)];
        let mut asked = Vec::new();
        for (from, to) in ranges {
            for role in roles {
                for language in languages {
                    asked.extend(strata.map(|stratum| Asked { from, to, role, language, stratum }));
                }
            }
        }
        let tables: Vec<BTreeSet<usize>> = asked.into_iter().map(|asked| shown(&drawn, asked)).collect();
        for one in &tables {
            for other in tables.iter().chain([&BTreeSet::new()]) {
                let mut uncovered: BTreeMap<(i32, usize, usize, usize, bool), BTreeSet<usize>> = BTreeMap::new();
                for &number in one.difference(other) {
                    let (person, week, text, roles, language, form) = drawn[number];
                    uncovered.entry((week, text, roles, language, form)).or_default().insert(person);
                }
                prop_assert!(uncovered.values().all(|people| people.len() >= 5), "{uncovered:?}");
            }
        }
    }

    #[test]
    fn a_table_is_the_same_whatever_the_order_of_its_items(
        (drawn, turned) in proptest::collection::vec((0..12_usize, 0..3, 0..3_usize, 0..3_usize, 0..2_usize, any::<bool>()), 0..80)
            .prop_flat_map(|drawn| {
                let order: Vec<usize> = (0..drawn.len()).collect();
                (Just(drawn), Just(order).prop_shuffle())
            }),
    ) {
        let told = |drawn: &[Drawn]| -> Vec<_> {
            let groups = grouped(&items(drawn), &Rules::default(), |_| true);
            groups.into_iter().map(|group| (group.id, group.name, group.items.len(), group.people, group.queries)).collect()
        };
        let shuffled: Vec<Drawn> = turned.iter().map(|&place| drawn[place]).collect();
        prop_assert_eq!(told(&drawn), told(&shuffled));
    }
}

#[test]
fn the_generator_shows_groups_and_hides_some() {
    // Without this the property above could hold of empty tables.
    let drawn: Vec<Drawn> = (0..12).map(|person| (person, 0, usize::from(person > 6), 0, 0, false)).collect();
    let all = Asked { from: 0, to: 3, role: None, language: None, stratum: None };
    assert_eq!(shown(&drawn, all).len(), 12);
    assert_eq!(shown(&drawn[..10], all).len(), 7);
    assert_eq!(shown(&drawn, Asked { language: Some(0), ..all }).len(), 12);
    assert!(shown(&drawn, Asked { language: Some(1), ..all }).is_empty());
}
