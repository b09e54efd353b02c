//! A question to a small portal: see `signpost_fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| signpost_fuzz::ask(bytes));
