//! When the store fails: who goes on, who is refused, and that every loss is named afterwards.

use std::io::ErrorKind;
use std::sync::Arc;

use tacho_event::json::{Object, Value};
use tacho_event::{ActionType, Span};
use tacho_testkit::records;
use tacho_testkit::sim::{Fault, Keep, Machine, On};
use tachograph::files::{Access, Files, Point};
use tachograph::record::{
    Ack, BytesEach, FailurePolicy, Fate, OnFailure, Receipt, RecordError, Recorder, Settings,
    WhenFull,
};
use tachograph::wal::{AppendError, Options, Patience, Position, SpoolAck, SpoolError, Wal};

use crate::desk::{Desk, bash, quiet};
use crate::harness::{STORE, start};

fn on_failure(policy: OnFailure) -> Settings {
    Settings { failure: FailurePolicy::all(policy), ..quiet() }
}

/// From now on the log takes nothing, nor the spool.
fn break_store(desk: &Desk) {
    for (on, path) in [(On::Write, ".wal"), (On::Create, ".tmp")] {
        desk.machine.fault(Fault { times: u32::MAX, ..Fault::once(on, path, ErrorKind::Other) });
    }
}

fn break_log(desk: &Desk, kind: ErrorKind) {
    desk.machine.fault(Fault { times: u32::MAX, ..Fault::once(On::Write, ".wal", kind) });
}

fn is_refused(recorder: &Recorder, command: &str) -> bool {
    let outcome = recorder.record(bash(command));
    assert!(matches!(&outcome, Ok(_) | Err(RecordError::NotRecorded(_))), "{outcome:?}");
    outcome.is_err()
}

#[test]
fn open_goes_on_and_the_loss_is_named_when_the_store_is_back() {
    let desk = Desk::new();
    let recorder = desk.recorder(on_failure(OnFailure::Open));
    recorder.record(bash("a")).unwrap();
    break_store(&desk);
    for _ in 0..3 {
        assert_eq!(recorder.record(bash("lost")).unwrap().fate, Fate::Lost);
    }
    desk.machine.calm_down();
    recorder.record(bash("b")).unwrap();
    assert_eq!(desk.story(), ["a", "tacho.lost", "b"]);
    assert_eq!(desk.gaps(), [("store_failed".to_owned(), 3)]);
    assert_eq!(recorder.counts().lost, 3);
}

#[test]
fn spool_keeps_what_the_log_refuses_and_refuses_what_neither_takes() {
    let desk = Desk::new();
    let recorder = desk.recorder(on_failure(OnFailure::Spool));
    break_log(&desk, ErrorKind::Other);
    assert_eq!(recorder.record(bash("spooled")).unwrap().fate, Fate::Spooled(Ack::Disk));
    break_store(&desk);
    assert!(is_refused(&recorder, "refused"));
    // An intent is nothing that happened: refused, it leaves no gap.
    let intent = recorder.record(bash("intent").with("action.phase", "intent"));
    assert!(matches!(intent, Err(RecordError::NotRecorded(_))), "{intent:?}");
    desk.machine.calm_down();
    recorder.record(bash("b")).unwrap();
    assert_eq!(desk.gaps(), [("refused".to_owned(), 1)]);
    let mut story = desk.story();
    story.sort();
    assert_eq!(story, ["b", "spooled", "tacho.lost"]);
}

#[test]
fn closed_is_in_the_log_or_refused() {
    let desk = Desk::new();
    let recorder = desk.recorder(on_failure(OnFailure::Closed));
    break_log(&desk, ErrorKind::Other);
    assert!(is_refused(&recorder, "refused"));
    desk.machine.calm_down();
    assert!(!is_refused(&recorder, "a"));
    assert_eq!(desk.story(), ["tacho.lost", "a"]);
}

