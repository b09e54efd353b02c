//! The ledger: the rows that a figure is the sum of, one for each unit that it counts.

use super::book::Book;
use super::episodes::Episode;
use super::facts::{Facts, SearchFact, Selected, Who};
use super::log::Millis;
use super::queries::Asked;
use super::report::Selection;
use super::tickets::{Link, Rule};
use super::units::{LINK_COVERAGE, Unit, Units, What, link_coverage};
use super::visitors::Visitor;
use super::{figures, formulas, tasks};
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
    /// A tile of a task opened.
    Task,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Episode, Self::Visit, Self::Form, Self::Search, Self::Ticket, Self::Task];

    /// Its name in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Episode => "episode",
            Self::Visit => "visit",
            Self::Form => "form",
            Self::Search => "search",
            Self::Ticket => "ticket",
            Self::Task => "task",
        }
    }
}

/// How rows end that are not episodes, beside `ticketed`; see [`Row::outcome`].
pub const ENDINGS: [&str; 15] = [
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
    "completed",
    "went_on",
    "undecided",
];

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Of what.
    pub listed: Listed,
    /// Only rows that ended so, by name (see [`Row::outcome`]); empty: all.
    pub outcomes: BTreeSet<String>,
    /// Only rows of a stretch of the range, its end excluded.
    pub within: Option<(Millis, Millis)>,
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
    /// Id, its own within its kind: of the event that opened the episode, visit, form or task, or of the search's first keystroke;
    /// the ticket's.
    pub id: String,
    /// The time by which it falls into the range.
    pub t: Millis,
    /// How it ended: an episode by its outcome; a form `open`, `sent`, `left_after_help` or `left`; a ticket `attributed`,
    /// `visit_alone`, `outside_window` or `unlinked`; a visit `ticketed` or `not_ticketed`; a search `nothing_found`, `opened` or
    /// `not_opened`; a task `completed`, `went_on` or `undecided`.
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
    pub episodes: Vec<EpisodeName>,
}

/// What facts tell of a row, without any of its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// What it stands for.
    pub kind: Kind,
    /// The time by which it falls into the range.
    pub t: Millis,
    /// Whose it is; a ticket may be nobody's.
    pub whose: Option<Visitor>,
    /// As [`Row::outcome`].
    pub outcome: &'static str,
    /// Whether it stands in the figure's numerator.
    pub numerator: bool,
    /// Whether it stands in the figure's denominator.
    pub denominator: bool,
    /// Searches in it.
    pub searches: usize,
    /// How many tickets belong to it; of a ticket, one.
    pub tickets: usize,
    /// What it contributes to the time to answer.
    pub millis: Option<Millis>,
}

/// What an episode is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpisodeName {
    /// Id of the event that opened it.
    pub id: String,
    /// When it began.
    pub t: Millis,
}

impl EpisodeName {
    /// Of an episode.
    pub fn of(episode: &Episode<'_>) -> Self {
        Self { id: episode.id.to_owned(), t: episode.start }
    }
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
    let mut rows: Vec<Row> = Vec::new();
    tell_units(&selection.selected, wanted, &mut |unit| rows.push(book.row(unit)));
    rows.sort_by(|a, b| (a.t, a.kind, &a.id).cmp(&(b.t, b.kind, &b.id)));
    rows
}

/// Tells what the wanted rows are of.
fn tell_units(selected: &Selected<'_>, wanted: &Wanted, each: &mut dyn FnMut(Unit)) {
    let part = match wanted.listed {
        Listed::All(_) => Part::Both,
        Listed::Figure(_, part) => part,
    };
    let meant = |unit: &Unit| match part {
        Part::Both => true,
        Part::Numerator => unit.numerator,
        Part::Denominator => unit.denominator,
    };
    let ended = |unit: &Unit| wanted.outcomes.is_empty() || wanted.outcomes.contains(ending(selected.facts, unit.what));
    let within = |unit: &Unit| wanted.within.is_none_or(|(from, to)| from <= unit.t && unit.t < to);
    let mut tell = |unit: Unit| {
        if within(&unit) && meant(&unit) && ended(&unit) {
            each(unit);
        }
    };
    match &wanted.listed {
        Listed::All(kind) => all(selected, *kind, &mut tell),
        Listed::Figure(counted, _) => (counted.units)(selected, &mut tell),
    }
}

