//! Who may read an article, and what a viewer holds.

use crate::tree::{Node, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The name of the requirement that a viewer's roles answer.
pub const ROLES: &str = "roles";

/// Attribute name → values, as a viewer holds them or as an audience asks for them. Roles stand under [`ROLES`].
pub type Attributes = BTreeMap<String, BTreeSet<String>>;

/// Who may read an article. Equal audiences and languages share one partition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Everybody, signed in or not.
    Public,
    /// Viewers who hold, for every attribute named, at least one of its values. Never empty.
    Restricted(Attributes),
    /// Nobody but editors: drafts, and articles whose audience could not be read.
    Hidden,
}

/// What a viewer holds, worked out from a verified token by the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grants {
    /// An editor: every audience admits them.
    Everything,
    /// Everybody else; an anonymous viewer holds no attribute.
    Attributes(Attributes),
}

impl Audience {
    /// Says whether a viewer with these grants may read articles of this audience.
    pub fn admits(&self, grants: &Grants) -> bool {
        let held = match grants {
            Grants::Everything => return true,
            Grants::Attributes(held) => held,
        };
        match self {
            Self::Public => true,
            Self::Hidden => false,
            Self::Restricted(required) => {
                required.iter().all(|(name, values)| held.get(name).is_some_and(|held| !held.is_disjoint(values)))
            }
        }
    }

    /// Stable name for files and folders: equal audiences, equal keys; letters, digits and hyphens only.
    pub fn key(&self) -> String {
        match self {
            Self::Public => "public".to_owned(),
            Self::Hidden => "hidden".to_owned(),
            Self::Restricted(required) => {
                let mut hasher = blake3::Hasher::new();
                let mut part = |text: &str| {
                    hasher.update(&(text.len() as u64).to_le_bytes());
                    hasher.update(text.as_bytes());
                };
                for (name, values) in required {
                    part(name);
                    part(&values.len().to_string());
                    values.iter().for_each(|value| part(value));
                }
                format!("r-{}", &hasher.finalize().to_hex()[..32])
            }
        }
    }

    /// The audience of everybody who belongs to either; `None` when requirements alone cannot say it (they differ in more than
    /// one attribute).
    pub fn or(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Public, _) | (_, Self::Public) => Some(Self::Public),
            (Self::Hidden, audience) | (audience, Self::Hidden) => Some(audience.clone()),
            (Self::Restricted(one), Self::Restricted(two)) => {
                if other.includes(self) {
                    return Some(other.clone());
                }
                if self.includes(other) {
                    return Some(self.clone());
                }
                let differ: Vec<_> = one.keys().filter(|name| one.get(*name) != two.get(*name)).collect();
                if !one.keys().eq(two.keys()) || differ.len() > 1 {
                    return None;
                }
                let mut both = one.clone();
                for name in differ {
                    both.entry(name.clone()).or_default().extend(two[name].iter().cloned());
                }
                Some(Self::Restricted(both))
            }
        }
    }

    /// The audience of those who belong to both. A viewer may hold several values of one attribute, so two requirements on one
    /// attribute become those values that answer both: never wider than either.
    pub fn and(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Hidden, _) | (_, Self::Hidden) => Self::Hidden,
            (Self::Public, audience) | (audience, Self::Public) => audience.clone(),
            (Self::Restricted(one), Self::Restricted(two)) => {
                let mut both = one.clone();
                for (name, values) in two {
                    let values = match one.get(name) {
                        Some(also) => also.intersection(values).cloned().collect(),
                        None => values.clone(),
                    };
                    if values.is_empty() {
                        return Self::Hidden;
                    }
                    both.insert(name.clone(), values);
                }
                Self::Restricted(both)
            }
        }
    }

    /// Says whether everybody whom `other` admits is admitted here too.
    pub fn includes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Public, _) | (_, Self::Hidden) => true,
            (_, Self::Public) | (Self::Hidden, _) => false,
            (Self::Restricted(wide), Self::Restricted(narrow)) => {
                wide.iter().all(|(name, values)| narrow.get(name).is_some_and(|narrow| narrow.is_subset(values)))
            }
        }
    }
}

