//! Why a figure of one range is another today: the outcome of each episode as it was known at two moments.

use super::facts::Selected;
use super::log::Millis;
use super::outcomes::Outcome;
use super::question::{HOUR, Question, day_of};
use super::report::Selection;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What became known between two moments, by what it did to outcomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// The need began after the first moment.
    Begun,
    /// Its window passed.
    WindowPassed,
    /// A ticket came to be attributed to it.
    LateTicket,
    /// It came back.
    Reopened,
    /// It became known, or not to be known, whether a ticket came.
    Coverage,
    /// It went on.
    WentOn,
    /// Another sign of how it ended: a vote, an opening.
    LaterSign,
    /// It is no longer a need of this range: it turned out to be part of another, was left out, or lies outside the filters.
    Gone,
}

impl Cause {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 8] = [
        Self::Begun,
        Self::WindowPassed,
        Self::LateTicket,
        Self::Reopened,
        Self::Coverage,
        Self::WentOn,
        Self::LaterSign,
        Self::Gone,
    ];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::WindowPassed => "window_passed",
            Self::LateTicket => "late_ticket",
            Self::Reopened => "reopened",
            Self::Coverage => "coverage",
            Self::WentOn => "went_on",
            Self::LaterSign => "later_sign",
            Self::Gone => "gone",
        }
    }
}

/// Episodes whose outcome changed in the same way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Why.
    pub cause: Cause,
    /// What was known then; `None`: there was no such episode.
    pub old: Option<Outcome>,
    /// What is known now.
    pub new: Option<Outcome>,
    /// How many.
    pub episodes: u64,
}

/// How long a visit lasts at most of which a need goes on.
const GOES_ON: Millis = 12 * HOUR;

/// The days of a question's range, the last excluded, whose needs may have gone on between a moment and that of the question, or turned
/// out to be another's, or which one that did so reopened: those of later days are new, those of days before only waited for their
/// windows to pass. A need reopens the latest one that seems solved, which of two within its window is known only once the window of
/// the later one has passed.
pub fn unended(question: &Question, since: Millis) -> (Date, Date) {
    let day = |t| day_of(t, &question.zone);
    let window = question.window.length();
    let first = day(since.saturating_sub(window + GOES_ON + window.max(GOES_ON)));
    let after = day(since).saturating_add(1.day());
    (first.clamp(question.from, question.to), after.clamp(question.from, question.to))
}

/// What changed between two moments. Old counts and moves add up to the new ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Revision {
    /// Episodes by outcome as it was known at the first moment.
    pub old: BTreeMap<Outcome, u64>,
    /// And at the second.
    pub new: BTreeMap<Outcome, u64>,
    /// What moved, by cause, then by outcomes.
    pub moves: Vec<Move>,
}

impl Move {
    /// By how many it changed the episodes of a kind.
    pub fn effect(&self, is_one: impl Fn(Outcome) -> bool) -> i64 {
        let counts = |outcome: Option<Outcome>| i64::from(outcome.is_some_and(&is_one));
        (counts(self.new) - counts(self.old)) * self.episodes as i64
    }
}

impl Revision {
    /// What facts tell of the episodes that began outside a stretch of time which holds the first moment: those after it had not begun,
    /// those before it had ended, and were known as they are as soon as their windows had passed.
    pub(super) fn around(selected: &Selected<'_>, since: Millis, (from, to): (Millis, Millis)) -> Self {
        let window = selected.question.window.length();
        let mut told = Self { old: none(), new: none(), moves: Vec::new() };
        let mut moves: BTreeMap<_, u64> = BTreeMap::new();
        for (_, episode) in selected.episodes().filter(|(_, episode)| episode.t < from || to <= episode.t) {
            let new = Some(episode.outcome);
            let old = match episode.t + episode.lasted + window {
                _ if to <= episode.t => None,
                passes if since < passes => Some(Outcome::Provisional),
                _ => new,
            };
            for (counts, outcome) in [(&mut told.old, old), (&mut told.new, new)] {
                outcome.into_iter().for_each(|outcome| *counts.entry(outcome).or_default() += 1);
            }
            if let Some(cause) = cause(old, new) {
                *moves.entry((cause, old, new)).or_default() += 1;
            }
        }
        Self { moves: in_order(moves), ..told }
    }

