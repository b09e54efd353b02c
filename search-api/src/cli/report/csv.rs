//! The report for a spreadsheet: one line a number, cells that no spreadsheet takes for a formula.

use crate::deflection::groups::{Name, Table};
use crate::deflection::{Question, Report};
use crate::http::reports::lines::cell;
use crate::http::reports::spreadsheet::{COLUMNS, lines};
use std::io::{self, Write};

/// Prints the report (RFC 4180, UTF-8).
pub fn print(out: &mut impl Write, question: &Question, report: &Report, table: &Table) -> io::Result<()> {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let searches = table.rows.iter().map(|row| {
        let asked = match &row.name {
            Name::Label(label) => label.text(),
            Name::TooSmall => "(too small to show)".into(),
            Name::NotKept => "(no text is kept)".into(),
        };
        let rate = row.rate;
        let [value, low, high] = [rate.map(|r| r.value), rate.map(|r| r.low), rate.map(|r| r.high)].map(number);
        let counts = (row.ticketed().to_string(), row.episodes.to_string());
        ["search".into(), asked, "share".into(), counts.0, counts.1, value, low, high, String::new()]
    });
    let mut print = |cells: [String; 9], from: &str, to: &str| {
        let [table, name, unit, numerator, denominator, value, low, high, note] = cells;
        let cells = [table, name, unit, numerator, denominator, value, low, high, from.into(), to.into(), note];
        write!(out, "{}\r\n", cells.map(|text| cell(&text)).join(","))
    };
    print(COLUMNS.map(str::to_owned), "from", "to")?;
    let (from, to) = (question.from.to_string(), question.to.to_string());
    lines(report).into_iter().chain(searches).try_for_each(|cells| print(cells, &from, &to))
}
