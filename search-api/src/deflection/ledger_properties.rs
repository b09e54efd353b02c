//! What holds of the ledger of every log: its rows add up to each figure, under every window and filter.

use super::clock::moment;
use super::intervals::percentile;
use super::kin::Kin;
use super::ledger::{Counted, ENDINGS, Kind, Listed, Part};
use super::log::{Kind as EventKind, *};
use super::outcomes::Outcome;
use super::properties::{step, tell};
use super::question::{HOUR, MINUTE, Question, Stratum, Window};
use super::story::{Story, T0, browser, may};
use super::units::LINK_COVERAGE;
use super::visitors::Visitor;
use super::{Row, Sketch, Wanted, complete, history, ledger, report, sketch, sums};
use indexer::language::Language;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The rows of a part of a figure.
fn rows(log: &Log, question: &Question, figure: &str, part: Part) -> Vec<Row> {
    let listed = Listed::Figure(Counted::named(figure).expect("a figure of the report"), part);
    ledger(log, question, &Wanted { listed, ..Wanted::default() })
}

fn all(log: &Log, question: &Question, kind: Kind) -> Vec<Row> {
    ledger(log, question, &Wanted { listed: Listed::All(kind), ..Wanted::default() })
}

/// The questions of the dashboard's filters, one by one and together.
fn questions() -> Vec<Question> {
    let filters = |question: Question| {
        let (role, language) = (Some("admin".to_owned()), Language::parse("es"));
        [
            question.clone(),
            Question { role: role.clone(), ..question.clone() },
            Question { language: language.clone(), ..question.clone() },
            Question { stratum: Some(Stratum::WithIntent), ..question.clone() },
            Question { role, language, stratum: Some(Stratum::WithoutIntent), ..question },
        ]
    };
    Window::ALL.into_iter().flat_map(|window| filters(may(window))).collect()
}

/// The rows of all who are tied to whoever did something in a stretch of time, as a store would read them.
fn around(log: &Log, within: (Millis, Millis)) -> Log {
    let there = |t: Millis| within.0 <= t && t < within.1;
    let mut kin = Kin::default();
    log.events.iter().filter(|event| there(moment(&event.stamp).t)).for_each(|event| _ = kin.meet(&event.person));
    part(log, kin, |ticket| there(ticket.at))
}

/// The same of all who are tied to those of whom rows were sketched.
fn of_those_sketched(log: &Log, sketches: &[Sketch]) -> Log {
    let moments: BTreeSet<Millis> = sketches.iter().map(|sketch| sketch.t).collect();
    let mut kin = Kin::default();
    sketches.iter().filter_map(|sketch| sketch.whose).for_each(|one| kin.meet_one(one));
    part(log, kin, |ticket| moments.contains(&ticket.at))
}

