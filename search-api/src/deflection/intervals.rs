//! How far chance alone could move a rate: score intervals, widened where visitors count more than once.

use std::collections::BTreeMap;

/// Quantile of the normal distribution for 95 %.
const Z: f64 = 1.959_964;

/// A rate and its 95 % interval, all within 0..=1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// The rate.
    pub value: f64,
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// Counts of a rate, by cluster: what one person does is not independent, so their units are kept together.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally<C> {
    clusters: BTreeMap<C, (u64, u64)>,
}

impl<C: Ord> Default for Tally<C> {
    fn default() -> Self {
        Self { clusters: BTreeMap::new() }
    }
}

impl<C: Ord> Tally<C> {
    /// Counts a unit that has the property.
    pub fn hit(&mut self, cluster: C) {
        self.add(cluster, 1, 1);
    }

    /// Counts a unit that has not.
    pub fn miss(&mut self, cluster: C) {
        self.add(cluster, 0, 1);
    }

    /// Counts units of a cluster, so many of which have the property.
    pub fn add(&mut self, cluster: C, hits: u64, units: u64) {
        let own = self.clusters.entry(cluster).or_default();
        own.0 += hits;
        own.1 += units;
    }

    /// The clusters, each with its units that have the property, and all of them.
    pub fn iter(&self) -> impl Iterator<Item = (&C, (u64, u64))> {
        self.clusters.iter().map(|(cluster, counts)| (cluster, *counts))
    }

    /// Adds the counts of another tally.
    pub fn absorb(&mut self, other: Self) {
        other.clusters.into_iter().for_each(|(cluster, (hits, units))| self.add(cluster, hits, units));
    }

    /// Units with the property.
    pub fn numerator(&self) -> u64 {
        self.clusters.values().map(|(hits, _)| hits).sum()
    }

    /// All units.
    pub fn denominator(&self) -> u64 {
        self.clusters.values().map(|(_, units)| units).sum()
    }

    /// Clusters with at least one unit that has the property, and all of them.
    pub fn clusters(&self) -> (u64, u64) {
        let having = self.clusters.values().filter(|(hits, _)| *hits > 0).count();
        (having as u64, self.clusters.len() as u64)
    }

    /// The rate and its interval; see [`Clusters::rate`].
    pub fn rate(&self) -> Option<Rate> {
        let mut clusters = Clusters::default();
        self.clusters.values().for_each(|&(hits, units)| clusters.add(hits, units));
        clusters.rate()
    }
}

/// Sums over clusters: all that a rate's interval takes. Whole numbers, so that the order in which they are added leaves no trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    clusters: u64,
    hits: u64,
    units: u64,
    hits_squared: u64,
    hits_by_units: u64,
    units_squared: u64,
}

impl Clusters {
    /// Adds a cluster of so many units, so many of which have the property.
    pub fn add(&mut self, hits: u64, units: u64) {
        self.clusters += 1;
        self.hits += hits;
        self.units += units;
        self.hits_squared += hits * hits;
        self.hits_by_units += hits * units;
        self.units_squared += units * units;
    }

    /// Units with the property.
    pub fn numerator(&self) -> u64 {
        self.hits
    }

    /// All units.
    pub fn denominator(&self) -> u64 {
        self.units
    }

    /// The rate with Wilson's interval on the effective number of units, n / deff: deff = max(1, V / (p(1−p)/n)) with the
    /// linearised variance of a ratio over clusters, V = c/(c−1) · Σ(y − p·m)² / (Σm)² (Cochran, *Sampling Techniques*, 6.4);
    /// deff = n/c where that says nothing (p = 0, p = 1, one cluster). `None` without units.
    pub fn rate(&self) -> Option<Rate> {
        let (hits, units, clusters) = (self.hits as f64, self.units as f64, self.clusters as f64);
        if self.units == 0 {
            return None;
        }
        let p = hits / units;
        let deff = if self.clusters < 2 || self.hits == 0 || self.hits == self.units {
            units / clusters
        } else {
            (self.variance(p) / (p * (1.0 - p) / units)).max(1.0)
        };
        let (low, high) = wilson(p, units / deff);
        Some(Rate { value: p, low, high })
    }

