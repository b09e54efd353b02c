//! `GET /reports/topics`: what tickets are about, each topic with its best article for each audience, or the words "no article".

use super::asking::{ReportQuestion, ask};
use super::lines;
use super::replay::Reader;
use super::searches::name;
use crate::deflection::Question;
use crate::deflection::groups::Topic;
use crate::deflection::groups::topics::{Subject, of_log};
use crate::deflection::log::Ticket;
use crate::http::error::{Problem, ProblemBody};
use crate::http::fields::Fields;
use crate::http::{App, Caller};
use crate::retrieval::{CommonAnswer, common_answer};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::language::Language;
use indexer::visible::VisibleIndex;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Tickets of a topic that are asked for its best article.
const ASKED: usize = 10;
/// What the audience of those is called who are not signed in.
pub use super::replay::NOBODY;
const COLUMNS: [&str; 6] = ["topic", "tickets", "people", "share", "audience", "article"];
/// What is said where no article answers.
pub const NO_ARTICLE: &str = "no article";

/// What tickets are about.
#[derive(Serialize, ToSchema)]
pub struct TopicsBody {
    /// First day: topics are told of the whole ISO weeks that the range touches.
    from: String,
    /// The day after the last.
    to: String,
    rows: Vec<TopicRow>,
    /// `cursor` of the next page.
    next: Option<String>,
}

/// Tickets about one thing.
#[derive(Serialize, ToSchema)]
pub struct TopicRow {
    /// A subject that enough people wrote, else its most telling words; null where there is none.
    pub label: Option<String>,
    /// Why there is no label: `too small to show`, `in words that no two share`, `not available by policy` where the portal keeps no
    /// queries, or `no text is kept`: none came, or its time is over.
    #[schema(value_type = Option<String>)]
    pub instead: Option<&'static str>,
    /// Their number.
    pub tickets: u64,
    /// Those who wrote them, counted anew in each week; tickets of nobody known count as one person's each.
    visitors: u64,
    /// Of all tickets of these weeks.
    pub share: f64,
    /// The best article for nobody signed in and for each role that the reader may speak for.
    pub articles: Vec<TopicArticle>,
}

/// The best article of a topic for an audience.
#[derive(Serialize, ToSchema)]
pub struct TopicArticle {
    /// `not signed in`, or a role.
    pub audience: String,
    /// Null where no article answers.
    pub slug: Option<String>,
    /// Its title, or the words `no article`.
    pub article: String,
}

/// What tickets are about. Most tickets know no role, language or stratum: these filters do not apply.
#[utoipa::path(get, path = "/v1/portals/{portal}/reports/topics", operation_id = "report_topics", tag = "reports",
    params(("portal" = String, Path), ReportQuestion,
        ("limit" = Option<usize>, Query, description = "Rows of a page, 1 to 200; 20 by default"),
        ("cursor" = Option<usize>, Query, description = "`next` of the page before"),
        ("format" = Option<String>, Query, description = "`json` (default) or `csv`: a line for each topic and audience, up to 200 topics")),
    responses((status = 200, content((TopicsBody = "application/json"), (String = "text/csv"))), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, mut fields: Fields) -> Result<Response, Problem> {
    let question = ask(&caller, &mut fields, app.now())?;
    let mut page = lines::Page::read(&mut fields, 20)?;
    let format = lines::Format::read(&mut fields)?;
    if format == lines::Format::Csv {
        page.limit = lines::MOST_ROWS;
    }
    fields.finish()?;
    let reader = Reader::new(&app, &caller);
    let tickets = tickets(&app, &caller, &question).await?;
    let language = caller.portal.languages.first().cloned().unwrap_or_else(Language::unknown);
    let shape = move || {
        let (rows, all) = rows(&reader, &tickets, &question, &language, page)?;
        let next = page.next(all);
        let (from, to) = question.weeks();
        Ok::<_, Problem>(TopicsBody { from: from.to_string(), to: to.to_string(), rows, next })
    };
    let body = app.cores.run_behind(shape).await??;
    if format == lines::Format::Csv {
        return Ok(lines::table("topics.csv", COLUMNS, body.rows.into_iter().flat_map(cells)));
    }
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// A line for each audience; where nothing is asked of the articles, one without any.
fn cells(row: TopicRow) -> Vec<[String; 6]> {
    let instead = row.instead.map_or_else(String::new, |why| format!("({why})"));
    let label = row.label.unwrap_or(instead);
    let (tickets, people, share) = (row.tickets.to_string(), row.visitors.to_string(), row.share.to_string());
    let line = |audience, article| [label.clone(), tickets.clone(), people.clone(), share.clone(), audience, article];
    if row.articles.is_empty() {
        return vec![line(String::new(), String::new())];
    }
    row.articles.into_iter().map(|article| line(article.audience, article.article)).collect()
}

/// The tickets of the weeks that a question's range touches.
pub async fn tickets(app: &App, caller: &Caller, question: &Question) -> Result<Vec<Ticket>, Problem> {
    let (from, after) = question.weeks_range();
    Ok(app.store.archive().tickets(&caller.portal.id, from, after).await?)
}

/// A page of the topics of tickets, and how many there are.
pub fn rows(
    reader: &Reader,
    tickets: &[Ticket],
    question: &Question,
    language: &Language,
    page: lines::Page,
) -> Result<(Vec<TopicRow>, usize), Problem> {
    let (topics, tickets) = of_log(tickets, question, language);
    let audiences = reader.audiences()?;
    let shown = topics.iter().skip(page.cursor).take(page.limit);
    let rows = shown.map(|topic| TopicRow::new(reader, &audiences, topic, &tickets, language));
    Ok((rows.collect::<Result<_, Problem>>()?, topics.len()))
}

impl TopicRow {
    fn new(
        reader: &Reader,
        audiences: &[(String, Arc<VisibleIndex>)],
        topic: &Topic,
        tickets: &[Subject],
        language: &Language,
    ) -> Result<Self, Problem> {
        let (label, _, instead) = name(reader.textless(), &topic.name);
        let mut articles = Vec::new();
        for (audience, index) in audiences.iter().filter(|_| label.is_some()) {
            let asked = topic.tickets.iter().take(ASKED).filter_map(|&ticket| {
                let Subject { text, vector, .. } = &tickets[ticket];
                let (query, vector) = reader.query(index, text.as_deref()?, Some(language.clone()), vector.as_ref());
                Some((query, vector, 1))
            });
            let found = common_answer(index, &asked.collect::<Vec<_>>()).map_err(Problem::internal)?;
            let found = found.filter(CommonAnswer::is_near);
            let (slug, article) = found.map_or((None, NO_ARTICLE.into()), |found| (Some(found.slug), found.title));
            articles.push(TopicArticle { audience: audience.clone(), slug, article });
        }
        let share = topic.tickets.len() as f64 / tickets.len().max(1) as f64;
        let (tickets, visitors) = (topic.tickets.len() as u64, topic.people as u64);
        Ok(Self { label, instead, tickets, visitors, share, articles })
    }
}
