//! Vectors to groups by average linkage: the nearest two are joined, again and again, until no two are near enough.
//!
//! Of two groups the mean cosine of their pairs counts (UPGMA; Sokal, Michener 1958), worked out exactly from sums of integers.
//! Only groups with neighbouring members are tried, so that the cost grows with the neighbours and not with all pairs.

use indexer::embedder::{cosine, direction, mean_cosine};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Points whose neighbours are looked up pair by pair; further ones only join what these have formed.
const FOUNDERS: usize = 10_000;
/// Neighbours of a point that may join it directly.
const NEIGHBOURS: usize = 20;
/// How much nearer to the middle of a group a point must be than groups to each other: the middle of many has less noise.
const MIDDLE: f64 = 0.05;

/// One thing, or several that belong together already: the sum of their vectors and their number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Point {
    /// Sum of the vectors.
    pub sum: Vec<i32>,
    /// How many they are; never 0.
    pub count: u64,
}

impl Point {
    /// One vector.
    pub fn of(vector: &[i8]) -> Self {
        Self { sum: vector.iter().map(|&part| i32::from(part)).collect(), count: 1 }
    }

    /// Takes in another.
    pub fn absorb(&mut self, other: &Self) {
        self.sum.iter_mut().zip(&other.sum).for_each(|(sum, part)| *sum += part);
        self.count += other.count;
    }

    /// The direction of the mean.
    pub fn middle(&self) -> Option<Box<[i8]>> {
        direction(&self.sum.iter().map(|&part| part as f32).collect::<Vec<_>>())
    }

    /// Mean cosine with another.
    pub fn likeness(&self, other: &Self) -> f64 {
        mean_cosine((&self.sum, self.count), (&other.sum, other.count))
    }
}

/// The group of each point, as the number of its first point. Groups of a mean cosine of at least `likeness` are joined, and each
/// point then goes where the middle is nearest. The earlier points lead: put those first that say most.
pub fn agglomerate(points: &[Point], likeness: f64) -> Vec<usize> {
    let founders = &points[..points.len().min(FOUNDERS)];
    let mut group = join(founders, likeness);
    group.extend(founders.len()..points.len());
    settle(points, &mut group, likeness + MIDDLE);
    first_of_each(&group)
}

/// A pair that may be joined; the greatest is joined first. Ties go to the earlier points.
#[derive(PartialEq)]
struct Pair {
    likeness: f64,
    points: Reverse<(usize, usize)>,
}

impl Eq for Pair {}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.likeness.total_cmp(&other.likeness).then_with(|| self.points.cmp(&other.points))
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

fn join(points: &[Point], likeness: f64) -> Vec<usize> {
    let mut nodes: Vec<Option<Point>> = points.iter().cloned().map(Some).collect();
    let mut beside = neighbours(points, likeness);
    let mut parent: Vec<usize> = (0..points.len()).collect();
    let mut pairs = BinaryHeap::new();
    let pair = |one: (usize, &Point), other: (usize, &Point)| {
        let found = one.1.likeness(other.1);
        let points = Reverse((one.0.min(other.0), one.0.max(other.0)));
        (found >= likeness).then_some(Pair { likeness: found, points })
    };
    for (one, others) in beside.iter().enumerate() {
        pairs.extend(others.range(one + 1..).filter_map(|&other| pair((one, &points[one]), (other, &points[other]))));
    }
    while let Some(Pair { points: Reverse((one, other)), .. }) = pairs.pop() {
        // Whatever has been joined since stands under a new number.
        if nodes[one].is_none() || nodes[other].is_none() {
            continue;
        }
        let (Some(mut joined), Some(second)) = (nodes[one].take(), nodes[other].take()) else { continue };
        joined.absorb(&second);
        let number = nodes.len();
        let mut around = std::mem::take(&mut beside[one]);
        around.append(&mut beside[other]);
        around.retain(|&node| node != one && node != other);
        for &node in &around {
            beside[node].remove(&one);
            beside[node].remove(&other);
            beside[node].insert(number);
            pairs.extend(nodes[node].as_ref().and_then(|there| pair((node, there), (number, &joined))));
        }
        (parent[one], parent[other]) = (number, number);
        parent.push(number);
        nodes.push(Some(joined));
        beside.push(around);
    }
    (0..points.len()).map(|point| root(&parent, point)).collect()
}

fn root(parent: &[usize], mut node: usize) -> usize {
    while parent[node] != node {
        node = parent[node];
    }
    node
}

