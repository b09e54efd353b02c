//! What a report is asked for, and the constants of definition 1.

use super::log::Millis;
use indexer::language::Language;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Milliseconds in a second.
pub const SECOND: Millis = 1_000;
/// Milliseconds in a minute.
pub const MINUTE: Millis = 60 * SECOND;
/// Milliseconds in an hour.
pub const HOUR: Millis = 60 * MINUTE;
/// Milliseconds in a day of 24 hours.
pub const DAY: Millis = 24 * HOUR;

/// Number of the definition that figures follow; a change of any rule raises it.
pub const DEFINITION: u32 = 1;

/// How long after an episode a ticket still counts against it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Window {
    /// One hour.
    Hour,
    /// 24 hours.
    #[default]
    Day,
    /// 72 hours.
    ThreeDays,
    /// Seven days.
    Week,
}

impl Window {
    /// All of them, shortest first.
    pub const ALL: [Self; 4] = [Self::Hour, Self::Day, Self::ThreeDays, Self::Week];

    /// Its length.
    pub fn length(self) -> Millis {
        match self {
            Self::Hour => HOUR,
            Self::Day => DAY,
            Self::ThreeDays => 3 * DAY,
            Self::Week => 7 * DAY,
        }
    }

    /// Its name: `1h`, `24h`, `72h`, `7d`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::ThreeDays => "72h",
            Self::Week => "7d",
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that is no window's.
#[derive(Debug, thiserror::Error)]
#[error("a window is 1h, 24h, 72h or 7d, not {0:?}")]
pub struct NoSuchWindow(String);

impl FromStr for Window {
    type Err = NoSuchWindow;

    fn from_str(name: &str) -> Result<Self, NoSuchWindow> {
        Self::ALL.into_iter().find(|window| window.name() == name).ok_or_else(|| NoSuchWindow(name.into()))
    }
}

/// Whether an episode showed the will to open a ticket; the two are never mixed without saying so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stratum {
    /// A form was begun in it, or one of its searches came from a form.
    WithIntent,
    /// Neither.
    WithoutIntent,
}

/// The constants of the definition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// Longest silence within a visit.
    pub visit_gap: Millis,
    /// Longest silence within an episode.
    pub episode_gap: Millis,
    /// Longest time between keystrokes of one search.
    pub keystroke_gap: Millis,
    /// Shortest look at an article that may have helped.
    pub min_dwell: Millis,
    /// Silence after which a form counts as left.
    pub form_silence: Millis,
    /// How far a ticket's time may lie before the episode that led to it: two clocks.
    pub ticket_slack: Millis,
    /// Cosine from which two searches are one need. Provisional: not fitted to a model yet.
    pub refine_similarity: f32,
    /// Cosine from which a ticket is about a search. Provisional: not fitted to a model yet.
    pub match_similarity: f32,
    /// Mean cosine from which queries are one group. Fitted to all-MiniLM-L6-v2 by `signpost tickets topics --judge`.
    pub group_similarity: f64,
    /// Searches in one minute beyond which a visit is a bot's.
    pub bot_searches_a_minute: usize,
    /// Events beyond which a visit is a bot's.
    pub bot_events_a_visit: usize,
    /// Fewest visitors of a row in a table of groups.
    pub min_group: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            visit_gap: 30 * MINUTE,
            episode_gap: 10 * MINUTE,
            keystroke_gap: 2 * SECOND,
            min_dwell: 10 * SECOND,
            form_silence: 30 * MINUTE,
            ticket_slack: 120 * SECOND,
            refine_similarity: 0.7,
            match_similarity: 0.55,
            group_similarity: 0.55,
            bot_searches_a_minute: 30,
            bot_events_a_visit: 500,
            min_group: 5,
        }
    }
}

/// What is asked of a log.
#[derive(Clone, Debug)]
pub struct Question {
    /// First day, in the portal's time zone.
    pub from: Date,
    /// The day after the last.
    pub to: Date,
    /// The portal's time zone.
    pub zone: TimeZone,
    /// How long after an episode tickets count.
    pub window: Window,
    /// The moment whose knowledge is used; later rows are not looked at.
    pub as_of: Millis,
    /// Only visitors with this role.
    pub role: Option<String>,
    /// Only episodes whose first search was read in this language.
    pub language: Option<Language>,
    /// Only episodes of this stratum.
    pub stratum: Option<Stratum>,
    /// The constants.
    pub rules: Rules,
}

