//! Facts of some days taken out of more, and put together again; written and read as bytes.

use super::Unreadable;
use super::gather::Distinct;
use super::{
    Aside, AsideFact, EpisodeFact, Facts, FormFact, ReadingFact, SearchFact, TaskFact, TicketFact, Traits, Trial,
    VisitFact, Who,
};
use crate::deflection::log::{Assignment, Hash, Millis};
use crate::deflection::visitors::{Months, Visitor};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Number of the form in which facts are written; a change of any of their types raises it.
pub const FORMAT: u32 = 5;

/// Who takes the place of somebody erased, each a [`stranger`](crate::deflection::visitors::stranger).
#[derive(Clone, Debug, Default)]
pub struct Strangers {
    /// By the hashes that they were known by.
    pub visitors: HashMap<Hash, Hash>,
    /// When their tickets were made, and how many then.
    pub tickets: BTreeMap<Millis, usize>,
    /// The author of those that were linked to nobody.
    pub author: Hash,
}

impl Facts {
    /// The facts of a stretch of time, its end excluded.
    pub fn between(&self, from: Millis, to: Millis) -> Self {
        let mut part = Gathered::default();
        part.add(self, &Months::default(), |t| from <= t && t < to);
        let mut told: BTreeMap<Aside, u32> = BTreeMap::new();
        for aside in std::mem::take(&mut part.facts.asides) {
            *told.entry(aside.why).or_default() += aside.count;
        }
        part.facts.asides = told.into_iter().map(|(why, count)| AsideFact { t: from, why, count }).collect();
        let months: Months = self.months.iter().copied().collect();
        let here: BTreeSet<&Visitor> = part.visitors.all.iter().collect();
        part.facts.months.retain(|(now, _)| here.contains(&Visitor::Browser(months.first(*now))));
        part.done()
    }

    /// Facts of several stretches as those of one: a browser is one visitor in all of them.
    pub fn join(parts: Vec<Self>) -> Self {
        let months: Months = parts.iter().flat_map(|part| &part.months).copied().collect();
        let mut whole = Gathered::default();
        parts.into_iter().for_each(|part| whole.add(&part, &months, |_| true));
        whole.facts.months.sort_unstable();
        whole.facts.months.dedup();
        whole.done()
    }

    /// Puts strangers in the place of somebody erased, so that every sum stays what it was; whether they were there.
    pub fn replace(&mut self, strangers: &Strangers) -> bool {
        let (mut found, mut replaced) = (false, BTreeSet::new());
        for (who, visitor) in (0..).zip(&mut self.visitors) {
            let (Visitor::Subject(hash) | Visitor::Browser(hash)) = visitor;
            if let Some(stranger) = strangers.visitors.get(hash) {
                *hash = *stranger;
                replaced.insert(who);
            }
        }
        for hash in self.months.iter_mut().flat_map(|(now, before)| [now, before]) {
            if let Some(stranger) = strangers.visitors.get(hash) {
                *hash = *stranger;
                found = true;
            }
        }
        // Of the tickets of a moment those that were linked to them are known by that; any other that was linked to nobody stands for
        // one of the rest.
        let mut tickets = strangers.tickets.clone();
        let linked = |ticket: &&TicketFact| ticket.author().is_some_and(|who| replaced.contains(&who));
        for ticket in self.tickets.iter().filter(linked) {
            tickets.entry(ticket.t).and_modify(|number| *number = number.saturating_sub(1));
        }
        let author = self.visitors.len() as Who;
        for ticket in self.tickets.iter_mut().filter(|ticket| ticket.visitor.is_none()) {
            if let Some(number) = tickets.get_mut(&ticket.t).filter(|number| **number > 0) {
                *number -= 1;
                ticket.visitor = Some(author);
            }
        }
        if self.tickets.iter().any(|ticket| ticket.visitor == Some(author)) {
            self.visitors.push(Visitor::Subject(strangers.author));
            found = true;
        }
        found || !replaced.is_empty()
    }

    /// As bytes, in the form [`FORMAT`].
    ///
    /// # Errors
    /// None is known; a serializer may have some.
    pub fn write(&self) -> Result<Vec<u8>, Unreadable> {
        Ok(postcard::to_allocvec(self)?)
    }

    /// Reads what [`Facts::write`] wrote.
    ///
    /// # Errors
    /// The bytes are of no facts, or name what is not among them.
    pub fn read(bytes: &[u8]) -> Result<Self, Unreadable> {
        let facts: Self = postcard::from_bytes(bytes)?;
        if facts.is_sound() { Ok(facts) } else { Err(Unreadable::Unsound) }
    }

