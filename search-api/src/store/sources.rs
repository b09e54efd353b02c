//! Sources of tickets beside the built-in form: each ticket counted once, what counts as none by reason, and for which time all are known.

use super::days::note_change;
use super::insert::Insert;
use super::keys::Keys;
use super::names::Named;
use super::redaction::redact;
use super::rows::insert_tickets;
use super::work::{Done, Work};
use super::{FORM, Store, StoreError};
use crate::deflection::log::{Hash, Millis, Person, QueryVector, Stretch, Ticket};
use indexer::portal::Portal;
use sqlx::{AnyConnection, AnyPool, Row, query};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Before the id of a ticket of the built-in form, where a help desk is told of it.
pub const OURS: &str = "signpost:";

/// A ticket that was made at a source.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceTicket {
    /// Its id there.
    pub id: String,
    /// When it was made there.
    pub at: Millis,
    /// One line, as written; redacted before it is stored, and not stored where the portal keeps no queries.
    pub subject: Option<String>,
    /// Address of whoever wrote it; only its keyed hash is stored.
    pub email: Option<String>,
    /// Subject that they sign in with; only its keyed hash is stored.
    pub person: Option<String>,
    /// The search that it names.
    pub search_id: Option<String>,
    /// The form that it names.
    pub form_id: Option<String>,
    /// What the source calls its id elsewhere: [`OURS`] and our id, if we forwarded it.
    pub external_id: Option<String>,
    /// Vector of subject and first words.
    pub vector: Option<QueryVector>,
}

/// What a source says.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A ticket was made.
    Made(SourceTicket),
    /// A ticket, made before or after this is heard, counts as none.
    Withdrawn {
        /// Its id at the source.
        id: String,
        /// Why.
        reason: Reason,
    },
    /// Something else happened, which makes no ticket.
    Other {
        /// What.
        reason: Reason,
        /// What tells it from others; the same at each delivery.
        word: String,
    },
}

/// As what a notice counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// A ticket.
    Made,
    /// None: a ticket changed.
    Updated,
    /// None: a ticket was opened again.
    Reopened,
    /// None: it was the same as another.
    Merged,
    /// None: it was spam.
    Spam,
    /// None: staff opened it unasked.
    Staff,
    /// None: it is one of the built-in form's, which was forwarded and counts already.
    Forwarded,
    /// Nothing by itself: what was withdrawn before it was made.
    Withdrawn,
}

/// What became of notices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Tickets that are new.
    pub made: usize,
    /// Notices that were heard before.
    pub repeated: usize,
    /// Notices of something that makes no ticket.
    pub passed: usize,
}

/// A source as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// First and last moment of which it declares to know all tickets.
    pub covered: Option<(Millis, Millis)>,
    /// Its notices by what they count as.
    pub counts: BTreeMap<Reason, u64>,
    /// When it was broken, oldest first.
    pub outages: Vec<(Millis, Millis)>,
}

/// A notice as it is stored.
#[derive(Debug)]
pub struct Heard {
    word: Hash,
    reason: Reason,
    fact: Option<Ticket>,
    /// Id of the ticket of ours that it says it is.
    ours: Option<String>,
    /// Fact to be taken back.
    withdrawn: Option<String>,
}

/// Turns notices into rows: people hashed, texts redacted.
pub fn heard(keys: &Keys, portal: &Portal, source: &str, notices: Vec<Notice>) -> Vec<Heard> {
    let word = |kind: &str, word: &str| keys.content(&["notice", &portal.id, source, kind, word]);
    let mut rows = Vec::with_capacity(notices.len());
    for notice in notices {
        match notice {
            Notice::Made(ticket) => rows.push(Heard {
                word: word(MADE, &ticket.id),
                reason: Reason::Made,
                ours: ticket.external_id.as_deref().and_then(|id| id.strip_prefix(OURS)).map(str::to_owned),
                fact: Some(fact(keys, portal, source, ticket)),
                withdrawn: None,
            }),
            Notice::Withdrawn { id, reason } => {
                rows.push(Heard {
                    word: word("withdrawn", &id),
                    reason,
                    fact: None,
                    ours: None,
                    withdrawn: Some(fact_id(source, &id)),
                });
                // Should it be heard of only now that it was made.
                let word = word(MADE, &id);
                rows.push(Heard { word, reason: Reason::Withdrawn, fact: None, ours: None, withdrawn: None });
            }
            Notice::Other { reason, word: of } => {
                let word = word(reason.name(), &of);
                rows.push(Heard { word, reason, fact: None, ours: None, withdrawn: None });
            }
        }
    }
    rows
}

const MADE: &str = "made";

/// The word by which a source tells that a ticket was made.
pub fn word(keys: &Keys, portal: &str, source: &str, id: &str) -> Hash {
    keys.content(&["notice", portal, source, MADE, id])
}

