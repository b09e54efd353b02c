//! Tokens that are believed, and every way in which one is not.

use super::*;
use crate::identity::EDITOR;
use indexer::audience::Grants;
use jsonwebtoken::{EncodingKey, Header, encode};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const SECRET: &[u8] = b"a secret of thirty-two bytes, or";
const ISSUER: &str = "https://id.example.com";
// Made for these tests; they open nothing.
const EC_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKzAo8FFtjjnyZh6QTcDAT6hjtSR1hhHg5utKKIb/fHChRANCAASpHGN+D+4kXDmhoqt42nIT1ERshcApRdTGhY+S/RsE20ETE2KfQeoewFUwnosaHTEaQ/OEQWT0VjPmd8KCZQX4\n-----END PRIVATE KEY-----\n";
const RSA_PRIVATE: &str = "-----BEGIN PRIVATE KEY-----\nMIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCvVvvIoSlHjyMlM6dBCht+HlLMhW1MJ/Qam7GKgr3UkoUs7ZM3DwUVG3w1f2k0qOccMAXc6WJuxg8wrAaQQOH+lc7FlV7ygvV3u1kb/PgHKP+aUkA09uEoVrQBaMd1Y/jWXvCGH3Or7qIKSm8WYGISsh/o3+6fQMQv4wRZRZcALNs2TsObi+ROpa+cIOGU2biMsMK5hYi8McmbUDnLLcZqCx2XPT9aH2WjqwaBTF5OfqVq07dUQnvL7uG8j46TX7gg6M6x3cYWAjpQUWyxwunrnngUHfH5OwVwgHQfyDBb7FVlbgS3AhbH7Y2Y6dBGYh3WqCCDQxmFhafqgdzht/yfAgMBAAECggEAAkbb4CAPnClEqJACJPsPnlSgeJ1m7O074ziQVp8Z/e+lIQ84sSdVxo9jzoIICLIExj3tZY/2Qj/6JISnVSoyhQ7G75Pf9sAylcpt/soLInSq1QMqaEWoaNCvZ7FHncOdkJMNBoDUDLB9lCqhRKYdv+ZmOazmuVSq94A4JzybGFp3PrfdTm7v/R2MNmlUL8+1m/HGQX7SxmNS02vgIThkY+t3mRKH3nYwJuks9ArDyZh1Duias07/EzMA3nMLxDtbn9rdV2BkwXL2DHEfYbLtKJT9ZPDqXh2SfX18pLQFhW1sfJ52xAauqOplhDIKa3XPe1/8R+JO1DW2x3G7xmjMcQKBgQDiB6PnQV9/02e5X93NtnDHfFgDSdPPU95hs6F9VnWQnvxbMjA4poRNi7+JW4nr/zuB3eoEuLdD59m75R4kZXCcIdz4lg0l2iOlYnTLQkPzMYnGVg3Cee6uvPT/UItT74PBfjJmisIXBYjcdAkvfT2qhrLKthj/oozGh6YrCbECFwKBgQDGlrgW7EzBHm1kpkoeDfibvAA+52XV7A50A7+3nSxx3SZeW/zMpSYwuysA16FoRin5U0Gnzd9VUA3oVmpuTq+t1MixovbKZXfZ/0IPlxyjPv/x1qMx5P6LU5bY7R62FXzCN5E8jxX6dyu04GxTUtmQIrHA7vr1VNIT4HKkQ4yWuQKBgF/qxBgnusIA0VxuHS7lw9gzoRnMI5Ew0wb89oO8w+kaPpbopmPz7eMGccJ1UQMP7Y2/wUY9qK+tXM2Kfg8N6QqoqB/pdSzh9AyDynJS7YjvNbsv22jy22HVl9YctPNqiav7xKGVMqYYWCrNJvS7HgcWYBr7yYH51emNuOs8kpwDAoGBAJTL/5llaslUlCDTHDvSuhFuVzzKwxn7qoSw/miEwvV5/7K59/waTjg7NaiG6PCpie+/uzURY6KXviP1BAAswyNbiRjYg1P5nUjhIs1tq06B+OJqsZLEAxnAAwn8+YLzLKyVWCRpDc3ClyQK9/+i11NRO6DVL4K9ED9GcH+2AVQ5AoGBANud+LypsFBKmJP2dva22wqYKc3EO4+wtIGdcA6T5FT+IQZuD0m/v7IrQ1IFw5Cx5FuqNJ9sR721Slsgd7lPGjmoHtlZ3tFDPifxMDjPAH6a6Xa67K7XMwGVwUmrAAiv9VDru/KooZ3Jagjrvg2lRKqu6wgz2qOkO3xk2NagilGQ\n-----END PRIVATE KEY-----\n";

