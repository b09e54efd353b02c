//! Queries to groups by meaning: those of one model by their vectors, all others by their stems.

use super::agglomerate::{Point, agglomerate};
use crate::deflection::log::QueryVector;
use crate::deflection::stems::stems;
use indexer::embedder::{ModelDigest, direction};
use indexer::language::Language;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Length of the vector that stands for a set of stems.
const SKETCH: usize = 512;
/// Mean likeness of sets of stems from which they are one group: of their cosine, the rarer stems weighing more.
pub const STEM_LIKENESS: f64 = 0.5;

/// A normalised query, of everybody who asked it.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    /// The query. No two are equal.
    pub text: &'a str,
    /// Language that it was read in.
    pub language: Language,
    /// Its vector, where one is known.
    pub vector: Option<&'a QueryVector>,
    /// How many asked it.
    pub people: usize,
}

/// Queries that mean the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Meaning {
    /// Their numbers in the list that was grouped, the most central first.
    pub queries: Vec<usize>,
    /// The model by whose vectors they were compared; `None`: by their stems.
    pub model: Option<ModelDigest>,
    /// The sum of what was compared.
    pub point: Point,
}

/// Groups queries: the same groups in the same order, whatever the order of the list. Groups by people, most first, then by text.
pub fn by_meaning(queries: &[Asked<'_>], likeness: f64) -> Vec<Meaning> {
    let mut order: Vec<usize> = (0..queries.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        queries[b].people.cmp(&queries[a].people).then_with(|| queries[a].text.cmp(queries[b].text))
    });
    let model = commonest_model(queries);
    // What a model makes of bare numbers is chance: they are like nothing but themselves.
    let says_something = |query: usize| queries[query].text.contains(char::is_alphabetic);
    let vector =
        |query: usize| queries[query].vector.filter(|vector| Some(vector.model) == model && says_something(query));
    let (compared, others): (Vec<usize>, Vec<usize>) = order.iter().partition(|&&query| vector(query).is_some());

    let points: Vec<Point> = compared.iter().filter_map(|&query| Some(Point::of(&vector(query)?.values))).collect();
    let mut meanings = gathered(&compared, &points, likeness, model);

    // A query without a vector means what one with the same stems does.
    let stemmed: Vec<BTreeSet<String>> = queries.iter().map(|query| stems(&query.language, query.text)).collect();
    let key = |query: usize| (&queries[query].language, &stemmed[query]);
    let mut known = BTreeMap::new();
    for (place, meaning) in meanings.iter().enumerate() {
        for &query in meaning.queries.iter().filter(|&&query| !stemmed[query].is_empty()) {
            known.entry(key(query)).or_insert(place);
        }
    }
    let (like_known, unknown): (Vec<usize>, Vec<usize>) =
        others.iter().partition(|&&query| known.contains_key(&key(query)));
    let places: Vec<(usize, usize)> = like_known.iter().map(|&query| (known[&key(query)], query)).collect();
    let sketches = sketches(&unknown, queries, &stemmed);
    let points: Vec<Point> = sketches.iter().map(|sketch| Point::of(sketch)).collect();
    places.into_iter().for_each(|(place, query)| meanings[place].queries.push(query));
    meanings.extend(gathered(&unknown, &points, STEM_LIKENESS, None));

    let people = |meaning: &Meaning| meaning.queries.iter().map(|&query| queries[query].people).sum::<usize>();
    let first = |meaning: &Meaning| meaning.queries.iter().map(|&query| queries[query].text).min();
    meanings.sort_by(|a, b| people(b).cmp(&people(a)).then_with(|| first(a).cmp(&first(b))));
    meanings
}

