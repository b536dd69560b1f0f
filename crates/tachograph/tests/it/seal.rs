//! What is sealed opens for who holds the keys, whoever wrote it.

use std::collections::BTreeMap;

use tacho_event::privacy::{Class, Preset};
use tachograph::record::RecordError;
use tachograph::vault::{GrantKind, Item, items};
use tachograph::wal::{Item as Frame, Position};

use crate::safe::{Safe, call};

/// The kinds of the grants that stand in the file of a class and the only day.
fn kinds(safe: &Safe, class: Class) -> Vec<GrantKind> {
    let log = safe.yard.log("acme");
    let days = log.part_files().days(class).unwrap();
    let mut kinds = Vec::new();
    for day in days {
        let mut records = log.part_files().day(class, day).unwrap().unwrap();
        while let Some(record) = records.next_record().unwrap() {
            match record.item {
                Item::Grant(grant) => kinds.push(grant.kind),
                Item::Part(part) => assert!(!part.is_plain()),
                Item::Tomb(_) | Item::Block(_) => panic!("nothing was erased or packed"),
            }
        }
    }
    kinds
}

fn is_anywhere(safe: &Safe, text: &str) -> bool {
    let mut dirs = vec![safe.yard.path(), safe.yard.keys()];
    while let Some(dir) = dirs.pop() {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                dirs.push(path);
            } else if memchr_find(&std::fs::read(&path).unwrap(), text.as_bytes()) {
                return true;
            }
        }
    }
    false
}

fn memchr_find(bytes: &[u8], text: &[u8]) -> bool {
    bytes.windows(text.len()).any(|window| window == text)
}

#[test]
fn a_server_seals_to_day_and_person_and_one_grant_serves_many() {
    let safe = Safe::new();
    let recorder = safe.server(Preset::Production, "acme");
    for number in 0..20 {
        let who = if number % 2 == 0 { "alice@example.com" } else { "bob@example.com" };
        recorder.record(call(number, who, &format!("secret errand {number}"))).unwrap();
    }
    // Not integrated yet, and seen all the same.
    assert_eq!(safe.says("acme")[3], "bob@example.com secret errand 3");
    safe.integrate();
    assert_eq!(safe.says("acme")[3], "bob@example.com secret errand 3");
    assert_eq!(kinds(&safe, Class::Content), [GrantKind::DaySubject; 2]);
    assert_eq!(kinds(&safe, Class::Identity), [GrantKind::DaySubject; 2]);
    assert!(!is_anywhere(&safe, "secret errand") && !is_anywhere(&safe, "bob@example.com"));
}

/// How often each grant of a content stands in the log, where nothing is integrated yet; every part
/// has its grant before it.
fn grants(safe: &Safe) -> Vec<usize> {
    let wal = safe.yard.wal();
    let mut walk = wal.follow(Position::START);
    let mut grants = BTreeMap::new();
    while let Frame::Frame { record, .. } = walk.next_item().unwrap() {
        for item in items(record.parts) {
            match item.unwrap() {
                Item::Grant(grant) => {
                    *grants.entry((grant.class.byte(), grant.id)).or_default() += 1
                }
                Item::Part(part) => {
                    assert!(grants.contains_key(&(part.class.byte(), part.grant_id)));
                }
                Item::Tomb(_) | Item::Block(_) => panic!("nothing was erased or packed"),
            }
        }
    }
    let content = grants.into_iter().filter(|((class, _), _)| *class == Class::Content.byte());
    content.map(|(_, count)| count).collect()
}

#[test]
fn events_sealed_together_open_each_for_its_own_person() {
    let safe = Safe::new();
    let recorder = safe.server(Preset::Production, "acme");
    // More than are sealed at once, and some of nobody.
    let who = |number: u64| ["alice@example.com", "", "bob@example.com"][number as usize % 3];
    let errand = |number: u64| format!("errand {number} {}", "x".repeat(number as usize * 40));
    let drafts = (0..150).map(|number| call(number, who(number), &errand(number))).collect();
    let outcomes = recorder.record_all(drafts, tachograph::Ack::Os);
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(grants(&safe), [1, 1, 1]);
    let said = (0..150).map(|number| {
        let who = if who(number).is_empty() { "robot" } else { who(number) };
        format!("{who} {}", errand(number))
    });
    let said: Vec<String> = said.collect();
    assert_eq!(safe.says("acme"), said);
    safe.integrate();
    assert_eq!(safe.says("acme"), said);
}

/// It would have brought the first grants of the batch.
#[test]
fn what_comes_behind_an_event_that_fits_no_batch_has_its_grant() {
    let safe = Safe::new();
    let recorder = safe.server(Preset::Development, "acme");
    // As long as an event may be: too long for a frame, with what else stands there.
    let long = "x".repeat(tacho_event::limits::PART_BYTES_MAX - 200);
    let who = "alice@example.com";
    let drafts = vec![call(0, who, &long), call(1, who, "short")];
    let outcomes = recorder.record_all(drafts, tachograph::Ack::Os);
    assert!(matches!(outcomes[..], [Err(RecordError::TooLarge(_)), Ok(_)]));
    assert_eq!(grants(&safe), [1]);
    safe.integrate();
    assert_eq!(safe.says("acme"), ["alice@example.com short"]);
}

