//! Facts: what each visit, episode, form, search, ticket and task came to under one window, without a word of what anybody
//! typed. Every figure is a sum of them; see [`days`] for how those of past days are kept.

pub mod days;
pub mod gather;

pub use gather::{Judged, gather};

use super::episodes::Episode;
use super::log::{Assignment, Hash, Mark, Millis};
use super::outcomes::{FormOutcome, Outcome};
use super::question::{Question, Stratum};
use super::tickets::Link;
use super::visitors::Visitor;
use indexer::language::Language;
use serde::{Deserialize, Serialize};

/// Why facts cannot be written or read.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unreadable {
    /// The bytes are of no facts.
    #[error("the bytes are of no facts: {0}")]
    Form(#[from] postcard::Error),
    /// The bytes are of facts that name what is not among them.
    #[error("the facts name what is not among them")]
    Unsound,
}

/// A visitor, by their place in [`Facts::visitors`].
pub type Who = u32;

/// What became of all that a log tells. Each list of units is in the order of the journeys that it was gathered from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Everybody whom a fact names, once.
    pub visitors: Vec<Visitor>,
    /// Everything that filters ask of a fact, once.
    pub traits: Vec<Traits>,
    /// Everything that chance gave the writer of a form, once.
    pub assignments: Vec<Assignment>,
    /// Slugs of all articles that were opened, once.
    pub articles: Vec<String>,
    /// Visits.
    pub visits: Vec<VisitFact>,
    /// Episodes.
    pub episodes: Vec<EpisodeFact>,
    /// Forms.
    pub forms: Vec<FormFact>,
    /// Searches.
    pub searches: Vec<SearchFact>,
    /// Tickets.
    pub tickets: Vec<TicketFact>,
    /// Tiles of tasks.
    pub tasks: Vec<TaskFact>,
    /// Articles opened in episodes, each once an episode.
    pub readings: Vec<ReadingFact>,
    /// What counts in no figure.
    pub asides: Vec<AsideFact>,
    /// Hashes of one browser under the key of a month and of the month before it.
    pub months: Vec<(Hash, Hash)>,
}

/// What filters ask of a fact.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Traits {
    /// Roles seen in it.
    pub roles: Vec<String>,
    /// The needs in it: of a visit all of its episodes', of anything else at most one.
    pub needs: Vec<Need>,
}

/// What filters ask of an episode.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Need {
    /// Roles seen in it.
    pub roles: Vec<String>,
    /// Language of its first search.
    pub language: Option<Language>,
    /// Its stratum.
    pub stratum: Stratum,
}

/// What became of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VisitFact {
    /// When it began.
    pub t: Millis,
    /// Whose.
    pub visitor: Who,
    /// Place among [`Facts::traits`].
    pub traits: u32,
    /// Whether it has a ticketed episode, a sent form, or a ticket linked to it alone.
    pub asked: bool,
    /// Whether something happened in it on a help page.
    pub on_help: bool,
    /// Whether it has a search.
    pub searched: bool,
    /// Whether an article was opened in it, other than from a form.
    pub clicked: bool,
    /// Whether a form was begun in it.
    pub form: bool,
    /// Whether a form's suggestion was opened in it.
    pub suggested: bool,
    /// Searches in its episodes.
    pub searches: u32,
    /// Tickets attributed to it or one of its episodes.
    pub tickets: u32,
}

/// What became of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpisodeFact {
    /// When it began.
    pub t: Millis,
    /// How long after that its last search, opening or form was, from which windows are counted.
    pub lasted: Millis,
    /// Whose.
    pub visitor: Who,
    /// Place among [`Facts::traits`].
    pub traits: u32,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether its last event is a vote that says solved.
    pub ends_solved: bool,
    /// From its first search to the opening that solved it.
    pub answered: Option<Millis>,
    /// Where an answer was shown and 24 hours have passed: whether nothing came after it, or it was confirmed, and not reopened.
    pub resolved: Option<bool>,
    /// Searches in it.
    pub searches: u32,
    /// Tickets attributed to it.
    pub tickets: u32,
}

