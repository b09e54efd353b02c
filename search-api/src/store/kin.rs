//! The part of a log that tells all of those of whom something happened in a stretch of it.

use super::archive::{Archive, EVENT};
use super::insert::portions;
use super::{StoreError, rows};
use crate::deflection::Log;
use crate::deflection::kin::Kin;
use crate::deflection::log::{Event, Millis, Person, Ticket};
use crate::deflection::visitors::Visitor;
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AssertSqlSafe, query};
use std::collections::BTreeMap;

/// People or names that are asked for by one statement.
const AT_ONCE: usize = 256;

/// Whoever did something in a stretch of time.
const THERE: &str =
    "SELECT DISTINCT subject, browser, browser_before FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3";

/// Who searched by an id, and who began or went on with a form, each by an index of its own.
pub(super) const HELD: [&str; 2] = [
    "SELECT DISTINCT subject, browser, browser_before FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3 AND kind = 'search' \
     AND search_id",
    "SELECT DISTINCT subject, browser, browser_before FROM event WHERE portal = $1 AND t BETWEEN $2 AND $3 \
     AND kind IN ('form_open', 'form_suggest', 'form_left') AND form_id",
];

impl Archive {
    /// The rows of a portal between two moments, inclusive, of everybody of whom there is an event or a ticket in a stretch between
    /// them (its end excluded), and of all who are tied to them: in no order, and of them all there are. `beside` is what the log has
    /// there beside its events. `None`: they have more than so many events.
    pub async fn log_around(
        &self,
        portal: &str,
        (from, to): (Millis, Millis),
        within: (Millis, Millis),
        beside: &Log,
        most: usize,
    ) -> Result<Option<Log>, StoreError> {
        // One transaction: all events are of one moment.
        around(&mut *self.pool().begin().await?, portal, (from, to), within, beside, most).await
    }
}

/// See [`Archive::log_around`].
pub(super) async fn around(
    db: &mut AnyConnection,
    portal: &str,
    (from, to): (Millis, Millis),
    within: (Millis, Millis),
    beside: &Log,
    most: usize,
) -> Result<Option<Log>, StoreError> {
    let (mut kin, mut found) = (Kin::default(), BTreeMap::new());
    let there = query(THERE).bind(portal).bind(within.0).bind(within.1.saturating_sub(1));
    for person in persons(there.fetch_all(&mut *db).await?)? {
        kin.meet(&person);
    }
    for ticket in beside.tickets.iter().filter(|ticket| within.0 <= ticket.at && ticket.at < within.1) {
        kin.meet_author(ticket);
    }
    kin.tie(&beside.tickets, &beside.addresses);
    loop {
        follow(db, portal, (from, to), &mut kin, beside, &mut found, most).await?;
        if found.len() > most {
            return Ok(None);
        }
        // A ticket may name what somebody else searched or wrote.
        let Some(ids) = kin.unheld(&beside.tickets, within) else { break };
        for person in holders(db, portal, (from, to), &ids).await? {
            kin.meet(&person);
        }
    }
    let theirs = |ticket: &&Ticket| kin.holds(ticket) || (within.0 <= ticket.at && ticket.at < within.1);
    Ok(Some(Log {
        events: found.into_values().collect(),
        tickets: beside.tickets.iter().filter(theirs).cloned().collect(),
        addresses: beside.addresses.clone(),
        coverage: beside.coverage.clone(),
        outages: beside.outages.clone(),
        lost: beside.lost,
    }))
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

/// Whose searches and forms these are.
async fn holders(
    db: &mut AnyConnection,
    portal: &str,
    (from, to): (Millis, Millis),
    ids: &[String],
) -> Result<Vec<Person>, StoreError> {
    let mut found = Vec::new();
    for held in HELD {
        for ids in portions(ids, AT_ONCE) {
            let statement = format!("{held} IN ({})", named(ids.len()));
            let asked = query(AssertSqlSafe(statement)).bind(portal).bind(from).bind(to);
            let asked = ids.iter().fold(asked, |asked, id| asked.bind(rows::text(id)));
            found.extend(persons(asked.fetch_all(&mut *db).await?)?);
        }
    }
    Ok(found)
}

fn persons(rows: Vec<AnyRow>) -> Result<Vec<Person>, StoreError> {
    rows.iter().map(rows::person).collect()
}

/// Places of so many parameters after the first three.
fn named(number: usize) -> String {
    (4..4 + number).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}
