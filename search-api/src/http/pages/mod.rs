//! Pages: the help centre and the dashboard, rendered on the server; each works without JavaScript.

mod article;
mod charts;
mod dashboard;
mod envelope;
mod episode;
mod frame;
mod home;
mod ledger;
pub mod letter;
mod preference;
mod requests;
mod results;
mod session;
mod statics;
mod status;
mod theme;
mod ticket;
mod words;

use super::App;
use super::error::Problem;
use super::viewer::Caller;
use askama::Template;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// Routes of the pages, and of the scripts and style sheets that they share with embedding sites.
pub fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let pages = Router::new()
        .route("/{portal}", get(home::enter))
        .route("/{portal}/", get(home::show))
        .route("/{portal}/search", get(results::show))
        .route("/{portal}/articles/{slug}", get(article::show))
        .route("/{portal}/articles/{slug}/vote", post(article::vote))
        .route("/{portal}/ticket", get(ticket::show).post(ticket::send))
        .route("/{portal}/tickets/{id}", get(status::show))
        .route("/{portal}/requests", get(requests::list))
        .route("/{portal}/requests/{id}", get(requests::show).post(requests::advance))
        .route("/{portal}/dashboard", get(dashboard::show))
        .route("/{portal}/dashboard/episodes", get(ledger::show))
        .route("/{portal}/dashboard/episodes/{id}", get(episode::show))
        .route("/{portal}/session", get(session::show).post(session::begin))
        .route("/{portal}/session/end", post(session::end))
        .route("/{portal}/theme.css", get(style_sheet))
        .route("/{portal}/{*rest}", get(async || Problem::NotFound))
        .layer(axum::middleware::from_fn_with_state(Arc::clone(app), envelope::wrap));
    Router::new()
        .route("/static/{file}", get(statics::named))
        .route("/static/{version}/{file}", get(statics::versioned))
        .merge(pages)
}

/// A rendered template.
fn page(template: &impl Template) -> Result<Response, Problem> {
    Ok(Html(template.render().map_err(Problem::internal)?).into_response())
}

/// `GET /{portal}/theme.css`: the portal's colour.
async fn style_sheet(caller: Caller) -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, theme::style_sheet(caller.portal.theme.accent.as_deref()))
}
