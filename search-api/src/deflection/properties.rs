//! What holds of every log: neither the order of arrival nor anything after `as_of` leaves a trace, and the sums add up.

use super::log::*;
use super::question::{DAY, MINUTE, Question, Window};
use super::story::{Story, T0, angle, browser, episodes, may, subject};
use super::{report, searches};
use indexer::language::Language;
use proptest::prelude::*;

const WORDS: [&str; 6] = ["refund", "refund status", "holiday calendar", "export invoices", "invoice pdf", "calendar"];

/// One thing that somebody does at a minute, drawn from few visitors, searches, forms and articles, so that they meet.
pub fn step() -> impl Strategy<Value = (u8, u16, u8, u8)> {
    (0..5_u8, 0..2_000_u16, 0..12_u8, 0..6_u8)
}

/// The log of such steps.
pub fn tell(steps: &[(u8, u16, u8, u8)]) -> Log {
    let mut story = Story::new();
    for (number, &(visitor, minute, what, which)) in steps.iter().enumerate() {
        let who = match visitor {
            0 => subject(40, 1),
            1 => subject(41, 1),
            other => browser(other),
        };
        let (minute, slug, form) =
            (f64::from(minute) / 7.0, format!("article{}", which % 3), format!("form{visitor}{}", which % 2));
        let named = (which % 2 == 0).then(|| format!("s{}", number.saturating_sub(usize::from(which))));
        story = story.of(who);
        story = match what {
            0..=2 => {
                let told = story.search(minute, &format!("s{number}"), WORDS[usize::from(which)]);
                let vector = (what == 2).then(|| angle(f64::from(which) * 25.0)).flatten();
                told.but(|event| {
                    if let Kind::Search(searched) = &mut event.kind {
                        searched.vector = vector;
                        searched.confidence = (which == 5).then_some(Confidence::None);
                        searched.language = Language::parse(if which == 1 { "es" } else { "en" });
                    }
                    event.roles = if visitor == 2 { vec!["admin".into()] } else { vec![] };
                })
            }
            3 | 4 => story.click(minute, &slug, named.as_deref()),
            5 => story.leave(minute, &slug),
            6 => story.vote(minute, &slug, which > 2),
            7 => story.form_open(minute, &form),
            8 => story.form_suggest(minute, &form, &slug),
            9 => story.form_left(minute, &form),
            10 => story.task(minute, &slug),
            _ => story.any_ticket(&format!("t{number}"), (minute * MINUTE as f64) as Millis, |ticket| {
                ticket.person = if which < 3 { who } else { Person::default() };
                ticket.form_id = (which == 3).then_some(form);
                ticket.search_id = named;
            }),
        };
    }
    story.log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_arrival_leaves_no_trace(
        (steps, seed) in (proptest::collection::vec(step(), 0..120), any::<u64>()),
    ) {
        let log = tell(&steps);
        let mut shuffled = log.clone();
        // A permutation by keys that depend on the seed alone.
        let key = |id: &str| blake3::hash(format!("{seed}{id}").as_bytes()).to_hex();
        shuffled.events.sort_by_key(|event| key(&event.id));
        shuffled.tickets.sort_by_key(|ticket| key(&ticket.id));
        for window in Window::ALL {
            prop_assert_eq!(report(&shuffled, &may(window)), report(&log, &may(window)));
            prop_assert_eq!(episodes(&shuffled, &may(window)), episodes(&log, &may(window)));
            prop_assert_eq!(searches(&shuffled, &may(window)), searches(&log, &may(window)));
        }
    }

    #[test]
    fn what_comes_after_as_of_leaves_no_trace(steps in proptest::collection::vec(step(), 0..80), minute in 0..300_i64) {
        let log = tell(&steps);
        let question = Question { as_of: T0 + minute * MINUTE, ..may(Window::Hour) };
        let mut known = log.clone();
        known.events.retain(|event| event.stamp.at <= question.as_of);
        known.tickets.retain(|ticket| ticket.at <= question.as_of);
        prop_assert_eq!(report(&known, &question), report(&log, &question));
    }

    #[test]
    fn every_episode_has_one_outcome_and_the_sums_add_up(steps in proptest::collection::vec(step(), 0..120)) {
        let log = tell(&steps);
        for window in Window::ALL {
            let report = report(&log, &may(window));
            let entries = episodes(&log, &may(window));
            prop_assert_eq!(report.outcomes.values().sum::<u64>(), entries.len() as u64);
            let closed = entries.iter().filter(|entry| !["provisional", "unknown"].contains(&entry.outcome)).count() as u64;
            prop_assert_eq!(report.closed, closed);
            let tickets = report.tickets;
            prop_assert_eq!(tickets.all, tickets.attributed + tickets.visit_alone + tickets.outside_window + tickets.unlinked);
            prop_assert_eq!(tickets.all, tickets.by_search + tickets.by_visitor + tickets.by_email + tickets.unlinked);
            prop_assert_eq!(tickets.attributed, entries.iter().map(|entry| entry.tickets.len() as u64).sum::<u64>());
            for figure in report.figures.iter().filter(|figure| figure.unit == "share") {
                prop_assert!(figure.numerator <= figure.denominator, "{}", figure.name);
                prop_assert_eq!(figure.value.is_none(), figure.denominator == Some(0));
                prop_assert!(figure.low <= figure.value && figure.value <= figure.high);
            }
        }
    }

    #[test]
    fn a_wider_window_takes_no_ticket_away(steps in proptest::collection::vec(step(), 0..120)) {
        let log = tell(&steps);
        let attributed = Window::ALL.map(|window| report(&log, &may(window)).tickets.attributed);
        prop_assert!(attributed.is_sorted(), "{attributed:?}");
    }

    #[test]
    fn days_add_up_to_their_range(steps in proptest::collection::vec(step(), 0..120)) {
        let log = tell(&steps);
        let whole = may(Window::Day);
        let mut day = whole.from;
        let mut sum = 0;
        while day < whole.to {
            let next = day.tomorrow().unwrap();
            sum += report(&log, &Question { from: day, to: next, ..whole.clone() }).closed;
            day = next;
        }
        prop_assert_eq!(sum, report(&log, &whole).closed);
    }
}

#[test]
fn the_reach_of_a_question_holds_all_that_its_answer_depends_on() {
    let question = may(Window::Week);
    let (from, to) = question.reach();
    // The whole weeks of May 2026: from Monday, 27 April to Sunday, 31 May.
    assert_eq!(from, question.range().0 - 4 * DAY - 9 * DAY);
    assert_eq!(to, question.as_of.min(question.range().1 + Window::Week.length() + 9 * DAY));
}
