//! Whether a call comes from whom it says: each provider's published scheme, on the bytes as they came, within five minutes.

use crate::config::{Provider, Secret};
use crate::deflection::log::Millis;
use axum::http::HeaderMap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// How far the time that is signed may lie from ours.
pub const TOLERANCE: Millis = 5 * 60 * 1000;

/// A call as it came.
pub struct Call<'a> {
    /// Addresses that it may have been sent to, as its sender wrote them.
    pub addresses: &'a [String],
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body.
    pub body: &'a [u8],
    /// Now.
    pub now: Millis,
}

/// When a call was signed, if it was with this secret, lately; not after now.
pub fn verified(provider: Provider, secret: &Secret, call: &Call<'_>) -> Option<Millis> {
    let header = |name: &str| call.headers.get(name)?.to_str().ok();
    let at = match provider {
        // https://developer.zendesk.com/documentation/webhooks/verifying/: base64(HMAC-SHA256(timestamp + body)), the time in ISO 8601.
        Provider::Zendesk => {
            let (tag, time) =
                (header("x-zendesk-webhook-signature")?, header("x-zendesk-webhook-signature-timestamp")?);
            let at = time.parse::<Timestamp>().ok()?.as_millisecond();
            is_signed(secret, &[time.as_bytes(), call.body], &STANDARD.decode(tag).ok()?).then_some(at)?
        }
        // https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation, version 3:
        // base64(HMAC-SHA256(method + address + body + timestamp)), the time in milliseconds.
        Provider::HubSpot => {
            let (tag, time) = (header("x-hubspot-signature-v3")?, header("x-hubspot-request-timestamp")?);
            let tag = STANDARD.decode(tag).ok()?;
            let signs =
                |address: &String| is_signed(secret, &[b"POST", address.as_bytes(), call.body, time.as_bytes()], &tag);
            call.addresses.iter().any(signs).then_some(time.parse().ok()?)?
        }
        // Freshdesk signs nothing (https://support.freshdesk.com/support/solutions/articles/132589): its rules can send headers of
        // one's own, so the secret itself is one. Who has seen a call can make another; a ticket still counts once.
        Provider::Freshdesk => {
            let given = header("x-signpost-secret")?;
            let same = mac(given.as_bytes(), &[])?.verify_slice(&mac(secret.bytes(), &[])?.finalize().into_bytes());
            same.ok()?;
            header("x-signpost-timestamp").map_or(Some(call.now), seconds)?
        }
        // Signpost-Signature: t=1800000000,v1=hex(HMAC-SHA256(t + "." + body)); several v1 while a secret is changed.
        Provider::Generic => {
            let parts = || header("signpost-signature").into_iter().flat_map(|value| value.split(','));
            let part = |name: &'static str| parts().filter_map(move |part| part.trim().strip_prefix(name));
            let time = part("t=").next()?;
            let signed = [time.as_bytes(), b".", call.body];
            part("v1=").filter_map(unhex).any(|tag| is_signed(secret, &signed, &tag)).then(|| seconds(time))??
        }
    };
    (call.now.abs_diff(at) <= TOLERANCE.unsigned_abs()).then_some(at.min(call.now))
}

/// The signature of a generic call, as its header.
pub fn sign(secret: &Secret, at: Millis, body: &[u8]) -> Option<String> {
    let time = (at / 1000).to_string();
    let tag = mac(secret.bytes(), &[time.as_bytes(), b".", body])?.finalize().into_bytes();
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(format!("t={time},v1={hex}"))
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    parts.iter().for_each(|part| mac.update(part));
    Some(mac)
}

/// Compared in constant time.
fn is_signed(secret: &Secret, parts: &[&[u8]], tag: &[u8]) -> bool {
    mac(secret.bytes(), parts).is_some_and(|mac| mac.verify_slice(tag).is_ok())
}

