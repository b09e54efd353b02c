//! Ranking quality of one query: nDCG, reciprocal rank, recall and success, after the usual definitions.

use std::collections::HashMap;

/// Judged pages of one query: id → grade; a grade of 0 or less is "not relevant".
pub type Judgments = HashMap<String, i32>;

/// What one ranking is worth, each in 0..=1; means over queries are taken of each by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quality {
    /// Normalised discounted cumulative gain of the first 10, gain 2^grade − 1, discount log2(rank + 1) (Burges et al. 2005).
    pub ndcg_10: f64,
    /// 1 / rank of the first relevant page among the first 10, else 0.
    pub mrr_10: f64,
    /// Share of the relevant pages that stand among the first 10.
    pub recall_10: f64,
    /// Share of the relevant pages that stand among the first 100.
    pub recall_100: f64,
    /// 1 if the first page is relevant, else 0.
    pub success_1: f64,
}

/// Scores a ranking, best first, without repetitions. `None` if no page of the query is relevant: it says nothing then.
pub fn quality(ranking: &[&str], judgments: &Judgments) -> Option<Quality> {
    let relevant = judgments.values().filter(|grade| **grade > 0).count() as f64;
    if relevant == 0.0 {
        return None;
    }
    let grade = |id: &&str| judgments.get(*id).copied().unwrap_or(0).max(0);
    let found = |first: usize| ranking.iter().take(first).filter(|id| grade(id) > 0).count() as f64;
    let mut ideal: Vec<i32> = judgments.values().copied().filter(|grade| *grade > 0).collect();
    ideal.sort_unstable_by(|a, b| b.cmp(a));
    Some(Quality {
        ndcg_10: discounted_gain(ranking.iter().map(grade)) / discounted_gain(ideal.into_iter()),
        mrr_10: ranking.iter().take(10).position(|id| grade(id) > 0).map_or(0.0, |before| 1.0 / (before + 1) as f64),
        recall_10: found(10) / relevant,
        recall_100: found(100) / relevant,
        success_1: found(1),
    })
}

/// Mean of each figure; zeros for no query.
pub fn mean(qualities: &[Quality]) -> Quality {
    let of = |figure: fn(&Quality) -> f64| qualities.iter().map(figure).sum::<f64>() / qualities.len().max(1) as f64;
    Quality {
        ndcg_10: of(|q| q.ndcg_10),
        mrr_10: of(|q| q.mrr_10),
        recall_10: of(|q| q.recall_10),
        recall_100: of(|q| q.recall_100),
        success_1: of(|q| q.success_1),
    }
}

fn discounted_gain(grades: impl Iterator<Item = i32>) -> f64 {
    grades.take(10).enumerate().map(|(place, grade)| (2f64.powi(grade) - 1.0) / (place as f64 + 2.0).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn judged(grades: &[(&str, i32)]) -> Judgments {
        grades.iter().map(|(id, grade)| (id.to_string(), *grade)).collect()
    }

    #[test]
    fn figures_equal_those_worked_out_by_hand() {
        // Gains at ranks 1..4: 0, 7, 0, 1; ideal 7, 3, 1.
        let judgments = judged(&[("b", 3), ("d", 1), ("x", 2), ("a", 0), ("c", -1)]);
        let quality = quality(&["a", "b", "c", "d"], &judgments).expect("relevant pages");
        let gain = 7.0 / 3f64.log2() + 1.0 / 5f64.log2();
        let ideal = 7.0 + 3.0 / 3f64.log2() + 1.0 / 4f64.log2();
        assert!((quality.ndcg_10 - gain / ideal).abs() < 1e-12);
        assert!((quality.ndcg_10 - 0.516_1).abs() < 1e-4, "{}", quality.ndcg_10);
        assert_eq!((quality.mrr_10, quality.success_1), (0.5, 0.0));
        assert_eq!((quality.recall_10, quality.recall_100), (2.0 / 3.0, 2.0 / 3.0));
    }

    #[test]
    fn a_page_after_the_tenth_counts_for_recall_at_100_alone() {
        let ranking: Vec<String> = (0..100).map(|i| i.to_string()).collect();
        let ranking: Vec<&str> = ranking.iter().map(String::as_str).collect();
        let late = quality(&ranking, &judged(&[("10", 1)])).expect("a relevant page");
        assert_eq!(late, Quality { recall_100: 1.0, ..Quality::default() });
        let tenth = quality(&ranking, &judged(&[("9", 1)])).expect("a relevant page");
        assert_eq!((tenth.mrr_10, tenth.recall_10), (0.1, 1.0));
        assert!((tenth.ndcg_10 - 1.0 / 11f64.log2()).abs() < 1e-12);
    }

    #[test]
    fn a_query_without_a_relevant_page_has_no_quality() {
        assert_eq!(quality(&["a"], &judged(&[("a", 0)])), None);
    }

    #[test]
    fn means_are_taken_figure_by_figure() {
        let one = Quality { ndcg_10: 1.0, mrr_10: 0.5, ..Quality::default() };
        let mean = mean(&[one, Quality::default()]);
        assert_eq!((mean.ndcg_10, mean.mrr_10), (0.5, 0.25));
    }

    proptest! {
        #[test]
        fn every_figure_lies_between_0_and_1_and_the_ideal_order_reaches_1(grades in prop::collection::vec(0..4i32, 1..30)) {
            let mut graded: Vec<(String, i32)> = grades.iter().enumerate().map(|(i, g)| (i.to_string(), *g)).collect();
            let judgments: Judgments = graded.iter().cloned().collect();
            let ids = |graded: &[(String, i32)]| graded.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
            let as_given = ids(&graded);
            graded.sort_by_key(|(_, grade)| -grade);
            let ideal = ids(&graded);
            let refs = |ids: &[String]| quality(&ids.iter().map(String::as_str).collect::<Vec<_>>(), &judgments);
            if let Some(quality) = refs(&as_given) {
                for figure in [quality.ndcg_10, quality.mrr_10, quality.recall_10, quality.recall_100, quality.success_1] {
                    prop_assert!((0.0..=1.0 + 1e-12).contains(&figure));
                }
                prop_assert!((refs(&ideal).expect("relevant").ndcg_10 - 1.0).abs() < 1e-12);
            }
        }
    }
}
