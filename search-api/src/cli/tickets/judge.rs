//! How well topics are those that people gave: the usual measures, for a choice of likeness.

use std::collections::BTreeMap;
use std::hash::Hash;

/// How alike two ways of grouping the same things are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    /// Adjusted Rand index (Hubert, Arabie 1985): 1 equal, 0 chance.
    pub rand: f64,
    /// Mutual information over the mean of the entropies: 1 equal, 0 independent.
    pub information: f64,
    /// Share of things whose label is the commonest of their group.
    pub purity: f64,
}

/// Compares groups (first) with labels (second), a pair for each thing.
pub fn agreement<G: Ord + Hash, L: Ord + Hash>(things: &[(G, L)]) -> Agreement {
    let (mut groups, mut labels, mut both) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for (group, label) in things {
        *groups.entry(group).or_insert(0_u64) += 1;
        *labels.entry(label).or_insert(0_u64) += 1;
        *both.entry((group, label)).or_insert(0_u64) += 1;
    }
    let all = things.len() as f64;
    let pairs = |counts: &mut dyn Iterator<Item = u64>| counts.map(|n| n as f64 * (n as f64 - 1.0) / 2.0).sum::<f64>();
    let (one, other) = (pairs(&mut groups.values().copied()), pairs(&mut labels.values().copied()));
    let (shared, whole) = (pairs(&mut both.values().copied()), all * (all - 1.0) / 2.0);
    let expected = one * other / whole;
    let entropy = |counts: &mut dyn Iterator<Item = u64>| {
        counts.map(|n| n as f64 / all).map(|share| -share * share.ln()).sum::<f64>()
    };
    let (of_groups, of_labels) = (entropy(&mut groups.values().copied()), entropy(&mut labels.values().copied()));
    let mutual = of_groups + of_labels - entropy(&mut both.values().copied());
    let mut commonest: BTreeMap<&G, u64> = BTreeMap::new();
    for ((group, _), &count) in &both {
        let most = commonest.entry(group).or_default();
        *most = count.max(*most);
    }
    Agreement {
        rand: (shared - expected) / ((one + other) / 2.0 - expected),
        information: 2.0 * mutual / (of_groups + of_labels),
        purity: commonest.values().sum::<u64>() as f64 / all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agreement_is_that_of_the_published_example() {
        // Manning, Raghavan, Schütze: Introduction to Information Retrieval, figure 16.4: Rand index pairs TP 20, FP 20, FN 24,
        // TN 72; purity 0.71, normalised mutual information 0.36.
        let groups = ["xxxxxo", "xooood", "xxddd"];
        let things =
            groups.iter().enumerate().flat_map(|(group, labels)| labels.chars().map(move |label| (group, label)));
        let found = agreement(&things.collect::<Vec<_>>());
        assert!((found.purity - 12.0 / 17.0).abs() < 1e-9 && (found.information - 0.36).abs() < 0.005, "{found:?}");
        let (tp, fp, fne, all) = (20.0, 20.0, 24.0, 136.0);
        let expected = (tp + fp) * (tp + fne) / all;
        let rand = (tp - expected) / ((2.0 * tp + fp + fne) / 2.0 - expected);
        assert!((found.rand - rand).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn the_same_groups_under_other_names_agree_wholly() {
        let found = agreement(&[(1, 'b'), (1, 'b'), (2, 'a'), (2, 'a')]);
        assert_eq!((found.rand, found.purity), (1.0, 1.0));
        assert!((found.information - 1.0).abs() < 1e-9);
    }
}
