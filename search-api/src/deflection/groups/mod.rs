//! Which searches still end in tickets: what was asked, grouped by meaning, none of which singles a person out.
//!
//! ```text
//! episodes ─▶ what was said in each week, by meaning ─▶ cells of enough people ─▶ groups ─▶ rows ─▶ diagnosis
//!                                                       └─▶ weeks, kept                       └─▶ rises
//! tickets  ─▶                (as above)                 cells ─▶ groups ─▶ topics
//! ```

mod agglomerate;
mod cells;
pub mod diagnosis;
mod effect;
mod label;
mod meaning;
mod rises;
pub mod rows;
pub mod said;
#[cfg(test)]
mod tests;
pub mod topics;
pub mod weeks;

pub use cells::Name;
pub use diagnosis::{Diagnosis, Findings, diagnose};
pub use effect::{Effect, effect};
pub use label::Label;
pub use rises::{Rise, last_week, rises};
pub use rows::{Row, Table};
pub use said::Said;
pub use topics::{Topic, Written, topics};
pub use weeks::{Cells, Week};