/// A range of days that cannot be asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// It holds no day.
    #[error("the range is empty: `to` ({to}) is the day after the last and must lie after `from` ({from})")]
    Empty {
        /// First day.
        from: Date,
        /// The day after the last.
        to: Date,
    },
    /// It is longer than rows are kept.
    #[error("the range from {from} to {to} is longer than 400 days, for which rows are kept")]
    TooLong {
        /// First day.
        from: Date,
        /// The day after the last.
        to: Date,
    },
    /// A day does not exist in the time zone's calendar.
    #[error("{0} cannot be placed in the portal's time zone")]
    NoSuchDay(Date),
}

/// How far beyond its range a question looks: visits begun before, tickets attributed back, votes and windows after (with room).
pub const REACH: Millis = 9 * DAY;

impl Question {
    /// Asks for the days `from` up to, not including, `to`, with the default window and everything known at `as_of`.
    pub fn new(from: Date, to: Date, zone: TimeZone, as_of: Millis) -> Result<Self, RangeError> {
        if to <= from {
            return Err(RangeError::Empty { from, to });
        }
        if i64::from((to - from).get_days()) > 400 {
            return Err(RangeError::TooLong { from, to });
        }
        start_of_day(from, &zone)?;
        start_of_day(to, &zone)?;
        let window = Window::default();
        let rules = Rules::default();
        Ok(Self { from, to, zone, window, as_of, role: None, language: None, stratum: None, rules })
    }

    /// The range in time: first moment, and the moment after the last.
    pub fn range(&self) -> (Millis, Millis) {
        // Both were placed when the question was built.
        let place = |day, otherwise| start_of_day(day, &self.zone).unwrap_or(otherwise);
        (place(self.from, Millis::MAX), place(self.to, Millis::MIN))
    }

    /// The first moment of a day of the range, or of the day after its last, in the portal's time zone.
    pub fn start_of(&self, day: Date) -> Millis {
        // Days between two that exist do; the bounds were placed when the question was built.
        start_of_day(day, &self.zone).unwrap_or(Millis::MAX)
    }

    /// The range as whole ISO weeks: the Monday on or before its first day, and the Monday after its last. Groups are told of whole
    /// weeks only (see [`super::groups`]).
    pub fn weeks(&self) -> (Date, Date) {
        let last = self.to.yesterday().unwrap_or(self.to);
        (monday(self.from), monday(last).saturating_add(7.days()))
    }

    /// The weeks in time: first moment, and the moment after the last.
    pub fn weeks_range(&self) -> (Millis, Millis) {
        let (first, after) = self.weeks();
        let place = |day, otherwise| start_of_day(day, &self.zone).unwrap_or(otherwise);
        let (from, to) = self.range();
        (place(first, from), place(after, to))
    }

    /// The Monday of the week of a moment in the portal's time zone.
    pub fn week_of(&self, t: Millis) -> Date {
        monday(day_of(t, &self.zone))
    }

    /// The stretch of the log that the answer depends on.
    pub fn reach(&self) -> (Millis, Millis) {
        let (from, to) = self.weeks_range();
        (from - REACH, to.saturating_add(self.window.length() + REACH).min(self.as_of))
    }

    /// Whether nothing can move the answer any more.
    pub fn is_final(&self) -> bool {
        self.as_of >= self.range().1.saturating_add(self.window.length() + 7 * DAY)
    }

    /// Whether the range lies within one calendar month, beyond which anonymous visitors cannot be told apart.
    pub fn within_one_month(&self) -> bool {
        let last = self.to.yesterday().unwrap_or(self.to);
        (self.from.year(), self.from.month()) == (last.year(), last.month())
    }
}

/// The Monday of a day's ISO week.
pub fn monday(day: Date) -> Date {
    day.saturating_sub(i64::from(day.weekday().to_monday_zero_offset()).days())
}

/// The day of a moment in a time zone.
pub fn day_of(t: Millis, zone: &TimeZone) -> Date {
    Timestamp::from_millisecond(t).unwrap_or_default().to_zoned(zone.clone()).date()
}

/// The first moment of a day in a time zone.
///
/// # Errors
/// There is no such day in it.
pub fn start_of_day(day: Date, zone: &TimeZone) -> Result<Millis, RangeError> {
    day.to_zoned(zone.clone()).map(|at| at.timestamp().as_millisecond()).map_err(|_| RangeError::NoSuchDay(day))
}
