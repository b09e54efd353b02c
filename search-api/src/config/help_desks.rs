//! Help desks and webhooks as options name them: which one, for which portal, and where the secret is that it shares with us.

use super::KeySource;
use std::fmt;
use std::str::FromStr;

/// A help desk, or whatever else signs its calls as this project publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Provider {
    /// Zendesk.
    Zendesk,
    /// Freshdesk.
    Freshdesk,
    /// HubSpot.
    HubSpot,
    /// Any other.
    Generic,
}

/// Who may send tickets of a portal, and where the secret is by which they are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebhookRule {
    /// Who.
    pub provider: Provider,
    /// Portal that the tickets are of.
    pub portal: String,
    /// Where the secret is.
    pub secret: KeySource,
}

/// Where tickets of a portal are handed over to, and where the secret is that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForwardRule {
    /// Whose API it is.
    pub provider: Provider,
    /// Portal whose tickets are handed over.
    pub portal: String,
    /// Where the secret is.
    pub secret: KeySource,
    /// Address: whole of a generic webhook, else without the path.
    pub url: String,
}

/// Where it is told that ticket rates of a portal rose, and where the secret is that signs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRule {
    /// Portal that is told of.
    pub portal: String,
    /// Where the secret is.
    pub secret: KeySource,
    /// Address of the webhook.
    pub url: String,
}

impl Provider {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Zendesk, Self::Freshdesk, Self::HubSpot, Self::Generic];

    /// Its name in options, in addresses and as a source of tickets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zendesk => "zendesk",
            Self::Freshdesk => "freshdesk",
            Self::HubSpot => "hubspot",
            Self::Generic => "generic",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for Provider {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|provider| provider.name() == text)
            .ok_or_else(|| format!("expected one of {}", names()))
    }
}

impl FromStr for WebhookRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The text may hold the secret itself: it is not repeated.
        let expected =
            || "expected PROVIDER/PORTAL=file:PATH or …=env:NAME, such as zendesk/acme=env:ZENDESK_SECRET".to_owned();
        let (of, secret) = text.split_once('=').ok_or_else(expected)?;
        let (provider, portal) = of.split_once('/').filter(|(_, portal)| !portal.is_empty()).ok_or_else(expected)?;
        let provider = provider.parse().map_err(|names| format!("{}; the provider: {names}", expected()))?;
        Ok(Self { provider, portal: portal.into(), secret: KeySource::parse(secret).ok_or_else(expected)? })
    }
}

impl FromStr for ForwardRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected PROVIDER/PORTAL=file:PATH@URL or …=env:NAME@URL, such as \
             zendesk/acme=env:ZENDESK_TOKEN@https://acme.zendesk.com"
                .to_owned()
        };
        let (rule, url) = address(text).ok_or_else(expected)?;
        let WebhookRule { provider, portal, secret } = rule.parse().map_err(|_| expected())?;
        if !is_safe(&url) {
            return Err("a ticket is handed over by https alone, except to this machine".into());
        }
        Ok(Self { provider, portal, secret, url })
    }
}

impl FromStr for AlertRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || {
            "expected PORTAL=file:PATH@URL or …=env:NAME@URL, such as acme=env:ALERT_SECRET@https://example.com/alerts"
                .to_owned()
        };
        let (rule, url) = address(text).ok_or_else(expected)?;
        let (portal, secret) = rule.split_once('=').filter(|(portal, _)| !portal.is_empty()).ok_or_else(expected)?;
        let secret = KeySource::parse(secret).ok_or_else(expected)?;
        if !is_safe(&url) {
            return Err("an alert is sent by https alone, except to this machine".into());
        }
        Ok(Self { portal: portal.into(), secret, url })
    }
}

/// What stands before the address at the end of a rule, and the address.
fn address(text: &str) -> Option<(&str, String)> {
    let (rule, host) = text.rsplit_once("@http")?;
    Some((rule, format!("http{host}")))
}

/// Whether nobody on the way can read what is sent to an address.
fn is_safe(url: &str) -> bool {
    let here = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    let end = |rest: &str| rest.is_empty() || rest.starts_with([':', '/']);
    url.starts_with("https://") || here.iter().any(|here| url.strip_prefix(here).is_some_and(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tickets_are_handed_over_by_https_alone() {
        let rule: ForwardRule = "zendesk/acme=env:TOKEN@https://acme.zendesk.com".parse().unwrap();
        assert_eq!(
            (rule.secret, rule.url.as_str()),
            (KeySource::Environment("TOKEN".into()), "https://acme.zendesk.com")
        );
        let local: ForwardRule = "generic/acme=file:/a@b@http://127.0.0.1:8080/x".parse().unwrap();
        assert_eq!((local.secret, local.url.as_str()), (KeySource::File("/a@b".into()), "http://127.0.0.1:8080/x"));
        for text in ["zendesk/acme=env:A@http://acme.zendesk.com", "zendesk/acme=env:A@http://127.0.0.1.example.com"] {
            assert!(text.parse::<ForwardRule>().unwrap_err().contains("https alone"), "{text}");
        }
        let error = "zendesk/acme=hunter2hunter2@https://x".parse::<ForwardRule>().unwrap_err();
        assert!(error.starts_with("expected PROVIDER/PORTAL") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_alert_names_portal_place_of_the_secret_and_an_address_that_nobody_listens_to() {
        let rule: AlertRule = "acme=env:SECRET@https://example.com/a?b=c@d".parse().unwrap();
        let secret = KeySource::Environment("SECRET".into());
        assert_eq!(rule, AlertRule { portal: "acme".into(), secret, url: "https://example.com/a?b=c@d".into() });
        let error = "acme=env:A@http://example.com".parse::<AlertRule>().unwrap_err();
        assert!(error.contains("https alone"), "{error}");
        for text in ["", "acme=env:A", "=env:A@https://x", "env:A@https://x", "acme=hunter2hunter2@https://x"] {
            let error = text.parse::<AlertRule>().unwrap_err();
            assert!(error.starts_with("expected PORTAL=") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn a_webhook_names_provider_portal_and_the_place_of_its_secret() {
        let rule: WebhookRule = "hubspot/acme=env:HUBSPOT_SECRET".parse().unwrap();
        assert_eq!((rule.provider, rule.portal.as_str()), (Provider::HubSpot, "acme"));
        assert_eq!(rule.secret, KeySource::Environment("HUBSPOT_SECRET".into()));
        for text in ["", "zendesk=env:A", "zendesk/=env:A", "jira/acme=env:A", "zendesk/acme=hunter2hunter2"] {
            let error = text.parse::<WebhookRule>().unwrap_err();
            assert!(error.starts_with("expected PROVIDER/PORTAL") && !error.contains("hunter2"), "{error}");
        }
    }
}
