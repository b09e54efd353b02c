//! Articles come, change, move and go; what narrows comes first.

use super::world::{MODEL, PORTAL, anonymous, article, folder, holder, portal, put, put_bare, role, vector};
use crate::audience::{Audience, Grants};
use crate::embedder::{ModelDigest, Vector};
use crate::library::{Change, Library, LibraryError, prepare};
use crate::partition::commit;
use crate::visible::VisibleIndex;
use std::fs;
use std::path::Path;
use std::sync::Arc;

fn open(folder: &Path) -> Library {
    let library = Library::open(folder).unwrap();
    library.serve_portal(portal(PORTAL));
    library
}

fn visible(library: &Library, viewer: &Grants) -> Arc<VisibleIndex> {
    library.snapshot().visible(PORTAL, viewer).unwrap()
}

fn sees(library: &Library, viewer: &Grants, path: &str) -> bool {
    visible(library, viewer).article_at(path).is_some()
}

fn partitions(folder: &Path) -> usize {
    fs::read_dir(folder.join(PORTAL)).unwrap().count()
}

#[test]
fn a_narrowed_or_removed_article_is_gone_before_anything_is_committed() {
    let folder = folder();
    let library = open(folder.path());
    let [a, b, c] = ["a.md", "b.md", "c.md"].map(|path| article(path, "Card", "refund"));
    library.apply(PORTAL, [&a, &b, &c].map(put).into(), Some(MODEL)).unwrap();
    let mut narrowed = a.clone();
    narrowed.head.audience = role("agent");
    let mut edited = c.clone();
    edited.head.title = "Cart".to_owned();
    let changes = prepare(vec![put(&narrowed), Change::Remove("b.md".to_owned()), put(&edited)]).unwrap();
    library.change(PORTAL, |shelf| shelf.plan(changes));
    assert_eq!(["a.md", "b.md", "c.md"].map(|path| sees(&library, &Grants::Everything, path)), [false, false, true]);
}

#[test]
fn a_moved_article_is_seen_by_its_new_audience_alone_and_an_empty_partition_is_removed() {
    let folder = folder();
    let library = open(folder.path());
    let mut moved = article("a.md", "Card", "refund");
    library.apply(PORTAL, vec![put(&moved)], None).unwrap();
    moved.head.audience = role("agent");
    library.apply(PORTAL, vec![put(&moved)], None).unwrap();
    assert_eq!(
        [anonymous(), holder("agent"), holder("admin")].map(|viewer| sees(&library, &viewer, "a.md")),
        [false, true, false]
    );
    assert_eq!(partitions(folder.path()), 1);
    library.apply(PORTAL, vec![Change::Remove("a.md".to_owned())], None).unwrap();
    assert_eq!(partitions(folder.path()), 0);
    assert!(visible(&library, &Grants::Everything).languages().is_empty());
}

/// Kinds of the files of the one partition that there is, in order.
fn kinds_of_files(folder: &Path) -> Vec<String> {
    let partition = fs::read_dir(folder.join(PORTAL)).unwrap().next().unwrap().unwrap().path();
    let names = fs::read_dir(partition).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    let mut kinds: Vec<_> = names.filter_map(|name| Some(name.rsplit_once('.')?.1.to_owned())).collect();
    kinds.sort();
    kinds
}

#[test]
fn a_commit_leaves_one_segment_of_a_small_partition_and_nothing_of_those_before_it() {
    let folder = folder();
    let library = open(folder.path());
    let changes = ["a.md", "b.md", "a.md"].map(|path| vec![put(&article(path, "Card", "refund"))]);
    changes.into_iter().for_each(|change| library.apply(PORTAL, change, Some(MODEL)).unwrap());
    let kinds = kinds_of_files(folder.path());
    let one_segment = ["codes", "fast", "fieldnorm", "idx", "order", "pos", "store", "term", "txt", "vec"];
    assert_eq!(
        kinds,
        [&one_segment[..3], &["idx", "json", "json", "json", "lock", "lock"], &one_segment[4..]].concat()
    );
}

#[test]
fn a_save_leaves_the_rest_of_a_large_partition_alone_until_too_much_is_dead_and_whoever_leaves_leaves_the_files() {
    let folder = folder();
    let library = open(folder.path());
    let save = |n: usize, title| put(&article(&format!("{n}.md"), title, "refund"));
    library.apply(PORTAL, (0..64).map(|n| save(n, "Card")).collect(), Some(MODEL)).unwrap();
    let segments = || {
        let kinds = kinds_of_files(folder.path());
        ["store", "del"].map(|kind| kinds.iter().filter(|name| *name == kind).count())
    };
    // Three documents die and three stand beside at each save: 24 are more than an eighth of the 180 that are left.
    let after_each: Vec<_> = (0..8)
        .map(|n| {
            library.apply(PORTAL, vec![save(n, "Cart")], Some(MODEL)).unwrap();
            segments()
        })
        .collect();
    assert_eq!(after_each, [[2, 1], [2, 1], [2, 1], [1, 0], [2, 1], [2, 1], [2, 1], [1, 0]]);
    library.apply(PORTAL, vec![save(0, "Card")], Some(MODEL)).unwrap();
    assert_eq!(segments(), [2, 1]);
    library.apply(PORTAL, vec![Change::Remove("9.md".to_owned())], Some(MODEL)).unwrap();
    assert_eq!(segments(), [1, 0]);
}

