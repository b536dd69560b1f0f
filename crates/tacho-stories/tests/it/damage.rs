//! Damage of every kind to the log: repaired or named, never silent, never worse than it is.

use tacho_testkit::records;
use tacho_testkit::rng::Rng;
use tacho_testkit::sim::{Keep, Machine};
use tacho_testkit::tamper::{TAMPERS, tamper};
use tachograph::integrated;
use tachograph::wal::{Patience, Position};

use crate::harness::{Contents, Process, STORE, append_to, start};

fn first_segment() -> String {
    format!("{STORE}/wal/00000001.wal")
}

/// A log of records 1 to 8, durable, on a machine that was started anew.
fn eight_records(seed: u64) -> (Machine, Contents) {
    let machine = Machine::new(seed);
    let process = start(&machine);
    process.append_durably(&[1, 2, 3, 4, 5, 6, 7, 8]);
    let contents = process.contents();
    machine.power_cut(Keep::Everything);
    (machine, contents)
}

fn begin_of(contents: &Contents, number: u64) -> usize {
    let (at, _) = contents.records.iter().find(|(_, r)| r == &records::record(number)).unwrap();
    usize::try_from(at.offset).unwrap()
}

#[test]
fn a_frame_torn_at_any_byte_is_repaired_and_kept() {
    let (machine, contents) = eight_records(1);
    let whole = machine.read(first_segment()).unwrap();
    let last = begin_of(&contents, 8);
    for torn in (last + 1..whole.len()).step_by(tacho_testkit::stride()) {
        // The rest is zeros (written ahead) or not there at all.
        for ahead in [true, false] {
            let (machine, _) = eight_records(1);
            let mut bytes = whole[..torn].to_vec();
            if ahead {
                bytes.resize(whole.len() + 64, 0);
            }
            machine.tamper(first_segment(), &bytes);
            let process = start(&machine);
            process.append_durably(&[9]);
            assert_eq!(process.contents().numbers(), [1, 2, 3, 4, 5, 6, 7, 9]);
            let torn_content = bytes[last..].iter().rposition(|byte| *byte != 0).unwrap() + 1;
            let found = process.wal.untold().unwrap();
            assert_eq!(found.len(), 1, "torn at {torn}");
            assert_eq!((found[0].code.as_str(), found[0].place.as_str()), ("wal-torn", "00000001"));
            assert!(found[0].bytes >= torn_content.min(bytes.len() - last) as u64);
        }
    }
}

#[test]
fn a_tail_of_zeros_is_the_end_and_no_damage() {
    let (machine, contents) = eight_records(1);
    let mut bytes = machine.read(first_segment()).unwrap();
    bytes[begin_of(&contents, 6)..].fill(0);
    machine.tamper(first_segment(), &bytes);
    let process = start(&machine);
    process.append_durably(&[9]);
    let contents = process.contents();
    assert_eq!((contents.numbers(), contents.damages), (vec![1, 2, 3, 4, 5, 9], vec![]));
}

#[test]
fn nobody_appends_into_a_hole_before_what_is_integrated() {
    let (machine, contents) = eight_records(1);
    let mut bytes = machine.read(first_segment()).unwrap();
    bytes[begin_of(&contents, 1)..begin_of(&contents, 5)].fill(0);
    machine.tamper(first_segment(), &bytes);
    let process = start(&machine);
    let tail = process.contents().tail;
    integrated::write(process.files.as_ref(), process.store.places(), tail).unwrap();
    // Who fills ahead finds the tail and appends nothing: it has seen no frame to tell of.
    process.wal.fill_ahead(tail, 1 << 20, || true).unwrap();
    let process = start(&machine);
    let appended = process.append_durably(&[9]);
    assert!(appended.first >= tail, "{:?} is before {tail:?}", appended.first);
    assert_eq!(process.contents().numbers(), [9]);
}

#[test]
fn a_hole_of_zeros_in_the_middle_is_named_and_passed() {
    let (machine, contents) = eight_records(1);
    let mut bytes = machine.read(first_segment()).unwrap();
    let (from, to) = (begin_of(&contents, 3), begin_of(&contents, 5));
    bytes[from..to].fill(0);
    machine.tamper(first_segment(), &bytes);
    let process = start(&machine);
    process.append_durably(&[9]);
    let contents = process.contents();
    assert_eq!(contents.numbers(), [1, 2, 5, 6, 7, 8, 9]);
    assert_eq!(contents.codes(), ["wal-bad-range"]);
    assert_eq!((contents.damages[0].from, contents.damages[0].to), (from as u64, to as u64));
    // The bytes stand in the quarantine, once, however often recovery runs.
    let again = start(&machine);
    again.contents();
    let found = again.wal.untold().unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].bytes, (to - from) as u64);
    again.wal.told(&found[0]).unwrap();
    again.contents();
    assert_eq!(again.wal.untold().unwrap(), []);
}

