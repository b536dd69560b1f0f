//! Many hooks at once, and hooks that are killed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use tacho_event::json::{Object, Value};

use crate::house::{House, json, text, told};

fn payload(session: usize, call: usize) -> Vec<u8> {
    json(&format!(
        r#"{{"session_id":"s{session}","hook_event_name":"PostToolUse","tool_name":"Bash",
            "tool_input":{{"command":"echo {call}"}},"tool_response":"{call}",
            "tool_use_id":"s{session}-{call}"}}"#
    ))
    .to_json()
    .into_bytes()
}

/// Session -> sequence numbers, in the order of the log.
fn numbers(events: &[Object]) -> BTreeMap<String, Vec<i64>> {
    let mut numbers: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for event in events {
        let seq = event.at("/origin/seq").and_then(Value::as_i64).unwrap();
        numbers.entry(text(event, "/origin/emitter").to_owned()).or_default().push(seq);
    }
    numbers
}

#[test]
fn a_hundred_hooks_at_once_lose_nothing_while_a_reader_reads() {
    let house = House::new();
    house.run(&["hook", "claude-code"], &payload(0, 0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut reads, mut last) = (0, 0);
            while !done.load(Ordering::Relaxed) {
                let size = house.log().size();
                assert!(size >= last, "{size} after {last}");
                (reads, last) = (reads + 1, size);
            }
            reads
        });
        let children: Vec<_> =
            (1..=100).map(|n| house.start(&["hook", "claude-code"], &payload(n % 5, n))).collect();
        for child in children {
            assert_eq!(told(child.wait_with_output().unwrap()), "");
        }
        done.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
    });
    // What did not get the lock in time lies in the spool; the end of a session fetches it.
    house.hook("claude-code", json(r#"{"session_id":"end","hook_event_name":"SessionEnd"}"#));
    let events = house.events();
    let calls: BTreeSet<&str> = events
        .iter()
        .map(|event| text(event, "/action/call_id"))
        .filter(|id| !id.is_empty())
        .collect();
    assert_eq!(calls.len(), 101);
    for (session, mut seqs) in numbers(&events) {
        seqs.sort_unstable();
        let whole: Vec<i64> = (0..seqs.len() as i64).collect();
        assert_eq!(seqs, whole, "{session}");
    }
}

#[test]
fn hooks_of_one_session_one_after_the_other_keep_their_order() {
    let house = House::new();
    for call in 0..20 {
        house.run(&["hook", "claude-code"], &payload(1, call));
    }
    let events = house.events();
    let seqs = &numbers(&events)["s1"];
    assert_eq!(*seqs, (0..20).collect::<Vec<i64>>());
    let ids: Vec<&str> = events.iter().map(|event| text(event, "/action/call_id")).collect();
    assert_eq!(ids, (0..20).map(|call| format!("s1-{call}")).collect::<Vec<_>>());
}

#[test]
fn a_killed_hook_takes_nothing_with_it_that_was_acknowledged() {
    let house = House::new();
    let mut acknowledged = BTreeSet::new();
    let mut usual = Vec::new();
    for call in 1000..1005 {
        let started = Instant::now();
        house.run(&["hook", "claude-code"], &payload(0, call));
        usual.push(started.elapsed());
        acknowledged.insert(format!("s0-{call}"));
    }
    usual.sort();
    let usual = u64::try_from(usual[2].as_micros()).unwrap();
    let (mut killed, mut seed) = (0, 88_172_645_463_325_252_u64);
    for call in 1..=150 {
        let mut child = house.start(&["hook", "claude-code"], &payload(0, call));
        // Anything between before its first instruction and after its last.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        let started = Instant::now();
        let wait = Duration::from_micros(seed % (2 * usual));
        while started.elapsed() < wait {
            std::hint::spin_loop();
        }
        let _ = child.kill();
        match child.wait().unwrap().success() {
            true => {
                acknowledged.insert(format!("s0-{call}"));
            }
            false => killed += 1,
        }
    }
    house.hook("claude-code", json(r#"{"session_id":"end","hook_event_name":"SessionEnd"}"#));
    let events = house.events();
    let kept: BTreeSet<String> =
        events.iter().map(|event| text(event, "/action/call_id").to_owned()).collect();
    let lost: Vec<&String> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{lost:?}");
    assert!(killed > 10 && acknowledged.len() > 10, "{killed} killed");
    // A hole for each that died between its number and its leaf, and none besides.
    let mut seqs = numbers(&events)["s0"].clone();
    let count = seqs.len();
    seqs.sort_unstable();
    seqs.dedup();
    assert_eq!(seqs.len(), count, "a number was given twice");
    let holes = seqs.last().unwrap() + 1 - count as i64;
    assert!((0..=killed).contains(&holes), "{holes} holes, {killed} killed");
    let report = tacho_verify::log::check(
        &house.at("store/tenants/default"),
        &tacho_verify::log::Against::default(),
        &mut |_| (),
    );
    assert_eq!(report.verdict(), tacho_verify::Verdict::Yes, "{:?}", report.findings);
}
