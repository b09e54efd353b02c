//! Names under which choices stand in the database; part of its format.

use super::outbox::Way;
use super::{Reason, Stage};
use crate::deflection::log::{Arm, Confidence, Mark, Surface};

/// A choice that is stored by name.
pub trait Named: Copy + Sized + 'static {
    /// Each value and its name.
    const NAMES: &'static [(Self, &'static str)];

    /// Its name.
    fn name(self) -> &'static str;

    /// The value of a name.
    fn of(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(value, _)| *value)
    }
}

macro_rules! named {
    ($type:ident { $($value:ident = $name:literal),+ $(,)? }) => {
        impl Named for $type {
            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$value, $name)),+];

            fn name(self) -> &'static str {
                match self { $(Self::$value => $name),+ }
            }
        }
    };
}

named!(Surface { Help = "help", Widget = "widget", Form = "form", Context = "context", Api = "api" });
named!(Confidence { Good = "good", Weak = "weak", None = "none" });
named!(Mark { Test = "test", Prefetch = "prefetch", Bot = "bot", Staff = "staff" });
named!(Arm { Shown = "shown", Held = "held" });
named!(Stage {
    Received = "received",
    Working = "working",
    Waiting = "waiting",
    Solved = "solved",
    HandedOver = "handed_over",
});
named!(Way { Desk = "desk", Mail = "mail" });
named!(Reason {
    Made = "made",
    Updated = "updated",
    Reopened = "reopened",
    Merged = "merged",
    Spam = "spam",
    Staff = "staff",
    Forwarded = "forwarded",
    Withdrawn = "withdrawn",
});
