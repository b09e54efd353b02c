//! Weeks of groups to rows: what became of each group, what was shown and opened, and how many tickets could be avoided.

use super::cells::{Group, Name, Told, grouped};
use super::said::Said;
use super::topics::{Subject, of_tickets};
use super::weeks::{Cell, Cells, REPLAYED, Use, Week, WrittenTicket};
use crate::deflection::intervals::{Rate, Tally, percentile};
use crate::deflection::log::QueryVector;
use crate::deflection::outcomes::Outcome;
use crate::deflection::question::Question;
use crate::deflection::visitors::Visitor;
use indexer::language::Language;
use jiff::civil::Date;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Searches that still end in tickets, by group.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// First Monday.
    pub from: Date,
    /// The Monday after the last week.
    pub to: Date,
    /// Groups with at least one ticketed episode, those first where most tickets could be avoided; then what is too small to show.
    pub rows: Vec<Row>,
    /// Median ticket rate of all groups, those without tickets included; nearest rank. `None` without groups.
    pub median: Option<f64>,
}

/// A group of searches.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The same for the same log, range and window, whatever the filters.
    pub id: String,
    /// What it is called.
    pub name: Name,
    /// Queries that enough visitors typed, with their number.
    pub queries: Vec<(String, usize)>,
    /// Closed episodes in which it was asked last.
    pub episodes: u64,
    /// Those by outcome.
    pub outcomes: BTreeMap<Outcome, u64>,
    /// Tickets attributed to them.
    pub tickets: u64,
    /// Their visitors, counted anew in each cell.
    pub visitors: u64,
    /// Ticketed / episodes.
    pub rate: Option<Rate>,
    /// Tickets × how far the rate lies above the median of the groups.
    pub avoidable: f64,
    /// Slugs of the articles shown or opened, and what became of them; most opened first.
    pub articles: Vec<(String, Use)>,
    /// Ticketed episodes in which an article was opened.
    pub ticketed_after_opening: u64,
    /// Episodes whose last search was sure to have found something, as was said then.
    pub found: u64,
    /// Episodes by week.
    pub weeks: Vec<(Date, Tally<Visitor>)>,
    /// What was asked, to be asked again; of each cell the most frequent, those of most episodes first.
    pub asked: Vec<Voice>,
    /// What its tickets said, likewise.
    pub written: Vec<Voice>,
    /// Its tickets.
    pub subjects: Vec<Subject>,
}

/// Something asked or written, and by holders of what roles.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// Redacted. Not to be shown: see [`Row::queries`].
    pub text: String,
    /// Its vector.
    pub vector: Option<QueryVector>,
    /// Language that it was read in.
    pub language: Option<Language>,
    /// All roles of those who said it.
    pub roles: BTreeSet<String>,
    /// Episodes or tickets that said it.
    pub count: usize,
    /// Whether enough visitors of a cell typed it to be shown.
    pub shown: bool,
}

impl Row {
    /// Ticketed episodes.
    pub fn ticketed(&self) -> u64 {
        self.outcomes.get(&Outcome::Ticketed).copied().unwrap_or_default()
    }

    /// Whether it stands for everything that is too small to show.
    pub fn is_rest(&self) -> bool {
        self.name == Name::TooSmall
    }
}

