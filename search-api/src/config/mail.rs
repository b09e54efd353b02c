//! Mails as options name them: the relay that takes them, the address that those of each portal come from, and what both need.

use super::key_files::{KeyFileError, text};
use super::{Config, KeySource};
use lettre::Address;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::Certificate;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How a connection to a relay is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// By TLS from its first byte.
    Tls,
    /// By TLS before anything is said; a relay that offers none is told nothing.
    StartTls,
    /// Not at all.
    Plain,
}

/// The server that takes mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Relay {
    /// Name or address; an IPv6 address without brackets.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How it is spoken to.
    pub security: Security,
    /// Who is to be logged in.
    pub user: Option<String>,
}

/// The address that mails of a portal come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderRule {
    /// Portal.
    pub portal: String,
    /// Where from.
    pub address: Address,
}

/// Everything that sending mails needs.
#[derive(Clone, Debug)]
pub struct Mailing {
    /// Who takes them.
    pub relay: Relay,
    /// How to log in there.
    pub credentials: Option<Credentials>,
    /// Whom to trust, beside those whom everybody trusts, to say who the relay is.
    pub authority: Option<Certificate>,
    /// The address that mails of each portal come from.
    pub from: BTreeMap<String, Address>,
    /// What this server calls itself to the relay.
    pub host: String,
}

/// Why no mails can be sent as the options say.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// Nobody would be told.
    #[error("--smtp needs --mail-from: the address that mails of each portal come from, such as acme=help@example.com")]
    NoSender,
    /// Nobody would take them.
    #[error("--mail-from needs --smtp: the server that takes mails, such as smtps://user@smtp.example.com")]
    NoRelay,
    /// Mails could not say where a ticket's page is.
    #[error(
        "--smtp needs --public-url: mails tell where a ticket's page is, and by which address people reach this server is not known \
         here; such as --public-url https://help.example.com"
    )]
    NoAddress,
    /// A portal has no page at the public address.
    #[error(
        "no page of {portal} is reached by --public-url {url}: --hosts gives that host to another portal; give {portal} a host of its \
         own, such as --hosts {portal}.example.com={portal}"
    )]
    NoPage {
        /// Portal.
        portal: String,
        /// The public address.
        url: String,
    },
    /// One of two would be meant.
    #[error("--mail-from names two addresses for the mails of {0}: name one")]
    TwoSenders(String),
    /// The relay would refuse whoever has no password.
    #[error("--smtp names a user and needs --smtp-password: where the password is, as file:PATH or env:NAME")]
    NoPassword,
    /// Nobody to log in with it.
    #[error("--smtp-password needs a user in --smtp, such as smtps://user@smtp.example.com")]
    NoUser,
    /// The certificate cannot be read.
    #[error("read --smtp-ca {path}: {source}")]
    Authority {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It is none.
    #[error("--smtp-ca {0} holds no certificate: expected one in PEM, which begins with -----BEGIN CERTIFICATE-----")]
    NoCertificate(PathBuf),
    /// The password.
    #[error(transparent)]
    Key(#[from] KeyFileError),
}

/// How mails are to be sent; `None`: not at all.
pub fn mailing(config: &Config) -> Result<Option<Mailing>, MailError> {
    let Config { smtp, smtp_password, mail_from, public_url, .. } = config;
    let Some(relay) = smtp else {
        return if mail_from.is_empty() { Ok(None) } else { Err(MailError::NoRelay) };
    };
    if mail_from.is_empty() {
        return Err(MailError::NoSender);
    }
    let url = public_url.as_ref().ok_or(MailError::NoAddress)?;
    let mut from = BTreeMap::new();
    for SenderRule { portal, address } in mail_from {
        if config.pages_url(portal).is_none() {
            return Err(MailError::NoPage { portal: portal.clone(), url: url.to_string() });
        }
        if from.insert(portal.clone(), address.clone()).is_some() {
            return Err(MailError::TwoSenders(portal.clone()));
        }
    }
    let credentials = match (&relay.user, smtp_password) {
        (None, None) => None,
        (Some(user), Some(password)) => {
            let password = text(password, "--smtp-password", &config.folders.content)?;
            Some(Credentials::new(user.clone(), password.trim_end().to_owned()))
        }
        (Some(_), None) => return Err(MailError::NoPassword),
        (None, Some(_)) => return Err(MailError::NoUser),
    };
    let authority = config.smtp_ca.as_deref().map(authority).transpose()?;
    Ok(Some(Mailing { relay: relay.clone(), credentials, authority, from, host: url.host.clone() }))
}

fn authority(path: &Path) -> Result<Certificate, MailError> {
    let pem = std::fs::read(path).map_err(|source| MailError::Authority { path: path.into(), source })?;
    let found =
        Certificate::from_pem(&pem).ok().filter(|_| String::from_utf8_lossy(&pem).contains("BEGIN CERTIFICATE"));
    found.ok_or_else(|| MailError::NoCertificate(path.into()))
}

impl FromStr for Relay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected smtps://USER@HOST:PORT (TLS), smtp://USER@HOST:PORT (STARTTLS; plain to this machine) or \
             smtp+plain://USER@HOST:PORT (not encrypted), user and port if need be"
                .to_owned()
        };
        let (scheme, rest) = text.trim_end_matches('/').split_once("://").ok_or_else(expected)?;
        let (user, authority) = rest.rsplit_once('@').map_or((None, rest), |(user, host)| (Some(user), host));
        if user.is_some_and(|user| user.contains(':')) {
            return Err("the password does not belong here: name its place by --smtp-password".into());
        }
        let user = user.map(|user| percent_decode_str(user).decode_utf8().map(String::from)).transpose();
        let user = user.map_err(|_| expected())?.filter(|user| !user.is_empty());
        let (host, port) = super::address::split(authority).ok_or_else(expected)?;
        let address = host.trim_start_matches('[').trim_end_matches(']');
        let is_here = host == "localhost" || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let (security, usual) = match scheme {
            "smtps" => (Security::Tls, 465),
            "smtp" if is_here => (Security::Plain, 25),
            "smtp" => (Security::StartTls, 587),
            "smtp+plain" => (Security::Plain, 25),
            _ => return Err(expected()),
        };
        Ok(Self { host: address.into(), port: port.unwrap_or(usual), security, user })
    }
}

