//! Worked cases: logs whose outcomes are written down by hand, under the four windows 1 h, 24 h, 72 h, 7 d.

use super::figures::Figure;
use super::log::*;
use super::question::{DAY, HOUR, MINUTE, Question, SECOND, Window};
use super::report;
use super::story::{Story, T0, angle, browser, episodes, may, subject};
use super::tickets::Rule;
use jiff::civil::date;
use jiff::tz::TimeZone;

/// Checks the outcome of every episode (by the id of its first search) under the four windows.
#[track_caller]
fn check(story: &Story, expected: &[(&str, [&str; 4])]) {
    for (place, window) in Window::ALL.into_iter().enumerate() {
        let found: Vec<_> = episodes(&story.log, &may(window)).into_iter().map(|row| (row.id, row.outcome)).collect();
        let expected: Vec<_> = expected.iter().map(|(id, outcomes)| (id.to_string(), outcomes[place])).collect();
        assert_eq!(found, expected, "window {window}");
    }
}

fn figure(story: &Story, question: &Question, name: &str) -> Figure {
    report(&story.log, question).figures.into_iter().find(|figure| figure.name == name).unwrap()
}

#[track_caller]
fn check_share(story: &Story, name: &str, numerator: u64, denominator: u64) {
    let figure = figure(story, &may(Window::Day), name);
    assert_eq!((figure.numerator, figure.denominator), (Some(numerator), Some(denominator)), "{name}");
}

#[test]
fn what_a_visitor_does_decides_what_became_of_the_need() {
    let nothing = |story: Story| {
        story.but(|event| match &mut event.kind {
            Kind::Search(searched) => searched.confidence = Some(Confidence::None),
            _ => unreachable!(),
        })
    };
    let story = Story::new()
        .search(0.0, "read", "export invoices")
        .click(0.1, "invoices", Some("read"))
        .leave(1.0, "invoices")
        .of(browser(2))
        .search(0.0, "glanced", "export invoices")
        .click(0.1, "invoices", Some("glanced"))
        .leave(0.2, "invoices")
        .of(browser(3))
        .search(0.0, "voted", "export invoices")
        .click(0.1, "invoices", Some("voted"))
        .vote(0.2, "invoices", true)
        .of(browser(4))
        .search(0.0, "against", "export invoices")
        .click(0.1, "invoices", Some("against"))
        .leave(5.0, "invoices")
        .vote(5.0, "invoices", false)
        .of(browser(5));
    let story = nothing(story.search(0.0, "void", "qwertz"))
        .of(browser(6))
        .search(0.0, "formed", "export invoices")
        .form_open(1.0, "f6")
        .form_suggest(2.0, "f6", "invoices")
        .form_left(3.0, "f6");
    check(
        &story,
        &[
            ("against", ["abandoned"; 4]),
            ("formed", ["form_left"; 4]),
            ("glanced", ["abandoned"; 4]),
            ("read", ["assumed"; 4]),
            ("void", ["no_result"; 4]),
            ("voted", ["confirmed"; 4]),
        ],
    );
    check_share(&story, "confirmed_deflection", 1, 6);
    check_share(&story, "potential_deflection", 3, 6);
    check_share(&story, "form_deflection", 1, 1);
    check_share(&story, "no_result_rate", 1, 6);
    check_share(&story, "no_click_rate", 0, 5);
    assert_eq!(figure(&story, &may(Window::Day), "time_to_answer_p90").value, Some(120.0));
}

#[test]
fn a_ticket_at_exactly_the_end_of_the_window_counts_and_a_millisecond_later_does_not() {
    let told =
        |late: i64| Story::new().search(0.0, "s", "refund").click(1.0, "refunds", Some("s")).ticket("t", MINUTE + late);
    check(&told(HOUR), &[("s", ["ticketed"; 4])]);
    check(&told(HOUR + 1), &[("s", ["abandoned", "ticketed", "ticketed", "ticketed"])]);
    check(&told(DAY), &[("s", ["abandoned", "ticketed", "ticketed", "ticketed"])]);
    check(&told(DAY + 1), &[("s", ["abandoned", "abandoned", "ticketed", "ticketed"])]);
    check(&told(3 * DAY + 1), &[("s", ["abandoned", "abandoned", "abandoned", "ticketed"])]);
    check(&told(7 * DAY), &[("s", ["abandoned", "abandoned", "abandoned", "ticketed"])]);
    check(&told(7 * DAY + 1), &[("s", ["abandoned"; 4])]);
}

