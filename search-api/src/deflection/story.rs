//! Logs told in a few words, for tests: who did what at which minute.

use super::log::*;
use super::question::{DAY, MINUTE, Question, Window};
use super::{Row, Wanted, ledger};
use indexer::embedder::ModelDigest;
use indexer::language::Language;
use jiff::civil::date;
use jiff::tz::TimeZone;

/// Monday 4 May 2026, 10:00 UTC: minute 0.
pub const T0: Millis = 1_777_888_800_000;

/// Who acts.
pub fn browser(name: u8) -> Person {
    Person { browser: Some([name; 16]), ..Person::default() }
}

/// Somebody signed in on a browser.
pub fn subject(name: u8, browser: u8) -> Person {
    Person { subject: Some([name; 16]), browser: Some([browser; 16]), browser_before: None }
}

/// A log that is being told.
#[derive(Clone, Default)]
pub struct Story {
    pub log: Log,
    pub who: Person,
}

impl Story {
    /// A log whose tickets are all known, told of one browser at first.
    pub fn new() -> Self {
        let known = Stretch { source: "form".into(), from: T0 - 60 * DAY, to: T0 + 60 * DAY };
        Self { log: Log { coverage: vec![known], ..Log::default() }, who: browser(1) }
    }

    /// Now of somebody else.
    pub fn of(mut self, who: Person) -> Self {
        self.who = who;
        self
    }

    pub fn event(mut self, minute: f64, kind: Kind) -> Self {
        let at = T0 + (minute * MINUTE as f64).round() as Millis;
        let id = match &kind {
            Kind::Search(Searched { search_id: Some(id), .. }) => id.clone(),
            _ => format!("e{}", self.log.events.len()),
        };
        let stamp = Stamp { at, sent_at: at, received_at: at, backfill: false };
        let (person, surface) = (self.who, Surface::Help);
        self.log.events.push(Event { id, stamp, person, roles: vec![], mark: None, surface, kind });
        self
    }

    /// Changes the event told last.
    pub fn but(mut self, change: impl FnOnce(&mut Event)) -> Self {
        change(self.log.events.last_mut().unwrap());
        self
    }

    pub fn search(self, minute: f64, id: &str, text: &str) -> Self {
        let searched = Searched {
            search_id: Some(id.into()),
            text: Some(text.into()),
            language: Language::parse("en"),
            results: 3,
            confidence: Some(Confidence::Good),
            vector: None,
            ties: Vec::new(),
        };
        self.event(minute, Kind::Search(searched))
    }

    pub fn click(self, minute: f64, slug: &str, search: Option<&str>) -> Self {
        let shown = Shown { slug: slug.into(), search_id: search.map(Into::into), ..Shown::default() };
        self.event(minute, Kind::Click(shown))
    }

    pub fn task(self, minute: f64, slug: &str) -> Self {
        let shown = Shown { slug: slug.into(), task: true, ..Shown::default() };
        self.event(minute, Kind::Click(shown))
    }

    pub fn leave(self, minute: f64, slug: &str) -> Self {
        self.event(minute, Kind::Leave { slug: slug.into(), search_id: None })
    }

    pub fn vote(self, minute: f64, slug: &str, solved: bool) -> Self {
        self.event(minute, Kind::Vote { slug: slug.into(), solved, comment: None, search_id: None })
    }

    pub fn form_open(self, minute: f64, form: &str) -> Self {
        self.event(minute, Kind::FormOpen { form_id: form.into(), search_id: None, assigned: None })
    }

    pub fn form_suggest(self, minute: f64, form: &str, slug: &str) -> Self {
        self.event(minute, Kind::FormSuggest { form_id: form.into(), slug: slug.into() })
    }

    pub fn form_left(self, minute: f64, form: &str) -> Self {
        self.event(minute, Kind::FormLeft { form_id: form.into() })
    }

    /// A ticket of the one who is told of, at a time in milliseconds after minute 0.
    pub fn ticket(self, id: &str, millis: Millis) -> Self {
        let person = self.who;
        self.any_ticket(id, millis, |ticket| ticket.person = person)
    }

    /// A ticket of nobody, then changed.
    pub fn any_ticket(mut self, id: &str, millis: Millis, change: impl FnOnce(&mut Ticket)) -> Self {
        let mut ticket = Ticket {
            id: id.into(),
            at: T0 + millis,
            source: "form".into(),
            person: Person::default(),
            mark: None,
            email: None,
            search_id: None,
            form_id: None,
            subject: None,
            vector: None,
        };
        change(&mut ticket);
        self.log.tickets.push(ticket);
        self
    }
}

/// Vector in a plane of 16 dimensions, by its angle in degrees; of one model, at the scale of [`indexer::embedder::cosine`].
pub fn angle(degrees: f64) -> Option<QueryVector> {
    let part = |value: f64| (value * 96.0).round() as i8;
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut values = vec![0; 16];
    (values[0], values[1]) = (part(cos), part(sin));
    Some(QueryVector { model: ModelDigest([7; 32]), values: values.into() })
}

/// The episodes that a report counts, in order of time.
pub fn episodes(log: &Log, question: &Question) -> Vec<Row> {
    ledger(log, question, &Wanted::default())
}

/// Asks for May 2026 in UTC, long after all is over.
pub fn may(window: Window) -> Question {
    let asked = Question::new(date(2026, 5, 1), date(2026, 6, 1), TimeZone::UTC, T0 + 50 * DAY).unwrap();
    Question { window, ..asked }
}

/// Numbers from a seed, the same each time (SplitMix64, Steele et al. 2014).
pub struct Seeded(pub u64);

impl Seeded {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A whole number from 0 up to, not including, a bound.
    pub fn below(&mut self, bound: i64) -> i64 {
        (self.bits() % bound.unsigned_abs()) as i64
    }

    /// A number from 0 up to, not including, 1.
    pub fn share(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