    /// The linearised variance of the ratio `p` over at least two clusters.
    fn variance(&self, p: f64) -> f64 {
        let (clusters, units) = (self.clusters as f64, self.units as f64);
        // Σ(y − p·m)², written out.
        let cross = self.hits_by_units as f64;
        let squares = self.hits_squared as f64 - 2.0 * p * cross + p * p * self.units_squared as f64;
        clusters / (clusters - 1.0) * squares / (units * units)
    }
}

/// Wilson's score interval of a proportion `p` of `n` units, without continuity correction (Wilson 1927; Newcombe 1998a, method 3).
pub fn wilson(p: f64, n: f64) -> (f64, f64) {
    let z2 = Z * Z;
    let centre = 2.0 * n * p + z2;
    let spread = Z * (z2 + 4.0 * n * p * (1.0 - p)).sqrt();
    let scale = 2.0 * (n + z2);
    // Rounding may leave the exact ends 0 and 1 by an ulp.
    let low = if p <= 0.0 { 0.0 } else { ((centre - spread) / scale).clamp(0.0, p) };
    let high = if p >= 1.0 { 1.0 } else { ((centre + spread) / scale).clamp(p, 1.0) };
    (low, high)
}

/// Newcombe's score interval of a difference `a − b` of two rates (Newcombe 1998b, method 10): (difference, low, high).
pub fn newcombe(a: Rate, b: Rate) -> (f64, f64, f64) {
    let difference = a.value - b.value;
    let low = difference - (a.value - a.low).hypot(b.high - b.value);
    let high = difference + (a.high - a.value).hypot(b.value - b.low);
    (difference, low, high)
}

