//! Facets: which articles a filter lets through, and how many of those found have each value.

use indexer::visible::LanguageView;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Values of one facet that are counted: the most frequent, of equally frequent ones the first by name.
pub const MOST_VALUES: usize = 100;

/// Key → value → articles.
pub type Counts = BTreeMap<String, BTreeMap<String, usize>>;

/// A filter as the articles of one language know it: for each key the wanted values that some article has.
pub struct Filter(Vec<Vec<u32>>);

impl Filter {
    /// Reads a filter. A value or key that no article has lets none through.
    pub fn of(filters: &BTreeMap<String, Vec<String>>, view: &LanguageView) -> Self {
        let known = |(key, values): (&String, &Vec<String>)| {
            values.iter().filter_map(|value| view.facets().number(key, value)).collect()
        };
        Self(filters.iter().map(known).collect())
    }

    /// Says whether an article has, for each key, one of its values.
    pub fn admits(&self, view: &LanguageView, article: u32) -> bool {
        let held = view.facets().of_article(article);
        self.0.iter().all(|wanted| wanted.iter().any(|value| held.binary_search(value).is_ok()))
    }
}

/// Counts the articles that have each value of each facet: at most [`MOST_VALUES`] of each. Articles of one language stand together.
pub fn count<'a>(found: impl Iterator<Item = (&'a LanguageView, u32)>) -> Counts {
    let mut named: Vec<(&str, &str, usize)> = Vec::new();
    let mut found = found.peekable();
    let mut several = false;
    while let Some((view, first)) = found.next() {
        let facets = view.facets();
        let mut counts = vec![0_u32; facets.names().len()];
        // Of many tags most stand at none of the articles found.
        let mut counted = Vec::new();
        // Read first and counted then: where the articles are far apart, the processor waits for many at once.
        let mut held = vec![facets.of_article(first)];
        while let Some((_, article)) = found.next_if(|(next, _)| std::ptr::eq(*next, view)) {
            held.push(facets.of_article(article));
        }
        for value in held.into_iter().flatten() {
            let count = &mut counts[*value as usize];
            if *count == 0 {
                counted.push(*value);
            }
            *count += 1;
        }
        several |= found.peek().is_some();
        for of_key in facets.keys() {
            let of_key = counted.iter().filter(|number| of_key.contains(number));
            let mut of_key: Vec<_> = of_key.map(|number| (Reverse(counts[*number as usize]), *number)).collect();
            // Numbers stand in the order of the values: where there is one language, most values' names need not be looked at.
            if !several && of_key.len() > MOST_VALUES {
                of_key.select_nth_unstable(MOST_VALUES);
                of_key.truncate(MOST_VALUES);
            }
            named.extend(of_key.into_iter().map(|(Reverse(count), number)| {
                let (key, value) = &facets.names()[number as usize];
                (key.as_str(), value.as_str(), count as usize)
            }));
        }
    }
    if several {
        merge(&mut named);
    }
    let facets = named.chunk_by(|(key, ..), (next, ..)| key == next);
    facets.map(|values| (values[0].0.to_owned(), most_frequent(values))).collect()
}

/// Puts values in order and adds up the counts of equal ones, which those of several languages may be.
fn merge(named: &mut Vec<(&str, &str, usize)>) {
    named.sort_by_key(|(key, value, _)| (*key, *value));
    named.dedup_by(|(key, value, count), (same_key, same_value, sum)| {
        let same = (&*key, &*value) == (&*same_key, &*same_value);
        *sum += if same { *count } else { 0 };
        same
    });
}

/// The most frequent of values that are in order.
fn most_frequent(values: &[(&str, &str, usize)]) -> BTreeMap<String, usize> {
    let mut order: Vec<_> = values.iter().enumerate().map(|(place, (_, _, count))| (Reverse(*count), place)).collect();
    if order.len() > MOST_VALUES {
        order.select_nth_unstable(MOST_VALUES);
        order.truncate(MOST_VALUES);
    }
    order.into_iter().map(|(Reverse(count), place)| (values[place].1.to_owned(), count)).collect()
}
