//! The part of a log that tells all of some people, or of those of whom something happened in a stretch of it.

use super::archive::{Archive, EVENT};
use super::insert::portions;
use super::{StoreError, rows};
use crate::deflection::Log;
use crate::deflection::kin::Kin;
use crate::deflection::log::{Event, Kind, Millis, Person, Searched, Ticket};
use crate::deflection::question::{DAY, HOUR};
use crate::deflection::visitors::Visitor;
use sqlx::{AnyConnection, AssertSqlSafe, Row, query};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// People or names that are asked for by one statement.
const AT_ONCE: usize = 256;

/// Whoever did something in a stretch of time.
const THERE: &str =
    "SELECT DISTINCT subject, browser, browser_before FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3";

/// Who searched by an id, and who began or went on with a form, each by an index of its own; and when.
pub(super) const HELD: [&str; 2] = [
    "SELECT t, subject, browser, browser_before FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3 AND kind = 'search' \
     AND search_id",
    "SELECT t, subject, browser, browser_before FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3 \
     AND kind IN ('form_open', 'form_suggest', 'form_left') AND form_id",
];

/// How long before a ticket a search or form is looked for that it names, where a log does not hold it.
const NAMED_WITHIN: Millis = 30 * DAY;

/// How far around a search or form of long ago its holder is looked at: their visit lies in it.
const AROUND_NAMED: Millis = 12 * HOUR;

/// Names of such that are looked for, those of the latest tickets; and events of their holders; at most.
const MOST_NAMED: (usize, usize) = (512, 100_000);

/// Whom a part of a log is to tell of; it tells of all who are tied to them too.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Everybody of whom there is an event or a ticket in a stretch of time, its end excluded.
    There(Millis, Millis),
    /// Some people, and the authors of the tickets that were made at some moments.
    Of(&'a BTreeSet<Visitor>, &'a BTreeSet<Millis>),
}

impl Whose<'_> {
    /// Whether a ticket's author is meant.
    fn is_author_of(&self, ticket: &Ticket) -> bool {
        match self {
            Self::There(from, to) => *from <= ticket.at && ticket.at < *to,
            Self::Of(_, moments) => moments.contains(&ticket.at),
        }
    }
}

impl Archive {
    /// The rows of a portal between two moments, inclusive, of some people and of all who are tied to them: in no order, and of them all
    /// there are. `beside` is what the log has there beside its events. `None`: they have more than so many events.
    pub async fn log_of(
        &self,
        portal: &str,
        (from, to): (Millis, Millis),
        whose: Whose<'_>,
        beside: &Log,
        most: usize,
    ) -> Result<Option<Log>, StoreError> {
        // One transaction: all events are of one moment.
        of(&mut *self.pool().begin().await?, portal, (from, to), whose, beside, most).await
    }
}

/// See [`Archive::log_of`].
pub(super) async fn of(
    db: &mut AnyConnection,
    portal: &str,
    (from, to): (Millis, Millis),
    whose: Whose<'_>,
    beside: &Log,
    most: usize,
) -> Result<Option<Log>, StoreError> {
    let (mut kin, mut found) = (Kin::default(), BTreeMap::new());
    match whose {
        Whose::There(from, to) => {
            let there = query(THERE).bind(portal).bind(from).bind(to.saturating_sub(1)).fetch_all(&mut *db).await?;
            for row in &there {
                kin.meet(&rows::person(row)?);
            }
        }
        Whose::Of(people, _) => people.iter().for_each(|one| kin.meet_one(*one)),
    }
    for ticket in beside.tickets.iter().filter(|ticket| whose.is_author_of(ticket)) {
        kin.meet_author(ticket);
    }
    kin.tie(&beside.tickets, &beside.addresses);
    loop {
        follow(db, portal, (from, to), &mut kin, beside, &mut found, most).await?;
        if found.len() > most {
            return Ok(None);
        }
        // A ticket may name what somebody else searched or wrote.
        let Some(ids) = kin.unheld(&beside.tickets, |ticket| whose.is_author_of(ticket)) else { break };
        for (_, person) in holders(db, portal, (from, to), &ids).await? {
            kin.meet(&person);
        }
    }
    let theirs = |ticket: &&Ticket| kin.holds(ticket) || whose.is_author_of(ticket);
    let mut log = Log {
        events: found.into_values().collect(),
        tickets: beside.tickets.iter().filter(theirs).cloned().collect(),
        addresses: beside.addresses.clone(),
        coverage: beside.coverage.clone(),
        outages: beside.outages.clone(),
        lost: beside.lost,
    };
    add_named(db, portal, from, &mut log).await?;
    Ok(Some(log))
}

