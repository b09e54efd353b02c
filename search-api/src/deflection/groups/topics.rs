//! What tickets are about: the same groups, of subjects instead of searches.

use super::cells::{Group, Name, Place, Told, grouped};
use super::label::{Label, Vocabulary, label};
use super::meaning::{Asked, by_meaning};
use super::said::{Item, Spoken};
use crate::deflection::log::{Hash, Millis, QueryVector, Ticket};
use crate::deflection::question::Question;
use crate::deflection::searches::normalise;
use indexer::language::Language;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Tickets about one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    /// The same for the same tickets and rules.
    pub id: String,
    /// What it is called.
    pub name: Name,
    /// Numbers of its tickets among those given; where their order is known, the most central first.
    pub tickets: Vec<usize>,
    /// Those who wrote them, counted anew in each week where weeks are told apart.
    pub people: usize,
}

/// What is known of a ticket in a file.
#[derive(Clone, Debug)]
pub struct Written {
    /// Its subject.
    pub subject: String,
    /// Language that it is read in.
    pub language: Language,
    /// Vector of subject and first words.
    pub vector: Option<QueryVector>,
}

/// Topics of the tickets of a file, most tickets first; those of a single ticket are none. Whoever has the file may read it, so no
/// topic is too small.
pub fn topics(tickets: &[Written], likeness: f64, enough: usize) -> Vec<Topic> {
    let mut by_subject: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (number, ticket) in tickets.iter().enumerate() {
        by_subject.entry(normalise(&ticket.subject)).or_default().push(number);
    }
    let asked: Vec<Asked<'_>> = by_subject
        .iter()
        .map(|(subject, numbers)| Asked {
            text: subject,
            language: numbers
                .iter()
                .map(|&number| &tickets[number].language)
                .min()
                .cloned()
                .unwrap_or_else(Language::unknown),
            vector: numbers
                .iter()
                .filter_map(|&number| tickets[number].vector.as_ref())
                .min_by_key(|vector| (vector.model.0, &vector.values)),
            people: numbers.len(),
        })
        .collect();
    let vocabulary = Vocabulary::of(asked.iter());
    let topic = |(place, meaning): (usize, super::meaning::Meaning)| {
        let queries: Vec<&Asked<'_>> = meaning.queries.iter().map(|&query| &asked[query]).collect();
        let tickets: Vec<usize> = queries.iter().flat_map(|query| by_subject[query.text].clone()).collect();
        let name = Name::Label(label(&queries, enough, &vocabulary));
        Topic { id: (place + 1).to_string(), name, people: tickets.len(), tickets }
    };
    let topics = by_meaning(&asked, likeness).into_iter().enumerate().map(topic);
    topics.filter(|topic| topic.tickets.len() > 1).collect()
}

/// A ticket as topics have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Id of the ticket.
    pub id: String,
    /// When it was made.
    pub at: Millis,
    /// Who wrote it.
    pub writer: Writer,
    /// Its subject, redacted; `None` where it is not kept.
    pub text: Option<String>,
    /// Its vector.
    pub vector: Option<QueryVector>,
}

/// Who wrote a ticket, as far as it can be told: tickets of nobody known count as one person's each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Writer {
    /// Signed in.
    Subject(Hash),
    /// A browser.
    Browser(Hash),
    /// An address.
    Address(Hash),
    /// Nobody known.
    Unknown,
}

impl Subject {
    /// What topics have of a ticket.
    pub fn of(ticket: &Ticket) -> Self {
        let writer = match (ticket.person.subject, ticket.email, ticket.person.browser) {
            (Some(subject), ..) => Writer::Subject(subject),
            (_, Some(address), _) => Writer::Address(address),
            (_, _, Some(browser)) => Writer::Browser(browser),
            _ => Writer::Unknown,
        };
        Self {
            id: ticket.id.clone(),
            at: ticket.at,
            writer,
            text: ticket.subject.clone(),
            vector: ticket.vector.clone(),
        }
    }
}

/// Topics of tickets in the weeks that a question's range touches, most tickets first, in cells as searches are; the numbers are those
/// of the second value. Most tickets know no role, language or stratum, so these filters do not apply.
pub fn of_log(tickets: &[Ticket], question: &Question, language: &Language) -> (Vec<Topic>, Vec<Subject>) {
    let (from, to) = question.weeks_range();
    let counted =
        |ticket: &&Ticket| ticket.mark.is_none() && (from..to).contains(&ticket.at) && ticket.at <= question.as_of;
    of_tickets(tickets.iter().filter(counted).map(Subject::of).collect(), question, language)
}

