//! The memory's audit: in memory and in a log it answers alike, and what is lost is told.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use tacho_event::json::{Object, Value, read};
use tacho_event::privacy::Policy;
use tacho_event::{Span, World};
use tacho_shapes::Book;
use tacho_shapes::memory::{
    AuditLogger, EventQuery, EventStatus, NewEvent, OperationType, Thresholds, Warning,
};
use tacho_testkit::scratch;
use tachograph::files::OsFiles;
use tachograph::record::{QueueSettings, Settings};
use tachograph::store::{Remote, Store};

use crate::clock::Clock;

fn in_memory(max_events: usize, clock: &Clock) -> AuditLogger {
    AuditLogger::in_memory(max_events, Policy::default(), Arc::new(clock.clone()))
}

fn in_log(dir: &Path, max_events: usize, clock: &Clock) -> AuditLogger {
    let world = Arc::new(clock.clone());
    let store = Store::create(Arc::new(OsFiles), world.as_ref(), dir, Remote::Refused).unwrap();
    let settings = Settings::default();
    let book = Book::of(&store, world, Policy::default(), settings, QueueSettings::default());
    AuditLogger::with_book(&book.unwrap(), max_events)
}

/// A made-up event: operation, status, user, entries, seconds since the last one.
type Made = (usize, usize, usize, Vec<usize>, i64);

const USERS: [&str; 3] = ["alice", "bob", "carol"];
const ENTRIES: [&str; 4] = ["entry_1", "entry_2", "entry_3", "entry_4"];

fn log(logger: &AuditLogger, clock: &Clock, made: &Made) {
    let (operation, status, user, entries, step) = made;
    clock.set(&World::now(clock).plus(Span::from_secs(*step)).to_string());
    let entries: Vec<&str> = entries.iter().map(|n| ENTRIES[*n]).collect();
    let event = NewEvent {
        operation: OperationType::ALL[*operation],
        status: EventStatus::ALL[*status],
        user_id: USERS.get(*user).copied(),
        entry_ids: &entries,
        ..NewEvent::default()
    };
    logger.log_event_now(event).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn the_indexes_find_what_looking_at_every_event_finds(
        events in prop::collection::vec(
            // The clock goes back now and then.
            (0..6usize, 0..3usize, 0..4usize, prop::collection::vec(0..4usize, 0..3), -3i64..5),
            0..60,
        ),
        max in 1usize..40,
        user in prop::option::of(0..3usize),
        operation in prop::option::of(0..6usize),
        status in prop::option::of(0..3usize),
        entries in prop::collection::vec(0..4usize, 0..3),
        from in prop::option::of(0i64..120),
        until in prop::option::of(0i64..120),
    ) {
        let clock = Clock::at("2025-01-15T10:00:00Z");
        let zero = World::now(&clock);
        let logger = in_memory(max, &clock);
        events.iter().for_each(|made| log(&logger, &clock, made));
        let all = logger.query_events(&EventQuery::default()).unwrap();
        prop_assert_eq!(all.len(), events.len().min(max));
        prop_assert_eq!(logger.lost().count as usize, events.len().saturating_sub(max));
        let ids: Vec<&str> = entries.iter().map(|n| ENTRIES[*n]).collect();
        let query = EventQuery {
            user_id: user.map(|n| USERS[n]),
            operation: operation.map(|n| OperationType::ALL[n]),
            status: status.map(|n| EventStatus::ALL[n]),
            start_time: from.map(|seconds| zero.plus(Span::from_secs(seconds))),
            end_time: until.map(|seconds| zero.plus(Span::from_secs(seconds))),
            entry_ids: &ids,
        };
        let found = logger.query_events(&query).unwrap();
        let found: Vec<Object> = found.iter().map(|event| event.record()).collect();
        let fits = |record: &Object| {
            let is = |name, word: Option<&str>| word.is_none_or(|w| record.str(name) == Some(w));
            let time = tacho_event::Timestamp::parse(record.str("timestamp").unwrap()).unwrap();
            let touched = record.get("entry_ids").and_then(Value::as_list).unwrap_or_default();
            let touched = touched.iter().any(|id| ids.contains(&id.as_str().unwrap()));
            is("user_id", query.user_id)
                && is("operation", query.operation.map(OperationType::as_str))
                && is("status", query.status.map(EventStatus::as_str))
                && query.start_time.is_none_or(|start| time >= start)
                && query.end_time.is_none_or(|end| time < end)
                && (ids.is_empty() || touched)
        };
        let expected: Vec<Object> =
            all.iter().map(|event| event.record()).filter(fits).collect();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn in_memory_and_in_a_log_the_answers_are_the_same() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clocks = [(); 2].map(|()| Clock::at("2025-01-15T10:00:00Z"));
    let loggers = [in_memory(100, &clocks[0]), in_log(&dir, 100, &clocks[1])];
    let made: Vec<Made> =
        (0..40).map(|n| (n % 6, n % 3, n % 4, vec![n % 4, (n + 1) % 4], n as i64)).collect();
    for (logger, clock) in loggers.iter().zip(&clocks) {
        made.iter().for_each(|made| log(logger, clock, made));
    }
    let answers = loggers.each_ref().map(|logger| {
        let statistics = logger.get_statistics().unwrap();
        let alice = logger.get_user_statistics("alice").unwrap();
        let report = logger.generate_compliance_report(1, 2025).unwrap();
        let query = EventQuery { entry_ids: &["entry_1"], ..EventQuery::default() };
        let touched = logger.query_events(&query).unwrap();
        let touched: Vec<Object> = touched
            .iter()
            .map(|event| {
                let mut record = event.record();
                record.remove("event_id");
                record
            })
            .collect();
        (statistics, alice, report, touched)
    });
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].0.total_events, 40);
    assert_eq!(answers[0].2.user_activity["anonymous"].total, 10);
}

