//! The forward-only steps that bring a database to its present form, built into the binary. Both kinds have the same ones.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use std::sync::LazyLock;

/// What `sqlx::migrate!` does, without the macros of sqlx, for which all of it would be compiled a second time.
macro_rules! steps {
    ($kind:literal) => {
        steps!(
            $kind,
            "0001_events_and_tickets",
            "0002_votes",
            "0003_key_checks",
            "0004_readings",
            "0005_holdout",
            "0006_ticket_sources",
            "0007_outbox",
            "0008_day_facts",
            "0009_persons",
            "0010_alerts",
            "0011_tasks",
            "0012_week_groups",
            "0013_openings",
            "0014_holders",
            "0015_ties",
            "0016_mails",
            "0017_inbox",
        )
    };
    ($kind:literal, $($name:literal,)+) => {
        LazyLock::new(|| {
            Migrator::with_migrations(vec![
                $(step($name, include_str!(concat!("migrations/", $kind, "/", $name, ".sql"))),)+
            ])
        })
    };
}

/// Those of a file.
pub static SQLITE: LazyLock<Migrator> = steps!("sqlite");
/// Those of a server.
pub static POSTGRES: LazyLock<Migrator> = steps!("postgres");

/// A step by its file: the version and, with underscores for spaces, what it is.
fn step(name: &'static str, statements: &'static str) -> Migration {
    let (version, what) = name.split_once('_').expect("a name of version and words");
    let version = version.parse().expect("a version of digits");
    Migration::new(version, what.replace('_', " ").into(), MigrationType::Simple, statements.into_sql_str(), false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_file_is_a_step_and_both_kinds_have_the_same() {
        for (kind, steps) in [("sqlite", &SQLITE), ("postgres", &POSTGRES)] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations").join(kind);
            let files = fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").file_name());
            let files: BTreeSet<String> = files.map(|name| name.into_string().expect("a name")).collect();
            let named = |step: &Migration| format!("{:04}_{}.sql", step.version, step.description.replace(' ', "_"));
            assert_eq!(steps.iter().map(named).collect::<BTreeSet<_>>(), files, "{kind}");
        }
    }
}
