//! A seeded generator of logs whose true outcomes are known: scenes of visitors who meet nobody, told beside what must become of each.

use super::log::*;
use super::question::{DAY, HOUR, MINUTE, Question, Window};
use super::story::{Seeded, Story, T0, episodes, may};
use super::{Report, report};
use std::collections::BTreeMap;

/// What must become of an episode (by the id of its first search) under the four windows.
type Truth = BTreeMap<String, [&'static str; 4]>;

/// A log and all that is known of it.
pub struct Generated {
    /// The log.
    pub log: Log,
    /// What must become of each episode.
    pub truth: Truth,
    /// Tickets by link: search, visitor, email, none.
    pub links: [u64; 4],
    /// Visits of people.
    pub visits: u64,
    /// Events of bots.
    pub bots: u64,
}

/// When a source of tickets was broken: only the scenes made for it have windows that reach it.
const OUTAGE: (Millis, Millis) = (T0 + 24 * DAY, T0 + 24 * DAY + 6 * HOUR);

/// Tells `scenes` scenes, each of a visitor of its own.
pub fn generate(seed: u64, scenes: usize) -> Generated {
    let mut random = Seeded(seed);
    let mut stage =
        Stage { story: Story::new(), truth: Truth::new(), links: [0; 4], visits: 0, bots: 0, number: 0, begins: 0.0 };
    stage.story.log.outages.push(Stretch { source: "import".into(), from: OUTAGE.0, to: OUTAGE.1 });
    for number in 0..scenes {
        stage.number = number;
        // Early enough that no window of it, or of what comes back after it, reaches the outage; to the millisecond.
        stage.begins = random.below(8 * DAY) as f64 / MINUTE as f64;
        stage.story = std::mem::take(&mut stage.story).of(hash_of(number, None));
        match number % 11 {
            0 | 1 => stage.alone(&mut random),
            2..=4 => stage.ticketed(&mut random),
            5 => stage.reopened(&mut random),
            6 => stage.skewed(&mut random),
            7 => stage.bot(),
            8 => stage.signed_in(),
            9 => stage.over_the_month(),
            _ => stage.in_the_outage(&mut random),
        }
    }
    let Stage { story, truth, links, visits, bots, .. } = stage;
    Generated { log: story.log, truth, links, visits, bots }
}

/// A scene's own browser, and perhaps a subject.
fn hash_of(number: usize, subject: Option<u8>) -> Person {
    let own = |kind: u8| {
        let mut hash = [kind; 16];
        hash[..8].copy_from_slice(&(number as u64).to_be_bytes());
        hash
    };
    Person { subject: subject.map(own), browser: Some(own(1)), browser_before: None }
}

struct Stage {
    story: Story,
    truth: Truth,
    links: [u64; 4],
    visits: u64,
    bots: u64,
    number: usize,
    /// Minute at which the scene begins.
    begins: f64,
}

impl Stage {
    fn id(&self, name: &str) -> String {
        format!("{name}{}", self.number)
    }

    fn tell(&mut self, tell: impl FnOnce(Story, f64) -> Story) {
        self.story = tell(std::mem::take(&mut self.story), self.begins);
    }

    fn expect(&mut self, name: &str, outcomes: [&'static str; 4]) {
        self.truth.insert(self.id(name), outcomes);
    }

    /// `one` under the windows that reach `after` the episode's end, `other` under shorter ones.
    fn by_window(after: Millis, one: &'static str, other: &'static str) -> [&'static str; 4] {
        Window::ALL.map(|window| if after <= window.length() { one } else { other })
    }

    /// One need without a ticket, refined or not; gives its outcome.
    fn need(&mut self, which: i64, name: &str) -> &'static str {
        let (id, slug) = (self.id(name), self.id("article"));
        let nothing = |event: &mut Event| {
            if let Kind::Search(searched) = &mut event.kind {
                searched.confidence = Some(Confidence::None);
            }
        };
        let (found, refined) = (which != 4, which % 2 == 0);
        self.tell(|story, at| {
            let story = story.search(at, &id, "invoice export");
            let story = if found { story } else { story.but(nothing) };
            if !refined {
                return story;
            }
            let story = story.search(at + 0.5, &format!("{id}-again"), "exporting invoices");
            if found { story } else { story.but(nothing) }
        });
        let form = self.id(&format!("{name}-form"));
        self.tell(|story, at| match which {
            0 => story.click(at + 1.0, &slug, Some(&id)).leave(at + 2.0, &slug),
            1 => story.click(at + 1.0, &slug, Some(&id)).leave(at + 1.1, &slug),
            2 => story.click(at + 1.0, &slug, Some(&id)).vote(at + 1.2, &slug, false).vote(at + 1.5, &slug, true),
            3 => story.click(at + 1.0, &slug, Some(&id)).leave(at + 3.0, &slug).vote(at + 3.0, &slug, false),
            4 => story,
            _ => story.form_open(at + 1.0, &form).form_suggest(at + 2.0, &form, &slug).form_left(at + 3.0, &form),
        });
        ["assumed", "abandoned", "confirmed", "abandoned", "no_result", "form_left"][which as usize]
    }

    /// Milliseconds after the scene's begin at which the end of a need lies.
    fn end(which: i64) -> Millis {
        match which {
            4 => MINUTE / 2,
            5 => 2 * MINUTE,
            _ => MINUTE,
        }
    }

    fn start(&self) -> Millis {
        T0 + (self.begins * MINUTE as f64).round() as Millis
    }

    fn alone(&mut self, random: &mut Seeded) {
        let outcome = self.need(random.below(6), "s");
        self.visits += 1;
        self.expect("s", [outcome; 4]);
    }

    /// A ticket by every path, from at once to after every window.
    fn ticketed(&mut self, random: &mut Seeded) {
        let (which, path) = (random.below(6), random.below(5));
        let outcome = self.need(which, "s");
        self.visits += 1;
        let delays = [MINUTE, HOUR, HOUR + 1, 23 * HOUR, DAY, 30 * HOUR, 3 * DAY, 5 * DAY, 7 * DAY, 7 * DAY + 1];
        let after = delays[random.below(10) as usize];
        // A form that was sent was not left after help; one whose visitor wrote otherwise was left, too, but beyond the window.
        let (sent, person) = (path == 1 && which == 5, hash_of(self.number, None));
        let at = self.start() + Self::end(which) + after - T0;
        let (id, form, search) = (self.id("t"), self.id("s-form"), self.id("s"));
        let mut email = [9; 16];
        email[..8].copy_from_slice(&(self.number as u64).to_be_bytes());
        let linked = match path {
            0 => 0,
            1 if sent => 0,
            3 => 2,
            4 => 3,
            _ => 1,
        };
        self.links[linked] += 1;
        if path == 3 {
            self.story.log.addresses.push(Address { email, person, since: T0 - DAY });
        }
        self.tell(|story, _| {
            story.any_ticket(&id, at, |ticket| match path {
                0 => ticket.search_id = Some(search),
                1 if sent => ticket.form_id = Some(form),
                3 => ticket.email = Some(email),
                4 => ticket.email = Some([0; 16]),
                _ => ticket.person = person,
            })
        });
        let without = if sent { "abandoned" } else { outcome };
        self.expect("s", if path == 4 { [outcome; 4] } else { Self::by_window(after, "ticketed", without) });
    }

    /// A need that seemed solved and came back in a later visit.
    fn reopened(&mut self, random: &mut Seeded) {
        let which = [0, 2, 5][random.below(3) as usize];
        let outcome = self.need(which, "s");
        let after = [40 * MINUTE, HOUR, 2 * HOUR, DAY, DAY + 1, 3 * DAY, 6 * DAY, 8 * DAY][random.below(8) as usize];
        let again = (self.start() + Self::end(which) + after - T0) as f64 / MINUTE as f64;
        let later = self.id("later");
        self.tell(|story, _| story.search(again, &later, "invoices"));
        self.visits += 2;
        self.expect("s", Self::by_window(after, "reopened", outcome));
        self.expect("later", ["abandoned"; 4]);
    }

    /// A sender whose clock is hours wrong, or who sent what it queued hours later.
    fn skewed(&mut self, random: &mut Seeded) {
        let first = self.story.log.events.len();
        let which = random.below(6);
        let outcome = self.need(which, "s");
        let (skew, late) = ((random.below(9) - 4) * HOUR, random.below(6) * HOUR);
        for event in &mut self.story.log.events[first..] {
            event.stamp.at -= skew;
            event.stamp.sent_at += late - skew;
            event.stamp.received_at += late;
        }
        self.visits += 1;
        self.expect("s", [outcome; 4]);
    }

    fn bot(&mut self) {
        for number in 0..32 {
            let (id, text) = (self.id(&format!("bot{number}-")), format!("w{number}"));
            self.tell(|story, at| story.search(at + f64::from(number) / 60.0, &id, &text));
        }
        self.bots += 32;
    }

    /// Signs in during the visit; the ticket comes from another browser under the same subject.
    fn signed_in(&mut self) {
        let (id, slug, ticket) = (self.id("s"), self.id("article"), self.id("t"));
        let (known, elsewhere) = (hash_of(self.number, Some(2)), hash_of(self.number, Some(2)).subject);
        let at = self.start() + 5 * MINUTE - T0;
        self.tell(|story, begins| {
            let story = story.search(begins, &id, "invoice export").of(known).click(begins + 1.0, &slug, Some(&id));
            story.any_ticket(&ticket, at, |ticket| ticket.person.subject = elsewhere)
        });
        self.visits += 1;
        self.links[1] += 1;
        self.expect("s", ["ticketed"; 4]);
    }

    /// A visit during which the key of the month changes.
    fn over_the_month(&mut self) {
        // Minute 0 is 10:00 of the 4th; the month ends 27 days and 14 hours later.
        self.begins = 27.0 * 1_440.0 + 14.0 * 60.0 - 1.0;
        let (id, slug) = (self.id("s"), self.id("article"));
        let mut carried = hash_of(self.number, None);
        carried.browser_before = carried.browser;
        carried.browser = carried.browser.map(|mut hash| {
            hash[15] = 77;
            hash
        });
        self.tell(|story, at| {
            let story = story.search(at, &id, "invoice export").of(carried);
            story.click(at + 2.0, &slug, Some(&id)).leave(at + 3.0, &slug)
        });
        self.visits += 1;
        self.expect("s", ["assumed"; 4]);
    }

    /// A need whose window reaches into the outage, or not.
    fn in_the_outage(&mut self, random: &mut Seeded) {
        let before = [30 * MINUTE, 2 * HOUR, 2 * DAY, 6 * DAY][random.below(4) as usize];
        self.begins = (OUTAGE.0 - before - T0) as f64 / MINUTE as f64;
        let outcome = self.need(1, "s");
        self.visits += 1;
        self.expect("s", Self::by_window(before - MINUTE, "unknown", outcome));
    }
}

/// May and June 2026, long after all is over: the scenes begin in May, what follows may lie in June.
fn asked(window: Window) -> Question {
    let question = may(window);
    Question { to: jiff::civil::date(2026, 7, 1), ..question }
}

fn outcomes(report: &Report) -> BTreeMap<&'static str, u64> {
    report.outcomes.iter().filter(|(_, count)| **count > 0).map(|(outcome, count)| (outcome.name(), *count)).collect()
}

