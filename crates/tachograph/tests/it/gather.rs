//! Threads of one process append together, and each gets its own.

use std::collections::HashMap;
use std::sync::Barrier;

use tacho_testkit::records;
use tachograph::wal::{AppendError, Appended, Batch, Item, Patience, Position};

use crate::yard::Yard;

const THREADS: u64 = 16;
const ROUNDS: u64 = 150;

#[test]
fn each_thread_finds_its_own_frames_in_order_where_its_receipt_says() {
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
                        let appended = wal.append(&mut batch, Patience::Server).unwrap();
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
            let (next, id) = found[&at];
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
                    match wal.append(&mut batch, Patience::Server) {
                        Err(AppendError::StaleGeneration { store: 0 }) => {
                            assert_eq!((thread % 4, batch.len()), (0, 1));
                        }
                        outcome => {
                            outcome.unwrap();
                            assert_ne!(thread % 4, 0);
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
