//! Zeros ahead of the frames: whoever writes them never meets what others append.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex};

use tacho_testkit::sim::{Fault, Keep, Machine, On};
use tachograph::files::{Access, Files, Point};
use tachograph::wal::{AppendError, Patience};

use crate::harness::{Process, STORE, options, start};

/// Begins a segment and makes a record durable in it; gives its number if that was acknowledged.
fn write(process: &Process, number: u64) -> Option<u64> {
    let outcome = process.wal.rotate(Patience::Server).and_then(|_| {
        let appended = process.append(&[number])?;
        process.wal.commit(appended.end).map_err(AppendError::Commit)
    });
    match outcome {
        Ok(()) => Some(number),
        Err(AppendError::Busy(_)) => None,
        Err(error) => panic!("{number}: {error}"),
    }
}

fn prepare(process: &Process, _: u64) -> Option<u64> {
    process.wal.prepare_next(|| true).unwrap();
    None
}

fn prepare_and_write(process: &Process, number: u64) -> Option<u64> {
    prepare(process, number);
    write(process, number)
}

/// How long the file of the next segment is.
fn next_bytes(machine: &Machine) -> Option<u64> {
    let bytes = machine.read(format!("{STORE}/wal/next.tmp"));
    bytes.map(|bytes| bytes.len() as u64)
}

/// While one process does its work another does its own, before each operation of the first in
/// turn; and both do it once more. What was acknowledged is there, once.
fn meanwhile(one: fn(&Process, u64) -> Option<u64>, other: fn(&Process, u64) -> Option<u64>) {
    for at in 1.. {
        let machine = Machine::new(at);
        let (first, second) = (start(&machine), start(&machine));
        first.append_durably(&[1]);
        second.append_durably(&[2]);
        // A file is there, and not ready.
        first.wal.prepare_next(|| false).unwrap();
        let kept = Arc::new(Mutex::new(vec![1, 2]));
        let (op, keeper) = (machine.ops() + at, kept.clone());
        machine.interrupt_at(op, move || {
            let told = other(&second, 3);
            keeper.lock().unwrap().extend(told);
        });
        let told = one(&first, 4);
        let interrupted = machine.ops() > op;
        kept.lock().unwrap().extend(told);
        start(&machine).append_durably(&[5]);
        kept.lock().unwrap().push(5);
        let contents = start(&machine).contents();
        let mut numbers = contents.numbers();
        numbers.sort_unstable();
        kept.lock().unwrap().sort_unstable();
        assert_eq!(numbers, *kept.lock().unwrap(), "interrupted before operation {at}");
        assert_eq!(contents.damages, [], "interrupted before operation {at}");
        if !interrupted {
            return;
        }
    }
}

#[test]
fn who_prepares_a_segment_never_empties_one_that_was_taken() {
    meanwhile(prepare, prepare_and_write);
}

#[test]
fn who_takes_a_segment_never_shares_it_with_one_who_prepares() {
    meanwhile(write, prepare);
}

/// Somebody who prepares may open what was just created, and lock it before its maker does: then
/// he is right to think it his, and may empty it whenever he likes.
#[test]
fn a_new_segment_is_never_one_that_somebody_else_has_locked() {
    let next = Path::new(STORE).join("wal/next.tmp");
    // Two batches that have no room in one segment.
    let (first, second): (Vec<u64>, Vec<u64>) = ((1..30).collect(), (30..59).collect());
    for at in 1.. {
        let machine = Machine::new(at);
        let (writer, other) = (start(&machine), machine.process());
        writer.append_durably(&first);
        let his = Arc::new(Mutex::new(None));
        let (op, path, taken) = (machine.ops() + at, next.clone(), his.clone());
        machine.interrupt_at(op, move || {
            let file = other.open(&path, Access::Write).ok();
            *taken.lock().unwrap() = file.filter(|file| {
                let stat = other.stat(&path).unwrap();
                file.try_lock(Point::SegmentLock).unwrap()
                    && stat.identity == file.stat().unwrap().identity
            });
        });
        let appended = writer.append_durably(&second);
        assert_eq!(appended.first.segment, 2);
        let interrupted = machine.ops() > op;
        if let Some(file) = his.lock().unwrap().take() {
            file.set_len(0).unwrap();
        }
        let numbers: Vec<u64> = (1..59).collect();
        let contents = start(&machine).contents();
        assert_eq!(contents.numbers(), numbers, "interrupted before operation {at}");
        if !interrupted {
            return;
        }
    }
}

#[test]
fn a_disk_that_has_no_room_for_zeros_has_it_for_frames() {
    let machine = Machine::new(1);
    let (writer, filler) = (start(&machine), start(&machine));
    let end = writer.append_durably(&[1]).end;
    machine.fault(Fault::for_ever(On::Write, "next.tmp", ErrorKind::StorageFull));
    assert!(filler.wal.prepare_next(|| true).is_err());
    assert_eq!(next_bytes(&machine), Some(0));
    machine.fault(Fault::once(On::Write, "00000001.wal", ErrorKind::StorageFull));
    let filled = filler.wal.fill_ahead(end, options().segment_bytes, || true);
    assert!(matches!(filled, Err(AppendError::Full(_))), "{filled:?}");
    writer.append_durably(&[2]);
    machine.power_cut(Keep::Some);
    let contents = start(&machine).contents();
    assert_eq!((contents.numbers(), contents.damages), (vec![1, 2], vec![]));
}

#[test]
fn what_was_begun_for_who_stopped_staying_takes_no_room() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    process.wal.prepare_next(|| false).unwrap();
    assert_eq!(next_bytes(&machine), Some(0));
    // Nobody holds it: it is filled by who comes next.
    process.wal.prepare_next(|| true).unwrap();
    assert_eq!(next_bytes(&machine), Some(options().segment_bytes));
}
