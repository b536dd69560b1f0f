//! The first leaves of a log: whoever looks while they are integrated, or after that died, finds
//! what there is, and takes no state for lost.

use std::sync::{Arc, Mutex};

use tacho_testkit::records::OwnedRecord;
use tacho_testkit::sim::{Keep, Machine, Stop};
use tacho_tree::audit::Code;
use tachograph::Log;
use tachograph::integrate::{Budget, Integrator};
use tachograph::tenant::TenantPlaces;
use tachograph::verify::{Options, verify};

use crate::harness::{append_to, start, try_start};
use crate::ledger::genuine;

const EVENTS: u64 = 9;

/// A machine on which events were recorded that nobody integrated.
fn recorded() -> Machine {
    let machine = Machine::new(7);
    let process = start(&machine);
    let records: Vec<OwnedRecord> = (1..=EVENTS).map(genuine).collect();
    let appended = append_to(&process.wal, &records).unwrap();
    process.wal.commit(appended.end).unwrap();
    machine
}

fn integrate(machine: &Machine) -> bool {
    let Ok(process) = try_start(machine) else { return false };
    Integrator::new(&process.store, machine.world()).run(Budget::default()).is_ok()
}

/// What a check finds in every tenant, but that nobody signed.
fn found(machine: &Machine) -> Vec<String> {
    let process = start(machine);
    let check = |tenant| verify(&process.store, tenant, &Options::default()).report.findings;
    let found = ["acme", "default"].into_iter().flat_map(check);
    let is_signed = |code| !matches!(code, Code::NoCheckpoint | Code::NoKey);
    found.filter(|one| is_signed(one.code)).map(|one| one.to_string()).collect()
}

fn events(machine: &Machine) -> u64 {
    let process = start(machine);
    ["acme", "default"].iter().map(|tenant| Log::of(&process.store, tenant).unwrap().size()).sum()
}

/// How many operations something takes.
fn operations(base: &Machine, act: impl FnOnce(&Machine)) -> u64 {
    let machine = base.twin(0);
    let before = machine.ops();
    act(&machine);
    machine.ops() - before
}

#[test]
fn who_looks_at_any_moment_of_the_first_integration_finds_nothing() {
    let base = recorded();
    let took = operations(&base, |machine| assert!(integrate(machine)));
    for at in (1..=took).step_by(tacho_testkit::stride()) {
        let machine = base.twin(at);
        let seen = Arc::new(Mutex::new(None));
        let (other, told) = (machine.clone(), seen.clone());
        machine.interrupt_at(machine.ops() + at, move || {
            *told.lock().unwrap() = Some(found(&other));
        });
        assert!(integrate(&machine), "operation {at} of {took}");
        let seen = seen.lock().unwrap().take();
        assert_eq!(seen, Some(Vec::new()), "operation {at} of {took}");
        assert_eq!(events(&machine), EVENTS, "operation {at} of {took}");
    }
}

#[test]
fn who_integrates_at_any_moment_of_a_first_look_hides_nothing_from_it() {
    let base = recorded();
    let took = operations(&base, |machine| assert_eq!(found(machine), [""; 0]));
    for at in (1..=took).step_by(tacho_testkit::stride()) {
        let machine = base.twin(at);
        let other = machine.clone();
        machine.interrupt_at(machine.ops() + at, move || assert!(integrate(&other)));
        assert_eq!(found(&machine), [""; 0], "operation {at} of {took}");
    }
}

#[test]
fn who_dies_at_any_moment_of_the_first_integration_leaves_no_state_to_miss() {
    let base = recorded();
    let took = operations(&base, |machine| assert!(integrate(machine)));
    let ways = [
        (Stop::Kill, None),
        (Stop::PowerCut, Some(Keep::Nothing)),
        (Stop::PowerCut, Some(Keep::Some)),
        (Stop::PowerCut, Some(Keep::Everything)),
    ];
    for at in (1..=took).step_by(tacho_testkit::stride()) {
        for (stop, keep) in ways {
            let machine = base.twin(at);
            machine.stop_at(machine.ops() + at, stop);
            integrate(&machine);
            assert!(machine.is_stopped(), "operation {at} of {took}");
            machine.calm_down();
            keep.into_iter().for_each(|keep| machine.power_cut(keep));
            let place = format!("{stop:?} {keep:?} at operation {at} of {took}");
            assert_eq!(found(&machine), [""; 0], "{place}");
            assert!(integrate(&machine), "{place}");
            assert_eq!((found(&machine), events(&machine)), (Vec::new(), EVENTS), "{place}");
        }
    }
}

#[test]
fn a_state_that_is_lost_is_told_by_who_changes_nothing_and_mended_by_who_integrates() {
    let machine = recorded();
    assert!(integrate(&machine));
    let process = start(&machine);
    let state = TenantPlaces::new(process.store.places(), "acme").state();
    machine.unlink(&state);
    let files = |machine: &Machine| {
        let paths = machine.paths();
        paths.into_iter().map(|path| (machine.read(&path), path)).collect::<Vec<_>>()
    };
    let before = files(&machine);
    let said = found(&machine);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("is missing, and there are leaves"), "{said:?}");
    assert_eq!(files(&machine), before);
    let more = append_to(&process.wal, &[genuine(EVENTS + 1)]).unwrap();
    process.wal.commit(more.end).unwrap();
    assert!(integrate(&machine));
    assert_eq!((found(&machine), events(&machine)), (Vec::new(), EVENTS + 1));
}
