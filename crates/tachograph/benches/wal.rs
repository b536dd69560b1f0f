//! How fast records become safe, beside the raw disk: the same bytes, written and synced.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, touches the disk and prints"
)]

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
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
/// Runs of each measurement; ours and the rival's take turns.
const RUNS: usize = 5;

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    for threads in [1, 2] {
        for batch in [1, 100, 1000] {
            durable_records(threads, batch, if quick { 400 } else { 2_000 });
        }
    }
    one_record(if quick { 1_000 } else { 10_000 });
    many_writers(if quick { 40 } else { 400 });
    fresh_process(if quick { 1_000 } else { 10_000 });
    memory(if quick { 200_000 } else { 1_000_000 });
}

/// Records a second, acknowledged as durable, beside the raw disk.
fn durable_records(threads: usize, batch: usize, batches_most: usize) {
    let batches = batches_most.min(200_000 / batch / threads);
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        raw.push(raw_rate(threads, batch, batches));
        ours.push(our_rate(threads, batch, batches));
    }
    let (ours, raw) = (median(ours), median(raw));
    let aim = if batch == 1000 { r#","aim":"ratio >= 0.60""# } else { "" };
    println!(
        r#"{{"bench":"wal","metric":"durable records, batches of {batch}, threads {threads}","value":{ours:.0},"unit":"1/s","rival":"raw write and fdatasync of the same bytes","rival_value":{raw:.0},"ratio":{:.2}{aim}}}"#,
        ours / raw
    );
}

fn our_rate(threads: usize, batch: usize, batches: usize) -> f64 {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let wal = open(&scratch.join("store"));
    append(&wal, &mut Batch::new(), &[records::sized(0, 1)]);
    wal.prepare_next(|| true).unwrap();
    wal.rotate(Patience::Server).unwrap();
    wal.prepare_next(|| true).unwrap();
    let done = AtomicBool::new(false);
    let working = AtomicUsize::new(threads);
    std::thread::scope(|scope| {
        // What a long-lived process may do beside: it has the next segment ready.
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                wal.prepare_next(|| true).unwrap();
                std::thread::sleep(Duration::from_millis(2));
            }
        });
        let start = Instant::now();
        for thread in 0..threads {
            let (wal, working, done) = (&wal, &working, &done);
            scope.spawn(move || {
                let records = rows(thread, batch);
                let mut frames = Batch::new();
                for _ in 0..batches {
                    let end = append(wal, &mut frames, &records);
                    wal.commit(end).unwrap();
                }
                if working.fetch_sub(1, Ordering::Relaxed) == 1 {
                    done.store(true, Ordering::Relaxed);
                }
            });
        }
        while !done.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_micros(200));
        }
        (threads * batches * batch) as f64 / start.elapsed().as_secs_f64()
    })
}

/// The same bytes, written over zeros and synced, each thread to a file of its own.
fn raw_rate(threads: usize, batch: usize, batches: usize) -> f64 {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let frames: usize = rows(0, batch).iter().map(|record| record.borrow().frame_bytes()).sum();
    let files: Vec<_> = (0..threads)
        .map(|thread| {
            let file = std::fs::File::create(scratch.join(format!("raw-{thread}"))).unwrap();
            let zeros = vec![0; 1 << 20];
            for at in 0..(frames * batches).div_ceil(zeros.len()) {
                file.write_all_at(&zeros, (at * zeros.len()) as u64).unwrap();
            }
            file.sync_all().unwrap();
            file
        })
        .collect();
    let bytes = vec![0x5a; frames];
    let start = Instant::now();
    std::thread::scope(|scope| {
        for file in &files {
            scope.spawn(|| {
                for at in 0..batches {
                    file.write_all_at(&bytes, (at * bytes.len()) as u64).unwrap();
                    file.sync_data().unwrap();
                }
            });
        }
    });
    (threads * batches * batch) as f64 / start.elapsed().as_secs_f64()
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

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