#[test]
fn every_damage_to_the_middle_is_named_and_spares_the_others() {
    for seed in 0..tacho_testkit::stories(1_500) {
        let (machine, contents) = eight_records(seed);
        let whole = machine.read(first_segment()).unwrap();
        let mut rng = Rng::new(seed);
        let how = TAMPERS[rng.index(TAMPERS.len())];
        let (from, to) = (begin_of(&contents, 3), begin_of(&contents, 6));
        let damaged = tamper(&whole, from, to, how, &mut rng);
        machine.tamper(first_segment(), &damaged);
        let process = start(&machine);
        let contents = process.contents();
        let numbers = contents.numbers();
        let mut sorted = numbers.clone();
        sorted.dedup();
        assert_eq!(sorted, numbers, "seed {seed} {how:?}: nothing is there twice or out of order");
        assert!(numbers.starts_with(&[1, 2]), "seed {seed} {how:?}: {numbers:?}");
        if damaged.len() == whole.len() {
            assert!(numbers.ends_with(&[6, 7, 8]), "seed {seed} {how:?}: {numbers:?}");
        }
        let all = numbers == [1, 2, 3, 4, 5, 6, 7, 8];
        let named = !contents.damages.is_empty() || !process.wal.untold().unwrap().is_empty();
        // A cut at a frame's border is a shorter log; the checkpoint and the position tell.
        let at_border = damaged.len() < whole.len() && damaged.len() == numbers_end(&contents);
        assert!(all || named || at_border, "seed {seed} {how:?}: {numbers:?} and not a word");
        assert_eq!(all, damaged == whole, "seed {seed} {how:?}");
    }
}

fn numbers_end(contents: &Contents) -> usize {
    usize::try_from(contents.tail.offset).unwrap()
}

#[test]
fn every_flipped_bit_of_a_segment_is_noticed() {
    let (machine, contents) = eight_records(1);
    let whole = machine.read(first_segment()).unwrap();
    let to = begin_of(&contents, 3);
    for bit in (0..to * 8).step_by(tacho_testkit::stride()) {
        let (machine, _) = eight_records(1);
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        machine.tamper(first_segment(), &bytes);
        let process = start(&machine);
        let contents = process.contents();
        let expected: &[u64] = match bit / 8 {
            // The header is mended.
            0..32 => &[1, 2, 3, 4, 5, 6, 7, 8],
            at if at < begin_of(&eight_records(1).1, 2) => &[2, 3, 4, 5, 6, 7, 8],
            _ => &[1, 3, 4, 5, 6, 7, 8],
        };
        assert_eq!(contents.numbers(), expected, "bit {bit}");
        assert_eq!(contents.damages.len(), 1, "bit {bit}");
        assert_eq!(process.wal.untold().unwrap().len(), 1, "bit {bit}");
    }
}

