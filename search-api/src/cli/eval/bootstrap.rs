//! How far a mean of paired differences can be trusted: the percentile bootstrap over queries (Efron, Tibshirani 1993, chapter 13).

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde::Serialize;

/// A mean difference with the bounds within which 95 % of its resamples fall.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Of all queries.
    pub mean: f64,
    /// Below it lie 2.5 % of the resampled means.
    pub low: f64,
    /// Above it lie 2.5 %.
    pub high: f64,
}

const RESAMPLES: usize = 10_000;
/// Always the same, so that two runs over the same scores print the same bounds.
const SEED: u64 = 1;

/// Resamples the queries, each time as many as there are, with replacement. Zeros for no query.
pub fn paired(differences: &[f64]) -> Difference {
    if differences.is_empty() {
        return Difference { mean: 0.0, low: 0.0, high: 0.0 };
    }
    let mut rng = StdRng::seed_from_u64(SEED);
    let count = differences.len();
    let mut resampled = || {
        let drawn = (0..count).map(|_| differences[rng.random_range(0..count)]);
        drawn.sum::<f64>() / count as f64
    };
    let mut means: Vec<f64> = (0..RESAMPLES).map(|_| resampled()).collect();
    means.sort_unstable_by(f64::total_cmp);
    let rounded = |figure: f64| (figure * 1e4).round() / 1e4;
    let outside = RESAMPLES / 40;
    Difference {
        mean: rounded(differences.iter().sum::<f64>() / count as f64),
        low: rounded(means[outside]),
        high: rounded(means[RESAMPLES - 1 - outside]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_bounds_of_a_coin_are_those_of_its_normal_approximation() {
        let coin: Vec<f64> = (0..400).map(|toss| f64::from(toss % 2)).collect();
        let Difference { mean, low, high } = paired(&coin);
        // Standard error 0.5 / √400 = 0.025.
        assert_eq!(mean, 0.5);
        assert!((low - (0.5 - 1.96 * 0.025)).abs() < 0.004, "{low}");
        assert!((high - (0.5 + 1.96 * 0.025)).abs() < 0.004, "{high}");
    }

    #[test]
    fn equal_differences_leave_no_doubt_and_no_query_says_nothing() {
        assert_eq!(paired(&[0.25; 7]), Difference { mean: 0.25, low: 0.25, high: 0.25 });
        assert_eq!(paired(&[]), Difference { mean: 0.0, low: 0.0, high: 0.0 });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        #[test]
        fn the_mean_lies_within_its_bounds_and_the_same_scores_give_the_same(
            differences in prop::collection::vec(-1.0f64..1.0, 20..60)
        ) {
            let found = paired(&differences);
            prop_assert!(found.low <= found.mean && found.mean <= found.high);
            prop_assert_eq!(found, paired(&differences));
        }
    }
}
