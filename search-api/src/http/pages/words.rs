//! Words of the pages by language, and how each language writes dates and numbers.

use crate::http::error::Problem;
use crate::http::rollups::Waiting;
use axum::http::response::Parts;
use indexer::language::Language;
use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Languages that the pages speak, the fallback first. Each has a file of the same keys.
const LANGUAGES: [(&str, &str); 2] = [
    ("en", include_str!("../../../../widgets/pages/words/en.toml")),
    ("es", include_str!("../../../../widgets/pages/words/es.toml")),
];

static WORDS: LazyLock<Vec<Words>> = LazyLock::new(|| {
    let read = |(tag, text): (&'static str, &str)| Words {
        tag,
        ..toml::from_str(text).expect("a test reads every file of words")
    };
    LANGUAGES.map(read).into()
});

/// All words of one language. A `{name}` in them is filled by [`fill`].
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    #[serde(skip)]
    pub tag: &'static str,
    pub name: String,
    months: [String; 12],
    date: String,
    short_date: String,
    decimal: String,
    pub layout: Layout,
    pub search: Search,
    pub home: Home,
    pub results: Results,
    pub article: Article,
    pub ticket: Ticket,
    pub status: Status,
    pub requests: Requests,
    pub mail: Mail,
    pub dashboard: Dashboard,
    pub ledger: Ledger,
    pub episode: Episode,
    pub session: Session,
    pub missing: Message,
    pub failure: Failure,
    widget: BTreeMap<String, String>,
}

/// Declares structs of words: every field a string that each language must give.
macro_rules! words {
    ($($name:ident { $($field:ident),+ $(,)? $(; $($table:ident: $kind:ty),+)? })+) => {$(
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct $name { $(pub $field: String,)+ $($(pub $table: $kind,)+)? }
    )+};
}

words! {
    Layout { skip, home, menu, contact, languages, dashboard, requests, sign_in, sign_out, breadcrumb }
    Search { label, placeholder, button }
    Home { heading, lead, tasks, topics, recent, updated, other, all, empty, empty_next }
    Results {
        title, title_blank, blank, too_long, count_one, count_other, count_none, suggestion, none_heading, none_found, none_empty,
        next_words, next_browse, passage, narrow, remove, more, back, paging, answers; keys: BTreeMap<String, String>
    }
    Article { contents, updated, related, vote, yes, no, thanks_yes, thanks_no, more_help, code }
    Ticket {
        title, lead, subject, subject_hint, body, email, email_hint, optional, choose, send, check, suggestions,
        suggestions_none, suggestions_count_one, suggestions_count_other, opens, errors, error_missing, error_long,
        error_email, error_choice
    }
    Status {
        title, fresh, keep, stage, since, done, now, reference, subject, who, expected;
        received: Stage, working: Stage, waiting: Stage, solved: Stage, handed_over: Stage
    }
    Stage { name, who, expected }
    Requests {
        title, narrow, all, chosen, table, subject, stage, since, reply, reply_yes, reply_no, unreadable, empty, empty_next, empty_all, more, first,
        paging, email, body, stages, next, next_told, moved;
        names: BTreeMap<String, String>, moves: BTreeMap<String, String>
    }
    Mail { subject, lead, page, why }
    Dashboard {
        title, lead, from, to, window, show, last_days, filters, role, language, stratum, any, cost, summary, moving, settled, interval, of, no_value, ratio_limit, ratio_over, ratio_under,
        compare_rose, compare_fell, compare_chance, compare_none, trends, trend_told, trend_none, bounds, numbers, when, notes,
        annotations, annotations_none, over_time, over_time_told, csv,         coverage, coverage_text, upper, outcomes, outcome, count, share, bar, outcomes_note, figures, figure, value, formula,
        formulas, formulas_note, searches, searches_weeks, query, avoidable, diagnosis, nearest, unnamed, episodes, tickets, visitors,
        small, not_kept, no_text, searches_none, searches_wait, searches_rate, articles, articles_helped, articles_helped_none, articles_ticketed,
        articles_ticketed_none, articles_unread, articles_unread_none, articles_more, articles_unseen, article, opened, solved, updated,
        topics, topics_none, topics_note, topics_small, topics_unnamed, no_article, anybody, topic, best, forms, forms_none, form_end,
        holdout, holdout_none, holdout_size, holdout_waiting, holdout_empty, holdout_unbalanced, holdout_lift, holdout_avoided,
        holdout_open, holdout_power, holdout_shown, holdout_held, holdout_arm, people, ticket_share, worth, worth_none, worth_measured,
        worth_most, worth_bound, changes, changes_lead, changes_since, changes_show, changes_told, changes_nothing, changes_absent,
        changes_gone, changes_ticketed, changes_deflected, changes_closed, changes_then, changes_moved, changes_now, cause, was, is, left_out, empty, empty_next, rows, source;
        diagnoses: BTreeMap<String, String>, next_steps: BTreeMap<String, String>, windows: BTreeMap<String, String>,
        outcome_names: BTreeMap<String, String>, figure_names: BTreeMap<String, String>, strata: BTreeMap<String, String>,
        parts: BTreeMap<String, String>, causes: BTreeMap<String, String>
    }
    Ledger {
        title, of_figure, range, known, count_one, count_other, erased_one, erased_other, narrow, part, part_all, part_numerator, part_denominator, kind, ended,
        ended_all, chosen, sort, table, at, at_exact, asked, searches, opened, tickets, seconds, counted, needs, need, small, not_kept,
        nothing, more, first, paging, csv, jsonl, raw, raw_note, plain, empty, empty_here, empty_next, empty_filters,
        empty_dashboard;
        kinds: BTreeMap<String, String>, sorts: BTreeMap<String, String>, endings: BTreeMap<String, String>
    }
    Episode {
        title, facts, at, at_exact, lasted, language, stratum, stratum_with, stratum_without, ended, steps, at_once, after, searched,
        searched_hidden, found, sure_good, sure_weak, sure_none, shown, opened, dwell, dwell_unknown, voted_yes, voted_no, form_open,
        form_suggest, form_left, ticket, rank, unseen, rule, verdicts, verdicts_note, window, outcome, why, came_back;
        links: BTreeMap<String, String>, rules: BTreeMap<String, String>
    }
    Session { title, lead, token, token_hint, wrong, submit }
    Message { title, text }
    Failure {
        reference, sooner;
        invalid: Message, signed_out: Message, refused: Message, busy: Message, working: Message, ours: Message
    }
}

