//! Pages and exports of the ledger: from a fold of everything, or of a large log a stretch of hours at a time.

use super::asking::{self, fold};
use super::episodes::LedgerQuestion;
use super::lines::Rows;
use super::readings::{Reading, note_reading};
use super::shown::{View, id, time};
use super::stretches::walk;
use crate::deflection::facts::Selected;
use crate::deflection::{Extent, Question, Row, extent, ledger};
use crate::http::error::Problem;
use crate::http::rollups::{has, kept_facts};
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

    /// What a row is sorted by, smallest first. Nothing that may not be shown.
    fn key(self, view: View, row: &Row) -> i64 {
        match self {
            Self::Newest => -time(view, row.t),
            Self::Oldest => time(view, row.t),
            Self::Tickets => -(row.tickets.len() as i64),
            Self::Searches => -(row.searches as i64),
            Self::Seconds => -row.millis.unwrap_or(-1),
        }
    }
}

/// Where a page begins: after a row, in what was known at a moment. New events come into no page, and move none.
pub struct Cursor {
    /// The moment.
    pub as_of: i64,
    key: i64,
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

impl LedgerQuestion {
    /// At most `limit` rows from the cursor on.
    pub async fn page(mut self, app: &Arc<App>, caller: &Caller, limit: usize) -> Result<Page, Problem> {
        let (view, what) = (self.view, self.what());
        let is_walked = self.is_walked(app, caller).await?;
        let extent = self.extent(app, caller).await?;
        let page = if is_walked {
            self.walk(app, caller, limit, extent).await?
        } else {
            self.fold(app, caller, limit, extent).await?
        };
        if view == View::Raw {
            note_reading(app, caller, what, page.rows.len()).await?;
        }
        Ok(page)
    }

