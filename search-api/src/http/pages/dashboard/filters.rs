//! What the dashboard is asked for: a plain form, whose answers stand in the address and in every link to rows.

use super::Choice;
use crate::deflection::question::day_of;
use crate::deflection::{Question, Window};
use crate::http::Caller;
use crate::http::address;
use crate::http::error::Problem;
use crate::http::fields::Fields;
use crate::http::pages::frame::Frame;
use crate::http::pages::words::{Words, fill};
use crate::http::reports::asking::{STRATA, ask, pairs};
use indexer::portal::TicketCost;
use jiff::{Timestamp, ToSpan};

/// Days that one link asks for, today included.
const PRESETS: [i64; 3] = [7, 28, 90];

/// The form, and what it says.
pub(super) struct Filters {
    pub question: Question,
    /// What a ticket costs, by the address or the portal.
    pub cost: Option<TicketCost>,
    pub from: String,
    pub to: String,
    /// The moment whose knowledge is used, where the address says so.
    pub as_of: Option<String>,
    /// Amount and currency, as far as they are known.
    pub amount: String,
    pub currency: String,
    pub presets: Vec<Preset>,
    pub windows: Vec<Choice>,
    pub roles: Vec<Choice>,
    pub languages: Vec<Choice>,
    pub strata: Vec<Choice>,
}

/// A link that asks for the last days.
pub(super) struct Preset {
    pub title: String,
    pub href: String,
    pub chosen: bool,
}

impl Filters {
    /// Reads what is asked, of an analyst.
    pub fn read(caller: &Caller, frame: &Frame, fields: &mut Fields, now: i64) -> Result<Self, Problem> {
        let is_frozen = fields.has("as_of");
        let question = ask(caller, fields, now)?;
        let cost = cost(fields, caller.portal.ticket_cost.as_ref())?;
        let words = frame.words;
        let as_of = Timestamp::from_millisecond(question.as_of).unwrap_or_default();
        let as_of = is_frozen.then(|| as_of.to_string());
        let role = question.role.as_deref();
        let roles = caller.portal.roles.iter().map(|role| (role.name.clone(), role.title.clone()));
        let language = question.language.as_ref().map(|language| language.as_str());
        let languages = frame.languages.iter().map(|other| (other.tag.clone(), other.name.clone()));
        let stratum = STRATA.iter().find(|(_, stratum)| *stratum == question.stratum).map(|(name, _)| *name);
        let strata = STRATA.iter().filter(|(_, stratum)| stratum.is_some());
        let strata = strata.map(|(name, _)| {
            let title = words.dashboard.strata.get(*name).map_or(*name, String::as_str);
            ((*name).to_owned(), title.to_owned())
        });
        Ok(Self {
            from: question.from.to_string(),
            to: question.to.to_string(),
            amount: cost.as_ref().map_or_else(String::new, |cost| cost.amount.to_string()),
            currency: cost.as_ref().map_or_else(String::new, |cost| cost.currency.clone()),
            presets: presets(words, &question, now, as_of.as_deref(), cost.as_ref()),
            windows: Window::ALL.map(|window| window_choice(words, window, question.window)).into(),
            roles: choices(roles, role),
            languages: choices(languages, language),
            strata: choices(strata, stratum),
            as_of,
            cost,
            question,
        })
    }
}

fn choices(all: impl Iterator<Item = (String, String)>, chosen: Option<&str>) -> Vec<Choice> {
    all.map(|(value, title)| Choice { chosen: chosen == Some(&*value), value, title }).collect()
}

fn window_choice(words: &Words, window: Window, chosen: Window) -> Choice {
    let title = words.dashboard.windows.get(window.name()).cloned();
    let title = title.unwrap_or_else(|| window.to_string());
    Choice { value: window.name().to_owned(), title, chosen: window == chosen }
}

/// `cost` of the address, else of the portal.
fn cost(fields: &mut Fields, portal: Option<&TicketCost>) -> Result<Option<TicketCost>, Problem> {
    let Some(text) = fields.text("cost", 16)? else { return Ok(portal.cloned()) };
    let amount = text.replace(',', ".").parse::<f64>().ok().filter(|amount| *amount > 0.0 && *amount <= 1e6);
    let amount = amount.ok_or_else(|| Problem::invalid("cost", "`cost` must be an amount such as 12.5."))?;
    Ok(Some(TicketCost { amount, currency: portal.map_or_else(String::new, |cost| cost.currency.clone()) }))
}

fn presets(
    words: &Words,
    question: &Question,
    now: i64,
    as_of: Option<&str>,
    cost: Option<&TicketCost>,
) -> Vec<Preset> {
    let to = day_of(now, &question.zone).saturating_add(1.day());
    let amount = cost.map(|cost| cost.amount.to_string());
    let preset = |days: i64| {
        let from = to.saturating_sub(days.days());
        let asked = pairs(&Question { from, to, ..question.clone() });
        let mut pairs: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (*name, value.as_str())).collect();
        pairs.extend(as_of.map(|as_of| ("as_of", as_of)));
        pairs.extend(amount.as_deref().map(|amount| ("cost", amount)));
        Preset {
            title: fill(&words.dashboard.last_days, &[("days", &days)]),
            href: format!("?{}", address::query(&pairs)),
            chosen: (question.from, question.to) == (from, to),
        }
    };
    PRESETS.map(preset).into()
}
