//! Holdout: what suggestions on the ticket form cause, told by the people from whom chance held them back.
//!
//! ```text
//! lift            = p(ticket | held) − p(ticket | shown), with Newcombe's score interval
//! tickets avoided = lift × units shown
//! ```
//!
//! A unit is a person, counted once, from the first form that they opened under the experiment; they count as ticketed with at least
//! one ticket within 7 days of that. Whoever was given an arm counts in it, whether they looked at a suggestion or not (intention to
//! treat): what they then did is itself an effect. Arms whose sizes chance does not explain (χ², p < 0.001) give no lift: then
//! somebody was lost on one side, and the arms no longer compare.

use super::facts::{Facts, FormFact, Selected, Who};
use super::intervals::{Rate, newcombe, wilson};
use super::log::{Arm, Assignment, Millis};
use super::outcomes::Coverage;
use super::question::{DAY, Rules};
use std::collections::BTreeMap;

/// How long a ticket counts against a unit.
const OUTCOME: Millis = 7 * DAY;
/// χ² of one degree of freedom that chance exceeds once in a thousand times.
const CHI_SQUARE_LIMIT: f64 = 10.827_566;
/// The fall of the ticket rate that the power meter speaks of, as a share of it.
pub const RELATIVE_FALL: f64 = 0.1;
/// Quantiles of the normal distribution: of 95 % two-sided, and of 80 % power.
const Z_ALPHA: f64 = 1.959_964;
const Z_BETA: f64 = 0.841_621;

/// The people of one arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units {
    /// All whose seven days are over and known.
    pub all: u64,
    /// Those of them with a ticket.
    pub ticketed: u64,
}

/// What an experiment says so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Holdout {
    /// Its name.
    pub experiment: String,
    /// Share of people meant to be held out.
    pub share: f64,
    /// People with suggestions.
    pub shown: Units,
    /// People without.
    pub held: Units,
    /// People whose seven days are not over, or for which nobody can say whether a ticket came.
    pub open: u64,
    /// χ² of the arms' sizes.
    pub chi_square: f64,
    /// `None` where an arm is empty, or the sizes are not chance's.
    pub lift: Option<Lift>,
    /// People needed to see a fall by [`RELATIVE_FALL`] with 80 % power; `None` while nobody held out has sent a ticket.
    pub needed: Option<u64>,
}

/// The effect of suggestions, with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lift {
    /// Difference of the ticket rates.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Holdout {
    /// Weighs two arms. `share` of the people were meant to be held out, 0..1.
    pub fn weigh(experiment: String, share: f64, shown: Units, held: Units, open: u64) -> Self {
        let chi_square = chi_square(share, shown.all, held.all);
        let comparable = chi_square <= CHI_SQUARE_LIMIT;
        let lift = held.rate().zip(shown.rate()).filter(|_| comparable).map(|(held, shown)| {
            let (value, low, high) = newcombe(held, shown);
            Lift { value, low, high }
        });
        let needed = held.rate().filter(|rate| rate.value > 0.0).map(|rate| units_needed(rate.value, share));
        Self { experiment, share, shown, held, open, chi_square, lift, needed: needed.flatten() }
    }

    /// Whether chance explains the sizes of the arms.
    pub fn is_balanced(&self) -> bool {
        self.chi_square <= CHI_SQUARE_LIMIT
    }

    /// Tickets that suggestions avoided, with the bounds.
    pub fn avoided(&self) -> Option<Lift> {
        let shown = self.shown.all as f64;
        let times = |lift: Lift| Lift { value: lift.value * shown, low: lift.low * shown, high: lift.high * shown };
        self.lift.map(times)
    }
}

impl Units {
    /// Share of them with a ticket.
    pub fn rate(&self) -> Option<Rate> {
        if self.all == 0 {
            return None;
        }
        let value = self.ticketed as f64 / self.all as f64;
        let (low, high) = wilson(value, self.all as f64);
        Some(Rate { value, low, high })
    }
}

/// People in both arms together that are needed to tell a ticket rate `baseline` of those held out from one lower by
/// [`RELATIVE_FALL`], two-sided at 5 %, with 80 % power (Fleiss, Levin, Paik: *Statistical Methods for Rates and Proportions*, 2003,
/// 4.14, for arms of unequal size). `None` where no number is enough.
pub fn units_needed(baseline: f64, share: f64) -> Option<u64> {
    let lowered = baseline * (1.0 - RELATIVE_FALL);
    let pooled = share * baseline + (1.0 - share) * lowered;
    let variance = |p: f64| p * (1.0 - p);
    let by_chance = Z_ALPHA * (variance(pooled) * (1.0 / share + 1.0 / (1.0 - share))).sqrt();
    let by_effect = Z_BETA * (variance(baseline) / share + variance(lowered) / (1.0 - share)).sqrt();
    let needed = ((by_chance + by_effect) / (baseline - lowered)).powi(2);
    needed.is_finite().then_some(needed.round() as u64)
}

