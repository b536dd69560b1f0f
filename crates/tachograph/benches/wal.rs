//! How soon records are safe, one at a time, and what memory they take.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, touches the disk and prints"
)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tacho_testkit::records::{self, OwnedRecord};
use tacho_testkit::scratch;
use tachograph::files::OsFiles;
use tachograph::store::Remote;
use tachograph::wal::{Batch, Options, Patience, Wal};
use tachograph::world::OsWorld;
use tachograph::{Store, integrated};

/// Bytes of grants and parts: with its leaf, a record is about as long as a tool call.
const PARTS_BYTES: usize = 800;

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    one_record(if quick { 1_000 } else { 10_000 });
    many_writers(if quick { 40 } else { 400 });
    fresh_process(if quick { 1_000 } else { 10_000 });
    memory(if quick { 200_000 } else { 1_000_000 });
}

/// One record at a time: how long until it is durable, and until it survives its process.
fn one_record(rounds: usize) {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let wal = open(&scratch.join("store"));
    wal.prepare_next(|| true).unwrap();
    let record = rows(0, 1);
    let mut frames = Batch::new();
    let (mut os, mut disk) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        let end = append(&wal, &mut frames, &record);
        os.push(start.elapsed());
        wal.commit(end).unwrap();
        disk.push(start.elapsed());
    }
    percentile("one record, ack disk, p50", &mut disk, 50, 250.0);
    percentile("one record, ack disk, p99", &mut disk, 99, 1_000.0);
    percentile("one record, ack os, p50", &mut os, 50, 20.0);
    percentile("one record, ack os, p99", &mut os, 99, 100.0);
    let bytes = record[0].leaf.len() + record[0].parts.len();
    let overhead = record[0].borrow().frame_bytes() - bytes;
    println!(
        r#"{{"bench":"wal","metric":"bytes of a frame beside leaf and parts","value":{overhead},"unit":"B","aim":"<= 96"}}"#
    );
}

/// Many threads, each with one record at a time, share the commits.
fn many_writers(rounds: usize) {
    const WRITERS: usize = 64;
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let wal = open(&scratch.join("store"));
    wal.prepare_next(|| true).unwrap();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let wal = &wal;
            scope.spawn(move || {
                let record = rows(writer, 1);
                let mut frames = Batch::new();
                for _ in 0..rounds {
                    let end = append(wal, &mut frames, &record);
                    wal.commit(end).unwrap();
                }
            });
        }
    });
    let rate = (WRITERS * rounds) as f64 / start.elapsed().as_secs_f64();
    println!(
        r#"{{"bench":"wal","metric":"durable records of 64 threads, one at a time","value":{rate:.0},"unit":"1/s","aim":">= 60000"}}"#
    );
}

/// What a hook does: open the store, append one record, go.
fn fresh_process(rounds: usize) {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let store = scratch.join("store");
    append(&open(&store), &mut Batch::new(), &rows(0, 1));
    let record = rows(0, 1);
    let mut took: Vec<Duration> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            let wal = open(&store);
            append(&wal, &mut Batch::new(), &record);
            start.elapsed()
        })
        .collect();
    percentile("opening a store and one record, ack os, p50", &mut took, 50, 100.0);
    percentile("opening a store and one record, ack os, p99", &mut took, 99, 1_000.0);
}

/// Memory in use after a million records and after ten.
fn memory(first: u64) {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let path = scratch.join("store");
    let world = Arc::new(OsWorld);
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), &path, Remote::Forced).unwrap();
    let wal = Wal::new(&store, world, Options::default());
    let records: Vec<OwnedRecord> = (0..1000).map(|number| records::sized(number, 60)).collect();
    let (mut frames, mut after_first) = (Batch::new(), 0.0);
    for thousand in 1..=first / 100 {
        let end = append(&wal, &mut frames, &records);
        if thousand % 200 == 0 {
            // What was integrated is deleted; the disk stays as small as it is.
            wal.commit(end).unwrap();
            integrated::write(&OsFiles, store.places(), end).unwrap();
            wal.retire().unwrap();
        }
        if thousand == first / 1000 {
            after_first = resident_mib();
        }
    }
    let after_ten = resident_mib();
    println!(
        r#"{{"bench":"wal","metric":"memory after {} records","value":{after_ten:.1},"unit":"MiB","rival":"after {first} records","rival_value":{after_first:.1},"ratio":{:.2},"aim":"ratio <= 1.05"}}"#,
        first * 10,
        after_ten / after_first
    );
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib / 1024.0
}

fn open(path: &Path) -> Wal {
    let world = Arc::new(OsWorld);
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), path, Remote::Forced).unwrap();
    Wal::new(&store, world, Options::default())
}

/// Encodes and appends; what a caller does for each batch.
fn append(wal: &Wal, frames: &mut Batch, records: &[OwnedRecord]) -> tachograph::wal::Position {
    frames.clear();
    for record in records {
        frames.push(&record.borrow()).unwrap();
    }
    wal.append(frames, Patience::Server).unwrap().end
}

fn rows(thread: usize, batch: usize) -> Vec<OwnedRecord> {
    let first = (thread * 1_000_000) as u64;
    (first..first + batch as u64).map(|number| records::sized(number, PARTS_BYTES)).collect()
}

fn percentile(metric: &str, took: &mut [Duration], percent: usize, aim_us: f64) {
    took.sort_unstable();
    let us = took[took.len() * percent / 100].as_secs_f64() * 1e6;
    println!(
        r#"{{"bench":"wal","metric":"{metric}","value":{us:.1},"unit":"us","aim":"<= {aim_us:.0}"}}"#
    );
}