    /// Adds what changed of other episodes.
    pub fn absorb(&mut self, other: Self) {
        for (mine, theirs) in [(&mut self.old, other.old), (&mut self.new, other.new)] {
            for (outcome, episodes) in theirs {
                *mine.entry(outcome).or_default() += episodes;
            }
        }
        let mut moves: BTreeMap<_, u64> = BTreeMap::new();
        for Move { cause, old, new, episodes } in self.moves.drain(..).chain(other.moves) {
            *moves.entry((cause, old, new)).or_default() += episodes;
        }
        self.moves = in_order(moves);
    }
}

/// The outcome of each selected episode that began within a stretch of time, its end excluded, by its id.
pub(super) fn outcomes(selection: &Selection<'_, '_>, (from, to): (Millis, Millis)) -> BTreeMap<String, Outcome> {
    let episodes = selection.episodes().filter(|(episode, _)| from <= episode.start && episode.start < to);
    episodes.map(|(episode, outcome)| (episode.id.to_owned(), outcome)).collect()
}

/// Compares what was known of the episodes at two moments.
pub(super) fn compare(old: &BTreeMap<String, Outcome>, new: &BTreeMap<String, Outcome>) -> Revision {
    let mut moves: BTreeMap<(Cause, Option<Outcome>, Option<Outcome>), u64> = BTreeMap::new();
    for id in old.keys().chain(new.keys().filter(|id| !old.contains_key(*id))) {
        let (old, new) = (old.get(id).copied(), new.get(id).copied());
        if let Some(cause) = cause(old, new) {
            *moves.entry((cause, old, new)).or_default() += 1;
        }
    }
    Revision { old: counts(old), new: counts(new), moves: in_order(moves) }
}

fn in_order(moves: BTreeMap<(Cause, Option<Outcome>, Option<Outcome>), u64>) -> Vec<Move> {
    moves.into_iter().map(|((cause, old, new), episodes)| Move { cause, old, new, episodes }).collect()
}

/// Why an outcome changed. `None`: it did not.
fn cause(old: Option<Outcome>, new: Option<Outcome>) -> Option<Cause> {
    use Outcome::{Provisional, Reopened, Ticketed, Unknown};
    Some(match (old, new) {
        (old, new) if old == new => return None,
        (None, _) => Cause::Begun,
        (_, None) => Cause::Gone,
        (Some(Provisional), _) => Cause::WindowPassed,
        (_, Some(Provisional)) => Cause::WentOn,
        (_, Some(Ticketed)) => Cause::LateTicket,
        (Some(Unknown), _) | (_, Some(Unknown)) => Cause::Coverage,
        (_, Some(Reopened)) => Cause::Reopened,
        _ => Cause::LaterSign,
    })
}

fn counts(outcomes: &BTreeMap<String, Outcome>) -> BTreeMap<Outcome, u64> {
    let mut counts = none();
    outcomes.values().for_each(|outcome| *counts.entry(*outcome).or_default() += 1);
    counts
}