fn portal() -> Portal {
    let (portal, problems) = Portal::parse(
        "acme",
        "name = \"Acme\"\nlanguages = [\"en\"]\n[[roles]]\nname = \"admin\"\ntitle = \"Admin\"\n[attributes]\ntier = [\"gold\"]\n",
    );
    portal.unwrap_or_else(|| panic!("the test's portal reads: {problems:?}"))
}

fn keys() -> Keys {
    let mut keys = Keys::new([ISSUER.to_owned()]);
    keys.add_secret("a", SECRET).unwrap();
    keys
}

fn claims() -> Value {
    json!({"iss": ISSUER, "aud": "acme", "sub": "ada", "exp": NOW + 60, "roles": ["admin"], "attributes": {"tier": "gold"}})
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn header(algorithm: Algorithm, id: Option<&str>) -> Header {
    let mut header = Header::new(algorithm);
    header.kid = id.map(str::to_owned);
    header
}

fn sign(claims: &Value) -> String {
    encode(&header(Algorithm::HS256, Some("a")), claims, &EncodingKey::from_secret(SECRET)).unwrap()
}

fn verify(token: &str) -> Result<Viewer, TokenError> {
    keys().verify(token, &portal(), NOW * 1000)
}

fn refused(claims: &Value) -> TokenError {
    verify(&sign(claims)).unwrap_err()
}

/// A token put together by hand: `header.claims.` and the given signature.
fn forged(header: &Value, signature: &str) -> String {
    use base64::Engine;
    let part = |value: &Value| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(&claims()))
}

#[test]
fn a_good_token_gives_its_subject_roles_and_attributes() {
    let viewer = verify(&sign(&claims())).unwrap();
    assert_eq!(viewer.subject(), Some("ada"));
    assert!(viewer.has("admin"));
    let held = Attributes::from([
        (ROLES.to_owned(), BTreeSet::from(["admin".to_owned()])),
        ("tier".to_owned(), BTreeSet::from(["gold".to_owned()])),
    ]);
    assert_eq!(viewer.grants(), &Grants::Attributes(held));
}

#[test]
fn an_unsigned_token_is_refused() {
    for algorithm in ["none", "None", "NONE", "nOnE"] {
        let token = forged(&json!({"alg": algorithm, "typ": "JWT", "kid": "a"}), "");
        assert_eq!(verify(&token), Err(TokenError::Malformed), "{algorithm}");
    }
    let (signed, _) = sign(&claims()).rsplit_once('.').map(|(body, end)| (body.to_owned(), end.to_owned())).unwrap();
    assert_eq!(verify(&format!("{signed}.")), Err(TokenError::Signature));
}

#[test]
fn a_token_chooses_a_key_but_never_its_algorithm() {
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let token = encode(&header(algorithm, Some("a")), &claims(), &EncodingKey::from_secret(SECRET)).unwrap();
        assert_eq!(verify(&token), Err(TokenError::Algorithm), "{algorithm:?}");
    }
    // The classic confusion: the public key of a pair, which everybody knows, used as the secret of an HMAC.
    let mut keys = Keys::new([ISSUER.to_owned()]);
    keys.add_jwks(&public_set().to_string()).unwrap();
    let known = public_set()["keys"][0]["x"].as_str().unwrap().as_bytes().to_vec();
    let token = encode(&header(Algorithm::HS256, Some("pair")), &claims(), &EncodingKey::from_secret(&known)).unwrap();
    assert_eq!(keys.verify(&token, &portal(), NOW * 1000), Err(TokenError::Algorithm));
}