/// Adds to a log that begins at a moment the visits before it in which somebody searched or began a form that its tickets name: a name
/// has no window. Nothing is looked for that is older than [`NAMED_WITHIN`]: ids are not in order, so that time is read over.
pub(super) async fn add_named(
    db: &mut AnyConnection,
    portal: &str,
    from: Millis,
    log: &mut Log,
) -> Result<(), StoreError> {
    let Some((oldest, ids)) = named_before(log, from) else { return Ok(()) };
    let before = from.saturating_sub(1);
    let held = holders(db, portal, (oldest.saturating_sub(NAMED_WITHIN), before), &ids).await?;
    let (first, last) = (held.iter().map(|(t, _)| *t).min(), held.iter().map(|(t, _)| *t).max());
    let Some((first, last)) = first.zip(last) else { return Ok(()) };
    let (mut kin, mut found) = (Kin::default(), BTreeMap::new());
    held.iter().for_each(|(_, person)| _ = kin.meet(person));
    let visits = (first - AROUND_NAMED, before.min(last + AROUND_NAMED));
    follow(db, portal, visits, &mut kin, &Log::default(), &mut found, MOST_NAMED.1).await?;
    log.events.extend(found.into_values());
    Ok(())
}

/// Ids of searches and forms that the tickets of a log name, and nothing else in it, and when the oldest of these was made; of as many
/// days at its beginning as may name what was before it.
fn named_before(log: &Log, from: Millis) -> Option<(Millis, Vec<String>)> {
    let mut named: HashMap<&String, Millis> = HashMap::new();
    for ticket in log.tickets.iter().filter(|ticket| ticket.at < from.saturating_add(NAMED_WITHIN)) {
        named.extend(ticket.search_id.iter().chain(&ticket.form_id).map(|id| (id, ticket.at)));
    }
    for event in &log.events {
        match &event.kind {
            _ if named.is_empty() => return None,
            Kind::Search(Searched { search_id: Some(id), .. })
            | Kind::FormOpen { form_id: id, .. }
            | Kind::FormSuggest { form_id: id, .. }
            | Kind::FormLeft { form_id: id } => _ = named.remove(id),
            _ => {}
        }
    }
    let mut ids: Vec<(Millis, &String)> = named.into_iter().map(|(id, at)| (-at, id)).collect();
    ids.sort_unstable();
    ids.truncate(MOST_NAMED.0);
    let oldest = -ids.last()?.0;
    Some((oldest, ids.into_iter().map(|(_, id)| id.clone()).collect()))
}

/// Reads the events of all who were met, and of all whom they lead to, until they are more than so many.
async fn follow(
    db: &mut AnyConnection,
    portal: &str,
    (from, to): (Millis, Millis),
    kin: &mut Kin,
    beside: &Log,
    found: &mut BTreeMap<String, Event>,
    most: usize,
) -> Result<(), StoreError> {
    while found.len() <= most {
        let (mut subjects, mut browsers) = (Vec::new(), Vec::new());
        for one in kin.unread() {
            match one {
                Visitor::Subject(hash) => subjects.push(hash),
                Visitor::Browser(hash) => browsers.push(hash),
            }
        }
        if subjects.is_empty() && browsers.is_empty() {
            return Ok(());
        }
        let mut events = Vec::new();
        for (column, hashes) in [("subject", &subjects), ("browser", &browsers), ("browser_before", &browsers)] {
            for hashes in portions(hashes, AT_ONCE) {
                // The sign keeps the index by time out of it: people have one of their own.
                let statement = format!("{EVENT} AND +t BETWEEN $2 AND $3 AND {column} IN ({})", named(hashes.len()));
                let asked = query(AssertSqlSafe(statement)).bind(portal).bind(from).bind(to);
                let asked = hashes.iter().fold(asked, |asked, hash| asked.bind(hash.to_vec()));
                for row in asked.fetch_all(&mut *db).await? {
                    events.push(rows::event(&row)?);
                }
                if events.len() > most {
                    break;
                }
            }
        }
        kin.read(&events);
        found.extend(events.into_iter().map(|event| (event.id.clone(), event)));
        kin.tie(&beside.tickets, &beside.addresses);
    }
    Ok(())
}

/// Whose searches and forms these are, and when.
async fn holders(
    db: &mut AnyConnection,
    portal: &str,
    (from, to): (Millis, Millis),
    ids: &[String],
) -> Result<Vec<(Millis, Person)>, StoreError> {
    let mut found = Vec::new();
    for held in HELD {
        for ids in portions(ids, AT_ONCE) {
            let statement = format!("{held} IN ({})", named(ids.len()));
            let asked = query(AssertSqlSafe(statement)).bind(portal).bind(from).bind(to);
            let asked = ids.iter().fold(asked, |asked, id| asked.bind(rows::text(id)));
            for row in asked.fetch_all(&mut *db).await? {
                found.push((row.try_get("t")?, rows::person(&row)?));
            }
        }
    }
    Ok(found)
}

/// Places of so many parameters after the first three.
fn named(number: usize) -> String {
    (4..4 + number).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}
