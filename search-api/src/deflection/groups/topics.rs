//! What tickets are about: the same groups, of subjects instead of searches.

use super::cells::{Item, Kind, Name, grouped};
use super::label::{Label, Vocabulary, label};
use super::meaning::{Asked, by_meaning};
use crate::deflection::log::{Log, QueryVector, Ticket};
use crate::deflection::question::Question;
use crate::deflection::searches::normalise;
use indexer::language::Language;
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

/// Topics of a log's tickets in the weeks that a question's range touches, most tickets first, in cells as searches are; the numbers
/// are those of the second value. Most tickets know no role, language or stratum, so these filters do not apply.
pub fn of_log<'a>(log: &'a Log, question: &Question, language: &Language) -> (Vec<Topic>, Vec<&'a Ticket>) {
    let (from, to) = question.weeks_range();
    let counted =
        |ticket: &&Ticket| ticket.mark.is_none() && (from..to).contains(&ticket.at) && ticket.at <= question.as_of;
    of_tickets(log.tickets.iter().filter(counted).collect(), question, language)
}

/// Topics of some tickets, in cells as searches are.
pub fn of_tickets<'a>(
    mut tickets: Vec<&'a Ticket>,
    question: &Question,
    language: &Language,
) -> (Vec<Topic>, Vec<&'a Ticket>) {
    tickets.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let subjects: Vec<Option<String>> = tickets.iter().map(|ticket| ticket.subject.as_deref().map(normalise)).collect();
    let mut people: BTreeMap<Writer<'_>, usize> = BTreeMap::new();
    let items: Vec<Item<'_>> = tickets
        .iter()
        .zip(&subjects)
        .map(|(ticket, subject)| {
            let next = people.len();
            Item {
                text: subject.as_deref(),
                language: Some(language),
                vector: ticket.vector.as_ref(),
                person: *people.entry(Writer::of(ticket)).or_insert(next),
                week: question.week_of(ticket.at),
                kind: Kind { roles: BTreeSet::new(), language: None, stratum: None },
            }
        })
        .collect();
    let groups = grouped(&items, &question.rules, |_| true);
    let topic = |group: super::cells::Group| Topic {
        id: group.id,
        name: group.name,
        tickets: group.items,
        people: group.people,
    };
    let mut topics: Vec<Topic> = groups.into_iter().map(topic).collect();
    topics.sort_by(|a, b| {
        let rest = |topic: &Topic| topic.name == Name::TooSmall;
        rest(a).cmp(&rest(b)).then(b.tickets.len().cmp(&a.tickets.len())).then_with(|| a.id.cmp(&b.id))
    });
    (topics, tickets)
}

/// Who wrote a ticket, as far as it can be told: tickets of nobody known count as one person's each.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Writer<'a> {
    Subject([u8; 16]),
    Browser([u8; 16]),
    Address([u8; 16]),
    Unknown(&'a str),
}

impl<'a> Writer<'a> {
    fn of(ticket: &'a Ticket) -> Self {
        match (ticket.person.subject, ticket.email, ticket.person.browser) {
            (Some(subject), ..) => Self::Subject(subject),
            (_, Some(address), _) => Self::Address(address),
            (_, _, Some(browser)) => Self::Browser(browser),
            _ => Self::Unknown(&ticket.id),
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
