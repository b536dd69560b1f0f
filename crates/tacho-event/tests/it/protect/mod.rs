//! Protection, seen from outside: what stands in a leaf, what a part gives back.

mod events;
mod invariants;
mod markers;
mod oracle;
mod redacted;
mod secrets;

use std::cell::Cell;
use std::sync::Arc;
use tacho_event::json::{Object, Value, read};
use tacho_event::privacy::scan::Scanner;
use tacho_event::privacy::{
    Class, Disclosure, Entry, Granularity, Level, Part, Policy, Preset, Protected, StandIns,
    base64url, digests, reveal,
};
use tacho_event::{Draft, Event, Timestamp, World};

/// A clock that stands and dice that never fall the same way twice.
struct Dice(Cell<u64>);

impl Dice {
    fn new() -> Self {
        Self(Cell::new(7))
    }
}

impl World for Dice {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-20T10:00:01Z").unwrap()
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.0.get().wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            self.0.set(next);
            for (byte, dice) in chunk.iter_mut().zip(next.to_be_bytes()) {
                *byte = dice;
            }
        }
    }
}

/// Every combination of preset, level, granularity and strictness.
fn policies() -> Vec<(String, Policy)> {
    let mut policies = Vec::new();
    for preset in Preset::ALL {
        for level in [Level::Metadata, Level::Redacted, Level::Full] {
            for granularity in [Granularity::Class, Granularity::Member] {
                for strict in [false, true] {
                    let policy = Policy::new(preset, builtin())
                        .with_level(level)
                        .with_granularity(granularity);
                    let policy = if strict { policy.strict() } else { policy };
                    let name = format!("{preset:?} {level:?} {granularity:?} strict={strict}");
                    policies.push((name, policy));
                }
            }
        }
    }
    policies
}

/// Scanners take long to make in a debug build: the tests share one.
#[expect(clippy::disallowed_types, reason = "tests share what none of them changes")]
static SCANNER: std::sync::OnceLock<Arc<Scanner>> = std::sync::OnceLock::new();

fn builtin() -> Arc<Scanner> {
    SCANNER.get_or_init(|| Arc::new(Scanner::builtin())).clone()
}

/// A scanner without a rule.
fn blind() -> Arc<Scanner> {
    Arc::new(Scanner::new(&[], "[REDACTED]", false).unwrap())
}

/// A policy that keeps everything.
fn full(scanner: Arc<Scanner>) -> Policy {
    Policy::new(Preset::Development, scanner)
}

fn checked(doc: Object) -> Event {
    Draft::from_object(doc).check(&Dice::new()).unwrap()
}

fn protect(policy: &Policy, event: Event, world: &Dice) -> Box<Entry> {
    match policy.apply(event, &StandIns::new(), world).unwrap() {
        Protected::Entry(entry) => entry,
        Protected::Dropped { rule } => panic!("dropped by rule {rule:?}"),
    }
}

fn leaf(entry: &Entry) -> Object {
    match read(entry.leaf()).unwrap() {
        Value::Object(leaf) => leaf,
        other => panic!("{other}"),
    }
}

fn disclosures(entry: &Entry) -> Vec<Disclosure> {
    let open = |part: &Part| Disclosure::of_part(part.class(), part.plaintext()).unwrap();
    entry.parts().iter().flat_map(open).collect()
}

fn revealed(entry: &Entry) -> Object {
    reveal(&leaf(entry), &disclosures(entry)).unwrap()
}
