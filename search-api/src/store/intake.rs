//! What was sent, and by whom, becomes what is stored: people hashed, texts redacted, foreign search ids dropped.

use super::keys::{KeyError, Keys};
use super::redaction::redact;
use super::{AnsweredSearch, Batch, NewEvent, NewTicket, Origin, random_id};
use crate::deflection::clock::moment;
use crate::deflection::log::{
    Address, Arm, Assignment, Event, Hash, Kind, Mark, Millis, Person, QueryVector, Searched, Shown, Stamp, Ticket,
};
use crate::identity::{OPERATOR, Viewer};
use indexer::audience::{Grants, ROLES};
use indexer::portal::{Experiment, Portal};

/// Who sent something, for as long as it takes to hash them.
#[derive(Clone, Debug, Default)]
pub struct Sender {
    /// The portal's id.
    pub portal: String,
    subject: Option<String>,
    browser: Option<String>,
    email: Option<String>,
    roles: Vec<String>,
    mark: Option<Mark>,
    tracked: bool,
    backfill: bool,
    keeps_queries: bool,
    experiment: Option<Experiment>,
}

/// A batch ready to be stored.
#[derive(Debug, Default)]
pub struct Rows {
    /// Events.
    pub events: Vec<Event>,
    /// Tickets that a backfill brought.
    pub tickets: Vec<Ticket>,
    /// The address that the sender is known by.
    pub address: Option<Address>,
    /// Search ids that were not the sender's.
    pub foreign_ids: u64,
    /// What the sender holds, where votes are theirs: not of a backfill.
    pub held: Option<Hash>,
}

impl Rows {
    /// When what they tell of happened.
    pub fn times(&self) -> impl Iterator<Item = Millis> {
        let tickets = self.tickets.iter().map(|ticket| ticket.at);
        self.events.iter().map(|event| moment(&event.stamp).t).chain(tickets)
    }
}

impl Sender {
    /// Reads who sends. An operator's batch speaks of others: its token says nothing of the visitor.
    pub fn new(portal: &Portal, origin: Origin<'_>) -> Self {
        let backfill = origin.viewer.has(OPERATOR);
        let person = Some(origin.viewer).filter(|_| !backfill);
        let roles = person.map(|viewer| viewer.roles().iter().filter(|role| !role.contains(':')).cloned().collect());
        let staff = person.is_some_and(|viewer| viewer.is_staff(portal));
        Self {
            portal: portal.id.clone(),
            subject: person.and_then(Viewer::subject).map(str::to_owned),
            browser: origin.browser.map(str::to_owned),
            email: person.and_then(Viewer::email).map(str::to_owned),
            roles: roles.unwrap_or_default(),
            mark: origin.mark.or(staff.then_some(Mark::Staff)),
            tracked: origin.tracked,
            backfill,
            keeps_queries: portal.keep_queries,
            experiment: portal.holdout.clone(),
        }
    }

    /// Issues an id for a ticket form, and says whether articles are to be suggested in it. Under an experiment a person stays in the
    /// arm that chance gave them first: `earlier` is the id of a form that they opened before they signed in.
    pub fn begin_form(&self, keys: &Keys, earlier: Option<&str>) -> (String, bool) {
        // Staff and whoever asked not to be followed are in no figure, so in no experiment.
        let counts = self.mark.is_none() && self.tracked;
        let (Some(experiment), Some(person)) = (&self.experiment, self.bindings().next().filter(|_| counts)) else {
            return (random_id(), true);
        };
        let kept = earlier.and_then(|id| keys.issued_form(&self.portal, experiment, id));
        let arm = kept.unwrap_or_else(|| keys.arm(&self.portal, experiment, &person));
        (keys.issue_form(&self.portal, experiment, arm), arm == Arm::Shown)
    }