/// The names and values that audiences of a portal may use.
pub(crate) struct Vocabulary<'a> {
    /// Names of the roles.
    pub roles: BTreeSet<&'a str>,
    /// Attribute → allowed values; empty = any.
    pub attributes: &'a BTreeMap<String, BTreeSet<String>>,
}

/// What is wrong with an audience, the line, and how to mend it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct AudienceError {
    pub line: u32,
    pub what: String,
    pub mend: String,
}

impl Vocabulary<'_> {
    /// Reads an audience as written in front matter or `portal.toml`: `public`, `hidden`, or a table of requirements. Strict:
    /// whatever is not understood is an error, because a requirement left out would widen the audience.
    pub fn read(&self, node: &Node) -> Result<Audience, AudienceError> {
        let error = |line, what: String, mend: &str| AudienceError { line, what, mend: mend.to_owned() };
        const FORM: &str = "Write `public`, `hidden`, or requirements such as `{roles: [admin]}`.";
        let entries = match &node.value {
            Value::Table(entries) if !entries.is_empty() => entries,
            Value::Scalar { .. } => {
                return match node.text() {
                    Some("public") => Ok(Audience::Public),
                    Some("hidden") => Ok(Audience::Hidden),
                    Some(other) => Err(error(node.line, format!("`{other}` is not an audience"), FORM)),
                    None => Err(error(node.line, "the audience is empty".to_owned(), FORM)),
                };
            }
            _ => return Err(error(node.line, "the audience has no requirement".to_owned(), FORM)),
        };
        let mut required = Attributes::new();
        for (key, node) in entries {
            let name = key.name.as_str();
            if name != ROLES && !self.attributes.contains_key(name) {
                let known = std::iter::once(ROLES).chain(self.attributes.keys().map(String::as_str));
                let what = format!("`{name}` is not an attribute of this portal");
                return Err(error(
                    key.line,
                    what,
                    &names("It knows", known, "Declare others under [attributes] in portal.toml."),
                ));
            }
            let values = match node.scalars() {
                Some(values) if !values.is_empty() => values,
                _ => {
                    let what = format!("`{name}` needs a value or a list of values");
                    return Err(error(node.line, what, &format!("Write `{name}: [value]`.")));
                }
            };
            for value in &values {
                let known: Vec<&str> = match self.attributes.get(name) {
                    _ if name == ROLES => self.roles.iter().copied().collect(),
                    Some(allowed) if !allowed.is_empty() => allowed.iter().map(String::as_str).collect(),
                    _ if !value.is_empty() => continue,
                    _ => Vec::new(),
                };
                if !known.contains(value) {
                    let what = if name == ROLES {
                        format!("`{value}` is not a role of this portal")
                    } else {
                        format!("`{value}` is not a value of `{name}`")
                    };
                    return Err(error(node.line, what, &names("It knows", known, "Declare others in portal.toml.")));
                }
            }
            if required.insert(name.to_owned(), values.into_iter().map(str::to_owned).collect()).is_some() {
                return Err(error(key.line, format!("`{name}` is given twice"), "Keep one of them."));
            }
        }
        Ok(Audience::Restricted(required))
    }
}