#[test]
fn a_ticket_thirty_hours_later_counts_under_three_days() {
    let story = Story::new().search(0.0, "s", "refund").vote(1.0, "refunds", true).ticket("t", 30 * HOUR);
    check(&story, &[("s", ["confirmed", "confirmed", "ticketed", "ticketed"])]);
}

#[test]
fn a_ticket_may_lie_two_minutes_before_by_another_clock() {
    let told = |early: i64| Story::new().search(0.0, "s", "refund").ticket("t", -early);
    check(&told(120 * SECOND), &[("s", ["ticketed"; 4])]);
    check(&told(120 * SECOND + 1), &[("s", ["abandoned"; 4])]);
}

#[test]
fn two_tickets_are_one_ticketed_episode_and_two_tickets() {
    let story = Story::new().search(0.0, "s", "refund").ticket("t1", MINUTE).ticket("t2", 2 * MINUTE);
    check(&story, &[("s", ["ticketed"; 4])]);
    let report = report(&story.log, &may(Window::Day));
    assert_eq!((report.tickets.all, report.tickets.attributed), (2, 2));
    check_share(&story, "ticket_rate", 1, 1);
}

#[test]
fn the_last_vote_on_an_article_counts() {
    let yes = Story::new().search(0.0, "s", "refund").click(0.5, "refunds", Some("s")).vote(1.0, "refunds", true);
    check(&yes, &[("s", ["confirmed"; 4])]);
    check(&yes.clone().vote(2.0, "refunds", false), &[("s", ["abandoned"; 4])]);
    // The next day, from another visit: within 72 h of the episode, and beyond 24 h of it.
    let next_day = yes.clone().vote(26.0 * 60.0, "refunds", false);
    check(&next_day, &[("s", ["confirmed", "confirmed", "abandoned", "abandoned"])]);
    // A vote on another article does not take it back.
    check(&yes.vote(26.0 * 60.0, "billing", false), &[("s", ["confirmed"; 4])]);
}

#[test]
fn a_need_that_comes_back_reopens_only_the_latest_that_seemed_solved() {
    let story = Story::new()
        .search(0.0, "a", "export invoices")
        .vote(1.0, "invoices", true)
        .search(60.0, "b", "invoices as pdf")
        .vote(61.0, "invoices", true)
        .search(120.0, "c", "invoices pdf export")
        .vote(121.0, "invoices", true);
    // The vote of each is the last on the article, so all are confirmed but for what follows.
    check(&story, &[("a", ["reopened"; 4]), ("b", ["reopened"; 4]), ("c", ["confirmed"; 4])]);
    let apart = Story::new()
        .search(0.0, "a", "export invoices")
        .vote(1.0, "invoices", true)
        .search(60.0, "b", "holiday calendar")
        .vote(61.0, "calendar", true)
        .search(25.0 * 60.0, "c", "invoices")
        .vote(25.0 * 60.0 + 1.0, "invoices", true);
    check(
        &apart,
        &[("a", ["confirmed", "confirmed", "reopened", "reopened"]), ("b", ["confirmed"; 4]), ("c", ["confirmed"; 4])],
    );
}

#[test]
fn what_came_back_and_ended_in_a_ticket_still_reopens() {
    let story = Story::new()
        .search(0.0, "a", "export invoices")
        .vote(1.0, "invoices", true)
        .search(40.0, "b", "invoices export fails")
        .ticket("t", 41 * MINUTE);
    // Named by nothing, the ticket goes to the latest candidate, b.
    check(&story, &[("a", ["reopened"; 4]), ("b", ["ticketed"; 4])]);
}

