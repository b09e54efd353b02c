//! Validators: the same bytes are not sent twice, and nothing that depends on a viewer is ever kept for another.

use super::error::{NOT_MODIFIED, Problem};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Tags a successful answer to a GET with the hash of its bytes, and answers 304 where the caller has them already. An answer that
/// says `no-store` (it is new each time) is left alone; all others may be kept by the caller alone and asked for again each time.
pub async fn answer_if_changed(request: Request, next: Next) -> Response {
    // The body of a HEAD is gone by now, and with it what the tag is made of.
    let readable = *request.method() == Method::GET;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let mut response = next.run(request).await;
    let status = response.status();
    let cache = response.headers_mut().entry(header::CACHE_CONTROL);
    let fresh_each_time =
        cache.or_insert(HeaderValue::from_static("private, no-cache")).as_bytes().ends_with(b"no-store");
    if !readable || !status.is_success() || fresh_each_time {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // Handlers answer from memory: there is nothing to wait for and no limit to reach.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Problem::internal("a body broke off").into_response();
    };
    let tag = format!("\"{}\"", &blake3::hash(&bytes).to_hex()[..32]);
    let unchanged = known.is_some_and(|known| known.to_str().is_ok_and(|known| names(known, &tag)));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    if unchanged {
        parts.status = NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        parts.headers.remove(header::CONTENT_LENGTH);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Whether If-None-Match names a tag, by weak comparison (RFC 9110, 13.1.2).
fn names(known: &str, tag: &str) -> bool {
    known.split(',').map(str::trim).any(|entry| entry == "*" || entry.strip_prefix("W/").unwrap_or(entry) == tag)
}

/// A tag is of the bytes before compression: with an encoding it is weak.
pub fn weaken(mut response: Response) -> Response {
    let encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if let Some(tag) = response.headers().get(header::ETAG).filter(|_| encoded)
        && let Ok(weak) = HeaderValue::from_bytes(&[b"W/", tag.as_bytes()].concat())
    {
        response.headers_mut().insert(header::ETAG, weak);
    }
    response
}
