//! Disks that are full, slow to say so, or broken: refused, undone, named; never half written.

use std::io::ErrorKind;

use tacho_testkit::records;
use tacho_testkit::sim::{Fault, Keep, Machine, On};
use tachograph::reserve;
use tachograph::wal::{AppendError, CommitError, Patience, Position, SpoolAck, SpoolError};

use crate::harness::{STORE, start};

#[test]
fn an_append_that_fails_leaves_nothing_behind() {
    for kind in [ErrorKind::StorageFull, ErrorKind::QuotaExceeded] {
        for after in 0..30 {
            let machine = Machine::new(after);
            let process = start(&machine);
            process.append_durably(&[1]);
            let fault = Fault::once(On::Write, ".wal", kind);
            machine.fault(Fault { after: after as u32, ..fault });
            let mut failed = Vec::new();
            for number in 2..40 {
                match process.append(&[number]) {
                    Ok(_) => {}
                    Err(AppendError::Full(_)) => failed.push(number),
                    Err(error) => panic!("{error}"),
                }
            }
            assert_eq!(failed.len(), 1);
            let contents = process.contents();
            let expected: Vec<u64> = (1..40).filter(|number| !failed.contains(number)).collect();
            assert_eq!(contents.numbers(), expected);
            assert_eq!(contents.damages, []);
            assert_eq!(process.wal.untold().unwrap(), []);
        }
    }
}

#[test]
fn a_disk_that_is_full_at_any_byte_loses_nothing_that_was_acknowledged() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    let used = machine.used();
    for room in (0..60_000).step_by(977) {
        let machine = Machine::new(room);
        let process = start(&machine);
        process.append_durably(&[1]);
        machine.set_capacity(used + room);
        let mut acknowledged = vec![1];
        for number in 2..80 {
            match process.append(&[number]) {
                Ok(appended) => {
                    acknowledged.push(number);
                    process.wal.commit(appended.end).unwrap();
                }
                Err(AppendError::Full(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        machine.power_cut(Keep::Nothing);
        machine.set_capacity(u64::MAX);
        assert_eq!(start(&machine).contents().numbers(), acknowledged, "room {room}");
    }
}

#[test]
fn the_reserve_makes_room_to_say_that_the_disk_is_full() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let (files, places) = (process.files.as_ref(), process.store.places());
    reserve::keep(files, places).unwrap();
    process.append_durably(&[1]);
    machine.set_capacity(machine.used());
    let full = process.append(&[2]);
    assert!(matches!(full, Err(AppendError::Full(_))), "{full:?}");
    assert!(reserve::release(files, places).unwrap());
    process.append_durably(&[3]);
    assert_eq!(process.contents().numbers(), [1, 3]);
    assert!(!reserve::release(files, places).unwrap(), "there is one reserve");
}

#[test]
fn a_full_disk_keeps_no_half_of_a_spool_file() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    machine.set_capacity(machine.used() + 50);
    let spooled = process.wal.spool(&records::sized(2, 500).borrow(), SpoolAck::Os);
    assert!(matches!(spooled, Err(SpoolError::Store(_))), "{spooled:?}");
    let left = |path: &std::path::PathBuf| path.starts_with(format!("{STORE}/spool"));
    assert!(!machine.paths().iter().any(left));
}

#[test]
fn a_disk_that_never_syncs_again_is_refused_by_this_process() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    machine.fault(Fault::for_ever(On::Sync, "", ErrorKind::Other));
    let appended = process.append(&[2]).unwrap();
    let committed = process.wal.commit(appended.end);
    assert!(matches!(committed, Err(CommitError::Refusing(_))), "{committed:?}");
    // The disk is well again, and this process does not believe it.
    machine.calm_down();
    assert!(matches!(process.append(&[3]), Err(AppendError::Refusing)));
    assert!(process.wal.commit(appended.end).is_err());
    // A new one looks with fresh eyes, and honours the mark that the old one left.
    let next = start(&machine);
    next.append_durably(&[4]);
    machine.power_cut(Keep::Nothing);
    let numbers = start(&machine).contents().numbers();
    assert!(numbers.contains(&1) && numbers.contains(&4), "{numbers:?}");
}

#[test]
fn a_failed_sync_at_the_end_of_a_segment_moves_its_records() {
    for seed in 0..tacho_testkit::stories(200) {
        let machine = Machine::new(seed);
        let process = start(&machine);
        process.append_durably(&[1]);
        machine.fault(Fault::once(On::Sync, "00000001.wal", ErrorKind::Other));
        let mut acknowledged = vec![1];
        for number in 2..120 {
            acknowledged.extend(process.append(&[number]).is_ok().then_some(number));
        }
        let end = process.contents().tail;
        let committed = process.wal.commit(end);
        machine.power_cut(Keep::Nothing);
        let counts = start(&machine).contents().counts();
        assert!(counts.values().all(|count| *count == 1), "seed {seed}: {counts:?}");
        // What the kernel dropped is gone, and the mark says so; nothing else is.
        let lost = acknowledged.iter().filter(|number| !counts.contains_key(number)).count();
        let untold = start(&machine).wal.untold().unwrap();
        let said = untold.iter().any(|finding| finding.code == "wal-failed-sync");
        assert!(committed.is_ok() && said, "seed {seed}");
        assert!(counts.contains_key(&119), "seed {seed}");
        assert!(lost < 60, "seed {seed}: {lost} lost");
    }
}

#[test]
fn a_read_that_fails_is_an_error_and_not_a_finding() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1, 2, 3]);
    machine.fault(Fault::for_ever(On::Read, ".wal", ErrorKind::Other));
    assert!(process.wal.recover(Position::START).is_err());
    machine.calm_down();
    assert_eq!(process.wal.untold().unwrap(), []);
    assert_eq!(process.contents().numbers(), [1, 2, 3]);
}

#[test]
fn running_out_of_handles_is_an_error_like_any_other() {
    for (on, path) in [(On::Open, ""), (On::Create, ""), (On::Lock, "wal/lock")] {
        let machine = Machine::new(1);
        start(&machine).append_durably(&[1]);
        let process = start(&machine);
        machine.fault(Fault::for_ever(on, path, ErrorKind::Other));
        let outcome = process.append(&[2]).map(|_| ());
        machine.calm_down();
        process.append_durably(&[3]);
        let expected = if outcome.is_ok() { vec![1, 2, 3] } else { vec![1, 3] };
        assert_eq!(process.contents().numbers(), expected);
    }
}

#[test]
fn short_writes_are_finished() {
    let machine = Machine::new(1);
    let process = start(&machine);
    machine.shorten_writes(true);
    let numbers: Vec<u64> = (1..60).collect();
    process.append_durably(&numbers);
    assert_eq!(process.contents().numbers(), numbers);
}

#[test]
fn records_sealed_under_old_keys_are_refused() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    assert_eq!(process.wal.raise_generation(Patience::Server).unwrap(), 1);
    for generation in [0, 2] {
        let mut record = records::record(2);
        record.generation = generation;
        let outcome = crate::harness::append_to(&process.wal, &[record]);
        assert!(matches!(outcome, Err(AppendError::StaleGeneration { store: 1 })), "{outcome:?}");
    }
    let mut record = records::record(2);
    record.generation = 1;
    crate::harness::append_to(&process.wal, &[record]).unwrap();
}
