//! Threads of one process append together, and each gets its own.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use tacho_testkit::records;
use tacho_testkit::sim::{Fault, Machine, On};
use tachograph::wal::{AppendError, Appended, Batch, Item, Patience, Position, Wal};

use crate::harness::{self, Process};
use crate::yard::Yard;

const THREADS: u64 = 16;
const ROUNDS: u64 = 150;

type Append = fn(&Wal, &mut Batch, Patience) -> Result<Appended, AppendError>;

/// At once, and with those who wait for the next sync.
const WAYS: [Append; 2] = [Wal::append, Wal::append_to_commit];

#[test]
fn each_thread_finds_its_own_frames_in_order_where_its_receipt_says() {
    WAYS.into_iter().for_each(each_finds_its_own);
}

fn each_finds_its_own(append: Append) {
    let mut yard = Yard::new();
    // Small segments: batches that are appended together meet the end of many.
    yard.segment_bytes = 64 << 10;
    let wal = yard.wal();
    let begin = Barrier::new(THREADS as usize);
    let receipts: Vec<(u64, Appended)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (wal, begin) = (&wal, &begin);
                scope.spawn(move || {
                    begin.wait();
                    let one = |round: u64| {
                        let mut batch = Batch::new();
                        let first = (thread * ROUNDS + round) * 4;
                        for number in first..first + 1 + round % 3 {
                            batch.push(&records::record(number).borrow()).unwrap();
                        }
                        let appended = append(wal, &mut batch, Patience::Server).unwrap();
                        assert_eq!(appended.count, batch.len(), "the batch is given back");
                        wal.commit(appended.end).unwrap();
                        (first, appended)
                    };
                    (0..ROUNDS).map(one).collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut found: HashMap<Position, (Position, [u8; 16])> = HashMap::new();
    let mut walk = wal.follow(Position::START);
    while let Item::Frame { at, next, record } = walk.next_item().unwrap() {
        found.insert(at, (next, record.record_id));
    }
    let mut total = 0;
    for (first, appended) in receipts {
        let mut at = appended.first;
        for number in first..first + appended.count as u64 {
            let (next, id) = *found.get(&at).unwrap();
            assert_eq!(id, records::record(number).record_id);
            at = next;
            total += 1;
        }
        assert_eq!(at, appended.end);
    }
    assert_eq!(found.len(), total);
}

#[test]
fn a_batch_that_is_refused_takes_nobody_along() {
    WAYS.into_iter().for_each(a_refused_one_goes_alone);
}

fn a_refused_one_goes_alone(append: Append) {
    let yard = Yard::new();
    let wal = yard.wal();
    let begin = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (wal, begin) = (&wal, &begin);
            scope.spawn(move || {
                begin.wait();
                for round in 0..ROUNDS {
                    let mut record = records::record(thread * ROUNDS + round);
                    // Every fourth thread seals with keys that the store does not have.
                    record.generation = u32::from(thread % 4 == 0);
                    let mut batch = Batch::new();
                    batch.push(&record.borrow()).unwrap();
                    match append(wal, &mut batch, Patience::Server) {
                        Err(AppendError::StaleGeneration { store: 0 }) => {
                            assert_eq!((thread % 4, batch.len()), (0, 1));
                        }
                        outcome => {
                            let appended = outcome.unwrap();
                            assert_ne!(thread % 4, 0);
                            // Who changes its mind and does not commit keeps nobody waiting.
                            if thread % 4 != 1 {
                                wal.commit(appended.end).unwrap();
                            }
                        }
                    }
                }
            });
        }
    });
    let mut count = 0;
    let mut walk = wal.follow(Position::START);
    while let Item::Frame { .. } = walk.next_item().unwrap() {
        count += 1;
    }
    assert_eq!(count, THREADS / 4 * 3 * ROUNDS);
}

/// Whose batch it cuts is told so, those before have all, and those behind try by themselves.
#[test]
fn a_write_that_fails_in_the_middle_tells_each_what_stands() {
    let mut cut = 0;
    for seed in 0..60 {
        let machine = Machine::new(seed);
        let process = harness::start(&machine);
        for after in (0..200).step_by(7) {
            let full = Fault::once(On::Write, ".wal", ErrorKind::StorageFull);
            machine.fault(Fault { after, ..full });
        }
        let begin = Barrier::new(THREADS as usize);
        let mut told: Vec<u64> = std::thread::scope(|scope| {
            let write = |thread| {
                let (wal, begin) = (&process.wal, &begin);
                move || {
                    begin.wait();
                    (0..12).flat_map(|round| append_three(wal, (thread * 12 + round) * 3)).collect()
                }
            };
            let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(write(thread))).collect();
            threads.into_iter().flat_map(|thread| -> Vec<u64> { thread.join().unwrap() }).collect()
        });
        machine.calm_down();
        cut += told.chunk_by(|one, next| one / 3 == next / 3).filter(|own| own.len() < 3).count();
        let contents = process.contents();
        let mut numbers = contents.numbers();
        numbers.sort_unstable();
        told.sort_unstable();
        assert_eq!(numbers, told, "seed {seed}");
        assert_eq!(contents.damages, [], "seed {seed}");
    }
    assert!(cut > 10, "{cut} batches were cut");
}

/// Appends three records in one batch; gives the numbers of those that stand, as far as it is told.
fn append_three(wal: &Wal, first: u64) -> Vec<u64> {
    let mut batch = Batch::new();
    for number in first..first + 3 {
        batch.push(&records::record(number).borrow()).unwrap();
    }
    let count = match wal.append(&mut batch, Patience::Server) {
        Ok(appended) => appended.count,
        Err(AppendError::Partly { appended, error }) => {
            assert!(matches!(*error, AppendError::Full(_)), "{error:?}");
            assert!((1..3).contains(&appended.count), "{appended:?}");
            appended.count
        }
        Err(AppendError::Full(_)) => 0,
        Err(error) => panic!("{error}"),
    };
    (first..first + count as u64).collect()
}

#[test]
fn who_fails_when_the_next_sync_is_due_keeps_nobody_waiting() {
    let machine = Machine::new(1);
    let Process { wal, .. } = harness::start(&machine);
    let wal = Arc::new(wal);
    let appended = harness::append_to(&wal, &[records::record(1)]).unwrap();
    let (tell, told) = mpsc::channel();
    let others = wal.clone();
    // The second operation of a commit is its sync, behind a look for a mark.
    machine.interrupt_at(machine.ops() + 1, move || {
        for generation in [7, 0] {
            let (wal, tell, begun) = (others.clone(), tell.clone(), Arc::new(Barrier::new(2)));
            let begin = begun.clone();
            std::thread::spawn(move || {
                let mut record = records::record(2);
                record.generation = generation;
                let mut batch = Batch::new();
                batch.push(&record.borrow()).unwrap();
                begin.wait();
                let appended = wal.append_to_commit(&mut batch, Patience::Server);
                let outcome = appended.map(|appended| wal.commit(appended.end).unwrap());
                tell.send((generation, outcome.is_ok())).unwrap();
            });
            begun.wait();
            // Until it waits for this sync to end; one that is late is appended alone.
            (0..1000).for_each(|_| std::thread::yield_now());
        }
    });
    wal.commit(appended.end).unwrap();
    let mut outcomes: Vec<(u32, bool)> =
        (0..2).map(|_| told.recv_timeout(Duration::from_secs(20)).unwrap()).collect();
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(0, true), (7, false)]);
}
