//! What may be told of groups: sums of whole cells, none of which singles a person out.
//!
//! A cell is (group, ISO week, kind), the kind being roles, language and stratum together. Groups are formed anew in each week, of
//! everybody's queries, before any filter; weeks of one meaning are then put together. So a cell is the same in every range and
//! under every filter that holds it, and the difference of two tables is again made of whole cells.

use super::agglomerate::agglomerate;
use super::label::{Label, Vocabulary, label};
use super::meaning::{Asked, Meaning, STEM_LIKENESS, by_meaning};
use crate::deflection::log::QueryVector;
use crate::deflection::question::{Rules, Stratum};
use indexer::language::Language;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What filters go by.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind<'a> {
    /// All roles held.
    pub roles: BTreeSet<&'a str>,
    /// Language of the first search.
    pub language: Option<&'a Language>,
    /// Whether a form was in play.
    pub stratum: Option<Stratum>,
}

/// Something asked once: an episode by what was last asked in it, or a ticket by its subject.
#[derive(Clone, Debug)]
pub struct Item<'a> {
    /// What was asked, normalised; `None` where it is not kept.
    pub text: Option<&'a str>,
    /// Language that it was read in.
    pub language: Option<&'a Language>,
    /// Its vector.
    pub vector: Option<&'a QueryVector>,
    /// Who asked: equal numbers, one person.
    pub person: usize,
    /// The Monday of its week.
    pub week: Date,
    /// What filters go by.
    pub kind: Kind<'a>,
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
    /// Numbers of its items, in order.
    pub items: Vec<usize>,
    /// Its people, counted anew in each cell.
    pub people: usize,
    /// Queries typed by enough people of a cell, with their number; most first.
    pub queries: Vec<(String, usize)>,
}

/// Number of a meaning within its week, in order of size; `None`: not kept.
type Ordinal = Option<usize>;

/// Groups items, and gives those that `admits` lets through, most people first; what is too small to show comes last, if anything.
pub fn grouped(items: &[Item<'_>], rules: &Rules, admits: impl Fn(&Kind<'_>) -> bool) -> Vec<Group> {
    let weeks = Weeks::of(items, rules);
    let mut cells: BTreeMap<(Date, Ordinal, &Kind<'_>), Vec<usize>> = BTreeMap::new();
    for (number, item) in items.iter().enumerate() {
        let ordinal = item.text.and_then(|text| weeks.ordinal_of(item.week, text));
        cells.entry((item.week, ordinal, &item.kind)).or_default().push(number);
    }
    let people = |cell: &[usize]| cell.iter().map(|&number| items[number].person).collect::<BTreeSet<_>>().len();
    let is_shown = |cell: &[usize]| people(cell) >= rules.min_group;
    let shown: BTreeSet<(Date, Ordinal)> =
        cells.iter().filter(|(_, cell)| is_shown(cell)).map(|((week, ordinal, _), _)| (*week, *ordinal)).collect();
    let lead = weeks.joined(&shown, rules);

    let mut groups: BTreeMap<(Date, Ordinal), Group> = BTreeMap::new();
    let mut typed: BTreeMap<(Date, Ordinal), BTreeMap<&str, usize>> = BTreeMap::new();
    let mut enough: BTreeMap<(Date, Ordinal), BTreeMap<&str, usize>> = BTreeMap::new();
    let mut rest = Group { id: "rest".into(), name: Name::TooSmall, items: Vec::new(), people: 0, queries: Vec::new() };
    for (&(week, ordinal, kind), cell) in &cells {
        let of_cell = is_shown(cell).then(|| lead[&(week, ordinal)]);
        if let Some(leader) = of_cell {
            let mut askers: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
            for item in cell.iter().map(|&number| &items[number]) {
                item.text.into_iter().for_each(|text| _ = askers.entry(text).or_default().insert(item.person));
            }
            for (text, askers) in askers {
                *typed.entry(leader).or_default().entry(text).or_default() += askers.len();
                if askers.len() >= rules.min_group {
                    *enough.entry(leader).or_default().entry(text).or_default() += askers.len();
                }
            }
        }
        if !admits(kind) {
            continue;
        }
        let group = match of_cell {
            Some(leader) => groups.entry(leader).or_insert_with(|| Group { id: id(leader), ..rest.empty() }),
            None => &mut rest,
        };
        group.items.extend(cell);
        group.people += people(cell);
    }
    for (leader, group) in &mut groups {
        let queries = enough.remove(leader).unwrap_or_default();
        let typed = typed.remove(leader).unwrap_or_default();
        group.name = weeks.name(*leader, &lead, &queries, &typed);
        group.queries = queries.into_iter().map(|(text, people)| (text.to_owned(), people)).collect();
        group.queries.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        group.items.sort_unstable();
    }
    rest.items.sort_unstable();
    let mut groups = called_once(groups.into_values());
    groups.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.name.cmp(&b.name)));
    groups.extend((!rest.items.is_empty()).then_some(rest));
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

fn id((week, ordinal): (Date, Ordinal)) -> String {
    let week = week.iso_week_date();
    let week = format!("{}-W{:02}", week.year(), week.week());
    ordinal.map_or_else(|| "not-kept".into(), |ordinal| format!("{week}-{}", ordinal + 1))
}

impl Group {
    fn empty(&self) -> Self {
        Self { items: Vec::new(), people: 0, queries: Vec::new(), ..self.clone() }
    }