#[test]
fn a_key_of_a_jwk_set_verifies_what_its_private_half_signed() {
    let mut keys = Keys::new([ISSUER.to_owned()]);
    keys.add_jwks(&public_set().to_string()).unwrap();
    for (id, algorithm, private) in pairs() {
        let sign = |id, algorithm| encode(&header(algorithm, Some(id)), &claims(), &private);
        assert!(keys.verify(&sign(id, algorithm).unwrap(), &portal(), NOW * 1000).is_ok(), "{id}");
        let other = if id == "pair" { "rsa" } else { "pair" };
        let confused = keys.verify(&sign(other, algorithm).unwrap(), &portal(), NOW * 1000);
        assert_eq!(confused, Err(TokenError::Algorithm), "signed by {id}, said to be by {other}");
    }
    let rsa = EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()).unwrap();
    for algorithm in [Algorithm::RS384, Algorithm::RS512, Algorithm::PS256] {
        let token = encode(&header(algorithm, Some("rsa")), &claims(), &rsa).unwrap();
        assert_eq!(keys.verify(&token, &portal(), NOW * 1000), Err(TokenError::Algorithm), "{algorithm:?}");
    }
    assert_eq!(keys.verify(&sign(&claims()), &portal(), NOW * 1000), Err(TokenError::UnknownKey));
}

/// A pair of keys of each kind that a JWK set may hold.
fn pairs() -> [(&'static str, Algorithm, EncodingKey); 2] {
    [
        ("pair", Algorithm::ES256, EncodingKey::from_ec_pem(EC_PRIVATE.as_bytes()).unwrap()),
        ("rsa", Algorithm::RS256, EncodingKey::from_rsa_pem(RSA_PRIVATE.as_bytes()).unwrap()),
    ]
}

fn public_set() -> Value {
    let public = |(id, algorithm, private): (&str, Algorithm, EncodingKey)| {
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&private, algorithm).unwrap()).unwrap();
        jwk["kid"] = json!(id);
        jwk
    };
    json!({ "keys": pairs().map(public) })
}

#[test]
fn a_key_is_chosen_by_name_alone() {
    let secret = EncodingKey::from_secret(SECRET);
    for id in [None, Some("b"), Some("")] {
        let token = encode(&header(Algorithm::HS256, id), &claims(), &secret).unwrap();
        assert_eq!(verify(&token), Err(TokenError::UnknownKey), "{id:?}");
    }
    let other = EncodingKey::from_secret(b"another secret of thirty-two bytes");
    let token = encode(&header(Algorithm::HS256, Some("a")), &claims(), &other).unwrap();
    assert_eq!(verify(&token), Err(TokenError::Signature));
}

#[test]
fn a_changed_claim_breaks_the_signature() {
    let token = sign(&claims());
    let (head, rest) = token.split_once('.').unwrap();
    let (_, signature) = rest.split_once('.').unwrap();
    let changed = sign(&with("roles", json!([EDITOR])));
    let claims = changed.split('.').nth(1).unwrap();
    assert_eq!(verify(&format!("{head}.{claims}.{signature}")), Err(TokenError::Signature));
}

#[test]
fn a_token_is_for_one_portal_and_from_a_known_issuer() {
    assert_eq!(refused(&with("aud", json!("other"))), TokenError::Audience);
    assert_eq!(refused(&with("aud", json!(["other", "another"]))), TokenError::Audience);
    assert!(verify(&sign(&with("aud", json!(["other", "acme"])))).is_ok());
    assert_eq!(refused(&with("iss", json!("https://id.example.com.evil.test"))), TokenError::Issuer);
    for claim in ["aud", "iss", "sub", "exp"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(claim);
        assert!(matches!(refused(&without), TokenError::Claims(_)), "{claim}");
    }
}

#[test]
fn without_an_issuer_nobody_is_believed() {
    let mut keys = Keys::new([]);
    keys.add_secret("a", SECRET).unwrap();
    assert_eq!(keys.verify(&sign(&claims()), &portal(), NOW * 1000), Err(TokenError::Issuer));
}