#[test]
fn the_report_equals_the_truth_of_the_generator_whatever_the_order_of_arrival() {
    for seed in 0..8 {
        let Generated { mut log, truth, links, visits, bots } = generate(seed, 220);
        let mut random = Seeded(seed);
        for place in (1..log.events.len()).rev() {
            log.events.swap(place, random.below(place as i64 + 1) as usize);
        }
        log.tickets.reverse();
        for (place, window) in Window::ALL.into_iter().enumerate() {
            let report = report(&log, &asked(window));
            let found: BTreeMap<_, _> =
                episodes(&log, &asked(window)).into_iter().map(|row| (row.id, row.outcome)).collect();
            for (id, outcomes) in &truth {
                assert_eq!(found.get(id), Some(&outcomes[place]), "{id} under {window}, seed {seed}");
            }
            assert_eq!(found.len(), truth.len(), "no other episode, seed {seed}");
            let mut expected = BTreeMap::new();
            truth.values().for_each(|outcomes| *expected.entry(outcomes[place]).or_default() += 1);
            assert_eq!(outcomes(&report), expected);
            let tickets = report.tickets;
            let unlinked = tickets.unlinked;
            assert_eq!([tickets.by_search, tickets.by_visitor, tickets.by_email, unlinked], links);
            assert_eq!((report.visits, report.left_out.bots), (visits, bots));
        }
    }
}