    fn absorb(&mut self, other: Self) {
        self.items.extend(other.items);
        self.items.sort_unstable();
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

/// What was asked in each week, by meaning.
struct Weeks<'a> {
    weeks: BTreeMap<Date, Week<'a>>,
    vocabulary: Vocabulary,
}

struct Week<'a> {
    asked: Vec<Asked<'a>>,
    meanings: Vec<Meaning>,
    ordinals: HashMap<&'a str, usize>,
}

impl<'a> Weeks<'a> {
    fn of(items: &[Item<'a>], rules: &Rules) -> Self {
        let mut texts: BTreeMap<Date, BTreeMap<&'a str, Vec<&Item<'a>>>> = BTreeMap::new();
        for item in items {
            item.text
                .into_iter()
                .for_each(|text| texts.entry(item.week).or_default().entry(text).or_default().push(item));
        }
        let asked = |(text, items): (&'a str, Vec<&Item<'a>>)| Asked {
            text,
            language: items.iter().filter_map(|item| item.language).min().cloned().unwrap_or_else(Language::unknown),
            // One text has one vector of a model, but for its letters' case: any of them, always the same.
            vector: items.iter().filter_map(|item| item.vector).min_by_key(|vector| (&vector.model.0, &vector.values)),
            people: items.iter().map(|item| item.person).collect::<BTreeSet<_>>().len(),
        };
        let week = |texts: BTreeMap<&'a str, Vec<&Item<'a>>>| {
            let asked: Vec<Asked<'a>> = texts.into_iter().map(asked).collect();
            let meanings = by_meaning(&asked, rules.group_similarity);
            let numbered = meanings.iter().enumerate();
            let ordinals = numbered.flat_map(|(ordinal, meaning)| {
                meaning.queries.iter().map(|&query| (asked[query].text, ordinal)).collect::<Vec<_>>()
            });
            let ordinals = ordinals.collect();
            Week { asked, meanings, ordinals }
        };
        let weeks: BTreeMap<Date, Week<'a>> = texts.into_iter().map(|(monday, texts)| (monday, week(texts))).collect();
        let vocabulary = Vocabulary::of(weeks.values().flat_map(|week| &week.asked));
        Self { weeks, vocabulary }
    }

    fn ordinal_of(&self, week: Date, text: &str) -> Ordinal {
        self.weeks.get(&week)?.ordinals.get(text).copied()
    }

    fn meaning(&self, week: Date, ordinal: usize) -> Option<(&Week<'a>, &Meaning)> {
        let week = self.weeks.get(&week)?;
        Some((week, week.meanings.get(ordinal)?))
    }

    /// The first of the groups that each of these is put together with.
    fn joined(&self, shown: &BTreeSet<(Date, Ordinal)>, rules: &Rules) -> BTreeMap<(Date, Ordinal), (Date, Ordinal)> {
        let mut lead: BTreeMap<_, _> = shown.iter().map(|key| (*key, *key)).collect();
        // By model: cells with their meanings.
        type Cells<'m> = Vec<((Date, Ordinal), &'m Meaning)>;
        let mut compared: BTreeMap<Option<[u8; 32]>, Cells<'_>> = BTreeMap::new();
        for &(week, ordinal) in shown {
            if let Some((_, meaning)) = ordinal.and_then(|ordinal| self.meaning(week, ordinal)) {
                compared.entry(meaning.model.map(|model| model.0)).or_default().push(((week, ordinal), meaning));
            }
        }
        for (model, meanings) in compared {
            let points: Vec<_> = meanings.iter().map(|(_, meaning)| meaning.point.clone()).collect();
            let likeness = if model.is_some() { rules.group_similarity } else { STEM_LIKENESS };
            for (place, first) in agglomerate(&points, likeness).into_iter().enumerate() {
                lead.insert(meanings[place].0, meanings[first].0);
            }
        }
        let not_kept = shown.iter().find(|(_, ordinal)| ordinal.is_none()).copied();
        lead.iter_mut().filter(|((_, ordinal), _)| ordinal.is_none()).for_each(|(_, leader)| {
            *leader = not_kept.unwrap_or(*leader);
        });
        lead
    }

    /// What the groups behind a leader are called: by a query that enough people of a cell typed, else by words of what was typed.
    fn name(
        &self,
        leader: (Date, Ordinal),
        lead: &BTreeMap<(Date, Ordinal), (Date, Ordinal)>,
        enough: &BTreeMap<&str, usize>,
        typed: &BTreeMap<&str, usize>,
    ) -> Name {
        if leader.1.is_none() {
            return Name::NotKept;
        }
        // Most people first; within a meaning the most central first.
        let mut behind: Vec<_> = lead.iter().filter(|(_, first)| **first == leader).map(|(key, _)| *key).collect();
        behind.sort_by_key(|&(week, ordinal)| (ordinal, week));
        let mut named = BTreeSet::new();
        let queries: Vec<Asked<'_>> = behind
            .into_iter()
            .filter_map(|(week, ordinal)| self.meaning(week, ordinal?))
            .flat_map(|(week, meaning)| meaning.queries.iter().map(|&query| &week.asked[query]))
            .filter_map(|asked| Some(Asked { people: *typed.get(asked.text)?, ..asked.clone() }))
            .filter(|asked| named.insert(asked.text))
            .collect();
        let central = queries.iter().find(|asked| enough.contains_key(asked.text));
        Name::Label(match central {
            Some(asked) => Label::Query(asked.text.to_owned()),
            None => label(&queries.iter().collect::<Vec<_>>(), usize::MAX, &self.vocabulary),
        })
    }
}
