//! The ledger of a large log: rows in order of time, a stretch of hours at a time, until there are enough.
//!
//! What becomes of a visitor depends on few others ([`crate::deflection::kin`]), so that the rows of some hours are told from all that
//! the question reaches of those who did something in them, and from nothing else. They are the rows that a fold of everything gives,
//! of whatever figure; but for what may be shown of a query: here, what enough visitors typed on the day of the row.

use super::paging::Sort;
use super::shown::View;
use crate::deflection::log::Millis;
use crate::deflection::question::{HOUR, day_of};
use crate::deflection::{Log, Question, Row, Wanted, common, ledger};
use crate::http::App;
use crate::http::error::Problem;
use crate::http::rollups::FOLDABLE;
use crate::store::End;
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Events of a stretch, about: of the first, and of a later one.
const EVENTS: (u32, u32) = (2_000, 25_000);

/// How far around a day it is looked for who is one person there.
const AROUND: Millis = 6 * HOUR;

/// A walk through the hours of a question's range.
pub struct Walk {
    app: Arc<App>,
    portal: String,
    question: Question,
    wanted: Wanted,
    view: View,
    end: End,
    /// What of the range is still to be walked through, in whole hours of UTC.
    rest: (Millis, Millis),
    /// Where there are rows, if that is known: the first moments of such hours.
    hours: Option<BTreeSet<Millis>>,
    events: u32,
    /// What all stretches share: the log without its events, once it was read.
    beside: Option<Log>,
    /// What may be shown of the day that was walked through last.
    common: Option<(Date, BTreeSet<String>)>,
}

impl Walk {
    /// Begins at one end of a question's range, in an order of time.
    pub fn new(app: Arc<App>, portal: &str, question: Question, wanted: Wanted, sort: Sort, view: View) -> Self {
        let (from, to) = question.range();
        let rest = (hour(from), hour(to.min(question.as_of.saturating_add(1)) + HOUR - 1));
        let end = if sort == Sort::Oldest { End::First } else { End::Last };
        let events = EVENTS.0;
        Self {
            app,
            portal: portal.into(),
            question,
            wanted,
            view,
            end,
            rest,
            hours: None,
            events,
            beside: None,
            common: None,
        }
    }

    /// Leaves out the hours before that of a moment, in the order of the walk.
    pub fn skip_to(&mut self, t: Millis) {
        match self.end {
            End::First => self.rest.0 = self.rest.0.max(hour(t)),
            End::Last => self.rest.1 = self.rest.1.min(hour(t).saturating_add(HOUR)),
        }
    }

    /// Only goes where there are rows: at these times.
    pub fn only_at(&mut self, times: &[Millis]) {
        self.hours = Some(times.iter().map(|t| hour(*t)).collect());
    }

    /// The moment nearest to the beginning of the walk of what is still to be walked through; `None`: nothing is.
    pub fn next(&self) -> Option<Millis> {
        let (from, to) = self.rest;
        match (&self.hours, self.end) {
            _ if from >= to => None,
            (None, End::First) => Some(from),
            (None, End::Last) => Some(to - 1),
            (Some(hours), End::First) => hours.range(from..to).next().copied(),
            (Some(hours), End::Last) => hours.range(from..to).next_back().map(|hour| hour + HOUR - 1),
        }
    }

    /// The rows of the next stretch, in no order, and how many events lie in it, about. `None`: there is no more.
    pub async fn rows(&mut self) -> Result<Option<(Vec<Row>, u32)>, Problem> {
        let Some((within, events)) = self.stretch().await? else { return Ok(None) };
        let beside = match self.beside.take() {
            Some(beside) => beside,
            None => self.app.store.beside_events(&self.portal, self.question.reach()).await?,
        };
        let log = log_around(&self.app, &self.portal, &self.question, within, &beside).await?;
        self.beside = Some(beside);
        let (question, wanted) = (self.question.clone(), Wanted { within: Some(within), ..self.wanted.clone() });
        let mut rows = self.app.cores.run_behind(move || ledger(&log, &question, &wanted)).await?;
        if self.view == View::Plain && rows.iter().any(|row| row.text.is_some()) {
            let day = day_of(within.0, &self.question.zone);
            let common = match self.common.take().filter(|(known, _)| *known == day) {
                Some((_, common)) => common,
                None => common_then(&self.app, &self.portal, &self.question, within.0).await?,
            };
            for row in &mut rows {
                row.asked = row.asked.take().map(|asked| asked.among(row.text.as_deref(), &common));
            }
            self.common = Some((day, common));
        }
        Ok(Some((rows, events)))
    }

    /// Takes the next hours, of one day, off what is still to be walked through.
    async fn stretch(&mut self) -> Result<Option<((Millis, Millis), u32)>, Problem> {
        let Some(next) = self.next() else { return Ok(None) };
        self.skip_to(next);
        let (from, to) = self.rest;
        let archive = self.app.store.archive();
        let found = archive.moment_of(&self.portal, (from, to - 1), self.events, self.end).await?;
        let day = day_of(hour(next), &self.question.zone);
        let of_day = |day: Date| hour(self.question.start_of(day).saturating_add(HOUR - 1));
        let (begins, ends) = (of_day(day), of_day(day.saturating_add(1.day())));
        let within = match self.end {
            End::First => (from, found.map_or(to, |t| hour(t).max(from + HOUR)).min(ends).min(to)),
            End::Last => (found.map_or(from, |t| (hour(t) + HOUR).min(to - HOUR)).max(begins).max(from), to),
        };
        match self.end {
            End::First => self.rest.0 = within.1,
            End::Last => self.rest.1 = within.0,
        }
        let events = archive.count_events(&self.portal, within.0, within.1 - 1, EVENTS.1).await?;
        self.events = (self.events * 2).min(EVENTS.1);
        Ok(Some((within, u32::try_from(events).unwrap_or(EVENTS.1))))
    }
}

/// What a question reaches of all of whom something happened within a stretch of it, and of those who are tied to them; `beside` is what
/// it reaches beside events.
///
/// # Errors
/// They did too much to wait for it; or the database cannot be read.
pub async fn log_around(
    app: &App,
    portal: &str,
    question: &Question,
    within: (Millis, Millis),
    beside: &Log,
) -> Result<Log, Problem> {
    let log = app.store.archive().log_around(portal, question.reach(), within, beside, FOLDABLE as usize).await?;
    let refused =
        "Those who did something in some hours of this range have too many events in it: ask for a shorter range.";
    log.ok_or_else(|| Problem::invalid("from", refused))
}

/// The texts that enough visitors typed on the day of a moment, in what a question selects.
pub async fn common_then(app: &App, portal: &str, question: &Question, t: Millis) -> Result<BTreeSet<String>, Problem> {
    let day = day_of(hour(t), &question.zone);
    let question = Question { from: day, to: day.saturating_add(1.day()), ..question.clone() };
    let (from, to) = question.range();
    let until = to.saturating_add(AROUND).min(question.as_of);
    let log = app.store.log(portal, from.saturating_sub(AROUND), until).await?;
    app.cores.run_behind(move || common(&log, &question)).await
}

/// The first moment of its hour.
fn hour(t: Millis) -> Millis {
    t - t.rem_euclid(HOUR)
}