/// The model of most vectors.
fn commonest_model(queries: &[Asked<'_>]) -> Option<ModelDigest> {
    let mut counts: BTreeMap<[u8; 32], (usize, ModelDigest)> = BTreeMap::new();
    for vector in queries.iter().filter_map(|query| query.vector) {
        counts.entry(vector.model.0).or_insert((0, vector.model)).0 += 1;
    }
    counts.into_iter().max_by_key(|(digest, (count, _))| (*count, *digest)).map(|(_, (_, model))| model)
}

/// Groups of queries with these points, each with its sum; within a group the most central first.
fn gathered(queries: &[usize], points: &[Point], likeness: f64, model: Option<ModelDigest>) -> Vec<Meaning> {
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (place, group) in agglomerate(points, likeness).into_iter().enumerate() {
        groups.entry(group).or_default().push(place);
    }
    let gather = |mut places: Vec<usize>| {
        let mut sum = points[places[0]].clone();
        places[1..].iter().for_each(|&place| sum.absorb(&points[place]));
        let central = |place: usize| points[place].likeness(&sum);
        places.sort_by(|&a, &b| central(b).total_cmp(&central(a)).then(a.cmp(&b)));
        Meaning { queries: places.into_iter().map(|place| queries[place]).collect(), model, point: sum }
    };
    groups.into_values().map(gather).collect()
}

/// A vector for each set of stems, so that their cosine is about that of the sets: every stem has a direction of its own, drawn by
/// a hash, and weighs the more, the fewer queries have it (random indexing; Kanerva, Kristoferson, Holst 2000).
fn sketches(wanted: &[usize], queries: &[Asked<'_>], stemmed: &[BTreeSet<String>]) -> Vec<Box<[i8]>> {
    let mut having: BTreeMap<(&Language, &str), usize> = BTreeMap::new();
    let keys = |query: usize| stemmed[query].iter().map(move |stem| (&queries[query].language, stem.as_str()));
    wanted.iter().flat_map(|&query| keys(query)).for_each(|key| *having.entry(key).or_default() += 1);
    let sketch = |query: usize| {
        let mut sum = [0.0_f32; SKETCH];
        let mut add = |language: &Language, text: &str, weight: f32| {
            let mut bits = [0; SKETCH / 8];
            let mut hasher = blake3::Hasher::new();
            hasher.update(language.as_str().as_bytes()).update(b" ").update(text.as_bytes());
            hasher.finalize_xof().fill(&mut bits);
            for (place, part) in sum.iter_mut().enumerate() {
                *part += if bits[place / 8] >> (place % 8) & 1 == 0 { weight } else { -weight };
            }
        };
        for (language, stem) in keys(query) {
            let share = having[&(language, stem)] as f32 / wanted.len() as f32;
            add(language, stem, 1.0 - share.ln());
        }
        if stemmed[query].is_empty() {
            // Of stop words alone: like nothing but itself.
            add(&queries[query].language, &format!(" {}", queries[query].text), 1.0);
        }
        direction(&sum).unwrap_or_default()
    };
    wanted.iter().map(|&query| sketch(query)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deflection::story::angle;
    use proptest::prelude::*;

    fn english() -> Language {
        Language::parse("en").unwrap()
    }

    fn grouped(queries: &[Asked<'_>]) -> Vec<Vec<String>> {
        let texts = |meaning: Meaning| {
            let mut texts: Vec<String> = meaning.queries.iter().map(|&query| queries[query].text.to_owned()).collect();
            texts.sort();
            texts
        };
        by_meaning(queries, 0.7).into_iter().map(texts).collect()
    }

    /// Text, people and the angle of the vector of each query.
    #[track_caller]
    fn check(queries: &[(&str, usize, Option<f64>)], expected: &[&[&str]]) {
        let vectors: Vec<_> = queries.iter().map(|(_, _, degrees)| degrees.and_then(angle)).collect();
        let asked = queries.iter().zip(&vectors).map(|(&(text, people, _), vector)| Asked {
            text,
            language: english(),
            vector: vector.as_ref(),
            people,
        });
        assert_eq!(grouped(&asked.collect::<Vec<_>>()), expected);
    }

    #[test]
    fn queries_with_vectors_are_grouped_by_them() {
        check(
            &[("where is my card", 1, Some(0.0)), ("card not here", 4, Some(20.0)), ("pay a bill", 3, Some(120.0))],
            &[&["card not here", "where is my card"], &["pay a bill"]],
        );
    }

    #[test]
    fn queries_without_vectors_are_grouped_by_their_stems() {
        check(
            &[
                ("reset password", 1, None),
                ("resetting my passwords", 1, None),
                ("password reset", 5, None),
                ("holiday calendar", 2, None),
                ("how do i", 1, None),
                ("what is this", 1, None),
            ],
            &[
                &["password reset", "reset password", "resetting my passwords"],
                &["holiday calendar"],
                &["how do i"],
                &["what is this"],
            ],
        );
    }

    #[test]
    fn bare_numbers_are_like_nothing_but_themselves() {
        let queries = [
            ("12345", 2, Some(0.0)),
            ("98 76 5", 1, Some(1.0)),
            ("order 12345", 3, Some(2.0)),
            ("my order", 1, Some(3.0)),
        ];
        check(&queries, &[&["my order", "order 12345"], &["12345"], &["98 76 5"]]);
    }

    #[test]
    fn a_query_without_a_vector_joins_the_one_with_the_same_stems() {
        check(
            &[("reset password", 1, Some(0.0)), ("new password", 1, Some(10.0)), ("password resets", 1, None)],
            &[&["new password", "password resets", "reset password"]],
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

        #[test]
        fn the_order_of_the_list_leaves_no_trace(
            (drawn, turned) in proptest::collection::vec((0..360_u16, 1..9_usize, 0..4_u8), 0..40)
                .prop_flat_map(|drawn| (Just(drawn.clone()), Just(drawn).prop_map(|d| (0..d.len()).collect::<Vec<_>>()).prop_shuffle())),
        ) {
            let texts: Vec<String> = (0..drawn.len()).map(|number| format!("word{} word{number}", number % 7)).collect();
            let vectors: Vec<_> = drawn.iter().map(|(degrees, _, _)| angle(f64::from(*degrees))).collect();
            let asked = |number: usize| Asked {
                text: &texts[number],
                language: english(),
                vector: vectors[number].as_ref().filter(|_| drawn[number].2 > 0),
                people: drawn[number].1,
            };
            let straight: Vec<Asked> = (0..drawn.len()).map(asked).collect();
            let shuffled: Vec<Asked> = turned.iter().map(|&number| asked(number)).collect();
            prop_assert_eq!(grouped(&straight), grouped(&shuffled));
            prop_assert_eq!(grouped(&straight).concat().len(), drawn.len());
        }
    }
}
