//! Which groups' ticket rate rose in the last whole week by more than chance explains, all groups being looked at.

use super::effect::{Effect, between};
use super::rows::{Row, Table};
use crate::deflection::log::Millis;
use crate::deflection::question::{DAY, Question, RangeError, Window, day_of, monday};
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Weeks before, beside which the last one is looked at.
const WEEKS: i32 = 8;

/// Largest share of false ones that is expected among all that are told.
const FALSE: f64 = 0.05;

/// A group whose ticket rate rose.
#[derive(Clone, Debug, PartialEq)]
pub struct Rise {
    /// The group, over all weeks that were looked at.
    pub row: Row,
    /// The weeks before beside the last.
    pub effect: Effect,
    /// How probable so great a rise were if nothing had changed; of this group alone.
    pub chance: f64,
}

/// The Monday of the last whole week of which all is known but what comes late, and the question of it and the weeks before it:
/// tickets may follow for a window after the week, and events may arrive a day late.
///
/// # Errors
/// The time zone's calendar lacks a day.
pub fn last_week(zone: TimeZone, now: Millis) -> Result<(Question, Date), RangeError> {
    let after = monday(day_of(now - Window::default().length() - DAY, &zone));
    let week = after.saturating_sub(7.days());
    Ok((Question::new(week.saturating_sub((7 * WEEKS).days()), after, zone, now)?, week))
}

/// The groups of a table whose ticket rate in a week (its Monday) lies above that of the weeks before it by more than chance explains.
///
/// Each group is tested by itself: Fisher's exact test, one-sided, on its visitors, each counted once a week, of whom some wrote a
/// ticket. It holds for groups of any size and for visitors who ask again and again. Of many groups some rise by chance: those that
/// Benjamini and Hochberg's procedure (1995) rejects are told, so that of all that are told at most one in twenty is expected to be
/// false, and where nothing changed anything at all is told in at most one week of twenty. And the interval of the difference, which
/// is what people are shown, must leave out no change. Groups without any ticket are not in the table; no test could have rejected
/// them, so they count as none (Tarone 1990).
pub fn rises(table: Table, week: Date) -> Vec<Rise> {
    let compared = table.rows.into_iter().filter(|row| !row.is_rest()).filter_map(|row| {
        let effect = between(&row, |other| other < week, |other| other == week)?;
        Some(Rise { effect, chance: chance(&row, week), row })
    });
    let mut compared: Vec<Rise> = compared.collect();
    let limit = benjamini_hochberg(compared.iter().map(|rise| rise.chance).collect());
    compared.retain(|rise| limit.is_some_and(|limit| rise.chance <= limit) && rise.effect.worsened());
    compared
}

/// How probable it is that as many of a week's visitors or more write tickets, if the week is like those before it.
fn chance(row: &Row, week: Date) -> f64 {
    let visitors = |belongs: &dyn Fn(Date) -> bool| {
        let weeks = row.weeks.iter().filter(|(week, _)| belongs(*week)).map(|(_, tally)| tally.clusters());
        weeks.fold((0, 0), |sum, (ticketed, all)| (sum.0 + ticketed, sum.1 + all))
    };
    fisher(visitors(&|other| other == week), visitors(&|other| other < week))
}

/// One-sided p-value of Fisher's exact test (1935): (with the property, all) of two groups; how probable it is that the first has as
/// many with the property or more, of all that have it.
fn fisher(first: (u64, u64), second: (u64, u64)) -> f64 {
    let (having, all) = ((first.0 + second.0) as f64, (first.1 + second.1) as f64);
    let (found, drawn) = (first.0 as f64, first.1 as f64);
    if found * all <= having * drawn {
        // Not above what is expected: no rise, and sums that begin below it may lose their first terms to rounding.
        return 1.0;
    }
    // The hypergeometric distribution from `found` on; each term from the one before.
    let mut term = (ln_choose(having, found) + ln_choose(all - having, drawn - found) - ln_choose(all, drawn)).exp();
    let (mut sum, mut at) = (0.0, found);
    while at <= having.min(drawn) && term > 0.0 {
        sum += term;
        term *= (having - at) * (drawn - at) / ((at + 1.0) * (all - having - drawn + at + 1.0));
        at += 1.0;
    }
    f64::min(sum, 1.0)
}

