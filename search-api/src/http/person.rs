//! `POST /admin/erase` and `POST /admin/export`: one person, for operators, and for others nothing is here.

use super::error::{Problem, ProblemBody};
use super::fields::Fields;
use super::{App, Caller};
use crate::deflection::clock::moment;
use crate::deflection::log::{Arm, Event, Kind, Mark, Shown, Ticket};
use crate::identity::OPERATOR;
use crate::store::{Erased, Held, HeldTicket, Holding, Named, Sought, Stage, Traces};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use indexer::language::Language;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// Most characters of what a person is called by.
const NAME_LIMIT: usize = 320;

/// One person, in one of three ways. They stand in the body, since addresses are logged.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documents the inputs that Fields reads")]
pub struct PersonQuestion {
    /// The subject of their tokens.
    subject: Option<String>,
    /// The random id of their browser.
    visitor: Option<String>,
    /// Their e-mail address: its tickets, and who is known by it alone.
    email: Option<String>,
}

/// What was erased.
#[derive(Serialize, ToSchema)]
pub struct ErasedBody {
    #[serde(flatten)]
    erased: HoldingBody,
    /// What is left of it in the database's files; null: nothing.
    #[schema(value_type = Option<String>)]
    remains: Option<&'static str>,
}

/// Rows of a person.
#[derive(Serialize, ToSchema)]
pub struct HoldingBody {
    events: u64,
    /// Last words on articles.
    votes: u64,
    /// Addresses that they are known by.
    addresses: u64,
    /// What is kept of tickets for analysis.
    ticket_facts: u64,
    /// Tickets as written.
    tickets: u64,
}

/// All that is held of a person.
#[derive(Serialize, ToSchema)]
pub struct ExportBody {
    portal: String,
    events: Vec<ExportedEvent>,
    votes: Vec<ExportedVote>,
    tickets: Vec<ExportedTicket>,
    /// Since when they are known by an address; each is held as a keyed hash alone.
    addresses_known_since: Vec<String>,
    /// Their own rows in the audit.
    audit: Vec<ExportedReading>,
}

/// An event. What does not go with its type is left out.
#[derive(Default, Serialize, ToSchema)]
struct ExportedEvent {
    id: String,
    #[schema(value_type = String)]
    r#type: &'static str,
    /// When it happened, with the sender's clock set right.
    t: String,
    /// The same by the sender's clock.
    at: String,
    sent_at: String,
    received_at: String,
    #[schema(value_type = String)]
    surface: &'static str,
    /// Roles in the portal.
    roles: Vec<String>,
    /// Why it is left out of figures.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    left_out: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    search_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    form_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slug: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
    /// Whether the tile of a task was opened.
    #[serde(skip_serializing_if = "Option::is_none")]
    task: Option<bool>,
    /// Redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    confidence: Option<&'static str>,
    /// Whether a vector of the text is held, worked out from it.
    #[serde(skip_serializing_if = "Option::is_none")]
    has_vector: Option<bool>,
    /// With how many of their searches and tickets it was compared before its text went: what is kept of that says how like they were.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared_with: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    solved: Option<bool>,
    /// Redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    /// Name of the experiment, and whether articles were suggested.
    #[serde(skip_serializing_if = "Option::is_none")]
    experiment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested: Option<bool>,
}

/// A last word on an article.
#[derive(Serialize, ToSchema)]
struct ExportedVote {
    slug: String,
    at: String,
    solved: bool,
}

/// A ticket.
#[derive(Serialize, ToSchema)]
struct ExportedTicket {
    id: String,
    /// As written; null: not kept any more, or never here.
    written: Option<WrittenTicket>,
    /// What is kept for analysis.
    fact: Option<TicketFact>,
}

/// A ticket as it was written.
#[derive(Serialize, ToSchema)]
struct WrittenTicket {
    subject: String,
    body: String,
    email: Option<String>,
    fields: BTreeMap<String, String>,
    /// Language of the mails about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    stages: Vec<ExportedStage>,
}

/// A stage of a ticket.
#[derive(Serialize, ToSchema)]
struct ExportedStage {
    #[schema(value_type = String)]
    stage: &'static str,
    since: String,
}