/// Percentile `q` in 0..=1 by nearest rank. `None` of nothing.
pub fn percentile(values: &mut [i64], q: f64) -> Option<i64> {
    values.sort_unstable();
    let rank = (q * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::story::Seeded;

    fn simple(hits: u32, units: u32) -> Rate {
        let value = f64::from(hits) / f64::from(units);
        let (low, high) = wilson(value, f64::from(units));
        Rate { value, low, high }
    }

    #[track_caller]
    fn check(found: f64, published: f64) {
        assert!((found - published).abs() < 0.000_051, "found {found}, published {published}");
    }

    #[test]
    fn wilson_gives_the_published_intervals() {
        // Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
        for (hits, units, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let rate = simple(hits, units);
            check(rate.low, low);
            check(rate.high, high);
        }
    }

    #[test]
    fn newcombe_gives_the_published_intervals() {
        // Newcombe 1998, Statistics in Medicine 17:873, table II, method 10.
        for (a, b, low, high) in [
            ((56, 70), (48, 80), 0.0524, 0.3339),
            ((9, 10), (3, 10), 0.1705, 0.8090),
            ((5, 56), (0, 29), -0.0381, 0.1926),
            ((6, 7), (2, 7), 0.0582, 0.8062),
            ((0, 10), (0, 20), -0.1611, 0.2775),
            ((0, 10), (0, 10), -0.2775, 0.2775),
            ((10, 10), (0, 20), 0.6791, 1.0),
            ((10, 10), (0, 10), 0.6075, 1.0),
        ] {
            let (_, found_low, found_high) = newcombe(simple(a.0, a.1), simple(b.0, b.1));
            check(found_low, low);
            check(found_high, high);
        }
    }

    #[test]
    fn a_rate_of_nothing_is_nothing() {
        assert_eq!(Tally::<u8>::default().rate(), None);
        assert_eq!(percentile(&mut [], 0.5), None);
    }

    #[test]
    fn one_unit_a_visitor_widens_by_no_more_than_the_degree_of_freedom() {
        let mut tally = Tally::default();
        (0..100).for_each(|visitor| if visitor < 30 { tally.hit(visitor) } else { tally.miss(visitor) });
        let (low, high) = wilson(0.3, 99.0);
        let rate = tally.rate().unwrap();
        assert!((rate.low - low).abs() < 1e-12 && (rate.high - high).abs() < 1e-12);
    }

    #[test]
    fn repeating_each_visitor_ten_times_does_not_narrow_the_interval() {
        let once = simple(30, 100);
        let mut tally = Tally::default();
        for visitor in 0..100 {
            (0..10).for_each(|_| if visitor < 30 { tally.hit(visitor) } else { tally.miss(visitor) });
        }
        let repeated = tally.rate().unwrap();
        assert!((repeated.value - once.value).abs() < 1e-12);
        assert!(repeated.high - repeated.low >= once.high - once.low);
        assert!(repeated.high - repeated.low < 1.02 * (once.high - once.low));
    }

    #[test]
    fn without_variation_the_clusters_are_the_units() {
        let mut tally = Tally::default();
        (0..20).for_each(|visitor| (0..5).for_each(|_| tally.miss(visitor)));
        check(tally.rate().unwrap().high, 0.1611);
        let mut one = Tally::default();
        one.hit(0);
        one.miss(0);
        let (low, high) = wilson(0.5, 1.0);
        assert_eq!(one.rate(), Some(Rate { value: 0.5, low, high }));
    }

    #[test]
    fn the_variance_over_clusters_is_that_of_a_bootstrap_of_clusters() {
        let mut random = Seeded(7);
        let mut below = move |bound: u64| random.below(bound as i64) as u64;
        // Visitors with one to nine episodes, most of each visitor's alike.
        let mut tally = Tally::default();
        for visitor in 0..300 {
            let (episodes, often) = (1 + below(9), below(10) < 3);
            for _ in 0..episodes {
                let usual = below(10) < 8;
                if usual == often { tally.hit(visitor) } else { tally.miss(visitor) }
            }
        }
        let (hits, units) = (tally.numerator() as f64, tally.denominator() as f64);
        let clusters: Vec<(u64, u64)> = tally.clusters.values().copied().collect();
        let drawn: Vec<f64> = (0..4_000)
            .map(|_| {
                let sample = (0..clusters.len()).map(|_| clusters[below(clusters.len() as u64) as usize]);
                let (y, m) = sample.fold((0, 0), |sum, cluster| (sum.0 + cluster.0, sum.1 + cluster.1));
                y as f64 / m as f64
            })
            .collect();
        let mean = drawn.iter().sum::<f64>() / drawn.len() as f64;
        let bootstrap = drawn.iter().map(|p| (p - mean).powi(2)).sum::<f64>() / (drawn.len() - 1) as f64;
        let mut sums = Clusters::default();
        clusters.iter().for_each(|&(hits, units)| sums.add(hits, units));
        let (p, variance) = (hits / units, sums.variance(hits / units));
        assert!((variance / bootstrap - 1.0).abs() < 0.06, "{variance} against {bootstrap}");
        assert!(variance > 2.0 * p * (1.0 - p) / units, "clusters matter here: {variance}");
        // The interval is about as wide as the bootstrap's own.
        let mut drawn = drawn;
        drawn.sort_by(f64::total_cmp);
        let (low, high) = (drawn[100], drawn[3_899]);
        let rate = tally.rate().unwrap();
        assert!(((rate.high - rate.low) / (high - low) - 1.0).abs() < 0.06, "{rate:?} against {low} to {high}");
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        let mut values = [15, 20, 35, 40, 50];
        assert_eq!(percentile(&mut values, 0.05), Some(15));
        assert_eq!(percentile(&mut values, 0.30), Some(20));
        assert_eq!(percentile(&mut values, 0.40), Some(20));
        assert_eq!(percentile(&mut values, 0.50), Some(35));
        assert_eq!(percentile(&mut values, 1.0), Some(50));
        assert_eq!(percentile(&mut values, 0.0), Some(15));
    }

    proptest::proptest! {
        #[test]
        fn an_interval_holds_its_rate_and_stays_within_bounds(counts in proptest::collection::vec((0u64..9, 0u64..9), 1..40)) {
            let mut tally = Tally::default();
            for (visitor, (hits, misses)) in counts.into_iter().enumerate() {
                (0..hits).for_each(|_| tally.hit(visitor));
                (0..misses).for_each(|_| tally.miss(visitor));
            }
            if let Some(rate) = tally.rate() {
                proptest::prop_assert!(0.0 <= rate.low && rate.low <= rate.value);
                proptest::prop_assert!(rate.value <= rate.high && rate.high <= 1.0);
            }
        }
    }
}
