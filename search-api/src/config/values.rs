//! Values of options that have a form of their own; each says what it expects.

use clap::builder::RangedI64ValueParser;
use clap::value_parser;
use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A host whose root shows one portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    /// Host name, lower case, without port.
    pub host: String,
    /// Portal id.
    pub portal: String,
}

/// A named key and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRule {
    /// The `kid` of tokens signed with it.
    pub id: String,
    /// Where its bytes are.
    pub source: KeySource,
}

/// Where the bytes of a key are; never the key itself, which would show in process lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// A file; white space at its end does not count.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
}

/// A range of addresses, as `192.0.2.0/24` or a single address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether an address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                (u32::from(own) ^ u32::from(other)).checked_shr(32 - self.prefix).unwrap_or(0) == 0
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                (u128::from(own) ^ u128::from(other)).checked_shr(128 - self.prefix).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || "expected an address or a network such as 10.0.0.0/8".to_owned();
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| expected())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), |prefix| prefix.parse().map_err(|_| expected()))?;
        if prefix > bits {
            return Err(format!("a prefix of this address has at most {bits} bits"));
        }
        Ok(Self { address, prefix })
    }
}

impl FromStr for HostRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((host, portal)) if is_host(host) && !portal.is_empty() => {
                Ok(Self { host: host.to_ascii_lowercase(), portal: portal.into() })
            }
            _ => Err("expected HOST=PORTAL, such as help.example.com=acme, the host without scheme and port".into()),
        }
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

impl KeySource {
    /// Reads `file:PATH` or `env:NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Some(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Some(Self::Environment(name.into())),
            _ => None,
        }
    }
}

impl FromStr for KeyRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text may be the key itself: it is not repeated.
        let expected = "expected KID=file:PATH or KID=env:NAME";
        let (id, source) = text.split_once('=').filter(|(id, _)| !id.is_empty()).ok_or(expected)?;
        Ok(Self { id: id.into(), source: KeySource::parse(source).ok_or(expected)? })
    }
}

/// An origin as browsers write it: scheme, host and port without a path.
pub(super) fn origin(text: &str) -> Result<String, String> {
    let authority = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match authority {
        Some(authority) if !authority.is_empty() && !authority.contains(['/', '*', '?', '#', '@', ' ']) => {
            Ok(text.to_ascii_lowercase())
        }
        _ => Err("expected an origin such as https://app.example.com, without a path or *".into()),
    }
}

/// A path without a slash at its end, or nothing.
pub(super) fn base_path(text: &str) -> Result<String, String> {
    let path = text.trim_end_matches('/');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    if path.is_empty() || (path.starts_with('/') && !path.contains("//") && path.bytes().all(plain)) {
        return Ok(path.into());
    }
    Err("expected a path such as /support".into())
}

/// A number of at least one.
pub(super) fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|&count| count > 0).ok_or_else(|| "expected a whole number of at least 1".into())
}

/// Days, at most ten years.
pub(super) fn days() -> RangedI64ValueParser<u16> {
    value_parser!(u16).range(1..=3_650)
}

/// Whole or decimal seconds, more than none.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|&seconds| seconds > 0.0 && seconds <= 86_400.0);
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "expected seconds, more than 0 and at most 86400".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_holds_the_addresses_of_its_prefix() {
        let holds = |network: &str, address: &str| {
            network.parse::<Network>().unwrap().contains(address.parse::<IpAddr>().unwrap())
        };
        assert!(holds("10.0.0.0/8", "10.255.0.1"));
        assert!(!holds("10.0.0.0/8", "11.0.0.1"));
        assert!(holds("192.0.2.1", "192.0.2.1") && !holds("192.0.2.1", "192.0.2.2"));
        assert!(holds("0.0.0.0/0", "203.0.113.9") && !holds("0.0.0.0/0", "2001:db8::1"));
        assert!(holds("2001:db8::/32", "2001:db8:1::1") && !holds("2001:db8::/32", "2001:db9::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("10.0.0.0/8", "::ffff:10.0.0.1"), "an IPv4 address in IPv6 clothes is the IPv4 address");
    }

    #[test]
    fn values_of_another_form_say_what_is_expected() {
        for network in ["", "10.0.0.0/33", "10.0.0.0/", "ten", "::/129", "10.0.0.0/8/8"] {
            assert!(network.parse::<Network>().is_err(), "{network}");
        }
        for host in ["acme", "=acme", "help.example.com=", "https://help.example.com=acme", "help.example.com:80=acme"]
        {
            assert!(host.parse::<HostRule>().is_err(), "{host}");
        }
        for address in ["app.example.com", "https://", "https://app.example.com/", "https://*.example.com", "*", "null"]
        {
            assert!(origin(address).is_err(), "{address}");
        }
        for path in ["support", "/a//b", "/a b", "/a?b"] {
            assert!(base_path(path).is_err(), "{path}");
        }
        assert_eq!(base_path("/support/").as_deref(), Ok("/support"));
        assert_eq!(base_path("/").as_deref(), Ok(""));
    }

    #[test]
    fn a_key_is_named_by_its_place_and_never_repeated_in_an_error() {
        assert_eq!("a=file:/x:y".parse::<KeyRule>().unwrap().source, KeySource::File("/x:y".into()));
        let error = "a=hunter2hunter2hunter2hunter2hunter2".parse::<KeyRule>().unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
    }
}