#[test]
fn of_several_changes_of_one_article_the_last_counts() {
    let folder = folder();
    let library = open(folder.path());
    let [first, second] = ["Card", "Cart"].map(|title| article("a.md", title, "refund"));
    library.apply(PORTAL, vec![put(&first), Change::Remove("a.md".to_owned()), put(&second)], None).unwrap();
    let index = visible(&library, &anonymous());
    let (view, found) = index.article_at("a.md").unwrap();
    assert_eq!((view.articles(), view.head(found).title.as_str()), (1, "Cart"));
}

#[test]
fn a_denied_article_stays_out_until_a_change_of_it_is_applied() {
    let folder = folder();
    let library = open(folder.path());
    let [a, b] = ["a.md", "b.md"].map(|path| article(path, "Card", "refund"));
    library.apply(PORTAL, [&a, &b].map(put).into(), None).unwrap();
    library.deny(PORTAL, &["a.md".to_owned(), "not/there.md".to_owned()]);
    library.apply(PORTAL, vec![put(&b)], None).unwrap();
    library.withdraw_portal(PORTAL);
    library.serve_portal(portal(PORTAL));
    assert!(!sees(&library, &Grants::Everything, "a.md"));
    assert_eq!(library.indexed(PORTAL, None).len(), 2, "denied, yet indexed");
    library.apply(PORTAL, vec![put(&a)], None).unwrap();
    assert!(sees(&library, &anonymous(), "a.md"));
}

#[test]
fn a_denial_that_falls_into_a_running_commit_outlives_it() {
    let folder = folder();
    let library = open(folder.path());
    let a = article("a.md", "Card", "refund");
    library.apply(PORTAL, vec![put(&a)], None).unwrap();
    let planned = library.change(PORTAL, |shelf| shelf.plan(prepare(vec![put(&a)]).unwrap()));
    library.deny(PORTAL, &["a.md".to_owned()]);
    let [touched] = &planned.partitions[..] else { panic!("one partition") };
    let partition = folder.path().join(PORTAL).join(touched.key.folder_name().unwrap());
    let after = commit(&partition, &touched.key, touched.current.as_deref(), &touched.batch, None).unwrap();
    library.change(PORTAL, |shelf| shelf.install(&planned, vec![after]));
    assert!(!sees(&library, &anonymous(), "a.md"));
    library.apply(PORTAL, vec![put(&a)], None).unwrap();
    assert!(sees(&library, &anonymous(), "a.md"));
}

#[test]
fn when_a_partition_cannot_be_written_the_error_names_it_and_what_narrowed_stays_out() {
    let folder = folder();
    let library = open(folder.path());
    let [mut a, b] = ["a.md", "b.md"].map(|path| article(path, "Card", "refund"));
    library.apply(PORTAL, [&a, &b].map(put).into(), None).unwrap();
    a.head.audience = role("agent");
    let name = crate::library::shelf::key_of(&a.head).folder_name().unwrap();
    let in_the_way = folder.path().join(PORTAL).join(&name);
    fs::write(&in_the_way, "a file where a folder should be").unwrap();
    let error = library.apply(PORTAL, vec![put(&a)], None).unwrap_err();
    assert!(error.to_string().contains(&name), "{error}");
    assert_eq!(["a.md", "b.md"].map(|path| sees(&library, &Grants::Everything, path)), [false, true]);
    fs::remove_file(in_the_way).unwrap();
    library.apply(PORTAL, vec![put(&a)], None).unwrap();
    assert!(sees(&library, &holder("agent"), "a.md") && !sees(&library, &anonymous(), "a.md"));
}

#[test]
fn an_article_found_in_two_partitions_is_taken_out_of_both() {
    let folder = folder();
    let mut a = article("a.md", "Card", "refund");
    let b = article("b.md", "Cart", "refund");
    let other = self::folder();
    open(folder.path()).apply(PORTAL, [&a, &b].map(put).into(), None).unwrap();
    a.head.audience = Audience::Hidden;
    open(other.path()).apply(PORTAL, vec![put(&a)], None).unwrap();
    let name = crate::library::shelf::key_of(&a.head).folder_name().unwrap();
    fs::rename(other.path().join(PORTAL).join(&name), folder.path().join(PORTAL).join(&name)).unwrap();
    for _start in 0..2 {
        let library = open(folder.path());
        assert_eq!(["a.md", "b.md"].map(|path| sees(&library, &Grants::Everything, path)), [false, true]);
        let indexed: Vec<_> = library.indexed(PORTAL, None).into_iter().map(|(head, _)| head.path.clone()).collect();
        assert_eq!(indexed, ["b.md"]);
    }
}