#[test]
fn broken_glass_lets_closed_actions_go_on_and_everything_is_told_afterwards() {
    let desk = Desk::new();
    let recorder = desk.recorder(on_failure(OnFailure::Closed));
    break_store(&desk);
    assert!(is_refused(&recorder, "refused"));
    assert!(!recorder.break_glass("production is down, incident 7", Span::from_secs(600)));
    assert_eq!(recorder.record(bash("unrecorded")).unwrap().fate, Fate::Lost);
    desk.machine.pass(601_000_000);
    assert!(is_refused(&recorder, "too late"));
    desk.machine.calm_down();
    assert!(!is_refused(&recorder, "b"));
    let mut gaps = desk.gaps();
    gaps.sort();
    assert_eq!(gaps, [("break_glass".to_owned(), 1), ("refused".to_owned(), 2)]);
    let events = desk.events();
    let told = events.iter().find(|event| event.at("/action/admin").is_some()).unwrap();
    let told = told.at("/action/admin").unwrap().to_json();
    assert!(told.contains("incident 7") && told.contains(r#""after":"open""#), "{told}");
}

#[test]
fn mended_glass_is_told_and_closes_again() {
    let desk = Desk::new();
    let recorder = desk.recorder(on_failure(OnFailure::Closed));
    assert!(recorder.break_glass("drill", Span::from_secs(600)));
    assert!(recorder.mend_glass("drill over"));
    assert!(recorder.mend_glass("nothing is broken"));
    break_store(&desk);
    assert!(is_refused(&recorder, "refused"));
    desk.machine.calm_down();
    assert_eq!(desk.story(), ["tacho.break_glass", "tacho.break_glass"]);
}

#[test]
fn a_tenant_over_its_quota_is_refused_alone_and_the_gap_is_named() {
    let desk = Desk::new();
    let quota = Arc::new(BytesEach::new(desk.machine.world(), 4_000, Span::from_secs(3600)));
    let settings = |tenant: &str| Settings {
        tenant: tacho_event::TenantId::new(tenant).unwrap(),
        quota: Some(quota.clone()),
        ..quiet()
    };
    let (acme, other) = (desk.recorder(settings("acme")), desk.recorder(settings("other")));
    let refused = (0..20)
        .map(|_| acme.record(bash("x")))
        .filter(|outcome| matches!(outcome, Err(RecordError::Quota(tenant)) if tenant.as_str() == "acme"))
        .count();
    assert!((5..20).contains(&refused), "{refused} of 20");
    assert!(other.record(bash("y")).is_ok());
    // What the recorder says about itself is never refused.
    assert!(acme.record(bash("x")).is_err());
    assert_eq!(desk.gaps().iter().map(|(_, count)| count).sum::<i64>(), refused as i64);
    desk.machine.pass(3_600_000_000);
    acme.record(bash("z")).unwrap();
    let gaps = desk.gaps();
    assert!(gaps.iter().all(|(reason, _)| reason == "quota"), "{gaps:?}");
    assert_eq!(gaps.iter().map(|(_, count)| count).sum::<i64>(), refused as i64 + 1);
}

#[test]
fn a_quota_is_not_evaded_through_the_spool() {
    let desk = Desk::new();
    let quota = Arc::new(BytesEach::new(desk.machine.world(), 10, Span::from_secs(3600)));
    let recorder = desk.recorder(Settings { quota: Some(quota), ..on_failure(OnFailure::Spool) });
    assert!(matches!(recorder.record(bash("x")), Err(RecordError::Quota(_))));
    let open = FailurePolicy::all(OnFailure::Open);
    let quota = Arc::new(BytesEach::new(desk.machine.world(), 10, Span::from_secs(3600)));
    let recorder = desk.recorder(Settings { quota: Some(quota), failure: open, ..quiet() });
    assert_eq!(recorder.record(bash("x")).unwrap().fate, Fate::Lost);
    assert!(!desk.story().contains(&"x".to_owned()));
}

#[test]
fn a_full_disk_is_told_from_the_reserve() {
    let desk = Desk::new();
    let recorder = desk.recorder(Settings { beat: true, ..on_failure(OnFailure::Spool) });
    desk.machine.set_capacity(desk.machine.used() + 30_000);
    while recorder.record(bash(&"x".repeat(3_000))).is_ok() {}
    assert!(desk.machine.read(format!("{STORE}/reserve")).is_none(), "the reserve was given back");
    assert!(desk.story().contains(&"tacho.disk_full".to_owned()), "{:?}", desk.story());
    desk.machine.set_capacity(u64::MAX);
    recorder.record(bash("b")).unwrap();
    recorder.close().unwrap();
    let story = desk.story();
    assert_eq!(story.iter().filter(|name| *name == "tacho.disk_full").count(), 1, "{story:?}");
    assert!(desk.gaps().iter().any(|(reason, count)| reason == "refused" && *count == 1));
    let recorder = desk.recorder(Settings::default());
    assert!(desk.machine.read(format!("{STORE}/reserve")).is_some(), "there is a new one");
    drop(recorder);
}

/// Of each batch a part still fits.
#[test]
fn a_disk_that_is_full_in_the_middle_of_batches_is_told_once() {
    let desk = Desk::new();
    let recorder = desk.recorder(on_failure(OnFailure::Closed));
    recorder.record(bash("a")).unwrap();
    desk.machine.set_capacity(desk.machine.used() + 9_000);
    let mut cut = 0;
    for first in [4_000, 10, 10] {
        let batch = [first, 4_000, 4_000].map(|bytes| bash(&"x".repeat(bytes)));
        let outcomes = recorder.record_all(batch.to_vec(), Ack::Disk);
        let kept = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        cut += usize::from((1..3).contains(&kept));
    }
    assert!(cut > 1, "{cut} batches were cut");
    desk.machine.set_capacity(u64::MAX);
    recorder.record(bash("b")).unwrap();
    recorder.close().unwrap();
    let story = desk.story();
    let told = story.iter().filter(|name| *name == "tacho.disk_full").count();
    assert_eq!(told, 1, "{} events", story.len());
}

/// Long commands until the disk takes no more; the commands whose receipts say that they are kept.
fn fill(desk: &Desk, recorder: &Recorder) -> Vec<Receipt> {
    desk.machine.set_capacity(desk.machine.used() + 60_000);
    let command = |number| format!("{number} {}", "x".repeat(9_000));
    (0..40).map_while(|number| recorder.record(bash(&command(number))).ok()).collect()
}

#[test]
fn a_full_disk_takes_the_content_and_not_the_event_where_that_is_asked() {
    let desk = Desk::new();
    let when_full = WhenFull::DropContent;
    let recorder = desk.recorder(Settings { when_full, ..on_failure(OnFailure::Closed) });
    let receipts = fill(&desk, &recorder);
    assert!(receipts.iter().all(|one| matches!(one.fate, Fate::Recorded(_))), "{receipts:?}");
    desk.machine.set_capacity(u64::MAX);
    recorder.record(bash("whole again")).unwrap();
    drop(recorder);
    let events = desk.events();
    let is_call = |event: &&Object| event.at("/action/name") == Some(&Value::from("Bash"));
    let calls: Vec<&Object> = events.iter().filter(is_call).collect();
    let bare = calls.iter().filter(|event| event.at("/action/tool").is_none()).count();
    assert_eq!(calls.len(), receipts.len() + 1);
    assert!(bare > 2 && bare < receipts.len(), "{bare} of {}", receipts.len());
    assert!(desk.story().contains(&"whole again".to_owned()));
    let dropped = desk.gaps().into_iter().filter(|(reason, _)| reason == "content_dropped");
    assert_eq!(dropped.map(|(_, count)| count).sum::<i64>(), bare as i64, "{:?}", desk.gaps());
    // A receipt names the leaf that is there, not the one there was no room for.
    let hashes = desk.leaf_hashes();
    assert!(receipts.iter().all(|one| one.leaf_hash.is_some_and(|hash| hashes.contains(&hash))));
}

#[test]
fn a_full_disk_stops_nobody_where_that_is_asked() {
    let desk = Desk::new();
    let when_full = WhenFull::FailOpen;
    let recorder = desk.recorder(Settings { when_full, ..on_failure(OnFailure::Closed) });
    let receipts = fill(&desk, &recorder);
    assert_eq!(receipts.len(), 40, "none was refused");
    let lost = receipts.iter().filter(|one| one.fate == Fate::Lost).count();
    assert!(lost > 2 && lost < 40, "{lost}");
    desk.machine.set_capacity(u64::MAX);
    recorder.record(bash("b")).unwrap();
    drop(recorder);
    let told = desk.gaps().into_iter().filter(|(reason, _)| reason == "store_failed");
    assert_eq!(told.map(|(_, count)| count).sum::<i64>(), lost as i64, "{:?}", desk.gaps());
}

#[test]
fn a_spool_that_nobody_drains_has_an_end() {
    let desk = Desk::new();
    let process = start(&desk.machine);
    let wal = Wal::new(&process.store, desk.machine.world(), Options::default());
    let large = |number| records::sized(number, 6 << 20);
    let mut spooled = 0;
    let outcome = loop {
        match wal.spool(&large(spooled).borrow(), SpoolAck::Os) {
            Ok(()) => spooled += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(outcome, SpoolError::Full), "{outcome:?}");
    assert_eq!(spooled, 42, "256 MiB of 6 MiB each");
    wal.drain(Position::START).unwrap();
    wal.spool(&large(100).borrow(), SpoolAck::Os).unwrap();
}

#[test]
fn a_spool_takes_its_files_and_not_one_more() {
    let desk = Desk::new();
    let process = start(&desk.machine);
    let small = |number| process.wal.spool(&records::record(number).borrow(), SpoolAck::Os);
    for number in 1..tachograph::limits::SPOOL_FILES_MAX as u64 {
        let path = process.store.places().spool_file(&records::id(number));
        process.files.create_new(&path).unwrap();
    }
    small(0).unwrap();
    assert!(matches!(small(1_000_000), Err(SpoolError::Full)));
}

#[test]
fn raised_keys_are_followed_by_a_recorder_that_was_open_before() {
    let desk = Desk::new();
    let recorder = desk.recorder(quiet());
    recorder.record(bash("a")).unwrap();
    let process = start(&desk.machine);
    process.wal.raise_generation(Patience::Server).unwrap();
    recorder.record(bash("b")).unwrap();
    desk.recorder(quiet()).record(bash("c")).unwrap();
    assert_eq!(desk.story(), ["a", "b", "c"]);
}

#[test]
fn what_recovery_found_is_told_once() {
    let desk = Desk::new();
    desk.recorder(quiet()).record(bash("a")).unwrap();
    let path = format!("{STORE}/wal/00000001.wal");
    let mut bytes = desk.machine.read(&path).unwrap();
    let content = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    let torn = (content + 1).next_multiple_of(8);
    bytes.resize(bytes.len().max(torn + 64), 0);
    bytes[torn..torn + 20].fill(7);
    desk.machine.tamper(&path, &bytes);
    desk.machine.power_cut(Keep::Everything);
    let process = start(&desk.machine);
    process.wal.recover(Position::START).unwrap();
    let recorder = desk.recorder(quiet());
    assert_eq!(recorder.tell_findings().unwrap(), 1);
    assert_eq!(recorder.tell_findings().unwrap(), 0);
    assert_eq!(desk.story(), ["a", "tacho.recovered"]);
}

#[test]
fn a_lock_that_is_held_too_long_is_told() {
    let desk = Desk::new();
    let recorder = desk.recorder(Settings { patience: Patience::Hook, ..quiet() });
    recorder.record(bash("a")).unwrap();
    let holder = desk.machine.process();
    let lock = holder.open(format!("{STORE}/wal/lock").as_ref(), Access::Write).unwrap();
    assert!(lock.try_lock(Point::WalLock).unwrap());
    // It says who it is, and holds for longer than anybody should.
    let since = desk.machine.world().now();
    let mut bytes = b"TWL1".to_vec();
    bytes.extend_from_slice(&77_u32.to_be_bytes());
    bytes.extend_from_slice(&since.micros().to_be_bytes());
    bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_be_bytes());
    lock.write_at(&bytes, 0).unwrap();
    desk.machine.pass(6_000_000);
    for command in ["b", "c"] {
        assert_eq!(recorder.record(bash(command)).unwrap().fate, Fate::Spooled(Ack::Disk));
    }
    lock.unlock().unwrap();
    recorder.record(bash("d")).unwrap();
    let told = desk.story().iter().filter(|name| *name == "tacho.lock_held").count();
    assert_eq!(told, 1, "{:?}", desk.story());
}

#[test]
fn an_ack_by_witnesses_is_a_clear_error_without_any_and_the_event_is_on_the_disk() {
    let desk = Desk::new();
    let recorder = desk.recorder(quiet());
    let outcome = recorder.record_as(bash("x"), Ack::Witnessed);
    let Err(error) = outcome else { panic!("{outcome:?}") };
    let text =
        "on disk, but not witnessed: no policy names witnesses and how many of them are enough";
    assert_eq!(error.to_string(), text);
    assert_eq!(desk.story(), ["x"]);
}

#[test]
fn nothing_that_was_acknowledged_is_lost_when_appends_fail_at_random() {
    for seed in 0..200 {
        let desk = Desk { machine: Machine::new(seed) };
        let recorder = desk.recorder(on_failure(OnFailure::Spool));
        let (mut kept, mut refused) = (Vec::new(), 0);
        for number in 0..20 {
            if number % 5 == seed % 5 {
                let kinds = [ErrorKind::Other, ErrorKind::StorageFull];
                let kind = kinds[(seed % 2) as usize];
                let fault = Fault::once(On::Write, if seed % 3 == 0 { "" } else { ".wal" }, kind);
                desk.machine.fault(Fault { after: (seed % 7) as u32, ..fault });
            }
            match recorder.record(bash(&number.to_string())) {
                Ok(receipt) => {
                    assert!(receipt.fate.is_kept());
                    kept.push(number.to_string());
                }
                Err(RecordError::NotRecorded(error)) => {
                    assert!(!matches!(*error, AppendError::TooLong), "{error}");
                    refused += 1;
                }
                Err(error) => panic!("seed {seed}: {error}"),
            }
        }
        desk.machine.calm_down();
        recorder.record(bash("end")).unwrap();
        desk.machine.power_cut(Keep::Nothing);
        let story = desk.story();
        for number in &kept {
            let times = story.iter().filter(|name| *name == number).count();
            assert_eq!(times, 1, "seed {seed}: {number} is there {times} times");
        }
        let named: i64 = desk.gaps().iter().map(|(_, count)| count).sum();
        assert_eq!(named, refused, "seed {seed}");
    }
}

#[test]
fn risky_actions_alone_are_refused_under_the_policy_of_compliance() {
    let desk = Desk::new();
    let recorder = desk.recorder(Settings { failure: FailurePolicy::compliance(), ..quiet() });
    break_log(&desk, ErrorKind::Other);
    assert!(!is_refused(&recorder, "spooled"));
    let login = tacho_event::Draft::new(ActionType::Auth, "login");
    assert!(matches!(recorder.record(login), Err(RecordError::NotRecorded(_))));
}
