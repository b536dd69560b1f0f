//! Given how much a test could try, says how much of it this run tries.
//!
//! `TACHO_STORIES=all`, as `cargo x ci` sets it, tries everything; a plain `cargo test` a twentieth
//! of it, so that nobody waits for what the same machine has tried before.
#![expect(clippy::disallowed_methods, reason = "test equipment reads its environment")]

use std::time::{SystemTime, UNIX_EPOCH};

/// How many of `all` stories are told: the first ones, at least ten.
pub fn stories(all: u64) -> u64 {
    if tries_all() { all } else { (all / 20).max(10).min(all) }
}

/// The step through what could be tried one by one (every bit, every size): 1, or 13, which meets
/// every bit of a byte.
pub fn stride() -> usize {
    if tries_all() { 1 } else { 13 }
}

/// Where those begin who try only some of what could be tried: what they leave out, another number
/// tries. It is 0, so that every run tries the same; `TACHO_SHIFT` gives another one, and `random`
/// another one each time. Who fails must tell it.
///
/// # Panics
/// If `TACHO_SHIFT` is neither.
pub fn shift() -> u64 {
    let Ok(asked) = std::env::var("TACHO_SHIFT") else { return 0 };
    if asked == "random" {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        return u64::from(since.subsec_micros());
    }
    let given = asked.parse();
    assert!(given.is_ok(), "TACHO_SHIFT is a number or `random`, not `{asked}`");
    given.unwrap_or_default()
}

/// Whether this run leaves out a test that takes more than a few seconds and cannot take less;
/// then it says so, and the test returns.
#[expect(clippy::print_stderr, reason = "who runs the test reads it")]
pub fn spares(test: &str) -> bool {
    if !tries_all() {
        eprintln!("{test}: left to TACHO_STORIES=all");
    }
    !tries_all()
}

fn tries_all() -> bool {
    std::env::var("TACHO_STORIES").is_ok_and(|stories| stories == "all")
}