    /// What its rows can be sorted by: where there are too many to be gathered first, in order of time alone.
    pub async fn sorts(&self, app: &App, caller: &Caller) -> Result<&'static [(&'static str, Sort)], Problem> {
        let too_many = has(app, &caller.portal.id, &self.question, app.foldable).await?;
        Ok(if too_many { &Sort::NAMED[..2] } else { &Sort::NAMED })
    }

    /// All rows: of a large log worked out while they are sent.
    pub async fn all(mut self, app: Arc<App>, caller: Caller) -> Result<Rows<Row>, Problem> {
        let (view, what) = (self.view, self.what());
        let is_walked = self.is_walked(&app, &caller).await?;
        let extent = self.extent(&app, &caller).await?;
        if !is_walked {
            let rows = self.fold(&app, &caller, usize::MAX, extent).await?.rows;
            if view == View::Raw {
                note_reading(&app, &caller, what, rows.len()).await?;
            }
            return Ok(rows.into());
        }
        let Self { question, wanted, sort, .. } = self;
        let (mut walk, mut teller) = walk(&app, &caller.portal.id, question, wanted, sort, view);
        extent.iter().for_each(|extent| walk.only_at(&extent.times));
        let mut stretches = walk.by_days().ahead();
        let mut reading = (view == View::Raw).then(|| Reading::new(app, caller, what));
        let mut portion = async move || -> Result<Option<Vec<Row>>, Problem> {
            let rows = match stretches.recv().await {
                Some(stretch) => Some(teller.rows(stretch?).await?),
                None => None,
            };
            if let Some(reading) = &mut reading {
                reading.note(rows.as_ref().map_or(0, Vec::len)).await?;
            }
            Ok(rows.map(|rows| ordered(sort, view, rows).into_iter().map(|(_, _, row)| row).collect()))
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

    /// Whether rows are worked out a stretch at a time: in a large log, in order of time.
    async fn is_walked(&self, app: &App, caller: &Caller) -> Result<bool, Problem> {
        let (portal, question) = (&caller.portal.id, &self.question);
        let by_time = matches!(self.sort, Sort::Newest | Sort::Oldest);
        // Which experiment it is of, only the whole range tells.
        let by_parts = self.wanted.counts().is_none_or(|counted| counted.figure != INCREMENTAL);
        if by_time && by_parts {
            return Ok(has(app, portal, question, app.large_log).await?);
        }
        if has(app, portal, question, app.foldable).await? {
            let field = if by_time { "figure" } else { "sort" };
            let instead = "Of so many events rows are listed by `newest` or `oldest`, and no experiment's: ask for a shorter range.";
            return Err(Problem::invalid(field, instead));
        }
        Ok(false)
    }

    /// What days that are worked out tell of its rows, if they do; it is then asked of the moment of which they know, as its figure is.
    async fn extent(&mut self, app: &App, caller: &Caller) -> Result<Option<Extent>, Problem> {
        let Some((facts, _)) = kept_facts(app, &caller.portal.id, &mut self.question).await? else { return Ok(None) };
        let (question, wanted) = (self.question.clone(), self.wanted.clone());
        Ok(Some(app.cores.run_behind(move || extent(&Selected::new(&question, &facts), &wanted)).await?))
    }

    /// A page from a fold of all that the question reaches.
    async fn fold(self, app: &App, caller: &Caller, limit: usize, extent: Option<Extent>) -> Result<Page, Problem> {
        let Self { question, wanted, sort, view, cursor } = self;
        let as_of = question.as_of;
        let erased = extent.map_or(0, |extent| extent.erased);
        let choose = move |log: &_, question: &Question| {
            let rows = ordered(sort, view, ledger(log, question, &wanted));
            let count = rows.len() + erased;
            let first = cursor.map_or(0, |after| rows.partition_point(|(key, id, _)| !after.precedes(*key, id)));
            let mut rows: Vec<_> = rows.into_iter().skip(first).take(limit.saturating_add(1)).collect();
            let more = rows.len() > limit;
            rows.truncate(limit);
            let next = rows.last().filter(|_| more).map(|(key, id, _)| format!("{as_of}.{key}.{id}"));
            let rows = rows.into_iter().map(|(_, _, row)| row).collect();
            Page { rows, as_of, count: Some(count), erased: Some(erased), next }
        };
        fold(app, &caller.portal.id, &question, choose).await
    }

    /// A page from as many hours of the range as it takes.
    async fn walk(
        self,
        app: &Arc<App>,
        caller: &Caller,
        limit: usize,
        extent: Option<Extent>,
    ) -> Result<Page, Problem> {
        let Self { question, wanted, sort, view, cursor } = self;
        let as_of = question.as_of;
        let days = question.from.until(question.to).map_or(1, |range| range.get_days());
        let (mut walk, mut teller) = walk(app, &caller.portal.id, question, wanted, sort, view);
        if let Some(extent) = &extent {
            walk.only_at(&extent.times);
            // A page takes more than a day.
            if extent.times.len() < limit.saturating_mul(days.unsigned_abs() as usize) {
                walk = walk.by_days();
            }
        }
        cursor.iter().for_each(|after| walk.skip_to(after.key.saturating_abs()));
        let (mut rows, mut walked) = (Vec::new(), 0);
        let until = Instant::now() + app.config.request_timeout / PATIENCE;
        while rows.len() <= limit && walked < WALKED && Instant::now() < until {
            let Some(stretch) = walk.read().await? else { break };
            walked += stretch.events;
            let found = ordered(sort, view, teller.rows(stretch).await?).into_iter();
            rows.extend(found.filter(|(key, id, _)| cursor.as_ref().is_none_or(|after| after.precedes(*key, id))));
        }
        let next = if rows.len() > limit {
            rows.truncate(limit);
            rows.last().map(|(key, id, _)| format!("{as_of}.{key}.{id}"))
        } else {
            walk.next().map(|t| format!("{as_of}.{}.", if sort == Sort::Oldest { t } else { -t }))
        };
        let (count, erased) = extent.map(|extent| (extent.count(), extent.erased)).unzip();
        Ok(Page { rows: rows.into_iter().map(|(_, _, row)| row).collect(), as_of, count, erased, next })
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
        let mut parts = text.splitn(3, '.');
        let (as_of, key, id) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.to_owned());
        Some(Self { as_of, key, id })
    }

    /// Whether a row comes after it.
    fn precedes(&self, key: i64, id: &str) -> bool {
        (self.key, self.id.as_str()) < (key, id)
    }

    /// What is no cursor of the question.
    pub fn unknown() -> Problem {
        Problem::invalid("cursor", "`cursor` must be the `next` of a page of the same question.")
    }
}

/// Rows in the order in which they are shown, each with what it is sorted by.
fn ordered(sort: Sort, view: View, rows: Vec<Row>) -> Vec<(i64, String, Row)> {
    let keyed = rows.into_iter().map(|row| (sort.key(view, &row), id(row.kind, &row.id), row));
    let mut rows: Vec<(i64, String, Row)> = keyed.collect();
    rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    rows
}
