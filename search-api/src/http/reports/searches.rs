//! `GET /reports/searches`: which searches still end in tickets, grouped by meaning, each with what is wrong and what to do.

use super::asking::{ReportQuestion, ask, weeks};
use super::lines;
use super::replay::{Reader, Replay};
use crate::deflection::Question;
use crate::deflection::groups::rows::{self, Row};
use crate::deflection::groups::weeks::Use;
use crate::deflection::groups::{Diagnosis, Label, Name, diagnose};
use crate::deflection::intervals::Rate;
use crate::http::error::{Problem, ProblemBody};
use crate::http::fields::Fields;
use crate::http::{App, Caller};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// What stands for an article that the reader may not see, or that does not exist.
pub const UNSEEN: &str = "an article you may not see";
const OBSERVATIONAL: &str = "Observational: other things may have changed in the same weeks.";

const COLUMNS: [&str; 12] = [
    "search",
    "episodes",
    "ticketed",
    "tickets",
    "visitors",
    "rate",
    "low",
    "high",
    "avoidable",
    "diagnosis",
    "next_step",
    "nearest",
];

/// What rows are sorted by, greatest first.
type Sort = fn(&Row) -> f64;

/// Searches that still end in tickets.
#[derive(Serialize, ToSchema)]
pub struct SearchesBody {
    /// First day: groups are told of the whole ISO weeks that the range touches.
    from: String,
    /// The day after the last.
    to: String,
    /// Median ticket rate of all groups, those without tickets included.
    median_rate: Option<f64>,
    rows: Vec<SearchesRow>,
    /// `cursor` of the next page.
    next: Option<String>,
}

/// A group of searches, by what was asked last in episodes that ended in tickets.
#[derive(Serialize, ToSchema)]
struct SearchesRow {
    /// For `?group=`: the same for the same log, range and window. Null where the row stands for what is too small to show.
    group: Option<String>,
    /// What it is called: a query that enough visitors typed, else its most telling words; null where there is none.
    label: Option<String>,
    /// The label, where it is a query that enough visitors typed: normalised and redacted.
    query: Option<String>,
    /// Why there is no label: `too small to show`, `in words that no two share`, `not available by policy` where the portal keeps no
    /// queries, or `no text is kept`: none came, or its time is over.
    #[schema(value_type = Option<String>)]
    instead: Option<&'static str>,
    /// Queries that enough visitors typed, most first.
    queries: Vec<TypedQuery>,
    /// Closed episodes.
    episodes: u64,
    /// Those by outcome.
    outcomes: BTreeMap<&'static str, u64>,
    ticketed: u64,
    tickets: u64,
    /// Visitors, counted anew in each week and for each role, language and stratum.
    visitors: u64,
    /// ticketed / episodes.
    rate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    /// Tickets that could be avoided: tickets × how far the rate lies above the median.
    avoidable: f64,
    /// `missing`, `hidden` (for editors alone), `unseen`, `unhelpful` or `worsened`.
    #[schema(value_type = Option<String>)]
    diagnosis: Option<&'static str>,
    /// What an editor does about it.
    #[schema(value_type = Option<String>)]
    next_step: Option<&'static str>,
    /// The article that answers most of its searches today, for these visitors.
    nearest: Option<ArticleName>,
    /// Articles shown or opened, most opened first.
    articles: Vec<ArticleUse>,
    /// Only of a single group (`?group=`).
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<GroupDetail>,
}

/// A query and how many typed it.
#[derive(Serialize, ToSchema)]
struct TypedQuery {
    query: String,
    visitors: u64,
}

/// An article.
#[derive(Serialize, ToSchema)]
struct ArticleName {
    slug: String,
    title: String,
}

/// What became of an article in a group's episodes.
#[derive(Serialize, ToSchema)]
struct ArticleUse {
    /// Null where the reader may not see it.
    slug: Option<String>,
    title: String,
    /// Episodes in which it was shown.
    shown: u64,
    opened: u64,
    /// Ticketed episodes in which it was opened.
    ticketed: u64,
    solved: u64,
    unsolved: u64,
}

/// What is said of a single group.
#[derive(Serialize, ToSchema)]
struct GroupDetail {
    /// Ticket rate before and after the nearest article last changed; null where either side has no week.
    before_after: Option<BeforeAfter>,
    replay: ReplayBody,
    /// What its tickets are about.
    tickets: Vec<TicketTopic>,
}

/// A ticket rate before and after a change.
#[derive(Serialize, ToSchema)]
struct BeforeAfter {
    article: ArticleName,
    /// When it last changed. The week of the change belongs to neither side.
    changed: String,
    before: RateSide,
    after: RateSide,
    /// after − before.
    difference: f64,
    low: f64,
    high: f64,
    #[schema(value_type = String)]
    note: &'static str,
}

/// One side of a comparison.
#[derive(Serialize, ToSchema)]
struct RateSide {
    ticketed: u64,
    episodes: u64,
    rate: f64,
    low: f64,
    high: f64,
}

