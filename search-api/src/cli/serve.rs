//! `signpost serve`: brings the parts together, says where they are reached, and takes them apart in order.

use super::{WrongUse, demo};
use crate::config::{self, AlertHook, Config, Folders, Forward, LogFormat, Mailing, Webhook};
use crate::http::cores::Cores;
use crate::http::{self, App, QueryEmbedder};
use crate::identity::{ANALYST, DevKey, EDITOR, Grant, Keys};
use crate::server::{self, Bounds};
use crate::store::Store;
use anyhow::Context;
use indexer::clock::Clock;
use indexer::embedder::{Embedder, EmbedderError};
use indexer::library::Library;
use indexer::portal::Portal;
use indexer::reranker::Reranker;
use indexer::vector_cache::VectorCache;
use indexer::watch::{Indexer, Source, Vectors};
use jiff::{SignedDuration, Timestamp};
use metrics_exporter_prometheus::PrometheusBuilder;
use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// How long the example tokens that are printed at start are good for.
const EXAMPLE_TTL: SignedDuration = SignedDuration::from_hours(12);
/// How often files are compared with the index under --poll.
const POLL: Duration = Duration::from_secs(2);
/// Upper bounds of the buckets of request times, in seconds.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0];

/// Serves until it is told to stop.
pub fn run(config: Config) -> anyhow::Result<ExitCode> {
    log(config.log_format);
    let (keys, dev_key) = keys(&config)?;
    let desks = HelpDesks {
        webhooks: config::webhooks(&config).map_err(|error| WrongUse(error.to_string()))?,
        forwards: config::forwards(&config).map_err(|error| WrongUse(error.to_string()))?,
        alerts: config::alerts(&config).map_err(|error| WrongUse(error.to_string()))?,
        mailing: config::mailing(&config).map_err(|error| WrongUse(error.to_string()))?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(Cores::threads()).enable_all().build()?;
    runtime.block_on(serve(Arc::new(config), keys, dev_key, desks))?;
    Ok(ExitCode::SUCCESS)
}

/// Logs to standard error what RUST_LOG asks for; by default our own events and the warnings of others.
fn log(format: LogFormat) {
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,search_api=info,indexer=info"));
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
}

/// The operator's keys; without any the dev key, which is no protection from others on the network.
fn keys(config: &Config) -> anyhow::Result<(Keys, Option<DevKey>)> {
    if config.has_keys() {
        return Ok((config::keys(config).map_err(|error| WrongUse(error.to_string()))?, None));
    }
    if !config.listen.ip().is_loopback() {
        let refusal = format!(
            "no --keys and no --jwks: tokens are signed with the dev key, and with it only loopback is served, not {}. \
             Give your own keys, or listen on 127.0.0.1",
            config.listen.ip()
        );
        return Err(WrongUse(refusal).into());
    }
    let dev_key = DevKey::open(&config.folders.data)?;
    Ok((dev_key.keys(), Some(dev_key)))
}

/// Where tickets come from and go to, who is told when they become more, and how those who wrote them are.
struct HelpDesks {
    webhooks: Vec<Webhook>,
    forwards: Vec<Forward>,
    alerts: Vec<AlertHook>,
    mailing: Option<Mailing>,
}

/// The parts in the order in which they start; they end in the opposite order.
async fn serve(config: Arc<Config>, keys: Keys, dev_key: Option<DevKey>, desks: HelpDesks) -> anyhow::Result<()> {
    let figures = PrometheusBuilder::new().set_buckets(&BUCKETS)?.install_recorder()?;
    let data = &config.folders.data;
    let clock = indexer::clock::system();
    let library = Arc::new(Library::open(&data.join("index")).context("open the index")?);
    let retention = config.retention().map_err(WrongUse)?;
    let store = Store::open_keeping(data, config.database.as_ref(), Arc::clone(&clock), retention).await;
    let store = store.context("open the store of events and tickets")?;
    let store = store.forwarding(desks.forwards.iter().map(|forward| forward.portal.clone()).collect());
    let store = store.mailing(desks.mailing.iter().flat_map(|mailing| mailing.from.keys().cloned()).collect());
    let vectors = vectors(&config.folders, &clock)?;
    let queries = vectors.as_ref().map(|vectors| QueryEmbedder::new(Arc::clone(&vectors.embedder)));
    let reranker = reranker(config.reranker.as_deref());
    let app =
        App::new(Arc::clone(&config), Arc::clone(&library), queries, reranker, store.clone(), keys, Arc::clone(&clock));
    let app = Arc::new(app.with_webhooks(desks.webhooks));

    let (stop, stopped) = watch::channel(false);
    let listener = bind(config.listen).await?;
    let address = listener.local_addr()?;
    say(&format!("listening on http://{address}"));
    let service = http::service(Arc::clone(&app));
    let public = tokio::spawn(server::run(listener, service, Bounds::from(&*config), told(&stopped)));

    let poll = config.poll.then_some(POLL);
    let indexer = Indexer::start(Source { content: config.folders.content.clone(), library, vectors, clock, poll })?;
    let indexer = Arc::new(indexer);
    let admin = match config.admin_listen {
        None => tokio::spawn(async {}),
        Some(address) => {
            let listener = bind(address).await?;
            say(&format!("admin on http://{}", listener.local_addr()?));
            let routes = http::admin::routes(Arc::clone(&app), figures, Arc::clone(&indexer));
            tokio::spawn(server::run(listener, routes, Bounds::from(&*config), told(&stopped)))
        }
    };

    let forwarding = tokio::spawn(http::forward::keep_forwarding(Arc::clone(&app), desks.forwards));
    let mailing = tokio::spawn(http::mail::keep_mailing(Arc::clone(&app), desks.mailing));
    let alerting = tokio::spawn(http::alerts::keep_alerting(Arc::clone(&app), desks.alerts));
    let counting = tokio::spawn(http::helpfulness::keep_counting(Arc::clone(&app)));
    let rolling_up = tokio::spawn(http::rollups::keep_rolling_up(Arc::clone(&app)));
    let root = format!("http://{address}{}", config.base_path);
    tokio::select! {
        end = told_to_stop() => end?,
        failure = welcome(&app, &indexer, &root, dev_key.as_ref()) => failure?,
    }
    rolling_up.abort();
    counting.abort();
    alerting.abort();
    mailing.abort();
    forwarding.abort();
    // Nobody listens any more if the servers have ended by themselves.
    let _ = stop.send(true);
    public.await?;
    admin.await?;
    // Waits for the commit in hand.
    tokio::task::spawn_blocking(move || drop(indexer)).await?;
    store.shutdown().await;
    Ok(())
}

/// Once the index equals the content: says where everything is, and then has nothing more to do.
async fn welcome(app: &App, indexer: &Arc<Indexer>, root: &str, dev_key: Option<&DevKey>) -> anyhow::Result<()> {
    let waiting = Arc::downgrade(indexer);
    let compared = move || {
        // Looks up now and then, so that a stop is not held up by a long first round.
        while let Some(indexer) = waiting.upgrade() {
            if indexer.wait_until(Duration::from_millis(100), |progress| progress.rounds > 0) {
                break;
            }
        }
    };
    tokio::task::spawn_blocking(compared).await?;
    if app.config.demo {
        demo::fill(app).await?;
    }
    app.set_ready();
    let portals: Vec<_> = app.library.snapshot().portals().cloned().collect();
    say(&introduction(&portals, root, dev_key, Timestamp::now())?);
    say("ready");
    std::future::pending().await
}

async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("listen on {address}"))
}

