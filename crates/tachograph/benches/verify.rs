//! Measures the check of a log, beside the speed of the hash it stands on; proofs and bundles.
//!
//! ```text
//! cargo x bench verify [--quick]     1 M events; quick: 131,072
//! ```
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench looks at the clock and prints"
)]

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::Instant;

use sha2::{Digest, Sha256};
use tacho_event::privacy::Class;
use tacho_testkit::stores::SignedStore;
use tachograph::Log;
use tachograph::bundle::Choice;
use tachograph::log::Query;
use tachograph::verify::{Options, verify};

/// Events recorded at a time.
const BATCH: u64 = 65_536;
/// What a figure without an aim is there for.
const TOLD: &str = "none: told beside the others";

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    let events: u64 = if quick { 131_072 } else { 1 << 20 };
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut made = SignedStore::new(dir.path());
    for _ in 0..events / BATCH {
        made.grow(BATCH);
    }
    questions(&made, events);
    let log = Log::of(made.store(), "default").unwrap();
    let start = Instant::now();
    for number in 0..1000 {
        log.prove(number * 7919 % events).unwrap();
    }
    row("proof by index", start.elapsed().as_secs_f64() * 1e3, "us", TOLD);
    let query = Query { end: Some(1000), ..Query::default() };
    let choice = Choice { query, classes: &Class::ALL, title: "bench", coverage: None };
    let start = Instant::now();
    let bundle = log.bundle(&choice).unwrap();
    row("bundle of 1000 events", start.elapsed().as_secs_f64() * 1e3, "ms", TOLD);
    row("bundle, bytes an event", bundle.bytes.len() as f64 / 1000.0, "B", TOLD);
    row("peak memory, recording and integrating too", peak_mib(), "MiB", TOLD);
}

/// Each question with a figure of its own.
fn questions(made: &SignedStore, events: u64) {
    let bare = || Options {
        keys: vec![made.vkey()],
        threads: NonZeroUsize::new(1),
        leaves: false,
        parts: false,
        index: false,
        complete: false,
        ..Options::default()
    };
    let rate = |options: &Options<'_>| {
        let start = Instant::now();
        let verified = verify(made.store(), "default", options);
        assert_eq!(verified.report.findings, []);
        events as f64 / start.elapsed().as_secs_f64()
    };
    let raw = hashed(&made.log().join("leaves"), events);
    let hashing = rate(&bare());
    println!(
        r#"{{"bench":"verify","metric":"leaf and tree, one core","value":{hashing:.0},"unit":"1/s","rival":"one SHA-256 of the same leaves","rival_value":{raw:.0},"ratio":{:.2},"aim":">= 700000"}}"#,
        hashing / raw
    );
    let all = || Options { keys: vec![made.vkey()], ..Options::default() };
    for (metric, options) in [
        ("leaf and tree, all cores", Options { threads: None, ..bare() }),
        ("and leaves as documents, one core", Options { leaves: true, ..bare() }),
        ("and the index, one core", Options { index: true, ..bare() }),
        ("and parts, one core", Options { parts: true, ..bare() }),
        ("and completeness, one core", Options { complete: true, ..bare() }),
        ("all three questions, all cores", all()),
    ] {
        row(metric, rate(&options), "1/s", TOLD);
    }
}

/// Events whose leaves one core hashes in a second, when it does nothing else.
fn hashed(leaves: &Path, events: u64) -> f64 {
    let names = std::fs::read_dir(leaves).unwrap().map(|entry| entry.unwrap().path());
    let bytes: Vec<Vec<u8>> = names.map(|path| std::fs::read(path).unwrap()).collect();
    let mut hash = Sha256::new();
    let start = Instant::now();
    bytes.iter().for_each(|bytes| hash.update(bytes));
    std::hint::black_box(hash.finalize());
    let seconds = start.elapsed().as_secs_f64();
    let mean = bytes.iter().map(Vec::len).sum::<usize>() as f64 / events as f64;
    row("bytes of a leaf", mean, "B", TOLD);
    events as f64 / seconds
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or("");
    let digits: String = line.chars().filter(char::is_ascii_digit).collect();
    digits.parse::<f64>().unwrap_or(0.0) / 1024.0
}

fn row(metric: &str, value: f64, unit: &str, aim: &str) {
    println!(
        r#"{{"bench":"verify","metric":"{metric}","value":{value:.3},"unit":"{unit}","aim":"{aim}"}}"#
    );
}
