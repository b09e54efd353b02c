//! `signpost tickets topics`: the top topics of a file of tickets, each with its best article for each role or "no article".

use super::file::{Record, read};
use super::judge::agreement;
use crate::cli::WrongUse;
use crate::cli::trial::{self, Trial};
use crate::deflection::groups::topics::title;
use crate::deflection::groups::{Topic, Written, topics};
use crate::deflection::log::QueryVector;
use crate::deflection::question::Rules;
use crate::deflection::searches::normalise;
use crate::http::search::QUERY_LIMIT;
use crate::http::tickets::TELLING_WORDS;
use crate::retrieval::{CommonAnswer, common_answer};
use crate::store::redact;
use anyhow::{Context, Result};
use indexer::audience::{Attributes, Grants, ROLES};
use indexer::embedder::Embedder;
use indexer::language::{Language, detect};
use indexer::portal::Portal;
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Columns that may hold a ticket's one line.
pub const SUBJECT: [&str; 3] = ["subject", "title", "summary"];
/// Columns that may hold the rest.
pub const BODY: [&str; 5] = ["body", "description", "text", "message", "content"];
/// Tickets of a topic that are asked for its best article: the most central ones.
const ASKED: usize = 20;
/// Rejected lines that are named one by one.
const NAMED: usize = 20;

/// Options of `signpost tickets topics`.
#[derive(Debug, clap::Args)]
pub struct TopicsArgs {
    /// Tickets: CSV with a line of column names, or JSON Lines; of each its subject (or title, summary) and body (or description, text,
    /// message, content)
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Folder of the portals
    #[arg(long, env = "SIGNPOST_CONTENT", value_name = "DIR", default_value = "content")]
    content: PathBuf,
    /// The portal whose articles are asked
    #[arg(long, value_name = "PORTAL")]
    portal: String,
    /// Tickets that are looked at: the last ones of the file
    #[arg(long, value_name = "N", default_value_t = 1000)]
    last: usize,
    /// Topics that are named
    #[arg(long, value_name = "N", default_value_t = 3)]
    top: usize,
    /// Form of what is shown
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: crate::cli::check::Format,
    /// Folder of the embedding model; without it topics and answers go by words
    #[arg(long, env = "SIGNPOST_MODEL", value_name = "DIR")]
    model: Option<PathBuf>,
    /// Folder that keeps the articles' vectors for the next run
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Instead, compare the topics with those that people gave, which stand in this column, for a choice of likeness: how
    /// `group_similarity` is fitted to a model
    #[arg(long, value_name = "COLUMN")]
    judge: Option<String>,
}

/// What `--help` says beyond the options.
pub const HELP: &str = "\
Nothing is stored: the articles are indexed into a temporary folder, the tickets are read, redacted and forgotten.

  signpost tickets topics tickets.csv --portal acme
  signpost tickets topics labelled.jsonl --portal acme --model models/all-MiniLM-L6-v2 --last 100000 --judge label

Exit status: 0 done; 1 no ticket could be read; 2 wrong use.";

/// What is shown.
#[derive(Debug, Serialize)]
struct Shown {
    portal: String,
    /// Tickets looked at.
    tickets: usize,
    /// Lines that hold no ticket.
    rejected: usize,
    /// Topics of at least two tickets.
    of: usize,
    topics: Vec<ShownTopic>,
}

#[derive(Debug, Serialize)]
struct ShownTopic {
    label: String,
    /// The subject of its most central ticket.
    example: String,
    tickets: usize,
    /// Of all tickets looked at.
    share: f64,
    articles: Vec<ShownArticle>,
}

/// The best article for an audience; without one `article` reads "no article".
#[derive(Debug, Serialize)]
struct ShownArticle {
    audience: String,
    article: String,
    slug: Option<String>,
    /// Share of the tickets asked that it answers.
    answers: f64,
}

