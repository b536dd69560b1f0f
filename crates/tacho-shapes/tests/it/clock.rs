//! A clock that moves when it is told to, and dice that count.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use tacho_event::{Timestamp, World};

/// A world of a test; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    micros: Arc<AtomicI64>,
    dice: Arc<AtomicU64>,
}

impl Clock {
    pub(crate) fn at(text: &str) -> Self {
        let clock = Self::default();
        clock.set(text);
        clock
    }

    pub(crate) fn set(&self, text: &str) {
        self.micros.store(Timestamp::parse(text).unwrap().micros(), Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, time: Duration) {
        let micros = i64::try_from(time.as_micros()).unwrap();
        self.micros.fetch_add(micros, Ordering::SeqCst);
    }
}

impl World for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.micros.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        let number = self.dice.fetch_add(1, Ordering::SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = number.to_le_bytes()[at % 8] ^ (at as u8);
        }
    }
}
