//! The tables of the report: outcomes, forms, every figure with its formula, and the formulas of others.

use super::Drawing;
use super::cards::hundredths;
use crate::deflection::figures::Figure;
use crate::deflection::formulas::Formula;
use crate::deflection::outcomes::{FormOutcome, Outcome};
use crate::http::pages::words::{Words, fill};

pub(super) struct OutcomeRow {
    pub name: &'static str,
    pub title: String,
    pub count: u64,
    pub share: String,
    pub width: String,
    pub rows: String,
}

pub(super) struct FormRow {
    pub title: String,
    pub count: u64,
    pub share: String,
    pub rows: String,
}

pub(super) struct FigureRow {
    pub name: &'static str,
    pub title: String,
    pub value: String,
    pub of: Option<String>,
    pub formula: &'static str,
    pub interval: Option<String>,
    pub note: Option<&'static str>,
    pub rows: String,
}

pub(super) struct FormulaRow {
    pub name: &'static str,
    pub reading: &'static str,
    pub source: &'static str,
    pub rows: String,
    pub value: String,
    pub of: String,
}

impl Drawing<'_> {
    /// How needs ended.
    pub(super) fn outcomes(&self) -> Vec<OutcomeRow> {
        Outcome::ALL.map(|outcome| self.outcome(outcome)).into()
    }

    /// What became of ticket forms.
    pub(super) fn forms(&self) -> Vec<FormRow> {
        let closed: u64 = FormOutcome::ALL
            .iter()
            .filter(|outcome| **outcome != FormOutcome::Open)
            .filter_map(|outcome| self.report.forms.get(outcome))
            .sum();
        let row = |outcome: FormOutcome| {
            let count = self.report.forms.get(&outcome).copied().unwrap_or_default();
            let share = (outcome != FormOutcome::Open && closed > 0).then(|| count as f64 / closed as f64);
            let name = outcome.name();
            FormRow {
                title: self.words.ledger.endings.get(name).map_or(name, String::as_str).to_owned(),
                count,
                share: share.map_or_else(|| "–".to_owned(), |share| self.words.percent(share)),
                rows: self.rows(&[("kind", "form"), ("outcome", name)]),
            }
        };
        FormOutcome::ALL.map(row).into()
    }

    /// Every figure.
    pub(super) fn figures(&self) -> Vec<FigureRow> {
        let row = |figure: &Figure| FigureRow {
            name: figure.name,
            title: title(self.words, figure),
            value: value(self.words, figure),
            of: figure.numerator.zip(figure.denominator).map(|(n, d)| of(self.words, n, d)),
            formula: figure.formula,
            interval: interval(self.words, figure),
            note: figure.note,
            rows: self.rows(&[("figure", figure.name)]),
        };
        self.report.figures.iter().map(row).collect()
    }

    /// The same log under other formulas.
    pub(super) fn formulas(&self) -> Vec<FormulaRow> {
        let row = |formula: &Formula| FormulaRow {
            name: formula.name,
            reading: formula.reading,
            source: formula.source,
            rows: self.rows(&[("figure", formula.figure)]),
            value: formula.value().map_or_else(|| "–".to_owned(), |value| self.words.number(value)),
            of: of(self.words, formula.numerator, formula.denominator),
        };
        self.report.formulas.iter().map(row).collect()
    }

    fn outcome(&self, outcome: Outcome) -> OutcomeRow {
        let count = self.report.outcomes.get(&outcome).copied().unwrap_or_default();
        let share = (outcome.is_closed() && self.report.closed > 0).then(|| count as f64 / self.report.closed as f64);
        OutcomeRow {
            name: outcome.name(),
            title: outcome_title(self.words, outcome),
            count,
            share: share.map_or_else(|| "–".to_owned(), |share| self.words.percent(share)),
            width: hundredths(share.unwrap_or_default()),
            rows: self.rows(&[("outcome", outcome.name())]),
        }
    }
}

/// What an outcome is called.
pub(super) fn outcome_title(words: &Words, outcome: Outcome) -> String {
    let name = outcome.name();
    words.dashboard.outcome_names.get(name).map_or(name, String::as_str).to_owned()
}

/// What a figure is called.
pub(super) fn title(words: &Words, figure: &Figure) -> String {
    words.dashboard.figure_names.get(figure.name).map_or(figure.name, String::as_str).to_owned()
}

pub(super) fn value(words: &Words, figure: &Figure) -> String {
    match (figure.value, figure.unit) {
        (None, _) => "–".to_owned(),
        (Some(value), "share") => words.percent(value),
        (Some(value), "seconds") => format!("{} s", words.number(value)),
        (Some(value), _) => format!("{value}"),
    }
}

/// What a figure was counted from, and its interval.
pub(super) fn evidence(words: &Words, figure: &Figure) -> Vec<String> {
    let counts = figure.numerator.zip(figure.denominator);
    let counts = counts.map(|(n, d)| if d == 0 { words.dashboard.no_value.clone() } else { of(words, n, d) });
    counts.into_iter().chain(interval(words, figure)).collect()
}

pub(super) fn of(words: &Words, numerator: u64, denominator: u64) -> String {
    fill(&words.dashboard.of, &[("numerator", &numerator), ("denominator", &denominator)])
}

fn interval(words: &Words, figure: &Figure) -> Option<String> {
    let (low, high) = (words.percent(figure.low?), words.percent(figure.high?));
    Some(fill(&words.dashboard.interval, &[("low", &low), ("high", &high)]))
}
