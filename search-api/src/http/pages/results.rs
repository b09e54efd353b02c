//! The results of a search: ranked answers with the passage that answers, or the honest word that there is none.

use super::frame::{Frame, Visit};
use super::page;
use super::preference::among;
use super::words::{Words, fill, spoken};
use crate::deflection::log::Surface;
use crate::http::address;
use crate::http::error::Problem;
use crate::http::search::{Asked, Found, QUERY_LIMIT, filters, plain, search};
use crate::http::{App, viewer::Caller};
use crate::retrieval::{Answer, Confidence, Mode, Query, Stretch};
use askama::Template;
use axum::extract::{Query as Address, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;

/// Answers on one page.
const PAGE: usize = 10;
/// Values of a facet offered.
const VALUES: usize = 8;
/// Most answers skipped, as in the API.
const DEEPEST: usize = 1000;

#[derive(Template)]
#[template(path = "results.html")]
struct Results {
    frame: Frame,
    title: String,
    query: String,
    search_id: String,
    ticket_href: String,
    /// What is to be done where nothing was searched for.
    lead: String,
    found: Option<Shown>,
}

struct Shown {
    count: String,
    suggestion: Option<Link>,
    nothing_good: bool,
    first: usize,
    answers: Vec<ShownAnswer>,
    facets: Vec<Facet>,
    previous: Option<String>,
    next: Option<String>,
}

struct Link {
    title: String,
    href: String,
}

struct ShownAnswer {
    slug: String,
    title: String,
    href: String,
    rank: usize,
    lang: String,
    /// Named where it is not the reader's.
    language_name: Option<String>,
    breadcrumb: Vec<String>,
    heading: String,
    snippet: Vec<Stretch>,
}

struct Facet {
    key: String,
    title: String,
    values: Vec<FacetValue>,
}

struct FacetValue {
    name: String,
    count: usize,
    href: String,
    chosen: bool,
}

/// What the address of a results page says.
#[derive(Clone)]
struct Wanted {
    q: String,
    filters: Vec<String>,
    offset: usize,
}

/// `GET /{portal}/search?q=`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Address(pairs): Address<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let wanted = Wanted::read(pairs);
    if wanted.q.is_empty() {
        let lead = visit.frame.words.results.blank.clone();
        return page(&unasked(visit.frame, wanted.q, lead));
    }
    if wanted.q.chars().nth(QUERY_LIMIT).is_some() {
        let lead = fill(&visit.frame.words.results.too_long, &[("limit", &QUERY_LIMIT)]);
        let problem = Problem::invalid("q", lead.clone());
        return Ok((problem.status(), page(&unasked(visit.frame, wanted.q, lead))?).into_response());
    }
    let query = Query {
        text: wanted.q.clone(),
        language: Some(visit.frame.language.clone()),
        filters: filters(wanted.filters.clone())?,
        limit: PAGE,
        offset: wanted.offset,
        mode: Mode::Hybrid,
        ..Query::default()
    };
    let asked = Asked { query, visitor: visit.browser().map(str::to_owned), surface: Surface::Help };
    let found = search(&app, &visit.caller, visit.visitor, asked).await?;
    let frame = visit.frame;
    let results = Results {
        title: fill(&frame.words.results.title, &[("query", &wanted.q)]),
        ticket_href: format!("{}/ticket?{}", frame.base, address::query(&[("s", &found.search_id)])),
        query: wanted.q.clone(),
        search_id: found.search_id.clone(),
        lead: String::new(),
        found: Some(shown(&visit.caller, &frame, &wanted, found)),
        frame,
    };
    // Each answer is a search of its own, with an id of its own.
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&results)?).into_response())
}

/// The page of a question that is not asked: there is none yet, or it must be mended first.
fn unasked(frame: Frame, query: String, lead: String) -> Results {
    Results {
        title: frame.words.results.title_blank.clone(),
        query,
        search_id: String::new(),
        ticket_href: format!("{}/ticket", frame.base),
        lead,
        found: None,
        frame,
    }
}

fn shown(caller: &Caller, frame: &Frame, wanted: &Wanted, found: Found) -> Shown {
    let Found { search_id, answers: found, .. } = found;
    let corrected =
        |text: String| Link { href: Wanted { q: text.clone(), offset: 0, ..wanted.clone() }.href(frame), title: text };
    let at = |offset| Wanted { offset, ..wanted.clone() }.href(frame);
    let facets =
        found.facets.into_iter().map(|(key, values)| facet(frame, wanted, key, values)).filter(Facet::helps).collect();
    Shown {
        count: count(frame.words, found.total),
        suggestion: found.suggestion.map(corrected),
        nothing_good: found.confidence == Confidence::None || found.answers.is_empty(),
        first: wanted.offset + 1,
        previous: (wanted.offset > 0).then(|| at(wanted.offset.saturating_sub(PAGE))),
        next: (wanted.offset + PAGE < found.total.min(DEEPEST) && found.answers.len() == PAGE)
            .then(|| at(wanted.offset + PAGE)),
        answers: found.answers.into_iter().map(|answer| shown_answer(caller, frame, &search_id, answer)).collect(),
        facets,
    }
}

