//! The course of a walk through the hours of a range: which stretch of them comes next, and whose rows it takes to tell them.

use crate::deflection::Question;
use crate::deflection::log::Millis;
use crate::deflection::question::{HOUR, day_of};
use crate::store::End;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// What is still to be walked through, in whole hours of UTC.
pub struct Course {
    question: Question,
    end: End,
    range: (Millis, Millis),
    rest: (Millis, Millis),
    /// Where there are rows, if that is known: the first moments of such hours.
    hours: Option<BTreeSet<Millis>>,
    /// Whether stretches are whole days, as far as those are not too much.
    by_days: bool,
}

impl Course {
    /// The hours of a question's range, from one end.
    pub fn new(question: Question, end: End) -> Self {
        let (from, to) = question.range();
        let range = (hour(from), hour(to.min(question.as_of.saturating_add(1)) + HOUR - 1));
        Self { question, end, range, rest: range, hours: None, by_days: false }
    }

    /// Goes whole days at a time.
    pub fn by_days(self) -> Self {
        Self { by_days: true, ..self }
    }

    /// The end from which it goes.
    pub fn end(&self) -> End {
        self.end
    }

    /// Leaves out what comes before the hour of a moment, or before its day, in the order of the walk.
    pub fn skip_to(&mut self, t: Millis) {
        let hours = (hour(t), hour(t).saturating_add(HOUR));
        let (begins, ends) = if self.by_days { self.hours_of(self.day(t)) } else { hours };
        match self.end {
            End::First => self.rest.0 = self.rest.0.max(begins),
            End::Last => self.rest.1 = self.rest.1.min(ends),
        }
    }

    /// Only goes where there are rows: at these times.
    pub fn only_at(&mut self, times: &[Millis]) {
        self.hours = Some(times.iter().map(|t| hour(*t)).collect());
    }

    /// The moment nearest to the beginning of the walk of what is still to be walked through; `None`: nothing is.
    pub fn next(&self) -> Option<Millis> {
        let (from, to) = self.rest;
        match (&self.hours, self.end) {
            _ if from >= to => None,
            (None, End::First) => Some(from),
            (None, End::Last) => Some(to - 1),
            (Some(hours), End::First) => hours.range(from..to).next().copied(),
            (Some(hours), End::Last) => hours.range(from..to).next_back().map(|hour| hour + HOUR - 1),
        }
    }

    /// Goes to the next hour with rows, or to the beginning of its day; what is left from there on. `None`: nothing is.
    pub fn go_on(&mut self) -> Option<(Millis, Millis)> {
        self.skip_to(self.next()?);
        Some(self.rest)
    }

    /// Takes a stretch off what is left. It is to end about at a moment, if there is one: with the day on which it begins at the latest,
    /// or with a later one if it is of whole days.
    pub fn take(&mut self, about: Option<Millis>) -> (Millis, Millis) {
        let (from, to) = self.rest;
        let stretch = match self.end {
            End::First => {
                let until = about.map_or(to, |t| hour(t).max(from + HOUR)).min(to);
                let (begins, ends) = self.hours_of(self.day(from));
                let is_whole = self.by_days && from == begins;
                match until {
                    until if until <= ends => (from, until),
                    until if is_whole && until < to => (from, self.hours_of(self.day(until)).0),
                    until if is_whole => (from, until),
                    _ => (from, ends),
                }
            }
            End::Last => {
                let since = about.map_or(from, |t| (hour(t) + HOUR).min(to - HOUR)).max(from);
                let (begins, ends) = self.hours_of(self.day(to - 1));
                let is_whole = self.by_days && (to == ends || to == self.range.1);
                match since {
                    since if since >= begins => (since, to),
                    since if is_whole && since > from => (self.hours_of(self.day(since - 1)).1, to),
                    since if is_whole => (since, to),
                    _ => (begins, to),
                }
            }
        };
        match self.end {
            End::First => self.rest.0 = stretch.1,
            End::Last => self.rest.1 = stretch.0,
        }
        stretch
    }

    /// Puts the stretch back that was taken last.
    pub fn put_back(&mut self, stretch: (Millis, Millis)) {
        match self.end {
            End::First => self.rest.0 = stretch.0,
            End::Last => self.rest.1 = stretch.1,
        }
    }

    /// Whose rows are to be read to tell those of a stretch: of whoever did something in this time; and whether that is all of the days
    /// of its hours.
    pub fn around(&self, stretch: (Millis, Millis)) -> ((Millis, Millis), bool) {
        let (first, last) = (self.day(stretch.0), self.day(stretch.1 - 1));
        let is_whole = self.by_days
            && (stretch.0 == self.hours_of(first).0 || stretch.0 == self.range.0)
            && (stretch.1 == self.hours_of(last).1 || stretch.1 == self.range.1);
        if !is_whole {
            return (stretch, false);
        }
        let (begins, ends) = (self.question.start_of(first), self.question.start_of(last.saturating_add(1.day())));
        ((stretch.0.min(begins), stretch.1.max(ends)), true)
    }

