//! What may be shown of queries beside rows of a large log: what enough visitors typed on the day of the row.

use crate::deflection::log::{Millis, Person};
use crate::deflection::question::{HOUR, day_of};
use crate::deflection::searches::normalise;
use crate::deflection::visitors::Visitor;
use crate::deflection::{Log, Question, Row, common};
use crate::http::App;
use crate::http::error::Problem;
use crate::http::rollups::FOLDABLE;
use crate::store::Whose;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

/// How far around a day it is looked for who is one person there.
const AROUND: Millis = 6 * HOUR;

/// People of a text who are looked at: of so many, some are one person or are left out, but hardly all.
const PEOPLE: usize = 64;

/// Leaves in rows what enough visitors typed on their days; of how many, from the first on. After a moment, if there is one, no further
/// day is looked at.
///
/// # Errors
/// The database cannot be read.
pub async fn leave_common(
    app: &App,
    portal: &str,
    question: &Question,
    rows: &mut [Row],
    until: Option<Instant>,
) -> Result<usize, Problem> {
    let mut typed: BTreeMap<Date, BTreeSet<String>> = BTreeMap::new();
    for row in rows.iter() {
        if let Some(text) = &row.text {
            typed.entry(day_of_row(question, row.t)).or_default().insert(normalise(text));
        }
    }
    let (mut shown, nothing) = (BTreeMap::new(), BTreeSet::new());
    for (place, row) in rows.iter_mut().enumerate() {
        let day = day_of_row(question, row.t);
        if let Some(texts) = typed.remove(&day) {
            if !shown.is_empty() && until.is_some_and(|until| Instant::now() >= until) {
                return Ok(place);
            }
            shown.insert(day, common_on(app, portal, question, day, texts).await?);
        }
        let common = shown.get(&day).unwrap_or(&nothing);
        row.asked = row.asked.take().map(|asked| asked.among(row.text.as_deref(), common));
    }
    Ok(rows.len())
}

/// Which of some normalised texts enough visitors typed on a day, in what a question selects.
///
/// # Errors
/// The database cannot be read.
pub async fn common_on(
    app: &App,
    portal: &str,
    question: &Question,
    day: Date,
    texts: BTreeSet<String>,
) -> Result<BTreeSet<String>, Problem> {
    if texts.is_empty() {
        return Ok(texts);
    }
    let question = Question { from: day, to: day.saturating_add(1.day()), ..question.clone() };
    let (from, to) = question.range();
    let typed = app.store.archive().typed(portal, from, question.as_of.min(to - 1)).await?;
    let enough = question.rules.min_group;
    let people = app.cores.run_behind(move || people(&typed, &texts, enough)).await?;
    if people.is_empty() {
        return Ok(BTreeSet::new());
    }
    let (around, of) = ((from - AROUND, question.as_of.min(to + AROUND)), Whose::Of(&people, &BTreeSet::new()));
    let log = app.store.archive().log_of(portal, around, of, &Log::default(), FOLDABLE as usize).await?;
    let Some(log) = log else { return Ok(BTreeSet::new()) };
    app.cores.run_behind(move || common(&log, &question)).await
}

/// The day that a row is of: that of the hour that it says.
pub fn day_of_row(question: &Question, t: Millis) -> Date {
    day_of(t - t.rem_euclid(HOUR), &question.zone)
}

/// Whoever typed one of these texts, if there are enough who did.
fn people(typed: &[(Person, String)], texts: &BTreeSet<String>, enough: usize) -> BTreeSet<Visitor> {
    let mut by_text: HashMap<String, BTreeSet<Visitor>> = HashMap::new();
    for (person, text) in typed {
        let one = person.subject.map(Visitor::Subject).or(person.browser.map(Visitor::Browser));
        if let (Some(one), text) = (one, normalise(text))
            && texts.contains(&text)
        {
            by_text.entry(text).or_default().insert(one);
        }
    }
    by_text
        .into_values()
        .filter(|people| people.len() >= enough)
        .flat_map(|people| people.into_iter().take(PEOPLE))
        .collect()
}
