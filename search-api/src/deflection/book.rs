//! Rows of the ledger, written from what was followed.

use super::episodes::Episode;
use super::facts::gather::openings_by_search;
use super::ledger::{EpisodeName, Kind, Row, TicketLine, ending};
use super::queries::{Asked, common};
use super::report::Selection;
use super::searches::Search;
use super::tickets::{Attribution, Filed};
use super::units::{Unit, What};
use std::collections::{BTreeMap, BTreeSet};

/// What rows are written from, looked up once.
pub(super) struct Book<'s, 'e, 'a> {
    selection: &'s Selection<'e, 'a>,
    common: BTreeSet<&'e str>,
    filed: Filed,
    episodes_of_visit: BTreeMap<usize, Vec<usize>>,
}

impl<'s, 'e, 'a> Book<'s, 'e, 'a> {
    pub(super) fn new(selection: &'s Selection<'e, 'a>) -> Self {
        let journeys = selection.journeys;
        let mut episodes_of_visit: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (number, episode) in journeys.episodes.iter().enumerate() {
            episodes_of_visit.entry(episode.visit).or_default().push(number);
        }
        let filed = Filed::new(selection.all_tickets, selection.attributions, journeys);
        Self { selection, common: common(selection), filed, episodes_of_visit }
    }

    /// The row of a unit.
    pub(super) fn row(&self, unit: Unit) -> Row {
        let row = self.row_of(unit.what);
        Row { numerator: unit.numerator, denominator: unit.denominator, millis: unit.millis, ..row }
    }

    /// The row of something that is in no figure.
    pub(super) fn row_of(&self, what: What) -> Row {
        let row = match what {
            What::Episode(number) => self.episode(number),
            What::Visit(number) => self.visit(number),
            What::Form(number) => self.form(number),
            What::Search(number) => self.search(number),
            What::Ticket(number) => self.ticket(number),
            What::Task(number) => self.task(number),
        };
        Row { outcome: ending(self.selection.selected.facts, what), ..row }
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
        self.filed.of_episode(number)
    }

    fn episode(&self, number: usize) -> Row {
        let episode = &self.selection.journeys.episodes[number];
        let row = Row { tickets: self.lines(self.tickets_of_episode(number)), ..self.of(&[number]) };
        Row { kind: Kind::Episode, id: episode.id.into(), t: episode.start, ..row }
    }

    fn visit(&self, number: usize) -> Row {
        let visit = &self.selection.journeys.visits[number];
        let episodes = self.episodes_of_visit.get(&number).map_or(&[][..], Vec::as_slice);
        let id = visit.events.first().map_or_else(String::new, |event| event.event.id.clone());
        let tickets = self.lines(self.filed.of_visit(number));
        Row { kind: Kind::Visit, id, t: visit.start(), tickets, ..self.of(episodes) }
    }

    fn form(&self, number: usize) -> Row {
        let form = &self.selection.journeys.forms[number];
        let row = Row {
            tickets: self.lines(self.filed.of_form(number)),
            searches: 0,
            opened: form.suggestions.len(),
            ..self.of(form.episode.as_slice())
        };
        Row { kind: Kind::Form, id: form.begun_by.into(), t: form.start, ..row }
    }

    fn search(&self, number: usize) -> Row {
        let (number, place) = self.selection.places[number];
        let episode = &self.selection.journeys.episodes[number];
        let search = &episode.searches[place];
        let opened = openings_by_search(episode).get(&place).copied().unwrap_or_default();
        let row = Row { searches: 1, opened, ..self.of(&[number]) };
        let (asked, text) = (Some(self.asked(search)), search.last.text.clone());
        let id = search.keystrokes[0].event.id.clone();
        Row { kind: Kind::Search, id, t: search.begins(), asked, text, ..row }
    }

    fn ticket(&self, number: usize) -> Row {
        let linked = &self.selection.all_tickets[number];
        let attribution = self.selection.attributions[number];
        let row = match attribution {
            Attribution::Episode { episode, .. } => self.of(&[episode]),
            _ => self.of(&[]),
        };
        let (id, t, tickets) = (linked.ticket.id.clone(), linked.ticket.at, vec![self.ticket_line(number)]);
        Row { kind: Kind::Ticket, id, t, tickets, searches: 0, opened: 0, ..row }
    }

    /// It tells nothing of what was searched: it belongs to no need.
    fn task(&self, number: usize) -> Row {
        let tile = self.selection.tiles[number];
        let id = self.selection.journeys.visits[tile.visit].events[tile.place].event.id.clone();
        let fact = &self.selection.selected.facts.tasks[number];
        Row { kind: Kind::Task, id, t: fact.t, opened: 1, ..self.of(&[]) }
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
            episodes: episodes.iter().map(|episode| EpisodeName::of(episode)).collect(),
        }
    }

    fn lines(&self, tickets: &[usize]) -> Vec<TicketLine> {
        tickets.iter().map(|&number| self.ticket_line(number)).collect()
    }
}
