//! The ticket form: what was typed is never lost, and answers are offered before a person is asked.

use super::frame::{Frame, Visit};
use super::page;
use super::words::fill;
use crate::deflection::log::Surface;
use crate::http::error::Problem;
use crate::http::search::{Asked, QUERY_LIMIT, search};
use crate::http::tickets::{SUBJECT_LIMIT, SentTicket, TEXT_LIMIT, checked, is_address, telling};
use crate::http::{App, address};
use crate::retrieval::{Confidence, Mode, Query};
use crate::store::NewTicket;
use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Query as Address, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use indexer::language::Language;
use indexer::portal::{Portal, TicketField};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

const EMAIL_LIMIT: usize = 254;
const EXTRA_LIMIT: usize = 1_000;
/// Before the names of a portal's own fields, so that none is taken for one of ours.
const EXTRA: &str = "extra-";
/// Answers offered.
const OFFERED: usize = 3;

#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketForm {
    frame: Frame,
    form_id: String,
    /// Whether articles are suggested in it.
    suggests: bool,
    search_id: String,
    key: String,
    fields: Vec<Field>,
    /// Whether anything must be corrected.
    faulty: bool,
    /// What may answer it, once asked for; scripts ask while one writes.
    offered: Option<Vec<Offered>>,
}

/// A labelled control.
struct Field {
    name: String,
    label: String,
    hint: String,
    kind: FieldKind,
    limit: usize,
    required: bool,
    value: String,
    fault: Option<String>,
}

enum FieldKind {
    Line,
    Email,
    Text,
    Choice(Vec<String>),
}

struct Offered {
    title: String,
    href: String,
    slug: String,
    lang: String,
    snippet: String,
}

/// What the form's address may say.
#[derive(Deserialize)]
pub(super) struct Led {
    /// Id of the search that led here.
    #[serde(default)]
    s: String,
}

/// `GET /{portal}/ticket`
pub(super) async fn show(
    State(app): State<Arc<App>>,
    visit: Visit,
    Address(led): Address<Led>,
) -> Result<Response, Problem> {
    let email = visit.caller.viewer.email().unwrap_or_default().to_owned();
    let written = BTreeMap::from([("search_id".to_owned(), led.s), ("email".to_owned(), email)]);
    let fields = fields(&visit.frame, &visit.caller.portal, &written);
    let (form_id, suggests) = visit.begin_form(&app);
    render(visit.frame, Sent { form_id, suggests, key: random_key(), written }, fields, None)
}

