//! The same id twice is one record: at once, after restarts, after power cuts, across processes.

use std::io::ErrorKind;

use tacho_testkit::records;
use tacho_testkit::sim::{Fault, Keep, Machine, On};
use tachograph::idempotency::{Seen, Submission, Window};
use tachograph::integrated;
use tachograph::wal::{AppendError, Appended, AppendedOnce, Batch, Patience};

use crate::harness::{Process, STORE, start};

const CREDENTIAL: &[u8] = b"key-1";
const DAY_MICROS: u64 = 86_400_000_000;

pub(crate) fn open(process: &Process, machine: &Machine) -> Window {
    Window::open(&process.store, machine.world()).unwrap()
}

/// What became of submissions.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub(crate) appended: Option<Appended>,
    pub(crate) seen: Vec<(u64, Seen)>,
}

/// Submits the records of these numbers, each under the id `e-<number>`, with these bytes.
pub(crate) fn submit(
    process: &Process,
    window: &mut Window,
    numbers: &[u64],
    bytes: &[u8],
) -> Result<Submitted, AppendError> {
    let mut numbers = numbers.to_vec();
    let mut submitted = Submitted { appended: None, seen: Vec::new() };
    while !numbers.is_empty() {
        let (mut batch, mut submissions) = (Batch::new(), Vec::new());
        for number in &numbers {
            let id = format!("e-{number}");
            let submission = window.submission(CREDENTIAL, id.as_bytes(), bytes);
            let mut record = records::sized(*number, 40);
            record.idem = submission.idem();
            batch.push(&record.borrow()).unwrap();
            submissions.push(Some(submission));
        }
        match process.wal.append_once(&mut batch, &submissions, window, Patience::Server)? {
            AppendedOnce::All(appended) => {
                submitted.appended = Some(appended);
                break;
            }
            AppendedOnce::Seen(seen) => {
                for (at, seen) in seen.into_iter().rev() {
                    submitted.seen.push((numbers.remove(at), seen));
                }
            }
        }
    }
    Ok(submitted)
}

fn seen(process: &Process, window: &mut Window, number: u64, bytes: &[u8]) -> Option<Seen> {
    let outcome = submit(process, window, &[number], bytes).unwrap();
    outcome.seen.first().map(|(_, seen)| *seen)
}

/// Writes runs, moves the position, deletes segments: nothing of it is in the log afterwards.
pub(crate) fn integrate(process: &Process, window: &mut Window) {
    process.wal.rotate(Patience::Server).unwrap();
    process.wal.catch_up(window, Patience::Server).unwrap();
    let tail = window.flush().unwrap();
    let (files, places) = (process.files.as_ref(), process.store.places());
    process.wal.commit(tail).unwrap();
    integrated::write(files, places, tail).unwrap();
    process.wal.retire().unwrap();
}

#[test]
fn the_same_submission_is_the_first_record() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    assert_eq!(seen(&process, window, 1, b"bytes"), None);
    let first = seen(&process, window, 1, b"bytes").unwrap();
    assert_eq!(first.record_id, records::id(1));
    assert!(first.same);
    assert_eq!(process.contents().records.len(), 1);
}

#[test]
fn other_bytes_under_the_same_id_are_told_apart() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    assert_eq!(seen(&process, window, 1, b"bytes"), None);
    assert!(!seen(&process, window, 1, b"other bytes").unwrap().same);
}

#[test]
fn the_leaf_hash_of_the_first_record_is_known() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    seen(&process, window, 1, b"bytes");
    // printf '\0{"id":"e-1","v":1}' | sha256sum
    let hash: String = seen(&process, window, 1, b"bytes")
        .unwrap()
        .leaf_hash
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(hash, "ea6a369dbd2c9c07cae7a1f1aabfea6338b16ba3a2a4433c400bee0ef849e80c");
}

#[test]
fn the_same_id_twice_in_one_batch_is_one_record() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    let outcome = submit(&process, window, &[1, 2, 1, 3], b"bytes").unwrap();
    assert_eq!(outcome.seen.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [1]);
    assert_eq!(outcome.appended.unwrap().count, 3);
    assert_eq!(process.contents().records.len(), 3);
}

#[test]
fn records_without_a_submission_are_never_compared() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    for _ in 0..2 {
        let mut batch = Batch::new();
        batch.push(&records::record(7).borrow()).unwrap();
        let outcome = process.wal.append_once(&mut batch, &[None], window, Patience::Server);
        assert!(matches!(outcome.unwrap(), AppendedOnce::All(_)));
    }
}

#[test]
fn what_another_process_appended_is_seen() {
    let machine = Machine::new(1);
    let (first, second) = (start(&machine), start(&machine));
    let ours = &mut open(&first, &machine);
    let theirs = &mut open(&second, &machine);
    for number in 1..50 {
        let (submitter, checker): ((&Process, &mut Window), (&Process, &mut Window)) =
            if number % 2 == 0 {
                ((&first, &mut *ours), (&second, &mut *theirs))
            } else {
                ((&second, &mut *theirs), (&first, &mut *ours))
            };
        assert_eq!(seen(submitter.0, submitter.1, number, b"bytes"), None);
        assert!(seen(checker.0, checker.1, number, b"bytes").unwrap().same);
    }
}