    /// Whether all that facts name is there.
    fn is_sound(&self) -> bool {
        let (visitors, traits) = (self.visitors.len() as u32, self.traits.len() as u32);
        let named = |visitor: Who, of: u32| visitor < visitors && of < traits;
        self.visits.iter().all(|visit| named(visit.visitor, visit.traits))
            && self.episodes.iter().all(|episode| named(episode.visitor, episode.traits))
            && self.searches.iter().all(|search| named(search.visitor, search.traits))
            && self.tasks.iter().all(|task| named(task.visitor, task.traits))
            && self.readings.iter().all(|reading| {
                (reading.episode as usize) < self.episodes.len() && (reading.article as usize) < self.articles.len()
            })
            && self.tickets.iter().all(|ticket| ticket.visitor.is_none_or(|visitor| visitor < visitors))
            && self.forms.iter().all(|form| {
                let assigned = form.trial.is_none_or(|trial| (trial.assignment as usize) < self.assignments.len());
                named(form.visitor, form.traits) && assigned
            })
    }
}

/// Facts that are being put together.
#[derive(Default)]
struct Gathered {
    facts: Facts,
    visitors: Distinct<Visitor>,
    traits: Distinct<Traits>,
    assignments: Distinct<Assignment>,
    articles: Distinct<String>,
}

impl Gathered {
    /// Adds the facts of the moments that are meant.
    fn add(&mut self, part: &Facts, months: &Months, meant: impl Fn(Millis) -> bool) {
        let Self { facts, visitors, traits, assignments, articles } = self;
        // What many facts name is looked up once for all of them.
        let mut known_visitors: Vec<Option<Who>> = vec![None; part.visitors.len()];
        let mut known_traits: Vec<Option<u32>> = vec![None; part.traits.len()];
        let mut visitor = |who: Who| {
            *known_visitors[who as usize].get_or_insert_with(|| {
                visitors.place(match part.visitors[who as usize] {
                    Visitor::Browser(browser) => Visitor::Browser(months.first(browser)),
                    subject => subject,
                })
            })
        };
        let mut traits = |place: u32| {
            *known_traits[place as usize].get_or_insert_with(|| traits.place(part.traits[place as usize].clone()))
        };
        for fact in part.visits.iter().filter(|fact| meant(fact.t)) {
            facts.visits.push(VisitFact { visitor: visitor(fact.visitor), traits: traits(fact.traits), ..*fact });
        }
        let mut places: Vec<Option<u32>> = vec![None; part.episodes.len()];
        for (place, fact) in part.episodes.iter().enumerate().filter(|(_, fact)| meant(fact.t)) {
            places[place] = Some(facts.episodes.len() as u32);
            facts.episodes.push(EpisodeFact { visitor: visitor(fact.visitor), traits: traits(fact.traits), ..*fact });
        }
        let mut known_articles: Vec<Option<u32>> = vec![None; part.articles.len()];
        for fact in &part.readings {
            let Some(episode) = places[fact.episode as usize] else { continue };
            let slug = fact.article as usize;
            let article = *known_articles[slug].get_or_insert_with(|| articles.place(part.articles[slug].clone()));
            facts.readings.push(ReadingFact { episode, article, ..*fact });
        }
        for fact in part.forms.iter().filter(|fact| meant(fact.t)) {
            let trial = fact.trial.map(|trial| Trial {
                assignment: assignments.place(part.assignments[trial.assignment as usize].clone()),
                ..trial
            });
            facts.forms.push(FormFact { visitor: visitor(fact.visitor), traits: traits(fact.traits), trial, ..*fact });
        }
        for fact in part.searches.iter().filter(|fact| meant(fact.t)) {
            facts.searches.push(SearchFact { visitor: visitor(fact.visitor), traits: traits(fact.traits), ..*fact });
        }
        for fact in part.tasks.iter().filter(|fact| meant(fact.t)) {
            facts.tasks.push(TaskFact { visitor: visitor(fact.visitor), traits: traits(fact.traits), ..*fact });
        }
        for fact in part.tickets.iter().filter(|fact| meant(fact.t)) {
            facts.tickets.push(TicketFact { visitor: fact.visitor.map(&mut visitor), ..*fact });
        }
        facts.asides.extend(part.asides.iter().filter(|fact| meant(fact.t)));
        facts.months.extend(&part.months);
    }

