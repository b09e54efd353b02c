//! One person as the store knows them: from what they are called by to the rows that are theirs, and no others.

use super::StoreError;
use super::keys::{KeyError, Keys};
use super::rows::hash;
use crate::deflection::log::{Hash, Millis};
use crate::deflection::question::Rules;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row, query};
use std::collections::{BTreeMap, BTreeSet};

/// What a person is called by.
#[derive(Clone, PartialEq, Eq)]
pub enum Sought {
    /// The subject of their tokens.
    Subject(String),
    /// The random id that their browser keeps.
    Visitor(String),
    /// Their e-mail address.
    Email(String),
}

/// The same under the keys of a portal: all that is ever compared with what is stored.
#[derive(Clone, Debug)]
pub struct Whose {
    /// The portal's id.
    pub portal: String,
    /// `subject`, `visitor` or `email`; all that an audit says of them.
    pub by: &'static str,
    subject: Option<Hash>,
    browsers: Vec<Hash>,
    email: Option<Hash>,
}

/// The rows of one person, by their keys.
#[derive(Debug, Default)]
pub struct Theirs {
    /// Subjects that are they: at most one.
    pub subjects: BTreeSet<Hash>,
    /// Browsers that are theirs. Rows that somebody else wrote with one, signed in, are not; they are only parted from it.
    pub browsers: BTreeSet<Hash>,
    /// Events, by number.
    pub events: BTreeSet<i64>,
    /// Searches that these are about: whoever names one in a ticket is they.
    pub searches: BTreeSet<String>,
    /// The same of forms.
    pub forms: BTreeSet<String>,
    /// When the first and the last of events and tickets was.
    pub span: Option<(Millis, Millis)>,
    /// Votes: article, visitor, when.
    pub votes: BTreeSet<(String, Hash, Millis)>,
    /// Addresses that they are known by: address, and who gave it.
    pub addresses: BTreeSet<(Hash, Hash)>,
    /// What is kept of their tickets for analysis, by ticket.
    pub facts: BTreeSet<String>,
    /// Their tickets as written.
    pub tickets: BTreeSet<String>,
}

const EVENTS_OF_SUBJECT: &str = "SELECT seq, t, subject, browser, browser_before, kind, slug, search_id, form_id FROM event \
     WHERE portal = $1 AND subject = $2";
const EVENTS_OF_BROWSER: &str = "SELECT seq, t, subject, browser, browser_before, kind, slug, search_id, form_id FROM event \
     WHERE portal = $1 AND (browser = $2 OR browser_before = $2)";
const TICKETS_OF_OWNER: &str = "SELECT id FROM ticket WHERE portal = $1 AND owner = $2";
const FACTS_OF_SUBJECT: &str =
    "SELECT id, at AS t, subject, browser, browser_before FROM ticket_fact WHERE portal = $1 AND subject = $2";
const FACTS_OF_BROWSER: &str = "SELECT id, at AS t, subject, browser, browser_before FROM ticket_fact \
                                WHERE portal = $1 AND (browser = $2 OR browser_before = $2)";
const FACTS_OF_EMAIL: &str =
    "SELECT id, at AS t, subject, browser, browser_before FROM ticket_fact WHERE portal = $1 AND email = $2";
const FACTS_BY_NAME: &str = "SELECT id, at AS t, search_id, form_id FROM ticket_fact WHERE portal = $1 \
                             AND subject IS NULL AND browser IS NULL AND (search_id IS NOT NULL OR form_id IS NOT NULL)";
const ADDRESSES_OF_PERSON: &str = "SELECT email, person, subject FROM address WHERE portal = $1 AND person = $2";
const ADDRESSES_OF_EMAIL: &str = "SELECT email, person, subject FROM address WHERE portal = $1 AND email = $2";
const VOTES_OF_VISITOR: &str = "SELECT slug, visitor, t FROM vote WHERE portal = $1 AND visitor = $2";

/// What is asked of the large tables, each with portal and a hash.
#[cfg(test)]
pub const ASKED: [&str; 3] = [EVENTS_OF_SUBJECT, EVENTS_OF_BROWSER, TICKETS_OF_OWNER];