/// Reads, groups, asks and prints.
pub fn run(arguments: &TopicsArgs) -> Result<ExitCode> {
    let (records, rejected) = read(&arguments.file)?;
    for line in rejected.iter().take(NAMED) {
        eprintln!("{}:{}: {}", arguments.file.display(), line.line, line.what);
    }
    if rejected.len() > NAMED {
        eprintln!("… and {} further lines that hold no ticket", rejected.len() - NAMED);
    }
    let portal = crate::cli::report::portal(&arguments.content, &arguments.portal)?;
    let portal =
        portal.with_context(|| format!("find {}/portal.toml", arguments.content.join(&arguments.portal).display()))?;
    let told: Vec<(&Record, String, String)> = records.iter().filter_map(told).collect();
    let rejected = rejected.len() + records.len() - told.len();
    let told = &told[told.len().saturating_sub(arguments.last)..];
    if told.is_empty() {
        eprintln!(
            "{}: no line has one of the columns {} or {}",
            arguments.file.display(),
            SUBJECT.join(", "),
            BODY.join(", ")
        );
        return Ok(ExitCode::FAILURE);
    }
    let scratch = tempfile::tempdir().context("make a temporary folder for the vectors")?;
    let cache = arguments.cache.as_deref().unwrap_or(scratch.path());
    let vectors = arguments.model.as_deref().map(|model| trial::vectors(model, cache)).transpose()?;
    let tickets = written(told, &portal, vectors.as_ref().map(|vectors| &*vectors.embedder))?;
    let mut out = io::stdout().lock();
    if let Some(column) = &arguments.judge {
        judge(&mut out, column, told, &tickets)?;
        return Ok(ExitCode::SUCCESS);
    }
    let trial = Trial::of(&arguments.content, vectors.as_ref())?;
    let rules = Rules::default();
    let topics = topics(&tickets, rules.group_similarity, rules.min_group);
    let shown = Shown {
        portal: portal.id.clone(),
        tickets: tickets.len(),
        rejected,
        of: topics.len(),
        topics: topics
            .iter()
            .take(arguments.top)
            .map(|topic| show(&trial, &portal, topic, told, &tickets))
            .collect::<Result<_>>()?,
    };
    match arguments.format {
        crate::cli::check::Format::Json => writeln!(out, "{}", serde_json::to_string_pretty(&shown)?)?,
        crate::cli::check::Format::Text => text(&mut out, &shown)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Subject and the text that tells most of a ticket, redacted; `None` where it says nothing.
fn told(record: &Record) -> Option<(&Record, String, String)> {
    let body = record.get(&BODY).unwrap_or_default();
    let subject = record.get(&SUBJECT).or_else(|| body.lines().next()).filter(|subject| !subject.trim().is_empty())?;
    let first = |text: &str, words| text.split_whitespace().take(words).collect::<Vec<_>>().join(" ");
    let subject = redact(&first(subject, TELLING_WORDS));
    let rest = redact(&first(body, TELLING_WORDS));
    let telling = if rest.starts_with(&subject) { rest } else { format!("{subject}\n{rest}") };
    Some((record, subject, telling))
}

/// The tickets with their languages and vectors.
fn written(told: &[(&Record, String, String)], portal: &Portal, embedder: Option<&Embedder>) -> Result<Vec<Written>> {
    let done = AtomicUsize::new(0);
    let one = |(_, subject, telling): &(&Record, String, String)| {
        let of = |embedder: &Embedder| -> Result<_> {
            let values = embedder.embed_query(telling)?.vector;
            Ok(QueryVector { model: embedder.digest(), values })
        };
        let vector = embedder.map(of).transpose()?;
        let count = done.fetch_add(1, Ordering::Relaxed) + 1;
        if embedder.is_some() && count.is_multiple_of(1_000) {
            eprintln!("{count} of {} tickets read", told.len());
        }
        let language = detect(telling, &portal.languages).or(portal.languages.first());
        let language = language.cloned().unwrap_or_else(Language::unknown);
        Ok(Written { subject: subject.clone(), language, vector })
    };
    let threads = embedder.map_or(1, Embedder::passage_sessions).max(1);
    let stretch = told.len().div_ceil(threads).max(1);
    let one = &one;
    let parts: Vec<Result<Vec<Written>>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            told.chunks(stretch).map(|part| scope.spawn(move || part.iter().map(one).collect())).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect()
    });
    Ok(parts.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

fn show(
    trial: &Trial,
    portal: &Portal,
    topic: &Topic,
    told: &[(&Record, String, String)],
    tickets: &[Written],
) -> Result<ShownTopic> {
    let audiences =
        std::iter::once(("not signed in".to_owned(), Attributes::new())).chain(portal.roles.iter().map(|role| {
            (role.name.clone(), Attributes::from([(ROLES.to_owned(), BTreeSet::from([role.name.clone()]))]))
        }));
    let mut articles = Vec::new();
    for (audience, held) in audiences {
        let index = trial.snapshot.visible(&portal.id, &Grants::Attributes(held));
        let index = index.with_context(|| format!("open the portal {}", portal.id))?;
        let mut queries = Vec::new();
        for &ticket in topic.tickets.iter().take(ASKED) {
            let text: String = told[ticket].2.chars().take(QUERY_LIMIT).collect();
            let query = trial.asked(portal, &text, Some(&tickets[ticket].language));
            queries.push((query, tickets[ticket].vector.as_ref().map(|vector| vector.values.clone()), 1));
        }
        let best: Option<CommonAnswer> = common_answer(&index, &queries)?.filter(CommonAnswer::is_near);
        let found = best.map(|best| (best.title, Some(best.slug), best.share));
        let (article, slug, answers) = found.unwrap_or_else(|| ("no article".to_owned(), None, 0.0));
        articles.push(ShownArticle { audience, article, slug, answers });
    }
    let label = title(&topic.name).filter(|label| !label.is_empty());
    Ok(ShownTopic {
        label: label.unwrap_or_else(|| "(in words that no two share)".into()),
        example: topic.tickets.first().map_or_else(String::new, |&ticket| tickets[ticket].subject.clone()),
        tickets: topic.tickets.len(),
        share: topic.tickets.len() as f64 / tickets.len().max(1) as f64,
        articles,
    })
}

fn text(out: &mut impl Write, shown: &Shown) -> io::Result<()> {
    let plain = |text: &str| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    let Shown { portal, tickets, rejected, of, topics } = shown;
    write!(out, "{portal}: {tickets} tickets, {} of {of} topics", topics.len())?;
    match rejected {
        0 => writeln!(out)?,
        1 => writeln!(out, "; 1 line holds no ticket")?,
        lines => writeln!(out, "; {lines} lines hold no ticket")?,
    }
    for (place, topic) in topics.iter().enumerate() {
        let share = topic.share * 100.0;
        writeln!(out, "\n{}. {}  ({} tickets, {share:.1} %)", place + 1, plain(&topic.label), topic.tickets)?;
        if normalise(&topic.example) != topic.label {
            writeln!(out, "   such as: {}", plain(&topic.example))?;
        }
        let width = topic.articles.iter().map(|article| article.audience.chars().count()).max().unwrap_or_default();
        for article in &topic.articles {
            let slug = article.slug.as_ref().map_or_else(String::new, |slug| format!("  ({slug})"));
            writeln!(out, "   {:<width$}  {}{slug}", article.audience, plain(&article.article))?;
        }
    }
    Ok(())
}

/// Prints how well the topics are those of a column, for a choice of likeness.
fn judge(out: &mut impl Write, column: &str, told: &[(&Record, String, String)], tickets: &[Written]) -> Result<()> {
    let column = column.to_lowercase();
    let labels: Vec<&str> = told.iter().map(|(record, ..)| record.get(&[&column]).unwrap_or_default()).collect();
    if labels.iter().all(|label| label.is_empty()) {
        return Err(WrongUse(format!("--judge {column}: no line has such a column")).into());
    }
    writeln!(out, "likeness  topics >= 5  tickets in them  purity of them  adjusted Rand  mutual information")?;
    for step in 8..=14 {
        let likeness = f64::from(step) * 0.05;
        let found = topics(tickets, likeness, usize::MAX);
        // A ticket without a topic is one of its own.
        let mut group: Vec<usize> = (0..tickets.len()).map(|ticket| found.len() + ticket).collect();
        for (number, topic) in found.iter().enumerate() {
            topic.tickets.iter().for_each(|&ticket| group[ticket] = number);
        }
        let all: Vec<(usize, &str)> = group.iter().copied().zip(labels.iter().copied()).collect();
        let large = |number: usize| found.get(number).is_some_and(|topic| topic.tickets.len() >= 5);
        let in_large: Vec<(usize, &str)> = all.iter().copied().filter(|(group, _)| large(*group)).collect();
        let (whole, of_large) = (agreement(&all), agreement(&in_large));
        writeln!(
            out,
            "{likeness:8.2}  {:11}  {:15.3}  {:14.3}  {:13.3}  {:18.3}",
            found.iter().filter(|topic| topic.tickets.len() >= 5).count(),
            in_large.len() as f64 / all.len() as f64,
            of_large.purity,
            whole.rand,
            whole.information,
        )?;
    }
    Ok(())
}
