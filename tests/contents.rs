//! Seeded portals for tests: articles with a small vocabulary, so that words recur and scores tie.

use crate::service::{age, save};
use std::path::Path;

/// A small generator of numbers that is the same on every machine (SplitMix64, Steele et al. 2014).
pub struct Seeded(pub u64);

impl Seeded {
    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
    /// One of some things.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// Words that articles and queries are made of.
pub const WORDS: [&str; 64] = [
    "account",
    "invoice",
    "password",
    "reset",
    "billing",
    "export",
    "import",
    "report",
    "team",
    "invite",
    "webhook",
    "token",
    "limit",
    "error",
    "refund",
    "card",
    "payment",
    "address",
    "shipping",
    "order",
    "cancel",
    "upgrade",
    "plan",
    "trial",
    "workspace",
    "project",
    "dashboard",
    "filter",
    "search",
    "language",
    "notification",
    "email",
    "phone",
    "security",
    "login",
    "logout",
    "session",
    "device",
    "backup",
    "restore",
    "calendar",
    "meeting",
    "schedule",
    "template",
    "form",
    "field",
    "status",
    "archive",
    "delete",
    "rename",
    "share",
    "permission",
    "role",
    "audit",
    "log",
    "integration",
    "connector",
    "sync",
    "mobile",
    "printer",
    "signature",
    "contract",
    "vacation",
    "enrolment",
];

/// Some words, in a row.
pub fn words(random: &mut Seeded, count: usize) -> String {
    (0..count).map(|_| *random.pick(&WORDS)).collect::<Vec<_>>().join(" ")
}

/// One article's file. `front` holds further lines of front matter.
pub fn article(title: &str, front: &str, random: &mut Seeded) -> String {
    let sections: String =
        (0..1 + random.below(3)).map(|_| format!("## {}\n\n{}.\n\n", words(random, 2), words(random, 20))).collect();
    format!("---\ntitle: {title}\n{front}---\n\n{}.\n\n{sections}", words(random, 15))
}

/// A portal `shop` with the role `member` and one article per number.
pub fn shop(root: &Path, count: usize) {
    let portal = "name = \"Shop\"\nlanguages = [\"en\"]\ndefault_audience = \"public\"\n\n\
                  [[roles]]\nname = \"member\"\ntitle = \"Member\"\n\n[attributes]\ntier = [\"gold\", \"silver\"]\n";
    save(&root.join("shop/portal.toml"), portal);
    age(&root.join("shop/portal.toml"));
    for number in 0..count {
        let path = root.join(format!("shop/articles/a{number:04}.md"));
        let mut random = Seeded(number as u64);
        let title = format!("{} {number}", words(&mut random, 3));
        save(&path, &article(&title, "language: en\n", &mut random));
        age(&path);
    }
}