#[test]
fn what_is_indexed_says_which_articles_lack_vectors_of_a_model() {
    let folder = folder();
    let library = open(folder.path());
    let [a, b] = ["a.md", "b.md"].map(|path| article(path, "Card", "refund"));
    let complete = |library: &Library, model| {
        let mut heads: Vec<_> =
            library.indexed(PORTAL, model).into_iter().map(|(head, all)| (head.path.clone(), all)).collect();
        heads.sort();
        heads.into_iter().map(|(_, all)| all).collect::<Vec<_>>()
    };
    library.apply(PORTAL, vec![put(&a), put_bare(&b)], Some(MODEL)).unwrap();
    assert_eq!(complete(&library, Some(MODEL)), [true, false]);
    assert_eq!(visible(&library, &anonymous()).model(), None);
    library.apply(PORTAL, vec![put(&b)], Some(MODEL)).unwrap();
    assert_eq!(complete(&library, Some(MODEL)), [true, true]);
    assert_eq!(visible(&library, &anonymous()).model(), Some(MODEL));
    assert_eq!(complete(&library, Some(ModelDigest([8; 32]))), [false, false]);
    assert_eq!(complete(&library, None), [true, true]);
}

#[test]
fn vectors_of_two_models_never_meet() {
    let folder = folder();
    let library = open(folder.path());
    let next = ModelDigest([8; 32]);
    let [a, b] = ["a.md", "b.md"].map(|path| article(path, "Card", path));
    library.apply(PORTAL, [&a, &b].map(put).into(), Some(MODEL)).unwrap();
    let scanned = |library: &Library| {
        let index = visible(library, &anonymous());
        let (view, mut paths) = (&index.languages()[0], Vec::new());
        view.scan_vectors(&vector("q"), &mut |document, _| {
            paths.push(view.head(view.article_of(document)).path.clone())
        });
        paths
    };
    library.apply(PORTAL, vec![put(&b)], Some(next)).unwrap();
    assert_eq!((scanned(&library), visible(&library, &anonymous()).model()), (vec!["b.md".to_owned()], None));
    library.apply(PORTAL, vec![put_bare(&a)], None).unwrap();
    assert_eq!(scanned(&library), ["b.md"], "a merge without a model keeps what is there");
    library.apply(PORTAL, vec![put(&a)], Some(next)).unwrap();
    assert_eq!(visible(&library, &anonymous()).model(), Some(next));
}

#[test]
fn what_cannot_be_indexed_is_refused_and_nothing_is_lost() {
    let folder = folder();
    let library = open(folder.path());
    let a = article("a.md", "Card", "refund");
    library.apply(PORTAL, vec![put(&a)], None).unwrap();
    for id in ["", ".", "..", "a/b", "/tmp", "../a", "a/"] {
        let refused = library.apply(id, vec![put(&a)], None).unwrap_err();
        assert!(matches!(refused, LibraryError::PortalId(_)), "{id}: {refused}");
    }
    let miscounted =
        vec![Change::Remove("a.md".to_owned()), Change::Put(Box::new(article("b.md", "", "")), Vec::new())];
    assert!(matches!(
        library.apply(PORTAL, miscounted, None),
        Err(LibraryError::Vectors { passages: 1, vectors: 0, .. })
    ));
    let mut mixed = vec![put(&a)];
    mixed.push(Change::Put(Box::new(article("b.md", "", "")), vec![Some(Vector::from([1; 3]).into())]));
    assert!(matches!(library.apply(PORTAL, mixed, Some(MODEL)), Err(LibraryError::Commit { .. })));
    assert!(sees(&library, &anonymous(), "a.md") && !sees(&library, &anonymous(), "b.md"));
    library.apply(PORTAL, vec![put(&article("b.md", "", ""))], Some(MODEL)).unwrap();
    assert!(sees(&library, &anonymous(), "b.md"));
}

#[test]
fn a_withdrawn_portal_is_unreachable_and_another_is_not_touched() {
    let folder = folder();
    let library = open(folder.path());
    library.serve_portal(portal("other"));
    for id in [PORTAL, "other"] {
        library.apply(id, vec![put(&article("a.md", "Card", id))], None).unwrap();
    }
    let before = library.snapshot();
    library.withdraw_portal(PORTAL);
    let after = library.snapshot();
    assert!(after.visible(PORTAL, &Grants::Everything).is_none() && after.portal(PORTAL).is_none());
    assert_eq!(after.portals().map(|portal| portal.id.as_str()).collect::<Vec<_>>(), ["other"]);
    assert!(after.visible("other", &anonymous()).unwrap().article_at("a.md").is_some());
    assert!(before.visible(PORTAL, &anonymous()).is_some(), "a request keeps the snapshot that it began with");
}
