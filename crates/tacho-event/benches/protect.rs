//! What it costs to protect an event: read, check, policy, leaf and parts, by stage, against the
//! same text through a `serde_json::Value` and back.
//!
//! ```text
//! cargo bench -p tacho-event --bench protect [-- --quick]
//! ```
//! Each figure is the least of many rounds, each stage of a round measured over all events, so that
//! a busy machine shows what the code costs and not what its neighbours do. Hashing is a stage of
//! its own (the same disclosures hashed again): it depends on whether the processor has
//! instructions for SHA-256.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a bench looks at the clock and prints"
)]

use std::cell::Cell;
use std::hint::black_box;
use std::time::Instant;
use tacho_event::json::{self, Value};
use tacho_event::privacy::scan::Scanner;
use tacho_event::privacy::{
    Class, Disclosure, Entry, Pair, Policy, Preset, Protected, Salting, StandIns, check_leaf,
};
use tacho_event::{Draft, Event, Timestamp, World};

/// Realistic events of seed 002's shape; 2 % hold a secret.
const EVENTS: &str = include_str!("../fixtures/privacy-policy/events.jsonl");

/// Events that are protected together, as a recorder of many does.
const TOGETHER: usize = 64;

struct Fixed(Cell<u64>);

impl World for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_763_719_200_000_000)
    }

    fn fill(&self, bytes: &mut [u8]) {
        let next = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(next);
        for (byte, dice) in bytes.iter_mut().zip(next.to_le_bytes().into_iter().cycle()) {
            *byte = dice;
        }
    }
}

fn main() {
    let rounds = if std::env::args().any(|arg| arg == "--quick") { 40 } else { 400 };
    let lines: Vec<&str> = EVENTS.lines().collect();
    let world = Fixed(Cell::new(1));
    let policies = [
        ("development", Policy::preset(Preset::Development)),
        ("production", Policy::preset(Preset::Production)),
        (
            "no rule",
            Policy::new(Preset::Development, Scanner::new(&[], "[REDACTED]", false).unwrap()),
        ),
    ];
    let stand_ins = StandIns::new();
    let read = |line: &str| json::read(line.as_bytes()).unwrap();
    let check = |line: &str| -> Event {
        let Value::Object(doc) = read(line) else { panic!("an event is an object") };
        Draft::from_object(doc).check(&world).unwrap()
    };
    let protect = |policy: &Policy, lines: &[&str]| -> Vec<Entry> {
        let events: Vec<Event> = lines.iter().map(|line| check(line)).collect();
        let protected = policy.apply_all(events, &stand_ins, &world).into_iter();
        let entry = |one| match one {
            Ok(Protected::Entry(entry)) => *entry,
            other => panic!("{other:?}"),
        };
        protected.map(entry).collect()
    };
    let together: Vec<&[&str]> = lines.chunks(TOGETHER).collect();
    let alone: Vec<&[&str]> = lines.chunks(1).collect();
    let development = &policies.first().unwrap().1;
    let entries: Vec<Vec<Entry>> =
        together.iter().map(|lines| protect(development, lines)).collect();
    let hashed: Vec<_> = entries.iter().map(|entries| Hashed::of(entries)).collect();
    let entries: Vec<Entry> = entries.into_iter().flatten().collect();

    let mut stages = Stages { events: lines.len(), least: Vec::new() };
    for _ in 0..rounds {
        stages.time("serde_json", &lines, |line| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            serde_json::to_string(&value).unwrap()
        });
        stages.time("read", &lines, |line| read(line));
        stages.time("read+check", &lines, |line| check(line));
        for (name, policy) in &policies {
            stages.time(name, &together, |lines| protect(policy, lines));
        }
        stages.time("alone", &alone, |lines| protect(development, lines));
        stages.time("hash", &hashed, Hashed::again);
        stages.time("check_leaf", &entries, |entry| check_leaf(entry.leaf(), false).unwrap());
    }
    let rival = stages.of("serde_json");
    for (metric, value, aim) in [
        ("read", stages.of("read"), "<= 1 x serde_json"),
        ("check", stages.of("read+check") - stages.of("read"), "<= 0.2 x serde_json"),
        ("hash", stages.of("hash"), "what FORMATS asks for, no more"),
        ("scan and redact", stages.of("development") - stages.of("no rule"), "<= 0.2 x serde_json"),
        (
            "classify, escape, write",
            stages.of("no rule") - stages.of("read+check") - stages.of("hash"),
            "<= 0.5 x serde_json",
        ),
        ("whole, development", stages.of("development"), "<= 2 x serde_json"),
        ("whole, development, one at a time", stages.of("alone"), "<= 2 x serde_json"),
        ("whole, production", stages.of("production"), "<= 2 x serde_json"),
        (
            "whole, without hashes",
            stages.of("development") - stages.of("hash"),
            "<= 1.5 x serde_json",
        ),
        ("check_leaf", stages.of("check_leaf"), "<= 1 x serde_json"),
    ] {
        println!(
            r#"{{"bench":"event/protect","metric":"{metric}","value":{value:.3},"unit":"us/event","rival":"serde_json text to Value to text","rival_value":{rival:.3},"ratio":{:.3},"aim":"{aim}"}}"#,
            value / rival
        );
    }
}

/// The least time of each stage, in microseconds for one event.
struct Stages {
    events: usize,
    least: Vec<(&'static str, f64)>,
}

impl Stages {
    fn time<I, O>(&mut self, stage: &'static str, inputs: &[I], work: impl Fn(&I) -> O) {
        let start = Instant::now();
        for input in inputs {
            black_box(work(black_box(input)));
        }
        let micros = start.elapsed().as_secs_f64() * 1e6 / self.events as f64;
        match self.least.iter_mut().find(|(name, _)| *name == stage) {
            Some((_, least)) => *least = least.min(micros),
            None => self.least.push((stage, micros)),
        }
    }

    fn of(&self, stage: &str) -> f64 {
        self.least.iter().find(|(name, _)| *name == stage).map_or(f64::NAN, |(_, least)| *least)
    }
}

/// What entries have hashed: a salt and a digest for each of their disclosures.
struct Hashed {
    salting: Salting,
    parts: Vec<([u8; 16], Class)>,
    /// The number of its part, its name, its value.
    pairs: Vec<(usize, String, Vec<u8>)>,
}

impl Hashed {
    fn of(entries: &[Entry]) -> Self {
        let (mut parts, mut pairs) = (Vec::new(), Vec::new());
        for part in entries.iter().flat_map(Entry::parts) {
            for Disclosure { name, value, .. } in
                Disclosure::of_part(part.class(), part.plaintext()).unwrap()
            {
                pairs.push((parts.len(), name.to_string(), value.to_json().into_bytes()));
            }
            parts.push((*part.plaintext().first_chunk().unwrap(), part.class()));
        }
        Self { salting: Salting::default(), parts, pairs }
    }

    fn again(&self) -> Vec<[u8; 32]> {
        let pairs = self.pairs.iter();
        let pairs: Vec<Pair<'_>> =
            pairs.map(|(part, name, value)| (*part, name.as_str(), value.as_slice())).collect();
        self.salting.digests(&self.parts, &pairs)
    }
}
