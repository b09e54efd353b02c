//! One event as sent to one event as stored, each fault named by its field.

use crate::deflection::log::{Confidence, Kind, Millis, Searched, Shown, Surface};
use crate::store::{Named, NewEvent, RECORDED};
use indexer::language::Language;
use jiff::Timestamp;
use serde_json::{Map, Value};

/// What is said of a time that cannot be read.
pub const TIME_FORM: &str = "A time is a whole number of milliseconds since 1970, or RFC 3339 text such as 2026-05-01T10:00:00Z, within 2000 to 2100.";

/// First and last moment that is believed: the years 2000 to 2099.
const BELIEVED: std::ops::Range<Millis> = 946_684_800_000..4_102_444_800_000;

/// Why an event cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub field: &'static str,
    /// What is wrong and how to mend it.
    pub detail: String,
}

/// The fields of one event.
pub struct Reader<'a>(&'a Map<String, Value>);

/// Reads a time.
pub fn time(value: &Value) -> Option<Millis> {
    let at = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond),
        _ => None,
    };
    at.filter(|at| BELIEVED.contains(at))
}

impl<'a> Reader<'a> {
    /// Reads an event. Fields that its type does not know are passed over.
    pub fn event(value: &'a Value) -> Result<NewEvent, Fault> {
        let object = value.as_object().ok_or_else(|| fault("event", "An event is a JSON object."))?;
        let reader = Self(object);
        let id = reader.need("id", reader.id("id")?)?;
        if id.starts_with(RECORDED) {
            return Err(fault("id", "Ids that begin with recorded: are the server's own."));
        }
        let at = object.get("at").and_then(time).ok_or_else(|| fault("at", TIME_FORM))?;
        let surface = reader.choice("surface")?.unwrap_or(Surface::Help);
        let test = reader.flag("test")?.unwrap_or_default();
        Ok(NewEvent { id, at, surface, test, kind: reader.kind()? })
    }

    fn kind(&self) -> Result<Kind, Fault> {
        let (search_id, form_id) = (self.id("search_id")?, self.id("form_id")?);
        let slug = || self.need("slug", self.text("slug", 200)?);
        let form = |id| self.need("form_id", id);
        Ok(match self.text("type", 32)?.as_deref() {
            Some("search") => Kind::Search(Searched {
                search_id,
                text: Some(self.need("query", self.text("query", 512)?)?),
                language: self.language()?,
                results: self.need("results", self.count("results")?)?,
                confidence: self.choice::<Confidence>("confidence")?,
                vector: None,
                ties: Vec::new(),
            }),
            Some("impression") => {
                Kind::Impression(Shown { slug: slug()?, search_id, form_id, rank: self.count("rank")?, task: false })
            }
            Some("click") => {
                let task = self.flag("task")?.unwrap_or_default();
                Kind::Click(Shown { slug: slug()?, search_id, form_id, rank: self.count("rank")?, task })
            }
            Some("leave") => Kind::Leave { slug: slug()?, search_id },
            Some("vote") => {
                let solved = self.need("solved", self.flag("solved")?)?;
                Kind::Vote { slug: slug()?, solved, comment: self.text("comment", 2_000)?, search_id }
            }
            Some("form_open") => Kind::FormOpen { form_id: form(form_id)?, search_id, assigned: None },
            Some("form_suggest") => Kind::FormSuggest { form_id: form(form_id)?, slug: slug()? },
            Some("form_left") => Kind::FormLeft { form_id: form(form_id)? },
            Some("ticket") => Kind::Ticket { form_id, search_id, ticket_id: self.id("ticket_id")? },
            _ => {
                let kinds = "search, impression, click, leave, vote, form_open, form_suggest, form_left, ticket";
                return Err(fault("type", format!("`type` must be one of: {kinds}.")));
            }
        })
    }

    fn need<T>(&self, field: &'static str, value: Option<T>) -> Result<T, Fault> {
        value.ok_or_else(|| fault(field, format!("`{field}` is missing.")))
    }

