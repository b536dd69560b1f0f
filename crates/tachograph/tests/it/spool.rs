//! The spool: what lies in it gets its place once; what is no record of ours goes to quarantine.

use tacho_testkit::records::{self, id};
use tacho_testkit::sim::{Disguise, Keep, Machine, Stop};
use tachograph::places::uuid_text;
use tachograph::wal::{Drained, Patience, Position, SpoolAck};

use crate::harness::{Process, STORE, append_to, start};

fn spool(process: &Process, number: u64) {
    process.wal.spool(&records::record(number).borrow(), SpoolAck::Disk).unwrap();
}

fn file_of(number: u64) -> String {
    format!("{STORE}/spool/{}.tws", uuid_text(&id(number)))
}

fn codes(process: &Process) -> Vec<String> {
    process.wal.untold().unwrap().into_iter().map(|finding| finding.code).collect()
}

#[test]
fn spooled_records_are_drained_in_the_order_of_their_ids() {
    let machine = Machine::new(1);
    let process = start(&machine);
    for number in [3, 1, 2] {
        spool(&process, number);
    }
    let drained = process.wal.drain(Position::START).unwrap();
    assert_eq!(drained, Drained { moved: 3, duplicates: 0, refused: 0 });
    assert_eq!(process.contents().numbers(), [1, 2, 3]);
    assert_eq!(process.wal.drain(Position::START).unwrap(), Drained::default());
}

#[test]
fn a_record_that_is_in_the_log_already_is_dropped() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    spool(&process, 1);
    let drained = process.wal.drain(Position::START).unwrap();
    assert_eq!(drained, Drained { moved: 0, duplicates: 1, refused: 0 });
    assert_eq!(process.contents().numbers(), [1]);
    assert_eq!(machine.read(file_of(1)), None);
}

#[test]
fn draining_that_dies_anywhere_moves_each_record_once() {
    for at in 1.. {
        let machine = Machine::new(at);
        let process = start(&machine);
        process.append_durably(&[1]);
        (2..6).for_each(|number| spool(&process, number));
        let stop = if at % 2 == 0 { Stop::Kill } else { Stop::PowerCut };
        machine.stop_at(machine.ops() + at, stop);
        let drained = process.wal.drain(Position::START);
        let stopped = machine.is_stopped();
        machine.calm_down();
        if stop == Stop::PowerCut {
            machine.power_cut(Keep::Some);
        }
        let process = start(&machine);
        process.wal.drain(Position::START).unwrap();
        assert_eq!(process.contents().numbers(), [1, 2, 3, 4, 5], "died at {at}");
        if !stopped {
            assert!(drained.is_ok());
            return;
        }
    }
}

/// Somebody dies between appending and syncing; who finds them in the log makes them durable.
#[test]
fn what_another_drained_is_durable_before_its_file_goes() {
    for change in 1.. {
        let machine = Machine::new(change);
        let process = start(&machine);
        process.append_durably(&[1]);
        (2..6).for_each(|number| spool(&process, number));
        machine.stop_in_change(machine.changes() + change, Stop::Kill);
        let drained = process.wal.drain(Position::START);
        let stopped = machine.is_stopped();
        machine.calm_down();
        start(&machine).wal.drain(Position::START).unwrap();
        machine.power_cut(Keep::Nothing);
        assert_eq!(start(&machine).contents().numbers(), [1, 2, 3, 4, 5], "died in {change}");
        if !stopped {
            return assert!(drained.is_ok());
        }
    }
}

#[test]
fn files_that_are_no_whole_record_go_to_the_quarantine() {
    let machine = Machine::new(1);
    let process = start(&machine);
    spool(&process, 1);
    let whole = machine.read(file_of(1)).unwrap();
    let mut cases: Vec<Vec<u8>> = (0..whole.len()).map(|len| whole[..len].to_vec()).collect();
    cases.push([whole.as_slice(), b"more"].concat());
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        cases.push(flipped);
    }
    for (case, bytes) in cases.iter().enumerate().step_by(5) {
        let machine = Machine::new(1);
        let process = start(&machine);
        machine.tamper(file_of(1), bytes);
        let drained = process.wal.drain(Position::START).unwrap();
        assert_eq!(drained, Drained { moved: 0, duplicates: 0, refused: 1 }, "case {case}");
        assert_eq!(codes(&process), ["spool-torn"], "case {case}");
        assert_eq!(machine.read(file_of(1)), None);
    }
}

