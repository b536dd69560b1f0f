//! Measures the check of a log, beside the speed of the hash it stands on.
//!
//! ```text
//! cargo bench -p tachograph --bench verify -- [--quick]     131,072 or 1 M events
//! ```
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench looks at the clock and prints"
)]

use std::num::NonZeroUsize;
use std::time::Instant;

use sha2::{Digest, Sha256};
use tacho_event::privacy::Class;
use tacho_testkit::stores::SignedStore;
use tachograph::Log;
use tachograph::bundle::Choice;
use tachograph::log::Query;
use tachograph::verify::{Options, verify};

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    let events: u64 = if quick { 131_072 } else { 1 << 20 };
    let own = std::env::current_exe().unwrap();
    let dir = tempfile::tempdir_in(own.parent().unwrap()).unwrap();
    let mut made = SignedStore::new(dir.path());
    for _ in 0..events / 65_536 {
        made.grow(65_536);
    }
    let raw = hashes();
    row("raw SHA-256", raw / 1e6, "MB/s", "");
    let bare = || Options {
        keys: vec![made.vkey()],
        threads: NonZeroUsize::new(1),
        parts: false,
        index: false,
        complete: false,
        ..Options::default()
    };
    let log = Log::of(made.store(), "default").unwrap();
    let bytes = leaf_bytes(&log, events) as f64;
    let rate = |options: &Options<'_>| {
        let start = Instant::now();
        let verified = verify(made.store(), "default", options);
        assert_eq!(verified.report.findings, []);
        events as f64 / start.elapsed().as_secs_f64()
    };
    let hashing = rate(&bare());
    row("leaf and tree, one core", hashing, "1/s", ">= 700000");
    // A leaf and its share of the nodes: its padded blocks, and two blocks for a node.
    let blocks = (bytes / events as f64 + 1.0 + 9.0) / 64.0;
    let hashed = (blocks.ceil() + 2.0) * 64.0;
    row("share of the raw hash", hashing * hashed / raw * 100.0, "%", "");
    row("leaf bytes, mean", bytes / events as f64, "B", "");
    row("leaf and tree, all cores", rate(&Options { threads: None, ..bare() }), "1/s", "");
    row("with the index, one core", rate(&Options { index: true, ..bare() }), "1/s", "");
    row("with parts, one core", rate(&Options { parts: true, ..bare() }), "1/s", "");
    row("with completeness, one core", rate(&Options { complete: true, ..bare() }), "1/s", "");
    row(
        "all three questions",
        rate(&Options { keys: vec![made.vkey()], ..Options::default() }),
        "1/s",
        "",
    );
    let start = Instant::now();
    for number in 0..1000 {
        log.prove(number * 7919 % events).unwrap();
    }
    row("proof by index", start.elapsed().as_secs_f64() * 1e3, "us", "");
    let query = Query { end: Some(1000), ..Query::default() };
    let choice = Choice { query, classes: &Class::ALL, title: "bench", coverage: None };
    let start = Instant::now();
    let bundle = log.bundle(&choice).unwrap();
    row("bundle of 1000 events", start.elapsed().as_secs_f64() * 1e3, "ms", "");
    row("bundle, bytes an event", bundle.bytes.len() as f64 / 1000.0, "B", "");
    row("peak memory", peak_mib(), "MiB", "");
}

/// Bytes that one core hashes in a second.
fn hashes() -> f64 {
    let bytes = vec![7; 64 << 20];
    let start = Instant::now();
    std::hint::black_box(Sha256::digest(&bytes));
    bytes.len() as f64 / start.elapsed().as_secs_f64()
}

fn leaf_bytes(log: &Log, events: u64) -> usize {
    (0..events).step_by(1024).map(|at| log.leaf(at).unwrap().unwrap().len()).sum::<usize>() * 1024
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