    fn done(self) -> Facts {
        Facts {
            visitors: self.visitors.all,
            traits: self.traits.all,
            assignments: self.assignments.all,
            articles: self.articles.all,
            ..self.facts
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::articles::Reading;
    use crate::deflection::facts::Selected;
    use crate::deflection::generated::generate;
    use crate::deflection::log::{Arm, Kind, Log, Lost, Person};
    use crate::deflection::properties::{step, tell};
    use crate::deflection::question::{DAY, Question, Stratum, Window};
    use crate::deflection::series::Step;
    use crate::deflection::story::{Story, T0, browser, may};
    use crate::deflection::visitors::stranger;
    use crate::deflection::{Report, Series, articles, facts, report, series};
    use indexer::language::Language;
    use jiff::ToSpan;
    use proptest::prelude::*;

    /// The rows of a log on which the facts of some time depend: nine days before, and nine after.
    fn around(log: &Log, from: Millis, to: Millis) -> Log {
        let near = |t: Millis| from - 9 * DAY <= t && t <= to + 9 * DAY;
        let mut part = log.clone();
        part.events.retain(|event| near(event.stamp.at));
        part.tickets.retain(|ticket| near(ticket.at));
        part
    }

    /// The facts of a question's reach as they are kept: of each run of days by itself, a day at a time, through bytes.
    fn kept(log: &Log, question: &Question, days: i64) -> Facts {
        let window = Window::ALL.iter().position(|window| *window == question.window).unwrap();
        let (mut parts, mut day) = (Vec::new(), question.from.saturating_sub(16.days()));
        while day < question.to.saturating_add(16.days()) {
            let next = day.saturating_add(days.days());
            let run = &facts(&around(log, question.start_of(day), question.start_of(next)), question)[window];
            for first in (0..days).map(|place| day.saturating_add(place.days())) {
                let (from, to) = (question.start_of(first), question.start_of(first.saturating_add(1.day())));
                parts.push(Facts::read(&run.between(from, to).write().unwrap()).unwrap());
            }
            day = next;
        }
        Facts::join(parts)
    }

    /// All that is a sum of facts.
    type Told = (Report, Series, BTreeMap<String, Reading>);

    fn told(facts: &Facts, question: &Question, lost: Lost) -> Told {
        let selected = Selected::new(question, facts);
        (
            crate::deflection::report::draw(&selected, lost),
            crate::deflection::series::draw(&selected, Step::of(question)),
            crate::deflection::articles::draw(&selected),
        )
    }

    /// The same from the rows.
    fn from_rows(log: &Log, question: &Question) -> Told {
        (report(log, question), series(log, question), articles(log, question))
    }

    /// Every way to filter that the stories know.
    fn asked() -> impl Iterator<Item = Question> {
        Window::ALL.into_iter().flat_map(|window| {
            let plain = may(window);
            let role = Question { role: Some("admin".into()), ..plain.clone() };
            let language = Question { language: Language::parse("es"), ..plain.clone() };
            let stratum = Question { stratum: Some(Stratum::WithIntent), role: Some("admin".into()), ..plain.clone() };
            [plain, role, language, stratum]
        })
    }

    /// The log over weeks, so that needs, windows and visits lie across the turns of days. What names a search or a form of days ago
    /// names none: ids live for days, not for weeks.
    fn stretched(mut log: Log, spread: Millis) -> Log {
        let stretch = |t: Millis| T0 + (t - T0) * spread;
        let searches: HashMap<String, Millis> =
            log.events.iter().map(|event| (event.id.clone(), stretch(event.stamp.at))).collect();
        let near = |id: &mut Option<String>, t: Millis| {
            let far = |id: &String| searches.get(id).is_none_or(|at| (at - t).abs() > 3 * DAY);
            *id = id.take().filter(|id| !far(id));
        };
        let renamed = |id: &str, t: Millis| format!("{id}-{}", t.div_euclid(3 * DAY));
        for event in &mut log.events {
            let at = stretch(event.stamp.at);
            event.stamp = crate::deflection::log::Stamp { at, sent_at: at, received_at: at, backfill: false };
            match &mut event.kind {
                Kind::Click(shown) | Kind::Impression(shown) => near(&mut shown.search_id, at),
                Kind::FormOpen { form_id, search_id, .. } => {
                    *form_id = renamed(form_id, at);
                    near(search_id, at);
                }
                Kind::FormSuggest { form_id, .. } | Kind::FormLeft { form_id } => *form_id = renamed(form_id, at),
                Kind::Leave { search_id, .. } | Kind::Vote { search_id, .. } => near(search_id, at),
                Kind::Search(_) | Kind::Ticket { .. } => {}
            }
        }
        for ticket in &mut log.tickets {
            ticket.at = stretch(ticket.at);
            near(&mut ticket.search_id, ticket.at);
            ticket.form_id = ticket.form_id.take().map(|id| renamed(&id, ticket.at));
        }
        log
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn days_kept_apart_tell_what_the_log_tells(
            steps in proptest::collection::vec(step(), 0..120), spread in 1..44_u16, days in 1..8_i64,
        ) {
            // At most the nine days that facts look back: a form that is heard of again after more than them is another.
            let log = stretched(tell(&steps), Millis::from(spread));
            for question in asked() {
                let kept = kept(&log, &question, days);
                prop_assert_eq!(told(&kept, &question, log.lost), from_rows(&log, &question));
            }
        }
    }

    #[test]
    fn a_generated_month_is_told_the_same_from_its_days() {
        let generated = generate(7, 220);
        for question in asked() {
            let told = told(&kept(&generated.log, &question, 7), &question, generated.log.lost);
            assert_eq!(told, from_rows(&generated.log, &question));
        }
    }

    #[test]
    fn one_browser_is_one_visitor_over_the_turn_of_a_month_and_a_person_held_out_stays_so() {
        let minute = |days: i64| (days * DAY / 60_000) as f64;
        let june = Person { browser_before: browser(1).browser, ..browser(2) };
        let story = Story::new().search(minute(20), "s1", "refund").form_open(minute(20) + 1.0, "f").but(|event| {
            let Kind::FormOpen { assigned, .. } = &mut event.kind else { unreachable!("told above") };
            *assigned = Some(Assignment { experiment: "e".into(), per_mille: 100, arm: Arm::Held });
        });
        let story =
            story.of(june).search(minute(29), "s2", "calendar").of(browser(2)).search(minute(40), "s3", "invoice");
        let mut question = may(Window::Day);
        (question.from, question.to) = (question.from, question.to.saturating_add(20.days()));
        let log = story.log;
        let kept = kept(&log, &question, 3);
        assert_eq!(kept.visitors.len(), 1, "{:?}", kept.visitors);
        let told = told(&kept, &question, log.lost);
        assert_eq!(told, from_rows(&log, &question));
        assert_eq!(told.0.held_out, 3);
    }

    #[test]
    fn a_stranger_in_the_place_of_a_visitor_changes_no_figure() {
        let story = Story::new().search(0.0, "s1", "refund").vote(1.0, "a", true).ticket("t", DAY / 2);
        let story = story.any_ticket("nobody's", DAY / 2, |_| {});
        let log = story.of(browser(2)).search(5.0, "s2", "refund").search(9_000.0, "s3", "calendar").log;
        let question = may(Window::Day);
        let mut facts = facts(&log, &question)[1].clone();
        let before = told(&facts, &question, log.lost);
        let strangers = |of: Hash, tickets: &[Millis]| Strangers {
            visitors: HashMap::from([(of, stranger(8))]),
            tickets: tickets.iter().map(|t| (*t, 1)).collect(),
            author: stranger(9),
        };
        assert!(!facts.replace(&strangers([9; 16], &[T0 + 7])));
        assert!(facts.replace(&strangers([2; 16], &[])));
        let erased = Visitor::Browser(stranger(8));
        assert!(erased.is_stranger() && facts.visitors.contains(&erased));
        assert!(!facts.visitors.contains(&Visitor::Browser([2; 16])));
        assert_eq!(told(&facts, &question, log.lost), before);
        // A ticket of the same moment as another's is theirs by its link, and one that had none by when it was made.
        let nobodys = facts.tickets.iter().position(|ticket| ticket.visitor.is_none()).expect("one without a link");
        let at = facts.tickets[nobodys].t;
        assert!(facts.replace(&strangers([9; 16], &[at])));
        let author = facts.tickets[nobodys].visitor.expect("a stranger");
        assert!(facts.visitors[author as usize].is_stranger() && facts.tickets[nobodys].author().is_none());
        assert_eq!(told(&facts, &question, log.lost), before);
        assert!(!facts.replace(&strangers([9; 16], &[at])), "there is none left");
        assert_eq!(Facts::read(&facts.write().unwrap()).as_ref(), Ok(&facts));
    }

    #[test]
    fn bytes_that_are_no_facts_are_refused() {
        let story = Story::new().search(0.0, "s", "refund").click(1.0, "a", Some("s"));
        let facts = &facts(&story.log, &may(Window::Day))[0];
        let bytes = facts.write().unwrap();
        assert_eq!(Facts::read(&bytes).as_ref(), Ok(facts));
        assert!((0..bytes.len()).all(|length| Facts::read(&bytes[..length]).is_err()));
        let nobody = Facts { visitors: Vec::new(), ..facts.clone() };
        let nothing_read = Facts { articles: Vec::new(), ..facts.clone() };
        let unread = Facts { episodes: Vec::new(), ..facts.clone() };
        for unsound in [nobody, nothing_read, unread] {
            assert_eq!(Facts::read(&unsound.write().unwrap()), Err(Unreadable::Unsound));
        }
    }
}
