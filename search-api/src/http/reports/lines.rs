//! Rows as lines, for spreadsheets and warehouses: written while they are sent, so that none has to wait for the last.

use crate::http::error::Problem;
use crate::http::fields::Fields;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use serde::Serialize;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::sync::mpsc;

/// Bytes from which lines are sent on.
const ENOUGH: usize = 32 * 1024;

/// What a table is sent as.
const SPREADSHEET: &str = "text/csv; charset=utf-8; header=present";

/// Most rows of a page.
pub const MOST_ROWS: usize = 200;

/// How a table is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One page of rows with what is said of all.
    Json,
    /// All rows, for a spreadsheet.
    Csv,
}

impl Format {
    /// Reads `format`.
    pub fn read(fields: &mut Fields) -> Result<Self, Problem> {
        fields.choice("format", &[("json", Self::Json), ("csv", Self::Csv)], Self::Json)
    }
}

/// Which rows of a table are sent at a time.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// Rows before it.
    pub cursor: usize,
    /// Rows of it.
    pub limit: usize,
}

impl Page {
    /// Reads `limit`, 1 to [`MOST_ROWS`], and `cursor`.
    pub fn read(fields: &mut Fields, usual: usize) -> Result<Self, Problem> {
        let limit = fields.whole("limit", 1..=MOST_ROWS, usual)?;
        Ok(Self { cursor: fields.whole("cursor", 0..=1_000_000, 0)?, limit })
    }

    /// `cursor` of the page after it, if there is one.
    pub fn next(self, all: usize) -> Option<String> {
        let end = self.cursor + self.limit;
        (all > end).then(|| end.to_string())
    }
}

/// Rows that are there, and portions of more that are still being worked out; one of those that fails breaks the answer off.
pub struct Rows<T> {
    ready: std::vec::IntoIter<T>,
    more: Option<mpsc::Receiver<Result<Vec<T>, Problem>>>,
}

impl<T> From<Vec<T>> for Rows<T> {
    fn from(rows: Vec<T>) -> Self {
        Self { ready: rows.into_iter(), more: None }
    }
}

impl<T> Rows<T> {
    /// These, and what will be received.
    pub fn and(rows: Vec<T>, more: mpsc::Receiver<Result<Vec<T>, Problem>>) -> Self {
        Self { ready: rows.into_iter(), more: Some(more) }
    }
}

/// Answers with the ledger as one JSON value a line.
pub fn json<T: Send + Unpin + 'static, S: Serialize>(
    rows: Rows<T>,
    shown: impl Fn(T) -> S + Send + Unpin + 'static,
) -> Response {
    let line = move |row: T, into: &mut Vec<u8>| {
        // Strings and numbers: serde_json cannot fail on them.
        into.extend(serde_json::to_vec(&shown(row)).unwrap_or_default());
        into.push(b'\n');
    };
    sent("application/jsonl", "ledger.jsonl", Lines { rows, line, head: Vec::new() })
}

/// Answers with the ledger as [`table`].
pub fn csv<T: Send + Unpin + 'static, const N: usize>(
    names: [&str; N],
    rows: Rows<T>,
    cells: impl Fn(T) -> [String; N] + Send + Unpin + 'static,
) -> Response {
    let line = move |row: T, into: &mut Vec<u8>| into.extend(record(&cells(row)).into_bytes());
    let head = record(&names.map(str::to_owned)).into_bytes();
    sent(SPREADSHEET, "ledger.csv", Lines { rows, line, head })
}

/// Answers with a file: a line of names, then one line of cells a row (RFC 4180, UTF-8).
pub fn table<const N: usize>(
    file: &str,
    names: [impl Into<String>; N],
    rows: impl Iterator<Item = [String; N]>,
) -> Response {
    let line = |row: [String; N], into: &mut Vec<u8>| into.extend(record(&row).into_bytes());
    let head = record(&names.map(Into::into)).into_bytes();
    sent(SPREADSHEET, file, Lines { rows: rows.collect::<Vec<_>>().into(), line, head })
}

