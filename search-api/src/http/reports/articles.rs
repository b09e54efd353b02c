//! `GET /reports/articles`: which articles help, which are read before a ticket all the same, and which nobody opens.

use super::asking::{ReportQuestion, ask, sum};
use super::lines;
use super::replay::Reader;
use super::searches::UNSEEN;
use crate::deflection::articles::Reading;
use crate::deflection::log::Millis;
use crate::deflection::question::{DAY, day_of};
use crate::deflection::{Question, articles};
use crate::http::error::{Problem, ProblemBody};
use crate::http::fields::Fields;
use crate::http::{App, Caller};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Days without an opening after which an article is unread: six months.
pub const UNREAD_DAYS: i64 = 180;

/// What rows are sorted by, greatest first.
type Sort = fn(&ArticleRow) -> u64;

const COLUMNS: [&str; 9] =
    ["slug", "title", "opened", "solved", "unsolved", "ticketed", "last_opened", "updated", "unread"];

/// What became of articles.
#[derive(Serialize, ToSchema)]
pub struct ArticlesBody {
    rows: Vec<ArticleRow>,
    /// `cursor` of the next page.
    next: Option<String>,
}

/// What became of an article in closed episodes of the range.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ArticleRow {
    /// Null where the reader may not see it; all such are one row.
    pub slug: Option<String>,
    /// Its title, or what stands for it.
    pub title: String,
    /// Episodes in which it was opened.
    pub opened: u64,
    /// Those in which its reader said that it solved the need.
    pub solved: u64,
    /// Those in which they said that it did not.
    pub unsolved: u64,
    /// Those that ended in a ticket.
    pub ticketed: u64,
    /// Day on which it was last opened, as far as the last 180 days know.
    pub last_opened: Option<String>,
    /// Day on which it last changed.
    pub updated: Option<String>,
    /// Whether nobody opened it in the 180 days before `as_of`.
    pub unread: bool,
}

/// What became of the articles that the reader may see; opened ones that they may not see are one row.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/articles", operation_id = "report_articles", tag = "reports",
    params(("portal" = String, Path), ReportQuestion,
        ("sort" = Option<String>, Query, description = "`opened` (default), `solved`, `ticketed` or `unread`; greatest first"),
        ("limit" = Option<usize>, Query, description = "Rows of a page, 1 to 200; 50 by default"),
        ("cursor" = Option<usize>, Query, description = "`next` of the page before"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`, which holds all rows")),
    responses((status = 200, content((ArticlesBody = "application/json"), (String = "text/csv"))),
        (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    let mut question = ask(&caller, &mut fields, app.now())?;
    let sorts: [(&str, Sort); 4] = [
        ("opened", |row| row.opened),
        ("solved", |row| row.solved),
        ("ticketed", |row| row.ticketed),
        ("unread", |row| u64::from(row.unread)),
    ];
    let sort = fields.choice("sort", &sorts, sorts[0].1)?;
    let page = lines::Page::read(&mut fields, 50)?;
    let format = lines::Format::read(&mut fields)?;
    fields.finish()?;
    let mut rows = rows(&app, &caller, &mut question).await?;
    rows.sort_by_key(|row| Reverse(sort(row)));
    if format == lines::Format::Csv {
        return Ok(lines::table("articles.csv", COLUMNS, rows.into_iter().map(cells)));
    }
    let next = page.next(rows.len());
    let rows = rows.into_iter().skip(page.cursor).take(page.limit).collect();
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(ArticlesBody { rows, next })).into_response())
}

/// What became of each article that the caller may see, by title; last, in one row, of those that they may not.
pub async fn rows(app: &App, caller: &Caller, question: &mut Question) -> Result<Vec<ArticleRow>, Problem> {
    let readings = sum(app, &caller.portal.id, question, |selected, _| articles::draw(selected)).await?;
    let last = last_openings(app, caller, question).await?;
    let reader = Reader::new(app, caller);
    let question = question.clone();
    app.cores.run_behind(move || draw(&reader, &question, readings, &last)).await
}

/// By slug: when an article was last opened in the 180 days before the question's moment.
pub async fn last_openings(
    app: &App,
    caller: &Caller,
    question: &Question,
) -> Result<BTreeMap<String, Millis>, Problem> {
    let since = question.as_of - UNREAD_DAYS * DAY;
    Ok(app.store.last_openings(&caller.portal.id, since, question.as_of).await?)
}

/// The rows of articles: `readings` by slug, `last` when each was last opened.
pub fn draw(
    reader: &Reader,
    question: &Question,
    readings: BTreeMap<String, Reading>,
    last: &BTreeMap<String, Millis>,
) -> Vec<ArticleRow> {
    // An article keeps its readings under the names that it had.
    let named = |slug: &str| reader.article(slug).map(|(slug, _)| slug);
    let mut opened: BTreeMap<String, Millis> = BTreeMap::new();
    for (slug, t) in last.iter().filter_map(|(slug, t)| Some((named(slug)?, *t))) {
        let latest = opened.entry(slug).or_insert(t);
        *latest = t.max(*latest);
    }
    let mut counted: BTreeMap<Option<String>, Reading> = BTreeMap::new();
    for (slug, reading) in readings {
        counted.entry(named(&slug)).or_default().absorb(reading);
    }
    let day = |t: Millis| day_of(t, &question.zone);
    let row = |slug: Option<String>, title: String, updated: Option<Millis>, reading: Reading| ArticleRow {
        title,
        opened: reading.opened,
        solved: reading.solved,
        unsolved: reading.unsolved,
        ticketed: reading.ticketed,
        last_opened: slug.as_ref().and_then(|slug| opened.get(slug)).map(|t| day(*t).to_string()),
        updated: updated.map(|t| day(t).to_string()),
        unread: slug.as_ref().is_some_and(|slug| !opened.contains_key(slug)),
        slug,
    };
    let unseen = counted.remove(&None);
    let mut rows: Vec<ArticleRow> = reader
        .articles()
        .map(|(slug, head)| {
            let reading = counted.remove(&Some(slug.clone())).unwrap_or_default();
            row(Some(slug), head.title.clone(), Some(head.updated_at), reading)
        })
        .collect();
    rows.sort_by(|a, b| (&a.title, &a.slug).cmp(&(&b.title, &b.slug)));
    rows.extend(unseen.map(|reading| row(None, UNSEEN.to_owned(), None, reading)));
    rows
}

fn cells(row: ArticleRow) -> [String; 9] {
    [
        row.slug.unwrap_or_default(),
        row.title,
        row.opened.to_string(),
        row.solved.to_string(),
        row.unsolved.to_string(),
        row.ticketed.to_string(),
        row.last_opened.unwrap_or_default(),
        row.updated.unwrap_or_default(),
        u8::from(row.unread).to_string(),
    ]
}
