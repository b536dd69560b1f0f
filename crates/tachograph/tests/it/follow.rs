//! Readers without the lock: they see whole frames in order, wait at the rest, and miss nothing.

use std::io::ErrorKind;

use tacho_testkit::records::OwnedRecord;
use tacho_testkit::sim::{Fault, Machine, On};
use tachograph::wal::{DamageKind, Item, Patience, Position, Walk};

use crate::harness::{STORE, number_of, start};

/// Reads on as far as there is something whole; damage is kept apart.
fn read_on(walk: &mut Walk, numbers: &mut Vec<u64>, damages: &mut Vec<DamageKind>) {
    loop {
        match walk.next_item().unwrap() {
            Item::Frame { record, .. } => numbers.push(number_of(&OwnedRecord::of(&record))),
            Item::Damage(damage) => damages.push(damage.kind),
            Item::End(_) | Item::Unclear(_) => return,
        }
    }
}

#[test]
fn a_follower_sees_every_frame_once_across_segments() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let reader = start(&machine);
    let mut walk = reader.wal.follow(Position::START);
    let (mut numbers, mut damages) = (Vec::new(), Vec::new());
    for number in 0..200 {
        process.append(&[number]).unwrap();
        if number % 50 == 0 {
            process.wal.rotate(Patience::Server).unwrap();
        }
        if number % 7 == 0 {
            read_on(&mut walk, &mut numbers, &mut damages);
        }
    }
    read_on(&mut walk, &mut numbers, &mut damages);
    assert_eq!(numbers, (0..200).collect::<Vec<u64>>());
    assert_eq!(damages, []);
}

#[test]
fn a_follower_between_any_two_operations_of_a_writer_sees_only_whole_frames() {
    for at in 1.. {
        let machine = Machine::new(at);
        let process = start(&machine);
        process.append(&[0]).unwrap();
        let reader = start(&machine);
        let mut walk = reader.wal.follow(Position::START);
        let op = machine.ops() + at;
        machine.shorten_writes(true);
        machine.interrupt_at(op, move || {
            let (mut numbers, mut damages) = (Vec::new(), Vec::new());
            read_on(&mut walk, &mut numbers, &mut damages);
            assert!((1..4).contains(&numbers.len()), "{numbers:?}");
            assert_eq!(damages, []);
        });
        process.append(&[1, 2]).unwrap();
        process.wal.rotate(Patience::Server).unwrap();
        if machine.ops() < op {
            return;
        }
    }
}

#[test]
fn a_follower_goes_on_where_it_was_when_records_moved() {
    for seed in 0..tacho_testkit::stories(60) {
        for read_before in 0..6 {
            let machine = Machine::new(seed);
            let process = start(&machine);
            process.append_durably(&[1]);
            process.append(&[2]).unwrap();
            let reader = start(&machine);
            let mut live = reader.wal.follow(Position::START);
            let (mut numbers, mut damages) = (Vec::new(), Vec::new());
            let mut position = Position::START;
            for _ in 0..read_before {
                if let Item::Frame { next, record, .. } = live.next_item().unwrap() {
                    numbers.push(number_of(&OwnedRecord::of(&record)));
                    position = next;
                }
            }
            let appended = process.append(&[3, 4]).unwrap();
            machine.fault(Fault::once(On::Sync, "00000001.wal", ErrorKind::Other));
            if process.wal.commit(appended.end).is_err() {
                continue;
            }
            process.append(&[5]).unwrap();
            // One that goes on, and one that comes back with the position it had.
            let (mut ours, mut theirs) = (numbers.clone(), numbers.clone());
            read_on(&mut live, &mut ours, &mut damages);
            let mut resumed = reader.wal.follow(position);
            read_on(&mut resumed, &mut theirs, &mut damages);
            assert_eq!(ours, [1, 2, 3, 4, 5], "seed {seed}, read {read_before}");
            assert_eq!(theirs, [1, 2, 3, 4, 5], "seed {seed}, read {read_before}");
            let moved = |kind: &DamageKind| matches!(kind, DamageKind::FailedSync { lost: 0 });
            assert!(damages.len() == 2 && damages.iter().all(moved), "{damages:?}");
        }
    }
}

#[test]
fn a_mark_that_cannot_be_read_makes_nothing_count_twice() {
    // Some kernels drop the pages they could not write; then there is nothing to move.
    let moved = (0..100).find_map(|seed| {
        let machine = Machine::new(seed);
        let process = start(&machine);
        process.append_durably(&[1]);
        let appended = process.append(&[2, 3]).unwrap();
        machine.fault(Fault::once(On::Sync, "00000001.wal", ErrorKind::Other));
        process.wal.commit(appended.end).ok().map(|()| (machine, process))
    });
    let (machine, process) = moved.unwrap();
    let path = format!("{STORE}/wal/00000001.bad");
    let whole = machine.read(&path).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        machine.tamper(&path, &flipped);
        let contents = process.contents();
        let numbers: Vec<u64> = contents.counts().into_keys().collect();
        assert_eq!(numbers, [1, 2, 3], "bit {bit}");
        assert!(contents.counts().values().all(|count| *count == 1), "bit {bit}");
        assert!(contents.codes().contains(&"wal-bad-mark"), "bit {bit}");
    }
}

#[test]
fn positions_are_compared_by_segment_then_offset() {
    let at = |segment, offset| Position { segment, offset };
    assert!(at(1, 500) < at(2, 32) && at(2, 32) < at(2, 40) && Position::START < at(1, 32));
    assert_eq!(at(3, 4096).to_string(), "00000003:4096");
}
