//! Weeks as they are kept: they tell what the log tells, and nothing of too few or of what is due to go.

use crate::deflection::groups::rows::{Table, draw};
use crate::deflection::groups::tests::{ask, rows};
use crate::deflection::groups::{Cells, Said, Week};
use crate::deflection::log::{Kind as EventKind, Log};
use crate::deflection::question::{MINUTE, REACH, Stratum};
use crate::deflection::story::{Story, browser, may};
use crate::deflection::{Question, Window, searches, to_keep};
use jiff::ToSpan;
use jiff::civil::{Date, date};

/// The table of a question from weeks that were worked out in runs, each by itself, and kept as bytes.
fn from_kept(log: &Log, question: &Question, run: i32) -> Table {
    let (mut kept, (mut monday, after)) = (Vec::new(), question.weeks());
    let window = Window::ALL.iter().position(|window| *window == question.window).unwrap();
    while monday < after {
        let next = monday.saturating_add((7 * run).days()).min(after);
        let of_run = Question { from: monday, to: next, role: None, language: None, stratum: None, ..question.clone() };
        let (from, to) = (of_run.range().0 - REACH, of_run.range().1 + REACH);
        let mut part = log.clone();
        part.events.retain(|event| (from..to).contains(&event.stamp.at));
        part.tickets.retain(|ticket| (from..to).contains(&ticket.at));
        for (said, cells) in to_keep(&part, &of_run, Date::MIN).weeks {
            kept.push(Week::read(&said.write().unwrap(), &cells[window].write().unwrap()).unwrap());
        }
        monday = next;
    }
    draw(&kept, question)
}

#[test]
fn weeks_kept_apart_tell_what_the_log_tells() {
    let mut story = Story::new();
    for week in 0..4 {
        let text = ["refund status", "status of my refund", "Refund"][week % 3];
        story = ask(story, week as f64 * 7.0 + 1.0, 1, &[text; 12], 3 + week);
        story = ask(story, week as f64 * 7.0 + 2.5, 20, &["holiday calendar", "calendar"], 2);
    }
    let whole = Question { to: date(2026, 6, 1), ..may(Window::Day) };
    let mut told = 0;
    for run in 1..4 {
        for window in Window::ALL {
            let stratum = Some(Stratum::WithoutIntent);
            for question in [Question { window, ..whole.clone() }, Question { stratum, window, ..whole.clone() }] {
                let expected = searches(&story.log, &question);
                told += expected.rows.len();
                assert_eq!(from_kept(&story.log, &question, run), expected);
            }
        }
    }
    assert!(told > 12);
    let mut generated = crate::deflection::generated::generate(7, 300).log;
    generated.part_months();
    let question = may(Window::Week);
    let expected = searches(&generated, &question);
    assert!(!expected.rows.is_empty());
    assert_eq!(from_kept(&generated, &question, 1), expected);
}

/// What is kept of the week of minute 0.
fn first_week(story: &Story) -> (Said, [Cells; 4]) {
    to_keep(&story.log, &Question { from: date(2026, 5, 4), ..may(Window::Day) }, Date::MIN).weeks.remove(0)
}

#[test]
fn bytes_that_are_no_week_are_refused() {
    let story = ask(Story::new(), 0.0, 1, &["refund status"; 5], 5);
    let (said, [cells, ..]) = first_week(&story);
    let (said_bytes, cell_bytes) = (said.write().unwrap(), cells.write().unwrap());
    assert_eq!(Week::read(&said_bytes, &cell_bytes), Ok(Week { said: said.clone(), cells: cells.clone() }));
    assert!((0..said_bytes.len()).all(|length| Week::read(&said_bytes[..length], &cell_bytes).is_err()));
    assert!((0..cell_bytes.len()).all(|length| Week::read(&said_bytes, &cell_bytes[..length]).is_err()));
    let unsound = |said: &Said, cells: &Cells| Week::read(&said.write().unwrap(), &cells.write().unwrap()).is_err();
    assert!(unsound(&Said { texts: Vec::new(), ..said.clone() }, &cells));
    assert!(unsound(&Said { meanings: Vec::new(), ..said.clone() }, &cells));
    assert!(unsound(&said, &Cells { visitors: Vec::new(), ..cells.clone() }));
    assert!(unsound(&said, &Cells { kinds: Vec::new(), ..cells }));
}

#[test]
fn what_too_few_said_is_not_kept() {
    let story = ask(Story::new(), 0.0, 1, &["refund status"; 5], 5);
    let story = ask(story, 0.0, 11, &["quokka of jane doe"; 4], 4);
    // One person's five wordings are one person's.
    let wordings = ["zanzibar trip", "trip zanzibar", "zanzibar trips", "a trip to zanzibar", "my zanzibar trip"];
    let story = wordings.iter().enumerate().fold(story, |story, (number, text)| {
        story.of(browser(40)).search(60.0 * (number + 1) as f64, &format!("z{number}"), text)
    });
    let (said, _) = first_week(&story);
    assert_eq!(said.texts.iter().map(|text| text.text.as_str()).collect::<Vec<_>>(), ["refund status"]);
    let bytes = said.write().unwrap();
    for word in ["quokka", "jane", "zanzibar"] {
        assert!(!bytes.windows(word.len()).any(|found| found == word.as_bytes()), "{word}");
    }
}

#[test]
fn a_week_whose_texts_time_is_over_is_kept_without_them_and_counts_the_same() {
    let mut story = Story::new();
    for visitor in 1..=6 {
        let id = format!("s{visitor}");
        story = story.of(browser(visitor)).search(0.0, &id, "refund status");
        story = story.any_ticket(&id, 3 * MINUTE, |ticket| {
            ticket.person = browser(visitor);
            ticket.subject = Some("Where is my refund?".into());
        });
    }
    let question = Question { from: date(2026, 5, 4), to: date(2026, 5, 11), ..may(Window::Day) };
    let (said, [_, cells, ..]) = to_keep(&story.log, &question, date(2026, 5, 4)).weeks.remove(0);
    assert!(!said.has_text() && !cells.has_text());
    assert_eq!(rows(&draw(&[Week { said, cells }], &question)), [("NotKept".into(), 6, 6, 6)]);
    // Where nothing that was searched is kept, subjects may be.
    for event in &mut story.log.events {
        if let EventKind::Search(searched) = &mut event.kind {
            searched.text = None;
        }
    }
    let (said, [_, cells, ..]) = to_keep(&story.log, &question, Date::MIN).weeks.remove(0);
    assert!(!said.has_text() && cells.has_text());
}
