//! Episodes to outcomes: what became of each need, as far as it is known.

use super::episodes::{Episode, Form, Journeys, Vote};
use super::log::{Log, Millis, Stretch};
use super::question::{Rules, Window};
use super::tickets::{Attribution, LinkedTicket, in_window};
use super::visitors::Visitor;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What became of an episode under a window; in the order in which they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Its window has not passed yet.
    Provisional,
    /// A ticket is attributed to it.
    Ticketed,
    /// Nobody can say whether a ticket came.
    Unknown,
    /// It looked solved, but the same need came back.
    Reopened,
    /// The visitor said that it is solved.
    Confirmed,
    /// A form was left after a suggestion of it was opened.
    FormLeft,
    /// An article was looked at long enough.
    Assumed,
    /// No search found anything good, and nothing was opened.
    NoResult,
    /// None of these.
    Abandoned,
}

impl Outcome {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Provisional,
        Self::Ticketed,
        Self::Unknown,
        Self::Reopened,
        Self::Confirmed,
        Self::FormLeft,
        Self::Assumed,
        Self::NoResult,
        Self::Abandoned,
    ];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Ticketed => "ticketed",
            Self::Unknown => "unknown",
            Self::Reopened => "reopened",
            Self::Confirmed => "confirmed",
            Self::FormLeft => "form_left",
            Self::Assumed => "assumed",
            Self::NoResult => "no_result",
            Self::Abandoned => "abandoned",
        }
    }

    /// Whether it stands in the denominator of rates.
    pub fn is_closed(self) -> bool {
        !matches!(self, Self::Provisional | Self::Unknown)
    }
}

/// What became of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FormOutcome {
    /// Its window has not passed yet, or nobody can say whether a ticket came.
    Open,
    /// It was sent.
    Sent,
    /// It was left after a suggestion of it was opened, and no ticket came.
    LeftAfterHelp,
    /// It was left.
    Left,
}

impl FormOutcome {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::LeftAfterHelp, Self::Sent, Self::Left, Self::Open];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Sent => "sent",
            Self::LeftAfterHelp => "left_after_help",
            Self::Left => "left",
        }
    }
}

/// When tickets are known.
#[derive(Debug)]
pub struct Coverage {
    known: Vec<(Millis, Millis)>,
    outages: Vec<(Millis, Millis)>,
}

impl Coverage {
    /// Joins what each source declares.
    pub fn new(log: &Log) -> Self {
        let mut sources: BTreeMap<&str, Vec<(Millis, Millis)>> = BTreeMap::new();
        for Stretch { source, from, to } in &log.coverage {
            sources.entry(source).or_default().push((*from, *to));
        }
        let mut known: Vec<(Millis, Millis)> = Vec::new();
        for stretches in sources.values_mut() {
            stretches.sort_unstable();
            let mut joined: Option<(Millis, Millis)> = None;
            for &(from, to) in stretches.iter() {
                joined = match joined {
                    // Bounds are inclusive: neighbours a millisecond apart touch.
                    Some((start, end)) if from <= end.saturating_add(1) => Some((start, end.max(to))),
                    Some(done) => {
                        known.push(done);
                        Some((from, to))
                    }
                    None => Some((from, to)),
                };
            }
            known.extend(joined);
        }
        Self { known, outages: log.outages.iter().map(|outage| (outage.from, outage.to)).collect() }
    }

    /// Whether one source knows all its tickets from `from` to `to`, and none was broken meanwhile.
    pub fn holds(&self, from: Millis, to: Millis) -> bool {
        !self.is_broken(from, to) && self.known.iter().any(|&(start, end)| start <= from && to <= end)
    }

    /// Whether a source was broken at some time from `from` to `to`.
    pub fn is_broken(&self, from: Millis, to: Millis) -> bool {
        self.outages.iter().any(|&(start, end)| start <= to && from <= end)
    }
}

/// What outcomes are judged by.
pub struct Evidence<'e, 'a> {
    /// What visitors did.
    pub journeys: &'e Journeys<'a>,
    /// Tickets.
    pub tickets: &'e [LinkedTicket<'a>],
    /// Where each of them belongs.
    pub attributions: &'e [Attribution],
    /// When tickets are known.
    pub coverage: &'e Coverage,
    /// How long tickets count.
    pub window: Window,
    /// What may be known.
    pub as_of: Millis,
    /// The constants.
    pub rules: &'e Rules,
}

