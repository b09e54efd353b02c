//! Why figures changed between two moments: what moved, by cause, in counts that add up.

use super::tables::outcome_title;
use crate::deflection::outcomes::Outcome;
use crate::deflection::question::{DAY, day_of};
use crate::deflection::revision::{Cause, Move};
use crate::deflection::{Question, Revision};
use crate::http::address;
use crate::http::pages::frame::Frame;
use crate::http::pages::words::{Words, fill};
use crate::http::reports::asking;
use crate::http::reports::changes::effects;
use jiff::Timestamp;

/// What moved, if it was asked for.
pub(super) struct Changes {
    /// The earlier moment, as the form has it.
    pub since: String,
    /// What the form keeps of the address.
    pub kept: Vec<(&'static str, String)>,
    pub asked: Option<Asked>,
}

pub(super) struct Asked {
    pub told: String,
    /// Ticketed, deflected and closed needs: then, moved, now.
    pub sums: Vec<(String, u64, String, u64)>,
    pub rows: Vec<ChangeRow>,
    pub file: String,
}

pub(super) struct ChangeRow {
    pub cause: String,
    pub old: String,
    pub new: String,
    pub episodes: u64,
    pub effects: [String; 3],
}

impl Changes {
    /// `file` is the address of the table as a file, without the earlier moment.
    pub fn new(frame: &Frame, question: &Question, revised: Option<(i64, Revision)>, file: &str) -> Self {
        let kept = asking::pairs(question);
        let week_ago = question.as_of - 7 * DAY;
        let since = revised.as_ref().map_or(week_ago, |(since, _)| *since);
        let day = day_of(since, &question.zone);
        let asked = revised.map(|(since, revision)| {
            let moment = Timestamp::from_millisecond(since).unwrap_or_default().to_string();
            let file = format!("{file}&{}", address::query(&[("since", &moment)]));
            Asked::new(frame, question, since, &revision, file)
        });
        Self { since: day.to_string(), kept, asked }
    }
}

impl Asked {
    fn new(frame: &Frame, question: &Question, since: i64, revision: &Revision, file: String) -> Self {
        let words = frame.words;
        let (from, to) = (words.minute(since, &frame.zone), words.minute(question.as_of, &frame.zone));
        let range: [(&str, &dyn std::fmt::Display); 2] = [("since", &from), ("as_of", &to)];
        let text =
            if revision.moves.is_empty() { &words.dashboard.changes_nothing } else { &words.dashboard.changes_told };
        let counts = |counts: &std::collections::BTreeMap<Outcome, u64>| {
            let moves = counts.iter().map(|(outcome, count)| Move {
                cause: Cause::Begun,
                old: None,
                new: Some(*outcome),
                episodes: *count,
            });
            moves.map(|moved| effects(&moved)).fold([0; 3], |sum, effect| std::array::from_fn(|i| sum[i] + effect[i]))
        };
        let (old, new) = (counts(&revision.old), counts(&revision.new));
        let names =
            [&words.dashboard.changes_ticketed, &words.dashboard.changes_deflected, &words.dashboard.changes_closed];
        let sum = |(place, name): (usize, &&String)| {
            let moved = signed(new[place] - old[place]);
            ((*name).clone(), old[place].unsigned_abs(), moved, new[place].unsigned_abs())
        };
        Self {
            told: fill(text, &range),
            sums: names.iter().enumerate().map(sum).collect(),
            rows: revision.moves.iter().map(|moved| ChangeRow::new(words, moved)).collect(),
            file,
        }
    }
}

impl ChangeRow {
    fn new(words: &Words, moved: &Move) -> Self {
        let cause = moved.cause.name();
        let named = |outcome: Option<Outcome>, absent: &String| {
            outcome.map_or_else(|| absent.clone(), |outcome| outcome_title(words, outcome))
        };
        Self {
            cause: words.dashboard.causes.get(cause).map_or(cause, String::as_str).to_owned(),
            old: named(moved.old, &words.dashboard.changes_absent),
            new: named(moved.new, &words.dashboard.changes_gone),
            episodes: moved.episodes,
            effects: effects(moved).map(signed),
        }
    }
}

fn signed(count: i64) -> String {
    match count {
        0 => "0".to_owned(),
        1.. => format!("+{count}"),
        _ => format!("−{}", count.unsigned_abs()),
    }
}
