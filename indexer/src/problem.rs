//! A problem found in a portal's files: where, what, and how to mend it.

use serde::Serialize;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The article is not shown as its author meant it (hidden, or a key left out): `signpost check` exits 1.
    Error,
    /// Worth a look; nothing is withheld.
    Warning,
}

/// One finding of `signpost check`, also logged by the indexer. A bad file is data, not a failure: see [`crate::article::Article::parse`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Path relative to the content root, `/` between its parts.
    pub path: String,
    /// 1-based line in that file, where one can be named.
    pub line: Option<u32>,
    /// How much it matters.
    pub severity: Severity,
    /// Stable name of the rule, such as `front-matter-syntax`.
    pub rule: &'static str,
    /// What is wrong, in plain words.
    pub what: String,
    /// What the editor does about it.
    pub mend: String,
}

impl Problem {
    /// An error: the article is not shown as its author meant it.
    pub fn error(
        path: impl Into<String>,
        line: Option<u32>,
        rule: &'static str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { path: path.into(), line, severity: Severity::Error, rule, what: what.into(), mend: mend.into() }
    }

    /// A warning: worth a look; nothing is withheld.
    pub fn warning(
        path: impl Into<String>,
        line: Option<u32>,
        rule: &'static str,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(path, line, rule, what, mend) }
    }
}

/// The problems of one file while it is read.
pub(crate) struct Findings {
    path: String,
    /// In the order in which they were found.
    pub list: Vec<Problem>,
}

impl Findings {
    /// Begins for a file, by its path relative to the content root.
    pub fn of(path: String) -> Self {
        Self { path, list: Vec::new() }
    }

    /// See [`Problem::error`].
    pub fn error(&mut self, line: Option<u32>, rule: &'static str, what: impl Into<String>, mend: impl Into<String>) {
        self.list.push(Problem::error(&self.path, line, rule, what, mend));
    }

    /// See [`Problem::warning`].
    pub fn warning(&mut self, line: Option<u32>, rule: &'static str, what: impl Into<String>, mend: impl Into<String>) {
        self.list.push(Problem::warning(&self.path, line, rule, what, mend));
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        match self.line {
            Some(line) => write!(out, "{}:{line}: {severity}: {}. {}", self.path, self.what, self.mend),
            None => write!(out, "{}: {severity}: {}. {}", self.path, self.what, self.mend),
        }
    }
}
