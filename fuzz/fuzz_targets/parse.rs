//! A Markdown file read as an article: see `signpost_fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signpost_fuzz::parse(bytes));
