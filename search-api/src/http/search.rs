//! `GET` and `POST /search`: a query to ranked answers.

use super::embedding::EmbeddedQuery;
use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::visitor::Visitor;
use super::{App, Caller, QueryEmbedder};
use crate::deflection::log::{Confidence as LoggedConfidence, QueryVector, Surface};
use crate::retrieval::{self, Answer, Answers, Confidence, Mode, Models, Query};
use crate::store::AnsweredSearch;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::visible::{VisibleIndex, Work};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;
use utoipa::{IntoParams, ToSchema};

/// Most characters of a query.
pub const QUERY_LIMIT: usize = 512;
/// Bytes of most answers: ten passages and what is said of them.
const ANSWER_BYTES: usize = 32 * 1024;
/// Modes by the names that callers give them.
pub const MODES: [(&str, Mode); 3] = [("hybrid", Mode::Hybrid), ("lexical", Mode::Lexical), ("dense", Mode::Dense)];
const SURFACES: [(&str, Surface); 5] = [
    ("api", Surface::Api),
    ("context", Surface::Context),
    ("form", Surface::Form),
    ("help", Surface::Help),
    ("widget", Surface::Widget),
];

/// What is asked, as documented; [`Asked`] is what is read.
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the inputs that Fields reads")]
pub struct SearchQuestion {
    /// The question, as typed; 1 to 512 characters. Control characters are read as white space.
    #[param(max_length = 512)]
    q: String,
    /// Answers wanted, 1 to 50.
    #[param(default = 10, minimum = 1, maximum = 50)]
    limit: Option<usize>,
    /// Answers skipped, 0 to 1000.
    #[param(default = 0, maximum = 1000)]
    offset: Option<usize>,
    /// The viewer's language (BCP 47), whose articles come first; else that of the query.
    #[param(example = "en")]
    lang: Option<String>,
    /// `key:value`, repeated: or within a key, and between keys.
    filter: Option<Vec<String>>,
    /// Lists wanted: `hybrid` (default), `lexical` or `dense`.
    #[param(default = "hybrid")]
    mode: Option<String>,
    /// The browser's random id, for viewers who are not signed in.
    visitor: Option<String>,
    /// Where it is asked: `api` (default), `help`, `widget`, `form` or `context`.
    #[param(default = "api")]
    surface: Option<String>,
}

/// Ranked answers.
#[derive(Serialize, ToSchema)]
pub struct SearchAnswers {
    search_id: String,
    query: String,
    /// Equal content that this viewer may see, equal value.
    generation: String,
    /// Lists that were ranked: `hybrid`, `lexical` or `dense`.
    #[schema(value_type = String)]
    mode: &'static str,
    /// `good`, `weak` or `none`; with `none` the answers found are listed all the same.
    #[schema(value_type = String)]
    confidence: &'static str,
    /// How probable it is that one of the first three answers of the whole list is right, 0 to 1; `confidence` puts it in a word.
    probability: f64,
    /// Language that the query was read in.
    language: String,
    /// Articles found, at most 1000.
    total: usize,
    /// Time that the answer took, in microseconds.
    took_us: u64,
    answers: Vec<SearchAnswer>,
    /// Key → value → articles among those found; of each key at most the 100 most frequent values.
    facets: BTreeMap<String, BTreeMap<String, usize>>,
    /// The query with words read as others that the articles know.
    suggestion: Option<String>,
}

/// An article with its best passage.
#[derive(Serialize, ToSchema)]
struct SearchAnswer {
    slug: String,
    title: String,
    /// Its page, at the passage, from the root of this host.
    url: String,
    language: String,
    kind: String,
    breadcrumb: Vec<String>,
    /// 1-based place in the whole list.
    rank: usize,
    /// Whether it stands where it does because editors pinned it to the query.
    pinned: bool,
    passage: SearchPassage,
}

/// The part of an article that answers.
#[derive(Serialize, ToSchema)]
struct SearchPassage {
    heading: String,
    anchor: String,
    /// One to three sentences, plain text.
    snippet: String,
    /// The snippet in stretches.
    highlights: Vec<Highlight>,
    /// The whole passage, plain text.
    text: String,
}

/// A stretch of a snippet.
#[derive(Serialize, ToSchema)]
struct Highlight {
    text: String,
    /// Whether it matched.
    marked: bool,
}

