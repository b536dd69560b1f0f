//! Who acts in the stories, and the world they act in: a clock and dice, the same each time.

use sha2::{Digest, Sha256};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tacho_event::{Span, Timestamp, World};

/// Three customers of one machine.
pub(super) const TENANTS: [&str; 3] = ["default", "acme", "north"];

/// The agents, each with its tenant.
pub(super) const AGENTS: [(&str, usize); 6] = [
    ("ops/release-manager", 0),
    ("ops/rollback-advisor", 0),
    ("support/assistant", 0),
    ("finance/odoo", 1),
    ("sales/crm", 1),
    ("research/reader", 2),
];

/// Where the stories begin: 2026-11-01T08:00:00Z.
const BEGIN: i64 = 1_793_520_000_000_000;

/// A clock that goes on when it is told to, and dice without chance.
#[derive(Debug)]
pub(super) struct Script {
    micros: AtomicI64,
    thrown: AtomicU64,
}

impl Default for Script {
    fn default() -> Self {
        Self { micros: AtomicI64::new(BEGIN), thrown: AtomicU64::new(0) }
    }
}

impl Script {
    /// Lets time pass; gives the time then.
    pub(super) fn after(&self, millis: u64) -> Timestamp {
        let span = Span::from_micros(millis.cast_signed().saturating_mul(1000));
        let now = self.when().plus(span);
        self.micros.store(now.micros(), Ordering::Relaxed);
        now
    }

    pub(super) fn when(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::Relaxed))
    }

    /// A number below `sides`.
    pub(super) fn throw(&self, sides: u64) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes) % sides.max(1)
    }
}

impl World for Script {
    fn now(&self) -> Timestamp {
        self.when()
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let number = self.thrown.fetch_add(1, Ordering::Relaxed);
            let hash =
                Sha256::new().chain_update(b"tachograph demo").chain_update(number.to_be_bytes());
            chunk.iter_mut().zip(hash.finalize()).for_each(|(byte, dice)| *byte = dice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_worlds_are_the_same_and_no_two_throws_are() {
        let (one, other) = (Script::default(), Script::default());
        let throws =
            |script: &Script| -> Vec<u64> { (0..9).map(|_| script.throw(u64::MAX)).collect() };
        let thrown = throws(&one);
        assert_eq!(thrown, throws(&other));
        assert_ne!(thrown, throws(&one));
        assert_eq!(one.after(1500).to_millis_text(), "2026-11-01T08:00:01.500Z");
    }
}
