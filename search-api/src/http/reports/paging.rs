//! Pages and exports of the ledger: from a fold of everything, or of a large log as facts tell of its rows or a stretch of hours at a time.

use super::asking::{self, fold};
use super::episodes::LedgerQuestion;
use super::lines::Rows;
use super::picking::{Place, pick, tell};
use super::readings::{Reading, note_reading};
use super::shown::{View, id, time};
use super::stretches::{Stretch, Teller, walk};
use super::typed::leave_common;
use crate::deflection::facts::{Facts, Selected};
use crate::deflection::log::Millis;
use crate::deflection::{Question, Row, ledger, sketch};
use crate::http::error::Problem;
use crate::http::rollups::{admit, has, kept_facts};
use crate::http::{App, Caller};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::mpsc;

/// What rows are sorted by; ties are broken by id, which tells nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The latest first.
    #[default]
    Newest,
    /// The earliest first.
    Oldest,
    /// Those with most tickets first.
    Tickets,
    /// Those with most searches first.
    Searches,
    /// The slowest to be answered first.
    Seconds,
}

impl Sort {
    /// All of them, by name; those in order of time first.
    pub const NAMED: [(&'static str, Self); 5] = [
        ("newest", Self::Newest),
        ("oldest", Self::Oldest),
        ("tickets", Self::Tickets),
        ("searches", Self::Searches),
        ("seconds", Self::Seconds),
    ];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(_, sort)| *sort == self).map_or("", |(name, _)| name)
    }

    /// Where a row of a time stands: the smallest first, of what is equal the latest. Nothing that may not be shown.
    pub fn place(self, t: Millis, tickets: usize, searches: usize, millis: Option<Millis>) -> Place {
        match self {
            Self::Newest => (-t, 0),
            Self::Oldest => (t, 0),
            Self::Tickets => (-(tickets as i64), -t),
            Self::Searches => (-(searches as i64), -t),
            Self::Seconds => (-millis.unwrap_or(-1), -t),
        }
    }

    fn place_of_row(self, view: View, row: &Row) -> Place {
        self.place(time(view, row.t), row.tickets.len(), row.searches, row.millis)
    }

    fn is_by_time(self) -> bool {
        matches!(self, Self::Newest | Self::Oldest)
    }
}

/// Where a page begins: after a row, in what was known at a moment. New events come into no page, and move none.
pub struct Cursor {
    /// The moment.
    pub as_of: i64,
    place: Place,
    id: String,
}

/// Rows from a cursor on.
pub struct Page {
    /// They.
    pub rows: Vec<Row>,
    /// The moment whose knowledge they are of.
    pub as_of: i64,
    /// How many are counted in all pages, if that is known.
    pub count: Option<usize>,
    /// How many of them are of people who were erased since: those are in no page.
    pub erased: Option<usize>,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// The figure whose rows depend on all others.
const INCREMENTAL: &str = "incremental_deflection";

/// Events among which the rows of one page are looked for, about.
const WALKED: u32 = 100_000;

/// The part of the time that a request may take for which they are looked for: one in so many. Where rows are few and far between a
/// page is shorter than was asked for, and says where the next one begins.
const PATIENCE: u32 = 4;

/// Rows of an export that are picked at a time.
const PORTION: usize = 2_000;

/// Of so many things that facts tell, fewer than one is a row: then it is faster to pick the rows of an export than to walk to them.
const SPARSE: usize = 20;

/// How rows are come by.
enum Way {
    /// From a fold of all that the question reaches.
    Fold,
    /// Picked by what the facts of days tell of them.
    Pick(Arc<Facts>),
    /// A stretch of hours at a time.
    Walk,
}

/// Where the rows of an export come from, a portion at a time.
enum Source {
    Walked {
        stretches: mpsc::Receiver<Result<Stretch, Problem>>,
        teller: Teller,
        sort: Sort,
        view: View,
    },
    Picked {
        app: Arc<App>,
        portal: String,
        asked: Box<LedgerQuestion>,
        facts: Arc<Facts>,
        from: Option<Place>,
        is_done: bool,
    },
}

impl LedgerQuestion {
    /// At most `limit` rows from the cursor on.
    pub async fn page(mut self, app: &Arc<App>, caller: &Caller, limit: usize) -> Result<Page, Problem> {
        let (view, what) = (self.view, self.what());
        let page = match self.way(app, caller).await? {
            Way::Fold => self.fold(app, caller, limit).await?,
            Way::Pick(facts) => self.pick(app, caller, limit, facts).await?,
            Way::Walk => self.walk(app, caller, limit).await?,
        };
        if view == View::Raw {
            note_reading(app, caller, what, page.rows.len()).await?;
        }
        Ok(page)
    }

