//! What a watched content root promises, on real folders with real events; waits are for signals, never for time.

use super::*;
use crate::audience::{Attributes, Grants};
use crate::clock::system;
use crate::embedder::Embedder;
use crate::vector_cache::VectorCache;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

const PORTAL: &str = "name = \"Test\"\nlanguages = [\"en\"]\ndefault_audience = \"public\"\n[[roles]]\nname = \"admin\"\ntitle = \"Admin\"\n";
/// Generous: tests wait for a signal, and only a failing one waits this long.
const LONG: Duration = Duration::from_secs(60);

/// A content root with one portal, and a data folder.
struct Site {
    folder: tempfile::TempDir,
}

impl Site {
    fn new() -> Self {
        let site = Self { folder: tempfile::tempdir().unwrap() };
        site.write("p/portal.toml", PORTAL);
        site
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join("content").join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn library(&self) -> Arc<Library> {
        Arc::new(Library::open(&self.folder.path().join("index")).unwrap())
    }

    fn source(&self, library: &Arc<Library>) -> Source {
        Source { content: self.path(""), library: Arc::clone(library), vectors: None, clock: system(), poll: None }
    }

    fn index(&self, library: &Arc<Library>) -> Report {
        index_once(self.source(library), |_| {}).unwrap()
    }

    /// Starts a writer and waits for its first round.
    fn watch(&self, source: Source) -> Indexer {
        let indexer = Indexer::start(source).unwrap();
        assert!(indexer.wait_until(LONG, |progress| progress.rounds > 0));
        indexer
    }
}

fn article(audience: &str, text: &str) -> String {
    format!("---\ntitle: {text}\naudience: {audience}\n---\n\nThe text says {text}.\n")
}

/// Paths of the articles that a viewer without roles may see.
fn public(library: &Library) -> BTreeSet<String> {
    paths(library, &Grants::Attributes(Attributes::new()))
}

fn paths(library: &Library, grants: &Grants) -> BTreeSet<String> {
    let Some(visible) = library.snapshot().visible("p", grants) else { return BTreeSet::new() };
    let views = visible.languages().iter();
    views.flat_map(|view| (0..view.articles()).map(|article| view.head(article).path.clone())).collect()
}

fn says(library: &Library, word: &str) -> bool {
    let visible = library.snapshot().visible("p", &Grants::Everything);
    visible.is_some_and(|visible| visible.languages().iter().any(|view| view.has_word(word).unwrap()))
}

fn set(paths: &[&str]) -> BTreeSet<String> {
    paths.iter().map(|path| (*path).to_owned()).collect()
}

#[test]
fn a_saved_renamed_and_deleted_file_is_followed() {
    let site = Site::new();
    let library = site.library();
    let indexer = site.watch(site.source(&library));

    site.write("p/articles/a.md", &article("public", "first"));
    assert!(indexer.wait_until(LONG, |_| says(&library, "first")), "a new file");
    site.write("p/articles/.a.md.tmp", &article("public", "second"));
    fs::rename(site.path("p/articles/.a.md.tmp"), site.path("p/articles/a.md")).unwrap();
    assert!(indexer.wait_until(LONG, |_| says(&library, "second") && !says(&library, "first")), "an atomic save");
    fs::rename(site.path("p/articles/a.md"), site.path("p/articles/b.md")).unwrap();
    assert!(indexer.wait_until(LONG, |_| public(&library) == set(&["b.md"])), "a rename");
    fs::remove_file(site.path("p/articles/b.md")).unwrap();
    assert!(indexer.wait_until(LONG, |_| public(&library).is_empty()), "a deletion");
}

#[test]
fn a_thousand_files_at_once_are_a_few_commits() {
    let site = Site::new();
    let library = site.library();
    let indexer = site.watch(site.source(&library));
    for i in 0..1000 {
        site.write(&format!("p/articles/{}/{i}.md", i % 7), &article("public", &format!("number{i}")));
    }
    assert!(indexer.wait_until(LONG, |progress| progress.articles == 1000));
    assert!(says(&library, "number0") && says(&library, "number999"));
    assert!(indexer.progress().commits <= 20, "{:?}", indexer.progress());
}

#[test]
fn folders_moved_in_and_out_are_followed() {
    let site = Site::new();
    let library = site.library();
    let indexer = site.watch(site.source(&library));
    let outside = site.folder.path().join("outside");
    fs::create_dir_all(outside.join("deep/er")).unwrap();
    fs::write(outside.join("deep/er/a.md"), article("public", "inner")).unwrap();
    fs::create_dir_all(site.path("p/articles")).unwrap();
    fs::rename(&outside, site.path("p/articles/moved")).unwrap();
    assert!(indexer.wait_until(LONG, |_| public(&library) == set(&["moved/deep/er/a.md"])));
    site.write("p/articles/moved/deep/er/b.md", &article("public", "later"));
    assert!(indexer.wait_until(LONG, |_| says(&library, "later")), "a folder moved in is watched");
    fs::rename(site.path("p/articles/moved"), &outside).unwrap();
    assert!(indexer.wait_until(LONG, |_| public(&library).is_empty()));
}

#[test]
fn a_removed_root_hides_its_portals_and_a_restored_one_shows_them_as_they_are_then() {
    let site = Site::new();
    let library = site.library();
    site.write("p/articles/a.md", &article("public", "first"));
    let indexer = site.watch(site.source(&library));
    let aside = site.folder.path().join("aside");
    for round in ["second", "third"] {
        fs::rename(site.path(""), &aside).unwrap();
        assert!(indexer.wait_until(LONG, |progress| progress.portals == 0 && library.snapshot().portal("p").is_none()));
        fs::write(aside.join("p/articles/a.md"), article("public", round)).unwrap();
        fs::rename(&aside, site.path("")).unwrap();
        assert!(indexer.wait_until(LONG, |_| says(&library, round)), "{round}");
    }
    site.write("p/articles/b.md", &article("public", "fourth"));
    assert!(indexer.wait_until(LONG, |_| says(&library, "fourth")), "the restored root is watched");
}

#[test]
fn links_pipes_and_backups_are_no_articles_and_block_nothing() {
    let site = Site::new();
    let library = site.library();
    let indexer = site.watch(site.source(&library));
    site.write("p/articles/real.md", &article("public", "real"));
    fs::write(site.folder.path().join("secret.md"), article("public", "secret")).unwrap();
    symlink(site.folder.path().join("secret.md"), site.path("p/articles/link.md")).unwrap();
    symlink(site.path(""), site.path("p/articles/loop")).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, site.path("p/articles/pipe.md"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for backup in [".real.md.swp", "real.md~", "#real.md#", ".#real.md", "4913"] {
        site.write(&format!("p/articles/{backup}"), &article("public", "backup"));
    }
    site.write("p/articles/end.md", &article("public", "end"));
    assert!(
        indexer.wait_until(LONG, |progress| public(&library) == set(&["real.md", "end.md"])
            && progress.problems.len() == 3)
    );
    assert!(!says(&library, "secret") && !says(&library, "backup"));
}

#[test]
fn nothing_narrowed_or_removed_while_the_server_was_dead_is_ever_served() {
    let site = Site::new();
    for i in 0..50 {
        site.write(&format!("p/articles/{i}.md"), &article("public", "open"));
    }
    site.write("p/articles/gone.md", &article("public", "open"));
    site.write("p/articles/kept.md", &article("public", "open"));
    assert_eq!(site.index(&site.library()).put, 52);
    for i in 0..50 {
        site.write(
            &format!("p/articles/{i}.md"),
            &article(if i % 2 == 0 { "hidden" } else { "{roles: [admin]}" }, "open"),
        );
    }
    fs::remove_file(site.path("p/articles/gone.md")).unwrap();

    let library = site.library();
    let (seen, end) = (AtomicBool::new(false), AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !end.load(Ordering::Relaxed) {
                let shown = public(&library);
                assert!(shown.is_empty() || shown == set(&["kept.md"]), "{shown:?}");
                seen.fetch_or(!shown.is_empty(), Ordering::Relaxed);
                std::thread::yield_now();
            }
        });
        let _indexer = site.watch(site.source(&library));
        while !seen.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        end.store(true, Ordering::Relaxed);
    });
    assert_eq!(public(&library), set(&["kept.md"]));
}

