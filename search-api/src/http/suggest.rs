//! `GET` and `POST /suggest`: what is offered while one types.

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::search::{QUERY_LIMIT, plain};
use super::{App, Caller};
use crate::retrieval;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Completions offered.
const LIMIT: usize = 8;

/// What has been typed.
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the inputs that Fields reads")]
pub struct SuggestQuestion {
    /// What has been typed so far, at most 512 characters. Control characters are read as white space.
    #[param(max_length = 512)]
    q: String,
    /// The viewer's language (BCP 47).
    lang: Option<String>,
}

/// From titles, headings, tags and synonyms of visible articles; never from what people typed.
#[derive(Serialize, ToSchema)]
pub struct SuggestAnswer {
    /// Queries that go on from what was typed.
    completions: Vec<String>,
    articles: Vec<SuggestedArticle>,
}

/// An article that is probably meant.
#[derive(Serialize, ToSchema)]
struct SuggestedArticle {
    slug: String,
    title: String,
    /// Its page, from the root of this host.
    url: String,
}

/// Completes what is being typed.
#[utoipa::path(get, path = "/v1/portals/{portal}/suggest", operation_id = "suggest", tag = "search",
    params(("portal" = String, Path), SuggestQuestion),
    responses((status = 200, body = SuggestAnswer), (status = "4XX", body = ProblemBody)))]
pub async fn get(State(app): State<Arc<App>>, caller: Caller, fields: Fields) -> Result<Json<SuggestAnswer>, Problem> {
    suggest(&app, &caller, fields).await
}

/// Completes what is being typed, which then stands in no address.
#[utoipa::path(post, path = "/v1/portals/{portal}/suggest", operation_id = "suggest_by_body", tag = "search",
    params(("portal" = String, Path)), request_body = SuggestQuestion,
    responses((status = 200, body = SuggestAnswer), (status = "4XX", body = ProblemBody)))]
pub async fn post(State(app): State<Arc<App>>, caller: Caller, fields: Fields) -> Result<Json<SuggestAnswer>, Problem> {
    suggest(&app, &caller, fields).await
}

async fn suggest(app: &App, caller: &Caller, mut fields: Fields) -> Result<Json<SuggestAnswer>, Problem> {
    let typed = fields.text("q", QUERY_LIMIT)?.ok_or_else(|| {
        Problem::invalid("q", format!("`q` must hold what has been typed, in at most {QUERY_LIMIT} characters."))
    })?;
    let text = plain(&typed);
    let language = fields.language()?;
    fields.finish()?;
    let index = Arc::clone(&caller.index);
    let found = app.cores.run(move || retrieval::suggest(&index, &text, language.as_ref(), LIMIT)).await??;
    let articles = found.articles.into_iter().map(|(slug, title)| {
        let url = caller.article_url(&slug);
        SuggestedArticle { slug, title, url }
    });
    Ok(Json(SuggestAnswer { completions: found.completions, articles: articles.collect() }))
}