/// "It knows `a`, `b`. …", at most a dozen names.
fn names<'a>(lead: &str, known: impl IntoIterator<Item = &'a str>, tail: &str) -> String {
    let known: Vec<String> = known.into_iter().take(12).map(|name| format!("`{name}`")).collect();
    if known.is_empty() { tail.to_owned() } else { format!("{lead} {}. {tail}", known.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn attributes() -> BTreeMap<String, BTreeSet<String>> {
        BTreeMap::from([
            ("tier".to_owned(), BTreeSet::from(["gold".to_owned(), "1".to_owned()])),
            ("account".to_owned(), BTreeSet::new()),
        ])
    }

    fn read(yaml: &str) -> Result<Audience, AudienceError> {
        let attributes = attributes();
        let vocabulary = Vocabulary { roles: BTreeSet::from(["admin", "member"]), attributes: &attributes };
        let tree = crate::tree::yaml(&format!("audience: {yaml}\n")).unwrap();
        vocabulary.read(&tree.table().unwrap()[0].1)
    }

    fn restricted(required: &[(&str, &[&str])]) -> Audience {
        let set = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        Audience::Restricted(required.iter().map(|(name, values)| ((*name).to_owned(), set(values))).collect())
    }

    #[test]
    fn every_form_of_an_audience_is_read() {
        assert_eq!(read("public"), Ok(Audience::Public));
        assert_eq!(read("hidden"), Ok(Audience::Hidden));
        assert_eq!(read("{roles: [admin, member]}"), Ok(restricted(&[("roles", &["admin", "member"])])));
        assert_eq!(
            read("{roles: admin, tier: 1, account: [acme]}"),
            Ok(restricted(&[("roles", &["admin"]), ("tier", &["1"]), ("account", &["acme"])]))
        );
    }

    #[test]
    fn whatever_is_not_understood_is_an_error() {
        for (yaml, what) in [
            ("Public", "`Public` is not an audience"),
            ("", "the audience is empty"),
            ("[admin]", "the audience has no requirement"),
            ("{}", "the audience has no requirement"),
            ("{role: admin}", "`role` is not an attribute of this portal"),
            ("{roles: []}", "`roles` needs a value or a list of values"),
            ("{roles: [admin, root]}", "`root` is not a role of this portal"),
            ("{roles: ['signpost:editor']}", "`signpost:editor` is not a role of this portal"),
            ("{roles: {any: admin}}", "`roles` needs a value or a list of values"),
            ("{tier: silver}", "`silver` is not a value of `tier`"),
            ("{account: }", "`account` needs a value or a list of values"),
            ("{account: ''}", "`` is not a value of `account`"),
            ("{roles: admin, roles: member}", "`roles` is given twice"),
        ] {
            assert_eq!(read(yaml).map_err(|error| error.what), Err(what.to_owned()), "{yaml}");
        }
    }

    #[test]
    fn keys_of_different_audiences_differ() {
        let audiences = [
            Audience::Public,
            Audience::Hidden,
            restricted(&[("roles", &["ab"])]),
            restricted(&[("roles", &["a", "b"])]),
            restricted(&[("roles", &["a"]), ("b", &["c"])]),
            restricted(&[("roles", &["a", "b", "c"])]),
        ];
        let keys: BTreeSet<_> = audiences.iter().map(Audience::key).collect();
        assert_eq!(keys.len(), audiences.len());
        assert!(keys.iter().all(|key| key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')));
    }

    fn any_audience() -> impl Strategy<Value = Audience> {
        let set = prop::collection::btree_set("[abc]", 1..3);
        prop_oneof![
            Just(Audience::Public),
            Just(Audience::Hidden),
            prop::collection::btree_map("[xyz]", set, 1..3).prop_map(Audience::Restricted),
        ]
    }

    proptest! {
        #[test]
        fn joining_never_admits_anybody_whom_neither_admits(
            one in any_audience(), two in any_audience(),
            held in prop::collection::btree_map("[xyz]", prop::collection::btree_set("[abc]", 0..3), 0..4),
        ) {
            let grants = Grants::Attributes(held);
            let (first, second) = (one.admits(&grants), two.admits(&grants));
            if let Some(either) = one.or(&two) {
                prop_assert_eq!(either.admits(&grants), first || second);
            }
            prop_assert!(!one.and(&two).admits(&grants) || (first && second));
            prop_assert!(!one.includes(&two) || first || !second);
        }
    }
}
