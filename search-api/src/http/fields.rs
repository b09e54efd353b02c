//! The named inputs of a call, from a query string or a JSON object alike, each fault named by its field.

use super::error::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Query, Request};
use axum::http::{Method, header};
use indexer::language::Language;
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Inputs not yet taken. A GET brings them as its query string, a POST as a JSON object.
pub struct Fields(BTreeMap<String, Vec<Value>>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if *request.method() != Method::POST {
            is_utf8(request.uri().query().unwrap_or_default())?;
            let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(request.uri())?;
            return Ok(Self::from_pairs(pairs));
        }
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/json") {
            return Err(Problem::UnsupportedType("application/json"));
        }
        Self::from_json(&Bytes::from_request(request, state).await?)
    }
}

impl Fields {
    fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        let mut fields = BTreeMap::<String, Vec<Value>>::new();
        for (name, value) in pairs {
            fields.entry(name).or_default().push(Value::String(value));
        }
        Self(fields)
    }

    fn from_json(body: &[u8]) -> Result<Self, Problem> {
        let object: BTreeMap<String, Value> = serde_json::from_slice(body)
            .map_err(|error| Problem::invalid("body", format!("The body must be a JSON object in UTF-8: {error}.")))?;
        let values = |value| match value {
            Value::Null => Vec::new(),
            Value::Array(values) => values,
            value => vec![value],
        };
        Ok(Self(object.into_iter().map(|(name, value)| (name, values(value))).collect()))
    }

    /// Whether a name was given that nobody has taken yet.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Leaves out what a form sent blank: it was not said.
    pub fn leave_out_blank(&mut self) {
        self.0.retain(|_, values| values.iter().any(|value| value.as_str() != Some("")));
    }

    /// Takes all texts of a name.
    pub fn texts(&mut self, name: &'static str) -> Result<Vec<String>, Problem> {
        let text = |value| match value {
            Value::String(text) => Ok(text),
            _ => Err(Problem::invalid(name, format!("`{name}` must be text."))),
        };
        self.0.remove(name).unwrap_or_default().into_iter().map(text).collect()
    }

    /// Takes the one text of a name, if it is there, of at most this many characters.
    pub fn text(&mut self, name: &'static str, most: usize) -> Result<Option<String>, Problem> {
        let mut texts = self.texts(name)?;
        let text = texts.pop();
        if !texts.is_empty() {
            return Err(Problem::invalid(name, format!("`{name}` may be given once.")));
        }
        if text.as_ref().is_some_and(|text| text.chars().nth(most).is_some()) {
            return Err(Problem::invalid(name, format!("`{name}` may have at most {most} characters.")));
        }
        Ok(text)
    }

    /// Takes a whole number within a range.
    pub fn whole(
        &mut self,
        name: &'static str,
        range: RangeInclusive<usize>,
        default: usize,
    ) -> Result<usize, Problem> {
        let number = match self.0.remove(name).unwrap_or_default().as_slice() {
            [] => return Ok(default),
            [Value::Number(number)] => number.as_u64(),
            [Value::String(text)] => text.parse().ok(),
            _ => None,
        };
        let within = number.and_then(|number| usize::try_from(number).ok()).filter(|number| range.contains(number));
        within.ok_or_else(|| {
            let (least, most) = range.into_inner();
            Problem::invalid(name, format!("`{name}` must be a whole number from {least} to {most}."))
        })
    }

    /// Takes one of some words and gives what it stands for.
    pub fn choice<T: Copy>(&mut self, name: &'static str, choices: &[(&str, T)], default: T) -> Result<T, Problem> {
        let Some(word) = self.text(name, usize::MAX)? else { return Ok(default) };
        choices.iter().find_map(|&(known, meaning)| (known == word).then_some(meaning)).ok_or_else(|| {
            let known: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
            Problem::invalid(name, format!("`{name}` must be one of: {}.", known.join(", ")))
        })
    }

    /// Takes `lang`, a language.
    pub fn language(&mut self) -> Result<Option<Language>, Problem> {
        let read = |tag: String| {
            Language::parse(&tag)
                .ok_or_else(|| Problem::invalid("lang", "`lang` must be a language tag such as en or pt-BR."))
        };
        self.text("lang", 35)?.map(read).transpose()
    }

    /// Ends the reading: a name that nobody took is most likely a misspelt one.
    pub fn finish(self) -> Result<(), Problem> {
        match self.0.into_keys().next() {
            None => Ok(()),
            Some(name) => {
                let detail = "There is no such parameter; see /openapi.json for those that there are.";
                Err(Problem::invalid(name.chars().take(64).collect::<String>(), detail))
            }
        }
    }
}

/// Checks the escapes of a query string, which would else be read with replacement characters: a program that sends another
/// encoding is told so.
fn is_utf8(query: &str) -> Result<(), Problem> {
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let Ok(name) = percent_decode_str(name).decode_utf8() else {
            return Err(Problem::invalid(
                "query",
                "A parameter's name is not UTF-8; escape the bytes of its UTF-8 form.",
            ));
        };
        if percent_decode_str(value).decode_utf8().is_err() {
            let detail = format!("`{name}` is not UTF-8; escape the bytes of its UTF-8 form.");
            return Err(Problem::invalid(name.into_owned(), detail));
        }
    }
    Ok(())
}