/// Notes a word before it is heard, or as what it counts if it was.
pub async fn expect(
    db: &mut AnyConnection,
    portal: &str,
    source: &str,
    word: Hash,
    reason: Reason,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let expected = query(
        "INSERT INTO ticket_notice (portal, source, word, reason, at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (portal, source, word) DO UPDATE SET reason = excluded.reason",
    );
    expected.bind(portal).bind(source).bind(&word[..]).bind(reason.name()).bind(now).execute(db).await.map(drop)
}

/// Id of the fact of a source's ticket.
pub fn fact_id(source: &str, id: &str) -> String {
    format!("{source}:{id}")
}

fn fact(keys: &Keys, portal: &Portal, source: &str, ticket: SourceTicket) -> Ticket {
    let subject = ticket.person.as_deref().map(|subject| keys.subject(&portal.id, subject));
    Ticket {
        id: fact_id(source, &ticket.id),
        at: ticket.at,
        source: source.into(),
        person: Person { subject, ..Person::default() },
        mark: None,
        email: ticket.email.as_deref().map(|email| keys.email(&portal.id, email)),
        search_id: ticket.search_id,
        form_id: ticket.form_id,
        subject: ticket.subject.filter(|_| portal.keep_queries).map(|subject| redact(&subject)),
        vector: ticket.vector.filter(|_| portal.keep_queries),
    }
}

const NOTICES: Insert = Insert {
    table: "ticket_notice",
    columns: "portal, source, word, reason, at",
    then: "ON CONFLICT (portal, source, word) DO NOTHING RETURNING word",
};

/// Stores what was heard of a source, each word once. What is returned is durable only after the commit.
pub async fn take(
    db: &mut AnyConnection,
    portal: &str,
    source: &str,
    rows: &[Heard],
    now: Millis,
) -> Result<Taken, StoreError> {
    let mut known = HashSet::new();
    for ours in rows.iter().filter_map(|row| row.ours.as_deref()) {
        let known_as = query("SELECT id FROM ticket_fact WHERE portal = $1 AND id = $2 AND source = $3");
        if known_as.bind(portal).bind(ours).bind(FORM).fetch_optional(&mut *db).await?.is_some() {
            known.insert(ours);
        }
    }
    let reason = |row: &Heard| match &row.ours {
        Some(ours) if known.contains(ours.as_str()) => Reason::Forwarded,
        _ => row.reason,
    };
    let mut firsts = HashMap::new();
    for (place, row) in rows.iter().enumerate() {
        firsts.entry(row.word).or_insert(place);
    }
    let mut places: Vec<usize> = firsts.values().copied().collect();
    places.sort_unstable();
    let inserted = NOTICES.rows(db, &places, |bound, &place| {
        let row = &rows[place];
        bound.bind(portal).bind(source).bind(&row.word[..]).bind(reason(row).name()).bind(now)
    });
    let mut new = vec![false; rows.len()];
    for row in inserted.await? {
        let word = super::rows::hash(&row, "word")?.ok_or(StoreError::Damaged("word"))?;
        if let Some(&place) = firsts.get(&word) {
            new[place] = true;
        }
    }
    let mut taken = Taken::default();
    let mut facts = Vec::new();
    for (row, new) in rows.iter().zip(&new) {
        match (new, reason(row)) {
            (_, Reason::Withdrawn) => {}
            (false, _) => taken.repeated += 1,
            (true, Reason::Made) => {
                taken.made += 1;
                facts.extend(row.fact.as_ref().map(|fact| (portal, fact)));
            }
            (true, _) => taken.passed += 1,
        }
    }
    insert_tickets(db, &facts).await?;
    for id in rows.iter().zip(&new).filter(|(_, new)| **new).filter_map(|(row, _)| row.withdrawn.as_deref()) {
        withdraw(db, portal, id, now).await?;
    }
    note_change(db, portal, facts.iter().map(|(_, fact)| fact.at), now).await?;
    Ok(taken)
}

/// Takes back what is kept of a ticket for analysis.
pub async fn withdraw(db: &mut AnyConnection, portal: &str, id: &str, now: Millis) -> Result<(), sqlx::Error> {
    let withdrawn = query("DELETE FROM ticket_fact WHERE portal = $1 AND id = $2 RETURNING at").bind(portal).bind(id);
    match withdrawn.fetch_optional(&mut *db).await? {
        Some(row) => note_change(db, portal, [row.try_get("at")?], now).await,
        None => Ok(()),
    }
}

