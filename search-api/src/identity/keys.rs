//! The operator's keys, and what a token must hold to be believed.

#[cfg(test)]
mod tests;

use super::{RESERVED, Viewer};
use indexer::audience::{Attributes, ROLES};
use indexer::portal::Portal;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Longest token that is read, in bytes: what fits into a cookie.
const TOKEN_LIMIT: usize = 4096;
/// Seconds by which another machine's clock may differ from ours.
const LEEWAY: f64 = 30.0;
/// Fewest bytes of a shared secret: as many as HS256 puts out (RFC 7518, 3.2).
const SECRET_MINIMUM: usize = 32;
/// Most roles, attributes, and values of one attribute in a token.
const CLAIM_LIMIT: usize = 256;

/// Verifies tokens. Each key has its own `kid` and its own one algorithm: a token's header chooses a key, never an algorithm.
#[derive(Clone, Default)]
pub struct Keys {
    by_id: BTreeMap<String, Key>,
    issuers: BTreeSet<String>,
}

#[derive(Clone)]
struct Key {
    algorithm: Algorithm,
    decoding: DecodingKey,
}

/// Why a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// A secret that could be guessed.
    #[error("key `{0}` has {1} bytes; a shared secret needs at least {SECRET_MINIMUM}, made at random")]
    Short(String, usize),
    /// Two keys of one name.
    #[error("two keys are named `{0}`: each needs a `kid` of its own")]
    Twice(String),
    /// Not a JWK set.
    #[error("this is not a JWK set: {0}")]
    Syntax(#[from] serde_json::Error),
    /// A key that no token could choose.
    #[error("a key of the JWK set has no `kid`")]
    Nameless,
    /// A secret among public keys.
    #[error("key `{0}` of the JWK set is a shared secret: give it by `--keys`, and publish only public keys")]
    Secret(String),
    /// A key of another kind.
    #[error("key `{0}` of the JWK set is neither RSA for RS256 nor P-256 for ES256")]
    Unsupported(String),
    /// A key whose numbers make no sense.
    #[error("key `{0}` of the JWK set cannot be read: {1}")]
    Damaged(String, jsonwebtoken::errors::Error),
}

/// Why a token is refused. The words reach the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Longer than any honest token.
    #[error("it has more than {TOKEN_LIMIT} bytes")]
    Long,
    /// Not three parts, or a header that cannot be read.
    #[error("it is not a signed JWT")]
    Malformed,
    /// No `kid`, or one that is not ours.
    #[error("its header names no key (`kid`) that is known here")]
    UnknownKey,
    /// The header's `alg` is not that of the key.
    #[error("its algorithm is not that of its key")]
    Algorithm,
    /// The header demands an extension (`crit`).
    #[error("its header demands an extension (`crit`) that is not known here")]
    Extension,
    /// Not signed with that key.
    #[error("its signature does not fit")]
    Signature,
    /// `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// `nbf` lies ahead.
    #[error("it is not valid yet")]
    Early,
    /// Not for this portal.
    #[error("it is for another portal (`aud`)")]
    Audience,
    /// Not from a configured issuer.
    #[error("its issuer (`iss`) is not known here")]
    Issuer,
    /// A claim is missing or of another type.
    #[error("its claims are not as they must be: {0}")]
    Claims(String),
}

/// The claims beside `aud` and `iss`, which are checked by the library. Anything of another type refuses the token.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default)]
    attributes: BTreeMap<String, OneOrMore>,
    #[serde(default)]
    email: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(BTreeSet<String>),
}

impl Keys {
    /// No key yet; tokens are believed from these issuers.
    pub fn new(issuers: impl IntoIterator<Item = String>) -> Self {
        Self { by_id: BTreeMap::new(), issuers: issuers.into_iter().collect() }
    }

    /// Adds a shared secret for HS256.
    pub fn add_secret(&mut self, id: &str, secret: &[u8]) -> Result<(), KeyError> {
        if secret.len() < SECRET_MINIMUM {
            return Err(KeyError::Short(id.into(), secret.len()));
        }
        self.add(id, Key { algorithm: Algorithm::HS256, decoding: DecodingKey::from_secret(secret) })
    }

    /// Adds the RS256 and ES256 keys of a JWK set (RFC 7517). Keys for encryption are left out.
    pub fn add_jwks(&mut self, json: &str) -> Result<(), KeyError> {
        let set: JwkSet = serde_json::from_str(json)?;
        for jwk in set.keys.iter().filter(|jwk| jwk.common.public_key_use != Some(PublicKeyUse::Encryption)) {
            let id = jwk.common.key_id.as_deref().ok_or(KeyError::Nameless)?;
            let algorithm = algorithm_of(id, jwk)?;
            let decoding = DecodingKey::from_jwk(jwk).map_err(|error| KeyError::Damaged(id.into(), error))?;
            self.add(id, Key { algorithm, decoding })?;
        }
        Ok(())
    }

