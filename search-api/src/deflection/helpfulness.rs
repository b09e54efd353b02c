//! How far an article helped, counted apart for visitors who hold the same roles and attributes, and so see the same articles.

use super::log::Hash;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The last word of a visitor on an article.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The article's address slug.
    pub slug: String,
    /// Who said it.
    pub visitor: Hash,
    /// What they hold.
    pub held: Hash,
    /// Whether it solved their need.
    pub solved: bool,
}

/// By what visitors hold: article → share whom it helped, in 0..=1.
pub type Helpfulness = HashMap<Hash, HashMap<String, f32>>;

/// Counts votes. An article of which fewer than `min_group` visitors of a group spoke is left out for that group: what few say tells
/// who they are, and little of the article. The share is (solved + 1) / (votes + 2), so that few votes move it little (Laplace).
pub fn count(votes: &[Vote], min_group: usize) -> Helpfulness {
    let mut by_article = BTreeMap::<(Hash, &str), BTreeMap<Hash, bool>>::new();
    for vote in votes {
        by_article.entry((vote.held, &vote.slug)).or_default().insert(vote.visitor, vote.solved);
    }
    let mut helpfulness = Helpfulness::new();
    for ((held, slug), said) in by_article {
        let visitors: BTreeSet<&Hash> = said.keys().collect();
        if visitors.len() >= min_group {
            let solved = said.values().filter(|solved| **solved).count();
            let share = (solved + 1) as f32 / (visitors.len() + 2) as f32;
            helpfulness.entry(held).or_default().insert(slug.to_owned(), share);
        }
    }
    helpfulness
}

#[cfg(test)]
mod tests {
    use super::*;

    fn votes(slug: &str, held: u8, solved: usize, not: usize) -> Vec<Vote> {
        let vote =
            |number| Vote { slug: slug.into(), visitor: [number as u8; 16], held: [held; 16], solved: number < solved };
        (0..solved + not).map(vote).collect()
    }

    #[test]
    fn shares_are_counted_within_a_group_and_few_voices_are_none() {
        let all = [votes("a", 1, 4, 1), votes("a", 2, 0, 4), votes("b", 1, 0, 6), votes("c", 2, 8, 0)].concat();
        let counted = count(&all, 5);
        assert_eq!(counted[&[1; 16]], HashMap::from([("a".to_owned(), 5.0 / 7.0), ("b".to_owned(), 1.0 / 8.0)]));
        assert_eq!(counted[&[2; 16]], HashMap::from([("c".to_owned(), 0.9)]));
    }

    #[test]
    fn a_visitor_speaks_once() {
        let one = Vote { slug: "a".into(), visitor: [7; 16], held: [1; 16], solved: true };
        assert_eq!(count(&vec![one; 9], 5), Helpfulness::new());
    }
}
