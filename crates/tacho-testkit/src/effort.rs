//! Given how much a test could try, says how much of it this run tries.
//!
//! `TACHO_STORIES=all`, as `cargo x ci` sets it, tries everything; a plain `cargo test` a twentieth
//! of it, so that nobody waits for what the same machine has tried before.
#![expect(clippy::disallowed_methods, reason = "test equipment reads its environment")]

/// How many of `all` stories are told: the first ones, at least ten.
pub fn stories(all: u64) -> u64 {
    if tries_all() { all } else { (all / 20).max(10).min(all) }
}

/// The step through what could be tried one by one (every bit, every size): 1, or 13, which meets
/// every bit of a byte.
pub fn stride() -> usize {
    if tries_all() { 1 } else { 13 }
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
