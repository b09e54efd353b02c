//! What may be told of groups: sums of whole cells, none of which singles a person out.
//!
//! A cell is (group, ISO week, kind), the kind being roles, language and stratum together. Groups are formed anew in each week, of
//! everybody's queries, before any filter; weeks of one meaning are then put together. So a cell is the same in every range and
//! under every filter that holds it, and the difference of two tables is again made of whole cells.

use super::agglomerate::agglomerate;
use super::label::{Label, Vocabulary, label};
use super::meaning::{Asked, Meaning, STEM_LIKENESS};
use super::said::Said;
use crate::deflection::question::Rules;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a cell belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Place {
    /// Enough people of one meaning, by its number in the week.
    Meaning(u32),
    /// Enough people, of whom it is not kept what they said.
    NotKept,
    /// Everything of cells with too few people.
    TooSmall,
}

/// What grouping asks of a cell.
#[derive(Clone, Copy, Debug)]
pub struct Told<'c> {
    /// Place of its week among those told of.
    pub week: usize,
    /// What it belongs to.
    pub place: Place,
    /// Its people.
    pub people: u32,
    /// What they typed, as places among the texts of the week, and how many typed it.
    pub typed: &'c [(u32, u32)],
    /// Whether it passes the filters.
    pub admitted: bool,
}

/// What a group is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// By its label.
    Label(Label),
    /// Everything of cells with too few people.
    TooSmall,
    /// The portal keeps no queries.
    NotKept,
}

/// A group, as far as it may be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The same for the same log, range and rules, whatever the filter.
    pub id: String,
    /// What it is called.
    pub name: Name,
    /// Numbers of its cells, in order.
    pub cells: Vec<usize>,
    /// Its people, counted anew in each cell.
    pub people: u64,
    /// Queries typed by enough people of a cell, with their number; most first.
    pub queries: Vec<(String, usize)>,
}

/// A meaning of a week: places of the week and of the meaning in it; without the second, of what is not kept.
type Key = (usize, Option<u32>);

/// Groups the cells of some weeks, and gives those that are admitted, most people first; what is too small to show comes last, if
/// anything.
pub fn grouped(weeks: &[&Said], cells: &[Told<'_>], rules: &Rules) -> Vec<Group> {
    let weeks = Weeks::of(weeks);
    let key = |cell: &Told<'_>| match cell.place {
        Place::Meaning(meaning) => Some((cell.week, Some(meaning))),
        Place::NotKept => Some((cell.week, None)),
        Place::TooSmall => None,
    };
    let shown: BTreeSet<Key> = cells.iter().filter_map(key).collect();
    let lead = weeks.joined(&shown, rules);

    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    let mut typed: BTreeMap<Key, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut enough: BTreeMap<Key, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut rest = Group { id: "rest".into(), name: Name::TooSmall, cells: Vec::new(), people: 0, queries: Vec::new() };
    for (number, cell) in cells.iter().enumerate() {
        let leader = key(cell).map(|key| lead[&key]);
        for &(text, people) in cell.typed.iter().filter(|_| leader.is_some()) {
            let (Some(leader), Some(text), people) = (leader, weeks.text(cell.week, text), people as usize) else {
                continue;
            };
            *typed.entry(leader).or_default().entry(text).or_default() += people;
            if people >= rules.min_group {
                *enough.entry(leader).or_default().entry(text).or_default() += people;
            }
        }
        if !cell.admitted {
            continue;
        }
        let group = match leader {
            Some(leader) => groups.entry(leader).or_insert_with(|| Group { id: weeks.id(leader), ..rest.empty() }),
            None => &mut rest,
        };
        group.cells.push(number);
        group.people += u64::from(cell.people);
    }
    for (leader, group) in &mut groups {
        let queries = enough.remove(leader).unwrap_or_default();
        let typed = typed.remove(leader).unwrap_or_default();
        group.name = weeks.name(*leader, &lead, &queries, &typed);
        group.queries = queries.into_iter().map(|(text, people)| (text.to_owned(), people)).collect();
        group.queries.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
    let mut groups = called_once(groups.into_values());
    groups.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
    groups.extend((!rest.cells.is_empty()).then_some(rest));
    groups
}

/// Puts groups together that are called by one query: vectors of several models are not compared, the words of people are.
fn called_once(groups: impl Iterator<Item = Group>) -> Vec<Group> {
    let mut once: Vec<Group> = Vec::new();
    let mut by_query: HashMap<String, usize> = HashMap::new();
    for group in groups {
        let Name::Label(Label::Query(query)) = &group.name else {
            once.push(group);
            continue;
        };
        match by_query.get(query) {
            Some(&place) => once[place].absorb(group),
            None => {
                by_query.insert(query.clone(), once.len());
                once.push(group);
            }
        }
    }
    once
}

impl Group {
    fn empty(&self) -> Self {
        Self { cells: Vec::new(), people: 0, queries: Vec::new(), ..self.clone() }
    }

    fn absorb(&mut self, other: Self) {
        self.cells.extend(other.cells);
        self.cells.sort_unstable();
        self.people += other.people;
        for (query, people) in other.queries {
            match self.queries.iter_mut().find(|(known, _)| *known == query) {
                Some((_, known)) => *known += people,
                None => self.queries.push((query, people)),
            }
        }
        self.queries.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    }
}

/// What was said in each week.
struct Weeks<'a> {
    weeks: &'a [&'a Said],
    vocabulary: Vocabulary,
}

