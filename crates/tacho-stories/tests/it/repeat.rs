//! What short-lived recorders submit twice is there once, and its number is not missed: at once,
//! across segments and windows, for readers before it is integrated, whatever dies.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use tacho_event::Draft;
use tacho_event::json::Value;
use tacho_event::privacy::Policy;
use tacho_testkit::sim::{Keep, Machine, Stop};
use tacho_tree::audit::{Code, Verdict};
use tachograph::idempotency::Window;
use tachograph::integrate::{Budget, Integrator};
use tachograph::record::{Ack, Numbering, Once, Recorder, Settings};
use tachograph::tenant::TenantPlaces;
use tachograph::wal::Patience;
use tachograph::{Log, Store};

use crate::harness::{Process, start, try_start};
use crate::verify::{asked, codes, sign};
use crate::yard::{Yard, call};

/// What a hook records with: it lives for one event.
fn hook() -> Settings {
    let (ack, numbering) = (Ack::Os, Numbering::Off);
    Settings { ack, numbering, once: Once::Marked, beat: false, ..Settings::default() }
}

fn numbered(number: u64, seq: u64) -> Draft {
    call(number).with("origin.emitter", "s-0").with("origin.seq", seq)
}

/// A hook comes, records, and goes.
fn submit(yard: &Yard, draft: Draft) {
    let (store, wal, world) = (yard.store(), yard.wal(), yard.world.clone());
    let recorder = Recorder::new(store, wal, world, Policy::default(), hook()).unwrap();
    recorder.record(draft).unwrap();
    yard.world.micros.fetch_add(1000, Ordering::Relaxed);
}

/// The leaves: the id of each event, and of each repetition, whom it repeats and its number.
fn told(log: &Log) -> Vec<String> {
    let tell = |index| {
        let leaf = log.get(index).unwrap().unwrap().leaf;
        let said = |pointer| leaf.at(pointer).map(Value::to_json);
        match said("/action/system/repeats") {
            None => leaf.str("id").unwrap().to_owned(),
            Some(first) => format!("{} again {}", first, said("/origin/seq").unwrap()),
        }
    };
    (0..log.size()).map(tell).collect()
}

