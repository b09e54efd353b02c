//! Write path of Signpost and its index format: Markdown files become articles, passages, partitions and snapshots.
//!
//! ```text
//! file ─▶ Article ─▶ Passages ─▶ Partition (tantivy + vectors) ─▶ Snapshot ─▶ VisibleIndex (what one viewer may see)
//! ```
//!
//! A saved file passes through `files`, `article` (`front_matter`, `metadata`, `markdown`), `passage`, `analysis`, `embedder`,
//! `partition` (`vectors`, `records`) and `library`; `watch` drives it, `check` reports on it, `visible` reads it.

pub mod analysis;
pub mod article;
pub mod audience;
pub mod check;
pub mod clock;
pub mod embedder;
pub mod files;
mod front_matter;
pub mod language;
pub mod library;
pub mod markdown;
mod metadata;
pub mod partition;
pub mod passage;
pub mod portal;
pub mod problem;
mod products;
mod records;
pub mod reranker;
pub mod shown;
mod slug;
mod spelling;
pub mod static_table;
pub mod steering;
mod time;
pub mod token_codes;
mod tree;
pub mod vector_cache;
pub mod vectors;
pub mod visible;
pub mod watch;
pub mod word_order;