#[test]
fn a_form_without_a_search_belongs_to_the_visit_alone() {
    let story = Story::new()
        .form_open(0.0, "f1")
        .form_suggest(1.0, "f1", "refunds")
        .form_left(2.0, "f1")
        .of(browser(2))
        .form_open(0.0, "f2")
        .any_ticket("t", MINUTE, |ticket| ticket.form_id = Some("f2".into()));
    check(&story, &[]);
    check_share(&story, "form_deflection", 1, 2);
    check_share(&story, "visit_to_ticket", 1, 2);
    let report = report(&story.log, &may(Window::Day));
    assert_eq!((report.tickets.visit_alone, report.tickets.by_search), (1, 1));
}

#[test]
fn a_form_that_was_left_and_sent_later_was_sent() {
    let story = Story::new()
        .search(0.0, "s", "refund")
        .form_open(1.0, "f")
        .form_suggest(2.0, "f", "refunds")
        .form_left(3.0, "f");
    check(&story, &[("s", ["form_left"; 4])]);
    let sent = story.any_ticket("t", 40 * HOUR, |ticket| ticket.form_id = Some("f".into()));
    check(&sent, &[("s", ["abandoned", "abandoned", "ticketed", "ticketed"])]);
    check_share(&sent, "form_deflection", 0, 1);
    check_share(&sent, "visit_to_ticket", 1, 1);
}

#[test]
fn a_form_falls_silent_without_being_left() {
    let story = Story::new().search(0.0, "s", "refund").form_open(1.0, "f").form_suggest(2.0, "f", "refunds");
    check(&story, &[("s", ["form_left"; 4])]);
}

#[test]
fn on_a_shared_computer_each_follows_their_own_token() {
    let story = Story::new()
        .of(subject(21, 1))
        .search(0.0, "hers", "refund")
        .of(subject(22, 1))
        .search(5.0, "his", "refund status")
        .of(browser(1))
        .search(9.0, "somebodys", "refund")
        .of(subject(22, 9))
        .ticket("t", 20 * MINUTE);
    check(&story, &[("hers", ["abandoned"; 4]), ("his", ["ticketed"; 4]), ("somebodys", ["abandoned"; 4])]);
    assert_eq!(report(&story.log, &may(Window::Day)).visitors, Some(3));
}

#[test]
fn signing_in_during_a_visit_makes_all_of_it_the_subjects_and_nothing_before() {
    let story = Story::new()
        .search(-120.0, "earlier", "refund")
        .search(0.0, "before", "refund")
        .of(subject(21, 1))
        .click(5.0, "refunds", Some("before"))
        .of(subject(21, 2))
        .ticket("t", 30 * MINUTE);
    check(&story, &[("earlier", ["abandoned"; 4]), ("before", ["ticketed"; 4])]);
    assert_eq!(report(&story.log, &may(Window::Day)).visitors, Some(2));
    assert_eq!(figure(&story, &may(Window::Day), "signed_in_share").numerator, Some(1));
}

#[test]
fn signing_in_only_to_write_the_ticket_still_links_it() {
    let story = Story::new().search(0.0, "s", "refund").of(subject(21, 1)).ticket("t", 5 * MINUTE);
    check(&story, &[("s", ["ticketed"; 4])]);
}

#[test]
fn an_import_ten_days_late_makes_known_what_was_unknown() {
    let mut story = Story::new().of(subject(21, 1)).search(0.0, "s", "refund").search(300.0, "other", "holiday");
    story.log.coverage.clear();
    check(&story, &[("s", ["unknown"; 4]), ("other", ["unknown"; 4])]);
    let mut imported = story.ticket("t", 2 * HOUR);
    imported.log.coverage.push(Stretch { source: "import".into(), from: T0, to: T0 + 3 * DAY + 5 * HOUR });
    check(
        &imported,
        &[
            ("s", ["abandoned", "ticketed", "ticketed", "ticketed"]),
            ("other", ["abandoned", "abandoned", "abandoned", "unknown"]),
        ],
    );
}

#[test]
fn coverage_is_one_sources_and_an_outage_breaks_it() {
    let mut story = Story::new().search(0.0, "s", "refund");
    let stretch = |source: &str, from: i64, to: i64| Stretch { source: source.into(), from: T0 + from, to: T0 + to };
    story.log.coverage = vec![stretch("form", -1, 30 * MINUTE), stretch("import", 30 * MINUTE, 9 * DAY)];
    check(&story, &[("s", ["unknown"; 4])]);
    story.log.coverage = vec![stretch("form", 30 * MINUTE + 1, 2 * DAY), stretch("form", 0, 30 * MINUTE)];
    check(&story, &[("s", ["abandoned", "abandoned", "unknown", "unknown"])]);
    story.log.outages = vec![stretch("import", 2 * HOUR, 3 * HOUR)];
    check(&story, &[("s", ["abandoned", "unknown", "unknown", "unknown"])]);
}

