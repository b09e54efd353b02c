//! Why a group of searches still ends in tickets, and what an editor does about it.

use super::effect::Effect;
use super::rows::Row;

/// Share of ticketed episodes with an opened article from which the article is to blame, and not its place.
const OPENED: f64 = 0.5;
/// Share of episodes whose search was sure then to have found something.
const FOUND: f64 = 0.5;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Diagnosis {
    /// No article is near the queries or the tickets.
    Missing,
    /// An article answers it, but its audience leaves these visitors out. For editors alone.
    Hidden,
    /// The right article ranks too low, or is shown and not opened.
    Unseen,
    /// It is opened and a ticket follows.
    Unhelpful,
    /// The ticket rate rose since the article changed.
    Worsened,
}

impl Diagnosis {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Hidden => "hidden",
            Self::Unseen => "unseen",
            Self::Unhelpful => "unhelpful",
            Self::Worsened => "worsened",
        }
    }

    /// What the editor does.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Missing => "Write an article.",
            Self::Hidden => "Review the article's audience.",
            Self::Unseen => "Improve the article's title or summary, add a synonym, or pin it.",
            Self::Unhelpful => "Rewrite the article.",
            Self::Worsened => "Look at the article's last change.",
        }
    }
}

/// What asking a group's searches and tickets again has shown, as far as the reader of the report may know.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Findings {
    /// An article is near the queries, for these visitors.
    pub near_queries: bool,
    /// An article is near the tickets, for these visitors.
    pub near_tickets: bool,
    /// Another article, out of these visitors' sight, is near. Only asked where the reader may see everything.
    pub near_elsewhere: bool,
    /// How the ticket rate moved when the nearest article last changed.
    pub effect: Option<Effect>,
}

/// Diagnoses a group. What its searches opened counts whether or not the reader may see the article.
pub fn diagnose(row: &Row, findings: &Findings) -> Diagnosis {
    let share = |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let opened = share(row.ticketed_after_opening, row.ticketed()) >= OPENED;
    let found = share(row.found, row.episodes) >= FOUND;
    let near = findings.near_queries || findings.near_tickets;
    if near && findings.effect.is_some_and(|effect| effect.worsened()) {
        Diagnosis::Worsened
    } else if opened && (near || found) {
        Diagnosis::Unhelpful
    } else if near {
        Diagnosis::Unseen
    } else if findings.near_elsewhere {
        Diagnosis::Hidden
    } else {
        Diagnosis::Missing
    }
}