#[test]
fn ids_survive_restarts_integration_and_power_cuts() {
    let machine = Machine::new(1);
    for number in 1..40 {
        let process = start(&machine);
        let window = &mut open(&process, &machine);
        let outcome = submit(&process, window, &[number], b"bytes").unwrap();
        process.wal.commit(outcome.appended.unwrap().end).unwrap();
        if number % 3 == 0 {
            integrate(&process, window);
        }
        if number % 5 == 0 {
            machine.power_cut(Keep::Some);
        }
        let process = start(&machine);
        let window = &mut open(&process, &machine);
        for old in 1..=number {
            let seen = seen(&process, window, old, b"bytes").unwrap();
            assert_eq!((seen.record_id, seen.same), (records::id(old), true), "{old}");
        }
    }
}

#[test]
fn runs_are_merged_and_find_every_id() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    for round in 0..21 {
        let numbers: Vec<u64> = (round * 50..round * 50 + 50).collect();
        submit(&process, window, &numbers, b"bytes").unwrap();
        integrate(&process, window);
    }
    let runs = |path: &std::path::PathBuf| path.extension().is_some_and(|end| end == "run");
    let runs = machine.paths().iter().filter(|path| runs(path)).count();
    assert!((1..10).contains(&runs), "{runs} runs");
    let fresh = start(&machine);
    let window = &mut open(&fresh, &machine);
    for number in 0..21 * 50 {
        let seen = seen(&fresh, window, number, b"bytes").unwrap();
        assert_eq!(seen.record_id, records::id(number));
    }
    assert_eq!(seen(&fresh, window, 5_000, b"bytes"), None);
}

#[test]
fn an_id_is_known_for_one_whole_window_and_gone_after_two() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    submit(&process, window, &[1], b"bytes").unwrap();
    integrate(&process, window);
    machine.pass(DAY_MICROS + 1);
    integrate(&process, window);
    assert!(seen(&process, window, 1, b"bytes").is_some(), "one window later");
    machine.pass(DAY_MICROS + 1);
    integrate(&process, window);
    assert_eq!(seen(&process, window, 1, b"bytes"), None, "two windows later");
    let keys = machine.paths().iter().filter(|path| path.ends_with("00000001.key")).count();
    assert_eq!(keys, 0, "the first key is dead");
}

#[test]
fn marks_of_an_old_window_are_refused_until_they_are_made_anew() {
    let machine = Machine::new(1);
    let (first, second) = (start(&machine), start(&machine));
    let (ours, theirs) = (&mut open(&first, &machine), &mut open(&second, &machine));
    submit(&first, ours, &[1], b"bytes").unwrap();
    machine.pass(DAY_MICROS + 1);
    integrate(&second, theirs);
    let outcome = submit(&first, ours, &[2], b"bytes");
    assert!(matches!(outcome, Err(AppendError::StaleWindow)), "{outcome:?}");
    ours.reload().unwrap();
    assert_eq!(seen(&first, ours, 2, b"bytes"), None);
    assert!(seen(&second, theirs, 2, b"bytes").unwrap().same);
}

#[test]
fn a_batch_that_failed_may_be_submitted_again() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    submit(&process, window, &[1], b"bytes").unwrap();
    machine.fault(Fault::once(On::Write, ".wal", ErrorKind::StorageFull));
    let outcome = submit(&process, window, &[2], b"bytes");
    assert!(matches!(outcome, Err(AppendError::Full(_))), "{outcome:?}");
    assert_eq!(seen(&process, window, 2, b"bytes"), None);
    assert!(seen(&process, window, 2, b"bytes").is_some());
}

#[test]
fn forgetting_leaves_no_key_and_no_mark() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    submit(&process, window, &[1, 2, 3], b"bytes").unwrap();
    integrate(&process, window);
    window.forget().unwrap();
    let names: Vec<String> = machine
        .paths()
        .iter()
        .filter(|path| path.starts_with(format!("{STORE}/idempotency")))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["00000002.key", "lock"]);
    assert_eq!(seen(&process, window, 1, b"bytes"), None);
}

#[test]
fn a_damaged_window_says_so_and_never_invents() {
    let machine = Machine::new(1);
    let process = start(&machine);
    let window = &mut open(&process, &machine);
    let numbers: Vec<u64> = (0..40).collect();
    submit(&process, window, &numbers, b"bytes").unwrap();
    integrate(&process, window);
    let files = machine.paths();
    let files = files.iter().filter(|path| path.starts_with(format!("{STORE}/idempotency")));
    for path in files.filter(|path| !path.ends_with("lock")) {
        let whole = machine.read(path).unwrap();
        for bit in (0..whole.len() * 8).step_by(37) {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            machine.tamper(path, &flipped);
            let Ok(window) = Window::open(&process.store, machine.world()) else { continue };
            for number in &numbers {
                let submission = mark(&window, *number);
                // Known as what it was, or an error; never unknown, never another.
                if let Ok(seen) = window.seen(&submission) {
                    let id = seen.map(|seen| seen.record_id);
                    assert_eq!(id, Some(records::id(*number)), "{path:?} bit {bit}");
                }
            }
        }
        machine.tamper(path, &whole);
    }
}

fn mark(window: &Window, number: u64) -> Submission {
    window.submission(CREDENTIAL, format!("e-{number}").as_bytes(), b"bytes")
}

#[test]
fn an_unused_window_costs_nothing() {
    let machine = Machine::new(1);
    let process = start(&machine);
    process.append_durably(&[1]);
    assert!(!machine.paths().iter().any(|path| path.extension().is_some_and(|end| end == "key")));
}
