//! Feeds what the fuzzer invents to `claims/draft.rs`.
#![no_main]

#[path = "../claims/draft.rs"]
mod claims;

libfuzzer_sys::fuzz_target!(|data: &[u8]| claims::claim(data));
