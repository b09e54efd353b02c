//! An explanation in plain words, for editors.

use super::{Above, Explanation, First, Likeness, Spot, WordAt};
use crate::retrieval::reading::Found;
use crate::retrieval::{Confidence, Mode};

/// Differences between two articles that are named.
const MOST_DIFFERENCES: usize = 3;

/// A sentence for each thing that matters. `pinned`: how many articles stand first by the editors' word.
pub(super) fn about(explanation: &Explanation, pinned: usize) -> Vec<String> {
    let mut said = vec![place(explanation, pinned)];
    said.extend(words(&explanation.likeness));
    said.extend(closeness(&explanation.likeness));
    said.extend(meaning(explanation));
    said.extend(language(explanation));
    said.extend(tie_breakers(&explanation.likeness));
    said.extend(above(explanation));
    said
}

fn place(explanation: &Explanation, pinned: usize) -> String {
    let title = &explanation.title;
    let sure = match explanation.confidence {
        Confidence::Good => "good",
        Confidence::Weak => "weak",
        Confidence::None => "none",
    };
    match explanation.rank {
        None => format!("“{title}” is not among the {} articles found (confidence {sure}).", explanation.total),
        Some(rank) if explanation.pinned => {
            format!("“{title}” stands at {rank} of {} because editors pinned it to this query.", explanation.total)
        }
        Some(rank) => {
            let after = match pinned {
                0 => String::new(),
                1 => ", after one pinned article".to_owned(),
                pinned => format!(", after {pinned} pinned articles"),
            };
            format!("“{title}” stands at {rank} of {}{after} (confidence {sure}).", explanation.total)
        }
    }
}

/// Which words it has where, and which it lacks.
fn words(likeness: &Likeness) -> Vec<String> {
    let matter = likeness.words.iter().filter(|word| word.weight > 0.0);
    let (has, lacks): (Vec<&WordAt>, Vec<&WordAt>) = matter.partition(|word| !word.places.is_empty());
    let mut said = Vec::new();
    if !has.is_empty() {
        let list: Vec<String> = has.iter().map(|word| format!("{} in its {}", name(word), spots(word))).collect();
        said.push(format!("It has {}: {:.0} % of the query's weight.", list.join("; "), 100.0 * likeness.coverage));
    }
    let (unknown, elsewhere): (Vec<&WordAt>, Vec<&WordAt>) = lacks.into_iter().partition(|word| word.articles == 0);
    if !elsewhere.is_empty() {
        let list: Vec<String> =
            elsewhere.iter().map(|word| format!("{} ({:.0} %)", name(word), 100.0 * word.weight)).collect();
        said.push(format!("It lacks {}.", list.join(", ")));
    }
    if !unknown.is_empty() {
        let list: Vec<String> = unknown.iter().map(|word| format!("“{}”", word.word)).collect();
        said.push(format!("No article that this viewer may see has {}.", list.join(", ")));
    }
    said
}

fn name(word: &WordAt) -> String {
    match &word.found {
        Found::AsTypoOf(known) => format!("“{}” (read as “{known}”)", word.word),
        Found::AsPrefix => format!("“{}…”", word.word),
        _ if word.by_synonym => format!("a synonym of “{}”", word.word),
        _ => format!("“{}”", word.word),
    }
}

fn spots(word: &WordAt) -> String {
    let names: Vec<&str> = word.places.iter().map(|spot| spot_name(*spot)).collect();
    names.join(", ")
}

fn closeness(likeness: &Likeness) -> Option<String> {
    let closeness = likeness.closeness.filter(|_| likeness.coverage > 0.0)?;
    Some(match closeness {
        1.0 => "The query's words stand next to each other in its title or best passage.".to_owned(),
        0.0 => "None of the query's words stand near each other in its title or best passage.".to_owned(),
        _ => format!("The query's words stand near each other in part ({:.0} %).", 100.0 * closeness),
    })
}

fn spot_name(spot: Spot) -> &'static str {
    match spot {
        Spot::Title => "title",
        Spot::Tags => "tags",
        Spot::Heading => "headings",
        Spot::Text => "text",
    }
}

