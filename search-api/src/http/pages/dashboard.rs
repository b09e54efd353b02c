//! The analyst's dashboard: the deflection figures of a range of days, each with what it takes to check it.

mod articles;
mod cards;
mod changes;
mod experiment;
mod filters;
mod searches;
mod tables;
mod trend;

use super::frame::{Frame, Visit};
use super::page;
use super::words::{Words, fill};
use crate::deflection::articles::Reading;
use crate::deflection::comparison;
use crate::deflection::facts::Selected;
use crate::deflection::figures::Figure;
use crate::deflection::groups::{Table, rows};
use crate::deflection::series::Step;
use crate::deflection::{Question, Report, Series, report, series};
use crate::http::error::Problem;
use crate::http::fields::Fields;
use crate::http::reports::lines::Page;
use crate::http::reports::replay::Reader;
use crate::http::reports::{articles as article_report, asking, changes as change_report, topics};
use crate::http::{App, Caller};
use crate::identity::ANALYST;
use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use filters::Filters;
use indexer::language::Language;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Groups of searches that are shown.
const SEARCHES: usize = 25;
/// Topics of tickets that are shown.
const TOPICS: usize = 5;

#[derive(Template)]
#[template(path = "dashboard.html")]
struct Dashboard {
    filters: Filters,
    summary: String,
    standing: String,
    empty: bool,
    cards: Vec<cards::Card>,
    trends: Vec<trend::Trend>,
    annotations: Vec<trend::Annotation>,
    over_time: trend::OverTime,
    outcomes: Vec<tables::OutcomeRow>,
    searches: Vec<searches::SearchRow>,
    searches_wait: bool,
    weeks: String,
    articles: articles::Articles,
    topics: Vec<searches::TopicRow>,
    forms: Vec<tables::FormRow>,
    forms_begun: u64,
    experiment: experiment::Experiment,
    worth: experiment::Worth,
    figures: Vec<tables::FigureRow>,
    formulas: Vec<tables::FormulaRow>,
    left_out: String,
    changes: changes::Changes,
    files: Files,
    frame: Frame,
}

/// Where the tables are files for a spreadsheet.
struct Files {
    figures: String,
    trend: String,
    searches: String,
    topics: String,
    articles: String,
}

/// A choice of a list.
struct Choice {
    value: String,
    title: String,
    chosen: bool,
}

/// All sums that are shown.
struct Overview {
    report: Report,
    series: Series,
    /// `None`: they are being worked out.
    searches: Option<Table>,
    articles: BTreeMap<String, Reading>,
}

/// What a page is drawn from, in order.
struct Drawing<'a> {
    words: &'static Words,
    question: &'a Question,
    report: &'a Report,
    /// The figures of the period before; `None` where there is none.
    before: Option<&'a Report>,
    /// What stands before addresses of rows.
    base: String,
}

/// `GET /{portal}/dashboard`: for analysts; for others there is nothing here.
pub(super) async fn show(State(app): State<Arc<App>>, visit: Visit, mut fields: Fields) -> Result<Response, Problem> {
    let Visit { caller, frame, .. } = visit;
    if !caller.viewer.has(ANALYST) {
        return Err(Problem::NotFound);
    }
    fields.leave_out_blank();
    let now = app.now();
    let mut filters = Filters::read(&caller, &frame, &mut fields, now)?;
    let since = change_report::since(&mut fields, &filters.question)?;
    let reader = Reader::new(&app, &caller);
    let portal = caller.portal.id.clone();
    let overview = |selected: &Selected<'_>, lost, weeks: Option<&[_]>| Overview {
        report: report::draw(selected, lost),
        series: series::draw(selected, Step::of(selected.question)),
        searches: weeks.map(|weeks| rows::draw(weeks, selected.question)),
        articles: crate::deflection::articles::draw(selected),
    };
    let told = asking::sum_and_weeks(&app, &portal, &mut filters.question, overview).await?;
    let before = match comparison::before(&filters.question) {
        Ok(mut earlier) => match asking::sum(&app, &portal, &mut earlier, report::draw).await {
            // The range itself is not made to wait for what it is compared with.
            Err(Problem::WorkingOut(_)) => None,
            before => Some(before?),
        },
        Err(_) => None,
    };
    let last = article_report::last_openings(&app, &caller, &filters.question).await?;
    let tickets = topics::tickets(&app, &caller, &filters.question).await?;
    let revised = match since {
        Some(since) => Some((since, change_report::compare(&app, &portal, &mut filters.question, since).await?)),
        None => None,
    };
    let work = move || {
        let question = &filters.question;
        let language = caller.portal.languages.first().cloned().unwrap_or_else(Language::unknown);
        let (topics, _) = topics::rows(&reader, &tickets, question, &language, Page { cursor: 0, limit: TOPICS })?;
        let articles = article_report::draw(&reader, question, told.articles.clone(), &last);
        let words = frame.words;
        let searches = told.searches.iter().flat_map(|table| table.rows.iter().take(SEARCHES));
        let searches = searches.map(|row| searches::row(words, &reader, row, question)).collect::<Result<_, _>>()?;
        draw(frame, &caller, filters, &told, before.as_ref(), revised, searches, topics, articles)
    };
    let dashboard = app.cores.run_behind(work).await??;
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&dashboard)?).into_response())
}

