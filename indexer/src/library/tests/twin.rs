//! What a viewer sees is a function of the articles that they may see, byte for byte.

use super::dump::dump;
use super::world::{MODEL, PORTAL, anonymous, article, folder, holder, portal, put, put_bare, random_article};
use crate::article::Article;
use crate::audience::Grants;
use crate::library::shelf::key_of;
use crate::library::{Change, Library};
use crate::partition::{Batch, Put, commit_unmerged};
use crate::passage::passages;
use rand::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Articles by path.
type World = BTreeMap<String, Article>;

fn viewers() -> [Grants; 4] {
    [anonymous(), holder("agent"), holder("admin"), Grants::Everything]
}

fn random_world(seed: u64) -> (World, StdRng) {
    let mut rng = StdRng::seed_from_u64(seed);
    let paths = (0..16).map(|n| format!("{}/{n}.md", ["billing", "account"][n % 2]));
    let world = paths.map(|path| (path.clone(), random_article(&path, &mut rng))).collect();
    (world, rng)
}

/// Whether an article of a world ends up embedded.
fn is_embedded(article: &Article) -> bool {
    !article.head.path.ends_with("7.md")
}

fn last_put(article: &Article) -> Change {
    if is_embedded(article) { put(article) } else { put_bare(article) }
}

fn open(folder: &Path) -> Library {
    let library = Library::open(folder).unwrap();
    library.serve_portal(portal(PORTAL));
    library
}

fn seen(library: &Library, viewer: &Grants, paths: &BTreeSet<String>) -> String {
    dump(&library.snapshot().visible(PORTAL, viewer).unwrap(), paths)
}

/// What a viewer sees where only the articles that they may see were ever indexed, in one commit.
fn expected(world: &World, viewer: &Grants) -> String {
    let folder = folder();
    let library = open(folder.path());
    let admitted = world.values().filter(|article| article.head.audience.admits(viewer));
    library.apply(PORTAL, admitted.map(last_put).collect(), Some(MODEL)).unwrap();
    seen(&library, viewer, &world.keys().cloned().collect())
}

fn assert_as_expected(libraries: &[&Library], world: &World) {
    let paths = world.keys().cloned().collect();
    for viewer in viewers() {
        let expected = expected(world, &viewer);
        for library in libraries {
            let seen = seen(library, &viewer, &paths);
            for (seen, expected) in seen.lines().zip(expected.lines()) {
                assert_eq!(seen, expected, "{viewer:?}");
            }
            assert_eq!(seen.len(), expected.len(), "{viewer:?}");
        }
    }
}

#[test]
fn one_commit_shows_each_viewer_what_they_may_see_and_nothing_of_the_rest() {
    for seed in 0..4 {
        let (world, _) = random_world(seed);
        let folder = folder();
        let library = open(folder.path());
        library.apply(PORTAL, world.values().map(last_put).collect(), Some(MODEL)).unwrap();
        assert_as_expected(&[&library, &open(folder.path())], &world);
    }
}

#[test]
fn the_history_of_commits_leaves_no_trace() {
    for seed in 100..102 {
        let (world, mut rng) = random_world(seed);
        let folder = folder();
        let library = open(folder.path());
        let mut order: Vec<_> = world.values().collect();
        order.shuffle(&mut rng);
        let mut passing = Vec::new();
        for article in order {
            // Other content of another audience first, strangers that come and go between, without vectors or with.
            let stranger = random_article(&format!("stranger/{}.md", rng.random_range(0..5)), &mut rng);
            passing.push(stranger.head.path.clone());
            let earlier = random_article(&article.head.path, &mut rng);
            library.apply(PORTAL, vec![put(&earlier), put_bare(&stranger)], None).unwrap();
            let gone = passing.remove(rng.random_range(0..passing.len()));
            library.apply(PORTAL, vec![last_put(article), Change::Remove(gone)], Some(MODEL)).unwrap();
        }
        library.apply(PORTAL, passing.into_iter().map(Change::Remove).collect(), None).unwrap();
        assert_as_expected(&[&library, &open(folder.path())], &world);
    }
}

