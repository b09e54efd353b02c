//! The ledger of a large log: rows in order of time, a stretch of hours at a time, until there are enough.
//!
//! What becomes of a visitor depends on few others ([`crate::deflection::kin`]), so that the rows of some hours are told from all that
//! the question reaches of those who did something in them, and from nothing else. They are the rows that a fold of everything gives,
//! of whatever figure; but for what may be shown of a query: here, what enough visitors typed on the day of the row.

use super::course::Course;
use super::paging::Sort;
use super::shown::View;
use super::typed::leave_common;
use crate::deflection::log::Millis;
use crate::deflection::question::HOUR;
use crate::deflection::{Log, Question, Row, Wanted, ledger, ledger_of_days};
use crate::http::App;
use crate::http::error::Problem;
use crate::http::rollups::FOLDABLE;
use crate::store::{End, Whose};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Events of a stretch of some hours, about: of the first, and of a later one.
const OF_HOURS: (u32, u32) = (2_000, 25_000);

/// Events of a stretch at most, about, and of one of whole days: the more, the fewer people are read again in the next one. Those who did
/// something in it may have a few times as many.
pub const MOST: u32 = 50_000;

/// A walk through the hours of a question's range: reads them, a stretch at a time.
pub struct Walk {
    asked: Arc<Asked>,
    course: Course,
    /// Events of the next stretch, and at most.
    events: (u32, u32),
    /// What all stretches share: the log without its events, once it was read.
    beside: Option<Log>,
}

/// Tells the rows of the stretches of a walk.
pub struct Teller(Arc<Asked>);

/// A stretch of a walk.
pub struct Stretch {
    /// How many events lie in it, about.
    pub events: u32,
    /// From when to when it goes, its end excluded.
    pub within: (Millis, Millis),
    /// Whether the log holds all of whoever did something on the days of its hours.
    is_of_days: bool,
    /// The rows of whoever did something in it, as far as the question reaches.
    pub log: Log,
}

/// What is asked.
struct Asked {
    app: Arc<App>,
    portal: String,
    question: Question,
    wanted: Wanted,
    view: View,
}

/// Begins a walk at one end of a question's range, in an order of time.
pub fn walk(
    app: &Arc<App>,
    portal: &str,
    question: Question,
    wanted: Wanted,
    sort: Sort,
    view: View,
) -> (Walk, Teller) {
    let end = if sort == Sort::Oldest { End::First } else { End::Last };
    let course = Course::new(question.clone(), end);
    let asked = Arc::new(Asked { app: Arc::clone(app), portal: portal.into(), question, wanted, view });
    let teller = Teller(Arc::clone(&asked));
    let walk = Walk { asked, course, events: OF_HOURS, beside: None };
    (walk.of_at_most(app.stretch), teller)
}

impl Walk {
    /// Goes whole days at a time: who needs most of their rows need not read the days again to tell what may be shown of their queries.
    pub fn by_days(self) -> Self {
        let most = self.asked.app.stretch;
        Self { course: self.course.by_days(), events: (most, most), ..self }
    }

    fn of_at_most(self, most: u32) -> Self {
        Self { events: (self.events.0.min(most), self.events.1.min(most)), ..self }
    }

    /// Reads ahead: the next stretch while one is being told. What fails is the last.
    pub fn ahead(mut self) -> mpsc::Receiver<Result<Stretch, Problem>> {
        let (send, stretches) = mpsc::channel(1);
        tokio::spawn(async move {
            // Not before the one before it was taken: two are in memory at a time.
            while let Ok(permit) = send.reserve().await
                && let Some(stretch) = self.read().await.transpose()
            {
                let failed = stretch.is_err();
                permit.send(stretch);
                if failed {
                    break;
                }
            }
        });
        stretches
    }

    /// Leaves out what comes before the hour of a moment, or before its day, in the order of the walk.
    pub fn skip_to(&mut self, t: Millis) {
        self.course.skip_to(t);
    }

    /// Only goes where there are rows: at these times.
    pub fn only_at(&mut self, times: &[Millis]) {
        self.course.only_at(times);
    }

    /// The moment nearest to the beginning of the walk of what is still to be walked through; `None`: nothing is.
    pub fn next(&self) -> Option<Millis> {
        self.course.next()
    }

    /// Reads the next stretch. `None`: there is no more.
    ///
    /// # Errors
    /// Those who did something in an hour of it have too many events; or the database cannot be read.
    pub async fn read(&mut self) -> Result<Option<Stretch>, Problem> {
        let asked = Arc::clone(&self.asked);
        let reach = asked.question.reach();
        let beside = match self.beside.take() {
            Some(beside) => beside,
            None => asked.app.store.beside_events(&asked.portal, reach).await?,
        };
        let archive = asked.app.store.archive();
        let stretch = loop {
            let Some(rest) = self.course.go_on() else { return Ok(None) };
            let (events, most) = self.events;
            let about = archive.moment_of(&asked.portal, (rest.0, rest.1 - 1), events, self.course.end()).await?;
            let within = self.course.take(about);
            let (around, is_of_days) = self.course.around(within);
            let there = Whose::There(around.0, around.1);
            if let Some(log) = archive.log_of(&asked.portal, reach, there, &beside, FOLDABLE as usize).await? {
                self.events.0 = (events * 2).min(most);
                let events = archive.count_events(&asked.portal, within.0, within.1 - 1, most).await?;
                break Stretch { events: u32::try_from(events).unwrap_or(most), within, is_of_days, log };
            }
            if within.1 - within.0 <= HOUR {
                return Err(too_much());
            }
            // They did more elsewhere than was thought: fewer at once.
            self.course.put_back(within);
            self.events = ((events / 4).max(1), (events / 2).max(1));
        };
        self.beside = Some(beside);
        Ok(Some(stretch))
    }
}

impl Teller {
    /// The rows of a stretch, in no order.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn rows(&self, stretch: Stretch) -> Result<Vec<Row>, Problem> {
        let Asked { app, portal, question, wanted, view } = &*self.0;
        let Stretch { within, is_of_days, log, .. } = stretch;
        let (asked, wanted) = (question.clone(), Wanted { within: Some(within), ..wanted.clone() });
        if is_of_days {
            return app.cores.run_behind(move || ledger_of_days(&log, &asked, &wanted)).await;
        }
        let mut rows = app.cores.run_behind(move || ledger(&log, &asked, &wanted)).await?;
        if *view == View::Plain {
            leave_common(app, portal, question, &mut rows, None).await?;
        }
        Ok(rows)
    }
}

/// What there is between two moments of some people, and of those who are tied to them.
///
/// # Errors
/// They did too much to wait for it; or the database cannot be read.
pub async fn log_of(app: &App, portal: &str, reach: (Millis, Millis), whose: Whose<'_>) -> Result<Log, Problem> {
    let beside = app.store.beside_events(portal, reach).await?;
    let log = app.store.archive().log_of(portal, reach, whose, &beside, FOLDABLE as usize).await?;
    log.ok_or_else(too_much)
}

fn too_much() -> Problem {
    let refused = "The people of these rows have too many events in this range: ask for a shorter range.";
    Problem::invalid("from", refused)
}