#[test]
fn a_second_run_over_the_same_content_changes_nothing() {
    let site = Site::new();
    site.write("p/articles/a.md", &article("public", "first"));
    site.write("p/articles/b.md", &article("hidden", "second"));
    assert_eq!(site.index(&site.library()).put, 2);
    let again = site.index(&site.library());
    assert_eq!((again.put, again.removed, again.progress.articles), (0, 0, 2));
}

#[test]
fn a_portal_that_cannot_be_read_keeps_its_last_good_form_in_this_run_only() {
    let site = Site::new();
    site.write("p/articles/a.md", &article("public", "first"));
    let library = site.library();
    {
        let indexer = site.watch(site.source(&library));
        site.write("p/portal.toml", "name = ");
        assert!(indexer.wait_until(LONG, |progress| !progress.problems.is_empty()));
        assert_eq!(public(&library), set(&["a.md"]));
        site.write("p/portal.toml", &PORTAL.replace("Test", "Renamed"));
        assert!(indexer.wait_until(LONG, |progress| progress.problems.is_empty()));
        assert_eq!(library.snapshot().portal("p").unwrap().name, "Renamed");
        fs::remove_file(site.path("p/portal.toml")).unwrap();
        assert!(indexer.wait_until(LONG, |_| library.snapshot().portal("p").is_none()));
        site.write("p/portal.toml", PORTAL);
        assert!(indexer.wait_until(LONG, |_| public(&library) == set(&["a.md"])));
        assert_eq!(indexer.progress().commits, 1, "its index was never emptied");
    }
    site.write("p/portal.toml", "name = ");
    let indexer = site.watch(site.source(&library));
    assert!(library.snapshot().portal("p").is_none() || indexer.progress().portals == 0);
}

