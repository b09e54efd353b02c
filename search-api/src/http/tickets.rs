//! `POST /tickets` and `GET /tickets/{id}`: a contact that reaches people, and how far it is.

use super::error::{CREATED, Problem, ProblemBody};
use super::search::plain;
use super::visitor::{self, Visitor};
use super::{App, Caller, address};
use crate::store::{Named, NewTicket, Stage, TicketError, TicketStatus};
use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use indexer::language::Language;
use indexer::portal::Portal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Most characters of a subject.
pub const SUBJECT_LIMIT: usize = 200;
/// Most characters of a body.
pub const TEXT_LIMIT: usize = 20_000;
/// Words of the body that, with the subject, say what a ticket is about.
pub const TELLING_WORDS: usize = 200;

/// A ticket as sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SentTicket {
    /// One line, at most 200 characters.
    subject: String,
    /// At most 20,000 characters.
    body: String,
    /// Where to answer; the token's address when absent.
    email: Option<String>,
    /// The search it follows.
    search_id: Option<String>,
    /// The form it is sent with.
    form_id: Option<String>,
    /// The browser's random id.
    visitor: Option<String>,
    /// The portal's own fields, by name.
    #[serde(default)]
    fields: BTreeMap<String, String>,
    /// Language of what its writer is told by e-mail, where the operator has them told; the portal's first when absent.
    lang: Option<String>,
}

/// How far a ticket is.
#[derive(Serialize, ToSchema)]
pub struct TicketBody {
    id: String,
    subject: String,
    /// `received`, `working`, `waiting`, `solved` or `handed_over`.
    #[schema(value_type = String)]
    stage: &'static str,
    /// Since when it is so (RFC 3339).
    since: String,
    /// Who acts next: `support`, `you` or `nobody`.
    #[schema(value_type = String)]
    next: &'static str,
    /// What is expected to happen.
    #[schema(value_type = String)]
    expected: &'static str,
    /// Each stage it reached, oldest first.
    stages: Vec<StageBody>,
    /// Its page, from the root of this host; with a secret that lets its owner see it without a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_url: Option<String>,
    /// The secret, for `GET /tickets/{id}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// A stage that a ticket reached.
#[derive(Serialize, ToSchema)]
pub struct StageBody {
    #[schema(value_type = String)]
    stage: &'static str,
    since: String,
}

impl StageBody {
    /// A stage and since when, in milliseconds.
    pub fn new(stage: Stage, since: i64) -> Result<Self, Problem> {
        let since = Timestamp::from_millisecond(since).map_err(Problem::internal)?;
        Ok(Self { stage: stage.name(), since: since.to_string() })
    }
}

/// What lets somebody without a token see a ticket.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TicketKey {
    /// The secret that came with the ticket.
    secret: Option<String>,
}

