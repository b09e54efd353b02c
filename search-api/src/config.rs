//! The operator's choices: flags, environment and one file set the same options, each with its default stated once.

#![allow(rustdoc::bare_urls, reason = "these texts are also what --help prints")]

mod address;
mod file;
mod help_desks;
mod key_files;
mod mail;
mod values;

pub use address::PublicUrl;
pub use file::{ConfigError, with_file};
pub use help_desks::{AlertRule, ForwardRule, Provider, WebhookRule};
pub use key_files::{AlertHook, Forward, KeyFileError, Secret, Webhook, alerts, forwards, keys, webhooks};
pub use mail::{MailError, Mailing, Relay, Security, SenderRule, mailing};
pub use values::{HostRule, KeyRule, KeySource, Network};

use crate::store::{DatabaseUrl, Retention};
use clap::builder::BoolishValueParser;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Folders that several commands work on.
#[derive(Clone, Debug, clap::Args)]
pub struct Folders {
    /// Folder of portals: each holds a portal.toml and articles as Markdown
    #[arg(long, env = "SIGNPOST_CONTENT", value_name = "DIR", default_value = "content")]
    pub content: PathBuf,
    /// Folder for the index, events, tickets and the dev key; made if missing
    #[arg(long, env = "SIGNPOST_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// Folder of the embedding model; without it search goes by words alone, and says so
    #[arg(long, env = "SIGNPOST_MODEL", value_name = "DIR")]
    pub model: Option<PathBuf>,
}

/// Form of the log on standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For collectors: one JSON object a line.
    Json,
}

/// Fewest days of rows: those of the usual report, its longest window, and the week until it is final.
const FEWEST_ROWS: u16 = 42;

/// Options of `signpost serve`.
#[derive(Clone, Debug, clap::Args)]
pub struct Config {
    /// Where content, data and model are.
    #[command(flatten)]
    pub folders: Folders,
    /// PostgreSQL database of events and tickets, which several servers may share, as postgres://user@host:5432/signpost, its password best in SIGNPOST_DATABASE; without it they are in the data folder
    #[arg(long, env = "SIGNPOST_DATABASE", value_name = "URL", hide_env_values = true, hide_default_value = true)]
    pub database: Option<DatabaseUrl>,
    /// Folder of a cross-encoder that orders the first 20 answers of a hybrid search anew, at its price; without it none does
    #[arg(long, env = "SIGNPOST_RERANKER", value_name = "DIR")]
    pub reranker: Option<PathBuf>,

    /// Address to serve on; port 0 takes a free one, printed at start. Plain HTTP: put a TLS proxy in front
    #[arg(long, env = "SIGNPOST_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address for /metrics, /progress and /readyz, for operators alone; without it there is none
    #[arg(long, env = "SIGNPOST_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub admin_listen: Option<SocketAddr>,
    /// Compare files with the index every 2 s instead of waiting for the file system's word (network file systems)
    #[arg(long, env = "SIGNPOST_POLL", value_parser = BoolishValueParser::new())]
    pub poll: bool,

    /// Fill the log of each portal that has none with six weeks of invented visits, to see the reports alive
    #[arg(long, env = "SIGNPOST_DEMO", value_parser = BoolishValueParser::new())]
    pub demo: bool,

    /// Keys that sign viewers' tokens (HS256), as KID=file:PATH or KID=env:NAME; none of these and no --jwks: the dev key
    #[arg(long, env = "SIGNPOST_KEYS", value_name = "KID=SOURCE", value_delimiter = ',')]
    pub keys: Vec<KeyRule>,
    /// Files of public keys (JWK set; RS256, ES256)
    #[arg(long, env = "SIGNPOST_JWKS", value_name = "FILE", value_delimiter = ',')]
    pub jwks: Vec<PathBuf>,
    /// Issuers (`iss`) whose tokens are believed; needed with --keys or --jwks
    #[arg(long, env = "SIGNPOST_ISSUERS", value_name = "ISSUER", value_delimiter = ',')]
    pub issuers: Vec<String>,