    /// What a form's id says that chance gave its writer.
    pub fn assigned(&self, keys: &Keys, form_id: &str) -> Option<Assignment> {
        let experiment = self.experiment.as_ref()?;
        let arm = keys.issued_form(&self.portal, experiment, form_id)?;
        Some(Assignment { experiment: experiment.name.clone(), per_mille: experiment.per_mille, arm })
    }

    /// What a search id of this sender is bound to.
    pub fn issue(&self, keys: &Keys) -> String {
        keys.issue_search(&self.portal, &self.bindings().next().unwrap_or_default())
    }

    /// Turns an answered search into the event that records it.
    pub fn searched(&self, keys: &Keys, search: AnsweredSearch, now: Millis) -> Result<Event, KeyError> {
        let text = self.keeps_queries.then(|| redact(&search.text));
        let kind = Kind::Search(Searched {
            text,
            language: Some(search.language),
            results: search.results,
            confidence: Some(search.confidence),
            vector: search.vector.filter(|_| self.keeps_queries),
            ties: Vec::new(),
            search_id: Some(search.search_id.clone()),
        });
        Ok(Event {
            id: format!("{RECORDED}{}", search.search_id),
            stamp: Stamp { at: now, sent_at: now, received_at: now, backfill: false },
            person: self.person(keys, now)?,
            roles: self.roles.clone(),
            mark: self.mark,
            surface: search.surface,
            kind,
        })
    }

    /// Turns a batch into rows.
    pub fn rows(&self, keys: &Keys, batch: Batch, now: Millis) -> Result<Rows, KeyError> {
        let mut rows = Rows { address: self.address(keys, self.email.as_deref(), now)?, ..Rows::default() };
        for new in batch.events {
            let stamp = Stamp { at: new.at, sent_at: batch.sent_at, received_at: now, backfill: self.backfill };
            let t = moment(&stamp).t;
            let NewEvent { id, surface, test, mut kind, .. } = new;
            rows.foreign_ids += u64::from(self.drop_foreign(keys, &mut kind));
            self.redact(&mut kind);
            if let Kind::FormOpen { form_id, assigned, .. } = &mut kind {
                *assigned = self.assigned(keys, form_id);
            }
            let person = self.person(keys, t)?;
            let mark = if test { Some(Mark::Test) } else { self.mark };
            if let (true, Kind::Ticket { form_id, search_id, ticket_id }) = (self.backfill, &kind) {
                rows.tickets.push(Ticket {
                    id: ticket_id.clone().unwrap_or_else(|| id.clone()),
                    at: t,
                    source: BACKFILL.into(),
                    person,
                    mark,
                    email: None,
                    search_id: search_id.clone(),
                    form_id: form_id.clone(),
                    subject: None,
                    vector: None,
                });
            }
            rows.events.push(Event { id, stamp, person, roles: self.roles.clone(), mark, surface, kind });
        }
        Ok(rows)
    }

    /// What is kept of a ticket for analysis, and by which address its writer is known from now on.
    pub fn ticket_fact(
        &self,
        keys: &Keys,
        id: &str,
        ticket: &NewTicket,
        vector: Option<QueryVector>,
        now: Millis,
    ) -> Result<(Ticket, Option<Address>), KeyError> {
        let email = ticket.email.as_deref().or(self.email.as_deref());
        let fact = Ticket {
            id: id.into(),
            at: now,
            source: super::FORM.into(),
            person: self.person(keys, now)?,
            mark: self.mark,
            email: email.filter(|_| self.tracked).map(|email| keys.email(&self.portal, email)),
            search_id: ticket.search_id.clone().filter(|id| self.owns(keys, id)),
            form_id: ticket.form_id.clone(),
            subject: self.keeps_queries.then(|| redact(&ticket.subject)),
            vector: vector.filter(|_| self.keeps_queries),
        };
        Ok((fact, self.address(keys, email, now)?))
    }

    /// Hash of the signed-in subject.
    pub fn owner(&self, keys: &Keys) -> Option<Hash> {
        self.subject.as_deref().map(|subject| keys.subject(&self.portal, subject))
    }