    /// All rows: of a large log worked out while they are sent.
    pub async fn all(mut self, app: Arc<App>, caller: Caller) -> Result<Rows<Row>, Problem> {
        let (view, what) = (self.view, self.what());
        let mut source = match self.way(&app, &caller).await? {
            Way::Fold => {
                let rows = self.fold(&app, &caller, usize::MAX).await?.rows;
                if view == View::Raw {
                    note_reading(&app, &caller, what, rows.len()).await?;
                }
                return Ok(rows.into());
            }
            Way::Pick(facts) => match self.times_if_many(&app, &facts).await? {
                Some(times) => self.walked(&app, &caller, Some(times)),
                None => self.picked(&app, &caller, facts),
            },
            Way::Walk => self.walked(&app, &caller, None),
        };
        let mut reading = (view == View::Raw).then(|| Reading::new(app, caller, what));
        let mut portion = async move || -> Result<Option<Vec<Row>>, Problem> {
            let rows = source.next().await?;
            if let Some(reading) = &mut reading {
                reading.note(rows.as_ref().map_or(0, Vec::len)).await?;
            }
            Ok(rows)
        };
        // What fails at once is told as such.
        let first = portion().await?.unwrap_or_default();
        let (send, more) = mpsc::channel(1);
        tokio::spawn(async move {
            // Whoever hangs up wants no more of it.
            while let Some(portion) = portion().await.transpose() {
                let failed = portion.is_err();
                if send.send(portion).await.is_err() || failed {
                    break;
                }
            }
        });
        Ok(Rows::and(first, more))
    }

    /// How its rows are come by. In a large log it is then asked of the moment of which its days know, as its figure is.
    async fn way(&mut self, app: &App, caller: &Caller) -> Result<Way, Problem> {
        let portal = &caller.portal.id;
        if let Some((facts, _)) = kept_facts(app, portal, &mut self.question).await? {
            return Ok(Way::Pick(Arc::new(facts)));
        }
        if self.is_in_parts() && has(app, portal, &self.question, app.large_log).await? {
            return Ok(Way::Walk);
        }
        admit(app, portal, &self.question).await?;
        Ok(Way::Fold)
    }

    /// Whether its rows can be told a stretch of time at a time.
    fn is_in_parts(&self) -> bool {
        // Which experiment it is of, only the whole range tells.
        self.sort.is_by_time() && self.wanted.counts().is_none_or(|counted| counted.figure != INCREMENTAL)
    }

    /// A page from a fold of all that the question reaches.
    async fn fold(self, app: &App, caller: &Caller, limit: usize) -> Result<Page, Problem> {
        let Self { question, wanted, sort, view, cursor } = self;
        let as_of = question.as_of;
        let choose = move |log: &_, question: &Question| {
            let rows = ordered(sort, view, ledger(log, question, &wanted));
            let count = Some(rows.len());
            let (rows, next) = begin(rows, cursor.as_ref(), limit, as_of);
            Page { rows, as_of, count, erased: Some(0), next }
        };
        fold(app, &caller.portal.id, &question, choose).await
    }

