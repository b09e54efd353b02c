//! The facet values of a viewer's articles, numbered: what is counted and filtered by for every query is worked out once.

use crate::article::Head;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

/// Joins the parts of a category's path.
const JOINT: &str = " / ";

/// Which articles have which values of which facets: kind, language, tags, category (each article's and all above it) and what the
/// portal names.
pub struct Facets {
    /// Key and value by number, in their order.
    names: Vec<(String, String)>,
    /// The numbers of each key's values, in the order of the keys.
    keys: Vec<Range<u32>>,
    /// Values of all articles, one article's after the other's, each in order and once.
    values: Vec<u32>,
    /// Where each article's end.
    ends: Vec<u32>,
}

impl Facets {
    pub(super) fn of<'a>(heads: impl Iterator<Item = &'a Head>) -> Self {
        let mut numbers = HashMap::<(Cow<str>, Cow<str>), u32>::new();
        let (mut values, mut ends) = (Vec::new(), Vec::new());
        for head in heads {
            each_value(head, |key, value| {
                let next = numbers.len() as u32;
                values.push(*numbers.entry((key.into(), value)).or_insert(next));
            });
            ends.push(values.len() as u32);
        }
        // From the order of arrival to that of the names.
        let mut named: Vec<_> = numbers.into_iter().collect();
        named.sort_unstable();
        let mut places = vec![0; named.len()];
        for (place, (_, number)) in (0..).zip(&named) {
            places[*number as usize] = place;
        }
        values.iter_mut().for_each(|value| *value = places[*value as usize]);
        let mut first = 0;
        let keys = named.chunk_by(|((key, _), _), ((next, _), _)| key == next).map(|of_key| {
            let numbers = first..first + of_key.len() as u32;
            first = numbers.end;
            numbers
        });
        let keys = keys.collect();
        let names = named.into_iter().map(|((key, value), _)| (key.into_owned(), value.into_owned())).collect();
        Self { names, keys, ..Self::without_repeats(values, ends) }
    }

    /// Puts each article's values in order and drops the repeated ones.
    fn without_repeats(mut values: Vec<u32>, mut ends: Vec<u32>) -> Self {
        let (mut start, mut kept) = (0, 0);
        for end in &mut ends {
            let own = start..*end as usize;
            start = own.end;
            values[own.clone()].sort_unstable();
            let first = kept;
            for at in own {
                if kept == first || values[kept - 1] != values[at] {
                    values[kept] = values[at];
                    kept += 1;
                }
            }
            *end = kept as u32;
        }
        values.truncate(kept);
        Self { names: Vec::new(), keys: Vec::new(), values, ends }
    }

    /// Numbers of the values of one article, in order.
    #[inline]
    pub fn of_article(&self, article: u32) -> &[u32] {
        let article = article as usize;
        let start = article.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.values[start as usize..self.ends[article] as usize]
    }

    /// The numbers of each key's values, in the order of the keys.
    pub fn keys(&self) -> &[Range<u32>] {
        &self.keys
    }

    /// Keys and values by number, in their order.
    pub fn names(&self) -> &[(String, String)] {
        &self.names
    }

    /// The number of a value, if an article has it.
    pub fn number(&self, key: &str, value: &str) -> Option<u32> {
        let found = self.names.binary_search_by(|(k, v)| (k.as_str(), v.as_str()).cmp(&(key, value)));
        found.ok().map(|place| place as u32)
    }
}

fn each_value<'a>(head: &'a Head, mut each: impl FnMut(&'a str, Cow<'a, str>)) {
    each("kind", head.kind.as_str().into());
    each("language", head.language.as_str().into());
    head.tags.iter().for_each(|tag| each("tags", tag.as_str().into()));
    (1..=head.category.len()).for_each(|depth| each("category", head.category[..depth].join(JOINT).into()));
    for (key, values) in
        head.facets.iter().filter(|(key, _)| !["kind", "language", "tags", "category"].contains(&key.as_str()))
    {
        values.iter().for_each(|value| each(key, value.as_str().into()));
    }
}
