//! Rows of a large log picked by what the facts of its days tell of them: no row is read that is not shown, but for those of the same people.

use super::paging::Sort;
use super::shown::{View, time};
use super::stretches::log_of;
use crate::deflection::facts::{Facts, Selected};
use crate::deflection::log::Millis;
use crate::deflection::question::REACH;
use crate::deflection::{Question, Row, Sketch, Wanted, complete, sketch};
use crate::http::App;
use crate::http::error::Problem;
use crate::store::Whose;
use std::collections::BTreeSet;

/// Where a row stands in an order, but for its id: what it is sorted by, and then when it was, as far as that is shown.
pub type Place = (i64, i64);

/// Rows that come next in an order.
pub struct Picked {
    /// What facts tell of them: of all that stand in the same place too, so that they can be put in order by their ids.
    pub sketches: Vec<Sketch>,
    /// The last place that these are of, if others come after it.
    pub until: Option<Place>,
    /// How many rows are counted in all.
    pub count: usize,
    /// How many of them are of people who were erased since.
    pub erased: usize,
}

/// What there is of the wanted rows from a place on, and of at least so many that come after it.
pub fn pick(
    facts: &Facts,
    question: &Question,
    wanted: &Wanted,
    (sort, view): (Sort, View),
    from: Option<Place>,
    number: usize,
) -> Picked {
    let selected = Selected::new(question, facts);
    let (mut later, mut count) = (Vec::new(), 0);
    let erased = sketch(&selected, wanted, |sketch| {
        count += 1;
        let place = sort.place_of(view, &sketch);
        if from.is_none_or(|from| place > from) {
            later.push(place);
        }
    });
    let last = (later.len() > number).then(|| *later.select_nth_unstable(number).1);
    let is_more = last.is_some_and(|last| later.iter().any(|place| *place > last));
    let mut sketches = Vec::new();
    sketch(&selected, wanted, |sketch| {
        let place = sort.place_of(view, &sketch);
        if from.is_none_or(|from| place >= from) && last.is_none_or(|last| place <= last) {
            sketches.push(sketch);
        }
    });
    Picked { sketches, until: last.filter(|_| is_more), count: count + erased, erased }
}

/// The rows that were sketched, in no order; what may be shown of their queries is another matter.
///
/// # Errors
/// Their people did too much to wait for it; or the database cannot be read.
pub async fn tell(app: &App, portal: &str, question: &Question, sketches: Vec<Sketch>) -> Result<Vec<Row>, Problem> {
    let moments: BTreeSet<Millis> = sketches.iter().map(|sketch| sketch.t).collect();
    let people: BTreeSet<_> = sketches.iter().filter_map(|sketch| sketch.whose).collect();
    let Some((first, last)) = moments.first().zip(moments.last()) else { return Ok(Vec::new()) };
    let (from, to) = question.reach();
    // What became of them depends on nothing further away.
    let around = (from.max(first - REACH), to.min(last + question.window.length() + REACH));
    let log = log_of(app, portal, around, Whose::Of(&people, &moments)).await?;
    let question = question.clone();
    app.cores.run_behind(move || complete(&log, &question, &sketches)).await
}

impl Sort {
    /// Where a row stands of which facts tell, as [`Sort::place`] says of the row.
    pub fn place_of(self, view: View, sketch: &Sketch) -> Place {
        let Sketch { t, tickets, searches, millis, .. } = *sketch;
        self.place(time(view, t), tickets, searches, millis)
    }
}
