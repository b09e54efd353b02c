//! Redaction measured: what it misses of a thousand items in six locales, and what it takes out of help queries by mistake.

use super::redact;

/// Written by `scripts/redaction_items.py`: kind, locale, item, text.
const ITEMS: &str = include_str!("items.tsv");

/// Whether something of an item that tells it from others is left in a text: four digits of a number, the name of an address, eight
/// characters of a token, the value in an address of the web.
fn is_left(kind: &str, item: &str, text: &str) -> bool {
    let runs = |part: fn(char) -> bool, least: usize| {
        item.split(move |c| !part(c)).filter(move |run| run.chars().count() >= least).any(|run| text.contains(run))
    };
    match kind {
        "email" => item.split('@').next().is_some_and(|name| text.contains(name)),
        "token" => runs(|c| c.is_alphanumeric() || c == '_', 8),
        "url" => item.rsplit('=').next().is_some_and(|value| text.contains(value)),
        _ => text.contains(item) || runs(|c| c.is_ascii_digit(), 4),
    }
}

#[test]
fn of_a_thousand_items_at_most_five_are_left() {
    let items = ITEMS.lines().filter(|line| !line.starts_with("obfuscated"));
    let items: Vec<Vec<&str>> = items.map(|line| line.split('\t').collect()).collect();
    assert_eq!(items.len(), 1_000);
    let left: Vec<_> = items.iter().filter(|item| is_left(item[0], item[2], &redact(item[3]))).collect();
    assert!(left.len() <= 5, "{left:?}");
}

#[test]
fn what_is_hidden_on_purpose_is_measured_apart() {
    let hidden = ITEMS.lines().filter(|line| line.starts_with("obfuscated")).map(|line| line.split('\t').collect());
    let hidden: Vec<Vec<&str>> = hidden.collect();
    let taken_out = |kind: &str| {
        let of_kind: Vec<_> = hidden.iter().filter(|item| item[0].ends_with(kind)).collect();
        let changed = of_kind.iter().filter(|item| redact(item[3]) != item[3]).count();
        println!("{changed} of {} hidden: {kind}", of_kind.len());
        changed * 10 >= of_kind.len() * 9
    };
    // "ana at mail dot example" could be any sentence.
    assert!(!taken_out("email") && taken_out("phone") && taken_out("card"));
}

#[test]
fn of_two_thousand_queries_with_codes_and_versions_at_most_ten_lose_something() {
    let number = |seed: u32, below: u32| seed.wrapping_mul(2_654_435_761) % below;
    let code = |n: u32| match n % 20 {
        0 => format!("0x{:08X}", number(n, u32::MAX)),
        1 => format!("ORA-{:05}", number(n, 100_000)),
        2 => format!("KB{:07}", number(n, 10_000_000)),
        3 => format!("HTTP {}", 400 + number(n, 112)),
        4 => format!("{}.{}.{}", number(n, 30), number(n + 1, 20), number(n + 2, 100)),
        5 => format!("10.0.{}.{}", 10_000 + number(n, 20_000), number(n + 1, 5_000)),
        6 => format!("v20{:02}.{}.{}", number(n, 30), 1 + number(n + 1, 12), number(n + 2, 1_300)),
        7 => format!("{:04}-{:04}", number(n, 10_000), number(n + 1, 10_000)),
        8 => format!("20{:02}-{:02}-{:02}", number(n, 30), 1 + number(n + 1, 12), 1 + number(n + 2, 28)),
        9 => format!("192.168.{}.{}:{}", number(n, 256), number(n + 1, 256), 1_024 + number(n + 2, 60_000)),
        10 => format!("{}x{}", 640 + number(n, 2_000), 480 + number(n + 1, 1_000)),
        11 => format!("INV-20{:02}-{:05}", number(n, 30), number(n + 1, 100_000)),
        12 => format!("ticket #{}", 1_000_000 + number(n, 999_999)),
        13 => format!(
            "ERR_{}_{:03}",
            ["TIMEOUT", "NO_LICENSE", "CONNECTION_RESET"][(n / 20 % 3) as usize],
            number(n, 1_000)
        ),
        14 => format!("{:02}:{:02}:{:02}", number(n, 24), number(n + 1, 60), number(n + 2, 60)),
        15 => format!("{},{:03} rows", 1 + number(n, 999), number(n + 1, 1_000)),
        16 => format!("RFC {}", 700 + number(n, 9_000)),
        17 => format!("getValue{}FromCache", number(n, 10)),
        18 => format!("part {}-{}-{}", number(n, 100), number(n + 1, 1_000), number(n + 2, 100)),
        _ => format!("{}.{}.{}-beta.{}", number(n, 9), number(n + 1, 9), number(n + 2, 9), number(n + 3, 9)),
    };
    let frames = ["{} after the update", "how do I mend {}?", "error {} when I sign in", "Fehler {} beim Start", "{}"];
    let queries = (0..2_000).map(|n: u32| frames[(n / 20 % 5) as usize].replace("{}", &code(n)));
    let changed: Vec<_> =
        queries.map(|query| (redact(&query), query)).filter(|(redacted, query)| redacted != query).collect();
    assert!(changed.len() <= 10, "{} changed: {changed:?}", changed.len());
}