    /// What an idempotency key belongs to.
    pub fn idempotency(&self, keys: &Keys, key: &str) -> Hash {
        keys.idempotency(&self.portal, &self.bindings().next().unwrap_or_default(), key)
    }

    /// Who sent it, hashed; nobody where they could not or would not be told.
    fn person(&self, keys: &Keys, at: Millis) -> Result<Person, KeyError> {
        if !self.tracked {
            return Ok(Person::default());
        }
        let browser = self.browser.as_deref().map(|id| keys.browser(&self.portal, id, at)).transpose()?;
        Ok(Person {
            subject: self.owner(keys),
            browser: browser.map(|(now, _)| now),
            browser_before: browser.and_then(|(_, before)| before),
        })
    }

    fn address(&self, keys: &Keys, email: Option<&str>, now: Millis) -> Result<Option<Address>, KeyError> {
        let person = self.person(keys, now)?;
        let known = person.subject.is_some() || person.browser.is_some();
        let email = email.filter(|_| known && !self.backfill);
        Ok(email.map(|email| Address { email: keys.email(&self.portal, email), person, since: now }))
    }

    fn drop_foreign(&self, keys: &Keys, kind: &mut Kind) -> bool {
        let named = match kind {
            Kind::Impression(Shown { search_id, .. }) | Kind::Click(Shown { search_id, .. }) => search_id,
            Kind::Leave { search_id, .. }
            | Kind::Vote { search_id, .. }
            | Kind::FormOpen { search_id, .. }
            | Kind::Ticket { search_id, .. } => search_id,
            Kind::Search(searched) => &mut searched.search_id,
            Kind::FormSuggest { .. } | Kind::FormLeft { .. } => return false,
        };
        let foreign = named.as_ref().is_some_and(|id| !self.owns(keys, id));
        if foreign {
            *named = None;
        }
        foreign
    }

    /// Whether a search id is this sender's. An operator vouches for those of a backfill.
    fn owns(&self, keys: &Keys, id: &str) -> bool {
        self.backfill || self.bindings().any(|person| keys.issued_search(&self.portal, &person, id))
    }

    /// What ids of this sender may be bound to: who signs in within a visit keeps the ids issued before.
    fn bindings(&self) -> impl Iterator<Item = String> + '_ {
        let subject = self.subject.iter().map(|subject| format!("subject {subject}"));
        subject.chain(self.browser.iter().map(|browser| format!("browser {browser}")))
    }

    fn redact(&self, kind: &mut Kind) {
        match kind {
            Kind::Search(searched) => {
                searched.text = searched.text.take().filter(|_| self.keeps_queries).map(|text| redact(&text));
                searched.vector = searched.vector.take().filter(|_| self.keeps_queries);
            }
            Kind::Vote { comment, .. } => {
                *comment = comment.take().filter(|_| self.keeps_queries).map(|text| redact(&text));
            }
            _ => {}
        }
    }
}

/// What a viewer holds of the roles and attributes that a portal knows: equal texts, equal visible articles, whatever there are.
pub fn held(portal: &Portal, grants: &Grants) -> String {
    let Grants::Attributes(held) = grants else { return "everything".to_owned() };
    let known = |name: &str, value: &str| match portal.attributes.get(name) {
        _ if name == ROLES => portal.roles.iter().any(|role| role.name == value),
        Some(values) => values.is_empty() || values.contains(value),
        None => false,
    };
    let pairs = held.iter().flat_map(|(name, values)| values.iter().map(move |value| (name, value)));
    let held: Vec<_> = pairs.filter(|(name, value)| known(name, value)).collect();
    format!("{held:?}")
}

/// What ids of recorded searches begin with; ids that are sent may not.
pub const RECORDED: &str = "recorded:";

/// Source of tickets that an operator's backfill brings.
pub const BACKFILL: &str = "backfill";
