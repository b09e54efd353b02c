//! One episode told in order: what was searched, shown, opened and said, which tickets came, and what that means under each window.

use super::book::Book;
use super::ledger::{EpisodeName, Row, TicketLine};
use super::log::{Confidence, Kind, Millis, Surface};
use super::outcomes::Outcome;
use super::queries::Asked;
use super::question::{Stratum, Window};
use super::report::Selection;
use super::units::What;
use super::why::{Why, why};
use indexer::language::Language;
use std::collections::{BTreeMap, BTreeSet};

/// An episode, from its first event to its last ticket.
#[derive(Clone, Debug, PartialEq)]
pub struct History {
    /// Its row under the window that was asked for.
    pub row: Row,
    /// Language of its first search.
    pub language: Option<Language>,
    /// Whether it showed the will to open a ticket.
    pub stratum: Stratum,
    /// Its last search, click, form_open or form_suggest.
    pub end: Millis,
    /// What happened, in order.
    pub steps: Vec<Step>,
    /// What became of it under each window, shortest first.
    pub verdicts: Vec<Verdict>,
}

impl History {
    /// What was asked in it, as it was typed.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let of_steps = self.steps.iter().filter_map(|step| match &step.happened {
            Happened::Searched { text, .. } => text.as_deref(),
            _ => None,
        });
        of_steps.chain(self.row.text.as_deref())
    }

    /// The same where these texts may be shown, and no others.
    pub fn among(mut self, common: &BTreeSet<String>) -> Self {
        self.row.asked = self.row.asked.map(|asked| asked.among(self.row.text.as_deref(), common));
        for step in &mut self.steps {
            if let Happened::Searched { asked, text, .. } = &mut step.happened {
                *asked = asked.clone().among(text.as_deref(), common);
            }
        }
        self
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub t: Millis,
    /// What.
    pub happened: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// A search was asked; its keystrokes are one.
    Searched {
        /// What, as far as it may be shown beside what one visitor did.
        asked: Asked,
        /// As typed, redacted; for those who may read it.
        text: Option<String>,
        /// Where.
        surface: Surface,
        /// Articles found.
        results: u32,
        /// How sure the answers were.
        confidence: Option<Confidence>,
    },
    /// An article was shown.
    Shown {
        /// Which.
        slug: String,
        /// Its 1-based place.
        rank: Option<u32>,
    },
    /// An article was opened.
    Opened {
        /// Which.
        slug: String,
        /// Its 1-based place.
        rank: Option<u32>,
        /// How long it was looked at, where that is known.
        dwell: Option<Millis>,
    },
    /// An article was voted on.
    Voted {
        /// Which.
        slug: String,
        /// Whether it solved the need.
        solved: bool,
        /// In the visitor's words, redacted; for those who may read it.
        comment: Option<String>,
    },
    /// A ticket form was begun.
    FormBegun,
    /// A suggestion of a form was opened.
    Suggested {
        /// Which.
        slug: String,
    },
    /// A form was left.
    FormLeft,
    /// A ticket came.
    Ticket {
        /// Which, how it is tied, and by which rule it belongs here under the widest window.
        line: TicketLine,
        /// Where it came from.
        source: String,
        /// Its subject, redacted; for those who may read it.
        subject: Option<String>,
    },
}

/// What became of an episode under one window.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The window.
    pub window: Window,
    /// What became of it.
    pub outcome: Outcome,
    /// The rule that decided.
    pub why: Why,
    /// The later episode that reopened it.
    pub reopened_by: Option<EpisodeName>,
    /// Tickets attributed to it.
    pub tickets: Vec<TicketLine>,
}

/// Tells an episode under the window of a selection, with that verdict alone. `None`: the question selects none whose id is meant.
pub(super) fn account(selection: &Selection<'_, '_>, is_it: impl Fn(&str) -> bool) -> Option<History> {
    let journeys = selection.journeys;
    let (number, outcome) = selection.numbered().find(|&(number, _)| is_it(journeys.episodes[number].id))?;
    let (episode, book) = (&journeys.episodes[number], Book::new(selection));
    let row = book.row_of(What::Episode(number));
    let later = selection.reopened_by.get(&number);
    let verdict = Verdict {
        window: selection.question.window,
        outcome,
        why: why(selection, number),
        reopened_by: later.map(|&later| EpisodeName::of(&journeys.episodes[later])),
        tickets: row.tickets.clone(),
    };
    Some(History {
        language: episode.searches.first().and_then(|search| search.language()).cloned(),
        stratum: episode.stratum(),
        end: episode.end,
        steps: steps(selection, &book, number),
        verdicts: vec![verdict],
        row,
    })
}

/// Joins the accounts of an episode under each window, shortest first: the row of the one that was asked for, the verdicts of all,
/// and the steps under the widest, which holds every ticket.
pub(super) fn join(mut accounts: Vec<History>, window: Window) -> Option<History> {
    let verdicts: Vec<Verdict> = accounts.iter().flat_map(|account| account.verdicts.clone()).collect();
    let asked = verdicts.iter().position(|verdict| verdict.window == window)?;
    let row = accounts[asked].row.clone();
    Some(History { row, verdicts, ..accounts.pop()? })
}

fn steps(selection: &Selection<'_, '_>, book: &Book<'_, '_, '_>, number: usize) -> Vec<Step> {
    let episode = &selection.journeys.episodes[number];
    let dwells: BTreeMap<&str, Millis> =
        episode.openings.iter().filter_map(|opening| Some((opening.id, opening.dwell?))).collect();
    let mut searches = episode.searches.iter().peekable();
    let mut steps = Vec::new();
    for event in &episode.events {
        let happened = match &event.event.kind {
            Kind::Search(_) => {
                // Its later keystrokes come with the first.
                let begins = searches.next_if(|search| search.keystrokes[0].event.id == event.event.id);
                begins.map(|search| Happened::Searched {
                    asked: book.asked(search),
                    text: search.last.text.clone(),
                    surface: search.surface(),
                    results: search.last.results,
                    confidence: search.last.confidence,
                })
            }
            Kind::Impression(shown) => Some(Happened::Shown { slug: shown.slug.clone(), rank: shown.rank }),
            Kind::Click(shown) => {
                let dwell = dwells.get(&*event.event.id).copied();
                Some(Happened::Opened { slug: shown.slug.clone(), rank: shown.rank, dwell })
            }
            Kind::Vote { slug, solved, comment, .. } => {
                Some(Happened::Voted { slug: slug.clone(), solved: *solved, comment: comment.clone() })
            }
            Kind::FormOpen { .. } => Some(Happened::FormBegun),
            Kind::FormSuggest { slug, .. } => Some(Happened::Suggested { slug: slug.clone() }),
            Kind::FormLeft { .. } => Some(Happened::FormLeft),
            // Told by the dwell, and by the ticket itself.
            Kind::Leave { .. } | Kind::Ticket { .. } => None,
        };
        steps.extend(happened.map(|happened| Step { t: event.t, happened }));
    }
    steps.extend(book.tickets_of_episode(number).iter().map(|&place| {
        let ticket = selection.all_tickets[place].ticket;
        let (source, subject) = (ticket.source.clone(), ticket.subject.clone());
        Step { t: ticket.at, happened: Happened::Ticket { line: book.ticket_line(place), source, subject } }
    }));
    // A stable sort: what happened in one millisecond keeps its order.
    steps.sort_by_key(|step| step.t);
    steps
}
