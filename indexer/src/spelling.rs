//! How far apart two spellings are, and the known name that a mistyped one is nearest to.

/// The name within two edits of `typed` (one, for names under six letters) that is nearest to it; letter case counts as nothing.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_lowercase().replace('-', "_");
    let limit = |name: &str| if name.chars().count() < 6 { 1 } else { 2 };
    known
        .into_iter()
        .map(|name| (edits(&typed, name), name))
        .filter(|(edits, name)| *edits <= limit(name))
        .min()
        .map(|(_, name)| name)
}

/// Edit distance (insert, delete, replace, exchange neighbours): optimal string alignment; beyond 2 letters' difference in length
/// `usize::MAX`.
pub(crate) fn edits(one: &str, two: &str) -> usize {
    let (one, two): (Vec<char>, Vec<char>) = (one.chars().collect(), two.chars().collect());
    if one.len().abs_diff(two.len()) > 2 {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=two.len()).collect()];
    for i in 1..=one.len() {
        let mut row = vec![i];
        for j in 1..=two.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(one[i - 1] != two[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && one[i - 1] == two[j - 2] && one[i - 2] == two[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[one.len()][two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_lead_to_the_name_meant() {
        let known = ["audience", "tags", "title", "review_by"];
        for (typed, meant) in [
            ("audeince", Some("audience")),
            ("Audience", Some("audience")),
            ("audiences", Some("audience")),
            ("review-by", Some("review_by")),
            ("tag", Some("tags")),
            ("page", None),
            ("author", None),
        ] {
            assert_eq!(nearest(typed, known), meant, "{typed}");
        }
    }
}