/// Makes a ticket. With the same `Idempotency-Key` and content it gives the same ticket for 24 hours.
#[utoipa::path(post, path = "/v1/portals/{portal}/tickets", operation_id = "create_ticket", tag = "tickets",
    params(("portal" = String, Path), ("Idempotency-Key" = Option<String>, Header)), request_body = SentTicket,
    responses((status = 201, body = TicketBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    counted: Visitor,
    headers: HeaderMap,
    sent: Result<Json<SentTicket>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(mut sent) = sent?;
    let browser = visitor::checked(sent.visitor.take())?;
    if let (None, Some(browser)) = (caller.viewer.subject(), &browser) {
        app.limits.admit_visitor(&caller.portal.id, browser)?;
    }
    let ticket = NewTicket { idempotency_key: idempotency_key(&headers)?, ..checked(&caller.portal, sent)? };
    let vector = match &app.embedder {
        Some(embedder) if caller.portal.keep_queries => embedder.embed(&telling(&ticket.subject, &ticket.body)).await,
        _ => None,
    };
    let origin = counted.origin(&caller.viewer, browser.as_deref());
    let made = app.store.create_ticket(&caller.portal, origin, ticket, vector).await?;
    let page = format!("{}/tickets/{}", caller.base, address::segment(&made.ticket.id));
    let mut body = shape(made.ticket)?;
    body.status_url = Some(match caller.viewer.subject() {
        Some(_) => page,
        None => format!("{page}?secret={}", made.secret),
    });
    body.secret = caller.viewer.subject().is_none().then_some(made.secret);
    Ok((CREATED, [(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// Says how far a ticket is, to whoever wrote it or holds its secret; for others there is none.
#[utoipa::path(get, path = "/v1/portals/{portal}/tickets/{id}", operation_id = "ticket", tag = "tickets",
    params(("portal" = String, Path), ("id" = String, Path), TicketKey),
    responses((status = 200, body = TicketBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path((_, id)): Path<(String, String)>,
    key: Result<Query<TicketKey>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(key) = key?;
    let found = app.store.ticket(&caller.portal, &id, &caller.viewer, key.secret.as_deref()).await;
    let ticket = found?.ok_or(Problem::NotFound)?;
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(shape(ticket)?)).into_response())
}

/// Checks a ticket against the portal's form; what the API and the form's page share.
pub fn checked(portal: &Portal, sent: SentTicket) -> Result<NewTicket, Problem> {
    let line = |text: String| plain(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    let subject = within("subject", line(sent.subject), SUBJECT_LIMIT)?;
    let body = within("body", sent.body.trim().to_owned(), TEXT_LIMIT)?;
    let email = sent.email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty());
    if email.as_deref().is_some_and(|email| !is_address(email)) {
        return Err(Problem::invalid("email", "`email` must be an address such as ana@example.org."));
    }
    for field in &portal.ticket_fields {
        let given = sent.fields.get(&field.name).map(|value| value.trim()).filter(|value| !value.is_empty());
        let wrong = match given {
            None if field.required => "is missing".to_owned(),
            Some(value) if !field.options.is_empty() && !field.options.iter().any(|option| option == value) => {
                format!("must be one of: {}", field.options.join(", "))
            }
            Some(value) if value.chars().nth(1_000).is_some() => "may have at most 1000 characters".to_owned(),
            _ => continue,
        };
        return Err(Problem::invalid(format!("fields.{}", field.name), format!("`{}` {wrong}.", field.name)));
    }
    let known = |name: &String| portal.ticket_fields.iter().any(|field| field.name == *name);
    if let Some(name) = sent.fields.keys().find(|name| !known(name)) {
        return Err(Problem::invalid("fields", format!("The form of this portal has no field `{name}`.")));
    }
    let id = |field: &'static str, id: Option<String>| {
        let plain = |id: &str| id.len() <= 64 && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
        match id {
            Some(id) if !plain(&id) => {
                Err(Problem::invalid(field, format!("`{field}` is no id that was issued here.")))
            }
            id => Ok(id.filter(|id| !id.is_empty())),
        }
    };
    let (search_id, form_id) = (id("search_id", sent.search_id)?, id("form_id", sent.form_id)?);
    let language = |tag: String| {
        let known = Language::parse(&tag).map(|language| language.as_str().to_owned());
        known.ok_or_else(|| Problem::invalid("lang", "`lang` must be a language tag such as en or pt-BR."))
    };
    let language = sent.lang.map(language).transpose()?;
    Ok(NewTicket { subject, body, email, fields: sent.fields, search_id, form_id, idempotency_key: None, language })
}

impl SentTicket {
    /// A ticket from the fields of a page's form.
    pub fn new(subject: String, body: String, email: Option<String>, fields: BTreeMap<String, String>) -> Self {
        Self { subject, body, email, search_id: None, form_id: None, visitor: None, fields, lang: None }
    }
}

fn within(field: &'static str, text: String, most: usize) -> Result<String, Problem> {
    if text.is_empty() || text.chars().nth(most).is_some() {
        return Err(Problem::invalid(field, format!("`{field}` must have 1 to {most} characters.")));
    }
    Ok(text)
}

/// Whether mail could be sent there, as far as its form tells.
pub fn is_address(text: &str) -> bool {
    let plain = text.len() <= 254 && !text.contains(|c: char| c.is_whitespace() || c.is_control() || c == ',');
    let parts = text.rsplit_once('@');
    plain && parts.is_some_and(|(user, host)| !user.is_empty() && host.split('.').all(|label| !label.is_empty()))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let read = |value: &axum::http::HeaderValue| {
        let key = value.to_str().ok().filter(|key| (1..=200).contains(&key.len()));
        key.map(str::to_owned).ok_or_else(|| {
            Problem::invalid("Idempotency-Key", "`Idempotency-Key` must have 1 to 200 ASCII characters.")
        })
    };
    headers.get("idempotency-key").map(read).transpose()
}

/// What a ticket is about: subject and first words.
pub fn telling(subject: &str, body: &str) -> String {
    let words = body.split_whitespace().take(TELLING_WORDS).collect::<Vec<_>>().join(" ");
    format!("{subject}\n{words}")
}

fn shape(ticket: TicketStatus) -> Result<TicketBody, Problem> {
    let time = |at| Timestamp::from_millisecond(at).map(|at| at.to_string()).map_err(Problem::internal);
    let stages = ticket.stages.iter().map(|(stage, at)| StageBody::new(*stage, *at)).collect::<Result<_, _>>()?;
    let (stage, at) = *ticket.stages.last().ok_or_else(|| Problem::internal("a ticket without a stage"))?;
    let (next, expected) = match stage {
        Stage::Received => ("support", "A person reads it and answers."),
        Stage::Working => ("support", "Somebody works on it and will answer."),
        Stage::Waiting => ("you", "Support asked you something and waits for your answer."),
        Stage::HandedOver => ("support", "The support team has it in their help desk and will answer you from there."),
        Stage::Solved => ("nobody", "It is answered; nothing more is expected."),
    };
    Ok(TicketBody {
        id: ticket.id,
        subject: ticket.subject,
        stage: stage.name(),
        since: time(at)?,
        next,
        expected,
        stages,
        status_url: None,
        secret: None,
    })
}

impl From<TicketError> for Problem {
    fn from(error: TicketError) -> Self {
        match error {
            TicketError::KeyReused => {
                Self::Conflict("This Idempotency-Key was used for another ticket within 24 h: send a new key.".into())
            }
            TicketError::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for address in ["ana@example.org", "a.b+c@mail.example.co", "jörg@müller.example", "root@localhost"] {
            assert!(is_address(address), "{address}");
        }
        for text in ["", "ana", "@example.org", "ana@", "ana@example..org", "a b@example.org", "a@b.c,d@e.f"] {
            assert!(!is_address(text), "{text}");
        }
    }

    #[test]
    fn who_acts_next_is_said_for_every_stage() {
        for (stage, name) in Stage::NAMES {
            let status =
                TicketStatus { id: "t".into(), subject: "s".into(), stages: vec![(*stage, 1_780_000_000_000)] };
            let body = shape(status).ok().unwrap();
            assert_eq!(body.stage, *name);
            assert!(!body.next.is_empty() && !body.expected.is_empty());
            assert_eq!(body.since, "2026-05-28T20:26:40Z");
        }
    }
}