#[test]
fn nothing_is_judged_before_its_window_has_passed() {
    let story = Story::new().search(0.0, "s", "refund").ticket("t", MINUTE);
    let outcome = |as_of: i64| {
        let question = Question { as_of: T0 + as_of, ..may(Window::Day) };
        episodes(&story.log, &question).first().map(|row| row.outcome)
    };
    assert_eq!(outcome(DAY - 1), Some("provisional"));
    assert_eq!(outcome(DAY), Some("ticketed"));
    assert_eq!(outcome(-1), None);
}

#[test]
fn an_offline_queue_sent_five_hours_later_keeps_its_times() {
    let late = |event: &mut Event| {
        event.stamp.sent_at += 5 * HOUR;
        event.stamp.received_at += 5 * HOUR;
    };
    let story = Story::new().search(0.0, "s", "refund").but(late).click(1.0, "refunds", Some("s")).but(late);
    let story = story.leave(2.0, "refunds").but(late).ticket("t", 70 * MINUTE);
    check(&story, &[("s", ["assumed", "ticketed", "ticketed", "ticketed"])]);
    assert_eq!(report(&story.log, &may(Window::Day)).clamped, 0);
}

#[test]
fn a_wrong_clock_is_set_right_and_an_impossible_one_clamped_without_dwell() {
    let ahead = |event: &mut Event| {
        event.stamp.at += 3 * HOUR;
        event.stamp.sent_at += 3 * HOUR;
    };
    let story = Story::new()
        .search(0.0, "s", "refund")
        .click(1.0, "refunds", Some("s"))
        .but(ahead)
        .leave(2.0, "refunds")
        .but(ahead);
    check(&story, &[("s", ["assumed"; 4])]);
    // Said to be from a week before it arrived: placed a day before, where it gives no dwell.
    let ancient = |event: &mut Event| event.stamp.at -= 7 * DAY;
    let clamped = Story::new()
        .search(-24.0 * 60.0, "s", "refund")
        .click(0.0, "refunds", Some("s"))
        .but(ancient)
        .leave(1.0, "refunds");
    check(&clamped, &[("s", ["abandoned"; 4])]);
    assert_eq!(report(&clamped.log, &may(Window::Day)).clamped, 1);
}

#[test]
fn a_click_slightly_ahead_of_its_search_belongs_to_it() {
    let story = Story::new().search(0.0, "s", "refund").click(-0.01, "refunds", Some("s")).leave(1.0, "refunds");
    check(&story, &[("s", ["assumed"; 4])]);
    check_share(&story, "no_click_rate", 0, 1);
}

#[test]
fn keystrokes_are_one_search_until_a_click() {
    let typed = Story::new().search(0.0, "r", "re").search(0.02, "re", "Refu").search(0.04, "ref", "refund  STATUS");
    let story = typed.click(0.1, "refunds", Some("re")).search(0.12, "again", "refund status");
    check(&story, &[("r", ["abandoned"; 4])]);
    check_share(&story, "no_result_rate", 0, 2);
    let slow = Story::new().search(0.0, "a", "re").search(0.035, "b", "refund");
    check_share(&slow, "no_result_rate", 0, 2);
    let surfaces =
        Story::new().search(0.0, "a", "re").search(0.01, "b", "refund").but(|event| event.surface = Surface::Widget);
    check_share(&surfaces, "no_result_rate", 0, 2);
}