    /// The day of the hour of a moment.
    fn day(&self, t: Millis) -> Date {
        day_of(hour(t), &self.question.zone)
    }

    /// The hours that belong to a day: those that begin on it.
    fn hours_of(&self, day: Date) -> (Millis, Millis) {
        let begins = |day: Date| hour(self.question.start_of(day).saturating_add(HOUR - 1));
        (begins(day), begins(day.saturating_add(1.day())))
    }
}

/// The first moment of its hour.
pub fn hour(t: Millis) -> Millis {
    t - t.rem_euclid(HOUR)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::question::DAY;
    use jiff::civil::date;
    use jiff::tz::TimeZone;
    use proptest::prelude::*;

    /// 25 to 30 March 2026, with a day of 23 hours in Europe; known until noon of the last.
    fn question(zone: &str) -> Question {
        let (zone, noon) = (TimeZone::get(zone).unwrap(), 1_774_785_600_000);
        Question::new(date(2026, 3, 25), date(2026, 3, 30), zone, noon).unwrap()
    }

    proptest! {
        #[test]
        fn stretches_are_the_range_without_gaps_and_of_one_day_or_of_whole_ones(
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
            end in prop::sample::select(vec![End::First, End::Last]), by_days: bool,
            lengths in prop::collection::vec(prop::option::of(0..60 * HOUR), 1..20),
        ) {
            let question = question(zone);
            let course = Course::new(question.clone(), end);
            let mut course = if by_days { course.by_days() } else { course };
            let (mut lengths, mut stretches, range) = (lengths.into_iter().cycle(), Vec::new(), course.range);
            while let Some((from, to)) = course.go_on() {
                let about = lengths.next().flatten().map(|length| match end {
                    End::First => (from + length).min(to - 1),
                    End::Last => (to - 1 - length).max(from),
                });
                let stretch = course.take(about);
                course.put_back(stretch);
                prop_assert_eq!(course.take(about), stretch);
                prop_assert!(stretch.1 - stretch.0 >= HOUR);
                let (around, is_of_days) = course.around(stretch);
                let (first, last) = (course.day(stretch.0), course.day(stretch.1 - 1));
                prop_assert!(is_of_days || first == last, "{first} to {last}");
                prop_assert!(around.0 <= stretch.0 && stretch.1 <= around.1);
                if is_of_days {
                    let known = question.as_of.min(question.range().1 - 1);
                    prop_assert!(around.0 <= question.start_of(first).max(question.range().0));
                    prop_assert!(around.1 > question.start_of(last.tomorrow().unwrap()).min(known) - 1);
                }
                stretches.push(stretch);
            }
            if end == End::Last {
                stretches.reverse();
            }
            prop_assert_eq!((stretches[0].0, stretches[stretches.len() - 1].1), range);
            prop_assert!(stretches.windows(2).all(|pair| pair[0].1 == pair[1].0), "{:?}", stretches);
        }
    }

    #[test]
    fn whole_days_are_taken_together_until_they_are_enough() {
        let question = question("UTC");
        let (from, as_of) = (question.range().0, question.as_of);
        let mut course = Course::new(question.clone(), End::First).by_days();
        assert_eq!(course.go_on(), Some((from, as_of + HOUR)));
        assert_eq!(course.take(Some(from + 2 * DAY + 5 * HOUR)), (from, from + 2 * DAY));
        assert_eq!(course.take(Some(from + 2 * DAY + 5 * HOUR)), (from + 2 * DAY, from + 2 * DAY + 5 * HOUR));
        assert_eq!(course.take(None), (from + 2 * DAY + 5 * HOUR, from + 3 * DAY), "the rest of a day by itself");
        assert_eq!(course.around((from + 3 * DAY, as_of + HOUR)), ((from + 3 * DAY, from + 5 * DAY), true));
        assert_eq!(course.take(None), (from + 3 * DAY, as_of + HOUR));
        assert_eq!(course.go_on(), None);
        let mut course = Course::new(question, End::Last).by_days();
        course.skip_to(from + 2 * DAY + 5 * HOUR);
        assert_eq!(course.go_on(), Some((from, from + 3 * DAY)), "a day that is gone on with is read whole");
        assert_eq!(course.take(Some(from + 5 * HOUR)), (from + DAY, from + 3 * DAY));
        assert_eq!(course.take(Some(from + 5 * HOUR)), (from + 6 * HOUR, from + DAY));
    }

    #[test]
    fn hours_without_rows_are_left_out() {
        let question = question("UTC");
        let from = question.range().0;
        let times = [from + 30 * HOUR + 5, from + 31 * HOUR, from + 80 * HOUR];
        let starts = |mut course: Course, hours: Millis| {
            course.only_at(&times);
            let mut starts = Vec::new();
            while let Some((begins, _)) = course.go_on() {
                starts.push((begins - from) / HOUR);
                course.take(Some(begins + hours * HOUR));
            }
            starts
        };
        assert_eq!(starts(Course::new(question.clone(), End::First), 1), [30, 31, 80]);
        assert_eq!(starts(Course::new(question, End::First).by_days(), 24), [24, 72]);
    }
}
