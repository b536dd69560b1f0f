//! The lock and its traps: a busy, a stopped, a dead holder; a deleted lock file; a fork.

use std::sync::{Arc, Mutex};

use tacho_testkit::records;
use tacho_testkit::sim::{Machine, Stop};
use tachograph::wal::{AppendError, Batch, Holder, Item, Patience, Position, SpoolAck};

use crate::harness::{Process, STORE, start};

/// Runs `other` at every moment of an append in turn; gives what each run of it said.
fn at_every_moment<T: Send + 'static>(
    prepare: impl Fn(&Machine) -> Process,
    other: impl Fn(&Machine, &Process) -> T + Send + Clone + 'static,
) -> Vec<T> {
    let mut said = Vec::new();
    for at in 1.. {
        let machine = Machine::new(at);
        let (first, second) = (prepare(&machine), prepare(&machine));
        let op = machine.ops() + at;
        let result = Arc::new(Mutex::new(None));
        let (tell, other, on) = (result.clone(), other.clone(), machine.clone());
        machine.interrupt_at(op, move || {
            *tell.lock().unwrap() = Some(other(&on, &second));
        });
        first.append(&[1]).unwrap();
        match result.lock().unwrap().take() {
            Some(answer) => said.push(answer),
            None => return said,
        }
    }
    said
}

fn append_as_hook(process: &Process, number: u64) -> Result<(), AppendError> {
    let mut batch = Batch::new();
    batch.push(&records::record(number).borrow()).unwrap();
    process.wal.append(&mut batch, Patience::Hook).map(|_| ())
}

fn with_one_record(machine: &Machine) -> Process {
    let process = start(machine);
    if machine.read(format!("{STORE}/wal/00000001.wal")).is_none() {
        process.append(&[0]).unwrap();
    }
    process
}

#[test]
fn who_waits_in_vain_learns_who_holds_and_since_when() {
    let said = at_every_moment(with_one_record, |machine, process| {
        machine.pass(7_000_000);
        append_as_hook(process, 2)
    });
    let busy = |outcome: &Result<(), AppendError>| match outcome {
        Err(AppendError::Busy(holder)) => Some(*holder),
        Ok(()) => None,
        Err(error) => panic!("{error}"),
    };
    let holders: Vec<Holder> = said.iter().filter_map(busy).collect();
    // Before the holder left its name and after it took it back, nobody is named.
    let named: Vec<&Holder> = holders.iter().filter(|holder| holder.process != 0).collect();
    assert!(named.len() > 5, "{holders:?}");
    assert!(named.iter().all(|holder| holder.process == 1 && holder.is_stuck()));
}

#[test]
fn a_hook_waits_for_twenty_milliseconds_and_a_server_for_five_seconds() {
    for (patience, least, most) in
        [(Patience::Hook, 20_000, 25_000), (Patience::Server, 5_000_000, 5_100_000)]
    {
        let waited = at_every_moment(with_one_record, move |machine, process| {
            let before = machine.world().now().micros();
            let mut batch = Batch::new();
            batch.push(&records::record(2).borrow()).unwrap();
            let outcome = process.wal.append(&mut batch, patience);
            (outcome.is_err(), machine.world().now().micros() - before)
        });
        for (_, micros) in waited.iter().filter(|(busy, _)| *busy) {
            assert!((least..most).contains(micros), "{micros}");
        }
        assert!(waited.iter().any(|(busy, _)| *busy));
    }
}

#[test]
fn the_lock_of_a_killed_holder_is_free_and_its_torn_frame_is_repaired() {
    for at in 1..60 {
        let machine = Machine::new(at);
        let victim = with_one_record(&machine);
        machine.stop_at(machine.ops() + at, Stop::Kill);
        let outcome = victim.append(&[1]);
        machine.calm_down();
        let next = start(&machine);
        append_as_hook(&next, 2).unwrap();
        let counts = next.contents().counts();
        assert_eq!((counts.get(&0), counts.get(&2)), (Some(&1), Some(&1)));
        assert!(outcome.is_err() || counts.get(&1) == Some(&1));
    }
}