    fn text(&self, field: &'static str, most: usize) -> Result<Option<String>, Fault> {
        match self.0.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if text.chars().nth(most).is_none() => Ok(Some(text.clone())),
            Some(Value::String(_)) => Err(fault(field, format!("`{field}` may have at most {most} characters."))),
            Some(_) => Err(fault(field, format!("`{field}` must be text."))),
        }
    }

    fn id(&self, field: &'static str) -> Result<Option<String>, Fault> {
        let id = self.text(field, 64)?;
        let plain = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b));
        if id.as_deref().is_some_and(|id| !plain(id)) {
            return Err(fault(
                field,
                format!("`{field}` may hold letters, digits and -_.: only, and must not be empty."),
            ));
        }
        Ok(id)
    }

    fn count(&self, field: &'static str) -> Result<Option<u32>, Fault> {
        let read = |value: &Value| {
            let number =
                value.as_u64().and_then(|number| u32::try_from(number).ok()).filter(|number| *number <= 1_000_000);
            number.ok_or_else(|| fault(field, format!("`{field}` must be a whole number from 0 to 1000000.")))
        };
        self.0.get(field).filter(|value| !value.is_null()).map(read).transpose()
    }

    fn flag(&self, field: &'static str) -> Result<Option<bool>, Fault> {
        let read =
            |value: &Value| value.as_bool().ok_or_else(|| fault(field, format!("`{field}` must be true or false.")));
        self.0.get(field).filter(|value| !value.is_null()).map(read).transpose()
    }

    fn choice<T: Named>(&self, field: &'static str) -> Result<Option<T>, Fault> {
        let read = |name: String| {
            let known: Vec<_> = T::NAMES.iter().map(|(_, name)| *name).collect();
            T::of(&name).ok_or_else(|| fault(field, format!("`{field}` must be one of: {}.", known.join(", "))))
        };
        self.text(field, 32)?.map(read).transpose()
    }

    fn language(&self) -> Result<Option<Language>, Fault> {
        let read = |tag: String| {
            Language::parse(&tag).ok_or_else(|| fault("language", "`language` must be a tag such as en or pt-BR."))
        };
        self.text("language", 35)?.map(read).transpose()
    }
}

fn fault(field: &'static str, detail: impl Into<String>) -> Fault {
    Fault { field, detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fault_of(event: Value) -> &'static str {
        Reader::event(&event).unwrap_err().field
    }

    #[test]
    fn each_type_is_read_with_what_it_needs() {
        let at = 1_780_000_000_000_i64;
        for event in [
            json!({"id": "1", "at": at, "type": "search", "query": "reset", "results": 3, "confidence": "weak", "language": "en"}),
            json!({"id": "1", "at": "2026-05-01T10:00:00Z", "type": "impression", "slug": "a", "rank": 1, "search_id": "x-_"}),
            json!({"id": "1", "at": at, "type": "click", "slug": "a", "form_id": "f"}),
            json!({"id": "1", "at": at, "type": "click", "slug": "a", "task": true, "surface": "context"}),
            json!({"id": "1", "at": at, "type": "leave", "slug": "a"}),
            json!({"id": "1", "at": at, "type": "vote", "slug": "a", "solved": false, "comment": "no"}),
            json!({"id": "1", "at": at, "type": "form_open", "form_id": "f", "surface": "form", "test": true}),
            json!({"id": "1", "at": at, "type": "form_suggest", "form_id": "f", "slug": "a", "something": "new"}),
            json!({"id": "1", "at": at, "type": "form_left", "form_id": "f", "search_id": null}),
            json!({"id": "1", "at": at, "type": "ticket"}),
        ] {
            assert!(Reader::event(&event).is_ok(), "{event}");
        }
    }

    #[test]
    fn a_fault_names_its_field() {
        let at = 1_780_000_000_000_i64;
        assert_eq!(fault_of(json!("click")), "event");
        assert_eq!(fault_of(json!({"at": at, "type": "ticket"})), "id");
        assert_eq!(fault_of(json!({"id": "recorded:1", "at": at, "type": "ticket"})), "id");
        assert_eq!(fault_of(json!({"id": "a b", "at": at, "type": "ticket"})), "id");
        assert_eq!(fault_of(json!({"id": "1", "at": 12, "type": "ticket"})), "at");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "tickets"})), "type");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "click"})), "slug");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "click", "slug": "a".repeat(201)})), "slug");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "click", "slug": "a", "task": "yes"})), "task");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "vote", "slug": "a", "solved": "yes"})), "solved");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "vote", "slug": "a"})), "solved");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "search", "query": "q", "results": -1})), "results");
        assert_eq!(fault_of(json!({"id": "1", "at": at, "type": "ticket", "surface": "moon"})), "surface");
    }
}