impl FromStr for SenderRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected PORTAL=ADDRESS, such as acme=help@example.com".to_owned();
        let (portal, address) = text.split_once('=').filter(|(portal, _)| !portal.is_empty()).ok_or_else(expected)?;
        let address: Address = address.parse().map_err(|_| expected())?;
        Ok(Self { portal: portal.into(), address })
    }
}

/// Reads `file:PATH` or `env:NAME`. The text may be the secret itself: it is not repeated.
pub(super) fn source(text: &str) -> Result<KeySource, String> {
    KeySource::parse(text).ok_or_else(|| "expected file:PATH or env:NAME".to_owned())
}

impl fmt::Display for Relay {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn relay(text: &str) -> (String, u16, Security, Option<String>) {
        let Relay { host, port, security, user } = text.parse().unwrap();
        (host, port, security, user)
    }

    #[test]
    fn a_relay_is_spoken_to_in_the_open_only_on_this_machine_or_where_that_is_said() {
        let of = |text: &str| {
            let (host, port, security, _) = relay(text);
            (host, port, security)
        };
        assert_eq!(of("smtps://smtp.example.com"), ("smtp.example.com".into(), 465, Security::Tls));
        assert_eq!(of("smtp://smtp.example.com/"), ("smtp.example.com".into(), 587, Security::StartTls));
        assert_eq!(of("smtp://127.0.0.1:1025"), ("127.0.0.1".into(), 1025, Security::Plain));
        assert_eq!(of("smtp://[::1]"), ("::1".into(), 25, Security::Plain));
        assert_eq!(of("smtp://localhost.example.com"), ("localhost.example.com".into(), 587, Security::StartTls));
        assert_eq!(of("smtp+plain://relay:2525"), ("relay".into(), 2525, Security::Plain));
    }

