//! One article: contents, text, what is near it, and the reader's verdict.

use super::frame::{Frame, Visit};
use super::page;
use super::words::fill;
use crate::deflection::log::{Kind, Surface};
use crate::http::error::Problem;
use crate::http::{App, address, articles};
use crate::store::{Batch, NewEvent};
use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::response::{Redirect, Response};
use serde::Deserialize;
use std::sync::Arc;

/// Deepest heading in the list of contents.
const DEEPEST: u8 = 3;

#[derive(Template)]
#[template(path = "article.html")]
struct Article {
    frame: Frame,
    slug: String,
    lang: String,
    title: String,
    description: String,
    breadcrumb: Vec<String>,
    updated: String,
    contents: Vec<Entry>,
    /// Safe HTML of the indexer's making, its links resolved for this viewer.
    html: String,
    related: Vec<Near>,
    search_id: String,
    ticket_href: String,
    vote_action: String,
    voted: Option<String>,
    query: String,
}

struct Entry {
    text: String,
    anchor: String,
    deep: bool,
}

struct Near {
    title: String,
    href: String,
    slug: String,
    lang: String,
}

/// What an article's address may say beside its slug.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Id of the search that it was opened from.
    #[serde(default)]
    s: String,
    /// The verdict that was just given, `yes` or `no`.
    voted: Option<String>,
}

/// A verdict, as the form sends it.
#[derive(Deserialize)]
pub(super) struct Verdict {
    solved: String,
    #[serde(default)]
    search_id: String,
}

/// `GET /{portal}/articles/{slug}`
pub(super) async fn show(
    visit: Visit,
    Path((_, slug)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    let reading = articles::read(&caller, &slug)?.ok_or(Problem::NotFound)?;
    let related = articles::related(&caller, &reading)?.into_iter().filter_map(|near| {
        let (view, _) = caller.index.article(&near.slug)?;
        Some(Near { lang: view.language().as_str().to_owned(), title: near.title, href: near.url, slug: near.slug })
    });
    let listed = reading.body.contents.iter().filter(|(level, ..)| (2..=DEEPEST).contains(level));
    let contents = listed.map(|(level, text, anchor)| Entry {
        text: text.clone(),
        anchor: anchor.clone(),
        deep: *level == DEEPEST,
    });
    let words = &frame.words.article;
    let voted = match asked.voted.as_deref() {
        Some("yes") => Some(words.thanks_yes.clone()),
        Some("no") => Some(words.thanks_no.clone()),
        _ => None,
    };
    page(&Article {
        lang: reading.head.language.as_str().to_owned(),
        title: reading.head.title.clone(),
        description: reading.head.description.clone(),
        breadcrumb: reading.head.category.clone(),
        updated: fill(&words.updated, &[("date", &frame.words.day(reading.head.updated_at, &frame.zone))]),
        contents: contents.collect(),
        related: related.collect(),
        ticket_href: ticket_href(&frame, &asked.s),
        vote_action: format!("{}/vote", caller.article_url(reading.slug)),
        slug: reading.slug.to_owned(),
        html: reading.body.html,
        search_id: asked.s,
        voted,
        query: String::new(),
        frame,
    })
}

/// `POST /{portal}/articles/{slug}/vote`: the verdict of a reader without scripts, stored before they are thanked.
pub(super) async fn vote(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((_, slug)): Path<(String, String)>,
    verdict: Result<Form<Verdict>, axum::extract::rejection::FormRejection>,
) -> Result<Redirect, Problem> {
    let Form(verdict) = verdict.map_err(|rejection| Problem::invalid("body", rejection.body_text()))?;
    let (view, article) = visit.caller.index.article(&slug).ok_or(Problem::NotFound)?;
    let slug = visit.caller.index.slug(view, article);
    let solved = verdict.solved == "yes";
    let search_id = Some(verdict.search_id).filter(|id| !id.is_empty());
    let now = app.now();
    let event = NewEvent {
        id: format!("{:032x}", rand::random::<u128>()),
        at: now,
        surface: Surface::Help,
        test: false,
        kind: Kind::Vote { slug: slug.to_owned(), solved, comment: None, search_id: search_id.clone() },
    };
    let batch = Batch { sent_at: now, events: vec![event], covers: None };
    app.store.append(&visit.caller.portal, visit.origin(), batch).await?;
    app.helpfulness.note_vote();
    let voted = if solved { "yes" } else { "no" };
    let mut asked = vec![("voted", voted)];
    asked.extend(search_id.as_deref().map(|id| ("s", id)));
    Ok(Redirect::to(&format!("{}?{}#vote", visit.caller.article_url(slug), address::query(&asked))))
}

/// The ticket form, told which search led there.
fn ticket_href(frame: &Frame, search_id: &str) -> String {
    match search_id {
        "" => format!("{}/ticket", frame.base),
        id => format!("{}/ticket?{}", frame.base, address::query(&[("s", id)])),
    }
}
