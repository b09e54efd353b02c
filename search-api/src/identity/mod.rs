//! Token to viewer: who is asking, proved by a signature, or nobody.

mod dev_key;
mod keys;

pub use dev_key::{DEV_ISSUER, DevKey, DevKeyError, Grant};
pub use keys::{KeyError, Keys, TokenError};

use indexer::audience::{Attributes, Grants, ROLES};
use indexer::portal::Portal;
use std::collections::BTreeSet;

/// Role that may read reports.
pub const ANALYST: &str = "signpost:analyst";
/// Role that may read raw query text.
pub const ANALYST_RAW: &str = "signpost:analyst-raw";
/// Role that every audience admits.
pub const EDITOR: &str = "signpost:editor";
/// Role that may backfill events and read operations.
pub const OPERATOR: &str = "signpost:operator";
/// Roles that every portal knows and none may define.
pub const RESERVED: [&str; 4] = [ANALYST, ANALYST_RAW, EDITOR, OPERATOR];

/// Who asks, within one portal. Can only be built here: from a verified token, as anonymous, or as the server itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Viewer {
    portal: String,
    subject: Option<String>,
    email: Option<String>,
    grants: Grants,
    roles: BTreeSet<String>,
}

impl Viewer {
    /// Nobody signed in.
    pub fn anonymous(portal: &str) -> Self {
        Self::new(portal, None, None, BTreeSet::new(), Attributes::new())
    }

    /// The server itself, where it writes what nobody sent.
    pub fn operator(portal: &str) -> Self {
        Self::new(portal, None, None, BTreeSet::from([OPERATOR.to_owned()]), Attributes::new())
    }

    /// Works out what a viewer with these roles and attributes holds. `attributes` has no entry for [`ROLES`].
    fn new(
        portal: &str,
        subject: Option<String>,
        email: Option<String>,
        roles: BTreeSet<String>,
        mut attributes: Attributes,
    ) -> Self {
        let grants = if roles.contains(EDITOR) {
            Grants::Everything
        } else {
            let of_portal: BTreeSet<_> =
                roles.iter().filter(|role| !RESERVED.contains(&role.as_str())).cloned().collect();
            if !of_portal.is_empty() {
                attributes.insert(ROLES.into(), of_portal);
            }
            Grants::Attributes(attributes)
        };
        Self { portal: portal.into(), subject, email, grants, roles }
    }

    /// The portal that the token is for.
    pub fn portal(&self) -> &str {
        &self.portal
    }
    /// The token's subject.
    pub fn subject(&self) -> Option<&str> {
        self.subject.as_deref()
    }
    /// The token's e-mail address.
    pub fn email(&self) -> Option<&str> {
        self.email.as_deref()
    }
    /// What audiences are compared with.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }
    /// Roles, reserved ones included.
    pub fn roles(&self) -> &BTreeSet<String> {
        &self.roles
    }
    /// Whether the token holds a role, such as [`ANALYST`].
    pub fn has(&self, role: &str) -> bool {
        self.roles.contains(role)
    }
    /// Whether they are staff of the portal that the token is for: no figure counts them, and they read its tickets.
    pub fn is_staff(&self, portal: &Portal) -> bool {
        !self.roles.is_disjoint(&portal.staff_roles)
    }
}