/// What became of a ticket form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormFact {
    /// When it was begun.
    pub t: Millis,
    /// Whose.
    pub visitor: Who,
    /// Place among [`Facts::traits`].
    pub traits: u32,
    /// What became of it.
    pub outcome: FormOutcome,
    /// What chance gave its writer.
    pub trial: Option<Trial>,
    /// Tickets sent with it.
    pub tickets: u32,
}

/// A form under an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// Place among [`Facts::assignments`].
    pub assignment: u32,
    /// Whether its writer sent a ticket within 7 days; `None`: they are not over, or nobody can say.
    pub ticketed: Option<bool>,
}

/// What became of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchFact {
    /// When its first keystroke was answered.
    pub t: Millis,
    /// Whose.
    pub visitor: Who,
    /// Place among [`Facts::traits`]: those of its episode.
    pub traits: u32,
    /// Whether nothing good was found.
    pub nothing: bool,
    /// Whether it led to an opening.
    pub opened: bool,
}

/// What became of a tile of a task that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskFact {
    /// When it was opened.
    pub t: Millis,
    /// By whom.
    pub visitor: Who,
    /// Place among [`Facts::traits`]: the roles of its visit, and no need.
    pub traits: u32,
    /// Whether its visitor went on to search or to a form; `None`: it is not known yet.
    pub went_on: Option<bool>,
}

/// An article that was opened in an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingFact {
    /// Place among [`Facts::episodes`].
    pub episode: u32,
    /// Place among [`Facts::articles`].
    pub article: u32,
    /// The last word of the episode on it: whether it solved the need.
    pub solved: Option<bool>,
}

/// Where a ticket belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketFact {
    /// When it was made.
    pub t: Millis,
    /// Whose, as far as that is known; of one that was linked to nobody and is erased, a stranger. See [`TicketFact::author`].
    pub visitor: Option<Who>,
    /// How it is linked.
    pub link: Link,
    /// To what.
    pub belongs: Belongs,
}

impl Facts {
    /// How many things there are of which the ledger can have a row.
    pub fn units(&self) -> usize {
        let Self { visits, episodes, forms, searches, tickets, tasks, .. } = self;
        visits.len() + episodes.len() + forms.len() + searches.len() + tickets.len() + tasks.len()
    }
}

impl TicketFact {
    /// The visitor to whom it is linked.
    pub fn author(&self) -> Option<Who> {
        self.visitor.filter(|_| self.link != Link::None)
    }
}

/// What a ticket belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Belongs {
    /// To an episode.
    Episode,
    /// To a visit without an episode that could have led to it.
    Visit,
    /// To a visitor, but outside the window.
    OutsideWindow,
    /// To nobody.
    Unlinked,
}

impl Belongs {
    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Episode => "attributed",
            Self::Visit => "visit_alone",
            Self::OutsideWindow => "outside_window",
            Self::Unlinked => "unlinked",
        }
    }
}

/// Events or tickets of one moment, or of one day, that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsideFact {
    /// When.
    pub t: Millis,
    /// Why.
    pub why: Aside,
    /// How many.
    pub count: u32,
}

/// Why something is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Aside {
    /// An event that counts in no figure.
    Event(Mark),
    /// An event of nobody.
    NotIdentified,
    /// A ticket that counts in no figure.
    Ticket,
    /// An event whose clock had to be clamped; it may count.
    Clamped,
}

/// The facts that a question selects.
#[derive(Clone, Debug)]
pub struct Selected<'f> {
    /// The question.
    pub question: &'f Question,
    /// All facts, beyond the range too.
    pub facts: &'f Facts,
    range: (Millis, Millis),
    /// By place among the traits: whether they pass the filters.
    passes: Vec<bool>,
    /// By visitor: whether an experiment held them out. Of deflection by suggestions they say nothing.
    held_out: Vec<bool>,
}

impl<'f> Selected<'f> {
    /// Selects the facts of a question's range that pass its filters.
    pub fn new(question: &'f Question, facts: &'f Facts) -> Self {
        let held_out = super::holdout::held_out(facts);
        let passes = facts.traits.iter().map(|traits| traits.pass(question)).collect();
        Self { question, facts, range: question.range(), passes, held_out }
    }

