//! Dates as people write them in front matter, to milliseconds.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// Which end of a day a date without a time means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Edge {
    /// Its first moment.
    Start,
    /// The first moment of the next day: what expires on a day is still shown on it.
    End,
}

/// Milliseconds since 1970 (UTC) of a date (`2026-05-31`), a local time (`2026-05-31 09:00`) or a moment with its offset
/// (`2026-05-31T09:00:00+02:00`); `None` if it is none of them.
pub(crate) fn read(text: &str, time_zone: &TimeZone, edge: Edge) -> Option<i64> {
    let text = text.trim();
    // YAML 1.1 allows spaces before the offset.
    let joined = text.replacen(" +", "+", 1).replacen(" -", "-", 1).replacen(" Z", "Z", 1);
    if let Ok(moment) = joined.parse::<Timestamp>() {
        return Some(moment.as_millisecond());
    }
    let local = |time: DateTime| Some(time.to_zoned(time_zone.clone()).ok()?.timestamp().as_millisecond());
    if text.len() <= "2026-05-31".len() {
        let date: Date = text.parse().ok()?;
        return match edge {
            Edge::Start => local(date.at(0, 0, 0, 0)),
            Edge::End => local(date.checked_add(1.day()).ok()?.at(0, 0, 0, 0)),
        };
    }
    local(text.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_read_in_the_portals_zone() {
        let berlin = TimeZone::fixed(jiff::tz::offset(2));
        let read = |text| read(text, &berlin, Edge::Start);
        let moment = 1_780_178_400_000; // 2026-05-31 00:00 at +02:00
        assert_eq!(read("2026-05-31"), Some(moment));
        for text in
            ["2026-05-31 00:00", "2026-05-31T00:00:00+02:00", "2026-05-30T22:00:00.000Z", "2026-05-31 00:00:00 +02:00"]
        {
            assert_eq!(read(text), Some(moment), "{text}");
        }
        for text in ["", "soon", "31.05.2026", "2026-13-01", "2026", "2026-05-31T25:00"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_expires_on_a_day_is_shown_on_that_day() {
        let (start, end) = (Edge::Start, Edge::End);
        let utc = TimeZone::UTC;
        assert_eq!(read("2026-05-31", &utc, end), read("2026-06-01", &utc, start));
        assert_eq!(read("2026-05-31T12:00:00Z", &utc, end), read("2026-05-31T12:00:00Z", &utc, start));
    }
}
