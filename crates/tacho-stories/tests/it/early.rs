//! Long appends: the disk is given the first frames to do while the next are bound, and whoever dies
//! or fails in the middle leaves what one leaves who writes them at once.

use std::io::ErrorKind;
use std::sync::mpsc;

use tacho_testkit::records;
use tacho_testkit::sim::{Fault, Keep, Machine, On, Stop};
use tachograph::files::Files;
use tachograph::integrate::{Budget, Integrator};
use tachograph::integrated;
use tachograph::limits::EARLY_BYTES;
use tachograph::wal::{AppendError, CommitError, Options, Patience, Position, Wal};

use crate::harness::{Process, start};

/// A process whose segments take long appends.
fn roomy(machine: &Machine) -> Process {
    let process = start(machine);
    let wal = Wal::new(&process.store, machine.world(), Options { segment_bytes: 4 << 20 });
    Process { wal, ..process }
}

/// The same, with one record in the first segment, at the beginning of the second, full of zeros.
fn over_zeros(machine: &Machine) -> Process {
    let process = roomy(machine);
    process.append_durably(&[1]);
    process.wal.prepare_next(|| true).unwrap();
    process.wal.rotate(Patience::Server).unwrap();
    process
}

/// The numbers of records, from 2 on, whose frames take that many bytes or a few more.
fn numbers(bytes: usize) -> Vec<u64> {
    let mut taken = 0;
    let is_needed = |number: &u64| {
        let is_needed = taken < bytes;
        taken += records::record(*number).borrow().frame_bytes();
        is_needed
    };
    (2..).take_while(is_needed).collect()
}

#[test]
fn the_disk_has_the_first_frames_of_a_long_append_early() {
    let machine = Machine::new(1);
    let process = over_zeros(&machine);
    let begun_by = |bytes| {
        let before = machine.begun();
        process.append(&numbers(bytes)).unwrap();
        machine.begun() - before
    };
    assert_eq!(begun_by(EARLY_BYTES - 4096), 0, "what is short goes at once");
    let begun = begun_by(1 << 20);
    assert!((512 << 10..1 << 20).contains(&begun), "{begun} bytes of a long one");
}

#[test]
fn who_is_killed_in_a_long_append_leaves_the_frames_before_that() {
    let all: Vec<u64> = [vec![1], numbers(1 << 20)].concat();
    for change in 1.. {
        let machine = Machine::new(change);
        let process = over_zeros(&machine);
        machine.shorten_writes(change % 2 == 0);
        machine.stop_in_change(machine.changes() + change, Stop::Kill);
        let appended = process.append(&all[1..]);
        let killed = machine.is_stopped();
        machine.calm_down();
        let contents = roomy(&machine).contents();
        let numbers = contents.numbers();
        assert!(all.starts_with(&numbers), "killed in change {change}: {numbers:?}");
        assert_eq!(contents.damages, [], "killed in change {change}");
        if !killed {
            assert_eq!(appended.unwrap().count, numbers.len() - 1);
            return assert_eq!(numbers, all);
        }
    }
}

#[test]
fn a_long_append_is_durable_once_it_is_committed_and_not_before() {
    let all: Vec<u64> = [vec![1], numbers(1 << 20)].concat();
    for change in 1.. {
        let machine = Machine::new(change);
        let process = over_zeros(&machine);
        machine.stop_in_change(machine.changes() + change, Stop::PowerCut);
        let committed = process
            .append(&all[1..])
            .and_then(|appended| process.wal.commit(appended.end).map_err(AppendError::Commit));
        let died = machine.is_stopped();
        machine.power_cut(if change % 2 == 0 { Keep::Nothing } else { Keep::Some });
        let numbers = roomy(&machine).contents().numbers();
        let durable = if committed.is_ok() { all.len() } else { 1 };
        assert!(numbers.starts_with(&all[..durable]), "died in change {change}: {numbers:?}");
        assert!(numbers.is_sorted_by(|a, b| a < b), "died in change {change}: {numbers:?}");
        if !died {
            return assert!(committed.is_ok());
        }
    }
}