#[test]
fn time_is_bounded_on_both_sides_with_thirty_seconds_of_leeway() {
    assert!(verify(&sign(&with("exp", json!(NOW - 29)))).is_ok());
    assert_eq!(refused(&with("exp", json!(NOW - 30))), TokenError::Expired);
    assert!(verify(&sign(&with("nbf", json!(NOW + 30)))).is_ok());
    assert_eq!(refused(&with("nbf", json!(NOW + 31))), TokenError::Early);
    for never in [json!("soon"), json!(null), json!(true)] {
        assert!(matches!(refused(&with("exp", never.clone())), TokenError::Claims(_)), "{never}");
    }
}

#[test]
fn claims_of_another_type_refuse_the_token() {
    for (name, value) in [
        ("roles", json!("admin")),
        ("roles", json!([1])),
        ("roles", json!({"admin": true})),
        ("attributes", json!(["tier"])),
        ("attributes", json!({"tier": 1})),
        ("attributes", json!({"tier": [null]})),
        ("sub", json!(7)),
        ("sub", json!("")),
        ("email", json!(["a@example.com"])),
        ("nbf", json!("now")),
    ] {
        let error = refused(&with(name, value.clone()));
        assert!(matches!(error, TokenError::Claims(_)), "{name} = {value}: {error}");
    }
}

#[test]
fn attributes_cannot_name_roles() {
    assert!(matches!(refused(&with("attributes", json!({"roles": ["admin"]}))), TokenError::Claims(_)));
}

#[test]
fn roles_and_attributes_unknown_to_the_portal_grant_nothing() {
    let mut claims = with("roles", json!(["stranger", "signpost:root", "signpost:analyst"]));
    claims["attributes"] = json!({"account": "acme"});
    let viewer = verify(&sign(&claims)).unwrap();
    assert_eq!(viewer.roles(), &BTreeSet::from(["signpost:analyst".to_owned()]));
    assert_eq!(viewer.grants(), &Grants::Attributes(Attributes::new()));
}

#[test]
fn an_editor_holds_everything_and_an_analyst_nothing_more() {
    assert_eq!(verify(&sign(&with("roles", json!([EDITOR])))).unwrap().grants(), &Grants::Everything);
}

#[test]
fn a_token_longer_than_a_cookie_is_not_read() {
    let long = with("email", json!("a".repeat(TOKEN_LIMIT)));
    assert_eq!(refused(&long), TokenError::Long);
}

#[test]
fn a_demanded_extension_refuses_the_token() {
    let mut demanding = header(Algorithm::HS256, Some("a"));
    demanding.crit = Some(vec!["exp".into()]);
    let token = encode(&demanding, &claims(), &EncodingKey::from_secret(SECRET)).unwrap();
    assert_eq!(verify(&token), Err(TokenError::Extension));
}

#[test]
fn weak_doubled_nameless_and_secret_keys_are_refused() {
    let mut keys = keys();
    assert!(matches!(keys.add_secret("b", b"short"), Err(KeyError::Short(..))));
    assert!(matches!(keys.add_secret("a", SECRET), Err(KeyError::Twice(_))));
    let set = |jwk: Value| json!({ "keys": [jwk] }).to_string();
    assert!(matches!(keys.add_jwks("not JSON"), Err(KeyError::Syntax(_))));
    assert!(matches!(
        keys.add_jwks(&set(json!({"kty": "oct", "kid": "s", "k": "c2VjcmV0"}))),
        Err(KeyError::Secret(_))
    ));
    let mut nameless = public_set();
    nameless["keys"][0].as_object_mut().unwrap().remove("kid");
    assert!(matches!(keys.add_jwks(&nameless.to_string()), Err(KeyError::Nameless)));
    let encrypting = json!({"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"});
    assert!(keys.add_jwks(&set(encrypting)).is_ok(), "keys for encryption are passed over");
}

proptest::proptest! {
    #[test]
    fn no_text_is_taken_for_a_token(text in "\\PC{0,200}") {
        proptest::prop_assert!(verify(&text).is_err());
    }
}
