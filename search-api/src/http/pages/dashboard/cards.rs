//! The figures in large: value, interval, what it was before, and what it means.

use super::Drawing;
use super::tables::{evidence, of, title, value};
use crate::deflection::comparison::{Change, Verdict};
use crate::deflection::figures::{Figure, VISIT_TO_TICKET_LIMIT};
use crate::http::pages::words::fill;

const HEADLINE: &str = "potential_deflection";
const RATIO: &str = "visit_to_ticket";
const FORMS: &str = "form_deflection";

/// A figure in large.
pub(super) struct Card {
    pub id: &'static str,
    pub title: String,
    pub value: String,
    pub bar: Option<Bar>,
    /// Whether the bar marks the share above which content fails.
    pub limit: bool,
    /// What it was in the period before.
    pub change: Option<String>,
    pub lines: Vec<String>,
    /// Address of the rows that it is the sum of.
    pub rows: String,
}

/// A share and its interval in hundredths, as an SVG draws them.
pub(super) struct Bar {
    pub width: String,
    pub low: String,
    pub spread: String,
}

impl Drawing<'_> {
    /// The headline first.
    pub(super) fn cards(&self) -> Vec<Card> {
        let shares = [HEADLINE, RATIO, FORMS].into_iter().filter_map(|name| self.figure(name));
        shares.map(|figure| self.share(figure)).chain([self.coverage()]).collect()
    }

    fn share(&self, figure: &Figure) -> Card {
        let words = &self.words.dashboard;
        let mut lines = evidence(self.words, figure);
        match figure.name {
            RATIO => {
                lines.push(words.ratio_limit.clone());
                let told = |ratio| if ratio > VISIT_TO_TICKET_LIMIT { &words.ratio_over } else { &words.ratio_under };
                lines.extend(figure.value.map(|ratio| told(ratio).clone()));
            }
            _ if figure.note.is_some() => lines.push(words.upper.clone()),
            _ => {}
        }
        Card {
            id: figure.name,
            title: title(self.words, figure),
            value: value(self.words, figure),
            bar: figure.value.map(|value| Bar::of(value, figure.low.unwrap_or(value), figure.high.unwrap_or(value))),
            limit: figure.name == RATIO,
            change: self.change(figure),
            lines,
            rows: self.rows(&[("figure", figure.name)]),
        }
    }

    /// How a figure differs from that of the period before, as a test says.
    fn change(&self, figure: &Figure) -> Option<String> {
        figure.value?;
        let words = &self.words.dashboard;
        let days = (self.question.to - self.question.from).get_days();
        let earlier = self.before?.figures.iter().find(|other| other.name == figure.name)?;
        let Some(change) = Change::between(earlier, figure) else {
            return Some(fill(&words.compare_none, &[("days", &days)]));
        };
        let points = |share: f64| self.words.number((share * 100.0).abs());
        let signed = |share: f64| format!("{}{}", if share < 0.0 { "−" } else { "+" }, points(share));
        let before = self.words.percent(change.before);
        let (text, low, high) = match change.verdict() {
            Verdict::Rose => (&words.compare_rose, points(change.low), points(change.high)),
            Verdict::Fell => (&words.compare_fell, points(change.high), points(change.low)),
            Verdict::Chance => (&words.compare_chance, signed(change.low), signed(change.high)),
        };
        let points = points(change.difference);
        Some(fill(text, &[("days", &days), ("before", &before), ("points", &points), ("low", &low), ("high", &high)]))
    }

    /// How many tickets could be linked to what their writer searched.
    fn coverage(&self) -> Card {
        let words = &self.words.dashboard;
        let tickets = &self.report.tickets;
        let linked = tickets.all - tickets.unlinked;
        let share = (tickets.all > 0).then(|| linked as f64 / tickets.all as f64);
        Card {
            id: "link_coverage",
            title: words.coverage.clone(),
            value: share.map_or_else(|| "–".to_owned(), |share| self.words.percent(share)),
            bar: share.map(|share| Bar::of(share, share, share)),
            limit: false,
            change: None,
            lines: vec![of(self.words, linked, tickets.all), words.coverage_text.clone()],
            rows: self.rows(&[("figure", "link_coverage")]),
        }
    }
}

impl Bar {
    fn of(value: f64, low: f64, high: f64) -> Self {
        Self { width: hundredths(value), low: hundredths(low), spread: hundredths(high - low) }
    }
}

/// A share as a length of a drawing 100 wide; always a point between digits, whatever the language.
pub(super) fn hundredths(share: f64) -> String {
    format!("{:.2}", share.clamp(0.0, 1.0) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_becomes_a_length_within_the_drawing() {
        assert_eq!(hundredths(0.305), "30.50");
        assert_eq!(hundredths(1.7), "100.00");
        assert_eq!(hundredths(f64::NAN.max(0.0)), "0.00");
    }
}