impl<'a> Weeks<'a> {
    fn of(weeks: &'a [&'a Said]) -> Self {
        let mut vocabulary = Vocabulary::default();
        weeks.iter().for_each(|said| vocabulary.absorb(&said.vocabulary));
        Self { weeks, vocabulary }
    }

    fn text(&self, week: usize, text: u32) -> Option<&'a str> {
        Some(self.weeks.get(week)?.texts.get(text as usize)?.text.as_str())
    }

    fn meaning(&self, week: usize, meaning: u32) -> Option<(&'a Said, &'a Meaning)> {
        let week = self.weeks.get(week)?;
        Some((week, week.meanings.get(meaning as usize)?))
    }

    fn id(&self, (week, meaning): Key) -> String {
        let Some(meaning) = meaning else { return "not-kept".into() };
        let week = self.weeks.get(week).map_or(Date::MIN, |said| said.monday).iso_week_date();
        format!("{}-W{:02}-{}", week.year(), week.week(), meaning + 1)
    }

    /// The first of the groups that each of these is put together with.
    fn joined(&self, shown: &BTreeSet<Key>, rules: &Rules) -> BTreeMap<Key, Key> {
        let mut lead: BTreeMap<_, _> = shown.iter().map(|key| (*key, *key)).collect();
        // By model: cells with their meanings.
        let mut compared: BTreeMap<Option<[u8; 32]>, Vec<(Key, &Meaning)>> = BTreeMap::new();
        for &(week, number) in shown {
            if let Some((_, meaning)) = number.and_then(|number| self.meaning(week, number)) {
                compared.entry(meaning.model.map(|model| model.0)).or_default().push(((week, number), meaning));
            }
        }
        for (model, meanings) in compared {
            let points: Vec<_> = meanings.iter().map(|(_, meaning)| meaning.point.clone()).collect();
            let likeness = if model.is_some() { rules.group_similarity } else { STEM_LIKENESS };
            for (place, first) in agglomerate(&points, likeness).into_iter().enumerate() {
                lead.insert(meanings[place].0, meanings[first].0);
            }
        }
        let not_kept = shown.iter().find(|(_, meaning)| meaning.is_none()).copied();
        lead.iter_mut().filter(|((_, meaning), _)| meaning.is_none()).for_each(|(_, leader)| {
            *leader = not_kept.unwrap_or(*leader);
        });
        lead
    }

    /// What the groups behind a leader are called: by a query that enough people of a cell typed, else by words of what was typed.
    fn name(
        &self,
        leader: Key,
        lead: &BTreeMap<Key, Key>,
        enough: &BTreeMap<&str, usize>,
        typed: &BTreeMap<&str, usize>,
    ) -> Name {
        if leader.1.is_none() {
            return Name::NotKept;
        }
        // Most people first; within a meaning the most central first.
        let mut behind: Vec<Key> = lead.iter().filter(|(_, first)| **first == leader).map(|(key, _)| *key).collect();
        behind.sort_by_key(|&(week, meaning)| (meaning, week));
        let mut named = BTreeSet::new();
        let queries: Vec<Asked<'_>> = behind
            .into_iter()
            .filter_map(|(week, meaning)| self.meaning(week, meaning?))
            .flat_map(|(week, meaning)| meaning.queries.iter().filter_map(|&query| week.texts.get(query)))
            .filter_map(|text| {
                let people = *typed.get(text.text.as_str())?;
                Some(Asked { text: &text.text, language: text.language.clone(), vector: None, people })
            })
            .filter(|asked| named.insert(asked.text))
            .collect();
        let central = queries.iter().find(|asked| enough.contains_key(asked.text));
        Name::Label(match central {
            Some(asked) => Label::Query(asked.text.to_owned()),
            None => label(&queries.iter().collect::<Vec<_>>(), usize::MAX, &self.vocabulary),
        })
    }
}
