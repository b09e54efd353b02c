//! A file of tickets, CSV or JSON Lines, to records; what cannot be read is named by its line and loses nothing else.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Most bytes of a file.
const LARGEST_FILE: u64 = 256 << 20;
/// Most bytes of a ticket.
const LARGEST_TICKET: usize = 256 << 10;

/// A ticket of a file, as it stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// Column or key, in lower case → value, without white space around.
    fields: BTreeMap<String, String>,
}

/// A line that holds no ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub what: String,
}

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The system refused.
    #[error("read {path}: {source}")]
    System {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is larger than tickets are.
    #[error("read {0}: it is larger than 256 MiB; split it")]
    TooLarge(PathBuf),
    /// Its first line names no columns.
    #[error("read {path}: the first line must name the columns, such as subject,body: {what}")]
    Header {
        /// The file.
        path: PathBuf,
        /// What stands there.
        what: String,
    },
}

impl Record {
    /// The first value that is not empty, of these columns.
    pub fn get(&self, names: &[&str]) -> Option<&str> {
        let values = names.iter().filter_map(|name| self.fields.get(*name));
        values.map(String::as_str).find(|value| !value.is_empty())
    }
}

/// Reads a file: JSON Lines if it begins with a brace, else CSV with a line of column names, parted by comma, semicolon or tab.
///
/// # Errors
/// The file as a whole cannot be read. What is wrong with single lines stands beside the records.
pub fn read(path: &Path) -> Result<(Vec<Record>, Vec<Rejected>), FileError> {
    let system = |source| FileError::System { path: path.into(), source };
    let file = File::open(path).map_err(system)?;
    if file.metadata().map_err(system)?.len() > LARGEST_FILE {
        return Err(FileError::TooLarge(path.into()));
    }
    // A pipe has no length that could be known beforehand.
    let mut from = BufReader::new(file.take(LARGEST_FILE));
    if from.fill_buf().map_err(system)?.starts_with("\u{feff}".as_bytes()) {
        from.consume("\u{feff}".len());
    }
    let first = from.fill_buf().map_err(system)?.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'{') {
        json_lines(from).map_err(system)
    } else {
        csv(from).map_err(|what| FileError::Header { path: path.into(), what })
    }
}

fn json_lines(mut from: impl BufRead) -> io::Result<(Vec<Record>, Vec<Rejected>)> {
    let (mut records, mut rejected) = (Vec::new(), Vec::new());
    let mut bytes = Vec::new();
    for line in 1.. {
        bytes.clear();
        if from.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match json(&bytes) {
            Ok(fields) => records.push(Record { line, fields }),
            Err(what) => rejected.push(Rejected { line, what }),
        }
    }
    Ok((records, rejected))
}

fn json(bytes: &[u8]) -> Result<BTreeMap<String, String>, String> {
    within(bytes.len())?;
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(bytes).map_err(|error| format!("it is no JSON object in UTF-8: {error}"))?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text.trim().to_owned(),
        serde_json::Value::Null => String::new(),
        other => other.to_string(),
    };
    Ok(object.into_iter().map(|(name, value)| (name.trim().to_lowercase(), text(value))).collect())
}