fn seconds(text: &str) -> Option<Millis> {
    text.parse::<Millis>().ok()?.checked_mul(1000)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| Some(digit(*pair.first()?)? << 4 | digit(*pair.get(1)?)?);
    text.as_bytes().chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderName;

    const NOW: Millis = 1_800_000_000_000;
    const ADDRESS: &str = "https://help.example.com/webhooks/hubspot";
    const BODY: &[u8] = b"{\"id\": 1}";

    fn secret(text: &str) -> Secret {
        Secret::new(text).unwrap()
    }

    /// When a call with these headers was signed, as far as that is believed at a moment.
    fn at(provider: Provider, body: &[u8], now: Millis, headers: &[(&'static str, &str)]) -> Option<Millis> {
        let map = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect();
        let addresses = [ADDRESS.to_owned()];
        verified(
            provider,
            &secret("a secret of enough characters"),
            &Call { addresses: &addresses, headers: &map, body, now },
        )
    }

    /// Signatures made by another program: `printf '%s' TEXT | openssl dgst -sha256 -hmac SECRET [-binary | base64]`.
    const ZENDESK: &str = "6WjEwPqyUMrN3wAmXjY6KRVHTzpQ8CSBvorHOOto3xk=";
    const HUBSPOT: &str = "4bsahuSVPCeLknKjSdwGqq9vfhe16a7nuddZB7Tty6c=";
    const GENERIC: &str = "332724f7292195381728e0bd5ee07418b03372d28677054dcf8164d98440daec";

    #[test]
    fn each_published_signature_is_verified_on_the_bytes_as_they_came() {
        let generic = format!("t=1800000000,v1={GENERIC}");
        let calls: [(Provider, Vec<(&'static str, &str)>); 4] = [
            (
                Provider::Zendesk,
                vec![
                    ("x-zendesk-webhook-signature", ZENDESK),
                    ("x-zendesk-webhook-signature-timestamp", "2027-01-15T08:00:00Z"),
                ],
            ),
            (
                Provider::HubSpot,
                vec![("x-hubspot-signature-v3", HUBSPOT), ("x-hubspot-request-timestamp", "1800000000000")],
            ),
            (
                Provider::Freshdesk,
                vec![("x-signpost-secret", "a secret of enough characters"), ("x-signpost-timestamp", "1800000000")],
            ),
            (Provider::Generic, vec![("signpost-signature", &generic)]),
        ];
        for (provider, headers) in &calls {
            for (late, believed) in [(0, true), (TOLERANCE, true), (TOLERANCE + 1, false), (-TOLERANCE - 1, false)] {
                let found = at(*provider, BODY, NOW + late, headers);
                assert_eq!(found, believed.then_some(NOW), "{provider}, {late} ms later");
            }
            let ahead = at(*provider, BODY, NOW - 1, headers);
            assert_eq!(ahead, Some(NOW - 1), "{provider}: nothing was signed after now");
            if *provider != Provider::Freshdesk {
                assert_eq!(
                    at(*provider, b"{\"id\":1}", NOW, headers),
                    None,
                    "{provider}: the same value in other bytes"
                );
            }
            for left_out in 0..headers.len() {
                let mut fewer = headers.clone();
                let (name, _) = fewer.remove(left_out);
                assert_eq!(at(*provider, BODY, NOW, &fewer).is_some(), name == "x-signpost-timestamp", "{provider}");
                for wrong in ["", "x", "t=,v1=", "v1=00", "t=1800000000,v1=0", "t=9999999999999999999,v1=00", "1e9"] {
                    let mut wrongly = headers.clone();
                    wrongly[left_out].1 = wrong;
                    assert_eq!(at(*provider, BODY, NOW, &wrongly), None, "{provider}: {name}: {wrong}");
                }
            }
        }
    }

    #[test]
    fn what_is_signed_here_is_verified_here() {
        let secret = secret("a secret of enough characters");
        let header = sign(&secret, NOW + 999, BODY).unwrap();
        assert_eq!(header, format!("t=1800000000,v1={GENERIC}"));
        assert_eq!(at(Provider::Generic, BODY, NOW, &[("signpost-signature", &format!("v1=00,{header}"))]), Some(NOW));
    }

    #[test]
    fn no_secret_is_short_enough_to_be_guessed() {
        assert!(Secret::new("fifteen bytes..").is_none() && Secret::new("").is_none());
    }
}