#[test]
fn a_changed_mapping_reads_every_article_anew_and_a_new_colour_none() {
    let mapping = "[mapping.audiences.role]\n\"User\" = \"public\"\n";
    let site = Site::new();
    site.write("p/portal.toml", &format!("{PORTAL}{mapping}"));
    site.write("p/articles/a.md", "---\ntitle: first\nrole: User\n---\n\ntext\n");
    let library = site.library();
    let indexer = site.watch(site.source(&library));
    assert!(indexer.wait_until(LONG, |_| public(&library) == set(&["a.md"])));
    let commits = indexer.progress().commits;
    let colour = format!("{}[theme]\naccent = \"#0b5fff\"\n{mapping}", PORTAL);
    site.write("p/portal.toml", &colour.replace("Test", "Coloured"));
    assert!(
        indexer.wait_until(LONG, |_| library.snapshot().portal("p").is_some_and(|portal| portal.name == "Coloured"))
    );
    assert_eq!(indexer.progress().commits, commits);
    let narrowed = format!("{PORTAL}{}", mapping.replace("\"public\"", "{ roles = [\"admin\"] }"));
    site.write("p/portal.toml", &narrowed);
    assert!(indexer.wait_until(LONG, |_| public(&library).is_empty()));
    assert_eq!(paths(&library, &Grants::Everything), set(&["a.md"]));
}

#[test]
fn articles_appear_and_expire_by_the_clock() {
    let site = Site::new();
    let text = "---\ntitle: event\naudience: public\npublish_at: 2026-03-01T00:00:00Z\nexpires_at: 2026-04-01T00:00:00Z\n---\n\nevent\n";
    site.write("p/articles/event.md", text);
    let at = |date: &str| format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let now = Arc::new(AtomicI64::new(at("2026-02-01")));
    let clock = {
        let now = Arc::clone(&now);
        Arc::new(move || now.load(Ordering::Relaxed)) as Clock
    };
    let library = site.library();
    {
        let indexer = site.watch(Source { clock: Arc::clone(&clock), ..site.source(&library) });
        assert!(public(&library).is_empty());
        assert_eq!(paths(&library, &Grants::Everything), set(&["event.md"]), "editors see it before its time");
        now.store(at("2026-03-01") - 1, Ordering::Relaxed);
        indexer.refresh();
        assert!(indexer.wait_until(LONG, |progress| progress.rounds >= 2));
        assert!(public(&library).is_empty());
        now.store(at("2026-03-01"), Ordering::Relaxed);
        assert!(indexer.wait_until(LONG, |_| public(&library) == set(&["event.md"])), "without being asked: the timer");
    }
    now.store(at("2026-04-01"), Ordering::Relaxed);
    let library = site.library();
    let _indexer = site.watch(Source { clock, ..site.source(&library) });
    assert!(public(&library).is_empty(), "what expired while the server was dead is not served");
}