    #[test]
    fn a_user_may_be_an_address_and_brings_no_password() {
        for text in ["smtps://bo@example.com@smtp.example.com", "smtps://bo%40example.com@smtp.example.com"] {
            assert_eq!(relay(text).3.as_deref(), Some("bo@example.com"));
        }
        let error = "smtps://bo:hunter2@smtp.example.com".parse::<Relay>().unwrap_err();
        assert!(error.contains("--smtp-password") && !error.contains("hunter2"), "{error}");
        for text in ["", "smtp.example.com", "http://smtp.example.com", "smtps://", "smtps://a b", "smtps://a:port"] {
            assert!(text.parse::<Relay>().unwrap_err().starts_with("expected smtps://"), "{text}");
        }
    }

    #[test]
    fn a_sender_is_an_address_and_nothing_more() {
        let rule: SenderRule = "acme=help@example.com".parse().unwrap();
        assert_eq!((rule.portal.as_str(), rule.address.to_string().as_str()), ("acme", "help@example.com"));
        for text in ["acme", "=help@example.com", "acme=", "acme=Help <help@example.com>", "acme=a@b\r\nBcc: c@d"] {
            assert!(text.parse::<SenderRule>().unwrap_err().starts_with("expected PORTAL="), "{text}");
        }
    }

    fn configured(flags: &[&str]) -> Result<Option<Mailing>, MailError> {
        let Command::Serve(config) = Cli::parse_from([&["signpost", "serve"], flags].concat()).command else {
            panic!("serve is serve")
        };
        mailing(&config)
    }

    #[test]
    fn mails_are_off_unless_everything_they_need_is_there() {
        assert!(configured(&[]).unwrap().is_none());
        let smtp = ["--smtp", "smtp://127.0.0.1:1025"];
        let from = ["--mail-from", "acme=help@example.com"];
        let url = ["--public-url", "https://help.example.com"];
        let sent = configured(&[smtp, from, url].concat()).unwrap().unwrap();
        assert_eq!(
            (sent.from["acme"].to_string().as_str(), sent.host.as_str()),
            ("help@example.com", "help.example.com")
        );
        assert!(sent.credentials.is_none());
        let faults: [(&[[&str; 2]], &str); 9] = [
            (&[smtp, url], "--smtp needs --mail-from"),
            (&[from, url], "--mail-from needs --smtp"),
            (&[smtp, from], "--smtp needs --public-url"),
            (&[smtp, from, url, ["--mail-from", "acme=b@example.com"]], "two addresses"),
            (&[["--smtp", "smtps://bo@smtp.example.com"], from, url], "needs --smtp-password"),
            (&[smtp, from, url, ["--smtp-password", "env:CARGO_PKG_NAME"]], "needs a user"),
            (&[smtp, from, url, ["--smtp-ca", "no such file"]], "read --smtp-ca no such file"),
            (&[smtp, from, url, ["--smtp-ca", "Cargo.toml"]], "holds no certificate"),
            (&[smtp, from, url, ["--hosts", "help.example.com=other"]], "no page of acme"),
        ];
        for (flags, said) in faults {
            let error = configured(&flags.concat()).unwrap_err().to_string();
            assert!(error.contains(said), "{flags:?}: {error}");
        }
        let user = ["--smtp", "smtps://bo@smtp.example.com"];
        let password = ["--smtp-password", "env:CARGO_PKG_NAME"];
        assert!(configured(&[user, password, from, url].concat()).unwrap().unwrap().credentials.is_some());
    }
}
