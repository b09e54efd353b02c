//! What of the ledger an analyst is shown: no visitor, the hour and not the minute, no text that a single person typed; to those who
//! may read raw text, that and exact times.

use super::replay::NO_TEXT;
use crate::deflection::history::{Happened, History, Step, Verdict};
use crate::deflection::ledger::{EpisodeName, Kind, TicketLine};
use crate::deflection::log::Millis;
use crate::deflection::queries::Asked;
use crate::deflection::question::{HOUR, SECOND, Stratum};
use crate::deflection::{Row, Wanted};
use crate::store::Named;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use indexer::language::Language;
use indexer::visible::VisibleIndex;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// How much an analyst sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum View {
    /// What every analyst may.
    #[default]
    Plain,
    /// What needs a further role, and leaves an audit row.
    Raw,
}

/// One row of the ledger.
#[derive(Serialize, ToSchema)]
pub struct RowBody {
    /// `episode`, `visit`, `form`, `search`, `ticket` or `task`.
    #[schema(value_type = String)]
    pub kind: &'static str,
    /// Made from what opened it; the same at every reading.
    pub id: String,
    /// When it began: the hour, in UTC; exact with `view=raw`.
    pub at: String,
    /// How it ended: an episode by its outcome; a form `open`, `sent`, `left_after_help` or `left`; a ticket `attributed`,
    /// `visit_alone`, `outside_window` or `unlinked`; a visit `ticketed` or `not_ticketed`; a search `nothing_found`, `opened` or
    /// `not_opened`; a task `completed`, `went_on` or `undecided`.
    #[schema(value_type = String)]
    pub outcome: &'static str,
    /// Whether it stands in the numerator of the figure; null where no figure was asked for.
    pub numerator: Option<bool>,
    /// Whether it stands in its denominator.
    pub denominator: Option<bool>,
    /// What was last asked in it, redacted: only what at least five visitors typed, normalised; with `view=raw`, as it was typed.
    pub query: Option<String>,
    /// Why there is no query although something was asked: `too small to show` or `no text is kept`.
    #[schema(value_type = Option<String>)]
    pub instead: Option<&'static str>,
    /// Searches in it.
    pub searches: usize,
    /// Articles opened in it.
    pub opened: usize,
    /// The tickets that belong to it, or the ticket itself.
    pub tickets: Vec<TicketBody>,
    /// What it contributes to the time to answer.
    pub seconds: Option<f64>,
    /// Ids of the episodes that it is, holds or belongs to.
    pub episodes: Vec<String>,
}

/// A ticket and the rule that attributed it.
#[derive(Serialize, ToSchema)]
pub struct TicketBody {
    /// Made from the ticket's id; with `view=raw`, that itself.
    pub id: String,
    /// How it is tied to its visitor: `search` (it names a search or form), `visitor`, `email` or `none`.
    #[schema(value_type = String)]
    pub link: &'static str,
    /// Why it belongs to its episode: `named`, `similar` (the most alike) or `latest`; null: it belongs to none.
    #[schema(value_type = Option<String>)]
    pub rule: Option<&'static str>,
    /// How alike it is, where that decided.
    pub cosine: Option<f32>,
}

/// One episode, told in order.
#[derive(Serialize, ToSchema)]
pub struct EpisodeBody {
    /// Its row under the window that was asked for.
    #[serde(flatten)]
    pub row: RowBody,
    /// Language of its first search.
    pub language: Option<String>,
    /// `with_intent` or `without_intent`.
    #[schema(value_type = String)]
    pub stratum: &'static str,
    /// Seconds from its first event to its last search, opening or form.
    pub lasted: f64,
    /// What happened, in order.
    pub steps: Vec<StepBody>,
    /// What became of it under each window, shortest first.
    pub windows: Vec<VerdictBody>,
}

