//! What became of the articles: opened, helped, or read before a ticket all the same.

use super::facts::Selected;
use super::outcomes::Outcome;
use std::collections::BTreeMap;

/// What became of an article in the closed episodes of a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// Episodes in which it was opened.
    pub opened: u64,
    /// Those of them in which the visitor's last word on it says that it solved the need.
    pub solved: u64,
    /// Those in which it says that it did not.
    pub unsolved: u64,
    /// Those that ended in a ticket.
    pub ticketed: u64,
}

impl Reading {
    /// Adds the counts of another.
    pub fn absorb(&mut self, other: Self) {
        self.opened += other.opened;
        self.solved += other.solved;
        self.unsolved += other.unsolved;
        self.ticketed += other.ticketed;
    }
}

/// Articles that were opened in closed episodes, by slug.
pub fn draw(selected: &Selected<'_>) -> BTreeMap<String, Reading> {
    let mut readings = vec![Reading::default(); selected.facts.articles.len()];
    for (episode, fact) in selected.readings().filter(|(episode, _)| episode.outcome.is_closed()) {
        readings[fact.article as usize].absorb(Reading {
            opened: 1,
            solved: u64::from(fact.solved == Some(true)),
            unsolved: u64::from(fact.solved == Some(false)),
            ticketed: u64::from(episode.outcome == Outcome::Ticketed),
        });
    }
    let slugs = selected.facts.articles.iter().cloned();
    slugs.zip(readings).filter(|(_, reading)| reading.opened > 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::articles;
    use crate::deflection::question::{MINUTE, Window};
    use crate::deflection::story::{Story, browser, may};

    #[test]
    fn an_article_is_counted_once_an_episode_with_its_last_vote_and_the_ticket_that_followed() {
        let story = Story::new().search(0.0, "s1", "refund").click(1.0, "a", Some("s1")).click(2.0, "a", Some("s1"));
        let story = story.vote(3.0, "a", false).vote(4.0, "a", true);
        let story =
            story.of(browser(2)).search(0.0, "s2", "refund").click(1.0, "a", Some("s2")).click(2.0, "b", Some("s2"));
        let story = story.vote(3.0, "b", false).ticket("t", 10 * MINUTE);
        let told = articles(&story.log, &may(Window::Day));
        let reading = |opened, solved, unsolved, ticketed| Reading { opened, solved, unsolved, ticketed };
        assert_eq!(told, [("a".to_owned(), reading(2, 1, 0, 1)), ("b".to_owned(), reading(1, 0, 1, 1))].into());
        let early =
            crate::deflection::Question { as_of: crate::deflection::story::T0 + 10 * MINUTE, ..may(Window::Day) };
        assert_eq!(articles(&story.log, &early), BTreeMap::new(), "what is still open says nothing yet");
    }
}
