//! From bytes to the log, once: dialects, batches, what cannot be read, what comes twice.

use std::collections::{BTreeSet, HashSet};

use tacho_event::dialect::{Dialect, Unread};
use tacho_event::json::{Object, Value};
use tacho_event::privacy::{CaptureRule, Level, Policy};
use tacho_testkit::sim::Keep;
use tachograph::record::{Ack, Call, Fate, Numbering, Once, Queue, RecordError, Settings};
use tachograph::vault::{self, Item as Kept};
use tachograph::wal::{Item, Patience, Position};

use crate::desk::{Desk, bash, quiet};
use crate::harness::{STORE, start};

const ROW: &str = r#"{"timestamp":"2026-02-20T07:21:42.457Z","actor":"mcp","action":"mcp_call",
    "success":true,"details":{"service":"social_mcp"},"error":null,"session_id":"s1"}"#;

fn once() -> Settings {
    Settings { once: Once::Asked, ..quiet() }
}

fn texts<'e>(events: &'e [Object], pointer: &str) -> Vec<&'e str> {
    events.iter().filter_map(|event| event.at(pointer)?.as_str()).collect()
}

#[test]
fn a_document_of_a_dialect_is_recorded_record_by_record() {
    let desk = Desk::new();
    let recorder = desk.recorder(quiet());
    let journal = Dialect::named("journal");
    assert!(journal.is_some());
    for dialect in [journal, None] {
        let outcomes = recorder.record_from(dialect, ROW.as_bytes()).unwrap();
        assert_eq!(outcomes.len(), 1);
        assert_eq!(outcomes[0].as_ref().unwrap().fate, Fate::Recorded(Ack::Disk));
    }
    let list = format!("[{ROW},{ROW},{ROW}]");
    let outcomes = recorder.record_from_as(journal, list.as_bytes(), Ack::Os).unwrap();
    assert!(outcomes.iter().all(|one| one.as_ref().unwrap().fate == Fate::Recorded(Ack::Os)));
    assert_eq!(texts(&desk.events(), "/action/mcp/server"), ["social_mcp"; 5]);
}

#[test]
fn json_that_cannot_be_represented_is_recorded_raw_and_named_as_a_gap() {
    let desk = Desk::new();
    let recorder = desk.recorder_with(Policy::default().with_level(Level::Full), quiet());
    for dialect in [None, Dialect::named("journal")] {
        let raw = br#"{"actor":"a","actor":"b"}"#;
        let outcomes = recorder.record_from(dialect, raw).unwrap();
        assert!(outcomes.len() == 1 && outcomes[0].is_ok());
    }
    let events = desk.events();
    let raw = r#"{"actor":"a","actor":"b"}"#;
    assert_eq!(texts(&events, "/metadata/malformed/text"), [raw, raw]);
    assert_eq!(texts(&events, "/action/type"), ["gap", "gap"]);
}

#[test]
fn what_is_no_json_is_refused_or_kept_as_the_settings_say() {
    let desk = Desk::new();
    let refusing = desk.recorder(quiet());
    let outcome = refusing.record_from(None, b"not json");
    assert!(matches!(outcome, Err(RecordError::Unread(Unread::NotJson(_)))), "{outcome:?}");
    assert_eq!(desk.events(), []);
    let keeping = desk.recorder(Settings { keep_unreadable: true, ..quiet() });
    assert!(keeping.record_from(None, b"not json").unwrap()[0].is_ok());
    assert_eq!(desk.story(), ["malformed_event"]);
}

