//! An episode's page: what a visitor searched, saw, opened and said, which tickets came, and what that counts as.

use super::frame::{Frame, Visit};
use super::ledger::{asked, ending, moment};
use super::page;
use super::words::{Words, fill};
use crate::http::error::Problem;
use crate::http::fields::Fields;
use crate::http::reports::asking::{self, ask};
use crate::http::reports::episode::tell;
use crate::http::reports::episodes::view;
use crate::http::reports::shown::{EpisodeBody, StepBody, TicketBody, View};
use crate::http::{App, Caller};
use crate::identity::ANALYST_RAW;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

#[derive(Template)]
#[template(path = "episode.html")]
struct Episode {
    frame: Frame,
    facts: Vec<Fact>,
    steps: Vec<Step>,
    verdicts: Vec<Verdict>,
    raw: bool,
    dashboard: String,
    ledger: String,
    other_view: Option<String>,
}

struct Fact {
    name: String,
    value: String,
}

#[derive(Default)]
struct Step {
    name: &'static str,
    at: String,
    title: String,
    articles: Vec<Article>,
    lines: Vec<String>,
}

struct Article {
    title: String,
    href: Option<String>,
    more: Option<String>,
}

struct Verdict {
    name: &'static str,
    window: String,
    outcome: String,
    because: &'static str,
    reopened_by: Option<String>,
}

/// `GET /{portal}/dashboard/episodes/{id}`: for analysts; for others there is nothing here.
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Path((_, id)): Path<(String, String)>,
    mut fields: Fields,
) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    let question = ask(&caller, &mut fields, app.now())?;
    let view = view(&caller, &mut fields)?;
    let told = tell(&app, &caller, &question, view, id).await?;
    let words = frame.words;
    let raw = view == View::Raw;
    let same_view: &[(&str, &str)] = if raw { &[("view", "raw")] } else { &[] };
    let other: &[(&str, &str)] = if raw { &[] } else { &[("view", "raw")] };
    let need = |id: &str, more: &[(&str, &str)]| {
        format!("{}/dashboard/episodes/{id}?{}", frame.base, asking::query(&question, more))
    };
    let verdicts = told.windows.iter().map(|verdict| Verdict {
        name: verdict.window,
        window: words.dashboard.windows.get(verdict.window).map_or(verdict.window, String::as_str).to_owned(),
        outcome: ending(words, verdict.outcome),
        because: verdict.because,
        reopened_by: verdict.reopened_by.as_deref().map(|id| need(id, same_view)),
    });
    let episode = Episode {
        facts: facts(&frame, view, &told),
        verdicts: verdicts.collect(),
        raw,
        dashboard: format!("{}/dashboard?{}", frame.base, asking::query(&question, &[])),
        ledger: format!("{}/dashboard/episodes?{}", frame.base, asking::query(&question, same_view)),
        other_view: caller.viewer.has(ANALYST_RAW).then(|| need(&told.row.id, other)),
        steps: steps(&frame, &caller, told.steps),
        frame,
    };
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&episode)?).into_response())
}

fn facts(frame: &Frame, view: View, told: &EpisodeBody) -> Vec<Fact> {
    let words = &frame.words.episode;
    let intent = if told.stratum == "with_intent" { &words.stratum_with } else { &words.stratum_without };
    let at = if view == View::Raw { &words.at_exact } else { &words.at };
    let fact = |name: &str, value: String| Fact { name: name.into(), value };
    let mut facts = vec![
        fact(&words.ended, ending(frame.words, told.row.outcome)),
        fact(at, moment(frame, &told.row.at)),
        fact(&words.lasted, frame.words.lapse(told.lasted)),
        fact(&words.stratum, intent.clone()),
    ];
    facts.extend(told.language.clone().map(|tag| fact(&words.language, tag)));
    facts
}

/// The steps in words; articles shown together are one step.
fn steps(frame: &Frame, caller: &Caller, told: Vec<StepBody>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for body in told {
        let step = Step::new(frame, caller, body);
        match steps.last_mut().filter(|last| last.name == "impression" && step.name == "impression") {
            Some(last) => last.articles.extend(step.articles),
            None => steps.push(step),
        }
    }
    steps
}

impl Step {
    fn new(frame: &Frame, caller: &Caller, body: StepBody) -> Self {
        let words = &frame.words.episode;
        let lapse = |seconds: f64| frame.words.lapse(seconds);
        let at = match &body.at {
            Some(at) => moment(frame, at),
            None if body.after < 1.0 => words.at_once.clone(),
            None => fill(&words.after, &[("time", &lapse(body.after))]),
        };
        let more = match body.r#type {
            "click" => {
                let looked = body.dwell.map(|seconds| fill(&words.dwell, &[("time", &lapse(seconds))]));
                Some(looked.unwrap_or_else(|| words.dwell_unknown.clone()))
            }
            "impression" => body.rank.map(|rank| fill(&words.rank, &[("rank", &rank)])),
            _ => None,
        };
        let article = body.title.map(|title| Article {
            title: if body.slug.is_some() { title } else { words.unseen.clone() },
            href: body.slug.as_deref().map(|slug| caller.article_url(slug)),
            more,
        });
        let mut lines: Vec<String> = Vec::new();
        lines.extend(body.comment);
        lines.extend(body.subject);
        lines.extend(body.ticket.map(|ticket| attribution(frame.words, &ticket)));
        let title = match body.r#type {
            "search" => {
                let sure = match body.confidence {
                    Some("good") => Some(&words.sure_good),
                    Some("weak") => Some(&words.sure_weak),
                    Some(_) => Some(&words.sure_none),
                    None => None,
                };
                let found = fill(&words.found, &[("count", &body.results.unwrap_or_default())]);
                lines.push(sure.map_or_else(|| found.clone(), |sure| format!("{found}, {sure}")));
                match body.query {
                    Some(query) => fill(&words.searched, &[("query", &query)]),
                    None => fill(&words.searched_hidden, &[("instead", &asked(frame.words, None, body.instead))]),
                }
            }
            "impression" => words.shown.clone(),
            "click" => words.opened.clone(),
            "vote" if body.solved == Some(true) => words.voted_yes.clone(),
            "vote" => words.voted_no.clone(),
            "form_open" => words.form_open.clone(),
            "form_suggest" => words.form_suggest.clone(),
            "form_left" => words.form_left.clone(),
            _ => fill(&words.ticket, &[("source", &body.source.unwrap_or_default())]),
        };
        Self { name: body.r#type, at, title, articles: article.into_iter().collect(), lines }
    }
}

/// How a ticket is tied to its visitor, and why it counts here.
fn attribution(words: &Words, ticket: &TicketBody) -> String {
    let episode = &words.episode;
    let link = episode.links.get(ticket.link).map_or(ticket.link, String::as_str);
    let rule = ticket.rule.and_then(|rule| episode.rules.get(rule)).map_or("", String::as_str);
    let cosine = format!("{:.2}", ticket.cosine.unwrap_or_default());
    fill(&episode.rule, &[("link", &link), ("rule", &fill(rule, &[("cosine", &cosine)]))])
}
