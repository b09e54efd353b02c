//! Events to visits: maximal chains of one visitor's events without a long silence.

use super::log::{Kind, Millis};
use super::occurrence::Occurrence;
use super::question::Rules;
use super::searches::{Search, is_bot, searches};
use super::visitors::Visitor;

/// One stay of one visitor.
#[derive(Debug)]
pub struct Visit<'a> {
    /// Whose.
    pub visitor: Visitor,
    /// Its events, sorted; never empty.
    pub events: Vec<Occurrence<'a>>,
}

/// Cuts the sorted events of a visitor into visits. Those that no person makes come back as bare events.
pub fn visits<'a>(
    visitor: Visitor,
    events: &[Occurrence<'a>],
    rules: &Rules,
) -> (Vec<(Visit<'a>, Vec<Search<'a>>)>, Vec<Occurrence<'a>>) {
    let (mut found, mut bots) = (Vec::new(), Vec::new());
    for chain in events.chunk_by(|a, b| b.t - a.t <= rules.visit_gap) {
        let searches = searches(chain, rules);
        if is_bot(chain, &searches, rules) {
            bots.extend_from_slice(chain);
        } else {
            found.push((Visit { visitor, events: chain.to_vec() }, searches));
        }
    }
    (found, bots)
}

impl<'a> Visit<'a> {
    /// Its first moment.
    pub fn start(&self) -> Millis {
        self.events.first().map_or(0, |event| event.t)
    }

    /// Its last moment.
    pub fn end(&self) -> Millis {
        self.events.last().map_or(0, |event| event.t)
    }

    /// Whether anything of a kind happened in it.
    pub fn has(&self, of_kind: impl Fn(&Kind) -> bool) -> bool {
        self.events.iter().any(|event| of_kind(&event.event.kind))
    }

    /// How long the article that was opened by event number `opened` was looked at: to the first `leave` of it, else to the next
    /// event. `None` where that is unknown, or rests on a clamped clock.
    pub fn dwell(&self, opened: usize, slug: &str) -> Option<Millis> {
        let (opening, after) = (self.events.get(opened)?, self.events.get(opened + 1..)?);
        let left =
            |event: &&Occurrence<'_>| matches!(&event.event.kind, Kind::Leave { slug: left, .. } if left == slug);
        let until = after.iter().find(left).or(after.first())?;
        (!opening.clamped && !until.clamped).then_some(until.t - opening.t)
    }
}
