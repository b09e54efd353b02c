//! Why an episode has its outcome, in plain words: the rule of the outcome table that decided.

use super::outcomes::Outcome;
use super::report::Selection;

/// What decided an episode's outcome under a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// The window has not passed.
    Waiting,
    /// A ticket is attributed to it.
    Ticket,
    /// A source of tickets was broken in its window.
    Outage,
    /// No source of tickets covers its window.
    NotCovered,
    /// A later episode was about the same need.
    CameBack,
    /// The last vote says solved.
    VotedSolved,
    /// A form was left after one of its suggestions was opened.
    FormLeft,
    /// An article was looked at long enough.
    Looked,
    /// Nothing good was found, and nothing opened.
    FoundNothing,
    /// The last vote says not solved.
    VotedUnsolved,
    /// Articles were shown, none opened.
    OpenedNothing,
    /// What was opened was looked at too shortly, or nobody knows how long.
    LookedBriefly,
}

impl Why {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Ticket => "ticket",
            Self::Outage => "outage",
            Self::NotCovered => "not_covered",
            Self::CameBack => "came_back",
            Self::VotedSolved => "voted_solved",
            Self::FormLeft => "form_left",
            Self::Looked => "looked",
            Self::FoundNothing => "found_nothing",
            Self::VotedUnsolved => "voted_unsolved",
            Self::OpenedNothing => "opened_nothing",
            Self::LookedBriefly => "looked_briefly",
        }
    }

    /// The rule in a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Waiting => "The window after its last step has not passed yet; until then nothing is judged.",
            Self::Ticket => "A ticket that came within the window is attributed to it.",
            Self::Outage => {
                "A source of tickets reported an outage within the window, so a ticket may have been missed."
            }
            Self::NotCovered => {
                "No source of tickets covers the whole window, so nobody can say whether a ticket came."
            }
            Self::CameBack => "It seemed solved, but the same visitor came back with the same need within the window.",
            Self::VotedSolved => {
                "The visitor's last vote within the window says that it is solved, and no ticket came."
            }
            Self::FormLeft => {
                "A ticket form was left unsent after one of its suggestions was opened, and no ticket came."
            }
            Self::Looked => "An article was looked at for at least 10 seconds, with no vote against it and no ticket.",
            Self::FoundNothing => "No search found a good answer, and nothing was opened.",
            Self::VotedUnsolved => {
                "The visitor's last vote within the window says that it is not solved; no ticket came."
            }
            Self::OpenedNothing => "Answers were shown, but none was opened; no ticket came.",
            Self::LookedBriefly => {
                "What was opened was left in less than 10 seconds, or nobody knows when; no ticket came."
            }
        }
    }
}

/// Why an episode, by number, has its outcome.
pub fn why(selection: &Selection<'_, '_>, number: usize) -> Why {
    let (evidence, episode) = (selection.evidence, &selection.journeys.episodes[number]);
    match selection.outcomes[number] {
        Outcome::Provisional => Why::Waiting,
        Outcome::Ticketed => Why::Ticket,
        Outcome::Unknown => {
            let until = episode.end.saturating_add(evidence.window.length());
            if evidence.coverage.is_broken(episode.start, until) { Why::Outage } else { Why::NotCovered }
        }
        Outcome::Reopened => Why::CameBack,
        Outcome::Confirmed => Why::VotedSolved,
        Outcome::FormLeft => Why::FormLeft,
        Outcome::Assumed => Why::Looked,
        Outcome::NoResult => Why::FoundNothing,
        Outcome::Abandoned if evidence.verdict(episode).is_some() => Why::VotedUnsolved,
        Outcome::Abandoned if episode.openings.is_empty() => Why::OpenedNothing,
        Outcome::Abandoned => Why::LookedBriefly,
    }
}
