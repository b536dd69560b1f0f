//! Durable records a second, beside SQLite with a write-ahead log and `synchronous = FULL`, and beside
//! the disk when nobody does anything but write the same bytes over zeros and sync them; ours in a log
//! that is in use, after a moment of rest, and in one that never rested.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, touches the disk and prints"
)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use rusqlite::{Connection, params};
use tacho_testkit::records::{self, OwnedRecord};
use tacho_testkit::scratch;
use tachograph::Store;
use tachograph::files::OsFiles;
use tachograph::limits::SEGMENT_BYTES;
use tachograph::store::Remote;
use tachograph::wal::{Batch, Options, Patience, Position, Wal};
use tachograph::world::OsWorld;

/// Bytes of grants and parts: with its leaf, a record is about as long as a tool call.
const PARTS_BYTES: usize = 800;
/// Runs of each measurement; ours and the rival's take turns.
const RUNS: usize = 5;

fn main() {
    let quick = std::env::args().any(|word| word == "--quick");
    for threads in [1, 2] {
        for batch in [1, 100, 1000] {
            let batches = if quick { 100 } else { 400 };
            compare(threads, batch, batches.min(100_000 / batch / threads));
        }
    }
}

fn compare(threads: usize, batch: usize, batches: usize) {
    let (mut rested, mut restless) = (Vec::new(), Vec::new());
    let (mut theirs, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        theirs.push(their_rate(threads, batch, batches));
        rested.push(our_rate(threads, batch, batches, use_and_rest));
        restless.push(our_rate(threads, batch, batches, |_| ()));
        raw.push(raw_rate(threads, batch, batches));
    }
    let rivals = [
        ("SQLite WAL, synchronous=FULL", median(theirs), ">= 10"),
        ("raw write and fdatasync of the same bytes", median(raw), ">= 0.60"),
    ];
    for (log, ours) in [("", median(rested)), (", a log that never rested", median(restless))] {
        for (rival, rate, aim) in &rivals {
            let is_aimed = batch == 1000 && log.is_empty();
            let aim = if is_aimed { format!(r#","aim":"ratio {aim}""#) } else { String::new() };
            println!(
                r#"{{"bench":"sqlite","metric":"durable records, batches of {batch}, threads {threads}{log}","value":{ours:.0},"unit":"1/s","rival":"{rival}","rival_value":{rate:.0},"ratio":{:.2}{aim}}}"#,
                ours / rate
            );
        }
    }
}

fn our_rate(threads: usize, batch: usize, batches: usize, before: impl Fn(&Wal)) -> f64 {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let path = scratch.join("store");
    let world = Arc::new(OsWorld);
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), &path, Remote::Forced).unwrap();
    let wal = Wal::new(&store, world, Options::default());
    before(&wal);
    // Kept from call to call, as a recorder does.
    let spare = Mutex::new(Vec::new());
    rate(threads, batch, batches, |records| {
        let mut frames = spare.lock().unwrap().pop().unwrap_or_else(Batch::new);
        for record in records {
            frames.push(&record.borrow()).unwrap();
        }
        let appended = wal.append(&mut frames, Patience::Server).unwrap();
        wal.commit(appended.end).unwrap();
        frames.clear();
        spare.lock().unwrap().push(frames);
    })
}

/// Half a segment of records, and the zeros that a thread behind a recorder has written by the time
/// it has nothing else to do.
fn use_and_rest(wal: &Wal) {
    let mut frames = Batch::new();
    let mut end = Position::START;
    while end.offset <= SEGMENT_BYTES / 2 {
        frames.push(&records::sized(end.offset, 1 << 20).borrow()).unwrap();
        end = wal.append(&mut frames, Patience::Server).unwrap().end;
        frames.clear();
    }
    wal.commit(end).unwrap();
    wal.fill_ahead(end, SEGMENT_BYTES, || true).unwrap();
    wal.prepare_next(|| true).unwrap();
}

fn their_rate(threads: usize, batch: usize, batches: usize) -> f64 {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    // One connection: a second writer would only wait for the first one's lock.
    let connection = Mutex::new(open_sqlite(&scratch.join("rows.db")));
    rate(threads, batch, batches, |records| {
        let mut connection = connection.lock().unwrap();
        let transaction = connection.transaction().unwrap();
        {
            let mut insert = transaction.prepare_cached(INSERT).unwrap();
            for record in records {
                let row = params![record.tenant, record.record_id, record.leaf, record.parts];
                insert.execute(row).unwrap();
            }
        }
        transaction.commit().unwrap();
    })
}

const INSERT: &str = "INSERT INTO rows (tenant, record_id, leaf, parts) VALUES (?, ?, ?, ?)";

fn open_sqlite(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.pragma_update(None, "synchronous", "FULL").unwrap();
    // No index but the row number: nothing the log does not have.
    let table = "CREATE TABLE rows (id INTEGER PRIMARY KEY, tenant TEXT, record_id BLOB,
                                    leaf BLOB, parts BLOB)";
    connection.execute(table, []).unwrap();
    connection
}

/// The bytes of the same frames, written over zeros and synced, each thread's to a file of its own.
fn raw_rate(threads: usize, batch: usize, batches: usize) -> f64 {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let bytes: usize = rows(0, batch).iter().map(|record| record.borrow().frame_bytes()).sum();
    let file = |thread| {
        let file = File::create(scratch.join(format!("raw-{thread}"))).unwrap();
        let zeros = vec![0; 1 << 20];
        for at in 0..(bytes * batches).div_ceil(zeros.len()) {
            file.write_all_at(&zeros, (at * zeros.len()) as u64).unwrap();
        }
        file.sync_all().unwrap();
        file
    };
    let files: Vec<_> = (0..threads).map(file).collect();
    let bytes = vec![0x5a; bytes];
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

fn rate(
    threads: usize,
    batch: usize,
    batches: usize,
    write: impl Fn(&[OwnedRecord]) + Sync,
) -> f64 {
    let rows: Vec<_> = (0..threads).map(|thread| rows(thread, batch)).collect();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for records in &rows {
            let write = &write;
            scope.spawn(move || (0..batches).for_each(|_| write(records)));
        }
    });
    (threads * batches * batch) as f64 / start.elapsed().as_secs_f64()
}

fn rows(thread: usize, batch: usize) -> Vec<OwnedRecord> {
    let first = (thread * 1_000_000) as u64;
    (first..first + batch as u64).map(|number| records::sized(number, PARTS_BYTES)).collect()
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