/// Logarithm of the number of ways to choose `k` of `n`.
fn ln_choose(n: f64, k: f64) -> f64 {
    let k = k.min(n - k);
    (1..=k as u64).map(|i| ((n - k + i as f64) / i as f64).ln()).sum()
}

/// The largest p-value that is rejected; `None`: none is (Benjamini and Hochberg, J. R. Statist. Soc. B 57:289, 1995).
fn benjamini_hochberg(mut chances: Vec<f64>) -> Option<f64> {
    chances.sort_by(f64::total_cmp);
    let tests = chances.len() as f64;
    let rejected = |(place, chance): &(usize, f64)| *chance <= (*place + 1) as f64 / tests * FALSE;
    // Whatever is smaller is rejected with it.
    chances.into_iter().enumerate().rfind(rejected).map(|(_, chance)| chance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::groups::{Label, Name};
    use crate::deflection::question::{HOUR, MINUTE};
    use crate::deflection::searches;
    use crate::deflection::story::{Seeded, Story, T0, browser};
    use jiff::civil::date;

    const MINUTES_A_WEEK: f64 = 7.0 * 24.0 * 60.0;
    /// The week of T0.
    const WEEK: Date = date(2026, 5, 4);

    /// Visitors who each ask a query in a week counted from that of T0, the first `ticketed` of whom write a ticket; each query at an
    /// hour of its own, so that no ticket belongs to another.
    fn ask(mut story: Story, week: i32, text: &str, visitors: u8, ticketed: u8) -> Story {
        let at = f64::from(week) * MINUTES_A_WEEK + 120.0 * f64::from(text.as_bytes()[0] - b'a');
        for visitor in 0..visitors {
            let id = format!("w{week}-{text}-{visitor}");
            story = story.of(browser(visitor)).search(at, &id, text);
            if visitor < ticketed {
                story = story.ticket(&id, (at * MINUTE as f64) as i64 + MINUTE);
            }
        }
        story
    }

    /// Labels of the groups that rose in the week of T0, known on a day of the next week.
    #[track_caller]
    fn check(story: &Story, expected: &[&str]) -> Vec<Rise> {
        let (question, week) = last_week(TimeZone::UTC, T0 + 9 * DAY).unwrap();
        assert_eq!(week, WEEK);
        let found = rises(searches(&story.log, &question), week);
        let label = |rise: &Rise| match &rise.row.name {
            Name::Label(Label::Query(query)) => query.clone(),
            other => format!("{other:?}"),
        };
        assert_eq!(found.iter().map(label).collect::<Vec<_>>(), expected);
        found
    }

    #[test]
    fn a_rise_beyond_chance_is_told_with_both_sides_and_one_within_it_is_not() {
        let before = ask(ask(Story::new(), -8, "refund status", 20, 2), -1, "refund status", 20, 2);
        let story = ask(before.clone(), 0, "refund status", 20, 14);
        let found = check(&story, &["refund status"]);
        let effect = &found[0].effect;
        assert_eq!((effect.before.0, effect.before.1, effect.after.0, effect.after.1), (4, 40, 14, 20));
        assert!((effect.change.0 - 0.6).abs() < 1e-12 && effect.worsened());
        assert!((found[0].row.tickets, found[0].chance < 1e-5) == (18, true), "{found:?}");
        check(&ask(before.clone(), 0, "refund status", 20, 3), &[]);
        check(&ask(before, 0, "refund status", 20, 0), &[]);
    }

    #[test]
    fn a_group_too_small_to_show_or_with_nothing_before_is_not_told() {
        let before = ask(Story::new(), -1, "refund status", 40, 0);
        check(&ask(before.clone(), 0, "refund status", 4, 4), &[]);
        check(&ask(before.clone(), 0, "quokka", 30, 30), &[]);
        // Weeks further back than eight are none before.
        check(&ask(ask(Story::new(), -9, "refund status", 40, 0), 0, "refund status", 20, 20), &[]);
        check(&ask(before, 0, "refund status", 5, 5), &["refund status"]);
    }

    #[test]
    fn one_visitor_who_asks_and_writes_again_and_again_is_one() {
        let mut story = ask(ask(Story::new(), -1, "refund status", 40, 2), 0, "refund status", 20, 1);
        for time in 1..=40 {
            let (id, at) = (format!("again{time}"), f64::from(time) * 61.0);
            story = story.of(browser(19)).search(at, &id, "refund status");
            story = story.ticket(&id, (at * MINUTE as f64) as i64 + MINUTE);
        }
        check(&story, &[]);
    }

    #[test]
    fn what_is_a_rise_by_itself_is_none_among_many_groups_that_did_not_rise() {
        // By itself p = 0.014; among eleven groups it would have to be below 0.05/11.
        let rose = ask(ask(Story::new(), -1, "refund status", 20, 2), 0, "refund status", 20, 9);
        check(&rose, &["refund status"]);
        let words =
            ["quokka", "zanzibar", "invoice", "password", "shipping", "holiday", "webhook", "vault", "card", "berth"];
        let still = |story, word: &&str| ask(ask(story, -1, word, 20, 2), 0, word, 20, 2);
        check(&words.iter().fold(rose, still), &[]);
    }

    #[test]
    fn the_last_week_is_one_whose_windows_have_passed_and_whose_events_are_here() {
        let end = T0 + 7 * DAY - 10 * HOUR;
        let of = |now| last_week(TimeZone::UTC, now).unwrap();
        assert_eq!(of(end + 2 * DAY).1, WEEK);
        assert_eq!(of(end + 2 * DAY - 1).1, date(2026, 4, 27));
        let (question, week) = of(end + 9 * DAY - 1);
        assert_eq!((question.from, question.to, week), (date(2026, 3, 9), date(2026, 5, 11), WEEK));
    }

    #[test]
    fn fishers_test_gives_the_published_values() {
        // The lady tasting tea (Fisher, The Design of Experiments, 1935, II): 1/70, 17/70.
        for (found, published) in [(4, 1.0 / 70.0), (3, 17.0 / 70.0)] {
            let p = fisher((found, 4), (4 - found, 4));
            assert!((p - published).abs() < 1e-12, "{p}");
        }
        // Twins of criminals (Fisher, J. R. Statist. Soc. 98:48, 1935): 10 of 13 against 2 of 17, p = 0.000465.
        let p = fisher((10, 13), (2, 17));
        assert!((p - 0.000_465_2).abs() < 1e-7, "{p}");
        assert_eq!(fisher((0, 5), (0, 9)), 1.0);
        assert_eq!(fisher((5, 5), (9, 9)), 1.0);
        assert!(fisher((900, 1_000), (1_000, 100_000)) < 1e-300);
    }

    #[test]
    fn benjamini_and_hochberg_reject_what_they_publish() {
        // Their example of 15 comparisons: the first four, where Bonferroni's correction rejects three.
        let published = vec![
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528,
            0.7590, 1.0,
        ];
        assert_eq!(benjamini_hochberg(published), Some(0.0095));
        assert_eq!(benjamini_hochberg(vec![0.06, 0.2]), None);
        assert_eq!(benjamini_hochberg(Vec::new()), None);
        // A step up: the larger lets the smaller pass.
        assert_eq!(benjamini_hochberg(vec![0.04, 0.03]), Some(0.04));
    }

    #[test]
    fn where_nothing_changed_anything_is_told_in_at_most_one_week_of_twenty() {
        let mut random = Seeded(11);
        let mut tickets =
            move |visitors: u64, percent: i64| (0..visitors).filter(|_| random.below(100) < percent).count() as u64;
        let false_weeks = (0..2_000).filter(|_| {
            let groups = (0..20_u64).map(|group| {
                let (now, before, percent) = (5 + group * 3, 5 + group * 20, 5 + 2 * group as i64);
                fisher((tickets(now, percent), now), (tickets(before, percent), before))
            });
            benjamini_hochberg(groups.collect()).is_some()
        });
        // 100 are expected of an exact test at 5 %; Fisher's is conservative.
        let told = false_weeks.count();
        assert!(told <= 100, "{told} of 2,000");
    }
}
