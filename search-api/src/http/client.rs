//! Where a call comes from and by which host: worked out once, before routing; headers are believed only from trusted proxies.

use super::App;
use crate::config::{Config, Network};
use axum::extract::{ConnectInfo, Request};
use axum::http::uri::{PathAndQuery, Uri};
use axum::http::{HeaderMap, header};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// The header that carries a request's id.
pub const REQUEST_ID: &str = "x-request-id";
/// Addresses that mean the same on every host; all others are pages, which on a host of its own belong to its portal.
const SHARED: [&str; 6] = ["/v1/", "/static/", "/webhooks/", "/livez", "/readyz", "/openapi.json"];

/// The far end of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Address of the machine that called, behind trusted proxies.
    pub address: IpAddr,
    /// Host (and port) that it called, lower case, if it named one.
    pub host: Option<String>,
    /// Name of this request in answers and logs.
    pub request_id: String,
    /// Portal whose pages stand at the root of that host.
    pub host_portal: Option<String>,
}

impl Default for Client {
    /// Nobody in particular; for requests that did not come through [`arrive`].
    fn default() -> Self {
        Self { address: Ipv4Addr::UNSPECIFIED.into(), host: None, request_id: String::new(), host_portal: None }
    }
}

impl Client {
    /// What stands before the path of each page of a portal, without a slash at its end.
    pub fn page_base(&self, portal: &str, base_path: &str) -> String {
        match &self.host_portal {
            Some(own) if own == portal => base_path.to_owned(),
            _ => format!("{base_path}/{portal}"),
        }
    }
}

/// Notes the client of a request, takes the base path off its address, and puts the portal of its host before a page's path.
pub fn arrive(app: &App, mut request: Request) -> Request {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let client = client(&app.config, peer.unwrap_or(Ipv4Addr::UNSPECIFIED.into()), &request);
    if let Some(uri) = moved(request.uri(), &app.config.base_path, client.host_portal.as_deref()) {
        *request.uri_mut() = uri;
    }
    request.extensions_mut().insert(client);
    request
}

fn client(config: &Config, peer: IpAddr, request: &Request) -> Client {
    let peer = peer.to_canonical();
    let trusted = |address: &IpAddr| config.trusted_proxies.iter().any(|network: &Network| network.contains(*address));
    let headers = request.headers();
    let proxied = trusted(&peer);
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = proxied
        .then(|| text("x-forwarded-host"))
        .flatten()
        .or_else(|| text(header::HOST.as_str()))
        .or_else(|| request.uri().authority().map(|authority| authority.as_str()))
        .map(str::to_ascii_lowercase);
    let name = host.as_deref().map(without_port);
    Client {
        address: if proxied { forwarded_for(headers, trusted).unwrap_or(peer) } else { peer },
        host_portal: name
            .and_then(|name| config.hosts.iter().find(|own| own.host == name))
            .map(|own| own.portal.clone()),
        host,
        request_id: proxied
            .then(|| text(REQUEST_ID))
            .flatten()
            .filter(|id| is_well_formed(id))
            .map_or_else(|| format!("{:032x}", rand::random::<u128>()), str::to_owned),
    }
}

/// The last address of `X-Forwarded-For` that is not a trusted proxy: those before it are whatever the client claimed.
fn forwarded_for(headers: &HeaderMap, trusted: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let mut nearest = None;
    let lines: Vec<&str> = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok()).collect();
    for entry in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        // What cannot be read is not believed, nor anything before it.
        let Some(address) = address(entry.trim()) else { break };
        nearest = Some(address);
        if !trusted(&address) {
            break;
        }
    }
    nearest
}

/// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1` or `[2001:db8::1]:80`.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok().or_else(|| text.parse::<SocketAddr>().ok().map(|with_port| with_port.ip()));
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    bare.or_else(bracketed).map(|address: IpAddr| address.to_canonical())
}

/// A host without the port; the brackets of an IPv6 address stay.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn is_well_formed(id: &str) -> bool {
    (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// The address as the routes know it, if it differs.
fn moved(uri: &Uri, base_path: &str, host_portal: Option<&str>) -> Option<Uri> {
    let within = match uri.path().strip_prefix(base_path) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        // A proxy may have taken the base path off already.
        _ => uri.path(),
    };
    let shared = SHARED.iter().any(|prefix| within.starts_with(prefix) || within == prefix.trim_end_matches('/'));
    let prefix = host_portal.filter(|_| !shared).map(|portal| format!("/{portal}")).unwrap_or_default();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let path = format!("{prefix}{within}{query}");
    if uri.path_and_query().is_some_and(|old| old.as_str() == path) {
        return None;
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(path).ok()?);
    Uri::from_parts(parts).ok()
}
