//! `signpost report`: the deflection report of a portal as text, JSON or CSV.

mod csv;
mod text;

use super::WrongUse;
use crate::deflection::{Log, Question, Report, Wanted, Window, comparison, ledger, report, searches};
use crate::http::reports::ReportBody;
use crate::http::reports::asking::question;
use crate::http::reports::shown::{RowBody, View};
use crate::store::{Archive, DatabaseUrl, StoreError};
use anyhow::Context;
use indexer::portal::Portal;
use jiff::Timestamp;
use jiff::civil::Date;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Options of `signpost report`.
#[derive(Debug, clap::Args)]
pub struct ReportArgs {
    /// Folder with the event database; a server may be using it
    #[arg(long, env = "SIGNPOST_DATA", value_name = "DIR", default_value = "data")]
    pub data: PathBuf,
    /// PostgreSQL database of the servers, if they were given one: postgres://user@host:5432/signpost
    #[arg(long, env = "SIGNPOST_DATABASE", value_name = "URL", hide_env_values = true, hide_default_value = true)]
    pub database: Option<DatabaseUrl>,
    /// Folder of the portals: the time zone of portal.toml says where a day begins
    #[arg(long, env = "SIGNPOST_CONTENT", value_name = "DIR", default_value = "content")]
    pub content: PathBuf,
    /// Portal to report on
    #[arg(long, value_name = "PORTAL")]
    pub portal: String,
    /// First day, such as 2026-05-01 [default: 28 days before --to]
    #[arg(long, value_name = "DAY")]
    pub from: Option<Date>,
    /// The day after the last [default: tomorrow]
    #[arg(long, value_name = "DAY")]
    pub to: Option<Date>,
    /// How long after an episode a ticket counts: 1h, 24h, 72h or 7d
    #[arg(long, value_name = "WINDOW", default_value_t = Window::Day)]
    pub window: Window,
    /// The moment whose knowledge is used, such as 2026-05-31T00:00:00Z [default: now]
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<Timestamp>,
    /// How to print it: text for people, json as the API answers, csv for a spreadsheet, jsonl for the episodes behind it
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A table for people.
    Text,
    /// As the API answers.
    Json,
    /// For a spreadsheet.
    Csv,
    /// The episodes that its figures are sums of, one JSON object a line.
    Jsonl,
}

/// Prints the report.
pub fn run(arguments: ReportArgs) -> anyhow::Result<ExitCode> {
    let portal = portal(&arguments.content, &arguments.portal)?;
    if portal.is_none() {
        eprintln!(
            "{}: no portal.toml there, so days are those of UTC",
            arguments.content.join(&arguments.portal).display()
        );
    }
    let as_of = arguments.as_of.unwrap_or_else(Timestamp::now).as_millisecond();
    let asked = question(portal.as_ref(), arguments.from, arguments.to, as_of);
    let question = Question { window: arguments.window, ..asked.map_err(|error| WrongUse(error.to_string()))? };
    let archive = Archive::open(&arguments.data, arguments.database.as_ref());
    let log = read(archive, &arguments.portal, &question)?;
    let before = match (arguments.format, comparison::before(&question)) {
        (Format::Text, Ok(earlier)) => {
            let archive = Archive::open(&arguments.data, arguments.database.as_ref());
            Some(report(&read(archive, &arguments.portal, &earlier)?, &earlier))
        }
        _ => None,
    };
    let asked = (arguments.portal.as_str(), &question);
    let printed = print(&mut io::stdout().lock(), arguments.format, asked, &log, before.as_ref());
    match printed {
        // Whoever read the first lines may have seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        printed => printed.map(|()| ExitCode::SUCCESS).context("print the report"),
    }
}

/// The portal's configuration; `None` where the content is not at hand.
pub fn portal(content: &Path, id: &str) -> anyhow::Result<Option<Portal>> {
    if id.is_empty() || id.contains(['/', '\\']) || id.starts_with('.') {
        return Err(WrongUse(format!("--portal {id}: expected the name of a folder")).into());
    }
    let path = content.join(id).join("portal.toml");
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("read {}", path.display())),
    };
    let (portal, _) = Portal::parse(id, &text);
    portal.map(Some).with_context(|| format!("read {}: run `signpost check` to see what is wrong", path.display()))
}

fn read(
    archive: impl Future<Output = Result<Archive, StoreError>>,
    portal: &str,
    question: &Question,
) -> anyhow::Result<Log> {
    let (from, to) = question.reach();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
    Ok(runtime.block_on(async { archive.await?.log(portal, from, to).await })?)
}