#[test]
fn a_lock_file_that_was_deleted_is_made_anew() {
    let machine = Machine::new(1);
    let (first, second) = (start(&machine), start(&machine));
    for number in 0..20 {
        if number % 3 == 0 {
            machine.unlink(format!("{STORE}/wal/lock"));
        }
        let process = if number % 2 == 0 { &first } else { &second };
        process.append(&[number]).unwrap();
    }
    assert_eq!(first.contents().numbers(), (0..20).collect::<Vec<u64>>());
}

#[test]
fn a_forked_child_does_not_share_its_parents_lock() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append(&[1]).unwrap();
    process.files.fork();
    // The parent, which still has the handles, takes the lock; the child inherited them.
    assert!(machine.lock_as_parent_of(&process.files, format!("{STORE}/wal/lock")));
    let outcome = append_as_hook(&process, 2);
    assert!(matches!(outcome, Err(AppendError::Busy(_))), "{outcome:?}");
    let mut walk = process.wal.follow(Position::START);
    assert!(matches!(walk.next_item().unwrap(), Item::Frame { .. }));
    assert!(matches!(walk.next_item().unwrap(), Item::End(_)));
}

#[test]
fn a_garbled_lock_file_locks_all_the_same() {
    let machine = Machine::new(1);
    for (number, garbage) in [b"".as_slice(), b"x", &[0xff; 4096]].into_iter().enumerate() {
        machine.tamper(format!("{STORE}/wal/lock"), garbage);
        start(&machine).append(&[number as u64]).unwrap();
    }
    assert_eq!(start(&machine).contents().numbers(), [0, 1, 2]);
}

#[test]
fn a_hint_of_another_boot_does_not_count() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append(&[1]).unwrap();
    let old = machine.read(format!("{STORE}/wal/lock")).unwrap();
    process.append_durably(&[2, 3]);
    machine.power_cut(tacho_testkit::sim::Keep::Everything);
    machine.tamper(format!("{STORE}/wal/lock"), &old);
    start(&machine).append(&[4]).unwrap();
    assert_eq!(start(&machine).contents().numbers(), [1, 2, 3, 4]);
}

#[test]
fn a_stale_hint_of_this_boot_leads_to_the_tail() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append(&[1]).unwrap();
    let old = machine.read(format!("{STORE}/wal/lock")).unwrap();
    for number in 2..40 {
        process.append(&[number]).unwrap();
    }
    machine.tamper(format!("{STORE}/wal/lock"), &old);
    start(&machine).append(&[40]).unwrap();
    assert_eq!(start(&machine).contents().numbers(), (1..41).collect::<Vec<u64>>());
}

#[test]
fn what_a_busy_writer_spools_has_its_place_in_the_log_later() {
    let said = at_every_moment(with_one_record, |_, process| {
        let outcome = append_as_hook(process, 2);
        if matches!(outcome, Err(AppendError::Busy(_))) {
            let record = records::record(2);
            process.wal.spool(&record.borrow(), SpoolAck::Os).unwrap();
        }
        outcome.is_err()
    });
    assert!(said.iter().any(|spooled| *spooled));
    let machine = Machine::new(1);
    let process = with_one_record(&machine);
    process.wal.spool(&records::record(5).borrow(), SpoolAck::Os).unwrap();
    process.append(&[6]).unwrap();
    process.wal.drain(Position::START).unwrap();
    assert_eq!(process.contents().numbers(), [0, 6, 5]);
}

#[test]
fn segments_deleted_under_a_running_writer_are_noticed() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append(&[1]).unwrap();
    machine.unlink(format!("{STORE}/wal/00000001.wal"));
    process.append(&[2]).unwrap();
    assert_eq!(process.contents().numbers(), [2]);
}