#[test]
fn a_record_under_another_records_name_is_refused() {
    let machine = Machine::new(1);
    let process = start(&machine);
    spool(&process, 1);
    machine.tamper(file_of(2), &machine.read(file_of(1)).unwrap());
    let drained = process.wal.drain(Position::START).unwrap();
    assert_eq!(drained, Drained { moved: 1, duplicates: 0, refused: 1 });
}

#[test]
fn foreign_linked_and_special_files_are_refused() {
    for disguise in [Disguise::Foreign, Disguise::Linked, Disguise::Special] {
        let machine = Machine::new(1);
        let process = start(&machine);
        spool(&process, 1);
        machine.disguise(file_of(1), disguise);
        let drained = process.wal.drain(Position::START).unwrap();
        assert_eq!(drained, Drained { moved: 0, duplicates: 0, refused: 1 }, "{disguise:?}");
        assert_eq!(codes(&process), ["spool-foreign"]);
    }
}

#[test]
fn a_huge_file_is_refused_before_it_is_read() {
    let machine = Machine::new(1);
    let process = start(&machine);
    machine.tamper(file_of(1), &vec![1; 9 << 20]);
    assert_eq!(process.wal.drain(Position::START).unwrap().refused, 1);
}

#[test]
fn an_unfinished_file_waits_for_its_writer_and_not_for_ever() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let unfinished = format!("{STORE}/spool/{}.tmp", uuid_text(&id(1)));
    machine.tamper(&unfinished, b"half");
    assert_eq!(process.wal.drain(Position::START).unwrap(), Drained::default());
    machine.pass(3_700_000_000);
    assert_eq!(process.wal.drain(Position::START).unwrap().refused, 1);
    assert_eq!(codes(&process), ["spool-unfinished"]);
}

#[test]
fn two_refused_files_of_one_name_are_both_kept() {
    let machine = Machine::new(1);
    let process = start(&machine);
    for content in ["first", "second"] {
        machine.tamper(file_of(1), content.as_bytes());
        process.wal.drain(Position::START).unwrap();
    }
    assert_eq!(codes(&process).len(), 2);
}

#[test]
fn a_record_of_an_older_key_generation_keeps_its_place() {
    let machine = Machine::new(1);
    let process = start(&machine);
    spool(&process, 1);
    process.wal.raise_generation(Patience::Server).unwrap();
    process.wal.drain(Position::START).unwrap();
    assert_eq!(process.contents().numbers(), [1]);
}

#[test]
fn more_than_one_batch_is_drained() {
    let machine = Machine::new(1);
    let files = std::sync::Arc::new(machine.process());
    machine.make_dir("/data");
    let world = machine.world();
    let path = std::path::Path::new(STORE);
    let remote = tachograph::store::Remote::Refused;
    let store = tachograph::Store::create(files, world.as_ref(), path, remote).unwrap();
    let wal = tachograph::wal::Wal::new(&store, world, tachograph::wal::Options::default());
    let big = |number| records::sized(number, 8_000_000);
    for number in 1..7 {
        wal.spool(&big(number).borrow(), SpoolAck::Os).unwrap();
    }
    assert_eq!(wal.drain(Position::START).unwrap().moved, 6);
    append_to(&wal, &[records::record(9)]).unwrap();
    let mut walk = wal.follow(Position::START);
    let mut found = 0;
    while let tachograph::wal::Item::Frame { .. } = walk.next_item().unwrap() {
        found += 1;
    }
    assert_eq!(found, 7);
}
