//! Calls to servers of others: one attempt each, by whoever was named and nobody whom they name.

use std::time::Duration;
use ureq::Agent;
use ureq::tls::{TlsConfig, TlsProvider};

/// How long one attempt may take; shorter than what is sent is ours alone.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer that are read.
const ANSWER_LIMIT: u64 = 256 * 1024;

/// A call to be made.
#[derive(Debug, PartialEq, Eq)]
pub struct Request {
    /// Where.
    pub url: String,
    /// Headers beside the usual ones.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Vec<u8>,
}

/// Why a call was of no use.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It was answered, and not taken.
    #[error("it was answered {status}: {said}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// The beginning of the answer, redacted.
        said: String,
    },
    /// It was not answered.
    #[error(transparent)]
    Away(#[from] ureq::Error),
    /// It broke off here.
    #[error("the call broke off")]
    BrokeOff,
}

/// What makes calls.
pub fn agent() -> Agent {
    let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder().provider(TlsProvider::Rustls).unversioned_rustls_crypto_provider(provider).build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        // Whoever is sent elsewhere would take what is sent and the credentials along.
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .user_agent("signpost")
        .build()
        .into()
}

/// Makes a call; what was answered, if it was taken.
///
/// # Errors
/// It was not taken, or nobody answered.
pub async fn call(agent: &Agent, request: Request) -> Result<Vec<u8>, CallError> {
    let agent = agent.clone();
    tokio::task::spawn_blocking(move || send(&agent, &request)).await.unwrap_or(Err(CallError::BrokeOff))
}

/// Blocks.
fn send(agent: &Agent, request: &Request) -> Result<Vec<u8>, CallError> {
    let headers =
        request.headers.iter().fold(agent.post(&request.url), |call, (name, value)| call.header(*name, value));
    let mut answer = headers.send(&request.body[..])?;
    let status = answer.status();
    // It is there, whatever its answer says.
    let body = answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec().unwrap_or_default();
    if status.is_success() {
        return Ok(body);
    }
    let said: String = String::from_utf8_lossy(&body).chars().filter(|c| !c.is_control()).take(200).collect();
    // The answer may repeat what was written.
    Err(CallError::Refused { status: status.as_u16(), said: crate::store::redact(&said) })
}