fn csv(mut from: impl BufRead) -> Result<(Vec<Record>, Vec<Rejected>), String> {
    let head = from.fill_buf().map_err(|error| error.to_string())?;
    let head = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |mark: u8| head.iter().filter(|byte| **byte == mark).count();
    // Of a line that ends with two characters the reader takes the second for the begin of the next.
    let behind = u64::from(head.ends_with(b"\r"));
    let delimiter = [b',', b';', b'\t'].into_iter().rev().max_by_key(|mark| count(*mark)).unwrap_or(b',');
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(from);
    let names = reader.headers().map_err(|error| error.to_string())?;
    let names: Vec<String> = names.iter().map(|name| name.trim().to_lowercase()).collect();
    if names.iter().all(String::is_empty) {
        return Err("it is empty".into());
    }
    let (mut records, mut rejected) = (Vec::new(), Vec::new());
    let mut cells = csv::ByteRecord::new();
    loop {
        let line = reader.position().line();
        match reader.read_byte_record(&mut cells) {
            Ok(false) => return Ok((records, rejected)),
            Ok(true) => {
                // Empty lines before a record do not belong to it.
                let line = cells.position().map_or(line, csv::Position::line) + behind;
                match row(&names, &cells) {
                    Ok(fields) => records.push(Record { line, fields }),
                    Err(what) => rejected.push(Rejected { line, what }),
                }
            }
            Err(error) => return Err(format!("line {line}: {error}")),
        }
    }
}

fn row(names: &[String], cells: &csv::ByteRecord) -> Result<BTreeMap<String, String>, String> {
    within(cells.as_slice().len())?;
    if cells.len() != names.len() {
        return Err(format!("it has {} cells, the first line names {} columns", cells.len(), names.len()));
    }
    let text = |cell: &[u8]| std::str::from_utf8(cell).map(|text| text.trim().to_owned());
    let cells = names.iter().zip(cells).map(|(name, cell)| Ok((name.clone(), text(cell)?)));
    cells.collect::<Result<_, std::str::Utf8Error>>().map_err(|_| "it is not UTF-8".into())
}

fn within(length: usize) -> Result<(), String> {
    if length > LARGEST_TICKET { Err("it is longer than 256 KiB".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: impl AsRef<[u8]>) -> Result<(Vec<Record>, Vec<Rejected>), String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tickets");
        std::fs::write(&path, text).unwrap();
        read(&path).map_err(|error| error.to_string().replace(path.to_str().unwrap(), "FILE"))
    }

    /// Lines and subjects of the records, and the lines that were rejected.
    #[track_caller]
    fn check(text: impl AsRef<[u8]>, subjects: &[(u64, &str)], rejected: &[u64]) {
        let (records, refused) = read_text(text).unwrap();
        let found: Vec<_> =
            records.iter().map(|record| (record.line, record.get(&["subject"]).unwrap_or(""))).collect();
        assert_eq!(found, subjects);
        assert_eq!(refused.iter().map(|refused| refused.line).collect::<Vec<_>>(), rejected, "{refused:?}");
    }

    #[test]
    fn csv_is_read_whatever_parts_its_cells() {
        check("Subject,Body\r\n Card lost ,\"two\nlines, one cell\"\r\nb,c\r\n", &[(2, "Card lost"), (4, "b")], &[]);
        check("id;subject\n1;a,b\n", &[(2, "a,b")], &[]);
        check("\u{feff}subject\tbody\na\tb\n", &[(2, "a")], &[]);
    }

    #[test]
    fn json_lines_are_read_whatever_their_values_are() {
        check(
            "{\"Subject\": \"a\", \"n\": 3}\n\n{\"subject\": null}\n{\"subject\": 5}",
            &[(1, "a"), (3, ""), (4, "5")],
            &[],
        );
    }

    #[test]
    fn a_line_that_cannot_be_read_loses_no_other() {
        check("{\"subject\": \"a\"}\n[1]\n{\"subject\"\n{\"subject\": \"b\"}\n", &[(1, "a"), (4, "b")], &[2, 3]);
        check(b"subject,body\na,b,c\nd\n\xff,e\nf,g\n", &[(5, "f")], &[2, 3, 4]);
        let long = format!("subject\n{}\nb\n", "x".repeat(LARGEST_TICKET + 1));
        check(long, &[(3, "b")], &[2]);
    }

    #[test]
    fn a_file_without_columns_or_of_nothing_is_refused() {
        assert!(read_text("").unwrap_err().contains("the first line must name the columns"));
        assert!(read(Path::new("/nonexistent/x")).is_err());
    }
}