/// How far the sizes lie from what was meant, squared and summed (Pearson); 0 where nobody is there yet.
fn chi_square(share: f64, shown: u64, held: u64) -> f64 {
    let all = (shown + held) as f64;
    if all == 0.0 || share <= 0.0 || share >= 1.0 {
        return 0.0;
    }
    let far = |found: u64, meant: f64| (found as f64 - meant).powi(2) / meant;
    far(shown, (1.0 - share) * all) + far(held, share * all)
}

/// A person in an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Number of the first form that they opened under it.
    pub form: usize,
    /// What chance gave them then.
    pub arm: Arm,
    /// Whether a ticket came within seven days; `None`: they are not over, or nobody can say.
    pub ticketed: Option<bool>,
}

/// What the experiment of the range says, of several the one begun last. `None` without any.
pub fn holdout(selected: &Selected<'_>) -> Option<Holdout> {
    let (assigned, people) = people(selected)?;
    let (mut shown, mut held, mut open) = (Units::default(), Units::default(), 0);
    for person in people {
        let units = if person.arm == Arm::Held { &mut held } else { &mut shown };
        match person.ticketed {
            Some(ticketed) => {
                units.all += 1;
                units.ticketed += u64::from(ticketed);
            }
            None => open += 1,
        }
    }
    Some(Holdout::weigh(assigned.experiment.clone(), f64::from(assigned.per_mille) / 1000.0, shown, held, open))
}

/// The people of the range in an experiment, of several the one begun last, and an assignment of it.
pub fn people<'f>(selected: &Selected<'f>) -> Option<(&'f Assignment, Vec<Participant>)> {
    let Facts { forms, assignments, .. } = selected.facts;
    // By experiment and visitor: the first form.
    let mut first: BTreeMap<(&str, u16), BTreeMap<Who, usize>> = BTreeMap::new();
    for (number, form) in forms.iter().enumerate() {
        let Some(trial) = form.trial else { continue };
        let Assignment { experiment, per_mille, .. } = &assignments[trial.assignment as usize];
        let earliest = first.entry((experiment, *per_mille)).or_default().entry(form.visitor).or_insert(number);
        if form.t < forms[*earliest].t {
            *earliest = number;
        }
    }
    let assigned = |form: &FormFact| form.trial.map(|trial| &assignments[trial.assignment as usize]);
    let participant = |(_, form): (Who, usize)| {
        let ticketed = forms[form].trial?.ticketed;
        Some(Participant { form, arm: assigned(&forms[form])?.arm, ticketed })
    };
    let begun = first.into_iter().filter_map(|(experiment, people)| {
        let people = people.into_iter().filter(|(_, form)| selected.in_range(forms[*form].t));
        let people: Vec<Participant> = people.filter_map(participant).collect();
        let begun = people.iter().map(|person| forms[person.form].t).min()?;
        Some((begun, experiment, people))
    });
    let (.., people) = begun.max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))?;
    Some((assigned(&forms[people.first()?.form])?, people))
}

/// By visitor: whether an experiment held them out. Of deflection by suggestions they say nothing.
pub fn held_out(facts: &Facts) -> Vec<bool> {
    let mut held_out = vec![false; facts.visitors.len()];
    for form in &facts.forms {
        let held = form.trial.is_some_and(|trial| facts.assignments[trial.assignment as usize].arm == Arm::Held);
        held_out[form.visitor as usize] |= held;
    }
    held_out
}

/// Whether the seven days after a form are over, and its tickets known.
pub fn is_over(start: Millis, as_of: Millis, coverage: &Coverage) -> bool {
    let until = start.saturating_add(OUTCOME);
    as_of >= until && coverage.holds(start, until)
}

