//! The ledger: the rows that a figure is the sum of, one for each unit that it counts.

use super::episodes::Episode;
use super::facts::Selected;
use super::facts::gather::openings_by_search;
use super::log::Millis;
use super::outcomes::FormOutcome;
use super::queries::{Asked, common};
use super::report::Selection;
use super::searches::Search;
use super::tickets::{Attribution, Link, Rule};
use super::units::{LINK_COVERAGE, Unit, Units, What, link_coverage};
use super::{figures, formulas};
use std::collections::{BTreeMap, BTreeSet};

/// What a row stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// One need within a visit.
    #[default]
    Episode,
    /// One stay of one visitor.
    Visit,
    /// A ticket form begun.
    Form,
    /// One question.
    Search,
    /// A ticket.
    Ticket,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Episode, Self::Visit, Self::Form, Self::Search, Self::Ticket];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Episode => "episode",
            Self::Visit => "visit",
            Self::Form => "form",
            Self::Search => "search",
            Self::Ticket => "ticket",
        }
    }
}

/// How rows end that are not episodes, beside `ticketed`; see [`Row::outcome`].
pub const ENDINGS: [&str; 12] = [
    "open",
    "sent",
    "left_after_help",
    "left",
    "attributed",
    "visit_alone",
    "outside_window",
    "unlinked",
    "not_ticketed",
    "nothing_found",
    "opened",
    "not_opened",
];

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of what.
    pub listed: Listed,
    /// Only rows that ended so, by name (see [`Row::outcome`]); empty: all.
    pub outcomes: BTreeSet<String>,
}

/// What the ledger lists.
#[derive(Clone, Debug)]
pub enum Listed {
    /// All of a kind in the range.
    All(Kind),
    /// What a figure counts.
    Figure(Counted, Part),
}

impl Wanted {
    /// The figure whose rows are wanted.
    pub fn counts(&self) -> Option<&Counted> {
        match &self.listed {
            Listed::All(_) => None,
            Listed::Figure(counted, _) => Some(counted),
        }
    }
}

impl Default for Listed {
    fn default() -> Self {
        Self::All(Kind::default())
    }
}

/// A figure of the report, of another system, or link coverage, as far as it counts something.
#[derive(Clone, Debug)]
pub struct Counted {
    /// Its name in the API.
    pub figure: String,
    /// How it is computed.
    pub formula: &'static str,
    units: Units,
}

impl Counted {
    /// A figure by its name in the API.
    pub fn named(figure: &str) -> Option<Self> {
        let (formula, units) = match figure {
            LINK_COVERAGE => ("tickets with a link / tickets", link_coverage as Units),
            _ => figures::counted(figure).or_else(|| formulas::counted(figure))?,
        };
        Some(Self { figure: figure.into(), formula, units })
    }
}

/// Which part of a fraction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// All that it counts, above the line or below.
    #[default]
    Both,
    /// Above the line.
    Numerator,
    /// Below it.
    Denominator,
}

/// One row. Exact: who shows it to an analyst leaves out what is not for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it stands for.
    pub kind: Kind,
    /// Id, its own within its kind: of the event that opened the episode, visit or form, or of the search's first keystroke; the
    /// ticket's.
    pub id: String,
    /// The time by which it falls into the range.
    pub t: Millis,
    /// How it ended: an episode by its outcome; a form `open`, `sent`, `left_after_help` or `left`; a ticket `attributed`,
    /// `visit_alone`, `outside_window` or `unlinked`; a visit `ticketed` or `not_ticketed`; a search `nothing_found`, `opened` or
    /// `not_opened`.
    pub outcome: &'static str,
    /// Whether it stands in the figure's numerator.
    pub numerator: bool,
    /// Whether it stands in the figure's denominator.
    pub denominator: bool,
    /// What was last asked in it, if anything was; as far as it may be shown beside what one visitor did.
    pub asked: Option<Asked>,
    /// The same as it was typed, redacted; for those who may read it.
    pub text: Option<String>,
    /// Searches in it.
    pub searches: usize,
    /// Articles opened in it.
    pub opened: usize,
    /// Tickets that belong to it, or the ticket itself.
    pub tickets: Vec<TicketLine>,
    /// What it contributes to the time to answer.
    pub millis: Option<Millis>,
    /// Ids of the episodes that it is, holds or belongs to.
    pub episodes: Vec<String>,
}

/// A ticket, how it is tied to its visitor, and why it belongs where it does.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketLine {
    /// Its id.
    pub id: String,
    /// How it is tied.
    pub link: Link,
    /// Why it belongs to its episode; `None`: it belongs to none.
    pub rule: Option<Rule>,
}

