//! The report for a spreadsheet: one line a number, cells that no spreadsheet takes for a formula.

use crate::deflection::groups::{Name, Table};
use crate::deflection::{Question, Report};
use crate::http::reports::lines::cell;
use std::io::{self, Write};

const HEADER: [&str; 11] =
    ["table", "name", "unit", "numerator", "denominator", "value", "low", "high", "from", "to", "note"];

/// Prints the report (RFC 4180, UTF-8).
pub fn print(out: &mut impl Write, question: &Question, report: &Report, table: &Table) -> io::Result<()> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let count = |value: Option<u64>| value.map_or_else(String::new, |value| value.to_string());
    let mut lines: Vec<([String; 8], &str)> = Vec::new();
    for figure in &report.figures {
        let (name, unit) = (figure.name.into(), figure.unit.into());
        let (numerator, denominator) = (count(figure.numerator), count(figure.denominator));
        let [value, low, high] = [figure.value, figure.low, figure.high].map(number);
        lines.push((
            ["figure".into(), name, unit, numerator, denominator, value, low, high],
            figure.note.unwrap_or_default(),
        ));
    }
    for (outcome, episodes) in &report.outcomes {
        let mut cells = ["outcome", outcome.name(), "episodes", "", "", "", "", ""].map(String::from);
        cells[5] = episodes.to_string();
        lines.push((cells, ""));
    }
    for row in &table.rows {
        let asked = match &row.name {
            Name::Label(label) => label.text(),
            Name::TooSmall => "(too small to show)".into(),
            Name::NotKept => "(not available by policy)".into(),
        };
        let rate = row.rate;
        let [value, low, high] = [rate.map(|r| r.value), rate.map(|r| r.low), rate.map(|r| r.high)].map(number);
        let counts = (row.ticketed().to_string(), row.episodes.to_string());
        lines.push((["search".into(), asked, "share".into(), counts.0, counts.1, value, low, high], ""));
    }
    for formula in &report.formulas {
        let counts = (formula.numerator.to_string(), formula.denominator.to_string());
        let cells =
            ["other formula".into(), formula.name.into(), "ratio".into(), counts.0, counts.1, number(formula.value())];
        let [table, name, unit, numerator, denominator, value] = cells;
        lines.push(([table, name, unit, numerator, denominator, value, String::new(), String::new()], formula.reading));
    }
    write!(out, "{}\r\n", HEADER.join(","))?;
    for (cells, note) in lines {
        let range = [question.from.to_string(), question.to.to_string(), note.to_owned()];
        let cells: Vec<String> = cells.iter().chain(&range).map(|text| cell(text)).collect();
        write!(out, "{}\r\n", cells.join(","))?;
    }
    Ok(())
}
