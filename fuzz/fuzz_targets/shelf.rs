//! Markdown files indexed, and a question to them: see `signpost_fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signpost_fuzz::shelf(bytes));