/// A row with a visitor.
struct Seen {
    what: What,
    t: Millis,
    subject: Option<Hash>,
    browser: Option<Hash>,
    before: Option<Hash>,
}

enum What {
    Event {
        seq: i64,
        /// The article if it is a vote.
        voted: Option<String>,
        search: Option<String>,
        form: Option<String>,
    },
    Fact(String),
}

impl Sought {
    /// Hashes it. A browser's id under the key of each month that is not yet forgotten.
    pub fn hashed(&self, keys: &Keys, portal: &str) -> Result<Whose, KeyError> {
        let nobody = Whose { portal: portal.into(), by: "", subject: None, browsers: Vec::new(), email: None };
        Ok(match self {
            Self::Subject(subject) => Whose { by: "subject", subject: Some(keys.subject(portal, subject)), ..nobody },
            Self::Visitor(id) => Whose { by: "visitor", browsers: keys.browsers(portal, id)?, ..nobody },
            Self::Email(address) => Whose { by: "email", email: Some(keys.email(portal, address)), ..nobody },
        })
    }
}

impl Whose {
    /// Finds their rows. Within the transaction of `db`, what is found stays all there is.
    pub async fn find(&self, db: &mut AnyConnection) -> Result<Theirs, StoreError> {
        let mut theirs = Theirs {
            subjects: self.subject.into_iter().collect(),
            browsers: self.browsers.iter().copied().collect(),
            ..Theirs::default()
        };
        let emails = match self.email {
            Some(email) => {
                self.follow(db, email, &mut theirs).await?;
                BTreeSet::from([email])
            }
            None => self.addresses_of(db, &theirs.subjects).await?,
        };
        self.find_events(db, &mut theirs).await?;
        self.find_tickets(db, &emails, &mut theirs).await?;
        for person in theirs.subjects.iter().chain(&theirs.browsers) {
            for row in self.ask(db, VOTES_OF_VISITOR, person).await? {
                theirs.votes.insert((row.try_get("slug")?, needed(&row, "visitor")?, row.try_get("t")?));
            }
            for row in self.ask(db, ADDRESSES_OF_PERSON, person).await? {
                theirs.addresses.insert((needed(&row, "email")?, needed(&row, "person")?));
            }
        }
        for email in &emails {
            for row in self.ask(db, ADDRESSES_OF_EMAIL, email).await? {
                theirs.addresses.insert((needed(&row, "email")?, needed(&row, "person")?));
            }
        }
        // A vote that was changed or had no weight is an event alone.
        let mut last = BTreeSet::new();
        for (slug, visitor, t) in std::mem::take(&mut theirs.votes) {
            let vote = query("SELECT t FROM vote WHERE portal = $1 AND slug = $2 AND visitor = $3 AND t = $4");
            let vote = vote.bind(&self.portal).bind(&slug).bind(&visitor[..]).bind(t);
            if vote.fetch_optional(&mut *db).await?.is_some() {
                last.insert((slug, visitor, t));
            }
        }
        theirs.votes = last;
        Ok(theirs)
    }

    /// From an address to who is known by it: not if several subjects are (an address of a firm), and not to who is known by another
    /// address too (who has typed that of somebody else).
    async fn follow(&self, db: &mut AnyConnection, email: Hash, theirs: &mut Theirs) -> Result<(), StoreError> {
        let rows = self.ask(db, ADDRESSES_OF_EMAIL, &email).await?;
        let mut known = BTreeMap::new();
        for row in &rows {
            known.insert(needed(row, "person")?, hash(row, "subject")?.is_some());
        }
        if known.values().filter(|is_subject| **is_subject).count() > 1 {
            return Ok(());
        }
        for (person, is_subject) in known {
            let mut own = true;
            for row in self.ask(db, ADDRESSES_OF_PERSON, &person).await? {
                own &= needed(&row, "email")? == email;
            }
            match (own, is_subject) {
                (true, true) => _ = theirs.subjects.insert(person),
                (true, false) => _ = theirs.browsers.insert(person),
                (false, _) => {}
            }
        }
        Ok(())
    }