impl Words {
    /// Day of a moment (ms since 1970 UTC) in a time zone, as people write it.
    pub fn day(&self, moment: i64, zone: &TimeZone) -> String {
        let Ok(timestamp) = Timestamp::from_millisecond(moment) else { return String::new() };
        let day = timestamp.to_zoned(zone.clone()).date();
        let month = &self.months[usize::from(day.month().unsigned_abs()) - 1];
        fill(&self.date, &[("day", &day.day()), ("month", month), ("year", &day.year())])
    }

    /// A day in short, without its year.
    pub fn short_day(&self, day: Date) -> String {
        let month: String = self.months[usize::from(day.month().unsigned_abs()) - 1].chars().take(3).collect();
        fill(&self.short_date, &[("day", &day.day()), ("month", &month)])
    }

    /// Day and minute of a moment (ms since 1970 UTC) in a time zone.
    pub fn minute(&self, moment: i64, zone: &TimeZone) -> String {
        let Ok(timestamp) = Timestamp::from_millisecond(moment) else { return String::new() };
        let time = timestamp.to_zoned(zone.clone()).time();
        format!("{}, {:02}:{:02}", self.day(moment, zone), time.hour(), time.minute())
    }

    /// A problem's title and text, as people understand it.
    pub fn problem(&self, problem: &Parts, request_id: &str) -> (String, String) {
        let failure = &self.failure;
        let is = |other: Problem| problem.status == other.status();
        if let Some(waiting) = problem.extensions.get::<Waiting>() {
            let Message { title, text } = &failure.working;
            let text = fill(text, &[("done", &waiting.done), ("of", &waiting.of), ("seconds", &waiting.seconds())]);
            return (title.clone(), text);
        }
        let Message { title, text } = if is(Problem::NotFound) {
            &self.missing
        } else if is(Problem::Unauthorized(String::new())) {
            &failure.signed_out
        } else if is(Problem::CrossOrigin) || is(Problem::Conflict(String::new())) {
            &failure.refused
        } else if is(Problem::Overloaded) || is(Problem::TooMany { retry_after: 0 }) {
            &failure.busy
        } else if problem.status.is_client_error() {
            &failure.invalid
        } else {
            let text = format!("{} {}", failure.ours.text, fill(&failure.reference, &[("id", &request_id)]));
            return (failure.ours.title.clone(), text);
        };
        (title.clone(), text.clone())
    }

    /// A stretch of time (seconds) in its two largest units, whose signs are international.
    pub fn lapse(&self, seconds: f64) -> String {
        let whole = seconds.max(0.0) as u64;
        let (minutes, hours, days) = (whole / 60, whole / 3_600, whole / 86_400);
        let pair = |large: u64, unit: &str, small: u64, smaller: &str| match small {
            0 => format!("{large} {unit}"),
            _ => format!("{large} {unit} {small} {smaller}"),
        };
        match (days, hours, minutes) {
            (0, 0, 0) if seconds < 10.0 => format!("{} s", self.number(seconds.max(0.0))),
            (0, 0, 0) => format!("{whole} s"),
            (0, 0, _) => pair(minutes, "min", whole % 60, "s"),
            (0, _, _) => pair(hours, "h", minutes % 60, "min"),
            _ => pair(days, "d", hours % 24, "h"),
        }
    }