#[expect(clippy::too_many_arguments, reason = "each part of the page is worked out apart")]
fn draw(
    frame: Frame,
    caller: &Caller,
    filters: Filters,
    told: &Overview,
    before: Option<&Report>,
    revised: Option<(i64, crate::deflection::Revision)>,
    searches: Vec<searches::SearchRow>,
    topics: Vec<topics::TopicRow>,
    articles: Vec<article_report::ArticleRow>,
) -> Result<Dashboard, Problem> {
    let (words, question, report) = (frame.words, &filters.question, &told.report);
    let drawing = Drawing { words, question, report, before, base: frame.base.clone() };
    let api = |report: &str| {
        let query = asking::query(question, &[("format", "csv")]);
        format!("{}/v1/portals/{}/reports/{report}?{query}", caller.root, caller.portal.id)
    };
    let counts = [
        ("visits", &report.visits as &dyn std::fmt::Display),
        ("tickets", &report.tickets.all),
        ("closed", &report.closed),
    ];
    let left_out = [
        ("staff", &report.left_out.staff as &dyn std::fmt::Display),
        ("bots", &report.left_out.bots),
        ("test", &report.left_out.test),
        ("unidentified", &report.left_out.not_identified),
    ];
    let (first, after) = question.weeks();
    let (first, last) = (first.to_string(), after.yesterday().unwrap_or(after).to_string());
    let annotations = trend::annotations(words, &told.series, &caller.portal.annotations);
    Ok(Dashboard {
        summary: fill(&words.dashboard.summary, &counts),
        standing: if report.is_final { words.dashboard.settled.clone() } else { words.dashboard.moving.clone() },
        empty: report.visits == 0 && report.tickets.all == 0,
        cards: drawing.cards(),
        trends: trend::trends(words, &told.series, &annotations)?,
        over_time: trend::over_time(words, &told.series)?,
        annotations,
        outcomes: drawing.outcomes(),
        searches,
        searches_wait: told.searches.is_none(),
        weeks: fill(&words.dashboard.searches_weeks, &[("from", &first), ("to", &last)]),
        articles: articles::Articles::new(&frame, articles),
        topics: topics.into_iter().map(|topic| searches::topic(words, topic)).collect(),
        forms: drawing.forms(),
        forms_begun: report.forms.values().sum(),
        experiment: drawing.experiment(caller.portal.holdout.as_ref()),
        worth: drawing.worth(filters.cost.as_ref()),
        figures: drawing.figures(),
        formulas: drawing.formulas(),
        left_out: fill(&words.dashboard.left_out, &left_out),
        changes: changes::Changes::new(&frame, question, revised, &api("changes")),
        files: Files {
            figures: api("deflection"),
            trend: api("trend"),
            searches: api("searches"),
            topics: api("topics"),
            articles: api("articles"),
        },
        filters,
        frame,
    })
}

impl Drawing<'_> {
    /// Address of the rows that something is the sum of.
    fn rows(&self, more: &[(&str, &str)]) -> String {
        format!("{}/dashboard/episodes?{}", self.base, asking::query(self.question, more))
    }

    fn figure(&self, name: &str) -> Option<&Figure> {
        self.report.figures.iter().find(|figure| figure.name == name)
    }
}
