//! Which searches still end in tickets: what was asked, grouped by meaning, none of which singles a person out.
//!
//! ```text
//! episodes ─▶ items ─▶ meanings of each week ─▶ cells of enough people ─▶ groups ─▶ rows ─▶ diagnosis
//! tickets  ─▶ items ─▶          (as above)                               groups ─▶ topics    └─▶ rises
//! ```

mod agglomerate;
mod cells;
pub mod diagnosis;
mod effect;
mod label;
mod meaning;
mod rises;
pub mod rows;
#[cfg(test)]
mod tests;
pub mod topics;

pub use cells::Name;
pub use diagnosis::{Diagnosis, Findings, diagnose};
pub use effect::{Effect, effect};
pub use label::Label;
pub use rises::{Rise, last_week, rises};
pub use rows::{Row, Table};
pub use topics::{Topic, Written, topics};
