//! Whose rows must be read together so that a part of a log tells of somebody what all of it tells.
//!
//! What becomes of a visitor's needs depends on the events of their browsers and of their subject, on whoever else signed in on those,
//! and on tickets that are theirs, name one of their searches or forms, or come from an address that they are known by. Nothing else in
//! the log matters to them.

use super::log::{Address, Event, Hash, Kind, Person, Ticket};
use super::visitors::Visitor;
use std::collections::HashSet;

/// People who are tied to one another, as they come to be known.
#[derive(Debug, Default)]
pub struct Kin {
    known: HashSet<Visitor>,
    emails: HashSet<Hash>,
    searches: HashSet<String>,
    forms: HashSet<String>,
    sought: HashSet<String>,
    unread: Vec<Visitor>,
}

impl Kin {
    /// Adds whoever a row comes from; whether that was news.
    pub fn meet(&mut self, person: &Person) -> bool {
        let subject = person.subject.map(Visitor::Subject);
        let browsers = [person.browser, person.browser_before].into_iter().flatten().map(Visitor::Browser);
        let before = self.unread.len();
        for one in subject.into_iter().chain(browsers) {
            if self.known.insert(one) {
                self.unread.push(one);
            }
        }
        self.unread.len() > before
    }

    /// Adds somebody as they are known.
    pub fn meet_one(&mut self, one: Visitor) {
        self.meet(&match one {
            Visitor::Subject(subject) => Person { subject: Some(subject), ..Person::default() },
            Visitor::Browser(browser) => Person { browser: Some(browser), ..Person::default() },
        });
    }

    /// Adds whoever wrote a ticket.
    pub fn meet_author(&mut self, ticket: &Ticket) {
        self.meet(&ticket.person);
        self.emails.extend(ticket.email);
    }

    /// Those whose events are yet to be read, as they are stored.
    pub fn unread(&mut self) -> Vec<Visitor> {
        std::mem::take(&mut self.unread)
    }

    /// Adds events of people who were met, and whoever shares a browser or a subject with them.
    pub fn read(&mut self, events: &[Event]) {
        for event in events {
            self.meet(&event.person);
            match &event.kind {
                Kind::Search(searched) => self.searches.extend(searched.search_id.clone()),
                Kind::FormOpen { form_id, .. } | Kind::FormSuggest { form_id, .. } | Kind::FormLeft { form_id } => {
                    self.forms.insert(form_id.clone());
                }
                _ => {}
            }
        }
    }

    /// Adds whoever is tied to those who were met by a ticket or an address.
    pub fn tie(&mut self, tickets: &[Ticket], addresses: &[Address]) {
        loop {
            let mut news = false;
            for ticket in tickets {
                if self.holds(ticket) {
                    news |= self.meet(&ticket.person);
                    news |= ticket.email.is_some_and(|email| self.emails.insert(email));
                }
            }
            for address in addresses {
                if self.emails.contains(&address.email) || self.is_known(&address.person) {
                    news |= self.meet(&address.person);
                    news |= self.emails.insert(address.email);
                }
            }
            if !news {
                return;
            }
        }
    }

    /// Whether a ticket may be one of theirs.
    pub fn holds(&self, ticket: &Ticket) -> bool {
        self.is_known(&ticket.person)
            || ticket.email.is_some_and(|email| self.emails.contains(&email))
            || ticket.search_id.as_ref().is_some_and(|id| self.searches.contains(id))
            || ticket.form_id.as_ref().is_some_and(|id| self.forms.contains(id))
    }

    /// Ids of searches and forms that their tickets name, and those that are meant, of which it is not known whose they are. Each id
    /// is told once: whoever holds it is to be met.
    pub fn unheld(&mut self, tickets: &[Ticket], is_meant: impl Fn(&Ticket) -> bool) -> Option<Vec<String>> {
        let mut ids = Vec::new();
        for ticket in tickets {
            if !is_meant(ticket) && !self.holds(ticket) {
                continue;
            }
            let search = ticket.search_id.as_ref().filter(|id| !self.searches.contains(*id));
            let form = ticket.form_id.as_ref().filter(|id| !self.forms.contains(*id));
            ids.extend(search.into_iter().chain(form).filter(|id| self.sought.insert((*id).clone())).cloned());
        }
        (!ids.is_empty()).then_some(ids)
    }

    fn is_known(&self, person: &Person) -> bool {
        let browsers = [person.browser, person.browser_before].into_iter().flatten().map(Visitor::Browser);
        person.subject.map(Visitor::Subject).into_iter().chain(browsers).any(|one| self.known.contains(&one))
    }
}
