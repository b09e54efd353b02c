//! Alerts by webhook: which groups' ticket rate rose in the last whole week, told once, signed, tried until it is there.

use super::outward::{CallError, Request, agent, call};
use super::reports::asking::{query, weeks};
use super::reports::replay::textless;
use super::reports::searches::name;
use super::webhooks::signature::sign;
use super::{App, Problem, address};
use crate::config::AlertHook;
use crate::deflection::Question;
use crate::deflection::groups::{Rise, last_week, rises, rows};
use crate::deflection::intervals::Rate;
use crate::store::{OURS, OutgoingAlert, StoreError};
use indexer::portal::Portal;
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use ureq::Agent;

/// How often it is looked for alerts that are due, and whether the index is ready.
const LOOK: Duration = Duration::from_secs(1);
/// How often groups are looked through at most: what comes late may move a week that was looked at before.
const PAUSE: Duration = Duration::from_secs(3600);
/// Longest share of the time that is spent on it: one part in so many.
const SHARE: u32 = 20;
const NOTE: &str = "More than chance explains, all groups of the portal being looked at; why is not known from this.";

/// Why groups could not be looked through.
#[derive(Debug, thiserror::Error)]
pub enum AlertError {
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The fold did not end.
    #[error("the log could not be folded: {0:?}")]
    Fold(Problem),
    /// No week can be asked for.
    #[error(transparent)]
    Range(#[from] crate::deflection::question::RangeError),
    /// What is to be told cannot be written.
    #[error(transparent)]
    Write(#[from] serde_json::Error),
}

/// Why an alert could not be sent this time.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("no --alert names the portal any more")]
    Nowhere,
    #[error("it could not be signed")]
    Sign,
}

/// What a webhook is told of a group. Only what a table of groups may show: sums of cells of enough visitors, and no article.
#[derive(Serialize)]
struct Told<'a> {
    event: &'static str,
    /// The same however often it is sent.
    id: &'a str,
    portal: &'a str,
    /// For `?group=` of reports/searches.
    group: &'a str,
    label: Option<String>,
    /// Why there is no label.
    instead: Option<&'static str>,
    /// The last whole week.
    week: Side,
    /// The weeks before it.
    before: Side,
    /// week − before.
    difference: Difference,
    /// Of the group in all these weeks.
    tickets: u64,
    /// Tickets × how far the group's rate lies above the median of the portal's groups, in all these weeks.
    avoidable: f64,
    /// Path of the report that says more, on this server.
    report: String,
    /// Path of the dashboard, on this server.
    dashboard: String,
    /// Whole address of the report, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    report_url: Option<String>,
    /// Whole address of the dashboard, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    dashboard_url: Option<String>,
    note: &'static str,
}

/// A ticket rate of some weeks.
#[derive(Serialize)]
struct Side {
    from: String,
    /// The day after the last.
    to: String,
    ticketed: u64,
    episodes: u64,
    rate: f64,
    low: f64,
    high: f64,
}

#[derive(Serialize)]
struct Difference {
    value: f64,
    low: f64,
    high: f64,
}

/// Looks through the portals that are to be told of, and sends what there is to tell, for as long as it is polled.
pub async fn keep_alerting(app: Arc<App>, to: Vec<AlertHook>) {
    tokio::join!(keep_looking(&app, &to), keep_sending(&app, &to));
}

async fn keep_looking(app: &App, to: &[AlertHook]) {
    while !app.is_ready() {
        tokio::time::sleep(LOOK).await;
    }
    loop {
        let start = Instant::now();
        for AlertHook { portal, .. } in to {
            let snapshot = app.library.snapshot();
            let Some(served) = snapshot.portal(portal) else {
                tracing::warn!(portal, "--alert names a portal that there is not");
                continue;
            };
            if let Err(cause) = look(app, served).await {
                tracing::warn!(portal, %cause, "whether ticket rates rose cannot be looked up");
            }
        }
        tokio::time::sleep(PAUSE.max(start.elapsed() * SHARE)).await;
    }
}

