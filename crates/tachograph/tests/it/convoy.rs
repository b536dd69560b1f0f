//! Threads that record one event at a time record for each other, and each gets its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::{Barrier, Mutex};

use tacho_event::json::{Object, Value};
use tacho_testkit::sim::{Fault, Keep, On, Stop};
use tachograph::record::{
    Ack, Call, FailurePolicy, Fate, OnFailure, Once, Receipt, RecordError, Recorder, Settings,
};

use crate::desk::{Desk, bash, quiet};
use crate::harness::start;

const THREADS: usize = 16;

/// What these threads do at once; everybody's outcome.
fn at_once<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (begin, outcomes) = (Barrier::new(THREADS), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (begin, outcomes, work) = (&begin, &outcomes, &work);
            scope.spawn(move || {
                begin.wait();
                let outcome = work(thread);
                outcomes.lock().unwrap().push((thread, outcome));
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap();
    outcomes.sort_by_key(|(thread, _)| *thread);
    outcomes.into_iter().map(|(_, outcome)| outcome).collect()
}

fn text<'e>(event: &'e Object, pointer: &str) -> &'e str {
    event.at(pointer).and_then(Value::as_str).unwrap()
}

#[test]
fn each_caller_gets_its_own_outcomes_in_its_order_and_no_number_is_lost() {
    const ROUNDS: usize = 12;
    let desk = Desk::new();
    let recorder = desk.recorder(quiet());
    let receipts = at_once(|thread| {
        let mut receipts: Vec<(String, Receipt)> = Vec::new();
        for round in 0..ROUNDS {
            let name = |nth: usize| format!("{thread}-{round}-{nth}");
            let bad = bash("bad").with("action.type", "flight");
            let drafts = vec![bash(&name(0)), bad, bash(&name(1))];
            let mut outcomes = recorder.record_all(drafts, Ack::Disk).into_iter();
            receipts.push((name(0), outcomes.next().unwrap().unwrap()));
            assert!(matches!(outcomes.next(), Some(Err(RecordError::Refused(_)))));
            receipts.push((name(1), outcomes.next().unwrap().unwrap()));
            assert!(outcomes.next().is_none());
        }
        receipts
    });
    let events = desk.events();
    let commands: BTreeMap<&str, &str> = events
        .iter()
        .map(|event| (text(event, "/id"), text(event, "/action/tool/parameters/command")))
        .collect();
    for (name, receipt) in receipts.iter().flatten() {
        assert_eq!(receipt.fate, Fate::Recorded(Ack::Disk));
        assert_eq!(commands.get(receipt.id.as_str()), Some(&name.as_str()));
    }
    let numbers: BTreeSet<i64> =
        events.iter().map(|event| event.at("/origin/seq").unwrap().as_i64().unwrap()).collect();
    let total = THREADS * ROUNDS * 2;
    assert_eq!((events.len(), numbers.len()), (total, total));
    assert_eq!(numbers.last(), Some(&i64::try_from(total - 1).unwrap()));
    // What one thread recorded stands in the order in which it recorded it.
    let order: Vec<&str> =
        events.iter().map(|event| text(event, "/action/tool/parameters/command")).collect();
    for receipts in &receipts {
        let mut last = 0;
        for (name, _) in receipts {
            let at = order.iter().position(|command| command == name).unwrap();
            assert!(at >= last);
            last = at;
        }
    }
}

#[test]
fn nothing_is_acknowledged_before_it_is_durable() {
    let mut acknowledged = 0;
    for seed in 0..40 {
        let desk = Desk::new();
        let recorder = desk.recorder(quiet());
        // The power goes at some operation of the first hundred.
        let op = desk.machine.ops() + 20 + (seed * 37) % 100;
        desk.machine.stop_at(op, Stop::PowerCut);
        let kept = at_once(|thread| {
            let mut kept = Vec::new();
            for round in 0..4 {
                let name = format!("{thread}-{round}");
                match recorder.record(bash(&name)) {
                    Ok(receipt) => {
                        assert_eq!(receipt.fate, Fate::Recorded(Ack::Disk));
                        kept.push(name);
                    }
                    Err(_) => break,
                }
            }
            kept
        });
        desk.machine.power_cut(Keep::Nothing);
        start(&desk.machine).contents();
        let story = desk.story();
        for name in kept.iter().flatten() {
            assert_eq!(story.iter().filter(|command| *command == name).count(), 1, "{seed}");
        }
        acknowledged += kept.iter().flatten().count();
        drop(recorder);
    }
    assert!(acknowledged > 0, "the power goes too early to tell anything");
}

#[test]
fn a_store_that_fails_tells_everybody_and_names_as_many_or_more() {
    let desk = Desk::new();
    let failure = FailurePolicy::all(OnFailure::Closed);
    let recorder = desk.recorder(Settings { failure, ..quiet() });
    recorder.record(bash("before")).unwrap();
    desk.machine
        .fault(Fault { times: u32::MAX, ..Fault::once(On::Write, ".wal", ErrorKind::Other) });
    let outcomes = at_once(|_| recorder.record(bash("meanwhile")));
    // Half of each write comes through: of events that go together, the first are recorded.
    let (kept, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    for outcome in &refused {
        assert!(matches!(outcome, Err(RecordError::NotRecorded(_))), "{outcome:?}");
    }
    desk.machine.calm_down();
    recorder.record(bash("after")).unwrap();
    // A write that failed and could not be undone may have left whole frames behind the end; what
    // becomes of them is for a judge to say, and too much is no loss.
    start(&desk.machine).contents();
    let mut story = desk.story();
    let meanwhile = story.extract_if(.., |command| command == "meanwhile").count();
    assert!(meanwhile >= kept.len(), "{meanwhile} of {} recorded", kept.len());
    story.dedup();
    assert_eq!(story, ["before", "tacho.lost", "after"]);
    let told: i64 = desk.gaps().iter().map(|(_, count)| count).sum();
    assert!(told >= i64::try_from(refused.len()).unwrap(), "{told} of {} told", refused.len());
}

#[test]
fn an_id_is_one_event_for_each_credential_whoever_records_it() {
    let desk = Desk::new();
    let recorder = desk.recorder(Settings { once: Once::Asked, ..quiet() });
    let outcomes = at_once(|thread| {
        let call = Call { ack: Ack::Disk, credential: ["", "key-1", "key-2"][thread % 3] };
        record_twice(&recorder, call)
    });
    assert_eq!(desk.story(), ["ls"; 3]);
    for credential in 0..3 {
        let receipts: Vec<&Receipt> =
            outcomes.iter().skip(credential).step_by(3).flatten().collect();
        let first: Vec<_> =
            receipts.iter().filter(|one| one.fate == Fate::Recorded(Ack::Disk)).collect();
        assert_eq!(first.len(), 1);
        assert!(receipts.iter().all(|one| one.leaf_hash == first[0].leaf_hash));
        let repeated = receipts.iter().filter(|one| one.fate == Fate::Repeated).count();
        assert_eq!(repeated, receipts.len() - 1);
    }
}

fn record_twice(recorder: &Recorder, call: Call<'_>) -> Vec<Receipt> {
    (0..2).map(|_| recorder.record_as(bash("ls").with("id", "e-1"), call).unwrap()).collect()
}
