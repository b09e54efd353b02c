//! What a question costs, counted, whatever is asked: of the limits that keep it cheap, none can be got round.

use super::super::{most_work, search, suggest};
use super::world::{Shelf, article, in_language, only_for, query};
use indexer::article::Article;
use indexer::visible::{VisibleIndex, Work};
use std::fmt::Write;

/// Long words that are one edit from each other and begin alike, and a number for each article.
fn vocabulary(number: usize) -> String {
    let mut text = String::new();
    for letter in ('a'..='z').chain('а'..='я') {
        write!(text, "synchronization{letter} a{letter}{number} {letter} ").expect("a string");
    }
    text
}

/// Articles in four languages, three of them written without spaces, for three audiences, one of them denied.
fn shelf() -> Shelf {
    let mut articles: Vec<Article> = Vec::new();
    for number in 0..60 {
        let markdown =
            format!("the card and the invoice a_b_c v1.2.{number}\n\n## Part {number}\n\n{}", vocabulary(number));
        let article = article(&format!("a{number}.md"), &format!("Synchronize the card {number}"), &markdown);
        articles.push(if number % 3 == 0 { only_for("agent", article) } else { article });
    }
    for (tag, text) in [("zh", "登录时显示错误代码请求书"), ("th", "ใบแจ้งหนี้ไม่ถูกต้อง"), ("de", "Die Rechnung ist falsch")]
    {
        let path = format!("{tag}.md");
        articles.push(in_language(tag, article(&path, tag, &format!("{text}. the card {text}"))));
    }
    let shelf = Shelf::of(&articles);
    shelf.deny("a1.md");
    shelf
}

/// The worst that can be asked in 512 characters, as far as anybody has thought of it.
fn worst() -> Vec<(&'static str, String)> {
    let letters = |joint: &str, alphabet: std::ops::RangeInclusive<char>| {
        alphabet.filter(|c| c.is_alphabetic()).map(String::from).collect::<Vec<_>>().join(joint)
    };
    vec![
        ("equal words", "card ".repeat(102)),
        ("equal unknown words", "zugzwang ".repeat(56)),
        ("equal compounds", "a_b_c ".repeat(85)),
        ("single letters", letters(" ", '\u{C0}'..='\u{24F}')),
        ("a compound of letters", letters("_", '\u{C0}'..='\u{24F}')),
        ("a version of letters", letters(".", '\u{C0}'..='\u{24F}')),
        ("unknown compounds of known words", ('a'..='z').map(|letter| format!("{letter}_card_{letter}the ")).collect()),
        (
            "long unknown words",
            ('a'..='h').map(|letter| format!("synchronisation{} ", String::from(letter).repeat(48))).collect(),
        ),
        ("many misspelt words", ('a'..='z').map(|letter| format!("sinchronization{letter} ")).collect()),
        ("one endless word", "x".repeat(512)),
        ("one endless word of four bytes a letter", "𝔞".repeat(512)),
        ("one letter under marks", format!("a{}", "\u{301}".repeat(511))),
        ("marked letters", "a\u{301}\u{323} ".repeat(128)),
        ("joined emoji", "👩\u{200D}👧 ".repeat(128)),
        ("look-alikes of other scripts", "саrd іnvоісе ".repeat(39)),
        ("changing case", "aBcDeF".repeat(85)),
        ("letters and digits", "a1".repeat(256)),
        ("Han", "登录时显示错误代码请求书".repeat(42)),
        ("rare Han", ('\u{4E00}'..='\u{4FFF}').collect()),
        ("Thai", "ใบแจ้งหนี้ไม่ถูกต้อง".repeat(24)),
        ("Hangul", ('\u{AC00}'..='\u{ADFF}').collect()),
        ("right to left", "\u{202E}חשבונית card ".repeat(36)),
        ("a letter that grows in composition", "\u{FDFA}".repeat(512)),
        ("a prefix of thousands", "a".into()),
        ("prefixes", "a s c v t ".repeat(51)),
        ("apostrophes", "l'a'b'c'd".repeat(56)),
    ]
}

fn works(index: &VisibleIndex, text: &str) -> [Work; 2] {
    let ((), searched) = Work::of(|| drop(search(index, &query(text), None).expect("answers")));
    let ((), suggested) = Work::of(|| drop(suggest(index, text, None, 8).expect("suggestions")));
    [searched, suggested]
}

#[test]
fn no_question_costs_more_than_the_limits_of_reading_allow() {
    let shelf = shelf();
    for roles in [&[][..], &["agent"]] {
        let index = shelf.visible_to(roles);
        let most = most_work(&index, 10);
        for (what, text) in worst() {
            for text in [text.chars().take(512).collect(), text.repeat(40)] {
                for work in works(&index, &text) {
                    println!("{what:40} {:6} {work:?}", text.chars().count());
                    assert!(work.is_within(&most), "{what}, {} bytes: {work:?}\nmost: {most:?}", text.len());
                }
            }
        }
    }
}

#[test]
fn saying_a_word_again_costs_nothing() {
    let shelf = Shelf::of(&[article("a.md", "Synchronize the card", &vocabulary(0))]);
    let index = shelf.visible_to(&[]);
    for word in ["card", "the", "unheardof", "sinchronization", "a_b", "synchronizationa"] {
        // The last word is completed where it is unknown: here it is known.
        let once = works(&index, &format!("{word} card"));
        let often = works(&index, &format!("{}card", format!("{word} ").repeat(500)));
        // Less, where once it has a neighbour that it could be written together with.
        assert!(often.iter().zip(&once).all(|(often, once)| often.is_within(once)), "{word}: {often:?}, {once:?}");
    }
}

#[test]
fn a_question_costs_no_more_where_articles_are_spread_over_many_audiences() {
    let roles: Vec<String> = (0..20).map(|number| format!("role{number}")).collect();
    let articles: Vec<Article> =
        (0..20).map(|number| article(&format!("a{number}.md"), "Card", &vocabulary(number))).collect();
    let together = Shelf::of(&articles);
    let spread: Vec<Article> =
        articles.into_iter().zip(&roles).map(|(article, role)| only_for(role, article)).collect();
    let spread = Shelf::of(&spread);
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    let text = "sinchronization card synchronise unheardof";
    let [one, many] = [together.visible_to(&[]), spread.visible_to(&roles)].map(|index| works(&index, text)[0]);
    // Every dictionary has its own copy of a word.
    assert_eq!(
        (many.lookups, many.postings, many.letters, many.texts),
        (one.lookups, one.postings, one.letters, one.texts)
    );
}

#[test]
fn counting_within_counting_counts_for_both() {
    let shelf = Shelf::of(&[article("a.md", "Card", "A card.")]);
    let index = shelf.visible_to(&[]);
    let (inner, outer) = Work::of(|| works(&index, "card")[0]);
    let [searched, suggested] = works(&index, "card");
    assert_eq!((inner, outer.lookups), (searched, searched.lookups + suggested.lookups));
    assert_eq!(Work::of(|| ()).1, Work::default());
}