/// Ranks the articles that answer a question.
#[utoipa::path(get, path = "/v1/portals/{portal}/search", operation_id = "search", tag = "search",
    params(("portal" = String, Path), SearchQuestion),
    responses((status = 200, body = SearchAnswers), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Problem> {
    respond(&app, &caller, visitor, fields).await
}

/// Ranks the articles that answer a question, which then stands in no address.
#[utoipa::path(post, path = "/v1/portals/{portal}/search", operation_id = "search_by_body", tag = "search",
    params(("portal" = String, Path)), request_body = SearchQuestion,
    responses((status = 200, body = SearchAnswers), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    visitor: Visitor,
    fields: Fields,
) -> Result<Response, Problem> {
    respond(&app, &caller, visitor, fields).await
}

async fn respond(app: &App, caller: &Caller, visitor: Visitor, fields: Fields) -> Result<Response, Problem> {
    let asked = Asked::read(fields)?;
    let found = search(app, caller, visitor, asked).await?;
    let mut body = Vec::with_capacity(ANSWER_BYTES);
    serde_json::to_writer(&mut body, &shape(caller, found)).map_err(Problem::internal)?;
    Ok(([(header::CACHE_CONTROL, "private, no-store"), (header::CONTENT_TYPE, "application/json")], body)
        .into_response())
}

/// A question, checked.
pub struct Asked {
    /// What retrieval is asked.
    pub query: Query,
    /// The browser's id.
    pub visitor: Option<String>,
    /// Where it is asked.
    pub surface: Surface,
}

impl Asked {
    /// Checks the inputs of a call.
    pub fn read(mut fields: Fields) -> Result<Self, Problem> {
        let text = fields.text("q", QUERY_LIMIT)?.map(|text| plain(&text).trim().to_owned());
        let text = text.filter(|text| !text.is_empty());
        let query = Query {
            text: text.ok_or_else(|| {
                Problem::invalid("q", format!("`q` must hold the question, in at most {QUERY_LIMIT} characters."))
            })?,
            language: fields.language()?,
            filters: filters(fields.texts("filter")?)?,
            limit: fields.whole("limit", 1..=50, 10)?,
            offset: fields.whole("offset", 0..=1000, 0)?,
            mode: fields.choice("mode", &MODES, Mode::Hybrid)?,
            ..Query::default()
        };
        let visitor = super::visitor::browser_id(&mut fields)?;
        let surface = fields.choice("surface", &SURFACES, Surface::Api)?;
        fields.finish()?;
        Ok(Self { query, visitor, surface })
    }
}

/// What was typed, with white space for control characters (NUL, escape, line ends): they are none of its words and belong in no
/// log, page or database.
pub fn plain(text: &str) -> String {
    text.replace(char::is_control, " ")
}

/// Reads `key:value` filters: or within a key, and between keys.
pub fn filters(texts: Vec<String>) -> Result<BTreeMap<String, Vec<String>>, Problem> {
    if texts.len() > 32 {
        return Err(Problem::invalid("filter", "At most 32 filters."));
    }
    let mut filters = BTreeMap::<String, Vec<String>>::new();
    for text in texts {
        let pair = text.split_once(':').filter(|(key, value)| !key.is_empty() && !value.is_empty());
        let (key, value) = pair.ok_or_else(|| Problem::invalid("filter", "Each `filter` must read key:value."))?;
        filters.entry(key.into()).or_default().push(value.into());
    }
    Ok(filters)
}

/// A search that was answered and recorded.
pub struct Found {
    /// Id that events name.
    pub search_id: String,
    /// What was asked.
    pub query: Query,
    /// What was found.
    pub answers: Answers,
    /// Microseconds it took.
    pub took_us: u64,
}

/// Answers a question and records it without waiting; what the API and the results page share.
pub async fn search(app: &App, caller: &Caller, visitor: Visitor, asked: Asked) -> Result<Found, Problem> {
    let began = Instant::now();
    let browser = asked.visitor.as_deref();
    if let (None, Some(browser)) = (caller.viewer.subject(), browser) {
        app.limits.admit_visitor(&caller.portal.id, browser)?;
    }
    let (query, vector) = embed(app, &caller.index, asked.query).await;
    let (index, query) = (
        Arc::clone(&caller.index),
        Query { model_knows: app.model_knows(), boosts: app.boosts(&caller.portal, caller.viewer.grants()), ..query },
    );
    let (embedder, reranker) = (app.embedder.clone(), app.reranker.clone());
    let work = move || {
        let models = Models { table: embedder.as_ref().and_then(QueryEmbedder::table), reranker: reranker.as_deref() };
        let search = || retrieval::search_with(&index, &query, vector.as_ref().map(|vector| &*vector.values), models);
        let (answers, work) = Work::of(search);
        tracing::debug!(?work, "searched");
        answers.map(|answers| (answers, query, vector))
    };
    // A reranker takes some hundred milliseconds.
    let done = if app.reranker.is_some() { app.cores.run_aside(work).await? } else { app.cores.run(work).await? };
    let (answers, query, vector) = done?;
    let origin = visitor.origin(&caller.viewer, browser);
    let search_id = app.store.search_id(&caller.portal, origin);
    let record = AnsweredSearch {
        search_id: search_id.clone(),
        text: query.text.clone(),
        language: answers.language.clone(),
        surface: asked.surface,
        results: u32::try_from(answers.total).unwrap_or(u32::MAX),
        confidence: logged(answers.confidence),
        vector,
    };
    app.store.record(&caller.portal, origin, record);
    let took_us = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    Ok(Found { search_id, query, answers, took_us })
}

/// A confidence as the log has it.
pub fn logged(confidence: Confidence) -> LoggedConfidence {
    match confidence {
        Confidence::Good => LoggedConfidence::Good,
        Confidence::Weak => LoggedConfidence::Weak,
        Confidence::None => LoggedConfidence::None,
    }
}

/// The query with its tokens' codes, and its vector, if those are wanted and the visible passages have some of the same model.
pub async fn embed(app: &App, index: &VisibleIndex, query: Query) -> (Query, Option<QueryVector>) {
    let wanted = |embedder: &&QueryEmbedder| {
        query.mode != Mode::Lexical && query.has_words() && index.model() == Some(embedder.digest())
    };
    let Some(embedder) = app.embedder.as_ref().filter(wanted) else { return (query, None) };
    match embedder.embed_query(&query.text).await {
        Some(EmbeddedQuery { vector, tokens }) => (Query { tokens, ..query }, Some(vector)),
        None => (query, None),
    }
}

/// The name of a mode in answers.
pub fn mode_name(mode: Mode) -> &'static str {
    MODES.iter().find_map(|&(name, known)| (known == mode).then_some(name)).unwrap_or("lexical")
}