    /// A share of one as a percentage with one decimal.
    pub fn percent(&self, share: f64) -> String {
        format!("{:.1} %", share * 100.0).replace('.', &self.decimal)
    }

    /// A number with one decimal.
    pub fn number(&self, value: f64) -> String {
        format!("{value:.1}").replace('.', &self.decimal)
    }
}

/// The words of the first of these languages that the pages speak; English if they speak none.
pub(super) fn words<'a>(wanted: impl IntoIterator<Item = &'a Language>) -> &'static Words {
    wanted.into_iter().find_map(spoken).unwrap_or(&WORDS[0])
}

/// The language of the pages where a portal names none.
pub(super) fn fallback() -> Language {
    Language::parse(LANGUAGES[0].0).expect("the tag of a language that the pages speak")
}

/// The words of a language, if the pages speak it; `es-mx` is spoken as `es`.
pub(super) fn spoken(language: &Language) -> Option<&'static Words> {
    let primary = language.as_str().split('-').next().unwrap_or_default();
    WORDS.iter().find(|words| words.tag == primary)
}

/// Puts values into `{name}` places of a text.
pub(super) fn fill(text: &str, values: &[(&str, &dyn std::fmt::Display)]) -> String {
    values.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), &value.to_string()))
}

/// The words of `<signpost-search>` as a JavaScript module: tag → key → text.
pub(super) fn module() -> String {
    #[derive(Serialize)]
    struct Widget<'a> {
        #[serde(flatten)]
        search: BTreeMap<&'a str, &'a str>,
        #[serde(flatten)]
        widget: &'a BTreeMap<String, String>,
    }
    let widget = |words: &'static Words| {
        let Search { label, placeholder, button } = &words.search;
        let search = BTreeMap::from([("label", &**label), ("placeholder", placeholder), ("button", button)]);
        (words.tag, Widget { search, widget: &words.widget })
    };
    let all: BTreeMap<_, _> = WORDS.iter().map(widget).collect();
    let json = serde_json::to_string(&all).expect("strings under string keys are JSON");
    format!(
        "// Words of <signpost-search> by language; made from the same files as the pages' own.\nexport default {json};\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).unwrap()
    }

    #[test]
    fn every_language_has_the_same_keys_and_places() {
        fn places(value: &toml::Value, path: &str, into: &mut BTreeMap<String, Vec<String>>) {
            match value {
                toml::Value::Table(table) => {
                    table.iter().for_each(|(key, value)| places(value, &format!("{path}.{key}"), into))
                }
                toml::Value::String(text) => {
                    let mut found: Vec<_> = text
                        .split('{')
                        .skip(1)
                        .filter_map(|rest| rest.split_once('}'))
                        .map(|(name, _)| name.to_owned())
                        .collect();
                    found.sort();
                    into.insert(path.to_owned(), found);
                }
                _ => {}
            }
        }
        let [english, others @ ..] = LANGUAGES.map(|(_, text)| {
            let mut found = BTreeMap::new();
            places(&text.parse::<toml::Table>().unwrap().into(), "", &mut found);
            found
        });
        for other in others {
            assert_eq!(other, english);
        }
        assert_eq!(WORDS.len(), LANGUAGES.len(), "every file is read");
    }

    #[test]
    fn a_regional_language_is_spoken_as_its_primary_one_and_an_unknown_one_as_english() {
        assert_eq!(words([&language("es-mx")]).tag, "es");
        assert_eq!(words([&language("fr"), &language("es")]).tag, "es");
        assert_eq!(words([&language("fr")]).tag, "en");
    }

    #[test]
    fn dates_and_shares_are_written_as_in_the_language() {
        let utc = TimeZone::UTC;
        let spanish = words([&language("es")]);
        assert_eq!(WORDS[0].day(1_763_700_000_000, &utc), "November 21, 2025");
        assert_eq!(spanish.day(1_763_700_000_000, &utc), "21 de noviembre de 2025");
        let day = jiff::civil::date(2026, 9, 3);
        assert_eq!((WORDS[0].short_day(day), spanish.short_day(day)), ("Sep 3".to_owned(), "3 sep".to_owned()));
        assert_eq!(WORDS[0].percent(0.3049), "30.5 %");
        assert_eq!(spanish.percent(0.3049), "30,5 %");
    }

    #[test]
    fn a_stretch_of_time_is_given_in_its_two_largest_units() {
        let spoken = [-1.0, 4.25, 59.9, 60.0, 3_725.0, 100_000.0].map(|seconds| WORDS[0].lapse(seconds));
        assert_eq!(spoken, ["0.0 s", "4.2 s", "59 s", "1 min", "1 h 2 min", "1 d 3 h"]);
    }

    #[test]
    fn a_moment_that_no_calendar_has_is_left_blank() {
        assert_eq!(WORDS[0].day(i64::MAX, &TimeZone::UTC), "");
    }
}
