//! `signpost tickets import`: the tickets of a file into the log, each once; what cannot be read is named by its line.

use super::file::{Record, Rejected, read};
use crate::cli::{WrongUse, report, serve};
use crate::config::Folders;
use crate::deflection::log::{Millis, QueryVector};
use crate::http::tickets::{is_address, telling};
use crate::store::{DatabaseUrl, Imported, Importer, SourceTicket};
use anyhow::{Context, Result};
use indexer::embedder::Embedder;
use indexer::portal::Portal;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;

/// Tickets of one transaction: a server that is running waits for it.
const BATCH: usize = 250;
/// Rejected lines that are named one by one.
const NAMED: usize = 100;

/// What is read of a ticket, and the columns that may hold it.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("id", &["id", "ticket_id", "ticket id", "number"]),
    ("created_at", &["created_at", "created at", "created", "date"]),
    ("subject", &["subject", "title", "summary"]),
    ("description", &["description", "body", "text", "message", "content"]),
    ("requester_email", &["requester_email", "requester email", "email"]),
    ("subject_id", &["subject_id", "user", "user_id"]),
    ("search_id", &["search_id"]),
    ("form_id", &["form_id"]),
    ("external_id", &["external_id"]),
];

/// Options of `signpost tickets import`.
#[derive(Debug, clap::Args)]
pub struct ImportArgs {
    /// Tickets: CSV with a line of column names, or JSON Lines
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where content, data and model are; with a model tickets are compared with searches by meaning
    #[command(flatten)]
    folders: Folders,
    /// PostgreSQL database of the servers, if they were given one: postgres://user@host:5432/signpost
    #[arg(long, env = "SIGNPOST_DATABASE", value_name = "URL", hide_env_values = true, hide_default_value = true)]
    database: Option<DatabaseUrl>,
    /// The portal whose tickets they are
    #[arg(long, value_name = "PORTAL")]
    portal: String,
    /// First day of which the file holds all tickets, such as 2026-05-01 [default: that of its first ticket]
    #[arg(long, value_name = "DAY")]
    from: Option<Date>,
    /// The day after the last [default: the moment of its last ticket]
    #[arg(long, value_name = "DAY")]
    to: Option<Date>,
    /// Where they come from: with the name of a provider (zendesk, freshdesk, hubspot, generic), one that its webhook told of counts once
    #[arg(long, value_name = "NAME", default_value = "import")]
    source: Source,
    /// A column of another name, as FIELD=COLUMN, such as created_at=opened; repeat it
    #[arg(long = "column", value_name = "FIELD=COLUMN")]
    columns: Vec<Column>,
}

/// What `--help` says beyond the options.
pub const HELP: &str = "\
Of each ticket are read: id and created_at, which it must have; subject, description, requester_email, subject_id (who they are in
tokens), search_id, form_id, external_id. What is kept: the time, the redacted subject, keyed hashes of address and subject_id.
A server may be running meanwhile. Imported twice, a ticket counts once.

  signpost tickets import tickets.csv --portal acme
  signpost tickets import zendesk.jsonl --portal acme --source zendesk --from 2026-04-01 --to 2026-07-01 --column created_at=opened

Exit status: 0 done; 1 some lines were rejected, the others are in; 2 wrong use.";

/// Name of a source of tickets.
#[derive(Clone, Debug)]
struct Source(String);

/// A column that holds a field.
#[derive(Clone, Debug)]
struct Column {
    field: &'static str,
    column: String,
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = (1..=32).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        match text {
            "form" | "backfill" => Err("this source is the server's own".into()),
            _ if !plain => Err("expected a name of lower-case letters and -".into()),
            _ => Ok(Self(text.into())),
        }
    }
}

impl FromStr for Column {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = text.split_once('=').and_then(|(field, column)| {
            let (field, _) = COLUMNS.iter().find(|(known, _)| *known == field)?;
            Some(Self { field, column: column.trim().to_lowercase() })
        });
        let fields = || COLUMNS.map(|(field, _)| field).join(", ");
        found.ok_or_else(|| format!("expected FIELD=COLUMN, the field one of {}", fields()))
    }
}