    /// The addresses that subjects, and no others, are known by.
    async fn addresses_of(
        &self,
        db: &mut AnyConnection,
        subjects: &BTreeSet<Hash>,
    ) -> Result<BTreeSet<Hash>, StoreError> {
        let mut emails = BTreeSet::new();
        for subject in subjects {
            for row in self.ask(db, ADDRESSES_OF_PERSON, subject).await? {
                let email = needed(&row, "email")?;
                let mut own = true;
                for row in self.ask(db, ADDRESSES_OF_EMAIL, &email).await? {
                    own &= hash(&row, "subject")?.is_none_or(|known| subjects.contains(&known));
                }
                if own {
                    emails.insert(email);
                }
            }
        }
        Ok(emails)
    }

    async fn find_events(&self, db: &mut AnyConnection, theirs: &mut Theirs) -> Result<(), StoreError> {
        let mut browsers = BTreeSet::new();
        for subject in theirs.subjects.clone() {
            for statement in [EVENTS_OF_SUBJECT, FACTS_OF_SUBJECT] {
                for row in self.ask(db, statement, &subject).await? {
                    let seen = Seen::read(&row, statement == EVENTS_OF_SUBJECT)?;
                    browsers.extend(seen.browser.into_iter().chain(seen.before));
                    theirs.take(seen);
                }
            }
        }
        // What they did in a visit before they signed in is theirs too.
        for seen in before_sign_in(self.rows_of(db, browsers).await?, &theirs.subjects) {
            theirs.take(seen);
        }
        for browser in theirs.browsers.clone() {
            for seen in self.rows_of_one(db, &browser).await? {
                if seen.subject.is_none() {
                    theirs.take(seen);
                }
            }
        }
        Ok(())
    }

    async fn find_tickets(
        &self,
        db: &mut AnyConnection,
        emails: &BTreeSet<Hash>,
        theirs: &mut Theirs,
    ) -> Result<(), StoreError> {
        for email in emails {
            for row in self.ask(db, FACTS_OF_EMAIL, email).await? {
                let seen = Seen::read(&row, false)?;
                if self.email.is_some() || seen.subject.is_none() {
                    theirs.take(seen);
                }
            }
        }
        // As figures link them: before anything else by the search or form that a ticket names.
        if !(theirs.searches.is_empty() && theirs.forms.is_empty()) {
            for row in query(FACTS_BY_NAME).bind(&self.portal).fetch_all(&mut *db).await? {
                let (search, form): (Option<&str>, Option<&str>) = (row.try_get("search_id")?, row.try_get("form_id")?);
                let named = |ids: &BTreeSet<String>, id: Option<&str>| id.is_some_and(|id| ids.contains(id));
                if named(&theirs.searches, search) || named(&theirs.forms, form) {
                    theirs.reach(row.try_get("t")?);
                    theirs.facts.insert(row.try_get("id")?);
                }
            }
        }
        for owner in theirs.subjects.clone() {
            for row in self.ask(db, TICKETS_OF_OWNER, &owner).await? {
                theirs.tickets.insert(row.try_get("id")?);
            }
        }
        for id in &theirs.facts {
            let written = query("SELECT id FROM ticket WHERE portal = $1 AND id = $2").bind(&self.portal).bind(id);
            if written.fetch_optional(&mut *db).await?.is_some() {
                theirs.tickets.insert(id.clone());
            }
        }
        Ok(())
    }

    /// All rows of browsers, whoever was signed in; a browser that a month's turn has given another hash is followed.
    async fn rows_of(&self, db: &mut AnyConnection, mut wanted: BTreeSet<Hash>) -> Result<Vec<Seen>, StoreError> {
        let (mut rows, mut asked) = (BTreeMap::new(), BTreeSet::new());
        while let Some(browser) = wanted.pop_first() {
            asked.insert(browser);
            for seen in self.rows_of_one(db, &browser).await? {
                wanted.extend(seen.browser.into_iter().chain(seen.before).filter(|hash| !asked.contains(hash)));
                rows.insert(seen.key(), seen);
            }
        }
        Ok(rows.into_values().collect())
    }

