//! Figures and outcomes over time: the units of a report's figures, put into the days or weeks in which they fall.

use super::facts::Selected;
use super::figures::counted;
use super::intervals::{Clusters, Rate};
use super::log::Millis;
use super::outcomes::Outcome;
use super::question::Question;
use super::units::{ByVisitor, Unit};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Shares that are followed over time, by their names among the figures.
pub const FOLLOWED: [&str; 3] = ["potential_deflection", "visit_to_ticket", "ticket_rate"];

/// Longest range in days that is told by the day.
const DAILY: i32 = 14;

/// How long a bucket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A day of the portal.
    Day,
    /// An ISO week, of which only the days of the range are counted.
    Week,
    /// A calendar month, of which only the days of the range are counted.
    Month,
}

/// A range in steps, the first first; steps in which nothing happened are there too.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// How long they are.
    pub step: Step,
    /// They.
    pub buckets: Vec<Bucket>,
}

/// What falls into one day, week or month.
#[derive(Clone, Debug, PartialEq)]
pub struct Bucket {
    /// Its first day within the range.
    pub from: Date,
    /// The day after its last within the range.
    pub to: Date,
    /// The shares of [`FOLLOWED`], in that order.
    pub shares: [Share; FOLLOWED.len()],
    /// Episodes that began in it, by outcome; every outcome is named.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Distinct visitors of visits that began in it. In no step are there two months' anonymous visitors who cannot be told apart: the
    /// week of a month's turn knows them by both.
    pub visitors: u64,
}

/// A share of units.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Units counted.
    pub numerator: u64,
    /// Of how many.
    pub denominator: u64,
    /// The share and its 95 % interval; `None` of nothing.
    pub rate: Option<Rate>,
}

impl Step {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
        }
    }

    /// Days for a fortnight, weeks for more.
    pub fn of(question: &Question) -> Self {
        if (question.to - question.from).get_days() <= DAILY { Self::Day } else { Self::Week }
    }

    /// The first day of the step that a day falls into.
    fn begin(self, day: Date) -> Date {
        match self {
            Self::Day => day,
            Self::Week => day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days()),
            Self::Month => day.first_of_month(),
        }
    }

    fn next(self, first: Date) -> Date {
        match self {
            Self::Day => first.saturating_add(1.day()),
            Self::Week => first.saturating_add(7.days()),
            Self::Month => first.saturating_add(1.month()),
        }
    }
}

/// Puts what a question selects into steps of its range. Each unit of a figure falls into one, by the time by which it falls into the
/// range: counts add up to the report's.
pub fn draw(selected: &Selected<'_>, step: Step) -> Series {
    let question = selected.question;
    let first = step.begin(question.from);
    let starts = std::iter::successors(Some(first), |day| Some(step.next(*day))).take_while(|day| *day < question.to);
    let mut buckets: Vec<Bucket> = starts
        .map(|start| Bucket {
            from: start.max(question.from),
            to: step.next(start).min(question.to),
            shares: Default::default(),
            outcomes: Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect(),
            visitors: 0,
        })
        .collect();
    let ends: Vec<Millis> = buckets.iter().map(|bucket| question.start_of(bucket.to)).collect();
    // Whatever is selected lies in the range, so in one of them.
    let bucket_of = |t: Millis| ends.partition_point(|end| *end <= t).min(ends.len() - 1);

    let mut sums = ByVisitor::new(selected);
    for (place, name) in FOLLOWED.into_iter().enumerate() {
        let mut units: Vec<Vec<Unit>> = vec![Vec::new(); buckets.len()];
        if let Some((_, tell)) = counted(name) {
            tell(selected, &mut |unit| units[bucket_of(unit.t)].push(unit));
        }
        for (bucket, units) in buckets.iter_mut().zip(units) {
            units.into_iter().for_each(|unit| sums.add(unit));
            bucket.shares[place] = Share::new(sums.take());
        }
    }
    for (_, episode) in selected.episodes() {
        *buckets[bucket_of(episode.t)].outcomes.entry(episode.outcome).or_default() += 1;
    }
    // The last step in which each visitor was counted; visits of one stand in order of time.
    let mut counted_in = vec![usize::MAX; selected.facts.visitors.len()];
    for (_, visit) in selected.visits() {
        let bucket = bucket_of(visit.t);
        if std::mem::replace(&mut counted_in[visit.visitor as usize], bucket) != bucket {
            buckets[bucket].visitors += 1;
        }
    }
    Series { step, buckets }
}