/// What is kept of a ticket for analysis.
#[derive(Serialize, ToSchema)]
struct TicketFact {
    at: String,
    source: String,
    /// Redacted.
    subject: Option<String>,
    search_id: Option<String>,
    form_id: Option<String>,
    #[schema(value_type = Option<String>)]
    left_out: Option<&'static str>,
    has_vector: bool,
}

/// A reading that is audited.
#[derive(Serialize, ToSchema)]
struct ExportedReading {
    at: String,
    what: String,
    rows: u64,
}

/// Deletes what is held of one person.
#[utoipa::path(post, path = "/v1/portals/{portal}/admin/erase", operation_id = "erase_person", tag = "admin",
    params(("portal" = String, Path)), request_body = PersonQuestion,
    responses((status = 200, body = ErasedBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn erase(
    State(app): State<Arc<App>>,
    caller: Caller,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    operator(&caller)?;
    let sought = sought(fields?)?;
    let erased = app.store.erase(&caller.portal, &caller.viewer, &sought).await?;
    // Their votes count no more.
    app.helpfulness.note_vote();
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(ErasedBody::from(erased))).into_response())
}

/// All that is held of one person.
#[utoipa::path(post, path = "/v1/portals/{portal}/admin/export", operation_id = "export_person", tag = "admin",
    params(("portal" = String, Path)), request_body = PersonQuestion,
    responses((status = 200, body = ExportBody), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
pub async fn export(
    State(app): State<Arc<App>>,
    caller: Caller,
    fields: Result<Fields, Problem>,
) -> Result<Response, Problem> {
    operator(&caller)?;
    let sought = sought(fields?)?;
    let held = app.store.export(&caller.portal, &caller.viewer, &sought).await?;
    let body = ExportBody::new(&caller.portal.id, held);
    Ok(([(header::CACHE_CONTROL, "private, no-store")], Json(body)).into_response())
}

/// Lets an operator through; for anybody else there is nothing here.
pub fn operator(caller: &Caller) -> Result<(), Problem> {
    if caller.viewer.has(OPERATOR) { Ok(()) } else { Err(Problem::NotFound) }
}

/// A moment as text, RFC 3339.
pub fn time(at: i64) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().to_string()
}

fn sought(mut fields: Fields) -> Result<Sought, Problem> {
    let mut named = Vec::new();
    for (name, sought) in
        [("subject", Sought::Subject as fn(String) -> Sought), ("visitor", Sought::Visitor), ("email", Sought::Email)]
    {
        let value = fields.text(name, NAME_LIMIT)?;
        named.extend(value.filter(|value| !value.trim().is_empty()).map(sought));
    }
    fields.finish()?;
    match (named.pop(), named.is_empty()) {
        (Some(sought), true) => Ok(sought),
        _ => Err(Problem::invalid("subject", "Name one person by one of `subject`, `visitor` and `email`.")),
    }
}

impl From<Erased> for ErasedBody {
    fn from(erased: Erased) -> Self {
        Self { erased: erased.rows.into(), remains: remains(erased.traces) }
    }
}

/// What is left of erased rows in the database's files, in words.
pub fn remains(traces: Traces) -> Option<&'static str> {
    match traces {
        Traces::None => None,
        Traces::InPages => Some(
            "The rows are overwritten. Copies that page splits left may stand in unused parts of the file, which is too large to be \
             written anew while the server runs: stop it and run VACUUM with sqlite3.",
        ),
        Traces::InLog => Some(
            "Copies in the write-ahead log (events.sqlite-wal), since somebody was reading; they are overwritten by the next erasure, and go \
             with the log when the server stops.",
        ),
        Traces::UntilVacuum => Some(
            "No query finds the rows any more. Their bytes leave PostgreSQL's pages after VACUUM, which autovacuum runs by itself, as \
             new rows take their place; VACUUM FULL does so at once. Archived WAL, replicas' logs and backups keep them for as long as \
             you keep those.",
        ),
    }
}

impl From<Holding> for HoldingBody {
    fn from(Holding { events, votes, addresses, facts, tickets }: Holding) -> Self {
        Self { events, votes, addresses, ticket_facts: facts, tickets }
    }
}