#[test]
fn a_document_with_a_bad_record_is_refused_whole_with_its_place() {
    let desk = Desk::new();
    let recorder = desk.recorder(quiet());
    let list = format!(r#"[{ROW},{{"actor":7,"action":"x"}},3]"#);
    let outcome = recorder.record_from(Dialect::named("journal"), list.as_bytes());
    let Err(RecordError::Unread(Unread::Problems(problems))) = outcome else {
        panic!("{outcome:?}")
    };
    let places: Vec<&str> = problems.iter().map(|problem| problem.pointer.as_str()).collect();
    assert!(places.iter().any(|place| place.starts_with("/1")), "{places:?}");
    assert!(places.iter().any(|place| place.starts_with("/2")), "{places:?}");
    let empty = recorder.record_from(Dialect::named("journal"), b"[]");
    assert!(matches!(empty, Err(RecordError::Unread(Unread::Problems(_)))), "{empty:?}");
    assert_eq!(desk.events(), []);
}

#[test]
fn the_same_event_twice_is_one_event_with_one_receipt() {
    let desk = Desk::new();
    let first = desk.recorder(once()).record(bash("ls").with("id", "e-1")).unwrap();
    desk.machine.power_cut(Keep::Nothing);
    // After a restart, from another process, in a batch, spelled otherwise.
    let recorder = desk.recorder(once());
    let again = bash("ls").with("id", "e-1");
    for outcome in recorder.record_all(vec![again.clone(), bash("new"), again], Ack::Disk) {
        let receipt = outcome.unwrap();
        if receipt.fate == Fate::Repeated {
            assert_eq!((&receipt.id, receipt.leaf_hash), (&first.id, first.leaf_hash));
            assert_eq!(receipt.conflict_of, None);
        } else {
            assert_eq!(receipt.fate, Fate::Recorded(Ack::Disk));
        }
    }
    assert_eq!(desk.story(), ["ls", "new"]);
}

#[test]
fn an_id_twice_in_one_batch_is_one_event_and_every_part_has_its_grant() {
    let desk = Desk::new();
    let recorder = desk.recorder(once());
    recorder.record(bash("old").with("id", "old")).unwrap();
    // The first of the batch was there before: the grants of its frame must not go with it.
    let commands = ["old", "a", "a", "b", "a", "b"];
    let drafts = commands.iter().map(|command| bash(command).with("id", *command)).collect();
    let fates: Vec<Fate> =
        recorder.record_all(drafts, Ack::Os).into_iter().map(|one| one.unwrap().fate).collect();
    let (new, old) = (Fate::Recorded(Ack::Os), Fate::Repeated);
    assert_eq!(fates, [old, new, old, new, old, old]);
    assert_eq!(desk.story(), ["old", "a", "b"]);
}

#[test]
fn every_frame_of_a_batch_that_had_repetitions_can_be_opened_alone() {
    let desk = Desk::new();
    desk.recorder(once()).record(bash("old").with("id", "old")).unwrap();
    let recorder = desk.recorder(once());
    let drafts = ["old", "a", "b"].iter().map(|text| bash(text).with("id", *text)).collect();
    assert!(recorder.record_all(drafts, Ack::Os).iter().all(Result::is_ok));
    let process = start(&desk.machine);
    let mut walk = process.wal.follow(Position::START);
    let mut grants = HashSet::new();
    let mut parts = 0;
    while let Item::Frame { record, .. } = walk.next_item().unwrap() {
        for item in vault::items(record.parts) {
            match item.unwrap() {
                Kept::Grant(grant) => drop(grants.insert(grant.id)),
                Kept::Part(part) => {
                    assert!(grants.contains(&part.grant_id), "a part without its grant");
                    parts += 1;
                }
                Kept::Tomb(_) | Kept::Block(_) => panic!("nothing was erased or packed"),
            }
        }
    }
    assert!(parts >= 3);
}

#[test]
fn another_event_under_a_used_id_is_recorded_under_a_fresh_one_and_says_so() {
    let desk = Desk::new();
    let recorder = desk.recorder(once());
    let first = recorder.record(bash("ls").with("id", "e-1")).unwrap();
    let other = recorder.record(bash("rm").with("id", "e-1")).unwrap();
    assert_eq!(other.fate, Fate::Recorded(Ack::Disk));
    assert_eq!(other.conflict_of, Some(first.id.clone()));
    assert_ne!(other.id, first.id);
    let events = desk.events();
    assert_eq!(events[1].at("/metadata/conflict_of"), Some(&Value::from("e-1")));
    assert_eq!(events[1].str("id"), Some(other.id.as_str()));
    assert_eq!(desk.story(), ["ls", "rm"]);
}

#[test]
fn ids_of_two_clients_do_not_meet() {
    let desk = Desk::new();
    let recorder = desk.recorder(once());
    for credential in ["key-1", "key-2"] {
        let call = Call { ack: Ack::Os, credential };
        for fate in [Fate::Recorded(Ack::Os), Fate::Repeated] {
            let receipt = recorder.record_as(bash("ls").with("id", "e-1"), call).unwrap();
            assert_eq!(receipt.fate, fate);
        }
    }
    let queue = Queue::start(recorder, Default::default()).unwrap();
    let again = queue.record_by(bash("ls").with("id", "e-1"), &"key-2".into());
    assert_eq!(again.wait().unwrap().fate, Fate::Repeated);
    let third = queue.record_by(bash("ls").with("id", "e-1"), &"key-3".into());
    assert_eq!(third.wait().unwrap().fate, Fate::Recorded(Ack::Disk));
}

#[test]
fn a_window_that_another_process_turns_is_followed() {
    let desk = Desk::new();
    let (ours, theirs) = (desk.recorder(once()), desk.recorder(once()));
    let draft = || bash("ls").with("id", "e-1");
    ours.record(draft()).unwrap();
    desk.machine.pass(86_400_000_001);
    // Closing writes what is known, and begins a new window when the old one is a day old.
    theirs.close().unwrap();
    assert_eq!(ours.record(draft()).unwrap().fate, Fate::Repeated);
    let fresh = ours.record(bash("x").with("id", "e-2")).unwrap();
    assert_eq!(fresh.fate, Fate::Recorded(Ack::Disk));
}

#[test]
fn a_damaged_window_stops_nobody_from_recording_and_is_told() {
    let desk = Desk::new();
    desk.recorder(once()).record(bash("a").with("id", "e-1")).unwrap();
    let key = format!("{STORE}/idempotency/00000001.key");
    let mut bytes = desk.machine.read(&key).unwrap();
    bytes[9] ^= 1;
    desk.machine.tamper(&key, &bytes);
    let recorder = desk.recorder(once());
    let fate = recorder.record(bash("b").with("id", "e-2")).unwrap().fate;
    assert_eq!(fate, Fate::Recorded(Ack::Disk));
    assert_eq!(desk.story(), ["a", "tacho.window", "b"]);
}

#[test]
fn segments_go_although_nobody_who_asks_the_window_lives() {
    let desk = Desk::new();
    let recorder = desk.recorder(once());
    for number in 0..200 {
        recorder.record(bash("x").with("id", format!("e-{number}"))).unwrap();
    }
    let process = start(&desk.machine);
    let tail = process.wal.rotate(Patience::Server).unwrap();
    process.wal.commit(tail).unwrap();
    tachograph::integrated::write(process.files.as_ref(), process.store.places(), tail).unwrap();
    assert!(process.wal.retire().unwrap() > 2);
    desk.machine.power_cut(Keep::Nothing);
    let again = desk.recorder(once()).record(bash("x").with("id", "e-7")).unwrap();
    assert_eq!(again.fate, Fate::Repeated);
}

#[test]
fn recorders_of_one_session_number_its_events_one_after_the_other() {
    let desk = Desk::new();
    let settings = || Settings { numbering: Numbering::Shared("s1".to_owned()), ..quiet() };
    for number in 0..5 {
        desk.recorder(settings()).record(bash(&number.to_string())).unwrap();
    }
    let numbers = |events: &[Object]| -> Vec<i64> {
        let number = |event: &Object| event.at("/origin/seq")?.as_i64();
        events.iter().filter_map(number).collect()
    };
    let events = desk.events();
    assert_eq!(numbers(&events), [0, 1, 2, 3, 4]);
    assert_eq!(texts(&events, "/origin/emitter"), ["s1"; 5]);
    // What was taken is not known after a power cut: the jump is named.
    desk.machine.power_cut(Keep::Nothing);
    let recorder = desk.recorder(settings());
    recorder.record(bash("5")).unwrap();
    recorder.record(bash("6")).unwrap();
    let events = desk.events();
    let told = events
        .iter()
        .find(|event| texts(std::slice::from_ref(event), "/action/name") == ["tacho.numbers"]);
    assert!(told.is_some(), "{:?}", desk.story());
    let numbers = numbers(&events);
    let distinct: BTreeSet<i64> = numbers.iter().copied().collect();
    assert_eq!(distinct.len(), numbers.len(), "{numbers:?}");
}

#[test]
fn what_a_rule_drops_or_a_check_refuses_takes_no_number() {
    let desk = Desk::new();
    let rule =
        CaptureRule { name: Some("Read".into()), level: Level::None, ..CaptureRule::default() };
    for numbering in [Numbering::Own, Numbering::Shared("s1".to_owned())] {
        let settings = Settings { numbering, ..quiet() };
        let policy = Policy::default().with_rules(vec![rule.clone()]);
        let recorder = desk.recorder_with(policy, settings);
        for number in 0..3 {
            recorder.record(bash(&number.to_string())).unwrap();
            let read = bash("x").with("action.name", "Read");
            assert_eq!(recorder.record(read).unwrap().fate, Fate::Dropped(Some(0)));
            assert!(recorder.record(bash("y").with("nonsense", 1)).is_err());
        }
    }
    let numbers: Vec<i64> =
        desk.events().iter().filter_map(|event| event.at("/origin/seq")?.as_i64()).collect();
    assert_eq!(numbers, [0, 1, 2, 0, 1, 2]);
}

#[test]
fn an_event_that_brings_its_own_number_keeps_it() {
    let desk = Desk::new();
    let recorder = desk.recorder(quiet());
    recorder.record(bash("a").with("origin.emitter", "theirs").with("origin.seq", 41)).unwrap();
    recorder.record(bash("b")).unwrap();
    let events = desk.events();
    assert_eq!(events[0].at("/origin/seq"), Some(&Value::from(41)));
    assert_eq!(events[0].at("/origin/emitter"), Some(&Value::from("theirs")));
    assert_eq!(events[1].at("/origin/seq"), Some(&Value::from(0)));
}