    /// A page from the rows of those of whom facts tell that they are on it.
    async fn pick(self, app: &App, caller: &Caller, limit: usize, facts: Arc<Facts>) -> Result<Page, Problem> {
        let Self { question, wanted, sort, view, cursor } = self;
        let (as_of, asked, from) = (question.as_of, question.clone(), cursor.as_ref().map(|after| after.place));
        let picked = app.cores.run_behind(move || pick(&facts, &asked, &wanted, (sort, view), from, limit)).await?;
        let portal = &caller.portal.id;
        let rows = tell(app, portal, &question, picked.sketches).await?;
        let (mut rows, next) = begin(ordered(sort, view, rows), cursor.as_ref(), limit, as_of);
        let mut next = next.or(picked.until.map(|until| Cursor::after_all_at(until, as_of)));
        if view == View::Plain {
            let until = Some(Instant::now() + app.config.request_timeout / PATIENCE);
            let shown = leave_common(app, portal, &question, &mut rows, until).await?;
            if shown < rows.len() {
                rows.truncate(shown);
                let last = rows.last().map(|row| (sort.place_of_row(view, row), id(row.kind, &row.id)));
                next = last.map(|(place, id)| Cursor { as_of, place, id }.text());
            }
        }
        Ok(Page { rows, as_of, count: Some(picked.count), erased: Some(picked.erased), next })
    }

    /// A page from as many hours of the range as it takes.
    async fn walk(self, app: &Arc<App>, caller: &Caller, limit: usize) -> Result<Page, Problem> {
        let Self { question, wanted, sort, view, cursor } = self;
        let as_of = question.as_of;
        let (mut walk, teller) = walk(app, &caller.portal.id, question, wanted, sort, view);
        cursor.iter().for_each(|after| walk.skip_to(after.place.0.saturating_abs()));
        let (mut rows, mut walked) = (Vec::new(), 0);
        let until = Instant::now() + app.config.request_timeout / PATIENCE;
        while rows.len() <= limit && walked < WALKED && Instant::now() < until {
            let Some(stretch) = walk.read().await? else { break };
            walked += stretch.events;
            let found = ordered(sort, view, teller.rows(stretch).await?).into_iter();
            rows.extend(found.filter(|(place, id, _)| cursor.as_ref().is_none_or(|after| after.precedes(*place, id))));
        }
        let (rows, next) = begin(rows, None, limit, as_of);
        let next = next.or(walk.next().map(|t| {
            let place = if sort == Sort::Oldest { (t, 0) } else { (-t, 0) };
            Cursor { as_of, place, id: String::new() }.text()
        }));
        Ok(Page { rows, as_of, count: None, erased: None, next })
    }

    /// When its rows are, as facts tell it, if they can be walked to and are so many that this is faster.
    async fn times_if_many(&self, app: &App, facts: &Arc<Facts>) -> Result<Option<Vec<Millis>>, Problem> {
        if !self.is_in_parts() {
            return Ok(None);
        }
        let (question, wanted, facts) = (self.question.clone(), self.wanted.clone(), Arc::clone(facts));
        let tell = move || {
            let mut times = Vec::new();
            sketch(&Selected::new(&question, &facts), &wanted, |sketch| times.push(sketch.t));
            (times.len() * SPARSE >= facts.units()).then_some(times)
        };
        app.cores.run_behind(tell).await
    }

    /// All rows in order of time, a stretch at a time; where there are any, if that is known.
    fn walked(self, app: &Arc<App>, caller: &Caller, times: Option<Vec<Millis>>) -> Source {
        let Self { question, wanted, sort, view, .. } = self;
        let (mut walk, teller) = walk(app, &caller.portal.id, question, wanted, sort, view);
        times.iter().for_each(|times| walk.only_at(times));
        Source::Walked { stretches: walk.by_days().ahead(), teller, sort, view }
    }

    /// All rows in whatever order, as facts tell them.
    fn picked(self, app: &Arc<App>, caller: &Caller, facts: Arc<Facts>) -> Source {
        let (app, portal) = (Arc::clone(app), caller.portal.id.clone());
        Source::Picked { app, portal, asked: Box::new(self), facts, from: None, is_done: false }
    }

