//! What most analysts may not see is noted in the audit before it is shown.

use crate::http::error::Problem;
use crate::http::{App, Caller};
use std::sync::Arc;

/// Notes that the caller reads what most analysts may not, before it is shown; the number under which more of it is noted.
pub async fn note_reading(app: &App, caller: &Caller, what: String, rows: usize) -> Result<i64, Problem> {
    app.store.note_reading(&caller.portal, &caller.viewer, what, rows as u64).await.map_err(Problem::internal)
}

/// A reading that is shown a portion at a time: one row of the audit, which at any time says at least as much as was shown.
pub struct Reading {
    app: Arc<App>,
    caller: Caller,
    what: String,
    number: Option<i64>,
}

impl Reading {
    /// Of something, of which nothing is shown yet.
    pub fn new(app: Arc<App>, caller: Caller, what: String) -> Self {
        Self { app, caller, what, number: None }
    }

    /// Notes a portion, before it is shown.
    pub async fn note(&mut self, rows: usize) -> Result<(), Problem> {
        match self.number {
            None => self.number = Some(note_reading(&self.app, &self.caller, self.what.clone(), rows).await?),
            Some(_) if rows == 0 => {}
            Some(number) => self.app.store.note_more_read(number, rows as u64).await.map_err(Problem::internal)?,
        }
        Ok(())
    }
}
