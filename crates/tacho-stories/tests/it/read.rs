//! Whatever is asked of a log, the leaves answer; the index only makes it quick.

use std::sync::atomic::Ordering;

use tacho_event::json::Object;
use tacho_event::{ActionType, Draft, Status, Timestamp, World};
use tachograph::Log;
use tachograph::log::{Cursor, Order, Query, Users};
use tachograph::wal::{Item, Position};

use crate::yard::{Yard, call};

fn ids(log: &Log, query: Query<'_>) -> Vec<String> {
    let entries = log.query(query).unwrap();
    entries.map(|entry| entry.unwrap().leaf.str("id").unwrap().to_owned()).collect()
}

fn numbered(numbers: impl Iterator<Item = u64>) -> Vec<String> {
    numbers.map(|number| format!("e-{number}")).collect()
}

/// 2,500 integrated events in two goes, so that there are runs and a tail, and 20 in the WAL.
fn yard() -> Yard {
    let yard = Yard::new();
    yard.record("default", 0, 1500);
    yard.integrate();
    yard.record("default", 1500, 1000);
    yard.integrate();
    yard.record("default", 2500, 20);
    yard
}

fn assert_answers(log: &Log) {
    assert_eq!(log.size(), 2520);
    for number in [0, 1, 255, 256, 1023, 1024, 1499, 1500, 2047, 2499, 2500, 2519] {
        let found = log.find(&format!("e-{number}")).unwrap();
        assert_eq!(found.iter().map(|entry| entry.index).collect::<Vec<_>>(), [number]);
    }
    assert!(log.find("e-2520").unwrap().is_empty());
    for session in [0, 100, 149, 150, 249, 250, 251] {
        let all = log.session(&format!("s-{session}")).unwrap();
        assert_eq!(all, (session * 10..session * 10 + 10).collect::<Vec<_>>());
    }
    assert!(log.session("s-252").unwrap().is_empty());
    assert!(log.session("e-1").unwrap().is_empty());
}

#[test]
fn ids_and_sessions_are_found_in_runs_in_the_tail_and_in_the_wal() {
    let yard = yard();
    assert!(yard.places("default").keys().read_dir().unwrap().count() > 0);
    assert_answers(&yard.log("default"));
}

/// A power cut left half of a frame; who reads goes on behind it, as whoever integrates will.
#[test]
fn what_stands_behind_a_torn_frame_is_read_before_it_is_integrated() {
    for torn in [2, 3] {
        let yard = Yard::new();
        yard.record("default", 0, 6);
        let mut walk = yard.wal().follow(Position::START);
        let mut places = Vec::new();
        while let Item::Frame { at, next, .. } = walk.next_item().unwrap() {
            places.push(at.offset as usize..next.offset as usize);
        }
        let segment = yard.store().places().segment(1);
        let mut bytes = std::fs::read(&segment).unwrap();
        let middle = places[torn].start + places[torn].len() / 2;
        bytes[middle..places[3].end].fill(0);
        std::fs::write(&segment, bytes).unwrap();
        yard.record("default", 6, 2);
        let there = (0..torn as u64).chain(4..8);
        let query = Query { order: Order::Oldest, ..Query::default() };
        assert_eq!(ids(&yard.log("default"), query), numbered(there.clone()));
        yard.integrate();
        let query = Query { order: Order::Oldest, ..Query::default() };
        assert_eq!(ids(&yard.log("default"), query), numbered(there));
    }
}

#[test]
fn every_derived_file_may_be_deleted_and_comes_back() {
    let yard = yard();
    let index = yard.places("default").index();
    std::fs::remove_dir_all(&index).unwrap();
    assert_answers(&yard.log("default"));
    yard.record("default", 2520, 0);
    yard.integrate();
    assert!(yard.places("default").keys().read_dir().unwrap().count() > 0);
    let log = yard.log("default");
    assert_answers(&log);
    let entry = log.get(2510).unwrap().unwrap();
    assert_eq!(log.reveal(&entry).unwrap().opened.disclosures.len(), 2);
}

