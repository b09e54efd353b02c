//! Groups of searches to rows: what became of them, what was shown and opened, and how many tickets could be avoided.

use super::cells::{Item, Kind, Name, grouped};
use super::topics::of_tickets;
use crate::deflection::episodes::Episode;
use crate::deflection::intervals::{Rate, Tally, percentile};
use crate::deflection::log::{Kind as EventKind, QueryVector};
use crate::deflection::outcomes::Outcome;
use crate::deflection::question::Question;
use crate::deflection::report::Selection;
use crate::deflection::tickets::Attribution;
use crate::deflection::visitors::Visitor;
use indexer::language::Language;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Searches and tickets of a group that are kept to be replayed.
const REPLAYED: usize = 50;

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
    /// Articles shown or opened, most opened first.
    pub articles: Vec<Used>,
    /// Ticketed episodes in which an article was opened.
    pub ticketed_after_opening: u64,
    /// Episodes whose last search was sure to have found something, as was said then.
    pub found: u64,
    /// Episodes by week.
    pub weeks: Vec<(Date, Tally<Visitor>)>,
    /// What was asked, to be asked again; most visitors first.
    pub asked: Vec<Voice>,
    /// What its tickets said, likewise.
    pub written: Vec<Voice>,
    /// What its tickets are about, and how many are about each.
    pub topics: Vec<(Name, usize)>,
}

/// What became of an article in the episodes of a group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// The article.
    pub slug: String,
    /// Episodes in which it was shown.
    pub shown: u64,
    /// Episodes in which it was opened.
    pub opened: u64,
    /// Ticketed episodes in which it was opened.
    pub ticketed: u64,
    /// Last words on it in the episodes that say it solved the need.
    pub solved: u64,
    /// Those that say it did not.
    pub unsolved: u64,
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

