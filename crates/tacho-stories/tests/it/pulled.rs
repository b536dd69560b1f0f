//! A disk that loses its power while the machine runs on, as one that was pulled out or whose file
//! system was shut down: no other boot id tells that the place where the last holder left is old.

use tacho_testkit::records;
use tacho_testkit::sim::{Keep, Machine};
use tachograph::integrate::{Budget, Integrator};
use tachograph::integrated;
use tachograph::wal::scan::Judge;
use tachograph::wal::{Item, Position, Walk};

use crate::harness::{Process, start};

/// A machine whose disk came back with any of the frames behind the first one, over zeros.
fn after_the_cut(seed: u64) -> Machine {
    let machine = Machine::new(seed);
    let first = start(&machine).append_durably(&[1]);
    start(&machine).wal.fill_ahead(first.end, 16 << 10, || true).unwrap();
    // In time the system writes everything back, and so the place that the last holder left.
    machine.disk_cut(Keep::Everything);
    for number in 2..14 {
        start(&machine).append(&[number]).unwrap();
    }
    machine.disk_cut(Keep::Some);
    machine
}

fn integrate(machine: &Machine) -> Position {
    let process = start(machine);
    Integrator::new(&process.store, machine.world()).run(Budget::default()).unwrap();
    integrated::read(process.files.as_ref(), process.store.places()).unwrap()
}

/// The numbers of all frames, integrated or not.
fn numbers(process: &Process) -> Vec<u64> {
    let (files, places) = (process.files.clone(), process.store.places().clone());
    let mut walk = Walk::new(files, places, Position::START, Judge::Holding);
    let mut numbers = Vec::new();
    loop {
        match walk.next_item().unwrap() {
            Item::Frame { record, .. } => numbers.extend(records::number_of(record.leaf)),
            Item::Damage(_) => {}
            Item::End(_) | Item::Unclear(_) => return numbers,
        }
    }
}

/// Who goes by that place may take a hole for the end, with whole frames behind it that nobody was
/// told of; who comes later must agree with him.
#[test]
fn nothing_is_written_below_what_was_integrated() {
    let mut old_places = 0;
    for seed in 0..200 {
        let machine = after_the_cut(seed);
        let end = integrate(&machine);
        let appended = start(&machine).append_durably(&[100]);
        assert!(appended.first >= end, "seed {seed}: {} below {end}", appended.first);

        let machine = after_the_cut(seed);
        let appended = start(&machine).append_durably(&[100]);
        let end = integrate(&machine);
        assert!(appended.end <= end, "seed {seed}: {} beyond {end}", appended.end);
        let next = start(&machine).append_durably(&[101]);
        assert!(next.first >= end, "seed {seed}: {} below {end}", next.first);
        let numbers = numbers(&start(&machine));
        let kept = [1, 100, 101].map(|number| numbers.iter().filter(|n| **n == number).count());
        assert_eq!(kept, [1; 3], "seed {seed}: {numbers:?}");

        // Another boot: everything is looked at.
        let machine = after_the_cut(seed);
        machine.power_cut(Keep::Everything);
        old_places += u32::from(appended.first < start(&machine).contents().tail);
    }
    assert!(old_places > 0, "nobody went by an old place");
}
