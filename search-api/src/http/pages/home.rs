//! The first page: a search box, the viewer's tasks, topics, and what changed lately.

use super::frame::{Frame, Visit};
use super::page;
use super::words::fill;
use crate::http::address;
use crate::http::error::Problem;
use crate::http::viewer::Caller;
use askama::Template;
use axum::response::{Redirect, Response};
use indexer::article::Head;
use indexer::audience::Audience;
use indexer::portal::{Task, TaskTarget};
use indexer::visible::LanguageView;
use std::collections::BTreeMap;

/// Tasks of the viewer's own roles shown: three for each of two.
const OWN_TASKS: usize = 6;
/// Tasks shown at least, if there are so many: those for everybody fill the places that the viewer's own leave.
const TASKS: usize = 3;
/// Articles of a topic shown at once; the rest up to the second number unfold.
const SHOWN: usize = 6;
const UNFOLDED: usize = 100;
/// Topics shown.
const TOPICS: usize = 24;
/// Articles shown as recently updated.
const RECENT: usize = 6;

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    tasks: Vec<Tile>,
    topics: Vec<Topic>,
    recent: Vec<ArticleLink>,
    query: String,
}

struct Tile {
    title: String,
    href: String,
    /// The article that it leads to; tiles that lead elsewhere lead away from articles or to asking.
    slug: Option<String>,
}

struct Topic {
    title: String,
    lang: String,
    articles: Vec<ArticleLink>,
    rest: Vec<ArticleLink>,
    unfold: String,
}

/// A link to an article, with the day on which it changed.
pub(super) struct ArticleLink {
    pub title: String,
    pub href: String,
    pub slug: String,
    pub lang: String,
    pub updated: String,
}

/// `GET /{portal}`: the address without its slash.
pub(super) async fn enter(caller: Caller) -> Redirect {
    Redirect::permanent(&format!("{}/", caller.base))
}

/// `GET /{portal}/`
pub(super) async fn show(visit: Visit) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    let view = caller.index.languages().iter().find(|view| *view.language() == frame.language);
    let views: Vec<_> = match view {
        Some(view) => vec![view],
        None => caller.index.languages().iter().collect(),
    };
    let mut articles: Vec<_> =
        views.iter().flat_map(|view| (0..view.articles()).map(move |article| (&***view, article))).collect();
    articles.sort_by_cached_key(|(view, article)| {
        let head = view.head(*article);
        (std::cmp::Reverse(head.updated_at), head.path.clone())
    });
    let recent = articles.iter().take(RECENT).map(|(view, article)| link(&caller, &frame, view, *article)).collect();
    let topics = topics(&caller, &frame, &articles);
    page(&Home { tasks: tiles(&caller, &frame), frame, topics, recent, query: String::new() })
}

/// The viewer's tasks, those of their roles before those for everybody.
fn tiles(caller: &Caller, frame: &Frame) -> Vec<Tile> {
    let (everybody, own): (Vec<_>, Vec<_>) =
        caller.portal.tasks.iter().partition(|task| task.audience == Audience::Public);
    let mut tiles: Vec<_> = own.into_iter().filter_map(|task| tile(caller, frame, task)).take(OWN_TASKS).collect();
    let free = TASKS.saturating_sub(tiles.len());
    tiles.extend(everybody.into_iter().filter_map(|task| tile(caller, frame, task)).take(free));
    tiles
}

/// A task as a tile, if it is meant for this viewer and they may see where it leads.
fn tile(caller: &Caller, frame: &Frame, task: &Task) -> Option<Tile> {
    if !task.audience.admits(caller.viewer.grants()) {
        return None;
    }
    let mut slug = None;
    let href = match &task.target {
        TaskTarget::Article(named) => {
            let (view, article) = caller.index.article(named)?;
            let own = caller.index.slug(view, article);
            slug = Some(own.to_owned());
            caller.article_url(own)
        }
        TaskTarget::Search(query) => format!("{}/search?{}", frame.base, address::query(&[("q", query)])),
        TaskTarget::Ticket => format!("{}/ticket", frame.base),
        TaskTarget::Path(path) => path.clone(),
    };
    let title = task.title.get(frame.language.as_str()).or_else(|| task.title.get(frame.words.tag));
    Some(Tile { title: title.or_else(|| task.title.values().next())?.clone(), href, slug })
}

/// Articles by the outermost part of their category, the largest topic first; those without one come last.
fn topics(caller: &Caller, frame: &Frame, articles: &[(&LanguageView, u32)]) -> Vec<Topic> {
    let mut by_name = BTreeMap::<(bool, &str), Vec<(&LanguageView, u32)>>::new();
    for &(view, article) in articles {
        let name = view.head(article).category.first().map(String::as_str);
        by_name.entry((name.is_none(), name.unwrap_or_default())).or_default().push((view, article));
    }
    let mut ordered: Vec<_> = by_name.into_iter().collect();
    ordered.sort_by_key(|((rest, name), articles)| (*rest, std::cmp::Reverse(articles.len()), *name));
    ordered
        .into_iter()
        .take(TOPICS)
        .map(|((_, name), articles)| {
            let mut links: Vec<_> =
                articles.iter().take(UNFOLDED).map(|(view, article)| link(caller, frame, view, *article)).collect();
            let rest = links.split_off(links.len().min(SHOWN));
            let (title, lang) = match name {
                "" => (frame.words.home.other.clone(), frame.words.tag.to_owned()),
                name => (name.to_owned(), links.first().map(|link| link.lang.clone()).unwrap_or_default()),
            };
            let unfold = fill(&frame.words.home.all, &[("count", &rest.len())]);
            Topic { title, lang, articles: links, rest, unfold }
        })
        .collect()
}

/// A link to an article of this viewer's.
pub(super) fn link(caller: &Caller, frame: &Frame, view: &LanguageView, article: u32) -> ArticleLink {
    let Head { title, language, updated_at, .. } = view.head(article);
    let slug = caller.index.slug(view, article);
    ArticleLink {
        title: title.clone(),
        href: caller.article_url(slug),
        slug: slug.to_owned(),
        lang: language.as_str().to_owned(),
        updated: fill(&frame.words.home.updated, &[("date", &frame.words.day(*updated_at, &frame.zone))]),
    }
}
