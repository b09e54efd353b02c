//! HTTP: all routes on one screen, shapes beside their handlers. The only folder that knows HTTP and JSON.

pub mod address;
pub mod admin;
pub mod alerts;
pub mod articles;
mod assets;
mod audit;
pub mod client;
pub mod cores;
mod embedding;
pub mod error;
mod etag;
mod events;
mod explain;
mod fields;
mod form;
pub mod forward;
mod health;
mod help;
pub mod helpfulness;
pub mod inbox;
pub mod limits;
pub mod mail;
mod observe;
mod outward;
pub mod pages;
pub mod person;
mod protect;
pub mod reports;
pub mod rollups;
pub mod search;
mod sources;
mod suggest;
#[cfg(test)]
mod tests;
pub mod tickets;
pub mod viewer;
pub mod visitor;
pub(super) mod webhooks;

pub use embedding::QueryEmbedder;
pub use error::Problem;
pub use viewer::Caller;

use crate::config::{Config, Webhook};
use crate::identity::Keys;
use crate::retrieval::Boosts;
use crate::store::{Clock, Store};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::response::Response;
use axum::routing::{any, get};
use cores::Cores;
use helpfulness::Helpfulness;
use indexer::audience::Grants;
use indexer::language::KnownLanguages;
use indexer::library::Library;
use indexer::portal::Portal;
use indexer::reranker::Reranker;
use limits::Limits;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tower::{Service, ServiceBuilder};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use viewer::Schemes;

/// Most bytes of a body.
pub const BODY_LIMIT: usize = 64 * 1024;

/// What handlers share. Everything in it is cheap to read and never locked across an await.
pub struct App {
    /// Partitions and their snapshot.
    pub library: Arc<Library>,
    /// Embeds queries, once a model is loaded; `None`: lexical only.
    pub embedder: Option<QueryEmbedder>,
    /// Orders the first answers of a hybrid search anew; `None`: they stay as they are.
    pub reranker: Option<Arc<Reranker>>,
    /// Events and tickets.
    pub store: Store,
    /// The operator's choices.
    pub config: Arc<Config>,
    /// Verifies tokens.
    pub keys: Keys,
    /// Fair shares and overload.
    pub limits: Limits,
    /// Turns at work that takes a core.
    pub cores: Cores,
    /// What visitors said of articles.
    pub helpfulness: Helpfulness,
    /// Who may send tickets.
    pub webhooks: Vec<Webhook>,
    /// Events from which on reports are added up from days.
    pub large_log: u32,
    /// Events from which on no request waits for a fold of their rows.
    pub foldable: u32,
    /// Events of a stretch of the ledger of a large log, at most, but for those of an hour.
    pub stretch: u32,
    clock: Clock,
    ready: AtomicBool,
}

impl App {
    /// Brings together what handlers share. Not ready until [`App::set_ready`].
    pub fn new(
        config: Arc<Config>,
        library: Arc<Library>,
        embedder: Option<QueryEmbedder>,
        reranker: Option<Arc<Reranker>>,
        store: Store,
        keys: Keys,
        clock: Clock,
    ) -> Self {
        let limits = Limits::new(&config);
        let (cores, helpfulness, ready) = (Cores::default(), Helpfulness::default(), AtomicBool::new(false));
        Self {
            library,
            embedder,
            reranker,
            store,
            config,
            keys,
            limits,
            cores,
            helpfulness,
            webhooks: Vec::new(),
            large_log: rollups::LARGE,
            foldable: rollups::FOLDABLE,
            stretch: reports::stretches::MOST,
            clock,
            ready,
        }
    }

    /// The same, to which help desks may send tickets.
    pub fn with_webhooks(self, webhooks: Vec<Webhook>) -> Self {
        Self { webhooks, ..self }
    }

    /// Now, in milliseconds since 1970 UTC.
    pub fn now(&self) -> i64 {
        (self.clock)()
    }

    /// Languages that the model knows.
    pub fn model_knows(&self) -> KnownLanguages {
        self.embedder.as_ref().map(|embedder| embedder.languages().clone()).unwrap_or_default()
    }

    /// What breaks ties between the answers of a viewer of a portal.
    pub fn boosts(&self, portal: &Portal, grants: &Grants) -> Boosts {
        let helped = self.helpfulness.of(&portal.id, || self.store.held(portal, grants));
        Boosts { weights: portal.boost.clone(), now: self.now(), helped }
    }

    /// Notes that the index equals the content, as far as it can be known at start.
    pub fn set_ready(&self) {
        self.ready.store(true, Ordering::Release);
    }

    /// Whether calls may be sent here.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }
}

/// What the OpenAPI document says beside the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Signpost",
        description = "Search and knowledge-base deflection for customer portals. What a viewer gets is what they would get if the \
                       articles that they may not see did not exist.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    components(schemas(error::ProblemBody)),
    modifiers(&Schemes),
    security((), ("token" = []), ("session" = []))
)]
struct Document;

/// Every route. What is under `/v1` and documented is the contract; pages may change.
fn routes() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(search::get, search::post))
        .routes(routes!(suggest::get, suggest::post))
        .routes(routes!(articles::get))
        .routes(routes!(assets::get))
        .routes(routes!(help::get, help::post))
        .routes(routes!(events::post))
        .routes(routes!(form::get))
        .routes(routes!(tickets::post))
        .routes(routes!(tickets::get))
        .routes(routes!(reports::deflection))
        .routes(routes!(reports::episodes::get))
        .routes(routes!(reports::episode::get))
        .routes(routes!(reports::searches::get))
        .routes(routes!(reports::topics::get))
        .routes(routes!(reports::trend::get))
        .routes(routes!(reports::articles::get))
        .routes(routes!(reports::changes::get))
        .routes(routes!(explain::get))
        .routes(routes!(person::erase))
        .routes(routes!(person::export))
        .routes(routes!(audit::get))
        .routes(routes!(inbox::list))
        .routes(routes!(inbox::get, inbox::post))
        .routes(routes!(sources::get, sources::post))
        .merge(OpenApiRouter::new().routes(routes!(webhooks::post)).layer(DefaultBodyLimit::max(webhooks::LIMIT)))
        .routes(routes!(health::livez))
        .routes(routes!(health::readyz))
        .split_for_parts();
    // A rest of a path is `{*name}` to the router and `{name}` to OpenAPI.
    document.paths.paths =
        document.paths.paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    (router, document)
}

/// The service of the public listener: every request is placed (client, host, base path), guarded, then routed.
pub fn service(
    app: Arc<App>,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static {
    let (documented, document) = routes();
    let document: Arc<str> = document.to_pretty_json().unwrap_or_default().into();
    let router = documented
        .route("/openapi.json", get(move || health::openapi(document)))
        // Before the pages, which answer any other address in HTML.
        .route("/v1/{*rest}", any(async || Problem::NotFound))
        .merge(pages::routes(&app))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed)
        .layer(axum::middleware::from_fn(etag::answer_if_changed))
        .layer(DefaultBodyLimit::max(BODY_LIMIT));
    let router = protect::guard(router, &app).with_state(Arc::clone(&app));
    ServiceBuilder::new().map_request(move |request| client::arrive(&app, request)).service(router)
}
