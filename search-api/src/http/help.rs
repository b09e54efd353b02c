//! `GET` and `POST /help`: what helps on one page of the customer's portal.

use super::Caller;
use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use axum::Json;
use indexer::language::Language;
use indexer::portal::{Task, TaskTarget};
use indexer::visible::LanguageView;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use utoipa::{IntoParams, ToSchema};

/// Most articles offered for a page.
const ARTICLES: usize = 10;

/// The page on which help is asked.
#[derive(Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents the inputs that Fields reads")]
pub struct HelpQuestion {
    /// Address of the page, whole or from the root of its host. Leave out query and fragment; they are dropped here too. Nothing is
    /// fetched.
    #[param(example = "/billing/invoices")]
    url: String,
    /// The viewer's language (BCP 47).
    lang: Option<String>,
}

/// What helps on that page.
#[derive(Serialize, ToSchema)]
pub struct HelpAnswer {
    /// Articles whose contexts hold the page, the most specific first.
    articles: Vec<HelpArticle>,
    /// Tasks whose contexts hold the page, in the portal's order. Whoever opens one that leads to an article is told of by a `click`
    /// with `task: true`, which task completion counts.
    tasks: Vec<HelpTask>,
}

/// An article for the page.
#[derive(Serialize, ToSchema)]
struct HelpArticle {
    slug: String,
    title: String,
    description: String,
    language: String,
    /// Its page, from the root of this host.
    url: String,
}

/// A task for the page.
#[derive(Serialize, ToSchema)]
struct HelpTask {
    title: String,
    /// `article`, `search`, `ticket` or `path`.
    #[schema(value_type = String)]
    kind: &'static str,
    /// Slug, words of the search, nothing, or a path of the portal's own site.
    target: String,
}

/// Offers what helps on a page.
#[utoipa::path(get, path = "/v1/portals/{portal}/help", operation_id = "help", tag = "articles",
    params(("portal" = String, Path), HelpQuestion),
    responses((status = 200, body = HelpAnswer), (status = "4XX", body = ProblemBody)))]
pub async fn get(caller: Caller, fields: Fields) -> Result<Json<HelpAnswer>, Problem> {
    help(&caller, fields)
}

/// Offers what helps on a page, whose address then stands in no log.
#[utoipa::path(post, path = "/v1/portals/{portal}/help", operation_id = "help_by_body", tag = "articles",
    params(("portal" = String, Path)), request_body = HelpQuestion,
    responses((status = 200, body = HelpAnswer), (status = "4XX", body = ProblemBody)))]
pub async fn post(caller: Caller, fields: Fields) -> Result<Json<HelpAnswer>, Problem> {
    help(&caller, fields)
}

fn help(caller: &Caller, mut fields: Fields) -> Result<Json<HelpAnswer>, Problem> {
    let url =
        fields.text("url", 2048)?.ok_or_else(|| Problem::invalid("url", "`url` must hold the page's address."))?;
    let language = fields.language()?;
    fields.finish()?;
    let page = path_of(&url);
    let tasks = caller.portal.tasks.iter().filter(|task| depth(&task.contexts, page).is_some());
    Ok(Json(HelpAnswer {
        articles: articles(caller, page, language.as_ref()),
        tasks: tasks.filter_map(|task| shape_task(caller, task, language.as_ref())).collect(),
    }))
}

/// Visible articles for a page: the most specific context first, the viewer's language before others, then by title and path.
fn articles(caller: &Caller, page: &str, language: Option<&Language>) -> Vec<HelpArticle> {
    let mut fitting = Vec::new();
    for view in caller.index.languages() {
        let foreign = language.is_some_and(|language| !same(language, view.language().as_str()));
        for article in 0..view.articles() {
            let head = view.head(article);
            if let Some(depth) = depth(&head.contexts, page) {
                fitting.push(((Reverse(depth), foreign, head.title.as_str(), head.path.as_str()), view, article));
            }
        }
    }
    fitting.sort_by_key(|(order, _, _)| *order);
    fitting.truncate(ARTICLES);
    fitting.into_iter().map(|(_, view, article)| shape_article(caller, view, article)).collect()
}

fn shape_article(caller: &Caller, view: &LanguageView, article: u32) -> HelpArticle {
    let (slug, head) = (caller.index.slug(view, article), view.head(article));
    HelpArticle {
        slug: slug.into(),
        title: head.title.clone(),
        description: head.description.clone(),
        language: view.language().as_str().into(),
        url: caller.article_url(slug),
    }
}

/// A task for this viewer; `None` where it is not theirs or leads to an article that they may not see.
fn shape_task(caller: &Caller, task: &Task, language: Option<&Language>) -> Option<HelpTask> {
    if !task.audience.admits(caller.viewer.grants()) {
        return None;
    }
    let (kind, target) = match &task.target {
        TaskTarget::Article(slug) => {
            let (view, article) = caller.index.article(slug)?;
            ("article", caller.index.slug(view, article).to_owned())
        }
        TaskTarget::Search(words) => ("search", words.clone()),
        TaskTarget::Ticket => ("ticket", String::new()),
        TaskTarget::Path(path) => ("path", path.clone()),
    };
    let wanted = [language, caller.portal.languages.first()].into_iter().flatten();
    let title = wanted.flat_map(|wanted| task.title.iter().find(|(own, _)| same(wanted, own))).next();
    let (_, title) = title.or_else(|| task.title.iter().next())?;
    Some(HelpTask { title: title.clone(), kind, target })
}

/// Whether a language is the one wanted; browsers say `es-MX` where a portal is written in `es`.
fn same(wanted: &Language, own: &str) -> bool {
    let primary = |tag: &str| tag.split('-').next().map(str::to_owned);
    wanted.as_str() == own || primary(wanted.as_str()) == primary(own)
}

/// The path of an address, without scheme, host, query, fragment and a slash at its end.
fn path_of(url: &str) -> &str {
    let bare = url.split(['?', '#']).next().unwrap_or_default();
    let path = match bare.split_once("://").map(|(_, rest)| rest).or_else(|| bare.strip_prefix("//")) {
        Some(rest) => rest.find('/').map_or("", |start| &rest[start..]),
        None => bare,
    };
    path.trim_end_matches('/')
}

/// How many parts of a page's path the longest fitting context names. `/billing` fits `/billing/invoices`, not `/billing-old`.
fn depth(contexts: &[String], page: &str) -> Option<usize> {
    let fits = |context: &&str| page.strip_prefix(context).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    contexts
        .iter()
        .map(|context| context.trim_end_matches('/'))
        .filter(fits)
        .map(|context| context.matches('/').count())
        .max()
}