/// Draws the table of the weeks that a question's range touches.
pub fn draw(weeks: &[Week], question: &Question) -> Table {
    let of_week =
        |(week, told): (usize, &'_ Week)| (0..told.cells.cells.len()).map(move |cell| (week, cell)).collect::<Vec<_>>();
    let places: Vec<(usize, usize)> = weeks.iter().enumerate().flat_map(of_week).collect();
    let told = places.iter().map(|&(week, cell)| {
        let Cells { cells, kinds, .. } = &weeks[week].cells;
        let cell = &cells[cell];
        let admitted = kinds[cell.kind as usize].pass(question);
        Told { week, place: cell.place, people: cell.people, typed: &cell.typed, admitted }
    });
    let said: Vec<&Said> = weeks.iter().map(|week| &week.said).collect();
    let groups = grouped(&said, &told.collect::<Vec<_>>(), &question.rules);
    let row = |group: Group| {
        let cells = group.cells.iter().map(|&number| {
            let (week, cell) = places[number];
            (&weeks[week], &weeks[week].cells.cells[cell])
        });
        Row::new(&group, &cells.collect::<Vec<_>>())
    };
    let mut rows: Vec<Row> = groups.into_iter().map(row).collect();
    let median = median(&rows);
    for row in &mut rows {
        let above = row.rate.zip(median).map_or(0.0, |(rate, median)| (rate.value - median).max(0.0));
        row.avoidable = if row.is_rest() { 0.0 } else { row.tickets as f64 * above };
    }
    rows.retain(|row| row.ticketed() > 0);
    let rate = |row: &Row| row.rate.map_or(0.0, |rate| rate.value);
    rows.sort_by(|a, b| {
        a.is_rest()
            .cmp(&b.is_rest())
            .then(b.avoidable.total_cmp(&a.avoidable))
            .then(b.tickets.cmp(&a.tickets))
            .then(rate(b).total_cmp(&rate(a)))
            .then_with(|| a.name.cmp(&b.name))
            .then_with(|| a.id.cmp(&b.id))
    });
    let (from, to) = question.weeks();
    Table { from, to, rows, median }
}

/// Median ticket rate of the groups, by nearest rank.
fn median(rows: &[Row]) -> Option<f64> {
    // In millionths, as percentiles are taken of whole numbers.
    let rates = rows.iter().filter(|row| !row.is_rest()).filter_map(|row| row.rate);
    let mut rates: Vec<i64> = rates.map(|rate| (rate.value * 1e6).round() as i64).collect();
    percentile(&mut rates, 0.5).map(|rate| rate as f64 / 1e6)
}

impl Row {
    /// The sum of a group's cells.
    fn new(group: &Group, cells: &[(&Week, &Cell)]) -> Self {
        let mut row = Self {
            id: group.id.clone(),
            name: group.name.clone(),
            queries: group.queries.clone(),
            episodes: 0,
            outcomes: BTreeMap::new(),
            tickets: 0,
            visitors: group.people,
            rate: None,
            avoidable: 0.0,
            articles: Vec::new(),
            ticketed_after_opening: 0,
            found: 0,
            weeks: Vec::new(),
            asked: Vec::new(),
            written: Vec::new(),
            subjects: Vec::new(),
        };
        let (mut all, mut by_week) = (Tally::default(), BTreeMap::<Date, Tally<Visitor>>::new());
        let mut articles: BTreeMap<&str, Use> = BTreeMap::new();
        for (week, cell) in cells {
            let cells = &week.cells;
            for (outcome, count) in &cell.outcomes {
                row.episodes += u64::from(*count);
                *row.outcomes.entry(*outcome).or_default() += u64::from(*count);
            }
            row.tickets += u64::from(cell.tickets);
            row.ticketed_after_opening += u64::from(cell.ticketed_after_opening);
            row.found += u64::from(cell.found);
            let of_week = by_week.entry(week.said.monday).or_default();
            for &(visitor, ticketed, episodes) in &cell.visitors {
                let visitor = cells.visitors[visitor as usize];
                all.add(visitor, ticketed.into(), episodes.into());
                of_week.add(visitor, ticketed.into(), episodes.into());
            }
            for (slug, used) in &cell.articles {
                articles.entry(&cells.slugs[*slug as usize]).or_default().absorb(*used);
            }
            row.subjects.extend(cell.written.iter().map(|&ticket| cells.tickets[ticket as usize].subject.clone()));
        }
        row.rate = all.rate();
        row.weeks = by_week.into_iter().collect();
        row.articles = articles.into_iter().map(|(slug, used)| (slug.to_owned(), used)).collect();
        // Stable: by slug where they are equal.
        row.articles.sort_by_key(|(_, used)| Reverse((used.opened, used.shown)));
        if row.is_rest() || row.ticketed() == 0 {
            // What nobody is shown is not asked again.
            return row;
        }
        let shown = |text: &str| row.queries.iter().any(|(query, _)| query == text);
        let asked = cells.iter().flat_map(|(week, cell)| {
            let roles = &week.cells.kinds[cell.kind as usize].roles[..];
            cell.asked.iter().map(move |&(text, episodes)| (&week.said.texts[text as usize], roles, episodes))
        });
        row.asked = voices(asked.map(|(said, roles, episodes)| Saying {
            text: &said.text,
            vector: said.vector.as_ref(),
            language: Some(&said.language),
            roles,
            count: episodes as usize,
            shown: shown(&said.text),
        }));
        let written = cells.iter().flat_map(|(week, cell)| {
            let roles = &week.cells.kinds[cell.kind as usize].roles[..];
            cell.written.iter().map(move |&ticket| (&week.cells.tickets[ticket as usize], roles))
        });
        row.written = voices(written.filter_map(|(ticket, roles)| {
            let WrittenTicket { subject, language } = ticket;
            Some(Saying {
                text: subject.text.as_deref()?,
                vector: subject.vector.as_ref(),
                language: language.as_ref(),
                roles,
                count: 1,
                shown: false,
            })
        }));
        row
    }

    /// What its tickets are about, and how many are about each.
    pub fn topics(&self, question: &Question) -> Vec<(Name, usize)> {
        let language = self.asked.iter().find_map(|voice| voice.language.clone()).unwrap_or_else(Language::unknown);
        let (topics, _) = of_tickets(self.subjects.clone(), question, &language);
        topics.into_iter().map(|topic| (topic.name, topic.tickets.len())).collect()
    }
}

/// Something said by holders of the same roles, in one cell.
#[derive(Clone, Copy)]
struct Saying<'a> {
    text: &'a str,
    vector: Option<&'a QueryVector>,
    language: Option<&'a Language>,
    roles: &'a [String],
    count: usize,
    shown: bool,
}

/// What was said, each text of the same roles once: the most frequent first.
fn voices<'a>(said: impl Iterator<Item = Saying<'a>>) -> Vec<Voice> {
    let mut once: BTreeMap<(&str, &[String]), Saying<'a>> = BTreeMap::new();
    for saying in said {
        let voice = once.entry((saying.text, saying.roles)).or_insert(Saying { count: 0, ..saying });
        voice.count += saying.count;
        voice.language = voice.language.into_iter().chain(saying.language).min();
        // Any one, always the same.
        let vectors = voice.vector.into_iter().chain(saying.vector);
        voice.vector = vectors.min_by_key(|vector| (&vector.model.0, &vector.values));
    }
    let mut once: Vec<Saying<'_>> = once.into_values().collect();
    once.sort_by_key(|voice| Reverse(voice.count));
    let voice = |said: Saying<'_>| Voice {
        text: said.text.to_owned(),
        vector: said.vector.cloned(),
        language: said.language.cloned(),
        roles: said.roles.iter().cloned().collect(),
        count: said.count,
        shown: said.shown,
    };
    once.into_iter().take(REPLAYED).map(voice).collect()
}