/// The rows that are wanted, in order of time, then of kind and id.
pub(super) fn draw(selection: &Selection<'_, '_>, wanted: &Wanted) -> Vec<Row> {
    let book = Book::new(selection);
    let mut units = Vec::new();
    match &wanted.listed {
        Listed::All(kind) => all(&selection.selected, *kind, &mut |unit| units.push(unit)),
        Listed::Figure(counted, _) => (counted.units)(&selection.selected, &mut |unit| units.push(unit)),
    }
    let part = match wanted.listed {
        Listed::All(_) => Part::Both,
        Listed::Figure(_, part) => part,
    };
    let meant = |unit: &Unit| match part {
        Part::Both => true,
        Part::Numerator => unit.numerator,
        Part::Denominator => unit.denominator,
    };
    let ended = |row: &Row| wanted.outcomes.is_empty() || wanted.outcomes.contains(row.outcome);
    let mut rows: Vec<Row> = units.into_iter().filter(meant).map(|unit| book.row(unit)).filter(ended).collect();
    rows.sort_by(|a, b| (a.t, a.kind, &a.id).cmp(&(b.t, b.kind, &b.id)));
    rows
}

/// All of a kind in the range, as units of no figure.
fn all(selected: &Selected<'_>, kind: Kind, each: &mut dyn FnMut(Unit)) {
    let mut tell = |what, t| each(Unit { what, t, visitor: None, numerator: false, denominator: false, millis: None });
    match kind {
        Kind::Episode => selected.episodes().for_each(|(number, fact)| tell(What::Episode(number), fact.t)),
        Kind::Visit => selected.visits().for_each(|(number, fact)| tell(What::Visit(number), fact.t)),
        Kind::Form => selected.forms().for_each(|(number, fact)| tell(What::Form(number), fact.t)),
        Kind::Search => selected.searches().for_each(|(number, fact)| tell(What::Search(number), fact.t)),
        Kind::Ticket => selected.tickets().for_each(|(number, fact)| tell(What::Ticket(number), fact.t)),
    }
}

/// What rows are written from, looked up once.
pub(super) struct Book<'s, 'e, 'a> {
    selection: &'s Selection<'e, 'a>,
    common: BTreeSet<&'e str>,
    tickets_of_episode: BTreeMap<usize, Vec<usize>>,
    tickets_of_visit: BTreeMap<usize, Vec<usize>>,
    tickets_of_form: BTreeMap<usize, Vec<usize>>,
    episodes_of_visit: BTreeMap<usize, Vec<usize>>,
}

impl<'s, 'e, 'a> Book<'s, 'e, 'a> {
    pub(super) fn new(selection: &'s Selection<'e, 'a>) -> Self {
        let journeys = selection.journeys;
        let mut book = Self {
            selection,
            common: common(selection),
            tickets_of_episode: BTreeMap::new(),
            tickets_of_visit: BTreeMap::new(),
            tickets_of_form: BTreeMap::new(),
            episodes_of_visit: BTreeMap::new(),
        };
        for (number, (ticket, attribution)) in selection.all_tickets.iter().zip(selection.attributions).enumerate() {
            if let Some(form) = ticket.form {
                book.tickets_of_form.entry(form).or_default().push(number);
            }
            match attribution {
                Attribution::Episode { episode, .. } => {
                    let visit = journeys.episodes[*episode].visit;
                    book.tickets_of_episode.entry(*episode).or_default().push(number);
                    book.tickets_of_visit.entry(visit).or_default().push(number);
                }
                Attribution::Visit(visit) => book.tickets_of_visit.entry(*visit).or_default().push(number),
                Attribution::OutsideWindow | Attribution::Unlinked => {}
            }
        }
        for (number, episode) in journeys.episodes.iter().enumerate() {
            book.episodes_of_visit.entry(episode.visit).or_default().push(number);
        }
        book
    }

    /// The row of a unit.
    fn row(&self, unit: Unit) -> Row {
        let row = self.row_of(unit.what);
        Row { numerator: unit.numerator, denominator: unit.denominator, millis: unit.millis, ..row }
    }

    /// The row of something that is in no figure.
    pub(super) fn row_of(&self, what: What) -> Row {
        match what {
            What::Episode(number) => self.episode(number),
            What::Visit(number) => self.visit(number),
            What::Form(number) => self.form(number),
            What::Search(number) => self.search(number),
            What::Ticket(number) => self.ticket(number),
        }
    }

    /// What was asked, as far as it may be shown beside what one visitor did.
    pub(super) fn asked(&self, search: &Search<'_>) -> Asked {
        match search.text.as_deref() {
            None => Asked::NotKept,
            Some(text) if self.common.contains(text) => Asked::Query(text.into()),
            Some(_) => Asked::TooSmall,
        }
    }