#[test]
fn a_frame_carried_in_as_content_is_never_read_as_a_frame() {
    let (machine, _) = eight_records(1);
    let segment = machine.read(first_segment()).unwrap();
    let process = start(&machine);
    // The content is the whole segment: every frame in it, byte for byte.
    let mut record = records::sized(9, 0);
    record.parts = segment;
    record.parts_count = 1;
    let appended = append_to(&process.wal, std::slice::from_ref(&record)).unwrap();
    let whole = machine.read(first_segment()).unwrap();
    for torn in [8, 64, 100, 2_000, record.borrow().frame_bytes() - 1] {
        let at = usize::try_from(appended.first.offset).unwrap() + torn;
        machine.tamper(first_segment(), &whole[..at]);
        machine.power_cut(Keep::Everything);
        let process = start(&machine);
        assert_eq!(process.contents().numbers(), [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}

#[test]
fn a_segment_whose_header_is_gone_is_kept_whole_and_passed() {
    let (machine, _) = eight_records(1);
    let process = start(&machine);
    process.wal.rotate(Patience::Server).unwrap();
    process.append_durably(&[9]);
    let mut bytes = machine.read(first_segment()).unwrap();
    bytes[..512].fill(0);
    machine.tamper(first_segment(), &bytes);
    machine.power_cut(Keep::Everything);
    let process = start(&machine);
    process.append_durably(&[10]);
    let contents = process.contents();
    assert_eq!((contents.numbers(), contents.codes()), (vec![9, 10], vec!["wal-bad-header"]));
    let found = process.wal.untold().unwrap();
    assert_eq!(found[0].bytes, bytes.len() as u64);
}

#[test]
fn a_last_segment_whose_header_is_gone_is_not_written_to() {
    let (machine, _) = eight_records(1);
    let mut bytes = machine.read(first_segment()).unwrap();
    bytes[..512].fill(0);
    machine.tamper(first_segment(), &bytes);
    let process = start(&machine);
    process.append_durably(&[9]);
    assert_eq!(machine.read(first_segment()).unwrap(), bytes);
    assert_eq!(process.contents().numbers(), [9]);
}

#[test]
fn a_missing_segment_is_named() {
    let (machine, _) = eight_records(1);
    let process = start(&machine);
    process.wal.rotate(Patience::Server).unwrap();
    process.append_durably(&[9]);
    process.wal.rotate(Patience::Server).unwrap();
    process.append_durably(&[10]);
    machine.unlink(format!("{STORE}/wal/00000002.wal"));
    let contents = process.contents();
    assert_eq!(contents.numbers(), [1, 2, 3, 4, 5, 6, 7, 8, 10]);
    assert_eq!(contents.codes(), ["wal-missing-segment"]);
}

#[test]
fn a_closed_segment_without_its_tail_is_named() {
    let (machine, contents) = eight_records(1);
    let process = start(&machine);
    process.wal.rotate(Patience::Server).unwrap();
    process.append_durably(&[9]);
    for zeros in [true, false] {
        let mut bytes = machine.read(first_segment()).unwrap();
        let from = begin_of(&contents, 7);
        bytes[from..].fill(0);
        bytes.truncate(if zeros { usize::MAX } else { from });
        machine.tamper(first_segment(), &bytes);
        let process = start(&machine);
        let contents = process.contents();
        assert_eq!(contents.numbers(), [1, 2, 3, 4, 5, 6, 9]);
        assert_eq!(contents.codes(), ["wal-unclosed"]);
    }
}

#[test]
fn an_older_log_put_back_is_never_written_below_what_was_integrated() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    let old = machine.read(first_segment()).unwrap();
    process.append_durably(&[2, 3, 4]);
    let position = process.contents().tail;
    integrate_to(&process, position);
    machine.power_cut(Keep::Everything);
    machine.tamper(first_segment(), &old);
    let process = start(&machine);
    process.append_durably(&[5]);
    let contents = process.contents();
    assert_eq!(contents.numbers(), [5], "what is new stands behind the position");
    assert!(contents.records[0].0 >= position);
}

fn integrate_to(process: &Process, position: Position) {
    let (files, places) = (process.files.as_ref(), process.store.places());
    tachograph::integrated::write(files, places, position).unwrap();
}

#[test]
fn a_damaged_position_stops_no_recording() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let appended = process.append_durably(&[1, 2]);
    integrate_to(&process, appended.end);
    let path = format!("{STORE}/integrated");
    let whole = machine.read(&path).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        machine.tamper(&path, &flipped);
        machine.power_cut(Keep::Everything);
        let process = start(&machine);
        process.append_durably(&[3 + bit as u64]);
        assert!(process.try_contents().is_err(), "bit {bit}: reading says so");
    }
}

#[test]
fn a_damaged_generation_refuses_to_write() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let path = format!("{STORE}/generation");
    let whole = machine.read(&path).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        machine.tamper(&path, &flipped);
        assert!(process.append(&[1]).is_err(), "bit {bit}");
    }
}

#[test]
fn garbage_of_any_kind_makes_no_reader_panic_or_loop() {
    for seed in 0..tacho_testkit::stories(800) {
        let (machine, _) = eight_records(seed);
        let mut rng = Rng::new(seed);
        let mut bytes = machine.read(first_segment()).unwrap();
        for _ in 0..=rng.below(6) {
            let how = TAMPERS[rng.index(TAMPERS.len())];
            let len = bytes.len();
            bytes = tamper(&bytes, 0, len, how, &mut rng);
        }
        machine.tamper(first_segment(), &bytes);
        let process = start(&machine);
        process.append_durably(&[9]);
        let counts = process.contents().counts();
        assert_eq!(counts.get(&9), Some(&1), "seed {seed}");
        assert!(counts.values().all(|count| *count == 1), "seed {seed}");
    }
}
