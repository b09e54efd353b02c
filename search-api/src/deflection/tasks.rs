//! Tiles of tasks that were opened, and whether their visitors went on to search or to a ticket form.

use super::episodes::Journeys;
use super::log::{Kind, Millis};
use super::question::Rules;

/// A tile of a task that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Number of the visit.
    pub visit: usize,
    /// Place of the click among the events of the visit.
    pub place: usize,
}

/// How an opened tile is called in the ledger, by whether its visitor went on; `None`: it is not known yet.
pub fn ending(went_on: Option<bool>) -> &'static str {
    match went_on {
        Some(false) => "completed",
        Some(true) => "went_on",
        None => "undecided",
    }
}

/// All tiles that were opened, in the order of visits.
pub fn tiles(journeys: &Journeys<'_>) -> Vec<Tile> {
    let is_tile = |kind: &Kind| matches!(kind, Kind::Click(shown) if shown.task);
    let visits = journeys.visits.iter().enumerate();
    let of_visit = |(visit, stay): (usize, &super::visits::Visit<'_>)| {
        let events = stay.events.iter().enumerate();
        let tiles = events.filter(|(_, event)| is_tile(&event.event.kind)).map(|(place, _)| Tile { visit, place });
        tiles.collect::<Vec<_>>()
    };
    visits.flat_map(of_visit).collect()
}

impl Tile {
    /// When it was opened.
    pub fn t(self, journeys: &Journeys<'_>) -> Millis {
        journeys.visits[self.visit].events[self.place].t
    }

    /// Whether its visitor searched or began a form after it, at most `episode_gap` later; `None` until so long has passed. Whatever
    /// follows so soon belongs to the same visit.
    pub fn went_on(self, journeys: &Journeys<'_>, as_of: Millis, rules: &Rules) -> Option<bool> {
        let until = self.t(journeys) + rules.episode_gap;
        let after = journeys.visits[self.visit].events[self.place + 1..].iter().take_while(|event| event.t <= until);
        let asks = |kind: &Kind| matches!(kind, Kind::Search(_) | Kind::FormOpen { .. });
        (until <= as_of).then(|| after.into_iter().any(|event| asks(&event.event.kind)))
    }
}

#[cfg(test)]
mod tests {
    use crate::deflection::ledger::{Kind, Listed};
    use crate::deflection::question::{MINUTE, Question, Window};
    use crate::deflection::story::{Story, T0, browser, may};
    use crate::deflection::{Wanted, ledger, report};

    /// Endings of the tiles in order of time, and the figure's numerator and denominator.
    #[track_caller]
    fn check_as_of(story: &Story, as_of: i64, endings: &[&str], share: (u64, u64)) {
        let question = Question { as_of, ..may(Window::Day) };
        let wanted = Wanted { listed: Listed::All(Kind::Task), ..Wanted::default() };
        let rows = ledger(&story.log, &question, &wanted);
        assert_eq!(rows.iter().map(|row| row.outcome).collect::<Vec<_>>(), endings);
        let figures = report(&story.log, &question).figures;
        let figure = figures.iter().find(|figure| figure.name == "task_completion").unwrap();
        assert_eq!((figure.numerator, figure.denominator), (Some(share.0), Some(share.1)));
    }

    #[track_caller]
    fn check(story: &Story, endings: &[&str], share: (u64, u64)) {
        check_as_of(story, may(Window::Day).as_of, endings, share);
    }

    #[test]
    fn a_task_is_completed_unless_its_visitor_searches_or_begins_a_form_within_ten_minutes() {
        let opened = Story::new().task(0.0, "invoices");
        check(&opened, &["completed"], (1, 1));
        check(&opened.clone().search(5.0, "s", "refund"), &["went_on"], (0, 1));
        check(&opened.clone().form_open(5.0, "f"), &["went_on"], (0, 1));
        check(&opened.clone().search(10.0, "s", "refund"), &["went_on"], (0, 1));
        let a_millisecond_later = 10.0 + 1.0 / 60_000.0;
        check(&opened.clone().search(a_millisecond_later, "s", "refund"), &["completed"], (1, 1));
        check(&opened.clone().form_open(a_millisecond_later, "f"), &["completed"], (1, 1));
        // What others do, and whatever else the visitor does, is no asking.
        let read = opened.clone().click(1.0, "refunds", None).leave(2.0, "refunds").vote(2.0, "refunds", false);
        check(&read.of(browser(2)).search(1.0, "s", "refund"), &["completed"], (1, 1));
        // A search before it, at the same moment too, led to the tile.
        check(&Story::new().search(0.0, "s", "refund").task(0.0, "invoices"), &["completed"], (1, 1));
    }

    #[test]
    fn each_tile_counts_and_one_of_which_it_is_not_known_yet_does_not() {
        let story = Story::new().task(0.0, "invoices").task(5.0, "refunds").search(12.0, "s", "refund");
        check(&story, &["completed", "went_on"], (1, 2));
        check_as_of(&story, T0 + 12 * MINUTE, &["completed", "undecided"], (1, 1));
        check_as_of(&story, T0 + 10 * MINUTE - 1, &["undecided", "undecided"], (0, 0));
    }

    #[test]
    fn an_article_that_is_opened_elsewhere_is_no_task() {
        check(&Story::new().click(0.0, "invoices", None), &[], (0, 0));
    }

    #[test]
    fn a_tile_has_its_visits_roles_but_neither_language_nor_stratum() {
        let admin = |story: Story| story.but(|event| event.roles = vec!["admin".into()]);
        let story = admin(Story::new().task(0.0, "invoices")).of(browser(2)).task(0.0, "invoices");
        let story = story.search(1.0, "s", "refund");
        let count = |question: Question| {
            let figures = report(&story.log, &question).figures;
            figures.iter().find(|figure| figure.name == "task_completion").unwrap().denominator
        };
        assert_eq!(count(may(Window::Day)), Some(2));
        assert_eq!(count(Question { role: Some("admin".into()), ..may(Window::Day) }), Some(1));
        let language = indexer::language::Language::parse("en");
        assert_eq!(count(Question { language, ..may(Window::Day) }), Some(0));
    }
}