    /// A ticket and why it belongs where it does.
    pub(super) fn ticket_line(&self, number: usize) -> TicketLine {
        let linked = &self.selection.all_tickets[number];
        let rule = match self.selection.attributions[number] {
            Attribution::Episode { rule, .. } => Some(rule),
            _ => None,
        };
        TicketLine { id: linked.ticket.id.clone(), link: linked.link, rule }
    }

    /// Numbers of the tickets attributed to an episode.
    pub(super) fn tickets_of_episode(&self, number: usize) -> &[usize] {
        self.tickets_of_episode.get(&number).map_or(&[], Vec::as_slice)
    }

    fn episode(&self, number: usize) -> Row {
        let episode = &self.selection.journeys.episodes[number];
        let outcome = self.selection.outcomes[number].name();
        let row = Row { tickets: self.lines(self.tickets_of_episode(number)), ..self.of(&[number]) };
        Row { kind: Kind::Episode, id: episode.id.into(), t: episode.start, outcome, ..row }
    }

    fn visit(&self, number: usize) -> Row {
        let visit = &self.selection.journeys.visits[number];
        let episodes = self.episodes_of_visit.get(&number).map_or(&[][..], Vec::as_slice);
        let outcome = if self.selection.selected.facts.visits[number].asked { "ticketed" } else { "not_ticketed" };
        let id = visit.events.first().map_or_else(String::new, |event| event.event.id.clone());
        let tickets = self.lines(self.tickets_of_visit.get(&number).map_or(&[], Vec::as_slice));
        Row { kind: Kind::Visit, id, t: visit.start(), outcome, tickets, ..self.of(episodes) }
    }

    fn form(&self, number: usize) -> Row {
        let form = &self.selection.journeys.forms[number];
        let outcome: FormOutcome = self.selection.form_outcomes[number];
        let row = Row {
            tickets: self.lines(self.tickets_of_form.get(&number).map_or(&[], Vec::as_slice)),
            searches: 0,
            opened: form.suggestions.len(),
            ..self.of(form.episode.as_slice())
        };
        Row { kind: Kind::Form, id: form.begun_by.into(), t: form.start, outcome: outcome.name(), ..row }
    }

    fn search(&self, number: usize) -> Row {
        let (number, place) = self.selection.places[number];
        let episode = &self.selection.journeys.episodes[number];
        let search = &episode.searches[place];
        let opened = openings_by_search(episode).get(&place).copied().unwrap_or_default();
        let outcome = match (search.found_nothing(), opened) {
            (true, _) => "nothing_found",
            (false, 0) => "not_opened",
            (false, _) => "opened",
        };
        let row = Row { searches: 1, opened, ..self.of(&[number]) };
        let (asked, text) = (Some(self.asked(search)), search.last.text.clone());
        let id = search.keystrokes[0].event.id.clone();
        Row { kind: Kind::Search, id, t: search.begins(), outcome, asked, text, ..row }
    }

    fn ticket(&self, number: usize) -> Row {
        let linked = &self.selection.all_tickets[number];
        let attribution = self.selection.attributions[number];
        let row = match attribution {
            Attribution::Episode { episode, .. } => self.of(&[episode]),
            _ => self.of(&[]),
        };
        let (id, t, tickets) = (linked.ticket.id.clone(), linked.ticket.at, vec![self.ticket_line(number)]);
        Row { kind: Kind::Ticket, id, t, outcome: attribution.name(), tickets, searches: 0, opened: 0, ..row }
    }

    /// What episodes give to a row: what was last asked, and how much was searched and opened.
    fn of(&self, episodes: &[usize]) -> Row {
        let episodes: Vec<&Episode<'a>> =
            episodes.iter().map(|&number| &self.selection.journeys.episodes[number]).collect();
        let last = episodes.iter().filter_map(|episode| episode.searches.last()).max_by_key(|search| search.begins());
        Row {
            kind: Kind::Episode,
            id: String::new(),
            t: 0,
            outcome: "",
            numerator: false,
            denominator: false,
            asked: last.map(|search| self.asked(search)),
            text: last.and_then(|search| search.last.text.clone()),
            searches: episodes.iter().map(|episode| episode.searches.len()).sum(),
            opened: episodes.iter().map(|episode| episode.openings.len()).sum(),
            tickets: Vec::new(),
            millis: None,
            episodes: episodes.iter().map(|episode| episode.id.to_owned()).collect(),
        }
    }

    fn lines(&self, tickets: &[usize]) -> Vec<TicketLine> {
        tickets.iter().map(|&number| self.ticket_line(number)).collect()
    }
}