/// Verifies the model and opens the cache of its vectors; the model loads meanwhile, and until it has, answers go by words. A model
/// that cannot be used is said and done without.
pub(super) fn vectors(folders: &Folders, clock: &Clock) -> anyhow::Result<Option<Vectors>> {
    let Some(folder) = &folders.model else { return Ok(None) };
    let embedder = match Embedder::open(folder, sessions()) {
        Ok(embedder) => embedder,
        Err(error) => {
            tracing::error!(%error, "no model: search goes by words alone");
            return Ok(None);
        }
    };
    let cache =
        VectorCache::open(&folders.data.join("cache"), Arc::clone(clock)).context("open the cache of vectors")?;
    Ok(Some(Vectors { embedder, cache: Arc::new(cache) }))
}

/// Loads the reranker, if one is wanted. One that cannot be used is said and done without.
fn reranker(folder: Option<&Path>) -> Option<Arc<Reranker>> {
    let failed = |error: &EmbedderError| tracing::error!(%error, "no reranker: the order is the first stage's");
    Reranker::load(folder?, sessions()).inspect_err(failed).ok()
}

/// Texts that a model reads at the same time.
fn sessions() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Completes when the servers are to stop.
fn told(stopped: &watch::Receiver<bool>) -> impl Future<Output = ()> + use<> {
    let mut stopped = stopped.clone();
    async move {
        // A sender that is gone says the same.
        let _ = stopped.wait_for(|&stop| stop).await;
    }
}

