//! The report as lines of a spreadsheet: one a number.

use crate::deflection::Report;

/// Names of the cells of a line.
pub const COLUMNS: [&str; 9] = ["table", "name", "unit", "numerator", "denominator", "value", "low", "high", "note"];

/// Figures, outcomes, forms, what an experiment says, then the formulas of others.
pub fn lines(report: &Report) -> Vec<[String; 9]> {
    let mut lines = Vec::new();
    for figure in &report.figures {
        let counts = (count(figure.numerator), count(figure.denominator));
        let [value, low, high] = [figure.value, figure.low, figure.high].map(number);
        let note = figure.note.unwrap_or_default();
        lines.push(
            ["figure", figure.name, figure.unit, &counts.0, &counts.1, &value, &low, &high, note].map(String::from),
        );
    }
    let counted = |table, name, unit, counted: u64| {
        [table, name, unit, "", "", &counted.to_string(), "", "", ""].map(String::from)
    };
    lines.extend(report.outcomes.iter().map(|(outcome, n)| counted("outcome", outcome.name(), "episodes", *n)));
    lines.extend(report.forms.iter().map(|(outcome, n)| counted("form", outcome.name(), "forms", *n)));
    if let Some(holdout) = &report.holdout {
        for (name, arm) in [("shown", holdout.shown), ("held", holdout.held)] {
            let rate = arm.rate();
            let [value, low, high] =
                [rate.map(|rate| rate.value), rate.map(|rate| rate.low), rate.map(|rate| rate.high)].map(number);
            let counts = (arm.ticketed.to_string(), arm.all.to_string());
            let line = ["holdout", name, "share", &counts.0, &counts.1, &value, &low, &high, &holdout.experiment];
            lines.push(line.map(String::from));
        }
    }
    for formula in &report.formulas {
        let (numerator, denominator) = (formula.numerator.to_string(), formula.denominator.to_string());
        let value = number(formula.value());
        let line = ["other formula", formula.name, "ratio", &numerator, &denominator, &value, "", "", formula.reading];
        lines.push(line.map(String::from));
    }
    lines
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn count(value: Option<u64>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}
