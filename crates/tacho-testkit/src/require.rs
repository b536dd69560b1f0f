//! Given the name of a thing a test needs (`go`, `python`, ...), gives leave to run or a loud skip.
//!
//! `TACHO_REQUIRE=go,python` names what must be there: a skip of those fails the test. Other skips
//! are appended to the file `TACHO_SKIPS`, from which the runner counts and prints them.
#![expect(
    clippy::disallowed_methods,
    clippy::panic,
    clippy::print_stderr,
    reason = "test equipment reads its environment and speaks to the person running it"
)]

use std::io::Write;
use std::path::{Path, PathBuf};

/// What a test found missing; print it and return.
#[derive(Debug)]
pub struct Missing(pub String);

/// Records that `what` is missing for the reason `why`: panics when `TACHO_REQUIRE` names it,
/// else counts the calling test as skipped.
///
/// ```no_run
/// # use std::path::Path;
/// let go = Path::new("/nonexistent/go");
/// if !go.exists() {
///     tacho_testkit::require("go-example", "no Go toolchain at /nonexistent/go");
///     return;
/// }
/// ```
pub fn require(what: &str, why: &str) -> Missing {
    let required = std::env::var("TACHO_REQUIRE").unwrap_or_default();
    if required.split(',').any(|name| name.trim() == what) {
        panic!("`{what}` is required here and missing: {why}");
    }
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let line = format!("SKIPPED {name}: needs `{what}`: {why}\n");
    eprint!("{line}");
    if let Some(path) = std::env::var_os("TACHO_SKIPS")
        && let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(path)
    {
        // One write per line: several test processes append at once.
        let _ = file.write_all(line.as_bytes());
    }
    Missing(line)
}

/// Where `cargo x setup` puts the tools of the tests (a Python environment, Go, ...):
/// `TACHO_TOOLS`, else `target/tools` of the workspace.
pub fn tools_dir() -> PathBuf {
    match std::env::var_os("TACHO_TOOLS") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/tools"),
    }
}
