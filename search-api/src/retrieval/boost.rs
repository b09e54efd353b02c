//! Gentle tie-breakers: the kind of an article, how new it is, and whether it helped others like the asker.
//!
//! ```text
//! score · kind · (1 + recency · 2^(−age / 180 days)) · (1 + helpfulness · (2 · helped − 1))
//! ```
//!
//! The weights are the portal's (`[boost]` in `portal.toml`; 2 % for recency and 5 % for helpfulness unless it says otherwise), and
//! small on purpose: they decide between articles that answer about equally well, not against what the words and vectors say.

use super::fusion::Scored;
use indexer::article::Head;
use indexer::portal::Boost;
use std::collections::HashMap;
use std::sync::Arc;

/// Candidates that are looked at: a tie-breaker has nothing to break where nobody looks.
const LOOKED_AT: usize = 100;
/// Days after which an article's newness counts half.
const HALF_LIFE: f32 = 180.0;
const DAY_MS: i64 = 86_400_000;

/// Share of visitors whom an article helped, by its address slug, in 0..=1; articles of which too little is known are left out.
pub type Helped = HashMap<String, f32>;

/// What is known beside the index; nothing by default, and then nothing is weighed.
#[derive(Clone, Debug)]
pub struct Boosts {
    /// The portal's weights.
    pub weights: Boost,
    /// Now, milliseconds since 1970 (UTC).
    pub now: i64,
    /// What visitors with the asker's grants said.
    pub helped: Option<Arc<Helped>>,
}

/// The factors of one article, each 1 where nothing is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// Of its kind.
    pub kind: f32,
    /// Of its newness.
    pub recency: f32,
    /// Of what visitors said.
    pub helpfulness: f32,
}

impl Default for Boosts {
    fn default() -> Self {
        Self { weights: Boost::none(), now: 0, helped: None }
    }
}

impl Factors {
    /// What a score is multiplied by.
    pub fn product(self) -> f32 {
        self.kind * self.recency * self.helpfulness
    }
}

impl Boosts {
    /// The factors of an article.
    pub fn factors(&self, head: &Head, slug: &str) -> Factors {
        let helped = self.helped.as_ref().and_then(|helped| helped.get(slug));
        Factors {
            kind: self.weights.kinds.get(&head.kind).copied().unwrap_or(1.0),
            recency: 1.0 + self.weights.recency * newness(head.updated_at, self.now),
            helpfulness: helped.map_or(1.0, |helped| 1.0 + self.weights.helpfulness * (2.0 * helped - 1.0)),
        }
    }

    /// Weighs the first candidates of a language, which are in order, and puts them in order again. Equal ones keep theirs.
    pub fn weigh<'a>(&self, candidates: &mut [Scored], name: impl Fn(&Scored) -> (&'a Head, &'a str)) {
        if self.weights == Boost::none() {
            return;
        }
        let looked_at = candidates.len().min(LOOKED_AT);
        for candidate in candidates[..looked_at].iter_mut().filter(|candidate| candidate.score > 0.0) {
            let (head, slug) = name(candidate);
            candidate.score *= self.factors(head, slug).product();
        }
        candidates[..looked_at].sort_by(|a, b| b.score.total_cmp(&a.score));
    }
}

/// 1 for what changed today or will, falling to a half in [`HALF_LIFE`] days. Counted in whole days, so that answers do not change
/// from minute to minute.
fn newness(updated_at: i64, now: i64) -> f32 {
    let days = now.div_euclid(DAY_MS) - updated_at.div_euclid(DAY_MS);
    (-(days.max(0) as f32) / HALF_LIFE).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newness_halves_in_half_a_year_and_does_not_move_within_a_day() {
        assert_eq!(newness(5 * DAY_MS, 5 * DAY_MS + 7), 1.0);
        assert_eq!(newness(9 * DAY_MS, 0), 1.0, "of the future");
        assert_eq!(newness(0, 180 * DAY_MS), 0.5);
        assert_eq!(newness(3, 180 * DAY_MS + DAY_MS - 1), 0.5);
        assert!(newness(0, i64::MAX) < 1e-6);
    }
}
