//! Searches that end in tickets, and what tickets are about: each with what to do next.

use crate::deflection::Question;
use crate::deflection::groups::rows::Row;
use crate::deflection::groups::{Diagnosis, Name};
use crate::http::error::Problem;
use crate::http::pages::words::Words;
use crate::http::reports::replay::{BY_POLICY, NO_TEXT, Reader};
use crate::http::reports::searches::diagnosis;
use crate::http::reports::topics;
use std::collections::BTreeMap;

pub(super) struct SearchRow {
    pub label: String,
    pub episodes: u64,
    pub tickets: u64,
    pub visitors: u64,
    pub rate: String,
    pub avoidable: String,
    pub diagnosis: Option<String>,
    pub next_step: Option<String>,
    pub nearest: Option<String>,
}

pub(super) struct TopicRow {
    pub label: String,
    pub tickets: u64,
    pub share: String,
    /// Audience and the title of its best article, or what stands for none.
    pub articles: Vec<(String, String)>,
}

/// A group of searches.
pub(super) fn row(words: &Words, reader: &Reader, row: &Row, question: &Question) -> Result<SearchRow, Problem> {
    let label = match &row.name {
        Name::Label(label) if label.text().is_empty() => words.dashboard.unnamed.clone(),
        Name::Label(label) => label.text(),
        Name::TooSmall => words.dashboard.small.clone(),
        Name::NotKept if reader.textless() == BY_POLICY => words.dashboard.not_kept.clone(),
        Name::NotKept => words.dashboard.no_text.clone(),
    };
    let diagnosed = diagnosis(reader, row, question)?;
    let said = |words: &BTreeMap<String, String>, diagnosis: Diagnosis| {
        words.get(diagnosis.name()).cloned().unwrap_or_else(|| diagnosis.name().to_owned())
    };
    let nearest = diagnosed.as_ref().and_then(|(_, replay)| replay.nearest.as_ref());
    Ok(SearchRow {
        label,
        episodes: row.episodes,
        tickets: row.tickets,
        visitors: row.visitors,
        rate: row.rate.map_or_else(|| "–".to_owned(), |rate| words.percent(rate.value)),
        avoidable: if row.is_rest() { "–".to_owned() } else { words.number(row.avoidable) },
        nearest: nearest.map(|(found, _)| found.title.clone()),
        diagnosis: diagnosed.as_ref().map(|(diagnosis, _)| said(&words.dashboard.diagnoses, *diagnosis)),
        next_step: diagnosed.as_ref().map(|(diagnosis, _)| said(&words.dashboard.next_steps, *diagnosis)),
    })
}

/// A topic of tickets.
pub(super) fn topic(words: &Words, topic: topics::TopicRow) -> TopicRow {
    let instead = match topic.instead {
        Some("too small to show") => &words.dashboard.topics_small,
        Some(BY_POLICY) => &words.dashboard.not_kept,
        Some(NO_TEXT) => &words.dashboard.no_text,
        _ => &words.dashboard.topics_unnamed,
    };
    let article = |article: topics::TopicArticle| {
        let title = if article.slug.is_some() { article.article } else { words.dashboard.no_article.clone() };
        let audience =
            if article.audience == topics::NOBODY { words.dashboard.anybody.clone() } else { article.audience };
        (audience, title)
    };
    TopicRow {
        label: topic.label.unwrap_or_else(|| instead.clone()),
        tickets: topic.tickets,
        share: words.percent(topic.share),
        articles: topic.articles.into_iter().map(article).collect(),
    }
}