/// `POST /{portal}/ticket`: sends it, or looks for answers first.
pub(super) async fn send(
    State(app): State<Arc<App>>,
    visit: Visit,
    pairs: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Problem> {
    let Form(pairs) = pairs.map_err(|rejection| Problem::invalid("body", rejection.body_text()))?;
    let sent = Sent::read(pairs, &visit, &app);
    let mut fields = fields(&visit.frame, &visit.caller.portal, &sent.written);
    if sent.suggests && sent.text("do") == "check" {
        let offered = offer(&app, &visit, &sent).await?;
        return render(visit.frame, sent, fields, offered);
    }
    fields.iter_mut().for_each(|field| field.fault = field.fault(&visit.frame));
    if fields.iter().any(|field| field.fault.is_some()) {
        let form = render(visit.frame, sent, fields, None)?;
        return Ok((Problem::invalid("body", "").status(), form).into_response());
    }
    let ticket = sent.ticket(&visit.caller.portal, &visit.frame.language)?;
    let vector = match &app.embedder {
        Some(embedder) if visit.caller.portal.keep_queries => {
            embedder.embed(&telling(&ticket.subject, &ticket.body)).await
        }
        _ => None,
    };
    let created = app.store.create_ticket(&visit.caller.portal, visit.origin(), ticket, vector).await?;
    let mut asked = vec![("fresh", "yes")];
    if visit.caller.viewer.subject().is_none() {
        asked.push(("secret", &created.secret));
    }
    let id = address::segment(&created.ticket.id);
    Ok(Redirect::to(&format!("{}/tickets/{id}?{}", visit.frame.base, address::query(&asked))).into_response())
}

/// Articles that may answer what was written; nothing while there is too little of it.
async fn offer(app: &App, visit: &Visit, sent: &Sent) -> Result<Option<Vec<Offered>>, Problem> {
    let text: String =
        format!("{}\n{}", sent.text("subject"), sent.text("body")).trim().chars().take(QUERY_LIMIT).collect();
    if text.is_empty() {
        return Ok(None);
    }
    let language = Some(visit.frame.language.clone());
    let query = Query { text, language, limit: OFFERED, mode: Mode::Hybrid, ..Query::default() };
    let asked = Asked { query, visitor: visit.browser().map(str::to_owned), surface: Surface::Form };
    let found = search(app, &visit.caller, visit.visitor, asked).await?.answers;
    if found.confidence == Confidence::None {
        return Ok(Some(Vec::new()));
    }
    let offered = found.answers.into_iter().map(|answer| Offered {
        href: visit.caller.article_url_at(&answer.slug, &answer.anchor),
        snippet: answer.snippet.iter().map(|stretch| stretch.text.as_str()).collect(),
        title: answer.title,
        slug: answer.slug,
        lang: answer.language.as_str().to_owned(),
    });
    Ok(Some(offered.collect()))
}

fn render(frame: Frame, sent: Sent, fields: Vec<Field>, offered: Option<Vec<Offered>>) -> Result<Response, Problem> {
    let faulty = fields.iter().any(|field| field.fault.is_some());
    let search_id = sent.text("search_id").to_owned();
    let Sent { form_id, suggests, key, .. } = sent;
    let form = TicketForm { frame, form_id, suggests, search_id, key, fields, faulty, offered };
    // Each form has an id and a key of its own.
    Ok(([(header::CACHE_CONTROL, "private, no-store")], page(&form)?).into_response())
}

/// A form as it was sent.
struct Sent {
    form_id: String,
    suggests: bool,
    key: String,
    written: BTreeMap<String, String>,
}

impl Sent {
    fn read(pairs: Vec<(String, String)>, visit: &Visit, app: &App) -> Self {
        let mut written: BTreeMap<String, String> =
            pairs.into_iter().map(|(name, value)| (name, value.replace("\r\n", "\n").trim().to_owned())).collect();
        let mut hidden = |name| written.remove(name).filter(|value| !value.is_empty() && value.len() <= 64);
        let (form_id, suggests) = match hidden("form_id") {
            Some(id) => {
                let suggests = app.store.suggests(&visit.caller.portal, visit.origin(), &id);
                (id, suggests)
            }
            None => visit.begin_form(app),
        };
        let key = hidden("key").unwrap_or_else(random_key);
        Self { form_id, suggests, key, written }
    }

    fn text(&self, name: &str) -> &str {
        self.written.get(name).map(String::as_str).unwrap_or_default()
    }

    /// The ticket, checked as the API checks it.
    fn ticket(&self, portal: &Portal, language: &Language) -> Result<NewTicket, Problem> {
        let text = |name: &str| self.text(name).to_owned();
        let extra = self.written.iter().filter(|(_, value)| !value.is_empty());
        let extra = extra.filter_map(|(name, value)| Some((name.strip_prefix(EXTRA)?.to_owned(), value.clone())));
        let sent = SentTicket::new(text("subject"), text("body"), Some(text("email")), extra.collect());
        Ok(NewTicket {
            search_id: Some(text("search_id")).filter(|id| !id.is_empty()),
            form_id: Some(self.form_id.clone()),
            idempotency_key: Some(self.key.clone()),
            language: Some(language.as_str().to_owned()),
            ..checked(portal, sent)?
        })
    }
}

fn random_key() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// The form's fields, ours and then the portal's, with what was written.
fn fields(frame: &Frame, portal: &Portal, written: &BTreeMap<String, String>) -> Vec<Field> {
    let words = &frame.words.ticket;
    let own = [
        ("subject", &words.subject, words.subject_hint.as_str(), FieldKind::Line, SUBJECT_LIMIT, true),
        ("body", &words.body, "", FieldKind::Text, TEXT_LIMIT, true),
        ("email", &words.email, words.email_hint.as_str(), FieldKind::Email, EMAIL_LIMIT, false),
    ];
    let value = |name: &str| written.get(name).cloned().unwrap_or_default();
    let own = own.into_iter().map(|(name, label, hint, kind, limit, required)| Field {
        name: name.to_owned(),
        label: label.clone(),
        hint: hint.to_owned(),
        kind,
        limit,
        required,
        value: value(name),
        fault: None,
    });
    let extra = portal.ticket_fields.iter().map(|field: &TicketField| {
        let name = format!("{EXTRA}{}", field.name);
        let label = field.label.get(frame.language.as_str()).or_else(|| field.label.get(frame.words.tag));
        Field {
            label: label.or_else(|| field.label.values().next()).unwrap_or(&field.name).clone(),
            hint: String::new(),
            kind: if field.options.is_empty() { FieldKind::Line } else { FieldKind::Choice(field.options.clone()) },
            limit: EXTRA_LIMIT,
            required: field.required,
            value: value(&name),
            name,
            fault: None,
        }
    });
    own.chain(extra).collect()
}

impl Field {
    /// What is wrong with what was written, in the reader's words.
    fn fault(&self, frame: &Frame) -> Option<String> {
        let words = &frame.words.ticket;
        if self.value.is_empty() {
            return self.required.then(|| words.error_missing.clone());
        }
        if self.value.chars().nth(self.limit).is_some() {
            return Some(fill(&words.error_long, &[("limit", &self.limit)]));
        }
        match &self.kind {
            FieldKind::Email if !is_address(&self.value) => Some(words.error_email.clone()),
            FieldKind::Choice(options) if !options.contains(&self.value) => Some(words.error_choice.clone()),
            _ => None,
        }
    }

    /// Ids of the texts that describe the control.
    fn described(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let fault = self.fault.is_some().then(|| format!("{}-fault", self.name));
        hint.into_iter().chain(fault).collect::<Vec<_>>().join(" ")
    }
}