    /// What an audit says of it.
    fn what(&self) -> String {
        let figure = self.wanted.counts().map(|counted| ("figure", &*counted.figure));
        asking::query(&self.question, figure.as_slice())
    }
}

impl Cursor {
    /// Reads what a page said.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, '.');
        let mut number = || parts.next()?.parse().ok();
        let (as_of, place) = (number()?, (number()?, number()?));
        Some(Self { as_of, place, id: parts.next()?.to_owned() })
    }

    /// As [`Cursor::parse`] reads it.
    fn text(&self) -> String {
        let Self { as_of, place, id } = self;
        format!("{as_of}.{}.{}.{id}", place.0, place.1)
    }

    /// After every row that stands in a place.
    fn after_all_at(place: Place, as_of: i64) -> String {
        // No id has a character that is sorted later.
        Self { as_of, place, id: "~".into() }.text()
    }

    /// Whether a row comes after it.
    fn precedes(&self, place: Place, id: &str) -> bool {
        (self.place, self.id.as_str()) < (place, id)
    }

    /// What is no cursor of the question.
    pub fn unknown() -> Problem {
        Problem::invalid("cursor", "`cursor` must be the `next` of a page of the same question.")
    }
}

/// Rows in the order in which they are shown, each with where it stands.
fn ordered(sort: Sort, view: View, rows: Vec<Row>) -> Vec<(Place, String, Row)> {
    let placed = rows.into_iter().map(|row| (sort.place_of_row(view, &row), id(row.kind, &row.id), row));
    let mut rows: Vec<(Place, String, Row)> = placed.collect();
    rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    rows
}

/// The same without where they stand.
fn in_order(sort: Sort, view: View, rows: Vec<Row>) -> Vec<Row> {
    ordered(sort, view, rows).into_iter().map(|(_, _, row)| row).collect()
}

/// The first of rows in order that come after a cursor, and the cursor of those after them if there are more.
fn begin(
    rows: Vec<(Place, String, Row)>,
    after: Option<&Cursor>,
    limit: usize,
    as_of: i64,
) -> (Vec<Row>, Option<String>) {
    let first = after.map_or(0, |after| rows.partition_point(|(place, id, _)| !after.precedes(*place, id)));
    let mut rows: Vec<_> = rows.into_iter().skip(first).take(limit.saturating_add(1)).collect();
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| is_more);
    let next = last.map(|(place, id, _)| Cursor { as_of, place: *place, id: id.clone() }.text());
    (rows.into_iter().map(|(_, _, row)| row).collect(), next)
}

impl Source {
    /// The next portion, in order; `None`: there is none.
    async fn next(&mut self) -> Result<Option<Vec<Row>>, Problem> {
        match self {
            Self::Walked { stretches, teller, sort, view } => match stretches.recv().await {
                Some(stretch) => Ok(Some(in_order(*sort, *view, teller.rows(stretch?).await?))),
                None => Ok(None),
            },
            Self::Picked { is_done: true, .. } => Ok(None),
            Self::Picked { app, portal, asked, facts, from, is_done } => {
                let LedgerQuestion { question, wanted, sort, view, .. } = &**asked;
                let (sort, view, after) = (*sort, *view, *from);
                let (facts, told, wanted) = (Arc::clone(facts), question.clone(), wanted.clone());
                let next = move || pick(&facts, &told, &wanted, (sort, view), after, PORTION);
                let mut picked = app.cores.run_behind(next).await?;
                // What stands where the last portion ended was told in it.
                picked.sketches.retain(|sketch| after.is_none_or(|after| sort.place_of(view, sketch) > after));
                (*from, *is_done) = (picked.until, picked.until.is_none());
                let mut rows = tell(app, portal, question, picked.sketches).await?;
                if view == View::Plain {
                    leave_common(app, portal, question, &mut rows, None).await?;
                }
                Ok(Some(in_order(sort, view, rows)))
            }
        }
    }
}