/// Which columns hold what.
struct Reading<'a> {
    columns: BTreeMap<&'static str, Vec<&'a str>>,
    zone: TimeZone,
    now: Millis,
}

/// Reads the file, brings its tickets in, and says what became of them.
pub fn run(arguments: &ImportArgs) -> Result<ExitCode> {
    let folders = &arguments.folders;
    let portal = report::portal(&folders.content, &arguments.portal)?;
    let portal = portal.ok_or_else(|| {
        let path = folders.content.join(&arguments.portal).join("portal.toml");
        WrongUse(format!("{} is not there: it says whether what people write may be kept", path.display()))
    })?;
    if arguments.from.zip(arguments.to).is_some_and(|(from, to)| to <= from) {
        return Err(WrongUse("--to must lie after --from: it is the day after the last".into()).into());
    }
    let now = Timestamp::now().as_millisecond();
    let reading = Reading::new(&arguments.columns, &portal, now);
    let (records, mut rejected) = read(&arguments.file)?;
    let lines = records.len() + rejected.len();
    let mut tickets = Vec::with_capacity(records.len());
    for record in &records {
        match reading.ticket(record) {
            Ok(ticket) => tickets.push(ticket),
            Err(what) => rejected.push(Rejected { line: record.line, what }),
        }
    }
    rejected.sort_by_key(|rejected| rejected.line);
    let covered = covered(arguments, &reading.zone, tickets.iter().map(|(ticket, _)| ticket.at))?;
    let embedder = match serve::vectors(folders, &indexer::clock::system())? {
        Some(vectors) if portal.keep_queries => Some(vectors.embedder),
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().context("start a runtime")?;
    let imported = runtime.block_on(async {
        let source = &arguments.source.0;
        let importer = Importer::open(&folders.data, arguments.database.as_ref(), portal, source, now);
        import(importer.await?, tickets, covered, embedder.as_ref(), now).await
    })?;
    for Rejected { line, what } in rejected.iter().take(NAMED) {
        eprintln!("{}:{line}: {what}", arguments.file.display());
    }
    if rejected.len() > NAMED {
        eprintln!("… and {} further lines", rejected.len() - NAMED);
    }
    let Imported { new, duplicate, linked } = imported;
    println!("{lines} read: {new} new, {duplicate} duplicate, {} rejected; {linked} linked", rejected.len());
    match covered {
        Some((from, to)) => println!(
            "covered: {} to {}",
            Timestamp::from_millisecond(from).context("a time out of range")?,
            Timestamp::from_millisecond(to).context("a time out of range")?
        ),
        None => println!("covered: nothing"),
    }
    if !rejected.is_empty() {
        eprintln!("the rejected lines are missing from what is covered: mend them and import the file again");
    }
    Ok(if rejected.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Brings tickets in, batch by batch; that the file covers its time is said when all are in.
async fn import(
    mut importer: Importer,
    tickets: Vec<(SourceTicket, String)>,
    covered: Option<(Millis, Millis)>,
    embedder: Option<&Arc<Embedder>>,
    now: Millis,
) -> Result<Imported> {
    // Shown on a terminal alone.
    let bar = ProgressBar::new(tickets.len() as u64);
    bar.set_style(ProgressStyle::with_template("{wide_bar} {pos} of {len} tickets, {eta} left")?);
    let mut sum = Imported::default();
    let mut waiting = tickets.into_iter().peekable();
    while waiting.peek().is_some() {
        let mut batch = Vec::with_capacity(BATCH);
        for (mut ticket, description) in waiting.by_ref().take(BATCH) {
            if let Some(embedder) = embedder {
                let telling = telling(ticket.subject.as_deref().unwrap_or_default(), &description);
                let values = embedder.embed_query(&telling)?.vector;
                ticket.vector = Some(QueryVector { model: embedder.digest(), values });
            }
            batch.push(ticket);
            bar.inc(1);
        }
        let Imported { new, duplicate, linked } = importer.take(batch, now).await?;
        sum = Imported { new: sum.new + new, duplicate: sum.duplicate + duplicate, linked: sum.linked + linked };
    }
    bar.finish_and_clear();
    if let Some(covered) = covered {
        importer.cover(covered, now).await?;
    }
    Ok(sum)
}

/// The time of which the file holds all tickets: as declared, else from its first ticket to its last.
fn covered(
    arguments: &ImportArgs,
    zone: &TimeZone,
    times: impl Iterator<Item = Millis> + Clone,
) -> Result<Option<(Millis, Millis)>> {
    let begin = |day: Date| Ok::<_, jiff::Error>(day.to_zoned(zone.clone())?.timestamp().as_millisecond());
    let from = arguments.from.map(begin).transpose().context("--from")?;
    let to = arguments.to.map(begin).transpose().context("--to")?;
    let (from, to) = (from.or(times.clone().min()), to.map(|to| to - 1).or(times.max()));
    Ok(from.zip(to).filter(|(from, to)| from <= to))
}

impl<'a> Reading<'a> {
    fn new(columns: &'a [Column], portal: &Portal, now: Millis) -> Self {
        let named = |field: &'static str, usual: &'static [&'static str]| {
            let own = columns.iter().filter(|column| column.field == field).map(|column| column.column.as_str());
            let own: Vec<&str> = own.collect();
            (field, if own.is_empty() { usual.to_vec() } else { own })
        };
        let columns = COLUMNS.into_iter().map(|(field, usual)| named(field, usual)).collect();
        Self { columns, zone: portal.zone(), now }
    }

    fn get(&self, record: &Record, field: &'static str) -> Option<String> {
        record.get(self.columns.get(field)?).map(str::to_owned)
    }

    /// A ticket and the rest of what it says.
    fn ticket(&self, record: &Record) -> Result<(SourceTicket, String), String> {
        let need = |field: &'static str| {
            let columns = || self.columns.get(field).map(|columns| columns.join(", ")).unwrap_or_default();
            let missing =
                || format!("it has no {field} (columns: {}); name its column by --column {field}=…", columns());
            self.get(record, field).ok_or_else(missing)
        };
        let get = |field| self.get(record, field);
        let id = need("id")?;
        if id.len() > 100 {
            return Err("its id has more than 100 bytes".into());
        }
        let email = get("requester_email");
        if let Some(email) = email.as_deref().filter(|email| !is_address(email)) {
            return Err(format!("{:?} is no e-mail address", email.chars().take(60).collect::<String>()));
        }
        let ticket = SourceTicket {
            id,
            at: self.time(&need("created_at")?)?,
            subject: get("subject"),
            email,
            person: get("subject_id"),
            search_id: get("search_id"),
            form_id: get("form_id"),
            external_id: get("external_id"),
            vector: None,
        };
        Ok((ticket, get("description").unwrap_or_default()))
    }

    /// A moment: RFC 3339; a day, with or without a time, in the portal's zone; or seconds or milliseconds since 1970.
    fn time(&self, text: &str) -> Result<Millis, String> {
        let local = |at: DateTime| Some(at.to_zoned(self.zone.clone()).ok()?.timestamp().as_millisecond());
        let counted = |count: i64| if text.len() > 11 { Some(count) } else { count.checked_mul(1000) };
        let at = match text.parse::<i64>() {
            Ok(count) => counted(count),
            Err(_) => {
                text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond).or_else(|| local(text.parse().ok()?))
            }
        };
        let at = at.filter(|at| (946_684_800_000..4_102_444_800_000).contains(at)).ok_or_else(|| {
            let text: String = text.chars().take(40).collect();
            format!("created_at {text:?} is no time such as 2026-05-01T10:00:00Z, 2026-05-01 10:00 or 1777629600")
        })?;
        let tomorrow = self.now + 24 * 60 * 60 * 1000;
        if at > tomorrow { Err(format!("created_at {text:?} lies in the future")) } else { Ok(at.min(self.now)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-05-01T12:00:00Z.
    const NOW: Millis = 1_777_636_800_000;

    /// The tickets of a file, and its faults by line.
    fn tickets(text: impl AsRef<[u8]>, columns: &[&str]) -> (Vec<SourceTicket>, Vec<(u64, String)>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tickets");
        std::fs::write(&path, text).unwrap();
        let portal = "name = \"Acme\"\nlanguages = [\"en\"]\ntime_zone = \"America/Chicago\"\n";
        let portal = Portal::parse("acme", portal).0.unwrap();
        let columns: Vec<Column> = columns.iter().map(|column| column.parse().unwrap()).collect();
        let reading = Reading::new(&columns, &portal, NOW);
        let (records, rejected) = read(&path).unwrap();
        let mut faults: Vec<_> = rejected.into_iter().map(|Rejected { line, what }| (line, what)).collect();
        let mut tickets = Vec::new();
        for record in &records {
            match reading.ticket(record) {
                Ok((ticket, _)) => tickets.push(ticket),
                Err(what) => faults.push((record.line, what)),
            }
        }
        (tickets, faults)
    }

    #[test]
    fn usual_columns_are_known_and_others_can_be_named() {
        let (usual, faults) =
            tickets("Ticket ID,Created At,Title,Email\n1,2026-04-30T10:00:00Z,Card,ana@example.org\n", &[]);
        assert_eq!(faults, []);
        assert_eq!((usual[0].id.as_str(), usual[0].subject.as_deref()), ("1", Some("Card")));
        let (named, faults) =
            tickets("nr;opened;by\n1;2026-04-30;ana\n", &["id=nr", "created_at=Opened", "subject_id=by"]);
        assert_eq!(faults, []);
        assert_eq!(named[0].person.as_deref(), Some("ana"));
        assert!("title=x".parse::<Column>().unwrap_err().contains("requester_email"));
        assert!("x".parse::<Source>().is_ok() && "form".parse::<Source>().is_err() && "A".parse::<Source>().is_err());
    }

    #[test]
    fn times_are_read_in_whatever_form_and_in_the_portals_zone() {
        let at = |text: &str| {
            let (tickets, faults) = tickets(format!("{{\"id\": 1, \"created_at\": {text}}}"), &[]);
            tickets.first().map(|ticket| ticket.at).ok_or_else(|| faults[0].1.clone())
        };
        let noon = Ok(1_777_550_400_000);
        assert_eq!(at("\"2026-04-30T12:00:00Z\""), noon);
        assert_eq!(at("\"2026-04-30 07:00\""), noon, "Chicago");
        assert_eq!(at("\"2026-04-30T14:00:00+02:00\""), noon);
        assert_eq!(at("1777550400"), noon);
        assert_eq!(at("\"1777550400000\""), noon);
        assert_eq!(at("\"2026-04-30\""), Ok(1_777_525_200_000));
        for wrong in ["\"30.4.2026\"", "\"yesterday\"", "12", "\"1026-04-30\""] {
            assert!(at(wrong).unwrap_err().contains("is no time such as"), "{wrong}");
        }
        assert!(at("\"2026-06-30\"").unwrap_err().contains("future"));
    }

    #[test]
    fn a_line_without_what_it_needs_is_named_and_loses_no_other() {
        let text = b"id,created_at,email\n1,2026-04-30,\n,2026-04-30,\n3,,\n4,2026-04-30,nobody\n5,2026-04-30,a@b.c\n\xff,x,y\n";
        let (tickets, mut faults) = tickets(text, &[]);
        faults.sort();
        assert_eq!(tickets.iter().map(|ticket| ticket.id.as_str()).collect::<Vec<_>>(), ["1", "5"]);
        let said: Vec<_> = faults.iter().map(|(line, what)| (*line, what.as_str())).collect();
        assert!(
            matches!(said[..], [(3, id), (4, at), (5, mail), (7, utf8)]
            if id.contains("no id") && at.contains("--column created_at=") && mail.contains("e-mail") && utf8.contains("UTF-8")),
            "{said:?}"
        );
    }
}