/// Tells each of the wanted rows as far as facts know it, in the same order at every telling; returns how many more are counted, of
/// people who were erased since: of those there are no rows.
pub(super) fn sketch(selected: &Selected<'_>, wanted: &Wanted, each: &mut dyn FnMut(Sketch)) -> usize {
    let (facts, mut erased) = (selected.facts, 0);
    tell_units(selected, wanted, &mut |unit| {
        let whose = visitor(facts, unit.what);
        if whose.is_some_and(|visitor| visitor.is_stranger()) {
            erased += 1;
            return;
        }
        let (searches, tickets) = held(facts, unit.what);
        each(Sketch {
            kind: kind(unit.what),
            t: unit.t,
            whose,
            outcome: ending(facts, unit.what),
            numerator: unit.numerator,
            denominator: unit.denominator,
            searches: searches as usize,
            tickets: tickets as usize,
            millis: unit.millis,
        });
    });
    erased
}

/// The rows that were sketched, in no order: where each counts is said by its sketch, everything else by what was followed. What ended
/// otherwise than its sketch says has none.
pub(super) fn complete(selection: &Selection<'_, '_>, sketches: &[Sketch]) -> Vec<Row> {
    let mut sought: BTreeMap<(Kind, Millis, &str), Vec<&Sketch>> = BTreeMap::new();
    // What even their people do not tell apart stands in the same order in both.
    for sketch in sketches.iter().rev() {
        sought.entry((sketch.kind, sketch.t, sketch.outcome)).or_default().push(sketch);
    }
    let kinds: BTreeSet<Kind> = sketches.iter().map(|sketch| sketch.kind).collect();
    let (book, selected, mut rows) = (Book::new(selection), &selection.selected, Vec::new());
    let row = |unit: Unit, sketch: &Sketch| {
        let Sketch { numerator, denominator, millis, .. } = *sketch;
        book.row(Unit { numerator, denominator, millis, ..unit })
    };
    let mut others = Vec::new();
    for kind in kinds {
        all(selected, kind, &mut |unit| {
            let key = (kind, unit.t, ending(selected.facts, unit.what));
            let Some(alike) = sought.get_mut(&key) else { return };
            let visitor = visitor(selected.facts, unit.what);
            match alike.iter().rposition(|sketch| sketch.whose == visitor) {
                Some(place) => rows.push(row(unit, alike.remove(place))),
                None => others.push((key, unit)),
            }
        });
    }
    // Whoever was known by an earlier browser than what was followed reaches back to.
    for (key, unit) in others {
        rows.extend(sought.get_mut(&key).and_then(Vec::pop).map(|sketch| row(unit, sketch)));
    }
    rows
}

/// Whose something was, as they are known, if it was anybody's.
fn visitor(facts: &Facts, what: What) -> Option<Visitor> {
    whose(facts, what).map(|who| facts.visitors[who as usize])
}

/// Whose something was, if it was anybody's.
fn whose(facts: &Facts, what: What) -> Option<Who> {
    match what {
        What::Episode(number) => Some(facts.episodes[number].visitor),
        What::Visit(number) => Some(facts.visits[number].visitor),
        What::Form(number) => Some(facts.forms[number].visitor),
        What::Search(number) => Some(facts.searches[number].visitor),
        What::Ticket(number) => facts.tickets[number].visitor,
        What::Task(number) => Some(facts.tasks[number].visitor),
    }
}

/// Of what kind something is.
fn kind(what: What) -> Kind {
    match what {
        What::Episode(_) => Kind::Episode,
        What::Visit(_) => Kind::Visit,
        What::Form(_) => Kind::Form,
        What::Search(_) => Kind::Search,
        What::Ticket(_) => Kind::Ticket,
        What::Task(_) => Kind::Task,
    }
}

/// How many searches and tickets its row has.
fn held(facts: &Facts, what: What) -> (u32, u32) {
    match what {
        What::Episode(number) => (facts.episodes[number].searches, facts.episodes[number].tickets),
        What::Visit(number) => (facts.visits[number].searches, facts.visits[number].tickets),
        What::Form(number) => (0, facts.forms[number].tickets),
        What::Search(_) => (1, 0),
        What::Ticket(_) => (0, 1),
        What::Task(_) => (0, 0),
    }
}

/// How something ended, by name (see [`Row::outcome`]).
pub(super) fn ending(facts: &Facts, what: What) -> &'static str {
    match what {
        What::Episode(number) => facts.episodes[number].outcome.name(),
        What::Visit(number) if facts.visits[number].asked => "ticketed",
        What::Visit(_) => "not_ticketed",
        What::Form(number) => facts.forms[number].outcome.name(),
        What::Search(number) => match facts.searches[number] {
            SearchFact { nothing: true, .. } => "nothing_found",
            SearchFact { opened: true, .. } => "opened",
            _ => "not_opened",
        },
        What::Ticket(number) => facts.tickets[number].belongs.name(),
        What::Task(number) => tasks::ending(facts.tasks[number].went_on),
    }
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
        Kind::Task => selected.tasks().for_each(|(number, fact)| tell(What::Task(number), fact.t)),
    }
}
