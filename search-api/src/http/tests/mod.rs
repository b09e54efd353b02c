//! The service as its callers meet it: one portal with a public and a restricted article, asked without a network.

mod access;
mod alerts;
mod answers;
mod bad_input;
mod batches;
mod dashboard;
mod deflection;
mod groups;
mod guards;
mod holdout;
mod inbox;
mod ledger;
mod mails;
mod refusals;
mod rollups;
#[path = "../../../../tests/smtp.rs"]
mod smtp;
mod steering;
mod webhooks;

use super::App;
use crate::cli::{Cli, Command};
use crate::identity::{DevKey, Grant};
use crate::store::{Clock, Store};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, request};
use clap::Parser;
use indexer::article::Article;
use indexer::library::{Change, Library};
use indexer::portal::Portal;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;

/// Seconds since 1970 at which every test plays.
const NOW: i64 = 1_800_000_000;
const PORTAL: &str = r#"
name = "Acme"
languages = ["en"]
default_audience = "public"
staff_roles = ["agent"]
[[roles]]
name = "admin"
title = "Administrator"
[[roles]]
name = "agent"
title = "Support"
[[tasks]]
title = "Pay an invoice"
article = "pay-an-invoice"
contexts = ["/billing"]
[[tasks]]
title = "Rotate the vault key"
article = "vault-key"
contexts = ["/billing"]
"#;
const ARTICLES: [(&str, &str); 3] = [
    (
        "pay-an-invoice.md",
        "---\ntitle: Pay an invoice\ncontexts: [/billing]\n---\nOpen **Billing** and choose the invoice.\n\n## By card\n\n\
         Cards are charged at once. ![A card](images/card.svg) See [the vault](vault-key.md).\n",
    ),
    (
        "vault-key.md",
        "---\ntitle: Rotate the vault key\naudience: {roles: [admin]}\ncontexts: [/billing]\n---\n\
         The zanzibar command rotates the vault key. ![A vault](images/vault.png)\n",
    ),
    ("long.md", "---\ntitle: A long article\n---\n"),
];

/// What is served, and the key that signs its callers' tokens.
struct Site {
    app: Arc<App>,
    key: DevKey,
    _folder: TempDir,
}

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A site with the default options and these flags.
async fn starting(flags: &[&str]) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let (content, data) = (folder.path().join("content"), folder.path().join("data"));
    let images = content.join("acme/articles/images");
    std::fs::create_dir_all(&images).unwrap();
    std::fs::write(images.join("card.svg"), "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
    std::fs::write(images.join("vault.png"), "PNG").unwrap();
    std::fs::write(images.join("unlinked.png"), "PNG").unwrap();
    std::fs::write(content.join("acme/portal.toml"), PORTAL).unwrap();

    let named = ["signpost", "serve", "--content", content.to_str().unwrap(), "--data", data.to_str().unwrap()];
    let Command::Serve(config) = Cli::parse_from(named.iter().chain(flags)).command else { panic!("serve is serve") };
    let library = Library::open(&data.join("index")).unwrap();
    let portal = Arc::new(Portal::parse("acme", PORTAL).0.unwrap());
    library.serve_portal(Arc::clone(&portal));
    let changes = ARTICLES.iter().map(|(path, text)| {
        let text = if *path == "long.md" {
            format!("{text}{}", "The same words again and again. ".repeat(200))
        } else {
            (*text).into()
        };
        let (article, problems) = Article::parse(&portal, path, text.as_bytes(), NOW * 1000);
        assert!(problems.iter().all(|problem| problem.path.is_empty() || !problem.what.is_empty()), "{problems:?}");
        let vectors = vec![None; indexer::passage::passages(&article).len()];
        Change::Put(Box::new(article), vectors)
    });
    library.apply("acme", changes.collect(), None).unwrap();

    let clock: Clock = Arc::new(|| NOW * 1000);
    let store = Store::open(&data, None, Arc::clone(&clock)).await.unwrap();
    let told = crate::config::mailing(&config).unwrap().map(|mailing| mailing.from.into_keys().collect());
    let store = store.mailing(told.unwrap_or_default());
    let key = DevKey::open(&data).unwrap();
    let app = App::new(Arc::new(*config), Arc::new(library), None, None, store, key.keys(), clock);
    Site { app: Arc::new(app), key, _folder: folder }
}

/// A site that is ready.
async fn site(options: &[&str]) -> Site {
    let site = starting(options).await;
    site.app.set_ready();
    site
}

impl Site {
    fn token(&self, role: &str) -> String {
        self.token_of(&[role])
    }

    fn token_of(&self, roles: &[&str]) -> String {
        let grant = Grant {
            portal: "acme".into(),
            subject: "ada".into(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            attributes: BTreeMap::new(),
            expires: NOW + 60,
        };
        self.key.sign(&grant).unwrap()
    }

    async fn send(&self, request: request::Builder, body: impl Into<Body>) -> Answer {
        let request: Request = request.body(body.into()).unwrap();
        let response = super::service(Arc::clone(&self.app)).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path), Body::empty()).await
    }

    async fn get_as(&self, role: &str, path: &str) -> Answer {
        self.send(Request::get(path).header("authorization", format!("Bearer {}", self.token(role))), Body::empty())
            .await
    }

    async fn get_with(&self, roles: &[&str], path: &str) -> Answer {
        let token = format!("Bearer {}", self.token_of(roles));
        self.send(Request::get(path).header("authorization", token), Body::empty()).await
    }

    async fn post(&self, path: &str, json: &str) -> Answer {
        self.send(Request::post(path).header("content-type", "application/json"), json.to_owned()).await
    }
}
