//! Measures what a person waits for who asks a large store something: the command as a process of
//! its own, and every file of the store out of the page cache before each call.
//!
//! ```text
//! cargo x bench cold [--quick]     1 M events; quick: 131,072
//! ```
//!
//! Out of the cache means `posix_fadvise(DONTNEED)` on each file: a hint, which Linux follows for
//! pages that are written back. The program itself and the kernel's directory cache stay warm.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench looks at the clock and prints"
)]

use rustix::fs::{Advice, fadvise};
use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::time::Instant;
use tacho_testkit::stores::SignedStore;

/// Events recorded at a time.
const BATCH: u64 = 65_536;
/// Calls that a median is taken of.
const CALLS: usize = 9;

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    let events: u64 = if quick { 131_072 } else { 1 << 20 };
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut made = SignedStore::unnamed(dir.path());
    for _ in 0..events / BATCH {
        made.grow(BATCH);
    }
    let store = made.store().places().store().to_owned();
    let middle = (events / 2).to_string();
    let keys = dir.path().join("keys");
    let said = |words: &[&str]| String::from_utf8(call(&store, &keys, words).1).unwrap();
    let pick = |jq: &str| said(&["show", &middle, "--jq", jq]).trim().to_owned();
    let (id, session) = (pick(".id"), pick(".agent.session_id"));
    assert!(!id.is_empty() && !session.is_empty());
    let questions: [(&str, &[&str]); 3] = [
        ("events -n 20", &["events", "-n", "20"]),
        ("show ID", &["show", &id]),
        ("session show", &["session", "show", &session]),
    ];
    for (name, words) in questions {
        let mut took: Vec<f64> = (0..CALLS)
            .map(|_| {
                forget(&store);
                call(&store, &keys, words).0
            })
            .collect();
        took.sort_by(f64::total_cmp);
        let median = took.get(CALLS / 2).copied().unwrap();
        let metric = format!("{name}, cold, {events} events");
        println!(
            "{{\"bench\":\"cold\",\"metric\":\"{metric}\",\"value\":{median:.1},\"unit\":\"ms\",\
             \"aim\":\"<= 100\"}}"
        );
    }
}

/// Runs the command as who holds the keys; how long that took in milliseconds, and what it said.
fn call(store: &Path, keys: &Path, words: &[&str]) -> (f64, Vec<u8>) {
    let began = Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_tacho"))
        .arg("--store")
        .arg(store)
        .arg("--keys")
        .arg(keys)
        .arg("--quiet")
        .args(words)
        .output()
        .unwrap();
    let took = began.elapsed().as_secs_f64() * 1000.0;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words:?}: {told}");
    (took, output.stdout)
}

/// Takes every file below out of the page cache.
fn forget(dir: &Path) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            forget(&path);
        } else if let Ok(file) = File::open(&path) {
            let _ = file.sync_all();
            fadvise(&file, 0, None, Advice::DontNeed).unwrap();
        }
    }
}
