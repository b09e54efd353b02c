//! A partition that is not whole is dropped and named, never served.

use super::dump::dump;
use super::world::{MODEL, PORTAL, article, folder, portal, put, role};
use crate::audience::Grants;
use crate::library::{Change, Library};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const PATHS: [&str; 3] = ["a.md", "b.md", "c.md"];

fn seen(library: &Library) -> String {
    library.serve_portal(portal(PORTAL));
    let paths: BTreeSet<String> = PATHS.map(str::to_owned).into();
    dump(&library.snapshot().visible(PORTAL, &Grants::Everything).unwrap(), &paths)
}

/// One partition with a deleted article that was not merged away is more than a commit leaves: all kinds of files are there.
fn indexed() -> (tempfile::TempDir, PathBuf) {
    let folder = folder();
    let library = Library::open(folder.path()).unwrap();
    library
        .apply(PORTAL, PATHS.map(|path| put(&article(path, "Card", "a refund of the invoice"))).into(), Some(MODEL))
        .unwrap();
    let name = crate::library::shelf::key_of(&article("a.md", "", "").head).folder_name().unwrap();
    let partition = folder.path().join(PORTAL).join(name);
    let delete = crate::partition::Batch { remove: BTreeSet::from(["b.md".to_owned()]), ..Default::default() };
    crate::partition::commit_unmerged(&partition, &delete, Some(MODEL)).unwrap();
    (folder, partition)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        match file.path().is_dir() {
            true => copy(&file.path(), &to.join(file.file_name())),
            false => _ = fs::copy(file.path(), to.join(file.file_name())).unwrap(),
        }
    }
}

#[test]
fn a_damaged_partition_is_dropped_and_named_and_no_damage_changes_what_is_seen() {
    let (whole, partition) = indexed();
    let unharmed = seen(&Library::open(whole.path()).unwrap());
    let files: Vec<_> = fs::read_dir(&partition).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert!(files.iter().any(|name| name.to_string_lossy().ends_with(".del")), "{files:?}");
    let mut dropped = 0;
    for name in &files {
        let bytes = fs::read(partition.join(name)).unwrap();
        let cuts = [0, 1, 5, 7, 9, bytes.len() / 2, bytes.len().saturating_sub(1)]
            .map(|end| bytes[..end.min(bytes.len())].to_vec());
        let step = (bytes.len() / 40).max(1);
        let flips = (0..bytes.len()).step_by(step).map(|at| {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1 << (at % 8);
            bytes
        });
        for damaged in flips.chain(cuts) {
            let folder = folder();
            copy(whole.path(), folder.path());
            let harmed = folder.path().join(PORTAL).join(partition.file_name().unwrap());
            fs::write(harmed.join(name), &damaged).unwrap();
            let library = Library::open(folder.path()).unwrap();
            match library.dropped() {
                [] => assert_eq!(seen(&library), unharmed, "{name:?}"),
                [named] => {
                    dropped += 1;
                    assert_eq!((&named.folder, named.folder.exists()), (&harmed, false));
                    assert_eq!(library.indexed(PORTAL, None).len(), 0);
                }
                more => panic!("{more:?}"),
            }
        }
    }
    assert!(dropped > files.len() * 7, "only {dropped} of the damages were found");
}

#[test]
fn a_partition_without_one_of_its_files_is_dropped() {
    let (whole, partition) = indexed();
    for file in fs::read_dir(&partition).unwrap().map(Result::unwrap) {
        let name = file.file_name().to_string_lossy().into_owned();
        let folder = folder();
        copy(whole.path(), folder.path());
        fs::remove_file(folder.path().join(PORTAL).join(partition.file_name().unwrap()).join(&name)).unwrap();
        let dropped = Library::open(folder.path()).unwrap().dropped().len();
        assert_eq!(dropped, usize::from(!name.starts_with('.')), "{name}");
    }
}

#[test]
fn a_label_of_another_audience_does_not_widen_a_partition() {
    let folder = folder();
    let mut secret = article("a.md", "Card", "refund");
    secret.head.audience = role("agent");
    Library::open(folder.path()).unwrap().apply(PORTAL, vec![put(&secret)], None).unwrap();
    let [from, to] = [&secret.head, &article("a.md", "", "").head]
        .map(|head| crate::library::shelf::key_of(head).folder_name().unwrap());
    let [from, to] = [from, to].map(|name| folder.path().join(PORTAL).join(name));
    let public = self::folder();
    Library::open(public.path()).unwrap().apply(PORTAL, vec![put(&article("b.md", "", ""))], None).unwrap();
    fs::rename(&from, &to).unwrap();
    assert_eq!(Library::open(folder.path()).unwrap().dropped().len(), 1, "a folder of another name");
    Library::open(folder.path()).unwrap().apply(PORTAL, vec![put(&secret)], None).unwrap();
    fs::rename(&from, &to).unwrap();
    fs::copy(
        public.path().join(PORTAL).join(to.file_name().unwrap()).join("partition.json"),
        to.join("partition.json"),
    )
    .unwrap();
    let library = Library::open(folder.path()).unwrap();
    assert!(library.dropped()[0].reason.contains("a.md belongs to another partition"), "{:?}", library.dropped());
}

#[test]
fn a_partition_of_another_format_is_built_again() {
    let (folder, partition) = indexed();
    let label = fs::read_to_string(partition.join("partition.json")).unwrap();
    let mut label: serde_json::Value = serde_json::from_str(&label).unwrap();
    let format = std::mem::replace(&mut label["format"], 999.into());
    fs::write(partition.join("partition.json"), label.to_string()).unwrap();
    let library = Library::open(folder.path()).unwrap();
    assert_eq!(library.dropped()[0].reason, format!("it is of format 999, not {format}"));
    library.apply(PORTAL, vec![put(&article("a.md", "Card", "refund"))], None).unwrap();
    assert_eq!(Library::open(folder.path()).unwrap().indexed(PORTAL, None).len(), 1);
}

#[test]
fn unknown_folders_are_left_alone() {
    let (folder, _) = indexed();
    let strange = ["lost+found", "other/notes", "shop/en-backup", "shop/.git"].map(|name| folder.path().join(name));
    strange.iter().for_each(|path| fs::create_dir_all(path).unwrap());
    fs::write(folder.path().join("README"), "a file").unwrap();
    let library = Library::open(folder.path()).unwrap();
    assert_eq!(library.dropped(), []);
    assert_eq!(library.indexed(PORTAL, None).len(), 2);
    assert!(strange.iter().all(|path| path.is_dir()));
}

#[test]
fn a_removal_that_a_crash_cut_short_leaves_nothing_to_serve() {
    let (folder, partition) = indexed();
    fs::remove_file(partition.join("partition.json")).unwrap();
    let library = Library::open(folder.path()).unwrap();
    assert_eq!((library.dropped().len(), partition.exists()), (1, false));
    library.apply(PORTAL, vec![Change::Remove("a.md".to_owned())], None).unwrap();
}