    fn add(&mut self, id: &str, key: Key) -> Result<(), KeyError> {
        match self.by_id.insert(id.into(), key) {
            None => Ok(()),
            Some(_) => Err(KeyError::Twice(id.into())),
        }
    }

    /// Believes a token or says why not. `now` is in milliseconds since 1970. Roles and attributes that the portal does not know
    /// grant nothing and are left out.
    pub fn verify(&self, token: &str, portal: &Portal, now: i64) -> Result<Viewer, TokenError> {
        if token.len() > TOKEN_LIMIT {
            return Err(TokenError::Long);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.crit.is_some() {
            return Err(TokenError::Extension);
        }
        let key = header.kid.and_then(|id| self.by_id.get(&id)).ok_or(TokenError::UnknownKey)?;
        let mut rules = Validation::new(key.algorithm);
        rules.set_audience(&[&portal.id]);
        rules.iss = Some(self.issuers.iter().cloned().collect());
        rules.set_required_spec_claims(&["exp", "aud", "iss", "sub"]);
        // Time is checked below, against our own clock.
        rules.validate_exp = false;
        rules.validate_nbf = false;
        let claims = decode::<Claims>(token, &key.decoding, &rules).map_err(refusal)?.claims;
        let now = now as f64 / 1000.0;
        if claims.exp + LEEWAY <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|from| from - LEEWAY > now) {
            return Err(TokenError::Early);
        }
        viewer(claims, portal)
    }
}

/// The one algorithm of a public key. A key that names none has that of its type.
fn algorithm_of(id: &str, jwk: &Jwk) -> Result<Algorithm, KeyError> {
    match (&jwk.algorithm, jwk.common.key_algorithm) {
        (AlgorithmParameters::RSA(_), None | Some(KeyAlgorithm::RS256)) => Ok(Algorithm::RS256),
        (AlgorithmParameters::EllipticCurve(key), None | Some(KeyAlgorithm::ES256))
            if key.curve == EllipticCurve::P256 =>
        {
            Ok(Algorithm::ES256)
        }
        (AlgorithmParameters::OctetKey(_), _) => Err(KeyError::Secret(id.into())),
        _ => Err(KeyError::Unsupported(id.into())),
    }
}

fn viewer(claims: Claims, portal: &Portal) -> Result<Viewer, TokenError> {
    let refuse = |what: &str| Err(TokenError::Claims(what.into()));
    if claims.sub.is_empty() || claims.sub.len() > CLAIM_LIMIT {
        return refuse("`sub` must have 1 to 256 bytes");
    }
    if claims.roles.len() > CLAIM_LIMIT || claims.attributes.len() > CLAIM_LIMIT {
        return refuse("at most 256 roles and attributes");
    }
    let known =
        |role: &String| RESERVED.contains(&role.as_str()) || portal.roles.iter().any(|known| known.name == *role);
    let roles = claims.roles.into_iter().filter(known).collect();
    let mut attributes = Attributes::new();
    for (name, values) in claims.attributes {
        // A second way to name roles would be one that nobody checks.
        if name == ROLES {
            return refuse("roles stand under `roles`, not under `attributes`");
        }
        let values = match values {
            OneOrMore::One(value) => BTreeSet::from([value]),
            OneOrMore::More(values) => values,
        };
        if values.len() > CLAIM_LIMIT {
            return refuse("at most 256 values of an attribute");
        }
        if portal.attributes.contains_key(&name) && !values.is_empty() {
            attributes.insert(name, values);
        }
    }
    Ok(Viewer::new(&portal.id, Some(claims.sub), claims.email, roles, attributes))
}

/// The library's error in our words; never more than the caller may know.
fn refusal(error: jsonwebtoken::errors::Error) -> TokenError {
    match error.kind() {
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidKeyFormat => TokenError::Algorithm,
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAudience => TokenError::Audience,
        ErrorKind::InvalidIssuer => TokenError::Issuer,
        ErrorKind::MissingRequiredClaim(claim) => TokenError::Claims(format!("`{claim}` is missing")),
        ErrorKind::Json(cause) => TokenError::Claims(cause.to_string()),
        _ => TokenError::Malformed,
    }
}