    /// Episodes that began in the range, by number.
    pub fn episodes(&self) -> impl Iterator<Item = (usize, &'f EpisodeFact)> {
        self.of(&self.facts.episodes, |episode| (episode.t, episode.traits))
    }

    /// Visits that began in the range, by number. A filter on language or stratum asks for such an episode in them.
    pub fn visits(&self) -> impl Iterator<Item = (usize, &'f VisitFact)> {
        self.of(&self.facts.visits, |visit| (visit.t, visit.traits))
    }

    /// Forms begun in the range, by number.
    pub fn forms(&self) -> impl Iterator<Item = (usize, &'f FormFact)> {
        self.of(&self.facts.forms, |form| (form.t, form.traits))
    }

    /// Searches of the range, by number.
    pub fn searches(&self) -> impl Iterator<Item = (usize, &'f SearchFact)> {
        self.of(&self.facts.searches, |search| (search.t, search.traits))
    }

    /// Tiles of tasks opened in the range, by number. They have no language and no stratum.
    pub fn tasks(&self) -> impl Iterator<Item = (usize, &'f TaskFact)> {
        self.of(&self.facts.tasks, |task| (task.t, task.traits))
    }

    /// Articles opened in episodes that began in the range, each with its episode.
    pub fn readings(&self) -> impl Iterator<Item = (&'f EpisodeFact, &'f ReadingFact)> {
        let episode = |reading: &ReadingFact| &self.facts.episodes[reading.episode as usize];
        let readings = self.facts.readings.iter().map(move |reading| (episode(reading), reading));
        readings.filter(|(episode, _)| self.in_range(episode.t) && self.passes[episode.traits as usize])
    }

    /// Tickets of the range, by number. Not filtered by role, language or stratum, which most tickets do not have.
    pub fn tickets(&self) -> impl Iterator<Item = (usize, &'f TicketFact)> {
        self.facts.tickets.iter().enumerate().filter(|(_, ticket)| self.in_range(ticket.t))
    }

    /// What is told apart in the range. Not filtered either.
    pub fn asides(&self) -> impl Iterator<Item = &'f AsideFact> {
        self.facts.asides.iter().filter(|aside| self.in_range(aside.t))
    }

    /// Whether an experiment held a visitor out.
    pub fn is_held_out(&self, visitor: Who) -> bool {
        self.held_out[visitor as usize]
    }

    /// Whether a moment lies in the range.
    pub fn in_range(&self, t: Millis) -> bool {
        self.range.0 <= t && t < self.range.1
    }

    fn of<T>(&self, all: &'f [T], asked: impl Fn(&T) -> (Millis, u32)) -> impl Iterator<Item = (usize, &'f T)> {
        all.iter().enumerate().filter(move |(_, fact)| {
            let (t, traits) = asked(fact);
            self.in_range(t) && self.passes[traits as usize]
        })
    }
}

impl Traits {
    fn pass(&self, question: &Question) -> bool {
        let by_need = question.language.is_some() || question.stratum.is_some();
        if by_need { self.needs.iter().any(|need| need.pass(question)) } else { has_role(&self.roles, question) }
    }
}

impl Need {
    /// What filters ask of an episode.
    pub fn of(episode: &Episode<'_>) -> Self {
        Self {
            roles: episode.roles.iter().map(|role| (*role).to_owned()).collect(),
            language: episode.searches.first().and_then(|search| search.language()).cloned(),
            stratum: episode.stratum(),
        }
    }

    /// Whether a question's filters let it through.
    pub fn pass(&self, question: &Question) -> bool {
        has_role(&self.roles, question)
            && question.language.as_ref().is_none_or(|language| self.language.as_ref() == Some(language))
            && question.stratum.is_none_or(|stratum| self.stratum == stratum)
    }
}

fn has_role(roles: &[String], question: &Question) -> bool {
    question.role.as_ref().is_none_or(|role| roles.contains(role))
}