fn meaning(explanation: &Explanation) -> Option<String> {
    let by_words = match explanation.likeness.lexical {
        (score, place) if score > 0.0 => format!("By words alone it is {}", ordinal(place)),
        _ => "By words alone it is not found".to_owned(),
    };
    match (explanation.mode, explanation.likeness.dense) {
        (Mode::Lexical, _) => None,
        (_, Some((cosine, place))) => {
            let closely = explanation.likeness.late_interaction.filter(|likeness| *likeness > 0.0);
            let closely = closely.map(|likeness| {
                format!("; its best passage says what is asked {:.0} % word by word", 100.0 * likeness)
            });
            Some(format!(
                "{by_words}, by meaning alone {} (cosine {cosine:.2}){}.",
                ordinal(place),
                closely.unwrap_or_default()
            ))
        }
        (_, None) => Some(format!("{by_words}; it has no vectors.")),
    }
}

/// That words count less, where they do.
fn language(explanation: &Explanation) -> Option<String> {
    let likeness = &explanation.likeness;
    let because = match explanation.mode {
        Mode::Hybrid if likeness.at_home < 1.0 => "Little of the query is said in words of this article's language",
        Mode::Hybrid if likeness.trusted < 1.0 => {
            "Nothing says that the query is in this article's language, and what its words find first is not what is nearest to it in meaning"
        }
        _ => return None,
    };
    Some(format!("{because}, so its words count less and its meaning more."))
}

fn tie_breakers(likeness: &Likeness) -> Option<String> {
    let factors = likeness.factors;
    let named = [("kind", factors.kind), ("newness", factors.recency), ("votes of visitors", factors.helpfulness)];
    let told: Vec<String> = named
        .into_iter()
        .filter(|(_, factor)| (factor - 1.0).abs() >= 0.001)
        .map(|(name, factor)| format!("its {name} by {:+.1} %", 100.0 * (factor - 1.0)))
        .collect();
    (!told.is_empty()).then(|| format!("Tie-breakers change its score: {}.", told.join(", ")))
}

/// What the article one place above has more.
fn above(explanation: &Explanation) -> Option<String> {
    let Above { title, first, likeness: other, .. } = explanation.above.as_ref()?;
    match first {
        Some(First::Pinned) if explanation.pinned => return None,
        Some(First::Pinned) => return Some(format!("“{title}” stands above it because editors pinned it.")),
        Some(First::ByLanguage) => {
            return Some(format!("“{title}” stands above it: its language goes before that of this article."));
        }
        None => {}
    }
    let own = &explanation.likeness;
    let mut more: Vec<(f32, String)> = Vec::new();
    for (theirs, ours) in other.words.iter().zip(&own.words) {
        let better = ours.places.is_empty() || theirs.places.first() < ours.places.first();
        if let (Some(spot), true) = (theirs.places.first(), better) {
            let also = if ours.places.is_empty() { "" } else { ", where this one has it further down" };
            more.push((theirs.weight, format!("it has {} in its {}{also}", name(theirs), spot_name(*spot))));
        }
    }
    more.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut more: Vec<String> = more.into_iter().take(MOST_DIFFERENCES).map(|(_, said)| said).collect();
    if let (Some((_, theirs)), Some((_, ours))) = (other.dense, own.dense)
        && theirs < ours
    {
        more.push(format!("it is nearer in meaning ({} against {})", ordinal(theirs), ordinal(ours)));
    }
    if other.late_interaction > own.late_interaction {
        more.push("its best passage says more nearly, word by word, what is asked".to_owned());
    }
    if other.closeness > own.closeness {
        more.push("the query's words stand nearer to each other in it".to_owned());
    }
    if other.lexical.1 < own.lexical.1 && more.is_empty() {
        more.push("its words weigh more: they are more frequent, or it is shorter".to_owned());
    }
    if other.factors.product() > own.factors.product() * 1.001 && more.is_empty() {
        more.push("tie-breakers favour it".to_owned());
    }
    let because = if more.is_empty() { "by a hair".to_owned() } else { more.join("; ") };
    Some(format!("“{title}” stands above it: {because}."))
}

fn ordinal(number: usize) -> String {
    let end = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{end}")
}