fn count(words: &Words, total: usize) -> String {
    match total {
        0 => words.results.count_none.clone(),
        1 => words.results.count_one.clone(),
        count => fill(&words.results.count_other, &[("count", &count)]),
    }
}

fn shown_answer(caller: &Caller, frame: &Frame, search_id: &str, answer: Answer) -> ShownAnswer {
    let own = among(std::slice::from_ref(&frame.language), &answer.language).is_some();
    let name =
        || spoken(&answer.language).map_or_else(|| answer.language.as_str().to_owned(), |words| words.name.clone());
    ShownAnswer {
        href: with_search(&caller.article_url_at(&answer.slug, &answer.anchor), search_id),
        language_name: (!own).then(name),
        slug: answer.slug,
        title: answer.title,
        rank: answer.rank,
        lang: answer.language.as_str().to_owned(),
        breadcrumb: answer.breadcrumb,
        heading: answer.heading,
        snippet: answer.snippet,
    }
}

/// An article's address that says which search it was opened from, so that a vote or a ticket is linked to it without scripts.
fn with_search(url: &str, search_id: &str) -> String {
    let (path, anchor) = url.split_once('#').unwrap_or((url, ""));
    let mark = if anchor.is_empty() { "" } else { "#" };
    format!("{path}?{}{mark}{anchor}", address::query(&[("s", search_id)]))
}

fn facet(frame: &Frame, wanted: &Wanted, key: String, values: impl IntoIterator<Item = (String, usize)>) -> Facet {
    let value = |(name, count): (String, usize)| {
        let filter = format!("{key}:{name}");
        let chosen = wanted.filters.contains(&filter);
        let mut filters = wanted.filters.clone();
        if chosen {
            filters.retain(|other| *other != filter);
        } else {
            filters.push(filter);
        }
        FacetValue { href: Wanted { filters, offset: 0, q: wanted.q.clone() }.href(frame), name, count, chosen }
    };
    let mut values: Vec<_> = values.into_iter().map(value).collect();
    values.sort_by(|a, b| (b.chosen, b.count).cmp(&(a.chosen, a.count)).then_with(|| a.name.cmp(&b.name)));
    values.truncate(VALUES);
    let title = frame.words.results.keys.get(&key).cloned().unwrap_or_else(|| key.clone());
    Facet { key, title, values }
}

impl Facet {
    /// Whether there is a choice in it.
    fn helps(&self) -> bool {
        self.values.len() > 1 || self.values.iter().any(|value| value.chosen)
    }
}

impl Wanted {
    fn read(pairs: Vec<(String, String)>) -> Self {
        let mut wanted = Self { q: String::new(), filters: Vec::new(), offset: 0 };
        for (name, value) in pairs {
            match name.as_str() {
                "q" => wanted.q = plain(&value).trim().to_owned(),
                "filter" => wanted.filters.push(value),
                "offset" => wanted.offset = value.parse().unwrap_or(0).min(DEEPEST),
                // Addresses gather other people's parameters.
                _ => {}
            }
        }
        wanted
    }

    fn href(&self, frame: &Frame) -> String {
        let offset = self.offset.to_string();
        let mut pairs = vec![("q", self.q.as_str())];
        pairs.extend(self.filters.iter().map(|filter| ("filter", filter.as_str())));
        if self.offset > 0 {
            pairs.push(("offset", &offset));
        }
        format!("{}/search?{}", frame.base, address::query(&pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_keeps_its_anchor_behind_the_search_it_was_opened_from() {
        assert_eq!(with_search("/p/articles/a#b", "x y"), "/p/articles/a?s=x%20y#b");
        assert_eq!(with_search("/p/articles/a", "x"), "/p/articles/a?s=x");
    }

    #[test]
    fn strange_parameters_of_an_address_are_passed_over() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let wanted = Wanted::read(vec![pair("utm_source", "x"), pair("offset", "many"), pair("q", " a\u{0}b\r\n")]);
        assert_eq!((wanted.q.as_str(), wanted.offset), ("a b", 0));
    }
}