#[test]
fn what_a_hook_submits_again_is_there_once_and_its_number_is_not_missed() {
    let yard = Yard::new();
    let submitted = [(1, 0), (2, 1), (1, 2), (3, 3), (2, 4), (1, 5)];
    submitted.iter().for_each(|(number, seq)| submit(&yard, numbered(*number, *seq)));
    let expected =
        ["e-1", "e-2", r#""e-1" again 2"#, "e-3", r#""e-2" again 4"#, r#""e-1" again 5"#];
    let live = yard.log("default");
    assert_eq!((live.integrated().size(), told(&live)), (0, expected.map(str::to_owned).to_vec()));
    let leaves = |log: &Log| -> Vec<_> { (0..6).map(|at| log.leaf(at).unwrap()).collect() };
    let before = leaves(&live);
    let outcome = yard.integrate();
    assert_eq!((outcome.leaves, outcome.repeated, outcome.refused), (6, 3, 0));
    let log = yard.log("default");
    assert_eq!((log.integrated().size(), leaves(&log)), (6, before));
    for (id, index) in [("e-1", 0), ("e-2", 1), ("e-3", 3)] {
        let found: Vec<u64> = log.find(id).unwrap().iter().map(|entry| entry.index).collect();
        assert_eq!(found, [index], "{id}");
    }
    sign(&yard);
    let verified = asked(&yard);
    assert_eq!(codes(&verified), []);
    assert_eq!((verified.verdict(), verified.complete()), (Verdict::Yes, Verdict::Yes));
}

#[test]
fn a_repetition_shows_what_the_event_shows_and_hides_nothing() {
    let yard = Yard::new();
    submit(&yard, numbered(1, 0));
    submit(&yard, numbered(1, 1));
    yard.integrate();
    let log = yard.log("default");
    let again = log.get(1).unwrap().unwrap();
    assert_eq!(
        Value::Object(again.leaf.clone()).to_json().replace(again.leaf.str("id").unwrap(), "ID"),
        r#"{"action":{"name":"tacho.duplicate","system":{"repeats":"e-1"},"type":"system"},"agent":{"id":"ops/release-manager","session_id":"s-0"},"id":"ID","origin":{"emitter":"s-0","seq":1,"source":"library"},"timestamp":"2025-11-20T10:00:00.001000Z","v":1}"#
    );
    assert!(log.parts(&again).unwrap().is_empty());
    assert!(!log.parts(&log.get(0).unwrap().unwrap()).unwrap().is_empty());
}

#[test]
fn another_event_under_a_used_id_stands_beside_it_and_is_named() {
    let yard = Yard::new();
    submit(&yard, numbered(1, 0));
    submit(&yard, numbered(1, 1).with("action.tool.parameters.command", "echo other"));
    assert_eq!(yard.integrate().repeated, 0);
    sign(&yard);
    let told = &asked(&yard).gaps.unwrap().findings;
    assert_eq!(told.iter().map(|one| one.code).collect::<Vec<_>>(), [Code::IdRepeated]);
}

#[test]
fn events_without_marks_are_never_compared() {
    let yard = Yard::new();
    yard.record("default", 0, 1);
    yard.record("default", 0, 1);
    assert_eq!(yard.integrate().repeated, 0);
}

#[test]
fn a_repetition_is_known_when_the_first_is_long_integrated_and_its_segment_gone() {
    let mut yard = Yard::new();
    yard.segment_bytes = 24 << 10;
    (0..60).for_each(|number| submit(&yard, numbered(number, number)));
    yard.integrate();
    assert!(yard.integrator().retire().unwrap() > 0);
    (0..60).for_each(|number| submit(&yard, numbered(number, 60 + number)));
    let live = told(&yard.log("default"));
    assert_eq!(yard.integrate().repeated, 60);
    let log = yard.log("default");
    assert_eq!(told(&log), live);
    let expected: Vec<String> = (0..60).map(|n| format!("\"e-{n}\" again {}", 60 + n)).collect();
    assert_eq!(told(&log)[60..], expected);
}

#[test]
fn the_first_stays_the_first_when_others_write_runs_of_both() {
    let mut yard = Yard::new();
    yard.segment_bytes = 24 << 10;
    for round in 0..12 {
        (0..5).for_each(|number| submit(&yard, numbered(number, 5 * round + number)));
        // Integrated before and after a run has the marks.
        if round % 2 == 0 {
            yard.integrate();
        }
        let mut window = Window::open(&yard.store(), yard.world.clone()).unwrap();
        yard.wal().cover(&mut window, Patience::Server).unwrap();
        if round % 3 == 0 {
            yard.wal().rotate(Patience::Server).unwrap();
            yard.integrate();
            yard.integrator().retire().unwrap();
        }
    }
    yard.integrate();
    let told = told(&yard.log("default"));
    assert_eq!(told[..5], ["e-0", "e-1", "e-2", "e-3", "e-4"]);
    assert!(told.len() == 60 && told[5..].iter().all(|one| one.contains("again")), "{told:?}");
}

#[test]
fn damaged_runs_cost_the_comparison_and_no_event() {
    let yard = Yard::new();
    submit(&yard, numbered(1, 0));
    let mut window = Window::open(&yard.store(), yard.world.clone()).unwrap();
    yard.wal().cover(&mut window, Patience::Server).unwrap();
    yard.wal().rotate(Patience::Server).unwrap();
    yard.integrate();
    yard.integrator().retire().unwrap();
    for file in std::fs::read_dir(yard.store().places().idempotency()).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|end| end == "run") {
            std::fs::write(path, b"rubbish").unwrap();
        }
    }
    submit(&yard, numbered(1, 1));
    assert_eq!(told(&yard.log("default")), ["e-1", "e-1"]);
    assert_eq!((yard.integrate().repeated, told(&yard.log("default")).len()), (0, 2));
}

