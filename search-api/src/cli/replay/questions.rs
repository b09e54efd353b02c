//! The file of queries: one a line, or JSON Lines.

use crate::cli::one_or_more::OneOrMore;
use indexer::audience::{Attributes, ROLES};
use indexer::language::Language;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Most characters of a query, as the API has it.
const LONGEST: usize = crate::http::search::QUERY_LIMIT;

/// A query and who asks it.
#[derive(Debug, PartialEq)]
pub struct Question {
    /// As typed.
    pub text: String,
    /// What the asking viewer holds.
    pub held: Attributes,
    /// The viewer's language.
    pub language: Option<Language>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    query: String,
    #[serde(rename = "as")]
    viewer: Option<BTreeMap<String, OneOrMore>>,
    language: Option<String>,
}

/// Reads the queries; empty lines say nothing. `viewer` asks those that name nobody. The error begins with the line's number.
pub fn read(text: &str, viewer: &Attributes) -> Result<Vec<Question>, String> {
    let mut questions = Vec::new();
    for (number, line) in (1..).zip(text.lines().map(str::trim)).filter(|(_, line)| !line.is_empty()) {
        let question = if line.starts_with('{') { from_json(line, viewer) } else { Ok(plain(line, viewer)) };
        let question = question.map_err(|what| format!("{number}: {what}"))?;
        if question.text.is_empty() || question.text.chars().count() > LONGEST {
            return Err(format!("{number}: a query has 1 to {LONGEST} characters"));
        }
        questions.push(question);
    }
    if questions.is_empty() { Err("1: the file holds no query".to_owned()) } else { Ok(questions) }
}

/// Reads who asks: roles, and attributes as NAME=VALUE.
pub fn viewer(held: &[String]) -> Result<Attributes, String> {
    let mut attributes = Attributes::new();
    for text in held {
        let (name, value) = text.split_once('=').unwrap_or((ROLES, text));
        if name.is_empty() || value.is_empty() {
            return Err(format!("--as {text}: expected a role, or NAME=VALUE"));
        }
        attributes.entry(name.to_owned()).or_default().insert(value.to_owned());
    }
    Ok(attributes)
}

fn plain(line: &str, viewer: &Attributes) -> Question {
    Question { text: line.to_owned(), held: viewer.clone(), language: None }
}

fn from_json(line: &str, viewer: &Attributes) -> Result<Question, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| format!("not a query as JSON: {error}"))?;
    let language = line.language.map(|tag| Language::parse(&tag).ok_or(format!("{tag:?} is not a language tag")));
    let values = |held: OneOrMore| held.into_vec().into_iter().collect();
    let held = |held: BTreeMap<String, OneOrMore>| held.into_iter().map(|(name, held)| (name, values(held))).collect();
    let held = line.viewer.map_or_else(|| viewer.clone(), held);
    Ok(Question { text: line.query.trim().to_owned(), held, language: language.transpose()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn lines_are_queries_and_json_lines_say_who_asks() {
        let hr = viewer(&["hr".into(), "tier=gold".into()]).unwrap();
        let text = "pay a bill\n\n {\"query\": \"add\", \"as\": {\"roles\": [\"a\", \"b\"]}, \"language\": \"es\"}\r\n{\"query\": \"x\"}\n";
        let [plain, named, unnamed] = &read(text, &hr).unwrap()[..] else { panic!("three queries") };
        assert_eq!((plain.text.as_str(), &plain.held, &unnamed.held), ("pay a bill", &hr, &hr));
        assert_eq!(named.held[ROLES], BTreeSet::from(["a".to_owned(), "b".to_owned()]));
        assert_eq!(named.language.as_ref().map(Language::as_str), Some("es"));
        assert_eq!(hr["tier"], BTreeSet::from(["gold".to_owned()]));
    }

    #[test]
    fn a_bad_line_is_named_by_its_number() {
        let error = |text: &str| read(text, &Attributes::new()).unwrap_err();
        assert!(error("a\n{\"qery\": \"b\"}\n").starts_with("2: not a query as JSON"));
        assert!(error("a\n\n{\"query\": \" \"}\n").starts_with("3: a query has"));
        assert!(error(&"a".repeat(LONGEST + 1)).starts_with("1: a query has"));
        assert!(error("{\"query\": \"a\", \"language\": \"?\"}").starts_with("1: \"?\""));
        assert_eq!(error("\n\n"), "1: the file holds no query");
        assert!(viewer(&["=x".into()]).is_err() && viewer(&["tier=".into()]).is_err());
    }
}