async fn told_to_stop() -> anyhow::Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping: no new connections; requests in flight are finished");
    Ok(())
}

/// Prints for whoever started the server; a closed pipe means that nobody reads.
fn say(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Where each portal is reached; with the dev key, example tokens for its roles too.
fn introduction(
    portals: &[Arc<Portal>],
    root: &str,
    dev_key: Option<&DevKey>,
    now: Timestamp,
) -> anyhow::Result<String> {
    let mut text = String::new();
    if portals.is_empty() {
        text.push_str("no portal yet: put a portal.toml into a folder under the content folder\n");
    }
    for portal in portals {
        let id = &portal.id;
        text.push_str(&format!(
            "portal {id}: {}\n  help centre  {root}/{id}/\n  dashboard    {root}/{id}/dashboard\n  API          {root}/v1/portals/{id}/search?q=\n",
            portal.name
        ));
        let Some(dev_key) = dev_key else { continue };
        text.push_str("  tokens of the dev key, good for 12 h:\n");
        let roles = portal.roles.iter().map(|role| role.name.as_str()).chain([ANALYST, EDITOR]);
        for role in roles {
            let grant = Grant {
                portal: id.clone(),
                subject: format!("example-{}", role.replace(':', "-")),
                roles: BTreeSet::from([role.to_owned()]),
                attributes: BTreeMap::new(),
                expires: now.checked_add(EXAMPLE_TTL)?.as_second(),
            };
            text.push_str(&format!("    {role:<20} {}\n", dev_key.sign(&grant)?));
        }
    }
    text.truncate(text.trim_end().len());
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_introduction_names_every_address_and_signs_a_token_for_every_role() {
        let data = tempfile::tempdir().unwrap();
        let dev_key = DevKey::open(data.path()).unwrap();
        let text = "name = \"Acme\"\nlanguages = [\"en\"]\n[[roles]]\nname = \"admin\"\ntitle = \"Admin\"\n";
        let portal = Arc::new(Portal::parse("acme", text).0.unwrap());
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let said = introduction(&[Arc::clone(&portal)], "http://127.0.0.1:8080", Some(&dev_key), now).unwrap();
        for address in ["8080/acme/", "8080/acme/dashboard", "8080/v1/portals/acme/search"] {
            assert!(said.contains(address), "{said}");
        }
        for role in ["admin", ANALYST, EDITOR] {
            let line = said.lines().find(|line| line.split_whitespace().next() == Some(role)).unwrap();
            let token = line.split_whitespace().nth(1).unwrap();
            let viewer = dev_key.keys().verify(token, &portal, now.as_millisecond()).unwrap();
            assert!(viewer.has(role));
        }
        let with_own_keys = introduction(&[portal], "http://127.0.0.1:8080", None, now).unwrap();
        assert!(!with_own_keys.contains("token"), "{with_own_keys}");
    }

    #[test]
    fn the_dev_key_is_refused_beyond_loopback() {
        use crate::cli::{Cli, Command};
        use clap::Parser;
        let data = tempfile::tempdir().unwrap();
        let config = |listen: &str| {
            let flags = ["signpost", "serve", "--data", data.path().to_str().unwrap(), "--listen", listen];
            let Command::Serve(config) = Cli::parse_from(flags).command else { panic!("serve is serve") };
            *config
        };
        for address in ["0.0.0.0:0", "192.0.2.1:80", "[::]:0"] {
            let refused = keys(&config(address)).err().unwrap();
            assert!(refused.is::<WrongUse>(), "{address}");
        }
        assert!(!data.path().join("dev.key").exists(), "nothing was made");
        for address in ["127.0.0.1:0", "[::1]:0"] {
            assert!(keys(&config(address)).is_ok(), "{address}");
        }
    }
}
