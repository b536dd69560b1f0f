//! Given what an anchor saw last, the size of the log and the time, says whether to ask it again.

use tacho_event::{Span, Timestamp};

/// How often an anchor is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cadence {
    /// After this time, if there is anything new.
    pub every: Span,
    /// After this many new leaves, however soon.
    pub leaves: u64,
}

impl Cadence {
    /// A minute, or a thousand leaves: for what is asked without asking anybody's patience.
    pub const OFTEN: Self = Self { every: Span::from_secs(60), leaves: 1_000 };
    /// An hour: for authorities that serve the public, and because each stamp takes a page of disk.
    pub const HOURLY: Self = Self { every: Span::from_secs(3600), leaves: u64::MAX };
}

/// The longest pause between two tries of an anchor that does not answer.
const PAUSE_MICROS_MAX: u64 = 3_600_000_000;

/// What is known of one anchor of one log.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Leaves it was shown last with success; 0 before the first.
    pub size: u64,
    /// Leaves that telling of that added to the log: they alone are no reason to ask again.
    pub own: u64,
    /// When that was.
    pub anchored: Timestamp,
    /// When it was asked last.
    pub tried: Timestamp,
    /// How often in a row it did not answer as it should.
    pub failures: u32,
}

impl Seen {
    /// Leaves that the anchor has not seen, those that tell of it not counted.
    pub fn new_leaves(&self, size: u64) -> u64 {
        match size.checked_sub(self.size) {
            Some(more) => more.saturating_sub(self.own),
            // A log that shrank has something to answer for.
            None => u64::MAX,
        }
    }

    /// Whether to ask it now to see `size` leaves. A clock that was set back makes nothing wait.
    pub fn is_due(&self, size: u64, now: Timestamp, cadence: Cadence) -> bool {
        let new = self.new_leaves(size);
        if size == 0 || new == 0 {
            return false;
        }
        let since = |then: Timestamp| now.micros().abs_diff(then.micros());
        let every = cadence.every.micros().unsigned_abs();
        if self.failures > 0 {
            // Twice as long after each failure, from one second on.
            let pause = 1_000_000u64.saturating_mul(1 << self.failures.min(20));
            return since(self.tried) >= pause.min(PAUSE_MICROS_MAX);
        }
        self.size == 0 || new >= cadence.leaves || since(self.anchored) >= every
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(1_763_632_800_000_000 + seconds * 1_000_000)
    }

    fn seen() -> Seen {
        Seen { size: 500, own: 2, anchored: at(0), tried: at(0), failures: 0 }
    }

    #[test]
    fn an_anchor_is_asked_for_the_first_leaf_and_then_in_its_time() {
        let due = |seen: Seen, size, seconds| seen.is_due(size, at(seconds), Cadence::OFTEN);
        assert!(!due(Seen::default(), 0, 0) && due(Seen::default(), 1, 0));
        assert!(!due(seen(), 503, 59) && due(seen(), 503, 60));
        // The clock went back: as good as a minute.
        assert!(due(seen(), 503, -60));
        assert!(!due(seen(), 1_501, 1) && due(seen(), 1_502, 1));
        let hourly = |size, seconds| seen().is_due(size, at(seconds), Cadence::HOURLY);
        assert!(!hourly(1_000_000, 3599) && hourly(503, 3600));
    }

    #[test]
    fn an_idle_log_is_left_alone_for_ever() {
        for size in [500, 501, 502] {
            assert!(!seen().is_due(size, at(1_000_000), Cadence::OFTEN));
        }
        assert!(seen().is_due(499, at(60), Cadence::OFTEN));
    }

    #[test]
    fn an_anchor_that_does_not_answer_is_asked_less_and_less() {
        let waits = |failures, seconds| {
            !Seen { failures, ..seen() }.is_due(9_000, at(seconds), Cadence::OFTEN)
        };
        for (failures, pause) in [(1, 2), (2, 4), (6, 64), (11, 2048), (12, 3600), (4_000, 3600)] {
            assert!(waits(failures, pause - 1) && !waits(failures, pause), "{failures}");
        }
    }
}