#[test]
fn saved_synonyms_and_pins_take_effect_and_a_bad_entry_is_named() {
    let site = Site::new();
    let library = site.library();
    site.write("p/articles/a.md", &article("public", "first"));
    let indexer = site.watch(site.source(&library));
    let pinned = |query: &str| {
        let visible = library.snapshot().visible("p", &Grants::Attributes(Attributes::new()));
        visible.is_some_and(|visible| !visible.pinned(query, visible.languages()[0].language()).is_empty())
    };
    let named = |progress: &Progress| progress.problems.iter().map(|problem| problem.line).collect::<Vec<_>>();
    site.write("p/synonyms.yaml", "- words: [first, primus]\n- words: [lonely]\n");
    assert!(indexer.wait_until(LONG, |progress| says(&library, "primus") && named(progress) == [Some(2)]));
    site.write(
        "p/pins.yaml",
        "- query: begin\n  articles: a\n- query: end\n  articles: a\n  audience: {roles: nobody}\n",
    );
    assert!(indexer.wait_until(LONG, |_| pinned("begin")));
    assert!(!pinned("end"), "an audience that cannot be read hides");
    fs::remove_file(site.path("p/synonyms.yaml")).unwrap();
    assert!(indexer.wait_until(LONG, |_| !says(&library, "primus")));
    site.write("p/pins.yaml", "");
    assert!(indexer.wait_until(LONG, |progress| !pinned("begin") && progress.problems.is_empty()));
}

#[test]
fn a_pin_holds_from_its_first_moment_until_its_last() {
    let at = |date: &str| format!("{date}T00:00:00Z").parse::<jiff::Timestamp>().unwrap().as_millisecond();
    let site = Site::new();
    site.write("p/articles/a.md", &article("public", "first"));
    site.write("p/pins.yaml", "- query: begin\n  articles: a\n  from: 2026-03-01\n  until: 2026-03-31\n");
    let now = Arc::new(AtomicI64::new(at("2026-03-01") - 1));
    let clock: Clock = {
        let now = Arc::clone(&now);
        Arc::new(move || now.load(Ordering::Relaxed))
    };
    let library = site.library();
    let indexer = site.watch(Source { clock, ..site.source(&library) });
    let pinned = || {
        let visible = library.snapshot().visible("p", &Grants::Everything).unwrap();
        !visible.pinned("begin", visible.languages()[0].language()).is_empty()
    };
    assert!(!pinned());
    now.store(at("2026-03-01"), Ordering::Relaxed);
    assert!(indexer.wait_until(LONG, |_| pinned()), "without being asked: the timer");
    now.store(at("2026-04-01"), Ordering::Relaxed);
    indexer.refresh();
    assert!(indexer.wait_until(LONG, |_| !pinned()));
}

#[test]
fn polling_follows_changes_without_events() {
    let site = Site::new();
    let library = site.library();
    let indexer = site.watch(Source { poll: Some(Duration::from_millis(20)), ..site.source(&library) });
    site.write("p/articles/a.md", &article("public", "first"));
    assert!(indexer.wait_until(LONG, |_| public(&library) == set(&["a.md"])));
    fs::remove_file(site.path("p/articles/a.md")).unwrap();
    assert!(indexer.wait_until(LONG, |_| public(&library).is_empty()));
}

