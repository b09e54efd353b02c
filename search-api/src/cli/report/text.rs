//! The report for people: the headline first, then every figure with what it was counted from.

use crate::deflection::comparison::{Change, Verdict};
use crate::deflection::figures::Figure;
use crate::deflection::groups::{Name, Table};
use crate::deflection::holdout::{Holdout, Units};
use crate::deflection::question::DEFINITION;
use crate::deflection::{Question, Report};
use jiff::Timestamp;
use std::io::{self, Write};

/// The figure that is said first.
const HEADLINE: &str = "potential_deflection";

/// Rows of the list of searches.
const SEARCHES: usize = 20;

/// Prints the report.
pub fn print(
    out: &mut impl Write,
    portal: &str,
    question: &Question,
    report: &Report,
    before: Option<&Report>,
    found: &Table,
) -> io::Result<()> {
    let as_of = Timestamp::from_millisecond(question.as_of).unwrap_or_default();
    let standing = if report.is_final { "final" } else { "may still move" };
    let zone = question.zone.iana_name().unwrap_or("UTC");
    writeln!(out, "{portal}, {} to {} ({zone}), tickets within {}", question.from, last(question), question.window)?;
    writeln!(out, "definition {DEFINITION}, as of {}, {standing}\n", as_of.strftime("%Y-%m-%d %H:%M UTC"))?;
    if let Some(headline) = report.figures.iter().find(|figure| figure.name == HEADLINE) {
        writeln!(out, "{}: {}{}", words(headline.name), value(headline), interval(headline))?;
        writeln!(out, "  {}", headline.formula)?;
        if let Some(note) = headline.note {
            writeln!(out, "  {note}")?;
        }
        if let Some(before) = before {
            compare(out, question, headline, before)?;
        }
    }
    let tickets = &report.tickets;
    let linked = tickets.all - tickets.unlinked;
    let coverage =
        if tickets.all == 0 { String::new() } else { format!(" ({})", percent(linked as f64 / tickets.all as f64)) };
    writeln!(out, "  {linked} of {} tickets linked to a visitor{coverage}", tickets.all)?;
    holdout(out, report.holdout.as_ref())?;

    let mut rows = vec![["figure", "value", "95 % interval", "counted", "formula"].map(String::from)];
    rows.extend(report.figures.iter().map(|figure| {
        [words(figure.name), value(figure), interval(figure).trim().into(), counted(figure), figure.formula.into()]
    }));
    table(out, &rows)?;
    writeln!(out, "\n{} closed episodes in {} visits", report.closed, report.visits)?;
    let outcomes = report.outcomes.iter().map(|(outcome, count)| [words(outcome.name()), count.to_string()]);
    table(out, &outcomes.collect::<Vec<_>>())?;
    searches(out, found)?;

    writeln!(out, "\nthe same log, other formulas (as we read them)")?;
    let formulas = report.formulas.iter().map(|formula| {
        let value = formula.value().map_or("–".into(), |value| format!("{value:.3}"));
        let of = format!("{} / {}", formula.numerator, formula.denominator);
        [formula.name.to_owned(), value, of, formula.reading.to_owned()]
    });
    table(out, &formulas.collect::<Vec<_>>())?;
    let left_out = &report.left_out;
    writeln!(out, "\nnot counted")?;
    let beside = [
        ("events of staff", left_out.staff),
        ("events of bots", left_out.bots),
        ("events marked as tests", left_out.test),
        ("prefetches", left_out.prefetch),
        ("events of nobody", left_out.not_identified),
        ("searches dropped under load", report.lost.dropped),
        ("events with a taken id", report.lost.conflicts),
        ("search ids of others", report.lost.foreign_ids),
        ("tickets outside the window", tickets.outside_window),
        ("tickets of visits without a search", tickets.visit_alone),
        ("tickets linked to nobody", tickets.unlinked),
        ("events with a clamped clock (counted, without dwell)", report.clamped),
    ];
    table(out, &beside.map(|(name, count)| [name.to_owned(), count.to_string()]))
}