/// The group's stored searches, asked again of the articles of today.
#[derive(Serialize, ToSchema)]
struct ReplayBody {
    /// Searches that were asked again; those that too few typed are counted here, and not shown.
    searches: usize,
    /// Of them, by confidence: `good`, `weak`, `none`.
    confidence: BTreeMap<&'static str, usize>,
    /// Those that enough visitors typed.
    queries: Vec<ReplayedQuery>,
}

/// A query asked again.
#[derive(Serialize, ToSchema)]
struct ReplayedQuery {
    query: String,
    /// Roles of those who asked it.
    roles: Vec<String>,
    #[schema(value_type = String)]
    confidence: &'static str,
    first: Option<ArticleName>,
}

/// Tickets of a group about one thing.
#[derive(Serialize, ToSchema)]
struct TicketTopic {
    label: Option<String>,
    #[schema(value_type = Option<String>)]
    instead: Option<&'static str>,
    tickets: u64,
}

/// Which searches still end in tickets.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/searches", operation_id = "report_searches", tag = "reports",
    params(("portal" = String, Path), ReportQuestion,
        ("sort" = Option<String>, Query, description = "`avoidable` (default), `ticketed`, `rate`, `episodes` or `visitors`; greatest first"),
        ("limit" = Option<usize>, Query, description = "Rows of a page, 1 to 200; 50 by default"),
        ("cursor" = Option<usize>, Query, description = "`next` of the page before"),
        ("group" = Option<String>, Query, description = "Only this group, with its before and after, replay and tickets"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`, which holds up to 200 rows without articles and details")),
    responses((status = 200, content((SearchesBody = "application/json"), (String = "text/csv"))), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    let question = ask(&caller, &mut fields, app.now())?;
    let sorts: [(&str, Sort); 5] = [
        ("avoidable", |row| row.avoidable),
        ("ticketed", |row| row.ticketed() as f64),
        ("rate", |row| row.rate.map_or(0.0, |rate| rate.value)),
        ("episodes", |row| row.episodes as f64),
        ("visitors", |row| row.visitors as f64),
    ];
    let sort = fields.choice("sort", &sorts, sorts[0].1)?;
    let mut page = lines::Page::read(&mut fields, 50)?;
    let group = fields.text("group", 64)?;
    let format = lines::Format::read(&mut fields)?;
    if format == lines::Format::Csv {
        page.limit = lines::MOST_ROWS;
    }
    fields.finish()?;
    let reader = Reader::new(&app, &caller);
    let mut table = weeks(&app, &caller.portal.id, &question, rows::draw).await?;
    // What stands for several stays at the end; the sort is stable, so ties keep the table's order.
    table.rows.sort_by(|a, b| a.is_rest().cmp(&b.is_rest()).then(sort(b).total_cmp(&sort(a))));
    if let Some(group) = &group {
        table.rows.retain(|row| row.id == *group && !row.is_rest());
        if table.rows.is_empty() {
            return Err(Problem::NotFound);
        }
    }
    let next = page.next(table.rows.len());
    let shape = move || {
        let shown = table.rows.iter().skip(page.cursor).take(page.limit);
        let rows = shown.map(|row| SearchesRow::new(&reader, row, &question, group.is_some()));
        let (from, to) = (table.from.to_string(), table.to.to_string());
        let rows = rows.collect::<Result<_, Problem>>()?;
        Ok::<_, Problem>(SearchesBody { from, to, median_rate: table.median, rows, next })
    };
    let body = app.cores.run_behind(shape).await??;
    if format == lines::Format::Csv {
        return Ok(lines::table("searches.csv", COLUMNS, body.rows.into_iter().map(cells)));
    }
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// What is wrong with a group, and what asking it again has shown. Nothing is said of what is too small to show, or not kept.
pub fn diagnosis(reader: &Reader, row: &Row, question: &Question) -> Result<Option<(Diagnosis, Replay)>, Problem> {
    if row.asked.is_empty() {
        return Ok(None);
    }
    let replay = reader.replay(row, question)?;
    Ok(Some((diagnose(row, &replay.findings), replay)))
}

/// What a group is called, the query that it is called by, and why it has no name; `textless` is from [`Reader::textless`].
pub fn name(textless: &'static str, name: &Name) -> (Option<String>, Option<String>, Option<&'static str>) {
    match name {
        Name::Label(label) if label.text().is_empty() => (None, None, Some("in words that no two share")),
        Name::Label(label) => {
            let query = if let Label::Query(query) = label { Some(query.clone()) } else { None };
            (Some(label.text()), query, None)
        }
        Name::TooSmall => (None, None, Some("too small to show")),
        Name::NotKept => (None, None, Some(textless)),
    }
}

impl SearchesRow {
    fn new(reader: &Reader, row: &Row, question: &Question, in_detail: bool) -> Result<Self, Problem> {
        let (label, query, instead) = name(reader.textless(), &row.name);
        let rate = |pick: fn(Rate) -> f64| row.rate.map(pick);
        let diagnosed = diagnosis(reader, row, question)?;
        let detail = match &diagnosed {
            Some((_, replay)) if in_detail => Some(GroupDetail::new(reader, row, replay, question)?),
            _ => None,
        };
        let (diagnosis, replay) = diagnosed.map_or((None, None), |(diagnosis, replay)| (Some(diagnosis), Some(replay)));
        let nearest = replay.and_then(|replay| replay.nearest);
        let typed =
            |(query, visitors): &(String, usize)| TypedQuery { query: query.clone(), visitors: *visitors as u64 };
        Ok(Self {
            group: (!row.is_rest()).then(|| row.id.clone()),
            label,
            query,
            instead,
            queries: row.queries.iter().map(typed).collect(),
            episodes: row.episodes,
            outcomes: row.outcomes.iter().map(|(outcome, count)| (outcome.name(), *count)).collect(),
            ticketed: row.ticketed(),
            tickets: row.tickets,
            visitors: row.visitors,
            rate: rate(|rate| rate.value),
            low: rate(|rate| rate.low),
            high: rate(|rate| rate.high),
            avoidable: row.avoidable,
            diagnosis: diagnosis.map(Diagnosis::name),
            next_step: diagnosis.map(Diagnosis::next_step),
            nearest: nearest.map(|(found, _)| ArticleName { slug: found.slug, title: found.title }),
            articles: if row.is_rest() { Vec::new() } else { articles(reader, &row.articles) },
            detail,
        })
    }
}

fn cells(row: SearchesRow) -> [String; 12] {
    let number = |value: Option<f64>| value.map_or_else(String::new, |value| value.to_string());
    let instead = row.instead.map_or_else(String::new, |why| format!("({why})"));
    [
        row.label.unwrap_or(instead),
        row.episodes.to_string(),
        row.ticketed.to_string(),
        row.tickets.to_string(),
        row.visitors.to_string(),
        number(row.rate),
        number(row.low),
        number(row.high),
        row.avoidable.to_string(),
        row.diagnosis.unwrap_or_default().into(),
        row.next_step.unwrap_or_default().into(),
        row.nearest.map_or_else(String::new, |nearest| nearest.title),
    ]
}

/// The articles of a group by name; those that the reader may not see, whether they exist or not, are one.
fn articles(reader: &Reader, used: &[(String, Use)]) -> Vec<ArticleUse> {
    let mut named: BTreeMap<Option<String>, (String, Use)> = BTreeMap::new();
    for (slug, used) in used {
        let found = reader.article(slug);
        let (slug, title) = found.map_or((None, UNSEEN.to_owned()), |(slug, title)| (Some(slug), title));
        named.entry(slug).or_insert((title, Use::default())).1.absorb(*used);
    }
    let article = |(slug, (title, used)): (_, (_, Use))| ArticleUse {
        slug,
        title,
        shown: used.shown,
        opened: used.opened,
        ticketed: used.ticketed,
        solved: used.solved,
        unsolved: used.unsolved,
    };
    let mut articles: Vec<ArticleUse> = named.into_iter().map(article).collect();
    articles.sort_by_key(|article| std::cmp::Reverse((article.opened, article.shown)));
    articles
}

impl GroupDetail {
    fn new(reader: &Reader, row: &Row, replay: &Replay, question: &Question) -> Result<Self, Problem> {
        let mut confidence = BTreeMap::from([("good", 0), ("weak", 0), ("none", 0)]);
        let mut queries = Vec::new();
        for voice in &row.asked {
            let now = reader.now(voice)?;
            *confidence.entry(now.confidence).or_default() += 1;
            if voice.shown {
                queries.push(ReplayedQuery {
                    query: voice.text.clone(),
                    roles: voice.roles.iter().cloned().collect(),
                    confidence: now.confidence,
                    first: now.first.map(|(slug, title)| ArticleName { slug, title }),
                });
            }
        }
        let topic = |(named, tickets): &(Name, usize)| {
            let (label, _, instead) = name(reader.textless(), named);
            TicketTopic { label, instead, tickets: *tickets as u64 }
        };
        Ok(Self {
            before_after: BeforeAfter::of(replay),
            replay: ReplayBody { searches: row.asked.len(), confidence, queries },
            tickets: row.topics(question).iter().map(topic).collect(),
        })
    }
}

impl BeforeAfter {
    fn of(replay: &Replay) -> Option<Self> {
        let ((article, changed), effect) = replay.nearest.as_ref().zip(replay.findings.effect)?;
        let side = |(ticketed, episodes, rate): (u64, u64, Rate)| RateSide {
            ticketed,
            episodes,
            rate: rate.value,
            low: rate.low,
            high: rate.high,
        };
        let (difference, low, high) = effect.change;
        Some(Self {
            article: ArticleName { slug: article.slug.clone(), title: article.title.clone() },
            changed: Timestamp::from_millisecond(*changed).unwrap_or_default().to_string(),
            before: side(effect.before),
            after: side(effect.after),
            difference,
            low,
            high,
            note: OBSERVATIONAL,
        })
    }
}