#[test]
fn whatever_happened_to_the_files_the_index_ends_as_a_fresh_one_would() {
    for seed in 0..4 {
        let mut random = SmallRng::seed_from_u64(seed);
        let site = Site::new();
        let library = site.library();
        let inbox = Arc::<Inbox>::default();
        let (mut writer, _) = begin(site.source(&library), &inbox);
        for round in 0..4 {
            for step in 0..8 {
                let (one, other) = (random.random_range(0..6), random.random_range(0..6));
                let (one, other) = (site.path(&format!("p/articles/{one}.md")), format!("p/articles/{other}.md"));
                match random.random_range(0..5) {
                    0 => drop(fs::remove_file(one)),
                    1 => drop(fs::rename(one, site.path(&other))),
                    kind => {
                        let audience = ["public", "hidden", "{roles: [admin]}"][kind - 2];
                        site.write(&other, &article(audience, &format!("word{}", (round + step) % 5)));
                    }
                }
            }
            writer.round(&HashSet::new(), None);
        }
        let fresh = Arc::new(Library::open(&site.folder.path().join("fresh")).unwrap());
        site.index(&fresh);
        for grants in [Grants::Everything, Grants::Attributes(Attributes::new())] {
            let generation =
                |library: &Library| library.snapshot().visible("p", &grants).unwrap().generation().to_owned();
            assert_eq!(paths(&library, &grants), paths(&fresh, &grants), "seed {seed}");
            assert_eq!(generation(&library), generation(&fresh), "seed {seed}");
        }
    }
}

#[test]
fn a_file_rewritten_within_one_tick_of_the_clock_is_seen() {
    let site = Site::new();
    let library = site.library();
    let inbox = Arc::<Inbox>::default();
    let (mut writer, _) = begin(site.source(&library), &inbox);
    let path = site.path("p/articles/a.md");
    let modified = std::time::SystemTime::now();
    for text in ["one", "two"] {
        site.write("p/articles/a.md", &article("public", text));
        fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        writer.round(&HashSet::new(), None);
        assert!(says(&library, text));
    }
}

#[test]
fn vectors_follow_the_words_and_belong_to_the_newest_save() {
    let model = std::env::var_os("SIGNPOST_TEST_MODEL")
        .expect("run make models, then set SIGNPOST_TEST_MODEL to the model's folder");
    let site = Site::new();
    let embedder = Embedder::open(Path::new(&model), 1).unwrap();
    let cache = Arc::new(VectorCache::open(&site.folder.path().join("cache"), system()).unwrap());
    let vectors = Some(Vectors { embedder: Arc::clone(&embedder), cache });
    let library = site.library();
    let nearest = |library: &Library| {
        let visible = library.snapshot().visible("p", &Grants::Everything).unwrap();
        let query = embedder.embed_query("how do I get my money back").unwrap().vector;
        let mut best = (String::new(), -1.0);
        for view in visible.languages() {
            view.scan_vectors(&query, &mut |document, cosine| {
                if cosine > best.1 {
                    best = (view.head(view.article_of(document)).path.clone(), cosine);
                }
            });
        }
        (best, visible.model().is_some())
    };
    {
        let indexer = site.watch(Source { vectors: vectors.clone(), ..site.source(&library) });
        for i in 0..5 {
            site.write(&format!("p/articles/{i}.md"), &article("public", "the radiator must be bled before winter"));
        }
        site.write("p/articles/refund.md", &article("public", "refunds are paid to the card that was charged"));
        assert!(indexer.wait_until(LONG, |progress| progress.articles == 6 && progress.awaiting_vectors == 0));
        let ((path, cosine), complete) = nearest(&library);
        assert!(path == "refund.md" && cosine > 0.3 && complete, "{path} {cosine} {complete}");

        for text in ["the printer is out of ink", "refunds take three days", "the lamp is broken"] {
            site.write("p/articles/refund.md", &article("public", text));
        }
        site.write("p/articles/0.md", &article("public", "how you get your money back"));
        assert!(indexer.wait_until(LONG, |progress| {
            says(&library, "lamp") && says(&library, "money") && progress.awaiting_vectors == 0
        }));
        assert_eq!(nearest(&library).0.0, "0.md");
    }
    let library = site.library();
    let report = index_once(Source { vectors, ..site.source(&library) }, |_| {}).unwrap();
    assert_eq!((report.put, report.progress.awaiting_vectors), (0, 0), "vectors are kept over a restart");
    assert_eq!(nearest(&library).0.0, "0.md");
}