/// Topics of some tickets, in cells as searches are.
pub fn of_tickets(mut tickets: Vec<Subject>, question: &Question, language: &Language) -> (Vec<Topic>, Vec<Subject>) {
    tickets.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let subjects: Vec<Option<String>> = tickets.iter().map(|ticket| ticket.text.as_deref().map(normalise)).collect();
    let mut persons: BTreeMap<Writer, usize> = BTreeMap::new();
    let mut weeks: BTreeMap<Date, Vec<(usize, Item<'_>)>> = BTreeMap::new();
    let mut textless: BTreeMap<Date, Cell<'_>> = BTreeMap::new();
    for (number, (ticket, subject)) in tickets.iter().zip(&subjects).enumerate() {
        // A person by the number of their first ticket.
        let person =
            if ticket.writer == Writer::Unknown { number } else { *persons.entry(ticket.writer).or_insert(number) };
        let monday = question.week_of(ticket.at);
        let week = weeks.entry(monday).or_default();
        match subject {
            Some(text) => {
                let vector = ticket.vector.as_ref();
                week.push((number, Item { text, language: Some(language), vector, person }));
            }
            None => textless.entry(monday).or_default().add(number, person, None),
        }
    }
    let (mut said, mut cells) = (Vec::new(), Vec::new());
    for (place, (monday, tickets)) in weeks.into_iter().enumerate() {
        let items: Vec<Item<'_>> = tickets.iter().map(|(_, item)| *item).collect();
        let spoken = Spoken::of(monday, &items, &question.rules);
        let mut by_meaning: BTreeMap<usize, Cell<'_>> = BTreeMap::new();
        for (number, item) in tickets {
            by_meaning.entry(spoken.meaning_of(item.text)).or_default().add(number, item.person, Some(item.text));
        }
        let of_week = by_meaning.into_iter().map(|(meaning, cell)| (Place::Meaning(meaning as u32), cell));
        let of_week = of_week.chain(textless.remove(&monday).map(|cell| (Place::NotKept, cell)));
        for (belongs, Cell { tickets, people, typed }) in of_week {
            let shown = if people.len() < question.rules.min_group { Place::TooSmall } else { belongs };
            let typed =
                typed.into_iter().filter_map(|(text, people)| Some((*spoken.text.get(text)?, people.len() as u32)));
            cells.push((place, shown, people.len() as u32, typed.collect::<Vec<_>>(), tickets));
        }
        said.push(spoken.said);
    }
    let told = cells.iter().map(|(week, place, people, typed, _)| Told {
        week: *week,
        place: *place,
        people: *people,
        typed,
        admitted: true,
    });
    let groups = grouped(&said.iter().collect::<Vec<_>>(), &told.collect::<Vec<_>>(), &question.rules);
    let topic = |group: Group| {
        let mut tickets: Vec<usize> = group.cells.iter().flat_map(|&cell| cells[cell].4.iter().copied()).collect();
        tickets.sort_unstable();
        Topic { id: group.id, name: group.name, tickets, people: group.people as usize }
    };
    let mut topics: Vec<Topic> = groups.into_iter().map(topic).collect();
    topics.sort_by(|a, b| {
        let rest = |topic: &Topic| topic.name == Name::TooSmall;
        rest(a).cmp(&rest(b)).then(b.tickets.len().cmp(&a.tickets.len())).then_with(|| a.id.cmp(&b.id))
    });
    (topics, tickets)
}

/// Tickets of one meaning and week, while they are gathered.
#[derive(Default)]
struct Cell<'a> {
    tickets: Vec<usize>,
    people: BTreeSet<usize>,
    typed: BTreeMap<&'a str, BTreeSet<usize>>,
}

impl<'a> Cell<'a> {
    fn add(&mut self, ticket: usize, person: usize, text: Option<&'a str>) {
        self.tickets.push(ticket);
        self.people.insert(person);
        if let Some(text) = text {
            self.typed.entry(text).or_default().insert(person);
        }
    }
}

/// The name as a line, where it has one.
pub fn title(name: &Name) -> Option<String> {
    match name {
        Name::Label(label) => Some(Label::text(label)),
        Name::TooSmall | Name::NotKept => None,
    }
}