/// Other content of the same audience and language.
fn other_content(article: &Article, rng: &mut StdRng) -> Article {
    let mut other = random_article(&article.head.path, rng);
    other.head.audience = article.head.audience.clone();
    other.head.language = article.head.language.clone();
    other
}

#[test]
fn what_saves_leave_dead_in_a_large_partition_leaves_no_trace() {
    let mut rng = StdRng::seed_from_u64(400);
    let paths = (0..64).map(|n| format!("{n}.md"));
    let of_one_partition = |path: String| (path.clone(), other_content(&article(&path, "", ""), &mut rng));
    let mut world: World = paths.map(of_one_partition).collect();
    let folder = folder();
    let library = open(folder.path());
    library.apply(PORTAL, world.values().map(last_put).collect(), Some(MODEL)).unwrap();
    let partition = folder.path().join(PORTAL).join(key_of(&world["0.md"].head).folder_name().unwrap());
    let unmerged =
        || fs::read_dir(&partition).unwrap().any(|file| file.unwrap().path().extension() == Some("del".as_ref()));
    let mut compared = 0;
    for n in 0..9 {
        // One is saved twice, one is new, and each is first saved without its vectors, as the watcher does.
        let path = format!("{}.md", [5, 17, 5, 64, 31, 32, 33, 34, 35][n]);
        let saved = other_content(&article(&path, "", ""), &mut rng);
        library.apply(PORTAL, vec![put_bare(&saved)], Some(MODEL)).unwrap();
        library.apply(PORTAL, vec![last_put(&saved)], Some(MODEL)).unwrap();
        world.insert(path, saved);
        if unmerged() {
            compared += 1;
            assert_as_expected(&[&library, &open(folder.path())], &world);
        }
    }
    assert!(compared > 2, "{compared}");
}

#[test]
fn segments_that_a_crash_left_unmerged_show_the_same() {
    for seed in 200..202 {
        let (world, mut rng) = random_world(seed);
        let folder = folder();
        let before: Vec<_> = world.values().map(|article| other_content(article, &mut rng)).collect();
        open(folder.path()).apply(PORTAL, before.iter().map(put).collect(), Some(MODEL)).unwrap();
        for article in world.values() {
            let key = key_of(&article.head);
            let Change::Put(boxed, embeddings) = last_put(article) else { unreachable!("it is a put") };
            let put = Put { article: boxed, passages: passages(article), embeddings };
            let batch = Batch { put: BTreeMap::from([(article.head.path.clone(), put)]), ..Batch::default() };
            commit_unmerged(&folder.path().join(PORTAL).join(key.folder_name().unwrap()), &batch, Some(MODEL)).unwrap();
        }
        let library = open(folder.path());
        assert_eq!(library.dropped(), []);
        assert_as_expected(&[&library], &world);
    }
}

#[test]
fn a_denied_article_is_as_one_that_does_not_exist() {
    for seed in 300..302 {
        let (mut world, _) = random_world(seed);
        let folder = folder();
        let library = open(folder.path());
        library.apply(PORTAL, world.values().map(last_put).collect(), Some(MODEL)).unwrap();
        let denied: Vec<String> = world.keys().step_by(3).cloned().collect();
        let whole = world.clone();
        library.deny(PORTAL, &denied);
        world.retain(|path, _| !denied.contains(path));
        let paths: BTreeSet<String> = whole.keys().cloned().collect();
        for viewer in viewers() {
            let expected = expected(&world, &viewer);
            assert_eq!(dump(&library.snapshot().visible(PORTAL, &viewer).unwrap(), &paths), expected);
        }
        // Still denied after a commit of something else in every partition.
        library.apply(PORTAL, world.values().map(last_put).collect(), Some(MODEL)).unwrap();
        assert_as_expected(&[&library], &world);
        library.apply(PORTAL, denied.iter().map(|path| last_put(&whole[path])).collect(), Some(MODEL)).unwrap();
        assert_as_expected(&[&library], &whole);
    }
}