async fn keep_sending(app: &Arc<App>, to: &[AlertHook]) {
    let agent = agent();
    loop {
        if let Err(cause) = send_due(app, to, &agent).await {
            tracing::warn!(%cause, "alerts that are due cannot be looked up");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Notes an alert for each group of a portal whose ticket rate rose in the last whole week; how many rose.
///
/// # Errors
/// The log cannot be read, or the database not written.
pub async fn look(app: &App, portal: &Portal) -> Result<usize, AlertError> {
    let (question, week) = last_week(portal.zone(), app.now())?;
    let compare = move |weeks: &[_], question: &Question| rises(rows::draw(weeks, question), week);
    let found = weeks(app, &portal.id, &question, compare).await.map_err(AlertError::Fold)?;
    let told = found.iter().map(|rise| tell(app, portal, &question, week, rise)).collect::<Result<Vec<_>, _>>()?;
    if !told.is_empty() {
        app.store.note_alerts(&portal.id, told).await?;
    }
    Ok(found.len())
}

/// The id of an alert, and what it says.
fn tell(
    app: &App,
    portal: &Portal,
    question: &Question,
    week: Date,
    rise: &Rise,
) -> Result<(String, String), serde_json::Error> {
    let Rise { row, effect, .. } = rise;
    let (label, _, instead) = name(textless(portal), &row.name);
    // A group's own id may become another's when rows come late; what it is called seldom does.
    let id = app.store.alert_id(&portal.id, &format!("{week} {}", label.as_deref().or(instead).unwrap_or_default()));
    let side = |from: Date, to: Date, (ticketed, episodes, rate): (u64, u64, Rate)| Side {
        from: from.to_string(),
        to: to.to_string(),
        ticketed,
        episodes,
        rate: rate.value,
        low: rate.low,
        high: rate.high,
    };
    let (value, low, high) = effect.change;
    let config = &app.config;
    let (base, segment) = (&config.base_path, address::segment(&portal.id));
    let report = format!("/v1/portals/{segment}/reports/searches?{}", query(question, &[("group", &row.id)]));
    let dashboard = format!("/dashboard?{}", query(question, &[]));
    let told = Told {
        event: "ticket_rate_rose",
        id: &format!("{OURS}{id}"),
        portal: &portal.id,
        group: &row.id,
        label,
        instead,
        week: side(week, question.to, effect.after),
        before: side(question.from, week, effect.before),
        difference: Difference { value, low, high },
        tickets: row.tickets,
        avoidable: row.avoidable,
        report_url: config.root_url().map(|root| format!("{root}{report}")),
        dashboard_url: config.pages_url(&portal.id).map(|pages| format!("{pages}{dashboard}")),
        report: format!("{base}{report}"),
        dashboard: format!("{base}/{segment}{dashboard}"),
        note: NOTE,
    };
    Ok((id.clone(), serde_json::to_string(&told)?))
}

/// Tries each alert that is due once, all at the same time: each is ours alone for little longer than one attempt may take.
async fn send_due(app: &Arc<App>, to: &[AlertHook], agent: &Agent) -> Result<(), StoreError> {
    let mut tries = JoinSet::new();
    for sent in app.store.outgoing_alerts().await? {
        let hook = to.iter().find(|hook| hook.portal == sent.portal).cloned();
        tries.spawn(send(Arc::clone(app), hook, sent, agent.clone()));
    }
    while let Some(tried) = tries.join_next().await {
        // One that broke off is tried again when it is nobody's any more.
        tried.unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// Tries an alert once and notes what came of it.
async fn send(app: Arc<App>, hook: Option<AlertHook>, sent: OutgoingAlert, agent: Agent) -> Result<(), StoreError> {
    let (portal, id) = (&sent.portal, &sent.id);
    let tried = match hook {
        None => Err(SendError::Nowhere),
        Some(hook) => match request(&hook, &sent, app.now()) {
            None => Err(SendError::Sign),
            Some(request) => call(&agent, request).await.map_err(SendError::from),
        },
    };
    let Err(cause) = tried else {
        app.store.sent_alert(&sent).await?;
        metrics::counter!("signpost_alerts_sent_total").increment(1);
        tracing::info!(portal, id, "an alert was sent");
        return Ok(());
    };
    metrics::counter!("signpost_alert_failures_total").increment(1);
    match app.store.postpone_alert(&sent).await? {
        Some(_) => tracing::warn!(portal, id, %cause, "an alert could not be sent; it will be tried again"),
        None => tracing::error!(portal, id, %cause, "an alert could not be sent for a week and is given up"),
    }
    Ok(())
}

/// The call that tells an alert; the same each time, but for the moment that is signed.
fn request(hook: &AlertHook, sent: &OutgoingAlert, now: i64) -> Option<Request> {
    let body = sent.body.clone().into_bytes();
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("idempotency-key", format!("{OURS}{}", sent.id)),
        ("signpost-signature", sign(&hook.secret, now, &body)?),
    ];
    Some(Request { url: hook.url.clone(), headers, body })
}
