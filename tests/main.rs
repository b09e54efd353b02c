//! The tests that drive the real `signpost` binary: one test binary for the whole service.

mod alerts;
mod contents;
mod crash;
mod databases;
mod demo;
mod documents;
mod editing;
mod fuzzing;
mod layering;
mod mails;
mod postgres;
mod privacy;
mod service;
mod smtp;
mod tickets;
mod twin;