#[test]
fn a_write_that_fails_in_a_long_append_leaves_the_whole_frames_before_it() {
    for after in 0.. {
        let machine = Machine::new(1);
        let process = over_zeros(&machine);
        let full = Fault::once(On::Write, "00000002.wal", ErrorKind::StorageFull);
        machine.fault(Fault { after, ..full });
        let appended = process.append(&numbers(1 << 20));
        machine.calm_down();
        let kept = match appended {
            Ok(_) => return assert!(after >= 3, "{after} writes"),
            Err(AppendError::Partly { appended, .. }) => {
                // Another handle might not be told what failed early.
                let shut = Fault::for_ever(On::Open, "00000002.wal", ErrorKind::Other);
                machine.fault(shut);
                process.wal.commit(appended.end).unwrap();
                machine.calm_down();
                appended.count as u64
            }
            Err(error) => panic!("after {after} writes: {error}"),
        };
        process.append_durably(&[9_999]);
        let contents = roomy(&machine).contents();
        assert_eq!(contents.numbers(), [(1..2 + kept).collect(), vec![9_999]].concat());
        assert_eq!(contents.damages, [], "after {after} writes");
    }
}

/// Who integrates reads without the lock, between the writes too, and nobody writes below his place.
#[test]
fn what_is_integrated_before_a_write_fails_stays() {
    let mut met = 0;
    // Before each operation up to the write that fails.
    for at in 1..18 {
        let machine = Machine::new(at);
        let process = over_zeros(&machine);
        process.append_durably(&[9_998]);
        let full = Fault::once(On::Write, "00000002.wal", ErrorKind::StorageFull);
        machine.fault(Fault { after: 2, ..full });
        let (tell, told) = mpsc::channel();
        let (op, other) = (machine.ops() + at, machine.clone());
        machine.interrupt_at(op, move || tell.send(integrate(&other)).unwrap());
        process.append(&numbers(1 << 20)).unwrap_err();
        machine.calm_down();
        let next = process.append_durably(&[9_999]);
        if let Some(reached) = told.recv().unwrap() {
            met += u32::from(reached.offset > EARLY_BYTES as u64);
            assert!(next.first >= reached, "{at}: {} is below {reached}", next.first);
        }
    }
    assert!(met >= 2, "integrated between writes {met} times");
}

/// Where a process of its own comes to, if it is given the lock where it needs it.
fn integrate(machine: &Machine) -> Option<Position> {
    let process = roomy(machine);
    Integrator::new(&process.store, machine.world()).run(Budget::default()).ok()?;
    integrated::read(process.files.as_ref(), process.store.places()).ok()
}

/// The append knows nothing of it; the sync does, and what was lost is not called durable.
#[test]
fn what_fails_early_is_told_by_the_sync() {
    let all: Vec<u64> = [vec![1], numbers(1 << 20)].concat();
    let mut moved = 0;
    let mut lost = 0;
    for seed in 0..15 {
        let machine = Machine::new(seed);
        let process = over_zeros(&machine);
        let fault = Fault::once(On::Begun, "00000002.wal", ErrorKind::Other);
        machine.fault(Fault { after: (seed % 3) as u32, ..fault });
        let appended = process.append(&all[1..]).unwrap();
        let committed = process.wal.commit(appended.end);
        let mark = process.store.places().bad_mark(2);
        assert!(process.files.stat(&mark).is_ok(), "seed {seed}");
        machine.power_cut(Keep::Nothing);
        let numbers = roomy(&machine).contents().numbers();
        match committed {
            Ok(()) => assert_eq!(numbers, all, "seed {seed}"),
            Err(CommitError::Lost) => assert_ne!(numbers, all, "seed {seed}"),
            Err(error) => panic!("seed {seed}: {error}"),
        }
        *if committed.is_ok() { &mut moved } else { &mut lost } += 1;
    }
    assert!(moved > 1 && lost > 1, "{moved} moved, {lost} lost");
}
