//! A clock that stands still and dice that count.

use std::cell::Cell;
use tacho_event::{Timestamp, World};

#[derive(Default)]
pub(crate) struct Still(Cell<u8>);

impl World for Still {
    fn now(&self) -> Timestamp {
        Timestamp::parse("2026-11-20T10:00:00Z").unwrap()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.0.set(self.0.get().wrapping_add(1));
        bytes.fill(self.0.get());
    }
}