impl<'a> Evidence<'_, 'a> {
    /// The outcome of each form.
    pub fn forms(&self) -> Vec<FormOutcome> {
        let sent: BTreeSet<usize> = self.tickets.iter().filter_map(|ticket| ticket.form).collect();
        let mut tickets_of: BTreeMap<Visitor, Vec<Millis>> = BTreeMap::new();
        for ticket in self.tickets {
            ticket.visitors.iter().for_each(|visitor| tickets_of.entry(*visitor).or_default().push(ticket.ticket.at));
        }
        let judge = |(number, form): (usize, &Form<'a>)| {
            if sent.contains(&number) {
                return FormOutcome::Sent;
            }
            let (start, end) = match form.episode {
                Some(episode) => (self.journeys.episodes[episode].start, self.journeys.episodes[episode].end),
                None => (form.start, form.end),
            };
            let silent = self.as_of - form.last >= self.rules.form_silence;
            if !(form.left || silent) || self.is_open(start, end) {
                return FormOutcome::Open;
            }
            let within = |at: &Millis| in_window(*at, start, end, self.window, self.rules);
            let asked = tickets_of.get(&form.visitor).is_some_and(|tickets| tickets.iter().any(within));
            if form.suggestions.is_empty() || asked { FormOutcome::Left } else { FormOutcome::LeftAfterHelp }
        };
        self.journeys.forms.iter().enumerate().map(judge).collect()
    }

    /// The outcome of each episode, given those of the forms; and of each that was reopened, the episode that did so.
    pub fn episodes(&self, forms: &[FormOutcome]) -> (Vec<Outcome>, BTreeMap<usize, usize>) {
        let mut ticketed = BTreeSet::new();
        for attribution in self.attributions {
            if let Attribution::Episode { episode, .. } = attribution {
                ticketed.insert(*episode);
            }
        }
        let mut left_after_help = BTreeSet::new();
        for (form, outcome) in self.journeys.forms.iter().zip(forms) {
            if *outcome == FormOutcome::LeftAfterHelp {
                left_after_help.extend(form.episode);
            }
        }
        let judge = |(number, episode): (usize, &Episode<'a>)| {
            if self.as_of < episode.end.saturating_add(self.window.length()) {
                Outcome::Provisional
            } else if ticketed.contains(&number) {
                Outcome::Ticketed
            } else if self.is_open(episode.start, episode.end) {
                Outcome::Unknown
            } else {
                self.unticketed(episode, left_after_help.contains(&number))
            }
        };
        let mut outcomes: Vec<Outcome> = self.journeys.episodes.iter().enumerate().map(judge).collect();
        let reopened_by = self.reopened(&outcomes);
        reopened_by.keys().for_each(|&reopened| outcomes[reopened] = Outcome::Reopened);
        (outcomes, reopened_by)
    }

    /// The last vote of an episode that counts: on each article that was voted on in it, the visitor's last word within the window.
    pub fn verdict(&self, episode: &Episode<'a>) -> Option<Vote<'a>> {
        let until = episode.end.saturating_add(self.window.length());
        let articles: BTreeSet<&str> =
            episode.votes.iter().filter(|vote| vote.t <= until).map(|vote| vote.slug).collect();
        let mut votes = self.journeys.votes.get(&episode.visitor).into_iter().flatten();
        votes.rfind(|vote| vote.t >= episode.start && vote.t <= until && articles.contains(vote.slug)).copied()
    }

    fn unticketed(&self, episode: &Episode<'a>, left_after_help: bool) -> Outcome {
        let verdict = self.verdict(episode).map(|vote| vote.solved);
        let looked = |dwell: Option<Millis>| dwell.is_some_and(|dwell| dwell >= self.rules.min_dwell);
        if verdict == Some(true) {
            Outcome::Confirmed
        } else if left_after_help {
            Outcome::FormLeft
        } else if verdict.is_none() && episode.openings.iter().any(|opening| looked(opening.dwell)) {
            Outcome::Assumed
        } else if episode.openings.is_empty() && episode.searches.iter().all(|search| search.found_nothing()) {
            Outcome::NoResult
        } else {
            Outcome::Abandoned
        }
    }

    /// Episodes that seemed solved until a later one of the same visitor was about the same need; each later one reopens only the
    /// latest such. Each of them, with the first that reopened it.
    fn reopened(&self, outcomes: &[Outcome]) -> BTreeMap<usize, usize> {
        let episodes = &self.journeys.episodes;
        let seems_solved =
            |number: &usize| matches!(outcomes[*number], Outcome::Confirmed | Outcome::FormLeft | Outcome::Assumed);
        let mut reopened = BTreeMap::new();
        let mut order: Vec<usize> = (0..episodes.len()).collect();
        let key = |number: &usize| (episodes[*number].visitor, episodes[*number].start, episodes[*number].id);
        order.sort_unstable_by_key(key);
        for theirs in order.chunk_by(|a, b| episodes[*a].visitor == episodes[*b].visitor) {
            for (place, &number) in theirs.iter().enumerate() {
                let later = &episodes[number];
                let follows = |number: &usize| {
                    let earlier = &episodes[*number];
                    earlier.end < later.start && later.start <= earlier.end.saturating_add(self.window.length())
                };
                let earlier = theirs[..place].iter().rev().filter(|number| seems_solved(number) && follows(number));
                if let Some(earlier) = earlier.copied().find(|&earlier| episodes[earlier].resembles(later, self.rules))
                {
                    reopened.entry(earlier).or_insert(number);
                }
            }
        }
        reopened
    }

    /// Whether the window of something has not passed, or nobody can say whether a ticket came in it.
    fn is_open(&self, start: Millis, end: Millis) -> bool {
        let until = end.saturating_add(self.window.length());
        self.as_of < until || !self.coverage.holds(start, until)
    }
}