    /// Who may send tickets of a portal to /webhooks/PROVIDER, and where the secret is that signs them, as PROVIDER/PORTAL=file:PATH or …=env:NAME; providers are zendesk, freshdesk, hubspot and generic; two of one provider and portal while a secret is changed
    #[arg(long, env = "SIGNPOST_WEBHOOKS", value_name = "PROVIDER/PORTAL=SOURCE", value_delimiter = ',')]
    pub webhooks: Vec<WebhookRule>,
    /// Where tickets of a portal's form are handed over to, as PROVIDER/PORTAL=SOURCE@URL: the address of the help desk, or of a webhook that is signed, and where the secret is: of Zendesk ADDRESS/token:TOKEN, of Freshdesk an API key, of HubSpot an access token
    #[arg(long, env = "SIGNPOST_FORWARD", value_name = "PROVIDER/PORTAL=SOURCE@URL", value_delimiter = ',')]
    pub forward: Vec<ForwardRule>,
    /// Where a signed message goes when the ticket rate of a group of a portal's searches rose in the last whole week by more than chance explains, as PORTAL=SOURCE@URL: the address of a webhook, and where the secret is that signs
    #[arg(long, env = "SIGNPOST_ALERT", value_name = "PORTAL=SOURCE@URL", value_delimiter = ',')]
    pub alert: Vec<AlertRule>,

    /// Server that takes mails to those who wrote tickets, as smtps://USER@HOST:PORT (TLS) or smtp://USER@HOST:PORT (STARTTLS; plain to this machine; smtp+plain:// is plain to any); needs --mail-from and --public-url; without it no mails are sent
    #[arg(long, env = "SIGNPOST_SMTP", value_name = "URL")]
    pub smtp: Option<Relay>,
    /// Where the password is of the user of --smtp, as file:PATH or env:NAME
    #[arg(long, env = "SIGNPOST_SMTP_PASSWORD", value_name = "SOURCE", value_parser = mail::source)]
    pub smtp_password: Option<KeySource>,
    /// File of the certificate (PEM) of whoever vouches for the server of --smtp, where that is not one of those whom browsers trust
    #[arg(long, env = "SIGNPOST_SMTP_CA", value_name = "FILE")]
    pub smtp_ca: Option<PathBuf>,
    /// Portals whose form tells by e-mail how far a ticket is, and the address that this comes from, as PORTAL=ADDRESS
    #[arg(long, env = "SIGNPOST_MAIL_FROM", value_name = "PORTAL=ADDRESS", value_delimiter = ',')]
    pub mail_from: Vec<SenderRule>,

    /// Address by which people reach this server, such as https://help.example.com, for mails and alerts; a path is --base-path, and a portal's own host is --hosts
    #[arg(long, env = "SIGNPOST_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<PublicUrl>,
    /// Hosts whose root shows one portal, as HOST=PORTAL
    #[arg(long, env = "SIGNPOST_HOSTS", value_name = "HOST=PORTAL", value_delimiter = ',')]
    pub hosts: Vec<HostRule>,
    /// Path under which a proxy publishes this server, such as /support
    #[arg(long, env = "SIGNPOST_BASE_PATH", value_name = "PATH", default_value = "", value_parser = values::base_path)]
    pub base_path: String,
    /// Origins of other sites whose pages may call the API with a viewer's credentials, such as https://app.example.com
    #[arg(long, env = "SIGNPOST_CORS_ORIGINS", value_name = "ORIGIN", value_delimiter = ',', value_parser = values::origin)]
    pub cors_origins: Vec<String>,
    /// Networks of proxies whose X-Forwarded-For, X-Forwarded-Host and X-Request-Id are believed, such as 10.0.0.0/8
    #[arg(long, env = "SIGNPOST_TRUSTED_PROXIES", value_name = "NETWORK", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,

    /// Connections at once; further ones are told to come back
    #[arg(long, env = "SIGNPOST_MAX_CONNECTIONS", value_name = "N", default_value = "1000", value_parser = values::count)]
    pub max_connections: usize,
    /// Requests at once; further ones are answered 503 with Retry-After
    #[arg(long, env = "SIGNPOST_MAX_REQUESTS", value_name = "N", default_value = "128", value_parser = values::count)]
    pub max_requests: usize,
    /// Seconds that a request may take
    #[arg(long, env = "SIGNPOST_REQUEST_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = values::seconds)]
    pub request_timeout: std::time::Duration,
    /// Seconds until a request's headers must be there; also how long an idle connection is kept
    #[arg(long, env = "SIGNPOST_HEADER_TIMEOUT", value_name = "SECONDS", default_value = "15", value_parser = values::seconds)]
    pub header_timeout: std::time::Duration,
    /// Seconds that a shutdown waits for requests in flight
    #[arg(long, env = "SIGNPOST_SHUTDOWN_TIMEOUT", value_name = "SECONDS", default_value = "10", value_parser = values::seconds)]
    pub shutdown_timeout: std::time::Duration,
    /// Requests a second from one address (an IPv6 /64 counts as one), in bursts of up to five seconds' worth; 0 = no limit
    #[arg(long, env = "SIGNPOST_ADDRESS_RATE", value_name = "N", default_value = "50")]
    pub address_rate: u32,
    /// Requests a second from one visitor, in bursts of up to five seconds' worth; 0 = no limit
    #[arg(long, env = "SIGNPOST_VISITOR_RATE", value_name = "N", default_value = "20")]
    pub visitor_rate: u32,