#[test]
fn searches_join_by_stem_in_one_language_or_by_vector_of_one_model() {
    let stems = Story::new().search(0.0, "a", "How do I export my invoices?").search(9.0, "b", "invoice exporting");
    check(&stems, &[("a", ["abandoned"; 4])]);
    let stop_words = Story::new().search(0.0, "a", "how do I export").search(1.0, "b", "how do I cancel");
    check(&stop_words, &[("a", ["abandoned"; 4]), ("b", ["abandoned"; 4])]);
    let late = Story::new().search(0.0, "a", "export invoices").search(10.001, "b", "export invoices");
    check(&late, &[("a", ["abandoned"; 4]), ("b", ["abandoned"; 4])]);
    let with = |vector: Option<QueryVector>, language: &'static str| {
        move |event: &mut Event| {
            if let Kind::Search(searched) = &mut event.kind {
                searched.vector = vector;
                searched.language = indexer::language::Language::parse(language);
            }
        }
    };
    let languages =
        Story::new().search(0.0, "a", "radio").but(with(None, "en")).search(1.0, "b", "radio").but(with(None, "es"));
    check(&languages, &[("a", ["abandoned"; 4]), ("b", ["abandoned"; 4])]);
    let alike = Story::new()
        .search(0.0, "a", "radio")
        .but(with(angle(0.0), "en"))
        .search(1.0, "b", "wireless")
        .but(with(angle(20.0), "es"));
    check(&alike, &[("a", ["abandoned"; 4])]);
    let other_model = |event: &mut Event| {
        if let Kind::Search(Searched { vector: Some(vector), .. }) = &mut event.kind {
            vector.model.0[0] += 1;
        }
    };
    check(&alike.but(other_model), &[("a", ["abandoned"; 4]), ("b", ["abandoned"; 4])]);
}

#[test]
fn of_several_needs_a_search_joins_the_most_alike_and_a_ticket_too() {
    let with = |degrees: f64| {
        move |event: &mut Event| {
            if let Kind::Search(searched) = &mut event.kind {
                searched.vector = angle(degrees);
            }
        }
    };
    let story = Story::new()
        .search(0.0, "a", "alpha")
        .but(with(0.0))
        .search(1.0, "b", "beta")
        .but(with(60.0))
        .search(2.0, "c", "gamma")
        .but(with(20.0))
        .any_ticket("t", 5 * MINUTE, |ticket| {
            ticket.person = browser(1);
            ticket.vector = angle(10.0);
        });
    check(&story, &[("a", ["ticketed"; 4]), ("b", ["abandoned"; 4])]);
    let row = &episodes(&story.log, &may(Window::Day))[0];
    assert!(row.tickets[0].rule.and_then(Rule::cosine).is_some_and(|cosine| cosine > 0.97));
}

#[test]
fn tickets_are_linked_by_what_they_name_then_by_visitor_then_by_address() {
    let base = Story::new().of(subject(21, 1)).search(0.0, "first", "refund").search(1.0, "second", "holiday calendar");
    let rule = |story: &Story, place: usize| {
        episodes(&story.log, &may(Window::Day))[place].tickets.first().and_then(|t| t.rule)
    };
    let named = base.clone().any_ticket("t", MINUTE, |ticket| ticket.search_id = Some("first".into()));
    assert_eq!((rule(&named, 0), rule(&named, 1)), (Some(Rule::Named), None));
    let known = base.clone().ticket("t", MINUTE);
    assert_eq!((rule(&known, 0), rule(&known, 1)), (None, Some(Rule::Latest)));
    let mut written = base.clone().any_ticket("t", MINUTE, |ticket| ticket.email = Some([5; 16]));
    written.log.addresses.push(Address { email: [5; 16], person: subject(21, 1), since: T0 });
    assert_eq!(rule(&written, 1), Some(Rule::Latest));
    let counts = |story: &Story| {
        let tickets = report(&story.log, &may(Window::Day)).tickets;
        [tickets.by_search, tickets.by_visitor, tickets.by_email, tickets.unlinked, tickets.outside_window]
    };
    assert_eq!([counts(&named), counts(&known), counts(&written)], [[1, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 0, 1, 0, 0]]);
    // An address that became known only later says nothing of this ticket.
    written.log.addresses[0].since = T0 + 2 * MINUTE;
    assert_eq!(counts(&written), [0, 0, 0, 1, 0]);
    assert_eq!(counts(&base.ticket("t", 20 * DAY)), [0, 1, 0, 0, 1]);
}

