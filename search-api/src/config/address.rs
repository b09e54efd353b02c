//! By which address people reach this server, as the operator says: what others are told cannot be worked out from a request.

use super::{Config, HostRule};
use std::fmt;
use std::str::FromStr;

/// Scheme, host and port by which people reach this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    scheme: &'static str,
    /// Host, lower case; an IPv6 address in brackets.
    pub host: String,
    port: Option<u16>,
}

impl Config {
    /// Whole address of what stands before the path of everything but pages (`/v1/…`), without a slash at its end; `None`: not known.
    pub fn root_url(&self) -> Option<String> {
        Some(format!("{}{}", self.public_url.as_ref()?, self.base_path))
    }

    /// Whole address of what stands before the path of each page of a portal, without a slash at its end; `None`: not known, or the host
    /// that is known shows another portal alone.
    pub fn pages_url(&self, portal: &str) -> Option<String> {
        let public = self.public_url.as_ref()?;
        let base = &self.base_path;
        let at_root = self.hosts.iter().find(|rule| rule.host == public.host);
        match (at_root, self.hosts.iter().find(|rule| rule.portal == portal)) {
            (Some(rule), _) if rule.portal == portal => Some(format!("{public}{base}")),
            (_, Some(HostRule { host, .. })) => {
                Some(format!("{}{base}", PublicUrl { host: host.clone(), ..public.clone() }))
            }
            (Some(_), None) => None,
            (None, None) => Some(format!("{public}{base}/{portal}")),
        }
    }
}

impl FromStr for PublicUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected =
            || "expected an address such as https://help.example.com; the path, if any, is --base-path".to_owned();
        let (scheme, authority) = match text.trim_end_matches('/').split_once("://") {
            Some(("https", authority)) => ("https", authority),
            Some(("http", authority)) => ("http", authority),
            _ => return Err(expected()),
        };
        let (host, port) = split(authority).ok_or_else(expected)?;
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.scheme, self.host)?;
        self.port.map_or(Ok(()), |port| write!(formatter, ":{port}"))
    }
}

/// Host and port of an authority without a user.
pub(super) fn split(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
        _ => (authority, None),
    };
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    let is_host = bare.map_or_else(|| is_name(host), |bare| bare.parse::<std::net::Ipv6Addr>().is_ok());
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn pages(flags: &[&str], portal: &str) -> Option<String> {
        let Command::Serve(config) = Cli::parse_from([&["signpost", "serve"], flags].concat()).command else {
            panic!("serve is serve")
        };
        config.pages_url(portal)
    }

    #[test]
    fn pages_stand_where_the_host_shows_them() {
        assert_eq!(pages(&[], "acme"), None);
        let url = ["--public-url", "https://Help.example.com:8443/"];
        let at = |more: &[&str], portal: &str| pages(&[&url, more].concat(), portal);
        assert_eq!(at(&[], "acme").as_deref(), Some("https://help.example.com:8443/acme"));
        assert_eq!(
            at(&["--base-path", "/support"], "acme").as_deref(),
            Some("https://help.example.com:8443/support/acme")
        );
        let own = ["--hosts", "acme.example.com=acme"];
        assert_eq!(at(&own, "acme").as_deref(), Some("https://acme.example.com:8443"));
        assert_eq!(at(&own, "other").as_deref(), Some("https://help.example.com:8443/other"));
        let root = ["--hosts", "acme.example.com=acme", "--hosts", "help.example.com=acme"];
        assert_eq!(at(&root, "acme").as_deref(), Some("https://help.example.com:8443"));
        assert_eq!(at(&root, "other"), None);
    }

    #[test]
    fn a_public_address_is_scheme_host_and_port() {
        for (text, told) in [("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("https://[::1]/", "https://[::1]")] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), told);
        }
        for text in
            ["help.example.com", "ftp://a", "https://", "https://a/b", "https://a:b", "https://a@b", "https://a?b"]
        {
            assert!(text.parse::<PublicUrl>().unwrap_err().contains("--base-path"), "{text}");
        }
    }
}