/// Notes that a source was alive at a moment: it knows all tickets from its first such moment to its last.
pub async fn beat(
    db: &mut AnyConnection,
    portal: &str,
    source: &str,
    at: Millis,
    now: Millis,
) -> Result<(), sqlx::Error> {
    let known = "SELECT MIN(start) AS start, MAX(until) AS until FROM coverage WHERE portal = $1 AND source = $2";
    let known = query(known).bind(portal).bind(source).fetch_one(&mut *db).await?;
    let known: (Option<Millis>, Option<Millis>) = (known.try_get("start")?, known.try_get("until")?);
    let (Some(start), Some(until)) = known else {
        return cover(db, portal, source, (at, at), now).await;
    };
    let longer = query(
        "UPDATE coverage SET start = CASE WHEN start > $3 THEN $3 ELSE start END, \
         until = CASE WHEN until < $3 THEN $3 ELSE until END WHERE portal = $1 AND source = $2",
    );
    longer.bind(portal).bind(source).bind(at).execute(&mut *db).await?;
    let more = if at > until { [until, at] } else { [at.min(start), start] };
    if more[0] < more[1] { note_change(db, portal, more, now).await } else { Ok(()) }
}

/// Notes the time for which a source holds all tickets, unless that is known.
pub async fn cover(
    db: &mut AnyConnection,
    portal: &str,
    source: &str,
    (start, until): (Millis, Millis),
    now: Millis,
) -> Result<(), sqlx::Error> {
    let cover = query(
        "INSERT INTO coverage (portal, source, start, until) SELECT $1, $2, $3, $4 WHERE NOT EXISTS \
         (SELECT 1 FROM coverage WHERE portal = $1 AND source = $2 AND start <= $3 AND until >= $4)",
    );
    let cover = cover.bind(portal).bind(source).bind(start).bind(until).execute(&mut *db).await?;
    if cover.rows_affected() > 0 { note_change(db, portal, [start, until], now).await } else { Ok(()) }
}

/// Notes that a source was broken.
pub async fn break_off(db: &mut AnyConnection, portal: &str, outage: &Stretch, now: Millis) -> Result<(), sqlx::Error> {
    let noted =
        query("INSERT INTO outage (portal, source, start, until) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING");
    let noted = noted.bind(portal).bind(&outage.source).bind(outage.from).bind(outage.to).execute(&mut *db).await?;
    if noted.rows_affected() > 0 { note_change(db, portal, [outage.from, outage.to], now).await } else { Ok(()) }
}

/// The sources of a portal, by name.
async fn all(pool: &AnyPool, portal: &str) -> Result<Vec<Source>, StoreError> {
    let mut sources = BTreeMap::<String, Source>::new();
    fn of(sources: &mut BTreeMap<String, Source>, name: String) -> &mut Source {
        let new = || Source { name: name.clone(), covered: None, counts: BTreeMap::new(), outages: Vec::new() };
        sources.entry(name.clone()).or_insert_with(new)
    }
    let mut db = pool.begin().await?;
    let covered = "SELECT source, MIN(start) AS start, MAX(until) AS until FROM coverage \
                   WHERE portal IS NULL OR portal = $1 GROUP BY source";
    for row in query(covered).bind(portal).fetch_all(&mut *db).await? {
        of(&mut sources, row.try_get("source")?).covered = Some((row.try_get("start")?, row.try_get("until")?));
    }
    let counted =
        "SELECT source, reason, COUNT(*) AS count FROM ticket_notice WHERE portal = $1 GROUP BY source, reason";
    for row in query(counted).bind(portal).fetch_all(&mut *db).await? {
        let reason = super::rows::named(&row, "reason")?.ok_or(StoreError::Damaged("reason"))?;
        let count = u64::try_from(row.try_get::<i64, _>("count")?).unwrap_or_default();
        if reason != Reason::Withdrawn {
            of(&mut sources, row.try_get("source")?).counts.insert(reason, count);
        }
    }
    let broken = "SELECT source, start, until FROM outage WHERE portal = $1 ORDER BY start, until";
    for row in query(broken).bind(portal).fetch_all(&mut *db).await? {
        of(&mut sources, row.try_get("source")?).outages.push((row.try_get("start")?, row.try_get("until")?));
    }
    Ok(sources.into_values().collect())
}

impl Store {
    /// Takes in what a source said at a moment, each notice once, however often it comes; it was alive then, also if it said nothing.
    /// Durable when it returns.
    pub async fn hear(
        &self,
        portal: &Portal,
        source: &str,
        notices: Vec<Notice>,
        at: Millis,
    ) -> Result<Taken, StoreError> {
        let rows = heard(&self.keys, portal, source, notices);
        match self.write(Work::Hear { portal: portal.id.clone(), source: source.into(), rows, at }).await? {
            Done::Heard(taken) => Ok(taken),
            _ => Err(StoreError::Stopped),
        }
    }

    /// Notes that a source of a portal was broken: what happened then is of unknown outcome. Durable when it returns.
    pub async fn note_outage(&self, portal: &Portal, outage: Stretch) -> Result<(), StoreError> {
        self.write(Work::Outage { portal: portal.id.clone(), outage }).await.map(drop)
    }

    /// The sources of a portal's tickets, by name.
    pub async fn sources(&self, portal: &str) -> Result<Vec<Source>, StoreError> {
        all(self.archive.pool(), portal).await
    }
}
