//! Feeds what the fuzzer invents to the claim about it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| tacho_fuzz::draft::claim(data));
