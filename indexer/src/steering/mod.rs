//! What editors say about searching, beside the articles: `synonyms.yaml` and `pins.yaml` of a portal.
//!
//! A bad entry is named with its line and left out, the good ones keep working; an audience that cannot be read hides its entry.

mod entries;
mod pins;
mod synonyms;

use crate::audience::Audience;
use crate::language::Language;
use crate::portal::Portal;
use crate::problem::Problem;
use std::collections::BTreeMap;

/// Name of the file of synonyms, beside `portal.toml`.
pub const SYNONYMS: &str = "synonyms.yaml";
/// Name of the file of pins, beside `portal.toml`.
pub const PINS: &str = "pins.yaml";

/// Both files as read.
///
/// ```yaml
/// # synonyms.yaml
#[doc = include_str!("synonyms.example.yaml")]
/// # pins.yaml
#[doc = include_str!("pins.example.yaml")]
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Steering {
    /// In the order of the file.
    pub synonyms: Vec<Synonym>,
    /// In the order of the file.
    pub pins: Vec<Pin>,
}

/// Words or phrases that stand for others in a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Synonym {
    /// 1-based line of the entry.
    pub line: u32,
    /// Whose queries are read so.
    pub audience: Audience,
    /// The articles' language that it holds for; `None` = every one.
    pub language: Option<Language>,
    /// What people type.
    pub from: Vec<String>,
    /// What it stands for besides; of a two-way entry the same list.
    pub to: Vec<String>,
}

/// Articles that stand on top of what some queries find.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    /// 1-based line of the entry.
    pub line: u32,
    /// For whom.
    pub audience: Audience,
    /// The language that a query must have been read in; `None` = any.
    pub language: Option<Language>,
    /// Whole queries.
    pub queries: Vec<String>,
    /// Words or phrases anywhere in a query.
    pub contains: Vec<String>,
    /// Slugs, or paths under `articles/`, in the order in which they stand on top.
    pub articles: Vec<String>,
    /// Not before (ms UTC).
    pub from: Option<i64>,
    /// Not from then on (ms UTC).
    pub until: Option<i64>,
}

/// The entries of one audience: what a viewer's steering is put together from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// Who belongs to it.
    pub audience: Audience,
    /// Its synonyms.
    pub synonyms: Vec<Synonym>,
    /// Its pins.
    pub pins: Vec<Pin>,
}

impl Steering {
    /// Reads both files; pure. A file that is not there is an empty one.
    pub fn parse(portal: &Portal, synonyms: Option<&str>, pins: Option<&str>) -> (Self, Vec<Problem>) {
        let (synonyms, mut problems) = synonyms::read(portal, synonyms.unwrap_or_default());
        let (pins, more) = pins::read(portal, pins.unwrap_or_default());
        problems.extend(more);
        (Self { synonyms, pins }, problems)
    }

    /// What holds at `now` (ms UTC), by audience.
    pub fn sheets(&self, now: i64) -> Vec<Sheet> {
        let mut sheets = BTreeMap::<&Audience, (Vec<Synonym>, Vec<Pin>)>::new();
        for synonym in &self.synonyms {
            sheets.entry(&synonym.audience).or_default().0.push(synonym.clone());
        }
        for pin in self.pins.iter().filter(|pin| pin.holds(now)) {
            sheets.entry(&pin.audience).or_default().1.push(pin.clone());
        }
        let sheet = |(audience, (synonyms, pins)): (&Audience, _)| Sheet { audience: audience.clone(), synonyms, pins };
        sheets.into_iter().map(sheet).collect()
    }

    /// The next moment (ms UTC) after `now` at which [`Self::sheets`] changes.
    pub fn next_change(&self, now: i64) -> Option<i64> {
        self.pins.iter().flat_map(|pin| [pin.from, pin.until]).flatten().filter(|at| *at > now).min()
    }
}

impl Pin {
    /// Says whether it holds at `now` (ms UTC).
    pub fn holds(&self, now: i64) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

#[cfg(test)]
mod tests;