fn none() -> BTreeMap<Outcome, u64> {
    Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::log::Log;
    use crate::deflection::properties::{step, tell};
    use crate::deflection::question::{DAY, HOUR, MINUTE, Question, Window};
    use crate::deflection::story::{Story, T0, browser, may};
    use crate::deflection::{report, revision, revision_beside, revision_within, sums};
    use proptest::prelude::*;

    #[test]
    fn each_change_is_told_with_its_cause() {
        let story = Story::new().search(0.0, "s1", "refund").ticket("t1", 30 * MINUTE);
        let story = story.of(browser(2)).search(0.0, "s2", "calendar");
        let story = story.of(browser(3)).search(20.0 * 60.0, "s3", "invoice");
        let question = may(Window::Day);
        let told = revision(&story.log, &question, T0 + 10 * HOUR);
        let told: Vec<_> = told.moves.iter().map(|m| (m.cause, m.old, m.new, m.episodes)).collect();
        assert_eq!(
            told,
            [
                (Cause::Begun, None, Some(Outcome::Abandoned), 1),
                (Cause::WindowPassed, Some(Outcome::Provisional), Some(Outcome::Ticketed), 1),
                (Cause::WindowPassed, Some(Outcome::Provisional), Some(Outcome::Abandoned), 1),
            ]
        );
        assert_eq!(revision(&story.log, &question, question.as_of).moves, [], "nothing changes in no time");
    }

    #[test]
    fn outcomes_that_were_closed_move_for_a_reason_too() {
        use Outcome::*;
        let told = [
            (Abandoned, Ticketed, Cause::LateTicket),
            (Unknown, Ticketed, Cause::LateTicket),
            (Unknown, Assumed, Cause::Coverage),
            (Confirmed, Reopened, Cause::Reopened),
            (Assumed, Provisional, Cause::WentOn),
            (Abandoned, Confirmed, Cause::LaterSign),
        ];
        for (old, new, why) in told {
            assert_eq!(cause(Some(old), Some(new)), Some(why), "{old:?} to {new:?}");
        }
        assert_eq!((cause(Some(Ticketed), None), cause(None, None)), (Some(Cause::Gone), None));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn old_counts_and_moves_add_up_to_the_new_ones(
            steps in proptest::collection::vec(step(), 0..120), minutes in 0..4_000_i64,
        ) {
            let log = tell(&steps);
            let question = may(Window::Hour);
            let since = T0 + minutes * MINUTE;
            let told = revision(&log, &question, since);
            prop_assert_eq!(&told.new, &report(&log, &question).outcomes);
            prop_assert_eq!(&told.old, &report(&log, &Question { as_of: since, ..question }).outcomes);
            for outcome in Outcome::ALL {
                let moved: i64 = told.moves.iter().map(|m| m.effect(|other| other == outcome)).sum();
                prop_assert_eq!(told.old[&outcome] as i64 + moved, told.new[&outcome] as i64);
            }
        }

        #[test]
        fn what_cannot_have_moved_is_told_by_facts(
            steps in proptest::collection::vec(step(), 0..120), days in -2..9_i64, minutes in 0..1_440_i64,
        ) {
            assert_told_by_facts(&tell(&steps), T0 + days * DAY + minutes * MINUTE);
        }
    }

    fn assert_told_by_facts(log: &Log, since: Millis) {
        for window in Window::ALL {
            let question = may(window);
            let mut told = sums(log, &question, |selected, _| revision_beside(selected, since));
            let (from, to) = unended(&question, since);
            if from < to {
                let unended = Question { from, to, ..question.clone() };
                // In two parts.
                let (first, end) = unended.range();
                for within in [(first, first + 9 * HOUR), (first + 9 * HOUR, end)] {
                    told.absorb(revision_within(log, &unended, since, within));
                }
            }
            assert_eq!(told, revision(log, &question, since), "{window:?} {from} {to}");
        }
    }

    #[test]
    fn who_was_reopened_is_known_once_the_window_of_the_next_has_passed() {
        let once = (0, 0, 0, 0);
        let steps = [
            once,
            (2, 1580, 3, 0),
            (2, 1510, 0, 3),
            once,
            once,
            (0, 0, 4, 4),
            (1, 728, 1, 0),
            (2, 210, 2, 5),
            (2, 1765, 2, 4),
            (2, 882, 3, 2),
            (3, 624, 7, 2),
            (2, 921, 7, 5),
        ];
        assert_told_by_facts(&tell(&steps), T0 + 3 * DAY + 206 * MINUTE);
    }
}