#[test]
fn staff_bots_and_tests_count_nowhere_but_are_counted() {
    let mark = |mark: Mark| move |event: &mut Event| event.mark = Some(mark);
    let mut story = Story::new()
        .search(0.0, "customer", "refund")
        .of(subject(31, 2))
        .search(0.0, "colleague", "refund")
        .but(mark(Mark::Staff))
        .of(browser(2))
        .click(1.0, "refunds", None)
        .of(browser(3))
        .search(0.0, "trial", "refund")
        .but(mark(Mark::Test))
        .search(1.0, "crawler", "refund")
        .but(mark(Mark::Bot))
        .search(2.0, "ahead", "refund")
        .but(mark(Mark::Prefetch))
        .of(Person::default())
        .search(3.0, "nobody", "refund")
        .of(browser(4));
    for number in 0..31 {
        let (id, text) = (format!("fast{number}"), format!("w{number}"));
        story = story.search(f64::from(number) / 30.0, &id, &text);
    }
    check(&story, &[("customer", ["abandoned"; 4])]);
    let left_out = report(&story.log, &may(Window::Day)).left_out;
    assert_eq!(
        [left_out.staff, left_out.bots, left_out.test, left_out.prefetch, left_out.not_identified],
        [2, 32, 1, 1, 1]
    );
}

#[test]
fn thirty_searches_in_a_minute_may_be_a_person() {
    let mut story = Story::new();
    for number in 0..31 {
        story = story.search(f64::from(number) * 2.001 / 60.0, &format!("s{number:02}"), "refund");
    }
    assert_eq!(episodes(&story.log, &may(Window::Day)).len(), 1);
}

#[test]
fn a_browser_is_one_visitor_over_the_turn_of_a_month() {
    let carried = Person { browser: Some([8; 16]), browser_before: Some([1; 16]), subject: None };
    let midnight = 27.0 * 24.0 * 60.0 + 14.0 * 60.0;
    let story = Story::new()
        .search(midnight - 1.0, "may", "refund")
        .of(carried)
        .click(midnight + 1.0, "refunds", Some("may"))
        .leave(midnight + 2.0, "refunds");
    check(&story, &[("may", ["assumed"; 4])]);
    check_share(&story, "visit_to_ticket", 0, 1);
}

#[test]
fn days_are_those_of_the_portal_and_visits_are_not_cut() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let day =
        |from, to| Question { window: Window::Day, ..Question::new(from, to, berlin.clone(), T0 + 50 * DAY).unwrap() };
    // 21:58 UTC is 23:58 in Berlin; the visit goes on after midnight.
    let story = Story::new().search(718.0, "late", "refund").click(721.0, "refunds", Some("late"));
    let counted = |question: &Question| (report(&story.log, question).visits, episodes(&story.log, question).len());
    assert_eq!(counted(&day(date(2026, 5, 4), date(2026, 5, 5))), (1, 1));
    assert_eq!(counted(&day(date(2026, 5, 5), date(2026, 5, 6))), (0, 0));
    // The day on which clocks go forward has 23 hours, the one on which they go back 25.
    let hours = |question: Question| (question.range().1 - question.range().0) / HOUR;
    assert_eq!(hours(day(date(2026, 3, 29), date(2026, 3, 30))), 23);
    assert_eq!(hours(day(date(2026, 10, 25), date(2026, 10, 26))), 25);
}

#[test]
fn an_hour_that_comes_twice_or_never_is_counted_as_it_passes() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let minute = |at: &str| (at.parse::<jiff::Timestamp>().unwrap().as_millisecond() - T0) as f64 / MINUTE as f64;
    let counted = |story: &Story, from, to| {
        let question = Question::new(from, to, berlin.clone(), T0 + 300 * DAY).unwrap();
        (report(&story.log, &question).visits, episodes(&story.log, &question).len())
    };
    // 02:30 in summer time and, an hour later, 02:30 in winter time: two visits of one day of 25 hours.
    let autumn = Story::new().search(minute("2026-10-25T00:30:00Z"), "first", "refund").search(
        minute("2026-10-25T01:30:00Z"),
        "second",
        "refund",
    );
    assert_eq!(counted(&autumn, date(2026, 10, 25), date(2026, 10, 26)), (2, 2));
    assert_eq!(counted(&autumn, date(2026, 10, 26), date(2026, 10, 27)), (0, 0));
    // 01:59 and, a minute later, 03:00: one episode, of which a ticket at exactly 24 hours is one under 24 h although the clock
    // on the wall says 25.
    let spring = Story::new()
        .search(minute("2026-03-29T00:59:00Z"), "s", "refund")
        .search(minute("2026-03-29T01:00:00Z"), "again", "refund status")
        .ticket("t", minute("2026-03-30T01:00:00Z") as i64 * MINUTE);
    assert_eq!(counted(&spring, date(2026, 3, 29), date(2026, 3, 30)), (1, 1));
    let question = Question::new(date(2026, 3, 29), date(2026, 3, 30), berlin.clone(), T0 + 300 * DAY).unwrap();
    assert_eq!(episodes(&spring.log, &question)[0].outcome, "ticketed");
}

