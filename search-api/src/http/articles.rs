//! `GET /articles/{slug}`: one article, as HTML and Markdown.

use super::error::{Problem, ProblemBody};
use super::{App, Caller};
use crate::retrieval::{self, Mode, Query};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::article::{Body, Head};
use indexer::markdown::{Target, article_paths, resolve_links, resolve_markdown_links};
use indexer::visible::LanguageView;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Related articles offered.
const RELATED: usize = 4;

/// An article.
#[derive(Serialize, ToSchema)]
pub struct ArticleAnswer {
    slug: String,
    title: String,
    /// Safe HTML: no script, no raw HTML of the source.
    html: String,
    /// The same as Markdown, written anew from what was parsed.
    markdown: String,
    language: String,
    /// RFC 3339, UTC.
    updated_at: String,
    contents: Vec<Heading>,
    related: Vec<Related>,
}

/// A heading of an article.
#[derive(Serialize, ToSchema)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Plain text.
    pub text: String,
    /// Fragment that leads to it.
    pub anchor: String,
}

/// An article that answers nearly the same questions.
#[derive(Serialize, ToSchema)]
pub struct Related {
    /// Its slug.
    pub slug: String,
    /// Its title.
    pub title: String,
    /// Its page, from the root of this host.
    pub url: String,
}

/// An article as its viewer may read it: links lead only to what they may see.
pub struct Reading<'a> {
    /// Its slug among the visible articles.
    pub slug: &'a str,
    /// Its metadata.
    pub head: &'a Head,
    /// Its text, links resolved.
    pub body: Body,
    view: &'a LanguageView,
}

/// Reads an article. A slug with `.md` at its end gives the Markdown alone. An article that this viewer may not see is not there.
#[utoipa::path(get, path = "/v1/portals/{portal}/articles/{slug}", operation_id = "article", tag = "articles",
    params(("portal" = String, Path), ("slug" = String, Path, description = "Slug or alias; with `.md` at its end: Markdown")),
    responses((status = 200, content((ArticleAnswer = "application/json"), (String = "text/markdown"))),
        (status = "4XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((_, slug)): Path<(String, String)>,
) -> Result<Response, Problem> {
    app.cores.run(move || respond(&caller, &slug)).await?
}

fn respond(caller: &Caller, slug: &str) -> Result<Response, Problem> {
    if let Some(reading) = read(caller, slug)? {
        return Ok(Json(shape(caller, reading)?).into_response());
    }
    let plain =
        slug.strip_suffix(".md").map(|slug| read(caller, slug)).transpose()?.flatten().ok_or(Problem::NotFound)?;
    Ok(([(header::CONTENT_TYPE, "text/markdown; charset=utf-8")], plain.body.markdown).into_response())
}

/// Finds an article by slug or alias among those that the caller may see.
pub fn read<'a>(caller: &'a Caller, slug: &str) -> Result<Option<Reading<'a>>, Problem> {
    let Some((view, article)) = caller.index.article(slug) else { return Ok(None) };
    let mut body = view.body(article)?;
    body.html = resolve_links(&body.html, |link| address_of(caller, link));
    body.markdown = resolve_markdown_links(&body.markdown, |link| address_of(caller, link));
    Ok(Some(Reading { slug: caller.index.slug(view, article), head: view.head(article), body, view }))
}

/// The articles that the title of one finds beside it.
pub fn related(caller: &Caller, reading: &Reading<'_>) -> Result<Vec<Related>, Problem> {
    let query = Query {
        text: reading.head.title.chars().take(super::search::QUERY_LIMIT).collect(),
        language: Some(reading.view.language().clone()),
        limit: RELATED + 1,
        mode: Mode::Lexical,
        ..Query::default()
    };
    let found = retrieval::search(&caller.index, &query, None)?.answers.into_iter();
    let others = found.filter(|answer| answer.slug != reading.slug).take(RELATED);
    Ok(others
        .map(|answer| Related { url: caller.article_url(&answer.slug), slug: answer.slug, title: answer.title })
        .collect())
}

/// Where a link of an article leads for this viewer; `None` where it leads to nothing that they may see.
fn address_of(caller: &Caller, link: &Target) -> Option<String> {
    match link {
        Target::Asset(path) => Some(caller.asset_url(path)),
        Target::Elsewhere(address) => Some(address.clone()),
        Target::Refused(_) => None,
        Target::Article { path, anchor } => {
            let index = &caller.index;
            let by_slug = || index.article(path.trim_end_matches('/').rsplit('/').next()?);
            let (view, article) =
                article_paths(path).iter().find_map(|path| index.article_at(path)).or_else(by_slug)?;
            Some(caller.article_url_at(index.slug(view, article), anchor))
        }
    }
}

fn shape(caller: &Caller, reading: Reading<'_>) -> Result<ArticleAnswer, Problem> {
    let related = related(caller, &reading)?;
    let Reading { slug, head, body, view } = reading;
    let contents = body.contents.into_iter().map(|(level, text, anchor)| Heading { level, text, anchor });
    Ok(ArticleAnswer {
        slug: slug.into(),
        title: head.title.clone(),
        html: body.html,
        markdown: body.markdown,
        language: view.language().as_str().into(),
        updated_at: jiff::Timestamp::from_millisecond(head.updated_at).map_err(Problem::internal)?.to_string(),
        contents: contents.collect(),
        related,
    })
}