/// The same of people who were met, and of the authors of the tickets that are meant.
fn part(log: &Log, mut kin: Kin, is_meant: impl Fn(&Ticket) -> bool) -> Log {
    let mut events = BTreeMap::new();
    log.tickets.iter().filter(|ticket| is_meant(ticket)).for_each(|ticket| kin.meet_author(ticket));
    kin.tie(&log.tickets, &log.addresses);
    loop {
        let unread = kin.unread();
        let theirs = |event: &&Event| {
            let Person { subject, browser, browser_before } = event.person;
            let browsers = browser.into_iter().chain(browser_before).map(Visitor::Browser);
            subject.map(Visitor::Subject).into_iter().chain(browsers).any(|one| unread.contains(&one))
        };
        let read: Vec<Event> = log.events.iter().filter(theirs).cloned().collect();
        kin.read(&read);
        events.extend(read.into_iter().map(|event| (event.id.clone(), event)));
        kin.tie(&log.tickets, &log.addresses);
        if !unread.is_empty() {
            continue;
        }
        let Some(ids) = kin.unheld(&log.tickets, &is_meant) else { break };
        let names = |event: &&Event| match &event.kind {
            EventKind::Search(searched) => searched.search_id.as_ref().is_some_and(|id| ids.contains(id)),
            EventKind::FormOpen { form_id, .. }
            | EventKind::FormSuggest { form_id, .. }
            | EventKind::FormLeft { form_id } => ids.contains(form_id),
            _ => false,
        };
        log.events.iter().filter(names).for_each(|event| _ = kin.meet(&event.person));
    }
    let tickets = log.tickets.iter().filter(|ticket| kin.holds(ticket) || is_meant(ticket)).cloned().collect();
    Log { events: events.into_values().collect(), tickets, ..log.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_rows_of_each_figure_add_up_to_it(steps in proptest::collection::vec(step(), 0..120)) {
        let log = tell(&steps);
        for question in questions() {
            let report = report(&log, &question);
            let formulas = report.formulas.iter().map(|f| (f.figure, Some(f.numerator), Some(f.denominator)));
            let figures = report.figures.iter().map(|f| (f.name, f.numerator, f.denominator));
            for (name, numerator, denominator) in figures.chain(formulas) {
                let rows = rows(&log, &question, name, Part::Both);
                let count = |stands: fn(&Row) -> bool| rows.iter().filter(|row| stands(row)).count() as u64;
                prop_assert_eq!(numerator.unwrap_or_default(), count(|row| row.numerator), "numerator of {}", name);
                prop_assert_eq!(denominator.unwrap_or_default(), count(|row| row.denominator), "denominator of {}", name);
            }
            for (name, q) in [("time_to_answer_p50", 0.5), ("time_to_answer_p90", 0.9)] {
                let mut times: Vec<Millis> =
                    rows(&log, &question, name, Part::Both).iter().filter_map(|row| row.millis).collect();
                let value = report.figures.iter().find(|figure| figure.name == name).unwrap().value;
                prop_assert_eq!(value, percentile(&mut times, q).map(|millis| millis as f64 / 1000.0));
            }
            let linked = |part| rows(&log, &question, LINK_COVERAGE, part).len() as u64;
            let tickets = report.tickets;
            prop_assert_eq!(linked(Part::Denominator), tickets.all);
            prop_assert_eq!(linked(Part::Numerator), tickets.by_search + tickets.by_visitor + tickets.by_email);
        }
    }

    #[test]
    fn counting_the_plain_rows_of_a_kind_by_how_they_ended_gives_the_same_figures(
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let log = tell(&steps);
        for question in questions() {
            let report = report(&log, &question);
            let count = |kind, outcomes: &[&str]| {
                all(&log, &question, kind).iter().filter(|row| outcomes.contains(&row.outcome)).count() as u64
            };
            let part = |name: &str| {
                let figure = report.figures.iter().find(|figure| figure.name == name).unwrap();
                (figure.numerator.unwrap(), figure.denominator.unwrap())
            };
            for (outcome, episodes) in &report.outcomes {
                prop_assert_eq!(*episodes, count(Kind::Episode, &[outcome.name()]));
            }
            prop_assert_eq!(part("ticket_rate"), (count(Kind::Episode, &["ticketed"]), report.closed));
            let solved = count(Kind::Episode, &["confirmed", "form_left", "assumed"]);
            prop_assert_eq!(part("potential_deflection"), (solved, report.closed));
            let (helped, left) = (count(Kind::Form, &["left_after_help"]), count(Kind::Form, &["left", "sent"]));
            prop_assert_eq!(part("form_deflection"), (helped, helped + left));
            let (asking, quiet) = (count(Kind::Visit, &["ticketed"]), count(Kind::Visit, &["not_ticketed"]));
            prop_assert_eq!(part("visit_to_ticket"), (asking, asking + quiet));
            prop_assert_eq!(asking + quiet, report.visits);
            let [nothing, opened, unopened] =
                ["nothing_found", "opened", "not_opened"].map(|outcome| count(Kind::Search, &[outcome]));
            prop_assert_eq!(part("no_result_rate"), (nothing, nothing + opened + unopened));
            prop_assert_eq!(part("no_click_rate"), (unopened, opened + unopened));
            let [completed, went_on] = ["completed", "went_on"].map(|outcome| count(Kind::Task, &[outcome]));
            prop_assert_eq!(part("task_completion"), (completed, completed + went_on));
            let tickets = report.tickets;
            for (outcome, number) in [
                ("attributed", tickets.attributed),
                ("visit_alone", tickets.visit_alone),
                ("outside_window", tickets.outside_window),
                ("unlinked", tickets.unlinked),
            ] {
                prop_assert_eq!(count(Kind::Ticket, &[outcome]), number);
            }
        }
    }

    #[test]
    fn rows_told_a_stretch_at_a_time_are_those_of_the_whole_log(
        steps in proptest::collection::vec(step(), 0..120), minutes in 3..120_i64,
    ) {
        let mut log = tell(&steps);
        // Some write from an address that is known.
        log.addresses.push(Address { email: [7; 16], person: browser(3), since: T0 });
        let unsigned = log.tickets.iter_mut().filter(|ticket| ticket.person == Person::default());
        unsigned.step_by(2).for_each(|ticket| ticket.email = Some([7; 16]));
        let ends: Vec<Millis> = (0..).map(|place| T0 + place * minutes * MINUTE).take_while(|t| *t < T0 + 8 * HOUR).collect();
        let parts: Vec<((Millis, Millis), Log)> =
            ends.windows(2).map(|ends| ((ends[0], ends[1]), around(&log, (ends[0], ends[1])))).collect();
        let told = |log: &Log, question: &Question, wanted: &Wanted| {
            // What may be shown of a query is another matter.
            let rows = ledger(log, question, wanted).into_iter();
            rows.map(|row| Row { asked: None, ..row }).collect::<Vec<_>>()
        };
        let figures = ["ticket_rate", "potential_deflection", "form_deflection", "time_to_answer_p50", "active_visitors",
            "signed_in_share", "zendesk_self_service_score", "intercom_resolution_rate", LINK_COVERAGE];
        let figures = figures.map(|name| Listed::Figure(Counted::named(name).expect("a figure"), Part::Both));
        for question in questions().into_iter().step_by(3) {
            for listed in Kind::ALL.map(Listed::All).into_iter().chain(figures.clone()) {
                let wanted = Wanted { listed, ..Wanted::default() };
                let whole = told(&log, &question, &wanted);
                let within = |within: (Millis, Millis)| Wanted { within: Some(within), ..wanted.clone() };
                let rows: Vec<Row> =
                    parts.iter().flat_map(|(stretch, part)| told(part, &question, &within(*stretch))).collect();
                prop_assert_eq!(&rows, &whole, "{:?}", wanted.listed);
                // What facts tell of them is the same, and leads to them by whoever they are of.
                let mut sketches = Vec::new();
                let erased = sums(&log, &question, |selected, _| sketch(selected, &wanted, |one| sketches.push(one)));
                prop_assert_eq!(erased, 0);
                sketches.sort_by_key(|sketch| (sketch.t, sketch.kind));
                prop_assert_eq!(sketches.len(), whole.len());
                for of in [0, 1] {
                    let picked: Vec<Sketch> = sketches.iter().filter(|one| one.t.rem_euclid(5) % 2 == of).copied().collect();
                    let mut rows = complete(&of_those_sketched(&log, &picked), &question, &picked);
                    rows.sort_by(|a, b| (a.t, a.kind, &a.id).cmp(&(b.t, b.kind, &b.id)));
                    for (row, sketch) in rows.iter().zip(&picked) {
                        prop_assert_eq!((row.t, row.kind), (sketch.t, sketch.kind));
                    }
                    let amounts = |row: &Row| (row.t, row.searches, row.tickets.len());
                    let mut told: Vec<_> = picked.iter().map(|one| (one.t, one.searches, one.tickets)).collect();
                    told.sort_unstable();
                    let mut found: Vec<_> = rows.iter().map(amounts).collect();
                    found.sort_unstable();
                    prop_assert_eq!(found, told);
                    let rows: Vec<Row> = rows.into_iter().map(|row| Row { asked: None, ..row }).collect();
                    prop_assert_eq!(rows, whole.iter().filter(|row| row.t.rem_euclid(5) % 2 == of).cloned().collect::<Vec<_>>());
                }
            }
        }
    }

    #[test]
    fn a_part_holds_the_rows_that_stand_in_it(steps in proptest::collection::vec(step(), 0..120)) {
        let (log, question) = (tell(&steps), may(Window::Day));
        for name in ["potential_deflection", "zendesk_self_service_score", LINK_COVERAGE, "active_visitors"] {
            let both = rows(&log, &question, name, Part::Both);
            let (above, below) = (rows(&log, &question, name, Part::Numerator), rows(&log, &question, name, Part::Denominator));
            prop_assert_eq!(above, both.iter().filter(|row| row.numerator).cloned().collect::<Vec<_>>());
            prop_assert_eq!(below, both.into_iter().filter(|row| row.denominator).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_rows_id_is_its_own_within_its_kind_and_its_ending_has_a_name(steps in proptest::collection::vec(step(), 0..120)) {
        let log = tell(&steps);
        for kind in Kind::ALL {
            let listed = all(&log, &may(Window::Day), kind);
            let known = |row: &Row| Outcome::ALL.map(Outcome::name).contains(&row.outcome) || ENDINGS.contains(&row.outcome);
            prop_assert!(listed.iter().all(known));
            let mut ids: Vec<_> = listed.into_iter().map(|row| row.id).collect();
            let rows = ids.len();
            ids.sort();
            ids.dedup();
            prop_assert_eq!(ids.len(), rows, "{}", kind.name());
        }
    }

    #[test]
    fn an_episodes_history_says_what_its_rows_say(steps in proptest::collection::vec(step(), 0..80)) {
        let log = tell(&steps);
        for row in all(&log, &may(Window::Day), Kind::Episode) {
            let told = history(&log, &may(Window::Day), |id| id == row.id).expect("it is in the ledger");
            prop_assert_eq!(&told.row, &row);
            prop_assert!(told.steps.is_sorted_by_key(|step| step.t));
            for (window, verdict) in Window::ALL.into_iter().zip(&told.verdicts) {
                let rows = all(&log, &may(window), Kind::Episode);
                let same = rows.iter().find(|other| other.id == row.id).unwrap();
                prop_assert_eq!(same.outcome, verdict.outcome.name());
                prop_assert_eq!(&same.tickets, &verdict.tickets);
                prop_assert_eq!(verdict.outcome.name() == "reopened", verdict.reopened_by.is_some());
            }
        }
        prop_assert_eq!(history(&log, &may(Window::Day), |id| id == "no such"), None);
    }
}

#[test]
fn of_two_rows_of_one_moment_the_one_that_was_sketched_is_told() {
    let at = 60 * MINUTE;
    let by = |person: Person| move |ticket: &mut Ticket| ticket.person = person;
    let story = Story::new().of(browser(2)).search(1.0, "s1", "refund").of(browser(3)).search(2.0, "s2", "calendar");
    let log = story.any_ticket("t1", at, by(browser(2))).any_ticket("t2", at, by(browser(3))).log;
    let question = may(Window::Day);
    let wanted = Wanted { listed: Listed::All(Kind::Ticket), ..Wanted::default() };
    let mut sketches = Vec::new();
    sums(&log, &question, |selected, _| sketch(selected, &wanted, |one| sketches.push(one)));
    assert_eq!(sketches.len(), 2);
    for sketch in sketches {
        let told: Vec<String> = complete(&log, &question, &[sketch]).into_iter().map(|row| row.id).collect();
        let written = if sketch.whose == browser(2).browser.map(Visitor::Browser) { "t1" } else { "t2" };
        assert_eq!(told, [written]);
    }
}

#[test]
fn a_text_that_too_few_typed_stands_in_no_row_but_for_those_who_may_read_it() {
    let mut story = Story::new();
    for visitor in 1..=5 {
        story = story.of(browser(visitor)).search(0.0, &format!("many{visitor}"), "Refund  status");
        story = story.search(60.0, &format!("own{visitor}"), &format!("my own {visitor}"));
    }
    use super::queries::Asked;
    for row in all(&story.log, &may(Window::Day), Kind::Search) {
        let many = row.id.starts_with("many");
        let expected = if many { Asked::Query("refund status".into()) } else { Asked::TooSmall };
        assert_eq!(row.asked, Some(expected), "{}", row.id);
        assert!(row.text.is_some());
    }
    // Of four visitors, the filter shows nothing.
    let four = story.but(|event| event.roles = vec!["admin".into()]);
    let admin = Question { role: Some("admin".into()), ..may(Window::Day) };
    assert_eq!(all(&four.log, &admin, Kind::Search)[0].asked, Some(Asked::TooSmall));
}