/// Draws the table of what a question selects, over the whole weeks that its range touches.
pub fn draw(selection: &Selection<'_, '_>) -> Table {
    let question = selection.question;
    let (from, to) = question.weeks_range();
    let judged = selection.journeys.episodes.iter().zip(selection.outcomes).enumerate();
    let closed: Vec<(usize, &Episode<'_>, Outcome)> = judged
        .filter(|(_, (episode, outcome))| outcome.is_closed() && (from..to).contains(&episode.start))
        .map(|(number, (episode, outcome))| (number, episode, *outcome))
        .collect();
    let mut people: BTreeMap<Visitor, usize> = BTreeMap::new();
    let items: Vec<Item<'_>> = closed
        .iter()
        .map(|(_, episode, _)| {
            let next = people.len();
            let last = episode.searches.last();
            Item {
                text: last.and_then(|search| search.text.as_deref()),
                language: last.and_then(|search| search.language()),
                vector: last.and_then(|search| search.vector()),
                person: *people.entry(episode.visitor).or_insert(next),
                week: question.week_of(episode.start),
                kind: Kind {
                    roles: episode.roles.clone(),
                    language: episode.searches.first().and_then(|search| search.language()),
                    stratum: Some(episode.stratum()),
                },
            }
        })
        .collect();
    let mut tickets_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (ticket, attribution) in selection.attributions.iter().enumerate() {
        if let Attribution::Episode { episode, .. } = attribution {
            tickets_of.entry(*episode).or_default().push(ticket);
        }
    }
    let groups = grouped(&items, &question.rules, |kind| admits(question, kind));
    let mut rows: Vec<Row> = groups
        .into_iter()
        .map(|group| {
            let mut row = Row::new(group.id, group.name, group.queries, group.people);
            let mut gathering = Gathering::default();
            for place in group.items {
                let (number, episode, outcome) = closed[place];
                let tickets = tickets_of.get(&number).map_or(&[][..], Vec::as_slice);
                row.tickets += tickets.len() as u64;
                let week = items[place].week;
                row.count(episode, outcome, week, &mut gathering);
                gathering.written.extend(tickets.iter().map(|&ticket| (ticket, number)));
            }
            row.finish(gathering, selection, question.rules.min_group);
            row
        })
        .collect();
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

fn admits(question: &Question, kind: &Kind<'_>) -> bool {
    question.role.as_deref().is_none_or(|role| kind.roles.contains(role))
        && question.language.as_ref().is_none_or(|language| kind.language == Some(language))
        && question.stratum.is_none_or(|stratum| kind.stratum == Some(stratum))
}

/// Median ticket rate of the groups, by nearest rank.
fn median(rows: &[Row]) -> Option<f64> {
    // In millionths, as percentiles are taken of whole numbers.
    let rates = rows.iter().filter(|row| !row.is_rest()).filter_map(|row| row.rate);
    let mut rates: Vec<i64> = rates.map(|rate| (rate.value * 1e6).round() as i64).collect();
    percentile(&mut rates, 0.5).map(|rate| rate as f64 / 1e6)
}

/// What is gathered of a group's episodes before it is put in order.
#[derive(Default)]
struct Gathering<'a> {
    tally: Tally<Visitor>,
    weeks: BTreeMap<Date, Tally<Visitor>>,
    articles: BTreeMap<&'a str, Used>,
    asked: Vec<&'a Episode<'a>>,
    /// Ticket, episode.
    written: Vec<(usize, usize)>,
}

impl Row {
    fn new(id: String, name: Name, queries: Vec<(String, usize)>, people: usize) -> Self {
        Self {
            id,
            name,
            queries,
            episodes: 0,
            outcomes: BTreeMap::new(),
            tickets: 0,
            visitors: people as u64,
            rate: None,
            avoidable: 0.0,
            articles: Vec::new(),
            ticketed_after_opening: 0,
            found: 0,
            weeks: Vec::new(),
            asked: Vec::new(),
            written: Vec::new(),
            topics: Vec::new(),
        }
    }

    fn count<'a>(&mut self, episode: &'a Episode<'a>, outcome: Outcome, week: Date, gathering: &mut Gathering<'a>) {
        let ticketed = outcome == Outcome::Ticketed;
        self.episodes += 1;
        *self.outcomes.entry(outcome).or_default() += 1;
        self.ticketed_after_opening += u64::from(ticketed && !episode.openings.is_empty());
        self.found += u64::from(episode.searches.last().is_some_and(|search| !search.found_nothing()));
        for tally in [&mut gathering.tally, gathering.weeks.entry(week).or_default()] {
            if ticketed { tally.hit(episode.visitor) } else { tally.miss(episode.visitor) }
        }
        let (mut shown, mut opened, mut votes) = (BTreeSet::new(), BTreeSet::new(), BTreeMap::new());
        for event in &episode.events {
            match &event.event.kind {
                EventKind::Impression(article) => _ = shown.insert(article.slug.as_str()),
                EventKind::Click(article) => _ = opened.insert(article.slug.as_str()),
                EventKind::FormSuggest { slug, .. } => _ = opened.insert(slug.as_str()),
                EventKind::Vote { slug, solved, .. } => _ = votes.insert(slug.as_str(), *solved),
                _ => {}
            }
        }
        let mut used = |slug: &'a str, change: &dyn Fn(&mut Used)| change(gathering.articles.entry(slug).or_default());
        shown.into_iter().for_each(|slug| used(slug, &|article| article.shown += 1));
        opened.into_iter().for_each(|slug| {
            used(slug, &|article| {
                article.opened += 1;
                article.ticketed += u64::from(ticketed);
            });
        });
        votes.into_iter().for_each(|(slug, solved)| {
            used(slug, &|article| if solved { article.solved += 1 } else { article.unsolved += 1 });
        });
        gathering.asked.push(episode);
    }

    fn finish(&mut self, gathering: Gathering<'_>, selection: &Selection<'_, '_>, enough: usize) {
        self.rate = gathering.tally.rate();
        self.weeks = gathering.weeks.into_iter().collect();
        let named = |(slug, used): (&str, Used)| Used { slug: slug.to_owned(), ..used };
        self.articles = gathering.articles.into_iter().map(named).collect();
        self.articles.sort_by(|a, b| (b.opened, b.shown).cmp(&(a.opened, a.shown)).then_with(|| a.slug.cmp(&b.slug)));
        if self.is_rest() {
            return;
        }
        debug_assert!(self.queries.iter().all(|(_, people)| *people >= enough));
        let shown = |text: &str| self.queries.iter().any(|(query, _)| query == text);
        let asked = gathering.asked.iter().filter_map(|episode| {
            let search = episode.searches.last()?;
            let text = search.text.as_deref()?;
            Some((text, search.vector(), search.language(), &episode.roles, shown(text)))
        });
        self.asked = voices(asked);
        let written = gathering.written.iter().filter_map(|&(ticket, episode)| {
            let (ticket, episode) = (selection.all_tickets[ticket].ticket, &selection.journeys.episodes[episode]);
            let language = episode.searches.first().and_then(|search| search.language());
            Some((ticket.subject.as_deref()?, ticket.vector.as_ref(), language, &episode.roles, false))
        });
        self.written = voices(written);
        let tickets = gathering.written.iter().map(|&(ticket, _)| selection.all_tickets[ticket].ticket);
        let language = self.asked.iter().find_map(|voice| voice.language.clone()).unwrap_or_else(Language::unknown);
        let (topics, _) = of_tickets(tickets.collect(), selection.question, &language);
        self.topics = topics.into_iter().map(|topic| (topic.name, topic.tickets.len())).collect();
    }
}

/// What was said, each text of the same roles once: the most frequent first.
fn voices<'a>(
    said: impl Iterator<Item = (&'a str, Option<&'a QueryVector>, Option<&'a Language>, &'a BTreeSet<&'a str>, bool)>,
) -> Vec<Voice> {
    let mut once: BTreeMap<(&str, &BTreeSet<&str>), Voice> = BTreeMap::new();
    for (text, vector, language, roles, shown) in said {
        let voice = once.entry((text, roles)).or_insert_with(|| Voice {
            text: text.to_owned(),
            vector: None,
            language: language.cloned(),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            count: 0,
            shown,
        });
        voice.count += 1;
        voice.language = voice.language.take().into_iter().chain(language.cloned()).min();
        // Any one, always the same.
        let key = |vector: &QueryVector| (vector.model.0, vector.values.clone());
        voice.vector = voice.vector.take().into_iter().chain(vector.cloned()).min_by_key(key);
    }
    let mut voices: Vec<Voice> = once.into_values().collect();
    voices.sort_by_key(|voice| std::cmp::Reverse(voice.count));
    voices.truncate(REPLAYED);
    voices
}