/// Prints what was asked of a portal; `before` are the figures of the period before, where they are compared.
fn print(
    into: &mut impl Write,
    format: Format,
    (portal, question): (&str, &Question),
    log: &Log,
    before: Option<&Report>,
) -> io::Result<()> {
    match format {
        Format::Text => text::print(into, portal, question, &report(log, question), before, &searches(log, question)),
        Format::Csv => csv::print(into, question, &report(log, question), &searches(log, question)),
        Format::Json => {
            let body = ReportBody::new("", portal, question, &report(log, question));
            serde_json::to_writer_pretty(&mut *into, &body.map_err(|_| io::Error::other("a time out of range"))?)?;
            writeln!(into)
        }
        Format::Jsonl => ledger(log, question, &Wanted::default()).into_iter().try_for_each(|row| {
            serde_json::to_writer(&mut *into, &RowBody::new(View::Plain, &Wanted::default(), row))?;
            writeln!(into)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::log::{Kind, Searched, Surface};
    use crate::identity::{DevKey, Grant, OPERATOR};
    use crate::store::{Batch, NewEvent, Origin, Store};
    use jiff::civil::date;
    use std::sync::Arc;

    const T0: i64 = 1_777_888_800_000;

    /// A data folder in which six visitors asked one thing and one of them another.
    fn asked(data: &Path, portal: &Portal) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let key = DevKey::open(data).unwrap();
            let grant = Grant {
                portal: portal.id.clone(),
                subject: "op".into(),
                roles: [OPERATOR.to_owned()].into(),
                attributes: Default::default(),
                expires: T0 / 1000 + 60,
            };
            let operator = key.keys().verify(&key.sign(&grant).unwrap(), portal, T0).unwrap();
            let store = Store::open(data, None, Arc::new(|| T0)).await.unwrap();
            for (browser, query) in ["=cmd|' /C calc'!A0"; 6].into_iter().chain(["\u{1b}[2J"]).enumerate() {
                let searched = Searched {
                    search_id: None,
                    text: Some(query.into()),
                    language: portal.languages.first().cloned(),
                    results: 1,
                    confidence: None,
                    vector: None,
                    ties: Vec::new(),
                };
                let (id, ticket) = (format!("s{browser}"), format!("t{browser}"));
                let event = |id, at, kind| NewEvent { id, at, surface: Surface::Help, test: false, kind };
                let hint = Kind::Ticket { form_id: None, search_id: None, ticket_id: None };
                let events = vec![event(id, T0, Kind::Search(searched)), event(ticket, T0 + 1, hint)];
                let batch = Batch { sent_at: T0, events, covers: Some((T0, T0 + 9 * 86_400_000)) };
                let browser = format!("b{browser}");
                store.append(portal, Origin::new(&operator, Some(&browser)), batch).await.unwrap();
            }
            store.shutdown().await;
        });
    }

    #[test]
    fn the_report_is_printed_for_people_programs_and_spreadsheets() {
        let folder = tempfile::tempdir().unwrap();
        let portal = Portal::parse("acme", "name = \"Acme\"\nlanguages = [\"en\"]\n").0.unwrap();
        asked(folder.path(), &portal);
        let as_of = T0 + 40 * 86_400_000;
        let question = question(None, Some(date(2026, 5, 4)), Some(date(2026, 5, 5)), as_of).unwrap();
        let log = read(Archive::open(folder.path(), None), "acme", &question).unwrap();
        let printed = |format| {
            let mut out = Vec::new();
            let empty = report(&Log::default(), &question);
            print(&mut out, format, ("acme", &question), &log, Some(&empty)).unwrap();
            String::from_utf8(out).unwrap()
        };
        let text = printed(Format::Text);
        assert!(text.starts_with("acme, 2026-05-04 to 2026-05-04 (UTC), tickets within 24h\n"), "{text}");
        assert!(text.contains("potential deflection: 0.0 % (0.0 to "), "{text}");
        assert!(text.contains("nothing was measured in the 1 days before"), "{text}");
        assert!(text.contains("holdout: none ran"), "{text}");
        assert!(
            text.contains("7 of 7 tickets linked to a visitor (100.0 %)") && text.contains("too small to show"),
            "{text}"
        );
        assert!(!text.contains('\u{1b}'));
        let json: serde_json::Value = serde_json::from_str(&printed(Format::Json)).unwrap();
        assert_eq!((&json["closed"], &json["final"]), (&7.into(), &true.into()));
        let episodes = printed(Format::Jsonl);
        assert_eq!(episodes.lines().count(), 7);
        let each = episodes.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        assert_eq!(each.filter(|row| row["query"] == "=cmd|' /c calc'!a0").count(), 6);
        let csv = printed(Format::Csv);
        assert!(csv.contains("\r\nsearch,\"'=cmd|' /c calc'!a0\",share,6,6,1,"), "{csv}");
    }

    #[test]
    fn a_folder_without_a_database_is_said_to_have_none() {
        let folder = tempfile::tempdir().unwrap();
        let question = question(None, None, None, T0).unwrap();
        let refused = read(Archive::open(folder.path(), None), "acme", &question).unwrap_err().to_string();
        assert!(refused.contains("find events and tickets in"), "{refused}");
        assert!(portal(folder.path(), "../acme").is_err());
        assert!(portal(folder.path(), "acme").unwrap().is_none());
    }
}