impl Share {
    fn new(sums: Clusters) -> Self {
        Self { numerator: sums.numerator(), denominator: sums.denominator(), rate: sums.rate() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::properties::{step, tell};
    use crate::deflection::question::Window;
    use crate::deflection::story::{Story, may};
    use crate::deflection::{report, series, sums};
    use jiff::civil::date;
    use proptest::prelude::*;

    const HOURS: f64 = 60.0;

    #[test]
    fn a_month_is_told_in_weeks_cut_at_its_ends_and_a_fortnight_in_days() {
        // T0 is Monday 4 May; the second search is asked on Sunday 17 May, half an hour before midnight.
        let story = Story::new().search(0.0, "s1", "refund").ticket("t1", 0);
        let story = story.search(13.0 * 24.0 * HOURS + 13.5 * HOURS, "s2", "calendar");
        let told = series(&story.log, &may(Window::Day));
        assert_eq!(told.step, Step::Week);
        assert_eq!(told.buckets.iter().map(|bucket| bucket.visitors).collect::<Vec<_>>(), [0, 1, 1, 0, 0]);
        let by_month = sums(&story.log, &may(Window::Day), |selected, _| draw(selected, Step::Month));
        assert_eq!((by_month.buckets.len(), by_month.buckets[0].visitors), (1, 1), "one visitor, whenever they came");
        let days: Vec<(Date, Date)> = told.buckets.iter().map(|bucket| (bucket.from, bucket.to)).collect();
        assert_eq!(days.first(), Some(&(date(2026, 5, 1), date(2026, 5, 4))), "the range begins on a Friday");
        assert_eq!(days.last(), Some(&(date(2026, 5, 25), date(2026, 6, 1))));
        assert!(days.windows(2).all(|pair| pair[0].1 == pair[1].0));
        let ticketed = |bucket: &Bucket| (bucket.shares[2].numerator, bucket.shares[2].denominator);
        let told: Vec<_> = told.buckets.iter().map(ticketed).collect();
        assert_eq!(told, [(0, 0), (1, 1), (0, 1), (0, 0), (0, 0)]);
        let mut fortnight = may(Window::Day);
        (fortnight.from, fortnight.to) = (date(2026, 5, 4), date(2026, 5, 18));
        let told = series(&story.log, &fortnight);
        assert_eq!((told.step, told.buckets.len()), (Step::Day, 14));
        assert_eq!((ticketed(&told.buckets[0]), ticketed(&told.buckets[13])), ((1, 1), (0, 1)));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn the_steps_add_up_to_the_report(steps in proptest::collection::vec(step(), 0..120), days in 1..40_i64) {
            let log = tell(&steps);
            for window in Window::ALL {
                let mut question = may(window);
                question.from = date(2026, 5, 4);
                question.to = question.from.saturating_add(days.days());
                let (whole, told) = (report(&log, &question), series(&log, &question));
                for (place, name) in FOLLOWED.into_iter().enumerate() {
                    let figure = whole.figures.iter().find(|figure| figure.name == name).unwrap();
                    let sum = |of: fn(&Share) -> u64| told.buckets.iter().map(|bucket| of(&bucket.shares[place])).sum();
                    prop_assert_eq!(figure.numerator, Some(sum(|share| share.numerator)), "{}", name);
                    prop_assert_eq!(figure.denominator, Some(sum(|share| share.denominator)), "{}", name);
                }
                for outcome in Outcome::ALL {
                    let sum: u64 = told.buckets.iter().map(|bucket| bucket.outcomes[&outcome]).sum();
                    prop_assert_eq!(whole.outcomes[&outcome], sum);
                }
            }
        }
    }
}