/// The headline beside that of the period before, as a test says.
fn compare(out: &mut impl Write, question: &Question, headline: &Figure, before: &Report) -> io::Result<()> {
    let days = (question.to - question.from).get_days();
    let earlier = before.figures.iter().find(|figure| figure.name == headline.name);
    let Some(change) = earlier.and_then(|earlier| Change::between(earlier, headline)) else {
        return writeln!(out, "  nothing was measured in the {days} days before to compare it with");
    };
    let Change { before, difference, low, high } = change;
    let [difference, low, high] = [difference, low, high].map(|share| share * 100.0);
    let said = match change.verdict() {
        Verdict::Rose => format!("rose by {difference:.1} points ({low:.1} to {high:.1}): more than chance explains"),
        Verdict::Fell => {
            format!("fell by {:.1} points ({:.1} to {:.1}): more than chance explains", -difference, -high, -low)
        }
        Verdict::Chance => format!("no change that chance does not explain ({low:+.1} to {high:+.1} points)"),
    };
    writeln!(out, "  {} in the {days} days before: {said}", percent(before))
}

/// What an experiment says.
fn holdout(out: &mut impl Write, told: Option<&Holdout>) -> io::Result<()> {
    let Some(told) = told else {
        return writeln!(out, "holdout: none ran in this range; [holdout] in portal.toml begins one");
    };
    let arm = |units: Units| {
        let rate = units.rate().map_or_else(String::new, |rate| format!(", {}", percent(rate.value)));
        format!("{} of {}{rate}", units.ticketed, units.all)
    };
    writeln!(
        out,
        "holdout {}: people with a ticket, {} with suggestions, {} without",
        told.experiment,
        arm(told.shown),
        arm(told.held)
    )?;
    if !told.is_balanced() {
        writeln!(out, "  the sizes of the arms are not chance's: no effect is given until it is known why")?;
    }
    if let Some((lift, avoided)) = told.lift.zip(told.avoided()) {
        let [value, low, high] = [lift.value, lift.low, lift.high].map(|share| share * 100.0);
        writeln!(out, "  suggestions lower it by {value:.1} points ({low:.1} to {high:.1})")?;
        writeln!(out, "  tickets avoided: {:.1} ({:.1} to {:.1})", avoided.value, avoided.low, avoided.high)?;
    }
    if let Some(needed) = told.needed {
        writeln!(out, "  {} of {needed} people needed to see a fall by a tenth", told.shown.all + told.held.all)?;
    }
    Ok(())
}

fn searches(out: &mut impl Write, found: &Table) -> io::Result<()> {
    if found.rows.is_empty() {
        return Ok(());
    }
    let last = found.to.yesterday().unwrap_or(found.to);
    writeln!(out, "\nsearches that still end in tickets, in the weeks from {} to {last}", found.from)?;
    let mut rows = vec![["asked", "ticketed", "tickets", "visitors", "rate", "avoidable"].map(String::from)];
    rows.extend(found.rows.iter().take(SEARCHES).map(|row| {
        let asked = match &row.name {
            Name::Label(label) => label.text(),
            Name::TooSmall => "(too small to show)".into(),
            Name::NotKept => "(no text is kept)".into(),
        };
        let of = format!("{} / {}", row.ticketed(), row.episodes);
        let avoidable = if row.is_rest() { "–".into() } else { format!("{:.1}", row.avoidable) };
        let rate = row.rate.map_or("–".into(), |rate| percent(rate.value));
        [asked, of, row.tickets.to_string(), row.visitors.to_string(), rate, avoidable]
    }));
    table(out, &rows)
}

/// Prints rows with their columns under each other. Text of visitors cannot steer a terminal.
fn table<const N: usize>(out: &mut impl Write, rows: &[[String; N]]) -> io::Result<()> {
    let plain = |cell: &String| cell.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let rows: Vec<[String; N]> = rows.iter().map(|row| row.each_ref().map(plain)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    for row in &rows {
        let padded = row.iter().enumerate().map(|(column, cell)| format!("{cell:<0$}", width(column)));
        writeln!(out, "  {}", padded.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}

fn last(question: &Question) -> jiff::civil::Date {
    question.to.yesterday().unwrap_or(question.to)
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn value(figure: &Figure) -> String {
    match (figure.value, figure.unit) {
        (None, _) => "–".into(),
        (Some(value), "share") => percent(value),
        (Some(value), "seconds") => format!("{value:.0} s"),
        (Some(value), _) => format!("{value}"),
    }
}

fn interval(figure: &Figure) -> String {
    let bounds = figure.low.zip(figure.high);
    bounds.map_or_else(String::new, |(low, high)| format!(" ({:.1} to {})", low * 100.0, percent(high)))
}

fn counted(figure: &Figure) -> String {
    match (figure.numerator, figure.denominator) {
        (Some(numerator), Some(denominator)) => format!("{numerator} / {denominator}"),
        (Some(count), None) | (None, Some(count)) => count.to_string(),
        (None, None) => "–".into(),
    }
}