/// Whether a ticket counts against a form begun at `start`.
pub fn falls_within(at: Millis, start: Millis, rules: &Rules) -> bool {
    start <= at.saturating_add(rules.ticket_slack) && at <= start.saturating_add(OUTCOME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::log::Kind;
    use crate::deflection::question::{MINUTE, Window};
    use crate::deflection::report;
    use crate::deflection::story::{Seeded, Story, T0, browser, may};

    const HOURS: f64 = 60.0;

    /// Somebody opens a form under an experiment.
    fn opens(story: Story, minute: f64, form: &str, experiment: &str, arm: Arm) -> Story {
        story.form_open(minute, form).but(|event| {
            let Kind::FormOpen { assigned, .. } = &mut event.kind else { unreachable!("told above") };
            *assigned = Some(Assignment { experiment: experiment.into(), per_mille: 100, arm });
        })
    }

    #[test]
    fn the_power_meter_gives_the_number_of_the_definition() {
        assert_eq!(units_needed(0.4, 0.1), Some(12_741));
        assert_eq!(units_needed(0.4, 0.5).map(|needed| needed / 100), Some(46));
        assert_eq!((units_needed(0.0, 0.1), units_needed(0.4, 0.0)), (None, None));
    }

    #[test]
    fn arms_whose_sizes_are_not_chances_give_no_lift() {
        let units = |all, ticketed| Units { all, ticketed };
        let even = Holdout::weigh("e".into(), 0.1, units(900, 324), units(100, 40), 0);
        assert!(even.is_balanced() && even.chi_square == 0.0);
        let lift = even.lift.unwrap();
        assert!((lift.value - 0.04).abs() < 1e-12 && lift.low < 0.0 && lift.high > 0.04);
        assert!((even.avoided().unwrap().value - 36.0).abs() < 1e-9);
        let lost = Holdout::weigh("e".into(), 0.1, units(900, 324), units(65, 26), 0);
        assert!(!lost.is_balanced() && lost.lift.is_none() && lost.avoided().is_none(), "{}", lost.chi_square);
        assert!(Holdout::weigh("e".into(), 0.1, units(9, 3), units(0, 0), 4).lift.is_none());
    }

    #[test]
    fn a_person_counts_once_with_the_first_form_and_tickets_of_seven_days() {
        let day = 24.0 * HOURS;
        let minutes = |minutes: f64| (minutes * MINUTE as f64) as Millis;
        let story = opens(Story::new(), 0.0, "f1", "spring", Arm::Held);
        // Later forms change nothing, whatever they say.
        let story = opens(story, 2.0 * day, "f2", "spring", Arm::Shown).ticket("t1", minutes(7.0 * day));
        let story = opens(story.of(browser(2)), 0.0, "g", "spring", Arm::Held).ticket("t2", minutes(7.0 * day) + 1);
        let story = opens(story.of(browser(3)), 0.0, "h", "spring", Arm::Shown);
        let story =
            opens(story.of(browser(4)), 1.0, "i", "autumn before", Arm::Shown).of(browser(5)).form_open(3.0, "j");
        let told = report(&story.log, &may(Window::Hour)).holdout.unwrap();
        assert_eq!((told.experiment.as_str(), told.share, told.open), ("autumn before", 0.1, 0), "the one begun last");
        let mut without = story.log.clone();
        without.events.retain(|event| event.person != browser(4));
        let told = report(&without, &may(Window::Hour)).holdout.unwrap();
        assert_eq!((told.held, told.shown), (Units { all: 2, ticketed: 1 }, Units { all: 1, ticketed: 0 }));
        let mut early = may(Window::Hour);
        early.as_of = T0 + 7 * DAY - 1;
        let told = report(&without, &early).holdout.unwrap();
        assert_eq!((told.open, told.held.all + told.shown.all), (3, 0), "nobody's seven days are over");
        assert_eq!(report(&Story::new().form_open(0.0, "f").log, &may(Window::Day)).holdout, None);
    }

    #[test]
    fn people_held_out_are_in_no_figure_of_what_suggestions_deflect() {
        let solved = |story: Story, id: &str, arm: Arm| {
            let story = story.search(0.0, id, "reset password").click(1.0, "a", Some(id)).vote(2.0, "a", true);
            opens(story, 3.0, &format!("form {id}"), "spring", arm)
        };
        let story = solved(Story::new(), "s1", Arm::Held);
        let story = solved(story.of(browser(2)), "s2", Arm::Shown);
        let told = report(&story.log, &may(Window::Day));
        let denominator = |name: &str| told.figures.iter().find(|figure| figure.name == name).unwrap().denominator;
        assert_eq!((denominator("confirmed_deflection"), denominator("potential_deflection")), (Some(2), Some(1)));
        assert_eq!((denominator("form_deflection"), told.held_out), (Some(1), 1));
        assert_eq!(denominator("incremental_deflection"), Some(2));
    }

    /// Probability of a count of successes at most as likely as the one found, of so many tries (an exact binomial test).
    fn binomial_test(found: usize, tries: usize, p: f64) -> f64 {
        let mut log = tries as f64 * (1.0 - p).ln();
        let mut likelihoods = vec![log.exp()];
        for k in 0..tries {
            log += ((tries - k) as f64 / (k + 1) as f64).ln() + (p / (1.0 - p)).ln();
            likelihoods.push(log.exp());
        }
        likelihoods.iter().filter(|other| **other <= likelihoods[found] * (1.0 + 1e-9)).sum()
    }

    #[test]
    fn of_a_thousand_experiments_the_intervals_hold_the_true_lift_as_often_as_they_say() {
        assert!((binomial_test(5, 10, 0.5) - 1.0).abs() < 1e-9 && binomial_test(0, 10, 0.5) < 0.002);
        let mut random = Seeded(20_260_504);
        let (held_rate, shown_rate, share) = (0.40, 0.34, 0.1);
        let (mut held_true, mut told) = (0, 0);
        for _ in 0..1_000 {
            let (mut shown, mut held) = (Units::default(), Units::default());
            for _ in 0..2_000 {
                let (units, rate) =
                    if random.share() < share { (&mut held, held_rate) } else { (&mut shown, shown_rate) };
                units.all += 1;
                units.ticketed += u64::from(random.share() < rate);
            }
            let Some(lift) = Holdout::weigh("e".into(), share, shown, held, 0).lift else { continue };
            told += 1;
            held_true += usize::from(lift.low <= held_rate - shown_rate && held_rate - shown_rate <= lift.high);
        }
        assert!(told > 990, "{told} of 1000 had arms of the sizes meant");
        let p = binomial_test(held_true, told, 0.95);
        assert!(p >= 0.001, "{held_true} of {told} hold it, p = {p}");
    }
}