#[test]
fn each_outcome_says_which_rule_decided() {
    let why = |story: &Story, id: &str| {
        let told = super::history(&story.log, &may(Window::Day), |other| other == id).unwrap();
        told.verdicts.iter().map(|verdict| verdict.why.name()).collect::<Vec<_>>()
    };
    let asked = || Story::new().search(0.0, "s", "refund");
    let read = || asked().click(1.0, "refunds", Some("s"));
    assert_eq!(why(&asked(), "s"), ["opened_nothing"; 4]);
    assert_eq!(why(&read().leave(1.1, "refunds"), "s"), ["looked_briefly"; 4]);
    assert_eq!(why(&read().leave(2.0, "refunds"), "s"), ["looked"; 4]);
    assert_eq!(why(&read().vote(2.0, "refunds", false), "s"), ["voted_unsolved"; 4]);
    let solved = read().vote(2.0, "refunds", true);
    assert_eq!(why(&solved, "s"), ["voted_solved"; 4]);
    let back = solved.search(20.0 * 60.0, "later", "refund").ticket("t", 5 * DAY);
    assert_eq!(why(&back, "s"), ["voted_solved", "came_back", "came_back", "came_back"]);
    assert_eq!(why(&back, "later"), ["opened_nothing", "opened_nothing", "opened_nothing", "ticket"]);
    let told = super::history(&back.log, &may(Window::Day), |id| id == "s").unwrap();
    assert_eq!(told.verdicts[1].reopened_by.as_ref().map(|by| &*by.id), Some("later"));
    assert!(told.verdicts.iter().all(|verdict| verdict.tickets.is_empty()));
    let mut broken = asked();
    broken.log.outages.push(Stretch { source: "import".into(), from: T0 + 2 * HOUR, to: T0 + 3 * HOUR });
    assert_eq!(why(&broken, "s"), ["opened_nothing", "outage", "outage", "outage"]);
    broken.log.coverage.clear();
    assert_eq!(why(&broken, "s"), ["not_covered", "outage", "outage", "outage"]);
    let waiting = Question { as_of: T0 + 2 * HOUR, ..may(Window::Day) };
    let told = super::history(&asked().log, &waiting, |id| id == "s").unwrap();
    let names: Vec<_> = told.verdicts.iter().map(|verdict| verdict.why.name()).collect();
    assert_eq!(names, ["opened_nothing", "waiting", "waiting", "waiting"]);
}

#[test]
fn other_formulas_read_the_same_log_otherwise() {
    let story = Story::new()
        .search(0.0, "a", "export invoices")
        .click(0.5, "invoices", Some("a"))
        .vote(1.0, "invoices", true)
        .of(browser(2))
        .search(0.0, "b", "refund")
        .ticket("t", MINUTE)
        .of(browser(3))
        .search(0.0, "c", "holiday");
    let formulas = report(&story.log, &may(Window::Day)).formulas;
    let found: Vec<_> = formulas.iter().map(|formula| (formula.numerator, formula.denominator)).collect();
    // Zendesk 3 readers / 1 asker; ServiceNow 1, 1, 1 of 3; SearchUnify 1 of 3 and no form; Intercom a and c of 3.
    assert_eq!(found, [(3, 1), (1, 3), (1, 3), (1, 3), (1, 3), (0, 0), (2, 3)]);
}
