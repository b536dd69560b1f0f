//! How long a process that has just begun takes until its first event is safe, as a hook is one:
//! with the system's allocator, which costs such a process the least.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark reads the clock, touches the disk and prints"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use tacho_event::json::{Value, read};
use tacho_event::privacy::Policy;
use tacho_event::{Draft, EventId};
use tacho_testkit::scratch;
use tachograph::record::{Ack, Recorder, Settings};
use tachograph::world::OsWorld;

/// What makes this program the fresh process.
const FRESH: &str = "TACHO_BENCH_FRESH";

fn main() {
    let started = Instant::now();
    if let Some(store) = std::env::var_os(FRESH) {
        return record_one(started, Path::new(&store));
    }
    let quick = std::env::args().any(|word| word == "--quick");
    fresh_process(if quick { 100 } else { 1_000 });
}

/// What a fresh process does until its first event is safe, and what that may take in all.
const PHASES: [&str; 4] =
    ["making the policy", "opening the store", "making the event", "recording it"];

/// A process that begins, records one event, and is told that it survives the process.
fn fresh_process(rounds: usize) {
    let scratch = scratch(env!("CARGO_TARGET_TMPDIR"));
    let store = scratch.join("store");
    drop(recorder(&store, Policy::default()));
    // A copy, as installing leaves it: of what a linker just wrote, the page cache holds single
    // pages, and to map them takes the process half as long again.
    let program = scratch.join("fresh");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut took = vec![Vec::with_capacity(rounds); PHASES.len()];
    for _ in 0..rounds {
        let mut command = Command::new(&program);
        let output = command.env(FRESH, &store).output().unwrap();
        let nanos = String::from_utf8(output.stdout).unwrap();
        let phases =
            nanos.split_whitespace().map(|word| Duration::from_nanos(word.parse().unwrap()));
        took.iter_mut().zip(phases).for_each(|(took, phase)| took.push(phase));
    }
    let mut all: Vec<Duration> =
        (0..rounds).map(|run| took.iter().map(|phase| phase[run]).sum()).collect();
    percentile("first event of a fresh process, ack os, p50", &mut all, 50, 100);
    percentile("first event of a fresh process, ack os, p99", &mut all, 99, 1_000);
    for (phase, took) in PHASES.iter().zip(&mut took) {
        took.sort_unstable();
        let us = took[rounds / 2].as_secs_f64() * 1e6;
        println!(
            r#"{{"bench":"fresh","metric":"of the first event of a fresh process: {phase}, p50","value":{us:.1},"unit":"us"}}"#
        );
    }
}

/// Prints how many nanoseconds each phase took.
fn record_one(started: Instant, store: &Path) {
    let policy = Policy::default();
    let has_policy = Instant::now();
    let recorder = recorder(store, policy);
    let is_open = Instant::now();
    let draft = Draft::from_object(event());
    let has_draft = Instant::now();
    recorder.record(draft).unwrap();
    let ends = [has_policy, is_open, has_draft, Instant::now()];
    let begins = [started, has_policy, is_open, has_draft];
    let took = begins.iter().zip(ends).map(|(begin, end)| (end - *begin).as_nanos().to_string());
    println!("{}", took.collect::<Vec<_>>().join(" "));
}

fn recorder(store: &Path, policy: Policy) -> Recorder {
    let settings = Settings { beat: false, ack: Ack::Os, ..Settings::default() };
    Recorder::open_with(store, policy, settings).unwrap()
}

fn event() -> tacho_event::json::Object {
    let id = EventId::mint(&OsWorld);
    let text = format!(
        r#"{{"id":"{id}","agent":{{"id":"ops/release-manager","session_id":"abc123"}},"action":{{"type":"tool","name":"Bash","tool":{{"parameters":{{"command":"git log --oneline -10"}}}}}},"outcome":{{"status":"success","result":{{"exit_code":0}}}}}}"#
    );
    let Value::Object(record) = read(text.as_bytes()).unwrap() else { unreachable!() };
    record
}

fn percentile(metric: &str, took: &mut [Duration], percent: usize, aim_us: u32) {
    took.sort_unstable();
    let us = took[took.len() * percent / 100].as_secs_f64() * 1e6;
    println!(
        r#"{{"bench":"fresh","metric":"{metric}","value":{us:.1},"unit":"us","aim":"<= {aim_us}"}}"#
    );
}
