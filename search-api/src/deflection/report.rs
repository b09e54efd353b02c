//! Facts to a report: all that is said about a question's range.

use super::episodes::{Episode, Journeys};
use super::facts::{Aside, Belongs, Selected};
use super::figures::{Figure, figures};
use super::formulas::{Formula, formulas};
use super::holdout::{Holdout, holdout};
use super::log::{Lost, Mark};
use super::outcomes::{Evidence, FormOutcome, Outcome};
use super::question::Question;
use super::searches::Search;
use super::tickets::{Attribution, Link, LinkedTicket};
use std::collections::BTreeMap;

/// Events that count in no figure, by reason, within the range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Of viewers with a staff role.
    pub staff: u64,
    /// Of known bots, and of visits that no person makes.
    pub bots: u64,
    /// Marked as tests.
    pub test: u64,
    /// Fetched ahead by a browser.
    pub prefetch: u64,
    /// Of nobody: the visitor asked not to be followed, or could not be told.
    pub not_identified: u64,
}

impl LeftOut {
    fn count(&mut self, mark: Mark) -> &mut u64 {
        match mark {
            Mark::Test => &mut self.test,
            Mark::Prefetch => &mut self.prefetch,
            Mark::Bot => &mut self.bots,
            Mark::Staff => &mut self.staff,
        }
    }
}

/// Tickets of the range, by where they belong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TicketCounts {
    /// All.
    pub all: u64,
    /// They name a search or a form.
    pub by_search: u64,
    /// They come from a known visitor.
    pub by_visitor: u64,
    /// They come from a known address.
    pub by_email: u64,
    /// Attributed to an episode.
    pub attributed: u64,
    /// Linked to a visit without an episode that could have led to them.
    pub visit_alone: u64,
    /// Linked, outside the window.
    pub outside_window: u64,
    /// Not linked. Shown, never guessed.
    pub unlinked: u64,
    /// Left out: written by staff, or marked.
    pub left_out: u64,
}

/// The answer to a question about a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Whether nothing can move it any more.
    pub is_final: bool,
    /// Visits begun in the range.
    pub visits: u64,
    /// Distinct visitors of those; `None` beyond a calendar month.
    pub visitors: Option<u64>,
    /// Episodes in the denominator of rates.
    pub closed: u64,
    /// Episodes by outcome; every outcome is named.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Ticket forms begun, by what became of them; every end is named.
    pub forms: BTreeMap<FormOutcome, u64>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Tickets. Not filtered by role, language or stratum, which most tickets do not have.
    pub tickets: TicketCounts,
    /// Events that count nowhere.
    pub left_out: LeftOut,
    /// Events whose clock had to be clamped.
    pub clamped: u64,
    /// What never became an event.
    pub lost: Lost,
    /// The same log under other formulas.
    pub formulas: Vec<Formula>,
    /// What an experiment on the ticket form says; `None` where none ran.
    pub holdout: Option<Holdout>,
    /// Episodes of people whom it held out: in no figure of what suggestions or articles deflect.
    pub held_out: u64,
}

/// What a question selects of journeys that were judged.
pub struct Selection<'e, 'a> {
    /// The question.
    pub question: &'e Question,
    /// What visitors did, beyond the range too.
    pub journeys: &'e Journeys<'a>,
    /// The outcome of each episode.
    pub outcomes: &'e [Outcome],
    /// Of each episode that was reopened, the one that did so.
    pub reopened_by: &'e BTreeMap<usize, usize>,
    /// The outcome of each form.
    pub form_outcomes: &'e [FormOutcome],
    /// All tickets.
    pub all_tickets: &'e [LinkedTicket<'a>],
    /// Where each of them belongs.
    pub attributions: &'e [Attribution],
    /// What outcomes were judged by.
    pub evidence: &'e Evidence<'e, 'a>,
    /// The facts of all journeys, by the same numbers, and which of them are selected.
    pub selected: Selected<'e>,
    /// Of each search among the facts, the number of its episode and its place in that.
    pub places: Vec<(usize, usize)>,
}

/// Draws a report from what a question selects.
pub fn draw(selected: &Selected<'_>, lost: Lost) -> Report {
    let mut outcomes: BTreeMap<Outcome, u64> = Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect();
    selected.episodes().for_each(|(_, episode)| *outcomes.entry(episode.outcome).or_default() += 1);
    let mut forms: BTreeMap<FormOutcome, u64> = FormOutcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect();
    selected.forms().for_each(|(_, form)| *forms.entry(form.outcome).or_default() += 1);
    let (mut left_out, mut clamped, mut tickets) = (LeftOut::default(), 0, ticket_counts(selected));
    for aside in selected.asides() {
        let counted = match aside.why {
            Aside::Event(mark) => left_out.count(mark),
            Aside::NotIdentified => &mut left_out.not_identified,
            Aside::Ticket => &mut tickets.left_out,
            Aside::Clamped => &mut clamped,
        };
        *counted += u64::from(aside.count);
    }
    let holdout = holdout(selected);
    let figures = figures(selected, holdout.as_ref());
    let visitors = figures.iter().find(|figure| figure.name == "active_visitors").and_then(|figure| figure.numerator);
    Report {
        is_final: selected.question.is_final(),
        visits: selected.visits().count() as u64,
        visitors,
        closed: outcomes.iter().filter(|(outcome, _)| outcome.is_closed()).map(|(_, count)| count).sum(),
        outcomes,
        forms,
        figures,
        tickets,
        left_out,
        clamped,
        lost,
        formulas: formulas(selected),
        held_out: selected.episodes().filter(|(_, episode)| selected.is_held_out(episode.visitor)).count() as u64,
        holdout,
    }
}

fn ticket_counts(selected: &Selected<'_>) -> TicketCounts {
    let mut counts = TicketCounts::default();
    for (_, ticket) in selected.tickets() {
        counts.all += 1;
        match ticket.link {
            Link::Search => counts.by_search += 1,
            Link::Visitor => counts.by_visitor += 1,
            Link::Email => counts.by_email += 1,
            Link::None => {}
        }
        match ticket.belongs {
            Belongs::Episode => counts.attributed += 1,
            Belongs::Visit => counts.visit_alone += 1,
            Belongs::OutsideWindow => counts.outside_window += 1,
            Belongs::Unlinked => counts.unlinked += 1,
        }
    }
    counts
}

impl<'e, 'a> Selection<'e, 'a> {
    /// Episodes of the range that pass the filters, by number, with their outcomes.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, Outcome)> {
        self.selected.episodes().map(|(number, episode)| (number, episode.outcome))
    }

    /// Episodes of the range that pass the filters, with their outcomes.
    pub fn episodes(&self) -> impl Iterator<Item = (&'e Episode<'a>, Outcome)> {
        self.numbered().map(|(number, outcome)| (&self.journeys.episodes[number], outcome))
    }

    /// Searches of the range in episodes that pass the filters, each with its episode.
    pub fn searches(&self) -> impl Iterator<Item = (&'e Episode<'a>, &'e Search<'a>)> {
        self.selected.searches().map(|(number, _)| {
            let (episode, place) = self.places[number];
            let episode = &self.journeys.episodes[episode];
            (episode, &episode.searches[place])
        })
    }
}