fn files_below(dir: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for path in dir.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn each_derived_file_alone_may_be_deleted_and_comes_back() {
    let yard = yard();
    yard.integrate();
    let index = yard.places("default").index();
    let mut files = Vec::new();
    files_below(&index, &mut files);
    assert!(files.len() > 5, "{files:?}");
    for file in &files {
        std::fs::remove_file(file).unwrap();
        assert_answers(&yard.log("default"));
        let entry = yard.log("default").get(2410).unwrap().unwrap();
        assert_eq!(yard.log("default").reveal(&entry).unwrap().opened.disclosures.len(), 2);
    }
    // With the next event there is an index again, over every leaf.
    yard.record("default", 2520, 1100);
    yard.integrate();
    let mut again = Vec::new();
    files_below(&index, &mut again);
    assert!(again.len() >= files.len() - 2, "{files:?}, then {again:?}");
    let log = yard.log("default");
    assert_eq!(log.find("e-3").unwrap()[0].index, 3);
    assert_eq!(log.find("e-3619").unwrap()[0].index, 3619);
}

#[test]
fn every_flipped_byte_of_the_index_changes_no_answer() {
    let yard = yard();
    let places = yard.places("default");
    let dirs = [places.keys(), places.offsets_dir(), places.part_marks_dir(), places.index()];
    for dir in dirs {
        for file in dir.read_dir().unwrap().map(|file| file.unwrap().path()) {
            if file.is_dir() {
                continue;
            }
            let whole = std::fs::read(&file).unwrap();
            for at in [0, 1, 3, 9, 40, 4095, whole.len() / 2, whole.len() - 3] {
                let mut bytes = whole.clone();
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 0x41;
                }
                std::fs::write(&file, bytes).unwrap();
                let log = yard.log("default");
                assert_answers(&log);
                let entry = log.get(1400).unwrap().unwrap();
                assert_eq!(log.reveal(&entry).unwrap().opened.disclosures.len(), 2);
            }
            for length in [0, whole.len() / 2] {
                std::fs::write(&file, &whole[..length]).unwrap();
                assert_answers(&yard.log("default"));
            }
            std::fs::write(&file, whole).unwrap();
        }
    }
}

/// Runs and zones bear checksums, which their own tests flip bit by bit. These files bear none: each
/// line counts only where the leaf, part or grant it leads to stands.
#[test]
fn every_flipped_bit_of_an_offset_a_mark_or_a_listed_grant_changes_no_answer() {
    const EVENTS: u64 = 70;
    let yard = Yard::new();
    yard.record("default", 0, EVENTS);
    yard.integrate();
    let places = yard.places("default");
    let sound = yard.log("default");
    let entries: Vec<_> = (0..EVENTS).map(|index| sound.get(index).unwrap().unwrap()).collect();
    let parts: Vec<_> = entries.iter().map(|entry| sound.parts(entry).unwrap()).collect();
    let mut flipped = 0;
    for dir in [places.offsets_dir(), places.part_marks_dir()] {
        for path in dir.read_dir().unwrap().map(|file| file.unwrap().path()) {
            let whole = std::fs::read(&path).unwrap();
            for bit in (0..whole.len() * 8).step_by(tacho_testkit::stride()) {
                let mut bytes = whole.clone();
                bytes[bit / 8] ^= 1 << (bit % 8);
                std::fs::write(&path, bytes).unwrap();
                let log = yard.log("default");
                // The leaf whose end was changed, the one behind it, and those at the ends.
                let near = (bit / 32) as u64;
                for index in [near, near + 1, 0, EVENTS - 1].map(|at| at.min(EVENTS - 1)) {
                    let at = index as usize;
                    assert_eq!(
                        log.get(index).unwrap().as_ref(),
                        Some(&entries[at]),
                        "{path:?} {bit}"
                    );
                    assert_eq!(log.parts(&entries[at]).unwrap(), parts[at], "{path:?} {bit}");
                }
                flipped += 1;
            }
            std::fs::write(&path, whole).unwrap();
        }
    }
    assert!(flipped > 200, "{flipped}");
}

#[test]
fn both_ends_come_first_and_conditions_hold_together() {
    let yard = yard();
    let log = yard.log("default");
    let newest = Query::default();
    assert_eq!(ids(&log, newest), numbered((0..2520).rev()));
    let oldest = Query { order: Order::Oldest, ..newest };
    assert_eq!(ids(&log, oldest), numbered(0..2520));
    let some = Query { first: 250, end: Some(2503), ..oldest };
    assert_eq!(ids(&log, some), numbered(250..2503));
    let failed = |leaf: &Object| leaf.at("/outcome/status").unwrap().as_str() == Some("failure");
    let failures = Query { filter: Some(&failed), ..newest };
    assert_eq!(ids(&log, failures), numbered((0..2520).rev().filter(|number| number % 4 == 3)));
    let both = Query { session: Some("s-250"), filter: Some(&failed), ..oldest };
    assert_eq!(ids(&log, both), ["e-2503", "e-2507"]);
    let both = Query { session: Some("s-250"), first: 2505, ..newest };
    assert_eq!(ids(&log, both), numbered((2505..2510).rev()));
}

#[test]
fn a_span_of_time_holds_its_first_moment_and_not_its_last() {
    let yard = yard();
    let log = yard.log("default");
    let at = |number: u64| {
        let leaf = log.get(number).unwrap().unwrap().leaf;
        Timestamp::parse(leaf.str("timestamp").unwrap()).unwrap()
    };
    for (from, until) in [(0, 5), (250, 260), (1020, 1030), (1495, 1505), (2490, 2510)] {
        let query = Query {
            order: Order::Oldest,
            from: Some(at(from)),
            until: Some(at(until)),
            ..Query::default()
        };
        assert_eq!(ids(&log, query), numbered(from..until));
    }
    let query = Query { from: Some(at(2515)), ..Query::default() };
    assert_eq!(ids(&log, query), numbered((2515..2520).rev()));
}

