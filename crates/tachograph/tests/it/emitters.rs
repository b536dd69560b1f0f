//! Sequences of short-lived emitters: never the same number twice, and no silence about a jump.

use tacho_testkit::sim::{Keep, Machine};
use tachograph::emitters::{Numbers, file_name, take};

use crate::harness::{STORE, start};

fn numbers(machine: &Machine, count: u64) -> Numbers {
    let process = start(machine);
    let (files, places) = (process.files.as_ref(), process.store.places());
    let world = machine.world();
    let name = file_name("default", "hook:claude_code", "e1");
    take(files, places, world.as_ref(), &name, count).unwrap().unwrap()
}

#[test]
fn numbers_go_up_one_by_one_across_processes() {
    let machine = Machine::new(1);
    for first in 0..20 {
        assert_eq!(numbers(&machine, 1), Numbers { first, resumed_from: None });
    }
    assert_eq!(numbers(&machine, 5).first, 20);
    assert_eq!(numbers(&machine, 1).first, 25);
}

#[test]
fn after_a_power_cut_the_sequence_goes_on_elsewhere_and_says_so() {
    for keep in [Keep::Nothing, Keep::Everything, Keep::Some] {
        let machine = Machine::new(1);
        (0..7).for_each(|_| {
            numbers(&machine, 1);
        });
        machine.power_cut(keep);
        let resumed = numbers(&machine, 1);
        assert!(resumed.resumed_from.is_some_and(|from| from <= 7), "{keep:?} {resumed:?}");
        assert!(resumed.first > 7);
        let next = Numbers { first: resumed.first + 1, resumed_from: None };
        assert_eq!(numbers(&machine, 1), next);
    }
}

#[test]
fn a_damaged_sequence_goes_on_elsewhere_and_says_so() {
    let machine = Machine::new(1);
    numbers(&machine, 3);
    let path = format!("{STORE}/emitters/{}", file_name("default", "hook:claude_code", "e1"));
    let whole = machine.read(&path).unwrap();
    for bit in 0..whole.len() * 8 {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        machine.tamper(&path, &flipped);
        let resumed = numbers(&machine, 1);
        assert_eq!(resumed.resumed_from, Some(0), "bit {bit}");
        assert!(resumed.first > 3, "bit {bit}");
    }
}

#[test]
fn a_clock_that_went_back_repeats_no_number() {
    let machine = Machine::new(1);
    numbers(&machine, 1);
    machine.power_cut(Keep::Everything);
    let high = numbers(&machine, 1).first;
    machine.set_clock(1_000_000);
    machine.power_cut(Keep::Everything);
    assert!(numbers(&machine, 1).first > high);
}

#[test]
fn names_are_as_documented_and_do_not_run_together() {
    // printf '\0\7default\0\x10hook:claude_code\0\2e1' | sha256sum | cut -c1-16
    assert_eq!(file_name("default", "hook:claude_code", "e1"), "7b2c1eb2ffa984a4");
    assert_ne!(file_name("a", "bc", "d"), file_name("ab", "c", "d"));
}