/// The name of a confidence in answers.
pub fn confidence_name(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Good => "good",
        Confidence::Weak => "weak",
        Confidence::None => "none",
    }
}

fn shape(caller: &Caller, found: Found) -> SearchAnswers {
    let Found { search_id, query, answers, took_us } = found;
    SearchAnswers {
        search_id,
        query: query.text,
        generation: caller.index.generation().into(),
        mode: mode_name(answers.mode),
        confidence: confidence_name(answers.confidence),
        probability: f64::from((answers.probability * 100.0).round()) / 100.0,
        language: answers.language.as_str().into(),
        total: answers.total,
        took_us,
        answers: answers.answers.into_iter().map(|answer| shape_answer(caller, answer)).collect(),
        facets: answers.facets,
        suggestion: answers.suggestion,
    }
}

fn shape_answer(caller: &Caller, answer: Answer) -> SearchAnswer {
    let highlights = answer.snippet.into_iter().map(|stretch| Highlight { text: stretch.text, marked: stretch.marked });
    let highlights: Vec<_> = highlights.collect();
    SearchAnswer {
        url: caller.article_url_at(&answer.slug, &answer.anchor),
        slug: answer.slug,
        title: answer.title,
        language: answer.language.as_str().into(),
        kind: answer.kind,
        breadcrumb: answer.breadcrumb,
        rank: answer.rank,
        pinned: answer.pinned,
        passage: SearchPassage {
            heading: answer.heading,
            anchor: answer.anchor,
            snippet: highlights.iter().map(|stretch| stretch.text.as_str()).collect(),
            highlights,
            text: answer.text,
        },
    }
}
