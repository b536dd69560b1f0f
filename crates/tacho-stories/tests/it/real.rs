//! The real machine: many processes, kill -9, a power cut on ext4, injected errors, a full disk.

mod disks;
mod worker;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tacho_testkit::records::{self, OwnedRecord};
use tacho_testkit::rng::Rng;
use tacho_testkit::scratch;
use tachograph::Store;
use tachograph::files::OsFiles;
use tachograph::places::Places;
use tachograph::store::Remote;
use tachograph::wal::scan::Judge;
use tachograph::wal::{AppendError, Batch, Item, Options, Patience, Position, SpoolAck, Wal, Walk};
use tachograph::world::OsWorld;

use crate::harness::{append_to, number_of};
use worker::{Job, Worker};

/// Opens the log of a store on the real disk.
fn open(store: &Path, options: Options) -> Wal {
    let world = Arc::new(OsWorld);
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), store, Remote::Refused).unwrap();
    Wal::new(&store, world, options)
}

/// Recovers, drains, and counts how often each number is there, behind holes too.
fn counts(wal: &Wal, store: &Path) -> BTreeMap<u64, usize> {
    wal.recover(Position::START).unwrap();
    wal.drain(Position::START).unwrap();
    let tail = wal.recover(Position::START).unwrap().tail;
    let (files, places) = (Arc::new(OsFiles), Places::new(store));
    let mut walk = Walk::new(files, places, Position::START, Judge::Holding).until(tail);
    let mut counts = BTreeMap::new();
    loop {
        match walk.next_item().unwrap() {
            Item::Frame { record, .. } => {
                *counts.entry(number_of(&OwnedRecord::of(&record))).or_default() += 1;
            }
            Item::Damage(_) => {}
            Item::End(_) | Item::Unclear(_) => return counts,
        }
    }
}

fn check_each_once(counts: &BTreeMap<u64, usize>, acknowledged: &[u64]) {
    let lost: Vec<&u64> = acknowledged.iter().filter(|n| !counts.contains_key(n)).collect();
    let ends = (lost.first(), lost.last());
    assert_eq!(lost.len(), 0, "acknowledged and gone: the first and the last of them {ends:?}");
    let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "there more than once: {twice:?}");
}

#[test]
fn a_hundred_processes_at_once_lose_nothing_when_some_are_killed() {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let store = scratch.join("store");
    let mut rng = Rng::new(7);
    let plans: Vec<(u64, Option<u64>)> =
        (0..100).map(|n| (n, rng.chance(40).then(|| rng.below(30)))).collect();
    let acknowledged: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = plans
            .into_iter()
            .map(|(number, kill_after)| {
                let job = Job { first: number * 1000 + 1, count: 30, ..Job::default() };
                let store = store.clone();
                scope.spawn(move || {
                    let mut worker = Worker::start(&store, &job);
                    let mut acknowledged = Vec::new();
                    while let Some(number) = worker.next_acknowledged() {
                        acknowledged.push(number);
                        if kill_after.is_some_and(|after| acknowledged.len() as u64 > after) {
                            // It goes on writing while the signal is on its way.
                            worker.kill();
                        }
                    }
                    assert!(worker.ended_well() || kill_after.is_some());
                    acknowledged
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let wal = open(&store, Options::default());
    check_each_once(&counts(&wal, &store), &acknowledged);
    assert!(acknowledged.len() > 1_500, "{} acknowledged", acknowledged.len());
    append_to(&wal, &[records::record(999_999)]).unwrap();
}

#[test]
fn threads_of_one_process_share_a_log_and_its_commits() {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let options = Options { segment_bytes: 1 << 20 };
    let store = scratch.join("store");
    let wal = open(&store, options);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let wal = &wal;
            scope.spawn(move || {
                for number in thread * 1000..thread * 1000 + 250 {
                    let record = records::record(number);
                    let appended = match thread % 4 {
                        0 => append_to(wal, &[record]).unwrap(),
                        // These leave it to whoever syncs next.
                        _ => {
                            let mut batch = Batch::new();
                            batch.push(&record.borrow()).unwrap();
                            wal.append_to_commit(&mut batch, Patience::Server).unwrap()
                        }
                    };
                    wal.commit(appended.end).unwrap();
                }
            });
        }
    });
    let acknowledged: Vec<u64> = (0..8).flat_map(|t| t * 1000..t * 1000 + 250).collect();
    check_each_once(&counts(&wal, &store), &acknowledged);
}

#[test]
fn a_lock_that_another_process_holds_leads_to_the_spool_in_time() {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let store = scratch.join("store");
    let wal = open(&store, Options::default());
    append_to(&wal, &[records::record(1)]).unwrap();
    let holder = worker::hold_lock(&store);
    let mut batch = Batch::new();
    batch.push(&records::record(2).borrow()).unwrap();
    let outcome = wal.append(&mut batch, Patience::Hook);
    assert!(matches!(outcome, Err(AppendError::Busy(_))), "{outcome:?}");
    wal.spool(&records::record(2).borrow(), SpoolAck::Disk).unwrap();
    drop(holder);
    check_each_once(&counts(&wal, &store), &[1, 2]);
}

#[test]
fn a_process_that_only_reads_needs_no_leave_to_write() {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let store = scratch.join("store");
    append_to(&open(&store, Options::default()), &[records::record(1)]).unwrap();
    let before = worker::listing(&store);
    let files = Arc::new(OsFiles);
    let opened = Store::open(files, &store, Remote::Refused).unwrap();
    let wal = Wal::new(&opened, Arc::new(OsWorld), Options::default());
    let mut walk = wal.follow(Position::START);
    assert!(matches!(walk.next_item().unwrap(), Item::Frame { .. }));
    assert!(matches!(walk.next_item().unwrap(), Item::End(_)));
    assert_eq!(worker::listing(&store), before);
}