#[test]
fn events_that_arrive_late_are_found_by_their_time() {
    let yard = Yard::new();
    yard.record("default", 0, 1200);
    yard.world.micros.fetch_sub(3_600_000_000, Ordering::Relaxed);
    yard.record("default", 1200, 1);
    yard.world.micros.fetch_add(3_600_000_000, Ordering::Relaxed);
    yard.record("default", 1201, 1200);
    yard.integrate();
    let log = yard.log("default");
    let until = Timestamp::from_micros(yard.world.now().micros() - 1_800_000_000);
    let query = Query { until: Some(until), ..Query::default() };
    assert_eq!(ids(&log, query), ["e-1200"]);
}

#[test]
fn a_follower_waits_for_growth_and_keeps_its_place() {
    let yard = Yard::new();
    yard.record("default", 0, 3);
    let mut log = yard.log("default");
    assert!(log.wait(2, 0).unwrap());
    assert!(!log.wait(3, 2_000).unwrap());
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| yard.record("default", 3, 1));
        assert!(log.wait(3, 60_000_000).unwrap());
        writer.join().unwrap();
    });
    let store = yard.store();
    let cursor = Cursor::new(&store, "sink", "default").unwrap();
    assert_eq!(cursor.read().unwrap(), 0);
    cursor.write(4).unwrap();
    let again = Cursor::new(&store, "sink", "default").unwrap();
    assert_eq!(again.read().unwrap(), 4);
    assert!(Cursor::new(&store, "../x", "default").is_none());
    assert_eq!(Cursor::new(&store, "sink", "acme").unwrap().read().unwrap(), 0);
}

fn event(call_id: &str, phase: &str, status: Option<&str>, ms: Option<u64>) -> Draft {
    Draft::new(ActionType::Provider, "crm_create")
        .with("agent.session_id", "s")
        .with("action.call_id", call_id)
        .with("action.phase", phase)
        .with("action.provider.name", "hubspot")
        .with("actor.type", "user")
        .with("actor.id", "user_123")
        .with_some("outcome.status", status)
        .with_some("resources.duration_ms", ms)
}

#[test]
fn an_intent_and_its_result_are_one_call() {
    let yard = Yard::new();
    let recorder = yard.recorder("default");
    for draft in [
        event("a", "intent", None, None),
        event("b", "intent", None, None),
        event("a", "result", Some("success"), Some(30)),
        event("c", "result", Some("failure"), Some(10)),
        event("d", "intent", None, None),
        event("b", "result", Some("success"), None),
    ] {
        recorder.record(draft).unwrap();
        yard.world.micros.fetch_add(5_000, Ordering::Relaxed);
    }
    recorder.record(call(7)).unwrap();
    let log = yard.log("default");
    let calls = log.calls("s").unwrap();
    let told: Vec<_> =
        calls.iter().map(|call| (call.call_id.clone().unwrap(), call.status())).collect();
    let expected = [
        ("a", Status::Success),
        ("b", Status::Success),
        ("c", Status::Failure),
        ("d", Status::Pending),
    ];
    assert_eq!(told, expected.map(|(id, status)| (id.to_owned(), Some(status))));
    assert_eq!(calls[0].duration_ms(), Some(30.0));
    assert_eq!(calls[1].duration_ms(), Some(20.0));
    assert_eq!((calls[3].duration_ms(), calls[3].entries), (None, 1));
    let tally = log.tally(Query::default(), Users::Named).unwrap();
    assert_eq!((tally.events, tally.calls, tally.sessions), (7, 5, 2));
    assert_eq!((tally.successes(), tally.failures()), (2, 2));
    assert_eq!(tally.of_status(Status::Pending), 1);
    assert_eq!(tally.success_rate(), Some(0.5));
    assert_eq!(tally.by_name["crm_create"], 4);
    assert_eq!(tally.by_provider["hubspot"], 4);
    assert_eq!(tally.by_type["provider"], 4);
    assert_eq!(tally.average_duration_ms(), Some((30.0 + 10.0 + 12.0) / 3.0));
    assert_eq!(tally.by_user["user_123"].calls, 4);
    assert_eq!(tally.by_user["user_123"].most_common(), Some("crm_create"));
    assert_eq!(tally.by_user["alice@example.com"].calls, 1);
    let hidden = log.session_summary("s").unwrap();
    assert_eq!((hidden.calls, hidden.by_user.len()), (4, 0));
}