/// For each point its nearest ones that are near enough, both ways.
fn neighbours(points: &[Point], likeness: f64) -> Vec<BTreeSet<usize>> {
    let middles: Vec<_> = points.iter().map(Point::middle).collect();
    let near = |one: usize| {
        let mut near: Vec<(f32, Reverse<usize>)> = Vec::new();
        let Some(own) = &middles[one] else { return near };
        // A mean cosine is at most that of the middles.
        let enough = (likeness - 0.01) as f32;
        for (other, middle) in middles.iter().enumerate().filter(|(other, _)| *other != one) {
            let found = middle.as_ref().map_or(-1.0, |middle| cosine(own, middle));
            if found >= enough {
                near.push((found, Reverse(other)));
            }
        }
        near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        near.truncate(NEIGHBOURS);
        near
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(points.len().div_ceil(500)).max(1);
    let stretch = points.len().div_ceil(threads).max(1);
    let work = |from: usize| (from..points.len().min(from + stretch)).map(near).collect::<Vec<_>>();
    let work = &work;
    let found: Vec<Vec<_>> = std::thread::scope(|scope| {
        let starts = (0..points.len()).step_by(stretch);
        let threads: Vec<_> = starts.map(|from| scope.spawn(move || work(from))).collect();
        let join = |thread: std::thread::ScopedJoinHandle<'_, Vec<_>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().flat_map(join).collect()
    });
    let mut beside = vec![BTreeSet::new(); points.len()];
    for (one, near) in found.into_iter().enumerate() {
        for (_, Reverse(other)) in near {
            beside[one].insert(other);
            beside[other].insert(one);
        }
    }
    beside
}

/// Moves each point to the group of several whose middle is nearest, if that is near enough; one that is near none is alone.
fn settle(points: &[Point], group: &mut [usize], likeness: f64) {
    let mut sums: std::collections::BTreeMap<usize, (Point, usize)> = std::collections::BTreeMap::new();
    for (point, &group) in points.iter().zip(group.iter()) {
        match sums.get_mut(&group) {
            Some((sum, members)) => {
                sum.absorb(point);
                *members += 1;
            }
            None => _ = sums.insert(group, (point.clone(), 1)),
        }
    }
    let several = sums.iter().filter(|(_, (_, members))| *members > 1);
    let middles: Vec<_> = several.filter_map(|(&group, (sum, _))| Some((group, sum.middle()?))).collect();
    for (number, (point, group)) in points.iter().zip(group.iter_mut()).enumerate() {
        let Some(own) = point.middle() else { continue };
        let near = middles.iter().map(|(group, middle)| (cosine(&own, middle), Reverse(*group)));
        match near.max_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))) {
            Some((found, Reverse(nearest))) if f64::from(found) >= likeness => *group = nearest,
            // Beyond the numbers of all groups that were formed, so that it meets none.
            _ => *group = 2 * points.len() + number,
        }
    }
}

fn first_of_each(group: &[usize]) -> Vec<usize> {
    let mut first = std::collections::HashMap::new();
    group.iter().enumerate().map(|(point, group)| *first.entry(*group).or_insert(point)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A point in a plane of 16 dimensions, by its angle.
    fn at(degrees: f32) -> Point {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut vector = [0.0; 16];
        (vector[0], vector[1]) = (cos, sin);
        Point::of(&direction(&vector).unwrap())
    }

    #[test]
    fn what_points_the_same_way_is_one_group_and_what_stands_alone_is_alone() {
        let points = [0.0, 90.0, 5.0, 95.0, 200.0, 10.0].map(at);
        assert_eq!(agglomerate(&points, 0.9), [0, 1, 0, 1, 4, 0]);
        assert_eq!(agglomerate(&[], 0.9), Vec::<usize>::new());
    }

    #[test]
    fn a_chain_of_neighbours_is_not_one_group() {
        // Single linkage would join all of them: each is 20 degrees from the next.
        let points: Vec<Point> = (0..18).map(|step| at(step as f32 * 20.0)).collect();
        let groups: BTreeSet<usize> = agglomerate(&points, 0.8).into_iter().collect();
        assert!(groups.len() >= 4, "{groups:?}");
    }

    #[test]
    fn a_point_of_many_weighs_more_than_one_of_few() {
        let mut many = at(0.0);
        (0..9).for_each(|_| many.absorb(&at(0.0)));
        assert_eq!(many.count, 10);
        assert!((many.likeness(&at(60.0)) - 0.5).abs() < 0.02);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

        #[test]
        fn every_group_is_named_by_its_first_point(angles in proptest::collection::vec(0.0..360.0_f32, 0..60)) {
            let points: Vec<Point> = angles.into_iter().map(at).collect();
            let groups = agglomerate(&points, 0.9);
            for (point, &group) in groups.iter().enumerate() {
                prop_assert!(group <= point && groups[group] == group);
            }
        }
    }
}