    /// Days for which what people typed is kept, redacted, with its vectors; of fewer than nine, needs that come again are missed
    #[arg(long, env = "SIGNPOST_KEEP_TEXTS", value_name = "DAYS", default_value_t = Retention::DEFAULT.texts, value_parser = values::days())]
    pub keep_texts: u16,
    /// Days for which events and facts of tickets are kept without it
    #[arg(long, env = "SIGNPOST_KEEP_ROWS", value_name = "DAYS", default_value_t = Retention::DEFAULT.rows, value_parser = values::days())]
    pub keep_rows: u16,
    /// Days for which a ticket of the built-in form is kept as written after it was solved
    #[arg(long, env = "SIGNPOST_KEEP_SOLVED", value_name = "DAYS", default_value_t = Retention::DEFAULT.solved, value_parser = values::days())]
    pub keep_solved: u16,
    /// Days for which it is kept who read raw text, exported or erased; at least as long as the rows, since complaints come later
    #[arg(long, env = "SIGNPOST_KEEP_AUDIT", value_name = "DAYS", default_value_t = Retention::DEFAULT.audit, value_parser = values::days())]
    pub keep_audit: u16,

    /// Form of the log on standard error: text for people, json for collectors; RUST_LOG chooses what is logged
    #[arg(long, env = "SIGNPOST_LOG_FORMAT", value_name = "FORM", default_value = "text")]
    pub log_format: LogFormat,
}

impl Config {
    /// Whether tokens are signed with keys of the operator; else the dev key is in use.
    pub fn has_keys(&self) -> bool {
        !self.keys.is_empty() || !self.jwks.is_empty()
    }

    /// How long what is kept.
    ///
    /// # Errors
    /// What is wrong with it, and how to mend it.
    pub fn retention(&self) -> Result<Retention, String> {
        let Self { keep_texts: texts, keep_rows: rows, keep_solved: solved, keep_audit: audit, .. } = *self;
        if texts > rows {
            return Err(format!(
                "--keep-texts {texts}: texts go with their rows, which are kept {rows} days; lower it, or raise --keep-rows"
            ));
        }
        if rows < FEWEST_ROWS {
            return Err(format!(
                "--keep-rows {rows}: a report of 28 days is final 14 days later, so expected at least {FEWEST_ROWS}"
            ));
        }
        if audit < rows {
            return Err(format!(
                "--keep-audit {audit}: an audit outlives what was read, and rows are kept {rows} days; raise it, or lower --keep-rows"
            ));
        }
        Ok(Retention { texts, rows, solved, audit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn retention(flags: &[&str]) -> Result<Retention, String> {
        let Command::Serve(config) = Cli::parse_from([&["signpost", "serve"], flags].concat()).command else {
            panic!("serve is serve")
        };
        config.retention()
    }

    #[test]
    fn what_is_kept_how_long_is_the_operators_choice_within_reason() {
        assert_eq!(retention(&[]), Ok(Retention::DEFAULT));
        let flags = ["--keep-texts", "7", "--keep-rows", "42", "--keep-solved", "1", "--keep-audit", "42"];
        assert_eq!(retention(&flags), Ok(Retention { texts: 7, rows: 42, solved: 1, audit: 42 }));
        for (flags, named) in [
            (["--keep-texts", "401"], "--keep-texts 401"),
            (["--keep-rows", "89"], "--keep-texts 90"),
            (["--keep-audit", "399"], "--keep-audit 399"),
        ] {
            assert!(retention(&flags).unwrap_err().starts_with(named), "{flags:?}");
        }
        assert!(retention(&["--keep-texts", "7", "--keep-rows", "41"]).unwrap_err().contains("at least 42"));
        for days in ["0", "3651", "-1", "many"] {
            let given = format!("--keep-texts={days}");
            assert!(Cli::try_parse_from(["signpost", "serve", &given]).is_err(), "{days}");
        }
    }
}
