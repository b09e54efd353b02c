//! A value that people write alone or as a list of its like.

use serde::Deserialize;

/// `a` or `[a, b]`.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum OneOrMore {
    /// Alone.
    One(String),
    /// A list.
    More(Vec<String>),
}

impl OneOrMore {
    /// The list; of one where it stands alone.
    pub fn into_vec(self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value],
            Self::More(values) => values,
        }
    }
}