#[test]
fn what_a_full_batch_has_no_room_for_has_its_grants_in_the_next() {
    let safe = Safe::new();
    let recorder = safe.server(Preset::Development, "acme");
    // Five of them are more than a batch takes.
    let errand = |number: u64| match number {
        0 | 6 => "short".to_owned(),
        _ => "x".repeat(tachograph::limits::BATCH_BYTES_MAX / 9 * 2),
    };
    let who = "alice@example.com";
    let drafts = (0..7).map(|number| call(number, who, &errand(number))).collect();
    let outcomes = recorder.record_all(drafts, tachograph::Ack::Os);
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(grants(&safe), [2], "once in each batch");
    let said: Vec<String> = (0..7).map(|number| format!("{who} {}", errand(number))).collect();
    assert!(safe.says("acme") == said, "what was said is not what is told");
}

#[test]
fn what_a_hook_seals_to_the_master_is_sealed_to_the_person_when_it_is_integrated() {
    let safe = Safe::new();
    // Whoever holds the keys made some.
    drop(safe.server(Preset::Production, "acme"));
    for number in 0..6 {
        let who = ["alice@example.com", " Alice@EXAMPLE.com", ""][number as usize % 3];
        let hook = safe.hook(Preset::Production, "acme");
        hook.record(call(number, who, &format!("hooked {number}"))).unwrap();
    }
    assert_eq!(safe.says("acme")[1], " Alice@EXAMPLE.com hooked 1");
    safe.integrate();
    assert_eq!(safe.says("acme")[5], "robot hooked 5");
    assert_eq!(safe.says("acme")[4], " Alice@EXAMPLE.com hooked 4");
    let mut content = kinds(&safe, Class::Content);
    content.sort_by_key(|kind| *kind as u8);
    let (day, subject) = (GrantKind::Day, GrantKind::DaySubject);
    // Nobody is known in two events, each of another hook; the two spellings are one person, whom
    // the integrator looks up under each.
    assert_eq!(content, [day, day, subject, subject]);
}

#[test]
fn without_the_master_an_integrator_keeps_what_it_cannot_open() {
    let safe = Safe::new();
    drop(safe.server(Preset::Production, "acme"));
    safe.hook(Preset::Production, "acme").record(call(1, "alice@example.com", "later")).unwrap();
    safe.yard.integrate();
    assert_eq!(kinds(&safe, Class::Content), [GrantKind::Master]);
    assert_eq!(safe.says("acme"), ["alice@example.com later"]);
}

#[test]
fn a_grant_that_an_earlier_run_integrated_is_found_in_the_file_of_its_day() {
    let safe = Safe::new();
    let recorder = safe.server(Preset::Compliance, "acme");
    // One batch, one grant; a run that takes one frame at a time, and forgets in between.
    let drafts = (0..4).map(|number| call(number, "alice@example.com", "same")).collect();
    for outcome in recorder.record_all(drafts, tachograph::Ack::Os) {
        outcome.unwrap();
    }
    let budget = tachograph::integrate::Budget { frames: 1, micros: None };
    for _ in 0..4 {
        let outcome = safe.yard.integrator().run(budget).unwrap();
        assert_eq!((outcome.leaves, outcome.refused), (1, 0));
    }
    assert_eq!(safe.says("acme"), ["alice@example.com same"; 4]);
    // Even if what was derived is gone.
    let marks = safe.yard.places("acme").part_marks_dir();
    std::fs::remove_dir_all(marks).unwrap();
    assert_eq!(safe.says("acme"), ["alice@example.com same"; 4]);
}

#[test]
fn every_look_is_recorded_before_anything_is_opened() {
    let safe = Safe::new();
    safe.server(Preset::Production, "acme").record(call(1, "alice@example.com", "x")).unwrap();
    safe.says("acme");
    let log = safe.yard.log("default");
    let entry = log.get(0).unwrap().unwrap();
    assert_eq!(entry.leaf.at("/action/name").and_then(|name| name.as_str()), Some("tacho.reveal"));
    let event = log.reveal(&entry).unwrap().event;
    let target = event.at("/action/access/target").and_then(|target| target.as_list()).unwrap();
    assert_eq!(target.len(), 1);
    let role = event.at("/action/access/role").and_then(|role| role.as_str());
    assert_eq!(role, Some("auditor"));
}

#[test]
fn presets_decide_what_is_sealed() {
    for preset in Preset::ALL {
        let safe = Safe::new();
        let recorder = safe.server(preset, "acme");
        recorder.record(call(1, "alice@example.com", "seen or not")).unwrap();
        drop(recorder);
        let is_plain = preset == Preset::Development;
        assert_eq!(is_anywhere(&safe, "seen or not"), is_plain, "{preset:?}");
    }
}

#[test]
fn frames_hold_their_own_grants_and_name_their_generation() {
    let safe = Safe::new();
    let recorder = safe.server(Preset::Production, "acme");
    recorder.record(call(1, "alice@example.com", "x")).unwrap();
    let wal = safe.yard.wal();
    let mut walk = wal.follow(tachograph::wal::Position::START);
    let tachograph::wal::Item::Frame { record, .. } = walk.next_item().unwrap() else {
        panic!("no frame")
    };
    let kinds: Vec<_> = items(record.parts).map(Result::unwrap).collect();
    assert!(matches!(
        kinds.as_slice(),
        [Item::Grant(_), Item::Part(_), Item::Grant(_), Item::Part(_)]
    ));
}
