//! Feeds what the fuzzer invents to `claims/filter.rs`.
#![no_main]

#[path = "../claims/filter.rs"]
mod claims;

libfuzzer_sys::fuzz_target!(|data: &[u8]| claims::claim(data));
