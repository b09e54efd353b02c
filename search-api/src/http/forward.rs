//! Tickets of the built-in form to a help desk or a webhook: tried until they are there, across restarts, at least once.

mod requests;

use super::App;
use super::outward::{CallError, agent, call};
use crate::config::Forward;
use crate::store::{Outgoing, StoreError};
use requests::{request, their_id};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use ureq::Agent;

/// How often it is looked for tickets that are due.
const LOOK: Duration = Duration::from_secs(1);

/// Why a ticket could not be handed over this time.
#[derive(Debug, thiserror::Error)]
enum ForwardError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error("no --forward names the portal any more")]
    Nowhere,
    #[error("the request could not be put together")]
    Request,
}

/// Hands tickets over for as long as it is polled.
pub async fn keep_forwarding(app: Arc<App>, to: Vec<Forward>) {
    let agent = agent();
    loop {
        let round = forward_due(&app, &to, &agent).await;
        if let Err(cause) = round {
            tracing::warn!(%cause, "tickets that are due cannot be looked up");
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Tries each ticket that is due once, all at the same time: each is ours alone for little longer than one attempt may take.
async fn forward_due(app: &Arc<App>, to: &[Forward], agent: &Agent) -> Result<(), StoreError> {
    let mut tries = JoinSet::new();
    for sent in app.store.outgoing().await? {
        let target = to.iter().find(|target| target.portal == sent.portal).cloned();
        tries.spawn(forward(Arc::clone(app), target, sent, agent.clone()));
    }
    while let Some(tried) = tries.join_next().await {
        // One that broke off is tried again when it is nobody's any more.
        tried.unwrap_or(Ok(()))?;
    }
    Ok(())
}

/// Tries a ticket once and notes what came of it.
async fn forward(app: Arc<App>, target: Option<Forward>, sent: Outgoing, agent: Agent) -> Result<(), StoreError> {
    let (portal, id) = (&sent.portal, &sent.id);
    let cause = match &target {
        None => ForwardError::Nowhere,
        Some(target) => match attempt(target, &sent, &agent, app.now()).await {
            Err(cause) => cause,
            Ok(theirs) => {
                app.store.handed_over(&sent, target.provider.name(), theirs.as_deref()).await?;
                metrics::counter!("signpost_tickets_forwarded_total").increment(1);
                tracing::info!(portal, id, to = target.provider.name(), "a ticket was handed over");
                return Ok(());
            }
        },
    };
    metrics::counter!("signpost_ticket_forward_failures_total").increment(1);
    match app.store.postpone(&sent).await? {
        Some(_) => tracing::warn!(portal, id, %cause, "a ticket could not be handed over; it will be tried again"),
        None => tracing::error!(portal, id, %cause, "a ticket could not be handed over for a week and is given up"),
    }
    Ok(())
}

/// Sends a ticket; the id that it has there, if it is told.
async fn attempt(target: &Forward, sent: &Outgoing, agent: &Agent, now: i64) -> Result<Option<String>, ForwardError> {
    let request = request(target, sent, now).ok_or(ForwardError::Request)?;
    let answer = call(agent, request).await?;
    Ok(their_id(target.provider, &answer))
}