#[test]
fn december_has_a_report() {
    let clock = Clock::at("2025-12-31T23:59:59Z");
    let logger = in_memory(10, &clock);
    log(&logger, &clock, &(0, 0, 0, vec![], 0));
    log(&logger, &clock, &(0, 0, 0, vec![], 1));
    let december = logger.generate_compliance_report(12, 2025).unwrap();
    assert_eq!((december.period.as_str(), december.total_events), ("2025-12", 1));
    let january = logger.generate_compliance_report(1, 2026).unwrap();
    assert_eq!(january.total_events, 1);
    assert!(logger.generate_compliance_report(13, 2025).is_err());
}

#[test]
fn rotation_writes_every_event_into_a_file_named_by_the_second() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clock = Clock::at("2025-01-15T10:30:45.123456Z");
    let logger = in_memory(10, &clock).auto_export_path(&*dir);
    for _ in 0..35 {
        log(&logger, &clock, &(0, 0, 0, vec![], 0));
    }
    let names = tacho_shapes::paper::list(&dir).unwrap();
    let stem = "audit_2025_01_15_103045";
    let expected = [format!("{stem}.json"), format!("{stem}_2.json"), format!("{stem}_3.json")];
    assert_eq!(names, expected);
    for name in names {
        let export = read(&std::fs::read(dir.join(name)).unwrap()).unwrap();
        assert_eq!(export.at("/total_events"), Some(&Value::from(10)));
        assert!(export.at("/gap").is_none());
    }
    assert_eq!(logger.query_events(&EventQuery::default()).unwrap().len(), 5);
    assert_eq!(logger.lost().count, 0);
}

#[test]
fn events_that_are_lost_are_named_by_a_gap() {
    let dir = scratch(env!("CARGO_TARGET_TMPDIR"));
    let clock = Clock::at("2025-01-15T10:00:00Z");
    // No path to export to; and one where nothing can be written.
    let blocked = dir.join("file");
    std::fs::write(&blocked, "").unwrap();
    for (logger, kept) in
        [(in_memory(10, &clock), 10), (in_memory(10, &clock).auto_export_path(&blocked), 20)]
    {
        for _ in 0..25 {
            log(&logger, &clock, &(0, 0, 0, vec![], 1));
        }
        let lost = logger.get_statistics().unwrap().lost;
        assert_eq!(lost.count, 25 - kept);
        let path = dir.join("out.json");
        logger.export_to_file(&path).unwrap();
        let export = read(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(export.at("/gap/count"), Some(&Value::from(25 - kept)));
        assert_eq!(export.at("/gap/from"), Some(&lost.from.unwrap().to_string().into()));
        let warnings = logger.check_health(&Thresholds::default()).unwrap();
        assert!(warnings.contains(&Warning::Lost(25 - kept)));
    }
}

#[test]
fn what_is_unusual_is_told_beyond_its_threshold_and_not_at_it() {
    let clock = Clock::at("2025-01-15T10:00:00Z");
    let logger = in_memory(1000, &clock);
    let warnings = || logger.monitor_security(&Thresholds::default()).unwrap();
    let many = |made: Made, count: usize| {
        for _ in 0..count {
            log(&logger, &clock, &made);
        }
    };
    many((2, 0, 0, vec![], 0), 100);
    many((1, 1, 0, vec![], 0), 10);
    many((4, 0, 0, vec![], 0), 5);
    assert_eq!(warnings(), []);
    many((2, 0, 0, vec![], 0), 1);
    many((1, 1, 0, vec![], 0), 1);
    many((4, 0, 0, vec![], 0), 1);
    assert_eq!(warnings(), [Warning::Deletions(101), Warning::Failures(11), Warning::Exports(6)]);
    assert_eq!(warnings()[0].to_string(), "Excessive deletions: 101 in last hour");
    clock.set("2025-01-15T10:20:00Z");
    assert_eq!(warnings(), [Warning::Deletions(101), Warning::Exports(6)]);
    clock.set("2025-01-15T11:20:00Z");
    assert_eq!(warnings(), [Warning::Exports(6)]);
}

#[test]
fn secrets_do_not_stay_in_memory_either() {
    let clock = Clock::at("2025-01-15T10:00:00Z");
    let logger = in_memory(10, &clock);
    let metadata = Object::from([("note", "password=hunter2secret api_key=abc123def456")]);
    let event = NewEvent { metadata, user_id: Some("alice"), ..NewEvent::default() };
    logger.log_event_now(event).unwrap();
    let events = logger.query_events(&EventQuery::default()).unwrap();
    let text = Value::from(events[0].record()).to_json();
    assert!(text.contains("[REDACTED]") && !text.contains("hunter2"), "{text}");
}