impl ExportBody {
    /// What is held of a person of a portal, as JSON.
    pub fn new(portal: &str, held: Held) -> Self {
        Self {
            portal: portal.into(),
            events: held.events.into_iter().map(ExportedEvent::from).collect(),
            votes: held
                .votes
                .into_iter()
                .map(|vote| ExportedVote { slug: vote.slug, at: time(vote.t), solved: vote.solved })
                .collect(),
            tickets: held.tickets.into_iter().map(ExportedTicket::from).collect(),
            addresses_known_since: held.addresses.into_iter().map(time).collect(),
            audit: held
                .readings
                .into_iter()
                .map(|reading| ExportedReading { at: time(reading.at), what: reading.what, rows: reading.rows })
                .collect(),
        }
    }
}

impl From<Event> for ExportedEvent {
    fn from(event: Event) -> Self {
        let of = Self {
            t: time(moment(&event.stamp).t),
            at: time(event.stamp.at),
            sent_at: time(event.stamp.sent_at),
            received_at: time(event.stamp.received_at),
            id: event.id,
            surface: event.surface.name(),
            roles: event.roles,
            left_out: event.mark.map(Mark::name),
            ..Self::default()
        };
        match event.kind {
            Kind::Search(searched) => Self {
                r#type: "search",
                search_id: searched.search_id,
                query: searched.text,
                language: searched.language.as_ref().map(Language::as_str).map(str::to_owned),
                results: Some(searched.results),
                confidence: searched.confidence.map(Named::name),
                has_vector: Some(searched.vector.is_some()),
                compared_with: Some(searched.ties.len()).filter(|ties| *ties > 0),
                ..of
            },
            Kind::Impression(shown) => Self { r#type: "impression", ..of }.shown(shown),
            Kind::Click(shown) => Self { r#type: "click", ..of }.shown(shown),
            Kind::Leave { slug, search_id } => Self { r#type: "leave", slug: Some(slug), search_id, ..of },
            Kind::Vote { slug, solved, comment, search_id } => {
                Self { r#type: "vote", slug: Some(slug), solved: Some(solved), comment, search_id, ..of }
            }
            Kind::FormOpen { form_id, search_id, assigned } => Self {
                r#type: "form_open",
                form_id: Some(form_id),
                search_id,
                suggested: assigned.as_ref().map(|assigned| assigned.arm == Arm::Shown),
                experiment: assigned.map(|assigned| assigned.experiment),
                ..of
            },
            Kind::FormSuggest { form_id, slug } => {
                Self { r#type: "form_suggest", form_id: Some(form_id), slug: Some(slug), ..of }
            }
            Kind::FormLeft { form_id } => Self { r#type: "form_left", form_id: Some(form_id), ..of },
            Kind::Ticket { form_id, search_id, ticket_id } => {
                Self { r#type: "ticket", form_id, search_id, ticket_id, ..of }
            }
        }
    }
}

impl ExportedEvent {
    fn shown(self, Shown { slug, search_id, form_id, rank, task }: Shown) -> Self {
        Self { slug: Some(slug), search_id, form_id, rank, task: task.then_some(true), ..self }
    }
}

impl From<HeldTicket> for ExportedTicket {
    fn from(HeldTicket { id, written, fact }: HeldTicket) -> Self {
        let stage = |(stage, since): (Stage, i64)| ExportedStage { stage: stage.name(), since: time(since) };
        let written = written.map(|(ticket, stages)| WrittenTicket {
            subject: ticket.subject,
            body: ticket.body,
            email: ticket.email,
            fields: ticket.fields,
            language: ticket.language,
            stages: stages.into_iter().map(stage).collect(),
        });
        Self { id, written, fact: fact.map(TicketFact::from) }
    }
}

impl From<Ticket> for TicketFact {
    fn from(ticket: Ticket) -> Self {
        Self {
            at: time(ticket.at),
            source: ticket.source,
            subject: ticket.subject,
            search_id: ticket.search_id,
            form_id: ticket.form_id,
            left_out: ticket.mark.map(Mark::name),
            has_vector: ticket.vector.is_some(),
        }
    }
}