    async fn rows_of_one(&self, db: &mut AnyConnection, browser: &Hash) -> Result<Vec<Seen>, StoreError> {
        let mut rows = Vec::new();
        for statement in [EVENTS_OF_BROWSER, FACTS_OF_BROWSER] {
            for row in self.ask(db, statement, browser).await? {
                rows.push(Seen::read(&row, statement == EVENTS_OF_BROWSER)?);
            }
        }
        Ok(rows)
    }

    async fn ask(&self, db: &mut AnyConnection, statement: &'static str, of: &Hash) -> Result<Vec<AnyRow>, StoreError> {
        Ok(query(statement).bind(&self.portal).bind(&of[..]).fetch_all(db).await?)
    }
}

impl Theirs {
    fn reach(&mut self, t: Millis) {
        self.span = Some(self.span.map_or((t, t), |(first, last)| (first.min(t), last.max(t))));
    }

    fn take(&mut self, seen: Seen) {
        self.reach(seen.t);
        match seen.what {
            What::Event { seq, voted, search, form } => {
                self.events.insert(seq);
                self.searches.extend(search);
                self.forms.extend(form);
                if let (Some(slug), Some(visitor)) = (voted, seen.subject.or(seen.browser)) {
                    self.votes.insert((slug, visitor, seen.t));
                }
            }
            What::Fact(id) => _ = self.facts.insert(id),
        }
    }
}

impl Seen {
    fn read(row: &AnyRow, is_event: bool) -> Result<Self, StoreError> {
        let what = if is_event {
            let voted = row.try_get::<&str, _>("kind")? == "vote";
            What::Event {
                seq: row.try_get("seq")?,
                voted: if voted { row.try_get("slug")? } else { None },
                search: row.try_get("search_id")?,
                form: row.try_get("form_id")?,
            }
        } else {
            What::Fact(row.try_get("id")?)
        };
        let (subject, browser) = (hash(row, "subject")?, hash(row, "browser")?);
        Ok(Self { what, t: row.try_get("t")?, subject, browser, before: hash(row, "browser_before")? })
    }

    fn key(&self) -> (Millis, i64, String) {
        match &self.what {
            What::Event { seq, .. } => (self.t, *seq, String::new()),
            What::Fact(id) => (self.t, 0, id.clone()),
        }
    }
}

/// Of the rows of browsers, sorted by time, those without a token in visits in which the subjects alone signed in: the rule by which
/// figures, too, make them theirs.
fn before_sign_in(rows: Vec<Seen>, subjects: &BTreeSet<Hash>) -> Vec<Seen> {
    // A browser is known by the hash of the first month in which it was seen.
    let mut first: BTreeMap<Hash, Hash> = BTreeMap::new();
    for seen in &rows {
        if let (Some(now), Some(before)) = (seen.browser, seen.before) {
            let root = first.get(&before).copied().unwrap_or(before);
            first.insert(now, root);
        }
    }
    let mut browsers: BTreeMap<Hash, Vec<Seen>> = BTreeMap::new();
    for seen in rows {
        let Some(browser) = seen.browser else { continue };
        browsers.entry(first.get(&browser).copied().unwrap_or(browser)).or_default().push(seen);
    }
    let gap = Rules::default().visit_gap;
    let mut found = Vec::new();
    for rows in browsers.into_values() {
        let mut visits: Vec<Vec<Seen>> = Vec::new();
        for seen in rows {
            match visits.last_mut() {
                Some(visit) if visit.last().is_some_and(|last| seen.t - last.t <= gap) => visit.push(seen),
                _ => visits.push(vec![seen]),
            }
        }
        for visit in visits {
            let signed_in: BTreeSet<Hash> = visit.iter().filter_map(|seen| seen.subject).collect();
            if !signed_in.is_empty() && signed_in.is_subset(subjects) {
                found.extend(visit.into_iter().filter(|seen| seen.subject.is_none()));
            }
        }
    }
    found
}

fn needed(row: &AnyRow, column: &'static str) -> Result<Hash, StoreError> {
    hash(row, column)?.ok_or(StoreError::Damaged(column))
}
