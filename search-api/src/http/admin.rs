//! The operator's listener: figures, progress and readiness; never reachable from the public one.

use super::{App, Problem, QueryEmbedder, health};
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use indexer::problem;
use indexer::watch::{Indexer, Progress};
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;
use std::sync::Arc;

/// How far the index is.
#[derive(Serialize)]
struct ProgressAnswer<'a> {
    /// Comparisons with the disk so far; 0: nothing is served yet.
    rounds: u64,
    /// Grows whenever answers may have changed.
    commits: u64,
    portals: usize,
    /// Hidden ones included.
    articles: usize,
    /// Articles that are found by words, and not yet by meaning.
    awaiting_vectors: usize,
    /// The model: `none`, `loading`, `ready` or `failed`.
    model: &'static str,
    problems: &'a [problem::Problem],
}

/// Routes of the admin listener.
pub fn routes(app: Arc<App>, figures: PrometheusHandle, indexer: Arc<Indexer>) -> Router {
    let measured = Arc::clone(&indexer);
    let render = async move || {
        gauge(&measured.progress());
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], figures.render())
    };
    let progress = async move |State(app): State<Arc<App>>| Json(shape(&app, &indexer.progress())).into_response();
    Router::new()
        .route("/metrics", get(render))
        .route("/progress", get(progress))
        .route("/livez", get(health::livez))
        .route("/readyz", get(health::readyz))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .with_state(app)
}

fn shape<'a>(app: &App, progress: &'a Progress) -> ProgressAnswer<'a> {
    ProgressAnswer {
        rounds: progress.rounds,
        commits: progress.commits,
        portals: progress.portals,
        articles: progress.articles,
        awaiting_vectors: progress.awaiting_vectors,
        model: app.embedder.as_ref().map_or("none", QueryEmbedder::state),
        problems: &progress.problems,
    }
}

/// Brings the index's state into the figures, at the moment at which they are asked for.
fn gauge(progress: &Progress) {
    metrics::gauge!("signpost_portals").set(progress.portals as f64);
    metrics::gauge!("signpost_articles").set(progress.articles as f64);
    metrics::gauge!("signpost_articles_awaiting_vectors").set(progress.awaiting_vectors as f64);
    metrics::gauge!("signpost_content_problems").set(progress.problems.len() as f64);
    metrics::gauge!("signpost_index_commits").set(progress.commits as f64);
}