/// Hooks submit events, some of them again; integrators come and go; somebody dies at any
/// operation. Each event that was acknowledged is there once, each number at most once.
fn tell(seed: u64) -> Result<(), String> {
    let machine = Machine::new(seed);
    let mut rng = tacho_testkit::rng::Rng::new(seed ^ 0xd0_b1e5);
    let (mut acked, mut seq) = (BTreeSet::new(), 0);
    for _ in 0..3 {
        let stop = if rng.chance(50) { Stop::PowerCut } else { Stop::Kill };
        machine.stop_at(machine.ops() + 20 + rng.below(500), stop);
        for _ in 0..12 {
            let number = rng.below(8);
            seq += 1;
            let draft = numbered(number, seq);
            if let Ok(process) = try_start(&machine)
                && submit_there(&machine, process, draft).is_ok()
            {
                acked.insert(number);
            }
            if rng.chance(30) {
                let _ = integrate_there(&machine, rng.chance(30));
            }
            if machine.is_stopped() {
                break;
            }
        }
        machine.calm_down();
        if stop == Stop::PowerCut {
            machine.power_cut(Keep::Some);
        }
        let process = start(&machine);
        let unread = Log::of(&process.store, "default").map(|log| told(&log));
        integrate_there(&machine, false)?;
        let log = Log::of(&process.store, "default").map_err(|error| error.to_string())?;
        let told = told(&log);
        if let Ok(unread) = unread
            && stop == Stop::Kill
            && unread != told
        {
            return Err(format!("read {unread:?}, then {told:?}"));
        }
        if stop == Stop::PowerCut {
            // What was acknowledged survives a killed process, and no more.
            acked.retain(|number| told.contains(&format!("e-{number}")));
        }
        check(&log, &told, &acked)?;
    }
    Ok(())
}

fn submit_there(machine: &Machine, process: Process, draft: Draft) -> Result<(), String> {
    let Process { store, wal, .. } = process;
    let recorder = Recorder::new(store, wal, machine.world(), Policy::default(), hook());
    let recorder = recorder.map_err(|error| error.to_string())?;
    let receipt = recorder.record(draft).map_err(|error| error.to_string())?;
    crate::guards::ensure(receipt.fate.is_kept(), format!("{:?}", receipt.fate))
}

fn integrate_there(machine: &Machine, covers: bool) -> Result<(), String> {
    let Ok(Process { store, wal, .. }) = try_start(machine) else { return Ok(()) };
    if covers {
        let window = Window::open(&store, machine.world());
        let covered = window.map(|mut window| wal.cover(&mut window, Patience::Server));
        covered.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
        wal.rotate(Patience::Server).map_err(|error| error.to_string())?;
    }
    let mut integrator = Integrator::new(&store, machine.world());
    integrator.run(Budget::default()).map_err(|error| error.to_string())?;
    integrator.retire().map(|_| ()).map_err(|error| error.to_string())
}

fn check(log: &Log, told: &[String], acked: &BTreeSet<u64>) -> Result<(), String> {
    let firsts: Vec<&String> = told.iter().filter(|one| !one.contains("again")).collect();
    for number in 0..8 {
        let id = format!("e-{number}");
        let count = firsts.iter().filter(|one| ***one == id).count();
        if count > 1 || (count == 0 && acked.contains(&number)) {
            return Err(format!("{id} is there {count} times: {told:?}"));
        }
        let again = format!("\"{id}\" again");
        let before = told.iter().position(|one| *one == id);
        let repeated = told.iter().position(|one| one.starts_with(&again));
        if repeated.is_some_and(|at| before.is_none_or(|before| at < before)) {
            return Err(format!("{id} is repeated before it is there: {told:?}"));
        }
    }
    let mut numbers: Vec<String> = Vec::new();
    for index in 0..log.size() {
        let leaf = log.get(index).map_err(|error| error.to_string())?.unwrap().leaf;
        numbers.extend(leaf.at("/origin/seq").map(Value::to_json));
    }
    let count = numbers.len();
    numbers.sort_unstable();
    numbers.dedup();
    if numbers.len() < count {
        return Err(format!("a number is there twice: {told:?}"));
    }
    Ok(())
}

#[test]
fn an_event_is_there_once_whatever_dies() {
    for seed in 0..tacho_testkit::stories(600) {
        if let Err(what) = tell(seed) {
            panic!("story {seed}: {what}");
        }
    }
}

/// A state that was lost is told anew by the leaves, repetitions among them.
#[test]
fn leaves_of_repetitions_are_known_as_those_of_their_frames() {
    let yard = Yard::new();
    [(1, 0), (2, 1), (1, 2), (2, 3)].iter().for_each(|(n, seq)| submit(&yard, numbered(*n, *seq)));
    yard.integrate();
    let store: Store = yard.store();
    let before = told(&yard.log("default"));
    let places = TenantPlaces::new(store.places(), "default");
    std::fs::remove_file(places.state()).unwrap();
    std::fs::remove_file(store.places().integrated()).unwrap();
    yard.integrate();
    assert_eq!(told(&yard.log("default")), before);
    assert_eq!(std::fs::read_dir(store.places().quarantine()).unwrap().count(), 0);
}
