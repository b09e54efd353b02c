//! What the holdout says, and what avoided tickets are worth: with their intervals, or as an upper bound that says so.

use super::Drawing;
use super::tables::of;
use crate::deflection::holdout::{Holdout, Lift, Units, units_needed};
use crate::deflection::outcomes::FormOutcome;
use crate::http::pages::words::{Words, fill};
use indexer::portal;
use indexer::portal::TicketCost;
use std::fmt::Display;

/// The share of people that the page proposes to hold out.
const PROPOSED: f64 = 0.1;

/// What is said of the experiment.
pub(super) struct Experiment {
    /// Its name, where one runs or has run.
    pub name: Option<String>,
    pub lines: Vec<String>,
    pub arms: Vec<Arm>,
    pub power: Option<Power>,
}

pub(super) struct Arm {
    pub title: String,
    pub units: u64,
    pub ticketed: u64,
    pub rate: String,
}

/// How far an experiment has come.
pub(super) struct Power {
    pub reached: u64,
    pub needed: u64,
    pub told: String,
}

/// What avoided tickets are worth.
pub(super) struct Worth {
    pub value: Option<String>,
    pub lines: Vec<String>,
}

impl Drawing<'_> {
    /// The experiment of the range; `running` is the one that portal.toml names.
    pub(super) fn experiment(&self, running: Option<&portal::Experiment>) -> Experiment {
        let words = &self.words.dashboard;
        let Some(told) = &self.report.holdout else {
            let lines = match running {
                Some(running) => vec![fill(&words.holdout_waiting, &[("name", &running.name)])],
                None => {
                    let needed = self.forms_ticketed().and_then(|rate| units_needed(rate, PROPOSED));
                    let size = needed.map(|needed| fill(&words.holdout_size, &[("needed", &needed)]));
                    [words.holdout_none.clone()].into_iter().chain(size).collect()
                }
            };
            return Experiment {
                name: running.map(|running| running.name.clone()),
                lines,
                arms: Vec::new(),
                power: None,
            };
        };
        let arm = |title: &String, units: Units| Arm {
            title: title.clone(),
            units: units.all,
            ticketed: units.ticketed,
            rate: units.rate().map_or_else(|| "–".to_owned(), |rate| self.words.percent(rate.value)),
        };
        let reached = told.shown.all + told.held.all;
        let power = told.needed.map(|needed| Power {
            reached: reached.min(needed),
            needed,
            told: fill(&words.holdout_power, &[("reached", &reached), ("needed", &needed)]),
        });
        Experiment {
            name: Some(told.experiment.clone()),
            lines: self.effect(told),
            arms: vec![arm(&words.holdout_shown, told.shown), arm(&words.holdout_held, told.held)],
            power,
        }
    }

    /// Share of closed forms that were sent: what an experiment begins from.
    fn forms_ticketed(&self) -> Option<f64> {
        let count = |outcome: FormOutcome| self.report.forms.get(&outcome).copied().unwrap_or_default() as f64;
        let sent = count(FormOutcome::Sent);
        let closed = sent + count(FormOutcome::Left) + count(FormOutcome::LeftAfterHelp);
        (sent > 0.0).then(|| sent / closed)
    }

    fn effect(&self, told: &Holdout) -> Vec<String> {
        let words = &self.words.dashboard;
        let mut lines = Vec::new();
        if !told.is_balanced() {
            lines.push(words.holdout_unbalanced.clone());
        } else if let Some(lift) = told.lift {
            let [value, low, high] = [lift.value, lift.low, lift.high].map(|share| signed(self.words, share * 100.0));
            lines.push(fill(&words.holdout_lift, &[("value", &value), ("low", &low), ("high", &high)]));
        } else {
            lines.push(words.holdout_empty.clone());
        }
        if let Some(avoided) = told.avoided() {
            let [value, low, high] = [avoided.value, avoided.low, avoided.high].map(|count| signed(self.words, count));
            lines.push(fill(&words.holdout_avoided, &[("value", &value), ("low", &low), ("high", &high)]));
        }
        if told.open > 0 {
            lines.push(fill(&words.holdout_open, &[("count", &told.open)]));
        }
        lines
    }

    /// Cost of a ticket × tickets avoided; without a measured effect, at most as many as needs that were deflected.
    pub(super) fn worth(&self, cost: Option<&TicketCost>) -> Worth {
        let words = &self.words.dashboard;
        let Some(cost) = cost else { return Worth { value: None, lines: vec![words.worth_none.clone()] } };
        let money = |count: f64| {
            let amount = whole(count * cost.amount);
            if cost.currency.is_empty() { amount } else { format!("{amount}\u{a0}{}", cost.currency) }
        };
        let each = if cost.currency.is_empty() {
            cost.amount.to_string()
        } else {
            format!("{} {}", cost.amount, cost.currency)
        };
        if let Some(Lift { value, low, high }) = self.report.holdout.as_ref().and_then(Holdout::avoided) {
            let (low, high) = (money(low), money(high));
            let told: [(&str, &dyn Display); 3] = [("low", &low), ("high", &high), ("each", &each)];
            return Worth { value: Some(money(value)), lines: vec![fill(&words.worth_measured, &told)] };
        }
        let Some(figure) = self.figure("potential_deflection").filter(|figure| figure.value.is_some()) else {
            return Worth { value: None, lines: vec![words.no_value.clone()] };
        };
        let (deflected, closed) = (figure.numerator.unwrap_or_default(), figure.denominator.unwrap_or_default());
        let [low, high] = [figure.low, figure.high].map(|share| money(share.unwrap_or_default() * closed as f64));
        let counted = of(self.words, deflected, closed);
        let told: [(&str, &dyn Display); 4] = [("low", &low), ("high", &high), ("each", &each), ("of", &counted)];
        let most = fill(&words.worth_most, &[("value", &money(deflected as f64))]);
        Worth { value: Some(most), lines: vec![fill(&words.worth_bound, &told), words.upper.clone()] }
    }
}

/// A number with its sign and one decimal.
fn signed(words: &Words, value: f64) -> String {
    format!("{}{}", if value < 0.0 { "−" } else { "" }, words.number(value.abs()))
}

/// A whole number, its thousands apart (a thin space, as in both languages by the SI).
fn whole(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let grouped: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    format!("{}{}", if value <= -0.5 { "−" } else { "" }, grouped.join("\u{202f}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_whole_and_its_thousands_stand_apart() {
        let written = [0.4, -0.4, 999.6, 1_234_567.0, -98_765.0].map(whole);
        assert_eq!(written, ["0", "0", "1\u{202f}000", "1\u{202f}234\u{202f}567", "−98\u{202f}765"]);
    }
}
