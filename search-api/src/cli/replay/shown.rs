//! What a change of the content moved, for people: a paragraph a query, then the sums.

use super::{Change, Replayed};
use std::fmt::Write;

/// The whole text.
pub(super) fn text(replayed: &Replayed) -> String {
    let mut text = String::new();
    for change in &replayed.changes {
        _ = writeln!(text, "{:?} as {}{}", change.query, change.r#as, if change.lost { "  LOST" } else { "" });
        for line in lines(change) {
            _ = writeln!(text, "    {line}");
        }
    }
    let moved = replayed.changes.len();
    _ = writeln!(
        text,
        "{}: {} queries, {} as before, {moved} moved; another first answer in {}, lost in {}",
        replayed.portal, replayed.queries, replayed.same, replayed.first_changed, replayed.lost
    );
    text
}

/// What appeared, vanished or changed its order. Ranks that only shifted because something above came or went are not named.
fn lines(change: &Change) -> Vec<String> {
    let place = |list: &[String], slug: &String| list.iter().position(|other| other == slug).map(|place| place + 1);
    let stayed = |list: &[String], other: &[String]| {
        list.iter().filter(|slug| other.contains(slug)).cloned().collect::<Vec<_>>()
    };
    let (before, after) = (stayed(&change.before, &change.after), stayed(&change.after, &change.before));
    let mut lines = Vec::new();
    for slug in &change.after {
        match (place(&change.before, slug), place(&change.after, slug)) {
            (None, Some(to)) => lines.push(format!("{slug}  new at {to}")),
            (Some(from), Some(to)) if place(&before, slug) != place(&after, slug) => {
                lines.push(format!("{slug}  {from} → {to}"));
            }
            _ => {}
        }
    }
    for slug in change.before.iter().filter(|slug| !change.after.contains(slug)) {
        let from = place(&change.before, slug).unwrap_or_default();
        lines.push(format!("{slug}  was at {from}, not among the first ten any more"));
    }
    if change.confidence_before != change.confidence_after {
        lines.push(format!("confidence {} → {}", change.confidence_before, change.confidence_after));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moved_appeared_and_vanished_is_named_and_what_only_shifted_is_not() {
        let slugs = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let change = Change {
            query: "pay".into(),
            r#as: "roles=hr".into(),
            before: slugs("a b c d"),
            after: slugs("x a d c"),
            confidence_before: "good",
            confidence_after: "weak",
            lost: false,
        };
        let replayed =
            Replayed { portal: "p".into(), queries: 3, same: 2, first_changed: 1, lost: 0, changes: vec![change] };
        assert_eq!(
            text(&replayed),
            "\"pay\" as roles=hr\n    x  new at 1\n    d  4 → 3\n    c  3 → 4\n    b  was at 2, not among the first ten any more\n    \
             confidence good → weak\np: 3 queries, 2 as before, 1 moved; another first answer in 1, lost in 0\n"
        );
    }
}
