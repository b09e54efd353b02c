//! Read path of Signpost: queries to ranked answers, events to deflection figures, over HTTP and on the command line.

pub mod cli;
pub mod config;
pub mod deflection;
pub mod http;
pub mod identity;
pub mod retrieval;
pub mod server;
pub mod store;