/// Something that happened in an episode. Fields that do not go with its type are left out.
#[derive(Default, Serialize, ToSchema)]
pub struct StepBody {
    /// `search`, `impression`, `click`, `vote`, `form_open`, `form_suggest`, `form_left` or `ticket`.
    #[schema(value_type = String)]
    pub r#type: &'static str,
    /// Seconds since the episode's first event.
    pub after: f64,
    /// When, with `view=raw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What was asked, as far as it may be shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
    /// Why there is no query.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub instead: Option<&'static str>,
    /// Where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub surface: Option<&'static str>,
    /// Articles found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<u32>,
    /// How sure the answers were.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub confidence: Option<&'static str>,
    /// The article, if the reader may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slug: Option<String>,
    /// Its title, or `an article you may not see`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its 1-based place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<u32>,
    /// Seconds that it was looked at, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dwell: Option<f64>,
    /// Whether it solved the need.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solved: Option<bool>,
    /// In the visitor's words, redacted, with `view=raw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The ticket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketBody>,
    /// Where the ticket came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The ticket's subject, redacted, with `view=raw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

/// What became of an episode under one window.
#[derive(Serialize, ToSchema)]
pub struct VerdictBody {
    /// `1h`, `24h`, `72h` or `7d`.
    #[schema(value_type = String)]
    pub window: &'static str,
    /// What became of it.
    #[schema(value_type = String)]
    pub outcome: &'static str,
    /// Name of the rule that decided.
    #[schema(value_type = String)]
    pub why: &'static str,
    /// The rule in plain words.
    #[schema(value_type = String)]
    pub because: &'static str,
    /// The later episode that reopened it.
    pub reopened_by: Option<String>,
    /// Tickets attributed to it.
    pub tickets: Vec<TicketBody>,
}

/// Said of an article outside the reader's audience, and of one that is gone.
pub const UNSEEN: &str = "an article you may not see";

/// An id of the ledger: made from the stored one, which its sender may have made of anything. 96 bits, URL-safe.
pub fn id(kind: Kind, stored: &str) -> String {
    let hash = blake3::hash(&[kind.name().as_bytes(), b"\0", stored.as_bytes()].concat());
    URL_SAFE_NO_PAD.encode(&hash.as_bytes()[..12])
}

/// The id of a row. That of an episode says the hour too, as its row does: so its rows are found.
pub fn row_id(row: &Row) -> String {
    match row.kind {
        Kind::Episode => timed(&row.id, row.t),
        kind => id(kind, &row.id),
    }
}

/// The same of an episode by its name.
fn episode_id(name: &EpisodeName) -> String {
    timed(&name.id, name.t)
}

fn timed(stored: &str, t: Millis) -> String {
    format!("{}.{:x}", id(Kind::Episode, stored), t.div_euclid(HOUR))
}

/// What an id says of an episode: what [`id`] makes of the stored one, and the first moment of its hour, where that is said.
pub fn parts(named: &str) -> (&str, Option<Millis>) {
    let hour = |hour: &str| Millis::from_str_radix(hour, 16).ok()?.checked_mul(HOUR);
    match named.split_once('.') {
        Some((made, said)) => (made, hour(said)),
        None => (named, None),
    }
}

/// The time of a row that may be shown, in milliseconds.
pub fn time(view: View, t: Millis) -> Millis {
    match view {
        View::Plain => t - t.rem_euclid(HOUR),
        View::Raw => t,
    }
}

impl RowBody {
    /// What is shown of a row.
    pub fn new(view: View, wanted: &Wanted, row: Row) -> Self {
        let counts = wanted.counts().is_some();
        let id = row_id(&row);
        let (query, instead) = query(view, row.asked, row.text);
        Self {
            kind: row.kind.name(),
            id,
            at: written(time(view, row.t)),
            outcome: row.outcome,
            numerator: counts.then_some(row.numerator),
            denominator: counts.then_some(row.denominator),
            query,
            instead,
            searches: row.searches,
            opened: row.opened,
            tickets: tickets(view, row.tickets),
            seconds: row.millis.map(seconds),
            episodes: row.episodes.iter().map(episode_id).collect(),
        }
    }
}

impl EpisodeBody {
    /// What is shown of an episode to somebody who sees these articles.
    pub fn new(view: View, index: &VisibleIndex, history: History) -> Self {
        let began = history.row.t;
        Self {
            language: history.language.as_ref().map(Language::as_str).map(str::to_owned),
            stratum: match history.stratum {
                Stratum::WithIntent => "with_intent",
                Stratum::WithoutIntent => "without_intent",
            },
            lasted: seconds(history.end - began),
            steps: history.steps.into_iter().map(|step| StepBody::new(view, index, began, step)).collect(),
            windows: history.verdicts.into_iter().map(|verdict| VerdictBody::new(view, verdict)).collect(),
            row: RowBody::new(view, &Wanted::default(), history.row),
        }
    }
}

impl StepBody {
    fn new(view: View, index: &VisibleIndex, began: Millis, Step { t, happened }: Step) -> Self {
        let raw = |text: Option<String>| text.filter(|_| view == View::Raw);
        let at = (view == View::Raw).then(|| written(t));
        let step = |r#type| Self { r#type, after: seconds(t - began), at: at.clone(), ..Self::default() };
        let about = |r#type, slug: &str| {
            let title = index.article(slug).map(|(language, article)| language.head(article).title.clone());
            let slug = title.as_ref().map(|_| slug.to_owned());
            Self { slug, title: Some(title.unwrap_or_else(|| UNSEEN.into())), ..step(r#type) }
        };
        match happened {
            Happened::Searched { asked, text, surface, results, confidence } => {
                let (query, instead) = query(view, Some(asked), text);
                let (surface, confidence) = (Some(surface.name()), confidence.map(Named::name));
                Self { query, instead, surface, results: Some(results), confidence, ..step("search") }
            }
            Happened::Shown { slug, rank } => Self { rank, ..about("impression", &slug) },
            Happened::Opened { slug, rank, dwell } => Self { rank, dwell: dwell.map(seconds), ..about("click", &slug) },
            Happened::Voted { slug, solved, comment } => {
                Self { solved: Some(solved), comment: raw(comment), ..about("vote", &slug) }
            }
            Happened::FormBegun => step("form_open"),
            Happened::Suggested { slug } => about("form_suggest", &slug),
            Happened::FormLeft => step("form_left"),
            Happened::Ticket { line, source, subject } => {
                let ticket = Some(TicketBody::new(view, line));
                Self { ticket, source: Some(source), subject: raw(subject), ..step("ticket") }
            }
        }
    }
}

impl VerdictBody {
    fn new(view: View, verdict: Verdict) -> Self {
        Self {
            window: verdict.window.name(),
            outcome: verdict.outcome.name(),
            why: verdict.why.name(),
            because: verdict.why.sentence(),
            reopened_by: verdict.reopened_by.as_ref().map(episode_id),
            tickets: tickets(view, verdict.tickets),
        }
    }
}

impl TicketBody {
    fn new(view: View, line: TicketLine) -> Self {
        Self {
            id: if view == View::Raw { line.id } else { id(Kind::Ticket, &line.id) },
            link: line.link.name(),
            rule: line.rule.map(|rule| rule.name()),
            cosine: line.rule.and_then(|rule| rule.cosine()),
        }
    }
}

fn tickets(view: View, lines: Vec<TicketLine>) -> Vec<TicketBody> {
    lines.into_iter().map(|line| TicketBody::new(view, line)).collect()
}

fn query(view: View, asked: Option<Asked>, text: Option<String>) -> (Option<String>, Option<&'static str>) {
    match (view, asked, text) {
        (View::Raw, _, Some(text)) => (Some(text), None),
        (_, Some(Asked::Query(query)), _) => (Some(query), None),
        (_, Some(Asked::TooSmall), _) => (None, Some("too small to show")),
        (_, Some(Asked::NotKept), _) => (None, Some(NO_TEXT)),
        (_, None, _) => (None, None),
    }
}

fn written(t: Millis) -> String {
    Timestamp::from_millisecond(t).unwrap_or_default().to_string()
}

fn seconds(millis: Millis) -> f64 {
    millis as f64 / SECOND as f64
}
