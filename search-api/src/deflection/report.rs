//! Figures to a report: what a question selects of the log, and all that is said about it.

use super::SetAside;
use super::episodes::{Episode, Journeys};
use super::figures::{Figure, figures};
use super::formulas::{Formula, formulas};
use super::holdout::{Holdout, holdout};
use super::log::{Lost, Mark, Millis};
use super::outcomes::{Evidence, FormOutcome, Outcome};
use super::question::Question;
use super::searches::Search;
use super::tickets::{Attribution, Link, LinkedTicket};
use super::visitors::Visitor;
use super::visits::Visit;
use indexer::language::Language;
use std::collections::{BTreeMap, BTreeSet};

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
    /// Where events that arrived marked are counted.
    pub fn count(&mut self, mark: Mark) -> &mut u64 {
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

/// What a question selects.
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
    /// People whom an experiment held out.
    pub held_out: &'e BTreeSet<Visitor>,
    /// First moment of the range, and the one after its last.
    pub range: (Millis, Millis),
}

/// Draws a report from judged journeys.
pub(super) fn draw(selection: &Selection<'_, '_>, aside: SetAside, lost: Lost) -> Report {
    let mut outcomes: BTreeMap<Outcome, u64> = Outcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect();
    selection.episodes().for_each(|(_, outcome)| *outcomes.entry(outcome).or_default() += 1);
    let mut forms: BTreeMap<FormOutcome, u64> = FormOutcome::ALL.into_iter().map(|outcome| (outcome, 0)).collect();
    selection.forms().for_each(|(_, outcome)| *forms.entry(outcome).or_default() += 1);
    let holdout = holdout(selection);
    let figures = figures(selection, holdout.as_ref());
    let visitors = figures.iter().find(|figure| figure.name == "active_visitors").and_then(|figure| figure.numerator);
    Report {
        is_final: selection.question.is_final(),
        visits: selection.visits().count() as u64,
        visitors,
        closed: outcomes.iter().filter(|(outcome, _)| outcome.is_closed()).map(|(_, count)| count).sum(),
        outcomes,
        forms,
        figures,
        tickets: TicketCounts { left_out: aside.tickets, ..selection.ticket_counts() },
        left_out: aside.events,
        clamped: aside.clamped,
        lost,
        formulas: formulas(selection),
        held_out: selection.episodes().filter(|(episode, _)| selection.held_out.contains(&episode.visitor)).count()
            as u64,
        holdout,
    }
}

impl<'e, 'a> Selection<'e, 'a> {
    /// Whether a moment lies in the range.
    pub fn in_range(&self, t: Millis) -> bool {
        self.range.0 <= t && t < self.range.1
    }

    /// Episodes that pass the filters, whenever they began.
    pub fn admitted(&self) -> impl Iterator<Item = &'e Episode<'a>> {
        self.journeys.episodes.iter().filter(|episode| self.admits(episode))
    }

    /// Episodes of the range that pass the filters, by number, with their outcomes.
    pub fn numbered(&self) -> impl Iterator<Item = (usize, Outcome)> {
        let judged = self.journeys.episodes.iter().zip(self.outcomes).enumerate();
        let selected = judged.filter(|(_, (episode, _))| self.in_range(episode.start) && self.admits(episode));
        selected.map(|(number, (_, outcome))| (number, *outcome))
    }

    /// Episodes of the range that pass the filters, with their outcomes.
    pub fn episodes(&self) -> impl Iterator<Item = (&'e Episode<'a>, Outcome)> {
        self.numbered().map(|(number, outcome)| (&self.journeys.episodes[number], outcome))
    }

    /// Visits of the range that pass the filters, by number. A filter on language or stratum asks for such an episode in it.
    pub fn visits(&self) -> impl Iterator<Item = (usize, &'e Visit<'a>)> {
        let by_episode = self.question.language.is_some() || self.question.stratum.is_some();
        let having: BTreeSet<usize> = self.admitted().map(|episode| episode.visit).collect();
        let all = self.journeys.visits.iter().enumerate();
        all.filter(move |(number, visit)| {
            let passes = if by_episode { having.contains(number) } else { self.has_role(visit) };
            passes && self.in_range(visit.start())
        })
    }

    /// Searches of the range in episodes that pass the filters, by number of the episode and place in it.
    pub fn searches(&self) -> impl Iterator<Item = (usize, usize, &'e Search<'a>)> {
        let admitted = self.journeys.episodes.iter().enumerate().filter(|(_, episode)| self.admits(episode));
        let searches = admitted.flat_map(|(number, episode)| {
            episode.searches.iter().enumerate().map(move |(place, search)| (number, place, search))
        });
        searches.filter(|(_, _, search)| self.in_range(search.begins()))
    }

    /// Forms of the range that pass the filters, by number, with their outcomes.
    pub fn forms(&self) -> impl Iterator<Item = (usize, FormOutcome)> {
        let judged = self.journeys.forms.iter().zip(self.form_outcomes).enumerate();
        let selected = judged.filter(|(_, (form, _))| {
            let by_episode = self.question.language.is_some() || self.question.stratum.is_some();
            let passes = match form.episode {
                Some(episode) => self.admits(&self.journeys.episodes[episode]),
                None => !by_episode && self.has_role(&self.journeys.visits[form.visit]),
            };
            passes && self.in_range(form.start)
        });
        selected.map(|(number, (_, outcome))| (number, *outcome))
    }

    /// Tickets of the range, with where they belong.
    pub fn tickets(&self) -> impl Iterator<Item = (&'e LinkedTicket<'a>, Attribution)> {
        let all = self.all_tickets.iter().zip(self.attributions.iter().copied());
        all.filter(|(ticket, _)| self.in_range(ticket.ticket.at))
    }

    /// Numbers of visits that led to a ticket.
    pub fn visits_with_tickets(&self) -> BTreeSet<usize> {
        let visit_of = |attribution: &Attribution| match attribution {
            Attribution::Episode { episode, .. } => Some(self.journeys.episodes[*episode].visit),
            Attribution::Visit(visit) => Some(*visit),
            Attribution::OutsideWindow | Attribution::Unlinked => None,
        };
        self.attributions.iter().filter_map(visit_of).collect()
    }

    fn ticket_counts(&self) -> TicketCounts {
        let mut counts = TicketCounts::default();
        for (ticket, attribution) in self.tickets() {
            counts.all += 1;
            match ticket.link {
                Link::Search => counts.by_search += 1,
                Link::Visitor => counts.by_visitor += 1,
                Link::Email => counts.by_email += 1,
                Link::None => {}
            }
            match attribution {
                Attribution::Episode { .. } => counts.attributed += 1,
                Attribution::Visit(_) => counts.visit_alone += 1,
                Attribution::OutsideWindow => counts.outside_window += 1,
                Attribution::Unlinked => counts.unlinked += 1,
            }
        }
        counts
    }

    fn admits(&self, episode: &Episode<'_>) -> bool {
        let language =
            |wanted: &Language| episode.searches.first().and_then(|search| search.language()) == Some(wanted);
        self.question.role.as_deref().is_none_or(|role| episode.roles.contains(role))
            && self.question.language.as_ref().is_none_or(language)
            && self.question.stratum.is_none_or(|stratum| episode.stratum() == stratum)
    }

    fn has_role(&self, visit: &Visit<'_>) -> bool {
        let holds = |role: &String| visit.events.iter().any(|event| event.event.roles.contains(role));
        self.question.role.as_ref().is_none_or(holds)
    }
}