/// A cell: quoted where it must be, and led by an apostrophe where a spreadsheet would compute it.
pub fn cell(text: &str) -> String {
    let computed = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let text = if computed { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn record(cells: &[String]) -> String {
    format!("{}\r\n", cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(","))
}

fn sent<T, F>(kind: &'static str, name: &str, lines: Lines<T, F>) -> Response
where
    Lines<T, F>: hyper::body::Body<Data = Bytes, Error = io::Error> + Send + 'static,
{
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, Body::new(lines)).into_response()
}

/// A body that is written as it is read.
struct Lines<T, F> {
    rows: Rows<T>,
    line: F,
    /// What is yet to be sent.
    head: Vec<u8>,
}

impl<T, F> hyper::body::Body for Lines<T, F>
where
    F: FnMut(T, &mut Vec<u8>) + Unpin,
    T: Unpin,
{
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let Self { rows, line, head } = &mut *self;
        loop {
            while head.len() < ENOUGH
                && let Some(row) = rows.ready.next()
            {
                line(row, head);
            }
            if !head.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(std::mem::take(head).into()))));
            }
            let Some(more) = &mut rows.more else { return Poll::Ready(None) };
            match ready!(more.poll_recv(context)) {
                Some(Ok(portion)) => rows.ready = portion.into_iter(),
                Some(Err(problem)) => {
                    tracing::error!(?problem, "an export broke off");
                    return Poll::Ready(Some(Err(io::Error::other("the rest could not be worked out"))));
                }
                None => return Poll::Ready(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[test]
    fn no_cell_is_computed_and_none_breaks_its_line() {
        assert_eq!(cell("refund status"), "refund status");
        assert_eq!(cell("=HYPERLINK(\"x\")"), "\"'=HYPERLINK(\"\"x\"\")\"");
        for text in ["=1+1", "+1", "-1", "@sum", "\tx"] {
            assert!(cell(text).starts_with("\"'"), "{text}");
        }
        assert_eq!(cell("a,b\nc"), "\"a,b\nc\"");
    }

    #[tokio::test]
    async fn lines_are_sent_whole_however_many_there_are() {
        let sent = json((0..100_000_u32).collect::<Vec<_>>().into(), |number| [number]);
        let mut body = sent.into_body();
        let first = {
            use hyper::body::Body;
            let polled = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
            polled.unwrap().unwrap().into_data().unwrap()
        };
        assert!(first.len() < 2 * ENOUGH, "not all of it is written before the first is sent");
        let rest = to_bytes(body, usize::MAX).await.unwrap();
        let text = [first, rest].concat();
        assert_eq!(text.split(|byte| *byte == b'\n').count(), 100_001);
        assert!(text.starts_with(b"[0]\n[1]\n") && text.ends_with(b"[99999]\n"));
        let table = csv(["a", "b"], vec!["=1"].into(), |cell| [cell.to_owned(), "x".to_owned()]);
        assert_eq!(to_bytes(table.into_body(), usize::MAX).await.unwrap(), "a,b\r\n\"'=1\",x\r\n");
        assert_eq!(to_bytes(json(Vec::<u8>::new().into(), |row| row).into_body(), usize::MAX).await.unwrap(), "");
    }

    #[tokio::test]
    async fn what_fails_half_way_breaks_the_answer_off() {
        let (send, more) = mpsc::channel(1);
        let body = json(Rows::and(vec![1, 2], more), |row| row).into_body();
        send.send(Ok(vec![3])).await.unwrap();
        let read = tokio::spawn(to_bytes(body, usize::MAX));
        send.send(Ok(Vec::new())).await.unwrap();
        send.send(Err(Problem::TimedOut)).await.unwrap();
        assert!(read.await.unwrap().is_err());
        let (send, more) = mpsc::channel(1);
        send.send(Ok(vec![3])).await.unwrap();
        drop(send);
        let whole = json(Rows::and(vec![1, 2], more), |row| row).into_body();
        assert_eq!(to_bytes(whole, usize::MAX).await.unwrap(), "1\n2\n3\n");
    }
}
