//! Pins beside the articles that they name: unknown ones, some that their readers may not see, expired and contradicting entries.

use crate::article::Head;
use crate::audience::Audience;
use crate::portal::Portal;
use crate::problem::Problem;
use crate::spelling::edits;
use crate::steering::{PINS, Pin, Steering};
use crate::visible::pattern_words;
use std::collections::BTreeMap;

const RULE: &str = "pins";

/// Problems that only show between what editors wrote and the articles of one portal, at `now` (ms UTC).
pub(super) fn problems(portal: &Portal, articles: &[&Head], steering: &Steering, now: i64) -> Vec<Problem> {
    let file = format!("{}/{PINS}", portal.id);
    let mut problems = Vec::new();
    for pin in &steering.pins {
        problems.extend(targets(&file, pin, articles));
        if pin.until.is_some_and(|until| until <= now) {
            let mend = "Remove the entry, or set a later `until`.";
            problems.push(Problem::warning(&file, Some(pin.line), RULE, "the pin has expired and has no effect", mend));
        }
        if let (Some(from), Some(until)) = (pin.from, pin.until)
            && from >= until
        {
            let mend = "Correct `from` or `until`.";
            problems.push(Problem::error(&file, Some(pin.line), RULE, "the pin ends before it begins", mend));
        }
    }
    problems.extend(repeated(&file, &steering.pins));
    problems
}

/// Articles that a pin names and that do not exist, or that none of its readers may see.
fn targets(file: &str, pin: &Pin, articles: &[&Head]) -> Vec<Problem> {
    let named = |name: &str| {
        let names = |head: &&&Head| {
            head.path == name.trim_start_matches('/')
                || head.slug == name
                || head.aliases.iter().any(|alias| alias == name)
        };
        articles.iter().filter(names).copied().collect::<Vec<&Head>>()
    };
    let mut problems = Vec::new();
    for name in &pin.articles {
        let found = named(name);
        if found.is_empty() {
            let names = articles.iter().flat_map(|head| [head.slug.as_str(), head.path.as_str()]);
            let near = names.map(|known| (edits(name, known), known)).filter(|(edits, _)| *edits <= 2).min();
            let mend = match near {
                Some((_, meant)) => format!("Did you mean `{meant}`? Until then the name has no effect."),
                None => "Write a slug, or a path under `articles/`; until then the name has no effect.".to_owned(),
            };
            let what = format!("no article has the slug or path `{name}`");
            problems.push(Problem::error(file, Some(pin.line), RULE, what, mend));
        } else if !found.iter().any(|head| head.audience.includes(&pin.audience))
            && !found.iter().any(|head| pin.audience.includes(&head.audience) && head.audience != Audience::Hidden)
        {
            let what = format!("those whom the pin is for may not read `{name}`");
            let mend = "Give the pin an `audience` that the article's lies within; for others it has no effect.";
            problems.push(Problem::warning(file, Some(pin.line), RULE, what, mend));
        }
    }
    problems
}

/// Patterns that an earlier entry has as well, for some of the same readers at the same time.
fn repeated(file: &str, pins: &[Pin]) -> Vec<Problem> {
    let mut seen = BTreeMap::<(bool, Vec<String>), Vec<&Pin>>::new();
    let mut problems = Vec::new();
    for pin in pins {
        let queries = pin.queries.iter().map(|query| (true, query));
        for (whole, pattern) in queries.chain(pin.contains.iter().map(|pattern| (false, pattern))) {
            let earlier = seen.entry((whole, pattern_words(pattern))).or_default();
            if let Some(first) = earlier.iter().find(|first| meet(first, pin)) {
                let what = format!("`{pattern}` is pinned in line {} already", first.line);
                let mend = "Put the articles into one entry, in the order in which they are to stand.";
                problems.push(Problem::warning(file, Some(pin.line), RULE, what, mend));
            }
            earlier.push(pin);
        }
    }
    problems
}

/// Says whether two entries can hold for one reader at one time.
fn meet(one: &Pin, two: &Pin) -> bool {
    let audiences = one.audience.includes(&two.audience) || two.audience.includes(&one.audience);
    let languages = one.language.is_none() || two.language.is_none() || one.language == two.language;
    let before = |until: Option<i64>, from: Option<i64>| until.zip(from).is_some_and(|(until, from)| until <= from);
    audiences && languages && !before(one.until, two.from) && !before(two.until, one.from)
}
